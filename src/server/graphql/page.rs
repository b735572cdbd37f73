//! Lists by the page. A cursor is opaque to callers; it names the last row they got, so rows that come and go between
//! two pages are neither lost nor repeated.

use async_graphql::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::invalid;

/// Rows of a page when nobody says.
pub const DEFAULT_PAGE: u32 = 50;
/// Most rows of a page.
pub const LARGEST_PAGE: u32 = 1_000;

/// What a page costs with `first` rows of `row` each.
pub fn cost(first: Option<u32>, row: usize) -> usize {
    usize::try_from(first.unwrap_or(DEFAULT_PAGE).min(LARGEST_PAGE)).unwrap_or(usize::MAX).saturating_mul(row)
}

/// How many rows were asked for.
///
/// # Errors
/// `invalid` for none or more than a page may have.
pub fn rows(ctx: &Context<'_>, first: Option<u32>) -> Result<usize> {
    let first = first.unwrap_or(DEFAULT_PAGE);
    if first == 0 || first > LARGEST_PAGE {
        return Err(invalid(ctx, format!("`first` must be from 1 to {LARGEST_PAGE}, not {first}")));
    }
    usize::try_from(first).map_err(|_| invalid(ctx, "`first` is too large"))
}

/// The cursor of a row.
pub fn cursor(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The row that a cursor names.
///
/// # Errors
/// `invalid` for what is no cursor of ours.
pub fn key(ctx: &Context<'_>, after: Option<String>) -> Result<Option<String>> {
    let Some(after) = after else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(after).ok();
    let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    key.map(Some).ok_or_else(|| invalid(ctx, "`after` is not a cursor of this list"))
}

/// Where a page ends.
#[derive(async_graphql::SimpleObject)]
pub struct PageInfo {
    /// Whether more rows follow.
    pub has_next_page: bool,
    /// Pass as `after` to get them; none on an empty page.
    pub end_cursor: Option<String>,
}
