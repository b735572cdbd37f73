//! What happens on Hierarchy.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        dialogs,
        effect::{Effect, Fetch},
        msg::{Failure, Reply, RequestId},
        place::Object,
        state::{State, Weight},
        update as routing,
    },
    domain::{
        hierarchy::{NodePath, ServicePath},
        time::{MINUTE, Timestamp},
    },
};

use super::{Lens, TreeRow, parts, rows, tables};

/// Trees larger than this are folded down to clusters for the first look.
const FOLD_ABOVE: usize = 120;

/// Make the rows.
pub fn settle(state: &mut State, body: Rect) {
    if !state.hierarchy.folded_once && state.replica.loaded {
        state.hierarchy.folded_once = true;
        if state.replica.estate.services.len() > FOLD_ABOVE {
            state.hierarchy.folded =
                state.replica.nodes.iter().filter(|n| n.path.depth() >= 3).map(|n| n.path.clone()).collect();
        }
    }
    let made_of = (state.replica.derived, state.filter().version(), state.hierarchy.own_version);
    if state.hierarchy.made_of != Some(made_of) {
        let tree = &state.hierarchy;
        let rows = match tree.lens {
            Lens::Tree => rows::rows(&state.replica, state.filter(), tree.problems_only, &tree.folded),
            lens => tables::rows(&state.replica, state.filter(), lens, tree.problems_only, state.core_now()),
        };
        state.hierarchy.columns = tables::columns(&state.replica, tree.lens, &rows, state.core_now());
        state.hierarchy.rows.replace(rows);
        state.hierarchy.made_of = Some(made_of);
    }
    let (tree, ..) = parts(body);
    state.hierarchy.rows.fit(tree.height.saturating_sub(1));
}

/// Do an action of this screen; none when it has no such action.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let before = state.hierarchy.rows.index();
    if state.hierarchy.rows.moved(action) {
        state.hierarchy.upwards = state.hierarchy.rows.index() < before;
        state.hierarchy.scroll = 0;
        return Some(Vec::new());
    }
    match action {
        Action::TreeToggle => fold(state, None),
        Action::TreeExpand => fold(state, Some(false)),
        Action::TreeCollapse => fold(state, Some(true)),
        Action::Open => match selected(state)? {
            Object::Node(_) => fold(state, None),
            Object::Service(path) if state.hierarchy.lens != Lens::Tree => {
                look_at(state, Lens::Tree);
                show(state, &path);
            }
            _ => return Some(to_ticket(state)),
        },
        Action::TreeExpandAll => {
            state.hierarchy.folded.clear();
            state.hierarchy.own_version += 1;
        }
        Action::TreeCollapseAll => {
            state.hierarchy.folded =
                state.replica.nodes.iter().filter(|n| n.path.depth() > 1).map(|n| n.path.clone()).collect();
            stand_on_shown(state);
        }
        Action::ProblemsOnly => {
            state.hierarchy.problems_only = !state.hierarchy.problems_only;
            state.hierarchy.own_version += 1;
        }
        Action::Close if state.hierarchy.lens != Lens::Tree && state.filter().is_empty() && state.notice.is_none() => {
            look_at(state, Lens::Tree);
        }
        Action::NextProblem => next_problem(state),
        Action::StripWindow => state.hierarchy.strip = state.hierarchy.strip.next(),
        Action::ScrollDown => state.hierarchy.scroll = state.hierarchy.scroll.saturating_add(3),
        Action::ScrollUp => state.hierarchy.scroll = state.hierarchy.scroll.saturating_sub(3),
        Action::TreeRunbook => return Some(routing::copy_runbook(state)),
        Action::TreeExclude => dialogs::open_window(state),
        Action::TreeWindows => dialogs::open_windows(state, true),
        Action::GoTicket => return Some(to_ticket(state)),
        Action::GoDeclaration => return Some(to_declaration(state)),
        Action::GoBudget => return Some(to_budget(state)),
        _ => return None,
    }
    Some(Vec::new())
}

/// Fold (true), unfold (false) or turn around what is under the cursor; a service, or what is folded already, goes to
/// the place above.
fn fold(state: &mut State, wanted: Option<bool>) {
    let tree = &mut state.hierarchy;
    let node = match tree.rows.selected() {
        Some(TreeRow::Node { path, .. }) => path.clone(),
        Some(TreeRow::Service { path }) if wanted == Some(true) => {
            tree.rows.select(&Object::Node(path.node()));
            return;
        }
        _ => return,
    };
    let folded = tree.folded.contains(&node);
    match wanted.unwrap_or(!folded) {
        true if folded => {
            if let Some(parent) = node.parent() {
                tree.rows.select(&Object::Node(parent));
            }
        }
        true => {
            tree.folded.insert(node);
        }
        false if !folded => tree.rows.step(1),
        false => {
            tree.folded.remove(&node);
        }
    }
    tree.own_version += 1;
}

/// After folding, the cursor stands on the nearest place that is still shown.
fn stand_on_shown(state: &mut State) {
    let mut node = match selected(state) {
        Some(Object::Service(path)) => Some(path.node()),
        Some(Object::Node(path)) => Some(path),
        _ => None,
    };
    state.hierarchy.own_version += 1;
    routing::settle(state);
    while let Some(at) = node {
        if state.hierarchy.rows.select(&Object::Node(at.clone())) {
            break;
        }
        node = at.parent();
    }
}

/// To the next service with a problem, around the end, unfolding what hides it.
fn next_problem(state: &mut State) {
    let here = match selected(state) {
        Some(Object::Service(path)) => path.as_str().to_owned(),
        Some(Object::Node(path)) => path.as_str().to_owned(),
        _ => String::new(),
    };
    let services = &state.replica.estate.services;
    let mut problems = services.values().filter(|s| s.health.status.is_problem()).map(|s| &s.path);
    let next = problems.clone().find(|path| path.as_str() > here.as_str()).or_else(|| problems.next()).cloned();
    drop(problems);
    match next {
        Some(path) => {
            show(state, &path);
        }
        None => state.say(Weight::Info, "no service has a problem"),
    }
}

/// Put the cursor on a service, unfolding what hides it and leaving problems-only or the filter when they hide it.
fn show(state: &mut State, path: &ServicePath) {
    let object = Object::Service(path.clone());
    unfold_above(state, &path.node());
    reveal(state, object);
}

fn unfold_above(state: &mut State, node: &NodePath) {
    let mut at = Some(node.clone());
    while let Some(node) = at {
        state.hierarchy.folded.remove(&node);
        at = node.parent();
    }
}

fn reveal(state: &mut State, object: Object) {
    state.hierarchy.own_version += 1;
    state.hierarchy.scroll = 0;
    routing::settle(state);
    if state.hierarchy.rows.select(&object) {
        return;
    }
    // It is hidden by what the user asked for earlier; seeing what he asks for now comes first.
    state.hierarchy.problems_only = false;
    state.hierarchy.lens = Lens::Tree;
    state.filters[state.screen as usize].set("");
    state.hierarchy.own_version += 1;
    routing::settle(state);
    if !state.hierarchy.rows.select(&object) {
        state.say(Weight::Problem, format!("{object} is not in the tree any more"));
    }
}

/// The service under the cursor; on a node, the one that explains it.
fn service_here(state: &State) -> Option<ServicePath> {
    match selected(state)? {
        Object::Service(path) => Some(path),
        Object::Node(node) => state.replica.node(&node)?.1.rolled.because.clone(),
        _ => None,
    }
}

fn to_ticket(state: &mut State) -> Vec<Effect> {
    let number = service_here(state).and_then(|path| state.replica.ticket_about_health(&path).map(|t| t.number));
    match number {
        Some(number) => routing::open(state, Object::Ticket(number)),
        None => {
            let key = state.options.keymap.label(Action::NewTicket);
            state.say(Weight::Info, format!("there is no live ticket about this; {key} opens one"));
            Vec::new()
        }
    }
}

fn to_declaration(state: &mut State) -> Vec<Effect> {
    let place = service_here(state)
        .and_then(|path| state.replica.estate.services.get(&path))
        .and_then(|service| service.declared_at.clone());
    match place {
        Some(place) => routing::open(state, Object::File(place.file, place.line)),
        None => {
            state.say(Weight::Info, "nothing in the repository declares this");
            Vec::new()
        }
    }
}

fn to_budget(state: &mut State) -> Vec<Effect> {
    let group = service_here(state)
        .and_then(|path| state.replica.estate.services.get(&path))
        .and_then(|service| service.sla_group.clone());
    match group {
        Some(name) => routing::open(state, Object::Budget(name)),
        None => {
            state.say(Weight::Info, "this belongs to no SLA group");
            Vec::new()
        }
    }
}

/// List services as something else; the cursor stays on its service where that is listed, else it stands on the worst.
pub fn look_at(state: &mut State, lens: Lens) {
    if state.hierarchy.lens == lens {
        return;
    }
    let here = selected(state);
    state.hierarchy.lens = lens;
    state.hierarchy.scroll = 0;
    state.hierarchy.own_version += 1;
    routing::settle(state);
    if !here.is_some_and(|object| state.hierarchy.rows.select(&object)) && lens != Lens::Tree {
        state.hierarchy.rows.top();
    }
}

/// Show an object.
pub fn open(state: &mut State, object: &Object) -> Vec<Effect> {
    match object {
        Object::Service(path) => show(state, path),
        Object::Node(node) => {
            if let Some(parent) = node.parent() {
                unfold_above(state, &parent);
            }
            reveal(state, object.clone());
        }
        _ => {}
    }
    Vec::new()
}

/// What is under the cursor.
pub fn selected(state: &State) -> Option<Object> {
    state.hierarchy.rows.selected().map(crate::console::list::Row::id)
}

/// The body was clicked: a row is chosen; a chosen node is folded or unfolded.
pub fn clicked(state: &mut State, body: Rect, column: u16, row: u16) -> Vec<Effect> {
    let (tree, ..) = parts(body);
    if !tree.contains((column, row).into()) {
        return Vec::new();
    }
    let Some(line) = row.checked_sub(tree.y + 1) else {
        return Vec::new();
    };
    let index = state.hierarchy.rows.offset() + usize::from(line);
    if index >= state.hierarchy.rows.len() {
        return Vec::new();
    }
    let again = index == state.hierarchy.rows.index();
    state.hierarchy.rows.stand(index);
    state.hierarchy.scroll = 0;
    if again && matches!(selected(state), Some(Object::Node(_))) {
        fold(state, None);
    }
    Vec::new()
}

/// What to fetch: the past of the service under the cursor, again when its status changed; then that of the next one
/// the way the cursor goes, so that it is there when the cursor comes.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    let (rows, index) = (&state.hierarchy.rows, state.hierarchy.rows.index());
    let past_of = |index: usize| match rows.rows().get(index)? {
        TreeRow::Service { path } => Some((path.clone(), state.replica.estate.services.get(path)?.health.since)),
        TreeRow::Node { .. } => None,
    };
    let Some(here) = past_of(index) else {
        return Vec::new();
    };
    let next = if state.hierarchy.upwards { index.checked_sub(1) } else { Some(index + 1) }.and_then(past_of);
    let fetch = |(path, _): &(ServicePath, Timestamp)| Fetch::Service(path.clone());
    let past = &mut state.hierarchy.past;
    let wish = past.want(here, &mut state.inflight, fetch);
    past.let_go(state.now.plus(-MINUTE));
    let ahead = next.and_then(|next| past.ahead(next, &mut state.inflight, fetch));
    wish.into_iter().chain(ahead).collect()
}

/// Whether an action means something here: nothing folds in a table, and nothing can be gone to from an empty list.
pub fn means(state: &State, action: Action) -> bool {
    let tree = &state.hierarchy;
    match action {
        Action::ProblemsOnly | Action::TreeWindows => true,
        _ if action.spec().context == Context::Hierarchy && tree.rows.is_empty() => false,
        Action::TreeToggle
        | Action::TreeExpand
        | Action::TreeCollapse
        | Action::TreeExpandAll
        | Action::TreeCollapseAll => tree.lens == Lens::Tree,
        Action::Open => !tree.rows.is_empty(),
        _ => true,
    }
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(state: &mut State, request: RequestId, result: &Result<Reply, Failure>) -> bool {
    let past = &mut state.hierarchy.past;
    if !past.awaits(request) {
        return false;
    }
    match result {
        Ok(Reply::Service(detail)) => past.answer(request, Ok((**detail).clone()), state.now),
        Ok(_) => past.answer(
            request,
            Err(Failure::new(crate::client::error::Kind::Protocol, "the answer makes no sense")),
            state.now,
        ),
        Err(failure) => past.answer(request, Err(failure.clone()), state.now),
    };
    true
}

/// The figure on the tab: services with a problem.
pub fn badge(state: &State) -> String {
    match state.replica.rolled.counted.problems() {
        0 => String::new(),
        count => count.to_string(),
    }
}
