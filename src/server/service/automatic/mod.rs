//! What the system does to tickets by itself: opens one for an important service in trouble, re-opens it, comments on
//! it, folds dependents and silent neighbours into it ([`folding`]), and closes what was resolved long ago.

mod folding;

use std::collections::BTreeSet;

use super::{
    Core, Failure,
    batch::Batch,
    breaches,
    tickets::{self, Draft},
};
use crate::domain::{
    change::Actor,
    health::{Criticality, Service, Status},
    hierarchy::ServicePath,
    sla::windows,
    tickets::{Cause, Done, EntryKind, Grant, Priority, Ticket, TicketStatus, Workflow, act},
    time::Timestamp,
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

/// Whether a service is in a state that automatic tickets are for.
pub(super) fn is_troubled(service: &Service) -> bool {
    service.health.status == Status::Down || service.health.silence.is_some()
}

/// A report changed how a service is: when it works again, its ticket is told at once.
pub(super) fn status_moved(batch: &mut Batch<'_>, path: &ServicePath, was: Status) {
    let Some(service) = batch.truth.estate.services.get(path) else { return };
    if is_troubled(service) || service.health.status == Status::Unknown {
        return;
    }
    let now = service.health.status.word();
    if let Some(number) = batch.truth.automatic.get(path).copied()
        && batch.truth.recovered.insert(number)
    {
        let text = format!("{path} is {now} now; it was {}", was.word());
        comment_and(batch, number, &text, |ticket| ticket.folded_into = None);
    }
    if let Some(number) = batch.truth.folded.remove(path) {
        folding::save(batch);
        comment(batch, number, &format!("{path} is {now} now"));
    }
}

fn look_for_trouble(batch: &mut Batch<'_>) {
    let after_ms = batch.settings.auto_ticket_after_ms;
    // What somebody announced is no reason to wake anybody; it is looked at again when the window ends.
    let excluded = batch.truth.estate.active_windows(batch.now);
    let is_announced = |s: &Service| windows::over(excluded.iter().copied(), &s.path, s.sla_group.as_deref()).is_some();
    let services = batch.truth.estate.services.values();
    let mut due: Vec<&Service> = services.filter(|s| is_due(s, batch.now, after_ms) && !is_announced(s)).collect();
    if due.is_empty() {
        return;
    }
    // Most critical first, then longest: the one that gets the ticket of a silent reporter.
    due.sort_by(|a, b| (b.criticality, a.health.since, &a.path).cmp(&(a.criticality, b.health.since, &b.path)));
    let paths: Vec<ServicePath> = due.into_iter().map(|s| s.path.clone()).collect();
    let due: BTreeSet<ServicePath> = paths.iter().cloned().collect();
    folding::unfold(batch);
    let mut told = Told::default();
    for path in &paths {
        if let Some(number) = batch.truth.automatic.get(path).copied() {
            again(batch, path, number);
            folding::fold_late(batch, path, number, &due, &mut told);
        } else if !batch.truth.folded.contains_key(path) && !folding::fold(batch, path, &due, &mut told) {
            open_for(batch, path);
        }
    }
    told.say(batch);
}

/// Important, and in trouble for long enough.
fn is_due(service: &Service, now: Timestamp, after_ms: i64) -> bool {
    if service.criticality < Criticality::High || !is_troubled(service) {
        return false;
    }
    now.since(since(service)) >= after_ms
}

/// Since when it is in trouble.
fn since(service: &Service) -> Timestamp {
    match service.health.silence {
        Some(silence) if service.health.status != Status::Down => silence.from,
        _ => service.health.since,
    }
}

/// The number of the open ticket of `path`, which is opened when there is none.
fn number_for(batch: &mut Batch<'_>, path: &ServicePath) -> u64 {
    match batch.truth.automatic.get(path) {
        Some(number) => *number,
        None => open_for(batch, path),
    }
}

fn open_for(batch: &mut Batch<'_>, path: &ServicePath) -> u64 {
    let source = &batch.truth.estate.source;
    let service = batch.truth.estate.services.get(path);
    let item = tickets::find_item(source, &batch.settings.auto_ticket_item, Some(path)).cloned();
    let workflow = item
        .as_ref()
        .and_then(|item| tickets::find_workflow(source, &item.workflow, Some(path)))
        .or_else(|| tickets::find_workflow(source, "incident_response", Some(path)))
        .unwrap_or_else(|| Workflow::built_in_incident().into());
    let is_critical = service.is_some_and(|s| s.criticality == Criticality::Critical);
    let usual = if is_critical { Priority::Critical } else { Priority::High };
    let draft = Draft {
        title: service.map_or_else(|| path.to_string(), title),
        description: service.map(description).unwrap_or_default(),
        service: Some(path.clone()),
        workflow,
        priority: item.as_ref().and_then(|i| i.priority).unwrap_or(usual),
        item,
        cause: service.map(cause),
    };
    tickets::open(batch, draft, Actor::System, true, AS_SYSTEM).number
}

fn title(service: &Service) -> String {
    let how = if service.health.status == Status::Down { "is DOWN" } else { "is silent" };
    format!("{} {how}", service.display_name)
}

fn description(service: &Service) -> String {
    let health = &service.health;
    let mut lines = vec![service.path.to_string()];
    if let Some(silence) = health.silence {
        let last = silence.last_known.word();
        lines.push(format!("Nobody reports; it was {last} when {} last spoke.", or_somebody(&health.reporter)));
    }
    if !health.message.is_empty() {
        lines.push(format!("{} said: {}", or_somebody(&health.reporter), health.message));
    }
    if let Some(runbook) = &service.runbook {
        lines.push(format!("Runbook: {runbook}"));
    }
    lines.join("\n")
}

/// The stretch of trouble that a service is in.
fn cause(service: &Service) -> Cause {
    let health = &service.health;
    let (since, message) = (since(service), health.message.clone());
    Cause { since, status: health.status, message, reporter: health.reporter.clone() }
}

fn or_somebody(reporter: &str) -> &str {
    if reporter.is_empty() { "the reporter" } else { reporter }
}

/// In trouble while its ticket is open: a resolved one is re-opened, else a recovery that was told is taken back.
fn again(batch: &mut Batch<'_>, path: &ServicePath, number: u64) {
    let Some(ticket) = batch.truth.estate.tickets.get(&number).cloned() else { return };
    let service = batch.truth.estate.services.get(path);
    let word = service.map_or("in trouble", |s| if s.health.status == Status::Down { "DOWN" } else { "silent" });
    let text = format!("{path} is {word} again");
    let cause = service.map(cause);
    let was_over = batch.truth.recovered.remove(&number);
    if ticket.status != TicketStatus::Resolved {
        if was_over {
            comment_and(batch, number, &text, |ticket| ticket.cause = cause);
        }
        return;
    }
    // Resolved while it never worked again is somebody's claim: it gets its time until the service moves.
    let ways = [TicketStatus::InProgress, TicketStatus::Open];
    match ways.into_iter().find(|to| ticket.workflow.transition(TicketStatus::Resolved, *to).is_some()) {
        Some(to) if was_over => move_to(batch, &Ticket { cause, ..ticket }, to, &text),
        None if was_over => {
            open_for(batch, path);
        }
        _ => {}
    }
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
    if to == TicketStatus::Closed {
        batch.truth.recovered.remove(&ticket.number);
    }
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
