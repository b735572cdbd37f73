//! Takes what waits for one receiver out of the queue and sends it. Every receiver has a task of its own, so that one
//! that is slow holds up nobody else.

use std::sync::Arc;

use crate::{
    domain::time::SECOND,
    server::service::{Core, Failure, ReceiverDoor, due},
};

/// How long to wait when the store does not answer, in milliseconds.
const TROUBLE_MS: i64 = 10 * SECOND;

/// Send what is due to `to`, until the core stops.
pub(super) async fn follow(core: Core, to: Arc<ReceiverDoor>) {
    let mut news = core.queue_news();
    while !core.has_stopped() {
        if let Err(error) = turn(&core, &to, &mut news).await {
            tracing::error!(%error, receiver = %to.name, "a delivery was not written down; it is tried again");
            core.world().sleep(TROUBLE_MS).await;
        }
    }
}

/// Send the next delivery when it is due, or wait until something is.
async fn turn(core: &Core, to: &Arc<ReceiverDoor>, news: &mut tokio::sync::watch::Receiver<()>) -> Result<(), Failure> {
    // Before the look into the queue: what comes in between is not missed.
    news.borrow_and_update();
    let next = core.next_delivery(&to.name).await?;
    let now = core.world().now();
    match next {
        Some(delivery) if delivery.due.is_some_and(|due| due <= now) => core.deliver(to, delivery).await,
        next => {
            tokio::select! {
                () = core.world().sleep_until(due(next.as_ref(), now)) => {}
                _ = news.changed() => {}
            }
            Ok(())
        }
    }
}
