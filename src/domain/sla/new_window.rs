//! What somebody asks for when he opens an exclusion window.

use super::WindowScope;
use crate::domain::time::{MINUTE, Timestamp};

/// A beginning so little ago means now: clocks differ, in milliseconds.
const JUST_NOW_MS: i64 = MINUTE;

/// What somebody asks for when he opens one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWindow {
    /// What it takes out.
    pub scope: WindowScope,
    /// From when on; none: from now.
    pub from: Option<Timestamp>,
    /// Until when; none: until it is stopped.
    pub to: Option<WindowEnd>,
    /// Why.
    pub reason: String,
}

/// When a window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowEnd {
    /// At this moment.
    At(Timestamp),
    /// So many milliseconds after it began. Asked for an hour from now on, it is an hour, however long it takes until the
    /// core opens it.
    After(i64),
}

impl WindowEnd {
    /// The end out of a moment or a length in milliseconds, of which at most one is given.
    ///
    /// # Errors
    /// Says so when both are.
    pub const fn given(to: Option<Timestamp>, length_ms: Option<i64>) -> Result<Option<Self>, &'static str> {
        match (to, length_ms) {
            (Some(_), Some(_)) => Err("give `to` or `lengthMs`: a window ends once"),
            (Some(at), None) => Ok(Some(Self::At(at))),
            (None, Some(ms)) => Ok(Some(Self::After(ms))),
            (None, None) => Ok(None),
        }
    }

    /// The moment, for a window that begins at `from`.
    pub const fn of(self, from: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(ms) => from.plus(ms),
        }
    }
}

impl NewWindow {
    /// Whether it asks for a time that is over already, so that it corrects figures.
    pub fn is_for_the_past(&self, now: Timestamp) -> bool {
        self.from.is_some_and(|from| from < now.plus(-JUST_NOW_MS))
    }
}
