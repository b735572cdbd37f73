//! Fields that both forms of a service have, with their defaults.

use super::{Draft, User};
use crate::{
    domain::{
        gitops::{DeclaredService, FaultCode, Place, Probe},
        health::{Backup, Criticality, Dependency},
        hierarchy::ServicePath,
        time::SECOND,
    },
    gitops::{
        notes::Notes,
        schema::{Table, service as tables},
        yaml::{Node, Span},
    },
};

/// Tags that say what a service is when it does not say so itself.
const TYPE_TAGS: &[&str] = &[
    "database", "cache", "queue", "storage", "gateway", "router", "firewall", "network", "api", "web", "worker", "s3",
    "rds", "ebs",
];

/// A whole path, or a fault.
pub fn service_path(text: &str, span: Span, notes: &mut Notes) -> Option<ServicePath> {
    ServicePath::parse(text)
        .map_err(|why| notes.fault(FaultCode::BadPath, span, why, "organization/platform/environment/cluster/service"))
        .ok()
}

/// A service of which only the path is known.
pub fn blank(path: ServicePath, place: Place) -> DeclaredService {
    // What kind it is may yet be told by a tag.
    let (display_name, kind) = (title_case(path.service()), String::new());
    DeclaredService { display_name, kind, ..DeclaredService::new(path, place) }
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
pub fn words(draft: &mut Draft<DeclaredService>, nodes: &[&Node], notes: &mut Notes) {
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
        if node.get("criticality").is_some() {
            let word = notes.choice(node, "criticality", tables::CRITICALITIES, FaultCode::BadField, "criticality");
            service.criticality = word.and_then(|word| Criticality::parse(&word));
        }
    }
}

/// What a service is by its tags.
pub fn kind_by_tags(tags: &[String]) -> String {
    let told = tags.iter().map(|t| t.to_lowercase()).find(|t| TYPE_TAGS.contains(&t.as_str()));
    told.unwrap_or_else(|| "service".to_owned())
}

/// A kind of workload, or a fault.
pub fn workload_type(node: &Node, key: &str, notes: &mut Notes) -> Option<String> {
    let word = notes.text(node, key)?.to_lowercase();
    if tables::WORKLOADS.contains(&word.as_str()) {
        return Some(word);
    }
    notes.choice(node, key, tables::WORKLOADS, FaultCode::BadField, "kind of workload")
}

/// The duty to back up.
pub fn backup(node: &Node, service: &mut DeclaredService, notes: &mut Notes) {
    notes.only_keys(node, &tables::BACKUP);
    service.backup_storage = notes.text(node, "storageSize").unwrap_or_default();
    service.backup_retention = notes.text(node, "retention").unwrap_or_default();
    service.backup = Some(Backup {
        expected: notes.flag(node, "expected").unwrap_or(false),
        max_age_days: notes.whole(node, "maxAgeDays").unwrap_or(1).max(1),
        schedule: notes.text(node, "schedule").unwrap_or_default(),
        ..Backup::default()
    });
}

/// An https link, or a fault.
pub fn runbook(node: &Node, notes: &mut Notes) -> Option<String> {
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
pub fn shared(root: &Node, draft: &mut Draft<DeclaredService>, notes: &mut Notes) {
    if let Some(health) = notes.map(root, "health") {
        draft.service.probe = probe(health, notes);
    }
    for item in notes.list(root, "relations") {
        let kind = if item.is_map() { notes.text(item, "type") } else { None };
        if let Some((path, span)) = dependency(item, &tables::RELATION, notes) {
            draft.service.relations.push((kind.unwrap_or_else(|| "related".to_owned()), path));
            draft.relations.push(span);
        }
    }
    let Some(dependencies) = notes.map(root, "dependencies") else {
        return;
    };
    notes.only_keys(dependencies, &tables::DEPENDENCIES);
    for item in notes.list(dependencies, "requires") {
        if let Some((path, span)) = dependency(item, &tables::REQUIRED, notes) {
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
        if let Some((path, span)) = dependency(item, &tables::USER, notes) {
            draft.used_by.push(User { name: path.as_str().to_owned(), span });
        }
    }
}

fn dependency(item: &Node, table: &'static Table, notes: &mut Notes) -> Option<(ServicePath, Span)> {
    if let Some(scalar) = item.scalar() {
        return service_path(&scalar.line(), item.span, notes).map(|p| (p, item.span));
    }
    notes.only_keys(item, table);
    let text = notes.need(item, "path", &format!("an entry of {}", table.what))?;
    let span = item.get("path").map_or(item.span, |n| n.span);
    service_path(&text, span, notes).map(|p| (p, span))
}

/// How the agent asks it; none when that is not switched on.
fn probe(node: &Node, notes: &mut Notes) -> Option<Probe> {
    notes.only_keys(node, &tables::HEALTH);
    let enabled = notes.flag(node, "enabled").unwrap_or(false);
    let path = notes.text(node, "path").unwrap_or_else(|| "/healthz".to_owned());
    if !path.starts_with('/') {
        let span = node.get("path").map_or(node.span, |n| n.span);
        notes.fault(FaultCode::BadField, span, format!("`{path}` does not begin with a slash"), "such as /healthz");
    }
    let port = notes.port(node, "port").unwrap_or(80);
    let interval_ms = notes.duration(node, "interval").unwrap_or(30 * SECOND);
    let timeout_ms = notes.duration(node, "timeout").unwrap_or(5 * SECOND);
    let endpoint = notes.text(node, "endpoint").filter(|address| {
        let is_whole = url::Url::parse(address).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        if !is_whole {
            let span = node.get("endpoint").map_or(node.span, |n| n.span);
            let message = "`endpoint` must be a whole address".to_owned();
            notes.fault(FaultCode::BadField, span, message, "http://host:port/path");
        }
        is_whole
    });
    enabled.then_some(Probe { port, path, endpoint, interval_ms, timeout_ms })
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
