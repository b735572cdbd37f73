//! The published JSON shapes, written: one type per object for the snapshot, the facts of the stream and the types of
//! GraphQL. Conversion only; what is empty stays out of the JSON.
//!
//! Start at [`health`]; [`change`] is what the stream carries, [`snapshot`] the whole estate. A contract test reads
//! everything written here back through the client.

pub mod access;
pub mod attention;
pub mod change;
pub mod gitops;
pub mod health;
pub mod plan;
pub mod report;
pub mod results;
pub mod sla;
pub mod snapshot;
pub mod telling;
pub mod tickets;
pub mod trail;
pub mod windows;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use jiff::{civil::Date, fmt::temporal::Pieces};
use serde::{Serialize, Serializer};

use crate::domain::{text::clean_line, time::Timestamp};

/// A point in time: RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

/// A whole number of up to 64 bits: milliseconds and bytes pass the 32 bits of `Int`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Long(pub i64);

impl Time {
    /// The printed form. What lies outside of the years that can be printed becomes their end.
    pub fn text(self) -> String {
        rfc3339(self.0)
    }
}

/// `at` in RFC 3339, UTC.
pub fn rfc3339(at: Timestamp) -> String {
    let ends = [jiff::Timestamp::MIN, jiff::Timestamp::MAX];
    let ms = at.ms().clamp(ends[0].as_millisecond() + 1, ends[1].as_millisecond() - 1);
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

/// A time out of RFC 3339.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    text.trim().parse::<jiff::Timestamp>().ok().map(|at| Timestamp::from_ms(at.as_millisecond()))
}

/// Why [`parse_time`] does not take `text`, to be read behind the name of what it was given for.
pub fn no_time(text: &str) -> String {
    let shown: String = clean_line(text.trim()).chars().take(40).collect();
    let wanted = "must be a time in RFC 3339 such as 2026-01-31T08:00:00Z";
    let pieces = Pieces::parse(text.trim()).ok().filter(|pieces| pieces.time().is_some());
    match pieces.map(|pieces| (pieces.offset().is_some(), pieces.date().year())) {
        Some((false, _)) => format!("{wanted}; `{shown}` does not say how far it is from UTC"),
        Some((true, year)) if year == Date::MAX.year() => {
            let last = rfc3339(Timestamp::from_ms(jiff::Timestamp::MAX.as_second() * 1_000));
            format!(
                "is after the last moment that can be kept, {last}: `{shown}`; give an earlier one, or leave it out"
            )
        }
        _ => format!("{wanted}, not `{shown}`"),
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text())
    }
}

#[Scalar]
impl ScalarType for Time {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                parse_time(text).map(Self).ok_or_else(|| InputValueError::custom(format!("it {}", no_time(text))))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.text())
    }
}

#[Scalar]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => {
                number.as_i64().map(Self).ok_or_else(|| InputValueError::custom("not a whole number of 64 bits"))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

impl From<u64> for Long {
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

/// For `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// For `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_in_utc_and_read_back() {
        let at = Timestamp::from_ms(1_763_768_011_123);
        assert_eq!(rfc3339(at), "2025-11-21T23:33:31.123Z");
        assert_eq!(parse_time(&rfc3339(at)), Some(at));
        assert_eq!(parse_time("2025-11-22T00:33:31.123+01:00"), Some(at));
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn the_ends_of_time_can_be_printed() {
        for ms in [i64::MIN, i64::MAX] {
            assert!(parse_time(&rfc3339(Timestamp::from_ms(ms))).is_some());
        }
    }
}
