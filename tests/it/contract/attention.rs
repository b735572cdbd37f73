//! What people said about problems, and a receiver that fails: one of each kind.

use itops::domain::{
    access::UserId,
    attention::{Handled, Handling, Reason, Subject, telling::FailingReceiver},
};

use super::{at, path};

/// One of every kind of subject.
pub fn handled() -> Vec<Handled> {
    let subjects = [
        (Subject::Service(path("db")), Reason::Down),
        (Subject::Reporter("acme/data/prod/eu-2".to_owned()), Reason::Silent),
        (Subject::Budget("gold".to_owned()), Reason::BudgetPage),
        (Subject::Ticket(7), Reason::ResolutionLate),
        (Subject::Repository, Reason::Faults),
        (Subject::Undeclared, Reason::Undeclared),
        (Subject::Unheard, Reason::Unknown),
        (Subject::Receiver("pager".to_owned()), Reason::Untold),
        (Subject::Window(4), Reason::WindowLeftOpen),
        (Subject::Reporter("cronjob/ops/db".to_owned()), Reason::ClockWrong),
    ];
    let by = (UserId("local:oncall".to_owned()), "oncall".to_owned());
    let of = |(index, (subject, reason))| Handled {
        subject,
        reason,
        handling: if index % 2 == 0 { Handling::Acknowledged } else { Handling::Snoozed(at(77)) },
        by: by.clone(),
        at: at(3),
    };
    subjects.into_iter().enumerate().map(of).collect()
}

pub fn failing() -> FailingReceiver {
    FailingReceiver {
        name: "pager".to_owned(),
        address: "https://pager.example".to_owned(),
        since: at(1),
        given_up: 2,
        said: "it answered 503".to_owned(),
    }
}
