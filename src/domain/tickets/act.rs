//! What may be done to a ticket, and what it is afterwards. Pure: the core saves the result, a console shows it
//! at once and takes it back when the core says otherwise.

use super::{
    EntryKind, Priority, Ticket, TicketStatus,
    transition::{self, Directory},
};
use crate::domain::{
    access::{Level, User, UserId},
    gitops::Place,
    refusal::{Refusal, RefusalCode},
    time::Timestamp,
};

/// Longest comment or description, in bytes.
pub const TEXT_LIMIT: usize = 64 * 1024;
/// Longest title, in bytes.
pub const TITLE_LIMIT: usize = 300;

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
    fresh(ticket, seen)?;
    still_live(ticket)?;
    within("comment", comment, TEXT_LIMIT)?;
    let Some(arrow) = ticket.workflow.transition(ticket.status, to) else {
        return Err(Refusal::new(RefusalCode::ForbiddenTransition, no_such_move(ticket, to)));
    };
    let offer = transition::judge(ticket, arrow, directory, user);
    let acted_as = offer.verdict?;
    let mut after = changed(ticket, at);
    after.status = to;
    after.clocks.moved(ticket.status, to, at);
    if !comment.is_empty() {
        after.comments += 1;
    }
    let kind = EntryKind::Moved { from: ticket.status, to, comment: comment.to_owned() };
    Ok(Done { ticket: after, kind, acted_as, allowed_by: offer.place })
}

/// Assign to the caller himself.
///
/// # Errors
/// As [`assign`]; a member of the assignee group may take an unassigned ticket without being an operator.
pub fn take(ticket: &Ticket, seen: u64, directory: Directory<'_>, user: &User, at: Timestamp) -> Result<Done, Refusal> {
    if ticket.is_assigned_to(&user.id) {
        return Err(Refusal::new(RefusalCode::Invalid, format!("#{} is yours already", ticket.number)));
    }
    assign(ticket, Some((user.id.clone(), user.name.clone())), seen, directory, user, at)
}

/// Give to somebody, or to nobody.
///
/// # Errors
/// `conflict`, `closed`, `read_only`, or `forbidden`: operators may assign, the assignee may hand over, a member
/// of the assignee group may take what nobody has.
pub fn assign(
    ticket: &Ticket,
    to: Option<(UserId, String)>,
    seen: u64,
    directory: Directory<'_>,
    user: &User,
    at: Timestamp,
) -> Result<Done, Refusal> {
    user.may_write()?;
    fresh(ticket, seen)?;
    still_live(ticket)?;
    let to_self = to.as_ref().is_some_and(|(id, _)| *id == user.id);
    let acted_as = if user.level >= Level::Operator || user.superadmin {
        user.level.group().to_owned()
    } else if ticket.is_assigned_to(&user.id) {
        "assignee".to_owned()
    } else if to_self && ticket.assignee.is_none() && transition::is_in_assignee_group(ticket, directory, user) {
        format!("member of {}", ticket.assignee_group.as_deref().unwrap_or_default())
    } else {
        return Err(Refusal::new(
            RefusalCode::Forbidden,
            "assigning needs an operator, the assignee, or a member of its group while nobody has it",
        ));
    };
    let name = |who: &Option<(UserId, String)>| who.as_ref().map(|(_, name)| name.clone());
    let kind = EntryKind::Assigned { from: name(&ticket.assignee), to: name(&to) };
    let mut after = changed(ticket, at);
    after.assignee = to;
    Ok(Done { ticket: after, kind, acted_as, allowed_by: None })
}

/// Change how urgent it is. The clocks are recomputed from the start.
///
/// # Errors
/// `conflict`, `closed`, `read_only` or `forbidden`.
pub fn prioritise(ticket: &Ticket, to: Priority, seen: u64, user: &User, at: Timestamp) -> Result<Done, Refusal> {
    user.may_operate("changing the priority")?;
    fresh(ticket, seen)?;
    still_live(ticket)?;
    let mut after = changed(ticket, at);
    let (response, resolution) = super::clock::allowances(to);
    after.clocks.response.allowed_ms = response;
    after.clocks.resolution.allowed_ms = resolution;
    after.priority = to;
    let kind = EntryKind::Prioritised { from: ticket.priority, to };
    Ok(Done { ticket: after, kind, acted_as: user.level.group().to_owned(), allowed_by: None })
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
    let acted_as = if ticket.is_assigned_to(&user.id) {
        "assignee".to_owned()
    } else if ticket.is_requested_by(&user.id) {
        "requester".to_owned()
    } else if transition::is_in_assignee_group(ticket, directory, user) {
        format!("member of {}", ticket.assignee_group.as_deref().unwrap_or_default())
    } else {
        user.may_operate("commenting on somebody else's ticket")?;
        user.level.group().to_owned()
    };
    let mut after = ticket.clone();
    after.comments += 1;
    after.updated_at = at;
    Ok(Done { ticket: after, kind: EntryKind::Commented { text: text.to_owned() }, acted_as, allowed_by: None })
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

fn fresh(ticket: &Ticket, seen: u64) -> Result<(), Refusal> {
    if ticket.version == seen {
        return Ok(());
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

fn no_such_move(ticket: &Ticket, to: TicketStatus) -> String {
    let ways: Vec<&str> = ticket.workflow.out_of(ticket.status).map(|t| t.to.word()).collect();
    let ways = if ways.is_empty() { "nowhere".to_owned() } else { ways.join(", ") };
    format!("{} has no move from {} to {}; it leads to {ways}", ticket.workflow.name, ticket.status.word(), to.word())
}
