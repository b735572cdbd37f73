//! Who should report, and what reports say of the clocks of those who do.

use std::sync::Arc;

use itops::{
    domain::{
        attention::{Concern, Handling, Reason, Subject, Wish},
        health::{Status, report::HealthReport, reporter},
        time::{MINUTE, SECOND},
    },
    server::service::Core,
};

use super::stage::{KEY, Stage, T0, db, oncall, pusher, report, repository, service};

async fn expected(core: &Core) -> Option<String> {
    service(core, &db()).await.unwrap().expected_reporter
}

#[tokio::test]
async fn who_should_report_follows_the_jobs_that_are_declared_and_survives_a_restart() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    assert_eq!(expected(&core).await, None);
    let mut pushed = repository();
    Arc::make_mut(pushed.registry.services.get_mut(&db()).unwrap()).pushed_by = Some("ops/db-health".into());
    core.accept_repository(pushed.clone()).await.unwrap();
    assert_eq!(expected(&core).await.as_deref(), Some("cronjob/ops/db-health"));
    let core = stage.reopen(core).await;
    assert_eq!(expected(&core).await.as_deref(), Some("cronjob/ops/db-health"));
    Arc::make_mut(pushed.registry.services.get_mut(&db()).unwrap()).workload =
        Some(("deployment".to_owned(), "db".to_owned()));
    core.accept_repository(pushed).await.unwrap();
    assert_eq!(expected(&core).await.as_deref(), Some("acme/shop/prod/eu-1"), "the agent of its cluster");
    core.accept_repository(repository()).await.unwrap();
    assert_eq!(expected(&core).await, None);
}

#[tokio::test]
async fn an_agent_that_never_reported_is_waited_for_by_its_own_beat() {
    let stage = Stage::new();
    let mut repository = repository();
    let declared = Arc::make_mut(repository.registry.services.get_mut(&db()).unwrap());
    declared.workload = Some(("deployment".to_owned(), "db".to_owned()));
    declared.every_ms = None;
    let core = stage.open(Some(repository)).await;
    assert_eq!(service(&core, &db()).await.unwrap().health.every_ms, 30 * SECOND);
}

#[tokio::test]
async fn what_nobody_reported_on_is_acknowledged_as_one_and_that_ends_with_the_last_first_report() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let unheard =
        core.read(|estate| reporter::unheard(estate, T0).iter().map(|u| u.services.len()).collect::<Vec<_>>());
    let unheard = unheard.await;
    assert_eq!(unheard.len(), 1, "nothing declares a reporter of any");
    let wish = Wish { subject: Subject::Unheard, seen: Reason::Unknown, handling: Some(Handling::Acknowledged) };
    core.attend(&oncall(), wish, "k").await.unwrap();
    let paths: Vec<_> = core.read(|estate| estate.services.keys().cloned().collect()).await;
    assert_eq!(unheard, [paths.len()]);
    let is_known = async || core.read(|e| e.handled.contains_key(&(Subject::Unheard, Concern::Health))).await;
    for path in &paths {
        core.settle_attention().await.unwrap();
        assert!(is_known().await, "{path} was never reported");
        core.report_health(KEY, report(path, Status::Operational, "")).await.unwrap();
    }
    core.settle_attention().await.unwrap();
    assert!(!is_known().await);
}

/// What is known of the clock after reports that were so far off, a minute apart.
async fn clock(core: &Core, stage: &Stage, ahead_ms: &[Option<i64>]) -> Option<i64> {
    for ahead_ms in ahead_ms {
        stage.world.advance(MINUTE);
        let at = ahead_ms.map(|ms| stage.world.now().plus(ms));
        let said = HealthReport { at, ahead_ms: *ahead_ms, ..report(&db(), Status::Operational, "") };
        core.report_health(KEY, said).await.unwrap();
    }
    service(core, &db()).await.unwrap().clock_ahead_ms
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_once_survives_a_restart_and_is_forgotten_when_it_is_right() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let behind = -12 * MINUTE;
    let news = async |core: &Core| core.recent_changes(10_000).await.len();
    assert_eq!(clock(&core, &stage, &[Some(behind); 2]).await, None, "two may have been held up");
    let before = news(&core).await;
    assert_eq!(clock(&core, &stage, &[Some(behind), Some(behind + 2 * SECOND)]).await, Some(behind));
    assert_eq!(news(&core).await, before + 1, "told once");
    let wish =
        Wish { subject: Subject::Reporter(pusher()), seen: Reason::ClockWrong, handling: Some(Handling::Acknowledged) };
    core.attend(&oncall(), wish, "k").await.unwrap();
    let core = stage.reopen(core).await;
    assert_eq!(clock(&core, &stage, &[]).await, Some(behind));
    assert_eq!(clock(&core, &stage, &[Some(0); 3]).await, None, "set right");
    core.settle_attention().await.unwrap();
    assert!(core.read(|estate| estate.handled.is_empty()).await);
    assert_eq!(clock(&core, &stage, &[Some(behind); 3]).await, Some(behind));
    assert_eq!(clock(&core, &stage, &[None]).await, None, "it says no time any more");
    assert_eq!(clock(&core, &stage, &[Some(-SECOND); 9]).await, None);
}
