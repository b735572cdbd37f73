//! Options of this program: compiled-in defaults, then the user's file, then the environment, then flags.
//!
//! Start at [`Settings::load`]. [`reading`] checks a file and reports all its faults at once, [`environment`] is the
//! only place that reads environment variables, [`places`] knows where files are, [`contexts`] keeps named addresses,
//! [`sessions`] keeps tokens and [`webhooks`] reads who is told outside. Flags are laid over by `crate::launch`, which has them.

pub mod contexts;
pub mod environment;
pub mod places;
pub mod reading;
pub mod sessions;
pub mod webhooks;

pub use contexts::{Context, Contexts};
pub use environment::Environment;
pub use places::Places;
pub use reading::{Entry, Fault, Source};
pub use sessions::{Sessions, Stored};
pub use webhooks::{SecretPlace, Webhook};

use std::{collections::BTreeMap, fs, io, path::Path};

use reading::Reader;

use crate::cli::{ColorChoice, Format};

/// The reference: every setting with its default.
pub const REFERENCE: &str = include_str!("../../assets/settings.yaml");

/// All settings, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How data is printed when no flag says so.
    pub output: Format,
    /// When to use colour when no flag says so.
    pub color: ColorChoice,
    /// Patience for one answer, in milliseconds.
    pub timeout_ms: i64,
    /// The console.
    pub console: ConsoleOptions,
    /// The embedded core.
    pub core: CoreOptions,
    /// Every entry with where it came from, by `section.key`.
    pub entries: BTreeMap<String, Entry>,
}

/// How the console begins.
#[derive(Clone, Debug)]
pub struct ConsoleOptions {
    /// Name of a theme, or `auto`.
    pub theme: String,
    /// Name of the first screen.
    pub screen: String,
    /// Times in UTC instead of as ages.
    pub utc: bool,
    /// Only ASCII signs.
    pub ascii: Option<bool>,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Saved filters of the Tickets screen: name and filter, in the order of their tabs.
    pub ticket_views: Vec<(String, String)>,
}

/// What the embedded core goes by.
#[derive(Clone, Debug)]
pub struct CoreOptions {
    /// Environments that count as production.
    pub production: Vec<String>,
    /// Catalog item of automatic tickets.
    pub auto_ticket_item: String,
    /// Wait before an automatic ticket, in milliseconds.
    pub auto_ticket_after_ms: i64,
    /// Wait before a resolved ticket closes, in milliseconds.
    pub close_after_ms: i64,
    /// Expected interval of reports where nothing says otherwise, in milliseconds.
    pub report_every_ms: i64,
    /// See `core.flap_within`.
    pub flap_within_ms: i64,
    /// Cap of new services by key and hour.
    pub new_services_per_hour: u32,
    /// Who is told outside.
    pub webhooks: Vec<Webhook>,
    /// What of this machine and its neighbours may be called all the same.
    pub outbound_allow: Vec<String>,
    /// File with authorities of one's own, believed when somebody is told by https; empty for none.
    pub outbound_ca_file: String,
    /// How long something is tried to be told, in milliseconds.
    pub give_up_after_ms: i64,
    /// How often to look for changed files, in milliseconds.
    pub watch_every_ms: i64,
    /// How long raw history stays on disk, in milliseconds.
    pub history_kept_ms: i64,
    /// Where the daily report's seven o'clock is.
    pub report_zone: jiff::tz::TimeZone,
}

impl Settings {
    /// Read the user's file at `path` over the defaults. A file that is not there is no fault.
    ///
    /// # Errors
    /// Everything that is wrong with the file, at once.
    pub fn load(path: &Path) -> Result<Self, Vec<Fault>> {
        match fs::read_to_string(path) {
            Ok(text) => Self::from_text(Some((&path.display().to_string(), &text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::from_text(None),
            Err(error) => Err(vec![Fault::of_file(&path.display().to_string(), error.to_string())]),
        }
    }

    /// The settings of a file's text over the defaults.
    ///
    /// # Errors
    /// Everything that is wrong with the text, at once.
    pub fn from_text(file: Option<(&str, &str)>) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(REFERENCE, file);
        let settings = Self {
            output: reader.choice("command.output"),
            color: reader.choice("command.color"),
            timeout_ms: reader.length_ms("command.timeout"),
            console: ConsoleOptions {
                theme: reader.word("console.theme"),
                screen: reader.word("console.screen"),
                utc: reader.flag("console.utc"),
                ascii: reader.flag_or_auto("console.ascii"),
                mouse: reader.flag("console.mouse"),
                ticket_views: reader.filters("console.ticket_views"),
            },
            core: CoreOptions {
                production: reader.words("core.production"),
                auto_ticket_item: reader.word("core.auto_ticket_item"),
                auto_ticket_after_ms: reader.length_ms("core.auto_ticket_after"),
                close_after_ms: reader.length_ms("core.close_resolved_after"),
                report_every_ms: reader.length_ms("core.report_every"),
                flap_within_ms: reader.length_ms("core.flap_within"),
                new_services_per_hour: reader.count("core.new_services_per_hour"),
                webhooks: reader.webhooks("core.webhooks"),
                outbound_allow: reader.words("core.outbound_allow"),
                outbound_ca_file: reader.word("core.outbound_ca_file"),
                give_up_after_ms: reader.length_ms("core.give_up_telling_after"),
                watch_every_ms: reader.length_ms("core.watch_every"),
                history_kept_ms: reader.length_ms("core.keep_history"),
                report_zone: reader.zone("core.report_time_zone"),
            },
            entries: BTreeMap::new(),
        };
        let entries = reader.finish()?;
        Ok(Self { entries, ..settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_holds_every_setting_and_nothing_else() {
        let settings = Settings::from_text(None).unwrap();
        assert_eq!(settings.timeout_ms, 30_000);
        assert_eq!(settings.core.close_after_ms, 72 * 3_600_000);
        assert!(settings.entries.values().all(|e| e.used), "a setting that nothing reads: {:?}", settings.entries);
    }

    #[test]
    fn a_file_overrides_only_what_it_names_and_says_where() {
        let settings = Settings::from_text(Some(("mine.yaml", "core:\n  report_every: 5m\n"))).unwrap();
        assert_eq!(settings.core.report_every_ms, 300_000);
        assert_eq!(settings.core.new_services_per_hour, 5000);
        assert_eq!(settings.entries["core.report_every"].source, Source::File { line: 2 });
        assert_eq!(settings.entries["core.production"].source, Source::Default);
    }

    #[test]
    fn a_time_zone_is_one_that_exists() {
        let settings =
            Settings::from_text(Some(("mine.yaml", "core:\n  report_time_zone: Europe/Budapest\n"))).unwrap();
        assert_eq!(settings.core.report_zone.iana_name(), Some("Europe/Budapest"));
        let faults = Settings::from_text(Some(("mine.yaml", "core:\n  report_time_zone: Mars/Olympus\n"))).unwrap_err();
        assert!(faults[0].to_string().starts_with("mine.yaml:2:"), "{}", faults[0]);
    }

    #[test]
    fn all_faults_of_a_file_are_reported_at_once_with_their_lines() {
        let text = "core:\n  report_every: soon\n  new_services_per_hour: -1\n  no_such: 1\nother:\n  x: 1\ncommand:\n  output: pdf\n";
        let faults = Settings::from_text(Some(("mine.yaml", text))).unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 5, "{told:#?}");
        for line in [2, 3, 4, 6, 8] {
            assert!(told.iter().any(|t| t.starts_with(&format!("mine.yaml:{line}:"))), "line {line} in {told:#?}");
        }
    }

    #[test]
    fn saved_filters_keep_their_order_and_one_that_cannot_be_read_is_a_fault() {
        let text = "console:\n  ticket_views:\n    - {name: night, filter: 'is:open group:dba'}\n    - {name: a, filter: 'is:mine'}\n";
        let views = Settings::from_text(Some(("mine.yaml", text))).unwrap().console.ticket_views;
        assert_eq!(views, [("night".into(), "is:open group:dba".into()), ("a".into(), "is:mine".into())]);
        for wrong in ["is:mien", "stauts:open"] {
            let text = format!("console:\n  ticket_views:\n    - {{name: x, filter: '{wrong}'}}\n");
            let faults = Settings::from_text(Some(("mine.yaml", &text))).unwrap_err();
            assert!(faults[0].to_string().contains("did you mean"), "{faults:?}");
        }
        let faults = Settings::from_text(Some(("mine.yaml", "console:\n  ticket_views: [x]\n"))).unwrap_err();
        assert!(faults[0].to_string().contains("name and filter"), "{faults:?}");
    }

    #[test]
    fn text_that_is_not_a_mapping_is_a_fault_and_not_a_default() {
        assert!(Settings::from_text(Some(("mine.yaml", "- a\n- b\n"))).is_err());
        assert!(Settings::from_text(Some(("mine.yaml", "core: [\n"))).is_err());
        assert!(Settings::from_text(Some(("mine.yaml", ""))).is_ok(), "an empty file changes nothing");
    }
}
