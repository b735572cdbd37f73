//! What every fault code means, for people who meet it for the first time.
//!
//! Each explanation has two small examples in our own YAML; lines `# file: path` begin a file. A test reads them all:
//! the wrong one must bring the code, the right one must not. Start at [`FaultCode::explanation`].

mod across;
mod errors;
mod warnings;

use super::{FaultCode, Severity};

/// A fault code, explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// One line.
    pub title: &'static str,
    /// What was found.
    pub meaning: &'static str,
    /// What happens if it stays.
    pub why: &'static str,
    /// What to do.
    pub mend: &'static str,
    /// A small example that brings the code.
    pub wrong: &'static str,
    /// The same, mended.
    pub right: &'static str,
}

impl FaultCode {
    /// What this code means, why it matters and how to mend it.
    pub const fn explanation(self) -> Explanation {
        match self.severity() {
            Severity::Error => errors::explanation(self),
            Severity::Warning => warnings::explanation(self),
        }
    }
}
