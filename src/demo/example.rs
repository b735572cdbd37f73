//! The example repository as files: unpacked, and given the git history that `assets/example-history.yaml` tells.
//!
//! Older versions are made backwards from the shipped text: where a commit says that it replaced `was` by `now`,
//! everything before it has `was`. One run of `git fast-import` then makes all commits.

use std::{collections::BTreeMap, ffi::OsString, fs, io, path::Path, process::Stdio};

use include_dir::{Dir, DirEntry, include_dir};
use serde::Deserialize;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::domain::time::{DAY, Timestamp};

static EXAMPLE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/example");
const HISTORY: &str = include_str!("../../assets/example-history.yaml");

/// Texts by path relative to the repository's root.
pub type Files = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    commits: Vec<Commit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Commit {
    days_ago: f64,
    author: String,
    subject: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    change: Vec<Edit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    was: String,
    now: String,
}

/// One commit with the whole text of what it touches.
struct Step {
    at: Timestamp,
    author: String,
    message: String,
    files: Files,
}

/// The example's files as they are shipped.
pub fn files() -> Files {
    let mut out = Files::new();
    gather(&EXAMPLE, &mut out);
    out
}

fn gather(dir: &Dir<'static>, out: &mut Files) {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(sub) => gather(sub, out),
            DirEntry::File(file) => {
                if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
                    out.insert(path.replace('\\', "/"), text.to_owned());
                }
            }
        }
    }
}

/// Write `files` below `root`.
///
/// # Errors
/// When a folder or file cannot be written.
pub fn unpack(files: &Files, root: &Path) -> io::Result<()> {
    for (path, text) in files {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

/// Make the unpacked example at `root` a git repository with its history, as of `now`.
///
/// # Errors
/// In words, when git is missing or fails, or the history does not fit the files.
pub async fn commit_history(files: &Files, root: &Path, now: Timestamp, path: Option<&str>) -> Result<(), String> {
    let script = fast_import(&steps(HISTORY, files, now)?);
    git(root, path, &["init", "--quiet", "--initial-branch=main"], None).await?;
    git(root, path, &["fast-import", "--quiet", "--done"], Some(script)).await?;
    git(root, path, &["reset", "--quiet", "--hard", "main"], None).await
}

/// Run git with nothing of the user's: no settings, no hooks, no signing, no questions.
async fn git(root: &Path, path: Option<&str>, arguments: &[&str], input: Option<Vec<u8>>) -> Result<(), String> {
    let fixed = ["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "core.fsmonitor=false"];
    let none = OsString::from("/dev/null");
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(root)
        .args(fixed)
        .args(arguments)
        .env_clear()
        .env("PATH", path.unwrap_or("/usr/local/bin:/usr/bin:/bin"))
        .env("LC_ALL", "C")
        .env("HOME", root)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", &none)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|e| format!("git cannot be run: {e}"))?;
    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), input) {
        pipe.write_all(&bytes).await.map_err(|e| format!("git stopped reading: {e}"))?;
    }
    let done = child.wait_with_output().await.map_err(|e| format!("git: {e}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!(
        "git {} failed: {}",
        arguments.first().unwrap_or(&""),
        said.lines().next().unwrap_or("no reason given")
    ))
}

/// Every commit with the texts of that time, oldest first.
fn steps(history: &str, files: &Files, now: Timestamp) -> Result<Vec<Step>, String> {
    let history: History = serde_saphyr::from_str(history).map_err(|e| format!("example history: {e}"))?;
    let mut at_that_time = files.clone();
    let mut steps = Vec::new();
    let mut placed = std::collections::BTreeSet::new();
    for commit in history.commits.into_iter().rev() {
        let mut touched = Files::new();
        for edit in &commit.change {
            let text = at_that_time.get(&edit.file).ok_or_else(|| format!("{}: no such file", edit.file))?;
            touched.insert(edit.file.clone(), text.clone());
        }
        for edit in commit.change.iter().rev() {
            let text = at_that_time.get_mut(&edit.file).ok_or_else(|| format!("{}: no such file", edit.file))?;
            if text.matches(&edit.now).count() != 1 {
                return Err(format!("`{}` should find its line once in {}", commit.subject, edit.file));
            }
            *text = text.replacen(&edit.now, &edit.was, 1);
        }
        for pattern in &commit.add {
            for (path, text) in at_that_time.iter().filter(|(path, _)| matches(pattern, path)) {
                placed.insert(path.clone());
                touched.insert(path.clone(), text.clone());
            }
        }
        // Counted in whole minutes: a fraction of a day is exact enough there.
        #[allow(clippy::cast_possible_truncation)]
        let at = now.plus(-((commit.days_ago * 1440.0).round() as i64 * (DAY / 1440)));
        let message = format!("{}\n\n{}", commit.subject, commit.body).trim_end().to_owned() + "\n";
        steps.push(Step { at, author: commit.author, message, files: touched });
    }
    steps.reverse();
    if let (Some(missing), Some(first)) = (files.keys().find(|f| !placed.contains(*f)), steps.first()) {
        return Err(format!("no commit adds {missing} (the first is `{}`)", first.message.trim_end()));
    }
    Ok(steps)
}

/// `*` stands for anything within one segment.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(want, is)| segment_matches(want, is))
}

fn segment_matches(want: &str, is: &str) -> bool {
    match want.split_once('*') {
        None => want == is,
        Some((start, rest)) => is.strip_prefix(start).is_some_and(|tail| {
            (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| segment_matches(rest, &tail[at..]))
        }),
    }
}

fn fast_import(steps: &[Step]) -> Vec<u8> {
    let mut out = Vec::new();
    for step in steps {
        let seconds = step.at.ms() / 1000;
        let who = format!("{} {seconds} +0000", step.author);
        out.extend(format!("commit refs/heads/main\nauthor {who}\ncommitter {who}\n").bytes());
        push_data(&mut out, &step.message);
        for (path, text) in &step.files {
            out.extend(format!("M 100644 inline {path}\n").bytes());
            push_data(&mut out, text);
        }
    }
    out.extend(b"done\n");
    out
}

fn push_data(out: &mut Vec<u8>, text: &str) {
    out.extend(format!("data {}\n", text.len()).bytes());
    out.extend(text.bytes());
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    #[test]
    fn every_commit_of_the_shipped_history_fits_the_shipped_files() {
        let steps = steps(HISTORY, &files(), NOW).unwrap();
        assert!(steps.len() > 20);
        assert!(steps.is_sorted_by_key(|s| s.at), "oldest first");
        let mut tree = Files::new();
        for step in steps {
            assert!(!step.files.is_empty(), "{} touches nothing", step.message);
            tree.extend(step.files);
        }
        assert_eq!(tree, files(), "the last commit is what is shipped");
    }

    #[test]
    fn older_versions_have_the_older_text() {
        let files = Files::from([("a/x.yaml".to_owned(), "age: 1 # why\n".to_owned())]);
        let history = "commits:\n- {daysAgo: 2, author: A <a@x>, subject: add, add: [a/*]}\n\
                       - {daysAgo: 1, author: A <a@x>, subject: edit, change: [{file: a/x.yaml, was: 'age: 7', now: 'age: 1 # why'}]}\n";
        let steps = steps(history, &files, NOW).unwrap();
        assert_eq!(steps[0].files["a/x.yaml"], "age: 7\n");
        assert_eq!(steps[1].files["a/x.yaml"], "age: 1 # why\n");
        assert_eq!(NOW.since(steps[0].at), 2 * DAY);
    }

    #[test]
    fn a_star_stays_within_its_segment() {
        assert!(matches("a/*", "a/b.yaml") && !matches("a/*", "a/b/c.yaml"));
        assert!(matches("m/storage-*.yaml", "m/storage-x.yaml") && !matches("m/storage-*.yaml", "m/health-x.yaml"));
    }
}
