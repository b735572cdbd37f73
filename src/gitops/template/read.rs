//! A template out of a text, under the rules that hold for the repository. Taken whole or not at all.

use std::{collections::BTreeMap, sync::Arc};

use super::Template;
use crate::{
    domain::gitops::{Fault, FaultCode, Registry, Release, Severity},
    gitops::{
        agent::{self, Agent},
        check,
        layers::Layered,
        notes::Notes,
        portal,
        recognise::{Chart, Documents},
        redact, ticketing,
        tree::SIZE_LIMIT,
        yaml::{self, Node, Origin, Span},
    },
};

/// What faults of a template call its text.
const NAME: &str = "template.yaml";
/// Keys of a template.
const KEYS: [&str; 3] = ["version", "ticketing", "slaDefinitions"];
/// Keys of ticketing that a template does not carry.
const NEVER: [&str; 1] = ["groups"];

/// The template that `text` holds, with what is strange about it.
///
/// # Errors
/// Every fault, at least one of them an error, with line and column in the text; then nothing of it may be used.
pub fn read_template(text: &str) -> Result<(Template, Vec<Fault>), Vec<Fault>> {
    let mut notes = Notes::new(vec![Arc::from(NAME)]);
    let template = root(text, &mut notes).map(|root| read(&root, &mut notes));
    let mut faults = notes.sorted(&redact::Known::default()).faults;
    // Groups are no part of a template, so a role always leads nowhere here.
    faults.retain(|fault| fault.code != FaultCode::UnresolvedRole);
    match template {
        Some(template) if faults.iter().all(|fault| fault.severity == Severity::Warning) => Ok((template, faults)),
        _ => Err(faults),
    }
}

/// The one mapping that a template is.
fn root(text: &str, notes: &mut Notes) -> Option<Node> {
    let start = Span::start_of(0);
    if text.len() as u64 > SIZE_LIMIT {
        let message = format!("larger than {} KiB", SIZE_LIMIT / 1024);
        notes.fault(FaultCode::HostileYaml, start, message, "a template holds workflows, catalog and SLA definitions");
        return None;
    }
    let parsed = yaml::parse(&yaml::normalised(text), Origin::file(0));
    for problem in parsed.problems.iter().chain(&parsed.duplicates) {
        notes.problem(problem);
    }
    if !parsed.problems.is_empty() || !parsed.duplicates.is_empty() {
        return None;
    }
    let mut documents = parsed.documents.into_iter();
    match (documents.next(), documents.next()) {
        (Some(root), None) if root.is_map() => Some(root),
        (Some(_), Some(second)) => {
            notes.fault(FaultCode::BadField, second.span, "a template is one document".to_owned(), "join them");
            None
        }
        _ => {
            let hint = "it holds `version`, `ticketing` and `slaDefinitions`";
            notes.fault(FaultCode::BadField, start, "a template must be a mapping".to_owned(), hint);
            None
        }
    }
}

fn read(root: &Node, notes: &mut Notes) -> Template {
    let version = notes.need(root, "version", "a template");
    if let Some(version) = version.filter(|version| version != "1") {
        let span = root.get("version").map_or(root.span, |node| node.span);
        notes.fault(
            FaultCode::BadField,
            span,
            format!("version `{version}` is not known"),
            "this core reads version 1",
        );
    }
    for entry in root.entries().iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
        refuse(&entry.key, entry.key_span, notes);
    }
    for entry in root.get("ticketing").map(Node::entries).unwrap_or_default() {
        if NEVER.contains(&entry.key.as_str()) {
            refuse(&entry.key, entry.key_span, notes);
        }
    }
    let mut registry = Registry { sla_groups: sla_groups(root, notes), ..Registry::default() };
    let release = Release { chart: Chart::Core.name().to_owned(), node: None, files: Vec::new() };
    let layered = Layered { release, names: Vec::new(), chart: Chart::Core, node: root.clone() };
    let drafts = ticketing::read(&registry, Some(&layered), &Documents::new(&[]), notes);
    check::ticketing(&mut registry, drafts, notes);
    Template::of(&registry)
}

fn refuse(key: &str, span: Span, notes: &mut Notes) {
    let hint = "a template carries workflows, the catalog and SLA definitions";
    notes.fault(FaultCode::BadField, span, format!("`{key}` is no part of a template"), hint);
}

fn sla_groups(root: &Node, notes: &mut Notes) -> BTreeMap<String, crate::domain::sla::DeclaredGroup> {
    let mut groups: Vec<agent::AgentGroup> = Vec::new();
    for item in notes.list(root, "slaDefinitions") {
        let Some(group) = agent::group(item, None, notes) else {
            continue;
        };
        if groups.iter().any(|other| other.name == group.name) {
            let message = format!("SLA definition `{}` stands twice", group.name);
            notes.fault(FaultCode::DuplicateName, item.span, message, "keep one of them");
        } else {
            groups.push(group);
        }
    }
    portal::folded(&[Agent::without_node(groups)], BTreeMap::new(), notes)
}
