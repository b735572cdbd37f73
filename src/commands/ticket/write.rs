//! One ticket is changed: sent once, and settled by reading when the answer is lost.

use super::{
    list::table,
    text,
    words::{entry_sentence, ticket_dto, who},
};
use crate::{
    cli::ticket::{CreateArgs, Which},
    client::{ApiError, Client, Kind, TicketWish, Writer},
    commands::{Exit, Invocation, Trouble, service, target::Signed},
    domain::{
        detail::NewTicket,
        refusal::RefusalCode,
        tickets::{Ticket, TicketStatus, act},
    },
    print::Sheet,
};

/// What became of a write.
pub enum Outcome {
    /// It is done, and this is the ticket now.
    Done(Box<Ticket>),
    /// It was so already, in words.
    Unchanged(String),
    /// It is not done, and why.
    Failed(ApiError),
    /// Nobody knows.
    Unknown(ApiError),
    /// It was not sent.
    NotTried,
}

impl Outcome {
    /// Whether things are now as they were wished.
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Unchanged(_))
    }
}

/// Change one ticket and say what was done.
///
/// # Errors
/// What the client says; Unreachable with the key when nobody knows what became of it.
pub async fn one(
    run: &Invocation,
    signed: &Signed,
    number: u64,
    wish: &TicketWish,
    which: &Which,
) -> Result<(), Trouble> {
    let writer = signed.writer()?;
    fits(wish)?;
    if matches!(wish, TicketWish::Move { to: TicketStatus::Closed, .. }) {
        run.confirm(&format!("Close #{number} for good?")).await?;
    }
    let seen = match which.if_version {
        Some(version) => version,
        None if wish.needs_version() => signed.client.ticket(number).await?.ticket.version,
        None => 0,
    };
    let key = key(run, which.idempotency_key.as_deref());
    let is_pinned = which.if_version.is_some();
    match send(&signed.client, &writer, number, wish, seen, is_pinned, &key).await {
        Outcome::Done(ticket) => wrote(run, &ticket, &sentence(wish, &ticket)),
        Outcome::Unchanged(message) => {
            run.printer.say(&format!("{message}; nothing was changed"));
            let ticket = signed.client.ticket(number).await?.ticket;
            wrote(run, &ticket, &sentence(wish, &ticket))
        }
        Outcome::Failed(error) => Err(refused(error)),
        Outcome::Unknown(error) => Err(unknown(error, &key)),
        Outcome::NotTried => Err(Trouble::new(Exit::Interrupted, "")),
    }
}

/// Open a ticket.
///
/// # Errors
/// What the client says.
pub async fn create(run: &Invocation, signed: &Signed, args: CreateArgs) -> Result<(), Trouble> {
    let writer = signed.writer()?;
    let service = match &args.service {
        None => None,
        Some(text) => Some(service::find(&signed.client.snapshot().await?.estate, text)?.path.clone()),
    };
    let description = text(args.description, args.file.as_deref()).await?;
    act::within("description", &description, act::TEXT_LIMIT)?;
    let new = NewTicket { item: args.item, title: args.title, description, service, priority: args.priority };
    let key = key(run, args.idempotency_key.as_deref());
    let ticket = match writer.create_ticket(new, &key).await {
        Ok(ticket) => ticket,
        Err(error) if error.kind == Kind::Unknown => match signed.client.ticket_write(&key).await {
            Ok(Some(ticket)) => ticket,
            _ => return Err(unknown(error, &key)),
        },
        Err(error) => return Err(error.into()),
    };
    wrote(run, &ticket, &format!("#{} is open", ticket.number))
}

/// Send once. What was done under this key before is answered as it was; a lost answer is settled by asking for it.
pub async fn send(
    client: &Client,
    writer: &Writer,
    number: u64,
    wish: &TicketWish,
    seen: u64,
    is_pinned: bool,
    key: &str,
) -> Outcome {
    let mut sent = writer.perform(number, wish, seen, key).await;
    let reused = matches!(&sent, Err(error) if error.kind == Kind::Refused(RefusalCode::KeyReused));
    if reused
        && !is_pinned
        && let Ok(Some(answer)) = client.ticket_write(key).await
        && answer.number == number
    {
        // The version just read is not the one this key was used with: with that one the same wish is the same request.
        sent = writer.perform(number, wish, answer.version.saturating_sub(1), key).await;
    }
    match sent {
        Ok(ticket) => Outcome::Done(Box::new(ticket)),
        Err(error) => match error.kind {
            Kind::Refused(RefusalCode::Unchanged) => Outcome::Unchanged(error.message),
            Kind::Unknown => match client.ticket_write(key).await {
                Ok(Some(ticket)) => Outcome::Done(Box::new(ticket)),
                _ => Outcome::Unknown(error),
            },
            _ => Outcome::Failed(error),
        },
    }
}

/// The key given, or a new one.
pub fn key(run: &Invocation, given: Option<&str>) -> String {
    given.map_or_else(|| run.world.id().to_string(), str::to_owned)
}

/// Refuses what the core would refuse for its length, before it is sent.
///
/// # Errors
/// What is too long, and the limit.
pub fn fits(wish: &TicketWish) -> Result<(), Trouble> {
    let (what, text) = match wish {
        TicketWish::Take | TicketWish::Prioritise(_) => return Ok(()),
        TicketWish::Move { comment: text, .. } | TicketWish::Comment(text) => ("comment", text),
        TicketWish::Assign { note, .. } => ("note", note),
    };
    Ok(act::within(what, text, act::TEXT_LIMIT)?)
}

/// What a write came to, in words.
pub fn sentence(wish: &TicketWish, ticket: &Ticket) -> String {
    let number = ticket.number;
    match wish {
        TicketWish::Take => format!("#{number} is yours"),
        TicketWish::Move { .. } => format!("#{number} is {}", ticket.status.word()),
        TicketWish::Assign { group, .. } => {
            let who = ticket.assignee.as_ref().map_or("nobody", |(_, name)| name);
            let group = group.as_ref().map_or_else(String::new, |group| format!(", group {group}"));
            format!("#{number} is assigned to {who}{group}")
        }
        TicketWish::Prioritise(_) => format!("#{number} is {}", ticket.priority.word()),
        TicketWish::Comment(_) => format!("#{number} has {} comments", ticket.comments),
    }
}

/// What a write did: a sentence for people, the ticket for programs.
fn wrote(run: &Invocation, ticket: &Ticket, sentence: &str) -> Result<(), Trouble> {
    if run.printer.for_people() {
        return run.print_text(&format!("{sentence} (version {})\n", ticket.version));
    }
    let now = run.world.now();
    run.print(&Sheet { kind: "ticket", json: ticket_dto(ticket, now), ..table(&[ticket], now) })
}

/// A failure; a conflict with what others did meanwhile.
fn refused(error: ApiError) -> Trouble {
    let Some(stale) = error.stale.clone().filter(|stale| !stale.since.is_empty()) else {
        return error.into();
    };
    let did = stale.since.iter().map(|entry| format!("{} {}", who(entry), entry_sentence(entry)));
    let did = did.collect::<Vec<_>>().join("; ");
    Trouble::from(error).hint(format!("meanwhile: {did}"))
}

fn unknown(error: ApiError, key: &str) -> Trouble {
    Trouble::from(error).hint(format!(
        "the core does not know of it yet, or cannot be asked; the same command with --idempotency-key {key} does it \
         once, whether it arrived or not"
    ))
}
