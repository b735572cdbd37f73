//! CronJobs that push: how often they run, and what they report for whom.

use std::collections::{BTreeMap, HashMap};

use super::{
    notes::{Notes, counted},
    pushes::{self, Push, Report, Variables},
    recognise::{Documents, Kind},
    schedule,
    yaml::{Node, Span},
};
use crate::domain::gitops::{DeclaredKind, FaultCode};

/// A CronJob that pushes.
pub struct Job {
    /// Its name.
    pub name: String,
    /// Its namespace, when it says one.
    pub namespace: Option<String>,
    /// As written, without a zone in front.
    pub schedule: String,
    /// Zone that the schedule is meant in.
    pub zone: Option<String>,
    /// Whether it is switched off.
    pub suspended: bool,
    /// Longest time between two runs; none when it is suspended or its schedule cannot be read.
    pub every_ms: Option<i64>,
    /// What it pushes.
    pub pushes: Vec<Push>,
    /// Where.
    pub span: Span,
}

/// The longest gap of each schedule and zone that was met: most jobs share a few.
type Gaps = HashMap<(String, Option<String>), Option<i64>>;

/// Every CronJob of the repository that pushes.
pub fn read_all(documents: &Documents<'_>, notes: &mut Notes) -> Vec<Job> {
    let scripts: BTreeMap<String, &Node> = documents
        .of(Kind::Script)
        .filter_map(|d| d.node.get("metadata").and_then(|m| m.word("name")).map(|name| (name, d.node)))
        .collect();
    let mut gaps = Gaps::new();
    documents.of(Kind::CronJob).filter_map(|d| read(d.node, &scripts, &mut gaps, notes)).collect()
}

/// The ConfigMaps that the pods of a CronJob mount.
pub fn mounted(node: &Node) -> Vec<String> {
    let volumes = pod(node).and_then(|pod| pod.get("volumes")).and_then(Node::items).unwrap_or_default();
    volumes.iter().filter_map(|v| v.get("configMap").and_then(|c| c.word("name"))).collect()
}

fn pod(node: &Node) -> Option<&Node> {
    node.at(&["spec", "jobTemplate", "spec", "template", "spec"])
}

fn read(node: &Node, scripts: &BTreeMap<String, &Node>, gaps: &mut Gaps, notes: &mut Notes) -> Option<Job> {
    let metadata = notes.map(node, "metadata");
    let name = metadata.and_then(|m| m.word("name")).unwrap_or_default();
    if name.is_empty() {
        notes.fault(FaultCode::BadField, node.span, "a CronJob needs `metadata.name`".to_owned(), "");
    }
    let Some(spec) = notes.map(node, "spec") else {
        notes.fault(FaultCode::BadField, node.span, "a CronJob needs `spec`".to_owned(), "");
        return None;
    };
    let (schedule, zone, gap) = timing(spec, gaps, notes)?;
    let suspended = notes.flag(spec, "suspend").unwrap_or(false);
    let mut found = Vec::new();
    let mut variables = Variables::new();
    for key in ["initContainers", "containers"] {
        for container in pod(node).and_then(|pod| pod.get(key)).and_then(Node::items).unwrap_or_default() {
            found.extend(pushes::of_container(container));
            variables.extend(pushes::variables(container));
        }
    }
    for script in mounted(node).iter().filter_map(|name| scripts.get(name)) {
        for entry in script.get("data").map(Node::entries).unwrap_or_default() {
            if let Some(scalar) = entry.node.scalar() {
                found.extend(pushes::of_script(&entry.node, scalar, &variables));
            }
        }
    }
    notes.declare(DeclaredKind::CronJob, &name, "", node.span, &summary(&schedule, &found, suspended));
    let namespace = metadata.and_then(|m| m.word("namespace"));
    let every_ms = gap.filter(|_| !suspended);
    Some(Job { name, namespace, schedule, zone, suspended, every_ms, pushes: found, span: node.span })
}

/// Schedule, zone and the longest time between two runs.
fn timing(spec: &Node, gaps: &mut Gaps, notes: &mut Notes) -> Option<(String, Option<String>, Option<i64>)> {
    let text = notes.need(spec, "schedule", "a CronJob")?;
    let (inner, bare) = schedule::zoned(&text);
    let zone = notes.text(spec, "timeZone");
    if let Some(zone) = zone.as_deref().filter(|zone| !schedule::is_zone(zone)) {
        let span = spec.get("timeZone").map_or(spec.span, |n| n.span);
        notes.fault(
            FaultCode::BadField,
            span,
            format!("`{zone}` is no time zone"),
            "such as Etc/UTC or Europe/Budapest",
        );
    }
    let zone = zone.or_else(|| inner.map(ToOwned::to_owned));
    let gap = gaps.entry((bare.to_owned(), zone.clone()));
    let gap = *gap.or_insert_with(|| schedule::longest_gap_ms(bare, zone.as_deref()));
    if gap.is_none() {
        let span = spec.get("schedule").map_or(spec.span, |n| n.span);
        let hint = "five fields such as `*/5 * * * *`, or @hourly, @daily, @weekly, @monthly, @yearly";
        notes.fault(FaultCode::BadField, span, format!("`{text}` is no schedule"), hint);
    }
    Some((bare.to_owned(), zone, gap))
}

fn summary(schedule: &str, pushes: &[Push], suspended: bool) -> String {
    let mut kinds: Vec<Report> = pushes.iter().map(|p| p.report).collect();
    kinds.sort();
    kinds.dedup();
    let kinds: Vec<&str> = kinds.into_iter().map(Report::word).collect();
    let state = if suspended { ", suspended" } else { "" };
    format!("{schedule}, {} for {}{state}", kinds.join(" and "), counted(pushes.len(), "service"))
}
