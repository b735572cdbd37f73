//! Where one can be: a screen, and an object on it. What history, palette and jumps are made of.

use std::{fmt, sync::Arc};

use crate::domain::{
    change::Seq,
    hierarchy::{NodePath, ServicePath},
};

use super::action::{Action, Context};

/// The screens, in the order of their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ScreenId {
    /// What needs a person now.
    #[default]
    Pulse,
    /// Every service in its place.
    Hierarchy,
    /// What was promised and what is left.
    Budgets,
    /// Who works on what.
    Tickets,
    /// What the repository declares.
    GitOps,
    /// Every change.
    Activity,
}

impl ScreenId {
    /// In the order of their keys.
    pub const ALL: [Self; 6] =
        [Self::Pulse, Self::Hierarchy, Self::Budgets, Self::Tickets, Self::GitOps, Self::Activity];

    /// The name on its tab.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pulse => "Pulse",
            Self::Hierarchy => "Hierarchy",
            Self::Budgets => "Budgets",
            Self::Tickets => "Tickets",
            Self::GitOps => "GitOps",
            Self::Activity => "Activity",
        }
    }

    /// The word for commands and settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pulse => "pulse",
            Self::Hierarchy => "hierarchy",
            Self::Budgets => "budgets",
            Self::Tickets => "tickets",
            Self::GitOps => "gitops",
            Self::Activity => "activity",
        }
    }

    /// The screen for a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// The action that goes there.
    pub const fn action(self) -> Action {
        match self {
            Self::Pulse => Action::GoPulse,
            Self::Hierarchy => Action::GoHierarchy,
            Self::Budgets => Action::GoBudgets,
            Self::Tickets => Action::GoTickets,
            Self::GitOps => Action::GoGitOps,
            Self::Activity => Action::GoActivity,
        }
    }

    /// The screen an action goes to, if it is one of those.
    pub fn of_action(action: Action) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.action() == action)
    }

    /// Where its own keys are looked up.
    pub const fn context(self) -> Context {
        match self {
            Self::Pulse => Context::Pulse,
            Self::Hierarchy => Context::Hierarchy,
            Self::Budgets => Context::Budgets,
            Self::Tickets => Context::Tickets,
            Self::GitOps => Context::GitOps,
            Self::Activity => Context::Activity,
        }
    }

    /// The screen so many tabs further, around the end.
    pub fn turn(self, by: isize) -> Self {
        let count = Self::ALL.len();
        let index = (self as usize).saturating_add_signed(by + count.cast_signed()) % count;
        Self::ALL[index]
    }
}

/// Something that can be opened. Named by identity, never by row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A service.
    Service(ServicePath),
    /// A node of the tree.
    Node(NodePath),
    /// A ticket.
    Ticket(u64),
    /// A budget by short name.
    Budget(String),
    /// A line of a file of the repository.
    File(Arc<str>, u32),
    /// Lines of a file of the repository, with who last changed them: the first and the last.
    Author(Arc<str>, u32, u32),
    /// The faults of the repository.
    Faults,
    /// A service held against what is declared of it.
    Drift(ServicePath),
    /// A change of the log.
    Change(Seq),
    /// Somebody who is told outside, by name.
    Receiver(String),
}

impl Object {
    /// The screen on which it is looked at.
    pub const fn home(&self) -> ScreenId {
        match self {
            Self::Service(_) | Self::Node(_) => ScreenId::Hierarchy,
            Self::Ticket(_) => ScreenId::Tickets,
            Self::Budget(_) => ScreenId::Budgets,
            Self::File(..) | Self::Author(..) | Self::Faults | Self::Drift(_) => ScreenId::GitOps,
            Self::Change(_) => ScreenId::Activity,
            Self::Receiver(_) => ScreenId::Pulse,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(path) => write!(f, "{path}"),
            Self::Node(path) => write!(f, "{path}"),
            Self::Ticket(number) => write!(f, "#{number}"),
            Self::Budget(name) => f.write_str(name),
            Self::File(file, line) | Self::Author(file, line, _) => write!(f, "{file}:{line}"),
            Self::Drift(path) => write!(f, "{path}"),
            Self::Faults => f.write_str("faults"),
            Self::Change(seq) => write!(f, "change {seq}"),
            Self::Receiver(name) => write!(f, "receiver {name}"),
        }
    }
}

/// A screen and what is looked at on it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Place {
    /// Which screen.
    pub screen: ScreenId,
    /// Which object, if one.
    pub object: Option<Object>,
}

/// Places left kept for the way back.
const HISTORY_LIMIT: usize = 100;

/// The way here, and the way forward again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    back: Vec<Place>,
    forward: Vec<Place>,
}

impl History {
    /// `here` is being left for another place.
    pub fn leave(&mut self, here: Place) {
        if self.back.last() != Some(&here) {
            self.back.push(here);
        }
        if self.back.len() > HISTORY_LIMIT {
            self.back.remove(0);
        }
        self.forward.clear();
    }

    /// The place to go back to from `here`.
    pub fn back(&mut self, here: Place) -> Option<Place> {
        let to = self.back.pop()?;
        self.forward.push(here);
        Some(to)
    }

    /// The place to go forward to from `here`.
    pub fn forward(&mut self, here: Place) -> Option<Place> {
        let to = self.forward.pop()?;
        self.back.push(here);
        Some(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_turn_around_both_ends() {
        assert_eq!(ScreenId::Pulse.turn(-1), ScreenId::Activity);
        assert_eq!(ScreenId::Activity.turn(1), ScreenId::Pulse);
        assert_eq!(ScreenId::Budgets.turn(1), ScreenId::Tickets);
    }

    #[test]
    fn forward_undoes_back_until_another_way_is_taken() {
        let place = |screen| Place { screen, object: None };
        let mut history = History::default();
        history.leave(place(ScreenId::Pulse));
        assert_eq!(history.back(place(ScreenId::Tickets)), Some(place(ScreenId::Pulse)));
        assert_eq!(history.forward(place(ScreenId::Pulse)), Some(place(ScreenId::Tickets)));
        history.back(place(ScreenId::Tickets));
        history.leave(place(ScreenId::Pulse));
        assert_eq!(history.forward(place(ScreenId::Budgets)), None);
    }
}
