//! What widgets draw with: colours for meanings, and a set of signs.

use ratatui::style::{Modifier, Style};

use crate::console::{
    paint::Canvas,
    theme::{Glyphs, Role, Theme},
};

/// A theme and a set of signs.
#[derive(Clone, Copy, Debug)]
pub struct Ink<'a> {
    /// Meanings to colours.
    pub theme: &'a Theme,
    /// Signs.
    pub glyphs: &'a Glyphs,
    /// Whether what is shown may be old.
    pub old: bool,
}

impl<'a> Ink<'a> {
    /// What `canvas` draws with.
    pub const fn of(canvas: &Canvas<'a>) -> Self {
        Self { theme: canvas.theme, glyphs: canvas.glyphs, old: canvas.old }
    }
}

impl Ink<'_> {
    /// The style of a meaning here and now.
    pub fn style(&self, role: Role) -> Style {
        if self.old { self.theme.old(role) } else { self.theme.style(role) }
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
        use crate::console::theme::glyphs;
        static THEME: std::sync::LazyLock<Theme> = std::sync::LazyLock::new(Theme::default);
        let glyphs = if ascii { &glyphs::ASCII } else { &glyphs::UNICODE };
        Self { theme: &THEME, glyphs, old: false }
    }
}
