//! Windows that count for neither up nor down.

use super::{Tally, Timeline};
use crate::domain::time::Timestamp;

/// Exclusion windows. One without an end takes out all time that anybody can look back on, and says nothing of what is to
/// come: somebody will stop it. So it is the same at every look, however long it lasts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions {
    /// Those with an end, in order and not overlapping.
    ending: Vec<(Timestamp, Timestamp)>,
    /// From when on one is open that nobody stopped yet.
    open: Option<Timestamp>,
}

impl Exclusions {
    /// No windows.
    pub const NONE: &'static Self = &Self { ending: Vec::new(), open: None };

    /// The union of `windows` in any order; one without an end is still open.
    pub fn of(windows: impl IntoIterator<Item = (Timestamp, Option<Timestamp>)>) -> Self {
        let mut open: Option<Timestamp> = None;
        let mut all = Vec::new();
        for (from, to) in windows {
            match to {
                None => open = Some(open.map_or(from, |open| open.min(from))),
                Some(to) if from < to => all.push((from, to)),
                Some(_) => {}
            }
        }
        all.sort_unstable();
        let mut ending: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match ending.last_mut() {
                Some((_, end)) if from <= *end => *end = (*end).max(to),
                _ => ending.push((from, to)),
            }
        }
        Self { ending, open }
    }

    /// These and `other` together.
    pub fn union(&self, other: &Self) -> Self {
        let ending = self.ending.iter().chain(&other.ending).map(|(from, to)| (*from, Some(*to)));
        Self::of(ending.chain(self.open.into_iter().chain(other.open).map(|from| (from, None))))
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.ending.is_empty() && self.open.is_none()
    }

    /// From when on one is open that nobody stopped yet.
    pub(super) const fn open(&self) -> Option<Timestamp> {
        self.open
    }

    /// The parts of the windows that lie in `from..to`, in order; `to` is a moment that is over.
    pub fn within(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.parts(from, to).filter(|(.., is_out)| *is_out).map(|(start, end, _)| (start, end))
    }

    /// The same of those that have an end: what is known of time to come.
    pub(super) fn ending_within(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = self.ending.partition_point(|(_, end)| *end <= from);
        self.ending[first..]
            .iter()
            .take_while(move |(start, _)| *start < to)
            .map(move |(start, end)| ((*start).max(from), (*end).min(to)))
    }

    /// All of `from..to` in order, without gaps: what lies in a window and what does not; true for a window. One
    /// without an end lasts to `to`.
    pub(super) fn parts(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, Timestamp, bool)> {
        let open = self.open.map_or(to, |open| open.max(from).min(to));
        let first = self.ending.partition_point(|(_, end)| *end <= from);
        let last = self.ending.partition_point(|(start, _)| *start < open).max(first);
        let inside = &self.ending[first..last];
        let edge = move |index: usize| {
            let (start, end) = inside[index / 2];
            if index.is_multiple_of(2) { start } else { end }
        };
        (0..=2 * inside.len())
            .map(move |index| {
                let start = index.checked_sub(1).map_or(from, |before| edge(before).max(from));
                let end = if index < 2 * inside.len() { edge(index).min(open) } else { open };
                (start, end, !index.is_multiple_of(2))
            })
            .chain([(open, to, true)])
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
    fn a_window_without_an_end_takes_out_what_is_over_and_nothing_of_what_is_to_come() {
        let windows = Exclusions::of([(at(50), None), (at(10), Some(at(20))), (at(90), Some(at(95))), (at(70), None)]);
        assert_eq!(windows.within(at(0), at(60)).collect::<Vec<_>>(), [(at(10), at(20)), (at(50), at(60))]);
        assert_eq!(windows.within(at(60), at(99)).collect::<Vec<_>>(), [(at(60), at(99))], "and not once more");
        assert_eq!(windows.overlap_ms(at(0), at(99)), 59);
        assert_eq!(windows.ending_within(at(60), at(99)).collect::<Vec<_>>(), [(at(90), at(95))], "as planned");
        let across = Exclusions::of([(at(10), Some(at(30))), (at(20), None)]);
        assert_eq!((across.overlap_ms(at(0), at(40)), across.overlap_ms(at(40), at(0))), (30, 0));
        assert!(!Exclusions::of([(at(5), None)]).is_empty());
        assert_eq!(Exclusions::of([(at(10), Some(at(30)))]).union(&Exclusions::of([(at(20), None)])), across);
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
        assert_eq!(parts(40, 50), [(at(40), at(50), true)]);
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
