//! Who made it so: the authors beside the source, the commits of a file, what one of them changed. Looked up when asked.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use crate::{
    console::{
        format,
        inflight::Detail,
        list::{self, List},
        paint::Canvas,
        theme::Role,
        widgets::{fit, ink::Ink},
    },
    domain::{
        detail::Commit,
        gitops::{Blame, FileDiff, FileHistory, FileRevision},
    },
};

use super::Reading;

/// What stands beside the list, or in front of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The source of what is selected.
    #[default]
    Source,
    /// The commits of its file.
    History,
    /// What a commit changed in the file; none: the one that last changed the marked lines, as soon as it is known.
    Commit(Option<Arc<str>>),
}

/// A commit of the file in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(pub Arc<str>);

impl list::Row for Revision {
    type Id = Arc<str>;
    fn id(&self) -> Arc<str> {
        self.0.clone()
    }
}

/// What was looked up.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// Whether the authors of lines stand beside the source.
    pub authors: bool,
    /// What is shown.
    pub pane: Pane,
    /// Whether the change that is shown was come to from the commits of the file.
    pub from_history: bool,
    /// Which commit last changed each line of the file that is looked at.
    pub blame: Detail<(Arc<str>, Reading), Blame>,
    /// The commits of the file that is looked at.
    pub history: Detail<(Arc<str>, Reading), FileHistory>,
    /// Their rows.
    pub revisions: List<Revision>,
    /// The commit to compare from.
    pub from: Option<Arc<str>>,
    /// What a commit changed in a file: the file's path in it, then the commit.
    pub diff: Detail<(Arc<str>, Arc<str>), FileDiff>,
}

impl Trail {
    /// The authors of a file's lines as they are in one reading, when they are known.
    pub fn blame_of(&self, file: &str, reading: &Reading) -> Option<&Blame> {
        self.blame.get(|key| &*key.0 == file && key.1 == *reading).map(|(blame, _)| blame)
    }

    /// The commits of a file, when they are known.
    pub fn history_of(&self, file: &str) -> Option<&FileHistory> {
        self.history.get(|key| &*key.0 == file).map(|(history, _)| history)
    }

    /// The revision under the cursor.
    pub fn chosen(&self, file: &str) -> Option<&FileRevision> {
        self.history_of(file)?.revisions.get(self.revisions.index())
    }

    /// What a commit changed in a file, when it is known.
    pub fn diff_of(&self, commit: &str) -> Option<&FileDiff> {
        self.diff.get(|key| &*key.1 == commit).map(|(diff, _)| diff)
    }

    /// The path a file had in a commit, as far as is known.
    pub fn path_in(&self, file: &Arc<str>, commit: &str) -> Arc<str> {
        let found = self.history_of(file).and_then(|h| h.revisions.iter().find(|r| &*r.commit.id == commit));
        found.map_or_else(|| file.clone(), |revision| revision.path.clone())
    }
}

/// A commit in one line: `4be1f0c Platform Team 3d ago: Checkout: second replica`.
pub fn commit_line(commit: &Commit, canvas: &Canvas<'_>) -> String {
    let id = commit.id.get(..7).unwrap_or(&commit.id);
    format!("{id} {}, {}: {}", commit.author, canvas.when_said(commit.at), commit.subject)
}

/// A commit told above what it changed.
pub fn commit_lines(commit: &Commit, canvas: &Canvas<'_>, width: usize) -> Vec<Line<'static>> {
    let ink = Ink::of(canvas);
    let id = commit.id.get(..12).unwrap_or(&commit.id);
    let mut lines: Vec<Line<'static>> = crate::console::paint::wrap(&commit.subject, width)
        .into_iter()
        .map(|part| Line::from(Span::styled(part, ink.style(Role::Title))))
        .collect();
    lines.push(Line::from(vec![
        Span::styled(id.to_owned(), ink.style(Role::Accent)),
        Span::raw(format!("  {}", commit.author)),
        Span::styled(
            format!("  {}, {} UTC", canvas.when_said(commit.at), format::moment(commit.at)),
            ink.style(Role::Muted),
        ),
    ]));
    lines
}

/// One line of the commits of a file: age, commit, `+a -r`, author, subject.
pub fn revision_line(
    revision: &FileRevision,
    selected: bool,
    is_from: bool,
    width: usize,
    canvas: &Canvas<'_>,
) -> Line<'static> {
    let ink = Ink::of(canvas);
    let commit = &revision.commit;
    let id = commit.id.get(..7).unwrap_or(&commit.id);
    let (added, removed) = match (revision.added, revision.removed) {
        (None, None) => ("   -".to_owned(), "   -".to_owned()),
        (added, removed) => {
            let figure = |sign, n: Option<u32>| format!("{:>5}", format!("{sign}{}", n.unwrap_or(0)));
            (figure('+', added), figure('-', removed))
        }
    };
    let author = if width >= 90 { 18 } else { 12 };
    let cursor = if selected { ink.glyphs.cursor } else { " " };
    let mark = if is_from { ink.glyphs.mark } else { " " };
    let rest = width.saturating_sub(2 + 4 + 1 + 7 + 10 + 2 + author + 1);
    Line::from(vec![
        Span::raw(cursor),
        Span::styled(mark.to_owned(), ink.style(Role::Marked)),
        Span::raw(format!("{:>4} ", format::age(canvas.now.since(commit.at)))),
        Span::styled(format!("{id:7}"), ink.style(Role::Accent)),
        Span::styled(added, ink.style(Role::Good)),
        Span::styled(removed, ink.style(Role::Bad)),
        Span::styled(format!("  {} ", fit::left(&commit.author, author, ink.ascii())), ink.style(Role::Muted)),
        Span::raw(fit::cut(&commit.subject, rest, ink.ascii()).into_owned()),
    ])
}
