//! The two promises of a ticket: first response and resolution.

use super::{Priority, TicketStatus};
use crate::domain::time::{DAY, HOUR, MINUTE, Timestamp};

/// Which of the two promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockKind {
    /// Somebody begins to work on it.
    Response,
    /// It works again.
    Resolution,
}

impl ClockKind {
    /// In the order in which they run out.
    pub const ALL: [Self; 2] = [Self::Response, Self::Resolution];

    /// One stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Resolution => "resolution",
        }
    }

    /// The clock for its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Time allowed, in milliseconds.
    pub allowed_ms: i64,
    /// Time used before `running_since`, in milliseconds.
    pub used_ms: i64,
    /// Since when it runs; none while it stands.
    pub running_since: Option<Timestamp>,
    /// Whether the catalog item promised it: then a change of priority leaves it as it is.
    pub is_fixed: bool,
    /// When it ran out, once the core has said so. Kept when the clock stands.
    pub breached_since: Option<Timestamp>,
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
        Self { allowed_ms, used_ms: 0, running_since: Some(at), is_fixed: false, breached_since: None }
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

    /// Whether it runs and has run out.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.due().is_some_and(|due| due < now)
    }

    /// Whether it runs out soon or has: a quarter of what was promised is left, or an hour where that is less.
    pub fn is_near(&self, now: Timestamp) -> bool {
        self.running_since.is_some() && self.remaining(now) < (self.allowed_ms / 4).min(HOUR)
    }

    /// When it ran out, if nobody has said so yet.
    pub fn untold(&self, now: Timestamp) -> Option<Timestamp> {
        self.due().filter(|_| self.breached_since.is_none() && self.is_over(now))
    }

    fn stop(&mut self, at: Timestamp) {
        self.used_ms = self.used(at);
        self.running_since = None;
    }

    fn resume(&mut self, at: Timestamp) {
        self.running_since.get_or_insert(at);
    }

    /// Another time is allowed, counted from the start. A promise that is kept under it is not broken any more.
    fn promise(&mut self, was_ms: i64, is_ms: i64, now: Timestamp) {
        // Clocks from before `is_fixed` was kept are told apart by their length.
        if self.is_fixed || self.allowed_ms != was_ms {
            return;
        }
        self.allowed_ms = is_ms;
        if self.remaining(now) >= 0 {
            self.breached_since = None;
        }
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
        let clock = |given: Option<u32>, usual: i64| Clock {
            is_fixed: given.is_some(),
            ..Clock::started(given.map_or(usual, |minutes| i64::from(minutes) * MINUTE), at)
        };
        Self { response: clock(response_minutes, response), resolution: clock(resolution_minutes, resolution) }
    }

    /// One of them.
    pub const fn get(&self, kind: ClockKind) -> &Clock {
        match kind {
            ClockKind::Response => &self.response,
            ClockKind::Resolution => &self.resolution,
        }
    }

    /// One of them, to be changed.
    pub const fn get_mut(&mut self, kind: ClockKind) -> &mut Clock {
        match kind {
            ClockKind::Response => &mut self.response,
            ClockKind::Resolution => &mut self.resolution,
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

    /// What another priority does to them at `at`. A response that was given keeps the promise it was given under.
    pub fn reprioritised(&mut self, from: Priority, to: Priority, at: Timestamp) {
        let (was, is) = (allowances(from), allowances(to));
        if self.response.running_since.is_some() {
            self.response.promise(was.0, is.0, at);
        }
        self.resolution.promise(was.1, is.1, at);
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
    fn a_broken_promise_counts_below_zero_and_is_untold_until_it_is_marked() {
        let mut clocks = Clocks::start(Priority::Critical, None, None, at(0));
        assert_eq!(clocks.response.remaining(at(8)), -3 * MINUTE);
        assert_eq!(clocks.response.untold(at(5)), None, "the last moment is still in time");
        assert_eq!(clocks.response.untold(at(8)), Some(at(5)));
        clocks.response.breached_since = Some(at(5));
        assert_eq!(clocks.response.untold(at(9)), None);
    }

    #[test]
    fn another_priority_counts_from_the_start_also_over_a_pause() {
        let mut clocks = Clocks::start(Priority::Medium, None, None, at(0));
        clocks.moved(TicketStatus::Open, TicketStatus::Resolved, at(60));
        clocks.moved(TicketStatus::Resolved, TicketStatus::InProgress, at(600));
        clocks.reprioritised(Priority::Medium, Priority::Critical, at(610));
        assert_eq!(clocks.resolution.due(), Some(at(660)), "60 of 120 minutes were used before the pause");
        assert_eq!(clocks.response.allowed_ms, 2 * HOUR, "the response was given under the promise of its time");
    }

    #[test]
    fn what_an_item_promises_stays_even_where_it_equals_the_usual() {
        let mut clocks = Clocks::start(Priority::Medium, Some(120), None, at(0));
        clocks.reprioritised(Priority::Medium, Priority::Critical, at(1));
        assert_eq!(clocks.response.allowed_ms, 2 * HOUR);
        assert_eq!(clocks.resolution.allowed_ms, 2 * HOUR);
    }

    #[test]
    fn a_longer_promise_takes_a_breach_back_and_a_shorter_one_does_not() {
        let mut clocks = Clocks::start(Priority::Critical, None, None, at(0));
        clocks.resolution.breached_since = Some(at(120));
        clocks.reprioritised(Priority::Critical, Priority::High, at(130));
        assert_eq!(clocks.resolution.breached_since, None);
        clocks.resolution.breached_since = Some(at(480));
        clocks.reprioritised(Priority::High, Priority::Critical, at(490));
        assert_eq!(clocks.resolution.breached_since, Some(at(480)));
    }
}
