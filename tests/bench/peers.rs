//! What the core is measured against: floors of this program's own, and servers of others if they are installed.
//!
//! A floor is this benchmark started again with `BENCH_FLOOR`: a server that reads the same JSON and does nothing with
//! it, and one that passes what it is told on to all who listen.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{
        State,
        ws::{Message, Utf8Bytes, WebSocketUpgrade},
    },
    response::Response,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::broadcast};

use crate::load::{Ask, Target};

/// Says in which role the benchmark runs: the address to listen at.
pub const FLOOR: &str = "BENCH_FLOOR";

/// A server that runs until it is dropped.
pub struct Peer {
    pub name: &'static str,
    pub process: Child,
    pub target: Target,
    /// What it may write to.
    _folder: tempfile::TempDir,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The floor and whoever is installed, each ready to answer.
pub fn start_all() -> Vec<Peer> {
    let alertmanager = |folder: &std::path::Path, address: &str| {
        let config = folder.join("config.yml");
        std::fs::write(&config, "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n").unwrap();
        let mut command = Command::new("prometheus-alertmanager");
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--storage.path={}", folder.display()));
        command.args(["--log.level=error", "--cluster.listen-address="]);
        command.arg(format!("--web.listen-address={address}"));
        command
    };
    let pushgateway = |_: &std::path::Path, address: &str| {
        let mut command = Command::new("prometheus-pushgateway");
        command.args(["--log.level=error"]).arg(format!("--web.listen-address={address}"));
        command
    };
    [Some(floor()), start("alertmanager", Ask::Alert, alertmanager), start("pushgateway", Ask::Metrics, pushgateway)]
        .into_iter()
        .flatten()
        .collect()
}

/// The benchmark itself as a floor.
pub fn floor() -> Peer {
    let itself = |_: &std::path::Path, address: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(FLOOR, address);
        command
    };
    start("axum", Ask::Health, itself).expect("the benchmark starts itself")
}

/// None if it is not installed.
fn start(name: &'static str, ask: Ask, command: impl Fn(&std::path::Path, &str) -> Command) -> Option<Peer> {
    let folder = tempfile::tempdir().unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = command(folder.path(), &address);
    let process = match command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
        Ok(process) => process,
        Err(error) => {
            println!("{name} is not measured: {error}");
            return None;
        }
    };
    while std::net::TcpStream::connect(&address).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(Peer { name, process, target: Target { address, ask }, _folder: folder })
}

#[derive(Deserialize, Serialize)]
struct Report {
    path: String,
    status: String,
    message: String,
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    path: String,
    status: String,
}

/// Be the floor: answer pushes from memory, pass on what is said.
pub async fn serve_floor(address: &str) {
    let said = broadcast::Sender::<Utf8Bytes>::new(4_096);
    let router = Router::new()
        .route("/api/v1/health/report", post(take))
        .route("/say", post(say))
        .route("/follow", get(follow))
        .with_state(said);
    axum::serve(TcpListener::bind(address).await.unwrap(), router).await.unwrap();
}

async fn take(Json(report): Json<Report>) -> Json<Answer> {
    Json(Answer { success: !report.message.is_empty(), path: report.path, status: report.status })
}

async fn say(State(said): State<broadcast::Sender<Utf8Bytes>>, text: String) -> &'static str {
    let _ = said.send(text.into());
    "said"
}

async fn follow(State(said): State<broadcast::Sender<Utf8Bytes>>, upgrade: WebSocketUpgrade) -> Response {
    let mut heard = said.subscribe();
    upgrade.on_upgrade(async move |mut socket| {
        while let Ok(text) = heard.recv().await {
            if socket.send(Message::Text(text)).await.is_err() {
                return;
            }
        }
    })
}
