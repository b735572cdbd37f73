//! The operations, one file per domain word: documents, what they answer, and how that becomes domain types.
//!
//! A contract test checks every document in [`DOCUMENTS`] against the published schema.

pub mod access;
pub mod attention;
pub mod gitops;
pub mod health;
pub mod plan;
pub mod sla;
pub mod tickets;
pub mod trail;
pub mod windows;

use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Client,
    error::{ApiError, Kind},
    http::{Call, Payload, Proof},
    wire,
};
use crate::domain::detail::Stale;

/// Every document that this program can send, by name.
pub const DOCUMENTS: &[(&str, &str)] = &[
    ("login", access::LOGIN),
    ("refreshToken", access::REFRESH),
    ("logout", access::LOGOUT),
    ("me", access::ME),
    ("service", health::SERVICE),
    ("budget", sla::BUDGET),
    ("windows", windows::WINDOWS),
    ("windowWrite", windows::WRITTEN),
    ("openWindow", windows::OPEN),
    ("stopWindow", windows::STOP),
    ("results", windows::RESULTS),
    ("restatements", windows::RESTATEMENTS),
    ("ticket", tickets::TICKET),
    ("ticketRehearsal", tickets::REHEARSAL),
    ("ticketWrite", tickets::WRITTEN),
    ("createTicket", tickets::CREATE),
    ("takeTicket", tickets::TAKE),
    ("moveTicket", tickets::MOVE),
    ("assignTicket", tickets::ASSIGN),
    ("commentTicket", tickets::COMMENT),
    ("prioritiseTicket", tickets::PRIORITISE),
    ("handledProblems", attention::HANDLED),
    ("acknowledgeProblem", attention::ACKNOWLEDGE),
    ("snoozeProblem", attention::SNOOZE),
    ("reopenProblem", attention::REOPEN),
    ("declared", gitops::DECLARED),
    ("source", gitops::SOURCE),
    ("activity", gitops::ACTIVITY),
    ("gitopsPlan", plan::PLAN),
    ("reconciles", plan::RECONCILES),
    ("drift", plan::DRIFT),
    ("blame", trail::BLAME),
    ("fileHistory", trail::FILE_HISTORY),
    ("fileDiff", trail::FILE_DIFF),
    ("changes", super::stream::frames::CHANGES),
];

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Error>,
}

/// One error of an answer.
#[derive(Deserialize)]
pub struct Error {
    message: wire::Text,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    #[serde(default)]
    code: wire::Line,
    request_id: Option<wire::Line>,
    retry_after_seconds: Option<u64>,
    /// With a conflict: the ticket as it is now.
    ticket: Option<Box<wire::tickets::TicketShape>>,
    /// With a conflict: what the caller did not see.
    #[serde(default)]
    since: Vec<wire::tickets::EntryShape>,
}

impl Error {
    /// The same as an error of ours; `status` is that of the HTTP answer.
    pub(super) fn into_api_error(self, status: u16) -> ApiError {
        let retry_after_ms = self.extensions.retry_after_seconds.map(|s| s.saturating_mul(1000));
        let mut error = ApiError::new(
            // Without a code it is the library speaking: the document does not fit the core's schema.
            match self.extensions.code.0.as_str() {
                "" if status == 200 => Kind::Protocol,
                code => Kind::from_code(code, status, retry_after_ms),
            },
            self.message.0,
        );
        error.request_id = wire::optional(self.extensions.request_id);
        let since = self.extensions.since.into_iter().map(|entry| entry.0).collect();
        error.stale = self.extensions.ticket.map(|ticket| Box::new(Stale { ticket: (*ticket).into(), since }));
        error
    }

    /// Its stable code; empty when it has none.
    pub(super) fn code(&self) -> &str {
        &self.extensions.code.0
    }

    /// What it says.
    pub(super) fn message(&self) -> &str {
        &self.message.0
    }
}

/// Ask, and ask again where that helps.
pub(super) async fn read<T: DeserializeOwned>(
    client: &Client,
    document: &str,
    variables: serde_json::Value,
) -> Result<T, ApiError> {
    let mut tries = client.tries();
    loop {
        match signed_in(client, document, variables.clone(), false).await {
            Err(error) if tries.another(&error).await => {}
            result => return result,
        }
    }
}

/// Write, once. A token that the core refuses is renewed first: nothing has happened then.
pub(super) async fn write<T: DeserializeOwned>(
    client: &Client,
    document: &str,
    variables: serde_json::Value,
) -> Result<T, ApiError> {
    signed_in(client, document, variables, true).await
}

async fn signed_in<T: DeserializeOwned>(
    client: &Client,
    document: &str,
    variables: serde_json::Value,
    is_write: bool,
) -> Result<T, ApiError> {
    let token = client.token().await?;
    match call(client, document, variables.clone(), token.as_ref(), is_write).await {
        Err(e) if e.kind == Kind::Unauthenticated => match client.another_token(token.as_ref()).await {
            Some(token) => call(client, document, variables, Some(&token), is_write).await,
            None => Err(e),
        },
        other => other,
    }
}

/// Send one document once.
pub(super) async fn call<T: DeserializeOwned>(
    client: &Client,
    document: &str,
    variables: serde_json::Value,
    token: Option<&SecretString>,
    is_write: bool,
) -> Result<T, ApiError> {
    let body = serde_json::json!({ "query": document, "variables": variables });
    let body = serde_json::to_vec(&body).map_err(ApiError::protocol)?;
    let proof = token.map_or(Proof::None, Proof::Bearer);
    let answer = client
        .0
        .http
        .send(Call { path: "/graphql", proof, body: Some(Payload::json(body)), accept: None, is_write })
        .await?;
    // A write that was answered happened; an answer that cannot be read does not undo it.
    let unreadable = |e: serde_json::Error| {
        let error = ApiError::protocol(e);
        if is_write { ApiError::new(Kind::Unknown, error.message) } else { error }
    };
    let answer: Answer<Box<serde_json::value::RawValue>> = serde_json::from_slice(&answer).map_err(unreadable)?;
    if let Some(first) = answer.errors.into_iter().next() {
        return Err(first.into_api_error(200));
    }
    let data = answer.data.ok_or_else(|| ApiError::protocol("neither data nor errors"))?;
    serde_json::from_str(data.get()).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_in_extensions_becomes_its_kind() {
        let error: Error = serde_json::from_str(
            r#"{"message":"ticket 4 changed","extensions":{"code":"conflict","requestId":"r9"},"path":["moveTicket"]}"#,
        )
        .unwrap();
        let error = error.into_api_error(200);
        assert_eq!(error.kind, Kind::Conflict);
        assert_eq!(error.request_id.as_deref(), Some("r9"));
    }

    #[test]
    fn an_error_without_a_code_means_the_schemas_differ() {
        let error: Error = serde_json::from_str(r#"{"message":"Unknown field \"x\""}"#).unwrap();
        assert_eq!(error.into_api_error(200).kind, Kind::Protocol);
    }
}
