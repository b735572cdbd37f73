//! What a row stands for, and the tabs. Rows are light: their cells are put into words only when they are drawn
//! ([`super::cells`]).

use std::sync::Arc;

use crate::{
    console::{action::Action, filter::Filter, widgets::table::Column},
    domain::{
        gitops::{self, DeclaredKind, FaultCode, Place, Severity},
        hierarchy::ServicePath,
        time::Timestamp,
    },
};

/// The lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tab {
    /// Everything declared, by kind or by file.
    #[default]
    Things,
    /// What is wrong, worst first.
    Faults,
    /// What would change, and what the last reconciles did.
    Plan,
    /// Declared against running.
    Drift,
    /// Workflows, catalog, groups, sign-in.
    Rules,
    /// What was read last, and what came of it.
    Reading,
}

impl Tab {
    /// In the order of the tabs.
    pub const ALL: [Self; 6] = [Self::Things, Self::Faults, Self::Plan, Self::Drift, Self::Rules, Self::Reading];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Things => "things",
            Self::Faults => "faults",
            Self::Plan => "plan",
            Self::Drift => "drift",
            Self::Rules => "rules",
            Self::Reading => "reading",
        }
    }

    /// The action that turns to it.
    pub const fn action(self) -> Action {
        match self {
            Self::Things => Action::GitOpsThings,
            Self::Faults => Action::GitOpsFaults,
            Self::Plan => Action::GitOpsPlan,
            Self::Drift => Action::GitOpsDrift,
            Self::Rules => Action::GitOpsRules,
            Self::Reading => Action::GitOpsReading,
        }
    }

    /// The tab an action turns to.
    pub fn of_action(action: Action) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.action() == action)
    }

    /// The tab so many further, around the end.
    pub fn turn(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }

    /// Whether what is selected is shown as the lines that declare it.
    pub const fn has_source(self) -> bool {
        matches!(self, Self::Things | Self::Faults | Self::Rules)
    }
}

/// Columns of each list.
pub mod columns {
    use super::Column;

    /// Things by kind.
    pub const KINDS: [Column; 3] =
        [Column::path("THING", 34, 60, 0), Column::words("SAYS", 20, 60, 1), Column::path("WHERE", 22, 40, 2)];
    /// Things by file.
    pub const FILES: [Column; 2] = [Column::path("FILE", 34, 70, 0), Column::words("HOLDS", 26, 50, 1)];
    /// Faults.
    pub const FAULTS: [Column; 3] =
        [Column::words("CODE", 6, 6, 0), Column::words("WHAT", 30, 90, 0), Column::path("WHERE", 20, 44, 1)];
    /// Steps of a plan.
    pub const STEPS: [Column; 3] =
        [Column::words("KIND", 12, 12, 0), Column::path("NAME", 28, 56, 0), Column::words("WHAT", 24, 70, 1)];
    /// Reconciles.
    pub const DONE: [Column; 4] = [
        Column::words("WHEN", 9, 13, 0),
        Column::words("COMMIT", 7, 7, 0),
        Column::words("DID", 17, 22, 0),
        Column::words("SUBJECT", 20, 60, 1),
    ];
    /// Drift.
    pub const DRIFT: [Column; 4] = [
        Column::path("SERVICE", 26, 52, 0),
        Column::words("DECLARED", 12, 12, 0),
        Column::words("RUNNING", 16, 16, 0),
        Column::words("REPORTED BY", 14, 30, 1),
    ];
    /// Rules.
    pub const RULES: [Column; 3] =
        [Column::words("RULE", 26, 50, 0), Column::words("SAYS", 18, 44, 1), Column::path("WHERE", 18, 40, 2)];
}

/// What a row stands for; outlives its place in the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    /// A heading that folds nothing.
    Heading(&'static str),
    /// Everything declared of a kind.
    Kind(DeclaredKind),
    /// Something declared: kind, name and file.
    Thing(DeclaredKind, String, Arc<str>),
    /// A folder, with `/` at its end.
    Folder(Arc<str>),
    /// A file.
    File(Arc<str>),
    /// A fault.
    Fault(FaultCode, Arc<str>, u32, u32),
    /// A step of a plan.
    Step(gitops::Action, DeclaredKind, Arc<str>),
    /// What one reconcile did.
    Done(Timestamp),
    /// A service on both axes.
    Drift(ServicePath),
    /// A workflow by full name.
    Workflow(String),
    /// A category of the catalog.
    Category(String),
    /// A catalog item by full name.
    Item(String),
    /// A group by full name.
    Group(String),
    /// A way to sign in.
    Provider(String),
}

impl Id {
    /// Whether it only stands over others.
    pub const fn is_heading(&self) -> bool {
        matches!(self, Self::Heading(_))
    }
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub id: Id,
    /// How far it is indented.
    pub depth: u8,
    /// Its number in what the tab lists.
    pub item: usize,
    /// How bad, where something is wrong.
    pub severity: Option<Severity>,
    /// The lines it is about.
    pub place: Option<Place>,
    /// Whether what is under it is hidden; none for what has nothing under it.
    pub folded: Option<bool>,
}

impl Row {
    /// A row at the left edge about nothing in particular.
    pub const fn of(id: Id, item: usize) -> Self {
        Self { id, depth: 0, item, severity: None, place: None, folded: None }
    }
}

impl crate::console::list::Row for Row {
    type Id = Id;
    fn id(&self) -> Id {
        self.id.clone()
    }
}

/// A place as tools print it.
pub fn at(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// Whether a declared thing passes.
pub fn passes(filter: &Filter, kind: DeclaredKind, name: &str, file: &str, says: &str) -> bool {
    filter.facts(&[name, says, file, kind.word()], |key| match key {
        "type" => Some(kind.word()),
        "path" => Some(name),
        _ => None,
    })
}

/// Rows without the headings that stand over nothing.
pub fn without_bare_headings(rows: Vec<Row>) -> Vec<Row> {
    let bare: Vec<bool> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| row.id.is_heading() && rows.get(i + 1).is_none_or(|next| next.id.is_heading()))
        .collect();
    rows.into_iter().zip(bare).filter(|(_, bare)| !bare).map(|(row, _)| row).collect()
}
