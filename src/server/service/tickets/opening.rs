//! How a ticket comes to be: what was asked for with everything looked up, its number, its clocks.

use std::sync::Arc;

use super::record;
use crate::{
    domain::{
        change::Actor,
        detail::NewTicket,
        estate::SourceSummary,
        hierarchy::{ServicePath, naming},
        refusal::{Refusal, RefusalCode},
        tickets::{Cause, Clocks, Done, EntryKind, Grant, Item, Priority, Ticket, TicketStatus, Workflow, act},
    },
    server::service::batch::Batch,
};

/// A ticket before it has a number.
pub(in crate::server::service) struct Draft {
    pub title: String,
    pub description: String,
    pub service: Option<ServicePath>,
    pub workflow: Arc<Workflow>,
    pub item: Option<Item>,
    pub priority: Priority,
    pub cause: Option<Cause>,
}

/// What was asked for, with everything looked up.
pub(super) fn draft(batch: &Batch<'_>, new: &NewTicket) -> Result<Draft, Refusal> {
    act::within("title", &new.title, act::TITLE_LIMIT)?;
    act::within("description", &new.description, act::TEXT_LIMIT)?;
    let estate = &batch.truth.estate;
    if let Some(path) = new.service.as_ref().filter(|path| !estate.services.contains_key(path)) {
        return Err(Refusal::new(RefusalCode::NotFound, format!("there is no service {path}")));
    }
    let service = new.service.as_ref();
    let item = match &new.item {
        None => None,
        Some(name) => Some(find_item(&estate.source, name, service).ok_or_else(|| not_offered(&estate.source, name))?),
    };
    let title = match (new.title.trim(), &item) {
        ("", Some(item)) => item.display_name.clone(),
        ("", None) => return Err(Refusal::new(RefusalCode::Invalid, "a ticket needs a title")),
        (title, _) => title.to_owned(),
    };
    let workflow = match &item {
        Some(item) => find_workflow(&estate.source, &item.workflow, service).ok_or_else(|| {
            let reason = format!("{} names the workflow {}, which is not declared here", item.name, item.workflow);
            Refusal::new(RefusalCode::Invalid, reason)
        })?,
        None => find_workflow(&estate.source, "service_request", service)
            .or_else(|| find_workflow(&estate.source, "incident_response", service))
            .unwrap_or_else(|| Arc::new(Workflow::built_in_incident())),
    };
    let priority = new.priority.or_else(|| item.as_ref().and_then(|i| i.priority)).unwrap_or_default();
    Ok(Draft {
        title,
        description: new.description.clone(),
        service: new.service.clone(),
        workflow,
        item: item.cloned(),
        priority,
        cause: None,
    })
}

fn not_offered(source: &SourceSummary, name: &str) -> Refusal {
    let elsewhere = source.catalog.items.values().find(|item| item.name.short() == name || item.name.as_str() == name);
    let reason = match elsewhere {
        Some(item) => format!("{name} is only offered in {}", item.name.scope()),
        None => format!("the catalog has no item {name}"),
    };
    Refusal::new(RefusalCode::NotFound, reason)
}

/// The item that `name` means for `service`: most specific scope first, and only where it exists.
pub(in crate::server::service) fn find_item<'a>(
    source: &'a SourceSummary,
    name: &str,
    service: Option<&ServicePath>,
) -> Option<&'a Item> {
    naming::cascade(&source.org, name, service)
        .iter()
        .find_map(|full| source.catalog.items.get(full))
        .filter(|item| item.name.exists_for(service))
}

/// The workflow that `name` means for `service`.
pub(in crate::server::service) fn find_workflow(
    source: &SourceSummary,
    name: &str,
    service: Option<&ServicePath>,
) -> Option<Arc<Workflow>> {
    naming::cascade(&source.org, name, service)
        .iter()
        .find_map(|full| source.workflows.get(full))
        .filter(|workflow| workflow.name.exists_for(service))
        .cloned()
}

/// Give a draft its number and start its clocks.
pub(in crate::server::service) fn open(
    batch: &mut Batch<'_>,
    draft: Draft,
    requester: Actor,
    automatic: bool,
    acted_as: &str,
) -> Ticket {
    batch.truth.last_ticket += 1;
    let item = draft.item.as_ref();
    let clocks = Clocks::start(
        draft.priority,
        item.and_then(|i| i.response_minutes),
        item.and_then(|i| i.resolution_minutes),
        batch.now,
    );
    let allowed_by = item.and_then(|i| i.place.clone());
    let ticket = Ticket {
        number: batch.truth.last_ticket,
        version: 1,
        title: draft.title,
        description: draft.description,
        service: draft.service,
        revision: draft.workflow.place.as_ref().and(batch.truth.estate.source.revision.clone()),
        workflow: draft.workflow,
        item: item.map(|i| i.name.as_str().to_owned()),
        requester: requester.clone(),
        assignee: None,
        assignee_group: item.and_then(|i| i.assignee_group.clone()),
        priority: draft.priority,
        status: TicketStatus::Open,
        automatic,
        cause: draft.cause,
        folded_into: None,
        opened_at: batch.now,
        updated_at: batch.now,
        clocks,
        comments: 0,
    };
    let grant = Grant::by_right(if automatic { "the system opens for services in trouble" } else { "anybody may ask" });
    let done = Done { ticket, kind: EntryKind::Opened, acted_as: acted_as.to_owned(), allowed_by, grant };
    record(batch, done, requester)
}
