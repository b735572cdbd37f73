//! What stands above the source of a selected thing: a workflow drawn, an item's promises, how a group is filled.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        format,
        paint::wrap,
        theme::Role,
        widgets::{ink::Ink, workflow::Drawing},
    },
    domain::{
        access::User,
        estate::SourceSummary,
        gitops::DeclaredKind,
        hierarchy::NodePath,
        tickets::{Group, Item, clock, role},
        time::MINUTE,
    },
};

use super::rows::Id;

/// The lines for what is selected; none for what its source tells by itself.
pub fn lines(id: &Id, source: &SourceSummary, user: &User, width: u16, ink: Ink<'_>) -> Vec<Line<'static>> {
    match id {
        Id::Workflow(name) | Id::Thing(DeclaredKind::Workflow, name, ..) => {
            source.workflows.get(name).map(|workflow| {
                let mut lines = Drawing { workflow, current: None, offers: &[] }.lines(width, ink);
                if lines.is_empty() {
                    lines.push(Line::from("it has no move at all"));
                }
                lines
            })
        }
        Id::Item(name) | Id::Thing(DeclaredKind::Item, name, ..) => {
            source.catalog.items.get(name).map(|item| of_item(item, usize::from(width), ink))
        }
        Id::Group(name) | Id::Thing(DeclaredKind::Group, name, ..) => {
            source.groups.get(name).map(|group| of_group(group, source, user, usize::from(width), ink))
        }
        _ => None,
    }
    .unwrap_or_default()
}

fn fact(name: &str, text: &str, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    wrap(text, width.saturating_sub(12).max(8))
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let name = if index == 0 { name } else { "" };
            Line::from(vec![Span::styled(format!("{name:12}"), ink.style(Role::Muted)), Span::raw(line)])
        })
        .collect()
}

fn of_item(item: &Item, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let priority = item.priority.unwrap_or_default();
    let (response, resolution) = clock::allowances(priority);
    let promised = |minutes: Option<u32>, otherwise: i64| match minutes {
        Some(given) => format::span(i64::from(given) * MINUTE),
        None => format!("{} by priority", format::span(otherwise)),
    };
    let mut lines = fact("item", item.name.as_str(), width, ink);
    if !item.description.is_empty() {
        lines.extend(fact("about", &item.description, width, ink));
    }
    lines.extend(fact("workflow", &item.workflow, width, ink));
    let preset =
        item.priority.map_or_else(|| format!("{} unless said otherwise", priority.word()), |p| p.word().to_owned());
    lines.extend(fact("priority", &preset, width, ink));
    lines.extend(fact("goes to", item.assignee_group.as_deref().unwrap_or("no group"), width, ink));
    lines.extend(fact("response", &promised(item.response_minutes, response), width, ink));
    lines.extend(fact("resolution", &promised(item.resolution_minutes, resolution), width, ink));
    lines
}

/// Who is in it, by what, and how its name is looked up.
fn of_group(group: &Group, source: &SourceSummary, user: &User, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let short = group.name.short();
    let users = if group.users.is_empty() { "nobody".to_owned() } else { group.users.join(", ") };
    let mut lines = fact("listed", &users, width, ink);
    if let Some(ldap) = &group.ldap_group {
        lines.extend(fact("LDAP", &format!("members of {ldap}, granted at sign-in"), width, ink));
    }
    let mut scope = group.name.scope();
    while let Some(end) = scope.rfind('/') {
        scope = &scope[..end];
        let above = format!("{scope}/{short}");
        if let Some(found) = source.groups.get(&above).filter(|g| !g.users.is_empty()) {
            lines.extend(fact("inherited", &format!("{} from {above}", found.users.join(", ")), width, ink));
        }
    }
    let scope = group.name.scope();
    let place = match NodePath::parse(scope) {
        Ok(node) if node.depth() > 1 => format!("tickets about services under {node}"),
        _ => "every ticket that no narrower group of this name covers".to_owned(),
    };
    lines.extend(fact("covers", &place, width, ink));
    let narrower: Vec<&str> = source
        .groups
        .values()
        .filter(|g| g.name.short() == short && g.name.scope() != scope && g.name.scope().starts_with(scope))
        .map(|g| g.name.as_str())
        .collect();
    if !narrower.is_empty() {
        lines.extend(fact("narrower", &narrower.join(", "), width, ink));
    }
    let me = role::resolve(&source.groups, &source.org, group.name.as_str(), None, user);
    lines.extend(fact("you", &me.sentence(), width, ink));
    lines
}
