//! Tickets: reading one and everything that changes one.

use serde::Deserialize;

use crate::{
    client::wire::tickets::{EntryShape, OfferShape, RehearsedShape, TicketShape},
    domain::{detail::TicketDetail, tickets::Offer},
};

macro_rules! ticket_fragment {
    () => {
        "fragment PlaceFields on Place { file line column endLine } \
         fragment ActorFields on Actor { kind id name revision } \
         fragment ClockFields on Clock { allowedMs usedMs runningSince isFixed breachedSince } \
         fragment TicketFields on Ticket { number version title description service workflow { name displayName \
         transitions { from to role place { ...PlaceFields } } place { ...PlaceFields } } revision item \
         requester { ...ActorFields } assignee { id name } assigneeGroup priority status automatic \
         cause { since status message reporter } foldedInto openedAt updatedAt \
         clocks { response { ...ClockFields } resolution { ...ClockFields } } comments } "
    };
}

/// A mutation that answers the ticket, under one name whatever it does.
macro_rules! ticket_write {
    ($signature:literal, $call:literal) => {
        concat!(ticket_fragment!(), "mutation ", $signature, " { ticket: ", $call, " { ...TicketFields } }")
    };
}

macro_rules! why_fragment {
    () => {
        "fragment WhyFields on Explanation { tried matched membership inheritedFrom } \
         fragment GrantFields on Grant { role explanation { ...WhyFields } right } "
    };
}

/// One ticket with its history and what the caller can do now.
pub const TICKET: &str = concat!(
    ticket_fragment!(),
    why_fragment!(),
    "query Ticket($number: Int!) { ticket(number: $number) { ticket { ...TicketFields } ",
    "history { index at actor { ...ActorFields } actedAs version kind from to text group clock since ",
    "allowedBy { ...PlaceFields } revision grant { ...GrantFields } } ",
    "transitions { to role actsAs code reason explanation { ...WhyFields } place { ...PlaceFields } } } }"
);

/// What an act would come to.
pub const REHEARSAL: &str = concat!(
    ticket_fragment!(),
    why_fragment!(),
    "query Rehearsal($act: TicketAct!, $numbers: [Int!]!) { rehearsed: ticketRehearsal(act: $act, numbers: $numbers) ",
    "{ number ticket { ...TicketFields } isProduction actsAs code reason grant { ...GrantFields } } }"
);

/// What a write was answered.
pub const WRITTEN: &str = concat!(
    ticket_fragment!(),
    "query Written($idempotencyKey: String!) { ticket: ticketWrite(idempotencyKey: $idempotencyKey) ",
    "{ ...TicketFields } }"
);

/// Open one.
pub const CREATE: &str = ticket_write!(
    "Create($input: NewTicket!, $idempotencyKey: String!)",
    "createTicket(input: $input, idempotencyKey: $idempotencyKey)"
);

/// Assign to oneself.
pub const TAKE: &str = ticket_write!(
    "Take($number: Int!, $version: Int!, $idempotencyKey: String!)",
    "takeTicket(number: $number, version: $version, idempotencyKey: $idempotencyKey)"
);

/// Follow a transition.
pub const MOVE: &str = ticket_write!(
    "Move($number: Int!, $to: String!, $version: Int!, $comment: String, $idempotencyKey: String!)",
    "moveTicket(number: $number, to: $to, version: $version, comment: $comment, idempotencyKey: $idempotencyKey)"
);

/// Give to somebody or nobody.
pub const ASSIGN: &str = ticket_write!(
    "Assign($number: Int!, $to: String, $group: String, $note: String, $version: Int!, $idempotencyKey: String!)",
    "assignTicket(number: $number, to: $to, group: $group, note: $note, version: $version, \
     idempotencyKey: $idempotencyKey)"
);

/// Say something.
pub const COMMENT: &str = ticket_write!(
    "Comment($number: Int!, $text: String!, $idempotencyKey: String!)",
    "commentTicket(number: $number, text: $text, idempotencyKey: $idempotencyKey)"
);

/// Change how urgent it is.
pub const PRIORITISE: &str = ticket_write!(
    "Prioritise($number: Int!, $priority: String!, $version: Int!, $idempotencyKey: String!)",
    "prioritiseTicket(number: $number, priority: $priority, version: $version, idempotencyKey: $idempotencyKey)"
);

/// Answer of [`TICKET`].
#[derive(Deserialize)]
pub struct TicketData {
    /// The ticket and its past.
    pub ticket: DetailShape,
}

/// Answer of every write.
#[derive(Deserialize)]
pub struct WrittenData {
    /// As it is now.
    pub ticket: TicketShape,
}

/// Answer of [`WRITTEN`].
#[derive(Deserialize)]
pub struct SettledData {
    /// As it was answered then.
    pub ticket: Option<TicketShape>,
}

/// Answer of [`REHEARSAL`].
#[derive(Deserialize)]
pub struct RehearsalData {
    /// One for each number.
    pub rehearsed: Vec<RehearsedShape>,
}

/// A ticket with its history and what the caller can do now.
#[derive(Deserialize)]
pub struct DetailShape {
    ticket: TicketShape,
    history: Vec<EntryShape>,
    transitions: Vec<OfferShape>,
}

impl DetailShape {
    /// The ticket, and every arrow out of its status.
    pub fn with_offers(self) -> (TicketDetail, Vec<Offer>) {
        let offers = self.transitions.into_iter().map(Into::into).collect();
        let history = self.history.into_iter().map(|e| e.0).collect();
        (TicketDetail { ticket: self.ticket.into(), history }, offers)
    }
}
