//! Services: labelled ConfigMaps, in the flat `path:` form and the nested `hierarchy:` form.
//!
//! The text of a data key is YAML of its own; its lines and columns are those of the file.

use std::collections::BTreeSet;

use super::{
    agent::Agent,
    cronjobs::{Job, Report},
    notes::Notes,
    recognise::{Documents, Kind, SERVICE_KEYS},
    yaml::{Node, Origin, Span, parse},
};
use crate::domain::{
    gitops::{DeclaredKind, DeclaredService, FaultCode, Place, Registry},
    health::{Backup, Criticality, Dependency},
    hierarchy::ServicePath,
};

const FLAT_KEYS: &[&str] = &[
    "path",
    "displayName",
    "description",
    "type",
    "tags",
    "team",
    "slaGroup",
    "criticality",
    "workload",
    "backup",
    "health",
    "dependencies",
    "relations",
    "runbook",
    "ownership",
    "version",
];
const NESTED_KEYS: &[&str] = &[
    "version",
    "hierarchy",
    "service",
    "metadata",
    "operations",
    "ownership",
    "placement",
    "health",
    "dependencies",
    "relations",
    "runbook",
];
const HIERARCHY_KEYS: &[&str] = &["organization", "platform", "environment", "cluster", "service"];
const SERVICE_FIELDS: &[&str] = &[
    "name",
    "displayName",
    "description",
    "criticality",
    "slaGroup",
    "workloadType",
    "workloadName",
    "tags",
    "metadata",
    "team",
    "type",
];
const METADATA_KEYS: &[&str] =
    &["serviceType", "usedBy", "displayName", "description", "runbook", "team", "tags", "requires"];
const BACKUP_KEYS: &[&str] = &["expected", "maxAgeDays", "storageSize", "schedule", "retention"];
const HEALTH_KEYS: &[&str] = &["enabled", "port", "path", "interval", "timeout", "endpoint"];
const WORKLOADS: &[&str] = &["deployment", "statefulset", "daemonset"];
/// Tags that say what a service is when it does not say so itself.
const TYPE_TAGS: &[&str] = &[
    "database", "cache", "queue", "storage", "gateway", "router", "firewall", "network", "api", "web", "worker", "s3",
    "rds", "ebs",
];

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
        for entry in &entries {
            out.extend(embedded(&entry.node, notes));
        }
        if entries.is_empty() && out.len() == before {
            let message = format!("labelled as a service, but without `{}` under `data`", SERVICE_KEYS[0]);
            notes.fault(FaultCode::BadField, document.node.span, message, "add it, or take the label away");
        }
    }
    for document in documents.of(Kind::BareService) {
        out.extend(service(document.node, notes));
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
        [root] if root.is_map() => service(root, notes),
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

fn service(root: &Node, notes: &mut Notes) -> Option<Draft> {
    if root.get("path").is_some() || root.get("hierarchy").is_none() && root.get("placement").is_none() {
        flat(root, notes)
    } else {
        nested(root, notes)
    }
}

fn flat(root: &Node, notes: &mut Notes) -> Option<Draft> {
    notes.only_keys(root, FLAT_KEYS, "a service");
    let text = notes.need(root, "path", "a service")?;
    let identity = root.get("path").map_or(root.span, |n| n.span);
    let path = service_path(&text, identity, notes)?;
    let workload = notes.map(root, "workload").map(|node| {
        notes.only_keys(node, &["type", "name"], "workload");
        let kind = workload_type(node, "type", notes).unwrap_or_else(|| WORKLOADS[0].to_owned());
        (kind, notes.text(node, "name").unwrap_or_else(|| path.service().to_owned()))
    });
    let mut draft = Draft {
        service: blank(path, notes.place(root.span)),
        requires: Vec::new(),
        used_by: Vec::new(),
        group: root.get("slaGroup").map(|n| n.span),
        identity,
        is_flat: true,
    };
    draft.service.workload = workload;
    let owner = notes.map(root, "ownership").and_then(|o| notes.text(o, "team"));
    words(&mut draft, &[root], notes);
    draft.service.team = notes.text(root, "team").or(owner).unwrap_or_default();
    draft.service.kind = notes.text(root, "type").unwrap_or_else(|| kind_by_tags(&draft.service.tags));
    draft.service.backup = notes.map(root, "backup").map(|node| backup(node, notes));
    draft.service.runbook = runbook(root, notes);
    shared(root, &mut draft, notes);
    declared(&draft, root, notes);
    Some(draft)
}

fn nested(root: &Node, notes: &mut Notes) -> Option<Draft> {
    notes.only_keys(root, NESTED_KEYS, "a service");
    let empty = Node { span: root.span, value: super::yaml::Value::Map(Vec::new()) };
    let about = notes.map(root, "service").unwrap_or(&empty);
    let metadata =
        notes.map(root, "metadata").or_else(|| about.get("metadata").filter(|n| n.is_map())).unwrap_or(&empty);
    notes.only_keys(about, SERVICE_FIELDS, "service");
    notes.only_keys(metadata, METADATA_KEYS, "metadata");
    let (path, identity) = nested_path(root, about, notes)?;
    let kind = workload_type(about, "workloadType", notes);
    let name = notes.text(about, "workloadName");
    let mut draft = Draft {
        service: blank(path, notes.place(root.span)),
        requires: Vec::new(),
        used_by: Vec::new(),
        group: about.get("slaGroup").map(|n| n.span),
        identity,
        is_flat: false,
    };
    let service_name = draft.service.path.service().to_owned();
    draft.service.workload = match (kind, name) {
        (None, None) => None,
        (kind, name) => Some((kind.unwrap_or_else(|| WORKLOADS[0].to_owned()), name.unwrap_or(service_name))),
    };
    words(&mut draft, &[about, metadata], notes);
    let owner = notes.map(root, "ownership").and_then(|o| notes.text(o, "team"));
    draft.service.team =
        owner.or_else(|| notes.text(about, "team")).or_else(|| notes.text(metadata, "team")).unwrap_or_default();
    draft.service.kind = notes
        .text(metadata, "serviceType")
        .or_else(|| notes.text(about, "type"))
        .unwrap_or_else(|| kind_by_tags(&draft.service.tags));
    if let Some(operations) = notes.map(root, "operations") {
        draft.service.backup = notes.map(operations, "backup").map(|node| backup(node, notes));
    }
    draft.service.runbook = runbook(metadata, notes).or_else(|| runbook(root, notes));
    for item in notes.list(metadata, "usedBy") {
        if let Some(name) = notes.need(item, "name", "an entry of `usedBy`") {
            draft.used_by.push(User { name, span: item.get("name").map_or(item.span, |n| n.span) });
        }
    }
    shared(root, &mut draft, notes);
    declared(&draft, root, notes);
    Some(draft)
}

/// The path of the nested form: `hierarchy`, or the one-line `placement.node` with `service.name`.
fn nested_path(root: &Node, about: &Node, notes: &mut Notes) -> Option<(ServicePath, Span)> {
    if let Some(hierarchy) = notes.map(root, "hierarchy") {
        notes.only_keys(hierarchy, HIERARCHY_KEYS, "hierarchy");
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
    let node = notes.need(placement, "node", "`placement`")?;
    let name = notes.need(about, "name", "`service`")?;
    let span = placement.get("node").map_or(placement.span, |n| n.span);
    service_path(&format!("{node}/{name}"), span, notes).map(|path| (path, span))
}

fn service_path(text: &str, span: Span, notes: &mut Notes) -> Option<ServicePath> {
    ServicePath::parse(text)
        .map_err(|why| notes.fault(FaultCode::BadPath, span, why, "organization/platform/environment/cluster/service"))
        .ok()
}

fn blank(path: ServicePath, place: Place) -> DeclaredService {
    DeclaredService {
        display_name: title_case(path.service()),
        path,
        description: String::new(),
        kind: String::new(),
        team: String::new(),
        tags: Vec::new(),
        criticality: None,
        sla_group: None,
        runbook: None,
        workload: None,
        requires: Vec::new(),
        used_by: Vec::new(),
        backup: None,
        every_ms: None,
        place,
    }
}

/// `payment-api` as `Payment Api`.
fn title_case(segment: &str) -> String {
    let words = segment.split(['-', '_', '.']).filter(|w| !w.is_empty());
    let cased: Vec<String> = words
        .map(|w| {
            let mut chars = w.chars();
            chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
        })
        .collect();
    cased.join(" ")
}

/// Fields that both forms have, from the first node that gives them.
fn words(draft: &mut Draft, nodes: &[&Node], notes: &mut Notes) {
    let service = &mut draft.service;
    for node in nodes.iter().rev() {
        if let Some(name) = notes.text(node, "displayName") {
            service.display_name = name;
        }
        if let Some(text) = notes.text(node, "description") {
            service.description = text;
        }
        let tags = notes.texts(node, "tags");
        if !tags.is_empty() {
            service.tags = tags;
        }
        service.sla_group = notes.text(node, "slaGroup").or(service.sla_group.take());
        if let Some(word) = notes.text(node, "criticality") {
            service.criticality = Criticality::parse(&word);
            if service.criticality.is_none() {
                let span = node.get("criticality").map_or(node.span, |n| n.span);
                let message = format!("`{word}` is no criticality");
                notes.fault(FaultCode::BadField, span, message, "one of critical, high, medium, low");
            }
        }
    }
}

fn kind_by_tags(tags: &[String]) -> String {
    let told = tags.iter().map(|t| t.to_lowercase()).find(|t| TYPE_TAGS.contains(&t.as_str()));
    told.unwrap_or_else(|| "service".to_owned())
}

fn workload_type(node: &Node, key: &str, notes: &mut Notes) -> Option<String> {
    let word = notes.text(node, key)?.to_lowercase();
    if WORKLOADS.contains(&word.as_str()) {
        return Some(word);
    }
    let span = node.get(key).map_or(node.span, |n| n.span);
    notes.fault(
        FaultCode::BadField,
        span,
        format!("`{word}` is no kind of workload"),
        "deployment, statefulset or daemonset",
    );
    None
}

fn backup(node: &Node, notes: &mut Notes) -> Backup {
    notes.only_keys(node, BACKUP_KEYS, "backup");
    Backup {
        expected: notes.flag(node, "expected").unwrap_or(false),
        max_age_days: notes.whole(node, "maxAgeDays").unwrap_or(1).max(1),
        schedule: notes.text(node, "schedule").unwrap_or_default(),
        ..Backup::default()
    }
}

fn runbook(node: &Node, notes: &mut Notes) -> Option<String> {
    let text = notes.text(node, "runbook")?;
    let is_link = url::Url::parse(&text).is_ok_and(|u| u.scheme() == "https" && u.has_host());
    if is_link {
        return Some(text);
    }
    let span = node.get("runbook").map_or(node.span, |n| n.span);
    notes.fault(FaultCode::BadField, span, "`runbook` must be an https link".to_owned(), "https://...");
    None
}

/// Probe and dependencies, the same in both forms.
fn shared(root: &Node, draft: &mut Draft, notes: &mut Notes) {
    if let Some(health) = notes.map(root, "health") {
        probe(health, notes);
    }
    let Some(dependencies) = notes.map(root, "dependencies") else {
        return;
    };
    notes.only_keys(dependencies, &["requires", "usedBy"], "dependencies");
    for item in notes.list(dependencies, "requires") {
        if let Some((path, span)) = dependency(item, "requires", notes) {
            let critical = if item.is_map() { notes.flag(item, "critical").unwrap_or(false) } else { false };
            if path == draft.service.path {
                notes.fault(FaultCode::BadField, span, "a service cannot require itself".to_owned(), "remove it");
                continue;
            }
            draft.service.requires.push(Dependency { path, critical });
            draft.requires.push(span);
        }
    }
    for item in notes.list(dependencies, "usedBy") {
        if let Some((path, span)) = dependency(item, "usedBy", notes) {
            draft.used_by.push(User { name: path.as_str().to_owned(), span });
        }
    }
}

fn dependency(item: &Node, list: &str, notes: &mut Notes) -> Option<(ServicePath, Span)> {
    if let Some(scalar) = item.scalar() {
        return service_path(&scalar.line(), item.span, notes).map(|p| (p, item.span));
    }
    notes.only_keys(item, &["path", "critical", "name", "displayName"], &format!("`{list}`"));
    let text = notes.need(item, "path", &format!("an entry of `{list}`"))?;
    let span = item.get("path").map_or(item.span, |n| n.span);
    service_path(&text, span, notes).map(|p| (p, span))
}

fn probe(node: &Node, notes: &mut Notes) {
    notes.only_keys(node, HEALTH_KEYS, "health");
    notes.flag(node, "enabled");
    notes.text(node, "path");
    if let Some(port) = notes.whole(node, "port").filter(|p| !(1..=65_535).contains(p)) {
        let span = node.get("port").map_or(node.span, |n| n.span);
        notes.fault(FaultCode::BadField, span, format!("{port} is no port"), "from 1 to 65535");
    }
    for key in ["interval", "timeout"] {
        if let Some(word) = notes.text(node, key)
            && humantime::parse_duration(&word).is_err()
        {
            let span = node.get(key).map_or(node.span, |n| n.span);
            notes.fault(FaultCode::BadField, span, format!("`{word}` is no length of time"), "such as 30s or 1m");
        }
    }
    if let Some(address) = notes.text(node, "endpoint")
        && url::Url::parse(&address).is_err()
    {
        let span = node.get("endpoint").map_or(node.span, |n| n.span);
        notes.fault(
            FaultCode::BadField,
            span,
            "`endpoint` must be a whole address".to_owned(),
            "http://host:port/path",
        );
    }
}

fn declared(draft: &Draft, root: &Node, notes: &mut Notes) {
    let service = &draft.service;
    let mut said = vec![service.kind.clone()];
    said.extend(service.criticality.map(|c| c.word().to_owned()));
    said.extend(service.sla_group.clone());
    said.extend(Some(service.team.clone()).filter(|t| !t.is_empty()));
    notes.declare(DeclaredKind::Service, service.path.as_str(), &service.display_name, root.span, &said.join(", "));
}

/// Put the services into the registry, with what other files say about them.
pub fn register(
    registry: &mut Registry,
    drafts: Vec<Draft>,
    agents: &[Agent],
    jobs: &[Job],
    notes: &mut Notes,
) -> Vec<Draft> {
    let clusters: BTreeSet<&str> =
        agents.iter().filter_map(|a| a.node.as_ref()).map(crate::domain::hierarchy::NodePath::name).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_is_the_last_segment_in_title_case() {
        assert_eq!(title_case("payment-api_v2"), "Payment Api V2");
    }

    #[test]
    fn kind_is_told_by_a_tag_or_is_service() {
        assert_eq!(kind_by_tags(&["Postgres".into(), "Database".into()]), "database");
        assert_eq!(kind_by_tags(&["tier-0".into()]), "service");
    }
}
