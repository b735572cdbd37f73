//! Health reports: the newest wins, what changes nothing leaves no trace, late ones go where they belong.

use std::collections::HashMap;

use super::{Core, Failure, batch::Batch, clocks, heard, late, membership};
use crate::domain::{
    change::Actor,
    health::{
        Health, Origin, Service,
        report::{HealthReport, TAG_LIMIT},
        staleness,
    },
    hierarchy::ServicePath,
    refusal::{Refusal, RefusalCode},
    time::{HOUR, Timestamp},
};

/// Who reports, and by what rules.
pub(super) struct Reporter<'a> {
    /// Name of the key, which the cap on new services counts.
    pub key: &'a str,
    /// What stops when it falls silent: see [`crate::domain::health::reporter`].
    pub name: &'a str,
    /// How well it describes services.
    pub origin: Origin,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It was taken.
    Taken,
    /// It is about a retired service: noted as undeclared, and nothing was changed.
    Retired,
}

impl Core {
    /// A health push. Answers after it is on disk; one that changes nothing only moves "last seen". The first push of a
    /// path makes the service. One about a retired service is noted as undeclared and changes nothing.
    ///
    /// # Errors
    /// `too_many` past the cap on new services.
    pub async fn report_health(&self, key: &str, report: HealthReport) -> Result<Reception, Failure> {
        let key = key.to_owned();
        self.0
            .write(move |batch| {
                let name = batch.truth.session.pusher(&key, &report.path);
                let reporter = Reporter { key: &key, name: &name, origin: Origin::Push };
                let (path, ahead_ms) = (report.path.clone(), report.ahead_ms);
                let reception = take(batch, &reporter, report)?;
                clocks::read(batch, &reporter, &path, ahead_ms);
                Ok(reception)
            })
            .await
    }
}

/// Take one report.
pub(super) fn take(batch: &mut Batch<'_>, reporter: &Reporter<'_>, report: HealthReport) -> Result<Reception, Failure> {
    if batch.truth.retired.contains_key(&report.path) {
        heard::note(batch, reporter.name, &report, batch.now);
        heard::of_retired(batch, &report.path, batch.now);
        return Ok(Reception::Retired);
    }
    // A clock that runs ahead must not outrank the reports that come after it.
    let at = report.at.map_or(batch.now, |at| at.min(batch.now));
    let seen = batch.truth.estate.services.get(&report.path).and_then(|service| service.health.last_seen);
    // One that was declared again was not heard since, and has its past nevertheless.
    let newest = seen.or_else(|| batch.with_line(&report.path, |line| line.points().last().map(|(from, _)| *from)));
    let is_late = newest.is_some_and(|newest| at < newest);
    if !is_late {
        describe(batch, reporter, &report)?;
        late::end_gap(batch, &report.path, at);
    }
    let (every_ms, every_is_assumed) = interval(batch, reporter.origin, &report.path);
    let Some(service) = batch.truth.estate.services.get(&report.path) else {
        return Err(Failure::Fault(format!("{} is nowhere although it was just described", report.path)));
    };
    let known = &service.health;
    if is_late {
        let said = Health {
            status: report.status,
            message: report.message.clone(),
            replicas: report.replicas,
            since: at,
            silence: None,
            ..known.clone()
        };
        late::place(batch, &report.path, &said);
        return Ok(Reception::Taken);
    }
    // Nobody judged a silence that ends before anybody looked: the core was away itself.
    let is_made_up = late::is_made_up(batch.truth, known);
    let unjudged = staleness::judge(known, at).filter(|silent| silent.status != known.status && !is_made_up);
    let before = unjudged.as_ref().unwrap_or(known);
    if agrees(&mut batch.truth.session.spoke, before, &report, (reporter, every_ms), at) {
        batch.heard(&report.path, at);
        return Ok(Reception::Taken);
    }
    let is_same = is_heard(before)
        && before.status == report.status
        && before.message == report.message
        && before.replicas == report.replicas
        && before.reporter == reporter.name
        && before.every_ms == every_ms;
    let before = (!is_same).then(|| before.clone());
    heard::note(batch, reporter.name, &report, at);
    let Some(before) = before else {
        batch.heard(&report.path, at);
        return Ok(Reception::Taken);
    };
    if let Some(silent) = unjudged {
        batch.place_silence(&report.path, &silent, at);
    }
    let goes_on = before.status == report.status && before.last_seen.is_some();
    let after = Health {
        status: report.status,
        since: if goes_on { before.since } else { at },
        last_seen: Some(at),
        message: report.message,
        replicas: report.replicas,
        reporter: reporter.name.to_owned(),
        every_ms,
        every_is_assumed,
        silence: None,
    };
    become_so(batch, &report.path, &before, after, at);
    Ok(Reception::Taken)
}

/// What a report says becomes how its service is.
fn become_so(batch: &mut Batch<'_>, path: &ServicePath, before: &Health, mut after: Health, at: Timestamp) {
    if let Some(since) = late::lift(batch, path, before, &after, at) {
        after.since = since;
    }
    let actor = Actor::Reporter(after.reporter.clone());
    batch.change_health(actor, path, before.status, after, at);
    super::automatic::status_moved(batch, path, before.status);
}

const fn is_heard(health: &Health) -> bool {
    health.last_seen.is_some() && health.silence.is_none()
}

/// Whether this is a second reporter of a service that says of its status what the first one says. The first speaks for
/// the service; that another one agrees is no news. It takes over when it reports more often, when it disagrees, and when
/// the first was not heard for three intervals, as a name for a silence has to be the one of somebody who spoke. A push
/// that has the name of its key alone is from before reporters were called by what stops: the same one.
fn agrees(
    spoke: &mut HashMap<ServicePath, Timestamp>,
    health: &Health,
    report: &HealthReport,
    (reporter, every_ms): (&Reporter<'_>, i64),
    at: Timestamp,
) -> bool {
    let is_renamed = reporter.origin == Origin::Push && health.reporter == reporter.key;
    if health.reporter == reporter.name || is_renamed {
        if !spoke.is_empty() {
            spoke.remove(&report.path);
        }
        return false;
    }
    if !is_heard(health) || health.reporter.is_empty() {
        // Who was first to speak before a silence says nothing of who is after it.
        spoke.remove(&report.path);
        return false;
    }
    let last = *spoke.entry(report.path.clone()).or_insert(health.last_seen.unwrap_or(at));
    let is_over = at.since(last) >= staleness::MISSED_LIMIT * health.every_ms;
    if health.status == report.status && every_ms >= health.every_ms && !is_over {
        return true;
    }
    spoke.remove(&report.path);
    false
}

/// Make the service, or update what a reporter of this rank may say of it.
pub(super) fn describe(batch: &mut Batch<'_>, reporter: &Reporter<'_>, report: &HealthReport) -> Result<(), Failure> {
    let actor = || Actor::Reporter(reporter.name.to_owned());
    let Some(known) = batch.truth.estate.services.get(&report.path) else {
        let service = blank(batch, reporter.key, &report.path, reporter.origin)?;
        let service = described(service, report);
        membership::set(batch, &service.path, None, service.sla_group.as_deref());
        batch.declare(actor(), service);
        return Ok(());
    };
    if known.origin > reporter.origin {
        return Ok(());
    }
    let says_more = known.origin < reporter.origin
        || report.criticality.is_some_and(|c| c != known.criticality)
        || report.sla_group.as_ref().is_some_and(|g| known.sla_group.as_ref() != Some(g))
        || report.kind.as_ref().is_some_and(|k| *k != known.kind)
        || (known.tags.len() < TAG_LIMIT && report.tags.iter().any(|tag| !known.tags.contains(tag)));
    if !says_more {
        return Ok(());
    }
    let before = known.sla_group.clone();
    let mut service = described(known.clone(), report);
    service.origin = reporter.origin;
    membership::set(batch, &service.path, before.as_deref(), service.sla_group.as_deref());
    batch.declare(actor(), service);
    Ok(())
}

fn described(mut service: Service, report: &HealthReport) -> Service {
    service.criticality = report.criticality.unwrap_or(service.criticality);
    service.sla_group = report.sla_group.clone().or(service.sla_group);
    service.kind = report.kind.clone().unwrap_or(service.kind);
    for tag in &report.tags {
        if service.tags.len() < TAG_LIMIT && !service.tags.contains(tag) {
            service.tags.push(tag.clone());
        }
    }
    service
}

/// A service that nobody has said anything about yet.
///
/// # Errors
/// `too_many` when this key made too many in this hour.
pub(super) fn blank(batch: &mut Batch<'_>, key: &str, path: &ServicePath, origin: Origin) -> Result<Service, Refusal> {
    let limit = batch.settings.new_services_per_hour;
    let hour = batch.now.ms().div_euclid(HOUR);
    let made = batch.truth.session.created.entry(key.to_owned()).or_insert((hour, 0));
    if made.0 != hour {
        *made = (hour, 0);
    }
    if made.1 >= limit {
        let reason = format!("key {key} made {limit} new services in this hour; that is the limit");
        let over_in = HOUR - batch.now.ms().rem_euclid(HOUR);
        return Err(Refusal::new(RefusalCode::TooMany, reason).again_in(over_in));
    }
    made.1 += 1;
    let (every_ms, every_is_assumed) = interval(batch, origin, path);
    Ok(Service {
        path: path.clone(),
        display_name: path.service().to_owned(),
        description: String::new(),
        kind: "service".to_owned(),
        team: String::new(),
        tags: Vec::new(),
        criticality: crate::domain::health::Criticality::default(),
        sla_group: None,
        runbook: None,
        requires: Vec::new(),
        used_by: Vec::new(),
        origin,
        declared_at: None,
        health: Health { since: batch.now, every_ms, every_is_assumed, ..Health::default() },
        storage: None,
        backup: None,
        first_seen: batch.now,
        expected_reporter: None,
        clock_ahead_ms: None,
    })
}

/// How often a report is expected, by the kind of report.
fn interval(batch: &Batch<'_>, origin: Origin, path: &ServicePath) -> (i64, bool) {
    if origin == Origin::Agent {
        return (staleness::AGENT_EVERY_MS, false);
    }
    let expected = batch.truth.session.expected.get(path).and_then(|expected| expected.every);
    expected.unwrap_or((batch.settings.default_every_ms, false))
}
