//! What is brought into order later than it is true.
//!
//! A push adds to the end of the log and of history, and that is all that its answer waits for. How services are now, and
//! where the points of each are, would be written to another place of the file for every one of them; it is made from log
//! and history instead, once for thousands of pushes. Until then the end of the log says how services are:
//! [`Store::load`] reads it, so that a core which did not get to it loses nothing.

use std::collections::{HashMap, HashSet};

use super::{
    Store,
    encoding::from_text,
    load::{Loaded, said, unsigned},
    script::Script,
};
use crate::domain::{
    change::{Fact, Seq},
    hierarchy::ServicePath,
};

/// Up to where everything is in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Up to this change the health of all services is written down.
    pub seq: Seq,
    /// Up to this point it is written down where the points of each service are.
    pub point: i64,
}

/// Services whose health is only in the log.
pub type Unsettled = HashSet<ServicePath>;

impl Settled {
    /// Bring into order what is not yet, up to here. The health of services is in the same transaction, and so is history.
    pub(super) fn save(self, to: &mut Script) {
        to.run(
            "INSERT INTO history_place (service_id, at, point) SELECT service_id, at, id FROM status_history \
             WHERE id > (SELECT point FROM settled) AND id <= ? ORDER BY service_id, at, id",
            |q| {
                q.push_bind(self.point);
            },
        );
        to.run("UPDATE settled SET seq = ?, point = ?", |q| {
            q.push_bind(i64::try_from(self.seq.0).unwrap_or(i64::MAX)).push_bind(self.point);
        });
    }
}

impl Store {
    /// Up to where everything is in order.
    pub(super) async fn load_settled(&self, loaded: &mut Loaded) -> Result<(), String> {
        let (seq, point): (i64, i64) =
            sqlx::query_as("SELECT seq, point FROM settled").fetch_one(&self.readers).await.map_err(said)?;
        loaded.settled = Settled { seq: Seq(unsigned(seq)), point };
        // Numbers go on from here also where nothing newer is left of log and history.
        loaded.seq = loaded.seq.max(loaded.settled.seq);
        loaded.last_history = point;
        Ok(())
    }

    /// How services became since then, unless their description was written later: `described` has its change by row.
    pub(super) async fn load_unsettled(
        &self,
        loaded: &mut Loaded,
        described: &HashMap<i64, i64>,
    ) -> Result<(), String> {
        let facts: Vec<(i64, String)> = sqlx::query_as(
            "SELECT seq, fact FROM change_log WHERE seq > $1 AND fact LIKE '{\"health_changed\":%' ORDER BY seq",
        )
        .bind(i64::try_from(loaded.settled.seq.0).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(said)?;
        for (seq, text) in facts {
            let Fact::HealthChanged { path, health, .. } =
                from_text(&text).map_err(|e: String| format!("change {seq}: {e}"))?
            else {
                continue;
            };
            let described = loaded.ids.get(&path).and_then(|id| described.get(id));
            if let Some(service) = loaded.services.get_mut(&path)
                && described.is_none_or(|described| *described < seq)
            {
                let seen = service.health.last_seen;
                service.health = health;
                service.health.last_seen = service.health.last_seen.max(seen);
                loaded.unsettled.insert(path);
            }
        }
        Ok(())
    }
}
