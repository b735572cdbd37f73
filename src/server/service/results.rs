//! What closed days and months came to: kept once they are closed, and served from what is kept. What changes them later
//! is in [`super::corrections`].

use std::collections::BTreeSet;

use super::{Core, Failure, batch::Batch, books, corrections, retired, sla::Roster, truth::Truth};
use crate::domain::{
    sla::{Measured, PeriodResult, Restatement, RestatementFilter, ResultPeriod, results},
    time::Timestamp,
};

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

    /// The same without waiting for the hour of what came late, so that what is done next is told apart from it.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub(super) async fn close_periods_at_once(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                corrections::hurry(batch);
                Ok(())
            })
            .await?;
        self.close_periods().await
    }

    /// Results of periods that begin in `from..to`, of one group or of all, oldest first: the kept ones, and those of
    /// periods that are not kept yet as far as they are known now.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn period_results(
        &self,
        period: ResultPeriod,
        group: Option<&str>,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<PeriodResult>, Failure> {
        let now = self.0.world.now();
        let mut found = self.0.store.results(period, group, (from, to)).await.map_err(Failure::Fault)?;
        let kept: BTreeSet<(String, Timestamp)> = found.iter().map(|r| (r.group.clone(), r.from)).collect();
        let group = group.map(str::to_owned);
        let rosters = self
            .0
            .write(move |batch| {
                let truth = &*batch.truth;
                let is_wanted = |name: &&String| group.as_ref().is_none_or(|only| only == *name);
                let live = truth.groups.keys().filter(is_wanted).filter_map(|name| Roster::of(truth, name));
                let unkept =
                    truth.retired_groups.iter().filter(|(name, r)| is_wanted(name) && !retired::is_kept(truth, r));
                let retired = unkept.filter_map(|(name, _)| Roster::of_retired(truth, name));
                Ok(live.chain(retired).collect::<Vec<_>>())
            })
            .await?;
        for roster in rosters {
            let is_open = |from: Timestamp| !kept.contains(&(roster.group.name.clone(), from));
            let to = to.min(roster.until.unwrap_or(now));
            let open = |since: Timestamp| {
                roster.periods(period, since, to).filter(|(start, _)| *start >= from && is_open(*start))
            };
            let Some((oldest, _)) = open(from).next() else { continue };
            let tell = |measured: &Measured<'_>| {
                open(since(measured, from)).map(|bounds| result(&roster, measured, period, bounds, now)).collect()
            };
            // Periods that run are in what is kept; merging the whole past is for what is older, and for groups that
            // are gone.
            let told: Vec<PeriodResult> = if roster.until.is_none() && books::is_kept_from(&roster, oldest, now) {
                self.0.shared.with_group(&roster, now, tell)
            } else {
                roster.measured(&self.0.shared, tell)
            };
            found.extend(told);
            tokio::task::yield_now().await;
        }
        found.sort_by(|a, b| (a.from, &a.group).cmp(&(b.from, &b.group)));
        Ok(found)
    }

    /// Up to `limit` of the wanted restatements after number `after`, oldest first, and how many there are in all.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn restatements(
        &self,
        wanted: &RestatementFilter,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Restatement>, u64), Failure> {
        self.0.store.restatements(wanted, after, limit).await.map_err(Failure::Fault)
    }
}

/// Groups with a period that is over and was not closed, and those that are over themselves.
fn due(truth: &Truth, now: Timestamp) -> Vec<String> {
    let is_due = |name: &&String| {
        ResultPeriod::ALL.into_iter().any(|period| {
            let closed_to = truth.promises.closed_to.get(&((*name).clone(), period));
            closed_to.is_none_or(|to| *to < period.closed_to(now))
        })
    };
    let live = truth.groups.keys().filter(is_due);
    let retired = retired::due(truth, now).map(|retired| &retired.group.name);
    live.chain(retired).cloned().collect()
}

/// The later of `from` and the first report: before it there is nothing to tell.
pub(super) fn since(measured: &Measured<'_>, from: Timestamp) -> Timestamp {
    measured.first().map_or(Timestamp::from_ms(i64::MAX), |first| first.max(from))
}

/// What a period came to under what its group promises at `now`, or promised last.
pub(super) fn result(
    roster: &Roster,
    measured: &Measured<'_>,
    period: ResultPeriod,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> PeriodResult {
    let end = roster.until.map_or(to, |until| until.min(to));
    let so_far = (from, end.min(now));
    PeriodResult {
        group: roster.group.name.clone(),
        period,
        from,
        target: roster.group.target,
        aggregation: roster.group.aggregation,
        maintenance_is_down: roster.group.maintenance_is_down,
        measured_from: results::measured_from(measured, so_far.0, so_far.1),
        until: (end < to).then_some(end),
        figures: results::figures_so_far(measured, &roster.promise(), so_far, end),
        is_closed: end.plus(results::CLOSING_MS) <= now,
    }
}

fn close(batch: &mut Batch<'_>, name: &str) {
    let now = batch.now;
    let roster = Roster::of(batch.truth, name).or_else(|| Roster::of_retired(batch.truth, name));
    let Some(roster) = roster else { return };
    // Lines have what was reported in this turn only after it: a group that was heard of late is closed the next time.
    // A kept result needs no such care, for what comes late to it is a correction.
    let to = |period: ResultPeriod| roster.until.unwrap_or_else(|| period.closed_to(now));
    let newest = to(ResultPeriod::Day);
    if batch.points.iter().any(|(path, at, _)| *at < newest && roster.members.contains_key(path)) {
        return;
    }
    let ends = ResultPeriod::ALL.map(|period| (period, to(period)));
    let found = closed(batch, &roster, &ends);
    for (period, to) in ends {
        batch.truth.promises.closed_to.insert((name.to_owned(), period), to);
    }
    for result in found {
        keep(batch, &result);
    }
}

/// What a group came to in periods that are closed now and were not before, of each kind up to its end.
pub(super) fn closed(batch: &Batch<'_>, roster: &Roster, ends: &[(ResultPeriod, Timestamp)]) -> Vec<PeriodResult> {
    roster.measured(batch.shared, |measured| {
        let mut found = Vec::new();
        for &(period, to) in ends {
            let closed_to = batch.truth.promises.closed_to.get(&(roster.group.name.clone(), period)).copied();
            let from = since(measured, closed_to.unwrap_or(Timestamp::from_ms(i64::MIN / 2)));
            let periods = roster.periods(period, from, to);
            found.extend(periods.map(|bounds| result(roster, measured, period, bounds, batch.now)));
        }
        found
    })
}

/// Keep `result`, in place of one of the same period.
pub(super) fn keep(batch: &mut Batch<'_>, result: &PeriodResult) {
    let body = batch.text(result);
    batch.rows.promises.results.insert((result.group.clone(), result.period.word(), result.from.ms()), Some(body));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            samples,
            sla::Target,
            time::{DAY, HOUR, MINUTE},
        },
        server::service::CoreSettings,
        world::World,
    };

    #[tokio::test]
    async fn a_group_without_a_past_is_looked_at_once_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::fake(Timestamp::from_ms(20_000 * DAY + HOUR));
        let settings = CoreSettings::new(dir.path().join("data"), "a secret of thirty-two characters");
        let core = Core::open(settings, None, world.clone()).await.unwrap();
        let idle = samples::group("idle", Target::from_millionths(990_000).unwrap());
        core.0
            .write(|batch| {
                batch.truth.groups.insert("idle".to_owned(), idle);
                Ok(())
            })
            .await
            .unwrap();
        let due = || async { core.0.write(|batch| Ok(due(batch.truth, batch.now))).await.unwrap() };
        assert_eq!(due().await, ["idle"]);
        core.close_periods().await.unwrap();
        world.advance(23 * HOUR + 15 * MINUTE - 1);
        assert!(due().await.is_empty());
        world.advance(1);
        assert_eq!(due().await, ["idle"], "another day is over");
    }
}
