//! Tickets, their frozen workflow, and their history.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Stored, stored};
use crate::domain::{
    access::UserId,
    change::Actor,
    gitops::Place,
    hierarchy::{ScopedName, ServicePath},
    tickets::{Clock, Clocks, Entry, EntryKind, Priority, Role, Ticket, TicketStatus, Transition, Workflow},
    time::Timestamp,
};

stored! {
    Transition as TransitionForm { from: TicketStatus, to: TicketStatus, role: Role, place: Option<Place> }
    Workflow as WorkflowForm {
        name: ScopedName,
        display_name: String,
        transitions: Vec<Transition>,
        place: Option<Place>,
    }
    Clock as ClockForm { allowed_ms: i64, used_ms: i64, running_since: Option<Timestamp> }
    Clocks as ClocksForm { response: Clock, resolution: Clock }
    Ticket as TicketForm {
        number: u64,
        version: u64,
        title: String,
        description: String,
        service: Option<ServicePath>,
        workflow: Arc<Workflow>,
        item: Option<String>,
        requester: Actor,
        assignee: Option<(UserId, String)>,
        assignee_group: Option<String>,
        priority: Priority,
        status: TicketStatus,
        automatic: bool,
        opened_at: Timestamp,
        updated_at: Timestamp,
        clocks: Clocks,
        comments: u32,
    }
    Entry as EntryForm {
        index: u32,
        at: Timestamp,
        actor: Actor,
        acted_as: String,
        version: u64,
        kind: EntryKind,
        allowed_by: Option<Place>,
        revision: Option<String>,
    }
}

/// The written form of [`EntryKind`].
#[derive(Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum EntryKindForm {
    /// See [`EntryKind::Opened`].
    Opened,
    /// See [`EntryKind::Moved`].
    Moved {
        /// Status word.
        from: String,
        /// Status word.
        to: String,
        /// May be empty.
        comment: String,
    },
    /// See [`EntryKind::Assigned`].
    Assigned {
        /// Name.
        from: Option<String>,
        /// Name.
        to: Option<String>,
    },
    /// See [`EntryKind::Prioritised`].
    Prioritised {
        /// Priority word.
        from: String,
        /// Priority word.
        to: String,
    },
    /// See [`EntryKind::Commented`].
    Commented {
        /// As said.
        text: String,
    },
}

impl Stored for EntryKind {
    type Form = EntryKindForm;
    fn form(&self) -> EntryKindForm {
        match self {
            Self::Opened => EntryKindForm::Opened,
            Self::Moved { from, to, comment } => {
                EntryKindForm::Moved { from: from.form(), to: to.form(), comment: comment.clone() }
            }
            Self::Assigned { from, to } => EntryKindForm::Assigned { from: from.clone(), to: to.clone() },
            Self::Prioritised { from, to } => EntryKindForm::Prioritised { from: from.form(), to: to.form() },
            Self::Commented { text } => EntryKindForm::Commented { text: text.clone() },
        }
    }
    fn back(form: EntryKindForm) -> Result<Self, String> {
        Ok(match form {
            EntryKindForm::Opened => Self::Opened,
            EntryKindForm::Moved { from, to, comment } => {
                Self::Moved { from: TicketStatus::back(from)?, to: TicketStatus::back(to)?, comment }
            }
            EntryKindForm::Assigned { from, to } => Self::Assigned { from, to },
            EntryKindForm::Prioritised { from, to } => {
                Self::Prioritised { from: Priority::back(from)?, to: Priority::back(to)? }
            }
            EntryKindForm::Commented { text } => Self::Commented { text },
        })
    }
}

/// The written form of [`Actor`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorForm {
    /// Somebody signed in.
    User {
        /// Identity.
        id: String,
        /// Login name.
        name: String,
    },
    /// A reporter's name.
    Reporter(String),
    /// A commit.
    Git(Option<String>),
    /// The core.
    System,
}

impl Stored for Actor {
    type Form = ActorForm;
    fn form(&self) -> ActorForm {
        match self {
            Self::User { id, name } => ActorForm::User { id: id.0.clone(), name: name.clone() },
            Self::Reporter(name) => ActorForm::Reporter(name.clone()),
            Self::Git(revision) => ActorForm::Git(revision.clone()),
            Self::System => ActorForm::System,
        }
    }
    fn back(form: ActorForm) -> Result<Self, String> {
        Ok(match form {
            ActorForm::User { id, name } => Self::User { id: UserId(id), name },
            ActorForm::Reporter(name) => Self::Reporter(name),
            ActorForm::Git(revision) => Self::Git(revision),
            ActorForm::System => Self::System,
        })
    }
}
