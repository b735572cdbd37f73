//! What the core answers beyond domain types, and how it says no.

use std::fmt;

use crate::domain::{
    access::User,
    detail::Stale,
    hierarchy::{NodePath, ServicePath},
    refusal::Refusal,
    sla::BudgetState,
    time::Timestamp,
};

/// Why a call was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A rule said no; shown as it is.
    Refused(Refusal),
    /// The ticket changed since the caller saw it; carries what he did not see.
    Stale(Refusal, Box<Stale>),
    /// Nobody, or somebody unknown, is calling; shown as it is.
    Unauthenticated(String),
    /// There is no git, or no repository, to ask; shown as it is.
    NoTrail(String),
    /// Something broke. The edge logs it with a request id and never shows it raw.
    Fault(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) | Self::Stale(refusal, _) => write!(f, "{refusal}"),
            Self::Unauthenticated(reason) | Self::NoTrail(reason) | Self::Fault(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Failure {}

/// Why the core did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting makes no sense; says which and why.
    #[error("{0}")]
    Settings(String),
    /// The data folder cannot be made or used.
    #[error("data folder {path}: {reason}")]
    Folder {
        /// Which folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The database does not open or holds what this version cannot read.
    #[error("database: {0}")]
    Store(String),
    /// The repository was not accepted.
    #[error("repository: {0}")]
    Repository(String),
}

/// Somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// JWT to send as bearer, good for an hour.
    pub token: String,
    /// Good once, for a new session.
    pub refresh_token: String,
    /// When `token` ends.
    pub expires_at: Timestamp,
    /// Who.
    pub user: User,
}

/// The asked place is not in the log any more, or belongs to another log: take a new snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MustResync {
    /// The epoch that is in force.
    pub epoch: String,
    /// Why, in words.
    pub reason: String,
}

/// What a backup report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupTarget {
    /// One service; made when nobody knows it.
    Service(ServicePath),
    /// Every member of an SLA group that expects a backup; by short name.
    SlaGroup(String),
    /// Every service whose workload lies in this Kubernetes namespace and expects a backup.
    Namespace(String),
}

/// Five minutes of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrendBucket {
    /// When it begins; a whole multiple of five minutes.
    pub from: Timestamp,
    /// Share of up in up + down, in millionths; none without either.
    pub uptime_millionths: Option<u32>,
    /// Share of it that is known, in millionths.
    pub coverage_millionths: u32,
    /// What was promised, in millionths.
    pub target_millionths: u32,
    /// Times of trouble that began in it, flaps folded; none that began in a window.
    pub incidents: u32,
    /// Downtime, in milliseconds.
    pub down_ms: i64,
    /// BREACHED when more was down than is allowed, else INSUFFICIENT below half coverage, else MET.
    pub state: BudgetState,
}

/// An agent that has spoken, and when it last did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSeen {
    /// Its node.
    pub node: NodePath,
    /// When it last registered, reported or sent a heartbeat.
    pub at: Timestamp,
}
