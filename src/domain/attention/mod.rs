//! What needs a person, and what people said about it: acknowledged, or snoozed for a while.
//!
//! Start at [`handle`], the rule for both. [`reason`] says why something needs a person and which of two reasons is
//! worse; [`lapse`] when what was said no longer holds; [`telling`] what is told outside of this program.

pub mod reason;
pub mod telling;

use std::fmt;

use crate::domain::{
    access::{User, UserId},
    estate::Estate,
    health::reporter,
    hierarchy::ServicePath,
    refusal::{Refusal, RefusalCode},
    time::{DAY, Timestamp},
};

pub use reason::{Concern, Reason};

/// Longest snooze, in milliseconds.
pub const LONGEST_SNOOZE_MS: i64 = 7 * DAY;

/// What needs a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A service.
    Service(ServicePath),
    /// A reporter, with everything it reported on, by its name.
    Reporter(String),
    /// An SLA group by short name.
    Budget(String),
    /// A ticket.
    Ticket(u64),
    /// What the repository declares.
    Repository,
    /// Reports from places that nobody named.
    Undeclared,
    /// Services on which nobody ever reported and nothing declares who should.
    Unheard,
    /// A receiver outside, by its name.
    Receiver(String),
    /// An exclusion window, by its number.
    Window(u64),
}

impl Subject {
    /// `service`, `reporter`, `budget`, `ticket`, `repository`, `undeclared`, `unheard`, `receiver` or `window`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Reporter(_) => "reporter",
            Self::Budget(_) => "budget",
            Self::Ticket(_) => "ticket",
            Self::Repository => "repository",
            Self::Undeclared => "undeclared",
            Self::Unheard => "unheard",
            Self::Receiver(_) => "receiver",
            Self::Window(_) => "window",
        }
    }

    /// The service, where it is one.
    pub const fn service(&self) -> Option<&ServicePath> {
        match self {
            Self::Service(path) => Some(path),
            _ => None,
        }
    }

    /// Its name; empty where there is only one.
    pub fn name(&self) -> String {
        match self {
            Self::Service(path) => path.as_str().to_owned(),
            Self::Reporter(name) | Self::Budget(name) | Self::Receiver(name) => name.clone(),
            Self::Ticket(number) | Self::Window(number) => number.to_string(),
            Self::Repository | Self::Undeclared | Self::Unheard => String::new(),
        }
    }

    /// The subject of a kind and a name.
    ///
    /// # Errors
    /// Says what makes no sense.
    pub fn parse(kind: &str, name: &str) -> Result<Self, String> {
        Ok(match kind {
            "service" => Self::Service(ServicePath::parse(name)?),
            "reporter" | "budget" | "receiver" if name.is_empty() => return Err(format!("a {kind} needs a name")),
            "reporter" => Self::Reporter(name.to_owned()),
            "budget" => Self::Budget(name.to_owned()),
            "ticket" => Self::Ticket(name.parse().map_err(|_| format!("`{name}` is no number of a ticket"))?),
            "repository" => Self::Repository,
            "undeclared" => Self::Undeclared,
            "unheard" => Self::Unheard,
            "receiver" => Self::Receiver(name.to_owned()),
            "window" => Self::Window(name.parse().map_err(|_| format!("`{name}` is no number of a window"))?),
            other => {
                return Err(format!(
                    "`{other}` is none of service, reporter, budget, ticket, repository, undeclared, unheard, receiver and \
                     window"
                ));
            }
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(path) => write!(f, "{path}"),
            Self::Reporter(name) => write!(f, "reporter {name}"),
            Self::Budget(name) => write!(f, "budget {name}"),
            Self::Ticket(number) => write!(f, "#{number}"),
            Self::Repository => f.write_str("the repository"),
            Self::Undeclared => f.write_str("undeclared reports"),
            Self::Unheard => f.write_str("services that nobody reports on"),
            Self::Receiver(name) => write!(f, "receiver {name}"),
            Self::Window(number) => write!(f, "window {number}"),
        }
    }
}

/// What somebody said about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handling {
    /// He knows and cares for it.
    Acknowledged,
    /// It can wait until then, out of everybody's sight.
    Snoozed(Timestamp),
}

impl Handling {
    /// `acknowledged` or `snoozed`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Snoozed(_) => "snoozed",
        }
    }

    /// Until when, where it has an end of its own.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Acknowledged => None,
            Self::Snoozed(until) => Some(until),
        }
    }
}

/// Which problem: about what, and in which respect. One of them is handled at most once.
pub type ProblemKey = (Subject, Concern);

/// A problem of which somebody said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// About what.
    pub subject: Subject,
    /// How bad it was then. What is milder is covered too, what is worse is not.
    pub reason: Reason,
    /// What was said.
    pub handling: Handling,
    /// Who, with the login name.
    pub by: (UserId, String),
    /// When.
    pub at: Timestamp,
}

impl Handled {
    /// Which problem.
    pub fn key(&self) -> ProblemKey {
        (self.subject.clone(), self.reason.concern())
    }

    /// Whether it holds for this reason at `now`.
    pub fn covers(&self, reason: Reason, now: Timestamp) -> bool {
        reason.concern() == self.reason.concern()
            && !reason.is_worse_than(self.reason)
            && self.handling.until().is_none_or(|until| now < until)
    }
}

/// Why what was said no longer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lapse {
    /// The problem is over.
    Ended,
    /// It became worse.
    Worse,
    /// The snooze is over.
    Over,
    /// Somebody took it back.
    Withdrawn,
}

impl Lapse {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ended, Self::Worse, Self::Over, Self::Withdrawn];

    /// `ended`, `worse`, `over` or `withdrawn`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Worse => "worse",
            Self::Over => "over",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The lapse for a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lapse| lapse.word() == word)
    }
}

/// What somebody wants said about a problem as he saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// About what.
    pub subject: Subject,
    /// What he saw.
    pub seen: Reason,
    /// What to say; none takes back what was said.
    pub handling: Option<Handling>,
}

/// Say something about a problem. Operators and admins may. It holds until the problem ends or becomes worse than it is
/// now; a snooze also ends by itself.
///
/// # Errors
/// `forbidden` or `read_only`; `not_found` when there is no such problem; `conflict` when it is worse than what was
/// seen; `invalid` for a snooze that is over already or longer than a week; `unchanged`.
pub fn handle(
    estate: &Estate,
    subject: &Subject,
    seen: Reason,
    handling: Handling,
    user: &User,
    now: Timestamp,
) -> Result<Handled, Refusal> {
    let (what, longest) = match handling {
        Handling::Acknowledged => ("acknowledging", None),
        Handling::Snoozed(until) => ("snoozing", Some(until)),
    };
    user.may_operate(what)?;
    let Some(reason) = reason::present(estate, subject, seen.concern(), now) else {
        let said = format!("{subject} needs nobody any more for being {}", seen.words());
        return Err(Refusal::new(RefusalCode::NotFound, said));
    };
    if reason.is_worse_than(seen) {
        let said = format!("{subject} is worse than what you saw: {} instead of {}", reason.words(), seen.words());
        return Err(Refusal::new(RefusalCode::Conflict, said));
    }
    if let Some(until) = longest {
        let length = until.since(now);
        if length <= 0 {
            return Err(Refusal::new(RefusalCode::Invalid, "this snooze would be over already"));
        }
        if length > LONGEST_SNOOZE_MS {
            let said = format!("a snooze lasts {} days at most", LONGEST_SNOOZE_MS / DAY);
            return Err(Refusal::new(RefusalCode::Invalid, said));
        }
    }
    let handled =
        Handled { subject: subject.clone(), reason, handling, by: (user.id.clone(), user.name.clone()), at: now };
    let before = estate.handled.get(&handled.key());
    if before.is_some_and(|b| b.handling == handling && b.by == handled.by && b.reason == reason) {
        return Err(Refusal::new(RefusalCode::Unchanged, format!("you {} this already", handling.word())));
    }
    Ok(handled)
}

/// Take back what was said about a problem, by whomever.
///
/// # Errors
/// `forbidden` or `read_only`; `unchanged` when nothing was said.
pub fn withdraw(estate: &Estate, key: &ProblemKey, user: &User) -> Result<(), Refusal> {
    user.may_operate("taking back what was said about a problem")?;
    if estate.handled.contains_key(key) {
        return Ok(());
    }
    Err(Refusal::new(RefusalCode::Unchanged, format!("nobody acknowledged or snoozed {}", key.0)))
}

/// Why what was said no longer holds at `now`, if so.
pub fn lapse(estate: &Estate, handled: &Handled, now: Timestamp) -> Option<Lapse> {
    match reason::present(estate, &handled.subject, handled.reason.concern(), now) {
        None => Some(Lapse::Ended),
        Some(reason) if reason.is_worse_than(handled.reason) || is_silent_anew(estate, handled) => Some(Lapse::Worse),
        Some(_) => handled.handling.until().is_some_and(|until| until <= now).then_some(Lapse::Over),
    }
}

/// Whether a reporter is silent about something else as well since somebody spoke of its silence.
fn is_silent_anew(estate: &Estate, handled: &Handled) -> bool {
    let Subject::Reporter(name) = &handled.subject else { return false };
    let own = estate.services.values().filter(|s| s.health.silence.is_some() && s.health.reporter == *name);
    reporter::silent_anew(own, handled.at).is_some()
}

#[cfg(test)]
mod tests;
