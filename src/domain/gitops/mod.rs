//! Desired state: what the GitOps repository declares, where, and what is wrong with it.
//!
//! Data and rules only; reading files is `crate::gitops`. Start at [`declared`] (what a reading brings); [`fault`] lists
//! the stable codes; [`state`] is what can be compared, [`plan`] the difference of two of them; [`mod@drift`] holds the
//! declared against the running; [`trail`] says who made it so.

pub mod declared;
pub mod drift;
pub mod explain;
pub mod fault;
pub mod plan;
pub mod source_lines;
pub mod state;
pub mod trail;

use std::sync::Arc;

pub use declared::{
    Declared, DeclaredKind, DeclaredService, FileEntry, Probe, Recognised, Registry, Release, Repository, SourceFile,
};
pub use drift::{Drift, Heard, IsDeclared, RetiredReport, Running, drift};
pub use explain::Explanation;
pub use fault::{Fault, FaultCode, Severity};
pub use plan::{Action, Counts, FieldChange, Filter, Held, Live, LiveTicket, Plan, Reconciled, Step};
pub use source_lines::SourceLines;
pub use state::{DeclaredOrigin, Shown, State, Thing};
pub use trail::{Blame, DiffLine, FileDiff, FileHistory, FileRevision, Hunk, NoTrail, Side};

/// A place in the repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path relative to the repository's root, with `/`.
    pub file: Arc<str>,
    /// First line, counted from 1.
    pub line: u32,
    /// Column of the first character, counted from 1.
    pub column: u32,
    /// Last line of the thing; same as `line` for a single line.
    pub end_line: u32,
}
