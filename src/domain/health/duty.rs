//! Storage and backups of an estate, worst first.

use std::cmp::Reverse;

use super::{BackupOutcome, Service, Storage, StorageState};
use crate::domain::time::{DAY, Timestamp};

/// Tags that put a service among the storages, whether it reported how full it is or not.
const STORAGE_TAGS: [&str; 6] = ["storage", "database", "cache", "s3", "ebs", "rds"];

/// How a service stands with its backup, from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BackupState {
    /// Expected, and no success came in time; since when.
    Overdue(Timestamp),
    /// In time by its last success, but the newest report was `failed`.
    Failed,
    /// In time by its last success, but the newest report was `partial`.
    Partial,
    /// Expected, and it has time left for its first.
    Awaited,
    /// In time.
    InTime,
    /// Nobody expects one; one came all the same.
    NotExpected,
}

impl BackupState {
    /// One word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overdue(_) => "overdue",
            Self::Failed => "failed",
            Self::Partial => "partial",
            Self::Awaited => "awaited",
            Self::InTime => "in time",
            Self::NotExpected => "not expected",
        }
    }
}

/// Whether a service stands among the storages: it reported how full it is, or a tag says that it is one.
pub fn is_storage(service: &Service) -> bool {
    service.storage.is_some() || service.tags.iter().any(|tag| STORAGE_TAGS.contains(&tag.as_str()))
}

/// All storages: critical first, then warning, then those of which nobody knows, and of each the fullest first.
pub fn storages<'a>(services: impl IntoIterator<Item = &'a Service>) -> Vec<&'a Service> {
    let mut found: Vec<&Service> = services.into_iter().filter(|s| is_storage(s)).collect();
    found.sort_by_key(|service| {
        let storage = service.storage.as_ref();
        let state = storage.map_or(StorageState::Unknown, Storage::state);
        let free = storage.and_then(Storage::free_basis_points);
        (storage.is_none(), Reverse(state), free, service.path.clone())
    });
    found
}

/// How the backup of a service stands at `now`; none when nobody ever spoke of one.
pub fn backup_state(service: &Service, now: Timestamp) -> Option<BackupState> {
    let backup = service.backup.as_ref()?;
    let outcome = backup.last_report.map(|(_, outcome)| outcome);
    if let Some(since) = backup.overdue_since(service.first_seen, now) {
        return Some(BackupState::Overdue(since));
    }
    Some(match outcome {
        _ if !backup.expected && outcome.is_none() => return None,
        Some(BackupOutcome::Failed) => BackupState::Failed,
        Some(BackupOutcome::Partial) => BackupState::Partial,
        _ if !backup.expected => BackupState::NotExpected,
        _ if backup.last_success.is_none() => BackupState::Awaited,
        _ => BackupState::InTime,
    })
}

/// All services with a backup: the longest overdue first, then what failed, then by who is due next.
pub fn backups<'a>(services: impl IntoIterator<Item = &'a Service>, now: Timestamp) -> Vec<(&'a Service, BackupState)> {
    let stands = |service: &'a Service| Some((service, backup_state(service, now)?));
    let mut found: Vec<_> = services.into_iter().filter_map(stands).collect();
    let last = |service: &Service| service.backup.as_ref().and_then(|b| b.last_success);
    found.sort_by_key(|(service, state)| (*state, last(service), service.path.clone()));
    found
}

/// How a storage stands at `now` in one or two words: its state, what that was when its report is old, or that it never
/// reported.
pub fn storage_word(service: &Service, now: Timestamp) -> &'static str {
    let Some(storage) = &service.storage else { return "no report" };
    match storage.state() {
        StorageState::Healthy if is_storage_old(service, now) => "was healthy",
        StorageState::Warning if is_storage_old(service, now) => "was warning",
        StorageState::Critical if is_storage_old(service, now) => "was critical",
        state => state.word(),
    }
}

/// Whether the last storage report of a service is so old at `now` that it says little of today: three intervals in which
/// the service is reported on went by, and a day at least, for a storage may be reported less often than health.
pub fn is_storage_old(service: &Service, now: Timestamp) -> bool {
    let storage = service.storage.as_ref();
    storage.is_some_and(|storage| now.since(storage.at) > DAY.max(service.health.every_ms.saturating_mul(3)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::{Backup, Status},
        samples,
        time::HOUR,
    };

    fn at(days: i64) -> Timestamp {
        Timestamp::from_ms(days * DAY)
    }

    fn names(all: &[&Service]) -> Vec<String> {
        all.iter().map(|s| s.path.service().to_owned()).collect()
    }

    #[test]
    fn the_fullest_of_the_worst_comes_first_and_what_never_reported_last() {
        let storage = |name: &str, allocated_bytes: u64, used_bytes: u64| {
            let mut service = samples::service(&format!("a/b/c/d/{name}"), Status::Operational);
            service.storage = Some(Storage {
                allocated_bytes,
                used_bytes,
                storage_type: String::new(),
                mount_path: String::new(),
                at: Timestamp::default(),
            });
            service
        };
        let mut all = vec![
            storage("roomy", 100, 10),
            storage("warm", 100, 80),
            storage("full", 100, 99),
            storage("nothing", 0, 0),
            storage("fuller", 100, 120),
            samples::service("a/b/c/d/plain", Status::Operational),
            samples::service("a/b/c/d/tagged", Status::Operational),
        ];
        all[6].tags = vec!["rds".to_owned()];
        let expected = ["fuller", "full", "warm", "nothing", "roomy", "tagged"];
        assert_eq!(names(&storages(&all)), expected);
        all.reverse();
        assert_eq!(names(&storages(&all)), expected, "the order does not matter");
        assert_eq!(storage_word(&all[0], Timestamp::default()), "no report");
    }

    #[test]
    fn the_longest_overdue_backup_comes_first_then_what_failed_then_who_is_due_next() {
        let backup = |name: &str, success: Option<i64>, report: Option<(i64, BackupOutcome)>, expected: bool| {
            let mut service = samples::service(&format!("a/b/c/d/{name}"), Status::Operational);
            service.first_seen = at(9);
            service.backup = Some(Backup {
                expected,
                max_age_days: 2,
                last_success: success.map(at),
                last_report: report.map(|(day, outcome)| (at(day), outcome)),
                ..Backup::default()
            });
            service
        };
        let all = [
            backup("fresh", Some(10), Some((10, BackupOutcome::Success)), true),
            backup("late", Some(7), Some((7, BackupOutcome::Success)), true),
            backup("later", Some(3), Some((9, BackupOutcome::Failed)), true),
            backup("broken", Some(9), Some((10, BackupOutcome::Failed)), true),
            backup("cut", Some(9), Some((10, BackupOutcome::Partial)), true),
            backup("new", None, None, true),
            backup("extra", Some(1), Some((1, BackupOutcome::Success)), false),
            backup("none", None, None, false),
        ];
        let found: Vec<_> =
            backups(&all, at(10)).into_iter().map(|(s, state)| (s.path.service(), state.word())).collect();
        assert_eq!(
            found,
            [
                ("later", "overdue"),
                ("late", "overdue"),
                ("broken", "failed"),
                ("cut", "partial"),
                ("new", "awaited"),
                ("fresh", "in time"),
                ("extra", "not expected"),
            ]
        );
    }

    #[test]
    fn a_storage_report_is_old_after_three_intervals_and_a_day_at_least() {
        let mut service = samples::service("a/b/c/d/db", Status::Operational);
        service.storage = Some(Storage {
            allocated_bytes: 100,
            used_bytes: 10,
            storage_type: String::new(),
            mount_path: String::new(),
            at: at(100),
        });
        let word = |every_ms: i64, after_ms: i64| {
            let mut service = service.clone();
            service.health.every_ms = every_ms;
            storage_word(&service, at(100).plus(after_ms))
        };
        assert_eq!([word(HOUR, DAY), word(HOUR, DAY + 1)], ["healthy", "was healthy"]);
        assert_eq!([word(DAY, 3 * DAY), word(DAY, 3 * DAY + 1)], ["healthy", "was healthy"]);
        service.storage = None;
        assert!(!is_storage_old(&service, at(900)));
    }
}
