//! Secrets by what they look like in a line of any kind.

use std::borrow::Cow;

use super::{MASK, commands, is_reference, may_name_secret, names_secret, prose, words};

/// Headers that say nothing secret.
const OPEN_HEADERS: &[&str] =
    &["content-type", "accept", "user-agent", "host", "content-length", "accept-encoding", "cache-control"];
/// How well-known keys begin.
const KEY_PREFIXES: &[&str] =
    &["AKIA", "ASIA", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "hvs.", "AIza"];

/// Longest line that is looked at closely, in bytes; a longer one with any sign of a secret is hidden as a whole.
const LINE_LIMIT: usize = 8_192;

/// One line without anything that looks like a secret.
pub fn line(text: &str) -> String {
    line_after("", text)
}

/// The same for a line that goes on with a command of the lines before.
pub fn line_after(before: &str, text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.len() > LINE_LIMIT {
        // Looking at it closely would take minutes; nobody reads such a line.
        return MASK.to_owned();
    }
    thorough(before, text)
}

fn thorough(before: &str, text: &str) -> String {
    let mut out = Cow::Borrowed(text);
    if let Some(hidden) = commands::masked(before, &out) {
        out = Cow::Owned(hidden);
    }
    for step in [pem, addresses, options, assignments, prose::masked, shapes] {
        if let Some(hidden) = step(&out) {
            out = Cow::Owned(hidden);
        }
    }
    out.into_owned()
}

/// Whether a line holds something that is a secret beyond doubt: credentials in an address or in an option, a JWT,
/// a private key.
pub fn strong_hit(text: &str) -> bool {
    if is_plain(text) || text.len() > LINE_LIMIT {
        return false;
    }
    let changes = |step: fn(&str) -> Option<String>| step(text).is_some_and(|out| out != text);
    let in_command = |text: &str| commands::masked("", text);
    changes(pem) || changes(addresses) || changes(options) || changes(in_command) || text.split(is_break).any(is_jwt)
}

/// One look at each byte: nothing stands in it that any step below would act on. Most lines are like that.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Where the word began that could be a key, and its digits.
    let (mut start, mut digits) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        if super::has_root(&bytes[at..]) {
            return false;
        }
        match byte {
            b'@' => return false,
            b'-' if begins_option(bytes, at) => return false,
            _ if is_break(char::from(*byte)) => {
                if may_be_key(&bytes[start..at], digits) {
                    return false;
                }
                (start, digits) = (at + 1, 0);
            }
            b'0'..=b'9' => digits += 1,
            _ => {}
        }
    }
    !may_be_key(&bytes[start..], digits)
}

/// `-----BEGIN`, or an option as [`options`] and [`commands`] look for.
fn begins_option(bytes: &[u8], at: usize) -> bool {
    let after = bytes.get(at + 1);
    let before = at.checked_sub(1).and_then(|at| bytes.get(at));
    let is_first = before.is_none_or(|b| b.is_ascii_whitespace() || !b.is_ascii() || b"\x0b\"'[,(-".contains(b));
    (after == Some(&b'-') || is_first) && after.is_some_and(|b| b"-HuUpPaAwbcXkKts".contains(b))
}

fn may_be_key(word: &[u8], digits: usize) -> bool {
    let begins = |prefix: &&str| word.starts_with(prefix.as_bytes());
    (word.len() >= 10 && word.starts_with(b"eyJ"))
        || (word.len() >= 20 && (digits >= 3 || KEY_PREFIXES.iter().any(begins)))
}

// Each step answers nothing when there is plainly nothing for it to do.

fn pem(text: &str) -> Option<String> {
    text.find("-----BEGIN ").map(|start| format!("{}{MASK}", &text[..start]))
}

/// `scheme://user:password@host` as `scheme://••••••@host`, and `user:password@tcp(host)` likewise.
fn addresses(text: &str) -> Option<String> {
    if !text.contains('@') {
        return None;
    }
    let sources = data_sources(text);
    let text = sources.as_deref().unwrap_or(text);
    if !text.contains("://") {
        return sources;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        out.push_str(head);
        let end = tail
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | ')'))
            .unwrap_or(tail.len());
        // A password may hold a slash; a port may not.
        let word = tail.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')).unwrap_or(tail.len());
        let has_port = tail[..end].rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let end = match tail[..word].rfind('@') {
            Some(sign) if sign > end && !has_port => {
                tail[sign..].find(['/', '?', '#']).map_or(word, |at| (sign + at).min(word))
            }
            _ => end,
        };
        let (authority, after) = tail.split_at(end);
        match authority.rfind('@') {
            Some(sign) if is_credential(&authority[..sign]) => {
                out.push_str(MASK);
                out.push_str(&authority[sign..]);
            }
            _ => out.push_str(authority),
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// `user:password@tcp(host:3306)/db`, as Go's drivers have it.
fn data_sources(text: &str) -> Option<String> {
    let at = ["@tcp(", "@unix(", "@tcp6("].iter().find_map(|sign| text.find(sign))?;
    let start = text[..at].rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=')).map_or(0, |s| s + 1);
    let (_, password) = text[start..at].split_once(':')?;
    let is_open = is_reference(password) || password == MASK;
    (!is_open).then(|| format!("{}{MASK}{}", &text[..start], &text[at..]))
}

fn is_credential(user_info: &str) -> bool {
    match user_info.split_once(':') {
        Some((_, password)) => !is_reference(password) && password != MASK,
        None => user_info.len() >= 20 && !is_reference(user_info),
    }
}

/// The arguments of `-H`, `-u` and their long forms.
fn options(text: &str) -> Option<String> {
    const OPTIONS: &[&str] = &["-H", "--header", "-u", "--user", "--proxy-user", "-U", "--oauth2-bearer"];
    if !OPTIONS.iter().any(|option| text.contains(option)) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = OPTIONS
            .iter()
            .filter_map(|option| find_option(rest, option).map(|at| (at, *option)))
            .min_by_key(|(at, option)| (*at, usize::MAX - option.len()));
        let Some((at, option)) = found else {
            out.push_str(rest);
            return Some(out);
        };
        let (head, tail) = rest.split_at(at + option.len());
        out.push_str(head);
        let gap = tail.len() - tail.trim_start_matches([' ', '=']).len();
        let (gap, tail) = tail.split_at(gap);
        out.push_str(gap);
        let end = argument_end(tail);
        let (argument, after) = tail.split_at(end);
        out.push_str(&masked_argument(option, argument));
        rest = after;
    }
}

fn find_option(text: &str, option: &str) -> Option<usize> {
    text.match_indices(option).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let tail = &text[at + option.len()..];
        let after = tail.chars().next();
        // `-u"name:password"` and `-uname:password`: short options take their argument without a gap.
        let holds_pair = tail.starts_with(char::is_alphanumeric) && tail[..argument_end(tail)].contains(':');
        let glued = option.len() == 2 && (matches!(after, Some('"' | '\'')) || holds_pair);
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | ',' | '('))
            && (glued || matches!(after, Some(' ' | '=')))
    })
}

/// The end of an argument: a shell word, or what closes the command it stands in.
fn argument_end(text: &str) -> usize {
    super::shell_word_end(text, |_, _| true, |c| c.is_whitespace() || matches!(c, ';' | '|' | ')'))
}

fn masked_argument(option: &str, argument: &str) -> String {
    let quote: String = argument.chars().take_while(|c| matches!(c, '"' | '\'' | '\\')).collect();
    let bare = argument.trim_matches(['"', '\'', '\\']);
    if bare.is_empty() || bare == MASK {
        return argument.to_owned();
    }
    let is_header = matches!(option, "-H" | "--header");
    let (head, value) = match bare.split_once(':') {
        Some((name, value)) if is_header => {
            if OPEN_HEADERS.contains(&name.trim().to_ascii_lowercase().as_str()) {
                return argument.to_owned();
            }
            (format!("{name}: "), value)
        }
        Some((_, value)) => (String::new(), value),
        // `sort -u file`, `date -u`, `-u admin`: a name alone is no secret.
        None if option != "--oauth2-bearer" => return argument.to_owned(),
        None => (String::new(), bare),
    };
    if is_reference(value) || value.trim() == MASK {
        return argument.to_owned();
    }
    format!("{quote}{head}{MASK}{}", quote.chars().rev().collect::<String>())
}

/// `password: x`, `API_KEY=x`, `"token":"x"`, `--password x`.
fn assignments(text: &str) -> Option<String> {
    if !may_name_secret(text) {
        return None;
    }
    let is_comment = text.trim_start().starts_with('#');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_name) {
        let (head, tail) = rest.split_at(start);
        out.push_str(head);
        let end = tail.find(|c| !is_name(c)).unwrap_or(tail.len());
        let (name, after) = tail.split_at(end);
        out.push_str(name);
        rest = after;
        // A lone `key` names keys of all kinds; without more it is no secret.
        let is_docker = name == "auth" && rest.starts_with(['"', '\'', '\\']);
        if !(names_secret(name) || is_docker)
            || (words(name).len() == 1 && matches!(name, "key" | "keys" | "secrets" | "tokens"))
        {
            continue;
        }
        let is_option = head.ends_with("--") || name.starts_with("--");
        if let Some((gap, value)) = assigned(rest, is_option, is_comment || has_comment(&out)) {
            out.push_str(&rest[..gap]);
            let quote: String = rest[gap..].chars().take_while(|c| matches!(c, '"' | '\'' | '\\')).collect();
            out.push_str(&quote);
            out.push_str(MASK);
            out.push_str(&quote.chars().rev().collect::<String>().replace("\"\\", "\\\""));
            rest = &rest[gap + value..];
        }
    }
    out.push_str(rest);
    Some(out)
}

fn has_comment(before: &str) -> bool {
    before.contains(" #")
}

const fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The length of what stands between a name and its value, and the length of the value.
fn assigned(rest: &str, is_option: bool, is_comment: bool) -> Option<(usize, usize)> {
    let trimmed = rest.trim_start_matches(['\\', '"', '\'']).trim_start();
    let sign = trimmed.chars().next()?;
    let body = match sign {
        ':' | '=' => trimmed[1..].trim_start(),
        _ if is_option && rest.starts_with(' ') => rest.trim_start(),
        _ => return None,
    };
    if sign == ':' && trimmed[1..].starts_with(':') {
        return None;
    }
    let gap = rest.len() - body.len();
    let quoted = body.starts_with(['"', '\'', '\\']);
    let length = if quoted {
        let open = body.len() - body.trim_start_matches('\\').len() + 1;
        let close = body.get(open - 1..open)?;
        body.get(open..)?.find(close).map_or(body.len(), |at| open + at + 1)
    } else if sign == ':' || is_comment {
        let stop = if is_comment { None } else { body.find([',', '}', ']', '"', '\'']).or_else(|| body.find(" #")) };
        stop.unwrap_or(body.len())
    } else {
        body.find(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | ',' | '"' | '\'' | ')' | '}'))
            .unwrap_or(body.len())
    };
    let value = body.get(..length)?.trim_end();
    let plain = value.trim_matches(['"', '\'', '\\']);
    let says_nothing = is_reference(value)
        || matches!(plain, "true" | "false" | "null" | "~" | "|" | "|-" | ">" | ">-")
        || plain.starts_with(['{', '[', '&', '*'])
        || plain == MASK;
    (!says_nothing).then_some((gap, value.len()))
}

/// Words that are shaped like a key.
fn shapes(text: &str) -> Option<String> {
    if text.split(is_break).all(|word| word.len() < 10) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(is_break).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_digest = out.ends_with("sha256:") || out.ends_with("sha512:");
        let head = out.trim_end().as_bytes();
        let says_revision = head.len() >= 9 && head[head.len() - 9..].eq_ignore_ascii_case(b"revision:");
        if !word.is_empty() && (is_jwt(word) || (!is_digest && !says_revision && is_key(word))) {
            out.push_str(MASK);
        } else {
            out.push_str(word);
        }
        let step = after.chars().next().map_or(0, char::len_utf8);
        out.push_str(&after[..step]);
        rest = &after[step..];
    }
    Some(out)
}

const fn is_break(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '=' | '~'))
}

fn is_jwt(word: &str) -> bool {
    word.starts_with("eyJ") && word.len() >= 10
}

fn is_key(word: &str) -> bool {
    if word.len() < 20 {
        return false;
    }
    if KEY_PREFIXES.iter().any(|p| word.starts_with(p)) {
        return true;
    }
    let count = |is: fn(&u8) -> bool| word.as_bytes().iter().filter(|b| is(b)).count();
    let digits = count(u8::is_ascii_digit);
    let (upper, lower) = (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    if word.len() >= 32 && digits >= 4 && upper + lower >= 4 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
        return true;
    }
    let dashes = count(|b| matches!(b, b'-' | b'.' | b'_'));
    digits >= 3 && upper >= 3 && lower >= 3 && dashes * 8 <= word.len() && entropy(word) >= 3.5
}

/// Bits per character.
fn entropy(word: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in word.bytes() {
        counts[byte as usize] += 1;
    }
    let all = word.len() as f64;
    counts.iter().filter(|c| **c > 0).map(|c| f64::from(*c) / all).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_quick_look_lets_pass_the_thorough_one_leaves_alone() {
        let pieces = [
            "a",
            "-",
            "--",
            "-u",
            "-H",
            "mysql ",
            "redis-cli -a",
            "-p",
            "ldapsearch -w ",
            "eyJhbGciOi",
            "AKIA",
            "token",
            "=",
            ": ",
            "@",
            "://",
            " ",
            "\"",
            "x1",
            "9Zq",
            "Key",
            "pass",
            "-----BEGIN ",
            "ä",
            "\u{a0}",
            "[",
            "0123abcd",
            "=",
            ".",
            "/",
            "#",
        ];
        // All triples, and long runs of each pair: every step finds something among them.
        let mut found = 0;
        for a in pieces {
            for b in pieces {
                let runs = [format!("{a}{b}").repeat(12), format!("x {a}{b} y")];
                let triples = pieces.iter().map(|c| format!("{a}{b} {c}:x"));
                let more = pieces.iter().map(|c| format!("{a}{b}{c}h4 lorem"));
                for text in runs.into_iter().chain(triples).chain(more) {
                    let hidden = thorough("", &text);
                    found += usize::from(hidden != text);
                    assert!(hidden == text || !is_plain(&text), "{text:?} became {hidden:?}");
                    assert!(!strong_hit(&text) || !is_plain(&text), "{text:?}");
                }
            }
        }
        assert!(found > 100, "{found}");
    }

    #[test]
    fn an_argument_glued_to_its_option_is_masked() {
        assert_eq!(line("curl -uroot:hunter2 https://h/x"), format!("curl -u{MASK} https://h/x"));
        assert!(!line("curl -HCookie:hunter2 x").contains("hunter2"));
        assert_eq!(line("sort -unique file; date -u"), "sort -unique file; date -u");
    }

    #[test]
    fn credentials_in_addresses_go_and_the_host_stays() {
        assert_eq!(line("url: https://bob:s3cret@git.example/x.git"), "url: https://••••••@git.example/x.git");
        assert_eq!(line("https://git@git.example/x"), "https://git@git.example/x");
        assert_eq!(line("http://a:$PASS@h/"), "http://a:$PASS@h/");
        assert_eq!(line("postgres://u:pa/ss#w@db:5432/x y"), "postgres://••••••@db:5432/x y");
        assert_eq!(line("http://host:8080/path@2x.png"), "http://host:8080/path@2x.png");
    }

    #[test]
    fn header_and_user_arguments_are_masked_unless_they_are_variables() {
        assert_eq!(line(r#"curl -H "X-API-Key: abc" x"#), r#"curl -H "X-API-Key: ••••••" x"#);
        assert_eq!(line(r#"curl -H "X-API-Key: $API_KEY" x"#), r#"curl -H "X-API-Key: $API_KEY" x"#);
        assert_eq!(line("curl -H 'Authorization: Bearer abc' x"), "curl -H 'Authorization: ••••••' x");
        assert_eq!(line(r#"-H "Content-Type: application/json""#), r#"-H "Content-Type: application/json""#);
        assert_eq!(line("curl -u admin:hunter2 x"), "curl -u •••••• x");
        assert_eq!(line("sort -u names"), "sort -u names");
    }

    #[test]
    fn assignments_are_masked_in_every_notation() {
        for (text, wanted) in [
            ("# password: correct horse", "# password: ••••••"),
            ("export DB_PASSWORD=abc && run", "export DB_PASSWORD=•••••• && run"),
            (r#"-d '{"apiKey":"abc","n":1}'"#, r#"-d '{"apiKey":"••••••","n":1}'"#),
            (r#"-d "{\"token\":\"abc\"}""#, r#"-d "{\"token\":\"••••••\"}""#),
            ("tool --password abc run", "tool --password •••••• run"),
            ("tool --password=abc run", "tool --password=•••••• run"),
            ("PGPASSWORD=abc psql", "PGPASSWORD=•••••• psql"),
            ("https://h/?access_token=abc&x=1", "https://h/?access_token=••••••&x=1"),
            ("key: value", "key: value"),
            ("secretName: tls", "secretName: tls"),
            ("TOKEN=$(cat /run/token)", "TOKEN=$(cat /run/token)"),
            (
                "description: Secrets of all clusters. Unsealed by the HSM.",
                "description: Secrets of all clusters. Unsealed by the HSM.",
            ),
        ] {
            assert_eq!(line(text), wanted);
        }
    }

    #[test]
    fn what_is_shaped_like_a_key_goes_and_names_and_digests_stay() {
        assert_eq!(line("x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc y"), "x •••••• y");
        assert_eq!(line("d41d8cd98f00b204e9800998ecf8427e"), MASK);
        assert_eq!(line("aB3dE5fG7hI9jK1lM3nO5p"), MASK);
        for text in [
            "image: x@sha256:d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e",
            "meridian/commerce/prod/eu-1/postgres-payments",
            "ITOPS_SECURITY_OPERATOR_API_KEY",
            "automountServiceAccountToken",
            "1.3.6.1.4.1.318.1.1.12.2.3.1.1.2.1",
            "argocd-application-controller",
        ] {
            assert_eq!(line(text), text);
        }
    }
}
