//! Promises and what is left of them.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{Long, Time, gitops::PlaceView, windows::WindowView};
use crate::domain::{
    detail::{BudgetDetail, Incident, ServiceDetail},
    sla::{Alert, AlertSeverity, Budget, Exhaustion, SlaGroup},
};

/// One promise in figures.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Budget")]
pub struct BudgetView {
    /// What was promised, in millionths of the time.
    target_millionths: u32,
    /// Over what: `30d`, `month` and so on.
    period: String,
    /// First moment counted.
    from: Time,
    /// When these figures were taken.
    as_of: Time,
    /// Counted span, in milliseconds.
    span_ms: Long,
    /// Share of up in up + down, in millionths; none without either.
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_millionths: Option<u32>,
    /// The same with unknown counted as down.
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_case_millionths: Option<u32>,
    /// Share of the span that is known, in millionths.
    coverage_millionths: u32,
    /// Downtime the promise allows, in milliseconds.
    allowed_ms: Long,
    /// Downtime there was, in milliseconds.
    down_ms: Long,
    /// Downtime left, in milliseconds; negative once broken.
    remaining_ms: Long,
    /// Self-declared maintenance, in milliseconds.
    maintenance_ms: Long,
    /// Burn by window, shortest first.
    burns: Vec<BurnView>,
    /// The alert pairs.
    alerts: Vec<AlertView>,
    /// `MET`, `AT_RISK`, `BREACHED` or `INSUFFICIENT`.
    state: &'static str,
    /// When it will be gone, or since when it is.
    exhaustion: ExhaustionView,
    /// From when on nothing will be left if whoever is down stays down. None: nobody is down who counts, nothing is left
    /// already, or it lasts all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    exhausted_if_down_at: Option<Time>,
}

/// Burn over one window.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Burn")]
pub struct BurnView {
    /// Over what, in milliseconds.
    window_ms: Long,
    /// In thousandths of even spending; none below half coverage.
    #[serde(skip_serializing_if = "Option::is_none")]
    thousandths: Option<Long>,
}

/// One pair of windows.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Alert")]
pub struct AlertView {
    /// `page` or `ticket`.
    severity: &'static str,
    /// Long window, in milliseconds.
    long_ms: Long,
    /// Short window, in milliseconds.
    short_ms: Long,
    /// Burn above which both must be, in thousandths.
    factor_thousandths: Long,
    /// Whether it fires.
    firing: bool,
    /// Whether its target can ever reach the factor.
    reachable: bool,
}

/// When a budget will be gone, or since when it is.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Exhaustion")]
pub struct ExhaustionView {
    /// `not_burning`, `in`, `not_before_reset` or `exhausted`; `unknown` when under half of the last 6 hours is known.
    kind: &'static str,
    /// In so many milliseconds at the burn of the last 6 hours, for `in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_ms: Option<Long>,
    /// Since when nothing is left, for `exhausted`; none: for one rolling period or longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
}

/// A group that is live: its members and its figures.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "BudgetGroup")]
pub struct BudgetGroupView {
    /// Short name.
    name: String,
    /// Label.
    display_name: String,
    /// Class of promise.
    tier: String,
    /// How members add up: `worst` or `mean`.
    aggregation: &'static str,
    /// Whether maintenance that a reporter declares itself, without a window, counts as down.
    maintenance_is_down: bool,
    /// Paths of its members.
    members: Vec<String>,
    /// Figures.
    budget: BudgetView,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

/// A time of trouble.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Incident")]
pub struct IncidentView {
    /// Path of the service.
    path: String,
    /// When it began.
    from: Time,
    /// When it ended; none while it lasts.
    to: Option<Time>,
    /// The worst status in it.
    worst: &'static str,
    /// What the reporter said at its start.
    message: String,
    /// How often it broke: more than once where a recovery was too short to end it.
    outbreaks: u32,
    /// How much of it, in milliseconds, it was not in its worst status: it worked in between, was better or unknown.
    other_ms: Long,
    /// Path of the service that it came from, which this one cannot do without and was DOWN when it began.
    cause: Option<String>,
}

/// A status from a moment on.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "StatusPoint")]
pub struct PointView {
    /// From then on.
    at: Time,
    /// The status.
    status: &'static str,
}

/// A service with its past.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "ServiceDetail")]
pub struct ServiceDetailView {
    /// Which one.
    path: String,
    /// As it is now.
    service: Option<super::health::ServiceView>,
    /// Status line of the last 30 days, oldest first.
    timeline: Vec<PointView>,
    /// Its own promise, over 30 days: the target of its group, else of its criticality.
    budget: BudgetView,
    /// Times of trouble in the last 30 days, newest first; 200 at most. `incidents` has all.
    incidents: Vec<IncidentView>,
    /// How many there were in all.
    incidents_total: u64,
}

/// A group with its burn-down, incidents and members.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "BudgetDetail")]
pub struct BudgetDetailView {
    /// The group.
    group: BudgetGroupView,
    /// Budget left over the period, oldest first.
    burn_down: Vec<BurnDownView>,
    /// Incidents that cost budget, newest first; 50 at most. Where maintenance without a window counts as down, it is one of
    /// them, with `MAINTENANCE` as its worst.
    incidents: Vec<IncidentView>,
    /// How many there were in all.
    incidents_total: u64,
    /// When a member was DOWN, or in maintenance that counts as that, so that it cost budget, all of them, oldest
    /// first: what lies closer together than a thousandth of the period is one.
    down: Vec<StretchView>,
    /// Exclusion windows of the group and of its members that reach into the period, newest first; 200 at most.
    windows: Vec<WindowView>,
    /// Each member's own figures, worst first.
    members: Vec<MemberView>,
}

/// A time with its end.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Stretch")]
pub struct StretchView {
    /// First moment.
    from: Time,
    /// First moment after it.
    to: Time,
}

/// Budget left at a moment.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "BurnDownPoint")]
pub struct BurnDownView {
    /// When.
    at: Time,
    /// How much was left, in milliseconds.
    remaining_ms: Long,
}

/// A member's own figures.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "BudgetMember")]
pub struct MemberView {
    /// Path of the service.
    path: String,
    /// Its figures under the group's target.
    budget: BudgetView,
}

impl From<Budget> for BudgetView {
    fn from(b: Budget) -> Self {
        let (kind, in_ms) = match b.exhaustion {
            Exhaustion::Unknown => ("unknown", None),
            Exhaustion::NotBurning => ("not_burning", None),
            Exhaustion::In(ms) => ("in", Some(Long(ms))),
            Exhaustion::NotBeforeReset => ("not_before_reset", None),
            Exhaustion::Exhausted(_) => ("exhausted", None),
        };
        let since = b.exhausted_since().map(Time);
        let burn = |burn: &crate::domain::sla::Burn| BurnView {
            window_ms: Long(burn.window.0),
            thousandths: burn.thousandths.map(Long),
        };
        Self {
            target_millionths: b.target.millionths(),
            period: b.period.word(),
            from: Time(b.from),
            as_of: Time(b.as_of),
            span_ms: Long(b.span_ms),
            uptime_millionths: b.uptime_millionths,
            worst_case_millionths: b.worst_case_millionths,
            coverage_millionths: b.coverage_millionths,
            allowed_ms: Long(b.allowed_ms),
            down_ms: Long(b.down_ms),
            remaining_ms: Long(b.remaining_ms()),
            maintenance_ms: Long(b.maintenance_ms),
            burns: b.burns.iter().map(burn).collect(),
            alerts: b.alerts.iter().map(Into::into).collect(),
            state: b.state.word(),
            exhaustion: ExhaustionView { kind, in_ms, since },
            exhausted_if_down_at: b.exhausted_if_down_at.map(Time),
        }
    }
}

impl From<&Alert> for AlertView {
    fn from(a: &Alert) -> Self {
        Self {
            severity: match a.severity {
                AlertSeverity::Ticket => "ticket",
                AlertSeverity::Page => "page",
            },
            long_ms: Long(a.long.0),
            short_ms: Long(a.short.0),
            factor_thousandths: Long(a.factor_thousandths),
            firing: a.firing,
            reachable: a.reachable,
        }
    }
}

impl From<SlaGroup> for BudgetGroupView {
    fn from(g: SlaGroup) -> Self {
        Self {
            name: g.name,
            display_name: g.display_name,
            tier: g.tier.0,
            aggregation: g.aggregation.word(),
            maintenance_is_down: g.maintenance_is_down,
            members: g.members.iter().map(|p| p.as_str().to_owned()).collect(),
            budget: g.budget.into(),
            place: g.place.map(Into::into),
        }
    }
}

impl From<Incident> for IncidentView {
    fn from(i: Incident) -> Self {
        Self {
            path: i.path.as_str().to_owned(),
            from: Time(i.from),
            to: i.to.map(Time),
            worst: i.worst.word(),
            message: i.message,
            outbreaks: i.outbreaks,
            other_ms: Long(i.other_ms),
            cause: i.cause.map(|p| p.as_str().to_owned()),
        }
    }
}

impl ServiceDetailView {
    /// The detail, with the service as the estate has it.
    pub fn new(detail: ServiceDetail, service: Option<crate::domain::health::Service>) -> Self {
        let point =
            |(at, status): &(_, crate::domain::health::Status)| PointView { at: Time(*at), status: status.word() };
        Self {
            path: detail.path.as_str().to_owned(),
            service: service.map(Into::into),
            timeline: detail.timeline.points().iter().map(point).collect(),
            budget: detail.budget.into(),
            incidents: detail.incidents.into_iter().map(Into::into).collect(),
            incidents_total: detail.incidents_total as u64,
        }
    }
}

impl From<BudgetDetail> for BudgetDetailView {
    fn from(d: BudgetDetail) -> Self {
        Self {
            group: d.group.into(),
            burn_down: d
                .burn_down
                .into_iter()
                .map(|(at, left)| BurnDownView { at: Time(at), remaining_ms: Long(left) })
                .collect(),
            incidents: d.incidents.into_iter().map(Into::into).collect(),
            incidents_total: d.incidents_total as u64,
            down: d.down.into_iter().map(|(from, to)| StretchView { from: Time(from), to: Time(to) }).collect(),
            windows: d.windows.into_iter().map(Into::into).collect(),
            members: d
                .members
                .into_iter()
                .map(|(path, budget)| MemberView { path: path.as_str().to_owned(), budget: budget.into() })
                .collect(),
        }
    }
}
