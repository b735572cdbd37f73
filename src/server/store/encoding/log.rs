//! The ordered log: one fact a row.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Stored, attention::*, health::*, sla::*, source::*, tickets::*};
use crate::domain::{
    attention::{Concern, Handled, Lapse, Subject},
    change::Fact,
    estate::SourceSummary,
    health::{Backup, Health, Service, Status, Storage},
    hierarchy::ServicePath,
    sla::{ExclusionWindow, SlaGroup},
    tickets::{Entry, Ticket},
};

/// The written form of [`Fact`]; tags are the fact's words.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the form of the fact of the same name")]
pub enum FactForm {
    ServiceDeclared(Box<ServiceForm>),
    ServiceRetired(String),
    HealthChanged { path: String, was: String, health: HealthForm },
    StorageChanged { path: String, storage: StorageForm },
    BackupChanged { path: String, backup: BackupForm },
    TicketChanged { ticket: Box<TicketForm>, entry: Box<EntryForm> },
    BudgetChanged(Box<SlaGroupForm>),
    BudgetRemoved(String),
    WindowChanged(Box<ExclusionWindowForm>),
    ProblemHandled(Box<HandledForm>),
    HandlingLapsed { subject: SubjectForm, concern: String, why: String },
    ReceiversChanged(Vec<FailingReceiverForm>),
    SourceRead(Box<SourceSummaryForm>),
}

impl Stored for Fact {
    type Form = FactForm;

    fn form(&self) -> FactForm {
        match self {
            Self::ServiceDeclared(service) => FactForm::ServiceDeclared(Box::new(service.form())),
            Self::ServiceRetired(path) => FactForm::ServiceRetired(path.form()),
            Self::HealthChanged { path, was, health } => {
                FactForm::HealthChanged { path: path.form(), was: was.form(), health: health.form() }
            }
            Self::StorageChanged { path, storage } => {
                FactForm::StorageChanged { path: path.form(), storage: storage.form() }
            }
            Self::BackupChanged { path, backup } => {
                FactForm::BackupChanged { path: path.form(), backup: backup.form() }
            }
            Self::TicketChanged { ticket, entry } => {
                FactForm::TicketChanged { ticket: Box::new(ticket.form()), entry: Box::new(entry.form()) }
            }
            Self::BudgetChanged(group) => FactForm::BudgetChanged(Box::new(group.form())),
            Self::BudgetRemoved(name) => FactForm::BudgetRemoved(name.clone()),
            Self::WindowChanged(window) => FactForm::WindowChanged(Box::new(window.form())),
            Self::ProblemHandled(handled) => FactForm::ProblemHandled(Box::new(handled.form())),
            Self::HandlingLapsed { subject, concern, why } => {
                FactForm::HandlingLapsed { subject: subject.form(), concern: concern.form(), why: why.form() }
            }
            Self::ReceiversChanged(failing) => FactForm::ReceiversChanged(failing.form()),
            Self::SourceRead(source) => FactForm::SourceRead(Box::new(source.form())),
        }
    }

    fn back(form: FactForm) -> Result<Self, String> {
        Ok(match form {
            FactForm::ServiceDeclared(service) => Self::ServiceDeclared(Arc::new(Service::back(*service)?)),
            FactForm::ServiceRetired(path) => Self::ServiceRetired(ServicePath::back(path)?),
            FactForm::HealthChanged { path, was, health } => Self::HealthChanged {
                path: ServicePath::back(path)?,
                was: Status::back(was)?,
                health: Health::back(health)?,
            },
            FactForm::StorageChanged { path, storage } => {
                Self::StorageChanged { path: ServicePath::back(path)?, storage: Storage::back(storage)? }
            }
            FactForm::BackupChanged { path, backup } => {
                Self::BackupChanged { path: ServicePath::back(path)?, backup: Backup::back(backup)? }
            }
            FactForm::TicketChanged { ticket, entry } => {
                Self::TicketChanged { ticket: Box::new(Ticket::back(*ticket)?), entry: Box::new(Entry::back(*entry)?) }
            }
            FactForm::BudgetChanged(group) => Self::BudgetChanged(Box::new(SlaGroup::back(*group)?)),
            FactForm::BudgetRemoved(name) => Self::BudgetRemoved(name),
            FactForm::WindowChanged(window) => Self::WindowChanged(Box::new(ExclusionWindow::back(*window)?)),
            FactForm::ProblemHandled(handled) => Self::ProblemHandled(Box::new(Handled::back(*handled)?)),
            FactForm::HandlingLapsed { subject, concern, why } => Self::HandlingLapsed {
                subject: Subject::back(subject)?,
                concern: Concern::back(concern)?,
                why: Lapse::back(why)?,
            },
            FactForm::ReceiversChanged(failing) => Self::ReceiversChanged(Vec::back(failing)?),
            FactForm::SourceRead(source) => Self::SourceRead(Box::new(SourceSummary::back(*source)?)),
        })
    }
}
