//! Outstanding calls: who waits for which answer, and what was changed before the answer came.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::{tickets::Ticket, time::Timestamp};

use super::{
    effect::{Effect, Fetch, Write},
    msg::{Failure, RequestId},
};

/// A write that is on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// What was asked.
    pub write: Write,
    /// The ticket before we showed the result ahead of the answer.
    pub before: Option<Ticket>,
    /// The version we show ahead of the answer.
    pub shown_version: Option<u64>,
    /// When it was sent.
    pub at: Timestamp,
    /// Whether it takes something back: that is not offered to be taken back again.
    pub takes_back: bool,
}

/// A write whose answer was lost. It is never sent again; a read settles it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// The write.
    pub pending: Pending,
    /// The read that is on its way; none while the core is not asked.
    pub read: Option<RequestId>,
    /// When the core is asked next, if it is heard.
    pub ask_at: Timestamp,
    /// Whether the core said over this link that it does not know of the write.
    pub missed: bool,
}

/// Counts requests and remembers the writes among them.
#[derive(Clone, Debug, Default)]
pub struct Inflight {
    next: u64,
    /// Writes without an answer.
    pub writes: BTreeMap<RequestId, Pending>,
    /// Writes whose answer was lost, until a read settles them.
    pub lost: BTreeMap<RequestId, Lost>,
    /// The text that is in the user's editor.
    pub edit: Option<RequestId>,
}

impl Inflight {
    /// A number for a new call.
    pub const fn request(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next)
    }
}

/// One thing that is fetched when it is looked at. At most one call runs; the newest wish waits; answers nobody
/// waits for any more are dropped. The last `KEPT` answers stay.
#[derive(Clone, Debug)]
pub struct Detail<K, V, const KEPT: usize = 1> {
    wanted: Option<K>,
    asked: Option<(RequestId, K)>,
    /// The newest last.
    have: VecDeque<(K, V, Timestamp)>,
    failed: Option<(K, Failure)>,
}

impl<K, V, const KEPT: usize> Default for Detail<K, V, KEPT> {
    fn default() -> Self {
        Self { wanted: None, asked: None, have: VecDeque::new(), failed: None }
    }
}

impl<K: Clone + PartialEq, V, const KEPT: usize> Detail<K, V, KEPT> {
    /// Wish for `key`; the effect that fetches it, when one is to be made now.
    pub fn want(&mut self, key: K, inflight: &mut Inflight, fetch: impl FnOnce(&K) -> Fetch) -> Option<Effect> {
        if self.wanted.as_ref() != Some(&key) {
            self.wanted = Some(key);
            self.failed = None;
        }
        self.ask(inflight, fetch)
    }

    /// Fetch what is wished for.
    fn ask(&mut self, inflight: &mut Inflight, fetch: impl FnOnce(&K) -> Fetch) -> Option<Effect> {
        let key = self.wanted.clone()?;
        self.call(key, inflight, fetch)
    }

    /// Fetch `key` before anybody looks at it, when what is looked at is here and no call runs.
    pub fn ahead(&mut self, key: K, inflight: &mut Inflight, fetch: impl FnOnce(&K) -> Fetch) -> Option<Effect> {
        let at_rest = self.wanted.as_ref().is_some_and(|wanted| self.is_here(wanted));
        if at_rest { self.call(key, inflight, fetch) } else { None }
    }

    /// Fetch `key`, unless it is here, failed, or a call runs already.
    fn call(&mut self, key: K, inflight: &mut Inflight, fetch: impl FnOnce(&K) -> Fetch) -> Option<Effect> {
        let failed = self.failed.as_ref().is_some_and(|(failed, _)| *failed == key);
        if self.is_here(&key) || self.asked.is_some() || failed {
            return None;
        }
        let request = inflight.request();
        let what = fetch(&key);
        self.asked = Some((request, key));
        Some(Effect::Fetch { request, what })
    }

    fn is_here(&self, key: &K) -> bool {
        self.have.iter().any(|(have, ..)| have == key)
    }

    /// Take in an answer. False when nobody here waits for it.
    pub fn answer(&mut self, request: RequestId, result: Result<V, Failure>, at: Timestamp) -> bool {
        if self.asked.as_ref().is_none_or(|(asked, _)| *asked != request) {
            return false;
        }
        let Some((_, key)) = self.asked.take() else {
            return false;
        };
        match result {
            Ok(value) => {
                self.have.push_back((key, value, at));
                if self.have.len() > KEPT {
                    self.have.pop_front();
                }
            }
            Err(failure) => self.failed = Some((key, failure)),
        }
        true
    }

    /// Whether a call of this number is ours.
    pub fn awaits(&self, request: RequestId) -> bool {
        self.asked.as_ref().is_some_and(|(asked, _)| *asked == request)
    }

    /// The newest that is here of those whose key fits; with the moment it came.
    pub fn get(&self, fits: impl Fn(&K) -> bool) -> Option<(&V, Timestamp)> {
        self.have.iter().rev().find(|(key, ..)| fits(key)).map(|(_, value, at)| (value, *at))
    }

    /// Why what is wished for could not be fetched.
    pub fn failure(&self) -> Option<&Failure> {
        self.failed.as_ref().filter(|(key, _)| self.wanted.as_ref() == Some(key)).map(|(_, failure)| failure)
    }

    /// What failed may be asked for again: whatever stood in the way may be gone.
    pub fn retry(&mut self) {
        self.failed = None;
    }

    /// Let go of what came before `before`, but for what is wished for.
    pub fn let_go(&mut self, before: Timestamp) {
        let wanted = self.wanted.as_ref();
        self.have.retain(|(key, _, came)| Some(key) == wanted || *came >= before);
    }

    /// Whether a call is on its way.
    pub const fn is_loading(&self) -> bool {
        self.asked.is_some()
    }

    /// Forget what is here, so that the next wish fetches it again.
    pub fn forget(&mut self) {
        self.wanted = None;
        self.failed = None;
        self.have.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetch(key: &u64) -> Fetch {
        Fetch::Ticket(*key)
    }

    #[test]
    fn one_call_runs_and_the_newest_wish_waits() {
        let (mut inflight, mut detail) = (Inflight::default(), Detail::<u64, &str>::default());
        assert!(detail.want(1, &mut inflight, fetch).is_some());
        assert!(detail.want(2, &mut inflight, fetch).is_none());
        assert!(detail.want(3, &mut inflight, fetch).is_none());
        assert!(detail.answer(RequestId(1), Ok("one"), Timestamp::default()));
        assert!(detail.want(3, &mut inflight, fetch).is_some());
        assert!(detail.get(|k| *k == 3).is_none(), "one is not three");
    }

    #[test]
    fn what_may_be_looked_at_next_is_fetched_when_nothing_else_is_and_the_oldest_goes() {
        let (mut inflight, mut detail) = (Inflight::default(), Detail::<u64, &str, 2>::default());
        assert!(detail.ahead(2, &mut inflight, fetch).is_none(), "nobody looks at anything");
        detail.want(1, &mut inflight, fetch);
        assert!(detail.ahead(2, &mut inflight, fetch).is_none(), "what is looked at comes first");
        detail.answer(RequestId(1), Ok("one"), Timestamp::default());
        assert!(detail.ahead(2, &mut inflight, fetch).is_some());
        detail.answer(RequestId(2), Ok("two"), Timestamp::default());
        assert!(detail.want(2, &mut inflight, fetch).is_none(), "it is here already");
        assert_eq!(detail.get(|k| *k == 2).map(|(v, _)| *v), Some("two"));
        detail.ahead(3, &mut inflight, fetch);
        detail.answer(RequestId(3), Ok("three"), Timestamp::default());
        assert!(detail.get(|k| *k == 1).is_none());
        assert!(detail.want(1, &mut inflight, fetch).is_some());
    }

    #[test]
    fn a_failure_ahead_is_nobody_s_failure() {
        let (mut inflight, mut detail) = (Inflight::default(), Detail::<u64, &str, 2>::default());
        detail.want(1, &mut inflight, fetch);
        detail.answer(RequestId(1), Ok("one"), Timestamp::default());
        detail.ahead(2, &mut inflight, fetch);
        detail.answer(RequestId(2), Err(Failure::new(crate::client::error::Kind::Fault, "no")), Timestamp::default());
        assert!(detail.failure().is_none());
        assert!(detail.ahead(2, &mut inflight, fetch).is_none(), "and not asked for again and again");
        assert!(detail.want(2, &mut inflight, fetch).is_some(), "but by who looks at it");
    }

    #[test]
    fn late_reply_is_dropped() {
        let (mut inflight, mut detail) = (Inflight::default(), Detail::<u64, &str>::default());
        detail.want(1, &mut inflight, fetch);
        assert!(!detail.answer(RequestId(99), Ok("stray"), Timestamp::default()));
        assert!(detail.get(|_| true).is_none());
    }

    #[test]
    fn a_failure_is_kept_and_not_asked_again_until_another_wish() {
        let (mut inflight, mut detail) = (Inflight::default(), Detail::<u64, &str>::default());
        detail.want(1, &mut inflight, fetch);
        let failure = Failure::new(crate::client::error::Kind::Fault, "no");
        detail.answer(RequestId(1), Err(failure), Timestamp::default());
        assert!(detail.failure().is_some());
        assert!(detail.want(1, &mut inflight, fetch).is_none());
        assert!(detail.want(2, &mut inflight, fetch).is_some());
        assert!(detail.failure().is_none());
    }
}
