//! `report health|storage|backup`: pushes with an operator key.

use std::{
    fs,
    io::{self, Read},
};

use secrecy::SecretString;
use serde_json::json;
use url::Url;

use super::{Exit, Invocation, Trouble};
use crate::{
    cli::report::{BackupArgs, HealthArgs, ReportVerb, SendArgs, StorageArgs},
    client::{BackupPush, HealthPush, ReportAnswer, Reporter, StoragePush, retry},
    print::{Cell, Sheet, Tone, column},
};

/// Longest file of a key that is read, in bytes.
const KEY_LIMIT: u64 = 64 << 10;

/// Push what the verb says and print what the core made of it. A push says how something is, so one that is sent twice
/// makes nothing worse, and what may pass (no connection, a lost answer, too many calls, a fault) is tried again.
///
/// # Errors
/// Usage without a key, Denied in read-only mode or for a wrong key, and what the client says after the last try.
pub async fn run(run: &Invocation, verb: ReportVerb) -> Result<(), Trouble> {
    let target = run.target()?;
    if target.read_only {
        return Err(Trouble::new(Exit::Denied, "this is read-only: nothing is pushed"));
    }
    let send = match &verb {
        ReportVerb::Health(args) => args.send.clone(),
        ReportVerb::Storage(args) => args.send.clone(),
        ReportVerb::Backup(args) => args.send.clone(),
    };
    let key = key(run, &send)?;
    let url = Url::parse(&target.url).map_err(|e| Trouble::new(Exit::Usage, format!("`{}`: {e}", target.url)))?;
    let push = match verb {
        ReportVerb::Health(args) => Push::Health(health(args)),
        ReportVerb::Storage(args) => Push::Storage(storage(args)),
        ReportVerb::Backup(args) => Push::Backup(backup(args)),
    };
    let answer = send_until(run, &Reporter::new(&url, key, run.timeout_ms(), None)?, &push, send.tries).await?;
    for warning in &answer.warnings {
        run.printer.say(&format!("warning: {warning}"));
    }
    run.print(&sheet(&answer))
}

enum Push {
    Health(HealthPush),
    Storage(StoragePush),
    Backup(BackupPush),
}

async fn send_until(run: &Invocation, reporter: &Reporter, push: &Push, tries: u32) -> Result<ReportAnswer, Trouble> {
    let mut attempt = 1;
    loop {
        let sent = match push {
            Push::Health(push) => reporter.report_health(push).await,
            Push::Storage(push) => reporter.report_storage(push).await,
            Push::Backup(push) => reporter.report_backup(push).await,
        };
        let error = match sent {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(wait_ms) = retry::push_wait_ms(attempt, tries, &error.kind, run.world.unit()) else {
            return Err(error.into());
        };
        run.printer.say(&format!("{error}; trying again, {attempt} of {tries} tries made"));
        run.world.sleep(wait_ms).await;
        attempt += 1;
    }
}

/// The key out of the file that was named, else out of the environment.
fn key(run: &Invocation, send: &SendArgs) -> Result<SecretString, Trouble> {
    let missing = || {
        Trouble::new(Exit::Usage, "there is no key to push with")
            .hint("put the operator key into ITOPS_API_KEY, or name a file that holds it with --key-file")
    };
    let Some(file) = &send.key_file else { return run.environment.api_key.clone().ok_or_else(missing) };
    let unreadable = |error: io::Error| Trouble::new(Exit::Usage, format!("--key-file {}: {error}", file.display()));
    let mut text = String::new();
    if file.as_os_str() == "-" {
        io::stdin().lock().take(KEY_LIMIT).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        let opened = fs::File::open(file).map_err(unreadable)?;
        opened.take(KEY_LIMIT).read_to_string(&mut text).map_err(unreadable)?;
    }
    match text.lines().next().map(str::trim) {
        Some(key) if !key.is_empty() => Ok(SecretString::from(key)),
        _ => Err(Trouble::new(Exit::Usage, format!("--key-file {}: its first line is empty", file.display()))),
    }
}

fn health(args: HealthArgs) -> HealthPush {
    HealthPush {
        path: args.service.path,
        node_id: args.service.node,
        service: args.service.service,
        status: args.status,
        message: args.message.unwrap_or_default(),
        criticality: args.criticality,
        sla_group: args.sla_group,
        service_type: args.service_type,
        tags: args.tags,
        timestamp: args.send.at,
    }
}

fn storage(args: StorageArgs) -> StoragePush {
    StoragePush {
        path: args.service.path,
        node_id: args.service.node,
        service: args.service.service,
        allocated_bytes: args.allocated,
        used_bytes: args.used,
        storage_type: args.storage_type,
        mount_path: args.mount.unwrap_or_default(),
        timestamp: args.send.at,
    }
}

fn backup(args: BackupArgs) -> BackupPush {
    BackupPush {
        path: args.service.path,
        node_id: args.service.node,
        service: args.service.service,
        sla_group: args.sla_group,
        namespace: args.namespace,
        status: args.status,
        size_bytes: args.size,
        message: args.message.unwrap_or_default(),
        timestamp: args.send.at,
    }
}

fn sheet(answer: &ReportAnswer) -> Sheet {
    let rows = [
        ("service", answer.path.clone()),
        ("stored as", answer.status.clone()),
        ("free", answer.free_percent.map_or_else(String::new, |p| format!("{p} %"))),
        ("services", answer.affected.map_or_else(String::new, |n| n.to_string())),
    ];
    Sheet {
        kind: "answer",
        json: json!({
            "path": answer.path, "serviceName": answer.service_name, "status": answer.status,
            "freePercent": answer.free_percent, "affected": answer.affected, "warnings": answer.warnings,
        }),
        columns: vec![column(""), column("")],
        rows: rows
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| vec![Cell::toned(name, Tone::Dim), value.into()])
            .collect(),
        names: vec![answer.path.clone()],
        ..Sheet::default()
    }
}
