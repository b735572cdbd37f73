//! What the repository declares.

use std::sync::Arc;

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{
    Time,
    access::ProviderView,
    tickets::{CatalogView, GroupView, WorkflowView},
};
use crate::domain::{
    detail::{Commit, DeclaredIndex},
    estate::SourceSummary,
    gitops::{Declared, Fault, FileEntry, Place, SourceFile},
};

/// A place in the repository.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Place")]
pub struct PlaceView {
    /// Path relative to the repository's root.
    file: String,
    /// First line, counted from 1.
    line: u32,
    /// Column of the first character, counted from 1.
    column: u32,
    /// Last line.
    end_line: u32,
}

/// What takes effect from the repository, and its age.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "SourceSummary")]
pub struct SourceView {
    /// Commit in force; none outside git.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    /// That commit, where git tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<CommitView>,
    /// When what is in force was read.
    read_at: Time,
    /// When the source was last looked at. Moves without a change in the log and travels with the next one.
    checked_at: Time,
    /// Files looked at.
    files: u32,
    /// How many errors.
    errors: u32,
    /// How many warnings.
    warnings: u32,
    /// Why the newest reading was rejected, or why nothing could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<String>,
    /// Deletions that the newest reading asked for and safety holds back.
    #[serde(skip_serializing_if = "super::is_zero")]
    held: u32,
    /// Organization that names are put under.
    org: String,
    /// By full name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    workflows: Vec<WorkflowView>,
    /// What a ticket can be opened from.
    catalog: CatalogView,
    /// By full name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupView>,
    /// Ways to sign in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    providers: Vec<ProviderView>,
}

/// What the repository declares and what is wrong with it, without the text of its files.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "DeclaredIndex")]
pub struct IndexView {
    /// Commit in force; none outside git.
    revision: Option<String>,
    /// That commit, where git tells.
    commit: Option<CommitView>,
    /// Every file, sorted by path.
    files: Vec<FileView>,
    /// Everything declared, by kind then name.
    declared: Vec<DeclaredView>,
    /// All faults, sorted by place.
    faults: Vec<FaultView>,
}

/// One commit of the repository.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Commit")]
pub struct CommitView {
    /// 40 hex digits.
    id: String,
    /// Author's name.
    author: String,
    /// When.
    at: Time,
    /// First line of its message.
    subject: String,
}

/// A file of the repository.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "FileEntry")]
pub struct FileView {
    /// Path relative to the root.
    path: String,
    /// `ours`, `template`, `foreign`, `other` or `broken`.
    recognised: &'static str,
    /// Lines; 0 when the text is not shown.
    lines: u32,
}

/// One declared thing.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Declared")]
pub struct DeclaredView {
    /// For example `service`, `workflow` or `sla-group`.
    kind: &'static str,
    /// Its full name.
    name: String,
    /// Label for people; may be empty.
    display_name: String,
    /// Where.
    place: PlaceView,
    /// One line on what it says; may be empty.
    summary: String,
}

/// One thing that is wrong.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Fault")]
pub struct FaultView {
    /// Where.
    place: PlaceView,
    /// `error` or `warning`.
    severity: &'static str,
    /// Stable code such as `E010`.
    code: &'static str,
    /// What is wrong with what.
    message: String,
    /// What to do; may be empty.
    hint: String,
}

/// A file of ours, secrets masked.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "SourceFile")]
pub struct SourceFileView {
    /// Path relative to the root.
    path: String,
    /// Lines without line ends.
    lines: Vec<String>,
    /// Faults in this file.
    faults: Vec<FaultView>,
    /// Things declared in this file.
    declared: Vec<DeclaredView>,
}

impl From<Place> for PlaceView {
    fn from(p: Place) -> Self {
        Self { file: p.file.to_string(), line: p.line, column: p.column, end_line: p.end_line }
    }
}

impl From<SourceSummary> for SourceView {
    fn from(s: SourceSummary) -> Self {
        Self {
            revision: s.revision,
            commit: s.commit.map(Into::into),
            read_at: Time(s.read_at),
            checked_at: Time(s.checked_at),
            files: s.files,
            errors: s.errors,
            warnings: s.warnings,
            rejected: s.rejected,
            held: s.held,
            org: s.org,
            workflows: s.workflows.into_values().map(|w| Arc::unwrap_or_clone(w).into()).collect(),
            catalog: s.catalog.into(),
            groups: s.groups.into_values().map(Into::into).collect(),
            providers: s.providers.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<DeclaredIndex> for IndexView {
    fn from(i: DeclaredIndex) -> Self {
        Self {
            revision: i.revision,
            commit: i.commit.map(Into::into),
            files: i.files.into_iter().map(Into::into).collect(),
            declared: i.declared.iter().map(|d| (**d).clone().into()).collect(),
            faults: i.faults.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Commit> for CommitView {
    fn from(c: Commit) -> Self {
        Self { id: c.id.to_string(), author: c.author, at: Time(c.at), subject: c.subject }
    }
}

impl From<FileEntry> for FileView {
    fn from(f: FileEntry) -> Self {
        Self { path: f.path.to_string(), recognised: f.recognised.word(), lines: f.lines }
    }
}

impl From<Declared> for DeclaredView {
    fn from(d: Declared) -> Self {
        Self {
            kind: d.kind.word(),
            name: d.name,
            display_name: d.display_name,
            place: d.place.into(),
            summary: d.summary,
        }
    }
}

impl From<Fault> for FaultView {
    fn from(f: Fault) -> Self {
        Self {
            place: f.place.into(),
            severity: f.severity.word(),
            code: f.code.code(),
            message: f.message,
            hint: f.hint,
        }
    }
}

impl From<SourceFile> for SourceFileView {
    fn from(s: SourceFile) -> Self {
        Self {
            path: s.path.to_string(),
            lines: s.lines.iter().map(ToOwned::to_owned).collect(),
            faults: s.faults.into_iter().map(Into::into).collect(),
            declared: s.declared.iter().map(|d| (**d).clone().into()).collect(),
        }
    }
}
