//! From a written file to the Change on the stream, on the real binary: `cargo bench --bench reconcile`.
//!
//! A core watches a generated repository; a client listens on its websocket. Each round writes one file anew, the way
//! editors do (beside it, then renamed over it), and stops the clock at the Change that carries the new description.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used, clippy::expect_used)]

mod generator;
mod running;

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use itops::{
    client::{Client, Connection, StreamEvent},
    domain::change::Fact,
    world::World,
};
use url::Url;

const SERVICES: usize = 10_000;
const ROUNDS: usize = 20;
const PASSWORD: &str = "Benchmark-Password-1";

fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let root = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    generator::generate(root.path(), SERVICES);
    let started = Instant::now();
    let (mut process, url) = start_core(root.path(), data.path());
    println!("start to listening   {:>8.0} ms   ({SERVICES} services)", ms(started));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut times = runtime.block_on(rounds(&url, root.path()));
    println!(
        "core memory          {:>8} MiB  (VmRSS), peak {} MiB",
        running::memory_mib(process.id(), "VmRSS:"),
        running::memory_mib(process.id(), "VmHWM:")
    );
    process.kill().unwrap();
    process.wait().unwrap();
    times.sort_by(f64::total_cmp);
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("write to Change      {median:>8.1} ms   median of {ROUNDS}, worst {worst:.1} ms");
    println!("load                 {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

async fn rounds(url: &Url, root: &Path) -> Vec<f64> {
    let connection = Connection { url: url.clone(), token: None, timeout_ms: 60_000, read_only: false, ca_file: None };
    let client = Client::new(connection, World::real()).unwrap();
    client.login("admin", &PASSWORD.into(), None).await.unwrap();
    let snapshot = client.snapshot().await.unwrap();
    let mut events = client.changes(snapshot.epoch, snapshot.seq);
    while events.recv().await.unwrap() != StreamEvent::Connected {}
    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        // As if somebody thought between two commits; also lets file times settle.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let (path, text) = generator::changed(SERVICES, round);
        let file = root.join(path);
        let beside = file.with_extension("new");
        fs::write(&beside, &text).unwrap();
        let written = Instant::now();
        fs::rename(&beside, &file).unwrap();
        let wanted = format!("Since round {round} ");
        loop {
            if let StreamEvent::Change(change) = events.recv().await.expect("the link stands")
                && let Fact::ServiceDeclared(service) = change.fact
                && service.description.contains(&wanted)
            {
                break;
            }
        }
        // The first round opens every file once more, to be sure that nothing changed unseen.
        if round > 0 {
            times.push(ms(written));
        }
    }
    times
}

fn start_core(root: &Path, data: &Path) -> (Child, Url) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_itops"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--gitops"])
        .arg(root)
        .arg("--data")
        .arg(data)
        .env("ITOPS_SECURITY_OPERATOR_API_KEY", "benchmark-operator-key-0123456789")
        .env("ITOPS_JWT_SECRET", "a-secret-for-the-benchmark-of-32-characters")
        .env("ITOPS_BOOTSTRAP_ADMIN_PASSWORD", PASSWORD)
        .stderr(Stdio::null());
    let (process, [url]) = running::start(&mut command, ["listening on "]);
    (process, Url::parse(&url).unwrap())
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
