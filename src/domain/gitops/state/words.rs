//! How lists, optional texts and lengths of time are said in one line, so that two that differ are said differently.

use std::borrow::Cow;

use crate::domain::time::{DAY, HOUR, MINUTE, SECOND};

/// Texts joined with `, `. One that could be mistaken for several, for none or for a quoted one is put in quotes.
pub fn joined<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut out = String::new();
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(&quoted(text));
    }
    out
}

/// The texts that [`joined`] made one line of.
pub fn listed(line: &str) -> Vec<Cow<'_, str>> {
    let mut out = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (text, after) = if rest.starts_with('"') { unquoted(rest) } else { plain(rest) };
        out.push(text);
        rest = after.strip_prefix(", ").unwrap_or(after);
        if after.len() == rest.len() && !rest.is_empty() {
            // Not made by us: what is left is one more text.
            out.push(Cow::Borrowed(rest));
            break;
        }
    }
    out
}

fn plain(line: &str) -> (Cow<'_, str>, &str) {
    let end = line.find(", ").unwrap_or(line.len());
    (Cow::Borrowed(&line[..end]), &line[end..])
}

fn unquoted(line: &str) -> (Cow<'_, str>, &str) {
    let mut out = String::new();
    let mut chars = line.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (Cow::Owned(out), &line[at + 1..]),
            '\\' => out.extend(chars.next().map(|(_, escaped)| escaped)),
            other => out.push(other),
        }
    }
    (Cow::Owned(out), "")
}

fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = !text.is_empty() && !text.contains([',', '"']) && text.trim() == text;
    if is_plain { Cow::Borrowed(text) } else { in_quotes(text) }
}

fn in_quotes(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Cow::Owned(out)
}

/// A text that was given although it may be empty.
pub fn given(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.starts_with('"') { in_quotes(text) } else { Cow::Borrowed(text) }
}

/// A length of time to the millisecond: `1h 30m`, `45s`.
pub fn lasting(ms: i64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(DAY as u64, "d"), (HOUR as u64, "h"), (MINUTE as u64, "m"), (SECOND as u64, "s"), (1, "ms")];
    let mut rest = ms.unsigned_abs();
    let mut parts = Vec::new();
    for (unit, word) in UNITS {
        if rest >= unit {
            parts.push(format!("{}{word}", rest / unit));
            rest %= unit;
        }
    }
    if parts.is_empty() {
        parts.push("0s".to_owned());
    }
    format!("{}{}", if ms < 0 { "-" } else { "" }, parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_back_whatever_stands_in_them() {
        for texts in [
            vec![],
            vec!["a"],
            vec!["a", "b c"],
            vec!["a, b"],
            vec!["", ""],
            vec![" a ", "say \"x\", \\ y", "ü"],
            vec!["\\", "a\\b"],
        ] {
            assert_eq!(listed(&joined(texts.iter().copied())), texts);
        }
        assert_eq!(joined(["a", "b"]), "a, b");
        assert_ne!(joined(["a", "b"]), joined(["a, b"]));
    }

    #[test]
    fn a_line_that_nobody_joined_is_still_read() {
        assert_eq!(listed("\"a\"b"), ["a", "b"]);
        assert_eq!(listed("\"a"), ["a"]);
    }

    #[test]
    fn time_is_said_to_the_millisecond() {
        assert_eq!(lasting(0), "0s");
        assert_eq!(lasting(90 * MINUTE), "1h 30m");
        assert_eq!(lasting(DAY + 1), "1d 1ms");
        assert_eq!(lasting(-SECOND), "-1s");
    }
}
