//! The log as it grows: each change is packed once, and everybody who follows gets the same bytes.
//!
//! [`Feed`] packs; a [`Follower`] reads in order from a place in the log: from the store while it is behind, from
//! the feed once it caught up. Who falls behind the feed goes back to the store; who falls behind that must resync.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};

use super::{service::Core, wire::change::ChangeView};
use crate::domain::change::{Change, Seq};

/// Changes that wait for a slow follower before it goes back to the store.
const WAITING: usize = 4_096;
/// Changes read from the store at once.
const PAGE: usize = 512;
/// Further behind than this a snapshot is cheaper.
const BACKLOG_LIMIT: u64 = 50_000;
/// The operation id that nearly every follower uses; its whole frame is shared.
pub const USUAL_ID: &str = "1";

/// A change and its bytes, made when the first follower asks for them.
pub struct Packed {
    /// The change.
    pub change: Arc<Change>,
    json: OnceLock<String>,
    frame: OnceLock<Utf8Bytes>,
}

impl Packed {
    /// Pack a change.
    pub const fn new(change: Arc<Change>) -> Self {
        Self { change, json: OnceLock::new(), frame: OnceLock::new() }
    }

    /// Its place in the log.
    pub fn seq(&self) -> Seq {
        self.change.seq
    }

    /// The `next` message for the operation `id`.
    pub fn frame(&self, id: &str) -> Utf8Bytes {
        if id == USUAL_ID {
            return self.frame.get_or_init(|| self.build(id)).clone();
        }
        self.build(id)
    }

    fn build(&self, id: &str) -> Utf8Bytes {
        let id = serde_json::to_string(id).unwrap_or_default();
        let json = self.json.get_or_init(|| {
            // A change is made of strings, numbers and maps: it always has a JSON form.
            serde_json::to_string(&ChangeView::from(&*self.change)).unwrap_or_default()
        });
        format!(r#"{{"id":{id},"type":"next","payload":{{"data":{{"changes":{{"resync":null,"change":{json}}}}}}}}}"#)
            .into()
    }
}

/// Packs changes as they are committed.
#[derive(Clone)]
pub struct Feed {
    core: Core,
    packed: broadcast::Sender<Arc<Packed>>,
}

/// What a follower gets.
pub enum Item {
    /// The next change.
    Change(Arc<Packed>),
    /// The log cannot be followed, and why. The last item.
    Resync(String),
}

impl Feed {
    /// A feed of `core`'s changes. Nothing flows until [`Self::run`].
    pub fn new(core: Core) -> Self {
        Self { core, packed: broadcast::Sender::new(WAITING) }
    }

    /// Pack and hand on until the core is gone.
    pub async fn run(self) {
        let mut committed = self.core.subscribe();
        loop {
            match committed.recv().await {
                Ok(change) => {
                    // Without followers there is nobody to pack for.
                    if self.packed.receiver_count() > 0 {
                        let _ = self.packed.send(Arc::new(Packed::new(change)));
                    }
                }
                // Followers see the gap and read the store.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Follow log `epoch` after `after`.
    pub fn follow(&self, epoch: String, after: Seq) -> Follower {
        Follower {
            core: self.core.clone(),
            live: self.packed.subscribe(),
            epoch,
            after,
            stored: VecDeque::new(),
            known: None,
            is_behind: true,
            is_over: false,
        }
    }
}

/// A reader of the log from one place on.
pub struct Follower {
    core: Core,
    live: broadcast::Receiver<Arc<Packed>>,
    epoch: String,
    after: Seq,
    /// Read from the store, not handed out yet.
    stored: VecDeque<Arc<Packed>>,
    /// A change that is known to exist further on.
    known: Option<Seq>,
    is_behind: bool,
    is_over: bool,
}

impl Follower {
    /// The last change that was handed out.
    pub const fn after(&self) -> Seq {
        self.after
    }

    /// The next item in order; none after a resync or when the core is gone. May be dropped while it waits.
    pub async fn next(&mut self) -> Option<Item> {
        loop {
            if self.is_over {
                return None;
            }
            if let Some(packed) = self.ready() {
                return Some(Item::Change(packed));
            }
            if self.is_behind {
                match self.read_store().await {
                    Ok(()) => continue,
                    Err(why) => {
                        self.is_over = true;
                        return Some(Item::Resync(why));
                    }
                }
            }
            match self.live.recv().await {
                Ok(packed) => {
                    if let Some(packed) = self.accept(packed) {
                        return Some(Item::Change(packed));
                    }
                }
                Err(RecvError::Lagged(_)) => self.is_behind = true,
                Err(RecvError::Closed) => self.is_over = true,
            }
        }
    }

    /// The next change if it is there already.
    pub fn ready(&mut self) -> Option<Arc<Packed>> {
        if let Some(packed) = self.stored.pop_front() {
            self.after = packed.seq();
            return Some(packed);
        }
        while !self.is_behind && !self.is_over {
            match self.live.try_recv() {
                Ok(packed) => {
                    if let Some(item) = self.accept(packed) {
                        return Some(item);
                    }
                }
                Err(TryRecvError::Lagged(_)) => self.is_behind = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
        None
    }

    fn accept(&mut self, packed: Arc<Packed>) -> Option<Arc<Packed>> {
        if packed.seq() <= self.after {
            return None;
        }
        if packed.seq() == self.after.next() {
            self.after = packed.seq();
            return Some(packed);
        }
        self.known = Some(packed.seq());
        self.is_behind = true;
        None
    }

    async fn read_store(&mut self) -> Result<(), String> {
        let (_, head) = self.core.position();
        if head.0.saturating_sub(self.after.0) > BACKLOG_LIMIT {
            return Err(format!("{} changes behind; a snapshot is shorter", head.0 - self.after.0));
        }
        let page = self.core.changes_after(&self.epoch, self.after, PAGE).await.map_err(|e| e.reason)?;
        if page.is_empty() {
            if self.known.is_some_and(|seq| seq > self.after) {
                return Err("the log has a gap".to_owned());
            }
            self.is_behind = false;
        } else {
            self.stored.extend(page.into_iter().map(|change| Arc::new(Packed::new(change))));
        }
        Ok(())
    }
}

/// The `next` message that says the log cannot be followed.
pub fn resync_frame(id: &str, why: &str) -> String {
    let item = serde_json::json!({ "resync": why, "change": null });
    serde_json::json!({ "id": id, "type": "next", "payload": { "data": { "changes": item } } }).to_string()
}
