//! The live link. [`frames`] are the messages (pure), [`session`] decides what to do (pure), [`socket`] does it.

pub mod frames;
pub mod session;
pub mod socket;

use crate::domain::change::Change;

/// What a listener learns.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// The link stands; changes follow from where we were.
    Connected,
    /// The next change of the log, in order, each once.
    Change(Change),
    /// A sign of life, and nothing is behind.
    Beat,
    /// What we know is this old.
    Lagging {
        /// How far behind, in milliseconds.
        ms: i64,
        /// Whether it is a message of the core that came late; else nothing came, and this is how long already.
        heard: bool,
    },
    /// Two beats did not come.
    Stale,
    /// The link is down; it comes back by itself.
    Offline {
        /// Why, in words.
        reason: String,
        /// When the next try is made, in milliseconds.
        retry_in_ms: i64,
    },
    /// The log cannot be followed from where we were: take a new snapshot. The last event.
    Resync {
        /// Why, in words.
        why: String,
    },
}
