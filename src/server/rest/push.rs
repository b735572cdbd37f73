//! Pushes of health, storage and backups.

use axum::{Json, body::Body, extract::State};
use serde::{Deserialize, Serialize};

use super::body::{self, Want};
use crate::{
    domain::{
        estate::Estate,
        health::{BackupOutcome, Criticality, Status, Storage, report::HealthReport},
        hierarchy::ServicePath,
        text::clean_line,
    },
    server::{
        fault::Problem,
        http::{Keyed, Site, read_body},
        service::{BackupTarget, Reception},
        wire::health::free_percent,
    },
};

/// The warning for a report that does not say how a service is.
pub(super) const NO_STATUS: &str = "status: missing; stored as UNKNOWN";

const IDENTITY: [(&str, Want); 3] = [("path", Want::Text), ("nodeId", Want::Text), ("service", Want::Text)];

const HEALTH_FIELDS: [(&str, Want); 12] = [
    IDENTITY[0],
    IDENTITY[1],
    IDENTITY[2],
    ("status", Want::Text),
    ("message", Want::Text),
    ("criticality", Want::Text),
    ("slaGroup", Want::Text),
    ("serviceType", Want::Text),
    ("tags", Want::Texts),
    ("replicas", Want::Count),
    ("readyReplicas", Want::Count),
    ("timestamp", Want::Text),
];

const STORAGE_FIELDS: [(&str, Want); 8] = [
    IDENTITY[0],
    IDENTITY[1],
    IDENTITY[2],
    ("allocatedBytes", Want::Number),
    ("usedBytes", Want::Number),
    ("storageType", Want::Text),
    ("mountPath", Want::Text),
    ("timestamp", Want::Text),
];

const BACKUP_FIELDS: [(&str, Want); 9] = [
    IDENTITY[0],
    IDENTITY[1],
    IDENTITY[2],
    ("slaGroup", Want::Text),
    ("namespace", Want::Text),
    ("status", Want::Text),
    ("sizeBytes", Want::Number),
    ("message", Want::Text),
    ("timestamp", Want::Text),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HealthBody {
    path: Option<String>,
    node_id: Option<String>,
    service: Option<String>,
    status: Option<String>,
    message: Option<String>,
    criticality: Option<String>,
    sla_group: Option<String>,
    service_type: Option<String>,
    tags: Option<Vec<String>>,
    replicas: Option<u32>,
    ready_replicas: Option<u32>,
    timestamp: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StorageBody {
    path: Option<String>,
    node_id: Option<String>,
    service: Option<String>,
    allocated_bytes: Option<serde_json::Number>,
    used_bytes: Option<serde_json::Number>,
    storage_type: Option<String>,
    mount_path: Option<String>,
    timestamp: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BackupBody {
    path: Option<String>,
    node_id: Option<String>,
    service: Option<String>,
    sla_group: Option<String>,
    namespace: Option<String>,
    status: Option<String>,
    size_bytes: Option<serde_json::Number>,
    message: Option<String>,
    timestamp: Option<String>,
}

/// Answer of a push.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PushAnswer {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    free_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    affected: Option<usize>,
    warnings: Vec<String>,
}

/// How a service is. The first push makes it.
///
/// # Errors
/// 400 for a body that makes no sense, 429 for too many new services.
pub async fn health(State(site): State<Site>, by: Keyed, body: Body) -> Result<Json<PushAnswer>, Problem> {
    let bytes = read_body(body).await?;
    let given: HealthBody = body::read(&bytes, &HEALTH_FIELDS, &[])?;
    let mut warnings = body::not_fields(&bytes, &HEALTH_FIELDS);
    let path = identity(given.path, given.node_id, given.service, &mut warnings);
    let status = status(given.status.as_deref(), &mut warnings);
    let now = site.world.now();
    let at = body::health_time(given.timestamp.as_deref(), now, &mut warnings)?;
    let report = HealthReport {
        path: path.clone(),
        status,
        message: body::message(given.message, &mut warnings),
        criticality: criticality(given.criticality.as_deref(), &mut warnings),
        sla_group: body::word("slaGroup", given.sla_group, &mut warnings),
        kind: body::word("serviceType", given.service_type, &mut warnings),
        tags: body::tags(given.tags, &mut warnings),
        replicas: given.ready_replicas.zip(given.replicas),
        at,
        ahead_ms: body::ahead_ms(given.timestamp.as_deref(), now),
    };
    if let Some(group) = report.sla_group.clone() {
        let is_declared = |estate: &Estate| estate.budgets.contains_key(&group);
        if !site.core.read(is_declared).await {
            warnings.push(format!(
                "slaGroup: nobody declares `{group}`, so it has no budget; declare it in the repository"
            ));
        }
    }
    if site.core.report_health(&by.name, report).await? == Reception::Retired {
        warnings.push(retired(&path));
    }
    Ok(Json(answer(&path, status.word(), warnings)))
}

/// How full a storage is.
///
/// # Errors
/// 400 for a body that makes no sense, 429 for too many new services.
pub async fn storage(State(site): State<Site>, by: Keyed, body: Body) -> Result<Json<PushAnswer>, Problem> {
    let bytes = read_body(body).await?;
    let given: StorageBody = body::read(&bytes, &STORAGE_FIELDS, &[])?;
    let mut warnings = body::not_fields(&bytes, &STORAGE_FIELDS);
    let now = site.world.now();
    let storage = Storage {
        allocated_bytes: body::bytes("allocatedBytes", given.allocated_bytes.as_ref())?,
        used_bytes: body::bytes("usedBytes", given.used_bytes.as_ref())?,
        storage_type: body::word("storageType", given.storage_type, &mut warnings).unwrap_or_default(),
        mount_path: body::word("mountPath", given.mount_path, &mut warnings).unwrap_or_default(),
        at: body::time(given.timestamp.as_deref(), now, &mut warnings)?.unwrap_or(now),
    };
    if storage.used_bytes > storage.allocated_bytes {
        warnings.push("usedBytes: more than allocatedBytes; counted as full".to_owned());
    }
    let path = identity(given.path, given.node_id, given.service, &mut warnings);
    if site.core.report_storage(&by.name, path.clone(), storage.clone()).await? == Reception::Retired {
        warnings.push(retired(&path));
    }
    let mut answer = answer(&path, storage.state().word(), warnings);
    answer.free_percent = free_percent(&storage);
    Ok(Json(answer))
}

/// How a backup ended: of a service, of the members of a group, or in a namespace.
///
/// # Errors
/// 400 for a body that makes no sense, 404 for a group or namespace of which no service expects a backup.
pub async fn backup(State(site): State<Site>, by: Keyed, body: Body) -> Result<Json<PushAnswer>, Problem> {
    let bytes = read_body(body).await?;
    let given: BackupBody = body::read(&bytes, &BACKUP_FIELDS, &[])?;
    let mut warnings = body::not_fields(&bytes, &BACKUP_FIELDS);
    let outcome = given
        .status
        .as_deref()
        .and_then(BackupOutcome::parse)
        .ok_or_else(|| Problem::invalid("field `status` must be one of success, failed, partial"))?;
    let size = given.size_bytes.as_ref().map(|n| body::bytes("sizeBytes", Some(n))).transpose()?;
    let at = body::time(given.timestamp.as_deref(), site.world.now(), &mut warnings)?;
    let message = body::message(given.message, &mut warnings);
    let group = body::word("slaGroup", given.sla_group, &mut warnings);
    let namespace = body::word("namespace", given.namespace, &mut warnings);
    let names_service =
        [&given.path, &given.node_id, &given.service].into_iter().flatten().any(|given| is_given(given));
    if usize::from(names_service) + usize::from(group.is_some()) + usize::from(namespace.is_some()) > 1 {
        warnings.push("several targets given; a service goes before slaGroup, slaGroup before namespace".to_owned());
    }
    let (target, path) = match (group, namespace) {
        (Some(group), _) if !names_service => (BackupTarget::SlaGroup(group), None),
        (None, Some(namespace)) if !names_service => (BackupTarget::Namespace(namespace), None),
        _ => {
            let path = identity(given.path, given.node_id, given.service, &mut warnings);
            (BackupTarget::Service(path.clone()), Some(path))
        }
    };
    let affected = site.core.report_backup(&by.name, target, outcome, size, message, at).await?;
    warnings.extend(path.as_ref().filter(|_| affected == 0).map(retired));
    Ok(Json(PushAnswer {
        success: true,
        service_name: path.as_ref().map(|p| p.service().to_owned()),
        path: path.map(|p| p.as_str().to_owned()),
        status: outcome.word(),
        free_percent: None,
        affected: Some(affected),
        warnings,
    }))
}

/// The warning for a report of a service that was declared once.
pub(super) fn retired(path: &ServicePath) -> String {
    format!("{path} is retired: nothing was changed; it is declared no more")
}

fn is_given(name: &str) -> bool {
    !name.trim().is_empty()
}

/// The path of a service out of whatever names it; repaired, never dropped. What is empty counts as not given.
fn identity(
    path: Option<String>,
    node_id: Option<String>,
    service: Option<String>,
    warnings: &mut Vec<String>,
) -> ServicePath {
    let [path, node_id, service] = [path, node_id, service].map(|given| given.filter(|given| is_given(given)));
    let parts = (node_id.is_some() || service.is_some())
        .then(|| ServicePath::repair_parts(node_id.as_deref(), service.as_deref()));
    let Some(path) = path else {
        let made = parts.unwrap_or_else(|| ServicePath::repair_parts(None, None));
        warnings.extend(made.warnings);
        return made.path;
    };
    let made = ServicePath::repair(&path);
    warnings.extend(made.warnings);
    if parts.is_some_and(|parts| parts.path != made.path) {
        warnings.push("path and nodeId with service name different services; path was used".to_owned());
    }
    made.path
}

/// The status for a word; what is not known is UNKNOWN, and said.
pub(super) fn status(given: Option<&str>, warnings: &mut Vec<String>) -> Status {
    match given.map(str::trim) {
        None | Some("") => {
            warnings.push(NO_STATUS.to_owned());
            Status::Unknown
        }
        Some(word) => Status::parse(word).unwrap_or_else(|| {
            let word: String = clean_line(word).chars().take(40).collect();
            warnings.push(format!("status: `{word}` is not a status; stored as UNKNOWN"));
            Status::Unknown
        }),
    }
}

fn criticality(given: Option<&str>, warnings: &mut Vec<String>) -> Option<Criticality> {
    let word = given?.trim();
    let known = Criticality::parse(word);
    if known.is_none() {
        let word: String = clean_line(word).chars().take(40).collect();
        warnings.push(format!("criticality: `{word}` is not one of critical, high, medium, low; left as it was"));
    }
    known
}

fn answer(path: &ServicePath, status: &'static str, warnings: Vec<String>) -> PushAnswer {
    PushAnswer {
        success: true,
        service_name: Some(path.service().to_owned()),
        path: Some(path.as_str().to_owned()),
        status,
        free_percent: None,
        affected: None,
        warnings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_wins_over_node_and_service_and_says_so() {
        let mut warnings = Vec::new();
        let some = |s: &str| Some(s.to_owned());
        let path = identity(some("a/b/c/d/e"), some("a/b/c/x"), some("e"), &mut warnings);
        assert_eq!(path.as_str(), "a/b/c/d/e");
        assert_eq!(warnings.len(), 1);
        warnings.clear();
        identity(some("a/b/c/d/e"), some("a/b/c/d"), some("e"), &mut warnings);
        assert!(warnings.is_empty(), "they agree");
    }

    #[test]
    fn an_unknown_word_is_unknown_and_said() {
        let mut warnings = Vec::new();
        assert_eq!(status(Some("kaputt\u{1b}"), &mut warnings), Status::Unknown);
        assert!(warnings[0].contains("kaputt\u{fffd}"));
        assert_eq!(status(Some("outage"), &mut warnings), Status::Down);
        assert_eq!(warnings.len(), 1);
    }
}
