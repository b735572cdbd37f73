//! How the sums of a budget move with each millisecond, stretch by stretch: what [`super::exhausted`] walks back over and
//! [`super::if_down`] walks ahead over.

use super::{Measured, Promise, Tally, arithmetic};
use crate::domain::time::Timestamp;

/// What each millisecond of `from..to` adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slope {
    pub from: Timestamp,
    pub to: Timestamp,
    pub span_ms: i64,
    pub down_ms: i64,
}

/// The slopes of `from..to`, in order, without gaps. Before the first report nothing counts.
pub(super) fn slopes<'a>(
    measured: &'a Measured<'_>,
    promise: &'a Promise<'_>,
    from: Timestamp,
    to: Timestamp,
) -> impl DoubleEndedIterator<Item = Slope> + 'a {
    let first = measured.first().map_or(to, |first| first.max(from).min(to));
    let counted = measured.stretches(first, to).flat_map(move |(start, end, each_ms)| {
        promise.exclusions.parts(start, end).map(move |(from, to, is_out)| {
            let each_ms = if is_out { Tally::default() } else { each_ms };
            Slope { from, to, span_ms: each_ms.total_ms(), down_ms: arithmetic::counted(each_ms, promise).down_ms }
        })
    });
    let unheard = Slope { from, to: first, span_ms: 0, down_ms: 0 };
    (from < first).then_some(unheard).into_iter().chain(counted)
}

/// The last length below `limit` for which `holds`: it does for 0, and once it does not, it never does again.
pub(super) fn longest(limit: i64, holds: impl Fn(i64) -> bool) -> i64 {
    let (mut yes, mut no) = (0, limit);
    while no - yes > 1 {
        let middle = yes + (no - yes) / 2;
        if holds(middle) { yes = middle } else { no = middle }
    }
    yes
}
