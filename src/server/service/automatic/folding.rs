//! Trouble that comes from other trouble: dependents of what is DOWN, and services about which one reporter is silent,
//! are told in one ticket instead of getting their own. Which belong together is the rule of
//! `domain::tickets::automatic`.

use std::collections::BTreeMap;

use super::{Sight, comment, comment_and, opening, silent_reporter, works_again};
use crate::{
    domain::{
        health::Service,
        hierarchy::ServicePath,
        tickets::automatic::{self, Folded, Head},
    },
    server::service::{batch::Batch, truth::Truth},
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
                let title = silent_reporter(batch, number).and_then(|reporter| opening::silence(batch, reporter));
                let text = format!("The same reporter is silent about {}", listed(&silent));
                comment_and(batch, number, &text, |ticket| {
                    ticket.title = title.unwrap_or_else(|| ticket.title.clone())
                });
            }
        }
    }

    fn dependent(&mut self, batch: &mut Batch<'_>, path: &ServicePath, number: u64) {
        self.0.entry(number).or_default().0.push(path.clone());
        batch.truth.folded.insert(path.clone(), Folded { into: number, is_dependent: true });
    }

    fn silent(&mut self, batch: &mut Batch<'_>, path: &ServicePath, number: u64) {
        self.0.entry(number).or_default().1.push(path.clone());
        batch.truth.folded.insert(path.clone(), Folded { into: number, is_dependent: false });
    }
}

/// Fold a service without a ticket into the one of what it needs, of another with the same cause, or of its silent
/// reporter. Says whether there is one.
pub(super) fn fold(batch: &mut Batch<'_>, path: &ServicePath, sight: &Sight, told: &mut Told) -> bool {
    // Who is told of others gets his ticket first, so that there is one to be folded into.
    if let Some(Head::Cause(head) | Head::Fellow(head)) = sight.heads.get(path) {
        let number = opening::number_for(batch, head, sight);
        told.dependent(batch, path, number);
        return true;
    }
    let Some(number) = ticket_of_reporter(batch, path) else { return false };
    opening::again(batch, path, number, sight);
    // One that cannot be opened again has a successor now.
    if let Some(number) = ticket_of_reporter(batch, path).filter(|n| batch.truth.automatic.get(path) != Some(n)) {
        told.silent(batch, path, number);
    }
    true
}

/// A service that got its ticket before what it needs reported: both tickets say so. Its own one stays, for somebody may
/// be at work on it.
pub(super) fn fold_late(batch: &mut Batch<'_>, path: &ServicePath, own: u64, sight: &Sight, told: &mut Told) {
    let Some(Head::Cause(root)) = sight.heads.get(path) else { return };
    if batch.truth.folded.contains_key(path) {
        return;
    }
    let number = opening::number_for(batch, root, sight);
    told.dependent(batch, path, number);
    let text = format!("{root} is DOWN, which {path} cannot work without: see #{number}");
    comment_and(batch, own, &text, |ticket| ticket.folded_into = Some(number));
}

/// A service with a ticket from another day, whose reporter is silent and has a ticket for that: its own one says so and
/// is not opened again for it. Says whether there is such a one.
pub(super) fn fold_silent_late(
    batch: &mut Batch<'_>,
    path: &ServicePath,
    own: u64,
    sight: &Sight,
    told: &mut Told,
) -> bool {
    let Some(number) = ticket_of_reporter(batch, path).filter(|number| *number != own) else { return false };
    if batch.truth.folded.get(path).is_none_or(|folded| folded.into != number) {
        opening::again(batch, path, number, sight);
        told.silent(batch, path, number);
        let text = format!("The reporter of {path} is silent: see #{number}");
        comment_and(batch, own, &text, |ticket| ticket.folded_into = Some(number));
    }
    true
}

/// Tickets of a silent reporter that is silent about nothing any more and was not told of yet, by number.
pub(super) fn ended_silences(truth: &Truth) -> Vec<u64> {
    let numbers = truth.automatic.values().filter(|number| !truth.recovered.contains(number));
    let tickets = numbers.filter_map(|number| truth.estate.tickets.get(number));
    let over = tickets.filter(|t| t.silent_reporter().is_some() && automatic::is_over(t, &truth.estate.services));
    over.map(|ticket| ticket.number).collect()
}

/// Who was folded into a ticket that is over, is heard again, or needs what works again, stands for himself from now on;
/// and the tickets in `over`, of silences that ended, are told so, once.
pub(super) fn let_go(batch: &mut Batch<'_>, causes: &BTreeMap<ServicePath, ServicePath>, over: Vec<u64>) {
    let stands = |truth: &Truth, path: &ServicePath, number: u64| {
        let Some(ticket) = truth.estate.tickets.get(&number).filter(|ticket| ticket.is_live()) else { return true };
        let Some(service) = truth.estate.services.get(path) else { return true };
        match ticket.silent_reporter() {
            Some(reporter) => !automatic::is_unheard(service, reporter) && !is_told_there(truth, causes, path, number),
            None => {
                let has_no_cause = automatic::is_troubled(service) && !causes.contains_key(path);
                // One that is in trouble again, and not yet for long enough to be told of, is what it was.
                let works_again =
                    truth.recovered.contains(&number) && automatic::is_over(ticket, &truth.estate.services);
                has_no_cause || works_again
            }
        }
    };
    free(batch, stands);
    for number in over {
        let Some(reporter) = silent_reporter(batch, number).map(str::to_owned) else { continue };
        works_again(batch, number, true);
        comment(batch, number, &format!("{reporter} is silent about nothing any more"));
    }
}

/// Whether `path` was told as a dependent in ticket `number`, which is that of what it cannot work without or of another with
/// the same cause. Such a ticket may have been opened for a silence, and be about that until its own service is due.
fn is_told_there(truth: &Truth, causes: &BTreeMap<ServicePath, ServicePath>, path: &ServicePath, number: u64) -> bool {
    let is_dependent = truth.folded.get(path).is_some_and(|folded| folded.is_dependent);
    let cause = causes.get(path).filter(|_| is_dependent);
    cause.is_some_and(|cause| {
        let mut heads = truth.automatic.iter().filter(|(_, own)| **own == number).map(|(head, _)| head);
        heads.any(|head| head == cause || causes.get(head) == Some(cause))
    })
}

/// Let go of those who were folded and for whom `stands` says so; their own tickets say it.
fn free(batch: &mut Batch<'_>, stands: impl Fn(&Truth, &ServicePath, u64) -> bool) {
    let folded = batch.truth.folded.iter().filter(|(path, folded)| stands(batch.truth, path, folded.into));
    let freed: Vec<(ServicePath, u64)> = folded.map(|(path, folded)| (path.clone(), folded.into)).collect();
    if freed.is_empty() {
        return;
    }
    for (path, root) in freed {
        batch.truth.folded.remove(&path);
        if let Some(own) = batch.truth.automatic.get(&path).copied() {
            let text = match silent_reporter(batch, root) {
                Some(reporter) => format!("{reporter} is not silent about {path} any more (#{root})"),
                None => format!("What {path} needs works again (#{root}), and it does not: it stands for itself"),
            };
            comment_and(batch, own, &text, |ticket| ticket.folded_into = None);
        }
    }
    save(batch);
}

/// The newest open ticket about the silence of the reporter that is silent about `path`.
fn ticket_of_reporter(batch: &Batch<'_>, path: &ServicePath) -> Option<u64> {
    let reporter = batch.truth.estate.services.get(path).map(|service| service.health.reporter.as_str())?;
    let is_unheard = batch.truth.estate.services.get(path).is_some_and(|s| automatic::is_unheard(s, reporter));
    let numbers = batch.truth.automatic.values().copied();
    let about = |number: &u64| is_unheard && silent_reporter(batch, *number) == Some(reporter);
    numbers.filter(about).max()
}

/// Services that nobody hears of because this reporter is silent; without those that somebody announced.
pub(super) fn unheard<'a>(batch: &'a Batch<'_>, reporter: &'a str) -> impl Iterator<Item = &'a Service> {
    let open = batch.truth.estate.active_windows(batch.now);
    let services = batch.truth.estate.services.values();
    services.filter(move |s| automatic::is_unheard(s, reporter) && automatic::announced(&open, s).is_none())
}

fn listed(paths: &[ServicePath]) -> String {
    let names: Vec<&str> = paths.iter().take(NAMED).map(ServicePath::as_str).collect();
    let more = paths.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}

/// Keep who is folded into what over a restart.
pub(super) fn save(batch: &mut Batch<'_>) {
    let folded = batch.truth.folded.iter();
    let by_path: BTreeMap<String, Folded> = folded.map(|(path, folded)| (path.as_str().to_owned(), *folded)).collect();
    let text = batch.text(&by_path);
    batch.rows.meta.insert("folded", text);
}
