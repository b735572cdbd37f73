//! How figures, times and texts are put into words. Nothing here knows a colour.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::time::{DAY, HOUR, MINUTE, Timestamp};

/// Cells that `text` takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` in at most `room` cells; what is cut leaves an ellipsis at the end.
pub fn clip(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    if room == 0 {
        return Cow::Borrowed("");
    }
    let mut out = String::new();
    let mut used = 0;
    for part in text.graphemes(true) {
        let cells = width(part);
        if used + cells > room - 1 {
            break;
        }
        used += cells;
        out.push_str(part);
    }
    out.push('…');
    Cow::Owned(out)
}

/// `text` in at most `room` cells, cut at the start: for paths, whose end says most.
pub fn clip_start(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    if room == 0 {
        return Cow::Borrowed("");
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 0;
    for part in text.graphemes(true).rev() {
        let cells = width(part);
        if used + cells > room - 1 {
            break;
        }
        used += cells;
        kept.push(part);
    }
    Cow::Owned(std::iter::once("…").chain(kept.into_iter().rev()).collect())
}

/// A length of time in one or two units, no finer than minutes: `<1m`, `7m`, `3h 12m`, `4d 2h`.
pub fn span(ms: i64) -> String {
    let ms = ms.max(0);
    if ms < MINUTE {
        return "<1m".to_owned();
    }
    let (days, hours, minutes) = (ms / DAY, ms % DAY / HOUR, ms % HOUR / MINUTE);
    match (days, hours, minutes) {
        (0, 0, m) => format!("{m}m"),
        (0, h, 0) => format!("{h}h"),
        (0, h, m) => format!("{h}h {m}m"),
        (d, _, _) if d >= 10 => format!("{d}d"),
        (d, 0, _) => format!("{d}d"),
        (d, h, _) => format!("{d}d {h}h"),
    }
}

/// A length of time in its largest unit, at most four cells: `7m`, `3h`, `12d`, `4mo`, `2y`.
pub fn age(ms: i64) -> String {
    match (ms.max(0) / DAY, ms.max(0)) {
        (0, ..MINUTE) => "<1m".to_owned(),
        (0, ..HOUR) => format!("{}m", ms / MINUTE),
        (0, _) => format!("{}h", ms / HOUR),
        (days @ ..60, _) => format!("{days}d"),
        (days @ ..730, _) => format!("{}mo", days / 30),
        (days, _) => format!("{}y", (days / 365).min(99)),
    }
}

/// A length of time to the second: `42s`, `3m 05s`.
pub fn seconds(ms: i64) -> String {
    let total = ms.max(0) / 1000;
    match total {
        0..60 => format!("{total}s"),
        60..3600 => format!("{}m {:02}s", total / 60, total % 60),
        _ => span(ms),
    }
}

/// A length of downtime: to the second below ten minutes, where tight budgets live, and to a tenth below ten seconds, where
/// young ones do.
pub fn precise(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let text = match ms.abs() {
        0 => "0s".to_owned(),
        ..100 => "<0.1s".to_owned(),
        short @ ..10_000 => format!("{}.{}s", short / 1000, short % 1000 / 100),
        some if some < 10 * MINUTE => seconds(some),
        long => span(long),
    };
    format!("{sign}{text}")
}

/// Millionths as a percentage with just the digits it has, never rounded up to a promise it does not keep: `99.95 %`.
pub fn percent(millionths: u32) -> String {
    let (whole, rest) = (millionths / 10_000, millionths % 10_000);
    let digits = format!("{rest:04}");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { format!("{whole} %") } else { format!("{whole}.{digits} %") }
}

/// As [`percent`], always with three decimals, for columns.
pub fn percent3(millionths: u32) -> String {
    format!("{}.{:03} %", millionths / 10_000, millionths % 10_000 / 10)
}

/// Thousandths as a factor: `14.4x`.
pub fn factor(thousandths: i64) -> String {
    format!("{}.{}x", thousandths / 1000, thousandths.abs() % 1000 / 100)
}

/// Bytes in binary units: `1.5 GiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    if tenths % 10 == 0 || unit == 0 {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// The clock of a moment in UTC: `23:41`.
pub fn clock(at: Timestamp) -> String {
    shown(at, "%H:%M")
}

/// The clock of a moment to the second, for logs: `23:41:07`.
pub fn clock_seconds(at: Timestamp) -> String {
    shown(at, "%H:%M:%S")
}

/// Day and clock of a moment in UTC: `Nov 21 23:41`.
pub fn moment(at: Timestamp) -> String {
    shown(at, "%b %d %H:%M")
}

/// A moment as exactly as it is known, for copies and commands: `2026-11-21T23:41:07Z`.
pub fn exact(at: Timestamp) -> String {
    shown(at, "%Y-%m-%dT%H:%M:%SZ")
}

fn shown(at: Timestamp, pattern: &str) -> String {
    jiff::Timestamp::from_millisecond(at.ms())
        .map_or_else(|_| "-".to_owned(), |t| t.to_zoned(jiff::tz::TimeZone::UTC).strftime(pattern).to_string())
}

/// `1 service`, `7 services`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_at_most_two_units_and_no_seconds() {
        let shown: Vec<String> =
            [0, 59_999, 7 * MINUTE, 3 * HOUR, 3 * HOUR + 12 * MINUTE, 4 * DAY + 2 * HOUR, 40 * DAY].map(span).into();
        assert_eq!(shown, ["<1m", "<1m", "7m", "3h", "3h 12m", "4d 2h", "40d"]);
    }

    #[test]
    fn percentages_are_never_rounded_up() {
        assert_eq!(percent(999_999), "99.9999 %");
        assert_eq!(percent(999_000), "99.9 %");
        assert_eq!(percent3(999_999), "99.999 %");
    }

    #[test]
    fn cut_text_says_so_and_fits() {
        assert_eq!(clip("payment-api", 8), "payment…");
        assert_eq!(clip_start("acme/shop/prod", 8), "…op/prod");
        assert_eq!(clip("日本語", 4), "日…");
        assert_eq!(clip("abc", 0), "");
        assert_eq!(clip("abc", 3), "abc");
    }

    #[test]
    fn bytes_use_binary_units() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(200 << 30), "200 GiB");
    }
}
