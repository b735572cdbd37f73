//! Since when a budget is used up.
//!
//! Of a calendar period: the moment in it at which the downtime reached what the whole period allows, as that is known
//! now. Of a rolling one each moment has a budget of its own, over the period that ends there: the first moment from
//! which on nothing was left at any, looked for up to one period back. Both go by history as it is known now, so a late
//! report moves them.

use super::{
    Budget, Measured, Promise, arithmetic,
    slopes::{longest, slopes},
};
use crate::domain::time::Timestamp;

/// Whether nothing is left: something was down, and at least as much as is allowed.
pub(super) const fn is_gone(allowed_ms: i64, down_ms: i64) -> bool {
    down_ms > 0 && down_ms >= allowed_ms
}

/// Since when nothing is left of `budget`, of which nothing is left at its own moment. None: for one rolling period or
/// longer.
///
/// What a rolling one is measured on has to reach back two of its periods. It costs what changed since then and within
/// the same length a period before, at most.
pub(super) fn since(measured: &Measured<'_>, promise: &Promise<'_>, budget: &Budget) -> Option<Timestamp> {
    match promise.period.rolling_ms() {
        Some(period_ms) => within_rolling(measured, promise, budget, period_ms),
        None => {
            let down_ms = |to: Timestamp| {
                arithmetic::counted(measured.tally(budget.from, to, promise.exclusions), promise).down_ms
            };
            let was_gone = |ago: i64| is_gone(budget.allowed_ms, down_ms(budget.as_of.plus(-ago)));
            Some(budget.as_of.plus(-longest(budget.as_of.since(budget.from), was_gone)))
        }
    }
}

/// Step back over the moments at which anything changed, either where the period ended then or where it began. In between
/// both sums are straight lines, and so a budget that is gone at two moments of one step is gone between them.
fn within_rolling(
    measured: &Measured<'_>,
    promise: &Promise<'_>,
    budget: &Budget,
    period_ms: i64,
) -> Option<Timestamp> {
    let start = budget.as_of.plus(-period_ms);
    let mut ends = slopes(measured, promise, start, budget.as_of).rev();
    let mut begins = slopes(measured, promise, start.plus(-period_ms), start).rev();
    let (mut lost, mut gained) = (ends.next()?, begins.next()?);
    let (mut at, mut span_ms, mut down_ms) = (budget.as_of, budget.span_ms, budget.down_ms);
    loop {
        let next = lost.from.max(gained.from.plus(period_ms));
        let step = at.since(next);
        let earlier =
            |ms: i64| (span_ms + (gained.span_ms - lost.span_ms) * ms, down_ms + (gained.down_ms - lost.down_ms) * ms);
        let was_gone = |ms: i64| {
            let (span_ms, down_ms) = earlier(ms);
            is_gone(arithmetic::allowance(span_ms, promise.target), down_ms)
        };
        if !was_gone(step) {
            return Some(at.plus(-longest(step, was_gone)));
        }
        (span_ms, down_ms) = earlier(step);
        at = next;
        if lost.from >= at {
            lost = ends.next()?;
        }
        if gained.from.plus(period_ms) >= at {
            gained = begins.next()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{self, Down, Maintenance, Operational, Unknown},
        samples::{NOON as NOW, before_noon as line},
        sla::{Aggregation, Exclusions, Exhaustion, Member, Period, Target, budget::measure},
        time::{DAY, HOUR, MINUTE, SECOND},
    };

    /// What 99.9 % over 30 days allow.
    const ALLOWED: i64 = 43 * MINUTE + 12 * SECOND;

    fn over(period: Period) -> Promise<'static> {
        Promise::new(Target::from_millionths(999_000).unwrap(), period)
    }

    /// How long nothing is left, in milliseconds.
    fn gone_for(measured: &Measured<'_>, promise: &Promise<'_>) -> Option<i64> {
        let budget = measure(measured, promise, NOW);
        assert!(matches!(budget.exhaustion, Exhaustion::Exhausted(_)), "{budget:?}");
        budget.exhausted_since().map(|since| NOW.since(since))
    }

    fn of_30_days(points: &[(i64, Status)]) -> Option<i64> {
        gone_for(&Measured::Service(&line(points)), &over(Period::Rolling(30)))
    }

    #[test]
    fn it_is_used_up_from_the_millisecond_on_in_which_the_last_of_it_was_spent() {
        assert_eq!(of_30_days(&[(90 * DAY, Operational), (2 * HOUR, Down)]), Some(2 * HOUR - ALLOWED));
        let over = [(90 * DAY, Operational), (2 * DAY, Down), (2 * DAY - HOUR, Operational)];
        assert_eq!(of_30_days(&over), Some(2 * DAY - ALLOWED), "and stays so when it works again");
    }

    #[test]
    fn what_leaves_a_rolling_period_may_have_given_something_back_in_between() {
        // Half an hour 31 days ago and another one ten days ago: together too much until the first one is out. The third
        // one, an hour ago, is too much again.
        let half = 30 * MINUTE;
        let points = [31 * DAY, 10 * DAY, HOUR].map(|ago| [(ago, Down), (ago - half, Operational)]).concat();
        let points = [vec![(90 * DAY, Operational)], points].concat();
        // 40 minutes ago the last of it went: by then 13 min 12 s of the third one were down.
        assert_eq!(of_30_days(&points), Some(HOUR - (ALLOWED - half)));
        // With a fourth one 29 days ago it was never enough again since the second one.
        let points = [points, vec![(29 * DAY, Down), (29 * DAY - half, Operational)]].concat();
        assert_eq!(of_30_days(&points), Some(29 * DAY - (ALLOWED - half)));
    }

    #[test]
    fn a_whole_period_or_longer_is_not_told_to_the_moment() {
        let since = |ago| of_30_days(&[(90 * DAY, Operational), (ago + ALLOWED, Down)]);
        assert_eq!([since(30 * DAY - 1), since(30 * DAY), since(60 * DAY)], [Some(30 * DAY - 1), None, None]);
    }

    #[test]
    fn a_young_service_is_held_against_the_little_that_its_own_time_allows() {
        // A minute is more than a thousandth of the first hour, which allows 3.6 s and 3 ms more by the time they are
        // spent; it is less than that of 17 hours.
        let points = [(17 * HOUR, Operational), (16 * HOUR, Down), (16 * HOUR - MINUTE, Operational)];
        let since = 16 * HOUR - 3_603;
        let budget = measure(&Measured::Service(&line(&points)), &over(Period::Rolling(30)), NOW);
        assert_eq!((budget.allowed_ms, budget.down_ms), (61_200, MINUTE), "by now it has earned it back");
        let early = NOW.plus(-HOUR);
        let told = measure(&Measured::Service(&line(&points)), &over(Period::Rolling(30)), early);
        assert_eq!(told.exhausted_since().map(|at| NOW.since(at)), Some(since));
    }

    #[test]
    fn a_calendar_budget_is_used_up_when_downtime_reaches_what_the_whole_month_allows() {
        let month = over(Period::Month);
        let allowed = 31 * DAY / 1000;
        // What was down in July is July's.
        let points = [(90 * DAY, Operational), (40 * DAY, Down), (20 * DAY, Operational), (3 * DAY, Down)];
        let service = line(&points);
        assert_eq!(gone_for(&Measured::Service(&service), &month), Some(3 * DAY - allowed));
        let up = line(&[(90 * DAY, Operational)]);
        let members = [Member::always(&service), Member::always(&up)];
        for (aggregation, allowed) in [(Aggregation::Worst, allowed), (Aggregation::Mean, 2 * allowed)] {
            let group = Measured::group(aggregation, &members, &month);
            assert_eq!(gone_for(&group, &month), Some(3 * DAY - allowed), "{aggregation:?}");
        }
        let started_down = line(&[(90 * DAY, Down)]);
        assert_eq!(
            gone_for(&Measured::Service(&started_down), &month),
            Some(14 * DAY + 12 * HOUR - allowed),
            "it begins anew with the month"
        );
    }

    #[test]
    fn windows_count_for_nothing_where_the_period_begins_and_where_it_ends() {
        let service = line(&[(90 * DAY, Operational), (2 * HOUR, Down)]);
        let windows = Exclusions::of([
            (NOW.plus(-32 * DAY), Some(NOW.plus(-31 * DAY))),
            (NOW.plus(-20 * DAY), Some(NOW.plus(-10 * DAY))),
            (NOW.plus(-110 * MINUTE), Some(NOW.plus(-100 * MINUTE))),
        ]);
        let promise = Promise { exclusions: &windows, ..over(Period::Rolling(30)) };
        // A third of the allowance is taken out, less what ten minutes more would allow; ten minutes of the outage too.
        let allowed = (30 * DAY - 10 * DAY - 10 * MINUTE) / 1000;
        assert_eq!(gone_for(&Measured::Service(&service), &promise), Some(2 * HOUR - 10 * MINUTE - allowed));
    }

    #[test]
    fn maintenance_and_silence_use_up_what_the_promise_says_they_do() {
        let service = line(&[(90 * DAY, Operational), (3 * HOUR, Maintenance), (2 * HOUR, Down), (HOUR, Unknown)]);
        let strict = Promise { maintenance_is_down: true, ..over(Period::Rolling(30)) };
        let up = line(&[(90 * DAY, Operational)]);
        assert_eq!(gone_for(&Measured::Service(&service), &over(Period::Rolling(30))), Some(2 * HOUR - ALLOWED));
        assert_eq!(gone_for(&Measured::Service(&service), &strict), Some(3 * HOUR - ALLOWED));
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let alone = Measured::group(aggregation, &[Member::always(&service)], &strict);
            assert_eq!(gone_for(&alone, &strict), Some(3 * HOUR - ALLOWED), "{aggregation:?}");
        }
        let pair = [Member::always(&service), Member::always(&up)];
        let mean = Measured::group(Aggregation::Mean, &pair, &strict);
        assert_eq!(gone_for(&mean, &strict), Some(3 * HOUR - 2 * ALLOWED), "two together are allowed twice as much");
    }
}
