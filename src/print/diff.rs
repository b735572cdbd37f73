//! Commits, diffs and files with their lines, for people. Pure; everything in it is redacted already.

use super::{Tone, rows::paint, time::rfc3339};
use crate::domain::{
    detail::Commit,
    gitops::{FileDiff, FileRevision, Side},
};

/// How much of a commit's id people are shown.
const SHORT: usize = 10;

/// The beginning of a commit's id.
pub fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

/// `1a2b3c4d5e  2026-03-01T08:00:00Z  Platform Team`, then the subject.
pub fn commit(commit: &Commit, color: bool) -> String {
    let id = paint(short(&commit.id), Tone::Warn, color);
    format!("{id}  {}  {}\n    {}\n", rfc3339(commit.at), commit.author, commit.subject)
}

/// One line on what a commit did to a file.
pub fn touched(revision: &FileRevision) -> String {
    match (revision.added, revision.removed) {
        (None, None) => format!("{}  not text", revision.path),
        (added, removed) => {
            format!("{}  +{} -{}", revision.path, added.unwrap_or(0), removed.unwrap_or(0))
        }
    }
}

/// The lines a commit changed in a file, or why they are not shown.
pub fn patch(diff: &FileDiff, color: bool) -> String {
    if let Some(why) = &diff.withheld {
        return format!("    not shown: {why}\n");
    }
    let mut out = String::new();
    for hunk in &diff.hunks {
        let count = |gone: Side| hunk.lines.iter().filter(|l| l.side != gone).count();
        let head =
            format!("@@ -{},{} +{},{} @@", hunk.old_start, count(Side::Added), hunk.new_start, count(Side::Removed));
        out.push_str(&format!("{}\n", paint(&head, Tone::Dim, color)));
        for line in &hunk.lines {
            let tone = match line.side {
                Side::Same => Tone::Plain,
                Side::Removed => Tone::Bad,
                Side::Added => Tone::Good,
            };
            let text = paint(format!("{}{}", line.side.sign(), line.text).trim_end(), tone, color);
            let note = if line.secret_changed { "  (a secret in it changed)" } else { "" };
            out.push_str(&format!("{text}{note}\n"));
        }
    }
    if diff.hunks.is_empty() {
        out.push_str("    no line of it changed\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        gitops::{DiffLine, Hunk},
        time::Timestamp,
    };

    fn diff(withheld: Option<&str>) -> FileDiff {
        let line = |side, text: &str, secret_changed| DiffLine { side, text: text.to_owned(), secret_changed };
        let hunk = Hunk {
            old_start: 3,
            new_start: 3,
            lines: vec![
                line(Side::Same, "a: 1", false),
                line(Side::Removed, "key: ••••••", true),
                line(Side::Added, "key: ••••••", true),
                line(Side::Added, "b: 2", false),
            ],
        };
        FileDiff {
            commit: Commit {
                id: "0123456789abcdef".into(),
                author: "Platform Team".to_owned(),
                at: Timestamp::from_ms(0),
                subject: "rotate".to_owned(),
            },
            path: "a.yaml".into(),
            hunks: vec![hunk],
            withheld: withheld.map(str::to_owned),
        }
    }

    #[test]
    fn a_patch_has_signs_and_says_where_a_secret_changed() {
        let wanted = "@@ -3,2 +3,3 @@\n a: 1\n-key: ••••••  (a secret in it changed)\n+key: ••••••  (a secret in it \
                      changed)\n+b: 2\n";
        assert_eq!(patch(&diff(None), false), wanted);
        assert!(patch(&diff(None), true).contains("\x1b[32m+b: 2\x1b[0m"));
    }

    #[test]
    fn withheld_lines_are_replaced_by_the_reason() {
        assert_eq!(patch(&diff(Some("it does not parse there")), false), "    not shown: it does not parse there\n");
    }

    #[test]
    fn a_commit_is_one_line_and_its_subject() {
        assert_eq!(commit(&diff(None).commit, false), "0123456789  1970-01-01T00:00:00Z  Platform Team\n    rotate\n");
        assert_eq!(short("abc"), "abc");
    }
}
