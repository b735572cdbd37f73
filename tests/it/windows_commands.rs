//! Windows and months through the real binary, over a demonstration.

use clap::Parser;
use itops::{
    cli::Cli,
    console::effect::Write,
    domain::{
        sla::{NewWindow, WindowEnd, WindowScope},
        time::{HOUR, Timestamp},
    },
    print::time::rfc3339,
};
use secrecy::ExposeSecret;

use super::{
    headless::{Headless, Home},
    served::Served,
    server_core::stage::{T0, db, repository},
};

#[test]
fn what_the_journal_of_the_console_says_of_a_window_is_a_command() {
    let new = NewWindow {
        scope: WindowScope::Group("gold".to_owned()),
        from: Some(Timestamp::from_ms(0)),
        to: Some(WindowEnd::At(Timestamp::from_ms(60_000))),
        reason: "disks".to_owned(),
    };
    let from_now_on = NewWindow { from: None, to: Some(WindowEnd::After(90 * 60_000)), ..new.clone() };
    assert!(Write::OpenWindow(from_now_on.clone()).command().contains("--to +1h30m"));
    for write in [
        Write::OpenWindow(new),
        Write::OpenWindow(from_now_on),
        Write::StopWindow { id: 4, scope: "group gold".to_owned() },
    ] {
        let line = write.command().replace('\'', "");
        assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
    }
}

#[test]
fn a_window_is_opened_listed_and_stopped_and_one_for_the_past_asks_for_its_name() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    let opened = home.json(&["window", "start", "--group", "data-platform", "--to", "+2h", "--reason", "new disks"]);
    let window = &opened["window"];
    assert_eq!((window["scope"].as_str(), window["phase"].as_str()), (Some("group"), Some("active")));
    assert_eq!(window["openedBy"], "oncall");
    let id = window["id"].as_u64().unwrap().to_string();
    let lengths = home.ok(&["window", "list", "--phase", "active", "-o", "csv"]);
    let fields = lengths.lines().find(|line| line.contains("new disks")).unwrap().split(',').collect::<Vec<_>>();
    assert_eq!(fields[6], "7200", "as it was asked for: {lengths}");
    assert_eq!((fields[4], fields[5]), (window["from"].as_str().unwrap(), window["to"].as_str().unwrap()), "{lengths}");
    let planned =
        home.ok(&["window", "start", "--service", "redis-risk", "--from", "+1h", "--to", "+2h", "--reason", "x"]);
    assert!(planned.contains("redis-risk is planned"), "{planned}");

    let listed = home.ok(&["window", "list"]);
    let head = listed.lines().nth(1).unwrap();
    assert!(head.contains("active") && head.contains("data-platform") && head.contains("new disks"), "{listed}");
    let planned = home.json(&["window", "list", "--phase", "planned"]);
    let planned: Vec<&str> =
        planned["windows"].as_array().unwrap().iter().map(|w| w["name"].as_str().unwrap()).collect();
    assert_eq!(planned, ["network-edge", "meridian/commerce/prod/eu-1/redis-risk"], "one is the demonstration's own");
    let budget = home.json(&["budget", "get", "data-platform"]);
    let told = &budget["budget"]["windows"];
    assert!(told.as_array().unwrap().iter().any(|window| window["reason"] == "new disks"), "{budget}");
    let text = home.ok(&["budget", "get", "data-platform"]);
    let windows = text.split("EXCLUSION WINDOWS, NEWEST FIRST").nth(1).unwrap();
    assert!(windows.contains("new disks") && windows.contains("active"), "{text}");

    let stop = ["window", "stop", "--group", "data-platform"];
    assert!(home.ok(&stop).contains(&format!("window {id} for the group data-platform is stopped")));
    assert!(home.fails(8, &stop).contains("no window is open"));
    assert!(home.fails(6, &["window", "stop", &id]).contains("is over already"));
    home.fails(8, &["window", "stop", "999"]);

    let past = ["window", "start", "--group", "data-platform", "--from", "-3h", "--to", "-2h", "--reason", "x"];
    assert!(home.fails(2, &past).contains("Type data-platform"), "nobody can be asked");
    assert!(home.fails(4, &[&past[..], &["--yes"]].concat()).contains("itops-admins"));
    for (wrong, code) in [
        (&["window", "start", "--reason", "x"][..], 2),
        (&["window", "start", "--group", "data-platform"], 2),
        (&["window", "start", "--group", "data-platform", "--service", "x", "--reason", "x"], 2),
        (&["window", "start", "--group", "data-platform", "--to", "noon", "--reason", "x"], 2),
        (&["window", "start", "--group", "data-platform", "--from", "+2h", "--to", "+1h", "--reason", "x"], 1),
        (&["window", "start", "--group", "nobody", "--reason", "x"], 8),
        (&["--read-only", "window", "start", "--group", "data-platform", "--reason", "x"], 4),
        (&["window", "stop"], 2),
    ] {
        home.fails(code, wrong);
    }

    demo.sign_in("admin", "admin_password");
    let done = home.json(&[&past[..], &["--yes"]].concat());
    assert_eq!((done["window"]["forThePast"].as_bool(), done["window"]["phase"].as_str()), (Some(true), Some("past")));
}

#[test]
fn a_month_is_told_as_a_table_as_data_and_as_a_document_and_the_running_one_says_so() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    let running = home.json(&["budget", "report"]);
    let report = &running["report"];
    assert_eq!(report["soFar"], true);
    assert!(report["groups"].as_array().unwrap().iter().any(|g| g["group"] == "data-platform"), "{running}");
    let month = report["month"].as_str().unwrap();
    assert!(home.ok(&["budget", "report"]).contains(&format!("{month} so far")));
    assert!(home.ok(&["budget", "report", "-o", "csv"]).starts_with("group,month,state,target_percent,"));
    let document = home.ok(&["budget", "report", "--month", month, "-o", "md"]);
    assert!(document.starts_with(&format!("# SLA report {month} so far\n")), "{document}");
    assert!(document.contains("| data-platform |"), "{document}");
    let before = home.ok(&["budget", "report", "--month", "2024-02", "-o", "md"]);
    assert!(before.contains("Nothing was reported"), "{before}");
    let long_ago = home.ok(&["budget", "report", "--month", "1999-01", "-o", "md"]);
    assert!(long_ago.contains("Nothing was reported"), "{long_ago}");
    for wrong in ["2026-13", "soon", "2099-01"] {
        home.fails(2, &["budget", "report", "--month", wrong]);
    }
    assert!(home.fails(2, &["budget", "list", "-o", "md"]).contains("does not print Markdown"));
}

/// The clock of the core moves on between two tries of one command, as it does after a lost answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_under_the_same_key_is_the_same_act_also_with_a_length_from_now() {
    let served = Served::start(Some(repository())).await;
    let home = Home::new();
    let (_, session) = served.signed_in("oncall").await;
    let run = |arguments: &[&str]| {
        let arguments = [&["--url", served.url.as_str()], arguments, &["-o", "json"]].concat();
        let done = home.itops(&arguments).env("ITOPS_TOKEN", session.token.expose_secret()).output().unwrap();
        let text = if done.status.success() { done.stdout } else { done.stderr };
        (done.status.success(), String::from_utf8(text).unwrap())
    };
    let key = "00000000-0000-0000-0000-00000000000a";
    let start = ["window", "start", "--group", "checkout", "--to", "+2h", "--reason", "x", "--idempotency-key", key];
    let first = run(&start);
    assert!(first.0, "{}", first.1);
    served.stage.world.advance(30_000);
    assert_eq!(run(&start), first, "the window of the first time");
    let mut longer = start;
    longer[7] = "another";
    let other = run(&longer);
    assert!(!other.0 && other.1.contains("was used for another request"), "{}", other.1);
    let mut length = start;
    length[5] = "+4h";
    let other = run(&length);
    assert!(!other.0 && other.1.contains("was used for another request"), "another length: {}", other.1);
    let mut exact = start;
    exact[5] = "2025-06-15T19:00:00Z";
    let other = run(&exact);
    assert!(!other.0 && other.1.contains("was used for another request"), "a time is not a length: {}", other.1);
    assert_eq!(served.core.read(|estate| estate.windows.len()).await, 1);

    let stop = ["window", "stop", "--group", "checkout", "--idempotency-key", "k-1"];
    let stopped = run(&stop);
    assert!(stopped.0, "{}", stopped.1);
    served.stage.world.advance(30_000);
    assert_eq!(run(&stop), stopped, "by what it is for, though none is open for that any more");
    let mut one = stop;
    (one[2], one[3]) = ("--node", "acme/shop");
    let other = run(&one);
    assert!(!other.0 && other.1.contains("was used for another request"), "another scope: {}", other.1);
    let mut by_start = stop;
    by_start[5] = key;
    let other = run(&by_start);
    assert!(!other.0 && other.1.contains("was used for another request"), "the key of the start: {}", other.1);

    super::server_core::stage::say(&served.core, &db(), itops::domain::health::Status::Down).await;
    let db = db().to_string();
    let snooze = ["ack", "service", &db, "--reason", "down", "--snooze", "1h", "--idempotency-key", "k-2"];
    let first = run(&snooze);
    assert!(
        first.0 && first.1.contains(&rfc3339(served.stage.world.now().plus(HOUR))),
        "by the core's clock: {}",
        first.1
    );
    served.stage.world.advance(30_000);
    assert_eq!(run(&snooze), first, "put off until when it was put off the first time");
    let mut longer = snooze;
    longer[6] = "4h";
    let other = run(&longer);
    assert!(!other.0 && other.1.contains("was used for another request"), "another length: {}", other.1);
    served.stop().await;
}

/// The clock of the core stands still, long before that of the machine.
#[tokio::test(flavor = "multi_thread")]
async fn times_are_read_and_told_by_the_clock_of_the_core() {
    let served = Served::start(Some(repository())).await;
    let home = Home::new();
    let (_, session) = served.signed_in("oncall").await;
    let run = |arguments: &[&str]| {
        let arguments = [&["--url", served.url.as_str(), "window"], arguments, &["-o", "json"]].concat();
        let done = home.itops(&arguments).env("ITOPS_TOKEN", session.token.expose_secret()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice::<serde_json::Value>(&done.stdout).unwrap()
    };
    let db = db().to_string();
    let opened = run(&["start", "--service", &db, "--to", "+2h", "--reason", "disks"]);
    assert_eq!(opened["window"]["to"], rfc3339(T0.plus(2 * HOUR)));
    assert_eq!(opened["window"]["phase"], "active", "by our clock it was over long ago");
    let planned = run(&["start", "--service", &db, "--from", "+1h", "--to", "+3h", "--reason", "more disks"]);
    assert_eq!(planned["window"]["phase"], "planned", "and not for the past, which only an admin may");
    let phases = run(&["list"]);
    let phases: Vec<&str> =
        phases["windows"].as_array().unwrap().iter().map(|w| w["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["active", "planned"]);
    let tell = |arguments: &[&str]| {
        let arguments = [&["--url", served.url.as_str()], arguments].concat();
        let done = home.itops(&arguments).env("ITOPS_TOKEN", session.token.expose_secret()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let budget = tell(&["budget", "get", "checkout"]);
    assert!(budget.contains("active"), "by our clock it was over long ago: {budget}");
    let month: serde_json::Value = serde_json::from_str(&tell(&["budget", "report", "-o", "json"])).unwrap();
    assert_eq!((&month["report"]["month"], &month["report"]["madeAt"]), (&"2025-06".into(), &rfc3339(T0).into()));
    served.stage.world.advance(HOUR / 2);
    assert_eq!(run(&["stop", "--service", &db])["window"]["phase"], "past");
    served.stop().await;
}
