//! Drift on two axes: is a service declared, and does it run as declared? Counts in a small table, the services below it.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        filter::Filter,
        format,
        inflight::Detail,
        paint::Canvas,
        theme::Role,
        widgets::{changes, ink::Ink, matrix::Matrix},
    },
    domain::gitops::{Drift, IsDeclared, Running, Severity},
};

use super::{
    Reading, facts,
    rows::{Id, Row, at},
};

/// First axis, in the order in which rows are shown.
pub const DECLARED: [IsDeclared; 3] = [IsDeclared::Declared, IsDeclared::Undeclared, IsDeclared::Retired];
const ROWS: [&str; 3] = ["declared", "undeclared", "retired"];
/// Second axis, worst first.
const COLUMNS: [&str; 5] = ["differs", "missing", "silent", "never reported", "as declared"];
/// Column of what runs as declared.
const CLEAN: usize = 4;

/// What the core may answer differently: the reading, the minute, how often the user asked again.
pub type Key = (Reading, i64, u64);

/// Both axes.
#[derive(Clone, Debug, Default)]
pub struct Drifts {
    /// Every service.
    pub all: Detail<Key, Vec<Drift>>,
    /// How many stand in each cell.
    pub counts: Vec<Vec<usize>>,
    /// The cell whose services are listed; none: everything that is not as it should be.
    pub cell: Option<(usize, usize)>,
}

/// The row and column of a service.
fn cell(drift: &Drift) -> (usize, usize) {
    let row = DECLARED.iter().position(|d| *d == drift.declared).unwrap_or(0);
    let column = match drift.running {
        Running::Differs(_) => 0,
        Running::Missing => 1,
        Running::Silent => 2,
        Running::NeverReported => 3,
        Running::AsDeclared => CLEAN,
    };
    (row, column)
}

/// How bad a cell is.
const fn role_of(row: usize, column: usize) -> Role {
    match (row, column) {
        (0, CLEAN) => Role::Good,
        (0, 0 | 1) => Role::Bad,
        _ => Role::Caution,
    }
}

impl Drifts {
    /// Take in an answer.
    pub fn count(&mut self) {
        let mut counts = vec![vec![0; COLUMNS.len()]; ROWS.len()];
        for drift in self.all.get(|_| true).map(|(all, _)| all.as_slice()).unwrap_or_default() {
            let (row, column) = cell(drift);
            counts[row][column] += 1;
        }
        self.counts = counts;
    }

    /// Services that are not as they should be; none while it is not known.
    pub fn unclean(&self) -> Option<usize> {
        self.all.get(|_| true)?;
        let all: usize = self.counts.iter().flatten().sum();
        Some(all - self.counts.first().and_then(|row| row.get(CLEAN)).copied().unwrap_or(0))
    }

    /// The table of counts.
    pub fn matrix(&self) -> Option<Matrix<'_>> {
        self.all.get(|_| true)?;
        Some(Matrix { rows: &ROWS, columns: &COLUMNS, counts: &self.counts, role: role_of, chosen: self.cell })
    }

    /// Go on to the next cell that holds something, worst first; after the last one back to everything that is wrong.
    pub fn next_cell(&mut self) {
        let filled: Vec<(usize, usize)> = (0..ROWS.len())
            .flat_map(|row| (0..COLUMNS.len()).map(move |column| (row, column)))
            .filter(|(row, column)| self.counts.get(*row).and_then(|r| r.get(*column)).is_some_and(|n| *n > 0))
            .collect();
        self.cell = match self.cell {
            None => filled.first().copied(),
            Some(now) => filled.iter().position(|c| *c == now).and_then(|at| filled.get(at + 1)).copied(),
        };
    }

    /// What is listed, in words.
    pub fn listed(&self) -> String {
        match self.cell {
            None => "everything that is not as declared".to_owned(),
            Some((row, column)) => format!("{}, {}", ROWS[row], COLUMNS[column]),
        }
    }

    /// The rows: of the chosen cell, worst first.
    pub fn rows(&self, filter: &Filter) -> Vec<Row> {
        let all = self.all.get(|_| true).map(|(all, _)| all.as_slice()).unwrap_or_default();
        let mut rows: Vec<((usize, usize), Row)> = all
            .iter()
            .enumerate()
            .map(|(number, drift)| (cell(drift), number, drift))
            .filter(|(at, _, drift)| match (self.cell, filter.is_empty()) {
                (Some(cell), _) => cell == *at,
                // A filter looks everywhere.
                (None, false) => true,
                (None, true) => !drift.is_clean(),
            })
            .filter(|(_, _, drift)| passes(drift, filter))
            .map(|(at, number, drift)| {
                let severity = match role_of(at.0, at.1) {
                    Role::Bad => Some(Severity::Error),
                    Role::Caution => Some(Severity::Warning),
                    _ => None,
                };
                let place = drift.place.clone();
                (at, Row { severity, place, ..Row::of(Id::Drift(drift.path.clone()), number) })
            })
            .collect();
        rows.sort_by(|(a, left), (b, right)| (a.1, a.0).cmp(&(b.1, b.0)).then_with(|| left.id.cmp(&right.id)));
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

fn passes(drift: &Drift, filter: &Filter) -> bool {
    let path = drift.path.as_str();
    let (declared, running) = (drift.declared.word(), drift.running.word());
    let file = drift.place.as_ref().map_or("", |p| &*p.file);
    filter.facts(&[path, declared, running, drift.reporter.as_deref().unwrap_or_default(), file], |key| match key {
        "path" | "node" => Some(path),
        "service" => Some(drift.path.service()),
        "env" => Some(drift.path.environment()),
        "cluster" => Some(drift.path.segments()[3]),
        "declared" => Some(declared),
        "running" => Some(running),
        "is" if drift.declared == IsDeclared::Undeclared => Some("undeclared"),
        "is" if drift.running == Running::Silent => Some("silent"),
        _ => None,
    })
}

/// The second axis in a word for people.
pub const fn running(drift: &Drift) -> &'static str {
    match drift.running {
        Running::Differs(_) => "differs",
        Running::Missing => "missing",
        Running::Silent => "silent",
        Running::NeverReported => "never reported",
        Running::AsDeclared if matches!(drift.declared, IsDeclared::Declared) => "as declared",
        // Nothing is declared for it to agree with.
        Running::AsDeclared => "reports",
    }
}

/// Everything about one service on both axes.
pub fn lines(drift: &Drift, width: usize, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let ink = Ink::of(canvas);
    let role = {
        let (row, column) = cell(drift);
        role_of(row, column)
    };
    let mut out = vec![Line::from(Span::styled(drift.path.to_string(), ink.style(Role::Title)))];
    let mut fact = |name: &str, text: &str, role: Role| out.extend(facts::named(name, text, role, width, ink));
    let (declared, bad) = match drift.declared {
        IsDeclared::Declared => ("yes", false),
        IsDeclared::Undeclared => ("no: only reports know of it", true),
        IsDeclared::Retired => ("not any more, and somebody still reports it", true),
    };
    fact("declared", declared, if bad { Role::Caution } else { Role::Text });
    let says = match &drift.running {
        Running::Differs(fields) => {
            format!("differs in {}", fields.iter().map(|f| &*f.field).collect::<Vec<_>>().join(", "))
        }
        Running::Missing => "missing: its workload was not found where it should run".to_owned(),
        Running::Silent => "silent: reports came and stopped".to_owned(),
        Running::NeverReported => "never reported: no report ever came".to_owned(),
        Running::AsDeclared if drift.declared == IsDeclared::Declared => "as declared".to_owned(),
        Running::AsDeclared => "reports come, and nothing is declared to disagree with".to_owned(),
    };
    fact("running", &says, role);
    fact("reporter", drift.reporter.as_deref().unwrap_or("nobody"), Role::Text);
    let seen = drift.last_seen.map_or_else(|| "never".to_owned(), |at| canvas.when_said(at));
    fact("last report", &seen, Role::Text);
    let place = drift.place.as_ref().map_or_else(|| "nowhere".to_owned(), at);
    fact(if drift.declared == IsDeclared::Retired { "was at" } else { "declared at" }, &place, Role::Text);
    if let Running::Differs(fields) = &drift.running {
        out.push(Line::from(""));
        let arrow = ink.glyphs.arrow;
        out.push(Line::from(Span::styled(format!("DECLARED {arrow} REPORTED"), ink.style(Role::Title))));
        out.extend(changes::lines(fields, width, ink));
    }
    out
}

/// Who reports it; the agent of its own node goes without its name.
fn reporter(drift: &Drift) -> Option<&str> {
    let who = drift.reporter.as_deref()?;
    Some(if drift.path.node().as_str() == who { "its agent" } else { who })
}

/// One line on what differs, for a strip.
pub fn gist(drift: &Drift, canvas: &Canvas<'_>) -> String {
    let who = reporter(drift).unwrap_or("nobody");
    let seen = drift
        .last_seen
        .map_or_else(|| "never reported".to_owned(), |at| format!("last report {} by {who}", canvas.when_said(at)));
    match &drift.running {
        Running::Differs(fields) => {
            let said = |shown: &Option<crate::domain::gitops::Shown>| {
                shown.as_ref().map_or_else(|| "nothing".to_owned(), |s| changes::text(s, Ink::of(canvas)))
            };
            let parts: Vec<String> = fields
                .iter()
                .map(|f| format!("{} declared {}, reported {}", f.field, said(&f.old), said(&f.new)))
                .collect();
            format!("{}; {seen}", parts.join("; "))
        }
        _ => format!("{seen}{}", drift.place.as_ref().map_or_else(String::new, |p| format!("; declared at {}", at(p)))),
    }
}

/// How long ago a report came, for a column.
pub fn seen(drift: &Drift, canvas: &Canvas<'_>) -> String {
    match (reporter(drift), drift.last_seen) {
        (Some(who), Some(when)) => format!("{who}, {}", format::age(canvas.now.since(when))),
        (Some(who), None) => who.to_owned(),
        (None, _) => "nobody".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::{
            effect::{Effect, Fetch},
            inflight::Inflight,
            screens::gitops::samples,
        },
        domain::time::Timestamp,
    };

    fn drifts() -> Drifts {
        let mut drifts = Drifts::default();
        let key = ((None, Timestamp::default()), 0, 0);
        let asked = drifts.all.want(key, &mut Inflight::default(), |_| Fetch::Drift);
        let Some(Effect::Fetch { request, .. }) = asked else { panic!("asked") };
        drifts.all.answer(request, Ok(samples::drift()), Timestamp::default());
        drifts.count();
        drifts
    }

    fn listed(drifts: &Drifts, text: &str) -> Vec<String> {
        let mut filter = Filter::default();
        filter.set(text);
        drifts
            .rows(&filter)
            .into_iter()
            .map(|row| match row.id {
                Id::Drift(path) => path.service().to_owned(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn everything_unclean_is_listed_worst_first_until_a_cell_is_chosen() {
        let mut drifts = drifts();
        assert_eq!(drifts.counts, [vec![1, 1, 1, 1, 2], vec![0, 0, 0, 0, 1], vec![0, 0, 1, 0, 0]]);
        assert_eq!(drifts.unclean(), Some(6));
        let all = listed(&drifts, "");
        assert_eq!(all[..2], ["cart", "payment-db"]);
        assert!(!all.contains(&"checkout".to_owned()));
        drifts.next_cell();
        assert_eq!(listed(&drifts, ""), ["cart"]);
        for _ in 0..4 {
            drifts.next_cell();
        }
        assert_eq!(drifts.cell, Some((0, CLEAN)));
        assert_eq!(listed(&drifts, "").len(), 2);
        for _ in 0..3 {
            drifts.next_cell();
        }
        assert_eq!(drifts.cell, None, "around to everything");
    }

    #[test]
    fn a_filter_asks_both_axes() {
        let drifts = drifts();
        assert_eq!(listed(&drifts, "declared:retired"), ["old-cart"]);
        assert_eq!(listed(&drifts, "declared:declared running:never-reported").len(), 1);
        assert_eq!(listed(&drifts, "running:as-declared declared:declared").len(), 2, "a filter looks everywhere");
    }
}
