//! A day with the headless demonstration, through the real binary: sign in, look, work on a ticket, leave.
#![cfg(feature = "server")]

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    str::FromStr,
};

use serde_json::Value;

use super::headless::{Headless, Home};

fn ticket_of(requester: &str, home: &Home) -> Value {
    let tickets = home.json(&["ticket", "list"]);
    let all = tickets["tickets"].as_array().unwrap();
    all.iter()
        .find(|t| t["requester"] == requester && t["workflow"].as_str().unwrap().ends_with("incident_response"))
        .unwrap_or_else(|| panic!("no incident of {requester} in {tickets:#}"))
        .clone()
}

#[test]
fn the_estate_is_in_trouble_and_every_screen_is_a_command() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    let me = home.json(&["whoami"]);
    assert_eq!((&me["user"]["name"], &me["user"]["group"]), (&"oncall".into(), &"itops-operators".into()));

    let services = home.json(&["service", "list"]);
    let by_name = |name: &str| {
        services["services"].as_array().unwrap().iter().find(|s| s["path"].as_str().unwrap().ends_with(name)).unwrap()
    };
    assert_eq!(by_name("prod/eu-1/postgres-payments")["status"], "DOWN");
    assert_eq!(by_name("prod/eu-1/payment-api")["status"], "DEGRADED");
    assert_eq!(by_name("prod/eu-1/postgres-payments")["storage"]["state"], "critical");
    assert!(by_name("prod/eu-1/postgres-payments")["since"].as_str().unwrap().ends_with('Z'));
    assert_eq!(by_name("metal-1/hsm-1")["status"], "UNKNOWN", "its reporter is silent");
    assert!(by_name("metal-1/hsm-1")["silentSince"].is_string());
    let problems = home.ok(&["service", "list", "--problems", "-o", "name"]);
    assert!(problems.lines().any(|l| l == "meridian/commerce/prod/eu-1/postgres-payments"));
    assert!(!problems.contains("redis-risk"));
    let down = home.ok(&["service", "list", "--filter", "status:down", "-o", "csv"]);
    assert!(down.starts_with("service,status,") && down.contains("postgres-payments,DOWN"));

    let detail = home.json(&["service", "get", "postgres-ledger"]);
    assert_eq!(detail["service"]["path"], "meridian/commerce/prod/eu-1/postgres-ledger");
    assert!(detail["service"]["declaredAt"]["file"].as_str().unwrap().ends_with(".yaml"));
    home.fails(2, &["service", "get", "storefront"]);
    home.fails(8, &["service", "get", "no-such-service"]);

    let budgets = home.json(&["budget", "list"]);
    let states: Vec<(&str, &str)> = budgets["budgets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| (b["name"].as_str().unwrap(), b["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states[0], ("data-platform", "BREACHED"), "worst first: {states:?}");
    assert!(states.contains(&("payment-system", "AT_RISK")), "{states:?}");
    assert!(states.contains(&("internal-tools", "MET")), "{states:?}");
    // The made-up past leads into the present without a gap.
    let going_on = |b: &Value| !b["exhaustion"].as_str().unwrap().starts_with("not known");
    assert!(budgets["budgets"].as_array().unwrap().iter().all(going_on), "{budgets:#}");
    let since = |name: &str, field: &str| by_name(name)[field].as_str().unwrap().to_owned();
    assert!(since("prod/eu-1/redis-risk", "since") < since("metal-1/hsm-1", "silentSince"), "as long as it was so");
    assert!(home.json(&["budget", "get", "data-platform"])["budget"]["incidents"].as_array().unwrap().len() > 1);
    home.fails(8, &["budget", "get", "no-such-group"]);

    let activity = home.json(&["activity", "--limit", "500"]);
    let seqs: Vec<u64> =
        activity["changes"].as_array().unwrap().iter().map(|c| c["seq"].as_str().unwrap().parse().unwrap()).collect();
    assert!(seqs.is_sorted() && seqs.len() > 3);
}

#[test]
fn a_ticket_is_taken_resolved_and_confirmed_by_the_other_person() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    let ticket = ticket_of("requester", home);
    let number = ticket["number"].as_u64().unwrap().to_string();

    home.fails(4, &["--read-only", "ticket", "take", &number]);
    home.fails(8, &["ticket", "take", "99999"]);
    home.fails(6, &["ticket", "move", &number, "RESOLVED"]);
    assert_eq!(home.json(&["ticket", "take", &number])["ticket"]["assignee"], "oncall");
    home.fails(6, &["ticket", "move", &number, "IN_PROGRESS", "--if-version", "1"]);
    home.ok(&["ticket", "move", &number, "IN_PROGRESS", "--comment", "on it"]);
    home.ok(&["ticket", "comment", &number, "=2+2 is not a formula"]);
    home.ok(&["ticket", "priority", &number, "low"]);

    // The stream tells when the requester has confirmed; nobody waits by the clock.
    let mut follow = home.itops(&["activity", "--follow", "-o", "json"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    home.ok(&["ticket", "move", &number, "RESOLVED"]);
    let closed = lines.map_while(Result::ok).find(|line| {
        let change: Value = serde_json::from_str(line).unwrap();
        change["ticket"].as_u64() == number.parse().ok() && change["what"].as_str().unwrap().contains("to CLOSED")
    });
    let _ = follow.kill();
    let _ = follow.wait();
    assert!(closed.unwrap().contains("requester"));

    let done = home.json(&["ticket", "get", &number]);
    assert_eq!(done["ticket"]["status"], "CLOSED");
    let history: Vec<&str> =
        done["ticket"]["history"].as_array().unwrap().iter().map(|h| h["what"].as_str().unwrap()).collect();
    assert!(history.iter().any(|h| h.contains("OPEN to IN_PROGRESS: on it")), "{history:?}");
    assert_eq!(done["ticket"]["history"][0]["what"], "opened it");
    let csv = home.ok(&["ticket", "list", "--all", "-o", "csv"]);
    assert!(csv.lines().skip(1).all(|l| !l.starts_with(['=', '+', '-', '@'])));
}

/// The fields of a line of CSV.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

#[test]
fn csv_of_every_list_holds_times_and_plain_numbers_and_no_words_for_them() {
    const UNITS: [&str; 5] = ["_seconds", "_seconds_left", "_percent", "_bytes", "_days"];
    const TIMES: [&str; 11] = [
        "from",
        "to",
        "last_seen",
        "reported",
        "last_success",
        "last_report",
        "gone",
        "time",
        "opened",
        "due",
        "until",
    ];
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    home.ok(&["window", "start", "--group", "data-platform", "--to", "+2h", "--reason", "disks"]);
    for (list, filled) in [
        ("service list", "for_seconds"),
        ("storage list", "free_percent"),
        ("backup list", "max_age_days"),
        ("budget list", "left_percent"),
        ("budget report", "time_left_seconds"),
        ("ticket list", "resolution_seconds_left"),
        ("window list", "from"),
        ("activity", "time"),
    ] {
        let csv = home.ok(&[&list.split(' ').collect::<Vec<_>>()[..], &["-o", "csv"]].concat());
        let mut lines = csv.lines().map(fields);
        let head = lines.next().unwrap();
        let mut found = 0;
        for (name, value) in lines.flat_map(|line| head.clone().into_iter().zip(line)) {
            let is_no_time = TIMES.contains(&name.as_str()) && jiff::Timestamp::from_str(&value).is_err();
            let is_no_number = UNITS.iter().any(|unit| name.ends_with(unit)) && value.parse::<f64>().is_err();
            assert!(value.is_empty() || !(is_no_time || is_no_number), "{list}: {name} is `{value}`");
            found += usize::from(name == filled && !value.is_empty());
        }
        assert!(found > 0, "{list}: {filled}\n{csv}");
    }
}

#[test]
fn a_user_may_open_tickets_and_not_move_those_of_others() {
    let demo = Headless::start(&[]);
    let home = &demo.home;
    demo.sign_in("requester", "requester_password");
    let opened =
        home.json(&["ticket", "create", "Grant me access", "--item", "access_grant", "--service", "redis-risk"]);
    assert_eq!(opened["ticket"]["requester"], "requester");
    assert_eq!(opened["ticket"]["service"], "meridian/commerce/prod/eu-1/redis-risk");
    let number = opened["ticket"]["number"].as_u64().unwrap().to_string();
    home.fails(4, &["ticket", "take", &number]);
    home.fails(8, &["ticket", "create", "x", "--item", "no_such_item"]);
}

#[test]
fn pushes_change_a_service_with_the_right_key_only() {
    let demo = Headless::start(&[]);
    let push = |key: &str| {
        let arguments =
            ["--url", &demo.url, "report", "health", "--path", "a/b/dev/d/new", "--status", "outage", "-o", "json"];
        demo.home.itops(&arguments).env("ITOPS_API_KEY", key).output().unwrap()
    };
    assert_eq!(push("wrong").status.code(), Some(4));
    let pushed = push(&demo.login_field("api_key"));
    let answer: Value = serde_json::from_slice(&pushed.stdout).unwrap();
    assert_eq!(answer["answer"]["status"], "DOWN");
    demo.sign_in("oncall", "password");
    let file = demo.home.path().join("key");
    std::fs::write(&file, format!("{}\n", demo.login_field("api_key"))).unwrap();
    let sent = demo.home.json(&[
        "--url",
        &demo.url,
        "report",
        "storage",
        "--node",
        "a/b/dev/d",
        "--service",
        "new",
        "--allocated",
        "100",
        "--used",
        "95",
        "--key-file",
        file.to_str().unwrap(),
    ]);
    assert_eq!((&sent["answer"]["path"], &sent["answer"]["status"]), (&"a/b/dev/d/new".into(), &"critical".into()));
    let fullest = demo.home.json(&["storage", "list", "--problems"]);
    assert!(fullest["storages"].as_array().unwrap().iter().any(|s| s["path"] == "a/b/dev/d/new"), "{fullest}");
    let late = demo.home.json(&["backup", "list"]);
    assert_eq!(late["backups"][0]["state"], "overdue", "{late}");
    let found = demo.home.json(&["service", "get", "a/b/dev/d/new"]);
    assert_eq!((&found["service"]["status"], &found["service"]["origin"]), (&"DOWN".into(), &"external".into()));
}

#[test]
fn a_wrong_password_is_denied_and_signing_out_forgets_the_token() {
    let demo = Headless::start(&["--services", "60"]);
    let home = &demo.home;
    demo.sign_in("oncall", "password");
    assert_eq!(home.json(&["service", "list"])["services"].as_array().unwrap().len(), 60);
    home.ok(&["logout"]);
    home.fails(4, &["service", "list"]);
    let mut child = home
        .itops(&["login", &demo.url, "--user", "oncall", "--password-stdin"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"wrong\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
}

#[test]
fn a_watch_tells_what_changes_on_the_service_it_was_asked_for() {
    use std::io::{BufRead, BufReader};
    let demo = Headless::start(&["--services", "10"]);
    demo.sign_in("oncall", "password");
    let key = demo.login_field("api_key");
    let push = |path: &str, status: &str| {
        let arguments = ["--url", &demo.url, "report", "health", "--path", path, "--status", status];
        assert!(demo.home.itops(&arguments).env("ITOPS_API_KEY", &key).output().unwrap().status.success());
    };
    push("a/b/dev/d/watched", "OPERATIONAL");
    push("a/b/dev/d/other", "OPERATIONAL");
    let arguments = ["service", "watch", "a/b/dev/d/watched", "-o", "json"];
    let mut child = demo.home.itops(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It says how things stand before it waits.
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("watching 1 service"), "{said}");
    push("a/b/dev/d/other", "DOWN");
    push("a/b/dev/d/watched", "DEGRADED");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&told["path"], &told["status"]), (&"a/b/dev/d/watched".into(), &"DEGRADED".into()), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn told_to_stop_it_ends_cleanly_and_leaves_nothing_behind() {
    let mut demo = Headless::start(&["--services", "10"]);
    let folder = demo.login.parent().unwrap().to_owned();
    assert!(folder.join("repository").is_dir());
    assert_eq!(demo.stop(), Some(0));
    assert!(!folder.exists(), "{} is still there", folder.display());
    let left: Vec<_> = std::fs::read_dir(demo.home.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}
