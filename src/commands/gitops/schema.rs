//! `gitops schema`: JSON Schemas for editors.

use serde_json::json;

use super::{
    super::{Exit, Invocation},
    Trouble,
};
use crate::{
    domain::search::nearest,
    gitops::schema::{SchemaKind, schema},
    print::{Sheet, column},
};

pub(super) fn run(run: &Invocation, kind: Option<&str>) -> Result<(), Trouble> {
    let Some(text) = kind else {
        return run.print(&list());
    };
    let Some(kind) = SchemaKind::parse(text) else {
        let trouble = Trouble::new(Exit::NotFound, format!("there is no schema `{text}`"));
        let words = SchemaKind::ALL.map(SchemaKind::word);
        return Err(match nearest(text, words) {
            Some(near) => trouble.hint(format!("did you mean `{near}`?")),
            None => trouble.hint(format!("there are {}", words.join(", "))),
        });
    };
    // A schema is itself the data, whatever the format: other tools read it as it is.
    let text = serde_json::to_string_pretty(&schema(kind)).map_err(|e| Trouble::failed(e.to_string()))?;
    run.print_text(&format!("{text}\n"))
}

fn list() -> Sheet {
    let about = |kind: SchemaKind| schema(kind)["title"].as_str().unwrap_or_default().to_owned();
    let kinds = SchemaKind::ALL.map(|kind| (kind.word(), about(kind)));
    Sheet {
        kind: "schemas",
        json: kinds.iter().map(|(word, about)| json!({ "kind": word, "title": about })).collect(),
        columns: vec![column("KIND"), column("DESCRIBES")],
        rows: kinds.iter().map(|(word, about)| vec![(*word).into(), about.clone().into()]).collect(),
        names: kinds.iter().map(|(word, _)| (*word).to_owned()).collect(),
        ..Sheet::default()
    }
}
