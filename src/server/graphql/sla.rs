//! Promises: the documented queries in their documented shapes, and budgets. What closed periods came to is in
//! [`super::results`].

use async_graphql::{Context, Object, Result, SimpleObject};

use super::{core, refuse, user};
use crate::{
    domain::{
        estate::Estate,
        health::{Backup, Service},
        sla::{BudgetState, SlaGroup},
        time::Timestamp,
    },
    server::wire::{
        Time,
        results::{minutes, percent},
        rfc3339,
        sla::{BudgetDetailView, BudgetGroupView},
    },
};

/// Furthest look back of the trend, in hours.
const TREND_HOURS_LIMIT: i32 = 31 * 24;

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
    /// Share of it that is known, in percent.
    coverage: f64,
    /// What was promised, in percent.
    target_value: f64,
    /// Incidents that began in it, flaps folded; none that began in a window.
    incident_count: u32,
    /// Downtime.
    downtime_minutes: f64,
    /// `MET`, `BREACHED`, or `INSUFFICIENT` below half coverage.
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
                coverage: percent(b.coverage_millionths),
                target_value: percent(b.target_millionths),
                incident_count: b.incidents,
                downtime_minutes: minutes(b.down_ms),
                status: b.state.word(),
            })
            .collect())
    }

    /// Counts over all groups.
    async fn sla_dashboard_stats(&self, ctx: &Context<'_>) -> Result<SlaDashboardStats> {
        user(ctx)?;
        Ok(core(ctx)?.read(dashboard).await)
    }

    /// SLA groups with all their figures as they stand now, by name.
    #[graphql(complexity = "100 * child_complexity")]
    async fn budgets(&self, ctx: &Context<'_>) -> Result<Vec<BudgetGroupView>> {
        user(ctx)?;
        let core = core(ctx)?;
        let groups = core.figures(core.world().now()).await.map_err(|e| refuse(ctx, e))?;
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

/// Mean of what is known; none of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}
