//! The two promises of a ticket: first response and resolution.

use super::{Priority, TicketStatus};
use crate::domain::time::{DAY, HOUR, MINUTE, Timestamp};

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Time allowed, in milliseconds.
    pub allowed_ms: i64,
    /// Time used before `running_since`, in milliseconds.
    pub used_ms: i64,
    /// Since when it runs; none while it stands.
    pub running_since: Option<Timestamp>,
}

/// Response and resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// Stops for good at the first leaving of OPEN.
    pub response: Clock,
    /// Stands while RESOLVED or CLOSED.
    pub resolution: Clock,
}

/// Default allowances by priority: response and resolution, in milliseconds (PRODUCT.md 1.4).
pub const fn allowances(priority: Priority) -> (i64, i64) {
    match priority {
        Priority::Critical => (5 * MINUTE, 2 * HOUR),
        Priority::High => (30 * MINUTE, 8 * HOUR),
        Priority::Medium => (2 * HOUR, DAY),
        Priority::Low => (DAY, 5 * DAY),
    }
}

impl Clock {
    /// A clock that starts to run at `at`.
    pub const fn started(allowed_ms: i64, at: Timestamp) -> Self {
        Self { allowed_ms, used_ms: 0, running_since: Some(at) }
    }

    /// Time used up to `now`, in milliseconds.
    pub fn used(&self, now: Timestamp) -> i64 {
        self.used_ms + self.running_since.map_or(0, |since| now.since(since).max(0))
    }

    /// Time left at `now`, in milliseconds; negative once the promise is broken.
    pub fn remaining(&self, now: Timestamp) -> i64 {
        self.allowed_ms - self.used(now)
    }

    /// When it runs out, while it runs.
    pub fn due(&self) -> Option<Timestamp> {
        self.running_since.map(|since| since.plus(self.allowed_ms - self.used_ms))
    }

    fn stop(&mut self, at: Timestamp) {
        self.used_ms = self.used(at);
        self.running_since = None;
    }

    fn resume(&mut self, at: Timestamp) {
        self.running_since.get_or_insert(at);
    }
}

impl Clocks {
    /// Both clocks started at `at`, with the item's allowances in minutes or else the priority's.
    pub fn start(
        priority: Priority,
        response_minutes: Option<u32>,
        resolution_minutes: Option<u32>,
        at: Timestamp,
    ) -> Self {
        let (response, resolution) = allowances(priority);
        let minutes = |given: Option<u32>, fallback: i64| given.map_or(fallback, |m| i64::from(m) * MINUTE);
        Self {
            response: Clock::started(minutes(response_minutes, response), at),
            resolution: Clock::started(minutes(resolution_minutes, resolution), at),
        }
    }

    /// What a move at `at` does to them.
    pub fn moved(&mut self, from: TicketStatus, to: TicketStatus, at: Timestamp) {
        if from == TicketStatus::Open && to != TicketStatus::Open && self.response.running_since.is_some() {
            self.response.stop(at);
        }
        match to {
            TicketStatus::Resolved | TicketStatus::Closed => self.resolution.stop(at),
            TicketStatus::Open | TicketStatus::InProgress => self.resolution.resume(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(minutes: i64) -> Timestamp {
        Timestamp::from_ms(minutes * MINUTE)
    }

    #[test]
    fn response_stops_for_good_at_the_first_leaving_of_open() {
        let mut clocks = Clocks::start(Priority::Critical, None, None, at(0));
        clocks.moved(TicketStatus::Open, TicketStatus::InProgress, at(3));
        assert_eq!(clocks.response.remaining(at(100)), 2 * MINUTE);
        clocks.moved(TicketStatus::InProgress, TicketStatus::Open, at(10));
        assert_eq!(clocks.response.running_since, None);
    }

    #[test]
    fn resolution_stands_while_resolved_and_resumes_on_reopening() {
        let mut clocks = Clocks::start(Priority::Critical, None, Some(60), at(0));
        clocks.moved(TicketStatus::Open, TicketStatus::InProgress, at(1));
        clocks.moved(TicketStatus::InProgress, TicketStatus::Resolved, at(20));
        assert_eq!(clocks.resolution.remaining(at(500)), 40 * MINUTE);
        clocks.moved(TicketStatus::Resolved, TicketStatus::InProgress, at(500));
        assert_eq!(clocks.resolution.remaining(at(510)), 30 * MINUTE);
        assert_eq!(clocks.resolution.due(), Some(at(540)));
    }

    #[test]
    fn a_broken_promise_counts_below_zero() {
        let clocks = Clocks::start(Priority::Critical, None, None, at(0));
        assert_eq!(clocks.response.remaining(at(8)), -3 * MINUTE);
    }
}
