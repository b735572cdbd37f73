//! Promises and what is left of them.

use serde::{Deserialize, de::Error as _};

use super::{At, Line, Path, Text, Word, gitops::PlaceShape, health::moment, windows::WindowShape};
use crate::domain::{
    detail::{BudgetDetail, Incident, ServiceDetail},
    health::Status,
    sla::{
        Aggregation, Alert, AlertSeverity, Budget, BudgetState, Burn, Exhaustion, Period, SlaGroup, Target, Tier,
        Timeline, Window,
    },
};

/// One promise in figures.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetShape {
    target_millionths: TargetShape,
    period: Word<Period>,
    from: At,
    as_of: At,
    span_ms: i64,
    uptime_millionths: Option<u32>,
    worst_case_millionths: Option<u32>,
    coverage_millionths: u32,
    allowed_ms: i64,
    down_ms: i64,
    maintenance_ms: i64,
    burns: Vec<BurnShape>,
    alerts: Vec<AlertShape>,
    state: Word<BudgetState>,
    exhaustion: ExhaustionShape,
    exhausted_if_down_at: Option<At>,
}

/// A target that can be kept and broken.
pub struct TargetShape(pub Target);

impl<'de> Deserialize<'de> for TargetShape {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let millionths = u32::deserialize(from)?;
        let target = Target::from_millionths(millionths);
        target.map(Self).ok_or_else(|| D::Error::custom(format!("{millionths} millionths is not a target")))
    }
}

/// Burn over one window.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BurnShape {
    window_ms: i64,
    thousandths: Option<i64>,
}

/// One pair of windows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertShape {
    severity: SeverityShape,
    long_ms: i64,
    short_ms: i64,
    factor_thousandths: i64,
    firing: bool,
    reachable: bool,
}

/// What an alert asks for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SeverityShape {
    /// Work in hours.
    Ticket,
    /// Wake somebody.
    Page,
}

/// When a budget will be gone, or since when it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExhaustionShape {
    kind: ExhaustionKind,
    in_ms: Option<i64>,
    since: Option<At>,
}

/// In which way.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExhaustionKind {
    /// Nobody can say.
    Unknown,
    /// Nothing is being spent.
    NotBurning,
    /// In so many milliseconds.
    In,
    /// Not before the period ends.
    NotBeforeReset,
    /// Already.
    Exhausted,
}

/// A group that is live.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupShape {
    name: Line,
    display_name: Line,
    tier: Line,
    aggregation: Word<Aggregation>,
    #[serde(default)]
    maintenance_is_down: bool,
    #[serde(default)]
    members: Vec<Path>,
    budget: BudgetShape,
    place: Option<PlaceShape>,
}

/// A time of trouble.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentShape {
    path: Path,
    from: At,
    to: Option<At>,
    worst: Word<Status>,
    #[serde(default)]
    message: Text,
    outbreaks: u32,
    other_ms: i64,
    cause: Option<Path>,
}

/// A status from a moment on.
#[derive(Deserialize)]
pub struct PointShape {
    at: At,
    status: Word<Status>,
}

/// A service with its past.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDetailShape {
    path: Path,
    timeline: Vec<PointShape>,
    budget: BudgetShape,
    incidents: Vec<IncidentShape>,
    incidents_total: usize,
}

/// A group with its burn-down and members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetDetailShape {
    group: GroupShape,
    burn_down: Vec<BurnDownShape>,
    incidents: Vec<IncidentShape>,
    incidents_total: usize,
    down: Vec<StretchShape>,
    #[serde(default)]
    windows: Vec<WindowShape>,
    members: Vec<MemberShape>,
}

/// A time with its end.
#[derive(Deserialize)]
pub struct StretchShape {
    from: At,
    to: At,
}

/// Budget left at a moment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BurnDownShape {
    at: At,
    remaining_ms: i64,
}

/// A member's own figures.
#[derive(Deserialize)]
pub struct MemberShape {
    path: Path,
    budget: BudgetShape,
}

impl From<BudgetShape> for Budget {
    fn from(b: BudgetShape) -> Self {
        Self {
            target: b.target_millionths.0,
            period: b.period.0,
            from: b.from.0,
            as_of: b.as_of.0,
            span_ms: b.span_ms,
            uptime_millionths: b.uptime_millionths,
            worst_case_millionths: b.worst_case_millionths,
            coverage_millionths: b.coverage_millionths,
            allowed_ms: b.allowed_ms,
            down_ms: b.down_ms,
            maintenance_ms: b.maintenance_ms,
            burns: b
                .burns
                .into_iter()
                .map(|b| Burn { window: Window(b.window_ms), thousandths: b.thousandths })
                .collect(),
            alerts: b.alerts.into_iter().map(Into::into).collect(),
            state: b.state.0,
            exhaustion: match (b.exhaustion.kind, b.exhaustion.in_ms) {
                (ExhaustionKind::In, Some(ms)) => Exhaustion::In(ms),
                (ExhaustionKind::Unknown | ExhaustionKind::In, _) => Exhaustion::Unknown,
                (ExhaustionKind::NotBurning, _) => Exhaustion::NotBurning,
                (ExhaustionKind::NotBeforeReset, _) => Exhaustion::NotBeforeReset,
                (ExhaustionKind::Exhausted, _) => Exhaustion::Exhausted(b.exhaustion.since.map(|at| at.0)),
            },
            exhausted_if_down_at: moment(b.exhausted_if_down_at),
        }
    }
}

impl From<AlertShape> for Alert {
    fn from(a: AlertShape) -> Self {
        Self {
            severity: match a.severity {
                SeverityShape::Ticket => AlertSeverity::Ticket,
                SeverityShape::Page => AlertSeverity::Page,
            },
            long: Window(a.long_ms),
            short: Window(a.short_ms),
            factor_thousandths: a.factor_thousandths,
            firing: a.firing,
            reachable: a.reachable,
        }
    }
}

impl From<GroupShape> for SlaGroup {
    fn from(g: GroupShape) -> Self {
        Self {
            name: g.name.0,
            display_name: g.display_name.0,
            tier: Tier(g.tier.0),
            aggregation: g.aggregation.0,
            maintenance_is_down: g.maintenance_is_down,
            members: g.members.into_iter().map(|p| p.0).collect(),
            budget: g.budget.into(),
            place: g.place.map(Into::into),
        }
    }
}

impl From<IncidentShape> for Incident {
    fn from(i: IncidentShape) -> Self {
        Self {
            path: i.path.0,
            from: i.from.0,
            to: moment(i.to),
            worst: i.worst.0,
            message: i.message.0,
            outbreaks: i.outbreaks,
            other_ms: i.other_ms,
            cause: i.cause.map(|p| p.0),
        }
    }
}

impl From<ServiceDetailShape> for ServiceDetail {
    fn from(d: ServiceDetailShape) -> Self {
        Self {
            path: d.path.0,
            timeline: Timeline::from_points(d.timeline.into_iter().map(|p| (p.at.0, p.status.0)).collect()),
            budget: d.budget.into(),
            incidents: d.incidents.into_iter().map(Into::into).collect(),
            incidents_total: d.incidents_total,
        }
    }
}

impl From<BudgetDetailShape> for BudgetDetail {
    fn from(d: BudgetDetailShape) -> Self {
        Self {
            group: d.group.into(),
            burn_down: d.burn_down.into_iter().map(|p| (p.at.0, p.remaining_ms)).collect(),
            incidents: d.incidents.into_iter().map(Into::into).collect(),
            incidents_total: d.incidents_total,
            down: d.down.into_iter().map(|stretch| (stretch.from.0, stretch.to.0)).collect(),
            windows: d.windows.into_iter().map(|w| w.0).collect(),
            members: d.members.into_iter().map(|m| (m.path.0, m.budget.into())).collect(),
        }
    }
}
