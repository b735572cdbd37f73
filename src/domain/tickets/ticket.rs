//! The work item and its history.

use std::sync::Arc;

use super::{ClockKind, Clocks, Grant, Workflow};
use crate::domain::{
    access::UserId, change::Actor, gitops::Place, health::Status, hierarchy::ServicePath, time::Timestamp,
};

/// The four fixed statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TicketStatus {
    /// Nobody works on it yet.
    Open,
    /// An assignee took it.
    InProgress,
    /// A fix is claimed.
    Resolved,
    /// Confirmed, or closed by the system after the grace period. Final but for comments.
    Closed,
}

impl TicketStatus {
    /// In the order of a life.
    pub const ALL: [Self; 4] = [Self::Open, Self::InProgress, Self::Resolved, Self::Closed];

    /// The documented word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::InProgress => "IN_PROGRESS",
            Self::Resolved => "RESOLVED",
            Self::Closed => "CLOSED",
        }
    }

    /// The status for a documented word; case does not matter, `-` and space read as `_`.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim().replace(['-', ' '], "_");
        Self::ALL.into_iter().find(|s| s.word().eq_ignore_ascii_case(&word))
    }
}

/// The four fixed priorities, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Cosmetic, internal.
    Low,
    /// Ordinary.
    #[default]
    Medium,
    /// Major degradation.
    High,
    /// Production outage.
    Critical,
}

impl Priority {
    /// Least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The documented word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// The priority for a documented word; case does not matter.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word().eq_ignore_ascii_case(word))
    }
}

/// A work item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Number, counted from 1; printed as `#12`.
    pub number: u64,
    /// Counts every change but comments; a move carries the version it saw.
    pub version: u64,
    /// One line.
    pub title: String,
    /// May be empty, may have several lines.
    pub description: String,
    /// What it is about, if it is about a service.
    pub service: Option<ServicePath>,
    /// The workflow as it was declared when the ticket was opened.
    pub workflow: Arc<Workflow>,
    /// The commit that `workflow` was read from: its places are lines of that revision. None outside git.
    pub revision: Option<String>,
    /// Full name of the catalog item it came from.
    pub item: Option<String>,
    /// Who asked; the system for automatic tickets.
    pub requester: Actor,
    /// Who works on it, by id and login name.
    pub assignee: Option<(UserId, String)>,
    /// Short name of the group that gets it.
    pub assignee_group: Option<String>,
    /// How urgent.
    pub priority: Priority,
    /// Where in the workflow.
    pub status: TicketStatus,
    /// Whether the system opened it because a service was down.
    pub automatic: bool,
    /// The trouble it was opened for, or re-opened for last; automatic tickets only.
    pub cause: Option<Cause>,
    /// The ticket of the service that this one's cannot work without, while that is DOWN.
    pub folded_into: Option<u64>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anything last changed, comments included.
    pub updated_at: Timestamp,
    /// Response and resolution.
    pub clocks: Clocks,
    /// How many comments it has.
    pub comments: u32,
}

/// The stretch of trouble in a service's line that a ticket is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// When it began.
    pub since: Timestamp,
    /// How the service was: DOWN, or what silence made of it.
    pub status: Status,
    /// What the reporter said; may be empty.
    pub message: String,
    /// Who said it; may be empty.
    pub reporter: String,
}

impl Ticket {
    /// Whether work may still be done: anything but CLOSED.
    pub fn is_live(&self) -> bool {
        self.status != TicketStatus::Closed
    }

    /// The reporter whose silence it is about, where it is about one.
    pub fn silent_reporter(&self) -> Option<&str> {
        let cause = self.cause.as_ref().filter(|cause| cause.status != Status::Down);
        cause.map(|cause| cause.reporter.as_str()).filter(|reporter| !reporter.is_empty())
    }

    /// Whether somebody must answer now and nobody does: what is critical is not left until its clock is near.
    pub fn calls_for_somebody(&self) -> bool {
        self.priority == Priority::Critical && self.status == TicketStatus::Open && self.assignee.is_none()
    }

    /// When the next of its running clocks runs out.
    pub fn next_due(&self) -> Option<Timestamp> {
        ClockKind::ALL.into_iter().filter_map(|kind| self.clocks.get(kind).due()).min()
    }

    /// Whether one of its running clocks has run out.
    pub fn is_breaching(&self, now: Timestamp) -> bool {
        self.is_live() && ClockKind::ALL.into_iter().any(|kind| self.clocks.get(kind).is_over(now))
    }

    /// Sorts by what needs a person first: live ones, those whose clock ran out, by priority, by what is due next.
    pub fn urgency(&self, now: Timestamp) -> Urgency {
        (
            !self.is_live(),
            !self.is_breaching(now),
            std::cmp::Reverse(self.priority),
            self.next_due().unwrap_or(Timestamp::from_ms(i64::MAX)),
            self.number,
        )
    }

    /// Whether `id` works on it.
    pub fn is_assigned_to(&self, id: &UserId) -> bool {
        self.assignee.as_ref().is_some_and(|(who, _)| who == id)
    }

    /// Whether `id` asked for it.
    pub fn is_requested_by(&self, id: &UserId) -> bool {
        matches!(&self.requester, Actor::User { id: who, .. } if who == id)
    }
}

/// What [`Ticket::urgency`] sorts by; the least is the most urgent.
pub type Urgency = (bool, bool, std::cmp::Reverse<Priority>, Timestamp, u64);

/// One line of a ticket's history. Never changed, never removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 1 within the ticket.
    pub index: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// In which role or group he acted, in words; empty where no role was needed.
    pub acted_as: String,
    /// The ticket's version after it.
    pub version: u64,
    /// What happened.
    pub kind: EntryKind,
    /// The declaration that allowed it, when one did: a line of the ticket's own revision.
    pub allowed_by: Option<Place>,
    /// Commit in force at that moment.
    pub revision: Option<String>,
    /// By what right, as it was decided then; none for what was written down before this was kept.
    pub grant: Option<Grant>,
}

/// What happened to a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// It was opened.
    Opened,
    /// It moved.
    Moved {
        /// From.
        from: TicketStatus,
        /// To.
        to: TicketStatus,
        /// Said with the move; may be empty.
        comment: String,
    },
    /// It changed hands. Names as shown; none is nobody.
    Assigned {
        /// Before.
        from: Option<String>,
        /// After.
        to: Option<String>,
    },
    /// It changed hands with a note, or another group got it. Names as shown; none is nobody.
    HandedOver {
        /// Before.
        from: Option<String>,
        /// After.
        to: Option<String>,
        /// The group that has it now, when that changed.
        group: Option<String>,
        /// Said with it; may be empty.
        note: String,
    },
    /// Its priority changed.
    Prioritised {
        /// Before.
        from: Priority,
        /// After.
        to: Priority,
    },
    /// Somebody said something.
    Commented {
        /// Cleaned text.
        text: String,
    },
    /// A promise was broken. Told once for each promise; the version stays.
    Breached {
        /// Which promise.
        clock: ClockKind,
        /// When it ran out.
        since: Timestamp,
    },
}

impl EntryKind {
    /// What was said with it; empty for most.
    pub fn said(&self) -> &str {
        match self {
            Self::Moved { comment: text, .. } | Self::HandedOver { note: text, .. } | Self::Commented { text } => text,
            Self::Opened | Self::Assigned { .. } | Self::Prioritised { .. } | Self::Breached { .. } => "",
        }
    }
}
