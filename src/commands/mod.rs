//! The commands: each reads its arguments, asks the client, and hands a sheet to the printer.
//!
//! Start at [`Invocation`], what every command is given, and [`Trouble`], how a command ends badly. One file by noun;
//! `target` decides which core is meant, `prompt` is the only place that asks questions.

pub mod access;
pub mod ack;
pub mod activity;
pub mod budget;
pub mod console;
pub mod context;
#[cfg(feature = "server")]
pub mod demo;
pub mod gitops;
pub mod holdings;
pub mod prompt;
pub mod report;
#[cfg(feature = "server")]
mod repository;
#[cfg(feature = "server")]
pub mod serve;
pub mod service;
pub mod settings;
pub mod stop;
pub mod stream;
pub mod target;
pub mod template;
pub mod ticket;
#[cfg(feature = "server")]
pub mod watch;
pub mod window;

use std::{fmt, io};

use crate::{
    cli::Globals,
    client::{ApiError, Kind},
    domain::refusal::Refusal,
    print::{Printer, Sheet},
    settings::{Environment, Places, Settings},
    world::World,
};

/// What every command is given.
pub struct Invocation {
    /// Flags of every command.
    pub globals: Globals,
    /// Options in force.
    pub settings: Settings,
    /// The environment as it was at the start.
    pub environment: Environment,
    /// Where files are.
    pub places: Places,
    /// The way out.
    pub printer: Printer,
    /// Time and chance.
    pub world: World,
}

/// How a process of this program ends badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It failed, or faults were found.
    Failed,
    /// It was called in a way that makes no sense, or would have to ask.
    Usage,
    /// The person said no.
    Declined,
    /// Not signed in, or not allowed.
    Denied,
    /// Some of it was done and some was not.
    Partly,
    /// The object changed, or a rule refused the move.
    Conflict,
    /// The core cannot be reached or does not answer.
    Unreachable,
    /// There is no such object.
    NotFound,
    /// Something would change, and the caller asked to be told by the exit code.
    Differs,
    /// Ctrl-C.
    Interrupted,
    /// The console was ended by a signal or a panic; its own code.
    Console(u8),
}

impl Exit {
    /// The documented code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Declined => 3,
            Self::Denied => 4,
            Self::Partly => 5,
            Self::Conflict => 6,
            Self::Unreachable => 7,
            Self::NotFound => 8,
            Self::Differs => 10,
            Self::Interrupted => 130,
            Self::Console(code) => code,
        }
    }
}

/// Why a command did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The exit code.
    pub exit: Exit,
    /// What happened; empty when everything has been said already.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

impl Trouble {
    /// Trouble with its exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: String::new() }
    }

    /// Trouble that only has its message.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ApiError> for Trouble {
    fn from(error: ApiError) -> Self {
        let exit = match error.kind {
            Kind::Unauthenticated | Kind::Forbidden | Kind::ReadOnly => Exit::Denied,
            Kind::NotFound => Exit::NotFound,
            Kind::Conflict | Kind::Refused(_) => Exit::Conflict,
            Kind::Unreachable | Kind::TimedOut | Kind::Unknown => Exit::Unreachable,
            Kind::Invalid | Kind::TooMany { .. } | Kind::Protocol | Kind::Fault => Exit::Failed,
        };
        let message = match (&error.kind, &error.request_id) {
            (Kind::Fault, Some(id)) => format!("{error}, request {id}"),
            _ => error.to_string(),
        };
        Self { exit, message, hint: error.hint }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        let mut error = ApiError::new(Kind::from_code(refusal.code.word(), 200, None), refusal.reason);
        error.hint.clear();
        error.into()
    }
}

/// What printing can fail with. A reader that went away is no trouble: the output was not wanted any more.
fn printed(result: io::Result<()>) -> Result<(), Trouble> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Trouble::failed(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

impl Invocation {
    /// Print a sheet.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print(&self, sheet: &Sheet) -> Result<(), Trouble> {
        printed(self.printer.sheet(sheet))
    }

    /// Print text as it is.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print_text(&self, text: &str) -> Result<(), Trouble> {
        printed(self.printer.data(text))
    }

    /// How long one answer may take, in milliseconds.
    pub fn timeout_ms(&self) -> u64 {
        let given = self.globals.timeout.map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX));
        given.unwrap_or_else(|| u64::try_from(self.settings.timeout_ms).unwrap_or(30_000)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::RefusalCode;

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let code = |kind| Trouble::from(ApiError::new(kind, "x")).exit.code();
        assert_eq!(code(Kind::Unauthenticated), 4);
        assert_eq!(code(Kind::Forbidden), 4);
        assert_eq!(code(Kind::ReadOnly), 4);
        assert_eq!(code(Kind::Conflict), 6);
        assert_eq!(code(Kind::Refused(RefusalCode::ForbiddenTransition)), 6);
        assert_eq!(code(Kind::Unreachable), 7);
        assert_eq!(code(Kind::TimedOut), 7);
        assert_eq!(code(Kind::Unknown), 7);
        assert_eq!(code(Kind::NotFound), 8);
        assert_eq!(code(Kind::Fault), 1);
        assert_eq!(code(Kind::Refused(RefusalCode::Unchanged)), 6);
        assert_eq!(Exit::Partly.code(), 5);
        assert_eq!((Exit::Usage.code(), Exit::Declined.code(), Exit::Interrupted.code()), (2, 3, 130));
    }

    #[test]
    fn a_broken_pipe_is_no_trouble_and_a_full_disk_is() {
        assert!(printed(Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(printed(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
