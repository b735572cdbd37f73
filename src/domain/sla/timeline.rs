//! A line of statuses over time, and what it adds up to.

use std::ops::{AddAssign, SubAssign};

use crate::domain::{
    health::{Counts, Status},
    time::Timestamp,
};

/// Change points in order of time; each status lasts until the next point. Before the first point nothing is known.
/// Neighbours always differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    points: Vec<(Timestamp, Status)>,
}

/// How long of what, in milliseconds, within one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// OPERATIONAL and DEGRADED.
    pub up_ms: i64,
    /// DOWN.
    pub down_ms: i64,
    /// MAINTENANCE that the reporter declared itself.
    pub maintenance_ms: i64,
    /// UNKNOWN, and time before the first report.
    pub unknown_ms: i64,
}

impl Timeline {
    /// A line on which nothing is known.
    pub const fn new() -> Self {
        Self { points: Vec::new() }
    }

    /// The line of `points` in any order; of two at the same moment the later in the list counts.
    pub fn from_points(mut points: Vec<(Timestamp, Status)>) -> Self {
        points.sort_by_key(|(at, _)| *at);
        let mut line = Self { points: Vec::with_capacity(points.len()) };
        for (at, status) in points {
            line.append(at, status);
        }
        line
    }

    /// The change points, oldest first; neighbours differ.
    pub fn points(&self) -> &[(Timestamp, Status)] {
        &self.points
    }

    /// Whether nothing was ever reported.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// When it was first reported.
    pub fn first(&self) -> Option<Timestamp> {
        self.points.first().map(|(at, _)| *at)
    }

    /// From `at` on it is `status`, until the next point that is already there.
    ///
    /// A report that came late is more than a point of the past: reports that said the same as the one before left no
    /// point, so the line alone cannot tell when an old report was overtaken.
    pub fn push(&mut self, at: Timestamp, status: Status) {
        if self.points.last().is_none_or(|(last, _)| *last <= at) {
            self.append(at, status);
            return;
        }
        let index = self.points.partition_point(|(t, _)| *t < at);
        if self.points[index].0 == at {
            self.points[index].1 = status;
        } else {
            self.points.insert(index, (at, status));
        }
        self.points.dedup_by_key(|(_, status)| *status);
    }

    /// The status in force at `at`; none before the first report.
    pub fn status_at(&self, at: Timestamp) -> Option<Status> {
        self.point_at(at).map(|(_, status)| status)
    }

    /// The same with the moment from which on it was so.
    pub fn point_at(&self, at: Timestamp) -> Option<(Timestamp, Status)> {
        let index = self.points.partition_point(|(t, _)| *t <= at);
        index.checked_sub(1).map(|i| self.points[i])
    }

    /// The status in force at `at`, and the next point; a push at `at` changes the line up to there.
    pub fn in_force(&self, at: Timestamp) -> (Option<Status>, Option<Timestamp>) {
        let next = self.points.partition_point(|(t, _)| *t <= at);
        (next.checked_sub(1).map(|i| self.points[i].1), self.points.get(next).map(|(t, _)| *t))
    }

    /// What `from..to` adds up to; the last status goes on to `to`. Nothing when the window is empty.
    pub fn tally(&self, from: Timestamp, to: Timestamp) -> Tally {
        let mut tally = Tally::default();
        for (start, end, status) in self.intervals(from, to) {
            tally.add(status, end.since(start));
        }
        tally
    }

    /// The stretches of `from..to` in order, without gaps; UNKNOWN before the first report.
    pub fn intervals(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, Timestamp, Status)> {
        let stretches = stretches(&self.points, |(at, _)| *at, from, to);
        stretches.map(|(start, end, point)| (start, end, point.map_or(Status::Unknown, |(_, status)| *status)))
    }

    /// Forget what is older than `before`; the status in force then is kept with the moment it began.
    pub fn trim(&mut self, before: Timestamp) {
        let index = self.points.partition_point(|(t, _)| *t <= before);
        self.points.drain(..index.saturating_sub(1));
    }

    /// `at` is not before the last point.
    fn append(&mut self, at: Timestamp, status: Status) {
        if self.points.last().is_some_and(|(last, _)| *last == at) {
            self.points.pop();
        }
        if self.points.last().is_none_or(|(_, last)| *last != status) {
            self.points.push((at, status));
        }
    }
}

/// The stretches of `from..to` in order, without gaps, each with the point of `points` that is in force in it; none before
/// the first one. They are in order of `at`.
pub(super) fn stretches<P>(
    points: &[P],
    at: impl Fn(&P) -> Timestamp,
    from: Timestamp,
    to: Timestamp,
) -> impl DoubleEndedIterator<Item = (Timestamp, Timestamp, Option<&P>)> {
    let first = points.partition_point(|point| at(point) <= from);
    let end = points.partition_point(|point| at(point) < to).max(first);
    let head = first.checked_sub(1).map(|index| &points[index]);
    let inside = &points[first..end];
    (0..=inside.len())
        .map(move |index| {
            let before = index.checked_sub(1).map(|index| &inside[index]);
            let start = before.map_or(from, &at);
            (start, inside.get(index).map_or(to, &at), before.or(head))
        })
        .filter(|(start, end, _)| start < end)
}

impl Tally {
    /// `ms` more of `status`.
    pub const fn add(&mut self, status: Status, ms: i64) {
        match status.counts_as() {
            Counts::Up => self.up_ms += ms,
            Counts::Down => self.down_ms += ms,
            Counts::Neither => match status {
                Status::Maintenance => self.maintenance_ms += ms,
                _ => self.unknown_ms += ms,
            },
        }
    }

    /// The sum with `times` the other, wrapping around: for running sums, of which only differences are looked at.
    pub(super) const fn wrapping_plus(self, other: Self, times: i64) -> Self {
        Self {
            up_ms: self.up_ms.wrapping_add(other.up_ms.wrapping_mul(times)),
            down_ms: self.down_ms.wrapping_add(other.down_ms.wrapping_mul(times)),
            maintenance_ms: self.maintenance_ms.wrapping_add(other.maintenance_ms.wrapping_mul(times)),
            unknown_ms: self.unknown_ms.wrapping_add(other.unknown_ms.wrapping_mul(times)),
        }
    }

    /// Time that counts: up and down.
    pub const fn known_ms(self) -> i64 {
        self.up_ms + self.down_ms
    }

    /// All of it.
    pub const fn total_ms(self) -> i64 {
        self.known_ms() + self.maintenance_ms + self.unknown_ms
    }

    /// The same with `maintenance_ms` counted as down too, where a promise says so. The total of maintenance stays to be
    /// shown.
    pub const fn with_maintenance_down(mut self) -> Self {
        self.down_ms += self.maintenance_ms;
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.up_ms += other.up_ms;
        self.down_ms += other.down_ms;
        self.maintenance_ms += other.maintenance_ms;
        self.unknown_ms += other.unknown_ms;
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Self) {
        self.up_ms -= other.up_ms;
        self.down_ms -= other.down_ms;
        self.maintenance_ms -= other.maintenance_ms;
        self.unknown_ms -= other.unknown_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{Degraded, Down, Maintenance, Operational, Unknown},
        samples::{at, line},
    };

    #[test]
    fn points_are_sorted_and_equal_neighbours_become_one() {
        let made = line(&[(30, Down), (10, Operational), (20, Operational), (30, Degraded)]);
        assert_eq!(made.points(), [(at(10), Operational), (at(30), Degraded)]);
        assert_eq!(made.first(), Some(at(10)));
    }

    #[test]
    fn a_late_point_is_placed_where_it_belongs() {
        let mut late = line(&[(10, Operational), (30, Degraded), (40, Operational)]);
        late.push(at(20), Down);
        assert_eq!(late, line(&[(10, Operational), (20, Down), (30, Degraded), (40, Operational)]));
        late.push(at(15), Operational);
        assert_eq!(late.points().len(), 4, "says nothing new");
        late.push(at(30), Operational);
        assert_eq!(late, line(&[(10, Operational), (20, Down), (30, Operational)]));
        late.push(at(5), Down);
        assert_eq!(late.first(), Some(at(5)));
        late.push(at(30), Down);
        assert_eq!(late, line(&[(5, Down), (10, Operational), (20, Down)]));
    }

    #[test]
    fn in_order_or_not_the_same_points_make_the_same_line() {
        let points = [(10, Operational), (20, Down), (30, Degraded), (40, Unknown), (50, Operational)];
        let mut backwards = Timeline::new();
        for (ms, status) in points.into_iter().rev() {
            backwards.push(at(ms), status);
        }
        assert_eq!(backwards, line(&points));
    }

    #[test]
    fn a_tally_covers_its_window_whole_and_before_the_first_report_is_unknown() {
        let line = line(&[(10, Operational), (20, Down), (30, Maintenance), (40, Degraded)]);
        let tally = line.tally(at(0), at(100));
        assert_eq!(tally, Tally { up_ms: 70, down_ms: 10, maintenance_ms: 10, unknown_ms: 10 });
        assert_eq!(line.tally(at(25), at(27)), Tally { down_ms: 2, ..Tally::default() });
        assert_eq!(line.tally(at(20), at(30)), Tally { down_ms: 10, ..Tally::default() });
        assert_eq!(line.tally(at(30), at(20)), Tally::default());
        assert_eq!(Timeline::new().tally(at(0), at(5)).unknown_ms, 5);
    }

    #[test]
    fn intervals_have_no_gaps() {
        let line = line(&[(10, Operational), (20, Down)]);
        let seen: Vec<_> = line.intervals(at(5), at(25)).collect();
        assert_eq!(seen, [(at(5), at(10), Unknown), (at(10), at(20), Operational), (at(20), at(25), Down)]);
        assert_eq!(line.intervals(at(10), at(20)).count(), 1);
        assert_eq!(line.intervals(at(9), at(9)).count(), 0);
    }

    #[test]
    fn trimming_keeps_what_is_in_force() {
        let mut line = line(&[(10, Operational), (20, Down), (30, Operational)]);
        let before = line.tally(at(25), at(100));
        line.trim(at(25));
        assert_eq!(line.points(), [(at(20), Down), (at(30), Operational)]);
        assert_eq!(line.tally(at(25), at(100)), before);
        line.trim(at(1000));
        assert_eq!(line.status_at(at(1000)), Some(Operational));
    }
}
