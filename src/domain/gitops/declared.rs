//! What a repository declares, after reading: things, files, and the registry that takes effect.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::{
    Fault, Place, SourceLines,
    state::{Key, Thing},
};
use crate::domain::{
    access::AuthProvider,
    detail::Commit,
    health::{Backup, Criticality, Dependency, reporter},
    hierarchy::{NodePath, ServicePath},
    sla::DeclaredGroup,
    tickets::{Catalog, Group, Workflow},
};

/// What kind of thing a declaration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclaredKind {
    /// A service.
    Service,
    /// An SLA group.
    SlaGroup,
    /// A portal target.
    SlaTarget,
    /// A workflow.
    Workflow,
    /// A catalog category.
    Category,
    /// A catalog item.
    Item,
    /// A ticketing group.
    Group,
    /// An auth provider.
    Provider,
    /// A CronJob that pushes.
    CronJob,
    /// An Argo CD Application.
    Application,
    /// Values of one of the charts.
    Values,
}

impl DeclaredKind {
    /// In the order in which the tree shows them.
    pub const ALL: [Self; 11] = [
        Self::Service,
        Self::SlaGroup,
        Self::SlaTarget,
        Self::Workflow,
        Self::Category,
        Self::Item,
        Self::Group,
        Self::Provider,
        Self::CronJob,
        Self::Application,
        Self::Values,
    ];

    /// One word, singular, as in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::SlaGroup => "sla-group",
            Self::SlaTarget => "sla-target",
            Self::Workflow => "workflow",
            Self::Category => "category",
            Self::Item => "item",
            Self::Group => "group",
            Self::Provider => "provider",
            Self::CronJob => "cronjob",
            Self::Application => "application",
            Self::Values => "values",
        }
    }

    /// The kind for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// One declared thing: enough to list it and to find its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// What it is.
    pub kind: DeclaredKind,
    /// Its full name: a service path, a scoped name, a file for values.
    pub name: String,
    /// Label for people; may be empty.
    pub display_name: String,
    /// Where.
    pub place: Place,
    /// One line on what it says, for lists; may be empty.
    pub summary: String,
}

impl Declared {
    /// Its texts: name, label and summary.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        [&self.name, &self.display_name, &self.summary].into_iter().map(String::as_str)
    }
}

/// A file of the repository, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Path relative to the root, with `/`.
    pub path: Arc<str>,
    /// What it was recognised as.
    pub recognised: Recognised,
    /// Lines, 0 when the text is not shown.
    pub lines: u32,
}

/// What a file was recognised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recognised {
    /// At least one document of ours.
    Ours,
    /// A Helm template; left alone.
    Template,
    /// YAML of somebody else; left alone.
    Foreign,
    /// Not YAML; left alone.
    Other,
    /// Does not parse or cannot be read; its lines are never shown.
    Broken,
}

impl Recognised {
    /// One word, as in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Template => "template",
            Self::Foreign => "foreign",
            Self::Other => "other",
            Self::Broken => "broken",
        }
    }

    /// The kind for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ours, Self::Template, Self::Foreign, Self::Other, Self::Broken].into_iter().find(|r| r.word() == word)
    }
}

/// The redacted text of a file of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path relative to the root.
    pub path: Arc<str>,
    /// Lines without line ends; secrets already replaced by `••••••`.
    pub lines: SourceLines,
    /// Faults in this file, by line.
    pub faults: Vec<Fault>,
    /// Things declared in this file, by line.
    pub declared: Vec<Arc<Declared>>,
}

/// A service as its file declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredService {
    /// Identity.
    pub path: ServicePath,
    /// Label; the last segment in title case when not given.
    pub display_name: String,
    /// May be empty.
    pub description: String,
    /// `service` when neither given nor told by a tag.
    pub kind: String,
    /// May be empty.
    pub team: String,
    /// Free words.
    pub tags: Vec<String>,
    /// None: inherited from the SLA group's tier, else medium.
    pub criticality: Option<Criticality>,
    /// Short name of an SLA group.
    pub sla_group: Option<String>,
    /// https link.
    pub runbook: Option<String>,
    /// Kubernetes namespace of its ConfigMap, when it has one.
    pub namespace: Option<String>,
    /// `deployment`, `statefulset`, `daemonset`; none for what does not run in Kubernetes.
    pub workload: Option<(String, String)>,
    /// What it needs.
    pub requires: Vec<Dependency>,
    /// Who is declared to need it.
    pub used_by: Vec<ServicePath>,
    /// The duty to back up, without any report.
    pub backup: Option<Backup>,
    /// How large backups may grow, as declared, for people; may be empty.
    pub backup_storage: String,
    /// How long backups are kept, as declared, for people; may be empty.
    pub backup_retention: String,
    /// How its agent asks it; none when it is not asked.
    pub probe: Option<Probe>,
    /// What else it has to do with, as a kind and a service.
    pub relations: Vec<(String, ServicePath)>,
    /// How often a report is expected and whether that is assumed; none when nothing declared says so.
    pub every_ms: Option<(i64, bool)>,
    /// The CronJob that pushes it, its namespace in front where it says one: of several the one that runs most often.
    pub pushed_by: Option<Arc<str>>,
    /// Where.
    pub place: Place,
}

impl DeclaredService {
    /// One of which nothing is declared but that there is such a service, called by the last segment of its path.
    pub fn new(path: ServicePath, place: Place) -> Self {
        Self {
            display_name: path.service().to_owned(),
            path,
            description: String::new(),
            kind: "service".to_owned(),
            team: String::new(),
            tags: Vec::new(),
            criticality: None,
            sla_group: None,
            runbook: None,
            namespace: None,
            workload: None,
            requires: Vec::new(),
            used_by: Vec::new(),
            backup: None,
            backup_storage: String::new(),
            backup_retention: String::new(),
            probe: None,
            relations: Vec::new(),
            every_ms: None,
            pushed_by: None,
            place,
        }
    }

    /// Who should report on it: the agent of its cluster where it names a workload, else the job that pushes it; none
    /// when nothing that is declared would.
    pub fn expected_reporter(&self) -> Option<Cow<'_, str>> {
        match (&self.workload, &self.pushed_by) {
            (Some(_), _) => Some(Cow::Borrowed(self.path.node_str())),
            (None, Some(job)) => Some(Cow::Owned(reporter::of_job(job))),
            (None, None) => None,
        }
    }
}

/// An HTTP question that the agent of the cluster asks a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Port inside the cluster.
    pub port: u32,
    /// Path that answers with a 2xx when all is well.
    pub path: String,
    /// A whole address, asked instead of port and path.
    pub endpoint: Option<String>,
    /// Between two questions.
    pub interval_ms: i64,
    /// How long an answer may take.
    pub timeout_ms: i64,
}

/// One node's agent values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// `itops`, `itops-agent` or `sla-portal`.
    pub chart: String,
    /// The node of an agent.
    pub node: Option<NodePath>,
    /// Files, in the order they are layered.
    pub files: Vec<Arc<str>>,
}

/// What takes effect: services, promises, ticketing, providers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registry {
    /// By path.
    pub services: BTreeMap<ServicePath, Arc<DeclaredService>>,
    /// SLA groups by short name, portal targets already folded in.
    pub sla_groups: BTreeMap<String, DeclaredGroup>,
    /// `ticketing.org`, put in front of unscoped names.
    pub org: String,
    /// By full name.
    pub workflows: BTreeMap<String, Arc<Workflow>>,
    /// Categories and items.
    pub catalog: Catalog,
    /// By full name.
    pub groups: BTreeMap<String, Group>,
    /// Auth providers in order of declaration.
    pub providers: Vec<AuthProvider>,
}

/// A repository after reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repository {
    /// Commit in force, 40 hex digits; none outside git.
    pub revision: Option<String>,
    /// What that commit says of itself.
    pub commit: Option<Commit>,
    /// Every file, sorted by path.
    pub files: Vec<FileEntry>,
    /// Redacted text of the files of ours, by path.
    pub sources: BTreeMap<Arc<str>, SourceFile>,
    /// Everything declared, by kind then name.
    pub declared: Vec<Arc<Declared>>,
    /// All faults, sorted by place.
    pub faults: Vec<Fault>,
    /// What takes effect.
    pub registry: Registry,
    /// Value files by chart.
    pub releases: Vec<Release>,
    /// CronJobs, Applications and values, as they are shown and compared; none of it is applied.
    pub shown: BTreeMap<Key, Thing>,
}
