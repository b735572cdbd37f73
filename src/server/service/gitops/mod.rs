//! What the repository declares becomes true: planned first, then carried out step by step in one transaction. Nothing
//! is deleted on the word of a source that is empty, broken or not there.
//!
//! Start at [`Core::accept_repository`]. [`prepare`] works out what a reading means while nobody waits, [`carry`] makes it
//! true in the writer, [`desk`] reads the source when asked, [`templates`] is what was imported instead of declared.

mod carry;
mod desk;
mod prepare;
mod templates;
mod upgrade;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

pub(super) use desk::Desk;
pub use desk::{Reloaded, Sourced};
use prepare::Prepared;
pub use templates::{Imported, Importer};
pub(super) use upgrade::derived;

use super::{Core, Failure, sla};
use crate::{
    domain::{
        detail::DeclaredIndex,
        gitops::{DeclaredKind, Fault, Live, LiveTicket, Plan, Reconciled, Repository, Severity, SourceFile, State},
        health::Status,
        hierarchy::ServicePath,
        time::Timestamp,
    },
    gitops,
};

/// What became of a reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accepted {
    /// What was done and what was held; no step when it was rejected.
    pub plan: Plan,
    /// Why nothing was done, when it was rejected.
    pub rejected: Option<String>,
}

impl Core {
    /// Make a repository true: exactly the steps of the plan that are not held. Errors in ticketing or auth keep all of
    /// what was accepted before, and say so in the estate.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn accept_repository(&self, repository: Repository) -> Result<Accepted, Failure> {
        let _turn = self.0.desk.accepting.lock().await;
        let shared = &self.0.shared;
        let (before, reading, live) = (shared.state(), shared.reading(), self.live().await);
        let old = reading.clone();
        let last = std::mem::take(&mut *self.0.desk.last());
        let prepared = tokio::task::spawn_blocking(move || Prepared::of(repository, before, &reading, &live, last));
        let (prepared, last) = prepared.await.map_err(|e| Failure::Fault(format!("planning a reading: {e}")))?;
        *self.0.desk.last() = last;
        let mut left = self.0.write(move |batch| carry::out(batch, prepared)).await?;
        self.0.desk.failed.store(false, Ordering::Release);
        let accepted = Accepted { plan: std::mem::take(&mut left.plan), rejected: left.rejected.take() };
        drop(tokio::task::spawn_blocking(move || drop((left, old))));
        Ok(accepted)
    }

    /// The source is missing, unreadable or empty: nothing is deleted, and the estate says so until it is read again.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn source_failed(&self, reason: String) -> Result<(), Failure> {
        let _turn = self.0.desk.accepting.lock().await;
        self.0.desk.failed.store(true, Ordering::Release);
        self.0
            .write(move |batch| {
                carry::nothing(batch, reason);
                Ok(())
            })
            .await
    }

    /// Everything declared, every file and every fault of the newest reading.
    pub async fn declared(&self) -> Arc<DeclaredIndex> {
        self.0.shared.reading().index
    }

    /// The redacted text of a file of ours.
    pub async fn source(&self, file: &str) -> Option<SourceFile> {
        self.0.shared.reading().sources.get(file).cloned()
    }

    /// What is declared and in force.
    pub fn state(&self) -> Arc<State> {
        self.0.shared.state()
    }

    /// What lives on the declared state now.
    pub async fn live(&self) -> Live {
        let ticket = |t: &crate::domain::tickets::Ticket| LiveTicket {
            number: t.number,
            service: t.service.clone(),
            workflow: t.workflow.name.as_str().to_owned(),
            item: t.item.clone(),
            group: t.assignee_group.clone(),
        };
        let is_open = |t: &&crate::domain::tickets::Ticket| t.status != crate::domain::tickets::TicketStatus::Closed;
        let tickets = self.read(|estate| estate.tickets.values().filter(is_open).map(ticket).collect()).await;
        Live { tickets, logins: self.0.auth.logins() }
    }

    /// What reconciling did, newest first.
    ///
    /// # Errors
    /// A fault when it cannot be read.
    pub async fn reconciles(&self, limit: usize) -> Result<Vec<Reconciled>, Failure> {
        self.0.store.reconciles(limit).await.map_err(Failure::Fault)
    }

    /// Write a past that was made up, for a demonstration only. Marks the estate as simulated for good. How services are
    /// now stays as reported.
    ///
    /// # Errors
    /// `invalid` for a point of an unknown service or of the future.
    pub async fn backfill(&self, points: Vec<(ServicePath, Timestamp, Status, String)>) -> Result<(), Failure> {
        self.0.write(move |batch| sla::backfill(batch, points)).await
    }
}

/// The first error that touches ticketing or auth: with it nothing of the reading takes effect.
pub(super) fn fatal(repository: &Repository) -> Option<&Fault> {
    gitops::stopping(repository).into_iter().next()
}

/// The first error in a file that declared ticketing or auth before. A file that does not parse any more says nothing of
/// what it was for.
fn fatal_over<'r>(repository: &'r Repository, before: &State) -> Option<&'r Fault> {
    use DeclaredKind::{Category, Group, Item, Provider, Workflow};
    let of_note = |kind| matches!(kind, Category | Group | Item | Provider | Workflow);
    let things = before.things.iter().filter(|((kind, _), _)| of_note(*kind));
    let files: BTreeSet<&str> = things.filter_map(|(_, thing)| Some(&*thing.place.as_ref()?.file)).collect();
    let errors = repository.faults.iter().filter(|fault| fault.severity == Severity::Error);
    fatal(repository).or_else(|| errors.into_iter().find(|fault| files.contains(&*fault.place.file)))
}

/// A fault as one line.
pub(super) fn said(fault: &Fault) -> String {
    format!("{}:{} {} {}", fault.place.file, fault.place.line, fault.code.code(), fault.message)
}
