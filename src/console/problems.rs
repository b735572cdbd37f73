//! What needs a person now, ranked.
//!
//! One fact is one line: services that an agent no longer reports are one silent reporter, and a service that is down
//! because what it needs is down says so and stands behind its cause.

use std::collections::BTreeMap;

use crate::domain::{
    estate::Estate,
    health::{Criticality, Service, Status, StorageState},
    hierarchy::ServicePath,
    sla::{AlertSeverity, BudgetState, windows},
    tickets::{Priority, Ticket, TicketStatus},
    time::Timestamp,
};

use super::place::Object;

/// Silent services of one reporter that make one line.
const ONE_REPORTER: usize = 3;

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Larger is more urgent.
    pub rank: u32,
    /// What to open.
    pub object: Object,
    /// Since when; none when nobody knows.
    pub since: Option<Timestamp>,
    /// What kind of trouble.
    pub kind: Kind,
}

impl Problem {
    /// Whether somebody is wanted; not where a window says that it is known.
    pub const fn wants_somebody(&self) -> bool {
        !matches!(self.kind, Kind::Announced(..))
    }
}

/// What kind of trouble.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A service does not work; the service it needs that is down too, if one is.
    Down(Option<ServicePath>),
    /// A service works in part; see above.
    Degraded(Option<ServicePath>),
    /// Nobody reports on a service.
    Silent,
    /// Nobody knows how a service is, though it is not silent.
    Unknown,
    /// A service has this status, and a window that is open over it says that somebody knows.
    Announced(Status, u64),
    /// A reporter fell silent, with so many services.
    Reporter(String, usize),
    /// A budget is broken, or burns.
    Budget(BudgetState, Option<AlertSeverity>),
    /// A promise of a ticket is broken or near it: response (true) or resolution, and when it runs out.
    Clock(bool, Timestamp),
    /// A backup did not come.
    Backup,
    /// A storage is nearly full: free share in hundredths of a percent.
    Storage(u32),
    /// Reports came from places that nobody named; so many.
    Undeclared(usize),
    /// The repository was rejected.
    Rejected,
    /// The repository has so many errors.
    Faults(u32),
    /// A receiver does not take what it is told; so much was given up.
    Untold(u32),
}

/// Everything that needs a person at `now`, most urgent first. The order never depends on the order of input.
pub fn rank(estate: &Estate, now: Timestamp) -> Vec<Problem> {
    let mut found = Vec::new();
    services(estate, now, &mut found);
    budgets(estate, &mut found);
    for ticket in estate.tickets.values() {
        found.extend(clock(ticket, now));
    }
    source(estate, &mut found);
    untold(estate, now, &mut found);
    found.sort_by(|a, b| b.rank.cmp(&a.rank).then_with(|| a.since.cmp(&b.since)).then_with(|| a.object.cmp(&b.object)));
    found
}

fn services(estate: &Estate, now: Timestamp, found: &mut Vec<Problem>) {
    let mut silent: BTreeMap<&str, Vec<&Service>> = BTreeMap::new();
    let mut undeclared: Vec<&Service> = Vec::new();
    let open = estate.active_windows(now);
    for service in estate.services.values() {
        let object = || Object::Service(service.path.clone());
        let weight = weight(service.criticality);
        let since = Some(service.health.since);
        let window = windows::over(open.iter().copied(), &service.path, service.sla_group.as_deref());
        match service.health.status {
            status @ (Status::Down | Status::Degraded | Status::Unknown) if window.is_some() => {
                // In sight, but behind everything that wants somebody.
                let kind = Kind::Announced(status, window.map_or(0, |w| w.id));
                found.push(Problem { rank: 10 + weight / 10, object: object(), since, kind });
            }
            Status::Down => {
                let cause = cause(estate, service);
                let rank = 1000 + weight - if cause.is_some() { 250 } else { 0 };
                found.push(Problem { rank, object: object(), since, kind: Kind::Down(cause) });
            }
            Status::Degraded => {
                let cause = cause(estate, service);
                let rank = 450 + weight - if cause.is_some() { 150 } else { 0 };
                found.push(Problem { rank, object: object(), since, kind: Kind::Degraded(cause) });
            }
            Status::Unknown if service.path.is_unknown() => {}
            Status::Unknown if service.health.silence.is_some() => {
                silent.entry(&service.health.reporter).or_default().push(service);
            }
            Status::Unknown => {
                found.push(Problem { rank: 150 + weight, object: object(), since, kind: Kind::Unknown });
            }
            Status::Operational | Status::Maintenance => {}
        }
        if service.path.is_unknown() {
            undeclared.push(service);
        }
        duties(service, now, found);
    }
    for (reporter, of) in silent {
        fold_silent(reporter, &of, found);
    }
    if let Some(first) = undeclared.first() {
        let since = undeclared.iter().map(|s| s.first_seen).min();
        let object = Object::Service(first.path.clone());
        found.push(Problem { rank: 120, object, since, kind: Kind::Undeclared(undeclared.len()) });
    }
}

fn fold_silent(reporter: &str, of: &[&Service], found: &mut Vec<Problem>) {
    let from = |s: &Service| s.health.silence.map(|silence| silence.from);
    if of.len() < ONE_REPORTER || reporter.is_empty() {
        found.extend(of.iter().map(|service| Problem {
            rank: 850 + weight(service.criticality),
            object: Object::Service(service.path.clone()),
            since: from(service),
            kind: Kind::Silent,
        }));
        return;
    }
    let worst = of.iter().map(|s| s.criticality).max().unwrap_or_default();
    let since = of.iter().filter_map(|s| from(s)).min();
    // The node all of them lie on, else the first of them.
    let node = of[0].path.node();
    let object = if of.iter().all(|s| s.path.is_under(&node)) {
        Object::Node(node)
    } else {
        Object::Service(of[0].path.clone())
    };
    let kind = Kind::Reporter(reporter.to_owned(), of.len());
    found.push(Problem { rank: 860 + weight(worst), object, since, kind });
}

fn duties(service: &Service, now: Timestamp, found: &mut Vec<Problem>) {
    let weight = weight(service.criticality) / 2;
    if let Some(since) = service.backup.as_ref().and_then(|b| b.overdue_since(service.first_seen, now)) {
        let object = Object::Service(service.path.clone());
        found.push(Problem { rank: 400 + weight, object, since: Some(since), kind: Kind::Backup });
    }
    if let Some(storage) = service.storage.as_ref().filter(|s| s.state() == StorageState::Critical) {
        let object = Object::Service(service.path.clone());
        let free = storage.free_basis_points().unwrap_or(0);
        let rank = 600 + weight + (1000 - free.min(1000)) / 10;
        found.push(Problem { rank, object, since: Some(storage.at), kind: Kind::Storage(free) });
    }
}

/// The service it cannot work without that is down itself.
fn cause(estate: &Estate, service: &Service) -> Option<ServicePath> {
    service
        .requires
        .iter()
        .filter(|need| need.critical)
        .find(|need| estate.services.get(&need.path).is_some_and(|s| s.health.status == Status::Down))
        .map(|need| need.path.clone())
}

fn budgets(estate: &Estate, found: &mut Vec<Problem>) {
    for group in estate.budgets.values() {
        let firing = group.budget.firing();
        let rank = match (group.budget.state, firing) {
            (_, Some(AlertSeverity::Page)) => 1250,
            (BudgetState::Breached, _) => 900,
            (BudgetState::AtRisk, Some(AlertSeverity::Ticket)) => 550,
            (BudgetState::AtRisk, None) => 420,
            _ => continue,
        };
        let object = Object::Budget(group.name.clone());
        found.push(Problem { rank, object, since: None, kind: Kind::Budget(group.budget.state, firing) });
    }
}

fn clock(ticket: &Ticket, now: Timestamp) -> Option<Problem> {
    if !matches!(ticket.status, TicketStatus::Open | TicketStatus::InProgress) {
        return None;
    }
    let near = |clock: &crate::domain::tickets::Clock, response: bool| {
        clock.is_near(now).then_some((clock.due()?, response, clock.remaining(now)))
    };
    let (due, response, left) =
        near(&ticket.clocks.response, true).or_else(|| near(&ticket.clocks.resolution, false))?;
    let base = match ticket.priority {
        Priority::Critical => 1150,
        Priority::High => 950,
        Priority::Medium => 650,
        Priority::Low => 350,
    };
    let rank = if left < 0 { base } else { base - 60 };
    Some(Problem { rank, object: Object::Ticket(ticket.number), since: Some(due), kind: Kind::Clock(response, due) })
}

fn source(estate: &Estate, found: &mut Vec<Problem>) {
    let source = &estate.source;
    if source.rejected.is_some() {
        let object = Object::Faults;
        found.push(Problem { rank: 880, object, since: Some(source.read_at), kind: Kind::Rejected });
    } else if source.errors > 0 {
        let kind = Kind::Faults(source.errors);
        found.push(Problem { rank: 500, object: Object::Faults, since: Some(source.read_at), kind });
    }
}

fn untold(estate: &Estate, now: Timestamp, found: &mut Vec<Problem>) {
    for receiver in estate.failing_receivers.iter().filter(|receiver| receiver.needs_a_person(now)) {
        let (object, kind) = (Object::Receiver(receiver.name.clone()), Kind::Untold(receiver.given_up));
        found.push(Problem { rank: 700, object, since: Some(receiver.since), kind });
    }
}

const fn weight(criticality: Criticality) -> u32 {
    match criticality {
        Criticality::Critical => 300,
        Criticality::High => 200,
        Criticality::Medium => 50,
        Criticality::Low => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::sla::WindowScope,
        testing::estate::{self, AT},
    };

    #[test]
    fn a_critical_service_that_is_down_comes_first() {
        let ranked = rank(&estate::estate(), AT);
        assert_eq!(ranked[0].object, Object::Service(estate::path("acme/shop/prod/eu-1/payment-db")));
        assert!(matches!(ranked[0].kind, Kind::Down(None)));
    }

    #[test]
    fn a_symptom_names_its_cause_and_stands_behind_it() {
        let ranked = rank(&estate::estate(), AT);
        let cause = estate::path("acme/shop/prod/eu-1/payment-db");
        let symptom = ranked.iter().position(|p| matches!(&p.kind, Kind::Down(Some(c)) if *c == cause)).unwrap();
        assert!(symptom > 0);
    }

    #[test]
    fn a_silent_agent_is_one_line() {
        let ranked = rank(&estate::estate(), AT);
        let reporters: Vec<_> = ranked.iter().filter(|p| matches!(p.kind, Kind::Reporter(..))).collect();
        assert_eq!(reporters.len(), 1);
        assert!(matches!(&reporters[0].kind, Kind::Reporter(name, 3) if name == "acme/data/prod/eu-2"));
        assert_eq!(ranked.iter().filter(|p| p.kind == Kind::Silent).count(), 0);
    }

    #[test]
    fn what_happens_in_a_window_wakes_nobody_and_stays_in_sight_with_its_mark() {
        let path = estate::path("acme/shop/prod/eu-1/payment-db");
        let mut announced = estate::estate();
        announced.windows.insert(4, estate::window(4, WindowScope::Service(path.clone())));
        let ranked = rank(&announced, AT);
        let own = ranked.iter().position(|p| p.kind == Kind::Announced(Status::Down, 4)).unwrap();
        assert_eq!(ranked[own].object, Object::Service(path.clone()));
        assert!(!ranked.iter().any(|p| p.object == ranked[own].object && matches!(p.kind, Kind::Down(_))));
        assert!(ranked[own + 1..].iter().all(|p| matches!(p.kind, Kind::Announced(..))), "nothing that wants somebody");
        announced.windows.get_mut(&4).unwrap().to = Some(AT);
        assert_eq!(rank(&announced, AT), rank(&estate::estate(), AT), "over is over");
    }

    #[test]
    fn nothing_wrong_is_an_empty_list() {
        let mut quiet = estate::estate();
        quiet
            .services
            .retain(|_, s| s.health.status == Status::Operational && s.backup.is_none() && s.storage.is_none());
        quiet.services.retain(|path, _| !path.is_unknown());
        quiet.budgets.clear();
        quiet.tickets.clear();
        quiet.source.errors = 0;
        quiet.source.rejected = None;
        assert!(!quiet.services.is_empty());
        assert_eq!(rank(&quiet, AT), []);
    }
}
