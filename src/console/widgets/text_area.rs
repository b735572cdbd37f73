//! Several lines of text that somebody types: comments and descriptions.

use ratatui::{buffer::Buffer, layout::Rect};
use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::{
    console::{
        action::Action,
        theme::Role,
        widgets::{fit, ink::Ink},
    },
    domain::tickets::act::TEXT_LIMIT,
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

    /// Type a character.
    pub fn type_char(&mut self, c: char) {
        if !c.is_control() {
            self.insert(c);
        }
    }

    /// Begin a new line.
    pub fn new_line(&mut self) {
        self.insert('\n');
    }

    /// Put in text that was pasted: cleaned, its lines kept.
    ///
    /// # Errors
    /// When it would be longer than the core takes; then nothing of it is put in.
    pub fn paste(&mut self, text: &str) -> Result<(), String> {
        let text = crate::domain::text::clean_text(text.trim_end());
        let whole = self.text().len() + text.len();
        if whole > TEXT_LIMIT {
            return Err(format!("with what was pasted the text has {whole} bytes; the limit is {TEXT_LIMIT}"));
        }
        let at = self.input.cursor();
        let byte = self.text().char_indices().nth(at).map_or(self.text().len(), |(byte, _)| byte);
        let mut joined = self.text().to_owned();
        joined.insert_str(byte, &text);
        self.input = Input::new(joined).with_cursor(at + text.chars().count());
        Ok(())
    }

    /// How many rows of `width` cells it takes.
    pub fn height(&self, width: usize) -> usize {
        self.rows(width).0.len()
    }

    fn insert(&mut self, c: char) {
        if self.text().len() + c.len_utf8() <= TEXT_LIMIT {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Handles the movements and deletions of a text; false when `action` is none of them.
    pub fn edited(&mut self, action: Action) -> bool {
        let request = match action {
            Action::InputLeft => InputRequest::GoToPrevChar,
            Action::InputRight => InputRequest::GoToNextChar,
            Action::InputWordLeft => InputRequest::GoToPrevWord,
            Action::InputWordRight => InputRequest::GoToNextWord,
            Action::InputStart => InputRequest::SetCursor(self.line_span().0),
            Action::InputEnd => InputRequest::SetCursor(self.line_span().1),
            Action::InputBackspace => InputRequest::DeletePrevChar,
            Action::InputDelete => InputRequest::DeleteNextChar,
            Action::InputDeleteWord => InputRequest::DeletePrevWord,
            Action::InputClear => return self.clear_line(),
            Action::DialogUp => return self.up(),
            Action::DialogDown => return self.down(),
            _ => return false,
        };
        self.input.handle(request);
        true
    }

    /// Rub out from the cursor to the start of its line.
    fn clear_line(&mut self) -> bool {
        let start = self.line_span().0;
        while self.input.cursor() > start {
            self.input.handle(InputRequest::DeletePrevChar);
        }
        true
    }

    /// One line up.
    fn up(&mut self) -> bool {
        let (start, _) = self.line_span();
        let column = self.input.cursor() - start;
        if start == 0 {
            return self.set_cursor(0);
        }
        self.set_cursor(start - 1);
        let (start, end) = self.line_span();
        self.set_cursor((start + column).min(end))
    }

    /// One line down.
    fn down(&mut self) -> bool {
        let (start, end) = self.line_span();
        let column = self.input.cursor() - start;
        if end == self.text().chars().count() {
            return self.set_cursor(end);
        }
        self.set_cursor(end + 1);
        let (start, end) = self.line_span();
        self.set_cursor((start + column).min(end))
    }

    fn set_cursor(&mut self, at: usize) -> bool {
        self.input.handle(InputRequest::SetCursor(at));
        true
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
        area.edited(Action::DialogUp);
        area.type_char('X');
        assert_eq!(area.text(), "first\nabX\nthird");
        area.edited(Action::DialogUp);
        area.type_char('Y');
        assert_eq!(area.text(), "firYst\nabX\nthird");
        area.edited(Action::InputEnd);
        area.type_char('!');
        assert!(area.text().starts_with("firYst!\n"));
        area.edited(Action::InputClear);
        assert!(area.text().starts_with("\nabX"));
        for _ in 0..3 {
            area.edited(Action::DialogDown);
        }
        area.type_char('.');
        assert!(area.text().ends_with("third."));
    }

    #[test]
    fn a_text_never_grows_past_what_the_core_takes() {
        let mut area = TextArea::with(&"x".repeat(TEXT_LIMIT - 1));
        area.type_char('a');
        area.type_char('b');
        assert_eq!(area.text().len(), TEXT_LIMIT);
        let mut area = TextArea::with("kept");
        let said = area.paste(&"x".repeat(1 << 20)).unwrap_err();
        assert!(said.contains("1048580") && said.contains("65536"), "{said}");
        assert_eq!(area.text(), "kept", "half of a text is worse than none of it");
    }

    #[test]
    fn pasted_text_goes_where_the_cursor_stands() {
        let mut area = TextArea::with("äc");
        area.edited(Action::InputLeft);
        area.paste("b\r\nb\u{202e}\n").unwrap();
        area.type_char('!');
        assert_eq!(area.text(), "äb\nb\u{fffd}!c");
    }

    #[test]
    fn text_is_broken_at_the_edge_and_scrolled_to_the_cursor() {
        let area = TextArea::with("abcdef\ng");
        assert_eq!(picture::of(4, 2, |a, buf| area.draw(a, buf, Ink::for_tests(false), true)), "ef\ng");
        assert_eq!(area.rows(4), (vec!["abcd".into(), "ef".into(), "g".into()], 2, 1));
    }
}
