//! The repository behind the small estate: its workflows, catalog, groups and providers.

use crate::domain::{
    access::AuthProvider,
    estate::SourceSummary,
    hierarchy::ScopedName,
    tickets::{Catalog, Category, Group, Item, Priority},
};

use super::estate::{REVISION, ago, incident_workflow, place, request_workflow};

pub(super) fn source() -> SourceSummary {
    let workflows = [incident_workflow(), request_workflow()];
    let item = |name: &str, label: &str, category: &str, workflow: &str, group: &str, priority, line| {
        let item = Item {
            name: ScopedName::full(format!("acme/{name}")),
            category: category.to_owned(),
            display_name: label.to_owned(),
            description: String::new(),
            workflow: workflow.to_owned(),
            priority,
            assignee_group: Some(group.to_owned()),
            response_minutes: None,
            resolution_minutes: None,
            place: Some(place("ticketing.d/30-catalog.yaml", line, line + 7)),
        };
        (format!("acme/{name}"), item)
    };
    let group = |name: &str, users: &[&str], line| {
        let group = Group {
            name: ScopedName::full(format!("acme/{name}")),
            users: users.iter().map(|u| (*u).to_owned()).collect(),
            ldap_group: None,
            place: Some(place("ticketing.d/10-groups.yaml", line, line + 3)),
        };
        (format!("acme/{name}"), group)
    };
    let category = |name: &str, label: &str, line| Category {
        name: name.to_owned(),
        display_name: label.to_owned(),
        place: Some(place("ticketing.d/30-catalog.yaml", line, line + 1)),
    };
    SourceSummary {
        revision: Some(REVISION.to_owned()),
        commit: None,
        read_at: ago(52),
        checked_at: ago(52),
        files: 41,
        errors: 0,
        warnings: 3,
        rejected: None,
        held: 0,
        org: "acme".to_owned(),
        workflows: workflows.into_iter().map(|w| (w.name.as_str().to_owned(), w)).collect(),
        catalog: Catalog {
            categories: vec![category("incidents", "Incidents", 3), category("access", "Access and space", 6)],
            items: [
                item("service_down", "Service is down", "incidents", "incident_response", "oncall", None, 10),
                item(
                    "service_slow",
                    "Service is slow",
                    "incidents",
                    "incident_response",
                    "oncall",
                    Some(Priority::Medium),
                    19,
                ),
                item(
                    "new_namespace",
                    "New namespace",
                    "access",
                    "standard_request",
                    "platform-team",
                    Some(Priority::Low),
                    28,
                ),
                item(
                    "read_access",
                    "Read access to data",
                    "access",
                    "standard_request",
                    "platform-team",
                    Some(Priority::Medium),
                    37,
                ),
            ]
            .into_iter()
            .collect(),
        },
        groups: [
            group("oncall", &["oncall"], 3),
            group("dba-oncall", &["dba-oncall"], 7),
            group("platform-team", &["platform"], 11),
            group("shop/prod/dba-oncall", &["oncall", "dba-oncall"], 15),
        ]
        .into_iter()
        .collect(),
        providers: vec![local()],
    }
}

fn local() -> AuthProvider {
    AuthProvider {
        name: "local".to_owned(),
        display_name: "Local accounts".to_owned(),
        kind: "local".to_owned(),
        enabled: true,
        is_default: true,
        min_password_length: 12,
        require_uppercase: true,
        require_digit: false,
        ldap: None,
    }
}
