//! The one door to the git program.
//!
//! A repository's own settings can name programs to run, so nothing here runs hooks, monitors, pagers, external
//! differs or signature checks, and nothing reaches for the network. `safe.directory` stays in force.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use super::redact;
use crate::domain::{
    detail::Commit,
    text::clean_line,
    time::{SECOND, Timestamp},
};

/// The commit that is checked out in `root`; none outside a repository, without git, or before the first commit.
pub fn head_commit(root: &Path) -> Option<Commit> {
    let format = "--format=%H%x00%an%x00%at%x00%s";
    let args = [
        "log",
        "-1",
        "-z",
        "--no-ext-diff",
        "--no-textconv",
        "--no-show-signature",
        "--no-color",
        format,
        "HEAD",
        "--",
    ];
    commit(&run(root, &args)?)
}

/// What git prints for a command that only reads; none when it fails or there is no git.
fn run(root: &Path, args: &[&str]) -> Option<String> {
    let output = command(root, args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The one way in which git is called.
fn command(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(root)
        .arg("--no-pager")
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"])
        .args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    // Set by hooks and wrappers; they would point git at another repository than `root`, or at a program.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_EXTERNAL_DIFF"] {
        command.env_remove(variable);
    }
    command
}

fn commit(text: &str) -> Option<Commit> {
    let mut fields = text.trim_end_matches(['\0', '\n']).split('\0');
    let id = fields.next().filter(|id| matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let safe = |field: Option<&str>| redact::line(&clean_line(field.unwrap_or_default()));
    let author = safe(fields.next());
    let seconds: i64 = fields.next()?.parse().ok()?;
    Some(Commit {
        id: Arc::from(id),
        author,
        at: Timestamp::from_ms(seconds.saturating_mul(SECOND)),
        subject: safe(fields.next()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commit_is_read_cleaned_and_redacted() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let text = format!("{id}\0Ops \u{1b}[1m\x001700000000\0rotate: token=abc123\0");
        let commit = commit(&text).unwrap();
        assert_eq!(&*commit.id, id);
        assert_eq!(commit.at.ms(), 1_700_000_000_000);
        assert_eq!(commit.author, "Ops \u{fffd}[1m");
        assert_eq!(commit.subject, "rotate: token=••••••");
    }

    #[test]
    fn every_call_is_hardened() {
        let command = command(Path::new("."), &["log"]);
        let args: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
        let log = args.iter().position(|a| a == "log").unwrap();
        for wanted in ["--no-pager", "core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never"] {
            assert!(args[..log].iter().any(|a| a == wanted), "{wanted} must stand before the command");
        }
        let set = |name: &str| command.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value.is_some());
        for name in ["GIT_CONFIG_NOSYSTEM", "GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT", "LC_ALL"] {
            assert_eq!(set(name), Some(true), "{name}");
        }
        assert_eq!(set("GIT_DIR"), Some(false), "taken away");
    }

    #[test]
    fn what_is_no_commit_is_none() {
        for text in ["", "fatal: not a git repository", "abc\0x\x001\0y"] {
            assert!(commit(text).is_none());
        }
    }
}
