//! The list of tickets and the board.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    Standing, Tickets,
    order::{BOARD, COLUMNS},
    words,
};
use crate::{
    console::{
        format,
        theme::Role,
        widgets::{
            fit,
            ink::Ink,
            table::{Cell, Drawn, Table},
        },
    },
    domain::{estate::Estate, tickets::Ticket, time::Timestamp},
};

/// What list and board are drawn from.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The screen.
    pub screen: &'a Tickets,
    /// Where the tickets are.
    pub estate: &'a Estate,
    /// Whether a write to a ticket is on its way.
    pub standing: &'a dyn Fn(u64) -> Standing,
    /// The core's clock.
    pub now: Timestamp,
    /// Whether keys go here.
    pub focused: bool,
}

impl View<'_> {
    /// The list.
    pub fn list(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let screen = self.screen;
        let table = Table {
            columns: &COLUMNS,
            sorted: Some((screen.sort as usize, screen.falls)),
            total: screen.list.len(),
            offset: screen.list.offset(),
            selected: Some(screen.list.index()),
            focused: self.focused,
        };
        table.draw(area, buf, ink, |index| {
            let row = &screen.list.rows()[index];
            Drawn {
                cells: self.estate.tickets.get(&row.0).map(|t| self.cells(t, ink)).unwrap_or_default(),
                marked: screen.list.is_marked(row),
                across: false,
            }
        });
    }

    fn cells(&self, ticket: &Ticket, ink: Ink<'_>) -> Vec<Cell> {
        let mark = self.mark(ticket, ink);
        let (response, urgent) = words::clock(&ticket.clocks.response, self.now);
        let (resolution, pressing) = words::clock(&ticket.clocks.resolution, self.now);
        let (due, near) = words::due(ticket, self.now);
        vec![
            Cell::plain(format!("{mark} {:>5}", format!("#{}", ticket.number))),
            Cell::styled(ticket.priority.word(), ink.style(words::priority_role(ticket.priority))),
            Cell::plain(ticket.status.word()),
            Cell::plain(ticket.title.clone()),
            Cell::plain(ticket.service.as_ref().map_or("-", |s| s.as_str())),
            Cell::plain(words::assignee(ticket)),
            Cell::styled(due, ink.style(near)),
            Cell::styled(response, ink.style(urgent)),
            Cell::styled(resolution, ink.style(pressing)),
            Cell::plain(format::span(self.now.since(ticket.opened_at))),
        ]
    }

    fn mark(&self, ticket: &Ticket, ink: Ink<'_>) -> &'static str {
        match ((self.standing)(ticket.number), ink.ascii()) {
            (Standing::Settled, ascii) => words::status_mark(ticket.status, ascii),
            (Standing::Pending, false) => "…",
            (Standing::Pending, true) => "~",
            (Standing::Checking, _) => "?",
        }
    }

    /// The board: a column for each status. The cursor's card is always in sight.
    pub fn board(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let width = area.width / 4;
        if width < 8 || area.height < 2 {
            return self.list(area, buf, ink);
        }
        let selected = self.screen.list.selected().map(|row| row.0);
        for (status, x) in BOARD.into_iter().zip((area.x..).step_by(usize::from(width))) {
            let column = Rect { x, width: width - 1, ..area };
            let cards: Vec<&Ticket> = self
                .screen
                .list
                .rows()
                .iter()
                .filter_map(|row| self.estate.tickets.get(&row.0))
                .filter(|t| t.status == status)
                .collect();
            let heading = format!("{} {} ({})", words::status_mark(status, ink.ascii()), status.word(), cards.len());
            buf.set_stringn(column.x, column.y, heading, usize::from(column.width), ink.style(Role::Title));
            let room = usize::from(column.height - 1) / 3;
            let cursor = cards.iter().position(|t| Some(t.number) == selected);
            let first = cursor.map_or(0, |at| (at + 1).saturating_sub(room));
            for (card, y) in cards.iter().skip(first).take(room).zip((column.y + 1..).step_by(3)) {
                let place = Rect { y, height: 2, ..column };
                self.card(card, Some(card.number) == selected, place, buf, ink);
            }
            let below = cards.len().saturating_sub(first + room);
            if below > 0 {
                let text = format!("{below} more below");
                buf.set_stringn(column.x, column.bottom() - 1, text, usize::from(column.width), ink.style(Role::Muted));
            }
        }
    }

    fn card(&self, ticket: &Ticket, selected: bool, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let width = usize::from(area.width);
        let (clock, role) = words::due(ticket, self.now);
        let cursor = if selected { ink.glyphs.cursor } else { " " };
        let base = if selected { ink.style(Role::Selection) } else { ink.style(Role::Text) };
        let over = |role: Role| if selected { base } else { ink.style(role) };
        let first = Line::from(vec![
            Span::styled(format!("{cursor}{} #{} ", self.mark(ticket, ink), ticket.number), base),
            Span::styled(ticket.priority.word(), over(words::priority_role(ticket.priority))),
            Span::styled(format!(" {clock}"), over(role)),
        ]);
        buf.set_style(area, base);
        buf.set_line(area.x, area.y, &first, area.width);
        let title = fit::cut(&ticket.title, width.saturating_sub(1), ink.ascii()).into_owned();
        buf.set_stringn(area.x + 1, area.y + 1, title, width, base);
    }
}
