//! The list of tickets.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Standing, Tickets, order::SortBy, words};
use crate::{
    console::{
        format,
        replica::Over,
        widgets::{
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
    /// Which of them are about what is over.
    pub over: &'a Over,
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
            columns: &screen.shown,
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
                lines: u16::try_from(screen.list.lines_of(index)).unwrap_or(1),
            }
        });
    }

    fn cells(&self, ticket: &Ticket, ink: Ink<'_>) -> Vec<Cell> {
        let mark = self.mark(ticket, ink);
        let (response, urgent) = words::clock(&ticket.clocks.response, self.now);
        let (resolution, pressing) = words::clock(&ticket.clocks.resolution, self.now);
        let (due, near) = words::due(ticket, self.now);
        // Under its heading it needs no word for that.
        let due = due.strip_suffix(" left").unwrap_or(&due);
        let number = usize::from(self.screen.shown[SortBy::Number as usize].max).saturating_sub(2);
        vec![
            Cell::plain(format!("{mark} {:>number$}", format!("#{}", ticket.number))),
            Cell::styled(ticket.priority.word(), ink.style(words::priority_role(ticket.priority))),
            Cell::plain(ticket.status.word()),
            Cell::plain(words::titled(ticket, self.over, self.now)),
            Cell::plain(ticket.service.as_ref().map_or("-", |s| s.as_str())),
            Cell::plain(ticket.assignee.as_ref().map_or("nobody", |(_, name)| name)),
            Cell::styled(due, ink.style(near)),
            Cell::styled(response, ink.style(urgent)),
            Cell::styled(resolution, ink.style(pressing)),
            Cell::plain(format::span(self.now.since(ticket.opened_at))),
        ]
    }

    /// The mark before its number: its status, or that something is on its way.
    pub(super) fn mark(&self, ticket: &Ticket, ink: Ink<'_>) -> &'static str {
        match ((self.standing)(ticket.number), ink.ascii()) {
            (Standing::Settled, ascii) => words::status_mark(ticket.status, ascii),
            (Standing::Pending, false) => "…",
            (Standing::Pending, true) => "~",
            (Standing::Checking, _) => "?",
        }
    }
}
