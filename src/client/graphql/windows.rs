//! Exclusion windows, results of closed periods and their corrections.

use serde::Deserialize;

use crate::client::wire::{
    Line,
    windows::{RestatementShape, ResultShape, WindowShape},
};

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

/// All windows.
pub const WINDOWS: &str = concat!("query Windows { windows: exclusionWindows ", window_fields!(), " }");

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

/// Results by day or month.
pub const RESULTS: &str = concat!(
    "query Results($filter: TrendFilter!) { results: slaPeriodResults(filter: $filter) ",
    "{ group periodType periodStart targetMillionths aggregation maintenanceIsDown until closed figures ",
    figures_fields!(),
    " } }"
);

/// A page of corrections of results.
pub const RESTATEMENTS: &str = concat!(
    "query Restatements($month: String!, $first: Int!, $after: String) ",
    "{ restatements: slaRestatements(filter: { month: $month }, first: $first, after: $after) ",
    "{ pageInfo { hasNextPage endCursor } nodes { id group periodType periodStart was ",
    figures_fields!(),
    " is ",
    figures_fields!(),
    " at actor { kind id name revision } reason } } }"
);

/// Answer of [`WINDOWS`].
#[derive(Deserialize)]
pub struct WindowsData {
    /// By number.
    pub windows: Vec<WindowShape>,
}

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

/// Answer of [`RESULTS`].
#[derive(Deserialize)]
pub struct ResultsData {
    /// Oldest first.
    pub results: Vec<ResultShape>,
}

/// Answer of [`RESTATEMENTS`].
#[derive(Deserialize)]
pub struct RestatementsData {
    /// In the order in which they were made.
    pub restatements: RestatementsPage,
}

/// One page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestatementsPage {
    /// Its rows.
    pub nodes: Vec<RestatementShape>,
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
