//! Declared against running, on two axes: is it declared? does it run as declared?
//!
//! What goes in and comes out stands here; the rules are in [`compare`], start at [`drift`].

mod compare;

pub use compare::drift;

use super::{FieldChange, Place};
use crate::domain::{
    health::{Criticality, Status, report::HealthReport},
    hierarchy::ServicePath,
    time::Timestamp,
};

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

/// How a reporter described a service when it last did. What it did not say is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Of which service.
    pub path: ServicePath,
    /// Who said it: an agent by its node, a push by its key.
    pub reporter: String,
    /// When.
    pub at: Timestamp,
    /// Label.
    pub display_name: Option<String>,
    /// A free word such as `database`.
    pub kind: Option<String>,
    /// Short name of an SLA group.
    pub sla_group: Option<String>,
    /// How much hangs on it.
    pub criticality: Option<Criticality>,
    /// None: it spoke of no tags.
    pub tags: Vec<String>,
    /// Whether its workload was found; none when the reporter cannot know.
    pub workload_found: Option<bool>,
}

impl Heard {
    /// What a report says of the service itself. An agent that knows neither a status nor replicas did not find the
    /// workload.
    pub fn of(report: &HealthReport, reporter: &str, at: Timestamp) -> Self {
        let is_agent = report.path.node().as_str() == reporter;
        let workload_found = match report.replicas {
            _ if !is_agent => None,
            Some(_) => Some(true),
            None => (report.status == Status::Unknown).then_some(false),
        };
        Self {
            path: report.path.clone(),
            reporter: reporter.to_owned(),
            at,
            display_name: None,
            kind: report.kind.clone(),
            sla_group: report.sla_group.clone(),
            criticality: report.criticality,
            tags: report.tags.clone(),
            workload_found,
        }
    }
}

/// A report about a service that is retired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredReport {
    /// Of which service.
    pub path: ServicePath,
    /// Who sent it.
    pub reporter: String,
    /// When the last one came.
    pub at: Timestamp,
    /// Where it was declared, where that is still known.
    pub place: Option<Place>,
}
