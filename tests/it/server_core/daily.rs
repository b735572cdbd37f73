//! The daily report: at seven by the clock of its time zone, once, also when the core was away, with everything in it.

use itops::{
    domain::{
        health::Status,
        hierarchy::ServicePath,
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
    server::{
        report,
        service::{Core, CoreSettings},
    },
};
use serde_json::Value;

use super::{
    stage::*,
    windows::{admin, group, operator, wanted},
};

/// 2025-06-16T07:00:00Z, the first seven o'clock after [`T0`].
const SEVEN: Timestamp = Timestamp::from_ms(1_750_057_200_000);

fn until(stage: &Stage, at: Timestamp) {
    stage.world.advance(at.since(stage.world.now()));
}

async fn due(core: &Core) -> Option<String> {
    report::make_due(core).await.unwrap().map(|made| made.name)
}

fn files(core: &Core) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(core.report_folder()) else { return Vec::new() };
    let mut names: Vec<String> = folder.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn it_is_made_at_seven_once_and_again_the_next_day() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    assert_eq!(due(&core).await, None, "nothing was ever reported");
    say(&core, &db(), Status::Operational).await;
    assert_eq!(due(&core).await, None, "nor before the last seven o'clock");
    until(&stage, SEVEN.plus(-1));
    assert_eq!(due(&core).await, None);
    until(&stage, SEVEN);
    assert_eq!(due(&core).await.as_deref(), Some("sla-2025-06-16"));
    assert_eq!(due(&core).await, None, "once");
    let core = stage.reopen(core).await;
    until(&stage, SEVEN.plus(5 * HOUR));
    assert_eq!(due(&core).await, None, "also after a restart");
    until(&stage, SEVEN.plus(DAY));
    assert_eq!(due(&core).await.as_deref(), Some("sla-2025-06-17"));
    assert_eq!(files(&core), ["sla-2025-06-16.json", "sla-2025-06-16.md", "sla-2025-06-17.json", "sla-2025-06-17.md"]);
}

#[tokio::test]
async fn one_that_was_missed_is_made_at_the_start() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    until(&stage, SEVEN.plus(3 * DAY + 4 * HOUR));
    let core = stage.reopen(core).await;
    assert_eq!(due(&core).await, None, "nobody was heard yet since the start");
    stage.world.advance(MINUTE);
    assert_eq!(due(&core).await.as_deref(), Some("sla-2025-06-19"), "the newest; who was away for days reads one");
}

#[tokio::test]
async fn the_job_makes_it_by_the_worlds_clock() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    until(&stage, SEVEN);
    let jobs = core.spawn_jobs();
    // Jobs begin by waiting for their time: a few of their minutes go by, then the file is only a matter of the disk.
    for _ in 0..5 {
        tokio::task::yield_now().await;
        stage.world.advance(MINUTE);
    }
    let made = "sla-2025-06-16.json".to_owned();
    crate::served::soon(async {
        while !files(&core).contains(&made) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(jobs);
}

#[tokio::test]
async fn seven_is_where_the_time_zone_says_also_over_a_change_of_the_clock() {
    let zone = jiff::tz::TimeZone::get("Europe/Budapest").unwrap();
    let stage = Stage::new();
    let settings = CoreSettings { report_zone: zone, ..stage.settings() };
    let core = Core::open(settings, Some(repository()), stage.world.clone()).await.unwrap();
    say(&core, &db(), Status::Operational).await;
    // In summer it is two hours ahead of UTC.
    until(&stage, SEVEN.plus(-2 * HOUR));
    assert_eq!(core.due_report().unwrap().at, SEVEN.plus(-2 * HOUR));
    // On 2025-10-26 the clock goes back at three: that morning's seven is six o'clock UTC.
    let change = SEVEN.plus(132 * DAY);
    until(&stage, change.plus(-HOUR));
    let due = core.due_report().unwrap();
    assert_eq!((due.date.as_str(), due.at), ("2025-10-26", change.plus(-HOUR)));
    until(&stage, change.plus(-HOUR + DAY - 1));
    assert_eq!(core.due_report().unwrap(), due, "one day is one report");

    // Where the sun rises first, seven o'clock is still the day before in UTC.
    let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    let core = stage.reopen_with(core, CoreSettings { report_zone: zone, ..stage.settings() }).await;
    until(&stage, change.plus(6 * DAY + 15 * HOUR));
    let due = core.due_report().unwrap();
    assert_eq!((due.date.as_str(), due.at), ("2025-11-02", change.plus(6 * DAY + 15 * HOUR)));
}

#[tokio::test]
async fn everything_that_is_asked_at_breakfast_is_in_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    until(&stage, SEVEN.plus(-8 * HOUR));
    core.report_health(KEY, report(&db(), Status::Down, "disk | gone")).await.unwrap();
    stage.world.advance(HOUR);
    say(&core, &db(), Status::Operational).await;
    until(&stage, SEVEN.plus(-MINUTE));
    core.close_periods().await.unwrap();
    let past = wanted(group(), Some(SEVEN.plus(-8 * HOUR)), Some(SEVEN.plus(-8 * HOUR + 30 * MINUTE)));
    core.open_window(admin(), past, "p").await.unwrap();
    core.open_window(operator(), wanted(group(), Some(SEVEN.plus(DAY)), Some(SEVEN.plus(DAY + HOUR))), "n")
        .await
        .unwrap();
    core.close_periods().await.unwrap();
    core.settle_all_budgets().await.unwrap();
    until(&stage, SEVEN);
    let made = report::make_due(&core).await.unwrap().unwrap();
    let on_disk = std::fs::read_to_string(core.report_folder().join("sla-2025-06-16.json")).unwrap();
    assert_eq!(on_disk, made.json);
    let told: Value = serde_json::from_str(&made.json).unwrap();
    assert_eq!((told["version"].as_u64(), told["cause"].as_str()), (Some(1), Some("schedule")));
    let checkout = &told["groups"][0];
    assert_eq!(
        (checkout["name"].as_str(), checkout["budget"]["targetMillionths"].as_u64()),
        (Some("checkout"), Some(999_000))
    );
    assert_eq!(checkout["budget"]["downMs"], 30 * MINUTE);
    // Of the 7 h 53 min 20 s until it broke 28.4 s may be down, and 28 ms more by the time they are.
    let since = SEVEN.plus(-8 * HOUR + 30 * MINUTE + 28_428);
    assert_eq!(checkout["budget"]["exhaustion"], serde_json::json!({"kind": "exhausted", "since": at(since)}));
    assert_eq!(told["from"], at(SEVEN.plus(-DAY)));
    assert_eq!(checkout["lastDay"]["periodKey"], "2025-06-15");
    assert_eq!(checkout["lastDay"]["figures"]["downMs"], 30 * MINUTE, "as corrected");
    assert_eq!(
        (checkout["monthSoFar"]["periodKey"].as_str(), checkout["monthSoFar"]["closed"].as_bool()),
        (Some("2025-06"), Some(false))
    );
    assert_eq!(
        (told["incidents"][0]["path"].as_str(), told["incidents"].as_array().unwrap().len()),
        (Some(db().as_str()), 1)
    );
    assert_eq!(told["windows"].as_array().unwrap().len(), 2);
    let restated = &told["restatements"][0];
    assert_eq!(
        (restated["was"]["downMs"].as_i64(), restated["is"]["downMs"].as_i64()),
        (Some(HOUR), Some(30 * MINUTE))
    );
    for line in [
        "# SLA report, 2025-06-16 07:00",
        "| checkout |",
        "| since 2025-06-15 23:30 |",
        r"disk \| gone",
        "| planned |",
        "## Restatements",
        "new disks",
    ] {
        assert!(made.markdown.contains(line), "{line} is not in\n{}", made.markdown);
    }
}

#[tokio::test]
async fn one_on_request_stands_beside_the_daily_one_and_does_not_replace_it() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let made = report::make(&core).await.unwrap();
    assert_eq!(made.name, "sla-2025-06-15T150640Z");
    let told: Value = serde_json::from_str(&made.json).unwrap();
    assert_eq!(
        (told["groups"].as_array().unwrap().len(), told["cause"].as_str()),
        (0, Some("request")),
        "no group, no figure"
    );
    assert!(made.markdown.contains("No SLA group is declared."));
    say(&core, &db(), Status::Operational).await;
    until(&stage, SEVEN);
    assert_eq!(due(&core).await.as_deref(), Some("sla-2025-06-16"));
    let blocked = core.report_folder();
    std::fs::remove_dir_all(&blocked).unwrap();
    std::fs::write(&blocked, "in the way").unwrap();
    until(&stage, SEVEN.plus(DAY));
    assert!(report::make_due(&core).await.is_err(), "said, and tried again");
    std::fs::remove_file(&blocked).unwrap();
    assert_eq!(due(&core).await.as_deref(), Some("sla-2025-06-17"));
}

#[tokio::test]
async fn a_request_within_a_minute_gets_the_last_one_back_and_one_is_made_at_a_time() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let (one, other) = tokio::join!(report::make(&core), report::make(&core));
    let first = one.unwrap();
    assert_eq!(other.unwrap(), first, "who asks at the same time gets the same");
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(MINUTE - 1);
    assert_eq!(report::make(&core).await.unwrap(), first);
    let core = stage.reopen(core).await;
    assert_eq!(report::make(&core).await.unwrap(), first, "also over a restart");
    stage.world.advance(1);
    let second = report::make(&core).await.unwrap();
    assert_eq!((first.name.as_str(), second.name.as_str()), ("sla-2025-06-15T150640Z", "sla-2025-06-15T150740Z"));
    assert_eq!(files(&core).len(), 4);
}

#[tokio::test]
async fn the_newest_fifty_on_request_stay_and_daily_ones_for_400_days() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let first = report::make(&core).await.unwrap().name;
    // 400 days before 2025-06-15, and the day before that; and what is none of ours.
    let old = ["sla-2024-05-11.json", "sla-2024-05-11.md", "sla-2024-05-10.json", "sla-2024-05-10.md", "notes.md"];
    for name in old {
        std::fs::write(core.report_folder().join(name), "kept").unwrap();
    }
    let mut names = Vec::new();
    for _ in 0..50 {
        stage.world.advance(MINUTE);
        names.push(report::make(&core).await.unwrap().name);
    }
    let left = files(&core);
    assert!(!left.iter().any(|file| file.starts_with(&first)), "the oldest of 51 is gone: {left:?}");
    for name in names {
        assert!(left.contains(&format!("{name}.md")) && left.contains(&format!("{name}.json")), "{name}");
    }
    let rest: Vec<&str> = left.iter().map(String::as_str).filter(|file| !file.contains('T')).collect();
    assert_eq!(rest, ["notes.md", "sla-2024-05-11.json", "sla-2024-05-11.md"]);
}

#[tokio::test]
async fn of_very_many_incidents_the_short_ones_and_of_restatements_the_later_ones_are_left_out_and_counted() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let one = |number: usize| path(&format!("acme/shop/prod/eu-1/s{number:03}"));
    say(&core, &one(0), Status::Down).await;
    stage.world.advance(MINUTE);
    say(&core, &one(0), Status::Operational).await;
    for number in 1..202 {
        say(&core, &one(number), Status::Down).await;
    }
    stage.world.advance(MINUTE - 1);
    say(&core, &one(201), Status::Operational).await;
    stage.world.advance(MINUTE);
    let template =
        r#"{"id":N,"group":"checkout","period":"DAILY","from":0,"was":F,"is":F,"at":T,"actor":"system","reason":"r"}"#;
    let figures = r#"{"uptime_millionths":null,"coverage_millionths":0,"allowed_ms":0,"down_ms":0,"excluded_ms":0,"state":"MET"}"#;
    let database = stage.database().await;
    for id in 1..=503_i64 {
        let at = stage.world.now().ms();
        let body = template.replace('N', &id.to_string()).replace('T', &at.to_string()).replace('F', figures);
        let insert = sqlx::query("INSERT INTO restatement (id, sla_group, at, body) VALUES ($1, 'checkout', $2, $3)");
        insert.bind(id).bind(at).bind(body).execute(&database).await.unwrap();
    }
    let made = report::make(&core).await.unwrap();
    let told: Value = serde_json::from_str(&made.json).unwrap();
    let incidents = told["incidents"].as_array().unwrap();
    assert_eq!((incidents.len(), told["incidentsLeftOut"].as_u64()), (200, Some(2)));
    assert!(incidents.iter().all(|incident| incident["to"].is_null()), "never one that goes on");
    assert_eq!((told["restatements"].as_array().unwrap().len(), told["restatementsLeftOut"].as_u64()), (500, Some(3)));
    assert!(made.markdown.contains("And 2 shorter ones.") && made.markdown.contains("And 3 later ones."));
}

#[tokio::test]
async fn incidents_stand_by_how_long_it_was_down_and_not_by_how_long_it_came_and_went() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let (flapping, steady) = (path("acme/shop/prod/eu-1/flapping"), path("acme/shop/prod/eu-1/steady"));
    let said = async |minutes: i64, of: &ServicePath, status: Status| {
        stage.world.advance(minutes * MINUTE);
        say(&core, of, status).await;
    };
    said(0, &flapping, Status::Down).await;
    said(0, &steady, Status::Down).await;
    said(1, &flapping, Status::Operational).await;
    said(2, &steady, Status::Operational).await;
    said(0, &flapping, Status::Down).await;
    said(1, &flapping, Status::Operational).await;
    let made = report::make(&core).await.unwrap();
    let told: Value = serde_json::from_str(&made.json).unwrap();
    let told: Vec<_> = [0, 1].map(|i| (&told["incidents"][i]["path"], &told["incidents"][i]["otherMs"])).into();
    let wanted = [(Value::from(steady.as_str()), 0.into()), (flapping.as_str().into(), (2 * MINUTE).into())];
    assert_eq!(told, wanted.iter().map(|(path, ms)| (path, ms)).collect::<Vec<_>>());
    assert!(made.markdown.contains("| 3m |") && made.markdown.contains("| 2m within 4m |"), "{}", made.markdown);
}

/// What a report of this name says, as JSON.
fn told(core: &Core, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(core.report_folder().join(format!("{name}.json"))).unwrap()).unwrap()
}

fn looks_back_to(core: &Core, name: &str) -> Value {
    told(core, name)["from"].clone()
}

fn at(moment: Timestamp) -> Value {
    itops::print::time::rfc3339(moment).into()
}

#[tokio::test]
async fn nothing_falls_between_two_reports_also_when_one_was_made_late() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Operational).await;
    until(&stage, SEVEN);
    due(&core).await.unwrap();
    assert_eq!(looks_back_to(&core, "sla-2025-06-16"), at(SEVEN.plus(-DAY)), "the first one on 24 hours");
    // The core is away at seven; what broke at ten the day before is told at three in the afternoon.
    until(&stage, SEVEN.plus(3 * HOUR));
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Operational).await;
    until(&stage, SEVEN.plus(DAY + 8 * HOUR));
    let core = stage.reopen(core).await;
    stage.world.advance(MINUTE);
    assert_eq!(due(&core).await.as_deref(), Some("sla-2025-06-17"));
    assert_eq!(looks_back_to(&core, "sla-2025-06-17"), at(SEVEN), "from where the last one ended");
    let incidents = told(&core, "sla-2025-06-17")["incidents"].clone();
    assert_eq!(incidents[0]["from"], at(SEVEN.plus(3 * HOUR)), "{incidents}");
    // After a late one the next covers its whole day all the same.
    until(&stage, SEVEN.plus(2 * DAY));
    due(&core).await.unwrap();
    assert_eq!(looks_back_to(&core, "sla-2025-06-18"), at(SEVEN.plus(DAY)));
    // One on request neither moves the next daily one nor reaches further back than a day.
    until(&stage, SEVEN.plus(2 * DAY + HOUR));
    let asked = report::make(&core).await.unwrap();
    assert_eq!(looks_back_to(&core, &asked.name), at(SEVEN.plus(DAY + HOUR)));
    // Away for days: nobody was told of any of them.
    until(&stage, SEVEN.plus(6 * DAY));
    due(&core).await.unwrap();
    assert_eq!(looks_back_to(&core, "sla-2025-06-22"), at(SEVEN.plus(2 * DAY)));
}

#[tokio::test]
async fn the_hour_that_a_change_of_the_clock_adds_is_in_the_report() {
    let zone = jiff::tz::TimeZone::get("Europe/Budapest").unwrap();
    let stage = Stage::new();
    let settings = CoreSettings { report_zone: zone, ..stage.settings() };
    let core = Core::open(settings, Some(repository()), stage.world.clone()).await.unwrap();
    say(&core, &db(), Status::Operational).await;
    // Between the sevens of 2025-10-25 and 2025-10-26 lie 25 hours.
    let seven = SEVEN.plus(132 * DAY - HOUR);
    until(&stage, seven);
    due(&core).await.unwrap();
    assert_eq!(looks_back_to(&core, "sla-2025-10-26"), at(seven.plus(-25 * HOUR)));
}

#[tokio::test]
async fn figures_are_those_of_the_moment_it_is_made_also_where_nobody_was_told_of_them() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    core.settle_all_budgets().await.unwrap();
    until(&stage, SEVEN);
    due(&core).await.unwrap();
    let told = told(&core, "sla-2025-06-16");
    let budget = &told["groups"][0]["budget"];
    assert_eq!((&budget["asOf"], &budget["spanMs"]), (&at(SEVEN), &SEVEN.since(T0).into()), "{told}");
    assert_eq!(budget["coverageMillionths"], 1_000_000);
}
