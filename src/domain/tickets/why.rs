//! "Why is it where it is": which line of a ticket's history answers, who gave the role, and where the line that allowed
//! it stands in the revision in force now.

use super::{Entry, EntryKind, Ticket, Transition};
use crate::domain::{estate::SourceSummary, gitops::Place};

/// What stands in the repository now where the line stood that allowed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// No line allowed it.
    Nothing,
    /// The same arrow, wherever it stands now.
    Same(Place),
    /// The ticket follows the workflow as it was; in force now is another, here, and how it differs.
    Changed(Option<Place>, String),
}

impl Now {
    /// Where to look now.
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::Same(place) | Self::Changed(Some(place), _) => Some(place),
            Self::Nothing | Self::Changed(None, _) => None,
        }
    }
}

/// The line of history that explains where a ticket is: its newest move, else its newest act.
pub fn newest(history: &[Entry]) -> Option<&Entry> {
    let is_move = |entry: &&Entry| matches!(entry.kind, EntryKind::Moved { .. });
    let is_act = |entry: &&Entry| !matches!(entry.kind, EntryKind::Commented { .. } | EntryKind::Breached { .. });
    history.iter().rev().find(is_move).or_else(|| history.iter().rev().find(is_act))
}

/// The entry that made who acted the one who works on it, where he acted as that.
pub fn made_assignee<'a>(history: &'a [Entry], entry: &Entry) -> Option<&'a Entry> {
    let name = entry.actor.name();
    let gave = |entry: &&Entry| match &entry.kind {
        EntryKind::Assigned { to, .. } | EntryKind::HandedOver { to, .. } => to.as_deref() == Some(name),
        _ => false,
    };
    let before = history.iter().rev().filter(|earlier| earlier.index < entry.index);
    before.filter(|_| entry.acted_as == "assignee").find(gave)
}

/// Where the line that allowed it stands in the revision in force.
pub fn now(ticket: &Ticket, entry: &Entry, source: &SourceSummary) -> Now {
    let Some(then) = &entry.allowed_by else { return Now::Nothing };
    if !matches!(entry.kind, EntryKind::Moved { .. }) {
        let item = ticket.item.as_ref().and_then(|name| source.catalog.items.get(name));
        return match item.and_then(|item| item.place.clone()) {
            Some(place) => Now::Same(place),
            None => Now::Changed(None, "this item is not declared any more".to_owned()),
        };
    }
    let name = ticket.workflow.name.as_str();
    let Some(workflow) = source.workflows.get(name) else {
        let how = format!("{name} is not declared any more; the ticket keeps the one it was opened under");
        return Now::Changed(None, how);
    };
    let Some(followed) = followed(ticket, entry, then) else {
        return Now::Changed(workflow.place.clone(), format!("{name} changed since"));
    };
    let same_way = |arrow: &&Transition| arrow.from == followed.from && arrow.to == followed.to;
    let arrows: Vec<&Transition> = workflow.transitions.iter().filter(same_way).collect();
    let (from, to) = (followed.from.word(), followed.to.word());
    if let Some(arrow) = arrows.iter().find(|arrow| arrow.role == followed.role) {
        return arrow.place.clone().map_or(Now::Nothing, Now::Same);
    }
    match arrows.first() {
        Some(arrow) => {
            let how = format!("changed since: {from} to {to} asks for {} now", arrow.role.word());
            Now::Changed(arrow.place.clone(), how)
        }
        None => {
            Now::Changed(workflow.place.clone(), format!("changed since: {name} leads from {from} to {to} no more"))
        }
    }
}

/// The arrow that was followed, in the workflow as the ticket keeps it.
fn followed<'a>(ticket: &'a Ticket, entry: &Entry, then: &Place) -> Option<&'a Transition> {
    let EntryKind::Moved { from, to, .. } = &entry.kind else { return None };
    let role = entry.grant.as_ref().and_then(|grant| grant.role.as_ref());
    let mut arrows = ticket.workflow.transitions.iter().filter(|arrow| arrow.from == *from && arrow.to == *to);
    arrows.find(|arrow| arrow.place.as_ref() == Some(then) && role.is_none_or(|role| *role == arrow.role))
}
