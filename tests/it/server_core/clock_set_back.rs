//! The core's own clock was ahead and is set back.

use itops::{
    domain::{
        health::{Status, report::HealthReport},
        time::{HOUR, MINUTE},
    },
    server::service::Core,
};

use super::{away::line, stage::*};

/// `db` works, and then the core's own clock is set back by an hour.
async fn set_back(stage: &Stage) -> Core {
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(1_000);
    say(&core, &db(), Status::Operational).await;
    core.flush().await.unwrap();
    stage.world.advance(-3_601_000);
    core
}

#[tokio::test]
async fn a_clock_of_the_core_that_is_set_back_does_not_make_the_next_reports_late() {
    let stage = Stage::new();
    let core = set_back(&stage).await;
    let now = stage.world.now();
    say(&core, &db(), Status::Down).await;
    assert_eq!(health(&core, &db()).await.status, Status::Down);
    stage.world.advance(2 * 3_600_000);
    let line = core.service_detail(&db()).await.unwrap().timeline;
    assert_eq!(line.points(), [(now, Status::Down)], "what was said of later is not so");
    say(&core, &db(), Status::Operational).await;
    assert_eq!(health(&core, &db()).await.status, Status::Operational);
}

#[tokio::test]
async fn who_dies_after_the_clock_of_the_core_was_set_back_is_silent_in_time() {
    for is_killed in [false, true] {
        let stage = Stage::new();
        let mut core = set_back(&stage).await;
        let now = stage.world.now();
        say(&core, &db(), Status::Operational).await;
        core.flush().await.unwrap();
        if is_killed {
            core = stage.reopen(core).await;
        }
        assert_eq!(health(&core, &db()).await.last_seen, Some(now));
        stage.world.advance(180_000);
        core.sweep_silence().await.unwrap();
        assert_eq!(health(&core, &db()).await.status, Status::Unknown, "killed: {is_killed}");
    }
    let stage = Stage::new();
    let core = set_back(&stage).await;
    let core = stage.reopen(core).await;
    assert_eq!(health(&core, &db()).await.last_seen, Some(stage.world.now()), "nobody spoke since");
}

#[tokio::test]
async fn who_does_not_speak_again_after_the_clock_was_set_back_is_silent_in_time_too() {
    let stage = Stage::new();
    let core = set_back(&stage).await;
    core.sweep_silence().await.unwrap();
    assert_eq!(health(&core, &db()).await.last_seen, Some(stage.world.now()));
    stage.world.advance(3 * MINUTE);
    core.sweep_silence().await.unwrap();
    assert_eq!(health(&core, &db()).await.status, Status::Unknown);
}

#[tokio::test]
async fn what_was_down_before_the_clock_was_set_back_is_down_since_then_and_not_since_later() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(-HOUR);
    let now = stage.world.now();
    say(&core, &db(), Status::Down).await;
    assert_eq!(health(&core, &db()).await.since, now);
    stage.world.advance(2 * HOUR);
    assert_eq!(line(&core, &db()).await, [(now, Status::Down)]);
}

#[tokio::test]
async fn what_was_said_of_later_is_not_so_after_a_restart_either() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Operational).await;
    core.flush().await.unwrap();
    stage.world.advance(-HOUR);
    let now = stage.world.now();
    let core = stage.reopen(core).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(2 * HOUR);
    assert_eq!(line(&core, &db()).await, [(now, Status::Operational)]);
}

#[tokio::test]
async fn a_report_of_yesterday_is_one_of_yesterday_also_just_after_the_clock_was_set_back() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(HOUR);
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(-2_000);
    let old = HealthReport { at: Some(T0.plus(-MINUTE)), ..report(&db(), Status::Degraded, "") };
    core.report_health(KEY, old).await.unwrap();
    let health = health(&core, &db()).await;
    assert_eq!((health.status, health.last_seen), (Status::Operational, Some(stage.world.now())));
    let points = line(&core, &db()).await;
    assert!(
        points.contains(&(T0, Status::Operational)) && points.contains(&(T0.plus(HOUR), Status::Down)),
        "{points:?}"
    );
}
