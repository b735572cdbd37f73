//! Reporters that fell silent. One that stops is one fact, not one for each of its services.

use std::collections::BTreeMap;

use super::{Criticality, Service};
use crate::domain::{
    change::{Actor, Change, Fact},
    hierarchy::NodePath,
    time::Timestamp,
};

/// So many services that a reporter still speaks of others beside are told as one when it is silent about them.
pub const TOGETHER: usize = 3;

/// A reporter of whom some or all services were not heard of.
#[derive(Clone, Debug, PartialEq)]
pub struct SilentReporter<'a> {
    /// The node of an agent, or the name of a key.
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
        let node = self.services.first()?.path.node();
        self.services.iter().all(|s| s.path.is_under(&node)).then_some(node)
    }
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
        health::{Health, Silence, Status},
        samples,
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
        all.push(samples::service("unknown/unknown/unknown/unknown/x", Status::Unknown));
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
