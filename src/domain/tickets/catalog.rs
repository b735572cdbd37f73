//! The service catalog: what a ticket can be opened from.

use std::collections::BTreeMap;

use super::Priority;
use crate::domain::{gitops::Place, hierarchy::ScopedName};

/// Categories and items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    /// In order of declaration.
    pub categories: Vec<Category>,
    /// By full name.
    pub items: BTreeMap<String, Item>,
}

/// A tab of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Stable name.
    pub name: String,
    /// Label.
    pub display_name: String,
    /// Where it is declared.
    pub place: Option<Place>,
}

/// A card of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Full name; scoped items exist only in their scope.
    pub name: ScopedName,
    /// Name of its category.
    pub category: String,
    /// Card title.
    pub display_name: String,
    /// Card subtitle; may be empty.
    pub description: String,
    /// Name of its workflow as written; looked up by the cascade.
    pub workflow: String,
    /// Preset priority.
    pub priority: Option<Priority>,
    /// Short name of the group that gets the ticket.
    pub assignee_group: Option<String>,
    /// Promised first response, in minutes.
    pub response_minutes: Option<u32>,
    /// Promised resolution, in minutes.
    pub resolution_minutes: Option<u32>,
    /// Where it is declared.
    pub place: Option<Place>,
}
