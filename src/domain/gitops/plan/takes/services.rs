//! What goes with a service.

use super::{all_of, known::Known, numbers};
use crate::domain::{
    gitops::{Action, Step},
    health::Criticality,
};

/// Tickets and dependents of one that goes, automatic tickets of one that changes.
pub fn takes(step: &Step, known: &Known<'_>) -> Vec<String> {
    match step.action {
        Action::Delete => retired(step, known),
        Action::Update => changed(step),
        Action::Create | Action::Move => Vec::new(),
    }
}

fn retired(step: &Step, known: &Known<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut needed: Vec<(&str, bool)> = known.needed_by(&step.name).to_vec();
    needed.sort_by_key(|(name, critical)| (!critical, *name));
    let needed: Vec<String> = needed
        .into_iter()
        .map(|(name, critical)| format!("{name}{}", if critical { " (cannot work without)" } else { "" }))
        .collect();
    out.extend(all_of(&needed, "service", "still requires it", "still require it"));
    let tickets = numbers(known.tickets_about(&step.name));
    out.extend(all_of(&tickets, "open ticket", "is about it and stays", "are about it and stay"));
    let group = step.change("slaGroup").and_then(|change| change.old.as_ref());
    out.extend(group.map(|group| format!("SLA group {} loses it; its past there stays", group.text())));
    out
}

fn changed(step: &Step) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(change) = step.change("criticality") {
        let is_high = |shown: Option<&crate::domain::gitops::Shown>| {
            shown.and_then(|s| Criticality::parse(s.text())).is_some_and(|c| c >= Criticality::High)
        };
        match (is_high(change.old.as_ref()), is_high(change.new.as_ref())) {
            (true, false) => out.push("no automatic tickets any more when it is down".to_owned()),
            (false, true) => out.push("automatic tickets from now on when it is down".to_owned()),
            _ => {}
        }
    }
    if let Some(change) = step.change("slaGroup") {
        out.extend(change.old.as_ref().map(|g| format!("SLA group {} loses it; its past there stays", g.text())));
        out.extend(change.new.as_ref().map(|g| format!("joins SLA group {} and brings no past", g.text())));
    }
    out
}
