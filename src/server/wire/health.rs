//! Services and how they are.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{Long, Time, gitops::PlaceView, is_false};
use crate::domain::health::{Backup, Dependency, Health, Service, Storage};

/// A service and all that is known of it now.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Service")]
pub struct ServiceView {
    /// Identity: `organization/platform/environment/cluster/service`.
    path: String,
    /// Label for people.
    display_name: String,
    /// One or two sentences; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    /// A free word such as `database`.
    service_type: String,
    /// Owning team; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    team: String,
    /// Free words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// `critical`, `high`, `medium` or `low`.
    criticality: &'static str,
    /// Short name of the SLA group it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    sla_group: Option<String>,
    /// Link to what to do when it breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    runbook: Option<String>,
    /// What it needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requires: Vec<DependencyView>,
    /// Paths of what is declared to need it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    used_by: Vec<String>,
    /// Who described it: `git`, `agent` or `external`.
    origin: &'static str,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_at: Option<PlaceView>,
    /// How it is.
    health: HealthView,
    /// Last storage report.
    #[serde(skip_serializing_if = "Option::is_none")]
    storage: Option<StorageView>,
    /// Backup duty and last reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<BackupView>,
    /// When the core first knew of it.
    first_seen: Time,
    /// Who should report on it, as far as that is declared: an agent's node, or `cronjob/` and the job that pushes.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_reporter: Option<String>,
    /// By how much the clock of whoever reports is ahead, in milliseconds; negative: behind. Set when three reports in a
    /// row agree that it is half a minute or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_ahead_ms: Option<Long>,
}

/// Something a service needs.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Dependency")]
pub struct DependencyView {
    /// Path of the service that is needed.
    path: String,
    /// Whether it cannot work without.
    critical: bool,
}

/// How a service is now, since when, and who says so.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Health")]
pub struct HealthView {
    /// `OPERATIONAL`, `DEGRADED`, `DOWN`, `MAINTENANCE` or `UNKNOWN`.
    status: &'static str,
    /// Since when it has had this status.
    since: Time,
    /// When a report last came, changed or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Time>,
    /// What the reporter said; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    /// Replicas that are ready, from an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_replicas: Option<u32>,
    /// Replicas that are wanted, from an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    replicas: Option<u32>,
    /// Who reports: an agent's node, `cronjob/` and the declared job that pushes, or a key and the cluster it is used for.
    #[serde(skip_serializing_if = "String::is_empty")]
    reporter: String,
    /// How often a report is expected, in milliseconds.
    every_ms: Long,
    /// Whether `everyMs` was read from a shell line and not stated.
    #[serde(skip_serializing_if = "is_false")]
    every_is_assumed: bool,
    /// Set while nobody reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    silence: Option<SilenceView>,
}

/// Nobody has reported for three intervals.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Silence")]
pub struct SilenceView {
    /// From here on nobody knows.
    from: Time,
    /// What it was when it fell silent.
    last_known: &'static str,
}

/// What a storage report said.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Storage")]
pub struct StorageView {
    /// Bytes there are.
    allocated_bytes: Long,
    /// Bytes in use.
    used_bytes: Long,
    /// For example `pvc`.
    storage_type: String,
    /// Where it is mounted; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    mount_path: String,
    /// Free share in percent; none when nothing is allocated.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    status: &'static str,
    /// When it was reported.
    at: Time,
}

/// The duty to back up, and what came.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Backup")]
pub struct BackupView {
    /// Whether anyone expects one.
    expected: bool,
    /// How old the last success may be, in days.
    max_age_days: u32,
    /// As declared; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    schedule: String,
    /// When the last successful one was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<Time>,
    /// The newest report.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_report: Option<BackupReportView>,
    /// Bytes of the newest report.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<Long>,
    /// What the reporter said; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

/// One report of a backup.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "BackupReport")]
pub struct BackupReportView {
    /// When.
    at: Time,
    /// `success`, `failed` or `partial`.
    outcome: &'static str,
}

impl From<Service> for ServiceView {
    fn from(s: Service) -> Self {
        Self {
            path: s.path.as_str().to_owned(),
            display_name: s.display_name,
            description: s.description,
            service_type: s.kind,
            team: s.team,
            tags: s.tags,
            criticality: s.criticality.word(),
            sla_group: s.sla_group,
            runbook: s.runbook,
            requires: s.requires.into_iter().map(Into::into).collect(),
            used_by: s.used_by.iter().map(|p| p.as_str().to_owned()).collect(),
            origin: s.origin.word(),
            declared_at: s.declared_at.map(Into::into),
            health: s.health.into(),
            storage: s.storage.map(Into::into),
            backup: s.backup.map(Into::into),
            first_seen: Time(s.first_seen),
            expected_reporter: s.expected_reporter,
            clock_ahead_ms: s.clock_ahead_ms.map(Long),
        }
    }
}

impl From<Dependency> for DependencyView {
    fn from(d: Dependency) -> Self {
        Self { path: d.path.as_str().to_owned(), critical: d.critical }
    }
}

impl From<Health> for HealthView {
    fn from(h: Health) -> Self {
        Self {
            status: h.status.word(),
            since: Time(h.since),
            last_seen: h.last_seen.map(Time),
            message: h.message,
            ready_replicas: h.replicas.map(|(ready, _)| ready),
            replicas: h.replicas.map(|(_, wanted)| wanted),
            reporter: h.reporter,
            every_ms: Long(h.every_ms),
            every_is_assumed: h.every_is_assumed,
            silence: h.silence.map(|s| SilenceView { from: Time(s.from), last_known: s.last_known.word() }),
        }
    }
}

/// Free share of a storage in percent, with two decimals.
pub fn free_percent(storage: &Storage) -> Option<f64> {
    storage.free_basis_points().map(|points| f64::from(points) / 100.0)
}

impl From<Storage> for StorageView {
    fn from(s: Storage) -> Self {
        Self {
            free_percent: free_percent(&s),
            status: s.state().word(),
            allocated_bytes: s.allocated_bytes.into(),
            used_bytes: s.used_bytes.into(),
            storage_type: s.storage_type,
            mount_path: s.mount_path,
            at: Time(s.at),
        }
    }
}

impl From<Backup> for BackupView {
    fn from(b: Backup) -> Self {
        Self {
            expected: b.expected,
            max_age_days: b.max_age_days,
            schedule: b.schedule,
            last_success: b.last_success.map(Time),
            last_report: b.last_report.map(|(at, o)| BackupReportView { at: Time(at), outcome: o.word() }),
            size_bytes: b.size_bytes.map(Into::into),
            message: b.message,
        }
    }
}
