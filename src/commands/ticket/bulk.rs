//! Many tickets are changed: a rehearsal by the core's own rule, a question graded by the danger, a few at a time on
//! their way, and a receipt for each. Ctrl-c lets what was sent come home and leaves the rest.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    interruptible, read,
    receipt::{self, Line},
    words::grant_dto,
    write::{self, Outcome},
};
use crate::{
    cli::ticket::Which,
    client::{ApiError, Client, Kind, TicketWish, Writer},
    commands::{Exit, Invocation, Trouble, service, target::Signed},
    domain::{detail::Rehearsed, search::SearchContext, tickets::Ticket},
    print::{Cell, Sheet, Tone, column, figures},
};

/// Tickets in one rehearsal call; the answers must fit into the cost that a core allows one document.
const REHEARSED_AT_ONCE: usize = 200;
/// Reasons told one by one before the question.
const REASONS_TOLD: usize = 10;

/// Do it to all that were named.
///
/// # Errors
/// `Partly` when only some were done, Declined, Usage, and what the client says.
pub async fn run(
    run: &Invocation,
    signed: &Signed,
    wish: TicketWish,
    numbers: Vec<u64>,
    which: Which,
) -> Result<(), Trouble> {
    let Some(plan) = interruptible(prepare(run, signed, &wish, numbers, &which)).await? else {
        return Ok(());
    };
    let writer = signed.writer()?;
    let base = write::key(run, which.idempotency_key.as_deref());
    let stop = AtomicBool::new(false);
    let work = carry_out(&signed.client, &writer, &wish, plan, &base, which.at_once.into(), &stop);
    tokio::pin!(work);
    let lines = tokio::select! {
        lines = &mut work => lines,
        _ = tokio::signal::ctrl_c() => {
            stop.store(true, Ordering::Relaxed);
            run.printer.say("stopping; what was sent is waited for");
            tokio::select! {
                lines = &mut work => lines,
                _ = tokio::signal::ctrl_c() => return Err(Trouble::new(Exit::Interrupted, "")),
            }
        }
    };
    run.print(&receipt::sheet(&lines))?;
    receipt::verdict(&lines)
}

/// Print what it would come to for each of `numbers`.
///
/// # Errors
/// As the real thing would end; what the client says.
pub async fn rehearse(run: &Invocation, signed: &Signed, wish: &TicketWish, numbers: &[u64]) -> Result<(), Trouble> {
    write::fits(wish)?;
    let rehearsed = all(&signed.client, wish, numbers).await?;
    run.print(&sheet(&rehearsed))?;
    let lines: Vec<Line> = rehearsed.into_iter().map(|item| verdict(item).unwrap_or_else(would_be_done)).collect();
    receipt::verdict(&lines).map_err(|trouble| Trouble {
        message: trouble.message.replace("were not done", "would not be done"),
        hint: String::new(),
        ..trouble
    })
}

/// What is to be done, once everybody agrees.
struct Plan {
    /// In the order they were named.
    items: Vec<Item>,
}

enum Item {
    /// Settled already.
    Told(Line),
    /// To be sent.
    Send { ticket: Box<Ticket>, key: Option<String> },
}

/// Find the tickets, rehearse, ask. None when there is nothing to do.
async fn prepare(
    run: &Invocation,
    signed: &Signed,
    wish: &TicketWish,
    numbers: Vec<u64>,
    which: &Which,
) -> Result<Option<Plan>, Trouble> {
    write::fits(wish)?;
    if which.if_version.is_some() {
        return Err(Trouble::new(Exit::Usage, "--if-version is for one ticket: many are not at the same version"));
    }
    let targets = targets(signed, numbers, which).await?;
    if targets.is_empty() {
        run.printer.say("no ticket matches; nothing to do");
        return Ok(None);
    }
    let wanted: Vec<u64> = targets.iter().map(|(number, _)| *number).collect();
    if which.dry_run {
        rehearse(run, signed, wish, &wanted).await?;
        return Ok(None);
    }
    let mut keys: BTreeMap<u64, String> = targets.into_iter().filter_map(|(n, key)| Some((n, key?))).collect();
    let mut items = Vec::with_capacity(wanted.len());
    let mut possible = Vec::new();
    for item in all(&signed.client, wish, &wanted).await? {
        let key = keys.remove(&item.number);
        // A write that may have arrived is asked for before it is judged again.
        if let Some(key) = &key
            && let Some(ticket) = signed.client.ticket_write(key).await?
        {
            let (number, title) = (ticket.number, ticket.title.clone());
            items.push(Item::Told(Line { number, title, key: key.clone(), outcome: Outcome::Done(Box::new(ticket)) }));
            continue;
        }
        match verdict(item) {
            Ok(line) => items.push(Item::Told(line)),
            Err(item) => {
                possible.push((item.is_production, item.ticket.clone()));
                let Some(ticket) = item.ticket else { continue };
                items.push(Item::Send { ticket: Box::new(ticket), key });
            }
        }
    }
    tell_refused(run, &items);
    if !possible.is_empty() {
        agree(run, signed, wish, &possible, which).await?;
    }
    Ok(Some(Plan { items }))
}

/// Numbers as given, as matching, or as a file names them.
async fn targets(signed: &Signed, numbers: Vec<u64>, which: &Which) -> Result<Vec<(u64, Option<String>)>, Trouble> {
    if let Some(path) = &which.numbers_from {
        return receipt::read(&read(path.clone()).await?);
    }
    let Some(filter) = &which.filter else {
        return Ok(numbers.into_iter().map(|number| (number, None)).collect());
    };
    let query = service::query(filter)?;
    let me = signed.client.me().await?;
    let snapshot = signed.client.snapshot().await?;
    let context = SearchContext { me: Some(&me.id), now: snapshot.at };
    let tickets = snapshot.estate.tickets.values().filter(|t| t.is_live() && query.matches_ticket(t, &context));
    Ok(tickets.map(|ticket| (ticket.number, None)).collect())
}

async fn all(client: &Client, wish: &TicketWish, numbers: &[u64]) -> Result<Vec<Rehearsed>, Trouble> {
    let mut rehearsed = Vec::with_capacity(numbers.len());
    for some in numbers.chunks(REHEARSED_AT_ONCE) {
        rehearsed.extend(client.rehearse_tickets(wish, some).await?);
    }
    Ok(rehearsed)
}

/// The line of a ticket that is settled by its rehearsal, or the rehearsal back when it can be done.
fn verdict(item: Rehearsed) -> Result<Line, Box<Rehearsed>> {
    use crate::domain::refusal::RefusalCode;
    let Err(refusal) = &item.verdict else {
        return Err(Box::new(item));
    };
    let outcome = if refusal.code == RefusalCode::Unchanged {
        Outcome::Unchanged(refusal.reason.clone())
    } else {
        let mut error = ApiError::new(Kind::from_code(refusal.code.word(), 200, None), refusal.reason.clone());
        error.hint.clear();
        Outcome::Failed(error)
    };
    let title = item.ticket.map(|ticket| ticket.title).unwrap_or_default();
    Ok(Line { number: item.number, title, key: String::new(), outcome })
}

/// Stands for what a rehearsal allows, where only the count matters.
fn would_be_done(item: Box<Rehearsed>) -> Line {
    let (number, title) = (item.number, item.ticket.map(|ticket| ticket.title).unwrap_or_default());
    Line { number, title, key: String::new(), outcome: Outcome::Unchanged(String::new()) }
}

fn tell_refused(run: &Invocation, items: &[Item]) {
    let failed = items.iter().filter_map(|item| match item {
        Item::Told(Line { number, outcome: Outcome::Failed(error), .. }) => Some((number, &error.message)),
        _ => None,
    });
    let failed: Vec<_> = failed.collect();
    for (number, reason) in failed.iter().take(REASONS_TOLD) {
        run.printer.say(&format!("#{number} cannot: {reason}"));
    }
    if let Some(more) = failed.len().checked_sub(REASONS_TOLD).filter(|more| *more > 0) {
        run.printer.say(&format!("and {more} more cannot"));
    }
}

/// Ask once; where production is touched, its name is typed.
async fn agree(
    run: &Invocation,
    signed: &Signed,
    wish: &TicketWish,
    possible: &[(bool, Option<Ticket>)],
    which: &Which,
) -> Result<(), Trouble> {
    let what = format!("{} {} tickets", verb(wish), possible.len());
    let Some(name) = guarded(signed, possible) else {
        return run.confirm(&format!("{what}?")).await;
    };
    let typed = match &which.confirm {
        Some(name) => name.clone(),
        None => run.ask_line(&format!("{what} in production. Type {name} to go on: "), "--confirm NAME").await?,
    };
    if typed == name {
        return Ok(());
    }
    Err(Trouble::new(Exit::Declined, format!("`{typed}` is not `{name}`: nothing was done")))
}

/// The name to be typed, where production is touched: the environment's, or that of a context marked so.
fn guarded(signed: &Signed, possible: &[(bool, Option<Ticket>)]) -> Option<String> {
    let in_production = possible.iter().filter(|(is_production, _)| *is_production);
    let mut services = in_production.filter_map(|(_, ticket)| ticket.as_ref()?.service.as_ref());
    let environment = services.next().map(|path| path.environment().to_owned());
    let target = &signed.target;
    let context = || target.production.then(|| target.name.clone().unwrap_or_else(|| target.url.clone()));
    environment.or_else(context)
}

fn verb(wish: &TicketWish) -> String {
    match wish {
        TicketWish::Take => "Take".to_owned(),
        TicketWish::Move { to, .. } => format!("Move to {}", to.word()),
        TicketWish::Assign { to: Some(to), .. } => format!("Give to {to}"),
        TicketWish::Assign { group: Some(group), .. } => format!("Give to the group {group}"),
        TicketWish::Assign { .. } => "Give to nobody".to_owned(),
        TicketWish::Prioritise(to) => format!("Make {}", to.word()),
        TicketWish::Comment(_) => "Comment on".to_owned(),
    }
}

async fn carry_out(
    client: &Client,
    writer: &Writer,
    wish: &TicketWish,
    plan: Plan,
    base: &str,
    at_once: usize,
    stop: &AtomicBool,
) -> Vec<Line> {
    let work = plan.items.into_iter().map(|item| async move {
        let (ticket, key) = match item {
            Item::Told(line) => return line,
            Item::Send { ticket, key } => (ticket, key),
        };
        let key = key.unwrap_or_else(|| format!("{base}-{}", ticket.number));
        let outcome = if stop.load(Ordering::Relaxed) {
            Outcome::NotTried
        } else {
            write::send(client, writer, ticket.number, wish, ticket.version, false, &key).await
        };
        Line { number: ticket.number, title: ticket.title, key, outcome }
    });
    stream::iter(work).buffered(at_once).collect().await
}

fn sheet(rehearsed: &[Rehearsed]) -> Sheet {
    let row = |item: &Rehearsed| -> Vec<Cell> {
        let (would, text) = match &item.verdict {
            Ok((acted_as, _)) => (Cell::toned("yes", Tone::Good), format!("as {acted_as}")),
            Err(refusal) => (Cell::toned("no", Tone::Bad), refusal.to_string()),
        };
        let ticket = item.ticket.as_ref();
        vec![
            format!("#{}", item.number).into(),
            would,
            text.into(),
            ticket.map_or("", |t| t.status.word()).into(),
            ticket.and_then(|t| t.service.as_ref()).map_or("", |p| p.as_str()).into(),
            ticket.map_or("", |t| t.title.as_str()).into(),
        ]
    };
    Sheet {
        kind: "rehearsal",
        json: rehearsed.iter().map(dto).collect(),
        columns: vec![
            figures("TICKET"),
            column("POSSIBLE"),
            column("DETAIL"),
            column("STATUS"),
            column("SERVICE"),
            column("TITLE"),
        ],
        rows: rehearsed.iter().map(row).collect(),
        names: rehearsed.iter().map(|item| item.number.to_string()).collect(),
        ..Sheet::default()
    }
}

fn dto(item: &Rehearsed) -> Value {
    let ticket = item.ticket.as_ref();
    let refusal = item.verdict.as_ref().err();
    json!({
        "number": item.number, "possible": item.verdict.is_ok(), "production": item.is_production,
        "title": ticket.map(|t| &t.title), "status": ticket.map(|t| t.status.word()),
        "version": ticket.map(|t| t.version),
        "service": ticket.and_then(|t| t.service.as_ref()).map(|p| p.as_str()),
        "actsAs": item.verdict.as_ref().ok().map(|(acted_as, _)| acted_as),
        "grant": item.verdict.as_ref().ok().map(|(_, grant)| grant_dto(grant)),
        "code": refusal.map(|r| r.code.word()), "reason": refusal.map(|r| &r.reason),
    })
}
