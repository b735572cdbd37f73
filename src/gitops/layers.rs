//! Releases: which value files are layered into one, and which release is read.

use std::collections::BTreeMap;

use super::{
    ReadOptions,
    applications::Application,
    notes::{Notes, one_of},
    recognise::{Chart, Document, Documents, Kind},
    yaml::{Node, Span, Value},
};
use crate::domain::{
    gitops::{DeclaredKind, FaultCode, Release},
    hierarchy::NodePath,
};

/// Top-level keys that two files of one release do not share: where both say them, they are two releases.
const SECTIONS: &[&str] = &["ticketing", "auth", "secretEnv", "secretRefs", "env", "slaTargets", "node", "slaGroups"];

/// A release with its value files laid over each other.
pub struct Layered {
    /// Chart, node and files.
    pub release: Release,
    /// What it can be called by: Application, folder, file.
    pub names: Vec<String>,
    /// Which chart.
    pub chart: Chart,
    /// The layered values.
    pub node: Node,
}

impl Layered {
    /// What people call it: the Application, the folder or the file it comes from.
    pub fn name(&self) -> String {
        self.names.first().cloned().unwrap_or_else(|| self.release.files.join(" + "))
    }
}

/// All releases of the repository.
pub fn releases(
    documents: &Documents<'_>,
    applications: &[Application],
    options: &ReadOptions,
    notes: &mut Notes,
) -> Vec<Layered> {
    let mut rest: Vec<(Chart, Document<'_>)> = documents
        .iter()
        .filter_map(|d| if let Kind::Values(chart) = d.kind { Some((chart, d)) } else { None })
        .collect();
    for (chart, document) in &rest {
        notes.declare(DeclaredKind::Values, document.path, "", document.node.span, &said(*chart, document.node));
    }
    let mut out: Vec<Layered> = Vec::new();
    if !options.values.is_empty() {
        out.extend(chosen(&rest, &options.values, notes));
        rest.retain(|(chart, _)| *chart != Chart::Core);
    }
    let mut used: Vec<String> = Vec::new();
    for application in applications {
        for source in &application.sources {
            let Some(chart) = source.chart.filter(|c| *c != Chart::Core || options.values.is_empty()) else {
                continue;
            };
            let files: Vec<&(Chart, Document<'_>)> =
                source.value_files.iter().filter_map(|f| rest.iter().find(|(_, d)| d.path == f.path)).collect();
            used.extend(files.iter().map(|(_, d)| d.path.to_owned()));
            let nodes = files.iter().map(|(_, d)| (d.path, d.node));
            let layered = layer(chart, nodes, &source.inline, vec![application.name.clone()]);
            put(&mut out, layered);
        }
    }
    rest.retain(|(_, d)| !used.iter().any(|u| u == d.path));
    for (chart, folder, documents) in by_folder(&rest) {
        let overlap = SECTIONS.iter().any(|s| documents.iter().filter(|d| d.node.get(s).is_some()).count() > 1);
        if overlap || chart == Chart::Agent {
            for document in documents {
                let names = vec![document.path.to_owned(), stem(document.path).to_owned()];
                put(&mut out, layer(chart, [(document.path, document.node)], &[], names));
            }
        } else {
            let mut names = vec![folder.to_owned(), folder.rsplit('/').next().unwrap_or_default().to_owned()];
            names.extend(documents.iter().map(|d| d.path.to_owned()));
            put(&mut out, layer(chart, documents.iter().map(|d| (d.path, d.node)), &[], names));
        }
    }
    if let Some(wanted) = options.release.as_ref().filter(|w| !out.iter().any(|r| r.names.contains(w))) {
        let known: Vec<&str> = out.iter().filter_map(|r| r.names.first()).map(String::as_str).collect();
        let span = out.first().map_or_else(|| Span::start_of(notes.file_named(".")), |r| r.node.span);
        let message = format!("no release is called `{wanted}`");
        notes.fault(FaultCode::UnknownRelease, span, message, &one_of(wanted, &known));
    }
    out.sort_by(|a, b| (a.chart, &a.release.files).cmp(&(b.chart, &b.release.files)));
    out
}

/// The core's release made of exactly the files that were asked for.
fn chosen(values: &[(Chart, Document<'_>)], wanted: &[String], notes: &mut Notes) -> Option<Layered> {
    let mut nodes = Vec::new();
    for name in wanted {
        let bare = name.trim_start_matches("./");
        match values.iter().find(|(_, d)| d.path == bare) {
            Some((_, document)) => nodes.push((document.path, document.node)),
            None => {
                let known: Vec<&str> = values.iter().map(|(_, d)| d.path).collect();
                let span = Span::start_of(notes.file_named(bare));
                let message = format!("`{bare}` is asked for as values of the core, and is none here");
                notes.fault(FaultCode::UnknownRelease, span, message, &one_of(bare, &known));
            }
        }
    }
    layer(Chart::Core, nodes, &[], Vec::new())
}

fn layer<'d>(
    chart: Chart,
    files: impl IntoIterator<Item = (&'d str, &'d Node)>,
    inline: &[Node],
    names: Vec<String>,
) -> Option<Layered> {
    let mut paths = Vec::new();
    let mut node: Option<Node> = None;
    for (path, layer) in files {
        paths.push(path.into());
        node = Some(node.map_or_else(|| layer.clone(), |below| below.layered(layer)));
    }
    for layer in inline {
        node = Some(node.map_or_else(|| layer.clone(), |below| below.layered(layer)));
    }
    let node = node?;
    let id = node.at(&["node", "id"]).and_then(Node::scalar).map(super::yaml::Scalar::line);
    let agent = id.and_then(|id| NodePath::parse(&id).ok()).filter(|_| chart == Chart::Agent);
    let release = Release { chart: chart.name().to_owned(), node: agent, files: paths };
    Some(Layered { release, names, chart, node })
}

/// Add a release, or its names to one of the same files.
fn put(out: &mut Vec<Layered>, layered: Option<Layered>) {
    let Some(layered) = layered else {
        return;
    };
    let same = |l: &&mut Layered| l.chart == layered.chart && l.release.files == layered.release.files;
    match out.iter_mut().find(same) {
        Some(known) if !layered.release.files.is_empty() => known.names.extend(layered.names),
        _ => out.push(layered),
    }
}

fn by_folder<'d>(values: &[(Chart, Document<'d>)]) -> Vec<(Chart, &'d str, Vec<Document<'d>>)> {
    let mut groups: BTreeMap<(Chart, &str), Vec<Document<'d>>> = BTreeMap::new();
    for (chart, document) in values {
        let folder = document.path.rfind('/').map_or("", |at| &document.path[..at]);
        groups.entry((*chart, folder)).or_default().push(*document);
    }
    groups.into_iter().map(|((chart, folder), documents)| (chart, folder, documents)).collect()
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The release of `chart` that takes effect: the one that was asked for, or the only one that says anything.
pub fn pick<'l>(
    chart: Chart,
    releases: &'l [Layered],
    options: &ReadOptions,
    notes: &mut Notes,
) -> Option<&'l Layered> {
    let sections: &[&str] = match chart {
        Chart::Core => &["ticketing", "auth"],
        Chart::Agent => &["node"],
        Chart::Portal => &["slaTargets"],
    };
    let of_chart: Vec<&Layered> = releases.iter().filter(|r| r.chart == chart).collect();
    if let Some(wanted) = &options.release
        && let Some(found) = of_chart.iter().find(|r| r.names.iter().any(|n| n == wanted))
    {
        return Some(found);
    }
    let says: Vec<&Layered> =
        of_chart.iter().copied().filter(|r| sections.iter().any(|s| r.node.get(s).is_some())).collect();
    match says.as_slice() {
        [] => of_chart.first().copied(),
        [one] => Some(one),
        [first, ..] => {
            let listed: Vec<&str> = says.iter().filter_map(|r| r.names.first()).map(String::as_str).collect();
            let message =
                format!("{} releases of `{}` and none picked: {}", says.len(), chart.name(), listed.join(", "));
            notes.fault(FaultCode::AmbiguousRelease, first.node.span, message, "pick one with --release or --values");
            None
        }
    }
}

fn said(chart: Chart, node: &Node) -> String {
    let keys: Vec<&str> = match &node.value {
        Value::Map(entries) => entries.iter().map(|e| e.key.as_str()).collect(),
        _ => Vec::new(),
    };
    format!("{}: {}", chart.name(), keys.join(", "))
}
