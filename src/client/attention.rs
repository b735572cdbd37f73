//! What people said about problems, and saying it.

use std::fmt::Display;

use serde_json::json;

use super::{
    Client, Writer,
    error::ApiError,
    graphql::{self, attention},
    wire::attention::HandledShape,
};
use crate::domain::attention::{Handled, Handling, Wish};

impl Client {
    /// Problems that somebody acknowledged or snoozed.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn handled(&self) -> Result<Vec<Handled>, ApiError> {
        let all: Vec<HandledShape> = self.pages(attention::HANDLED, json!({})).await?;
        Ok(all.into_iter().map(Into::into).collect())
    }
}

impl Writer {
    /// Say something about a problem, or take it back; answers what holds then.
    ///
    /// # Errors
    /// See [`Writer`].
    pub async fn attend(&self, wish: &Wish, key: impl Display + Send) -> Result<Option<Handled>, ApiError> {
        let problem = json!({ "kind": wish.subject.kind(), "name": wish.subject.name(), "reason": wish.seen.word() });
        let mut variables = json!({ "problem": problem, "idempotencyKey": key.to_string() });
        let document = match wish.handling {
            Some(Handling::Acknowledged) => attention::ACKNOWLEDGE,
            Some(Handling::Snoozed(until)) => {
                let until = jiff::Timestamp::from_millisecond(until.ms()).map_err(ApiError::protocol)?;
                variables["until"] = until.to_string().into();
                attention::SNOOZE
            }
            None => attention::REOPEN,
        };
        let data: attention::SaidData = graphql::write(self.client(), document, variables).await?;
        Ok(data.handled.map(Into::into))
    }
}
