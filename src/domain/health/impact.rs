//! Who needs whom: what a trouble comes from, and whom it hurts. Across clusters, and through circles.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Service, Services, Status, rollup::explains_better};
use crate::domain::hierarchy::ServicePath;

/// The needs of an estate, from both sides. What a service requires and who it says uses it are one relation.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    needs: Ways,
    users: Ways,
}

/// From a service to others, each once; whether it is critical.
type Ways = BTreeMap<ServicePath, BTreeMap<ServicePath, bool>>;

/// A service that is reached over needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which one; it may be in no tree.
    pub path: ServicePath,
    /// Over how many needs, from 1.
    pub steps: u32,
    /// Whether some way there has only needs that cannot be done without.
    pub critical: bool,
}

impl Needs {
    /// Of all services.
    pub fn of(services: &Services) -> Self {
        Self::between(services.values(), |_| true, |user| services.contains_key(user))
    }

    /// Of services in trouble, as far as they need each other: all that [`Self::causes`] looks at, at the price of those
    /// few.
    pub fn of_troubled(services: &Services) -> Self {
        let is_one = |path: &ServicePath| services.get(path).is_some_and(|s| is_troubled(s.health.status));
        Self::between(services.values().filter(|s| is_troubled(s.health.status)), is_one, is_one)
    }

    fn between<'a>(
        services: impl Iterator<Item = &'a Service>,
        is_needed: impl Fn(&ServicePath) -> bool,
        is_user: impl Fn(&ServicePath) -> bool,
    ) -> Self {
        let mut all = Self::default();
        for service in services {
            for need in service.requires.iter().filter(|need| is_needed(&need.path)) {
                all.add(&service.path, &need.path, need.critical);
            }
            for user in service.used_by.iter().filter(|user| is_user(user)) {
                all.add(user, &service.path, true);
            }
        }
        all
    }

    fn add(&mut self, user: &ServicePath, need: &ServicePath, critical: bool) {
        let note = |of: &mut Ways, from: &ServicePath, to: &ServicePath| {
            // Said from both sides it is one need; what the user says of it counts.
            of.entry(from.clone()).or_default().entry(to.clone()).or_insert(critical);
        };
        note(&mut self.needs, user, need);
        note(&mut self.users, need, user);
    }

    /// Who needs `path` directly.
    pub fn users(&self, path: &ServicePath) -> impl Iterator<Item = &ServicePath> {
        self.users.get(path).into_iter().flatten().map(|(user, _)| user)
    }

    /// Everything that `path` needs, nearest first, each once, itself never.
    pub fn needs_of(&self, path: &ServicePath) -> Vec<Reached> {
        reach(&self.needs, path)
    }

    /// Everything that needs `path`, nearest first, each once, itself never.
    pub fn users_of(&self, path: &ServicePath) -> Vec<Reached> {
        reach(&self.users, path)
    }

    /// What the trouble of `path` comes from: the DOWN service at the end of the needs that it cannot do without, while
    /// `status` says how everything is. None when it stands for itself.
    pub fn cause_of(
        &self,
        services: &Services,
        path: &ServicePath,
        status: impl Fn(&ServicePath) -> Status,
    ) -> Option<ServicePath> {
        if !is_troubled(status(path)) {
            return None;
        }
        let mut among = BTreeSet::from([path.clone()]);
        let mut next = vec![path];
        while let Some(at) = next.pop() {
            for (need, critical) in self.needs.get(at).into_iter().flatten() {
                if *critical && status(need) == Status::Down && among.insert(need.clone()) {
                    next.push(need);
                }
            }
        }
        self.causes_among(services, &among, status).remove(path)
    }

    /// Every service in trouble that another one explains, with that one. A cause is DOWN and is never explained by
    /// another; of those that need each other the one that explains best is the cause.
    pub fn causes(&self, services: &Services) -> BTreeMap<ServicePath, ServicePath> {
        let status = |path: &ServicePath| services.get(path).map_or(Status::Unknown, |s| s.health.status);
        let troubled = services.values().filter(|s| is_troubled(s.health.status)).map(|s| s.path.clone());
        self.causes_among(services, &troubled.collect(), status)
    }

    fn causes_among(
        &self,
        services: &Services,
        among: &BTreeSet<ServicePath>,
        status: impl Fn(&ServicePath) -> Status,
    ) -> BTreeMap<ServicePath, ServicePath> {
        let broken = |path: &ServicePath| among.contains(path) && status(path) == Status::Down;
        let first_need = |path: &ServicePath| {
            let needs = self.needs.get(path).into_iter().flatten();
            needs.filter(|(need, critical)| **critical && *need != path && broken(need)).map(|(need, _)| need).min()
        };
        let best = |all: &mut Vec<&ServicePath>| {
            all.sort_by(|a, b| match (services.get(a), services.get(b)) {
                (Some(a), Some(b)) if explains_better(a, b) => std::cmp::Ordering::Less,
                (Some(a), Some(b)) if explains_better(b, a) => std::cmp::Ordering::Greater,
                _ => a.cmp(b),
            });
        };
        let mut explained: BTreeMap<ServicePath, ServicePath> = BTreeMap::new();
        let mut roots: Vec<&ServicePath> = among.iter().filter(|p| broken(p) && first_need(p).is_none()).collect();
        best(&mut roots);
        let mut done: BTreeSet<&ServicePath> = BTreeSet::new();
        for root in roots {
            self.explain(root, among, &broken, (&mut done, &mut explained));
        }
        // What is left needs each other, or what does.
        for path in among.iter().filter(|path| broken(path)) {
            let mut way: Vec<&ServicePath> = Vec::new();
            let mut at = Some(path);
            while let Some(here) = at.filter(|here| !done.contains(here)) {
                if let Some(begin) = way.iter().position(|seen| *seen == here) {
                    let mut circle = way.split_off(begin);
                    best(&mut circle);
                    self.explain(circle[0], among, &broken, (&mut done, &mut explained));
                    break;
                }
                way.push(here);
                at = first_need(here).and_then(|need| among.get(need));
            }
        }
        explained
    }

    /// `root` explains itself and everything in `among` that cannot do without it, also through others that are DOWN.
    fn explain<'a>(
        &self,
        root: &'a ServicePath,
        among: &'a BTreeSet<ServicePath>,
        broken: &impl Fn(&ServicePath) -> bool,
        (done, explained): (&mut BTreeSet<&'a ServicePath>, &mut BTreeMap<ServicePath, ServicePath>),
    ) {
        done.insert(root);
        let mut next = VecDeque::from([root]);
        while let Some(at) = next.pop_front() {
            for (user, critical) in self.users.get(at).into_iter().flatten() {
                let Some(user) = among.get(user).filter(|_| *critical) else { continue };
                if done.insert(user) {
                    explained.insert(user.clone(), root.clone());
                    if broken(user) {
                        next.push_back(user);
                    }
                }
            }
        }
    }
}

const fn is_troubled(status: Status) -> bool {
    matches!(status, Status::Down | Status::Degraded)
}

fn reach(over: &Ways, from: &ServicePath) -> Vec<Reached> {
    // A longer way of critical needs counts, also where a shorter one can be done without.
    let vital: BTreeSet<&ServicePath> = rows(over, from, true).into_iter().flatten().collect();
    let mut found = Vec::new();
    for (steps, row) in (1..).zip(rows(over, from, false)) {
        found.extend(row.into_iter().map(|path| Reached { path: path.clone(), steps, critical: vital.contains(path) }));
    }
    found
}

/// What is one step away, then two, and so on; each once, in order of path.
fn rows<'a>(over: &'a Ways, from: &'a ServicePath, only_critical: bool) -> Vec<BTreeSet<&'a ServicePath>> {
    let mut all = Vec::new();
    let mut seen = BTreeSet::from([from]);
    let mut row = BTreeSet::from([from]);
    loop {
        let ways = row.iter().flat_map(|at| over.get(*at).into_iter().flatten());
        let ways = ways.filter(|(_, critical)| **critical || !only_critical).map(|(to, _)| to);
        row = ways.filter(|to| !seen.contains(to)).collect();
        if row.is_empty() {
            return all;
        }
        seen.extend(&row);
        all.push(row.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::{Criticality, Dependency},
        samples,
        time::Timestamp,
    };

    fn path(name: &str) -> ServicePath {
        ServicePath::parse(&format!("acme/shop/prod/{name}")).unwrap()
    }

    /// Each: cluster and name, status, what it cannot do without; a `?` before a need means it can.
    fn estate(all: &[(&str, Status, &[&str])]) -> Services {
        let made = all.iter().map(|(name, status, needs)| {
            let mut service = samples::service(path(name).as_str(), *status);
            service.requires = needs
                .iter()
                .map(|need| Dependency { path: path(need.trim_start_matches('?')), critical: !need.starts_with('?') })
                .collect();
            service
        });
        made.collect()
    }

    fn told(reached: &[Reached]) -> Vec<(&str, u32, bool)> {
        reached.iter().map(|r| (r.path.service(), r.steps, r.critical)).collect()
    }

    fn causes(services: &Services) -> Vec<(String, String)> {
        let all = Needs::of(services).causes(services);
        assert_eq!(Needs::of_troubled(services).causes(services), all, "who works explains nothing");
        all.iter().map(|(a, b)| (a.service().to_owned(), b.service().to_owned())).collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn what_is_needed_is_found_through_others_across_clusters_and_circles() {
        let mut services = estate(&[
            ("eu-1/web", Status::Operational, &["eu-1/api", "?eu-1/cache"]),
            ("eu-1/api", Status::Operational, &["metal/db", "?eu-1/cache", "eu-1/web"]),
            ("eu-1/cache", Status::Operational, &["metal/disk"]),
            ("metal/db", Status::Operational, &["gone/away"]),
        ]);
        services.get_mut(&path("metal/db")).unwrap().used_by = vec![path("eu-1/api"), path("no/body")];
        let needs = Needs::of(&services);
        let expected = [("api", 1, true), ("cache", 1, false), ("away", 3, true), ("db", 2, true), ("disk", 2, false)];
        let reached = needs.needs_of(&path("eu-1/web"));
        let mut found = told(&reached);
        found.sort_unstable();
        let mut wanted = expected.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
        assert_eq!(told(&needs.users_of(&path("metal/db"))), [("api", 1, true), ("web", 2, true)]);
        assert_eq!(needs.users(&path("metal/db")).count(), 1, "said from both sides it is one need");
        assert_eq!(needs.needs_of(&path("no/body")), [], "who is not there needs nothing");
    }

    #[test]
    fn a_longer_way_of_critical_needs_counts_where_a_shorter_one_can_be_done_without() {
        let services = estate(&[
            ("eu-1/web", Status::Operational, &["?eu-1/db", "eu-1/api"]),
            ("eu-1/api", Status::Operational, &["eu-1/db"]),
        ]);
        let reached = Needs::of(&services).needs_of(&path("eu-1/web"));
        assert_eq!(told(&reached), [("api", 1, true), ("db", 1, true)]);
    }

    #[test]
    fn symptoms_lead_to_the_end_of_the_chain_and_other_trouble_stands_for_itself() {
        let services = estate(&[
            ("eu-1/web", Status::Degraded, &["eu-1/api"]),
            ("eu-1/api", Status::Down, &["metal/db", "eu-1/queue"]),
            ("eu-1/queue", Status::Degraded, &[]),
            ("metal/db", Status::Down, &["metal/disk"]),
            ("metal/disk", Status::Operational, &[]),
            ("eu-1/mail", Status::Down, &["?metal/db"]),
            ("eu-1/shop", Status::Operational, &["metal/db"]),
        ]);
        assert_eq!(causes(&services), pairs(&[("api", "db"), ("web", "db")]));
        let needs = Needs::of(&services);
        let as_of_then = |p: &ServicePath| if *p == path("metal/db") { Status::Operational } else { Status::Down };
        assert_eq!(needs.cause_of(&services, &path("eu-1/web"), as_of_then), Some(path("eu-1/queue")));
    }

    #[test]
    fn of_those_that_need_each_other_the_one_that_explains_best_is_the_cause() {
        let mut services = estate(&[
            ("eu-1/a", Status::Down, &["eu-1/b"]),
            ("eu-1/b", Status::Down, &["eu-1/c"]),
            ("eu-1/c", Status::Down, &["eu-1/a", "eu-1/c"]),
            ("eu-1/user", Status::Down, &["eu-1/a"]),
        ]);
        assert_eq!(causes(&services), pairs(&[("b", "a"), ("c", "a"), ("user", "a")]), "first by path");
        services.get_mut(&path("eu-1/c")).unwrap().criticality = Criticality::Critical;
        assert_eq!(causes(&services), pairs(&[("a", "c"), ("b", "c"), ("user", "c")]), "most critical");
        services.get_mut(&path("eu-1/c")).unwrap().requires.clear();
        services.get_mut(&path("eu-1/c")).unwrap().criticality = Criticality::Low;
        assert_eq!(causes(&services), pairs(&[("a", "c"), ("b", "c"), ("user", "c")]), "the end of the chain");
    }

    #[test]
    fn of_two_causes_the_more_critical_then_the_longer_one_is_named() {
        let mut services = estate(&[
            ("eu-1/api", Status::Down, &["eu-1/x", "eu-1/y"]),
            ("eu-1/x", Status::Down, &[]),
            ("eu-1/y", Status::Down, &[]),
        ]);
        services.get_mut(&path("eu-1/x")).unwrap().health.since = Timestamp::from_ms(9);
        assert_eq!(causes(&services), pairs(&[("api", "y")]), "longer");
        services.get_mut(&path("eu-1/x")).unwrap().criticality = Criticality::Critical;
        assert_eq!(causes(&services), pairs(&[("api", "x")]), "more critical");
    }
}
