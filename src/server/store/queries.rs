//! What is read when somebody opens one object or asks for what he missed.

use std::{collections::HashMap, sync::Arc};

use sqlx::Sqlite;

use super::{
    Store,
    encoding::from_text,
    load::{said, unsigned},
};
use crate::domain::{
    change::{Change, Seq},
    tickets::{Entry, Ticket},
    time::Timestamp,
};

/// Most change points in one query.
const POINTS_AT_ONCE: usize = 500;

type ChangeColumns = (i64, i64, String, String);

impl Store {
    /// Up to `limit` changes after `after`, oldest first.
    ///
    /// # Errors
    /// What the database said, or which row cannot be read.
    pub async fn changes_after(&self, after: Seq, limit: usize) -> Result<Vec<Arc<Change>>, String> {
        let rows: Vec<ChangeColumns> =
            sqlx::query_as("SELECT seq, at, actor, fact FROM change_log WHERE seq > $1 ORDER BY seq LIMIT $2")
                .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        rows.into_iter().map(change).collect()
    }

    /// The newest `limit` changes, oldest first.
    ///
    /// # Errors
    /// What the database said, or which row cannot be read.
    pub async fn newest_changes(&self, limit: usize) -> Result<Vec<Arc<Change>>, String> {
        let rows: Vec<ChangeColumns> =
            sqlx::query_as("SELECT seq, at, actor, fact FROM change_log ORDER BY seq DESC LIMIT $1")
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        rows.into_iter().rev().map(change).collect()
    }

    /// The oldest change that is kept; none in an empty log.
    ///
    /// # Errors
    /// What the database said.
    pub async fn oldest_change(&self) -> Result<Option<Seq>, String> {
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT MIN(seq) FROM change_log").fetch_one(&self.readers).await.map_err(said)?;
        Ok(oldest.map(|seq| Seq(unsigned(seq))))
    }

    /// A ticket of any age with its whole history, oldest first.
    ///
    /// # Errors
    /// What the database said, or which row cannot be read.
    pub async fn ticket(&self, number: u64) -> Result<Option<(Ticket, Vec<Entry>)>, String> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        // One transaction, so that ticket and history belong together.
        let mut reading = self.readers.begin().await.map_err(said)?;
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM ticket WHERE number = $1")
            .bind(number)
            .fetch_optional(&mut *reading)
            .await
            .map_err(said)?;
        let Some(body) = body else {
            return Ok(None);
        };
        let lines: Vec<String> = sqlx::query_scalar("SELECT body FROM ticket_entry WHERE number = $1 ORDER BY place")
            .bind(number)
            .fetch_all(&mut *reading)
            .await
            .map_err(said)?;
        let entries = lines.iter().map(|line| from_text(line)).collect::<Result<_, _>>()?;
        Ok(Some((from_text(&body)?, entries)))
    }

    /// What was said of services at change points; of several at one moment the last. What was said of none is not in it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn messages_at(&self, points: &[(i64, Timestamp)]) -> Result<HashMap<(i64, Timestamp), String>, String> {
        let mut found = HashMap::with_capacity(points.len());
        for some in points.chunks(POINTS_AT_ONCE) {
            let rows: Vec<(i64, i64, i64, String)> =
                messages(some).build_query_as().fetch_all(&self.readers).await.map_err(said)?;
            found.extend(rows.into_iter().map(|(_, service, at, said)| ((service, Timestamp::from_ms(at)), said)));
        }
        Ok(found)
    }
}

/// What was said at `points`, in the order in which it was written.
pub(super) fn messages(points: &[(i64, Timestamp)]) -> sqlx::QueryBuilder<Sqlite> {
    let mut query = sqlx::QueryBuilder::<Sqlite>::new("WITH wanted (service_id, at) AS (");
    query.push_values(points, |mut row, (service, at)| {
        row.push_bind(*service).push_bind(at.ms());
    });
    // The newest points have no place yet; there are few of them. Two searches, as one for either would go through all of
    // history.
    query.push(
        ") SELECT p.point, p.service_id, p.at, h.message FROM history_place AS p \
         JOIN status_history AS h ON h.id = p.point \
         WHERE (p.service_id, p.at) IN (SELECT service_id, at FROM wanted) \
         UNION ALL SELECT id, service_id, at, message FROM status_history \
         WHERE id > (SELECT point FROM settled) AND (service_id, at) IN (SELECT service_id, at FROM wanted) \
         ORDER BY 1",
    );
    query
}

fn change((seq, at, actor, fact): ChangeColumns) -> Result<Arc<Change>, String> {
    let broken = |e: String| format!("change {seq}: {e}");
    Ok(Arc::new(Change {
        seq: Seq(unsigned(seq)),
        at: Timestamp::from_ms(at),
        actor: from_text(&actor).map_err(broken)?,
        fact: from_text(&fact).map_err(broken)?,
    }))
}
