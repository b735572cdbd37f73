//! Tickets: who works on what, what he promised, what may be done next and why not.
//!
//! List or board, a detail with the workflow drawn, writes through [`crate::console::writes`]. Start at [`order`]
//! (tabs and columns), [`words`], [`detail`] (one ticket), [`acts`] (what keys do).

pub mod acts;
pub mod detail;
mod list;
pub mod order;
#[cfg(test)]
mod tests;
mod view;
pub mod words;

use ratatui::layout::Rect;

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
        widgets::{flow::Flow, ink::Ink},
    },
    domain::{
        detail::TicketDetail,
        search::SearchContext,
        tickets::{Offer, Ticket, TicketStatus, offers},
        time::{MINUTE, SECOND, Timestamp},
    },
};

use order::{Preset, SortBy};

/// Cells from which list and detail stand side by side.
pub const WIDE: u16 = 130;
/// How long a move can be taken back with one key, in milliseconds.
pub const UNDO_MS: i64 = 10 * SECOND;

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

/// A move that can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// Which ticket.
    pub number: u64,
    /// Where it came from.
    pub back_to: TicketStatus,
    /// Where it went.
    pub went_to: TicketStatus,
    /// Until when it is offered.
    pub until: Timestamp,
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
    /// The last move, while it can be taken back.
    pub undo: Option<Undo>,
    /// How many tickets stand under each tab, in the order of [`Preset::ALL`].
    pub counts: [usize; 5],
    made: Option<Made>,
}

/// What rows were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Made {
    version: u64,
    filter: u64,
    preset: Preset,
    sort: SortBy,
    falls: bool,
    board: bool,
    minute: i64,
}

/// Where the screen is.
fn body_of(state: &State) -> Rect {
    layout::inset(layout::frame(state.size).body)
}

/// Tabs, list, divider and detail in `area`; what is not shown is empty.
fn places(state: &State, area: Rect) -> (Rect, Rect, Rect, Rect) {
    let none = Rect { width: 0, height: 0, ..area };
    let beside = area.width >= WIDE && !state.tickets.board;
    if !beside && state.tickets.in_front {
        return (none, none, none, area);
    }
    let tabs = Rect { height: area.height.min(1), ..area };
    let rest = below(area, 1);
    if !beside {
        return (tabs, rest, none, none);
    }
    let (list, divider, detail) = layout::columns(rest, 49);
    (tabs, list, divider, detail)
}

/// Make the rows again when what they are made of changed, or a minute went by.
pub fn settle(state: &mut State, body: Rect) {
    let now = state.core_now();
    let filter = &state.filters[ScreenId::Tickets as usize];
    let screen = &state.tickets;
    let made = Made {
        version: state.replica.version,
        filter: filter.version(),
        preset: screen.preset,
        sort: screen.sort,
        falls: screen.falls,
        board: screen.board,
        minute: now.ms().div_euclid(MINUTE),
    };
    let (_, list, ..) = places(state, body);
    if screen.made != Some(made) {
        let me = &state.session.user.id;
        let context = SearchContext { me: Some(me), now };
        let mut tickets: Vec<&Ticket> = state
            .replica
            .estate
            .tickets
            .values()
            .filter(|t| screen.preset.covers(t, me, now) && filter.ticket(t, &context))
            .collect();
        order::sort(&mut tickets, screen.sort, screen.falls, now);
        if screen.board {
            order::sort_for_board(&mut tickets);
        }
        let rows = tickets.into_iter().map(|t| Row(t.number)).collect();
        let all = &state.replica.estate.tickets;
        state.tickets.counts = Preset::ALL.map(|preset| all.values().filter(|t| preset.covers(t, me, now)).count());
        state.tickets.list.replace(rows);
        state.tickets.made = Some(made);
    }
    state.tickets.list.fit(list.height.saturating_sub(1));
    if state.tickets.undo.is_some_and(|undo| undo.until < state.now) {
        state.tickets.undo = None;
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
    state.tickets.past.want(key, &mut state.inflight, fetch).into_iter().collect()
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(state: &mut State, request: RequestId, result: &Result<Reply, Failure>) -> bool {
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
    if state.inflight.checks.values().any(|pending| about(&pending.write)) {
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
        let closed = state.replica.estate.tickets.get(number).is_some_and(|t| !t.is_live());
        state.tickets.preset = if closed { Preset::Closed } else { Preset::Open };
        state.filters[ScreenId::Tickets as usize].set("");
        state.tickets.list.aim(*number);
    }
    Vec::new()
}

/// How many promises are broken, for the tab.
pub fn badge(state: &State) -> String {
    let now = state.core_now();
    let broken = state
        .replica
        .estate
        .tickets
        .values()
        .filter(|t| t.is_live() && words::nearest(t, now).is_some_and(|left| left < 0))
        .count();
    if broken == 0 { String::new() } else { broken.to_string() }
}

/// Do what was asked for; none when it means nothing here.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    if state.tickets.list.moved(action) {
        state.tickets.scroll = 0;
        state.tickets.moved = None;
        return Some(Vec::new());
    }
    let screen = &mut state.tickets;
    match action {
        Action::Open => screen.in_front = !screen.list.is_empty(),
        Action::Close if screen.in_front => screen.in_front = false,
        Action::SortNext => screen.sort = screen.sort.next(),
        Action::SortReverse => screen.falls = !screen.falls,
        Action::TicketView => screen.board = !screen.board,
        Action::TicketPreset => {
            screen.preset = screen.preset.next();
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

fn scroll(state: &mut State, down: bool) {
    let (.., place) = places(state, body_of(state));
    let place = layout::inset(place);
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
        why: state.tickets.why,
        chosen: acts::chosen_move(state, ticket).map(|entry| entry.index),
        now: state.core_now(),
    }
}

/// Click on a row or a tab.
pub fn clicked(state: &mut State, area: Rect, column: u16, row: u16) -> Vec<Effect> {
    let (tabs, list, ..) = places(state, area);
    if tabs.contains((column, row).into()) {
        let hit = view::tab_places(state, tabs).into_iter().find(|(_, from, to, _)| (*from..*to).contains(&column));
        if let Some((preset, ..)) = hit {
            state.tickets.preset = preset;
        }
    } else if !state.tickets.board && list.contains((column, row).into()) && row > list.y {
        let index = state.tickets.list.offset() + usize::from(row - list.y - 1);
        if index < state.tickets.list.len() {
            state.tickets.list.stand(index);
            state.tickets.scroll = 0;
        }
    }
    Vec::new()
}

/// Say that a move can be taken back.
pub fn offer_undo(state: &mut State, undo: Undo) {
    let key = state.options.keymap.label(Action::TicketUndo);
    let text = format!("#{} moved to {}; {key} takes it back for 10 s", undo.number, undo.went_to.word());
    state.tickets.undo = Some(undo);
    state.say(Weight::Info, text);
}
