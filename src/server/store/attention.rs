//! What people said about problems: what a batch writes of it, and what is read at the start.

use std::collections::{BTreeMap, HashMap};

use super::{Store, encoding::from_text, load::said, script::Script};
use crate::domain::{
    attention::{Handled, ProblemKey},
    time::{DAY, Timestamp},
};

/// A write that must not be done twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttentionWrite {
    /// Hex SHA-256 of what was asked.
    pub body_hash: String,
    /// What was answered; none for something taken back.
    pub answer: Option<Handled>,
    /// When.
    pub at: Timestamp,
}

/// By caller and key.
pub type AttentionWrites = HashMap<(String, String), AttentionWrite>;

/// What a batch writes. Bodies are JSON.
#[derive(Default)]
pub struct AttentionRows {
    /// By kind, name and concern; none: it goes.
    pub handled: BTreeMap<(&'static str, String, &'static str), Option<String>>,
    /// By caller and key: hash, answer, when.
    pub writes: BTreeMap<(String, String), (String, String, i64)>,
}

impl AttentionRows {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.handled.is_empty() && self.writes.is_empty()
    }

    pub(super) fn save(&self, to: &mut Script) {
        let kept: Vec<_> = self.handled.iter().filter_map(|(key, body)| Some((key, body.as_ref()?))).collect();
        to.put(
            "INSERT INTO handled_problem (kind, name, concern, body) ",
            " ON CONFLICT (kind, name, concern) DO UPDATE SET body = excluded.body",
            &kept,
            |q, ((kind, name, concern), body)| {
                q.push_bind(*kind).push_bind(name.as_str()).push_bind(*concern).push_bind(body.as_str());
            },
        );
        let gone: Vec<_> = self.handled.iter().filter(|(_, body)| body.is_none()).map(|(key, _)| key).collect();
        to.put(
            "DELETE FROM handled_problem WHERE (kind, name, concern) IN (",
            ")",
            &gone,
            |q, (kind, name, concern)| {
                q.push_bind(*kind).push_bind(name.as_str()).push_bind(*concern);
            },
        );
        let writes: Vec<_> = self.writes.iter().collect();
        to.put(
            "INSERT INTO attention_write (caller, name, body_hash, answer, at) ",
            " ON CONFLICT (caller, name) DO UPDATE SET body_hash = excluded.body_hash, answer = excluded.answer, \
             at = excluded.at",
            &writes,
            |q, ((caller, name), (hash, answer, at))| {
                q.push_bind(caller.as_str())
                    .push_bind(name.as_str())
                    .push_bind(hash.as_str())
                    .push_bind(answer.as_str())
                    .push_bind(*at);
            },
        );
    }
}

impl Store {
    /// Problems that somebody acknowledged or snoozed, and the writes of the last day.
    pub(super) async fn load_attention(
        &self,
        now: Timestamp,
    ) -> Result<(BTreeMap<ProblemKey, Handled>, AttentionWrites), String> {
        let bodies: Vec<String> =
            sqlx::query_scalar("SELECT body FROM handled_problem").fetch_all(&self.readers).await.map_err(said)?;
        let mut handled = BTreeMap::new();
        for body in bodies {
            let one: Handled = from_text(&body).map_err(|e| format!("handled problem: {e}"))?;
            handled.insert(one.key(), one);
        }
        let rows: Vec<(String, String, String, String, i64)> =
            sqlx::query_as("SELECT caller, name, body_hash, answer, at FROM attention_write WHERE at >= $1")
                .bind(now.plus(-DAY).ms())
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        let mut writes = HashMap::new();
        for (caller, name, body_hash, answer, at) in rows {
            let answer = from_text(&answer).map_err(|e| format!("answer to {name}: {e}"))?;
            writes.insert((caller, name), AttentionWrite { body_hash, answer, at: Timestamp::from_ms(at) });
        }
        Ok((handled, writes))
    }
}
