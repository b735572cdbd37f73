//! What stands beside a list, or in front of it: facts and source with its authors, the commits of a file, what a commit
//! changed, a step of a plan, both axes of a service.

use ratatui::{layout::Rect, text::Line};

use crate::{
    console::{
        action::Action,
        format, layout,
        msg::Failure,
        paint::{Canvas, below, wrap},
        state::State,
        theme::Role,
        widgets::{
            diff::Diff,
            ink::Ink,
            notice, scrollbar,
            source::{Authors, Source, severity_role},
        },
        writes,
    },
    domain::gitops::{Place, Recognised},
};

use super::{
    drift, facts, plan,
    plan::Which,
    reading_of,
    rows::{Id, Tab},
    target, text_of,
    trail::{self, Pane},
    wishes,
};

/// Whether what is selected is told in lines of text, and not by its source.
pub fn is_text(state: &State) -> bool {
    let screen = &state.gitops;
    match screen.tab {
        Tab::Plan | Tab::Drift => true,
        Tab::Rules => matches!(screen.list().selected().map(|r| &r.id), Some(Id::Category(_) | Id::Provider(_))),
        Tab::Things | Tab::Faults | Tab::Reading => false,
    }
}

/// How many lines that text has in a pane of this size.
pub fn height(state: &State, area: Rect) -> usize {
    let mut none = ratatui::buffer::Buffer::empty(Rect::ZERO);
    let canvas = Canvas::new(state, &mut none);
    text(state, usize::from(layout::inset(area).width.saturating_sub(1)), &canvas).len()
}

/// That text.
fn text(state: &State, width: usize, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let ink = Ink::of(canvas);
    let screen = &state.gitops;
    let Some(row) = screen.list().selected() else {
        return Vec::new();
    };
    match &row.id {
        Id::Step(..) => {
            let is_done = matches!(screen.plans.which, Which::Done(_));
            let step = screen.plans.shown().and_then(|(plan, _)| plan.steps.get(row.item));
            step.map(|step| plan::lines(step, is_done, width, ink)).unwrap_or_default()
        }
        Id::Done(at) => screen.plans.reconciled(*at).map(|r| done(r, canvas, width)).unwrap_or_default(),
        Id::Drift(_) => {
            let drift = screen.drift.all.get(|_| true).and_then(|(all, _)| all.get(row.item));
            drift.map(|drift| drift::lines(drift, width, canvas)).unwrap_or_default()
        }
        id => {
            let declared = screen.declared.get(|_| true).map(|(state, _)| state);
            let width = u16::try_from(width).unwrap_or(u16::MAX);
            facts::lines(id, &state.replica.estate.source, declared, &state.session.user, width, ink)
        }
    }
}

/// What one reconcile did, in short.
fn done(done: &crate::domain::gitops::Reconciled, canvas: &Canvas<'_>, width: usize) -> Vec<Line<'static>> {
    let mut lines = match &done.commit {
        Some(commit) => trail::commit_lines(commit, canvas, width),
        None => vec![Line::from("a reading without a commit")],
    };
    lines.push(Line::from(""));
    lines.push(Line::from(format!("reconciled {}", canvas.when_said(done.at))));
    let ink = Ink::of(canvas);
    if let Some(why) = &done.rejected {
        let told = format!("rejected, so nothing was done: {why}");
        lines.extend(wrap(&told, width).into_iter().map(|part| Line::styled(part, ink.style(Role::Bad))));
        return lines;
    }
    let counted = plan::counted(&done.plan);
    if counted.is_empty() {
        lines.push(Line::styled("nothing changed", ink.style(Role::Muted)));
    }
    lines.extend(counted.into_iter().map(|(text, role)| Line::styled(format!("  {text}"), ink.style(role))));
    lines
}

/// Draw it.
pub fn draw(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let area = layout::inset(area);
    match &state.gitops.trail.pane {
        _ if is_text(state) => draw_text(state, area, canvas),
        Pane::Source => source(state, area, canvas),
        Pane::History => history(state, area, canvas),
        Pane::Commit(id) => commit(state, id.as_deref(), area, canvas),
    }
}

fn draw_text(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let width = area.width.saturating_sub(1);
    let lines = text(state, usize::from(width), canvas);
    let limit = lines.len().saturating_sub(usize::from(area.height));
    let offset = state.gitops.scroll.unwrap_or(0).min(limit);
    for (line, y) in lines.iter().skip(offset).zip(area.top()..area.bottom()) {
        canvas.buf.set_line(area.x, y, line, width);
    }
    let bar = Rect { x: area.right().saturating_sub(1), width: 1.min(area.width), ..area };
    scrollbar::draw(bar, canvas.buf, Ink::of(canvas), offset, lines.len());
}

fn put_lines(lines: &[Line<'_>], area: Rect, canvas: &mut Canvas<'_>) -> Rect {
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        canvas.buf.set_line(area.x, y, line, area.width);
    }
    below(area, u16::try_from(lines.len()).unwrap_or(u16::MAX))
}

fn source(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let ink = Ink::of(canvas);
    let screen = &state.gitops;
    let mut above = screen.list().selected().map_or_else(Vec::new, |row| {
        let declared = screen.declared.get(|_| true).map(|(state, _)| state);
        facts::lines(&row.id, &state.replica.estate.source, declared, &state.session.user, area.width, ink)
    });
    above.extend(fault(state, usize::from(area.width), ink));
    above.extend(explained(state, usize::from(area.width), ink));
    let rest = put_lines(&above, area, canvas);
    let rest = if above.is_empty() { rest } else { below(rest, 1) };
    match target(state) {
        Some(place) => file(state, &place, rest, canvas),
        None if above.is_empty() => {
            let hint = "choose something below the heading";
            notice::draw(rest, canvas.buf, ink, Role::Muted, "Nothing to show here", hint);
        }
        None => {}
    }
}

/// What is wrong and what to do about it, whole: in the list and below its line in the file there is seldom room for it.
fn fault(state: &State, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let screen = &state.gitops;
    let row = screen.list().selected().filter(|row| matches!(row.id, Id::Fault(..)));
    let Some(fault) = row.and_then(|row| screen.known()?.index.faults.get(row.item)) else {
        return Vec::new();
    };
    let role = severity_role(fault.severity);
    let told = wrap(&fault.message, width).into_iter().map(|part| Line::styled(part, ink.style(role)));
    let hint = wrap(&fault.hint, width).into_iter().map(|part| Line::styled(part, ink.style(Role::Text)));
    told.chain(hint).collect()
}

/// The code of the selected fault explained, when that was asked for.
fn explained(state: &State, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let Some(Id::Fault(code, ..)) = state.gitops.list().selected().map(|r| &r.id) else {
        return Vec::new();
    };
    if !state.gitops.explains {
        return Vec::new();
    }
    let told = code.explanation();
    let title = format!("{} {}", code.code(), told.title);
    let mut lines: Vec<Line<'static>> =
        wrap(&title, width).into_iter().map(|part| Line::styled(part, ink.style(Role::Title))).collect();
    for (text, role) in [(told.meaning, Role::Text), (told.why, Role::Muted), (told.mend, Role::Good)] {
        let parts = wrap(text, width.saturating_sub(2));
        lines.extend(parts.into_iter().map(|part| Line::styled(format!("  {part}"), ink.style(role))));
    }
    lines
}

/// The line on who last changed what is looked at; empty where that cannot be said yet.
fn last_changed(state: &State, place: &Place, canvas: &Canvas<'_>) -> (String, Role) {
    if let Some(commit) = wishes::last_change(state) {
        return (format!("last changed by {}", trail::commit_line(commit, canvas)), Role::Muted);
    }
    let trail = &state.gitops.trail;
    match (trail.blame_of(&place.file, &reading_of(state)), trail.blame.failure()) {
        (Some(_), _) => ("not committed yet".to_owned(), Role::Caution),
        (None, Some(failure)) => (no_trail(failure), Role::Caution),
        (None, None) => ("who last changed this is being looked up".to_owned(), Role::Muted),
    }
}

/// Why nobody can say who made it so, as a sentence.
fn no_trail(failure: &Failure) -> String {
    format!("no trail: {}", failure.message)
}

fn file(state: &State, place: &Place, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height < 2 {
        return;
    }
    let ink = Ink::of(canvas);
    let Some(text) = text_of(state, &place.file) else {
        let (role, what, why) = no_text(state, &place.file);
        let rest = canvas.heading(area, &place.file, "", false);
        return notice::draw(rest, canvas.buf, ink, role, &what, &why);
    };
    let marked = super::marked(state, text);
    let note = match (marked, text.file.faults.len()) {
        (Some((first, last)), 0) if first != last => format!("lines {first} to {last}"),
        (Some((first, _)), 0) => format!("line {first}"),
        (None, 0) => format::count(text.file.lines.len(), "line", "lines"),
        (_, faults) => format!("{} here", format::count(faults, "fault", "faults")),
    };
    let mut rest = canvas.heading(area, &place.file, &note, state.gitops.in_front);
    if rest.height > 4 {
        let (said, role) = last_changed(state, place, canvas);
        for line in wrap(&said, usize::from(rest.width)).into_iter().take(2) {
            canvas.text(rest, 0, &line, role);
            rest = below(rest, 1);
        }
    }
    let reading = reading_of(state);
    let trail = &state.gitops.trail;
    let blame = trail.blame_of(&place.file, &reading).filter(|_| trail.authors);
    Source {
        lines: &text.file.lines,
        in_block: &text.in_block,
        faults: &text.file.faults,
        marked,
        offset: super::offset(state, text),
        authors: blame.map(|blame| Authors { blame, now: canvas.now }),
    }
    .draw(rest, canvas.buf, ink);
}

/// Why the text of a file is not here.
fn no_text(state: &State, file: &str) -> (Role, String, String) {
    let entry = state.gitops.known().and_then(|known| known.index.files.iter().find(|f| &*f.path == file));
    match entry.map(|f| f.recognised) {
        Some(Recognised::Broken) => {
            let why = "its lines are never shown, because secrets in them could not be found; see its fault";
            return (Role::Bad, "This file cannot be read".to_owned(), why.to_owned());
        }
        Some(Recognised::Template | Recognised::Foreign | Recognised::Other) => {
            let why = "it is none of ours; it was left alone, and its text is not shown";
            return (Role::Muted, "Not read".to_owned(), why.to_owned());
        }
        Some(Recognised::Ours) | None => {}
    }
    match state.gitops.text.failure() {
        Some(failure) => (Role::Bad, "This file could not be read".to_owned(), writes::told(failure)),
        None => (Role::Muted, "The file is being read".to_owned(), String::new()),
    }
}

fn history(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(place) = target(state) else { return };
    let ink = Ink::of(canvas);
    let trail = &state.gitops.trail;
    let Some(history) = trail.history_of(&place.file) else {
        let rest = canvas.heading(area, &place.file, "commits", true);
        let (role, what, why) = match trail.history.failure() {
            Some(failure) => (Role::Caution, no_trail(failure), failure.hint.clone()),
            None => (Role::Muted, "Its commits are being looked up".to_owned(), String::new()),
        };
        return notice::draw(rest, canvas.buf, ink, role, &what, &why);
    };
    let count = format::count(history.revisions.len(), "commit", "commits");
    let note = if history.is_cut { format!("the newest {count}") } else { count };
    let rest = canvas.heading(area, &place.file, &note, true);
    if history.revisions.is_empty() {
        let why = "it is not committed yet";
        return notice::draw(rest, canvas.buf, ink, Role::Text, "No commit touched this file", why);
    }
    let list = Rect { height: rest.height.saturating_sub(1), ..rest };
    let width = list.width.saturating_sub(1);
    for ((index, row), y) in trail.revisions.visible().zip(list.top()..list.bottom()) {
        let Some(revision) = history.revisions.get(index) else { break };
        let is_from = trail.from.as_ref() == Some(&row.0);
        let selected = index == trail.revisions.index();
        let line = trail::revision_line(revision, selected, is_from, usize::from(width), canvas);
        canvas.buf.set_line(list.x, y, &line, width);
        let at = Rect { y, height: 1, width, ..list };
        canvas.highlight(at, selected, is_from);
    }
    canvas.scrollbar(list, trail.revisions.offset(), usize::from(list.height), history.revisions.len());
    foot(state, below(rest, rest.height.saturating_sub(1)), canvas);
}

/// What can be done with a commit.
fn foot(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let keymap = &state.options.keymap;
    let keys = [
        (Action::Open, "the change"),
        (Action::GitOpsChange, "what it changed in what is declared"),
        (Action::GitOpsFrom, "compare from"),
        (Action::Close, "back"),
    ];
    let mut pen = canvas.pen(area, 0);
    for (action, says) in keys {
        let key = keymap.label(action);
        if format::width(&key) + says.len() + 3 > pen.room() {
            break;
        }
        pen.put(&key, Role::Key).skip(1).put(says, Role::Muted).skip(2);
    }
}

fn commit(state: &State, id: Option<&str>, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(place) = target(state) else { return };
    let ink = Ink::of(canvas);
    let trail = &state.gitops.trail;
    let Some(diff) = id.and_then(|id| trail.diff_of(id)) else {
        let rest = canvas.heading(area, &place.file, "the change", true);
        let failure = if id.is_some() { trail.diff.failure() } else { trail.blame.failure() };
        let (role, what) = match failure {
            Some(failure) => (Role::Caution, no_trail(failure)),
            None if id.is_none() => (Role::Muted, "Who last changed these lines is being looked up".to_owned()),
            None => (Role::Muted, "The change is being looked up".to_owned()),
        };
        return notice::draw(rest, canvas.buf, ink, role, &what, "");
    };
    let rest = canvas.heading(area, &diff.path, diff.commit.id.get(..7).unwrap_or(&diff.commit.id), true);
    let lines = trail::commit_lines(&diff.commit, canvas, usize::from(rest.width));
    let rest = put_lines(&lines, rest, canvas);
    if let Some(why) = &diff.withheld {
        return notice::draw(rest, canvas.buf, ink, Role::Caution, "Its lines are not shown", why);
    }
    if diff.hunks.is_empty() {
        return notice::draw(rest, canvas.buf, ink, Role::Text, "No line of this file changed", "");
    }
    let limit = crate::console::widgets::diff::total_rows(diff).saturating_sub(usize::from(rest.height));
    Diff { diff, offset: state.gitops.scroll.unwrap_or(0).min(limit) }.draw(rest, canvas.buf, ink);
}
