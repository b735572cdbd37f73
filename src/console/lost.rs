//! Writes whose answer was lost: nobody knows whether they happened until the core says so, and none is sent again.
//!
//! What was sent may still be on its way: a core that stood still takes it up when it goes on. So that the core does not
//! know of a write is believed only once it has said so twice, with time between in which it was heard.

use crate::domain::time::SECOND;

use super::{
    attention, batch,
    effect::{Effect, Fetch, Write},
    format,
    inflight::{Lost, Pending},
    msg::{Failure, Reply, RequestId},
    screens::tickets::acts,
    state::{Outcome, State, Weight},
    windows,
    writes::{done, finish, put_back},
};

/// Between two questions about a write, in milliseconds: far longer than a core that is heard needs for what has reached it.
pub const AGAIN_MS: i64 = 10 * SECOND;
/// What came of a write whose answer was lost and that never arrived.
const NEVER_ARRIVED: &str = "the answer was lost and it did not happen";

/// The answer is lost: ask the core what became of it before anybody does it again.
pub fn begins(state: &mut State, request: RequestId, pending: Pending) -> Vec<Effect> {
    finish(state, request, Outcome::Checking);
    let text = format!("no answer, so unknown whether this happened, checking: {}", pending.write.sentence());
    state.say(Weight::Problem, text);
    state.inflight.lost.insert(request, Lost { pending, read: None, ask_at: state.now, missed: false });
    ask(state, |_| true)
}

/// A link came about: ask what became of every write that is still unknown. What was said over another one does not count.
pub fn ask_again(state: &mut State) -> Vec<Effect> {
    state.inflight.lost.values_mut().for_each(|lost| lost.missed = false);
    ask(state, |_| true)
}

/// Ask where it is time to, while the core is heard.
pub fn ask_due(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    if state.link.is_fresh() { ask(state, |lost| lost.ask_at <= now) } else { Vec::new() }
}

/// When it is time to ask again.
pub fn due_at(state: &State) -> Option<crate::domain::time::Timestamp> {
    let open = state.inflight.lost.values().filter(|lost| lost.read.is_none());
    open.map(|lost| lost.ask_at).min().filter(|_| state.link.is_fresh())
}

/// Ask about those about which no question is on its way. Reading only.
fn ask(state: &mut State, is_meant: impl Fn(&Lost) -> bool) -> Vec<Effect> {
    let open = state.inflight.lost.iter().filter(|(_, lost)| lost.read.is_none() && is_meant(lost));
    let open: Vec<RequestId> = open.map(|(request, _)| *request).collect();
    let mut effects = Vec::new();
    for write in open {
        let read = state.inflight.request();
        if let Some(lost) = state.inflight.lost.get_mut(&write) {
            lost.read = Some(read);
            let what = match &lost.pending.write {
                Write::Attend(_) => Fetch::Handled,
                one if windows::is_one(one) => Fetch::Windows,
                _ => Fetch::Written(write),
            };
            effects.push(Effect::Fetch { request: read, what });
        }
    }
    effects
}

/// The write that a read settles.
pub fn settled_by(state: &State, read: RequestId) -> Option<RequestId> {
    state.inflight.lost.iter().find(|(_, lost)| lost.read == Some(read)).map(|(request, _)| *request)
}

/// The read that may settle a lost answer.
pub fn checked(state: &mut State, write: RequestId, result: Result<Reply, Failure>) -> Vec<Effect> {
    let Some(pending) = state.inflight.lost.get(&write).map(|lost| lost.pending.clone()) else {
        return Vec::new();
    };
    match result {
        Ok(Reply::Settled(Some(ticket))) => {
            state.inflight.lost.remove(&write);
            let text = format!("it did happen: {}", pending.write.sentence());
            done(state, write, &pending, *ticket, text);
        }
        Ok(Reply::Handled(all)) if attention::happened(state, &pending, &all) => happened(state, write, &pending),
        Ok(Reply::Windows(all)) => {
            let is_there = windows::happened(state, &pending, &all);
            all.into_iter().for_each(|window| windows::take_over(state, window));
            if is_there { happened(state, write, &pending) } else { missed(state, write, &pending) }
        }
        Ok(Reply::Settled(None) | Reply::Handled(_)) => missed(state, write, &pending),
        other => {
            // Its hint is about reading, and this must not be read as one to do it again.
            let why = other.err().map_or_else(|| "the answer makes no sense".to_owned(), |failure| failure.message);
            let sentence = pending.write.sentence();
            put_off(state, write, false);
            let text = format!(
                "still unknown whether this happened: {sentence} ({why}); the core is asked again as soon as it is heard"
            );
            state.say(Weight::Problem, text);
        }
    }
    batch::go_on(state)
}

fn happened(state: &mut State, write: RequestId, pending: &Pending) {
    state.inflight.lost.remove(&write);
    finish(state, write, Outcome::Done);
    state.say(Weight::Done, format!("it did happen: {}", pending.write.sentence()));
}

/// The core does not know of it: the first time it may still come.
fn missed(state: &mut State, write: RequestId, pending: &Pending) {
    let sentence = pending.write.sentence();
    if !state.inflight.lost.get(&write).is_some_and(|lost| lost.missed) {
        put_off(state, write, true);
        let wait = format::seconds(AGAIN_MS);
        let text = format!(
            "still unknown whether this happened: {sentence} (the core does not know of it yet); asked again in {wait}"
        );
        return state.say(Weight::Problem, text);
    }
    state.inflight.lost.remove(&write);
    put_back(state, pending);
    finish(state, write, Outcome::Refused(NEVER_ARRIVED.to_owned()));
    state.say(Weight::Problem, format!("it did not happen: {sentence}"));
    if !state.batch.holds(write) {
        acts::failed(state, &pending.write, NEVER_ARRIVED);
    }
}

/// Ask later. `missed`: the core said that it does not know of it.
fn put_off(state: &mut State, write: RequestId, missed: bool) {
    let ask_at = state.now.plus(AGAIN_MS);
    if let Some(lost) = state.inflight.lost.get_mut(&write) {
        (lost.read, lost.ask_at, lost.missed) = (None, ask_at, missed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::error::{ApiError, Kind},
        console::{
            msg::{LinkEvent, Msg},
            testing::Bench,
        },
    };

    /// A console whose taking of a ticket got no answer.
    fn lost() -> Bench {
        let mut bench = Bench::wide();
        bench.state.screen = crate::console::place::ScreenId::Tickets;
        bench.tell(Msg::Tick);
        crate::console::update::open(&mut bench.state, crate::console::place::Object::Ticket(1041));
        bench.keys("a");
        bench.answer_with(Err(ApiError::new(Kind::Unknown, "no answer in time")));
        assert!(bench.picture().contains("unknown whether this happened"), "{}", bench.picture());
        bench
    }

    fn is_asked(bench: &mut Bench) -> bool {
        bench.take_effects().iter().any(|e| matches!(e, Effect::Fetch { what: Fetch::Written(_), .. }))
    }

    fn later(bench: &mut Bench, ms: i64) {
        bench.at = bench.at.plus(ms);
        bench.tell(Msg::Link(LinkEvent::Beat));
        bench.tell(Msg::Tick);
    }

    #[test]
    fn what_the_core_does_not_know_of_may_still_be_on_its_way_and_is_asked_for_once_more() {
        let mut bench = lost();
        bench.answer(Reply::Settled(None));
        let picture = bench.picture();
        assert!(picture.contains("does not know of it yet") && !picture.contains("did not happen"), "{picture}");
        assert_eq!(due_at(&bench.state), Some(bench.at.plus(AGAIN_MS)));
        later(&mut bench, AGAIN_MS - 1);
        assert!(!is_asked(&mut bench));
        later(&mut bench, 1);
        let mut taken = bench.state.replica.estate.tickets[&1041].clone();
        taken.version += 1;
        bench.answer(Reply::Settled(Some(Box::new(taken))));
        assert!(bench.picture().contains("take #1041"), "{}", bench.picture());
        assert!(bench.state.inflight.lost.is_empty());
        assert_eq!(bench.state.journal[0].outcome, Outcome::Done);
    }

    #[test]
    fn twice_unknown_to_a_core_that_is_heard_did_not_happen() {
        let mut bench = lost();
        bench.answer(Reply::Settled(None));
        later(&mut bench, AGAIN_MS);
        bench.answer(Reply::Settled(None));
        assert!(bench.picture().contains("it did not happen"), "{}", bench.picture());
        assert_eq!(bench.state.journal[0].outcome, Outcome::Refused(NEVER_ARRIVED.to_owned()));
    }

    #[test]
    fn a_question_without_an_answer_is_put_again_though_the_link_held_and_only_while_the_core_is_heard() {
        let mut bench = lost();
        bench.answer_with(Err(ApiError::new(Kind::TimedOut, "no answer in time")));
        bench.at = bench.at.plus(60 * SECOND);
        bench.tell(Msg::Tick);
        assert!(!is_asked(&mut bench), "nobody hears the core");
        later(&mut bench, 0);
        assert!(is_asked(&mut bench));
    }

    #[test]
    fn what_was_not_known_before_the_link_was_lost_counts_for_nothing_after_it() {
        let mut bench = lost();
        bench.answer(Reply::Settled(None));
        bench.tell(Msg::Link(LinkEvent::Connected));
        bench.answer(Reply::Settled(None));
        assert!(!bench.picture().contains("did not happen"), "{}", bench.picture());
    }
}
