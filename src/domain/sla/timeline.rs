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

/// An unbroken time of DOWN or DEGRADED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When it began; may lie before the window that was asked for.
    pub from: Timestamp,
    /// When it ended; none while it lasts at the end of the window.
    pub to: Option<Timestamp>,
    /// The worst status in it.
    pub worst: Status,
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

    /// From `at` on it is `status`, until the next point that is already there. A late point is placed where it
    /// belongs. Where later reports said the same as before and so left no point, use [`Self::overwrite`] with the
    /// moment of the next report.
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

    /// It was `status` from `from` to `to`, whatever stood there; from `to` on the line is as before.
    pub fn overwrite(&mut self, from: Timestamp, to: Timestamp, status: Status) {
        if from >= to {
            return;
        }
        let after = self.status_at(to).unwrap_or(Status::Unknown);
        let start = self.points.partition_point(|(t, _)| *t < from);
        let end = self.points.partition_point(|(t, _)| *t <= to);
        self.points.splice(start..end, [(from, status), (to, after)]);
        self.points.dedup_by_key(|(_, status)| *status);
    }

    /// The status in force at `at`; none before the first report.
    pub fn status_at(&self, at: Timestamp) -> Option<Status> {
        let index = self.points.partition_point(|(t, _)| *t <= at);
        index.checked_sub(1).map(|i| self.points[i].1)
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
    pub fn intervals(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp, Status)> {
        let first = self.points.partition_point(|(t, _)| *t <= from);
        let end = self.points.partition_point(|(t, _)| *t < to).max(first);
        let head = first.checked_sub(1).map_or(Status::Unknown, |i| self.points[i].1);
        let inside = &self.points[first..end];
        (0..=inside.len())
            .map(move |i| {
                let (start, status) = i.checked_sub(1).map_or((from, head), |before| inside[before]);
                (start, inside.get(i).map_or(to, |(t, _)| *t), status)
            })
            .filter(|(start, end, _)| start < end)
    }

    /// Forget what is older than `before`; the status in force then is kept with the moment it began.
    pub fn trim(&mut self, before: Timestamp) {
        let index = self.points.partition_point(|(t, _)| *t <= before);
        self.points.drain(..index.saturating_sub(1));
    }

    /// Times of DOWN or DEGRADED that touch `from..to`, newest first. Each has its true beginning.
    pub fn incidents(&self, from: Timestamp, to: Timestamp) -> Vec<Trouble> {
        let mut found = Vec::new();
        if from >= to {
            return found;
        }
        let troubled = |status: Status| matches!(status, Status::Down | Status::Degraded);
        let mut index = self.points.partition_point(|(t, _)| *t <= from).saturating_sub(1);
        while index > 0 && troubled(self.points[index].1) && troubled(self.points[index - 1].1) {
            index -= 1;
        }
        let mut open: Option<Trouble> = None;
        for &(at, status) in self.points[index.min(self.points.len())..].iter().take_while(|(t, _)| *t < to) {
            match (&mut open, troubled(status)) {
                (None, true) => open = Some(Trouble { from: at, to: None, worst: status }),
                (Some(trouble), true) => trouble.worst = trouble.worst.max(status),
                (Some(trouble), false) => {
                    found.push(Trouble { to: Some(at), ..*trouble });
                    open = None;
                }
                (None, false) => {}
            }
        }
        found.extend(open);
        found.retain(|trouble| trouble.to.is_none_or(|end| end > from));
        found.reverse();
        found
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
