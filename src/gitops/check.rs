//! Looks across files: names that lead nowhere, names that stand twice, statuses nobody reaches, circles.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry as Slot},
    sync::Arc,
};

use super::{
    cronjobs::Job,
    notes::Notes,
    services::Draft,
    ticketing::{Drafts, WorkflowDraft},
    yaml::Span,
};
use crate::domain::{
    gitops::{FaultCode, Registry},
    hierarchy::{ScopedName, ServicePath, naming},
    tickets::{Role, TicketStatus},
};

/// Look up what services name, and put what holds into the registry.
pub fn services(registry: &mut Registry, drafts: &[&Draft], jobs: &[Job], notes: &mut Notes) {
    let pushed: BTreeSet<&ServicePath> = jobs.iter().flat_map(|j| &j.pushes).filter_map(|p| p.path.as_ref()).collect();
    let known = Paths::new(registry.services.keys().chain(pushed));
    let mut used = Vec::new();
    for draft in drafts {
        let service = &draft.service;
        if let (Some(group), Some(span)) = (&service.sla_group, draft.group)
            && !registry.sla_groups.contains_key(group)
        {
            let message = format!("`{}` joins SLA group `{group}`, which nobody declares", service.path);
            notes.fault(FaultCode::UnknownSlaGroup, span, message, "declare it in an agent's `slaGroups`");
        }
        for (dependency, span) in service.requires.iter().zip(&draft.requires) {
            if !known.all.contains_key(&dependency.path) {
                dangling(&service.path, dependency.path.as_str(), *span, notes);
            }
        }
        let mut used_by = Vec::new();
        for user in &draft.used_by {
            match known.resolved(&user.name, &service.path) {
                Some(path) => used_by.push(path),
                None => dangling(&service.path, &user.name, user.span, notes),
            }
        }
        if !used_by.is_empty() {
            used.push((&service.path, used_by));
        }
    }
    circles(&known, drafts, notes);
    for (path, used_by) in used {
        if let Some(registered) = registry.services.get_mut(path) {
            registered.used_by = used_by;
        }
    }
}

/// Every path that somebody declares or reports.
struct Paths<'p> {
    /// With its place among them.
    all: HashMap<&'p ServicePath, usize>,
    /// By short name; none where several share it. Made when the first short name is met.
    by_name: OnceCell<HashMap<&'p str, Option<&'p ServicePath>>>,
}

impl<'p> Paths<'p> {
    fn new(paths: impl Iterator<Item = &'p ServicePath>) -> Self {
        let mut all = HashMap::new();
        for path in paths {
            let place = all.len();
            all.entry(path).or_insert(place);
        }
        Self { all, by_name: OnceCell::new() }
    }

    /// A whole path, or a short name: on the same node, else the only service of that name.
    fn resolved(&self, name: &str, from: &ServicePath) -> Option<ServicePath> {
        if name.contains('/') {
            return ServicePath::parse(name).ok().filter(|p| self.all.contains_key(p));
        }
        let beside = ServicePath::parse(&format!("{}/{name}", from.node())).ok();
        beside.filter(|p| self.all.contains_key(p)).or_else(|| self.by_name().get(name).copied().flatten().cloned())
    }

    fn by_name(&self) -> &HashMap<&'p str, Option<&'p ServicePath>> {
        self.by_name.get_or_init(|| {
            let mut out = HashMap::new();
            for path in self.all.keys() {
                out.entry(path.service()).and_modify(|several| *several = None).or_insert(Some(*path));
            }
            out
        })
    }
}

fn dangling(path: &ServicePath, other: &str, span: Span, notes: &mut Notes) {
    let message = format!("`{path}` names `{other}`, which nobody declares");
    notes.fault(FaultCode::DanglingDependency, span, message, "correct the path, or declare the service");
}

/// Services that require each other in a circle; each circle is said once, at its first service.
fn circles(known: &Paths<'_>, drafts: &[&Draft], notes: &mut Notes) {
    let mut by_place: Vec<Option<&Draft>> = vec![None; known.all.len()];
    for draft in drafts {
        if let Some(place) = known.all.get(&draft.service.path) {
            by_place[*place] = Some(draft);
        }
    }
    let next: Vec<Vec<usize>> = by_place
        .iter()
        .map(|draft| draft.map_or(&[][..], |d| &d.service.requires))
        .map(|requires| requires.iter().map(|r| known.all.get(&r.path).copied().unwrap_or(usize::MAX)).collect())
        .collect();
    let mut done = vec![false; next.len()];
    let mut on_way = vec![false; next.len()];
    // Declared services come first among the paths, sorted.
    for start in 0..next.len() {
        let mut way: Vec<(usize, usize)> = if done[start] { Vec::new() } else { vec![(start, 0)] };
        on_way[start] = true;
        while let Some((at, step)) = way.last_mut() {
            let (at, index) = (*at, *step);
            *step += 1;
            let Some(to) = next[at].get(index).copied() else {
                way.pop();
                (on_way[at], done[at]) = (false, true);
                continue;
            };
            let Some(draft) = by_place[at].filter(|_| to < next.len() && !done[to]) else {
                continue;
            };
            if on_way[to] {
                let from = way.iter().position(|(place, _)| *place == to).unwrap_or(0);
                let places = way[from..].iter().map(|(place, _)| *place).chain([to]);
                let names = places.filter_map(|place| by_place[place]);
                let names: Vec<&str> = names.map(|d| d.service.path.service()).collect();
                let message = format!("services require each other in a circle: {}", names.join(" -> "));
                let span = draft.requires[index];
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
            notes.fault(FaultCode::UnknownWorkflow, draft.workflow, message, &known(registry.workflows.keys()));
        }
        let has_category = registry.catalog.categories.iter().any(|c| c.name == item.category);
        if !has_category {
            let message = format!("item `{}` names category `{}`, which is not declared", item.name, item.category);
            let names = registry.catalog.categories.iter().map(|c| &c.name);
            notes.fault(FaultCode::UnknownCategory, draft.category, message, &known(names));
        }
        if let (Some(group), Some(span)) = (&item.assignee_group, draft.group) {
            role_exists(registry, group, &item.name, span, notes);
        }
        if has_workflow && has_category {
            let name = item.name.as_str().to_owned();
            put(&mut registry.catalog.items, name, draft.item, "catalog item", draft.span, notes);
        }
    }
}

fn known<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let mut names: Vec<&str> = names.map(|n| n.rsplit('/').next().unwrap_or(n)).collect();
    names.truncate(8);
    if names.is_empty() { "none is declared".to_owned() } else { format!("declared: {}", names.join(", ")) }
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

fn role_exists(registry: &Registry, role: &str, from: &ScopedName, span: Span, notes: &mut Notes) {
    let groups = registry.groups.keys().map(String::as_str);
    if naming::is_built_in(role) || reaches(groups, &registry.org, role, from) {
        return;
    }
    let message = format!("`{from}` names group `{role}`, which exists nowhere in its scope");
    notes.fault(FaultCode::UnresolvedRole, span, message, &known(registry.groups.keys()));
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
