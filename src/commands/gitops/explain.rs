//! `gitops explain`: what a code means and what to do about it.

use serde_json::{Value, json};

use super::{
    super::{Exit, Invocation},
    Trouble,
};
use crate::{
    domain::{
        gitops::{FaultCode, Severity},
        search::nearest,
    },
    print::{
        Cell, Sheet, Tone, column, paint,
        plan::{WIDTH, fold},
    },
};

pub(super) fn run(run: &Invocation, code: Option<&str>) -> Result<(), Trouble> {
    let Some(text) = code else {
        return run.print(&list());
    };
    let Some(code) = FaultCode::parse(text.trim()) else {
        let trouble = Trouble::new(Exit::NotFound, format!("there is no fault code `{text}`"));
        return Err(match nearest(text, FaultCode::ALL.iter().map(|c| c.code())) {
            Some(near) => trouble.hint(format!("did you mean {near}? `itops gitops explain` lists all")),
            None => trouble.hint("`itops gitops explain` lists all"),
        });
    };
    if !run.printer.for_people() {
        return run.print(&Sheet { kind: "code", json: dto(code), ..sheet(&[code]) });
    }
    run.print_text(&page(code, run.printer.colored()))
}

/// A code for people: what it means, why it matters, how to mend it, with the example.
fn page(code: FaultCode, color: bool) -> String {
    let told = code.explanation();
    let head = paint(&format!("{} ({})", code.code(), code.severity().word()), tone(code), color);
    let mut text = format!("{head}: {}\n", told.title);
    for part in [told.meaning, told.why, told.mend] {
        text.push('\n');
        fold(part, WIDTH).iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    for (heading, example) in [("Wrong", told.wrong), ("Right", told.right)] {
        text.push_str(&format!("\n{}\n", paint(heading, Tone::Dim, color)));
        for line in example.trim_matches('\n').lines() {
            text.push_str(format!("    {line}").trim_end());
            text.push('\n');
        }
    }
    text
}

const fn tone(code: FaultCode) -> Tone {
    match code.severity() {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warn,
    }
}

fn list() -> Sheet {
    sheet(FaultCode::ALL)
}

fn sheet(codes: &[FaultCode]) -> Sheet {
    let row = |code: &FaultCode| {
        vec![code.code().into(), Cell::toned(code.severity().word(), tone(*code)), code.explanation().title.into()]
    };
    Sheet {
        kind: "codes",
        json: codes.iter().map(|code| dto(*code)).collect(),
        columns: vec![column("CODE"), column("SEVERITY"), column("MEANS")],
        rows: codes.iter().map(row).collect(),
        names: codes.iter().map(|c| c.code().to_owned()).collect(),
        ..Sheet::default()
    }
}

fn dto(code: FaultCode) -> Value {
    let told = code.explanation();
    json!({
        "code": code.code(), "severity": code.severity().word(), "title": told.title, "meaning": told.meaning,
        "why": told.why, "mend": told.mend, "wrong": told.wrong, "right": told.right,
    })
}
