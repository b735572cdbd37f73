//! What a reporter may send, after the door has cleaned it.

use super::{Criticality, Status};
use crate::domain::{hierarchy::ServicePath, time::Timestamp};

/// Most tags of a service that reporters may give; what is declared has no such limit.
pub const TAG_LIMIT: usize = 50;

/// A health push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthReport {
    /// Identity, already repaired.
    pub path: ServicePath,
    /// The status; an unknown word became UNKNOWN with a warning.
    pub status: Status,
    /// May be empty.
    pub message: String,
    /// Given by the reporter.
    pub criticality: Option<Criticality>,
    /// Given by the reporter.
    pub sla_group: Option<String>,
    /// Given by the reporter.
    pub kind: Option<String>,
    /// Given by the reporter.
    pub tags: Vec<String>,
    /// Ready and wanted replicas, from an agent.
    pub replicas: Option<(u32, u32)>,
    /// When it was true, when the reporter says; else when it came.
    pub at: Option<Timestamp>,
    /// By how much the time that the reporter says was ahead of the core's clock when it came, in milliseconds; negative:
    /// behind. None when it says none.
    pub ahead_ms: Option<i64>,
}

/// The status of a workload from its replicas (PRODUCT.md 1.2). None means the workload is missing.
pub const fn from_replicas(replicas: Option<(u32, u32)>) -> Status {
    match replicas {
        None => Status::Unknown,
        Some((_, 0)) => Status::Maintenance,
        Some((0, _)) => Status::Down,
        Some((ready, wanted)) if ready < wanted => Status::Degraded,
        Some(_) => Status::Operational,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_say_how_a_workload_is() {
        assert_eq!(from_replicas(Some((3, 3))), Status::Operational);
        assert_eq!(from_replicas(Some((2, 3))), Status::Degraded);
        assert_eq!(from_replicas(Some((0, 3))), Status::Down);
        assert_eq!(from_replicas(Some((0, 0))), Status::Maintenance);
        assert_eq!(from_replicas(None), Status::Unknown);
    }
}
