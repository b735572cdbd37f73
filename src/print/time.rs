//! Times and lengths as people and programs read them.

use crate::domain::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};

/// RFC 3339 in UTC with milliseconds only where there are any.
pub fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.ms()).map_or_else(|_| at.ms().to_string(), |t| t.to_string())
}

/// A length in its two biggest units: `3d 4h`, `7m 20s`, `12s`; negative ones carry a minus.
pub fn length(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.saturating_abs();
    let (big, big_word, small, small_word) = match ms {
        _ if ms >= DAY => (ms / DAY, "d", ms % DAY / HOUR, "h"),
        _ if ms >= HOUR => (ms / HOUR, "h", ms % HOUR / MINUTE, "m"),
        _ if ms >= MINUTE => (ms / MINUTE, "m", ms % MINUTE / SECOND, "s"),
        _ => return format!("{sign}{}s", ms / SECOND),
    };
    if small == 0 { format!("{sign}{big}{big_word}") } else { format!("{sign}{big}{big_word} {small}{small_word}") }
}

/// How long ago `at` was: `7m 20s ago`, `just now`, or `in 3m` for what is to come.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.since(at) {
        ms if ms < -SECOND => format!("in {}", length(-ms)),
        ms if ms < 2 * SECOND => "just now".to_owned(),
        ms => format!("{} ago", length(ms)),
    }
}

/// Millionths as a percentage with as many places as are needed, two at least: `99.95 %`.
pub fn percent(millionths: u32) -> String {
    let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    let places = places.trim_end_matches('0');
    format!("{whole}.{places:0<2} %")
}

/// Bytes in the biggest binary unit that keeps three digits: `512 GiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut unit = 0;
    let mut tenths = u128::from(count) * 10;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    if unit == 0 || tenths >= 1000 || tenths % 10 == 0 {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_show_their_two_biggest_units() {
        assert_eq!(length(0), "0s");
        assert_eq!(length(7 * MINUTE + 20 * SECOND), "7m 20s");
        assert_eq!(length(-(3 * DAY + 4 * HOUR)), "-3d 4h");
        assert_eq!(length(2 * HOUR), "2h");
    }

    #[test]
    fn percentages_and_bytes_are_not_rounded_up() {
        assert_eq!(percent(999_500), "99.95 %");
        assert_eq!(percent(999_999), "99.9999 %");
        assert_eq!(percent(1_000_000), "100.00 %");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(536_870_912_000), "500 GiB");
        assert_eq!(bytes(1_610_612_736), "1.5 GiB");
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(rfc3339(Timestamp::from_ms(1_700_000_000_000)), "2023-11-14T22:13:20Z");
    }
}
