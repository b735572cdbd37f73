//! One git repository, or a folder inside of one, and the questions that have one answer.

use std::sync::{Arc, OnceLock};

use similar::{Algorithm, DiffTag, capture_diff_slices, diff_ratio};

use super::{
    super::{ReadError, redact},
    door::{Failure, Git, Location, is_marked},
};
use crate::domain::{
    detail::Commit,
    text::clean_line,
    time::{SECOND, Timestamp},
};

/// What is asked about a commit: id, author, time, subject.
pub const COMMIT_FORMAT: &str = "--format=tformat:%H%x00%an%x00%at%x00%s";
/// Said to every `log`, so that no setting of the repository changes its answer or runs a program.
pub const LOG: &[&str] = &[
    "-c",
    "log.showRoot=true",
    "log",
    "-z",
    "--no-ext-diff",
    "--no-textconv",
    "--no-show-signature",
    "--no-notes",
    "--no-color",
    "--no-abbrev",
    "--no-relative",
    "--encoding=UTF-8",
    COMMIT_FORMAT,
];
/// Names that are looked through for one that somebody may have meant.
const NAMES: &str = "--count=2000";

/// A repository and where it lies.
pub struct Archive {
    pub git: Arc<Git>,
    pub at: Location,
    /// Its place in words for people; cleaned and without credentials.
    pub shown: String,
    /// Folder inside the repository, with `/` at its end; empty for the whole.
    prefix: OnceLock<String>,
}

/// Why there is no such commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCommit {
    /// Nothing of that name.
    Unknown,
    /// git failed.
    Failed(Failure),
}

impl From<Failure> for NoCommit {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Archive {
    /// Nothing is asked yet.
    pub const fn new(git: Arc<Git>, at: Location, shown: String) -> Self {
        Self { git, at, shown, prefix: OnceLock::new() }
    }

    /// The folder inside the repository, with `/` at its end; empty for the whole.
    ///
    /// # Errors
    /// When there is no repository or no git.
    pub fn prefix(&self) -> Result<&str, Failure> {
        if let Some(prefix) = self.prefix.get() {
            return Ok(prefix);
        }
        let asked = match self.git.ask(&self.at, &["rev-parse", "--show-prefix"]) {
            Err(failure) => return Err(self.judged(failure)),
            Ok(bytes) => String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned(),
        };
        Ok(self.prefix.get_or_init(|| asked))
    }

    /// The commit of a branch, tag or id.
    ///
    /// # Errors
    /// When there is none, or git fails.
    pub fn commit(&self, revision: &str) -> Result<Commit, NoCommit> {
        if !is_plausible(revision) {
            return Err(NoCommit::Unknown);
        }
        let args: Vec<&str> =
            LOG.iter().copied().chain(["-1", "--no-patch", "--end-of-options", revision, "--"]).collect();
        match self.git.ask(&self.at, &args) {
            Ok(bytes) => commit(&String::from_utf8_lossy(&bytes)).ok_or(NoCommit::Unknown),
            Err(Failure::Said(said)) if is_unknown(&said, revision) => Err(NoCommit::Unknown),
            Err(failure) => Err(self.judged(failure).into()),
        }
    }

    /// As [`Self::commit`], with an error for a reading.
    ///
    /// # Errors
    /// When there is none, or git fails.
    pub fn read_commit(&self, revision: &str) -> Result<Commit, ReadError> {
        self.commit(revision).map_err(|why| match why {
            NoCommit::Unknown => ReadError::Revision {
                place: self.shown.clone(),
                revision: redact::line(&clean_line(revision)),
                near: self.near(revision),
            },
            NoCommit::Failed(failure) => self.unreadable(&failure),
        })
    }

    /// git cannot read it, in words for people.
    pub fn unreadable(&self, failure: &Failure) -> ReadError {
        ReadError::Git { place: self.shown.clone(), reason: failure.sentence() }
    }

    /// What looks like a repository and is none for git is damaged; a copy that is not there was never fetched.
    pub fn judged(&self, failure: Failure) -> Failure {
        if failure != Failure::NotARepository {
            return failure;
        }
        match &self.at {
            Location::Mirror(folder) if !folder.exists() => Failure::Said("it was not fetched yet".to_owned()),
            Location::Folder(folder) if !is_marked(folder) => failure,
            _ => {
                Failure::Said("it looks like a repository, but git does not take it for one; it is damaged".to_owned())
            }
        }
    }

    /// Branches and tags whose names look like `revision`; the nearest first.
    fn near(&self, revision: &str) -> Vec<String> {
        let asked = ["for-each-ref", NAMES, "--format=%(refname)", "refs/heads", "refs/tags", "refs/remotes"];
        let names = self.git.ask(&self.at, &asked).unwrap_or_default();
        let wanted: Vec<char> = revision.to_lowercase().chars().take(100).collect();
        let mut near: Vec<(u32, String)> = String::from_utf8_lossy(&names)
            .lines()
            .filter_map(|name| ["refs/heads/", "refs/tags/", "refs/remotes/"].iter().find_map(|p| name.strip_prefix(p)))
            .filter_map(|name| {
                let other: Vec<char> = name.to_lowercase().chars().take(100).collect();
                let likeness = likeness(&wanted, &other);
                (likeness >= 600).then(|| (1000 - likeness, redact::line(&clean_line(name))))
            })
            .collect();
        near.sort();
        near.dedup_by(|a, b| a.1 == b.1);
        near.into_iter().map(|(_, name)| name).take(3).collect()
    }
}

/// How alike two words are, from 0 to 1000.
fn likeness(a: &[char], b: &[char]) -> u32 {
    let ops = capture_diff_slices(Algorithm::Myers, a, b);
    let shared = ops.iter().any(|op| op.tag() == DiffTag::Equal);
    let ratio = if shared { diff_ratio(&ops, a.len(), b.len()) } else { 0.0 };
    // From 0 to 1, so nothing is lost.
    (ratio * 1000.0) as u32
}

/// Whether this can be the name of one commit, and nothing that git takes for an option or a range.
pub fn is_plausible(revision: &str) -> bool {
    !revision.is_empty()
        && revision.len() <= 300
        && !revision.starts_with(['-', '^', ':'])
        && !revision.contains("..")
        && !revision.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '*' | '?' | '[' | '\\'))
}

/// Whether git says that it knows no such name. A name that it knows and whose object it misses is damage.
fn is_unknown(said: &str, revision: &str) -> bool {
    let is_id = revision.bytes().all(|b| b.is_ascii_hexdigit());
    ["bad revision", "unknown revision", "ambiguous argument", "does not have any commits yet"]
        .iter()
        .any(|words| said.contains(words))
        || (is_id && said.contains("bad object"))
}

/// A commit from the fields of [`COMMIT_FORMAT`]; cleaned and redacted.
pub fn commit_of(id: &str, author: &str, seconds: &str, subject: &str) -> Option<Commit> {
    let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
    let seconds: i64 = seconds.parse().ok()?;
    let safe = |field: &str| redact::line(&clean_line(field));
    is_id.then(|| Commit {
        id: Arc::from(id),
        author: safe(author),
        at: Timestamp::from_ms(seconds.saturating_mul(SECOND)),
        subject: safe(subject),
    })
}

/// The first commit of an answer.
pub fn commit(text: &str) -> Option<Commit> {
    let mut fields = text.split('\0');
    let (id, author, seconds) = (fields.next()?, fields.next()?, fields.next()?);
    commit_of(id, author, seconds, fields.next().unwrap_or_default().trim_end_matches('\n'))
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
    fn what_is_no_commit_is_none() {
        for text in ["", "fatal: not a git repository", "abc\0x\x001\0y"] {
            assert!(commit(text).is_none());
        }
    }

    #[test]
    fn options_ranges_and_patterns_are_no_revisions() {
        for revision in ["", "-x", "--output=/tmp/x", "^main", "a..b", "main main", ":/fix", "refs/heads/*", "a\nb"] {
            assert!(!is_plausible(revision), "{revision}");
        }
        for revision in ["main", "v1.2", "feature/x", "HEAD~2", "main@{1}", "0a1b2c3"] {
            assert!(is_plausible(revision), "{revision}");
        }
    }

    #[test]
    fn a_slip_of_the_keyboard_is_near_and_another_word_is_not() {
        let of = |a: &str, b: &str| likeness(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert!(of("mian", "main") >= 600);
        assert!(of("release", "releases") >= 600);
        assert!(of("main", "prod") < 600);
    }
}
