//! `storage list` and `backup list`: what services hold, worst first.

use serde_json::json;

use super::{Invocation, Trouble, service};
use crate::{
    cli::ListArgs,
    domain::{
        health::{
            Service, Storage, StorageState,
            duty::{BackupState, backup_state, backups, is_storage_old, storage_word, storages},
        },
        time::Timestamp,
    },
    print::{
        Cell, Sheet, Tone, column, figures,
        time::{ago, bytes, length, rfc3339},
        wide,
    },
};

/// Services that hold data, by how full they are.
///
/// # Errors
/// Usage for a filter that cannot be read, and what the client says.
pub async fn storage(run: &Invocation, args: &ListArgs) -> Result<(), Trouble> {
    let query = service::query(&args.filter)?;
    let signed = run.signed_in().await?;
    let snapshot = signed.client.snapshot().await?;
    run.keep_renewed(&signed).await?;
    let is_bad = |s: &&Service| {
        let state = s.storage.as_ref().map(Storage::state);
        !args.problems || matches!(state, Some(StorageState::Warning | StorageState::Critical))
    };
    let fits = snapshot.estate.services.values().filter(|s| query.matches_service(s));
    let found: Vec<&Service> = storages(fits).into_iter().filter(is_bad).collect();
    run.print(&storage_sheet(&found, snapshot.at))
}

/// Services that back up or should, the longest overdue first.
///
/// # Errors
/// Usage for a filter that cannot be read, and what the client says.
pub async fn backup(run: &Invocation, args: &ListArgs) -> Result<(), Trouble> {
    let query = service::query(&args.filter)?;
    let signed = run.signed_in().await?;
    let snapshot = signed.client.snapshot().await?;
    run.keep_renewed(&signed).await?;
    let fits = snapshot.estate.services.values().filter(|s| query.matches_service(s));
    let mut found = backups(fits, snapshot.at);
    found.retain(|(_, state)| !args.problems || *state <= BackupState::Partial);
    run.print(&backup_sheet(&found, snapshot.at))
}

/// How full the storage of a service is, as a colour. An old report is no health.
fn storage_tone(service: &Service, now: Timestamp) -> Tone {
    match service.storage.as_ref().map(Storage::state) {
        Some(StorageState::Healthy) if is_storage_old(service, now) => Tone::Dim,
        Some(StorageState::Healthy) => Tone::Good,
        Some(StorageState::Warning) => Tone::Warn,
        Some(StorageState::Critical) => Tone::Bad,
        Some(StorageState::Unknown) | None => Tone::Unsure,
    }
}

/// The state of the last report, for programs; its age stands beside it.
fn state_word(service: &Service) -> &'static str {
    service.storage.as_ref().map_or("no report", |storage| storage.state().word())
}

/// Free share with two decimals: `2.10 %`.
fn free(storage: &Storage) -> String {
    storage.free_basis_points().map_or_else(String::new, |f| format!("{}.{:02} %", f / 100, f % 100))
}

fn free_percent(storage: &Storage) -> Option<f64> {
    storage.free_basis_points().map(|f| f64::from(f) / 100.0)
}

fn storage_sheet(found: &[&Service], now: Timestamp) -> Sheet {
    let row = |service: &&Service| {
        let storage = service.storage.as_ref();
        let of = |make: &dyn Fn(&Storage) -> Cell| storage.map(make).unwrap_or_default();
        vec![
            service.path.as_str().into(),
            Cell {
                tone: storage_tone(service, now),
                ..Cell::valued(storage_word(service, now), Some(state_word(service)))
            },
            of(&|s| Cell::valued(free(s), free_percent(s))),
            of(&|s| Cell::bytes(s.allocated_bytes.saturating_sub(s.used_bytes))),
            of(&|s| Cell::bytes(s.allocated_bytes)),
            of(&|s| s.storage_type.clone().into()),
            of(&|s| s.mount_path.clone().into()),
            of(&|s| Cell::moment(s.at, now)),
        ]
    };
    let dto = |service: &&Service| {
        let storage = service.storage.as_ref();
        json!({
            "path": service.path.as_str(), "state": state_word(service), "old": is_storage_old(service, now),
            "freePercent": storage.and_then(free_percent),
            "allocatedBytes": storage.map(|s| s.allocated_bytes), "usedBytes": storage.map(|s| s.used_bytes),
            "type": storage.map(|s| &s.storage_type), "mountPath": storage.map(|s| &s.mount_path),
            "at": storage.map(|s| rfc3339(s.at)),
        })
    };
    Sheet {
        kind: "storages",
        json: found.iter().map(dto).collect(),
        columns: vec![
            column("SERVICE"),
            column("STATE"),
            figures("FREE").counted_in("percent"),
            figures("LEFT").counted_in("bytes"),
            figures("OF").counted_in("bytes"),
            wide("TYPE"),
            wide("MOUNT"),
            column("REPORTED"),
        ],
        rows: found.iter().map(row).collect(),
        names: found.iter().map(|s| s.path.to_string()).collect(),
        when_empty: "no storage matches",
        ..Sheet::default()
    }
}

fn backup_sheet(found: &[(&Service, BackupState)], now: Timestamp) -> Sheet {
    let mut sheet = Sheet {
        kind: "backups",
        columns: vec![
            column("SERVICE"),
            column("STATE"),
            figures("OVERDUE").counted_in("seconds"),
            column("LAST SUCCESS"),
            column("LAST REPORT"),
            column("OUTCOME"),
            figures("MAX AGE").counted_in("days"),
            wide("SCHEDULE"),
            figures("SIZE").counted_in("bytes"),
            column("MESSAGE"),
        ],
        when_empty: "no backup matches",
        ..Sheet::default()
    };
    let mut items = Vec::new();
    for (service, state) in found {
        let Some(backup) = &service.backup else { continue };
        let overdue = match state {
            BackupState::Overdue(since) => Some(*since),
            _ => None,
        };
        let tone = match state {
            BackupState::Overdue(_) => Tone::Bad,
            BackupState::Failed | BackupState::Partial => Tone::Warn,
            BackupState::Awaited | BackupState::NotExpected => Tone::Dim,
            BackupState::InTime => Tone::Good,
        };
        let max_age = backup.expected.then_some(backup.max_age_days.max(1));
        sheet.names.push(service.path.to_string());
        sheet.rows.push(vec![
            service.path.as_str().into(),
            Cell::toned(state.word(), tone),
            overdue.map_or_else(Cell::default, |since| Cell::length(now.since(since))),
            backup.last_success.map_or_else(|| Cell::valued("never", None::<String>), |at| Cell::moment(at, now)),
            backup.last_report.map_or_else(|| Cell::valued("none", None::<String>), |(at, _)| Cell::moment(at, now)),
            backup.last_report.map_or("", |(_, outcome)| outcome.word()).into(),
            max_age.map_or_else(Cell::default, |days| Cell::valued(format!("{days}d"), Some(days))),
            backup.schedule.clone().into(),
            backup.size_bytes.map_or_else(Cell::default, Cell::bytes),
            backup.message.clone().into(),
        ]);
        items.push(json!({
            "path": service.path.as_str(), "state": state.word(), "expected": backup.expected,
            "overdueSince": overdue.map(rfc3339), "maxAgeDays": backup.max_age_days, "schedule": backup.schedule,
            "lastSuccess": backup.last_success.map(rfc3339),
            "lastReport": backup.last_report.map(|(at, outcome)| json!({"at": rfc3339(at), "outcome": outcome.word()})),
            "sizeBytes": backup.size_bytes, "message": backup.message,
        }));
    }
    sheet.json = items.into();
    sheet
}

/// How full a service's storage is, on one line.
pub fn storage_line(service: &Service, now: Timestamp) -> Cell {
    let Some(storage) = &service.storage else { return Cell::default() };
    let share = free(storage);
    let share = if share.is_empty() { share } else { format!(", {share} free") };
    let used = format!("{} of {} used{share}", bytes(storage.used_bytes), bytes(storage.allocated_bytes));
    let told = format!("{}: {used}, reported {}", storage_word(service, now), ago(storage.at, now));
    Cell::toned(told, storage_tone(service, now))
}

/// How a service stands with its backup, on one line.
pub fn backup_line(service: &Service, now: Timestamp) -> Cell {
    let (Some(backup), Some(state)) = (&service.backup, backup_state(service, now)) else { return Cell::default() };
    let last = backup.last_success.map_or("no success known".to_owned(), |at| format!("last success {}", ago(at, now)));
    match state {
        BackupState::Overdue(due) => Cell::toned(format!("overdue for {}, {last}", length(now.since(due))), Tone::Bad),
        BackupState::Failed | BackupState::Partial => {
            Cell::toned(format!("newest {}, {last}", state.word()), Tone::Warn)
        }
        BackupState::InTime => Cell::toned(format!("in time, {last}"), Tone::Good),
        BackupState::Awaited | BackupState::NotExpected => format!("{}, {last}", state.word()).into(),
    }
}
