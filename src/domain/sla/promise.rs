//! What exactly was promised: how much, over what, and what does not count.

use super::{Exclusions, Period, Target};

/// One promise, ready to be held against a record.
#[derive(Clone, Copy, Debug)]
pub struct Promise<'a> {
    /// How much.
    pub target: Target,
    /// Over what.
    pub period: Period,
    /// Windows that count for neither.
    pub exclusions: &'a Exclusions,
    /// Whether maintenance that a reporter declares itself counts as down (`selfDeclaredMaintenance: down`).
    pub maintenance_is_down: bool,
}

impl Promise<'static> {
    /// A promise without windows, under which self-declared maintenance counts for neither.
    pub const fn new(target: Target, period: Period) -> Self {
        Self { target, period, exclusions: Exclusions::NONE, maintenance_is_down: false }
    }
}
