//! Colours for YAML, line by line. Looks at shape only: what a document means is the reader's business.

use std::ops::Range;

use crate::domain::gitops::SourceLines;

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A key, without its colon.
    Key,
    /// Quoted or plain text.
    Text,
    /// A number, a truth value or nothing.
    Word,
    /// Dashes, colons, brackets, block marks, document marks.
    Mark,
    /// An anchor, an alias, a tag.
    Name,
    /// From `#` on.
    Comment,
    /// What stands for a secret.
    Masked,
}

/// What the reader puts where a secret was.
pub const MASK: &str = "••••••";

/// Which lines belong to a block scalar, and so are text whatever they look like. Made once when a file arrives.
pub fn block_lines(lines: &SourceLines) -> Vec<bool> {
    let mut inside: Option<usize> = None;
    lines
        .iter()
        .map(|line| {
            let indent = line.len() - line.trim_start().len();
            if let Some(outer) = inside {
                if line.trim().is_empty() || indent > outer {
                    return true;
                }
                inside = None;
            }
            if opens_block(line) {
                inside = Some(indent);
            }
            false
        })
        .collect()
}

fn opens_block(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or_default().trim_end();
    let last = line.rsplit([' ', '\t']).next().unwrap_or_default();
    let head = last.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    matches!(head, "|" | ">") && (line.trim_start() != last)
}

/// The pieces of a line in order; what lies between them is blank.
pub fn parts(line: &str, in_block: bool) -> Vec<(Range<usize>, Part)> {
    let start = line.len() - line.trim_start().len();
    let end = line.trim_end().len();
    let mut out = Vec::new();
    if start >= end {
        return out;
    }
    if in_block {
        text(line, start..end, Part::Text, &mut out);
        return out;
    }
    if line[start..].starts_with('#') {
        text(line, start..end, Part::Comment, &mut out);
        return out;
    }
    if matches!(line[start..end].trim_end(), "---" | "...") {
        out.push((start..end, Part::Mark));
        return out;
    }
    let mut at = start;
    while line[at..end].starts_with("- ") || &line[at..end] == "-" {
        out.push((at..at + 1, Part::Mark));
        at += 1;
        at += line[at..end].len() - line[at..end].trim_start().len();
    }
    if let Some(colon) = key_end(&line[at..end]) {
        out.push((at..at + colon, Part::Key));
        out.push((at + colon..at + colon + 1, Part::Mark));
        at += colon + 1;
        at += line[at..end].len() - line[at..end].trim_start().len();
    }
    value(line, at..end, &mut out);
    out
}

/// Where the key of `text` ends: at a colon followed by a space or nothing, outside quotes and brackets.
fn key_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if index == 0 => quote = Some(c),
            (None, '{' | '[') if index == 0 => return None,
            (None, '#') if index == 0 || text[..index].ends_with(' ') => return None,
            (None, ':') if text[index + 1..].is_empty() || text[index + 1..].starts_with(' ') => {
                return (index > 0).then_some(index);
            }
            (None, _) => {}
        }
    }
    None
}

fn value(line: &str, range: Range<usize>, out: &mut Vec<(Range<usize>, Part)>) {
    let comment = comment_start(&line[range.clone()]).map_or(range.end, |at| range.start + at);
    let mut at = range.start;
    while at < comment && line[at..comment].starts_with(['&', '*', '!']) {
        let wide = line[at..comment].find(' ').unwrap_or(comment - at);
        out.push((at..at + wide, Part::Name));
        at += wide;
        at += line[at..comment].len() - line[at..comment].trim_start().len();
    }
    let end = at + line[at..comment].trim_end().len();
    if at < end {
        let body = &line[at..end];
        let part = if body.starts_with(['|', '>', '{', '}', '[', ']']) && body.len() <= 3 {
            Part::Mark
        } else if is_word(body) {
            Part::Word
        } else {
            Part::Text
        };
        text(line, at..end, part, out);
    }
    if comment < range.end {
        text(line, comment..range.end, Part::Comment, out);
    }
}

/// Where a comment begins in a value: at a `#` that is first or follows a space, outside quotes.
fn comment_start(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if before == ' ' || matches!(before, '[' | '{' | ',') => quote = Some(c),
            (None, '#') if before == ' ' => return Some(index),
            (None, _) => {}
        }
        before = c;
    }
    None
}

fn is_word(text: &str) -> bool {
    matches!(text, "true" | "false" | "null" | "~" | "yes" | "no" | "on" | "off") || text.parse::<f64>().is_ok()
}

/// A piece of one kind, with masked secrets in it taken out as pieces of their own.
fn text(line: &str, range: Range<usize>, part: Part, out: &mut Vec<(Range<usize>, Part)>) {
    let mut at = range.start;
    while let Some(found) = line[at..range.end].find(MASK) {
        let start = at + found;
        if start > at {
            out.push((at..start, part));
        }
        out.push((start..start + MASK.len(), Part::Masked));
        at = start + MASK.len();
    }
    if at < range.end {
        out.push((at..range.end, part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Vec<(&str, Part)> {
        parts(line, false).into_iter().map(|(r, p)| (&line[r], p)).collect()
    }

    #[test]
    fn keys_values_and_comments_are_told_apart() {
        use Part::{Comment, Key, Mark, Text, Word};
        assert_eq!(
            shown("  - name: pay # main"),
            [("-", Mark), ("name", Key), (":", Mark), ("pay", Text), ("# main", Comment)]
        );
        assert_eq!(shown("target: 99.9"), [("target", Key), (":", Mark), ("99.9", Word)]);
        assert_eq!(shown("url: https://a.b/c#d"), [("url", Key), (":", Mark), ("https://a.b/c#d", Text)]);
        assert_eq!(shown("\"a: b\": 'x # y'"), [("\"a: b\"", Key), (":", Mark), ("'x # y'", Text)]);
        assert_eq!(shown("---"), [("---", Mark)]);
        assert_eq!(shown("# note: x"), [("# note: x", Comment)]);
    }

    #[test]
    fn a_masked_secret_is_a_piece_of_its_own() {
        use Part::{Key, Mark, Masked, Text};
        assert_eq!(shown("auth: Bearer ••••••"), [("auth", Key), (":", Mark), ("Bearer ", Text), ("••••••", Masked)]);
    }

    #[test]
    fn lines_of_a_block_scalar_are_text() {
        let lines: SourceLines = ["a: |", "  key: no", "", "  more", "b: 1"].into_iter().collect();
        assert_eq!(block_lines(&lines), [false, true, true, true, false]);
        assert_eq!(parts("  key: no", true), [(2..9, Part::Text)]);
    }

    #[test]
    fn pieces_never_overlap_and_always_lie_on_characters() {
        for line in ["é: ü", "- - a", ":", "-", "x:", "{a: b}", "'", "日本: 語 # 注", "a: &b *c !d", "#", "  "] {
            let mut last = 0;
            for (range, _) in parts(line, false) {
                assert!(range.start >= last && range.end > range.start, "{line}");
                assert!(line.get(range.clone()).is_some(), "{line}");
                last = range.end;
            }
        }
    }
}
