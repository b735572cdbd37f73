//! The rows of the tree, in one walk.

use std::collections::BTreeSet;

use crate::{
    console::{filter::Filter, replica::Replica},
    domain::{
        health::{Service, rollup},
        hierarchy::NodePath,
    },
};

use super::TreeRow;

/// The rows to show. A filter, or problems only, unfolds everything that has something to show.
pub fn rows(replica: &Replica, filter: &Filter, problems_only: bool, folded: &BTreeSet<NodePath>) -> Vec<TreeRow> {
    if filter.is_empty() && !problems_only {
        return unfolded(replica, folded);
    }
    let shows = |service: &Service| (!problems_only || service.health.status.is_problem()) && filter.service(service);
    // Services stand in the same order in the estate and under the nodes: one walk over both.
    let mut services = replica.estate.services.values();
    let mut fits: Vec<Vec<&Service>> = Vec::with_capacity(replica.nodes.len());
    for node in &replica.nodes {
        fits.push(services.by_ref().take(node.services.len()).filter(|s| shows(s)).collect());
    }
    // Of each node all that fits below it: figures are those of what is shown.
    let mut below: Vec<Vec<&Service>> = fits.clone();
    for index in (0..replica.nodes.len()).rev() {
        if let Some(parent) = replica.nodes[index].parent {
            let own = below[index].clone();
            below[parent].extend(own);
        }
    }
    let mut rows = Vec::new();
    for (index, node) in replica.nodes.iter().enumerate().filter(|(index, _)| !below[*index].is_empty()) {
        let shown = rollup::roll_up(below[index].iter().copied());
        rows.push(TreeRow::Node { path: node.path.clone(), index, shown });
        rows.extend(fits[index].iter().map(|s| TreeRow::Service { path: s.path.clone() }));
    }
    rows
}

fn unfolded(replica: &Replica, folded: &BTreeSet<NodePath>) -> Vec<TreeRow> {
    let mut rows = Vec::with_capacity(replica.estate.services.len());
    let mut index = 0;
    while let Some(node) = replica.nodes.get(index) {
        rows.push(TreeRow::Node { path: node.path.clone(), index, shown: node.rolled.clone() });
        if folded.contains(&node.path) {
            index += node.below;
        } else {
            rows.extend(node.services.iter().map(|path| TreeRow::Service { path: path.clone() }));
        }
        index += 1;
    }
    rows
}
