//! What was promised and what is left of it. Exact integers: milliseconds and millionths.
//!
//! Start at [`timeline`] (a line of statuses, told anew by `rewriting`), then [`target`] and [`promise`] (what was promised over what),
//! [`measured`] (one service or several as one), [`budget`] (the figures), [`arithmetic`] (how they are made),
//! `rate` (how fast it is spent), `exhausted` (since when nothing is left), `if_down` (when nothing will be, if nobody mends what is down), `slopes`
//! (what both walk over) and [`group`] (several services under one promise, added up by [`merged`] so that a change costs
//! what it touches, from how they stand at each moment: `standing`). [`windows`] says who excludes what, [`new_window`]
//! what is asked for, [`left_open`] what somebody forgot to stop, [`exclusion`] how that is counted, [`results`] keeps
//! what a closed period came to, [`daily`] is the daily report, [`calendar`] whole months, quarters and years.
//! Formulas are in PRODUCT.md 1.3; their source is the SRE Workbook, chapter 5.
//!
//! Everything rounds so that it never flatters: allowances and shares down.

pub mod arithmetic;
pub mod budget;
mod calendar;
pub mod daily;
pub mod exclusion;
mod exhausted;
pub mod group;
mod if_down;
pub mod left_open;
pub mod measured;
pub mod merged;
pub mod new_window;
pub mod promise;
mod rate;
pub mod results;
mod rewriting;
mod slopes;
mod standing;
pub mod target;
pub mod timeline;
pub mod windows;

pub use budget::{Alert, AlertSeverity, Budget, BudgetState, Burn, Exhaustion, WINDOWS, Window};
pub use exclusion::Exclusions;
pub use group::{Aggregation, DeclaredGroup, RetiredGroup, SlaGroup};
pub use measured::{Measured, Member};
pub use merged::Merged;
pub use new_window::{NewWindow, WindowEnd};
pub use promise::Promise;
pub use results::{Correction, Figures, PeriodResult, Restatement, RestatementFilter, ResultPeriod};
pub use target::{Period, Target, Tier};
pub use timeline::{Tally, Timeline};
pub use windows::{ExclusionWindow, WindowPhase, WindowScope};
