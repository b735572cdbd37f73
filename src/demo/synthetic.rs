//! A generated repository of any size, for measuring. Pure.

use std::fmt::Write;

use super::example::Files;

/// Services on one node.
const BY_NODE: u32 = 50;

/// A repository that declares `count` services over as many nodes as they need.
pub fn files(count: u32) -> Files {
    let mut files = Files::from([("platform/itops-values.yaml".to_owned(), TICKETING.to_owned())]);
    for node in 0..count.div_ceil(BY_NODE) {
        let (platform, environment, cluster) = place(node);
        let mut text = String::new();
        for index in (node * BY_NODE..count).take(BY_NODE as usize) {
            let name = format!("{}-{index:06}", KINDS[index as usize % KINDS.len()]);
            let team = TEAMS[index as usize / 7 % TEAMS.len()];
            let criticality = CRITICALITIES[index as usize % CRITICALITIES.len()];
            let _ = write!(
                text,
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-itops\n  namespace: {platform}\n  labels:\n    \
                 itops.io/config: \"true\"\ndata:\n  it-ops.yaml: |\n    path: acme/{platform}/{environment}/{cluster}/{name}\n    \
                 displayName: Service {index}\n    team: {team}\n    criticality: {criticality}\n    workload:\n      \
                 type: deployment\n      name: {name}\n---\n"
            );
        }
        files.insert(format!("services/{platform}/{environment}-{cluster}.yaml"), text);
    }
    files
}

const KINDS: [&str; 8] = ["api", "worker", "gateway", "database", "cache", "queue", "batch", "frontend"];
const TEAMS: [&str; 6] = ["payments", "storefront", "logistics", "data", "platform", "network"];
// Nothing high or critical: a flood of changes must not become a flood of tickets.
const CRITICALITIES: [&str; 3] = ["medium", "low", "medium"];

const TICKETING: &str = "ticketing:\n  org: acme\n  groups:\n    - name: service-desk\n      users: [oncall]\n  workflows:\n    \
    - name: incident_response\n      displayName: Incident Response\n      transitions:\n        \
    - {from: OPEN, to: IN_PROGRESS, role: assignee}\n        - {from: IN_PROGRESS, to: RESOLVED, role: assignee}\n        \
    - {from: RESOLVED, to: CLOSED, role: requester}\n        - {from: RESOLVED, to: IN_PROGRESS, role: any}\n  catalog:\n    \
    categories:\n      - {name: incidents, displayName: Incidents}\n    items:\n      - name: service_down\n        \
    category: incidents\n        displayName: Service Down\n        workflow: incident_response\n        \
    defaults: {priority: HIGH, assigneeGroup: service-desk}\n";

/// Platform, environment and cluster of a node: 8 clusters by environment, 3 environments by platform.
fn place(node: u32) -> (String, &'static str, String) {
    let environment = ["prod", "staging", "dev"][(node / 8 % 3) as usize];
    (format!("platform-{:03}", node / 24), environment, format!("cluster-{}", node % 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_as_many_services_as_asked_for_and_no_path_twice() {
        for count in [1, 50, 51, 2_345] {
            let mut paths = std::collections::BTreeSet::new();
            for text in files(count).values() {
                paths.extend(text.lines().filter(|l| l.starts_with("    path: ")).map(str::to_owned));
            }
            assert_eq!(paths.len(), count as usize);
        }
    }
}
