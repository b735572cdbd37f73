//! Desired state: what the GitOps repository declares, where, and what is wrong with it.
//!
//! Data only; reading files is `crate::gitops`. Start at [`declared`]; [`fault`] lists the stable codes.

pub mod declared;
pub mod fault;

use std::sync::Arc;

pub use declared::{
    Declared, DeclaredKind, DeclaredService, FileEntry, Recognised, Registry, Release, Repository, SourceFile,
};
pub use fault::{Fault, FaultCode, Severity};

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
