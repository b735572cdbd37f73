//! `ticket list|get|create|take|move|assign|priority|comment`.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{Invocation, Trouble, prompt, service, target::Signed};
use crate::{
    cli::ticket::{CreateArgs, Seen, TicketVerb},
    domain::{
        access::User,
        detail::{NewTicket, TicketDetail},
        estate::Estate,
        search::SearchContext,
        tickets::{Clock, Entry, EntryKind, Ticket, TicketStatus, transition},
        time::Timestamp,
    },
    print::{
        Cell, Sheet, Tone, column, figures,
        time::{ago, length, rfc3339},
        wide,
    },
};

/// Do what the verb says.
///
/// # Errors
/// `Conflict` for a version that is not current or a move that a rule refuses, and what the client says.
pub async fn run(run: &Invocation, verb: TicketVerb) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    let done = act(run, &signed, verb).await;
    run.keep_renewed(&signed).await?;
    done
}

async fn act(run: &Invocation, signed: &Signed, verb: TicketVerb) -> Result<(), Trouble> {
    let key = run.world.id();
    match verb {
        TicketVerb::List { filter, mine, all } => list(run, signed, &filter, mine, all).await,
        TicketVerb::Get { number } => get(run, signed, number).await,
        TicketVerb::Create(args) => create(run, signed, args).await,
        TicketVerb::Take { number, seen } => {
            let writer = signed.writer()?;
            let seen = version(signed, number, seen).await?;
            let ticket = writer.take_ticket(number, seen, key).await?;
            wrote(run, &ticket, &format!("#{number} is yours"))
        }
        TicketVerb::Move { number, status, comment, seen } => {
            let writer = signed.writer()?;
            if status == TicketStatus::Closed {
                run.confirm(&format!("Close #{number} for good?")).await?;
            }
            let seen = version(signed, number, seen).await?;
            let comment = prompt::text_or_stdin(comment.unwrap_or_default()).await?;
            let ticket = writer.move_ticket(number, status, seen, comment, key).await?;
            wrote(run, &ticket, &format!("#{number} is {}", ticket.status.word()))
        }
        TicketVerb::Assign { number, user, nobody: _, seen } => {
            let writer = signed.writer()?;
            let seen = version(signed, number, seen).await?;
            let ticket = writer.assign_ticket(number, user, seen, key).await?;
            let who = ticket.assignee.as_ref().map_or("nobody", |(_, name)| name);
            wrote(run, &ticket, &format!("#{number} is assigned to {who}"))
        }
        TicketVerb::Priority { number, priority, seen } => {
            let writer = signed.writer()?;
            let seen = version(signed, number, seen).await?;
            let ticket = writer.prioritise_ticket(number, priority, seen, key).await?;
            wrote(run, &ticket, &format!("#{number} is {}", ticket.priority.word()))
        }
        TicketVerb::Comment { number, text } => {
            let writer = signed.writer()?;
            let text = prompt::text_or_stdin(text).await?;
            let ticket = writer.comment_ticket(number, text, key).await?;
            wrote(run, &ticket, &format!("#{number} has {} comments", ticket.comments))
        }
    }
}

/// The version given, else the one just read.
async fn version(signed: &Signed, number: u64, seen: Seen) -> Result<u64, Trouble> {
    match seen.if_version {
        Some(version) => Ok(version),
        None => Ok(signed.client.ticket(number).await?.ticket.version),
    }
}

/// What a write did: a sentence for people, the ticket for programs.
fn wrote(run: &Invocation, ticket: &Ticket, sentence: &str) -> Result<(), Trouble> {
    if run.printer.for_people() {
        return run.print_text(&format!("{sentence} (version {})\n", ticket.version));
    }
    let sheet = table(&[ticket], run.world.now());
    run.print(&Sheet { kind: "ticket", json: dto(ticket), ..sheet })
}

async fn create(run: &Invocation, signed: &Signed, args: CreateArgs) -> Result<(), Trouble> {
    let writer = signed.writer()?;
    let service = match &args.service {
        None => None,
        Some(text) => Some(service::find(&signed.client.snapshot().await?.estate, text)?.path.clone()),
    };
    let new = NewTicket {
        item: args.item,
        title: args.title,
        description: prompt::text_or_stdin(args.description).await?,
        service,
        priority: args.priority,
    };
    let ticket = writer.create_ticket(new, run.world.id()).await?;
    wrote(run, &ticket, &format!("#{} is open", ticket.number))
}

async fn list(run: &Invocation, signed: &Signed, filter: &str, mine: bool, all: bool) -> Result<(), Trouble> {
    let query = service::query(filter)?;
    let me = signed.client.me().await?;
    let snapshot = signed.client.snapshot().await?;
    let context = SearchContext { me: Some(&me.id), now: snapshot.at };
    let mut tickets: Vec<&Ticket> = snapshot
        .estate
        .tickets
        .values()
        .filter(|t| all || t.is_live())
        .filter(|t| !mine || t.is_assigned_to(&me.id))
        .filter(|t| query.matches_ticket(t, &context))
        .collect();
    tickets.sort_by_key(|t| (!t.is_live(), Reverse(t.priority), t.clocks.resolution.due(), t.number));
    run.print(&table(&tickets, snapshot.at))
}

fn table(tickets: &[&Ticket], now: Timestamp) -> Sheet {
    let row = |ticket: &&Ticket| {
        vec![
            format!("#{}", ticket.number).into(),
            Cell::toned(ticket.priority.word(), tone(ticket)),
            ticket.status.word().into(),
            clock_cell(&ticket.clocks.response, now),
            clock_cell(&ticket.clocks.resolution, now),
            ticket.assignee.as_ref().map_or(Cell::toned("nobody", Tone::Dim), |(_, name)| name.clone().into()),
            ticket.assignee_group.clone().unwrap_or_default().into(),
            ticket.service.as_ref().map_or_else(String::new, |p| p.service().to_owned()).into(),
            ticket.title.clone().into(),
            ticket.requester.name().into(),
            ticket.version.to_string().into(),
            rfc3339(ticket.opened_at).into(),
        ]
    };
    Sheet {
        kind: "tickets",
        json: tickets.iter().map(|t| dto(t)).collect(),
        columns: vec![
            figures("TICKET"),
            column("PRIORITY"),
            column("STATUS"),
            figures("RESPONSE"),
            figures("RESOLUTION"),
            column("ASSIGNEE"),
            wide("GROUP"),
            column("SERVICE"),
            column("TITLE"),
            wide("REQUESTER"),
            wide("VERSION"),
            wide("OPENED"),
        ],
        rows: tickets.iter().map(row).collect(),
        names: tickets.iter().map(|t| t.number.to_string()).collect(),
        when_empty: "no ticket matches",
        ..Sheet::default()
    }
}

fn tone(ticket: &Ticket) -> Tone {
    use crate::domain::tickets::Priority;
    match ticket.priority {
        _ if !ticket.is_live() => Tone::Dim,
        Priority::Critical => Tone::Bad,
        Priority::High => Tone::Warn,
        Priority::Medium | Priority::Low => Tone::Plain,
    }
}

/// Time left; negative once the promise is broken, `met` or `missed` once the clock stands.
fn clock_cell(clock: &Clock, now: Timestamp) -> Cell {
    let left = clock.remaining(now);
    match (clock.running_since, left < 0) {
        (Some(_), true) => Cell::toned(length(left), Tone::Bad),
        (Some(_), false) => length(left).into(),
        (None, true) => Cell::toned("missed", Tone::Bad),
        (None, false) => Cell::toned("met", Tone::Dim),
    }
}

fn clock_dto(clock: &Clock) -> Value {
    json!({
        "allowedSeconds": clock.allowed_ms / 1000, "usedSeconds": clock.used_ms / 1000,
        "runningSince": clock.running_since.map(rfc3339), "due": clock.due().map(rfc3339),
    })
}

fn dto(ticket: &Ticket) -> Value {
    json!({
        "number": ticket.number,
        "version": ticket.version,
        "title": ticket.title,
        "description": ticket.description,
        "service": ticket.service.as_ref().map(|p| p.as_str()),
        "workflow": ticket.workflow.name.as_str(),
        "item": ticket.item,
        "requester": ticket.requester.name(),
        "assignee": ticket.assignee.as_ref().map(|(_, name)| name),
        "assigneeGroup": ticket.assignee_group,
        "priority": ticket.priority.word(),
        "status": ticket.status.word(),
        "automatic": ticket.automatic,
        "openedAt": rfc3339(ticket.opened_at),
        "updatedAt": rfc3339(ticket.updated_at),
        "response": clock_dto(&ticket.clocks.response),
        "resolution": clock_dto(&ticket.clocks.resolution),
        "comments": ticket.comments,
    })
}

async fn get(run: &Invocation, signed: &Signed, number: u64) -> Result<(), Trouble> {
    let me = signed.client.me().await?;
    let detail = signed.client.ticket(number).await?;
    let snapshot = signed.client.snapshot().await?;
    run.print(&one(&detail, &snapshot.estate, &me, snapshot.at))
}

fn one(detail: &TicketDetail, estate: &Estate, me: &User, now: Timestamp) -> Sheet {
    let ticket = &detail.ticket;
    let directory = transition::Directory { org: &estate.source.org, groups: &estate.source.groups };
    let offers = transition::offers(ticket, directory, me);
    let mut json = dto(ticket);
    json["transitions"] = offers
        .iter()
        .map(|offer| {
            json!({
                "to": offer.to.word(), "role": offer.role.word(), "allowed": offer.is_allowed(),
                "reason": offer.verdict.as_ref().map_or_else(|no| no.reason.clone(), String::clone),
                "declaredAt": offer.place.as_ref().map(|p| json!({"file": &*p.file, "line": p.line})),
            })
        })
        .collect();
    json["history"] = detail.history.iter().map(entry_dto).collect();
    let row = |name: &str, value: Cell| vec![Cell::toned(name, Tone::Dim), value];
    let mut rows = vec![
        row("ticket", format!("#{} {}", ticket.number, ticket.title).into()),
        row("status", format!("{}, version {}", ticket.status.word(), ticket.version).into()),
        row("priority", Cell::toned(ticket.priority.word(), tone(ticket))),
        row("service", ticket.service.as_ref().map_or("none", |p| p.as_str()).into()),
        row("item", ticket.item.clone().unwrap_or_else(|| "none".to_owned()).into()),
        row("workflow", ticket.workflow.name.as_str().into()),
        row("requester", ticket.requester.name().into()),
        row("assignee", ticket.assignee.as_ref().map_or("nobody", |(_, name)| name).into()),
        row("group", ticket.assignee_group.clone().unwrap_or_else(|| "none".to_owned()).into()),
        row("opened", format!("{} ({})", rfc3339(ticket.opened_at), ago(ticket.opened_at, now)).into()),
        row("response", clock_cell(&ticket.clocks.response, now)),
        row("resolution", clock_cell(&ticket.clocks.resolution, now)),
    ];
    rows.extend(ticket.description.lines().map(|line| row("", line.into())));
    let moves = offers.iter().map(|offer| {
        let verdict = match &offer.verdict {
            Ok(acted_as) => Cell::toned(format!("allowed: {acted_as}"), Tone::Good),
            Err(refusal) => Cell::toned(format!("not allowed: {}", refusal.reason), Tone::Dim),
        };
        vec![format!("to {}", offer.to.word()).into(), verdict]
    });
    let history = detail.history.iter().map(|entry| {
        let who = if entry.acted_as.is_empty() {
            entry.actor.name().to_owned()
        } else {
            format!("{} ({})", entry.actor.name(), entry.acted_as)
        };
        vec![rfc3339(entry.at).into(), who.into(), entry_sentence(entry).into()]
    });
    Sheet {
        kind: "ticket",
        json,
        columns: vec![column(""), column("")],
        rows,
        names: vec![ticket.number.to_string()],
        more: vec![
            ("WHAT CAN BE DONE NOW".to_owned(), plain(2, moves.collect())),
            ("HISTORY".to_owned(), plain(3, history.collect())),
        ],
        ..Sheet::default()
    }
}

fn plain(columns: usize, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet { columns: vec![column(""); columns], rows, ..Sheet::default() }
}

fn entry_dto(entry: &Entry) -> Value {
    json!({
        "index": entry.index, "at": rfc3339(entry.at), "actor": entry.actor.name(), "actedAs": entry.acted_as,
        "version": entry.version, "what": entry_sentence(entry), "revision": entry.revision,
        "allowedBy": entry.allowed_by.as_ref().map(|p| json!({"file": &*p.file, "line": p.line})),
    })
}

/// What happened to a ticket, in words that follow the actor's name.
pub fn entry_sentence(entry: &Entry) -> String {
    let name = |who: &Option<String>| who.clone().unwrap_or_else(|| "nobody".to_owned());
    match &entry.kind {
        EntryKind::Opened => "opened it".to_owned(),
        EntryKind::Moved { from, to, comment } if comment.is_empty() => {
            format!("moved it from {} to {}", from.word(), to.word())
        }
        EntryKind::Moved { from, to, comment } => {
            format!("moved it from {} to {}: {}", from.word(), to.word(), one_line(comment))
        }
        EntryKind::Assigned { from, to } => format!("assigned it from {} to {}", name(from), name(to)),
        EntryKind::Prioritised { from, to } => format!("changed its priority from {} to {}", from.word(), to.word()),
        EntryKind::Commented { text } => format!("said: {}", one_line(text)),
    }
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" / ")
}
