//! The core: the one place where something becomes true.
//!
//! Start at [`Core`]. Reads look at the committed [`Estate`] ([`shared`]). Writes are small closures handed to the one
//! [`writer`], which runs them over its own picture ([`truth`]), saves what they made true ([`batch`]) in one transaction
//! and only then shows and answers it. One file per domain word holds the writes of that word: permit, ask the domain's
//! rule, record. No SQL and no HTTP in here.

mod access;
mod agents;
mod answers;
mod asked;
mod attention;
mod automatic;
mod batch;
mod books;
mod breaches;
mod clocks;
mod corrections;
mod daily;
mod gitops;
mod health;
mod heard;
mod history;
mod incidents;
mod late;
mod log;
mod membership;
mod reports;
mod results;
mod retired;
mod set_back;
mod settings;
mod shared;
mod silence;
mod sla;
mod start;
mod telling;
mod tickets;
mod truth;
mod windows;
mod writer;

use std::sync::Arc;

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

pub use agents::{AgentReception, Discovered};
pub use answers::{AgentSeen, BackupTarget, Failure, MustResync, Session, StartError, TrendBucket};
pub use daily::DueReport;
use gitops::Desk;
pub use gitops::{Accepted, Imported, Importer, Reloaded, Sourced};
pub use health::Reception;
pub use incidents::IncidentFilter;
pub use settings::{BootstrapUser, CoreSettings, DAILY_REPORT, Proof, Receiver};
use shared::Shared;
pub use telling::{ReceiverDoor, due};

use crate::{
    domain::{
        change::Seq,
        estate::{Estate, Snapshot},
        hierarchy::ServicePath,
    },
    server::{auth::Auth, jobs, store::Store},
    world::World,
};

/// The core. Cheap to clone; every clone is the same core.
#[derive(Clone)]
pub struct Core(Arc<Inner>);

struct Inner {
    ground: Arc<Ground>,
    auth: Auth,
    writes: mpsc::Sender<writer::Command>,
}

/// What the writer stands on too. It holds no sender, so that the writer ends with the last [`Core`].
struct Ground {
    world: World,
    /// When this core began to listen.
    opened_at: crate::domain::time::Timestamp,
    settings: CoreSettings,
    store: Store,
    shared: Shared,
    desk: Desk,
    /// Held while results are closed or corrected: one such work at a time.
    results_turn: tokio::sync::Mutex<()>,
    /// Held while a report is made: one at a time.
    report_turn: tokio::sync::Mutex<()>,
    telling: telling::Telling,
}

impl std::ops::Deref for Inner {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl Core {
    /// Start what time brings about: silence, budgets, automatic tickets, closing, retention.
    #[must_use = "the jobs end with the set"]
    pub fn spawn_jobs(&self) -> JoinSet<()> {
        jobs::spawn(self)
    }

    /// Finish what was begun, write what was put off, fold the log into the database and close it. Later writes through
    /// other clones fail.
    pub async fn stop(self) {
        if let Err(error) = self.flush().await {
            tracing::error!(%error, "last-seen times were not written");
        }
        let (tell, told) = oneshot::channel();
        if self.0.writes.send(writer::Command::Stop(tell)).await.is_ok() {
            let _ = told.await;
        }
        self.0.store.close().await;
    }

    /// Whether [`Self::stop`] was called on any clone.
    pub fn has_stopped(&self) -> bool {
        self.0.writes.is_closed()
    }

    /// Look at the committed estate. Short: the writer waits for it.
    pub async fn read<R>(&self, f: impl FnOnce(&Estate) -> R) -> R {
        f(&*self.0.shared.estate.read().await)
    }

    /// The whole estate with its place in the log.
    pub async fn snapshot(&self) -> Snapshot {
        let estate = self.0.shared.estate.read().await;
        Snapshot {
            epoch: self.0.shared.epoch.clone(),
            seq: self.0.shared.seq(),
            at: self.0.world.now(),
            estate: estate.clone(),
        }
    }

    /// The name of the log and its newest place.
    pub fn position(&self) -> (String, Seq) {
        (self.0.shared.epoch.clone(), self.0.shared.seq())
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> bool {
        !self.has_stopped() && self.0.store.answers().await
    }

    /// Agents that have spoken since the start, by node.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn agents(&self) -> Result<Vec<AgentSeen>, Failure> {
        self.0
            .write(|batch| {
                let agents = &batch.truth.session.agents;
                Ok(agents.iter().map(|(node, at)| AgentSeen { node: node.clone(), at: *at }).collect())
            })
            .await
    }

    /// The clock and chance of this core.
    pub fn world(&self) -> &World {
        &self.0.world
    }
}

/// The stable identifier of a service for those who want a UUID: made from its path.
pub fn service_uuid(path: &ServicePath) -> uuid::Uuid {
    let digest = crate::server::auth::digest(path.as_str());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
