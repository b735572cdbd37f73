//! Being told to stop, by a signal.

use tokio::signal;

/// Completes when this process is interrupted, terminated or loses its terminal. Signals are caught from the call on,
/// not from the first poll, so that nothing in between ends the process the hard way.
#[cfg(unix)]
pub fn told() -> impl Future<Output = ()> + Send + 'static {
    use futures_util::future::select_all;
    use signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let caught: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        let waits = caught.into_iter().map(|mut signal| Box::pin(async move { signal.recv().await }));
        select_all(waits).await;
    }
}

/// Completes when this process is interrupted.
#[cfg(not(unix))]
pub fn told() -> impl Future<Output = ()> + Send + 'static {
    async {
        let _ = signal::ctrl_c().await;
    }
}
