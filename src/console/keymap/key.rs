//! One key press, and how it is written: `j`, `G`, `ctrl-c`, `alt-left`, `shift-tab`, `f5`, `space`.

use std::fmt;

/// What was pressed, without modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A character as typed: shift is already in it.
    Char(char),
    /// F1 to F12.
    F(u8),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Rub out to the left.
    Backspace,
    /// Rub out under the cursor.
    Delete,
    /// Insert.
    Insert,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// To the start.
    Home,
    /// To the end.
    End,
    /// A page back.
    PageUp,
    /// A page on.
    PageDown,
}

const NAMES: [(&str, Code); 14] = [
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
];

/// A key press with its modifiers, in one normal form: shift counts only for keys that are no characters, and a
/// character with ctrl is lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What was pressed.
    pub code: Code,
    /// Held.
    pub ctrl: bool,
    /// Held.
    pub alt: bool,
    /// Held; always false for characters.
    pub shift: bool,
}

impl Key {
    /// The key in its normal form.
    pub fn new(code: Code, ctrl: bool, alt: bool, shift: bool) -> Self {
        match code {
            Code::Char(c) if ctrl => Self { code: Code::Char(c.to_ascii_lowercase()), ctrl, alt, shift: false },
            Code::Char(_) => Self { code, ctrl, alt, shift: false },
            _ => Self { code, ctrl, alt, shift },
        }
    }

    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// The character this key types into a text, if it types one.
    pub const fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// The key for its written form.
    ///
    /// # Errors
    /// Says which word is no key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        loop {
            // What stands behind a dash must not be empty: `ctrl--` is ctrl with a dash.
            let strip = |word: &str| rest.strip_prefix(word).filter(|left| !left.is_empty());
            if let Some(left) = strip("ctrl-") {
                (ctrl, rest) = (true, left);
            } else if let Some(left) = strip("alt-") {
                (alt, rest) = (true, left);
            } else if let Some(left) = strip("shift-") {
                (shift, rest) = (true, left);
            } else {
                break;
            }
        }
        let code =
            code_of(rest).ok_or_else(|| format!("`{text}` is no key; write it like j, G, ctrl-c, f5 or space"))?;
        Ok(Self::new(code, ctrl, alt, shift))
    }
}

fn code_of(word: &str) -> Option<Code> {
    let mut chars = word.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && c != ' ').then_some(Code::Char(c));
    }
    if word == "space" {
        return Some(Code::Char(' '));
    }
    if let Some(number) = word.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
        return (1..=12).contains(&number).then_some(Code::F(number));
    }
    NAMES.iter().find(|(name, _)| *name == word).map(|(_, code)| *code)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, word) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(word)?;
            }
        }
        match self.code {
            Code::Char(' ') => f.write_str("space"),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(number) => write!(f, "f{number}"),
            code => f.write_str(NAMES.iter().find(|(_, c)| *c == code).map_or("?", |(name, _)| name)),
        }
    }
}

/// The keys of a line such as `2 j j <enter> /pay <esc>`: words in `<>` name a key, other characters are typed one
/// by one, blanks only separate.
///
/// # Errors
/// Says which word is no key.
pub fn parse_line(line: &str) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    for word in line.split_whitespace() {
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            if first == '<'
                && let Some(end) = rest.find('>')
                && end > 1
            {
                keys.push(Key::parse(&rest[1..end])?);
                rest = &rest[end + 1..];
            } else {
                keys.push(Key::plain(Code::Char(first)));
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_key() -> impl Strategy<Value = Key> {
        let code = prop_oneof![
            any::<char>().prop_filter("no control characters", |c| !c.is_control()).prop_map(Code::Char),
            (1u8..=12).prop_map(Code::F),
            (0..NAMES.len()).prop_map(|i| NAMES[i].1),
        ];
        (code, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(c, ctrl, alt, shift)| Key::new(c, ctrl, alt, shift))
    }

    proptest! {
        #[test]
        fn a_printed_key_parses_back(key in any_key()) {
            prop_assert_eq!(Key::parse(&key.to_string()), Ok(key));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in ["", "ctrl-", "f13", "f0", "hyper-x", "entr"] {
            assert!(Key::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Key::parse("ctrl--"), Ok(Key::new(Code::Char('-'), true, false, false)));
    }

    #[test]
    fn a_line_mixes_names_and_typed_characters() {
        let keys = parse_line("2 jj <enter> /pay<esc>").unwrap();
        let printed: Vec<String> = keys.iter().map(Key::to_string).collect();
        assert_eq!(printed, ["2", "j", "j", "enter", "/", "p", "a", "y", "esc"]);
    }
}
