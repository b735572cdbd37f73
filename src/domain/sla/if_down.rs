//! When a budget will be used up if nobody mends what is down: the one figure that matters while it is.
//!
//! Whoever is down at this moment stays down, all others stay as they are, and windows are open as they are planned.
//! Then the figures of every moment to come are known, and the first of them at which nothing is left is looked for: it
//! is exact, to the millisecond. Of a calendar period that is a matter of what is down only. A rolling one gives back what
//! leaves it on the way, and a young one grows.

use super::{
    Budget, Exclusions, Measured, Promise, arithmetic,
    exhausted::is_gone,
    slopes::{longest, slopes},
};
use crate::domain::time::Timestamp;

/// From when on nothing will be left of `budget`, of which something is left at its own moment. `outside` are the windows
/// that count for nothing. None: nobody is down who counts, or it lasts all the same.
///
/// It costs what changed, up to then, in the time that leaves a rolling period; of a calendar one a few looks.
pub(super) fn exhausted_at(
    measured: &Measured<'_>,
    promise: &Promise<'_>,
    budget: &Budget,
    outside: &Exclusions,
) -> Option<Timestamp> {
    let now = budget.as_of;
    slopes(measured, promise, now, now.plus(1)).next().filter(|slope| slope.down_ms > 0)?;
    let ms = match promise.period.rolling_ms() {
        Some(period_ms) => rolling(measured, promise, budget, period_ms),
        None => before_reset(measured, promise, budget, outside),
    };
    ms.map(|ms| now.plus(ms))
}

/// Once gone, a calendar budget stays so: what was down in its period does not leave it.
fn before_reset(measured: &Measured<'_>, promise: &Promise<'_>, budget: &Budget, outside: &Exclusions) -> Option<i64> {
    let end = promise.period.bounds(budget.as_of).1;
    let lasts = |ms: i64| {
        let at = budget.as_of.plus(ms);
        let whole_ms = measured.span_ms(budget.from, at, outside) + measured.ahead_ms(at, end, promise);
        let down_ms = arithmetic::counted(measured.tally(budget.from, at, outside), promise).down_ms;
        !is_gone(arithmetic::allowance(whole_ms, promise.target), down_ms)
    };
    let left_ms = end.since(budget.as_of);
    let gone = longest(left_ms, lasts) + 1;
    (gone < left_ms).then_some(gone)
}

/// Step ahead over the moments at which anything changes, either where the period ends then or where it begins. In
/// between both sums are straight lines: what is left is on one side of nothing, then on the other.
fn rolling(measured: &Measured<'_>, promise: &Promise<'_>, budget: &Budget, period_ms: i64) -> Option<i64> {
    let now = budget.as_of;
    let start = now.plus(-period_ms);
    let mut ends = slopes(measured, promise, now, now.plus(period_ms));
    let mut begins = slopes(measured, promise, start, now);
    let (mut gained, mut lost) = (ends.next()?, begins.next()?);
    let (mut ahead, mut span_ms, mut down_ms) = (0, budget.span_ms, budget.down_ms);
    loop {
        let next = gained.to.since(now).min(lost.to.since(start));
        let step = next - ahead;
        let later =
            |ms: i64| (span_ms + (gained.span_ms - lost.span_ms) * ms, down_ms + (gained.down_ms - lost.down_ms) * ms);
        let lasts = |ms: i64| {
            let (span_ms, down_ms) = later(ms);
            !is_gone(arithmetic::allowance(span_ms, promise.target), down_ms)
        };
        if !lasts(1) {
            // Where nothing was down yet, what is allowed may overtake it again at once.
            return Some(ahead + 1);
        }
        if !lasts(step) {
            return Some(ahead + longest(step, lasts) + 1);
        }
        (span_ms, down_ms) = later(step);
        ahead = next;
        if gained.to.since(now) <= ahead {
            gained = ends.next()?;
        }
        if lost.to.since(start) <= ahead {
            lost = begins.next()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{self, Down, Maintenance, Operational, Unknown},
        samples::{NOON as NOW, before_noon as line},
        sla::{Aggregation, Exhaustion, Member, Period, Target, Timeline, budget::measure},
        time::{DAY, HOUR, MINUTE, SECOND},
    };

    /// What 99.9 % over 30 days allow.
    const ALLOWED: i64 = 43 * MINUTE + 12 * SECOND;

    fn over(period: Period) -> Promise<'static> {
        Promise::new(Target::from_millionths(999_000).unwrap(), period)
    }

    /// How long it lasts, in milliseconds, held against what is told then, just before, and in between.
    fn lasts(measured: &Measured<'_>, promise: &Promise<'_>) -> Option<i64> {
        let told = |ms: i64| measure(measured, promise, NOW.plus(ms));
        let lasts = told(0).exhausted_if_down_at.map(|at| at.since(NOW));
        if let Some(ms) = lasts {
            let is_gone = |ms| matches!(told(ms).exhaustion, Exhaustion::Exhausted(_));
            assert!(is_gone(ms) && !is_gone(ms - 1), "{ms}");
            for way in [1, ms - 1] {
                assert_eq!(told(way).exhausted_if_down_at, Some(NOW.plus(ms)), "on the way it is the same moment");
            }
            assert_eq!(told(ms).exhausted_if_down_at, None, "then it is gone");
        }
        lasts
    }

    fn of_30_days(points: &[(i64, Status)]) -> Option<i64> {
        lasts(&Measured::Service(&line(points)), &over(Period::Rolling(30)))
    }

    #[test]
    fn while_it_is_down_what_is_left_lasts_as_long_as_it_is() {
        assert_eq!(of_30_days(&[(90 * DAY, Operational), (40 * MINUTE, Down)]), Some(ALLOWED - 40 * MINUTE));
        assert_eq!(of_30_days(&[(90 * DAY, Operational), (0, Down)]), Some(ALLOWED), "from its first moment on");
        let points = [(90 * DAY, Operational), (40 * MINUTE, Down), (MINUTE, Operational)];
        assert_eq!(of_30_days(&points), None, "it works again");
        let silent = [(90 * DAY, Operational), (40 * MINUTE, Down), (MINUTE, Unknown)];
        assert_eq!(of_30_days(&silent), None, "of whom nobody knows, no cost is known");
        assert_eq!(of_30_days(&[(90 * DAY, Operational), (2 * HOUR, Down)]), None, "nothing is left");
        assert_eq!(of_30_days(&[]), None);
    }

    #[test]
    fn what_leaves_a_rolling_period_on_the_way_is_given_back() {
        // Ten minutes that leave in five minutes, and two that leave within the ten minutes after.
        let (ten, two) = (30 * DAY - 5 * MINUTE, 30 * DAY - 20 * MINUTE);
        let points = [(ten, Down), (ten - 10 * MINUTE, Operational), (two, Down), (two - 2 * MINUTE, Operational)];
        let points = [vec![(90 * DAY, Operational)], points.into(), vec![(20 * MINUTE, Down)]].concat();
        assert_eq!(of_30_days(&points), Some(ALLOWED - 20 * MINUTE));
        let tight = |left: i64| {
            let more = (2 * DAY, Down);
            let back = (2 * DAY - (ALLOWED - 32 * MINUTE - left), Operational);
            let mut all = points.clone();
            all.splice(5..5, [more, back]);
            of_30_days(&all)
        };
        assert_eq!(tight(5 * MINUTE), Some(5 * MINUTE), "gone as the first of it leaves");
        assert_eq!(tight(5 * MINUTE + 1), Some(15 * MINUTE + 1), "else ten minutes later");
    }

    #[test]
    fn a_young_budget_grows_on_the_way() {
        // 90 % of ten minutes allow one of them; with each minute of it down a tenth of a minute is allowed more.
        let young = line(&[(10 * MINUTE, Operational), (30 * SECOND, Down)]);
        let promise = Promise::new(Target::from_millionths(900_000).unwrap(), Period::Rolling(30));
        assert_eq!(lasts(&Measured::Service(&young), &promise), Some(30 * SECOND * 10 / 9));
    }

    #[test]
    fn worst_is_down_once_and_a_mean_as_often_as_members_are() {
        let (up, down) = (line(&[(90 * DAY, Operational)]), line(&[(90 * DAY, Operational), (MINUTE, Down)]));
        let of = |aggregation, members: &[&Timeline]| {
            let promise = over(Period::Rolling(30));
            let members: Vec<Member<'_>> = members.iter().map(|line| Member::always(line)).collect();
            lasts(&Measured::group(aggregation, &members, &promise), &promise)
        };
        assert_eq!(of(Aggregation::Worst, &[&up, &down, &down]), Some(ALLOWED - MINUTE));
        assert_eq!(of(Aggregation::Mean, &[&up, &down]), Some(2 * ALLOWED - MINUTE));
        assert_eq!(of(Aggregation::Mean, &[&up, &down, &down]), Some((3 * ALLOWED - 2 * MINUTE) / 2));
    }

    #[test]
    fn one_of_very_many_that_is_down_uses_up_no_mean() {
        let (up, down) = (line(&[(90 * DAY, Operational)]), line(&[(90 * DAY, Operational), (MINUTE, Down)]));
        let promise = over(Period::Rolling(30));
        let mut members = vec![Member::always(&up); 1_000];
        members.push(Member::always(&down));
        assert_eq!(lasts(&Measured::group(Aggregation::Mean, &members, &promise), &promise), None);
        members.pop();
        members.pop();
        members.push(Member::always(&down));
        let all_of_it = lasts(&Measured::group(Aggregation::Mean, &members, &promise), &promise);
        assert_eq!(all_of_it, Some(30 * DAY - MINUTE), "a thousandth is exactly what is allowed");
    }

    #[test]
    fn a_window_that_is_open_takes_the_outage_out_and_one_that_is_planned_interrupts_it() {
        let down = line(&[(90 * DAY, Operational), (40 * MINUTE, Down)]);
        let left = ALLOWED - 40 * MINUTE;
        let of = |windows: &[(i64, Option<i64>)]| {
            let windows = Exclusions::of(windows.iter().map(|(from, to)| (NOW.plus(*from), to.map(|to| NOW.plus(to)))));
            let whole = Promise { exclusions: &windows, ..over(Period::Month) };
            let service = lasts(&Measured::Service(&down), &whole);
            let members = [Member { exclusions: &windows, ..Member::always(&down) }];
            let promise = over(Period::Month);
            let group = lasts(&Measured::group(Aggregation::Worst, &members, &promise), &promise);
            assert_eq!(service, group, "whoever it is open for");
            service
        };
        let month = left + 31 * DAY / 1000 - ALLOWED;
        assert_eq!(of(&[]), Some(month));
        assert_eq!(of(&[(-MINUTE, None)]), None, "nothing of it counts now");
        assert_eq!(of(&[(-MINUTE, Some(HOUR))]), None);
        let an_hour_allows = 3_600;
        assert_eq!(of(&[(MINUTE, Some(HOUR + MINUTE))]), Some(month + HOUR - an_hour_allows), "afterwards it goes on");
        assert!(of(&[(-HOUR, Some(0))]).is_some(), "one that just ended is over");
    }

    #[test]
    fn a_calendar_budget_that_outlasts_its_period_says_nothing() {
        let last_minutes = |ms: i64| {
            let now = NOW.plus(16 * DAY + 12 * HOUR - ms);
            let down = Timeline::from_points(vec![(now.plus(-90 * DAY), Operational), (now.plus(-HOUR / 2), Down)]);
            measure(&Measured::Service(&down), &over(Period::Month), now).exhausted_if_down_at.map(|at| at.since(now))
        };
        let left = 31 * DAY / 1000 - HOUR / 2;
        assert_eq!(last_minutes(left + 1), Some(left));
        assert_eq!(last_minutes(left), None, "then the next month begins");
    }

    #[test]
    fn maintenance_counts_where_the_promise_says_so() {
        let declared = line(&[(90 * DAY, Operational), (MINUTE, Maintenance)]);
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let of = |maintenance_is_down| {
                let promise = Promise { maintenance_is_down, ..over(Period::Rolling(30)) };
                lasts(&Measured::group(aggregation, &[Member::always(&declared)], &promise), &promise)
            };
            assert_eq!((of(false), of(true)), (None, Some(ALLOWED - MINUTE)), "{}", aggregation.word());
        }
    }
}
