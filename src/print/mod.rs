//! The only place that prints while no screen is up.
//!
//! A command makes a [`Sheet`] (columns for people, JSON for programs) and hands it to a [`Printer`], which knows the
//! format asked for and whether colour is wanted. Start at [`Printer::sheet`]. Data goes to standard output, talk to
//! standard error. A reader that goes away ends the output quietly.

pub mod diff;
pub mod plan;
mod rows;
pub mod time;

use std::io::{self, IsTerminal, Write};

pub use rows::paint;

use serde_json::Value;

use crate::{
    cli::{ColorChoice, Format},
    domain::{
        text,
        time::{SECOND, Timestamp},
    },
};

/// What a cell means; decides its colour and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tone {
    /// Plain.
    #[default]
    Plain,
    /// All is well.
    Good,
    /// Someone should look.
    Warn,
    /// Something is broken.
    Bad,
    /// Nobody knows.
    Unsure,
    /// Less important.
    Dim,
}

/// One cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// One line of clean text.
    pub text: String,
    /// What it means.
    pub tone: Tone,
    /// What CSV holds in its place: a time in RFC 3339, or a number in the unit that the column names. None where that is
    /// the text itself.
    pub value: Option<String>,
}

impl Cell {
    /// A cell with a meaning.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { tone, ..Self::from(text) }
    }

    /// A cell with words for people and a value for programs; without a value CSV has an empty field.
    pub fn valued(text: impl Into<String>, value: Option<impl ToString>) -> Self {
        Self { value: Some(value.map_or_else(String::new, |value| value.to_string())), ..Self::from(text) }
    }

    /// A length in milliseconds: `7m 20s`, and whole seconds in a column of those.
    pub fn length(ms: i64) -> Self {
        Self::valued(time::length(ms), Some(ms.div_euclid(SECOND)))
    }

    /// A moment: `7m 20s ago`, and RFC 3339.
    pub fn moment(at: Timestamp, now: Timestamp) -> Self {
        Self::valued(time::ago(at, now), Some(time::rfc3339(at)))
    }

    /// An amount: `512 GiB`, and bytes in a column of those.
    pub fn bytes(count: u64) -> Self {
        Self::valued(time::bytes(count), Some(count))
    }

    /// A share in millionths: `99.95 %`, and the number of it in a column of percents.
    pub fn percent(millionths: u32) -> Self {
        Self::valued(time::percent(millionths), Some(f64::from(millionths) / 10_000.0))
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Heading, in capitals.
    pub head: &'static str,
    /// Whether only `wide` and `csv` show it.
    pub wide: bool,
    /// Whether it holds figures, which stand to the right.
    pub right: bool,
    /// What the figures of CSV are counted in, as its heading says: `left_percent`. Empty where nothing needs to be said.
    pub unit: &'static str,
}

impl Column {
    /// The same with the unit in which CSV counts.
    pub const fn counted_in(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }
}

/// A column for every table.
pub const fn column(head: &'static str) -> Column {
    Column { head, wide: false, right: false, unit: "" }
}

/// A column of figures.
pub const fn figures(head: &'static str) -> Column {
    Column { head, wide: false, right: true, unit: "" }
}

/// A column that only `wide` and `csv` show.
pub const fn wide(head: &'static str) -> Column {
    Column { head, wide: true, right: false, unit: "" }
}

/// Data to print, in every form it can be asked for.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Key under which JSON and YAML carry it, for example `services`.
    pub kind: &'static str,
    /// For programs: a list or one object, times as RFC 3339.
    pub json: Value,
    /// Columns of the table.
    pub columns: Vec<Column>,
    /// Rows of the table; each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// One name for each row.
    pub names: Vec<String>,
    /// Further sections for people, each with its own heading and table. Not part of `csv` and `name`.
    pub more: Vec<(String, Sheet)>,
    /// What to say to people instead of an empty table.
    pub when_empty: &'static str,
}

/// Prints in the format and colour that were asked for.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    format: Format,
    out_color: bool,
    err_color: bool,
}

/// What decides about colour besides the flag.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColorHints {
    /// NO_COLOR is set and not empty.
    pub no_color: bool,
    /// CLICOLOR_FORCE or FORCE_COLOR is set and not 0.
    pub force_color: bool,
    /// TERM=dumb or CLICOLOR=0.
    pub dumb: bool,
}

/// Whether colour is wanted: the flag wins, then NO_COLOR, then the force variables, then the terminal.
pub const fn wants_color(choice: ColorChoice, hints: ColorHints, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if hints.no_color => false,
        ColorChoice::Auto if hints.force_color => true,
        ColorChoice::Auto => terminal && !hints.dumb,
    }
}

impl Printer {
    /// A printer for this process.
    pub fn new(format: Format, choice: ColorChoice, hints: ColorHints) -> Self {
        Self {
            format,
            out_color: wants_color(choice, hints, io::stdout().is_terminal()),
            err_color: wants_color(choice, hints, io::stderr().is_terminal()),
        }
    }

    /// The format asked for.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Whether data goes out for people to read.
    pub const fn for_people(&self) -> bool {
        matches!(self.format, Format::Table | Format::Wide)
    }

    /// Whether colour is wanted on standard output.
    pub const fn colored(&self) -> bool {
        self.out_color
    }

    /// Print `sheet` on standard output.
    ///
    /// # Errors
    /// When standard output cannot be written, other than because its reader went away.
    pub fn sheet(&self, sheet: &Sheet) -> io::Result<()> {
        let text = rows::render(sheet, self.format, self.out_color).map_err(io::Error::other)?;
        if self.for_people() && sheet.rows.is_empty() && sheet.more.is_empty() && !sheet.when_empty.is_empty() {
            self.say(sheet.when_empty);
        }
        self.data(&text)
    }

    /// Print text on standard output as it is.
    ///
    /// # Errors
    /// When standard output cannot be written, other than because its reader went away.
    pub fn data(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush())
    }

    /// Say something to the person in front; goes to standard error.
    pub fn say(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", text::clean_text(line));
    }

    /// Say what went wrong and what to do about it; goes to standard error.
    pub fn error(&self, message: &str, hint: &str) {
        let (start, end) = if self.err_color { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
        let mut err = io::stderr().lock();
        let _ = writeln!(err, "{start}error:{end} {}", text::clean_text(message));
        if !hint.is_empty() {
            let _ = writeln!(err, "  hint: {}", text::clean_text(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_the_environment_and_the_environment_beats_the_terminal() {
        let none = ColorHints::default();
        assert!(wants_color(ColorChoice::Auto, none, true));
        assert!(!wants_color(ColorChoice::Auto, none, false));
        assert!(!wants_color(ColorChoice::Auto, ColorHints { no_color: true, force_color: true, dumb: false }, true));
        assert!(wants_color(ColorChoice::Auto, ColorHints { force_color: true, ..none }, false));
        assert!(!wants_color(ColorChoice::Auto, ColorHints { dumb: true, ..none }, true));
        assert!(wants_color(ColorChoice::Always, ColorHints { no_color: true, ..none }, false));
        assert!(!wants_color(ColorChoice::Never, ColorHints { force_color: true, ..none }, true));
    }
}
