//! Secrets in sentences: "the password is hunter2", "the token for prod = …".
//!
//! A word is hidden only where it follows a word for secrets and does not look like a word of a language.

use super::{HARMLESS_WORDS, MASK, is_reference};

/// What people call a secret.
const NOUNS: &[&str] = &[
    "password",
    "passwort",
    "passwd",
    "passphrase",
    "passcode",
    "pass",
    "pw",
    "pwd",
    "token",
    "secret",
    "credential",
    "credentials",
    "apikey",
];
/// Words in front of `key` that make it one.
const KEYS: &[&str] = &["api", "access", "secret", "private", "signing", "licence", "license", "operator"];
/// What stands between the name of a secret and the secret.
const LINKS: &[&str] = &["is", "was", "=", ":", "->", "=>", "→", ":=", "ist", "equals", "became"];
/// Words that may stand between the two.
const REACH: usize = 6;

/// The text without secrets that are told in a sentence.
pub fn masked(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if !NOUNS.iter().any(|n| lower.contains(n)) && !lower.contains("key") {
        return None;
    }
    let words: Vec<(usize, &str)> = split(text);
    let mut hide: Vec<(usize, usize)> = Vec::new();
    for (index, (_, word)) in words.iter().enumerate() {
        let bare = plain(word);
        let before = index.checked_sub(1).map(|i| plain(words[i].1)).unwrap_or_default();
        let is_noun = NOUNS.contains(&bare.as_str()) || (bare == "key" && KEYS.contains(&before.as_str()));
        if is_noun {
            hide.extend(told(word, &words[index + 1..]));
        }
    }
    if hide.is_empty() {
        return None;
    }
    hide.sort_unstable();
    hide.dedup();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in hide {
        if start >= at {
            out.push_str(&text[at..start]);
            out.push_str(MASK);
            at = end;
        }
    }
    out.push_str(&text[at..]);
    Some(out)
}

/// Where the secret stands that `noun` announces.
fn told(noun: &str, after: &[(usize, &str)]) -> Option<(usize, usize)> {
    let mut linked = noun.ends_with([':', '=']);
    for (at, word) in after.iter().take(REACH) {
        if linked {
            let inner = word.trim_start_matches(['"', '\'', '`', '(', '„', '“']);
            let start = at + word.len() - inner.len();
            let inner = inner.trim_end_matches(['"', '\'', '`', ')', ',', '.', ';', '”', '“']);
            return (is_odd(inner) && !is_reference(inner)).then_some((start, start + inner.len()));
        }
        if HARMLESS_WORDS.contains(&plain(word).as_str()) || word.ends_with('.') {
            return None;
        }
        linked = LINKS.contains(&word.to_lowercase().as_str()) || word.ends_with([':', '=']);
    }
    None
}

/// Not a word of a language: it holds a digit or a sign between letters, or letters of both kinds.
fn is_odd(word: &str) -> bool {
    if word.chars().count() < 4 || word == MASK || word.contains(MASK) || word.contains("://") || word.starts_with('/')
    {
        return false;
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let signs =
        word.chars().any(|c| matches!(c, '!' | '@' | '#' | '$' | '%' | '^' | '&' | '*' | '+' | '=' | '~' | '?' | '_'));
    let mixed = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    (digits > 0 && (letters > 0 || digits >= 4)) || (letters > 0 && (signs || mixed))
}

fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn split(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut at = 0;
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        if !word.is_empty() {
            out.push((at, word));
        }
        at += part.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_told_in_a_sentence_is_hidden_and_sentences_stay() {
        for (text, wanted) in [
            ("# the password is hunter2", "# the password is ••••••"),
            ("# the token for prod = abc123def", "# the token for prod = ••••••"),
            ("# Password of the old box was `Tr0ub4dor`, ask ops", "# Password of the old box was `••••••`, ask ops"),
            ("# api key -> zX81aa", "# api key -> ••••••"),
        ] {
            assert_eq!(masked(text).as_deref(), Some(wanted));
        }
        for text in [
            "# The token is rotated monthly, see the wiki",
            "# password length is 12characters",
            "# the secret is mounted at /run/secrets/db1",
            "# Password: see vault",
            "# this key is sorted by v2api",
            "# the operator key is in the quarterly window. Restart 3agents",
        ] {
            assert_eq!(masked(text), None, "{text}");
        }
    }
}
