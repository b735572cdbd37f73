//! What would change, said before it happens: deletions first, each with what goes with it.
//!
//! A plan is the difference of two [`State`](super::State)s under the prune rules (PRODUCT.md 1.6). Reconciling carries out exactly
//! the steps of the plan that are not held; a plan without steps means reconciling changes nothing.
//!
//! Start at [`Plan::between`], in [`between`]; [`takes`] says what goes with a step.

mod between;
mod rename;
mod takes;

use std::sync::Arc;

use super::{DeclaredKind, Place, Shown};
use crate::domain::{detail::Commit, hierarchy::ServicePath, time::Timestamp};

/// What a step does, in the order in which steps are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// No longer declared: it goes (a service is retired, its history stays).
    Delete,
    /// Declared for the first time.
    Create,
    /// Declared differently.
    Update,
    /// Says the same from another file or line. No change of the declared state.
    Move,
}

impl Action {
    /// Every action, in order.
    pub const ALL: [Self; 4] = [Self::Delete, Self::Create, Self::Update, Self::Move];

    /// One word, as in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Create => "create",
            Self::Update => "update",
            Self::Move => "move",
        }
    }

    /// The action for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.word() == word)
    }
}

/// One thing that would change.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What would be done.
    pub action: Action,
    /// To what kind of thing.
    pub kind: DeclaredKind,
    /// Its full name.
    pub name: Arc<str>,
    /// Where it is declared; for a deletion, where it was.
    pub place: Option<Place>,
    /// Field by field; all fields of a created or deleted thing.
    pub fields: Vec<FieldChange>,
    /// What goes with it, or is affected, in words for people ("2 open tickets: #12, #40"); worst first.
    pub takes: Vec<String>,
    /// Why it is not carried out, when it is not.
    pub held: Option<Held>,
}

/// One field before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// As declared, for example `slaGroup`.
    pub field: Arc<str>,
    /// None: it said nothing before.
    pub old: Option<Shown>,
    /// None: it says nothing any more.
    pub new: Option<Shown>,
}

/// Why a step is not carried out: a deletion or an update that the reading is no proof of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// No valid entry of this kind was read in this cycle.
    NoEntry(DeclaredKind),
    /// A file is broken, holds an error or is not understood any more, and its repair may take the change back.
    BrokenFile(Arc<str>),
    /// The source is missing, unreadable or empty.
    NoSource,
    /// Why, in the words of the core that holds it.
    Said(Arc<str>),
}

impl Held {
    /// Why, in words for people.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoEntry(kind) => {
                let what = if *kind == DeclaredKind::Values { "organization" } else { kind.word() };
                format!("no valid {what} is declared any more, and an empty kind deletes nothing")
            }
            Self::BrokenFile(file) => {
                format!("{file} has errors or is not understood any more; what was declared before stays")
            }
            Self::NoSource => "the source is missing, unreadable or empty, and that deletes nothing".to_owned(),
            Self::Said(why) => why.to_string(),
        }
    }
}

/// Everything that would change between two states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Commit before, when there is one.
    pub from: Option<String>,
    /// Commit after, when there is one.
    pub to: Option<String>,
    /// By action, then what most hangs on, then name; held ones among them.
    pub steps: Vec<Step>,
}

/// How many steps of each action there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Deletions that would be carried out.
    pub delete: usize,
    /// Creations.
    pub create: usize,
    /// Updates.
    pub update: usize,
    /// Moves to another place.
    pub moved: usize,
    /// Deletions and updates that are held.
    pub held: usize,
}

/// What lives on the declared state in a running core: decides what a deletion takes with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// Tickets that are not closed.
    pub tickets: Vec<LiveTicket>,
    /// Accounts of each provider, by its name.
    pub logins: Vec<(String, u32)>,
}

/// As much of an open ticket as a plan needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTicket {
    /// Its number.
    pub number: u64,
    /// What it is about.
    pub service: Option<ServicePath>,
    /// Full name of its workflow.
    pub workflow: String,
    /// Full name of its catalog item.
    pub item: Option<String>,
    /// Group it is assigned to, as written.
    pub group: Option<String>,
}

/// One reconciliation that took place.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconciled {
    /// When.
    pub at: Timestamp,
    /// The commit that was read, where git tells.
    pub commit: Option<Commit>,
    /// What was done, and what was held. Field texts of more than a thousand steps are left out; never the steps.
    pub plan: Plan,
    /// Why nothing was done, when the reading was rejected.
    pub rejected: Option<String>,
}

/// Which steps to show. What is not said is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this action.
    pub action: Option<Action>,
    /// Only this kind.
    pub kind: Option<DeclaredKind>,
    /// Only names that are this, or lie below it: `acme/shop` means `acme/shop/prod/...`, not `acme/shopping`.
    pub under: Option<String>,
}

impl Filter {
    /// Whether a step is asked for.
    pub fn wants(&self, step: &Step) -> bool {
        let below = |under: &str| {
            let under = under.trim_end_matches('/');
            step.name.strip_prefix(under).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.action.is_none_or(|action| step.action == action)
            && self.kind.is_none_or(|kind| step.kind == kind)
            && self.under.as_deref().is_none_or(|under| under.is_empty() || below(under))
    }
}

impl Step {
    /// What happens to one field.
    pub fn change(&self, field: &str) -> Option<&FieldChange> {
        self.fields.iter().find(|change| *change.field == *field)
    }

    /// Whether reconciling does something for it: it is not held, and more than a move to another line.
    pub fn is_carried_out(&self) -> bool {
        self.held.is_none() && self.action != Action::Move
    }
}

impl Plan {
    /// Whether nothing would change. Held steps and moves change nothing.
    pub fn is_empty(&self) -> bool {
        self.carried_out().next().is_none()
    }

    /// The steps that change something.
    pub fn carried_out(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.is_carried_out())
    }

    /// The steps that are held, each with its reason.
    pub fn held(&self) -> impl Iterator<Item = (&Step, &Held)> {
        self.steps.iter().filter_map(|step| step.held.as_ref().map(|held| (step, held)))
    }

    /// How many of each.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            let slot = match (step.held.is_some(), step.action) {
                (true, _) => &mut counts.held,
                (false, Action::Delete) => &mut counts.delete,
                (false, Action::Create) => &mut counts.create,
                (false, Action::Update) => &mut counts.update,
                (false, Action::Move) => &mut counts.moved,
            };
            *slot += 1;
        }
        counts
    }

    /// The same with the steps that `filter` asks for only.
    #[must_use]
    pub fn filter(&self, filter: &Filter) -> Self {
        let steps = self.steps.iter().filter(|step| filter.wants(step)).cloned().collect();
        Self { from: self.from.clone(), to: self.to.clone(), steps }
    }
}
