//! Many writes of one intent: a few on their way at a time, the rest waits and can be left.

use super::{
    effect::{Effect, Write},
    msg::RequestId,
    state::{Outcome, State},
    writes,
};

/// Writes on their way at a time.
pub const AT_ONCE: usize = 4;

/// How far one of them came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its turn has not come.
    Waiting,
    /// Sent; the journal knows what came of it.
    Sent(RequestId),
    /// When its turn came a rule said no, so it was not sent.
    Kept(String),
    /// Left before its turn came.
    Left,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What.
    pub write: Write,
    /// How far.
    pub step: Step,
}

/// All of them, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Each.
    pub items: Vec<Item>,
}

impl Batch {
    /// Whether a call is one of these.
    pub fn holds(&self, request: RequestId) -> bool {
        self.items.iter().any(|item| item.step == Step::Sent(request))
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.items.iter().filter(|item| item.step == Step::Waiting).count()
    }
}

/// What came of one of them so far.
pub fn outcome(state: &State, item: &Item) -> Option<Outcome> {
    match &item.step {
        Step::Waiting | Step::Left => None,
        Step::Kept(reason) => Some(Outcome::Refused(reason.clone())),
        Step::Sent(request) => {
            let deed = state.journal.iter().rev().find(|deed| deed.request == *request);
            deed.map(|deed| deed.outcome.clone())
        }
    }
}

/// Whether any of them has no answer yet.
pub fn is_running(state: &State) -> bool {
    let open = |item: &Item| matches!(outcome(state, item), Some(Outcome::Sent | Outcome::Checking));
    state.batch.waiting() > 0 || state.batch.items.iter().any(open)
}

/// Begin with `writes`.
pub fn start(state: &mut State, writes: Vec<Write>) -> Vec<Effect> {
    state.batch.items = writes.into_iter().map(|write| Item { write, step: Step::Waiting }).collect();
    go_on(state)
}

/// Send what may go now.
pub fn go_on(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    let sent = |item: &Item| matches!(item.step, Step::Sent(request) if state.inflight.writes.contains_key(&request));
    let mut on_their_way = state.batch.items.iter().filter(|item| sent(item)).count();
    for index in 0..state.batch.items.len() {
        if on_their_way >= AT_ONCE {
            break;
        }
        if state.batch.items[index].step != Step::Waiting {
            continue;
        }
        state.batch.items[index].step = match writes::launch(state, state.batch.items[index].write.clone(), false) {
            Ok((request, effect)) => {
                effects.push(effect);
                on_their_way += 1;
                Step::Sent(request)
            }
            Err(reason) => Step::Kept(reason),
        };
    }
    effects
}

/// Leave what has not been sent.
pub fn leave(state: &mut State) {
    for item in &mut state.batch.items {
        if item.step == Step::Waiting {
            item.step = Step::Left;
        }
    }
}
