//! Exclusion windows: which there are, and opening and stopping one.

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
        sla::{ExclusionWindow, NewWindow, WindowEnd, WindowPhase, WindowScope, windows::Keeper},
        text::clean_line,
    },
    server::{
        service::Failure,
        wire::{Long, Time, windows::WindowView},
    },
};

/// Queries on windows.
#[derive(Default)]
pub struct WindowQuery;

/// Everything that changes a window.
#[derive(Default)]
pub struct WindowMutation;

/// A page of windows.
#[derive(SimpleObject)]
#[graphql(name = "ExclusionWindowPage")]
pub struct WindowPage {
    /// The rows.
    nodes: Vec<WindowView>,
    /// How many there are on all pages.
    total_count: u64,
    /// Where this page ends.
    page_info: PageInfo,
}

/// What a window is opened with.
#[derive(InputObject)]
#[graphql(name = "NewExclusionWindow")]
pub struct NewWindowInput {
    /// What `name` names: `service`, `node` or `group`.
    scope: String,
    /// Path of the service or node, or short name of the group.
    name: String,
    /// From when on; left out: from now. One for the past needs an admin and corrects results that are kept.
    from: Option<Time>,
    /// Until when; left out, and `lengthMs` too: until it is stopped.
    to: Option<Time>,
    /// Instead of `to`: so many milliseconds from its beginning on.
    length_ms: Option<Long>,
    /// Why.
    reason: String,
}

#[Object]
impl WindowQuery {
    /// Exclusion windows by number: those in force, planned, and of the last 400 days; of one phase (`active`, `planned`,
    /// `past`, `cancelled`) or of all.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn exclusion_windows(
        &self,
        ctx: &Context<'_>,
        phase: Option<String>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<WindowPage> {
        user(ctx)?;
        let rows = page::rows(ctx, first)?;
        let after = page::key(ctx, after)?.map(|key| key.parse::<u64>()).transpose();
        let after = after.map_err(|_| invalid(ctx, "`after` is not a cursor of this list"))?;
        let parse =
            |word: String| WindowPhase::parse(&word).ok_or_else(|| invalid(ctx, not_a("phase of a window", &word)));
        let phase = phase.map(parse).transpose()?;
        let core = core(ctx)?;
        let now = core.world().now();
        let wanted = |w: &&ExclusionWindow| phase.is_none_or(|phase| w.phase(now) == phase);
        let found: Vec<_> = core.read(|estate| estate.windows.values().filter(wanted).cloned().collect()).await;
        let page::Cut { nodes, total_count, page_info } =
            page::cut(found, after.as_ref(), rows, |window| window.id, u64::to_string);
        Ok(WindowPage { nodes: nodes.into_iter().map(Into::into).collect(), total_count, page_info })
    }

    /// The window that the caller's write under this key made or stopped in the last 24 hours; none when it never
    /// arrived. Settles a write whose answer was lost.
    async fn window_write(&self, ctx: &Context<'_>, idempotency_key: String) -> Result<Option<WindowView>> {
        let by = Keeper::User(user(ctx)?.clone());
        let found = core(ctx)?.window_write(&by, &idempotency_key).await.map_err(|e| refuse(ctx, e))?;
        Ok(found.map(Into::into))
    }
}

#[Object]
impl WindowMutation {
    /// Take a time out of the reckoning.
    async fn open_window(
        &self,
        ctx: &Context<'_>,
        input: NewWindowInput,
        idempotency_key: String,
    ) -> Result<WindowView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        let scope = WindowScope::parse(&input.scope, &input.name).map_err(|why| invalid(ctx, clean_line(&why)))?;
        let new = NewWindow {
            scope,
            from: input.from.map(|at| at.0),
            to: WindowEnd::given(input.to.map(|at| at.0), input.length_ms.map(|ms| ms.0))
                .map_err(|why| invalid(ctx, why))?,
            reason: clean_line(input.reason.trim()).into_owned(),
        };
        done(ctx, core(ctx)?.open_window(Keeper::User(user.clone()), new, key).await)
    }

    /// Stop a window; one that is still to come never begins. One that was for the past and is over is taken back, which
    /// needs an admin and corrects results that are kept.
    async fn stop_window(&self, ctx: &Context<'_>, id: u64, idempotency_key: String) -> Result<WindowView> {
        let (user, key) = writer(ctx, &idempotency_key)?;
        done(ctx, core(ctx)?.stop_window(Keeper::User(user.clone()), id, key).await)
    }
}

fn done(ctx: &Context<'_>, result: Result<ExclusionWindow, Failure>) -> Result<WindowView> {
    result.map(Into::into).map_err(|e| refuse(ctx, e))
}
