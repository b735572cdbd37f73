//! What people said about problems: what a batch writes of it, and what is read at the start.

use std::collections::BTreeMap;

use super::{
    Store,
    encoding::from_text,
    load::said,
    script::{Script, parted},
};
use crate::domain::attention::{Handled, ProblemKey};

/// What a batch writes. Bodies are JSON.
#[derive(Default)]
pub struct AttentionRows {
    /// By kind, name and concern; none: it goes.
    pub handled: BTreeMap<(&'static str, String, &'static str), Option<String>>,
}

impl AttentionRows {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.handled.is_empty()
    }

    pub(super) fn save(self, to: &mut Script) {
        let (kept, gone) = parted(self.handled);
        to.put(
            "INSERT INTO handled_problem (kind, name, concern, body) ",
            " ON CONFLICT (kind, name, concern) DO UPDATE SET body = excluded.body",
            kept,
            |q, ((kind, name, concern), body)| {
                q.push_bind(kind).push_bind(name).push_bind(concern).push_bind(body);
            },
        );
        to.put(
            "DELETE FROM handled_problem WHERE (kind, name, concern) IN (",
            ")",
            gone,
            |q, (kind, name, concern)| {
                q.push_bind(kind).push_bind(name).push_bind(concern);
            },
        );
    }
}

impl Store {
    /// Problems that somebody acknowledged or snoozed.
    pub(super) async fn load_attention(&self) -> Result<BTreeMap<ProblemKey, Handled>, String> {
        let bodies: Vec<String> =
            sqlx::query_scalar("SELECT body FROM handled_problem").fetch_all(&self.readers).await.map_err(said)?;
        let mut handled = BTreeMap::new();
        for body in bodies {
            let one: Handled = from_text(&body).map_err(|e| format!("handled problem: {e}"))?;
            handled.insert(one.key(), one);
        }
        Ok(handled)
    }
}
