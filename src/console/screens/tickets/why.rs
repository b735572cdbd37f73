//! Why a ticket is where it is: who moved it, in which role, how that role was found, which line allowed it, which commit
//! by whom put that line there, and what stood there before.
//!
//! Who and how are as they were written down at that moment; the commit is asked of the core when somebody wants to know.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use super::{acts, chosen, detail::grant_lines, words};
use crate::{
    console::{
        effect::{Effect, Fetch},
        format,
        inflight::Detail,
        msg::{Failure, Reply, RequestId},
        paint::wrap,
        state::State,
        theme::Role,
        widgets::{flow::Flow, ink::Ink},
    },
    domain::{
        gitops::{Blame, FileDiff, Place, SourceFile, trail::Side},
        tickets::{
            Entry, Ticket,
            why::{self, Now},
        },
        time::Timestamp,
    },
};

/// Most lines of a commit's change that are shown.
const LINES_SHOWN: usize = 24;

/// What git says, fetched step by step: who last changed the lines, what they are, what that commit changed.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    blame: Detail<At, Blame>,
    source: Detail<At, SourceFile>,
    change: Detail<(Arc<str>, Arc<str>), FileDiff>,
}

/// The revision in force, and a file: when another one is in force it is asked again.
type At = (Option<String>, Arc<str>);

impl Trail {
    /// Take an answer; false when nobody here waits for it.
    pub fn answered(&mut self, request: RequestId, result: &Result<Reply, Failure>, at: Timestamp) -> bool {
        if self.blame.awaits(request) {
            let result = result.clone().and_then(|reply| match reply {
                Reply::Blame(blame) => Ok(*blame),
                _ => Err(nonsense()),
            });
            return self.blame.answer(request, result, at);
        }
        if self.source.awaits(request) {
            let result = result.clone().and_then(|reply| match reply {
                Reply::File(file) => Ok(*file),
                _ => Err(nonsense()),
            });
            return self.source.answer(request, result, at);
        }
        if !self.change.awaits(request) {
            return false;
        }
        let result = result.clone().and_then(|reply| match reply {
            Reply::FileDiff(diff) => Ok(*diff),
            _ => Err(nonsense()),
        });
        self.change.answer(request, result, at)
    }
}

fn nonsense() -> Failure {
    Failure::new(crate::client::error::Kind::Fault, "the core's answer makes no sense")
}

/// What is explained: a line of a ticket's history.
#[derive(Clone, Debug)]
pub struct Why<'a> {
    ticket: &'a Ticket,
    entry: &'a Entry,
    made_assignee: Option<&'a Entry>,
    now: Now,
    trail: &'a Trail,
}

/// What explains where a ticket is: the move of its history that was gone to, else the newest; none while its history is
/// not here.
pub fn of<'a>(state: &'a State, ticket: &'a Ticket) -> Option<Why<'a>> {
    let (detail, _) = state.tickets.past.get(|key| key.0 == ticket.number)?;
    let entry = acts::chosen_move(state, ticket).or_else(|| why::newest(&detail.history))?;
    Some(Why {
        ticket,
        entry,
        made_assignee: why::made_assignee(&detail.history, entry),
        now: why::now(ticket, entry, &state.replica.estate.source),
        trail: &state.tickets.trail,
    })
}

/// What to ask git for what is explained.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    if !state.tickets.why {
        return Vec::new();
    }
    let explained = chosen(state).and_then(|ticket| of(state, ticket));
    let Some(place) = explained.and_then(|why| why.now.place().cloned()) else {
        return Vec::new();
    };
    let at: At = (state.replica.estate.source.revision.clone(), Arc::clone(&place.file));
    let (trail, inflight) = (&mut state.tickets.trail, &mut state.inflight);
    let mut effects = Vec::new();
    effects.extend(trail.blame.want(at.clone(), inflight, |at| Fetch::Blame(Arc::clone(&at.1))));
    effects.extend(trail.source.want(at, inflight, |at| Fetch::File(Arc::clone(&at.1))));
    let commit = trail
        .blame
        .get(|at| at.1 == place.file)
        .and_then(|(blame, _)| blame.newest(place.line, place.end_line).map(|commit| Arc::clone(&commit.id)));
    if let Some(commit) = commit {
        let fetch = |key: &(Arc<str>, Arc<str>)| Fetch::FileDiff(Arc::clone(&key.0), Arc::clone(&key.1));
        effects.extend(trail.change.want((place.file, commit), inflight, fetch));
    }
    effects
}

impl Why<'_> {
    /// The whole explanation, line by line.
    pub fn text(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        let entry = self.entry;
        let mut say = |indent: usize, role: Role, text: &str| {
            for line in wrap(text, width.saturating_sub(indent)) {
                let line = format!("{:indent$}{line}", "");
                flow.push(|| Line::from(Span::styled(line, ink.style(role))));
            }
        };
        say(0, Role::Text, " ");
        say(0, Role::Title, &format!("WHY  entry {} of its history, {}", entry.index, format::moment(entry.at)));
        say(2, Role::Text, &format!("{} {}", entry.actor.name(), words::entry(&entry.kind)));
        for text in grant_lines(entry) {
            say(4, Role::Muted, &text);
        }
        if let Some(made) = self.made_assignee {
            say(
                4,
                Role::Muted,
                &format!("assignee by entry {}: {} {}", made.index, made.actor.name(), words::entry(&made.kind)),
            );
        }
        match &entry.allowed_by {
            None => say(2, Role::Muted, "no line of the repository is asked for this"),
            Some(place) => {
                let at = self.ticket.revision.as_deref().or(entry.revision.as_deref());
                let at = at.map_or_else(String::new, |id| format!(" at {}", short(id)));
                say(
                    2,
                    Role::Text,
                    &format!("allowed by {}{at}, workflow {}", words::place(place), self.ticket.workflow.name),
                );
                match &self.now {
                    Now::Nothing => {}
                    Now::Same(now) if now == place => say(4, Role::Muted, "it stands there unchanged now"),
                    Now::Same(now) => say(4, Role::Muted, &format!("unchanged, now at {}", words::place(now))),
                    Now::Changed(_, how) => say(4, Role::Caution, how),
                }
            }
        }
        if let Some(place) = self.now.place() {
            self.commit(place, &mut say);
        }
    }

    /// Who put the line there, and what his commit changed.
    fn commit(&self, place: &Place, say: &mut impl FnMut(usize, Role, &str)) {
        let Some((blame, _)) = self.trail.blame.get(|at| at.1 == place.file) else {
            return match self.trail.blame.failure() {
                Some(failure) => say(2, Role::Bad, &format!("who wrote it could not be read: {}", failure.message)),
                None => say(2, Role::Muted, "who wrote it is being asked"),
            };
        };
        let Some(commit) = blame.newest(place.line, place.end_line) else {
            return say(2, Role::Muted, "these lines are not committed yet");
        };
        say(
            2,
            Role::Text,
            &format!(
                "by commit {} of {}, {}: {}",
                short(&commit.id),
                commit.author,
                format::moment(commit.at),
                commit.subject
            ),
        );
        if commit.at > self.entry.at {
            say(4, Role::Caution, "this commit is younger than what happened: the line was touched since");
        }
        let Some((diff, _)) = self.trail.change.get(|key| key.0 == place.file && *key.1 == *commit.id) else {
            return match self.trail.change.failure() {
                Some(failure) => {
                    say(4, Role::Bad, &format!("what stood there before could not be read: {}", failure.message))
                }
                None => say(4, Role::Muted, "what stood there before is being asked"),
            };
        };
        if let Some(why) = &diff.withheld {
            return say(4, Role::Muted, why);
        }
        let lines = self.trail.source.get(|at| at.1 == place.file).map(|(source, _)| source.lines.of(place));
        let hunks = diff.putting(&lines.unwrap_or_default());
        let all: Vec<_> = hunks.iter().flat_map(|hunk| &hunk.lines).collect();
        if all.iter().all(|line| line.side == Side::Added) {
            say(2, Role::Text, "it was not there before that commit; that commit wrote");
        } else {
            say(2, Role::Text, "what that commit changed there (- before, + after)");
        }
        for line in all.iter().take(LINES_SHOWN) {
            let role = match line.side {
                Side::Same => Role::Muted,
                Side::Removed => Role::Bad,
                Side::Added => Role::Good,
            };
            say(4, role, &format!("{} {}", line.side.sign(), line.text));
        }
        if let Some(more) = all.len().checked_sub(LINES_SHOWN).filter(|more| *more > 0) {
            say(4, Role::Muted, &format!("{more} more lines"));
        }
    }
}

fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}
