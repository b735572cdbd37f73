//! `template export|import`: workflows, catalog and SLA definitions from one core to another.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{Exit, Invocation, Trouble, target::Target};
use crate::{
    cli::template::TemplateVerb,
    client::ImportReceipt,
    domain::gitops::Action,
    print::{Cell, Sheet, Tone, column},
};

/// Do what the verb says.
///
/// # Errors
/// Denied in read-only mode and below admin, Declined when the name is not typed, Failed for a template with faults,
/// and what the client says.
pub async fn run(run: &Invocation, verb: TemplateVerb) -> Result<(), Trouble> {
    match verb {
        TemplateVerb::Export { file } => export(run, file).await,
        TemplateVerb::Import { file } => import(run, file).await,
    }
}

async fn export(run: &Invocation, file: Option<PathBuf>) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    let yaml = signed.client.export_templates().await?;
    run.keep_renewed(&signed).await?;
    let Some(path) = file else {
        return run.print_text(&yaml);
    };
    let shown = path.display().to_string();
    if path.exists() {
        run.confirm(&format!("{shown} is there already; write over it?")).await?;
    }
    write(&path, &yaml).map_err(|e| Trouble::failed(format!("{shown} cannot be written: {e}")))?;
    run.printer.say(&format!("{} lines are in {shown}", yaml.lines().count()));
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

async fn import(run: &Invocation, file: PathBuf) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    let writer = signed.writer()?;
    let from_stdin = file.as_os_str() == "-";
    let yaml = if from_stdin {
        tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()))
            .await
            .map_err(|e| Trouble::failed(e.to_string()))?
            .map_err(|e| unreadable(&file, &e))?
    } else {
        fs::read_to_string(&file).map_err(|e| unreadable(&file, &e))?
    };
    let name = called(&signed.target);
    let what = format!("Import {} lines into {}?", yaml.lines().count(), signed.target.url);
    run.confirm_by_name(&what, &name).await?;
    let receipt = writer.import_templates(yaml).await?;
    run.keep_renewed(&signed).await?;
    run.print(&sheet(&receipt))?;
    if run.printer.for_people() {
        run.printer.say(&format!(
            "{} changed, {} were the same already, {} left to Git",
            receipt.applied.len(),
            receipt.unchanged,
            receipt.kept.len()
        ));
    }
    Ok(())
}

fn unreadable(file: &Path, error: &std::io::Error) -> Trouble {
    let exit = if error.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
    Trouble::new(exit, format!("{} cannot be read: {error}", file.display()))
}

/// What has to be typed: the context's name, else the core's host.
fn called(target: &Target) -> String {
    let host = || url::Url::parse(&target.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    target.name.clone().or_else(host).unwrap_or_else(|| target.url.clone())
}

fn sheet(receipt: &ImportReceipt) -> Sheet {
    let tone = |action| match action {
        Action::Delete => Tone::Bad,
        Action::Create => Tone::Good,
        Action::Update => Tone::Warn,
        Action::Move => Tone::Dim,
    };
    let applied = receipt.applied.iter().map(|done| {
        let word = Cell::toned(done.action.word(), tone(done.action));
        vec![word, done.kind.word().into(), done.name.clone().into(), Cell::default()]
    });
    let kept = receipt.kept.iter().map(|(kind, name, reason)| {
        let word = Cell::toned("left alone", Tone::Dim);
        vec![word, kind.word().into(), name.clone().into(), reason.clone().into()]
    });
    Sheet {
        kind: "receipt",
        json: json!({
            "applied": receipt.applied.iter().map(|done| json!({
                "action": done.action.word(), "kind": done.kind.word(), "name": done.name,
            })).collect::<Vec<_>>(),
            "kept": receipt.kept.iter().map(|(kind, name, reason)| json!({
                "kind": kind.word(), "name": name, "reason": reason,
            })).collect::<Vec<_>>(),
            "unchanged": receipt.unchanged,
        }),
        columns: vec![column("ACTION"), column("KIND"), column("NAME"), column("WHY")],
        rows: applied.chain(kept).collect(),
        names: receipt.applied.iter().map(|done| format!("{}/{}", done.kind.word(), done.name)).collect(),
        when_empty: "nothing was different",
        ..Sheet::default()
    }
}
