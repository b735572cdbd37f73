//! One line of text that somebody types.

use ratatui::{buffer::Buffer, layout::Rect};
use tui_input::{Input, InputRequest};

use crate::console::{
    theme::Role,
    widgets::{fit, ink::Ink},
};

/// A line of text and where its cursor stands.
#[derive(Clone, Debug, Default)]
pub struct TextInput {
    input: Input,
}

impl PartialEq for TextInput {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.input.cursor() == other.input.cursor()
    }
}

impl TextInput {
    /// A field that already holds `text`, the cursor at its end.
    pub fn with(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()) }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Do one edit. Whether the text changed.
    pub fn edit(&mut self, request: InputRequest) -> bool {
        self.input.handle(request).is_some_and(|changed| changed.value)
    }

    /// Put in text that was pasted: cleaned, in one line.
    pub fn paste(&mut self, text: &str) {
        for c in crate::domain::text::clean_line(text.trim_end_matches(['\r', '\n'])).chars() {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Draw into the first line of `area`; the cursor is a reversed cell, so that it shows without a terminal's own.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>, focused: bool) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let width = usize::from(area.width);
        let scroll = self.input.visual_scroll(width.saturating_sub(1));
        let style = if focused { ink.field() } else { ink.style(Role::Muted) };
        buf.set_style(Rect { height: 1, ..area }, style);
        let mut before = 0;
        let shown: String = self
            .text()
            .chars()
            .skip_while(|c| {
                let skip = before < scroll;
                before += fit::cells(c.encode_utf8(&mut [0; 4]));
                skip
            })
            .collect();
        buf.set_stringn(area.x, area.y, &shown, width, style);
        if focused {
            let at = self.input.visual_cursor().saturating_sub(scroll).min(width - 1);
            let x = area.x + u16::try_from(at).unwrap_or(0);
            buf[(x, area.y)].set_style(ink.cursor());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::widgets::picture;

    #[test]
    fn a_long_text_scrolls_so_that_its_cursor_is_seen() {
        let field = TextInput::with("acme/shop/prod/eu-1/checkout");
        let drawn = picture::of(9, 1, |area, buf| field.draw(area, buf, Ink::for_tests(false), true));
        assert_eq!(drawn, "checkout");
    }

    #[test]
    fn pasted_lines_become_one_clean_line() {
        let mut field = TextInput::default();
        field.paste("a\u{1b}[31m\nb\n");
        assert_eq!(field.text(), "a\u{fffd}[31m b");
    }
}
