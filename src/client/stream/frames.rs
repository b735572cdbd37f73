//! Messages of the `graphql-transport-ws` protocol. Pure.

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    client::{
        graphql::Error,
        wire::{At, Digits, Line, change::ChangeShape},
    },
    domain::{
        change::{Change, Seq},
        time::Timestamp,
    },
};

/// Name of the sub-protocol.
pub const PROTOCOL: &str = "graphql-transport-ws";
/// The one subscription. A core that knows this very text answers with bytes it shares among all listeners.
pub const CHANGES: &str = "subscription Changes($epoch: String!, $after: String!) { changes(epoch: $epoch, \
                           after: $after) { resync change { seq at actor { kind id name revision } kind fact } } }";
/// Name of our one operation on a socket.
const OPERATION: &str = "1";

/// What we say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// Who we are. The token stays out of here: it is put in when the frame is written.
    Init,
    /// Everything after this place.
    Subscribe {
        /// Of which log.
        epoch: String,
        /// After which change.
        after: Seq,
    },
    /// Are you there?
    Ping,
    /// I am.
    Pong,
}

/// What the core says.
#[derive(Debug, PartialEq)]
pub enum ServerFrame {
    /// Our token is good.
    Ack,
    /// A beat, with what was sent so far and the core's clock.
    Ping(Option<Head>),
    /// The answer to our ping.
    Pong,
    /// A change.
    Change(Box<Change>),
    /// The log cannot be followed.
    Resync(String),
    /// The subscription failed.
    Error {
        /// Stable code; may be empty.
        code: String,
        /// In words.
        message: String,
    },
    /// The subscription is over.
    Complete,
}

/// Where the core is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last change that was sent to us.
    pub sent: Seq,
    /// The core's clock.
    pub at: Timestamp,
}

impl ClientFrame {
    /// The frame as it is sent.
    pub fn write(&self, token: Option<&str>) -> String {
        match self {
            Self::Init => {
                let payload = token.map(|t| json!({ "authorization": format!("Bearer {t}") }));
                json!({ "type": "connection_init", "payload": payload })
            }
            Self::Subscribe { epoch, after } => json!({
                "id": OPERATION,
                "type": "subscribe",
                "payload": { "query": CHANGES, "variables": { "epoch": epoch, "after": after.to_string() } },
            }),
            Self::Ping => json!({ "type": "ping" }),
            Self::Pong => json!({ "type": "pong" }),
        }
        .to_string()
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: Line,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Next {
    data: Option<NextData>,
    #[serde(default)]
    errors: Vec<Error>,
}

#[derive(Deserialize)]
struct NextData {
    changes: Item,
}

#[derive(Deserialize)]
struct Item {
    resync: Option<Line>,
    change: Option<ChangeShape>,
}

#[derive(Deserialize)]
struct HeadShape {
    sent: Digits,
    at: At,
}

/// Read one frame.
///
/// # Errors
/// Says in clean words what is wrong with it.
pub fn read(text: &str) -> Result<ServerFrame, String> {
    let frame: Envelope<'_> = serde_json::from_str(text).map_err(|e| clean(&e))?;
    let payload = frame.payload.map_or("null", RawValue::get);
    match frame.kind.0.as_str() {
        "connection_ack" => Ok(ServerFrame::Ack),
        "pong" => Ok(ServerFrame::Pong),
        "complete" => Ok(ServerFrame::Complete),
        "ping" => {
            let head: Option<HeadShape> = serde_json::from_str(payload).unwrap_or_default();
            Ok(ServerFrame::Ping(head.map(|h| Head { sent: Seq(h.sent.0), at: h.at.0 })))
        }
        "next" => next(serde_json::from_str(payload).map_err(|e| clean(&e))?),
        "error" => Ok(failed(&serde_json::from_str::<Vec<Error>>(payload).map_err(|e| clean(&e))?)),
        other => Err(format!("unknown message `{other}`")),
    }
}

fn next(next: Next) -> Result<ServerFrame, String> {
    if !next.errors.is_empty() {
        return Ok(failed(&next.errors));
    }
    match next.data.map(|d| d.changes) {
        Some(Item { resync: Some(why), .. }) => Ok(ServerFrame::Resync(why.0)),
        Some(Item { change: Some(change), .. }) => {
            change.read().map(|c| ServerFrame::Change(Box::new(c))).map_err(|e| clean(&e))
        }
        _ => Err("an item without content".to_owned()),
    }
}

fn failed(errors: &[Error]) -> ServerFrame {
    let first = errors.first();
    ServerFrame::Error {
        code: first.map(|e| e.code().to_owned()).unwrap_or_default(),
        message: first.map_or_else(|| "the subscription failed".to_owned(), |e| e.message().to_owned()),
    }
}

fn clean(error: &serde_json::Error) -> String {
    crate::client::wire::line(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::{Actor, Fact};

    #[test]
    fn a_change_is_read_with_its_place_in_the_log() {
        let frame = read(
            r#"{"id":"1","type":"next","payload":{"data":{"changes":{"resync":null,"change":{"seq":"7",
            "at":"1970-01-01T00:00:01Z","actor":{"kind":"system"},"kind":"budget_removed","fact":{"name":"gold"}}}}}}"#,
        )
        .unwrap();
        let ServerFrame::Change(change) = frame else { panic!("not a change: {frame:?}") };
        assert_eq!(change.seq, Seq(7));
        assert_eq!(change.actor, Actor::System);
        assert_eq!(change.fact, Fact::BudgetRemoved("gold".to_owned()));
    }

    #[test]
    fn a_kind_of_change_that_is_not_known_is_an_error_and_not_skipped() {
        let text = r#"{"type":"next","payload":{"data":{"changes":{"change":{"seq":"7","at":"1970-01-01T00:00:01Z",
            "actor":{"kind":"system"},"kind":"moon_rose","fact":{}}}}}}"#;
        assert!(read(text).unwrap_err().contains("moon_rose"));
    }

    #[test]
    fn resync_errors_and_beats_are_told_apart() {
        assert_eq!(
            read(r#"{"type":"next","payload":{"data":{"changes":{"resync":"another log"}}}}"#),
            Ok(ServerFrame::Resync("another log".to_owned()))
        );
        assert_eq!(
            read(r#"{"type":"error","payload":[{"message":"no","extensions":{"code":"unauthenticated"}}]}"#),
            Ok(ServerFrame::Error { code: "unauthenticated".to_owned(), message: "no".to_owned() })
        );
        let head = Head { sent: Seq(3), at: Timestamp::from_ms(2_000) };
        assert_eq!(
            read(r#"{"type":"ping","payload":{"sent":"3","at":"1970-01-01T00:00:02Z"}}"#),
            Ok(ServerFrame::Ping(Some(head)))
        );
        assert_eq!(read(r#"{"type":"ping"}"#), Ok(ServerFrame::Ping(None)));
        assert!(read("hello").is_err());
    }

    #[test]
    fn the_token_goes_into_the_first_message_only() {
        assert!(ClientFrame::Init.write(Some("abc")).contains("Bearer abc"));
        let subscribe = ClientFrame::Subscribe { epoch: "e".to_owned(), after: Seq(4) }.write(Some("abc"));
        assert!(!subscribe.contains("abc"));
        assert!(subscribe.contains(r#""after":"4""#));
    }
}
