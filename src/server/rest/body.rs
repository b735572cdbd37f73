//! JSON bodies: read strictly, and when they do not fit, say which field, what was wanted and where.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, error::Category};

use crate::{
    domain::{
        health::report::TAG_LIMIT,
        search::nearest,
        text::{clean_line, clean_text},
        time::{DAY, MINUTE, SECOND, Timestamp},
    },
    server::{
        fault::Problem,
        wire::{no_time, parse_time},
    },
};

/// Longest message that is kept, in characters.
pub const MESSAGE_LIMIT: usize = 2_000;
/// Longest word (tag, type, group) that is kept, in characters.
const WORD_LIMIT: usize = 120;
/// How far a reporter's clock runs ahead before it is told, in milliseconds.
const SKEW_MS: i64 = 5 * SECOND;
/// How far a reporter's clock may run ahead before its time is not believed, in milliseconds.
const AHEAD_MS: i64 = 5 * MINUTE;
/// How far back a report of health may lie: the longest period of a target. Beyond it the clock is wrong, in milliseconds.
const BACK_MS: i64 = 366 * DAY;

/// Most fields that are none and are named in one answer.
const NO_FIELDS_NAMED: usize = 5;

/// An object of which only the names of its fields are wanted.
pub type Names = BTreeMap<String, IgnoredAny>;

/// What a field must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A whole number from 0.
    Count,
    /// A number; its range is checked by the caller.
    Number,
    /// A list of objects.
    Objects,
}

impl Want {
    const fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Texts => "a list of texts",
            Self::Count => "a whole number from 0 to 4294967295",
            Self::Number => "a number",
            Self::Objects => "a list of objects",
        }
    }

    fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) | (Self::Text, Value::String(_)) | (Self::Number, Value::Number(_)) => true,
            (Self::Texts, Value::Array(items)) => items.iter().all(Value::is_string),
            (Self::Count, Value::Number(n)) => n.as_u64().is_some_and(|n| u32::try_from(n).is_ok()),
            (Self::Objects, Value::Array(items)) => items.iter().all(Value::is_object),
            _ => false,
        }
    }
}

/// Read a body whose fields are described by `fields`, and by `nested` within its lists of objects.
///
/// # Errors
/// 400 that names every field that does not fit, and the line and column.
pub fn read<T: DeserializeOwned>(
    bytes: &Bytes,
    fields: &[(&str, Want)],
    nested: &[(&str, Want)],
) -> Result<T, Problem> {
    // A derived reader takes a list for a struct, field by field: nobody means that.
    if bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Problem::invalid("the body must be a JSON object, not a list"));
    }
    serde_json::from_slice(bytes).map_err(|error| explain(bytes, &error, fields, nested))
}

/// The same for a body that may have no other fields: one that is mistyped would be left out without a word.
///
/// # Errors
/// As [`read`], and 400 that names what is no field.
pub fn read_all<T: DeserializeOwned>(bytes: &Bytes, fields: &[(&str, Want)]) -> Result<T, Problem> {
    let read = read(bytes, fields, &[])?;
    let Ok(Value::Object(given)) = serde_json::from_slice::<Value>(bytes) else { return Ok(read) };
    let Some(other) = given.keys().find(|name| !is_field(name, fields)) else { return Ok(read) };
    let all = fields.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let (said, near) = no_field("", other, fields);
    let near = near.map_or_else(String::new, |near| format!("; {near}"));
    Err(Problem::invalid(format!("{said}{near} (there are {all})")))
}

/// Warnings of the fields of a body that are none: a mistyped one would be left out without a word.
pub fn not_fields(bytes: &Bytes, fields: &[(&str, Want)]) -> Vec<String> {
    let given: Names = serde_json::from_slice(bytes).unwrap_or_default();
    not_fields_among(given.keys(), "", fields)
}

/// The same of `names`, each once; `place` is what stands before them.
pub fn not_fields_among<'a>(
    names: impl Iterator<Item = &'a String>,
    place: &str,
    fields: &[(&str, Want)],
) -> Vec<String> {
    let mut others = names.filter(|name| !is_field(name, fields));
    let mut warnings: Vec<String> = others
        .by_ref()
        .take(NO_FIELDS_NAMED)
        .map(|name| match no_field(place, name, fields) {
            (said, Some(near)) => format!("{said}; {near} It was left out"),
            (said, None) => format!("{said}; it was left out"),
        })
        .collect();
    if let more @ 1.. = others.count() {
        warnings.push(format!("there are {more} more that are no fields; they were left out"));
    }
    warnings
}

fn is_field(name: &str, fields: &[(&str, Want)]) -> bool {
    fields.iter().any(|(known, _)| *known == name)
}

/// That a name is none of a field, and which one was perhaps meant.
fn no_field(place: &str, name: &str, fields: &[(&str, Want)]) -> (String, Option<String>) {
    let name: String = clean_line(name).chars().take(40).collect();
    let near = nearest(&name, fields.iter().map(|(name, _)| *name));
    (format!("there is no field `{place}{name}`"), near.map(|near| format!("did you mean `{near}`?")))
}

fn explain(bytes: &Bytes, error: &serde_json::Error, fields: &[(&str, Want)], nested: &[(&str, Want)]) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    if bytes.is_empty() {
        return Problem::invalid("the body is empty; a JSON object is wanted");
    }
    if error.classify() != Category::Data {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        return Problem::invalid(format!("the body is not JSON: {} ({place})", clean_line(what)));
    }
    let Ok(Value::Object(given)) = serde_json::from_slice::<Value>(bytes) else {
        return Problem::invalid("the body must be a JSON object");
    };
    let mut wrong = Vec::new();
    for (name, want) in fields {
        let Some(value) = given.get(*name) else { continue };
        if !want.fits(value) {
            wrong.push(format!("field `{name}` must be {}, not {}", want.words(), shown(value)));
        } else if let (Want::Objects, Value::Array(items)) = (want, value) {
            for (index, item) in items.iter().enumerate() {
                let bad = nested.iter().filter_map(|(inner, want)| Some((inner, want, item.get(*inner)?)));
                wrong.extend(bad.filter(|(_, want, value)| !want.fits(value)).map(|(inner, want, value)| {
                    format!("field `{name}[{index}].{inner}` must be {}, not {}", want.words(), shown(value))
                }));
            }
        }
    }
    if wrong.is_empty() {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        return Problem::invalid(format!("{} ({place})", clean_line(what)));
    }
    wrong.truncate(10);
    Problem::invalid(format!("{} ({place})", wrong.join("; ")))
}

/// A value for a message: short and clean.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "that list".to_owned(),
        Value::String(_) => "text".to_owned(),
        other => clean_line(&other.to_string()).into_owned(),
    }
}

/// A number of bytes. `name` is the field's.
///
/// # Errors
/// 400 for what is missing, negative, broken or beyond what there is on earth.
pub fn bytes(name: &str, given: Option<&serde_json::Number>) -> Result<u64, Problem> {
    let given =
        given.ok_or_else(|| Problem::invalid(format!("field `{name}` is missing; a number of bytes is wanted")))?;
    let whole = given.as_u64().or_else(|| {
        let float = given.as_f64()?;
        // Some reporters print whole numbers with a point or an exponent. 2^53 is the last float that counts exactly.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (float.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&float)).then_some(float as u64)
    });
    whole.filter(|bytes| i64::try_from(*bytes).is_ok()).ok_or_else(|| {
        Problem::invalid(format!("field `{name}` must be a whole number of bytes from 0 to {}, not {given}", i64::MAX))
    })
}

/// A message, cleaned and cut.
pub fn message(given: Option<String>, warnings: &mut Vec<String>) -> String {
    let given = given.unwrap_or_default();
    let clean = clean_text(&given);
    match clean.char_indices().nth(MESSAGE_LIMIT) {
        None => clean.into_owned(),
        Some((end, _)) => {
            warnings.push(format!("message: longer than {MESSAGE_LIMIT} characters; the rest was cut"));
            clean[..end].to_owned()
        }
    }
}

/// A word, cleaned and cut; none when empty.
pub fn word(name: &str, given: Option<String>, warnings: &mut Vec<String>) -> Option<String> {
    let given = given?;
    let clean = clean_line(given.trim());
    if clean.is_empty() {
        return None;
    }
    match clean.char_indices().nth(WORD_LIMIT) {
        None => Some(clean.into_owned()),
        Some((end, _)) => {
            warnings.push(format!("{name}: longer than {WORD_LIMIT} characters; the rest was cut"));
            Some(clean[..end].to_owned())
        }
    }
}

/// Tags, each a word.
pub fn tags(given: Option<Vec<String>>, warnings: &mut Vec<String>) -> Vec<String> {
    let given = given.unwrap_or_default();
    if given.len() > TAG_LIMIT {
        warnings.push(format!("tags: {} given; the first {TAG_LIMIT} were kept", given.len()));
    }
    given.into_iter().take(TAG_LIMIT).filter_map(|tag| word("tags", Some(tag), warnings)).collect()
}

/// The reporter's time, when it gives one that can be believed.
///
/// # Errors
/// 400 for what is not RFC 3339.
pub fn time(given: Option<&str>, now: Timestamp, warnings: &mut Vec<String>) -> Result<Option<Timestamp>, Problem> {
    let Some(given) = given else { return Ok(None) };
    let at = parse_time(given).ok_or_else(|| Problem::invalid(format!("field `timestamp` {}", no_time(given))))?;
    let ahead_ms = at.since(now);
    if (SKEW_MS..=AHEAD_MS).contains(&ahead_ms) {
        warnings.push(format!(
            "timestamp: this reporter's clock is {} s ahead; the time of arrival was used",
            ahead_ms / 1000
        ));
    }
    if ahead_ms > AHEAD_MS {
        warnings.push("timestamp: lies in the future; the time of arrival was used".to_owned());
        return Ok(None);
    }
    Ok(Some(at.min(now)))
}

/// By how much the time that a reporter gives is ahead of `now`, in milliseconds; negative: behind. Also where that time
/// is not believed.
pub fn ahead_ms(given: Option<&str>, now: Timestamp) -> Option<i64> {
    given.and_then(parse_time).map(|at| at.since(now))
}

/// The time of a report of health. One from before any period of a target is a clock that was never set, and would make
/// a new service down since then: the report counts from its arrival.
///
/// # Errors
/// As [`time`].
pub fn health_time(
    given: Option<&str>,
    now: Timestamp,
    warnings: &mut Vec<String>,
) -> Result<Option<Timestamp>, Problem> {
    let at = time(given, now, warnings)?;
    if at.is_some_and(|at| now.since(at) > BACK_MS) {
        warnings.push("timestamp: lies more than a year back; the time of arrival was used".to_owned());
        return Ok(None);
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    struct Sample {
        #[allow(dead_code)]
        path: Option<String>,
        #[allow(dead_code)]
        size: Option<serde_json::Number>,
    }

    fn fails(body: &'static str) -> String {
        let fields = [("path", Want::Text), ("size", Want::Number)];
        read::<Sample>(&Bytes::from_static(body.as_bytes()), &fields, &[]).unwrap_err().message
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        assert!(fails("{\"path\": 5}").contains("field `path` must be text, not 5 (line 1, column"));
        assert!(fails("{\n \"size\": \"big\"}").contains("field `size` must be a number, not text (line 2,"));
        assert!(fails("{\"path\": ").contains("not JSON"));
        assert!(fails("[]").contains("JSON object"));
        assert!(fails("").contains("empty"));
        assert!(fails("{\"size\": NaN}").contains("line 1, column 10"));
    }

    #[test]
    fn bytes_are_whole_and_of_this_world() {
        let number = |text: &str| serde_json::from_str::<serde_json::Number>(text).unwrap();
        assert_eq!(bytes("b", Some(&number("5"))), Ok(5));
        assert_eq!(bytes("b", Some(&number("5e3"))), Ok(5_000));
        for bad in ["-1", "1.5", "18446744073709551615", "1e300"] {
            assert!(bytes("b", Some(&number(bad))).unwrap_err().message.contains("`b`"), "{bad}");
        }
        assert!(bytes("b", None).unwrap_err().message.contains("missing"));
    }

    #[test]
    fn a_time_in_the_future_is_not_believed() {
        let now = Timestamp::from_ms(10_000_000);
        let mut warnings = Vec::new();
        assert_eq!(time(Some("1970-01-01T00:00:05Z"), now, &mut warnings), Ok(Some(Timestamp::from_ms(5_000))));
        assert!(warnings.is_empty());
        assert_eq!(time(Some("2100-01-01T00:00:00Z"), now, &mut warnings), Ok(None));
        assert_eq!(warnings.len(), 1);
        warnings.clear();
        assert_eq!(time(Some("1970-01-01T02:47:20Z"), now, &mut warnings), Ok(Some(now)), "40 s ahead counts as now");
        assert_eq!(warnings, ["timestamp: this reporter's clock is 40 s ahead; the time of arrival was used"]);
        assert!(time(Some("noon"), now, &mut warnings).is_err());
    }

    #[test]
    fn a_clock_that_was_never_set_does_not_reach_back_for_decades() {
        let now = parse_time("2026-03-01T00:00:00Z").unwrap();
        let mut warnings = Vec::new();
        let last_year = "2025-04-01T00:00:00Z";
        assert_eq!(health_time(Some(last_year), now, &mut warnings), Ok(parse_time(last_year)));
        assert!(warnings.is_empty());
        for unset in ["1970-01-01T00:00:09Z", "0001-01-01T00:00:00Z"] {
            warnings.clear();
            assert_eq!(health_time(Some(unset), now, &mut warnings), Ok(None));
            assert!(warnings[0].contains("more than a year back"), "{warnings:?}");
        }
    }
}
