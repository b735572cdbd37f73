//! Tickets and their workflows; [`history`] is what happened to one and what can be done now, [`catalog`] what a ticket
//! is opened from.

mod catalog;
mod history;

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use serde::Serialize;

pub use catalog::{CatalogView, CategoryView, GroupView, ItemView};
pub use history::{EntryView, ExplanationView, GrantView, OfferView, RehearsedView, TicketDetailView};

use super::{Long, Time, gitops::PlaceView};
use crate::{
    domain::{
        change::Actor,
        tickets::{Cause, Clock, Ticket, Transition, Workflow},
        time::Timestamp,
    },
    server::service::Core,
};

/// Who caused something.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Actor")]
pub struct ActorView {
    /// `user`, `reporter`, `git` or `system`.
    kind: &'static str,
    /// A user's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The name to show.
    name: String,
    /// The commit, for `git`.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
}

/// A work item.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Ticket")]
pub struct TicketView {
    /// Counted from 1.
    number: u64,
    /// Counts every change but comments; a change carries the version it saw.
    version: u64,
    /// One line.
    title: String,
    /// May be empty, may have several lines.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    /// Path of the service it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// The workflow as it was declared when the ticket was opened.
    workflow: WorkflowView,
    /// The commit that the workflow was read from: its places are lines of that revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    /// Full name of the catalog item it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    /// Who asked.
    requester: ActorView,
    /// Who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<AssigneeView>,
    /// Short name of the group that gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_group: Option<String>,
    /// `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    priority: &'static str,
    /// `OPEN`, `IN_PROGRESS`, `RESOLVED` or `CLOSED`.
    status: &'static str,
    /// Whether the system opened it.
    automatic: bool,
    /// The trouble it is about; automatic tickets only.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<CauseView>,
    /// Number of the ticket of what its service cannot work without, while that is DOWN.
    #[serde(skip_serializing_if = "Option::is_none")]
    folded_into: Option<u64>,
    /// When it was opened.
    opened_at: Time,
    /// When anything last changed.
    updated_at: Time,
    /// Response and resolution.
    clocks: ClocksView,
    /// How many comments it has.
    comments: u32,
}

/// Who works on a ticket.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Assignee")]
pub struct AssigneeView {
    /// Identity.
    id: String,
    /// Login name.
    name: String,
}

/// The stretch of trouble in a service's line that a ticket is about.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Cause")]
pub struct CauseView {
    /// When it began.
    since: Time,
    /// How the service was.
    status: &'static str,
    /// What the reporter said.
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    /// Who said it.
    #[serde(skip_serializing_if = "String::is_empty")]
    reporter: String,
}

/// The two promises of a ticket.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Clocks")]
pub struct ClocksView {
    /// Stops for good at the first leaving of OPEN.
    response: ClockView,
    /// Stands while RESOLVED or CLOSED.
    resolution: ClockView,
}

/// One promise.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Clock", complex)]
pub struct ClockView {
    /// Time allowed, in milliseconds.
    allowed_ms: Long,
    /// Time used before `runningSince`, in milliseconds.
    used_ms: Long,
    /// Since when it runs; none while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    running_since: Option<Time>,
    /// Whether the catalog item promised it: then the priority does not change it.
    #[serde(skip_serializing_if = "super::is_false")]
    is_fixed: bool,
    /// When it ran out, once that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    breached_since: Option<Time>,
}

impl ClockView {
    fn clock(&self) -> Clock {
        Clock {
            allowed_ms: self.allowed_ms.0,
            used_ms: self.used_ms.0,
            running_since: self.running_since.map(|at| at.0),
            is_fixed: self.is_fixed,
            breached_since: self.breached_since.map(|at| at.0),
        }
    }
}

#[ComplexObject]
impl ClockView {
    /// When it runs out; none while it stands.
    async fn due_at(&self) -> Option<Time> {
        self.clock().due().map(Time)
    }

    /// Time left at the moment of this answer, in milliseconds; negative once the promise is broken.
    async fn remaining_ms(&self, ctx: &Context<'_>) -> Result<Long> {
        let now: Timestamp = ctx.data::<Core>()?.world().now();
        Ok(Long(self.clock().remaining(now)))
    }
}

/// A workflow as one revision declares it.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Workflow")]
pub struct WorkflowView {
    /// Full name.
    name: String,
    /// Label.
    display_name: String,
    /// In order of declaration.
    transitions: Vec<TransitionView>,
    /// Where it is declared; none for built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

/// One arrow of a workflow.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Transition")]
pub struct TransitionView {
    /// Source status.
    from: &'static str,
    /// Target status.
    to: &'static str,
    /// `assignee`, `requester`, `any`, or the name of a group.
    role: String,
    /// Its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

impl From<Actor> for ActorView {
    fn from(a: Actor) -> Self {
        let name = a.name().to_owned();
        match a {
            Actor::User { id, .. } => Self { kind: "user", id: Some(id.0), name, revision: None },
            Actor::Reporter(_) => Self { kind: "reporter", id: None, name, revision: None },
            Actor::Git(revision) => Self { kind: "git", id: None, name, revision },
            Actor::System => Self { kind: "system", id: None, name, revision: None },
        }
    }
}

impl From<Ticket> for TicketView {
    fn from(t: Ticket) -> Self {
        Self {
            number: t.number,
            version: t.version,
            title: t.title,
            description: t.description,
            service: t.service.map(|p| p.as_str().to_owned()),
            revision: t.revision,
            workflow: Arc::unwrap_or_clone(t.workflow).into(),
            item: t.item,
            requester: t.requester.into(),
            assignee: t.assignee.map(|(id, name)| AssigneeView { id: id.0, name }),
            assignee_group: t.assignee_group,
            priority: t.priority.word(),
            status: t.status.word(),
            automatic: t.automatic,
            cause: t.cause.map(Into::into),
            folded_into: t.folded_into,
            opened_at: Time(t.opened_at),
            updated_at: Time(t.updated_at),
            clocks: ClocksView { response: t.clocks.response.into(), resolution: t.clocks.resolution.into() },
            comments: t.comments,
        }
    }
}

impl From<Cause> for CauseView {
    fn from(c: Cause) -> Self {
        Self { since: Time(c.since), status: c.status.word(), message: c.message, reporter: c.reporter }
    }
}

impl From<Clock> for ClockView {
    fn from(c: Clock) -> Self {
        Self {
            allowed_ms: Long(c.allowed_ms),
            used_ms: Long(c.used_ms),
            running_since: c.running_since.map(Time),
            is_fixed: c.is_fixed,
            breached_since: c.breached_since.map(Time),
        }
    }
}

impl From<Workflow> for WorkflowView {
    fn from(w: Workflow) -> Self {
        Self {
            name: w.name.as_str().to_owned(),
            display_name: w.display_name,
            transitions: w.transitions.into_iter().map(Into::into).collect(),
            place: w.place.map(Into::into),
        }
    }
}

impl From<Transition> for TransitionView {
    fn from(t: Transition) -> Self {
        Self { from: t.from.word(), to: t.to.word(), role: t.role.word().to_owned(), place: t.place.map(Into::into) }
    }
}
