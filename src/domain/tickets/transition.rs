//! "What can I do now": every arrow out of a status, allowed or with the reason why not.

use std::collections::BTreeMap;

use super::{Explanation, Group, Role, Ticket, TicketStatus, Transition, role};
use crate::domain::{
    access::{Level, User},
    change::Actor,
    gitops::Place,
    refusal::{Refusal, RefusalCode},
};

/// The groups that roles are resolved against.
#[derive(Clone, Copy, Debug)]
pub struct Directory<'a> {
    /// `ticketing.org`.
    pub org: &'a str,
    /// By full name.
    pub groups: &'a BTreeMap<String, Group>,
}

/// One arrow out of the ticket's status, and whether the caller may follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Where it leads.
    pub to: TicketStatus,
    /// Who may.
    pub role: Role,
    /// In which role or group the caller would act, in words; or why he may not.
    pub verdict: Result<String, Refusal>,
    /// How a group role was resolved.
    pub explanation: Option<Explanation>,
    /// The line that declares it.
    pub place: Option<Place>,
}

impl Offer {
    /// Whether the caller may follow it.
    pub const fn is_allowed(&self) -> bool {
        self.verdict.is_ok()
    }
}

/// Every arrow out of the ticket's status in order of declaration, judged for `user`.
pub fn offers(ticket: &Ticket, directory: Directory<'_>, user: &User) -> Vec<Offer> {
    ticket.workflow.out_of(ticket.status).map(|arrow| judge(ticket, arrow, directory, user)).collect()
}

/// Whether `user` may follow `arrow`, and as whom.
pub fn judge(ticket: &Ticket, arrow: &Transition, directory: Directory<'_>, user: &User) -> Offer {
    let (filled, explanation) = fills(ticket, &arrow.role, directory, user);
    let verdict = user.may_write().and_then(|()| {
        let acted_as = filled.map_err(|reason| Refusal::new(RefusalCode::ForbiddenTransition, reason))?;
        covered(ticket, arrow, directory, user)?;
        Ok(acted_as)
    });
    Offer { to: arrow.to, role: arrow.role.clone(), verdict, explanation, place: arrow.place.clone() }
}

/// Whether `user` fills `role`; if so as what, else why not.
fn fills(
    ticket: &Ticket,
    role: &Role,
    directory: Directory<'_>,
    user: &User,
) -> (Result<String, String>, Option<Explanation>) {
    let plain = match role {
        Role::Group(name) => {
            let why = role::resolve(directory.groups, directory.org, name, ticket.service.as_ref(), user);
            let verdict = if why.membership.is_some() {
                Ok(why.sentence())
            } else if user.superadmin {
                Ok(format!("superadmin stands in for {name}"))
            } else {
                Err(format!("needs group {name}: {}", why.sentence()))
            };
            return (verdict, Some(why));
        }
        Role::Assignee => as_assignee(ticket, user),
        Role::Requester => as_requester(ticket, user),
        Role::Any => as_assignee(ticket, user).or_else(|_| as_requester(ticket, user)).or_else(|_| {
            if user.level == Level::Admin {
                Ok("admin".to_owned())
            } else {
                Err("needs the assignee, the requester or an admin; you are none of them".to_owned())
            }
        }),
    };
    let verdict = plain.or_else(|reason| {
        if user.superadmin { Ok(format!("superadmin stands in for {}", role.word())) } else { Err(reason) }
    });
    (verdict, None)
}

fn as_assignee(ticket: &Ticket, user: &User) -> Result<String, String> {
    match &ticket.assignee {
        Some((id, _)) if *id == user.id => Ok("assignee".to_owned()),
        Some((_, name)) => Err(format!("needs the assignee; this is assigned to {name}")),
        None => Err("needs the assignee; nobody has taken it yet".to_owned()),
    }
}

fn as_requester(ticket: &Ticket, user: &User) -> Result<String, String> {
    match &ticket.requester {
        Actor::User { id, .. } if *id == user.id => Ok("requester".to_owned()),
        Actor::User { name, .. } => Err(format!("needs the requester, {name}")),
        _ if user.level >= Level::Operator => Ok("requester in place of the system".to_owned()),
        _ => Err("needs the requester; an operator stands in for the system".to_owned()),
    }
}

/// Whether the caller's platform right covers a move that he fills the role for.
fn covered(ticket: &Ticket, arrow: &Transition, directory: Directory<'_>, user: &User) -> Result<(), Refusal> {
    let own = ticket.is_requested_by(&user.id);
    let confirms_or_reopens = own && ticket.status == TicketStatus::Resolved;
    let in_group = matches!(arrow.role, Role::Group(_)) || is_in_assignee_group(ticket, directory, user);
    if confirms_or_reopens || in_group {
        return Ok(());
    }
    user.may_operate("moving this ticket")
}

/// Whether `user` is in the group that the ticket was given to.
pub fn is_in_assignee_group(ticket: &Ticket, directory: Directory<'_>, user: &User) -> bool {
    ticket.assignee_group.as_deref().is_some_and(|group| {
        role::resolve(directory.groups, directory.org, group, ticket.service.as_ref(), user).membership.is_some()
    })
}
