//! Figures of SLA groups: made anew when a member changes, told only when somebody could see the difference.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use super::{Core, Failure, batch::Batch, books::Lines, corrections, shared::Shared, truth::Truth};
use crate::{
    domain::{
        change::{Actor, Fact},
        health::{Health, Services, Status},
        hierarchy::ServicePath,
        refusal::{Refusal, RefusalCode},
        sla::{
            Budget, DeclaredGroup, Exclusions, Measured, Member, PeriodResult, Promise, ResultPeriod, SlaGroup,
            Timeline, arithmetic, windows,
        },
        time::{MINUTE, SECOND, Timestamp},
    },
    server::store::load::{Belonged, Membership},
};

/// A budget of less time than this is young, in milliseconds: eight times as long as from one settling of all to the next.
const YOUNG_MS: i64 = 80 * MINUTE;

/// A group and who belonged to it when: enough to compute outside the writer.
#[derive(Clone)]
pub(super) struct Roster {
    /// As declared.
    pub group: DeclaredGroup,
    /// Everybody who ever belonged.
    pub members: Arc<Membership>,
    /// Windows of the group as a whole.
    pub exclusions: Exclusions,
    /// Windows of members, of those that have any.
    pub of_members: BTreeMap<ServicePath, Exclusions>,
    /// Until when it was declared; none: it still is.
    pub until: Option<Timestamp>,
}

/// The line of a service; one that was never heard has an empty one.
pub(super) fn line_of<'a>(lines: &'a Lines, path: &ServicePath) -> &'a Timeline {
    static NOTHING: Timeline = Timeline::new();
    lines.get(path).unwrap_or(&NOTHING)
}

impl Roster {
    /// The roster of the group of this name.
    pub(super) fn of(truth: &Truth, name: &str) -> Option<Self> {
        Some(Self::made(truth, truth.groups.get(name)?.clone(), None))
    }

    /// The same of a group that is not declared any more.
    pub(super) fn of_retired(truth: &Truth, name: &str) -> Option<Self> {
        let retired = truth.retired_groups.get(name)?;
        Some(Self::made(truth, retired.group.clone(), Some(retired.until)))
    }

    fn made(truth: &Truth, group: DeclaredGroup, until: Option<Timestamp>) -> Self {
        let name = group.name.as_str();
        // Of a group that nobody ever was in, the same nothing each time: books are kept by who is in them.
        static NOBODY: LazyLock<Arc<Membership>> = LazyLock::new(Arc::default);
        let members = truth.memberships.get(name).unwrap_or(&NOBODY).clone();
        let windows = || truth.estate.windows.values();
        let exclusions = windows::of_group(windows(), name);
        let of_members = windows::of_members(windows(), &*members);
        Self { members, exclusions, of_members, until, group }
    }

    /// The same group, as if its members still counted as they did for `result`.
    pub(super) fn counting_as(&self, result: &PeriodResult) -> Self {
        let &PeriodResult { aggregation, maintenance_is_down, .. } = result;
        Self { group: DeclaredGroup { aggregation, maintenance_is_down, ..self.group.clone() }, ..self.clone() }
    }

    /// Periods that touch `from..to` and in which anybody belonged to it, oldest first, each by its bounds.
    pub(super) fn periods(
        &self,
        period: ResultPeriod,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let had_members = |from, to| {
            let mut all = self.members.values().flatten();
            all.any(|(joined, left)| *joined < to && left.is_none_or(|left| from < left))
        };
        period.between(from, to).filter(move |(from, to)| had_members(*from, *to))
    }

    /// What the group promises.
    pub(super) fn promise(&self) -> Promise<'_> {
        Promise {
            exclusions: &self.exclusions,
            maintenance_is_down: self.group.maintenance_is_down,
            ..Promise::new(self.group.target, self.group.period)
        }
    }

    /// A member of it, by its line.
    pub(super) fn member<'a>(&'a self, path: &ServicePath, belonged: &'a Belonged, line: &'a Timeline) -> Member<'a> {
        let exclusions = self.of_members.get(path).unwrap_or(Exclusions::NONE);
        Member { exclusions, ..Member::during(line, belonged) }
    }

    /// Hand what it is measured on over all of its past to `f`, short: the writer waits for it. Figures of its own period
    /// come cheaper from [`Shared::with_group`].
    pub(super) fn measured<R>(&self, shared: &Shared, f: impl FnOnce(&Measured<'_>) -> R) -> R {
        shared.with_lines(|lines| f(&self.measured_in(lines)))
    }

    /// What it is measured on, over all of its past.
    pub(super) fn measured_in<'a>(&'a self, lines: &'a Lines) -> Measured<'a> {
        Measured::group(self.group.aggregation, &self.members_in(lines), &self.promise())
    }

    /// Everybody who ever belonged, by their lines.
    pub(super) fn members_in<'a>(&'a self, lines: &'a Lines) -> Vec<Member<'a>> {
        self.members.iter().map(|(path, belonged)| self.member(path, belonged, line_of(lines, path))).collect()
    }

    /// The group as it stands at `now`.
    pub(super) fn figures(&self, shared: &Shared, now: Timestamp) -> SlaGroup {
        let budget = shared.with_group(self, now, |measured| arithmetic::measure(measured, &self.promise(), now));
        let now_in = self.members.iter().filter(|(_, times)| times.last().is_some_and(|(_, to)| to.is_none()));
        SlaGroup {
            name: self.group.name.clone(),
            display_name: self.group.display_name.clone(),
            tier: self.group.tier.clone(),
            aggregation: self.group.aggregation,
            maintenance_is_down: self.group.maintenance_is_down,
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

/// Tell the figures of these groups, where they are visibly others; and make them anew once the batch is committed.
pub(super) fn refresh(batch: &mut Batch<'_>, actor: &Actor, names: BTreeSet<String>) {
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
    let counts = |g: &SlaGroup| (g.aggregation, g.maintenance_is_down);
    let head = |g: &SlaGroup| (g.display_name.clone(), g.tier.clone(), counts(g), g.place.clone());
    let (b, a) = (&before.budget, &after.budget);
    let tenth = |budget: &Budget| {
        budget.burns.iter().map(|burn| burn.thousandths.map(|t| t.div_euclid(100))).collect::<Vec<_>>()
    };
    let moved = (a.remaining_ms() - b.remaining_ms()).abs();
    // While somebody is silent only the worst case moves: by a hundredth of a percent it is told.
    let at_worst = |budget: &Budget| budget.worst_case_millionths.map(|share| share / 100);
    let a_thousandth = a.allowed_ms / 1_000;
    // What counts for nothing moves neither what is left nor the worst case.
    let known = |budget: &Budget| budget.coverage_millionths / 100;
    let since = |budget: &Budget| budget.exhausted_since().map(|at| at.ms().div_euclid(MINUTE));
    // While something is down it is the same moment in all figures, until that is mended or more is down.
    let is_sooner_or_later = match (b.exhausted_if_down_at, a.exhausted_if_down_at) {
        (Some(was), Some(is)) => is.since(was).abs() > (is.since(a.as_of) / 100).max(SECOND),
        (was, is) => was != is,
    };
    let maintained = (a.maintenance_ms - b.maintenance_ms).abs();
    head(before) != head(after)
        || before.members != after.members
        || (b.target, b.period, b.state) != (a.target, a.period, a.state)
        || b.firing() != a.firing()
        || moved >= MINUTE
        || (moved > 0 && moved >= a_thousandth && a_thousandth > 0)
        || tenth(b) != tenth(a)
        || at_worst(b) != at_worst(a)
        || known(b) != known(a)
        || since(b) != since(a)
        || is_sooner_or_later
        || maintained >= (a.span_ms / 10_000).max(MINUTE)
}

/// Whether figures move by themselves with time: it burns, nobody knows whether it does, or they are of so short a time that
/// they are others by now.
fn is_moving(group: &SlaGroup, services: &Services, now: Timestamp) -> bool {
    let budget = &group.budget;
    let is_silent = |path| services.get(path).is_some_and(|s| s.health.status == Status::Unknown);
    group.members.iter().any(is_silent)
        || budget.firing().is_some()
        || budget.burns.iter().any(|burn| burn.thousandths.is_some_and(|t| t > 0))
        || has_outgrown(budget, now)
}

/// Whether more than an eighth of the time that the figures are of went by since. Shares of a young budget move as its time
/// does; of one that is no longer young that eighth is more than passes between two settlings of all. So those that are
/// young are settled now and then, and nobody else is.
fn has_outgrown(budget: &Budget, now: Timestamp) -> bool {
    let measured = budget.as_of.since(budget.from);
    (1..YOUNG_MS).contains(&measured) && now.since(budget.as_of) > measured / 8
}

impl Core {
    /// The figures of every group as they stand at `now`, by name. Those of the estate are as they were told last.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn figures(&self, now: Timestamp) -> Result<Vec<SlaGroup>, Failure> {
        let of_all = |truth: &Truth| truth.groups.keys().filter_map(|name| Roster::of(truth, name)).collect();
        let rosters: Vec<Roster> = self.0.write(move |batch| Ok(of_all(batch.truth))).await?;
        let mut found = Vec::with_capacity(rosters.len());
        for roster in rosters {
            found.push(roster.figures(&self.0.shared, now));
            tokio::task::yield_now().await;
        }
        Ok(found)
    }

    /// Make the figures anew of groups with a member that changed. Runs by itself every second.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn settle_budgets(&self) -> Result<(), Failure> {
        self.settle(|truth| std::mem::take(&mut truth.session.touched)).await
    }

    /// Make the figures anew of groups that burn, have a silent member or are young: they move by themselves. Runs by itself
    /// every 15 seconds.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn settle_burning_budgets(&self) -> Result<(), Failure> {
        let now = self.0.world.now();
        self.settle(move |truth| {
            let moving = truth.estate.budgets.values().filter(|group| is_moving(group, &truth.estate.services, now));
            moving.map(|group| group.name.clone()).collect()
        })
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
    let oldest = points.iter().map(|(_, at, ..)| *at).min();
    for (path, at, status, message) in points {
        let every_ms = batch.truth.estate.services.get(&path).map_or(0, |s| s.health.every_ms);
        let health =
            Health { status, since: at, message, every_ms, reporter: "simulated".to_owned(), ..Health::default() };
        batch.place_past(&path, &health, at);
    }
    batch.truth.estate.simulated = true;
    batch.rows.meta.insert("simulated", "yes".to_owned());
    let groups = batch.truth.groups.keys().cloned().collect();
    if let Some(oldest) = oldest {
        corrections::note(batch, groups, (oldest, batch.now), Actor::System, "a made-up past was written".to_owned());
    }
    batch.touched.extend(batch.truth.groups.keys().cloned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        samples,
        sla::{Aggregation, BudgetState, Exhaustion, Target},
        time::{DAY, HOUR},
    };

    const NOW: Timestamp = Timestamp::from_ms(20_680 * DAY);

    /// A group that was up for 40 days but for an hour of which nobody knows.
    fn group() -> SlaGroup {
        let points = [(-40 * DAY, Status::Operational), (-2 * HOUR, Status::Unknown), (-HOUR, Status::Operational)];
        let line = Timeline::from_points(points.map(|(ms, status)| (NOW.plus(ms), status)).into());
        let declared = samples::group("gold", Target::from_millionths(999_000).unwrap());
        let budget = arithmetic::compute(&line, &Promise::new(declared.target, declared.period), NOW);
        SlaGroup {
            name: declared.name,
            display_name: declared.display_name,
            tier: declared.tier,
            aggregation: declared.aggregation,
            maintenance_is_down: false,
            members: Vec::new(),
            budget,
            place: None,
        }
    }

    #[test]
    fn figures_are_told_when_somebody_could_see_the_difference() {
        let visible = |change: fn(&mut SlaGroup)| {
            let (before, mut after) = (group(), group());
            change(&mut after);
            assert_eq!(is_visible(&before, &after), is_visible(&after, &before), "both ways alike");
            is_visible(&before, &after)
        };
        // 30 days at 99.9 % allow 43 min 12 s: a thousandth of that is 2,592 ms. 99.8611 % are known.
        assert_eq!((group().budget.allowed_ms, group().budget.coverage_millionths), (2_592_000, 998_611));
        for (what, is_told, change) in [
            ("nothing", false, (|_| ()) as fn(&mut SlaGroup)),
            ("its name", true, |g| g.display_name.push('!')),
            ("how members add up", true, |g| g.aggregation = Aggregation::Mean),
            ("how maintenance counts", true, |g| g.maintenance_is_down = true),
            ("its state", true, |g| g.budget.state = BudgetState::AtRisk),
            ("an alert", true, |g| g.budget.alerts[0].firing = true),
            ("just under a thousandth of the budget", false, |g| g.budget.down_ms += 2_591),
            ("a thousandth of the budget", true, |g| g.budget.down_ms += 2_592),
            ("within a hundredth of a percent of coverage", false, |g| g.budget.coverage_millionths = 998_699),
            ("a hundredth of a percent of coverage", true, |g| g.budget.coverage_millionths = 998_700),
            ("within a hundredth of the worst case", false, |g| g.budget.worst_case_millionths = Some(998_601)),
            ("a hundredth of the worst case", true, |g| g.budget.worst_case_millionths = Some(998_599)),
            ("within a tenth of a burn", false, |g| g.budget.burns[0].thousandths = Some(99)),
            ("a tenth of a burn", true, |g| g.budget.burns[0].thousandths = Some(100)),
            ("a burn nobody knows", true, |g| g.budget.burns[0].thousandths = None),
            ("maintenance under its share of the span", false, |g| g.budget.maintenance_ms += 258_839),
            ("maintenance of a ten-thousandth of the span", true, |g| g.budget.maintenance_ms += 259_200),
        ] {
            assert_eq!(visible(change), is_told, "{what}");
        }
    }

    #[test]
    fn a_young_budget_has_outgrown_its_figures_after_an_eighth_of_its_time_and_an_old_one_never() {
        let outgrown = |measured_ms: i64, since_ms: i64| {
            let mut group = group();
            group.budget.from = NOW.plus(-measured_ms);
            has_outgrown(&group.budget, NOW.plus(since_ms))
        };
        assert_eq!([63, 64].map(|since| outgrown(504, since)), [false, true]);
        assert_eq!([10 * MINUTE - 1, 10 * MINUTE].map(|since| outgrown(80 * MINUTE - 1, since)), [false, true]);
        assert!(!outgrown(80 * MINUTE, DAY), "the next settling of all has it");
        assert!(!outgrown(0, DAY), "nothing was reported, so nothing moves");
    }

    #[test]
    fn since_when_nothing_is_left_is_told_by_the_minute() {
        let since = |ms: Option<i64>| {
            let mut group = group();
            group.budget.exhaustion = Exhaustion::Exhausted(ms.map(|ms| NOW.plus(-3 * HOUR + ms)));
            group
        };
        assert!(!is_visible(&since(Some(0)), &since(Some(MINUTE - 1))));
        assert!(is_visible(&since(Some(0)), &since(Some(MINUTE))));
        assert!(is_visible(&since(Some(0)), &since(None)), "longer than the period");
    }

    #[test]
    fn that_something_is_down_is_told_at_once_and_then_only_when_it_leaves_less_or_more_time() {
        let until = |ms: Option<i64>| {
            let mut group = group();
            group.budget.exhausted_if_down_at = ms.map(|ms| NOW.plus(ms));
            group
        };
        assert!(is_visible(&until(None), &until(Some(HOUR))) && is_visible(&until(Some(HOUR)), &until(None)));
        assert!(!is_visible(&until(Some(HOUR - 36_000)), &until(Some(HOUR))), "a hundredth of what is left");
        assert!(is_visible(&until(Some(HOUR - 36_001)), &until(Some(HOUR))));
        assert!(!is_visible(&until(Some(6_000)), &until(Some(5_000))));
        assert!(is_visible(&until(Some(6_001)), &until(Some(5_000))));
    }

    #[test]
    fn of_a_budget_without_thousandths_a_minute_is_told() {
        let mut before = group();
        before.budget.allowed_ms = 999;
        let mut after = before.clone();
        after.budget.down_ms += MINUTE - 1;
        assert!(!is_visible(&before, &after));
        after.budget.down_ms += 1;
        assert!(is_visible(&before, &after));
    }
}
