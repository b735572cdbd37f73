//! Declared against running, on two axes: is it declared? does it run as declared?

use super::{FieldChange, Place};
use crate::domain::{hierarchy::ServicePath, time::Timestamp};

/// A service on both axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// Which service.
    pub path: ServicePath,
    /// First axis.
    pub declared: IsDeclared,
    /// Second axis.
    pub running: Running,
    /// Who reports it, when somebody does: an agent by its node, a push by its key.
    pub reporter: Option<String>,
    /// When a report last came.
    pub last_seen: Option<Timestamp>,
    /// Where it is declared, or was.
    pub place: Option<Place>,
}

/// Whether the repository declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsDeclared {
    /// It was, is not any more, and somebody still reports it.
    Retired,
    /// Only reports know of it.
    Undeclared,
    /// It is.
    Declared,
}

impl IsDeclared {
    /// One word, as in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Undeclared => "undeclared",
            Self::Declared => "declared",
        }
    }

    /// The value for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Retired, Self::Undeclared, Self::Declared].into_iter().find(|d| d.word() == word)
    }
}

/// Whether it runs as declared.
#[derive(Clone, Debug, PartialEq)]
pub enum Running {
    /// The declaration says one thing and the reporter another: old is declared, new is reported.
    Differs(Vec<FieldChange>),
    /// Its workload was not found where it should run.
    Missing,
    /// Declared, but no report ever came.
    NeverReported,
    /// Reports came and stopped.
    Silent,
    /// What is reported agrees with what is declared, or nothing is declared to disagree with.
    AsDeclared,
}

impl Running {
    /// One word, as in the API.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Differs(_) => "differs",
            Self::Missing => "missing",
            Self::NeverReported => "never-reported",
            Self::Silent => "silent",
            Self::AsDeclared => "as-declared",
        }
    }
}

impl Drift {
    /// Whether declaration and life agree.
    pub fn is_clean(&self) -> bool {
        self.declared == IsDeclared::Declared && self.running == Running::AsDeclared
    }
}
