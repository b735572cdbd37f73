//! Looks across files: names that lead nowhere, names that stand twice, statuses nobody reaches, circles.

use std::{
    cell::{Cell, OnceCell},
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry as Slot},
    sync::Arc,
};

use foldhash::fast::RandomState as Quick;

use super::{
    cronjobs::Job,
    notes::{Notes, nearest, nearest_of, one_of},
    providers::ProviderDraft,
    pushes::Report,
    schema::ticketing::ROLES,
    services::{Draft, Places},
    ticketing::{Drafts, WorkflowDraft},
    yaml::Span,
};
use crate::domain::{
    gitops::{FaultCode, Registry},
    hierarchy::{ScopedName, ServicePath, naming},
    tickets::{Role, TicketStatus},
};

/// The groups that every installation has.
const BUILT_IN: &[&str] = &["itops-admins", "itops-trust-admins", "itops-operators", "itops-users"];

/// Look up what services name, and put what holds into the registry.
pub fn services<'d>(
    registry: &mut Registry,
    drafts: &[&'d Draft],
    places: Places<'d>,
    jobs: &'d [Job],
    notes: &mut Notes,
) {
    let pushed = jobs.iter().flat_map(|j| &j.pushes).filter_map(|p| p.path.as_ref());
    let known = Paths::new(places, pushed);
    let mut used = Vec::new();
    let mut ways = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let service = &draft.service;
        if let (Some(group), Some(span)) = (&service.sla_group, draft.group)
            && !registry.sla_groups.contains_key(group)
        {
            let message = format!("`{}` joins SLA group `{group}`, which nobody declares", service.path);
            let names: Vec<&str> = registry.sla_groups.keys().map(String::as_str).collect();
            let hint = match nearest(group, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare it in an agent's `slaGroups`".to_owned(),
            };
            notes.fault(FaultCode::UnknownSlaGroup, span, message, &hint);
        }
        if let (Some(group), Some(span)) = (&service.sla_group, draft.group)
            && let Some(nodes) = registry.sla_groups.get(group).map(|g| &g.nodes).filter(|nodes| !nodes.is_empty())
            && nodes.binary_search_by(|node| node.as_str().cmp(service.path.node_str())).is_err()
        {
            let message =
                format!("`{}` joins SLA group `{group}`, which its node's agent does not bring", service.path);
            notes.fault(FaultCode::UnknownSlaGroup, span, message, "add it to `slaGroups` of that agent's values");
        }
        let mut needs = Vec::with_capacity(service.requires.len());
        for (dependency, span) in service.requires.iter().zip(&draft.requires) {
            let place = known.all.get(&dependency.path).copied();
            if place.is_none() {
                dangling(&service.path, dependency.path.as_str(), *span, &known, notes);
            }
            needs.push(place);
        }
        ways.push(needs);
        for ((_, path), span) in service.relations.iter().zip(&draft.relations) {
            if !known.all.contains_key(path) {
                dangling(&service.path, path.as_str(), *span, &known, notes);
            }
        }
        let mut used_by = Vec::new();
        for user in &draft.used_by {
            match known.resolved(&user.name, &service.path) {
                Some(path) => used_by.push(path),
                None => dangling(&service.path, &user.name, user.span, &known, notes),
            }
        }
        if !draft.used_by.is_empty() {
            used.push((draft, used_by));
        }
    }
    circles(drafts, &ways, notes);
    for (draft, used_by) in used {
        if let Some(registered) = registry.services.get_mut(&draft.service.path) {
            draft.set_users(registered, used_by);
        }
    }
    reporters(registry, jobs, notes);
}

/// Every path that somebody declares or reports.
struct Paths<'p> {
    /// With its place among them; the declared ones come first.
    all: Places<'p>,
    /// By short name; none where several share it. Made when the first short name is met.
    by_name: OnceCell<HashMap<&'p str, Option<&'p ServicePath>, Quick>>,
    /// How often the nearest of all was looked for.
    looks: Cell<u32>,
}

/// Looking for the nearest of all paths takes time; after so many slips a person is helped otherwise.
const LOOKS: u32 = 10;

impl<'p> Paths<'p> {
    fn new(declared: Places<'p>, pushed: impl Iterator<Item = &'p ServicePath>) -> Self {
        let mut all = declared;
        for path in pushed {
            let place = all.len();
            all.entry(path).or_insert(place);
        }
        Self { all, by_name: OnceCell::new(), looks: Cell::new(0) }
    }

    /// The path or short name that is nearest to `name`, for the first few that are asked for.
    fn nearest(&self, name: &str) -> Option<&'p str> {
        self.looks.set(self.looks.get() + 1);
        if self.looks.get() > LOOKS {
            None
        } else if name.contains('/') {
            nearest_of(name, self.all.keys().map(|path| path.as_str()))
        } else {
            nearest_of(name, self.by_name().keys().copied())
        }
    }

    /// A whole path, or a short name: on the same node, else the only service of that name.
    fn resolved(&self, name: &str, from: &ServicePath) -> Option<ServicePath> {
        if name.contains('/') {
            return ServicePath::parse(name).ok().filter(|p| self.all.contains_key(p));
        }
        let beside = ServicePath::parse(&format!("{}/{name}", from.node())).ok();
        beside.filter(|p| self.all.contains_key(p)).or_else(|| self.by_name().get(name).copied().flatten().cloned())
    }

    fn by_name(&self) -> &HashMap<&'p str, Option<&'p ServicePath>, Quick> {
        self.by_name.get_or_init(|| {
            let mut out = HashMap::default();
            for path in self.all.keys() {
                out.entry(path.service()).and_modify(|several| *several = None).or_insert(Some(*path));
            }
            out
        })
    }
}

fn dangling(path: &ServicePath, other: &str, span: Span, known: &Paths<'_>, notes: &mut Notes) {
    let message = format!("`{path}` names `{other}`, which nobody declares");
    let hint = match known.nearest(other) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "correct the path, or declare the service".to_owned(),
    };
    notes.fault(FaultCode::DanglingDependency, span, message, &hint);
}

/// Warn of groups and targets that no service joins. Where no service is declared at all they are declared elsewhere.
pub fn groups(registry: &Registry, jobs: &[Job], notes: &mut Notes) {
    if registry.services.is_empty() {
        return;
    }
    let declared = registry.services.values().filter_map(|s| s.sla_group.as_deref());
    let pushed = jobs.iter().flat_map(|j| &j.pushes).filter_map(|p| p.group.as_deref());
    let joined: BTreeSet<&str> = declared.chain(pushed).collect();
    let wanted: Vec<&str> = joined.iter().copied().filter(|name| !registry.sla_groups.contains_key(*name)).collect();
    for group in registry.sla_groups.values().filter(|g| !joined.contains(g.name.as_str())) {
        let hint = match nearest(&group.name, &wanted) {
            Some(near) => format!("services join `{near}`; did you mean that?"),
            None => "let a service join it by `slaGroup`, or remove it".to_owned(),
        };
        if let Some(place) = &group.place {
            let message = format!("no service joins SLA group `{}`", group.name);
            notes.fault_at(FaultCode::UnjoinedGroup, place, &message, &hint);
        }
        if let Some(place) = &group.target_place {
            let message = format!("a target is published for `{}`, which no service joins", group.name);
            notes.fault_at(FaultCode::UnjoinedTarget, place, &message, &hint);
        }
    }
}

/// Warn of jobs that push for nobody who is declared. Whoever is not in Kubernetes registers by its first push of health
/// or storage, so those are said only where the name is nearly a declared one; a backup report registers nobody.
fn reporters(registry: &Registry, jobs: &[Job], notes: &mut Notes) {
    let all = || jobs.iter().flat_map(|j| &j.pushes).filter_map(|p| p.path.as_ref().map(|path| (p, path)));
    let registered: BTreeSet<&ServicePath> =
        all().filter(|(p, _)| p.report != Report::Backup).map(|(_, path)| path).collect();
    for (push, path) in all().filter(|(_, path)| !registry.services.contains_key(*path)) {
        let node = format!("{}/", path.node());
        let beside = registry.services.keys().filter(|p| p.as_str().starts_with(&node));
        // `db-2` beside `db-1` is another machine and no slip.
        let letters = |name: &str| name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        let own = letters(path.service());
        let names: Vec<&str> = beside.map(ServicePath::service).filter(|name| letters(name) != own).collect();
        let near = nearest(path.service(), &names);
        if near.is_none() && (push.report != Report::Backup || registered.contains(path)) {
            continue;
        }
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "declare the service, or correct its name".to_owned(),
        };
        let message = format!("{} is reported for `{path}`, which nobody declares", push.report.word());
        notes.fault(FaultCode::UndeclaredReporter, push.span, message, &hint);
    }
}

/// Services that require each other in a circle; each circle is said once, at the first of its services in order of the
/// files. `ways` says what each of them requires, by places among the paths; none for what nobody declares.
fn circles(drafts: &[&Draft], ways: &[Vec<Option<usize>>], notes: &mut Notes) {
    let mut done = vec![false; ways.len()];
    let mut on_way = vec![false; ways.len()];
    for start in 0..ways.len() {
        let mut way: Vec<(usize, usize)> = if done[start] { Vec::new() } else { vec![(start, 0)] };
        on_way[start] = true;
        while let Some((at, step)) = way.last_mut() {
            let (at, index) = (*at, *step);
            *step += 1;
            let Some(to) = ways[at].get(index) else {
                way.pop();
                (on_way[at], done[at]) = (false, true);
                continue;
            };
            // What is only reported requires nothing.
            let Some(to) = to.filter(|to| *to < ways.len() && !done[*to]) else {
                continue;
            };
            if on_way[to] {
                let first = way.iter().position(|(place, _)| *place == to).unwrap_or(0);
                let places = way[first..].iter().map(|(place, _)| *place).chain([to]);
                let names: Vec<&str> = places.map(|place| drafts[place].service.path.service()).collect();
                let message = format!("services require each other in a circle: {}", names.join(" -> "));
                let span = drafts[at].requires[index];
                notes.fault(FaultCode::DependencyCircle, span, message, "say which of them works without the other");
            } else {
                way.push((to, 0));
                on_way[to] = true;
            }
        }
        on_way[start] = false;
    }
}

/// Look up what ticketing names, and put what holds into the registry.
pub fn ticketing(registry: &mut Registry, drafts: Drafts, notes: &mut Notes) {
    registry.org = drafts.org;
    for (group, span) in drafts.groups {
        if group.users.is_empty() && group.ldap_group.is_none() {
            let message = format!("group `{}` has no members", group.name);
            notes.fault(FaultCode::EmptyGroup, span, message, "list users, or name a directory group");
        }
        let name = group.name.as_str().to_owned();
        put(&mut registry.groups, name, group, "group", span, notes);
    }
    for draft in drafts.workflows {
        statuses(&draft, notes);
        for (transition, (_, span)) in draft.workflow.transitions.iter().zip(&draft.arrows) {
            if let Role::Group(role) = &transition.role {
                role_exists(registry, role, &draft.workflow.name, *span, notes);
            }
        }
        let name = draft.workflow.name.as_str().to_owned();
        put(&mut registry.workflows, name, Arc::new(draft.workflow), "workflow", draft.span, notes);
    }
    for (category, span) in drafts.categories {
        if registry.catalog.categories.iter().any(|c| c.name == category.name) {
            twice("category", &category.name, span, notes);
        } else {
            registry.catalog.categories.push(category);
        }
    }
    for draft in drafts.items {
        let item = &draft.item;
        let workflows = registry.workflows.keys().map(String::as_str);
        let has_workflow = reaches(workflows, &registry.org, &item.workflow, &item.name);
        if !has_workflow {
            let message = format!("item `{}` names workflow `{}`, which is not declared", item.name, item.workflow);
            notes.fault(
                FaultCode::UnknownWorkflow,
                draft.workflow,
                message,
                &known(&item.workflow, registry.workflows.keys()),
            );
        }
        let has_category = registry.catalog.categories.iter().any(|c| c.name == item.category);
        if !has_category {
            let message = format!("item `{}` names category `{}`, which is not declared", item.name, item.category);
            let names = registry.catalog.categories.iter().map(|c| &c.name);
            notes.fault(FaultCode::UnknownCategory, draft.category, message, &known(&item.category, names));
        }
        if let (Some(group), Some(span)) = (&item.assignee_group, draft.group)
            && !group_exists(registry, group, &item.name)
        {
            let message = format!("item `{}` names group `{group}`, which exists nowhere in its scope", item.name);
            notes.fault(FaultCode::UnknownGroup, span, message, &known(group, registry.groups.keys()));
        }
        if has_workflow && has_category {
            let name = item.name.as_str().to_owned();
            put(&mut registry.catalog.items, name, draft.item, "catalog item", draft.span, notes);
        }
    }
}

/// The nearest of the declared names, by their short form, and all of them.
fn known<'n>(word: &str, names: impl Iterator<Item = &'n String>) -> String {
    let mut names: Vec<&str> = names.map(|n| n.rsplit('/').next().unwrap_or(n)).collect();
    names.dedup();
    one_of(word, &names)
}

fn put<T>(map: &mut BTreeMap<String, T>, name: String, value: T, what: &str, span: Span, notes: &mut Notes) {
    match map.entry(name) {
        Slot::Occupied(taken) => twice(what, taken.key(), span, notes),
        Slot::Vacant(free) => {
            free.insert(value);
        }
    }
}

fn twice(what: &str, name: &str, span: Span, notes: &mut Notes) {
    notes.fault(FaultCode::DuplicateName, span, format!("{what} `{name}` is declared twice"), "keep one of them");
}

/// Whether a name written in the scope of `from` finds one of `names` for at least one service: in that scope, above
/// it, or inside it.
fn reaches<'n>(mut names: impl Iterator<Item = &'n str>, org: &str, short: &str, from: &ScopedName) -> bool {
    if short.contains('/') {
        let full = ScopedName::declared(org, short);
        return names.any(|n| n == full.as_str());
    }
    let within = |inner: &str, outer: &str| {
        inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
    };
    names.any(|name| {
        let found = ScopedName::full(name);
        found.short() == short && (within(found.scope(), from.scope()) || within(from.scope(), found.scope()))
    })
}

fn group_exists(registry: &Registry, group: &str, from: &ScopedName) -> bool {
    let groups = registry.groups.keys().map(String::as_str);
    naming::is_built_in(group) || reaches(groups, &registry.org, group, from)
}

fn role_exists(registry: &Registry, role: &str, from: &ScopedName, span: Span, notes: &mut Notes) {
    if group_exists(registry, role, from) {
        return;
    }
    let message = format!("`{from}` names group `{role}`, which exists nowhere in its scope");
    let groups = registry.groups.keys().map(|n| n.rsplit('/').next().unwrap_or(n));
    let names: Vec<&str> = ROLES.iter().copied().chain(groups).collect();
    notes.fault(FaultCode::UnresolvedRole, span, message, &one_of(role, &names));
}

/// Look up the groups that directories grant, and put the providers into the registry.
pub fn providers(registry: &mut Registry, drafts: Vec<ProviderDraft>, notes: &mut Notes) {
    let bases: Vec<String> = drafts
        .iter()
        .filter(|d| d.provider.enabled)
        .filter_map(|d| d.provider.ldap.as_ref().map(|l| l.base_dn.clone()))
        .collect();
    for mut draft in drafts {
        if let Some(directory) = &mut draft.provider.ldap {
            let base = directory.base_dn.clone();
            let mut seen = BTreeSet::new();
            for (mapping, (ldap, group)) in directory.mappings.iter_mut().zip(&draft.mappings) {
                if !naming::is_built_in(&mapping.group) {
                    mapping.group = ScopedName::declared(&registry.org, &mapping.group).as_str().to_owned();
                }
                let is_known =
                    BUILT_IN.contains(&mapping.group.as_str()) || registry.groups.contains_key(&mapping.group);
                if !is_known {
                    let message = format!("`{}` is granted by a directory group and declared nowhere", mapping.group);
                    let declared = registry.groups.keys().map(|n| n.rsplit('/').next().unwrap_or(n));
                    let names: Vec<&str> = BUILT_IN.iter().copied().chain(declared).collect();
                    let word = mapping.group.rsplit('/').next().unwrap_or_default();
                    notes.fault(FaultCode::UnknownGroup, *group, message, &one_of(word, &names));
                }
                if !seen.insert((mapping.ldap.to_lowercase(), mapping.group.clone())) {
                    let message = format!("`{}` is mapped to `{}` twice", mapping.ldap, mapping.group);
                    notes.fault(FaultCode::DuplicateMapping, *ldap, message, "keep one of them");
                }
                if is_outside(&mapping.ldap, &base) {
                    outside(&mapping.ldap, &base, *ldap, notes);
                }
            }
        }
        registry.providers.push(draft.provider);
    }
    for group in registry.groups.values() {
        let (Some(directory), Some(place)) = (&group.ldap_group, &group.place) else {
            continue;
        };
        if bases.is_empty() {
            let message = format!("group `{}` takes members from a directory, and none is switched on", group.name);
            notes.fault_at(FaultCode::NoDirectory, place, &message, "declare `auth.ldap`, or list `users`");
        } else if bases.iter().all(|base| is_outside(directory, base)) {
            let message = format!("`{directory}` of group `{}` lies outside the directory's base", group.name);
            notes.fault_at(FaultCode::OutsideBase, place, &message, &format!("a DN that ends with {}", bases[0]));
        }
    }
}

fn outside(dn: &str, base: &str, span: Span, notes: &mut Notes) {
    let message = format!("`{dn}` lies outside `{base}` and is never found");
    notes.fault(FaultCode::OutsideBase, span, message, &format!("a DN that ends with {base}"));
}

/// Whether a whole DN does not end with `base`; a bare name is looked for everywhere below it.
fn is_outside(dn: &str, base: &str) -> bool {
    let plain = |text: &str| text.split(',').map(|p| p.trim().to_lowercase()).collect::<Vec<_>>();
    dn.contains('=') && !base.is_empty() && !plain(dn).ends_with(&plain(base))
}

/// Warn of arrows out of CLOSED, of statuses that no arrow reaches, and of a workflow that cannot end.
fn statuses(draft: &WorkflowDraft, notes: &mut Notes) {
    let name = &draft.workflow.name;
    let mut reached = BTreeSet::from([TicketStatus::Open]);
    for _ in TicketStatus::ALL {
        let more: Vec<TicketStatus> = draft
            .workflow
            .transitions
            .iter()
            .filter(|t| t.from != TicketStatus::Closed && reached.contains(&t.from))
            .map(|t| t.to)
            .collect();
        reached.extend(more);
    }
    let mut said = BTreeSet::new();
    for (transition, (span, _)) in draft.workflow.transitions.iter().zip(&draft.arrows) {
        if transition.from == TicketStatus::Closed {
            let message = format!("`{name}` leads out of CLOSED, which is final");
            notes.fault(FaultCode::UnreachableStatus, *span, message, "it is never offered; remove it");
        } else if !reached.contains(&transition.from) && said.insert(transition.from) {
            let message = format!("`{name}` never reaches {}", transition.from.word());
            notes.fault(FaultCode::UnreachableStatus, *span, message, "add a transition that leads there");
        }
    }
    if !reached.contains(&TicketStatus::Closed) && !said.contains(&TicketStatus::Closed) {
        let message = format!("`{name}` never reaches CLOSED; its tickets stay open for ever");
        notes.fault(FaultCode::UnreachableStatus, draft.span, message, "add a transition to CLOSED");
    }
}
