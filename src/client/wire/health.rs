//! Services and how they are.

use serde::Deserialize;

use super::{At, Line, Path, Text, Word, gitops::PlaceShape, many, optional};
use crate::domain::{
    health::{Backup, BackupOutcome, Criticality, Dependency, Health, Origin, Service, Silence, Status, Storage},
    time::Timestamp,
};

/// A service and all that is known of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceShape {
    path: Path,
    display_name: Line,
    #[serde(default)]
    description: Text,
    service_type: Line,
    #[serde(default)]
    team: Line,
    #[serde(default)]
    tags: Vec<Line>,
    criticality: Word<Criticality>,
    sla_group: Option<Line>,
    runbook: Option<Line>,
    #[serde(default)]
    requires: Vec<DependencyShape>,
    #[serde(default)]
    used_by: Vec<Path>,
    origin: Word<Origin>,
    declared_at: Option<PlaceShape>,
    health: HealthShape,
    storage: Option<StorageShape>,
    backup: Option<BackupShape>,
    first_seen: At,
    expected_reporter: Option<Line>,
    clock_ahead_ms: Option<i64>,
}

/// Something a service needs.
#[derive(Deserialize)]
pub struct DependencyShape {
    path: Path,
    critical: bool,
}

/// How a service is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthShape {
    status: Word<Status>,
    since: At,
    last_seen: Option<At>,
    #[serde(default)]
    message: Text,
    ready_replicas: Option<u32>,
    replicas: Option<u32>,
    #[serde(default)]
    reporter: Line,
    every_ms: i64,
    #[serde(default)]
    every_is_assumed: bool,
    silence: Option<SilenceShape>,
}

/// Nobody reports.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SilenceShape {
    from: At,
    last_known: Word<Status>,
}

/// A storage report.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageShape {
    allocated_bytes: u64,
    used_bytes: u64,
    storage_type: Line,
    #[serde(default)]
    mount_path: Line,
    at: At,
}

/// Backup duty and reports.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupShape {
    expected: bool,
    max_age_days: u32,
    #[serde(default)]
    schedule: Line,
    last_success: Option<At>,
    last_report: Option<BackupReportShape>,
    size_bytes: Option<u64>,
    #[serde(default)]
    message: Text,
}

/// The newest backup report.
#[derive(Deserialize)]
pub struct BackupReportShape {
    at: At,
    outcome: Word<BackupOutcome>,
}

impl From<ServiceShape> for Service {
    fn from(s: ServiceShape) -> Self {
        Self {
            path: s.path.0,
            display_name: s.display_name.0,
            description: s.description.0,
            kind: s.service_type.0,
            team: s.team.0,
            tags: many(s.tags),
            criticality: s.criticality.0,
            sla_group: optional(s.sla_group),
            runbook: optional(s.runbook),
            requires: s.requires.into_iter().map(|d| Dependency { path: d.path.0, critical: d.critical }).collect(),
            used_by: s.used_by.into_iter().map(|p| p.0).collect(),
            origin: s.origin.0,
            declared_at: s.declared_at.map(Into::into),
            health: s.health.into(),
            storage: s.storage.map(Into::into),
            backup: s.backup.map(Into::into),
            first_seen: s.first_seen.0,
            expected_reporter: optional(s.expected_reporter),
            clock_ahead_ms: s.clock_ahead_ms,
        }
    }
}

impl From<HealthShape> for Health {
    fn from(h: HealthShape) -> Self {
        Self {
            status: h.status.0,
            since: h.since.0,
            last_seen: moment(h.last_seen),
            message: h.message.0,
            replicas: h.ready_replicas.zip(h.replicas),
            reporter: h.reporter.0,
            every_ms: h.every_ms,
            every_is_assumed: h.every_is_assumed,
            silence: h.silence.map(|s| Silence { from: s.from.0, last_known: s.last_known.0 }),
        }
    }
}

impl From<StorageShape> for Storage {
    fn from(s: StorageShape) -> Self {
        Self {
            allocated_bytes: s.allocated_bytes,
            used_bytes: s.used_bytes,
            storage_type: s.storage_type.0,
            mount_path: s.mount_path.0,
            at: s.at.0,
        }
    }
}

impl From<BackupShape> for Backup {
    fn from(b: BackupShape) -> Self {
        Self {
            expected: b.expected,
            max_age_days: b.max_age_days,
            schedule: b.schedule.0,
            last_success: moment(b.last_success),
            last_report: b.last_report.map(|r| (r.at.0, r.outcome.0)),
            size_bytes: b.size_bytes,
            message: b.message.0,
        }
    }
}

/// The time of an optional moment.
pub fn moment(at: Option<At>) -> Option<Timestamp> {
    at.map(|a| a.0)
}
