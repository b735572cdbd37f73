//! Silence is not health.

use super::{Health, Silence, Status};
use crate::domain::time::{MINUTE, SECOND, Timestamp};

/// Missed intervals after which a service is judged silent.
pub const MISSED_LIMIT: i64 = 3;
/// Interval of an agent, in milliseconds.
pub const AGENT_EVERY_MS: i64 = 30 * SECOND;
/// Interval where nothing says otherwise, in milliseconds.
pub const DEFAULT_EVERY_MS: i64 = 15 * MINUTE;

/// When `health` will be judged silent if nothing comes; none when it never reported or is silent already.
pub fn verdict_due(health: &Health) -> Option<Timestamp> {
    if health.silence.is_some() || health.every_ms <= 0 { None } else { due(health) }
}

/// When its last report and three intervals are over, whether it was judged then or not; none when it never reported.
pub fn due(health: &Health) -> Option<Timestamp> {
    health.last_seen.map(|seen| seen.plus(MISSED_LIMIT * health.every_ms))
}

/// The health after judging silence at `now`, when that changes it.
///
/// The wait only delays the verdict: it is UNKNOWN from its last report plus one interval on. What was DOWN stays
/// DOWN ("last known") and keeps burning.
pub fn judge(health: &Health, now: Timestamp) -> Option<Health> {
    let due = verdict_due(health)?;
    if now < due {
        return None;
    }
    let from = health.last_seen?.plus(health.every_ms);
    let mut after = health.clone();
    after.silence = Some(Silence { from, last_known: health.status });
    if health.status != Status::Down {
        after.status = Status::Unknown;
        after.since = from;
    }
    Some(after)
}

/// Whether nobody was heard for so long between a report at `last` and the one at `next` that it was silence.
pub const fn is_silence(last: Timestamp, next: Timestamp, every_ms: i64) -> bool {
    every_ms > 0 && next.since(last) >= MISSED_LIMIT * every_ms
}

/// Until when what was reported at `at` is known, where the report after it was at `next`: [`judge`] looking back.
pub fn known_until(status: Status, at: Timestamp, next: Timestamp, every_ms: i64) -> Timestamp {
    if status == Status::Down || !is_silence(at, next, every_ms) { next } else { at.plus(every_ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(status: Status) -> Health {
        Health {
            status,
            since: Timestamp::from_ms(0),
            last_seen: Some(Timestamp::from_ms(10 * MINUTE)),
            every_ms: MINUTE,
            ..Health::default()
        }
    }

    #[test]
    fn three_missed_intervals_make_it_unknown_from_one_interval_after_the_last_report() {
        let operational = health(Status::Operational);
        assert_eq!(judge(&operational, Timestamp::from_ms(13 * MINUTE - 1)), None);
        let after = judge(&operational, Timestamp::from_ms(13 * MINUTE)).unwrap();
        assert_eq!(after.status, Status::Unknown);
        assert_eq!(after.since, Timestamp::from_ms(11 * MINUTE));
        assert_eq!(after.silence.unwrap().last_known, Status::Operational);
        assert_eq!(judge(&after, Timestamp::from_ms(60 * MINUTE)), None, "judged once");
    }

    #[test]
    fn what_was_down_stays_down_as_last_known() {
        let after = judge(&health(Status::Down), Timestamp::from_ms(20 * MINUTE)).unwrap();
        assert_eq!(after.status, Status::Down);
        assert_eq!(after.since, Timestamp::from_ms(0));
        assert!(after.silence.is_some());
    }

    #[test]
    fn looking_back_says_the_same_as_judging_did_then() {
        let seen = Timestamp::from_ms(10 * MINUTE);
        for status in Status::ALL {
            for next in [11 * MINUTE, 13 * MINUTE - 1, 13 * MINUTE, 60 * MINUTE].map(Timestamp::from_ms) {
                let judged = judge(&health(status), next).filter(|after| after.status == Status::Unknown);
                let expected = judged.map_or(next, |after| after.since);
                assert_eq!(known_until(status, seen, next, MINUTE), expected, "{status:?}");
            }
        }
    }

    #[test]
    fn what_never_reported_is_not_judged() {
        let never = Health { every_ms: MINUTE, ..Health::default() };
        assert_eq!(judge(&never, Timestamp::from_ms(MINUTE * 1000)), None);
    }
}
