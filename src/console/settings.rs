//! How the console is set up, and the options that follow. Reading files is somebody else's work: texts come in here.

use super::{
    filter::SavedFilter,
    keymap::Keymap,
    place::ScreenId,
    state::{Options, Times},
    theme::{BUNDLED, Theme, glyphs},
};

/// Settings of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleSettings {
    /// Name of a theme: bundled, or one of `themes`. None where nobody chose one.
    pub theme: Option<String>,
    /// Whether the terminal said that its background is light.
    pub is_light: bool,
    /// The user's own themes: name and text.
    pub themes: Vec<(String, String)>,
    /// The user's own key bindings.
    pub keymap: Option<String>,
    /// Whether colours are used at all; bold and reverse are, either way.
    pub colour: bool,
    /// Only ASCII signs.
    pub ascii: bool,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Whether times are shown in UTC and not as ages.
    pub utc: bool,
    /// Saved filters of the Tickets screen: name and filter, in the order of their tabs.
    pub views: Vec<(String, String)>,
    /// The screen to begin with.
    pub screen: ScreenId,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            theme: None,
            is_light: false,
            themes: Vec::new(),
            keymap: None,
            colour: true,
            ascii: false,
            mouse: true,
            utc: false,
            views: Vec::new(),
            screen: ScreenId::Pulse,
        }
    }
}

impl ConsoleSettings {
    /// The options these settings make.
    ///
    /// # Errors
    /// Every fault of themes and keys at once, one line each.
    pub fn options(&self) -> Result<Options, Vec<String>> {
        let mut faults = Vec::new();
        let bundled = BUNDLED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let mut themes: Vec<Theme> = Vec::new();
        for (name, text) in bundled.chain(self.themes.iter().cloned()) {
            match Theme::parse(&name, &text) {
                Ok(theme) => {
                    // A user's theme of a bundled name takes its place.
                    themes.retain(|known| known.name != name);
                    themes.push(if self.colour { theme } else { theme.without_colour() });
                }
                Err(more) => faults.extend(more),
            }
        }
        let wanted = self.theme.as_deref().unwrap_or(if self.is_light { "paper" } else { "terminal" });
        let chosen = themes.iter().position(|theme| theme.name == wanted);
        if chosen.is_none() {
            let known: Vec<&str> = themes.iter().map(|theme| theme.name.as_str()).collect();
            faults.push(format!("there is no theme `{wanted}`; there are {}", known.join(", ")));
        }
        let own: Vec<&str> = self.keymap.as_deref().into_iter().collect();
        match (Keymap::load(&own), chosen) {
            (Ok(keymap), Some(chosen)) if faults.is_empty() => Ok(Options {
                themes,
                chosen,
                glyphs: if self.ascii { glyphs::ASCII } else { glyphs::UNICODE },
                keymap,
                views: self.views.iter().map(|(name, filter)| SavedFilter::new(name, filter)).collect(),
                times: if self.utc { Times::Utc } else { Times::Ages },
            }),
            (loaded, _) => {
                faults.extend(loaded.err().unwrap_or_default());
                Err(faults)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_come_at_once() {
        let settings = ConsoleSettings {
            theme: Some("nightfall".to_owned()),
            keymap: Some("quit: [j]".to_owned()),
            themes: vec![("mine".to_owned(), "styles: {down: octarine}".to_owned())],
            ..ConsoleSettings::default()
        };
        let faults = settings.options().unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
    }

    #[test]
    fn a_light_background_has_paper_unless_somebody_chose_a_theme() {
        let theme = |theme: Option<&str>, is_light| {
            let settings = ConsoleSettings { theme: theme.map(str::to_owned), is_light, ..ConsoleSettings::default() };
            settings.options().unwrap().theme().name.clone()
        };
        assert_eq!((theme(None, false).as_str(), theme(None, true).as_str()), ("terminal", "paper"));
        assert_eq!(theme(Some("terminal"), true), "terminal");
        assert_eq!(theme(Some("dark"), true), "dark");
    }

    #[test]
    fn an_own_theme_takes_the_place_of_a_bundled_one() {
        let settings = ConsoleSettings {
            theme: Some("dark".to_owned()),
            themes: vec![("dark".to_owned(), "base: light".to_owned())],
            ..ConsoleSettings::default()
        };
        let options = settings.options().unwrap();
        let light = Theme::bundled("light").unwrap();
        assert_eq!(
            options.theme().style(super::super::theme::Role::Text),
            light.style(super::super::theme::Role::Text)
        );
        assert_eq!(options.themes.len(), BUNDLED.len());
    }
}
