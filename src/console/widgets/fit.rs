//! Making text fit a number of cells, counted as a terminal counts them.

use std::borrow::Cow;

use crate::console::{format, paint::wrap};

/// Cells that `text` takes.
pub fn cells(text: &str) -> usize {
    format::width(text)
}

/// `text` in at most `width` cells; what was cut off is marked by `…` (or `~` in the ASCII set).
pub fn cut(text: &str, width: usize, ascii: bool) -> Cow<'_, str> {
    marked(format::clip(text, width), text, ascii)
}

/// The end of `text` in at most `width` cells; for paths, whose last part says most. It begins with a whole step where one
/// fits.
pub fn cut_front(text: &str, width: usize, ascii: bool) -> Cow<'_, str> {
    if cells(text) <= width {
        return Cow::Borrowed(text);
    }
    let fits = |at: &usize| cells(&text[*at..]) < width;
    match text.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0).find(fits) {
        Some(at) => Cow::Owned(format!("{}{}", if ascii { '~' } else { '…' }, &text[at..])),
        None => marked(format::clip_start(text, width), text, ascii),
    }
}

/// The mark of a cut in the set that is in use. Only a mark made here is changed, never one in the text itself.
fn marked<'a>(cut: Cow<'a, str>, whole: &str, ascii: bool) -> Cow<'a, str> {
    match cut {
        Cow::Owned(text) if ascii && text.starts_with('…') && !whole.starts_with('…') => {
            Cow::Owned(text.replacen('…', "~", 1))
        }
        Cow::Owned(mut text) if ascii && text.ends_with('…') => {
            text.pop();
            text.push('~');
            Cow::Owned(text)
        }
        other => other,
    }
}

/// `text` in at most `most` lines of at most `width` cells; of the last one what does not fit is cut.
pub fn lines(text: &str, width: usize, most: usize, ascii: bool) -> Vec<String> {
    let mut lines = wrap(text, width);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(cut(&rest, width, ascii).into_owned());
    }
    lines
}

/// `text` cut or filled with spaces on its right to exactly `width` cells.
pub fn left(text: &str, width: usize, ascii: bool) -> String {
    let cut = cut(text, width, ascii);
    let fill = width.saturating_sub(cells(&cut));
    format!("{cut}{:fill$}", "")
}

/// `text` cut or filled with spaces on its left to exactly `width` cells.
pub fn right(text: &str, width: usize, ascii: bool) -> String {
    let cut = cut(text, width, ascii);
    let fill = width.saturating_sub(cells(&cut));
    format!("{:fill$}{cut}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_text_is_marked_and_never_wider_than_asked() {
        assert_eq!(cut("payment-api", 8, false), "payment…");
        assert_eq!(cut("payment-api", 8, true), "payment~");
        assert_eq!(cut("payment", 7, false), "payment");
        assert_eq!(cut("x", 0, false), "");
        for width in 0..12 {
            assert!(cells(&cut("日本 👩‍🚀 paths", width, false)) <= width);
        }
    }

    #[test]
    fn a_text_in_lines_says_where_it_goes_on() {
        assert_eq!(lines("a title of some words", 8, 2, false), ["a title", "of some…"]);
        assert_eq!(lines("a title of some words", 8, 2, true), ["a title", "of some~"]);
        assert_eq!(lines("a title", 8, 2, false), ["a title"]);
        assert_eq!(lines("payments-database-full", 8, 2, false), ["payments", "-databa…"]);
    }

    #[test]
    fn a_path_keeps_its_end() {
        assert_eq!(cut_front("acme/shop/prod/eu-1/api", 10, false), "…/eu-1/api");
        assert_eq!(cut_front("acme/shop/prod/eu-1/api", 9, false), "…/api", "a step is there as a whole or not at all");
        assert_eq!(cut_front("acme/shop/prod/eu-1/api", 9, true), "~/api");
        assert_eq!(cut_front("acme/shop/prod/eu-1/a-long-name", 9, false), "…ong-name");
        assert_eq!(cut_front("acme/shop", 9, false), "acme/shop");
    }

    #[test]
    fn filled_text_is_exactly_as_wide_as_asked() {
        assert_eq!(left("日本", 6, false), "日本  ");
        assert_eq!(right("7", 3, false), "  7");
        assert_eq!(cells(&left("日本語", 4, false)), 4);
    }
}
