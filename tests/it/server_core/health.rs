use itops::domain::{
    health::{BackupOutcome, Criticality, Origin, Status, Storage, report::HealthReport},
    refusal::RefusalCode,
    sla::BudgetState,
    time::{DAY, HOUR, MINUTE, SECOND},
};
use std::sync::Arc;

use itops::server::service::{BackupTarget, Core, CoreSettings};

use super::stage::*;

#[tokio::test]
async fn a_report_that_changes_nothing_writes_no_row() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Operational).await;
    let before = (core.position(), stage.rows("status_history").await, stage.rows("change_log").await);
    let mut stream = core.subscribe();
    stage.world.advance(30_000);
    say(&core, &db(), Status::Operational).await;
    let after = (core.position(), stage.rows("status_history").await, stage.rows("change_log").await);
    assert_eq!(before, after);
    assert!(stream.try_recv().is_err());
    let health = health(&core, &db()).await;
    assert_eq!(health.last_seen, Some(T0.plus(30_000)));
    assert_eq!(health.since, T0);
    assert_eq!(stage.rows("last_seen").await, 0);
    core.flush().await.unwrap();
    assert_eq!(stage.rows("last_seen").await, 1);
}

#[tokio::test]
async fn silence_is_unknown_from_one_interval_after_the_last_report_and_ends_with_a_report() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Operational).await;
    say(&core, &api(), Status::Down).await;
    stage.world.advance(3 * MINUTE - 1);
    core.sweep_silence().await.unwrap();
    assert_eq!(health(&core, &db()).await.status, Status::Operational);
    stage.world.advance(1);
    core.sweep_silence().await.unwrap();
    let silent = health(&core, &db()).await;
    assert_eq!((silent.status, silent.since), (Status::Unknown, T0.plus(MINUTE)));
    let down = health(&core, &api()).await;
    assert_eq!((down.status, down.silence.unwrap().last_known), (Status::Down, Status::Down));
    let seq = core.position();
    core.sweep_silence().await.unwrap();
    assert_eq!(core.position(), seq, "judged once");

    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Operational).await;
    let line = core.service_detail(&db()).await.unwrap().timeline;
    let points =
        [(T0, Status::Operational), (T0.plus(MINUTE), Status::Unknown), (T0.plus(4 * MINUTE), Status::Operational)];
    assert_eq!(line.points(), points);
}

#[tokio::test]
async fn a_late_report_goes_where_it_belongs_and_speaks_for_one_interval() {
    let stage = Stage::new();
    let settings = CoreSettings { default_every_ms: 5 * MINUTE, ..stage.settings() };
    let core = Core::open(settings.clone(), None, stage.world.clone()).await.unwrap();
    say(&core, &db(), Status::Operational).await;
    for _ in 0..2 {
        stage.world.advance(5 * MINUTE);
        say(&core, &db(), Status::Operational).await;
    }
    let before = core.position();
    let late = HealthReport { at: Some(T0.plus(4 * MINUTE)), ..report(&db(), Status::Down, "disk") };
    core.report_health(KEY, late).await.unwrap();
    assert_eq!(core.position(), before, "how it is now did not change");
    assert_eq!(health(&core, &db()).await.status, Status::Operational);
    let detail = core.service_detail(&db()).await.unwrap();
    let points =
        [(T0, Status::Operational), (T0.plus(4 * MINUTE), Status::Down), (T0.plus(9 * MINUTE), Status::Operational)];
    assert_eq!(detail.timeline.points(), points);
    assert_eq!(detail.incidents.len(), 1);
    assert_eq!(detail.incidents[0].message, "disk");

    let again = stage.reopen_with(core, settings).await;
    assert_eq!(again.service_detail(&db()).await.unwrap().timeline.points(), points);
    assert_eq!(health(&again, &db()).await.status, Status::Operational);
}

#[tokio::test]
async fn a_report_from_the_future_counts_as_now() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let ahead = HealthReport { at: Some(T0.plus(HOUR)), ..report(&db(), Status::Down, "") };
    core.report_health(KEY, ahead).await.unwrap();
    assert_eq!(health(&core, &db()).await.since, T0);
    stage.world.advance(SECOND);
    say(&core, &db(), Status::Operational).await;
    assert_eq!(health(&core, &db()).await.status, Status::Operational);
}

#[tokio::test]
async fn a_report_from_before_the_verdict_lifts_the_silence_from_the_line() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(5 * MINUTE);
    core.sweep_silence().await.unwrap();
    let heard = HealthReport { at: Some(T0.plus(30 * SECOND)), ..report(&db(), Status::Degraded, "") };
    core.report_health(KEY, heard).await.unwrap();
    let points = [(T0, Status::Operational), (T0.plus(30 * SECOND), Status::Degraded)];
    assert_eq!(core.service_detail(&db()).await.unwrap().timeline.points(), points);
}

#[tokio::test]
async fn what_git_says_of_a_service_outranks_a_push_and_an_agent_outranks_a_push() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let push = |path: &itops::domain::hierarchy::ServicePath, kind: &str| HealthReport {
        criticality: Some(Criticality::Low),
        kind: Some(kind.to_owned()),
        sla_group: Some("other".to_owned()),
        ..report(path, Status::Operational, "")
    };
    core.report_health(KEY, push(&db(), "pushed")).await.unwrap();
    let kept = service(&core, &db()).await.unwrap();
    assert_eq!((kept.criticality, kept.kind.as_str()), (Criticality::Critical, "database"));
    assert_eq!((kept.sla_group.as_deref(), kept.origin), (Some("checkout"), Origin::Git));

    let cache = path("acme/shop/prod/eu-1/cache");
    core.report_health(KEY, push(&cache, "pushed")).await.unwrap();
    core.agent_status(KEY, cache.node(), vec![push(&cache, "discovered")]).await.unwrap();
    core.report_health(KEY, push(&cache, "pushed again")).await.unwrap();
    let cache = service(&core, &cache).await.unwrap();
    assert_eq!((cache.kind.as_str(), cache.origin), ("discovered", Origin::Agent));
}

#[tokio::test]
async fn an_agent_speaks_only_for_its_own_node_and_every_thirty_seconds() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let elsewhere = path("acme/shop/dev/eu-1/db");
    let reports = vec![report(&db(), Status::Operational, ""), report(&elsewhere, Status::Down, "")];
    let heard = core.agent_status(KEY, db().node(), reports).await.unwrap();
    assert_eq!(heard.taken, 1);
    assert!(service(&core, &elsewhere).await.is_none());
    let health = health(&core, &db()).await;
    assert_eq!((health.every_ms, health.reporter.as_str()), (30 * SECOND, "acme/shop/prod/eu-1"));
    assert_eq!(core.agents().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_makes_only_so_many_services_in_an_hour() {
    let stage = Stage::new();
    let settings = CoreSettings { new_services_per_hour: 2, ..stage.settings() };
    let core = Core::open(settings, None, stage.world.clone()).await.unwrap();
    let one = |n: u32| report(&path(&format!("acme/shop/prod/eu-1/s{n}")), Status::Operational, "");
    core.report_health(KEY, one(1)).await.unwrap();
    core.report_health(KEY, one(2)).await.unwrap();
    assert_eq!(refusal(core.report_health(KEY, one(3)).await.unwrap_err()).code, RefusalCode::TooMany);
    core.report_health(KEY, one(1)).await.unwrap();
    core.report_health("another", one(3)).await.unwrap();
    stage.world.advance(HOUR);
    core.report_health(KEY, one(4)).await.unwrap();
}

#[tokio::test]
async fn storage_makes_the_service_and_tags_it_and_the_same_figures_are_no_news() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let storage = |used, at| Storage {
        allocated_bytes: 100,
        used_bytes: used,
        storage_type: "pvc".to_owned(),
        mount_path: String::new(),
        at,
    };
    core.report_storage(KEY, db(), storage(50, T0)).await.unwrap();
    let made = service(&core, &db()).await.unwrap();
    assert!(made.tags.contains(&"storage".to_owned()));
    assert_eq!(made.storage.unwrap().free_basis_points(), Some(5_000));
    let before = core.position();
    core.report_storage(KEY, db(), storage(50, T0.plus(1))).await.unwrap();
    assert_eq!(core.position(), before);
    stage.world.advance(1_000);
    core.report_storage(KEY, db(), storage(95, T0.plus(1_000))).await.unwrap();
    let again = stage.reopen(core).await;
    assert_eq!(service(&again, &db()).await.unwrap().storage.unwrap().used_bytes, 95);
}

#[tokio::test]
async fn a_failed_backup_is_shown_and_does_not_move_the_last_success() {
    let stage = Stage::new();
    let mut declared = repository();
    let duty = itops::domain::health::Backup { expected: true, max_age_days: 1, ..Default::default() };
    Arc::make_mut(declared.registry.services.get_mut(&db()).unwrap()).backup = Some(duty);
    let core = stage.open(Some(declared)).await;
    let group = || BackupTarget::SlaGroup("checkout".to_owned());
    let tell = |outcome| core.report_backup(KEY, group(), outcome, Some(7), "nightly".to_owned(), None);
    assert_eq!(tell(BackupOutcome::Success).await.unwrap(), 1, "only those that expect one");
    stage.world.advance(DAY);
    tell(BackupOutcome::Failed).await.unwrap();
    let again = stage.reopen(core).await;
    let backup = service(&again, &db()).await.unwrap().backup.unwrap();
    assert_eq!(backup.last_success, Some(T0));
    assert_eq!(backup.last_report, Some((T0.plus(DAY), BackupOutcome::Failed)));
    let nobody = BackupTarget::Namespace("nowhere".to_owned());
    let refused = again.report_backup(KEY, nobody, BackupOutcome::Success, None, String::new(), None).await;
    assert_eq!(refusal(refused.unwrap_err()).code, RefusalCode::NotFound);
}

#[tokio::test]
async fn downtime_of_a_member_costs_its_group_and_an_idle_estate_writes_nothing() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(DAY);
    say(&core, &db(), Status::Operational).await;
    core.settle_all_budgets().await.unwrap();
    let whole = core.read(|e| e.budgets["checkout"].budget.clone()).await;
    assert_eq!((whole.down_ms, whole.allowed_ms), (0, DAY / 1_000));

    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Operational).await;
    core.settle_budgets().await.unwrap();
    let after = core.read(|e| e.budgets["checkout"].clone()).await;
    assert_eq!(after.budget.down_ms, MINUTE);
    assert_eq!(after.members, [api(), db()]);

    let before = (core.position(), stage.rows("change_log").await);
    for _ in 0..20 {
        core.settle_budgets().await.unwrap();
        core.settle_burning_budgets().await.unwrap();
        core.sweep_silence().await.unwrap();
        core.open_automatic_tickets().await.unwrap();
        core.close_resolved_tickets().await.unwrap();
        core.flush().await.unwrap();
    }
    assert_eq!((core.position(), stage.rows("change_log").await), before);

    let detail = core.budget_detail("checkout").await.unwrap();
    assert_eq!(detail.incidents.len(), 1);
    assert_eq!(detail.burn_down.last().unwrap().1, detail.group.budget.remaining_ms());
    let days =
        core.period_results(itops::domain::sla::ResultPeriod::Day, None, (T0.plus(-DAY), T0.plus(DAY))).await.unwrap();
    assert_eq!(days.iter().map(|day| day.figures.down_ms).sum::<i64>(), MINUTE);
    let buckets = core.trend(db().as_str(), 1).await.unwrap();
    assert_eq!(buckets.iter().map(|b| b.down_ms).sum::<i64>(), MINUTE);
    let by_uuid = core.trend(&itops::server::service::service_uuid(&db()).to_string(), 1).await.unwrap();
    assert_eq!(by_uuid, buckets);
}

#[tokio::test]
async fn a_group_that_just_began_does_not_stay_at_the_figures_of_its_first_half_second() {
    let stage = Stage::new();
    let core = stage.open(Some(reported_every(HOUR))).await;
    say(&core, &db(), Status::Down).await;
    say(&core, &api(), Status::Operational).await;
    stage.world.advance(250);
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(250);
    core.settle_budgets().await.unwrap();
    let told = async || {
        core.read(|e| (e.budgets["checkout"].budget.as_of, e.budgets["checkout"].budget.uptime_millionths)).await
    };
    assert_eq!(told().await, (T0.plus(500), Some(500_000)));
    let mut rounds = 0;
    for _ in 0..40 {
        stage.world.advance(15_000);
        let before = core.position();
        core.settle_burning_budgets().await.unwrap();
        rounds += usize::from(core.position() != before);
    }
    let (as_of, uptime) = told().await;
    let behind = core.world().now().since(as_of);
    assert!(behind <= 75_000 + 15_000 && uptime > Some(999_500), "{behind} ms behind, {uptime:?}");
    assert!(rounds < 40, "and less and less often: {rounds} times in ten minutes");
}

#[tokio::test]
async fn a_group_with_a_silent_member_comes_to_be_at_risk_without_a_report() {
    let stage = Stage::new();
    let core = stage.open(Some(reported_every(HOUR / 4))).await;
    for _ in 0..48 {
        say(&core, &db(), Status::Operational).await;
        say(&core, &api(), Status::Operational).await;
        stage.world.advance(HOUR / 4);
    }
    say(&core, &db(), Status::Operational).await;
    core.settle_all_budgets().await.unwrap();
    let state = async || core.read(|e| e.budgets["checkout"].budget.state).await;
    assert_eq!(state().await, BudgetState::Met);
    for _ in 0..20 {
        stage.world.advance(HOUR / 4);
        say(&core, &db(), Status::Operational).await;
        core.sweep_silence().await.unwrap();
        core.settle_burning_budgets().await.unwrap();
    }
    let budget = core.read(|e| e.budgets["checkout"].budget.clone()).await;
    assert_eq!((budget.state, budget.down_ms), (BudgetState::AtRisk, 0), "nobody said down, and nobody knows");
    assert_ne!(budget.worst_case_millionths, budget.uptime_millionths);
}

#[tokio::test]
async fn who_joins_a_group_later_brings_no_past() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(HOUR);
    say(&core, &db(), Status::Operational).await;
    core.accept_repository(repository()).await.unwrap();
    stage.world.advance(HOUR);
    core.settle_all_budgets().await.unwrap();
    let budget = core.read(|e| e.budgets["checkout"].budget.clone()).await;
    assert_eq!((budget.down_ms, budget.from), (0, T0.plus(HOUR)));
}

#[tokio::test]
async fn a_made_up_past_counts_and_marks_the_estate_for_good() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let past = vec![
        (db(), T0.plus(-2 * DAY), Status::Operational, String::new()),
        (db(), T0.plus(-DAY), Status::Down, "made up".to_owned()),
        (db(), T0.plus(-DAY + HOUR), Status::Operational, String::new()),
    ];
    core.backfill(past).await.unwrap();
    core.settle_budgets().await.unwrap();
    assert_eq!(core.read(|e| (e.simulated, e.budgets["checkout"].budget.down_ms)).await, (true, HOUR));
    assert_eq!(health(&core, &db()).await.status, Status::Unknown, "only reports say how it is now");
    let again = stage.reopen(core).await;
    assert_eq!(again.read(|e| (e.simulated, e.budgets["checkout"].budget.down_ms)).await, (true, HOUR));
    let future = vec![(db(), T0.plus(1), Status::Down, String::new())];
    assert_eq!(refusal(again.backfill(future).await.unwrap_err()).code, RefusalCode::Invalid);
}

#[tokio::test]
async fn maintenance_without_a_window_counts_as_down_where_the_group_says_so_for_the_service_too() {
    for (is_down, down_ms, of_group_ms, known) in [(false, 0, HOUR, 500_000), (true, HOUR, 0, 1_000_000)] {
        let stage = Stage::new();
        let mut strict = reported_every(HOUR);
        strict.registry.sla_groups.get_mut("checkout").unwrap().maintenance_is_down = is_down;
        let core = stage.open(Some(strict)).await;
        say(&core, &db(), Status::Operational).await;
        stage.world.advance(HOUR);
        say(&core, &db(), Status::Maintenance).await;
        stage.world.advance(HOUR);
        core.settle_all_budgets().await.unwrap();
        let detail = core.budget_detail("checkout").await.unwrap();
        let spent: i64 = detail.down.iter().map(|(from, to)| to.since(*from)).sum();
        let told: Vec<_> =
            detail.incidents.iter().map(|i| (i.from, i.to, i.worst, i.lengths(T0.plus(2 * HOUR)))).collect();
        let maintained = (T0.plus(HOUR), None, Status::Maintenance, (HOUR, HOUR));
        assert_eq!(spent, down_ms, "on the chart is what it cost");
        assert_eq!(told, if is_down { vec![maintained] } else { Vec::new() }, "and why");
        let group = detail.group;
        assert_eq!(group.maintenance_is_down, is_down);
        let own = core.service_detail(&db()).await.unwrap().budget;
        for (budget, apart_ms) in [(group.budget, of_group_ms), (own, HOUR)] {
            let told = (budget.down_ms, budget.maintenance_ms, budget.coverage_millionths);
            assert_eq!(told, (down_ms, apart_ms, known));
        }
        let buckets = core.trend(db().as_str(), 2).await.unwrap();
        assert_eq!(buckets.iter().map(|b| b.down_ms).sum::<i64>(), down_ms);
        let core = stage.reopen(core).await;
        assert_eq!(core.budget_detail("checkout").await.unwrap().group.budget.down_ms, down_ms, "it is kept");
    }
}

#[tokio::test]
async fn what_was_down_when_it_fell_silent_keeps_burning_and_what_worked_does_not() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for (path, status) in [(db(), Status::Down), (api(), Status::Operational)] {
        say(&core, &path, status).await;
    }
    stage.world.advance(3 * HOUR);
    core.sweep_silence().await.unwrap();
    stage.world.advance(HOUR);
    let down = core.service_detail(&db()).await.unwrap().budget;
    assert_eq!((down.down_ms, down.coverage_millionths), (4 * HOUR, 1_000_000), "last known DOWN");
    let silent = core.service_detail(&api()).await.unwrap().budget;
    assert_eq!((silent.down_ms, silent.uptime_millionths), (0, Some(1_000_000)));
    assert!(silent.coverage_millionths < 5_000, "one minute of four hours is known");
    assert_eq!(core.budget_detail("checkout").await.unwrap().group.budget.down_ms, 4 * HOUR);
}

#[tokio::test]
async fn what_git_says_of_a_service_outranks_its_agent_whose_word_on_its_health_counts_all_the_same() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let discovered = HealthReport {
        criticality: Some(Criticality::Low),
        kind: Some("discovered".to_owned()),
        sla_group: Some("other".to_owned()),
        ..report(&db(), Status::Degraded, "1 of 3 ready")
    };
    core.agent_status(KEY, db().node(), vec![discovered]).await.unwrap();
    let kept = service(&core, &db()).await.unwrap();
    assert_eq!((kept.criticality, kept.kind.as_str()), (Criticality::Critical, "database"));
    assert_eq!((kept.sla_group.as_deref(), kept.origin), (Some("checkout"), Origin::Git));
    assert_eq!((kept.health.status, kept.health.reporter), (Status::Degraded, db().node().as_str().to_owned()));
}

#[tokio::test]
async fn the_newest_report_wins_whoever_made_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    core.agent_status(KEY, db().node(), vec![report(&db(), Status::Down, "0 of 3 ready")]).await.unwrap();
    stage.world.advance(SECOND);
    say(&core, &db(), Status::Operational).await;
    assert_eq!(health(&core, &db()).await.status, Status::Operational, "a push after the agent");
    let older = HealthReport { at: Some(T0), ..report(&db(), Status::Degraded, "") };
    core.agent_status(KEY, db().node(), vec![older]).await.unwrap();
    assert_eq!(health(&core, &db()).await.status, Status::Operational, "an older one of the agent does not");
}

#[tokio::test]
async fn a_partial_backup_is_shown_and_does_not_move_the_last_success() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let one = || BackupTarget::Service(db());
    let tell = |outcome| core.report_backup(KEY, one(), outcome, None, String::new(), None);
    tell(BackupOutcome::Success).await.unwrap();
    stage.world.advance(HOUR);
    tell(BackupOutcome::Partial).await.unwrap();
    let backup = service(&core, &db()).await.unwrap().backup.unwrap();
    assert_eq!(backup.last_success, Some(T0));
    assert_eq!(backup.last_report, Some((T0.plus(HOUR), BackupOutcome::Partial)));
}

#[tokio::test]
async fn a_member_that_never_reported_is_shown_as_one_of_the_group() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(MINUTE);
    core.settle_budgets().await.unwrap();
    let detail = core.budget_detail("checkout").await.unwrap();
    let members: Vec<_> = detail.members.iter().map(|(path, own)| (path.clone(), own.uptime_millionths)).collect();
    assert_eq!(members.len(), detail.group.members.len(), "{members:?}");
    assert!(members.contains(&(api(), None)), "{members:?}");
}

#[tokio::test]
async fn a_late_report_does_not_take_back_what_a_newer_one_said_of_the_service() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let of_group = |group: &str, kind: &str, at| HealthReport {
        sla_group: Some(group.to_owned()),
        kind: Some(kind.to_owned()),
        at,
        ..report(&db(), Status::Operational, "")
    };
    core.report_health(KEY, of_group("silver", "database", None)).await.unwrap();
    stage.world.advance(60_000);
    core.report_health(KEY, of_group("gold", "cache", None)).await.unwrap();
    let before = (core.position(), service(&core, &db()).await.unwrap());
    core.report_health(KEY, of_group("silver", "database", Some(T0))).await.unwrap();
    let after = service(&core, &db()).await.unwrap();
    assert_eq!((after.sla_group.as_deref(), after.kind.as_str()), (Some("gold"), "cache"));
    assert_eq!((core.position(), after), before);
}
