//! What people said about problems, and what is told outside.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::Time;
use crate::{
    domain::attention::{Handled, Subject, telling::FailingReceiver},
    server::store::telling::Delivery,
};

/// What needs a person.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "ProblemSubject")]
pub struct SubjectView {
    /// `service`, `reporter`, `budget`, `ticket`, `repository`, `undeclared`, `unheard`, `receiver` or `window`.
    kind: &'static str,
    /// Path, name or number; empty where there is only one.
    name: String,
}

/// A problem that somebody acknowledged or snoozed.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "HandledProblem")]
#[serde(rename_all = "camelCase")]
pub struct HandledView {
    /// About what.
    subject: SubjectView,
    /// How bad it was then: `degraded`, `unknown`, `silent`, `down`, `backup_overdue`, `storage_critical`,
    /// `budget_at_risk`, `budget_breached`, `budget_page`, `budget_breached_and_page`, `response_due`, `response_late`,
    /// `resolution_due`, `resolution_late`, `undeclared`, `faults`, `rejected`, `clock_wrong`, `untold` or
    /// `window_left_open`. What is milder is covered too.
    reason: &'static str,
    /// `acknowledged` or `snoozed`.
    handling: &'static str,
    /// Until when it is snoozed.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
    /// Identity of who did it.
    by_id: String,
    /// His login name.
    by: String,
    /// When.
    at: Time,
}

/// A receiver that does not take what it is told.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "FailingReceiver")]
#[serde(rename_all = "camelCase")]
pub struct FailingReceiverView {
    /// As declared in the settings.
    name: String,
    /// Scheme, host and port.
    address: String,
    /// Since when nothing arrived.
    since: Time,
    /// How much was given up since then.
    given_up: u32,
    /// What the last failure was.
    said: String,
}

/// Something told to a receiver, or waiting to be.
#[derive(SimpleObject)]
#[graphql(name = "Delivery")]
pub struct DeliveryView {
    /// Stays the same however often it is tried.
    id: String,
    /// To whom, as declared in the settings.
    receiver: String,
    /// `page`, `breach`, `automatic_ticket`, `silent_reporter` or `daily_report`.
    kind: String,
    /// `waiting`, `delivered` or `given_up`.
    state: String,
    /// When it became true.
    made_at: Time,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried next.
    next_at: Option<Time>,
    /// When it was delivered or given up.
    finished_at: Option<Time>,
    /// What the last failure was; empty when there was none.
    said: String,
}

impl From<Subject> for SubjectView {
    fn from(s: Subject) -> Self {
        Self { kind: s.kind(), name: s.name() }
    }
}

impl From<Handled> for HandledView {
    fn from(h: Handled) -> Self {
        Self {
            subject: h.subject.into(),
            reason: h.reason.word(),
            handling: h.handling.word(),
            until: h.handling.until().map(Time),
            by_id: h.by.0.0,
            by: h.by.1,
            at: Time(h.at),
        }
    }
}

impl From<FailingReceiver> for FailingReceiverView {
    fn from(r: FailingReceiver) -> Self {
        Self { name: r.name, address: r.address, since: Time(r.since), given_up: r.given_up, said: r.said }
    }
}

impl From<Delivery> for DeliveryView {
    fn from(d: Delivery) -> Self {
        Self {
            id: d.id,
            receiver: d.receiver,
            kind: d.kind,
            state: d.state.word().to_owned(),
            made_at: Time(d.made_at),
            attempts: d.attempts,
            next_at: d.due.map(Time),
            finished_at: d.finished_at.map(Time),
            said: d.said,
        }
    }
}
