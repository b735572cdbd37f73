//! Says what each document is, by what it says and not only by where it lies.

use std::collections::BTreeSet;

use super::{
    applications,
    file::File,
    yaml::{Node, Scalar},
};
use crate::domain::gitops::Recognised;

/// Data keys of a ConfigMap that hold a service.
pub const SERVICE_KEYS: &[&str] = &["it-ops.yaml", "itops.yaml", "it-ops.yml", "itops.yml"];
/// The label's prefix unless an agent says otherwise.
const LABEL_PREFIX: &str = "itops.io";
/// Folder whose files hold ticketing.
pub const TICKETING_FOLDER: &str = "ticketing.d";

/// One of the charts whose values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chart {
    /// `itops`.
    Core,
    /// `itops-agent`.
    Agent,
    /// `sla-portal`.
    Portal,
}

impl Chart {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Core, Self::Agent, Self::Portal];

    /// The name it is published under.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "itops",
            Self::Agent => "itops-agent",
            Self::Portal => "sla-portal",
        }
    }
}

/// What a document of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A labelled ConfigMap.
    Service,
    /// A service without a ConfigMap around it.
    BareService,
    /// A file of `ticketing.d/`.
    Ticketing,
    /// Values of a chart.
    Values(Chart),
    /// Words on a service in the values of its own chart.
    ServiceValues,
    /// A CronJob that pushes.
    CronJob,
    /// A ConfigMap with scripts that push; a CronJob mounts it.
    Script,
    /// An Argo CD Application that has to do with any of this.
    Application,
}

impl Kind {
    /// Whether it is a service, in a ConfigMap or not. Its document is looked at once, and what else it may be is not asked.
    const fn is_service(self) -> bool {
        matches!(self, Self::Service | Self::BareService)
    }
}

/// A document of ours.
#[derive(Clone, Copy)]
pub struct Document<'f> {
    /// What it is.
    pub kind: Kind,
    /// Path of its file.
    pub path: &'f str,
    /// Its content.
    pub node: &'f Node,
}

/// All documents of ours, in order of their files.
pub struct Documents<'f>(Vec<Document<'f>>);

impl<'f> Documents<'f> {
    /// The documents that [`mark`] recognised.
    pub fn new(files: &'f [Box<File>]) -> Self {
        let all = files.iter().flat_map(|file| {
            let path = &*file.path;
            let of_file = file.parsed.documents.iter().zip(&file.kinds);
            of_file.filter_map(move |(node, kind)| kind.map(|kind| Document { kind, path, node }))
        });
        Self(all.collect())
    }

    /// Those of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = Document<'f>> + '_ {
        self.0.iter().filter(move |d| d.kind == kind).copied()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Document<'f>> + '_ {
        self.0.iter().copied()
    }
}

/// What a file's documents are as far as they say it themselves.
#[derive(Default)]
pub struct Look {
    /// What each is, by the usual label.
    kinds: Vec<Option<Kind>>,
    /// Other labels that an agent in it goes by.
    prefixes: Vec<String>,
    /// Whether one of them is an Application.
    has_application: bool,
}

impl Look {
    /// Look at the documents of the file at `path`.
    pub fn at(path: &str, documents: &[Node]) -> Self {
        let usual = [LABEL_PREFIX.to_owned()];
        let agents = documents.iter().filter(|node| chart_of(node) == Some(Chart::Agent));
        let prefixes = agents.filter_map(|node| node.at(&["watch", "labelPrefix"])?.scalar()).map(Scalar::line);
        Self {
            kinds: documents.iter().map(|node| kind_of(path, node, &usual)).collect(),
            prefixes: prefixes.filter(|prefix| prefix != LABEL_PREFIX).collect(),
            has_application: documents.iter().any(applications::is_application),
        }
    }

    /// Whether each document says of itself that it is services, so that no other file has a say in what it is.
    pub fn is_services(&self) -> bool {
        self.kinds.iter().all(|kind| kind.is_some_and(Kind::is_service))
    }
}

/// Whether a document may turn out to be one of ours, also by what other files say. What may not is let go of.
pub fn may_be_ours(node: &Node) -> bool {
    let kind = node.get("kind").and_then(Node::scalar).map(Scalar::raw);
    let is_foreign = |kind| !matches!(kind, "ConfigMap" | "CronJob" | "Application");
    node.is_map() && (node.get("apiVersion").is_none() || !kind.is_some_and(is_foreign))
}

/// Recognise every document and remember it in its file.
pub fn mark(files: &mut [Box<File>]) {
    let prefixes: BTreeSet<String> = files.iter().flat_map(|f| &f.look.prefixes).cloned().collect();
    let prefixes: Vec<String> = prefixes.into_iter().collect();
    for file in files.iter_mut() {
        file.kinds.clone_from(&file.look.kinds);
        if prefixes.is_empty() {
            continue;
        }
        for (node, kind) in file.parsed.documents.iter().zip(&mut file.kinds) {
            *kind = kind.or_else(|| kind_of(&file.path, node, &prefixes));
        }
    }
    mark_jobs_by_script(files);
    mark_values_by_application(files);
    mark_applications(files);
    for file in files {
        file.is_ours = file.otherwise != Recognised::Template && file.kinds.iter().any(Option::is_some);
    }
}

fn kind_of(path: &str, node: &Node, prefixes: &[String]) -> Option<Kind> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_ticketing = path.split('/').rev().skip(1).any(|folder| folder == TICKETING_FOLDER);
    match (node.word("apiVersion"), node.word("kind")) {
        (Some(_), Some(kind)) => match kind.as_str() {
            "ConfigMap" if is_labelled(node, prefixes) => Some(Kind::Service),
            "ConfigMap" if says_report(node) => Some(Kind::Script),
            "CronJob" if says_report(node) => Some(Kind::CronJob),
            _ => None,
        },
        _ if !node.is_map() => None,
        _ if in_ticketing => Some(Kind::Ticketing),
        _ if SERVICE_KEYS.contains(&name) && (node.get("path").is_some() || node.get("hierarchy").is_some()) => {
            Some(Kind::BareService)
        }
        _ if is_service_values(node) => Some(Kind::ServiceValues),
        _ => chart_of(node).map(Kind::Values),
    }
}

fn is_labelled(node: &Node, prefixes: &[String]) -> bool {
    node.at(&["metadata", "labels"]).is_some_and(|labels| {
        prefixes
            .iter()
            .any(|p| labels.get(&format!("{p}/config")).and_then(Node::scalar).is_some_and(|s| s.flag() == Some(true)))
    })
}

/// Whether `itops:` holds words on a service: `criticality`, `slaGroup`, `path`; an agent has its address there.
fn is_service_values(node: &Node) -> bool {
    let says = |key: &str| node.at(&["itops", key]).is_some();
    node.get("apiVersion").is_none()
        && !says("url")
        && !says("apiKey")
        && (["criticality", "slaGroup", "path"].iter().any(|key| says(key))
            || ["type", "team", "tags"].iter().filter(|key| says(key)).count() >= 2)
}

/// The chart that values of this shape belong to.
fn chart_of(node: &Node) -> Option<Chart> {
    if node.get("apiVersion").is_some() || node.get("kind").is_some() {
        return None;
    }
    let has = |keys: &[&str]| node.at(keys).is_some();
    if has(&["node", "id"]) || (has(&["watch"]) && has(&["itops", "url"])) {
        return Some(Chart::Agent);
    }
    let has_ticketing = ["org", "groups", "workflows", "catalog"].iter().any(|k| has(&["ticketing", k]));
    let names_variables = ["env", "secretEnv", "secretRefs"]
        .iter()
        .any(|section| node.get(section).is_some_and(|s| s.entries().iter().any(|e| e.key.starts_with("ITOPS_"))));
    if has_ticketing || has(&["auth", "local"]) || has(&["auth", "ldap"]) || names_variables {
        return Some(Chart::Core);
    }
    has(&["slaTargets"]).then_some(Chart::Portal)
}

/// Whether any text in it pushes to one of the report endpoints.
fn says_report(node: &Node) -> bool {
    match &node.value {
        super::yaml::Value::Scalar(scalar) => super::pushes::says_endpoint(scalar.raw()),
        super::yaml::Value::Seq(items) => items.iter().any(says_report),
        super::yaml::Value::Map(entries) => entries.iter().any(|e| says_report(&e.node)),
    }
}

/// A CronJob that mounts a script that pushes is one that pushes; a script that nobody mounts is not ours.
fn mark_jobs_by_script(files: &mut [Box<File>]) {
    let name_of = |node: &Node| node.get("metadata").and_then(|m| m.word("name")).unwrap_or_default();
    let all = files.iter().flat_map(|f| f.parsed.documents.iter().zip(&f.kinds));
    let scripts: Vec<String> =
        all.filter(|(_, kind)| **kind == Some(Kind::Script)).map(|(node, _)| name_of(node)).collect();
    if scripts.is_empty() {
        return;
    }
    let mut used = Vec::new();
    for file in files.iter_mut() {
        for (node, kind) in file.parsed.documents.iter().zip(&mut file.kinds) {
            if kind.is_some_and(Kind::is_service) || node.word("kind").is_none_or(|k| k != "CronJob") {
                continue;
            }
            let mounted: Vec<String> =
                super::cronjobs::mounted(node).into_iter().filter(|name| scripts.contains(name)).collect();
            if !mounted.is_empty() {
                *kind = Some(Kind::CronJob);
                used.extend(mounted);
            }
        }
    }
    for file in files {
        for (node, kind) in file.parsed.documents.iter().zip(&mut file.kinds) {
            if *kind == Some(Kind::Script) && !used.contains(&name_of(node)) {
                *kind = None;
            }
        }
    }
}

/// A file that an Application names as values of one of our charts is just that, whatever it says.
fn mark_values_by_application(files: &mut [Box<File>]) {
    let mut named: Vec<(String, Chart)> = Vec::new();
    for node in files.iter().filter(|f| f.look.has_application).flat_map(|f| &f.parsed.documents) {
        for source in applications::sources(node) {
            if let Some(chart) = source.chart {
                named.extend(source.value_files.into_iter().map(|file| (file.path, chart)));
            }
        }
    }
    for (name, chart) in named {
        let Ok(at) = files.binary_search_by(|file| (*file.path).cmp(&name)) else {
            continue;
        };
        let file = &mut files[at];
        for (node, kind) in file.parsed.documents.iter().zip(&mut file.kinds) {
            if kind.is_none() && node.is_map() && node.get("apiVersion").is_none() {
                *kind = Some(Kind::Values(chart));
            }
        }
    }
}

/// An Application is ours when it installs one of our charts or a folder that holds something of ours.
fn mark_applications(files: &mut [Box<File>]) {
    // Sorted, as the files are.
    let ours: Vec<std::sync::Arc<str>> =
        files.iter().filter(|f| f.kinds.iter().any(Option::is_some)).map(|f| f.path.clone()).collect();
    for file in files.iter_mut().filter(|f| f.look.has_application) {
        for (node, kind) in file.parsed.documents.iter().zip(&mut file.kinds) {
            let touches = applications::sources(node).iter().any(|source| {
                source.chart.is_some()
                    || source.path.as_ref().is_some_and(|folder| {
                        let folder = format!("{}/", folder.trim_matches('/'));
                        let first = ours.partition_point(|path| **path < *folder);
                        ours.get(first).is_some_and(|path| path.starts_with(&folder))
                    })
            });
            if kind.is_none() && touches {
                *kind = Some(Kind::Application);
            }
        }
    }
}
