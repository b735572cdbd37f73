//! "What can I do now": every arrow out of a status, allowed or with the reason why not.

use std::collections::BTreeMap;

use super::{
    Explanation, Grant, Group, Role, Ticket, TicketStatus, Transition,
    grant::{ACTS_FOR_GROUP, OWN_RESOLVED},
    role,
};
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
    decide(ticket, arrow, directory, user).0
}

/// The same with the right that covers it; the right is empty where it is refused.
pub(super) fn decide(ticket: &Ticket, arrow: &Transition, directory: Directory<'_>, user: &User) -> (Offer, Grant) {
    let (filled, explanation) = fills(ticket, &arrow.role, directory, user);
    let verdict = user.may_write().and_then(|()| {
        let acted_as = filled.map_err(|reason| Refusal::new(RefusalCode::ForbiddenTransition, reason))?;
        Ok((acted_as, covered(ticket, arrow, directory, user)?))
    });
    let right = verdict.as_ref().map(|(_, right)| right.clone()).unwrap_or_default();
    let grant = Grant { role: Some(arrow.role.clone()), explanation: explanation.clone(), right };
    let verdict = verdict.map(|(acted_as, _)| acted_as);
    (Offer { to: arrow.to, role: arrow.role.clone(), verdict, explanation, place: arrow.place.clone() }, grant)
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

/// What covers a move on the platform's side, of a caller who fills its role.
fn covered(ticket: &Ticket, arrow: &Transition, directory: Directory<'_>, user: &User) -> Result<String, Refusal> {
    if user.level >= Level::Operator {
        return Ok(user.level.group().to_owned());
    }
    if ticket.is_requested_by(&user.id) && ticket.status == TicketStatus::Resolved {
        return Ok(OWN_RESOLVED.to_owned());
    }
    if matches!(arrow.role, Role::Group(_)) || as_assignee_group(ticket, directory, user).is_some() {
        return Ok(ACTS_FOR_GROUP.to_owned());
    }
    user.may_operate("moving this ticket")?;
    Ok("superadmin".to_owned())
}

/// How `user` belongs to the group that the ticket was given to; none when he does not.
pub(super) fn as_assignee_group(ticket: &Ticket, directory: Directory<'_>, user: &User) -> Option<Explanation> {
    let group = ticket.assignee_group.as_deref()?;
    let why = role::resolve(directory.groups, directory.org, group, ticket.service.as_ref(), user);
    why.membership.is_some().then_some(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;
    use TicketStatus::{Closed, InProgress, Open, Resolved};

    const ROLES: [(TicketStatus, TicketStatus, &str); 5] = [
        (Open, InProgress, "assignee"),
        (Open, Resolved, "requester"),
        (Open, Closed, "any"),
        (Open, Open, "dba"),
        (Closed, Open, "any"),
    ];

    fn named(name: &str) -> User {
        samples::user(name, Level::User)
    }

    /// Verdicts for the arrows of [`ROLES`] out of OPEN: assignee, requester, any, group.
    fn verdicts(ticket: &Ticket, user: &User) -> Vec<Result<String, Refusal>> {
        let groups = samples::groups(&[("acme/dba", &["dba-oncall"])]);
        let offers = offers(ticket, Directory { org: "acme", groups: &groups }, user);
        offers.into_iter().map(|offer| offer.verdict).collect()
    }

    fn allowed(ticket: &Ticket, user: &User) -> Vec<bool> {
        verdicts(ticket, user).iter().map(Result::is_ok).collect()
    }

    fn given_to(user: &User) -> Ticket {
        let mut ticket = samples::ticket(samples::workflow(&ROLES));
        ticket.assignee = Some((user.id.clone(), user.name.clone()));
        ticket
    }

    #[test]
    fn every_arrow_is_offered_with_a_reason_where_it_is_closed() {
        let verdicts = verdicts(&given_to(&named("oncall")), &named("other"));
        assert_eq!(verdicts.len(), 4, "also those that lead nowhere for this user");
        let reasons: Vec<String> = verdicts.into_iter().map(|v| v.unwrap_err().reason).collect();
        assert_eq!(reasons[0], "needs the assignee; this is assigned to oncall");
        assert_eq!(reasons[1], "needs the requester, requester");
        assert_eq!(reasons[3], "needs group dba: you are not a member of acme/dba");
    }

    #[test]
    fn an_operator_fills_a_role_or_is_told_why_not() {
        let operator = samples::user("oncall", Level::Operator);
        assert_eq!(allowed(&given_to(&operator), &operator), [true, false, true, false]);
        assert_eq!(allowed(&given_to(&named("other")), &operator), [false; 4], "a level is not a role");
        let mut own = given_to(&named("other"));
        own.requester = samples::actor(&operator);
        assert_eq!(allowed(&own, &operator), [false, true, true, false]);
    }

    #[test]
    fn any_is_assignee_requester_or_admin() {
        let admin = samples::user("admin", Level::Admin);
        assert_eq!(allowed(&given_to(&named("other")), &admin), [false, false, true, false]);
    }

    #[test]
    fn operators_stand_in_for_the_system_as_requester() {
        let mut ticket = samples::ticket(samples::workflow(&ROLES));
        ticket.requester = Actor::System;
        let operator = samples::user("oncall", Level::Operator);
        assert_eq!(allowed(&ticket, &operator), [false, true, true, false]);
        assert_eq!(verdicts(&ticket, &operator)[1].as_deref(), Ok("requester in place of the system"));
        assert_eq!(allowed(&ticket, &named("other")), [false; 4]);
    }

    #[test]
    fn a_group_role_needs_no_level_and_is_found_by_the_cascade() {
        let ticket = given_to(&named("other"));
        assert_eq!(allowed(&ticket, &named("dba-oncall")), [false, false, false, true]);
        assert_eq!(verdicts(&ticket, &named("dba-oncall"))[3].as_deref(), Ok("member of acme/dba"));
        let groups = samples::groups(&[("acme/dba", &["dba-oncall"]), ("acme/shop/dba", &[])]);
        let directory = Directory { org: "acme", groups: &groups };
        let offer = offers(&ticket, directory, &named("dba-oncall")).remove(3);
        assert_eq!(offer.verdict.as_deref(), Ok("member of acme/shop/dba, inherited from acme/dba"));
        assert_eq!(offer.explanation.unwrap().matched.as_deref(), Some("acme/shop/dba"));
    }

    #[test]
    fn a_user_confirms_or_reopens_his_own_and_moves_nothing_else() {
        let flow =
            [(Resolved, Closed, "requester"), (Resolved, InProgress, "any"), (InProgress, Resolved, "requester")];
        let mut ticket = samples::ticket(samples::workflow(&flow));
        ticket.status = Resolved;
        assert_eq!(allowed(&ticket, &named("requester")), [true, true]);
        ticket.status = InProgress;
        let refusal = verdicts(&ticket, &named("requester")).remove(0).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Forbidden, "the role is his, the right is not");
        assert!(refusal.reason.contains("itops-operators"), "{refusal}");
    }

    #[test]
    fn the_assignee_below_operator_moves_it_only_through_its_group() {
        let dba = named("dba-oncall");
        let mut ticket = given_to(&dba);
        assert!(!allowed(&ticket, &dba)[0]);
        ticket.assignee_group = Some("dba".to_owned());
        assert_eq!(allowed(&ticket, &dba), [true, false, true, true]);
    }

    #[test]
    fn a_superadmin_fills_every_role_and_the_history_will_say_so() {
        let root = User { superadmin: true, ..named("root") };
        let said: Vec<String> = verdicts(&given_to(&named("other")), &root).into_iter().map(Result::unwrap).collect();
        assert!(said.iter().all(|as_what| as_what.starts_with("superadmin stands in for")), "{said:?}");
        let mut flow = ROLES;
        flow[3].2 = "nobody-declared-this";
        let ticket = samples::ticket(samples::workflow(&flow));
        assert_eq!(allowed(&ticket, &root), [true; 4]);
    }

    #[test]
    fn read_only_takes_away_every_move() {
        let reader = User { read_only: true, superadmin: true, ..samples::user("auditor", Level::Admin) };
        let verdicts = verdicts(&given_to(&reader), &reader);
        assert!(verdicts.into_iter().all(|v| v.is_err_and(|r| r.code == RefusalCode::ReadOnly)));
    }

    #[test]
    fn nothing_leads_out_of_closed_whatever_is_declared() {
        let mut ticket = given_to(&named("oncall"));
        ticket.status = Closed;
        assert_eq!(verdicts(&ticket, &samples::user("admin", Level::Admin)), []);
    }
}
