//! What a call can end in. Pure: the console's picture of an error is this type.

use std::fmt;

use crate::domain::{detail::Stale, refusal::RefusalCode};

/// Why a call failed, by what its caller can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nobody is signed in, or the sign-in is over.
    Unauthenticated,
    /// The right is missing.
    Forbidden,
    /// This session may not write.
    ReadOnly,
    /// There is no such object.
    NotFound,
    /// The object changed since it was seen.
    Conflict,
    /// A rule said no, with its code.
    Refused(RefusalCode),
    /// The input does not make sense.
    Invalid,
    /// Too many calls.
    TooMany {
        /// When to come back, in milliseconds, if the core says.
        retry_after_ms: Option<u64>,
    },
    /// No connection came about: nothing was sent.
    Unreachable,
    /// A read got no answer in time.
    TimedOut,
    /// A write was sent and its answer was lost: it may or may not have happened.
    Unknown,
    /// The answer is not what the contract says.
    Protocol,
    /// The core failed; its log has the request id.
    Fault,
}

impl Kind {
    /// One stable word, for output and logs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::ReadOnly => "read_only",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Refused(code) => code.word(),
            Self::Invalid => "invalid",
            Self::TooMany { .. } => "too_many",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Unknown => "unknown",
            Self::Protocol => "protocol",
            Self::Fault => "fault",
        }
    }

    /// The kind for a code of the API and the HTTP status it came with.
    pub fn from_code(code: &str, status: u16, retry_after_ms: Option<u64>) -> Self {
        if let Some(code) = RefusalCode::parse(code) {
            return Self::from_refusal(code, retry_after_ms);
        }
        match (code, status) {
            ("unauthenticated", _) | (_, 401) => Self::Unauthenticated,
            (_, 403) => Self::Forbidden,
            // Over GraphQL the status is good and only the code tells.
            ("no_trail", _) | (_, 404) => Self::NotFound,
            (_, 409) => Self::Conflict,
            (_, 429) => Self::TooMany { retry_after_ms },
            ("too_large" | "method_not_allowed", _) | (_, 400..=499) => Self::Invalid,
            ("fault" | "unavailable", _) | (_, 500..=599) => Self::Fault,
            _ => Self::Protocol,
        }
    }

    const fn from_refusal(code: RefusalCode, retry_after_ms: Option<u64>) -> Self {
        match code {
            RefusalCode::Forbidden => Self::Forbidden,
            RefusalCode::ReadOnly => Self::ReadOnly,
            RefusalCode::Conflict => Self::Conflict,
            RefusalCode::NotFound => Self::NotFound,
            RefusalCode::Invalid => Self::Invalid,
            RefusalCode::TooMany => Self::TooMany { retry_after_ms },
            RefusalCode::ForbiddenTransition
            | RefusalCode::Closed
            | RefusalCode::KeyReused
            | RefusalCode::Unchanged => Self::Refused(code),
        }
    }

    /// What to do about it, in one sentence; empty where the message says all.
    const fn hint(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "sign in again with `itops login`",
            Self::Conflict => "look at it as it is now, then decide again",
            Self::TooMany { .. } => "wait a little before the next try",
            Self::Unreachable => "is the core running, and is the address right?",
            Self::TimedOut => "the core is slow or the link is; try again or raise the timeout",
            Self::Unknown => "read the object before you do it again: it may have happened",
            Self::Protocol => "is this address a core of a matching version?",
            Self::Fault => "the core's log has the details under the request id",
            Self::Forbidden | Self::ReadOnly | Self::NotFound | Self::Refused(_) | Self::Invalid => "",
        }
    }
}

/// A failed call. All text in it is clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What kind of failure.
    pub kind: Kind,
    /// What happened, in words.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
    /// The core's name for the call, when it gave one.
    pub request_id: Option<String>,
    /// With a conflict on a ticket: what the caller did not see.
    pub stale: Option<Box<Stale>>,
}

impl ApiError {
    /// A failure of `kind` with its usual hint. `message` must be clean.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let hint = kind.hint().to_owned();
        Self { kind, message: message.into(), hint, request_id: None, stale: None }
    }

    /// An answer that breaks the contract.
    pub(super) fn protocol(what: impl fmt::Display) -> Self {
        let text = what.to_string();
        Self::new(Kind::Protocol, format!("the answer does not fit the contract: {}", super::wire::line(&text)))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.kind.word())
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_code_keeps_its_meaning() {
        assert_eq!(Kind::from_code("conflict", 200, None), Kind::Conflict);
        assert_eq!(Kind::from_code("forbidden_transition", 200, None), Kind::Refused(RefusalCode::ForbiddenTransition));
        for code in RefusalCode::ALL {
            assert_eq!(Kind::from_code(code.word(), 200, None).word(), code.word());
        }
    }

    #[test]
    fn a_status_without_a_known_code_still_says_something() {
        assert_eq!(Kind::from_code("", 401, None), Kind::Unauthenticated);
        assert_eq!(Kind::from_code("", 502, None), Kind::Fault);
        assert_eq!(Kind::from_code("", 418, None), Kind::Invalid);
        assert_eq!(Kind::from_code("", 429, Some(9)), Kind::TooMany { retry_after_ms: Some(9) });
        assert_eq!(Kind::from_code("", 200, None), Kind::Protocol);
        assert_eq!(Kind::from_code("no_trail", 200, None), Kind::NotFound, "there is no history, and that is no fault");
    }
}
