//! Exclusion windows: in force, planned and past, with who and why. One that is not over can be stopped here, and one for the
//! past taken back.

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
        let rows = u16::try_from(self.shown(state).len().max(1)).unwrap_or(u16::MAX);
        layout::middle(state.size, 110, rows.saturating_add(8).clamp(10, 24))
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
        let list = Rect { height: foot.saturating_sub(4), ..inside };
        let first = (index + 1).saturating_sub(usize::from(list.height));
        for (window, row) in shown.iter().skip(first).zip(0..list.height) {
            let (sign, role) = look(window.phase(now), canvas);
            let mut pen = canvas.pen(list, row);
            pen.put(sign, role).skip(1).column(window.phase(now).word(), 10, role);
            pen.figure(&format!("#{}", window.id), 5, Role::Muted).skip(1);
            // Number, phase and times have their cells; what it is over has the rest, so that two of a kind differ.
            let room = usize::from((list.width / 3).max(list.width.saturating_sub(56)));
            pen.column_start(&window.scope.to_string(), room, Role::Text).skip(1);
            pen.put(&format!("{} {}", format::moment(window.from), windows::end(window)), Role::Muted);
            canvas.highlight(paint::row(list, row), first + usize::from(row) == index, false);
        }
        canvas.scrollbar(list, first, usize::from(list.height), shown.len());
        if shown.is_empty() {
            canvas.text(list, 0, "none in force, none planned, none in the last 400 days", Role::Muted);
        }
        if let Some(window) = shown.get(index) {
            about(window, Rect { height: 3, ..paint::below(inside, foot - 4) }, canvas);
        }
        if let Some((id, scope)) = &self.asking {
            canvas.text(inside, foot - 1, &question(*id, scope, &shown, now), Role::Caution);
            return super::yes_or_no(inside, foot, state, canvas);
        }
        let mut keys = vec![(Action::DialogClose, "close")];
        if let Some(window) = shown.get(index).filter(|w| can_stop(state, w)) {
            let what = if window.is_to_take_back(now) { "take it back" } else { "stop it" };
            keys.insert(0, (Action::DialogAccept, what));
        }
        super::foot(inside, foot, &keys, state, canvas);
    }
}

fn question(id: u64, scope: &str, shown: &[&ExclusionWindow], now: Timestamp) -> String {
    if shown.iter().any(|w| w.id == id && w.is_to_take_back(now)) {
        return format!("Take back window {id} for the {scope}? Results that are kept are corrected.");
    }
    format!("Stop window {id} for the {scope}?")
}

fn can_stop(state: &State, window: &ExclusionWindow) -> bool {
    let write = Write::StopWindow { id: window.id, scope: String::new() };
    state.session.may_write() && windows::may(state, &write).is_ok()
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
    canvas.pen(area, 0).column("why", 8, Role::Muted).put(&window.reason, Role::Text);
    let past = if window.was_for_the_past() { ", for the past" } else { "" };
    let by = format!("{} at {}{past}", window.opened_by.name(), format::moment(window.opened_at));
    canvas.pen(area, 1).column("opened", 8, Role::Muted).put(&by, Role::Text);
    if let Some((by, at)) = &window.stopped {
        let text = format!("{} at {}", by.name(), format::moment(*at));
        canvas.pen(area, 2).column("stopped", 8, Role::Muted).put(&text, Role::Text);
    }
}
