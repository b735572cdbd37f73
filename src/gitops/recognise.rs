//! Says what each document is, by what it says and not only by where it lies.

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
    /// A CronJob that pushes.
    CronJob,
    /// An Argo CD Application that has to do with any of this.
    Application,
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
    pub fn new(files: &'f [File]) -> Self {
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

/// Recognise every document and remember it in its file.
pub fn mark(files: &mut [File]) {
    let prefixes = label_prefixes(files);
    for file in files.iter_mut() {
        file.kinds = file.parsed.documents.iter().map(|node| kind_of(&file.path, node, &prefixes)).collect();
    }
    mark_values_by_application(files);
    mark_applications(files);
    for file in files {
        file.is_ours = file.otherwise != Recognised::Template && file.kinds.iter().any(Option::is_some);
    }
}

fn label_prefixes(files: &[File]) -> Vec<String> {
    let mut prefixes = vec![LABEL_PREFIX.to_owned()];
    for node in files.iter().flat_map(|f| &f.parsed.documents) {
        if chart_of(node) == Some(Chart::Agent) {
            prefixes.extend(node.at(&["watch", "labelPrefix"]).and_then(Node::scalar).map(Scalar::line));
        }
    }
    prefixes
}

fn kind_of(path: &str, node: &Node, prefixes: &[String]) -> Option<Kind> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_ticketing = path.split('/').rev().skip(1).any(|folder| folder == TICKETING_FOLDER);
    match (node.word("apiVersion"), node.word("kind")) {
        (Some(_), Some(kind)) => match kind.as_str() {
            "ConfigMap" if is_labelled(node, prefixes) => Some(Kind::Service),
            "CronJob" if says_report(node) => Some(Kind::CronJob),
            _ => None,
        },
        _ if !node.is_map() => None,
        _ if in_ticketing => Some(Kind::Ticketing),
        _ if SERVICE_KEYS.contains(&name) && (node.get("path").is_some() || node.get("hierarchy").is_some()) => {
            Some(Kind::BareService)
        }
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
        super::yaml::Value::Scalar(scalar) => super::cronjobs::ENDPOINTS.iter().any(|(e, _)| scalar.raw().contains(e)),
        super::yaml::Value::Seq(items) => items.iter().any(says_report),
        super::yaml::Value::Map(entries) => entries.iter().any(|e| says_report(&e.node)),
    }
}

/// A file that an Application names as values of one of our charts is just that, whatever it says.
fn mark_values_by_application(files: &mut [File]) {
    let mut named: Vec<(String, Chart)> = Vec::new();
    for node in files.iter().flat_map(|f| &f.parsed.documents) {
        for source in applications::sources(node) {
            if let Some(chart) = source.chart {
                named.extend(source.value_files.into_iter().map(|file| (file, chart)));
            }
        }
    }
    for file in files {
        let Some((_, chart)) = named.iter().find(|(name, _)| **name == *file.path) else {
            continue;
        };
        for (node, kind) in file.parsed.documents.iter().zip(&mut file.kinds) {
            if kind.is_none() && node.is_map() && node.get("apiVersion").is_none() {
                *kind = Some(Kind::Values(*chart));
            }
        }
    }
}

/// An Application is ours when it installs one of our charts or a folder that holds something of ours.
fn mark_applications(files: &mut [File]) {
    let ours: Vec<std::sync::Arc<str>> =
        files.iter().filter(|f| f.kinds.iter().any(Option::is_some)).map(|f| f.path.clone()).collect();
    for file in files {
        for (node, kind) in file.parsed.documents.iter().zip(&mut file.kinds) {
            let touches = applications::sources(node).iter().any(|source| {
                source.chart.is_some()
                    || source.path.as_ref().is_some_and(|folder| {
                        let folder = format!("{}/", folder.trim_matches('/'));
                        ours.iter().any(|path| path.starts_with(&folder))
                    })
            });
            if kind.is_none() && touches {
                *kind = Some(Kind::Application);
            }
        }
    }
}
