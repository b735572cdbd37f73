//! The whole estate in one answer.

use std::{collections::HashMap, sync::Arc};

use serde::Deserialize;

use super::{
    At, Digits, Line,
    attention::{FailingReceiverShape, HandledShape},
    each,
    gitops::SourceShape,
    health::ServiceShape,
    many,
    sla::GroupShape,
    tickets::TicketShape,
    windows::WindowShape,
};
use crate::domain::{
    attention::Handled,
    change::Seq,
    estate::{Estate, Snapshot},
    health::{Service, Services},
    sla::SlaGroup,
    tickets::{Ticket, Workflow},
};

/// The estate at one place of one log.
#[derive(Deserialize)]
pub struct SnapshotShape {
    epoch: Line,
    seq: Digits,
    at: At,
    #[serde(default)]
    simulated: bool,
    #[serde(default)]
    production: Vec<Line>,
    #[serde(deserialize_with = "each::<_, ServiceShape, Service, _>")]
    services: Services,
    tickets: Vec<TicketShape>,
    budgets: Vec<GroupShape>,
    /// A core of before there were any sends none.
    #[serde(default)]
    windows: Vec<WindowShape>,
    #[serde(default)]
    handled: Vec<HandledShape>,
    #[serde(default, rename = "failingReceivers")]
    failing_receivers: Vec<FailingReceiverShape>,
    source: SourceShape,
}

impl From<SnapshotShape> for Snapshot {
    fn from(s: SnapshotShape) -> Self {
        let mut known = HashMap::new();
        let tickets = s.tickets.into_iter().map(Ticket::from).map(|t| share_workflow(t, &mut known));
        let estate = Estate {
            services: s.services,
            tickets: tickets.map(|t| (t.number, t)).collect(),
            budgets: s.budgets.into_iter().map(SlaGroup::from).map(|g| (g.name.clone(), g)).collect(),
            windows: s.windows.into_iter().map(|w| (w.0.id, w.0)).collect(),
            handled: s.handled.into_iter().map(Handled::from).map(|h| (h.key(), h)).collect(),
            failing_receivers: s.failing_receivers.into_iter().map(Into::into).collect(),
            source: s.source.into(),
            simulated: s.simulated,
            production: many(s.production),
        };
        Self { epoch: s.epoch.0, seq: Seq(s.seq.0), at: s.at.0, estate }
    }
}

/// Thousands of tickets carry a handful of workflows: equal ones are kept once.
fn share_workflow(mut ticket: Ticket, known: &mut HashMap<String, Vec<Arc<Workflow>>>) -> Ticket {
    let same_name = known.entry(ticket.workflow.name.as_str().to_owned()).or_default();
    match same_name.iter().find(|w| ***w == *ticket.workflow) {
        Some(equal) => ticket.workflow = equal.clone(),
        None => same_name.push(ticket.workflow.clone()),
    }
    ticket
}
