//! Writes: sent once, shown ahead of their answer, taken back when the answer is no, settled by reading when the
//! answer is lost: see [`super::lost`].

use crate::{
    client::error::Kind,
    domain::{
        access::UserId,
        refusal::Refusal,
        tickets::{Act, Done, Handing, Ticket},
    },
};

use super::{
    action::Action,
    attention, batch,
    effect::{Effect, Write},
    inflight::Pending,
    lost,
    msg::{Failure, Reply, RequestId},
    screens::tickets::acts,
    state::{Deed, Outcome, State, Weight},
    undo, windows,
};

/// Send a write, unless a rule says no already. What the rule makes of it is shown at once.
pub fn send(state: &mut State, write: Write) -> Vec<Effect> {
    sent(state, write, false)
}

/// Send a write that takes another one back.
pub fn take_back(state: &mut State, write: Write) -> Vec<Effect> {
    sent(state, write, true)
}

fn sent(state: &mut State, write: Write, takes_back: bool) -> Vec<Effect> {
    let sentence = write.sentence();
    match launch(state, write, takes_back) {
        Ok((_, effect)) => {
            state.say(Weight::Info, format!("{sentence} ..."));
            vec![effect]
        }
        Err(reason) => {
            state.say(Weight::Problem, reason);
            Vec::new()
        }
    }
}

/// Send a write and remember it.
///
/// # Errors
/// Why a rule says no already.
pub fn launch(state: &mut State, write: Write, takes_back: bool) -> Result<(RequestId, Effect), String> {
    if !state.session.may_write() {
        return Err("this session is read-only".to_owned());
    }
    windows::may(state, &write).and_then(|()| attention::may(state, &write)).map_err(|refusal| refusal.reason)?;
    let before = write.number().and_then(|n| state.replica.estate.tickets.get(&n)).cloned();
    let ahead = match &before {
        Some(ticket) => foresee(state, ticket, &write).map_err(|refusal| refusal.reason)?.map(|done| done.ticket),
        None => None,
    };
    let request = state.inflight.request();
    let shown_version = ahead.as_ref().map(|t| t.version);
    if let Some(ticket) = ahead {
        state.replica.estate.tickets.insert(ticket.number, ticket);
        state.replica.touched();
    }
    state.journal.push(Deed { at: state.now, request, write: write.clone(), outcome: Outcome::Sent });
    state
        .inflight
        .writes
        .insert(request, Pending { write: write.clone(), before, shown_version, at: state.now, takes_back });
    Ok((request, Effect::Write { request, what: write }))
}

/// What the core will make of it, by the rule the core runs; none for a new ticket.
///
/// # Errors
/// The rule's refusal.
pub fn foresee(state: &State, ticket: &Ticket, write: &Write) -> Result<Option<Done>, Refusal> {
    let act = match write {
        Write::Create(_) | Write::OpenWindow(_) | Write::StopWindow { .. } | Write::Attend(_) => return Ok(None),
        Write::Take { .. } => Act::Take,
        Write::Move { to, comment, .. } => Act::Move { to: *to, comment: comment.clone() },
        Write::Assign { to, group, note, .. } => {
            let to = to.as_ref().map(|name| (id_of(state, ticket, name), name.clone()));
            Act::Assign(Handing { to, group: group.clone(), note: note.clone() })
        }
        Write::Prioritise { to, .. } => Act::Prioritise(*to),
        Write::Comment { text, .. } => Act::Comment(text.clone()),
    };
    let seen = write.seen().unwrap_or_default();
    act.apply(ticket, seen, state.directory(), &state.session.user, state.core_now()).map(Some)
}

/// Whose id a name has is known to the core only. Mine and that of whoever has the ticket are known here too; for others
/// the name stands in, since only those two make a difference to the rule.
fn id_of(state: &State, ticket: &Ticket, name: &str) -> UserId {
    let user = &state.session.user;
    match &ticket.assignee {
        _ if user.name == name => user.id.clone(),
        Some((id, has)) if has == name => id.clone(),
        _ => UserId(format!("?:{name}")),
    }
}

/// The answer to a write.
pub fn answered(state: &mut State, request: RequestId, result: Result<Reply, Failure>) -> Vec<Effect> {
    let Some(pending) = state.inflight.writes.remove(&request) else {
        return Vec::new();
    };
    let mut effects = Vec::new();
    match result {
        Ok(Reply::Written(ticket)) => {
            let text = match &pending.write {
                Write::Create(_) => format!("opened #{}: {}", ticket.number, ticket.title),
                _ if pending.takes_back => format!("taken back: {}", pending.write.sentence()),
                write => format!("done: {}", write.sentence()),
            };
            done(state, request, &pending, *ticket, text);
        }
        // What holds now comes with the stream, in its place among everything else.
        Ok(Reply::Attended(_)) => {
            if let Write::Attend(wish) = &pending.write {
                let key = |action| state.options.keymap.label(action);
                let keys = (key(Action::PulseAcknowledge), key(Action::PulseSnooze));
                let text = attention::sentence(wish, &keys.0, &keys.1);
                state.say(Weight::Done, text);
            }
            finish(state, request, Outcome::Done);
        }
        Ok(Reply::WindowWritten(window)) => {
            let text = windows::sentence(&window, state.core_now());
            windows::take_over(state, *window);
            finish(state, request, Outcome::Done);
            state.say(Weight::Done, text);
        }
        Ok(_) => {
            let failure = Failure::new(Kind::Fault, "the core's answer makes no sense; nothing is shown as done");
            refused(state, request, &pending, &failure);
        }
        Err(failure) if failure.kind == Kind::Unknown => effects = lost::begins(state, request, pending),
        Err(failure) => refused(state, request, &pending, &failure),
    }
    effects.extend(batch::go_on(state));
    effects
}

pub(super) fn done(state: &mut State, request: RequestId, pending: &Pending, ticket: Ticket, text: String) {
    if let Some(number) = pending.write.number()
        && !pending.write.said().is_empty()
    {
        state.tickets.drafts.remove(&number);
    }
    take_over(state, ticket);
    finish(state, request, Outcome::Done);
    state.say(Weight::Done, text);
    if !pending.takes_back && !state.batch.holds(request) {
        undo::offer(state, pending);
    }
}

fn refused(state: &mut State, request: RequestId, pending: &Pending, failure: &Failure) {
    put_back(state, pending);
    let text = told(failure);
    finish(state, request, Outcome::Refused(text.clone()));
    state.say(Weight::Problem, format!("not done ({}): {text}", pending.write.sentence()));
    if let Some(stale) = &failure.stale {
        take_over(state, stale.ticket.clone());
    }
    // Of many at once the receipt tells.
    if state.batch.holds(request) {
        return;
    }
    match &failure.stale {
        Some(stale) => acts::conflict(state, &pending.write, stale),
        None => acts::failed(state, &pending.write, &text),
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

/// Take the shown result back, unless something newer came meanwhile.
pub(super) fn put_back(state: &mut State, pending: &Pending) {
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

pub(super) fn finish(state: &mut State, request: RequestId, outcome: Outcome) {
    if let Some(deed) = state.journal.iter_mut().rev().find(|deed| deed.request == request) {
        deed.outcome = outcome;
    }
}
