//! GitOps: what the repository declares, where, what is wrong with it, what would change, what drifted, and who made it
//! so. Nothing here writes.
//!
//! Lists on the left, what is selected on the right, or in front where there is little room. Start at [`rows`] (tabs and
//! rows), [`known`] (the trees), [`plan`], [`drift`], [`rules`], [`reading`]; [`trail`] and [`facts`] stand beside a
//! list; [`keys`] does what is asked, [`mod@wishes`] fetches, [`cells`] and the view put it into words.

pub mod cells;
pub mod drift;
mod facts;
pub mod keys;
pub mod known;
mod pane;
pub mod plan;
pub mod reading;
pub mod rows;
pub mod rules;
#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;
mod trace;
pub mod trail;
mod view;
mod wishes;

use std::{collections::BTreeSet, sync::Arc};

use ratatui::layout::Rect;

pub use keys::{act, clicked, means};
pub use view::view;
pub use wishes::{answered, wishes};

use crate::{
    console::{
        inflight::Detail,
        layout,
        list::List,
        paint::below,
        place::{Object, ScreenId},
        state::State,
        widgets::source,
    },
    domain::{
        gitops::{self, Place, SourceFile},
        time::Timestamp,
    },
};

use known::Known;
use rows::{Id, Row, Tab};
use trail::Pane;

/// Cells from which list and source stand side by side.
pub const WIDE: u16 = 120;
/// Rows of the strip below a list that has nothing beside it, with its rule.
const STRIP: u16 = 5;

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

/// What the rows of a tab were made of: the filter, what was looked up or folded, the reading and its rejection.
type Made = (u64, u64, Reading, bool);

/// The screen.
#[derive(Clone, Debug, Default)]
pub struct GitOps {
    /// Which list.
    pub tab: Tab,
    /// The rows of each.
    pub lists: [List<Row>; 6],
    /// Whether what is selected is in front where there is no room beside the list, or has the keys where there is.
    pub in_front: bool,
    /// First row of what is shown beside the list; none: where the selected lines are.
    pub scroll: Option<usize>,
    /// Lines that were gone to from elsewhere: file, first, last.
    pub line: Option<(Arc<str>, u32, u32)>,
    /// Whether the code of the selected fault is explained.
    pub explains: bool,
    /// Whether things are listed by file.
    pub by_file: bool,
    /// Whether only what has faults is listed.
    pub problems: bool,
    /// What is folded, or unfolded, other than it begins.
    pub toggled: BTreeSet<Id>,
    /// Everything declared.
    pub index: Detail<Reading, Known>,
    /// The file that is looked at.
    pub text: Detail<(Arc<str>, Reading), Text>,
    /// Every declared thing in force with its fields.
    pub declared: Detail<Reading, gitops::State>,
    /// Who made it so.
    pub trail: trail::Trail,
    /// What would change, and what the last reconciles did.
    pub plans: plan::Plans,
    /// Declared against running.
    pub drift: drift::Drifts,
    /// How often the user asked the core again.
    again: u64,
    /// Counts whatever changes rows.
    stamp: u64,
    made: [Option<Made>; 6],
}

impl GitOps {
    /// The list in front.
    pub const fn list(&self) -> &List<Row> {
        &self.lists[self.tab as usize]
    }

    /// The same, to be changed.
    pub const fn list_mut(&mut self) -> &mut List<Row> {
        &mut self.lists[self.tab as usize]
    }

    /// Everything declared, once it is here.
    pub fn known(&self) -> Option<&Known> {
        self.index.get(|_| true).map(|(known, _)| known)
    }

    /// What could not be read is asked for again.
    pub fn reconnected(&mut self) {
        self.index.retry();
        self.text.retry();
        self.declared.retry();
        self.drift.all.retry();
        self.plans.pending.retry();
        self.plans.between.retry();
        self.plans.done.retry();
        self.trail.blame.retry();
        self.trail.history.retry();
        self.trail.diff.retry();
    }

    /// Rows are to be made again.
    const fn changed(&mut self) {
        self.stamp += 1;
    }
}

/// Where the parts of the screen are. What is not shown is empty.
#[derive(Clone, Copy, Debug)]
struct Places {
    /// A line that says what is listed, or the table of both axes, or what was read.
    above: Rect,
    list: Rect,
    divider: Rect,
    /// What is selected, in full.
    pane: Rect,
    /// What is selected, in short, where there is no room for a pane.
    strip: Rect,
}

/// Where the screen is.
fn body_of(state: &State) -> Rect {
    layout::inset(layout::frame(state).body)
}

/// Lines above the list: the reading, what is wrong with it if anything is, the tabs.
fn head_height(state: &State) -> u16 {
    2 + u16::from(view::alarm(state).is_some())
}

/// Lines between tabs and list.
fn above_height(state: &State, area: Rect) -> u16 {
    match state.gitops.tab {
        Tab::Things | Tab::Faults | Tab::Rules => 0,
        Tab::Plan => 1,
        Tab::Drift if state.gitops.drift.unclean().is_some() && area.height >= 10 => 6,
        Tab::Drift => 0,
        Tab::Reading => reading::height(state, area.width).min(area.height),
    }
}

fn places(state: &State, area: Rect) -> Places {
    let none = Rect { width: 0, height: 0, ..area };
    let rest = below(area, head_height(state));
    let screen = &state.gitops;
    let beside = area.width >= WIDE && screen.tab != Tab::Reading;
    if !beside && screen.in_front {
        return Places { above: none, list: none, divider: none, pane: rest, strip: none };
    }
    let (left, divider, pane) = if beside { layout::columns(rest, 46) } else { (rest, none, none) };
    let above = above_height(state, left).min(left.height);
    let list = below(left, above);
    let above = Rect { height: above, ..left };
    let with_strip = !beside && screen.tab != Tab::Reading && list.height >= STRIP * 2;
    let (list, strip) = if with_strip {
        let height = list.height - STRIP;
        (Rect { height, ..list }, below(list, height))
    } else {
        (list, none)
    };
    Places { above, list, divider, pane, strip }
}

fn reading_of(state: &State) -> Reading {
    let source = &state.replica.estate.source;
    (source.revision.clone(), source.read_at)
}

/// Make the rows again when what they are made of changed.
pub fn settle(state: &mut State, body: Rect) {
    // Before rows come in, so that a cursor set on one of them leaves what stands above it in sight.
    let height = places(state, body).list.height;
    state.gitops.list_mut().fit(height.saturating_sub(1));
    let filter = &state.filters[ScreenId::GitOps as usize];
    let screen = &state.gitops;
    let source = &state.replica.estate.source;
    let tab = screen.tab as usize;
    // The estate changes all the time; rows only with a reading, so its moment is what counts for them.
    let made = (filter.version(), screen.stamp, reading_of(state), source.rejected.is_some());
    if screen.made[tab].as_ref() != Some(&made) {
        let known = screen.known();
        let rows = match screen.tab {
            Tab::Things if screen.by_file => {
                known.map(|known| known.by_file(&screen.toggled, screen.problems, filter)).unwrap_or_default()
            }
            Tab::Things => {
                known.map(|known| known.by_kind(&screen.toggled, screen.problems, filter)).unwrap_or_default()
            }
            Tab::Faults => known.map(|known| known.fault_rows(filter, false)).unwrap_or_default(),
            Tab::Plan => screen.plans.rows(filter),
            Tab::Drift => screen.drift.rows(filter),
            Tab::Rules => rules::rows(source, &screen.toggled, filter),
            Tab::Reading => known.map(|known| known.fault_rows(filter, source.errors > 0)).unwrap_or_default(),
        };
        replace(state, rows);
        state.gitops.made[tab] = Some(made);
    }
    let height = places(state, body).list.height;
    state.gitops.list_mut().fit(height.saturating_sub(1));
    let height = places(state, body).pane.height;
    state.gitops.trail.revisions.fit(height.saturating_sub(2));
}

/// Take over new rows. A fresh list begins below its first heading.
fn replace(state: &mut State, rows: Vec<Row>) {
    let list = state.gitops.list_mut();
    let fresh = list.is_empty() && list.aimed().is_none();
    let first = rows.iter().position(|r| !r.id.is_heading() && !matches!(r.id, Id::Kind(_)) || r.folded == Some(true));
    list.replace(rows);
    if fresh && let Some(first) = first {
        list.stand(first);
    }
    // Rows of another plan may have come below the cursor: a heading says nothing of its own.
    if list.selected().is_some_and(|row| row.id.is_heading()) {
        list.step(1);
    }
}

/// Whether the text of a file is ever shown: only of files that were recognised as ours.
fn is_shown(state: &State, file: &str) -> bool {
    let known = state.gitops.known();
    let entry = known.and_then(|known| known.index.files.iter().find(|f| &*f.path == file));
    entry.is_none_or(|f| f.recognised == gitops::Recognised::Ours)
}

/// The lines that are looked at: those gone to from elsewhere, else those of the selected row.
pub fn target(state: &State) -> Option<Place> {
    let screen = &state.gitops;
    if let Some((file, line, end_line)) = &screen.line {
        return Some(Place { file: file.clone(), line: *line, column: 1, end_line: *end_line });
    }
    screen.list().selected().and_then(|row| row.place.clone())
}

/// The lines that are marked in `text`: those gone to, with the smallest declared thing around them when it is a line of
/// no thing of its own.
pub fn marked(state: &State, text: &Text) -> Option<(u32, u32)> {
    let place = target(state)?;
    if place.end_line < place.line {
        return None;
    }
    let is_fault = matches!(state.gitops.list().selected().map(|r| &r.id), Some(Id::Fault(..)));
    if place.end_line > place.line || is_fault || state.gitops.trail.authors && state.gitops.line.is_some() {
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
    if let Some(Id::Drift(path)) = state.gitops.list().selected().map(|r| &r.id) {
        return Some(Object::Drift(path.clone()));
    }
    target(state).map(|place| Object::File(place.file, place.line))
}

/// Go to a line of a file, to who changed it, to the faults, or to the drift of a service.
pub fn open(state: &mut State, object: &Object) -> Vec<crate::console::effect::Effect> {
    let screen = &mut state.gitops;
    screen.scroll = None;
    screen.trail.pane = Pane::Source;
    match object {
        Object::File(file, line) | Object::Author(file, line, _) => {
            let last = match object {
                Object::Author(_, _, last) => {
                    screen.trail.authors = true;
                    *last
                }
                _ => *line,
            };
            screen.line = Some((file.clone(), *line, last));
            screen.in_front = true;
            // Coming back to where the row already shows that line keeps the tab.
            let there = screen.list().selected().and_then(|r| r.place.as_ref());
            let here = screen.tab.has_source() && there.is_some_and(|p| p.file == *file && p.line == *line);
            if !here {
                screen.by_file = true;
                screen.problems = false;
                unfold_to(screen, file);
                screen.changed();
                state.filters[ScreenId::GitOps as usize].set("");
                keys::turn_to(state, Tab::Things);
                state.gitops.list_mut().aim(Id::File(file.clone()));
            }
        }
        Object::Faults => {
            screen.in_front = false;
            screen.line = None;
            // Without a fault of its own, a rejection is told with the reading.
            let source = &state.replica.estate.source;
            let bare = source.rejected.is_some() && source.errors + source.warnings == 0;
            keys::turn_to(state, if bare { Tab::Reading } else { Tab::Faults });
        }
        Object::Drift(path) => {
            screen.in_front = false;
            keys::turn_to(state, Tab::Drift);
            state.gitops.list_mut().aim(Id::Drift(path.clone()));
        }
        _ => {}
    }
    Vec::new()
}

/// Open every folder above a file.
fn unfold_to(screen: &mut GitOps, file: &str) {
    let Some(known) = screen.known() else { return };
    let folded: Vec<Id> = file
        .match_indices('/')
        .map(|(end, _)| Id::Folder(file[..=end].into()))
        .filter(|id| known.starts_folded() != screen.toggled.contains(id))
        .collect();
    for id in folded {
        keys::toggle(&mut screen.toggled, id);
    }
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

/// The worst fault on the lines of a row, in words, for the strip below a list.
fn facts_line(state: &State, row: &Row) -> Option<(String, crate::console::theme::Role)> {
    let place = row.place.as_ref()?;
    let known = state.gitops.known()?;
    let within = |line: u32| place.end_line < place.line || (place.line..=place.end_line).contains(&line);
    let fault = known
        .faults
        .iter()
        .map(|number| &known.index.faults[*number])
        .find(|f| f.place.file == place.file && within(f.place.line))?;
    let text = format!("{} line {}: {}", fault.code.code(), fault.place.line, fault.message);
    Some((text, source::severity_role(fault.severity)))
}
