//! What takes effect from the repository.

use std::{collections::BTreeMap, sync::Arc};

use super::stored;
use crate::domain::{
    access::AuthProvider,
    estate::SourceSummary,
    gitops::Place,
    hierarchy::ScopedName,
    tickets::{Catalog, Category, Group, Item, Priority, Workflow},
    time::Timestamp,
};

stored! {
    Category as CategoryForm { name: String, display_name: String, place: Option<Place> }
    Item as ItemForm {
        name: ScopedName,
        category: String,
        display_name: String,
        description: String,
        workflow: String,
        priority: Option<Priority>,
        assignee_group: Option<String>,
        response_minutes: Option<u32>,
        resolution_minutes: Option<u32>,
        place: Option<Place>,
    }
    Catalog as CatalogForm { categories: Vec<Category>, items: BTreeMap<String, Item> }
    Group as GroupForm { name: ScopedName, users: Vec<String>, ldap_group: Option<String>, place: Option<Place> }
    AuthProvider as AuthProviderForm {
        name: String,
        display_name: String,
        kind: String,
        enabled: bool,
        is_default: bool,
        min_password_length: u32,
    }
    SourceSummary as SourceSummaryForm {
        revision: Option<String>,
        read_at: Timestamp,
        files: u32,
        errors: u32,
        warnings: u32,
        rejected: Option<String>,
        org: String,
        workflows: BTreeMap<String, Arc<Workflow>>,
        catalog: Catalog,
        groups: BTreeMap<String, Group>,
        providers: Vec<AuthProvider>,
    }
}
