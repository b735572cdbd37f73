//! Broken promises: when a clock of a ticket runs out, its history and the stream say so, once.

use super::{Core, Failure, batch::Batch, tickets};
use crate::domain::{
    change::Actor,
    tickets::{ClockKind, Done, EntryKind, Grant},
};

/// Most tickets told of in one turn; the rest waits for the next.
const AT_ONCE: usize = 500;

impl Core {
    /// Tell of every clock that has run out since the last time. Runs by itself every second.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn tell_breaches(&self) -> Result<(), Failure> {
        self.0
            .write(|batch| {
                let now = batch.now;
                let tickets = batch.truth.estate.tickets.values().filter(|ticket| ticket.is_live());
                let over = tickets
                    .filter(|ticket| ClockKind::ALL.into_iter().any(|k| ticket.clocks.get(k).untold(now).is_some()));
                let numbers: Vec<u64> = over.map(|ticket| ticket.number).take(AT_ONCE).collect();
                for number in numbers {
                    tell(batch, number);
                }
                Ok(())
            })
            .await
    }
}

/// Tell of the clocks of one ticket that have run out. Asked before anything is done to it, so that a move that stops a
/// clock does not hide that it came too late.
pub(super) fn tell(batch: &mut Batch<'_>, number: u64) {
    for clock in ClockKind::ALL {
        let Some(ticket) = batch.truth.estate.tickets.get(&number).filter(|ticket| ticket.is_live()) else { return };
        let Some(since) = ticket.clocks.get(clock).untold(batch.now) else { continue };
        let mut after = ticket.clone();
        after.clocks.get_mut(clock).breached_since = Some(since);
        after.updated_at = batch.now;
        let done = Done {
            ticket: after,
            kind: EntryKind::Breached { clock, since },
            acted_as: "system".to_owned(),
            allowed_by: None,
            grant: Grant::by_right("the clock ran out"),
        };
        tickets::record(batch, done, Actor::System);
    }
}
