//! From a record and a promise to figures: [`compute`] for one service, [`measure`] for anything, [`burn_down`] for the
//! chart. Every comparison is made on exact integers; only what is shown is rounded.

use super::{
    Alert, AlertSeverity, Budget, BudgetState, Exhaustion, Measured, Promise, Tally, Target, Timeline, WINDOWS, Window,
    exhausted, if_down, rate::Rate, target::MILLION,
};
use crate::domain::time::{DAY, HOUR, MINUTE, Timestamp};

/// An alert pair: what it asks for, hundredths of the budget spent over its long window at its factor, both windows.
type Pair = (AlertSeverity, i64, Window, Window);

const PAIRS: [Pair; 4] = [
    (AlertSeverity::Page, 2, Window(HOUR), Window(5 * MINUTE)),
    (AlertSeverity::Page, 5, Window(6 * HOUR), Window(30 * MINUTE)),
    (AlertSeverity::Ticket, 10, Window(DAY), Window(2 * HOUR)),
    (AlertSeverity::Ticket, 10, Window(3 * DAY), Window(6 * HOUR)),
];

/// The window whose burn foretells exhaustion.
pub const EXHAUSTION_WINDOW: Window = Window(6 * HOUR);

/// The figures of one service's `line` under `promise` at `now`.
pub fn compute(line: &Timeline, promise: &Promise<'_>, now: Timestamp) -> Budget {
    measure(&Measured::Service(line), promise, now)
}

/// The figures of a service or a group under `promise` at `now`.
///
/// An empty record answers INSUFFICIENT with nothing allowed and nothing spent.
pub fn measure(measured: &Measured<'_>, promise: &Promise<'_>, now: Timestamp) -> Budget {
    let outside = measured.outside(promise);
    let (start, end) = promise.period.bounds(now);
    let from = measured.first().map_or(now, |first| first.max(start).min(now));
    let span_ms = measured.span_ms(from, now, &outside);
    let raw = measured.tally(from, now, &outside);
    let worst = counted(measured.worst_case(raw, from, now, &outside), promise);
    let tally = counted(raw, promise);
    let whole_ms = span_ms + if now < end { measured.ahead_ms(now, end, promise) } else { 0 };
    let rates: Vec<Rate> = WINDOWS.iter().map(|window| Rate::over(*window, measured, promise, now, &outside)).collect();
    let mut budget = Budget {
        target: promise.target,
        period: promise.period,
        from,
        as_of: now,
        span_ms,
        uptime_millionths: share(tally.up_ms, tally.known_ms()),
        worst_case_millionths: share(worst.up_ms, worst.known_ms()),
        coverage_millionths: share(tally.known_ms(), span_ms).unwrap_or(0),
        allowed_ms: allowance(whole_ms, promise.target),
        down_ms: tally.down_ms,
        maintenance_ms: tally.maintenance_ms,
        burns: rates.iter().map(|rate| rate.burn(promise.target)).collect(),
        alerts: alerts(&rates, promise, now),
        state: BudgetState::Insufficient,
        exhaustion: Exhaustion::Unknown,
        exhausted_if_down_at: None,
    };
    let surely_left_ms = budget.remaining_ms() - measured.silence_ms(from, now, &outside);
    budget.state = state(&budget, tally.known_ms(), surely_left_ms);
    budget.exhaustion = if exhausted::is_gone(budget.allowed_ms, budget.down_ms) {
        Exhaustion::Exhausted(exhausted::since(measured, promise, &budget))
    } else {
        budget.exhausted_if_down_at = if_down::exhausted_at(measured, promise, &budget, &outside);
        outlook(&budget, &rates)
    };
    budget
}

/// Budget left at `points` evenly spaced moments, oldest first, in milliseconds: the first is the whole budget at
/// `budget.from`, the last what is left at `budget.as_of`. Nothing for a budget without a span.
pub fn burn_down(
    measured: &Measured<'_>,
    promise: &Promise<'_>,
    budget: &Budget,
    points: usize,
) -> Vec<(Timestamp, i64)> {
    let length = budget.as_of.since(budget.from);
    let Some(steps) = points.checked_sub(1).and_then(|n| i64::try_from(n).ok()).filter(|n| *n > 0 && length > 0) else {
        return Vec::new();
    };
    let outside = measured.outside(promise);
    let mut left = budget.allowed_ms;
    let mut last = budget.from;
    let mut line = Vec::with_capacity(points);
    line.push((last, left));
    for step in 1..=steps {
        let at = budget.from.plus(mul_div(length, step, steps));
        left -= counted(measured.tally(last, at, &outside), promise).down_ms;
        line.push((at, left));
        last = at;
    }
    line
}

/// Downtime that `target` allows within `span_ms`, in milliseconds.
pub(super) fn allowance(span_ms: i64, target: Target) -> i64 {
    mul_div(span_ms, target.allowed_millionths().into(), MILLION)
}

/// `tally` as the promise counts it.
pub(super) const fn counted(tally: Tally, promise: &Promise<'_>) -> Tally {
    if promise.maintenance_is_down { tally.with_maintenance_down() } else { tally }
}

/// The pairs for the length of the period: a factor is the share of the budget that the long window may spend, times
/// how often the long window fits the period.
fn alerts(rates: &[Rate], promise: &Promise<'_>, now: Timestamp) -> Vec<Alert> {
    let period_ms = promise.period.length_ms(now);
    let rate = |window: Window| rates.iter().find(|r| r.window == window);
    let pairs = PAIRS.iter().map(|&(severity, percent, long, short)| {
        let over = |w| rate(w).is_some_and(|r| r.is_over(promise.target, percent, period_ms, long));
        // Burn is highest when everything is down.
        let all_down = Rate { window: long, down_ms: 1, base_ms: 1, is_covered: true };
        Alert {
            severity,
            long,
            short,
            factor_thousandths: mul_div(period_ms, percent * 10, long.0),
            firing: over(long) && over(short),
            reachable: all_down.is_over(promise.target, percent, period_ms, long),
        }
    });
    pairs.collect()
}

/// Broken first. The allowance is a share of the whole span, so what is unknown is taken as up in it: once down exceeds
/// it, no report that is missing could mend that, however little is known. Else who knows too little promises nothing.
/// `surely_left_ms` is what is left for sure: while somebody is silent, with the time since its last word counted as down, so
/// that who dies without a word does not look better than who says DOWN.
fn state(budget: &Budget, known_ms: i64, surely_left_ms: i64) -> BudgetState {
    if budget.remaining_ms() < 0 {
        BudgetState::Breached
    } else if known_ms <= 0 || i128::from(known_ms) * 2 < i128::from(budget.span_ms) {
        BudgetState::Insufficient
    } else if budget.firing().is_some() || i128::from(surely_left_ms) * 4 < i128::from(budget.allowed_ms) {
        BudgetState::AtRisk
    } else {
        BudgetState::Met
    }
}

/// While something is left: remaining share x period / burn over [`EXHAUSTION_WINDOW`].
fn outlook(budget: &Budget, rates: &[Rate]) -> Exhaustion {
    let remaining = budget.remaining_ms();
    let known = rates.iter().find(|r| r.window == EXHAUSTION_WINDOW && r.is_covered);
    let Some(rate) = known.filter(|_| budget.allowed_ms > 0) else {
        return Exhaustion::Unknown;
    };
    if rate.down_ms <= 0 {
        return Exhaustion::NotBurning;
    }
    let at_even_burn = mul_div(remaining, budget.period.length_ms(budget.as_of), budget.allowed_ms);
    let base = i128::from(rate.base_ms) * i128::from(budget.target.allowed_millionths());
    let left = clamp(i128::from(at_even_burn).saturating_mul(base) / (i128::from(rate.down_ms) * i128::from(MILLION)));
    let end = budget.period.bounds(budget.as_of).1;
    if budget.period.rolling_ms().is_none() && budget.as_of.plus(left) >= end {
        return Exhaustion::NotBeforeReset;
    }
    Exhaustion::In(left)
}

/// `part` of `whole` in millionths, rounded down so that trouble never reads as 100 %; none of nothing.
pub(super) fn share(part: i64, whole: i64) -> Option<u32> {
    if whole <= 0 {
        return None;
    }
    u32::try_from(mul_div(part, MILLION, whole)).ok()
}

/// `a * b / c` without overflow in between, rounded down; `c` is above 0.
fn mul_div(a: i64, b: i64, c: i64) -> i64 {
    clamp((i128::from(a) * i128::from(b)).div_euclid(i128::from(c)))
}

pub(super) fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{self, Down, Maintenance, Operational, Unknown},
        samples::{NOON as NOW, before_noon as line},
        sla::{Aggregation, Exclusions, Member, Period},
    };

    fn target(percent: f64) -> Target {
        Target::from_percent(percent).unwrap()
    }

    fn over(percent: f64, period: Period) -> Promise<'static> {
        Promise::new(target(percent), period)
    }

    fn days30(points: &[(i64, Status)]) -> Budget {
        compute(&line(points), &over(99.9, Period::Rolling(30)), NOW)
    }

    fn factors(period: Period) -> Vec<i64> {
        let budget = compute(&Timeline::new(), &over(99.9, period), NOW);
        budget.alerts.iter().map(|a| a.factor_thousandths).collect()
    }

    #[test]
    fn three_nines_of_30_days_allow_43_minutes_12_seconds_and_four_of_365_days_52_minutes_33_6() {
        assert_eq!(days30(&[(400 * DAY, Operational)]).allowed_ms, 43 * MINUTE + 12_000);
        let year = compute(&line(&[(400 * DAY, Operational)]), &over(99.99, Period::Rolling(365)), NOW);
        assert_eq!(year.allowed_ms, 52 * MINUTE + 33_600);
        assert_eq!((year.state, year.uptime_millionths), (BudgetState::Met, Some(1_000_000)));
    }

    #[test]
    fn alert_factors_follow_the_period() {
        assert_eq!(factors(Period::Rolling(30)), [14_400, 6_000, 3_000, 1_000]);
        assert_eq!(factors(Period::Rolling(28)), [13_440, 5_600, 2_800, 933]);
        assert_eq!(factors(Period::Rolling(7)), [3_360, 1_400, 700, 233]);
        assert_eq!(factors(Period::Month), [14_880, 6_200, 3_100, 1_033], "August has 31 days");
    }

    #[test]
    fn an_empty_record_says_nothing_and_divides_by_nothing() {
        for period in [Period::Rolling(30), Period::Rolling(0), Period::Month, Period::Quarter, Period::Year] {
            let promise = over(99.9, period);
            let none = Timeline::new();
            let later = line(&[(-DAY, Down)]);
            let nobody = [Aggregation::Worst, Aggregation::Mean].map(|a| Measured::group(a, &[], &promise));
            for measured in [Measured::Service(&none), Measured::Service(&later)].into_iter().chain(nobody) {
                let budget = measure(&measured, &promise, NOW);
                assert_eq!(budget.state, BudgetState::Insufficient);
                assert_eq!((budget.uptime_millionths, budget.worst_case_millionths), (None, None));
                assert_eq!((budget.coverage_millionths, budget.span_ms, budget.down_ms), (0, 0, 0));
                assert!(budget.burns.iter().all(|b| b.thousandths.is_none()));
                assert_eq!((budget.firing(), budget.exhaustion), (None, Exhaustion::Unknown));
                assert!(burn_down(&measured, &promise, &budget, 10).is_empty());
            }
        }
    }

    #[test]
    fn one_bad_day_of_a_day_old_service_is_a_breach() {
        let budget = days30(&[(DAY, Down)]);
        assert_eq!((budget.span_ms, budget.allowed_ms, budget.down_ms), (DAY, DAY / 1000, DAY));
        let since = Exhaustion::Exhausted(Some(NOW.plus(1 - DAY)));
        assert_eq!((budget.state, budget.exhaustion), (BudgetState::Breached, since), "from its first millisecond on");
        assert_eq!((budget.uptime_millionths, budget.coverage_millionths), (Some(0), 1_000_000));
    }

    #[test]
    fn who_dies_silently_does_not_look_better_than_who_is_down() {
        let silent = days30(&[(30 * DAY, Operational), (20 * DAY, Unknown)]);
        let down = days30(&[(30 * DAY, Operational), (20 * DAY, Down)]);
        assert_eq!(silent.worst_case_millionths, down.worst_case_millionths);
        assert_eq!(silent.worst_case_millionths, Some(333_333));
        assert_eq!((silent.uptime_millionths, silent.coverage_millionths), (Some(1_000_000), 333_333));
        assert_eq!((silent.state, down.state), (BudgetState::Insufficient, BudgetState::Breached));
        assert_eq!(silent.burn(Window(HOUR)), None, "nobody knows how fast it burns");
    }

    #[test]
    fn who_is_silent_is_at_risk_as_soon_as_it_could_have_spent_three_quarters() {
        let quarter = (43 * MINUTE + 12_000) / 4;
        let silent = |ms: i64| days30(&[(40 * DAY, Operational), (ms, Unknown)]).state;
        assert_eq!(silent(3 * quarter), BudgetState::Met);
        assert_eq!(silent(3 * quarter + 1), BudgetState::AtRisk);
        assert_eq!(silent(15 * DAY), BudgetState::AtRisk, "and never BREACHED, for nobody knows");
        let back = days30(&[(40 * DAY, Operational), (2 * DAY, Unknown), (MINUTE, Operational)]);
        assert_eq!(back.state, BudgetState::Met, "what is over is told by the worst case beside it");
        let once_more = [(40 * DAY, Operational), (2 * DAY, Unknown), (DAY, Operational), (90_000, Unknown)];
        assert_eq!(days30(&once_more).state, BudgetState::Met, "and is no part of another silence");
        let (up, dead) = (line(&[(40 * DAY, Operational)]), line(&[(40 * DAY, Operational), (2 * HOUR, Unknown)]));
        let promise = over(99.9, Period::Rolling(30));
        let members = [Member::always(&up), Member::always(&dead)];
        let group = measure(&Measured::group(Aggregation::Worst, &members, &promise), &promise, NOW);
        assert_eq!((group.state, group.down_ms), (BudgetState::AtRisk, 0), "others do not hide it");
        let planned = Exclusions::of([(NOW.plus(-3 * HOUR), None)]);
        let excluded = compute(&dead, &Promise { exclusions: &planned, ..promise }, NOW);
        assert_eq!(excluded.state, BudgetState::Met, "a window was opened for it");
    }

    #[test]
    fn a_certain_breach_is_told_however_little_is_known() {
        let budget = days30(&[(30 * DAY, Unknown), (5 * DAY, Down), (4 * DAY, Unknown)]);
        assert_eq!((budget.coverage_millionths, budget.down_ms), (33_333, DAY));
        assert_eq!(budget.state, BudgetState::Breached);
        assert!(matches!(budget.exhaustion, Exhaustion::Exhausted(Some(_))));
        let within = days30(&[(30 * DAY, Unknown), (5 * DAY, Down), (5 * DAY - 43 * MINUTE, Unknown)]);
        assert_eq!(within.state, BudgetState::Insufficient, "43 minutes are less than 30 days allow");
    }

    #[test]
    fn exactly_half_coverage_is_enough() {
        let silent = |ms| days30(&[(10 * DAY, Operational), (DAY + ms, Unknown), (DAY, Operational)]).state;
        assert_eq!(silent(5 * DAY), BudgetState::Met);
        assert_eq!(silent(5 * DAY + 1), BudgetState::Insufficient);
    }

    #[test]
    fn what_would_last_exactly_to_the_reset_is_not_gone_before_it() {
        // The first six hours of August 2026, of which 216 s were down: at 99 % the 26,568 s left last 30.75 days.
        let six = NOW.plus(-14 * DAY - 6 * HOUR);
        let lasting = |down_ms: i64| {
            let began = six.plus(-6 * HOUR);
            let points = vec![(began.plus(-DAY), Operational), (began, Down), (began.plus(down_ms), Operational)];
            compute(&Timeline::from_points(points), &over(99.0, Period::Month), six).exhaustion
        };
        assert_eq!(lasting(216_000), Exhaustion::NotBeforeReset);
        assert_eq!(lasting(216_001), Exhaustion::In(2_656_787_600));
    }

    #[test]
    fn a_pair_fires_only_while_both_its_windows_burn() {
        let now_down = days30(&[(90 * DAY, Operational), (3 * MINUTE, Down)]);
        assert_eq!(now_down.burn(Window(5 * MINUTE)), Some(600_000));
        assert_eq!(now_down.burn(Window(HOUR)), Some(50_000));
        assert_eq!((now_down.firing(), now_down.state), (Some(AlertSeverity::Page), BudgetState::AtRisk));
        let over_again = days30(&[(90 * DAY, Operational), (45 * MINUTE, Down), (42 * MINUTE, Operational)]);
        assert_eq!(over_again.burn(Window(HOUR)), Some(50_000));
        assert!(over_again.alerts.iter().take(2).all(|a| !a.firing), "the short windows are calm");
        assert_eq!(over_again.firing(), None, "3 minutes in 6 h burn 8.3, but 2 h of them are not in 1d/2h: 2.08 < 3");
    }

    #[test]
    fn a_factor_that_is_only_met_is_not_exceeded() {
        // 1d/2h at 99 %: factor 3. Exactly 3 % down in both windows is a burn of exactly 3.
        let even = |extra| {
            let two_hours = 2 * HOUR * 3 / 100;
            let day = DAY * 3 / 100 - two_hours + extra;
            let points = [
                (90 * DAY, Operational),
                (20 * HOUR, Down),
                (20 * HOUR - day, Operational),
                (2 * HOUR, Down),
                (2 * HOUR - two_hours - extra, Operational),
            ];
            let budget = compute(&line(&points), &over(99.0, Period::Rolling(30)), NOW);
            (budget.alerts[2].factor_thousandths, budget.alerts[2].firing)
        };
        assert_eq!(even(0), (3000, false));
        assert_eq!(even(1), (3000, true));
    }

    #[test]
    fn a_pair_its_target_can_never_reach_is_marked() {
        let loose = compute(&line(&[(90 * DAY, Down)]), &over(92.0, Period::Rolling(30)), NOW);
        assert_eq!(loose.alerts.iter().map(|a| a.reachable).collect::<Vec<_>>(), [false, true, true, true]);
        assert!(!loose.alerts[0].firing && loose.alerts[1].firing, "all down is a burn of 12.5");
    }

    #[test]
    fn under_a_quarter_left_is_at_risk_and_below_nothing_is_broken() {
        let spent = |ms: i64| days30(&[(90 * DAY, Operational), (20 * DAY, Down), (20 * DAY - ms, Operational)]);
        let allowed = 43 * MINUTE + 12_000;
        assert_eq!(spent(allowed / 4 * 3).state, BudgetState::Met);
        assert_eq!(spent(allowed / 4 * 3 + 1).state, BudgetState::AtRisk);
        let since = Exhaustion::Exhausted(Some(NOW.plus(allowed - 20 * DAY)));
        assert_eq!((spent(allowed).state, spent(allowed).exhaustion), (BudgetState::AtRisk, since));
        assert_eq!((spent(allowed + 1).state, spent(allowed + 1).remaining_ms()), (BudgetState::Breached, -1));
        assert_eq!(spent(allowed).uptime_millionths, Some(999_000));
        assert_eq!(spent(1).uptime_millionths, Some(999_999), "one millisecond of trouble is not 100 %");
    }

    #[test]
    fn exhaustion_is_the_remaining_share_of_the_period_at_the_burn_of_six_hours() {
        let calm = days30(&[(90 * DAY, Operational), (7 * HOUR, Down), (6 * HOUR, Operational)]);
        assert_eq!(calm.burn(EXHAUSTION_WINDOW), Some(0));
        let burning = days30(&[(90 * DAY, Operational), (3 * MINUTE, Down)]);
        assert_eq!(burning.exhaustion, Exhaustion::In(289_440_000), "0.9305 of 30 d at 8.33");
        let spent = days30(&[(90 * DAY, Operational), (10 * MINUTE, Down), (9 * MINUTE, Operational)]);
        assert!(matches!(spent.exhaustion, Exhaustion::In(_)));
        let fresh = days30(&[(90 * DAY, Operational)]);
        assert_eq!(fresh.exhaustion, Exhaustion::NotBurning);
    }

    #[test]
    fn not_burning_is_said_only_where_half_of_the_last_six_hours_is_known() {
        let silent = |ms| days30(&[(90 * DAY, Operational), (ms, Unknown)]);
        assert_eq!(silent(3 * HOUR).exhaustion, Exhaustion::NotBurning);
        assert_eq!(silent(3 * HOUR + 1).exhaustion, Exhaustion::Unknown);
        let gone = days30(&[(90 * DAY, Operational), (DAY, Down), (DAY - HOUR, Unknown)]);
        assert!(matches!(gone.exhaustion, Exhaustion::Exhausted(_)), "that is known whatever comes");
    }

    #[test]
    fn a_millisecond_over_the_budget_never_reads_as_nothing_left() {
        let over = 43 * MINUTE + 12_000 + 1;
        let broken = days30(&[(90 * DAY, Operational), (20 * DAY, Down), (20 * DAY - over, Operational)]);
        assert_eq!((broken.state, broken.remaining_ms()), (BudgetState::Breached, -1));
        assert_eq!(broken.remaining_thousandths(), Some(-1));
    }

    #[test]
    fn a_calendar_budget_is_the_whole_month_and_may_outlast_it() {
        let month = |points: &[(i64, Status)]| compute(&line(points), &over(99.9, Period::Month), NOW);
        let budget = month(&[(90 * DAY, Operational), (6 * HOUR, Down), (6 * HOUR - 30_000, Operational)]);
        assert_eq!(budget.from, NOW.plus(-(14 * DAY + 12 * HOUR)));
        assert_eq!((budget.span_ms, budget.allowed_ms), (14 * DAY + 12 * HOUR, 31 * DAY / 1000));
        assert_eq!((budget.state, budget.exhaustion), (BudgetState::Met, Exhaustion::NotBeforeReset));
        assert_eq!(budget.coverage_millionths, 1_000_000, "what is still to come is not missing");
        let young = month(&[(DAY, Operational)]);
        assert_eq!(young.allowed_ms, (17 * DAY + 12 * HOUR) / 1000, "from its first report to the end of the month");
    }

    #[test]
    fn excluded_time_counts_for_neither_and_allows_nothing() {
        let windows = Exclusions::of([(NOW.plus(-2 * DAY), Some(NOW.plus(-DAY)))]);
        let line = line(&[(90 * DAY, Operational), (36 * HOUR, Down), (20 * HOUR, Operational)]);
        let promise = Promise { exclusions: &windows, ..over(99.9, Period::Rolling(30)) };
        let budget = compute(&line, &promise, NOW);
        assert_eq!(budget.span_ms, 29 * DAY);
        assert_eq!(budget.allowed_ms, 29 * DAY / 1000);
        assert_eq!(budget.down_ms, 4 * HOUR, "only what lies after the window");
        assert_eq!(budget.coverage_millionths, 1_000_000);
    }

    #[test]
    fn self_declared_maintenance_counts_for_neither_unless_the_promise_says_down() {
        let line = line(&[(90 * DAY, Operational), (2 * HOUR, Maintenance), (HOUR, Operational)]);
        let promise = over(99.9, Period::Rolling(30));
        let lenient = compute(&line, &promise, NOW);
        assert_eq!((lenient.down_ms, lenient.maintenance_ms), (0, HOUR));
        assert_eq!(lenient.worst_case_millionths, Some(1_000_000));
        let promise = Promise { maintenance_is_down: true, ..promise };
        let strict = compute(&line, &promise, NOW);
        assert_eq!((strict.down_ms, strict.maintenance_ms, strict.state), (HOUR, HOUR, BudgetState::Breached));
        let group = Measured::group(Aggregation::Worst, &[Member::always(&line)], &promise);
        assert_eq!(measure(&group, &promise, NOW).down_ms, HOUR);
    }

    #[test]
    fn a_group_of_one_has_the_figures_of_its_member() {
        let points = [(40 * DAY, Operational), (9 * DAY, Down), (9 * DAY - MINUTE, Unknown), (8 * DAY, Operational)];
        let line = line(&points);
        let promise = over(99.9, Period::Rolling(30));
        let alone = compute(&line, &promise, NOW);
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let group = Measured::group(aggregation, &[Member::always(&line)], &promise);
            assert_eq!(measure(&group, &promise, NOW), alone, "{}", aggregation.word());
        }
    }

    #[test]
    fn a_mean_adds_its_members_up_and_who_joins_brings_no_past() {
        let good = line(&[(90 * DAY, Operational)]);
        let bad = line(&[(90 * DAY, Down), (5 * DAY, Operational)]);
        let promise = over(99.0, Period::Rolling(30));
        let joined = [(NOW.plus(-10 * DAY), None)];
        let members = [Member::always(&good), Member::during(&bad, &joined)];
        let budget = measure(&Measured::group(Aggregation::Mean, &members, &promise), &promise, NOW);
        assert_eq!((budget.span_ms, budget.down_ms), (40 * DAY, 5 * DAY));
        assert_eq!((budget.uptime_millionths, budget.coverage_millionths), (Some(875_000), 1_000_000));
        assert_eq!(budget.allowed_ms, 40 * DAY / 100);
        let worst = measure(&Measured::group(Aggregation::Worst, &members, &promise), &promise, NOW);
        assert_eq!((worst.span_ms, worst.down_ms), (30 * DAY, 5 * DAY));
    }

    #[test]
    fn a_member_that_just_joined_says_nothing_about_the_last_hour() {
        let bad = line(&[(90 * DAY, Down)]);
        let joined = [(NOW.plus(-6 * MINUTE), None)];
        let promise = over(99.9, Period::Rolling(30));
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let group = Measured::group(aggregation, &[Member::during(&bad, &joined)], &promise);
            let budget = measure(&group, &promise, NOW);
            assert_eq!(budget.burn(Window(HOUR)), None, "6 minutes of 60");
            assert_eq!(budget.burn(Window(5 * MINUTE)), Some(1_000_000));
            assert_eq!(budget.down_ms, 6 * MINUTE);
        }
    }

    #[test]
    fn a_burn_down_runs_from_the_whole_budget_to_what_is_left() {
        let line = line(&[(90 * DAY, Operational), (15 * DAY, Down), (15 * DAY - 10 * MINUTE, Operational)]);
        let promise = over(99.9, Period::Rolling(30));
        let measured = Measured::Service(&line);
        let budget = measure(&measured, &promise, NOW);
        let chart = burn_down(&measured, &promise, &budget, 31);
        assert_eq!(chart.len(), 31);
        assert_eq!(chart[0], (budget.from, budget.allowed_ms));
        assert_eq!(chart[30], (NOW, budget.remaining_ms()));
        assert_eq!((chart[15].1, chart[16].1), (budget.allowed_ms, budget.allowed_ms - 10 * MINUTE));
        assert!(chart.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 >= w[1].1));
        assert!(burn_down(&measured, &promise, &budget, 1).is_empty());
    }

    #[test]
    fn the_strictest_and_loosest_targets_do_not_overflow() {
        for millionths in [1, 999_999] {
            let target = Target::from_millionths(millionths).unwrap();
            let down = line(&[(4000 * DAY, Operational), (3000 * DAY, Down)]);
            let members = vec![Member::always(&down); 10_000];
            let promise = Promise::new(target, Period::Rolling(365));
            let mean = measure(&Measured::group(Aggregation::Mean, &members, &promise), &promise, NOW);
            assert_eq!(mean.state, BudgetState::Breached);
            assert_eq!(mean.burn(Window(HOUR)), Some(1_000_000_000 / i64::from(target.allowed_millionths())));
        }
        assert_eq!(Target::from_percent(0.0), None);
        assert_eq!(Target::from_percent(100.0), None);
        assert_eq!(Target::from_percent(99.999_99), None, "rounds to what cannot be broken");
        assert_eq!(Target::from_percent(f64::NAN), None);
        assert_eq!(Target::from_percent(99.99), Target::from_millionths(999_900));
    }
}
