//! Secrets in the arguments of programs: what one letter means depends on who reads it.

use super::{MASK, is_reference};

/// How a program takes a secret.
struct Habit {
    /// Programs that do.
    programs: &'static [&'static str],
    /// Options whose argument is secret.
    options: &'static [&'static str],
    /// Whether the argument may stand apart. `mysql -p name` asks for the password and `name` is the database.
    is_apart: bool,
    /// A word that must stand in the line too.
    with: &'static str,
}

const fn habit(programs: &'static [&'static str], options: &'static [&'static str]) -> Habit {
    Habit { programs, options, is_apart: true, with: "" }
}

const HABITS: &[Habit] = &[
    Habit {
        programs: &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mysqlimport",
            "mysqlcheck",
            "mysqlsh",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
            "mariadb-backup",
            "7z",
            "7za",
        ],
        options: &["-p"],
        is_apart: false,
        with: "",
    },
    Habit {
        programs: &["docker", "podman", "nerdctl", "helm", "oras", "crane", "skopeo", "az"],
        options: &["-p"],
        is_apart: true,
        with: "login",
    },
    habit(&["sshpass", "mongo", "mongosh", "mongodump", "mongorestore", "cqlsh"], &["-p"]),
    habit(&["redis-cli", "valkey-cli"], &["-a"]),
    habit(
        &["ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldapwhoami", "ldappasswd", "ldapcompare"],
        &["-w", "-s"],
    ),
    habit(&["curl"], &["-b", "--cookie"]),
    habit(&["snmpget", "snmpwalk", "snmpbulkwalk", "snmpset", "snmptrap"], &["-c", "-A", "-X"]),
    habit(&["zip", "unzip", "ipmitool", "sqlcmd", "bcp"], &["-P"]),
    habit(&["openssl"], &["-passin", "-passout", "-pass", "-k", "-K"]),
    habit(&["lftp", "smbclient", "rpcclient"], &["-u", "-U"]),
    habit(&["influx"], &["-t", "-p"]),
];
/// Searching for a secret's option is worth it only where one of these words stands.
const PROGRAMS: &[&str] = &[
    "mysql",
    "maria",
    "7z",
    "docker",
    "podman",
    "nerdctl",
    "helm",
    "oras",
    "crane",
    "skopeo",
    "az ",
    "sshpass",
    "mongo",
    "cqlsh",
    "redis",
    "valkey",
    "ldap",
    "curl",
    "snmp",
    "zip",
    "ipmi",
    "sqlcmd",
    "bcp",
    "openssl",
    "lftp",
    "smbclient",
    "rpcclient",
    "influx",
    "htpasswd",
    "mc ",
];

/// Whether a program may stand in a text at all: a cheap look before the exact one.
fn may_act(text: &str) -> bool {
    PROGRAMS.iter().any(|p| text.contains(p))
}

/// The line without secret arguments. `before` is what was said before on the same command, when it began on an earlier
/// line.
pub fn masked(before: &str, text: &str) -> Option<String> {
    if !may_act(text) && !may_act(before) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut program = programs(before);
    let mut is_secret = false;
    let whole = format!("{before} {text}");
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = word_end(rest);
        let (word, after) = rest.split_at(end);
        let bare = word.trim_matches(['"', '\'', ',', '[', ']']);
        if is_secret && !is_reference(bare) && !is_elsewhere(bare) && bare != MASK && !bare.is_empty() {
            out.push_str(&replaced(word, bare));
        } else if let Some(glued) = glued(&program, bare, &whole) {
            out.push_str(&replaced(word, glued));
        } else {
            out.push_str(word);
        }
        let name = bare.rsplit('/').next().unwrap_or(bare);
        if HABITS.iter().any(|h| h.programs.contains(&name)) {
            program = Some(name.to_owned());
        } else if matches!(word, "|" | ";" | "&&" | "||") || word.ends_with(';') {
            program = None;
        }
        is_secret = says_option(&program, bare, &whole);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// The last program that a text calls.
fn programs(text: &str) -> Option<String> {
    let names = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | '(' | '|' | ';' | '&'));
    names
        .map(|w| w.rsplit('/').next().unwrap_or(w))
        .rfind(|w| HABITS.iter().any(|h| h.programs.contains(w)))
        .map(ToOwned::to_owned)
}

fn habits<'h>(program: &'h Option<String>, line: &'h str) -> impl Iterator<Item = &'static Habit> + 'h {
    HABITS.iter().filter(move |h| {
        program.as_deref().is_some_and(|p| h.programs.contains(&p)) && (h.with.is_empty() || line.contains(h.with))
    })
}

/// Whether the next word is the secret of this option.
fn says_option(program: &Option<String>, word: &str, line: &str) -> bool {
    habits(program, line).any(|h| h.is_apart && h.options.contains(&word))
}

/// The secret part of `-pSECRET` and `--cookie=SECRET`.
fn glued<'w>(program: &Option<String>, word: &'w str, line: &str) -> Option<&'w str> {
    habits(program, line).flat_map(|h| h.options).find_map(|option| {
        let secret = word.strip_prefix(option)?;
        let secret = secret.strip_prefix('=').unwrap_or(secret).trim_matches(['"', '\'']);
        // `-passin` is no `-p`, `--port` no `-p`: what is glued to a letter is not a word of another option.
        let is_other = secret.is_empty() || (option.len() > 2 && !word.contains('='));
        (!is_other && !is_reference(secret) && !is_elsewhere(secret) && secret != MASK).then_some(secret)
    })
}

/// `env:NAME`, `file:name`: openssl is told where the secret lies.
fn is_elsewhere(word: &str) -> bool {
    ["env:", "file:", "fd:", "stdin"].iter().any(|p| word.starts_with(p)) || word.starts_with('@')
}

fn replaced(word: &str, secret: &str) -> String {
    match word.find(secret) {
        Some(at) => format!("{}{MASK}{}", &word[..at], &word[at + secret.len()..]),
        None => word.to_owned(),
    }
}

/// The end of a shell word: quotes and escapes are followed. A quote that nothing closes is a letter.
fn word_end(text: &str) -> usize {
    let closes = |c: char| text.rfind(c);
    let (single, double) = (closes('\''), closes('"'));
    let last = |c: char| if c == '"' { double } else { single };
    super::shell_word_end(text, |at, c| last(c) > Some(at), char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_hides_its_own_option() {
        for (text, wanted) in [
            ("mysql -h db -uroot -phunter2 shop", "mysql -h db -uroot -p•••••• shop"),
            ("mysql -p shop", "mysql -p shop"),
            ("mysqldump -p'hunter 2' x", "mysqldump -p'••••••' x"),
            ("sshpass -p hunter2 ssh -p 2222 host", "sshpass -p •••••• ssh -p •••••• host"),
            ("redis-cli -h r -a hunter2 ping", "redis-cli -h r -a •••••• ping"),
            ("ldapsearch -D cn=x -w hunter2 -b dc=x", "ldapsearch -D cn=x -w •••••• -b dc=x"),
            ("curl -b session=hunter2 https://h/", "curl -b •••••• https://h/"),
            ("docker login -u bob -p hunter2 reg", "docker login -u bob -p •••••• reg"),
            ("docker run -p 8080:80 img", "docker run -p 8080:80 img"),
            ("openssl enc -k hunter2 -in a", "openssl enc -k •••••• -in a"),
            ("openssl rsa -passin env:PW", "openssl rsa -passin env:PW"),
            ("redis-cli -a \"$PW\" ping", "redis-cli -a \"$PW\" ping"),
            ("mkdir -p a/b; ssh -p 22 h", "mkdir -p a/b; ssh -p 22 h"),
            ("[\"mysql\", \"-phunter2\"]", "[\"mysql\", \"-p••••••\"]"),
        ] {
            assert_eq!(masked("", text).as_deref().unwrap_or(text), wanted);
        }
        assert_eq!(masked("mysql -h db", "  -phunter2 shop").as_deref(), Some("  -p•••••• shop"));
    }
}
