//! Cron schedules: the longest time between two runs.

use crate::domain::time::{DAY, HOUR, MINUTE};

/// Days that are looked at: four years, so that every date comes up.
const DAYS: i64 = 1461;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The zone that stands in front of a schedule, and the schedule: `CRON_TZ=Europe/Budapest 0 5 * * *`.
pub fn zoned(text: &str) -> (Option<&str>, &str) {
    let text = text.trim();
    let zone = text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ="));
    match zone.and_then(|rest| rest.split_once(char::is_whitespace)) {
        Some((zone, schedule)) => (Some(zone), schedule.trim()),
        None => (None, text),
    }
}

/// Whether a text looks like a time zone: `Etc/UTC`, `Europe/Budapest`.
pub fn is_zone(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    is_still(text) || (text.contains('/') && text.split('/').all(is_part))
}

/// Whether a zone never changes its clocks.
fn is_still(zone: &str) -> bool {
    matches!(zone, "UTC" | "GMT" | "Z" | "UCT" | "Zulu") || zone.starts_with("Etc/")
}

/// The longest time between two runs in milliseconds; none when it is no schedule, or never runs twice. In a zone with
/// summer time one night a year is an hour longer.
pub fn longest_gap_ms(schedule: &str, zone: Option<&str>) -> Option<i64> {
    let longest = gap_ms(schedule)?;
    let is_longer = longest > HOUR && !schedule.trim().starts_with("@every") && zone.is_some_and(|z| !is_still(z));
    Some(if is_longer { longest + HOUR } else { longest })
}

fn gap_ms(schedule: &str) -> Option<i64> {
    if let Some(length) = schedule.trim().strip_prefix("@every ") {
        let length = humantime::parse_duration(length.trim()).ok()?;
        return i64::try_from(length.as_millis()).ok().filter(|ms| *ms > 0);
    }
    let schedule = match schedule.trim() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        fields => fields,
    };
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return None;
    };
    let minutes = values(minute, 0, 59, &[])?;
    let hours = values(hour, 0, 23, &[])?;
    let days = values(day, 1, 31, &[])?;
    let months = values(month, 1, 12, &MONTHS)?;
    let weekdays: Vec<u32> = values(weekday, 0, 7, &WEEKDAYS)?.into_iter().map(|d| d % 7).collect();
    let times: Vec<i64> =
        hours.iter().flat_map(|h| minutes.iter().map(move |m| i64::from(*h) * HOUR + i64::from(*m) * MINUTE)).collect();
    let (first, last) = (*times.first()?, *times.last()?);
    let within = times.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
    // Either day field may match when both are narrowed down; that is how cron reads them.
    let either = !day.starts_with('*') && !weekday.starts_with('*');
    let mut before: Option<i64> = None;
    let mut longest = None;
    for (index, (in_month, month, in_week)) in calendar().enumerate() {
        let by_date = days.contains(&in_month);
        let by_week = weekdays.contains(&in_week);
        let runs = months.contains(&month) && if either { by_date || by_week } else { by_date && by_week };
        if !runs {
            continue;
        }
        let start = i64::try_from(index).ok()? * DAY;
        let since = before.map(|b| start + first - b);
        longest = longest.max(since).max((within > 0).then_some(within));
        before = Some(start + last);
    }
    longest
}

/// Day of month, month and weekday (0 is Sunday) of four years that begin on Monday, 2024-01-01.
fn calendar() -> impl Iterator<Item = (u32, u32, u32)> {
    let lengths = [31u32, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut day, mut month, mut year) = (1u32, 1u32, 2024u32);
    (0..DAYS).map(move |index| {
        let weekday = u32::try_from((index + 1) % 7).unwrap_or(0);
        let out = (day, month, weekday);
        let leap = u32::from(month == 2 && year.is_multiple_of(4));
        day += 1;
        if day > lengths[month as usize - 1] + leap {
            day = 1;
            month += 1;
        }
        if month > 12 {
            month = 1;
            year += 1;
        }
        out
    })
}

/// The values of one field, sorted.
fn values(field: &str, low: u32, high: u32, names: &[&str]) -> Option<Vec<u32>> {
    let number = |text: &str| {
        let lower = text.to_ascii_lowercase();
        let named = names.iter().position(|n| *n == lower).and_then(|at| u32::try_from(at).ok());
        named.map(|n| n + low).or_else(|| text.parse().ok()).filter(|n| (low..=high).contains(n))
    };
    let mut out = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|s| *s > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (low, high),
            Some((from, to)) => (number(from)?, number(to)?),
            None if part.contains('/') => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        out.extend((from..=to).step_by(step as usize));
    }
    out.sort_unstable();
    out.dedup();
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_gap_of_ordinary_schedules() {
        for (schedule, gap) in [
            ("* * * * *", MINUTE),
            ("*/5 * * * *", 5 * MINUTE),
            ("7,22,37,52 * * * *", 15 * MINUTE),
            ("0 * * * *", HOUR),
            ("@hourly", HOUR),
            ("@every 1h30m", 90 * MINUTE),
            ("45 5 * * *", DAY),
            ("30 4,14 * * *", 14 * HOUR),
            ("15 */6 * * *", 6 * HOUR),
            ("0 3 * * 0", 7 * DAY),
            ("0 3 * * sun", 7 * DAY),
            ("0 8 * * 1-5", 3 * DAY),
            ("0 8 */2 * *", 2 * DAY),
            ("0 0 1 * *", 31 * DAY),
            ("*/10 8-17 * * *", 14 * HOUR + 10 * MINUTE),
        ] {
            assert_eq!(longest_gap_ms(schedule, None), Some(gap), "{schedule}");
        }
    }

    #[test]
    fn the_night_of_winter_time_is_an_hour_longer_where_clocks_change() {
        let (zone, schedule) = zoned("CRON_TZ=Europe/Budapest 45 5 * * *");
        assert_eq!((zone, schedule), (Some("Europe/Budapest"), "45 5 * * *"));
        assert_eq!(longest_gap_ms(schedule, zone), Some(DAY + HOUR));
        assert_eq!(longest_gap_ms(schedule, Some("Etc/UTC")), Some(DAY));
        assert_eq!(longest_gap_ms("*/5 * * * *", zone), Some(5 * MINUTE));
        assert!(is_zone("America/Argentina/Ushuaia") && is_zone("UTC") && !is_zone("budapest"));
    }

    #[test]
    fn what_is_no_schedule_has_no_gap() {
        for schedule in ["", "* * * *", "61 * * * *", "*/0 * * * *", "a b c d e", "5-1 * * * *"] {
            assert_eq!(longest_gap_ms(schedule, None), None, "{schedule}");
        }
    }
}
