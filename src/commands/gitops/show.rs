//! `gitops show`: everything declared, one thing with its lines and who last changed them, or one file with its faults.

use std::{ops::RangeInclusive, sync::Arc};

use serde_json::{Value, json};

use super::{
    super::Invocation,
    Trouble, commit_dto,
    holder::{Holder, Subject},
    place_dto,
    plan::shown_dto,
    validate::fault_dto,
};
use crate::{
    cli::gitops::ShowArgs,
    domain::{
        detail::Commit,
        gitops::{Blame, Declared, DeclaredKind, Severity, SourceFile, Thing},
        time::Timestamp,
    },
    print::{
        Cell, Column, Sheet, Tone, column,
        diff::short,
        figures,
        plan::place,
        time::{ago, rfc3339},
        wide,
    },
};

pub(super) async fn run(run: &Invocation, args: ShowArgs) -> Result<(), Trouble> {
    let holder = Holder::find(run, &args.place).await?;
    let sheet = match args.what {
        None => list(holder.declared()),
        Some(what) => match holder.subject(&what)? {
            Subject::File(path) => {
                let source = holder.source(&path).await?;
                let blame = holder.blame(&path).await?;
                file(&source, &blame)
            }
            Subject::Thing(kind, name, at) => thing(run, &holder, kind, &name, &at).await?,
        },
    };
    holder.done(run).await?;
    run.print(&sheet)
}

fn list(declared: &[Arc<Declared>]) -> Sheet {
    let row = |d: &Declared| {
        vec![
            d.kind.word().into(),
            d.name.clone().into(),
            place(&d.place).into(),
            d.display_name.clone().into(),
            d.summary.clone().into(),
        ]
    };
    Sheet {
        kind: "declared",
        json: declared.iter().map(|d| declared_dto(d)).collect(),
        columns: vec![column("KIND"), column("NAME"), column("PLACE"), wide("LABEL"), wide("SUMMARY")],
        rows: declared.iter().map(|d| row(d)).collect(),
        names: declared.iter().map(|d| format!("{}/{}", d.kind.word(), d.name)).collect(),
        when_empty: "nothing is declared",
        ..Sheet::default()
    }
}

fn declared_dto(d: &Declared) -> Value {
    json!({
        "kind": d.kind.word(), "name": d.name, "displayName": d.display_name, "summary": d.summary,
        "place": place_dto(&d.place),
    })
}

/// One place where a thing stands, with its lines and the commit that last changed any of them.
struct Standing {
    declared: Declared,
    /// Its lines; why there are none otherwise.
    source: Result<SourceFile, String>,
    /// Who; why nobody knows otherwise. None for lines that are not committed yet.
    blame: Result<Blame, String>,
}

impl Standing {
    async fn of(holder: &Holder, declared: &Declared) -> Result<Self, Trouble> {
        let file = &declared.place.file;
        let source = match holder.source(file).await {
            Ok(source) => Ok(source),
            Err(trouble) if trouble.exit == super::super::Exit::NotFound => Err(trouble.message),
            Err(trouble) => return Err(trouble),
        };
        Ok(Self { declared: declared.clone(), source, blame: holder.blame(file).await? })
    }

    fn lines(&self) -> RangeInclusive<u32> {
        self.declared.place.line..=self.declared.place.end_line.max(self.declared.place.line)
    }

    fn changed(&self) -> Option<&Commit> {
        self.blame.as_ref().ok()?.newest(*self.lines().start(), *self.lines().end())
    }

    fn changed_cell(&self, now: Timestamp) -> Cell {
        match (&self.blame, self.changed()) {
            (_, Some(commit)) => format!(
                "{} by {}, {} ({}): {}",
                short(&commit.id),
                commit.author,
                rfc3339(commit.at),
                ago(commit.at, now),
                commit.subject
            )
            .into(),
            (Ok(_), None) => Cell::toned("not committed yet", Tone::Warn),
            (Err(why), None) => Cell::toned(why.clone(), Tone::Dim),
        }
    }

    fn dto(&self) -> Value {
        let lines = self.source.as_ref().map(|s| numbered_dto(s, self.lines(), self.blame.as_ref().ok()));
        json!({
            "place": place_dto(&self.declared.place),
            "changedBy": self.changed().map(commit_dto),
            "noTrail": self.blame.as_ref().err(),
            "lines": lines.unwrap_or_default(),
            "notShown": self.source.as_ref().err(),
        })
    }
}

async fn thing(
    run: &Invocation,
    holder: &Holder,
    kind: DeclaredKind,
    name: &str,
    at: &[Arc<Declared>],
) -> Result<Sheet, Trouble> {
    let says = holder.thing(kind, name).await?;
    let mut standings = Vec::with_capacity(at.len());
    for declared in at {
        standings.push(Standing::of(holder, declared).await?);
    }
    Ok(thing_sheet(kind, name, says.as_deref(), &standings, run.world.now()))
}

fn thing_sheet(kind: DeclaredKind, name: &str, says: Option<&Thing>, at: &[Standing], now: Timestamp) -> Sheet {
    let row = |label: &str, value: Cell| vec![Cell::toned(label, Tone::Dim), value];
    let mut rows = vec![row(kind.word(), name.into())];
    for standing in at {
        let d = &standing.declared;
        rows.push(row("place", place(&d.place).into()));
        rows.push(row("changed", standing.changed_cell(now)));
        for (label, text) in [("label", &d.display_name), ("about", &d.summary)] {
            if !text.is_empty() && says.is_none() {
                rows.push(row(label, text.clone().into()));
            }
        }
    }
    let mut more = Vec::new();
    if let Some(thing) = says {
        let fields = thing.fields.iter().map(|(field, shown)| row(field, shown.text().into()));
        more.push(("SAYS".to_owned(), plain(vec![column(""), column("")], fields.collect())));
    }
    for standing in at {
        let heading = format!("LINES OF {}", standing.declared.place.file);
        let part = match &standing.source {
            Ok(source) => numbered(source, standing.lines(), standing.blame.as_ref().ok()),
            Err(why) => plain(vec![column("")], vec![vec![Cell::toned(why.clone(), Tone::Dim)]]),
        };
        more.push((heading, part));
    }
    Sheet {
        kind: "thing",
        json: json!({
            "kind": kind.word(),
            "name": name,
            "fields": says.map(|t| t.fields.iter().map(|(field, shown)| {
                let mut dto = shown_dto(shown);
                dto["field"] = (**field).into();
                dto
            }).collect::<Vec<_>>()),
            "origin": says.map(|t| t.origin.word()),
            "declaredAt": at.iter().map(Standing::dto).collect::<Vec<_>>(),
        }),
        columns: vec![column(""), column("")],
        rows,
        names: vec![format!("{}/{name}", kind.word())],
        more,
        ..Sheet::default()
    }
}

fn file(source: &SourceFile, blame: &Result<Blame, String>) -> Sheet {
    let all = 1..=u32::try_from(source.lines.len()).unwrap_or(u32::MAX);
    let blamed = blame.as_ref().ok();
    let mut sheet = numbered(source, all.clone(), blamed);
    if blamed.is_none() {
        sheet.columns.retain(|c| !c.wide);
        sheet.rows.iter_mut().for_each(|row| row.truncate(2));
    }
    Sheet {
        kind: "file",
        json: json!({
            "path": &*source.path,
            "lines": numbered_dto(source, all, blamed),
            "faults": source.faults.iter().map(fault_dto).collect::<Vec<_>>(),
            "declared": source.declared.iter().map(|d| declared_dto(d)).collect::<Vec<_>>(),
            "noTrail": blame.as_ref().err(),
        }),
        names: vec![source.path.to_string()],
        ..sheet
    }
}

/// Lines with their numbers, each fault below its line; `wide` names who last changed each.
fn numbered(source: &SourceFile, lines: RangeInclusive<u32>, blame: Option<&Blame>) -> Sheet {
    let mut rows = Vec::new();
    for number in lines {
        let Some(text) = source.lines.get(number.saturating_sub(1) as usize) else {
            break;
        };
        let commit = blame.and_then(|b| b.of_line(number));
        rows.push(vec![
            Cell::toned(number.to_string(), Tone::Dim),
            text.into(),
            commit.map_or("", |c| short(&c.id)).into(),
            commit.map_or("", |c| &c.author).into(),
            commit.map(|c| rfc3339(c.at)).unwrap_or_default().into(),
        ]);
        for fault in source.faults.iter().filter(|f| f.place.line == number) {
            let tone = if fault.severity == Severity::Error { Tone::Bad } else { Tone::Warn };
            let caret = " ".repeat(fault.place.column.saturating_sub(1) as usize);
            let said = format!("{caret}^ {} {}: {}", fault.severity.word(), fault.code.code(), fault.message);
            rows.push(vec![
                Cell::default(),
                Cell::toned(said, tone),
                Cell::default(),
                Cell::default(),
                Cell::default(),
            ]);
        }
    }
    plain(vec![figures(""), column(""), wide("COMMIT"), wide("AUTHOR"), wide("AT")], rows)
}

fn numbered_dto(source: &SourceFile, lines: RangeInclusive<u32>, blame: Option<&Blame>) -> Vec<Value> {
    let text = |number: u32| source.lines.get(number.saturating_sub(1) as usize);
    lines
        .map_while(|number| text(number).map(|text| (number, text)))
        .map(|(number, text)| {
            let commit = blame.and_then(|b| b.of_line(number));
            json!({ "line": number, "text": text, "commit": commit.map(|c| &*c.id) })
        })
        .collect()
}

fn plain(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet { columns, rows, ..Sheet::default() }
}
