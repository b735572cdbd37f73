//! From a record and a promise to figures: [`compute`] for one service, [`measure`] for anything, [`burn_down`] for the
//! chart. Every comparison is made on exact integers; only what is shown is rounded.

use super::{
    Alert, AlertSeverity, Budget, BudgetState, Burn, Exclusions, Exhaustion, Measured, Promise, Tally, Target,
    Timeline, WINDOWS, Window, target::MILLION,
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
    let whole_ms = measured.span_ms(from, end, &outside);
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
        allowed_ms: mul_div(whole_ms, promise.target.allowed_millionths().into(), MILLION),
        down_ms: tally.down_ms,
        maintenance_ms: tally.maintenance_ms,
        burns: rates.iter().map(|rate| rate.burn(promise.target)).collect(),
        alerts: alerts(&rates, promise, now),
        state: BudgetState::Insufficient,
        exhaustion: Exhaustion::NotBurning,
    };
    budget.state = state(&budget, tally.known_ms());
    budget.exhaustion = exhaustion(&budget, &rates);
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

/// `tally` as the promise counts it.
const fn counted(tally: Tally, promise: &Promise<'_>) -> Tally {
    if promise.maintenance_is_down { tally.with_maintenance_down() } else { tally }
}

/// What a window shows: the exact terms of its burn.
#[derive(Clone, Copy, Debug)]
struct Rate {
    window: Window,
    down_ms: i64,
    known_ms: i64,
    /// Whether at least half of the window is known.
    is_covered: bool,
}

impl Rate {
    fn over(
        window: Window,
        measured: &Measured<'_>,
        promise: &Promise<'_>,
        now: Timestamp,
        outside: &Exclusions,
    ) -> Self {
        let from = now.plus(-window.0);
        let tally = counted(measured.tally(from, now, outside), promise);
        let length = measured.window_ms(from, now, outside);
        let is_covered = tally.known_ms() > 0 && i128::from(tally.known_ms()) * 2 >= i128::from(length);
        Self { window, down_ms: tally.down_ms, known_ms: tally.known_ms(), is_covered }
    }

    fn burn(self, target: Target) -> Burn {
        let thousandths = self.is_covered.then(|| {
            let top = i128::from(self.down_ms) * 1000 * i128::from(MILLION);
            let bottom = i128::from(self.known_ms) * i128::from(target.allowed_millionths());
            clamp(top / bottom)
        });
        Burn { window: self.window, thousandths }
    }

    /// Whether the burn is over `percent` hundredths of the budget of `period_ms` within `long`, exactly.
    fn is_over(self, target: Target, percent: i64, period_ms: i64, long: Window) -> bool {
        let spent = i128::from(self.down_ms) * i128::from(MILLION) * 100 * i128::from(long.0);
        let known = i128::from(self.known_ms) * i128::from(target.allowed_millionths());
        self.is_covered && spent > known * i128::from(percent) * i128::from(period_ms)
    }
}

/// The pairs for the length of the period: a factor is the share of the budget that the long window may spend, times
/// how often the long window fits the period.
fn alerts(rates: &[Rate], promise: &Promise<'_>, now: Timestamp) -> Vec<Alert> {
    let period_ms = promise.period.length_ms(now);
    let rate = |window: Window| rates.iter().find(|r| r.window == window);
    let pairs = PAIRS.iter().map(|&(severity, percent, long, short)| {
        let over = |w| rate(w).is_some_and(|r| r.is_over(promise.target, percent, period_ms, long));
        // Burn is highest when everything is down.
        let all_down = Rate { window: long, down_ms: 1, known_ms: 1, is_covered: true };
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

/// In the order of PRODUCT.md 1.3: who knows too little promises nothing, then broken, then at risk.
fn state(budget: &Budget, known_ms: i64) -> BudgetState {
    let remaining = budget.remaining_ms();
    if known_ms <= 0 || i128::from(known_ms) * 2 < i128::from(budget.span_ms) {
        BudgetState::Insufficient
    } else if remaining < 0 {
        BudgetState::Breached
    } else if budget.firing().is_some() || i128::from(remaining) * 4 < i128::from(budget.allowed_ms) {
        BudgetState::AtRisk
    } else {
        BudgetState::Met
    }
}

/// Remaining share x period / burn over [`EXHAUSTION_WINDOW`].
fn exhaustion(budget: &Budget, rates: &[Rate]) -> Exhaustion {
    let remaining = budget.remaining_ms();
    if remaining < 0 || (remaining == 0 && budget.down_ms > 0) {
        return Exhaustion::Exhausted;
    }
    let burning = rates.iter().find(|r| r.window == EXHAUSTION_WINDOW && r.is_covered && r.down_ms > 0);
    let Some(rate) = burning.filter(|_| budget.allowed_ms > 0) else {
        return Exhaustion::NotBurning;
    };
    let at_even_burn = mul_div(remaining, budget.period.length_ms(budget.as_of), budget.allowed_ms);
    let known = i128::from(rate.known_ms) * i128::from(budget.target.allowed_millionths());
    let left = clamp(i128::from(at_even_burn) * known / (i128::from(rate.down_ms) * i128::from(MILLION)));
    let end = budget.period.bounds(budget.as_of).1;
    if budget.period.rolling_ms().is_none() && budget.as_of.plus(left) >= end {
        return Exhaustion::NotBeforeReset;
    }
    Exhaustion::In(left)
}

/// `part` of `whole` in millionths, rounded down so that trouble never reads as 100 %; none of nothing.
fn share(part: i64, whole: i64) -> Option<u32> {
    if whole <= 0 {
        return None;
    }
    u32::try_from(mul_div(part, MILLION, whole)).ok()
}

/// `a * b / c` without overflow in between, rounded down; `c` is above 0.
fn mul_div(a: i64, b: i64, c: i64) -> i64 {
    clamp((i128::from(a) * i128::from(b)).div_euclid(i128::from(c)))
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}
