//! Tickets: reading one and everything that changes one.

use serde::Deserialize;

use crate::{
    client::wire::tickets::{EntryShape, TicketShape},
    domain::detail::TicketDetail,
};

macro_rules! ticket_fragment {
    () => {
        "fragment PlaceFields on Place { file line column endLine } \
         fragment ActorFields on Actor { kind id name revision } \
         fragment ClockFields on Clock { allowedMs usedMs runningSince } \
         fragment TicketFields on Ticket { number version title description service workflow { name displayName \
         transitions { from to role place { ...PlaceFields } } place { ...PlaceFields } } item \
         requester { ...ActorFields } assignee { id name } assigneeGroup priority status automatic openedAt updatedAt \
         clocks { response { ...ClockFields } resolution { ...ClockFields } } comments } "
    };
}

/// A mutation that answers the ticket, under one name whatever it does.
macro_rules! ticket_write {
    ($signature:literal, $call:literal) => {
        concat!(ticket_fragment!(), "mutation ", $signature, " { ticket: ", $call, " { ...TicketFields } }")
    };
}

/// One ticket with its history.
pub const TICKET: &str = concat!(
    ticket_fragment!(),
    "query Ticket($number: Int!) { ticket(number: $number) { ticket { ...TicketFields } ",
    "history { index at actor { ...ActorFields } actedAs version kind from to text ",
    "allowedBy { ...PlaceFields } revision } } }"
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
    "Assign($number: Int!, $to: String, $version: Int!, $idempotencyKey: String!)",
    "assignTicket(number: $number, to: $to, version: $version, idempotencyKey: $idempotencyKey)"
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

/// A ticket with its history.
#[derive(Deserialize)]
pub struct DetailShape {
    ticket: TicketShape,
    history: Vec<EntryShape>,
}

impl From<DetailShape> for TicketDetail {
    fn from(d: DetailShape) -> Self {
        Self { ticket: d.ticket.into(), history: d.history.into_iter().map(|e| e.0).collect() }
    }
}
