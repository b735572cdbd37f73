//! SLA groups that are not declared any more. What the unfinished day and month of one came to is kept up to its last
//! moment by [`super::results`], and corrected like any other result. One that is declared again goes on.

use super::{batch::Batch, corrections, results, sla::Roster, truth::Truth};
use crate::{
    domain::{
        change::Actor,
        sla::{DeclaredGroup, ResultPeriod, RetiredGroup, results::CLOSING_MS},
        time::Timestamp,
    },
    server::store::load::LINE_KEPT_MS,
};

/// `group` is not declared any more, from now on. Its results are kept a little later, with what is still on its way. The
/// list is written by [`save`], once for all that went.
pub(super) fn retire(batch: &mut Batch<'_>, group: DeclaredGroup) {
    let retired = RetiredGroup { until: batch.now, group };
    batch.truth.retired_groups.insert(retired.group.name.clone(), retired);
}

/// The group of this name is declared, for the first time or again. Periods that went by without it have no result; the
/// one in which it comes back is open again and gets one as a whole. What it left unfinished in an earlier one is kept
/// now, up to when it went, where nobody came to that. The list is written by [`save`].
pub(super) fn revive(batch: &mut Batch<'_>, name: &str) {
    let unkept = batch.truth.retired_groups.get(name).filter(|retired| !is_kept(batch.truth, retired));
    let left = unkept.map(|retired| retired.until);
    for period in ResultPeriod::ALL {
        let from = period.bounds(batch.now).0;
        let key = (name.to_owned(), period);
        match left {
            Some(until) if from <= until => continue,
            Some(until) => keep_left(batch, name, period, until),
            None if !batch.truth.promises.closed_to.contains_key(&key) => continue,
            None => {}
        }
        batch.truth.promises.closed_to.insert(key, from);
        batch.rows.promises.results.insert((name.to_owned(), period.word(), from.ms()), None);
    }
    batch.truth.retired_groups.remove(name);
}

/// Keep what a group came to in a period that is over, in which it went at `until`.
fn keep_left(batch: &mut Batch<'_>, name: &str, period: ResultPeriod, until: Timestamp) {
    let Some(roster) = Roster::of_retired(batch.truth, name) else { return };
    for result in results::closed(batch, &roster, &[(period, until)]) {
        results::keep(batch, &result);
    }
    // Lines have what this batch brings only after it.
    let late = batch.points.iter().filter(|(path, at, _)| *at < until && roster.members.contains_key(path));
    if let Some(from) = late.map(|(_, at, _)| *at).min() {
        corrections::note(batch, vec![name.to_owned()], (from, until), Actor::System, "heard of late".to_owned());
    }
}

/// Whether the results of the periods that it left unfinished are kept: it is closed up to its last moment.
pub(super) fn is_kept(truth: &Truth, retired: &RetiredGroup) -> bool {
    let closed_to = truth.promises.closed_to.get(&(retired.group.name.clone(), ResultPeriod::Day));
    closed_to.is_some_and(|to| retired.until <= *to)
}

/// Groups whose last results are to be kept now.
pub(super) fn due(truth: &Truth, now: Timestamp) -> impl Iterator<Item = &RetiredGroup> {
    truth.retired_groups.values().filter(move |r| r.until.plus(CLOSING_MS) <= now && !is_kept(truth, r))
}

/// Whether something of today is in a result that is kept already.
pub(super) fn has_kept(batch: &Batch<'_>, at: Timestamp) -> bool {
    batch.truth.retired_groups.values().any(|retired| at < retired.until && is_kept(batch.truth, retired))
}

/// Forget groups whose results nobody can correct any more: the lines behind them are gone.
pub(super) fn forget_old(batch: &mut Batch<'_>) {
    let oldest = batch.now.plus(-LINE_KEPT_MS);
    let old = batch.truth.retired_groups.values().filter(|r| r.until < oldest && is_kept(batch.truth, r));
    let old: Vec<String> = old.map(|retired| retired.group.name.clone()).collect();
    if old.is_empty() {
        return;
    }
    for name in old {
        batch.truth.retired_groups.remove(&name);
    }
    save(batch);
}

/// Write the list of all of them.
pub(super) fn save(batch: &mut Batch<'_>) {
    let text = batch.text(&batch.truth.retired_groups.clone());
    batch.rows.meta.insert("retired_groups", text);
}
