//! Which tickets are listed, in what order, under which columns.

use crate::{
    console::{
        filter::SavedFilter,
        replica::Over,
        widgets::{fit, table::Column},
    },
    domain::{
        search::SearchContext,
        tickets::{Clock, Ticket, TicketStatus},
        time::Timestamp,
    },
};

use super::words;

/// A tab: a saved filter, built in or of the user's own.
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
    /// One of the settings, by its number.
    Own(usize),
}

impl Preset {
    /// The built-in ones, in the order of their tabs.
    const BUILT_IN: [Self; 5] = [Self::Open, Self::Mine, Self::Unassigned, Self::Breaching, Self::Closed];

    /// All tabs in their order.
    pub fn all(own: &[SavedFilter]) -> impl Iterator<Item = Self> {
        Self::BUILT_IN.into_iter().chain((0..own.len()).map(Self::Own))
    }

    /// Its name.
    pub fn word(self, own: &[SavedFilter]) -> &str {
        match self {
            Self::Open => "all open",
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::Breaching => "breaching",
            Self::Closed => "closed",
            Self::Own(index) => own.get(index).map_or("", |saved| &saved.name),
        }
    }

    /// The tab so many further, around the end.
    #[must_use]
    pub fn turn(self, by: isize, own: &[SavedFilter]) -> Self {
        let all: Vec<Self> = Self::all(own).collect();
        let at = all.iter().position(|preset| *preset == self).unwrap_or(0);
        let count = all.len();
        all[at.saturating_add_signed(by + count.cast_signed()) % count]
    }

    /// Whether `ticket` stands under this tab.
    pub fn covers(self, ticket: &Ticket, own: &[SavedFilter], context: &SearchContext<'_>) -> bool {
        match self {
            Self::Open => ticket.is_live(),
            Self::Mine => ticket.is_live() && context.me.is_some_and(|me| ticket.is_assigned_to(me)),
            Self::Unassigned => ticket.is_live() && ticket.assignee.is_none(),
            Self::Breaching => ticket.is_live() && words::is_breaching(ticket, context.now),
            Self::Closed => !ticket.is_live(),
            Self::Own(index) => own.get(index).is_some_and(|saved| saved.filter.ticket(ticket, context)),
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

/// The columns, in the order of [`SortBy::ALL`]. A title has its room before anything that its ticket says as well, and
/// goes on in further lines.
const COLUMNS: [Column; 10] = [
    Column::number("#", 10, 0),
    Column::words("PRIO", 8, 8, 3),
    Column::words("STATUS", 11, 11, 5),
    Column::words("TITLE", 33, 72, 0).wrapping(),
    Column::path("SERVICE", 12, 36, 6),
    Column::words("ASSIGNEE", 10, 20, 4),
    Column::words("DUE", 13, 16, 1),
    Column::words("RESPONSE", 19, 19, 8),
    Column::words("RESOLUTION", 19, 19, 9),
    Column::number("AGE", 7, 7),
];

/// The columns for tickets of these numbers and titles.
pub fn columns<'a>(tickets: impl Iterator<Item = &'a Ticket>, over: &Over, now: Timestamp) -> Vec<Column> {
    let (mut highest, mut title) = (0, 0);
    for ticket in tickets {
        highest = highest.max(ticket.number);
        title = title.max(fit::cells(&words::titled(ticket, over, now)));
    }
    let mut columns = COLUMNS.to_vec();
    // A mark stands before the number.
    let number = columns[SortBy::Number as usize].holding(fit::cells(&format!("o #{highest}")));
    columns[SortBy::Number as usize] = number;
    columns[SortBy::Title as usize] = columns[SortBy::Title as usize].holding(title);
    columns
}

/// What a ticket is sorted by, looked up once.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Number(i64, i64),
    Text(Option<&'a str>),
}

/// Numbers of the tickets in the order asked for; `falls` turns it around. Equal ones stand newest first.
pub fn sorted<'a>(tickets: impl Iterator<Item = &'a Ticket>, by: SortBy, falls: bool, now: Timestamp) -> Vec<u64> {
    let mut keyed: Vec<(Key<'_>, u64)> = tickets.map(|ticket| (key(ticket, by, now), ticket.number)).collect();
    keyed.sort_unstable_by(|(a, newer), (b, older)| {
        let order = if falls { b.cmp(a) } else { a.cmp(b) };
        order.then_with(|| older.cmp(newer))
    });
    keyed.into_iter().map(|(_, number)| number).collect()
}

fn key(ticket: &Ticket, by: SortBy, now: Timestamp) -> Key<'_> {
    let running = |clock: &Clock| clock.running_since.map_or(i64::MAX, |_| clock.remaining(now));
    let number = |key| Key::Number(key, 0);
    match by {
        SortBy::Number => number(0_i64.saturating_sub_unsigned(ticket.number)),
        SortBy::Priority => number(-(ticket.priority as i64)),
        SortBy::Status => number(ticket.status as i64),
        SortBy::Title => Key::Text(Some(&ticket.title)),
        SortBy::Service => Key::Text(ticket.service.as_ref().map(|path| path.as_str())),
        SortBy::Assignee => Key::Text(ticket.assignee.as_ref().map(|(_, name)| name.as_str())),
        SortBy::Response => number(running(&ticket.clocks.response)),
        SortBy::Resolution => number(running(&ticket.clocks.resolution)),
        SortBy::Due => Key::Number(words::nearest(ticket, now).unwrap_or(i64::MAX), -(ticket.priority as i64)),
        SortBy::Age => number(ticket.opened_at.ms()),
    }
}

/// The board's columns with what stands in them.
pub const BOARD: [TicketStatus; 4] = TicketStatus::ALL;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::access::UserId,
        testing::estate::{self, AT},
    };

    #[test]
    fn tabs_hold_what_their_names_say() {
        let estate = estate::estate();
        let me = UserId("local:oncall".to_owned());
        let context = SearchContext { me: Some(&me), now: AT };
        let own =
            [SavedFilter::new("databases", "service:db"), SavedFilter::new("mine in shop", "is:mine node:acme/shop")];
        let under = |preset: Preset| -> Vec<u64> {
            estate.tickets.values().filter(|t| preset.covers(t, &own, &context)).map(|t| t.number).collect()
        };
        assert_eq!(under(Preset::Closed), [1015]);
        assert!(under(Preset::Mine).contains(&1036) && !under(Preset::Mine).contains(&1041));
        assert!(under(Preset::Unassigned).contains(&1041));
        assert!(under(Preset::Breaching).contains(&1041));
        assert_eq!(under(Preset::Open).len() + 1, estate.tickets.len());
        assert!(under(Preset::Own(0)).contains(&1041) && !under(Preset::Own(0)).contains(&1036));
        assert!(under(Preset::Own(1)).contains(&1036) && under(Preset::Own(2)).is_empty());
        assert_eq!(Preset::Closed.turn(1, &own), Preset::Own(0));
        assert_eq!((Preset::Own(1).turn(1, &own), Preset::Open.turn(-1, &own)), (Preset::Open, Preset::Own(1)));
    }

    #[test]
    fn the_nearest_promise_comes_first_and_what_has_no_clock_last() {
        let estate = estate::estate();
        let order = sorted(estate.tickets.values(), SortBy::Due, false, AT);
        let left: Vec<Option<i64>> = order.iter().map(|n| words::nearest(&estate.tickets[n], AT)).collect();
        let known: Vec<i64> = left.iter().map_while(|l| *l).collect();
        assert!(known.is_sorted());
        assert!(left[known.len()..].iter().all(Option::is_none));
        assert!(sorted(estate.tickets.values(), SortBy::Number, true, AT).is_sorted());
        let by_name = sorted(estate.tickets.values(), SortBy::Assignee, false, AT);
        assert!(estate.tickets[&by_name[0]].assignee.is_none(), "what nobody has first");
    }

    #[test]
    fn every_column_sorts() {
        assert_eq!(COLUMNS.len(), SortBy::ALL.len());
        for (by, index) in SortBy::ALL.into_iter().zip(0..) {
            assert_eq!(by as usize, index);
        }
    }
}
