//! Figures of SLA groups: made anew when a member changes, told only when somebody could see the difference.

use std::collections::BTreeSet;

use super::{Core, Failure, PeriodResult, TrendBucket, batch::Batch, shared::Shared, truth::Truth};
use crate::domain::{
    change::{Actor, Fact},
    detail::{BudgetDetail, Incident, ServiceDetail},
    health::{Health, Status},
    hierarchy::ServicePath,
    refusal::{Refusal, RefusalCode},
    sla::{
        Aggregation, Budget, BudgetState, DeclaredGroup, Measured, Member, Period, Promise, SlaGroup, Target, Tier,
        Timeline, Trouble, arithmetic,
    },
    time::{DAY, HOUR, MINUTE, Timestamp},
};

/// Length of a trend bucket, in milliseconds.
const BUCKET_MS: i64 = 5 * MINUTE;
/// Farthest that trends look back, in hours.
const TREND_HOURS: u32 = 31 * 24;
/// Farthest that daily results look back, in months of 31 days.
const RESULT_MONTHS: u32 = 12;
/// How much of a service is shown when it is opened, in milliseconds.
const DETAIL_MS: i64 = 30 * DAY;
/// Points of a burn-down.
const BURN_DOWN_POINTS: usize = 61;
/// Most incidents shown of a group.
const INCIDENTS_SHOWN: usize = 50;

type Belonged = Vec<(Timestamp, Option<Timestamp>)>;

/// A group and who belonged to it when: enough to compute outside the writer.
#[derive(Clone)]
struct Roster {
    group: DeclaredGroup,
    members: Vec<(ServicePath, Belonged)>,
}

impl Roster {
    fn of(truth: &Truth, name: &str) -> Option<Self> {
        let group = truth.groups.get(name)?.clone();
        let members = truth.memberships.get(name).map(|m| m.iter().map(|(p, t)| (p.clone(), t.clone())).collect());
        Some(Self { group, members: members.unwrap_or_default() })
    }

    fn promise(&self) -> Promise<'static> {
        Promise::new(self.group.target, self.group.period)
    }

    /// Hand the members' lines to `f`, short: the writer waits for it.
    fn measured<R>(&self, shared: &Shared, f: impl FnOnce(&Measured<'_>) -> R) -> R {
        static NOTHING: Timeline = Timeline::new();
        shared.with_lines(|lines| {
            let members: Vec<Member<'_>> = self
                .members
                .iter()
                .map(|(path, belonged)| Member::during(lines.get(path).unwrap_or(&NOTHING), belonged))
                .collect();
            f(&Measured::group(self.group.aggregation, &members, &self.promise()))
        })
    }

    fn figures(&self, shared: &Shared, now: Timestamp) -> SlaGroup {
        let budget = self.measured(shared, |measured| arithmetic::measure(measured, &self.promise(), now));
        let now_in = self.members.iter().filter(|(_, times)| times.last().is_some_and(|(_, to)| to.is_none()));
        SlaGroup {
            name: self.group.name.clone(),
            display_name: self.group.display_name.clone(),
            tier: self.group.tier.clone(),
            aggregation: self.group.aggregation,
            members: now_in.map(|(path, _)| path.clone()).collect(),
            budget,
            place: self.group.place.clone(),
        }
    }
}

/// Put the figures of every group into a picture that was just read from the store.
pub(super) fn fill(truth: &mut Truth, shared: &Shared, now: Timestamp) {
    let names: Vec<String> = truth.groups.keys().cloned().collect();
    for name in names {
        if let Some(roster) = Roster::of(truth, &name) {
            truth.estate.budgets.insert(name, roster.figures(shared, now));
        }
    }
}

/// Tell the figures of every group, whatever they were; and make them anew once the batch is committed.
pub(super) fn refresh_all(batch: &mut Batch<'_>, actor: Actor) {
    let names: Vec<String> = batch.truth.groups.keys().cloned().collect();
    for name in names {
        tell(batch, &name, actor.clone(), |before, after| {
            before.is_none_or(|b| b.members != after.members || is_visible(b, after))
        });
        batch.touched.push(name);
    }
}

/// Make the figures of one group anew and tell them if `worth_it`.
fn tell(batch: &mut Batch<'_>, name: &str, actor: Actor, worth_it: impl FnOnce(Option<&SlaGroup>, &SlaGroup) -> bool) {
    let Some(roster) = Roster::of(batch.truth, name) else { return };
    let after = roster.figures(batch.shared, batch.now);
    if worth_it(batch.truth.estate.budgets.get(name), &after) {
        batch.emit(actor, Fact::BudgetChanged(Box::new(after)));
    }
}

/// Whether somebody who looks at both would see a difference.
fn is_visible(before: &SlaGroup, after: &SlaGroup) -> bool {
    let head = |g: &SlaGroup| (g.display_name.clone(), g.tier.clone(), g.aggregation, g.place.clone());
    let (b, a) = (&before.budget, &after.budget);
    let tenth = |budget: &Budget| {
        budget.burns.iter().map(|burn| burn.thousandths.map(|t| t.div_euclid(100))).collect::<Vec<_>>()
    };
    let moved = (a.remaining_ms() - b.remaining_ms()).abs();
    let a_thousandth = a.allowed_ms / 1_000;
    head(before) != head(after)
        || before.members != after.members
        || (b.target, b.period, b.state) != (a.target, a.period, a.state)
        || b.firing() != a.firing()
        || moved >= MINUTE
        || (moved > 0 && moved >= a_thousandth && a_thousandth > 0)
        || tenth(b) != tenth(a)
}

/// Whether figures move by themselves with time.
fn is_burning(group: &SlaGroup) -> bool {
    let budget = &group.budget;
    budget.firing().is_some() || budget.burns.iter().any(|burn| burn.thousandths.is_some_and(|t| t > 0))
}

impl Core {
    /// Make the figures anew of groups with a member that changed. Runs by itself every second.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn settle_budgets(&self) -> Result<(), Failure> {
        self.settle(|truth| std::mem::take(&mut truth.session.touched)).await
    }

    /// Make the figures anew of groups that burn: they move by themselves. Runs by itself every 15 seconds.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn settle_burning_budgets(&self) -> Result<(), Failure> {
        self.settle(|truth| truth.estate.budgets.values().filter(|g| is_burning(g)).map(|g| g.name.clone()).collect())
            .await
    }

    /// Make the figures of all groups anew. Runs by itself every ten minutes: windows move on even where nothing burns.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn settle_all_budgets(&self) -> Result<(), Failure> {
        self.settle(|truth| truth.groups.keys().cloned().collect()).await
    }

    async fn settle(&self, which: impl FnOnce(&mut Truth) -> BTreeSet<String> + Send + 'static) -> Result<(), Failure> {
        self.0
            .write(move |batch| {
                for name in which(batch.truth) {
                    tell(batch, &name, Actor::System, |before, after| before.is_none_or(|b| is_visible(b, after)));
                }
                Ok(())
            })
            .await
    }

    /// A service with its last 30 days.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn service_detail(&self, path: &ServicePath) -> Result<ServiceDetail, Failure> {
        let now = self.0.world.now();
        let (target, id) = self.promise_of(path).await?;
        let (timeline, budget, troubles) = self.0.shared.with_lines(|lines| {
            let line = lines.get(path).cloned().unwrap_or_default();
            let budget = arithmetic::compute(&line, &Promise::new(target, Period::Rolling(30)), now);
            let troubles = line.incidents(now.plus(-DETAIL_MS), now);
            let mut shown = line;
            shown.trim(now.plus(-DETAIL_MS));
            (shown, budget, troubles)
        });
        let incidents = self.incidents(path, id, &troubles).await?;
        Ok(ServiceDetail { path: path.clone(), timeline, budget, incidents })
    }

    /// An SLA group with its burn-down, its incidents and its members' own figures.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn budget_detail(&self, name: &str) -> Result<BudgetDetail, Failure> {
        let now = self.0.world.now();
        let (roster, ids) = self.roster(name).await?;
        let group = roster.figures(&self.0.shared, now);
        let promise = roster.promise();
        let burn_down = roster.measured(&self.0.shared, |measured| {
            arithmetic::burn_down(measured, &promise, &group.budget, BURN_DOWN_POINTS)
        });
        let mut troubles: Vec<(ServicePath, Trouble)> = Vec::new();
        let mut members = Vec::new();
        self.0.shared.with_lines(|lines| {
            for (path, belonged) in &roster.members {
                let Some(line) = lines.get(path) else { continue };
                let is_in = |at: Timestamp| belonged.iter().any(|(a, b)| *a <= at && b.is_none_or(|b| at < b));
                let found = line.incidents(group.budget.from, now).into_iter();
                troubles.extend(found.filter(|t| t.worst == Status::Down && is_in(t.from)).map(|t| (path.clone(), t)));
                if group.members.contains(path) {
                    let alone = [Member::during(line, belonged)];
                    let measured = Measured::group(Aggregation::Worst, &alone, &promise);
                    members.push((path.clone(), arithmetic::measure(&measured, &promise, now)));
                }
            }
        });
        members.sort_by_key(|(_, budget)| budget.remaining_ms());
        troubles.sort_by_key(|(_, trouble)| std::cmp::Reverse(trouble.from));
        troubles.truncate(INCIDENTS_SHOWN);
        let mut incidents = Vec::with_capacity(troubles.len());
        for (path, trouble) in troubles {
            let id = ids.iter().find(|(p, _)| *p == path).map(|(_, id)| *id);
            incidents.extend(self.incidents(&path, id, &[trouble]).await?);
        }
        Ok(BudgetDetail { group, burn_down, incidents, members })
    }

    /// Five-minute buckets of one service, oldest first, named by its path or its UUID; at most 31 days.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn trend(&self, path_or_uuid: &str, hours_back: u32) -> Result<Vec<TrendBucket>, Failure> {
        let path = self.service_named(path_or_uuid).await?;
        let (target, _) = self.promise_of(&path).await?;
        let now = self.0.world.now();
        let back = i64::from(hours_back.clamp(1, TREND_HOURS)) * HOUR;
        let first = now.plus(-back).ms().div_euclid(BUCKET_MS) * BUCKET_MS;
        Ok(self.0.shared.with_lines(|lines| {
            let line = lines.get(&path).cloned().unwrap_or_default();
            let mut buckets = Vec::new();
            let mut from = Timestamp::from_ms(first);
            while from < now {
                let to = from.plus(BUCKET_MS).min(now);
                buckets.push(bucket(&line, from, to, target));
                from = from.plus(BUCKET_MS);
            }
            buckets
        }))
    }

    /// One result a group and day, oldest first; at most a year.
    pub async fn daily_results(&self, months_back: u32) -> Vec<PeriodResult> {
        let now = self.0.world.now();
        let today = now.ms().div_euclid(DAY) * DAY;
        let days = i64::from(months_back.clamp(1, RESULT_MONTHS)) * 31;
        let rosters = self
            .0
            .write(|batch| {
                let names = batch.truth.groups.keys();
                Ok(names.filter_map(|name| Roster::of(batch.truth, name)).collect::<Vec<_>>())
            })
            .await
            .unwrap_or_default();
        let mut results = Vec::new();
        for roster in rosters {
            let first = self.first_report(&roster);
            for day in (0..=days).rev().map(|back| Timestamp::from_ms(today - back * DAY)) {
                if first.is_some_and(|first| first < day.plus(DAY)) {
                    results.push(self.day_of(&roster, day, now));
                }
            }
        }
        results
    }

    fn first_report(&self, roster: &Roster) -> Option<Timestamp> {
        self.0.shared.with_lines(|lines| {
            let firsts = roster.members.iter().filter_map(|(path, _)| lines.get(path).and_then(Timeline::first));
            firsts.min()
        })
    }

    /// The day that begins at `day`: the same measure as a budget, with everybody's belonging cut to the day.
    fn day_of(&self, roster: &Roster, day: Timestamp, now: Timestamp) -> PeriodResult {
        let end = day.plus(DAY).min(now);
        let mut cut = roster.clone();
        for (_, belonged) in &mut cut.members {
            for (from, to) in belonged.iter_mut() {
                *from = (*from).max(day);
                *to = Some(to.unwrap_or(end).min(end));
            }
            belonged.retain(|(from, to)| to.is_some_and(|to| *from < to));
        }
        cut.group.period = Period::Rolling(1);
        let figures = cut.figures(&self.0.shared, end).budget;
        PeriodResult {
            group: cut.group.name,
            from: day,
            uptime_millionths: figures.uptime_millionths,
            target_millionths: figures.target.millionths(),
            down_ms: figures.down_ms,
            state: verdict(figures.uptime_millionths, figures.target),
        }
    }

    async fn roster(&self, name: &str) -> Result<(Roster, Vec<(ServicePath, i64)>), Failure> {
        let name = name.to_owned();
        self.0
            .write(move |batch| {
                let Some(roster) = Roster::of(batch.truth, &name) else {
                    return Err(Refusal::new(RefusalCode::NotFound, format!("there is no SLA group {name}")).into());
                };
                let ids = &batch.truth.ids;
                let ids = roster.members.iter().filter_map(|(p, _)| ids.get(p).map(|id| (p.clone(), *id))).collect();
                Ok((roster, ids))
            })
            .await
    }

    /// What a service promises by itself, and its row.
    async fn promise_of(&self, path: &ServicePath) -> Result<(Target, Option<i64>), Failure> {
        let path = path.clone();
        self.0
            .write(move |batch| {
                let Some(service) = batch.truth.estate.services.get(&path) else {
                    return Err(Refusal::new(RefusalCode::NotFound, format!("there is no service {path}")).into());
                };
                let group = service.sla_group.as_ref().and_then(|name| batch.truth.groups.get(name));
                let target = group.map_or_else(|| Tier::target_of(service.criticality), |group| group.target);
                Ok((target, batch.truth.ids.get(&path).copied()))
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

    /// Troubles with what the reporter said at the start of each.
    async fn incidents(
        &self,
        path: &ServicePath,
        id: Option<i64>,
        troubles: &[Trouble],
    ) -> Result<Vec<Incident>, Failure> {
        let Some(oldest) = troubles.iter().map(|t| t.from).min() else {
            return Ok(Vec::new());
        };
        let said = match id {
            Some(id) => self.0.store.messages(id, oldest).await.map_err(Failure::Fault)?,
            None => Vec::new(),
        };
        Ok(troubles
            .iter()
            .map(|trouble| Incident {
                path: path.clone(),
                from: trouble.from,
                to: trouble.to,
                worst: trouble.worst,
                message: said
                    .iter()
                    .rev()
                    .find(|(at, _)| *at == trouble.from)
                    .map(|(_, message)| message.clone())
                    .unwrap_or_default(),
            })
            .collect())
    }
}

fn bucket(line: &Timeline, from: Timestamp, to: Timestamp, target: Target) -> TrendBucket {
    let tally = line.tally(from, to);
    let known = tally.known_ms();
    let uptime = (known > 0).then(|| u32::try_from(tally.up_ms * 1_000_000 / known).unwrap_or(0));
    let began = line.points().iter().filter(|(at, status)| *status == Status::Down && *at >= from && *at < to);
    TrendBucket {
        from,
        uptime_millionths: uptime,
        target_millionths: target.millionths(),
        incidents: u32::try_from(began.count()).unwrap_or(u32::MAX),
        down_ms: tally.down_ms,
        state: verdict(uptime, target),
    }
}

fn verdict(uptime: Option<u32>, target: Target) -> BudgetState {
    match uptime {
        None => BudgetState::Insufficient,
        Some(uptime) if uptime < target.millionths() => BudgetState::Breached,
        Some(_) => BudgetState::Met,
    }
}

/// Write made-up points into the past.
pub(super) fn backfill(
    batch: &mut Batch<'_>,
    points: Vec<(ServicePath, Timestamp, Status, String)>,
) -> Result<(), Failure> {
    for (path, at, _, _) in &points {
        if !batch.truth.estate.services.contains_key(path) {
            let reason = format!("there is no service {path} to write a past for");
            return Err(Refusal::new(RefusalCode::Invalid, reason).into());
        }
        if *at > batch.now {
            return Err(Refusal::new(RefusalCode::Invalid, "a made-up past ends now").into());
        }
    }
    for (path, at, status, message) in points {
        let every_ms = batch.truth.estate.services.get(&path).map_or(0, |s| s.health.every_ms);
        let health =
            Health { status, since: at, message, every_ms, reporter: "simulated".to_owned(), ..Health::default() };
        batch.place_past(&path, &health, at);
    }
    batch.truth.estate.simulated = true;
    batch.rows.meta.insert("simulated", "yes".to_owned());
    batch.touched.extend(batch.truth.groups.keys().cloned());
    Ok(())
}
