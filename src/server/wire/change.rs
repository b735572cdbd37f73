//! Changes of the log.

use async_graphql::{Json, SimpleObject};
use serde::Serialize;

use super::{
    Time,
    attention::{FailingReceiverView, HandledView, SubjectView},
    gitops::SourceView,
    health::{BackupView, HealthView, ServiceView, StorageView},
    sla::BudgetGroupView,
    tickets::{ActorView, EntryView, TicketView},
    windows::WindowView,
};
use crate::domain::change::{Change, Fact};

/// Something that became true, at its place in the log.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Change")]
pub struct ChangeView {
    /// Place in the log; digits, because it may pass what other languages count exactly.
    seq: String,
    /// When the core accepted it.
    at: Time,
    /// Who caused it.
    actor: ActorView,
    /// What kind of fact: `service_declared`, `service_retired`, `health_changed`, `storage_changed`,
    /// `backup_changed`, `ticket_changed`, `budget_changed`, `budget_removed`, `window_changed`,
    /// `problem_handled`, `handling_lapsed`, `receivers_changed` or `source_read`.
    kind: &'static str,
    /// The whole new value of what it names, in the shape of the same type here.
    fact: Json<FactView>,
}

/// What became true.
#[derive(Serialize)]
#[serde(untagged)]
pub enum FactView {
    /// A service as it is described now.
    Service(Box<ServiceView>),
    /// A service that is gone.
    Path {
        /// Which.
        path: String,
    },
    /// How a service is.
    Health {
        /// Which.
        path: String,
        /// What it was before.
        was: &'static str,
        /// How it is now.
        health: Box<HealthView>,
    },
    /// A storage report.
    Storage {
        /// Of which service.
        path: String,
        /// As reported.
        storage: StorageView,
    },
    /// A backup report.
    Backup {
        /// Of which service.
        path: String,
        /// Duty and reports.
        backup: BackupView,
    },
    /// A ticket.
    Ticket {
        /// As it is now.
        ticket: Box<TicketView>,
        /// What happened to it.
        entry: Box<EntryView>,
    },
    /// An SLA group's figures.
    Budget(Box<BudgetGroupView>),
    /// An SLA group that is gone.
    Name {
        /// Which.
        name: String,
    },
    /// An exclusion window.
    Window(Box<WindowView>),
    /// A problem that somebody acknowledged or snoozed.
    Handled(Box<HandledView>),
    /// What was said about a problem no longer holds.
    Lapsed {
        /// About what.
        subject: SubjectView,
        /// In which respect.
        concern: &'static str,
        /// `ended`, `worse`, `over` or `withdrawn`.
        why: &'static str,
    },
    /// Receivers that do not take what they are told.
    Receivers {
        /// All of them.
        failing: Vec<FailingReceiverView>,
    },
    /// The repository.
    Source(Box<SourceView>),
}

impl From<&Change> for ChangeView {
    fn from(c: &Change) -> Self {
        Self {
            seq: c.seq.to_string(),
            at: Time(c.at),
            actor: c.actor.clone().into(),
            kind: c.fact.word(),
            fact: Json(FactView::from(&c.fact)),
        }
    }
}

impl From<&Fact> for FactView {
    fn from(fact: &Fact) -> Self {
        let text = |path: &crate::domain::hierarchy::ServicePath| path.as_str().to_owned();
        match fact {
            Fact::ServiceDeclared(service) => Self::Service(Box::new((**service).clone().into())),
            Fact::ServiceRetired(path) => Self::Path { path: text(path) },
            Fact::HealthChanged { path, was, health } => {
                Self::Health { path: text(path), was: was.word(), health: Box::new(health.clone().into()) }
            }
            Fact::StorageChanged { path, storage } => {
                Self::Storage { path: text(path), storage: storage.clone().into() }
            }
            Fact::BackupChanged { path, backup } => Self::Backup { path: text(path), backup: backup.clone().into() },
            Fact::TicketChanged { ticket, entry } => {
                Self::Ticket { ticket: Box::new((**ticket).clone().into()), entry: Box::new((**entry).clone().into()) }
            }
            Fact::BudgetChanged(group) => Self::Budget(Box::new((**group).clone().into())),
            Fact::BudgetRemoved(name) => Self::Name { name: name.clone() },
            Fact::WindowChanged(window) => Self::Window(Box::new((**window).clone().into())),
            Fact::ProblemHandled(handled) => Self::Handled(Box::new((**handled).clone().into())),
            Fact::HandlingLapsed { subject, concern, why } => {
                Self::Lapsed { subject: subject.clone().into(), concern: concern.word(), why: why.word() }
            }
            Fact::ReceiversChanged(failing) => {
                Self::Receivers { failing: failing.iter().cloned().map(Into::into).collect() }
            }
            Fact::SourceRead(source) => Self::Source(Box::new((**source).clone().into())),
        }
    }
}
