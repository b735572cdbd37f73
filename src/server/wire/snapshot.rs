//! The whole estate in one answer, encoded once per place in the log.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

use super::{
    Time,
    attention::{FailingReceiverView, HandledView},
    gitops::SourceView,
    health::ServiceView,
    sla::BudgetGroupView,
    tickets::TicketView,
    windows::WindowView,
};
use crate::domain::estate::Snapshot;

/// Version of this shape.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct SnapshotView {
    version: u32,
    epoch: String,
    seq: String,
    at: Time,
    #[serde(skip_serializing_if = "super::is_false")]
    simulated: bool,
    production: Vec<String>,
    services: Vec<ServiceView>,
    tickets: Vec<TicketView>,
    budgets: Vec<BudgetGroupView>,
    windows: Vec<WindowView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    handled: Vec<HandledView>,
    #[serde(rename = "failingReceivers", skip_serializing_if = "Vec::is_empty")]
    failing_receivers: Vec<FailingReceiverView>,
    source: SourceView,
}

/// `snapshot` as JSON in gzip. Takes tens of milliseconds for thousands of services: not for a thread that waits.
///
/// # Errors
/// When memory cannot be had.
pub fn encode(snapshot: Snapshot) -> io::Result<Vec<u8>> {
    let estate = snapshot.estate;
    let view = SnapshotView {
        version: VERSION,
        epoch: snapshot.epoch,
        seq: snapshot.seq.to_string(),
        at: Time(snapshot.at),
        simulated: estate.simulated,
        production: estate.production,
        services: estate.services.into_values().map(Into::into).collect(),
        tickets: estate.tickets.into_values().map(Into::into).collect(),
        budgets: estate.budgets.into_values().map(Into::into).collect(),
        windows: estate.windows.into_values().map(Into::into).collect(),
        handled: estate.handled.into_values().map(Into::into).collect(),
        failing_receivers: estate.failing_receivers.into_iter().map(Into::into).collect(),
        source: estate.source.into(),
    };
    let gzip = GzEncoder::new(Vec::with_capacity(256 << 10), Compression::fast());
    let mut buffered = io::BufWriter::with_capacity(64 << 10, gzip);
    serde_json::to_writer(&mut buffered, &view)?;
    buffered.flush()?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?.finish()
}

/// A body in gzip.
///
/// # Errors
/// When memory cannot be had.
pub fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    gzip.write_all(body)?;
    gzip.finish()
}

/// The plain JSON of an encoded snapshot, for callers that do not take gzip.
///
/// # Errors
/// When memory cannot be had.
pub fn plain(encoded: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(encoded.len() * 8);
    io::copy(&mut flate2::read::GzDecoder::new(encoded), &mut out)?;
    Ok(out)
}
