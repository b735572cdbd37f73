//! What corrects kept results: by whom, when it is looked into, and what is told of it.

use std::sync::Arc;

use itops::{
    domain::{
        change::Actor,
        gitops::Repository,
        health::{Status, report::HealthReport},
        sla::{Aggregation, BudgetState, RestatementFilter, ResultPeriod, WindowScope},
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
    server::service::Core,
};

use super::{
    results::{a_bad_day, a_bad_day_that_was_heard, days, heard_for, midnight, restated},
    stage::*,
    windows::{admin, group, wanted},
};

fn late(at: Timestamp) -> HealthReport {
    HealthReport { at: Some(at), ..report(&api(), Status::Down, "was off") }
}

/// It is the next full hour, and what waited for it is looked into.
async fn next_hour(stage: &Stage, core: &Core) {
    stage.world.advance(HOUR - stage.world.now().ms() % HOUR);
    core.close_periods().await.unwrap();
}

/// Both members are up on the day of [`T0`] and still so two hours into the next one; the day is kept.
async fn a_good_day(stage: &Stage, repository: Repository) -> Core {
    let core = stage.open(Some(repository)).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    heard_for(stage, &core, midnight().plus(2 * HOUR).since(T0), Status::Operational).await;
    core.close_periods().await.unwrap();
    core
}

fn adding_up(aggregation: Aggregation) -> Repository {
    let mut repository = repository();
    repository.registry.sla_groups.get_mut("checkout").unwrap().aggregation = aggregation;
    repository
}

#[tokio::test]
async fn a_window_for_the_past_corrects_what_was_kept_and_says_who_and_why() {
    let stage = Stage::new();
    let core = a_bad_day_that_was_heard(&stage).await;
    core.close_periods().await.unwrap();
    let before = days(&core).await[0].clone();
    let new = wanted(WindowScope::Service(db()), Some(T0), Some(T0.plus(3 * HOUR)));
    let window = core.open_window(admin(), new, "w").await.unwrap();
    assert!(window.was_for_the_past());

    // Killed before the correction was looked into: it is not forgotten.
    core.flush().await.unwrap();
    let core = stage.reopen(core).await;
    core.close_periods().await.unwrap();
    let after = days(&core).await[0].clone();
    assert_eq!((after.figures.down_ms, after.figures.state), (0, BudgetState::Met));
    let told = restated(&core).await;
    let [only] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (only.was, only.is, only.period, only.from),
        (before.figures, after.figures, ResultPeriod::Day, before.from)
    );
    assert_eq!((only.actor.name(), only.at), ("admin", stage.world.now()));
    assert!(only.reason.contains("window 1") && only.reason.contains("new disks"), "{}", only.reason);

    core.close_periods().await.unwrap();
    assert_eq!(restated(&core).await.len(), 1, "once");
    assert_eq!(stage.rows("correction").await, 0);
    let kept = sqlx::query("DELETE FROM restatement").execute(&stage.database().await).await;
    assert!(kept.unwrap_err().to_string().contains("never removed"));
}

#[tokio::test]
async fn a_window_for_the_past_corrects_also_what_no_job_came_to_keep_yet() {
    let stage = Stage::new();
    let core = a_bad_day(&stage).await;
    let told = days(&core).await[0].figures;
    core.open_window(admin(), wanted(group(), Some(T0), Some(T0.plus(3 * HOUR))), "w").await.unwrap();
    core.close_periods().await.unwrap();
    let restated = restated(&core).await;
    assert_eq!((restated.len(), restated[0].was), (1, told));
}

#[tokio::test]
async fn a_late_report_about_a_closed_day_is_a_restatement_and_one_about_today_is_none() {
    let stage = Stage::new();
    let core = a_bad_day_that_was_heard(&stage).await;
    core.close_periods().await.unwrap();
    // The line knows of it for one interval only.
    say(&core, &api(), Status::Operational).await;
    core.report_health(KEY, late(midnight().plus(HOUR))).await.unwrap();
    next_hour(&stage, &core).await;
    assert!(restated(&core).await.is_empty());
    core.report_health(KEY, late(midnight().plus(-HOUR))).await.unwrap();
    next_hour(&stage, &core).await;
    let told = restated(&core).await;
    let [only] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((only.was.down_ms, only.is.down_ms), (HOUR, HOUR + MINUTE));
    assert_eq!(only.actor, Actor::Reporter(pusher()));
    assert!(only.reason.contains(api().as_str()), "{}", only.reason);
}

#[tokio::test]
async fn a_silence_that_reaches_into_a_closed_day_is_told_as_silence() {
    let stage = Stage::new();
    let core = a_bad_day(&stage).await;
    core.close_periods().await.unwrap();
    core.sweep_silence().await.unwrap();
    next_hour(&stage, &core).await;
    let told = restated(&core).await;
    let [only] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(only.reason, format!("silence, known only when nothing came: {}, {}", api(), db()));
}

#[tokio::test]
async fn what_comes_late_while_a_correction_is_looked_into_is_a_correction_of_its_own() {
    let stage = Stage::new();
    let core = a_bad_day_that_was_heard(&stage).await;
    heard_for(&stage, &core, DAY, Status::Operational).await;
    core.close_periods().await.unwrap();
    say(&core, &api(), Status::Operational).await;
    core.report_health(KEY, late(midnight().plus(HOUR))).await.unwrap();
    assert_eq!(stage.rows("correction").await, 1);
    stage.world.advance(HOUR);
    let meanwhile = async {
        // One turn for what is due, one for what has to be corrected.
        say(&core, &db(), Status::Operational).await;
        say(&core, &db(), Status::Operational).await;
        core.report_health(KEY, late(midnight().plus(-HOUR))).await.unwrap();
    };
    let (closed, ()) = tokio::join!(biased; core.close_periods(), meanwhile);
    closed.unwrap();
    next_hour(&stage, &core).await;
    let told = restated(&core).await;
    let days: Vec<Timestamp> = told.iter().map(|r| r.from).collect();
    assert_eq!(days, [midnight(), midnight().plus(-DAY)], "{told:?}");
    assert_eq!(stage.rows("correction").await, 0);
}

#[tokio::test]
async fn however_much_comes_late_in_an_hour_a_result_is_restated_once_for_it() {
    let stage = Stage::new();
    let core = a_bad_day_that_was_heard(&stage).await;
    core.close_periods().await.unwrap();
    for path in [api(), db()] {
        say(&core, &path, Status::Operational).await;
    }
    for minutes in (10..40).step_by(2) {
        stage.world.advance(MINUTE);
        for path in [api(), db()] {
            let report = HealthReport { path, ..late(midnight().plus(-minutes * MINUTE)) };
            core.report_health(KEY, report).await.unwrap();
        }
        core.close_periods().await.unwrap();
    }
    assert!(restated(&core).await.is_empty());
    assert_eq!(stage.rows("correction").await, 1);

    // Killed before its hour: it is not forgotten.
    let core = stage.reopen(core).await;
    core.close_periods().await.unwrap();
    assert!(restated(&core).await.is_empty());
    next_hour(&stage, &core).await;
    let told = restated(&core).await;
    let [only] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((only.was.down_ms, only.is.down_ms), (HOUR, HOUR + 15 * MINUTE));
    assert_eq!(only.reason, format!("heard of late: {}, {}", api(), db()));
}

#[tokio::test]
async fn who_corrects_the_past_is_not_held_for_what_came_late_before() {
    let stage = Stage::new();
    let core = a_bad_day_that_was_heard(&stage).await;
    core.close_periods().await.unwrap();
    say(&core, &api(), Status::Operational).await;
    core.report_health(KEY, late(midnight().plus(-HOUR))).await.unwrap();
    let new = wanted(WindowScope::Service(db()), Some(T0), Some(T0.plus(3 * HOUR)));
    core.open_window(admin(), new, "w").await.unwrap();
    core.close_periods().await.unwrap();
    let told = restated(&core).await;
    let steps: Vec<_> = told.iter().map(|r| (r.actor.name(), r.was.down_ms, r.is.down_ms)).collect();
    assert_eq!(steps, [(pusher().as_str(), HOUR, HOUR + MINUTE), ("admin", HOUR + MINUTE, MINUTE)]);
}

#[tokio::test]
async fn a_correction_reaches_as_far_as_the_late_word_did() {
    let stage = Stage::new();
    let core = a_bad_day(&stage).await;
    stage.world.advance(5 * DAY);
    core.close_periods().await.unwrap();
    say(&core, &api(), Status::Operational).await;
    let at = midnight().plus(-HOUR);
    let known = HealthReport { status: Status::Operational, ..late(at) };
    core.report_health(KEY, known).await.unwrap();
    let span: (i64, i64) = sqlx::query_as(
        "SELECT body ->> '$.from', body ->> '$.to' FROM correction WHERE body ->> '$.reason' = 'heard of late'",
    )
    .fetch_one(&stage.database().await)
    .await
    .unwrap();
    assert_eq!(span, (at.ms(), at.plus(MINUTE).ms()));
}

#[tokio::test]
async fn a_report_from_before_the_first_one_moves_the_moment_from_which_on_a_day_was_measured() {
    let stage = Stage::new();
    let core = a_good_day(&stage, repository()).await;
    let measured_from = async || days(&core).await.iter().map(|day| day.measured_from).collect::<Vec<_>>();
    assert_eq!(measured_from().await, [Some(T0), Some(midnight())], "its first report, and the whole of the next one");
    assert_eq!(days(&core).await[0].began_late(), Some(T0));
    assert_eq!(days(&core).await[1].began_late(), None);
    core.report_health(KEY, late(T0.plus(-2 * HOUR))).await.unwrap();
    next_hour(&stage, &core).await;
    assert_eq!(measured_from().await, [Some(T0.plus(-2 * HOUR)), Some(midnight())]);
}

#[tokio::test]
async fn a_first_report_that_comes_late_gives_closed_days_a_result() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    stage.world.advance(3 * DAY);
    core.close_periods().await.unwrap();
    assert_eq!(stage.rows("period_result").await, 0);
    let on =
        |days: i64| HealthReport { at: Some(midnight().plus(days * DAY)), ..report(&db(), Status::Operational, "") };
    core.report_health(KEY, on(1)).await.unwrap();
    next_hour(&stage, &core).await;
    assert_eq!(stage.rows("period_result").await, 1, "it was closed without any past before");
    let kept = || async {
        let is_kept: Vec<i64> = sqlx::query_scalar("SELECT from_at FROM period_result ORDER BY from_at")
            .fetch_all(&stage.database().await)
            .await
            .unwrap();
        is_kept.into_iter().map(|ms| Timestamp::from_ms(ms).since(midnight()) / DAY).collect::<Vec<_>>()
    };
    assert_eq!(kept().await, [1]);
    // Another one, from further back: between the two nothing is known, which is a result, too.
    core.report_health(KEY, on(-1)).await.unwrap();
    next_hour(&stage, &core).await;
    assert_eq!(kept().await, [-1, 0, 1]);
    let day = days(&core).await.remove(1);
    assert_eq!((day.figures.coverage_millionths, day.figures.state), (0, BudgetState::Insufficient));
    assert!(restated(&core).await.is_empty(), "nothing else was told before");
}

#[tokio::test]
async fn a_kept_result_is_corrected_by_what_was_promised_then() {
    for (then, now) in [(Aggregation::Worst, Aggregation::Mean), (Aggregation::Mean, Aggregation::Worst)] {
        let stage = Stage::new();
        let core = a_good_day(&stage, adding_up(then)).await;
        let mut other = adding_up(now);
        let target = itops::domain::sla::Target::from_millionths(990_000).unwrap();
        other.registry.sla_groups.get_mut("checkout").unwrap().target = target;
        core.accept_repository(other).await.unwrap();
        core.report_health(KEY, late(midnight().plus(-HOUR))).await.unwrap();
        next_hour(&stage, &core).await;
        let day = days(&core).await.remove(0);
        let members = if then == Aggregation::Mean { 2 } else { 1 };
        let span = members * midnight().since(T0);
        assert_eq!((day.aggregation, day.target.millionths()), (then, 999_000));
        assert_eq!((day.figures.down_ms, day.figures.allowed_ms), (MINUTE, span / 1_000), "{then:?}");
    }
}

#[tokio::test]
async fn a_kept_result_counts_maintenance_as_it_was_declared_then() {
    for strict_then in [true, false] {
        let stage = Stage::new();
        let declared = |is_down| {
            let mut repository = repository();
            repository.registry.sla_groups.get_mut("checkout").unwrap().maintenance_is_down = is_down;
            repository
        };
        let core = a_good_day(&stage, declared(strict_then)).await;
        core.accept_repository(declared(!strict_then)).await.unwrap();
        let maintained = |ago: i64| HealthReport {
            at: Some(midnight().plus(-ago * HOUR)),
            ..report(&api(), Status::Maintenance, "new disks")
        };
        core.report_health(KEY, maintained(1)).await.unwrap();
        core.report_health(KEY, HealthReport { path: db(), ..maintained(1) }).await.unwrap();
        next_hour(&stage, &core).await;
        let day = days(&core).await.remove(0);
        assert_eq!((day.is_closed, day.maintenance_is_down), (true, strict_then));
        assert_eq!(day.figures.down_ms, if strict_then { MINUTE } else { 0 });
        let told = restated(&core).await;
        let [only] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((only.was.down_ms, only.is), (0, day.figures), "by the rule of that day");

        let window = wanted(WindowScope::Service(db()), Some(midnight().plus(-2 * HOUR)), Some(midnight()));
        core.open_window(admin(), window, "w").await.unwrap();
        core.close_periods().await.unwrap();
        let after = days(&core).await.remove(0);
        assert_eq!(after.maintenance_is_down, strict_then);
        assert_eq!(after.figures.down_ms, if strict_then { MINUTE } else { 0 }, "the other one is still in it");
    }
}

#[tokio::test]
async fn a_month_that_began_before_lines_are_kept_stays_as_it_was_told() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for status in [Status::Operational, Status::Down, Status::Operational] {
        say(&core, &db(), status).await;
        stage.world.advance(HOUR);
    }
    // The line of that hour is gone by now, the month it lies in is not over in what is left of it.
    stage.world.advance(404 * DAY);
    core.close_periods().await.unwrap();
    core.forget_old().await.unwrap();
    let month = async || {
        let june = ResultPeriod::Month.bounds(T0);
        core.period_results(ResultPeriod::Month, None, june).await.unwrap()
    };
    let told = month().await;
    assert_eq!((told.len(), told[0].figures.down_ms), (1, HOUR));
    let from = stage.world.now().plus(HOUR - 400 * DAY);
    assert!(from < ResultPeriod::Month.bounds(T0).1);
    core.open_window(admin(), wanted(group(), Some(from), Some(from.plus(DAY))), "w").await.unwrap();
    core.close_periods().await.unwrap();
    assert!(restated(&core).await.iter().any(|told| told.period == ResultPeriod::Day), "days of it are corrected");
    assert_eq!(month().await, told);
}

#[tokio::test]
async fn results_from_before_the_rule_was_kept_with_them_have_that_of_their_group() {
    let stage = Stage::new();
    let mut strict = adding_up(Aggregation::Mean);
    strict.registry.sla_groups.get_mut("checkout").unwrap().maintenance_is_down = true;
    let core = stage.open(Some(strict)).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(2 * DAY);
    core.close_periods().await.unwrap();
    let kept = days(&core).await;
    core.stop().await;
    let before = "UPDATE period_result SET body = json_remove(body, '$.aggregation', '$.maintenance_is_down'); \
                  INSERT INTO period_result SELECT 'gone', period, from_at, body FROM period_result; \
                  DROP INDEX restatement_by_period; ALTER TABLE restatement DROP COLUMN from_at; \
                  DELETE FROM _sqlx_migrations WHERE version IN (12, 13)";
    let database = stage.database().await;
    sqlx::raw_sql(before).execute(&database).await.unwrap();
    database.close().await;
    let core = stage.open(None).await;
    assert_eq!(days(&core).await.iter().filter(|day| day.is_closed).count(), 2 * kept.len() - 2);
    let of: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT DISTINCT sla_group, body ->> '$.aggregation', body -> '$.maintenance_is_down' FROM period_result \
         ORDER BY 1",
    )
    .fetch_all(&stage.database().await)
    .await
    .unwrap();
    let of: Vec<_> = of.iter().map(|(group, rule, strict)| (group.as_str(), rule.as_str(), strict.as_str())).collect();
    assert_eq!(of, [("checkout", "mean", "true"), ("gone", "worst", "false")]);
}

#[tokio::test]
async fn restatements_are_told_by_the_page_by_group_by_month_and_since_when() {
    let stage = Stage::new();
    let mut two = repository();
    let mut other = two.registry.sla_groups["checkout"].clone();
    other.name = "other".to_owned();
    two.registry.sla_groups.insert("other".to_owned(), other);
    Arc::make_mut(two.registry.services.get_mut(&api()).unwrap()).sla_group = Some("other".to_owned());
    let core = stage.open(Some(two)).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Down).await;
    }
    // Into July.
    stage.world.advance(20 * DAY);
    core.close_periods().await.unwrap();
    let whole = wanted(WindowScope::Node(db().node()), Some(T0.plus(HOUR)), Some(stage.world.now().plus(-DAY)));
    core.open_window(admin(), whole, "w").await.unwrap();
    core.close_periods().await.unwrap();
    stage.world.advance(DAY);
    core.open_window(admin(), wanted(group(), Some(T0), Some(T0.plus(HOUR))), "v").await.unwrap();
    core.close_periods().await.unwrap();

    let asked = |filter: RestatementFilter, after, limit| {
        let core = core.clone();
        async move { core.restatements(&filter, after, limit).await.unwrap() }
    };
    let (all, count) = asked(RestatementFilter::default(), 0, 1_000).await;
    assert_eq!(all.len() as u64, count);
    assert!(all.iter().map(|r| r.id).eq(1..=count));
    let mut paged = Vec::new();
    while let (page, total) = asked(RestatementFilter::default(), paged.len() as u64, 7).await
        && !page.is_empty()
    {
        assert_eq!(total, count);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let june = ResultPeriod::Month.bounds(T0);
    for filter in [
        RestatementFilter { group: Some("other".to_owned()), ..RestatementFilter::default() },
        RestatementFilter { periods: Some(june), ..RestatementFilter::default() },
        RestatementFilter { since: Some(stage.world.now()), ..RestatementFilter::default() },
    ] {
        let wanted = all.iter().filter(|r| {
            filter.group.as_ref().is_none_or(|group| *group == r.group)
                && filter.periods.is_none_or(|(from, to)| from <= r.from && r.from < to)
                && filter.since.is_none_or(|since| since <= r.at)
        });
        let wanted: Vec<_> = wanted.cloned().collect();
        assert!(!wanted.is_empty() && wanted.len() < all.len(), "{filter:?} narrows");
        assert_eq!(asked(filter, 0, 1_000).await, (wanted.clone(), wanted.len() as u64));
    }
}
