use itops::domain::{
    change::Seq,
    health::{Status, report::HealthReport},
    sla::Timeline,
    time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
};
use itops::server::service::Core;
use proptest::{collection::vec, prelude::*, sample::select};

use super::stage::*;
use crate::late;

/// Takes the database back to the shape before history became compact, with these rows of `db`: at, late, status, message.
async fn as_it_was_before(stage: &Stage, rows: &[(Timestamp, i64, &str, &str)]) {
    let database = stage.database().await;
    let shape = "DROP TABLE health; DROP TABLE status_history; DROP TABLE history_place; DROP TABLE settled; DROP TABLE report_gap; \
                 DELETE FROM _sqlx_migrations WHERE version IN (6, 16, 17); \
                 CREATE TABLE status_history (id INTEGER PRIMARY KEY, service_id BIGINT NOT NULL REFERENCES service (id), \
                 at BIGINT NOT NULL, seq BIGINT NOT NULL, late INTEGER NOT NULL, status TEXT NOT NULL, \
                 message TEXT NOT NULL, reporter TEXT NOT NULL, since BIGINT NOT NULL, seen BIGINT, ready BIGINT, \
                 wanted BIGINT, every_ms BIGINT NOT NULL, assumed INTEGER NOT NULL, silent_from BIGINT, last_known TEXT); \
                 CREATE INDEX status_history_by_time ON status_history (service_id, at)";
    sqlx::raw_sql(shape).execute(&database).await.unwrap();
    for (at, late, status, message) in rows {
        sqlx::query(
            "INSERT INTO status_history (service_id, at, seq, late, status, message, reporter, since, seen, ready, wanted, \
             every_ms, assumed) SELECT id, $1, 1000, $2, $3, $4, 'probe', $1, $1, 1, 2, 60000, 0 FROM service WHERE path = $5",
        )
        .bind(at.ms())
        .bind(*late)
        .bind(*status)
        .bind(*message)
        .bind(db().as_str())
        .execute(&database)
        .await
        .unwrap();
    }
    database.close().await;
}

#[tokio::test]
async fn an_older_database_is_carried_over_with_the_same_line_health_and_figures() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    core.stop().await;
    stage.world.advance(10 * HOUR);
    let ago = |ms: i64| T0.plus(10 * HOUR - ms);
    let rows = [
        (ago(9 * HOUR), 0, "OPERATIONAL", ""),
        (ago(8 * HOUR), 0, "OPERATIONAL", "said more"),
        (ago(4 * HOUR), 0, "DOWN", "no answer"),
        (ago(3 * HOUR), 0, "DOWN", "still no answer"),
        (ago(2 * HOUR), 0, "OPERATIONAL", "back"),
        (ago(6 * HOUR), 1, "DEGRADED", "slow"),
        (ago(5 * HOUR), 1, "OPERATIONAL", ""),
        // Two at once: the later said one counts.
        (ago(HOUR), 0, "DOWN", "flicker"),
        (ago(HOUR), 0, "MAINTENANCE", "on purpose"),
    ];
    as_it_was_before(&stage, &rows).await;

    let core = stage.open(None).await;
    let detail = core.service_detail(&db()).await.unwrap();
    let mut points: Vec<_> = rows.iter().map(|(at, _, word, _)| (*at, Status::parse(word).unwrap())).collect();
    points.push((ago(HOUR).plus(MINUTE), Status::Unknown));
    assert_eq!(detail.timeline, Timeline::from_points(points), "as the older core made it, and silent since");
    let said: Vec<&str> = detail.incidents.iter().map(|incident| incident.message.as_str()).collect();
    assert_eq!(said, ["no answer", "slow"]);
    assert_eq!((detail.budget.down_ms, detail.budget.maintenance_ms), (2 * HOUR, MINUTE));
    let health = health(&core, &db()).await;
    assert_eq!((health.silence.unwrap().last_known, health.message.as_str()), (Status::Maintenance, "on purpose"));
    assert_eq!((health.replicas, health.reporter.as_str()), (Some((1, 2)), pusher().as_str()));
    assert_eq!(stage.rows("status_history").await, 8, "what changed nothing is not carried over");
}

#[tokio::test]
async fn another_message_is_kept_without_a_row_of_history() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    core.report_health(KEY, report(&db(), Status::Degraded, "slow")).await.unwrap();
    stage.world.advance(MINUTE);
    core.report_health(KEY, report(&db(), Status::Degraded, "slower")).await.unwrap();
    assert_eq!(stage.rows("status_history").await, 1);
    let again = stage.reopen(core).await;
    let health = health(&again, &db()).await;
    assert_eq!((health.message.as_str(), health.since), ("slower", T0));
}

#[tokio::test]
async fn a_line_that_is_read_again_is_the_line_it_was_whatever_came_late() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(20_000);
    // Leaves no point of its own, and so does not end the late word either.
    core.report_health(KEY, report(&db(), Status::Operational, "fine")).await.unwrap();
    stage.world.advance(HOUR);
    say(&core, &db(), Status::Operational).await;
    for (seconds, status) in [(10, Status::Down), (15, Status::Operational), (12, Status::Degraded), (12, Status::Down)]
    {
        let mut late = report(&db(), status, "late");
        late.at = Some(T0.plus(seconds * 1000));
        core.report_health(KEY, late).await.unwrap();
    }
    core.settle_budgets().await.unwrap();
    let before = (line(&core).await, figures(&core).await);
    let again = stage.reopen(core).await;
    assert_eq!((line(&again).await, figures(&again).await), before);
}

#[tokio::test]
async fn a_late_report_leaves_a_later_one_that_said_the_same() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    for _ in 0..60 {
        stage.world.advance(MINUTE);
        say(&core, &db(), Status::Operational).await;
    }
    let at = |minutes: i64| T0.plus(minutes * MINUTE);
    for minutes in [30, 20, 29] {
        let late = HealthReport { at: Some(at(minutes)), ..report(&db(), Status::Down, "late") };
        core.report_health(KEY, late).await.unwrap();
    }
    core.settle_budgets().await.unwrap();
    let points = [
        (T0, Status::Operational),
        (at(20), Status::Down),
        (at(21), Status::Operational),
        (at(29), Status::Down),
        (at(31), Status::Operational),
    ];
    let before = (line(&core).await, figures(&core).await);
    assert_eq!(before.0.points(), points);
    assert_eq!(before.1.down_ms, 3 * MINUTE);
    let incidents = core.service_detail(&db()).await.unwrap().incidents;
    assert!(incidents.iter().all(|incident| incident.message == "late"), "{incidents:?}");
    core.flush().await.unwrap();
    let again = stage.reopen(core).await;
    assert_eq!((line(&again).await, figures(&again).await), before);
}

/// Reports on `db` as they come in, those of one turn together: seconds after [`T0`], and what is said. Whether silence is
/// looked for after it.
async fn line_is_as_the_rule_places_it(turns: Vec<(Vec<(i64, Status)>, bool)>) -> Result<(), TestCaseError> {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    stage.world.advance(HOUR);
    let mut rule = late::Told::every(MINUTE);
    for (turn, sweeps) in turns {
        let said = turn.iter().map(|(seconds, status)| {
            let at = Some(T0.plus(seconds * SECOND));
            core.report_health(KEY, HealthReport { at, ..report(&db(), *status, "") })
        });
        futures_util::future::try_join_all(said).await.unwrap();
        for (seconds, status) in turn {
            rule.report(T0.plus(seconds * SECOND), status);
        }
        if sweeps {
            core.sweep_silence().await.unwrap();
        }
    }
    // Nobody spoke for most of an hour.
    core.sweep_silence().await.unwrap();
    rule.falls_silent();
    prop_assert_eq!(&line(&core).await, &rule.line);
    core.flush().await.unwrap();
    let again = stage.reopen(core).await;
    prop_assert_eq!(&line(&again).await, &rule.line);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reports_in_any_order_make_the_line_that_the_rule_makes(
        turns in vec((vec((0..600_i64, select(Status::ALL.to_vec())), 1..4), any::<bool>()), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(line_is_as_the_rule_places_it(turns))?;
    }
}

#[tokio::test]
async fn figures_that_are_kept_up_to_date_are_those_made_from_scratch() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for (path, minutes, status) in [
        (db(), 0, Status::Operational),
        (api(), 5, Status::Operational),
        (db(), 7, Status::Down),
        (api(), 1, Status::Degraded),
        (db(), 2, Status::Unknown),
        (api(), 3, Status::Down),
        (db(), 30, Status::Operational),
        (api(), 4, Status::Maintenance),
    ] {
        stage.world.advance(minutes * MINUTE);
        say(&core, &path, status).await;
        core.settle_budgets().await.unwrap();
    }
    let mut late = report(&db(), Status::Down, "late");
    late.at = Some(T0.plus(6 * MINUTE));
    core.report_health(KEY, late).await.unwrap();
    core.settle_budgets().await.unwrap();
    let kept = figures(&core).await;
    let again = stage.reopen(core).await;
    again.settle_all_budgets().await.unwrap();
    assert_eq!(figures(&again).await, kept);
}

#[tokio::test]
async fn raw_history_past_400_days_goes_and_no_figure_changes() {
    let stage = Stage::new();
    let core = stage.open(Some(reported_every(200 * DAY))).await;
    say(&core, &api(), Status::Operational).await;
    for status in [Status::Operational, Status::Down, Status::Operational, Status::Degraded] {
        say(&core, &db(), status).await;
        stage.world.advance(DAY);
    }
    stage.world.advance(390 * DAY);
    say(&core, &db(), Status::Down).await;
    // Memory begins between two points: the one in force then is older than 400 days and stays.
    stage.world.advance(8 * DAY + 12 * HOUR);
    core.settle_all_budgets().await.unwrap();
    let before = figures(&core).await;
    assert_eq!(stage.rows("status_history").await, 6);
    core.forget_old().await.unwrap();
    assert_eq!(
        stage.rows("status_history").await,
        4,
        "of db the third and the first one after it stay, and what holds"
    );
    core.settle_all_budgets().await.unwrap();
    assert_eq!(figures(&core).await, before);
    let again = stage.reopen(core).await;
    assert_eq!(figures(&again).await, before);
}

#[tokio::test]
async fn old_changes_go_and_the_newest_stay_whatever_their_age() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let all = stage.rows("change_log").await;
    stage.world.advance(100 * DAY);
    core.forget_old().await.unwrap();
    assert_eq!(stage.rows("change_log").await, all);
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) \
                INSERT INTO change_log (seq, at, actor, fact) SELECT (SELECT MAX(seq) FROM change_log) + i, $1, a.actor, \
                a.fact FROM n, (SELECT actor, fact FROM change_log LIMIT 1) AS a";
    core.stop().await;
    let database = stage.database().await;
    sqlx::query(many).bind(T0.plus(99 * DAY).ms()).execute(&database).await.unwrap();
    database.close().await;
    let core = stage.open(None).await;
    core.forget_old().await.unwrap();
    assert_eq!(stage.rows("change_log").await, i64::try_from(core.position().1.0).unwrap() - all);
}

#[tokio::test]
async fn figures_told_long_ago_leave_the_log_and_who_needs_them_takes_a_snapshot() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for round in 0..1_200 {
        stage.world.advance(MINUTE);
        say(&core, &db(), if round % 2 == 0 { Status::Down } else { Status::Operational }).await;
        core.settle_budgets().await.unwrap();
    }
    let told = stage.rows("change_log").await;
    core.forget_old().await.unwrap();
    assert!(stage.rows("change_log").await < told - 500, "of {told}");
    let again = stage.reopen(core).await;
    let (epoch, seq) = again.position();
    let newest = again.changes_after(&epoch, Seq(seq.0 - 900), 2_000).await.unwrap();
    assert_eq!(newest.len(), 900);
    let mut after = Seq(0);
    let resync = loop {
        match again.changes_after(&epoch, after, 100).await {
            Ok(changes) => {
                let in_a_row = changes.iter().zip(after.0 + 1..).all(|(change, seq)| change.seq.0 == seq);
                assert!(in_a_row && !changes.is_empty(), "a gap is an answer of its own");
                after = Seq(after.0 + changes.len() as u64);
            }
            Err(resync) => break resync,
        }
    };
    assert!(resync.reason.contains("does not reach back"), "{}", resync.reason);
}

async fn line(core: &Core) -> Timeline {
    core.service_detail(&db()).await.unwrap().timeline
}

async fn figures(core: &Core) -> itops::domain::sla::Budget {
    core.budget_detail("checkout").await.unwrap().group.budget
}
