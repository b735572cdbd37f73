//! Trouble that comes from other trouble: dependents of what is DOWN, and services about which one reporter is silent,
//! are told in one ticket instead of getting their own.

use std::collections::{BTreeMap, BTreeSet};

use super::{comment, comment_and, number_for};
use crate::{
    domain::{health::Status, hierarchy::ServicePath, tickets::Ticket},
    server::{service::batch::Batch, store::encoding::to_text},
};

/// How many names a folding comment lists.
const NAMED: usize = 20;

/// Who was folded into which ticket in this turn: dependents, and those about whom the same reporter is silent.
#[derive(Default)]
pub(super) struct Told(BTreeMap<u64, (Vec<ServicePath>, Vec<ServicePath>)>);

impl Told {
    /// One comment for all that were folded into one ticket.
    pub(super) fn say(self, batch: &mut Batch<'_>) {
        if self.0.is_empty() {
            return;
        }
        save(batch);
        for (number, (dependents, silent)) in self.0 {
            if !dependents.is_empty() {
                comment(batch, number, &format!("In trouble because of it: {}", listed(&dependents)));
            }
            if !silent.is_empty() {
                comment(batch, number, &format!("The same reporter is silent about {}", listed(&silent)));
            }
        }
    }
}

/// Fold a service without a ticket into the one of what it needs, or of its silent reporter. Says whether there is one.
pub(super) fn fold(batch: &mut Batch<'_>, path: &ServicePath, due: &BTreeSet<ServicePath>, told: &mut Told) -> bool {
    // What a service cannot work without gets its ticket first, so that there is one to be folded into.
    if let Some(root) = root_cause(batch, path, due) {
        let number = number_for(batch, &root);
        told.0.entry(number).or_default().0.push(path.clone());
        batch.truth.folded.insert(path.clone(), number);
        true
    } else if let Some(number) = ticket_of_silent_reporter(batch, path) {
        told.0.entry(number).or_default().1.push(path.clone());
        batch.truth.folded.insert(path.clone(), number);
        true
    } else {
        false
    }
}

/// A service that got its ticket before what it needs reported: both tickets say so. Its own one stays, for somebody may
/// be at work on it.
pub(super) fn fold_late(
    batch: &mut Batch<'_>,
    path: &ServicePath,
    own: u64,
    due: &BTreeSet<ServicePath>,
    told: &mut Told,
) {
    let is_down = batch.truth.estate.services.get(path).is_some_and(|s| s.health.status == Status::Down);
    if !is_down || batch.truth.folded.contains_key(path) {
        return;
    }
    let Some(root) = root_cause(batch, path, due).filter(|root| !batch.truth.folded.contains_key(root)) else {
        return;
    };
    // Of those that need each other the one that has its ticket already is the cause.
    if causes(batch, &root, due).contains(path) {
        return;
    }
    let number = number_for(batch, &root);
    told.0.entry(number).or_default().0.push(path.clone());
    batch.truth.folded.insert(path.clone(), number);
    let text = format!("{root} is DOWN, which {path} cannot work without: see #{number}");
    comment_and(batch, own, &text, |ticket| ticket.folded_into = Some(number));
}

/// Who was folded into a ticket that is over, or whose own service works again, stands for himself from now on.
pub(super) fn unfold(batch: &mut Batch<'_>) {
    let truth = &mut *batch.truth;
    let (tickets, recovered) = (&truth.estate.tickets, &truth.recovered);
    let is_over = |number: &u64| !tickets.get(number).is_some_and(Ticket::is_live) || recovered.contains(number);
    let free: Vec<(ServicePath, u64)> = truth
        .folded
        .iter()
        .filter(|(_, number)| is_over(number))
        .map(|(path, number)| (path.clone(), *number))
        .collect();
    if free.is_empty() {
        return;
    }
    for (path, root) in free {
        batch.truth.folded.remove(&path);
        if let Some(own) = batch.truth.automatic.get(&path).copied() {
            let text = format!("What {path} needs works again (#{root}), and it does not: it stands for itself");
            comment_and(batch, own, &text, |ticket| ticket.folded_into = None);
        }
    }
    save(batch);
}

/// The farthest DOWN service that `path` cannot work without and that has or is due for a ticket.
fn root_cause(batch: &Batch<'_>, path: &ServicePath, due: &BTreeSet<ServicePath>) -> Option<ServicePath> {
    causes(batch, path, due).pop()
}

/// What `path` cannot work without, what that cannot work without and so on, as far as it is DOWN and has or is due for
/// a ticket; nearest first.
fn causes(batch: &Batch<'_>, path: &ServicePath, due: &BTreeSet<ServicePath>) -> Vec<ServicePath> {
    let services = &batch.truth.estate.services;
    let mut chain: Vec<ServicePath> = Vec::new();
    let mut at = path.clone();
    while let Some(service) = services.get(&at) {
        let needed = service.requires.iter().filter(|d| d.critical).map(|d| &d.path);
        let declared = services.values().filter(|s| s.health.status == Status::Down && s.used_by.contains(&at));
        let next = needed
            .chain(declared.map(|s| &s.path))
            .filter(|p| *p != path && !chain.contains(p))
            .find(|p| {
                services.get(*p).is_some_and(|s| s.health.status == Status::Down)
                    && (due.contains(*p) || batch.truth.automatic.contains_key(*p))
            })
            .cloned();
        let Some(next) = next else { break };
        chain.push(next.clone());
        at = next;
    }
    chain
}

/// The open ticket of another service about which the same reporter is silent.
fn ticket_of_silent_reporter(batch: &Batch<'_>, path: &ServicePath) -> Option<u64> {
    let services = &batch.truth.estate.services;
    let own = services.get(path)?;
    if own.health.silence.is_none() || own.health.status == Status::Down || own.health.reporter.is_empty() {
        return None;
    }
    batch.truth.automatic.iter().find_map(|(other, number)| {
        let other = services.get(other)?;
        let same = other.health.silence.is_some()
            && other.health.status != Status::Down
            && other.health.reporter == own.health.reporter;
        same.then_some(*number)
    })
}

fn listed(paths: &[ServicePath]) -> String {
    let names: Vec<&str> = paths.iter().take(NAMED).map(ServicePath::as_str).collect();
    let more = paths.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}

/// Keep who is folded into what over a restart.
pub(super) fn save(batch: &mut Batch<'_>) {
    let by_path: BTreeMap<String, u64> =
        batch.truth.folded.iter().map(|(path, number)| (path.as_str().to_owned(), *number)).collect();
    match to_text(&by_path) {
        Ok(text) => {
            batch.rows.meta.insert("folded", text);
        }
        Err(error) => batch.broken = Some(error),
    }
}
