//! Logs: JSON lines into a daily file, never to the terminal. Off unless a folder is given.

use std::{fs, io, path::Path};

use tracing_appender::{
    non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// Days of logs that are kept.
const KEPT_FILES: usize = 7;

/// Lines that may wait to be written; more than that are dropped, so that a full disk holds nothing up.
const WAITING_LINES: usize = 8_192;

/// Keeps the log going until it is dropped.
#[must_use = "the log ends when this is dropped"]
pub struct Logging {
    _worker: WorkerGuard,
}

/// Log into `folder`, at the level of `filter` (as in `info,itops::server=debug`).
///
/// # Errors
/// When the folder cannot be made or the filter does not parse, in words.
pub fn start(folder: &Path, filter: &str) -> Result<Logging, String> {
    // The appender complains on the terminal when the folder is not there.
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("itops")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    let (writer, worker) = behind(file);
    install(writer, filter)?;
    Ok(Logging { _worker: worker })
}

/// Log to standard error, for a core that some supervisor watches.
///
/// # Errors
/// When the filter does not parse, in words.
pub fn to_stderr(filter: &str) -> Result<Logging, String> {
    let (writer, worker) = behind(io::stderr());
    install(writer, filter)?;
    Ok(Logging { _worker: worker })
}

/// Written by a thread of its own.
fn behind(writer: impl io::Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).finish(writer)
}

fn install(writer: NonBlocking, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("log filter `{filter}`: {e}"))?;
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer);
    // A second subscriber in one process (tests) is no fault: the first one stays.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Ok(())
}
