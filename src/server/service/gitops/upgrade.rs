//! A database from before declared things had rows of their own: what was in force then is what it holds.

use std::sync::Arc;

use crate::{
    domain::{
        gitops::{DeclaredOrigin, DeclaredService, Place, Registry, State},
        health::{Backup, Origin, Service},
    },
    server::store::Loaded,
};

/// What is in force by everything else that is kept. What a service declared beyond its description is not known any
/// more; the first reading says it again.
pub fn derived(loaded: &Loaded) -> State {
    let services = loaded.services.values().filter(|s| s.origin == Origin::Git);
    let source = loaded.source.clone();
    let registry = Registry {
        services: services.map(|s| (s.path.clone(), Arc::new(declared(s)))).collect(),
        sla_groups: loaded.groups.clone(),
        org: source.org,
        workflows: source.workflows,
        catalog: source.catalog,
        groups: source.groups,
        providers: source.providers,
    };
    let mut state = State::declared(&registry, DeclaredOrigin::Git);
    state.revision.clone_from(&loaded.source.revision);
    state
}

fn declared(service: &Service) -> DeclaredService {
    let nowhere = || Place { file: "".into(), line: 1, column: 1, end_line: 1 };
    let duty = service.backup.as_ref().filter(|backup| backup.expected);
    DeclaredService {
        display_name: service.display_name.clone(),
        description: service.description.clone(),
        kind: service.kind.clone(),
        team: service.team.clone(),
        tags: service.tags.clone(),
        criticality: Some(service.criticality),
        sla_group: service.sla_group.clone(),
        runbook: service.runbook.clone(),
        requires: service.requires.clone(),
        used_by: service.used_by.clone(),
        backup: duty.map(|duty| Backup {
            expected: duty.expected,
            max_age_days: duty.max_age_days,
            schedule: duty.schedule.clone(),
            ..Backup::default()
        }),
        ..DeclaredService::new(service.path.clone(), service.declared_at.clone().unwrap_or_else(nowhere))
    }
}
