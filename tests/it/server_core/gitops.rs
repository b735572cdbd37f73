use itops::domain::{
    change::{Actor, Fact},
    gitops::{Fault, FaultCode, IsDeclared, Repository, Running, Severity},
    health::{Criticality, Status, report::HealthReport},
    hierarchy::ServicePath,
    refusal::RefusalCode,
    time::{MINUTE, Timestamp},
};
use std::sync::Arc;

use itops::server::service::{Core, StartError};

use super::stage::*;

fn broken() -> Repository {
    let fault = Fault {
        place: place(40),
        severity: Severity::Error,
        code: FaultCode::EmptyWorkflow,
        message: "the workflow has no transitions".to_owned(),
        hint: String::new(),
    };
    let mut broken = repository();
    broken.faults.push(fault);
    broken.registry.services.remove(&api());
    broken
}

/// Retired services that somebody still reports: which, who, when last.
async fn retired_and_reported(core: &Core) -> Vec<(ServicePath, Option<String>, Option<Timestamp>)> {
    let drift = core.drift().await.unwrap().into_iter();
    let retired = drift.filter(|d| d.declared == IsDeclared::Retired);
    retired.map(|d| (d.path, d.reporter, d.last_seen)).collect()
}

#[tokio::test]
async fn what_is_declared_is_there_and_unknown_until_somebody_reports() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let db = service(&core, &db()).await.unwrap();
    assert_eq!((db.health.status, db.display_name.as_str()), (Status::Unknown, "DB"));
    assert_eq!(db.declared_at, Some(place(3)));
    let source = core.read(|e| e.source.clone()).await;
    assert_eq!((source.revision.as_deref(), source.org.as_str()), (Some("c0ffee"), "acme"));
    assert!(
        core.recent_changes(1_000).await.iter().any(|change| change.actor == Actor::Git(Some("c0ffee".to_owned())))
    );
}

#[tokio::test]
async fn the_last_report_of_who_fell_silent_is_as_old_as_what_it_spoke_of() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let spoke_of = T0.plus(-9 * MINUTE);
    let late = HealthReport { at: Some(spoke_of), ..report(&db(), Status::Operational, "") };
    core.report_health(KEY, late).await.unwrap();
    stage.world.advance(4 * MINUTE);
    core.sweep_silence().await.unwrap();
    let drift = core.drift().await.unwrap();
    let found = drift.iter().find(|d| d.path == db()).unwrap();
    assert_eq!((&found.running, found.last_seen), (&Running::Silent, Some(spoke_of)));
}

#[tokio::test]
async fn criticality_is_inherited_from_the_tier_of_the_group() {
    let stage = Stage::new();
    let mut declared = repository();
    Arc::make_mut(declared.registry.services.get_mut(&db()).unwrap()).criticality = None;
    let lonely = path("acme/shop/prod/eu-1/lonely");
    let plain = itops::domain::gitops::DeclaredService { criticality: None, ..super::stage::declared(&lonely) };
    declared.registry.services.insert(lonely.clone(), Arc::new(plain));
    let core = stage.open(Some(declared)).await;
    assert_eq!(service(&core, &db()).await.unwrap().criticality, Criticality::Critical);
    assert_eq!(service(&core, &lonely).await.unwrap().criticality, Criticality::Medium);
}

#[tokio::test]
async fn what_is_not_declared_any_more_is_retired_and_a_push_does_not_revive_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let pushed = path("acme/shop/prod/eu-1/pushed");
    say(&core, &pushed, Status::Operational).await;
    say(&core, &api(), Status::Operational).await;
    let mut less = repository();
    less.registry.services.remove(&api());
    core.accept_repository(less).await.unwrap();
    assert!(service(&core, &api()).await.is_none());
    assert!(service(&core, &pushed).await.is_some(), "what only ever pushed is never pruned");

    say(&core, &api(), Status::Down).await;
    assert!(service(&core, &api()).await.is_none());
    let seen = retired_and_reported(&core).await;
    assert_eq!(seen, [(api(), Some(pusher()), Some(T0))]);
    let again = stage.reopen(core).await;
    say(&again, &api(), Status::Down).await;
    assert!(service(&again, &api()).await.is_none());

    again.accept_repository(repository()).await.unwrap();
    assert!(service(&again, &api()).await.is_some(), "declared again, it is back");
    say(&again, &api(), Status::Down).await;
    assert_eq!(health(&again, &api()).await.status, Status::Down);
}

#[tokio::test]
async fn an_empty_source_deletes_nothing() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    core.accept_repository(Repository::default()).await.unwrap();
    assert_eq!(core.read(|e| (e.services.len(), e.budgets.len())).await, (2, 1));
    assert_eq!(count(&core, |fact| matches!(fact, Fact::ServiceRetired(_) | Fact::BudgetRemoved(_))).await, 0);
}

#[tokio::test]
async fn a_group_that_is_gone_is_told() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let mut other = repository();
    let mut group = other.registry.sla_groups.remove("checkout").unwrap();
    group.name = "payments".to_owned();
    other.registry.sla_groups.insert("payments".to_owned(), group);
    for service in other.registry.services.values_mut() {
        Arc::make_mut(service).sla_group = Some("payments".to_owned());
    }
    core.accept_repository(other).await.unwrap();
    let names = core.read(|e| e.budgets.keys().cloned().collect::<Vec<_>>()).await;
    assert_eq!(names, ["payments"]);
    assert!(words(&core).await.contains(&"budget_removed"));
}

#[tokio::test]
async fn accepting_the_same_again_changes_no_service() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    let before = count(&core, |fact| matches!(fact, Fact::ServiceDeclared(_) | Fact::BudgetChanged(_))).await;
    core.accept_repository(repository()).await.unwrap();
    let after = count(&core, |fact| matches!(fact, Fact::ServiceDeclared(_) | Fact::BudgetChanged(_))).await;
    assert_eq!(before, after);
    assert_eq!(health(&core, &db()).await.status, Status::Operational);
}

#[tokio::test]
async fn errors_in_ticketing_stop_the_start_and_on_reload_keep_everything() {
    let stage = Stage::new();
    let refused = Core::open(stage.settings(), Some(broken()), stage.world.clone()).await;
    assert!(
        matches!(refused.err(), Some(StartError::Repository(said)) if said.contains("platform/values.yaml:40 E020"))
    );

    let core = stage.open(Some(repository())).await;
    core.accept_repository(broken()).await.unwrap();
    let (services, source) = core.read(|e| (e.services.len(), e.source.clone())).await;
    assert_eq!(services, 2);
    assert_eq!(source.workflows.len(), 1);
    assert!(source.rejected.unwrap().contains("E020"));
    assert_eq!(core.declared().await.faults.len(), 1, "the fault itself is shown");
    core.accept_repository(repository()).await.unwrap();
    assert_eq!(core.read(|e| e.source.rejected.clone()).await, None);
}

#[tokio::test]
async fn ticketing_stays_in_force_without_a_repository() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    core.stop().await;
    let core = stage.open(None).await;
    let new = itops::domain::detail::NewTicket {
        item: Some("service_down".to_owned()),
        service: Some(db()),
        ..Default::default()
    };
    let ticket = core.create_ticket(&requester(), new, "k").await.unwrap();
    assert_eq!(ticket.workflow.name.as_str(), "acme/incident_response");
    assert_eq!(core.read(|e| e.budgets.len()).await, 1);
    let unknown = itops::domain::detail::NewTicket { item: Some("other".to_owned()), ..wanted("x") };
    assert_eq!(refusal(core.create_ticket(&requester(), unknown, "k2").await.unwrap_err()).code, RefusalCode::NotFound);
}
