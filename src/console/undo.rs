//! Taking back: for some seconds after a write that is done, where a rule allows the way back.
//!
//! The way back is a write like any other, about the version that the first one made: when anybody did anything to the
//! ticket since, it is not sent.

use crate::domain::time::{SECOND, Timestamp};

use super::{
    action::Action,
    effect::{Effect, Write},
    inflight::Pending,
    place::ScreenId,
    state::{State, Weight},
    writes,
};

/// How long something can be taken back, in milliseconds.
pub const UNDO_MS: i64 = 10 * SECOND;

/// Something that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// What does it.
    pub back: Write,
    /// Until when it is offered, by our clock.
    pub until: Timestamp,
}

/// Offer to take back what is done, where a rule allows that.
pub fn offer(state: &mut State, done: &Pending) {
    let Some(back) = way_back(state, done) else {
        return;
    };
    let now = state.now;
    state.undos.retain(|undo| now <= undo.until && undo.back.number() != back.number());
    let key = state.options.keymap.label(Action::TicketUndo);
    let place = if state.screen == ScreenId::Tickets { "" } else { " on Tickets" };
    let text = format!("done: {}; {key}{place} takes it back for {} s", done.write.sentence(), UNDO_MS / SECOND);
    state.undos.push(Undo { back, until: now.plus(UNDO_MS) });
    state.say(Weight::Done, text);
}

/// The write that leads back, as the rules see it now.
fn way_back(state: &State, done: &Pending) -> Option<Write> {
    let before = done.before.as_ref()?;
    let ticket = state.replica.estate.tickets.get(&before.number)?;
    let (number, seen) = (ticket.number, ticket.version);
    if seen != before.version + 1 {
        return None;
    }
    let back = match &done.write {
        Write::Move { .. } => Write::Move { number, seen, to: before.status, comment: String::new() },
        Write::Take { .. } | Write::Assign { .. } => {
            let regrouped = ticket.assignee_group != before.assignee_group;
            // From a group back to no group leads no way.
            if regrouped && before.assignee_group.is_none() {
                return None;
            }
            let to = before.assignee.as_ref().map(|(_, name)| name.clone());
            let group = before.assignee_group.clone().filter(|_| regrouped);
            Write::Assign { number, seen, to, group, note: String::new() }
        }
        Write::Prioritise { .. } => Write::Prioritise { number, seen, to: before.priority },
        Write::Create(_)
        | Write::Comment { .. }
        | Write::OpenWindow(_)
        | Write::StopWindow { .. }
        | Write::Attend(_) => return None,
    };
    writes::foresee(state, ticket, &back).is_ok().then_some(back)
}

/// Whether anything can be taken back now.
pub fn is_offered(state: &State) -> bool {
    state.undos.iter().any(|undo| state.now <= undo.until)
}

/// When the last offer ends, while there is one.
pub fn ends_at(state: &State) -> Option<Timestamp> {
    state.undos.iter().map(|undo| undo.until).max().filter(|until| state.now <= *until)
}

/// Take back what was done last.
pub fn take_back(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    state.undos.retain(|undo| now <= undo.until);
    let Some(undo) = state.undos.pop() else {
        let text = format!("there is nothing to take back: it is offered for {} s after an act", UNDO_MS / SECOND);
        state.say(Weight::Info, text);
        return Vec::new();
    };
    let number = undo.back.number().unwrap_or_default();
    let now = state.replica.estate.tickets.get(&number).map(|ticket| ticket.version);
    if now != undo.back.seen() {
        state.say(Weight::Problem, format!("#{number} changed since, so nothing is taken back; look at it again"));
        return Vec::new();
    }
    writes::take_back(state, undo.back)
}
