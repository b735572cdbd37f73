//! What the repository declares.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{
    At, Line, Text, Word, many, optional,
    tickets::{CatalogShape, GroupShape, WorkflowShape},
};
use crate::domain::{
    access::{AuthProvider, Encryption, GroupMapping, LdapProvider, PasswordSource, UserAttributes},
    detail::{Commit, DeclaredIndex},
    estate::SourceSummary,
    gitops::{Declared, DeclaredKind, Fault, FaultCode, FileEntry, Place, Recognised, SourceFile},
};

/// A place in the repository.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceShape {
    file: Line,
    line: u32,
    column: u32,
    end_line: u32,
}

/// What takes effect from the repository, and its age.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceShape {
    revision: Option<Line>,
    commit: Option<CommitShape>,
    read_at: At,
    checked_at: Option<At>,
    files: u32,
    errors: u32,
    warnings: u32,
    rejected: Option<Text>,
    #[serde(default)]
    held: u32,
    #[serde(default)]
    org: Line,
    #[serde(default)]
    workflows: Vec<WorkflowShape>,
    #[serde(default)]
    catalog: CatalogShape,
    #[serde(default)]
    groups: Vec<GroupShape>,
    #[serde(default)]
    providers: Vec<ProviderShape>,
}

/// A way to sign in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderShape {
    name: Line,
    display_name: Line,
    kind: Line,
    enabled: bool,
    is_default: bool,
    #[serde(default)]
    min_password_length: u32,
    #[serde(default)]
    require_uppercase: bool,
    #[serde(default)]
    require_digit: bool,
    #[serde(default)]
    ldap: Option<LdapShape>,
}

/// A directory.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LdapShape {
    host: Line,
    port: u32,
    encryption: Word<Encryption>,
    base_dn: Line,
    bind_dn: Line,
    password: Line,
    secret: Option<SecretShape>,
    user_filter: Line,
    group_filter: Line,
    username_attribute: Line,
    email_attribute: Line,
    display_name_attribute: Line,
    #[serde(default)]
    mappings: Vec<MappingShape>,
}

/// A key of a Kubernetes Secret.
#[derive(Deserialize)]
pub struct SecretShape {
    name: Line,
    key: Line,
}

/// A directory group that grants a group.
#[derive(Deserialize)]
pub struct MappingShape {
    ldap: Line,
    group: Line,
    place: Option<PlaceShape>,
}

/// Everything declared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexShape {
    revision: Option<Line>,
    commit: Option<CommitShape>,
    files: Vec<FileShape>,
    declared: Vec<DeclaredShape>,
    faults: Vec<FaultShape>,
}

/// One commit.
#[derive(Deserialize)]
pub struct CommitShape {
    id: Line,
    author: Line,
    at: At,
    subject: Line,
}

/// A file without its text.
#[derive(Deserialize)]
pub struct FileShape {
    path: Line,
    recognised: Word<Recognised>,
    lines: u32,
}

/// One declared thing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredShape {
    kind: Word<DeclaredKind>,
    name: Line,
    #[serde(default)]
    display_name: Line,
    place: PlaceShape,
    #[serde(default)]
    summary: Line,
}

/// One thing that is wrong.
#[derive(Deserialize)]
pub struct FaultShape {
    place: PlaceShape,
    code: Word<FaultCode>,
    message: Text,
    #[serde(default)]
    hint: Text,
}

/// A file with its text.
#[derive(Deserialize)]
pub struct SourceFileShape {
    path: Line,
    lines: Vec<Line>,
    faults: Vec<FaultShape>,
    declared: Vec<DeclaredShape>,
}

impl From<PlaceShape> for Place {
    fn from(p: PlaceShape) -> Self {
        Self { file: p.file.0.into(), line: p.line, column: p.column, end_line: p.end_line }
    }
}

impl From<SourceShape> for SourceSummary {
    fn from(s: SourceShape) -> Self {
        let workflows = s.workflows.into_iter().map(crate::domain::tickets::Workflow::from);
        let groups = s.groups.into_iter().map(crate::domain::tickets::Group::from);
        Self {
            revision: optional(s.revision),
            commit: s.commit.map(Into::into),
            checked_at: s.checked_at.map_or(s.read_at.0, |at| at.0),
            read_at: s.read_at.0,
            files: s.files,
            errors: s.errors,
            warnings: s.warnings,
            rejected: s.rejected.map(|t| t.0),
            held: s.held,
            org: s.org.0,
            workflows: workflows.map(|w| (w.name.as_str().to_owned(), Arc::new(w))).collect::<BTreeMap<_, _>>(),
            catalog: s.catalog.into(),
            groups: groups.map(|g| (g.name.as_str().to_owned(), g)).collect(),
            providers: s.providers.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ProviderShape> for AuthProvider {
    fn from(p: ProviderShape) -> Self {
        Self {
            name: p.name.0,
            display_name: p.display_name.0,
            kind: p.kind.0,
            enabled: p.enabled,
            is_default: p.is_default,
            min_password_length: p.min_password_length,
            require_uppercase: p.require_uppercase,
            require_digit: p.require_digit,
            ldap: p.ldap.map(Into::into),
        }
    }
}

impl From<LdapShape> for LdapProvider {
    fn from(l: LdapShape) -> Self {
        let password = match (l.secret, l.password.0.as_str()) {
            (Some(secret), _) => PasswordSource::SecretRef { name: secret.name.0, key: secret.key.0 },
            (None, "plain") => PasswordSource::Plain,
            (None, _) => PasswordSource::None,
        };
        let mapping =
            |m: MappingShape| GroupMapping { ldap: m.ldap.0, group: m.group.0, place: m.place.map(Into::into) };
        Self {
            host: l.host.0,
            port: l.port,
            encryption: l.encryption.0,
            base_dn: l.base_dn.0,
            bind_dn: l.bind_dn.0,
            password,
            user_filter: l.user_filter.0,
            group_filter: l.group_filter.0,
            attributes: UserAttributes {
                username: l.username_attribute.0,
                email: l.email_attribute.0,
                display_name: l.display_name_attribute.0,
            },
            mappings: l.mappings.into_iter().map(mapping).collect(),
        }
    }
}

impl From<IndexShape> for DeclaredIndex {
    fn from(i: IndexShape) -> Self {
        Self {
            revision: optional(i.revision),
            commit: i.commit.map(Into::into),
            files: i.files.into_iter().map(Into::into).collect(),
            declared: i.declared.into_iter().map(|d| Arc::new(d.into())).collect(),
            faults: i.faults.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<CommitShape> for Commit {
    fn from(c: CommitShape) -> Self {
        Self { id: c.id.0.into(), author: c.author.0, at: c.at.0, subject: c.subject.0 }
    }
}

impl From<FileShape> for FileEntry {
    fn from(f: FileShape) -> Self {
        Self { path: f.path.0.into(), recognised: f.recognised.0, lines: f.lines }
    }
}

impl From<DeclaredShape> for Declared {
    fn from(d: DeclaredShape) -> Self {
        Self {
            kind: d.kind.0,
            name: d.name.0,
            display_name: d.display_name.0,
            place: d.place.into(),
            summary: d.summary.0,
        }
    }
}

impl From<FaultShape> for Fault {
    fn from(f: FaultShape) -> Self {
        Self {
            place: f.place.into(),
            severity: f.code.0.severity(),
            code: f.code.0,
            message: f.message.0,
            hint: f.hint.0,
        }
    }
}

impl From<SourceFileShape> for SourceFile {
    fn from(s: SourceFileShape) -> Self {
        Self {
            path: s.path.0.into(),
            lines: many(s.lines).into_iter().collect(),
            faults: s.faults.into_iter().map(Into::into).collect(),
            declared: s.declared.into_iter().map(|d| Arc::new(d.into())).collect(),
        }
    }
}
