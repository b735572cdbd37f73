//! `report health|storage|backup`: pushes with an operator key.

use serde_json::json;
use url::Url;

use super::{Exit, Invocation, Trouble};
use crate::{
    cli::report::{BackupArgs, HealthArgs, ReportVerb, StorageArgs},
    client::{BackupPush, HealthPush, ReportAnswer, Reporter, StoragePush},
    print::{Cell, Sheet, Tone, column},
};

/// Push what the verb says and print what the core made of it.
///
/// # Errors
/// Usage without a key, Denied in read-only mode or for a wrong key, and what the client says.
pub async fn run(run: &Invocation, verb: ReportVerb) -> Result<(), Trouble> {
    let target = run.target()?;
    if target.read_only {
        return Err(Trouble::new(Exit::Denied, "this is read-only: nothing is pushed"));
    }
    let key = run.environment.api_key.clone().ok_or_else(|| {
        Trouble::new(Exit::Usage, "there is no key to push with").hint("put the operator key into ITOPS_API_KEY")
    })?;
    let url = Url::parse(&target.url).map_err(|e| Trouble::new(Exit::Usage, format!("`{}`: {e}", target.url)))?;
    let reporter = Reporter::new(&url, key, None)?;
    let answer = match verb {
        ReportVerb::Health(args) => reporter.report_health(&health(args)).await?,
        ReportVerb::Storage(args) => reporter.report_storage(&storage(args)).await?,
        ReportVerb::Backup(args) => reporter.report_backup(&backup(args)).await?,
    };
    for warning in &answer.warnings {
        run.printer.say(&format!("warning: {warning}"));
    }
    run.print(&sheet(&answer))
}

fn health(args: HealthArgs) -> HealthPush {
    HealthPush {
        path: Some(args.path),
        status: args.status,
        message: args.message.unwrap_or_default(),
        criticality: args.criticality,
        sla_group: args.sla_group,
        service_type: args.service_type,
        tags: args.tags,
        ..HealthPush::default()
    }
}

fn storage(args: StorageArgs) -> StoragePush {
    StoragePush {
        path: Some(args.path),
        allocated_bytes: args.allocated,
        used_bytes: args.used,
        storage_type: args.storage_type,
        mount_path: args.mount.unwrap_or_default(),
        ..StoragePush::default()
    }
}

fn backup(args: BackupArgs) -> BackupPush {
    BackupPush {
        path: args.path,
        sla_group: args.sla_group,
        namespace: args.namespace,
        status: args.status,
        size_bytes: args.size,
        message: args.message.unwrap_or_default(),
        ..BackupPush::default()
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
