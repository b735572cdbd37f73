//! Values of the SLA portal: published targets, in both documented shapes, and how they fold into the groups.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    agent::{Agent, Promised},
    layers::Layered,
    notes::Notes,
    schema::values as tables,
    yaml::{Node, Span},
};
use crate::domain::{
    gitops::{DeclaredKind, FaultCode, Place, Registry},
    hierarchy::NodePath,
    sla::{DeclaredGroup, Target, Tier},
};

/// A published target.
pub struct PortalTarget {
    label: Option<String>,
    target: Target,
    promised: Promised,
    place: Place,
}

/// The targets of a portal, by group.
pub fn read(portal: &Layered, notes: &mut Notes) -> BTreeMap<String, PortalTarget> {
    notes.only_keys(&portal.node, &tables::PORTAL);
    for (key, table) in [("branding", &tables::BRANDING), ("ingress", &tables::PORTAL_INGRESS)] {
        if let Some(part) = notes.map(&portal.node, key) {
            notes.only_keys(part, table);
        }
    }
    let mut out = BTreeMap::new();
    let Some(targets) = portal.node.entry("slaTargets") else {
        return out;
    };
    if let Some(items) = targets.node.items() {
        for item in items {
            let key = if item.get("slaGroup").is_none() && item.get("name").is_some() { "name" } else { "slaGroup" };
            if let Some(name) = notes.need(item, key, "an SLA target") {
                notes.only_keys(item, &tables::TARGET);
                add(&mut out, name, item, item.span, notes);
            }
        }
    } else if targets.node.is_map() {
        for entry in targets.node.entries() {
            notes.only_keys(&entry.node, &tables::TARGET_BY_NAME);
            add(&mut out, entry.key.clone(), &entry.node, entry.span(), notes);
        }
    } else if !targets.node.is_null() {
        let message = "`slaTargets` must be a mapping of groups or a list".to_owned();
        notes.fault(FaultCode::BadField, targets.node.span, message, "");
    }
    out
}

fn add(out: &mut BTreeMap<String, PortalTarget>, name: String, node: &Node, span: Span, notes: &mut Notes) {
    let Some(figure) = node.get("uptime").or_else(|| node.get("uptimeTarget")) else {
        notes.fault(FaultCode::BadField, span, format!("the target of `{name}` needs `uptime`"), "");
        return;
    };
    let Some(target) = uptime(figure, &name, notes) else {
        return;
    };
    let label = notes.text(node, "label").or_else(|| notes.text(node, "displayName"));
    let promised = Promised::read(node, notes);
    notes.declare(DeclaredKind::SlaTarget, &name, label.as_deref().unwrap_or(""), span, &percent(target));
    let place = notes.place(span);
    if out.contains_key(&name) {
        notes.fault(FaultCode::DuplicateName, span, format!("two targets for SLA group `{name}`"), "keep one of them");
        return;
    }
    out.insert(name, PortalTarget { label, target, promised, place });
}

/// A promised uptime in percent, or a fault.
pub fn uptime(node: &Node, group: &str, notes: &mut Notes) -> Option<Target> {
    let text = node.scalar().map(super::yaml::Scalar::line).unwrap_or_default();
    let target = text.trim_end_matches('%').trim().parse().ok().and_then(Target::from_percent);
    if target.is_none() {
        let message = format!("`{text}` cannot be promised for `{group}`");
        notes.fault(
            FaultCode::ImpossibleTarget,
            node.span,
            message,
            "a percentage above 0 and below 100, with four decimals at most, such as 99.95",
        );
    }
    target
}

/// A target for people: `99.95 %`.
pub fn percent(target: Target) -> String {
    format!("{} %", f64::from(target.millionths()) / 10_000.0)
}

/// Groups of the same name become one; the portal's target wins over the group's own, that over its tier's.
pub fn folded(
    agents: &[Agent],
    targets: BTreeMap<String, PortalTarget>,
    notes: &mut Notes,
) -> BTreeMap<String, DeclaredGroup> {
    let mut out: BTreeMap<String, DeclaredGroup> = BTreeMap::new();
    for (node, group) in agents.iter().flat_map(|a| a.groups.iter().map(move |g| (&a.node, g))) {
        let declared = DeclaredGroup {
            name: group.name.clone(),
            display_name: group.display_name.clone(),
            tier: group.tier.clone(),
            target: group.target.unwrap_or_else(|| group.tier.default_target()),
            period: group.promised.period.unwrap_or_default(),
            aggregation: group.promised.aggregation.unwrap_or_default(),
            maintenance_is_down: group.promised.maintenance_is_down.unwrap_or_default(),
            response_ms: group.response_ms,
            resolution_ms: group.resolution_ms,
            nodes: Vec::new(),
            place: Some(notes.place(group.span)),
            target_place: None,
        };
        let promise = |g: &DeclaredGroup| {
            let counts = (g.aggregation, g.maintenance_is_down);
            (g.tier.clone(), g.target, g.period, counts, g.response_ms, g.resolution_ms)
        };
        let first = out.entry(group.name.clone()).or_insert_with(|| declared.clone());
        first.nodes.extend(node.clone());
        first.nodes.sort();
        first.nodes.dedup();
        if promise(first) != promise(&declared) {
            let file = first.place.as_ref().map_or_else(String::new, |p| p.file.to_string());
            let message = format!("SLA group `{}` promises something else than in {file}; that one holds", group.name);
            notes.fault(FaultCode::ConflictingGroup, group.span, message, "make the agents agree");
        }
    }
    for (name, published) in targets {
        let group = out.entry(name.clone()).or_insert_with(|| DeclaredGroup {
            display_name: published.label.clone().unwrap_or_else(|| name.clone()),
            ..DeclaredGroup::new(&name, Tier("medium".to_owned()), published.target)
        });
        group.target = published.target;
        let Promised { period, aggregation, maintenance_is_down } = published.promised;
        group.period = period.unwrap_or(group.period);
        group.aggregation = aggregation.unwrap_or(group.aggregation);
        group.maintenance_is_down = maintenance_is_down.unwrap_or(group.maintenance_is_down);
        group.target_place = Some(published.place);
    }
    out
}
/// Where no agent stands, nobody brings groups: a service that is declared there brings the one it names.
pub fn brought_without_agent(registry: &mut Registry, agents: &[Agent]) {
    let has_agent: BTreeSet<&str> =
        agents.iter().filter_map(|agent| agent.node.as_ref()).map(NodePath::as_str).collect();
    // Services come node by node.
    let mut asked: Option<(&str, bool)> = None;
    for service in registry.services.values() {
        let node = service.path.node_str();
        let known = asked.filter(|(last, _)| *last == node);
        let (_, is_watched) = *asked.insert(known.unwrap_or_else(|| (node, has_agent.contains(node))));
        let group = service.sla_group.as_ref().filter(|_| !is_watched);
        if let Some(group) = group.and_then(|name| registry.sla_groups.get_mut(name)).filter(|g| !g.nodes.is_empty()) {
            let node = service.path.node();
            if let Err(at) = group.nodes.binary_search(&node) {
                group.nodes.insert(at, node);
            }
        }
    }
}
