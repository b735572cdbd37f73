//! Windows and months through the real binary, over a demonstration.

use clap::Parser;
use itops::{
    cli::Cli,
    console::effect::Write,
    domain::{
        sla::{NewWindow, WindowScope},
        time::Timestamp,
    },
};

use super::headless::Headless;

#[test]
fn what_the_journal_of_the_console_says_of_a_window_is_a_command() {
    let new = NewWindow {
        scope: WindowScope::Group("gold".to_owned()),
        from: Some(Timestamp::from_ms(0)),
        to: Some(Timestamp::from_ms(60_000)),
        reason: "disks".to_owned(),
    };
    for write in [Write::OpenWindow(new), Write::StopWindow { id: 4, scope: "group gold".to_owned() }] {
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
    let planned =
        home.ok(&["window", "start", "--service", "redis-risk", "--from", "+1h", "--to", "+2h", "--reason", "x"]);
    assert!(planned.contains("redis-risk is planned"), "{planned}");

    let listed = home.ok(&["window", "list"]);
    let head = listed.lines().nth(1).unwrap();
    assert!(head.contains("active") && head.contains("data-platform") && head.contains("new disks"), "{listed}");
    assert_eq!(home.json(&["window", "list", "--phase", "planned"])["windows"].as_array().unwrap().len(), 1);
    let budget = home.json(&["budget", "get", "data-platform"]);
    let told = &budget["budget"]["windows"];
    assert_eq!((told[0]["reason"].as_str(), told.as_array().unwrap().len()), (Some("new disks"), 1), "{budget}");
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
    assert!(home.ok(&["budget", "report", "-o", "csv"]).starts_with("group,month,state,target"));
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
