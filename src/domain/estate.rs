//! The estate: everything that is live now. The core's picture and a console's replica are the same type and
//! apply Changes by the same rule.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{
    access::AuthProvider,
    attention::{Handled, ProblemKey, telling::FailingReceiver},
    change::{Change, Fact, Seq},
    detail::Commit,
    gitops::Severity,
    health::Services,
    hierarchy::ServicePath,
    sla::{ExclusionWindow, SlaGroup},
    tickets::{Catalog, Group, Ticket, Workflow},
    time::Timestamp,
};

/// What a reader needs of the repository to decide who may do what, and to know its age.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceSummary {
    /// Commit in force; none outside git.
    pub revision: Option<String>,
    /// What that commit says of itself, where git tells.
    pub commit: Option<Commit>,
    /// When what is in force was read.
    pub read_at: Timestamp,
    /// When the source was last looked at, whatever came of it. It moves without a Change of its own and travels with
    /// the next one.
    pub checked_at: Timestamp,
    /// Files looked at.
    pub files: u32,
    /// Errors and warnings.
    pub errors: u32,
    /// Warnings.
    pub warnings: u32,
    /// Why the newest reading was rejected, or why nothing could be read; what was accepted before stays in force.
    pub rejected: Option<String>,
    /// Deletions that the newest reading asked for and safety holds back.
    pub held: u32,
    /// `ticketing.org`.
    pub org: String,
    /// By full name.
    pub workflows: BTreeMap<String, Arc<Workflow>>,
    /// Categories and items.
    pub catalog: Catalog,
    /// By full name.
    pub groups: BTreeMap<String, Group>,
    /// Ways to sign in.
    pub providers: Vec<AuthProvider>,
}

impl SourceSummary {
    /// The worst severity among its faults.
    pub const fn worst(&self) -> Option<Severity> {
        if self.errors > 0 {
            Some(Severity::Error)
        } else if self.warnings > 0 {
            Some(Severity::Warning)
        } else {
            None
        }
    }
}

/// Everything that is live.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estate {
    /// Services in the tree, by path.
    pub services: Services,
    /// Tickets, live ones and recently closed ones, by number.
    pub tickets: BTreeMap<u64, Ticket>,
    /// SLA groups by short name.
    pub budgets: BTreeMap<String, SlaGroup>,
    /// Exclusion windows by number: open, planned, and as far back as lines of statuses are kept.
    pub windows: BTreeMap<u64, ExclusionWindow>,
    /// Problems that somebody acknowledged or snoozed.
    pub handled: BTreeMap<ProblemKey, Handled>,
    /// Receivers that do not take what they are told.
    pub failing_receivers: Vec<FailingReceiver>,
    /// The repository in force.
    pub source: SourceSummary,
    /// Whether histories in it were made up for a demonstration.
    pub simulated: bool,
    /// Names of environments that count as production.
    pub production: Vec<String>,
}

/// The estate as it was at one place of one log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Names the log; a restored database starts a new one.
    pub epoch: String,
    /// The last change that is in it.
    pub seq: Seq,
    /// The core's clock when it was taken.
    pub at: Timestamp,
    /// What was true.
    pub estate: Estate,
}

impl Estate {
    /// Make `change` true. Applying the same change again changes nothing.
    pub fn apply(&mut self, change: &Change) {
        match &change.fact {
            Fact::ServiceDeclared(service) => {
                self.services.insert(service.clone());
            }
            Fact::ServiceRetired(path) => {
                self.services.remove(path);
            }
            Fact::HealthChanged { path, health, .. } => {
                if let Some(service) = self.services.get_mut(path) {
                    service.health = health.clone();
                }
            }
            Fact::StorageChanged { path, storage } => {
                if let Some(service) = self.services.get_mut(path) {
                    service.storage = Some(storage.clone());
                }
            }
            Fact::BackupChanged { path, backup } => {
                if let Some(service) = self.services.get_mut(path) {
                    service.backup = Some(backup.clone());
                }
            }
            Fact::TicketChanged { ticket, .. } => {
                self.tickets.insert(ticket.number, (**ticket).clone());
            }
            Fact::BudgetChanged(group) => {
                self.budgets.insert(group.name.clone(), (**group).clone());
            }
            Fact::BudgetRemoved(name) => {
                self.budgets.remove(name);
            }
            Fact::WindowChanged(window) => {
                self.windows.insert(window.id, (**window).clone());
            }
            Fact::ProblemHandled(handled) => {
                self.handled.insert(handled.key(), (**handled).clone());
            }
            Fact::HandlingLapsed { subject, concern, .. } => {
                self.handled.remove(&(subject.clone(), *concern));
            }
            Fact::ReceiversChanged(failing) => self.failing_receivers.clone_from(failing),
            Fact::SourceRead(source) => self.source = (**source).clone(),
        }
    }

    /// Exclusion windows in force at `now`.
    pub fn active_windows(&self, now: Timestamp) -> Vec<&ExclusionWindow> {
        self.windows.values().filter(|window| window.is_active(now)).collect()
    }

    /// Whether `environment` counts as production.
    pub fn is_production(&self, path: &ServicePath) -> bool {
        self.production.iter().any(|name| name == path.environment())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        change::Actor,
        health::{Health, Status},
        samples,
    };

    fn change(seq: u64, fact: Fact) -> Change {
        Change { seq: Seq(seq), at: Timestamp::default(), actor: Actor::System, fact }
    }

    fn down(path: &str) -> Fact {
        let path = ServicePath::repair(path).path;
        Fact::HealthChanged {
            path,
            was: Status::Operational,
            health: Health { status: Status::Down, ..Health::default() },
        }
    }

    #[test]
    fn applying_a_change_again_changes_nothing() {
        let db = samples::service("acme/shop/prod/eu-1/db", Status::Operational);
        let changes = [
            change(1, Fact::ServiceDeclared(Arc::new(db.clone()))),
            change(2, down(db.path.as_str())),
            change(3, Fact::SourceRead(Box::new(SourceSummary { files: 3, ..SourceSummary::default() }))),
            change(4, Fact::ServiceRetired(db.path.clone())),
        ];
        let mut estate = Estate::default();
        for change in &changes {
            estate.apply(change);
            let once = estate.clone();
            estate.apply(change);
            assert_eq!(estate, once, "{}", change.fact.word());
        }
        assert!(estate.services.is_empty());
        assert_eq!(estate.source.files, 3);
    }

    #[test]
    fn health_of_a_service_that_is_gone_does_not_revive_it() {
        let mut estate = Estate::default();
        estate.apply(&change(1, down("acme/shop/prod/eu-1/db")));
        assert_eq!(estate, Estate::default());
    }

    #[test]
    fn a_change_touches_only_what_it_names() {
        let mut estate = Estate::default();
        for name in ["db", "api"] {
            let service = samples::service(&format!("acme/shop/prod/eu-1/{name}"), Status::Operational);
            estate.apply(&change(1, Fact::ServiceDeclared(Arc::new(service))));
        }
        estate.apply(&change(2, down("acme/shop/prod/eu-1/db")));
        let statuses: Vec<Status> = estate.services.values().map(|s| s.health.status).collect();
        assert_eq!(statuses, [Status::Operational, Status::Down]);
    }

    #[test]
    fn production_is_an_exact_name_of_an_environment() {
        let estate = Estate { production: vec!["prod".to_owned()], ..Estate::default() };
        let is = |path: &str| estate.is_production(&ServicePath::repair(path).path);
        assert!(is("acme/shop/prod/eu-1/db"));
        assert!(!is("acme/shop/preprod/eu-1/db") && !is("prod/prod/dev/prod/prod"));
    }
}
