//! What a promise is measured on: one service, or several as one.

use std::borrow::Cow;

use super::{Aggregation, Exclusions, Promise, Tally, Timeline, group};
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
    /// Several: down while any is down.
    Worst(group::Merged),
    /// Several: all times are sums over the members.
    Mean(Vec<Member<'a>>),
}

impl<'a> Measured<'a> {
    /// Members of a group under `promise`.
    pub fn group(aggregation: Aggregation, members: &[Member<'a>], promise: &Promise<'_>) -> Self {
        match aggregation {
            Aggregation::Worst => Self::Worst(group::merge(members, promise.maintenance_is_down)),
            Aggregation::Mean => Self::Mean(members.to_vec()),
        }
    }

    /// When the first report that counts was made.
    pub fn first(&self) -> Option<Timestamp> {
        match self {
            Self::Service(line) => line.first(),
            Self::Worst(merged) => merged.line.first(),
            Self::Mean(members) => members
                .iter()
                .filter_map(|m| m.stretches(Timestamp::from_ms(i64::MIN), Timestamp::from_ms(i64::MAX)).next())
                .map(|(from, _)| from)
                .min(),
        }
    }

    /// All windows that do not count: the promise's, and those in which no member counted.
    pub(super) fn outside<'b>(&self, promise: &Promise<'b>) -> Cow<'b, Exclusions> {
        match self {
            Self::Worst(merged) if !merged.excluded.is_empty() => {
                Cow::Owned(promise.exclusions.union(&merged.excluded))
            }
            _ => Cow::Borrowed(promise.exclusions),
        }
    }

    /// What `from..to` adds up to without the windows in `outside`.
    pub(super) fn tally(&self, from: Timestamp, to: Timestamp, outside: &Exclusions) -> Tally {
        match self {
            Self::Service(line) => outside.tally(line, from, to),
            Self::Worst(merged) => outside.tally(&merged.line, from, to),
            Self::Mean(members) => {
                let mut sum = Tally::default();
                for member in members {
                    let own = member.windows(outside);
                    for (start, end) in member.stretches(from, to) {
                        sum += own.tally(member.line, start, end);
                    }
                }
                sum
            }
        }
    }

    /// The same with everything unknown counted as down. `tally` is what [`Self::tally`] says of the same window.
    pub(super) fn worst_case(&self, tally: Tally, from: Timestamp, to: Timestamp, outside: &Exclusions) -> Tally {
        let mut worst = match self {
            Self::Service(_) | Self::Mean(_) => tally,
            Self::Worst(merged) => outside.tally(&merged.at_worst, from, to),
        };
        worst.down_ms += worst.unknown_ms;
        worst.unknown_ms = 0;
        worst
    }

    /// Length of `from..to` without the windows in `outside`; for a mean the sum over its members.
    pub(super) fn span_ms(&self, from: Timestamp, to: Timestamp, outside: &Exclusions) -> i64 {
        if from >= to {
            return 0;
        }
        match self {
            Self::Service(_) | Self::Worst(_) => to.since(from) - outside.overlap_ms(from, to),
            Self::Mean(members) => members
                .iter()
                .map(|member| {
                    let own = member.windows(outside);
                    member.stretches(from, to).map(|(a, b)| b.since(a) - own.overlap_ms(a, b)).sum::<i64>()
                })
                .sum(),
        }
    }

    /// Length of `from..to` that coverage is held against, without the windows in `outside`: a young record does not
    /// cover a window that began before it.
    pub(super) fn window_ms(&self, from: Timestamp, to: Timestamp, outside: &Exclusions) -> i64 {
        self.span_ms(from, to, outside).max(to.since(from) - outside.overlap_ms(from, to))
    }
}

impl Member<'_> {
    fn windows<'b>(&'b self, outside: &'b Exclusions) -> Cow<'b, Exclusions> {
        if self.exclusions.is_empty() { Cow::Borrowed(outside) } else { Cow::Owned(self.exclusions.union(outside)) }
    }
}
