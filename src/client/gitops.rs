//! What is declared, what would change, and who made it so.

use serde_json::json;

use super::{
    ApiError, Client,
    graphql::{self, gitops, plan, trail},
    parse, wire,
};
use crate::domain::{
    detail::DeclaredIndex,
    gitops::{Blame, Drift, FileDiff, FileHistory, Live, Plan, Reconciled, SourceFile, State},
};

impl Client {
    /// What the repository declares.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn declared(&self) -> Result<DeclaredIndex, ApiError> {
        let data: gitops::DeclaredData = graphql::read(self, gitops::DECLARED, json!({})).await?;
        Ok(data.declared.into())
    }

    /// A file of the repository, secrets masked.
    ///
    /// # Errors
    /// `NotFound` when the file is none of ours.
    pub async fn source(&self, file: &str) -> Result<SourceFile, ApiError> {
        let data: gitops::SourceData = graphql::read(self, gitops::SOURCE, json!({ "file": file })).await?;
        Ok(data.source.into())
    }

    /// What is in force, redacted, and what lives on it: a plan can be computed from it anywhere.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn declared_state(&self) -> Result<(State, Live), ApiError> {
        let body = self.get("/api/v1/gitops/state", true).await?;
        let read = move || parse::<wire::state::StateShape>(&body).map(Into::into);
        tokio::task::spawn_blocking(read).await.map_err(ApiError::protocol)?
    }

    /// What would change between two revisions. Without `from`: what is in force. Without `to`: the core's repository
    /// as it lies now.
    ///
    /// # Errors
    /// `NotFound` for an unknown revision, and what went wrong on the way.
    pub async fn plan(&self, from: Option<&str>, to: Option<&str>) -> Result<Plan, ApiError> {
        let data: plan::PlanData = graphql::read(self, plan::PLAN, json!({ "from": from, "to": to })).await?;
        Ok(data.gitops_plan.into())
    }

    /// What the newest reconciliations did, newest first.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn reconciles(&self, limit: usize) -> Result<Vec<Reconciled>, ApiError> {
        let data: plan::ReconcilesData =
            graphql::read(self, plan::RECONCILES, json!({ "limit": bounded(limit) })).await?;
        Ok(data.reconciles.into_iter().map(Into::into).collect())
    }

    /// Services on both axes: declared, and running as declared.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn drift(&self) -> Result<Vec<Drift>, ApiError> {
        let data: plan::DriftData = graphql::read(self, plan::DRIFT, json!({})).await?;
        Ok(data.drift.into_iter().map(Into::into).collect())
    }

    /// Which commit last changed each line of a file.
    ///
    /// # Errors
    /// A refusal with the reason where there is no trail, and what went wrong on the way.
    pub async fn blame(&self, file: &str) -> Result<Blame, ApiError> {
        let data: trail::BlameData = graphql::read(self, trail::BLAME, json!({ "file": file })).await?;
        Ok(data.blame.into())
    }

    /// The newest commits that touched a file.
    ///
    /// # Errors
    /// As [`Self::blame`].
    pub async fn file_history(&self, file: &str, limit: usize) -> Result<FileHistory, ApiError> {
        let variables = json!({ "file": file, "limit": bounded(limit) });
        let data: trail::FileHistoryData = graphql::read(self, trail::FILE_HISTORY, variables).await?;
        Ok(data.file_history.into())
    }

    /// What one commit changed in a file, secrets masked.
    ///
    /// # Errors
    /// As [`Self::blame`].
    pub async fn file_diff(&self, file: &str, commit: &str) -> Result<FileDiff, ApiError> {
        let variables = json!({ "file": file, "commit": commit });
        let data: trail::FileDiffData = graphql::read(self, trail::FILE_DIFF, variables).await?;
        Ok(data.file_diff.into())
    }
}

fn bounded(limit: usize) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}
