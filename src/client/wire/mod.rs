//! The published JSON shapes, read: one file per domain word. Text is cleaned while it is parsed, so that nothing
//! behind this door has to ask again.
//!
//! The same shapes come in the snapshot, in facts of the stream and in GraphQL answers. Start at [`health`].

pub mod attention;
pub mod change;
pub mod gitops;
pub mod health;
pub mod plan;
pub mod sla;
pub mod snapshot;
pub mod state;
pub mod tickets;
pub mod trail;
pub mod windows;

use std::{borrow::Cow, fmt, iter, marker::PhantomData};

use serde::{Deserialize, Deserializer, de};

use crate::domain::{
    health::{BackupOutcome, Criticality, Origin, Status},
    hierarchy::ServicePath,
    text,
    tickets::{Priority, TicketStatus},
    time::Timestamp,
};

/// One clean line out of untrusted text.
pub fn line(text: &str) -> String {
    text::clean_line(text).into_owned()
}

/// One line of text, cleaned while it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(pub String);

/// Several lines of text, cleaned while they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

/// A point in time out of RFC 3339.
#[derive(Clone, Copy, Debug)]
pub struct At(pub Timestamp);

/// A service path of five clean segments.
#[derive(Clone, Debug)]
pub struct Path(pub ServicePath);

/// A word of a closed list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word<T>(pub T);

/// A number that the API sends as a string because it may pass 2^53.
#[derive(Clone, Copy, Debug)]
pub struct Digits(pub u64);

/// A list, read item by item into what is made of it: the shapes of all of them are never held at once.
pub fn each<'de, D, Shape, Item, List>(reader: D) -> Result<List, D::Error>
where
    D: Deserializer<'de>,
    Shape: Deserialize<'de>,
    Item: From<Shape>,
    List: FromIterator<Item>,
{
    struct Items<Shape, Item, List>(PhantomData<fn(Shape, Item) -> List>);

    impl<'de, Shape, Item, List> de::Visitor<'de> for Items<Shape, Item, List>
    where
        Shape: Deserialize<'de>,
        Item: From<Shape>,
        List: FromIterator<Item>,
    {
        type Value = List;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<List, A::Error> {
            let mut wrong = None;
            let next = || match items.next_element::<Shape>() {
                Ok(shape) => shape.map(Item::from),
                Err(error) => {
                    wrong = Some(error);
                    None
                }
            };
            let list = iter::from_fn(next).collect();
            wrong.map_or(Ok(list), Err)
        }
    }

    reader.deserialize_seq(Items(PhantomData))
}

/// A type that has a printed form.
pub trait FromWord: Sized {
    /// What it is, for error messages.
    const WHAT: &'static str;

    /// The value for a word, if there is one.
    fn from_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($($type:ty, $what:literal, $parse:expr;)*) => {$(
        impl FromWord for $type {
            const WHAT: &'static str = $what;
            fn from_word(word: &str) -> Option<Self> {
                let parse: fn(&str) -> Option<Self> = $parse;
                parse(word)
            }
        }
    )*};
}

words! {
    // A core that learns a new status must not make an old console blind: what is not known is UNKNOWN.
    Status, "a status", |word| Some(Status::parse(word).unwrap_or(Status::Unknown));
    Criticality, "a criticality", |word| Some(Criticality::parse(word).unwrap_or_default());
    Origin, "an origin", |word| Some(Origin::parse(word).unwrap_or_default());
    BackupOutcome, "a backup outcome", BackupOutcome::parse;
    Priority, "a priority", Priority::parse;
    TicketStatus, "a ticket status", TicketStatus::parse;
    crate::domain::access::Encryption, "an encryption", crate::domain::access::Encryption::parse;
    crate::domain::attention::Concern, "a concern", crate::domain::attention::Concern::parse;
    crate::domain::attention::Lapse, "an end of a handling", crate::domain::attention::Lapse::parse;
    crate::domain::attention::Reason, "a reason", crate::domain::attention::Reason::parse;
    crate::domain::sla::Aggregation, "an aggregation", crate::domain::sla::Aggregation::parse;
    crate::domain::sla::BudgetState, "a budget state", crate::domain::sla::BudgetState::parse;
    crate::domain::sla::ResultPeriod, "a period of results", crate::domain::sla::ResultPeriod::parse;
    crate::domain::sla::Period, "a period", crate::domain::sla::Period::parse;
    crate::domain::gitops::DeclaredKind, "a kind of declaration", crate::domain::gitops::DeclaredKind::parse;
    crate::domain::gitops::Recognised, "a kind of file", crate::domain::gitops::Recognised::parse;
    crate::domain::gitops::FaultCode, "a fault code", crate::domain::gitops::FaultCode::parse;
    crate::domain::gitops::Action, "an action of a plan", crate::domain::gitops::Action::parse;
    crate::domain::gitops::DeclaredOrigin, "an origin of a declaration", crate::domain::gitops::DeclaredOrigin::parse;
    crate::domain::gitops::IsDeclared, "declared or not", crate::domain::gitops::IsDeclared::parse;
    crate::domain::gitops::Side, "a side of a diff", crate::domain::gitops::Side::parse;
}

/// Reads a string without keeping it, then makes something of it.
struct Reader<F>(F, &'static str);

impl<T, F: FnOnce(&str) -> Result<T, String>> de::Visitor<'_> for Reader<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Reader(|s: &str| Ok(Self(owned(text::clean_line(s)))), "a line of text"))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Reader(|s: &str| Ok(Self(owned(text::clean_text(s)))), "text"))
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |s: &str| {
            let at: jiff::Timestamp = s.parse().map_err(|_| format!("`{}` is not a time", line(s)))?;
            Ok(Self(Timestamp::from_ms(at.as_millisecond())))
        };
        from.deserialize_str(Reader(read, "a time in RFC 3339"))
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Reader(|s: &str| ServicePath::parse(s).map(Self).map_err(|e| line(&e)), "a service path"))
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |s: &str| s.parse().map(Self).map_err(|_| format!("`{}` is not a number", line(s)));
        from.deserialize_str(Reader(read, "digits"))
    }
}

impl<'de, T: FromWord> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |s: &str| T::from_word(s).map(Self).ok_or_else(|| format!("`{}` is not {}", line(s), T::WHAT));
        from.deserialize_str(Reader(read, T::WHAT))
    }
}

fn owned(text: Cow<'_, str>) -> String {
    text.into_owned()
}

/// The text of optional lines.
pub fn optional(line: Option<Line>) -> Option<String> {
    line.map(|l| l.0)
}

/// The text of many lines.
pub fn many(lines: Vec<Line>) -> Vec<String> {
    lines.into_iter().map(|l| l.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_clean_once_it_is_read() {
        let line: Line = serde_json::from_str(r#""a\u001b[31mb\u202ec""#).unwrap();
        assert_eq!(line.0, "a\u{fffd}[31mb\u{fffd}c");
        let text: Text = serde_json::from_str(r#""a\nb\u009b""#).unwrap();
        assert_eq!(text.0, "a\nb\u{fffd}");
    }

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        struct Length(usize);
        impl From<Line> for Length {
            fn from(line: Line) -> Self {
                Self(line.0.len())
            }
        }
        let read =
            |text| -> Result<Vec<Length>, _> { each::<_, Line, _, _>(&mut serde_json::Deserializer::from_str(text)) };
        let lengths: Vec<usize> = read(r#"["one","three"]"#).unwrap().into_iter().map(|length| length.0).collect();
        assert_eq!(lengths, [3, 5]);
        assert!(read(r#"["one",2]"#).is_err(), "what cannot be read is no end of the list");
    }

    #[test]
    fn a_word_nobody_knows_is_unknown_for_a_status_and_an_error_for_a_ticket() {
        let status: Word<Status> = serde_json::from_str(r#""HALF_DEAD""#).unwrap();
        assert_eq!(status.0, Status::Unknown);
        assert!(serde_json::from_str::<Word<TicketStatus>>(r#""HALF_DONE""#).is_err());
    }

    #[test]
    fn times_and_sequence_numbers_are_read_from_their_strings() {
        let at: At = serde_json::from_str(r#""1970-01-01T00:00:01.500Z""#).unwrap();
        assert_eq!(at.0.ms(), 1_500);
        let digits: Digits = serde_json::from_str(r#""18446744073709551615""#).unwrap();
        assert_eq!(digits.0, u64::MAX);
        assert!(serde_json::from_str::<Digits>("7").is_err());
    }
}
