//! A group that is taken out of the declaration keeps what its unfinished day and month came to up to then, and says until
//! when it ran.

use itops::{
    domain::{
        gitops::Repository,
        health::{Status, report::HealthReport},
        sla::{PeriodResult, ResultPeriod, WindowScope},
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
    server::{report, service::Core},
};

use super::{
    away::line,
    results::{a_bad_day_that_was_heard, heard_for, midnight, restated},
    stage::*,
    windows::{admin, wanted},
};

/// The services with another group in place of theirs.
fn without() -> Repository {
    let mut without = repository();
    let mut other = without.registry.sla_groups.remove("checkout").unwrap();
    other.name = "other".to_owned();
    without.registry.sla_groups.insert("other".to_owned(), other);
    for service in without.registry.services.values_mut() {
        std::sync::Arc::make_mut(service).sla_group = Some("other".to_owned());
    }
    without
}

/// The day of [`T0`] is kept; the next one is DOWN from three to four, and at six the group goes.
async fn retired_at_six(stage: &Stage) -> (Core, Timestamp) {
    let core = a_bad_day_that_was_heard(stage).await;
    core.close_periods().await.unwrap();
    for (hours, status) in [(1, Status::Operational), (1, Status::Down), (2, Status::Operational)] {
        say(&core, &db(), status).await;
        heard_for(stage, &core, hours * HOUR, status).await;
    }
    say_all(&core).await;
    core.accept_repository(without()).await.unwrap();
    (core, midnight().plus(6 * HOUR))
}

async fn say_all(core: &Core) {
    for path in [db(), api()] {
        say(core, &path, Status::Operational).await;
    }
}

async fn of_checkout(core: &Core, period: ResultPeriod) -> Vec<PeriodResult> {
    let now = core.world().now();
    core.period_results(period, Some("checkout"), (now.plus(-40 * DAY), now)).await.unwrap()
}

/// Until when, how long down, and whether closed.
fn told(results: &[PeriodResult]) -> Vec<(Option<Timestamp>, i64, bool)> {
    results.iter().map(|r| (r.until, r.figures.down_ms, r.is_closed)).collect()
}

#[tokio::test]
async fn a_group_that_goes_keeps_its_unfinished_day_and_month_with_its_promise() {
    let stage = Stage::new();
    let (core, six) = retired_at_six(&stage).await;
    let expected_days = |closed| [(None, HOUR, true), (Some(six), HOUR, closed)];
    assert_eq!(
        told(&of_checkout(&core, ResultPeriod::Day).await),
        expected_days(false),
        "at once, as far as it is known"
    );
    assert_eq!(told(&of_checkout(&core, ResultPeriod::Month).await), [(Some(six), 2 * HOUR, false)]);

    stage.world.advance(15 * MINUTE - 1);
    core.close_periods().await.unwrap();
    assert_eq!(stage.rows("period_result").await, 1, "reports may still be on their way");
    // Killed in between: it is not forgotten.
    let core = stage.reopen(core).await;
    stage.world.advance(1);
    core.close_periods().await.unwrap();
    core.close_periods().await.unwrap();
    assert_eq!(stage.rows("period_result").await, 3);
    let days = of_checkout(&core, ResultPeriod::Day).await;
    assert_eq!(told(&days), expected_days(true));
    assert_eq!((days[1].target.millionths(), days[1].figures.allowed_ms), (999_000, 6 * HOUR / 1_000));
    assert_eq!(days[1].figures.coverage_millionths, 1_000_000, "what came after it is not missing");

    let core = stage.reopen(core).await;
    stage.world.advance(3 * DAY);
    core.close_periods().await.unwrap();
    assert_eq!(of_checkout(&core, ResultPeriod::Day).await, days, "and nothing is told of days without it");
    assert_eq!(told(&of_checkout(&core, ResultPeriod::Month).await), [(Some(six), 2 * HOUR, true)]);
    assert!(restated(&core).await.is_empty());

    let remembered = || async {
        let database = stage.database().await;
        let text: String = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'retired_groups'")
            .fetch_one(&database)
            .await
            .unwrap();
        text.contains("checkout")
    };
    stage.world.advance(397 * DAY - 15 * MINUTE);
    core.forget_old().await.unwrap();
    assert!(remembered().await, "as long as anything can correct it");
    stage.world.advance(1);
    core.forget_old().await.unwrap();
    assert!(!remembered().await);
    let from = midnight().plus(-DAY);
    let kept = core.period_results(ResultPeriod::Day, Some("checkout"), (from, from.plus(2 * DAY))).await.unwrap();
    assert_eq!(kept, days, "its results stay for good");
}

#[tokio::test]
async fn what_comes_late_corrects_what_was_kept_of_a_group_that_is_gone() {
    let stage = Stage::new();
    let (core, six) = retired_at_six(&stage).await;
    stage.world.advance(15 * MINUTE);
    core.close_periods().await.unwrap();
    let core = stage.reopen(core).await;
    say_all(&core).await;
    let late = |at| HealthReport { at: Some(at), ..report(&api(), Status::Down, "was off") };
    core.report_health(KEY, late(six.plus(-HOUR))).await.unwrap();
    core.report_health(KEY, late(six.plus(5 * MINUTE))).await.unwrap();
    stage.world.advance(HOUR);
    core.close_periods().await.unwrap();
    let days = of_checkout(&core, ResultPeriod::Day).await;
    assert_eq!(told(&days)[1], (Some(six), HOUR + MINUTE, true), "and not by what came after it");
    let steps: Vec<_> = restated(&core).await.iter().map(|r| (r.period, r.was.down_ms, r.is.down_ms)).collect();
    let (day, month) = (ResultPeriod::Day, ResultPeriod::Month);
    assert_eq!(steps, [(day, HOUR, HOUR + MINUTE), (month, 2 * HOUR, 2 * HOUR + MINUTE)]);

    let window = wanted(WindowScope::Node(db().node()), Some(midnight()), Some(six.plus(HOUR)));
    core.open_window(admin(), window, "w").await.unwrap();
    core.close_periods().await.unwrap();
    assert_eq!(told(&of_checkout(&core, ResultPeriod::Day).await)[1], (Some(six), 0, true));
}

#[tokio::test]
async fn a_group_that_comes_back_goes_on_and_days_without_it_have_no_result() {
    let stage = Stage::new();
    let (core, six) = retired_at_six(&stage).await;
    stage.world.advance(HOUR);
    core.close_periods().await.unwrap();
    // The same day: it is one day again.
    core.accept_repository(repository()).await.unwrap();
    assert_eq!(told(&of_checkout(&core, ResultPeriod::Day).await), [(None, HOUR, true), (None, HOUR, false)]);
    stage.world.advance(HOUR);
    core.accept_repository(without()).await.unwrap();
    stage.world.advance(HOUR);
    core.close_periods().await.unwrap();
    let eight = six.plus(2 * HOUR);
    assert_eq!(told(&of_checkout(&core, ResultPeriod::Day).await)[1], (Some(eight), HOUR, true));

    // Three days later: the part of then stays, and what is between was nobody's.
    stage.world.advance(3 * DAY);
    core.close_periods().await.unwrap();
    core.accept_repository(repository()).await.unwrap();
    let core = stage.reopen(core).await;
    stage.world.advance(DAY);
    core.close_periods().await.unwrap();
    let days = of_checkout(&core, ResultPeriod::Day).await;
    let on: Vec<i64> = days.iter().map(|day| day.from.since(midnight()) / DAY).collect();
    assert_eq!(on, [-1, 0, 3, 4]);
    assert_eq!(told(&days)[1..3], [(Some(eight), HOUR, true), (None, 0, true)]);
    let month = of_checkout(&core, ResultPeriod::Month).await.remove(0);
    assert_eq!((month.until, month.is_closed), (None, false), "it runs again");

    // What corrects the time between is nothing that was told.
    let window = wanted(WindowScope::Service(db()), Some(midnight()), Some(midnight().plus(3 * DAY + HOUR)));
    core.open_window(admin(), window, "w").await.unwrap();
    core.close_periods().await.unwrap();
    let days = of_checkout(&core, ResultPeriod::Day).await;
    assert_eq!(days.iter().map(|day| day.from.since(midnight()) / DAY).collect::<Vec<_>>(), [-1, 0, 3, 4]);
}

#[tokio::test]
async fn a_group_that_comes_back_after_a_stop_has_the_day_on_which_it_went_only_until_then() {
    for days_away in [0, 2] {
        let stage = Stage::new();
        let (core, six) = retired_at_six(&stage).await;
        // Nobody closed anything meanwhile.
        core.flush().await.unwrap();
        stage.world.advance(days_away * DAY + HOUR);
        let core = stage.reopen(core).await;
        core.accept_repository(repository()).await.unwrap();
        stage.world.advance(DAY);
        core.close_periods().await.unwrap();
        let core = stage.reopen(core).await;
        let days = of_checkout(&core, ResultPeriod::Day).await;
        let on: Vec<i64> = days.iter().map(|day| day.from.since(midnight()) / DAY).collect();
        if days_away == 0 {
            assert_eq!((on, told(&days)[1]), (vec![-1, 0, 1], (None, HOUR, true)), "the same day is one day again");
        } else {
            assert_eq!((on, told(&days)[1]), (vec![-1, 0, 2, 3], (Some(six), HOUR, true)));
            assert_eq!(days[1].figures.coverage_millionths, 1_000_000, "what came after it is not missing");
        }
        let month = of_checkout(&core, ResultPeriod::Month).await.remove(0);
        assert_eq!((month.until, month.is_closed), (None, false), "it runs again");
    }
}

#[tokio::test]
async fn a_group_that_is_gone_stands_in_the_daily_report_as_long_as_it_is_in_a_day_or_the_month_that_are_told() {
    let stage = Stage::new();
    let (core, _) = retired_at_six(&stage).await;
    stage.world.advance(HOUR);
    core.close_periods().await.unwrap();
    let made = || async { report::make(&core).await.unwrap() };
    let read = |made: &report::Made| serde_json::from_str::<serde_json::Value>(&made.json).unwrap();
    let first = made().await;
    let gone = read(&first)["retiredGroups"][0].clone();
    assert_eq!((gone["group"].as_str(), gone["until"].as_str()), (Some("checkout"), Some("2025-06-16T06:00:00Z")));
    assert_eq!(
        (gone["lastDay"]["figures"]["downMs"].as_i64(), gone["month"]["figures"]["downMs"].as_i64()),
        (Some(HOUR), Some(2 * HOUR))
    );
    assert_eq!(gone["month"]["until"], gone["until"]);
    assert!(first.markdown.contains("| checkout | 2025-06-16 06:00 | BREACHED"), "{}", first.markdown);
    assert_eq!(read(&first)["groups"].as_array().unwrap().len(), 1, "the other one, and not it");

    stage.world.advance(5 * DAY);
    let later = read(&made().await)["retiredGroups"][0].clone();
    assert!(later["lastDay"].is_null() && later["month"]["until"].is_string(), "{later}");
    stage.world.advance(20 * DAY);
    let in_july = made().await;
    assert!(read(&in_july)["retiredGroups"].as_array().unwrap().is_empty());
    assert!(!in_july.markdown.contains("not declared any more"));
}

#[tokio::test]
async fn a_report_from_before_it_was_retired_takes_nothing_of_its_past_when_it_is_declared_again() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(MINUTE);
    let mut less = repository();
    less.registry.services.remove(&db());
    core.accept_repository(less).await.unwrap();
    stage.world.advance(MINUTE);
    core.accept_repository(repository()).await.unwrap();
    let before = line(&core, &db()).await;
    let old = HealthReport { at: Some(T0.plus(-5 * MINUTE)), ..report(&db(), Status::Operational, "") };
    core.report_health(KEY, old).await.unwrap();
    let after = line(&core, &db()).await;
    assert_eq!(after[after.len() - before.len()..], before);
    assert_eq!(health(&core, &db()).await.status, Status::Unknown, "of now it says nothing");
}
