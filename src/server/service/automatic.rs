//! What the system does to tickets by itself: opens one for an important service in trouble, re-opens it, comments on
//! it, folds dependents and silent neighbours into it, and closes what was resolved long ago.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Core, Failure,
    batch::Batch,
    tickets::{self, Draft},
};
use crate::{
    domain::{
        change::Actor,
        health::{Criticality, Service, Status},
        hierarchy::ServicePath,
        tickets::{EntryKind, Priority, Ticket, TicketStatus, Workflow, act::Done},
        time::Timestamp,
    },
    server::store::encoding::to_text,
};

/// In which role the system acts.
const AS_SYSTEM: &str = "system";
/// How many names a folding comment lists.
const NAMED: usize = 20;

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
        comment(batch, number, &format!("{path} is {now} now; it was {}", was.word()));
    }
    if let Some(number) = batch.truth.folded.remove(path) {
        save_folded(batch);
        comment(batch, number, &format!("{path} is {now} now"));
    }
}

fn look_for_trouble(batch: &mut Batch<'_>) {
    let after_ms = batch.settings.auto_ticket_after_ms;
    let mut due: Vec<&Service> =
        batch.truth.estate.services.values().filter(|s| is_due(s, batch.now, after_ms)).collect();
    if due.is_empty() {
        return;
    }
    // Most critical first, then longest: the one that gets the ticket of a silent reporter.
    due.sort_by(|a, b| (b.criticality, a.health.since, &a.path).cmp(&(a.criticality, b.health.since, &b.path)));
    let paths: Vec<ServicePath> = due.into_iter().map(|s| s.path.clone()).collect();
    let due: BTreeSet<ServicePath> = paths.iter().cloned().collect();
    unfold(batch);
    let mut told: BTreeMap<u64, (Vec<ServicePath>, Vec<ServicePath>)> = BTreeMap::new();
    for path in &paths {
        if let Some(number) = batch.truth.automatic.get(path).copied() {
            again(batch, path, number);
            continue;
        }
        if batch.truth.folded.contains_key(path) {
            continue;
        }
        // What a service cannot work without gets its ticket first, so that there is one to be folded into.
        if let Some(root) = root_cause(batch, path, &due) {
            let number = number_for(batch, &root);
            told.entry(number).or_default().0.push(path.clone());
            batch.truth.folded.insert(path.clone(), number);
        } else if let Some(number) = ticket_of_silent_reporter(batch, path) {
            told.entry(number).or_default().1.push(path.clone());
            batch.truth.folded.insert(path.clone(), number);
        } else {
            open_for(batch, path);
        }
    }
    if !told.is_empty() {
        save_folded(batch);
    }
    for (number, (dependents, silent)) in told {
        if !dependents.is_empty() {
            comment(batch, number, &format!("In trouble because of it: {}", listed(&dependents)));
        }
        if !silent.is_empty() {
            comment(batch, number, &format!("The same reporter is silent about {}", listed(&silent)));
        }
    }
}

/// Who was folded into a ticket that is over, or whose own service works again, stands for himself from now on.
fn unfold(batch: &mut Batch<'_>) {
    let truth = &mut *batch.truth;
    let (tickets, recovered) = (&truth.estate.tickets, &truth.recovered);
    let before = truth.folded.len();
    truth.folded.retain(|_, number| tickets.get(number).is_some_and(Ticket::is_live) && !recovered.contains(number));
    if truth.folded.len() != before {
        save_folded(batch);
    }
}

/// Important, and in trouble for long enough.
fn is_due(service: &Service, now: Timestamp, after_ms: i64) -> bool {
    if service.criticality < Criticality::High || !is_troubled(service) {
        return false;
    }
    let since = match service.health.silence {
        Some(silence) if service.health.status != Status::Down => silence.from,
        _ => service.health.since,
    };
    now.since(since) >= after_ms
}

/// The farthest DOWN service that `path` cannot work without and that has or is due for a ticket.
fn root_cause(batch: &Batch<'_>, path: &ServicePath, due: &BTreeSet<ServicePath>) -> Option<ServicePath> {
    let services = &batch.truth.estate.services;
    let mut seen = BTreeSet::from([path.clone()]);
    let mut at = path.clone();
    let mut root = None;
    loop {
        let needed = services.get(&at)?.requires.iter().filter(|d| d.critical).map(|d| &d.path);
        let declared = services.values().filter(|s| s.health.status == Status::Down && s.used_by.contains(&at));
        let next = needed
            .chain(declared.map(|s| &s.path))
            .filter(|p| !seen.contains(*p))
            .find(|p| {
                services.get(*p).is_some_and(|s| s.health.status == Status::Down)
                    && (due.contains(*p) || batch.truth.automatic.contains_key(*p))
            })
            .cloned();
        let Some(next) = next else {
            return root;
        };
        seen.insert(next.clone());
        root = Some(next.clone());
        at = next;
    }
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

fn or_somebody(reporter: &str) -> &str {
    if reporter.is_empty() { "the reporter" } else { reporter }
}

/// In trouble while its ticket is open: a resolved one is re-opened, else a recovery that was told is taken back.
fn again(batch: &mut Batch<'_>, path: &ServicePath, number: u64) {
    let Some(ticket) = batch.truth.estate.tickets.get(&number).cloned() else { return };
    let word = batch
        .truth
        .estate
        .services
        .get(path)
        .map_or("in trouble", |s| if s.health.status == Status::Down { "DOWN" } else { "silent" });
    let was_over = batch.truth.recovered.remove(&number);
    if ticket.status != TicketStatus::Resolved {
        if was_over {
            comment(batch, number, &format!("{path} is {word} again"));
        }
        return;
    }
    // Resolved while it never worked again is somebody's claim: it gets its time until the service moves.
    let ways = [TicketStatus::InProgress, TicketStatus::Open];
    match ways.into_iter().find(|to| ticket.workflow.transition(TicketStatus::Resolved, *to).is_some()) {
        Some(to) if was_over => {
            move_to(batch, &ticket, to, format!("{path} is {word} again"));
        }
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
        move_to(batch, &ticket, TicketStatus::Closed, "Nobody objected since it was resolved".to_owned());
    }
}

/// The system follows an arrow of the workflow.
fn move_to(batch: &mut Batch<'_>, ticket: &Ticket, to: TicketStatus, comment: String) {
    let allowed_by = ticket.workflow.transition(ticket.status, to).and_then(|arrow| arrow.place.clone());
    let mut after = ticket.clone();
    after.version += 1;
    after.updated_at = batch.now;
    after.status = to;
    after.clocks.moved(ticket.status, to, batch.now);
    after.comments += 1;
    let kind = EntryKind::Moved { from: ticket.status, to, comment };
    tickets::record(batch, Done { ticket: after, kind, acted_as: AS_SYSTEM.to_owned(), allowed_by }, Actor::System);
    if to == TicketStatus::Closed {
        batch.truth.recovered.remove(&ticket.number);
    }
}

fn comment(batch: &mut Batch<'_>, number: u64, text: &str) {
    let Some(ticket) = batch.truth.estate.tickets.get(&number) else { return };
    let mut after = ticket.clone();
    after.comments += 1;
    after.updated_at = batch.now;
    let kind = EntryKind::Commented { text: text.to_owned() };
    let done = Done { ticket: after, kind, acted_as: AS_SYSTEM.to_owned(), allowed_by: None };
    tickets::record(batch, done, Actor::System);
}

fn listed(paths: &[ServicePath]) -> String {
    let names: Vec<&str> = paths.iter().take(NAMED).map(ServicePath::as_str).collect();
    let more = paths.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}

fn save_folded(batch: &mut Batch<'_>) {
    let by_path: BTreeMap<String, u64> =
        batch.truth.folded.iter().map(|(path, number)| (path.as_str().to_owned(), *number)).collect();
    match to_text(&by_path) {
        Ok(text) => {
            batch.rows.meta.insert("folded", text);
        }
        Err(error) => batch.broken = Some(error),
    }
}
