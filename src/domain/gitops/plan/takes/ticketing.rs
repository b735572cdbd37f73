//! What goes with workflows, categories, items and the organization.

use super::{
    all_of,
    known::{Known, named},
    numbers,
};
use crate::domain::{
    gitops::{Action, DeclaredKind, State, Step},
    hierarchy::ScopedName,
};

/// Open tickets on a workflow, and the items that open more.
pub fn workflow(step: &Step, known: &Known<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if !matches!(step.action, Action::Delete | Action::Update) {
        return out;
    }
    let on_it = numbers(&known.tickets(|ticket| *ticket.workflow == *step.name));
    let keep = "and keeps it as it was when it was opened";
    let keep_all = "and keep it as it was when they were opened";
    out.extend(all_of(&on_it, "open ticket", &format!("is on it {keep}"), &format!("are on it {keep_all}")));
    let name = ScopedName::full(&*step.name);
    let items = |state| naming(state, "workflow", &name, known);
    if step.action == Action::Delete {
        out.extend(all_of(&items(known.before), "catalog item", "opens tickets on it", "open tickets on it"));
    } else {
        let words = ["opens tickets on the new one from now on", "open tickets on the new one from now on"];
        out.extend(all_of(&items(known.after), "catalog item", words[0], words[1]));
    }
    out
}

/// Items whose field may mean the thing called `name`.
fn naming(state: &State, field: &str, name: &ScopedName, known: &Known<'_>) -> Vec<String> {
    named(state, DeclaredKind::Item)
        .filter(|(item, thing)| known.may_mean(thing.text(field), ScopedName::full(*item).scope(), name))
        .map(|(item, _)| item.to_owned())
        .collect()
}

/// Items that stand in a category that goes.
pub fn category(step: &Step, known: &Known<'_>) -> Vec<String> {
    if step.action != Action::Delete {
        return Vec::new();
    }
    let items: Vec<&str> = named(known.before, DeclaredKind::Item)
        .filter(|(_, thing)| *thing.text("category") == *step.name)
        .map(|(name, _)| name)
        .collect();
    all_of(&items, "catalog item", "stands in it", "stand in it").into_iter().collect()
}

/// Open tickets that were opened from an item.
pub fn item(step: &Step, known: &Known<'_>) -> Vec<String> {
    let tickets = || numbers(&known.tickets(|ticket| ticket.item.as_deref() == Some(&*step.name)));
    let words = match step.action {
        Action::Delete => ["was opened from it and stays", "were opened from it and stay"],
        Action::Update if step.change("workflow").is_some() => {
            ["was opened from it and stays on its workflow", "were opened from it and stay on their workflow"]
        }
        _ => return Vec::new(),
    };
    all_of(&tickets(), "open ticket", words[0], words[1]).into_iter().collect()
}

/// What the organization means.
pub fn organization(step: &Step) -> Vec<String> {
    let words = match step.action {
        Action::Update => "workflows, items and groups without a scope get other full names",
        Action::Delete => "nothing is put in front of names any more",
        Action::Create | Action::Move => return Vec::new(),
    };
    vec![words.to_owned()]
}
