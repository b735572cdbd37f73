//! Who fell silent: judged every few seconds, and at once as the core starts.
//!
//! Time in which the core was away itself is no better known than any other. What was due by the start reads UNKNOWN from
//! the start on, with its age. But it may have been the core that was missing, so that nobody is called before the reporter
//! had one interval to speak ([`Truth::awaited`](super::truth::Truth::awaited), kept over a restart). What becomes due only
//! after the start is not even judged before that: a short restart leaves no trace. A core that stood still, with its
//! process or its machine, is given the same time: what was sent to it meanwhile is about to be read.

use super::{Core, Failure, batch::Batch};
use crate::domain::{
    attention::telling::Episode,
    change::Actor,
    health::{Health, Service, Status, reporter::Source, staleness},
    hierarchy::ServicePath,
};

impl Core {
    /// The core did nothing for a while, without having been stopped: nobody is held for silent before he had one interval
    /// from now on.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn stood_still(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                batch.truth.session.went_on_at = Some(batch.now);
                Ok(())
            })
            .await
    }

    /// Judge silence now. Runs by itself every few seconds.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn sweep_silence(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                end_waiting(batch);
                sweep(batch);
                Ok(())
            })
            .await
    }
}

/// What the sweep found out about one service.
struct Verdict {
    path: ServicePath,
    was: Status,
    after: Health,
    /// Whether its reporter is given time before anybody is told.
    is_early: bool,
}

/// Judge every service whose time has come.
fn sweep(batch: &mut Batch<'_>) {
    let opened = batch.truth.session.opened_at;
    let went_on = batch.truth.session.went_on_at;
    let verdict = |service: &Service| {
        if went_on.is_some_and(|at| batch.now.since(at) < service.health.every_ms) {
            return None;
        }
        let is_early = !had_time(batch, service);
        let was_due = staleness::verdict_due(&service.health).is_some_and(|due| due <= opened);
        let after = staleness::judge(&service.health, batch.now).filter(|_| !is_early || was_due)?;
        Some(Verdict { path: service.path.clone(), was: service.health.status, after, is_early })
    };
    let judged: Vec<Verdict> = batch.truth.estate.services.values().filter_map(verdict).collect();
    let waiting = batch.truth.awaited.len();
    for Verdict { path, was, mut after, is_early } in judged {
        // A name from before reporters were called by what stops.
        if let Source::Named(key) = Source::of(&after.reporter)
            && !key.is_empty()
        {
            after.reporter = batch.truth.session.pusher(key, &path);
        }
        if is_early {
            batch.truth.awaited.insert(path.clone());
        }
        let from = after.silence.map_or(batch.now, |silence| silence.from);
        batch.change_health(Actor::System, &path, was, after, from);
    }
    if batch.truth.awaited.len() != waiting {
        save(batch);
    }
}

/// Whether the reporter of a service had one interval since the core listens. A made-up past knows no time in which nobody
/// could hear.
fn had_time(batch: &Batch<'_>, service: &Service) -> bool {
    let since_start = batch.now.since(batch.truth.session.opened_at);
    batch.truth.estate.simulated || since_start >= service.health.every_ms
}

/// Who was heard is not waited for any more; of who was not, somebody is told from now on.
fn end_waiting(batch: &mut Batch<'_>) {
    let is_over = |path: &&ServicePath| {
        let service = batch.truth.estate.services.get(path);
        service.is_none_or(|service| service.health.silence.is_none() || had_time(batch, service))
    };
    let over: Vec<ServicePath> = batch.truth.awaited.iter().filter(is_over).cloned().collect();
    if over.is_empty() {
        return;
    }
    for path in over {
        batch.truth.awaited.remove(&path);
    }
    batch.stirred.extend(Episode::of_silence(&batch.truth.estate));
    save(batch);
}

fn save(batch: &mut Batch<'_>) {
    let text = batch.text(&batch.truth.awaited.iter().cloned().collect::<Vec<_>>());
    batch.rows.meta.insert("awaited", text);
}
