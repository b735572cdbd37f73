//! How the edge says no: one envelope for every error, with a request id, and never an inside view.
//!
//! Handlers answer with a [`Problem`]; it is turned into a body in one place, [`Problem::render`], called by the
//! guard around all routes, which knows the request id.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::service::Failure;
use crate::domain::refusal::RefusalCode;

/// When to come back after a refusal for too much that does not say when, in seconds.
const RETRY_AFTER_SECONDS: u64 = 60;

/// An error on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code.
    pub code: &'static str,
    /// For the caller.
    pub message: String,
    /// For the log only.
    pub inside: Option<String>,
    /// When to come back, in seconds; none where that is no question of time.
    pub retry_after_s: Option<u64>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Inner<'a> {
    code: &'a str,
    message: &'a str,
    request_id: &'a str,
}

impl Problem {
    /// A problem that the caller may know all about.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let retry_after_s = (status == StatusCode::TOO_MANY_REQUESTS).then_some(RETRY_AFTER_SECONDS);
        Self { status, code, message: message.into(), inside: None, retry_after_s }
    }

    /// The body or a parameter makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, RefusalCode::Invalid.word(), message)
    }

    /// Nobody, or somebody unknown, is calling.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
    }

    /// Something broke in here; `inside` goes to the log.
    pub fn fault(inside: impl Into<String>) -> Self {
        let message = "something broke inside the core; its log has the details under this request id";
        Self { inside: Some(inside.into()), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", message) }
    }

    /// The answer, once the request id is known. Logs what the caller does not get to see.
    pub fn render(self, request_id: &str) -> Response {
        if let Some(inside) = &self.inside {
            tracing::error!(request_id, reason = %inside, "a request failed");
        }
        let inner = Inner { code: self.code, message: &self.message, request_id };
        let body = serde_json::to_vec(&Envelope { error: inner }).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) | Failure::Stale(refusal, _) => {
                let problem = Self::new(status_of(refusal.code), refusal.code.word(), refusal.reason);
                // Rounded up: a moment too early is once more in vain.
                let known_s = refusal.again_in_ms.and_then(|ms| u64::try_from(ms).ok()).map(|ms| ms.div_ceil(1_000));
                Self { retry_after_s: known_s.or(problem.retry_after_s), ..problem }
            }
            Failure::Unauthenticated(reason) => Self::unauthenticated(reason),
            Failure::NoTrail(reason) => Self::new(StatusCode::NOT_FOUND, "no_trail", reason),
            Failure::Fault(reason) => Self::fault(reason),
        }
    }
}

const fn status_of(code: RefusalCode) -> StatusCode {
    match code {
        RefusalCode::ForbiddenTransition | RefusalCode::Forbidden | RefusalCode::ReadOnly => StatusCode::FORBIDDEN,
        RefusalCode::Conflict | RefusalCode::Closed | RefusalCode::KeyReused | RefusalCode::Unchanged => {
            StatusCode::CONFLICT
        }
        RefusalCode::NotFound => StatusCode::NOT_FOUND,
        RefusalCode::Invalid => StatusCode::BAD_REQUEST,
        RefusalCode::TooMany => StatusCode::TOO_MANY_REQUESTS,
    }
}

impl IntoResponse for Problem {
    /// Travels as an extension to the guard, which renders it.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::Refusal;

    #[test]
    fn a_refusal_keeps_its_code_and_reason() {
        let refusal = Refusal::new(RefusalCode::ForbiddenTransition, "needs the assignee");
        let problem = Problem::from(Failure::Refused(refusal));
        assert_eq!((problem.status, problem.code), (StatusCode::FORBIDDEN, "forbidden_transition"));
        assert_eq!(problem.message, "needs the assignee");
    }

    #[test]
    fn a_fault_does_not_show_its_inside() {
        let problem = Problem::from(Failure::Fault("table tickets is locked".to_owned()));
        assert!(!problem.message.contains("table"));
        assert_eq!(problem.render("r1").status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
