//! Reporters that fell silent. One that stops is one fact, not one for each of its services.
//!
//! A reporter is called by what stops when it falls silent, never by the key alone: one key serves a whole company. An
//! agent is its node; a push is the CronJob that is declared to make it ([`of_job`]), and where nothing declares one, the
//! key and the cluster that the service lives in ([`of_key`]).

use std::collections::{BTreeMap, BTreeSet};

use super::{Criticality, Service, Status, staleness};
use crate::domain::{
    change::{Actor, Change, Fact},
    estate::Estate,
    hierarchy::{NodePath, ServicePath, path::NODE_DEPTH},
    sla::windows,
    time::Timestamp,
};

/// What the name of a job that pushes begins with.
const JOB: &str = "cronjob/";

/// The name of a declared CronJob that pushes; `job` has its namespace in front, where it says one.
pub fn of_job(job: &str) -> String {
    format!("{JOB}{job}")
}

/// The name of whoever pushes for a service with a key when nothing says which job that is.
pub fn of_key(key: &str, path: &ServicePath) -> String {
    format!("{key}@{}", path.node_str())
}

/// What a reporter is, as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// The agent of a node.
    Agent(&'a str),
    /// A declared CronJob.
    Job(&'a str),
    /// A key, and the cluster for whose services it is used.
    Key(&'a str, &'a str),
    /// Something else that has a name.
    Named(&'a str),
}

impl<'a> Source<'a> {
    /// What the reporter of this name is.
    pub fn of(name: &'a str) -> Self {
        if let Some(job) = name.strip_prefix(JOB) {
            return Self::Job(job);
        }
        if let Some((key, cluster)) = name.rsplit_once('@') {
            return Self::Key(key, cluster);
        }
        match NodePath::parse(name) {
            Ok(node) if node.depth() == NODE_DEPTH => Self::Agent(name),
            _ => Self::Named(name),
        }
    }
}

/// So many services that a reporter still speaks of others beside are told as one when it is silent about them.
pub const TOGETHER: usize = 3;

/// A reporter of whom some or all services were not heard of.
#[derive(Clone, Debug, PartialEq)]
pub struct SilentReporter<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Services nobody hears of, by path. DOWN ones are among them.
    pub services: Vec<&'a Service>,
    /// On how many it reported in all.
    pub of: usize,
    /// Since when nobody knows about the first of them.
    pub from: Timestamp,
    /// The most critical of them.
    pub worst: Criticality,
}

impl SilentReporter<'_> {
    /// Whether nothing at all comes from it.
    pub fn is_whole(&self) -> bool {
        self.services.len() == self.of
    }

    /// Whether it is told as one fact: it says nothing at all any more, or is silent about many. Of one service alone, its
    /// own name says more.
    pub fn is_one_fact(&self) -> bool {
        self.services.len() >= TOGETHER || (self.is_whole() && self.services.len() > 1)
    }

    /// The place that all of its silent services lie under, if there is one.
    pub fn node(&self) -> Option<NodePath> {
        common_node(&self.services)
    }
}

/// The node that all of these services lie under, if there is one.
pub(super) fn common_node(services: &[&Service]) -> Option<NodePath> {
    let node = services.first()?.path.node();
    services.iter().all(|s| s.path.is_under(&node)).then_some(node)
}

/// Services of which nobody ever reported, by who is expected to. Who never began is one fact, as who stopped is.
#[derive(Clone, Debug, PartialEq)]
pub struct Unheard<'a> {
    /// Who should report; none when nothing declares anybody.
    pub reporter: Option<&'a str>,
    /// Services of which nobody ever heard, by path.
    pub services: Vec<&'a Service>,
    /// On how many it should report in all.
    pub of: usize,
    /// Since when the first of them is waited for.
    pub from: Timestamp,
    /// The most critical of them.
    pub worst: Criticality,
}

impl Unheard<'_> {
    /// Whether it is told as one fact. Of one service alone, its own name says more.
    pub fn is_one_fact(&self) -> bool {
        self.services.len() > 1
    }

    /// The place that all of them lie under, if there is one.
    pub fn node(&self) -> Option<NodePath> {
        common_node(&self.services)
    }
}

/// Whether nobody ever reported how a service is.
pub fn is_unheard(service: &Service) -> bool {
    service.health.last_seen.is_none() && service.health.status == Status::Unknown && !service.path.is_unknown()
}

/// Services that nobody ever reported on at `now` and over which no window is open, by who should, the ones of nobody
/// first.
pub fn unheard(estate: &Estate, now: Timestamp) -> Vec<Unheard<'_>> {
    let mut all: BTreeMap<Option<&str>, (Vec<&Service>, usize)> = BTreeMap::new();
    for service in unannounced(estate, estate.services.values(), now) {
        let (unheard, of) = all.entry(service.expected_reporter.as_deref()).or_default();
        *of += 1;
        if is_unheard(service) {
            unheard.push(service);
        }
    }
    let told = all.into_iter().filter_map(|(reporter, (services, of))| {
        let from = services.iter().map(|s| s.health.since).min()?;
        let worst = services.iter().map(|s| s.criticality).max().unwrap_or_default();
        Some(Unheard { reporter, services, of, from, worst })
    });
    told.collect()
}

/// Every reporter with silent services, by name. Services of the branch that nobody named are left out, and those whose
/// reporter has no name.
pub fn silent<'a>(services: impl IntoIterator<Item = &'a Service>) -> Vec<SilentReporter<'a>> {
    let mut all: BTreeMap<&str, (Vec<&Service>, usize)> = BTreeMap::new();
    for service in services {
        if service.health.reporter.is_empty() || service.path.is_unknown() {
            continue;
        }
        let (silent, of) = all.entry(&service.health.reporter).or_default();
        *of += 1;
        if service.health.silence.is_some() {
            silent.push(service);
        }
    }
    let told = all.into_iter().filter_map(|(name, (mut services, of))| {
        services.sort_by(|a, b| a.path.cmp(&b.path));
        let from = services.iter().filter_map(|s| s.health.silence).map(|s| s.from).min()?;
        let worst = services.iter().map(|s| s.criticality).max().unwrap_or_default();
        Some(SilentReporter { name, services, of, from, worst })
    });
    told.collect()
}

/// Reporters whose silence wants somebody at `now`: those of [`silent`], as if services over which a window is open did
/// not exist. What was announced is no reason to look.
pub fn wanting(estate: &Estate, now: Timestamp) -> Vec<SilentReporter<'_>> {
    silent(unannounced(estate, estate.services.values(), now))
}

/// The same for the reporter of this name alone; none when its silence wants nobody.
pub fn wanting_named<'a>(estate: &'a Estate, name: &str, now: Timestamp) -> Option<SilentReporter<'a>> {
    static NOBODY: BTreeSet<ServicePath> = BTreeSet::new();
    wanting_beyond(estate, &NOBODY, name, now)
}

/// The same as if the services of `awaited` did not exist either: their reporter is given time to speak of them.
pub fn wanting_beyond<'a>(
    estate: &'a Estate,
    awaited: &BTreeSet<ServicePath>,
    name: &str,
    now: Timestamp,
) -> Option<SilentReporter<'a>> {
    let own = estate.services.values().filter(|s| s.health.reporter == name && !awaited.contains(&s.path));
    silent(unannounced(estate, own, now)).pop()
}

fn unannounced<'a>(
    estate: &'a Estate,
    services: impl Iterator<Item = &'a Service>,
    now: Timestamp,
) -> impl Iterator<Item = &'a Service> {
    let open = estate.active_windows(now);
    services.filter(move |s| windows::over(open.iter().copied(), &s.path, s.sla_group.as_deref()).is_none())
}

/// From when on `services` of one reporter are silent anew, beyond the silence that was known at `known_at`: they were
/// judged after that, and spoke when all that was known of was silent already. None when it is one and the same silence:
/// of a reporter that stopped, not everything is judged at one moment, also where others of its name were silent for long.
pub fn silent_anew<'a>(services: impl Iterator<Item = &'a Service> + Clone, known_at: Timestamp) -> Option<Timestamp> {
    let judged =
        services.filter_map(|s| Some((s.health.silence?.from, s.health.last_seen?, staleness::due(&s.health)?)));
    let last = judged.clone().filter(|(_, _, judged_at)| *judged_at <= known_at).map(|(from, ..)| from).max();
    let anew = judged.filter(|(_, seen, judged_at)| *judged_at > known_at && last.is_none_or(|last| *seen > last));
    anew.map(|(from, ..)| from).min()
}

/// What a change says of a reporter: that it fell silent about a service, or is heard again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// It was judged silent.
    Silent,
    /// It speaks about what nobody knew of.
    Heard,
}

/// The reporter whose silence, or whose return, a change is part of. Changes of one moment with the same answer are one
/// fact.
pub fn turn(change: &Change) -> Option<(&str, Turn)> {
    let Fact::HealthChanged { was, health, .. } = &change.fact else { return None };
    match (&change.actor, health.silence) {
        (Actor::System, Some(_)) if !health.reporter.is_empty() => Some((&health.reporter, Turn::Silent)),
        (Actor::Reporter(name), None) if *was == super::Status::Unknown && health.status != *was => {
            Some((name, Turn::Heard))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        change::Seq,
        health::{Health, Silence},
        samples,
        sla::{ExclusionWindow, WindowScope},
    };

    fn service(name: &str, reporter: &str, silent_from: Option<i64>) -> Service {
        let mut service = samples::service(&format!("acme/shop/prod/{name}"), Status::Operational);
        service.health.reporter = reporter.to_owned();
        service.health.silence =
            silent_from.map(|ms| Silence { from: Timestamp::from_ms(ms), last_known: Status::Operational });
        service
    }

    #[test]
    fn silent_services_are_those_of_one_reporter_with_the_earliest_moment_and_the_worst_of_them() {
        let mut all = vec![
            service("eu-1/b", "agent-1", Some(20)),
            service("eu-1/a", "agent-1", Some(30)),
            service("eu-1/c", "jobs", Some(40)),
            service("eu-2/c", "jobs", None),
            service("eu-2/d", "", Some(5)),
            service("eu-2/e", "agent-2", None),
        ];
        all[1].criticality = Criticality::Critical;
        all.push(Service {
            path: samples::service("unknown/unknown/unknown/unknown/x", Status::Unknown).path,
            ..service("eu-1/x", "agent-1", Some(10))
        });
        let found = silent(&all);
        let told: Vec<_> = found.iter().map(|r| (r.name, r.services.len(), r.of, r.from.ms(), r.is_whole())).collect();
        assert_eq!(told, [("agent-1", 2, 2, 20, true), ("jobs", 1, 2, 40, false)]);
        assert_eq!(found[0].worst, Criticality::Critical);
        assert!(found[0].is_one_fact(), "nothing at all comes from it");
        assert!(!found[1].is_one_fact(), "it speaks of others still");
        assert_eq!(found[0].node().unwrap().as_str(), "acme/shop/prod/eu-1");
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(silent(&turned), found, "the order does not matter");
    }

    #[test]
    fn a_reporter_is_one_fact_when_it_is_silent_about_all_of_several_or_about_many() {
        let is_one_fact = |silent: usize, spoken_of: usize| {
            let of = |n: usize, from: Option<i64>| service(&format!("eu-1/s{n}"), "jobs", from);
            let all: Vec<Service> = (0..silent + spoken_of).map(|n| of(n, (n < silent).then_some(20))).collect();
            super::silent(&all)[0].is_one_fact()
        };
        assert!(!is_one_fact(1, 0), "the service's own name says more");
        assert!(is_one_fact(2, 0) && !is_one_fact(2, 1));
        assert!(is_one_fact(TOGETHER, 9) && !is_one_fact(TOGETHER - 1, 9));
    }

    #[test]
    fn a_reporter_is_called_by_what_stops() {
        let path = samples::service("acme/shop/prod/eu-1/db", Status::Operational).path;
        assert_eq!(Source::of(&of_job("ops/db-health")), Source::Job("ops/db-health"));
        assert_eq!(Source::of(&of_key("operator", &path)), Source::Key("operator", "acme/shop/prod/eu-1"));
        assert_eq!(Source::of(path.node_str()), Source::Agent("acme/shop/prod/eu-1"));
        assert_eq!(Source::of("operator"), Source::Named("operator"));
    }

    #[test]
    fn a_silence_is_another_one_when_it_spoke_while_others_were_silent_and_was_judged_after_that_was_known() {
        let told = |all: &[(i64, i64)], known_at: i64| {
            let of = |(seen, every_ms): &(i64, i64)| {
                let mut service = service("eu-1/a", "key", Some(seen + every_ms));
                (service.health.last_seen, service.health.every_ms) = (Some(Timestamp::from_ms(*seen)), *every_ms);
                service
            };
            let all: Vec<Service> = all.iter().map(of).collect();
            silent_anew(all.iter(), Timestamp::from_ms(known_at)).map(Timestamp::ms)
        };
        assert_eq!(told(&[(0, 10)], 30), None, "known when it was judged");
        assert_eq!(told(&[(0, 10), (9, 10)], 30), None, "judged later, and stopped with the first");
        assert_eq!(told(&[(0, 10), (10, 10)], 30), None, "it spoke last when the first was to speak again");
        assert_eq!(told(&[(0, 10), (11, 10)], 30), Some(21), "it spoke after the first was silent");
        assert_eq!(told(&[(0, 10), (11, 10)], 41), None, "both are known");
        assert_eq!(told(&[(25, 10)], 30), Some(35), "the first is heard again");
        let looped = [(0, 10), (100, 10), (102, 10), (104, 10)];
        assert_eq!(told(&looped, 40), Some(110), "a loop that spoke while the first was silent");
        assert_eq!(told(&looped, 130), None, "the rest of it stopped with what is known of it");
        assert_eq!(told(&[(0, 10), (100, 10), (111, 10)], 130), Some(121), "but not what spoke on");
    }

    #[test]
    fn a_silence_under_a_window_wants_nobody() {
        let mut estate = Estate::default();
        for service in [service("eu-1/a", "jobs", Some(20)), service("eu-2/b", "jobs", Some(30))] {
            estate.services.insert(service);
        }
        let now = Timestamp::from_ms(50);
        let open = |estate: &mut Estate, id: u64, node: &str| {
            let window = ExclusionWindow {
                id,
                scope: WindowScope::Node(NodePath::parse(node).unwrap()),
                from: Timestamp::from_ms(0),
                to: None,
                reason: "moving".to_owned(),
                opened_by: Actor::System,
                opened_at: now,
                stopped: None,
            };
            estate.windows.insert(id, window);
        };
        let told = |estate: &Estate| {
            let found = wanting(estate, now);
            assert_eq!(wanting_named(estate, "jobs", now).as_ref(), found.first());
            found.first().map(|reporter| (reporter.services.len(), reporter.from.ms()))
        };
        assert_eq!(told(&estate), Some((2, 20)));
        open(&mut estate, 1, "acme/shop/prod/eu-1");
        assert_eq!(told(&estate), Some((1, 30)));
        open(&mut estate, 2, "acme/shop/prod/eu-2");
        assert_eq!(told(&estate), None);
    }

    #[test]
    fn who_never_began_is_one_fact_with_its_services_and_those_that_nobody_should_report_are_another() {
        let mut estate = Estate::default();
        let mut put = |name: &str, expected: Option<&str>, seen: bool| {
            let mut service = service(name, "", None);
            service.expected_reporter = expected.map(str::to_owned);
            service.health.status = if seen { Status::Operational } else { Status::Unknown };
            service.health.last_seen = seen.then_some(Timestamp::from_ms(1));
            service.health.since = Timestamp::from_ms(7);
            estate.services.insert(service);
        };
        put("eu-1/a", Some("cronjob/ops/a"), false);
        put("eu-1/b", Some("cronjob/ops/a"), false);
        put("eu-2/c", Some("cronjob/ops/a"), true);
        put("eu-1/d", Some("acme/shop/prod/eu-1"), false);
        put("eu-1/e", None, false);
        put("eu-2/f", None, false);
        put("eu-2/g", Some("acme/shop/prod/eu-2"), true);
        let found = unheard(&estate, Timestamp::from_ms(9));
        let told: Vec<_> = found.iter().map(|u| (u.reporter, u.services.len(), u.of, u.is_one_fact())).collect();
        assert_eq!(
            told,
            [(None, 2, 2, true), (Some("acme/shop/prod/eu-1"), 1, 1, false), (Some("cronjob/ops/a"), 2, 3, true)]
        );
        assert_eq!(found[0].node(), None, "they lie in two places");
        assert_eq!(found[2].node().unwrap().as_str(), "acme/shop/prod/eu-1");
        assert_eq!(found[2].from.ms(), 7);
        let first = estate.services.values_mut().next().unwrap();
        first.health.last_seen = Some(Timestamp::from_ms(8));
        assert_eq!(unheard(&estate, Timestamp::from_ms(9))[2].services.len(), 1, "UNKNOWN is what somebody said of it");
    }

    #[test]
    fn a_silence_and_a_return_name_their_reporter_and_other_news_do_not() {
        let change = |actor: Actor, was: Status, status: Status, silent: bool| Change {
            seq: Seq(1),
            at: Timestamp::default(),
            actor,
            fact: Fact::HealthChanged {
                path: samples::service("a/b/c/d/e", status).path,
                was,
                health: Health {
                    status,
                    reporter: "agent-1".to_owned(),
                    silence: silent.then(|| Silence { from: Timestamp::default(), last_known: was }),
                    ..Health::default()
                },
            },
        };
        let by = || Actor::Reporter("agent-1".to_owned());
        let silent = change(Actor::System, Status::Operational, Status::Unknown, true);
        assert_eq!(turn(&silent), Some(("agent-1", Turn::Silent)));
        let heard = change(by(), Status::Unknown, Status::Down, false);
        assert_eq!(turn(&heard), Some(("agent-1", Turn::Heard)));
        assert_eq!(turn(&change(by(), Status::Operational, Status::Down, false)), None, "news of a service");
        assert_eq!(turn(&change(by(), Status::Unknown, Status::Unknown, false)), None, "it still knows nothing");
    }
}
