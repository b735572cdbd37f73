//! Values of the agent: its node and the SLA groups that it brings.

use std::collections::BTreeSet;

use super::{
    layers::Layered,
    notes::Notes,
    portal,
    recognise::Chart,
    yaml::{Node, Scalar, Span},
};
use crate::domain::{
    gitops::{DeclaredKind, FaultCode},
    hierarchy::{NodePath, path::NODE_DEPTH},
    sla::{Aggregation, Period, Target, Tier},
};

const KEYS: &[&str] = &["node", "itops", "watch", "slaGroups", "features"];
const GROUP_KEYS: &[&str] =
    &["name", "displayName", "description", "tier", "targets", "period", "aggregation", "selfDeclaredMaintenance"];
const TARGET_KEYS: &[&str] =
    &["uptime", "responseTime", "resolutionTime", "period", "aggregation", "selfDeclaredMaintenance"];

/// One agent.
pub struct Agent {
    /// The node it reports for.
    pub node: Option<NodePath>,
    /// The groups it brings.
    pub groups: Vec<AgentGroup>,
}

/// An SLA group as one agent declares it.
pub struct AgentGroup {
    /// Short name.
    pub name: String,
    /// Label.
    pub display_name: String,
    /// Class of promise.
    pub tier: Tier,
    /// Its own target, when it has one.
    pub target: Option<Target>,
    /// Over what, when it says.
    pub period: Option<Period>,
    /// How members add up, when it says.
    pub aggregation: Option<Aggregation>,
    /// How fast somebody should react, in milliseconds.
    pub response_ms: Option<i64>,
    /// How fast it should be mended, in milliseconds.
    pub resolution_ms: Option<i64>,
    /// Where.
    pub span: Span,
}

/// Every agent of the repository.
pub fn read_all(releases: &[Layered], notes: &mut Notes) -> Vec<Agent> {
    let mut nodes = BTreeSet::new();
    let mut agents = Vec::new();
    for release in releases.iter().filter(|r| r.chart == Chart::Agent) {
        let agent = read(&release.node, notes);
        if let Some(node) = &agent.node
            && !nodes.insert(node.clone())
        {
            let span = release.node.at(&["node", "id"]).map_or(release.node.span, |n| n.span);
            notes.fault(
                FaultCode::DuplicateName,
                span,
                format!("two agents report for `{node}`"),
                "one agent per cluster",
            );
            continue;
        }
        agents.push(agent);
    }
    agents
}

fn read(root: &Node, notes: &mut Notes) -> Agent {
    notes.near_misses(root, KEYS, "the agent's values");
    let node = node_id(root, notes);
    if root.at(&["itops", "url"]).is_none() {
        let span = root.entry("itops").map_or(root.span, |e| e.key_span);
        notes.fault(FaultCode::BadField, span, "the agent's values need `itops.url`".to_owned(), "");
    }
    let mut names = BTreeSet::new();
    let mut groups = Vec::new();
    for item in notes.list(root, "slaGroups") {
        let Some(group) = group(item, node.as_ref(), notes) else {
            continue;
        };
        if names.insert(group.name.clone()) {
            groups.push(group);
        } else {
            let message = format!("SLA group `{}` is declared twice by this agent", group.name);
            notes.fault(FaultCode::DuplicateName, item.span, message, "keep one of them");
        }
    }
    Agent { node, groups }
}

fn node_id(root: &Node, notes: &mut Notes) -> Option<NodePath> {
    let Some(id) = root.at(&["node", "id"]) else {
        let span = root.entry("node").map_or(root.span, |e| e.key_span);
        notes.fault(FaultCode::BadField, span, "the agent's values need `node.id`".to_owned(), "four segments");
        return None;
    };
    let text = id.scalar().map(Scalar::line).unwrap_or_default();
    match NodePath::parse(&text) {
        Ok(node) if node.depth() == NODE_DEPTH => Some(node),
        _ => {
            let message = format!("`{text}` is not a node: organization/platform/environment/cluster");
            notes.fault(FaultCode::BadPath, id.span, message, "an agent stands for one cluster: four segments");
            None
        }
    }
}

fn group(item: &Node, node: Option<&NodePath>, notes: &mut Notes) -> Option<AgentGroup> {
    let name = notes.need(item, "name", "an SLA group")?;
    notes.only_keys(item, GROUP_KEYS, "an SLA group");
    let display_name = notes.text(item, "displayName").unwrap_or_else(|| name.clone());
    let tier = notes.text(item, "tier").unwrap_or_else(|| "medium".to_owned());
    let targets = notes.map(item, "targets");
    let mut target = None;
    let (mut response_ms, mut resolution_ms) = (None, None);
    let (mut period, mut aggregation) = promise(item, notes);
    if let Some(targets) = targets {
        notes.only_keys(targets, TARGET_KEYS, "targets");
        if let Some(uptime) = targets.get("uptime") {
            target = portal::uptime(uptime, &name, notes);
        }
        response_ms = notes.duration(targets, "responseTime");
        resolution_ms = notes.duration(targets, "resolutionTime");
        let inner = promise(targets, notes);
        period = inner.0.or(period);
        aggregation = inner.1.or(aggregation);
    }
    let whose = node.map_or("", NodePath::as_str);
    let promised = target.map_or_else(|| "by tier".to_owned(), portal::percent);
    notes.declare(DeclaredKind::SlaGroup, &name, &display_name, item.span, &format!("{tier}, {promised}, {whose}"));
    let tier = Tier(tier);
    let span = item.span;
    Some(AgentGroup { name, display_name, tier, target, period, aggregation, response_ms, resolution_ms, span })
}

/// `period` and `aggregation`, where given.
pub fn promise(node: &Node, notes: &mut Notes) -> (Option<Period>, Option<Aggregation>) {
    let spot = |key: &str| node.get(key).map_or(node.span, |n| n.span);
    let wrong = |notes: &mut Notes, key: &str, span: Span, word: &str, known: &str| {
        notes.fault(FaultCode::BadField, span, format!("`{word}` is no {key}"), known);
    };
    let period = notes.text(node, "period").and_then(|word| {
        let period = Period::parse(&word);
        if period.is_none() {
            wrong(notes, "period", spot("period"), &word, "one of 7d, 28d, 30d, 90d, month, quarter, year");
        }
        period
    });
    let aggregation = notes.text(node, "aggregation").and_then(|word| {
        let aggregation = Aggregation::parse(&word);
        if aggregation.is_none() {
            wrong(notes, "aggregation", spot("aggregation"), &word, "worst or mean");
        }
        aggregation
    });
    (period, aggregation)
}
