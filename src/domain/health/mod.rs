//! How services are: status, who said so and when, silence, storage and backups.
//!
//! Start at [`status`], then [`service`]. [`rollup`] says how a node is and which leaf explains it;
//! [`staleness`] turns silence into UNKNOWN, [`late`] places what came after it and [`reporter`] names who is silent; [`incident`] derives times of trouble
//! from a status line and [`impact`] says what they come from and whom they hurt; [`duty`] puts storages and backups in
//! order; [`report`] is what a reporter may send, [`clock_skew`] what that says of its clock.

pub mod clock_skew;
pub mod duty;
pub mod impact;
pub mod incident;
pub mod late;
pub mod report;
pub mod reporter;
pub mod rollup;
pub mod service;
pub mod services;
pub mod staleness;
pub mod status;

pub use impact::{Needs, Reached};
pub use incident::Trouble;
pub use rollup::{Counted, RollUp};
pub use service::{Backup, BackupOutcome, Dependency, Health, Origin, Service, Silence, Storage, StorageState};
pub use services::Services;
pub use status::{Counts, Criticality, Status};
