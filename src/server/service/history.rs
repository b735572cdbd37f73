//! The past of services and groups, for those who open one or ask for a trend.

use super::{
    Core, Failure, TrendBucket,
    sla::{Roster, line_of},
};
use crate::domain::{
    detail::{BudgetDetail, ServiceDetail},
    health::{Status, Trouble, incident::troubles},
    hierarchy::ServicePath,
    refusal::{Refusal, RefusalCode},
    sla::{
        Aggregation, Exclusions, Measured, Member, Period, Promise, Target, Tier, Timeline, arithmetic, results,
        windows,
    },
    time::{DAY, HOUR, MINUTE, Timestamp},
};

/// Length of a trend bucket, in milliseconds.
const BUCKET_MS: i64 = 5 * MINUTE;
/// Farthest that trends look back, in hours.
const TREND_HOURS: u32 = 31 * 24;
/// How much of a service is shown when it is opened, in milliseconds.
const DETAIL_MS: i64 = 30 * DAY;
/// Points of a burn-down.
const BURN_DOWN_POINTS: usize = 61;
/// Most incidents shown of a group.
const INCIDENTS_SHOWN: usize = 50;
/// Most incidents shown of a service; pages of [`Core::incident_page`] have all.
const OWN_INCIDENTS_SHOWN: usize = 200;
/// Times of DOWN on a chart that lie closer together than one of so many parts of its span are one.
const CHART_PARTS: i64 = 1_000;
/// Most exclusion windows shown of a group.
const WINDOWS_SHOWN: usize = 200;

/// What a service promises by itself, and what does not count.
struct OwnPromise {
    target: Target,
    exclusions: Exclusions,
    maintenance_is_down: bool,
}

impl OwnPromise {
    fn over(&self, period: Period) -> Promise<'_> {
        let Self { target, exclusions, maintenance_is_down } = self;
        Promise { exclusions, maintenance_is_down: *maintenance_is_down, ..Promise::new(*target, period) }
    }
}

impl Core {
    /// A service with its last 30 days.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn service_detail(&self, path: &ServicePath) -> Result<ServiceDetail, Failure> {
        let now = self.0.world.now();
        let flap_ms = self.0.settings.flap_ms;
        let own = self.promise_of(path).await?;
        let (timeline, budget, mut found) = self.0.shared.with_lines(|lines| {
            let line = lines.get(path).cloned().unwrap_or_default();
            let budget = arithmetic::compute(&line, &own.over(Period::Rolling(30)), now);
            let found = troubles(&line, now.plus(-DETAIL_MS), now, flap_ms);
            let mut shown = line;
            shown.trim(now.plus(-DETAIL_MS));
            (shown, budget, found)
        });
        let incidents_total = found.len();
        found.truncate(OWN_INCIDENTS_SHOWN);
        let incidents = self.told(found.into_iter().map(|t| (path.clone(), t)).collect()).await?;
        Ok(ServiceDetail { path: path.clone(), timeline, budget, incidents, incidents_total })
    }

    /// An SLA group with its burn-down, its incidents and its members' own figures.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn budget_detail(&self, name: &str) -> Result<BudgetDetail, Failure> {
        let now = self.0.world.now();
        let flap_ms = self.0.settings.flap_ms;
        let roster = self.roster(name).await?;
        let group = roster.figures(&self.0.shared, now);
        let promise = roster.promise();
        let burn_down = self.0.shared.with_group(&roster, now, |measured| {
            arithmetic::burn_down(measured, &promise, &group.budget, BURN_DOWN_POINTS)
        });
        let mut hurt: Vec<(ServicePath, Trouble)> = Vec::new();
        let (mut members, mut down) = (Vec::new(), Vec::new());
        let period = (group.budget.from, now);
        self.0.shared.with_lines(|lines| {
            for (path, belonged) in &*roster.members {
                let line = line_of(lines, path);
                let member = roster.member(path, belonged, line);
                let strict = roster.group.maintenance_is_down;
                let cost: Vec<_> = costly(&member, &roster.exclusions, strict, period).collect();
                let is_costly = |t: &Trouble| cost.iter().any(|(a, b)| t.from < *b && t.to.is_none_or(|to| *a < to));
                let maintained = strict.then(|| maintained(line, period)).into_iter().flatten();
                let found = troubles(line, group.budget.from, now, flap_ms).into_iter().chain(maintained);
                hurt.extend(found.filter(is_costly).map(|t| (path.clone(), t)));
                down.extend(cost);
                if group.members.contains(path) {
                    let alone = [member];
                    let measured = Measured::group(Aggregation::Worst, &alone, &promise);
                    members.push((path.clone(), arithmetic::measure(&measured, &promise, now)));
                }
            }
        });
        members.sort_by_key(|(_, budget)| budget.remaining_ms());
        hurt.sort_by_key(|(_, trouble)| std::cmp::Reverse(trouble.from));
        let incidents_total = hurt.len();
        hurt.truncate(INCIDENTS_SHOWN);
        let incidents = self.told(hurt).await?;
        let end = group.budget.period.bounds(now).1;
        let span = (group.budget.from, end);
        let windows = self
            .read(|estate| {
                let all = windows::in_period(estate.windows.values(), name, roster.members.keys(), span);
                all.into_iter().take(WINDOWS_SHOWN).cloned().collect()
            })
            .await;
        let down = joined(down, now.since(group.budget.from) / CHART_PARTS);
        Ok(BudgetDetail { group, burn_down, incidents, incidents_total, down, windows, members })
    }

    /// Five-minute buckets of one service, oldest first, named by its path or its UUID; at most 31 days.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn trend(&self, path_or_uuid: &str, hours_back: u32) -> Result<Vec<TrendBucket>, Failure> {
        let path = self.service_named(path_or_uuid).await?;
        let own = self.promise_of(&path).await?;
        let now = self.0.world.now();
        let flap_ms = self.0.settings.flap_ms;
        let back = i64::from(hours_back.clamp(1, TREND_HOURS)) * HOUR;
        let first = Timestamp::from_ms(now.plus(-back).ms().div_euclid(BUCKET_MS) * BUCKET_MS);
        Ok(self.0.shared.with_lines(|lines| {
            let line = line_of(lines, &path);
            let counts = |t: &Trouble| own.exclusions.overlap_ms(t.from, t.from.plus(1)) == 0;
            let began: Vec<Timestamp> =
                troubles(line, first, now, flap_ms).iter().rev().filter(|t| counts(t)).map(|t| t.from).collect();
            let mut buckets = Vec::new();
            let mut from = first;
            while from < now {
                let to = from.plus(BUCKET_MS).min(now);
                let incidents = began.partition_point(|at| *at < to) - began.partition_point(|at| *at < from);
                buckets.push(bucket(line, &own, (from, to), incidents));
                from = from.plus(BUCKET_MS);
            }
            buckets
        }))
    }

    async fn roster(&self, name: &str) -> Result<Roster, Failure> {
        let name = name.to_owned();
        self.0
            .write(move |batch| {
                let Some(roster) = Roster::of(batch.truth, &name) else {
                    return Err(Refusal::new(RefusalCode::NotFound, format!("there is no SLA group {name}")).into());
                };
                Ok(roster)
            })
            .await
    }

    /// What a service promises by itself.
    async fn promise_of(&self, path: &ServicePath) -> Result<OwnPromise, Failure> {
        let path = path.clone();
        self.0
            .write(move |batch| {
                let Some(service) = batch.truth.estate.services.get(&path) else {
                    return Err(Refusal::new(RefusalCode::NotFound, format!("there is no service {path}")).into());
                };
                let group = service.sla_group.as_ref().and_then(|name| batch.truth.groups.get(name));
                let all = batch.truth.estate.windows.values();
                Ok(OwnPromise {
                    target: group.map_or_else(|| Tier::target_of(service.criticality), |group| group.target),
                    exclusions: windows::of_service(all, &path, service.sla_group.as_deref()),
                    maintenance_is_down: group.is_some_and(|group| group.maintenance_is_down),
                })
            })
            .await
    }

    async fn service_named(&self, path_or_uuid: &str) -> Result<ServicePath, Failure> {
        let unknown = || Refusal::new(RefusalCode::NotFound, format!("there is no service {path_or_uuid}")).into();
        if let Ok(wanted) = uuid::Uuid::parse_str(path_or_uuid) {
            let found = self.read(|e| e.services.keys().find(|p| super::service_uuid(p) == wanted).cloned()).await;
            return found.ok_or_else(unknown);
        }
        ServicePath::parse(path_or_uuid).map_err(|_| unknown())
    }
}

fn bucket(line: &Timeline, own: &OwnPromise, (from, to): (Timestamp, Timestamp), incidents: usize) -> TrendBucket {
    let figures = results::figures(&Measured::Service(line), &own.over(Period::Rolling(30)), from, to);
    TrendBucket {
        from,
        uptime_millionths: figures.uptime_millionths,
        coverage_millionths: figures.coverage_millionths,
        target_millionths: own.target.millionths(),
        incidents: u32::try_from(incidents).unwrap_or(u32::MAX),
        down_ms: figures.down_ms,
        state: figures.state,
    }
}

/// Times of maintenance that touch `from..to`, each with its true beginning.
fn maintained(line: &Timeline, (from, to): (Timestamp, Timestamp)) -> impl Iterator<Item = Trouble> {
    // What is declared at this very moment is known: one millisecond more.
    let (first, last) = (line.first().unwrap_or(to), to.plus(1));
    let all = line.intervals(first, last).filter(move |(_, end, status)| *status == Status::Maintenance && *end > from);
    all.map(move |(from, end, worst)| Trouble {
        from,
        to: (end < last).then_some(end),
        worst,
        outbreaks: 1,
        other_ms: 0,
    })
}

/// When a member was DOWN within `from..to` while it belonged, outside its windows and those of its group: what a promise
/// counts. So was a `strict` one in maintenance. In order.
fn costly<'a>(
    member: &Member<'a>,
    of_group: &'a Exclusions,
    strict: bool,
    (from, to): (Timestamp, Timestamp),
) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'a {
    let Member { line, belonged, exclusions } = *member;
    let out = exclusions.union(of_group);
    let within = belonged.iter().map(move |(joined, left)| (from.max(*joined), left.map_or(to, |left| to.min(left))));
    within.filter(|(from, to)| from < to).flat_map(move |(from, to)| {
        let mut parts = Vec::new();
        let mut at = from;
        for (start, end) in out.within(from, to).chain([(to, to)]) {
            let is_down = |status| status == Status::Down || (strict && status == Status::Maintenance);
            let down = line.intervals(at, start).filter(|(_, _, status)| is_down(*status));
            parts.extend(down.map(|(a, b, _)| (a, b)));
            at = end;
        }
        parts
    })
}

/// Times in order of their beginning, those that overlap or lie at most `gap_ms` apart as one.
fn joined(mut all: Vec<(Timestamp, Timestamp)>, gap_ms: i64) -> Vec<(Timestamp, Timestamp)> {
    all.sort_unstable();
    all.dedup_by(|next, last| {
        let is_one = next.0.since(last.1) <= gap_ms;
        if is_one {
            last.1 = last.1.max(next.1);
        }
        is_one
    });
    all
}
