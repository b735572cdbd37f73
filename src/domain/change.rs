//! Facts that became true. The stream carries them, replicas apply them.

use std::{fmt, sync::Arc};

use crate::domain::{
    access::UserId,
    attention::{Concern, Handled, Lapse, Subject, telling::FailingReceiver},
    estate::SourceSummary,
    health::{Backup, Health, Service, Status, Storage},
    hierarchy::ServicePath,
    sla::{ExclusionWindow, SlaGroup, WindowScope},
    tickets::{Entry, Ticket},
    time::Timestamp,
};

/// Place of a change in the one ordered log. Counted from 1 within an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

impl Seq {
    /// The one after this.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Who caused a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Somebody signed in.
    User {
        /// Identity.
        id: UserId,
        /// Login name.
        name: String,
    },
    /// A reporter, by the name of its key or agent.
    Reporter(String),
    /// The repository, at a commit when there is one.
    Git(Option<String>),
    /// The core itself.
    System,
}

impl Actor {
    /// The name to show.
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::Reporter(name) => name,
            Self::Git(_) => "git",
            Self::System => "system",
        }
    }
}

/// Something that became true, at its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Place in the log.
    pub seq: Seq,
    /// When the core accepted it.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// What is true now.
    pub fact: Fact,
}

/// What became true. Each carries the whole new value of what it names, so applying it twice does no harm.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A service appeared or its description changed.
    ServiceDeclared(Arc<Service>),
    /// A service is no longer declared: out of the tree, history kept.
    ServiceRetired(ServicePath),
    /// A status, its reason or its silence changed.
    HealthChanged {
        /// Which service.
        path: ServicePath,
        /// What it was before.
        was: Status,
        /// How it is now.
        health: Health,
    },
    /// A storage report changed something.
    StorageChanged {
        /// Which service.
        path: ServicePath,
        /// As reported.
        storage: Storage,
    },
    /// A backup report came, or a backup became overdue.
    BackupChanged {
        /// Which service.
        path: ServicePath,
        /// Duty and reports.
        backup: Backup,
    },
    /// A ticket was opened or changed.
    TicketChanged {
        /// As it is now.
        ticket: Box<Ticket>,
        /// What happened to it.
        entry: Box<Entry>,
    },
    /// Figures of an SLA group moved.
    BudgetChanged(Box<SlaGroup>),
    /// An SLA group is gone; the past stays.
    BudgetRemoved(String),
    /// An exclusion window was opened or stopped.
    WindowChanged(Box<ExclusionWindow>),
    /// Somebody acknowledged or snoozed a problem.
    ProblemHandled(Box<Handled>),
    /// What somebody said about a problem no longer holds.
    HandlingLapsed {
        /// About what.
        subject: Subject,
        /// In which respect.
        concern: Concern,
        /// Why.
        why: Lapse,
    },
    /// Which receivers do not take what they are told; all of them.
    ReceiversChanged(Vec<FailingReceiver>),
    /// The repository was read; what takes effect from it travels along.
    SourceRead(Box<SourceSummary>),
}

impl Fact {
    /// Stable word for filters and the API.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ServiceDeclared(_) => "service_declared",
            Self::ServiceRetired(_) => "service_retired",
            Self::HealthChanged { .. } => "health_changed",
            Self::StorageChanged { .. } => "storage_changed",
            Self::BackupChanged { .. } => "backup_changed",
            Self::TicketChanged { .. } => "ticket_changed",
            Self::BudgetChanged(_) => "budget_changed",
            Self::BudgetRemoved(_) => "budget_removed",
            Self::WindowChanged(_) => "window_changed",
            Self::ProblemHandled(_) => "problem_handled",
            Self::HandlingLapsed { .. } => "handling_lapsed",
            Self::ReceiversChanged(_) => "receivers_changed",
            Self::SourceRead(_) => "source_read",
        }
    }

    /// The service it is about, if it is about one.
    pub fn service(&self) -> Option<&ServicePath> {
        match self {
            Self::ServiceDeclared(service) => Some(&service.path),
            Self::ServiceRetired(path)
            | Self::HealthChanged { path, .. }
            | Self::StorageChanged { path, .. }
            | Self::BackupChanged { path, .. } => Some(path),
            Self::TicketChanged { ticket, .. } => ticket.service.as_ref(),
            Self::WindowChanged(window) => match &window.scope {
                WindowScope::Service(path) => Some(path),
                WindowScope::Node(_) | WindowScope::Group(_) => None,
            },
            Self::ProblemHandled(handled) => handled.subject.service(),
            Self::HandlingLapsed { subject, .. } => subject.service(),
            Self::BudgetChanged(_) | Self::BudgetRemoved(_) | Self::ReceiversChanged(_) | Self::SourceRead(_) => None,
        }
    }
}
