//! A declared state machine over the four statuses.

use super::TicketStatus;
use crate::domain::{gitops::Place, hierarchy::ScopedName};

/// A workflow as one revision declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Full name.
    pub name: ScopedName,
    /// Label.
    pub display_name: String,
    /// In order of declaration.
    pub transitions: Vec<Transition>,
    /// Where it is declared; none for built-in ones.
    pub place: Option<Place>,
}

/// One arrow of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Source status.
    pub from: TicketStatus,
    /// Target status.
    pub to: TicketStatus,
    /// Who may.
    pub role: Role,
    /// Its line.
    pub place: Option<Place>,
}

/// Who may perform a transition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The user the ticket is assigned to.
    Assignee,
    /// The user who opened it.
    Requester,
    /// Assignee, requester, or an admin.
    Any,
    /// A member of the group that the cascade finds for this name.
    Group(String),
}

impl Role {
    /// The declared word.
    pub fn word(&self) -> &str {
        match self {
            Self::Assignee => "assignee",
            Self::Requester => "requester",
            Self::Any => "any",
            Self::Group(name) => name,
        }
    }

    /// The role for a declared word; anything but the three fixed words names a group.
    pub fn parse(word: &str) -> Self {
        match word {
            "assignee" => Self::Assignee,
            "requester" => Self::Requester,
            "any" => Self::Any,
            other => Self::Group(other.to_owned()),
        }
    }
}

impl Workflow {
    /// The arrows out of `status`, in order of declaration. None out of CLOSED, whatever is declared.
    pub fn out_of(&self, status: TicketStatus) -> impl Iterator<Item = &Transition> {
        self.transitions.iter().filter(move |t| t.from == status && status != TicketStatus::Closed)
    }

    /// The arrow from one status to another, if there is one.
    pub fn transition(&self, from: TicketStatus, to: TicketStatus) -> Option<&Transition> {
        self.out_of(from).find(|t| t.to == to)
    }

    /// The built-in workflow for automatic tickets of a repository that declares none.
    pub fn built_in_incident() -> Self {
        use TicketStatus::{Closed, InProgress, Open, Resolved};
        let arrow = |from, to, role| Transition { from, to, role, place: None };
        Self {
            name: ScopedName::full("incident_response"),
            display_name: "Incident Response".to_owned(),
            transitions: vec![
                arrow(Open, InProgress, Role::Assignee),
                arrow(InProgress, Resolved, Role::Assignee),
                arrow(Resolved, Closed, Role::Requester),
                arrow(Resolved, InProgress, Role::Any),
            ],
            place: None,
        }
    }
}
