//! What goes with a provider: who signs in by it, and what its mappings give.

use super::{
    all_of,
    known::{Known, named},
};
use crate::domain::gitops::{Action, DeclaredKind, Shown, Step, state::MAPPING};

/// Accounts and mappings of a provider that goes, is switched off, or maps less.
pub fn takes(step: &Step, known: &Known<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let accounts = known.live.logins.iter().find(|(name, _)| **name == *step.name).map_or(0, |(_, count)| *count);
    let goes_off =
        step.change("enabled").is_some_and(|c| says(c.old.as_ref(), "true") && says(c.new.as_ref(), "false"));
    if step.action == Action::Delete || goes_off {
        match accounts {
            0 => {}
            1 => out.push("1 account can no longer sign in".to_owned()),
            many => out.push(format!("{many} accounts can no longer sign in")),
        }
    }
    let gone: Vec<String> = step
        .fields
        .iter()
        .filter(|change| change.new.is_none())
        .filter_map(|change| Some((change.field.strip_prefix(MAPPING)?, change.old.as_ref()?)))
        .map(|(directory, group)| format!("{directory} -> {}", group.text()))
        .collect();
    out.extend(all_of(&gone, "mapping", "goes with it", "go with it"));
    let was_default = step.change("isDefault").is_some_and(|change| says(change.old.as_ref(), "true"));
    if was_default && matches!(step.action, Action::Delete | Action::Update) {
        let next = named(known.after, DeclaredKind::Provider).find(|(_, thing)| thing.text("isDefault") == "true");
        let whom = next.map_or("nobody", |(name, _)| name);
        out.push(format!("who names no provider then signs in by {whom}"));
    }
    out
}

fn says(shown: Option<&Shown>, word: &str) -> bool {
    shown.is_some_and(|shown| shown.text() == word)
}
