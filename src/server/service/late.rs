//! Reports that come after later ones, and silence that turns out to have been none: what the rules of
//! [`crate::domain::health::late`] make of it is written down.

use super::{batch::Batch, truth::Truth};
use crate::domain::{
    health::{
        Health, Silence,
        late::{self, Gaps, Late},
        staleness,
    },
    hierarchy::ServicePath,
    time::Timestamp,
};

/// Put what a late report says, of the moment since when it was so, where it belongs. Points are only added, for that is
/// what is on disk.
pub(super) fn place(batch: &mut Batch<'_>, path: &ServicePath, said: &Health) {
    let late = Late { at: said.since, status: said.status, every_ms: said.every_ms, last_seen: said.last_seen };
    let nothing = Gaps::default();
    let gaps = batch.truth.gaps.get(path).unwrap_or(&nothing);
    let (placed, steps) = batch.with_line(path, |line| {
        let placed = late::place(line, gaps, &late);
        let steps = line.steps_to(&placed.line);
        (placed, steps)
    });
    batch.tell_anew(path, &steps, said, placed.until);
    batch.change_gaps(path, placed.gaps);
}

/// Whether what is known of it was made up, and never heard: that goes on without a gap.
pub(super) fn is_made_up(truth: &Truth, known: &Health) -> bool {
    truth.estate.simulated && known.last_seen.is_some_and(|seen| seen < truth.session.opened_at)
}

/// `path` is heard of at `at`, after all others: a silence before that is over, whether anybody judged it or not.
pub(super) fn end_gap(batch: &mut Batch<'_>, path: &ServicePath, at: Timestamp) {
    let Some(known) = batch.truth.estate.services.get(path).map(|service| &service.health) else { return };
    let is_silence = |last: &Timestamp| staleness::is_silence(*last, at, known.every_ms);
    let Some(last) = known.last_seen.filter(is_silence).filter(|_| !is_made_up(batch.truth, known)) else { return };
    batch.change_gaps(path, vec![(last, Some(at))]);
}

/// `path`, held for silent in `before`, is heard of at `at`, less than three intervals after its last report: that was no
/// silence, and it is so on the line too. Answers since when it is how it is now, where it was so before the silence.
pub(super) fn lift(
    batch: &mut Batch<'_>,
    path: &ServicePath,
    before: &Health,
    after: &Health,
    at: Timestamp,
) -> Option<Timestamp> {
    let Silence { from, last_known } = before.silence?;
    if staleness::is_silence(before.last_seen?, at, before.every_ms) {
        return None;
    }
    if batch.with_line(path, |line| line.status_at(from)) != Some(last_known) {
        // Nothing is there after it yet.
        let was = Health { status: last_known, message: String::new(), since: from, ..after.clone() };
        let until = if from < at { at } else { batch.now };
        batch.tell_anew(path, &[(from, last_known)], &was, until);
    }
    let since = batch.with_line(path, |line| line.point_at(at));
    since.filter(|(_, status)| *status == after.status && last_known == after.status).map(|(since, _)| since)
}
