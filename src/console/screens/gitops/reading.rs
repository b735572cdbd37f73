//! The reading in force: what was read, from which commit, what came of it, and why a newer one was rejected.

use ratatui::text::Line;

use crate::{
    console::{format, paint::Canvas, state::State, theme::Role, widgets::ink::Ink},
    domain::{detail::Commit, estate::SourceSummary, gitops::Recognised},
};

use super::{facts, plan};

/// The commit in force, where git tells.
pub fn commit(state: &State) -> Option<&Commit> {
    let of_index = || state.gitops.known().and_then(|known| known.index.commit.as_ref());
    state.replica.estate.source.commit.as_ref().or_else(of_index)
}

/// What is held back, in words; nothing when nothing is.
pub fn held(source: &SourceSummary) -> Option<String> {
    let count = (source.held > 0).then(|| format::count(source.held as usize, "change is", "changes are"))?;
    Some(format!("{count} held back: what was read is no proof that somebody meant it"))
}

/// Rows it takes, with a blank one below it.
pub fn height(state: &State, width: u16) -> u16 {
    let mut none = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::ZERO);
    let canvas = Canvas::new(state, &mut none);
    u16::try_from(lines(state, usize::from(width), &canvas).len() + 1).unwrap_or(u16::MAX)
}

/// Everything told above the faults.
pub fn lines(state: &State, width: usize, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let ink = Ink::of(canvas);
    let source = &state.replica.estate.source;
    let mut out = Vec::new();
    let mut fact = |name: &str, text: &str, role: Role| out.extend(facts::named(name, text, role, width, ink));
    if let Some(why) = &source.rejected {
        fact("rejected", &format!("the newest reading: {why}"), Role::Bad);
        fact("", "what was accepted before stays in force", Role::Text);
    }
    if let Some(held) = held(source) {
        fact("held", &held, Role::Caution);
    }
    match (commit(state), &source.revision) {
        (Some(commit), _) => {
            fact("in force", &format!("{} {}", short(&commit.id), commit.subject), Role::Text);
            fact("by", &format!("{}, {}", commit.author, canvas.when_said(commit.at)), Role::Text);
        }
        (None, Some(revision)) => fact("in force", short(revision), Role::Text),
        (None, None) => fact("in force", "a folder outside git: nobody can say who made it so", Role::Text),
    }
    let checked = match source.checked_at.ms() > source.read_at.ms() {
        true => format!("; last looked at {}", canvas.when_said(source.checked_at)),
        false => String::new(),
    };
    fact("read", &format!("{}{checked}", canvas.when_said(source.read_at)), Role::Text);
    fact("files", &files(state), Role::Text);
    let errors = format::count(source.errors as usize, "error", "errors");
    let warnings = format::count(source.warnings as usize, "warning", "warnings");
    let role = match (source.errors, source.warnings) {
        (0, 0) => Role::Good,
        (0, _) => Role::Caution,
        _ => Role::Bad,
    };
    fact("faults", &format!("{errors}, {warnings}"), role);
    let (did, role) = last_reconcile(state, canvas);
    fact("reconciled", &did, role);
    out
}

fn short(revision: &str) -> &str {
    revision.get(..7).unwrap_or(revision)
}

/// How many files there are of each kind.
fn files(state: &State) -> String {
    let total = format::count(state.replica.estate.source.files as usize, "file", "files");
    let Some(known) = state.gitops.known() else {
        return total;
    };
    let counts: Vec<String> = known
        .recognised
        .iter()
        .map(|(kind, count)| (*count, kind))
        .map(|(count, kind)| match kind {
            Recognised::Ours => format!("{count} ours"),
            Recognised::Broken => format!("{count} broken"),
            Recognised::Template => format::count(count, "Helm template", "Helm templates"),
            Recognised::Foreign => format!("{count} of somebody else"),
            Recognised::Other => format!("{count} not YAML"),
        })
        .collect();
    format!("{total}: {}", counts.join(", "))
}

/// What the last reconcile did.
fn last_reconcile(state: &State, canvas: &Canvas<'_>) -> (String, Role) {
    let done = &state.gitops.plans.done;
    let Some((log, _)) = done.get(|_| true) else {
        return match done.failure() {
            Some(failure) => (format!("cannot be told: {}", failure.message), Role::Bad),
            None => ("is being read".to_owned(), Role::Muted),
        };
    };
    match log.first() {
        None => ("nothing yet, since this core keeps a log of it".to_owned(), Role::Muted),
        Some(last) => match &last.rejected {
            Some(_) => (format!("rejected {}", canvas.when_said(last.at)), Role::Bad),
            None => (format!("{}: {}", canvas.when_said(last.at), plan::counted_line(&last.plan)), Role::Text),
        },
    }
}
