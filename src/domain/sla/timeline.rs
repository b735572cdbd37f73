//! A line of statuses over time, and what it adds up to.

use crate::domain::{health::Status, time::Timestamp};

/// Change points in order of time; each status lasts until the next point. Before the first point nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    points: Vec<(Timestamp, Status)>,
}

/// How long of what, in milliseconds, within one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// OPERATIONAL and DEGRADED.
    pub up_ms: i64,
    /// DOWN.
    pub down_ms: i64,
    /// MAINTENANCE that the reporter declared itself.
    pub maintenance_ms: i64,
    /// UNKNOWN, and time before the first report.
    pub unknown_ms: i64,
}
