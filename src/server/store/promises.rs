//! Exclusion windows and the results of closed periods: what a batch writes of them, what is read at the start, and what
//! is read when somebody asks.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite};

use super::{
    Store,
    encoding::from_text,
    load::{LINE_KEPT_MS, said, unsigned},
    script::{Script, parted},
};
use crate::domain::{
    sla::{Correction, ExclusionWindow, PeriodResult, Restatement, RestatementFilter, ResultPeriod},
    time::Timestamp,
};

/// What the store holds of windows and results.
#[derive(Default)]
pub struct Promises {
    /// Windows that are not over, or over for less than lines are kept, by number.
    pub windows: BTreeMap<u64, ExclusionWindow>,
    /// The newest window of all.
    pub last_window: u64,
    /// By group: before which moment every period was closed; its result is kept, if there was anything to tell.
    pub closed_to: BTreeMap<(String, ResultPeriod), Timestamp>,
    /// What may have changed kept results, by number.
    pub corrections: BTreeMap<i64, Correction>,
    /// The newest correction of all that wait.
    pub last_correction: i64,
    /// The newest restatement.
    pub last_restatement: u64,
}

/// What a batch writes of windows and results. Bodies are JSON.
#[derive(Default)]
pub struct PromiseRows {
    /// By number: from, to, body.
    pub windows: BTreeMap<i64, (i64, Option<i64>, String)>,
    /// By group, period and first moment; none: it goes.
    pub results: BTreeMap<(String, &'static str, i64), Option<String>>,
    /// By number: group, when, body.
    pub restatements: BTreeMap<i64, (String, i64, String)>,
    /// By number; none: it goes.
    pub corrections: BTreeMap<i64, Option<String>>,
}

impl PromiseRows {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
            && self.results.is_empty()
            && self.restatements.is_empty()
            && self.corrections.is_empty()
    }

    pub(super) fn save(mut self, to: &mut Script) {
        to.put(
            "INSERT INTO exclusion_window (id, from_at, to_at, body) ",
            " ON CONFLICT (id) DO UPDATE SET to_at = excluded.to_at, body = excluded.body",
            std::mem::take(&mut self.windows),
            |q, (id, (from, until, body))| {
                q.push_bind(id).push_bind(from).push_bind(until).push_bind(body);
            },
        );
        self.save_results(to);
    }

    fn save_results(self, to: &mut Script) {
        let (results, gone) = parted(self.results);
        to.put(
            "INSERT INTO period_result (sla_group, period, from_at, body) ",
            " ON CONFLICT (sla_group, period, from_at) DO UPDATE SET body = excluded.body",
            results,
            |q, ((group, period, from), body)| {
                q.push_bind(group).push_bind(period).push_bind(from).push_bind(body);
            },
        );
        to.put(
            "DELETE FROM period_result WHERE (sla_group, period, from_at) IN (",
            ")",
            gone,
            |q, (group, period, from)| {
                q.push_bind(group).push_bind(period).push_bind(from);
            },
        );
        to.put(
            "INSERT INTO restatement (id, sla_group, at, body) ",
            "",
            self.restatements,
            |q, (id, (group, at, body))| {
                q.push_bind(id).push_bind(group).push_bind(at).push_bind(body);
            },
        );
        let (waiting, gone) = parted(self.corrections);
        to.put(
            "INSERT INTO correction (id, body) ",
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            waiting,
            |q, (id, body)| {
                q.push_bind(id).push_bind(body);
            },
        );
        to.put("DELETE FROM correction WHERE id IN (", ")", gone, |q, id| {
            q.push_bind(id);
        });
    }
}

impl Store {
    /// What is kept of windows and results.
    pub(super) async fn load_promises(&self, now: Timestamp) -> Result<Promises, String> {
        let mut found = Promises::default();
        let bodies: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, body FROM exclusion_window WHERE to_at IS NULL OR to_at >= $1")
                .bind(now.plus(-LINE_KEPT_MS).ms())
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        for (id, body) in bodies {
            let window: ExclusionWindow = from_text(&body).map_err(|e| format!("exclusion window {id}: {e}"))?;
            found.windows.insert(window.id, window);
        }
        let closed: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT sla_group, period, MAX(from_at) FROM period_result GROUP BY sla_group, period")
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        for (group, period, from) in closed {
            let period = ResultPeriod::parse(&period).ok_or_else(|| format!("`{period}` is no period of results"))?;
            found.closed_to.insert((group, period), period.bounds(Timestamp::from_ms(from)).1);
        }
        let waiting: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, body FROM correction").fetch_all(&self.readers).await.map_err(said)?;
        for (id, body) in waiting {
            found.corrections.insert(id, from_text(&body).map_err(|e| format!("correction {id}: {e}"))?);
        }
        found.last_correction = found.corrections.keys().next_back().copied().unwrap_or(0);
        let newest: (Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT (SELECT MAX(id) FROM exclusion_window), (SELECT MAX(id) FROM restatement)")
                .fetch_one(&self.readers)
                .await
                .map_err(said)?;
        found.last_window = unsigned(newest.0.unwrap_or(0));
        found.last_restatement = unsigned(newest.1.unwrap_or(0));
        Ok(found)
    }

    /// Kept results of periods that begin in `from..to`, of one group or of all, oldest first.
    ///
    /// # Errors
    /// What the database said, or which row cannot be read.
    pub async fn results(
        &self,
        period: ResultPeriod,
        group: Option<&str>,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<PeriodResult>, String> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT body FROM period_result WHERE period = ");
        query.push_bind(period.word());
        query.push(" AND from_at >= ").push_bind(from.ms()).push(" AND from_at < ").push_bind(to.ms());
        if let Some(group) = group {
            query.push(" AND sla_group = ").push_bind(group.to_owned());
        }
        query.push(" ORDER BY from_at, sla_group");
        let bodies: Vec<String> = query.build_query_scalar().fetch_all(&self.readers).await.map_err(said)?;
        bodies.iter().map(|body| from_text(body).map_err(|e| format!("result: {e}"))).collect()
    }

    /// Up to `limit` restatements after number `after`, oldest first, and how many there are in all.
    ///
    /// # Errors
    /// What the database said, or which row cannot be read.
    pub async fn restatements(
        &self,
        wanted: &RestatementFilter,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Restatement>, u64), String> {
        let mut page = QueryBuilder::<Sqlite>::new("SELECT body FROM restatement WHERE id > ");
        page.push_bind(i64::try_from(after).unwrap_or(i64::MAX));
        narrow(&mut page, wanted);
        page.push(" ORDER BY id LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let bodies: Vec<String> = page.build_query_scalar().fetch_all(&self.readers).await.map_err(said)?;
        let found = bodies.iter().map(|body| from_text(body).map_err(|e| format!("restatement: {e}")));
        let mut all = QueryBuilder::<Sqlite>::new("SELECT COUNT(*) FROM restatement WHERE id > 0");
        narrow(&mut all, wanted);
        let count: i64 = all.build_query_scalar().fetch_one(&self.readers).await.map_err(said)?;
        Ok((found.collect::<Result<_, String>>()?, unsigned(count)))
    }
}

fn narrow(query: &mut QueryBuilder<Sqlite>, wanted: &RestatementFilter) {
    if let Some(group) = &wanted.group {
        query.push(" AND sla_group = ").push_bind(group.clone());
    }
    if let Some(since) = wanted.since {
        query.push(" AND at >= ").push_bind(since.ms());
    }
    if let Some((from, to)) = wanted.periods {
        query.push(" AND from_at >= ").push_bind(from.ms()).push(" AND from_at < ").push_bind(to.ms());
    }
}
