//! Windows that somebody forgot to stop. What they cover wakes nobody and counts for nothing as long as they last.

use super::{ExclusionWindow, windows};
use crate::domain::{
    estate::Estate,
    health::{Service, Status},
    time::{DAY, Timestamp},
};

/// How long a window without an end may be open while everything that it covers works, in milliseconds: a night's work
/// and the morning after it.
pub const WHILE_ALL_WORKS_MS: i64 = DAY;
/// How long it may be open whatever is in trouble under it, in milliseconds: somebody should say once a week that this is
/// still meant.
pub const ANYWAY_MS: i64 = 7 * DAY;

/// Whether a window is open without an end for so long that somebody must have forgotten it: for more than a day while
/// everything that it covers works, or for more than a week. Nothing under it counts as working.
pub fn is_left_open(estate: &Estate, window: &ExclusionWindow, now: Timestamp) -> bool {
    if window.to.is_some() || !window.is_active(now) {
        return false;
    }
    // One for the past is open for as long as somebody can have known of it.
    let open_ms = now.since(window.from.max(window.opened_at));
    let is_covered = |s: &&Service| windows::over(std::iter::once(window), &s.path, s.sla_group.as_deref()).is_some();
    let works = |s: &Service| s.health.status == Status::Operational;
    open_ms > ANYWAY_MS || (open_ms > WHILE_ALL_WORKS_MS && estate.services.values().filter(is_covered).all(works))
}

/// Windows that were left open at `now`, by number.
pub fn left_open(estate: &Estate, now: Timestamp) -> impl Iterator<Item = &ExclusionWindow> {
    estate.windows.values().filter(move |window| is_left_open(estate, window, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{change::Actor, samples, sla::WindowScope, time::HOUR};

    const DB: &str = "acme/shop/prod/eu-1/db";

    fn estate(status: Status) -> Estate {
        let mut estate = Estate::default();
        for service in [samples::service(DB, status), samples::service("acme/shop/prod/eu-2/down", Status::Down)] {
            estate.services.insert(service);
        }
        estate
    }

    fn window(from: i64, to: Option<i64>) -> ExclusionWindow {
        ExclusionWindow {
            id: 1,
            scope: WindowScope::parse("service", DB).unwrap(),
            from: Timestamp::from_ms(from),
            to: to.map(Timestamp::from_ms),
            reason: "new disks".to_owned(),
            opened_by: Actor::System,
            opened_at: Timestamp::from_ms(from),
            stopped: None,
        }
    }

    fn is_so(status: Status, window: &ExclusionWindow, now: i64) -> bool {
        is_left_open(&estate(status), window, Timestamp::from_ms(now))
    }

    #[test]
    fn a_window_without_an_end_is_left_open_after_a_day_in_which_all_that_it_covers_works() {
        let endless = window(0, None);
        assert!(!is_so(Status::Operational, &endless, DAY));
        assert!(is_so(Status::Operational, &endless, DAY + 1));
        for at_work in [Status::Down, Status::Degraded, Status::Maintenance, Status::Unknown] {
            assert!(!is_so(at_work, &endless, DAY + 1), "somebody is at it still: {}", at_work.word());
            assert!(is_so(at_work, &endless, 7 * DAY + 1), "after a week it is asked about anyway");
        }
        assert!(is_left_open(&Estate::default(), &endless, Timestamp::from_ms(DAY + 1)), "it covers nothing any more");
    }

    #[test]
    fn a_window_with_an_end_and_one_that_was_stopped_are_not_left_open() {
        assert!(!is_so(Status::Operational, &window(0, Some(30 * DAY)), 8 * DAY));
        let stopped = ExclusionWindow { to: Some(Timestamp::from_ms(HOUR)), ..window(0, None) };
        assert!(!is_so(Status::Operational, &stopped, 8 * DAY));
        assert!(!is_so(Status::Operational, &window(9 * DAY, None), 8 * DAY), "it did not begin yet");
        let past = ExclusionWindow { opened_at: Timestamp::from_ms(8 * DAY), ..window(0, None) };
        assert!(!is_so(Status::Operational, &past, 8 * DAY + HOUR), "opened just now for what was before");
    }
}
