//! The ordered log for those who read along.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::{Core, Failure, MustResync};
use crate::{
    domain::{
        change::{Change, Seq},
        tickets::Ticket,
        time::DAY,
    },
    server::store::{
        load::{CLOSED_KEPT_MS, LINE_KEPT_MS},
        rows::Forget,
    },
};

/// How many changes are kept.
const CHANGES_KEPT: u64 = 200_000;

impl Core {
    /// Every change from now on. One who falls behind asks [`Self::changes_after`].
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Change>> {
        self.0.shared.subscribe()
    }

    /// Up to `limit` changes after `after`, oldest first; empty when there are none yet.
    ///
    /// # Errors
    /// When the log of `epoch` is another one, or does not reach back that far, or not forward that far.
    pub async fn changes_after(&self, epoch: &str, after: Seq, limit: usize) -> Result<Vec<Arc<Change>>, MustResync> {
        let resync = |reason: String| MustResync { epoch: self.0.shared.epoch.clone(), reason };
        if epoch != self.0.shared.epoch {
            return Err(resync(format!("the log {epoch} is not the one in force")));
        }
        let newest = self.0.shared.seq();
        if after > newest {
            return Err(resync(format!("the log ends at {newest}, before {after}")));
        }
        if let Some(changes) = self.0.shared.recent(after, limit) {
            return Ok(changes);
        }
        let unreadable = |reason: String| {
            tracing::error!(%reason, "the log cannot be read");
            resync("the log cannot be read".to_owned())
        };
        let mut changes = self.0.store.changes_after(after, limit).await.map_err(unreadable)?;
        if changes.first().is_none_or(|first| first.seq != after.next()) {
            return Err(resync(format!("the log does not reach back to {after}")));
        }
        // On disk a batch may be a moment ahead of what readers are shown.
        changes.retain(|change| change.seq <= self.0.shared.seq());
        Ok(changes)
    }

    /// The newest changes, oldest first.
    pub async fn recent_changes(&self, limit: usize) -> Vec<Arc<Change>> {
        if let Some(changes) = self.0.shared.newest(limit) {
            return changes;
        }
        let newest = self.0.shared.seq();
        let mut changes = self.0.store.newest_changes(limit).await.unwrap_or_else(|reason| {
            tracing::error!(%reason, "the log cannot be read");
            Vec::new()
        });
        changes.retain(|change| change.seq <= newest);
        changes
    }

    /// Write last-seen times to disk, if there are new ones. Runs by itself every few seconds.
    ///
    /// # Errors
    /// A fault when it could not be saved; then they wait for the next time.
    pub async fn flush_last_seen(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                batch.rows.seen.extend(std::mem::take(&mut batch.truth.session.unflushed));
                Ok(())
            })
            .await
    }

    /// Forget old keys, tokens, changes, and in memory also lines and closed tickets. Runs by itself every hour.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn forget_old(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                let keys_before = batch.now.plus(-super::tickets::KEY_KEPT_MS);
                let tokens_until = batch.now;
                let changes_up_to = super::batch::signed(batch.truth.seq.0.saturating_sub(CHANGES_KEPT));
                batch.truth.remembered.retain(|_, known| known.at >= keys_before);
                batch.truth.promises.window_writes.retain(|_, known| known.at >= keys_before);
                batch.truth.tokens.retain(|_, token| token.expires > tokens_until);
                let hour = batch.now.ms().div_euclid(crate::domain::time::HOUR);
                batch.truth.session.created.retain(|_, (at, _)| *at == hour);
                super::heard::forget_silent(batch, batch.now.plus(-7 * DAY));
                let closed_before = batch.now.plus(-CLOSED_KEPT_MS);
                let is_gone = |ticket: &Ticket| !ticket.is_live() && ticket.updated_at < closed_before;
                let gone = batch.truth.estate.tickets.values().filter(|t| is_gone(t)).map(|t| t.number).collect();
                batch.truth.estate.tickets.retain(|_, ticket| !is_gone(ticket));
                batch.gone = gone;
                batch.shared.trim_lines(batch.now.plus(-LINE_KEPT_MS));
                batch.rows.forget =
                    Some(Forget { keys_before: keys_before.ms(), tokens_until: tokens_until.ms(), changes_up_to });
                Ok(())
            })
            .await
    }
}
