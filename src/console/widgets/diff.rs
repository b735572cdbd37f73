//! What a commit changed in a file: parts with a few lines around them, signs and colours, secrets masked.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{fit, ink::Ink, scrollbar, yaml::MASK};
use crate::{
    console::theme::Role,
    domain::gitops::{DiffLine, FileDiff, Hunk, Side},
};

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Diff<'a> {
    /// The change.
    pub diff: &'a FileDiff,
    /// First row drawn; headings of parts count too.
    pub offset: usize,
}

/// How many rows a change takes.
pub fn total_rows(diff: &FileDiff) -> usize {
    diff.hunks.iter().map(|hunk| hunk.lines.len() + 1).sum()
}

/// The first row after `row` at which a part begins.
pub fn next_part(diff: &FileDiff, row: usize) -> Option<usize> {
    let mut at = 0;
    for hunk in &diff.hunks {
        if at > row {
            return Some(at);
        }
        at += hunk.lines.len() + 1;
    }
    None
}

impl Diff<'_> {
    /// Draw into `area`; only the rows in sight are made.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        if area.width < 12 {
            return;
        }
        let total = total_rows(self.diff);
        let scrolls = total > usize::from(area.height);
        let inner = Rect { width: area.width - u16::from(scrolls), ..area };
        let last = |hunk: &Hunk| {
            let long = u32::try_from(hunk.lines.len()).unwrap_or(u32::MAX);
            hunk.old_start.max(hunk.new_start).saturating_add(long)
        };
        let digits = self.diff.hunks.iter().map(last).max().unwrap_or(1).to_string().len().max(2);
        let (mut row, end) = (0, self.offset + usize::from(area.height));
        for hunk in &self.diff.hunks {
            if row + hunk.lines.len() < self.offset {
                row += hunk.lines.len() + 1;
                continue;
            }
            let (mut old, mut new) = (hunk.old_start, hunk.new_start);
            if row >= self.offset && row < end {
                self.put(&heading(hunk, ink), row, inner, buf, ink);
            }
            row += 1;
            for line in &hunk.lines {
                if row >= end {
                    break;
                }
                let number = if line.side == Side::Removed { old } else { new };
                old += u32::from(line.side != Side::Added);
                new += u32::from(line.side != Side::Removed);
                if row >= self.offset {
                    self.put(&drawn(line, number, digits, ink), row, inner, buf, ink);
                }
                row += 1;
            }
            if row >= end {
                break;
            }
        }
        if scrolls {
            let bar = Rect { x: area.right() - 1, width: 1, ..area };
            scrollbar::draw(bar, buf, ink, self.offset, total);
        }
    }

    fn put(&self, line: &Line<'_>, row: usize, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let Ok(down) = u16::try_from(row - self.offset) else { return };
        let y = area.y + down;
        buf.set_line(area.x, y, line, area.width);
        if line.width() > usize::from(area.width) {
            let mark = if ink.ascii() { "~" } else { "…" };
            buf.set_string(area.right() - 1, y, mark, ink.style(Role::Muted));
        }
    }
}

fn heading(hunk: &Hunk, ink: Ink<'_>) -> Line<'static> {
    let before = hunk.lines.iter().filter(|l| l.side != Side::Added).count();
    let after = hunk.lines.iter().filter(|l| l.side != Side::Removed).count();
    let span = |start: u32, count: usize| match count {
        0 => "nothing".to_owned(),
        1 => format!("line {start}"),
        count => format!("lines {start} to {}", start as usize + count - 1),
    };
    let text = match (before, after) {
        (0, _) => format!("{}, new", span(hunk.new_start, after)),
        (_, 0) => format!("{}, removed", span(hunk.old_start, before)),
        _ => span(hunk.new_start, after),
    };
    let rule = ink.glyphs.horizontal.repeat(2);
    Line::from(vec![
        Span::styled(format!("{rule} "), ink.style(Role::Rule)),
        Span::styled(text, ink.style(Role::Accent)),
    ])
}

fn drawn(line: &DiffLine, number: u32, digits: usize, ink: Ink<'_>) -> Line<'static> {
    let role = match line.side {
        Side::Same => Role::Text,
        Side::Removed => Role::Bad,
        Side::Added => Role::Good,
    };
    let text = if ink.ascii() { line.text.replace(MASK, "******") } else { line.text.clone() };
    let mut spans = vec![
        Span::styled(format!("{number:>digits$} "), ink.style(Role::Muted)),
        Span::styled(format!("{} {text}", line.side.sign()), ink.style(role)),
    ];
    if line.secret_changed {
        let mark = fit::cut("  secret changed", 16, ink.ascii()).into_owned();
        spans.push(Span::styled(mark, ink.style(Role::Caution)));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::widgets::picture,
        domain::{detail::Commit, time::Timestamp},
    };

    fn line(side: Side, text: &str, secret_changed: bool) -> DiffLine {
        DiffLine { side, text: text.to_owned(), secret_changed }
    }

    fn diff() -> FileDiff {
        let commit =
            Commit { id: "abc".into(), author: String::new(), at: Timestamp::default(), subject: String::new() };
        let hunk = |at, lines| Hunk { old_start: at, new_start: at, lines };
        FileDiff {
            commit,
            path: "a.yaml".into(),
            hunks: vec![
                hunk(
                    3,
                    vec![
                        line(Side::Same, "team: shop", false),
                        line(Side::Removed, "tier: low", false),
                        line(Side::Added, "tier: high", false),
                    ],
                ),
                hunk(90, vec![line(Side::Added, "password: ••••••", true)]),
            ],
            withheld: None,
        }
    }

    #[test]
    fn lines_have_signs_and_numbers_and_a_changed_secret_says_so() {
        let diff = diff();
        let drawn = picture::of(44, 6, |area, buf| {
            Diff { diff: &diff, offset: 0 }.draw(area, buf, Ink::for_tests(false));
        });
        assert_eq!(
            drawn,
            "── lines 3 to 4\n 3   team: shop\n 4 - tier: low\n 4 + tier: high\n── line 90, new\n90 + password: ••••••  secret changed"
        );
        assert_eq!((total_rows(&diff), next_part(&diff, 0), next_part(&diff, 4)), (6, Some(4), None));
    }

    #[test]
    fn scrolling_begins_anywhere() {
        let diff = diff();
        let drawn = picture::of(44, 3, |area, buf| {
            Diff { diff: &diff, offset: 2 }.draw(area, buf, Ink::for_tests(true));
        });
        assert!(drawn.starts_with(" 4 - tier: low"), "{drawn}");
        assert!(drawn.contains("-- line 90, new"), "{drawn}");
    }
}
