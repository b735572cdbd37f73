//! Giving a ticket to somebody, to nobody or to a group, and who may.

use super::{Directory, Done, TEXT_LIMIT, by_right, can_change, changed, within};
use crate::domain::{
    access::{Level, User, UserId},
    hierarchy::naming,
    refusal::{Refusal, RefusalCode},
    search::nearest,
    tickets::{EntryKind, Grant, Ticket, transition},
    time::Timestamp,
};

/// To whom a ticket is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handing {
    /// Who works on it from now on; none is nobody.
    pub to: Option<(UserId, String)>,
    /// The group that gets it, as written; none leaves the one it has.
    pub group: Option<String>,
    /// Said with it; may be empty.
    pub note: String,
}

/// Assign to the caller himself.
///
/// # Errors
/// As [`assign`]; a member of the assignee group may take an unassigned ticket without being an operator.
pub fn take(ticket: &Ticket, seen: u64, directory: Directory<'_>, user: &User, at: Timestamp) -> Result<Done, Refusal> {
    if ticket.is_assigned_to(&user.id) {
        return Err(Refusal::new(RefusalCode::Unchanged, format!("#{} is yours already", ticket.number)));
    }
    assign(ticket, Some((user.id.clone(), user.name.clone())), seen, directory, user, at)
}

/// Give to somebody, or to nobody.
///
/// # Errors
/// `conflict`, `closed`, `read_only`, `unchanged`, or `forbidden`: operators may assign, the assignee may hand over, a
/// member of the assignee group may take what nobody has.
pub fn assign(
    ticket: &Ticket,
    to: Option<(UserId, String)>,
    seen: u64,
    directory: Directory<'_>,
    user: &User,
    at: Timestamp,
) -> Result<Done, Refusal> {
    hand_over(ticket, &Handing { to, ..Handing::default() }, seen, directory, user, at)
}

/// Give to somebody, to nobody or to a group, with a note. Whoever has an account can be given a ticket; whether he can
/// move it is for its workflow to say.
///
/// # Errors
/// As [`assign`]; `not_found` for a group that exists nowhere for this ticket, with what was tried.
pub fn hand_over(
    ticket: &Ticket,
    handing: &Handing,
    seen: u64,
    directory: Directory<'_>,
    user: &User,
    at: Timestamp,
) -> Result<Done, Refusal> {
    user.may_write()?;
    can_change(ticket, seen)?;
    within("note", &handing.note, TEXT_LIMIT)?;
    let group = handing.group.as_ref().filter(|group| Some(*group) != ticket.assignee_group.as_ref());
    changes_something(ticket, handing, group)?;
    let (acted_as, grant) = who_may(ticket, handing, directory, user)?;
    if let Some(group) = group {
        exists(ticket, group, directory)?;
    }
    let mut after = changed(ticket, at);
    after.assignee.clone_from(&handing.to);
    if let Some(group) = group {
        after.assignee_group = Some(group.clone());
    }
    let name = |who: &Option<(UserId, String)>| who.as_ref().map(|(_, name)| name.clone());
    let (from, to) = (name(&ticket.assignee), name(&handing.to));
    let kind = if group.is_none() && handing.note.is_empty() {
        EntryKind::Assigned { from, to }
    } else {
        after.comments += u32::from(!handing.note.is_empty());
        EntryKind::HandedOver { from, to, group: group.cloned(), note: handing.note.clone() }
    };
    Ok(Done { ticket: after, kind, acted_as, allowed_by: None, grant })
}

fn changes_something(ticket: &Ticket, handing: &Handing, group: Option<&String>) -> Result<(), Refusal> {
    let same = handing.to.as_ref().map(|(id, _)| id) == ticket.assignee.as_ref().map(|(id, _)| id);
    if !same || group.is_some() {
        return Ok(());
    }
    let who = handing.to.as_ref().map_or("nobody", |(_, name)| name);
    Err(Refusal::new(RefusalCode::Unchanged, format!("#{} is with {who} already", ticket.number)))
}

fn who_may(
    ticket: &Ticket,
    handing: &Handing,
    directory: Directory<'_>,
    user: &User,
) -> Result<(String, Grant), Refusal> {
    if user.level >= Level::Operator {
        let right = by_right(user);
        return Ok((right.clone(), Grant::by_right(right)));
    }
    if ticket.is_assigned_to(&user.id) {
        return Ok(("assignee".to_owned(), Grant::by_right("the assignee may hand over")));
    }
    let takes = handing.group.is_none() && handing.to.as_ref().is_some_and(|(id, _)| *id == user.id);
    if takes
        && ticket.assignee.is_none()
        && let Some(member) = transition::as_assignee_group(ticket, directory, user)
    {
        return Ok((member.sentence(), Grant::for_group(member)));
    }
    if user.superadmin {
        let right = by_right(user);
        return Ok((right.clone(), Grant::by_right(right)));
    }
    Err(Refusal::new(
        RefusalCode::Forbidden,
        "assigning needs an operator, the assignee, or a member of its group while nobody has it",
    ))
}

/// Whether a group of this name is found for the ticket by the cascade.
fn exists(ticket: &Ticket, group: &str, directory: Directory<'_>) -> Result<(), Refusal> {
    if naming::is_built_in(group) && Level::from_group(group).is_some() {
        return Ok(());
    }
    let tried = naming::cascade(directory.org, group, ticket.service.as_ref());
    if tried.iter().any(|name| directory.groups.contains_key(name)) {
        return Ok(());
    }
    let short = directory.groups.values().map(|group| group.name.short());
    let near = nearest(group, short).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    let reason = format!("no group {group} exists for #{} (tried {}){near}", ticket.number, tried.join(", "));
    Err(Refusal::new(RefusalCode::NotFound, reason))
}
