//! Which tickets are listed, in what order, under which columns.

use std::cmp::{Ordering, Reverse};

use crate::{
    console::widgets::table::Column,
    domain::{
        access::UserId,
        tickets::{Clock, Ticket, TicketStatus},
        time::Timestamp,
    },
};

use super::words;

/// A saved filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Preset {
    /// Everything that is not closed.
    #[default]
    Open,
    /// What is assigned to me.
    Mine,
    /// What nobody has taken.
    Unassigned,
    /// Promises that are broken or nearly so.
    Breaching,
    /// What is closed.
    Closed,
}

impl Preset {
    /// In the order of the tabs.
    pub const ALL: [Self; 5] = [Self::Open, Self::Mine, Self::Unassigned, Self::Breaching, Self::Closed];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "all open",
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::Breaching => "breaching",
            Self::Closed => "closed",
        }
    }

    /// The next tab.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// Whether `ticket` stands under this tab for `me`.
    pub fn covers(self, ticket: &Ticket, me: &UserId, now: Timestamp) -> bool {
        match self {
            Self::Open => ticket.is_live(),
            Self::Mine => ticket.is_live() && ticket.is_assigned_to(me),
            Self::Unassigned => ticket.is_live() && ticket.assignee.is_none(),
            Self::Breaching => ticket.is_live() && words::is_breaching(ticket, now),
            Self::Closed => !ticket.is_live(),
        }
    }
}

/// What the list can be sorted by, one for each column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SortBy {
    /// Newest first.
    Number,
    /// Most urgent first.
    Priority,
    /// In the order of a life.
    Status,
    /// By title.
    Title,
    /// By service.
    Service,
    /// By who has it; what nobody has first.
    Assignee,
    /// Nearest promise first, whichever it is.
    #[default]
    Due,
    /// Nearest first.
    Response,
    /// Nearest first.
    Resolution,
    /// Oldest first.
    Age,
}

impl SortBy {
    /// In the order of the columns.
    pub const ALL: [Self; 10] = [
        Self::Number,
        Self::Priority,
        Self::Status,
        Self::Title,
        Self::Service,
        Self::Assignee,
        Self::Due,
        Self::Response,
        Self::Resolution,
        Self::Age,
    ];

    /// The next column.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// The columns, in the order of [`SortBy::ALL`].
pub const COLUMNS: [Column; 10] = [
    Column::number("#", 7, 0),
    Column::words("PRIO", 8, 8, 3),
    Column::words("STATUS", 11, 11, 5),
    Column::words("TITLE", 28, 72, 0),
    Column::path("SERVICE", 12, 36, 6),
    Column::words("ASSIGNEE", 12, 26, 4),
    Column::words("DUE", 17, 17, 1),
    Column::words("RESPONSE", 19, 19, 8),
    Column::words("RESOLUTION", 19, 19, 9),
    Column::number("AGE", 7, 7),
];

/// The tickets in the order asked for; `falls` turns it around. Equal ones stand newest first.
pub fn sort(tickets: &mut [&Ticket], by: SortBy, falls: bool, now: Timestamp) {
    tickets.sort_by(|a, b| {
        let order = compare(a, b, by, now);
        let order = if falls { order.reverse() } else { order };
        order.then_with(|| b.number.cmp(&a.number))
    });
}

/// By column of the board, then as the list is sorted: up and down then go through the cards column by column.
pub fn sort_for_board(tickets: &mut [&Ticket]) {
    tickets.sort_by_key(|t| t.status);
}

fn compare(a: &Ticket, b: &Ticket, by: SortBy, now: Timestamp) -> Ordering {
    let left = |t: &Ticket| words::nearest(t, now).unwrap_or(i64::MAX);
    let running = |clock: &Clock| clock.running_since.map_or(i64::MAX, |_| clock.remaining(now));
    let assignee = |t: &Ticket| t.assignee.as_ref().map(|(_, name)| name.clone());
    match by {
        SortBy::Number => b.number.cmp(&a.number),
        SortBy::Priority => b.priority.cmp(&a.priority),
        SortBy::Status => a.status.cmp(&b.status),
        SortBy::Title => a.title.cmp(&b.title),
        SortBy::Service => a.service.cmp(&b.service),
        SortBy::Assignee => assignee(a).cmp(&assignee(b)),
        SortBy::Response => running(&a.clocks.response).cmp(&running(&b.clocks.response)),
        SortBy::Resolution => running(&a.clocks.resolution).cmp(&running(&b.clocks.resolution)),
        SortBy::Due => (left(a), Reverse(a.priority)).cmp(&(left(b), Reverse(b.priority))),
        SortBy::Age => a.opened_at.cmp(&b.opened_at),
    }
}

/// The board's columns with what stands in them.
pub const BOARD: [TicketStatus; 4] = TicketStatus::ALL;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::estate::{self, AT};

    fn me() -> UserId {
        UserId("local:oncall".to_owned())
    }

    #[test]
    fn tabs_hold_what_their_names_say() {
        let estate = estate::estate();
        let under = |preset: Preset| -> Vec<u64> {
            estate.tickets.values().filter(|t| preset.covers(t, &me(), AT)).map(|t| t.number).collect()
        };
        assert_eq!(under(Preset::Closed), [1015]);
        assert!(under(Preset::Mine).contains(&1036) && !under(Preset::Mine).contains(&1041));
        assert!(under(Preset::Unassigned).contains(&1041));
        assert!(under(Preset::Breaching).contains(&1041));
        assert_eq!(under(Preset::Open).len() + 1, estate.tickets.len());
    }

    #[test]
    fn the_nearest_promise_comes_first_and_what_has_no_clock_last() {
        let estate = estate::estate();
        let mut tickets: Vec<&Ticket> = estate.tickets.values().collect();
        sort(&mut tickets, SortBy::Due, false, AT);
        let left: Vec<Option<i64>> = tickets.iter().map(|t| words::nearest(t, AT)).collect();
        let known: Vec<i64> = left.iter().map_while(|l| *l).collect();
        assert!(known.is_sorted());
        assert!(left[known.len()..].iter().all(Option::is_none));
        sort(&mut tickets, SortBy::Number, true, AT);
        assert!(tickets.is_sorted_by_key(|t| t.number));
    }

    #[test]
    fn every_column_sorts() {
        assert_eq!(COLUMNS.len(), SortBy::ALL.len());
        for (by, index) in SortBy::ALL.into_iter().zip(0..) {
            assert_eq!(by as usize, index);
        }
    }
}
