//! Why something needs a person: which reasons there are, and which of them is true now.

use super::Subject;
use crate::domain::{
    estate::Estate,
    health::{Service, Status, StorageState, clock_skew, reporter},
    sla::{AlertSeverity, BudgetState, left_open},
    tickets::{Clock, Ticket, TicketStatus},
    time::Timestamp,
};

/// In which respect something needs a person. A subject has at most one reason in each respect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concern {
    /// Whether it works, and whether anybody knows.
    Health,
    /// Its backup.
    Backup,
    /// Its storage.
    Storage,
    /// What was promised.
    Budget,
    /// When somebody answers.
    Response,
    /// When it is solved.
    Resolution,
    /// What is declared.
    Declaration,
    /// The clock of a reporter.
    Clock,
    /// Whether others are told.
    Telling,
    /// How long an exclusion window lasts.
    Window,
}

/// Why something needs a person. Within one concern, in order from mild to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It works in part.
    Degraded,
    /// Nobody knows how it is.
    Unknown,
    /// Nobody reports any more.
    Silent,
    /// It does not work.
    Down,
    /// A backup did not come.
    BackupOverdue,
    /// A storage is nearly full.
    StorageCritical,
    /// A promise is in danger.
    BudgetAtRisk,
    /// A promise is broken.
    BudgetBreached,
    /// A promise burns so fast that somebody is called.
    BudgetPage,
    /// A promise is broken, and burns so fast that somebody is called.
    BudgetBreachedAndPage,
    /// Somebody must answer soon.
    ResponseDue,
    /// Nobody answered in time.
    ResponseLate,
    /// It must be solved soon.
    ResolutionDue,
    /// It was not solved in time.
    ResolutionLate,
    /// Reports come from where nothing is declared.
    Undeclared,
    /// What is declared has errors.
    Faults,
    /// What is declared was rejected.
    Rejected,
    /// A clock is so far off that what it tells of is misplaced.
    ClockWrong,
    /// A receiver is not told what it should be.
    Untold,
    /// A window was left open.
    WindowLeftOpen,
}

impl Concern {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Health,
        Self::Backup,
        Self::Storage,
        Self::Budget,
        Self::Response,
        Self::Resolution,
        Self::Declaration,
        Self::Clock,
        Self::Telling,
        Self::Window,
    ];

    /// Stable word for the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Backup => "backup",
            Self::Storage => "storage",
            Self::Budget => "budget",
            Self::Response => "response",
            Self::Resolution => "resolution",
            Self::Declaration => "declaration",
            Self::Clock => "clock",
            Self::Telling => "telling",
            Self::Window => "window",
        }
    }

    /// The concern for a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|concern| concern.word() == word)
    }
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Degraded,
        Self::Unknown,
        Self::Silent,
        Self::Down,
        Self::BackupOverdue,
        Self::StorageCritical,
        Self::BudgetAtRisk,
        Self::BudgetBreached,
        Self::BudgetPage,
        Self::BudgetBreachedAndPage,
        Self::ResponseDue,
        Self::ResponseLate,
        Self::ResolutionDue,
        Self::ResolutionLate,
        Self::Undeclared,
        Self::Faults,
        Self::Rejected,
        Self::ClockWrong,
        Self::Untold,
        Self::WindowLeftOpen,
    ];

    /// Stable word for the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Silent => "silent",
            Self::Down => "down",
            Self::BackupOverdue => "backup_overdue",
            Self::StorageCritical => "storage_critical",
            Self::BudgetAtRisk => "budget_at_risk",
            Self::BudgetBreached => "budget_breached",
            Self::BudgetPage => "budget_page",
            Self::BudgetBreachedAndPage => "budget_breached_and_page",
            Self::ResponseDue => "response_due",
            Self::ResponseLate => "response_late",
            Self::ResolutionDue => "resolution_due",
            Self::ResolutionLate => "resolution_late",
            Self::Undeclared => "undeclared",
            Self::Faults => "faults",
            Self::Rejected => "rejected",
            Self::ClockWrong => "clock_wrong",
            Self::Untold => "untold",
            Self::WindowLeftOpen => "window_left_open",
        }
    }

    /// The same for people.
    pub fn words(self) -> String {
        self.word().replace('_', " ")
    }

    /// The reason for a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// In which respect.
    pub const fn concern(self) -> Concern {
        match self {
            Self::Degraded | Self::Unknown | Self::Silent | Self::Down => Concern::Health,
            Self::BackupOverdue => Concern::Backup,
            Self::StorageCritical => Concern::Storage,
            Self::BudgetAtRisk | Self::BudgetBreached | Self::BudgetPage | Self::BudgetBreachedAndPage => {
                Concern::Budget
            }
            Self::ResponseDue | Self::ResponseLate => Concern::Response,
            Self::ResolutionDue | Self::ResolutionLate => Concern::Resolution,
            Self::Undeclared | Self::Faults | Self::Rejected => Concern::Declaration,
            Self::ClockWrong => Concern::Clock,
            Self::Untold => Concern::Telling,
            Self::WindowLeftOpen => Concern::Window,
        }
    }

    /// Whether it is worse than `other` in the same respect. Reasons of two respects do not compare. A budget that is
    /// broken and one that pages are each worse than the other: who knows of one does not know of the other.
    pub fn is_worse_than(self, other: Self) -> bool {
        let is_another = (self, other) == (Self::BudgetBreached, Self::BudgetPage);
        is_another || (self.concern() == other.concern() && self > other)
    }

    /// Why a budget in this state, with this alert, needs a person, if it does.
    pub const fn of_budget(state: BudgetState, firing: Option<AlertSeverity>) -> Option<Self> {
        match (state, firing) {
            (BudgetState::Breached, Some(AlertSeverity::Page)) => Some(Self::BudgetBreachedAndPage),
            (_, Some(AlertSeverity::Page)) => Some(Self::BudgetPage),
            (BudgetState::Breached, _) => Some(Self::BudgetBreached),
            (BudgetState::AtRisk, _) => Some(Self::BudgetAtRisk),
            _ => None,
        }
    }
}

/// Why `subject` needs a person at `now` in this respect, if it does.
pub fn present(estate: &Estate, subject: &Subject, concern: Concern, now: Timestamp) -> Option<Reason> {
    let reason = match subject {
        Subject::Service(path) => of_service(estate.services.get(path)?, concern, now),
        Subject::Reporter(name) => of_reporter(estate, name, concern),
        Subject::Budget(name) => {
            let budget = &estate.budgets.get(name)?.budget;
            Reason::of_budget(budget.state, budget.firing())
        }
        Subject::Ticket(number) => of_ticket(estate.tickets.get(number)?, concern, now),
        Subject::Repository if estate.source.rejected.is_some() => Some(Reason::Rejected),
        Subject::Repository => (estate.source.errors > 0).then_some(Reason::Faults),
        Subject::Undeclared => estate.services.keys().any(|path| path.is_unknown()).then_some(Reason::Undeclared),
        Subject::Unheard => is_never_heard(estate, None).then_some(Reason::Unknown),
        Subject::Receiver(name) => {
            let failing = estate.failing_receivers.iter().find(|receiver| receiver.name == *name)?;
            failing.needs_a_person(now).then_some(Reason::Untold)
        }
        Subject::Window(number) => {
            let window = estate.windows.get(number)?;
            left_open::is_left_open(estate, window, now).then_some(Reason::WindowLeftOpen)
        }
    };
    reason.filter(|reason| reason.concern() == concern)
}

fn of_reporter(estate: &Estate, name: &str, concern: Concern) -> Option<Reason> {
    let is_silent = |s: &Service| s.health.silence.is_some() && s.health.reporter == *name;
    match concern {
        Concern::Health if estate.services.values().any(is_silent) => Some(Reason::Silent),
        Concern::Health => is_never_heard(estate, Some(name)).then_some(Reason::Unknown),
        Concern::Clock => {
            clock_skew::misplacing(estate).iter().any(|clock| clock.reporter == name).then_some(Reason::ClockWrong)
        }
        _ => None,
    }
}

/// Whether there is a service on which this reporter should report (without a name: nobody should) and nobody ever did.
fn is_never_heard(estate: &Estate, reporter: Option<&str>) -> bool {
    let is_one = |s: &Service| s.expected_reporter.as_deref() == reporter && reporter::is_unheard(s);
    estate.services.values().any(is_one)
}

fn of_service(service: &Service, concern: Concern, now: Timestamp) -> Option<Reason> {
    match concern {
        Concern::Health => match service.health.status {
            Status::Down => Some(Reason::Down),
            Status::Degraded => Some(Reason::Degraded),
            Status::Unknown if service.health.silence.is_some() => Some(Reason::Silent),
            Status::Unknown => Some(Reason::Unknown),
            Status::Operational | Status::Maintenance => None,
        },
        Concern::Backup => {
            let overdue = service.backup.as_ref()?.overdue_since(service.first_seen, now);
            overdue.map(|_| Reason::BackupOverdue)
        }
        Concern::Storage => {
            let critical = service.storage.as_ref()?.state() == StorageState::Critical;
            critical.then_some(Reason::StorageCritical)
        }
        _ => None,
    }
}

fn of_ticket(ticket: &Ticket, concern: Concern, now: Timestamp) -> Option<Reason> {
    if !matches!(ticket.status, TicketStatus::Open | TicketStatus::InProgress) {
        return None;
    }
    let of = |clock: &Clock, due: Reason, late: Reason| match clock.remaining(now) {
        left if left < 0 => Some(late),
        _ => (clock.is_near(now) || (due == Reason::ResponseDue && ticket.calls_for_somebody())).then_some(due),
    };
    match concern {
        Concern::Response if ticket.clocks.response.due().is_some() => {
            of(&ticket.clocks.response, Reason::ResponseDue, Reason::ResponseLate)
        }
        Concern::Resolution if ticket.clocks.resolution.due().is_some() => {
            of(&ticket.clocks.resolution, Reason::ResolutionDue, Reason::ResolutionLate)
        }
        _ => None,
    }
}
