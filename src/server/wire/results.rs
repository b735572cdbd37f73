//! What closed periods came to, and what corrected them.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{Long, Time, parse_time, rfc3339, tickets::ActorView};
use crate::domain::{
    sla::{Figures, PeriodResult, Restatement, ResultPeriod},
    time::{MINUTE, Timestamp},
};

/// One day or month of one group.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "SlaPeriodResult")]
pub struct PeriodResultView {
    /// Short name of the group.
    pub group: String,
    /// `DAILY` or `MONTHLY`.
    pub period_type: &'static str,
    /// `2026-01-31` or `2026-01`.
    pub period_key: String,
    /// When it begins, UTC.
    pub period_start: Time,
    /// Uptime in percent; none without data.
    pub actual_value: Option<f64>,
    /// What was promised, in percent.
    pub target_value: f64,
    /// How members added up: `worst` or `mean`.
    pub aggregation: &'static str,
    /// Whether maintenance that a reporter declared itself counted as down.
    pub maintenance_is_down: bool,
    /// Downtime.
    pub downtime_minutes: f64,
    /// `MET`, `BREACHED`, or `INSUFFICIENT` below half coverage.
    pub status: &'static str,
    /// First moment that was measured: that of the period, or of the first report in it that counts. None where nothing was
    /// reported, and for what was kept before this was.
    pub measured_from: Option<Time>,
    /// First moment that is not in it, where the group was taken out of the declaration before the period ended.
    pub until: Option<Time>,
    /// Whether it is closed; else it is told so far.
    pub closed: bool,
    /// What was promised, in millionths of the time.
    pub target_millionths: u32,
    /// The same exactly, and more.
    pub figures: ResultFiguresView,
}

/// What a period came to, exactly.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "SlaResultFigures")]
pub struct ResultFiguresView {
    /// Share of up in up + down, in millionths; none without either.
    uptime_millionths: Option<u32>,
    /// Share of the counted span that is known, in millionths.
    coverage_millionths: u32,
    /// Downtime the promise allows in the counted span, and of a period that still runs in the rest of it too, in milliseconds.
    allowed_ms: Long,
    /// Downtime, in milliseconds.
    down_ms: Long,
    /// Time taken out by windows of the whole group, in milliseconds.
    excluded_ms: Long,
    /// `MET`, `BREACHED` or `INSUFFICIENT`.
    state: &'static str,
}

/// A kept result that was corrected.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "SlaRestatement")]
pub struct RestatementView {
    /// Stable number.
    id: u64,
    /// Short name of the group.
    group: String,
    /// `DAILY` or `MONTHLY`.
    period_type: &'static str,
    /// `2026-01-31` or `2026-01`.
    period_key: String,
    /// When the period begins, UTC.
    period_start: Time,
    /// What was told before.
    was: ResultFiguresView,
    /// What is true.
    is: ResultFiguresView,
    /// When it was corrected.
    at: Time,
    /// Who caused it.
    actor: ActorView,
    /// Why.
    reason: String,
}

/// `2026-01-31` or `2026-01`.
fn key(period: ResultPeriod, from: Timestamp) -> String {
    let length = match period {
        ResultPeriod::Day => 10,
        ResultPeriod::Month => 7,
    };
    rfc3339(from).chars().take(length).collect()
}

/// The bounds of a month by its key.
pub fn month(key: &str) -> Option<(Timestamp, Timestamp)> {
    parse_time(&format!("{key}-01T00:00:00Z")).map(|first| ResultPeriod::Month.bounds(first))
}

/// A share for people, in percent.
pub fn percent(millionths: u32) -> f64 {
    f64::from(millionths) / 10_000.0
}

/// Exact below 2^53 ms, which is longer than history.
#[allow(clippy::cast_precision_loss)]
pub fn minutes(ms: i64) -> f64 {
    ms as f64 / MINUTE as f64
}

impl From<PeriodResult> for PeriodResultView {
    fn from(r: PeriodResult) -> Self {
        Self {
            period_type: r.period.word(),
            period_key: key(r.period, r.from),
            period_start: Time(r.from),
            actual_value: r.figures.uptime_millionths.map(percent),
            target_value: percent(r.target.millionths()),
            aggregation: r.aggregation.word(),
            maintenance_is_down: r.maintenance_is_down,
            downtime_minutes: minutes(r.figures.down_ms),
            status: r.figures.state.word(),
            measured_from: r.measured_from.map(Time),
            until: r.until.map(Time),
            closed: r.is_closed,
            target_millionths: r.target.millionths(),
            figures: r.figures.into(),
            group: r.group,
        }
    }
}

impl From<Figures> for ResultFiguresView {
    fn from(f: Figures) -> Self {
        Self {
            uptime_millionths: f.uptime_millionths,
            coverage_millionths: f.coverage_millionths,
            allowed_ms: Long(f.allowed_ms),
            down_ms: Long(f.down_ms),
            excluded_ms: Long(f.excluded_ms),
            state: f.state.word(),
        }
    }
}

impl From<Restatement> for RestatementView {
    fn from(r: Restatement) -> Self {
        Self {
            id: r.id,
            group: r.group,
            period_type: r.period.word(),
            period_key: key(r.period, r.from),
            period_start: Time(r.from),
            was: r.was.into(),
            is: r.is.into(),
            at: Time(r.at),
            actor: r.actor.into(),
            reason: r.reason,
        }
    }
}
