//! Exclusion windows, results of closed periods and their corrections.

use serde::Deserialize;

use crate::client::wire::{Line, windows::WindowShape};

/// Fields of a window.
macro_rules! window_fields {
    () => {
        "{ id scope name from to reason openedBy { kind id name revision } openedAt \
         stoppedBy { kind id name revision } stoppedAt }"
    };
}
pub(super) use window_fields;

macro_rules! figures_fields {
    () => {
        "{ uptimeMillionths coverageMillionths allowedMs downMs excludedMs state }"
    };
}

/// A page of windows.
pub const WINDOWS: &str = concat!(
    "query Windows($first: Int!, $after: String) ",
    "{ page: exclusionWindows(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes ",
    window_fields!(),
    " } }"
);

/// What became of a write.
pub const WRITTEN: &str = concat!(
    "query WindowWrite($idempotencyKey: String!) { window: windowWrite(idempotencyKey: $idempotencyKey) ",
    window_fields!(),
    " }"
);

/// Open one.
pub const OPEN: &str = concat!(
    "mutation OpenWindow($window: NewExclusionWindow!, $idempotencyKey: String!) ",
    "{ window: openWindow(input: $window, idempotencyKey: $idempotencyKey) ",
    window_fields!(),
    " }"
);

/// Stop one.
pub const STOP: &str = concat!(
    "mutation StopWindow($number: Int!, $idempotencyKey: String!) ",
    "{ window: stopWindow(id: $number, idempotencyKey: $idempotencyKey) ",
    window_fields!(),
    " }"
);

/// A page of results by day or month.
pub const RESULTS: &str = concat!(
    "query Results($filter: TrendFilter!, $first: Int!, $after: String) ",
    "{ page: slaPeriodResults(filter: $filter, first: $first, after: $after) ",
    "{ pageInfo { hasNextPage endCursor } ",
    "nodes { group periodType periodStart targetMillionths aggregation maintenanceIsDown measuredFrom until closed figures ",
    figures_fields!(),
    " } } }"
);

/// A page of corrections of results.
pub const RESTATEMENTS: &str = concat!(
    "query Restatements($month: String!, $first: Int!, $after: String) ",
    "{ page: slaRestatements(filter: { month: $month }, first: $first, after: $after) ",
    "{ pageInfo { hasNextPage endCursor } nodes { id group periodType periodStart was ",
    figures_fields!(),
    " is ",
    figures_fields!(),
    " at actor { kind id name revision } reason } } }"
);

/// Answer of [`OPEN`] and [`STOP`].
#[derive(Deserialize)]
pub struct WindowData {
    /// As it is now.
    pub window: WindowShape,
}

/// Answer of [`WRITTEN`].
#[derive(Deserialize)]
pub struct SettledData {
    /// As it is now; none when the write never arrived.
    pub window: Option<WindowShape>,
}

/// Answer of a document that asks for a page.
#[derive(Deserialize)]
pub struct PageData<T> {
    /// The page.
    pub page: Page<T>,
}

/// One page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// Its rows.
    pub nodes: Vec<T>,
    /// Where it ends.
    pub page_info: PageInfo,
}

/// Where a page ends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    /// Whether more rows follow.
    pub has_next_page: bool,
    /// What to ask for them with.
    pub end_cursor: Option<Line>,
}
