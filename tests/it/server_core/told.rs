//! What is put into the queue of those outside: of which episodes, and what it says.

use itops::{
    domain::{
        attention::{Concern, Handling, Lapse, Reason, Subject, Wish},
        change::Fact,
        gitops::Repository,
        health::Status,
        hierarchy::ServicePath,
        sla::{BudgetState, WindowScope},
        time::{DAY, HOUR, MINUTE, SECOND},
    },
    server::service::{Core, CoreSettings, Proof, Receiver},
};
use serde_json::Value;

use super::{
    stage::*,
    windows::{admin, wanted},
};
use crate::served::install_crypto;

/// Nobody listens there: what is told waits in its queue.
fn receiver(name: &str) -> Receiver {
    let kinds = ["page", "breach", "automatic_ticket", "silent_reporter"].map(str::to_owned).into();
    let proof = Proof::Signature("a secret that signs what is told".into());
    Receiver { name: name.to_owned(), url: "http://127.0.0.1:1/".parse().unwrap(), proof, kinds }
}

fn telling(stage: &Stage, receivers: &[&str]) -> CoreSettings {
    install_crypto();
    CoreSettings { receivers: receivers.iter().map(|name| receiver(name)).collect(), ..stage.settings() }
}

async fn open(stage: &Stage, repository: Repository) -> Core {
    Core::open(telling(stage, &["chat"]), Some(repository), stage.world.clone()).await.unwrap()
}

/// Everything of this kind that was told, oldest first.
async fn told(stage: &Stage, kind: &str) -> Vec<Value> {
    let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM delivery WHERE kind = $1 ORDER BY made_at, rowid")
        .bind(kind)
        .fetch_all(&stage.database().await)
        .await
        .unwrap();
    bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

/// State and name of what was told of silent reporters.
async fn silences(stage: &Stage) -> Vec<(String, String)> {
    let all = told(stage, "silent_reporter").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut all: Vec<_> = all.iter().map(|e| (text(&e["state"]), text(&e["object"]["name"]))).collect();
    all.sort();
    all
}

fn started(name: &str) -> (String, String) {
    ("started".to_owned(), name.to_owned())
}

fn ended(name: &str) -> (String, String) {
    ("ended".to_owned(), name.to_owned())
}

/// The same services, each pushed by a CronJob of its own.
fn pushed_by_jobs() -> Repository {
    let mut repository = repository();
    for service in repository.registry.services.values_mut() {
        let job = format!("ops/{}-health", service.path.service());
        std::sync::Arc::make_mut(service).pushed_by = Some(job.as_str().into());
    }
    repository
}

/// `minutes` go by, in which only these are spoken of.
async fn go_on(stage: &Stage, core: &Core, minutes: i64, spoken_of: &[ServicePath]) {
    for _ in 0..minutes {
        stage.world.advance(MINUTE);
        for path in spoken_of {
            say(core, path, Status::Operational).await;
        }
        core.sweep_silence().await.unwrap();
        core.settle_attention().await.unwrap();
    }
}

async fn lapses(core: &Core) -> Vec<Lapse> {
    let changes = core.recent_changes(10_000).await;
    let of = |fact: &Fact| if let Fact::HandlingLapsed { why, .. } = fact { Some(*why) } else { None };
    changes.iter().filter_map(|change| of(&change.fact)).collect()
}

async fn acknowledge(core: &Core, subject: Subject, seen: Reason, key: &str) {
    let wish = Wish { subject, seen, handling: Some(Handling::Acknowledged) };
    core.attend(&oncall(), wish, key).await.unwrap();
}

#[tokio::test]
async fn two_jobs_that_stop_are_two_silent_reporters_although_they_have_one_key() {
    let stage = Stage::new();
    let core = open(&stage, pushed_by_jobs()).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    assert_eq!(health(&core, &db()).await.reporter, "cronjob/ops/db-health");
    go_on(&stage, &core, 3, &[api()]).await;
    let of_db = started("cronjob/ops/db-health");
    assert_eq!(silences(&stage).await, std::slice::from_ref(&of_db));
    acknowledge(&core, Subject::Reporter(of_db.1.clone()), Reason::Silent, "k").await;

    go_on(&stage, &core, 3, &[]).await;
    let of_api = started("cronjob/ops/api-health");
    assert_eq!(silences(&stage).await, [of_api.clone(), of_db.clone()], "told while the first is silent");
    let handled = core.read(|estate| estate.handled.keys().cloned().collect::<Vec<_>>()).await;
    assert_eq!(handled, [(Subject::Reporter(of_db.1.clone()), Concern::Health)], "of the other nobody said anything");
    core.open_automatic_tickets().await.unwrap();
    let mut titles: Vec<String> = tickets(&core).await.into_iter().map(|ticket| ticket.title).collect();
    titles.sort();
    assert_eq!(titles, ["API is silent", "DB is silent"]);

    say(&core, &db(), Status::Operational).await;
    assert_eq!(silences(&stage).await, [ended(&of_db.1), of_api, of_db]);
}

#[tokio::test]
async fn a_silence_is_told_with_its_beginning_and_not_with_the_moment_of_the_verdict() {
    let stage = Stage::new();
    let core = open(&stage, pushed_by_jobs()).await;
    say(&core, &db(), Status::Operational).await;
    go_on(&stage, &core, 4, &[]).await;
    let [event] = &told(&stage, "silent_reporter").await[..] else { panic!("one") };
    let at = |ms: i64| jiff::Timestamp::from_millisecond(T0.plus(ms).ms()).unwrap();
    let said = |field: &str| event[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!((said("since"), said("at")), (at(MINUTE), at(3 * MINUTE)));
    assert_eq!(event["object"]["services"][0]["path"], db().as_str());
}

#[tokio::test]
async fn of_a_key_that_many_use_another_silence_is_told_again_and_is_not_covered_by_what_was_said_of_the_first() {
    let stage = Stage::new();
    let core = open(&stage, repository()).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    go_on(&stage, &core, 3, &[api()]).await;
    assert_eq!(silences(&stage).await, [started(&pusher())]);
    acknowledge(&core, Subject::Reporter(pusher()), Reason::Silent, "k").await;
    go_on(&stage, &core, 2, &[api()]).await;
    assert_eq!(lapses(&core).await, []);
    go_on(&stage, &core, 3, &[]).await;
    assert_eq!(silences(&stage).await, [ended(&pusher()), started(&pusher()), started(&pusher())]);
    assert_eq!(lapses(&core).await, [Lapse::Worse]);
    let all = told(&stage, "silent_reporter").await;
    let begun: Vec<&Value> = all.iter().filter(|e| e["state"] == "started").map(|e| &e["episode"]).collect();
    assert_ne!(begun[0], begun[1], "another episode");
    go_on(&stage, &core, 5, &[]).await;
    assert_eq!(silences(&stage).await.len(), 3, "once");
    let core = stage.reopen_with(core, telling(&stage, &["chat"])).await;
    go_on(&stage, &core, 5, &[]).await;
    assert_eq!(silences(&stage).await.len(), 3, "also after a restart");
}

#[tokio::test]
async fn a_silence_that_an_older_core_told_is_not_told_again_by_this_one() {
    let stage = Stage::new();
    let core = open(&stage, repository()).await;
    say(&core, &db(), Status::Operational).await;
    go_on(&stage, &core, 3, &[]).await;
    core.stop().await;
    // As it was written down then: an episode began when it was told.
    let before = "UPDATE told_episode SET since = told_at; ALTER TABLE told_episode DROP COLUMN told_at; \
                  DELETE FROM _sqlx_migrations WHERE version = 15";
    let database = stage.database().await;
    sqlx::raw_sql(before).execute(&database).await.unwrap();
    database.close().await;

    let core = Core::open(telling(&stage, &["chat"]), None, stage.world.clone()).await.unwrap();
    go_on(&stage, &core, 2, &[]).await;
    assert_eq!(silences(&stage).await, [started(&pusher())], "once");
    say(&core, &db(), Status::Operational).await;
    assert_eq!(silences(&stage).await, [ended(&pusher()), started(&pusher())]);
    let all = told(&stage, "silent_reporter").await;
    assert_eq!(all[0]["episode"], all[1]["episode"], "the end of what was begun");
}

#[tokio::test]
async fn one_that_stops_is_told_once_although_not_everything_is_judged_at_one_moment() {
    let stage = Stage::new();
    let core = open(&stage, repository()).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(30 * SECOND);
    say(&core, &api(), Status::Operational).await;
    stage.world.advance(150 * SECOND);
    core.sweep_silence().await.unwrap();
    assert!(health(&core, &api()).await.silence.is_none(), "it has half a minute left");
    acknowledge(&core, Subject::Reporter(pusher()), Reason::Silent, "k").await;
    go_on(&stage, &core, 2, &[]).await;
    assert!(health(&core, &api()).await.silence.is_some());
    assert_eq!((silences(&stage).await, lapses(&core).await), (vec![started(&pusher())], Vec::new()));
}

#[tokio::test]
async fn a_loop_that_stops_is_told_once_although_others_of_its_name_were_silent_long_before() {
    let stage = Stage::new();
    let core = open(&stage, repository()).await;
    say(&core, &db(), Status::Operational).await;
    go_on(&stage, &core, 10, &[]).await;
    let looped: Vec<ServicePath> = (1..=6).map(|n| path(&format!("acme/shop/prod/eu-1/q{n}"))).collect();
    for path in &looped {
        say(&core, path, Status::Operational).await;
        stage.world.advance(2 * SECOND);
    }
    acknowledge(&core, Subject::Reporter(pusher()), Reason::Silent, "k").await;
    stage.world.advance(150 * SECOND);
    for _ in 0..30 {
        stage.world.advance(SECOND);
        core.sweep_silence().await.unwrap();
        core.settle_attention().await.unwrap();
        if lapses(&core).await.len() == 1 && core.read(|estate| estate.handled.is_empty()).await {
            acknowledge(&core, Subject::Reporter(pusher()), Reason::Silent, "l").await;
        }
    }
    for path in &looped {
        assert!(health(&core, path).await.silence.is_some());
    }
    assert_eq!(silences(&stage).await, [ended(&pusher()), started(&pusher()), started(&pusher())]);
    assert_eq!(lapses(&core).await, [Lapse::Worse], "what is said of the new one covers all of it");
}

#[tokio::test]
async fn a_silence_that_was_announced_is_told_to_nobody_until_its_window_is_over() {
    let stage = Stage::new();
    let core = open(&stage, repository()).await;
    say(&core, &db(), Status::Operational).await;
    let until = T0.plus(10 * MINUTE);
    let node = WindowScope::Node(db().node());
    core.open_window(admin(), wanted(node, None, Some(until)), "w").await.unwrap();
    go_on(&stage, &core, 5, &[]).await;
    core.settle_windows().await.unwrap();
    assert!(health(&core, &db()).await.silence.is_some());
    assert_eq!(silences(&stage).await, [], "somebody knows");
    go_on(&stage, &core, 5, &[]).await;
    core.settle_windows().await.unwrap();
    assert_eq!(silences(&stage).await, [started(&pusher())], "the window ended by itself");
    let window = core.open_window(admin(), wanted(WindowScope::Service(db()), None, None), "x").await.unwrap();
    assert_eq!(silences(&stage).await, [ended(&pusher()), started(&pusher())]);
    core.stop_window(admin(), window.id, "y").await.unwrap();
    assert_eq!(silences(&stage).await.len(), 3, "and it is silent still");
}

/// Both worked for a month, as was written down; then `db` is DOWN.
async fn a_month_and_an_outage(stage: &Stage) -> Core {
    let mut repository = repository();
    let db_declared = repository.registry.services.get_mut(&db()).unwrap();
    std::sync::Arc::make_mut(db_declared).runbook = Some("https://runbooks.example/db".to_owned());
    let core = open(stage, repository).await;
    let past = [db(), api()].map(|path| (path, T0.plus(-29 * DAY), Status::Operational, String::new()));
    core.backfill(past.into()).await.unwrap();
    say(&core, &db(), Status::Down).await;
    core
}

async fn later(stage: &Stage, core: &Core, ms: i64) {
    stage.world.advance(ms);
    core.settle_all_budgets().await.unwrap();
}

#[tokio::test]
async fn a_page_and_a_breach_are_told_apart_with_what_is_left_who_is_down_and_what_to_do() {
    let stage = Stage::new();
    let core = a_month_and_an_outage(&stage).await;
    later(&stage, &core, 15 * MINUTE).await;
    let paged = told(&stage, "page").await;
    let [page] = &paged[..] else { panic!("{paged:?}") };
    assert_eq!(told(&stage, "breach").await, [] as [Value; 0], "there is some left");
    let budget = &page["object"];
    assert_eq!(
        (&page["state"], &budget["type"], &budget["name"]),
        (&"started".into(), &"budget".into(), &"checkout".into())
    );
    assert_eq!((&budget["targetMillionths"], &budget["state"]), (&999_000.into(), &"AT_RISK".into()));
    let group = core.read(|estate| estate.budgets["checkout"].budget.clone()).await;
    assert_eq!(budget["remainingMs"], group.remaining_ms());
    assert_eq!(budget["uptimeMillionths"], group.uptime_millionths.unwrap());
    let down = budget["services"].as_array().unwrap();
    assert_eq!((down.len(), &down[0]["path"], &down[0]["status"]), (1, &db().as_str().into(), &"DOWN".into()));
    assert_eq!(page["links"]["command"], "itops budget get checkout");
    assert_eq!(page["links"]["runbooks"], serde_json::json!(["https://runbooks.example/db"]));

    later(&stage, &core, HOUR).await;
    let [breach] = &told(&stage, "breach").await[..] else { panic!("one") };
    assert_eq!((&breach["state"], &breach["object"]["state"]), (&"started".into(), &"BREACHED".into()));
    assert!(breach["object"]["remainingMs"].as_i64().unwrap() < 0);
    say(&core, &db(), Status::Operational).await;
    later(&stage, &core, 7 * HOUR).await;
    let states: Vec<Value> = told(&stage, "page").await.into_iter().map(|e| e["state"].clone()).collect();
    assert_eq!(states, ["started", "ended"]);
    assert_eq!(told(&stage, "breach").await.len(), 1, "it is broken until the period moves on");
}

#[tokio::test]
async fn what_was_said_of_a_page_does_not_cover_the_breach() {
    let stage = Stage::new();
    let core = a_month_and_an_outage(&stage).await;
    later(&stage, &core, 15 * MINUTE).await;
    let budget = Subject::Budget("checkout".to_owned());
    acknowledge(&core, budget.clone(), Reason::BudgetPage, "k").await;
    later(&stage, &core, MINUTE).await;
    assert_eq!(lapses(&core).await, []);
    later(&stage, &core, HOUR).await;
    let state = core.read(|estate| estate.budgets["checkout"].budget.state).await;
    assert_eq!((state, lapses(&core).await), (BudgetState::Breached, vec![Lapse::Worse]));
    acknowledge(&core, budget.clone(), Reason::BudgetBreachedAndPage, "l").await;
    say(&core, &db(), Status::Operational).await;
    later(&stage, &core, 7 * HOUR).await;
    assert!(core.read(|estate| estate.handled.contains_key(&(budget, Concern::Budget))).await, "milder is covered");
}

/// A service is DOWN for a minute, and what that makes waits for its receiver.
async fn with_a_ticket_to_tell(stage: &Stage) -> Core {
    let core = open(stage, repository()).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    core
}

#[tokio::test]
async fn what_waits_for_a_receiver_that_is_taken_out_is_given_up_and_forgotten_after_a_week() {
    let stage = Stage::new();
    let core = with_a_ticket_to_tell(&stage).await;
    let waiting = core.next_delivery("chat").await.unwrap().unwrap();
    core.deliver(&core.receivers()[0], waiting).await.unwrap();
    assert_eq!(core.read(|estate| estate.failing_receivers.len()).await, 1);

    let core = stage.reopen_with(core, telling(&stage, &["pager"])).await;
    assert_eq!(core.next_delivery("chat").await.unwrap(), None);
    let all = core.deliveries(100).await.unwrap();
    let of_chat: Vec<_> = all.iter().filter(|d| d.receiver == "chat").collect();
    assert!(!of_chat.is_empty());
    for delivery in of_chat {
        assert_eq!(delivery.state.word(), "given_up");
        assert_eq!(delivery.said, "the receiver is not in the settings any more");
        assert_eq!(delivery.finished_at, Some(stage.world.now()));
    }
    assert_eq!(core.read(|estate| estate.failing_receivers.len()).await, 0, "nobody is wanted for it");
    let left = async |core: &Core| core.deliveries(100).await.unwrap().iter().filter(|d| d.receiver == "chat").count();
    stage.world.advance(7 * DAY);
    core.forget_old().await.unwrap();
    assert_ne!(left(&core).await, 0, "a week to look at it");
    stage.world.advance(1);
    core.forget_old().await.unwrap();
    assert_eq!(left(&core).await, 0);
}

#[tokio::test]
async fn what_is_unknown_as_the_core_starts_calls_nobody_before_its_reporter_had_an_interval_to_speak() {
    let stage = Stage::new();
    let core = open(&stage, repository()).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    let called = async |core: &Core| {
        core.sweep_silence().await.unwrap();
        core.open_automatic_tickets().await.unwrap();
        (silences(&stage).await, tickets(core).await.len())
    };
    core.flush().await.unwrap();
    stage.world.advance(8 * HOUR);
    let core = stage.reopen_with(core, telling(&stage, &["chat"])).await;
    assert_eq!(health(&core, &api()).await.status, Status::Unknown);
    stage.world.advance(50 * SECOND);
    assert_eq!(called(&core).await, (vec![], 0));
    // Once more, before that interval was over: it begins anew.
    let core = stage.reopen_with(core, telling(&stage, &["chat"])).await;
    stage.world.advance(50 * SECOND);
    assert_eq!(called(&core).await, (vec![], 0));
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(10 * SECOND - 1);
    assert_eq!(called(&core).await, (vec![], 0));
    stage.world.advance(1);
    assert_eq!(called(&core).await, (vec![started(&pusher())], 1), "of the one who did not");
    assert_eq!(tickets(&core).await[0].service, Some(api()));
    let core = stage.reopen_with(core, telling(&stage, &["chat"])).await;
    assert_eq!(called(&core).await, (vec![started(&pusher())], 1), "and what was told before a start goes on");
}

#[tokio::test]
async fn what_is_unknown_as_the_core_starts_is_no_other_episode_of_a_reporter_until_then() {
    let stage = Stage::new();
    let core = open(&stage, repository()).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    go_on(&stage, &core, 5, &[api()]).await;
    assert_eq!(silences(&stage).await, [started(&pusher())], "of db");
    core.flush().await.unwrap();
    stage.world.advance(8 * HOUR);
    let core = stage.reopen_with(core, telling(&stage, &["chat"])).await;
    assert!(health(&core, &api()).await.silence.is_some());
    assert_eq!(silences(&stage).await, [started(&pusher())]);
    go_on(&stage, &core, 1, &[]).await;
    assert_eq!(silences(&stage).await, [ended(&pusher()), started(&pusher()), started(&pusher())]);
}

#[tokio::test]
async fn what_does_not_arrive_for_a_day_is_given_up_at_that_hour_without_another_try() {
    let stage = Stage::new();
    let core = with_a_ticket_to_tell(&stage).await;
    let made_at = stage.world.now();
    let mut tries = 0;
    while let Some(waiting) = core.next_delivery("chat").await.unwrap() {
        let due = waiting.due.unwrap();
        assert!(due <= made_at.plus(DAY), "it never waits for longer than it is wanted");
        stage.world.advance(due.since(stage.world.now()));
        core.deliver(&core.receivers()[0], waiting).await.unwrap();
        tries += 1;
    }
    let all = core.deliveries(100).await.unwrap();
    let [only] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((only.state.word(), only.finished_at), ("given_up", Some(made_at.plus(DAY))));
    assert_eq!(only.attempts, tries - 1, "the last time nobody was called");
    assert!(only.said.starts_with("given up, too old; ") && only.said.contains("core.outbound_allow"), "{}", only.said);
}
