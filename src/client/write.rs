//! What changes tickets. Exists only where writing is allowed, and never repeats a call: after a lost answer the
//! error is `Unknown`, and [`Client::ticket_write`] settles it.

use std::fmt::Display;

use serde_json::{Value, json};

use super::{
    Client,
    error::ApiError,
    graphql::{self, tickets},
};
use crate::domain::{
    detail::NewTicket,
    tickets::{Priority, Ticket, TicketStatus},
};

/// Something that somebody wants done to tickets, with names as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketWish {
    /// Assign it to oneself.
    Take,
    /// Follow a transition, with a comment that may be empty.
    Move {
        /// Where to.
        to: TicketStatus,
        /// May be empty.
        comment: String,
    },
    /// Give it to somebody by login name, to nobody, or to a group.
    Assign {
        /// Login name; none is nobody.
        to: Option<String>,
        /// The group that gets it; none leaves the one it has.
        group: Option<String>,
        /// Said with it; may be empty.
        note: String,
    },
    /// Change how urgent it is.
    Prioritise(Priority),
    /// Say something.
    Comment(String),
}

impl TicketWish {
    /// Whether it is about the version that was seen.
    pub const fn needs_version(&self) -> bool {
        !matches!(self, Self::Comment(_))
    }

    /// As the input of a rehearsal.
    pub(super) fn variables(&self) -> Value {
        match self {
            Self::Take => json!({ "kind": "take" }),
            Self::Move { to, comment } => json!({ "kind": "move", "status": to.word(), "text": comment }),
            Self::Assign { to, group, note } => {
                json!({ "kind": "assign", "assignee": to, "group": group, "text": note })
            }
            Self::Prioritise(to) => json!({ "kind": "prioritise", "priority": to.word() }),
            Self::Comment(text) => json!({ "kind": "comment", "text": text }),
        }
    }
}

/// The writing half of a client. Every call carries `key`: the same key with the same content is done once.
///
/// All calls fail with `Refused`, `Conflict` or `Forbidden` where a rule says no, with `Unknown` when the answer was
/// lost.
#[derive(Clone)]
pub struct Writer {
    client: Client,
}

impl Writer {
    pub(super) const fn new(client: Client) -> Self {
        Self { client }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Open a ticket.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn create_ticket(&self, new: NewTicket, key: impl Display + Send) -> Result<Ticket, ApiError> {
        let input = json!({
            "item": new.item,
            "title": new.title,
            "description": new.description,
            "service": new.service.as_ref().map(|p| p.as_str()),
            "priority": new.priority.map(Priority::word),
        });
        self.send(tickets::CREATE, json!({ "input": input, "idempotencyKey": key.to_string() })).await
    }

    /// Do what is wished to a ticket seen at version `seen`; a comment looks at no version.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn perform(
        &self,
        number: u64,
        wish: &TicketWish,
        seen: u64,
        key: impl Display + Send,
    ) -> Result<Ticket, ApiError> {
        let mut variables = json!({ "number": number, "version": seen, "idempotencyKey": key.to_string() });
        let document = match wish {
            TicketWish::Take => tickets::TAKE,
            TicketWish::Move { to, comment } => {
                variables["to"] = to.word().into();
                variables["comment"] = comment.as_str().into();
                tickets::MOVE
            }
            TicketWish::Assign { to, group, note } => {
                variables["to"] = to.as_deref().into();
                variables["group"] = group.as_deref().into();
                variables["note"] = note.as_str().into();
                tickets::ASSIGN
            }
            TicketWish::Prioritise(to) => {
                variables["priority"] = to.word().into();
                tickets::PRIORITISE
            }
            TicketWish::Comment(text) => {
                variables = json!({ "number": number, "text": text, "idempotencyKey": key.to_string() });
                tickets::COMMENT
            }
        };
        self.send(document, variables).await
    }

    /// Assign it to oneself.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn take_ticket(&self, number: u64, seen: u64, key: impl Display + Send) -> Result<Ticket, ApiError> {
        self.perform(number, &TicketWish::Take, seen, key).await
    }

    /// Follow a transition, with a comment that may be empty.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn move_ticket(
        &self,
        number: u64,
        to: TicketStatus,
        seen: u64,
        comment: String,
        key: impl Display + Send,
    ) -> Result<Ticket, ApiError> {
        self.perform(number, &TicketWish::Move { to, comment }, seen, key).await
    }

    /// Give it to somebody by login name, or to nobody.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn assign_ticket(
        &self,
        number: u64,
        to: Option<String>,
        seen: u64,
        key: impl Display + Send,
    ) -> Result<Ticket, ApiError> {
        self.perform(number, &TicketWish::Assign { to, group: None, note: String::new() }, seen, key).await
    }

    /// Say something.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn comment_ticket(
        &self,
        number: u64,
        text: String,
        key: impl Display + Send,
    ) -> Result<Ticket, ApiError> {
        self.perform(number, &TicketWish::Comment(text), 0, key).await
    }

    /// Change how urgent it is.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn prioritise_ticket(
        &self,
        number: u64,
        to: Priority,
        seen: u64,
        key: impl Display + Send,
    ) -> Result<Ticket, ApiError> {
        self.perform(number, &TicketWish::Prioritise(to), seen, key).await
    }

    async fn send(&self, document: &str, variables: Value) -> Result<Ticket, ApiError> {
        let data: tickets::WrittenData = graphql::write(&self.client, document, variables).await?;
        Ok(data.ticket.into())
    }
}
