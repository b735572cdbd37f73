//! What corrects kept results. What may have changed them is noted in the transaction that makes it true, looked into
//! once that is committed, and recorded beside the new result as a restatement.
//!
//! Somebody's act is looked into within a minute, what comes late at the next full hour ([`looked_into`]). Until then it
//! is on disk, as one [`Correction`] for each cause.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Core, Failure,
    batch::{Batch, signed},
    results::{keep, result, since},
    retired,
    sla::Roster,
};
use crate::{
    domain::{
        change::Actor,
        hierarchy::ServicePath,
        sla::{
            Aggregation, Correction, Measured, PeriodResult, Promise, Restatement, ResultPeriod,
            results::{figures, looked_into, measured_from},
        },
        time::Timestamp,
    },
    server::store::load::LINE_KEPT_MS,
};

/// Somebody did something that may have changed results of these groups in `from..to`.
pub(super) fn note(
    batch: &mut Batch<'_>,
    groups: Vec<String>,
    (from, to): (Timestamp, Timestamp),
    actor: Actor,
    reason: String,
) {
    let due = batch.now;
    wait(batch, Correction { groups, from, to, actor, reason, services: Vec::new(), has_others: false, due });
}

/// The status of `path` is another one from `from` on, by a report or by silence, to `until` (none: to the next point of
/// its line). Where that lies before today, or before the end of a group that is not declared any more, it may be in a closed period.
pub(super) fn moved(
    batch: &mut Batch<'_>,
    path: &ServicePath,
    from: Timestamp,
    until: Option<Timestamp>,
    actor: &Actor,
    is_silence: bool,
) {
    if from >= ResultPeriod::Day.bounds(batch.now).0 && !retired::has_kept(batch, from) {
        return;
    }
    // What nobody closed yet does not have to be corrected.
    let closed_to = &batch.truth.promises.closed_to;
    let is_closed = |name: &str| {
        let ends = ResultPeriod::ALL.into_iter().filter_map(|period| closed_to.get(&(name.to_owned(), period)));
        ends.into_iter().any(|end| from < *end)
    };
    let groups = batch.truth.memberships.iter().filter(|(name, members)| members.contains_key(path) && is_closed(name));
    let groups: Vec<String> = groups.map(|(name, _)| name.clone()).collect();
    if groups.is_empty() {
        return;
    }
    let next = || batch.with_line(path, |line| line.in_force(from).1);
    let correction = Correction {
        groups,
        from,
        to: until.or_else(next).unwrap_or(batch.now),
        actor: actor.clone(),
        reason: if is_silence { "silence, known only when nothing came" } else { "heard of late" }.to_owned(),
        services: vec![path.clone()],
        has_others: false,
        due: looked_into(batch.now),
    };
    wait(batch, correction);
}

/// What waits for its hour waits no longer.
pub(super) fn hurry(batch: &mut Batch<'_>) {
    for correction in batch.truth.promises.corrections.values_mut() {
        correction.due = correction.due.min(batch.now);
    }
}

fn wait(batch: &mut Batch<'_>, correction: Correction) {
    if correction.groups.is_empty() || correction.from >= correction.to {
        return;
    }
    let promises = &mut batch.truth.promises;
    // Nothing is added any more to the one that is in work: what it covers may have been read already.
    let in_work = batch.truth.session.correction_in_work;
    let mut others = promises.corrections.iter_mut().filter(|(id, _)| in_work != Some(**id));
    let same = others.find_map(|(id, known)| known.take(&correction).then(|| (*id, known.clone())));
    let (id, correction) = same.unwrap_or_else(|| {
        promises.last_correction += 1;
        promises.corrections.insert(promises.last_correction, correction.clone());
        (promises.last_correction, correction)
    });
    let body = batch.text(&correction);
    batch.rows.promises.corrections.insert(id, Some(body));
}

impl Core {
    /// Look into what is due. The caller holds the turn of results.
    pub(super) async fn correct(&self) -> Result<(), Failure> {
        while let Some((id, correction)) = self.0.write(|batch| Ok(take_up(batch))).await? {
            let correction = Arc::new(correction);
            for name in &correction.groups {
                let kept = self.kept(name, &correction).await?;
                let (name, correction) = (name.clone(), correction.clone());
                self.0
                    .write(move |batch| {
                        restate(batch, &name, &correction, &kept);
                        Ok(())
                    })
                    .await?;
            }
            self.0
                .write(move |batch| {
                    batch.truth.promises.corrections.remove(&id);
                    batch.rows.promises.corrections.insert(id, None);
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }

    /// Kept results of a group that `correction` may have changed.
    async fn kept(&self, group: &str, correction: &Correction) -> Result<Vec<PeriodResult>, Failure> {
        let oldest = oldest(self.0.world.now());
        let mut kept = Vec::new();
        for period in ResultPeriod::ALL {
            let from = period.bounds(correction.from).0.max(oldest);
            let found = self.0.store.results(period, Some(group), (from, correction.to)).await;
            kept.extend(found.map_err(Failure::Fault)?);
        }
        Ok(kept)
    }
}

/// The oldest correction that is due. It is in work until the next one is taken up.
fn take_up(batch: &mut Batch<'_>) -> Option<(i64, Correction)> {
    let mut waiting = batch.truth.promises.corrections.iter();
    let next = waiting.find(|(_, correction)| correction.due <= batch.now).map(|(id, due)| (*id, due.clone()));
    batch.truth.session.correction_in_work = next.as_ref().map(|(id, _)| *id);
    next
}

/// Lines are not kept for ever: periods that begin before this moment stay as they were told.
fn oldest(now: Timestamp) -> Timestamp {
    now.plus(-LINE_KEPT_MS)
}

/// Make the results of a group anew that a correction may have changed, and record those that are others.
fn restate(batch: &mut Batch<'_>, name: &str, correction: &Correction, kept: &[PeriodResult]) {
    let roster = Roster::of(batch.truth, name).or_else(|| Roster::of_retired(batch.truth, name));
    let Some(roster) = roster else { return };
    let rules: BTreeSet<_> = kept.iter().map(rule).collect();
    for of_then in rules {
        let own: Vec<&PeriodResult> = kept.iter().filter(|result| rule(result) == of_then).collect();
        let then = roster.counting_as(own[0]);
        let anew: Vec<PeriodResult> = then
            .measured(batch.shared, |measured| own.iter().map(|result| made_anew(&then, measured, result)).collect());
        for (was, is) in own.into_iter().zip(anew) {
            if is.figures != was.figures {
                record(batch, correction, was, &is);
            }
        }
    }
    keep_missing(batch, &roster, correction, kept);
}

/// By what members were counted: lines are merged once for each of these.
const fn rule(result: &PeriodResult) -> (bool, bool) {
    (matches!(result.aggregation, Aggregation::Mean), result.maintenance_is_down)
}

/// What a period came to under what was promised then.
fn made_anew(roster: &Roster, measured: &Measured<'_>, result: &PeriodResult) -> PeriodResult {
    let promise = Promise { target: result.target, ..roster.promise() };
    let (from, to) = result.span();
    let figures = figures(measured, &promise, from, to);
    PeriodResult { figures, measured_from: measured_from(measured, from, to), ..result.clone() }
}

fn record(batch: &mut Batch<'_>, correction: &Correction, result: &PeriodResult, is: &PeriodResult) {
    let number = batch.truth.promises.last_restatement + 1;
    batch.truth.promises.last_restatement = number;
    let restatement = Restatement {
        id: number,
        group: result.group.clone(),
        period: result.period,
        from: result.from,
        was: result.figures,
        is: is.figures,
        at: batch.now,
        actor: correction.actor.clone(),
        reason: correction.said(),
    };
    let body = batch.text(&restatement);
    batch.rows.promises.restatements.insert(signed(number), (result.group.clone(), batch.now.ms(), body));
    keep(batch, is);
}

/// Keep what closed periods came to that had nothing to tell when they were closed: a first report came late.
fn keep_missing(batch: &mut Batch<'_>, roster: &Roster, correction: &Correction, kept: &[PeriodResult]) {
    let (name, now) = (&roster.group.name, batch.now);
    let is_missing = |period, from| !kept.iter().any(|result| (result.period, result.from) == (period, from));
    let mut missing = Vec::new();
    for period in ResultPeriod::ALL {
        let Some(closed_to) = batch.truth.promises.closed_to.get(&(name.clone(), period)) else { continue };
        let touched = roster.periods(period, correction.from, correction.to.min(*closed_to));
        let told = touched.filter(|(from, _)| *from >= oldest(now) && is_missing(period, *from));
        missing.extend(told.map(|bounds| (period, bounds)));
    }
    if missing.is_empty() {
        return;
    }
    let found: Vec<PeriodResult> = roster.measured(batch.shared, |measured| {
        let told = missing.into_iter().filter(|(_, (_, to))| since(measured, Timestamp::from_ms(i64::MIN)) < *to);
        told.map(|(period, bounds)| result(roster, measured, period, bounds, now)).collect()
    });
    for result in found {
        keep(batch, &result);
    }
}
