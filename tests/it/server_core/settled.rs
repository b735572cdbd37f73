//! What is brought into order later than it is true: however the core ends, nothing of it is lost.

use itops::{
    domain::{
        gitops::Repository,
        health::{Health, Status, report::HealthReport},
        hierarchy::ServicePath,
        time::{DAY, MINUTE, SECOND},
    },
    server::service::Core,
};
use proptest::{collection::vec, prelude::*};

use super::stage::*;

/// The same without `db`.
fn without_db() -> Repository {
    let mut without = repository();
    without.registry.services.remove(&db());
    without
}

#[tokio::test]
async fn a_push_adds_to_log_and_history_only_and_the_rest_follows() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    core.flush().await.unwrap();
    let (health, places) = (stage.rows("health").await, stage.rows("history_place").await);
    let points = stage.rows("status_history").await;
    say(&core, &db(), Status::Down).await;
    assert_eq!(stage.rows("health").await, health);
    assert_eq!(stage.rows("history_place").await, places);
    assert_eq!(stage.rows("status_history").await, points + 1);
    core.flush().await.unwrap();
    assert_eq!(stage.rows("health").await, health + 1);
    assert_eq!(stage.rows("history_place").await, points + 1);
}

#[tokio::test]
async fn thousands_of_pushes_are_brought_into_order_before_anybody_asks_for_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let statuses = [Status::Down, Status::Operational, Status::Degraded];
    let services: Vec<ServicePath> = (0..400).map(|n| path(&format!("acme/shop/prod/eu-1/s{n}"))).collect();
    for status in statuses.into_iter().cycle().take(24) {
        let said = services.iter().map(|path| report(path, status, "")).collect();
        core.agent_status(KEY, db().node(), said).await.unwrap();
    }
    let (changes, points) = (stage.rows("change_log").await, stage.rows("status_history").await);
    assert!(changes > 8_192, "{changes}");
    assert_eq!(stage.rows("health").await, 400);
    assert!(stage.rows("history_place").await > points - 8_192);
    let before = core.snapshot().await;
    let again = stage.reopen(core).await;
    assert_eq!(again.snapshot().await.estate.services, before.estate.services);
}

#[tokio::test]
async fn what_was_said_is_found_before_and_after_it_is_in_order() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let said = async |core: &Core| {
        let detail = core.service_detail(&db()).await.unwrap();
        detail.incidents.into_iter().map(|incident| incident.message).collect::<Vec<_>>()
    };
    let round = async |core: &Core, message: &str| {
        core.report_health(KEY, report(&db(), Status::Down, message)).await.unwrap();
        for _ in 0..30 {
            stage.world.advance(MINUTE);
            say(core, &db(), Status::Operational).await;
        }
    };
    round(&core, "first").await;
    assert_eq!(said(&core).await, ["first"]);
    core.flush().await.unwrap();
    round(&core, "second").await;
    assert_eq!(said(&core).await, ["second", "first"]);
    let again = stage.reopen(core).await;
    assert_eq!(said(&again).await, ["second", "first"]);
    again.flush().await.unwrap();
    assert_eq!(said(&again).await, ["second", "first"]);
}

#[tokio::test]
async fn what_is_forgotten_of_the_log_was_in_order_before() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(20 * DAY);
    core.forget_old().await.unwrap();
    let before = health(&core, &db()).await;
    // Even where nothing of the log is left.
    sqlx::query("DELETE FROM change_log").execute(&stage.database().await).await.unwrap();
    let again = stage.reopen(core).await;
    assert_eq!(health(&again, &db()).await, before);
}

#[tokio::test]
async fn a_service_that_came_back_is_as_unknown_after_a_start_as_before_it() {
    let stage = Stage::new();
    let core = stage.open(Some(without_db())).await;
    core.accept_repository(repository()).await.unwrap();
    core.accept_repository(without_db()).await.unwrap();
    stage.world.advance(SECOND);
    say(&core, &db(), Status::Operational).await;
    core.flush().await.unwrap();
    stage.world.advance(SECOND);
    core.accept_repository(repository()).await.unwrap();
    let before = health(&core, &db()).await;
    assert_eq!(before.last_seen, None, "what was said while it was retired is not about it");
    let again = stage.reopen(core).await;
    assert_eq!(health(&again, &db()).await, before);
}

#[derive(Clone, Debug)]
enum Step {
    Say(bool, Status, i64),
    Late(bool, Status, i64),
    Flush,
    Sweep,
    Declare(bool),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let status = || proptest::sample::select(Status::ALL.to_vec());
    let step = prop_oneof![
        4 => (any::<bool>(), status(), 1..300i64).prop_map(|(db, status, after)| Step::Say(db, status, after)),
        1 => (any::<bool>(), status(), 1..300i64).prop_map(|(db, status, ago)| Step::Late(db, status, ago)),
        2 => Just(Step::Flush),
        1 => Just(Step::Sweep),
        1 => any::<bool>().prop_map(Step::Declare),
        2 => Just(Step::Reopen),
    ];
    vec(step, 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_core_that_ended_at_any_moment_is_as_it_was(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let stage = Stage::new();
            let mut core = stage.open(Some(repository())).await;
            let which = |is_db: bool| if is_db { db() } else { api() };
            for step in steps.into_iter().chain([Step::Reopen]) {
                match step {
                    Step::Say(is_db, status, after) => {
                        stage.world.advance(after * SECOND);
                        core.report_health(KEY, report(&which(is_db), status, status.word())).await.unwrap();
                    }
                    Step::Late(is_db, status, ago) => {
                        let at = Some(stage.world.now().plus(-ago * SECOND));
                        let late = HealthReport { at, ..report(&which(is_db), status, "late") };
                        core.report_health(KEY, late).await.unwrap();
                    }
                    Step::Flush => core.flush().await.unwrap(),
                    Step::Sweep => core.sweep_silence().await.unwrap(),
                    Step::Declare(with_db) => {
                        let declared = if with_db { repository() } else { without_db() };
                        core.accept_repository(declared).await.unwrap();
                    }
                    Step::Reopen => {
                        let before = core.snapshot().await.estate.services;
                        core = stage.reopen(core).await;
                        let after = core.snapshot().await.estate.services;
                        assert_eq!(before.len(), after.len());
                        for (was, is) in before.into_values().zip(after.into_values()) {
                            // Who was heard without news is written down every few seconds only.
                            assert!(is.health.last_seen <= was.health.last_seen, "{}", was.path);
                            let last_seen = was.health.last_seen;
                            assert_eq!(Health { last_seen, ..is.health }, was.health, "{}", was.path);
                        }
                    }
                }
            }
        });
    }
}
