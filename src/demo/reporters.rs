//! Simulated agents and push jobs. They speak the documented REST API over real HTTP with a real operator key, as
//! programs of somebody else would; nothing of the core is called directly.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    past::Point,
    scenario::{Part, SILENT_FOR_MS, Scenario, WINDOW_NOW, WINDOW_TO_COME},
};
use crate::{
    domain::{
        health::Status,
        hierarchy::{NodePath, ServicePath},
        time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
    },
    print::time::rfc3339,
    world::World,
};

/// Where to push and as whom.
#[derive(Clone)]
pub struct Door {
    http: reqwest::Client,
    base: String,
    key: SecretString,
    /// The key of the job that has stopped, so that its silence has a name of its own.
    silent_key: SecretString,
}

impl Door {
    /// A door to the core at `base`, for example `http://127.0.0.1:4000`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(base: &str, key: SecretString, silent_key: SecretString) -> Result<Self, String> {
        let http = reqwest::Client::builder().no_proxy().build().map_err(|e| e.to_string())?;
        Ok(Self { http, base: base.to_owned(), key, silent_key })
    }

    /// Push; what goes wrong is logged and tried again with the next report, as a job would.
    async fn push(&self, path: &str, body: &Value) {
        self.push_as(&self.key, path, body).await;
    }

    async fn push_as(&self, key: &SecretString, path: &str, body: &Value) {
        let sent = self
            .http
            .post(format!("{}/api/v1/{path}", self.base))
            .header("X-API-Key", key.expose_secret())
            .json(body)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        if let Err(error) = sent {
            tracing::warn!(path, %error, "a simulated report was not taken");
        }
    }
}

/// Who reports a group of services.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reporter {
    Agent(NodePath),
    Job,
}

/// What all reporters share.
#[derive(Clone)]
struct Stage {
    door: Door,
    play: std::sync::Arc<Scenario>,
    world: World,
    start: Timestamp,
}

/// Report once how each service of a made-up past has been since its last change, so that the present goes on from it.
pub async fn take_over(door: &Door, past: &[Point]) {
    let mut last: BTreeMap<&ServicePath, &Point> = BTreeMap::new();
    for point in past {
        last.insert(&point.0, point);
    }
    for (path, at, status, message) in last.into_values() {
        let body = json!({
            "path": path.as_str(), "status": status.word(), "message": message, "timestamp": rfc3339(*at),
        });
        door.push("health/report", &body).await;
    }
}

/// Open the exclusion windows of the play, as a job would with its key: one that runs, so that what happens under it
/// wakes nobody, and one that is still to come.
pub async fn announce(door: &Door, start: Timestamp) {
    let night = Timestamp::from_ms((start.ms().div_euclid(DAY) + 1) * DAY + 2 * HOUR);
    for (scope, name, from, reason) in [
        ("path", WINDOW_NOW, None, "state transfer after the disk swap"),
        ("slaGroup", WINDOW_TO_COME, Some(night), "new firmware on the edge routers"),
    ] {
        let mut body = json!({scope: name, "reason": reason, "lengthMs": 2 * HOUR});
        if let Some(from) = from {
            body["from"] = rfc3339(from).into();
        }
        door.push("sla/exclusion-window/start", &body).await;
    }
}

/// Start every reporter of the play, and come back when each has spoken once. They run until the set is dropped.
pub async fn spawn(door: Door, play: Scenario, world: &World, start: Timestamp) -> JoinSet<()> {
    let stage = Stage { door, play: std::sync::Arc::new(play), world: world.clone(), start };
    let mut groups: BTreeMap<(Option<NodePath>, i64), Vec<Part>> = BTreeMap::new();
    for part in stage.play.parts().iter().filter(|p| !stage.play.is_silent(&p.path)) {
        let node = part.by_agent.then(|| part.path.node());
        groups.entry((node, part.every_ms)).or_default().push(part.clone());
    }
    let mut tasks = JoinSet::new();
    // Closed when the last reporter has let go of its end.
    let (spoken, mut all_spoken) = mpsc::channel::<()>(1);
    let count = i64::try_from(groups.len().max(1)).unwrap_or(1);
    for (index, ((node, every_ms), parts)) in groups.into_iter().enumerate() {
        let reporter = node.map_or(Reporter::Job, Reporter::Agent);
        // Spread over the interval, so that agents do not all speak in the same second.
        let offset = every_ms * i64::try_from(index).unwrap_or(0) / count;
        tasks.spawn(report(stage.clone(), reporter, parts, (every_ms, offset), Some(spoken.clone())));
    }
    tasks.spawn(push_storage_and_backups(stage, Some(spoken)));
    let _ = all_spoken.recv().await;
    tasks
}

/// One reporter's life: everything at once, then all of it each interval and changes as they happen.
async fn report(
    stage: Stage,
    reporter: Reporter,
    parts: Vec<Part>,
    (every_ms, offset): (i64, i64),
    mut spoken: Option<mpsc::Sender<()>>,
) {
    let mut said: BTreeMap<ServicePath, Status> = BTreeMap::new();
    let mut full_due = stage.start;
    let mut first = true;
    loop {
        let now = stage.world.now();
        let elapsed = now.since(stage.start);
        let full = now >= full_due;
        let mut lines = Vec::new();
        for part in &parts {
            let (status, message) = stage.play.at(&part.path, elapsed);
            if full || said.get(&part.path) != Some(&status) {
                said.insert(part.path.clone(), status);
                lines.push((part, status, message));
            }
        }
        send(&stage, &reporter, &lines).await;
        drop(spoken.take());
        if full {
            full_due = now.plus(if first { every_ms - offset } else { every_ms });
            first = false;
        }
        let edge = stage.play.next_edge(elapsed).map(|at| stage.start.plus(at));
        stage.world.sleep_until(edge.map_or(full_due, |edge| edge.min(full_due))).await;
    }
}

async fn send(stage: &Stage, reporter: &Reporter, lines: &[(&Part, Status, String)]) {
    if lines.is_empty() {
        return;
    }
    match reporter {
        Reporter::Agent(node) => {
            let services: Vec<Value> = lines
                .iter()
                .map(|(part, status, message)| {
                    let (ready, wanted) = replicas(*status);
                    json!({
                        "name": part.path.service(), "status": status.word(), "replicas": wanted,
                        "readyReplicas": ready, "workloadType": "Deployment", "message": message,
                    })
                })
                .collect();
            let body = json!({"nodeId": node.as_str(), "operatorVersion": "1.4.1", "services": services});
            stage.door.push("operator/status", &body).await;
        }
        Reporter::Job => {
            for (part, status, message) in lines {
                let body = json!({"path": part.path.as_str(), "status": status.word(), "message": message});
                stage.door.push("health/report", &body).await;
            }
        }
    }
}

/// Ready and wanted replicas that fit a status.
const fn replicas(status: Status) -> (u32, u32) {
    match status {
        Status::Operational | Status::Unknown => (3, 3),
        Status::Degraded => (2, 3),
        Status::Down => (0, 3),
        Status::Maintenance => (0, 0),
    }
}

const GIB: u64 = 1 << 30;

/// Allocated bytes, used per mille at the start, and per mille from the recovery on.
const STORAGE: &[(&str, u64, u64, u64)] = &[
    ("meridian/commerce/prod/eu-1/postgres-payments", 500 * GIB, 979, 611),
    ("meridian/commerce/prod/eu-1/postgres-ledger", 900 * GIB, 642, 642),
    ("meridian/commerce/prod/eu-1/postgres-catalog", 200 * GIB, 418, 418),
    ("meridian/commerce/prod/eu-1/kafka", 5000 * GIB, 553, 553),
    ("meridian/core/prod/eu-2/object-store", 49_152 * GIB, 688, 688),
    ("meridian/core/prod/eu-2/loki", 600 * GIB, 917, 921),
    ("meridian/core/prod/eu-2/prometheus", 400 * GIB, 574, 575),
    ("meridian/core/prod/metal-1/galera-1", 1800 * GIB, 481, 481),
    ("meridian/core/prod/metal-1/backup-store", 98_304 * GIB, 874, 875),
];

/// Hours since the last success, and bytes. What is left out never succeeded within anyone's memory.
const BACKUPS: &[(&str, i64, u64)] = &[
    ("meridian/commerce/prod/eu-1/postgres-payments", 9, 214 * GIB),
    ("meridian/commerce/prod/eu-1/postgres-ledger", 8, 402 * GIB),
    ("meridian/commerce/prod/eu-1/postgres-catalog", 10, 61 * GIB),
    ("meridian/commerce/prod/eu-1/postgres-logistics", 8, 88 * GIB),
    ("meridian/core/prod/eu-2/postgres-core", 8, 47 * GIB),
    ("meridian/core/prod/eu-2/clickhouse", 31, 1900 * GIB),
    ("meridian/core/prod/eu-2/vault", 2, GIB / 4),
    ("meridian/core/prod/eu-2/git-forge", 5, 112 * GIB),
    ("meridian/core/prod/metal-1/galera-1", 33, 236 * GIB),
];

/// Undeclared things that a job pushes all the same.
const UNDECLARED: &[(&str, &str, &str)] = &[
    ("vpn-concentrator", "gateway", "412 tunnels"),
    ("pdu-rack-a", "power", "load=87"),
    ("tape-library", "storage", "2 of 2 drives ready"),
];

/// What other jobs push: storage each minute or so, backups once, things that nobody declares, and what was last
/// heard of the silent ones.
async fn push_storage_and_backups(stage: Stage, mut spoken: Option<mpsc::Sender<()>>) {
    let known = |name: &str| stage.play.parts().iter().any(|p| p.path.as_str() == name);
    for part in stage.play.parts().iter().filter(|p| stage.play.is_silent(&p.path)) {
        let at = rfc3339(stage.start.plus(-SILENT_FOR_MS));
        let body = json!({"path": part.path.as_str(), "status": "OPERATIONAL", "timestamp": at});
        stage.door.push_as(&stage.door.silent_key, "health/report", &body).await;
    }
    for (name, hours, bytes) in BACKUPS.iter().filter(|(name, ..)| known(name)) {
        let at = rfc3339(stage.start.plus(-hours * HOUR));
        let body = json!({"path": name, "status": "success", "sizeBytes": bytes, "timestamp": at});
        stage.door.push("backup/report", &body).await;
    }
    if known("meridian/core/prod/metal-1/galera-1") {
        let body = json!({
            "path": "meridian/core/prod/metal-1/galera-1", "status": "partial", "sizeBytes": 71 * GIB,
            "message": "dump is cut off", "timestamp": rfc3339(stage.start.plus(-9 * HOUR)),
        });
        stage.door.push("backup/report", &body).await;
    }
    let mut round: i64 = 0;
    loop {
        if known("meridian/core/prod/metal-1/backup-store") {
            for (service, kind, message) in UNDECLARED {
                let body = json!({
                    "nodeId": "meridian/core/prod/metal-1", "service": service, "status": "OPERATIONAL",
                    "message": message, "serviceType": kind, "criticality": "low", "tags": ["facility"],
                });
                stage.door.push("health/report", &body).await;
            }
        }
        let recovered = stage.world.now().since(stage.start) >= 75 * SECOND;
        for (name, allocated, at_start, later) in STORAGE.iter().filter(|(name, ..)| known(name)) {
            // Grows by a tenth of a per mille each hour, so that a long demonstration is not frozen.
            let grown = u64::try_from(stage.world.now().since(stage.start) / HOUR).unwrap_or(0);
            let used = allocated / 10_000 * ((if recovered { later } else { at_start }) * 10 + grown).min(10_000);
            let body = json!({
                "path": name, "allocatedBytes": allocated, "usedBytes": used,
                "storageType": if name.contains("metal-1") { "disk" } else { "pvc" },
            });
            stage.door.push("storage/report", &body).await;
        }
        drop(spoken.take());
        round += 1;
        let next = if round == 1 { 75 * SECOND } else { 5 * MINUTE };
        stage.world.sleep(next).await;
    }
}

/// `per_second` changes of status among `parts`, evenly spread, for measuring under load.
pub async fn flood(door: Door, parts: Vec<Part>, per_second: u32, world: World) {
    let start = world.now();
    let per_second = i64::from(per_second.max(1));
    let mut sent: i64 = 0;
    while !parts.is_empty() {
        let due = world.now().since(start) * per_second / SECOND;
        while sent < due.min(sent + per_second) {
            let index = usize::try_from(sent).unwrap_or(0);
            let part = &parts[index % parts.len()];
            let status = if (index / parts.len()).is_multiple_of(2) { Status::Degraded } else { Status::Operational };
            let body = json!({"path": part.path.as_str(), "status": status.word(), "message": "measured"});
            door.push("health/report", &body).await;
            sent += 1;
        }
        world.sleep_until(start.plus((sent + 1) * SECOND / per_second)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_backup_of_the_play_is_older_than_the_day_it_may_be() {
        let daily = ["galera-1", "postgres-payments", "postgres-ledger", "postgres-core", "vault", "git-forge"];
        let late: Vec<&str> = BACKUPS
            .iter()
            .filter(|(name, hours, _)| hours * HOUR > DAY && daily.iter().any(|d| name.ends_with(d)))
            .map(|(name, ..)| *name)
            .collect();
        assert_eq!(late, ["meridian/core/prod/metal-1/galera-1"]);
    }

    #[test]
    fn storage_of_the_broken_database_is_critical_until_it_recovers() {
        let (_, _, at_start, later) = STORAGE[0];
        assert!(at_start > 900 && later < 700);
    }
}
