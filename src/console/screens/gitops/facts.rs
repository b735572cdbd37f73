//! What stands above the source of a selected thing: a workflow drawn, an item's card, how a group is filled, a way to
//! sign in, and the commit that last changed its lines.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        format,
        paint::wrap,
        theme::Role,
        widgets::{
            card::{self, Card},
            changes,
            ink::Ink,
            workflow::Drawing,
        },
    },
    domain::{
        access::{AuthProvider, User},
        estate::SourceSummary,
        gitops::{DeclaredKind, State, Thing},
        hierarchy::NodePath,
        tickets::{Group, Item, clock, role},
        time::MINUTE,
    },
};

use super::rows::Id;

/// The lines for what is selected; none for what its source tells by itself.
pub fn lines(
    id: &Id,
    source: &SourceSummary,
    declared: Option<&State>,
    user: &User,
    width: u16,
    ink: Ink<'_>,
) -> Vec<Line<'static>> {
    let wide = usize::from(width);
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
            source.catalog.items.get(name).map(|item| card::lines(&[card_of(item)], wide, ink))
        }
        Id::Category(name) | Id::Thing(DeclaredKind::Category, name, ..) => Some(cards(name, source, wide, ink)),
        Id::Group(name) | Id::Thing(DeclaredKind::Group, name, ..) => {
            source.groups.get(name).map(|group| of_group(group, source, user, wide, ink))
        }
        Id::Provider(name) | Id::Thing(DeclaredKind::Provider, name, ..) => {
            let thing = declared.and_then(|state| state.things.get(&(DeclaredKind::Provider, name.as_str().into())));
            let provider = source.providers.iter().find(|p| p.name == *name);
            provider.map(|provider| of_provider(provider, thing.map(|thing| &**thing), wide, ink))
        }
        _ => None,
    }
    .unwrap_or_default()
}

fn fact(name: &str, text: &str, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    named(name, text, Role::Text, width, ink)
}

/// The items of a category as cards.
fn cards(category: &str, source: &SourceSummary, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let items: Vec<Card> =
        source.catalog.items.values().filter(|item| item.category == category).map(card_of).collect();
    if items.is_empty() {
        return vec![Line::from("no item stands in this category")];
    }
    card::lines(&items, width, ink)
}

fn card_of(item: &Item) -> Card {
    let priority = item.priority.unwrap_or_default();
    let (response, resolution) = clock::allowances(priority);
    let promised = |minutes: Option<u32>, otherwise: i64| match minutes {
        Some(given) => format::span(i64::from(given) * MINUTE),
        None => format!("{} by priority", format::span(otherwise)),
    };
    let preset = item.priority.map_or_else(|| format!("{} unless said", priority.word()), |p| p.word().to_owned());
    Card {
        title: item.display_name.clone(),
        about: item.description.clone(),
        facts: vec![
            ("name", item.name.as_str().to_owned()),
            ("workflow", item.workflow.clone()),
            ("priority", preset),
            ("goes to", item.assignee_group.clone().unwrap_or_else(|| "no group".to_owned())),
            ("response", promised(item.response_minutes, response)),
            ("resolved", promised(item.resolution_minutes, resolution)),
        ],
    }
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

/// A way to sign in: what is in force, then every field its declaration says. Secrets by the name of their source only.
fn of_provider(provider: &AuthProvider, thing: Option<&Thing>, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let state = match (provider.enabled, provider.is_default) {
        (false, _) => "switched off",
        (true, true) => "switched on; a sign-in that names none goes here",
        (true, false) => "switched on",
    };
    let mut lines = fact("provider", &format!("{} ({})", provider.display_name, provider.kind), width, ink);
    lines.extend(fact("state", state, width, ink));
    if provider.kind == "local" {
        let also = match (provider.require_uppercase, provider.require_digit) {
            (true, true) => ", with a capital letter and a digit",
            (true, false) => ", with a capital letter",
            (false, true) => ", with a digit",
            (false, false) => "",
        };
        let policy = format!("at least {} characters{also}", provider.min_password_length);
        lines.extend(fact("passwords", &policy, width, ink));
    }
    if let Some(thing) = thing {
        lines.push(Line::from(""));
        lines.push(Line::from(Span::styled("DECLARED", ink.style(Role::Title))));
        for (name, shown) in &thing.fields {
            let text = changes::text(shown, ink);
            let named = format!("  {name}  ");
            let room = width.saturating_sub(format::width(&named)).max(8);
            for (index, part) in wrap(&text, room).into_iter().enumerate() {
                let before = if index == 0 { named.clone() } else { " ".repeat(format::width(&named)) };
                lines.push(Line::from(vec![Span::styled(before, ink.style(Role::Info)), Span::raw(part)]));
            }
        }
    }
    lines
}
/// A fact with its name before it, folded to `width`.
pub fn named(name: &str, text: &str, role: Role, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let parts = wrap(text, width.saturating_sub(12).max(8)).into_iter().enumerate();
    parts
        .map(|(index, part)| {
            let name = if index == 0 { name } else { "" };
            Line::from(vec![
                Span::styled(format!("{name:12}"), ink.style(Role::Muted)),
                Span::styled(part, ink.style(role)),
            ])
        })
        .collect()
}
