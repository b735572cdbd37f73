//! The one task that makes things true: takes what waits, asks the rules, saves all of it in one transaction, and only
//! then shows it to readers and answers.

use std::{panic::AssertUnwindSafe, sync::Arc};

use tokio::sync::{mpsc, oneshot};

use super::{Failure, Ground, Inner, Shared, batch::Batch, set_back, shared::Committed, sla, telling, truth::Truth};

/// Most writes in one transaction.
const BATCH_LIMIT: usize = 512;

/// Changes after which the store is brought into order even while pushes do not end: so many are read at the next start.
const UNSETTLED_LIMIT: u64 = 8_192;

/// Answers a caller once it is known whether his batch was saved.
type Reply = Box<dyn FnOnce(&Result<(), String>) + Send>;
/// A write that waits for its turn.
type Write = Box<dyn FnOnce(&mut Batch<'_>) -> Reply + Send>;

/// What the writer is asked for.
pub(super) enum Command {
    /// Do this.
    Write(Write),
    /// Finish what came before, then end.
    Stop(oneshot::Sender<()>),
}

impl Inner {
    /// Hand `act` to the writer; answers after the commit of its batch. `act` asks the rules before it changes anything.
    pub(super) async fn write<T, A>(&self, act: A) -> Result<T, Failure>
    where
        T: Send + 'static,
        A: FnOnce(&mut Batch<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let write: Write = Box::new(move |batch| {
            let answer = act(batch);
            Box::new(move |saved: &Result<(), String>| {
                // Nobody may be waiting any more: the write is done all the same.
                let _ = tell.send(saved.as_ref().map_err(|e| Failure::Fault(e.clone())).map(|()| answer));
            })
        });
        let gone = || Failure::Fault("the core has stopped".to_owned());
        self.writes.send(Command::Write(write)).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())??
    }
}

/// Run until told to stop.
pub(super) async fn run(ground: Arc<Ground>, mut truth: Truth, mut commands: mpsc::Receiver<Command>) {
    let mut waiting = Vec::with_capacity(BATCH_LIMIT);
    while commands.recv_many(&mut waiting, BATCH_LIMIT).await > 0 {
        // Whoever is about to ask gets to it first, and shares the flush.
        tokio::task::yield_now().await;
        while waiting.len() < BATCH_LIMIT
            && let Ok(command) = commands.try_recv()
        {
            waiting.push(command);
        }
        let mut stop = None;
        let mut writes = Vec::with_capacity(waiting.len());
        for command in waiting.drain(..) {
            match command {
                Command::Write(write) => writes.push(write),
                Command::Stop(tell) => stop = Some(tell),
            }
        }
        turn(&ground, &mut truth, writes).await;
        if let Some(tell) = stop {
            let _ = tell.send(());
            return;
        }
    }
}

/// One batch from its writes to its answers.
async fn turn(ground: &Ground, truth: &mut Truth, writes: Vec<Write>) {
    let mut batch = Batch::new(ground.world.now(), truth, &ground.settings, &ground.shared);
    guarded(&mut batch, set_back::bring_back);
    let replies: Vec<Reply> = writes.into_iter().filter_map(|write| guarded(&mut batch, write)).collect();
    guarded(&mut batch, telling::tell);
    // What is forgotten must not be wanted any more for how services are.
    if batch.rows.forget.is_some() || batch.truth.seq.0 - batch.truth.settled.seq.0 >= UNSETTLED_LIMIT {
        guarded(&mut batch, Batch::settle);
    }
    let Batch { rows, changes, seen, points, touched, gone, checked, state, reading, broken, .. } = batch;
    let has_deliveries = !rows.telling.deliveries.is_empty();
    let saved = match broken {
        Some(reason) => Err(reason),
        None if rows.is_empty() => Ok(()),
        None => ground.store.save(rows).await,
    };
    match &saved {
        Ok(()) => {
            truth.session.touched.extend(touched);
            let simulated = truth.estate.simulated;
            let committed = Committed { changes, seen, points, gone, simulated, checked, state, reading };
            ground.shared.show(committed).await;
            if has_deliveries {
                ground.telling.has_grown();
            }
        }
        Err(reason) => {
            tracing::error!(%reason, "a batch was not saved; reading everything again");
            read_again(ground, truth).await;
        }
    }
    for reply in replies {
        reply(&saved);
    }
}

/// Ask a rule. A fault in it must not take the writer down: the batch is thrown away and everything read again.
fn guarded<'a, T>(batch: &mut Batch<'a>, rule: impl FnOnce(&mut Batch<'a>) -> T) -> Option<T> {
    let answer = std::panic::catch_unwind(AssertUnwindSafe(|| rule(batch))).ok();
    if answer.is_none() {
        batch.broken = Some("a rule panicked".to_owned());
    }
    answer
}

/// Throw the picture away and take the one of the store.
async fn read_again(ground: &Ground, truth: &mut Truth) {
    loop {
        match ground.store.load(ground.world.now()).await {
            Ok(mut loaded) => {
                let lines = std::mem::take(&mut loaded.lines);
                let session = std::mem::take(&mut truth.session);
                *truth = Truth::of(loaded, ground.settings.production.clone(), ground.settings.simulated, session);
                Shared::replace_lines(&ground.shared, lines);
                sla::fill(truth, &ground.shared, ground.world.now());
                ground.shared.replace(truth.estate.clone(), truth.seq, truth.state.clone()).await;
                return;
            }
            Err(reason) => {
                tracing::error!(%reason, "the store cannot be read; trying again");
                ground.world.sleep(1_000).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{health::Status, hierarchy::ServicePath, samples, time::Timestamp},
        server::service::{Core, CoreSettings, Failure},
        world::World,
    };

    const DB: &str = "acme/shop/prod/eu-1/db";

    #[tokio::test]
    async fn a_rule_that_panics_takes_its_batch_with_it_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let settings = CoreSettings::new(dir.path().join("data"), "a secret of thirty-two characters");
        let core = Core::open(settings, None, World::fake(Timestamp::from_ms(0))).await.unwrap();
        core.report_health("probe", samples::report(DB, Status::Down, "before")).await.unwrap();
        let place = core.position();
        let broken = core
            .0
            .write(|batch| -> Result<(), Failure> {
                batch.truth.estate.services.remove(&ServicePath::parse(DB).unwrap());
                panic!("a rule is wrong")
            })
            .await;
        assert!(matches!(broken, Err(Failure::Fault(_))), "{broken:?}");
        assert_eq!(core.position(), place);
        core.report_health("probe", samples::report(DB, Status::Degraded, "after")).await.unwrap();
        assert_eq!(core.position().1, place.1.next(), "the service is not declared anew");
    }
}
