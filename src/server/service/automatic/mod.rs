//! What the system does to tickets by itself: opens one for an important service in trouble, re-opens it, comments on
//! it ([`opening`]), folds dependents and silent neighbours into it ([`folding`]), and closes what was resolved long ago.
//! Who gets one is the rule of `domain::tickets::automatic`.

mod folding;
mod opening;

use std::collections::BTreeMap;

use super::{Core, Failure, batch::Batch, breaches, tickets};
use crate::domain::{
    change::Actor,
    health::{Service, Status},
    hierarchy::ServicePath,
    tickets::{
        Done, EntryKind, Grant, Ticket, TicketStatus, act,
        automatic::{self, Head},
    },
};
use folding::Told;

/// In which role the system acts.
const AS_SYSTEM: &str = "system";

impl Core {
    /// Open, re-open and fold automatic tickets. Runs by itself every few seconds.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn open_automatic_tickets(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                look_for_trouble(batch);
                Ok(())
            })
            .await
    }

    /// Close what was resolved long ago, where its workflow leads there. Runs by itself every minute.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn close_resolved_tickets(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                close_resolved(batch);
                Ok(())
            })
            .await
    }
}

/// A report changed how a service is: when it works again, its ticket is told at once. The ticket of a silent reporter
/// is not: it is told once, when nothing is silent any more.
pub(super) fn status_moved(batch: &mut Batch<'_>, path: &ServicePath, was: Status) {
    let Some(service) = batch.truth.estate.services.get(path) else { return };
    if automatic::is_troubled(service) || service.health.status == Status::Unknown {
        return;
    }
    let now = service.health.status.word();
    if let Some(number) = batch.truth.automatic.get(path).copied()
        && silent_reporter(batch, number).is_none()
        && works_again(batch, number, true)
    {
        let text = format!("{path} is {now} now; it was {}", was.word());
        comment_and(batch, number, &text, |ticket| ticket.folded_into = None);
    }
    let folded = batch.truth.folded.get(path).map(|folded| folded.into);
    if let Some(number) = folded.filter(|number| silent_reporter(batch, *number).is_none()) {
        batch.truth.folded.remove(path);
        folding::save(batch);
        comment(batch, number, &format!("{path} is {now} now"));
    }
}

/// Note whether the last word of a ticket is that what it is about works again; answers whether that is news. Kept over a
/// restart: how things are then does not tell what was said of them, so that a resolved ticket would not be opened again.
fn works_again(batch: &mut Batch<'_>, number: u64, is_so: bool) -> bool {
    let recovered = &mut batch.truth.recovered;
    let is_news = if is_so { recovered.insert(number) } else { recovered.remove(&number) };
    if is_news {
        write_recovered(batch);
    }
    is_news
}

fn write_recovered(batch: &mut Batch<'_>) {
    let text = batch.text(&batch.truth.recovered.iter().copied().collect::<Vec<_>>());
    batch.rows.meta.insert("recovered", text);
}

/// The reporter whose silence a ticket is about.
fn silent_reporter<'a>(batch: &'a Batch<'_>, number: u64) -> Option<&'a str> {
    batch.truth.estate.tickets.get(&number)?.silent_reporter()
}

/// What the turn sees before it does anything.
struct Sight {
    /// Who is to be told of, most critical first.
    due: Vec<ServicePath>,
    /// What each service in trouble comes from.
    causes: BTreeMap<ServicePath, ServicePath>,
    /// In whose ticket each of `due` is told, where it is not its own.
    heads: BTreeMap<ServicePath, Head>,
}

fn look_for_trouble(batch: &mut Batch<'_>) {
    let due = automatic::due(&batch.truth.estate, batch.now, batch.settings.auto_ticket_after_ms).into_iter();
    let is_told = |s: &&Service| s.health.status == Status::Down || !batch.truth.awaited.contains(&s.path);
    let due: Vec<ServicePath> = due.filter(is_told).map(|service| service.path.clone()).collect();
    let over = folding::ended_silences(batch.truth);
    if due.is_empty() && over.is_empty() && batch.truth.folded.is_empty() {
        return;
    }
    let causes = automatic::causes(&batch.truth.estate.services);
    folding::let_go(batch, &causes, over);
    if due.is_empty() {
        return;
    }
    let heads = automatic::heads(&due, &causes, |path| batch.truth.automatic.contains_key(path));
    let sight = Sight { due, causes, heads };
    let mut told = Told::default();
    for path in &sight.due {
        match batch.truth.automatic.get(path).copied() {
            Some(number) if !folding::fold_silent_late(batch, path, number, &sight, &mut told) => {
                opening::again(batch, path, number, &sight);
                folding::fold_late(batch, path, number, &sight, &mut told);
            }
            None if !batch.truth.folded.contains_key(path) && !folding::fold(batch, path, &sight, &mut told) => {
                opening::open_for(batch, path, &sight);
            }
            _ => {}
        }
    }
    told.say(batch);
}

fn close_resolved(batch: &mut Batch<'_>) {
    let now = batch.now;
    let wait = batch.settings.close_after_ms;
    let due: Vec<Ticket> = batch
        .truth
        .resolved
        .iter()
        .filter(|(_, at)| now.since(**at) >= wait)
        .filter_map(|(number, _)| batch.truth.estate.tickets.get(number))
        .filter(|t| t.status == TicketStatus::Resolved)
        .filter(|t| t.workflow.transition(TicketStatus::Resolved, TicketStatus::Closed).is_some())
        .cloned()
        .collect();
    for ticket in due {
        move_to(batch, &ticket, TicketStatus::Closed, "Nobody objected since it was resolved");
    }
}

/// The system follows an arrow of the workflow.
fn move_to(batch: &mut Batch<'_>, ticket: &Ticket, to: TicketStatus, comment: &str) {
    let arrow = ticket.workflow.transition(ticket.status, to);
    let grant = Grant { role: arrow.map(|a| a.role.clone()), ..Grant::by_right("the system, as settings say") };
    let by = (AS_SYSTEM.to_owned(), arrow.and_then(|a| a.place.clone()), grant);
    tickets::record(batch, act::moved(ticket, to, comment, batch.now, by), Actor::System);
}

fn comment(batch: &mut Batch<'_>, number: u64, text: &str) {
    comment_and(batch, number, text, |_| ());
}

/// Say something, and note something on the ticket that goes with it.
fn comment_and(batch: &mut Batch<'_>, number: u64, text: &str, note: impl FnOnce(&mut Ticket)) {
    breaches::tell(batch, number);
    let Some(ticket) = batch.truth.estate.tickets.get(&number) else { return };
    let mut after = ticket.clone();
    after.comments += 1;
    after.updated_at = batch.now;
    note(&mut after);
    let kind = EntryKind::Commented { text: text.to_owned() };
    let grant = Grant::by_right("the system tells what it sees");
    let done = Done { ticket: after, kind, acted_as: AS_SYSTEM.to_owned(), allowed_by: None, grant };
    tickets::record(batch, done, Actor::System);
}
