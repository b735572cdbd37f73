//! Ticket commands through the real binary, over a demonstration: one at a time, many, dry, twice, exported, explained.
#![cfg(feature = "server")]

use std::{io::Write, process::Stdio};

use serde_json::Value;

use super::headless::Headless;

fn open(demo: &Headless, title: &str) -> String {
    let created = demo.home.json(&["ticket", "create", title, "--item", "service_down", "--service", "redis-risk"]);
    created["ticket"]["number"].as_u64().unwrap().to_string()
}

fn version(demo: &Headless, number: &str) -> u64 {
    demo.home.json(&["ticket", "get", number])["ticket"]["version"].as_u64().unwrap()
}

#[test]
fn many_are_rehearsed_guarded_done_with_a_receipt_and_only_the_rest_is_tried_again() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    let (a, b) = (open(&demo, "first"), open(&demo, "second"));
    let said = home.run(&["ticket", "take", &a, &b, "99999", "--dry-run", "-o", "json"]);
    assert_eq!(said.status.code(), Some(5), "some would not be done");
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let possible: Vec<bool> =
        said["rehearsal"].as_array().unwrap().iter().map(|r| r["possible"].as_bool().unwrap()).collect();
    assert_eq!(possible, [true, true, false]);
    assert_eq!(said["rehearsal"][0]["production"], true);
    assert_eq!(version(&demo, &a), 1, "a rehearsal does nothing");

    let take = ["ticket", "take", &a, &b, "99999"];
    assert!(home.fails(2, &[&take[..], &["--yes"]].concat()).contains("Type prod"), "yes is not enough in production");
    home.fails(3, &[&take[..], &["--confirm", "dev"]].concat());
    let done = home.run(&[&take[..], &["--confirm", "prod", "-o", "json"]].concat());
    assert_eq!(done.status.code(), Some(5));
    let receipt: Value = serde_json::from_slice(&done.stdout).unwrap();
    let outcomes: Vec<&str> =
        receipt["receipt"].as_array().unwrap().iter().map(|r| r["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "done", "failed"], "{receipt}");
    assert_eq!(receipt["receipt"][2]["code"], "not_found");

    let file = home.path().join("receipt.json");
    std::fs::write(&file, &done.stdout).unwrap();
    let file = file.to_str().unwrap();
    let again = home.run(&["ticket", "take", "--numbers-from", file, "-o", "name"]);
    assert_eq!((again.status.code(), String::from_utf8(again.stdout).unwrap().trim()), (Some(8), "99999"));
    let all = home.json(&["ticket", "comment", "--filter", "is:mine first", "noted", "--confirm", "prod"]);
    assert_eq!(all["receipt"].as_array().unwrap().len(), 1);
    home.fails(2, &["ticket", "take", &a, &b, "--if-version", "1"]);
    home.fails(2, &["ticket", "take"]);
}

#[test]
fn what_is_so_already_is_no_failure_and_a_key_sent_twice_is_done_once() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    let number = open(&demo, "one");
    home.ok(&["ticket", "take", &number, "--idempotency-key", "k-take"]);
    home.ok(&["ticket", "take", &number, "--idempotency-key", "k-take"]);
    assert!(home.ok(&["ticket", "take", &number]).contains("is yours"));
    assert_eq!(version(&demo, &number), 2);
    home.fails(6, &["ticket", "priority", &number, "low", "--idempotency-key", "k-take"]);
    let conflict = home.fails(6, &["ticket", "move", &number, "IN_PROGRESS", "--if-version", "1"]);
    assert!(conflict.contains("meanwhile: oncall") && conflict.contains("assigned it"), "{conflict}");
    let unknown = home.fails(8, &["ticket", "assign", &number, "requestor"]);
    assert!(unknown.contains("did you mean requester?"), "{unknown}");
    home.fails(8, &["ticket", "assign", &number, "--group", "no-such-group"]);
    let given = home.json(&["ticket", "assign", &number, "requester", "--note", "please confirm"]);
    assert_eq!(given["ticket"]["assignee"], "requester");
}

#[test]
fn a_comment_comes_from_a_file_or_a_pipe_and_one_that_is_too_long_is_refused_with_the_limit() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    let number = open(&demo, "one");
    let file = home.path().join("note.txt");
    std::fs::write(&file, "from a file\nsecond line\n").unwrap();
    home.ok(&["ticket", "comment", &number, "--file", file.to_str().unwrap()]);
    let mut child =
        home.itops(&["ticket", "comment", &number, "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"from a pipe\n").unwrap();
    assert!(child.wait().unwrap().success());
    std::fs::write(&file, "x".repeat(1 << 20)).unwrap();
    let said = home.fails(1, &["ticket", "comment", &number, "--file", file.to_str().unwrap()]);
    assert!(said.contains("1048576") && said.contains("65536"), "{said}");

    let detail = home.json(&["ticket", "get", &number]);
    let texts: Vec<&str> =
        detail["ticket"]["history"].as_array().unwrap().iter().filter_map(|e| e["text"].as_str()).collect();
    assert_eq!(texts, ["from a file\nsecond line", "from a pipe"]);
    let csv = home.ok(&["ticket", "get", &number, "-o", "csv"]);
    assert!(csv.starts_with("entry,at,actor,acted_as,version,kind,") && csv.contains("from a pipe"), "{csv}");
    assert!(home.ok(&["ticket", "get", &number, "-o", "yaml"]).contains("text: from a pipe"));
}

#[test]
fn a_list_is_filtered_like_the_console_and_a_move_is_explained_to_its_line() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    let number = open(&demo, "one of a kind");
    let listed = |flags: &[&str]| {
        let text = home.ok(&[&["ticket", "list", "-o", "name"], flags].concat());
        text.lines().any(|line| line == number)
    };
    assert!(listed(&["--unassigned"]) && !listed(&["--mine"]));
    assert!(listed(&["--service", "meridian/commerce/prod"]) && !listed(&["--service", "meridian/commerce/dev"]));
    assert!(listed(&["--service", "redis-risk", "--sort", "newest"]) && !listed(&["--group", "nobody"]));
    home.ok(&["ticket", "take", &number]);
    home.ok(&["ticket", "move", &number, "in-progress", "-c", "on it"]);
    assert!(listed(&["--mine"]));

    let why = home.json(&["ticket", "why", &number])["why"].clone();
    assert_eq!(why["entry"]["kind"], "moved");
    assert_eq!(why["entry"]["grant"]["role"], "assignee");
    assert!(why["declared"]["file"].as_str().unwrap().ends_with("workflow-incident_response.yaml"), "{why:#}");
    assert_eq!((&why["declared"]["line"], &why["inForceNow"]["same"]), (&6.into(), &true.into()));
    let said = home.ok(&["ticket", "why", &number, "--entry", "1"]);
    assert!(said.contains("opened it") && said.contains("anybody may ask"), "{said}");
    home.fails(8, &["ticket", "why", &number, "--entry", "99"]);
    let get = home.json(&["ticket", "get", &number]);
    let offer = &get["ticket"]["transitions"][0];
    assert_eq!((&offer["to"], &offer["allowed"]), (&"RESOLVED".into(), &true.into()));
}
