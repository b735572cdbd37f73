//! The ordered log for those who read along.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::{Core, Failure, MustResync, batch::Batch, shared::Gone};
use crate::{
    domain::{
        change::{Change, Seq},
        sla::ExclusionWindow,
        tickets::Ticket,
        time::DAY,
    },
    server::store::{
        idempotency::KEY_KEPT_MS,
        load::{CLOSED_KEPT_MS, LINE_KEPT_MS},
        retention::Forget,
    },
};

/// How many changes are kept at most.
const CHANGES_KEPT: u64 = 200_000;
/// How long they are kept, in milliseconds; the newest [`CHANGES_AT_LEAST`] whatever their age.
const CHANGES_KEPT_MS: i64 = 14 * DAY;
/// How many changes are kept at least.
const CHANGES_AT_LEAST: u64 = 10_000;
/// Figures are told over and over, and only the newest of a group are worth anything: on disk they are kept among so many
/// changes. Who asks for changes from before that has to take a snapshot.
const FIGURES_KEPT: u64 = 1_000;

/// How long a finished delivery can be looked at, in milliseconds.
const DELIVERIES_KEPT_MS: i64 = 7 * DAY;

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
        // Further on figures may be missing that were told long ago.
        let whole = changes.iter().zip(after.next().0..).take_while(|(change, seq)| change.seq.0 == *seq).count();
        changes.truncate(whole);
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

    /// Write last-seen times to disk and bring the store into order, if there is anything new. Runs by itself every few
    /// seconds.
    ///
    /// # Errors
    /// A fault when it could not be saved; then it waits for the next time.
    pub async fn flush(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                let heard = std::mem::take(&mut batch.truth.session.unflushed);
                batch.rows.seen.extend(heard.into_iter().map(|(id, at)| (id, Some(at))));
                if batch.truth.is_unsettled() {
                    batch.settle();
                }
                Ok(())
            })
            .await
    }

    /// Forget old keys, tokens, changes, once a day the raw history that nothing is computed from any more, and in memory also lines, closed tickets and windows that ended long ago. Runs by itself every ten minutes.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn forget_old(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                let keys_before = batch.now.plus(-KEY_KEPT_MS);
                let tokens_until = batch.now;
                let newest = batch.truth.seq.0;
                let beyond = |kept: u64| super::batch::signed(newest.saturating_sub(kept));
                let (changes_up_to, changes_kept_from) = (beyond(CHANGES_KEPT), beyond(CHANGES_AT_LEAST));
                batch.truth.writes.forget_before(keys_before);
                super::retired::forget_old(batch);
                batch.truth.tokens.retain(|_, token| token.expires > tokens_until);
                let hour = batch.now.ms().div_euclid(crate::domain::time::HOUR);
                batch.truth.session.created.retain(|_, (at, _)| *at == hour);
                super::heard::forget_silent(batch, batch.now.plus(-7 * DAY));
                let closed_before = batch.now.plus(-CLOSED_KEPT_MS);
                let is_gone = |ticket: &Ticket| !ticket.is_live() && ticket.updated_at < closed_before;
                let tickets = batch.truth.estate.tickets.values().filter(|t| is_gone(t)).map(|t| t.number).collect();
                batch.truth.estate.tickets.retain(|_, ticket| !is_gone(ticket));
                let ended_before = batch.now.plus(-LINE_KEPT_MS);
                let is_over = |window: &ExclusionWindow| window.to.is_some_and(|to| to < ended_before);
                let windows = batch.truth.estate.windows.values().filter(|w| is_over(w)).map(|w| w.id).collect();
                batch.truth.estate.windows.retain(|_, window| !is_over(window));
                batch.gone = Gone { tickets, windows };
                batch.shared.trim_lines(ended_before);
                batch.truth.gaps.retain(|_, gaps| {
                    gaps.trim(ended_before);
                    !gaps.is_empty()
                });
                let points_before = thinning_due(batch);
                let figures_up_to = beyond(FIGURES_KEPT);
                let figures_within =
                    (std::mem::replace(&mut batch.truth.session.figures_thinned, figures_up_to), figures_up_to);
                batch.rows.forget = Some(Forget {
                    keys_before: keys_before.ms(),
                    deliveries_before: batch.now.plus(-DELIVERIES_KEPT_MS).ms(),
                    tokens_until: tokens_until.ms(),
                    changes_up_to,
                    changes_before: batch.now.plus(-CHANGES_KEPT_MS).ms(),
                    changes_kept_from,
                    figures_within,
                    points_before,
                });
                Ok(())
            })
            .await
    }
}

/// Before which moment raw history goes, once a day.
fn thinning_due(batch: &mut Batch<'_>) -> Option<i64> {
    let today = batch.now.ms().div_euclid(DAY);
    let is_due = batch.truth.session.thinned.replace(today) != Some(today);
    is_due.then(|| batch.now.plus(-batch.settings.history_kept_ms.max(LINE_KEPT_MS)).ms())
}
