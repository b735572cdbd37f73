//! What we know of the core: its estate, and what follows from it.
//!
//! Changes are applied at once; what follows (the tree with its roll-ups, the ranked problems) is rebuilt at most once
//! per frame, by [`Replica::settle`], and only when something changed. Start at [`Replica`]; the ranking is in
//! [`super::problems`].

use std::collections::{HashMap, VecDeque};

use crate::domain::{
    change::{Change, Fact, Seq},
    estate::{Estate, Snapshot},
    health::{BackupOutcome, Needs, RollUp, Service, Status, rollup},
    hierarchy::{NodePath, ServicePath},
    tickets::{Ticket, TicketStatus, automatic},
    time::Timestamp,
};

use super::{
    names::Names,
    problems::{self, Problem},
};

/// By the number of a ticket how its service is since when; none where that is gone.
pub type Over = HashMap<u64, Option<(Status, Timestamp)>>;

/// Changes kept for the feed.
pub const FEED_LIMIT: usize = 2_000;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Which.
    pub path: NodePath,
    /// How it is.
    pub rolled: RollUp,
    /// Number of the node above.
    pub parent: Option<usize>,
    /// How many nodes below it follow in the list.
    pub below: usize,
    /// Services directly on it, in order.
    pub services: Vec<ServicePath>,
}

/// A change in the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// What became true.
    pub change: Change,
    /// Whether a person would want to know: figures that only moved a little are not shown by default.
    pub notable: bool,
}

/// What changed between two snapshots while nobody was listening.
#[derive(Clone, Debug, PartialEq)]
pub struct Away {
    /// The last moment that was seen live.
    pub from: Timestamp,
    /// When the picture was whole again.
    pub to: Timestamp,
    /// Services whose status is another one, with what it was.
    pub services: Vec<(ServicePath, Status, Status)>,
    /// Tickets that are new or changed.
    pub tickets: Vec<u64>,
}

/// Everything we know of the core.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    /// What is true.
    pub estate: Estate,
    /// Names the log.
    pub epoch: String,
    /// The last change that is in it.
    pub seq: Seq,
    /// Whether a snapshot ever came.
    pub loaded: bool,
    /// When the newest fact was true, by the core's clock.
    pub as_of: Timestamp,
    /// Counts every change of the estate.
    pub version: u64,
    /// Newest first.
    pub feed: VecDeque<Seen>,
    /// What the last gap hid.
    pub away: Option<Away>,
    /// In path order; parents come before what is below them.
    pub nodes: Vec<Node>,
    /// Everything together.
    pub rolled: RollUp,
    /// What needs a person now, most urgent first.
    pub problems: Vec<Problem>,
    /// Who needs whom.
    pub needs: Needs,
    /// What tells services apart.
    pub names: Names,
    /// Live tickets about a service, most urgent first.
    pub tickets_about: HashMap<ServicePath, Vec<u64>>,
    /// Tickets that the core opened for what is over, though nobody resolved them.
    pub over: Over,
    /// How many live tickets have a running clock that ran out.
    pub late_tickets: usize,
    /// Counts every rebuilding of what follows.
    pub derived: u64,
    settled: Option<(u64, i64)>,
    structure: u64,
    settled_structure: Option<u64>,
}

/// What taking in a change asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was known already.
    Known,
    /// It is true now.
    New,
    /// Changes before it are missing: a new snapshot is needed.
    Gap,
}

impl Replica {
    /// Take over a snapshot. `last_live` is the last moment at which the old picture was known to be true.
    pub fn take_snapshot(&mut self, snapshot: Snapshot, last_live: Option<Timestamp>) {
        if self.loaded {
            let away = compare(&self.estate, &snapshot.estate, last_live.unwrap_or(self.as_of), snapshot.at);
            if !away.services.is_empty() || !away.tickets.is_empty() {
                self.away = Some(away);
            }
        }
        self.estate = snapshot.estate;
        self.epoch = snapshot.epoch;
        self.seq = snapshot.seq;
        self.as_of = snapshot.at;
        self.loaded = true;
        self.version += 1;
        self.structure += 1;
    }

    /// Make a change true, if it is the next one.
    pub fn take(&mut self, change: Change) -> Taken {
        if change.seq <= self.seq || !self.loaded {
            return Taken::Known;
        }
        if change.seq != self.seq.next() {
            return Taken::Gap;
        }
        let notable = self.is_notable(&change.fact);
        self.estate.apply(&change);
        self.seq = change.seq;
        self.as_of = self.as_of.max(change.at);
        self.version += 1;
        if matches!(change.fact, Fact::ServiceDeclared(_) | Fact::ServiceRetired(_)) {
            self.structure += 1;
        }
        self.feed.push_front(Seen { change, notable });
        self.feed.truncate(FEED_LIMIT);
        Taken::New
    }

    fn is_notable(&self, fact: &Fact) -> bool {
        let known = |path: &ServicePath| self.estate.services.get(path);
        match fact {
            Fact::BudgetChanged(group) => {
                self.estate.budgets.get(&group.name).is_none_or(|was| was.budget.state != group.budget.state)
            }
            Fact::StorageChanged { path, storage } => {
                known(path).and_then(|s| s.storage.as_ref()).is_none_or(|was| was.state() != storage.state())
            }
            Fact::ServiceDeclared(service) => known(&service.path).is_none(),
            Fact::HealthChanged { path, was, health } => {
                let silent = known(path).is_some_and(|s| s.health.silence.is_some());
                *was != health.status || silent != health.silence.is_some()
            }
            _ => notable_by_itself(fact),
        }
    }

    /// Older changes for the feed, newest first, as an answer to a call.
    pub fn take_older(&mut self, changes: Vec<Change>) {
        let oldest = self.feed.back().map(|seen| seen.change.seq);
        for change in changes {
            if oldest.is_none_or(|seq| change.seq < seq) && self.feed.len() < FEED_LIMIT {
                let notable = notable_by_itself(&change.fact);
                self.feed.push_back(Seen { change, notable });
            }
        }
        self.version += 1;
    }

    /// Something in the estate was changed by ourselves (an optimistic move, or its undoing).
    pub const fn touched(&mut self) {
        self.version += 1;
    }

    /// Rebuild what follows from the estate, if it changed or a minute went by. Returns whether anything was rebuilt.
    pub fn settle(&mut self, now: Timestamp) -> bool {
        let minute = now.ms().div_euclid(crate::domain::time::MINUTE);
        if self.settled == Some((self.version, minute)) {
            return false;
        }
        if self.settled_structure != Some(self.structure) {
            self.needs = Needs::of(&self.estate.services);
            self.names = Names::of(&self.estate.services);
            self.settled_structure = Some(self.structure);
        }
        self.nodes = tree(&self.estate);
        self.rolled = rollup::roll_up(self.estate.services.values());
        self.problems = problems::rank(&self.estate, &self.needs, now);
        self.tickets_about = about(&self.estate);
        self.over = over(&self.estate);
        self.late_tickets = self.estate.tickets.values().filter(|ticket| ticket.is_breaching(now)).count();
        self.settled = Some((self.version, minute));
        self.derived += 1;
        true
    }

    /// The node of a path, with its number.
    pub fn node(&self, path: &NodePath) -> Option<(usize, &Node)> {
        let index = self.nodes.iter().position(|node| node.path == *path)?;
        Some((index, &self.nodes[index]))
    }

    /// Live tickets about a service, most urgent first.
    pub fn tickets_of(&self, path: &ServicePath) -> impl Iterator<Item = &Ticket> {
        let numbers = self.tickets_about.get(path).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|number| self.estate.tickets.get(number))
    }

    /// The live ticket about how a service is: the one that was opened for that, else the most urgent one.
    pub fn ticket_about_health(&self, path: &ServicePath) -> Option<&Ticket> {
        let is_open = |t: &&Ticket| t.automatic && t.status != TicketStatus::Resolved;
        self.tickets_of(path).find(is_open).or_else(|| self.tickets_of(path).next())
    }

    /// The most urgent live ticket about anything else of a service: one that was opened because it was in trouble is
    /// about that only.
    pub fn ticket_about_duties(&self, path: &ServicePath) -> Option<&Ticket> {
        self.tickets_of(path).find(|t| !t.automatic)
    }
}

/// Whether a change is worth a line though nothing is known of the state before it.
fn notable_by_itself(fact: &Fact) -> bool {
    match fact {
        Fact::BudgetChanged(_) | Fact::StorageChanged { .. } | Fact::ServiceDeclared(_) => false,
        Fact::HealthChanged { was, health, .. } => *was != health.status,
        Fact::BackupChanged { backup, .. } => {
            backup.last_report.is_some_and(|(_, outcome)| outcome != BackupOutcome::Success)
        }
        _ => true,
    }
}

/// All nodes in one walk: services come in path order, so those of one node stand together.
fn tree(estate: &Estate) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut leaves: Vec<&Service> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for service in estate.services.values() {
        let path = &service.path;
        while open.last().is_some_and(|index| !path.is_under(&nodes[*index].path)) {
            open.pop();
        }
        while open.len() < crate::domain::hierarchy::path::NODE_DEPTH {
            let Some(node) = ancestor(path, open.len() + 1) else {
                break;
            };
            let parent = open.last().copied();
            open.push(nodes.len());
            nodes.push(Node { path: node, rolled: RollUp::default(), parent, below: 0, services: Vec::new() });
            leaves.push(service);
        }
        for index in &open {
            nodes[*index].rolled.counted.add(service.health.status);
            if rollup::explains_better(service, leaves[*index]) {
                leaves[*index] = service;
            }
        }
        if let Some(last) = open.last() {
            nodes[*last].services.push(path.clone());
        }
    }
    for index in (0..nodes.len()).rev() {
        let leaf = leaves[index];
        nodes[index].rolled.status = leaf.health.status;
        nodes[index].rolled.because = (leaf.health.status != Status::Operational).then(|| leaf.path.clone());
        if let Some(parent) = nodes[index].parent {
            nodes[parent].below += nodes[index].below + 1;
        }
    }
    nodes
}

fn ancestor(path: &ServicePath, depth: usize) -> Option<NodePath> {
    let end = path.as_str().match_indices('/').nth(depth - 1)?.0;
    NodePath::parse(&path.as_str()[..end]).ok()
}

fn about(estate: &Estate) -> HashMap<ServicePath, Vec<u64>> {
    let mut about: HashMap<ServicePath, Vec<&Ticket>> = HashMap::new();
    for ticket in estate.tickets.values().filter(|t| t.is_live()) {
        if let Some(path) = &ticket.service {
            about.entry(path.clone()).or_default().push(ticket);
        }
    }
    about
        .into_iter()
        .map(|(path, mut tickets)| {
            let is_solved = |t: &Ticket| t.status == TicketStatus::Resolved;
            tickets.sort_by_key(|t| (is_solved(t), std::cmp::Reverse(t.priority), t.status, t.number));
            (path, tickets.into_iter().map(|t| t.number).collect())
        })
        .collect()
}

fn over(estate: &Estate) -> Over {
    let open = estate.tickets.values().filter(|t| t.cause.is_some() && t.status < TicketStatus::Resolved);
    let over = open.filter(|ticket| automatic::is_over(ticket, &estate.services));
    let now = |ticket: &Ticket| {
        let health = &estate.services.get(ticket.service.as_ref()?)?.health;
        Some((health.status, health.since))
    };
    over.map(|ticket| (ticket.number, now(ticket))).collect()
}

fn compare(was: &Estate, is: &Estate, from: Timestamp, to: Timestamp) -> Away {
    let services = is
        .services
        .values()
        .filter_map(|now| {
            let before = was.services.get(&now.path)?;
            (before.health.status != now.health.status)
                .then(|| (now.path.clone(), before.health.status, now.health.status))
        })
        .collect();
    let tickets = is
        .tickets
        .values()
        .filter(|now| was.tickets.get(&now.number).is_none_or(|before| before.updated_at != now.updated_at))
        .map(|now| now.number)
        .collect();
    Away { from, to, services, tickets }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{change::Actor, hierarchy::tree::nodes as by_rule},
        testing::estate::{self, AT},
    };

    fn replica() -> Replica {
        let mut replica = Replica::default();
        replica.take_snapshot(estate::snapshot(), None);
        replica.settle(AT);
        replica
    }

    fn retire(replica: &Replica, seq: u64) -> Change {
        let path = replica.estate.services.keys().next().unwrap().clone();
        Change { seq: Seq(seq), at: AT, actor: Actor::System, fact: Fact::ServiceRetired(path) }
    }

    #[test]
    fn the_tree_is_the_one_the_rule_makes() {
        let replica = replica();
        let rule = by_rule(replica.estate.services.values());
        assert_eq!(replica.nodes.len(), rule.len());
        for node in &replica.nodes {
            assert_eq!(Some(&node.rolled), rule.get(&node.path), "{}", node.path);
        }
    }

    #[test]
    fn duplicates_change_nothing_and_a_gap_is_seen() {
        let mut replica = replica();
        let next = replica.seq.next().0;
        let services = replica.estate.services.len();
        assert_eq!(replica.take(retire(&replica, next + 1)), Taken::Gap);
        assert_eq!(replica.estate.services.len(), services);
        assert_eq!(replica.take(retire(&replica, next)), Taken::New);
        assert_eq!(replica.take(retire(&replica, next)), Taken::Known);
        assert_eq!(replica.estate.services.len(), services - 1);
    }

    #[test]
    fn nothing_is_rebuilt_while_nothing_changed() {
        let mut replica = replica();
        assert!(!replica.settle(AT));
        let next = replica.seq.next().0;
        replica.take(retire(&replica, next));
        assert!(replica.settle(AT));
    }

    #[test]
    fn what_a_gap_hid_is_told() {
        let mut replica = replica();
        let mut later = estate::snapshot();
        let path = estate::path("acme/shop/prod/eu-1/checkout");
        later.estate.services.get_mut(&path).unwrap().health.status = Status::Down;
        replica.take_snapshot(later, Some(AT));
        let away = replica.away.unwrap();
        assert_eq!(away.services, [(path, Status::Operational, Status::Down)]);
    }
}
