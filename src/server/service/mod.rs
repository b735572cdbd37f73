//! The core: the one place where something becomes true.
//!
//! Start at [`Core`]. Reads look at the committed [`Estate`]; writes are small closures handed to the one writer.

mod answers;
mod settings;

use std::{future::Future, sync::Arc};

use tokio::{sync::broadcast, task::JoinSet};

pub use answers::{
    AgentSeen, BackupTarget, Failure, MustResync, PeriodResult, Session, StartError, TrendBucket,
};
pub use settings::{BootstrapUser, CoreSettings};

use crate::{
    domain::{
        access::User,
        change::{Change, Seq},
        detail::{BudgetDetail, DeclaredIndex, NewTicket, ServiceDetail, TicketDetail},
        estate::{Estate, Snapshot},
        gitops::{Repository, SourceFile},
        health::{BackupOutcome, Service, Status, Storage, report::HealthReport},
        hierarchy::{NodePath, ServicePath},
        tickets::{Priority, Ticket, TicketStatus},
        time::Timestamp,
    },
    world::World,
};

/// The core. Cheap to clone; every clone is the same core.
#[derive(Clone)]
pub struct Core(Arc<Inner>);

struct Inner {
    #[allow(dead_code)]
    world: World,
}

/// The stable identifier of a service for those who want a UUID: made from its path.
pub fn service_uuid(path: &ServicePath) -> uuid::Uuid {
    use sha2::{Digest, Sha256};
    let digest: [u8; 32] = Sha256::digest(path.as_str()).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! pending { ($($(#[$doc:meta])* pub $(async)? fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $out:ty;)*) => {
    #[allow(unused_variables, clippy::unused_async, clippy::too_many_arguments, clippy::missing_errors_doc, clippy::unimplemented)]
    impl Core { $($(#[$doc])* pub async fn $name(&self, $($arg: $ty),*) -> $out { unimplemented!() })* }
}}

#[allow(unused_variables, clippy::unimplemented)]
impl Core {
    /// Open the store, load what was true, accept the repository.
    pub async fn open(settings: CoreSettings, repository: Option<Repository>, world: World) -> Result<Self, StartError> {
        unimplemented!()
    }
    /// Start what time brings about.
    pub fn spawn_jobs(&self) -> JoinSet<()> {
        unimplemented!()
    }
    /// Flush and close.
    pub fn stop(self) -> impl Future<Output = ()> + Send {
        async {}
    }
    /// Look at the committed estate.
    pub async fn read<R>(&self, f: impl FnOnce(&Estate) -> R) -> R {
        unimplemented!()
    }
    /// Epoch and newest seq.
    pub fn position(&self) -> (String, Seq) {
        unimplemented!()
    }
    /// Every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Change>> {
        unimplemented!()
    }
    /// Who sent this token.
    pub fn user_of(&self, bearer: &str) -> Result<User, Failure> {
        unimplemented!()
    }
    /// The name of the operator key that was presented.
    pub fn operator_key(&self, presented: &str) -> Result<String, Failure> {
        unimplemented!()
    }
    /// The clock and chance of this core.
    pub fn world(&self) -> &World {
        &self.0.world
    }
}

pending! {
    pub async fn snapshot() -> Snapshot;
    pub async fn changes_after(epoch: &str, after: Seq, limit: usize) -> Result<Vec<Arc<Change>>, MustResync>;
    pub async fn recent_changes(limit: usize) -> Vec<Arc<Change>>;
    pub async fn service_detail(path: &ServicePath) -> Result<ServiceDetail, Failure>;
    pub async fn ticket_detail(number: u64) -> Result<TicketDetail, Failure>;
    pub async fn budget_detail(name: &str) -> Result<BudgetDetail, Failure>;
    pub async fn declared() -> Arc<DeclaredIndex>;
    pub async fn source(file: &str) -> Option<SourceFile>;
    pub async fn ready() -> bool;
    pub async fn trend(path_or_uuid: &str, hours_back: u32) -> Result<Vec<TrendBucket>, Failure>;
    pub async fn daily_results(months_back: u32) -> Vec<PeriodResult>;
    pub async fn login(name: &str, password: &str, provider: Option<&str>) -> Result<Session, Failure>;
    pub async fn refresh(refresh_token: &str) -> Result<Session, Failure>;
    pub async fn logout(refresh_token: &str) -> ();
    pub async fn report_health(reporter: &str, report: HealthReport) -> Result<(), Failure>;
    pub async fn report_storage(reporter: &str, path: ServicePath, storage: Storage) -> Result<Service, Failure>;
    pub async fn report_backup(reporter: &str, target: BackupTarget, outcome: BackupOutcome, size: Option<u64>, message: String, at: Option<Timestamp>) -> Result<usize, Failure>;
    pub async fn agent_register(key: &str, node: NodePath, services: Vec<HealthReport>) -> Result<usize, Failure>;
    pub async fn agent_status(key: &str, node: NodePath, services: Vec<HealthReport>) -> Result<usize, Failure>;
    pub async fn agent_heartbeat(key: &str, node: NodePath) -> Result<(), Failure>;
    pub async fn agents() -> Vec<AgentSeen>;
    pub async fn create_ticket(user: &User, new: NewTicket, key: &str) -> Result<Ticket, Failure>;
    pub async fn take_ticket(user: &User, number: u64, seen: u64, key: &str) -> Result<Ticket, Failure>;
    pub async fn move_ticket(user: &User, number: u64, to: TicketStatus, seen: u64, comment: String, key: &str) -> Result<Ticket, Failure>;
    pub async fn assign_ticket(user: &User, number: u64, to: Option<String>, seen: u64, key: &str) -> Result<Ticket, Failure>;
    pub async fn comment_ticket(user: &User, number: u64, text: String, key: &str) -> Result<Ticket, Failure>;
    pub async fn prioritise_ticket(user: &User, number: u64, to: Priority, seen: u64, key: &str) -> Result<Ticket, Failure>;
    pub async fn accept_repository(repository: Repository) -> Result<(), Failure>;
    pub async fn backfill(points: Vec<(ServicePath, Timestamp, Status, String)>) -> Result<(), Failure>;
}
