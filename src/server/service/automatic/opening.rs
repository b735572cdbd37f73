//! How an automatic ticket comes to be and comes back, and what it is called.

use super::{AS_SYSTEM, Sight, comment_and, folding, move_to, works_again, write_recovered};
use crate::{
    domain::{
        change::Actor,
        health::{Criticality, Service, Status},
        hierarchy::ServicePath,
        tickets::{Priority, Ticket, TicketStatus, Workflow, automatic},
    },
    server::service::{
        batch::Batch,
        tickets::{self, Draft},
    },
};

/// The number of the open ticket of `path`, which is opened when there is none.
pub(super) fn number_for(batch: &mut Batch<'_>, path: &ServicePath, sight: &Sight) -> u64 {
    match batch.truth.automatic.get(path) {
        Some(number) => *number,
        None => open_for(batch, path, sight),
    }
}

/// Open the ticket of a service in trouble.
pub(super) fn open_for(batch: &mut Batch<'_>, path: &ServicePath, sight: &Sight) -> u64 {
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
        title: service.map_or_else(|| path.to_string(), |service| title(batch, service, sight)),
        description: service.map(|service| description(batch, service, sight)).unwrap_or_default(),
        service: Some(path.clone()),
        workflow,
        priority: item.as_ref().and_then(|i| i.priority).unwrap_or(usual),
        item,
        cause: service.map(automatic::cause),
    };
    let number = tickets::open(batch, draft, Actor::System, true, AS_SYSTEM).number;
    // Also the first one: that it is not among them is known then, and not guessed.
    write_recovered(batch);
    number
}

/// In trouble while its ticket is open: a resolved one is re-opened, else a recovery that was told is taken back. The
/// ticket is about the newest trouble then, and is called so.
pub(super) fn again(batch: &mut Batch<'_>, path: &ServicePath, number: u64, sight: &Sight) {
    let Some(ticket) = batch.truth.estate.tickets.get(&number).cloned() else { return };
    let Some(service) = batch.truth.estate.services.get(path) else { return };
    let is_down = service.health.status == Status::Down;
    let reporter = &service.health.reporter;
    let text = match (is_down, reporter.is_empty()) {
        (true, _) => format!("{path} is DOWN again"),
        (false, true) => format!("{path} is silent again"),
        (false, false) => format!("{reporter} is silent again"),
    };
    let after =
        Ticket { cause: Some(automatic::cause(service)), title: title(batch, service, sight), ..ticket.clone() };
    let was_over = works_again(batch, number, false);
    // Whoever was silent about it speaks, and says that it is DOWN: that is what the ticket is about now.
    let has_come_to_light = !was_over && is_down && ticket.silent_reporter().is_some();
    if ticket.status != TicketStatus::Resolved {
        if was_over || has_come_to_light {
            let text = if was_over { text } else { format!("{path} is DOWN") };
            comment_and(batch, number, &text, |ticket| (ticket.cause, ticket.title) = (after.cause, after.title));
        }
        return;
    }
    // Resolved while it never worked again is somebody's claim: it gets its time until the service moves.
    let ways = [TicketStatus::InProgress, TicketStatus::Open];
    match ways.into_iter().find(|to| ticket.workflow.transition(TicketStatus::Resolved, *to).is_some()) {
        Some(to) if was_over => move_to(batch, &after, to, &text),
        None if was_over => {
            open_for(batch, path, sight);
        }
        _ => {}
    }
}

/// What a ticket about `service` is called: by the reporter where it is silent, else by the service.
fn title(batch: &Batch<'_>, service: &Service, sight: &Sight) -> String {
    let (name, health) = (&service.display_name, &service.health);
    if health.status != Status::Down {
        let reporter = health.reporter.as_str();
        return silence(batch, reporter).unwrap_or_else(|| format!("{name} is silent"));
    }
    match sight.causes.get(&service.path).and_then(|cause| batch.truth.estate.services.get(cause)) {
        Some(cause) => format!("{name} is DOWN because {} is", cause.display_name),
        None => format!("{name} is DOWN"),
    }
}

/// What a ticket about a silent reporter is called; none for one that is silent about a single service. About how many it
/// is changes with every service that is heard again, so a title that said it would soon be wrong.
pub(super) fn silence(batch: &Batch<'_>, reporter: &str) -> Option<String> {
    let is_one_of_many = folding::unheard(batch, reporter).nth(1).is_some();
    (is_one_of_many && !reporter.is_empty()).then(|| format!("{reporter} is silent"))
}

fn description(batch: &Batch<'_>, service: &Service, sight: &Sight) -> String {
    let health = &service.health;
    let reporter = if health.reporter.is_empty() { "the reporter" } else { health.reporter.as_str() };
    let mut lines = vec![service.path.to_string()];
    if let Some(silence) = health.silence {
        lines.push(format!("Nobody reports; it was {} when {reporter} last spoke.", silence.last_known.word()));
        let count = folding::unheard(batch, &health.reporter).count();
        if count > 1 && !health.reporter.is_empty() {
            lines.push(format!("When this was opened {reporter} was silent about {count} services."));
        }
    }
    if let Some(cause) = sight.causes.get(&service.path) {
        lines.push(format!("It cannot work without {cause}, which is DOWN and has no ticket of its own."));
        let open = batch.truth.estate.active_windows(batch.now);
        let of_cause = batch.truth.estate.services.get(cause);
        if let Some(window) = of_cause.and_then(|cause| automatic::announced(&open, cause)) {
            lines.push(format!("Window {} is open over that: {}", window.id, window.reason));
        }
    }
    if !health.message.is_empty() {
        lines.push(format!("{reporter} said: {}", health.message));
    }
    if let Some(runbook) = &service.runbook {
        lines.push(format!("Runbook: {runbook}"));
    }
    lines.join("\n")
}
