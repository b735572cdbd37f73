//! Times of trouble, derived from a status line: nothing is kept that the history does not say.

use super::Status;
use crate::domain::{
    sla::Timeline,
    time::{MINUTE, Timestamp},
};

/// A recovery that lasts less than this does not end an incident, in milliseconds. A setting says otherwise.
pub const FLAP_MS: i64 = 5 * MINUTE;

/// A time in which a service was DOWN or DEGRADED, with what it did in between when it came and went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When it began; may lie before the window that was asked for.
    pub from: Timestamp,
    /// When it worked again; none while it does not at the end of the window.
    pub to: Option<Timestamp>,
    /// The worst status in it.
    pub worst: Status,
    /// How often it broke: 1, and one more for each recovery that did not last.
    pub outbreaks: u32,
    /// How much of it, in milliseconds, it was not in its worst status: it worked in between, was better or unknown.
    pub other_ms: i64,
}

/// Times of trouble that touch the time from `from` to `to`, both included, newest first. Each has its true beginning.
///
/// One opens on DEGRADED or DOWN and ends when the service is OPERATIONAL or in MAINTENANCE. UNKNOWN ends nothing:
/// that nobody reports any more is no recovery. What works for less than `flap_ms` before it breaks again is flapping:
/// one incident, with the count. A recovery that has not lasted yet ends it for now.
pub fn troubles(line: &Timeline, from: Timestamp, to: Timestamp, flap_ms: i64) -> Vec<Trouble> {
    let Some(first) = line.first().filter(|first| *first <= to && from < to) else {
        return Vec::new();
    };
    let mut found: Vec<Trouble> = Vec::new();
    let mut worked_ms = 0;
    // What is reported at this very moment is known: one millisecond more.
    for (start, end, status) in line.intervals(first, to.plus(1)) {
        let last = found.last_mut();
        match (status, last) {
            (Status::Down | Status::Degraded, Some(trouble)) if trouble.to.is_none() || worked_ms < flap_ms => {
                if let Some(recovered) = trouble.to.take() {
                    trouble.outbreaks += 1;
                    trouble.other_ms += start.since(recovered);
                }
                if status > trouble.worst {
                    // All that came before it was better.
                    (trouble.worst, trouble.other_ms) = (status, start.since(trouble.from));
                } else if status < trouble.worst {
                    trouble.other_ms += end.min(to).since(start);
                }
                worked_ms = 0;
            }
            (Status::Down | Status::Degraded, _) => {
                found.push(Trouble { from: start, to: None, worst: status, outbreaks: 1, other_ms: 0 });
                worked_ms = 0;
            }
            (Status::Operational | Status::Maintenance, Some(trouble)) => {
                trouble.to = trouble.to.or(Some(start));
                worked_ms += end.since(start);
            }
            (Status::Unknown, Some(trouble)) if trouble.to.is_none() => trouble.other_ms += end.min(to).since(start),
            (Status::Operational | Status::Maintenance, None) | (Status::Unknown, _) => {}
        }
    }
    found.retain(|trouble| trouble.to.is_none_or(|end| end > from));
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{Degraded, Down, Maintenance, Operational, Unknown},
        samples::{at, line},
    };

    const FLAP: i64 = 5;

    fn found(points: &[(i64, Status)], from: i64, to: i64) -> Vec<(i64, Option<i64>, Status, u32)> {
        let all = troubles(&line(points), at(from), at(to), FLAP);
        all.into_iter().map(|t| (t.from.ms(), t.to.map(Timestamp::ms), t.worst, t.outbreaks)).collect()
    }

    /// Points, the window, and what comes out of it, newest first.
    type Line = (&'static str, &'static [(i64, Status)], (i64, i64), &'static [(i64, Option<i64>, Status, u32)]);

    const TABLE: &[Line] = &[
        ("nothing was ever reported", &[], (0, 100), &[]),
        ("it always worked", &[(0, Operational)], (0, 100), &[]),
        ("it opens on DEGRADED and lasts", &[(0, Operational), (10, Degraded)], (0, 100), &[(10, None, Degraded, 1)]),
        (
            "its worst status counts, and it ends with the recovery",
            &[(0, Operational), (10, Degraded), (20, Down), (30, Degraded), (40, Operational)],
            (0, 100),
            &[(10, Some(40), Down, 1)],
        ),
        ("maintenance ends it", &[(10, Down), (20, Maintenance)], (0, 100), &[(10, Some(20), Down, 1)]),
        ("silence is no recovery", &[(10, Degraded), (20, Unknown)], (0, 100), &[(10, None, Degraded, 1)]),
        (
            "what is found after a silence goes on",
            &[(10, Degraded), (20, Unknown), (60, Down), (70, Operational)],
            (0, 100),
            &[(10, Some(70), Down, 1)],
        ),
        (
            "short recoveries are one incident with its count",
            &[(10, Down), (20, Operational), (24, Degraded), (30, Operational), (34, Down), (50, Operational)],
            (0, 100),
            &[(10, Some(50), Down, 3)],
        ),
        (
            "a recovery of exactly the limit ends it",
            &[(10, Down), (20, Operational), (25, Down), (30, Operational)],
            (0, 100),
            &[(25, Some(30), Down, 1), (10, Some(20), Down, 1)],
        ),
        (
            "nobody saw it work while nobody reported",
            &[(10, Down), (20, Operational), (22, Unknown), (60, Down)],
            (0, 100),
            &[(10, None, Down, 2)],
        ),
        (
            "two short pieces of one recovery add up",
            &[(10, Down), (20, Operational), (23, Maintenance), (26, Down)],
            (0, 100),
            &[(26, None, Down, 1), (10, Some(20), Down, 1)],
        ),
        (
            "a recovery that did not last yet ends it",
            &[(10, Down), (20, Operational)],
            (0, 22),
            &[(10, Some(20), Down, 1)],
        ),
        ("it begins before the window", &[(10, Down), (60, Operational)], (50, 100), &[(10, Some(60), Down, 1)]),
        ("what ended before the window is left out", &[(10, Down), (20, Operational)], (20, 100), &[]),
        (
            "what comes after the window is not known yet",
            &[(10, Down), (60, Operational)],
            (0, 50),
            &[(10, None, Down, 1)],
        ),
        ("an empty window holds nothing", &[(10, Down)], (50, 50), &[]),
    ];

    #[test]
    fn what_was_not_as_bad_as_the_worst_is_told_apart_from_it() {
        let other = |points: &[(i64, Status)]| troubles(&line(points), at(0), at(100), FLAP)[0].other_ms;
        assert_eq!(other(&[(10, Down), (20, Operational), (24, Down), (30, Operational)]), 4, "it worked in between");
        assert_eq!(other(&[(10, Degraded), (20, Down), (30, Degraded), (45, Operational)]), 25, "it was only degraded");
        assert_eq!(other(&[(10, Down), (20, Operational), (22, Unknown), (60, Down)]), 40, "nobody knows");
        assert_eq!(other(&[(10, Down), (90, Unknown)]), 10, "it is silent at the end of the window");
        assert_eq!(other(&[(10, Down), (90, Operational)]), 0);
    }

    #[test]
    fn an_incident_opens_on_trouble_and_closes_on_a_recovery_that_lasts() {
        for (what, points, (from, to), expected) in TABLE {
            assert_eq!(found(points, *from, *to), *expected, "{what}");
        }
    }
}
