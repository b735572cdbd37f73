//! The tree of nodes over the services, each with its roll-up.

use std::collections::BTreeMap;

use super::NodePath;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{health::rollup::roll_up, hierarchy::ServicePath, samples};

    fn services() -> Vec<Service> {
        vec![
            samples::service("acme/shop/prod/eu-1/api", Status::Operational),
            samples::service("acme/shop/prod/eu-1/db", Status::Down),
            samples::service("acme/shop/dev/eu-1/db", Status::Degraded),
            samples::service("acme/infra/prod/metal/galera", Status::Maintenance),
            samples::service("other/x/prod/y/z", Status::Operational),
        ]
    }

    #[test]
    fn every_node_has_the_roll_up_of_what_lies_under_it() {
        let services = services();
        let nodes = nodes(&services);
        assert_eq!(nodes.len(), 9 + 4, "nine under acme, four under other, each once");
        for (node, rolled) in &nodes {
            assert_eq!(*rolled, roll_up(services.iter().filter(|s| s.path.is_under(node))), "{node}");
        }
        let acme = &nodes[&NodePath::parse("acme").unwrap()];
        assert_eq!(acme.because.as_ref().map(ServicePath::service), Some("db"));
        assert_eq!(acme.counted.total(), 4);
    }

    #[test]
    fn parents_come_before_their_children() {
        let services = services();
        let order: Vec<NodePath> = nodes(&services).into_keys().collect();
        for (index, node) in order.iter().enumerate() {
            if let Some(parent) = node.parent() {
                assert!(order[..index].contains(&parent), "{node}");
            }
        }
    }
}
