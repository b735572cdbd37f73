//! Everything that git is asked: commits, files of a revision, who changed what, copies of remote repositories.
//!
//! Start at [`trail`] for history, at [`revision`] for the files of a commit. [`door`] is the one place that starts the
//! git program; [`archive`] is a repository, [`blobs`] reads contents, [`log`] and [`blame`] read git's answers,
//! [`pages`] shows old files by the reader's rules, [`diff`] holds two of them against each other, [`mirror`] keeps
//! copies. Not in here: what a document means.

mod archive;
mod blame;
mod blobs;
mod diff;
mod door;
mod log;
mod mirror;
mod pages;
mod revision;
mod trail;

use std::{path::Path, sync::Arc};

pub use archive::{Archive, is_plausible};
pub use door::{Git, Location};
pub use mirror::{Address, Mirror};
pub use revision::Revision;
pub use trail::{Trail, check_path};

use crate::domain::{detail::Commit, text::clean_line};

/// The commit that is checked out in `root`; none outside a repository, without git, or before the first commit.
pub fn head_commit(root: &Path) -> Option<Commit> {
    let shown = clean_line(&root.display().to_string()).into_owned();
    Archive::new(Arc::new(Git::new("git")), Location::Folder(root.to_owned()), shown).commit("HEAD").ok()
}
