//! The repository and the log.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};

use super::{core, refuse, user};
use crate::{
    domain::refusal::{Refusal, RefusalCode},
    server::{
        service::Failure,
        wire::{
            change::ChangeView,
            gitops::{IndexView, SourceFileView, SourceView},
        },
    },
};

/// Most changes of one answer.
const ACTIVITY_LIMIT: usize = 5_000;

/// Queries on what is declared and what happened.
#[derive(Default)]
pub struct GitopsQuery;

#[Object]
impl GitopsQuery {
    /// Everything the repository declares, its files and its faults.
    #[graphql(complexity = "100 * child_complexity")]
    async fn declared(&self, ctx: &Context<'_>) -> Result<IndexView> {
        user(ctx)?;
        Ok(Arc::unwrap_or_clone(core(ctx)?.declared().await).into())
    }

    /// What takes effect from the repository: workflows, catalog, groups, providers.
    async fn source_summary(&self, ctx: &Context<'_>) -> Result<SourceView> {
        user(ctx)?;
        Ok(core(ctx)?.read(|estate| estate.source.clone()).await.into())
    }

    /// One file of ours with its text; secrets are masked.
    async fn source(&self, ctx: &Context<'_>, file: String) -> Result<SourceFileView> {
        user(ctx)?;
        let found = core(ctx)?.source(&file).await;
        found.map(Into::into).ok_or_else(|| {
            let refusal = Refusal::new(RefusalCode::NotFound, "no such file is shown: it is not there or none of ours");
            refuse(ctx, Failure::Refused(refusal))
        })
    }

    /// The newest changes, newest first.
    #[graphql(complexity = "(limit.clamp(1, 5_000) as usize) * child_complexity")]
    async fn activity(&self, ctx: &Context<'_>, #[graphql(default = 100)] limit: i32) -> Result<Vec<ChangeView>> {
        user(ctx)?;
        let limit = usize::try_from(limit).unwrap_or(0).clamp(1, ACTIVITY_LIMIT);
        let mut changes = core(ctx)?.recent_changes(limit).await;
        changes.sort_by_key(|change| std::cmp::Reverse(change.seq));
        Ok(changes.iter().map(|change| ChangeView::from(&**change)).collect())
    }
}
