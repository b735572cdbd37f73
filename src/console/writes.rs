//! Writes: sent once, shown ahead of their answer, taken back when the answer is no, settled by reading when the
//! answer is lost.

use crate::{
    client::error::Kind,
    domain::{
        refusal::Refusal,
        tickets::{Ticket, act},
    },
};

use super::{
    effect::{Effect, Fetch, Write},
    inflight::Pending,
    msg::{Failure, Reply, RequestId},
    screens::tickets::acts,
    state::{Deed, Outcome, State, Weight},
    windows,
};

/// Send a write, unless a rule says no already. What the rule makes of it is shown at once.
pub fn send(state: &mut State, write: Write) -> Vec<Effect> {
    if !state.session.may_write() {
        state.say(Weight::Problem, "this session is read-only");
        return Vec::new();
    }
    if let Err(refusal) = windows::may(state, &write) {
        state.say(Weight::Problem, refusal.reason);
        return Vec::new();
    }
    let before = write.number().and_then(|n| state.replica.estate.tickets.get(&n)).cloned();
    let ahead = match before.as_ref().map(|ticket| foresee(state, ticket, &write)) {
        Some(Err(refusal)) => {
            state.say(Weight::Problem, refusal.reason);
            return Vec::new();
        }
        Some(Ok(ticket)) => Some(ticket),
        None => None,
    };
    let request = state.inflight.request();
    let shown_version = ahead.as_ref().map(|t| t.version);
    if let Some(ticket) = ahead {
        state.replica.estate.tickets.insert(ticket.number, ticket);
        state.replica.touched();
    }
    state.say(Weight::Info, format!("{} …", write.sentence()));
    state.journal.push(Deed { at: state.now, request, write: write.clone(), outcome: Outcome::Sent });
    let pending = Pending { write: write.clone(), before, shown_version, at: state.now };
    state.inflight.writes.insert(request, pending);
    vec![Effect::Write { request, what: write }]
}

/// What the core will make of it, by the rule the core runs.
fn foresee(state: &State, ticket: &Ticket, write: &Write) -> Result<Ticket, Refusal> {
    let (user, directory, at) = (&state.session.user, state.directory(), state.core_now());
    let done = match write {
        Write::Create(_) | Write::OpenWindow(_) | Write::StopWindow { .. } => return Ok(ticket.clone()),
        Write::Take { seen, .. } => act::take(ticket, *seen, directory, user, at)?,
        Write::Move { seen, to, comment, .. } => act::move_to(ticket, *to, *seen, comment, directory, user, at)?,
        // Whose id a name has is known to the core only: what can be judged here is the right to give it away.
        Write::Assign { seen, to: None, .. } => act::assign(ticket, None, *seen, directory, user, at)?,
        Write::Assign { .. } => return Ok(ticket.clone()),
        Write::Prioritise { seen, to, .. } => act::prioritise(ticket, *to, *seen, user, at)?,
        Write::Comment { text, .. } => act::comment(ticket, text, directory, user, at)?,
    };
    Ok(done.ticket)
}

/// The answer to a write.
pub fn answered(state: &mut State, request: RequestId, result: Result<Reply, Failure>) -> Vec<Effect> {
    let Some(pending) = state.inflight.writes.remove(&request) else {
        return Vec::new();
    };
    match result {
        Ok(Reply::Written(ticket)) => {
            let text = match &pending.write {
                Write::Create(_) => format!("opened #{}: {}", ticket.number, ticket.title),
                write => format!("done: {}", write.sentence()),
            };
            take_over(state, *ticket);
            finish(state, request, Outcome::Done);
            state.say(Weight::Done, text);
            acts::confirmed(state, &pending);
            Vec::new()
        }
        Ok(Reply::WindowWritten(window)) => {
            let text = windows::sentence(&window, state.core_now());
            windows::take_over(state, *window);
            finish(state, request, Outcome::Done);
            state.say(Weight::Done, text);
            Vec::new()
        }
        Ok(_) => {
            undo(state, &pending);
            finish(state, request, Outcome::Refused("the answer makes no sense".to_owned()));
            state.say(Weight::Problem, "the core's answer makes no sense; nothing is shown as done");
            Vec::new()
        }
        Err(failure) if failure.kind == Kind::Unknown => check(state, request, pending),
        Err(failure) => {
            undo(state, &pending);
            let text = told(&failure);
            finish(state, request, Outcome::Refused(text.clone()));
            state.say(Weight::Problem, format!("not done ({}): {text}", pending.write.sentence()));
            let conflict = failure.kind == Kind::Conflict;
            match pending.write.number().filter(|_| conflict) {
                Some(number) => reread(state, number),
                None => {
                    acts::failed(state, &pending, &text);
                    Vec::new()
                }
            }
        }
    }
}

/// The failure in words, with what to do.
pub fn told(failure: &Failure) -> String {
    let id = failure.request_id.as_ref().map_or_else(String::new, |id| format!(" [{id}]"));
    if failure.hint.is_empty() {
        format!("{}{id}", failure.message)
    } else {
        format!("{}; {}{id}", failure.message, failure.hint)
    }
}

/// The answer is lost: look before anybody does it again.
fn check(state: &mut State, request: RequestId, pending: Pending) -> Vec<Effect> {
    finish(state, request, Outcome::Checking);
    let sentence = pending.write.sentence();
    if windows::is_one(&pending.write) {
        state.say(Weight::Problem, format!("unknown whether this happened, checking: {sentence}"));
        return ask(state, request, pending, Fetch::Windows);
    }
    let Some(number) = pending.write.number() else {
        state.say(
            Weight::Problem,
            format!("unknown whether this happened: {sentence}; look for it before you try again"),
        );
        return Vec::new();
    };
    state.say(Weight::Problem, format!("unknown whether this happened, checking: {sentence}"));
    ask(state, request, pending, Fetch::Ticket(number))
}

/// Read what settles a write; kept under the number of the write, so that the journal line is found again.
fn ask(state: &mut State, request: RequestId, pending: Pending, what: Fetch) -> Vec<Effect> {
    let read = state.inflight.request();
    state.inflight.checks.insert(read, pending);
    state.inflight.checks_of.insert(read, request);
    vec![Effect::Fetch { request: read, what }]
}

/// The read that settles a lost answer.
pub fn checked(state: &mut State, read: RequestId, result: Result<Reply, Failure>) -> Vec<Effect> {
    let Some(pending) = state.inflight.checks.remove(&read) else {
        return Vec::new();
    };
    let request = state.inflight.checks_of.remove(&read).unwrap_or(read);
    let sentence = pending.write.sentence();
    match result {
        Ok(Reply::Ticket(detail)) => {
            let happened = happened(&pending, &detail.ticket, &detail.history, state);
            take_over_whatever(state, detail.ticket.clone());
            settled(state, request, happened, &sentence);
        }
        Ok(Reply::Windows(all)) => {
            let happened = windows::happened(state, &pending, &all);
            all.into_iter().for_each(|window| windows::take_over(state, window));
            settled(state, request, happened, &sentence);
        }
        Ok(_) => {}
        Err(failure) => {
            state.say(Weight::Problem, format!("still unknown whether this happened: {sentence} ({})", told(&failure)));
        }
    }
    Vec::new()
}

fn settled(state: &mut State, request: RequestId, happened: bool, sentence: &str) {
    if happened {
        finish(state, request, Outcome::Done);
        state.say(Weight::Done, format!("it did happen: {sentence}"));
    } else {
        finish(state, request, Outcome::Refused("the answer was lost and it did not happen".to_owned()));
        state.say(Weight::Problem, format!("it did not happen: {sentence}"));
    }
}

/// Whether a history shows what was asked, done by us since.
fn happened(pending: &Pending, ticket: &Ticket, history: &[crate::domain::tickets::Entry], state: &State) -> bool {
    use crate::domain::{change::Actor, tickets::EntryKind};
    let seen = pending.before.as_ref().map_or(0, |t| t.version);
    let ours = |entry: &&crate::domain::tickets::Entry| matches!(&entry.actor, Actor::User { id, .. } if *id == state.session.user.id);
    let mut since = history.iter().filter(ours).filter(|entry| entry.version >= seen);
    match &pending.write {
        Write::Comment { text, .. } => {
            let sent = pending.at.plus(-60_000 - state.link.skew_ms());
            since.any(|e| e.at >= sent && matches!(&e.kind, EntryKind::Commented { text: said } if said == text))
        }
        Write::Move { to, .. } => {
            since.any(|e| e.version > seen && matches!(&e.kind, EntryKind::Moved { to: went, .. } if went == to))
        }
        Write::Take { .. } | Write::Assign { .. } => since
            .any(|e| e.version > seen && matches!(e.kind, EntryKind::Assigned { .. } | EntryKind::HandedOver { .. })),
        Write::Prioritise { to, .. } => ticket.priority == *to && ticket.version > seen,
        Write::Create(_) | Write::OpenWindow(_) | Write::StopWindow { .. } => false,
    }
}

fn reread(state: &mut State, number: u64) -> Vec<Effect> {
    let request = state.inflight.request();
    state.inflight.refreshes.insert(request);
    vec![Effect::Fetch { request, what: Fetch::Ticket(number) }]
}

/// A ticket as it is now, after a conflict.
pub fn refreshed(state: &mut State, request: RequestId, result: Result<Reply, Failure>) {
    state.inflight.refreshes.remove(&request);
    if let Ok(Reply::Ticket(detail)) = result {
        take_over(state, detail.ticket.clone());
        acts::conflict(state, &detail);
    }
}

/// Take the shown result back, unless something newer came meanwhile.
fn undo(state: &mut State, pending: &Pending) {
    let Some(before) = &pending.before else {
        return;
    };
    let ours =
        state.replica.estate.tickets.get(&before.number).is_some_and(|now| Some(now.version) == pending.shown_version);
    if ours {
        take_over_whatever(state, before.clone());
    }
}

/// Keep the newer of what we have and what came.
fn take_over(state: &mut State, ticket: Ticket) {
    let newer = state
        .replica
        .estate
        .tickets
        .get(&ticket.number)
        .is_some_and(|have| (have.version, have.updated_at) > (ticket.version, ticket.updated_at));
    if !newer {
        take_over_whatever(state, ticket);
    }
}

fn take_over_whatever(state: &mut State, ticket: Ticket) {
    state.replica.estate.tickets.insert(ticket.number, ticket);
    state.replica.touched();
}

fn finish(state: &mut State, request: RequestId, outcome: Outcome) {
    if let Some(deed) = state.journal.iter_mut().rev().find(|deed| deed.request == request) {
        deed.outcome = outcome;
    }
}
