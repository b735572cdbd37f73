//! How fresh what we show is. Judged by time, not by errors: a half-open socket never reports itself.

use crate::domain::time::{MINUTE, SECOND, Timestamp};

use super::msg::LinkEvent;

/// How the link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum LinkState {
    /// Never connected in this session.
    #[default]
    Connecting,
    /// Signs of life come in time.
    Live,
    /// What comes is more than two seconds old.
    Lagging,
    /// Two beats were missed.
    Stale,
    /// Closed, or three beats were missed.
    Offline,
}

impl LinkState {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Lagging => "lagging",
            Self::Stale => "stale",
            Self::Offline => "offline",
        }
    }
}

/// Limits, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLimits {
    /// Behind by more than this is lagging.
    pub lagging_ms: i64,
    /// Without a sign of life for more than this is stale.
    pub stale_ms: i64,
    /// Without a sign of life for more than this is offline.
    pub offline_ms: i64,
}

impl Default for LinkLimits {
    fn default() -> Self {
        // Two and three beats of ten seconds, and a little for the road.
        Self { lagging_ms: 2 * SECOND, stale_ms: 21 * SECOND, offline_ms: 31 * SECOND }
    }
}

/// What is known of the link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// As judged last.
    pub state: LinkState,
    /// When anything last came, by our clock.
    pub last_sign: Option<Timestamp>,
    /// Why it is closed, in words; empty while it is open.
    pub reason: String,
    /// When the next try is made.
    pub retry_at: Option<Timestamp>,
    /// Since when it has not been live, by our clock.
    pub since: Option<Timestamp>,
    /// Limits.
    pub limits: LinkLimits,
    open: bool,
    behind_ms: i64,
    skew_ms: Option<i64>,
}

impl Link {
    /// Take in what happened at `at` by our clock.
    pub fn happened(&mut self, at: Timestamp, event: &LinkEvent) {
        match event {
            LinkEvent::Connecting => self.retry_at = None,
            LinkEvent::Connected => {
                self.open = true;
                self.reason.clear();
                self.retry_at = None;
                self.skew_ms = None;
                self.behind_ms = 0;
                self.last_sign = Some(at);
            }
            LinkEvent::Beat { core_at } => self.sign(at, *core_at),
            LinkEvent::Closed { reason, retry_at } => {
                self.open = false;
                self.reason.clone_from(reason);
                self.retry_at = *retry_at;
            }
        }
        self.judge(at);
    }

    /// A sign of life that left the core at `core_at` by its clock.
    pub fn sign(&mut self, at: Timestamp, core_at: Timestamp) {
        let apart = at.since(core_at);
        // The quickest message tells how far the clocks are apart; what takes longer than it is lag.
        let skew = self.skew_ms.map_or(apart, |known| known.min(apart));
        self.skew_ms = Some(skew);
        self.behind_ms = apart - skew;
        self.last_sign = Some(at);
    }

    /// Judge by time.
    pub fn judge(&mut self, at: Timestamp) {
        let silent = self.last_sign.map(|sign| at.since(sign));
        self.state = match silent {
            None if self.reason.is_empty() => LinkState::Connecting,
            None => LinkState::Offline,
            _ if !self.open => LinkState::Offline,
            Some(ms) if ms > self.limits.offline_ms => LinkState::Offline,
            Some(ms) if ms > self.limits.stale_ms => LinkState::Stale,
            Some(_) if self.behind_ms > self.limits.lagging_ms => LinkState::Lagging,
            Some(_) => LinkState::Live,
        };
        match self.state {
            LinkState::Live => self.since = None,
            _ => {
                self.since.get_or_insert(at);
            }
        }
    }

    /// Whether what we show may be taken as true now.
    pub const fn is_fresh(&self) -> bool {
        matches!(self.state, LinkState::Live | LinkState::Lagging)
    }

    /// How long nothing came, in milliseconds.
    pub fn silent_ms(&self, at: Timestamp) -> Option<i64> {
        self.last_sign.map(|sign| at.since(sign).max(0))
    }

    /// How far our clock is before the core's, in milliseconds, when that matters (more than two seconds).
    pub fn skew_ms(&self) -> i64 {
        self.skew_ms.filter(|ms| ms.abs() > 2 * SECOND).unwrap_or(0)
    }

    /// When time alone will change what is shown: each second while not live, else at the next minute or verdict.
    pub fn next_tick(&self, at: Timestamp) -> Timestamp {
        if self.state != LinkState::Live {
            return Timestamp::from_ms((at.ms().div_euclid(SECOND) + 1) * SECOND);
        }
        let minute = Timestamp::from_ms((at.ms().div_euclid(MINUTE) + 1) * MINUTE);
        self.last_sign.map_or(minute, |sign| minute.min(sign.plus(self.limits.stale_ms + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    fn live() -> Link {
        let mut link = Link::default();
        link.happened(at(0), &LinkEvent::Connected);
        link.happened(at(0), &LinkEvent::Beat { core_at: at(0) });
        link
    }

    #[test]
    fn silence_alone_makes_it_stale_and_then_offline() {
        let mut link = live();
        assert_eq!(link.state, LinkState::Live);
        link.judge(at(21_001));
        assert_eq!(link.state, LinkState::Stale);
        link.judge(at(31_001));
        assert_eq!(link.state, LinkState::Offline);
        link.happened(at(32_000), &LinkEvent::Beat { core_at: at(32_000) });
        assert_eq!(link.state, LinkState::Live);
    }

    #[test]
    fn a_core_clock_that_is_off_is_skew_and_not_lag() {
        let mut link = Link::default();
        link.happened(at(0), &LinkEvent::Connected);
        link.happened(at(0), &LinkEvent::Beat { core_at: at(-300_000) });
        assert_eq!((link.state, link.skew_ms()), (LinkState::Live, 300_000));
        link.happened(at(10_000), &LinkEvent::Beat { core_at: at(10_000 - 303_000) });
        assert_eq!(link.state, LinkState::Lagging, "three seconds later than the quickest");
    }

    #[test]
    fn nothing_ticks_by_the_second_while_live() {
        let link = live();
        assert!(link.next_tick(at(0)).since(at(0)) > 10_000);
        let mut gone = live();
        gone.happened(at(0), &LinkEvent::Closed { reason: "reset".to_owned(), retry_at: None });
        assert!(gone.next_tick(at(0)).since(at(0)) <= 1000);
    }

    #[test]
    fn closing_is_offline_at_once() {
        let mut link = live();
        link.happened(at(5), &LinkEvent::Closed { reason: "connection reset".to_owned(), retry_at: None });
        assert_eq!(link.state, LinkState::Offline);
        assert!(!link.is_fresh());
    }
}
