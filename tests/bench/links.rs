//! Live links: many who follow the log at once, and how late each of them hears of a push.
//!
//! The links take every change and look for its mark, but do not decode it: consoles have machines of their own.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use itops::{
    client::{
        Client, Connection,
        stream::frames::{self, ClientFrame},
    },
    domain::change::Seq,
    world::World,
};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::load::{self, Answers, Ask, Socket, Target, push_for};

/// Consoles of the measurement of pushes.
pub const CONSOLES: usize = 20;
/// Subscribers of the measurement of the way to many.
pub const SUBSCRIBERS: usize = 1_000;
/// Changes per second on that way.
const CHANGES: usize = 100;
/// Stands before the number of a push in what it says.
const MARK: &str = "tick-";

type Link = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>;

/// Where the log of a core can be followed from, and by what right.
pub struct Place {
    token: String,
    epoch: String,
    after: Seq,
}

/// Sign in and ask for the newest place.
pub async fn place(address: &str) -> Place {
    let url = format!("http://{address}").parse().unwrap();
    let connection = Connection { url, token: None, timeout_ms: 60_000, read_only: false, ca_file: None };
    let client = Client::new(connection, World::real()).unwrap();
    client.login("admin", &"Benchmark-Password-1".into(), None).await.unwrap();
    let token = client.session().await.unwrap().token.expose_secret().to_owned();
    let snapshot = client.snapshot().await.unwrap();
    Place { token, epoch: snapshot.epoch, after: snapshot.seq }
}

impl Place {
    /// The token to follow with.
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// Follow a core's log.
async fn follow(address: &str, place: &Place) -> Link {
    let mut request = format!("ws://{address}/graphql/ws").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", frames::PROTOCOL.parse().unwrap());
    let (mut link, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    link.send(ClientFrame::Init.write(Some(&place.token)).into()).await.unwrap();
    link.next().await.unwrap().unwrap();
    link.send(ClientFrame::Subscribe { epoch: place.epoch.clone(), after: place.after }.write(None).into())
        .await
        .unwrap();
    link
}

/// Answer beats and hand on everything else.
async fn listen(mut link: Link, mut heard: impl FnMut(&str)) {
    while let Some(Ok(message)) = link.next().await {
        let text = message.to_text().unwrap_or_default();
        if text.len() < 200 && text.contains(r#""type":"ping""#) {
            link.send(ClientFrame::Pong.write(None).into()).await.unwrap();
        } else {
            heard(text);
        }
    }
}

/// Pushes with and without consoles.
pub struct Heard {
    pub with: f64,
    pub without: f64,
    pub changes: usize,
}

/// Pushes per second with and without consoles, two turns each.
pub async fn pushes_with_consoles(address: &str, time: Duration) -> Heard {
    let target = Target { address: address.to_owned(), ask: Ask::Health };
    let mut heard = Heard { with: 0.0, without: 0.0, changes: 0 };
    for _ in 0..2 {
        heard.without += push_for(&target, time).await.rate / 2.0;
        let place = place(address).await;
        let counted = Arc::new(AtomicUsize::new(0));
        let mut links = Vec::new();
        for _ in 0..CONSOLES {
            let (link, counted) = (follow(address, &place).await, counted.clone());
            links.push(tokio::spawn(listen(link, move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            })));
        }
        heard.with += push_for(&target, time).await.rate / 2.0;
        links.iter().for_each(tokio::task::JoinHandle::abort);
        heard.changes += counted.load(Ordering::Relaxed);
    }
    assert!(heard.changes > 0, "the links were live");
    heard
}

/// How late each subscriber heard of each push.
pub struct Spread {
    /// As latencies of what was heard; the rate is that of messages.
    pub heard: Answers,
    /// Messages that never came.
    pub lost: usize,
    /// Bytes of one message.
    pub bytes: usize,
}

/// Push to a core at the pace of the measurement, everybody listening.
pub async fn spread_by_core(address: &str, time: Duration) -> Spread {
    let place = place(address).await;
    let mut links = Vec::new();
    for _ in 0..SUBSCRIBERS {
        links.push(follow(address, &place).await);
    }
    let push = |round: usize, mark: &str| {
        let status = if round.is_multiple_of(2) { "DEGRADED" } else { "OPERATIONAL" };
        load::health(address, "meridian/bench/lab/spread/service-0", status, mark)
    };
    spread(links, address, time, push).await
}

/// The same by a bare broadcast of messages of `bytes`.
pub async fn spread_by_floor(address: &str, time: Duration, bytes: usize) -> Spread {
    let mut links = Vec::new();
    for _ in 0..SUBSCRIBERS {
        links.push(tokio_tungstenite::connect_async(format!("ws://{address}/follow")).await.unwrap().0);
    }
    let push = |_: usize, mark: &str| load::said(address, &format!("{mark} {}", "x".repeat(bytes - mark.len() - 1)));
    spread(links, address, time, push).await
}

async fn spread(links: Vec<Link>, address: &str, time: Duration, push: impl Fn(usize, &str) -> String) -> Spread {
    let rounds = (time.as_secs_f64() * CHANGES as f64) as usize;
    let sent: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let heard: Arc<Mutex<Vec<f64>>> = Arc::default();
    let longest = Arc::new(AtomicUsize::new(0));
    let listening: Vec<_> = links
        .into_iter()
        .map(|link| {
            let (sent, heard, longest) = (sent.clone(), heard.clone(), longest.clone());
            tokio::spawn(listen(link, move |text| {
                let Some(round) = mark_of(text) else { return };
                let late = sent.lock().unwrap()[round].elapsed().as_secs_f64() * 1000.0;
                heard.lock().unwrap().push(late);
                longest.fetch_max(text.len(), Ordering::Relaxed);
            }))
        })
        .collect();
    let mut socket = Socket::to(address).await;
    let mut pace = tokio::time::interval(Duration::from_millis(1000 / CHANGES as u64));
    let started = Instant::now();
    for round in 0..rounds {
        pace.tick().await;
        let request = push(round, &format!("{MARK}{round:06}"));
        sent.lock().unwrap().push(Instant::now());
        socket.ask(&request).await;
    }
    let wanted = rounds * SUBSCRIBERS;
    let patience = Instant::now();
    while heard.lock().unwrap().len() < wanted && patience.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let elapsed = started.elapsed().as_secs_f64();
    listening.iter().for_each(tokio::task::JoinHandle::abort);
    let mut latencies = std::mem::take(&mut *heard.lock().unwrap());
    latencies.sort_by(f64::total_cmp);
    let lost = wanted.saturating_sub(latencies.len());
    let heard = Answers { rate: latencies.len() as f64 / elapsed, latencies };
    Spread { heard, lost, bytes: longest.load(Ordering::Relaxed) }
}

fn mark_of(text: &str) -> Option<usize> {
    let at = text.find(MARK)? + MARK.len();
    text.get(at..at + 6)?.parse().ok()
}
