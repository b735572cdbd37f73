//! Signals: leave, stop, go on.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc::UnboundedSender,
};

use super::Exit;

/// What the shell that started us asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Stop until continued.
    Stop,
    /// Was continued.
    Continued,
}

/// Listen for signals until the receivers are gone.
pub fn listen(endings: &UnboundedSender<Exit>, pauses: &UnboundedSender<Pause>) -> std::io::Result<()> {
    let leave = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit()];
    for kind in leave {
        let mut stream = signal(kind)?;
        let endings = endings.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if endings.send(Exit::Signal(kind.as_raw_value())).is_err() {
                    return;
                }
            }
        });
    }
    let stop = (SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()), Pause::Stop);
    let go_on = (SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()), Pause::Continued);
    for (kind, pause) in [stop, go_on] {
        let mut stream = signal(kind)?;
        let pauses = pauses.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if pauses.send(pause).is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

/// Whether a signal is one that the terminal sends for a key.
pub const fn is_typed(signal: i32) -> bool {
    signal == rustix::process::Signal::INT.as_raw() || signal == rustix::process::Signal::QUIT.as_raw()
}

/// Stop this process; returns when it is continued.
pub fn stop() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}
