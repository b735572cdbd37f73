//! How a node is: the worst of what is below it, counted, with the leaf that explains it.

use super::{Service, Status};
use crate::domain::hierarchy::ServicePath;

/// How many services have each status; indexed in the order of [`Status::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted(pub [u32; 5]);

impl Counted {
    /// One more of `status`.
    pub fn add(&mut self, status: Status) {
        self.0[status as usize] += 1;
    }

    /// How many have `status`.
    pub const fn of(self, status: Status) -> u32 {
        self.0[status as usize]
    }

    /// How many there are.
    pub fn total(self) -> u32 {
        self.0.iter().sum()
    }

    /// How many someone should look at.
    pub fn problems(self) -> u32 {
        Status::ALL.into_iter().filter(|s| s.is_problem()).map(|s| self.of(s)).sum()
    }
}

/// The state of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollUp {
    /// Worst of all below; OPERATIONAL for a node without services.
    pub status: Status,
    /// By status.
    pub counted: Counted,
    /// The leaf that explains the status: most critical, then longest, then first by path.
    pub because: Option<ServicePath>,
}

/// Roll up the services below one node. Does not depend on their order.
pub fn roll_up<'a>(services: impl IntoIterator<Item = &'a Service>) -> RollUp {
    let mut counted = Counted::default();
    let mut worst: Option<&Service> = None;
    for service in services {
        counted.add(service.health.status);
        if worst.is_none_or(|w| explains_better(service, w)) {
            worst = Some(service);
        }
    }
    RollUp {
        status: worst.map_or(Status::Operational, |w| w.health.status),
        counted,
        because: worst.filter(|w| w.health.status != Status::Operational).map(|w| w.path.clone()),
    }
}

/// Whether `a` explains a node better than `b`: worse, then more critical, then longer, then first by path.
pub fn explains_better(a: &Service, b: &Service) -> bool {
    let rank = |s: &Service| (s.health.status, s.criticality, std::cmp::Reverse(s.health.since));
    rank(a).cmp(&rank(b)).then_with(|| b.path.cmp(&a.path)).is_gt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{health::Criticality, samples, time::Timestamp};

    fn service(name: &str, status: Status, criticality: Criticality, since: i64) -> Service {
        let mut service = samples::service(&format!("acme/shop/prod/eu-1/{name}"), status);
        service.criticality = criticality;
        service.health.since = Timestamp::from_ms(since);
        service
    }

    #[test]
    fn the_worst_leaf_explains_then_the_most_critical_then_the_longest_then_the_first() {
        let because = |services: &[Service]| roll_up(services).because.map(|path| path.service().to_owned());
        let mut services = vec![service("z", Status::Degraded, Criticality::Critical, 0)];
        assert_eq!(because(&services).as_deref(), Some("z"));
        services.push(service("y", Status::Down, Criticality::Low, 90));
        assert_eq!(because(&services).as_deref(), Some("y"), "worse");
        services.push(service("x", Status::Down, Criticality::High, 90));
        assert_eq!(because(&services).as_deref(), Some("x"), "more critical");
        services.push(service("w", Status::Down, Criticality::High, 20));
        assert_eq!(because(&services).as_deref(), Some("w"), "longer");
        services.push(service("v", Status::Down, Criticality::High, 20));
        assert_eq!(because(&services).as_deref(), Some("v"), "first by path");
    }

    #[test]
    fn a_roll_up_does_not_depend_on_order() {
        let mut services: Vec<Service> = Status::ALL
            .into_iter()
            .flat_map(|status| (0..3).map(move |n| service(&format!("s{n}"), status, Criticality::ALL[n], 5)))
            .collect();
        let expected = roll_up(&services);
        for _ in 0..services.len() {
            services.rotate_left(1);
            assert_eq!(roll_up(&services), expected);
            assert_eq!(roll_up(services.iter().rev()), expected);
        }
    }

    #[test]
    fn it_counts_by_status_and_nothing_is_operational() {
        let nothing = roll_up([]);
        assert_eq!((nothing.status, nothing.counted.total(), nothing.because), (Status::Operational, 0, None));
        let services = [Status::Down, Status::Unknown, Status::Maintenance, Status::Operational, Status::Operational];
        let rolled = roll_up(&services.map(|status| service("s", status, Criticality::Low, 0)));
        assert_eq!((rolled.counted.total(), rolled.counted.problems()), (5, 2));
        assert_eq!((rolled.counted.of(Status::Operational), rolled.counted.of(Status::Down)), (2, 1));
        let well = roll_up(&[service("s", Status::Operational, Criticality::Low, 0)]);
        assert_eq!(well.because, None, "health needs no explanation");
    }
}
