//! What the writer knows: the estate as it will be, and the books that are nobody else's business.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    domain::{
        attention::telling::Episode,
        change::{Change, Fact, Seq},
        estate::Estate,
        gitops::{State, drift::Heard, state::Key},
        health::{
            Health, Origin, Services,
            clock_skew::ClockReading,
            late::Gaps,
            reporter::{self, Source},
        },
        hierarchy::{NodePath, ServicePath},
        sla::{DeclaredGroup, RetiredGroup},
        tickets::{
            EntryKind, TicketStatus,
            automatic::{Folded, is_over},
        },
        time::Timestamp,
    },
    server::store::{
        Loaded, Token,
        idempotency::Writes,
        load::Membership,
        promises::Promises,
        settled::{Settled, Unsettled},
        telling::Told,
    },
};

/// The writer's own picture. Only committed parts of it are ever shown to readers.
#[derive(Default)]
pub struct Truth {
    /// The estate with everything that is waiting to be committed.
    pub estate: Estate,
    /// The newest change.
    pub seq: Seq,
    /// Row ids of services, of retired ones too.
    pub ids: HashMap<ServicePath, i64>,
    /// The newest service row.
    pub last_service: i64,
    /// The newest change point.
    pub last_history: i64,
    /// Times in which nobody spoke of a service, of those that have any.
    pub gaps: HashMap<ServicePath, Gaps>,
    /// Up to where the store is in order.
    pub settled: Settled,
    /// Services whose health is only in the log.
    pub unsettled: Unsettled,
    /// Declared once, not any more; as they were last.
    pub retired: Services,
    /// What is declared and in force.
    pub state: Arc<State>,
    /// The newest reconciliation.
    pub last_reconciled: i64,
    /// What reporters said services are.
    pub heard: BTreeMap<ServicePath, Heard>,
    /// Who belonged to which SLA group when.
    pub memberships: BTreeMap<String, Arc<Membership>>,
    /// SLA groups as last accepted.
    pub groups: BTreeMap<String, DeclaredGroup>,
    /// SLA groups that are not declared any more, as long as their results can be corrected.
    pub retired_groups: BTreeMap<String, RetiredGroup>,
    /// Windows and results: numbers given out, and what waits. The windows themselves are in the estate.
    pub promises: Promises,
    /// What was told outside as begun and not yet as ended.
    pub episodes: BTreeMap<Episode, Told>,
    /// The newest ticket.
    pub last_ticket: u64,
    /// Length of each ticket's history.
    pub entries: HashMap<u64, u32>,
    /// Open automatic tickets by service. RESOLVED counts as open.
    pub automatic: HashMap<ServicePath, u64>,
    /// Services that were folded into the ticket of another one.
    pub folded: BTreeMap<ServicePath, Folded>,
    /// Live automatic tickets whose last word was that the service works again.
    pub recovered: BTreeSet<u64>,
    /// When each RESOLVED ticket became so.
    pub resolved: HashMap<u64, Timestamp>,
    /// Writes of the last 24 hours.
    pub writes: Writes,
    /// Refresh tokens by hash.
    pub tokens: HashMap<String, Token>,
    /// Services that were held for silent as the core started, of which nobody is told yet: see [`super::silence`].
    pub awaited: BTreeSet<ServicePath>,
    /// What is known since this start only.
    pub session: SinceStart,
}

/// What is declared of the reports of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// How often one comes, and whether that is assumed.
    pub every: Option<(i64, bool)>,
    /// The job that pushes it.
    pub job: Option<Arc<str>>,
}

impl Expected {
    /// As far as the last report of a declared service tells; an agent's tells nothing.
    fn of(health: &Health) -> Option<Self> {
        let job = match Source::of(&health.reporter) {
            Source::Agent(_) => return None,
            Source::Job(job) => Some(job.into()),
            Source::Key(..) | Source::Named(_) => None,
        };
        Some(Self { every: Some((health.every_ms, health.every_is_assumed)), job })
    }
}

/// What is known since this start only; kept when the rest is read again.
#[derive(Default)]
pub struct SinceStart {
    /// When the core was opened.
    pub opened_at: Timestamp,
    /// When the core went on after it had stood still; none if it never did.
    pub went_on_at: Option<Timestamp>,
    /// When the newest batch was begun; none before the first one.
    pub turned_at: Option<Timestamp>,
    /// What is declared of the reports of services.
    pub expected: HashMap<ServicePath, Expected>,
    /// When the reporter that speaks for a service was last heard, of services on which another one reports too.
    pub spoke: HashMap<ServicePath, Timestamp>,
    /// What the last reports said of the clocks of their reporters, by service, where that is to be looked at.
    pub clocks: HashMap<ServicePath, ClockReading>,
    /// New services by key: the hour, and how many.
    pub created: HashMap<String, (i64, u32)>,
    /// SLA groups whose figures are to be made anew.
    pub touched: BTreeSet<String>,
    /// Last-seen times that are not on disk yet, by service row.
    pub unflushed: HashMap<i64, i64>,
    /// When each agent last spoke.
    pub agents: BTreeMap<NodePath, Timestamp>,
    /// When windows that begin and end by themselves were last looked at.
    pub windows_at: Timestamp,
    /// Up to which change the log on disk holds only the figures worth keeping.
    pub figures_thinned: i64,
    /// The day number on which raw history was thinned last.
    pub thinned: Option<i64>,
    /// The correction of kept results that is being looked into, or was last.
    pub correction_in_work: Option<i64>,
    /// Things of which the newest accepted reading held a step.
    pub held: BTreeSet<Key>,
}

impl SinceStart {
    /// What whoever pushes for `path` with this key is called.
    pub fn pusher(&self, key: &str, path: &ServicePath) -> String {
        let job = self.expected.get(path).and_then(|expected| expected.job.as_deref());
        job.map_or_else(|| reporter::of_key(key, path), reporter::of_job)
    }
}

impl Truth {
    /// The picture of what the store holds. Figures of SLA groups are not in it yet.
    pub fn of(mut loaded: Loaded, production: Vec<String>, simulated: bool, session: SinceStart) -> Self {
        let windows = std::mem::take(&mut loaded.promises.windows);
        let mut truth = Self {
            estate: Estate {
                services: loaded.services,
                tickets: loaded.tickets,
                budgets: BTreeMap::new(),
                windows,
                handled: loaded.handled,
                failing_receivers: loaded.failing_receivers,
                source: loaded.source,
                simulated: simulated || loaded.simulated,
                production,
            },
            seq: loaded.seq,
            last_service: loaded.ids.values().copied().max().unwrap_or(0),
            ids: loaded.ids,
            last_history: loaded.last_history,
            gaps: loaded.gaps,
            settled: loaded.settled,
            unsettled: loaded.unsettled,
            retired: loaded.retired,
            state: Arc::new(loaded.state),
            last_reconciled: loaded.last_reconciled,
            heard: loaded.heard,
            memberships: loaded.memberships,
            groups: loaded.groups,
            retired_groups: loaded.retired_groups,
            promises: loaded.promises,
            episodes: loaded.episodes,
            last_ticket: loaded.last_ticket,
            entries: loaded.entries,
            automatic: HashMap::new(),
            folded: loaded.folded,
            recovered: BTreeSet::new(),
            resolved: loaded.resolved,
            writes: loaded.writes,
            tokens: loaded.tokens,
            awaited: loaded.awaited,
            session,
        };
        for service in truth.estate.services.values_mut() {
            let unflushed = truth.ids.get(&service.path).and_then(|id| truth.session.unflushed.get(id));
            service.health.last_seen = service.health.last_seen.max(unflushed.map(|ms| Timestamp::from_ms(*ms)));
        }
        if truth.session.expected.is_empty() {
            // Until a repository is read, what was declared is what was last accepted.
            let declared = truth.estate.services.values().filter(|s| s.origin == Origin::Git);
            let expected = declared.filter_map(|s| Some((s.path.clone(), Expected::of(&s.health)?)));
            truth.session.expected = expected.collect();
        }
        for ticket in truth.estate.tickets.values().filter(|t| t.automatic && t.is_live()) {
            let Some(path) = &ticket.service else { continue };
            truth.automatic.insert(path.clone(), ticket.number);
            let works_again = match &loaded.recovered {
                Some(known) => known.contains(&ticket.number),
                None => is_over(ticket, &truth.estate.services),
            };
            if works_again {
                truth.recovered.insert(ticket.number);
            }
        }
        truth
    }

    /// Whether pushes left anything to be brought into order in the store.
    pub fn is_unsettled(&self) -> bool {
        !self.unsettled.is_empty() || self.last_history != self.settled.point
    }

    /// Make `change` true in the estate and in the books that follow from it.
    pub fn apply(&mut self, change: &Arc<Change>) {
        if let Fact::TicketChanged { ticket, entry } = &change.fact {
            self.entries.insert(ticket.number, entry.index);
            if let EntryKind::Moved { to, .. } = entry.kind {
                if to == TicketStatus::Resolved {
                    self.resolved.insert(ticket.number, change.at);
                } else {
                    self.resolved.remove(&ticket.number);
                }
            }
            if !ticket.is_live() {
                self.recovered.remove(&ticket.number);
            }
            if let (true, Some(path)) = (ticket.automatic, &ticket.service) {
                if ticket.is_live() {
                    self.automatic.insert(path.clone(), ticket.number);
                } else if self.automatic.get(path) == Some(&ticket.number) {
                    self.automatic.remove(path);
                }
            }
        }
        self.seq = change.seq;
        self.estate.apply(change);
    }
}
