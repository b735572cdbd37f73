//! One line of text that is being typed.

use tui_input::{Input, InputRequest};

use ratatui::{layout::Rect, style::Modifier};

use super::{action::Action, paint::Canvas, theme::Role};

/// Longest text that can be typed on one line, in characters.
const LIMIT: usize = 2_000;

/// One line of text with a cursor in it.
#[derive(Clone, Debug, Default)]
pub struct TextInput(Input);

impl TextInput {
    /// A line that holds `text`, cursor at its end.
    pub fn new(text: &str) -> Self {
        Self(Input::new(text.to_owned()))
    }

    /// What is typed.
    pub fn value(&self) -> &str {
        self.0.value()
    }

    /// Type a character.
    pub fn type_char(&mut self, c: char) {
        if !c.is_control() && self.0.value().chars().count() < LIMIT {
            self.0.handle(InputRequest::InsertChar(c));
        }
    }

    /// Put a pasted text in: safe characters only, line ends become blanks.
    pub fn paste(&mut self, text: &str) {
        for c in crate::domain::text::clean_line(text.trim_end()).chars() {
            self.type_char(c);
        }
    }

    /// Handles the movements and deletions of a text line; false when `action` is none of them.
    pub fn edited(&mut self, action: Action) -> bool {
        let request = match action {
            Action::InputLeft => InputRequest::GoToPrevChar,
            Action::InputRight => InputRequest::GoToNextChar,
            Action::InputWordLeft => InputRequest::GoToPrevWord,
            Action::InputWordRight => InputRequest::GoToNextWord,
            Action::InputStart => InputRequest::GoToStart,
            Action::InputEnd => InputRequest::GoToEnd,
            Action::InputBackspace => InputRequest::DeletePrevChar,
            Action::InputDelete => InputRequest::DeleteNextChar,
            Action::InputDeleteWord => InputRequest::DeletePrevWord,
            Action::InputClear => InputRequest::DeleteFromStart,
            _ => return false,
        };
        self.0.handle(request);
        true
    }

    /// Draw it into the first row of `area`, scrolled so that the cursor is in sight.
    pub fn view(&self, area: Rect, canvas: &mut Canvas<'_>) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let room = usize::from(area.width) - 1;
        let scroll = self.0.visual_scroll(room);
        let mut hidden = 0;
        let shown: String = unicode_segmentation::UnicodeSegmentation::graphemes(self.value(), true)
            .skip_while(|part| {
                let skip = hidden < scroll;
                if skip {
                    hidden += super::format::width(part);
                }
                skip
            })
            .collect();
        canvas.text(area, 0, &shown, Role::Text);
        let column = self.0.visual_cursor().saturating_sub(hidden).min(room);
        let x = area.x + u16::try_from(column).unwrap_or(0);
        if let Some(cell) = canvas.buf.cell_mut((x, area.y)) {
            cell.modifier.insert(Modifier::REVERSED);
        }
    }
}
