//! Windows that count for neither up nor down.

use super::{Tally, Timeline};
use crate::domain::time::Timestamp;

/// Exclusion windows, in order and not overlapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions {
    windows: Vec<(Timestamp, Timestamp)>,
}

impl Exclusions {
    /// No windows.
    pub const NONE: &'static Self = &Self { windows: Vec::new() };

    /// The union of `windows` in any order; one without an end is still open.
    pub fn of(windows: impl IntoIterator<Item = (Timestamp, Option<Timestamp>)>) -> Self {
        let mut all: Vec<_> = windows
            .into_iter()
            .map(|(from, to)| (from, to.unwrap_or(Timestamp::from_ms(i64::MAX))))
            .filter(|(from, to)| from < to)
            .collect();
        all.sort_unstable();
        let mut merged: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match merged.last_mut() {
                Some((_, end)) if from <= *end => *end = (*end).max(to),
                _ => merged.push((from, to)),
            }
        }
        Self { windows: merged }
    }

    /// These and `other` together.
    pub fn union(&self, other: &Self) -> Self {
        Self::of(self.windows.iter().chain(&other.windows).map(|(from, to)| (*from, Some(*to))))
    }

    /// Whether all time of `other` lies in these too.
    pub fn contains(&self, other: &Self) -> bool {
        other.windows.iter().all(|(from, to)| {
            let index = self.windows.partition_point(|(_, end)| end < to);
            self.windows.get(index).is_some_and(|(start, _)| start <= from)
        })
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.windows.iter().copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The parts of the windows that lie in `from..to`, in order.
    pub fn within(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = self.windows.partition_point(|(_, end)| *end <= from);
        self.windows[first..]
            .iter()
            .take_while(move |(start, _)| *start < to)
            .map(move |(start, end)| ((*start).max(from), (*end).min(to)))
    }

    /// All of `from..to` in order, without gaps: what lies in a window and what does not; true for a window.
    pub(super) fn parts(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, Timestamp, bool)> {
        let first = self.windows.partition_point(|(_, end)| *end <= from);
        let last = self.windows.partition_point(|(start, _)| *start < to).max(first);
        let inside = &self.windows[first..last];
        let edge = move |index: usize| {
            let (start, end) = inside[index / 2];
            if index.is_multiple_of(2) { start } else { end }
        };
        (0..=2 * inside.len())
            .map(move |index| {
                let start = index.checked_sub(1).map_or(from, |before| edge(before).max(from));
                let end = if index < 2 * inside.len() { edge(index).min(to) } else { to };
                (start, end, !index.is_multiple_of(2))
            })
            .filter(|(start, end, _)| start < end)
    }

    /// What `from..to` of a line adds up to without the windows.
    pub fn tally(&self, line: &Timeline, from: Timestamp, to: Timestamp) -> Tally {
        let mut tally = line.tally(from, to);
        for (start, end) in self.within(from, to) {
            tally -= line.tally(start, end);
        }
        tally
    }

    /// How much of `from..to` is excluded, in milliseconds.
    pub fn overlap_ms(&self, from: Timestamp, to: Timestamp) -> i64 {
        self.within(from, to).map(|(start, end)| end.since(start)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::at;

    #[test]
    fn overlapping_and_touching_windows_count_once() {
        let windows = Exclusions::of([(at(10), Some(at(20))), (at(15), Some(at(30))), (at(30), Some(at(40)))]);
        assert_eq!(windows.overlap_ms(at(0), at(100)), 30);
        assert_eq!(windows.overlap_ms(at(12), at(14)), 2);
        assert_eq!(windows.overlap_ms(at(40), at(100)), 0);
        assert_eq!(windows.overlap_ms(at(100), at(0)), 0);
    }

    #[test]
    fn what_lies_in_others_is_told_from_what_only_touches_them() {
        let all = Exclusions::of([(at(10), Some(at(20))), (at(30), Some(at(40)))]);
        for (inside, from, to) in [
            (true, 10, 20),
            (true, 12, 15),
            (true, 35, 40),
            (false, 9, 15),
            (false, 15, 21),
            (false, 15, 35),
            (false, 40, 50),
            (false, 20, 30),
        ] {
            assert_eq!(all.contains(&Exclusions::of([(at(from), Some(at(to)))])), inside, "{from} to {to}");
        }
        let touching = Exclusions::of([(at(20), Some(at(30))), (at(10), Some(at(20)))]);
        assert!(touching.contains(&Exclusions::of([(at(15), Some(at(25)))])), "two that touch are one");
        assert!(all.contains(Exclusions::NONE) && all.contains(&all) && !Exclusions::NONE.contains(&all));
    }

    #[test]
    fn a_time_falls_into_what_lies_in_windows_and_what_does_not() {
        let windows = Exclusions::of([(at(10), Some(at(20))), (at(30), None)]);
        let parts = |from, to| windows.parts(at(from), at(to)).collect::<Vec<_>>();
        assert_eq!(
            parts(0, 40),
            [(at(0), at(10), false), (at(10), at(20), true), (at(20), at(30), false), (at(30), at(40), true)]
        );
        assert_eq!(parts(10, 15), [(at(10), at(15), true)]);
        assert_eq!(parts(20, 30), [(at(20), at(30), false)]);
        assert_eq!(parts(12, 31), [(at(12), at(20), true), (at(20), at(30), false), (at(30), at(31), true)]);
        assert_eq!(parts(5, 5), []);
        assert_eq!(Exclusions::NONE.parts(at(1), at(2)).collect::<Vec<_>>(), [(at(1), at(2), false)]);
    }

    #[test]
    fn an_open_window_lasts_and_an_empty_one_is_none() {
        assert_eq!(Exclusions::of([(at(10), None)]).overlap_ms(at(0), at(100)), 90);
        assert!(Exclusions::of([(at(10), Some(at(10))), (at(9), Some(at(3)))]).is_empty());
    }
}
