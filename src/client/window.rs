//! Exclusion windows, and what closed periods came to.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Client, Writer,
    error::ApiError,
    graphql::{self, windows},
    wire::windows::{RestatementShape, ResultShape, WindowShape},
};
use crate::domain::{
    sla::{ExclusionWindow, NewWindow, PeriodResult, Restatement, ResultPeriod, WindowEnd},
    time::Timestamp,
};

/// How many rows are asked for at a time: as many as a page may have.
const PAGE: u32 = 1_000;

impl Client {
    /// Exclusion windows by number: those in force, planned, and of the last 400 days.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn windows(&self) -> Result<Vec<ExclusionWindow>, ApiError> {
        let all: Vec<WindowShape> = self.pages(windows::WINDOWS, json!({})).await?;
        Ok(all.into_iter().map(|w| w.0).collect())
    }

    /// The window that a write under this key made or stopped; none when it never arrived. Settles a write whose answer
    /// was lost.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn window_write(&self, key: impl Display + Send) -> Result<Option<ExclusionWindow>, ApiError> {
        let variables = json!({ "idempotencyKey": key.to_string() });
        let data: windows::SettledData = graphql::read(self, windows::WRITTEN, variables).await?;
        Ok(data.window.map(|w| w.0))
    }

    /// Results of groups in a month (`2026-10`), of its days or of the whole of it, oldest first.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn period_results(&self, period: ResultPeriod, month: &str) -> Result<Vec<PeriodResult>, ApiError> {
        let variables = json!({ "filter": { "periodType": period.word(), "month": month } });
        let all: Vec<ResultShape> = self.pages(windows::RESULTS, variables).await?;
        Ok(all.into_iter().map(Into::into).collect())
    }

    /// All corrections of kept results of a month (`2026-10`) and of its days, in the order in which they were made.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn restatements(&self, month: &str) -> Result<Vec<Restatement>, ApiError> {
        let all: Vec<RestatementShape> = self.pages(windows::RESTATEMENTS, json!({ "month": month })).await?;
        Ok(all.into_iter().map(Into::into).collect())
    }

    /// The rows of all pages of a document that takes `first` and `after` beside `variables`.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        document: &str,
        mut variables: Value,
    ) -> Result<Vec<T>, ApiError> {
        variables["first"] = PAGE.into();
        let mut found = Vec::new();
        loop {
            let data: windows::PageData<T> = graphql::read(self, document, variables.clone()).await?;
            found.extend(data.page.nodes);
            match data.page.page_info.end_cursor {
                Some(after) if data.page.page_info.has_next_page => variables["after"] = after.0.into(),
                _ => return Ok(found),
            }
        }
    }
}

impl Writer {
    /// Take a time out of the reckoning.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn open_window(&self, new: &NewWindow, key: impl Display + Send) -> Result<ExclusionWindow, ApiError> {
        let moment = |at: Option<Timestamp>| -> Option<String> {
            let at = jiff::Timestamp::from_millisecond(at?.ms()).ok()?;
            Some(at.to_string())
        };
        let window = json!({
            "scope": new.scope.kind(),
            "name": new.scope.name(),
            "from": moment(new.from),
            "to": moment(match new.to {
                Some(WindowEnd::At(at)) => Some(at),
                Some(WindowEnd::After(_)) | None => None,
            }),
            "lengthMs": match new.to {
                Some(WindowEnd::After(ms)) => Some(ms),
                Some(WindowEnd::At(_)) | None => None,
            },
            "reason": new.reason,
        });
        self.write_window(windows::OPEN, json!({ "window": window, "idempotencyKey": key.to_string() })).await
    }

    /// Stop a window; one that is still to come never begins.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn stop_window(&self, id: u64, key: impl Display + Send) -> Result<ExclusionWindow, ApiError> {
        self.write_window(windows::STOP, json!({ "number": id, "idempotencyKey": key.to_string() })).await
    }

    async fn write_window(&self, document: &str, variables: Value) -> Result<ExclusionWindow, ApiError> {
        let data: windows::WindowData = graphql::write(self.client(), document, variables).await?;
        Ok(data.window.0)
    }
}
