//! The tree of nodes over the services, each with its roll-up.

use std::collections::BTreeMap;

use super::{NodePath, ServicePath};
use crate::domain::health::{RollUp, Service, Status, rollup};

/// Every node with its roll-up, in path order; parents come before their children.
pub fn nodes<'a>(services: impl IntoIterator<Item = &'a Service>) -> BTreeMap<NodePath, RollUp> {
    let mut worst: BTreeMap<NodePath, (&Service, RollUp)> = BTreeMap::new();
    for service in services {
        let mut node = Some(service.path.node());
        while let Some(at) = node {
            let parent = at.parent();
            let (leaf, rolled) = worst.entry(at).or_insert_with(|| (service, RollUp::default()));
            rolled.counted.add(service.health.status);
            if rollup::explains_better(service, leaf) {
                *leaf = service;
            }
            node = parent;
        }
    }
    worst
        .into_iter()
        .map(|(node, (leaf, mut rolled))| {
            rolled.status = leaf.health.status;
            rolled.because = (rolled.status != Status::Operational).then(|| leaf.path.clone());
            (node, rolled)
        })
        .collect()
}

/// Services that need `path`, directly: those that say so and those it says are its users.
pub fn needed_by<'a>(services: &'a BTreeMap<ServicePath, Service>, path: &ServicePath) -> Vec<&'a ServicePath> {
    let declared = services.get(path).map(|s| s.used_by.as_slice()).unwrap_or_default();
    services
        .iter()
        .filter(|(other, service)| service.requires.iter().any(|d| d.path == *path) || declared.contains(other))
        .map(|(other, _)| other)
        .collect()
}
