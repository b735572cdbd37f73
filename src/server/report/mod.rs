//! The daily report as files: JSON for programs, Markdown for people, in the folder `reports` of the data folder.
//!
//! [`make`] writes one and answers it; [`make_due`] makes the one of seven o'clock, also a missed one. Whoever wants to
//! send a finished report elsewhere has it there, whole, as what both answer.

mod markdown;

use std::{io::Write, path::Path};

use super::{
    service::{Core, Failure},
    wire::{report::ReportView, rfc3339},
};
use crate::domain::sla::daily::ReportCause;

/// A report that lies on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Name of its files without their ends: `sla-2026-11-27`.
    pub name: String,
    /// As JSON.
    pub json: String,
    /// As Markdown.
    pub markdown: String,
}

/// Make a report now, beside the daily one.
///
/// # Errors
/// A fault when it cannot be computed or written.
pub async fn make(core: &Core) -> Result<Made, Failure> {
    let at: String = rfc3339(core.world().now()).chars().filter(|c| *c != ':').collect();
    write(core, ReportCause::Request, format!("sla-{at}")).await
}

/// Make the report of the newest seven o'clock, unless it is there. Answers it when it was made.
///
/// # Errors
/// A fault when it cannot be computed or written; the next call tries again.
pub async fn make_due(core: &Core) -> Result<Option<Made>, Failure> {
    let Some(due) = core.due_report() else {
        return Ok(None);
    };
    let name = format!("sla-{}", due.date);
    // JSON is written last: where it lies, the whole report does.
    let path = core.report_folder().join(format!("{name}.json"));
    if tokio::fs::try_exists(&path).await.map_err(|e| Failure::Fault(format!("{}: {e}", path.display())))? {
        return Ok(None);
    }
    write(core, ReportCause::Schedule, name).await.map(Some)
}

async fn write(core: &Core, cause: ReportCause, name: String) -> Result<Made, Failure> {
    let report = core.daily_report(cause).await?;
    let markdown = markdown::text(&report);
    let json = serde_json::to_string_pretty(&ReportView::from(report)).map_err(|e| Failure::Fault(e.to_string()))?;
    let made = Made { name, json: json + "\n", markdown };
    let (folder, files) = (core.report_folder(), made.clone());
    tokio::task::spawn_blocking(move || {
        put(&folder, &format!("{}.md", files.name), &files.markdown)?;
        put(&folder, &format!("{}.json", files.name), &files.json)
    })
    .await
    .map_err(|e| Failure::Fault(e.to_string()))?
    .map_err(|e| Failure::Fault(format!("the report {} was not written: {e}", made.name)))?;
    tracing::info!(name = %made.name, "a report was made");
    Ok(made)
}

/// Write a whole file: a reader sees all of it or none. It is for our eyes only, like the database beside it.
fn put(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|e| e.error)?;
    Ok(())
}
