use itops::domain::{
    attention::{Handling, Reason, Subject, Wish},
    change::{Fact, Seq},
    detail::NewTicket,
    health::{BackupOutcome, Status, Storage},
    refusal::RefusalCode,
    sla::WindowScope,
    tickets::{Priority, TicketStatus},
    time::{DAY, MINUTE},
};
use std::sync::Arc;

use itops::server::service::{BackupTarget, Core, CoreSettings, Failure, StartError};

use super::{
    stage::*,
    windows::{operator, wanted as wanted_window},
};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening_without_a_stop() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    core.report_health(KEY, report(&db(), Status::Degraded, "slow")).await.unwrap();
    let ticket = core.create_ticket(&oncall(), wanted("look at it"), "k1").await.unwrap();
    core.comment_ticket(&oncall(), ticket.number, "looking".to_owned(), "k2").await.unwrap();
    let before = core.snapshot().await;

    let again = stage.reopen(core).await;
    let mut after = again.snapshot().await;
    assert_eq!(after.epoch, before.epoch);
    assert!(after.seq >= before.seq);
    after.estate.budgets.clone_from(&before.estate.budgets);
    assert_eq!(after.estate, before.estate);
    let detail = again.ticket_detail(ticket.number).await.unwrap();
    assert_eq!(detail.history.len(), 2);
}

#[tokio::test]
async fn numbers_go_on_where_they_were_after_reopening() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Operational).await;
    let first = core.create_ticket(&oncall(), wanted("one"), "k1").await.unwrap();
    let seq = core.position().1;
    core.stop().await;

    let again = stage.open(None).await;
    assert_eq!(again.position().1, seq);
    say(&again, &db(), Status::Down).await;
    say(&again, &api(), Status::Down).await;
    let second = again.create_ticket(&oncall(), wanted("two"), "k2").await.unwrap();
    assert_eq!(second.number, first.number + 1);
    let seqs: Vec<u64> =
        again.changes_after(&again.position().0, Seq(0), 1_000).await.unwrap().iter().map(|c| c.seq.0).collect();
    assert_eq!(seqs, (1..=again.position().1.0).collect::<Vec<_>>(), "no gap, no repetition");
}

#[tokio::test]
async fn a_replica_that_reads_the_log_is_the_same_as_the_estate() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let mut replica = core.snapshot().await.estate;
    core.accept_repository(repository()).await.unwrap();
    say(&core, &db(), Status::Down).await;
    stage.world.advance(2 * MINUTE);
    core.open_automatic_tickets().await.unwrap();
    core.settle_budgets().await.unwrap();
    say(&core, &db(), Status::Operational).await;
    let (epoch, _) = core.position();
    for change in core.changes_after(&epoch, Seq(0), 1_000).await.unwrap() {
        replica.apply(&change);
        replica.apply(&change);
    }
    assert_eq!(replica, core.snapshot().await.estate);
}

#[tokio::test]
async fn the_log_is_read_from_memory_and_from_disk_alike_and_another_log_is_refused() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    every_kind_of_change(&core).await;
    let (epoch, seq) = core.position();
    let from_memory = core.changes_after(&epoch, Seq(1), 1_000).await.unwrap();
    // A core that was just opened has nothing of it in memory.
    assert!(core.changes_after("another", Seq(1), 10).await.is_err());
    assert!(core.changes_after(&epoch, Seq(seq.0 + 1), 10).await.is_err(), "ahead of the log");
    assert!(core.changes_after(&epoch, seq, 10).await.unwrap().is_empty());
    let again = stage.reopen(core).await;
    let from_disk = again.changes_after(&epoch, Seq(1), from_memory.len()).await.unwrap();
    assert_eq!(from_memory, from_disk);
    assert_eq!(again.recent_changes(2).await.len(), 2);
}

/// Makes at least one change of every kind there is.
async fn every_kind_of_change(core: &Core) {
    core.report_health(KEY, report(&db(), Status::Down, "no answer")).await.unwrap();
    let storage = Storage {
        allocated_bytes: u64::MAX,
        used_bytes: 1,
        storage_type: "pvc".to_owned(),
        mount_path: "/data".to_owned(),
        at: T0,
    };
    core.report_storage(KEY, db(), storage).await.unwrap();
    let backup = BackupTarget::Service(api());
    core.report_backup(KEY, backup, BackupOutcome::Partial, Some(9), "half".to_owned(), None).await.unwrap();
    let new = NewTicket { item: Some("service_down".to_owned()), service: Some(db()), ..wanted("db") };
    core.create_ticket(&oncall(), new, "k1").await.unwrap();
    core.take_ticket(&oncall(), 1, 1, "k2").await.unwrap();
    core.move_ticket(&oncall(), 1, TicketStatus::InProgress, 2, "on it".to_owned(), "k3").await.unwrap();
    core.prioritise_ticket(&oncall(), 1, Priority::Low, 3, "k4").await.unwrap();
    core.assign_ticket(&oncall(), 1, None, 4, "k5").await.unwrap();
    core.comment_ticket(&oncall(), 1, "two\nlines".to_owned(), "k6").await.unwrap();
    let mut less = repository();
    less.registry.services.remove(&api());
    let mut group = less.registry.sla_groups.remove("checkout").unwrap();
    group.name = "other".to_owned();
    less.registry.sla_groups.insert("other".to_owned(), group);
    core.accept_repository(less).await.unwrap();
    let words: std::collections::BTreeSet<&str> = words(core).await.into_iter().collect();
    assert_eq!(words.len(), 9, "{words:?}");
}

#[tokio::test]
async fn a_declared_interval_stays_in_force_when_no_repository_is_read() {
    let stage = Stage::new();
    let mut hourly = repository();
    Arc::make_mut(hourly.registry.services.get_mut(&db()).unwrap()).every_ms = Some((60 * MINUTE, true));
    let core = stage.open(Some(hourly)).await;
    say(&core, &db(), Status::Operational).await;
    let core = stage.reopen(core).await;
    let before = core.position();
    say(&core, &db(), Status::Operational).await;
    assert_eq!(core.position(), before);
    assert_eq!(health(&core, &db()).await.every_ms, 60 * MINUTE);
}

#[tokio::test]
async fn tickets_closed_long_ago_leave_the_estate_and_are_still_readable() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let dba = user("dba-oncall", itops::domain::access::Level::Operator);
    core.create_ticket(&dba, wanted("old"), "k1").await.unwrap();
    core.take_ticket(&dba, 1, 1, "k2").await.unwrap();
    core.move_ticket(&dba, 1, TicketStatus::InProgress, 2, String::new(), "k3").await.unwrap();
    core.move_ticket(&dba, 1, TicketStatus::Resolved, 3, String::new(), "k4").await.unwrap();
    core.move_ticket(&dba, 1, TicketStatus::Closed, 4, String::new(), "k5").await.unwrap();
    stage.world.advance(30 * DAY);
    core.forget_old().await.unwrap();
    assert_eq!(tickets(&core).await.len(), 1);
    stage.world.advance(1);
    core.forget_old().await.unwrap();
    assert!(tickets(&core).await.is_empty());
    assert_eq!(core.ticket_detail(1).await.unwrap().history.len(), 5);
    assert_eq!(stage.rows("idempotency").await, 0);
    let core = stage.reopen(core).await;
    assert!(tickets(&core).await.is_empty());
    assert_eq!(core.create_ticket(&dba, wanted("new"), "k1").await.unwrap().number, 2);
}

#[tokio::test]
async fn a_log_that_was_cut_asks_for_a_new_snapshot() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    core.stop().await;
    sqlx::query("DELETE FROM change_log WHERE seq < 3").execute(&stage.database().await).await.unwrap();
    let again = stage.open(None).await;
    let (epoch, _) = again.position();
    assert!(again.changes_after(&epoch, Seq(0), 10).await.is_err());
    assert!(again.changes_after(&epoch, Seq(2), 10).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_saved_is_answered_as_a_fault_and_never_shown() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Operational).await;
    let trigger = "CREATE TRIGGER full BEFORE INSERT ON status_history WHEN NEW.message = 'no room' \
                   BEGIN SELECT RAISE(ABORT, 'disk is full'); END";
    sqlx::query(trigger).execute(&stage.database().await).await.unwrap();
    let before = core.snapshot().await;
    let lost = core.report_health(KEY, report(&db(), Status::Down, "no room")).await;
    assert!(matches!(lost, Err(Failure::Fault(_))));
    assert_eq!(core.snapshot().await, before);
    core.report_health(KEY, report(&db(), Status::Down, "room")).await.unwrap();
    assert_eq!(health(&core, &db()).await.status, Status::Down);
    assert_eq!(core.position().1, before.seq.next());
}

#[tokio::test]
async fn subscribers_get_every_change_in_order_and_only_after_its_commit() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let mut stream = core.subscribe();
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..50 {
        let core = core.clone();
        writers.spawn(async move { say(&core, &path(&format!("acme/shop/prod/eu-1/s{n}")), Status::Down).await });
    }
    while writers.join_next().await.is_some() {}
    let mut seen = Vec::new();
    while let Ok(change) = stream.try_recv() {
        seen.push(change.seq.0);
    }
    assert_eq!(seen, (1..=100).collect::<Vec<_>>(), "a declaration and a status each");
    assert_eq!(stage.rows("change_log").await, 100);
}

#[tokio::test]
async fn after_a_stop_nothing_is_taken() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let other = core.clone();
    core.stop().await;
    assert!(other.has_stopped());
    assert!(!other.ready().await);
    assert!(matches!(other.report_health(KEY, report(&db(), Status::Down, "")).await, Err(Failure::Fault(_))));
}

#[cfg(unix)]
#[tokio::test]
async fn folder_and_database_are_for_our_eyes_only() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let _core = stage.open(None).await;
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(stage.dir.path().join("data")), 0o700);
    for file in ["itops.db", "itops.db-wal", "itops.db-shm"] {
        assert_eq!(mode(stage.dir.path().join("data").join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn two_cores_never_share_a_folder() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    // What stands in it is our own number, as it does where the other one is the first process of another container.
    let taken = "another core is using it";
    let second = Core::open(stage.settings(), None, stage.world.clone()).await;
    assert!(matches!(second.err(), Some(StartError::Store(said)) if said.ends_with(taken)));
    let (patient, began) = (CoreSettings { folder_wait_ms: 200, ..stage.settings() }, stage.world.now());
    let mut third = Box::pin(Core::open(patient, None, stage.world.clone()));
    let third = loop {
        tokio::select! {
            biased;
            opened = &mut third => break opened,
            () = tokio::task::yield_now() => stage.world.advance(10),
        }
    };
    assert!(matches!(third.err(), Some(StartError::Store(said)) if said.ends_with(taken)));
    assert_eq!(stage.world.now().since(began), 200, "it gives up");
    core.stop().await;
    stage.open(None).await;
}

#[tokio::test]
async fn a_short_secret_stops_the_start() {
    let stage = Stage::new();
    let settings = CoreSettings { jwt_secret: "short".to_owned(), ..stage.settings() };
    let refused = Core::open(settings, None, stage.world.clone()).await;
    assert!(matches!(refused.err(), Some(StartError::Settings(_))));
}

#[tokio::test]
async fn jobs_run_by_the_clock_of_the_world() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    let mut stream = core.subscribe();
    let _jobs = core.spawn_jobs();
    // Every advance wakes whoever waits; the jobs themselves decide when they are done.
    let opened = async {
        loop {
            stage.world.advance(10_000);
            tokio::task::yield_now().await;
            while let Ok(change) = stream.try_recv() {
                if matches!(change.fact, Fact::TicketChanged { .. }) {
                    return;
                }
            }
        }
    };
    opened.await;
    assert_eq!(tickets(&core).await.len(), 1);
}

#[tokio::test]
async fn keys_from_when_each_kind_of_write_had_a_table_of_its_own_are_still_known() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    let key = "the same";
    let problem =
        || Wish { subject: Subject::Service(db()), seen: Reason::Down, handling: Some(Handling::Acknowledged) };
    let window = || wanted_window(WindowScope::Service(db()), None, None);
    let ticket = core.create_ticket(&oncall(), wanted("one"), key).await.unwrap();
    let opened = core.open_window(operator(), window(), key).await.unwrap();
    let handled = core.attend(&oncall(), problem(), key).await.unwrap();
    core.stop().await;
    let before = "CREATE TABLE window_write (caller TEXT NOT NULL, name TEXT NOT NULL, body_hash TEXT NOT NULL, \
                  window_id BIGINT NOT NULL REFERENCES exclusion_window (id), at BIGINT NOT NULL, PRIMARY KEY (caller, name)); \
                  CREATE TABLE attention_write (caller TEXT NOT NULL, name TEXT NOT NULL, body_hash TEXT NOT NULL, \
                  answer TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (caller, name)); \
                  INSERT INTO window_write SELECT caller, name, body_hash, CAST(answer AS BIGINT), at FROM idempotency \
                  WHERE about = 'window'; \
                  INSERT INTO attention_write SELECT caller, name, body_hash, answer, at FROM idempotency \
                  WHERE about = 'problem'; \
                  DELETE FROM idempotency WHERE about <> 'ticket'; ALTER TABLE idempotency RENAME TO newer; \
                  CREATE TABLE idempotency (caller TEXT NOT NULL, name TEXT NOT NULL, body_hash TEXT NOT NULL, \
                  answer TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (caller, name)); \
                  INSERT INTO idempotency SELECT caller, name, body_hash, answer, at FROM newer; DROP TABLE newer; \
                  DELETE FROM _sqlx_migrations WHERE version = 14";
    let database = stage.database().await;
    sqlx::raw_sql(before).execute(&database).await.unwrap();
    database.close().await;

    let core = stage.open(None).await;
    assert_eq!(core.create_ticket(&oncall(), wanted("one"), key).await.unwrap(), ticket);
    assert_eq!(core.open_window(operator(), window(), key).await.unwrap(), opened);
    assert_eq!(core.attend(&oncall(), problem(), key).await.unwrap(), handled);
    assert_eq!((tickets(&core).await.len(), stage.rows("idempotency").await), (1, 3), "each was done once");
    let other = core.create_ticket(&oncall(), wanted("two"), key).await.unwrap_err();
    assert_eq!(refusal(other).code, RefusalCode::KeyReused);
}
