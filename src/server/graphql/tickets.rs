//! Tickets: reading them and everything that changes one.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::{core, health::not_a, invalid, page, page::PageInfo, refuse, user};
use crate::{
    domain::{
        access::User,
        detail::NewTicket,
        hierarchy::ServicePath,
        text::{clean_line, clean_text},
        tickets::{Priority, Ticket, TicketStatus, offers, transition::Directory},
    },
    server::{
        service::Failure,
        wire::tickets::{TicketDetailView, TicketView},
    },
};

/// Longest idempotency key, in bytes.
const KEY_LIMIT: usize = 100;

/// Queries on tickets.
#[derive(Default)]
pub struct TicketQuery;

/// Everything that changes a ticket.
#[derive(Default)]
pub struct TicketMutation;

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
    /// Of this service, or of one below this node.
    service: Option<String>,
    /// Whose title holds this text, in any case.
    text: Option<String>,
}

/// A page of tickets, newest first.
#[derive(SimpleObject)]
pub struct TicketPage {
    /// The rows.
    nodes: Vec<TicketView>,
    /// How many there are on all pages.
    total_count: u64,
    /// Where this page ends.
    page_info: PageInfo,
}

/// What a ticket is opened with.
#[derive(InputObject)]
#[graphql(name = "NewTicket")]
pub struct NewTicketInput {
    /// Catalog item, by short or full name; none for a free ticket.
    item: Option<String>,
    /// One line.
    title: String,
    /// May be left out, may have several lines.
    description: Option<String>,
    /// Path of the service it is about.
    service: Option<String>,
    /// Overrides the item's: `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    priority: Option<String>,
}

#[Object]
impl TicketQuery {
    /// Tickets, newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn tickets(
        &self,
        ctx: &Context<'_>,
        filter: Option<TicketFilter>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<TicketPage> {
        let user = user(ctx)?;
        let rows = page::rows(ctx, first)?;
        let wrong = || invalid(ctx, "`after` is not a cursor of this list");
        let after = page::key(ctx, after)?.map(|k| k.parse().map_err(|_| wrong())).transpose()?;
        let wanted = Wanted::new(filter.unwrap_or_default(), user).map_err(|why| invalid(ctx, why))?;
        let (found, total) = core(ctx)?.read(|estate| wanted.page(estate.tickets.values(), after, rows)).await;
        let has_next_page = found.len() > rows;
        let nodes: Vec<_> = found.into_iter().take(rows).collect();
        let end_cursor = nodes.last().map(|t| page::cursor(&t.number.to_string()));
        Ok(TicketPage {
            nodes: nodes.into_iter().map(Into::into).collect(),
            total_count: total,
            page_info: PageInfo { has_next_page, end_cursor },
        })
    }

    /// One ticket with its history and what the caller can do now.
    async fn ticket(&self, ctx: &Context<'_>, number: u64) -> Result<TicketDetailView> {
        let user = user(ctx)?;
        let core = core(ctx)?;
        let detail = core.ticket_detail(number).await.map_err(|e| refuse(ctx, e))?;
        let transitions = core
            .read(|estate| {
                let directory = Directory { org: &estate.source.org, groups: &estate.source.groups };
                offers(&detail.ticket, directory, user)
            })
            .await;
        Ok(TicketDetailView {
            ticket: detail.ticket.into(),
            history: detail.history.into_iter().map(Into::into).collect(),
            transitions: transitions.into_iter().map(Into::into).collect(),
        })
    }
}

#[Object]
impl TicketMutation {
    /// Open a ticket.
    async fn create_ticket(
        &self,
        ctx: &Context<'_>,
        input: NewTicketInput,
        idempotency_key: String,
    ) -> Result<TicketView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        let service = input.service.as_deref().map(ServicePath::parse).transpose();
        let new = NewTicket {
            item: input.item.map(|i| clean_line(&i).into_owned()),
            title: clean_line(input.title.trim()).into_owned(),
            description: clean_text(&input.description.unwrap_or_default()).into_owned(),
            service: service.map_err(|why| invalid(ctx, clean_line(&why)))?,
            priority: input.priority.map(|p| priority(ctx, &p)).transpose()?,
        };
        done(ctx, core(ctx)?.create_ticket(user, new, key).await)
    }

    /// Assign a ticket to oneself.
    async fn take_ticket(
        &self,
        ctx: &Context<'_>,
        number: u64,
        #[graphql(desc = "The version the caller saw.")] version: u64,
        idempotency_key: String,
    ) -> Result<TicketView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        done(ctx, core(ctx)?.take_ticket(user, number, version, key).await)
    }

    /// Follow a transition of the ticket's workflow.
    async fn move_ticket(
        &self,
        ctx: &Context<'_>,
        number: u64,
        #[graphql(desc = "`OPEN`, `IN_PROGRESS`, `RESOLVED` or `CLOSED`.")] to: String,
        #[graphql(desc = "The version the caller saw.")] version: u64,
        comment: Option<String>,
        idempotency_key: String,
    ) -> Result<TicketView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        let to = TicketStatus::parse(&to).ok_or_else(|| invalid(ctx, not_a("ticket status", &to)))?;
        let comment = clean_text(&comment.unwrap_or_default()).into_owned();
        done(ctx, core(ctx)?.move_ticket(user, number, to, version, comment, key).await)
    }

    /// Give a ticket to somebody by login name, or to nobody.
    async fn assign_ticket(
        &self,
        ctx: &Context<'_>,
        number: u64,
        to: Option<String>,
        #[graphql(desc = "The version the caller saw.")] version: u64,
        idempotency_key: String,
    ) -> Result<TicketView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        let to = to.map(|name| clean_line(name.trim()).into_owned());
        done(ctx, core(ctx)?.assign_ticket(user, number, to, version, key).await)
    }

    /// Say something on a ticket. Closed tickets take comments too.
    async fn comment_ticket(
        &self,
        ctx: &Context<'_>,
        number: u64,
        text: String,
        idempotency_key: String,
    ) -> Result<TicketView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        done(ctx, core(ctx)?.comment_ticket(user, number, clean_text(&text).into_owned(), key).await)
    }

    /// Change how urgent a ticket is.
    async fn prioritise_ticket(
        &self,
        ctx: &Context<'_>,
        number: u64,
        #[graphql(name = "priority", desc = "`LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.")] to: String,
        #[graphql(desc = "The version the caller saw.")] version: u64,
        idempotency_key: String,
    ) -> Result<TicketView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        let to = priority(ctx, &to)?;
        done(ctx, core(ctx)?.prioritise_ticket(user, number, to, version, key).await)
    }
}

/// Who writes, under a key that can be kept.
fn writer<'a>(ctx: &Context<'a>, key: &'a str) -> Result<(&'a User, &'a str)> {
    let user = user(ctx)?;
    user.may_write().map_err(|refusal| refuse(ctx, refusal.into()))?;
    if key.is_empty() || key.len() > KEY_LIMIT || !key.bytes().all(|b| b.is_ascii_graphic()) {
        let reason = format!("`idempotencyKey` must be 1 to {KEY_LIMIT} printable characters without spaces");
        return Err(invalid(ctx, reason));
    }
    Ok((user, key))
}

fn done(ctx: &Context<'_>, result: Result<Ticket, Failure>) -> Result<TicketView> {
    result.map(Into::into).map_err(|e| refuse(ctx, e))
}

fn priority(ctx: &Context<'_>, word: &str) -> Result<Priority> {
    Priority::parse(word).ok_or_else(|| invalid(ctx, not_a("priority", word)))
}

/// A filter whose words are understood.
struct Wanted<'a> {
    status: Option<Vec<TicketStatus>>,
    priority: Option<Vec<Priority>>,
    assignee: Option<String>,
    unassigned: Option<bool>,
    mine: Option<&'a User>,
    service: Option<String>,
    text: Option<String>,
}

impl<'a> Wanted<'a> {
    fn new(filter: TicketFilter, user: &'a User) -> Result<Self, String> {
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
            service: filter.service.map(|s| s.trim_matches('/').to_owned()),
            text: filter.text.map(|t| t.to_lowercase()),
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
            && self.service.as_ref().is_none_or(under)
            && self.text.as_ref().is_none_or(|text| t.title.to_lowercase().contains(text))
    }

    /// One row more than asked for, which says whether there is a next page, and how many there are in all.
    fn page<'t>(
        &self,
        tickets: impl DoubleEndedIterator<Item = &'t Ticket>,
        after: Option<u64>,
        rows: usize,
    ) -> (Vec<Ticket>, u64) {
        let (mut found, mut total) = (Vec::new(), 0);
        for ticket in tickets.rev().filter(|t| self.admits(t)) {
            total += 1;
            if after.is_none_or(|after| ticket.number < after) && found.len() <= rows {
                found.push(ticket.clone());
            }
        }
        (found, total)
    }
}
