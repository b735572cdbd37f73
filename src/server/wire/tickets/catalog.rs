//! What a ticket is opened from, and the groups that get it.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::PlaceView;
use crate::domain::tickets::{Catalog, Group, Item};

/// Categories and items.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Catalog")]
pub struct CatalogView {
    /// In order of declaration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<CategoryView>,
    /// By full name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<ItemView>,
}

/// A tab of the catalog.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Category")]
pub struct CategoryView {
    /// Stable name.
    name: String,
    /// Label.
    display_name: String,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

/// A card of the catalog.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Item")]
pub struct ItemView {
    /// Full name.
    name: String,
    /// Name of its category.
    category: String,
    /// Card title.
    display_name: String,
    /// Card subtitle; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    /// Name of its workflow as written.
    workflow: String,
    /// Preset priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<&'static str>,
    /// Short name of the group that gets the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_group: Option<String>,
    /// Promised first response, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_minutes: Option<u32>,
    /// Promised resolution, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_minutes: Option<u32>,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

/// A declared group.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Group")]
pub struct GroupView {
    /// Full name.
    name: String,
    /// Login names or e-mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<String>,
    /// Directory group whose members belong to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ldap_group: Option<String>,
    /// Where it is declared; none for built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

impl From<Catalog> for CatalogView {
    fn from(c: Catalog) -> Self {
        let category = |c: crate::domain::tickets::Category| CategoryView {
            name: c.name,
            display_name: c.display_name,
            place: c.place.map(Into::into),
        };
        Self {
            categories: c.categories.into_iter().map(category).collect(),
            items: c.items.into_values().map(Into::into).collect(),
        }
    }
}

impl From<Item> for ItemView {
    fn from(i: Item) -> Self {
        Self {
            name: i.name.as_str().to_owned(),
            category: i.category,
            display_name: i.display_name,
            description: i.description,
            workflow: i.workflow,
            priority: i.priority.map(crate::domain::tickets::Priority::word),
            assignee_group: i.assignee_group,
            response_minutes: i.response_minutes,
            resolution_minutes: i.resolution_minutes,
            place: i.place.map(Into::into),
        }
    }
}

impl From<Group> for GroupView {
    fn from(g: Group) -> Self {
        Self {
            name: g.name.as_str().to_owned(),
            users: g.users,
            ldap_group: g.ldap_group,
            place: g.place.map(Into::into),
        }
    }
}
