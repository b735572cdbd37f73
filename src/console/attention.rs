//! Acknowledged and snoozed problems in the console: which of the ranked problems can be, which are, and what is asked
//! of the core.

use crate::domain::{
    attention::{self, Handled, Handling, Reason, Subject, Wish},
    refusal::Refusal,
    time::{DAY, HOUR, MINUTE, Timestamp},
};

use super::{
    dialogs::{
        Answer, Dialog,
        choose::{Choice, Choose},
    },
    effect::{Effect, Write},
    format,
    inflight::Pending,
    place::Object,
    problems::{Kind, Problem},
    screens::pulse::heading,
    state::{State, Weight},
    writes,
};

/// How long a problem may be snoozed, and what that is called. The first is what a hurried person gets.
const SNOOZES: [(&str, i64); 5] =
    [("1 hour", HOUR), ("15 minutes", 15 * MINUTE), ("4 hours", 4 * HOUR), ("1 day", DAY), ("7 days", 7 * DAY)];

/// What a ranked problem is to the rule; none for what nobody can acknowledge.
pub fn seen(problem: &Problem, now: Timestamp) -> Option<(Subject, Reason)> {
    let service = || match &problem.object {
        Object::Service(path) => Some(Subject::Service(path.clone())),
        _ => None,
    };
    Some(match (&problem.kind, &problem.object) {
        (Kind::Down(_), _) => (service()?, Reason::Down),
        (Kind::Degraded(_), _) => (service()?, Reason::Degraded),
        (Kind::Silent, _) => (service()?, Reason::Silent),
        (Kind::Unknown, _) => (service()?, Reason::Unknown),
        (Kind::Backup, _) => (service()?, Reason::BackupOverdue),
        (Kind::Storage(_), _) => (service()?, Reason::StorageCritical),
        (Kind::Unheard(Some(name), ..), _) => (Subject::Reporter(name.clone()), Reason::Unknown),
        (Kind::Unheard(None, ..), _) => (Subject::Unheard, Reason::Unknown),
        (Kind::WrongClock(name, ..), _) => (Subject::Reporter(name.clone()), Reason::ClockWrong),
        (Kind::LeftOpen(id), _) => (Subject::Window(*id), Reason::WindowLeftOpen),
        (Kind::Untold(_), Object::Receiver(name)) => (Subject::Receiver(name.clone()), Reason::Untold),
        (Kind::Reporter(name, ..), _) => (Subject::Reporter(name.clone()), Reason::Silent),
        (Kind::Budget(state, firing), Object::Budget(name)) => {
            (Subject::Budget(name.clone()), Reason::of_budget(*state, *firing)?)
        }
        (Kind::Clock(response, due), Object::Ticket(number)) => {
            let reason = match (response, *due < now) {
                (true, false) => Reason::ResponseDue,
                (true, true) => Reason::ResponseLate,
                (false, false) => Reason::ResolutionDue,
                (false, true) => Reason::ResolutionLate,
            };
            (Subject::Ticket(*number), reason)
        }
        (Kind::Undeclared(_), _) => (Subject::Undeclared, Reason::Undeclared),
        (Kind::Rejected, _) => (Subject::Repository, Reason::Rejected),
        (Kind::Faults(_), _) => (Subject::Repository, Reason::Faults),
        (Kind::Announced(..) | Kind::Untold(_) | Kind::Budget(..) | Kind::Clock(..), _) => return None,
    })
}

/// What was said about a problem, where it holds.
pub fn handled<'a>(state: &'a State, problem: &Problem) -> Option<&'a Handled> {
    let now = state.core_now();
    let (subject, reason) = seen(problem, now)?;
    let handled = state.replica.estate.handled.get(&(subject, reason.concern()))?;
    handled.covers(reason, now).then_some(handled)
}

/// Whether a problem is out of sight.
pub fn is_snoozed(state: &State, problem: &Problem) -> bool {
    handled(state, problem).is_some_and(|h| matches!(h.handling, Handling::Snoozed(_)))
}

/// Acknowledge a problem, or take that back.
pub fn acknowledge(state: &mut State, problem: &Problem) -> Vec<Effect> {
    let is_so = handled(state, problem).is_some_and(|h| h.handling == Handling::Acknowledged);
    match wish(state, problem, (!is_so).then_some(Handling::Acknowledged)) {
        Some(wish) => writes::send(state, Write::Attend(wish)),
        None => Vec::new(),
    }
}

/// Ask how long a problem is snoozed, or wake it.
pub fn snooze(state: &mut State, problem: &Problem) -> Vec<Effect> {
    if is_snoozed(state, problem) {
        return wish(state, problem, None).map_or_else(Vec::new, |wish| writes::send(state, Write::Attend(wish)));
    }
    let now = state.core_now();
    let mut choices = Vec::new();
    for (label, length) in SNOOZES {
        let until = now.plus(length);
        let Some(wish) = wish(state, problem, Some(Handling::Snoozed(until))) else {
            return Vec::new();
        };
        let note = format!("until {}", format::moment(until));
        choices.push(Choice { label: label.to_owned(), note, answer: Answer::Write(Write::Attend(wish)) });
    }
    let head = format!("{} {}", problem.kind.word(), heading(problem));
    let dialog = Choose::new("Snooze for everybody", &head, choices);
    state.dialogs.push(Dialog::Choose(Box::new(dialog)));
    Vec::new()
}

fn wish(state: &mut State, problem: &Problem, handling: Option<Handling>) -> Option<Wish> {
    let Some((subject, seen)) = seen(problem, state.core_now()) else {
        state.say(Weight::Info, "a window says already that somebody knows");
        return None;
    };
    Some(Wish { subject, seen, handling })
}

/// Whether a write about a problem would be done, by the rule the core runs; anything else may.
///
/// # Errors
/// What the rule refuses.
pub fn may(state: &State, write: &Write) -> Result<(), Refusal> {
    let Write::Attend(wish) = write else { return Ok(()) };
    let (estate, user) = (&state.replica.estate, &state.session.user);
    match wish.handling {
        Some(handling) => {
            attention::handle(estate, &wish.subject, wish.seen, handling, user, state.core_now()).map(drop)
        }
        None => attention::withdraw(estate, &(wish.subject.clone(), wish.seen.concern()), user),
    }
}

/// Whether what the core holds shows what was asked, done by us since.
pub fn happened(state: &State, pending: &Pending, all: &[Handled]) -> bool {
    let Write::Attend(wish) = &pending.write else { return false };
    let key = (wish.subject.clone(), wish.seen.concern());
    let now = all.iter().find(|handled| handled.key() == key);
    match wish.handling {
        Some(handling) => now.is_some_and(|h| h.handling == handling && h.by.0 == state.session.user.id),
        None => now.is_none(),
    }
}

/// What holds after a write.
pub fn sentence(wish: &Wish, acknowledge: &str, snooze: &str) -> String {
    match wish.handling {
        Some(Handling::Acknowledged) => {
            format!("{} is yours until it ends or gets worse; {acknowledge} takes it back", wish.subject)
        }
        Some(Handling::Snoozed(until)) => {
            format!("{} is out of everybody's sight until {}; {snooze} wakes it", wish.subject, format::moment(until))
        }
        None => format!("{} is open again", wish.subject),
    }
}

/// Who said what, before the reason of a problem.
pub fn mark(handled: &Handled) -> String {
    match handled.handling {
        Handling::Acknowledged => format!("[{}]", handled.by.1),
        Handling::Snoozed(until) => format!("[{} to {}]", handled.by.1, format::clock(until)),
    }
}

/// The same in a sentence.
pub fn told(handled: &Handled, now: Timestamp) -> String {
    let since = format::span(now.since(handled.at).max(0));
    match handled.handling {
        Handling::Acknowledged => {
            format!("acknowledged by {} {since} ago, until it ends or gets worse", handled.by.1)
        }
        Handling::Snoozed(until) => {
            format!("snoozed by {} {since} ago, until {} or until it gets worse", handled.by.1, format::moment(until))
        }
    }
}
