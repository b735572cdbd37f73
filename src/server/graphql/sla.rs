//! Promises: the documented queries in their documented shapes, and budgets.

use std::collections::BTreeMap;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::{core, invalid, refuse, user};
use crate::{
    domain::{
        estate::Estate,
        health::{Backup, Service},
        sla::{BudgetState, ResultPeriod, SlaGroup},
        time::{DAY, Timestamp},
    },
    server::wire::{
        Time,
        results::{PeriodResultView, RestatementView, minutes, percent},
        rfc3339,
        sla::{BudgetDetailView, BudgetGroupView},
    },
};

/// Furthest look back of the trend, in hours.
const TREND_HOURS_LIMIT: i32 = 31 * 24;
/// Furthest look back of results, in months.
const MONTHS_LIMIT: i32 = 36;
/// Most restatements in one answer; the newest.
const RESTATEMENTS_LIMIT: u32 = 1_000;

/// Queries on promises.
#[derive(Default)]
pub struct SlaQuery;

/// An SLA group as documented.
#[derive(SimpleObject)]
#[graphql(name = "SlaGroup")]
pub struct SlaGroupView {
    /// Short name; stable.
    id: String,
    /// Short name.
    name: String,
    /// Label.
    display_name: String,
    /// Class of promise.
    tier: String,
    /// `MET`, `AT_RISK`, `BREACHED` or `INSUFFICIENT`.
    status: &'static str,
    /// Uptime of its period so far, in percent; none without data.
    current_uptime: Option<f64>,
    /// Its members.
    services: Vec<SlaServiceView>,
}

/// A member of an SLA group as documented.
#[derive(SimpleObject)]
#[graphql(name = "SlaService")]
pub struct SlaServiceView {
    /// The identifier that `slaSnapshotTrend` takes.
    service_id: String,
    /// Last segment of its path.
    service_name: String,
    /// Its whole path.
    path: String,
    /// Its status.
    status: &'static str,
    /// Replicas that are wanted.
    replicas: Option<u32>,
    /// Replicas that are ready.
    ready_replicas: Option<u32>,
    /// Its backup duty.
    backup_status: BackupStatusView,
}

/// A backup duty as documented.
#[derive(SimpleObject)]
#[graphql(name = "BackupStatus")]
pub struct BackupStatusView {
    /// Whether anyone expects one.
    backup_expected: bool,
    /// When the last report came.
    last_backup_at: Option<Time>,
    /// `success`, `failed` or `partial`.
    last_backup_status: Option<&'static str>,
    /// How old the last success may be.
    backup_max_age_days: Option<u32>,
    /// Whether it is older.
    backup_overdue: bool,
}

/// Five minutes of one service.
#[derive(SimpleObject)]
pub struct SnapshotTrendPoint {
    /// Names the bucket.
    period_key: String,
    /// When it begins.
    period_start: Time,
    /// Uptime in percent; none without data.
    actual_value: Option<f64>,
    /// What was promised, in percent.
    target_value: f64,
    /// Times of DOWN that began in it.
    incident_count: u32,
    /// Downtime.
    downtime_minutes: f64,
    /// `MET`, `BREACHED` or `INSUFFICIENT`.
    status: &'static str,
}

/// One day or month of all groups.
#[derive(SimpleObject)]
pub struct TrendPoint {
    /// `2026-01-31` or `2026-01`.
    period_key: String,
    /// When it begins, UTC.
    period_start: Time,
    /// Mean uptime of the groups in percent; none without data.
    actual_value: Option<f64>,
    /// The worst of the groups' results.
    status: &'static str,
}

/// Counts over all groups as documented.
#[derive(SimpleObject)]
pub struct SlaDashboardStats {
    /// Services there are.
    total_services: u64,
    /// Services in a group.
    services_with_sla: u64,
    /// Groups that keep their promise.
    met_count: u64,
    /// Groups whose promise is in danger.
    at_risk_count: u64,
    /// Groups that broke it.
    breached_count: u64,
    /// Mean uptime of the groups in percent; none without data.
    average_uptime: Option<f64>,
}

/// Which periods.
#[derive(InputObject)]
pub struct TrendFilter {
    /// `DAILY` or `MONTHLY`.
    #[graphql(default = "DAILY")]
    period_type: String,
    /// How many months back.
    #[graphql(default = 1)]
    months_back: i32,
    /// Of this group only.
    group: Option<String>,
}

#[Object]
impl SlaQuery {
    /// SLA groups with their members.
    #[graphql(complexity = "100 * child_complexity")]
    async fn sla_groups(&self, ctx: &Context<'_>) -> Result<Vec<SlaGroupView>> {
        user(ctx)?;
        let core = core(ctx)?;
        let now = core.world().now();
        Ok(core.read(|estate| estate.budgets.values().map(|g| SlaGroupView::new(g, estate, now)).collect()).await)
    }

    /// One service in buckets of five minutes, oldest first.
    #[graphql(complexity = "hours_back.clamp(1, 744) as usize * 12 * child_complexity / 8 + 1")]
    async fn sla_snapshot_trend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identifier out of `slaGroups`, or a path.")] service_id: String,
        #[graphql(default = 24)] hours_back: i32,
    ) -> Result<Vec<SnapshotTrendPoint>> {
        user(ctx)?;
        let hours = u32::try_from(hours_back.clamp(1, TREND_HOURS_LIMIT)).unwrap_or(1);
        let buckets = core(ctx)?.trend(&service_id, hours).await.map_err(|e| refuse(ctx, e))?;
        Ok(buckets
            .into_iter()
            .map(|b| SnapshotTrendPoint {
                period_key: rfc3339(b.from),
                period_start: Time(b.from),
                actual_value: b.uptime_millionths.map(percent),
                target_value: percent(b.target_millionths),
                incident_count: b.incidents,
                downtime_minutes: minutes(b.down_ms),
                status: b.state.word(),
            })
            .collect())
    }

    /// All groups by day or month, oldest first.
    #[graphql(complexity = "100 * child_complexity")]
    async fn sla_trend_data(&self, ctx: &Context<'_>, filter: Option<TrendFilter>) -> Result<Vec<TrendPoint>> {
        let results = results(ctx, filter).await?;
        let mut periods: BTreeMap<Timestamp, Vec<PeriodResultView>> = BTreeMap::new();
        for result in results {
            periods.entry(result.period_start.0).or_default().push(result);
        }
        Ok(periods
            .into_iter()
            .map(|(start, all)| TrendPoint {
                period_key: all.first().map(|r| r.period_key.clone()).unwrap_or_default(),
                period_start: Time(start),
                actual_value: mean(all.iter().filter_map(|r| r.actual_value)),
                status: worst(all.iter().map(|r| r.status)),
            })
            .collect())
    }

    /// Each group by day or month, oldest first: as kept when the period was closed, and corrected only with a
    /// restatement. The newest may still run.
    #[graphql(complexity = "100 * child_complexity")]
    async fn sla_period_results(
        &self,
        ctx: &Context<'_>,
        filter: Option<TrendFilter>,
    ) -> Result<Vec<PeriodResultView>> {
        results(ctx, filter).await
    }

    /// Results that were corrected after they were kept, oldest first, of one group or of all.
    #[graphql(complexity = "50 * child_complexity")]
    async fn sla_restatements(
        &self,
        ctx: &Context<'_>,
        group: Option<String>,
        #[graphql(default = 1)] months_back: i32,
    ) -> Result<Vec<RestatementView>> {
        user(ctx)?;
        let core = core(ctx)?;
        let back = i64::from(months_back.clamp(1, MONTHS_LIMIT)) * 31 * DAY;
        let since = core.world().now().plus(-back);
        let found = core.restatements(group.as_deref(), since, RESTATEMENTS_LIMIT).await.map_err(|e| refuse(ctx, e))?;
        Ok(found.into_iter().map(Into::into).collect())
    }

    /// Counts over all groups.
    async fn sla_dashboard_stats(&self, ctx: &Context<'_>) -> Result<SlaDashboardStats> {
        user(ctx)?;
        Ok(core(ctx)?.read(dashboard).await)
    }

    /// SLA groups with all their figures, by name.
    #[graphql(complexity = "100 * child_complexity")]
    async fn budgets(&self, ctx: &Context<'_>) -> Result<Vec<BudgetGroupView>> {
        user(ctx)?;
        let groups: Vec<SlaGroup> = core(ctx)?.read(|estate| estate.budgets.values().cloned().collect()).await;
        Ok(groups.into_iter().map(Into::into).collect())
    }

    /// One SLA group with its burn-down, incidents and members.
    #[graphql(complexity = "50 + child_complexity")]
    async fn budget(&self, ctx: &Context<'_>, name: String) -> Result<BudgetDetailView> {
        user(ctx)?;
        core(ctx)?.budget_detail(&name).await.map(Into::into).map_err(|e| refuse(ctx, e))
    }
}

impl SlaGroupView {
    fn new(group: &SlaGroup, estate: &Estate, now: Timestamp) -> Self {
        let members = group.members.iter().filter_map(|path| estate.services.get(path));
        Self {
            id: group.name.clone(),
            name: group.name.clone(),
            display_name: group.display_name.clone(),
            tier: group.tier.0.clone(),
            status: group.budget.state.word(),
            current_uptime: group.budget.uptime_millionths.map(percent),
            services: members.map(|s| SlaServiceView::new(s, now)).collect(),
        }
    }
}

impl SlaServiceView {
    fn new(s: &Service, now: Timestamp) -> Self {
        let none = Backup::default();
        let backup = s.backup.as_ref().unwrap_or(&none);
        Self {
            service_id: crate::server::service::service_uuid(&s.path).to_string(),
            service_name: s.path.service().to_owned(),
            path: s.path.as_str().to_owned(),
            status: s.health.status.word(),
            replicas: s.health.replicas.map(|(_, wanted)| wanted),
            ready_replicas: s.health.replicas.map(|(ready, _)| ready),
            backup_status: BackupStatusView {
                backup_expected: backup.expected,
                last_backup_at: backup.last_report.map(|(at, _)| Time(at)),
                last_backup_status: backup.last_report.map(|(_, outcome)| outcome.word()),
                backup_max_age_days: backup.expected.then_some(backup.max_age_days),
                backup_overdue: backup.overdue_since(s.first_seen, now).is_some(),
            },
        }
    }
}

fn dashboard(estate: &Estate) -> SlaDashboardStats {
    let count = |state: BudgetState| estate.budgets.values().filter(|g| g.budget.state == state).count() as u64;
    let grouped: std::collections::BTreeSet<_> = estate.budgets.values().flat_map(|g| &g.members).collect();
    SlaDashboardStats {
        total_services: estate.services.len() as u64,
        services_with_sla: estate.services.keys().filter(|path| grouped.contains(path)).count() as u64,
        met_count: count(BudgetState::Met),
        at_risk_count: count(BudgetState::AtRisk),
        breached_count: count(BudgetState::Breached),
        average_uptime: mean(estate.budgets.values().filter_map(|g| g.budget.uptime_millionths).map(percent)),
    }
}

async fn results(ctx: &Context<'_>, filter: Option<TrendFilter>) -> Result<Vec<PeriodResultView>> {
    user(ctx)?;
    let filter = filter.unwrap_or_else(|| TrendFilter { period_type: "DAILY".to_owned(), months_back: 1, group: None });
    let period = ResultPeriod::parse(&filter.period_type).ok_or_else(|| {
        let other = filter.period_type.to_ascii_uppercase();
        invalid(ctx, format!("{} (DAILY or MONTHLY)", super::health::not_a("periodType", &other)))
    })?;
    let months = u32::try_from(filter.months_back.clamp(1, MONTHS_LIMIT)).unwrap_or(1);
    let mut results = core(ctx)?.period_results(period, months).await.map_err(|e| refuse(ctx, e))?;
    results.retain(|result| filter.group.as_ref().is_none_or(|group| *group == result.group));
    Ok(results.into_iter().map(Into::into).collect())
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn worst<'a>(words: impl Iterator<Item = &'a str>) -> &'static str {
    words.filter_map(BudgetState::parse).max().unwrap_or_default().word()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_result_counts_and_no_data_is_no_promise_kept() {
        assert_eq!(worst(["MET", "BREACHED", "INSUFFICIENT"].into_iter()), "BREACHED");
        assert_eq!(worst(["MET", "INSUFFICIENT"].into_iter()), "INSUFFICIENT", "who says nothing is not healthy");
        assert_eq!(worst(std::iter::empty()), "INSUFFICIENT");
    }
}
