//! Exclusion windows in the console: what may be asked, what became of it, and what is over an object.

use crate::domain::{
    change::Actor,
    hierarchy::ServicePath,
    refusal::{Refusal, RefusalCode},
    sla::{
        ExclusionWindow, WindowPhase, WindowScope,
        windows::{self, Keeper},
    },
    time::{MINUTE, Timestamp},
};

use super::{effect::Write, format, inflight::Pending, place::Object, state::State};

/// Whether a write is about a window.
pub const fn is_one(write: &Write) -> bool {
    matches!(write, Write::OpenWindow(_) | Write::StopWindow { .. })
}

/// Whether a write of a window would be done, by the rule the core runs; anything else may.
///
/// # Errors
/// What the rule refuses.
pub fn may(state: &State, write: &Write) -> Result<(), Refusal> {
    let (by, now) = (Keeper::User(state.session.user.clone()), state.core_now());
    let all = &state.replica.estate.windows;
    match write {
        Write::OpenWindow(new) => windows::open(new.clone(), 0, &by, all.values(), now).map(drop),
        Write::StopWindow { id, .. } => match all.get(id) {
            Some(window) => window.stop(&by, now).map(drop),
            None => Err(Refusal::new(RefusalCode::NotFound, format!("there is no window {id}"))),
        },
        _ => Ok(()),
    }
}

/// Keep a window as the core has it.
pub fn take_over(state: &mut State, window: ExclusionWindow) {
    state.replica.estate.windows.insert(window.id, window);
    state.replica.touched();
}

/// What a write came to.
pub fn sentence(window: &ExclusionWindow, now: Timestamp) -> String {
    let what = match window.phase(now) {
        WindowPhase::Active => "is open",
        WindowPhase::Planned => "is planned",
        WindowPhase::Past if window.stopped.is_some() => "is stopped: it counts again",
        WindowPhase::Past => "is over: kept results are corrected within a minute",
        WindowPhase::Cancelled if window.was_for_the_past() => {
            "is taken back: kept results are corrected within a minute"
        }
        WindowPhase::Cancelled => "is cancelled",
    };
    format!("window {} for the {} {what}", window.id, window.scope)
}

/// Whether the windows there are show what was asked, done by us since.
pub fn happened(state: &State, pending: &Pending, all: &[ExclusionWindow]) -> bool {
    let ours = |actor: &Actor| matches!(actor, Actor::User { id, .. } if *id == state.session.user.id);
    let sent = pending.at.plus(-MINUTE - state.link.skew_ms());
    match &pending.write {
        Write::OpenWindow(new) => all.iter().any(|w| {
            w.scope == new.scope && w.reason == new.reason.trim() && ours(&w.opened_by) && w.opened_at >= sent
        }),
        Write::StopWindow { id, .. } => {
            let stopped = all.iter().find(|w| w.id == *id).and_then(|w| w.stopped.as_ref());
            stopped.is_some_and(|(by, at)| ours(by) && *at >= sent)
        }
        _ => false,
    }
}

/// The window in force over a service, and until when.
pub fn over<'a>(state: &'a State, path: &ServicePath) -> Option<&'a ExclusionWindow> {
    let estate = &state.replica.estate;
    let group = estate.services.get(path).and_then(|service| service.sla_group.as_deref());
    windows::over(estate.active_windows(state.core_now()), path, group)
}

/// What a window would be for, when it is opened on this object.
pub fn scope_of(object: &Object) -> Option<WindowScope> {
    match object {
        Object::Service(path) => Some(WindowScope::Service(path.clone())),
        Object::Node(node) => Some(WindowScope::Node(node.clone())),
        Object::Budget(name) => Some(WindowScope::Group(name.clone())),
        _ => None,
    }
}

/// Windows that have to do with a scope: for it, for something above it or for something in it.
pub fn touches(state: &State, window: &WindowScope, scope: &WindowScope) -> bool {
    let is_in = |name: &str, path: &ServicePath| {
        state.replica.estate.budgets.get(name).is_some_and(|group| group.members.contains(path))
    };
    match (window, scope) {
        (window, WindowScope::Service(path)) => match window {
            WindowScope::Group(name) => is_in(name, path),
            _ => window.covers(path),
        },
        (WindowScope::Node(own), WindowScope::Node(node)) => own.is_within(node) || node.is_within(own),
        (WindowScope::Service(path), WindowScope::Node(_)) => scope.covers(path),
        (WindowScope::Group(own), WindowScope::Group(name)) => own == name,
        (WindowScope::Group(_), WindowScope::Node(_)) => false,
        (window, WindowScope::Group(name)) => {
            let members = state.replica.estate.budgets.get(name).map(|group| group.members.as_slice());
            members.unwrap_or_default().iter().any(|path| window.covers(path))
        }
    }
}

/// When a window ends, in few words.
pub fn end(window: &ExclusionWindow) -> String {
    match window.to {
        None => "until stopped".to_owned(),
        Some(to) if to <= window.from && window.was_for_the_past() => "taken back".to_owned(),
        Some(to) if to <= window.from => "never began".to_owned(),
        Some(to) => format!("to {}", format::moment(to)),
    }
}
