//! A service: what was declared of it and how it is now.

use crate::domain::{
    gitops::Place,
    health::{Criticality, Status},
    hierarchy::ServicePath,
    time::{DAY, Timestamp},
};

/// Who described the service first and best. Git wins over an agent, an agent over a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Origin {
    /// A push made it (`source=external`).
    #[default]
    Push,
    /// An agent registered it.
    Agent,
    /// The GitOps repository declares it.
    Git,
}

impl Origin {
    /// The word used in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Push => "external",
            Self::Agent => "agent",
            Self::Git => "git",
        }
    }

    /// The origin for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Push, Self::Agent, Self::Git].into_iter().find(|o| o.word() == word)
    }
}

/// A service and all that is known of it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Identity.
    pub path: ServicePath,
    /// Label for people.
    pub display_name: String,
    /// One or two sentences; may be empty.
    pub description: String,
    /// A free word such as `database`; `service` when nobody says.
    pub kind: String,
    /// Owning team; may be empty.
    pub team: String,
    /// Free words for filters.
    pub tags: Vec<String>,
    /// How much hangs on it.
    pub criticality: Criticality,
    /// Short name of the SLA group it belongs to.
    pub sla_group: Option<String>,
    /// Link to what to do when it breaks (https only).
    pub runbook: Option<String>,
    /// What it needs.
    pub requires: Vec<Dependency>,
    /// What is declared to need it.
    pub used_by: Vec<ServicePath>,
    /// Who described it.
    pub origin: Origin,
    /// Where it is declared, when it is.
    pub declared_at: Option<Place>,
    /// How it is.
    pub health: Health,
    /// Last storage report.
    pub storage: Option<Storage>,
    /// Backup duty and last reports.
    pub backup: Option<Backup>,
    /// When the core first knew of it.
    pub first_seen: Timestamp,
    /// Who should report on it, as far as that is declared: see [`super::reporter`].
    pub expected_reporter: Option<String>,
    /// By how much the clock of whoever reports is ahead, in milliseconds (negative: behind); none where it is right or
    /// nobody knows: see [`super::clock_skew`].
    pub clock_ahead_ms: Option<i64>,
}

impl Service {
    /// The runbook, where it is something that may be opened: an https link without blanks.
    pub fn runbook_link(&self) -> Option<&str> {
        let link = self.runbook.as_deref()?.trim();
        let is_one = link.len() > "https://".len()
            && link.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
            && !link.chars().any(|c| c.is_whitespace() || c == crate::domain::text::REPLACEMENT);
        is_one.then_some(link)
    }
}

/// Something a service needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dependency {
    /// The service that is needed.
    pub path: ServicePath,
    /// Whether it cannot work without.
    pub critical: bool,
}

/// How a service is now, since when, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Health {
    /// The status.
    pub status: Status,
    /// Since when it has had this status.
    pub since: Timestamp,
    /// When a report last came, changed or not.
    pub last_seen: Option<Timestamp>,
    /// What the reporter said; cleaned, may be empty.
    pub message: String,
    /// Ready and wanted replicas, from an agent.
    pub replicas: Option<(u32, u32)>,
    /// Name of the reporter: see [`super::reporter`].
    pub reporter: String,
    /// How often a report is expected, in milliseconds.
    pub every_ms: i64,
    /// Whether `every_ms` was read from a shell line and not stated.
    pub every_is_assumed: bool,
    /// Set while nobody reports.
    pub silence: Option<Silence>,
}

impl Health {
    /// The same where the clock by which it was written down was ahead of `now`: what is later than that is so from then on.
    #[must_use]
    pub fn brought_to(&self, now: Timestamp) -> Self {
        Self {
            since: self.since.min(now),
            last_seen: self.last_seen.map(|seen| seen.min(now)),
            silence: self.silence.map(|silence| Silence { from: silence.from.min(now), ..silence }),
            ..self.clone()
        }
    }
}

/// Nobody has reported for three intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The last report's time plus one interval: from here on nobody knows.
    pub from: Timestamp,
    /// What it was when it fell silent. DOWN stays DOWN ("last known").
    pub last_known: Status,
}

/// What a storage report said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Bytes there are.
    pub allocated_bytes: u64,
    /// Bytes in use; may exceed `allocated_bytes` when a reporter says so.
    pub used_bytes: u64,
    /// For example `pvc`.
    pub storage_type: String,
    /// Where it is mounted; may be empty.
    pub mount_path: String,
    /// When it was reported.
    pub at: Timestamp,
}

/// How full a storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StorageState {
    /// More than 30 % free.
    Healthy,
    /// Nothing is allocated, so nobody can say.
    Unknown,
    /// From 30 down to 10 % free.
    Warning,
    /// Less than 10 % free.
    Critical,
}

impl StorageState {
    /// The documented word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl Storage {
    /// Free share in hundredths of a percent (0 to 10,000); none when nothing is allocated.
    pub fn free_basis_points(&self) -> Option<u32> {
        if self.allocated_bytes == 0 {
            return None;
        }
        let free = u128::from(self.allocated_bytes.saturating_sub(self.used_bytes));
        u32::try_from(free * 10_000 / u128::from(self.allocated_bytes)).ok()
    }

    /// How full it is. Exactly 30 % and exactly 10 % free are `warning`.
    pub fn state(&self) -> StorageState {
        if self.allocated_bytes == 0 {
            return StorageState::Unknown;
        }
        let free = u128::from(self.allocated_bytes.saturating_sub(self.used_bytes)) * 100;
        let all = u128::from(self.allocated_bytes);
        if free > 30 * all {
            StorageState::Healthy
        } else if free >= 10 * all {
            StorageState::Warning
        } else {
            StorageState::Critical
        }
    }
}

/// How a backup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackupOutcome {
    /// Complete.
    Success,
    /// Did not happen.
    Failed,
    /// Some of it.
    Partial,
}

impl BackupOutcome {
    /// The documented word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Partial => "partial",
        }
    }

    /// The outcome for a documented word; case does not matter.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Success, Self::Failed, Self::Partial].into_iter().find(|o| o.word().eq_ignore_ascii_case(word))
    }
}

/// The duty to back up, and what came.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Backup {
    /// Whether anyone expects one.
    pub expected: bool,
    /// How old the last success may be, in days.
    pub max_age_days: u32,
    /// As declared, for people.
    pub schedule: String,
    /// When the last successful one was reported.
    pub last_success: Option<Timestamp>,
    /// The newest report of any outcome.
    pub last_report: Option<(Timestamp, BackupOutcome)>,
    /// Bytes of the newest report, when given.
    pub size_bytes: Option<u64>,
    /// What the reporter said.
    pub message: String,
}

impl Backup {
    /// Since when it is overdue at `now`, if it is. Without any success the duty runs from `first_seen`.
    pub fn overdue_since(&self, first_seen: Timestamp, now: Timestamp) -> Option<Timestamp> {
        if !self.expected {
            return None;
        }
        let due = self.last_success.unwrap_or(first_seen).plus(i64::from(self.max_age_days.max(1)) * DAY);
        (now > due).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(allocated: u64, used: u64) -> Storage {
        Storage {
            allocated_bytes: allocated,
            used_bytes: used,
            storage_type: String::new(),
            mount_path: String::new(),
            at: Timestamp::default(),
        }
    }

    #[test]
    fn exactly_thirty_and_exactly_ten_percent_free_are_warning() {
        assert_eq!(storage(1000, 699).state(), StorageState::Healthy);
        assert_eq!(storage(1000, 700).state(), StorageState::Warning);
        assert_eq!(storage(1000, 900).state(), StorageState::Warning);
        assert_eq!(storage(1000, 901).state(), StorageState::Critical);
    }

    #[test]
    fn nothing_allocated_is_unknown_and_more_used_than_there_is_is_critical() {
        assert_eq!(storage(0, 0).state(), StorageState::Unknown);
        assert_eq!(storage(0, 0).free_basis_points(), None);
        assert_eq!(storage(10, 20).state(), StorageState::Critical);
        assert_eq!(storage(u64::MAX, u64::MAX / 2).free_basis_points(), Some(5000));
    }

    #[test]
    fn a_failed_backup_does_not_move_the_last_success() {
        let first = Timestamp::from_ms(0);
        let mut backup = Backup { expected: true, max_age_days: 1, ..Backup::default() };
        assert_eq!(backup.overdue_since(first, Timestamp::from_ms(DAY)), None);
        assert_eq!(backup.overdue_since(first, Timestamp::from_ms(DAY + 1)), Some(Timestamp::from_ms(DAY)));
        backup.last_report = Some((Timestamp::from_ms(DAY), BackupOutcome::Failed));
        assert!(backup.overdue_since(first, Timestamp::from_ms(DAY + 1)).is_some());
        backup.last_success = Some(Timestamp::from_ms(DAY));
        assert_eq!(backup.overdue_since(first, Timestamp::from_ms(2 * DAY)), None);
        let hasty = Backup { max_age_days: 0, ..backup };
        assert_eq!(hasty.overdue_since(first, Timestamp::from_ms(2 * DAY)), None, "a day is the least");
    }
}
