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
            plan::{DriftView, PlanView, ReconcileView},
            trail::{BlameView, FileDiffView, FileHistoryView},
        },
    },
};

/// Most changes of one answer.
const ACTIVITY_LIMIT: usize = 5_000;
/// Most reconciliations of one answer; no more are kept.
const RECONCILES_LIMIT: usize = 100;
/// Most revisions of one answer.
const REVISIONS_LIMIT: usize = 1_000;
/// Cost of a call that reads the repository or asks git.
const READING_COST: usize = 5_000;

/// Queries on what is declared and what happened.
#[derive(Default)]
pub struct GitopsQuery;

#[Object]
impl GitopsQuery {
    /// Everything the repository declares, its files and its faults.
    #[graphql(complexity = "2 * READING_COST + 100 * child_complexity")]
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
    #[graphql(complexity = "2_000 + 100 * child_complexity")]
    async fn source(&self, ctx: &Context<'_>, file: String) -> Result<SourceFileView> {
        user(ctx)?;
        let found = core(ctx)?.source(&file).await;
        found.map(Into::into).ok_or_else(|| {
            let refusal = Refusal::new(RefusalCode::NotFound, "no such file is shown: it is not there or none of ours");
            refuse(ctx, Failure::Refused(refusal))
        })
    }

    /// What would change. Without `from`: against what is in force. Without `to`: the repository as it lies now, also
    /// where it is not watched.
    #[graphql(complexity = "2 * READING_COST + 100 * child_complexity")]
    async fn gitops_plan(&self, ctx: &Context<'_>, from: Option<String>, to: Option<String>) -> Result<PlanView> {
        user(ctx)?;
        let plan = core(ctx)?.plan(from, to).await;
        plan.map(Into::into).map_err(|e| refuse(ctx, e))
    }

    /// What reconciling did, newest first; the newest hundred are kept.
    #[graphql(complexity = "(limit.clamp(1, 100) as usize) * (200 + 5 * child_complexity)")]
    async fn reconciles(&self, ctx: &Context<'_>, #[graphql(default = 20)] limit: i32) -> Result<Vec<ReconcileView>> {
        user(ctx)?;
        let limit = usize::try_from(limit).unwrap_or(0).clamp(1, RECONCILES_LIMIT);
        let reconciles = core(ctx)?.reconciles(limit).await.map_err(|e| refuse(ctx, e))?;
        Ok(reconciles.into_iter().map(Into::into).collect())
    }

    /// Services on two axes: is it declared, and does it run as declared? Those where both agree are among them.
    #[graphql(complexity = "2 * READING_COST + 100 * child_complexity")]
    async fn drift(&self, ctx: &Context<'_>) -> Result<Vec<DriftView>> {
        user(ctx)?;
        let drift = core(ctx)?.drift().await.map_err(|e| refuse(ctx, e))?;
        Ok(drift.into_iter().map(Into::into).collect())
    }

    /// Which commit last changed each line of a file of ours.
    #[graphql(complexity = "READING_COST + 100 * child_complexity")]
    async fn blame(&self, ctx: &Context<'_>, file: String) -> Result<BlameView> {
        user(ctx)?;
        core(ctx)?.blame(file).await.map(Into::into).map_err(|e| refuse(ctx, e))
    }

    /// The commits that touched a file, newest first.
    #[graphql(complexity = "READING_COST + (limit.clamp(1, 1_000) as usize) * child_complexity")]
    async fn file_history(
        &self,
        ctx: &Context<'_>,
        file: String,
        #[graphql(default = 100)] limit: i32,
    ) -> Result<FileHistoryView> {
        user(ctx)?;
        let limit = usize::try_from(limit).unwrap_or(0).clamp(1, REVISIONS_LIMIT);
        core(ctx)?.file_history(file, limit).await.map(Into::into).map_err(|e| refuse(ctx, e))
    }

    /// What one commit changed in one file, secrets masked.
    #[graphql(complexity = "READING_COST + 100 * child_complexity")]
    async fn file_diff(&self, ctx: &Context<'_>, file: String, commit: String) -> Result<FileDiffView> {
        user(ctx)?;
        core(ctx)?.file_diff(file, commit).await.map(Into::into).map_err(|e| refuse(ctx, e))
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
