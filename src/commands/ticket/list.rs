//! `ticket list`: which, in which order, as a table.

use std::cmp::Reverse;

use super::words::ticket_dto;
use crate::{
    cli::ticket::{ListArgs, Sort},
    commands::{Exit, Invocation, Trouble, service, target::Signed},
    domain::{
        hierarchy::{NodePath, ServicePath},
        search::SearchContext,
        tickets::{Clock, Priority, Ticket},
        time::Timestamp,
    },
    print::{
        Cell, Sheet, Tone, column, figures,
        time::{length, rfc3339},
        wide,
    },
};

/// Print the tickets that are asked for.
///
/// # Errors
/// Usage, for a filter or a path that makes no sense, and what the client says.
pub async fn run(run: &Invocation, signed: &Signed, args: ListArgs) -> Result<(), Trouble> {
    let query = service::query(&args.filter)?;
    let below = args.service.as_deref().map(Below::read).transpose()?;
    let me = signed.client.me().await?;
    let snapshot = signed.client.snapshot().await?;
    let now = snapshot.at;
    let context = SearchContext { me: Some(&me.id), now };
    let mut tickets: Vec<&Ticket> = snapshot
        .estate
        .tickets
        .values()
        .filter(|t| args.all || t.is_live())
        .filter(|t| !args.mine || t.is_assigned_to(&me.id))
        .filter(|t| !args.unassigned || t.assignee.is_none())
        .filter(|t| !args.breaching || t.is_breaching(now))
        .filter(|t| args.group.is_none() || t.assignee_group == args.group)
        .filter(|t| below.as_ref().is_none_or(|below| t.service.as_ref().is_some_and(|path| below.holds(path))))
        .filter(|t| query.matches_ticket(t, &context))
        .collect();
    match args.sort {
        Sort::Urgency => tickets.sort_by_key(|t| t.urgency(now)),
        Sort::Due => tickets.sort_by_key(|t| (t.next_due().is_none(), t.next_due(), t.number)),
        Sort::Newest => tickets.sort_by_key(|t| Reverse(t.number)),
        Sort::Updated => tickets.sort_by_key(|t| Reverse((t.updated_at, t.number))),
    }
    run.print(&table(&tickets, now))
}

/// A service by its path, or all below a node.
enum Below {
    Node(NodePath),
    Service(ServicePath),
    /// The last segment of a path.
    Named(String),
}

impl Below {
    fn read(text: &str) -> Result<Self, Trouble> {
        let text = text.trim_matches('/');
        if text.is_empty() {
            return Err(Trouble::new(Exit::Usage, "--service needs a path or a name"));
        }
        if let Ok(path) = ServicePath::parse(text) {
            return Ok(Self::Service(path));
        }
        match NodePath::parse(text) {
            Ok(node) if text.contains('/') => Ok(Self::Node(node)),
            _ => Ok(Self::Named(text.to_owned())),
        }
    }

    fn holds(&self, path: &ServicePath) -> bool {
        match self {
            Self::Node(node) => path.is_under(node),
            Self::Service(wanted) => path == wanted,
            // An organization is a node of one segment.
            Self::Named(name) => path.service() == name || path.segments()[0] == name.as_str(),
        }
    }
}

/// Tickets as a table.
pub fn table(tickets: &[&Ticket], now: Timestamp) -> Sheet {
    let row = |ticket: &&Ticket| {
        vec![
            Cell::valued(format!("#{}", ticket.number), Some(ticket.number)),
            Cell::toned(ticket.priority.word(), tone(ticket)),
            ticket.status.word().into(),
            clock_cell(&ticket.clocks.response, now),
            clock_cell(&ticket.clocks.resolution, now),
            ticket.assignee.as_ref().map_or_else(
                || Cell { tone: Tone::Dim, ..Cell::valued("nobody", None::<String>) },
                |(_, name)| name.clone().into(),
            ),
            ticket.assignee_group.clone().unwrap_or_default().into(),
            ticket.service.as_ref().map_or_else(String::new, |p| p.service().to_owned()).into(),
            ticket.title.clone().into(),
            ticket.requester.name().into(),
            ticket.version.to_string().into(),
            rfc3339(ticket.opened_at).into(),
            ticket.next_due().map_or_else(String::new, rfc3339).into(),
            ticket.service.as_ref().map_or("", |p| p.as_str()).into(),
        ]
    };
    Sheet {
        kind: "tickets",
        json: tickets.iter().map(|t| ticket_dto(t, now)).collect(),
        columns: vec![
            figures("TICKET"),
            column("PRIORITY"),
            column("STATUS"),
            figures("RESPONSE").counted_in("seconds_left"),
            figures("RESOLUTION").counted_in("seconds_left"),
            column("ASSIGNEE"),
            wide("GROUP"),
            column("SERVICE"),
            column("TITLE"),
            wide("REQUESTER"),
            wide("VERSION"),
            wide("OPENED"),
            wide("DUE"),
            wide("PATH"),
        ],
        rows: tickets.iter().map(row).collect(),
        names: tickets.iter().map(|t| t.number.to_string()).collect(),
        when_empty: "no ticket matches",
        ..Sheet::default()
    }
}

/// How a ticket's priority is shown.
pub fn tone(ticket: &Ticket) -> Tone {
    match ticket.priority {
        _ if !ticket.is_live() => Tone::Dim,
        Priority::Critical => Tone::Bad,
        Priority::High => Tone::Warn,
        Priority::Medium | Priority::Low => Tone::Plain,
    }
}

/// Time left; negative once the promise is broken, `met` or `missed` once the clock stands. For programs what is left in
/// seconds, also where it stands.
pub fn clock_cell(clock: &Clock, now: Timestamp) -> Cell {
    let left = clock.remaining(now);
    let (text, tone) = match (clock.running_since, left < 0) {
        (Some(_), true) => (length(left), Tone::Bad),
        (Some(_), false) => (length(left), Tone::Plain),
        (None, true) => ("missed".to_owned(), Tone::Bad),
        (None, false) => ("met".to_owned(), Tone::Dim),
    };
    Cell { text, tone, ..Cell::length(left) }
}
