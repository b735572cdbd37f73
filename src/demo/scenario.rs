//! What happens during a demonstration: a fixed play over the example's services. Pure; seconds count from the start.
//!
//! An opening is under way when the curtain rises, then a round of acts repeats for ever. What critically needs a
//! service that is down is degraded with it, by the dependencies the repository declares.

use std::collections::BTreeMap;

use crate::domain::{
    gitops::DeclaredService,
    health::Status,
    hierarchy::ServicePath,
    time::{MINUTE, SECOND},
};

/// How long one round of acts takes.
const ROUND_S: i64 = 360;

/// A service that takes part, and who reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which service.
    pub path: ServicePath,
    /// The SLA group it is promised in.
    pub sla_group: Option<String>,
    /// Whether backups are expected of it.
    pub backed_up: bool,
    /// Reported by the agent of its cluster; otherwise by a job that pushes.
    pub by_agent: bool,
    /// How often, in milliseconds.
    pub every_ms: i64,
    /// Services it cannot work without.
    pub needs: Vec<ServicePath>,
}

/// The status of one service for a while.
struct Act {
    service: &'static str,
    status: Status,
    from_s: i64,
    until_s: i64,
    message: &'static str,
}

const fn act(service: &'static str, status: Status, from_s: i64, until_s: i64, message: &'static str) -> Act {
    Act { service, status, from_s, until_s, message }
}

const OPENING: &[Act] = &[
    act(
        "meridian/commerce/prod/eu-1/postgres-payments",
        Status::Down,
        -240,
        80,
        "primary refuses connections: no space left for the write-ahead log",
    ),
    act("meridian/core/prod/eu-2/loki", Status::Degraded, -2100, 700, "ingester is 14 minutes behind"),
    act("meridian/core/prod/metal-1/galera-3", Status::Degraded, -900, 400, "Donor/Desynced: state transfer runs"),
];

const ROUND: &[Act] = &[
    act("meridian/commerce/prod/eu-1/search-api", Status::Degraded, 25, 150, "p99 1.9 s, promised 0.5 s"),
    act("meridian/core/prod/eu-2/wiki", Status::Maintenance, 40, 200, "scaled to zero for an upgrade"),
    act("meridian/commerce/prod/eu-1/kafka-connect", Status::Degraded, 55, 130, "2 of 6 connectors failed"),
    act("meridian/commerce/dev/lab-1/payment-api", Status::Down, 100, 140, "image of the last merge does not start"),
    act("meridian/commerce/prod/eu-1/redis-sessions", Status::Down, 170, 235, "master lost, sentinel elects a new one"),
    act("meridian/core/prod/metal-1/rtr-edge-2", Status::Down, 250, 310, "no answer to three pings"),
    act("meridian/commerce/prod/eu-1/carrier-gateway", Status::Degraded, 285, 345, "two of nine carriers time out"),
];

/// Pushed by a job that has stopped: the last report is this old when the curtain rises.
pub const SILENT_FOR_MS: i64 = 9 * MINUTE;
const SILENT: &[&str] = &["meridian/core/prod/metal-1/hsm-1", "meridian/core/prod/metal-1/sftp-bank"];

/// A service in trouble of which somebody knows: an exclusion window is open over it.
pub const WINDOW_NOW: &str = "meridian/core/prod/metal-1/galera-3";
/// The SLA group of a window that is planned for the coming night.
pub const WINDOW_TO_COME: &str = "network-edge";

/// The play with its cast.
#[derive(Clone, Debug)]
pub struct Scenario {
    parts: Vec<Part>,
    needs: BTreeMap<ServicePath, Vec<ServicePath>>,
    played: bool,
}

/// The parts that declared services play.
pub fn parts<'a>(services: impl IntoIterator<Item = &'a DeclaredService>, default_every_ms: i64) -> Vec<Part> {
    services
        .into_iter()
        .map(|service| Part {
            path: service.path.clone(),
            sla_group: service.sla_group.clone(),
            backed_up: service.backup.as_ref().is_some_and(|b| b.expected),
            by_agent: service.workload.is_some(),
            every_ms: if service.workload.is_some() {
                crate::domain::health::staleness::AGENT_EVERY_MS
            } else {
                service.every_ms.map_or(default_every_ms, |(every, _)| every)
            },
            needs: service.requires.iter().filter(|d| d.critical).map(|d| d.path.clone()).collect(),
        })
        .collect()
}

impl Scenario {
    /// The play over the example.
    pub fn example(parts: Vec<Part>) -> Self {
        let needs = parts.iter().map(|p| (p.path.clone(), p.needs.clone())).collect();
        Self { parts, needs, played: true }
    }

    /// A quiet estate in which nothing happens by itself.
    pub fn quiet(parts: Vec<Part>) -> Self {
        Self { parts, needs: BTreeMap::new(), played: false }
    }

    /// Who takes part.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether the reporter of this service has fallen silent.
    pub fn is_silent(&self, path: &ServicePath) -> bool {
        self.played && SILENT.contains(&path.as_str())
    }

    /// How a service is at `elapsed_ms` after the start (negative: before), and what its reporter says.
    pub fn at(&self, path: &ServicePath, elapsed_ms: i64) -> (Status, String) {
        if !self.played {
            return (Status::Operational, String::new());
        }
        if let Some(act) = acting(path.as_str(), elapsed_ms) {
            return (act.status, act.message.to_owned());
        }
        let broken = self.needs.get(path).and_then(|needs| {
            needs.iter().find(|n| acting(n.as_str(), elapsed_ms).is_some_and(|a| a.status == Status::Down))
        });
        match broken {
            Some(needed) => (Status::Degraded, format!("{} does not answer", needed.service())),
            None => (Status::Operational, String::new()),
        }
    }

    /// When something next changes after `elapsed_ms`, in milliseconds after the start.
    pub fn next_edge(&self, elapsed_ms: i64) -> Option<i64> {
        if !self.played {
            return None;
        }
        let round = elapsed_ms.div_euclid(ROUND_S * SECOND);
        let opening = OPENING.iter().flat_map(|a| [a.from_s, a.until_s]);
        let rounds = ROUND
            .iter()
            .flat_map(|a| [a.from_s, a.until_s])
            .flat_map(|s| [s + round * ROUND_S, s + (round + 1) * ROUND_S])
            .filter(|s| *s >= 0);
        opening.chain(rounds).map(|s| s * SECOND).filter(|at| *at > elapsed_ms).min()
    }

    /// When a service's opening act began, in milliseconds after the start (so negative), if it has one.
    pub fn began_before_start(&self, path: &ServicePath) -> Option<i64> {
        if !self.played {
            return None;
        }
        let own = OPENING.iter().find(|a| a.service == path.as_str());
        let needed = || {
            let needs = self.needs.get(path)?;
            OPENING.iter().find(|a| a.status == Status::Down && needs.iter().any(|n| n.as_str() == a.service))
        };
        own.or_else(needed).map(|a| a.from_s * SECOND)
    }
}

fn acting(service: &str, elapsed_ms: i64) -> Option<&'static Act> {
    let opening = OPENING.iter().find(|a| a.service == service && during(a, elapsed_ms));
    let in_round = elapsed_ms.rem_euclid(ROUND_S * SECOND);
    opening.or_else(|| ROUND.iter().find(|a| elapsed_ms >= 0 && a.service == service && during(a, in_round)))
}

const fn during(act: &Act, at_ms: i64) -> bool {
    at_ms >= act.from_s * SECOND && at_ms < act.until_s * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ServicePath {
        ServicePath::parse(text).unwrap()
    }

    fn part(name: &str, needs: &[&str]) -> Part {
        Part {
            path: path(name),
            sla_group: None,
            backed_up: false,
            by_agent: true,
            every_ms: 30_000,
            needs: needs.iter().map(|n| path(n)).collect(),
        }
    }

    #[test]
    fn what_needs_a_down_database_is_degraded_with_it_and_recovers_with_it() {
        let database = "meridian/commerce/prod/eu-1/postgres-payments";
        let api = "meridian/commerce/prod/eu-1/payment-api";
        let play = Scenario::example(vec![part(database, &[]), part(api, &[database])]);
        assert_eq!(play.at(&path(database), 0).0, Status::Down);
        assert_eq!(play.at(&path(api), 0), (Status::Degraded, "postgres-payments does not answer".to_owned()));
        assert_eq!(play.began_before_start(&path(api)), Some(-240_000));
        assert_eq!(play.at(&path(api), 81_000).0, Status::Operational);
    }

    #[test]
    fn something_changes_within_forty_seconds_of_any_moment_of_the_first_round() {
        let play = Scenario::example(Vec::new());
        let mut at = 0;
        while at < ROUND_S * SECOND {
            let next = play.next_edge(at).unwrap();
            assert!(next > at && next - at <= 60 * SECOND, "quiet from {at} to {next}");
            at = next;
        }
        assert!(play.next_edge(0).unwrap() <= 40 * SECOND);
    }

    #[test]
    fn the_round_repeats_for_ever_and_not_before_the_start() {
        let play = Scenario::example(Vec::new());
        let search = path("meridian/commerce/prod/eu-1/search-api");
        assert_eq!(play.at(&search, -ROUND_S * SECOND + 30_000).0, Status::Operational);
        for round in [0, 1, 500] {
            assert_eq!(play.at(&search, (round * ROUND_S + 30) * SECOND).0, Status::Degraded);
        }
    }

    #[test]
    fn every_service_of_the_play_is_in_the_example() {
        let declared = crate::demo::example::files().into_values().collect::<String>();
        let cast = OPENING.iter().chain(ROUND).map(|a| a.service).chain(SILENT.iter().copied());
        for name in cast.chain([WINDOW_NOW, WINDOW_TO_COME]) {
            assert!(declared.contains(name), "{name} is nowhere in the example");
        }
    }
}
