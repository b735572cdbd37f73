//! Why something needs a person: which reasons there are, and which of them is true now.

use super::Subject;
use crate::domain::{
    estate::Estate,
    health::{Service, Status, StorageState},
    sla::{AlertSeverity, BudgetState},
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
}

impl Concern {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Health, Self::Backup, Self::Storage, Self::Budget, Self::Response, Self::Resolution, Self::Declaration];

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
        }
    }

    /// The concern for a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|concern| concern.word() == word)
    }
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 17] = [
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
        Subject::Reporter(name) => {
            let is_silent = |s: &Service| s.health.silence.is_some() && s.health.reporter == *name;
            estate.services.values().any(is_silent).then_some(Reason::Silent)
        }
        Subject::Budget(name) => {
            let budget = &estate.budgets.get(name)?.budget;
            Reason::of_budget(budget.state, budget.firing())
        }
        Subject::Ticket(number) => of_ticket(estate.tickets.get(number)?, concern, now),
        Subject::Repository if estate.source.rejected.is_some() => Some(Reason::Rejected),
        Subject::Repository => (estate.source.errors > 0).then_some(Reason::Faults),
        Subject::Undeclared => estate.services.keys().any(|path| path.is_unknown()).then_some(Reason::Undeclared),
    };
    reason.filter(|reason| reason.concern() == concern)
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
        _ => clock.is_near(now).then_some(due),
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
