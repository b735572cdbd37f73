//! A settings file checked against the reference. Every fault is collected; nothing is guessed.

use std::{collections::BTreeMap, fmt};

use clap::ValueEnum;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::Webhook;

type Sections = BTreeMap<String, Option<BTreeMap<String, Spanned<Value>>>>;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The compiled-in reference.
    Default,
    /// The user's file.
    File {
        /// Line, counted from 1.
        line: u64,
    },
}

/// One setting in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As written.
    pub value: Value,
    /// Where it comes from.
    pub source: Source,
    /// Whether the program reads it; all are, or a test fails.
    pub used: bool,
}

/// One thing that is wrong with a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    file: String,
    line: Option<u64>,
    message: String,
}

impl Fault {
    /// A fault of the file as a whole.
    pub fn of_file(file: &str, message: String) -> Self {
        Self { file: file.to_owned(), line: None, message }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Takes typed values out of the layers and collects what is wrong.
pub struct Reader {
    file: String,
    entries: BTreeMap<String, Entry>,
    faults: Vec<Fault>,
}

impl Reader {
    /// The reference with a file's text laid over it.
    pub fn new(reference: &str, file: Option<(&str, &str)>) -> Self {
        let mut reader = Self { file: "settings.yaml".to_owned(), entries: BTreeMap::new(), faults: Vec::new() };
        for (key, _, value) in reader.flat(reference) {
            reader.entries.insert(key, Entry { value, source: Source::Default, used: false });
        }
        if let Some((name, text)) = file {
            reader.file = name.to_owned();
            for (key, line, value) in reader.flat(text) {
                if let Some(entry) = reader.entries.get_mut(&key) {
                    entry.value = value;
                    entry.source = Source::File { line };
                } else {
                    let known = crate::domain::search::nearest(&key, reader.entries.keys().map(String::as_str));
                    let hint = known
                        .map_or("`itops settings show` lists them all".to_owned(), |k| format!("did you mean `{k}`?"));
                    reader.fault(Some(line), format!("`{key}` is not a setting; {hint}"));
                }
            }
        }
        reader
    }

    fn flat(&mut self, text: &str) -> Vec<(String, u64, Value)> {
        if text.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#')) {
            return Vec::new();
        }
        match serde_saphyr::from_str::<Sections>(text) {
            Ok(sections) => sections
                .into_iter()
                .flat_map(|(section, keys)| {
                    keys.unwrap_or_default()
                        .into_iter()
                        .map(move |(key, value)| (format!("{section}.{key}"), value.referenced.line(), value.value))
                })
                .collect(),
            Err(error) => {
                let line = error.location().map(|l| l.line());
                self.fault(line, format!("not a settings file: {}", first_line(&error.to_string())));
                Vec::new()
            }
        }
    }

    fn fault(&mut self, line: Option<u64>, message: String) {
        self.faults.push(Fault { file: self.file.clone(), line, message });
    }

    /// The value of `key` as `read` understands it; what it does not understand is a fault.
    fn take<T: Default>(&mut self, key: &str, wanted: &str, read: impl Fn(&Value) -> Option<T>) -> T {
        let Some(entry) = self.entries.get_mut(key) else {
            self.fault(None, format!("`{key}` is missing from the reference"));
            return T::default();
        };
        entry.used = true;
        let line = match entry.source {
            Source::File { line } => Some(line),
            Source::Default => None,
        };
        if let Some(value) = read(&entry.value) {
            return value;
        }
        // A list may hold addresses that are secrets.
        let given = if entry.value.is_array() { "something else".to_owned() } else { entry.value.to_string() };
        self.fault(line, format!("`{key}` is {given}, but must be {wanted}"));
        T::default()
    }

    /// A length of time, in milliseconds; more than nothing.
    pub fn length_ms(&mut self, key: &str) -> i64 {
        self.take(key, "a length of time such as 30s or 15m", |value| {
            let length = humantime::parse_duration(value.as_str()?).ok()?;
            i64::try_from(length.as_millis()).ok().filter(|ms| *ms > 0)
        })
    }

    /// A whole number from 0.
    pub fn count(&mut self, key: &str) -> u32 {
        self.take(key, "a whole number from 0", |value| value.as_u64().and_then(|n| u32::try_from(n).ok()))
    }

    /// One word or line.
    pub fn word(&mut self, key: &str) -> String {
        self.take(key, "text", |value| value.as_str().map(str::to_owned))
    }

    /// A list of words.
    pub fn words(&mut self, key: &str) -> Vec<String> {
        self.take(key, "a list of words", |value| {
            value.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
        })
    }

    /// Named filters, in their order. One that cannot be read is a fault that says why.
    pub fn filters(&mut self, key: &str) -> Vec<(String, String)> {
        let named: Vec<(String, String)> = self.take(key, "a list of entries with name and filter", |value| {
            let text = |of: &Value, name: &str| of.get(name)?.as_str().map(str::trim).map(clean_line_owned);
            let entry = |of: &Value| {
                let name = text(of, "name").filter(|name| !name.is_empty())?;
                (of.as_object()?.len() == 2).then_some((name, text(of, "filter")?))
            };
            value.as_array()?.iter().map(entry).collect()
        });
        for (name, filter) in &named {
            if let Err(error) = crate::domain::search::Query::parse(filter) {
                let line = match self.entries.get(key).map(|entry| entry.source) {
                    Some(Source::File { line }) => Some(line),
                    _ => None,
                };
                self.fault(line, format!("`{key}`, filter `{name}`: {error}"));
            }
        }
        named
    }

    /// Who is told outside.
    pub fn webhooks(&mut self, key: &str) -> Vec<Webhook> {
        self.take(key, Webhook::WANTED, Webhook::list)
    }

    /// Yes or no.
    pub fn flag(&mut self, key: &str) -> bool {
        self.take(key, "true or false", Value::as_bool)
    }

    /// Yes, no, or none for what suits the place.
    pub fn flag_or_auto(&mut self, key: &str) -> Option<bool> {
        self.take(key, "auto, true or false", |value| match value.as_str() {
            Some("auto") => Some(None),
            _ => value.as_bool().map(Some),
        })
    }

    /// One of a flag's words.
    pub fn choice<T: ValueEnum + Default + Clone>(&mut self, key: &str) -> T {
        // What is hidden in help is a speciality of one command and no choice for all of them.
        let offered = T::value_variants().iter().filter_map(T::to_possible_value).filter(|v| !v.is_hide_set());
        let words: Vec<String> = offered.map(|v| v.get_name().to_owned()).collect();
        self.take(key, &format!("one of {}", words.join(", ")), |value| {
            let word = value.as_str().filter(|word| words.iter().any(|w| w == word))?;
            T::from_str(word, false).ok()
        })
    }

    /// A time zone by its IANA name.
    pub fn zone(&mut self, key: &str) -> jiff::tz::TimeZone {
        let zone = self.take(key, "a time zone such as UTC or Europe/Budapest", |value| {
            jiff::tz::TimeZone::get(value.as_str()?).ok().map(Some)
        });
        zone.unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// Every entry, or every fault.
    pub fn finish(self) -> Result<BTreeMap<String, Entry>, Vec<Fault>> {
        if self.faults.is_empty() { Ok(self.entries) } else { Err(self.faults) }
    }
}

fn clean_line_owned(text: &str) -> String {
    crate::domain::text::clean_line(text).into_owned()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
