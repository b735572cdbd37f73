//! The board: a column of cards for each status. Rows of the list stand column by column, so a column is a range of them.

use std::ops::Range;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{Tickets, list::View, order::BOARD, words};
use crate::{
    console::{
        action::Action,
        format,
        theme::Role,
        widgets::{fit, ink::Ink},
    },
    domain::tickets::{Ticket, TicketStatus},
};

/// Columns, one for each status.
const COLUMNS: usize = BOARD.len();

/// Where the columns begin among the rows, and which card is at the top of each.
#[derive(Clone, Debug, Default)]
pub struct Board {
    bounds: [usize; COLUMNS + 1],
    tops: [usize; COLUMNS],
    room: usize,
}

impl Board {
    /// Take over how many rows stand in each column.
    pub fn set(&mut self, counts: [usize; COLUMNS]) {
        for (column, count) in counts.into_iter().enumerate() {
            self.bounds[column + 1] = self.bounds[column] + count;
        }
    }

    fn column(&self, column: usize) -> Range<usize> {
        self.bounds[column]..self.bounds[column + 1]
    }

    /// The column of a row.
    fn of(&self, index: usize) -> usize {
        (0..COLUMNS).find(|column| self.column(*column).contains(&index)).unwrap_or(0)
    }

    /// The rows of a column that are in sight.
    fn visible(&self, column: usize) -> Range<usize> {
        let Range { start, end } = self.column(column);
        let first = start + self.tops[column];
        first.min(end)..(first + self.room).min(end)
    }

    /// Every row in sight.
    pub fn in_sight(&self) -> impl Iterator<Item = usize> {
        (0..COLUMNS).flat_map(|column| self.visible(column))
    }

    /// How much room there is; keeps the cursor's card in sight and no room empty below a column.
    pub fn fit(&mut self, area: Rect, index: usize) {
        self.room = (usize::from(area.height.saturating_sub(2)) / usize::from(pitch(area))).max(1);
        let at = self.of(index);
        for column in 0..COLUMNS {
            let range = self.column(column);
            let last_top = range.len().saturating_sub(self.room);
            let top = &mut self.tops[column];
            *top = (*top).min(last_top);
            if column == at && range.contains(&index) {
                let card = index - range.start;
                *top = (*top).min(card).max((card + 1).saturating_sub(self.room));
            }
        }
    }

    /// Where a movement leads from a row; none when it is no movement.
    pub fn moved(&self, index: usize, action: Action) -> Option<usize> {
        let at = self.of(index);
        let range = self.column(at);
        let last = range.end.saturating_sub(1).max(range.start);
        let step = |by: isize| index.saturating_add_signed(by).clamp(range.start, last);
        let page = isize::try_from(self.room).unwrap_or(1);
        Some(match action {
            Action::Down => step(1),
            Action::Up => step(-1),
            Action::PageDown => step(page),
            Action::PageUp => step(-page),
            Action::Top => range.start,
            Action::Bottom => last,
            Action::TicketLeft => self.across(index, (0..at).rev()),
            Action::TicketRight => self.across(index, at + 1..COLUMNS),
            _ => return None,
        })
    }

    /// The card of the same height in the first of `columns` that has any.
    fn across(&self, index: usize, mut columns: impl Iterator<Item = usize>) -> usize {
        let at = self.of(index);
        let height = (index - self.column(at).start).saturating_sub(self.tops[at]);
        let Some(to) = columns.find(|column| !self.column(*column).is_empty()) else {
            return index;
        };
        let range = self.column(to);
        (range.start + self.tops[to] + height).min(range.end - 1)
    }

    /// The card at a cell, and the column it is in.
    pub fn at(&self, area: Rect, x: u16, y: u16) -> Option<(TicketStatus, Option<usize>)> {
        let width = area.width / 4;
        if width < NARROWEST || !area.contains((x, y).into()) {
            return None;
        }
        let column = usize::from((x - area.x) / width).min(COLUMNS - 1);
        let card = y.checked_sub(area.y + 1).map(|below| usize::from(below / pitch(area)));
        let row = card.and_then(|card| self.visible(column).nth(card));
        Some((BOARD[column], row))
    }

    /// The wheel over a column: its cards go on, its cursor too where it is there.
    pub fn scrolled(&mut self, status: TicketStatus, index: usize, down: bool) -> usize {
        let column = status as usize;
        let range = self.column(column);
        let top = &mut self.tops[column];
        *top = if down { (*top + 1).min(range.len().saturating_sub(self.room)) } else { top.saturating_sub(1) };
        if range.contains(&index) {
            self.visible(column).nth(self.at_height(index, column)).unwrap_or(index)
        } else {
            index
        }
    }

    fn at_height(&self, index: usize, column: usize) -> usize {
        let visible = self.visible(column);
        index.clamp(visible.start, visible.end.saturating_sub(1).max(visible.start)) - visible.start
    }
}

/// Below this many cells a column says nothing.
const NARROWEST: u16 = 8;

/// Lines of a card: number and priority, the clock and who has it, and the title in two.
const CARD: u16 = 4;

/// Rows from one card to the next: a blank one between them where there is room for air.
const fn pitch(area: Rect) -> u16 {
    if area.height >= 26 { CARD + 1 } else { CARD }
}

impl View<'_> {
    /// Draw the board, or the list where there is no room for four columns.
    pub fn board(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let width = area.width / 4;
        if width < NARROWEST || area.height < 4 {
            return self.list(area, buf, ink);
        }
        for (column, x) in (0..COLUMNS).zip((area.x..).step_by(usize::from(width))) {
            self.column(column, Rect { x, width: width - 1, ..area }, buf, ink);
        }
    }

    fn column(&self, column: usize, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let screen: &Tickets = self.screen;
        let status = BOARD[column];
        let all = screen.columns.column(column);
        let visible = screen.columns.visible(column);
        let heading = format!("{} {} {}", words::status_mark(status, ink.ascii()), status.word(), all.len());
        let here = all.contains(&screen.list.index());
        let style =
            if here { ink.style(Role::Title).add_modifier(Modifier::UNDERLINED) } else { ink.style(Role::Title) };
        buf.set_stringn(area.x, area.y, heading, usize::from(area.width), style);
        let step = usize::from(pitch(area));
        for (index, y) in visible.clone().zip((area.y + 1..).step_by(step)) {
            let row = &screen.list.rows()[index];
            let Some(ticket) = self.estate.tickets.get(&row.0) else { continue };
            let marked = screen.list.is_marked(row);
            self.card(ticket, (index == screen.list.index(), marked), Rect { y, height: CARD, ..area }, buf, ink);
        }
        let (above, below) = (visible.start - all.start, all.end - visible.end);
        let text = match (above, below) {
            (0, 0) => return,
            (0, below) => format!("{below} more below"),
            (above, 0) => format!("{above} more above"),
            (above, below) => format!("{above} above, {below} below"),
        };
        buf.set_stringn(area.x, area.bottom() - 1, text, usize::from(area.width), ink.style(Role::Muted));
    }

    fn card(&self, ticket: &Ticket, on: (bool, bool), area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let (selected, marked) = on;
        let width = usize::from(area.width);
        let (clock, role) = words::due(ticket, self.now);
        let cursor = match (selected, marked) {
            (true, _) => ink.glyphs.cursor,
            (false, true) => ink.glyphs.yes,
            (false, false) => " ",
        };
        let base = if selected { ink.style(Role::Selection) } else { ink.style(Role::Text) };
        let over = |role: Role| if selected { base } else { ink.style(role) };
        buf.set_style(area, base);
        let first = Line::from(vec![
            Span::styled(format!("{cursor}{} #{} ", self.mark(ticket, ink), ticket.number), base),
            Span::styled(ticket.priority.word(), over(words::priority_role(ticket.priority))),
        ]);
        buf.set_line(area.x, area.y, &first, area.width);
        let who = match &ticket.assignee {
            Some((_, name)) => format!("  {name}"),
            None => String::new(),
        };
        let room = width.saturating_sub(1 + format::width(&clock));
        let second = Line::from(vec![
            Span::styled(format!(" {clock}"), over(role)),
            Span::styled(fit::cut(&who, room, ink.ascii()).into_owned(), over(Role::Muted)),
        ]);
        buf.set_line(area.x, area.y + 1, &second, area.width);
        let room = width.saturating_sub(1);
        for (line, y) in
            fit::lines(&words::titled(ticket, self.over, self.now), room, 2, ink.ascii()).into_iter().zip(area.y + 2..)
        {
            buf.set_stringn(area.x + 1, y, line, room, base);
        }
    }
}
