//! What is told outside of this program: which facts start or stop needing a person, and how the telling goes.

use std::collections::BTreeSet;

use crate::domain::{
    change::Fact,
    estate::Estate,
    health::{Service, reporter},
    hierarchy::ServicePath,
    sla::{AlertSeverity, BudgetState},
    tickets::{Ticket, TicketStatus},
    time::{MINUTE, Timestamp},
};

/// How long a receiver fails before that needs a person, in milliseconds.
pub const LONG_FAILING_MS: i64 = 15 * MINUTE;

/// What can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A budget burns so fast that somebody is called: an alert pair of severity page fires.
    Page,
    /// A budget is broken.
    Breach,
    /// A ticket that the core opened by itself waits for somebody.
    AutomaticTicket,
    /// A reporter fell silent.
    SilentReporter,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Page, Self::Breach, Self::AutomaticTicket, Self::SilentReporter];

    /// `page`, `breach`, `automatic_ticket` or `silent_reporter`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Breach => "breach",
            Self::AutomaticTicket => "automatic_ticket",
            Self::SilentReporter => "silent_reporter",
        }
    }

    /// The topic for a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.word() == word)
    }
}

/// Something that may need a person: a topic, and the group, ticket or reporter it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Episode {
    /// What kind.
    pub topic: Topic,
    /// Short name of a group, number of a ticket, or name of a reporter.
    pub name: String,
}

impl Episode {
    /// An episode of one topic.
    pub fn new(topic: Topic, name: impl Into<String>) -> Self {
        Self { topic, name: name.into() }
    }

    /// Whether it needs a person at `now`. The silence of `awaited` services does not: their reporter is given time to speak.
    pub fn needs_a_person(&self, estate: &Estate, awaited: &BTreeSet<ServicePath>, now: Timestamp) -> bool {
        let budget = || estate.budgets.get(&self.name).map(|group| &group.budget);
        match self.topic {
            Topic::Page => budget().is_some_and(|b| b.firing() == Some(AlertSeverity::Page)),
            Topic::Breach => budget().is_some_and(|b| b.state == BudgetState::Breached),
            Topic::AutomaticTicket => {
                let ticket = self.name.parse().ok().and_then(|number: u64| estate.tickets.get(&number));
                ticket.is_some_and(waits)
            }
            Topic::SilentReporter => reporter::wanting_beyond(estate, awaited, &self.name, now).is_some(),
        }
    }

    /// Since when it needs a person, told at `now`.
    pub fn since(&self, estate: &Estate, awaited: &BTreeSet<ServicePath>, now: Timestamp) -> Timestamp {
        match self.topic {
            Topic::SilentReporter => reporter::wanting_beyond(estate, awaited, &self.name, now).map_or(now, |r| r.from),
            Topic::Page | Topic::Breach | Topic::AutomaticTicket => now,
        }
    }

    /// From when on it is another episode than the one that was told at `told_at` and did not end: a reporter that is
    /// silent about something else as well.
    pub fn since_anew(
        &self,
        estate: &Estate,
        awaited: &BTreeSet<ServicePath>,
        told_at: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let reporter = match self.topic {
            Topic::SilentReporter => reporter::wanting_beyond(estate, awaited, &self.name, now)?,
            Topic::Page | Topic::Breach | Topic::AutomaticTicket => return None,
        };
        reporter::silent_anew(reporter.services.iter().copied(), told_at)
    }

    /// Everything that needs a person at `now`.
    pub fn all(estate: &Estate, awaited: &BTreeSet<ServicePath>, now: Timestamp) -> Vec<Self> {
        let budgets = estate.budgets.keys().flat_map(|name| of_budget(name));
        let tickets = estate.tickets.values().filter(|t| t.automatic).map(of_ticket);
        let reporters = reporter::wanting(estate, now).into_iter().map(|r| Self::new(Topic::SilentReporter, r.name));
        let all = budgets.chain(tickets).chain(reporters);
        all.filter(|episode| episode.needs_a_person(estate, awaited, now)).collect()
    }

    /// Every reporter that is silent about anything, whether that wants somebody or not.
    pub fn of_silence(estate: &Estate) -> impl Iterator<Item = Self> {
        estate.services.values().filter_map(silence)
    }

    /// What `fact` may begin or end; `before` is the estate without it.
    pub fn touched(before: &Estate, fact: &Fact) -> Vec<Self> {
        let silent = |path: &ServicePath| silence(before.services.get(path)?);
        match fact {
            Fact::BudgetChanged(group) => of_budget(&group.name).into(),
            Fact::BudgetRemoved(name) => of_budget(name).into(),
            Fact::TicketChanged { ticket, .. } if ticket.automatic => vec![of_ticket(ticket)],
            Fact::HealthChanged { path, health, .. } => {
                let now = health.silence.map(|_| Self::new(Topic::SilentReporter, health.reporter.as_str()));
                silent(path).into_iter().chain(now).collect()
            }
            Fact::ServiceDeclared(service) => silent(&service.path).into_iter().chain(silence(service)).collect(),
            Fact::ServiceRetired(path) => silent(path).into_iter().collect(),
            Fact::WindowChanged(_) => Self::of_silence(before).collect(),
            _ => Vec::new(),
        }
    }
}

fn silence(service: &Service) -> Option<Episode> {
    let health = &service.health;
    health.silence.map(|_| Episode::new(Topic::SilentReporter, health.reporter.as_str()))
}

fn of_budget(name: &str) -> [Episode; 2] {
    [Topic::Page, Topic::Breach].map(|topic| Episode::new(topic, name))
}

fn of_ticket(ticket: &Ticket) -> Episode {
    Episode::new(Topic::AutomaticTicket, ticket.number.to_string())
}

/// Whether an automatic ticket waits for somebody. A RESOLVED one does not, and does again when it is re-opened.
const fn waits(ticket: &Ticket) -> bool {
    ticket.automatic && matches!(ticket.status, TicketStatus::Open | TicketStatus::InProgress)
}

/// A receiver that does not take what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingReceiver {
    /// As declared in the settings.
    pub name: String,
    /// Scheme, host and port. The rest of an address may be a secret.
    pub address: String,
    /// Since when nothing arrived.
    pub since: Timestamp,
    /// How much was given up since then.
    pub given_up: u32,
    /// What the last failure was.
    pub said: String,
}

impl FailingReceiver {
    /// Whether somebody should look: it has failed for long, or something was given up.
    pub const fn needs_a_person(&self, now: Timestamp) -> bool {
        self.given_up > 0 || now.since(self.since) >= LONG_FAILING_MS
    }
}
