//! Ticketing: organization, groups, workflows and catalog, from the core's values and from `ticketing.d/`.

use super::{
    layers::Layered,
    notes::{Notes, counted},
    recognise::{Document, Documents, Kind, TICKETING_FOLDER},
    schema::ticketing as tables,
    yaml::{Node, Scalar, Span},
};
use crate::domain::{
    gitops::{DeclaredKind, FaultCode, Registry},
    hierarchy::{ScopedName, naming},
    tickets::{Category, Group, Item, Priority, Role, TicketStatus, Transition, Workflow},
};

/// A workflow and where its arrows stand.
pub struct WorkflowDraft {
    /// What it says.
    pub workflow: Workflow,
    /// Where.
    pub span: Span,
    /// Where each transition and its role stand.
    pub arrows: Vec<(Span, Span)>,
}

/// A catalog item and where its references stand.
pub struct ItemDraft {
    /// What it says.
    pub item: Item,
    /// Where.
    pub span: Span,
    /// Where its workflow is named.
    pub workflow: Span,
    /// Where its category is named.
    pub category: Span,
    /// Where its group is named.
    pub group: Option<Span>,
}

/// Ticketing as read, before names are looked up.
#[derive(Default)]
pub struct Drafts {
    /// `ticketing.org`.
    pub org: String,
    /// In order of declaration.
    pub workflows: Vec<WorkflowDraft>,
    /// In order of declaration.
    pub items: Vec<ItemDraft>,
    /// In order of declaration.
    pub categories: Vec<(Category, Span)>,
    /// In order of declaration.
    pub groups: Vec<(Group, Span)>,
}

/// Read all ticketing that takes effect: the release's values first, then files in the order of their names.
pub fn read(registry: &Registry, core: Option<&Layered>, documents: &Documents<'_>, notes: &mut Notes) -> Drafts {
    let mut parts: Vec<&Node> = Vec::new();
    if let Some(core) = core {
        parts.extend(notes.map(&core.node, "ticketing"));
    }
    for document in folder(core, documents, notes) {
        // Both notations are met: the keys at the top, or under `ticketing:` as in values.
        parts.push(document.node.get("ticketing").unwrap_or(document.node));
    }
    let mut drafts = Drafts { org: org(&parts, registry, notes), ..Drafts::default() };
    for part in parts {
        notes.only_keys(part, &tables::TICKETING);
        for node in notes.list(part, "groups") {
            drafts.groups.extend(group(node, &drafts.org, notes).map(|g| (g, node.span)));
        }
        for node in notes.list(part, "workflows") {
            drafts.workflows.extend(workflow(node, &drafts.org, notes));
        }
        if let Some(catalog) = notes.map(part, "catalog") {
            notes.only_keys(catalog, &tables::CATALOG);
            for node in notes.list(catalog, "categories") {
                drafts.categories.extend(category(node, notes).map(|c| (c, node.span)));
            }
            for node in notes.list(catalog, "items") {
                drafts.items.extend(item(node, &drafts.org, notes));
            }
        }
    }
    drafts
}

/// The files of the `ticketing.d` folder that goes with the release.
fn folder<'f>(core: Option<&Layered>, documents: &Documents<'f>, notes: &mut Notes) -> Vec<Document<'f>> {
    let all: Vec<Document<'f>> = documents.of(Kind::Ticketing).collect();
    let parent = |path: &str| -> String {
        let at = path.find(TICKETING_FOLDER).unwrap_or(0);
        path[..at].trim_end_matches('/').to_owned()
    };
    let mut parents: Vec<String> = all.iter().map(|d| parent(d.path)).collect();
    parents.dedup();
    if parents.len() <= 1 {
        return all;
    }
    let beside = |folder: &String| {
        core.is_some_and(|c| c.release.files.iter().any(|f| f.rfind('/').map_or("", |at| &f[..at]) == folder.as_str()))
    };
    if let Some(chosen) = parents.iter().find(|p| beside(p)) {
        return all.into_iter().filter(|d| parent(d.path) == *chosen).collect();
    }
    if let Some(first) = all.first() {
        let message = format!("{} folders `{TICKETING_FOLDER}` and no release beside one of them", parents.len());
        notes.fault(FaultCode::AmbiguousRelease, first.node.span, message, "keep it next to the core's values");
    }
    Vec::new()
}

/// The organization: declared once, or the only one that services belong to.
fn org(parts: &[&Node], registry: &Registry, notes: &mut Notes) -> String {
    let mut found: Option<(String, Span)> = None;
    for part in parts {
        let Some(name) = notes.text(part, "org") else {
            continue;
        };
        let span = part.get("org").map_or(part.span, |n| n.span);
        match &found {
            Some((first, _)) if *first != name => {
                let message = format!("the organization is `{first}` elsewhere and `{name}` here");
                notes.fault(FaultCode::BadField, span, message, "one installation has one organization");
            }
            Some(_) => {}
            None if name.contains('/') => {
                notes.fault(FaultCode::BadField, span, format!("`{name}` is not one segment"), "");
            }
            None => found = Some((name, span)),
        }
    }
    if let Some((name, _)) = found {
        return name;
    }
    let mut roots: Vec<&str> = registry.services.keys().map(|p| p.segments()[0]).collect();
    roots.dedup();
    match (roots.as_slice(), parts.first()) {
        ([only], _) => (*only).to_owned(),
        (_, None) => String::new(),
        (_, Some(part)) => {
            notes.fault(FaultCode::BadField, part.span, "ticketing needs `org`".to_owned(), "the organization's name");
            String::new()
        }
    }
}

/// The full name of a thing, or a fault.
fn name(node: &Node, what: &str, org: &str, notes: &mut Notes) -> Option<ScopedName> {
    let text = notes.need(node, "name", what)?;
    let span = node.get("name").map_or(node.span, |n| n.span);
    if naming::is_built_in(&text) {
        let message = format!("`{text}`: names beginning with `{}` belong to the platform", naming::RESERVED_PREFIX);
        notes.fault(FaultCode::ReservedName, span, message, "choose another name");
        return None;
    }
    let full = ScopedName::declared(org, &text);
    let parts: Vec<&str> = full.as_str().split('/').collect();
    let is_clean = |p: &&str| !p.is_empty() && p.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if parts.len() > 6 || !parts.iter().all(is_clean) {
        let message =
            format!("`{text}` is no name: letters, digits, `-`, `_`, `.`, in a scope of five segments at most");
        notes.fault(FaultCode::BadField, span, message, "");
        return None;
    }
    Some(full)
}

fn group(node: &Node, org: &str, notes: &mut Notes) -> Option<Group> {
    notes.only_keys(node, &tables::GROUP);
    let name = name(node, "a group", org, notes)?;
    let group = Group {
        users: notes.texts(node, "users"),
        ldap_group: notes.text(node, "ldapGroup"),
        place: Some(notes.place(node.span)),
        name,
    };
    let directory = if group.ldap_group.is_some() { " and a directory group" } else { "" };
    let summary = format!("{}{directory}", counted(group.users.len(), "user"));
    let label = notes.text(node, "displayName").unwrap_or_default();
    notes.declare(DeclaredKind::Group, group.name.as_str(), &label, node.span, &summary);
    Some(group)
}

fn workflow(node: &Node, org: &str, notes: &mut Notes) -> Option<WorkflowDraft> {
    notes.only_keys(node, &tables::WORKFLOW);
    let name = name(node, "a workflow", org, notes);
    let items = notes.list(node, "transitions");
    if items.is_empty() {
        let span = node.entry("transitions").map_or(node.span, |e| e.key_span);
        let shown = name.as_ref().map_or("a workflow", ScopedName::as_str);
        notes.fault(FaultCode::EmptyWorkflow, span, format!("`{shown}` has no transitions"), "it needs at least one");
        return None;
    }
    let read: Vec<_> = items.iter().map(|item| transition(item, notes)).collect();
    let name = name?;
    let display_name = notes.text(node, "displayName").unwrap_or_else(|| name.short().replace('_', " "));
    let count = read.len();
    let (transitions, arrows) = read.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
    notes.declare(DeclaredKind::Workflow, name.as_str(), &display_name, node.span, &counted(count, "transition"));
    let workflow = Workflow { name, display_name, transitions, place: Some(notes.place(node.span)) };
    Some(WorkflowDraft { workflow, span: node.span, arrows })
}

fn transition(node: &Node, notes: &mut Notes) -> Option<(Transition, (Span, Span))> {
    notes.only_keys(node, &tables::TRANSITION);
    let from = status(node, "from", notes);
    let to = status(node, "to", notes);
    let role = notes.need(node, "role", "a transition");
    let (from, to, role) = (from?, to?, role?);
    let role_span = node.get("role").map_or(node.span, |n| n.span);
    let place = Some(notes.place(node.span));
    Some((Transition { from, to, role: Role::parse(&role), place }, (node.span, role_span)))
}

fn status(node: &Node, key: &str, notes: &mut Notes) -> Option<TicketStatus> {
    notes.need(node, key, "a transition")?;
    let word = notes.choice(node, key, tables::STATUSES, FaultCode::UnknownStatus, "status")?;
    TicketStatus::ALL.into_iter().find(|s| s.word() == word)
}

fn category(node: &Node, notes: &mut Notes) -> Option<Category> {
    notes.only_keys(node, &tables::CATEGORY);
    let name = notes.need(node, "name", "a category")?;
    let display_name = notes.text(node, "displayName").unwrap_or_else(|| name.clone());
    notes.declare(DeclaredKind::Category, &name, &display_name, node.span, "");
    Some(Category { name, display_name, place: Some(notes.place(node.span)) })
}

fn item(node: &Node, org: &str, notes: &mut Notes) -> Option<ItemDraft> {
    notes.only_keys(node, &tables::ITEM);
    let full = name(node, "a catalog item", org, notes);
    let category = notes.need(node, "category", "a catalog item");
    let workflow = notes.need(node, "workflow", "a catalog item");
    let display_name = notes.need(node, "displayName", "a catalog item");
    let description = notes.text(node, "description").unwrap_or_default();
    let spot = |key: &str| node.get(key).map_or(node.span, |n| n.span);
    let (mut priority, mut assignee_group, mut group) = (None, None, None);
    if let Some(defaults) = notes.map(node, "defaults") {
        notes.only_keys(defaults, &tables::DEFAULTS);
        priority = preset(defaults, notes);
        assignee_group = notes.text(defaults, "assigneeGroup");
        group = defaults.get("assigneeGroup").map(|n| n.span);
    }
    let (mut response_minutes, mut resolution_minutes) = (None, None);
    if let Some(sla) = notes.map(node, "sla") {
        notes.only_keys(sla, &tables::SLA);
        response_minutes = minutes(sla, "responseMinutes", notes);
        resolution_minutes = minutes(sla, "resolutionMinutes", notes);
    }
    let (name, category, workflow, display_name) = (full?, category?, workflow?, display_name?);
    let mut said = vec![category.clone(), workflow.clone()];
    said.extend(priority.map(|p| p.word().to_owned()));
    said.extend(assignee_group.clone());
    notes.declare(DeclaredKind::Item, name.as_str(), &display_name, node.span, &said.join(", "));
    Some(ItemDraft {
        span: node.span,
        workflow: spot("workflow"),
        category: spot("category"),
        group,
        item: Item {
            name,
            category,
            display_name,
            description,
            workflow,
            priority,
            assignee_group,
            response_minutes,
            resolution_minutes,
            place: Some(notes.place(node.span)),
        },
    })
}

fn preset(defaults: &Node, notes: &mut Notes) -> Option<Priority> {
    let word = notes.choice(defaults, "priority", tables::PRIORITIES, FaultCode::UnknownPriority, "priority")?;
    Priority::ALL.into_iter().find(|p| p.word() == word)
}

/// Minutes above 0.
fn minutes(node: &Node, key: &str, notes: &mut Notes) -> Option<u32> {
    let number = notes.whole(node, key)?;
    if number == 0 {
        let span = node.get(key).map_or(node.span, |n| n.span);
        let shown = node.get(key).and_then(Node::scalar).map(Scalar::line).unwrap_or_default();
        notes.fault(FaultCode::BadField, span, format!("`{key}` cannot be {shown}"), "minutes above 0");
        return None;
    }
    Some(number)
}
