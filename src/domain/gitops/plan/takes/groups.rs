//! What goes with a group: roles, assigned tickets, and memberships, inherited ones below it too.

use std::collections::BTreeSet;

use super::{
    all_of,
    known::{Known, named, thing, within},
    numbers,
};
use crate::domain::{
    gitops::{Action, DeclaredKind, State, Step, state::words},
    hierarchy::{ScopedName, naming},
};

/// Roles, tickets and members that a group takes, gives or changes.
pub fn takes(step: &Step, known: &Known<'_>) -> Vec<String> {
    let name = ScopedName::full(&*step.name);
    let mut out = Vec::new();
    match step.action {
        Action::Delete => {
            let next = next(&name, known.after);
            out.extend(roles(&name, known, next.as_deref()));
            out.extend(assigned(&name, known, next.as_deref()));
            out.extend(presets(&name, known));
            out.extend(members(&name, known));
        }
        Action::Create => {
            if let Some(next) = next(&name, known.before) {
                let short = name.short();
                out.push(format!("inside {} `{short}` means it from now on, no longer {next}", name.scope()));
            }
            out.extend(members(&name, known));
        }
        Action::Update => out.extend(members(&name, known)),
        Action::Move => {}
    }
    out
}

/// The group that stands in for `name` further up, if there is one.
fn next(name: &ScopedName, state: &State) -> Option<String> {
    let mut scope = name.scope();
    while let Some((above, _)) = scope.rsplit_once('/') {
        let candidate = format!("{above}/{}", name.short());
        if thing(state, DeclaredKind::Group, &candidate).is_some() {
            return Some(candidate);
        }
        scope = above;
    }
    None
}

/// Workflows with a role that may mean the group.
fn roles(name: &ScopedName, known: &Known<'_>, next: Option<&str>) -> Option<String> {
    let mut found = Vec::new();
    for (workflow, thing) in named(known.after, DeclaredKind::Workflow) {
        let scope = ScopedName::full(workflow);
        let arrows: Vec<&str> = thing
            .fields
            .iter()
            .filter(|(field, role)| field.contains(" -> ") && known.may_mean(role.text(), scope.scope(), name))
            .map(|(field, _)| &**field)
            .collect();
        if !arrows.is_empty() {
            found.push(format!("{workflow} ({})", arrows.join("; ")));
        }
    }
    let then =
        next.map_or_else(|| "and nobody fills it any more".to_owned(), |next| format!("which {next} then fills"));
    let one = format!("names it in a role, {then}");
    let many = format!("name it in a role, {then}");
    all_of(&found, "workflow", &one, &many)
}

/// Open tickets assigned to the group, as the cascade finds it for each.
fn assigned(name: &ScopedName, known: &Known<'_>, next: Option<&str>) -> Option<String> {
    let org = known.org();
    let found = known.tickets(|ticket| {
        let Some(group) = &ticket.group else {
            return false;
        };
        let tried = naming::cascade(org, group, ticket.service.as_ref());
        tried.iter().find(|full| thing(known.before, DeclaredKind::Group, full).is_some()).map(String::as_str)
            == Some(name.as_str())
    });
    let then = next.map_or_else(|| "no group has it then".to_owned(), |next| format!("{next} has it then"));
    all_of(
        &numbers(&found),
        "open ticket",
        &format!("is assigned to it; {then}"),
        &format!("are assigned to it; {then}"),
    )
}

/// Items that assign their tickets to the group.
fn presets(name: &ScopedName, known: &Known<'_>) -> Option<String> {
    let items: Vec<&str> = named(known.after, DeclaredKind::Item)
        .filter(|(item, thing)| {
            known.may_mean(thing.text("defaults.assigneeGroup"), ScopedName::full(*item).scope(), name)
        })
        .map(|(item, _)| item)
        .collect();
    all_of(&items, "catalog item", "assigns its tickets to it", "assign their tickets to it")
}

/// Who gains and who loses membership: of the group, and of those of the same short name below it.
fn members(name: &ScopedName, known: &Known<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let below: BTreeSet<&str> = [known.before, known.after]
        .into_iter()
        .flat_map(|state| named(state, DeclaredKind::Group))
        .map(|(group, _)| group)
        .filter(|group| {
            let other = ScopedName::full(*group);
            other.short() == name.short() && within(other.scope(), name.scope())
        })
        .collect();
    let (mut lost, mut gained) = (Vec::new(), Vec::new());
    for group in below {
        let (was, is) = (belonging(group, known.before), belonging(group, known.after));
        // Of a group that goes or comes itself only its own step speaks.
        let stays = |state: &State| thing(state, DeclaredKind::Group, group).is_some();
        if *group != *name.as_str() && !(stays(known.before) && stays(known.after)) {
            continue;
        }
        let said = |who: &String| if *group == *name.as_str() { who.clone() } else { format!("{who} (in {group})") };
        lost.extend(was.difference(&is).map(said));
        gained.extend(is.difference(&was).map(said));
    }
    out.extend(all_of(&lost, "member", "loses it", "lose it"));
    out.extend(all_of(&gained, "member", "gains it", "gain it"));
    out
}

/// Who belongs to a group: listed in it, or under its short name further up.
fn belonging(group: &str, state: &State) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    if thing(state, DeclaredKind::Group, group).is_none() {
        return out;
    }
    let name = ScopedName::full(group);
    let mut scope = name.scope();
    loop {
        if let Some(listed) = thing(state, DeclaredKind::Group, &format!("{scope}/{}", name.short())) {
            out.extend(words::listed(listed.text("users")).into_iter().map(std::borrow::Cow::into_owned));
            let directory = listed.text("ldapGroup");
            if !directory.is_empty() {
                out.insert(format!("whoever is in {directory}"));
            }
        }
        match scope.rsplit_once('/') {
            Some((above, _)) => scope = above,
            None => return out,
        }
    }
}
