//! Durable health pushes over real HTTP into the real binary, and how they reach who listens: `cargo bench --bench pushes`.
//!
//! Every push changes a status and is answered after its commit (WAL, synchronous=FULL). Sixteen connections stay
//! open. The core, a bare HTTP server, and Alertmanager and Pushgateway where they are installed are measured in turns,
//! each on one processor together with the generator, because two virtual ones are sometimes near and sometimes far from
//! each other. The ratio is the figure that holds from machine to machine; SQLite with one row per commit into the
//! same folder says how quick the disk is.
//!
//! Then, on all processors: the same with twenty live links open, in turns with none; what 10,000 services cost that
//! report every 30 seconds and never have news; a push until the console has painted it; and 100 changes a second
//! to a thousand subscribers beside a bare broadcast of as many bytes.
//!
//! `BENCH_ONLY` takes some of `one-processor`, `consoles`, `quiet`, `paint`, `spread`; `BENCH_SECONDS` the length of a turn.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used, clippy::expect_used)]

mod links;
mod load;
mod peers;
mod terminal;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use load::{Answers, Ask, KEY, Socket, Target, health, push_for};
use peers::Peer;

/// Turns of each server on one processor.
const TURNS: usize = 3;
/// Services without news.
const QUIET: usize = 10_000;
/// Pushes that a console paints.
const PAINTS: usize = 200;

fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Ok(address) = std::env::var(peers::FLOOR) {
        return runtime.block_on(peers::serve_floor(&address));
    }
    let seconds = Duration::from_secs(terminal::env_or("BENCH_SECONDS", 4));
    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    let wanted = |name: &str| only.is_empty() || only.split(',').any(|word| word.trim() == name);
    if wanted("one-processor") {
        one_processor(&runtime, seconds);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut core = start_core(folder.path());
    if wanted("consoles") {
        let heard = runtime.block_on(links::pushes_with_consoles(&core.address, seconds));
        let (with, without) = (heard.with, heard.without);
        println!("with {} consoles     {with:>8.0} /s   {without:.0} /s without, in turns", links::CONSOLES);
        println!("  share              {:>8.2}      aim: 0.8 or more; {} changes heard", with / without, heard.changes);
    }
    if wanted("quiet") {
        let quiet = runtime.block_on(quiet(&core, folder.path(), seconds * 8));
        println!(
            "nothing new          {:>8.2} %    of a core; aim: under 5; {QUIET} services every 30 s",
            quiet.cpu_percent
        );
        println!("  rows of history    {:>8}      aim: 0; {} reports answered", quiet.rows, quiet.reports);
    }
    if wanted("spread") {
        spread(&runtime, &core, seconds);
    }
    core.stop();
    if wanted("paint") {
        let folder = tempfile::tempdir().unwrap();
        let mut core = start_core(folder.path());
        let painted = paint(&runtime, &core);
        println!(
            "push to paint        p50 {:.1} ms   p99 {:.1} ms   aim: under 15 and 50",
            painted.at(0.5),
            painted.at(0.99)
        );
        core.stop();
    }
    println!("load                 {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// Everybody in turns on the first processor, the generator beside them.
///
/// They are started there, because each of them takes as many threads as it finds processors.
fn one_processor(runtime: &tokio::runtime::Runtime, time: Duration) {
    let own = std::process::id();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    pin(own, "0");
    let folder = tempfile::tempdir().unwrap();
    let mut core = start_core(folder.path());
    let peers = peers::start_all();
    let target = Target { address: core.address.clone(), ask: Ask::Health };
    let mut measured = vec![Measured::new("itops", core.process.id(), target)];
    measured.extend(peers.iter().map(|peer| Measured::new(peer.name, peer.process.id(), peer.target.clone())));
    for _ in 0..TURNS {
        for server in &mut measured {
            let before = terminal::cpu_ms(server.process);
            let answers = runtime.block_on(push_for(&server.target, time));
            server.cpu_us.push((terminal::cpu_ms(server.process) - before) * 1000.0 / answers.latencies.len() as f64);
            server.turns.push(answers);
        }
    }
    core.stop();
    let floor = runtime.block_on(one_row_per_commit(folder.path(), time));
    pin(own, &format!("0-{}", processors - 1));
    let ours = measured[0].rate();
    for server in &measured {
        println!(
            "{:<20} {:>8.0} /s   p50 {:.2} ms   p99 {:.2} ms   {:.1} us of processor a push   itops has {:.2} of it",
            server.name,
            server.rate(),
            median(server.turns.iter().map(|turn| turn.at(0.5))),
            median(server.turns.iter().map(|turn| turn.at(0.99))),
            median(server.cpu_us.iter().copied()),
            ours / server.rate()
        );
    }
    println!(
        "one row per commit   {floor:>8.0} /s   (SQLite, WAL, synchronous=FULL, same folder)   itops has {:.2} of it",
        ours / floor
    );
}

struct Measured {
    name: &'static str,
    process: u32,
    target: Target,
    turns: Vec<Answers>,
    cpu_us: Vec<f64>,
}

impl Measured {
    const fn new(name: &'static str, process: u32, target: Target) -> Self {
        Self { name, process, target, turns: Vec::new(), cpu_us: Vec::new() }
    }

    fn rate(&self) -> f64 {
        median(self.turns.iter().map(|turn| turn.rate))
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Keep the first thread of a process, and all that it starts from now on, on these processors.
fn pin(process: u32, processors: &str) {
    let process = process.to_string();
    let done = Command::new("taskset").args(["-p", "-c", processors, &process]).stdout(Stdio::null()).status();
    assert!(done.is_ok_and(|status| status.success()), "taskset of util-linux is wanted");
}

/// Changes to many, beside a bare broadcast of as many bytes.
fn spread(runtime: &tokio::runtime::Runtime, core: &Core, time: Duration) {
    let ours = runtime.block_on(links::spread_by_core(&core.address, time));
    let floor: Peer = peers::floor();
    let bare = runtime.block_on(links::spread_by_floor(&floor.target.address, time, ours.bytes));
    for (name, spread) in [("change to 1,000", &ours), ("  bare broadcast", &bare)] {
        println!(
            "{name:<20} p50 {:.1} ms   p99 {:.1} ms   {:.0} messages/s of {} bytes, {} lost",
            spread.heard.at(0.5),
            spread.heard.at(0.99),
            spread.heard.rate,
            spread.bytes,
            spread.lost
        );
    }
    let ratio = |share| ours.heard.at(share) / bare.heard.at(share);
    println!("  ratio              p50 {:.2}   p99 {:.2}      aim: 1.5 or less, none lost", ratio(0.5), ratio(0.99));
}

/// Milliseconds from a push to the last byte of the frame that says it, on Pulse, with pauses between.
fn paint(runtime: &tokio::runtime::Runtime, core: &Core) -> Answers {
    let report =
        |status: &str, message: &str| health(&core.address, "meridian/bench/lab/load-0/service-0", status, message);
    let mut socket = runtime.block_on(Socket::to(&core.address));
    runtime.block_on(socket.ask(&report("DOWN", "tick-000000")));
    let token = runtime.block_on(links::place(&core.address)).token().to_owned();
    let (_, mut console) = terminal::Console::to(&format!("http://{}", core.address), &token);
    let mut latencies = Vec::new();
    for round in 1..=PAINTS {
        // Not in step with anything that the console does by itself.
        std::thread::sleep(Duration::from_millis(120 + (round as u64 * 37) % 80));
        let message = format!("tick-{round:06}");
        let status = if round % 2 == 0 { "DOWN" } else { "DEGRADED" };
        let sent = Instant::now();
        runtime.block_on(socket.ask(&report(status, &message)));
        console.wait_for(&message);
        latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
    }
    latencies.sort_by(f64::total_cmp);
    Answers { rate: 0.0, latencies }
}

struct Quiet {
    cpu_percent: f64,
    rows: i64,
    reports: usize,
}

/// Reports that change nothing, as often as so many services make them, for `time`.
async fn quiet(core: &Core, folder: &Path, time: Duration) -> Quiet {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("itops.db")).read_only(true);
    let database = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let rows = async || -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM status_history").fetch_one(&database).await.unwrap()
    };
    let mut socket = Socket::to(&core.address).await;
    for service in 0..QUIET {
        socket.ask(&without_news(&core.address, service)).await;
    }
    // What the new services caused is done by then.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let (before, cpu, started) = (rows().await, terminal::cpu_ms(core.process.id()), Instant::now());
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    let mut reports = 0;
    while started.elapsed() < time {
        pace.tick().await;
        let due = (started.elapsed().as_secs_f64() * QUIET as f64 / 30.0) as usize;
        while reports < due {
            socket.ask(&without_news(&core.address, reports % QUIET)).await;
            reports += 1;
        }
    }
    let spent = terminal::cpu_ms(core.process.id()) - cpu;
    let cpu_percent = spent / (started.elapsed().as_secs_f64() * 1000.0) * 100.0;
    Quiet { cpu_percent, rows: rows().await - before, reports }
}

fn without_news(address: &str, service: usize) -> String {
    health(address, &format!("meridian/bench/lab/quiet-{}/service-{service}", service / 250), "OPERATIONAL", "")
}

struct Core {
    process: Child,
    address: String,
}

impl Core {
    fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start_core(data: &Path) -> Core {
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
