//! How fast a budget is spent, seen over one window.
//!
//! `burn(w) = down_w / max(up_w + down_w, w / 2) / (1 - target)`, none while less than half of what no exclusion window
//! takes out of `w` is known. Without exclusion windows that is the burn of the SRE Workbook, chapter 5, for then at
//! least half of `w` is known. The half is there for the time after an exclusion window: the few seconds that count by
//! then are no measure of `w`, and one second of them that was down is no reason to wake anybody.

use super::{
    Burn, Exclusions, Measured, Promise, Target, Window,
    arithmetic::{clamp, counted},
    target::MILLION,
};
use crate::domain::time::Timestamp;

/// What a window shows: the exact terms of its burn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub window: Window,
    /// Downtime in it, in milliseconds.
    pub down_ms: i64,
    /// What that is held against: what is known of the window, and half of it at least, in milliseconds.
    pub base_ms: i64,
    /// Whether at least half of what no exclusion window takes out is known.
    pub is_covered: bool,
}

impl Rate {
    pub fn over(
        window: Window,
        measured: &Measured<'_>,
        promise: &Promise<'_>,
        now: Timestamp,
        outside: &Exclusions,
    ) -> Self {
        let from = now.plus(-window.0);
        let tally = counted(measured.tally(from, now, outside), promise);
        let known = tally.known_ms();
        let length = measured.window_ms(from, now, outside);
        let is_covered = known > 0 && i128::from(known) * 2 >= i128::from(length);
        Self { window, down_ms: tally.down_ms, base_ms: known.max(measured.whole_ms(from, now) / 2), is_covered }
    }

    pub fn burn(self, target: Target) -> Burn {
        let thousandths = self.is_covered.then(|| {
            let top = i128::from(self.down_ms) * 1000 * i128::from(MILLION);
            let bottom = i128::from(self.base_ms) * i128::from(target.allowed_millionths());
            clamp(top / bottom)
        });
        Burn { window: self.window, thousandths }
    }

    /// Whether the burn is over `percent` hundredths of the budget of `period_ms` within `long`, exactly.
    pub fn is_over(self, target: Target, percent: i64, period_ms: i64, long: Window) -> bool {
        let spent = i128::from(self.down_ms) * i128::from(MILLION) * 100 * i128::from(long.0);
        let base = i128::from(self.base_ms) * i128::from(target.allowed_millionths());
        self.is_covered && spent > base.saturating_mul(i128::from(percent) * i128::from(period_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{Down, Operational},
        samples::{NOON as NOW, before_noon as line},
        sla::{Aggregation, AlertSeverity, Budget, Exhaustion, Member, Period, Timeline, budget::measure},
        time::{DAY, HOUR, MINUTE, SECOND},
    };

    /// Who was in a window for 7 h until `ago`, and down from then on for `down_ms`: as a service, as groups of one and of
    /// two that the window is for, and of two whose members it is for.
    fn after_a_window(ago: i64, down_ms: i64) -> Vec<Budget> {
        let window = Exclusions::of([(NOW.plus(-ago - 7 * HOUR), Some(NOW.plus(-ago)))]);
        let promise = Promise::new(Target::from_millionths(999_000).unwrap(), Period::Rolling(30));
        let line: Timeline = line(&[(90 * DAY, Operational), (ago, Down), (ago - down_ms, Operational)]);
        let (whole, both) = (Promise { exclusions: &window, ..promise }, [Member::always(&line); 2]);
        let members = [Member { exclusions: &window, ..Member::always(&line) }; 2];
        let group = |aggregation, members: &[Member<'_>], promise: &Promise<'_>| {
            measure(&Measured::group(aggregation, members, promise), promise, NOW)
        };
        vec![
            measure(&Measured::Service(&line), &whole, NOW),
            group(Aggregation::Worst, &both[..1], &whole),
            group(Aggregation::Worst, &both, &whole),
            group(Aggregation::Worst, &members, &promise),
            group(Aggregation::Mean, &both[..1], &whole),
            group(Aggregation::Mean, &both, &whole),
        ]
    }

    #[test]
    fn a_second_of_downtime_after_a_window_is_a_second_of_half_of_what_is_looked_at() {
        for budget in after_a_window(5 * SECOND, SECOND) {
            let burn = [5 * MINUTE, HOUR, 6 * HOUR].map(|ms| budget.burn(Window(ms)));
            assert_eq!(burn, [Some(6_666), Some(555), Some(92)], "1 s of 150 s, of 30 min and of 3 h");
            assert_eq!(budget.firing(), None);
            assert!(matches!(budget.exhaustion, Exhaustion::In(ms) if ms > 300 * DAY), "{:?}", budget.exhaustion);
        }
    }

    #[test]
    fn an_outage_that_begins_as_a_window_ends_pages_within_the_minute() {
        // 14.4 thousandths of half an hour are 25.92 s.
        for (down_ms, firing) in [(25_920, None), (25_921, Some(AlertSeverity::Page))] {
            for budget in after_a_window(down_ms, down_ms) {
                assert_eq!(budget.firing(), firing);
                assert!(budget.alerts.iter().all(|alert| alert.reachable), "nothing is out of reach for a window");
            }
        }
    }

    #[test]
    fn without_windows_a_burn_is_held_against_what_is_known() {
        let young = line(&[(40 * MINUTE, Operational), (4 * MINUTE, Down)]);
        let promise = Promise::new(Target::from_millionths(999_000).unwrap(), Period::Rolling(30));
        let budget = measure(&Measured::Service(&young), &promise, NOW);
        assert_eq!(budget.burn(Window(HOUR)), Some(100_000), "4 of the 40 min of its life");
        assert_eq!(budget.burn(Window(2 * HOUR)), None, "a third of it");
    }
}
