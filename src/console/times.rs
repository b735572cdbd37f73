//! Times as people write them.

use crate::domain::time::Timestamp;

/// The moment that `text` means: RFC 3339, or a length from `now` with its sign, such as `+30m` or `-2h`. None for
/// anything else.
pub fn read(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    let signed = text.strip_prefix('+').map(|rest| (1, rest)).or_else(|| text.strip_prefix('-').map(|rest| (-1, rest)));
    if let Some((sign, rest)) = signed {
        let length = humantime::parse_duration(rest).ok()?;
        return Some(now.plus(sign * i64::try_from(length.as_millis()).ok()?));
    }
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_ms(at.as_millisecond()))
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
}
