//! What is said is what is done: plans and changes against each other, for any pair of repositories.

use std::sync::Arc;

use itops::domain::{
    change::Fact,
    gitops::{DeclaredKind, Plan, Repository, State},
    health::{Origin, Status},
    tickets::TicketStatus,
};
use proptest::prelude::*;

use crate::{
    plan_properties::{faults, neighbours},
    server_core::stage::*,
};

#[tokio::test]
async fn reading_the_same_again_tells_nothing_and_moves_only_the_time_of_looking() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let before = core.position();
    let source = core.read(|e| e.source.clone()).await;
    stage.world.advance(5_000);
    for _ in 0..3 {
        core.accept_repository(repository()).await.unwrap();
    }
    assert_eq!(core.position(), before);
    let now = core.read(|e| e.source.clone()).await;
    assert_eq!(now.checked_at, stage.world.now());
    assert_eq!(itops::domain::estate::SourceSummary { checked_at: source.checked_at, ..now }, source);
    assert_eq!(core.reconciles(10).await.unwrap().len(), 1, "only the first one did something");
}

#[tokio::test]
async fn one_changed_service_is_one_change_and_one_row() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    let trigger = "CREATE TABLE written (kind TEXT, name TEXT); \
                   CREATE TRIGGER watched AFTER UPDATE ON declared BEGIN INSERT INTO written VALUES (NEW.kind, NEW.name); END";
    sqlx::raw_sql(trigger).execute(&stage.database().await).await.unwrap();
    let mut other = repository();
    Arc::make_mut(other.registry.services.get_mut(&db()).unwrap()).team = "storage-2".to_owned();
    let before = core.position().1;
    core.accept_repository(other).await.unwrap();
    let (epoch, _) = core.position();
    let changes = core.changes_after(&epoch, before, 100).await.unwrap();
    let words: Vec<&str> = changes.iter().map(|c| c.fact.word()).collect();
    assert_eq!(words, ["service_declared", "source_read"]);
    assert_eq!(stage.rows("written").await, 1);
    let done = &core.reconciles(1).await.unwrap()[0];
    assert_eq!(done.plan.steps.len(), 1);
    assert_eq!(done.plan.steps[0].change("team").unwrap().new.as_ref().unwrap().text(), "storage-2");
    assert_eq!(service(&core, &db()).await.unwrap().health.status, Status::Operational);
}

#[tokio::test]
async fn a_thing_that_only_moved_tells_its_new_place() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let mut moved = repository();
    Arc::make_mut(moved.registry.services.get_mut(&db()).unwrap()).place = place(30);
    let done = core.accept_repository(moved).await.unwrap();
    assert!(done.plan.is_empty(), "nothing says anything else");
    assert_eq!(service(&core, &db()).await.unwrap().declared_at, Some(place(30)));
    let core = stage.reopen(core).await;
    assert_eq!(core.state().things[&(DeclaredKind::Service, db().as_str().into())].place, Some(place(30)));
}

#[tokio::test]
async fn the_newest_hundred_reconciliations_are_kept() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for number in 0..105 {
        let mut other = repository();
        Arc::make_mut(other.registry.services.get_mut(&db()).unwrap()).team = format!("team-{number}");
        core.accept_repository(other).await.unwrap();
    }
    assert_eq!(stage.rows("reconciled").await, 100);
    let newest = core.reconciles(2).await.unwrap();
    let team = |n: usize| newest[n].plan.steps[0].change("team").unwrap().new.as_ref().unwrap().text().to_owned();
    assert_eq!((team(0), team(1)), ("team-104".to_owned(), "team-103".to_owned()));
}

#[tokio::test]
async fn a_rejected_reading_is_kept_with_its_reason_and_does_nothing() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let mut broken = repository();
    broken.registry.services.clear();
    broken.faults.push(itops::domain::gitops::Fault {
        place: place(40),
        severity: itops::domain::gitops::Severity::Error,
        code: itops::domain::gitops::FaultCode::EmptyWorkflow,
        message: "the workflow has no transitions".to_owned(),
        hint: String::new(),
    });
    let before = core.state();
    let done = core.accept_repository(broken).await.unwrap();
    assert!(done.plan.steps.is_empty() && done.rejected.unwrap().contains("E020"));
    assert_eq!(core.state(), before);
    assert!(core.reconciles(1).await.unwrap()[0].rejected.as_ref().unwrap().contains("E020"));
    assert!(core.ready().await);
}

#[tokio::test]
async fn closed_tickets_are_not_said_to_go_with_anything() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let dba = user("dba-oncall", itops::domain::access::Level::Operator);
    core.create_ticket(&dba, wanted("one"), "k1").await.unwrap();
    core.take_ticket(&dba, 1, 1, "k2").await.unwrap();
    assert_eq!(core.live().await.tickets.len(), 1);
    for (version, to) in [(2, TicketStatus::InProgress), (3, TicketStatus::Resolved), (4, TicketStatus::Closed)] {
        core.move_ticket(&dba, 1, to, version, String::new(), &format!("m{version}")).await.unwrap();
    }
    assert!(core.live().await.tickets.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Reconciling does exactly what the plan says, and then there is nothing left to plan.
    #[test]
    fn what_is_planned_is_what_is_done((a, b) in neighbours(), faults in faults()) {
        let stage = Stage::new();
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let read = |registry| Repository { registry, ..Repository::default() };
            let core = stage.open(Some(read(a.clone()))).await;
            let mut second = read(b);
            second.faults = faults.into_iter().filter(|f| !stops(f)).collect();
            let (before, after) = (core.state(), State::of(&second));
            let plan = Plan::between(&before, &after, &second.faults, &core.live().await);
            let seq = core.position().1;
            let done = core.accept_repository(second.clone()).await.unwrap();
            if done.rejected.is_some() {
                // An error where ticketing or sign-in was declared before: all of it stays as it was.
                assert!(done.plan.steps.is_empty());
                assert_eq!(core.state(), before);
                return;
            }
            assert_eq!(done.plan, plan);
            let (epoch, _) = core.position();
            let changes = core.changes_after(&epoch, seq, 10_000).await.unwrap();
            let carried = plan.steps.iter().filter(|step| step.held.is_none()).count();
            let told = changes.iter().filter(|c| !matches!(c.fact, Fact::SourceRead(_))).count();
            assert!(carried > 0 || told == 0, "nothing was planned, and {told} changes were told");
            assert_eq!(*core.state(), before.apply(&plan, &after));
            let again = Plan::between(&core.state(), &State::of(&second), &second.faults, &core.live().await);
            assert!(again.steps.iter().all(|step| step.held.is_some()), "{again:?}");
            lives_as_declared(&core).await;
            let kept = core.state();
            let core = stage.reopen(core).await;
            assert_eq!(core.state(), kept, "a restart knows the same");
            lives_as_declared(&core).await;
        });
    }
}

/// Whether a fault keeps all of what was accepted before.
fn stops(fault: &itops::domain::gitops::Fault) -> bool {
    use itops::domain::gitops::FaultCode::*;
    let codes = [EmptyWorkflow, UnknownStatus, UnknownPriority, UnknownWorkflow, UnknownCategory, ReservedName];
    codes.contains(&fault.code) || fault.place.file.contains("ticketing.d")
}

/// What is in force is what lives.
async fn lives_as_declared(core: &itops::server::service::Core) {
    let state = core.state();
    let declared = |kind: DeclaredKind| -> Vec<String> {
        state.things.keys().filter(|key| key.0 == kind).map(|key| key.1.to_string()).collect()
    };
    let estate = core.snapshot().await.estate;
    let services = estate.services.values().filter(|s| s.origin == Origin::Git);
    assert_eq!(services.map(|s| s.path.as_str().to_owned()).collect::<Vec<_>>(), declared(DeclaredKind::Service));
    assert_eq!(estate.budgets.into_keys().collect::<Vec<_>>(), declared(DeclaredKind::SlaGroup));
    assert_eq!(estate.source.workflows.into_keys().collect::<Vec<_>>(), declared(DeclaredKind::Workflow));
    assert_eq!(estate.source.catalog.items.into_keys().collect::<Vec<_>>(), declared(DeclaredKind::Item));
    assert_eq!(estate.source.groups.into_keys().collect::<Vec<_>>(), declared(DeclaredKind::Group));
    let mut names: Vec<String> = estate.source.providers.into_iter().map(|p| p.name).collect();
    names.sort();
    assert_eq!(names, declared(DeclaredKind::Provider));
    let mut names: Vec<String> = estate.source.catalog.categories.into_iter().map(|c| c.name).collect();
    names.sort();
    assert_eq!(names, declared(DeclaredKind::Category));
}
