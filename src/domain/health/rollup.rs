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
