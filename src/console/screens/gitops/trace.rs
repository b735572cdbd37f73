//! From a source to who made it so: authors beside lines, commits of a file, what a commit changed.

use std::sync::Arc;

use crate::console::{
    action::Action,
    state::{State, Weight},
    writes,
};

use super::{keys::turn_to, plan::Which, rows::Tab, target, text_of, trail::Pane, wishes};

/// Show what the commit under the cursor changed in the file.
pub fn open_revision(state: &mut State) {
    let Some(place) = target(state) else { return };
    let trail = &mut state.gitops.trail;
    if let Some(id) = trail.chosen(&place.file).map(|revision| revision.commit.id.clone()) {
        trail.pane = Pane::Commit(Some(id));
        trail.from_history = true;
        state.gitops.scroll = None;
    }
}

/// The commit that last changed the marked lines; shown as soon as it is known.
pub fn commit_of_lines(state: &mut State) {
    if target(state).is_none() {
        return state.say(Weight::Info, "nothing in the repository declares this");
    }
    if let Some(failure) = state.gitops.trail.blame.failure() {
        let why = writes::told(failure);
        return state.say(Weight::Problem, why);
    }
    let not_yet = wishes::last_change(state).is_none();
    let blame_is_here =
        target(state).is_some_and(|p| state.gitops.trail.blame_of(&p.file, &super::reading_of(state)).is_some());
    if not_yet && blame_is_here && target(state).and_then(|p| text_of(state, &p.file)).is_some() {
        return state.say(Weight::Info, "these lines are not committed yet");
    }
    state.gitops.trail.from_history = false;
    state.gitops.trail.pane = Pane::Commit(None);
    state.gitops.scroll = None;
    wishes::resolve_commit(state);
}

/// Show or hide the authors beside the source.
pub fn blame(state: &mut State) {
    if !state.gitops.tab.has_source() {
        return state.say(Weight::Info, "authors stand beside a source; open one first");
    }
    let screen = &mut state.gitops;
    screen.trail.authors = !screen.trail.authors;
    screen.trail.pane = Pane::Source;
    screen.in_front |= screen.list().selected().is_some_and(|r| r.place.is_some());
}

/// Show the commits of the file that is looked at, or its source again.
pub fn history(state: &mut State) {
    if !state.gitops.tab.has_source() || target(state).is_none() {
        return state.say(Weight::Info, "choose a file, or something declared in one, to see its commits");
    }
    let screen = &mut state.gitops;
    screen.in_front = true;
    screen.scroll = None;
    screen.trail.pane = if screen.trail.pane == Pane::History { Pane::Source } else { Pane::History };
    if screen.trail.pane == Pane::History {
        screen.trail.revisions.top();
    }
}

/// Mark the commit under the cursor as the one to compare from, or take the mark away.
pub fn mark_from(state: &mut State) {
    let chosen = target(state).and_then(|place| {
        (state.gitops.trail.pane == Pane::History)
            .then(|| state.gitops.trail.chosen(&place.file).map(|r| r.commit.id.clone()))
            .flatten()
    });
    let Some(id) = chosen else {
        return state.say(Weight::Info, "mark a commit in the commits of a file");
    };
    let trail = &mut state.gitops.trail;
    if trail.from.as_ref() == Some(&id) {
        trail.from = None;
        return;
    }
    let short = id.get(..7).unwrap_or(&id).to_owned();
    trail.from = Some(id);
    let key = state.options.keymap.label(Action::GitOpsChange);
    state.say(Weight::Info, format!("from {short}; go to another commit, then {key} shows what changed in between"));
}

/// The plan from the marked commit, or from the one before, to the one that is looked at.
pub fn what_changed(state: &mut State) {
    let commit = match &state.gitops.trail.pane {
        Pane::Commit(Some(id)) => Some(id.clone()),
        Pane::History => target(state).and_then(|p| state.gitops.trail.chosen(&p.file).map(|r| r.commit.id.clone())),
        _ => None,
    };
    let Some(to) = commit else {
        return state.say(Weight::Info, "choose a commit in the commits of a file first");
    };
    let from: Arc<str> = match state.gitops.trail.from.take() {
        Some(from) if from != to => from,
        _ => format!("{to}^").into(),
    };
    state.gitops.plans.which = Which::Between(from, to);
    state.gitops.in_front = false;
    state.gitops.changed();
    turn_to(state, Tab::Plan);
}
