//! Tickets, their frozen workflow, and their history.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Stored, stored};
use crate::domain::{
    access::UserId,
    change::Actor,
    gitops::Place,
    health::Status,
    hierarchy::{ScopedName, ServicePath},
    tickets::{
        Cause, Clock, ClockKind, Clocks, Entry, EntryKind, Explanation, Grant, Membership, Priority, Role, Ticket,
        TicketStatus, Transition, Workflow, automatic::Folded,
    },
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
    Clock as ClockForm {
        allowed_ms: i64,
        used_ms: i64,
        running_since: Option<Timestamp>,
        #[serde(default)]
        is_fixed: bool,
        #[serde(default)]
        breached_since: Option<Timestamp>,
    }
    Clocks as ClocksForm { response: Clock, resolution: Clock }
    Cause as CauseForm { since: Timestamp, status: Status, message: String, reporter: String }
    Ticket as TicketForm {
        number: u64,
        version: u64,
        title: String,
        description: String,
        service: Option<ServicePath>,
        workflow: Arc<Workflow>,
        #[serde(default)]
        revision: Option<String>,
        item: Option<String>,
        requester: Actor,
        assignee: Option<(UserId, String)>,
        assignee_group: Option<String>,
        priority: Priority,
        status: TicketStatus,
        automatic: bool,
        #[serde(default)]
        cause: Option<Cause>,
        #[serde(default)]
        folded_into: Option<u64>,
        opened_at: Timestamp,
        updated_at: Timestamp,
        clocks: Clocks,
        comments: u32,
    }
    Explanation as ExplanationForm { tried: Vec<String>, matched: Option<String>, membership: Option<Membership> }
    Grant as GrantForm { role: Option<Role>, explanation: Option<Explanation>, right: String }
    Entry as EntryForm {
        index: u32,
        at: Timestamp,
        actor: Actor,
        acted_as: String,
        version: u64,
        kind: EntryKind,
        allowed_by: Option<Place>,
        revision: Option<String>,
        #[serde(default)]
        grant: Option<Grant>,
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
    /// See [`EntryKind::HandedOver`].
    HandedOver {
        /// Name.
        from: Option<String>,
        /// Name.
        to: Option<String>,
        /// Group.
        group: Option<String>,
        /// May be empty.
        note: String,
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
    /// See [`EntryKind::Breached`].
    Breached {
        /// Clock word.
        clock: String,
        /// When.
        since: i64,
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
            Self::HandedOver { from, to, group, note } => EntryKindForm::HandedOver {
                from: from.clone(),
                to: to.clone(),
                group: group.clone(),
                note: note.clone(),
            },
            Self::Prioritised { from, to } => EntryKindForm::Prioritised { from: from.form(), to: to.form() },
            Self::Commented { text } => EntryKindForm::Commented { text: text.clone() },
            Self::Breached { clock, since } => EntryKindForm::Breached { clock: clock.form(), since: since.form() },
        }
    }
    fn back(form: EntryKindForm) -> Result<Self, String> {
        Ok(match form {
            EntryKindForm::Opened => Self::Opened,
            EntryKindForm::Moved { from, to, comment } => {
                Self::Moved { from: TicketStatus::back(from)?, to: TicketStatus::back(to)?, comment }
            }
            EntryKindForm::Assigned { from, to } => Self::Assigned { from, to },
            EntryKindForm::HandedOver { from, to, group, note } => Self::HandedOver { from, to, group, note },
            EntryKindForm::Prioritised { from, to } => {
                Self::Prioritised { from: Priority::back(from)?, to: Priority::back(to)? }
            }
            EntryKindForm::Commented { text } => Self::Commented { text },
            EntryKindForm::Breached { clock, since } => {
                Self::Breached { clock: ClockKind::back(clock)?, since: Timestamp::back(since)? }
            }
        })
    }
}

/// The written form of [`Membership`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MembershipForm {
    /// Listed in the group.
    Direct,
    /// Listed in this group further up.
    Inherited(String),
    /// Break-glass.
    Superadmin,
    /// By level.
    Platform,
}

impl Stored for Membership {
    type Form = MembershipForm;
    fn form(&self) -> MembershipForm {
        match self {
            Self::Direct => MembershipForm::Direct,
            Self::Inherited(from) => MembershipForm::Inherited(from.clone()),
            Self::Superadmin => MembershipForm::Superadmin,
            Self::Platform => MembershipForm::Platform,
        }
    }
    fn back(form: MembershipForm) -> Result<Self, String> {
        Ok(match form {
            MembershipForm::Direct => Self::Direct,
            MembershipForm::Inherited(from) => Self::Inherited(from),
            MembershipForm::Superadmin => Self::Superadmin,
            MembershipForm::Platform => Self::Platform,
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

/// The written form of [`Folded`].
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum FoldedForm {
    /// As it is written.
    Told { into: u64, is_dependent: bool },
    /// As it was written once: nobody knows any more why it is told there.
    Number(u64),
}

impl Stored for Folded {
    type Form = FoldedForm;

    fn form(&self) -> FoldedForm {
        FoldedForm::Told { into: self.into, is_dependent: self.is_dependent }
    }

    fn back(form: FoldedForm) -> Result<Self, String> {
        Ok(match form {
            FoldedForm::Told { into, is_dependent } => Self { into, is_dependent },
            FoldedForm::Number(into) => Self { into, is_dependent: false },
        })
    }
}
