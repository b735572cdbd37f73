//! What was promised and what is left of it. Exact integers: milliseconds and millionths.
//!
//! Start at [`timeline`] (a line of statuses), then [`target`], [`budget`] (the arithmetic of one promise) and
//! [`group`] (several services under one promise). Formulas are in PRODUCT.md 1.3; their source is the SRE
//! Workbook, chapter 5.

pub mod budget;
pub mod group;
pub mod target;
pub mod timeline;

pub use budget::{Alert, AlertSeverity, Budget, BudgetState, Burn, Exhaustion, WINDOWS, Window};
pub use group::{Aggregation, DeclaredGroup, SlaGroup};
pub use target::{Period, Target, Tier};
pub use timeline::{Tally, Timeline};
