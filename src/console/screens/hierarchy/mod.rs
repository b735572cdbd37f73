//! Hierarchy: every service in its place, each node with its roll-up and the leaf that explains it.
//!
//! The tree is a list of rows made in one walk over the replica's nodes; only rows in sight are drawn. [`detail`] says
//! all that is known of one service or node. [`tables`] shows the same services as storages and as backups.

mod detail;
mod impact;
mod node;
mod rows;
mod tables;
mod update;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        inflight::Detail,
        list::{List, Row},
        paint,
        place::Object,
        problems::{Kind, Problem},
        state::State,
        widgets::table::Column,
    },
    domain::{
        detail::ServiceDetail,
        health::RollUp,
        hierarchy::{NodePath, ServicePath},
        time::{DAY, Timestamp},
    },
};

pub use update::{act, answered, badge, clicked, look_at, means, open, selected, settle, wishes};
pub use view::view;

/// How far back the status strip goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Strip {
    /// 24 hours.
    #[default]
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

impl Strip {
    const fn next(self) -> Self {
        match self {
            Self::Day => Self::Week,
            Self::Week => Self::Month,
            Self::Month => Self::Day,
        }
    }

    const fn ms(self) -> i64 {
        match self {
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Day => "24 h",
            Self::Week => "7 d",
            Self::Month => "30 d",
        }
    }
}

/// As what services are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Lens {
    /// Each in its place.
    #[default]
    Tree,
    /// Those that hold data, by how full they are.
    Storage,
    /// Those that are backed up, by how late.
    Backup,
}

/// What has a table of its own, in the order of their keys behind the screens.
pub const TABLES: [Lens; 2] = [Lens::Storage, Lens::Backup];

impl Lens {
    /// What goes there.
    pub const fn action(self) -> Action {
        match self {
            Self::Tree => Action::GoHierarchy,
            Self::Storage => Action::GoStorage,
            Self::Backup => Action::GoBackups,
        }
    }

    /// The figure on its tab: so many of its services need a person.
    pub fn badge(self, state: &State) -> String {
        let is_its = |problem: &&Problem| match self {
            Self::Tree => false,
            Self::Storage => matches!(problem.kind, Kind::Storage(_)),
            Self::Backup => matches!(problem.kind, Kind::Backup),
        };
        match state.replica.problems.iter().filter(is_its).count() {
            0 => String::new(),
            count => count.to_string(),
        }
    }

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tree => "Hierarchy",
            Self::Storage => "Storage",
            Self::Backup => "Backups",
        }
    }

    const fn nothing(self) -> &'static str {
        match self {
            Self::Tree => "No service is known yet.",
            Self::Storage => "No service reports how full it is.",
            Self::Backup => "No service is expected to back up, and none reported a backup.",
        }
    }
}

/// So many pasts are kept: of the rows that the cursor was on, and of the one it will be on next.
const KEPT: usize = 8;

/// What this screen remembers.
#[derive(Clone, Debug, Default)]
pub struct Hierarchy {
    rows: List<TreeRow>,
    /// Nodes that are folded.
    folded: BTreeSet<NodePath>,
    /// Whether a large tree was folded for the first look.
    folded_once: bool,
    problems_only: bool,
    lens: Lens,
    strip: Strip,
    /// The columns of the table, for what its rows hold.
    columns: Vec<Column>,
    /// The past of the service under the cursor, fetched again when its status changes; and of its neighbours.
    past: Detail<(ServicePath, Timestamp), ServiceDetail, KEPT>,
    /// Whether the cursor went up last.
    upwards: bool,
    scroll: u16,
    made_of: Option<(u64, u64, u64)>,
    own_version: u64,
}

impl Hierarchy {
    /// As what services are listed now.
    pub const fn lens(&self) -> Lens {
        self.lens
    }

    /// What could not be read is asked for again.
    pub fn reconnected(&mut self) {
        self.past.retry();
    }
}

/// What a row of the tree shows.
#[derive(Clone, Debug, PartialEq)]
enum TreeRow {
    /// A node, by its number in the replica, and how what is shown below it is: all of it, or what fits the filter.
    Node { path: NodePath, index: usize, shown: RollUp },
    /// A service.
    Service { path: ServicePath },
}

impl Row for TreeRow {
    type Id = Object;
    fn id(&self) -> Object {
        match self {
            Self::Node { path, .. } => Object::Node(path.clone()),
            Self::Service { path } => Object::Service(path.clone()),
        }
    }
}

/// Where tree and detail lie: side by side where there is room, else one above the other.
fn parts(body: Rect) -> (Rect, Rect, Rect) {
    if body.width >= 100 {
        let (left, divider, right) = crate::console::layout::columns(body, 58);
        return (left, divider, crate::console::layout::inset(right));
    }
    let none = Rect { width: 0, height: 0, ..body };
    if body.height < 14 {
        return (body, none, none);
    }
    let detail = (body.height * 9 / 20).max(7);
    let tree = Rect { height: body.height - detail, ..body };
    (tree, none, paint::below(body, tree.height))
}
