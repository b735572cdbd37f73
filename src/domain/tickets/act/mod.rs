//! What may be done to a ticket, and what it is afterwards. Pure: the core saves the result, a console shows it
//! at once and takes it back when the core says otherwise. The same call made beforehand is a rehearsal.
//!
//! Start at [`Act`], which is any of them; [`Done`] is what comes out. [`mod@assign`] holds who may give a ticket to whom.

mod assign;
#[cfg(test)]
mod tests;

pub use assign::{Handing, assign, hand_over, take};

use super::{EntryKind, Grant, Priority, Ticket, TicketStatus, transition, transition::Directory};
use crate::domain::{
    access::{Level, User},
    gitops::Place,
    refusal::{Refusal, RefusalCode},
    time::Timestamp,
};

/// Longest comment or description, in bytes.
pub const TEXT_LIMIT: usize = 64 * 1024;
/// Longest title, in bytes.
pub const TITLE_LIMIT: usize = 300;

/// Something to be done to a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Assign it to the caller.
    Take,
    /// Follow a transition, with a comment that may be empty.
    Move {
        /// Where to.
        to: TicketStatus,
        /// May be empty.
        comment: String,
    },
    /// Give it to somebody, to nobody or to a group.
    Assign(Handing),
    /// Change how urgent it is.
    Prioritise(Priority),
    /// Say something.
    Comment(String),
}

impl Act {
    /// Do it to `ticket` as seen at version `seen`, which a comment does not look at.
    ///
    /// # Errors
    /// As the function for each.
    pub fn apply(
        &self,
        ticket: &Ticket,
        seen: u64,
        directory: Directory<'_>,
        user: &User,
        at: Timestamp,
    ) -> Result<Done, Refusal> {
        match self {
            Self::Take => take(ticket, seen, directory, user, at),
            Self::Move { to, comment } => move_to(ticket, *to, seen, comment, directory, user, at),
            Self::Assign(handing) => hand_over(ticket, handing, seen, directory, user, at),
            Self::Prioritise(to) => prioritise(ticket, *to, seen, user, at),
            Self::Comment(text) => comment(ticket, text, directory, user, at),
        }
    }

    /// Whether it is about the version that was seen.
    pub const fn needs_version(&self) -> bool {
        !matches!(self, Self::Comment(_))
    }
}

/// A ticket after something was done to it, and the line for its history.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// As it is now; its version is one higher unless only a comment was added.
    pub ticket: Ticket,
    /// What happened.
    pub kind: EntryKind,
    /// In which role, in words.
    pub acted_as: String,
    /// The line that allowed it.
    pub allowed_by: Option<Place>,
    /// By what right.
    pub grant: Grant,
}

/// Move to `to`, seen at version `seen`, with an optional comment.
///
/// # Errors
/// `conflict` when the ticket changed since, `closed`, `forbidden_transition` or `forbidden` with the reason.
pub fn move_to(
    ticket: &Ticket,
    to: TicketStatus,
    seen: u64,
    comment: &str,
    directory: Directory<'_>,
    user: &User,
    at: Timestamp,
) -> Result<Done, Refusal> {
    user.may_write()?;
    can_change(ticket, seen)?;
    within("comment", comment, TEXT_LIMIT)?;
    let (acted_as, allowed_by, grant) = best_way(ticket, to, directory, user)?;
    Ok(moved(ticket, to, comment, at, (acted_as, allowed_by, grant)))
}

/// The ticket after an arrow was followed, whoever did it. `by` is in which role, by which line and by what right.
pub fn moved(
    ticket: &Ticket,
    to: TicketStatus,
    comment: &str,
    at: Timestamp,
    by: (String, Option<Place>, Grant),
) -> Done {
    let mut after = changed(ticket, at);
    after.status = to;
    after.clocks.moved(ticket.status, to, at);
    if !comment.is_empty() {
        after.comments += 1;
    }
    let (acted_as, allowed_by, grant) = by;
    let kind = EntryKind::Moved { from: ticket.status, to, comment: comment.to_owned() };
    Done { ticket: after, kind, acted_as, allowed_by, grant }
}

/// Change how urgent it is. Clocks that run by the priority are recomputed from the start; one that the catalog item
/// promised stays as promised.
///
/// # Errors
/// `conflict`, `closed`, `read_only`, `forbidden`, or `unchanged`.
pub fn prioritise(ticket: &Ticket, to: Priority, seen: u64, user: &User, at: Timestamp) -> Result<Done, Refusal> {
    user.may_operate("changing the priority")?;
    can_change(ticket, seen)?;
    if to == ticket.priority {
        return Err(Refusal::new(RefusalCode::Unchanged, format!("#{} is {} already", ticket.number, to.word())));
    }
    let mut after = changed(ticket, at);
    after.clocks.reprioritised(ticket.priority, to, at);
    after.priority = to;
    let kind = EntryKind::Prioritised { from: ticket.priority, to };
    let right = by_right(user);
    Ok(Done { ticket: after, kind, grant: Grant::by_right(&right), acted_as: right, allowed_by: None })
}

/// Say something. Needs no version: two comments at once never conflict. Closed tickets take comments too.
///
/// # Errors
/// `invalid` for an empty or oversized text, `read_only`, or `forbidden`.
pub fn comment(
    ticket: &Ticket,
    text: &str,
    directory: Directory<'_>,
    user: &User,
    at: Timestamp,
) -> Result<Done, Refusal> {
    user.may_write()?;
    if text.trim().is_empty() {
        return Err(Refusal::new(RefusalCode::Invalid, "a comment needs some text"));
    }
    within("comment", text, TEXT_LIMIT)?;
    let (acted_as, grant) = if ticket.is_assigned_to(&user.id) {
        ("assignee".to_owned(), Grant::by_right("the assignee may comment"))
    } else if ticket.is_requested_by(&user.id) {
        ("requester".to_owned(), Grant::by_right("the requester may comment"))
    } else if let Some(member) = transition::as_assignee_group(ticket, directory, user) {
        (member.sentence(), Grant::for_group(member))
    } else {
        user.may_operate("commenting on somebody else's ticket")?;
        let right = by_right(user);
        (right.clone(), Grant::by_right(right))
    };
    let mut after = ticket.clone();
    after.comments += 1;
    after.updated_at = at;
    let kind = EntryKind::Commented { text: text.to_owned() };
    Ok(Done { ticket: after, kind, acted_as, allowed_by: None, grant })
}

/// Refuses text over its limit, and says both sizes.
///
/// # Errors
/// `invalid` with what is too long and by how much.
pub fn within(what: &str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.len() > limit {
        let reason = format!("the {what} has {} bytes; the limit is {limit}", text.len());
        return Err(Refusal::new(RefusalCode::Invalid, reason));
    }
    Ok(())
}

/// Whether it is as it was seen, and not over.
fn can_change(ticket: &Ticket, seen: u64) -> Result<(), Refusal> {
    if ticket.version == seen {
        return still_live(ticket);
    }
    let reason = format!(
        "#{} changed since you looked: you saw version {seen}, it is at {} ({}, {})",
        ticket.number,
        ticket.version,
        ticket.status.word(),
        ticket.assignee.as_ref().map_or("unassigned", |(_, name)| name)
    );
    Err(Refusal::new(RefusalCode::Conflict, reason))
}

fn still_live(ticket: &Ticket) -> Result<(), Refusal> {
    if ticket.is_live() {
        return Ok(());
    }
    Err(Refusal::new(RefusalCode::Closed, format!("#{} is closed; only comments are possible", ticket.number)))
}

fn changed(ticket: &Ticket, at: Timestamp) -> Ticket {
    let mut after = ticket.clone();
    after.version += 1;
    after.updated_at = at;
    after
}

/// As what `user` acts by his platform right; break-glass is named.
fn by_right(user: &User) -> String {
    if user.level >= Level::Operator { user.level.group().to_owned() } else { "superadmin".to_owned() }
}

/// The first arrow to `to` that `user` may follow: as whom, the line that allows it, and by what right. A workflow may
/// declare several for different roles.
fn best_way(
    ticket: &Ticket,
    to: TicketStatus,
    directory: Directory<'_>,
    user: &User,
) -> Result<(String, Option<Place>, Grant), Refusal> {
    let mut refusals = Vec::new();
    for arrow in ticket.workflow.out_of(ticket.status).filter(|arrow| arrow.to == to) {
        let (offer, grant) = transition::decide(ticket, arrow, directory, user);
        match offer.verdict {
            Ok(acted_as) => return Ok((acted_as, offer.place, grant)),
            Err(refusal) => refusals.push(refusal),
        }
    }
    let Some(first) = refusals.first() else {
        return Err(Refusal::new(RefusalCode::ForbiddenTransition, no_such_move(ticket, to)));
    };
    let reasons: Vec<&str> = refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
    Err(Refusal::new(first.code, reasons.join("; or ")))
}

fn no_such_move(ticket: &Ticket, to: TicketStatus) -> String {
    let ways: Vec<&str> = ticket.workflow.out_of(ticket.status).map(|t| t.to.word()).collect();
    let ways = if ways.is_empty() { "nowhere".to_owned() } else { ways.join(", ") };
    format!("{} has no move from {} to {}; it leads to {ways}", ticket.workflow.name, ticket.status.word(), to.word())
}
