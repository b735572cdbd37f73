//! The live link: against the real core, and against a core that does what it is told to.

use futures_util::{SinkExt, StreamExt};
use itops::{
    client::{Client, StreamEvent},
    domain::{
        change::{Change, Seq},
        health::Status,
        time::Timestamp,
    },
    world::World,
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::Receiver,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        handshake::server::{Request, Response},
        http::HeaderValue,
    },
};
use url::Url;

use crate::{
    served::{Served, client_of, soon},
    server_core::stage,
};

const T0: Timestamp = Timestamp::from_ms(1_750_000_000_000);

async fn event(events: &mut Receiver<StreamEvent>) -> StreamEvent {
    soon(events.recv()).await.expect("the link ended")
}

/// The next change, whatever else is told in between.
async fn change(events: &mut Receiver<StreamEvent>) -> Change {
    loop {
        match event(events).await {
            StreamEvent::Change(change) => return change,
            StreamEvent::Resync { why } => panic!("resync: {why}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn every_change_after_the_snapshot_comes_once_and_makes_the_same_estate() {
    let served = Served::start(Some(stage::repository())).await;
    let (client, _) = served.signed_in("oncall").await;
    let mut replica = client.snapshot().await.unwrap();
    // Some come before anybody listens: they are read from the log.
    for status in [Status::Operational, Status::Degraded, Status::Down] {
        stage::say(&served.core, &stage::db(), status).await;
    }
    let mut events = client.changes(replica.epoch.clone(), replica.seq);
    let first = change(&mut events).await;
    assert_eq!(first.seq, replica.seq.next());
    replica.estate.apply(&first);
    // And some while it listens.
    for n in 0..600 {
        let status = if n % 2 == 0 { Status::Operational } else { Status::Down };
        stage::say(&served.core, &stage::api(), status).await;
    }
    let (_, head) = served.core.position();
    let mut last = first.seq;
    while last < head {
        let next = change(&mut events).await;
        assert_eq!(next.seq, last.next());
        last = next.seq;
        replica.estate.apply(&next);
    }
    assert_eq!(replica.estate, served.core.snapshot().await.estate);
}

#[tokio::test]
async fn a_follower_that_falls_behind_what_is_kept_for_it_reads_the_log_and_misses_nothing() {
    use itops::server::stream::{Feed, Item};
    let stage = stage::Stage::new();
    let core = stage.open(None).await;
    let feed = Feed::new(core.clone());
    tokio::spawn(feed.clone().run());
    let (epoch, seq) = core.position();
    let mut follower = feed.follow(epoch, seq);
    stage::say(&core, &stage::db(), Status::Down).await;
    let Some(Item::Change(first)) = soon(follower.next()).await else { panic!("no change") };
    // More than wait for a slow reader, from a hundred reporters at once.
    let reporters = (0..100).map(|n| {
        let core = core.clone();
        async move {
            let path = stage::path(&format!("a/b/c/d/s{n}"));
            for turn in 0..60 {
                let status = if turn % 2 == 0 { Status::Down } else { Status::Operational };
                stage::say(&core, &path, status).await;
            }
        }
    });
    futures_util::future::join_all(reporters).await;
    let (_, head) = core.position();
    assert!(head.0 > 6_000);
    let mut last = first.seq();
    while last < head {
        match soon(follower.next()).await {
            Some(Item::Change(packed)) => {
                assert_eq!(packed.seq(), last.next());
                last = packed.seq();
            }
            Some(Item::Resync(why)) => panic!("{why}"),
            None => panic!("the feed ended"),
        }
    }
}

#[tokio::test]
async fn another_log_asks_for_a_new_snapshot() {
    let served = Served::start(None).await;
    let (client, _) = served.signed_in("oncall").await;
    let mut events = client.changes("another".to_owned(), Seq(0));
    loop {
        match event(&mut events).await {
            StreamEvent::Resync { .. } => break,
            StreamEvent::Change(change) => panic!("{change:?}"),
            _ => {}
        }
    }
    assert_eq!(soon(events.recv()).await, None, "it is the last event");
}

#[tokio::test]
async fn a_token_that_is_not_good_is_offline_with_the_reason() {
    let served = Served::start(None).await;
    let client = client_of(&served.url, Some("no"), World::fake(T0));
    let mut events = client.changes("e".to_owned(), Seq(0));
    assert!(matches!(event(&mut events).await, StreamEvent::Offline { reason, .. } if reason.contains("token")));
}

#[tokio::test]
async fn many_followers_get_the_same_log_and_the_library_says_the_same_as_the_shared_bytes() {
    let served = Served::start(None).await;
    let (client, session) = served.signed_in("oncall").await;
    let (epoch, seq) = served.core.position();
    let mut followers: Vec<_> = (0..20).map(|_| client.changes(epoch.clone(), seq)).collect();
    let token = secrecy::ExposeSecret::expose_secret(&session.token).to_owned();
    let mut by_hand = dial(&served.url, &token).await;
    // Other fields in another order: not the document whose bytes are shared.
    let query = "subscription($e:String!,$a:String!){changes(epoch:$e,after:$a){change{kind fact seq} resync}}";
    let payload = json!({ "query": query, "variables": { "e": epoch, "a": seq.to_string() } });
    by_hand
        .send(Message::text(json!({ "id": "x", "type": "subscribe", "payload": payload }).to_string()))
        .await
        .unwrap();
    stage::say(&served.core, &stage::db(), Status::Down).await;
    let first = change(&mut followers[0]).await;
    for follower in &mut followers[1..] {
        assert_eq!(change(follower).await, first);
    }
    let item = loop {
        let frame = frame(&mut by_hand).await;
        if frame["type"] == "next" {
            break frame["payload"]["data"]["changes"].clone();
        }
    };
    assert_eq!(item["change"]["kind"], first.fact.word());
    assert_eq!(item["change"]["seq"], first.seq.to_string());
}

#[tokio::test]
async fn a_socket_without_a_greeting_with_rubbish_or_a_used_id_is_closed_with_its_code() {
    let served = Served::start(None).await;
    let (_, session) = served.signed_in("oncall").await;
    let token = secrecy::ExposeSecret::expose_secret(&session.token).to_owned();
    let subscribe = json!({ "id": "1", "type": "subscribe",
        "payload": { "query": "subscription{changes(epoch:\"e\",after:\"0\"){resync}}" } });
    let cases = [
        (false, vec![subscribe.to_string()], 4401),
        (false, vec![json!({ "type": "connection_init" }).to_string()], 4403),
        (true, vec!["rubbish".to_owned()], 4400),
        (true, vec![json!({ "type": "connection_init" }).to_string()], 4429),
    ];
    for (greeted, messages, wanted) in cases {
        let mut socket = if greeted { dial(&served.url, &token).await } else { connect(&served.url).await };
        for message in &messages {
            socket.send(Message::text(message)).await.unwrap();
        }
        assert_eq!(close_code(&mut socket).await, wanted, "{messages:?}");
    }
}

#[tokio::test]
async fn queries_work_over_the_socket_and_errors_end_the_operation_only() {
    let served = Served::start(None).await;
    let (_, session) = served.signed_in("oncall").await;
    let mut socket = dial(&served.url, secrecy::ExposeSecret::expose_secret(&session.token)).await;
    for (id, query) in [("a", "{me{name}}"), ("b", "{nonsense}")] {
        let message = json!({ "id": id, "type": "subscribe", "payload": { "query": query } });
        socket.send(Message::text(message.to_string())).await.unwrap();
    }
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let frame = frame(&mut socket).await;
        if frame["id"].is_string() {
            seen.push((frame["id"].to_string(), frame["type"].to_string(), frame["payload"].clone()));
        }
    }
    let find = |id: &str, kind: &str| seen.iter().find(|(i, k, _)| i.contains(id) && k.contains(kind));
    assert_eq!(find("a", "next").unwrap().2["data"]["me"]["name"], "oncall");
    assert!(find("a", "complete").is_some());
    assert_eq!(find("b", "error").unwrap().2[0]["extensions"]["code"], "invalid_document");
}

#[tokio::test]
async fn a_server_that_stops_lets_its_followers_go_and_ends() {
    let served = Served::start(None).await;
    let (client, _) = served.signed_in("oncall").await;
    let (epoch, seq) = served.core.position();
    let mut events = client.changes(epoch, seq);
    assert_eq!(event(&mut events).await, StreamEvent::Connected);
    served.stop().await;
    loop {
        if let StreamEvent::Offline { .. } = event(&mut events).await {
            break;
        }
    }
}

#[tokio::test]
async fn calls_and_the_live_link_work_encrypted_for_those_who_know_the_authority_and_for_nobody_else() {
    use itops::{
        client::{Connection, Kind},
        server::{Parts, serve_encrypted, tls::Identity},
    };
    crate::served::install_crypto();
    let files = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls");
    let identity = Identity::read(&files.join("core.pem"), &files.join("core.key")).unwrap();
    assert!(Identity::read(&files.join("core.key"), &files.join("core.key")).is_err_and(|e| e.contains("core.key")));
    let stage = stage::Stage::new();
    let core = itops::server::service::Core::open(stage.with_users(), None, stage.world.clone()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://localhost:{}/", listener.local_addr().unwrap().port())).unwrap();
    let parts = Parts { core: core.clone(), world: stage.world.clone() };
    tokio::spawn(serve_encrypted(listener, identity, parts, std::future::pending()));
    let connect = |ca_file| {
        let connection = Connection { url: url.clone(), token: None, timeout_ms: 20_000, read_only: false, ca_file };
        Client::new(connection, World::real())
    };
    let client = connect(Some(files.join("ca.pem"))).unwrap();
    client.login("oncall", &crate::served::password("oncall"), None).await.unwrap();
    let (epoch, seq) = core.position();
    let mut events = client.changes(epoch, seq);
    stage::say(&core, &stage::db(), Status::Down).await;
    assert_eq!(change(&mut events).await.seq, seq.next());
    // A machine may have no certificate store at all; then there is no such client.
    if let Ok(stranger) = connect(None) {
        let refused = stranger.writer().unwrap().comment_ticket(1, "x".to_owned(), uuid::Uuid::nil()).await;
        assert_eq!(refused.unwrap_err().kind, Kind::Unreachable);
    }
}

// ---- a core that does what it is told to ----

struct Script {
    listener: TcpListener,
    world: World,
    events: Receiver<StreamEvent>,
    _client: Client,
}

type Peer = WebSocketStream<TcpStream>;

impl Script {
    /// A client that follows log `e1` after `after`.
    async fn start(after: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let world = World::fake(T0);
        let client = client_of(&url, Some("secret"), world.clone());
        let events = client.changes("e1".to_owned(), Seq(after));
        Self { listener, world, events, _client: client }
    }

    /// Take the connection and the greeting; answers the place that was asked for.
    async fn accept(&self) -> (Peer, String) {
        let (socket, _) = soon(self.listener.accept()).await.unwrap();
        #[allow(clippy::result_large_err, reason = "the library's signature")]
        let greet = |request: &Request, mut response: Response| {
            assert_eq!(request.uri().path(), "/graphql/ws");
            let protocol = request.headers()["sec-websocket-protocol"].clone();
            response.headers_mut().insert("sec-websocket-protocol", protocol);
            Ok(response)
        };
        let mut peer = tokio_tungstenite::accept_hdr_async(socket, greet).await.unwrap();
        let init = frame(&mut peer).await;
        assert_eq!(init["payload"]["authorization"], "Bearer secret");
        say(&mut peer, json!({ "type": "connection_ack" })).await;
        let subscribe = frame(&mut peer).await;
        assert_eq!(subscribe["payload"]["variables"]["epoch"], "e1");
        (peer, subscribe["payload"]["variables"]["after"].as_str().unwrap().to_owned())
    }

    async fn next(&mut self) -> StreamEvent {
        event(&mut self.events).await
    }

    async fn seq(&mut self) -> u64 {
        change(&mut self.events).await.seq.0
    }

    /// Let time pass until the client says what `wanted` looks for.
    async fn until(&mut self, step_ms: i64, wanted: impl Fn(&StreamEvent) -> bool) -> StreamEvent {
        for _ in 0..1_000 {
            self.world.advance(step_ms);
            // The client runs in a task of its own; it gets its turn before the clock goes on.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            while let Ok(event) = self.events.try_recv() {
                if wanted(&event) {
                    return event;
                }
            }
        }
        panic!("it was never said");
    }
}

async fn say<S>(peer: &mut WebSocketStream<S>, message: Value)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    peer.send(Message::text(message.to_string())).await.unwrap();
}

async fn frame<S>(socket: &mut WebSocketStream<S>) -> Value
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        match soon(socket.next()).await.expect("the socket ended").unwrap() {
            Message::Text(text) => return serde_json::from_str(text.as_str()).unwrap(),
            Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
}

async fn close_code<S>(socket: &mut WebSocketStream<S>) -> u16
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        if let Message::Close(frame) = soon(socket.next()).await.expect("the socket ended").unwrap() {
            return frame.unwrap().code.into();
        }
    }
}

async fn connect(url: &Url) -> Peer {
    let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let socket = TcpStream::connect(&address).await.unwrap();
    let mut request = format!("ws://{address}/graphql/ws").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    tokio_tungstenite::client_async(request, socket).await.unwrap().0
}

async fn dial(url: &Url, token: &str) -> Peer {
    let mut socket = connect(url).await;
    let payload = json!({ "authorization": format!("Bearer {token}") });
    say(&mut socket, json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(frame(&mut socket).await["type"], "connection_ack");
    socket
}

fn item(seq: u64) -> Value {
    let change = json!({ "seq": seq.to_string(), "at": "2025-06-15T15:06:40Z", "actor": { "kind": "system" },
        "kind": "budget_removed", "fact": { "name": "gold" } });
    json!({ "id": "1", "type": "next", "payload": { "data": { "changes": { "resync": null, "change": change } } } })
}

#[tokio::test]
async fn a_dropped_link_is_resumed_after_the_last_change_and_duplicates_are_dropped() {
    let mut script = Script::start(3).await;
    let (mut peer, after) = script.accept().await;
    assert_eq!(after, "3");
    assert_eq!(script.next().await, StreamEvent::Connected);
    for seq in [4, 4, 2, 5] {
        say(&mut peer, item(seq)).await;
    }
    assert_eq!(script.seq().await, 4);
    assert_eq!(script.seq().await, 5);
    drop(peer);
    let offline = script.next().await;
    let StreamEvent::Offline { retry_in_ms, .. } = offline else { panic!("{offline:?}") };
    assert!((250..=500).contains(&retry_in_ms), "{retry_in_ms}");
    script.world.advance(retry_in_ms);
    let (mut peer, after) = script.accept().await;
    assert_eq!(after, "5");
    assert_eq!(script.next().await, StreamEvent::Connected);
    for seq in [5, 6] {
        say(&mut peer, item(seq)).await;
    }
    assert_eq!(script.seq().await, 6);
}

#[tokio::test]
async fn a_gap_or_a_reordering_ends_in_a_resync() {
    for order in [[4, 6], [5, 4]] {
        let mut script = Script::start(3).await;
        let (mut peer, _) = script.accept().await;
        for seq in order {
            say(&mut peer, item(seq)).await;
        }
        loop {
            match script.next().await {
                StreamEvent::Resync { .. } => break,
                StreamEvent::Change(change) => assert_eq!((change.seq, order[0]), (Seq(4), 4)),
                _ => {}
            }
        }
        assert_eq!(soon(script.events.recv()).await, None);
    }
}

#[tokio::test]
async fn a_core_that_falls_silent_is_lagging_then_stale_then_offline_and_comes_back() {
    let mut script = Script::start(0).await;
    let (mut peer, _) = script.accept().await;
    assert_eq!(script.next().await, StreamEvent::Connected);
    script.until(500, |e| matches!(e, StreamEvent::Lagging { ms, .. } if *ms > 2_000)).await;
    script.until(500, |e| *e == StreamEvent::Stale).await;
    let silent = script.world.now().since(T0);
    assert!((20_000..22_000).contains(&silent), "{silent}");
    let offline = script.until(500, |e| matches!(e, StreamEvent::Offline { .. })).await;
    assert!(matches!(offline, StreamEvent::Offline { reason, .. } if reason.contains("sign of life")));
    // It did ask: the silence was the core's.
    assert_eq!(frame(&mut peer).await["type"], "ping");
    script.world.advance(1_000);
    let (mut peer, after) = script.accept().await;
    assert_eq!(after, "0");
    say(&mut peer, item(1)).await;
    assert_eq!(script.seq().await, 1);
}

#[tokio::test]
async fn beats_are_answered_and_keep_the_link_live() {
    let mut script = Script::start(0).await;
    let (mut peer, _) = script.accept().await;
    assert_eq!(script.next().await, StreamEvent::Connected);
    for _ in 0..5 {
        let payload = json!({ "sent": "0", "at": itops::server::wire::rfc3339(script.world.now()) });
        say(&mut peer, json!({ "type": "ping", "payload": payload })).await;
        assert_eq!(script.next().await, StreamEvent::Beat);
        loop {
            match frame(&mut peer).await["type"].as_str().unwrap() {
                "pong" => break,
                "ping" => {
                    say(&mut peer, json!({ "type": "pong" })).await;
                    assert_eq!(script.next().await, StreamEvent::Beat);
                }
                other => panic!("{other}"),
            }
        }
        script.world.advance(9_000);
    }
}

#[tokio::test]
async fn what_cannot_be_read_drops_the_link_and_is_not_skipped() {
    let mut script = Script::start(0).await;
    let (mut peer, _) = script.accept().await;
    assert_eq!(script.next().await, StreamEvent::Connected);
    let mut unknown = item(1);
    unknown["payload"]["data"]["changes"]["change"]["kind"] = json!("moon_rose");
    say(&mut peer, unknown).await;
    let offline = script.next().await;
    assert!(matches!(&offline, StreamEvent::Offline { reason, .. } if reason.contains("moon_rose")), "{offline:?}");
}

#[tokio::test]
async fn a_message_over_the_limit_is_not_taken() {
    let mut script = Script::start(0).await;
    let (mut peer, _) = script.accept().await;
    assert_eq!(script.next().await, StreamEvent::Connected);
    let huge = format!("{{\"type\":\"pong\",\"x\":\"{}\"}}", "x".repeat(17 << 20));
    let _ = peer.send(Message::text(huge)).await;
    assert!(matches!(script.next().await, StreamEvent::Offline { .. }));
}

#[tokio::test]
async fn dropping_the_receiver_ends_the_link() {
    let script = Script::start(0).await;
    let (mut peer, _) = script.accept().await;
    drop(script.events);
    loop {
        match soon(peer.next()).await {
            None | Some(Err(_)) => break,
            Some(Ok(_)) => {}
        }
    }
}
