//! What time brings about. Each job is a loop over the world's clock and one call of the core; the rules are there.
//!
//! An idle estate writes nothing: a job without anything to do makes no transaction.

mod deliveries;

use std::future::Future;

use tokio::task::JoinSet;

use crate::{
    domain::time::{MINUTE, SECOND},
    server::{
        report,
        service::{Core, Failure},
    },
};

/// Start every job. They end when the set is dropped or the core has stopped.
pub fn spawn(core: &Core) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    every(&mut jobs, core, SECOND, "budgets of what changed", |core| async move { core.settle_budgets().await });
    every(&mut jobs, core, 15 * SECOND, "budgets that burn", |core| async move { core.settle_burning_budgets().await });
    every(&mut jobs, core, 10 * MINUTE, "all budgets", |core| async move { core.settle_all_budgets().await });
    jobs.spawn(silence(core.clone()));
    every(&mut jobs, core, 5 * SECOND, "automatic tickets", |core| async move { core.open_automatic_tickets().await });
    every(&mut jobs, core, SECOND, "what was acknowledged", |core| async move { core.settle_attention().await });
    every(&mut jobs, core, SECOND, "broken promises", |core| async move { core.tell_breaches().await });
    every(&mut jobs, core, MINUTE, "closing tickets", |core| async move { core.close_resolved_tickets().await });
    every(&mut jobs, core, 5 * SECOND, "last seen", |core| async move { core.flush().await });
    every(&mut jobs, core, 2 * SECOND, "windows", |core| async move { core.settle_windows().await });
    every(&mut jobs, core, MINUTE, "results", |core| async move { core.close_periods().await });
    every(&mut jobs, core, MINUTE, "the daily report", |core| async move { daily(&core).await });
    every(&mut jobs, core, 10 * MINUTE, "retention", |core| async move { core.forget_old().await });
    for receiver in core.receivers() {
        jobs.spawn(deliveries::follow(core.clone(), receiver.clone()));
    }
    jobs
}

/// The report of seven o'clock, also one that was missed; and whoever wants it is told, also of one that lies there since
/// a core that was stopped in between.
async fn daily(core: &Core) -> Result<(), Failure> {
    report::make_due(core).await?;
    report::tell_due(core).await
}

/// How often silence is judged.
const SWEEP_MS: i64 = 2 * SECOND;
/// A job that is late by this much was not merely waiting for its turn: the process, or its machine, stood still.
const STOOD_STILL_MS: i64 = 20 * SECOND;

/// Judge silence, knowing who may have been silent only because the core did not listen.
async fn silence(core: Core) {
    loop {
        let due = core.world().now().plus(SWEEP_MS);
        core.world().sleep_until(due).await;
        if core.has_stopped() {
            return;
        }
        if core.world().now().since(due) >= STOOD_STILL_MS {
            tracing::warn!("the core stood still for a while: who was not heard is given time to speak");
            tell("silence", core.stood_still().await);
        }
        tell("silence", core.sweep_silence().await);
    }
}

fn every<F>(
    jobs: &mut JoinSet<()>,
    core: &Core,
    every_ms: i64,
    what: &'static str,
    work: impl Fn(Core) -> F + Send + 'static,
) where
    F: Future<Output = Result<(), Failure>> + Send,
{
    let core = core.clone();
    jobs.spawn(async move {
        loop {
            core.world().sleep(every_ms).await;
            if core.has_stopped() {
                return;
            }
            tell(what, work(core.clone()).await);
        }
    });
}

fn tell(what: &'static str, done: Result<(), Failure>) {
    if let Err(error) = done {
        tracing::error!(%error, what, "a job failed; it will try again");
    }
}
