//! The rows of the screen, made only when what they are made of changed: first the order of all tickets, then which of
//! them are in sight. Typing a filter does not sort again.

use ratatui::layout::Rect;

use super::{Row, Tickets, order, places, words};
use crate::{
    console::{
        paint::wrap,
        place::ScreenId,
        state::State,
        widgets::{fit, table},
    },
    domain::{search::SearchContext, time::MINUTE},
};

use super::order::{Preset, SortBy};

/// What the order of all tickets and the figures on the tabs were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ordered {
    version: u64,
    minute: i64,
    sort: SortBy,
    falls: bool,
}

/// What rows were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    ordered: Ordered,
    filter: u64,
    preset: Preset,
    board: bool,
    /// The ticket that stays though the tab no longer holds it, because the cursor is on it: whoever acted on a ticket
    /// must not find another one under the next key.
    kept: Option<u64>,
}

/// What the lines of the rows were measured for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measured {
    made: Made,
    size: (u16, u16),
}

/// Make the rows again when what they are made of changed, or a minute went by.
pub fn settle(state: &mut State, body: Rect) {
    order(state);
    pick(state);
    let (_, list, ..) = places(state, body);
    let index = state.tickets.list.index();
    state.tickets.columns.fit(list, index);
    measure(state, list);
    state.tickets.list.fit(list.height.saturating_sub(1));
}

/// So many lines a title has at most.
const TITLE_LINES: usize = 3;

/// How wide the columns are for the tickets in sight, and how many lines each of these needs.
fn measure(state: &mut State, list: Rect) {
    let now = state.core_now();
    let screen = &mut state.tickets;
    let wanted = screen.made.map(|made| Measured { made, size: (list.width, list.height) });
    if screen.measured == wanted || screen.board {
        return;
    }
    screen.measured = wanted;
    let (all, over) = (&state.replica.estate.tickets, &state.replica.over);
    screen.shown = order::columns(screen.list.rows().iter().filter_map(|row| all.get(&row.0)), over, now);
    let lines = |scrolls: bool| -> Vec<usize> {
        let widths = table::widths(&screen.shown, table::room(list.width, scrolls));
        let room = usize::from(widths[SortBy::Title as usize]);
        let needed = |row: &Row| {
            let title = all.get(&row.0).map(|ticket| words::titled(ticket, over, now)).unwrap_or_default();
            if fit::cells(&title) <= room { 1 } else { wrap(&title, room).len().min(TITLE_LINES) }
        };
        screen.list.rows().iter().map(needed).collect()
    };
    // A bar at the right takes a cell of them: whether there is one depends on how many lines there are with it.
    let beside_bar = lines(true);
    let scrolls = beside_bar.iter().sum::<usize>() > usize::from(list.height.saturating_sub(1));
    let told = if scrolls { beside_bar } else { lines(false) };
    screen.list.measure(told);
}

fn order(state: &mut State) {
    let now = state.core_now();
    let screen = &state.tickets;
    let minute = now.ms().div_euclid(MINUTE);
    let wanted = Ordered { version: state.replica.version, minute, sort: screen.sort, falls: screen.falls };
    if screen.ordered == Some(wanted) {
        return;
    }
    let all = &state.replica.estate.tickets;
    let order = order::sorted(all.values(), screen.sort, screen.falls, now);
    let own = &state.options.views;
    let context = SearchContext { me: Some(&state.session.user.id), now };
    let count = |preset: Preset| all.values().filter(|ticket| preset.covers(ticket, own, &context)).count();
    let counts = Preset::all(own).map(count).collect();
    let screen = &mut state.tickets;
    (screen.order, screen.counts, screen.ordered) = (order, counts, Some(wanted));
}

fn pick(state: &mut State) {
    let screen = &state.tickets;
    let Some(ordered) = screen.ordered else { return };
    let filter = &state.filters[ScreenId::Tickets as usize];
    let cursor = screen.list.selected().map(|row| row.0);
    let same_view = screen
        .made
        .filter(|made| (made.filter, made.preset, made.board) == (filter.version(), screen.preset, screen.board));
    let wanted = Made {
        ordered,
        filter: filter.version(),
        preset: screen.preset,
        board: screen.board,
        kept: same_view.and_then(|made| made.kept).filter(|kept| cursor == Some(*kept)),
    };
    if screen.made == Some(wanted) {
        return;
    }
    let context = SearchContext { me: Some(&state.session.user.id), now: state.core_now() };
    let all = &state.replica.estate.tickets;
    let held = cursor.filter(|_| same_view.is_some());
    let (mut rows, mut kept) = (Vec::new(), None);
    let mut columns: [Vec<Row>; 4] = Default::default();
    for number in &screen.order {
        let Some(ticket) = all.get(number) else { continue };
        if !(screen.preset.covers(ticket, &state.options.views, &context) && filter.ticket(ticket, &context)) {
            if held != Some(*number) {
                continue;
            }
            kept = held;
        }
        match screen.board {
            true => columns[ticket.status as usize].push(Row(*number)),
            false => rows.push(Row(*number)),
        }
    }
    let counts = columns.each_ref().map(Vec::len);
    rows.extend(columns.into_iter().flatten());
    let screen: &mut Tickets = &mut state.tickets;
    screen.columns.set(counts);
    screen.list.replace(rows);
    screen.made = Some(Made { kept, ..wanted });
}
