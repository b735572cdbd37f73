//! Looks across files: names that lead nowhere, names that stand twice, statuses nobody reaches, circles.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, btree_map::Entry as Slot},
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
    let known: Paths = registry.services.keys().cloned().chain(pushed.into_iter().cloned()).collect();
    for draft in drafts {
        let service = &draft.service;
        if let (Some(group), Some(span)) = (&service.sla_group, draft.group)
            && !registry.sla_groups.contains_key(group)
        {
            let message = format!("`{}` joins SLA group `{group}`, which nobody declares", service.path);
            notes.fault(FaultCode::UnknownSlaGroup, span, message, "declare it in an agent's `slaGroups`");
        }
        for (dependency, span) in service.requires.iter().zip(&draft.requires) {
            if !known.all.contains(&dependency.path) {
                dangling(&service.path, dependency.path.as_str(), *span, notes);
            }
        }
        let mut used_by = Vec::new();
        for user in &draft.used_by {
            match resolved(&user.name, &service.path, &known) {
                Some(path) => used_by.push(path),
                None => dangling(&service.path, &user.name, user.span, notes),
            }
        }
        if !used_by.is_empty()
            && let Some(registered) = registry.services.get_mut(&service.path)
        {
            registered.used_by = used_by;
        }
    }
    circles(registry, drafts, notes);
}

/// Every path that somebody declares or reports, also by short name; none where several share it.
#[derive(Default)]
struct Paths {
    all: HashSet<ServicePath>,
    by_name: HashMap<String, Option<ServicePath>>,
}

impl FromIterator<ServicePath> for Paths {
    fn from_iter<I: IntoIterator<Item = ServicePath>>(paths: I) -> Self {
        let mut out = Self::default();
        for path in paths {
            if out.all.insert(path.clone()) {
                let named = out.by_name.entry(path.service().to_owned());
                named.and_modify(|several| *several = None).or_insert(Some(path));
            }
        }
        out
    }
}

fn dangling(path: &ServicePath, other: &str, span: Span, notes: &mut Notes) {
    let message = format!("`{path}` names `{other}`, which nobody declares");
    notes.fault(FaultCode::DanglingDependency, span, message, "correct the path, or declare the service");
}

/// A whole path, or a short name: on the same node, else the only service of that name.
fn resolved(name: &str, from: &ServicePath, known: &Paths) -> Option<ServicePath> {
    if name.contains('/') {
        return ServicePath::parse(name).ok().filter(|p| known.all.contains(p));
    }
    let beside = ServicePath::parse(&format!("{}/{name}", from.node())).ok().filter(|p| known.all.contains(p));
    beside.or_else(|| known.by_name.get(name).cloned().flatten())
}

/// Services that require each other in a circle; each circle is said once, at its first service.
fn circles(registry: &Registry, drafts: &[&Draft], notes: &mut Notes) {
    let next: HashMap<&ServicePath, Vec<(&ServicePath, Span)>> = drafts
        .iter()
        .map(|d| {
            (&d.service.path, d.service.requires.iter().map(|r| &r.path).zip(d.requires.iter().copied()).collect())
        })
        .collect();
    let mut done: HashSet<&ServicePath> = HashSet::new();
    for start in registry.services.keys() {
        if done.contains(start) || next.get(start).is_none_or(Vec::is_empty) {
            continue;
        }
        let mut way: Vec<(&ServicePath, usize)> = vec![(start, 0)];
        let mut on_way: HashSet<&ServicePath> = HashSet::from([start]);
        while let Some((at, step)) = way.last_mut() {
            let (at, index) = (*at, *step);
            *step += 1;
            let Some((to, span)) = next.get(at).and_then(|n| n.get(index)).copied() else {
                way.pop();
                on_way.remove(at);
                done.insert(at);
                continue;
            };
            if on_way.contains(to) {
                let from = way.iter().position(|(p, _)| *p == to).unwrap_or(0);
                let names: Vec<&str> = way[from..].iter().map(|(p, _)| p.service()).chain([to.service()]).collect();
                let message = format!("services require each other in a circle: {}", names.join(" -> "));
                notes.fault(FaultCode::DependencyCircle, span, message, "say which of them works without the other");
            } else if !done.contains(to) && next.contains_key(to) {
                way.push((to, 0));
                on_way.insert(to);
            }
        }
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
