//! What the repository declares becomes true: services, SLA groups, ticketing. Nothing is deleted on the word of a
//! source that is empty.

use std::sync::Arc;

use super::{Core, Failure, batch::Batch, membership, shared::Held, sla};
use crate::{
    domain::{
        change::{Actor, Fact},
        detail::DeclaredIndex,
        estate::SourceSummary,
        gitops::{DeclaredService, Fault, FaultCode, Registry, Repository, Severity, SourceFile},
        health::{Backup, Criticality, Health, Origin, Service, Status},
        hierarchy::ServicePath,
        time::Timestamp,
    },
    gitops,
    server::store::{encoding::to_text, rows::ServiceRow},
};

/// What takes effect of a repository, with its figures.
struct Accepted {
    registry: Registry,
    revision: Option<String>,
    files: u32,
    errors: u32,
    warnings: u32,
}

impl Core {
    /// Make a repository true: its services, SLA groups and ticketing. Errors in ticketing or auth keep all of what was
    /// accepted before, and say so in the estate. An empty kind deletes nothing.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn accept_repository(&self, repository: Repository) -> Result<(), Failure> {
        let rejected = fatal(&repository).map(said);
        let held = Held { index: Arc::new(index(&repository)), sources: Arc::new(repository.sources) };
        let severity = |s| repository.faults.iter().filter(|f| f.severity == s).count();
        let accepted = Accepted {
            registry: repository.registry,
            revision: repository.revision,
            files: counted(repository.files.len()),
            errors: counted(severity(Severity::Error)),
            warnings: counted(severity(Severity::Warning)),
        };
        self.0
            .write(move |batch| {
                match rejected {
                    None => accept(batch, accepted),
                    Some(reason) => reject(batch, &accepted, reason),
                }
                Ok(())
            })
            .await?;
        // Faults and files are shown even of what was rejected: that is where the reason stands.
        self.0.shared.hold(held);
        Ok(())
    }

    /// Everything declared, every file and every fault of the newest reading.
    pub async fn declared(&self) -> Arc<DeclaredIndex> {
        self.0.shared.repository().index
    }

    /// The redacted text of a file of ours.
    pub async fn source(&self, file: &str) -> Option<SourceFile> {
        self.0.shared.repository().sources.get(file).cloned()
    }

    /// Reports about retired services since the start: path, reporter, when last.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn undeclared_reporters(&self) -> Result<Vec<(ServicePath, String, Timestamp)>, Failure> {
        self.0
            .write(|batch| {
                let heard = &batch.truth.session.undeclared;
                Ok(heard.iter().map(|(path, (who, at))| (path.clone(), who.clone(), *at)).collect())
            })
            .await
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
///
/// By where it stands, as a start judges it; and by its code, wherever ticketing was declared.
pub(super) fn fatal(repository: &Repository) -> Option<&Fault> {
    use FaultCode::{EmptyWorkflow, ReservedName, UnknownCategory, UnknownPriority, UnknownStatus, UnknownWorkflow};
    let ticketing = [EmptyWorkflow, UnknownStatus, UnknownPriority, UnknownWorkflow, UnknownCategory, ReservedName];
    let by_place = gitops::stopping(repository).into_iter().next();
    by_place.or_else(|| repository.faults.iter().find(|fault| ticketing.contains(&fault.code)))
}

/// A fault as one line.
pub(super) fn said(fault: &Fault) -> String {
    format!("{}:{} {} {}", fault.place.file, fault.place.line, fault.code.code(), fault.message)
}

fn counted(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn index(repository: &Repository) -> DeclaredIndex {
    DeclaredIndex {
        revision: repository.revision.clone(),
        commit: repository.commit.clone(),
        files: repository.files.clone(),
        declared: repository.declared.clone(),
        faults: repository.faults.clone(),
    }
}

fn reject(batch: &mut Batch<'_>, read: &Accepted, reason: String) {
    let source = SourceSummary {
        read_at: batch.now,
        files: read.files,
        errors: read.errors,
        warnings: read.warnings,
        rejected: Some(reason),
        ..batch.truth.estate.source.clone()
    };
    write_source(batch, source);
}

fn accept(batch: &mut Batch<'_>, accepted: Accepted) {
    let actor = Actor::Git(accepted.revision.clone());
    let registry = accepted.registry;
    batch.truth.session.every =
        registry.services.values().filter_map(|s| s.every_ms.map(|every| (s.path.clone(), every))).collect();
    // Groups first: the criticality of a service may come from the tier of its group.
    if !registry.sla_groups.is_empty() {
        drop_groups(batch, &actor, &registry);
        batch.truth.groups.clone_from(&registry.sla_groups);
        match to_text(&batch.truth.groups) {
            Ok(text) => {
                batch.rows.meta.insert("sla_groups", text);
            }
            Err(error) => batch.broken = Some(error),
        }
    }
    for declared in registry.services.values() {
        declare(batch, &actor, declared);
    }
    if !registry.services.is_empty() {
        retire(batch, &actor, &registry);
    }
    let source = SourceSummary {
        revision: accepted.revision,
        read_at: batch.now,
        files: accepted.files,
        errors: accepted.errors,
        warnings: accepted.warnings,
        rejected: None,
        org: registry.org,
        workflows: registry.workflows,
        catalog: registry.catalog,
        groups: registry.groups,
        providers: registry.providers,
    };
    write_source(batch, source);
    sla::refresh_all(batch, actor);
}

fn write_source(batch: &mut Batch<'_>, source: SourceSummary) {
    let text = batch.text(&source);
    batch.rows.meta.insert("source", text);
    let actor = Actor::Git(source.revision.clone());
    batch.emit(actor, Fact::SourceRead(Box::new(source)));
}

/// Groups that are not declared any more go; who belonged to them belongs to nothing.
fn drop_groups(batch: &mut Batch<'_>, actor: &Actor, registry: &Registry) {
    let gone: Vec<String> =
        batch.truth.groups.keys().filter(|name| !registry.sla_groups.contains_key(*name)).cloned().collect();
    for name in gone {
        let members: Vec<ServicePath> =
            batch.truth.memberships.get(&name).map(|members| members.keys().cloned().collect()).unwrap_or_default();
        for path in members.iter().filter(|path| membership::belongs(batch, path, &name)).cloned().collect::<Vec<_>>() {
            membership::set(batch, &path, Some(&name), None);
        }
        if batch.truth.estate.budgets.contains_key(&name) {
            batch.emit(actor.clone(), Fact::BudgetRemoved(name));
        }
    }
}

/// One service as declared. What was reported of it stays.
fn declare(batch: &mut Batch<'_>, actor: &Actor, declared: &DeclaredService) {
    let known = batch.truth.estate.services.get(&declared.path);
    let before = known.and_then(|service| service.sla_group.clone());
    let service = combined(batch, declared, known);
    let same = known.is_some_and(|known| *known == service);
    membership::set(batch, &declared.path, before.as_deref(), service.sla_group.as_deref());
    if !same {
        batch.declare(actor.clone(), service);
    }
}

fn combined(batch: &Batch<'_>, declared: &DeclaredService, known: Option<&Service>) -> Service {
    let tier = declared.sla_group.as_ref().and_then(|group| batch.truth.groups.get(group));
    let inherited = tier.and_then(|group| Criticality::parse(&group.tier.0));
    let (every_ms, every_is_assumed) = declared.every_ms.unwrap_or((batch.settings.default_every_ms, false));
    let health = match known.map(|k| &k.health) {
        // An agent's reports come by the agent's own beat.
        Some(health) if known.is_some_and(|k| k.health.reporter == k.path.node().as_str()) => health.clone(),
        Some(health) => Health { every_ms, every_is_assumed, ..health.clone() },
        None => Health { since: batch.now, every_ms, every_is_assumed, ..Health::default() },
    };
    let mut tags = declared.tags.clone();
    if known.is_some_and(|k| k.storage.is_some()) && !tags.iter().any(|tag| tag == "storage") {
        tags.push("storage".to_owned());
    }
    Service {
        path: declared.path.clone(),
        display_name: declared.display_name.clone(),
        description: declared.description.clone(),
        kind: declared.kind.clone(),
        team: declared.team.clone(),
        tags,
        criticality: declared.criticality.or(inherited).unwrap_or_default(),
        sla_group: declared.sla_group.clone(),
        runbook: declared.runbook.clone(),
        requires: declared.requires.clone(),
        used_by: declared.used_by.clone(),
        origin: Origin::Git,
        declared_at: Some(declared.place.clone()),
        health,
        storage: known.and_then(|k| k.storage.clone()),
        backup: duty(declared.backup.as_ref(), known.and_then(|k| k.backup.as_ref())),
        first_seen: known.map_or(batch.now, |k| k.first_seen),
    }
}

/// The declared duty with the reports that came; reports alone when nothing is declared.
fn duty(declared: Option<&Backup>, known: Option<&Backup>) -> Option<Backup> {
    let reported = known.cloned().unwrap_or_default();
    match declared {
        Some(duty) => Some(Backup {
            expected: duty.expected,
            max_age_days: duty.max_age_days,
            schedule: duty.schedule.clone(),
            ..reported
        }),
        None => known.map(|_| Backup { expected: false, max_age_days: 0, schedule: String::new(), ..reported }),
    }
}

/// What git declared and does not any more: out of the tree, history and tickets kept.
fn retire(batch: &mut Batch<'_>, actor: &Actor, registry: &Registry) {
    let gone: Vec<Service> = batch
        .truth
        .estate
        .services
        .values()
        .filter(|s| s.origin == Origin::Git && !registry.services.contains_key(&s.path))
        .cloned()
        .collect();
    for service in gone {
        membership::set(batch, &service.path, service.sla_group.as_deref(), None);
        let id = batch.id_of(&service.path);
        let row = ServiceRow {
            path: service.path.as_str().to_owned(),
            description: batch.text(&service),
            seq: super::batch::signed(batch.truth.seq.next().0),
            first_seen: service.first_seen.ms(),
            retired_at: Some(batch.now.ms()),
        };
        batch.rows.services.insert(id, row);
        batch.truth.retired.insert(service.path.clone());
        batch.emit(actor.clone(), Fact::ServiceRetired(service.path));
    }
}
