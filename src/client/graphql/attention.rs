//! What people said about problems.

use serde::Deserialize;

use crate::client::wire::attention::HandledShape;

macro_rules! handled_fields {
    () => {
        "{ subject { kind name } reason handling until byId by at }"
    };
}

/// A page of it.
pub const HANDLED: &str = concat!(
    "query Handled($first: Int!, $after: String) ",
    "{ page: handledProblems(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes ",
    handled_fields!(),
    " } }"
);

/// Know of a problem.
pub const ACKNOWLEDGE: &str = concat!(
    "mutation Acknowledge($problem: SeenProblem!, $idempotencyKey: String!) ",
    "{ handled: acknowledgeProblem(problem: $problem, idempotencyKey: $idempotencyKey) ",
    handled_fields!(),
    " }"
);

/// Put it out of sight.
pub const SNOOZE: &str = concat!(
    "mutation Snooze($problem: SeenProblem!, $until: Time!, $idempotencyKey: String!) ",
    "{ handled: snoozeProblem(problem: $problem, until: $until, idempotencyKey: $idempotencyKey) ",
    handled_fields!(),
    " }"
);

/// Take it back.
pub const REOPEN: &str = concat!(
    "mutation Reopen($problem: SeenProblem!, $idempotencyKey: String!) ",
    "{ handled: reopenProblem(problem: $problem, idempotencyKey: $idempotencyKey) ",
    handled_fields!(),
    " }"
);

/// Answer of a write.
#[derive(Deserialize)]
pub struct SaidData {
    /// What holds now; none when it was taken back.
    pub handled: Option<HandledShape>,
}
