//! `gitops validate`. Reads the folder here; no core is asked.

use serde_json::json;

use super::{Exit, Invocation, Trouble};
use crate::{
    cli::{Format, gitops::GitopsVerb},
    domain::gitops::{Fault, Repository, Severity},
    gitops,
    print::{Cell, Sheet, Tone, column},
};

/// Do what the verb says.
///
/// # Errors
/// Failed with nothing more to say when faults were found, `NotFound` for a folder that is not there.
pub async fn run(run: &Invocation, verb: GitopsVerb) -> Result<(), Trouble> {
    let GitopsVerb::Validate { dir, strict, secrets_dir } = verb;
    let options = gitops::ReadOptions { secrets_dir, ..gitops::ReadOptions::default() };
    let read = tokio::task::spawn_blocking(move || gitops::read(&dir, &options));
    let repository = read.await.map_err(|e| Trouble::failed(e.to_string()))?.map_err(|error| {
        let exit = if matches!(error, gitops::ReadError::Missing(_)) { Exit::NotFound } else { Exit::Failed };
        Trouble::new(exit, error.to_string())
    })?;
    if run.printer.format() == Format::Table {
        let text = gitops::render(&repository.faults, &repository.sources, run.printer.colored());
        run.print_text(&text)?;
    } else {
        run.print(&sheet(&repository))?;
    }
    let (errors, warnings) = counts(&repository.faults);
    run.printer.say(&format!(
        "{} files, {} declared things, {errors} errors, {warnings} warnings",
        repository.files.len(),
        repository.declared.len()
    ));
    if errors > 0 || (strict && warnings > 0) { Err(Trouble::failed("")) } else { Ok(()) }
}

/// How many errors and warnings there are.
pub fn counts(faults: &[Fault]) -> (usize, usize) {
    let errors = faults.iter().filter(|f| f.severity == Severity::Error).count();
    (errors, faults.len() - errors)
}

fn sheet(repository: &Repository) -> Sheet {
    let (errors, warnings) = counts(&repository.faults);
    let row = |fault: &Fault| {
        let tone = if fault.severity == Severity::Error { Tone::Bad } else { Tone::Warn };
        vec![
            Cell::toned(fault.severity.word(), tone),
            fault.code.code().into(),
            format!("{}:{}:{}", fault.place.file, fault.place.line, fault.place.column).into(),
            fault.message.clone().into(),
            fault.hint.clone().into(),
        ]
    };
    Sheet {
        kind: "report",
        json: json!({
            "revision": repository.revision,
            "files": repository.files.len(),
            "declared": repository.declared.len(),
            "errors": errors,
            "warnings": warnings,
            "faults": repository.faults.iter().map(|f| json!({
                "severity": f.severity.word(), "code": f.code.code(), "file": &*f.place.file, "line": f.place.line,
                "column": f.place.column, "endLine": f.place.end_line, "message": f.message, "hint": f.hint,
            })).collect::<Vec<_>>(),
        }),
        columns: vec![column("SEVERITY"), column("CODE"), column("PLACE"), column("MESSAGE"), column("HINT")],
        rows: repository.faults.iter().map(row).collect(),
        names: repository.faults.iter().map(|f| f.code.code().to_owned()).collect(),
        when_empty: "no faults",
        ..Sheet::default()
    }
}
