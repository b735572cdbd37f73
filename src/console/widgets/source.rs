//! A file of the repository with line numbers, colours and, below the lines they are about, its faults.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    fit, scrollbar,
    yaml::{self, Part},
};
use crate::{
    console::{format, theme::Role, widgets::ink::Ink},
    domain::{
        gitops::{Blame, Fault, Severity, SourceLines},
        time::{DAY, Timestamp},
    },
};

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Lines, secrets already masked.
    pub lines: &'a SourceLines,
    /// Which of them belong to a block scalar ([`yaml::block_lines`]).
    pub in_block: &'a [bool],
    /// Faults of this file, by line.
    pub faults: &'a [Fault],
    /// First and last line of what is looked at, counted from 1.
    pub marked: Option<(u32, u32)>,
    /// First row drawn; lines and fault rows count alike.
    pub offset: usize,
    /// Who last changed each line, when that is shown.
    pub authors: Option<Authors<'a>>,
}

/// Who last changed each line, told once for each run of lines.
#[derive(Clone, Copy, Debug)]
pub struct Authors<'a> {
    /// By line.
    pub blame: &'a Blame,
    /// The core's clock, for ages.
    pub now: Timestamp,
}

/// Cells from which a source has room for the names of its authors, and for their commits at all.
const NAMED: u16 = 64;
const DATED: u16 = 40;

impl Authors<'_> {
    /// Cells that the column takes in a source of this width.
    const fn width(width: u16) -> usize {
        match width {
            100.. => 29,
            NAMED.. => 23,
            DATED.. => 13,
            _ => 0,
        }
    }

    /// What stands before line `index`, counted from 0; `first`: at the top of what is seen.
    fn before(&self, index: usize, first: bool, width: usize, ink: Ink<'_>) -> Span<'static> {
        let of = |index: usize| self.blame.lines.get(index).copied().flatten();
        if !first && index > 0 && of(index) == of(index - 1) {
            let rail = format!("{:4} {}", "", ink.glyphs.vertical);
            return Span::styled(fit::left(&rail, width, ink.ascii()), ink.style(Role::Rule));
        }
        let commit = of(index).and_then(|at| self.blame.commits.get(at as usize));
        let Some(commit) = commit else {
            let text = if width > 20 { "     not committed" } else { "     new" };
            return Span::styled(fit::left(text, width, ink.ascii()), ink.style(Role::Caution));
        };
        let age = self.now.since(commit.at);
        let id = commit.id.get(..7).unwrap_or(&commit.id);
        let name = width.saturating_sub(14);
        let author = if name > 0 { fit::left(&commit.author, name, ink.ascii()) + " " } else { String::new() };
        // The age is said in figures; the colour only repeats it.
        let role = match age.div_euclid(DAY) {
            ..=7 => Role::Accent,
            8..=60 => Role::Text,
            _ => Role::Muted,
        };
        Span::styled(format!("{:>4} {id:7} {author}", format::age(age)), ink.style(role))
    }
}

/// One row of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// A line, counted from 0.
    Line(usize),
    /// The fault of this index: what is wrong.
    Fault(usize),
    /// The fault of this index: what to do.
    Hint(usize),
}

/// How many rows a fault takes.
fn rows_of(fault: &Fault) -> usize {
    1 + usize::from(!fault.hint.is_empty())
}

/// The row of line `line` (counted from 1) in a view with these faults.
pub fn row_of_line(faults: &[Fault], line: u32) -> usize {
    let above: usize = faults.iter().filter(|f| f.place.line < line).map(rows_of).sum();
    usize::try_from(line.saturating_sub(1)).unwrap_or(0) + above
}

/// How many rows the whole view has.
pub fn total_rows(lines: &SourceLines, faults: &[Fault]) -> usize {
    lines.len() + faults.iter().filter(|f| (f.place.line as usize) <= lines.len()).map(rows_of).sum::<usize>()
}

impl Source<'_> {
    /// The rows from `offset` on, at most `count`.
    fn rows(&self, count: usize) -> Vec<Row> {
        let mut out = Vec::with_capacity(count);
        let mut row = 0;
        let mut fault = 0;
        // Jump over whole lines above the window: each takes at least one row.
        for line in 0..self.lines.len() {
            if out.len() >= count {
                break;
            }
            if row >= self.offset {
                out.push(Row::Line(line));
            }
            row += 1;
            while let Some(found) = self.faults.get(fault).filter(|f| f.place.line as usize <= line + 1) {
                for part in [Row::Fault(fault), Row::Hint(fault)].into_iter().take(rows_of(found)) {
                    if row >= self.offset && out.len() < count {
                        out.push(part);
                    }
                    row += 1;
                }
                fault += 1;
            }
        }
        out
    }

    /// Draw into `area`.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        if area.width < 8 {
            return;
        }
        let gutter = self.lines.len().max(1).to_string().len() + 2;
        let authors = self.authors.map_or(0, |_| Authors::width(area.width));
        let total = total_rows(self.lines, self.faults);
        let scrolls = total > usize::from(area.height);
        let inner = Rect { width: area.width - u16::from(scrolls), ..area };
        for (row, y) in self.rows(usize::from(area.height)).into_iter().zip(area.y..) {
            let line = match row {
                Row::Line(index) => {
                    let mut line = self.line(index, gutter, ink);
                    if let Some(known) = self.authors.filter(|_| authors > 0) {
                        line.spans.insert(0, known.before(index, y == area.y, authors, ink));
                    }
                    line
                }
                Row::Fault(index) => fault_line(&self.faults[index], gutter + authors, ink),
                Row::Hint(index) => hint_line(&self.faults[index], gutter + authors, ink),
            };
            buf.set_line(inner.x, y, &line, inner.width);
            let wide = line.width();
            if wide > usize::from(inner.width) {
                let mark = if ink.ascii() { "~" } else { "…" };
                buf.set_string(inner.right() - 1, y, mark, ink.style(Role::Muted));
            }
        }
        if scrolls {
            let bar = Rect { x: area.right() - 1, width: 1, ..area };
            scrollbar::draw(bar, buf, ink, self.offset, total);
        }
    }

    fn line(&self, index: usize, gutter: usize, ink: Ink<'_>) -> Line<'_> {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let marked = self.marked.is_some_and(|(first, last)| (first..=last).contains(&number));
        let rail = match (marked, ink.ascii()) {
            (true, false) => "▌",
            (true, true) => ">",
            (false, _) => " ",
        };
        let number_style = ink.style(if marked { Role::Accent } else { Role::Muted });
        let mut spans = vec![Span::styled(format!("{number:>wide$}{rail}", wide = gutter - 1), number_style)];
        let text = self.lines.get(index).unwrap_or_default();
        let mut at = 0;
        for (range, part) in yaml::parts(text, self.in_block.get(index).copied().unwrap_or(false)) {
            if range.start > at {
                spans.push(Span::raw(&text[at..range.start]));
            }
            at = range.end;
            if part == Part::Masked && ink.ascii() {
                spans.push(Span::styled("******", part_style(part, ink)));
            } else {
                spans.push(Span::styled(&text[range], part_style(part, ink)));
            }
        }
        Line::from(spans)
    }
}

fn part_style(part: Part, ink: Ink<'_>) -> Style {
    ink.style(match part {
        Part::Key => Role::Info,
        Part::Text => Role::Text,
        Part::Word | Part::Name => Role::Accent,
        Part::Mark | Part::Comment => Role::Muted,
        Part::Masked => Role::Caution,
    })
}

/// The role that colours a severity.
pub const fn severity_role(severity: Severity) -> Role {
    match severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Caution,
    }
}

fn fault_line(fault: &Fault, gutter: usize, ink: Ink<'_>) -> Line<'static> {
    let style = ink.style(severity_role(fault.severity));
    let column = usize::try_from(fault.place.column.saturating_sub(1)).unwrap_or(0).min(24);
    let mark = if ink.ascii() { "^" } else { "▲" };
    let text = format!(
        "{:gutter$}{:column$}{mark} {} {}: {}",
        "",
        "",
        fault.code.code(),
        fault.severity.word(),
        fault.message
    );
    Line::from(Span::styled(text, style))
}

fn hint_line(fault: &Fault, gutter: usize, ink: Ink<'_>) -> Line<'static> {
    let column = usize::try_from(fault.place.column.saturating_sub(1)).unwrap_or(0).min(24);
    let text = format!("{:gutter$}{:column$}  {}", "", "", fault.hint);
    Line::from(Span::styled(text, ink.style(Role::Muted)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        console::widgets::picture,
        domain::gitops::{FaultCode, Place},
    };

    fn fault(line: u32, column: u32) -> Fault {
        Fault {
            place: Place { file: Arc::from("a.yaml"), line, column, end_line: line },
            severity: Severity::Warning,
            code: FaultCode::EmptyGroup,
            message: "group dba has no members".into(),
            hint: "list users".into(),
        }
    }

    fn lines() -> SourceLines {
        ["groups:", "  dba: []", "token: ••••••", "x: 1"].into_iter().collect()
    }

    #[test]
    fn faults_stand_below_their_line_and_the_marked_lines_have_a_rail() {
        let (lines, faults) = (lines(), [fault(2, 3)]);
        let blocks = yaml::block_lines(&lines);
        let view = Source {
            lines: &lines,
            in_block: &blocks,
            faults: &faults,
            marked: Some((2, 2)),
            offset: 0,
            authors: None,
        };
        let drawn = picture::of(50, 6, |area, buf| view.draw(area, buf, Ink::for_tests(false)));
        assert_eq!(
            drawn,
            " 1 groups:\n 2▌  dba: []\n     ▲ W105 warning: group dba has no members\n       list users\n 3 token: ••••••\n 4 x: 1"
        );
        assert_eq!(row_of_line(&faults, 3), 4);
        assert_eq!(total_rows(&lines, &faults), 6);
    }

    #[test]
    fn scrolling_by_rows_may_begin_at_a_fault() {
        let (lines, faults) = (lines(), [fault(2, 3)]);
        let blocks = yaml::block_lines(&lines);
        let view = Source { lines: &lines, in_block: &blocks, faults: &faults, marked: None, offset: 3, authors: None };
        assert_eq!(view.rows(2), [Row::Hint(0), Row::Line(2)]);
    }

    #[test]
    fn authors_are_told_once_for_each_run_of_lines_and_again_at_the_top() {
        use crate::domain::detail::Commit;
        let now = Timestamp::from_ms(100 * DAY);
        let commit = |id: &str, author: &str, days: i64| Commit {
            id: id.into(),
            author: author.to_owned(),
            at: now.plus(-days * DAY),
            subject: String::new(),
        };
        let blame = Blame {
            file: "a.yaml".into(),
            revision: "f".into(),
            commits: vec![commit("1111111aaaa", "Platform Team", 3), commit("2222222bbbb", "Database Team", 90)],
            lines: vec![Some(1), Some(1), Some(0), None],
        };
        let lines = lines();
        let blocks = yaml::block_lines(&lines);
        let mut view = Source {
            lines: &lines,
            in_block: &blocks,
            faults: &[],
            marked: None,
            offset: 0,
            authors: Some(Authors { blame: &blame, now }),
        };
        let drawn = picture::of(70, 4, |area, buf| view.draw(area, buf, Ink::for_tests(false)));
        assert_eq!(
            drawn,
            " 3mo 2222222 Database…  1 groups:\n     │                  2   dba: []\n  \
             3d 1111111 Platform…  3 token: ••••••\n     not committed      4 x: 1"
        );
        view.offset = 1;
        let drawn = picture::of(50, 1, |area, buf| view.draw(area, buf, Ink::for_tests(true)));
        assert!(drawn.starts_with(" 3mo 2222222  2   dba: []"), "no room for names: {drawn}");
    }
}
