//! GitOps: what the repository declares, where, and what is wrong with it. Nothing here writes.
//!
//! Lists on the left, the source of what is selected on the right, or in front where there is little room. Start at
//! [`rows`] (the lists), [`facts`] (what stands above a source).

mod facts;
pub mod rows;
#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use ratatui::layout::Rect;

pub use view::view;

use crate::{
    console::{
        action::Action,
        effect::{Effect, Fetch},
        inflight::Detail,
        layout,
        list::{List, Row as _},
        msg::{Failure, Reply, RequestId},
        paint::below,
        place::{Object, ScreenId},
        state::{State, Weight},
        update,
        widgets::{source, yaml},
    },
    domain::{
        detail::DeclaredIndex,
        gitops::{DeclaredKind, Place, SourceFile},
        hierarchy::ServicePath,
        time::Timestamp,
    },
};

use rows::{Id, Row, Tab};

/// Cells from which list and source stand side by side.
pub const WIDE: u16 = 120;

/// Which reading of the repository: its commit and when it was read.
type Reading = (Option<String>, Timestamp);

/// A file with what is needed to colour it.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Redacted.
    pub file: SourceFile,
    /// Which lines belong to block scalars.
    pub in_block: Vec<bool>,
}

/// The screen.
#[derive(Clone, Debug, Default)]
pub struct GitOps {
    /// Which list.
    pub tab: Tab,
    /// Its rows.
    pub list: List<Row>,
    /// Whether the source is in front where there is no room beside the list.
    pub in_front: bool,
    /// First row of the source; none: where the selected lines are.
    pub scroll: Option<usize>,
    /// A line that was gone to from elsewhere.
    pub line: Option<(Arc<str>, u32)>,
    /// Everything declared.
    pub index: Detail<Reading, DeclaredIndex>,
    /// The file that is looked at.
    pub text: Detail<(Arc<str>, Reading), Text>,
    made: Option<(u64, u64, Tab, Option<Timestamp>)>,
}

/// Where the screen is.
fn body_of(state: &State) -> Rect {
    layout::inset(layout::frame(state.size).body)
}

/// Lines above the list: the reading, a rejection if there is one, the tabs.
fn head_height(state: &State) -> u16 {
    2 + u16::from(state.replica.estate.source.rejected.is_some())
}

/// List, divider and source in `area`; what is not shown is empty.
fn places(state: &State, area: Rect) -> (Rect, Rect, Rect) {
    let none = Rect { width: 0, height: 0, ..area };
    let rest = below(area, head_height(state));
    if area.width >= WIDE {
        return layout::columns(rest, 46);
    }
    if state.gitops.in_front { (none, none, rest) } else { (rest, none, none) }
}

fn reading(state: &State) -> Reading {
    let source = &state.replica.estate.source;
    (source.revision.clone(), source.read_at)
}

/// Make the rows again when what they are made of changed.
pub fn settle(state: &mut State, body: Rect) {
    let (list, ..) = places(state, body);
    let filter = &state.filters[ScreenId::GitOps as usize];
    let screen = &state.gitops;
    let index = screen.index.get(|_| true);
    let source = &state.replica.estate.source;
    let made = (state.replica.version, filter.version(), screen.tab, index.map(|(_, came)| came));
    // The estate changes all the time; rows only with a reading, so its moment is what counts for them.
    let same =
        screen.made.is_some_and(|was| (was.1, was.2, was.3) == (made.1, made.2, made.3) && !screen.tab.is_live());
    if screen.made != Some(made) && !same {
        let rows = rows::make(screen.tab, index.map(|(index, _)| index), source, filter);
        let first = rows.iter().position(|r| !matches!(r.id, Id::Heading(_)));
        let fresh = state.gitops.list.is_empty();
        let list = &mut state.gitops.list;
        list.replace(rows);
        let on_heading = list.selected().is_some_and(|r| matches!(r.id, Id::Heading(_)));
        if fresh
            && on_heading
            && let Some(first) = first
        {
            list.stand(first);
        }
        state.gitops.made = Some(made);
    }
    state.gitops.list.fit(list.height.saturating_sub(1));
}

/// What is to be fetched now: the index, and the file that is looked at.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    if state.screen != ScreenId::GitOps {
        return Vec::new();
    }
    let now = reading(state);
    let fetch = |_: &Reading| Fetch::Declared;
    let mut effects: Vec<Effect> =
        state.gitops.index.want(now.clone(), &mut state.inflight, fetch).into_iter().collect();
    let (.., source) = places(state, body_of(state));
    let shown = source.width > 0;
    if let Some(place) = target(state).filter(|place| shown && is_shown(state, &place.file)) {
        let fetch = |key: &(Arc<str>, Reading)| Fetch::File(key.0.clone());
        effects.extend(state.gitops.text.want((place.file, now), &mut state.inflight, fetch));
    }
    effects
}

/// Whether the text of a file is ever shown: only of files that were recognised as ours.
fn is_shown(state: &State, file: &str) -> bool {
    let entry = state.gitops.index.get(|_| true).and_then(|(index, _)| index.files.iter().find(|f| &*f.path == file));
    entry.is_none_or(|f| f.recognised == crate::domain::gitops::Recognised::Ours)
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(state: &mut State, request: RequestId, result: &Result<Reply, Failure>) -> bool {
    let now = state.core_now();
    let screen = &mut state.gitops;
    match result {
        Ok(Reply::Declared(index)) => screen.index.answer(request, Ok((**index).clone()), now),
        Ok(Reply::File(file)) => {
            let in_block = yaml::block_lines(&file.lines);
            screen.text.answer(request, Ok(Text { file: (**file).clone(), in_block }), now)
        }
        Ok(_) => false,
        Err(failure) if screen.index.awaits(request) => screen.index.answer(request, Err(failure.clone()), now),
        Err(failure) => screen.text.answer(request, Err(failure.clone()), now),
    }
}

/// The lines that are looked at: those gone to from elsewhere, else those of the selected row.
pub fn target(state: &State) -> Option<Place> {
    let screen = &state.gitops;
    let row = screen.list.selected();
    if let Some((file, line)) = &screen.line {
        let about = row.is_none_or(|r| r.id == Id::File(file.clone()));
        if about {
            return Some(Place { file: file.clone(), line: *line, column: 1, end_line: *line });
        }
    }
    row.and_then(|r| r.place.clone())
}

/// The lines that are marked in `text`: a single line stands for the smallest declared thing around it.
pub fn marked(state: &State, text: &Text) -> Option<(u32, u32)> {
    let place = target(state)?;
    if place.end_line < place.line {
        return None;
    }
    if place.end_line > place.line || matches!(state.gitops.list.selected().map(|r| &r.id), Some(Id::Fault(..))) {
        return Some((place.line, place.end_line));
    }
    let around = text.file.declared.iter().filter(|d| (d.place.line..=d.place.end_line).contains(&place.line));
    let smallest = around.min_by_key(|d| d.place.end_line - d.place.line);
    Some(smallest.map_or((place.line, place.line), |d| (d.place.line, d.place.end_line)))
}

/// The first row of the source that is drawn.
pub fn offset(state: &State, text: &Text) -> usize {
    state.gitops.scroll.unwrap_or_else(|| {
        let line = marked(state, text).map_or(1, |(first, _)| first);
        source::row_of_line(&text.file.faults, line).saturating_sub(3)
    })
}

/// The file that is looked at, when it is here.
pub fn text_of<'a>(state: &'a State, file: &str) -> Option<&'a Text> {
    state.gitops.text.get(|key| &*key.0 == file).map(|(text, _)| text)
}

/// What is under the cursor.
pub fn selected(state: &State) -> Option<Object> {
    target(state).map(|place| Object::File(place.file, place.line))
}

/// Go to a line of a file, or to the faults.
pub fn open(state: &mut State, object: &Object) -> Vec<Effect> {
    let screen = &mut state.gitops;
    screen.scroll = None;
    match object {
        Object::File(file, line) => {
            screen.line = Some((file.clone(), *line));
            screen.in_front = true;
            // Coming back to where the row already shows that line keeps the tab.
            let there = screen.list.selected().and_then(|r| r.place.as_ref());
            if there.is_none_or(|p| p.file != *file || p.line != *line) {
                turn_to(state, Tab::Files);
                state.filters[ScreenId::GitOps as usize].set("");
                state.gitops.list.aim(Id::File(file.clone()));
            }
        }
        Object::Faults => {
            screen.in_front = false;
            turn_to(state, Tab::Faults);
        }
        _ => {}
    }
    Vec::new()
}

fn turn_to(state: &mut State, tab: Tab) {
    let screen = &mut state.gitops;
    if screen.tab != tab {
        screen.tab = tab;
        screen.list.replace(Vec::new());
        screen.made = None;
        screen.scroll = None;
    }
    let body = body_of(state);
    settle(state, body);
}

/// How many faults there are, for the tab: errors, or a mark for a rejected reading.
pub fn badge(state: &State) -> String {
    let source = &state.replica.estate.source;
    match (&source.rejected, source.errors) {
        (Some(_), _) => "!".to_owned(),
        (None, 0) => String::new(),
        (None, errors) => errors.to_string(),
    }
}

/// Do what was asked for; none when it means nothing here.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let before = state.gitops.list.selected().map(rows::Row::id);
    if state.gitops.list.moved(action) {
        if state.gitops.list.selected().map(rows::Row::id) != before {
            state.gitops.scroll = None;
            state.gitops.line = None;
        }
        return Some(Vec::new());
    }
    match action {
        Action::Open => state.gitops.in_front = target(state).is_some(),
        Action::Close if state.gitops.in_front => {
            state.gitops.in_front = false;
            state.gitops.line = None;
        }
        Action::GitOpsTab | Action::GitOpsTabBack => {
            let by = if action == Action::GitOpsTab { 1 } else { Tab::ALL.len() - 1 };
            state.gitops.in_front = false;
            state.gitops.line = None;
            turn_to(state, state.gitops.tab.turn(by));
        }
        Action::ScrollDown | Action::ScrollUp => scroll(state, action == Action::ScrollDown),
        Action::GitOpsNextFault => next_fault(state),
        Action::GitOpsLive => return Some(to_running(state)),
        _ => return None,
    }
    Some(Vec::new())
}

fn scroll(state: &mut State, down: bool) {
    let Some(text) = target(state).and_then(|place| text_of(state, &place.file)) else {
        return;
    };
    let (.., place) = places(state, body_of(state));
    let total = source::total_rows(&text.file.lines, &text.file.faults);
    let limit = total.saturating_sub(usize::from(place.height.saturating_sub(1)));
    let now = offset(state, text);
    state.gitops.scroll = Some(if down { (now + 3).min(limit.max(now)) } else { now.saturating_sub(3) });
}

fn next_fault(state: &mut State) {
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

/// Go to what runs because of what is selected.
fn to_running(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.gitops.list.selected() else {
        return Vec::new();
    };
    let object = match &row.id {
        Id::Thing(DeclaredKind::Service, name, ..) => {
            ServicePath::parse(name).ok().filter(|p| state.replica.estate.services.contains_key(p)).map(Object::Service)
        }
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

/// Click on a row or a tab.
pub fn clicked(state: &mut State, area: Rect, column: u16, row: u16) -> Vec<Effect> {
    let tabs = Rect { y: area.y + head_height(state) - 1, height: 1, ..area };
    if tabs.contains((column, row).into()) {
        let hit = view::tab_places(state, tabs).into_iter().find(|(_, from, to, _)| (*from..*to).contains(&column));
        if let Some((tab, ..)) = hit {
            turn_to(state, tab);
        }
        return Vec::new();
    }
    let (list, ..) = places(state, area);
    if list.contains((column, row).into()) && row > list.y {
        let index = state.gitops.list.offset() + usize::from(row - list.y - 1);
        if index < state.gitops.list.len() {
            state.gitops.list.stand(index);
            state.gitops.scroll = None;
            state.gitops.line = None;
        }
    }
    Vec::new()
}
