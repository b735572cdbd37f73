//! Who made it so.

use serde::Deserialize;

use crate::client::wire::trail::{BlameShape, FileDiffShape, FileHistoryShape};

/// Which commit last changed each line of a file.
pub const BLAME: &str = "query Blame($file: String!) { blame(file: $file) { file revision \
                         commits { id author at subject } lines } }";

/// The commits that touched a file.
pub const FILE_HISTORY: &str = "query FileHistory($file: String!, $limit: Int!) { \
                                fileHistory(file: $file, limit: $limit) { file isCut \
                                revisions { commit { id author at subject } path added removed } } }";

/// What one commit changed in a file.
pub const FILE_DIFF: &str = "query FileDiff($file: String!, $commit: String!) { \
                             fileDiff(file: $file, commit: $commit) { commit { id author at subject } path withheld \
                             hunks { oldStart newStart lines { side text secretChanged } } } }";

/// Answer of [`BLAME`].
#[derive(Deserialize)]
pub struct BlameData {
    /// The lines.
    pub blame: BlameShape,
}

/// Answer of [`FILE_HISTORY`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileHistoryData {
    /// Newest first.
    pub file_history: FileHistoryShape,
}

/// Answer of [`FILE_DIFF`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileDiffData {
    /// The diff.
    pub file_diff: FileDiffShape,
}
