//! Templates: workflows, catalog and SLA definitions of one core as a text that another core can take.
//!
//! The text is YAML in the words of the repository, written one way only: what is exported, imported into an empty
//! core and exported again is the same byte for byte. Groups, users, providers and secrets are no part of it.
//!
//! Start at [`Template::of`]; [`mod@read`] and [`mod@write`] are the two directions.

mod read;
mod write;

use std::{collections::BTreeMap, sync::Arc};

pub use read::read_template;

use crate::domain::{
    gitops::Registry,
    sla::DeclaredGroup,
    tickets::{Catalog, Workflow},
};

/// What one core can hand to another. Nothing in it has a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// `ticketing.org`; empty when there is no ticketing.
    pub org: String,
    /// By full name.
    pub workflows: BTreeMap<String, Arc<Workflow>>,
    /// Categories and items.
    pub catalog: Catalog,
    /// SLA definitions by short name, their targets decided.
    pub sla_groups: BTreeMap<String, DeclaredGroup>,
}

impl Template {
    /// The part of a registry that a template holds.
    pub fn of(registry: &Registry) -> Self {
        Self {
            org: registry.org.clone(),
            workflows: registry.workflows.clone(),
            catalog: registry.catalog.clone(),
            sla_groups: registry.sla_groups.clone(),
        }
        .without_places()
    }

    /// A registry that holds just this.
    pub fn into_registry(self) -> Registry {
        Registry {
            org: self.org,
            workflows: self.workflows,
            catalog: self.catalog,
            sla_groups: self.sla_groups,
            ..Registry::default()
        }
    }

    /// The one text of this template.
    pub fn text(&self) -> String {
        write::text(self)
    }

    /// Places are those of one repository, and nodes those of one installation.
    fn without_places(mut self) -> Self {
        for workflow in self.workflows.values_mut() {
            let own = Arc::make_mut(workflow);
            own.place = None;
            own.transitions.iter_mut().for_each(|transition| transition.place = None);
        }
        self.catalog.categories.iter_mut().for_each(|category| category.place = None);
        self.catalog.items.values_mut().for_each(|item| item.place = None);
        for group in self.sla_groups.values_mut() {
            (group.place, group.target_place) = (None, None);
            group.nodes.clear();
        }
        self
    }
}
