//! What agents say: which services a node has, how they are, and that the agent lives.

use std::collections::BTreeSet;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Query, State},
};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    body::{self, Want},
    push,
};
use crate::{
    domain::{
        estate::Estate,
        health::{
            Status,
            report::{HealthReport, from_replicas},
        },
        hierarchy::{NodePath, ServicePath},
    },
    server::{
        fault::Problem,
        http::{Keyed, Site, read_body},
        service::{AgentReception, Discovered},
        wire::health::ServiceView,
    },
};

/// Most services of one node in one call.
const SERVICES_LIMIT: usize = 5_000;

/// Most groups named in one warning, and most retired services in one answer.
const NAMED: usize = 10;

const FIELDS: [(&str, Want); 4] = [
    ("nodeId", Want::Text),
    ("operatorVersion", Want::Text),
    ("services", Want::Objects),
    ("slaGroups", Want::Objects),
];

const SERVICE_FIELDS: [(&str, Want); 9] = [
    ("name", Want::Text),
    ("status", Want::Text),
    ("replicas", Want::Count),
    ("readyReplicas", Want::Count),
    ("slaGroup", Want::Text),
    ("workloadType", Want::Text),
    ("serviceType", Want::Text),
    ("message", Want::Text),
    ("tags", Want::Texts),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeBody {
    node_id: Option<String>,
    #[serde(default)]
    services: Option<Vec<ServiceBody>>,
    #[serde(default)]
    sla_groups: Option<Vec<GroupBody>>,
}

/// The services once more, for the names of their fields alone.
#[derive(Default, Deserialize)]
struct NamesBody {
    services: Option<Vec<body::Names>>,
}

/// Of a group only its name is read: what it promises is declared in the repository.
#[derive(Deserialize)]
struct GroupBody {
    // Anything: what is only warned of must not cost the services that come with it.
    name: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceBody {
    name: Option<String>,
    status: Option<String>,
    replicas: Option<u32>,
    ready_replicas: Option<u32>,
    #[serde(default)]
    sla_group: Group,
    service_type: Option<String>,
    message: Option<String>,
    tags: Option<Vec<String>>,
}

/// Which group an agent says a service is in. Saying none is something else than saying nothing.
#[derive(Default)]
enum Group {
    #[default]
    Unsaid,
    Said(Option<String>),
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(given: D) -> Result<Self, D::Error> {
        Option::deserialize(given).map(Self::Said)
    }
}

/// Answer to an agent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentAnswer {
    success: bool,
    node_id: String,
    services: usize,
    warnings: Vec<String>,
}

/// Filter of the list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicesFilter {
    node_id: Option<String>,
}

/// The list.
#[derive(Serialize)]
pub struct ServicesAnswer {
    services: Vec<ServiceView>,
}

/// An agent names the services it found. One of which it does not say how it is, is only described.
///
/// # Errors
/// 400 for a body that makes no sense, 429 for too many new services.
pub async fn register(State(site): State<Site>, by: Keyed, body: Body) -> Result<Json<AgentAnswer>, Problem> {
    let said = read(&site, body).await?;
    let heard = site.core.agent_register(&by.name, said.node.clone(), said.services).await?;
    Ok(answer(&said.node, &heard, said.warnings))
}

/// An agent says how its services are.
///
/// # Errors
/// 400 for a body that makes no sense, 429 for too many new services.
pub async fn status(State(site): State<Site>, by: Keyed, body: Body) -> Result<Json<AgentAnswer>, Problem> {
    let Said { node, services, mut warnings } = read(&site, body).await?;
    let unsaid = services.iter().enumerate().filter(|(_, found)| !found.says_status);
    warnings.extend(unsaid.map(|(index, found)| in_list(index, &found.report.path, push::NO_STATUS)));
    let reports = services.into_iter().map(|found| found.report).collect();
    let heard = site.core.agent_status(&by.name, node.clone(), reports).await?;
    Ok(answer(&node, &heard, warnings))
}

/// An agent lives.
///
/// # Errors
/// 400 for a body that makes no sense.
pub async fn heartbeat(State(site): State<Site>, by: Keyed, body: Body) -> Result<Json<AgentAnswer>, Problem> {
    let said = read(&site, body).await?;
    site.core.agent_heartbeat(&by.name, said.node.clone()).await?;
    Ok(answer(&said.node, &AgentReception::default(), said.warnings))
}

/// Services as the core knows them, all or those of one node.
///
/// # Errors
/// 400 for a node that is none.
pub async fn services(
    State(site): State<Site>,
    _by: Keyed,
    Query(filter): Query<ServicesFilter>,
) -> Result<Json<ServicesAnswer>, Problem> {
    let node = filter.node_id.as_deref().map(NodePath::parse).transpose();
    let node = node.map_err(|why| Problem::invalid(crate::domain::text::clean_line(&why)))?;
    let wanted = |path: &ServicePath| node.as_ref().is_none_or(|node| path.is_under(node));
    let found: Vec<_> =
        site.core.read(|estate| estate.services.values().filter(|s| wanted(&s.path)).cloned().collect()).await;
    Ok(Json(ServicesAnswer { services: found.into_iter().map(Into::into).collect() }))
}

/// What an agent sent, as far as it could be read.
struct Said {
    node: NodePath,
    services: Vec<Discovered>,
    warnings: Vec<String>,
}

async fn read(site: &Site, body: Body) -> Result<Said, Problem> {
    let bytes = read_body(body).await?;
    let given: NodeBody = body::read(&bytes, &FIELDS, &SERVICE_FIELDS)?;
    let services = given.services.unwrap_or_default();
    if services.len() > SERVICES_LIMIT {
        let many = services.len();
        return Err(Problem::invalid(format!("field `services` has {many} entries; {SERVICES_LIMIT} is the most")));
    }
    let mut warnings = not_fields(&bytes);
    let named = given.sla_groups.unwrap_or_default();
    let text = |name: Option<serde_json::Value>| name.as_ref().and_then(|name| name.as_str()).map(str::to_owned);
    let named: BTreeSet<String> =
        named.into_iter().filter_map(|group| body::word("slaGroups", text(group.name), &mut warnings)).collect();
    // The node alone: a made-up fifth segment lets the one repair rule do its work.
    let made = ServicePath::repair_parts(given.node_id.as_deref(), Some("node"));
    warnings.extend(made.warnings);
    let node = made.path.node();
    let mut found = Vec::with_capacity(services.len());
    for (index, service) in services.into_iter().enumerate() {
        let mut said = Vec::new();
        let service = discovered(&node, service, &mut said);
        warnings.extend(said.iter().map(|said| in_list(index, &service.report.path, said)));
        found.push(service);
    }
    let joined: BTreeSet<String> = found.iter().filter_map(|found| found.report.sla_group.clone()).collect();
    let joined: BTreeSet<String> = joined.difference(&named).cloned().collect();
    for (field, groups) in [("slaGroups", named), ("services[].slaGroup", joined)] {
        if groups.is_empty() {
            continue;
        }
        let is_unknown = |estate: &Estate, name: &String| !estate.budgets.contains_key(name);
        let read = |estate: &Estate| groups.into_iter().filter(|name| is_unknown(estate, name)).collect();
        let unknown: Vec<String> = site.core.read(read).await;
        warnings.extend(undeclared(field, &unknown));
    }
    Ok(Said { node, services: found, warnings })
}

/// A warning about one of the services that came together.
fn in_list(index: usize, path: &ServicePath, warning: &str) -> String {
    format!("services[{index}] `{}`: {warning}", path.service())
}

fn not_fields(bytes: &Bytes) -> Vec<String> {
    let mut warnings = body::not_fields(bytes, &FIELDS);
    let given: NamesBody = serde_json::from_slice(bytes).unwrap_or_default();
    let names: BTreeSet<String> = given.services.into_iter().flatten().flat_map(body::Names::into_keys).collect();
    warnings.extend(body::not_fields_among(names.iter(), "services[].", &SERVICE_FIELDS));
    warnings
}

/// What is said of groups that only the agent knows: a promise is made where it can be reviewed and planned, so that it
/// is not taken from what one cluster was installed with.
fn undeclared(field: &str, groups: &[String]) -> Option<String> {
    let said = groups.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = groups.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!groups.is_empty()).then(|| {
        format!("{field}: nobody declares {said}{more}, so they have no budget; declare them in the repository")
    })
}

fn discovered(node: &NodePath, given: ServiceBody, warnings: &mut Vec<String>) -> Discovered {
    let made = ServicePath::repair_parts(Some(node.as_str()), given.name.as_deref());
    warnings.extend(made.warnings);
    let replicas = given.ready_replicas.zip(given.replicas);
    let status = agent_status(given.status.as_deref(), replicas, warnings);
    let (says_group, sla_group) = match given.sla_group {
        Group::Unsaid => (false, None),
        Group::Said(group) => (true, body::word("slaGroup", group, warnings)),
    };
    let report = HealthReport {
        path: made.path,
        status: status.unwrap_or_default(),
        message: body::message(given.message, warnings),
        criticality: None,
        sla_group,
        kind: body::word("serviceType", given.service_type, warnings),
        tags: body::tags(given.tags, warnings),
        replicas,
        at: None,
        ahead_ms: None,
    };
    Discovered { report, says_status: status.is_some(), says_group }
}

/// What the agent says counts (it may have probed); without a word the replicas do. None when it says neither.
fn agent_status(given: Option<&str>, replicas: Option<(u32, u32)>, warnings: &mut Vec<String>) -> Option<Status> {
    match given.map(str::trim).filter(|word| !word.is_empty()) {
        None => replicas.map(|_| from_replicas(replicas)),
        Some(word) => Some(push::status(Some(word), warnings)),
    }
}

fn answer(node: &NodePath, heard: &AgentReception, mut warnings: Vec<String>) -> Json<AgentAnswer> {
    warnings.extend(heard.retired.iter().take(NAMED).map(push::retired));
    if let Some(more @ 1..) = heard.retired.len().checked_sub(NAMED) {
        warnings.push(format!("{more} more services are retired: nothing of them was changed"));
    }
    Json(AgentAnswer { success: true, node_id: node.as_str().to_owned(), services: heard.taken, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_speak_where_the_agent_says_nothing() {
        let mut warnings = Vec::new();
        assert_eq!(agent_status(None, Some((1, 3)), &mut warnings), Some(Status::Degraded));
        assert_eq!(agent_status(Some(" "), Some((3, 3)), &mut warnings), Some(Status::Operational));
        assert_eq!(agent_status(Some("OPERATIONAL"), Some((0, 3)), &mut warnings), Some(Status::Operational));
        assert_eq!(agent_status(None, None, &mut warnings), None);
        assert!(warnings.is_empty());
    }
}
