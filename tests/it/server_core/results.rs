//! Results of closed periods are kept, served from what is kept, and corrected only with a record.

use itops::{
    domain::{
        health::{Status, report::HealthReport},
        sla::{BudgetState, Period, PeriodResult, Restatement, RestatementFilter, ResultPeriod},
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
    server::service::Core,
};

use super::{
    stage::*,
    windows::{admin, group, wanted},
};

/// Midnight after [`T0`].
pub fn midnight() -> Timestamp {
    ResultPeriod::Day.bounds(T0).1
}

pub async fn days(core: &Core) -> Vec<PeriodResult> {
    let now = core.world().now();
    core.period_results(ResultPeriod::Day, None, (now.plus(-31 * DAY), now)).await.unwrap()
}

pub async fn restated(core: &Core) -> Vec<Restatement> {
    core.restatements(&RestatementFilter::default(), 0, 1_000).await.unwrap().0
}

/// An hour of downtime on the day of [`T0`]; it is two hours into the next day.
pub async fn a_bad_day(stage: &Stage) -> Core {
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    stage.world.advance(HOUR);
    say(&core, &db(), Status::Down).await;
    stage.world.advance(HOUR);
    say(&core, &db(), Status::Operational).await;
    let left = midnight().plus(2 * HOUR).since(stage.world.now());
    stage.world.advance(left);
    core
}

/// `ms` go by in which both services are heard of as their intervals want it, and say this.
pub async fn heard_for(stage: &Stage, core: &Core, ms: i64, of_db: Status) {
    let end = stage.world.now().plus(ms);
    while stage.world.now() < end {
        stage.world.advance(end.since(stage.world.now()).min(2 * MINUTE));
        say(core, &db(), of_db).await;
        say(core, &api(), Status::Operational).await;
    }
}

/// The same day, in which nobody was silent.
pub async fn a_bad_day_that_was_heard(stage: &Stage) -> Core {
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    heard_for(stage, &core, HOUR - MINUTE, Status::Operational).await;
    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Down).await;
    heard_for(stage, &core, HOUR - MINUTE, Status::Down).await;
    stage.world.advance(MINUTE);
    let left = midnight().plus(2 * HOUR).since(stage.world.now());
    say(&core, &db(), Status::Operational).await;
    heard_for(stage, &core, left, Status::Operational).await;
    core
}

#[tokio::test]
async fn a_day_is_kept_a_quarter_of_an_hour_after_its_end_and_not_before() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(midnight().since(T0) + 15 * MINUTE - 1);
    core.close_periods().await.unwrap();
    assert_eq!(stage.rows("period_result").await, 0, "reports may still be on their way");
    assert_eq!(days(&core).await.iter().map(|d| d.is_closed).collect::<Vec<_>>(), [false, false]);
    stage.world.advance(1);
    core.close_periods().await.unwrap();
    assert_eq!(stage.rows("period_result").await, 1);
    assert_eq!(days(&core).await.iter().map(|d| d.is_closed).collect::<Vec<_>>(), [true, false]);
    let position = core.position();
    core.close_periods().await.unwrap();
    assert_eq!((stage.rows("period_result").await, core.position()), (1, position));
}

#[tokio::test]
async fn what_was_kept_survives_its_raw_history_and_a_restart() {
    let stage = Stage::new();
    let core = a_bad_day(&stage).await;
    core.close_periods().await.unwrap();
    let told = days(&core).await[0].clone();
    assert_eq!((told.group.as_str(), told.from, told.figures.down_ms), ("checkout", midnight().plus(-DAY), HOUR));
    assert_eq!(told.figures.state, BudgetState::Breached);
    stage.world.advance(DAY);
    core.close_periods().await.unwrap();

    sqlx::query("DELETE FROM status_history WHERE at < ?1")
        .bind(midnight().ms())
        .execute(&stage.database().await)
        .await
        .unwrap();
    let core = stage.reopen(core).await;
    core.close_periods().await.unwrap();
    let after = days(&core).await;
    assert_eq!(after[0], told);
    assert!(restated(&core).await.is_empty());
}

#[tokio::test]
async fn months_are_kept_when_they_end_and_a_group_that_is_gone_keeps_its_past() {
    let stage = Stage::new();
    let core = a_bad_day(&stage).await;
    let (_, end) = ResultPeriod::Month.bounds(T0);
    stage.world.advance(end.plus(HOUR).since(stage.world.now()));
    core.close_periods().await.unwrap();
    let months = || core.period_results(ResultPeriod::Month, None, (T0.plus(-30 * DAY), end.plus(HOUR)));
    let told = months().await.unwrap();
    assert_eq!(told.iter().map(|m| (m.is_closed, m.figures.down_ms)).collect::<Vec<_>>(), [(true, HOUR), (false, 0)]);
    let mut without = repository();
    without.registry.sla_groups.clear();
    without.registry.sla_groups.insert("other".to_owned(), {
        let mut other = repository().registry.sla_groups["checkout"].clone();
        other.name = "other".to_owned();
        other
    });
    for service in without.registry.services.values_mut() {
        std::sync::Arc::make_mut(service).sla_group = Some("other".to_owned());
    }
    core.accept_repository(without).await.unwrap();
    let after = months().await.unwrap();
    assert_eq!(after.iter().find(|m| m.group == "checkout"), Some(&told[0]));
}

#[tokio::test]
async fn a_group_without_members_and_one_without_reports_have_no_results() {
    let stage = Stage::new();
    let mut empty = repository();
    for service in empty.registry.services.values_mut() {
        std::sync::Arc::make_mut(service).sla_group = None;
    }
    let core = stage.open(Some(empty)).await;
    stage.world.advance(40 * DAY);
    core.close_periods().await.unwrap();
    assert!(days(&core).await.is_empty());
    let core = stage.reopen(core).await;
    core.accept_repository(repository()).await.unwrap();
    core.close_periods().await.unwrap();
    assert!(days(&core).await.is_empty());
    let window = core.open_window(admin(), wanted(group(), Some(T0), None), "w").await.unwrap();
    core.close_periods().await.unwrap();
    assert!(window.was_for_the_past() && restated(&core).await.is_empty());
}

#[tokio::test]
async fn what_still_runs_is_held_against_all_of_it_and_a_calendar_month_is_told_as_its_budget_is() {
    for period in [Period::Month, Period::default()] {
        let stage = Stage::new();
        let mut monthly = repository();
        monthly.registry.sla_groups.get_mut("checkout").unwrap().period = period;
        let core = stage.open(Some(monthly)).await;
        say(&core, &db(), Status::Operational).await;
        stage.world.advance(2 * MINUTE);
        say(&core, &db(), Status::Down).await;
        stage.world.advance(20 * MINUTE);
        say(&core, &db(), Status::Operational).await;
        let now = core.world().now();
        let told = async |of: ResultPeriod| {
            let (from, end) = of.bounds(now);
            let found = core.period_results(of, Some("checkout"), (from, end)).await.unwrap();
            (found[0].figures, found[0].is_closed, end)
        };
        let (month, is_closed, end) = told(ResultPeriod::Month).await;
        // 15 days of June are left: 22 minutes of a thousandth.
        let wanted = (end.since(T0) / 1_000, 20 * MINUTE, BudgetState::Met);
        assert_eq!((month.allowed_ms, month.down_ms, month.state), wanted, "{period:?}");
        assert!(!is_closed && month.coverage_millionths == 1_000_000, "what is to come is not missing");
        let (day, _, midnight) = told(ResultPeriod::Day).await;
        assert_eq!((day.allowed_ms, day.state), (midnight.since(T0) / 1_000, BudgetState::Breached));
        if period == Period::Month {
            let budget = core.budget_detail("checkout").await.unwrap().group.budget;
            assert_eq!((budget.allowed_ms, budget.down_ms), (month.allowed_ms, month.down_ms));
        }
    }
}

#[tokio::test]
async fn what_comes_late_in_the_turn_that_closes_a_day_is_in_its_result() {
    let stage = Stage::new();
    let core = a_bad_day(&stage).await;
    say(&core, &api(), Status::Operational).await;
    let late = HealthReport { at: Some(midnight().plus(-HOUR)), ..report(&api(), Status::Down, "was off") };
    // Both first writes are one turn, so that the two second ones are one, too.
    let first = async {
        core.sweep_silence().await.unwrap();
        core.report_health(KEY, late).await.unwrap();
    };
    let ((), closed) = tokio::join!(biased; first, core.close_periods());
    closed.unwrap();
    core.close_periods().await.unwrap();
    let day = days(&core).await.remove(0);
    assert_eq!((day.is_closed, day.figures.down_ms), (true, 2 * HOUR), "to the end of the day");
    assert_eq!(stage.rows("period_result").await, 1);
}
