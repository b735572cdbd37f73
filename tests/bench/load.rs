//! Pushes over connections that stay open: as fast as they are answered, and how long each answer took.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Connections at once.
pub const CONNECTIONS: usize = 16;
/// Services that each of them reports in turn.
const SERVICES_EACH: usize = 64;
/// The key of the core under test.
pub const KEY: &str = "benchmark-operator-key-0123456789";

/// Somebody who takes pushes.
#[derive(Clone)]
pub struct Target {
    /// Host and port.
    pub address: String,
    /// What is asked of it.
    pub ask: Ask,
}

/// The same news in the words of each server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A health push, also for the floor.
    Health,
    /// An alert.
    Alert,
    /// A group of metrics.
    Metrics,
}

impl Ask {
    fn request(self, address: &str, connection: usize, service: usize, round: usize) -> String {
        let (path, kind, body) = match self {
            Self::Health => {
                // The first round opens at OPERATIONAL; each later one differs from the one before.
                let status = if round.is_multiple_of(2) { "OPERATIONAL" } else { "DEGRADED" };
                let place = format!("meridian/bench/lab/load-{connection}/service-{service}");
                return health(address, &place, status, &format!("round {round}"));
            }
            Self::Alert => (
                "/api/v2/alerts".to_owned(),
                "application/json",
                format!(
                    r#"[{{"labels":{{"alertname":"status","job":"load-{connection}","service":"service-{service}"}},"annotations":{{"message":"round {round}"}}}}]"#
                ),
            ),
            Self::Metrics => (
                format!("/metrics/job/load-{connection}/service/service-{service}"),
                "text/plain",
                format!("# TYPE status gauge\nstatus {round}\n"),
            ),
        };
        post(address, &path, kind, &body)
    }
}

/// The text of a health push.
pub fn health(address: &str, place: &str, status: &str, message: &str) -> String {
    let body = format!(r#"{{"path":"{place}","status":"{status}","message":"{message}"}}"#);
    post(address, "/api/v1/health/report", "application/json", &body)
}

/// What the bare broadcast is told.
pub fn said(address: &str, text: &str) -> String {
    post(address, "/say", "text/plain", text)
}

fn post(address: &str, path: &str, kind: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {KEY}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// How it went.
pub struct Answers {
    /// Answers per second.
    pub rate: f64,
    /// Latency of each in milliseconds, sorted.
    pub latencies: Vec<f64>,
}

impl Answers {
    /// Latency of which this share is not slower, in milliseconds.
    pub fn at(&self, share: f64) -> f64 {
        self.latencies.get(((self.latencies.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(f64::NAN)
    }
}

/// Push for `time`. A first round makes the services, so that the measured ones only change a status.
pub async fn push_for(target: &Target, time: Duration) -> Answers {
    run(target, None).await;
    let started = Instant::now();
    let mut latencies = run(target, Some(time)).await;
    let rate = latencies.len() as f64 / started.elapsed().as_secs_f64();
    latencies.sort_by(f64::total_cmp);
    Answers { rate, latencies }
}

/// Without a time: each service once.
async fn run(target: &Target, time: Option<Duration>) -> Vec<f64> {
    let tasks = (0..CONNECTIONS).map(|connection| one_connection(target, connection, time));
    futures_util::future::join_all(tasks).await.concat()
}

async fn one_connection(target: &Target, connection: usize, time: Option<Duration>) -> Vec<f64> {
    let mut socket = Socket::to(&target.address).await;
    let mut latencies = Vec::new();
    let started = Instant::now();
    for round in usize::from(time.is_some()).. {
        for service in 0..SERVICES_EACH {
            if time.is_some_and(|time| started.elapsed() >= time) {
                return latencies;
            }
            let request = target.ask.request(&target.address, connection, service, round);
            let sent = Instant::now();
            socket.ask(&request).await;
            latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
        }
        if time.is_none() {
            return latencies;
        }
    }
    latencies
}

/// A connection that stays open.
pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Socket {
    pub async fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 8192] }
    }

    /// Ask and read the answer to its end; anything but 200 ends the benchmark.
    pub async fn ask(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            filled += read;
            let text = String::from_utf8_lossy(&self.buffer[..filled]);
            let Some(head) = text.find("\r\n\r\n") else { continue };
            assert!(text.starts_with("HTTP/1.1 200"), "refused: {text}");
            let length = text[..head].lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            if filled >= head + 4 + length.expect("an answer with a length") {
                return;
            }
        }
    }
}
