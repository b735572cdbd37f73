//! What reporters say services are, kept beside what is declared of them: a restart must not forget it, and a retired
//! service that is still reported must be seen.

use super::{Core, Failure, batch::Batch};
use crate::{
    domain::{
        gitops::{Drift, IsDeclared, Running},
        health::{Origin, Status, report::HealthReport},
        hierarchy::ServicePath,
        time::Timestamp,
    },
    server::store::declared::Heard,
};

/// Note what a report says of its service. Written down only when it says something else than before.
pub fn note(batch: &mut Batch<'_>, reporter: &str, origin: Origin, report: &HealthReport) {
    let is_missing = origin == Origin::Agent && report.status == Status::Unknown && report.replicas.is_none();
    let heard = Heard {
        reporter: reporter.to_owned(),
        at: batch.now,
        kind: report.kind.clone(),
        sla_group: report.sla_group.clone(),
        tags: report.tags.clone(),
        criticality: report.criticality,
        is_missing,
    };
    put(batch, &report.path, heard);
}

/// Note that somebody speaks of a service without saying what it is.
pub fn note_reporter(batch: &mut Batch<'_>, reporter: &str, path: &ServicePath) {
    if batch.truth.heard.contains_key(path) {
        return;
    }
    let heard = Heard {
        reporter: reporter.to_owned(),
        at: batch.now,
        kind: None,
        sla_group: None,
        tags: Vec::new(),
        criticality: None,
        is_missing: false,
    };
    put(batch, path, heard);
}

fn put(batch: &mut Batch<'_>, path: &ServicePath, heard: Heard) {
    if batch.truth.heard.get(path).is_some_and(|known| Heard { at: heard.at, ..known.clone() } == heard) {
        return;
    }
    let body = batch.text(&heard);
    batch.rows.heard.insert(path.as_str().to_owned(), Some(body));
    batch.truth.heard.insert(path.clone(), heard);
}

/// Nobody has spoken of it since now.
pub fn forget(batch: &mut Batch<'_>, path: &ServicePath) {
    if batch.truth.heard.remove(path).is_some() {
        batch.rows.heard.insert(path.as_str().to_owned(), None);
    }
}

/// A retired service was reported: when, and by whom. Nothing of it comes back to life.
pub fn of_retired(batch: &mut Batch<'_>, path: &ServicePath, at: Timestamp) {
    let id = batch.id_of(path);
    batch.truth.session.unflushed.insert(id, at.ms());
    if let Some(service) = batch.truth.retired.get_mut(path) {
        service.health.last_seen = service.health.last_seen.max(Some(at));
    }
}

impl Core {
    /// Every service on both axes: is it declared, and does it run as declared?
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn drift(&self) -> Result<Vec<Drift>, Failure> {
        self.0
            .write(|batch| {
                let heard = batch.truth.heard.iter();
                let retired = heard.filter_map(|(path, heard)| {
                    let service = batch.truth.retired.get(path)?;
                    Some(Drift {
                        path: path.clone(),
                        declared: IsDeclared::Retired,
                        running: Running::AsDeclared,
                        reporter: Some(heard.reporter.clone()),
                        last_seen: service.health.last_seen,
                        place: service.declared_at.clone(),
                    })
                });
                Ok(retired.collect())
            })
            .await
    }
}
