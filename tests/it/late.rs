//! The plain rule for late reports, on a line that may be rewritten: what the core, which only ever adds points, is held to.

use std::collections::BTreeMap;

use itops::domain::{health::Status, sla::Timeline, time::Timestamp};

/// It was `status` from `from` to `to`, whatever stood there; from `to` on the line is as before.
pub fn overwrite(line: &mut Timeline, from: Timestamp, to: Timestamp, status: Status) {
    if from >= to {
        return;
    }
    let after = line.status_at(to).unwrap_or(Status::Unknown);
    let mut points = line.points().to_vec();
    points.retain(|(at, _)| *at < from || to < *at);
    points.extend([(from, status), (to, after)]);
    *line = Timeline::from_points(points);
}

/// A report among others: it was `status` from `at` to `until` or to the next point, whichever comes first.
pub fn place_late(line: &mut Timeline, at: Timestamp, until: Timestamp, status: Status) {
    let next = line.points().iter().map(|(point, _)| *point).find(|point| at < *point);
    overwrite(line, at, next.map_or(until, |next| next.min(until)), status);
}

/// What is known of a service: every report on it, by the moment it speaks of, and the line that they make.
pub struct Told {
    pub line: Timeline,
    reports: BTreeMap<Timestamp, Status>,
    /// Reports, by the one that follows, between which it is known that nobody spoke.
    gaps: BTreeMap<Timestamp, Timestamp>,
    every_ms: i64,
}

impl Told {
    /// Nothing yet; a report is expected every `every_ms` milliseconds.
    pub fn every(every_ms: i64) -> Self {
        Self { line: Timeline::new(), reports: BTreeMap::new(), gaps: BTreeMap::new(), every_ms }
    }

    /// A report comes in. After all others, before all others, and where nobody spoke between its neighbours, it is what
    /// it would have been in order. Among others that came in time it speaks for one interval.
    pub fn report(&mut self, at: Timestamp, status: Status) {
        let before = self.reports.range(..=at).next_back().map(|(last, known)| (*last, *known));
        let next = self.reports.range(at.plus(1)..).next().map(|(next, _)| *next);
        match (before, next) {
            (None, None) => self.line.push(at, status),
            (None, Some(next)) => self.follow(at, next, status),
            (Some((last, known)), None) => {
                self.holds(last, at, known);
                self.line.push(at, status);
                if at.since(last) >= 3 * self.every_ms {
                    self.gaps.insert(last, at);
                }
            }
            (Some((last, known)), Some(next)) if self.gaps.get(&last) == Some(&next) => {
                self.holds(last, at, known);
                self.gaps.insert(last, at);
                self.follow(at, next, status);
            }
            _ => {
                let gap = self.gaps.range(at..).next().map(|(last, _)| *last);
                let newest = self.reports.keys().next_back().copied();
                let ends = [gap, newest].into_iter().flatten();
                place_late(&mut self.line, at, ends.fold(at.plus(self.every_ms), Timestamp::min), status);
            }
        }
        self.reports.insert(at, status);
    }

    /// Nobody speaks any more: the newest report is over too.
    pub fn falls_silent(&mut self) {
        if let Some((last, status)) = self.reports.last_key_value()
            && *status != Status::Down
        {
            self.line.push(last.plus(self.every_ms), Status::Unknown);
        }
    }

    fn follow(&mut self, at: Timestamp, next: Timestamp, status: Status) {
        self.holds(at, next, status);
        self.gaps.insert(at, next);
    }

    /// Nobody spoke between `from` and `to`.
    fn holds(&mut self, from: Timestamp, to: Timestamp, status: Status) {
        let is_known = status == Status::Down || to.since(from) < 3 * self.every_ms;
        let end = if is_known { to } else { from.plus(self.every_ms) };
        overwrite(&mut self.line, from, end, status);
        overwrite(&mut self.line, end, to, Status::Unknown);
    }
}

#[test]
fn a_late_report_holds_until_it_was_overtaken() {
    let at = Timestamp::from_ms;
    let line = |points: &[(i64, Status)]| Timeline::from_points(points.iter().map(|(ms, s)| (at(*ms), *s)).collect());
    let mut told = Told::every(10);
    for ms in [0, 10, 20, 30, 40] {
        told.report(at(ms), Status::Operational);
    }
    told.report(at(15), Status::Down);
    assert_eq!(told.line, line(&[(0, Status::Operational), (15, Status::Down), (25, Status::Operational)]));
    told.report(at(90), Status::Operational);
    told.report(at(60), Status::Down);
    assert_eq!(told.line.points()[3..], [(at(60), Status::Down), (at(90), Status::Operational)]);
    told.falls_silent();
    assert_eq!(told.line.points().last(), Some(&(at(100), Status::Unknown)));
}
