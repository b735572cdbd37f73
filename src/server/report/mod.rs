//! The daily report as files: JSON for programs, Markdown for people, in the folder `reports` of the data folder.
//!
//! [`make`] writes one, hands it to whoever wants reports and answers it; [`make_due`] makes the one of seven o'clock, also
//! a missed one, and [`tell_due`] hands on what lies there and was not handed on yet. What lies in the folder for too long goes ([`kept`]).

mod kept;
mod markdown;

use std::{io::Write, path::Path};

use super::{
    service::{Core, DueReport, Failure},
    wire::report::ReportView,
};
use crate::domain::{
    sla::daily::ReportCause,
    time::{DAY, MINUTE, Timestamp},
};

/// A report made on request is made again after so many milliseconds only.
const SAME_MS: i64 = MINUTE;

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

/// Make a report now, beside the daily one, and put it into the queues of those who want reports. One is made at a time;
/// within a minute of the last one that one is answered again, and told to nobody twice.
///
/// # Errors
/// A fault when it cannot be computed, written, read or queued.
pub async fn make(core: &Core) -> Result<Made, Failure> {
    let _turn = core.report_turn().await;
    let now = core.world().now();
    let newest = on_disk(core, move |folder| kept::newest_requested(folder, now)).await?;
    let made = match newest.filter(|(at, _)| now.since(*at) < SAME_MS) {
        Some((_, name)) => read(core, name).await?,
        None => write(core, (ReportCause::Request, now.plus(-DAY)), kept::requested(now)).await?,
    };
    tell(core, &made.name).await?;
    Ok(made)
}

/// Make the report of the newest seven o'clock, unless it is there. Answers it when it was made.
///
/// It goes on where the last daily one ended, so that nothing falls between two of them, and looks back on the day
/// between two sevens at least; the first one on 24 hours at least.
///
/// # Errors
/// A fault when it cannot be computed or written; the next call tries again.
pub async fn make_due(core: &Core) -> Result<Option<Made>, Failure> {
    let Some(due) = core.due_report() else { return Ok(None) };
    let name = name(&due);
    let _turn = core.report_turn().await;
    if core.is_too_early_for(&due) || is_there(core, &name).await? {
        return Ok(None);
    }
    let newest = name.clone();
    let last = on_disk(core, move |folder| kept::told_until(folder, &newest)).await?;
    let from = last.unwrap_or_else(|| core.world().now().plus(-DAY)).min(due.before);
    write(core, (ReportCause::Schedule, from), name).await.map(Some)
}

/// Put the report of the newest seven o'clock, and the newest one on request that is not a day old, into the queues of
/// those who want reports and were not told of it yet: a core that stopped between writing one and this does not lose it.
///
/// # Errors
/// A fault when it cannot be read or queued; the next call tries again.
pub async fn tell_due(core: &Core) -> Result<(), Failure> {
    let _turn = core.report_turn().await;
    let now = core.world().now();
    let requested = on_disk(core, move |folder| kept::newest_requested(folder, now)).await?;
    let requested = requested.filter(|(at, _)| now.since(*at) < DAY).map(|(_, name)| name);
    for name in core.due_report().as_ref().map(name).into_iter().chain(requested) {
        tell(core, &name).await?;
    }
    Ok(())
}

/// Put the report of this name, where it lies, into the queues of those who want it and were not told of it yet.
async fn tell(core: &Core, name: &str) -> Result<(), Failure> {
    let untold = core.untold_of_report(name).await?;
    if untold.is_empty() || !is_there(core, name).await? {
        return Ok(());
    }
    let file = format!("{name}.json");
    let json = on_disk(core, move |folder| std::fs::read_to_string(folder.join(file))).await?;
    core.tell_report(name, json, untold).await
}

/// Name of a daily report, without the ends of its files.
fn name(due: &DueReport) -> String {
    format!("sla-{}", due.date)
}

async fn is_there(core: &Core, name: &str) -> Result<bool, Failure> {
    // JSON is written last: where it lies, the whole report does.
    let path = core.report_folder().join(format!("{name}.json"));
    tokio::fs::try_exists(&path).await.map_err(|e| Failure::Fault(format!("{}: {e}", path.display())))
}

async fn write(core: &Core, (cause, from): (ReportCause, Timestamp), name: String) -> Result<Made, Failure> {
    let report = core.daily_report(cause, from).await?;
    let markdown = markdown::text(&report);
    let json = serde_json::to_string_pretty(&ReportView::from(report)).map_err(|e| Failure::Fault(e.to_string()))?;
    let made = Made { name, json: json + "\n", markdown };
    let (files, from) = (made.clone(), core.reports_kept_from());
    on_disk(core, move |folder| {
        for (end, text) in kept::ENDS.into_iter().zip([&files.markdown, &files.json]) {
            put(folder, &format!("{}.{end}", files.name), text)?;
        }
        kept::thin(folder, &from)
    })
    .await?;
    tracing::info!(name = %made.name, "a report was made");
    Ok(made)
}

async fn read(core: &Core, name: String) -> Result<Made, Failure> {
    on_disk(core, move |folder| {
        let [markdown, json] = kept::ENDS.map(|end| std::fs::read_to_string(folder.join(format!("{name}.{end}"))));
        Ok(Made { json: json?, markdown: markdown?, name })
    })
    .await
}

/// Do something with the folder of reports where waiting for a disk holds up nobody.
async fn on_disk<T: Send + 'static>(
    core: &Core,
    work: impl FnOnce(&Path) -> std::io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let folder = core.report_folder();
    let shown = folder.display().to_string();
    let done = tokio::task::spawn_blocking(move || work(&folder)).await.map_err(|e| Failure::Fault(e.to_string()))?;
    done.map_err(|e| Failure::Fault(format!("reports in {shown}: {e}")))
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
