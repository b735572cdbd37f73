//! What the keys and the mouse do on this screen. Nothing here writes.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        dialogs::{Dialog, cascade::Cascade},
        effect::Effect,
        list::Row as _,
        place::{Object, ScreenId},
        state::{State, Weight},
        update,
        widgets::{diff, source},
    },
    domain::{gitops::DeclaredKind, hierarchy::ServicePath},
};

use super::{
    body_of, offset, pane, places,
    plan::Which,
    rows::{Id, Tab},
    settle, target, text_of, trace,
    trail::Pane,
    view,
};

/// Turn to another list.
pub fn turn_to(state: &mut State, tab: Tab) {
    let screen = &mut state.gitops;
    if screen.tab != tab {
        screen.tab = tab;
        screen.scroll = None;
        screen.trail.pane = Pane::Source;
    }
    let body = body_of(state);
    settle(state, body);
}

/// Fold what is unfolded, unfold what is folded.
pub fn toggle(toggled: &mut BTreeSet<Id>, id: Id) {
    if !toggled.remove(&id) {
        toggled.insert(id);
    }
}

/// Whether an action means something here and now, for the line of keys at the foot.
pub fn means(state: &State, action: Action) -> bool {
    let screen = &state.gitops;
    let row = screen.list().selected();
    let id = row.map(|r| &r.id);
    let places = places(state, body_of(state));
    let (has_pane, has_list) = (places.pane.width > 0, places.list.width > 0 && screen.trail.pane == Pane::Source);
    let with_source = has_pane && screen.tab.has_source() && target(state).is_some() && !pane::is_text(state);
    match action {
        Action::GitOpsBlame => with_source && screen.trail.pane == Pane::Source,
        Action::GitOpsHistory => with_source && screen.trail.pane == Pane::Source,
        Action::GitOpsChange => screen.trail.pane != Pane::Source,
        Action::GitOpsFrom => screen.trail.pane == Pane::History,
        Action::GitOpsExplain => matches!(id, Some(Id::Fault(..))) || screen.tab == Tab::Rules,
        Action::GitOpsView => has_list && matches!(screen.tab, Tab::Things | Tab::Plan | Tab::Drift),
        Action::GitOpsProblems => has_list && screen.tab == Tab::Things,
        Action::GitOpsFold => has_list && row.is_some_and(|r| r.folded.is_some()),
        Action::GitOpsSource => matches!(screen.tab, Tab::Plan | Tab::Drift) && row.is_some_and(|r| r.place.is_some()),
        Action::GitOpsLive => {
            matches!(id, Some(Id::Drift(_) | Id::Thing(DeclaredKind::Service | DeclaredKind::SlaGroup, ..)))
        }
        _ => true,
    }
}

/// Do what was asked for; none when it means nothing here.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    if let Some(tab) = Tab::of_action(action) {
        leave_pane(state);
        turn_to(state, tab);
        return Some(Vec::new());
    }
    if in_pane(state, action) || in_list(state, action) {
        return Some(Vec::new());
    }
    match action {
        Action::Open => return Some(enter(state)),
        Action::Close => return step_back(state).then(Vec::new),
        Action::GitOpsTab | Action::GitOpsTabBack => {
            let by = if action == Action::GitOpsTab { 1 } else { Tab::ALL.len() - 1 };
            leave_pane(state);
            turn_to(state, state.gitops.tab.turn(by));
        }
        Action::ScrollDown | Action::ScrollUp => scroll(state, action == Action::ScrollDown, 3),
        Action::GitOpsNextFault => next_fault(state),
        Action::GitOpsLive => return Some(to_running(state)),
        Action::GitOpsSource => return Some(to_source(state)),
        Action::GitOpsView => next_view(state),
        Action::GitOpsProblems => {
            state.gitops.problems = !state.gitops.problems;
            turn_to(state, Tab::Things);
            state.gitops.changed();
        }
        Action::GitOpsFold => fold(state),
        Action::GitOpsFoldAll => fold_all(state),
        Action::GitOpsExplain => explain(state),
        Action::GitOpsBlame => trace::blame(state),
        Action::GitOpsHistory => trace::history(state),
        Action::GitOpsFrom => trace::mark_from(state),
        Action::GitOpsChange => trace::what_changed(state),
        Action::GitOpsAgain => {
            state.gitops.again += 1;
            state.gitops.index.forget();
            state.gitops.trail.blame.forget();
            state.say(Weight::Info, "asking the core again");
        }
        _ => return None,
    }
    Some(Vec::new())
}

/// Movements that go to what stands beside the list: commits of a file, lines of a change.
fn in_pane(state: &mut State, action: Action) -> bool {
    match state.gitops.trail.pane {
        Pane::Source => false,
        Pane::History => state.gitops.trail.revisions.moved(action),
        Pane::Commit(_) => {
            match action {
                Action::Down | Action::Up => scroll(state, action == Action::Down, 1),
                Action::PageDown | Action::PageUp => {
                    let page = usize::from(places(state, body_of(state)).pane.height).saturating_sub(4).max(1);
                    scroll(state, action == Action::PageDown, page);
                }
                Action::Top => state.gitops.scroll = Some(0),
                Action::Bottom => scroll(state, true, usize::MAX / 2),
                _ => return false,
            }
            true
        }
    }
}

fn in_list(state: &mut State, action: Action) -> bool {
    let before = state.gitops.list().selected().map(super::Row::id);
    if !state.gitops.list_mut().moved(action) {
        return false;
    }
    // A heading says nothing of its own, so the cursor goes past it.
    let on_heading = |state: &State| state.gitops.list().selected().is_some_and(|r| r.id.is_heading());
    if on_heading(state) {
        let back = matches!(action, Action::Up | Action::PageUp | Action::Top) && state.gitops.list().index() > 0;
        state.gitops.list_mut().step(if back { -1 } else { 1 });
    }
    if state.gitops.list().selected().map(super::Row::id) != before {
        state.gitops.scroll = None;
        state.gitops.line = None;
    }
    true
}

fn leave_pane(state: &mut State) {
    let screen = &mut state.gitops;
    screen.in_front = false;
    screen.line = None;
    screen.trail.pane = Pane::Source;
}

/// One step back; false where there is none.
fn step_back(state: &mut State) -> bool {
    let screen = &mut state.gitops;
    if screen.trail.pane != Pane::Source {
        let to_history = matches!(screen.trail.pane, Pane::Commit(_)) && screen.trail.from_history;
        screen.trail.pane = if to_history { Pane::History } else { Pane::Source };
        screen.scroll = None;
        return true;
    }
    if screen.in_front {
        screen.in_front = false;
        screen.line = None;
        return true;
    }
    let filtered = !state.filters[ScreenId::GitOps as usize].text().is_empty();
    let screen = &mut state.gitops;
    match (screen.tab, &screen.plans.which) {
        // The filter goes first.
        _ if filtered => return false,
        (Tab::Plan, Which::Done(at)) => {
            let at = *at;
            screen.plans.which = Which::Log;
            screen.changed();
            screen.list_mut().aim(Id::Done(at));
        }
        (Tab::Plan, Which::Between(..)) => {
            screen.plans.which = Which::Pending;
            screen.changed();
            turn_to(state, Tab::Things);
            state.gitops.in_front = true;
            state.gitops.trail.pane = Pane::History;
        }
        (Tab::Plan, Which::Log) => {
            screen.plans.which = Which::Pending;
            screen.changed();
        }
        (Tab::Drift, _) if screen.drift.cell.is_some() => {
            screen.drift.cell = None;
            screen.changed();
        }
        (Tab::Things, _) if screen.problems => {
            screen.problems = false;
            screen.changed();
        }
        _ => return false,
    }
    true
}

/// Enter: into what is selected, and from there on.
fn enter(state: &mut State) -> Vec<Effect> {
    if state.gitops.trail.pane == Pane::History {
        trace::open_revision(state);
        return Vec::new();
    }
    if matches!(state.gitops.trail.pane, Pane::Commit(_)) {
        return Vec::new();
    }
    if state.gitops.in_front && state.gitops.tab.has_source() {
        trace::commit_of_lines(state);
        return Vec::new();
    }
    let Some(row) = state.gitops.list().selected() else {
        return Vec::new();
    };
    let (id, place) = (row.id.clone(), row.place.clone());
    match id {
        Id::Heading(_) => {}
        Id::Kind(_) | Id::Folder(_) => fold(state),
        Id::Done(at) => {
            state.gitops.plans.which = Which::Done(at);
            state.gitops.changed();
        }
        Id::Drift(path) => return update::open(state, Object::Service(path)),
        Id::Step(..) if state.gitops.in_front => return to_source(state),
        Id::Fault(..) if state.gitops.tab == Tab::Reading => {
            if let Some(place) = place {
                turn_to(state, Tab::Faults);
                state.gitops.list_mut().aim(id);
                state.gitops.in_front = place.line > 0;
            }
        }
        _ => state.gitops.in_front = true,
    }
    Vec::new()
}

/// By kind or by file; pending or done; the next cell.
fn next_view(state: &mut State) {
    let screen = &mut state.gitops;
    match screen.tab {
        Tab::Things => {
            let file = screen.list().selected().and_then(|r| r.place.as_ref()).map(|p| p.file.clone());
            screen.by_file = !screen.by_file;
            if screen.by_file
                && let Some(file) = file
            {
                screen.list_mut().aim(Id::File(file));
            }
        }
        Tab::Plan => {
            screen.plans.which = if screen.plans.which == Which::Pending { Which::Log } else { Which::Pending };
        }
        Tab::Drift => screen.drift.next_cell(),
        Tab::Faults | Tab::Rules | Tab::Reading => return state.say(Weight::Info, "this list has one view"),
    }
    screen.changed();
}

fn fold(state: &mut State) {
    let Some(row) = state.gitops.list().selected() else { return };
    let id = match (row.folded, row.place.as_ref()) {
        (Some(_), _) => row.id.clone(),
        // On a thing: what it stands under.
        (None, Some(place)) if state.gitops.by_file => Id::File(place.file.clone()),
        (None, _) => match &row.id {
            Id::Thing(kind, ..) => Id::Kind(*kind),
            _ => return state.say(Weight::Info, "nothing to fold here"),
        },
    };
    toggle(&mut state.gitops.toggled, id.clone());
    state.gitops.changed();
    let body = body_of(state);
    settle(state, body);
    state.gitops.list_mut().select(&id);
}

fn fold_all(state: &mut State) {
    let screen = &mut state.gitops;
    let Some(known) = screen.known() else { return };
    let any_open =
        screen.list().rows().iter().any(|r| matches!(r.id, Id::Kind(_) | Id::Folder(_)) && r.folded == Some(false));
    let start_folded = known.starts_folded();
    let mut toggled: BTreeSet<Id> =
        screen.toggled.iter().filter(|id| !matches!(id, Id::Kind(_) | Id::Folder(_))).cloned().collect();
    let kinds = DeclaredKind::ALL.into_iter().zip(&known.counts);
    toggled.extend(kinds.filter(|(_, n)| known.kind_starts_folded(**n) != any_open).map(|(kind, _)| Id::Kind(kind)));
    if start_folded != any_open {
        toggled.extend(known.folders.keys().cloned().map(Id::Folder));
    }
    screen.toggled = toggled;
    screen.changed();
}

/// Explain the code of the selected fault, or how a role is resolved.
fn explain(state: &mut State) {
    let row = state.gitops.list().selected();
    match row.map(|r| r.id.clone()) {
        Some(Id::Fault(..)) => {
            let screen = &mut state.gitops;
            screen.explains = !screen.explains || !screen.in_front;
            screen.in_front = true;
            screen.scroll = None;
        }
        id => {
            let role = match &id {
                Some(Id::Group(name) | Id::Thing(DeclaredKind::Group, name, _)) => {
                    name.rsplit('/').next().unwrap_or(name).to_owned()
                }
                Some(Id::Item(name)) => state
                    .replica
                    .estate
                    .source
                    .catalog
                    .items
                    .get(name)
                    .and_then(|i| i.assignee_group.clone())
                    .unwrap_or_default(),
                _ => String::new(),
            };
            let dialog = Cascade::new(state, &role);
            state.dialogs.push(Dialog::Cascade(Box::new(dialog)));
        }
    }
}

fn scroll(state: &mut State, down: bool, by: usize) {
    let area = places(state, body_of(state)).pane;
    let room = usize::from(area.height.saturating_sub(1));
    let (total, now) = match (&state.gitops.trail.pane, target(state)) {
        (Pane::Commit(Some(id)), _) => {
            let Some(diff) = state.gitops.trail.diff_of(id) else { return };
            (diff::total_rows(diff) + 3, state.gitops.scroll.unwrap_or(0))
        }
        _ if pane::is_text(state) => (pane::height(state, area), state.gitops.scroll.unwrap_or(0)),
        (_, Some(place)) => {
            let Some(text) = text_of(state, &place.file) else { return };
            (source::total_rows(&text.file.lines, &text.file.faults), offset(state, text))
        }
        _ => return,
    };
    let limit = total.saturating_sub(room);
    state.gitops.scroll = Some(if down { now.saturating_add(by).min(limit.max(now)) } else { now.saturating_sub(by) });
}

fn next_fault(state: &mut State) {
    if let Pane::Commit(Some(id)) = &state.gitops.trail.pane {
        let now = state.gitops.scroll.unwrap_or(0);
        let next = state.gitops.trail.diff_of(id).map(|d| diff::next_part(d, now).unwrap_or(0));
        if let Some(next) = next {
            state.gitops.scroll = Some(next);
        }
        return;
    }
    let Some(text) = target(state).and_then(|place| text_of(state, &place.file)) else {
        return state.say(Weight::Info, "no source is shown");
    };
    let (now, faults) = (offset(state, text), &text.file.faults);
    let row = |line: u32| source::row_of_line(faults, line).saturating_sub(3);
    let next = faults
        .iter()
        .map(|f| row(f.place.line))
        .find(|r| *r > now)
        .or_else(|| faults.first().map(|f| row(f.place.line)));
    match next {
        Some(next) => state.gitops.scroll = Some(next),
        None => state.say(Weight::Info, "nothing is wrong in this file"),
    }
}

/// Go to the lines that declare what is selected.
fn to_source(state: &mut State) -> Vec<Effect> {
    let place = state.gitops.list().selected().and_then(|row| row.place.clone());
    match place {
        Some(place) => update::open(state, Object::File(place.file, place.line)),
        None => {
            state.say(Weight::Info, "nothing in the repository declares this");
            Vec::new()
        }
    }
}

/// Go to what runs because of what is selected.
fn to_running(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.gitops.list().selected() else {
        return Vec::new();
    };
    let here = |name: &str| {
        ServicePath::parse(name).ok().filter(|p| state.replica.estate.services.contains_key(p)).map(Object::Service)
    };
    let object = match &row.id {
        Id::Thing(DeclaredKind::Service, name, ..) => here(name),
        Id::Step(_, DeclaredKind::Service, name) => here(name),
        Id::Drift(path) => here(path.as_str()),
        Id::Thing(DeclaredKind::SlaGroup, name, ..) => {
            let short = name.rsplit('/').next().unwrap_or(name);
            [name.as_str(), short]
                .into_iter()
                .find(|n| state.replica.estate.budgets.contains_key(*n))
                .map(|n| Object::Budget(n.to_owned()))
        }
        _ => None,
    };
    match object {
        Some(object) => update::open(state, object),
        None => {
            state.say(Weight::Info, "nothing runs by this name: only services and SLA groups do");
            Vec::new()
        }
    }
}

/// Click on a row, a tab or a cell.
pub fn clicked(state: &mut State, area: Rect, column: u16, row: u16) -> Vec<Effect> {
    let tabs = Rect { y: area.y + super::head_height(state) - 1, height: 1, ..area };
    if tabs.contains((column, row).into()) {
        let hit = view::tab_places(state, tabs).into_iter().find(|tab| (tab.from..tab.to).contains(&column));
        if let Some(hit) = hit {
            leave_pane(state);
            turn_to(state, hit.tab);
        }
        return Vec::new();
    }
    let places = places(state, area);
    if state.gitops.tab == Tab::Drift && places.above.contains((column, row).into()) {
        let hit = state.gitops.drift.matrix().and_then(|m| m.hit(places.above, column, row));
        state.gitops.drift.cell = if state.gitops.drift.cell == hit { None } else { hit };
        state.gitops.changed();
    } else if places.list.contains((column, row).into()) && row > places.list.y {
        let list = state.gitops.list();
        let index = list.offset() + usize::from(row - places.list.y - 1);
        if index < list.len() {
            let again = index == list.index();
            state.gitops.list_mut().stand(index);
            state.gitops.scroll = None;
            state.gitops.line = None;
            if again && state.gitops.list().selected().is_some_and(|r| r.folded.is_some()) {
                fold(state);
            }
        }
    }
    Vec::new()
}
