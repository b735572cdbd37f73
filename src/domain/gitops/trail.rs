//! Who made it so: lines, their commits, and what a commit changed. Looked up when asked.

use std::sync::Arc;

use crate::domain::detail::Commit;

/// Which commit last changed each line of a file, as the file is at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// Path relative to the repository's root.
    pub file: Arc<str>,
    /// The commit whose text the lines are of.
    pub revision: Arc<str>,
    /// Every commit named by a line, once.
    pub commits: Vec<Commit>,
    /// For each line of the file, its place in `commits`; none for a line that is not committed yet.
    pub lines: Vec<Option<u32>>,
}

impl Blame {
    /// The commit that last changed a line, counted from 1.
    pub fn of_line(&self, line: u32) -> Option<&Commit> {
        let place = self.lines.get(line.checked_sub(1)? as usize).copied().flatten()?;
        self.commits.get(place as usize)
    }

    /// The newest commit that changed any of the lines from `first` to `last`, both counted from 1.
    pub fn newest(&self, first: u32, last: u32) -> Option<&Commit> {
        (first..=last.max(first)).filter_map(|line| self.of_line(line)).max_by_key(|commit| commit.at)
    }
}

/// The commits that touched a file, newest first; renames are followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHistory {
    /// Path as it is now.
    pub file: Arc<str>,
    /// Newest first.
    pub revisions: Vec<FileRevision>,
    /// Whether older ones were left out.
    pub is_cut: bool,
}

/// What one commit did to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRevision {
    /// Which commit.
    pub commit: Commit,
    /// The file's path in that commit.
    pub path: Arc<str>,
    /// Lines added; none for what is not text.
    pub added: Option<u32>,
    /// Lines removed.
    pub removed: Option<u32>,
}

/// What one commit changed in one file, secrets masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// Which commit.
    pub commit: Commit,
    /// The file's path in that commit.
    pub path: Arc<str>,
    /// Parts with changes and a few lines around them.
    pub hunks: Vec<Hunk>,
    /// Why its lines are not shown, when they are not: it does not parse there, or is none of ours.
    pub withheld: Option<String>,
}

/// One part of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// First line before, counted from 1.
    pub old_start: u32,
    /// First line after, counted from 1.
    pub new_start: u32,
    /// In order.
    pub lines: Vec<DiffLine>,
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What happened to it.
    pub side: Side,
    /// Redacted.
    pub text: String,
    /// Whether a secret in it changed although its text looks the same.
    pub secret_changed: bool,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// It stands in both.
    Same,
    /// Only before.
    Removed,
    /// Only after.
    Added,
}

impl Side {
    /// One word, as in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Removed => "removed",
            Self::Added => "added",
        }
    }

    /// The side for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Same, Self::Removed, Self::Added].into_iter().find(|s| s.word() == word)
    }

    /// The sign at the start of a line.
    pub const fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// Why there is no trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTrail {
    /// The git program is not installed on the core's machine.
    NoGit,
    /// The source is no git repository.
    NotARepository,
    /// The repository is damaged, or git refuses it; what it said, cleaned and redacted.
    Unusable(String),
    /// No such revision.
    UnknownRevision(String),
    /// No such file at that revision, or none of ours.
    UnknownFile(String),
}

impl NoTrail {
    /// Why, in words for people.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoGit => "git is not installed where the core runs, so nobody can say who made it so".to_owned(),
            Self::NotARepository => "the source is no git repository, so it has no history".to_owned(),
            Self::Unusable(why) => format!("git cannot read the repository: {why}"),
            Self::UnknownRevision(revision) => format!("the repository has no revision `{revision}`"),
            Self::UnknownFile(file) => format!("`{file}` is not in the repository, or none of its lines are shown"),
        }
    }
}
