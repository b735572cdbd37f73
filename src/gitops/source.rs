//! Where a repository lies, and the ways to read it.

use std::path::PathBuf;

use super::{git, tree::Tree, walk::Folder};
use crate::domain::detail::Commit;

/// Where a repository lies; cheap to clone.
#[derive(Clone, Debug)]
pub struct Source(Place);

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
}

impl Source {
    /// A folder: its files as they lie, its history from git where there is one.
    pub const fn folder(root: PathBuf) -> Self {
        Self(Place::Folder(root))
    }

    /// The commit that is checked out or pointed at; none outside git and before the first commit.
    pub fn head(&self) -> Option<Commit> {
        match &self.0 {
            Place::Folder(root) => git::head_commit(root),
        }
    }

    /// Its files.
    pub(super) fn tree(&self) -> Box<dyn Tree> {
        match &self.0 {
            Place::Folder(root) => Box::new(Folder::new(root.clone())),
        }
    }
}
