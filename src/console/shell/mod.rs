//! The impure ring: everything that waits, reads, writes or draws for the console.
//!
//! [`run`] is the door. [`runtime`] is the loop: take what waits, update, draw once. [`terminal`] is the only writer while
//! the screen is up. [`input`] turns terminal events into messages and watches for a terminal that goes away; [`signals`]
//! says when to leave; [`effects`] and [`follow`] talk to the core; [`editor`] lends the terminal to another program.

mod editor;
mod effects;
mod follow;
mod input;
mod prefs;
mod runtime;
mod signals;
mod terminal;

use std::path::PathBuf;

use crate::{
    client::Client,
    console::{settings::ConsoleSettings, state::Session},
    world::World,
};

pub use editor::words as editor_words;
pub use prefs::Prefs;
pub use runtime::run;

/// What a console needs to begin.
pub struct Start {
    /// Calls the core. Made read-only where the session is.
    pub client: Client,
    /// Who looks at what.
    pub session: Session,
    /// How it is set up.
    pub settings: ConsoleSettings,
    /// Where choices made on the screen are kept for the next session, if anywhere.
    pub prefs: Option<PathBuf>,
    /// The user's editor: the program and its arguments.
    pub editor: Vec<String>,
    /// Time and chance.
    pub world: World,
}

/// Why the console ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The user quit.
    Quit,
    /// A signal came.
    Signal(i32),
    /// The terminal went away.
    HungUp,
    /// A task panicked; its report was printed after the terminal was restored.
    Panicked,
}

impl Exit {
    /// The exit code for it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Quit => 0,
            // At most 64 signals exist.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Self::Signal(number) => 128 + number as u8,
            Self::HungUp => 129,
            Self::Panicked => 101,
        }
    }
}
