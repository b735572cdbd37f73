//! `settings show|path`.

use serde_json::{Value, json};

use super::{Invocation, Trouble};
use crate::{
    cli::SettingsVerb,
    print::{Cell, Sheet, Tone, column},
    settings::Source,
};

/// Do what the verb says.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(run: &Invocation, verb: &SettingsVerb) -> Result<(), Trouble> {
    match verb {
        SettingsVerb::Show => show(run),
        SettingsVerb::Path => path(run),
    }
}

fn show(run: &Invocation) -> Result<(), Trouble> {
    let mut sheet = Sheet {
        kind: "settings",
        columns: vec![column("SETTING"), column("VALUE"), column("FROM")],
        ..Sheet::default()
    };
    let mut items = Vec::new();
    for (key, entry) in &run.settings.entries {
        let from = match entry.source {
            Source::Default => "default".to_owned(),
            Source::File { line } => format!("{}:{line}", run.places.settings().display()),
        };
        items.push(json!({"key": key, "value": entry.value, "from": from}));
        sheet.rows.push(vec![
            key.clone().into(),
            shown(&entry.value).into(),
            Cell::toned(from, if entry.source == Source::Default { Tone::Dim } else { Tone::Plain }),
        ]);
        sheet.names.push(key.clone());
    }
    sheet.json = items.into();
    run.print(&sheet)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn path(run: &Invocation) -> Result<(), Trouble> {
    let places = &run.places;
    let all = [
        ("settings", places.settings()),
        ("keys", places.keymap()),
        ("themes", places.themes()),
        ("contexts", places.contexts()),
        ("sessions", places.sessions()),
        ("choices", places.choices()),
        ("logs", places.logs()),
        ("data", places.data_dir.clone()),
    ];
    let there = |path: &std::path::Path| if path.exists() { "" } else { "not there yet" };
    run.print(&Sheet {
        kind: "paths",
        json: all.iter().map(|(name, path)| json!({"name": name, "path": path, "exists": path.exists()})).collect(),
        columns: vec![column("WHAT"), column("WHERE"), column("")],
        rows: all
            .iter()
            .map(|(name, path)| {
                vec![(*name).into(), path.display().to_string().into(), Cell::toned(there(path), Tone::Dim)]
            })
            .collect(),
        names: all.iter().map(|(_, path)| path.display().to_string()).collect(),
        ..Sheet::default()
    })
}
