//! Several lines of text that somebody types: comments and descriptions.

use ratatui::{buffer::Buffer, layout::Rect};
use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::console::{
    theme::Role,
    widgets::{fit, ink::Ink},
};

/// Text with line ends and where its cursor stands.
#[derive(Clone, Debug, Default)]
pub struct TextArea {
    input: Input,
}

impl PartialEq for TextArea {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.input.cursor() == other.input.cursor()
    }
}

impl TextArea {
    /// A field that already holds `text`, the cursor at its end.
    pub fn with(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()) }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Do one edit within the text. Line ends count as characters.
    pub fn edit(&mut self, request: InputRequest) {
        match request {
            InputRequest::GoToStart => self.set_cursor(self.line_span().0),
            InputRequest::GoToEnd => self.set_cursor(self.line_span().1),
            other => {
                self.input.handle(other);
            }
        }
    }

    /// Put in text that was pasted: cleaned, its lines kept.
    pub fn paste(&mut self, text: &str) {
        for c in crate::domain::text::clean_text(text).chars() {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// One line up.
    pub fn up(&mut self) {
        let (start, _) = self.line_span();
        let column = self.input.cursor() - start;
        if start == 0 {
            return self.set_cursor(0);
        }
        self.set_cursor(start - 1);
        let (start, end) = self.line_span();
        self.set_cursor((start + column).min(end));
    }

    /// One line down.
    pub fn down(&mut self) {
        let (start, end) = self.line_span();
        let column = self.input.cursor() - start;
        if end == self.text().chars().count() {
            return self.set_cursor(end);
        }
        self.set_cursor(end + 1);
        let (start, end) = self.line_span();
        self.set_cursor((start + column).min(end));
    }

    fn set_cursor(&mut self, at: usize) {
        self.input.handle(InputRequest::SetCursor(at));
    }

    /// First and last place of the cursor's line, in characters.
    fn line_span(&self) -> (usize, usize) {
        let mut start = 0;
        for line in self.text().split('\n') {
            let end = start + line.chars().count();
            if self.input.cursor() <= end {
                return (start, end);
            }
            start = end + 1;
        }
        (start, start)
    }

    /// The text broken into rows of `width` cells, and the cursor's row and column among them.
    fn rows(&self, width: usize) -> (Vec<String>, usize, usize) {
        let width = width.max(2);
        let mut rows = vec![String::new()];
        let (mut used, mut seen, mut cursor) = (0, 0, (0, 0));
        for cluster in self.text().graphemes(true) {
            let wide = fit::cells(cluster);
            if cluster != "\n" && used + wide > width {
                rows.push(String::new());
                used = 0;
            }
            if seen == self.input.cursor() {
                cursor = (rows.len() - 1, used);
            }
            if cluster == "\n" {
                rows.push(String::new());
                used = 0;
            } else if let Some(row) = rows.last_mut() {
                row.push_str(cluster);
                used += wide;
            }
            seen += cluster.chars().count();
        }
        if seen == self.input.cursor() {
            cursor = (rows.len() - 1, used);
        }
        (rows, cursor.0, cursor.1)
    }

    /// Draw into `area`, scrolled so that the cursor is seen.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>, focused: bool) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let style = if focused { ink.field() } else { ink.style(Role::Muted) };
        buf.set_style(area, style);
        let (rows, row, column) = self.rows(usize::from(area.width));
        let height = usize::from(area.height);
        let first = (row + 1).saturating_sub(height);
        for (text, y) in rows.iter().skip(first).take(height).zip(area.y..) {
            buf.set_stringn(area.x, y, text, usize::from(area.width), style);
        }
        if focused {
            let x = area.x + u16::try_from(column).unwrap_or(0).min(area.width - 1);
            let y = area.y + u16::try_from(row - first).unwrap_or(0).min(area.height - 1);
            buf[(x, y)].set_style(ink.cursor());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::widgets::picture;

    #[test]
    fn cursor_moves_between_lines_and_keeps_its_column_where_it_can() {
        let mut area = TextArea::with("first\nab\nthird");
        area.up();
        area.edit(InputRequest::InsertChar('X'));
        assert_eq!(area.text(), "first\nabX\nthird");
        area.up();
        area.edit(InputRequest::InsertChar('Y'));
        assert_eq!(area.text(), "firYst\nabX\nthird");
        area.edit(InputRequest::GoToEnd);
        area.edit(InputRequest::InsertChar('!'));
        assert!(area.text().starts_with("firYst!\n"));
        area.down();
        area.down();
        area.down();
        area.edit(InputRequest::InsertChar('.'));
        assert!(area.text().ends_with("third."));
    }

    #[test]
    fn text_is_broken_at_the_edge_and_scrolled_to_the_cursor() {
        let area = TextArea::with("abcdef\ng");
        assert_eq!(picture::of(4, 2, |a, buf| area.draw(a, buf, Ink::for_tests(false), true)), "ef\ng");
        assert_eq!(area.rows(4), (vec!["abcd".into(), "ef".into(), "g".into()], 2, 1));
    }
}
