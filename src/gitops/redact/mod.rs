//! Secrets stop here: what leaves the reader has `••••••` where a secret stood.
//!
//! Two nets. [`places`] knows the shape of documents: values under keys that name secrets, Secret manifests,
//! environment pairs. [`text`] knows what secrets look like in any line: comments, shell, block scalars. A line
//! passes both. The mask has one length, so it does not tell the secret's.

mod commands;
mod known;
mod places;
mod prose;
mod text;

pub use known::{Known, pieces};
pub use places::{Kept, kept, kept_with, secret_nodes};
pub use text::{line, strong_hit};

use std::borrow::Cow;

use super::yaml::Span;
use crate::domain::{gitops::SourceLines, text::clean_line};

/// What stands where a secret stood.
pub const MASK: &str = "••••••";

/// Words that make a key name a secret.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "secrets",
    "token",
    "tokens",
    "apikey",
    "key",
    "keys",
    "licence",
    "license",
    "credential",
    "credentials",
    "bearer",
    "authorization",
    "secretenv",
    "accesskey",
    "privatekey",
    "apitoken",
    "jwt",
    "pass",
    "creds",
    "privkey",
    "psk",
    "pw",
    "passcode",
    "signature",
];
/// Ends of longer words that do the same.
const SECRET_ENDS: &[&str] = &["password", "passwd", "passphrase", "secret", "token", "apikey"];
/// Words that make such a key a reference to a secret or a rule about it.
const HARMLESS_WORDS: &[&str] = &[
    "name",
    "names",
    "existing",
    "ref",
    "refs",
    "policy",
    "ttl",
    "type",
    "file",
    "files",
    "path",
    "paths",
    "length",
    "min",
    "max",
    "require",
    "requires",
    "prefix",
    "url",
    "host",
    "expiry",
    "rotation",
    "mount",
    "automount",
    "pull",
    "count",
    "algorithm",
    "format",
    "version",
];

/// Whether a key of this name holds a secret: `ITOPS_JWT_SECRET`, `apiKey`, `bindPassword`; not `secretName`,
/// `existingSecret`, `passwordPolicy`.
pub fn names_secret(key: &str) -> bool {
    if !may_name_secret(key) {
        return false;
    }
    let words = words(key);
    // `PGPASSWORD`, `subtoken`: written together, the end says it.
    let says = |w: &String| SECRET_WORDS.contains(&w.as_str()) || SECRET_ENDS.iter().any(|end| w.ends_with(end));
    words.iter().any(says) && !words.iter().any(|w| HARMLESS_WORDS.contains(&w.as_str()))
}

/// Whether a text holds anything that a secret's name is made of: a cheap look before the exact one.
fn may_name_secret(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| has_root(&bytes[at..]))
}

/// Whether the text begins with what every one of [`SECRET_WORDS`] contains.
fn has_root(text: &[u8]) -> bool {
    let starts = |root: &[u8]| text.len() >= root.len() && text[..root.len()].eq_ignore_ascii_case(root);
    match text.first().map_or(0, |b| b | 0x20) {
        b'p' => starts(b"pass") || starts(b"pw") || starts(b"psk"),
        b's' => starts(b"secret") || starts(b"signature"),
        b't' => starts(b"token"),
        b'k' => starts(b"key"),
        b'l' => starts(b"licen"),
        b'c' => starts(b"cred"),
        b'b' => starts(b"bearer"),
        b'a' => starts(b"auth"),
        b'j' => starts(b"jwt"),
        _ => false,
    }
}

/// `fooBar_baz-QUX` as `foo bar baz qux`.
fn words(key: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    let mut before_is_lower = false;
    for c in key.chars() {
        if !c.is_alphanumeric() {
            out.push(String::new());
            before_is_lower = false;
            continue;
        }
        if c.is_uppercase() && before_is_lower {
            out.push(String::new());
        }
        before_is_lower = c.is_lowercase() || c.is_ascii_digit();
        if let Some(word) = out.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    out.retain(|w| !w.is_empty());
    out
}

/// The end of a shell word: quotes and escapes are followed. `opens` says whether a quote at a place is one, `ends` what
/// stands between words.
fn shell_word_end(text: &str, opens: impl Fn(usize, char) -> bool, ends: impl Fn(char) -> bool) -> usize {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != Some('\'') {
            escaped = true;
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && matches!(c, '"' | '\'') && opens(at, c) {
            quote = Some(c);
        } else if quote.is_none() && ends(c) {
            return at;
        }
    }
    text.len()
}

/// Whether a value only points at a secret: `$API_KEY`, `${X}`, `$(cmd)`, `{{ tpl }}`, `<placeholder>`.
fn is_reference(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'', '\\']);
    let value = ["Bearer ", "bearer ", "Basic ", "Token ", "token "]
        .iter()
        .find_map(|scheme| value.strip_prefix(scheme))
        .unwrap_or(value)
        .trim();
    value.is_empty()
        || value.starts_with('$')
        || value.starts_with("{{")
        || (value.starts_with('<') && value.ends_with('>'))
        || value.chars().all(|c| c == '*' || c == '•')
}

/// The lines of a file without control characters and without secrets; as many as there were.
pub fn lines(text: &str, kept: &[Kept]) -> SourceLines {
    let mut rows: Vec<Cow<'_, str>> = text.split('\n').map(Cow::Borrowed).collect();
    if rows.last().is_some_and(|row| row.is_empty()) {
        rows.pop();
    }
    let mut kept: Vec<&Kept> = kept.iter().collect();
    // From the end, so that earlier columns of a line stay right.
    kept.sort_by_key(|k| std::cmp::Reverse((k.span.line, k.span.column)));
    kept.dedup_by(|a, b| a.span == b.span);
    for secret in kept {
        cover(&mut rows, secret.span, secret.is_block);
    }
    let mut seen = Before::default();
    rows.iter().map(|row| seen.shown(row)).collect()
}

/// So much of a command is remembered for the lines that it goes on in.
const COMMAND_LIMIT: usize = 4_096;

/// What earlier lines say about the next: secrets that stand on lines of their own.
#[derive(Default)]
struct Before {
    /// Inside a PEM block.
    pem: bool,
    /// The command so far, when it goes on.
    command: String,
    /// The last line was `name: SOMETHING_SECRET` of a pair.
    names: bool,
    /// Inside a block under a key that names a secret, deeper than this.
    block: Option<usize>,
}

impl Before {
    /// A line as it may be shown.
    fn shown(&mut self, row: &str) -> String {
        let inside_pem = self.pem;
        self.pem = (self.pem || row.contains("-----BEGIN ")) && !row.contains("-----END ");
        let row = clean_line(row);
        let bare = row.trim_start_matches([' ', '#', '-', '\t']);
        let depth = row.len() - bare.len();
        if let Some(outer) = self.block {
            if bare.is_empty() || depth > outer {
                return hidden(&row);
            }
            self.block = None;
        }
        if inside_pem {
            return hidden(&row);
        }
        let pair = std::mem::take(&mut self.names);
        if let Some((key, value)) = bare.split_once(':') {
            let (key, value) = (key.trim_matches(['"', '\'']), value.trim());
            if pair && key == "value" && !is_reference(value) && !value.contains(MASK) {
                return format!("{}value: {MASK}", &row[..depth]);
            }
            self.names = key == "name" && names_secret(value.trim_matches(['"', '\'']));
            let is_block = matches!(value, "|" | "|-" | "|+" | ">" | ">-" | ">+");
            self.block = (is_block && names_secret(key)).then_some(depth);
        }
        let out = text::line_after(&self.command, &row);
        match row.trim_end().strip_suffix('\\') {
            // The program stands at the beginning; what comes after so much is not needed to know it.
            Some(head) if self.command.len() + head.len() < COMMAND_LIMIT => {
                self.command.push(' ');
                self.command.push_str(head);
            }
            Some(_) => {}
            None => self.command.clear(),
        }
        out
    }
}

/// Replace what stands at `span`.
fn cover(rows: &mut [Cow<'_, str>], span: Span, is_block: bool) {
    for number in span.line..=span.end_line {
        let Some(row) = rows.get_mut(number as usize - 1) else {
            return;
        };
        if is_block {
            *row = hidden(row).into();
        } else if number == span.line {
            let end = if span.end_line == number { span.end_column as usize - 1 } else { usize::MAX };
            *row = spliced(row, span.column as usize - 1, end).into();
        } else if number == span.end_line {
            let indent = row.chars().take_while(|c| *c == ' ').count();
            *row = spliced(row, indent, (span.end_column as usize).saturating_sub(1).max(indent)).into();
        } else {
            *row = hidden(row).into();
        }
    }
}

/// `row` with the mask in place of the characters from `start` to `end`.
fn spliced(row: &str, start: usize, end: usize) -> String {
    let head: String = row.chars().take(start).collect();
    let tail: String = row.chars().skip(end).collect();
    format!("{head}{MASK}{tail}")
}

/// A line of which only the indentation may be seen.
fn hidden(row: &str) -> String {
    if row.trim().is_empty() {
        return String::new();
    }
    let indent: String = row.chars().take_while(|c| *c == ' ').collect();
    format!("{indent}{MASK}")
}

#[cfg(test)]
mod tests {
    use super::{
        super::yaml::{Origin, parse},
        *,
    };

    fn shown(text: &str) -> String {
        let parsed = parse(text, Origin::file(0));
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        let kept: Vec<Kept> = parsed.documents.iter().flat_map(kept).collect();
        lines(text, &kept).iter().collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn keys_that_name_secrets_are_told_from_references() {
        for key in [
            "ITOPS_JWT_SECRET",
            "apiKey",
            "bindPassword",
            "licence_key",
            "RESTIC_PASSWORD",
            "x-api-key",
            "PGPASSWORD",
            "DB_PASS",
        ] {
            assert!(names_secret(key), "{key}");
        }
        for key in
            ["secretName", "existingSecret", "existingSecretKey", "passwordPolicy", "keycloak", "imagePullSecrets"]
        {
            assert!(!names_secret(key), "{key}");
        }
    }

    #[test]
    fn every_value_of_secret_env_is_masked_and_its_comment_too() {
        let text = "secretEnv:\n  ITOPS_DATABASE_PASSWORD: hunter2 # password: hunter2\n  PLAIN: 'quoted one'\n";
        let out = shown(text);
        assert_eq!(out, "secretEnv:\n  ITOPS_DATABASE_PASSWORD: •••••• # password: ••••••\n  PLAIN: ••••••");
    }

    #[test]
    fn references_stay_readable() {
        let text = "secretRefs:\n  ITOPS_JWT_SECRET:\n    name: itops-jwt\n    key: secret\napiKey:\n  existingSecret: a\n  existingSecretKey: key\nbindPasswordSecret:\n  name: x\n  key: bindPassword\n";
        assert_eq!(shown(text), text.trim_end());
    }

    #[test]
    fn block_scalars_and_secret_manifests_are_masked_line_by_line() {
        let text = "kind: Secret\nstringData:\n  any: |\n    first\n    second\n  other: word\ntype: Opaque\n";
        let out = shown(text);
        assert_eq!(out, "kind: Secret\nstringData:\n  any: |\n    ••••••\n    ••••••\n  other: ••••••\ntype: Opaque");
    }

    #[test]
    fn the_copy_of_a_secret_in_its_annotations_is_masked() {
        let text = "kind: Secret\nmetadata:\n  name: db\n  annotations:\n    last-applied: '{\"data\":{\"x\":\"aHVudGVy\"}}'\n";
        let out = shown(text);
        assert!(!out.contains("aHVudGVy") && out.contains("name: db"), "{out}");
    }

    #[test]
    fn environment_pairs_are_masked_by_their_name() {
        let text = "env:\n  - name: API_KEY\n    value: abc123\n  - {name: API_URL, value: http://x}\n";
        let out = shown(text);
        assert!(!out.contains("abc123"));
        assert!(out.contains("http://x"));
    }

    #[test]
    fn pem_blocks_are_masked_wherever_they_stand() {
        let text =
            "data:\n  ca: |\n    -----BEGIN PRIVATE KEY-----\n    MIIabc\n    -----END PRIVATE KEY-----\n    after\n";
        let out = shown(text);
        assert!(!out.contains("MIIabc"));
        assert!(out.contains("after"));
        assert_eq!(out.lines().count(), 6);
    }

    #[test]
    fn every_word_that_names_a_secret_passes_the_cheap_look() {
        for word in SECRET_WORDS.iter().chain(SECRET_ENDS) {
            assert!(may_name_secret(&format!("x{}", word.to_uppercase())), "{word}");
        }
    }

    #[test]
    fn mask_does_not_tell_the_length() {
        assert_eq!(shown("token: a\n"), shown("token: abcdefghijklmnopqrstuvwxyz\n"));
    }
}
