//! SLA groups that are not declared any more. What the unfinished day and month of one came to is kept up to its last
//! moment by [`super::results`], and corrected like any other result. One that is declared again goes on.

use super::batch::Batch;
use crate::{
    domain::{
        sla::{DeclaredGroup, ResultPeriod, RetiredGroup, results::CLOSING_MS},
        time::Timestamp,
    },
    server::store::{encoding::to_text, load::LINE_KEPT_MS},
};

/// `group` is not declared any more, from now on. Its results are kept a little later, with what is still on its way.
pub(super) fn retire(batch: &mut Batch<'_>, group: DeclaredGroup) {
    let retired = RetiredGroup { until: batch.now, is_kept: false, group };
    batch.truth.retired_groups.insert(retired.group.name.clone(), retired);
    save(batch);
}

/// The group of this name is declared, for the first time or again. Periods that went by without it have no result; the
/// one in which it comes back is open again and gets one as a whole.
pub(super) fn revive(batch: &mut Batch<'_>, name: &str) {
    let retired = batch.truth.retired_groups.remove(name);
    if retired.is_some() {
        save(batch);
    }
    if retired.is_some_and(|retired| !retired.is_kept) {
        return;
    }
    for period in ResultPeriod::ALL {
        let from = period.bounds(batch.now).0;
        if let Some(closed_to) = batch.truth.promises.closed_to.get_mut(&(name.to_owned(), period)) {
            *closed_to = from;
            batch.rows.promises.results.insert((name.to_owned(), period.word(), from.ms()), None);
        }
    }
}

/// Groups whose last results are to be kept now.
pub(super) fn due<'a>(
    all: impl IntoIterator<Item = &'a RetiredGroup>,
    now: Timestamp,
) -> impl Iterator<Item = &'a RetiredGroup> {
    all.into_iter().filter(move |retired| !retired.is_kept && retired.until.plus(CLOSING_MS) <= now)
}

/// The results of a group that is not declared any more are kept.
pub(super) fn kept(batch: &mut Batch<'_>, name: &str) {
    if let Some(retired) = batch.truth.retired_groups.get_mut(name) {
        retired.is_kept = true;
        save(batch);
    }
}

/// Whether something of today is in a result that is kept already.
pub(super) fn has_kept(batch: &Batch<'_>, at: Timestamp) -> bool {
    batch.truth.retired_groups.values().any(|retired| retired.is_kept && at < retired.until)
}

/// Forget groups whose results nobody can correct any more: the lines behind them are gone.
pub(super) fn forget_old(batch: &mut Batch<'_>) {
    let oldest = batch.now.plus(-LINE_KEPT_MS);
    let before = batch.truth.retired_groups.len();
    batch.truth.retired_groups.retain(|_, retired| !retired.is_kept || retired.until >= oldest);
    if batch.truth.retired_groups.len() != before {
        save(batch);
    }
}

fn save(batch: &mut Batch<'_>) {
    match to_text(&batch.truth.retired_groups) {
        Ok(text) => {
            batch.rows.meta.insert("retired_groups", text);
        }
        Err(error) => batch.broken = Some(error),
    }
}
