//! Tickets: who works on what, what he promised, what may be done next and why not.
//!
//! List or board, a detail with the workflow drawn, writes through [`crate::console::writes`]. Start at [`order`]
//! (tabs and columns), [`rows`] (which tickets), [`words`], [`detail`] (one ticket), [`acts`] (what keys do).

pub mod acts;
mod board;
pub mod detail;
mod list;
pub mod order;
mod rows;
#[cfg(test)]
mod tests;
mod view;
mod why;
pub mod words;

use std::collections::BTreeMap;

use ratatui::layout::Rect;

pub use rows::settle;
pub use view::view;

use crate::{
    console::{
        action::Action,
        effect::{Effect, Fetch, Write},
        inflight::Detail,
        layout,
        list::List,
        msg::{Failure, Reply, RequestId},
        paint::below,
        place::{Object, ScreenId},
        state::{State, Weight},
        undo,
        widgets::{
            flow::Flow,
            ink::Ink,
            table::{self, Column},
        },
    },
    domain::{
        detail::TicketDetail,
        tickets::{Offer, Ticket, offers},
        time::Timestamp,
    },
};

use order::{Preset, SortBy};

/// Cells from which list and detail stand side by side.
pub const WIDE: u16 = 130;
/// A row of the list: the ticket's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub u64);

impl crate::console::list::Row for Row {
    type Id = u64;
    fn id(&self) -> u64 {
        self.0
    }
}

/// Whether what we show of a ticket is what the core has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Standing {
    /// It is.
    #[default]
    Settled,
    /// A write is on its way; its result is shown ahead of the answer.
    Pending,
    /// The answer to a write was lost; a read is settling it.
    Checking,
}

/// The screen.
#[derive(Clone, Debug, Default)]
pub struct Tickets {
    /// The tickets in sight.
    pub list: List<Row>,
    /// Under which tab.
    pub preset: Preset,
    /// By which column.
    pub sort: SortBy,
    /// Whether the order is turned around.
    pub falls: bool,
    /// Whether the board is shown.
    pub board: bool,
    /// Whether the detail is in front where there is no room beside the list.
    pub in_front: bool,
    /// Whether the names tried for a role are told.
    pub why: bool,
    /// Which move of the history keys are about, counted from the newest; none: the newest.
    pub moved: Option<usize>,
    /// Lines of the detail scrolled.
    pub scroll: usize,
    /// The history of the ticket under the cursor, by number and by the moment of its last change.
    pub past: Detail<(u64, Timestamp), TicketDetail>,
    /// What git says of the line that allowed what is explained.
    pub trail: why::Trail,
    /// How many tickets stand under each tab, in their order.
    pub counts: Vec<usize>,
    /// What was typed for a ticket and not sent, by its number.
    pub drafts: BTreeMap<u64, String>,
    /// The board's columns among the rows.
    columns: board::Board,
    /// The card the mouse button went down on.
    grabbed: Option<u64>,
    /// All tickets in the order asked for.
    order: Vec<u64>,
    ordered: Option<rows::Ordered>,
    made: Option<rows::Made>,
    /// The columns for the tickets in sight.
    shown: Vec<Column>,
    measured: Option<rows::Measured>,
}

/// Where the screen is.
fn body_of(state: &State) -> Rect {
    layout::inset(layout::frame(state).body)
}

/// Tabs, list, divider and detail in `area`; what is not shown is empty.
fn places(state: &State, area: Rect) -> (Rect, Rect, Rect, Rect) {
    let none = Rect { width: 0, height: 0, ..area };
    let tabs = Rect { height: area.height.min(1), ..area };
    let rest = below(area, 1);
    let beside = area.width >= WIDE && !state.tickets.board;
    match (beside, state.tickets.in_front) {
        (false, true) => (tabs, none, none, layout::inset(rest)),
        (false, false) => (tabs, rest, none, none),
        (true, _) => {
            let (list, divider, detail) = layout::columns(rest, 49);
            // The screen has a blank column at its right already, so of the two of the detail titles get one, and a
            // drawn workflow the rest.
            let list = Rect { width: list.width + 1, ..list };
            let divider = Rect { x: divider.x + 1, ..divider };
            (tabs, list, divider, Rect { x: detail.x + 2, width: detail.width - 2, ..detail })
        }
    }
}

/// What is to be fetched now: the history of what is looked at.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    let (.., detail) = places(state, body_of(state));
    if state.screen != ScreenId::Tickets || detail.width == 0 {
        return Vec::new();
    }
    let Some(ticket) = chosen(state) else {
        return Vec::new();
    };
    // What is shown ahead of its answer has no history yet.
    if standing(state, ticket.number) != Standing::Settled {
        return Vec::new();
    }
    let key = (ticket.number, ticket.updated_at);
    let fetch = |key: &(u64, Timestamp)| Fetch::Ticket(key.0);
    let mut effects: Vec<Effect> = state.tickets.past.want(key, &mut state.inflight, fetch).into_iter().collect();
    effects.extend(why::wishes(state));
    effects
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(state: &mut State, request: RequestId, result: &Result<Reply, Failure>) -> bool {
    if state.tickets.trail.answered(request, result, state.core_now()) {
        return true;
    }
    let result = match result {
        Ok(Reply::Ticket(detail)) => Ok((**detail).clone()),
        Ok(_) => return false,
        Err(failure) => Err(failure.clone()),
    };
    state.tickets.past.answer(request, result, state.core_now())
}

/// Whether something is on its way to a ticket.
pub fn standing(state: &State, number: u64) -> Standing {
    let about = |write: &Write| write.number() == Some(number);
    if state.inflight.lost.values().any(|lost| about(&lost.pending.write)) {
        Standing::Checking
    } else if state.inflight.writes.values().any(|pending| about(&pending.write)) {
        Standing::Pending
    } else {
        Standing::Settled
    }
}

/// The ticket under the cursor.
pub fn chosen(state: &State) -> Option<&Ticket> {
    let row = state.tickets.list.selected()?;
    state.replica.estate.tickets.get(&row.0)
}

/// Every move out of its status, judged for the one who is signed in.
pub fn offers_of(state: &State, ticket: &Ticket) -> Vec<Offer> {
    let mut found = offers(ticket, state.directory(), &state.session.user);
    if !state.session.may_write() {
        let refusal = crate::domain::refusal::Refusal::new(
            crate::domain::refusal::RefusalCode::ReadOnly,
            "this session is read-only",
        );
        for offer in &mut found {
            offer.verdict = Err(refusal.clone());
        }
    }
    found
}

/// What is under the cursor.
pub fn selected(state: &State) -> Option<Object> {
    state.tickets.list.selected().map(|row| Object::Ticket(row.0))
}

/// Go to a ticket, under a tab that holds it.
pub fn open(state: &mut State, object: &Object) -> Vec<Effect> {
    let Object::Ticket(number) = object else {
        return Vec::new();
    };
    state.tickets.in_front = true;
    state.tickets.scroll = 0;
    if !state.tickets.list.select(number) {
        // Under its own tab, so that what is shown has a place in the list.
        let closed = state.replica.estate.tickets.get(number).is_some_and(|t| !t.is_live());
        state.tickets.preset = if closed { Preset::Closed } else { Preset::Open };
        state.filters[ScreenId::Tickets as usize].set("");
        state.tickets.list.aim(*number);
    }
    Vec::new()
}

/// How many promises are broken, for the tab.
pub fn badge(state: &State) -> String {
    match state.replica.late_tickets {
        0 => String::new(),
        late => late.to_string(),
    }
}

/// Whether time alone changes what is shown, second by second: a clock in sight is near its end.
pub fn ticks(state: &State) -> bool {
    if state.screen != ScreenId::Tickets || !state.replica.loaded {
        return false;
    }
    let now = state.core_now();
    let near = |number: &u64| state.replica.estate.tickets.get(number).is_some_and(|t| words::is_near(t, now));
    let screen = &state.tickets;
    let (_, list, _, detail) = places(state, body_of(state));
    let rows = screen.list.rows();
    let listed = list.width > 0
        && match screen.board {
            true => screen.columns.in_sight().any(|index| near(&rows[index].0)),
            false => screen.list.visible().any(|(_, row)| near(&row.0)),
        };
    listed || (detail.width > 0 && screen.list.selected().is_some_and(|row| near(&row.0)))
}

/// Whether an action means something where the cursor is.
pub fn means(state: &State, action: Action) -> bool {
    match action {
        Action::TicketUndo => undo::is_offered(state),
        Action::TicketNext | Action::TicketNarrow => state.tickets.list.len() > 1,
        Action::TicketTake
        | Action::TicketMove
        | Action::TicketComment
        | Action::TicketWhy
        | Action::TicketService
        | Action::TicketDeclaration
        | Action::Open => !state.tickets.list.is_empty(),
        _ => true,
    }
}

/// Do what was asked for; none when it means nothing here.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let screen = &mut state.tickets;
    let on_board = screen.board && !screen.in_front;
    if on_board && let Some(index) = screen.columns.moved(screen.list.index(), action) {
        screen.list.stand(index);
        return Some(looked_away(state));
    }
    if screen.list.moved(action) {
        return Some(looked_away(state));
    }
    match action {
        Action::Open => screen.in_front = !screen.list.is_empty(),
        Action::Close if screen.in_front => screen.in_front = false,
        Action::SortNext => screen.sort = screen.sort.next(),
        Action::SortReverse => screen.falls = !screen.falls,
        Action::TicketView => {
            screen.board = !screen.board;
            screen.in_front = false;
        }
        Action::TicketLeft | Action::TicketRight => {}
        Action::TicketNext | Action::TicketPrevious => return Some(triage(state, action == Action::TicketNext)),
        Action::TicketPreset | Action::TicketPresetBack => {
            let by = if action == Action::TicketPreset { 1 } else { -1 };
            screen.preset = screen.preset.turn(by, &state.options.views);
            screen.in_front = false;
        }
        Action::TicketWhy => {
            screen.why = !screen.why;
            screen.in_front = !screen.list.is_empty();
            screen.scroll = 0;
        }
        Action::ScrollDown | Action::ScrollUp => scroll(state, action == Action::ScrollDown),
        other => return acts::act(state, other),
    }
    Some(Vec::new())
}

/// Another ticket is looked at: from the top, about no move of its history.
fn looked_away(state: &mut State) -> Vec<Effect> {
    state.tickets.scroll = 0;
    state.tickets.moved = None;
    Vec::new()
}

/// On to the next ticket with its detail in front, without going back to the list.
fn triage(state: &mut State, on: bool) -> Vec<Effect> {
    let screen = &mut state.tickets;
    let before = screen.list.index();
    screen.list.step(if on { 1 } else { -1 });
    screen.in_front = !screen.list.is_empty();
    if screen.list.index() == before {
        let end = if on { "last" } else { "first" };
        state.say(Weight::Info, format!("this is the {end} ticket under this tab"));
        return Vec::new();
    }
    looked_away(state)
}

fn scroll(state: &mut State, down: bool) {
    let (.., place) = places(state, body_of(state));
    let limit = chosen(state).map_or(0, |ticket| {
        let ink = Ink { theme: state.options.theme(), glyphs: &state.options.glyphs, old: false };
        let found = offers_of(state, ticket);
        let mut flow = Flow::counting();
        view_of(state, ticket, &found).text(&mut flow, usize::from(place.width.saturating_sub(1)), ink);
        flow.count().saturating_sub(usize::from(place.height))
    });
    let screen = &mut state.tickets;
    screen.scroll = if down { (screen.scroll + 3).min(limit) } else { screen.scroll.min(limit).saturating_sub(3) };
}

fn view_of<'a>(state: &'a State, ticket: &'a Ticket, offers: &'a [Offer]) -> detail::View<'a> {
    let past = match (state.tickets.past.get(|key| key.0 == ticket.number), state.tickets.past.failure()) {
        (Some((detail, came)), _) => detail::Past::Here(detail, came),
        (None, Some(failure)) => detail::Past::Failed(&failure.message, &failure.hint),
        (None, None) if state.tickets.past.is_loading() => detail::Past::Loading,
        (None, None) => detail::Past::Missing("it was not asked for yet"),
    };
    detail::View {
        ticket,
        past,
        offers,
        standing: standing(state, ticket.number),
        why: state.tickets.why.then(|| why::of(state, ticket)).flatten(),
        explains: state.tickets.why,
        chosen: acts::chosen_move(state, ticket).map(|entry| entry.index),
        now: state.core_now(),
    }
}

/// Click on a row, a card, a tab or a heading. A second click on a row opens it.
pub fn clicked(state: &mut State, area: Rect, column: u16, row: u16) -> Vec<Effect> {
    let (tabs, list, ..) = places(state, area);
    if tabs.contains((column, row).into()) {
        let hit = view::tab_places(state, tabs).into_iter().find(|(_, from, to, _)| (*from..*to).contains(&column));
        if let Some((preset, ..)) = hit {
            state.tickets.preset = preset;
            state.tickets.in_front = false;
        }
        return Vec::new();
    }
    let screen = &mut state.tickets;
    if !list.contains((column, row).into()) {
        return Vec::new();
    }
    let index = match screen.board {
        true => screen.columns.at(list, column, row).and_then(|(_, card)| card),
        false if row == list.y => {
            if let Some(by) = table::column_at(&screen.shown, list.width, screen.list.scrolls(), column - list.x) {
                let by = SortBy::ALL[by];
                screen.falls = screen.sort == by && !screen.falls;
                screen.sort = by;
            }
            None
        }
        false => screen.list.at_line(usize::from(row - list.y - 1)),
    };
    let Some(index) = index.filter(|index| *index < screen.list.len()) else {
        return Vec::new();
    };
    if screen.list.index() == index {
        screen.in_front = true;
    }
    screen.list.stand(index);
    screen.grabbed = screen.list.selected().map(|row| row.0).filter(|_| screen.board);
    looked_away(state)
}

/// The button went up: a card that was carried to another column asks to be moved there. Nothing moves by itself.
pub fn released(state: &mut State, column: u16, row: u16) -> Vec<Effect> {
    let (_, list, ..) = places(state, body_of(state));
    let grabbed = state.tickets.grabbed.take();
    if !state.session.may_write() || !state.tickets.board {
        return Vec::new();
    }
    let to = state.tickets.columns.at(list, column, row).map(|(status, _)| status);
    if let (Some(number), Some(to)) = (grabbed, to)
        && state.replica.estate.tickets.get(&number).is_some_and(|ticket| ticket.status != to)
    {
        state.tickets.in_front = false;
        return acts::carried(state, number, to);
    }
    Vec::new()
}

/// The wheel turned over the list, a column of the board or the detail; none to leave it to the list as a whole.
pub fn wheeled(state: &mut State, column: u16, row: u16, down: bool) -> Option<Vec<Effect>> {
    let (_, list, _, detail) = places(state, body_of(state));
    if detail.contains((column, row).into()) {
        scroll(state, down);
        return Some(Vec::new());
    }
    if !state.tickets.board {
        return None;
    }
    let (status, _) = state.tickets.columns.at(list, column, row)?;
    let screen = &mut state.tickets;
    let index = screen.columns.scrolled(status, screen.list.index(), down);
    if index != screen.list.index() {
        screen.list.stand(index);
        return Some(looked_away(state));
    }
    Some(Vec::new())
}
