//! Exclusion windows: in force, planned and past, with who and why. One that is not over can be ended here, and one for the
//! past taken back; who may not do that is told why.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        format, layout,
        paint::{self, Canvas},
        state::State,
        theme::Role,
        windows,
    },
    domain::{
        refusal::{Refusal, RefusalCode},
        sla::{ExclusionWindow, WindowPhase, WindowScope},
        time::Timestamp,
    },
};

use super::{Answer, Event, Step};

/// The dialog. It shows what is known now; its cursor follows a window, not a row.
#[derive(Clone, Debug)]
pub struct Windows {
    /// Only those that have to do with this.
    about: Option<WindowScope>,
    selected: Option<u64>,
    /// The window that is asked about, with its number and name.
    asking: Option<(u64, String)>,
}

impl Windows {
    /// All windows, or those that have to do with a scope.
    pub const fn new(about: Option<WindowScope>) -> Self {
        Self { about, selected: None, asking: None }
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        if self.asking.is_some() { &[Context::Confirm, Context::Dialog] } else { &[Context::Dialog] }
    }

    /// In force first, then planned, then past; the newest first.
    fn shown<'a>(&self, state: &'a State) -> Vec<&'a ExclusionWindow> {
        let now = state.core_now();
        let all = state.replica.estate.windows.values();
        let about =
            |w: &&ExclusionWindow| self.about.as_ref().is_none_or(|scope| windows::touches(state, &w.scope, scope));
        let mut found: Vec<_> = all.filter(about).collect();
        found.sort_by_key(|w| (w.phase(now), std::cmp::Reverse((w.from, w.id))));
        found
    }

    fn index(&self, shown: &[&ExclusionWindow]) -> usize {
        shown.iter().position(|w| Some(w.id) == self.selected).unwrap_or(0)
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        if let Some((id, scope)) = self.asking.take() {
            return match event {
                Event::Action(Action::ConfirmYes) => Step::Done(Answer::Write(Write::StopWindow { id, scope })),
                Event::Action(Action::DialogAccept | Action::ConfirmNo | Action::DialogClose) => Step::Continue,
                _ => {
                    self.asking = Some((id, scope));
                    Step::Continue
                }
            };
        }
        let shown = self.shown(state);
        let index = self.index(&shown);
        let to = match event {
            Event::Action(Action::DialogClose) => return Step::Cancel,
            Event::Action(Action::DialogDown) => index + 1,
            Event::Action(Action::DialogUp) => index.saturating_sub(1),
            Event::Action(Action::DialogPageDown) => index + 10,
            Event::Action(Action::DialogPageUp) => index.saturating_sub(10),
            Event::Action(Action::DialogAccept) => {
                if let Some(window) = shown.get(index).filter(|w| can_stop(state, w)) {
                    self.asking = Some((window.id, window.scope.to_string()));
                }
                index
            }
            _ => index,
        };
        self.selected = shown.get(to.min(shown.len().saturating_sub(1))).map(|w| w.id);
        Step::Continue
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let height = match u16::try_from(self.shown(state).len()).unwrap_or(u16::MAX) {
            0 => 7,
            rows => rows.saturating_add(ABOUT + 6).clamp(ABOUT + 7, 28),
        };
        layout::middle(state.size, 110, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let title = self.about.as_ref().map_or_else(|| "Exclusion windows".to_owned(), |s| format!("Windows over {s}"));
        let inside = super::frame(area, &title, canvas);
        if inside.height < 5 {
            return;
        }
        let shown = self.shown(state);
        let index = self.index(&shown);
        let (foot, now) = (inside.height - 1, canvas.now);
        // Where there is little room the list has half of it.
        let told = ABOUT.min(foot / 2);
        let list = Rect { height: foot.saturating_sub(told + 2), ..inside };
        let first = (index + 1).saturating_sub(usize::from(list.height));
        let words = super::before_bar(list);
        let lanes = Lanes::of(&shown, usize::from(words.width), now);
        for (window, row) in shown.iter().skip(first).zip(0..list.height) {
            let (sign, role) = look(window.phase(now), canvas);
            let mut pen = canvas.pen(words, row);
            pen.put(sign, role).skip(1).column(window.phase(now).word(), PHASE, role);
            pen.figure(&format!("#{}", window.id), NUMBER, Role::Muted).skip(1);
            pen.column_start(&window.scope.to_string(), lanes.scope, Role::Text).skip(1);
            let time = if lanes.is_whole { time(window) } else { next(window, now) };
            pen.put(&time, Role::Muted);
            canvas.highlight(paint::row(list, row), first + usize::from(row) == index, false);
        }
        canvas.scrollbar(list, first, usize::from(list.height), shown.len());
        if shown.is_empty() {
            canvas.text(list, 0, "none in force, none planned, none in the last 400 days", Role::Muted);
        }
        if let Some(window) = shown.get(index) {
            about(window, Rect { height: told, ..paint::below(inside, foot - told - 1) }, canvas);
        }
        if let Some((id, scope)) = &self.asking {
            canvas.text(inside, foot - 1, &question(*id, scope, &shown, now), Role::Caution);
            return super::yes_or_no(inside, foot, state, canvas);
        }
        let mut keys = vec![(Action::DialogClose, "close")];
        if let Some(window) = shown.get(index).filter(|w| can_stop(state, w)) {
            keys.insert(0, (Action::DialogAccept, to_end(window, now)));
        }
        if let Some((window, why)) = shown.get(index).and_then(|w| Some((w, refusal(state, w, now)?))) {
            let text = format!("you cannot {}: {why}", to_end(window, now));
            let lines = u16::try_from(paint::wrap(&text, usize::from(inside.width)).len()).unwrap_or(1);
            canvas.wrapped(Rect { height: foot, ..inside }, foot.saturating_sub(lines), &text, Role::Caution);
        }
        super::foot(inside, foot, &keys, state, canvas);
    }
}

fn question(id: u64, scope: &str, shown: &[&ExclusionWindow], now: Timestamp) -> String {
    if shown.iter().any(|w| w.id == id && w.is_to_take_back(now)) {
        return format!("Take back window {id} for the {scope}? Results that are kept are corrected.");
    }
    if shown.iter().any(|w| w.id == id && w.phase(now) == WindowPhase::Planned) {
        return format!("Call off window {id} for the {scope}? It never begins then.");
    }
    format!("Stop window {id} for the {scope}? From now on its time counts again.")
}

/// What enter does with it.
fn to_end(window: &ExclusionWindow, now: Timestamp) -> &'static str {
    match window.phase(now) {
        WindowPhase::Planned => "call it off",
        _ if window.is_to_take_back(now) => "take it back",
        _ => "stop it",
    }
}

fn may_stop(state: &State, window: &ExclusionWindow) -> Result<(), Refusal> {
    if !state.session.may_write() {
        return Err(Refusal::new(RefusalCode::ReadOnly, "this session is read-only"));
    }
    windows::may(state, &Write::StopWindow { id: window.id, scope: String::new() })
}

fn can_stop(state: &State, window: &ExclusionWindow) -> bool {
    may_stop(state, window).is_ok()
}

/// Why the one who looks cannot end it. None where he can, and none where it is over: that stands before it already.
fn refusal(state: &State, window: &ExclusionWindow, now: Timestamp) -> Option<String> {
    let is_over = matches!(window.phase(now), WindowPhase::Past | WindowPhase::Cancelled);
    if is_over && !window.is_to_take_back(now) {
        return None;
    }
    may_stop(state, window).err().map(|refusal| refusal.reason)
}

/// Cells of a phase's word and of a number, with what stands before them.
const PHASE: usize = 10;
const NUMBER: usize = 5;
/// Lines on the window under the cursor.
const ABOUT: u16 = 6;

/// Widths of the list's columns.
struct Lanes {
    scope: usize,
    /// Whether there is room for both ends of a window.
    is_whole: bool,
}

impl Lanes {
    /// What a window is over tells it from others, so that has its room first; of the times the next one to come is shown
    /// where both have none.
    fn of(shown: &[&ExclusionWindow], width: usize, now: Timestamp) -> Self {
        let widest = |text: &dyn Fn(&ExclusionWindow) -> String| {
            shown.iter().map(|window| format::width(&text(window))).max().unwrap_or(0)
        };
        let scope = widest(&|window| window.scope.to_string());
        let room = width.saturating_sub(2 + PHASE + NUMBER + 2);
        let is_whole = scope + widest(&time) <= room;
        let times = if is_whole { 0 } else { widest(&|window| next(window, now)) };
        Self { scope: scope.min(room.saturating_sub(times)), is_whole }
    }
}

/// From when to when it is.
fn time(window: &ExclusionWindow) -> String {
    format!("{} {}", format::moment(window.from), windows::end(window))
}

/// When it begins or ends next, or when it did.
fn next(window: &ExclusionWindow, now: Timestamp) -> String {
    match window.phase(now) {
        WindowPhase::Planned => format!("from {}", format::moment(window.from)),
        _ => windows::end(window),
    }
}

/// Sign and colour of a phase; the word stands beside them.
const fn look(phase: WindowPhase, canvas: &Canvas<'_>) -> (&'static str, Role) {
    match phase {
        WindowPhase::Active => (canvas.glyphs.yes, Role::Maintenance),
        WindowPhase::Planned => (canvas.glyphs.arrow, Role::Info),
        WindowPhase::Past => (canvas.glyphs.dot, Role::Muted),
        WindowPhase::Cancelled => (canvas.glyphs.no, Role::Muted),
    }
}

/// Who and why.
fn about(window: &ExclusionWindow, area: Rect, canvas: &mut Canvas<'_>) {
    let past = if window.was_for_the_past() { ", for the past" } else { "" };
    let by = format!("{} at {}{past}", window.opened_by.name(), format::moment(window.opened_at));
    let stopped = window.stopped.as_ref().map(|(by, at)| format!("{} at {}", by.name(), format::moment(*at)));
    let known = [
        ("over", Some(window.scope.to_string())),
        ("time", Some(time(window))),
        ("opened", Some(by)),
        ("stopped", stopped),
        ("why", Some(window.reason.clone())),
    ];
    let mut row = 0;
    for (label, text) in known.into_iter().filter_map(|(label, text)| Some((label, text?))) {
        let rest = super::after_label(area, row, &format!("{label:8}"), Role::Muted, canvas);
        row += canvas.wrapped(Rect { height: area.height.saturating_sub(row), ..rest }, 0, &text, Role::Text).max(1);
    }
}
