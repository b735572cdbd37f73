//! A file of the repository with line numbers, colours and, below the lines they are about, its faults.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    scrollbar,
    yaml::{self, Part},
};
use crate::{
    console::{theme::Role, widgets::ink::Ink},
    domain::gitops::{Fault, Severity},
};

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Lines, secrets already masked.
    pub lines: &'a [String],
    /// Which of them belong to a block scalar ([`yaml::block_lines`]).
    pub in_block: &'a [bool],
    /// Faults of this file, by line.
    pub faults: &'a [Fault],
    /// First and last line of what is looked at, counted from 1.
    pub marked: Option<(u32, u32)>,
    /// First row drawn; lines and fault rows count alike.
    pub offset: usize,
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
pub fn total_rows(lines: &[String], faults: &[Fault]) -> usize {
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
        let total = total_rows(self.lines, self.faults);
        let scrolls = total > usize::from(area.height);
        let inner = Rect { width: area.width - u16::from(scrolls), ..area };
        for (row, y) in self.rows(usize::from(area.height)).into_iter().zip(area.y..) {
            let line = match row {
                Row::Line(index) => self.line(index, gutter, ink),
                Row::Fault(index) => fault_line(&self.faults[index], gutter, ink),
                Row::Hint(index) => hint_line(&self.faults[index], gutter, ink),
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
        let text = self.lines[index].as_str();
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

    fn lines() -> Vec<String> {
        ["groups:", "  dba: []", "token: ••••••", "x: 1"].map(str::to_owned).into()
    }

    #[test]
    fn faults_stand_below_their_line_and_the_marked_lines_have_a_rail() {
        let (lines, faults) = (lines(), [fault(2, 3)]);
        let blocks = yaml::block_lines(&lines);
        let view = Source { lines: &lines, in_block: &blocks, faults: &faults, marked: Some((2, 2)), offset: 0 };
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
        let view = Source { lines: &lines, in_block: &blocks, faults: &faults, marked: None, offset: 3 };
        assert_eq!(view.rows(2), [Row::Hint(0), Row::Line(2)]);
    }
}
