//! A prepared reading becomes true, thing by thing, in the one transaction of its batch. Only what a step names is
//! touched.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::prepare::Prepared;
use crate::{
    domain::{
        change::{Actor, Fact},
        estate::SourceSummary,
        gitops::{
            Action, DeclaredKind, DeclaredService, Plan, State, Thing,
            state::{Key, ORG},
        },
        health::{Backup, Criticality, Health, Origin, Service, staleness},
        hierarchy::ServicePath,
        sla::DeclaredGroup,
        tickets::Catalog,
    },
    server::{
        service::{Failure, batch::Batch, heard, membership, retired, sla},
        store::{declared::ReconciledRow, encoding::to_text, rows::ServiceRow},
    },
};

/// Carry out what was prepared. Gives back what is left of it: letting go of ten thousand services takes a while, and
/// the writer has none.
///
/// # Errors
/// A fault when something else became true since it was prepared, or when a row cannot be written.
pub fn out(batch: &mut Batch<'_>, mut prepared: Prepared) -> Result<Prepared, Failure> {
    if !Arc::ptr_eq(&batch.truth.state, &prepared.before) {
        // Only a batch that was not saved and read again gets in between: whoever asked reads once more.
        return Err(Failure::Fault("what is declared changed while a reading was worked out".to_owned()));
    }
    if let Some(reason) = prepared.broken.take() {
        return Err(Failure::Fault(reason));
    }
    let known = batch.truth.estate.source.rejected.as_ref();
    let record = match &prepared.rejected {
        Some(reason) => known != Some(reason),
        // Something is done, or something else than last time is held.
        None => prepared.does_something() || prepared.held != batch.truth.session.held,
    };
    if prepared.rejected.is_some() {
        reject(batch, &prepared);
    } else {
        accept(batch, &mut prepared);
    }
    if record {
        let (commit, rejected) = (prepared.commit.as_ref().map(|commit| batch.text(commit)), prepared.rejected.clone());
        write_record(batch, commit, &prepared.kept(), rejected);
    }
    batch.reading = prepared.is_news.then(|| prepared.reading.clone());
    Ok(prepared)
}

/// Say that nothing could be read, and why. What is in force stays.
pub fn nothing(batch: &mut Batch<'_>, reason: String) {
    let before = batch.truth.estate.source.clone();
    if before.rejected.as_deref() != Some(&reason) {
        let plan = Plan { from: before.revision.clone(), to: None, steps: Vec::new() };
        write_record(batch, None, &plan, Some(reason.clone()));
    }
    let actor = Actor::Git(before.revision.clone());
    tell(batch, actor, SourceSummary { rejected: Some(reason), ..before }, false);
}

fn write_record(batch: &mut Batch<'_>, commit: Option<String>, plan: &Plan, rejected: Option<String>) {
    batch.truth.last_reconciled += 1;
    let (id, at, plan) = (batch.truth.last_reconciled, batch.now.ms(), batch.text(plan));
    batch.rows.reconciled.push(ReconciledRow { id, at, commit, plan, rejected });
}

fn reject(batch: &mut Batch<'_>, prepared: &Prepared) {
    let source = SourceSummary {
        files: prepared.files,
        errors: prepared.errors,
        warnings: prepared.warnings,
        rejected: prepared.rejected.clone(),
        ..batch.truth.estate.source.clone()
    };
    let actor = Actor::Git(prepared.revision.clone());
    tell(batch, actor, source, prepared.is_news);
}

fn accept(batch: &mut Batch<'_>, prepared: &mut Prepared) {
    let actor = Actor::Git(prepared.revision.clone());
    let first_touched = batch.touched.len();
    expect(batch, prepared);
    // Groups first: who belongs to one is decided by what it says.
    let mut told = groups(batch, &actor, prepared);
    services(batch, &actor, prepared);
    expect_reporters(batch, &actor, prepared);
    leave_nodes(batch, &actor, prepared, &told);
    told.extend(batch.touched[first_touched..].iter().cloned());
    let source = summary(batch, prepared);
    let is_news = prepared.is_news || prepared.does_something();
    let source = SourceSummary { read_at: if is_news { batch.now } else { source.read_at }, ..source };
    tell(batch, actor.clone(), source, is_news);
    sla::refresh(batch, &actor, told);
    batch.truth.session.held.clone_from(&prepared.held);
    if prepared.does_something() || batch.truth.state.revision != prepared.next.revision {
        batch.truth.state = prepared.next.clone();
        batch.state = Some(prepared.next.clone());
    }
    batch.rows.declared.append(&mut prepared.rows);
}

/// Tell the summary, unless it says what it said before: then only the time of looking moves on.
pub(super) fn tell(batch: &mut Batch<'_>, actor: Actor, source: SourceSummary, is_news: bool) {
    let now = batch.now;
    let known = &batch.truth.estate.source;
    let source = SourceSummary { checked_at: known.checked_at, ..source };
    if source == *known && !is_news {
        batch.truth.estate.source.checked_at = now;
        batch.checked = Some(now);
        return;
    }
    let source = SourceSummary { checked_at: now, ..source };
    let text = batch.text(&source);
    batch.rows.meta.insert("source", text);
    batch.emit(actor, Fact::SourceRead(Box::new(source)));
}

/// What is declared of reports; what is held keeps what it had.
fn expect(batch: &mut Batch<'_>, prepared: &mut Prepared) {
    let mut expected = std::mem::take(&mut prepared.expected);
    let held = prepared.held.iter().filter(|(kind, _)| *kind == DeclaredKind::Service);
    for path in held.filter_map(|(_, name)| ServicePath::parse(name).ok()) {
        if let Some(known) = batch.truth.session.expected.get(&path) {
            expected.insert(path, known.clone());
        }
    }
    batch.truth.session.expected = expected;
}

fn carried(prepared: &Prepared) -> impl Iterator<Item = &crate::domain::gitops::Step> {
    prepared.plan.steps.iter().filter(|step| step.held.is_none())
}

/// SLA groups and their published targets. Answers which ones changed.
fn groups(batch: &mut Batch<'_>, actor: &Actor, prepared: &Prepared) -> BTreeSet<String> {
    let is_group = |kind| matches!(kind, DeclaredKind::SlaGroup | DeclaredKind::SlaTarget);
    let names: BTreeSet<&Arc<str>> = carried(prepared).filter(|s| is_group(s.kind)).map(|s| &s.name).collect();
    if names.is_empty() {
        return BTreeSet::new();
    }
    for name in &names {
        let is_there = prepared.next.things.contains_key(&(DeclaredKind::SlaGroup, (*name).clone()));
        let known = batch.truth.groups.get(&***name).cloned();
        match prepared.registry.sla_groups.get(&***name).cloned().or_else(|| known.clone()) {
            Some(group) if is_there => {
                let target_is_held = prepared.held.contains(&(DeclaredKind::SlaTarget, (*name).clone()));
                let group_is_held = prepared.held.contains(&(DeclaredKind::SlaGroup, (*name).clone()));
                let mut group = match known {
                    Some(known) if target_is_held => {
                        DeclaredGroup { target: known.target, target_place: known.target_place, ..group }
                    }
                    Some(known) if group_is_held => {
                        DeclaredGroup { target: group.target, target_place: group.target_place, ..known }
                    }
                    _ => group,
                };
                let has_target = prepared.next.things.contains_key(&(DeclaredKind::SlaTarget, (*name).clone()));
                if group_is_held && !has_target && group.target_place.take().is_some() {
                    // Its published target is gone, the group itself stays: back to what its tier promises.
                    group.target = group.tier.default_target();
                }
                if batch.truth.groups.insert(name.to_string(), group).is_none() {
                    retired::revive(batch, name);
                }
            }
            _ => drop_group(batch, actor, name),
        }
    }
    write_groups(batch);
    names.into_iter().map(|name| name.to_string()).collect()
}

/// Put all groups into the batch, and those that are not declared any more.
pub(super) fn write_groups(batch: &mut Batch<'_>) {
    match to_text(&batch.truth.groups) {
        Ok(text) => {
            batch.rows.meta.insert("sla_groups", text);
        }
        Err(error) => batch.broken = Some(error),
    }
    retired::save(batch);
}

/// A group that is not declared any more goes; who belonged to it belongs to nothing. What it came to is kept.
fn drop_group(batch: &mut Batch<'_>, actor: &Actor, name: &str) {
    if let Some(group) = batch.truth.groups.remove(name) {
        retired::retire(batch, group);
    }
    let members = batch.truth.memberships.get(name).into_iter().flat_map(|members| members.keys()).cloned();
    for path in members.collect::<Vec<_>>() {
        membership::set(batch, &path, Some(name), None);
    }
    if batch.truth.estate.budgets.contains_key(name) {
        batch.emit(actor.clone(), Fact::BudgetRemoved(name.to_owned()));
    }
}

fn services(batch: &mut Batch<'_>, actor: &Actor, prepared: &Prepared) {
    for step in carried(prepared).filter(|step| step.kind == DeclaredKind::Service) {
        let Ok(path) = ServicePath::parse(&step.name) else { continue };
        if step.action == Action::Delete {
            retire(batch, actor, &path);
            continue;
        }
        let thing = prepared.next.things.get(&(step.kind, step.name.clone()));
        if let Some((declared, thing)) = prepared.registry.services.get(&path).zip(thing) {
            declare(batch, actor, declared, thing);
        }
    }
}

/// Who should report on a service changes with jobs, which are no step of its own.
fn expect_reporters(batch: &mut Batch<'_>, actor: &Actor, prepared: &Prepared) {
    let services = &batch.truth.estate.services;
    let changed = prepared.registry.services.values().filter_map(|declared| {
        let known = services.get(&declared.path).filter(|known| known.origin == Origin::Git)?;
        let expected = declared.expected_reporter();
        let is_another = known.expected_reporter.as_deref() != expected.as_deref();
        is_another.then(|| Service { expected_reporter: expected.map(Cow::into_owned), ..known.clone() })
    });
    for service in changed.collect::<Vec<_>>() {
        batch.declare(actor.clone(), service);
    }
}

/// One service as declared. What was reported of it stays.
fn declare(batch: &mut Batch<'_>, actor: &Actor, declared: &DeclaredService, thing: &Thing) {
    let known = batch.truth.estate.services.get(&declared.path);
    let before = known.and_then(|service| service.sla_group.clone());
    let service = combined(batch, declared, thing, known);
    let same = known.is_some_and(|known| *known == service);
    membership::set(batch, &declared.path, before.as_deref(), service.sla_group.as_deref());
    if !same {
        batch.declare(actor.clone(), service);
    }
}

/// The group that a service belongs to: the one it names, as long as its node brings that group.
fn group_of(groups: &BTreeMap<String, DeclaredGroup>, path: &ServicePath, named: &str) -> Option<String> {
    let brings = |group: &DeclaredGroup| group.nodes.is_empty() || group.nodes.contains(&path.node());
    (!named.is_empty() && groups.get(named).is_none_or(brings)).then(|| named.to_owned())
}

/// Nodes that do not bring a group any more: their services leave it, and those of a new node join it.
fn leave_nodes(batch: &mut Batch<'_>, actor: &Actor, prepared: &Prepared, changed: &BTreeSet<String>) {
    if changed.is_empty() {
        return;
    }
    let things = prepared.next.things.range(first_of(DeclaredKind::Service)..);
    let services = things.take_while(|((kind, _), _)| *kind == DeclaredKind::Service);
    let named = services.filter(|(_, thing)| changed.contains(thing.text("slaGroup")));
    for ((_, name), thing) in named {
        let known = ServicePath::parse(name).ok().and_then(|path| batch.truth.estate.services.get(&path));
        let Some(known) = known.cloned() else { continue };
        let group = group_of(&batch.truth.groups, &known.path, thing.text("slaGroup"));
        let is_in = group.as_deref().is_none_or(|group| membership::belongs(batch, &known.path, group));
        if known.sla_group == group && is_in {
            continue;
        }
        membership::set(batch, &known.path, known.sla_group.as_deref(), group.as_deref());
        batch.declare(actor.clone(), Service { sla_group: group, ..known });
    }
}

fn combined(batch: &Batch<'_>, declared: &DeclaredService, thing: &Thing, known: Option<&Service>) -> Service {
    // What was reported of it before it was retired is its own again; how it is, nobody knows yet.
    let past = known.or_else(|| batch.truth.retired.get(&declared.path));
    let expected_reporter = declared.expected_reporter();
    let (every_ms, every_is_assumed) = match declared.every_ms {
        Some(every) => every,
        // Who was heard comes by his own beat, whoever was expected.
        None if known.is_none_or(|known| known.health.last_seen.is_none())
            && expected_reporter.as_deref() == Some(declared.path.node_str()) =>
        {
            (staleness::AGENT_EVERY_MS, false)
        }
        None => (batch.settings.default_every_ms, false),
    };
    let health = match known {
        // An agent's reports come by the agent's own beat.
        Some(known) if known.health.reporter == known.path.node_str() => known.health.clone(),
        Some(known) => Health { every_ms, every_is_assumed, ..known.health.clone() },
        None => Health { since: batch.now, every_ms, every_is_assumed, ..Health::default() },
    };
    let mut tags = declared.tags.clone();
    if past.is_some_and(|k| k.storage.is_some()) && !tags.iter().any(|tag| tag == "storage") {
        tags.push("storage".to_owned());
    }
    let named = declared.sla_group.as_deref().unwrap_or_default();
    Service {
        path: declared.path.clone(),
        display_name: declared.display_name.clone(),
        description: declared.description.clone(),
        kind: declared.kind.clone(),
        team: declared.team.clone(),
        tags,
        criticality: Criticality::parse(thing.text("criticality")).unwrap_or_default(),
        sla_group: group_of(&batch.truth.groups, &declared.path, named),
        runbook: declared.runbook.clone(),
        requires: declared.requires.clone(),
        used_by: declared.used_by.clone(),
        origin: Origin::Git,
        declared_at: Some(declared.place.clone()),
        health,
        storage: past.and_then(|k| k.storage.clone()),
        backup: duty(declared.backup.as_ref(), past.and_then(|k| k.backup.as_ref())),
        first_seen: past.map_or(batch.now, |k| k.first_seen),
        expected_reporter: expected_reporter.map(Cow::into_owned),
        clock_ahead_ms: known.and_then(|k| k.clock_ahead_ms),
    }
}

/// The declared duty with the reports that came; reports alone when nothing is declared.
fn duty(declared: Option<&Backup>, known: Option<&Backup>) -> Option<Backup> {
    let reported = known.cloned().unwrap_or_default();
    match declared {
        Some(duty) => Some(Backup {
            expected: duty.expected,
            max_age_days: duty.max_age_days,
            schedule: duty.schedule.clone(),
            ..reported
        }),
        None => known.map(|_| Backup { expected: false, max_age_days: 0, schedule: String::new(), ..reported }),
    }
}

/// What git declared and does not any more: out of the tree, history and tickets kept.
fn retire(batch: &mut Batch<'_>, actor: &Actor, path: &ServicePath) {
    let Some(service) = batch.truth.estate.services.shared(path).filter(|s| s.origin == Origin::Git) else {
        return;
    };
    membership::set(batch, path, service.sla_group.as_deref(), None);
    // From here on nobody says how it is: the time in which it is retired counts for nothing.
    if service.health.last_seen.is_some() {
        let unknown = Health { since: batch.now, message: "retired".to_owned(), ..Health::default() };
        batch.place_past(path, &unknown, batch.now);
    }
    let id = batch.id_of(path);
    let row = ServiceRow {
        path: path.as_str().to_owned(),
        description: batch.text(&*service),
        seq: crate::server::service::batch::signed(batch.truth.seq.next().0),
        first_seen: service.first_seen.ms(),
        retired_at: Some(batch.now.ms()),
    };
    batch.rows.services.insert(id, row);
    heard::forget(batch, path);
    batch.truth.retired.insert(service);
    batch.emit(actor.clone(), Fact::ServiceRetired(path.clone()));
}

fn first_of(kind: DeclaredKind) -> Key {
    (kind, Arc::from(""))
}

/// Names of one kind in `state`, in order.
fn names(state: &State, kind: DeclaredKind) -> impl Iterator<Item = &Arc<str>> {
    state.things.range(first_of(kind)..).map(|(key, _)| key).take_while(move |key| key.0 == kind).map(|(_, name)| name)
}

/// What takes effect: as read, or as it was where it is held or came from a template.
fn merged<T: Clone>(
    state: &State,
    kind: DeclaredKind,
    read: &BTreeMap<String, T>,
    known: &BTreeMap<String, T>,
) -> BTreeMap<String, T> {
    let one = |name: &Arc<str>| read.get(&**name).or_else(|| known.get(&**name));
    names(state, kind).filter_map(|name| Some((name.to_string(), one(name)?.clone()))).collect()
}

/// The same where order counts: as read, then what stays.
fn in_order<T: Clone>(
    state: &State,
    kind: DeclaredKind,
    read: &[T],
    known: &[T],
    name_of: impl Fn(&T) -> &str,
) -> Vec<T> {
    let is_read = |name: &str| read.iter().any(|one| name_of(one) == name);
    let is_there = |name: &str| state.things.contains_key(&(kind, Arc::from(name)));
    let stays = known.iter().filter(|one| !is_read(name_of(one)));
    read.iter().chain(stays).filter(|one| is_there(name_of(one))).cloned().collect()
}

fn summary(batch: &Batch<'_>, prepared: &Prepared) -> SourceSummary {
    let (known, read, next) = (&batch.truth.estate.source, &prepared.registry, &*prepared.next);
    let org = next.things.get(&(ORG.0, Arc::from(ORG.1))).map(|thing| thing.text("org").to_owned());
    SourceSummary {
        revision: prepared.revision.clone(),
        commit: prepared.commit.clone(),
        read_at: known.read_at,
        checked_at: known.checked_at,
        files: prepared.files,
        errors: prepared.errors,
        warnings: prepared.warnings,
        rejected: None,
        held: u32::try_from(prepared.held.len()).unwrap_or(u32::MAX),
        org: org.unwrap_or_default(),
        workflows: merged(next, DeclaredKind::Workflow, &read.workflows, &known.workflows),
        catalog: Catalog {
            categories: in_order(
                next,
                DeclaredKind::Category,
                &read.catalog.categories,
                &known.catalog.categories,
                |one| &one.name,
            ),
            items: merged(next, DeclaredKind::Item, &read.catalog.items, &known.catalog.items),
        },
        groups: merged(next, DeclaredKind::Group, &read.groups, &known.groups),
        providers: in_order(next, DeclaredKind::Provider, &read.providers, &known.providers, |one| &one.name),
    }
}
