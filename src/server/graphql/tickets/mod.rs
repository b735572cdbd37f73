//! Tickets: reading them and everything that changes one. [`filter`] is which of them and in which order.

mod filter;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::{core, health::not_a, invalid, page, page::PageInfo, refuse, user};
use crate::{
    domain::{
        access::User,
        detail::NewTicket,
        hierarchy::ServicePath,
        text::{clean_line, clean_text},
        tickets::{Act, Priority, Ticket, TicketStatus, offers, transition::Directory},
    },
    server::{
        service::{Core, Failure},
        wire::tickets::{RehearsedView, TicketDetailView, TicketView},
    },
};
use filter::{Order, Place, TicketFilter, Wanted};

/// Longest idempotency key, in bytes.
const KEY_LIMIT: usize = 100;
/// Most tickets in one rehearsal.
const REHEARSED_AT_ONCE: usize = 1_000;

/// Queries on tickets.
#[derive(Default)]
pub struct TicketQuery;

/// Everything that changes a ticket.
#[derive(Default)]
pub struct TicketMutation;

/// A page of tickets.
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

/// Something to be done to tickets.
#[derive(InputObject)]
#[graphql(name = "TicketAct")]
pub struct TicketActInput {
    /// `take`, `move`, `assign`, `prioritise` or `comment`.
    kind: String,
    /// Where to, for `move`.
    status: Option<String>,
    /// For `prioritise`.
    priority: Option<String>,
    /// Login name, for `assign`; none is nobody.
    assignee: Option<String>,
    /// The group that gets it, for `assign`.
    group: Option<String>,
    /// What is said with it; the text of a `comment`.
    text: Option<String>,
}

impl TicketActInput {
    fn read(self, ctx: &Context<'_>, core: &Core) -> Result<Act> {
        let text = clean_text(&self.text.unwrap_or_default()).into_owned();
        let missing = |what: &str, kind: &str| invalid(ctx, format!("`{kind}` needs `{what}`"));
        Ok(match self.kind.as_str() {
            "take" => Act::Take,
            "move" => {
                let word = self.status.ok_or_else(|| missing("status", "move"))?;
                Act::Move { to: status(ctx, &word)?, comment: text }
            }
            "assign" => {
                Act::Assign(core.handing(name(self.assignee), name(self.group), text).map_err(|e| refuse(ctx, e))?)
            }
            "prioritise" => {
                let word = self.priority.ok_or_else(|| missing("priority", "prioritise"))?;
                Act::Prioritise(priority(ctx, &word)?)
            }
            "comment" => Act::Comment(text),
            other => return Err(invalid(ctx, not_a("kind of act", other))),
        })
    }
}

#[Object]
impl TicketQuery {
    /// Tickets, in the order asked for: `newest` first, or by `urgency`, which is those whose clock ran out first, then by
    /// priority and by what is due next.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn tickets(
        &self,
        ctx: &Context<'_>,
        filter: Option<TicketFilter>,
        order: Option<String>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<TicketPage> {
        let user = user(ctx)?;
        let rows = page::rows(ctx, first)?;
        let order = Order::read(order.as_deref()).map_err(|why| invalid(ctx, why))?;
        let after = page::key(ctx, after)?.map(|key| Place::read(&key)).transpose();
        let after = after.map_err(|()| invalid(ctx, "`after` is not a cursor of this list"))?;
        let core = core(ctx)?;
        let now = core.world().now();
        let wanted = Wanted::new(filter.unwrap_or_default(), user, now).map_err(|why| invalid(ctx, why))?;
        let (found, total) = core.read(|estate| wanted.page(estate.tickets.values(), order, after, rows)).await;
        let has_next_page = found.len() > rows;
        let nodes: Vec<_> = found.into_iter().take(rows).collect();
        let end_cursor = nodes.last().map(|t| page::cursor(&order.place(t, now).text()));
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

    /// What an act would come to for each of these tickets as they are now, by the rule that decides it. Nothing is
    /// done.
    #[graphql(complexity = "1 + numbers.len() * child_complexity")]
    async fn ticket_rehearsal(
        &self,
        ctx: &Context<'_>,
        act: TicketActInput,
        numbers: Vec<u64>,
    ) -> Result<Vec<RehearsedView>> {
        let user = user(ctx)?;
        if numbers.len() > REHEARSED_AT_ONCE {
            let reason = format!("{} tickets at once; the limit is {REHEARSED_AT_ONCE}", numbers.len());
            return Err(invalid(ctx, reason));
        }
        let core = core(ctx)?;
        let act = act.read(ctx, core)?;
        Ok(core.rehearse(user, &act, &numbers).await.into_iter().map(Into::into).collect())
    }

    /// The ticket that the caller's write under this key was answered with in the last 24 hours; none when it never
    /// arrived. Settles a write whose answer was lost.
    async fn ticket_write(&self, ctx: &Context<'_>, idempotency_key: String) -> Result<Option<TicketView>> {
        let found = core(ctx)?.ticket_write(user(ctx)?, &idempotency_key).await.map_err(|e| refuse(ctx, e))?;
        Ok(found.map(Into::into))
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
        let to = status(ctx, &to)?;
        let comment = clean_text(&comment.unwrap_or_default()).into_owned();
        done(ctx, core(ctx)?.move_ticket(user, number, to, version, comment, key).await)
    }

    /// Give a ticket to somebody by login name, or to nobody; with a group, to that group.
    #[allow(clippy::too_many_arguments, reason = "they are the arguments of the published mutation")]
    async fn assign_ticket(
        &self,
        ctx: &Context<'_>,
        number: u64,
        to: Option<String>,
        #[graphql(desc = "The group that gets it; left out, the group stays.")] group: Option<String>,
        #[graphql(desc = "Said with it.")] note: Option<String>,
        #[graphql(desc = "The version the caller saw.")] version: u64,
        idempotency_key: String,
    ) -> Result<TicketView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        let core = core(ctx)?;
        let note = clean_text(&note.unwrap_or_default()).into_owned();
        let handing = core.handing(name(to), name(group), note).map_err(|e| refuse(ctx, e))?;
        done(ctx, core.perform(user, number, version, Act::Assign(handing), key).await)
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
/// Who writes, and the key of the write.
pub(super) fn writer<'a>(ctx: &Context<'a>, key: &'a str) -> Result<(&'a User, &'a str)> {
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

fn status(ctx: &Context<'_>, word: &str) -> Result<TicketStatus> {
    TicketStatus::parse(word).ok_or_else(|| invalid(ctx, not_a("ticket status", word)))
}

/// A name as somebody typed it.
fn name(given: Option<String>) -> Option<String> {
    given.map(|name| clean_line(name.trim()).into_owned()).filter(|name| !name.is_empty())
}
