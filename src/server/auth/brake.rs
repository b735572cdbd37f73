//! Failed logins slow down: every failure of a name doubles the wait of the next try, up to a limit.

use std::collections::HashMap;

use crate::domain::time::{MINUTE, SECOND, Timestamp};

/// Wait after the first failure, in milliseconds.
const FIRST_MS: i64 = SECOND;
/// Longest wait, in milliseconds.
const LONGEST_MS: i64 = 30 * SECOND;
/// Between two tries of one name that came at once, in milliseconds.
const SPACING_MS: i64 = SECOND / 4;
/// A name is forgotten after so long without a failure, in milliseconds.
const FORGOTTEN_MS: i64 = 15 * MINUTE;
/// Most names remembered.
const NAMES: usize = 10_000;

/// Failures by name. Names that do not exist are counted like those that do.
#[derive(Default)]
pub struct Brake {
    failures: HashMap<String, (u32, Timestamp)>,
}

impl Brake {
    /// When a try for `name` may be looked at. Tries at the same time queue up behind each other. None: too many wait
    /// already.
    pub fn admit(&mut self, name: &str, now: Timestamp) -> Option<Timestamp> {
        // A name without a failure is remembered as well: a thousand first tries at once are not all first tries.
        let (count, next) = self.entry(name, now);
        let at = (*next).max(now);
        if at.since(now) > LONGEST_MS {
            return None;
        }
        *next = at.plus(wait(*count).max(SPACING_MS));
        Some(at)
    }

    /// A try for `name` failed.
    pub fn failed(&mut self, name: &str, now: Timestamp) {
        let entry = self.entry(name, now);
        if now.since(entry.1) >= FORGOTTEN_MS {
            entry.0 = 0;
        }
        entry.0 = entry.0.saturating_add(1);
        entry.1 = entry.1.max(now.plus(wait(entry.0)));
    }

    /// What is known of `name`. When there is no room, those with the fewest failures make way: inventing names does not
    /// lift the brake off another.
    fn entry(&mut self, name: &str, now: Timestamp) -> &mut (u32, Timestamp) {
        if self.failures.len() >= NAMES && !self.failures.contains_key(name) {
            self.failures.retain(|_, (_, next)| now.since(*next) < FORGOTTEN_MS);
            let fewest = self.failures.values().map(|(count, _)| *count).min().unwrap_or_default();
            if self.failures.len() >= NAMES {
                self.failures.retain(|_, (count, _)| *count > fewest);
            }
        }
        self.failures.entry(name.to_owned()).or_insert((0, now))
    }

    /// A try for `name` was right.
    pub fn succeeded(&mut self, name: &str) {
        self.failures.remove(name);
    }
}

fn wait(failures: u32) -> i64 {
    match failures {
        0 => 0,
        n => (FIRST_MS << (n - 1).min(10)).min(LONGEST_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_doubles_the_wait_up_to_the_limit() {
        let mut brake = Brake::default();
        let now = Timestamp::from_ms(0);
        assert_eq!(brake.admit("oncall", now), Some(now));
        brake.failed("oncall", now);
        assert_eq!(brake.admit("oncall", now), Some(now.plus(FIRST_MS)));
        let later = now.plus(10 * SECOND);
        brake.failed("oncall", later);
        assert_eq!(brake.admit("oncall", later), Some(later.plus(2 * FIRST_MS)));
        for _ in 0..40 {
            brake.failed("oncall", later);
        }
        assert_eq!(brake.admit("oncall", later), Some(later.plus(LONGEST_MS)));
        assert_eq!(brake.admit("oncall", later), None, "those who wait already are enough");
    }

    #[test]
    fn success_and_time_forget_and_names_do_not_share() {
        let mut brake = Brake::default();
        let now = Timestamp::from_ms(0);
        brake.failed("oncall", now);
        assert_eq!(brake.admit("requester", now), Some(now));
        brake.succeeded("oncall");
        assert_eq!(brake.admit("oncall", now), Some(now));
        brake.failed("oncall", now);
        let much_later = now.plus(FORGOTTEN_MS * 2);
        assert_eq!(brake.admit("oncall", much_later), Some(much_later));
    }

    #[test]
    fn after_a_quiet_quarter_of_an_hour_a_failure_is_the_first_again() {
        let mut brake = Brake::default();
        let now = Timestamp::from_ms(0);
        for _ in 0..4 {
            brake.failed("oncall", now);
        }
        let free = now.plus(8 * FIRST_MS);
        for (quiet_ms, waits) in [(FORGOTTEN_MS - 1, 16 * FIRST_MS), (FORGOTTEN_MS, FIRST_MS)] {
            let mut brake = Brake { failures: brake.failures.clone() };
            let later = free.plus(quiet_ms);
            brake.failed("oncall", later);
            assert_eq!(brake.admit("oncall", later), Some(later.plus(waits)), "after {quiet_ms} ms");
        }
    }

    #[test]
    fn a_thousand_first_tries_at_once_are_not_all_looked_at() {
        let mut brake = Brake::default();
        let now = Timestamp::from_ms(0);
        let looked_at = (0..1_000).filter_map(|_| brake.admit("admin", now)).collect::<Vec<_>>();
        assert_eq!(looked_at[..2], [now, now.plus(SPACING_MS)]);
        assert!(looked_at.len() < 150, "{}", looked_at.len());
    }

    #[test]
    fn inventing_names_does_not_lift_the_brake_off_another() {
        let mut brake = Brake::default();
        let now = Timestamp::from_ms(0);
        for _ in 0..5 {
            brake.failed("admin", now);
        }
        for number in 0..=NAMES {
            brake.failed(&format!("invented-{number}"), now);
        }
        assert!(brake.failures.len() <= NAMES);
        assert!(brake.admit("admin", now).is_some_and(|at| at > now.plus(FIRST_MS)));
    }
}
