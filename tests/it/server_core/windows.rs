//! Exclusion windows over a real database: who may, what they take out, and that they last.

use itops::{
    domain::{
        access::Level,
        change::{Actor, Fact},
        health::Status,
        hierarchy::NodePath,
        refusal::RefusalCode,
        sla::{ExclusionWindow, NewWindow, WindowEnd, WindowPhase, WindowScope, windows::Keeper},
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
    server::service::Core,
};

use super::stage::*;

pub fn admin() -> Keeper {
    Keeper::User(user("admin", Level::Admin))
}

pub fn operator() -> Keeper {
    Keeper::User(oncall())
}

pub fn group() -> WindowScope {
    WindowScope::Group("checkout".to_owned())
}

pub fn wanted(scope: WindowScope, from: Option<Timestamp>, to: Option<Timestamp>) -> NewWindow {
    NewWindow { scope, from, to: to.map(WindowEnd::At), reason: "new disks".to_owned() }
}

async fn opened(core: &Core, scope: WindowScope, key: &str) -> ExclusionWindow {
    core.open_window(operator(), wanted(scope, None, None), key).await.unwrap()
}

async fn down_ms(core: &Core) -> i64 {
    core.settle_budgets().await.unwrap();
    core.settle_all_budgets().await.unwrap();
    core.read(|estate| estate.budgets["checkout"].budget.down_ms).await
}

#[tokio::test]
async fn downtime_in_a_window_costs_nothing_and_counts_again_after_it() {
    for scope in [group(), WindowScope::Service(db()), WindowScope::Node(NodePath::parse("acme/shop").unwrap())] {
        let stage = Stage::new();
        let core = stage.open(Some(repository())).await;
        say(&core, &db(), Status::Operational).await;
        say(&core, &api(), Status::Operational).await;
        stage.world.advance(HOUR);
        let window = opened(&core, scope.clone(), "w").await;
        say(&core, &db(), Status::Down).await;
        stage.world.advance(HOUR);
        assert_eq!(down_ms(&core).await, 0, "{scope}: it has no end and counts until now");
        core.stop_window(operator(), window.id, "s").await.unwrap();
        stage.world.advance(MINUTE);
        assert_eq!(down_ms(&core).await, MINUTE, "{scope}");
        let detail = core.service_detail(&db()).await.unwrap();
        assert_eq!(detail.budget.down_ms, MINUTE, "{scope}: the service's own figures too");
        let buckets = core.trend(db().as_str(), 3).await.unwrap();
        assert_eq!(buckets.iter().map(|b| b.down_ms).sum::<i64>(), MINUTE, "{scope}: and its trend");
        let member = core.budget_detail("checkout").await.unwrap().members.into_iter().find(|(p, _)| *p == db());
        assert_eq!(member.unwrap().1.down_ms, MINUTE, "{scope}: and the member's figures");
    }
}

#[tokio::test]
async fn a_window_of_a_sibling_takes_out_nothing_and_overlapping_ones_count_once() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    say(&core, &api(), Status::Operational).await;
    opened(&core, WindowScope::Service(api()), "a").await;
    stage.world.advance(HOUR);
    assert_eq!(down_ms(&core).await, HOUR);
    let end = Some(stage.world.now().plus(HOUR));
    core.open_window(operator(), wanted(group(), None, end), "b").await.unwrap();
    core.open_window(operator(), wanted(WindowScope::Service(db()), None, end), "c").await.unwrap();
    core.open_window(operator(), wanted(group(), Some(stage.world.now().plus(MINUTE)), end), "d").await.unwrap();
    stage.world.advance(2 * HOUR);
    assert_eq!(down_ms(&core).await, 2 * HOUR);
    let budget = core.read(|estate| estate.budgets["checkout"].budget.clone()).await;
    assert_eq!(budget.span_ms, 2 * HOUR, "an hour is out, once");
}

#[tokio::test]
async fn a_window_and_its_end_are_told_once_and_last_over_a_restart() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let window = opened(&core, group(), "w").await;
    assert_eq!((window.id, window.opened_by.name(), window.reason.as_str()), (1, "oncall", "new disks"));
    let again = core.open_window(operator(), wanted(group(), None, None), "w").await.unwrap();
    assert_eq!(again, window, "the same key is the same write");
    let other = wanted(group(), None, Some(stage.world.now().plus(HOUR)));
    let reused = core.open_window(operator(), other, "w").await.unwrap_err();
    assert_eq!(refusal(reused).code, RefusalCode::KeyReused);
    let twice = core.open_window(operator(), wanted(group(), None, None), "x").await.unwrap_err();
    assert_eq!(refusal(twice).code, RefusalCode::Unchanged);

    let core = stage.reopen(core).await;
    assert_eq!(core.read(|e| e.windows.values().cloned().collect::<Vec<_>>()).await, std::slice::from_ref(&window));
    let again = core.open_window(operator(), wanted(group(), None, None), "w").await.unwrap();
    assert_eq!(again, window, "also after a restart");
    stage.world.advance(HOUR);
    let stopped = core.stop_window(operator(), 1, "s").await.unwrap();
    assert_eq!((stopped.to, stopped.phase(stage.world.now())), (Some(T0.plus(HOUR)), WindowPhase::Past));
    assert_eq!(core.stop_window(operator(), 1, "s").await.unwrap(), stopped);
    assert_eq!(core.window_write(&operator(), "s").await.unwrap(), Some(stopped));
    assert_eq!(core.window_write(&operator(), "never").await.unwrap(), None);
    assert_eq!(count(&core, |fact| matches!(fact, Fact::WindowChanged(_))).await, 2);
    let next = opened(&core, group(), "n").await;
    assert_eq!(next.id, 2, "numbers are not given out twice");
}

#[tokio::test]
async fn who_may_not_is_refused_and_nothing_is_written() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let past = Some(T0.plus(-HOUR));
    let reader = Keeper::User(requester());
    let key = Keeper::Key(KEY.to_owned());
    for (by, from, code) in [
        (reader.clone(), None, RefusalCode::Forbidden),
        (operator(), past, RefusalCode::Forbidden),
        (key.clone(), past, RefusalCode::Forbidden),
    ] {
        let refused = core.open_window(by, wanted(group(), from, None), "k").await.unwrap_err();
        assert_eq!(refusal(refused).code, code);
    }
    for scope in [
        WindowScope::Group("chekout".to_owned()),
        WindowScope::Service(path("acme/shop/prod/eu-1/nobody")),
        WindowScope::Node(NodePath::parse("acme/none").unwrap()),
    ] {
        let refused = refusal(core.open_window(operator(), wanted(scope, None, None), "k").await.unwrap_err());
        assert_eq!(refused.code, RefusalCode::NotFound, "{refused}");
    }
    let backwards = wanted(group(), Some(T0.plus(2 * HOUR)), Some(T0.plus(HOUR)));
    assert_eq!(refusal(core.open_window(operator(), backwards, "k").await.unwrap_err()).code, RefusalCode::Invalid);
    assert_eq!(refusal(core.stop_window(operator(), 1, "k").await.unwrap_err()).code, RefusalCode::NotFound);
    let nothing_open = core.stop_windows_of(key.clone(), group(), "a").await.unwrap_err();
    assert_eq!(refusal(nothing_open).code, RefusalCode::NotFound);
    assert_eq!((stage.rows("exclusion_window").await, stage.rows("idempotency").await), (0, 0));

    let mine = core.open_window(key.clone(), wanted(group(), None, None), "k").await.unwrap();
    assert_eq!(mine.opened_by, Actor::Reporter(KEY.to_owned()), "a key may from now on");
    assert_eq!(refusal(core.stop_window(reader, 1, "s").await.unwrap_err()).code, RefusalCode::Forbidden);
    assert_eq!(core.stop_windows_of(key, group(), "b").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_planned_window_begins_and_ends_by_itself() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    say(&core, &api(), Status::Operational).await;
    core.settle_windows().await.unwrap();
    let new = wanted(group(), Some(T0.plus(HOUR)), Some(T0.plus(2 * HOUR)));
    core.open_window(operator(), new, "p").await.unwrap();
    core.settle_budgets().await.unwrap();
    stage.world.advance(HOUR);
    let position = core.position();
    core.settle_windows().await.unwrap();
    core.settle_budgets().await.unwrap();
    assert_ne!(core.position(), position, "its beginning is news for the figures");
    stage.world.advance(2 * HOUR);
    core.settle_windows().await.unwrap();
    core.settle_budgets().await.unwrap();
    assert_eq!(core.read(|estate| estate.budgets["checkout"].budget.down_ms).await, 2 * HOUR);
    let position = core.position();
    core.settle_windows().await.unwrap();
    core.settle_budgets().await.unwrap();
    assert_eq!(core.position(), position, "nothing moved since");
}

#[tokio::test]
async fn what_is_announced_opens_no_ticket_until_the_window_ends() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let end = Some(T0.plus(DAY));
    core.open_window(operator(), wanted(WindowScope::Service(db()), None, end), "w").await.unwrap();
    say(&core, &db(), Status::Down).await;
    stage.world.advance(HOUR);
    core.open_automatic_tickets().await.unwrap();
    assert!(tickets(&core).await.is_empty());
    stage.world.advance(DAY);
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(tickets(&core).await.len(), 1, "still down when it counts again");
}

#[tokio::test]
async fn a_group_that_is_out_altogether_says_nothing_instead_of_health() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    opened(&core, group(), "w").await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(DAY);
    core.settle_all_budgets().await.unwrap();
    let budget = core.read(|estate| estate.budgets["checkout"].budget.clone()).await;
    assert_eq!((budget.uptime_millionths, budget.allowed_ms, budget.span_ms), (None, 0, 0));
    assert_eq!(budget.state, itops::domain::sla::BudgetState::Insufficient);
}

#[tokio::test]
async fn a_budget_is_told_with_the_windows_of_its_period_newest_first() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    stage.world.advance(50 * DAY);
    let now = stage.world.now();
    let past = |from: i64, to: i64| (Some(now.plus(-from)), Some(now.plus(-to)));
    let node = WindowScope::Node(NodePath::parse("acme/shop").unwrap());
    let other = WindowScope::Node(NodePath::parse("acme/bank").unwrap());
    let elsewhere = WindowScope::Group("rest".to_owned());
    let all = [
        (group(), past(40 * DAY, 31 * DAY)),
        (group(), past(40 * DAY, 30 * DAY - 1)),
        (WindowScope::Service(db()), past(3 * DAY, 2 * DAY)),
        (node, past(5 * DAY, 4 * DAY)),
        (other, past(5 * DAY, 4 * DAY)),
        (elsewhere, past(5 * DAY, 4 * DAY)),
        (group(), (None, None)),
        (group(), (Some(now.plus(DAY)), Some(now.plus(2 * DAY)))),
    ];
    for (index, (scope, (from, to))) in all.into_iter().enumerate() {
        // What is nowhere cannot be taken out.
        let _ = core.open_window(admin(), wanted(scope, from, to), &index.to_string()).await;
    }
    let told = core.budget_detail("checkout").await.unwrap().windows;
    let told: Vec<_> = told.iter().map(|w| (w.scope.kind(), now.since(w.from))).collect();
    let wanted = [("group", 0), ("service", 3 * DAY), ("node", 5 * DAY), ("group", 40 * DAY)];
    assert_eq!(told, wanted, "not what ended before the period or is still to come");
}

#[tokio::test]
async fn one_for_the_past_that_was_a_mistake_is_taken_back_and_kept_results_are_corrected_again() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(DAY);
    say(&core, &db(), Status::Down).await;
    stage.world.advance(HOUR);
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(2 * DAY);
    core.close_periods().await.unwrap();
    let down = T0.plus(DAY);
    let mistaken = wanted(group(), Some(down), Some(down.plus(HOUR)));
    let id = core.open_window(admin(), mistaken, "o").await.unwrap().id;
    core.close_periods().await.unwrap();
    assert_eq!(down_ms(&core).await, 0);
    let refused = core.stop_window(operator(), id, "s").await.unwrap_err();
    assert_eq!(refusal(refused).code, RefusalCode::Forbidden);
    let back = core.stop_window(admin(), id, "b").await.unwrap();
    assert_eq!(back.phase(stage.world.now()), WindowPhase::Cancelled);
    assert_eq!(core.stop_window(admin(), id, "b").await.unwrap(), back, "the same key is the same write");
    core.close_periods().await.unwrap();
    assert_eq!(down_ms(&core).await, HOUR);
    let (told, _) = core.restatements(&itops::domain::sla::RestatementFilter::default(), 0, 100).await.unwrap();
    let told: Vec<_> = told.iter().map(|r| (r.was.down_ms, r.is.down_ms, r.reason.contains("taken back"))).collect();
    assert_eq!(told, [(HOUR, 0, false), (0, HOUR, true)]);
}

#[tokio::test]
async fn figures_in_a_window_without_an_end_are_those_made_from_scratch_at_every_moment() {
    for scope in [WindowScope::Service(db()), WindowScope::Node(NodePath::parse("acme/shop").unwrap())] {
        let stage = Stage::new();
        let core = stage.open(Some(reported_every(DAY))).await;
        for path in [db(), api()] {
            say(&core, &path, Status::Operational).await;
        }
        stage.world.advance(HOUR);
        opened(&core, scope, "w").await;
        let mut kept = Vec::new();
        let mut moments = Vec::new();
        for (path, status) in [(db(), Status::Down), (api(), Status::Down), (api(), Status::Operational)] {
            stage.world.advance(7 * MINUTE + 1);
            core.settle_all_budgets().await.unwrap();
            say(&core, &path, status).await;
            stage.world.advance(11 * MINUTE);
            core.settle_all_budgets().await.unwrap();
            kept.push(core.budget_detail("checkout").await.unwrap().group.budget);
            moments.push(stage.world.now());
        }
        let again = stage.reopen(core).await;
        assert_eq!(again.budget_detail("checkout").await.unwrap().group.budget, kept[2]);
        assert_eq!(kept.iter().map(|b| b.as_of).collect::<Vec<_>>(), moments);
    }
}

#[tokio::test]
async fn a_group_in_a_window_or_in_maintenance_is_told_as_its_coverage_falls() {
    let stage = Stage::new();
    let mut repository = repository();
    let group = repository.registry.sla_groups.get_mut("checkout").unwrap();
    group.aggregation = itops::domain::sla::Aggregation::Mean;
    let core = stage.open(Some(repository)).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    // What is left and allowed stands still by now.
    stage.world.advance(40 * DAY);
    say(&core, &db(), Status::Maintenance).await;
    core.settle_budgets().await.unwrap();
    for _ in 0..3 {
        stage.world.advance(DAY);
        core.settle_all_budgets().await.unwrap();
    }
    let told = core.read(|estate| estate.budgets["checkout"].budget.clone()).await;
    let fresh = core.budget_detail("checkout").await.unwrap().group.budget;
    assert_eq!((told.maintenance_ms, told.coverage_millionths), (3 * DAY, fresh.coverage_millionths));
    assert!(told.coverage_millionths < 960_000, "{told:?}");
}

#[tokio::test]
async fn windows_that_ended_before_history_begins_leave_memory_without_a_restart() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for (scope, to) in [(group(), Some(T0.plus(HOUR))), (WindowScope::Service(db()), None)] {
        core.open_window(operator(), wanted(scope, None, to), "x".repeat(to.map_or(1, |_| 2)).as_str()).await.unwrap();
    }
    stage.world.advance(400 * DAY + HOUR);
    core.forget_old().await.unwrap();
    assert_eq!(core.read(|estate| estate.windows.len()).await, 2, "400 days are kept");
    stage.world.advance(1);
    core.forget_old().await.unwrap();
    let left: Vec<u64> = core.read(|estate| estate.windows.keys().copied().collect()).await;
    assert_eq!(left, [2], "and what has no end");
}
