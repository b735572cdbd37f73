//! What needs a person now, ranked.
//!
//! One fact is one line: services that an agent no longer reports are one silent reporter, services that it never
//! reported are one that never began, and services that are in trouble because what they need is down are a number behind
//! their cause.

use std::collections::HashMap;

use crate::domain::{
    estate::Estate,
    health::{
        Criticality, Needs, Service, Status, StorageState,
        clock_skew::{self, WrongClock},
        reporter::{self, SilentReporter, Unheard},
    },
    hierarchy::ServicePath,
    sla::{AlertSeverity, BudgetState, WindowScope, left_open, windows},
    tickets::{Priority, Ticket, TicketStatus, automatic},
    time::Timestamp,
};

use super::place::Object;

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
    /// How many others are in trouble because of it; they have no line of their own.
    pub behind: usize,
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
    /// A service does not work. What it needs is down too, and a window says that somebody knows.
    Down(Option<ServicePath>),
    /// A service works in part; see above.
    Degraded(Option<ServicePath>),
    /// Nobody reports on a service.
    Silent,
    /// Nobody knows how a service is, though it is not silent.
    Unknown,
    /// A service has this status, and a window that is open over it says that somebody knows.
    Announced(Status, u64),
    /// A reporter fell silent: its name, about how many services, and of how many it spoke.
    Reporter(String, usize, usize),
    /// Nobody ever reported on so many services, of so many on which this reporter should; without a name nothing declares
    /// who should.
    Unheard(Option<String>, usize, usize),
    /// The clock of a reporter is ahead by so many milliseconds (negative: behind), which misplaces reports on so many
    /// services.
    WrongClock(String, i64, usize),
    /// A window was left open.
    LeftOpen(u64),
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

/// Rank of a service of low criticality that is DOWN.
const DOWN: u32 = 1500;
/// Rank of one that is silent. Nothing but what is DOWN or silent comes as high: not even a budget that pages, for that may
/// be about what is over, while nobody knows when this will be.
const SILENT: u32 = 1350;

/// Everything that needs a person at `now`, most urgent first. The order never depends on the order of input.
pub fn rank(estate: &Estate, needs: &Needs, now: Timestamp) -> Vec<Problem> {
    let mut found = Vec::new();
    services(estate, needs, now, &mut found);
    budgets(estate, &mut found);
    for ticket in estate.tickets.values() {
        let line = clock(ticket, now).or_else(|| untaken(estate, ticket, &found));
        found.extend(line);
    }
    source(estate, &mut found);
    untold(estate, now, &mut found);
    for window in left_open::left_open(estate, now) {
        let object = match &window.scope {
            WindowScope::Service(path) => Object::Service(path.clone()),
            WindowScope::Node(path) => Object::Node(path.clone()),
            WindowScope::Group(name) => Object::Budget(name.clone()),
        };
        let (since, kind) = (Some(window.from.max(window.opened_at)), Kind::LeftOpen(window.id));
        found.push(Problem { rank: 130, object, since, kind, behind: 0 });
    }
    found.extend(clock_skew::misplacing(estate).iter().map(wrong_clock));
    found.sort_by(|a, b| {
        let by_rank = b.rank.cmp(&a.rank).then_with(|| left(estate, a).cmp(&left(estate, b)));
        by_rank.then_with(|| a.since.cmp(&b.since)).then_with(|| a.object.cmp(&b.object))
    });
    found
}

/// What is left of the budget that a line is about: of two that are as urgent, the one with less is first.
fn left(estate: &Estate, problem: &Problem) -> i64 {
    let budget = match (&problem.kind, &problem.object) {
        (Kind::Budget(..), Object::Budget(name)) => estate.budgets.get(name),
        _ => None,
    };
    budget.and_then(|group| group.budget.remaining_thousandths()).unwrap_or(i64::MAX)
}

fn services(estate: &Estate, needs: &Needs, now: Timestamp, found: &mut Vec<Problem>) {
    let causes = needs.causes(&estate.services);
    let mut hidden: HashMap<&ServicePath, (usize, Criticality)> = HashMap::new();
    let mut undeclared: Vec<&Service> = Vec::new();
    let open = estate.active_windows(now);
    let over = |service: &Service| windows::over(open.iter().copied(), &service.path, service.sla_group.as_deref());
    let is_announced = |path: &ServicePath| estate.services.get(path).is_some_and(|s| over(s).is_some());
    for service in estate.services.values() {
        let object = || Object::Service(service.path.clone());
        let weight = weight(service.criticality);
        let since = Some(service.health.since);
        let window = over(service);
        match service.health.status {
            status @ (Status::Down | Status::Degraded | Status::Unknown) if window.is_some() => {
                // In sight, but behind everything that wants somebody.
                let kind = Kind::Announced(status, window.map_or(0, |w| w.id));
                found.push(Problem { rank: 10 + weight / 10, object: object(), since, kind, behind: 0 });
            }
            status @ (Status::Down | Status::Degraded) => match causes.get(&service.path) {
                Some(cause) if !is_announced(cause) => {
                    let (count, worst) = hidden.entry(cause).or_insert((0, service.criticality));
                    *count += 1;
                    *worst = (*worst).max(service.criticality);
                }
                // Its cause stands far below, because somebody knows of it; of this one perhaps nobody does.
                cause => found.push(trouble(service, status, cause.cloned())),
            },
            Status::Unknown
                if service.path.is_unknown() || service.health.silence.is_some() || reporter::is_unheard(service) => {}
            Status::Unknown => {
                found.push(Problem { rank: 150 + weight, object: object(), since, kind: Kind::Unknown, behind: 0 });
            }
            Status::Operational | Status::Maintenance => {}
        }
        if service.path.is_unknown() {
            undeclared.push(service);
        }
        duties(service, now, found);
    }
    for line in found.iter_mut().filter(|p| matches!(p.kind, Kind::Down(_))) {
        if let Object::Service(path) = &line.object
            && let Some((count, worst)) = hidden.get(path)
        {
            line.behind = *count;
            line.rank = line.rank.max(DOWN + weight(*worst));
        }
    }
    for reporter in reporter::wanting(estate, now) {
        fold_silent(&reporter, found);
    }
    found.extend(reporter::unheard(estate, now).iter().map(fold_unheard));
    if let Some(first) = undeclared.first() {
        let since = undeclared.iter().map(|s| s.first_seen).min();
        let object = Object::Service(first.path.clone());
        found.push(Problem { rank: 120, object, since, kind: Kind::Undeclared(undeclared.len()), behind: 0 });
    }
}

fn trouble(service: &Service, status: Status, cause: Option<ServicePath>) -> Problem {
    let (base, behind_its_cause) = if status == Status::Down { (DOWN, 750) } else { (450, 150) };
    let rank = base + weight(service.criticality) - if cause.is_some() { behind_its_cause } else { 0 };
    let kind = if status == Status::Down { Kind::Down(cause) } else { Kind::Degraded(cause) };
    Problem { rank, object: Object::Service(service.path.clone()), since: Some(service.health.since), kind, behind: 0 }
}

fn fold_silent(reporter: &SilentReporter<'_>, found: &mut Vec<Problem>) {
    if !reporter.is_one_fact() {
        // What was down when it fell silent has its line already.
        let unknown = reporter.services.iter().filter(|s| s.health.status == Status::Unknown);
        found.extend(unknown.map(|service| Problem {
            rank: SILENT + weight(service.criticality),
            object: Object::Service(service.path.clone()),
            since: service.health.silence.map(|silence| silence.from),
            kind: Kind::Silent,
            behind: 0,
        }));
        return;
    }
    let first = || Object::Service(reporter.services[0].path.clone());
    let kind = Kind::Reporter(reporter.name.to_owned(), reporter.services.len(), reporter.of);
    found.push(Problem {
        rank: SILENT + 10 + weight(reporter.worst),
        object: reporter.node().map_or_else(first, Object::Node),
        since: Some(reporter.from),
        kind,
        behind: 0,
    });
}

fn fold_unheard(unheard: &Unheard<'_>) -> Problem {
    let (rank, since) = (150 + weight(unheard.worst), Some(unheard.from));
    let object = unheard.node().filter(|_| unheard.is_one_fact()).map(Object::Node);
    let object = object.unwrap_or_else(|| Object::Service(unheard.services[0].path.clone()));
    let kind = if unheard.is_one_fact() {
        Kind::Unheard(unheard.reporter.map(str::to_owned), unheard.services.len(), unheard.of)
    } else {
        Kind::Unknown
    };
    Problem { rank, object, since, kind, behind: 0 }
}

fn wrong_clock(clock: &WrongClock<'_>) -> Problem {
    let object = clock.node().map_or_else(|| Object::Service(clock.services[0].path.clone()), Object::Node);
    let kind = Kind::WrongClock(clock.reporter.to_owned(), clock.ahead_ms, clock.services.len());
    // Since when nobody tells.
    Problem { rank: 380, object, since: None, kind, behind: 0 }
}

fn duties(service: &Service, now: Timestamp, found: &mut Vec<Problem>) {
    let weight = weight(service.criticality) / 2;
    if let Some(since) = service.backup.as_ref().and_then(|b| b.overdue_since(service.first_seen, now)) {
        let object = Object::Service(service.path.clone());
        found.push(Problem { rank: 400 + weight, object, since: Some(since), kind: Kind::Backup, behind: 0 });
    }
    if let Some(storage) = service.storage.as_ref().filter(|s| s.state() == StorageState::Critical) {
        let object = Object::Service(service.path.clone());
        let free = storage.free_basis_points().unwrap_or(0);
        let rank = 600 + weight + (1000 - free.min(1000)) / 10;
        // Since when it is that full nobody tells: a report says only how it is.
        found.push(Problem { rank, object, since: None, kind: Kind::Storage(free), behind: 0 });
    }
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
        // Since when it burns nobody tells; since when nothing is left, the figures do.
        let since = group.budget.exhausted_since().filter(|_| firing != Some(AlertSeverity::Page));
        found.push(Problem { rank, object, since, kind: Kind::Budget(group.budget.state, firing), behind: 0 });
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
    let object = Object::Ticket(ticket.number);
    Some(Problem { rank, object, since: Some(due), kind: Kind::Clock(response, due), behind: 0 })
}

/// A critical ticket that nobody took, though its clock is not near yet. What its service is in trouble for has a line
/// already, with the ticket beside it; and what is over calls for nobody.
fn untaken(estate: &Estate, ticket: &Ticket, found: &[Problem]) -> Option<Problem> {
    let due = ticket.clocks.response.due().filter(|_| ticket.calls_for_somebody())?;
    if ticket.automatic && automatic::is_over(ticket, &estate.services) {
        return None;
    }
    if let Some(path) = &ticket.service {
        let status = estate.services.get(path).map(|service| service.health.status);
        let is_troubled = matches!(status, Some(Status::Down | Status::Degraded | Status::Unknown));
        if is_troubled || found.iter().any(|line| line.object == Object::Service(path.clone())) {
            return None;
        }
    }
    let (object, kind) = (Object::Ticket(ticket.number), Kind::Clock(true, due));
    Some(Problem { rank: 1080, object, since: Some(due), kind, behind: 0 })
}

fn source(estate: &Estate, found: &mut Vec<Problem>) {
    let source = &estate.source;
    if source.rejected.is_some() {
        let object = Object::Faults;
        found.push(Problem { rank: 880, object, since: Some(source.read_at), kind: Kind::Rejected, behind: 0 });
    } else if source.errors > 0 {
        let kind = Kind::Faults(source.errors);
        found.push(Problem { rank: 500, object: Object::Faults, since: Some(source.read_at), kind, behind: 0 });
    }
}

fn untold(estate: &Estate, now: Timestamp, found: &mut Vec<Problem>) {
    for receiver in estate.failing_receivers.iter().filter(|receiver| receiver.needs_a_person(now)) {
        let (object, kind) = (Object::Receiver(receiver.name.clone()), Kind::Untold(receiver.given_up));
        found.push(Problem { rank: 700, object, since: Some(receiver.since), kind, behind: 0 });
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
        let ranked = ranked(&estate::estate());
        assert_eq!(ranked[0].object, Object::Service(estate::path("acme/shop/prod/eu-1/payment-db")));
        assert!(matches!(ranked[0].kind, Kind::Down(None)));
    }

    #[test]
    fn what_is_down_or_silent_stands_above_budgets_that_page_and_they_by_what_is_left_of_them() {
        let mut estate = estate::estate();
        let mut pages = |name: &str, down_share: i64| {
            let mut group = estate.budgets["payments"].clone();
            group.name = name.to_owned();
            group.budget.down_ms = group.budget.allowed_ms * down_share / 100;
            estate.budgets.insert(group.name.clone(), group);
        };
        pages("a-half", 50);
        pages("b-over", 150);
        pages("c-tenth", 90);
        estate.services.values_mut().for_each(|service| service.criticality = Criticality::Low);
        let all = ranked(&estate);
        let is_page = |p: &&Problem| matches!(p.kind, Kind::Budget(_, Some(AlertSeverity::Page)));
        let paging: Vec<String> = all.iter().filter(is_page).map(|p| p.object.to_string()).collect();
        assert_eq!(paging, ["b-over", "c-tenth", "payments", "a-half"]);
        let first = all.iter().position(|p| is_page(&p)).unwrap();
        let is_gone = |p: &Problem| matches!(p.kind, Kind::Down(None) | Kind::Silent | Kind::Reporter(..));
        assert!(all[..first].iter().all(is_gone), "{:?}", &all[..first]);
        assert!(!all[first..].iter().any(is_gone), "{:?}", &all[first..]);
    }

    fn ranked(estate: &Estate) -> Vec<Problem> {
        rank(estate, &Needs::of(&estate.services), AT)
    }

    #[test]
    fn a_critical_ticket_that_nobody_took_is_there_at_once_unless_its_trouble_has_a_line_or_is_over() {
        let mut estate = estate::estate();
        let mut ticket = estate::ticket(7, "The portal is on fire", None, Priority::Critical, 0);
        ticket.automatic = false;
        let told = |estate: &Estate| ranked(estate).iter().any(|line| line.object == Object::Ticket(7));
        let mut with = |ticket: &Ticket| {
            estate.tickets.insert(7, ticket.clone());
            told(&estate)
        };
        assert!(with(&ticket));
        let about = |path: &str, automatic| Ticket { service: Some(estate::path(path)), automatic, ..ticket.clone() };
        assert!(with(&about("acme/infra/prod/metal/galera-1", false)), "nothing else tells of it");
        assert!(!with(&about("acme/infra/prod/metal/galera-1", true)), "it is over");
        assert!(!with(&about("acme/shop/prod/eu-1/payment-db", true)), "it stands beside what is DOWN");
        assert!(!with(&about("acme/shop/prod/eu-1/payment-api", false)), "and beside what that hides");
        let mine = estate::operator();
        assert!(!with(&Ticket { assignee: Some((mine.id, mine.name)), ..ticket.clone() }), "somebody has it");
        assert!(!with(&Ticket { priority: Priority::High, ..ticket.clone() }), "it waits until its clock is near");
    }

    #[test]
    fn symptoms_are_a_number_behind_their_cause_which_ranks_by_the_worst_of_them() {
        let mut estate = estate::estate();
        let (cause, symptom) =
            (estate::path("acme/shop/prod/eu-1/payment-db"), estate::path("acme/shop/prod/eu-1/payment-api"));
        let rank_of = |estate: &Estate| {
            let all = ranked(estate);
            assert!(
                all.iter().all(|p| p.object != Object::Service(symptom.clone()) || !matches!(p.kind, Kind::Down(_)))
            );
            let line = all.iter().find(|p| p.object == Object::Service(cause.clone())).unwrap();
            assert_eq!((&line.kind, line.behind), (&Kind::Down(None), 1));
            line.rank
        };
        let before = rank_of(&estate);
        estate.services.get_mut(&cause).unwrap().criticality = Criticality::Low;
        assert_eq!(rank_of(&estate), before, "what hangs on it says how urgent it is");
        estate.services.get_mut(&symptom).unwrap().criticality = Criticality::Low;
        assert!(rank_of(&estate) < before);
    }

    #[test]
    fn a_silent_agent_is_one_line() {
        let ranked = ranked(&estate::estate());
        let reporters: Vec<_> = ranked.iter().filter(|p| matches!(p.kind, Kind::Reporter(..))).collect();
        assert_eq!(reporters.len(), 1);
        assert!(matches!(&reporters[0].kind, Kind::Reporter(name, 3, _) if name == "acme/data/prod/eu-2"));
        assert_eq!(ranked.iter().filter(|p| p.kind == Kind::Silent).count(), 0);
    }

    #[test]
    fn what_happens_in_a_window_wakes_nobody_and_stays_in_sight_with_its_mark() {
        let path = estate::path("acme/shop/prod/eu-1/payment-db");
        let mut announced = estate::estate();
        announced.windows.insert(4, estate::window(4, WindowScope::Service(path.clone())));
        let all = ranked(&announced);
        let own = all.iter().position(|p| p.kind == Kind::Announced(Status::Down, 4)).unwrap();
        assert_eq!(all[own].object, Object::Service(path.clone()));
        assert!(!all.iter().any(|p| p.object == all[own].object && matches!(p.kind, Kind::Down(_))));
        assert!(all[own + 1..].iter().all(|p| matches!(p.kind, Kind::Announced(..))), "nothing that wants somebody");
        announced.windows.get_mut(&4).unwrap().to = Some(AT);
        assert_eq!(ranked(&announced), ranked(&estate::estate()), "over is over");
    }

    #[test]
    fn nothing_wrong_is_an_empty_list() {
        let mut quiet = estate::estate();
        let is_quiet =
            |s: &&Service| s.health.status == Status::Operational && s.backup.is_none() && s.storage.is_none();
        let services = quiet.services.values().filter(is_quiet).filter(|s| !s.path.is_unknown()).cloned();
        quiet.services = services.collect();
        quiet.budgets.clear();
        quiet.tickets.clear();
        quiet.source.errors = 0;
        quiet.source.rejected = None;
        assert!(!quiet.services.is_empty());
        assert_eq!(ranked(&quiet), []);
    }
}
