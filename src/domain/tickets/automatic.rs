//! For which services the core opens tickets by itself, and which of them are told in the ticket of another.
//!
//! [`due`] says who is important and has been in trouble for long enough, [`heads`] in whose ticket each of them is told.
//! What explains what is decided by [`Needs::causes`], as everywhere; a window over a cause does not hide that it is one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Ticket};
use crate::domain::{
    estate::Estate,
    health::{Criticality, Needs, Service, Services, Status},
    hierarchy::ServicePath,
    sla::{ExclusionWindow, windows},
    time::Timestamp,
};

/// Whether a service is in a state that automatic tickets are for: DOWN, or silent.
pub fn is_troubled(service: &Service) -> bool {
    service.health.status == Status::Down || service.health.silence.is_some()
}

/// Whether nobody knows how a service is because `reporter` is silent about it. What was DOWN when it fell silent stays
/// DOWN: that is a trouble of its own.
pub fn is_unheard(service: &Service, reporter: &str) -> bool {
    let health = &service.health;
    health.silence.is_some() && health.status != Status::Down && health.reporter == reporter
}

/// The stretch of trouble that a service is in.
pub fn cause(service: &Service) -> Cause {
    let health = &service.health;
    let (status, message, reporter) = (health.status, health.message.clone(), health.reporter.clone());
    Cause { since: since(service), status, message, reporter }
}

/// Since when it is in trouble.
fn since(service: &Service) -> Timestamp {
    match service.health.silence {
        Some(silence) if service.health.status != Status::Down => silence.from,
        _ => service.health.since,
    }
}

/// The window that is open over a service: what somebody announced is no reason to wake anybody.
pub fn announced<'a>(open: &[&'a ExclusionWindow], service: &Service) -> Option<&'a ExclusionWindow> {
    windows::over(open.iter().copied(), &service.path, service.sla_group.as_deref())
}

/// Services of criticality critical or high that have been DOWN or silent for `after_ms` milliseconds and over which no
/// window is open: most critical first, then longest, then by path.
pub fn due(estate: &Estate, now: Timestamp, after_ms: i64) -> Vec<&Service> {
    let open = estate.active_windows(now);
    let is_due = |s: &&Service| {
        s.criticality >= Criticality::High
            && is_troubled(s)
            && now.since(since(s)) >= after_ms
            && announced(&open, s).is_none()
    };
    let mut due: Vec<&Service> = estate.services.values().filter(is_due).collect();
    due.sort_by(|a, b| (b.criticality, since(a), &a.path).cmp(&(a.criticality, since(b), &b.path)));
    due
}

/// What each service in trouble comes from: see [`Needs::causes`].
pub fn causes(services: &Services) -> BTreeMap<ServicePath, ServicePath> {
    Needs::of_troubled(services).causes(services)
}

/// Another service, in whose ticket one that is due is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// What it cannot do without, which has or gets a ticket.
    Cause(ServicePath),
    /// One that is in trouble by the same cause, where that has no ticket: a window is open over it, it is not important
    /// enough, or it is DOWN for a moment only. One ticket stands for all of them and names the cause.
    Fellow(ServicePath),
}

/// In which ticket a service is told that is not its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Its number.
    pub into: u64,
    /// Whether it is told there because of what it cannot do without; else because the same reporter is silent about it.
    pub is_dependent: bool,
}

/// In whose ticket each of `due` is told, by path; who is not in it gets its own.
pub fn heads(
    due: &[ServicePath],
    causes: &BTreeMap<ServicePath, ServicePath>,
    has_ticket: impl Fn(&ServicePath) -> bool,
) -> BTreeMap<ServicePath, Head> {
    let is_due: BTreeSet<&ServicePath> = due.iter().collect();
    // Of each cause without a ticket the one who stands for all: who has one already, else who is due first.
    let mut firsts: BTreeMap<&ServicePath, &ServicePath> = BTreeMap::new();
    let ticketed = causes.iter().filter(|(path, _)| has_ticket(path));
    let waiting = due.iter().filter_map(|path| causes.get_key_value(path));
    for (path, cause) in ticketed.chain(waiting) {
        firsts.entry(cause).or_insert(path);
    }
    let mut heads = BTreeMap::new();
    for path in due {
        let Some(cause) = causes.get(path) else { continue };
        if has_ticket(cause) || is_due.contains(cause) {
            heads.insert(path.clone(), Head::Cause(cause.clone()));
        } else if let Some(first) = firsts.get(cause).filter(|first| **first != path) {
            heads.insert(path.clone(), Head::Fellow((*first).clone()));
        }
    }
    heads
}

/// Whether what an automatic ticket was opened for is over: its service is neither DOWN nor silent, or its reporter is
/// silent about nothing any more.
pub fn is_over(ticket: &Ticket, services: &Services) -> bool {
    match ticket.silent_reporter() {
        Some(reporter) => !services.values().any(|service| is_unheard(service, reporter)),
        None => !ticket.service.as_ref().and_then(|path| services.get(path)).is_some_and(is_troubled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        change::Actor,
        health::{Dependency, Silence},
        samples,
        sla::WindowScope,
        time::MINUTE,
    };

    const NOW: Timestamp = Timestamp::from_ms(100 * MINUTE);

    fn path(name: &str) -> ServicePath {
        ServicePath::parse(&format!("acme/shop/prod/eu-1/{name}")).unwrap()
    }

    /// Critical services that are DOWN for so many minutes, with what they cannot do without.
    fn estate(all: &[(&str, i64, &[&str])]) -> Estate {
        let made = all.iter().map(|(name, minutes, needs)| {
            let mut service = samples::service(path(name).as_str(), Status::Down);
            service.criticality = Criticality::Critical;
            service.health.since = NOW.plus(-minutes * MINUTE);
            service.requires = needs.iter().map(|need| Dependency { path: path(need), critical: true }).collect();
            service
        });
        Estate { services: made.collect(), ..Estate::default() }
    }

    fn window(name: &str) -> ExclusionWindow {
        ExclusionWindow {
            id: 3,
            scope: WindowScope::Service(path(name)),
            from: NOW.plus(-MINUTE),
            to: None,
            reason: "disks are changed".to_owned(),
            opened_by: Actor::System,
            opened_at: NOW,
            stopped: None,
        }
    }

    fn names(due: &[&Service]) -> Vec<String> {
        due.iter().map(|s| s.path.service().to_owned()).collect()
    }

    /// Who is told in whose ticket: `api>db` by its cause, `api=web` beside one of the same cause.
    fn told(estate: &Estate, ticketed: &[&str]) -> Vec<String> {
        let due: Vec<ServicePath> = due(estate, NOW, MINUTE).into_iter().map(|s| s.path.clone()).collect();
        let has_ticket = |p: &ServicePath| ticketed.contains(&p.service());
        let heads = heads(&due, &causes(&estate.services), has_ticket);
        let said = heads.iter().map(|(path, head)| match head {
            Head::Cause(of) => format!("{}>{}", path.service(), of.service()),
            Head::Fellow(of) => format!("{}={}", path.service(), of.service()),
        });
        said.collect()
    }

    #[test]
    fn who_is_important_and_in_trouble_for_long_enough_is_due_most_critical_first_then_longest() {
        let mut estate = estate(&[("a", 1, &[]), ("b", 5, &[]), ("c", 9, &[]), ("d", 0, &[]), ("e", 9, &[])]);
        estate.services.get_mut(&path("c")).unwrap().criticality = Criticality::High;
        estate.services.get_mut(&path("e")).unwrap().criticality = Criticality::Medium;
        let mut silent = samples::service(path("s").as_str(), Status::Unknown);
        silent.criticality = Criticality::Critical;
        silent.health.silence = Some(Silence { from: NOW.plus(-2 * MINUTE), last_known: Status::Operational });
        estate.services.insert(silent);
        assert_eq!(names(&due(&estate, NOW, MINUTE)), ["b", "s", "a", "c"]);
        estate.windows.insert(3, window("b"));
        assert_eq!(names(&due(&estate, NOW, MINUTE)), ["s", "a", "c"], "what was announced wakes nobody");
    }

    #[test]
    fn dependents_are_told_in_the_ticket_of_the_end_of_the_chain() {
        let estate = estate(&[("web", 9, &["api"]), ("api", 5, &["db"]), ("db", 2, &[]), ("mail", 5, &[])]);
        assert_eq!(told(&estate, &[]), ["api>db", "web>db"]);
    }

    #[test]
    fn a_cause_under_a_window_is_one_all_the_same_and_one_of_its_symptoms_stands_for_all() {
        let mut estate = estate(&[("web", 5, &["api"]), ("api", 9, &["db"]), ("pay", 5, &["db"]), ("db", 9, &[])]);
        estate.windows.insert(3, window("db"));
        assert_eq!(told(&estate, &[]), ["pay=api", "web=api"], "the longest of them");
        assert_eq!(told(&estate, &["pay"]), ["api=pay", "web=pay"], "who has a ticket already");
        assert_eq!(told(&estate, &["db"]), ["api>db", "pay>db", "web>db"], "a ticket from before the window");
    }

    #[test]
    fn a_cause_that_gets_no_ticket_of_its_own_does_not_make_one_for_each_symptom() {
        let mut estate = estate(&[("web", 5, &["db"]), ("api", 9, &["db"]), ("db", 9, &[])]);
        estate.services.get_mut(&path("db")).unwrap().criticality = Criticality::Low;
        assert_eq!(told(&estate, &[]), ["web=api"], "not important enough");
        let db = estate.services.get_mut(&path("db")).unwrap();
        (db.criticality, db.health.since) = (Criticality::Critical, NOW);
        assert_eq!(told(&estate, &[]), ["web=api"], "down for a moment only");
    }

    #[test]
    fn a_ticket_of_a_silent_reporter_is_over_when_it_is_silent_about_nothing() {
        let mut estate = estate(&[("db", 9, &[]), ("api", 9, &[])]);
        for service in estate.services.values_mut() {
            service.health.status = Status::Unknown;
            service.health.reporter = "probe".to_owned();
            service.health.silence = Some(Silence { from: NOW, last_known: Status::Operational });
        }
        let of_silence = cause(&estate.services[&path("db")]);
        let workflow = samples::workflow(&[]);
        let ticket = Ticket { automatic: true, cause: Some(of_silence), ..samples::ticket(workflow) };
        assert_eq!(ticket.silent_reporter(), Some("probe"));
        estate.services.get_mut(&path("db")).unwrap().health.silence = None;
        assert!(!is_over(&ticket, &estate.services), "it is silent about another one");
        let api = estate.services.get_mut(&path("api")).unwrap();
        api.health.status = Status::Down;
        assert!(is_over(&ticket, &estate.services), "what is DOWN is a trouble of its own");
    }
}
