//! The history of a file, and what a commit touched.

use super::archive::{Archive, LOG, commit_of};
use crate::domain::detail::Commit;

use super::door::Failure;

/// A commit and the files that it touched.
#[derive(Clone, Debug)]
pub struct Touched {
    pub commit: Commit,
    pub files: Vec<Touch>,
}

/// What a commit did to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Path and content before, from the top of the repository; none for a new file.
    pub old: Option<(String, String)>,
    /// Path and content after; none for a file that went.
    pub new: Option<(String, String)>,
    /// Lines added and removed; none for what is not text or was not counted.
    pub counted: Option<(u32, u32)>,
}

impl Touch {
    /// The path after, or before when there is none after.
    pub fn path(&self) -> &str {
        self.new.as_ref().or(self.old.as_ref()).map_or("", |(path, _)| path)
    }
}

/// The newest `limit` commits that touched `path`, followed through renames.
///
/// # Errors
/// When git fails.
pub fn of_file(archive: &Archive, from: &str, path: &str, limit: usize) -> Result<Vec<Touched>, Failure> {
    let count = limit.to_string();
    let args: Vec<&str> =
        LOG.iter().copied().chain(["--follow", "-M", "--raw", "--numstat", "-n", &count, from, "--", path]).collect();
    archive.git.ask(&archive.at, &args).map(|bytes| parse(&bytes))
}

/// Every file that a commit touched; a merge is held against its first parent.
///
/// # Errors
/// When git fails.
pub fn of_commit(archive: &Archive, commit: &str) -> Result<Option<Touched>, Failure> {
    let args: Vec<&str> =
        LOG.iter().copied().chain(["-1", "-M", "--raw", "--diff-merges=first-parent", commit, "--"]).collect();
    archive.git.ask(&archive.at, &args).map(|bytes| parse(&bytes).into_iter().next())
}

/// Fields of commits, `:modes ids status NUL path NUL [path NUL]`, then `added TAB removed TAB [path] NUL`.
fn parse(bytes: &[u8]) -> Vec<Touched> {
    let text = String::from_utf8_lossy(bytes);
    let mut tokens = text.split('\0').peekable();
    let mut all: Vec<Touched> = Vec::new();
    while let Some(token) = tokens.next() {
        let token = token.trim_start_matches('\n');
        let files = all.last_mut().map(|touched| &mut touched.files);
        if let Some(raw) = token.strip_prefix(':') {
            let mut words = raw.split(' ').skip(2);
            let (old, new, status) = (words.next(), words.next(), words.next().unwrap_or_default());
            let first = tokens.next().unwrap_or_default();
            let second = if status.starts_with(['R', 'C']) { tokens.next().unwrap_or_default() } else { first };
            let side = |id: Option<&str>, path: &str| {
                id.filter(|id| id.bytes().any(|b| b != b'0')).map(|id| (path.to_owned(), id.to_owned()))
            };
            if let Some(files) = files {
                files.push(Touch { old: side(old, first), new: side(new, second), counted: None });
            }
        } else if let Some((counted, path)) = counted(token) {
            let path = if path.is_empty() {
                tokens.next();
                tokens.next().unwrap_or_default()
            } else {
                path
            };
            if let Some(touch) = files.and_then(|files| files.iter_mut().find(|touch| touch.path() == path)) {
                touch.counted = counted;
            }
        } else if let Some(commit) = commit_at(token, &mut tokens) {
            all.push(Touched { commit, files: Vec::new() });
        }
    }
    all
}

fn commit_at<'t>(id: &str, tokens: &mut impl Iterator<Item = &'t str>) -> Option<Commit> {
    if id.len() < 40 {
        return None;
    }
    let (author, seconds, subject) = (tokens.next()?, tokens.next()?, tokens.next()?);
    commit_of(id, author, seconds, subject)
}

/// `3 TAB 1 TAB path`, or dashes for what is not text.
#[allow(clippy::type_complexity, reason = "counts, none for a binary, beside a path")]
fn counted(token: &str) -> Option<(Option<(u32, u32)>, &str)> {
    let mut parts = token.splitn(3, '\t');
    let (added, removed, path) = (parts.next()?, parts.next()?, parts.next()?);
    let is_count = |word: &str| word == "-" || (!word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()));
    let counted = added.parse().ok().zip(removed.parse().ok());
    (is_count(added) && is_count(removed)).then_some((counted, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_renames_and_commits_without_files_are_read() {
        let (one, two, three) = ("1".repeat(40), "2".repeat(40), "3".repeat(40));
        let none = "0".repeat(40);
        let text = format!(
            "{one}\0A\x005\0first\0\n:100644 100644 {two} {three} M\0b.yaml\x001\t2\tb.yaml\0\
             {two}\0B\x004\0\0{three}\0C\x003\0third\0\n:100644 100644 {one} {one} R100\0a.yaml\0b.yaml\0-\t-\t\0a.yaml\0b.yaml\0\
             {one}\0A\x002\0new\0\n:000000 100644 {none} {two} A\0a.yaml\x003\t0\ta.yaml\0"
        );
        let all = parse(text.as_bytes());
        assert_eq!(all.iter().map(|t| t.commit.subject.as_str()).collect::<Vec<_>>(), ["first", "", "third", "new"]);
        assert_eq!(all[0].files[0].counted, Some((1, 2)));
        assert!(all[1].files.is_empty());
        let renamed = &all[2].files[0];
        assert_eq!(renamed.old.as_ref().unwrap().0, "a.yaml");
        assert_eq!((renamed.path(), renamed.counted), ("b.yaml", None));
        assert_eq!(all[3].files[0].old, None);
    }

    #[test]
    fn any_bytes_are_survived() {
        for bytes in [&b":"[..], b"\0\0\0", b":a b c d R\0x", b"1\t2\t\0", b"\xff\xfe\0:\0"] {
            assert!(parse(bytes).is_empty());
        }
    }
}
