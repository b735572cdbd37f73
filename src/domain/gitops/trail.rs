//! Who made it so: lines, their commits, and what a commit changed. Looked up when asked.

use std::sync::Arc;

use crate::domain::detail::Commit;

/// Which commit last changed each line of a file, as the file is at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// Path relative to the repository's root.
    pub file: Arc<str>,
    /// The commit whose text the lines are of.
    pub revision: Arc<str>,
    /// Every commit named by a line, once.
    pub commits: Vec<Commit>,
    /// For each line of the file, its place in `commits`; none for a line that is not committed yet.
    pub lines: Vec<Option<u32>>,
}

impl Blame {
    /// The commit that last changed a line, counted from 1.
    pub fn of_line(&self, line: u32) -> Option<&Commit> {
        let place = self.lines.get(line.checked_sub(1)? as usize).copied().flatten()?;
        self.commits.get(place as usize)
    }

    /// The newest commit that changed any of the lines from `first` to `last`, both counted from 1.
    pub fn newest(&self, first: u32, last: u32) -> Option<&Commit> {
        (first..=last.max(first)).filter_map(|line| self.of_line(line)).max_by_key(|commit| commit.at)
    }
}

/// The commits that touched a file, newest first; renames are followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHistory {
    /// Path as it is now.
    pub file: Arc<str>,
    /// Newest first.
    pub revisions: Vec<FileRevision>,
    /// Whether older ones were left out.
    pub is_cut: bool,
}

/// What one commit did to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRevision {
    /// Which commit.
    pub commit: Commit,
    /// The file's path in that commit.
    pub path: Arc<str>,
    /// Lines added; none for what is not text.
    pub added: Option<u32>,
    /// Lines removed.
    pub removed: Option<u32>,
}

/// What one commit changed in one file, secrets masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// Which commit.
    pub commit: Commit,
    /// The file's path in that commit.
    pub path: Arc<str>,
    /// Parts with changes and a few lines around them.
    pub hunks: Vec<Hunk>,
    /// Why its lines are not shown, when they are not: it does not parse there, or is none of ours.
    pub withheld: Option<String>,
}

impl FileDiff {
    /// Only the parts that change any of the lines from `first` to `last`, as they are numbered after the commit.
    #[must_use]
    pub fn around(mut self, first: u32, last: u32) -> Self {
        self.hunks.retain(|hunk| hunk.changes(first, last));
        self
    }

    /// The parts that put one of `lines` there; all of them where that cannot be told.
    pub fn putting<S: AsRef<str>>(&self, lines: &[S]) -> Vec<&Hunk> {
        let lines = lines.iter().map(|line| line.as_ref().trim());
        let wanted = |text: &str| lines.clone().any(|line| !line.is_empty() && line == text.trim());
        let puts = |hunk: &&Hunk| hunk.lines.iter().any(|line| line.side == Side::Added && wanted(&line.text));
        let found: Vec<&Hunk> = self.hunks.iter().filter(puts).collect();
        if found.is_empty() { self.hunks.iter().collect() } else { found }
    }
}

impl Hunk {
    /// Whether a line from `first` to `last` was added here, or one removed before or behind one of them.
    pub fn changes(&self, first: u32, last: u32) -> bool {
        let mut next = self.new_start;
        self.lines.iter().any(|line| {
            let at = next;
            if line.side != Side::Removed {
                next += 1;
            }
            match line.side {
                Side::Same => false,
                Side::Added => (first..=last).contains(&at),
                Side::Removed => (first..=last.saturating_add(1)).contains(&at),
            }
        })
    }
}

/// One part of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// First line before, counted from 1.
    pub old_start: u32,
    /// First line after, counted from 1.
    pub new_start: u32,
    /// In order.
    pub lines: Vec<DiffLine>,
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What happened to it.
    pub side: Side,
    /// Redacted.
    pub text: String,
    /// Whether a secret in it changed although its text looks the same.
    pub secret_changed: bool,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// It stands in both.
    Same,
    /// Only before.
    Removed,
    /// Only after.
    Added,
}

impl Side {
    /// One word, as in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Removed => "removed",
            Self::Added => "added",
        }
    }

    /// The side for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Same, Self::Removed, Self::Added].into_iter().find(|s| s.word() == word)
    }

    /// The sign at the start of a line.
    pub const fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// Why there is no trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTrail {
    /// The git program is not installed on the core's machine.
    NoGit,
    /// The source is no git repository.
    NotARepository,
    /// The repository is damaged, or git refuses it; what it said, cleaned and redacted.
    Unusable(String),
    /// No such revision.
    UnknownRevision(String),
    /// No such file at that revision, or none of ours.
    UnknownFile(String),
}

impl NoTrail {
    /// Why, in words for people.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoGit => "git is not installed where the core runs, so nobody can say who made it so".to_owned(),
            Self::NotARepository => "the source is no git repository, so it has no history".to_owned(),
            Self::Unusable(why) => format!("git cannot read the repository: {why}"),
            Self::UnknownRevision(revision) => format!("the repository has no revision `{revision}`"),
            Self::UnknownFile(file) => format!("`{file}` is not in the repository, or none of its lines are shown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(start: u32, sides: &str) -> Hunk {
        let side = |sign| [Side::Same, Side::Removed, Side::Added].into_iter().find(|s| s.sign() == sign).unwrap();
        let line = |sign| DiffLine { side: side(sign), text: String::new(), secret_changed: false };
        Hunk { old_start: start, new_start: start, lines: sides.chars().map(line).collect() }
    }

    #[test]
    fn a_diff_is_narrowed_to_the_lines_of_a_thing() {
        let commit = Commit {
            id: "a".into(),
            author: String::new(),
            at: crate::domain::time::Timestamp::from_ms(0),
            subject: String::new(),
        };
        // Lines 5 and 22 are new; line 42 stands where one was removed.
        let hunks = vec![hunk(2, "   + "), hunk(20, "  -+ "), hunk(40, "  -")];
        let diff = FileDiff { commit, path: "a".into(), hunks, withheld: None };
        let starts =
            |first, last| diff.clone().around(first, last).hunks.iter().map(|h| h.new_start).collect::<Vec<_>>();
        assert_eq!(starts(1, 100), [2, 20, 40]);
        assert_eq!(starts(5, 5), [2]);
        assert_eq!(starts(6, 20), Vec::<u32>::new(), "unchanged lines around do not count");
        assert_eq!(starts(22, 41), [20, 40]);
    }
}
