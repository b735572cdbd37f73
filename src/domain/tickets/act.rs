//! What may be done to a ticket, and what it is afterwards. Pure: the core saves the result, a console shows it
//! at once and takes it back when the core says otherwise.

use super::{
    EntryKind, Priority, Ticket, TicketStatus, clock,
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
    let (acted_as, allowed_by) = best_way(ticket, to, directory, user)?;
    let mut after = changed(ticket, at);
    after.status = to;
    after.clocks.moved(ticket.status, to, at);
    if !comment.is_empty() {
        after.comments += 1;
    }
    let kind = EntryKind::Moved { from: ticket.status, to, comment: comment.to_owned() };
    Ok(Done { ticket: after, kind, acted_as, allowed_by })
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
/// `conflict`, `closed`, `read_only`, `invalid` when it changes nothing, or `forbidden`: operators may assign, the
/// assignee may hand over, a member of the assignee group may take what nobody has.
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
    if to.as_ref().map(|(id, _)| id) == ticket.assignee.as_ref().map(|(id, _)| id) {
        let who = to.map_or_else(|| "nobody".to_owned(), |(_, name)| name);
        return Err(Refusal::new(RefusalCode::Invalid, format!("#{} is with {who} already", ticket.number)));
    }
    let to_self = to.as_ref().is_some_and(|(id, _)| *id == user.id);
    let for_group = || transition::as_assignee_group(ticket, directory, user);
    let acted_as = if user.level >= Level::Operator {
        user.level.group().to_owned()
    } else if ticket.is_assigned_to(&user.id) {
        "assignee".to_owned()
    } else if let Some(member) = for_group().filter(|_| to_self && ticket.assignee.is_none()) {
        member
    } else if user.superadmin {
        by_right(user)
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

/// Change how urgent it is. Clocks that ran by the priority are recomputed from the start; one that the catalog item
/// promised stays as promised.
///
/// # Errors
/// `conflict`, `closed`, `read_only`, `forbidden`, or `invalid` when it changes nothing.
pub fn prioritise(ticket: &Ticket, to: Priority, seen: u64, user: &User, at: Timestamp) -> Result<Done, Refusal> {
    user.may_operate("changing the priority")?;
    fresh(ticket, seen)?;
    still_live(ticket)?;
    if to == ticket.priority {
        return Err(Refusal::new(RefusalCode::Invalid, format!("#{} is {} already", ticket.number, to.word())));
    }
    let mut after = changed(ticket, at);
    let (was, is) = (clock::allowances(ticket.priority), clock::allowances(to));
    let by_priority = |allowed: &mut i64, was, is| {
        if *allowed == was {
            *allowed = is;
        }
    };
    by_priority(&mut after.clocks.response.allowed_ms, was.0, is.0);
    by_priority(&mut after.clocks.resolution.allowed_ms, was.1, is.1);
    after.priority = to;
    let kind = EntryKind::Prioritised { from: ticket.priority, to };
    Ok(Done { ticket: after, kind, acted_as: by_right(user), allowed_by: None })
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
    } else if let Some(member) = transition::as_assignee_group(ticket, directory, user) {
        member
    } else {
        user.may_operate("commenting on somebody else's ticket")?;
        by_right(user)
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

/// As what `user` acts by his platform right; break-glass is named.
fn by_right(user: &User) -> String {
    if user.level >= Level::Operator { user.level.group().to_owned() } else { "superadmin".to_owned() }
}

/// The first arrow to `to` that `user` may follow: as whom, and the line that allows it. A workflow may declare
/// several for different roles.
fn best_way(
    ticket: &Ticket,
    to: TicketStatus,
    directory: Directory<'_>,
    user: &User,
) -> Result<(String, Option<Place>), Refusal> {
    let mut refusals = Vec::new();
    for arrow in ticket.workflow.out_of(ticket.status).filter(|arrow| arrow.to == to) {
        let offer = transition::judge(ticket, arrow, directory, user);
        match offer.verdict {
            Ok(acted_as) => return Ok((acted_as, offer.place)),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::{
        samples,
        tickets::{Clocks, Group},
        time::MINUTE,
    };
    use TicketStatus::{Closed, InProgress, Open, Resolved};

    const AT: Timestamp = Timestamp::from_ms(10 * MINUTE);

    fn groups() -> BTreeMap<String, Group> {
        samples::groups(&[("acme/dba", &["dba-oncall"])])
    }

    fn operator() -> User {
        samples::user("oncall", Level::Operator)
    }

    fn ticket() -> Ticket {
        let mut ticket = samples::ticket(samples::workflow(&[
            (Open, InProgress, "assignee"),
            (Open, InProgress, "dba"),
            (InProgress, Resolved, "assignee"),
            (Resolved, Closed, "requester"),
        ]));
        ticket.assignee_group = Some("dba".to_owned());
        ticket
    }

    fn taken() -> Ticket {
        Ticket { assignee: Some((operator().id, "oncall".to_owned())), ..ticket() }
    }

    /// Runs `act` with the groups of this test.
    fn with<T>(act: impl FnOnce(Directory<'_>) -> T) -> T {
        let groups = groups();
        act(Directory { org: "acme", groups: &groups })
    }

    fn moved(ticket: &Ticket, to: TicketStatus, seen: u64, user: &User) -> Result<Done, Refusal> {
        with(|directory| move_to(ticket, to, seen, "", directory, user, AT))
    }

    fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> RefusalCode {
        result.unwrap_err().code
    }

    #[test]
    fn a_move_changes_status_version_and_clocks_and_says_as_whom() {
        let done = moved(&taken(), InProgress, 3, &operator()).unwrap();
        assert_eq!((done.ticket.status, done.ticket.version, done.ticket.updated_at), (InProgress, 4, AT));
        assert_eq!(done.ticket.clocks.response.running_since, None);
        assert_eq!(done.acted_as, "assignee");
        assert_eq!(done.kind, EntryKind::Moved { from: Open, to: InProgress, comment: String::new() });
    }

    #[test]
    fn a_stale_version_is_a_conflict_that_says_what_is_there_now() {
        let refusal = moved(&taken(), InProgress, 2, &operator()).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Conflict);
        assert_eq!(refusal.reason, "#7 changed since you looked: you saw version 2, it is at 3 (OPEN, oncall)");
        let other = Some((operator().id, "oncall".to_owned()));
        assert_eq!(code(with(|d| assign(&ticket(), other, 9, d, &operator(), AT))), RefusalCode::Conflict);
        assert_eq!(code(prioritise(&ticket(), Priority::High, 9, &operator(), AT)), RefusalCode::Conflict);
    }

    #[test]
    fn a_move_the_workflow_does_not_have_names_those_it_has() {
        let refusal = moved(&taken(), Closed, 3, &operator()).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::ForbiddenTransition);
        assert!(refusal.reason.contains("IN_PROGRESS"), "{refusal}");
    }

    #[test]
    fn the_second_of_two_roles_for_one_move_is_as_good_as_the_first() {
        let dba = samples::user("dba-oncall", Level::User);
        let done = moved(&taken(), InProgress, 3, &dba).unwrap();
        assert_eq!(done.acted_as, "member of acme/dba");
        let refusal = moved(&taken(), InProgress, 3, &samples::user("other", Level::User)).unwrap_err();
        assert!(refusal.reason.contains("needs the assignee") && refusal.reason.contains("needs group dba"));
    }

    #[test]
    fn a_closed_ticket_takes_comments_and_nothing_else() {
        let closed = Ticket { status: Closed, ..taken() };
        assert_eq!(code(moved(&closed, Open, 3, &operator())), RefusalCode::Closed);
        assert_eq!(code(with(|d| assign(&closed, None, 3, d, &operator(), AT))), RefusalCode::Closed);
        assert_eq!(code(prioritise(&closed, Priority::High, 3, &operator(), AT)), RefusalCode::Closed);
        assert!(with(|d| comment(&closed, "seen again", d, &operator(), AT)).is_ok());
    }

    #[test]
    fn a_comment_needs_no_version_and_makes_none() {
        let done = with(|d| comment(&taken(), "looking", d, &operator(), AT)).unwrap();
        assert_eq!((done.ticket.version, done.ticket.comments, done.ticket.updated_at), (3, 1, AT));
        assert_eq!(code(with(|d| comment(&taken(), " \n", d, &operator(), AT))), RefusalCode::Invalid);
        let long = "x".repeat(TEXT_LIMIT + 1);
        assert_eq!(code(with(|d| comment(&taken(), &long, d, &operator(), AT))), RefusalCode::Invalid);
    }

    #[test]
    fn who_may_comment_is_said_with_the_role() {
        let as_whom = |user: &User| with(|d| comment(&taken(), "x", d, user, AT)).map(|done| done.acted_as);
        assert_eq!(as_whom(&operator()).as_deref(), Ok("assignee"));
        assert_eq!(as_whom(&samples::user("requester", Level::User)).as_deref(), Ok("requester"));
        assert_eq!(as_whom(&samples::user("dba-oncall", Level::User)).as_deref(), Ok("member of acme/dba"));
        assert_eq!(as_whom(&samples::user("second", Level::Operator)).as_deref(), Ok("itops-operators"));
        assert_eq!(code(as_whom(&samples::user("other", Level::User))), RefusalCode::Forbidden);
    }

    #[test]
    fn break_glass_is_named_in_everything_it_does() {
        let root = User { superadmin: true, ..samples::user("root", Level::User) };
        let plain = Ticket { assignee_group: None, ..taken() };
        assert_eq!(prioritise(&plain, Priority::High, 3, &root, AT).unwrap().acted_as, "superadmin");
        let commented = with(|d| comment(&plain, "x", d, &root, AT)).unwrap();
        assert_eq!(commented.acted_as, "superadmin");
        assert_eq!(with(|d| assign(&plain, None, 3, d, &root, AT)).unwrap().acted_as, "superadmin");
        let for_group = with(|d| comment(&taken(), "x", d, &root, AT)).unwrap();
        assert_eq!(for_group.acted_as, "superadmin stands in for acme/dba");
    }

    #[test]
    fn a_group_member_takes_what_nobody_has_and_no_more() {
        let dba = samples::user("dba-oncall", Level::User);
        let done = with(|d| take(&ticket(), 3, d, &dba, AT)).unwrap();
        assert!(done.ticket.is_assigned_to(&dba.id));
        assert_eq!((done.ticket.version, done.acted_as.as_str()), (4, "member of acme/dba"));
        assert_eq!(code(with(|d| take(&taken(), 3, d, &dba, AT))), RefusalCode::Forbidden, "somebody has it");
        let other = samples::user("other", Level::User);
        let to_other = Some((other.id.clone(), other.name.clone()));
        assert_eq!(code(with(|d| assign(&ticket(), to_other, 3, d, &dba, AT))), RefusalCode::Forbidden);
        assert_eq!(code(with(|d| take(&ticket(), 3, d, &other, AT))), RefusalCode::Forbidden);
    }

    #[test]
    fn operators_assign_anybody_and_an_assignee_hands_over() {
        let to = Some((samples::user("second", Level::User).id, "second".to_owned()));
        let done = with(|d| assign(&taken(), to.clone(), 3, d, &samples::user("x", Level::Operator), AT)).unwrap();
        assert_eq!(done.kind, EntryKind::Assigned { from: Some("oncall".to_owned()), to: Some("second".to_owned()) });
        let dba = samples::user("dba-oncall", Level::User);
        let own = Ticket { assignee: Some((dba.id.clone(), dba.name.clone())), ..ticket() };
        assert_eq!(with(|d| assign(&own, to, 3, d, &dba, AT)).unwrap().acted_as, "assignee");
    }

    #[test]
    fn what_changes_nothing_is_refused_and_makes_no_history() {
        assert_eq!(code(with(|d| take(&taken(), 3, d, &operator(), AT))), RefusalCode::Invalid);
        assert_eq!(code(with(|d| assign(&ticket(), None, 3, d, &operator(), AT))), RefusalCode::Invalid);
        assert_eq!(code(prioritise(&ticket(), Priority::Medium, 3, &operator(), AT)), RefusalCode::Invalid);
    }

    #[test]
    fn read_only_refuses_every_write_first() {
        let reader = User { read_only: true, ..samples::user("auditor", Level::Admin) };
        assert_eq!(code(moved(&taken(), InProgress, 0, &reader)), RefusalCode::ReadOnly);
        assert_eq!(code(with(|d| take(&ticket(), 0, d, &reader, AT))), RefusalCode::ReadOnly);
        assert_eq!(code(prioritise(&ticket(), Priority::High, 0, &reader, AT)), RefusalCode::ReadOnly);
        assert_eq!(code(with(|d| comment(&ticket(), "x", d, &reader, AT))), RefusalCode::ReadOnly);
    }

    #[test]
    fn a_new_priority_recomputes_its_clocks_from_the_start_and_leaves_those_of_the_item() {
        let mut ticket = taken();
        ticket.clocks = Clocks::start(Priority::Medium, Some(45), None, Timestamp::default());
        let after = prioritise(&ticket, Priority::Critical, 3, &operator(), AT).unwrap().ticket;
        assert_eq!(after.clocks.resolution.due(), Some(Timestamp::from_ms(120 * MINUTE)));
        assert_eq!(after.clocks.response.due(), Some(Timestamp::from_ms(45 * MINUTE)));
        assert_eq!(after.version, 4);
        assert_eq!(
            code(prioritise(&ticket, Priority::High, 3, &samples::user("x", Level::User), AT)),
            RefusalCode::Forbidden
        );
    }
}
