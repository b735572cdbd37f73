//! Speaks the published API and returns domain types. Knows the core only by its contract.
//!
//! Start here: [`Client`] reads, [`Writer`] writes tickets, [`Reporter`] pushes. [`graphql`] holds the operations,
//! [`wire`] the JSON shapes, [`stream`] the live link. [`http`] and `stream::socket` are the only files that talk to
//! the network.

pub mod error;
pub mod retry;
pub mod stream;
pub mod wire;

mod access;
mod attention;
mod daily;
mod gitops;
pub mod graphql;
mod http;
mod report;
mod template;
mod tls;
mod unreachable;
mod window;
mod write;

use std::{fmt, path::PathBuf, sync::Arc};

use secrecy::SecretString;
use tokio::sync::mpsc;
use url::Url;

pub use access::Session;
pub use error::{ApiError, Kind};
pub use report::{BackupPush, HealthPush, ReportAnswer, Reporter, StoragePush};
pub use stream::StreamEvent;
pub use template::{ImportReceipt, Imported};
pub use write::{TicketWish, Writer};

use crate::{
    domain::{
        access::{AuthProvider, User},
        change::{Change, Seq},
        detail::{BudgetDetail, Rehearsed, ServiceDetail, TicketDetail},
        estate::Snapshot,
        hierarchy::ServicePath,
        sla::SlaGroup,
        tickets::{Offer, Ticket},
        time::Timestamp,
    },
    world::World,
};
use graphql::{access as access_documents, gitops as gitops_documents, health, sla, tickets};
use http::{Call, Http, Proof};

/// Where a core is and how to talk to it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// For example `https://ops.example/`; a path in it is kept.
    pub url: Url,
    /// A token from elsewhere; [`Client::login`] gets one otherwise.
    pub token: Option<SecretString>,
    /// How long one call may take, with what is tried again, in milliseconds.
    pub timeout_ms: u64,
    /// Whether nothing that writes may be made.
    pub read_only: bool,
    /// More certificates to believe, in PEM form.
    pub ca_file: Option<PathBuf>,
}

/// A caller of one core. Cheap to clone; clones share the sign-in.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    connection: Connection,
    http: Http,
    access: access::Access,
    world: World,
}

impl Client {
    /// A client for `connection`. The crypto provider must be installed before; TLS is set up for https only.
    ///
    /// # Errors
    /// `Invalid` for an address that is not http or https, or certificates that cannot be read.
    pub fn new(connection: Connection, world: World) -> Result<Self, ApiError> {
        let http = Http::new(&connection.url, connection.timeout_ms, connection.ca_file.as_deref())?;
        let access = access::Access::with_token(connection.token.clone());
        Ok(Self(Arc::new(Inner { connection, http, access, world })))
    }

    /// Where this client calls.
    pub fn url(&self) -> &Url {
        &self.0.connection.url
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody is.
    pub async fn me(&self) -> Result<User, ApiError> {
        let data: access_documents::MeData = graphql::read(self, access_documents::ME, serde_json::json!({})).await?;
        Ok(data.me.into())
    }

    /// Ways to sign in.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn providers(&self) -> Result<Vec<AuthProvider>, ApiError> {
        let body = self.get("/api/v1/auth/providers", false).await?;
        let data: access_documents::ProvidersBody = parse(&body)?;
        Ok(data.providers.into_iter().map(Into::into).collect())
    }

    /// Version of the core, as its liveness call tells.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn version(&self) -> Result<String, ApiError> {
        let body = self.get("/health", false).await?;
        Ok(parse::<access_documents::HealthBody>(&body)?.version.0)
    }

    /// The whole estate.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn snapshot(&self) -> Result<Snapshot, ApiError> {
        let body = self.get("/api/v1/snapshot", true).await?;
        // Tens of milliseconds for thousands of services: not on the threads that wait for keys.
        tokio::task::spawn_blocking(move || parse::<wire::snapshot::SnapshotShape>(&body).map(Into::into))
            .await
            .map_err(ApiError::protocol)?
    }

    /// One service with its past.
    ///
    /// # Errors
    /// `NotFound` when there is no such service.
    pub async fn service(&self, path: &ServicePath) -> Result<ServiceDetail, ApiError> {
        let data: health::ServiceData =
            graphql::read(self, health::SERVICE, serde_json::json!({ "path": path.as_str() })).await?;
        Ok(data.service.into())
    }

    /// One ticket with its history.
    ///
    /// # Errors
    /// `NotFound` when there is no such ticket.
    pub async fn ticket(&self, number: u64) -> Result<TicketDetail, ApiError> {
        Ok(self.ticket_with_offers(number).await?.0)
    }

    /// One ticket with its history, and every arrow out of its status as the core judges it for the caller.
    ///
    /// # Errors
    /// `NotFound` when there is no such ticket.
    pub async fn ticket_with_offers(&self, number: u64) -> Result<(TicketDetail, Vec<Offer>), ApiError> {
        let data: tickets::TicketData =
            graphql::read(self, tickets::TICKET, serde_json::json!({ "number": number })).await?;
        Ok(data.ticket.with_offers())
    }

    /// What an act would come to for each of these tickets, as the core judges it. Nothing is done.
    ///
    /// # Errors
    /// `NotFound` for somebody who is not there, `Invalid`, or what went wrong on the way.
    pub async fn rehearse_tickets(&self, act: &TicketWish, numbers: &[u64]) -> Result<Vec<Rehearsed>, ApiError> {
        let variables = serde_json::json!({ "act": act.variables(), "numbers": numbers });
        let data: tickets::RehearsalData = graphql::read(self, tickets::REHEARSAL, variables).await?;
        Ok(data.rehearsed.into_iter().map(Into::into).collect())
    }

    /// What a write under this key was answered; none when it never arrived. Settles a write whose answer was lost.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn ticket_write(&self, key: impl fmt::Display + Send) -> Result<Option<Ticket>, ApiError> {
        let variables = serde_json::json!({ "idempotencyKey": key.to_string() });
        let data: tickets::SettledData = graphql::read(self, tickets::WRITTEN, variables).await?;
        Ok(data.ticket.map(Into::into))
    }

    /// One SLA group with its burn-down and members.
    ///
    /// # Errors
    /// `NotFound` when there is no such group.
    pub async fn budget(&self, name: &str) -> Result<BudgetDetail, ApiError> {
        let data: sla::BudgetData = graphql::read(self, sla::BUDGET, serde_json::json!({ "name": name })).await?;
        Ok(data.budget.into())
    }

    /// The figures of every SLA group as they stand now, by name.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn budgets(&self) -> Result<Vec<SlaGroup>, ApiError> {
        let data: sla::BudgetsData = graphql::read(self, sla::BUDGETS, serde_json::json!({})).await?;
        Ok(data.budgets.into_iter().map(Into::into).collect())
    }

    /// The newest changes, newest first.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn activity(&self, limit: usize) -> Result<Vec<Change>, ApiError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let data: gitops_documents::ActivityData =
            graphql::read(self, gitops_documents::ACTIVITY, serde_json::json!({ "limit": limit })).await?;
        data.activity.into_iter().map(|c| c.read().map_err(ApiError::protocol)).collect()
    }

    /// The live link: every change after `after`, and how the link is. It reconnects by itself and ends after
    /// [`StreamEvent::Resync`] (take a new snapshot, call again) or when the receiver is dropped.
    pub fn changes(&self, epoch: String, after: Seq) -> mpsc::Receiver<StreamEvent> {
        stream::socket::start(self.clone(), epoch, after)
    }

    /// The half that writes; none in read-only mode.
    pub fn writer(&self) -> Option<Writer> {
        (!self.0.connection.read_only).then(|| Writer::new(self.clone()))
    }

    pub(crate) fn world(&self) -> &World {
        &self.0.world
    }

    fn access(&self) -> &access::Access {
        &self.0.access
    }

    fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// A read over REST, tried again where that helps.
    async fn get(&self, path: &str, signed_in: bool) -> Result<Vec<u8>, ApiError> {
        let mut tries = self.tries();
        loop {
            match self.get_once(path, signed_in).await {
                Err(error) if tries.another(&error).await => {}
                result => return result,
            }
        }
    }

    /// The tries of a read, within the time that one call may take.
    fn tries(&self) -> Tries<'_> {
        let allowed = i64::try_from(self.connection().timeout_ms).unwrap_or(i64::MAX / 2);
        Tries { world: self.world(), until: self.world().now().plus(allowed), failed: 0 }
    }

    async fn get_once(&self, path: &str, signed_in: bool) -> Result<Vec<u8>, ApiError> {
        let token = if signed_in { self.token().await? } else { None };
        let send = |token: Option<SecretString>| async move {
            let proof = token.as_ref().map_or(Proof::None, Proof::Bearer);
            self.0.http.send(Call { path, proof, body: None, accept: None, is_write: false }).await
        };
        match send(token.clone()).await {
            Err(e) if e.kind == Kind::Unauthenticated && signed_in => match self.another_token(token.as_ref()).await {
                Some(token) => send(Some(token)).await,
                None => Err(e),
            },
            other => other,
        }
    }
}

/// Tries of one read.
struct Tries<'a> {
    world: &'a World,
    until: Timestamp,
    failed: u32,
}

impl Tries<'_> {
    /// Whether one that failed is made again: where that helps and the time for it allows, after a wait.
    async fn another(&mut self, error: &ApiError) -> bool {
        self.failed += 1;
        let left = self.until.since(self.world.now());
        let Some(wait) = retry::wait_ms(self.failed, &error.kind, self.world.unit(), left) else {
            return false;
        };
        self.world.sleep(wait).await;
        true
    }
}

impl Writer {
    /// A write over REST. Sent again only where the token was not taken, so that nothing was done yet.
    async fn post(&self, path: &str, body: http::Payload, accept: Option<&'static str>) -> Result<Vec<u8>, ApiError> {
        let client = self.client();
        let send = |token: Option<SecretString>| {
            let body = Some(body.clone());
            async move {
                let proof = token.as_ref().map_or(Proof::None, Proof::Bearer);
                client.0.http.send(Call { path, proof, body, accept, is_write: true }).await
            }
        };
        let token = client.token().await?;
        match send(token.clone()).await {
            Err(e) if e.kind == Kind::Unauthenticated => match client.another_token(token.as_ref()).await {
                Some(token) => send(Some(token)).await,
                None => Err(e),
            },
            other => other,
        }
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(ApiError::protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_core_that_takes_a_call_and_says_nothing_is_asked_once() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let core = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", core.local_addr().unwrap())).unwrap();
        let connection = Connection { url, token: None, timeout_ms: 40, read_only: true, ca_file: None };
        let client = Client::new(connection, World::real()).unwrap();
        let error = client.providers().await.unwrap_err();
        assert_eq!(error.kind, Kind::TimedOut);
        // What it was asked waits to be accepted; a connection of ours is what stands behind that.
        let ours = tokio::net::TcpStream::connect(core.local_addr().unwrap()).await.unwrap();
        let mut asked = 0;
        while core.accept().await.unwrap().1 != ours.local_addr().unwrap() {
            asked += 1;
        }
        assert_eq!(asked, 1);
    }
}
