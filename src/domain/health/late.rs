//! Where a report belongs that came after later ones: the line is then the one it would be had all come in order.
//!
//! A report that says the same as the one before leaves no point of a line, so that a line alone cannot tell when somebody
//! spoke. Of silence it is kept ([`Gaps`]), and of what came late into it: a report in such a gap speaks until the next one,
//! unless that is silence again. Among reports that came at less than three intervals, whose moments nobody keeps, it speaks
//! for one interval.

use std::collections::BTreeMap;

use super::{Status, staleness};
use crate::domain::{sla::Timeline, time::Timestamp};

/// Times in which nobody spoke, each from a report to the one that follows: silence that is over, and the parts into which
/// late reports divide it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps(BTreeMap<Timestamp, Timestamp>);

/// A change of [`Gaps`]: the last report before one, and the first after it; none: nobody knows of such a gap any more.
pub type GapChange = (Timestamp, Option<Timestamp>);

impl Gaps {
    /// Make `change` so.
    pub fn apply(&mut self, (last, next): GapChange) {
        match next {
            Some(next) => self.0.insert(last, next),
            None => self.0.remove(&last),
        };
    }

    /// The gap in which `at` lies; the moment of the report before it is in it, that of the one after it is not.
    fn around(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let (last, next) = self.0.range(..=at).next_back()?;
        (at < *next).then_some((*last, *next))
    }

    /// What becomes of them where the clock by which they were written down was ahead of `now`.
    pub fn brought_to(&self, now: Timestamp) -> Vec<GapChange> {
        let ahead = self.0.iter().rev().take_while(|(_, next)| now < **next);
        ahead.map(|(last, _)| (*last, (*last < now).then_some(now))).collect()
    }

    /// Forget those that were over before `before`.
    pub fn trim(&mut self, before: Timestamp) {
        self.0.retain(|_, next| before <= *next);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A report that came late.
#[derive(Clone, Copy, Debug)]
pub struct Late {
    /// The moment it speaks of.
    pub at: Timestamp,
    /// What it says.
    pub status: Status,
    /// How often one is expected, in milliseconds.
    pub every_ms: i64,
    /// When the service was last heard, where it was.
    pub last_seen: Option<Timestamp>,
}

/// What a late report makes of the past of its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The line.
    pub line: Timeline,
    /// Up to where it may be another one than before.
    pub until: Timestamp,
    /// What changes of the gaps.
    pub gaps: Vec<GapChange>,
}

/// Put `late` where it belongs on `line`.
pub fn place(line: &Timeline, gaps: &Gaps, late: &Late) -> Placed {
    let first = line.first().into_iter().chain(late.last_seen).min().filter(|first| late.at < *first);
    match gaps.around(late.at) {
        Some((last, next)) => into_gap(line, late, Some(last), next),
        None => match first {
            Some(first) => into_gap(line, late, None, first),
            None => among_others(line, gaps, late),
        },
    }
}

/// Nobody spoke between `last` and `next`.
fn into_gap(line: &Timeline, late: &Late, last: Option<Timestamp>, next: Timestamp) -> Placed {
    let &Late { at, status, every_ms, .. } = late;
    let known_until = staleness::known_until(status, at, next, every_ms);
    let was_unknown_after = match line.in_force(known_until) {
        (Some(Status::Unknown), end) => end.is_none_or(|end| next <= end),
        _ => false,
    };
    let mut line = line.clone();
    let mut gaps = Vec::new();
    if let Some(last) = last.filter(|last| *last < at) {
        let known = line.status_at(last).filter(|_| !staleness::is_silence(last, at, every_ms));
        if let Some(known) = known {
            line.overwrite(last, at, known);
        }
        gaps.push((last, Some(at)));
    }
    line.overwrite(at, known_until, status);
    line.overwrite(known_until, next, Status::Unknown);
    gaps.push((at, Some(next)));
    Placed { line, until: if was_unknown_after { known_until } else { next }, gaps }
}

/// Somebody spoke before and after it, nobody knows when.
fn among_others(line: &Timeline, gaps: &Gaps, late: &Late) -> Placed {
    let one_interval = late.at.plus(late.every_ms.max(1));
    let next = line.in_force(late.at).1;
    let last_before_gap = gaps.0.range(late.at..).next().map(|(last, _)| *last);
    let ends = [next, last_before_gap, late.last_seen].into_iter().flatten();
    let until = ends.fold(one_interval, Timestamp::min);
    let mut line = line.clone();
    line.overwrite(late.at, until, late.status);
    Placed { line, until, gaps: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{Down, Operational, Unknown},
        samples::{at, line},
    };

    fn late(moment: i64, status: Status) -> Late {
        Late { at: at(moment), status, every_ms: 10, last_seen: Some(at(200)) }
    }

    fn gap(last: i64, next: i64) -> Gaps {
        let mut gaps = Gaps::default();
        gaps.apply((at(last), Some(at(next))));
        gaps
    }

    #[test]
    fn before_all_others_it_speaks_as_it_would_have_then() {
        let known = line(&[(100, Operational)]);
        let placed = place(&known, &Gaps::default(), &late(0, Down));
        assert_eq!(placed.line, line(&[(0, Down), (100, Operational)]), "DOWN stays so");
        assert_eq!(placed.gaps, [(at(0), Some(at(100)))]);
        let placed = place(&known, &Gaps::default(), &late(0, Operational));
        assert_eq!(placed.line, line(&[(0, Operational), (10, Unknown), (100, Operational)]));
        let placed = place(&known, &Gaps::default(), &late(71, Operational));
        let short = "no three intervals before the next";
        assert_eq!((placed.line, placed.gaps), (line(&[(71, Operational)]), vec![(at(71), Some(at(100)))]), "{short}");
    }

    #[test]
    fn in_a_silence_it_ends_what_was_known_last_and_silence_begins_after_it() {
        let known = line(&[(0, Down), (100, Operational)]);
        let placed = place(&known, &gap(0, 100), &late(40, Operational));
        assert_eq!(placed.line, line(&[(0, Down), (40, Operational), (50, Unknown), (100, Operational)]));
        assert_eq!(placed.gaps, [(at(0), Some(at(40))), (at(40), Some(at(100)))]);
        let known = line(&[(0, Operational), (10, Unknown), (100, Operational)]);
        let placed = place(&known, &gap(0, 100), &late(29, Operational));
        assert_eq!(placed.line, line(&[(0, Operational), (39, Unknown), (100, Operational)]));
        assert_eq!(placed.gaps, [(at(0), Some(at(29))), (at(29), Some(at(100)))]);
    }

    #[test]
    fn among_others_it_speaks_for_one_interval_and_not_past_the_last_before_a_silence() {
        let known = line(&[(0, Operational), (110, Unknown), (200, Operational)]);
        let placed = place(&known, &gap(100, 200), &late(50, Down)).line;
        assert_eq!(placed.points()[1..3], [(at(50), Down), (at(60), Operational)]);
        let placed = place(&known, &gap(100, 200), &late(95, Down)).line;
        assert_eq!(placed.points()[1..3], [(at(95), Down), (at(100), Operational)]);
    }

    #[test]
    fn of_two_at_once_the_later_said_one_counts() {
        let known = line(&[(0, Operational), (10, Unknown), (100, Operational)]);
        let placed = place(&known, &gap(0, 100), &late(0, Down));
        assert_eq!(placed.line, line(&[(0, Down), (100, Operational)]));
        let mut gaps = gap(0, 100);
        placed.gaps.into_iter().for_each(|change| gaps.apply(change));
        assert_eq!(gaps, gap(0, 100));
    }

    #[test]
    fn a_clock_that_is_set_back_takes_gaps_with_it() {
        let mut gaps = gap(0, 50);
        gaps.apply((at(60), Some(at(100))));
        gaps.apply((at(120), Some(at(160))));
        assert_eq!(gaps.brought_to(at(80)), [(at(120), None), (at(60), Some(at(80)))]);
        gaps.trim(at(120));
        assert_eq!(gaps, gap(120, 160));
        gaps.apply((at(120), None));
        assert!(gaps.is_empty());
    }
}
