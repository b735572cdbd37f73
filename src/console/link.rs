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
    /// Why it was lost, in words; none while it is open.
    pub lost: Option<String>,
    /// Why the last try did not bring it back, or why it was lost where none was made yet; empty while it is open.
    pub reason: String,
    /// When the next try is made.
    pub retry_at: Option<Timestamp>,
    /// Limits.
    pub limits: LinkLimits,
    open: bool,
    behind_ms: i64,
    skew_ms: Option<i64>,
    /// Whether more than one message told of it.
    is_confirmed: bool,
}

impl Link {
    /// Take in what happened at `at` by our clock.
    pub fn happened(&mut self, at: Timestamp, event: &LinkEvent) {
        match event {
            LinkEvent::Connected | LinkEvent::Beat => {
                self.open = true;
                self.behind_ms = 0;
                self.alive(at);
            }
            LinkEvent::Lagging { behind_ms, heard } => {
                self.behind_ms = *behind_ms;
                if *heard {
                    self.alive(at);
                }
            }
            LinkEvent::Stale => {}
            LinkEvent::Offline { reason, retry_at } => {
                self.open = false;
                self.lost.get_or_insert_with(|| reason.clone());
                self.reason.clone_from(reason);
                self.retry_at = Some(*retry_at);
            }
        }
        self.judge(at);
        if *event == LinkEvent::Stale && self.open {
            self.state = LinkState::Stale.max(self.state);
        }
    }

    fn alive(&mut self, at: Timestamp) {
        self.last_sign = Some(at);
        self.lost = None;
        self.reason.clear();
        self.retry_at = None;
    }

    /// Something came that the core wrote at `core_at` by its clock.
    pub fn came(&mut self, at: Timestamp, core_at: Timestamp) {
        // The quickest message tells best how far the clocks are apart.
        let apart = at.since(core_at);
        self.is_confirmed = self.skew_ms.is_some();
        self.skew_ms = Some(self.skew_ms.map_or(apart, |known| known.min(apart)));
        self.alive(at);
    }

    /// Judge by time.
    pub fn judge(&mut self, at: Timestamp) {
        let silent = self.last_sign.map(|sign| at.since(sign));
        self.state = match silent {
            None if self.reason.is_empty() => LinkState::Connecting,
            None => LinkState::Offline,
            _ if !self.open => {
                if self.reason.is_empty() {
                    LinkState::Connecting
                } else {
                    LinkState::Offline
                }
            }
            Some(ms) if ms > self.limits.offline_ms => LinkState::Offline,
            Some(ms) if ms > self.limits.stale_ms => LinkState::Stale,
            Some(_) if self.behind_ms > self.limits.lagging_ms => LinkState::Lagging,
            Some(_) => LinkState::Live,
        };
    }

    /// Whether what we show may be taken as true now.
    pub const fn is_fresh(&self) -> bool {
        matches!(self.state, LinkState::Live | LinkState::Lagging)
    }

    /// Do not wait any longer for the next try. False where none is waited for.
    pub fn try_now(&mut self, at: Timestamp) -> bool {
        let waits = !self.is_fresh() && self.retry_at.is_none_or(|retry_at| retry_at > at);
        if waits {
            self.retry_at = Some(at);
        }
        waits
    }

    /// How long nothing came, in milliseconds.
    pub fn silent_ms(&self, at: Timestamp) -> Option<i64> {
        self.last_sign.map(|sign| at.since(sign).max(0))
    }

    /// How old what comes is, in milliseconds.
    pub const fn behind_ms(&self) -> i64 {
        self.behind_ms
    }

    /// How far our clock is before the core's, in milliseconds, when that matters (more than two seconds).
    ///
    /// One message that came late looks like a clock that is off: it takes two of them. None can come before it was sent.
    pub fn skew_ms(&self) -> i64 {
        self.skew_ms.filter(|ms| ms.abs() > 2 * SECOND && (self.is_confirmed || *ms < 0)).unwrap_or(0)
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
        link.happened(at(32_000), &LinkEvent::Beat);
        assert_eq!(link.state, LinkState::Live);
    }

    #[test]
    fn a_core_clock_that_is_off_is_told_by_the_quickest_message() {
        let mut link = live();
        link.came(at(0), at(-300_400));
        link.came(at(10_000), at(10_000 - 300_000));
        assert_eq!((link.state, link.skew_ms()), (LinkState::Live, 300_000));
    }

    #[test]
    fn one_late_message_is_no_clock_that_is_off() {
        let mut link = live();
        link.came(at(0), at(-4_000));
        assert_eq!(link.skew_ms(), 0, "it may have been on its way for so long");
        link.came(at(10_000), at(9_990));
        assert_eq!(link.skew_ms(), 0);
        let mut behind = live();
        behind.came(at(0), at(4_000));
        assert_eq!(behind.skew_ms(), -4_000, "nothing comes before it was sent");
    }

    #[test]
    fn a_small_difference_of_clocks_is_not_told() {
        let mut link = live();
        link.came(at(0), at(-900));
        assert_eq!(link.skew_ms(), 0);
    }

    #[test]
    fn nothing_ticks_by_the_second_while_live() {
        let link = live();
        assert!(link.next_tick(at(0)).since(at(0)) > 10_000);
        let mut gone = live();
        gone.happened(at(0), &LinkEvent::Offline { reason: "reset".to_owned(), retry_at: at(500) });
        assert!(gone.next_tick(at(0)).since(at(0)) <= 1000);
    }

    #[test]
    fn an_answer_that_is_waited_for_is_no_sign_of_life() {
        let mut link = live();
        let late = |heard| LinkEvent::Lagging { behind_ms: 2_001, heard };
        link.happened(at(12_001), &late(false));
        assert_eq!((link.state, link.silent_ms(at(12_001))), (LinkState::Lagging, Some(12_001)));
        link.judge(at(21_001));
        assert_eq!(link.state, LinkState::Stale);
        link.happened(at(21_500), &late(true));
        assert_eq!((link.state, link.silent_ms(at(21_500))), (LinkState::Lagging, Some(0)));
    }

    #[test]
    fn why_it_was_lost_is_kept_beside_why_it_does_not_come_back() {
        let mut link = live();
        let offline = |reason: &str| LinkEvent::Offline { reason: reason.to_owned(), retry_at: at(900) };
        link.happened(at(5), &offline("the core stops"));
        link.happened(at(600), &offline("connection refused"));
        assert_eq!(link.lost.as_deref(), Some("the core stops"));
        assert_eq!(link.reason, "connection refused");
        link.happened(at(900), &LinkEvent::Connected);
        assert_eq!((link.lost, link.reason.as_str()), (None, ""));
    }

    #[test]
    fn closing_is_offline_at_once_and_stale_is_believed_at_once() {
        let mut link = live();
        link.happened(at(5), &LinkEvent::Stale);
        assert_eq!(link.state, LinkState::Stale);
        link.happened(at(6), &LinkEvent::Offline { reason: "connection reset".to_owned(), retry_at: at(500) });
        assert_eq!(link.state, LinkState::Offline);
        assert!(!link.is_fresh());
    }
}
