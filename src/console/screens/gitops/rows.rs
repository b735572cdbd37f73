//! What the lists show, one for each tab. Made when what is declared changes, never while drawing.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    console::{filter::Filter, format, widgets::table::Column},
    domain::{
        detail::DeclaredIndex,
        estate::SourceSummary,
        gitops::{DeclaredKind, Fault, FaultCode, Place, Recognised, Severity},
    },
};

/// The lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tab {
    /// Everything declared, by kind.
    #[default]
    Things,
    /// Every file.
    Files,
    /// What is wrong, worst first.
    Faults,
    /// State machines.
    Workflows,
    /// What a ticket can be opened from.
    Catalog,
    /// Who is in which group.
    Groups,
}

impl Tab {
    /// In the order of the tabs.
    pub const ALL: [Self; 6] = [Self::Things, Self::Files, Self::Faults, Self::Workflows, Self::Catalog, Self::Groups];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Things => "things",
            Self::Files => "files",
            Self::Faults => "faults",
            Self::Workflows => "workflows",
            Self::Catalog => "catalog",
            Self::Groups => "groups",
        }
    }

    /// The tab so many further, around the end.
    pub fn turn(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }

    /// Whether it is made from the estate alone, without asking the core.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Workflows | Self::Catalog | Self::Groups)
    }

    /// Its columns.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Things => &THINGS,
            Self::Files => &FILES,
            Self::Faults => &FAULTS,
            Self::Workflows => &WORKFLOWS,
            Self::Catalog => &CATALOG,
            Self::Groups => &GROUPS,
        }
    }
}

const THINGS: [Column; 3] =
    [Column::path("NAME", 36, 60, 0), Column::words("SAYS", 20, 60, 1), Column::path("WHERE", 18, 40, 2)];
const FILES: [Column; 3] =
    [Column::path("FILE", 24, 70, 0), Column::words("READ AS", 8, 10, 1), Column::words("FAULTS", 10, 24, 0)];
const FAULTS: [Column; 3] =
    [Column::words("CODE", 6, 6, 0), Column::words("WHAT", 30, 90, 0), Column::path("WHERE", 20, 44, 1)];
const WORKFLOWS: [Column; 3] =
    [Column::words("NAME", 24, 50, 0), Column::words("MOVES", 8, 12, 2), Column::path("WHERE", 18, 40, 1)];
const CATALOG: [Column; 3] =
    [Column::words("ITEM", 24, 44, 0), Column::words("WORKFLOW", 14, 30, 1), Column::path("WHERE", 18, 40, 2)];
const GROUPS: [Column; 3] =
    [Column::words("GROUP", 24, 50, 0), Column::words("MEMBERS", 14, 50, 1), Column::path("WHERE", 18, 40, 2)];

/// What a row stands for; outlives its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Id {
    /// A heading.
    Heading(String),
    /// Something declared: kind, name, file and line.
    Thing(DeclaredKind, String, Arc<str>, u32),
    /// A file.
    File(Arc<str>),
    /// A fault.
    Fault(FaultCode, Arc<str>, u32, u32),
    /// A workflow by full name.
    Workflow(String),
    /// A catalog item by full name.
    Item(String),
    /// A group by full name.
    Group(String),
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub id: Id,
    /// One text for each column.
    pub cells: [String; 3],
    /// How bad, where something is wrong.
    pub severity: Option<Severity>,
    /// The lines it is about.
    pub place: Option<Place>,
}

impl crate::console::list::Row for Row {
    type Id = Id;
    fn id(&self) -> Id {
        self.id.clone()
    }
}

/// A place as tools print it.
fn at(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// The rows of a tab. Headings stay only over what passes the filter.
pub fn make(tab: Tab, index: Option<&DeclaredIndex>, source: &SourceSummary, filter: &Filter) -> Vec<Row> {
    let empty = DeclaredIndex::default();
    let index = index.unwrap_or(&empty);
    let rows = match tab {
        Tab::Things => things(index),
        Tab::Files => files(index),
        Tab::Faults => faults(index),
        Tab::Workflows => workflows(source),
        Tab::Catalog => catalog(source),
        Tab::Groups => groups(source),
    };
    let passes = |row: &Row| matches!(row.id, Id::Heading(_)) || filter.line(&row.cells.join(" "));
    let kept: Vec<Row> = rows.into_iter().filter(passes).collect();
    let bare = |i: usize| {
        matches!(kept[i].id, Id::Heading(_)) && kept.get(i + 1).is_none_or(|r| matches!(r.id, Id::Heading(_)))
    };
    (0..kept.len()).filter(|i| !bare(*i)).map(|i| kept[i].clone()).collect()
}

fn heading(text: String) -> Row {
    Row { id: Id::Heading(text.clone()), cells: [text, String::new(), String::new()], severity: None, place: None }
}

/// The worst fault on the lines of each place, by file.
struct Worst<'a>(BTreeMap<&'a str, Vec<&'a Fault>>);

impl<'a> Worst<'a> {
    fn of(faults: &'a [Fault]) -> Self {
        let mut by_file: BTreeMap<&str, Vec<&Fault>> = BTreeMap::new();
        for fault in faults {
            by_file.entry(&fault.place.file).or_default().push(fault);
        }
        Self(by_file)
    }

    fn within(&self, place: &Place) -> Option<Severity> {
        let faults = self.0.get(&*place.file)?;
        // Error stands before Warning in order.
        faults.iter().filter(|f| (place.line..=place.end_line).contains(&f.place.line)).map(|f| f.severity).min()
    }
}

fn things(index: &DeclaredIndex) -> Vec<Row> {
    let worst = Worst::of(&index.faults);
    let mut rows = Vec::with_capacity(index.declared.len() + DeclaredKind::ALL.len());
    for kind in DeclaredKind::ALL {
        let of_kind: Vec<_> = index.declared.iter().filter(|d| d.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        rows.push(heading(format!("{} ({})", plural(kind), of_kind.len())));
        rows.extend(of_kind.into_iter().map(|thing| Row {
            id: Id::Thing(kind, thing.name.clone(), thing.place.file.clone(), thing.place.line),
            cells: [format!("  {}", thing.name), thing.summary.clone(), at(&thing.place)],
            severity: worst.within(&thing.place),
            place: Some(thing.place.clone()),
        }));
    }
    rows
}

/// A kind as a heading.
const fn plural(kind: DeclaredKind) -> &'static str {
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

fn files(index: &DeclaredIndex) -> Vec<Row> {
    let worst = Worst::of(&index.faults);
    index
        .files
        .iter()
        .map(|file| {
            let faults = worst.0.get(&*file.path).map(Vec::as_slice).unwrap_or_default();
            let count = |severity| faults.iter().filter(|f| f.severity == severity).count();
            let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
            let mut told = Vec::new();
            if errors > 0 {
                told.push(format::count(errors, "error", "errors"));
            }
            if warnings > 0 {
                told.push(format::count(warnings, "warning", "warnings"));
            }
            let broken = (file.recognised == Recognised::Broken).then_some(Severity::Error);
            Row {
                id: Id::File(file.path.clone()),
                cells: [file.path.to_string(), file.recognised.word().to_owned(), told.join(", ")],
                severity: faults.iter().map(|f| f.severity).min().or(broken),
                place: Some(Place { file: file.path.clone(), line: 1, column: 1, end_line: 0 }),
            }
        })
        .collect()
}

fn faults(index: &DeclaredIndex) -> Vec<Row> {
    let mut sorted: Vec<&Fault> = index.faults.iter().collect();
    sorted.sort_by_key(|f| f.severity);
    sorted
        .into_iter()
        .map(|fault| {
            let place = &fault.place;
            Row {
                id: Id::Fault(fault.code, place.file.clone(), place.line, place.column),
                cells: [
                    fault.code.code().to_owned(),
                    fault.message.clone(),
                    format!("{}:{}:{}", place.file, place.line, place.column),
                ],
                severity: Some(fault.severity),
                place: Some(place.clone()),
            }
        })
        .collect()
}

fn placed(place: Option<&Place>) -> String {
    place.map_or_else(|| "built in".to_owned(), at)
}

fn workflows(source: &SourceSummary) -> Vec<Row> {
    source
        .workflows
        .values()
        .map(|workflow| Row {
            id: Id::Workflow(workflow.name.as_str().to_owned()),
            cells: [
                workflow.name.as_str().to_owned(),
                format::count(workflow.transitions.len(), "move", "moves"),
                placed(workflow.place.as_ref()),
            ],
            severity: None,
            place: workflow.place.clone(),
        })
        .collect()
}

fn catalog(source: &SourceSummary) -> Vec<Row> {
    let mut rows = Vec::new();
    for category in &source.catalog.categories {
        rows.push(heading(category.display_name.clone()));
        rows.extend(source.catalog.items.values().filter(|i| i.category == category.name).map(|item| Row {
            id: Id::Item(item.name.as_str().to_owned()),
            cells: [format!("  {}", item.display_name), item.workflow.clone(), placed(item.place.as_ref())],
            severity: None,
            place: item.place.clone(),
        }));
    }
    rows
}

fn groups(source: &SourceSummary) -> Vec<Row> {
    source
        .groups
        .values()
        .map(|group| {
            let mut members = group.users.clone();
            members.extend(group.ldap_group.iter().map(|g| format!("LDAP {g}")));
            let empty = members.is_empty();
            Row {
                id: Id::Group(group.name.as_str().to_owned()),
                cells: [
                    group.name.as_str().to_owned(),
                    if empty { "nobody".to_owned() } else { members.join(", ") },
                    placed(group.place.as_ref()),
                ],
                severity: empty.then_some(Severity::Warning),
                place: group.place.clone(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{console::screens::gitops::samples, testing::estate};

    fn filter(text: &str) -> Filter {
        let mut filter = Filter::default();
        filter.set(text);
        filter
    }

    #[test]
    fn errors_come_before_warnings_and_places_name_line_and_column() {
        let index = samples::index();
        let rows = make(Tab::Faults, Some(&index), &SourceSummary::default(), &filter(""));
        let codes: Vec<&str> = rows.iter().map(|r| r.cells[0].as_str()).collect();
        assert_eq!(codes, ["E023", "W105", "W101"]);
        assert_eq!(rows[0].cells[2], "ticketing.d/30-catalog.yaml:12:15");
    }

    #[test]
    fn a_thing_with_a_fault_on_its_lines_shows_it() {
        let index = samples::index();
        let rows = make(Tab::Things, Some(&index), &SourceSummary::default(), &filter(""));
        let group = rows.iter().find(|r| r.cells[0].contains("platform-team")).unwrap();
        assert_eq!(group.severity, Some(Severity::Warning));
        let service = rows.iter().find(|r| r.cells[0].contains("checkout")).unwrap();
        assert_eq!(service.severity, None);
    }

    #[test]
    fn a_heading_over_nothing_is_not_shown() {
        let index = samples::index();
        let rows = make(Tab::Things, Some(&index), &SourceSummary::default(), &filter("checkout"));
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(make(Tab::Things, Some(&index), &SourceSummary::default(), &filter("zzz")).is_empty());
    }

    #[test]
    fn live_tabs_need_no_call() {
        let source = estate::estate().source;
        assert_eq!(make(Tab::Workflows, None, &source, &filter("")).len(), 2);
        assert_eq!(make(Tab::Groups, None, &source, &filter("dba")).len(), 2);
        assert_eq!(make(Tab::Catalog, None, &source, &filter("")).len(), 6);
    }
}
