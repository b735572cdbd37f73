//! The daily report, made now.

use serde_json::Value;

use super::{Writer, error::ApiError, http::Payload, parse};
use crate::domain::text::clean_text;

const GENERATE: &str = "/api/v1/sla/report/generate";

impl Writer {
    /// Have the core make a daily report now, or take the one that was asked for less than a minute ago. It is kept beside
    /// the core's database.
    ///
    /// # Errors
    /// `Forbidden` below operator, `Unknown` for a lost answer.
    pub async fn daily_report(&self) -> Result<Value, ApiError> {
        parse(&self.post(GENERATE, Payload::none(), None).await?)
    }

    /// The same as a document in Markdown.
    ///
    /// # Errors
    /// As [`Self::daily_report`].
    pub async fn daily_report_for_people(&self) -> Result<String, ApiError> {
        let body = self.post(GENERATE, Payload::none(), Some("text/markdown")).await?;
        let text = String::from_utf8(body).map_err(ApiError::protocol)?;
        Ok(clean_text(&text).into_owned())
    }
}
