//! The embedded core: one truth, served over HTTP.
//!
//! Start at [`service`]: [`service::Core`] is the door to everything that is true. [`store`] keeps it on disk, [`auth`]
//! knows who is calling, [`jobs`] does what time brings about, [`report`] makes the daily report,
//! [`outbound`] is the only way out. Around it the edge: [`http`] routes and guards,
//! [`rest`] and [`graphql`] translate, [`stream`] hands out the log, [`wire`] is the published JSON, [`fault`] how the
//! edge says no. The edge never touches the store. Nothing in here knows a client or a console.

pub mod auth;
pub mod fault;
pub mod graphql;
pub mod http;
pub mod jobs;
pub mod outbound;
pub mod report;
pub mod rest;
pub mod service;
pub mod store;
pub mod stream;
pub mod tls;
pub mod wire;

use std::{future::Future, time::Duration};

use axum::serve::{Listener, ListenerExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::world::World;

/// How long open calls may go on after the shutdown was asked for.
const GRACE: Duration = Duration::from_secs(3);

/// What a server is made of.
pub struct Parts {
    /// The truth. Its jobs are the caller's to start and its stop the caller's to await.
    pub core: service::Core,
    /// Time and chance.
    pub world: World,
}

/// Why serving ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener failed.
    #[error("the listener failed: {0}")]
    Listener(#[from] std::io::Error),
}

/// Serve `parts` on `listener` until `shutdown`. Then no new call is taken, the live links are told to go, and what is
/// still open after three seconds is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    parts: Parts,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let listener = listener.tap_io(|socket| {
        // Small answers must not wait for each other; a socket that cannot do this still works.
        let _ = socket.set_nodelay(true);
    });
    run(listener, parts, shutdown).await
}

/// As [`serve`], encrypted.
///
/// # Errors
/// When the listener fails.
pub async fn serve_encrypted(
    listener: TcpListener,
    identity: tls::Identity,
    parts: Parts,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    run(tls::Encrypted::new(listener, identity), parts, shutdown).await
}

async fn run<L>(
    listener: L,
    parts: Parts,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
{
    let stop = CancellationToken::new();
    // Also when this future is dropped: what was started here ends with it.
    let _ends_with_us = stop.clone().drop_guard();
    let site = http::Site::new(parts.core, parts.world, stop.clone());
    let feed = site.feed.clone();
    tokio::spawn(stop.clone().run_until_cancelled_owned(feed.run()));
    let serving = axum::serve(listener, http::router(site)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let ending = async {
        shutdown.await;
        stop.cancel();
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => Ok(served?),
        () = ending => Ok(()),
    }
}
