//! `gitops validate`: every fault of a repository. Reads it here; no core is asked.

use serde_json::json;

use super::{super::Invocation, Trouble, place_dto, read};
use crate::{
    cli::{Format, gitops::ValidateArgs},
    domain::gitops::{Fault, Repository, Severity},
    gitops,
    print::{Cell, Sheet, Tone, column, plan::place},
};

pub(super) async fn run(run: &Invocation, args: ValidateArgs) -> Result<(), Trouble> {
    let repository = read(args.dir, args.rev, args.reading).await?;
    match run.printer.format() {
        Format::Table => {
            run.print_text(&gitops::render(&repository.faults, &repository.sources, run.printer.colored()))?;
        }
        Format::Sarif => {
            let sarif = serde_json::to_string_pretty(&gitops::sarif(&repository));
            run.print_text(&format!("{}\n", sarif.map_err(|e| Trouble::failed(e.to_string()))?))?;
        }
        _ => run.print(&sheet(&repository))?,
    }
    let (errors, warnings) = counts(&repository.faults);
    run.printer.say(&format!(
        "{} files, {} declared things, {errors} errors, {warnings} warnings",
        repository.files.len(),
        repository.declared.len()
    ));
    if errors > 0 || (args.strict && warnings > 0) { Err(Trouble::failed("")) } else { Ok(()) }
}

/// How many errors and warnings there are.
pub fn counts(faults: &[Fault]) -> (usize, usize) {
    let errors = faults.iter().filter(|f| f.severity == Severity::Error).count();
    (errors, faults.len() - errors)
}

/// A fault for programs.
pub(super) fn fault_dto(fault: &Fault) -> serde_json::Value {
    let mut dto = place_dto(&fault.place);
    dto["severity"] = fault.severity.word().into();
    dto["code"] = fault.code.code().into();
    dto["message"] = fault.message.clone().into();
    dto["hint"] = fault.hint.clone().into();
    dto
}

fn sheet(repository: &Repository) -> Sheet {
    let (errors, warnings) = counts(&repository.faults);
    let row = |fault: &Fault| {
        let tone = if fault.severity == Severity::Error { Tone::Bad } else { Tone::Warn };
        vec![
            Cell::toned(fault.severity.word(), tone),
            fault.code.code().into(),
            format!("{}:{}", place(&fault.place), fault.place.column).into(),
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
            "faults": repository.faults.iter().map(fault_dto).collect::<Vec<_>>(),
        }),
        columns: vec![column("SEVERITY"), column("CODE"), column("PLACE"), column("MESSAGE"), column("HINT")],
        rows: repository.faults.iter().map(row).collect(),
        names: repository.faults.iter().map(|f| f.code.code().to_owned()).collect(),
        when_empty: "no faults",
        ..Sheet::default()
    }
}
