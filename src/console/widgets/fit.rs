//! Making text fit a number of cells, counted as a terminal counts them.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::console::format;

/// Cells that `text` takes.
pub fn cells(text: &str) -> usize {
    format::width(text)
}

/// `text` in at most `width` cells; what was cut off is marked by `…` (or `~` in the ASCII set).
pub fn cut(text: &str, width: usize, ascii: bool) -> Cow<'_, str> {
    marked(format::clip(text, width), text, ascii)
}

/// The end of `text` in at most `width` cells; for paths, whose last part says most.
pub fn cut_front(text: &str, width: usize, ascii: bool) -> Cow<'_, str> {
    marked(format::clip_start(text, width), text, ascii)
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

/// `text` broken into lines of at most `width` cells, at spaces where there are any. Line ends in it are kept.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut out = Vec::new();
    for line in text.lines() {
        let mut current = String::new();
        let mut used = 0;
        for word in line.split_inclusive(' ') {
            let wide = cells(word.trim_end());
            if used > 0 && used + wide > width {
                out.push(std::mem::take(&mut current).trim_end().to_owned());
                used = 0;
            }
            if wide > width {
                for cluster in word.graphemes(true) {
                    if used + cells(cluster) > width {
                        out.push(std::mem::take(&mut current));
                        used = 0;
                    }
                    current.push_str(cluster);
                    used += cells(cluster);
                }
            } else {
                current.push_str(word);
                used += cells(word);
            }
        }
        out.push(current.trim_end().to_owned());
    }
    out
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
    fn a_path_keeps_its_end() {
        assert_eq!(cut_front("acme/shop/prod/eu-1/api", 9, false), "…eu-1/api");
    }

    #[test]
    fn filled_text_is_exactly_as_wide_as_asked() {
        assert_eq!(left("日本", 6, false), "日本  ");
        assert_eq!(right("7", 3, false), "  7");
        assert_eq!(cells(&left("日本語", 4, false)), 4);
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_inside_words_that_are_too_long() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 3), ["a", "", "b"]);
    }
}
