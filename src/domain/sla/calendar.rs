//! Whole months, quarters and years in UTC, by plain arithmetic on day numbers.

use crate::domain::time::{DAY, Timestamp};

/// The day number (days since 1970-01-01) of the first of `month` (1 to 12) in `year`, Gregorian.
const fn first_of(year: i64, month: i64) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    // Leap days in the whole years before this one.
    let past = year - 1;
    let leaps = past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400);
    let year_start = past * 365 + leaps - DAYS_TO_EPOCH;
    year_start + BEFORE[(month - 1) as usize] + if leap && month > 2 { 1 } else { 0 }
}

/// Days from 0001-01-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 1969 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400;

/// Year and month (1 to 12) that `at` lies in.
fn year_and_month(at: Timestamp) -> (i64, i64) {
    let day = at.ms().div_euclid(DAY);
    // A first guess by the mean length of a year, at most one off; then step to the right one.
    let mut year = 1970 + (day * 400).div_euclid(146_097);
    while first_of(year, 1) > day {
        year -= 1;
    }
    while first_of(year + 1, 1) <= day {
        year += 1;
    }
    let month = (2..=12).take_while(|month| first_of(year, *month) <= day).last().unwrap_or(1);
    (year, month)
}

/// First moment of the calendar period of `months` months (a divisor of 12) that holds `at`, and first moment after it.
pub(super) fn bounds(at: Timestamp, months: i64) -> (Timestamp, Timestamp) {
    let (year, month) = year_and_month(at);
    let first = (month - 1) / months * months + 1;
    let (next_year, next) = if first + months > 12 { (year + 1, 1) } else { (year, first + months) };
    let midnight = |day: i64| Timestamp::from_ms(day.saturating_mul(DAY));
    (midnight(first_of(year, first)), midnight(first_of(next_year, next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days_have_their_numbers() {
        assert_eq!(first_of(1970, 1), 0);
        assert_eq!(first_of(2000, 3), 11_017);
        assert_eq!(first_of(2024, 3) - first_of(2024, 2), 29);
        assert_eq!(first_of(2100, 3) - first_of(2100, 2), 28);
        assert_eq!(first_of(2026, 1), 20_454);
    }

    #[test]
    fn every_moment_lies_in_its_month_quarter_and_year() {
        for day in (-200_000..200_000).step_by(7) {
            let at = Timestamp::from_ms(day * DAY + 12_345);
            for months in [1, 3, 12] {
                let (from, to) = bounds(at, months);
                assert!(from <= at && at < to, "{day} {months}");
                assert_eq!(bounds(from, months), (from, to), "its first moment is in it");
                assert_eq!(bounds(to, months).0, to, "its end is the next one's start");
                let days = to.since(from) / DAY;
                let range = match months {
                    1 => 28..=31,
                    3 => 90..=92,
                    _ => 365..=366,
                };
                assert!(range.contains(&days), "{day} {months} {days}");
            }
        }
    }

    #[test]
    fn the_third_quarter_of_2026_runs_from_july_to_october() {
        let (from, to) = bounds(Timestamp::from_ms(first_of(2026, 8) * DAY), 3);
        assert_eq!(from.ms(), first_of(2026, 7) * DAY);
        assert_eq!(to.ms(), first_of(2026, 10) * DAY);
    }
}
