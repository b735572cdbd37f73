//! What closed days and months came to: kept once they are closed, served from what is kept, and corrected only with a
//! record of what was told before.

use std::collections::BTreeSet;

use super::{Core, Failure, batch::Batch, sla::Roster, truth::Truth};
use crate::{
    domain::{
        change::Actor,
        hierarchy::ServicePath,
        sla::{
            Correction, Figures, Measured, PeriodResult, Promise, Restatement, ResultPeriod, Target,
            results::{self, CLOSING_MS},
        },
        time::{DAY, Timestamp},
    },
    server::store::load::LINE_KEPT_MS,
};

/// Farthest that results look back, in months of 31 days.
const RESULT_MONTHS: u32 = 36;

/// Something may have changed results of these groups in `from..to`; it is looked into once it is committed.
pub(super) fn note(
    batch: &mut Batch<'_>,
    groups: Vec<String>,
    (from, to): (Timestamp, Timestamp),
    actor: Actor,
    reason: String,
) {
    if groups.is_empty() || from >= to {
        return;
    }
    // One cause is one correction: a late report is two points of its line.
    let newest = batch.truth.promises.corrections.last_entry();
    let same = newest.filter(|e| e.get().groups == groups && e.get().reason == reason && e.get().actor == actor);
    let (id, correction) = match same {
        Some(entry) => {
            let before = entry.get();
            (*entry.key(), Correction { from: before.from.min(from), to: before.to.max(to), ..before.clone() })
        }
        None => {
            batch.truth.promises.last_correction += 1;
            (batch.truth.promises.last_correction, Correction { groups, from, to, actor, reason })
        }
    };
    let body = batch.text(&correction);
    batch.rows.promises.corrections.insert(id, Some(body));
    batch.truth.promises.corrections.insert(id, correction);
}

/// The status of `path` is another one from `at` on, by a report or by silence. Where that lies before today it may be
/// in a kept result.
pub(super) fn moved(batch: &mut Batch<'_>, path: &ServicePath, at: Timestamp, actor: &Actor, is_silence: bool) {
    let (today, _) = ResultPeriod::Day.bounds(batch.now);
    if at >= today {
        return;
    }
    // Where nothing is kept from then on, nothing has to be corrected.
    let closed = &batch.truth.promises.closed;
    let is_kept = |name: &str| {
        let newest = |period: ResultPeriod| closed.get(&(name.to_owned(), period)).map(|from| period.bounds(*from).1);
        ResultPeriod::ALL.into_iter().filter_map(newest).any(|end| at < end)
    };
    let groups = batch.truth.memberships.iter().filter(|(name, members)| members.contains_key(path) && is_kept(name));
    let groups: Vec<String> = groups.map(|(name, _)| name.clone()).collect();
    let what = if is_silence { "fell silent, which is known only when nothing came" } else { "was heard of late" };
    note(batch, groups, (at, batch.now), actor.clone(), format!("{path} {what}"));
}

impl Core {
    /// Keep the results of periods that are closed now, and correct those that something changed since. Runs by itself
    /// every minute.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn close_periods(&self) -> Result<(), Failure> {
        let _turn = self.0.results_turn.lock().await;
        let due = self.0.write(|batch| Ok(due(batch.truth, batch.now))).await?;
        for name in due {
            // Merging many lines is work: others get their turn in between.
            self.0
                .write(move |batch| {
                    close(batch, &name);
                    Ok(())
                })
                .await?;
        }
        self.correct().await
    }

    async fn correct(&self) -> Result<(), Failure> {
        loop {
            let next = self.0.write(|batch| Ok(batch.truth.promises.corrections.first_key_value().map(cloned))).await?;
            let Some((id, correction)) = next else {
                return Ok(());
            };
            let oldest = self.0.world.now().plus(-LINE_KEPT_MS);
            let mut kept = Vec::new();
            for period in ResultPeriod::ALL {
                // Lines are not kept for ever: what they cannot tell any more stays as it was told.
                let from = period.bounds(correction.from).0.max(oldest);
                kept.extend(self.0.store.results(period, from, correction.to).await.map_err(Failure::Fault)?);
            }
            kept.retain(|result| correction.groups.contains(&result.group));
            self.0
                .write(move |batch| {
                    restate(batch, id, &correction, &kept);
                    Ok(())
                })
                .await?;
        }
    }

    /// Results by group and period, oldest first: the kept ones, and those of periods that are not kept yet as far as
    /// they are known now.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn period_results(&self, period: ResultPeriod, months_back: u32) -> Result<Vec<PeriodResult>, Failure> {
        let now = self.0.world.now();
        let back = i64::from(months_back.clamp(1, RESULT_MONTHS)) * 31 * DAY;
        let from = period.bounds(now.plus(-back)).0;
        let mut found = self.0.store.results(period, from, now).await.map_err(Failure::Fault)?;
        let kept: BTreeSet<(String, Timestamp)> = found.iter().map(|r| (r.group.clone(), r.from)).collect();
        let rosters = self
            .0
            .write(move |batch| {
                let names = batch.truth.groups.keys();
                Ok(names.filter_map(|name| Roster::of(batch.truth, name, now)).collect::<Vec<_>>())
            })
            .await?;
        for roster in rosters {
            let is_kept = |from: Timestamp| kept.contains(&(roster.group.name.clone(), from));
            roster.measured(&self.0.shared, |measured| {
                let open = period.between(since(measured, from), now).filter(|(from, _)| !is_kept(*from));
                found.extend(open.map(|(from, to)| result(&roster, measured, period, (from, to), now)));
            });
            tokio::task::yield_now().await;
        }
        found.sort_by(|a, b| (a.from, &a.group).cmp(&(b.from, &b.group)));
        Ok(found)
    }

    /// The newest `limit` restatements made since `since`, of one group or of all, oldest first.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn restatements(
        &self,
        group: Option<&str>,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Restatement>, Failure> {
        self.0.store.restatements(group, since, limit).await.map_err(Failure::Fault)
    }
}

fn cloned((id, correction): (&i64, &Correction)) -> (i64, Correction) {
    (*id, correction.clone())
}

/// Groups with a period that is closed and not kept.
fn due(truth: &Truth, now: Timestamp) -> Vec<String> {
    let is_due = |name: &&String| {
        ResultPeriod::ALL.into_iter().any(|period| {
            let kept = truth.promises.closed.get(&((*name).clone(), period));
            kept.is_none_or(|from| period.bounds(*from).1 < period.bounds(now.plus(-CLOSING_MS)).0)
        })
    };
    truth.groups.keys().filter(is_due).cloned().collect()
}

/// The later of `from` and the first report: before it there is nothing to tell.
fn since(measured: &Measured<'_>, from: Timestamp) -> Timestamp {
    measured.first().map_or(Timestamp::from_ms(i64::MAX), |first| first.max(from))
}

fn result(
    roster: &Roster,
    measured: &Measured<'_>,
    period: ResultPeriod,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> PeriodResult {
    PeriodResult {
        group: roster.group.name.clone(),
        period,
        from,
        target: roster.group.target,
        figures: results::figures(measured, &roster.promise(), from, to.min(now)),
        is_closed: to.plus(CLOSING_MS) <= now,
    }
}

fn close(batch: &mut Batch<'_>, name: &str) {
    let now = batch.now;
    let Some(roster) = Roster::of(batch.truth, name, now) else { return };
    // Lines have what was reported in this turn only after it: a group that was heard of late is closed the next time.
    // A kept result needs no such care, for what comes late to it is a correction.
    let (today, _) = ResultPeriod::Day.bounds(now);
    if batch.points.iter().any(|(path, at, _)| *at < today && roster.members.contains_key(path)) {
        return;
    }
    let found = roster.measured(batch.shared, |measured| {
        let mut found = Vec::new();
        for period in ResultPeriod::ALL {
            let kept = batch.truth.promises.closed.get(&(name.to_owned(), period));
            let from = kept.map_or(Timestamp::from_ms(i64::MIN / 2), |from| period.bounds(*from).1);
            let closed = period.between(since(measured, from), now).take_while(|(_, to)| to.plus(CLOSING_MS) <= now);
            found.extend(closed.map(|bounds| result(&roster, measured, period, bounds, now)));
        }
        found
    });
    for result in found {
        batch.truth.promises.closed.insert((name.to_owned(), result.period), result.from);
        keep(batch, &result);
    }
}

fn keep(batch: &mut Batch<'_>, result: &PeriodResult) {
    let body = batch.text(result);
    batch.rows.promises.results.insert((result.group.clone(), result.period.word(), result.from.ms()), body);
}

/// Make the kept results anew that a correction may have changed, and record those that are others.
fn restate(batch: &mut Batch<'_>, id: i64, correction: &Correction, kept: &[PeriodResult]) {
    let now = batch.now;
    for name in &correction.groups {
        // Of a group that is gone nobody can say anew; its past stays.
        let Some(roster) = Roster::of(batch.truth, name, now) else { continue };
        let own: Vec<&PeriodResult> = kept.iter().filter(|result| result.group == *name).collect();
        let anew: Vec<Figures> = roster.measured(batch.shared, |measured| {
            own.iter().map(|result| figures_of(&roster, measured, result.period, result.from, result.target)).collect()
        });
        for (result, is) in own.into_iter().zip(anew) {
            if is == result.figures {
                continue;
            }
            let number = batch.truth.promises.last_restatement + 1;
            batch.truth.promises.last_restatement = number;
            let restatement = Restatement {
                id: number,
                group: name.clone(),
                period: result.period,
                from: result.from,
                was: result.figures,
                is,
                at: now,
                actor: correction.actor.clone(),
                reason: correction.reason.clone(),
            };
            let body = batch.text(&restatement);
            let row = (name.clone(), now.ms(), body);
            batch.rows.promises.restatements.insert(super::batch::signed(number), row);
            keep(batch, &PeriodResult { figures: is, ..result.clone() });
        }
    }
    batch.truth.promises.corrections.remove(&id);
    batch.rows.promises.corrections.insert(id, None);
}

/// What a period came to under the target that was promised then.
fn figures_of(
    roster: &Roster,
    measured: &Measured<'_>,
    period: ResultPeriod,
    from: Timestamp,
    target: Target,
) -> Figures {
    let promise = Promise { target, ..roster.promise() };
    results::figures(measured, &promise, from, period.bounds(from).1)
}
