//! The reader: a folder of YAML in, what it declares and what is wrong with it out.
//!
//! The only place that opens repository files or runs git. What leaves it is redacted and cleaned. Blocking: async
//! callers wrap it. Not in here: what to do with a declaration (domain rules, the core).
//!
//! Start at [`read`], or at [`Reader`] for reading again. The stages, in order: a [`Source`] gives a [`tree`] of files
//! ([`walk`] for folders), [`reader`] opens what is new, [`mod@file`] keeps what one text says, [`yaml`] makes
//! trees with positions, [`recognise`] says what each document is, [`layers`] picks the release, one file per kind reads
//! it ([`services`], [`agent`], [`portal`], [`values`], [`ticketing`], [`cronjobs`], [`applications`]), [`check`] looks
//! across them. [`redact`] stands between everything and the way out; [`notes`] collects faults and declared things.
//! [`report`] prints faults for people, [`sarif`](mod@self::sarif) for code hosts. [`template`] is what one core hands to
//! another. [`git`] is the one door to the git program.

mod agent;
mod applications;
mod check;
mod cronjobs;
mod file;
mod git;
mod layers;
mod memory;
mod notes;
mod portal;
mod providers;
mod pushes;
mod reader;
mod recognise;
mod redact;
mod report;
mod sarif;
mod schedule;
pub mod schema;
mod services;
mod shell;
mod shown;
mod source;
mod template;
mod threads;
mod ticketing;
mod tree;
mod values;
mod walk;
mod yaml;

use std::{path::Path, sync::Arc};

pub use git::head_commit;
pub use memory::read_files;
pub use reader::Reader;
pub use redact::line as redacted_line;
pub use report::render;
pub use sarif::sarif;
pub use source::Source;
pub use template::{Template, read_template};

use self::recognise::Chart;
use crate::domain::gitops::{Fault, FaultCode, Repository, Severity};

/// What to read it as.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The release to take where the repository holds several of one chart: the name of an Application, a folder or
    /// a values file.
    pub release: Option<String>,
    /// The core's value files in the order they are layered, relative to the root; wins over `release`.
    pub values: Vec<String>,
    /// Where Kubernetes Secrets lie as `<name>/<key>`; references are checked against it when given.
    pub secrets_dir: Option<std::path::PathBuf>,
}

/// Why there is nothing to read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing stands there.
    #[error("{0} does not exist")]
    Missing(String),
    /// A file stands there.
    #[error("{0} is not a folder")]
    NotAFolder(String),
    /// The folder cannot be listed.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// No file in it.
    #[error("{0} holds no files")]
    Empty(String),
    /// The repository has no such branch, tag or commit.
    #[error("{place} has no revision `{revision}`{}", nearest(.near))]
    Revision {
        /// The repository.
        place: String,
        /// What was asked for.
        revision: String,
        /// Names that look like it, the nearest first.
        near: Vec<String>,
    },
    /// git cannot read it.
    #[error("git cannot read {place}: {reason}")]
    Git {
        /// The repository.
        place: String,
        /// What git said, cleaned and redacted.
        reason: String,
    },
    /// The other side cannot be reached.
    #[error("{place} cannot be fetched: {reason}{}", if *.is_kept { "; what was fetched before stays in force" } else { "" })]
    Fetch {
        /// The address, without credentials.
        place: String,
        /// What git said, cleaned and redacted.
        reason: String,
        /// Whether an older copy is still there.
        is_kept: bool,
    },
    /// No address that is used.
    #[error("`{address}` cannot be a source: {reason}")]
    Address {
        /// As given, redacted.
        address: String,
        /// Why not.
        reason: String,
    },
}

/// The names that somebody may have meant.
fn nearest(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => {
            let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("; did you mean {}?", quoted.join(" or "))
        }
    }
}

/// Read the repository in the folder `root`, once. Everything that is wrong inside comes back as faults.
///
/// # Errors
/// Only when `root` itself is missing, not a folder, unreadable or without any file: then nothing is known, and
/// nothing may be concluded from it.
pub fn read(root: &Path, options: &ReadOptions) -> Result<Repository, ReadError> {
    Reader::new(Source::folder(root.to_owned()), options.clone()).read()
}

/// The errors that keep the core from starting and a reload from being taken: those in ticketing and sign-in.
pub fn stopping(repository: &Repository) -> Vec<&Fault> {
    let core = repository.releases.iter().filter(|r| r.chart == Chart::Core.name()).flat_map(|r| &r.files);
    let values: Vec<&Arc<str>> = core.collect();
    repository
        .faults
        .iter()
        .filter(|fault| fault.severity == Severity::Error)
        .filter(|fault| {
            use FaultCode::{
                EmptyWorkflow, ReservedName, UnknownCategory, UnknownPriority, UnknownStatus, UnknownWorkflow,
            };
            let ticketing =
                [EmptyWorkflow, UnknownStatus, UnknownPriority, UnknownWorkflow, UnknownCategory, ReservedName];
            // Ticketing may be declared anywhere, also within an Application.
            if ticketing.contains(&fault.code) {
                return true;
            }
            let file = &fault.place.file;
            let is_choice = matches!(fault.code, FaultCode::UnknownRelease);
            is_choice || values.contains(&file) || file.split('/').any(|part| part == recognise::TICKETING_FOLDER)
        })
        .collect()
}
