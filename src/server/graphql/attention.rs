//! What people said about problems, saying it, and how the telling outside goes.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::{
    core,
    health::not_a,
    invalid,
    page::{self, PageInfo},
    refuse,
    tickets::writer,
    user,
};
use crate::{
    domain::{
        attention::{Handled, Handling, Reason, Subject, Wish},
        text::clean_line,
    },
    server::wire::{
        Time,
        attention::{DeliveryView, FailingReceiverView, HandledView},
    },
};

/// Most deliveries in one answer.
const DELIVERIES: u32 = 500;

/// Queries on problems and on the telling.
#[derive(Default)]
pub struct AttentionQuery;

/// Everything that is said about a problem.
#[derive(Default)]
pub struct AttentionMutation;

/// A problem as somebody saw it.
#[derive(InputObject)]
#[graphql(name = "SeenProblem")]
pub struct SeenProblemInput {
    /// `service`, `reporter`, `budget`, `ticket`, `repository`, `undeclared`, `unheard`, `receiver` or `window`.
    kind: String,
    /// Path, name or number; empty where there is only one.
    name: String,
    /// What was seen: a reason as in `HandledProblem`. If it is worse by now, that is a conflict.
    reason: String,
}

impl SeenProblemInput {
    fn wish(self, ctx: &Context<'_>, handling: Option<Handling>) -> Result<Wish> {
        let subject = Subject::parse(&self.kind, &self.name).map_err(|why| invalid(ctx, clean_line(&why)))?;
        let seen = Reason::parse(&self.reason).ok_or_else(|| invalid(ctx, not_a("reason", &self.reason)))?;
        Ok(Wish { subject, seen, handling })
    }
}

/// A page of problems of which somebody said something.
#[derive(SimpleObject)]
#[graphql(name = "HandledProblemPage")]
pub struct HandledPage {
    /// The rows.
    nodes: Vec<HandledView>,
    /// How many there are on all pages.
    total_count: u64,
    /// Where this page ends.
    page_info: PageInfo,
}

fn row_key(handled: &Handled) -> String {
    let (subject, concern) = handled.key();
    format!("{} {} {}", subject.kind(), concern.word(), subject.name())
}

#[Object]
impl AttentionQuery {
    /// Problems that somebody acknowledged or snoozed, by kind and name.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn handled_problems(
        &self,
        ctx: &Context<'_>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<HandledPage> {
        user(ctx)?;
        let rows = page::rows(ctx, first)?;
        let after = page::key(ctx, after)?;
        let mut found: Vec<_> = core(ctx)?.read(|estate| estate.handled.values().cloned().collect()).await;
        found.sort_by_cached_key(row_key);
        let page::Cut { nodes, total_count, page_info } =
            page::cut(found, after.as_ref(), rows, row_key, String::clone);
        Ok(HandledPage { nodes: nodes.into_iter().map(Into::into).collect(), total_count, page_info })
    }

    /// What was told outside in the last week, and what waits to be, newest first.
    #[graphql(complexity = "first.unwrap_or(100) as usize * child_complexity")]
    async fn deliveries(&self, ctx: &Context<'_>, first: Option<u32>) -> Result<Vec<DeliveryView>> {
        user(ctx)?;
        let first = first.unwrap_or(100);
        if first == 0 || first > DELIVERIES {
            return Err(invalid(ctx, format!("`first` must be 1 to {DELIVERIES}")));
        }
        let found = core(ctx)?.deliveries(first).await.map_err(|e| refuse(ctx, e))?;
        Ok(found.into_iter().map(Into::into).collect())
    }

    /// Receivers that do not take what they are told.
    async fn failing_receivers(&self, ctx: &Context<'_>) -> Result<Vec<FailingReceiverView>> {
        user(ctx)?;
        let found = core(ctx)?.read(|estate| estate.failing_receivers.clone()).await;
        Ok(found.into_iter().map(Into::into).collect())
    }
}

#[Object]
impl AttentionMutation {
    /// Say that one knows of a problem and cares for it. It holds until the problem ends or becomes worse.
    async fn acknowledge_problem(
        &self,
        ctx: &Context<'_>,
        problem: SeenProblemInput,
        idempotency_key: String,
    ) -> Result<Option<HandledView>> {
        say(ctx, problem, Some(Handling::Acknowledged), &idempotency_key).await
    }

    /// Put a problem out of everybody's sight until then. It is back earlier when it becomes worse.
    async fn snooze_problem(
        &self,
        ctx: &Context<'_>,
        problem: SeenProblemInput,
        #[graphql(desc = "A week from now at most.")] until: Time,
        idempotency_key: String,
    ) -> Result<Option<HandledView>> {
        say(ctx, problem, Some(Handling::Snoozed(until.0)), &idempotency_key).await
    }

    /// Take back what was said about a problem, by whomever. Answers nothing.
    async fn reopen_problem(
        &self,
        ctx: &Context<'_>,
        problem: SeenProblemInput,
        idempotency_key: String,
    ) -> Result<Option<HandledView>> {
        say(ctx, problem, None, &idempotency_key).await
    }
}

async fn say(
    ctx: &Context<'_>,
    problem: SeenProblemInput,
    handling: Option<Handling>,
    key: &str,
) -> Result<Option<HandledView>> {
    let (user, key) = writer(ctx, key)?;
    let wish = problem.wish(ctx, handling)?;
    let said = core(ctx)?.attend(user, wish, key).await.map_err(|e| refuse(ctx, e))?;
    Ok(said.map(Into::into))
}
