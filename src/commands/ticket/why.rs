//! `ticket why`: one line of a ticket's history, followed back: who, in which role, how that role was found, which line
//! allowed it, which commit put that line there, and what stood there before.
//!
//! Who and how are as they were written down at that moment. The commit is looked up in the revision in force now, so
//! what changed since is said.

use serde_json::{Value, json};

use super::{
    show::plain,
    words::{entry_dto, entry_sentence, place_dto, place_text, who},
};
use crate::{
    client::Client,
    commands::{Exit, Invocation, Trouble, target::Signed},
    domain::{
        detail::{Commit, TicketDetail},
        estate::SourceSummary,
        gitops::{
            Place,
            trail::{FileDiff, Hunk, Side},
        },
        hierarchy::naming,
        tickets::{
            Entry, EntryKind, Explanation, Group, Membership, Role, Ticket,
            why::{self, Now},
        },
    },
    print::{Cell, Sheet, Tone, column, time::rfc3339},
};

/// Most lines of a commit's change that are shown.
const LINES_SHOWN: usize = 60;

/// Print why something happened to a ticket; without `entry` its newest move, else the newest that is no comment.
///
/// # Errors
/// `NotFound` for no such ticket or line of history, and what the client says.
pub async fn run(run: &Invocation, signed: &Signed, number: u64, entry: Option<u32>) -> Result<(), Trouble> {
    let detail = signed.client.ticket(number).await?;
    let entry = chosen(&detail, entry)?;
    let snapshot = signed.client.snapshot().await?;
    let source = &snapshot.estate.source;
    let mut answer = Why::of(&detail, entry, source);
    if let Some(place) = answer.now.place() {
        answer.trail = Some(trail(&signed.client, place).await);
    }
    run.print(&answer.sheet())
}

fn chosen(detail: &TicketDetail, wanted: Option<u32>) -> Result<&Entry, Trouble> {
    let history = &detail.history;
    let number = detail.ticket.number;
    if let Some(wanted) = wanted {
        return history.iter().find(|entry| entry.index == wanted).ok_or_else(|| {
            let message = format!("#{number} has no entry {wanted}; its history has {}", history.len());
            Trouble::new(Exit::NotFound, message).hint(format!("`itops ticket get {number}` lists it"))
        });
    }
    let newest = why::newest(history);
    newest.ok_or_else(|| Trouble::new(Exit::NotFound, format!("#{number} has no history")))
}

/// What git tells of a line, or why it tells nothing.
struct Trail {
    commit: Result<Commit, String>,
    diff: Option<Result<FileDiff, String>>,
    /// The lines of the place as they stand now.
    lines: Vec<String>,
}

struct Why<'a> {
    ticket: &'a Ticket,
    entry: &'a Entry,
    history: &'a [Entry],
    source: &'a SourceSummary,
    now: Now,
    trail: Option<Trail>,
}

impl<'a> Why<'a> {
    fn of(detail: &'a TicketDetail, entry: &'a Entry, source: &'a SourceSummary) -> Self {
        let now = why::now(&detail.ticket, entry, source);
        Self { ticket: &detail.ticket, entry, history: &detail.history, source, now, trail: None }
    }

    fn made_assignee(&self) -> Option<&'a Entry> {
        why::made_assignee(self.history, self.entry)
    }

    /// The commit of the line that allowed it. Tickets from before it was kept have it in their first entry only.
    fn declared_at(&self) -> Option<&str> {
        self.ticket.revision.as_deref().or(self.entry.revision.as_deref())
    }

    fn sheet(&self) -> Sheet {
        let mut rows = self.done();
        rows.extend(self.declared());
        let mut sheet = Sheet {
            kind: "why",
            json: self.json(),
            columns: vec![column(""), column("")],
            rows,
            names: vec![format!("{}/{}", self.ticket.number, self.entry.index)],
            ..Sheet::default()
        };
        let diff = self.trail.as_ref().and_then(|trail| Some((trail, trail.diff.as_ref()?.as_ref().ok()?)));
        if let Some((trail, diff)) = diff {
            let hunks = diff.putting(&trail.lines);
            if !hunks.is_empty() {
                let heading = format!("WHAT THAT COMMIT CHANGED THERE (- before, + after) in {}", diff.path);
                sheet.more.push((heading, plain(1, lines(&hunks))));
            }
        }
        sheet
    }

    /// Who, as what, and how that was found.
    fn done(&self) -> Vec<Vec<Cell>> {
        let entry = self.entry;
        let what = format!("{} {}", who(entry), entry_sentence(entry));
        let mut rows = vec![
            row("ticket", format!("#{} {}, entry {}", self.ticket.number, self.ticket.title, entry.index)),
            row("what", what),
            row("when", format!("{}, version {} after it", rfc3339(entry.at), entry.version)),
        ];
        let Some(grant) = &entry.grant else {
            rows.push(row("by", "how the role was found was not kept then".to_owned()));
            return rows;
        };
        if let Some(role) = &grant.role {
            rows.push(row("asks for", asks_for(role)));
            rows.push(row("filled as", entry.acted_as.clone()));
        }
        if let Some(made) = self.made_assignee() {
            let text = format!("by entry {}: {} {}", made.index, who(made), entry_sentence(made));
            rows.push(row("", text));
        }
        if let Some(why) = &grant.explanation {
            rows.extend(resolution(why, &self.source.groups));
        }
        rows.push(row("covered by", grant.right.clone()));
        rows
    }

    /// Which line, at which commit, and what stands there now.
    fn declared(&self) -> Vec<Vec<Cell>> {
        let Some(place) = &self.entry.allowed_by else {
            return vec![row("declared", "no declaration is asked for this".to_owned())];
        };
        let at = self.declared_at().map_or_else(String::new, |revision| format!(" at {}", short(revision)));
        let workflow = match self.entry.kind {
            EntryKind::Moved { .. } => format!(", workflow {}", self.ticket.workflow.name),
            _ => String::new(),
        };
        let mut rows = vec![row("declared", format!("{}{at}{workflow}", place_text(place)))];
        match &self.now {
            Now::Nothing => {}
            Now::Same(now) if now == place => rows.push(row("now", "it stands there unchanged".to_owned())),
            Now::Same(now) => rows.push(row("now", format!("unchanged, at {}", place_text(now)))),
            Now::Changed(_, how) => {
                rows.push(vec![Cell::toned("now", Tone::Dim), Cell::toned(how.clone(), Tone::Warn)])
            }
        }
        if let Some(trail) = &self.trail {
            rows.extend(self.commit(trail));
        }
        rows
    }

    fn commit(&self, trail: &Trail) -> Vec<Vec<Cell>> {
        let mut rows = Vec::new();
        match &trail.commit {
            Ok(commit) => {
                let said = format!("{} by {}, {}", short(&commit.id), commit.author, rfc3339(commit.at));
                rows.push(row("commit", format!("{said}: {}", commit.subject)));
                if commit.at > self.entry.at {
                    let late = "this commit is younger than what happened: the line was touched since";
                    rows.push(vec![Cell::toned("", Tone::Dim), Cell::toned(late, Tone::Warn)]);
                }
            }
            Err(why) => rows.push(row("commit", why.clone())),
        }
        match &trail.diff {
            Some(Ok(FileDiff { withheld: Some(why), .. })) => rows.push(row("before", why.clone())),
            Some(Ok(diff))
                if diff.putting(&trail.lines).iter().all(|h| h.lines.iter().all(|l| l.side == Side::Added)) =>
            {
                rows.push(row("before", "it was not there before that commit".to_owned()));
            }
            Some(Err(why)) => rows.push(row("before", why.clone())),
            Some(Ok(_)) | None => {}
        }
        rows
    }

    fn json(&self) -> Value {
        let (same, now) = match &self.now {
            Now::Nothing => (None, None),
            Now::Same(place) => (Some(true), Some(place)),
            Now::Changed(place, _) => (Some(false), place.as_ref()),
        };
        let note = if let Now::Changed(_, how) = &self.now { Some(how) } else { None };
        let trail = self.trail.as_ref();
        let commit = trail.and_then(|trail| trail.commit.as_ref().ok());
        let hunks = trail.and_then(|trail| Some(trail.diff.as_ref()?.as_ref().ok()?.putting(&trail.lines)));
        let side = |wanted: Side| -> Option<Vec<&str>> {
            let lines = hunks.as_ref()?.iter().flat_map(|hunk| &hunk.lines);
            Some(lines.filter(|l| l.side == Side::Same || l.side == wanted).map(|l| l.text.as_str()).collect())
        };
        json!({
            "ticket": self.ticket.number,
            "title": self.ticket.title,
            "entry": entry_dto(self.entry),
            "workflow": self.ticket.workflow.name.as_str(),
            "assigneeByEntry": self.made_assignee().map(|entry| entry.index),
            "declared": self.entry.allowed_by.as_ref().map(|place| json!({
                "file": &*place.file, "line": place.line, "revision": self.declared_at(),
            })),
            "inForceNow": self.entry.allowed_by.as_ref().map(|_| json!({
                "same": same, "place": now.map(place_dto), "note": note, "revision": self.source.revision,
            })),
            "commit": commit.map(|commit| json!({
                "id": &*commit.id, "author": commit.author, "at": rfc3339(commit.at), "subject": commit.subject,
            })),
            "noCommit": trail.and_then(|trail| trail.commit.as_ref().err()),
            "before": side(Side::Removed),
            "after": side(Side::Added),
        })
    }
}

fn row(name: &str, text: String) -> Vec<Cell> {
    vec![Cell::toned(name, Tone::Dim), text.into()]
}

fn short(revision: &str) -> &str {
    revision.get(..12).unwrap_or(revision)
}

fn asks_for(role: &Role) -> String {
    match role {
        Role::Assignee => "assignee: who works on it".to_owned(),
        Role::Requester => "requester: who asked for it; an operator for the system".to_owned(),
        Role::Any => "any: assignee, requester or an admin".to_owned(),
        Role::Group(name) => format!("group {name}"),
    }
}

/// The names tried, the group acted as, and by what he is in it: one line a step.
fn resolution(why: &Explanation, groups: &std::collections::BTreeMap<String, Group>) -> Vec<Vec<Cell>> {
    let declared = |name: &str| {
        let place = groups.get(name).and_then(|group| group.place.as_ref());
        place.map_or_else(String::new, |place| format!(", declared at {} now", place_text(place)))
    };
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (step, name) in why.tried.iter().enumerate() {
        let found = if why.matched.as_ref() == Some(name) {
            let built_in = if naming::is_built_in(name) { ", built in" } else { "" };
            format!("{name}: exists{built_in}{}", declared(name))
        } else {
            format!("{name}: no such group")
        };
        rows.push(row(if step == 0 { "tried" } else { "" }, found));
    }
    let member = match &why.membership {
        None => "none".to_owned(),
        Some(Membership::Direct) => "listed in that group".to_owned(),
        Some(Membership::Inherited(from)) => format!("listed in {from}, which is inherited downward{}", declared(from)),
        Some(Membership::Superadmin) => "superadmin: stands in for everybody".to_owned(),
        Some(Membership::Platform) => "by his level on the platform".to_owned(),
    };
    rows.push(row("member", member));
    rows
}

/// The newest commit of the lines of `place`, and what it changed.
async fn trail(client: &Client, place: &Place) -> Trail {
    let nothing = |why: String| Trail { commit: Err(why), diff: None, lines: Vec::new() };
    let blame = match client.blame(&place.file).await {
        Ok(blame) => blame,
        Err(error) => return nothing(error.message),
    };
    let Some(commit) = blame.newest(place.line, place.end_line).cloned() else {
        return nothing("these lines are not committed yet".to_owned());
    };
    let lines = match client.source(&place.file).await {
        Ok(source) => source.lines.of(place).into_iter().map(ToOwned::to_owned).collect(),
        Err(_) => Vec::new(),
    };
    let diff = client.file_diff(&place.file, &commit.id).await.map_err(|error| error.message);
    Trail { commit: Ok(commit), diff: Some(diff), lines }
}

fn lines(hunks: &[&Hunk]) -> Vec<Vec<Cell>> {
    let all: Vec<_> = hunks.iter().flat_map(|hunk| &hunk.lines).collect();
    let mut rows: Vec<Vec<Cell>> = all
        .iter()
        .take(LINES_SHOWN)
        .map(|line| {
            let tone = match line.side {
                Side::Same => Tone::Dim,
                Side::Removed => Tone::Bad,
                Side::Added => Tone::Good,
            };
            vec![Cell::toned(format!("{} {}", line.side.sign(), line.text), tone)]
        })
        .collect();
    if let Some(more) = all.len().checked_sub(LINES_SHOWN).filter(|more| *more > 0) {
        rows.push(vec![Cell::toned(format!("… {more} more lines"), Tone::Dim)]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::tickets::Grant;
    use crate::domain::{
        change::Actor,
        gitops::trail::DiffLine,
        samples,
        tickets::{TicketStatus, Workflow},
        time::Timestamp,
    };

    fn place(line: u32) -> Place {
        Place { file: "w.yaml".into(), line, column: 1, end_line: line }
    }

    /// A workflow with one arrow OPEN to IN_PROGRESS for `role` at `line`.
    fn workflow(role: &str, line: u32) -> Workflow {
        let mut workflow = (*samples::workflow(&[(TicketStatus::Open, TicketStatus::InProgress, role)])).clone();
        workflow.transitions[0].place = Some(place(line));
        workflow.place = Some(place(1));
        workflow
    }

    fn moved() -> (Ticket, Entry) {
        let ticket = samples::ticket(Arc::new(workflow("dba", 6)));
        let entry = Entry {
            index: 2,
            at: Timestamp::default(),
            actor: Actor::System,
            acted_as: "member of acme/dba".to_owned(),
            version: 2,
            kind: EntryKind::Moved { from: TicketStatus::Open, to: TicketStatus::InProgress, comment: String::new() },
            allowed_by: Some(place(6)),
            revision: None,
            grant: Some(Grant { role: Some(Role::Group("dba".to_owned())), ..Grant::default() }),
        };
        (ticket, entry)
    }

    fn in_force(workflow: Option<Workflow>) -> SourceSummary {
        let workflows = workflow.into_iter().map(|w| (w.name.as_str().to_owned(), Arc::new(w))).collect();
        SourceSummary { workflows, ..SourceSummary::default() }
    }

    #[test]
    fn the_line_is_found_where_it_stands_now_and_what_changed_since_is_said() {
        let (ticket, entry) = moved();
        let look = |source: &SourceSummary| why::now(&ticket, &entry, source);
        assert!(matches!(look(&in_force(Some(workflow("dba", 9)))), Now::Same(at) if at == place(9)));
        let Now::Changed(at, how) = look(&in_force(Some(workflow("assignee", 6)))) else { panic!("it changed") };
        assert_eq!((at, how.as_str()), (Some(place(6)), "changed since: OPEN to IN_PROGRESS asks for assignee now"));
        let Now::Changed(None, how) = look(&in_force(None)) else { panic!("it is gone") };
        assert!(how.contains("not declared any more"), "{how}");
    }

    #[test]
    fn of_a_commit_only_the_part_that_put_the_line_there_is_shown() {
        let line = |side, text: &str| DiffLine { side, text: text.to_owned(), secret_changed: false };
        let hunk = |lines| Hunk { old_start: 1, new_start: 1, lines };
        let commit = Commit { id: "c".into(), author: String::new(), at: Timestamp::default(), subject: String::new() };
        let hunks_of = vec![
            hunk(vec![line(Side::Added, "other: thing")]),
            hunk(vec![line(Side::Removed, "  role: assignee"), line(Side::Added, "  role: dba")]),
        ];
        let diff = FileDiff { commit, path: "w.yaml".into(), hunks: hunks_of, withheld: None };
        let shown = lines(&diff.putting(&["      role: dba".to_owned()]));
        let texts: Vec<&str> = shown.iter().map(|row| row[0].text.as_str()).collect();
        assert_eq!(texts, ["-   role: assignee", "+   role: dba"]);
        assert_eq!(diff.putting(&["gone: now".to_owned()]).len(), 2, "all of it where that cannot be told");
    }
}
