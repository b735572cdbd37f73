//! What happened to a ticket, in sentences and as data.

use serde_json::{Value, json};

use crate::{
    domain::{
        gitops::Place,
        tickets::{Clock, Entry, EntryKind, Explanation, Grant, Membership, Role, Ticket},
        time::Timestamp,
    },
    print::time::rfc3339,
};

/// What happened to a ticket, in words that follow the actor's name.
pub fn entry_sentence(entry: &Entry) -> String {
    let name = |who: &Option<String>| who.clone().unwrap_or_else(|| "nobody".to_owned());
    let said = match entry.kind.said() {
        "" => String::new(),
        text => format!(": {}", one_line(text)),
    };
    match &entry.kind {
        EntryKind::Opened => "opened it".to_owned(),
        EntryKind::Moved { from, to, .. } => format!("moved it from {} to {}{said}", from.word(), to.word()),
        EntryKind::Assigned { from, to } => format!("assigned it from {} to {}", name(from), name(to)),
        EntryKind::HandedOver { from, to, group, .. } => {
            let group = group.as_ref().map_or_else(String::new, |group| format!(", group {group}"));
            format!("handed it over from {} to {}{group}{said}", name(from), name(to))
        }
        EntryKind::Prioritised { from, to } => format!("changed its priority from {} to {}", from.word(), to.word()),
        EntryKind::Commented { .. } => format!("said{said}"),
        EntryKind::Breached { clock, since } => {
            format!("saw its {} clock run out at {}", clock.word(), rfc3339(*since))
        }
    }
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" / ")
}

/// Who did it, with as what.
pub fn who(entry: &Entry) -> String {
    if entry.acted_as.is_empty() || entry.acted_as == entry.actor.name() {
        return entry.actor.name().to_owned();
    }
    format!("{} ({})", entry.actor.name(), entry.acted_as)
}

/// A ticket for programs. What depends on the time is as at `now`.
pub fn ticket_dto(ticket: &Ticket, now: Timestamp) -> Value {
    json!({
        "number": ticket.number,
        "version": ticket.version,
        "title": ticket.title,
        "description": ticket.description,
        "service": ticket.service.as_ref().map(|p| p.as_str()),
        "workflow": ticket.workflow.name.as_str(),
        "revision": ticket.revision,
        "item": ticket.item,
        "requester": ticket.requester.name(),
        "assignee": ticket.assignee.as_ref().map(|(_, name)| name),
        "assigneeGroup": ticket.assignee_group,
        "priority": ticket.priority.word(),
        "status": ticket.status.word(),
        "automatic": ticket.automatic,
        "cause": ticket.cause.as_ref().map(|cause| json!({
            "since": rfc3339(cause.since), "status": cause.status.word(),
            "message": cause.message, "reporter": cause.reporter,
        })),
        "foldedInto": ticket.folded_into,
        "openedAt": rfc3339(ticket.opened_at),
        "updatedAt": rfc3339(ticket.updated_at),
        "response": clock_dto(&ticket.clocks.response, now),
        "resolution": clock_dto(&ticket.clocks.resolution, now),
        "breaching": ticket.is_breaching(now),
        "comments": ticket.comments,
    })
}

fn clock_dto(clock: &Clock, now: Timestamp) -> Value {
    json!({
        "allowedSeconds": clock.allowed_ms / 1000, "usedSeconds": clock.used_ms / 1000,
        "remainingSeconds": clock.remaining(now) / 1000,
        "runningSince": clock.running_since.map(rfc3339), "due": clock.due().map(rfc3339),
        "breachedSince": clock.breached_since.map(rfc3339),
    })
}

/// A line of history for programs: everything that is kept of it.
pub fn entry_dto(entry: &Entry) -> Value {
    let mut dto = json!({
        "index": entry.index, "at": rfc3339(entry.at), "actor": entry.actor.name(), "actedAs": entry.acted_as,
        "version": entry.version, "kind": kind(&entry.kind), "what": entry_sentence(entry),
        "revision": entry.revision, "allowedBy": entry.allowed_by.as_ref().map(place_dto),
        "grant": entry.grant.as_ref().map(grant_dto),
    });
    let mut set = |name: &str, value: Value| dto[name] = value;
    match &entry.kind {
        EntryKind::Opened => {}
        EntryKind::Moved { from, to, .. } => {
            set("from", from.word().into());
            set("to", to.word().into());
        }
        EntryKind::Assigned { from, to } => {
            set("from", from.as_deref().into());
            set("to", to.as_deref().into());
        }
        EntryKind::HandedOver { from, to, group, .. } => {
            set("from", from.as_deref().into());
            set("to", to.as_deref().into());
            set("group", group.as_deref().into());
        }
        EntryKind::Prioritised { from, to } => {
            set("from", from.word().into());
            set("to", to.word().into());
        }
        EntryKind::Commented { .. } => {}
        EntryKind::Breached { clock, since } => {
            set("clock", clock.word().into());
            set("since", rfc3339(*since).into());
        }
    }
    if !entry.kind.said().is_empty() {
        dto["text"] = entry.kind.said().into();
    }
    dto
}

/// One stable word for what happened.
pub const fn kind(kind: &EntryKind) -> &'static str {
    match kind {
        EntryKind::Opened => "opened",
        EntryKind::Moved { .. } => "moved",
        EntryKind::Assigned { .. } => "assigned",
        EntryKind::HandedOver { .. } => "handed_over",
        EntryKind::Prioritised { .. } => "prioritised",
        EntryKind::Commented { .. } => "commented",
        EntryKind::Breached { .. } => "breached",
    }
}

/// By what right, for programs.
pub fn grant_dto(grant: &Grant) -> Value {
    json!({
        "role": grant.role.as_ref().map(Role::word), "right": grant.right,
        "explanation": grant.explanation.as_ref().map(explanation_dto),
    })
}

/// How a group was resolved, for programs.
pub fn explanation_dto(why: &Explanation) -> Value {
    let (membership, from) = match &why.membership {
        None => (None, None),
        Some(Membership::Direct) => (Some("direct"), None),
        Some(Membership::Inherited(from)) => (Some("inherited"), Some(from)),
        Some(Membership::Superadmin) => (Some("superadmin"), None),
        Some(Membership::Platform) => (Some("platform"), None),
    };
    json!({
        "tried": why.tried, "matched": why.matched, "membership": membership, "inheritedFrom": from,
        "sentence": why.sentence(),
    })
}

/// Where something is declared, for programs.
pub fn place_dto(place: &Place) -> Value {
    json!({ "file": &*place.file, "line": place.line })
}

/// Where something is declared, as tools print it.
pub fn place_text(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}
