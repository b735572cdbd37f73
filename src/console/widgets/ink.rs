//! What widgets draw with: colours for meanings, and a set of signs.

use ratatui::style::{Modifier, Style};

use crate::console::theme::{Glyphs, Role, Theme};

/// A theme and a set of signs.
#[derive(Clone, Copy, Debug)]
pub struct Ink<'a> {
    /// Meanings to colours.
    pub theme: &'a Theme,
    /// Signs.
    pub glyphs: &'a Glyphs,
}

impl Ink<'_> {
    /// The style of a meaning.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Whether only ASCII may be drawn.
    pub const fn ascii(&self) -> bool {
        self.glyphs.full.is_ascii()
    }

    /// A text field: its extent is seen by the line under it.
    pub fn field(&self) -> Style {
        self.style(Role::Text).add_modifier(Modifier::UNDERLINED)
    }

    /// The cell under the cursor of a text field.
    pub fn cursor(&self) -> Style {
        self.style(Role::Text).add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
impl Ink<'static> {
    /// The default theme with one of the sets of signs.
    pub fn for_tests(ascii: bool) -> Self {
        static THEME: std::sync::LazyLock<Theme> = std::sync::LazyLock::new(Theme::default);
        let glyphs = if ascii { &crate::console::theme::ASCII } else { &crate::console::theme::UNICODE };
        Self { theme: &THEME, glyphs }
    }
}
