//! The flat `path:` form and the nested `hierarchy:` form of one service.

use super::{
    Draft, User,
    fields::{backup, blank, kind_by_tags, runbook, service_path, shared, words, workload_type},
};
use crate::{
    domain::{
        gitops::{DeclaredKind, DeclaredService},
        hierarchy::ServicePath,
    },
    gitops::{
        notes::Notes,
        schema::{Table, service as tables},
        yaml::{Node, Span, Value},
    },
};

const HIERARCHY_KEYS: &[&str] = &["organization", "platform", "environment", "cluster", "service"];

/// Read one service of either form.
pub fn service(root: &Node, notes: &mut Notes) -> Option<Draft<DeclaredService>> {
    if root.get("path").is_some() || root.get("hierarchy").is_none() && root.get("placement").is_none() {
        flat(root, &tables::FLAT, notes)
    } else {
        nested(root, notes)
    }
}

/// `itops:` in the values of a service's own chart. With a path it is a service; else the chart puts the path together,
/// and only the words can be checked.
pub fn in_values(root: &Node, file: &str, notes: &mut Notes) -> Option<Draft<DeclaredService>> {
    if root.get("path").is_some() {
        return flat(root, &tables::IN_VALUES, notes);
    }
    notes.only_keys(root, &tables::IN_VALUES);
    let place = notes.place(root.span);
    // Never registered: the path only lets the same reading look at the words.
    let path = ServicePath::repair("").path;
    let mut draft = Draft::new(blank(path, place), root.span, true);
    words(&mut draft, &[root], notes);
    if let Some(node) = notes.map(root, "backup") {
        backup(node, &mut draft.service, notes);
    }
    shared(root, &mut draft, notes);
    let mut said: Vec<String> = draft.service.criticality.map(|c| c.word().to_owned()).into_iter().collect();
    said.extend(draft.service.sla_group);
    said.extend(notes.text(root, "team"));
    notes.declare(DeclaredKind::Values, file, "", root.span, &format!("words on a service: {}", said.join(", ")));
    None
}

fn flat(root: &Node, table: &Table, notes: &mut Notes) -> Option<Draft<DeclaredService>> {
    notes.only_keys(root, table);
    let text = notes.need(root, "path", "a service")?;
    let identity = root.get("path").map_or(root.span, |n| n.span);
    let path = service_path(&text, identity, notes)?;
    let workload = notes.map(root, "workload").map(|node| {
        notes.only_keys(node, &tables::WORKLOAD);
        let kind = workload_type(node, "type", notes).unwrap_or_else(|| tables::WORKLOADS[0].to_owned());
        (kind, notes.text(node, "name").unwrap_or_else(|| path.service().to_owned()))
    });
    let mut draft = Draft::new(blank(path, notes.place(root.span)), identity, true);
    draft.group = root.get("slaGroup").map(|n| n.span);
    draft.service.workload = workload;
    let owner = owner(root, notes);
    words(&mut draft, &[root], notes);
    draft.service.team = notes.text(root, "team").or(owner).unwrap_or_default();
    draft.service.kind = notes.text(root, "type").unwrap_or_else(|| kind_by_tags(&draft.service.tags));
    if let Some(node) = notes.map(root, "backup") {
        backup(node, &mut draft.service, notes);
    }
    draft.service.runbook = runbook(root, notes);
    shared(root, &mut draft, notes);
    declared(&draft, root, notes);
    Some(draft)
}

fn nested(root: &Node, notes: &mut Notes) -> Option<Draft<DeclaredService>> {
    notes.only_keys(root, &tables::NESTED);
    let empty = Node { span: root.span, value: Value::Map(Vec::new()) };
    let about = notes.map(root, "service").unwrap_or(&empty);
    let metadata =
        notes.map(root, "metadata").or_else(|| about.get("metadata").filter(|n| n.is_map())).unwrap_or(&empty);
    notes.only_keys(about, &tables::SERVICE);
    notes.only_keys(metadata, &tables::METADATA);
    let (path, identity) = nested_path(root, about, notes)?;
    let kind = workload_type(about, "workloadType", notes);
    let name = notes.text(about, "workloadName");
    let mut draft = Draft::new(blank(path, notes.place(root.span)), identity, false);
    draft.group = about.get("slaGroup").map(|n| n.span);
    let service_name = draft.service.path.service().to_owned();
    draft.service.workload = match (kind, name) {
        (None, None) => None,
        (kind, name) => Some((kind.unwrap_or_else(|| tables::WORKLOADS[0].to_owned()), name.unwrap_or(service_name))),
    };
    words(&mut draft, &[about, metadata], notes);
    let owner = owner(root, notes);
    draft.service.team =
        owner.or_else(|| notes.text(about, "team")).or_else(|| notes.text(metadata, "team")).unwrap_or_default();
    draft.service.kind = notes
        .text(metadata, "serviceType")
        .or_else(|| notes.text(about, "type"))
        .unwrap_or_else(|| kind_by_tags(&draft.service.tags));
    let operations = notes.map(root, "operations");
    if let Some(operations) = operations {
        notes.only_keys(operations, &tables::OPERATIONS);
    }
    if let Some(node) = operations.and_then(|operations| notes.map(operations, "backup")) {
        backup(node, &mut draft.service, notes);
    }
    draft.service.runbook = runbook(metadata, notes).or_else(|| runbook(root, notes));
    for item in notes.list(metadata, "usedBy") {
        notes.only_keys(item, &tables::NAMED_USER);
        if let Some(name) = notes.need(item, "name", "an entry of `usedBy`") {
            draft.used_by.push(User { name, span: item.get("name").map_or(item.span, |n| n.span) });
        }
    }
    shared(root, &mut draft, notes);
    declared(&draft, root, notes);
    Some(draft)
}

fn owner(root: &Node, notes: &mut Notes) -> Option<String> {
    let ownership = notes.map(root, "ownership")?;
    notes.only_keys(ownership, &tables::OWNERSHIP);
    notes.text(ownership, "team")
}

/// The path of the nested form: `hierarchy`, or the one-line `placement.node` with `service.name`.
fn nested_path(root: &Node, about: &Node, notes: &mut Notes) -> Option<(ServicePath, Span)> {
    if let Some(hierarchy) = notes.map(root, "hierarchy") {
        notes.only_keys(hierarchy, &tables::HIERARCHY);
        let span = root.entry("hierarchy").map_or(root.span, |e| e.key_span);
        let mut parts = Vec::new();
        for key in HIERARCHY_KEYS {
            let own = hierarchy.get(key).is_some() || *key != "service";
            let part =
                if own { notes.need(hierarchy, key, "`hierarchy`") } else { notes.need(about, "name", "`service`") };
            parts.extend(part);
        }
        if parts.len() < HIERARCHY_KEYS.len() {
            return None;
        }
        return service_path(&parts.join("/"), span, notes).map(|path| (path, span));
    }
    let placement = notes.map(root, "placement")?;
    notes.only_keys(placement, &tables::PLACEMENT);
    let node = notes.need(placement, "node", "`placement`")?;
    let name = notes.need(about, "name", "`service`")?;
    let span = placement.get("node").map_or(placement.span, |n| n.span);
    service_path(&format!("{node}/{name}"), span, notes).map(|path| (path, span))
}

fn declared(draft: &Draft<DeclaredService>, root: &Node, notes: &mut Notes) {
    let service = &draft.service;
    let mut said = vec![service.kind.clone()];
    said.extend(service.criticality.map(|c| c.word().to_owned()));
    said.extend(service.sla_group.clone());
    said.extend(Some(service.team.clone()).filter(|t| !t.is_empty()));
    notes.declare(DeclaredKind::Service, service.path.as_str(), &service.display_name, root.span, &said.join(", "));
}
