//! Storage and backup reports.

use super::{BackupTarget, Core, Failure, Reception, batch::Batch, health::blank, heard};
use crate::domain::{
    change::{Actor, Fact},
    gitops::DeclaredKind,
    health::{BackupOutcome, Origin, Service, Storage},
    hierarchy::ServicePath,
    refusal::{Refusal, RefusalCode},
    time::{MINUTE, Timestamp},
};

/// A storage report with the same figures is news again after so many milliseconds: its age is shown.
const SAME_STORAGE_MS: i64 = 5 * MINUTE;

/// What a backup report says.
struct Said {
    outcome: BackupOutcome,
    size: Option<u64>,
    message: String,
    at: Timestamp,
}

impl Core {
    /// A storage push. Makes the service when nobody knows it, and gives it the tag `storage`.
    ///
    /// # Errors
    /// `too_many` past the cap on new services.
    pub async fn report_storage(
        &self,
        reporter: &str,
        path: ServicePath,
        storage: Storage,
    ) -> Result<Reception, Failure> {
        let key = reporter.to_owned();
        self.0
            .write(move |batch| {
                let actor = Actor::Reporter(key.clone());
                if is_retired(batch, &key, &path) {
                    return Ok(Reception::Retired);
                }
                let mut service = known_or_blank(batch, &key, &path)?;
                if !service.tags.iter().any(|tag| tag == "storage") {
                    service.tags.push("storage".to_owned());
                    batch.declare(actor.clone(), service.clone());
                }
                let storage = Storage { at: storage.at.min(batch.now), ..storage };
                if service.storage.as_ref().is_some_and(|before| before.at > storage.at) {
                    return Ok(Reception::Taken);
                }
                let news = service.storage.as_ref().is_none_or(|before| {
                    storage.at.since(before.at) >= SAME_STORAGE_MS
                        || Storage { at: storage.at, ..before.clone() } != storage
                });
                if news {
                    let id = batch.id_of(&path);
                    let body = batch.text(&storage);
                    batch.rows.storage.insert(id, body);
                    batch.emit(actor, Fact::StorageChanged { path, storage });
                }
                Ok(Reception::Taken)
            })
            .await
    }

    /// A backup report about one service, or about every member of a group or namespace that expects one. A service is in
    /// the namespace in which it is declared, and in the one that its tag `namespace:NAME` says. Answers how many services
    /// it was recorded for: none when the one it is about is retired.
    ///
    /// # Errors
    /// `not_found` when the target names nothing that expects a backup; `too_many` past the cap on new services.
    pub async fn report_backup(
        &self,
        reporter: &str,
        target: BackupTarget,
        outcome: BackupOutcome,
        size: Option<u64>,
        message: String,
        at: Option<Timestamp>,
    ) -> Result<usize, Failure> {
        let key = reporter.to_owned();
        self.0
            .write(move |batch| {
                let at = at.map_or(batch.now, |at| at.min(batch.now));
                let said = Said { outcome, size, message, at };
                let targets = match target {
                    BackupTarget::Service(path) if is_retired(batch, &key, &path) => Vec::new(),
                    BackupTarget::Service(path) => vec![known_or_blank(batch, &key, &path)?],
                    BackupTarget::SlaGroup(name) => {
                        expecting(batch, &format!("SLA group {name}"), |s| s.sla_group.as_deref() == Some(&name))?
                    }
                    BackupTarget::Namespace(name) => {
                        let tag = format!("namespace:{name}");
                        let things = &batch.truth.state.things;
                        let lies_in = |path: &ServicePath| {
                            let thing = things.get(&(DeclaredKind::Service, path.as_str().into()));
                            thing.is_some_and(|thing| thing.text("namespace") == name)
                        };
                        expecting(batch, &format!("namespace {name}"), |s| lies_in(&s.path) || s.tags.contains(&tag))?
                    }
                };
                let count = targets.len();
                for service in targets {
                    record(batch, &key, service, &said);
                }
                Ok(count)
            })
            .await
    }
}

fn record(batch: &mut Batch<'_>, key: &str, service: Service, said: &Said) {
    let actor = Actor::Reporter(key.to_owned());
    if !batch.truth.estate.services.contains_key(&service.path) {
        batch.declare(actor.clone(), service.clone());
    }
    let mut backup = service.backup.unwrap_or_default();
    if said.outcome == BackupOutcome::Success {
        backup.last_success = backup.last_success.max(Some(said.at));
    }
    if backup.last_report.is_none_or(|(at, _)| at <= said.at) {
        backup.last_report = Some((said.at, said.outcome));
        backup.size_bytes = said.size;
        backup.message.clone_from(&said.message);
    }
    let id = batch.id_of(&service.path);
    let body = batch.text(&backup);
    batch.rows.backup.insert(id, body);
    batch.emit(actor, Fact::BackupChanged { path: service.path, backup });
}

/// Whether a report is about a retired service. Then it is noted as one that nobody declares.
fn is_retired(batch: &mut Batch<'_>, key: &str, path: &ServicePath) -> bool {
    let is_retired = batch.truth.retired.contains_key(path);
    if is_retired {
        heard::note_reporter(batch, key, path);
        heard::of_retired(batch, path, batch.now);
    }
    is_retired
}

/// The service, or a new one; not in the estate until it is declared.
fn known_or_blank(batch: &mut Batch<'_>, key: &str, path: &ServicePath) -> Result<Service, Refusal> {
    match batch.truth.estate.services.get(path) {
        Some(service) => Ok(service.clone()),
        None => blank(batch, key, path, Origin::Push),
    }
}

fn expecting(batch: &Batch<'_>, what: &str, belongs: impl Fn(&Service) -> bool) -> Result<Vec<Service>, Refusal> {
    let expects = |s: &&Service| s.backup.as_ref().is_some_and(|b| b.expected) && belongs(s);
    let found: Vec<Service> = batch.truth.estate.services.values().filter(expects).cloned().collect();
    if found.is_empty() {
        return Err(Refusal::new(RefusalCode::NotFound, format!("no service of {what} expects a backup")));
    }
    Ok(found)
}
