//! `graphql-transport-ws` by hand. The one subscription that every console keeps open is answered with bytes that are
//! made once per change and shared; everything else goes through the GraphQL library. When they go out is in [`burst`].

mod burst;

use std::{collections::HashMap, pin::pin, sync::Arc, task::Poll, time::Duration};

use async_graphql::Request;
use axum::{
    extract::{
        Extension, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use futures_util::{StreamExt, poll};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use tokio::{sync::mpsc, task::AbortHandle};

use super::{Caller, complete, prepared};
use crate::{
    domain::{change::Seq, time::Timestamp},
    server::{
        http::{RequestId, Site},
        stream::{Follower, Item, resync_frame},
        wire::rfc3339,
    },
};
use burst::Pace;

/// Name of the sub-protocol.
pub const PROTOCOL: &str = "graphql-transport-ws";
/// The text of the subscription that is answered with shared bytes; what is between words does not matter.
pub const SHARED_DOCUMENT: &str = "subscription Changes($epoch: String!, $after: String!) { changes(epoch: $epoch, after: $after) { resync change { seq at actor { kind id name revision } kind fact } } }";
/// Largest message that is read, in bytes.
const MESSAGE_LIMIT: usize = 256 << 10;
/// Between two beats, in milliseconds.
const BEAT_MS: i64 = 10_000;
/// Beats without any sign of life after which a caller is given up.
const LOST_BEATS: i64 = 3;
/// Longest wait for the greeting, in milliseconds.
const GREETING_MS: i64 = 10_000;
/// Longest wait for a caller who does not read.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// Most operations of one caller at once.
const OPERATIONS_LIMIT: usize = 16;

const CLOSE_GOING_AWAY: u16 = 1001;
const CLOSE_BAD_MESSAGE: u16 = 4400;
const CLOSE_UNAUTHORIZED: u16 = 4401;
const CLOSE_FORBIDDEN: u16 = 4403;
const CLOSE_NO_GREETING: u16 = 4408;
const CLOSE_ID_IN_USE: u16 = 4409;
const CLOSE_TOO_MANY: u16 = 4429;

/// `GET /graphql/ws`.
pub async fn upgrade(
    State(site): State<Site>,
    Extension(RequestId(id)): Extension<RequestId>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(MESSAGE_LIMIT)
        .max_frame_size(MESSAGE_LIMIT)
        .read_buffer_size(8 << 10)
        .write_buffer_size(32 << 10)
        .max_write_buffer_size(64 << 20)
        .on_upgrade(move |socket| async move {
            let (tell, told) = mpsc::channel(64);
            let now = site.world.now();
            let wire = Wire {
                site,
                id,
                socket,
                tell,
                told,
                token: None,
                changes: None,
                running: HashMap::new(),
                heard: now,
                next_beat: now,
                pace: Pace::default(),
            };
            wire.run().await;
        })
}

/// Why a socket ends: a close code and a word, or nothing when it is gone already.
type End = Option<(u16, &'static str)>;

struct Wire {
    site: Site,
    id: Arc<str>,
    socket: WebSocket,
    /// Messages of operations that run through the library, with the id of those that ended.
    tell: mpsc::Sender<Out>,
    told: mpsc::Receiver<Out>,
    token: Option<String>,
    changes: Option<(String, Follower)>,
    running: HashMap<String, AbortHandle>,
    heard: Timestamp,
    next_beat: Timestamp,
    /// When changes go out.
    pace: Pace,
}

enum Out {
    Message(String),
    Ended(String),
}

#[derive(Deserialize)]
struct Incoming<'a> {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Greeting {
    authorization: Option<String>,
    #[serde(rename = "Authorization")]
    authorization_header: Option<String>,
    token: Option<String>,
}

#[derive(Deserialize)]
struct Subscribe {
    query: String,
    #[serde(default)]
    variables: Option<Place>,
}

/// Only read for the shared document; other variables do not fit and are left to the library.
#[derive(Deserialize)]
struct Place {
    epoch: String,
    after: String,
}

impl Wire {
    async fn run(mut self) {
        let end = match self.greet().await {
            Ok(()) => self.serve().await,
            Err(end) => end,
        };
        for running in self.running.values() {
            running.abort();
        }
        if let Some((code, reason)) = end {
            let frame = CloseFrame { code, reason: reason.into() };
            let _ = tokio::time::timeout(SEND_TIMEOUT, self.socket.send(Message::Close(Some(frame)))).await;
        }
    }

    /// Wait for `connection_init` with a good token.
    async fn greet(&mut self) -> Result<(), End> {
        let world = self.site.world.clone();
        let late = world.sleep(GREETING_MS);
        let message = tokio::select! {
            message = self.socket.recv() => message,
            () = late => return Err(Some((CLOSE_NO_GREETING, "connection initialisation timeout"))),
            () = self.site.stop.cancelled() => return Err(Some((CLOSE_GOING_AWAY, "the core stops"))),
        };
        let Some(Ok(Message::Text(text))) = message else {
            return Err(Some((CLOSE_BAD_MESSAGE, "connection_init is wanted first")));
        };
        let incoming: Incoming<'_> =
            serde_json::from_str(text.as_str()).map_err(|_| Some((CLOSE_BAD_MESSAGE, "not a message")))?;
        if incoming.kind != "connection_init" {
            return Err(Some((CLOSE_UNAUTHORIZED, "connection_init is wanted first")));
        }
        let greeting: Option<Greeting> = incoming.payload.and_then(|p| serde_json::from_str(p.get()).ok());
        let token = greeting.and_then(|g| g.token.or(g.authorization).or(g.authorization_header));
        let token = token.map(|t| t.strip_prefix("Bearer ").map_or(t.clone(), ToOwned::to_owned));
        let Some(token) = token.filter(|token| self.site.core.user_of(token).is_ok()) else {
            return Err(Some((CLOSE_FORBIDDEN, "the token is not good")));
        };
        self.token = Some(token);
        self.heard = self.site.world.now();
        self.next_beat = self.heard;
        self.send(json!({ "type": "connection_ack" }).to_string()).await
    }

    async fn serve(&mut self) -> End {
        let world = self.site.world.clone();
        let stop = self.site.stop.clone();
        loop {
            let beat = world.sleep_until(self.next_beat);
            let step = tokio::select! {
                biased;
                () = stop.cancelled() => return Some((CLOSE_GOING_AWAY, "the core stops")),
                () = beat => self.beat().await,
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.take(message).await,
                    Some(Err(_)) | None => return None,
                },
                Some(out) = self.told.recv() => match out {
                    Out::Message(text) => self.send(text).await,
                    Out::Ended(id) => {
                        self.running.remove(&id);
                        Ok(())
                    }
                },
                item = burst::next(&mut self.changes, self.pace.gathering()) => self.pass(item).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Say where we are, and look whether the caller is still there and still welcome.
    async fn beat(&mut self) -> Result<(), End> {
        let now = self.site.world.now();
        self.next_beat = now.plus(BEAT_MS);
        if now.since(self.heard) >= LOST_BEATS * BEAT_MS {
            return Err(None);
        }
        let welcome = self.token.as_deref().is_some_and(|token| self.site.core.user_of(token).is_ok());
        if !welcome {
            return Err(Some((CLOSE_FORBIDDEN, "the token is no longer good")));
        }
        let payload = self
            .changes
            .as_ref()
            .map(|(_, follower)| json!({ "sent": follower.after().to_string(), "at": rfc3339(now) }));
        self.send(json!({ "type": "ping", "payload": payload }).to_string()).await
    }

    async fn take(&mut self, message: Message) -> Result<(), End> {
        self.heard = self.site.world.now();
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Some((CLOSE_BAD_MESSAGE, "text is wanted"))),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(None),
        };
        let bad = || Some((CLOSE_BAD_MESSAGE, "not a message"));
        let incoming: Incoming<'_> = serde_json::from_str(text.as_str()).map_err(|_| bad())?;
        match (incoming.kind.as_str(), incoming.id) {
            ("ping", _) => self.send(json!({ "type": "pong" }).to_string()).await,
            ("pong", _) => Ok(()),
            ("subscribe", Some(id)) => self.subscribe(id, incoming.payload.ok_or_else(bad)?.get()).await,
            ("complete", Some(id)) => {
                self.forget(&id);
                Ok(())
            }
            ("connection_init", _) => Err(Some((CLOSE_TOO_MANY, "connection_init came twice"))),
            _ => Err(bad()),
        }
    }

    async fn subscribe(&mut self, id: String, payload: &str) -> Result<(), End> {
        let in_use = self.running.contains_key(&id) || self.changes.as_ref().is_some_and(|(used, _)| *used == id);
        if in_use {
            return Err(Some((CLOSE_ID_IN_USE, "this id is in use")));
        }
        if self.running.len() >= OPERATIONS_LIMIT {
            return Err(Some((CLOSE_TOO_MANY, "too many operations at once")));
        }
        if self.changes.is_none()
            && let Some(place) = shared(payload)
        {
            self.changes = Some((id, self.site.feed.follow(place.0, place.1)));
            return Ok(());
        }
        let Ok(request) = serde_json::from_str::<Request>(payload) else {
            return Err(Some((CLOSE_BAD_MESSAGE, "not a GraphQL request")));
        };
        let user =
            self.token.as_deref().map_or(Err(String::new()), |t| self.site.core.user_of(t).map_err(|e| e.to_string()));
        let caller = Caller { user, request_id: self.id.clone() };
        let task =
            run_operation(self.site.clone(), prepared(request, caller), self.id.clone(), id.clone(), self.tell.clone());
        self.running.insert(id, tokio::spawn(task).abort_handle());
        Ok(())
    }

    fn forget(&mut self, id: &str) {
        if self.changes.as_ref().is_some_and(|(used, _)| used == id) {
            self.changes = None;
        }
        if let Some(running) = self.running.remove(id) {
            running.abort();
        }
    }

    /// Hand an item on, a change with what follows it already.
    async fn pass(&mut self, item: Option<Item>) -> Result<(), End> {
        let Some((id, mut follower)) = self.changes.take() else {
            return Ok(());
        };
        match item {
            Some(Item::Change(packed)) => {
                self.pace.write(&mut self.socket, &id, &mut follower, packed).await?;
                self.changes = Some((id, follower));
                Ok(())
            }
            Some(Item::Resync(why)) => {
                self.send(resync_frame(&id, &why)).await?;
                self.send(json!({ "id": id, "type": "complete" }).to_string()).await
            }
            None => Err(Some((CLOSE_GOING_AWAY, "the core stops"))),
        }
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        timed(self.socket.send(Message::Text(text.into()))).await
    }
}

/// A caller who does not read for this long is gone.
async fn timed<E>(sending: impl Future<Output = Result<(), E>>) -> Result<(), End> {
    let mut sending = pin!(sending);
    // Nearly always it is done at once; the clock is only asked where it is not.
    let sent = match poll!(sending.as_mut()) {
        Poll::Ready(sent) => Ok(sent),
        Poll::Pending => tokio::time::timeout(SEND_TIMEOUT, sending).await,
    };
    match sent {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

/// Epoch and place, when the document is the shared one.
fn shared(payload: &str) -> Option<(String, Seq)> {
    let asked: Subscribe = serde_json::from_str(payload).ok()?;
    let same = asked.query.split_whitespace().eq(SHARED_DOCUMENT.split_whitespace());
    let place = asked.variables.filter(|_| same)?;
    Some((place.epoch, Seq(place.after.parse().ok()?)))
}

/// Run one document through the library and tell what comes.
async fn run_operation(site: Site, request: Request, request_id: Arc<str>, id: String, tell: mpsc::Sender<Out>) {
    let mut answers = site.schema.execute_stream(request);
    while let Some(mut answer) = answers.next().await {
        complete(&mut answer, &request_id);
        // Without data it never began: the protocol calls that an error, which ends the operation.
        let failed = answer.data == async_graphql::Value::Null && !answer.errors.is_empty();
        let message = if failed {
            json!({ "id": id, "type": "error", "payload": answer.errors })
        } else {
            json!({ "id": id, "type": "next", "payload": answer })
        };
        if tell.send(Out::Message(message.to_string())).await.is_err() {
            return;
        }
        if failed {
            let _ = tell.send(Out::Ended(id)).await;
            return;
        }
    }
    let _ = tell.send(Out::Message(json!({ "id": id, "type": "complete" }).to_string())).await;
    let _ = tell.send(Out::Ended(id)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_document_is_known_whatever_stands_between_its_words() {
        let spread = SHARED_DOCUMENT.replace(' ', "\n  ");
        let payload = json!({ "query": spread, "variables": { "epoch": "e", "after": "12" } }).to_string();
        assert_eq!(shared(&payload), Some(("e".to_owned(), Seq(12))));
    }

    #[test]
    fn any_other_document_goes_to_the_library() {
        let other = SHARED_DOCUMENT.replace("fact", "");
        for (query, after) in [(other.as_str(), "12"), (SHARED_DOCUMENT, "twelve")] {
            let payload = json!({ "query": query, "variables": { "epoch": "e", "after": after } }).to_string();
            assert_eq!(shared(&payload), None);
        }
    }
}
