//! The daily report as JSON.

use serde::Serialize;

use super::{
    Time,
    results::{PeriodResultView, RestatementView},
    sla::{BudgetGroupView, IncidentView},
    windows::WindowView,
};
use crate::domain::sla::daily::{DailyReport, GroupReport, RetiredReport};

/// Version of this shape.
const VERSION: u32 = 1;

/// One report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportView {
    version: u32,
    cause: &'static str,
    made_at: Time,
    from: Time,
    simulated: bool,
    groups: Vec<GroupReportView>,
    retired_groups: Vec<RetiredReportView>,
    incidents: Vec<IncidentView>,
    incidents_left_out: usize,
    windows: Vec<WindowView>,
    restatements: Vec<RestatementView>,
    restatements_left_out: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupReportView {
    #[serde(flatten)]
    group: BudgetGroupView,
    last_day: Option<PeriodResultView>,
    month_so_far: Option<PeriodResultView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RetiredReportView {
    group: String,
    until: Time,
    last_day: Option<PeriodResultView>,
    month: Option<PeriodResultView>,
}

impl From<RetiredReport> for RetiredReportView {
    fn from(r: RetiredReport) -> Self {
        Self { group: r.group, until: Time(r.until), last_day: r.day.map(Into::into), month: r.month.map(Into::into) }
    }
}

impl From<DailyReport> for ReportView {
    fn from(r: DailyReport) -> Self {
        Self {
            version: VERSION,
            cause: r.cause.word(),
            made_at: Time(r.made_at),
            from: Time(r.from),
            simulated: r.simulated,
            groups: r.groups.into_iter().map(Into::into).collect(),
            retired_groups: r.retired_groups.into_iter().map(Into::into).collect(),
            incidents: r.incidents.into_iter().map(Into::into).collect(),
            incidents_left_out: r.incidents_left_out,
            windows: r.windows.into_iter().map(Into::into).collect(),
            restatements: r.restatements.into_iter().map(Into::into).collect(),
            restatements_left_out: r.restatements_left_out,
        }
    }
}

impl From<GroupReport> for GroupReportView {
    fn from(g: GroupReport) -> Self {
        Self { group: g.group.into(), last_day: g.day.map(Into::into), month_so_far: g.month.map(Into::into) }
    }
}
