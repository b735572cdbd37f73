//! What goes with SLA groups and published targets: who belongs, and how much down time is allowed.

use std::collections::BTreeSet;

use super::{
    all_of,
    known::{Known, thing},
};
use crate::domain::{
    gitops::{Action, DeclaredKind, State, Step, state::words},
    sla::{Period, Target},
    time::DAY,
};

/// Members of a group that goes; the promise of one that changes.
pub fn group(step: &Step, known: &Known<'_>) -> Vec<String> {
    let mut out = Vec::new();
    match step.action {
        Action::Delete => {
            let members = known.members_before(&step.name);
            out.extend(all_of(members, "service", "leaves it", "leave it"));
            if !members.is_empty() {
                out.push("what its members reported stays theirs; figures of past periods are kept".to_owned());
            }
        }
        Action::Update => {
            if step.change("nodes").is_some() {
                out.extend(by_nodes(&step.name, known));
            }
            // The promise is said with the target's own step, where it has one.
            let target = |state: &State| thing(state, DeclaredKind::SlaTarget, &step.name).cloned();
            if target(known.before) == target(known.after) {
                out.extend(promise(&step.name, known));
            }
            if step.change("tier").is_some() {
                let follow = followers(&step.name, known);
                out.extend(all_of(
                    &follow,
                    "service",
                    "takes its criticality from it",
                    "take their criticality from it",
                ));
            }
        }
        Action::Create => {
            let members = known.members_after(&step.name);
            out.extend(all_of(members, "service", "belongs to it", "belong to it"));
        }
        Action::Move => {}
    }
    out
}

/// Who leaves and who joins because a node does not bring the group any more, or brings it now.
fn by_nodes(group: &str, known: &Known<'_>) -> Vec<String> {
    let (was, is) = (known.members_before(group), known.members_after(group));
    let names_it = |state: &State, path: &str| {
        thing(state, DeclaredKind::Service, path).is_some_and(|service| service.text("slaGroup") == words::given(group))
    };
    let only = |one: &[&str], other: &[&str], state: &State| -> Vec<String> {
        let other: BTreeSet<&str> = other.iter().copied().collect();
        one.iter().filter(|path| !other.contains(**path) && names_it(state, path)).map(|p| (*p).to_owned()).collect()
    };
    let mut out = Vec::new();
    let gone = only(was, is, known.after);
    out.extend(all_of(
        &gone,
        "service",
        "leaves it, as its node no longer brings it",
        "leave it, as their node no longer brings it",
    ));
    let come = only(is, was, known.before);
    out.extend(all_of(&come, "service", "joins it, as its node brings it now", "join it, as their node brings it now"));
    out
}

/// The promise that changes with a published target.
pub fn target(step: &Step, known: &Known<'_>) -> Vec<String> {
    promise(&step.name, known).into_iter().collect()
}

/// Members whose criticality comes from the group and becomes another.
fn followers(group: &str, known: &Known<'_>) -> Vec<String> {
    let new = |path: &str| thing(known.after, DeclaredKind::Service, path).map(|t| t.text("criticality").to_owned());
    let members = known.members_before(group).iter();
    members
        .filter_map(|path| {
            let was = thing(known.before, DeclaredKind::Service, path)?.text("criticality");
            let is = new(path).filter(|is| is != was)?;
            Some(format!("{path} ({was} -> {is})"))
        })
        .collect()
}

/// How much down time is allowed before and after, and to whom.
fn promise(group: &str, known: &Known<'_>) -> Option<String> {
    let (was, is) = (allowed(group, known.before), allowed(group, known.after));
    let (Some(was), Some(is)) = (was, is) else {
        return None;
    };
    if was == is {
        return None;
    }
    let members = known.members_after(group);
    let whom = all_of(members, "service", "is held to it", "are held to it");
    Some(format!("allows {is} instead of {was}; {}", whom.unwrap_or_else(|| "nobody is held to it".to_owned())))
}

/// `43m 12s of down time in 30d`, or a share of a calendar period.
fn allowed(group: &str, state: &State) -> Option<String> {
    let declared = thing(state, DeclaredKind::SlaGroup, group)?;
    let published = thing(state, DeclaredKind::SlaTarget, group).map(|thing| thing.text("target"));
    let percent = published.unwrap_or_else(|| declared.text("target")).trim_end_matches(" %").parse().ok()?;
    let target = Target::from_percent(percent)?;
    let allowed = i64::from(target.allowed_millionths());
    let period = declared.text("period");
    Some(match Period::parse(period) {
        Some(Period::Rolling(days)) => {
            let ms = allowed * (i64::from(days) * DAY / 1_000) / 1_000;
            format!("{} of down time in {period}", words::lasting(ms))
        }
        _ => format!("{} % down time each {period}", f64::from(target.allowed_millionths()) / 10_000.0),
    })
}
