//! `ticket get`: one ticket with its clocks, what can be done now and why not, and its history. As CSV it is the history,
//! for export.

use serde_json::{Value, json};

use super::{
    list::{clock_cell, tone},
    words::{entry_dto, entry_sentence, explanation_dto, kind, place_dto, place_text, ticket_dto, who},
};
use crate::{
    cli::Format,
    commands::{Invocation, Trouble, target::Signed},
    domain::{
        detail::TicketDetail,
        tickets::{Clock, Entry, Offer, Ticket},
        time::Timestamp,
    },
    print::{
        Cell, Sheet, Tone, column, figures,
        time::{ago, rfc3339},
    },
};

/// Print one ticket.
///
/// # Errors
/// `NotFound`, and what the client says.
pub async fn run(run: &Invocation, signed: &Signed, number: u64) -> Result<(), Trouble> {
    let (detail, offers) = signed.client.ticket_with_offers(number).await?;
    let now = run.world.now();
    match run.printer.format() {
        Format::Csv => run.print(&history_table(&detail.history)),
        _ => run.print(&one(&detail, &offers, now)),
    }
}

fn one(detail: &TicketDetail, offers: &[Offer], now: Timestamp) -> Sheet {
    let ticket = &detail.ticket;
    let mut json = ticket_dto(ticket, now);
    json["transitions"] = offers.iter().map(offer_dto).collect();
    json["history"] = detail.history.iter().map(entry_dto).collect();
    let moves = offers.iter().map(|offer| {
        let verdict = match &offer.verdict {
            Ok(acted_as) => Cell::toned(format!("allowed: {acted_as}"), Tone::Good),
            Err(refusal) => Cell::toned(format!("not allowed: {}", refusal.reason), Tone::Dim),
        };
        vec![format!("to {}", offer.to.word()).into(), verdict]
    });
    let history = detail.history.iter().map(|entry| {
        let at = Cell::toned(entry.index.to_string(), Tone::Dim);
        vec![at, rfc3339(entry.at).into(), who(entry).into(), entry_sentence(entry).into()]
    });
    Sheet {
        kind: "ticket",
        json,
        columns: vec![column(""), column("")],
        rows: facts(ticket, now),
        names: vec![ticket.number.to_string()],
        more: vec![
            ("WHAT CAN BE DONE NOW".to_owned(), plain(2, moves.collect())),
            ("HISTORY".to_owned(), plain(4, history.collect())),
        ],
        ..Sheet::default()
    }
}

fn facts(ticket: &Ticket, now: Timestamp) -> Vec<Vec<Cell>> {
    let row = |name: &str, value: Cell| vec![Cell::toned(name, Tone::Dim), value];
    let mut rows = vec![
        row("ticket", format!("#{} {}", ticket.number, ticket.title).into()),
        row("status", format!("{}, version {}", ticket.status.word(), ticket.version).into()),
        row("priority", Cell::toned(ticket.priority.word(), tone(ticket))),
        row("service", ticket.service.as_ref().map_or("none", |p| p.as_str()).into()),
    ];
    if let Some(cause) = &ticket.cause {
        let said = if cause.message.is_empty() { String::new() } else { format!(": {}", cause.message) };
        let text = format!("{} since {}{said}", cause.status.word(), rfc3339(cause.since));
        rows.push(row("cause", text.into()));
    }
    if let Some(other) = ticket.folded_into {
        rows.push(row("part of", format!("#{other}").into()));
    }
    rows.extend([
        row("item", ticket.item.clone().unwrap_or_else(|| "none".to_owned()).into()),
        row("workflow", workflow(ticket).into()),
        row("requester", ticket.requester.name().into()),
        row("assignee", ticket.assignee.as_ref().map_or("nobody", |(_, name)| name).into()),
        row("group", ticket.assignee_group.clone().unwrap_or_else(|| "none".to_owned()).into()),
        row("opened", format!("{} ({})", rfc3339(ticket.opened_at), ago(ticket.opened_at, now)).into()),
        row("response", clock_fact(&ticket.clocks.response, now)),
        row("resolution", clock_fact(&ticket.clocks.resolution, now)),
    ]);
    rows.extend(ticket.description.lines().map(|line| row("", line.into())));
    rows
}

fn workflow(ticket: &Ticket) -> String {
    let name = ticket.workflow.name.as_str();
    match (&ticket.workflow.place, &ticket.revision) {
        (Some(place), Some(revision)) => {
            let short = revision.get(..12).unwrap_or(revision);
            format!("{name} ({} at {short})", place_text(place))
        }
        (Some(place), None) => format!("{name} ({})", place_text(place)),
        (None, _) => format!("{name} (built in)"),
    }
}

/// Time left with when it runs out, or since when it is broken.
fn clock_fact(clock: &Clock, now: Timestamp) -> Cell {
    let cell = clock_cell(clock, now);
    let note = match (clock.breached_since, clock.due()) {
        (Some(since), _) => format!(", ran out at {}", rfc3339(since)),
        (None, Some(due)) => format!(", due {}", rfc3339(due)),
        (None, None) => String::new(),
    };
    Cell::toned(format!("{}{note}", cell.text), cell.tone)
}

fn offer_dto(offer: &Offer) -> Value {
    json!({
        "to": offer.to.word(), "role": offer.role.word(), "allowed": offer.is_allowed(),
        "code": offer.verdict.as_ref().err().map(|no| no.code.word()),
        "reason": offer.verdict.as_ref().map_or_else(|no| no.reason.clone(), String::clone),
        "explanation": offer.explanation.as_ref().map(explanation_dto),
        "declaredAt": offer.place.as_ref().map(place_dto),
    })
}

/// A history on its own, one line a row.
fn history_table(history: &[Entry]) -> Sheet {
    let row = |entry: &Entry| {
        vec![
            entry.index.to_string().into(),
            rfc3339(entry.at).into(),
            entry.actor.name().into(),
            entry.acted_as.clone().into(),
            entry.version.to_string().into(),
            kind(&entry.kind).into(),
            entry_sentence(entry).into(),
            entry.kind.said().into(),
            entry.allowed_by.as_ref().map(place_text).unwrap_or_default().into(),
            entry.revision.clone().unwrap_or_default().into(),
        ]
    };
    let heads = ["AT", "ACTOR", "ACTED AS", "VERSION", "KIND", "WHAT", "TEXT", "ALLOWED BY", "REVISION"];
    Sheet {
        kind: "history",
        json: history.iter().map(entry_dto).collect(),
        columns: std::iter::once(figures("ENTRY")).chain(heads.map(column)).collect(),
        rows: history.iter().map(row).collect(),
        names: history.iter().map(|entry| entry.index.to_string()).collect(),
        ..Sheet::default()
    }
}

/// Rows without headings.
pub fn plain(columns: usize, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet { columns: vec![column(""); columns], rows, ..Sheet::default() }
}
