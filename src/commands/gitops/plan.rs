//! `gitops plan`: what a repository would change, in the running core or against another reading. Computed here.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{
    super::{Exit, Invocation},
    Trouble, place_dto, read,
    validate::counts,
};
use crate::{
    cli::{
        Format,
        gitops::{PlanArgs, PlanFilter, Reading},
    },
    domain::gitops::{Counts, FieldChange, Filter, Live, Plan, Repository, Shown, State, Step},
    gitops,
    print::{
        Cell, Sheet, Tone, column, diff,
        plan::{self as page, mark, place},
        wide,
    },
};

/// One side of a comparison.
struct Side {
    state: State,
    /// What it is, for people.
    name: String,
}

pub(super) async fn run(run: &Invocation, args: PlanArgs) -> Result<(), Trouble> {
    let rev = args.to.as_deref().or(args.rev.as_deref());
    let repository = read(args.dir.clone(), rev.map(str::to_owned), args.reading.clone()).await?;
    let release = args.against_release.as_ref().and(args.reading.release.as_deref());
    let to = side(&args.dir, rev, release, &repository);
    let (from, live) = before(run, &args).await?;
    let whole = Plan::between(&from.state, &to.state, &repository.faults, &live);
    let stopping = gitops::stopping(&repository);
    let rejected = (!stopping.is_empty()).then(|| {
        format!(
            "{} errors in ticketing or sign-in: a core would refuse this repository as a whole and change nothing",
            stopping.len()
        )
    });
    print(run, &whole, &args.filter, [&from.name, &to.name], rejected.as_deref())?;
    say_faults(run, &args.dir, &repository);
    match rejected {
        Some(why) => {
            Err(Trouble::failed(why).hint(format!("`itops gitops validate {}` shows them", args.dir.display())))
        }
        None if args.exit_code && super::super::gitops::counts(&repository.faults).0 > 0 => Err(Trouble::failed("")),
        None if args.exit_code && !whole.is_empty() => Err(Trouble::new(Exit::Differs, "")),
        None => Ok(()),
    }
}

/// What the repository is compared with, and what lives on it.
async fn before(run: &Invocation, args: &PlanArgs) -> Result<(Side, Live), Trouble> {
    let reading = |release: Option<&String>| Reading {
        release: release.or(args.reading.release.as_ref()).cloned(),
        ..args.reading.clone()
    };
    let (dir, rev, release): (PathBuf, Option<String>, Option<&String>) =
        match (&args.from, &args.against, &args.against_release) {
            (None, None, None) => return in_force(run).await,
            (Some(from), ..) => (args.dir.clone(), Some(from.clone()), None),
            (None, against, release) => {
                // Two releases of one repository are compared at one revision.
                let rev = against.is_none().then(|| args.rev.clone()).flatten();
                (against.clone().unwrap_or_else(|| args.dir.clone()), rev, release.as_ref())
            }
        };
    let mut reading = reading(release);
    if release.is_some() {
        reading.values.clear();
    }
    let repository = read(dir.clone(), rev.clone(), reading).await?;
    let side = side(&dir, rev.as_deref(), release.map(String::as_str), &repository);
    let (errors, _) = counts(&repository.faults);
    if errors > 0 {
        run.printer.say(&format!("{} holds {errors} errors; what they stand in is left out of it", side.name));
    }
    Ok((side, Live::default()))
}

/// What is in force in the core that is meant.
async fn in_force(run: &Invocation) -> Result<(Side, Live), Trouble> {
    let signed = run.signed_in().await?;
    let (state, live) = signed.client.declared_state().await?;
    run.keep_renewed(&signed).await?;
    let at = state.revision.as_deref().map(|rev| format!(", {}", diff::short(rev))).unwrap_or_default();
    let name = format!("in force at {}{at}", signed.target.url);
    Ok((Side { state, name }, live))
}

fn side(dir: &Path, rev: Option<&str>, release: Option<&str>, repository: &Repository) -> Side {
    let mut name = dir.display().to_string();
    match (rev, repository.revision.as_deref()) {
        (Some(rev), Some(id)) => name.push_str(&format!(" at {rev}, {}", diff::short(id))),
        (Some(rev), None) => name.push_str(&format!(" at {rev}")),
        (None, Some(id)) => name.push_str(&format!(", files as they lie on top of {}", diff::short(id))),
        (None, None) => name.push_str(", files as they lie"),
    }
    if let Some(release) = release {
        name.push_str(&format!(", release {release}"));
    }
    Side { state: State::of(repository), name: crate::domain::text::clean_line(&name).into_owned() }
}

/// Faults are never left unsaid, and never mixed with the plan.
fn say_faults(run: &Invocation, dir: &Path, repository: &Repository) {
    let (errors, warnings) = counts(&repository.faults);
    if errors + warnings > 0 {
        run.printer.say(&format!(
            "{errors} errors and {warnings} warnings in the repository: `itops gitops validate {}`",
            dir.display()
        ));
    }
}

fn print(
    run: &Invocation,
    whole: &Plan,
    filter: &PlanFilter,
    sides: [&str; 2],
    rejected: Option<&str>,
) -> Result<(), Trouble> {
    let PlanFilter { action, kind, path } = filter;
    let shown = whole.filter(&Filter { action: *action, kind: *kind, under: path.clone() });
    if !run.printer.for_people() {
        let mut sheet = sheet(&shown);
        sheet.json["before"] = sides[0].into();
        sheet.json["after"] = sides[1].into();
        sheet.json["rejected"] = rejected.into();
        sheet.json["wholeCounts"] = counts_dto(whole.counts());
        return run.print(&sheet);
    }
    let wide = run.printer.format() == Format::Wide;
    let mut text = format!("from  {}\nto    {}\n", sides[0], sides[1]);
    if let Some(why) = rejected {
        text.push_str(&format!("REFUSED  {why}\n"));
    }
    text.push('\n');
    text.push_str(&page::render(&shown, wide, run.printer.colored()));
    if shown.steps.len() < whole.steps.len() {
        text.push_str(&format!(
            "shown are {} of {} steps; all of them: {}\n",
            shown.steps.len(),
            whole.steps.len(),
            page::summary(whole.counts())
        ));
    }
    run.print_text(&text)
}

fn sheet(plan: &Plan) -> Sheet {
    let row = |step: &Step| {
        let (_, word, tone) = mark(step);
        let fields: Vec<String> = step.fields.iter().map(field_line).collect();
        vec![
            Cell::toned(word, tone),
            step.kind.word().into(),
            step.name.to_string().into(),
            step.place.as_ref().map(place).unwrap_or_default().into(),
            step.takes.join("; ").into(),
            Cell::toned(step.held.as_ref().map(|h| h.sentence()).unwrap_or_default(), Tone::Unsure),
            fields.join("; ").into(),
        ]
    };
    Sheet {
        kind: "plan",
        json: plan_dto(plan),
        columns: vec![
            column("ACTION"),
            column("KIND"),
            column("NAME"),
            column("PLACE"),
            column("TAKES"),
            column("HELD"),
            wide("FIELDS"),
        ],
        rows: plan.steps.iter().map(row).collect(),
        names: plan.steps.iter().map(|s| format!("{}/{}", s.kind.word(), s.name)).collect(),
        ..Sheet::default()
    }
}

fn field_line(change: &FieldChange) -> String {
    let text = |shown: &Option<Shown>| shown.as_ref().map_or("(none)", |s| s.text()).to_owned();
    format!("{}: {} -> {}", change.field, text(&change.old), text(&change.new))
}

/// A plan for programs.
pub fn plan_dto(plan: &Plan) -> Value {
    json!({
        "from": plan.from,
        "to": plan.to,
        "changes": !plan.is_empty(),
        "counts": counts_dto(plan.counts()),
        "steps": plan.steps.iter().map(step_dto).collect::<Vec<_>>(),
    })
}

fn counts_dto(counts: Counts) -> Value {
    let Counts { delete, create, update, moved, held } = counts;
    json!({ "delete": delete, "held": held, "create": create, "update": update, "move": moved })
}

fn step_dto(step: &Step) -> Value {
    json!({
        "action": step.action.word(),
        "kind": step.kind.word(),
        "name": &*step.name,
        "place": step.place.as_ref().map(place_dto),
        "fields": step.fields.iter().map(|f| json!({
            "field": &*f.field, "old": f.old.as_ref().map(shown_dto), "new": f.new.as_ref().map(shown_dto),
        })).collect::<Vec<_>>(),
        "takes": step.takes,
        "held": step.held.as_ref().map(|h| h.sentence()),
    })
}

/// A value for programs; a secret is only said to be one.
pub(super) fn shown_dto(shown: &Shown) -> Value {
    match shown {
        Shown::Plain(text) => json!({ "value": &**text, "secret": false }),
        Shown::Secret(_) => json!({ "value": null, "secret": true }),
    }
}
