//! Time in which nobody heard anything, because the core was away itself; and more than one who reports.

use itops::domain::{
    change::Fact,
    health::{Status, report::HealthReport},
    hierarchy::ServicePath,
    time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
};
use itops::server::service::Core;

use super::{
    results::{days, midnight, restated},
    stage::*,
};

pub async fn line(core: &Core, path: &ServicePath) -> Vec<(Timestamp, Status)> {
    core.service_detail(path).await.unwrap().timeline.points().to_vec()
}

/// The core stops at once, and is started again `ms` later.
async fn away(stage: &Stage, core: Core, ms: i64) -> Core {
    core.flush().await.unwrap();
    stage.world.advance(ms);
    stage.reopen(core).await
}

#[tokio::test]
async fn time_in_which_the_core_was_away_is_unknown_whatever_is_reported_afterwards() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    let core = away(&stage, core, 8 * HOUR).await;
    let unheard = [(T0, Status::Operational), (T0.plus(MINUTE), Status::Unknown)];
    for path in [db(), api()] {
        let known = health(&core, &path).await;
        assert_eq!((known.status, known.last_seen), (Status::Unknown, Some(T0)), "before anybody speaks");
        assert_eq!(known.silence.unwrap().from, T0.plus(MINUTE));
        assert_eq!(line(&core, &path).await, unheard);
    }
    let group = core.read(|estate| estate.budgets["checkout"].budget.clone()).await;
    assert!(group.coverage_millionths < 5_000, "one minute of eight hours is known: {group:?}");
    // They come within the grace after a start.
    say(&core, &db(), Status::Operational).await;
    say(&core, &api(), Status::Degraded).await;
    let back = T0.plus(8 * HOUR);
    for (path, then) in [(db(), Status::Operational), (api(), Status::Degraded)] {
        let points = [(T0, Status::Operational), (T0.plus(MINUTE), Status::Unknown), (back, then)];
        assert_eq!(line(&core, &path).await, points);
        let health = health(&core, &path).await;
        assert_eq!((health.status, health.since, health.silence), (then, back, None));
    }
    core.settle_all_budgets().await.unwrap();
    let own = core.service_detail(&db()).await.unwrap().budget;
    let group = core.read(|estate| estate.budgets["checkout"].budget.clone()).await;
    for budget in [own, group] {
        assert!(budget.coverage_millionths < 5_000, "one minute of eight hours is known: {budget:?}");
    }
    let again = stage.reopen(core).await;
    assert_eq!(line(&again, &db()).await.len(), 3, "it is on disk");
}

#[tokio::test]
async fn a_short_restart_leaves_nothing_and_what_was_down_stays_down() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    say(&core, &api(), Status::Down).await;
    let rows = stage.rows("status_history").await;
    let core = away(&stage, core, 50 * SECOND).await;
    say(&core, &db(), Status::Operational).await;
    say(&core, &api(), Status::Down).await;
    assert_eq!(stage.rows("status_history").await, rows);
    // Two reports are missed, and the third is on its way: those who are heard again had an interval for it.
    let core = away(&stage, core, 2 * MINUTE + 50 * SECOND).await;
    stage.world.advance(MINUTE - 1);
    core.sweep_silence().await.unwrap();
    assert_eq!(stage.rows("status_history").await, rows);
    assert_eq!(health(&core, &db()).await.status, Status::Operational);
    let core = away(&stage, core, 8 * HOUR).await;
    say(&core, &api(), Status::Down).await;
    assert_eq!(line(&core, &api()).await, [(T0, Status::Down)], "last known, and burning");
    assert_eq!(health(&core, &api()).await.since, T0);
    stage.world.advance(MINUTE);
    say(&core, &api(), Status::Operational).await;
    let back = T0.plus(8 * HOUR + 5 * MINUTE + 40 * SECOND - 1);
    assert_eq!(line(&core, &api()).await, [(T0, Status::Down), (back, Status::Operational)]);
}

#[tokio::test]
async fn a_gap_that_no_sweep_saw_is_one_and_what_was_sent_late_fills_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(3 * MINUTE - 1);
    say(&core, &db(), Status::Operational).await;
    assert_eq!(line(&core, &db()).await.len(), 1, "two missed reports are no silence");
    stage.world.advance(10 * MINUTE);
    say(&core, &db(), Status::Operational).await;
    let last = T0.plus(3 * MINUTE - 1);
    let gap = [(last.plus(MINUTE), Status::Unknown), (last.plus(10 * MINUTE), Status::Operational)];
    assert_eq!(line(&core, &db()).await[1..], gap);
    let kept = HealthReport { at: Some(last.plus(5 * MINUTE)), ..report(&db(), Status::Operational, "") };
    core.report_health(KEY, kept).await.unwrap();
    let filled = [(last.plus(5 * MINUTE), Status::Operational), (last.plus(6 * MINUTE), Status::Unknown)];
    assert_eq!(line(&core, &db()).await[2..4], filled, "for its interval");
}

#[tokio::test]
async fn a_day_that_is_closed_after_the_core_was_away_is_told_right_at_once() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    let core = away(&stage, core, midnight().plus(HOUR).since(T0)).await;
    core.close_periods().await.unwrap();
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    stage.world.advance(HOUR);
    core.close_periods().await.unwrap();
    assert!(days(&core).await[0].figures.coverage_millionths < 5_000);
    assert_eq!(restated(&core).await, []);
}

#[tokio::test]
async fn a_day_that_was_closed_before_the_gap_was_known_is_restated_as_silence() {
    let stage = Stage::new();
    let core = stage.open(Some(reported_every(6 * HOUR))).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    stage.world.advance(midnight().plus(HOUR).since(T0));
    core.close_periods().await.unwrap();
    // Not due at the start; then nobody judges before they had their interval, and they speak within it.
    let core = away(&stage, core, T0.plus(17 * HOUR).since(stage.world.now())).await;
    stage.world.advance(2 * HOUR);
    core.sweep_silence().await.unwrap();
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    stage.world.advance(HOUR);
    core.close_periods().await.unwrap();
    let told = restated(&core).await;
    let [only] = told.as_slice() else { panic!("{told:?}") };
    assert!(only.was.coverage_millionths > 900_000 && only.is.coverage_millionths < 700_000, "{only:?}");
    assert!(only.reason.starts_with("silence"), "{only:?}");
    assert!(only.from < midnight() && only.from.plus(DAY) == midnight());
}

async fn agent(core: &Core, status: Status) {
    let replicas = Some((3, 3));
    let said = HealthReport { replicas, ..report(&db(), status, "3 of 3 ready") };
    core.agent_status(KEY, db().node(), vec![said]).await.unwrap();
}

#[tokio::test]
async fn two_reporters_that_agree_make_no_news_and_write_nothing() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    agent(&core, Status::Operational).await;
    say(&core, &db(), Status::Operational).await;
    let written = async || {
        let tables = ["status_history", "change_log", "heard", "health"];
        let mut all = Vec::new();
        for table in tables {
            all.push(stage.rows(table).await);
        }
        (core.position(), all)
    };
    let before = written().await;
    for beat in 1..=20 {
        stage.world.advance(30 * SECOND);
        agent(&core, Status::Operational).await;
        if beat % 2 == 0 {
            say(&core, &db(), Status::Operational).await;
        }
        core.sweep_silence().await.unwrap();
    }
    assert_eq!(written().await, before);
    let known = health(&core, &db()).await;
    assert_eq!((known.every_ms, known.message.as_str()), (30 * SECOND, "3 of 3 ready"), "the shorter interval counts");
    assert_eq!(known.last_seen, Some(stage.world.now()));
    say(&core, &db(), Status::Down).await;
    assert_eq!(health(&core, &db()).await.status, Status::Down, "one that disagrees is news");
}

#[tokio::test]
async fn who_speaks_for_a_service_is_replaced_when_he_speaks_no_more() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let name = |key: &str| format!("{key}@{}", db().node().as_str());
    let say = async |key: &str| core.report_health(key, report(&db(), Status::Operational, "")).await.unwrap();
    say("first").await;
    say("second").await;
    for _ in 0..3 {
        assert_eq!(health(&core, &db()).await.reporter, name("first"));
        stage.world.advance(MINUTE);
        say("second").await;
        core.sweep_silence().await.unwrap();
    }
    assert_eq!(health(&core, &db()).await.reporter, name("second"));
    assert_eq!(line(&core, &db()).await.len(), 1, "somebody always knew");
}

#[tokio::test]
async fn one_that_has_the_name_of_its_key_alone_speaks_under_its_own_at_once() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    core.stop().await;
    sqlx::query("UPDATE health SET reporter = $1").bind(KEY).execute(&stage.database().await).await.unwrap();
    let core = stage.open(None).await;
    assert_eq!(health(&core, &db()).await.reporter, KEY, "as an older core called it");
    stage.world.advance(MINUTE);
    core.report_health(KEY, report(&db(), Status::Operational, "fine")).await.unwrap();
    let known = health(&core, &db()).await;
    assert_eq!((known.reporter, known.message.as_str(), known.since), (pusher(), "fine", T0));
    // The other one is never heard again: that is not told of a name that nobody has any more.
    for _ in 0..3 {
        stage.world.advance(MINUTE);
        say(&core, &db(), Status::Operational).await;
        core.sweep_silence().await.unwrap();
    }
    let known = health(&core, &api()).await;
    assert_eq!((known.reporter, known.status), (pusher(), Status::Unknown));
}

#[tokio::test]
async fn who_spoke_first_before_a_silence_does_not_take_over_from_who_speaks_first_after_it() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let second = format!("second@{}", db().node().as_str());
    let say = async |key: &str| core.report_health(key, report(&db(), Status::Operational, "")).await.unwrap();
    say("first").await;
    say("second").await;
    stage.world.advance(4 * MINUTE);
    core.sweep_silence().await.unwrap();
    assert!(health(&core, &db()).await.silence.is_some());
    say("second").await;
    assert_eq!(health(&core, &db()).await.reporter, second);
    say("first").await;
    assert_eq!(health(&core, &db()).await.reporter, second, "one that agrees is no news");
}

#[tokio::test]
async fn a_core_that_stood_still_gives_everybody_an_interval_to_speak_before_it_holds_anybody_for_silent() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    say(&core, &api(), Status::Operational).await;
    stage.world.advance(10 * MINUTE);
    core.stood_still().await.unwrap();
    let before = core.position();
    core.sweep_silence().await.unwrap();
    assert_eq!(core.position(), before, "nobody is held for silent");
    stage.world.advance(MINUTE - 1);
    say(&core, &api(), Status::Operational).await;
    core.sweep_silence().await.unwrap();
    assert_eq!(health(&core, &db()).await.status, Status::Operational);
    stage.world.advance(1);
    core.sweep_silence().await.unwrap();
    let silent = health(&core, &db()).await;
    assert_eq!(silent.silence.map(|silence| silence.from), Some(T0.plus(MINUTE)), "{silent:?}");
    assert_eq!(health(&core, &api()).await.status, Status::Operational);
}

#[tokio::test]
async fn the_job_that_judges_silence_notices_that_the_core_stood_still() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    let mut stream = core.subscribe();
    let _jobs = core.spawn_jobs();
    for ms in [0, 10 * MINUTE].into_iter().chain([10 * SECOND; 6]) {
        stage.world.advance(ms);
        // Until the job waits for its next turn: each of its turns goes through the writer, as these do.
        for _ in 0..100 {
            core.flush().await.unwrap();
        }
    }
    let judged = loop {
        let change = stream.recv().await.unwrap();
        if matches!(&change.fact, Fact::HealthChanged { path, .. } if *path == db()) {
            break change.at;
        }
    };
    assert_eq!(judged, T0.plus(11 * MINUTE));
}
