//! Facts about what people say about problems.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{
    access::Level,
    health::{Silence, Status},
    samples,
    tickets::{Clocks, Priority},
    time::{HOUR, MINUTE},
};

const NOW: Timestamp = Timestamp::from_ms(1_750_000_000_000);

fn db() -> Subject {
    Subject::Service(ServicePath::repair("acme/shop/prod/eu-1/db").path)
}

fn estate(status: Status) -> Estate {
    let mut estate = Estate::default();
    let service = samples::service("acme/shop/prod/eu-1/db", status);
    estate.services.insert(service);
    estate
}

fn oncall() -> User {
    samples::user("oncall", Level::Operator)
}

fn acknowledged(estate: &Estate, seen: Reason) -> Handled {
    handle(estate, &db(), seen, Handling::Acknowledged, &oncall(), NOW).unwrap()
}

#[test]
fn a_critical_ticket_that_nobody_took_can_be_acknowledged_before_its_clock_is_near() {
    let mut estate = Estate::default();
    let mut ticket = samples::ticket(samples::workflow(&[]));
    let (user, number) = (oncall(), ticket.number);
    (ticket.priority, ticket.assignee) = (Priority::Critical, None);
    ticket.clocks = Clocks::start(Priority::Critical, None, None, NOW);
    estate.tickets.insert(number, ticket);
    let present = |estate: &Estate| reason::present(estate, &Subject::Ticket(number), Concern::Response, NOW);
    assert_eq!(present(&estate), Some(Reason::ResponseDue));
    estate.tickets.get_mut(&number).unwrap().assignee = Some((user.id, user.name));
    assert_eq!(present(&estate), None);
}

#[test]
fn operators_acknowledge_and_users_and_read_only_sessions_do_not() {
    let down = estate(Status::Down);
    assert_eq!(acknowledged(&down, Reason::Down).by.1, "oncall");
    for user in [samples::user("reader", Level::User), User { read_only: true, ..oncall() }] {
        let refused = handle(&down, &db(), Reason::Down, Handling::Acknowledged, &user, NOW).unwrap_err();
        assert!(matches!(refused.code, RefusalCode::Forbidden | RefusalCode::ReadOnly));
        let refused = withdraw(&down, &(db(), Concern::Health), &user).unwrap_err();
        assert!(matches!(refused.code, RefusalCode::Forbidden | RefusalCode::ReadOnly));
    }
}

#[test]
fn what_gets_worse_is_not_covered_any_more_and_what_gets_milder_is() {
    let handled = acknowledged(&estate(Status::Degraded), Reason::Degraded);
    assert_eq!(lapse(&estate(Status::Degraded), &handled, NOW), None);
    assert_eq!(lapse(&estate(Status::Down), &handled, NOW), Some(Lapse::Worse));
    assert_eq!(lapse(&estate(Status::Operational), &handled, NOW), Some(Lapse::Ended));
    assert_eq!(lapse(&Estate::default(), &handled, NOW), Some(Lapse::Ended), "a service that is gone needs nobody");
    let handled = acknowledged(&estate(Status::Down), Reason::Down);
    assert_eq!(lapse(&estate(Status::Degraded), &handled, NOW), None);
    assert!(handled.covers(Reason::Degraded, NOW) && !handled.covers(Reason::BackupOverdue, NOW));
}

#[test]
fn a_breach_and_a_page_are_each_worse_than_the_other_and_both_at_once_cover_each() {
    use crate::domain::sla::{AlertSeverity::Page, AlertSeverity::Ticket, BudgetState};
    let of = Reason::of_budget;
    let (risk, breach) = (of(BudgetState::AtRisk, None).unwrap(), of(BudgetState::Breached, Some(Ticket)).unwrap());
    let (page, both) = (of(BudgetState::AtRisk, Some(Page)).unwrap(), of(BudgetState::Breached, Some(Page)).unwrap());
    let worse = |a: Reason, b: Reason| a.is_worse_than(b);
    assert!(worse(breach, page) && worse(page, breach));
    for mild in [risk, breach, page] {
        assert!(worse(both, mild) && !worse(mild, both));
        assert!(mild == risk || (worse(mild, risk) && !worse(risk, mild)));
    }
    assert_eq!(of(BudgetState::Met, None), None);
}

#[test]
fn a_snooze_ends_by_itself_and_lasts_a_week_at_most() {
    let down = estate(Status::Down);
    let snooze = |ms| handle(&down, &db(), Reason::Down, Handling::Snoozed(NOW.plus(ms)), &oncall(), NOW);
    let handled = snooze(HOUR).unwrap();
    assert_eq!(lapse(&down, &handled, NOW.plus(HOUR - 1)), None);
    assert_eq!(lapse(&down, &handled, NOW.plus(HOUR)), Some(Lapse::Over));
    assert!(handled.covers(Reason::Down, NOW.plus(HOUR - 1)) && !handled.covers(Reason::Down, NOW.plus(HOUR)));
    assert_eq!(snooze(0).unwrap_err().code, RefusalCode::Invalid);
    assert_eq!(snooze(LONGEST_SNOOZE_MS + MINUTE).unwrap_err().code, RefusalCode::Invalid);
}

#[test]
fn nobody_acknowledges_what_he_did_not_see() {
    let seen_degraded = handle(&estate(Status::Down), &db(), Reason::Degraded, Handling::Acknowledged, &oncall(), NOW);
    assert_eq!(seen_degraded.unwrap_err().code, RefusalCode::Conflict);
    let over = handle(&estate(Status::Operational), &db(), Reason::Down, Handling::Acknowledged, &oncall(), NOW);
    assert_eq!(over.unwrap_err().code, RefusalCode::NotFound);
    let milder = acknowledged(&estate(Status::Degraded), Reason::Down);
    assert_eq!(milder.reason, Reason::Degraded, "it covers what is there, not what was there");
}

#[test]
fn saying_the_same_again_changes_nothing_and_a_colleague_takes_over() {
    let mut down = estate(Status::Down);
    let handled = acknowledged(&down, Reason::Down);
    down.handled.insert(handled.key(), handled);
    let again = handle(&down, &db(), Reason::Down, Handling::Acknowledged, &oncall(), NOW).unwrap_err();
    assert_eq!(again.code, RefusalCode::Unchanged);
    let other = samples::user("second", Level::Admin);
    assert_eq!(handle(&down, &db(), Reason::Down, Handling::Acknowledged, &other, NOW).unwrap().by.1, "second");
    assert!(withdraw(&down, &(db(), Concern::Health), &other).is_ok());
    assert_eq!(withdraw(&down, &(db(), Concern::Backup), &other).unwrap_err().code, RefusalCode::Unchanged);
}

#[test]
fn every_subject_and_reason_is_read_back_from_its_words() {
    let subjects = [
        db(),
        Subject::Reporter("probe".to_owned()),
        Subject::Budget("gold".to_owned()),
        Subject::Ticket(7),
        Subject::Repository,
        Subject::Undeclared,
    ];
    for subject in subjects {
        assert_eq!(Subject::parse(subject.kind(), &subject.name()), Ok(subject));
    }
    for (kind, name) in [("service", "a/b"), ("ticket", "x"), ("budget", ""), ("planet", "mars")] {
        assert!(Subject::parse(kind, name).is_err(), "{kind} {name}");
    }
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.word()), Some(reason));
    }
}

#[test]
fn a_reporter_is_silent_while_any_of_its_services_is() {
    let mut silent = estate(Status::Unknown);
    let service = silent.services.values_mut().next().unwrap();
    service.health.reporter = "probe".to_owned();
    service.health.silence = Some(Silence { from: NOW, last_known: Status::Operational });
    let reporter = Subject::Reporter("probe".to_owned());
    assert_eq!(reason::present(&silent, &reporter, Concern::Health, NOW), Some(Reason::Silent));
    let episode = telling::Episode::new(telling::Topic::SilentReporter, "probe");
    let nobody = BTreeSet::new();
    assert_eq!(telling::Episode::all(&silent, &nobody, NOW), std::slice::from_ref(&episode));
    let awaited = silent.services.keys().cloned().collect();
    assert_eq!(telling::Episode::all(&silent, &awaited, NOW), [], "it is given time to speak");
    silent.services.values_mut().next().unwrap().health.silence = None;
    assert_eq!(reason::present(&silent, &reporter, Concern::Health, NOW), None);
    assert!(!episode.needs_a_person(&silent, &nobody, NOW));
}
