//! How services are: status, who said so and when, silence, storage and backups.
//!
//! Start at [`status`], then [`service`]. [`rollup`] says how a node is and which leaf explains it;
//! [`staleness`] turns silence into UNKNOWN; [`report`] is what a reporter may send.

pub mod report;
pub mod rollup;
pub mod service;
pub mod staleness;
pub mod status;

pub use rollup::{Counted, RollUp};
pub use service::{Backup, BackupOutcome, Dependency, Health, Origin, Service, Silence, Storage, StorageState};
pub use status::{Counts, Criticality, Status};
