//! Clocks of reporters that are wrong. A report that says its time is placed there, so a clock that is behind misplaces
//! everything it tells of; one that is ahead is not believed.

use std::collections::BTreeMap;

use super::{Service, reporter::common_node};
use crate::domain::{
    estate::Estate,
    hierarchy::NodePath,
    time::{MINUTE, SECOND},
};

/// From how much on a clock is shown to be off, in milliseconds: what a slow way and a busy machine may take.
pub const SHOWN_MS: i64 = 30 * SECOND;
/// From how much on it misplaces reports, in milliseconds: the shortest window of an alert.
pub const MISPLACING_MS: i64 = 5 * MINUTE;
/// So many reports in a row must agree: one that was held up says nothing of a clock.
pub const AGREEING: u8 = 3;
/// By how much they may differ and still agree, in milliseconds.
const TOLERANCE_MS: i64 = 10 * SECOND;

/// What the last reports of one service said of the clock of whoever made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    ahead_ms: i64,
    reports: u8,
}

impl ClockReading {
    /// After one more report that said a time so far ahead of its arrival (negative: behind).
    pub fn after(before: Option<Self>, ahead_ms: i64) -> Self {
        match before {
            Some(known) if (known.ahead_ms - ahead_ms).abs() <= TOLERANCE_MS => {
                Self { ahead_ms: known.ahead_ms, reports: known.reports.saturating_add(1) }
            }
            _ => Self { ahead_ms, reports: 1 },
        }
    }

    /// What is known of the clock now: by how much it is ahead, or that it is right (0); none while reports do not agree.
    pub const fn verdict(self) -> Option<i64> {
        if self.reports < AGREEING {
            None
        } else if self.ahead_ms.abs() < SHOWN_MS {
            Some(0)
        } else {
            Some(self.ahead_ms)
        }
    }
}

/// A reporter whose clock misplaces what it reports.
#[derive(Clone, Debug, PartialEq)]
pub struct WrongClock<'a> {
    /// What it is called.
    pub reporter: &'a str,
    /// What it reports on, by path.
    pub services: Vec<&'a Service>,
    /// By how much the clock is ahead, in milliseconds; negative: behind. The worst of what is known.
    pub ahead_ms: i64,
}

impl WrongClock<'_> {
    /// The place that all of its services lie under, if there is one.
    pub fn node(&self) -> Option<NodePath> {
        common_node(&self.services)
    }
}

/// Reporters whose clocks are so far off that reports are misplaced, by name.
pub fn misplacing(estate: &Estate) -> Vec<WrongClock<'_>> {
    let mut all: BTreeMap<&str, WrongClock<'_>> = BTreeMap::new();
    let wrong = estate.services.values().filter_map(|s| Some((s, s.clock_ahead_ms.filter(|ms| is_misplacing(*ms))?)));
    for (service, ahead_ms) in wrong.filter(|(s, _)| !s.health.reporter.is_empty()) {
        let reporter = service.health.reporter.as_str();
        let clock = all.entry(reporter).or_insert(WrongClock { reporter, services: Vec::new(), ahead_ms });
        clock.services.push(service);
        if ahead_ms.abs() > clock.ahead_ms.abs() {
            clock.ahead_ms = ahead_ms;
        }
    }
    all.into_values().collect()
}

const fn is_misplacing(ahead_ms: i64) -> bool {
    ahead_ms.abs() >= MISPLACING_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{health::Status, samples};

    fn after(reports: &[i64]) -> Option<i64> {
        let mut reading = None;
        for ahead_ms in reports {
            reading = Some(ClockReading::after(reading, *ahead_ms));
        }
        reading.and_then(ClockReading::verdict)
    }

    #[test]
    fn a_clock_is_off_when_three_reports_in_a_row_agree_and_one_that_was_held_up_says_nothing() {
        let late = -12 * MINUTE;
        assert_eq!(after(&[late, late]), None);
        assert_eq!(after(&[late, late + SECOND, late - SECOND]), Some(late));
        assert_eq!(after(&[0, late, 0, late, late]), None, "held up now and then");
        assert_eq!(after(&[late, late + MINUTE, late + 2 * MINUTE, late + 3 * MINUTE]), None, "what was kept arrives");
        assert_eq!(after(&[late, late, late, 0, 0, 0]), Some(0), "it was set right");
        assert_eq!(after(&[-SECOND, -2 * SECOND, -SECOND]), Some(0), "the way takes that long");
        assert_eq!(after(&[MINUTE, MINUTE, MINUTE]), Some(MINUTE));
    }

    #[test]
    fn a_reporter_whose_clock_misplaces_is_one_fact_with_what_it_reports_on() {
        let mut estate = Estate::default();
        for (name, reporter, ahead_ms) in [
            ("a", "jobs", Some(-6 * MINUTE)),
            ("b", "jobs", Some(-7 * MINUTE)),
            ("c", "jobs", Some(0)),
            ("d", "other", Some(-4 * MINUTE)),
            ("e", "other", None),
        ] {
            let mut service = samples::service(&format!("acme/shop/prod/eu-1/{name}"), Status::Operational);
            service.health.reporter = reporter.to_owned();
            service.clock_ahead_ms = ahead_ms;
            estate.services.insert(service);
        }
        let found = misplacing(&estate);
        let told: Vec<_> = found.iter().map(|c| (c.reporter, c.services.len(), c.ahead_ms)).collect();
        assert_eq!(told, [("jobs", 2, -7 * MINUTE)]);
    }
}
