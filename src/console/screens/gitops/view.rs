//! The picture: the reading, the lists, the source.

use ratatui::layout::Rect;

use crate::{
    console::{
        format, layout,
        paint::{Canvas, below},
        place::ScreenId,
        state::State,
        theme::Role,
        widgets::{
            ink::Ink,
            notice,
            source::{Source, severity_role},
            table::{Cell, Drawn, Table},
        },
        writes,
    },
    domain::gitops::{Place, Recognised, Severity},
};

use super::{
    facts,
    rows::{Id, Row, Tab},
};

/// Draw the screen.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    head(state, area, canvas);
    let tabs = Rect { y: area.y + super::head_height(state) - 1, ..area };
    if tabs.y < area.bottom() {
        let mut pen = canvas.pen(Rect { height: 1, ..tabs }, 0);
        for (tab, _, _, text) in tab_places(state, tabs) {
            pen.put(&text, if tab == state.gitops.tab { Role::Selection } else { Role::Muted });
        }
    }
    let (list_at, divider, source_at) = super::places(state, area);
    let ink = Ink::of(canvas);
    if state.gitops.list.is_empty() && state.gitops.line.is_none() {
        let (role, what, why) = nothing(state);
        let rest = below(area, super::head_height(state));
        return notice::draw(rest, canvas.buf, ink, role, &what, &why);
    }
    if list_at.width > 0 && state.gitops.list.is_empty() {
        let (role, what, why) = nothing(state);
        notice::draw(list_at, canvas.buf, ink, role, &what, &why);
    } else if list_at.width > 0 {
        list(state, list_at, canvas, ink);
    }
    canvas.divider(divider);
    if source_at.width > 0 {
        source(state, layout::inset(source_at), canvas, ink);
    }
}

/// Which reading is in force, how old it is, and whether a newer one was rejected.
fn head(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let source = &state.replica.estate.source;
    let errors = format::count(source.errors as usize, "error", "errors");
    let warnings = format::count(source.warnings as usize, "warning", "warnings");
    let read = canvas.when_said(source.read_at);
    let mut pen = canvas.pen(area, 0);
    match &source.revision {
        Some(revision) => pen.put(revision.get(..7).unwrap_or(revision), Role::Accent),
        None => pen.put("a folder outside git", Role::Muted),
    };
    pen.put(&format!("  {} files, ", source.files), Role::Text);
    pen.put(&errors, if source.errors > 0 { Role::Bad } else { Role::Text }).put(", ", Role::Text);
    pen.put(&warnings, if source.warnings > 0 { Role::Caution } else { Role::Text });
    pen.put(&format!(", read {read}"), Role::Muted);
    if let Some(commit) = state.gitops.index.get(|_| true).and_then(|(index, _)| index.commit.as_ref()) {
        pen.put(&format!("  \"{}\" by {}", commit.subject, commit.author), Role::Muted);
    }
    if let Some(why) = &source.rejected {
        let text = format!("a newer reading was rejected, this one stays in force: {why}");
        canvas.text(area, 1, &text, Role::Bad);
    }
}

/// Place and text of each tab, with how much is in it where that is known.
pub fn tab_places(state: &State, area: Rect) -> Vec<(Tab, u16, u16, String)> {
    let source = &state.replica.estate.source;
    let index = state.gitops.index.get(|_| true).map(|(index, _)| index);
    let mut x = area.x;
    Tab::ALL
        .into_iter()
        .map(|tab| {
            let count = match tab {
                Tab::Things => index.map(|i| i.declared.len()),
                Tab::Files => index.map(|i| i.files.len()),
                Tab::Faults => index.map(|i| i.faults.len()),
                Tab::Workflows => Some(source.workflows.len()),
                Tab::Catalog => Some(source.catalog.items.len()),
                Tab::Groups => Some(source.groups.len()),
            };
            let text = count.map_or_else(|| format!(" {} ", tab.word()), |n| format!(" {} {n} ", tab.word()));
            let from = x;
            x = x.saturating_add(u16::try_from(text.len()).unwrap_or(u16::MAX));
            (tab, from, x, text)
        })
        .collect()
}

fn list(state: &State, area: Rect, canvas: &mut Canvas<'_>, ink: Ink<'_>) {
    let screen = &state.gitops;
    let table = Table {
        columns: screen.tab.columns(),
        sorted: None,
        total: screen.list.len(),
        offset: screen.list.offset(),
        selected: Some(screen.list.index()),
        focused: true,
    };
    table.draw(area, canvas.buf, ink, |index| {
        let row = &screen.list.rows()[index];
        Drawn { cells: cells(row, ink), marked: screen.list.is_marked(row) }
    });
}

fn cells(row: &Row, ink: Ink<'_>) -> Vec<Cell> {
    let heading = matches!(row.id, Id::Heading(_));
    let base = ink.style(if heading { Role::Title } else { Role::Text });
    let style = row.severity.map_or(base, |s| ink.style(severity_role(s)));
    // In lists of things a fault is told by a sign, a word and a colour; the other lists say it in their columns.
    let told = !matches!(row.id, Id::Fault(..) | Id::File(_));
    let (sign, word) = match row.severity.filter(|_| told) {
        Some(Severity::Error) => (ink.glyphs.no, "error"),
        Some(Severity::Warning) => (ink.glyphs.warn, "warning"),
        None => ("", ""),
    };
    let [first, second, third] = &row.cells;
    let name = if sign.is_empty() { first.clone() } else { format!("{sign} {}", first.trim_start()) };
    let says = [word, second.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(": ");
    let muted = ink.style(Role::Muted);
    let says_style = if matches!(row.id, Id::Fault(..)) { base } else { row.severity.map_or(muted, |_| style) };
    vec![Cell::styled(name, style), Cell::styled(says, says_style), Cell::styled(third.clone(), muted)]
}

fn source(state: &State, area: Rect, canvas: &mut Canvas<'_>, ink: Ink<'_>) {
    let row = state.gitops.list.selected();
    let above = row.map_or_else(Vec::new, |row| {
        facts::lines(&row.id, &state.replica.estate.source, &state.session.user, area.width, ink)
    });
    for (line, y) in above.iter().zip(area.y..area.bottom()) {
        canvas.buf.set_line(area.x, y, line, area.width);
    }
    let used = u16::try_from(above.len()).unwrap_or(u16::MAX).min(area.height);
    let rest = below(area, if used > 0 { used + 1 } else { 0 });
    let Some(place) = super::target(state) else {
        if above.is_empty() {
            notice::draw(
                rest,
                canvas.buf,
                ink,
                Role::Muted,
                "Nothing to show here",
                "choose something below the heading",
            );
        }
        return;
    };
    file(state, &place, rest, canvas, ink);
}

fn file(state: &State, place: &Place, area: Rect, canvas: &mut Canvas<'_>, ink: Ink<'_>) {
    if area.height < 2 {
        return;
    }
    let Some(text) = super::text_of(state, &place.file) else {
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
    let rest = canvas.heading(area, &place.file, &note, true);
    Source {
        lines: &text.file.lines,
        in_block: &text.in_block,
        faults: &text.file.faults,
        marked,
        offset: super::offset(state, text),
    }
    .draw(rest, canvas.buf, ink);
}

/// Why the text of a file is not here.
fn no_text(state: &State, file: &str) -> (Role, String, String) {
    let entry = state.gitops.index.get(|_| true).and_then(|(index, _)| index.files.iter().find(|f| &*f.path == file));
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

/// Why the list is empty.
fn nothing(state: &State) -> (Role, String, String) {
    let screen = &state.gitops;
    let filter = &state.filters[ScreenId::GitOps as usize];
    let here = screen.index.get(|_| true).is_some() || screen.tab.is_live();
    if !here {
        return match screen.index.failure() {
            Some(failure) => {
                (Role::Bad, "What the repository declares could not be read".to_owned(), writes::told(failure))
            }
            None => (Role::Muted, "What the repository declares is being read".to_owned(), String::new()),
        };
    }
    if !filter.text().is_empty() {
        let what = format!("Nothing under \"{}\" matches `{}`", screen.tab.word(), filter.text());
        return (Role::Text, what, "esc takes the filter away".to_owned());
    }
    match screen.tab {
        Tab::Faults => (Role::Good, "No faults".to_owned(), "every file of ours was read whole".to_owned()),
        tab => (Role::Text, format!("No {}", tab.word()), "the repository declares none".to_owned()),
    }
}
