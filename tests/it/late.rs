//! The plain rule for late reports, on a line that may be rewritten: what the core, which only ever adds points, is held to.

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

/// A report that came after a later one: it was `status` from `at` to `until` (the next report where it is known, at most
/// one interval of the reporter later) or to the next point, whichever comes first.
pub fn place_late(line: &mut Timeline, at: Timestamp, until: Timestamp, status: Status) {
    let next = line.points().iter().map(|(point, _)| *point).find(|point| at < *point);
    overwrite(line, at, next.map_or(until, |next| next.min(until)), status);
}

#[test]
fn a_late_report_holds_until_it_was_overtaken() {
    let at = Timestamp::from_ms;
    let line = |points: &[(i64, Status)]| Timeline::from_points(points.iter().map(|(ms, s)| (at(*ms), *s)).collect());
    let mut steady = line(&[(10, Status::Operational)]);
    place_late(&mut steady, at(20), at(30), Status::Down);
    assert_eq!(steady, line(&[(10, Status::Operational), (20, Status::Down), (30, Status::Operational)]));
    place_late(&mut steady, at(15), at(45), Status::Degraded);
    let overtaken = [(10, Status::Operational), (15, Status::Degraded), (20, Status::Down), (30, Status::Operational)];
    assert_eq!(steady, line(&overtaken));
    place_late(&mut steady, at(30), at(35), Status::Operational);
    assert_eq!(steady, line(&overtaken), "says nothing new");
    place_late(&mut steady, at(0), at(5), Status::Down);
    assert_eq!(steady.points()[..2], [(at(0), Status::Down), (at(5), Status::Unknown)]);
}
