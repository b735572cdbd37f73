//! Why a rule said no. Shown as it is in console, command line and API.

use std::fmt;

/// Stable codes of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The workflow or the role does not allow the move.
    ForbiddenTransition,
    /// The caller lacks the right.
    Forbidden,
    /// The session may not write at all.
    ReadOnly,
    /// The object changed since the caller saw it.
    Conflict,
    /// There is no such object.
    NotFound,
    /// The ticket is closed.
    Closed,
    /// The input does not make sense.
    Invalid,
    /// It is so already: nothing would change.
    Unchanged,
    /// The same idempotency key came with another body.
    KeyReused,
    /// Too many of something in a time.
    TooMany,
}

impl RefusalCode {
    /// Every code there is.
    pub const ALL: [Self; 10] = [
        Self::ForbiddenTransition,
        Self::Forbidden,
        Self::ReadOnly,
        Self::Conflict,
        Self::NotFound,
        Self::Closed,
        Self::Invalid,
        Self::Unchanged,
        Self::KeyReused,
        Self::TooMany,
    ];

    /// The printed form.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ForbiddenTransition => "forbidden_transition",
            Self::Forbidden => "forbidden",
            Self::ReadOnly => "read_only",
            Self::Conflict => "conflict",
            Self::NotFound => "not_found",
            Self::Closed => "closed",
            Self::Invalid => "invalid",
            Self::Unchanged => "unchanged",
            Self::KeyReused => "idempotency_key_reused",
            Self::TooMany => "too_many",
        }
    }

    /// The code for a printed form.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }
}

/// A rule's no, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code.
    pub code: RefusalCode,
    /// The reason in words, without code and without a full stop.
    pub reason: String,
    /// In how many milliseconds the same may be allowed, where that is known.
    pub again_in_ms: Option<i64>,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(code: RefusalCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), again_in_ms: None }
    }

    /// The same, saying in how many milliseconds another try makes sense.
    pub fn again_in(self, ms: i64) -> Self {
        Self { again_in_ms: Some(ms), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.code.word())
    }
}

impl std::error::Error for Refusal {}
