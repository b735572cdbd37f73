//! Rows put into words, one at a time, when they are drawn.

use ratatui::style::{Modifier, Style};

use crate::{
    console::{
        format,
        paint::Canvas,
        state::State,
        theme::Role,
        widgets::{
            ink::Ink,
            source::severity_role,
            table::{Cell, Column},
        },
    },
    domain::gitops::{DeclaredKind, Recognised, Severity},
};

use super::{
    drift,
    known::{Known, OfFile},
    plan::{self, Which},
    rows::{Id, Row, Tab, at, columns},
};

/// The columns of the list in front.
pub fn columns(state: &State) -> &'static [Column] {
    let screen = &state.gitops;
    match screen.tab {
        Tab::Things if screen.by_file => &columns::FILES,
        Tab::Things => &columns::KINDS,
        Tab::Faults | Tab::Reading => &columns::FAULTS,
        Tab::Plan if screen.plans.which == Which::Log => &columns::DONE,
        Tab::Plan => &columns::STEPS,
        Tab::Drift => &columns::DRIFT,
        Tab::Rules => &columns::RULES,
    }
}

/// A kind as a heading.
pub const fn plural(kind: DeclaredKind) -> &'static str {
    match kind {
        DeclaredKind::Service => "Services",
        DeclaredKind::SlaGroup => "SLA groups",
        DeclaredKind::SlaTarget => "SLA targets",
        DeclaredKind::Workflow => "Workflows",
        DeclaredKind::Category => "Catalog categories",
        DeclaredKind::Item => "Catalog items",
        DeclaredKind::Group => "Groups",
        DeclaredKind::Provider => "Sign-in providers",
        DeclaredKind::CronJob => "CronJobs that push",
        DeclaredKind::Application => "Applications",
        DeclaredKind::Values => "Chart values",
    }
}

/// Errors and warnings in words; empty for none.
pub fn faults(errors: u32, warnings: u32) -> String {
    let errors = (errors > 0).then(|| format::count(errors as usize, "error", "errors"));
    let warnings = (warnings > 0).then(|| format::count(warnings as usize, "warning", "warnings"));
    errors.into_iter().chain(warnings).collect::<Vec<_>>().join(", ")
}

/// The cells of a row.
pub fn of(state: &State, row: &Row, canvas: &Canvas<'_>) -> Vec<Cell> {
    let ink = Ink::of(canvas);
    match &row.id {
        Id::Heading(text) => heading(state, row, text, ink),
        Id::Kind(_) | Id::Thing(..) | Id::Folder(_) | Id::File(_) => {
            state.gitops.known().map(|known| thing(known, row, ink)).unwrap_or_default()
        }
        Id::Fault(code, ..) => {
            let fault = state.gitops.known().and_then(|known| known.index.faults.get(row.item));
            let role = row.severity.map_or(Role::Text, severity_role);
            let place = row.place.as_ref().map(|p| format!("{}:{}:{}", p.file, p.line, p.column));
            vec![
                Cell::styled(code.code(), ink.style(role)),
                Cell::plain(fault.map(|f| f.message.clone()).unwrap_or_default()),
                Cell::styled(place.unwrap_or_default(), ink.style(Role::Muted)),
            ]
        }
        Id::Step(..) => step(state, row, ink),
        Id::Done(_) => done(state, row, canvas),
        Id::Drift(path) => {
            let drift = state.gitops.drift.all.get(|_| true).and_then(|(all, _)| all.get(row.item));
            let style = row.severity.map_or_else(|| ink.style(Role::Good), |s| ink.style(severity_role(s)));
            drift.map_or_else(Vec::new, |drift| {
                vec![
                    Cell::plain(path.to_string()),
                    Cell::styled(drift.declared.word(), style),
                    Cell::styled(drift::running(drift), style),
                    Cell::styled(drift::seen(drift, canvas), ink.style(Role::Muted)),
                ]
            })
        }
        Id::Workflow(_) | Id::Category(_) | Id::Item(_) | Id::Group(_) | Id::Provider(_) => rule(state, row, ink),
    }
}

fn heading(state: &State, row: &Row, text: &str, ink: Ink<'_>) -> Vec<Cell> {
    let role = match text {
        "Deleted" => Role::Bad,
        text if text.starts_with("Held") => Role::Caution,
        _ => Role::Title,
    };
    let text = if state.gitops.tab == Tab::Rules { format!("{text} {}", row.item) } else { text.to_owned() };
    vec![Cell::styled(text, ink.style(role).add_modifier(Modifier::BOLD))]
}

/// Sign, indent, fold mark and name of a row in a tree.
fn named(row: &Row, name: &str, style: Style, ink: Ink<'_>) -> Cell {
    let indent = usize::from(row.depth) * 2;
    let fold = match row.folded {
        Some(true) => ink.glyphs.folded,
        Some(false) => ink.glyphs.unfolded,
        None => match row.severity {
            Some(Severity::Error) => ink.glyphs.no,
            Some(Severity::Warning) => ink.glyphs.warn,
            None => " ",
        },
    };
    Cell::styled(format!("{:indent$}{fold} {name}", ""), style).keeping(indent + 2)
}

fn thing(known: &Known, row: &Row, ink: Ink<'_>) -> Vec<Cell> {
    let muted = ink.style(Role::Muted);
    let style = row.severity.map_or(ink.style(Role::Text), |s| ink.style(severity_role(s)));
    let worst = |severity: Option<Severity>| severity.map(Severity::word);
    match &row.id {
        Id::Kind(kind) => {
            let says = match row.severity {
                Some(severity) => format!("{}, with {}s", row.item, severity.word()),
                None => row.item.to_string(),
            };
            let title = ink.style(Role::Title);
            let says_style = row.severity.map_or(muted, |s| ink.style(severity_role(s)));
            vec![named(row, plural(*kind), title, ink), Cell::styled(says, says_style)]
        }
        Id::Thing(_, name, _) => {
            let summary = known.index.declared.get(row.item).map(|d| d.summary.as_str()).unwrap_or_default();
            let says = [worst(row.severity), Some(summary).filter(|s| !s.is_empty())];
            let says = says.into_iter().flatten().collect::<Vec<_>>().join(": ");
            let place = row.place.as_ref().map(at).unwrap_or_default();
            let says_style = row.severity.map_or(muted, |_| style);
            vec![named(row, name, style, ink), Cell::styled(says, says_style), Cell::styled(place, muted)]
        }
        Id::Folder(path) => {
            let (files, errors, warnings) = known.folders.get(path).copied().unwrap_or_default();
            let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
            let mut says = format::count(files, "file", "files");
            let wrong = faults(errors, warnings);
            if !wrong.is_empty() {
                says = format!("{says}, {wrong}");
            }
            let says_style = row.severity.map_or(muted, |_| style);
            vec![named(row, &format!("{name}/"), ink.style(Role::Title), ink), Cell::styled(says, says_style)]
        }
        Id::File(path) => {
            let none = OfFile::default();
            let of = known.of_file.get(path).unwrap_or(&none);
            let entry = known.index.files.get(row.item);
            let wrong = faults(of.errors, of.warnings);
            let holds = match of.things.len() {
                0 => entry.map_or("", |file| nothing_in(file.recognised)).to_owned(),
                count => format::count(count, "thing", "things"),
            };
            let says = [wrong, holds].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
            let says_style = row.severity.map_or(muted, |_| style);
            let name = path.rsplit('/').next().unwrap_or(path);
            vec![named(row, name, style, ink), Cell::styled(says, says_style)]
        }
        _ => Vec::new(),
    }
}

/// Why nothing is declared in a file.
const fn nothing_in(recognised: Recognised) -> &'static str {
    match recognised {
        Recognised::Ours => "nothing of its own",
        Recognised::Template => "Helm template, left alone",
        Recognised::Foreign => "somebody else's, left alone",
        Recognised::Other => "not YAML, left alone",
        Recognised::Broken => "broken, never shown",
    }
}

fn step(state: &State, row: &Row, ink: Ink<'_>) -> Vec<Cell> {
    let Some(step) = state.gitops.plans.shown().and_then(|(plan, _)| plan.steps.get(row.item)) else {
        return Vec::new();
    };
    let (sign, role) = plan::look(step);
    let style = ink.style(role);
    vec![
        Cell::styled(format!("{sign} {}", step.kind.word()), style),
        Cell::styled(step.name.to_string(), style),
        Cell::styled(plan::gist(step), ink.style(Role::Muted)),
    ]
}

fn done(state: &State, row: &Row, canvas: &Canvas<'_>) -> Vec<Cell> {
    let ink = Ink::of(canvas);
    let Some(done) = state.gitops.plans.done.get(|_| true).and_then(|(log, _)| log.get(row.item)) else {
        return Vec::new();
    };
    let (did, role) = match &done.rejected {
        Some(_) => ("rejected".to_owned(), Role::Bad),
        None => (plan::counted_short(&done.plan), Role::Text),
    };
    let commit = done.commit.as_ref();
    let said = done.rejected.clone().or_else(|| commit.map(|c| format!("{} ({})", c.subject, c.author)));
    vec![
        Cell::plain(canvas.when(done.at)),
        Cell::styled(commit.and_then(|c| c.id.get(..7)).unwrap_or("-"), ink.style(Role::Accent)),
        Cell::styled(did, ink.style(role)),
        Cell::styled(said.unwrap_or_default(), ink.style(Role::Muted)),
    ]
}

fn rule(state: &State, row: &Row, ink: Ink<'_>) -> Vec<Cell> {
    let source = &state.replica.estate.source;
    let (name, says) = match &row.id {
        Id::Workflow(name) => {
            let moves = source.workflows.get(name).map_or(0, |w| w.transitions.len());
            (name.clone(), format::count(moves, "move", "moves"))
        }
        Id::Category(name) => {
            let category = source.catalog.categories.get(row.item);
            let items = source.catalog.items.values().filter(|i| i.category == *name).count();
            let label = category.map_or(name.as_str(), |c| c.display_name.as_str());
            (label.to_owned(), format::count(items, "card", "cards"))
        }
        Id::Item(name) => {
            let item = source.catalog.items.get(name);
            let label = item.map_or(name.as_str(), |i| i.display_name.as_str());
            (label.to_owned(), item.map(|i| i.workflow.clone()).unwrap_or_default())
        }
        Id::Group(name) => {
            let mut members = source.groups.get(name).map(|g| g.users.clone()).unwrap_or_default();
            members.extend(source.groups.get(name).and_then(|g| g.ldap_group.as_ref()).map(|g| format!("LDAP {g}")));
            let says = if members.is_empty() { "nobody".to_owned() } else { members.join(", ") };
            (name.clone(), says)
        }
        Id::Provider(name) => {
            let provider = source.providers.get(row.item);
            let says = provider.map_or("", |p| if p.enabled { p.kind.as_str() } else { "switched off" });
            (provider.map_or_else(|| name.clone(), |p| p.display_name.clone()), says.to_owned())
        }
        _ => return Vec::new(),
    };
    let style = row.severity.map_or(ink.style(Role::Text), |s| ink.style(severity_role(s)));
    let muted = ink.style(Role::Muted);
    let place = row.place.as_ref().map_or_else(|| "built in".to_owned(), at);
    let place = if matches!(row.id, Id::Provider(_)) { String::new() } else { place };
    let says_style = row.severity.map_or(muted, |_| style);
    vec![named(row, &name, style, ink), Cell::styled(says, says_style), Cell::styled(place, muted)]
}
