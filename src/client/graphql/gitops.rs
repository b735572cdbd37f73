//! The repository, and the log.

use serde::Deserialize;

use crate::client::wire::{
    change::ChangeShape,
    gitops::{IndexShape, SourceFileShape},
};

macro_rules! declared_fragments {
    () => {
        "fragment PlaceFields on Place { file line column endLine } \
         fragment DeclaredFields on Declared { kind name displayName place { ...PlaceFields } summary } \
         fragment FaultFields on Fault { place { ...PlaceFields } code message hint } "
    };
}

/// Everything declared.
pub const DECLARED: &str = concat!(
    declared_fragments!(),
    "query Declared { declared { revision commit { id author at subject } files { path recognised lines } ",
    "declared { ...DeclaredFields } faults { ...FaultFields } } }"
);

/// One file.
pub const SOURCE: &str = concat!(
    declared_fragments!(),
    "query Source($file: String!) { source(file: $file) { path lines faults { ...FaultFields } ",
    "declared { ...DeclaredFields } } }"
);

/// The newest changes.
pub const ACTIVITY: &str = "query Activity($limit: Int!) { activity(limit: $limit) { seq at \
                            actor { kind id name revision } kind fact } }";

/// Answer of [`DECLARED`].
#[derive(Deserialize)]
pub struct DeclaredData {
    /// The index.
    pub declared: IndexShape,
}

/// Answer of [`SOURCE`].
#[derive(Deserialize)]
pub struct SourceData {
    /// The file.
    pub source: SourceFileShape,
}

/// Answer of [`ACTIVITY`].
#[derive(Deserialize)]
pub struct ActivityData {
    /// Newest first.
    pub activity: Vec<ChangeShape>,
}
