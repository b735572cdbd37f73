//! Who made it so: lines and their commits, the history of a file, what a commit changed.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::gitops::CommitView;
use crate::domain::gitops::{Blame, DiffLine, FileDiff, FileHistory, FileRevision, Hunk};

/// Which commit last changed each line of a file.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Blame")]
pub struct BlameView {
    /// Path relative to the repository's root.
    file: String,
    /// The commit whose text the lines are of.
    revision: String,
    /// Every commit named by a line, once.
    commits: Vec<CommitView>,
    /// For each line its place in `commits`; none for a line that is not committed yet.
    lines: Vec<Option<u32>>,
}

/// The commits that touched a file, newest first; renames are followed.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "FileHistory")]
pub struct FileHistoryView {
    /// Path as it is now.
    file: String,
    /// Newest first.
    revisions: Vec<FileRevisionView>,
    /// Whether older ones were left out.
    is_cut: bool,
}

/// What one commit did to one file.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "FileRevision")]
pub struct FileRevisionView {
    /// Which commit.
    commit: CommitView,
    /// The file's path in that commit.
    path: String,
    /// Lines added; none for what is not text.
    added: Option<u32>,
    /// Lines removed.
    removed: Option<u32>,
}

/// What one commit changed in one file, secrets masked.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "FileDiff")]
pub struct FileDiffView {
    /// Which commit.
    commit: CommitView,
    /// The file's path in that commit.
    path: String,
    /// Parts with changes and a few lines around them.
    hunks: Vec<HunkView>,
    /// Why its lines are not shown, when they are not.
    withheld: Option<String>,
}

/// One part of a diff.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Hunk")]
pub struct HunkView {
    /// First line before, counted from 1.
    old_start: u32,
    /// First line after, counted from 1.
    new_start: u32,
    /// In order.
    lines: Vec<DiffLineView>,
}

/// One line of a diff.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "DiffLine")]
pub struct DiffLineView {
    /// `same`, `removed` or `added`.
    side: &'static str,
    /// Redacted.
    text: String,
    /// Whether a secret in it changed although its text looks the same.
    secret_changed: bool,
}

impl From<Blame> for BlameView {
    fn from(b: Blame) -> Self {
        Self {
            file: b.file.to_string(),
            revision: b.revision.to_string(),
            commits: b.commits.into_iter().map(Into::into).collect(),
            lines: b.lines,
        }
    }
}

impl From<FileHistory> for FileHistoryView {
    fn from(h: FileHistory) -> Self {
        Self {
            file: h.file.to_string(),
            revisions: h.revisions.into_iter().map(Into::into).collect(),
            is_cut: h.is_cut,
        }
    }
}

impl From<FileRevision> for FileRevisionView {
    fn from(r: FileRevision) -> Self {
        Self { commit: r.commit.into(), path: r.path.to_string(), added: r.added, removed: r.removed }
    }
}

impl From<FileDiff> for FileDiffView {
    fn from(d: FileDiff) -> Self {
        Self {
            commit: d.commit.into(),
            path: d.path.to_string(),
            hunks: d.hunks.into_iter().map(Into::into).collect(),
            withheld: d.withheld,
        }
    }
}

impl From<Hunk> for HunkView {
    fn from(h: Hunk) -> Self {
        Self { old_start: h.old_start, new_start: h.new_start, lines: h.lines.into_iter().map(Into::into).collect() }
    }
}

impl From<DiffLine> for DiffLineView {
    fn from(l: DiffLine) -> Self {
        Self { side: l.side.word(), text: l.text, secret_changed: l.secret_changed }
    }
}
