//! What is to be fetched for what is looked at, and taking the answers.

use std::sync::Arc;

use crate::{
    console::{
        effect::{Effect, Fetch},
        msg::{Failure, Reply, RequestId},
        place::ScreenId,
        state::State,
        widgets::yaml,
    },
    domain::time::MINUTE,
};

use super::{
    Reading, Text, body_of, is_shown,
    known::Known,
    places,
    plan::Which,
    reading_of,
    rows::{Id, Tab},
    target,
    trail::{Pane, Revision},
};

/// What is to be fetched now: the index, what the tab in front lists, the file that is looked at and its authors.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    if state.screen != ScreenId::GitOps {
        return Vec::new();
    }
    let now = reading_of(state);
    let mut effects: Vec<Effect> = Vec::new();
    effects.extend(state.gitops.index.want(now.clone(), &mut state.inflight, |_| Fetch::Declared));
    match state.gitops.tab {
        Tab::Plan => plans(state, &now, &mut effects),
        Tab::Reading => done(state, &now, &mut effects),
        Tab::Drift => {
            let minute = state.core_now().ms().div_euclid(MINUTE);
            let key = (now.clone(), minute, state.gitops.again);
            effects.extend(state.gitops.drift.all.want(key, &mut state.inflight, |_| Fetch::Drift));
        }
        Tab::Rules => {
            if matches!(state.gitops.list().selected().map(|r| &r.id), Some(Id::Provider(_))) {
                let declared = &mut state.gitops.declared;
                effects.extend(declared.want(now.clone(), &mut state.inflight, |_| Fetch::DeclaredState));
            }
        }
        Tab::Things | Tab::Faults => {}
    }
    source(state, &now, &mut effects);
    effects
}

fn plans(state: &mut State, now: &Reading, effects: &mut Vec<Effect>) {
    match state.gitops.plans.which.clone() {
        Which::Pending => {
            let key = (now.clone(), state.replica.estate.source.rejected.clone(), state.gitops.again);
            let pending = &mut state.gitops.plans.pending;
            effects.extend(pending.want(key, &mut state.inflight, |_| Fetch::Plan(None, None)));
        }
        Which::Log | Which::Done(_) => done(state, now, effects),
        Which::Between(from, to) => {
            let fetch = |key: &(Arc<str>, Arc<str>)| Fetch::Plan(Some(key.0.clone()), Some(key.1.clone()));
            effects.extend(state.gitops.plans.between.want((from, to), &mut state.inflight, fetch));
        }
    }
}

fn done(state: &mut State, now: &Reading, effects: &mut Vec<Effect>) {
    let key = (now.clone(), state.replica.estate.source.rejected.clone(), state.gitops.again);
    effects.extend(state.gitops.plans.done.want(key, &mut state.inflight, |_| Fetch::Reconciles));
}

/// The file that is looked at, its authors, its commits, what one of them changed.
fn source(state: &mut State, now: &Reading, effects: &mut Vec<Effect>) {
    let shown = places(state, body_of(state)).pane.width > 0 && state.gitops.tab.has_source();
    let Some(place) = target(state).filter(|place| shown && is_shown(state, &place.file)) else {
        return;
    };
    let screen = &mut state.gitops;
    let key = (place.file.clone(), now.clone());
    let file = |key: &(Arc<str>, Reading)| key.0.clone();
    effects.extend(screen.text.want(key.clone(), &mut state.inflight, |key| Fetch::File(file(key))));
    let trail = &mut screen.trail;
    effects.extend(trail.blame.want(key.clone(), &mut state.inflight, |key| Fetch::Blame(file(key))));
    match trail.pane.clone() {
        Pane::Source => {}
        Pane::History => {
            effects.extend(trail.history.want(key, &mut state.inflight, |key| Fetch::FileHistory(file(key))));
        }
        Pane::Commit(Some(commit)) => {
            let path = trail.path_in(&place.file, &commit);
            let fetch = |key: &(Arc<str>, Arc<str>)| Fetch::FileDiff(key.0.clone(), key.1.clone());
            effects.extend(trail.diff.want((path, commit), &mut state.inflight, fetch));
        }
        Pane::Commit(None) => {}
    }
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(state: &mut State, request: RequestId, result: &Result<Reply, Failure>) -> bool {
    let now = state.core_now();
    let screen = &mut state.gitops;
    let taken = match result {
        Ok(Reply::Declared(index)) => {
            screen.index.awaits(request) && screen.index.answer(request, Ok(Known::new((**index).clone())), now)
        }
        Ok(Reply::File(file)) => {
            let in_block = yaml::block_lines(&file.lines);
            screen.text.answer(request, Ok(Text { file: (**file).clone(), in_block }), now)
        }
        Ok(Reply::Blame(blame)) => screen.trail.blame.answer(request, Ok((**blame).clone()), now),
        Ok(Reply::FileHistory(history)) => {
            let revisions = history.revisions.iter().map(|r| Revision(r.commit.id.clone())).collect();
            let taken = screen.trail.history.answer(request, Ok((**history).clone()), now);
            if taken {
                screen.trail.revisions.replace(revisions);
            }
            taken
        }
        Ok(Reply::FileDiff(diff)) => screen.trail.diff.answer(request, Ok((**diff).clone()), now),
        Ok(Reply::Plan(plan)) => {
            screen.plans.pending.answer(request, Ok((**plan).clone()), now)
                || screen.plans.between.answer(request, Ok((**plan).clone()), now)
        }
        Ok(Reply::Reconciles(log)) => screen.plans.done.answer(request, Ok(log.clone()), now),
        Ok(Reply::Drift(all)) => {
            let taken = screen.drift.all.answer(request, Ok(all.clone()), now);
            screen.drift.count();
            taken
        }
        Ok(Reply::DeclaredState(all)) => screen.declared.answer(request, Ok((**all).clone()), now),
        Ok(_) => false,
        Err(failure) => failed(state, request, failure),
    };
    if taken {
        state.gitops.changed();
        resolve_commit(state);
    }
    taken
}

fn failed(state: &mut State, request: RequestId, failure: &Failure) -> bool {
    let now = state.core_now();
    let screen = &mut state.gitops;
    let trail = &mut screen.trail;
    let why = || failure.clone();
    screen.index.answer(request, Err(why()), now)
        || screen.text.answer(request, Err(why()), now)
        || screen.declared.answer(request, Err(why()), now)
        || trail.blame.answer(request, Err(why()), now)
        || trail.history.answer(request, Err(why()), now)
        || trail.diff.answer(request, Err(why()), now)
        || screen.plans.pending.answer(request, Err(why()), now)
        || screen.plans.between.answer(request, Err(why()), now)
        || screen.plans.done.answer(request, Err(why()), now)
        || screen.drift.all.answer(request, Err(why()), now)
}

/// The commit of the marked lines was asked for before it was known: now it may be.
pub fn resolve_commit(state: &mut State) {
    if state.gitops.trail.pane != Pane::Commit(None) {
        return;
    }
    if let Some(commit) = last_change(state) {
        let id = commit.id.clone();
        state.gitops.trail.pane = Pane::Commit(Some(id));
    }
}

/// The newest commit that changed the marked lines of the file that is looked at.
pub fn last_change(state: &State) -> Option<&crate::domain::detail::Commit> {
    let place = target(state)?;
    let text = super::text_of(state, &place.file)?;
    let blame = state.gitops.trail.blame_of(&place.file, &reading_of(state))?;
    let (first, last) = super::marked(state, text).unwrap_or((1, u32::try_from(text.file.lines.len()).unwrap_or(1)));
    blame.newest(first, last)
}
