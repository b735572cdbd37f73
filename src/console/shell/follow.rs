//! Keeps the replica true: a snapshot, then every change after it, and again from the start when the log is lost.

use tokio::sync::mpsc::{Receiver, Sender};

use crate::{
    client::{Client, StreamEvent, retry},
    console::msg::{LinkEvent, Msg},
    domain::change::Change,
    world::World,
};

/// Changes handed over at once, at most: so many that a flood costs few messages, so few that a key never waits.
const BATCH: usize = 512;
/// First and longest wait between two tries for a snapshot, in milliseconds.
const RETRY_MS: (i64, i64) = (500, 30_000);

/// Follow the core until nobody listens any more.
pub async fn follow(client: Client, world: World, inbox: Sender<Msg>) {
    let mut attempt = 0;
    loop {
        match client.snapshot().await {
            Ok(snapshot) => {
                attempt = 0;
                let (epoch, seq) = (snapshot.epoch.clone(), snapshot.seq);
                if inbox.send(Msg::Snapshot(Box::new(snapshot))).await.is_err() {
                    return;
                }
                if !forward(client.changes(epoch, seq), &world, &inbox).await {
                    return;
                }
            }
            Err(error) => {
                attempt += 1;
                let wait = retry::backoff_ms(attempt, RETRY_MS.0, RETRY_MS.1, world.unit());
                let reason =
                    if error.hint.is_empty() { error.message } else { format!("{}; {}", error.message, error.hint) };
                let event = LinkEvent::Offline { reason, retry_at: world.now().plus(wait) };
                if inbox.send(Msg::Link(event)).await.is_err() {
                    return;
                }
                world.sleep(wait).await;
            }
        }
    }
}

/// Hand over what the stream tells until a new snapshot is needed; false when nobody listens any more.
async fn forward(mut stream: Receiver<StreamEvent>, world: &World, inbox: &Sender<Msg>) -> bool {
    let mut events = Vec::with_capacity(BATCH);
    loop {
        events.clear();
        if stream.recv_many(&mut events, BATCH).await == 0 {
            return !inbox.is_closed();
        }
        for msg in messages(events.drain(..), world) {
            let Some(msg) = msg else {
                return !inbox.is_closed();
            };
            if inbox.send(msg).await.is_err() {
                return false;
            }
        }
    }
}

/// The messages of some events, changes in one; none at the place where a new snapshot is needed.
fn messages(events: impl Iterator<Item = StreamEvent>, world: &World) -> Vec<Option<Msg>> {
    let mut out = Vec::new();
    let mut changes: Vec<Change> = Vec::new();
    for event in events {
        let link = match event {
            StreamEvent::Change(change) => {
                changes.push(change);
                continue;
            }
            StreamEvent::Connected => LinkEvent::Connected,
            StreamEvent::Beat => LinkEvent::Beat,
            StreamEvent::Lagging { ms, heard } => LinkEvent::Lagging { behind_ms: ms, heard },
            StreamEvent::Stale => LinkEvent::Stale,
            StreamEvent::Offline { reason, retry_in_ms } => {
                LinkEvent::Offline { reason, retry_at: world.now().plus(retry_in_ms) }
            }
            StreamEvent::Resync { .. } => {
                if !changes.is_empty() {
                    out.push(Some(Msg::Changes(std::mem::take(&mut changes))));
                }
                out.push(None);
                return out;
            }
        };
        if !changes.is_empty() {
            out.push(Some(Msg::Changes(std::mem::take(&mut changes))));
        }
        out.push(Some(Msg::Link(link)));
    }
    if !changes.is_empty() {
        out.push(Some(Msg::Changes(changes)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::change::{Actor, Fact, Seq},
        testing::estate::AT,
    };

    fn change(seq: u64) -> StreamEvent {
        StreamEvent::Change(Change {
            seq: Seq(seq),
            at: AT,
            actor: Actor::System,
            fact: Fact::BudgetRemoved("x".into()),
        })
    }

    #[test]
    fn changes_in_a_row_are_one_message_and_keep_their_place_among_the_others() {
        let world = World::fake(AT);
        let events = [change(1), change(2), StreamEvent::Beat, change(3)];
        let out = messages(events.into_iter(), &world);
        assert!(matches!(
            &out[..],
            [Some(Msg::Changes(two)), Some(Msg::Link(LinkEvent::Beat)), Some(Msg::Changes(one))] if two.len() == 2 && one.len() == 1
        ));
    }

    #[test]
    fn what_came_before_a_lost_log_is_still_handed_over() {
        let world = World::fake(AT);
        let out = messages([change(1), StreamEvent::Resync { why: "gone".into() }].into_iter(), &world);
        assert!(matches!(&out[..], [Some(Msg::Changes(_)), None]));
    }
}
