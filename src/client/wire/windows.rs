//! Exclusion windows, what closed periods came to, and what corrected them.

use serde::{Deserialize, de::Error as _};

use super::{At, Line, Word, sla::TargetShape, tickets::ActorShape};
use crate::domain::{
    change::Actor,
    sla::{Aggregation, BudgetState, ExclusionWindow, Figures, PeriodResult, Restatement, ResultPeriod, WindowScope},
    time::Timestamp,
};

/// A window.
pub struct WindowShape(pub ExclusionWindow);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    id: u64,
    scope: Line,
    name: Line,
    from: At,
    to: Option<At>,
    reason: Line,
    opened_by: ActorShape,
    opened_at: At,
    stopped_by: Option<ActorShape>,
    stopped_at: Option<At>,
}

impl<'de> Deserialize<'de> for WindowShape {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let w = Fields::deserialize(from)?;
        let scope = WindowScope::parse(&w.scope.0, &w.name.0).map_err(|why| D::Error::custom(super::line(&why)))?;
        let moment = |at: Option<At>| -> Option<Timestamp> { at.map(|at| at.0) };
        Ok(Self(ExclusionWindow {
            id: w.id,
            scope,
            from: w.from.0,
            to: moment(w.to),
            reason: w.reason.0,
            opened_by: w.opened_by.into(),
            opened_at: w.opened_at.0,
            stopped: w.stopped_by.map(Actor::from).zip(moment(w.stopped_at)),
        }))
    }
}

/// What a period came to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiguresShape {
    uptime_millionths: Option<u32>,
    coverage_millionths: u32,
    allowed_ms: i64,
    down_ms: i64,
    excluded_ms: i64,
    state: Word<BudgetState>,
}

/// One day or month of one group.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultShape {
    group: Line,
    period_type: Word<ResultPeriod>,
    period_start: At,
    target_millionths: TargetShape,
    aggregation: Word<Aggregation>,
    maintenance_is_down: bool,
    measured_from: Option<At>,
    until: Option<At>,
    closed: bool,
    figures: FiguresShape,
}

/// A result that was corrected.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestatementShape {
    id: u64,
    group: Line,
    period_type: Word<ResultPeriod>,
    period_start: At,
    was: FiguresShape,
    is: FiguresShape,
    at: At,
    actor: ActorShape,
    reason: Line,
}

impl From<FiguresShape> for Figures {
    fn from(f: FiguresShape) -> Self {
        Self {
            uptime_millionths: f.uptime_millionths,
            coverage_millionths: f.coverage_millionths,
            allowed_ms: f.allowed_ms,
            down_ms: f.down_ms,
            excluded_ms: f.excluded_ms,
            state: f.state.0,
        }
    }
}

impl From<ResultShape> for PeriodResult {
    fn from(r: ResultShape) -> Self {
        Self {
            group: r.group.0,
            period: r.period_type.0,
            from: r.period_start.0,
            target: r.target_millionths.0,
            aggregation: r.aggregation.0,
            maintenance_is_down: r.maintenance_is_down,
            measured_from: r.measured_from.map(|at| at.0),
            until: r.until.map(|at| at.0),
            figures: r.figures.into(),
            is_closed: r.closed,
        }
    }
}

impl From<RestatementShape> for Restatement {
    fn from(r: RestatementShape) -> Self {
        Self {
            id: r.id,
            group: r.group.0,
            period: r.period_type.0,
            from: r.period_start.0,
            was: r.was.into(),
            is: r.is.into(),
            at: r.at.0,
            actor: r.actor.into(),
            reason: r.reason.0,
        }
    }
}
