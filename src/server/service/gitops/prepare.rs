//! What a reading means: the plan, the state after it, and the rows that say so. Worked out outside of the writer.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{fatal_over, said};
use crate::{
    domain::{
        detail::{Commit, DeclaredIndex},
        gitops::{
            Live, Plan, Registry, Repository, Severity, State, Step,
            state::{Key, Last},
        },
        hierarchy::ServicePath,
    },
    server::{
        service::{shared::Reading, truth::Expected},
        store::declared::DeclaredRow,
    },
};

/// A step's field texts are kept of so many steps; of more, the steps alone.
const STEPS_WITH_FIELDS: usize = 1_000;

/// A reading, ready to be carried out.
pub struct Prepared {
    /// What was in force when this was worked out.
    pub before: Arc<State>,
    /// What is in force after it.
    pub next: Arc<State>,
    /// What is done, and what is held.
    pub plan: Plan,
    /// Keys of which a step is held.
    pub held: BTreeSet<Key>,
    /// Rows of what changes.
    pub rows: BTreeMap<(&'static str, Arc<str>), Option<DeclaredRow>>,
    /// Why nothing is done.
    pub rejected: Option<String>,
    /// What readers see of it.
    pub reading: Reading,
    /// Whether anything in it is different from the newest reading.
    pub is_news: bool,
    /// What is declared of reports.
    pub expected: HashMap<ServicePath, Expected>,
    /// What takes effect.
    pub registry: Registry,
    /// As read.
    pub revision: Option<String>,
    /// As read.
    pub commit: Option<Commit>,
    /// How many files there are.
    pub files: u32,
    /// How many errors there are.
    pub errors: u32,
    /// How many warnings there are.
    pub warnings: u32,
    /// Set when a row cannot be written.
    pub broken: Option<String>,
}

impl Prepared {
    /// What `repository` means over `before`. Shares with `last` what is the same, and gives back what the next one may
    /// share.
    pub fn of(
        repository: Repository,
        before: Arc<State>,
        newest: &Reading,
        live: &Live,
        mut last: Last,
    ) -> (Self, Last) {
        let rejected = fatal_over(&repository, &before).map(said);
        let (plan, next) = match &rejected {
            None => {
                let after = State::again(&repository, &last);
                let plan = Plan::between(&before, &after, &repository.faults, live);
                let next = Arc::new(before.apply(&plan, &after));
                last = Last::new(repository.registry.services.clone(), after);
                (plan, next)
            }
            Some(_) => {
                let (from, to) = (before.revision.clone(), repository.revision.clone());
                (Plan { from, to, steps: Vec::new() }, before.clone())
            }
        };
        let key = |step: &crate::domain::gitops::Step| (step.kind, step.name.clone());
        let held = plan.steps.iter().filter(|s| s.held.is_some()).map(key).collect();
        let mut rows = BTreeMap::new();
        let mut broken = None;
        for step in plan.steps.iter().filter(|s| s.held.is_none()) {
            let row = next.things.get(&key(step)).map(|thing| DeclaredRow::of(thing)).transpose();
            let row = row.unwrap_or_else(|e| {
                broken = Some(e);
                None
            });
            rows.insert((step.kind.word(), step.name.clone()), row);
        }
        let count = |s| counted(repository.faults.iter().filter(|f| f.severity == s).count());
        let reported = repository.registry.services.values().filter(|s| s.every_ms.is_some() || s.pushed_by.is_some());
        let expected = reported.map(|s| (s.path.clone(), Expected { every: s.every_ms, job: s.pushed_by.clone() }));
        let index = DeclaredIndex {
            revision: repository.revision.clone(),
            commit: repository.commit.clone(),
            files: repository.files,
            declared: repository.declared,
            faults: repository.faults.clone(),
        };
        let reading = Reading { index: Arc::new(index), sources: Arc::new(repository.sources) };
        let prepared = Self {
            is_news: reading != *newest,
            files: counted(reading.index.files.len()),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            expected: expected.collect(),
            before,
            next,
            plan,
            held,
            rows,
            rejected,
            reading,
            registry: repository.registry,
            revision: repository.revision,
            commit: repository.commit,
            broken,
        };
        (prepared, last)
    }

    /// Whether anything is carried out.
    pub fn does_something(&self) -> bool {
        self.plan.steps.iter().any(|step| step.held.is_none())
    }

    /// The plan as it is kept: of very many steps without their fields.
    pub fn kept(&self) -> Plan {
        if self.plan.steps.len() <= STEPS_WITH_FIELDS {
            return self.plan.clone();
        }
        let bare = |step: &Step| Step {
            action: step.action,
            kind: step.kind,
            name: step.name.clone(),
            place: step.place.clone(),
            fields: Vec::new(),
            takes: step.takes.clone(),
            held: step.held.clone(),
        };
        let steps = self.plan.steps.iter().map(bare).collect();
        Plan { from: self.plan.from.clone(), to: self.plan.to.clone(), steps }
    }
}

fn counted(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
