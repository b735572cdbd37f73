//! Cleaning of untrusted text. Every door calls this once; nothing behind it needs to ask again.

use std::borrow::Cow;

/// What stands in for a character that must not reach a terminal.
pub const REPLACEMENT: char = '\u{fffd}';

/// One line of safe text: control characters, bidi overrides and line ends become visible replacements.
pub fn clean_line(text: &str) -> Cow<'_, str> {
    clean(text, false)
}

/// Several lines of safe text: as [`clean_line`], but `\n` stays, `\r\n` becomes `\n` and tabs become spaces.
pub fn clean_text(text: &str) -> Cow<'_, str> {
    clean(text, true)
}

fn clean(text: &str, lines: bool) -> Cow<'_, str> {
    // Plain ASCII is most of what there is, and is told by a look at its bytes.
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if lines && chars.peek() == Some(&'\n') => {}
            '\n' if lines => out.push('\n'),
            '\t' if lines => out.push_str("    "),
            '\n' | '\t' => out.push(' '),
            c if is_unsafe(c) => out.push(REPLACEMENT),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// C0, DEL, C1 (with U+009B), line and paragraph separators, the bidi controls that reorder what follows, and what takes
/// no room: soft hyphen, zero-width and format characters, and the tag characters that spell a hidden text. The joiners
/// of scripts and emoji (U+200C, U+200D) stay.
const fn is_unsafe(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'
        | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_or_bidi_character_survives() {
        for code in (0..=0x9f).chain(0x200b..=0x2070) {
            let Some(c) = char::from_u32(code) else {
                continue;
            };
            let text = format!("a{c}b");
            for out in [clean_line(&text), clean_text(&text)] {
                let safe = out.chars().all(|c| c == '\n' || !is_unsafe(c));
                assert!(safe, "U+{code:04X} survived");
            }
        }
    }

    #[test]
    fn a_text_spelt_in_characters_that_take_no_room_becomes_visible() {
        for hidden in ["\u{e0001}", "\u{e0041}", "\u{e007f}", "\u{ad}", "\u{2060}", "\u{2064}", "\u{fffa}", "\u{180e}"]
        {
            assert_eq!(clean_line(&format!("a{hidden}b")), "a\u{fffd}b", "{hidden:?}");
        }
    }

    #[test]
    fn ordinary_text_is_borrowed_and_lines_are_kept_where_asked() {
        assert!(matches!(clean_line("héllo 👩‍🚀 – 日本"), Cow::Borrowed(_)));
        assert_eq!(clean_text("a\r\nb\tc"), "a\nb    c");
        assert_eq!(clean_line("a\r\nb"), "a\u{fffd} b");
    }
}
