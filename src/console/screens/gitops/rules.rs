//! Rules: the workflows, the catalog by category, the groups and the ways to sign in, as they are in force.

use std::collections::BTreeSet;

use crate::{
    console::filter::Filter,
    domain::{estate::SourceSummary, gitops::Severity},
};

use super::rows::{Id, Row, passes, without_bare_headings};
use crate::domain::gitops::DeclaredKind as Kind;

/// The rows. Categories fold.
pub fn rows(source: &SourceSummary, toggled: &BTreeSet<Id>, filter: &Filter) -> Vec<Row> {
    let mut rows = vec![Row::of(Id::Heading("Workflows"), source.workflows.len())];
    for workflow in source.workflows.values() {
        let file = workflow.place.as_ref().map_or("", |p| &*p.file);
        if passes(filter, Kind::Workflow, workflow.name.as_str(), file, &workflow.display_name) {
            let place = workflow.place.clone();
            rows.push(Row { depth: 1, place, ..Row::of(Id::Workflow(workflow.name.as_str().to_owned()), 0) });
        }
    }
    rows.push(Row::of(Id::Heading("Catalog"), source.catalog.items.len()));
    for (number, category) in source.catalog.categories.iter().enumerate() {
        let id = Id::Category(category.name.clone());
        let folded = filter.is_empty() && toggled.contains(&id);
        let items: Vec<Row> = source
            .catalog
            .items
            .values()
            .filter(|item| item.category == category.name)
            .filter(|item| {
                let file = item.place.as_ref().map_or("", |p| &*p.file);
                passes(filter, Kind::Item, item.name.as_str(), file, &item.display_name)
            })
            .map(|item| Row {
                depth: 2,
                place: item.place.clone(),
                ..Row::of(Id::Item(item.name.as_str().to_owned()), 0)
            })
            .collect();
        let own = passes(filter, Kind::Category, &category.name, "", &category.display_name);
        if !items.is_empty() || own {
            let place = category.place.clone();
            rows.push(Row { depth: 1, place, folded: Some(folded), ..Row::of(id, number) });
        }
        if !folded {
            rows.extend(items);
        }
    }
    rows.push(Row::of(Id::Heading("Groups"), source.groups.len()));
    for group in source.groups.values() {
        let file = group.place.as_ref().map_or("", |p| &*p.file);
        if passes(filter, Kind::Group, group.name.as_str(), file, &group.users.join(" ")) {
            let empty = group.users.is_empty() && group.ldap_group.is_none();
            rows.push(Row {
                depth: 1,
                place: group.place.clone(),
                severity: empty.then_some(Severity::Warning),
                ..Row::of(Id::Group(group.name.as_str().to_owned()), 0)
            });
        }
    }
    rows.push(Row::of(Id::Heading("Sign-in"), source.providers.len()));
    for (number, provider) in source.providers.iter().enumerate() {
        if passes(filter, Kind::Provider, &provider.name, "", &provider.display_name) {
            rows.push(Row { depth: 1, ..Row::of(Id::Provider(provider.name.clone()), number) });
        }
    }
    without_bare_headings(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::estate;

    fn count(text: &str) -> usize {
        let mut filter = Filter::default();
        filter.set(text);
        rows(&estate::estate().source, &BTreeSet::new(), &filter).len()
    }

    #[test]
    fn everything_in_force_is_listed_without_a_call() {
        // Four headings, two workflows, two categories with two items each, four groups, one provider.
        assert_eq!(count(""), 4 + 2 + 2 + 4 + 4 + 1);
        assert_eq!(count("kind:group dba"), 1 + 2);
        assert_eq!(count("zzz"), 0);
    }
}
