//! Who made it so: lines, commits and diffs.

use serde::Deserialize;

use super::{Line, Text, Word, gitops::CommitShape};
use crate::domain::gitops::{Blame, DiffLine, FileDiff, FileHistory, FileRevision, Hunk, Side};

/// Which commit last changed each line.
#[derive(Deserialize)]
pub struct BlameShape {
    file: Line,
    revision: Line,
    commits: Vec<CommitShape>,
    lines: Vec<Option<u32>>,
}

/// The commits that touched a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileHistoryShape {
    file: Line,
    revisions: Vec<FileRevisionShape>,
    is_cut: bool,
}

/// What one commit did to one file.
#[derive(Deserialize)]
pub struct FileRevisionShape {
    commit: CommitShape,
    path: Line,
    added: Option<u32>,
    removed: Option<u32>,
}

/// What one commit changed in one file.
#[derive(Deserialize)]
pub struct FileDiffShape {
    commit: CommitShape,
    path: Line,
    hunks: Vec<HunkShape>,
    withheld: Option<Text>,
}

/// One part of a diff.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HunkShape {
    old_start: u32,
    new_start: u32,
    lines: Vec<DiffLineShape>,
}

/// One line of a diff.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiffLineShape {
    side: Word<Side>,
    text: Line,
    #[serde(default)]
    secret_changed: bool,
}

impl From<BlameShape> for Blame {
    fn from(b: BlameShape) -> Self {
        Self {
            file: b.file.0.into(),
            revision: b.revision.0.into(),
            commits: b.commits.into_iter().map(Into::into).collect(),
            lines: b.lines,
        }
    }
}

impl From<FileHistoryShape> for FileHistory {
    fn from(h: FileHistoryShape) -> Self {
        Self { file: h.file.0.into(), revisions: h.revisions.into_iter().map(Into::into).collect(), is_cut: h.is_cut }
    }
}

impl From<FileRevisionShape> for FileRevision {
    fn from(r: FileRevisionShape) -> Self {
        Self { commit: r.commit.into(), path: r.path.0.into(), added: r.added, removed: r.removed }
    }
}

impl From<FileDiffShape> for FileDiff {
    fn from(d: FileDiffShape) -> Self {
        Self {
            commit: d.commit.into(),
            path: d.path.0.into(),
            hunks: d.hunks.into_iter().map(Into::into).collect(),
            withheld: d.withheld.map(|text| text.0),
        }
    }
}

impl From<HunkShape> for Hunk {
    fn from(h: HunkShape) -> Self {
        Self { old_start: h.old_start, new_start: h.new_start, lines: h.lines.into_iter().map(Into::into).collect() }
    }
}

impl From<DiffLineShape> for DiffLine {
    fn from(l: DiffLineShape) -> Self {
        Self { side: l.side.0, text: l.text.0, secret_changed: l.secret_changed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = r#"{"id":"c0ffee","author":"Platform Team","at":"1970-01-01T00:00:01Z","subject":"more"}"#;

    #[test]
    fn blame_points_from_lines_to_commits_and_uncommitted_lines_to_none() {
        let text = format!(r#"{{"file":"a.yaml","revision":"c0ffee","commits":[{COMMIT}],"lines":[0,null,7]}}"#);
        let blame = Blame::from(serde_json::from_str::<BlameShape>(&text).unwrap());
        assert_eq!(blame.of_line(1).map(|c| c.author.as_str()), Some("Platform Team"));
        assert_eq!(blame.of_line(2), None);
        assert_eq!(blame.of_line(3), None, "a place that is not there is nobody, not a fault");
    }

    #[test]
    fn a_diff_keeps_indentation_and_says_where_a_secret_changed() {
        let text = format!(
            r#"{{"commit":{COMMIT},"path":"a.yaml","withheld":null,"hunks":[{{"oldStart":1,"newStart":2,"lines":[
                {{"side":"removed","text":"  key: ••••••","secretChanged":true}},
                {{"side":"added","text":"  key: ••••••\u001b[2J","secretChanged":true}}]}}]}}"#
        );
        let diff = FileDiff::from(serde_json::from_str::<FileDiffShape>(&text).unwrap());
        let lines = &diff.hunks[0].lines;
        assert_eq!(
            (lines[0].side, lines[0].text.as_str(), lines[0].secret_changed),
            (Side::Removed, "  key: ••••••", true)
        );
        assert_eq!(lines[1].text, "  key: ••••••\u{fffd}[2J");
        assert_eq!((diff.hunks[0].old_start, diff.hunks[0].new_start), (1, 2));
    }

    #[test]
    fn a_history_says_whether_it_is_cut() {
        let text = format!(
            r#"{{"file":"a.yaml","isCut":true,"revisions":[{{"commit":{COMMIT},"path":"old.yaml","added":3,"removed":null}}]}}"#
        );
        let history = FileHistory::from(serde_json::from_str::<FileHistoryShape>(&text).unwrap());
        assert!(history.is_cut);
        assert_eq!((&*history.revisions[0].path, history.revisions[0].added), ("old.yaml", Some(3)));
    }
}
