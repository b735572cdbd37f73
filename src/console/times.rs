//! Times as people write them.

use crate::domain::{sla::WindowEnd, time::Timestamp};

/// The moment that `text` means: RFC 3339, or a length from `now` with its sign, such as `+30m` or `-2h`. None for
/// anything else.
pub fn read(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Some(ms) = length(text) {
        return Some(now.plus(ms));
    }
    let at: jiff::Timestamp = text.trim().parse().ok()?;
    Some(Timestamp::from_ms(at.as_millisecond()))
}

/// The length from now that `text` means, in milliseconds: `+30m`, `-2h`. None for anything else.
pub fn length(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = text.strip_prefix('+').map(|rest| (1, rest)).or_else(|| Some((-1, text.strip_prefix('-')?)))?;
    let length = humantime::parse_duration(rest).ok()?;
    Some(sign * i64::try_from(length.as_millis()).ok()?)
}

/// When a window ends that begins at `from`, or now, by what `text` means at `now`: a length from now on is as long as it
/// says, whenever now will be.
pub fn end(text: &str, from: Option<Timestamp>, now: Timestamp) -> Option<WindowEnd> {
    match (from, length(text)) {
        (None, Some(ms)) => Some(WindowEnd::After(ms)),
        _ => read(text, now).map(WindowEnd::At),
    }
}

/// A length as [`length`] reads it: `+1h30m`.
pub fn written(ms: i64) -> String {
    let length = humantime::format_duration(std::time::Duration::from_millis(ms.unsigned_abs())).to_string();
    format!("{}{}", if ms < 0 { "-" } else { "+" }, length.replace(' ', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    #[test]
    fn times_are_absolute_or_from_now_with_their_sign() {
        let now = Timestamp::from_ms(10 * HOUR);
        assert_eq!(read("+2h", now), Some(now.plus(2 * HOUR)));
        assert_eq!(read(" -30m", now), Some(now.plus(-HOUR / 2)));
        assert_eq!(read("1970-01-01T01:00:00+01:00", now), Some(Timestamp::from_ms(0)));
        for bad in ["2h", "tomorrow", "+", "+99999999999999999y", "2026-13-01T00:00:00Z", ""] {
            assert_eq!(read(bad, now), None, "{bad}");
        }
    }

    #[test]
    fn a_length_from_now_is_the_length_of_a_window_that_begins_now_and_is_written_as_it_is_read() {
        let now = Timestamp::from_ms(10 * HOUR);
        assert_eq!(end("+1h", None, now), Some(WindowEnd::After(HOUR)));
        assert_eq!(end("+1h", Some(now.plus(HOUR / 2)), now), Some(WindowEnd::At(now.plus(HOUR))));
        assert_eq!(end("1970-01-01T11:00:00Z", None, now), Some(WindowEnd::At(now.plus(HOUR))));
        assert_eq!(end("noon", None, now), None);
        for ms in [HOUR, HOUR + HOUR / 2, -1_250, 40 * 24 * HOUR] {
            assert_eq!(length(&written(ms)), Some(ms), "{}", written(ms));
        }
        assert_eq!(written(HOUR + HOUR / 2), "+1h30m");
    }
}
