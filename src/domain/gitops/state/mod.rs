//! The declared state as something to compare: every declared thing with its fields in words.
//!
//! The core holds one (what is in force), a reading gives another, a plan is the difference. Two things are the same
//! exactly when their fields are: so fields say everything about a thing that has an effect, and nothing else.
//!
//! Start at [`State::of`]. [`fields`] says each kind in fields, [`words`] says lists and lengths of time in one line.

mod fields;
pub mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use fields::{BY_DEFAULT, BY_GROUP, Last, of_tier};

use super::{DeclaredKind, Place};

/// A kind and a full name.
pub type Key = (DeclaredKind, Arc<str>);

/// The organization: one thing among the values, and the only one of them that takes effect.
pub const ORG: (DeclaredKind, &str) = (DeclaredKind::Values, "ticketing.org");

/// What follows a path in `requires` that a service cannot work without.
pub const CRITICAL: &str = " (critical)";

/// What stands before the directory group in the field of a provider's mapping.
pub const MAPPING: &str = "mapping ";

/// Whether a thing takes effect; else it is only shown and compared.
pub fn is_applied(key: &Key) -> bool {
    match key.0 {
        DeclaredKind::CronJob | DeclaredKind::Application => false,
        DeclaredKind::Values => &*key.1 == ORG.1,
        _ => true,
    }
}

/// What is declared, with what it takes to compare it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Commit it was read at; none outside git.
    pub revision: Option<String>,
    /// By kind and name.
    pub things: BTreeMap<Key, Arc<Thing>>,
    /// Whether it also holds what is shown and never applied: CronJobs, Applications, values. A reading does, the
    /// state of a running core does not; such kinds are compared only where both sides have them.
    pub is_whole: bool,
    /// Files of the reading that nobody understood: what they declared before may still stand in them.
    pub unread: BTreeSet<Arc<str>>,
}

/// One declared thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// Who declared it; git prunes only its own.
    pub origin: DeclaredOrigin,
    /// Where; none for what was imported.
    pub place: Option<Place>,
    /// In the order in which people read them. A field that says nothing is left out.
    pub fields: Vec<(Arc<str>, Shown)>,
}

impl Thing {
    /// What a field says.
    pub fn field(&self, name: &str) -> Option<&Shown> {
        self.fields.iter().find(|(field, _)| **field == *name).map(|(_, shown)| shown)
    }

    /// The text of a field; empty when it says nothing.
    pub fn text(&self, name: &str) -> &str {
        self.field(name).map_or("", Shown::text)
    }

    /// Whether both say the same, wherever they stand. A secret that cannot be compared counts as the same.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.origin == other.origin
            && self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(|((a, x), (b, y))| a == b && x.same(y))
    }
}

/// Where a declared thing came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DeclaredOrigin {
    /// The repository.
    #[default]
    Git,
    /// An imported template.
    Template,
}

impl DeclaredOrigin {
    /// The word used in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Template => "template",
        }
    }

    /// The origin for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Git, Self::Template].into_iter().find(|o| o.word() == word)
    }
}

/// A value as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// Cleaned text; lists are joined with `, `.
    Plain(Arc<str>),
    /// A secret: never its text. The keyed fingerprint tells two apart within one process and never leaves it; none
    /// when it came from elsewhere.
    Secret(Option<u64>),
}

impl Shown {
    /// Whether both say the same, as far as can be known: a secret without a fingerprint equals every secret.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(a), Self::Plain(b)) => a == b,
            (Self::Secret(Some(a)), Self::Secret(Some(b))) => a == b,
            (Self::Secret(_), Self::Secret(_)) => true,
            _ => false,
        }
    }

    /// The text to show; a secret is `••••••`.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(_) => "••••••",
        }
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        Self::Plain(text.into())
    }
}
