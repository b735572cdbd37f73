//! What a CronJob would call, and what budgets look like in a pipe, through the real binary.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Stdio,
    sync::Arc,
    thread,
};

use itops::{
    domain::{
        gitops::DeclaredService,
        health::Status,
        hierarchy::ServicePath,
        time::{DAY, HOUR, MINUTE},
    },
    print::time::rfc3339,
};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{
    headless::Home,
    served::{OPERATOR_KEY, Served},
    server_core::stage::{db, declared, repository, say, service},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_comes_from_standard_input_and_what_was_repaired_is_said_beside_the_answer() {
    let served = Served::start(None).await;
    let home = Home::new();
    let push =
        ["--url", served.url.as_str(), "report", "health", "--path", "acme/shop/pay", "--status", "up", "-o", "json"];
    let mut child = home.itops(&[&push[..], &["--key-file", "-"]].concat());
    child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{OPERATOR_KEY}\nnot the key\n").as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}");
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(answer["answer"]["path"], "acme/shop/unknown/unknown/pay");
    assert_eq!(said.lines().filter(|line| line.starts_with("warning: ")).count(), 2, "{said}");
    assert!(said.contains("`up`"), "an unknown word is named: {said}");
    let nothing = home.itops(&[&push[..], &["--key-file", "-"]].concat()).output().unwrap();
    assert_eq!(nothing.status.code(), Some(2), "an empty first line is no key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_reaches_everybody_in_a_group_or_namespace_who_expects_one() {
    let served = Served::start(Some(with_backups())).await;
    let home = Home::new();
    let push = |target: [&str; 2], status: &str| {
        let push = ["--url", served.url.as_str(), "report", "backup", "--status", status, "-o", "json"];
        let done = home.itops(&[&push[..], &target].concat()).env("ITOPS_API_KEY", OPERATOR_KEY).output().unwrap();
        (done.status.code(), serde_json::from_slice::<Value>(&done.stdout).unwrap_or_default(), done.stderr)
    };
    let last = async || service(&served.core, &db()).await.unwrap().backup.unwrap().last_report;
    for (target, status) in [(["--sla-group", "checkout"], "success"), (["--namespace", "stores"], "failed")] {
        let (code, answer, said) = push(target, status);
        assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&said));
        assert_eq!((&answer["answer"]["affected"], &answer["answer"]["status"]), (&1.into(), &status.into()));
        assert_eq!(last().await.map(|(_, outcome)| outcome.word()), Some(status), "{target:?}");
    }
    for target in [["--sla-group", "nobody"], ["--namespace", "elsewhere"]] {
        let (code, _, said) = push(target, "success");
        let said = String::from_utf8(said).unwrap();
        assert!(code == Some(8) && said.contains("expects a backup"), "{code:?} {said}");
    }
}

fn with_backups() -> itops::domain::gitops::Repository {
    use itops::domain::{gitops::DeclaredService, health::Backup};
    let mut repository = repository();
    let db = repository.registry.services.get_mut(&db()).unwrap();
    *db = std::sync::Arc::new(DeclaredService {
        backup: Some(Backup { expected: true, max_age_days: 1, ..Backup::default() }),
        namespace: Some("stores".to_owned()),
        tags: vec!["stores".to_owned()],
        ..(**db).clone()
    });
    repository
}

/// The first call gets no answer of the core but a fault of what stands before it; the second one is answered.
#[test]
fn a_push_that_fails_is_sent_again_and_then_succeeds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answers = thread::spawn(move || {
        let ok = r#"{"success":true,"serviceName":"db","path":"a/b/c/d/db","status":"DOWN","warnings":[]}"#;
        let mut bodies = Vec::new();
        for (status, body) in [("503 Service Unavailable", "{}"), ("200 OK", ok)] {
            let (mut socket, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            let mut some = [0; 4096];
            while !String::from_utf8_lossy(&seen).ends_with('}') {
                let count = socket.read(&mut some).unwrap();
                seen.extend_from_slice(&some[..count]);
            }
            let text = String::from_utf8(seen).unwrap();
            bodies.push(text.split("\r\n\r\n").nth(1).unwrap().to_owned());
            let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
            write!(socket, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
        bodies
    });
    let home = Home::new();
    let push = ["--url", &url, "report", "health", "--path", "a/b/c/d/db", "--status", "DOWN", "--tries", "2"];
    let done = home.itops(&push).env("ITOPS_API_KEY", "k").output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}");
    assert!(said.contains("trying again, 1 of 2 tries made"), "{said}");
    let bodies = answers.join().unwrap();
    assert_eq!(bodies[0], bodies[1], "the same is said again");
    assert!(String::from_utf8(done.stdout).unwrap().contains("a/b/c/d/db"));
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_are_listed_worst_first_and_say_when_they_will_be_gone_or_that_nobody_knows() {
    use itops::domain::sla::{DeclaredGroup, Target};
    let mut given = repository();
    let group = given.registry.sla_groups["checkout"].clone();
    for (name, percent) in [("calm", 99.0), ("broken", 99.99), ("loose", 90.0), ("unheard", 99.0)] {
        let target = Target::from_percent(percent).unwrap();
        let own = DeclaredGroup { name: name.to_owned(), target, ..group.clone() };
        given.registry.sla_groups.insert(name.to_owned(), own);
    }
    given.registry.sla_groups.remove("checkout");
    given.registry.services.clear();
    // Heard once in forty days, and not silent for that.
    let service = |name: &str| DeclaredService {
        every_ms: Some((60 * DAY, false)),
        sla_group: Some(name.to_owned()),
        ..declared(&ServicePath::parse(&format!("acme/shop/prod/eu-1/{name}")).unwrap())
    };
    let services = ["calm", "broken", "loose", "unheard"].map(|name| Arc::new(service(name)));
    given.registry.services = services.into_iter().map(|service| (service.path.clone(), service)).collect();
    let served = Served::start(Some(given)).await;
    for name in ["calm", "broken", "loose", "unheard"] {
        let body = format!(r#"{{"path":"acme/shop/prod/eu-1/{name}","status":"OPERATIONAL","slaGroup":"{name}"}}"#);
        assert_eq!(served.push("/api/v1/health/report", &body).await.status, 200);
    }
    served.stage.world.advance(40 * DAY);
    let path = |name: &str| ServicePath::parse(&format!("acme/shop/prod/eu-1/{name}")).unwrap();
    for (name, status) in [("broken", Status::Down), ("loose", Status::Down), ("unheard", Status::Unknown)] {
        say(&served.core, &path(name), status).await;
    }
    served.stage.world.advance(4 * HOUR);
    served.core.settle_all_budgets().await.unwrap();
    let home = Home::new();
    let (_, session) = served.signed_in("requester").await;
    let run = |arguments: &[&str]| {
        let arguments = [&["--url", served.url.as_str(), "budget"], arguments].concat();
        let done = home.itops(&arguments).env("ITOPS_TOKEN", session.token.expose_secret()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let listed = run(&["list", "-o", "csv"]);
    let mut lines = listed.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let columns = [
        "group",
        "state",
        "target_percent",
        "uptime_percent",
        "worst_case_percent",
        "coverage_percent",
        "left_percent",
        "time_left_seconds",
        "gone",
    ];
    assert_eq!(head[..9], columns, "{listed}");
    let told: Vec<(&str, &str, &str)> = lines.clone().map(|cells| (cells[0], cells[1], cells[8])).collect();
    // 99.99 % over 30 days allow 259.2 s, and it is down for four hours.
    let spent = rfc3339(served.stage.world.now().plus(259_200 - 4 * HOUR));
    let loose: Value = serde_json::from_str(&run(&["get", "loose", "-o", "json"])).unwrap();
    let wanted = [
        ("broken", "BREACHED", spent.as_str()),
        ("loose", "AT_RISK", loose["budget"]["exhaustedIfDownAt"].as_str().unwrap()),
        ("calm", "MET", ""),
        ("unheard", "MET", ""),
    ];
    assert_eq!(told, wanted, "{listed}");
    let broken_left = lines.next().map(|cells| (cells[6].to_owned(), cells[7].to_owned()));
    // Rounded down, as what is left is everywhere.
    assert_eq!(broken_left, Some(("-5455.6".to_owned(), "-14141".to_owned())), "{listed}");
    let words = run(&["list"]);
    for said in ["3h 55m ago", "in 2d 20h while down", "not burning", "not known"] {
        assert!(words.contains(said), "{words}");
    }
    let broken: Value = serde_json::from_str(&run(&["get", "broken", "-o", "json"])).unwrap();
    let budget = &broken["budget"];
    assert_eq!(
        (budget["exhaustedSince"].as_str(), budget["exhaustion"].as_str()),
        (Some(spent.as_str()), Some("exhausted 3h 55m ago"))
    );
    // Nine tenths of thirty days must be up, so three days may be down.
    let spent = served.stage.world.now().plus(3 * DAY - 4 * HOUR);
    let loose: Value = serde_json::from_str(&run(&["get", "loose", "-o", "json"])).unwrap();
    assert_eq!(
        (&loose["budget"]["exhaustedIfDownAt"], &loose["budget"]["exhaustion"], &broken["budget"]["exhaustedIfDownAt"]),
        (&rfc3339(spent).into(), &"gone in 2d 20h while it stays down".into(), &Value::Null)
    );
    let loose = run(&["get", "loose"]);
    assert!(loose.contains("its target can never reach it"), "a burn of 14.4 needs more than all of it: {loose}");
    // Nobody tells figures in between: what is listed is reckoned when it is asked for, as what is shown of one.
    served.stage.world.advance(3 * MINUTE);
    let listed: Value = serde_json::from_str(&run(&["list", "-o", "json"])).unwrap();
    for name in ["broken", "loose", "calm"] {
        let one: Value = serde_json::from_str(&run(&["get", name, "-o", "json"])).unwrap();
        let listed = listed["budgets"].as_array().unwrap().iter().find(|group| group["name"] == name).unwrap();
        assert_eq!(listed["asOf"], rfc3339(served.stage.world.now()));
        for figure in ["asOf", "downSeconds", "remainingSeconds", "uptimePercent", "burn", "exhaustion"] {
            assert_eq!(listed[figure], one["budget"][figure], "{name} {figure}");
        }
    }
    let dark = run(&["get", "unheard"]);
    assert!(dark.contains("% of the time known; 1 member unknown now"), "{dark}");
    assert!(dark.contains("with unknown time counted as down"), "{dark}");
    assert!(run(&["get", "calm"]).contains("100.00 % of the time known\n"), "nobody is unknown");
    let unheard: Value = serde_json::from_str(&run(&["get", "unheard", "-o", "json"])).unwrap();
    let said = unheard["budget"]["exhaustion"].as_str().unwrap();
    assert_eq!(
        (said, &unheard["budget"]["exhaustedInSeconds"]),
        ("not known: too little of the last 6h is known", &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_report_is_made_on_demand_for_operators_and_nobody_else() {
    let served = Served::start(Some(repository())).await;
    say(&served.core, &db(), Status::Down).await;
    let home = Home::new();
    let run = async |who: &str, arguments: &[&str]| {
        let (_, session) = served.signed_in(who).await;
        let arguments = [&["--url", served.url.as_str()], arguments, &["budget", "report", "--daily"]].concat();
        let done = home.itops(&arguments).env("ITOPS_TOKEN", session.token.expose_secret()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (done.status.code(), text(done.stdout), text(done.stderr))
    };
    for (who, arguments, code, reason) in [
        ("requester", &[][..], 4, "operator"),
        ("oncall", &["--read-only"], 4, "read-only"),
        ("oncall", &["-o", "csv"], 2, "no table"),
    ] {
        let (told, out, said) = run(who, arguments).await;
        assert!(told == Some(code) && said.contains(reason) && out.is_empty(), "{who} {told:?} {said}");
        assert!(!served.core.report_folder().exists(), "nothing was made");
    }
    let (code, text, said) = run("oncall", &[]).await;
    assert!(code == Some(0) && text.starts_with("# SLA report, "), "{text}{said}");
    assert!(text.contains("| acme/shop/prod/eu-1/db |"), "who is down stands in it: {text}");
    let (_, data, _) = run("oncall", &["-o", "json"]).await;
    let data: Value = serde_json::from_str(&data).unwrap();
    assert_eq!((&data["version"], &data["report"]["groups"][0]["name"]), (&1.into(), &"checkout".into()));
}
