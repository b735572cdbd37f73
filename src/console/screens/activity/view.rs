//! The picture: changes as sentences, or what I did.

use ratatui::layout::Rect;

use crate::{
    console::{
        format,
        paint::Canvas,
        place::ScreenId,
        screens::words as shared,
        state::{Deed, Outcome, State},
        theme::{Glyphs, Role},
        widgets::{
            ink::Ink,
            notice,
            table::{Cell, Column, Drawn, Table},
        },
        writes,
    },
    domain::{change::Change, health::Counted, time::Timestamp},
};

use super::words::{self, Kind};

const CHANGES: [Column; 4] = [
    Column::words("WHEN", 7, 12, 1),
    Column::words("WHO", 9, 18, 2),
    Column::path("WHAT", 16, 36, 0),
    Column::words("HAPPENED", 30, 200, 0),
];

const DEEDS: [Column; 4] = [
    Column::words("WHEN", 8, 8, 1),
    Column::words("DID", 20, 44, 2),
    Column::words("OUTCOME", 16, 40, 0),
    Column::words("AS A COMMAND", 24, 200, 0),
];

/// Place and text of each kind, and of the journal behind them.
pub fn kind_places(area: Rect) -> Vec<(Option<Kind>, u16, u16, String)> {
    let mut x = area.x;
    let mut out = Vec::new();
    for kind in Kind::ALL.into_iter().map(Some).chain([None]) {
        let text = format!(" {} ", kind.map_or("my journal", Kind::word));
        let from = x;
        x = x.saturating_add(u16::try_from(text.len()).unwrap_or(u16::MAX));
        out.push((kind, from, x, text));
    }
    out
}

/// Draw the screen.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let screen = &state.activity;
    let (kinds, list, told) = super::places(area);
    let front = (!screen.journal).then_some(screen.kind);
    let mut pen = canvas.pen(kinds, 0);
    for (kind, _, _, text) in kind_places(kinds) {
        pen.put(&text, if kind == front { Role::Selection } else { Role::Muted });
    }
    if !screen.journal {
        let follow = if screen.follow { "follow" } else { "" };
        let older = match (&screen.failure, screen.older, screen.whole) {
            (Some(_), ..) => "older unreadable",
            (None, Some(_), _) => "reading older",
            (None, None, true) => "end of log",
            (None, None, false) => "",
        };
        let moved = match screen.left_out {
            0 => String::new(),
            count => format!("{} under budgets", format::count(count, "moved figure", "moved figures")),
        };
        let note = [moved.as_str(), follow, older].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
        pen.right(&note, if screen.failure.is_some() { Role::Bad } else { Role::Muted });
    }
    if screen.journal {
        journal(state, list, canvas)
    } else {
        changes(state, list, canvas)
    }
    whole(state, told, canvas);
}

/// The row under the cursor with nothing cut off.
fn whole(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let Some((head, text)) = told(state).filter(|_| area.height > 1) else {
        return;
    };
    let rule = canvas.glyphs.horizontal;
    canvas.pen(area, 0).repeat(rule, usize::from(area.width), Role::Rule);
    let row = canvas.wrapped(area, 1, &head, Role::Muted);
    canvas.wrapped(area, row, &text, Role::Text);
}

/// When, who and what about, and what happened; or what was done here, and what became of it.
fn told(state: &State) -> Option<(String, String)> {
    let screen = &state.activity;
    if screen.journal {
        let row = screen.deeds.selected()?;
        let deed = state.journal.iter().rev().find(|deed| deed.request == row.0)?;
        let (outcome, _) = outcome(deed, &state.options.glyphs);
        let head = format!("{}  {}: {outcome}", at(deed.at), deed.write.sentence());
        return Some((head, deed.write.command().replace('\n', " ")));
    }
    let change = super::chosen(state)?;
    let (object, sentence) = in_words(change, screen.list.selected()?.many);
    let head = format!("{}  {}  {object}", format::moment(change.at), words::actor(&change.actor));
    Some((head, sentence))
}

fn changes(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let ink = Ink::of(canvas);
    let screen = &state.activity;
    if screen.list.is_empty() {
        let (role, what, why) = nothing(state);
        return notice::draw(area, canvas.buf, ink, role, &what, &why);
    }
    let table = Table {
        columns: &CHANGES,
        sorted: None,
        total: screen.list.len(),
        offset: screen.list.offset(),
        selected: Some(screen.list.index()),
        focused: true,
    };
    let whens: Vec<(usize, String)> = screen
        .list
        .visible()
        .filter_map(|(index, row)| state.replica.feed.get(row.at).map(|seen| (index, canvas.when(seen.change.at))))
        .collect();
    let first = screen.list.offset();
    table.draw(area, canvas.buf, ink, |index| {
        let row = &screen.list.rows()[index];
        let when = whens.get(index.saturating_sub(first)).map(|(_, text)| text.clone()).unwrap_or_default();
        let change = state.replica.feed.get(row.at).map(|seen| &seen.change);
        Drawn {
            cells: change.map(|c| cells(c, row.many, when, ink)).unwrap_or_default(),
            marked: screen.list.is_marked(row),
            ..Drawn::default()
        }
    });
}

fn cells(change: &Change, many: Option<Counted>, when: String, ink: Ink<'_>) -> Vec<Cell> {
    let (object, sentence) = in_words(change, many);
    vec![
        Cell::styled(when, ink.style(Role::Muted)),
        Cell::plain(words::actor(&change.actor)),
        Cell::plain(object),
        Cell::styled(sentence, ink.style(words::role(&change.fact))),
    ]
}

/// What a change is about, and what happened to it.
fn in_words(change: &Change, many: Option<Counted>) -> (String, String) {
    match many {
        Some(many) => shared::together(change, many),
        None => (words::object(&change.fact), words::sentence(change)),
    }
}

fn journal(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let ink = Ink::of(canvas);
    let screen = &state.activity;
    if screen.deeds.is_empty() {
        let why = if state.session.may_write() {
            "whatever you change from here is listed here, each line to copy as a command"
        } else {
            "this session is read-only: nothing can be written in it"
        };
        return notice::draw(area, canvas.buf, ink, Role::Text, "Nothing was written in this session", why);
    }
    let table = Table {
        columns: &DEEDS,
        sorted: None,
        total: screen.deeds.len(),
        offset: screen.deeds.offset(),
        selected: Some(screen.deeds.index()),
        focused: true,
    };
    table.draw(area, canvas.buf, ink, |index| {
        let row = &screen.deeds.rows()[index];
        let deed = state.journal.iter().rev().find(|deed| deed.request == row.0);
        deed.map(|deed| deed_cells(deed, ink)).unwrap_or_default()
    });
}

fn deed_cells(deed: &Deed, ink: Ink<'_>) -> Vec<Cell> {
    let (text, role) = outcome(deed, ink.glyphs);
    vec![
        Cell::styled(at(deed.at), ink.style(Role::Muted)),
        Cell::plain(deed.write.sentence()),
        Cell::styled(text, ink.style(role)),
        // A comment of several lines is one line here; the copy keeps them.
        Cell::plain(deed.write.command().replace('\n', " ")),
    ]
}

fn outcome(deed: &Deed, glyphs: &Glyphs) -> (String, Role) {
    match &deed.outcome {
        Outcome::Sent => ("sent, no answer yet".to_owned(), Role::Caution),
        Outcome::Done => (format!("{} done", glyphs.yes), Role::Good),
        Outcome::Refused(why) => (format!("{} {why}", glyphs.no), Role::Bad),
        Outcome::Checking => ("? unknown, checking".to_owned(), Role::Caution),
    }
}

fn at(at: Timestamp) -> String {
    format::clock_seconds(at)
}

/// Why there is no change to see.
fn nothing(state: &State) -> (Role, String, String) {
    let screen = &state.activity;
    let filter = &state.filters[ScreenId::Activity as usize];
    if let Some(failure) = &screen.failure {
        return (Role::Bad, "Older changes could not be read".to_owned(), writes::told(failure));
    }
    if screen.older.is_some() {
        return (Role::Muted, "Changes are being read".to_owned(), String::new());
    }
    if !filter.text().is_empty() {
        let what = format!("No change under \"{}\" matches `{}`", screen.kind.word(), filter.text());
        return (Role::Text, what, "esc takes the filter away".to_owned());
    }
    let why = "nothing of this kind is in the log that the core keeps";
    (Role::Text, format!("No changes under \"{}\"", screen.kind.word()), why.to_owned())
}
