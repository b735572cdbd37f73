//! What would change, what was done, and what runs otherwise than declared.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{
    Time,
    gitops::{CommitView, PlaceView},
};
use crate::domain::gitops::{Drift, FieldChange, Live, LiveTicket, Plan, Reconciled, Running, Shown, State, Step};

/// A value as it may be shown.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Shown")]
pub struct ShownView {
    /// Cleaned text; none for a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Whether it is a secret; then its text is nowhere.
    #[serde(skip_serializing_if = "super::is_false")]
    secret: bool,
}

/// One field before and after.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "FieldChange")]
pub struct FieldChangeView {
    /// As declared, for example `slaGroup`.
    field: String,
    /// None: it said nothing before.
    old: Option<ShownView>,
    /// None: it says nothing any more.
    new: Option<ShownView>,
}

/// One thing that would change, or did.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "PlanStep")]
pub struct StepView {
    /// `delete`, `create`, `update` or `move`.
    action: &'static str,
    /// For example `service`, `workflow` or `sla-group`.
    kind: &'static str,
    /// Its full name.
    name: String,
    /// Where it is declared; for a deletion, where it was.
    place: Option<PlaceView>,
    /// Field by field.
    fields: Vec<FieldChangeView>,
    /// What goes with it, in words; worst first.
    takes: Vec<String>,
    /// Why it is not carried out, when it is not.
    held: Option<String>,
}

/// What would change between two states, or did.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Plan")]
pub struct PlanView {
    /// Commit before, when there is one.
    from: Option<String>,
    /// Commit after, when there is one.
    to: Option<String>,
    /// Deletions first, then by kind and name; held ones among them.
    steps: Vec<StepView>,
}

/// One reconciliation that took place.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Reconcile")]
pub struct ReconcileView {
    /// When.
    at: Time,
    /// The commit that was read, where git tells.
    commit: Option<CommitView>,
    /// What was done, and what was held.
    plan: PlanView,
    /// Why nothing was done, when the reading was rejected.
    rejected: Option<String>,
}

/// A service on both axes: is it declared, and does it run as declared?
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Drift")]
pub struct DriftView {
    /// Which service.
    path: String,
    /// `retired`, `undeclared` or `declared`.
    declared: &'static str,
    /// `differs`, `missing`, `never-reported`, `silent` or `as-declared`.
    running: &'static str,
    /// What differs: old is declared, new is reported.
    fields: Vec<FieldChangeView>,
    /// Who reports it.
    reporter: Option<String>,
    /// When a report last came.
    last_seen: Option<Time>,
    /// Where it is declared, or was.
    place: Option<PlaceView>,
}

/// The declared state in force with what lives on it, for a plan that is made elsewhere.
#[derive(Serialize)]
pub struct StateView {
    revision: Option<String>,
    things: Vec<ThingView>,
    live: LiveView,
}

#[derive(Serialize)]
struct ThingView {
    kind: &'static str,
    name: String,
    origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
    fields: Vec<FieldView>,
}

#[derive(Serialize)]
struct FieldView {
    name: String,
    #[serde(flatten)]
    shown: ShownView,
}

#[derive(Serialize)]
struct LiveView {
    tickets: Vec<LiveTicketView>,
    logins: Vec<LoginsView>,
}

#[derive(Serialize)]
struct LiveTicketView {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    workflow: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

#[derive(Serialize)]
struct LoginsView {
    provider: String,
    accounts: u32,
}

impl From<&Shown> for ShownView {
    fn from(shown: &Shown) -> Self {
        match shown {
            Shown::Plain(text) => Self { value: Some(text.to_string()), secret: false },
            // The fingerprint stays in this process.
            Shown::Secret(_) => Self { value: None, secret: true },
        }
    }
}

impl From<&FieldChange> for FieldChangeView {
    fn from(c: &FieldChange) -> Self {
        Self { field: c.field.to_string(), old: c.old.as_ref().map(Into::into), new: c.new.as_ref().map(Into::into) }
    }
}

impl From<Step> for StepView {
    fn from(s: Step) -> Self {
        Self {
            action: s.action.word(),
            kind: s.kind.word(),
            name: s.name.to_string(),
            place: s.place.map(Into::into),
            fields: s.fields.iter().map(Into::into).collect(),
            takes: s.takes,
            held: s.held.map(|held| held.sentence()),
        }
    }
}

impl From<Plan> for PlanView {
    fn from(p: Plan) -> Self {
        Self { from: p.from, to: p.to, steps: p.steps.into_iter().map(Into::into).collect() }
    }
}

impl From<Reconciled> for ReconcileView {
    fn from(r: Reconciled) -> Self {
        Self { at: Time(r.at), commit: r.commit.map(Into::into), plan: r.plan.into(), rejected: r.rejected }
    }
}

impl From<Drift> for DriftView {
    fn from(d: Drift) -> Self {
        let fields = match &d.running {
            Running::Differs(fields) => fields.iter().map(Into::into).collect(),
            _ => Vec::new(),
        };
        Self {
            path: d.path.as_str().to_owned(),
            declared: d.declared.word(),
            running: d.running.word(),
            fields,
            reporter: d.reporter,
            last_seen: d.last_seen.map(Time),
            place: d.place.map(Into::into),
        }
    }
}

impl StateView {
    /// The published form of a state and what lives on it.
    pub fn new(state: &State, live: Live) -> Self {
        let thing = |((kind, name), thing): (&crate::domain::gitops::state::Key, &crate::domain::gitops::Thing)| {
            let fields = thing.fields.iter();
            ThingView {
                kind: kind.word(),
                name: name.to_string(),
                origin: thing.origin.word(),
                place: thing.place.clone().map(Into::into),
                fields: fields.map(|(n, s)| FieldView { name: n.to_string(), shown: s.into() }).collect(),
            }
        };
        let logins = live.logins.into_iter();
        Self {
            revision: state.revision.clone(),
            things: state.things.iter().map(|(key, said)| thing((key, said))).collect(),
            live: LiveView {
                tickets: live.tickets.into_iter().map(Into::into).collect(),
                logins: logins.map(|(provider, accounts)| LoginsView { provider, accounts }).collect(),
            },
        }
    }
}

impl From<LiveTicket> for LiveTicketView {
    fn from(t: LiveTicket) -> Self {
        Self {
            number: t.number,
            service: t.service.map(|path| path.as_str().to_owned()),
            workflow: t.workflow,
            item: t.item,
            group: t.group,
        }
    }
}
