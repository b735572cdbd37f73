//! What reporters say services are, kept beside what is declared of them: a restart must not forget it, and a retired
//! service that is still reported must be seen.

use super::{Core, Failure, batch::Batch};
use crate::domain::{
    gitops::{
        Drift,
        drift::{Heard, RetiredReport, drift},
    },
    health::report::HealthReport,
    hierarchy::ServicePath,
    time::Timestamp,
};

/// Note what a report says of its service at `at`, the moment it speaks of. Written down only when it says something else
/// than before; a reporter that says nothing of it does not outdo one that did.
pub fn note(batch: &mut Batch<'_>, reporter: &str, report: &HealthReport, at: Timestamp) {
    put(batch, Heard::of(report, reporter, at));
}

/// Note what a reporter says of a service without saying how it is: whether its workload was found stays as it last said.
pub fn note_description(batch: &mut Batch<'_>, reporter: &str, report: &HealthReport) {
    let known = batch.truth.heard.get(&report.path).filter(|known| known.reporter == reporter);
    let workload_found = known.and_then(|known| known.workload_found);
    put(batch, Heard { workload_found, ..Heard::of(report, reporter, batch.now) });
}

/// Note that somebody speaks of a service without saying what it is.
pub fn note_reporter(batch: &mut Batch<'_>, reporter: &str, path: &ServicePath) {
    let heard = Heard {
        path: path.clone(),
        reporter: reporter.to_owned(),
        at: batch.now,
        display_name: None,
        kind: None,
        sla_group: None,
        criticality: None,
        tags: Vec::new(),
        workload_found: None,
    };
    put(batch, heard);
}

fn put(batch: &mut Batch<'_>, heard: Heard) {
    if let Some(known) = batch.truth.heard.get(&heard.path) {
        let says_the_same = Heard { at: heard.at, ..known.clone() } == heard;
        if says_the_same || (known.reporter != heard.reporter && says_nothing(&heard)) {
            return;
        }
    }
    let body = batch.text(&heard);
    batch.rows.heard.insert(heard.path.as_str().to_owned(), Some(body));
    batch.truth.heard.insert(heard.path.clone(), heard);
}

const fn says_nothing(heard: &Heard) -> bool {
    heard.display_name.is_none()
        && heard.kind.is_none()
        && heard.sla_group.is_none()
        && heard.criticality.is_none()
        && heard.tags.is_empty()
        && heard.workload_found.is_none()
}

/// Nobody has spoken of it since now.
pub fn forget(batch: &mut Batch<'_>, path: &ServicePath) {
    if batch.truth.heard.remove(path).is_some() {
        batch.rows.heard.insert(path.as_str().to_owned(), None);
    }
}

/// Retired services of which nobody has spoken since `before` are no news any more.
pub fn forget_silent(batch: &mut Batch<'_>, before: Timestamp) {
    let silent = batch.truth.retired.iter().filter(|(_, service)| service.health.last_seen < Some(before));
    for path in silent.map(|(path, _)| path.clone()).collect::<Vec<_>>() {
        forget(batch, &path);
    }
}

/// A retired service was reported. Nothing of it comes back to life.
pub fn of_retired(batch: &mut Batch<'_>, path: &ServicePath, at: Timestamp) {
    let id = batch.id_of(path);
    batch.truth.session.unflushed.insert(id, at.ms());
    if let Some(service) = batch.truth.retired.get_mut(path) {
        service.health.last_seen = service.health.last_seen.max(Some(at));
    }
}

impl Core {
    /// Every service on both axes: is it declared, and does it run as declared? Those that need somebody first.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn drift(&self) -> Result<Vec<Drift>, Failure> {
        let services = self.read(|estate| estate.services.clone()).await;
        let (heard, retired) = self
            .0
            .write(|batch| {
                let truth = &batch.truth;
                let retired = truth.retired.iter().filter_map(|(path, service)| {
                    let heard = truth.heard.get(path)?;
                    Some(RetiredReport {
                        path: path.clone(),
                        reporter: heard.reporter.clone(),
                        at: service.health.last_seen.unwrap_or(heard.at),
                        place: service.declared_at.clone(),
                    })
                });
                let retired: Vec<RetiredReport> = retired.collect();
                Ok((truth.heard.clone(), retired))
            })
            .await?;
        let held = tokio::task::spawn_blocking(move || drift(services.values(), &heard, &retired));
        held.await.map_err(|e| Failure::Fault(format!("comparing declared and running: {e}")))
    }
}
