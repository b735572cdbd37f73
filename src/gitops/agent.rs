//! Values of the agent: its node and the SLA groups that it brings.

use std::collections::BTreeSet;

use super::{
    layers::Layered,
    notes::{Notes, one_of},
    portal,
    recognise::Chart,
    schema::values as tables,
    yaml::{Node, Scalar, Span},
};
use crate::domain::{
    gitops::{DeclaredKind, FaultCode},
    hierarchy::{NodePath, path::NODE_DEPTH},
    sla::{Aggregation, Period, Target, Tier},
};

/// One agent.
pub struct Agent {
    /// The node it reports for.
    pub node: Option<NodePath>,
    /// The groups it brings.
    pub groups: Vec<AgentGroup>,
    /// Namespaces it looks into; all without any.
    namespaces: Vec<String>,
    /// Namespaces it leaves out.
    excluded: Vec<String>,
}

impl Agent {
    /// Groups that no agent brings, for readings that have none.
    pub const fn without_node(groups: Vec<AgentGroup>) -> Self {
        Self { node: None, groups, namespaces: Vec::new(), excluded: Vec::new() }
    }

    /// Whether it finds what lies in a namespace.
    pub fn watches(&self, namespace: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|n| n == namespace);
        (self.namespaces.is_empty() || named(&self.namespaces)) && !named(&self.excluded)
    }
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
    /// How members add up and what counts, where it says.
    pub promised: Promised,
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
    notes.only_keys(root, &tables::AGENT);
    for (key, table) in
        [("node", &tables::NODE), ("itops", &tables::ITOPS), ("watch", &tables::WATCH), ("features", &tables::FEATURES)]
    {
        if let Some(part) = notes.map(root, key) {
            notes.only_keys(part, table);
        }
    }
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
    let watch = notes.map(root, "watch");
    let mut list = |key: &str| watch.map(|watch| notes.texts(watch, key)).unwrap_or_default();
    let (namespaces, excluded) = (list("namespaces"), list("excludeNamespaces"));
    list("workloadNamePrefixes");
    if let Some(features) = notes.map(root, "features") {
        notes.flag(features, "autoRegister");
        notes.flag(features, "autoCreateIncidents");
    }
    if let Some(key) = notes.map(root, "itops").and_then(|itops| itops.get("apiKey")).filter(|k| k.is_map()) {
        notes.only_keys(key, &tables::API_KEY);
    }
    Agent { node, groups, namespaces, excluded }
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

/// One SLA group, or faults.
pub fn group(item: &Node, node: Option<&NodePath>, notes: &mut Notes) -> Option<AgentGroup> {
    let name = notes.need(item, "name", "an SLA group")?;
    notes.only_keys(item, &tables::SLA_GROUP);
    let display_name = notes.text(item, "displayName").unwrap_or_else(|| name.clone());
    let tier = notes.text(item, "tier").unwrap_or_else(|| "medium".to_owned());
    let targets = notes.map(item, "targets");
    let has_target = targets.is_some_and(|t| t.get("uptime").is_some());
    if !tables::TIERS.contains(&tier.as_str()) && !has_target {
        let span = item.get("tier").map_or(item.span, |n| n.span);
        let message = format!("tier `{tier}` of `{name}` promises nothing by itself; it counts as medium");
        let hint = format!("{}; or give `targets.uptime`", one_of(&tier, tables::TIERS));
        notes.fault(FaultCode::UnknownTier, span, message, &hint);
    }
    let mut target = None;
    let (mut response_ms, mut resolution_ms) = (None, None);
    let mut promised = Promised::read(item, notes);
    if let Some(targets) = targets {
        notes.only_keys(targets, &tables::TARGETS);
        if let Some(uptime) = targets.get("uptime") {
            target = portal::uptime(uptime, &name, notes);
        }
        response_ms = notes.minutes(targets, "responseTime");
        resolution_ms = notes.minutes(targets, "resolutionTime");
        promised = Promised::read(targets, notes).or(promised);
    }
    let whose = node.map_or("", NodePath::as_str);
    let uptime = target.map_or_else(|| "by tier".to_owned(), portal::percent);
    notes.declare(DeclaredKind::SlaGroup, &name, &display_name, item.span, &format!("{tier}, {uptime}, {whose}"));
    let tier = Tier(tier);
    let span = item.span;
    Some(AgentGroup { name, display_name, tier, target, promised, response_ms, resolution_ms, span })
}

/// How a promise is kept, where it is said: beside a group, in its `targets`, and beside a published target.
#[derive(Clone, Copy, Default)]
pub struct Promised {
    /// `period`.
    pub period: Option<Period>,
    /// `aggregation`.
    pub aggregation: Option<Aggregation>,
    /// Whether `selfDeclaredMaintenance` is `down`.
    pub maintenance_is_down: Option<bool>,
}

impl Promised {
    /// What `node` says.
    pub fn read(node: &Node, notes: &mut Notes) -> Self {
        let mut word = |key: &'static str, words: &[&str]| notes.choice(node, key, words, FaultCode::BadField, key);
        Self {
            period: word("period", tables::PERIODS).and_then(|word| Period::parse(&word)),
            aggregation: word("aggregation", tables::AGGREGATIONS).and_then(|word| Aggregation::parse(&word)),
            maintenance_is_down: word("selfDeclaredMaintenance", tables::MAINTENANCES).map(|word| word == "down"),
        }
    }

    /// This, and where it says nothing, `other`.
    pub fn or(self, other: Self) -> Self {
        Self {
            period: self.period.or(other.period),
            aggregation: self.aggregation.or(other.aggregation),
            maintenance_is_down: self.maintenance_is_down.or(other.maintenance_is_down),
        }
    }
}
