//! The reader: a folder of YAML in, what it declares and what is wrong with it out.
//!
//! The only place that opens repository files or runs git. What leaves it is redacted and cleaned. Blocking: async
//! callers wrap it. Not in here: what to do with a declaration (domain rules, the core).
//!
//! Start at [`read`]. The stages, in order: [`walk`] lists and opens files, [`yaml`] makes trees with positions,
//! [`recognise`] says what each document is, [`layers`] picks the release, one file per kind reads it ([`services`],
//! [`agent`], [`portal`], [`values`], [`ticketing`], [`cronjobs`], [`applications`]), [`check`] looks across them.
//! [`redact`] stands between everything and the way out; [`notes`] collects faults and declared things.
//! [`report`] prints faults for people. [`git`] is the one door to the git program.

mod agent;
mod applications;
mod check;
mod cronjobs;
mod git;
mod layers;
mod notes;
mod portal;
mod recognise;
mod redact;
mod report;
mod schedule;
mod services;
mod shell;
mod ticketing;
mod values;
mod walk;
mod yaml;

use std::{collections::BTreeMap, path::Path, sync::Arc};

pub use git::head_commit;
pub use redact::line as redacted_line;
pub use report::render;

use self::{
    notes::Notes,
    recognise::{Chart, Documents, Kind},
    walk::Content,
};
use crate::domain::gitops::{
    Fault, FaultCode, FileEntry, Recognised, Registry, Release, Repository, Severity, SourceFile,
};

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
}

/// Read the repository in the folder `root`. Everything that is wrong inside comes back as faults.
///
/// # Errors
/// Only when `root` itself is missing, not a folder, unreadable or without any file: then nothing is known, and
/// nothing may be concluded from it.
pub fn read(root: &Path, options: &ReadOptions) -> Result<Repository, ReadError> {
    let found = walk::walk(root)?;
    let mut notes = Notes::new(found.iter().map(|f| Arc::from(f.path.as_str())).collect());
    let mut files = parse_all(&found, &mut notes);
    recognise::mark(&mut files, &notes);
    for file in files.iter_mut().filter(|f| f.is_ours) {
        file.kept = file.parsed.documents.iter().flat_map(redact::kept).collect();
        file.leave_out_duplicates(&mut notes);
    }
    let (registry, releases) = declare(&files, options, &mut notes);
    for file in files.iter_mut().filter(|f| notes.is_broken(f.id) && f.is_ours) {
        file.otherwise = Recognised::Broken;
    }
    let sources = sources(&files, &notes);
    let commit = head_commit(root);
    let mut repository = Repository {
        revision: commit.as_ref().map(|commit| commit.id.to_string()),
        commit,
        files: entries(&files, &sources, &notes),
        sources,
        declared: Vec::new(),
        faults: Vec::new(),
        registry,
        releases,
        shown: BTreeMap::new(),
    };
    finish(&mut repository, notes, &redact::Known::of(&files));
    Ok(repository)
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
            let file = &fault.place.file;
            values.contains(&file) || file.split('/').any(|part| part == recognise::TICKETING_FOLDER)
        })
        .collect()
}

/// A file on its way through the reader.
pub(crate) struct File {
    /// Index in [`Notes`].
    id: usize,
    /// Text with plain line ends; empty where there is none to show.
    text: String,
    /// Its documents and what is wrong with its text.
    parsed: yaml::Parsed,
    /// What each document is; none for what is not ours.
    kinds: Vec<Option<Kind>>,
    /// What it is when no document of ours is found in it.
    otherwise: Recognised,
    /// Whether a document of ours was found in it.
    is_ours: bool,
    /// The secrets that stand in it; looked for in files of ours only.
    kept: Vec<redact::Kept>,
}

impl File {
    const fn recognised(&self) -> Recognised {
        match self.otherwise {
            Recognised::Broken => Recognised::Broken,
            _ if self.is_ours => Recognised::Ours,
            other => other,
        }
    }
}

impl File {
    /// A document with a key that stands twice may mean either; it is said, and takes no effect.
    fn leave_out_duplicates(&mut self, notes: &mut Notes) {
        for duplicate in &self.parsed.duplicates {
            let inside = |node: &yaml::Node| (node.span.line..=node.span.end_line).contains(&duplicate.span.line);
            for (node, kind) in self.parsed.documents.iter().zip(&mut self.kinds) {
                if inside(node) {
                    *kind = None;
                }
            }
            notes.problem(duplicate);
        }
    }
}

fn parse_all(found: &[walk::Found], notes: &mut Notes) -> Vec<File> {
    let charts: Vec<&str> = found.iter().filter_map(|f| f.path.strip_suffix("Chart.yaml")).collect();
    found.iter().enumerate().map(|(id, found)| parse_one(id, found, &charts, notes)).collect()
}

fn parse_one(id: usize, found: &walk::Found, charts: &[&str], notes: &mut Notes) -> File {
    let mut file = File {
        id,
        text: String::new(),
        parsed: yaml::Parsed::default(),
        kinds: Vec::new(),
        otherwise: Recognised::Other,
        is_ours: false,
        kept: Vec::new(),
    };
    let start = yaml::Span::start_of(id);
    match &found.content {
        Content::NotYaml => {}
        Content::Foreign => file.otherwise = Recognised::Foreign,
        Content::Unreadable(reason) => {
            file.otherwise = Recognised::Broken;
            notes.fault(FaultCode::Unreadable, start, format!("cannot be read: {reason}"), "");
        }
        Content::TooLarge => {
            file.otherwise = Recognised::Broken;
            let message = format!("larger than {} KiB", walk::SIZE_LIMIT / 1024);
            notes.fault(FaultCode::HostileYaml, start, message, "split the file");
        }
        Content::NotText => {
            file.otherwise = Recognised::Broken;
            notes.fault(FaultCode::NotText, start, "not text in UTF-8".to_owned(), "save it as UTF-8, or rename it");
        }
        Content::Text(text) => {
            let is_template =
                charts.iter().any(|c| found.path.strip_prefix(c).is_some_and(|rest| rest.starts_with("templates/")));
            if is_template {
                file.otherwise = Recognised::Template;
                return file;
            }
            file.text = yaml::normalised(text);
            file.parsed = yaml::parse(&file.text, yaml::Origin::file(id));
            file.parsed.documents = std::mem::take(&mut file.parsed.documents).into_iter().flat_map(unlisted).collect();
            file.otherwise = if file.parsed.problems.is_empty() {
                Recognised::Foreign
            } else if file.text.lines().any(|l| l.contains("{{") && !l.trim_start().starts_with('#')) {
                file.parsed = yaml::Parsed::default();
                Recognised::Template
            } else if walk::is_json(&found.path) {
                Recognised::Other
            } else {
                for problem in &file.parsed.problems {
                    notes.problem(problem);
                }
                Recognised::Broken
            };
        }
    }
    file
}

/// The items of a Kubernetes `List`, else the document itself.
fn unlisted(node: yaml::Node) -> Vec<yaml::Node> {
    let is_list = node.word("kind").is_some_and(|k| k == "List");
    match node.get("items").and_then(yaml::Node::items) {
        Some(items) if is_list => items.to_vec(),
        _ => vec![node],
    }
}

/// Read every kind, then look across them.
fn declare(files: &[File], options: &ReadOptions, notes: &mut Notes) -> (Registry, Vec<Release>) {
    let paths: Vec<Arc<str>> = files.iter().map(|f| notes.path(f.id)).collect();
    let documents = Documents::new(files, &paths);
    let mut registry = Registry::default();
    let jobs: Vec<_> = documents.of(Kind::CronJob).filter_map(|d| cronjobs::read(d.node, notes)).collect();
    let applications: Vec<_> = documents.of(Kind::Application).map(|d| applications::read(d.node, notes)).collect();
    let releases = layers::releases(&documents, &applications, options, notes);
    let agents = agent::read_all(&releases, notes);
    let targets = portal::read(&releases, options, notes);
    registry.sla_groups = portal::folded(&agents, targets, notes);
    let core = layers::pick(Chart::Core, &releases, options, notes);
    if let Some(core) = core {
        registry.providers = values::providers(core, options, notes);
    }
    let shadowed = values::check(&releases, options, notes);
    values::plain_secrets(files, &shadowed, notes);
    let drafts = services::read_all(&documents, notes);
    let drafts = services::register(&mut registry, drafts, &agents, &jobs, notes);
    check::services(&mut registry, &drafts, &jobs, notes);
    let drafts = ticketing::read(&registry, core, &documents, notes);
    check::ticketing(&mut registry, drafts, notes);
    (registry, releases.into_iter().map(|r| r.release).collect())
}

fn sources(files: &[File], notes: &Notes) -> BTreeMap<Arc<str>, SourceFile> {
    files
        .iter()
        .filter(|f| f.recognised() == Recognised::Ours)
        .map(|file| {
            let path = notes.path(file.id);
            let lines = redact::lines(&file.text, &file.kept);
            (path.clone(), SourceFile { path, lines, faults: Vec::new(), declared: Vec::new() })
        })
        .collect()
}

fn entries(files: &[File], sources: &BTreeMap<Arc<str>, SourceFile>, notes: &Notes) -> Vec<FileEntry> {
    let mut entries: Vec<FileEntry> = files
        .iter()
        .map(|file| {
            let path = notes.path(file.id);
            let lines = sources.get(&path).map_or(0, |s| u32::try_from(s.lines.len()).unwrap_or(u32::MAX));
            FileEntry { path, recognised: file.recognised(), lines }
        })
        .collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
}

/// Sort what was noted and hand it to the files it stands in.
fn finish(repository: &mut Repository, notes: Notes, secrets: &redact::Known) {
    (repository.faults, repository.declared) = notes.into_parts();
    secrets.hide_in(repository);
    for fault in &repository.faults {
        if let Some(source) = repository.sources.get_mut(&fault.place.file) {
            source.faults.push(fault.clone());
        }
    }
    for declared in &repository.declared {
        if let Some(source) = repository.sources.get_mut(&declared.place.file) {
            source.declared.push(declared.clone());
        }
    }
    for source in repository.sources.values_mut() {
        source.declared.sort_by(|a, b| (&a.place, a.kind).cmp(&(&b.place, b.kind)));
    }
}
