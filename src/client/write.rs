//! What changes tickets. Exists only where writing is allowed, and never repeats a call: after a lost answer the
//! error is `Unknown`, and a read settles it.

use serde_json::json;
use uuid::Uuid;

use super::{
    Client,
    error::ApiError,
    graphql::{self, tickets},
};
use crate::domain::{
    detail::NewTicket,
    tickets::{Priority, Ticket, TicketStatus},
};

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

    /// Open a ticket.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn create_ticket(&self, new: NewTicket, key: Uuid) -> Result<Ticket, ApiError> {
        let input = json!({
            "item": new.item,
            "title": new.title,
            "description": new.description,
            "service": new.service.as_ref().map(|p| p.as_str()),
            "priority": new.priority.map(Priority::word),
        });
        self.send(tickets::CREATE, json!({ "input": input, "idempotencyKey": key })).await
    }

    /// Assign it to oneself.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn take_ticket(&self, number: u64, seen: u64, key: Uuid) -> Result<Ticket, ApiError> {
        self.send(tickets::TAKE, json!({ "number": number, "version": seen, "idempotencyKey": key })).await
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
        key: Uuid,
    ) -> Result<Ticket, ApiError> {
        let variables = json!({
            "number": number, "to": to.word(), "version": seen, "comment": comment, "idempotencyKey": key,
        });
        self.send(tickets::MOVE, variables).await
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
        key: Uuid,
    ) -> Result<Ticket, ApiError> {
        let variables = json!({ "number": number, "to": to, "version": seen, "idempotencyKey": key });
        self.send(tickets::ASSIGN, variables).await
    }

    /// Say something.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn comment_ticket(&self, number: u64, text: String, key: Uuid) -> Result<Ticket, ApiError> {
        self.send(tickets::COMMENT, json!({ "number": number, "text": text, "idempotencyKey": key })).await
    }

    /// Change how urgent it is.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn prioritise_ticket(&self, number: u64, to: Priority, seen: u64, key: Uuid) -> Result<Ticket, ApiError> {
        let variables = json!({ "number": number, "priority": to.word(), "version": seen, "idempotencyKey": key });
        self.send(tickets::PRIORITISE, variables).await
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    async fn send(&self, document: &str, variables: serde_json::Value) -> Result<Ticket, ApiError> {
        let data: tickets::WrittenData = graphql::write(&self.client, document, variables).await?;
        Ok(data.ticket.into())
    }
}
