//! What a promise is measured on: one service, or several as one.

use std::borrow::Cow;

use super::{Aggregation, Exclusions, Merged, Promise, Tally, Timeline, merged::GroupTally};
use crate::domain::{health::Status, time::Timestamp};

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

    /// Since its last word, when it counts just before `now` and nobody knows how it is: the parts of `from..now` since
    /// then in which it counted.
    fn silence(self, from: Timestamp, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let last = now.plus(-1);
        let counts = self.stretches(last, now).next().is_some() && self.exclusions.overlap_ms(last, now) == 0;
        let since = self.line.point_at(last).filter(|(_, status)| *status == Status::Unknown && counts);
        let mut parts = Vec::new();
        for (start, end) in since.into_iter().flat_map(|(since, _)| self.stretches(from.max(since), now)) {
            let mut at = start;
            for (out, back) in self.exclusions.within(start, end).chain([(end, end)]) {
                parts.push((at, out));
                at = back;
            }
        }
        parts
    }
}

/// One service or several, as a promise sees them.
#[derive(Clone, Debug)]
pub enum Measured<'a> {
    /// One service.
    Service(&'a Timeline),
    /// Several under `worst`, or under `mean`: then all times are sums over the members. Beside what they are together
    /// stand those of them who may be silent now.
    Group(Cow<'a, Merged>, Vec<Member<'a>>),
}

impl<'a> Measured<'a> {
    /// Members of a group under `promise`.
    pub fn group(aggregation: Aggregation, members: &[Member<'a>], promise: &Promise<'_>) -> Self {
        let merged = Merged::of(aggregation, members, promise.maintenance_is_down, None);
        Self::Group(Cow::Owned(merged), members.to_vec())
    }

    /// When the first report that counts was made.
    pub fn first(&self) -> Option<Timestamp> {
        match self {
            Self::Service(line) => line.first(),
            Self::Group(merged, _) => merged.first(),
        }
    }

    /// All windows that do not count: the promise's, and those in which no member counted.
    pub(super) fn outside<'b>(&self, promise: &Promise<'b>) -> Cow<'b, Exclusions> {
        if let Self::Group(merged, _) = self
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
            Self::Group(merged, _) => of_group(merged, from, to, outside).tally,
        }
    }

    /// The same with everything unknown counted as down. `tally` is what [`Self::tally`] says of the same window.
    pub(super) fn worst_case(&self, tally: Tally, from: Timestamp, to: Timestamp, outside: &Exclusions) -> Tally {
        let doubtful = match self {
            Self::Service(_) => 0,
            Self::Group(merged, _) => of_group(merged, from, to, outside).doubtful_ms,
        };
        Tally {
            up_ms: tally.up_ms - doubtful,
            down_ms: tally.down_ms + tally.unknown_ms + doubtful,
            unknown_ms: 0,
            ..tally
        }
    }

    /// How much more of `from..now` was down at worst, in milliseconds, when everybody who is silent now was down since its
    /// last word. Silences that are over are not in it, and nothing is while a window is open over the whole.
    pub(super) fn silence_ms(&self, from: Timestamp, now: Timestamp, outside: &Exclusions) -> i64 {
        if outside.overlap_ms(now.plus(-1), now) > 0 {
            return 0;
        }
        let counted = |(start, end): (Timestamp, Timestamp)| end.since(start) - outside.overlap_ms(start, end);
        match self {
            Self::Service(line) => Member::always(line).silence(from, now).into_iter().map(counted).sum(),
            Self::Group(merged, members) => {
                let silences = members.iter().flat_map(|member| member.silence(from, now));
                match merged.aggregation() {
                    Aggregation::Mean => silences.map(counted).sum(),
                    Aggregation::Worst => {
                        let together = Exclusions::of(silences.map(|(start, end)| (start, Some(end))));
                        let at_worst = |(start, end)| {
                            let of_group = of_group(merged, start, end, outside);
                            of_group.tally.unknown_ms + of_group.doubtful_ms
                        };
                        together.within(from, now).map(at_worst).sum()
                    }
                }
            }
        }
    }

    /// The stretches of `from..to` in which nothing changes, in order, without gaps, each with what one millisecond of it
    /// adds up to where no window takes it out.
    pub(super) fn stretches(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Box<dyn DoubleEndedIterator<Item = (Timestamp, Timestamp, Tally)> + '_> {
        match self {
            Self::Service(line) => Box::new(line.intervals(from, to).map(|(start, end, status)| {
                let mut each_ms = Tally::default();
                each_ms.add(status, 1);
                (start, end, each_ms)
            })),
            Self::Group(merged, _) => Box::new(merged.stretches(from, to)),
        }
    }

    /// Length of `from..to` without the windows in `outside`; for a mean the sum over its members.
    pub(super) fn span_ms(&self, from: Timestamp, to: Timestamp, outside: &Exclusions) -> i64 {
        self.tally(from, to, outside).total_ms()
    }

    /// Length of the time to come until `end` without the windows of the promise as far as their end is known; for a mean
    /// the sum over its members.
    pub(super) fn ahead_ms(&self, now: Timestamp, end: Timestamp, promise: &Promise<'_>) -> i64 {
        let length = |from: Timestamp, to: Timestamp| match self {
            Self::Service(_) => to.since(from),
            Self::Group(merged, _) => merged.ahead(from, to).tally.total_ms(),
        };
        let excluded: i64 = promise.exclusions.ending_within(now, end).map(|(from, to)| length(from, to)).sum();
        length(now, end) - excluded
    }

    /// Length of `from..to` that coverage is held against, without the windows in `outside`: a young record does not
    /// cover a window that began before it.
    pub(super) fn window_ms(&self, from: Timestamp, to: Timestamp, outside: &Exclusions) -> i64 {
        self.span_ms(from, to, outside).max(to.since(from) - outside.overlap_ms(from, to))
    }

    /// Length of `from..to` whatever windows of the whole take out of it; for a mean the sum over its members as far as they
    /// counted.
    pub(super) fn whole_ms(&self, from: Timestamp, to: Timestamp) -> i64 {
        let of_members = match self {
            Self::Service(_) => 0,
            Self::Group(merged, _) => merged.tally(from, to).tally.total_ms(),
        };
        of_members.max(to.since(from))
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
        health::Status::{Down, Maintenance, Operational, Unknown},
        samples::{at, line},
        sla::{Period, Target},
    };

    #[test]
    fn a_service_is_silent_from_its_last_word_on_unless_a_window_is_open() {
        let line = line(&[(0, Operational), (100, Unknown), (200, Maintenance), (250, Unknown), (300, Down)]);
        let service = Measured::Service(&line);
        let silent = |ms| service.silence_ms(at(0), at(ms), Exclusions::NONE);
        assert_eq!([100, 101, 200, 201, 260, 301].map(silent), [0, 1, 100, 0, 10, 0]);
        assert_eq!(service.silence_ms(at(150), at(200), Exclusions::NONE), 50, "as far as it is looked at");
        let window = Exclusions::of([(at(150), Some(at(170)))]);
        assert_eq!([150, 160, 180].map(|ms| service.silence_ms(at(0), at(ms), &window)), [50, 0, 60], "announced");
    }

    #[test]
    fn a_group_is_silent_while_a_member_that_counts_is_and_only_since_that_one_is() {
        let promise = Promise::new(Target::from_millionths(990_000).unwrap(), Period::default());
        let (up, dead, down) =
            (line(&[(0, Operational)]), line(&[(0, Operational), (100, Unknown)]), line(&[(0, Down)]));
        let gap = line(&[(0, Operational), (10, Unknown), (90, Operational)]);
        let silent = |aggregation, members: &[Member<'_>]| {
            Measured::group(aggregation, members, &promise).silence_ms(at(0), at(200), Exclusions::NONE)
        };
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let up = Member::always(&up);
            assert_eq!(silent(aggregation, &[up, Member::always(&gap)]), 0, "that is over");
            assert_eq!(silent(aggregation, &[up, Member::always(&gap), Member::always(&dead)]), 100, "the present one");
            let left = [(at(0), Some(at(150)))];
            assert_eq!(silent(aggregation, &[up, Member::during(&dead, &left)]), 0, "who left is not asked");
            assert_eq!(silent(aggregation, &[Member::during(&dead, &left)]), 0, "nor when nobody is left");
            assert_eq!(silent(aggregation, &[]), 0);
            let came_back = [(at(0), Some(at(150))), (at(180), None)];
            assert_eq!(silent(aggregation, &[up, Member::during(&dead, &came_back)]), 70);
            for (out, expected) in [((150, None), 0), ((150, Some(at(180))), 70)] {
                let window = Exclusions::of([(at(out.0), out.1)]);
                let announced = Member { exclusions: &window, ..Member::always(&dead) };
                assert_eq!(silent(aggregation, &[up, announced]), expected);
            }
        }
        let recovered = line(&[(0, Down), (150, Operational)]);
        let beside = [Member::always(&recovered), Member::always(&dead)];
        assert_eq!(silent(Aggregation::Worst, &beside), 50, "worse than DOWN it cannot be");
        assert_eq!(silent(Aggregation::Mean, &beside), 100);
        let twice = [Member::always(&dead), Member::always(&dead), Member::always(&down)];
        assert_eq!((silent(Aggregation::Worst, &twice[..2]), silent(Aggregation::Mean, &twice)), (100, 200));
    }
}
