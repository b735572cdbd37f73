//! Services and what is reported of them.

use super::stored;
use crate::domain::{
    gitops::Place,
    health::{Backup, BackupOutcome, Criticality, Dependency, Health, Origin, Service, Silence, Status, Storage},
    hierarchy::ServicePath,
    time::Timestamp,
};
use std::sync::Arc;

stored! {
    Place as PlaceForm { file: Arc<str>, line: u32, column: u32, end_line: u32 }
    Dependency as DependencyForm { path: ServicePath, critical: bool }
    Silence as SilenceForm { from: Timestamp, last_known: Status }
    Health as HealthForm {
        status: Status,
        since: Timestamp,
        last_seen: Option<Timestamp>,
        message: String,
        replicas: Option<(u32, u32)>,
        reporter: String,
        every_ms: i64,
        every_is_assumed: bool,
        silence: Option<Silence>,
    }
    Storage as StorageForm {
        allocated_bytes: u64,
        used_bytes: u64,
        storage_type: String,
        mount_path: String,
        at: Timestamp,
    }
    Backup as BackupForm {
        expected: bool,
        max_age_days: u32,
        schedule: String,
        last_success: Option<Timestamp>,
        last_report: Option<(Timestamp, BackupOutcome)>,
        size_bytes: Option<u64>,
        message: String,
    }
    Service as ServiceForm {
        path: ServicePath,
        display_name: String,
        description: String,
        kind: String,
        team: String,
        tags: Vec<String>,
        criticality: Criticality,
        sla_group: Option<String>,
        runbook: Option<String>,
        requires: Vec<Dependency>,
        used_by: Vec<ServicePath>,
        origin: Origin,
        declared_at: Option<Place>,
        health: Health,
        storage: Option<Storage>,
        backup: Option<Backup>,
        first_seen: Timestamp,
        expected_reporter: Option<String>,
        clock_ahead_ms: Option<i64>,
    }
}
