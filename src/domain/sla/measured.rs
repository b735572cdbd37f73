//! What a promise is measured on: one service, or several as one.

use std::borrow::Cow;

use super::{Aggregation, Exclusions, Merged, Promise, Tally, Timeline, merged::GroupTally};
use crate::domain::time::Timestamp;

/// A member of a group, as far as it counts.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its line.
    pub line: &'a Timeline,
    /// When it belonged to the group, in order and not overlapping; no end: it still does. Who joins brings no past.
    pub belonged: &'a [(Timestamp, Option<Timestamp>)],
    /// Windows of its own; it counts for nothing in them.
    pub exclusions: &'a Exclusions,
}

const ALWAYS: &[(Timestamp, Option<Timestamp>)] = &[(Timestamp::from_ms(i64::MIN), None)];

impl<'a> Member<'a> {
    /// A member that always belonged.
    pub const fn always(line: &'a Timeline) -> Self {
        Self { line, belonged: ALWAYS, exclusions: Exclusions::NONE }
    }

    /// A member that belonged at these times.
    pub const fn during(line: &'a Timeline, belonged: &'a [(Timestamp, Option<Timestamp>)]) -> Self {
        Self { line, belonged, exclusions: Exclusions::NONE }
    }

    /// The stretches of `from..to` in which it belonged and had reported at least once.
    pub(super) fn stretches(self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let from = self.line.first().map_or(to, |first| first.max(from));
        self.belonged
            .iter()
            .map(move |(joined, left)| ((*joined).max(from), left.map_or(to, |left| left.min(to))))
            .filter(|(start, end)| start < end)
    }
}

/// One service or several, as a promise sees them.
#[derive(Clone, Debug)]
pub enum Measured<'a> {
    /// One service.
    Service(&'a Timeline),
    /// Several under `worst`, or under `mean`: then all times are sums over the members.
    Group(Cow<'a, Merged>),
}

impl<'a> Measured<'a> {
    /// Members of a group under `promise`.
    pub fn group(aggregation: Aggregation, members: &[Member<'_>], promise: &Promise<'_>) -> Self {
        Self::Group(Cow::Owned(Merged::of(aggregation, members, promise.maintenance_is_down, None)))
    }

    /// When the first report that counts was made.
    pub fn first(&self) -> Option<Timestamp> {
        match self {
            Self::Service(line) => line.first(),
            Self::Group(merged) => merged.first(),
        }
    }

    /// All windows that do not count: the promise's, and those in which no member counted.
    pub(super) fn outside<'b>(&self, promise: &Promise<'b>) -> Cow<'b, Exclusions> {
        if let Self::Group(merged) = self
            && merged.aggregation() == Aggregation::Worst
        {
            let excluded = merged.excluded();
            if !excluded.is_empty() {
                return Cow::Owned(promise.exclusions.union(&excluded));
            }
        }
        Cow::Borrowed(promise.exclusions)
    }

    /// What `from..to` adds up to without the windows in `outside`.
    pub(super) fn tally(&self, from: Timestamp, to: Timestamp, outside: &Exclusions) -> Tally {
        match self {
            Self::Service(line) => outside.tally(line, from, to),
            Self::Group(merged) => of_group(merged, from, to, outside).tally,
        }
    }

    /// The same with everything unknown counted as down. `tally` is what [`Self::tally`] says of the same window.
    pub(super) fn worst_case(&self, tally: Tally, from: Timestamp, to: Timestamp, outside: &Exclusions) -> Tally {
        let doubtful = match self {
            Self::Service(_) => 0,
            Self::Group(merged) => of_group(merged, from, to, outside).doubtful_ms,
        };
        Tally {
            up_ms: tally.up_ms - doubtful,
            down_ms: tally.down_ms + tally.unknown_ms + doubtful,
            unknown_ms: 0,
            ..tally
        }
    }

    /// Whether, just before `now`, it may be worse than anybody says: somebody who counts is silent, and nobody is DOWN
    /// where one is as bad as all. Under `worst` a group without anybody is unknown as a whole.
    pub(super) fn is_silent(&self, now: Timestamp, outside: &Exclusions) -> bool {
        let last = now.plus(-1);
        let said = self.tally(last, now, outside);
        self.worst_case(said, last, now, outside).down_ms > said.down_ms
    }

    /// Length of `from..to` without the windows in `outside`; for a mean the sum over its members.
    pub(super) fn span_ms(&self, from: Timestamp, to: Timestamp, outside: &Exclusions) -> i64 {
        self.tally(from, to, outside).total_ms()
    }

    /// Length of `from..to` that coverage is held against, without the windows in `outside`: a young record does not
    /// cover a window that began before it.
    pub(super) fn window_ms(&self, from: Timestamp, to: Timestamp, outside: &Exclusions) -> i64 {
        self.span_ms(from, to, outside).max(to.since(from) - outside.overlap_ms(from, to))
    }
}

fn of_group(merged: &Merged, from: Timestamp, to: Timestamp, outside: &Exclusions) -> GroupTally {
    let all = merged.tally(from, to);
    outside.within(from, to).fold(all, |left, (start, end)| left.minus(merged.tally(start, end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{self, Down, Maintenance, Operational, Unknown},
        sla::{Period, Target},
    };

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn line(points: &[(i64, Status)]) -> Timeline {
        Timeline::from_points(points.iter().map(|(ms, status)| (at(*ms), *status)).collect())
    }

    #[test]
    fn a_service_is_silent_from_its_last_word_on_unless_a_window_is_open() {
        let line = line(&[(0, Operational), (100, Unknown), (200, Maintenance), (300, Down)]);
        let service = Measured::Service(&line);
        let silent = |ms| service.is_silent(at(ms), Exclusions::NONE);
        assert_eq!([100, 101, 200, 201, 301].map(silent), [false, true, true, false, false]);
        let window = Exclusions::of([(at(150), None)]);
        assert_eq!([150, 151].map(|ms| service.is_silent(at(ms), &window)), [true, false], "somebody announced it");
    }

    #[test]
    fn a_group_is_silent_while_a_member_that_counts_is() {
        let promise = Promise::new(Target::from_millionths(990_000).unwrap(), Period::default());
        let (up, dead, down) =
            (line(&[(0, Operational)]), line(&[(0, Operational), (100, Unknown)]), line(&[(0, Down)]));
        let silent = |aggregation, members: &[Member<'_>]| {
            Measured::group(aggregation, members, &promise).is_silent(at(200), Exclusions::NONE)
        };
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            assert!(!silent(aggregation, &[Member::always(&up)]));
            assert!(silent(aggregation, &[Member::always(&up), Member::always(&dead)]), "others do not hide it");
            let left = [(at(0), Some(at(150)))];
            assert!(
                !silent(aggregation, &[Member::always(&up), Member::during(&dead, &left)]),
                "who left is not asked"
            );
            let window = Exclusions::of([(at(150), None)]);
            let announced = Member { exclusions: &window, ..Member::always(&dead) };
            assert!(!silent(aggregation, &[Member::always(&up), announced]));
        }
        assert!(
            silent(Aggregation::Worst, &[]) && !silent(Aggregation::Mean, &[]),
            "a whole without anybody is unknown"
        );
        let beside_down = [Member::always(&down), Member::always(&dead)];
        assert!(!silent(Aggregation::Worst, &beside_down), "worse than DOWN it cannot be");
        assert!(silent(Aggregation::Mean, &beside_down));
    }
}
