//! A strip of statuses over time: the worst status of each cell's span, as height and colour, or as a letter.

use ratatui::text::{Line, Span};

use crate::{
    console::{theme::Role, widgets::ink::Ink},
    domain::{health::Status, time::Timestamp},
};

/// The worst status within each of `count` equal parts of `from..to`; none where nothing was known yet.
///
/// `points` are changes in order of time, each lasting until the next.
pub fn cells(points: &[(Timestamp, Status)], from: Timestamp, to: Timestamp, count: u16) -> Vec<Option<Status>> {
    let span = to.since(from).max(0);
    let mut out = Vec::with_capacity(usize::from(count));
    let mut next = 0;
    let mut current = None;
    for index in 0..i64::from(count) {
        let end = from.plus(span * (index + 1) / i64::from(count));
        let start = from.plus(span * index / i64::from(count));
        while next < points.len() && points[next].0 <= start {
            current = Some(points[next].1);
            next += 1;
        }
        let mut worst = current;
        while next < points.len() && points[next].0 < end {
            current = Some(points[next].1);
            worst = worst.max(current);
            next += 1;
        }
        out.push(worst);
    }
    out
}

/// What stands for a status in the strip: the worse the taller, so that it reads without colour.
pub const fn mark(status: Option<Status>, ascii: bool) -> &'static str {
    match (status, ascii) {
        (None, _) => " ",
        (Some(Status::Operational), false) => "▁",
        (Some(Status::Maintenance), false) => "▒",
        (Some(Status::Unknown), _) => "?",
        (Some(Status::Degraded), false) => "▅",
        (Some(Status::Down), false) => "█",
        (Some(Status::Operational), true) => "_",
        (Some(Status::Maintenance), true) => "m",
        (Some(Status::Degraded), true) => "d",
        (Some(Status::Down), true) => "#",
    }
}

/// The role that colours a status.
pub const fn role(status: Option<Status>) -> Role {
    match status {
        None => Role::Muted,
        Some(status) => Role::of_status(status),
    }
}

/// The strip as one line of `width` cells.
pub fn strip(
    points: &[(Timestamp, Status)],
    from: Timestamp,
    to: Timestamp,
    width: u16,
    ink: Ink<'_>,
) -> Line<'static> {
    let cells = cells(points, from, to, width);
    Line::from(
        cells
            .into_iter()
            .map(|status| Span::styled(mark(status, ink.ascii()), ink.style(role(status))))
            .collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn each_cell_shows_the_worst_of_its_span_and_nothing_before_the_first_report() {
        use Status::{Down, Operational};
        let points = [(at(20), Operational), (at(45), Down), (at(47), Operational)];
        let got = cells(&points, at(0), at(100), 10);
        assert_eq!(got[..2], [None, None]);
        assert_eq!(got[2], Some(Operational));
        assert_eq!(got[4], Some(Down), "a short outage may not vanish between two cells");
        assert!(got[5..].iter().all(|s| *s == Some(Operational)));
    }

    #[test]
    fn a_status_from_before_the_span_is_carried_into_it() {
        assert_eq!(cells(&[(at(-5), Status::Down)], at(0), at(10), 2), [Some(Status::Down); 2]);
        assert!(cells(&[], at(0), at(10), 0).is_empty());
    }

    #[test]
    fn every_status_is_told_apart_without_colour() {
        for ascii in [false, true] {
            let marks: std::collections::BTreeSet<_> = Status::ALL.iter().map(|s| mark(Some(*s), ascii)).collect();
            assert_eq!(marks.len(), 5);
        }
    }
}
