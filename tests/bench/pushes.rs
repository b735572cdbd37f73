//! Durable health pushes per second, over real HTTP, into the real binary: `cargo bench --bench pushes`.
//!
//! Every push changes a status and is answered after its commit (WAL, synchronous=FULL). Sixteen connections stay
//! open; the generator shares the machine with the core. In the same run the floor is taken: SQLite with one row per
//! commit into the same folder. The ratio is the figure that holds from machine to machine.
//!
//! Then the same with twenty live links open, in turns with none, and what 10,000 services cost that report every 30
//! seconds and never have news. The links take every change and count it, but do not decode it: consoles have machines
//! of their own.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used, clippy::expect_used)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
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
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const CONNECTIONS: usize = 16;
const SERVICES_EACH: usize = 64;
const KEY: &str = "benchmark-operator-key-0123456789";

fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let seconds: u64 = std::env::var("BENCH_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(8);
    let folder = tempfile::tempdir().unwrap();
    let mut core = start_core(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (rate, latencies) = runtime.block_on(push_for(&core.address, Duration::from_secs(seconds)));
    let cpu_ms = cpu_ms(core.process.id());
    let heard = runtime.block_on(listened_to(&core.address, Duration::from_secs(seconds / 2)));
    let quiet = runtime.block_on(quiet(&core, folder.path(), Duration::from_secs(seconds * 4)));
    core.process.kill().unwrap();
    core.process.wait().unwrap();
    let floor = runtime.block_on(one_row_per_commit(folder.path(), Duration::from_secs(seconds / 2)));
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    println!("durable pushes       {rate:>10.0} /s   ({CONNECTIONS} connections, {} answered)", latencies.len());
    println!("  latency            p50 {:.2} ms   p99 {:.2} ms   max {:.2} ms", at(0.5), at(0.99), at(1.0));
    println!("  core CPU           {:>10.1} us per push", cpu_ms * 1000.0 / latencies.len() as f64);
    println!("one row per commit   {floor:>10.0} /s   (SQLite, WAL, synchronous=FULL, same folder)");
    println!("ratio                {:>10.2}", rate / floor);
    println!("with {LISTENERS} consoles     {:>10.0} /s   {:.0} /s without, in turns", heard.with, heard.without);
    println!(
        "  share              {:>10.2}      aim: 0.8 or more; {} changes heard",
        heard.with / heard.without,
        heard.changes
    );
    println!(
        "nothing new          {:>10.2} %    of a core; aim: under 5; {QUIET} services every 30 s",
        quiet.cpu_percent
    );
    println!("  rows of history    {:>10}      aim: 0; {} reports answered", quiet.rows, quiet.reports);
    println!("load                 {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// Live links of the second measurement.
const LISTENERS: usize = 20;
/// Services without news.
const QUIET: usize = 10_000;

struct Heard {
    with: f64,
    without: f64,
    changes: usize,
}

/// Pushes per second with and without listeners, two turns each.
async fn listened_to(address: &str, time: Duration) -> Heard {
    let url = format!("http://{address}").parse().unwrap();
    let connection = Connection { url, token: None, timeout_ms: 60_000, read_only: false, ca_file: None };
    let client = Client::new(connection, World::real()).unwrap();
    client.login("admin", &"Benchmark-Password-1".into(), None).await.unwrap();
    let token = client.session().await.unwrap().token;
    let mut heard = Heard { with: 0.0, without: 0.0, changes: 0 };
    for _ in 0..2 {
        heard.without += push_for(address, time).await.0 / 2.0;
        let snapshot = client.snapshot().await.unwrap();
        let counted = Arc::new(AtomicUsize::new(0));
        let mut links = Vec::new();
        for _ in 0..LISTENERS {
            let link = listen(address, token.expose_secret(), snapshot.epoch.clone(), snapshot.seq).await;
            links.push(tokio::spawn(count(link, counted.clone())));
        }
        heard.with += push_for(address, time).await.0 / 2.0;
        links.iter().for_each(tokio::task::JoinHandle::abort);
        heard.changes += counted.load(Ordering::Relaxed);
    }
    assert!(heard.changes > 0, "the links were live");
    heard
}

type Link = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>;

async fn listen(address: &str, token: &str, epoch: String, after: Seq) -> Link {
    let mut request = format!("ws://{address}/graphql/ws").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", frames::PROTOCOL.parse().unwrap());
    let (mut link, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    link.send(ClientFrame::Init.write(Some(token)).into()).await.unwrap();
    link.next().await.unwrap().unwrap();
    link.send(ClientFrame::Subscribe { epoch, after }.write(None).into()).await.unwrap();
    link
}

async fn count(mut link: Link, counted: Arc<AtomicUsize>) {
    while let Some(Ok(message)) = link.next().await {
        let text = message.to_text().unwrap_or_default();
        if text.contains("\"ping\"") {
            link.send(ClientFrame::Pong.write(None).into()).await.unwrap();
        } else {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Quiet {
    cpu_percent: f64,
    rows: i64,
    reports: usize,
}

/// Reports that change nothing, as often as so many services make them, for `time`.
async fn quiet(core: &Core, folder: &std::path::Path, time: Duration) -> Quiet {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("itops.db")).read_only(true);
    let database = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let rows = async || -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM status_history").fetch_one(&database).await.unwrap()
    };
    let mut socket = TcpStream::connect(&core.address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 8192];
    for service in 0..QUIET {
        push_quietly(&mut socket, &core.address, service, &mut buffer).await;
    }
    // What the new services caused is done by then.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let (before, cpu, started) = (rows().await, cpu_ms(core.process.id()), Instant::now());
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    let mut reports = 0;
    while started.elapsed() < time {
        pace.tick().await;
        let due = (started.elapsed().as_secs_f64() * QUIET as f64 / 30.0) as usize;
        while reports < due {
            push_quietly(&mut socket, &core.address, reports % QUIET, &mut buffer).await;
            reports += 1;
        }
    }
    let spent = cpu_ms(core.process.id()) - cpu;
    let cpu_percent = spent / (started.elapsed().as_secs_f64() * 1000.0) * 100.0;
    Quiet { cpu_percent, rows: rows().await - before, reports }
}

async fn push_quietly(socket: &mut TcpStream, address: &str, service: usize, buffer: &mut [u8]) {
    let path = format!("meridian/bench/lab/quiet-{}/service-{service}", service / 250);
    push(socket, address, &format!(r#"{{"path":"{path}","status":"OPERATIONAL"}}"#), buffer).await;
}

struct Core {
    process: Child,
    address: String,
}

fn start_core(data: &std::path::Path) -> Core {
    let settings = data.join("config/itops");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join("settings.yaml"), "core:\n  new_services_per_hour: 1000000\n").unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_itops"))
        .args(["serve", "--listen", "127.0.0.1:0", "--no-watch", "--gitops"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example"))
        .arg("--data")
        .arg(data)
        .env("ITOPS_SECURITY_OPERATOR_API_KEY", KEY)
        .env("XDG_CONFIG_HOME", data.join("config"))
        .env("ITOPS_JWT_SECRET", "a-secret-for-the-benchmark-of-32-characters")
        .env("ITOPS_BOOTSTRAP_ADMIN_PASSWORD", "Benchmark-Password-1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().expect("the core said where it listens").unwrap();
        if let Some(url) = line.strip_prefix("listening on http://") {
            break url.trim().to_owned();
        }
    };
    // Keep the pipe drained so that the core never blocks on it.
    std::thread::spawn(move || lines.for_each(drop));
    Core { process, address }
}

/// Pushes per second, and each answer's latency in milliseconds, sorted.
async fn push_for(address: &str, time: Duration) -> (f64, Vec<f64>) {
    // A first round makes the services, so that the measured ones only change a status.
    run(address, None).await;
    let started = Instant::now();
    let mut latencies = run(address, Some(time)).await;
    let elapsed = started.elapsed().as_secs_f64();
    latencies.sort_by(f64::total_cmp);
    (latencies.len() as f64 / elapsed, latencies)
}

/// Without a time: each service once.
async fn run(address: &str, time: Option<Duration>) -> Vec<f64> {
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let address = address.to_owned();
            async move { one_connection(&address, connection, time).await }
        })
        .collect();
    futures_util::future::join_all(tasks).await.concat()
}

async fn one_connection(address: &str, connection: usize, time: Option<Duration>) -> Vec<f64> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let mut latencies = Vec::new();
    let mut buffer = vec![0; 8192];
    let started = Instant::now();
    for round in 0.. {
        for service in 0..SERVICES_EACH {
            if time.is_some_and(|time| started.elapsed() >= time) {
                return latencies;
            }
            // The first round opens at OPERATIONAL; each later one differs from the one before.
            let status = if (round + usize::from(time.is_some())) % 2 == 0 { "OPERATIONAL" } else { "DEGRADED" };
            let body = format!(
                r#"{{"path":"meridian/bench/lab/load-{connection}/service-{service}","status":"{status}","message":"round {round}"}}"#
            );
            let sent = Instant::now();
            push(&mut socket, address, &body, &mut buffer).await;
            latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
        }
        if time.is_none() {
            return latencies;
        }
    }
    latencies
}

async fn push(socket: &mut TcpStream, address: &str, body: &str, buffer: &mut [u8]) {
    let request = format!(
        "POST /api/v1/health/report HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    read_answer(socket, buffer).await;
}

/// Read one answer with a Content-Length to its end; anything but 200 ends the benchmark.
async fn read_answer(socket: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let read = socket.read(&mut buffer[filled..]).await.unwrap();
        assert!(read > 0, "the core closed the connection");
        filled += read;
        let text = String::from_utf8_lossy(&buffer[..filled]);
        let Some(head) = text.find("\r\n\r\n") else { continue };
        assert!(text.starts_with("HTTP/1.1 200"), "refused: {text}");
        let length: usize = text[..head]
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse().unwrap())
            })
            .expect("an answer with a length");
        if filled >= head + 4 + length {
            return;
        }
    }
}

/// SQLite's own rate with one row per commit.
async fn one_row_per_commit(folder: &std::path::Path, time: Duration) -> f64 {
    use sqlx::{ConnectOptions, Connection};
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.join("floor.db"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
        .connect()
        .await
        .unwrap();
    sqlx::query("CREATE TABLE floor (id INTEGER PRIMARY KEY, at INTEGER, status TEXT, body TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
    let started = Instant::now();
    let mut rows = 0_u32;
    while started.elapsed() < time {
        sqlx::query("INSERT INTO floor (at, status, body) VALUES ($1, $2, $3)")
            .bind(i64::from(rows))
            .bind("DEGRADED")
            .bind("one hundred bytes or so, as much as a change of a status takes in the log of the core itself")
            .execute(&mut connection)
            .await
            .unwrap();
        rows += 1;
    }
    let rate = f64::from(rows) / started.elapsed().as_secs_f64();
    connection.close().await.unwrap();
    rate
}

/// CPU time of a process so far, in milliseconds.
fn cpu_ms(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().filter_map(|i| fields.get(*i)?.parse::<f64>().ok()).sum();
    ticks * 10.0
}
