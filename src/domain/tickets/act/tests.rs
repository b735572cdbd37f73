//! What may be done to a ticket, by whom, and what is refused in which words.

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
    assert_eq!(code(with(|d| take(&taken(), 3, d, &operator(), AT))), RefusalCode::Unchanged);
    assert_eq!(code(with(|d| assign(&ticket(), None, 3, d, &operator(), AT))), RefusalCode::Unchanged);
    assert_eq!(code(prioritise(&ticket(), Priority::Medium, 3, &operator(), AT)), RefusalCode::Unchanged);
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

fn handing(to: Option<&str>, group: Option<&str>, note: &str) -> Handing {
    let to = to.map(|name| (samples::user(name, Level::User).id, name.to_owned()));
    Handing { to, group: group.map(str::to_owned), note: note.to_owned() }
}

fn handed(ticket: &Ticket, handing: &Handing, user: &User) -> Result<Done, Refusal> {
    with(|directory| hand_over(ticket, handing, 3, directory, user, AT))
}

#[test]
fn a_ticket_is_handed_to_a_group_with_a_note_and_nobody_has_it_then() {
    let plain = Ticket { assignee_group: None, ..taken() };
    let done = handed(&plain, &handing(None, Some("dba"), "replica lags, yours"), &operator()).unwrap();
    assert_eq!((done.ticket.assignee.clone(), done.ticket.assignee_group.as_deref()), (None, Some("dba")));
    assert_eq!((done.ticket.version, done.ticket.comments), (4, 1));
    assert_eq!(done.kind.said(), "replica lags, yours");
    let EntryKind::HandedOver { from, to, group, .. } = done.kind else { panic!("{:?}", done.kind) };
    assert_eq!((from.as_deref(), to, group.as_deref()), (Some("oncall"), None, Some("dba")));
    let dba = samples::user("dba-oncall", Level::User);
    assert!(with(|d| take(&done.ticket, 4, d, &dba, AT)).is_ok(), "its members may take it now");
}

#[test]
fn a_group_that_is_found_nowhere_is_refused_with_what_was_tried_and_the_nearest() {
    let refusal = handed(&taken(), &handing(None, Some("dbaa"), ""), &operator()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotFound);
    assert!(refusal.reason.contains("acme/shop/prod/eu-1/db/dbaa") && refusal.reason.contains("did you mean dba?"));
    assert!(handed(&taken(), &handing(None, Some("itops-operators"), ""), &operator()).is_ok());
    assert_eq!(code(handed(&taken(), &handing(None, Some("itops-none"), ""), &operator())), RefusalCode::NotFound);
}

#[test]
fn only_operators_and_the_assignee_give_a_ticket_to_a_group_and_nothing_changed_is_said() {
    let dba = samples::user("dba-oncall", Level::User);
    let to_operators = handing(Some("dba-oncall"), Some("itops-operators"), "");
    assert_eq!(code(handed(&ticket(), &to_operators, &dba)), RefusalCode::Forbidden, "taking is not giving away");
    let own = Ticket { assignee: Some((dba.id.clone(), dba.name.clone())), ..ticket() };
    assert_eq!(handed(&own, &handing(None, Some("itops-operators"), ""), &dba).unwrap().acted_as, "assignee");
    let same = handing(Some("oncall"), Some("dba"), "note");
    assert_eq!(code(handed(&taken(), &same, &operator())), RefusalCode::Unchanged);
    let long = handing(None, None, &"x".repeat(TEXT_LIMIT + 1));
    assert_eq!(code(handed(&taken(), &long, &operator())), RefusalCode::Invalid);
}

#[test]
fn what_was_decided_is_kept_with_how_the_group_was_found() {
    let dba = samples::user("dba-oncall", Level::User);
    let grant = moved(&taken(), InProgress, 3, &dba).unwrap().grant;
    assert_eq!(grant.role, Some(crate::domain::tickets::Role::Group("dba".to_owned())));
    assert_eq!(grant.explanation.as_ref().and_then(|e| e.matched.as_deref()), Some("acme/dba"));
    assert_eq!(grant.right, "acts for a group he is in");
    let grant = moved(&taken(), InProgress, 3, &operator()).unwrap().grant;
    assert_eq!((grant.explanation, grant.right.as_str()), (None, "itops-operators"));
    let taken_for_group = with(|d| take(&ticket(), 3, d, &dba, AT)).unwrap().grant;
    assert_eq!(taken_for_group.explanation.unwrap().tried.len(), 5);
}
