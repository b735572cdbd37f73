//! Meanings to colours.
//!
//! A theme is a YAML file in `themes/`, compiled in; a user's file of the same shape may change single meanings of
//! one of them. Start at [`Role`]. State is always glyph + word + colour, so a theme never carries meaning alone.

pub mod glyphs;
mod style;

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::domain::{health::Status, sla::BudgetState};

pub use glyphs::Glyphs;

/// Themes that are compiled in, the default first.
pub const BUNDLED: [(&str, &str); 6] = [
    ("terminal", include_str!("../../../themes/terminal.yaml")),
    ("paper", include_str!("../../../themes/paper.yaml")),
    ("dark", include_str!("../../../themes/dark.yaml")),
    ("light", include_str!("../../../themes/light.yaml")),
    ("colorblind", include_str!("../../../themes/colorblind.yaml")),
    ("contrast", include_str!("../../../themes/contrast.yaml")),
];

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What a piece of text means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])* $name,)* }

        impl Role {
            /// Every role with its word in theme files.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, $word),)*];
        }
    };
}

roles! {
    /// The whole screen.
    Canvas = "canvas";
    /// Ordinary text.
    Text = "text";
    /// Less important text.
    Muted = "muted";
    /// Headings.
    Title = "title";
    /// Lines between panels.
    Rule = "rule";
    /// What draws the eye without being good or bad.
    Accent = "accent";
    /// A key to press.
    Key = "key";
    /// The row under the cursor.
    Selection = "selection";
    /// A marked row.
    Marked = "marked";
    /// What matched a search.
    Match = "match";
    /// The mark of production.
    Production = "production";
    /// The mark of a session that cannot write.
    ReadOnly = "readonly";
    /// The mark of made-up history.
    Simulated = "simulated";
    /// OPERATIONAL.
    Operational = "operational";
    /// DEGRADED.
    Degraded = "degraded";
    /// DOWN.
    Down = "down";
    /// UNKNOWN.
    Unknown = "unknown";
    /// MAINTENANCE.
    Maintenance = "maintenance";
    /// Kept, allowed, added.
    Good = "good";
    /// Near a limit, warning, changed.
    Caution = "caution";
    /// Broken, refused, removed, error.
    Bad = "bad";
    /// News.
    Info = "info";
}

impl Role {
    /// The role of a status.
    pub const fn of_status(status: Status) -> Self {
        match status {
            Status::Operational => Self::Operational,
            Status::Maintenance => Self::Maintenance,
            Status::Unknown => Self::Unknown,
            Status::Degraded => Self::Degraded,
            Status::Down => Self::Down,
        }
    }

    /// The role of a budget's state.
    pub const fn of_budget(state: BudgetState) -> Self {
        match state {
            BudgetState::Met => Self::Good,
            BudgetState::Insufficient => Self::Unknown,
            BudgetState::AtRisk => Self::Caution,
            BudgetState::Breached => Self::Bad,
        }
    }

    /// Those that say how something is.
    const STATES: [Self; 8] = [
        Self::Operational,
        Self::Degraded,
        Self::Down,
        Self::Unknown,
        Self::Maintenance,
        Self::Good,
        Self::Caution,
        Self::Bad,
    ];

    /// Whether this role says how something is: such colours go when what they say may be old.
    fn says_state(self) -> bool {
        Self::STATES.contains(&self)
    }
}

/// A style for each meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: Vec<Style>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    base: Option<String>,
    #[serde(default)]
    #[allow(dead_code, reason = "for readers of the file")]
    about: Option<String>,
    #[serde(default)]
    styles: BTreeMap<String, String>,
}

impl Default for Theme {
    fn default() -> Self {
        Self::bundled("terminal")
            .unwrap_or_else(|| Self { name: "terminal".to_owned(), styles: vec![Style::new(); Role::ALL.len()] })
    }
}

impl Theme {
    /// A theme that is compiled in.
    pub fn bundled(name: &str) -> Option<Self> {
        let (_, text) = BUNDLED.iter().find(|(known, _)| *known == name)?;
        Self::parse(name, text).ok()
    }

    /// The theme of a file. Meanings it does not name come from its `base`, else from `terminal`.
    ///
    /// # Errors
    /// Every fault of the file, one line each.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<String>> {
        let file: File = serde_yaml::from_str(text).map_err(|e| vec![format!("theme {name}: {e}")])?;
        let mut faults = Vec::new();
        let mut styles = match file.base.as_deref() {
            Some(base) => Self::bundled(base).map_or_else(
                || {
                    faults.push(format!("theme {name}: there is no theme `{base}`"));
                    vec![Style::new(); Role::ALL.len()]
                },
                |theme| theme.styles,
            ),
            None if name == "terminal" => vec![Style::new(); Role::ALL.len()],
            None => Self::default().styles,
        };
        for (word, written) in &file.styles {
            match (Role::ALL.iter().position(|(_, w)| w == word), style::parse(written)) {
                (Some(index), Ok(parsed)) => styles[index] = parsed,
                (None, _) => faults.push(format!("theme {name}: there is no meaning `{word}`")),
                (_, Err(reason)) => faults.push(format!("theme {name}: {word}: {reason}")),
            }
        }
        if faults.is_empty() { Ok(Self { name: name.to_owned(), styles }) } else { Err(faults) }
    }

    /// The same without colours: bold, reverse and underline stay, and what was told apart by its background alone is
    /// reversed.
    #[must_use]
    pub fn without_colour(mut self) -> Self {
        for style in &mut self.styles {
            let painted = style.bg.is_some_and(|bg| bg != Color::Reset);
            style.fg = None;
            style.bg = None;
            if painted {
                *style = style.add_modifier(Modifier::REVERSED);
            }
        }
        // A painted canvas would turn the whole screen around.
        self.styles[Role::Canvas as usize] = Style::new();
        self
    }

    /// The style of a meaning.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The style of a meaning when what is shown may be old: nothing may then look good, or bad.
    pub fn old(&self, role: Role) -> Style {
        self.style(if role.says_state() { Role::Muted } else { role })
    }

    /// What a text in `style` looks like in the row under the cursor, where its colour says how something is: that becomes
    /// its ground, with the canvas as its ink, which every theme can be read in. None where it has the look of the cursor.
    pub fn state_under_cursor(&self, style: Style) -> Option<Style> {
        let look = |style: Style| (style.fg, style.add_modifier.contains(Modifier::BOLD));
        let has_colour = style.fg.is_some_and(|fg| fg != Color::Reset && Some(fg) != self.style(Role::Text).fg);
        let says_state = has_colour && Role::STATES.iter().any(|role| look(self.style(*role)) == look(style));
        let ink = self.style(Role::Canvas).bg.unwrap_or(Color::Reset);
        says_state.then(|| style.bg(ink).add_modifier(Modifier::REVERSED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_theme_names_every_meaning() {
        for (name, text) in BUNDLED {
            let theme = Theme::parse(name, text).unwrap_or_else(|faults| panic!("{faults:?}"));
            assert_eq!(theme.name, name);
            for (_, word) in Role::ALL {
                assert!(text.contains(&format!("\n  {word}:")), "{name} leaves out {word}");
            }
        }
    }

    #[test]
    fn the_default_theme_paints_no_background() {
        let theme = Theme::default();
        assert_eq!(theme.style(Role::Canvas).bg, None);
        for role in [Role::Text, Role::Down, Role::Selection, Role::Muted] {
            assert_eq!(theme.style(role).bg, None, "{role:?}");
        }
    }

    #[test]
    fn on_paper_nothing_is_painted_and_nothing_is_told_by_a_colour_that_is_weak_on_white() {
        let paper = Theme::bundled("paper").unwrap();
        for (role, word) in Role::ALL {
            let style = paper.style(*role);
            if style.bg.is_none() {
                let is_strong =
                    matches!(style.fg, None | Some(Color::Red | Color::Blue | Color::Magenta | Color::DarkGray));
                assert!(is_strong, "{word}: {style:?}");
            }
        }
        assert_eq!(paper.style(Role::Canvas), Style::new());
    }

    #[test]
    fn without_colour_the_selection_and_the_marks_stay_visible() {
        for (name, _) in BUNDLED {
            let theme = Theme::bundled(name).unwrap().without_colour();
            for (role, word) in Role::ALL {
                let style = theme.style(*role);
                assert_eq!((style.fg, style.bg), (None, None), "{name} {word}");
            }
            for role in [Role::Selection, Role::Production, Role::ReadOnly] {
                assert!(theme.style(role).add_modifier.contains(Modifier::REVERSED), "{name} {role:?}");
            }
        }
    }

    #[test]
    fn a_state_keeps_its_colour_under_the_cursor_and_stands_out_of_the_row_in_every_theme() {
        for (name, _) in BUNDLED {
            let theme = Theme::bundled(name).unwrap();
            let row = theme.style(Role::Selection);
            assert_eq!(theme.state_under_cursor(theme.style(Role::Text)), None, "{name}");
            assert_eq!(theme.state_under_cursor(theme.style(Role::Muted)), None, "{name}");
            for role in [Role::Down, Role::Degraded, Role::Unknown, Role::Bad, Role::Caution] {
                let own = theme.style(role);
                let state = theme.state_under_cursor(own).unwrap_or_else(|| panic!("{name} {role:?}"));
                assert_eq!(state.fg, own.fg, "{name} {role:?}");
                assert!(state.add_modifier.contains(Modifier::REVERSED), "{name} {role:?}");
                let ground =
                    |style: Style| if style.add_modifier.contains(Modifier::REVERSED) { style.fg } else { style.bg };
                assert_ne!(ground(state), ground(row), "{name} {role:?}");
            }
        }
    }

    #[test]
    fn without_colour_the_row_under_the_cursor_is_one_thing() {
        let theme = Theme::default().without_colour();
        assert_eq!(theme.state_under_cursor(theme.style(Role::Down)), None);
    }

    #[test]
    fn nothing_old_looks_good() {
        let theme = Theme::default();
        assert_eq!(theme.old(Role::Operational), theme.style(Role::Muted));
        assert_eq!(theme.old(Role::Good), theme.style(Role::Muted));
        assert_eq!(theme.old(Role::Production), theme.style(Role::Production));
    }

    #[test]
    fn every_fault_of_a_theme_is_reported() {
        let faults = Theme::parse("mine", "styles: {txt: red, down: rad, muted: 'dim #zzz'}").unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
