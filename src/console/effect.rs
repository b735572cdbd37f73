//! What we ask of the world. The shell does it and answers with a [`super::msg::Msg`].

use std::sync::Arc;

use crate::domain::{
    attention::{Handling, Wish},
    change::Seq,
    detail::NewTicket,
    hierarchy::ServicePath,
    sla::{NewWindow, WindowEnd},
    tickets::{Priority, TicketStatus},
};

use super::msg::RequestId;

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read something; the answer carries the request.
    Fetch {
        /// Names the call.
        request: RequestId,
        /// What.
        what: Fetch,
    },
    /// Write something, once. Never made in a read-only session.
    Write {
        /// Names the call.
        request: RequestId,
        /// What.
        what: Write,
    },
    /// Take a new snapshot: a gap was seen in the stream.
    Resync,
    /// Hand a text to the terminal's clipboard.
    Copy(String),
    /// Hand a text and the terminal to the user's editor; the answer carries the request.
    Edit {
        /// Names the call.
        request: RequestId,
        /// What is there already.
        text: String,
    },
    /// Forget what is on the screen and draw all of it.
    Redraw,
    /// Stop this process until the shell continues it.
    Suspend,
    /// Keep the choice of a theme for the next session.
    RememberTheme(String),
    /// Leave.
    Quit,
}

/// What can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// A service with its past.
    Service(ServicePath),
    /// A ticket with its history.
    Ticket(u64),
    /// What the write of this call was answered, should it have arrived.
    Written(RequestId),
    /// A budget by short name, with its past.
    Budget(String),
    /// Everything declared.
    Declared,
    /// A file of the repository.
    File(Arc<str>),
    /// Which commit last changed each line of a file.
    Blame(Arc<str>),
    /// The commits of a file.
    FileHistory(Arc<str>),
    /// What a commit changed in a file: the file, then the commit.
    FileDiff(Arc<str>, Arc<str>),
    /// What would change from one revision to another; without the first: what is in force; without the second: the
    /// repository as it lies now.
    Plan(Option<Arc<str>>, Option<Arc<str>>),
    /// What the last reconciles did.
    Reconciles,
    /// Declared against running.
    Drift,
    /// Every declared thing in force with its fields.
    DeclaredState,
    /// Every exclusion window.
    Windows,
    /// Every problem that somebody acknowledged or snoozed.
    Handled,
    /// Changes before a place of the log, newest first; none: the newest.
    Changes(Option<Seq>),
}

/// What can be written. Everything names its object by id; what changes status, assignee or priority carries the
/// version that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Open a ticket.
    Create(NewTicket),
    /// Take a ticket.
    Take {
        /// Which.
        number: u64,
        /// Version seen.
        seen: u64,
    },
    /// Move a ticket.
    Move {
        /// Which.
        number: u64,
        /// Version seen.
        seen: u64,
        /// Where to.
        to: TicketStatus,
        /// Said with it; may be empty.
        comment: String,
    },
    /// Give a ticket to somebody by login name, to nobody, or to a group.
    Assign {
        /// Which.
        number: u64,
        /// Version seen.
        seen: u64,
        /// To whom; none is nobody.
        to: Option<String>,
        /// The group that gets it; none leaves the one it has.
        group: Option<String>,
        /// Said with it; may be empty.
        note: String,
    },
    /// Change how urgent a ticket is.
    Prioritise {
        /// Which.
        number: u64,
        /// Version seen.
        seen: u64,
        /// How urgent.
        to: Priority,
    },
    /// Say something.
    Comment {
        /// Which.
        number: u64,
        /// What.
        text: String,
    },
    /// Acknowledge or snooze a problem, or take that back.
    Attend(Wish),
    /// Take a time out of the reckoning.
    OpenWindow(NewWindow),
    /// Let a time count again.
    StopWindow {
        /// Which window.
        id: u64,
        /// What it is for, for messages.
        scope: String,
    },
}

impl Write {
    /// The ticket it is about; none for a new one and for a window.
    pub const fn number(&self) -> Option<u64> {
        match self {
            Self::Create(_) | Self::OpenWindow(_) | Self::StopWindow { .. } | Self::Attend(_) => None,
            Self::Take { number, .. }
            | Self::Move { number, .. }
            | Self::Assign { number, .. }
            | Self::Prioritise { number, .. }
            | Self::Comment { number, .. } => Some(*number),
        }
    }

    /// The version it is about; none where none counts.
    pub const fn seen(&self) -> Option<u64> {
        match self {
            Self::Create(_)
            | Self::Comment { .. }
            | Self::OpenWindow(_)
            | Self::StopWindow { .. }
            | Self::Attend(_) => None,
            Self::Take { seen, .. }
            | Self::Move { seen, .. }
            | Self::Assign { seen, .. }
            | Self::Prioritise { seen, .. } => Some(*seen),
        }
    }

    /// The same about another version.
    #[must_use]
    pub fn at_version(mut self, version: u64) -> Self {
        match &mut self {
            Self::Create(_)
            | Self::Comment { .. }
            | Self::OpenWindow(_)
            | Self::StopWindow { .. }
            | Self::Attend(_) => {}
            Self::Take { seen, .. }
            | Self::Move { seen, .. }
            | Self::Assign { seen, .. }
            | Self::Prioritise { seen, .. } => *seen = version,
        }
        self
    }

    /// What is said with it; empty for most.
    pub fn said(&self) -> &str {
        match self {
            Self::Move { comment: text, .. } | Self::Assign { note: text, .. } | Self::Comment { text, .. } => text,
            Self::Create(_) | Self::Take { .. } | Self::Prioritise { .. } => "",
            Self::OpenWindow(_) | Self::StopWindow { .. } | Self::Attend(_) => "",
        }
    }

    /// What it does, for messages and the journal.
    pub fn sentence(&self) -> String {
        match self {
            Self::Create(new) => format!("open a ticket: {}", new.title),
            Self::Take { number, .. } => format!("take #{number}"),
            Self::Move { number, to, .. } => format!("move #{number} to {}", to.word()),
            Self::Assign { number, to, group, .. } => match (to, group) {
                (Some(name), None) => format!("assign #{number} to {name}"),
                (Some(name), Some(group)) => format!("assign #{number} to {name} ({group})"),
                (None, Some(group)) => format!("assign #{number} to the group {group}"),
                (None, None) => format!("leave #{number} to nobody"),
            },
            Self::Prioritise { number, to, .. } => format!("set #{number} to {}", to.word()),
            Self::Comment { number, .. } => format!("comment on #{number}"),
            Self::Attend(wish) => match wish.handling {
                Some(Handling::Acknowledged) => format!("acknowledge {}", wish.subject),
                Some(Handling::Snoozed(until)) => {
                    format!("snooze {} until {}", wish.subject, super::format::moment(until))
                }
                None => format!("take back what was said about {}", wish.subject),
            },
            Self::OpenWindow(new) => format!("open a window for the {}", new.scope),
            Self::StopWindow { id, scope } => format!("stop window {id} for the {scope}"),
        }
    }

    /// The same as a command line, for the journal.
    pub fn command(&self) -> String {
        match self {
            Self::Create(new) => {
                let mut line = format!("itops ticket create {}", quoted(&new.title));
                if let Some(service) = &new.service {
                    line.push_str(&format!(" --service {service}"));
                }
                if let Some(item) = &new.item {
                    line.push_str(&format!(" --item {}", quoted(item)));
                }
                line
            }
            Self::Take { number, seen } => format!("itops ticket take {number} --if-version {seen}"),
            Self::Move { number, seen, to, comment } => {
                let said = if comment.is_empty() { String::new() } else { format!(" --comment {}", quoted(comment)) };
                format!("itops ticket move {number} {} --if-version {seen}{said}", to.word())
            }
            Self::Assign { number, seen, to, group, note } => {
                let to = match (to, group) {
                    (Some(name), _) => format!(" {}", quoted(name)),
                    (None, None) => " --nobody".to_owned(),
                    (None, Some(_)) => String::new(),
                };
                let group = group.as_ref().map_or_else(String::new, |group| format!(" --group {}", quoted(group)));
                let said = if note.is_empty() { String::new() } else { format!(" --note {}", quoted(note)) };
                format!("itops ticket assign {number}{to}{group} --if-version {seen}{said}")
            }
            Self::Prioritise { number, seen, to } => {
                format!("itops ticket priority {number} {} --if-version {seen}", to.word())
            }
            Self::Comment { number, text } => format!("itops ticket comment {number} {}", quoted(text)),
            Self::Attend(wish) => {
                let mut line = format!("itops ack {}", wish.subject.kind());
                if !wish.subject.name().is_empty() {
                    line.push_str(&format!(" {}", quoted(&wish.subject.name())));
                }
                line.push_str(&format!(" --reason {}", wish.seen.word()));
                match wish.handling {
                    Some(Handling::Acknowledged) => {}
                    Some(Handling::Snoozed(until)) => {
                        line.push_str(&format!(" --snooze-until {}", super::format::exact(until)));
                    }
                    None => line.push_str(" --reopen"),
                }
                line
            }
            Self::OpenWindow(new) => {
                let mut line = format!("itops window start --{} {}", new.scope.kind(), quoted(new.scope.name()));
                if let Some(from) = new.from {
                    line.push_str(&format!(" --from {}", super::format::exact(from)));
                }
                match new.to {
                    Some(WindowEnd::At(to)) => line.push_str(&format!(" --to {}", super::format::exact(to))),
                    Some(WindowEnd::After(ms)) => line.push_str(&format!(" --to {}", super::times::written(ms))),
                    None => {}
                }
                line + &format!(" --reason {}", quoted(&new.reason))
            }
            Self::StopWindow { id, .. } => format!("itops window stop {id}"),
        }
    }
}

/// A word that a shell reads back as `text`.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_line_survives_a_shell() {
        let write = Write::Comment { number: 7, text: "it's $HOME; rm".to_owned() };
        assert_eq!(write.command(), r"itops ticket comment 7 'it'\''s $HOME; rm'");
    }
}
