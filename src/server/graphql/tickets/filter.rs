//! Which tickets a list holds, in which order, and where a page of it ends.

use async_graphql::InputObject;

use crate::{
    domain::{
        access::User,
        hierarchy::ServicePath,
        tickets::{Priority, Ticket, TicketStatus},
        time::Timestamp,
    },
    server::graphql::health::not_a,
};

/// Which tickets. What is left out does not filter.
#[derive(InputObject, Default)]
pub struct TicketFilter {
    /// In one of these statuses.
    status: Option<Vec<String>>,
    /// With one of these priorities.
    priority: Option<Vec<String>>,
    /// Assigned to this login name.
    assignee: Option<String>,
    /// Whether nobody has it.
    unassigned: Option<bool>,
    /// Whether the caller works on it or asked for it.
    mine: Option<bool>,
    /// Of this group, by the name the ticket shows.
    group: Option<String>,
    /// Whether one of its running clocks has run out.
    breaching: Option<bool>,
    /// Whether the system opened it.
    automatic: Option<bool>,
    /// Whether it is anything but CLOSED.
    live: Option<bool>,
    /// Of this service, or of one below this node.
    service: Option<String>,
    /// Whose title holds this text, in any case.
    text: Option<String>,
}

/// In which order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By number, the highest first.
    Newest,
    /// As [`Ticket::urgency`].
    Urgency,
}

/// Where a ticket stands in an order: what it is sorted by, its number last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place([i64; 5]);

impl Order {
    /// The order for its word; newest first without one.
    pub fn read(word: Option<&str>) -> Result<Self, String> {
        match word {
            None | Some("newest") => Ok(Self::Newest),
            Some("urgency") => Ok(Self::Urgency),
            Some(other) => Err(not_a("order of tickets", other)),
        }
    }

    /// Where `ticket` stands.
    pub fn place(self, ticket: &Ticket, now: Timestamp) -> Place {
        let number = i64::try_from(ticket.number).unwrap_or(i64::MAX);
        match self {
            Self::Newest => Place([0, 0, 0, 0, -number]),
            Self::Urgency => {
                let (closed, in_time, priority, due, _) = ticket.urgency(now);
                Place([closed.into(), in_time.into(), -(priority.0 as i64), due.ms(), number])
            }
        }
    }
}

impl Place {
    /// As a cursor carries it.
    pub fn text(self) -> String {
        self.0.map(|n| n.to_string()).join(":")
    }

    /// The place of a cursor.
    pub fn read(text: &str) -> Result<Self, ()> {
        let parts: Vec<i64> = text.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| ())?;
        parts.try_into().map(Self).map_err(|_| ())
    }
}

/// A filter whose words are understood.
pub struct Wanted<'a> {
    status: Option<Vec<TicketStatus>>,
    priority: Option<Vec<Priority>>,
    assignee: Option<String>,
    unassigned: Option<bool>,
    mine: Option<&'a User>,
    group: Option<String>,
    breaching: Option<bool>,
    automatic: Option<bool>,
    live: Option<bool>,
    service: Option<String>,
    text: Option<String>,
    now: Timestamp,
}

impl<'a> Wanted<'a> {
    /// What `filter` means for `user` at `now`.
    pub fn new(filter: TicketFilter, user: &'a User, now: Timestamp) -> Result<Self, String> {
        let statuses = filter.status.map(|words| {
            let parse = |w: &String| TicketStatus::parse(w).ok_or_else(|| not_a("ticket status", w));
            words.iter().map(parse).collect::<Result<Vec<_>, _>>()
        });
        let priorities = filter.priority.map(|words| {
            let parse = |w: &String| Priority::parse(w).ok_or_else(|| not_a("priority", w));
            words.iter().map(parse).collect::<Result<Vec<_>, _>>()
        });
        Ok(Self {
            status: statuses.transpose()?,
            priority: priorities.transpose()?,
            assignee: filter.assignee,
            unassigned: filter.unassigned,
            mine: filter.mine.unwrap_or(false).then_some(user),
            group: filter.group,
            breaching: filter.breaching,
            automatic: filter.automatic,
            live: filter.live,
            service: filter.service.map(|s| s.trim_matches('/').to_owned()),
            text: filter.text.map(|t| t.to_lowercase()),
            now,
        })
    }

    fn admits(&self, t: &Ticket) -> bool {
        let path = t.service.as_ref().map(ServicePath::as_str);
        let under = |wanted: &String| {
            path.is_some_and(|p| p == wanted || p.strip_prefix(wanted.as_str()).is_some_and(|r| r.starts_with('/')))
        };
        let assignee = t.assignee.as_ref().map(|(_, name)| name);
        self.status.as_ref().is_none_or(|all| all.contains(&t.status))
            && self.priority.as_ref().is_none_or(|all| all.contains(&t.priority))
            && self.assignee.as_ref().is_none_or(|name| assignee == Some(name))
            && self.unassigned.is_none_or(|wanted| t.assignee.is_none() == wanted)
            && self.mine.is_none_or(|user| t.is_assigned_to(&user.id) || t.is_requested_by(&user.id))
            && self.group.as_ref().is_none_or(|group| t.assignee_group.as_ref() == Some(group))
            && self.breaching.is_none_or(|wanted| t.is_breaching(self.now) == wanted)
            && self.automatic.is_none_or(|wanted| t.automatic == wanted)
            && self.live.is_none_or(|wanted| t.is_live() == wanted)
            && self.service.as_ref().is_none_or(under)
            && self.text.as_ref().is_none_or(|text| t.title.to_lowercase().contains(text))
    }

    /// One row more than asked for, which says whether there is a next page, and how many there are in all.
    pub fn page<'t>(
        &self,
        tickets: impl Iterator<Item = &'t Ticket>,
        order: Order,
        after: Option<Place>,
        rows: usize,
    ) -> (Vec<Ticket>, u64) {
        let mut total = 0;
        let mut found: Vec<(Place, &Ticket)> = tickets
            .filter(|t| self.admits(t))
            .inspect(|_| total += 1)
            .map(|t| (order.place(t, self.now), t))
            .filter(|(place, _)| after.is_none_or(|after| *place > after))
            .collect();
        if found.len() > rows + 1 {
            found.select_nth_unstable_by_key(rows, |(place, _)| *place);
            found.truncate(rows + 1);
        }
        found.sort_unstable_by_key(|(place, _)| *place);
        (found.into_iter().map(|(_, ticket)| ticket.clone()).collect(), total)
    }
}
