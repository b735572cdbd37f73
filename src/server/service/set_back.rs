//! The core's own clock was ahead and is set back: what was written down of a moment that is not here yet is taken for so
//! from now on.
//!
//! Otherwise nobody who stops speaking would be missed until the clock is there again, and what is said now would count as
//! older than what was said then.

use super::batch::Batch;
use crate::domain::{change::Actor, health::Health, hierarchy::ServicePath, time::Timestamp};

/// Bring everything that is later than now back to it, if the clock may have been set back since the last batch: it was,
/// or this is the first one.
pub(super) fn bring_back(batch: &mut Batch<'_>) {
    let now = batch.now;
    let session = &mut batch.truth.session;
    if session.turned_at.replace(now).is_some_and(|last| last <= now) {
        return;
    }
    session.opened_at = session.opened_at.min(now);
    session.windows_at = session.windows_at.min(now);
    session.went_on_at = session.went_on_at.map(|at| at.min(now));
    for (path, later) in ahead(batch) {
        let Some(before) = batch.truth.estate.services.get(&path).map(|service| service.health.clone()) else {
            continue;
        };
        let after = before.brought_to(now);
        for from in later {
            batch.place_late(&path, &Health { since: from, ..after.clone() }, from, None);
        }
        let gaps = batch.truth.gaps.get(&path).map(|gaps| gaps.brought_to(now));
        batch.change_gaps(&path, gaps.unwrap_or_default());
        if after.last_seen != before.last_seen {
            let id = batch.id_of(&path);
            batch.truth.session.unflushed.remove(&id);
            batch.rows.seen.insert(id, after.last_seen.map(Timestamp::ms));
        }
        batch.change_health(Actor::System, &path, before.status, after, now);
    }
}

/// Services that were heard, or became what they are, later than now; with the points of their lines that are.
fn ahead(batch: &Batch<'_>) -> Vec<(ServicePath, Vec<Timestamp>)> {
    let now = batch.now;
    batch.shared.with_lines(|lines| {
        let services = batch.truth.estate.services.values().filter_map(|service| {
            let points = lines.get(&service.path).map(|line| line.points()).unwrap_or_default();
            let later: Vec<_> = points.iter().rev().map(|(from, _)| *from).take_while(|from| now < *from).collect();
            let is_ahead = !later.is_empty() || service.health.brought_to(now) != service.health;
            is_ahead.then(|| (service.path.clone(), later))
        });
        services.collect()
    })
}
