//! The filter language that console and command line share.
//!
//! Terms stand side by side and all must hold: `status:down team:payments -tag:legacy "eu west"`.
//!
//! - `word` finds text anywhere, whatever its case; `~word` its letters in order with anything in between;
//! - `key:value` asks one thing ([`KEYS`]); `key:a,b` is any of them; `key:=value` is the whole value, not a part;
//! - `-term` or `!term` is its opposite; quotes keep spaces, commas and colons together;
//! - words of a fixed list (statuses, priorities, `is:`) may be cut short: `status:deg`;
//! - what is still being typed (`status:`, `-`, an open quote) holds for everything.
//!
//! A key that makes no sense for a thing (`priority:high` of a service) does not hold for it. Reading is in `parse`;
//! nothing here allocates while matching.

mod matching;
mod parse;

use std::fmt;

pub use parse::nearest;

use crate::domain::{access::UserId, time::Timestamp};

/// Keys and what they ask, in the order help shows them.
pub const KEYS: [(&str, &str); 18] = [
    ("status", "status of a service or a ticket"),
    ("is", "problem, silent, undeclared, mine, unassigned, breaching, open"),
    ("crit", "criticality of a service"),
    ("team", "owning team"),
    ("tag", "any of its tags"),
    ("type", "type of a service, catalog item of a ticket"),
    ("env", "environment segment of the path"),
    ("cluster", "cluster segment of the path"),
    ("node", "beginning of the path"),
    ("service", "name of the service"),
    ("sla", "SLA group of a service"),
    ("priority", "priority of a ticket"),
    ("assignee", "who works on a ticket; `me` and `none` too"),
    ("group", "group a ticket is assigned to"),
    ("action", "what a plan would do: delete, held, create, update, move"),
    ("path", "any part of a path or of the name of what is declared"),
    ("declared", "first axis of drift: declared, undeclared, retired"),
    ("running", "second axis of drift: differs, missing, silent, never-reported, as-declared"),
];

/// A filter, ready to be held against many things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
}

/// What a ticket filter needs to know about the one who asks.
#[derive(Clone, Copy, Debug)]
pub struct SearchContext<'a> {
    /// Who asks; none while nobody is signed in.
    pub me: Option<&'a UserId>,
    /// When he asks.
    pub now: Timestamp,
}

/// Why a filter cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchError {
    /// What is wrong, in words.
    pub message: String,
    /// Byte in the text where it is.
    pub at: usize,
    /// The nearest word that would do, if one is near.
    pub hint: Option<String>,
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; did you mean `{hint}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SearchError {}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

/// What a term asks. Text is in ASCII lower case already.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Word(String),
    Fuzzy(String),
    Key(Key, Vec<Wanted>),
}

/// One of the values after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    text: String,
    /// The whole value, not a part of it.
    whole: bool,
    /// Which words of the key's list it stands for, one bit each in the list's order; 0 for free text.
    bits: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Status,
    Is,
    Crit,
    Team,
    Tag,
    Type,
    Env,
    Cluster,
    Node,
    Service,
    Sla,
    Priority,
    Assignee,
    Group,
    Action,
    Path,
    Declared,
    Running,
}

impl Key {
    /// In the order of [`KEYS`].
    const ALL: [Self; 18] = [
        Self::Status,
        Self::Is,
        Self::Crit,
        Self::Team,
        Self::Tag,
        Self::Type,
        Self::Env,
        Self::Cluster,
        Self::Node,
        Self::Service,
        Self::Sla,
        Self::Priority,
        Self::Assignee,
        Self::Group,
        Self::Action,
        Self::Path,
        Self::Declared,
        Self::Running,
    ];

    /// Its name in the language.
    const fn word(self) -> &'static str {
        KEYS[self as usize].0
    }

    /// The words it takes, when they are a fixed list; their order is that of the bits in [`Wanted`].
    const fn words(self) -> &'static [&'static str] {
        match self {
            // Services first, then tickets, then what else reads as DOWN.
            Self::Status => &[
                "operational",
                "maintenance",
                "unknown",
                "degraded",
                "down",
                "open",
                "in_progress",
                "resolved",
                "closed",
                "outage",
            ],
            Self::Is => &["problem", "silent", "undeclared", "mine", "unassigned", "breaching", "open"],
            Self::Crit | Self::Priority => &["low", "medium", "high", "critical"],
            Self::Action => &["delete", "held", "create", "update", "move"],
            Self::Declared => &["declared", "undeclared", "retired"],
            _ => &[],
        }
    }
}

impl Query {
    /// Read a filter.
    ///
    /// # Errors
    /// Names an unknown key or value, where it stands, and the nearest known one.
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        parse::terms(text).map(|terms| Self { terms })
    }

    /// Whether it holds for everything.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The fixed list of words after `key`, for completion; empty where any text goes.
    pub fn words_after(key: &str) -> &'static [&'static str] {
        parse::key(key).map_or(&[], Key::words)
    }
}
