//! What is told of one moment, and that a core that stops in between loses nothing.

use itops::{domain::change::Fact, server::report};

use super::*;

async fn reports(core: &Core) -> Vec<(String, DeliveryState)> {
    let all = core.deliveries(100).await.unwrap();
    all.into_iter().filter(|d| d.kind == DAILY_REPORT).map(|d| (d.id, d.state)).collect()
}

fn wants_reports(name: &str) -> Receiver {
    Receiver { kinds: vec![DAILY_REPORT.to_owned()], ..receiver(name, "http://127.0.0.1:1/") }
}

#[tokio::test]
async fn a_report_that_a_stopped_core_wrote_and_did_not_queue_is_told_once() {
    let stage = Stage::new();
    let settings = settings(&stage, vec![wants_reports("sla-portal")], &["127.0.0.1"]);
    let core = Core::open(settings.clone(), Some(repository()), stage.world.clone()).await.unwrap();
    say(&core, &db(), Status::Operational).await;
    report::tell_due(&core).await.unwrap();
    stage.world.advance(24 * 3_600_000);
    report::tell_due(&core).await.unwrap();
    assert_eq!(reports(&core).await, [], "there is none yet");
    let made = report::make_due(&core).await.unwrap().unwrap();

    // It stops before it is queued.
    let core = stage.reopen_with(core, settings.clone()).await;
    assert_eq!(report::make_due(&core).await.unwrap(), None, "it lies there");
    report::tell_due(&core).await.unwrap();
    let queued = [(made.name.clone(), DeliveryState::Waiting)];
    assert_eq!(reports(&core).await, queued);
    let waiting = core.next_delivery("sla-portal").await.unwrap().unwrap();
    assert_eq!(waiting.body, made.json);
    core.deliver(&core.receivers()[0], waiting).await.unwrap();
    let tried = core.next_delivery("sla-portal").await.unwrap();
    let core = stage.reopen_with(core, settings).await;
    report::tell_due(&core).await.unwrap();
    assert_eq!(reports(&core).await, queued, "once");
    assert_eq!(core.next_delivery("sla-portal").await.unwrap(), tried, "and its tries are not forgotten");

    // Who asks for it later on that day gets it too.
    let both = vec![wants_reports("sla-portal"), wants_reports("archive")];
    let core = stage.reopen_with(core, super::settings(&stage, both, &["127.0.0.1"])).await;
    report::tell_due(&core).await.unwrap();
    assert_eq!(core.deliveries(100).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_report_on_demand_is_told_once_and_also_by_a_core_that_stopped_before_it_was_queued() {
    let stage = Stage::new();
    let nobody = settings(&stage, Vec::new(), &["127.0.0.1"]);
    let wanting = settings(&stage, vec![wants_reports("sla-portal")], &["127.0.0.1"]);
    let core = Core::open(wanting.clone(), Some(repository()), stage.world.clone()).await.unwrap();
    let made = report::make(&core).await.unwrap();
    let queued = [(made.name.clone(), DeliveryState::Waiting)];
    assert_eq!(reports(&core).await, queued);
    assert_eq!(core.next_delivery("sla-portal").await.unwrap().unwrap().body, made.json);
    stage.world.advance(30_000);
    assert_eq!(report::make(&core).await.unwrap(), made, "the one of this minute again");
    report::tell_due(&core).await.unwrap();
    assert_eq!(reports(&core).await, queued, "once");

    // It lies there and is in no queue, as after a stop in between.
    let core = stage.reopen_with(core, nobody.clone()).await;
    stage.world.advance(60_000);
    let second = report::make(&core).await.unwrap();
    let core = stage.reopen_with(core, wanting.clone()).await;
    report::tell_due(&core).await.unwrap();
    report::tell_due(&core).await.unwrap();
    let names: Vec<String> = reports(&core).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [second.name, made.name]);

    // What is a day old is no news.
    let core = stage.reopen_with(core, nobody).await;
    stage.world.advance(60_000);
    report::make(&core).await.unwrap();
    stage.world.advance(24 * 3_600_000);
    let core = stage.reopen_with(core, wanting).await;
    report::tell_due(&core).await.unwrap();
    assert_eq!(reports(&core).await.len(), 2);
}

#[tokio::test]
async fn a_breach_is_told_with_the_moment_from_which_on_nothing_was_left() {
    let stage = Stage::new();
    let receiver = Receiver { kinds: vec!["breach".to_owned()], ..receiver("chat", "http://127.0.0.1:1/") };
    let core =
        Core::open(settings(&stage, vec![receiver], &[]), Some(repository()), stage.world.clone()).await.unwrap();
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(24 * 3_600_000);
    let broke = stage.world.now();
    say(&core, &db(), Status::Down).await;
    stage.world.advance(600_000);
    core.settle_all_budgets().await.unwrap();
    let told = core.next_delivery("chat").await.unwrap().unwrap();
    let told: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    // 99.9 % of a day allow 86.4 s, and 86 ms more by the time they are spent.
    let since = itops::print::time::rfc3339(broke.plus(86_486));
    assert_eq!((&told["object"]["state"], &told["object"]["exhaustedSince"]), (&"BREACHED".into(), &since.into()));
    assert_eq!(told["object"]["exhaustedIfDownAt"], serde_json::Value::Null, "it is gone");
}

#[tokio::test]
async fn a_page_is_told_with_the_moment_at_which_the_budget_is_gone_if_nobody_mends_it() {
    let stage = Stage::new();
    let receiver = Receiver { kinds: vec!["page".to_owned()], ..receiver("chat", "http://127.0.0.1:1/") };
    let seldom = stage::reported_every(60 * 24 * 3_600_000);
    let core = Core::open(settings(&stage, vec![receiver], &[]), Some(seldom), stage.world.clone()).await.unwrap();
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(40 * 24 * 3_600_000);
    let broke = stage.world.now();
    say(&core, &db(), Status::Down).await;
    stage.world.advance(120_000);
    core.settle_all_budgets().await.unwrap();
    let told = core.next_delivery("chat").await.unwrap().unwrap();
    let told: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    // 99.9 % of 30 days allow 43 min 12 s.
    let gone = itops::print::time::rfc3339(broke.plus(2_592_000));
    let object = &told["object"];
    assert_eq!((&object["remainingMs"], &object["exhaustedIfDownAt"]), (&2_472_000.into(), &gone.into()), "{told}");
    assert_eq!(object["exhaustedSince"], serde_json::Value::Null);
}

#[tokio::test]
async fn what_comes_and_goes_within_one_moment_is_in_the_log_and_told_to_nobody() {
    let stage = Stage::new();
    let core =
        Core::open(settings(&stage, vec![receiver("chat", "http://127.0.0.1:1/")], &[]), None, stage.world.clone());
    let core = core.await.unwrap();
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(3 * 60_000);
    // Both wait for the writer at once, which takes them together.
    let spoken = core.report_health(stage::KEY, stage::report(&db(), Status::Operational, ""));
    let (judged, spoken) = tokio::join!(core.sweep_silence(), spoken);
    judged.and(spoken).unwrap();
    let silences =
        stage::count(&core, |fact| matches!(fact, Fact::HealthChanged { health, .. } if health.silence.is_some()));
    assert_eq!(silences.await, 1, "it was silent, and the log says so");
    assert_eq!(core.deliveries(10).await.unwrap(), []);
    stage.world.advance(3 * 60_000);
    core.sweep_silence().await.unwrap();
    assert_eq!(core.deliveries(10).await.unwrap().len(), 1, "a silence that lasts is told");
}
