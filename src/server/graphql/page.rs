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

/// A page out of all rows, which are in order of their keys: those beyond `after`, `rows` at most.
pub struct Cut<T> {
    /// The rows.
    pub nodes: Vec<T>,
    /// How many there are on all pages.
    pub total_count: u64,
    /// Where this page ends.
    pub page_info: PageInfo,
}

/// Cut a page; `name` writes a key as the cursor names it.
pub fn cut<T, K: Ord>(
    all: Vec<T>,
    after: Option<&K>,
    rows: usize,
    key: impl Fn(&T) -> K,
    name: impl Fn(&K) -> String,
) -> Cut<T> {
    let total_count = all.len() as u64;
    let begin = after.map_or(0, |after| all.partition_point(|row| key(row) <= *after));
    let has_next_page = all.len() - begin > rows;
    let nodes: Vec<T> = all.into_iter().skip(begin).take(rows).collect();
    let end_cursor = nodes.last().map(|row| cursor(&name(&key(row))));
    Cut { nodes, total_count, page_info: PageInfo { has_next_page, end_cursor } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_also_when_the_row_of_the_cursor_is_gone() {
        let page = |after: Option<i32>, rows| {
            let cut = cut(vec![1, 3, 5, 7], after.as_ref(), rows, |row| *row, i32::to_string);
            (cut.nodes, cut.total_count, cut.page_info.has_next_page, cut.page_info.end_cursor)
        };
        assert_eq!(page(None, 2), (vec![1, 3], 4, true, Some(cursor("3"))));
        assert_eq!(page(Some(3), 2), (vec![5, 7], 4, false, Some(cursor("7"))));
        assert_eq!(page(Some(4), 1), (vec![5], 4, true, Some(cursor("5"))));
        assert_eq!(page(Some(7), 2), (Vec::new(), 4, false, None));
    }
}
