//! One batch of writes: what it makes true, and the rows that say so.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{sla::line_of, truth::Truth};
use crate::{
    domain::{
        attention::telling::Episode,
        change::{Actor, Change, Fact},
        gitops::State,
        health::{Health, Service, Status, late::GapChange},
        hierarchy::ServicePath,
        sla::Timeline,
        time::Timestamp,
    },
    server::store::{
        Rows,
        encoding::{Stored, to_text},
        load::status_number,
        rows::{ChangeRow, HealthRow, PointRow, ServiceRow},
        settled::Settled,
    },
};

use super::{
    Shared, attention, corrections,
    settings::CoreSettings,
    shared::{Gone, Reading},
};

/// Where a write puts what it makes true. A write first asks the rules and only then calls the methods here, so that a
/// refused one leaves no trace.
pub struct Batch<'a> {
    /// The clock of this batch.
    pub now: Timestamp,
    /// The picture with everything before this write.
    pub truth: &'a mut Truth,
    /// What the core was started with.
    pub settings: &'a CoreSettings,
    /// What readers see; lines are only there.
    pub shared: &'a Shared,
    /// What goes to disk.
    pub rows: Rows,
    /// What goes to the stream, in order.
    pub changes: Vec<Arc<Change>>,
    /// Services that were heard of without any news.
    pub seen: HashMap<ServicePath, Timestamp>,
    /// New points of status lines, in order.
    pub points: Vec<(ServicePath, Timestamp, Status)>,
    /// SLA groups with a member that changed in this batch.
    pub touched: Vec<String>,
    /// What may begin or stop needing a person.
    pub stirred: BTreeSet<Episode>,
    /// What is over for so long that it leaves the estate without any news; the store keeps it.
    pub gone: Gone,
    /// When the source was looked at, in case nothing else is told of it.
    pub checked: Option<Timestamp>,
    /// What is declared and in force, when that changed.
    pub state: Option<Arc<State>>,
    /// What was read of the repository, when something was.
    pub reading: Option<Reading>,
    /// Set when something could not be written down: then nothing of the batch is kept.
    pub broken: Option<String>,
}

impl<'a> Batch<'a> {
    /// An empty batch at `now`.
    pub fn new(now: Timestamp, truth: &'a mut Truth, settings: &'a CoreSettings, shared: &'a Shared) -> Self {
        Self {
            now,
            truth,
            settings,
            shared,
            rows: Rows::default(),
            changes: Vec::new(),
            seen: HashMap::new(),
            points: Vec::new(),
            touched: Vec::new(),
            stirred: BTreeSet::new(),
            gone: Gone::default(),
            checked: None,
            state: None,
            reading: None,
            broken: None,
        }
    }

    /// Make `fact` true and give it the next place in the log.
    pub fn emit(&mut self, actor: Actor, fact: Fact) {
        let seq = self.truth.seq.next();
        let row = ChangeRow { seq: signed(seq.0), at: self.now.ms(), actor: self.text(&actor), fact: self.text(&fact) };
        self.rows.changes.push(row);
        if !self.settings.receivers.is_empty() {
            self.stirred.extend(Episode::touched(&self.truth.estate, &fact));
        }
        let change = Arc::new(Change { seq, at: self.now, actor, fact });
        self.truth.apply(&change);
        self.changes.push(change.clone());
        attention::after(self, &change.fact);
    }

    /// The row id of `path`, given out when it has none.
    pub fn id_of(&mut self, path: &ServicePath) -> i64 {
        if let Some(id) = self.truth.ids.get(path) {
            return *id;
        }
        self.truth.last_service += 1;
        let id = self.truth.last_service;
        self.truth.ids.insert(path.clone(), id);
        id
    }

    /// A service appeared or is described differently.
    pub fn declare(&mut self, actor: Actor, service: Service) {
        let id = self.id_of(&service.path);
        if self.truth.retired.remove(&service.path).is_some() {
            // What was heard of it while it was retired says nothing of how it is.
            self.truth.session.unflushed.remove(&id);
            self.rows.seen.insert(id, None);
        }
        let path = service.path.clone();
        let row = ServiceRow {
            path: path.as_str().to_owned(),
            description: self.text(&service),
            seq: signed(self.truth.seq.next().0),
            first_seen: service.first_seen.ms(),
            retired_at: None,
        };
        self.rows.services.insert(id, row);
        if let Some(backup) = &service.backup {
            let body = self.text(backup);
            self.rows.backup.insert(id, body);
        }
        self.emit(actor, Fact::ServiceDeclared(Arc::new(service)));
        self.touch(&path);
    }

    /// How a service is changed, from `at` on.
    pub fn change_health(&mut self, actor: Actor, path: &ServicePath, was: Status, health: Health, at: Timestamp) {
        let status = health.status;
        let fact = Fact::HealthChanged { path: path.clone(), was, health: health.clone() };
        corrections::moved(self, path, at, None, &actor, health.silence.is_some());
        self.emit(actor, fact);
        self.truth.unsettled.insert(path.clone());
        if was != status || self.with_line(path, |line| line.status_at(at)) != Some(status) {
            self.write_point(path, at, status, health.message);
        }
        if was != status {
            self.touch(path);
        }
    }

    /// A point that was placed into the past and is not how the service is now. `until` is where the line will be as before
    /// again; none: at its next point.
    pub fn place_late(&mut self, path: &ServicePath, health: &Health, at: Timestamp, until: Option<Timestamp>) {
        corrections::moved(self, path, at, until, &Actor::Reporter(health.reporter.clone()), false);
        self.place_past(path, health, at);
        self.touch_all(path);
    }

    /// Nobody knew of `path` from its silence to `until`, and nobody judged that while it lasted.
    pub fn place_silence(&mut self, path: &ServicePath, silent: &Health, until: Timestamp) {
        let Some(from) = silent.silence.map(|silence| silence.from) else { return };
        corrections::moved(self, path, from, Some(until), &Actor::System, true);
        self.place_past(path, &Health { message: String::new(), ..silent.clone() }, from);
        self.touch_all(path);
    }

    /// The same without touching the figures of any group, for many points at once.
    pub fn place_past(&mut self, path: &ServicePath, health: &Health, at: Timestamp) {
        self.write_point(path, at, health.status, health.message.clone());
    }

    /// The past of `path` is told anew by these points, up to `until`. What was said at the moment `health` speaks of is
    /// kept with its point.
    pub fn tell_anew(&mut self, path: &ServicePath, steps: &[(Timestamp, Status)], health: &Health, until: Timestamp) {
        let Some(from) = steps.iter().map(|(at, _)| *at).min() else { return };
        corrections::moved(self, path, from, Some(until), &Actor::Reporter(health.reporter.clone()), false);
        for (at, status) in steps {
            let is_own = (*at, *status) == (health.since, health.status);
            let message = if is_own { health.message.clone() } else { String::new() };
            self.write_point(path, *at, *status, message);
        }
        self.touch_all(path);
    }

    /// Times in which nobody spoke of `path` are others.
    pub fn change_gaps(&mut self, path: &ServicePath, changes: Vec<GapChange>) {
        if changes.is_empty() {
            return;
        }
        let id = self.id_of(path);
        let gaps = self.truth.gaps.entry(path.clone()).or_default();
        for (last, next) in changes {
            gaps.apply((last, next));
            self.rows.gaps.insert((id, last.ms()), next.map(Timestamp::ms));
        }
    }

    /// `path` was heard of at `at`, without news.
    pub fn heard(&mut self, path: &ServicePath, at: Timestamp) {
        if let Some(service) = self.truth.estate.services.get_mut(path) {
            service.health.last_seen = service.health.last_seen.max(Some(at));
        }
        let id = self.id_of(path);
        self.truth.session.unflushed.insert(id, at.ms());
        match self.seen.get_mut(path) {
            Some(seen) => *seen = (*seen).max(at),
            None => {
                self.seen.insert(path.clone(), at);
            }
        }
    }

    /// Bring the store into order, up to what this batch made true so far.
    pub fn settle(&mut self) {
        let settled = Settled { seq: self.truth.seq, point: self.truth.last_history };
        for path in std::mem::take(&mut self.truth.unsettled) {
            let id = self.id_of(&path);
            if let Some(service) = self.truth.estate.services.get(&path) {
                self.rows.health.insert(id, health_row(signed(settled.seq.0), &service.health));
            }
        }
        self.truth.settled = settled;
        self.rows.settled = Some(settled);
    }

    /// The figures of the group that `path` belongs to are to be made anew.
    pub fn touch(&mut self, path: &ServicePath) {
        let group = self.truth.estate.services.get(path).and_then(|service| service.sla_group.clone());
        self.touched.extend(group);
    }

    /// The same of every group that it ever belonged to.
    fn touch_all(&mut self, path: &ServicePath) {
        let groups = self.truth.memberships.iter().filter(|(_, members)| members.contains_key(path));
        self.touched.extend(groups.map(|(name, _)| name.clone()));
    }

    /// The text of `value` for a row.
    pub fn text<T: Stored>(&mut self, value: &T) -> String {
        to_text(value).unwrap_or_else(|error| {
            self.broken = Some(error);
            String::new()
        })
    }

    /// Look at the line of `path` with what this batch adds to it. Short: the writer waits for it.
    pub fn with_line<R>(&self, path: &ServicePath, f: impl FnOnce(&Timeline) -> R) -> R {
        let mut waiting = self.points.iter().filter(|(p, _, _)| p == path).peekable();
        self.shared.with_lines(|lines| {
            let line = line_of(lines, path);
            if waiting.peek().is_none() {
                return f(line);
            }
            let mut line = line.clone();
            waiting.for_each(|(_, at, status)| line.push(*at, *status));
            f(&line)
        })
    }

    /// A point of the line of `path`; the line itself has it after the commit.
    fn write_point(&mut self, path: &ServicePath, at: Timestamp, status: Status, message: String) {
        let service = self.id_of(path);
        self.truth.last_history += 1;
        let id = self.truth.last_history;
        self.rows.history.push(PointRow { id, service, at: at.ms(), status: status_number(status), message });
        self.points.push((path.clone(), at, status));
    }
}

fn health_row(seq: i64, health: &Health) -> HealthRow {
    HealthRow {
        seq,
        status: health.status.word(),
        message: health.message.clone(),
        reporter: health.reporter.clone(),
        since: health.since.ms(),
        seen: health.last_seen.map(Timestamp::ms),
        replicas: health.replicas,
        every_ms: health.every_ms,
        assumed: health.every_is_assumed,
        silence: health.silence.map(|s| (s.from.ms(), s.last_known.word())),
    }
}

/// A counter as the database holds it.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
