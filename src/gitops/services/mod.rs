//! Services: labelled ConfigMaps, in the flat `path:` form and the nested `hierarchy:` form.
//!
//! The text of a data key is YAML of its own; its lines and columns are those of the file.
//!
//! Start at [`read_all`]; [`forms`] reads the two forms, [`fields`] what they have in common; [`register`] adds what
//! other files say about a service.

mod fields;
mod forms;

use std::collections::BTreeSet;

use super::{
    agent::Agent,
    cronjobs::{Job, Report},
    notes::Notes,
    recognise::{Documents, Kind, SERVICE_KEYS},
    schema::service::WORKLOADS,
    yaml::{Node, Origin, Span, parse},
};
use crate::domain::{
    gitops::{DeclaredService, FaultCode, Registry},
    hierarchy::NodePath,
};

/// A service that somebody is declared to be used by, as written.
pub struct User {
    /// A whole path or a short name.
    pub name: String,
    /// Where.
    pub span: Span,
}

/// A service as read, before anything is looked up in other files.
pub struct Draft {
    /// What it says.
    pub service: DeclaredService,
    /// Where each of `service.requires` stands.
    pub requires: Vec<Span>,
    /// Who uses it.
    pub used_by: Vec<User>,
    /// Where its SLA group stands.
    pub group: Option<Span>,
    /// Where its path stands.
    pub identity: Span,
    /// Whether the flat form's defaults apply.
    is_flat: bool,
}

/// Every service of the repository.
pub fn read_all(documents: &Documents<'_>, notes: &mut Notes) -> Vec<Draft> {
    let mut out = Vec::new();
    for document in documents.of(Kind::Service) {
        let before = out.len();
        let data = document.node.get("data").map(Node::entries).unwrap_or_default();
        let entries: Vec<_> = data.iter().filter(|e| SERVICE_KEYS.contains(&e.key.as_str())).collect();
        let namespace = document.node.get("metadata").and_then(|m| m.word("namespace"));
        for entry in &entries {
            if let Some(mut draft) = embedded(&entry.node, notes) {
                draft.service.namespace.clone_from(&namespace);
                out.push(draft);
            }
        }
        if entries.is_empty() && out.len() == before {
            let message = format!("labelled as a service, but without `{}` under `data`", SERVICE_KEYS[0]);
            notes.fault(FaultCode::BadField, document.node.span, message, "add it, or take the label away");
        }
    }
    for document in documents.of(Kind::BareService) {
        out.extend(forms::service(document.node, notes));
    }
    out
}

fn embedded(node: &Node, notes: &mut Notes) -> Option<Draft> {
    let Some(text) = node.scalar() else {
        notes.fault(
            FaultCode::BadField,
            node.span,
            "data of a ConfigMap must be a text".to_owned(),
            "put `|` after the key",
        );
        return None;
    };
    let parsed = parse(text.raw(), Origin::inside(node));
    for problem in parsed.problems.iter().chain(&parsed.duplicates) {
        notes.problem(problem);
    }
    match parsed.documents.as_slice() {
        // What stands twice may mean either: said above, and left out.
        _ if !parsed.duplicates.is_empty() => None,
        [root] if root.is_map() => forms::service(root, notes),
        [] if !parsed.problems.is_empty() => None,
        [] => {
            notes.fault(FaultCode::BadField, node.span, "the service is empty".to_owned(), "it needs at least `path`");
            None
        }
        [root] => {
            notes.fault(FaultCode::BadField, root.span, "a service must be a mapping".to_owned(), "");
            None
        }
        [_, second, ..] => {
            notes.fault(
                FaultCode::BadField,
                second.span,
                "one data key holds one service".to_owned(),
                "use a ConfigMap each",
            );
            None
        }
    }
}

/// Put the services into the registry, with what other files say about them.
pub fn register(
    registry: &mut Registry,
    drafts: Vec<Draft>,
    agents: &[Agent],
    jobs: &[Job],
    notes: &mut Notes,
) -> Vec<Draft> {
    let clusters: BTreeSet<&str> = agents.iter().filter_map(|a| a.node.as_ref()).map(NodePath::name).collect();
    let mut kept: Vec<Draft> = Vec::new();
    for mut draft in drafts {
        let path = draft.service.path.clone();
        if let Some(first) = registry.services.get(&path) {
            let message =
                format!("`{path}` is declared twice, first in {} line {}", first.place.file, first.place.line);
            notes.fault(FaultCode::DuplicateName, draft.identity, message, "keep one of them");
            continue;
        }
        // An agent reports every path whose cluster is its own; without any agent here nobody can tell.
        let is_watched = agents.is_empty() || clusters.contains(path.node().name());
        if draft.is_flat && draft.service.workload.is_none() && is_watched {
            draft.service.workload = Some((WORKLOADS[0].to_owned(), path.service().to_owned()));
        }
        let pushed: Vec<&Job> = jobs
            .iter()
            .filter(|j| j.pushes.iter().any(|p| p.report == Report::Health && p.path.as_ref() == Some(&path)))
            .collect();
        draft.service.every_ms = pushed.iter().filter_map(|j| j.every_ms).min().map(|every| (every, true));
        if draft.service.workload.is_none() && pushed.is_empty() {
            let message = format!("`{path}` names no workload and nothing pushes its health; it will stay UNKNOWN");
            notes.fault(FaultCode::NoWorkload, draft.identity, message, "name its workload, or add a job that pushes");
        }
        registry.services.insert(path, draft.service.clone());
        kept.push(draft);
    }
    kept
}
