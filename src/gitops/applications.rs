//! Argo CD Applications: what installs which chart with which values, and from which revision.

use super::{
    notes::Notes,
    recognise::Chart,
    yaml::{Node, Origin, Scalar, Span, parse},
};
use crate::domain::gitops::{DeclaredKind, FaultCode};

/// A values file that an Application names.
pub struct ValueFile {
    /// Relative to the root, as far as that can be told.
    pub path: String,
    /// Whether it can only lie in this repository: taken from a git source, not from inside a packaged chart.
    pub is_ours: bool,
    /// Whether it lies in this repository.
    pub is_here: bool,
    /// Where it is named.
    pub span: Span,
}

/// One source of an Application.
pub struct Source {
    /// One of our charts.
    pub chart: Option<Chart>,
    /// Name of any chart.
    pub chart_name: Option<String>,
    /// Address of the chart or git repository.
    pub repository: String,
    /// Folder inside a git repository.
    pub path: Option<String>,
    /// `targetRevision`.
    pub revision: String,
    /// What other sources call it by.
    pub reference: Option<String>,
    /// Value files in order.
    pub value_files: Vec<ValueFile>,
    /// Whether a value file may be missing.
    pub may_miss: bool,
    /// Values written into the Application itself, in the order they are layered.
    pub inline: Vec<Node>,
}

/// An Application.
pub struct Application {
    /// Its name: the name of the release.
    pub name: String,
    /// What it installs.
    pub sources: Vec<Source>,
    /// Project of Argo CD.
    pub project: String,
    /// Cluster and namespace.
    pub destination: String,
    /// Where.
    pub span: Span,
}

/// The sources of a document; none when it is no Application.
pub fn sources(node: &Node) -> Vec<Source> {
    source_nodes(node).into_iter().map(source).collect()
}

/// Whether a document is an Application, of whatever.
pub fn is_application(node: &Node) -> bool {
    let says = |key| node.get(key).and_then(Node::scalar).map_or("", Scalar::raw);
    says("kind") == "Application" && says("apiVersion").starts_with("argoproj.io/")
}

fn source_nodes(node: &Node) -> Vec<&Node> {
    if !is_application(node) {
        return Vec::new();
    }
    let several = node.at(&["spec", "sources"]).and_then(Node::items).unwrap_or_default();
    node.at(&["spec", "source"]).into_iter().chain(several).collect()
}

fn source(node: &Node) -> Source {
    let folder = node.word("path");
    let chart_name = node.word("chart");
    let chart = chart_name.as_ref().and_then(|name| Chart::ALL.into_iter().find(|c| c.name() == name));
    let files = node.at(&["helm", "valueFiles"]).and_then(Node::items).unwrap_or_default();
    let value_files = files
        .iter()
        .filter_map(|file| file.scalar().map(|scalar| (file.span, scalar.line())))
        .map(|(span, text)| ValueFile {
            path: resolved(&text, folder.as_deref()),
            is_ours: !text.contains("://") && (text.starts_with('$') || (chart_name.is_none() && folder.is_some())),
            is_here: false,
            span,
        })
        .collect();
    let mut inline = Vec::new();
    if let Some(text) = node.at(&["helm", "values"])
        && let Some(scalar) = text.scalar()
    {
        inline.extend(parse(scalar.raw(), Origin::inside(text)).documents.into_iter().take(1));
    }
    inline.extend(node.at(&["helm", "valuesObject"]).filter(|n| n.is_map()).cloned());
    let missing = node.at(&["helm", "ignoreMissingValueFiles"]).and_then(Node::scalar).and_then(Scalar::flag);
    Source {
        chart,
        chart_name,
        repository: node.word("repoURL").unwrap_or_default(),
        path: folder,
        revision: node.word("targetRevision").unwrap_or_default(),
        reference: node.word("ref"),
        value_files,
        may_miss: missing.unwrap_or(false),
        inline,
    }
}

/// `$values/platform/x.yaml` from the root; anything else from the source's folder.
fn resolved(file: &str, folder: Option<&str>) -> String {
    let whole = match file.strip_prefix('$').and_then(|f| f.split_once('/')) {
        Some((_, from_root)) => from_root.to_owned(),
        None => format!("{}/{file}", folder.unwrap_or_default()),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Note an Application and warn of charts that move by themselves.
pub fn read(node: &Node, notes: &mut Notes) -> Application {
    let name = node.at(&["metadata", "name"]).and_then(Node::scalar).map(Scalar::line).unwrap_or_default();
    if name.is_empty() {
        notes.fault(FaultCode::BadField, node.span, "an Application needs `metadata.name`".to_owned(), "");
    }
    let mut said = Vec::new();
    for source in source_nodes(node) {
        let revision = source.word("targetRevision").unwrap_or_default();
        match source.word("chart") {
            Some(chart) => {
                if is_floating(&revision) {
                    let span = source.entry("targetRevision").map_or(source.span, |e| e.node.span);
                    let message = format!("`{name}` takes whatever `{chart}` is newest: `{revision}` moves by itself");
                    notes.fault(FaultCode::FloatingRevision, span, message, "pin an exact version");
                }
                said.push(format!("{chart} {revision}"));
            }
            None => said.extend(source.word("path").map(|path| format!("{path} at {revision}"))),
        }
    }
    notes.declare(DeclaredKind::Application, &name, "", node.span, &said.join(", "));
    let mut sources = sources(node);
    for source in &mut sources {
        missing_files(&name, source, notes);
    }
    let spec = |key: &str| node.at(&["spec", key]).and_then(Node::scalar).map(Scalar::line).unwrap_or_default();
    let to = |key: &str| node.at(&["spec", "destination", key]).and_then(Node::scalar).map(Scalar::line);
    let destination: Vec<String> =
        [to("name").or_else(|| to("server")), to("namespace")].into_iter().flatten().collect();
    Application { name, sources, project: spec("project"), destination: destination.join(", "), span: node.span }
}

/// Say which value files do not lie here; only of folders and charts that this repository has to do with.
fn missing_files(name: &str, source: &mut Source, notes: &mut Notes) {
    let is_known = source.chart.is_some() || source.path.as_ref().is_some_and(|folder| notes.has_folder(folder));
    for file in &mut source.value_files {
        file.is_here = notes.has_file(&file.path);
        if file.is_here || !file.is_ours || !is_known || source.may_miss {
            continue;
        }
        let message = format!("`{name}` takes values from `{}`, which is not in this repository", file.path);
        let near = notes.nearest_file(&file.path);
        let hint =
            near.map_or_else(|| "correct the path, or add the file".to_owned(), |n| format!("did you mean `{n}`?"));
        notes.fault(FaultCode::MissingValues, file.span, message, &hint);
    }
}

/// Anything that is not one exact version: empty, `*`, `1.x`, `^1.2`, `>=1`, `latest`.
fn is_floating(revision: &str) -> bool {
    let bare = revision.strip_prefix('v').unwrap_or(revision);
    let (core, _) = bare.split_once(['-', '+']).unwrap_or((bare, ""));
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() != 3 || parts.iter().any(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_exact_version_stands_still() {
        for floating in ["", "*", "1.*", "1.x", "^1.2.3", "~1.2", ">=1.0.0", "latest", "1.2", "main"] {
            assert!(is_floating(floating), "{floating}");
        }
        for pinned in ["1.16.2", "v1.2.3", "1.2.3-rc.1", "1.2.3+build5"] {
            assert!(!is_floating(pinned), "{pinned}");
        }
    }

    #[test]
    fn value_files_are_found_from_the_root_or_from_the_folder() {
        assert_eq!(resolved("$values/platform/x.yaml", None), "platform/x.yaml");
        assert_eq!(resolved("../x.yaml", Some("charts/itops")), "charts/x.yaml");
        assert_eq!(resolved("values-prod.yaml", Some("./charts/itops/")), "charts/itops/values-prod.yaml");
    }
}
