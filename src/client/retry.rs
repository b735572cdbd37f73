//! When a read or a push is tried again. Pure: (attempt, kind, jitter) in, a wait or none out. Writes of people never
//! come here.

use super::error::Kind;

/// How often a read is sent at most.
pub const ATTEMPTS: u32 = 4;
/// Longest wait between two tries, in milliseconds.
pub const LONGEST_MS: i64 = 5_000;
const FIRST_MS: i64 = 150;
const FIRST_PUSH_MS: i64 = 500;
/// A job has more time than a person.
const LONGEST_PUSH_MS: i64 = 60_000;

/// How long to wait before the next try, in milliseconds, or none to give up.
///
/// `attempt` counts the tries that failed, from 1; `jitter` is a number from 0 to 1; `left_ms` is what is left of the time
/// that the caller has for all tries: who got no answer in time has none left.
pub fn wait_ms(attempt: u32, kind: &Kind, jitter: f64, left_ms: i64) -> Option<i64> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let wait = match kind {
        Kind::Unreachable => Some(backoff_ms(attempt, FIRST_MS, LONGEST_MS, jitter)),
        // A longer wait than a person accepts is his decision.
        Kind::TooMany { retry_after_ms: Some(ms) } => i64::try_from(*ms).ok().filter(|ms| *ms <= LONGEST_MS),
        _ => None,
    };
    wait.filter(|wait| *wait < left_ms)
}

/// How long to wait before a push is sent again, in milliseconds, or none to give up after `tries`.
///
/// A push says how something is: sent twice it says the same, so also one whose answer was lost goes again.
pub fn push_wait_ms(attempt: u32, tries: u32, kind: &Kind, jitter: f64) -> Option<i64> {
    if attempt >= tries {
        return None;
    }
    let backoff = backoff_ms(attempt, FIRST_PUSH_MS, LONGEST_PUSH_MS, jitter);
    match kind {
        Kind::Unreachable | Kind::TimedOut | Kind::Unknown | Kind::Fault | Kind::TooMany { retry_after_ms: None } => {
            Some(backoff)
        }
        Kind::TooMany { retry_after_ms: Some(ms) } => i64::try_from(*ms).ok().filter(|ms| *ms <= LONGEST_PUSH_MS),
        _ => None,
    }
}

/// The wait before try `attempt` + 1: doubled each time up to `longest_ms`, of which the jitter takes up to half.
pub fn backoff_ms(attempt: u32, first_ms: i64, longest_ms: i64, jitter: f64) -> i64 {
    let doubled = first_ms.saturating_mul(1_i64 << attempt.saturating_sub(1).min(20)).min(longest_ms);
    let half = doubled / 2;
    // Within 0..=half by the clamp; waits are far below 2^52.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    let random = (half as f64 * jitter.clamp(0.0, 1.0)) as i64;
    doubled - half + random
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_stay_below_the_limit_and_end() {
        let waits: Vec<_> = (1..=5).map(|n| wait_ms(n, &Kind::Unreachable, 1.0, 9_000)).collect();
        assert_eq!(waits, [Some(150), Some(300), Some(600), None, None]);
        assert_eq!(backoff_ms(30, FIRST_MS, LONGEST_MS, 1.0), LONGEST_MS);
    }

    #[test]
    fn jitter_takes_at_most_half() {
        assert_eq!(backoff_ms(1, 150, 5_000, 0.0), 75);
        assert_eq!(backoff_ms(1, 150, 5_000, 1.0), 150);
    }

    #[test]
    fn the_time_that_a_caller_gives_is_for_all_tries() {
        assert_eq!(wait_ms(1, &Kind::TimedOut, 0.5, 9_000), None, "the time is over");
        assert_eq!(wait_ms(2, &Kind::Unreachable, 1.0, 301), Some(300));
        assert_eq!(wait_ms(2, &Kind::Unreachable, 1.0, 300), None);
        assert_eq!(wait_ms(1, &Kind::TooMany { retry_after_ms: Some(900) }, 0.5, 800), None);
    }

    #[test]
    fn a_refusal_is_an_answer_and_is_not_asked_again() {
        for kind in [Kind::NotFound, Kind::Conflict, Kind::Unauthenticated, Kind::Fault, Kind::Unknown] {
            assert_eq!(wait_ms(1, &kind, 0.5, 9_000), None, "{kind:?}");
        }
    }

    #[test]
    fn a_push_goes_again_while_it_may_pass_and_never_where_it_was_refused() {
        let waits: Vec<_> = (1..=4).map(|n| push_wait_ms(n, 4, &Kind::Unknown, 1.0)).collect();
        assert_eq!(waits, [Some(500), Some(1_000), Some(2_000), None]);
        assert_eq!(push_wait_ms(1, 1, &Kind::Unreachable, 1.0), None, "one try is one try");
        assert_eq!(push_wait_ms(1, 9, &Kind::TooMany { retry_after_ms: Some(3_600_000) }, 1.0), None);
        for kind in [Kind::Unauthenticated, Kind::Invalid, Kind::NotFound] {
            assert_eq!(push_wait_ms(1, 9, &kind, 1.0), None, "{kind:?}");
        }
    }

    #[test]
    fn the_core_says_when_to_come_back_unless_that_is_too_long() {
        assert_eq!(wait_ms(1, &Kind::TooMany { retry_after_ms: Some(900) }, 0.5, 9_000), Some(900));
        assert_eq!(wait_ms(1, &Kind::TooMany { retry_after_ms: Some(3_600_000) }, 0.5, 9_000), None);
    }
}
