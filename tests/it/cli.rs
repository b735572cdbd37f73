//! The real binary from outside, without any core: help, exit codes, formats, settings, validation.

use std::{fs, process::Stdio};

use super::headless::Home;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example");

fn commands_in(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|l| !l.starts_with("Commands:")).skip(1).take_while(|l| !l.is_empty());
    list.filter(|l| l.starts_with("  ") && !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .filter(|word| *word != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn help_lists_exactly_the_commands_that_are_there() {
    let home = Home::new();
    let listed = commands_in(&home.ok(&["--help"]));
    let mut wanted = vec![
        "login",
        "logout",
        "whoami",
        "context",
        "service",
        "storage",
        "backup",
        "budget",
        "window",
        "ack",
        "ticket",
        "gitops",
        "template",
        "report",
        "activity",
        "settings",
        "completion",
    ];
    if cfg!(feature = "server") {
        wanted.splice(0..0, ["demo", "serve"]);
    }
    assert_eq!(listed, wanted);
    for noun in &listed {
        let help = home.ok(&[noun, "--help"]);
        for verb in commands_in(&help) {
            home.ok(&[noun, &verb, "--help"]);
        }
    }
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let home = Home::new();
    home.fails(2, &["no-such-command"]);
    home.fails(2, &["ticket", "move", "1", "SOMEWHERE"]);
    home.fails(2, &["ticket", "assign", "1"]);
    home.fails(2, &["service", "list", "--context", "nope"]);
    home.fails(2, &["service", "list", "--url", "http://127.0.0.1:1", "--context", "x"]);
    let said = home.fails(2, &["service", "list"]);
    assert!(said.contains("itops login"), "it says what to do: {said}");
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    let home = Home::new();
    let said = home.fails(2, &["login", "http://127.0.0.1:1"]);
    assert!(said.contains("--user"), "it names the flag: {said}");
    let said = home.fails(2, &["login", "http://127.0.0.1:1", "--user", "oncall"]);
    assert!(said.contains("--password-stdin"), "it names the flag: {said}");
    home.ok(&["context", "add", "a", "http://127.0.0.1:1"]);
    let said = home.fails(2, &["context", "remove", "a"]);
    assert!(said.contains("--yes"), "it names the flag: {said}");
    home.ok(&["context", "remove", "a", "--yes"]);
}

#[test]
fn a_core_that_is_not_there_is_unreachable_and_nobody_signed_in_is_denied() {
    let home = Home::new();
    home.fails(4, &["service", "list", "--url", "http://127.0.0.1:1"]);
    let done =
        home.itops(&["service", "list", "--url", "http://127.0.0.1:1"]).env("ITOPS_TOKEN", "x").output().unwrap();
    assert_eq!(done.status.code(), Some(7), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("cannot reach"), "{said}");
}

#[test]
fn contexts_are_kept_and_the_first_one_is_current() {
    let home = Home::new();
    home.ok(&["context", "add", "prod", "https://ops.example.org/", "--production"]);
    home.ok(&["context", "add", "lab", "http://127.0.0.1:8080"]);
    let contexts = home.json(&["context", "list"]);
    assert_eq!(contexts["contexts"][1]["name"], "prod");
    assert_eq!(contexts["contexts"][1]["url"], "https://ops.example.org");
    assert_eq!(contexts["contexts"][1]["current"], true);
    assert_eq!(contexts["contexts"][1]["production"], true);
    home.ok(&["context", "use", "lab"]);
    assert_eq!(home.json(&["context", "list"])["contexts"][0]["current"], true);
    home.fails(8, &["context", "use", "nope"]);
    home.fails(2, &["context", "add", "bad", "ftp://x"]);
}

#[test]
fn the_example_has_warnings_and_no_errors() {
    let home = Home::new();
    let report = home.json(&["gitops", "validate", EXAMPLE]);
    assert_eq!(report["report"]["errors"], 0, "{report:#}");
    assert!(report["report"]["declared"].as_u64().unwrap() > 80);
    for fault in report["report"]["faults"].as_array().unwrap() {
        assert!(fault["code"].as_str().unwrap().starts_with('W'));
        assert!(fault["line"].as_u64().unwrap() > 0);
    }
    home.fails(1, &["gitops", "validate", EXAMPLE, "--strict"]);
}

#[test]
fn a_broken_repository_fails_with_every_fault_and_its_place() {
    let home = Home::new();
    let root = home.path().join("repository");
    fs::create_dir_all(root.join("services")).unwrap();
    fs::write(root.join("services/torn.yaml"), "kind: ConfigMap\n\tdata: [\n").unwrap();
    fs::write(
        root.join("values.yaml"),
        "ticketing:\n  org: acme\n  workflows:\n    - name: empty\n      transitions: []\n    - name: odd\n      transitions:\n        - {from: OPEN, to: DONE, role: any}\n",
    )
    .unwrap();
    let path = root.to_str().unwrap();
    let done = home.run(&["gitops", "validate", path, "-o", "json"]);
    assert_eq!(done.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let codes: Vec<&str> =
        report["report"]["faults"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    for code in ["E001", "E020", "E021"] {
        assert!(codes.contains(&code), "{code} is missing in {codes:?}");
    }
    let text = String::from_utf8(home.run(&["gitops", "validate", path]).stdout).unwrap();
    assert!(text.contains("values.yaml:"), "people are told where: {text}");
    home.fails(8, &["gitops", "validate", "no/such/folder"]);
}

#[test]
fn settings_say_where_they_come_from_and_faults_are_reported_at_once() {
    let home = Home::new();
    let file = home.path().join(".config/itops/settings.yaml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "command:\n  timeout: 5s\n").unwrap();
    let settings = home.json(&["settings", "show"]);
    let all = settings["settings"].as_array().unwrap();
    let timeout = all.iter().find(|s| s["key"] == "command.timeout").unwrap();
    assert_eq!(timeout["value"], "5s");
    assert!(timeout["from"].as_str().unwrap().ends_with("settings.yaml:2"));
    fs::write(&file, "command:\n  timeout: soon\n  colour: x\n").unwrap();
    let said = home.fails(1, &["settings", "show"]);
    assert!(said.contains("command.timeout") && said.contains("command.color"), "both, with a suggestion: {said}");
    home.ok(&["settings", "path"]);
}

#[test]
fn a_reader_that_goes_away_ends_the_output_quietly() {
    let home = Home::new();
    let mut child = home.itops(&["completion", "zsh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn colour_is_off_in_a_pipe_and_on_when_forced() {
    let home = Home::new();
    assert!(!home.ok(&["settings", "show"]).contains('\x1b'));
    assert!(home.ok(&["settings", "show", "--color", "always"]).contains('\x1b'));
    let forced = home.itops(&["settings", "show"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!forced.stdout.contains(&0x1b), "NO_COLOR wins over being forced");
}

#[cfg(feature = "server")]
#[test]
fn serve_refuses_what_is_not_safe_before_it_opens_anything() {
    let home = Home::new();
    let data = home.path().join("data");
    let data_dir = data.to_str().unwrap();
    let said = home.fails(2, &["serve", "--gitops", EXAMPLE, "--data", data_dir, "--listen", "0.0.0.0:0"]);
    assert!(said.contains("--behind-proxy"), "{said}");
    let said = home.fails(2, &["serve", "--gitops", EXAMPLE, "--data", data_dir, "--listen", "127.0.0.1:0"]);
    assert!(said.contains("ITOPS_JWT_SECRET"), "{said}");
    let root = home.path().join("repository");
    fs::create_dir_all(&root).unwrap();
    fs::write(
        root.join("values.yaml"),
        "ticketing:\n  org: acme\n  workflows:\n    - name: empty\n      transitions: []\n",
    )
    .unwrap();
    let root = root.to_str().unwrap();
    let said = home
        .fails(1, &["serve", "--gitops", root, "--data", data_dir, "--environment", "dev", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("E020") && said.contains("values.yaml"), "the report is shown: {said}");
    assert!(!data.exists(), "nothing was opened");
}

#[cfg(feature = "server")]
#[test]
fn serve_with_a_certificate_says_https_and_a_wrong_file_is_named() {
    use std::io::{BufRead, BufReader};

    const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/");
    let home = Home::new();
    let data = home.path().join("data");
    let certificate = format!("{TLS}core.pem");
    let serve = |key: &str| {
        let mut command =
            home.itops(&["serve", "--gitops", EXAMPLE, "--environment", "dev", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(&data).args(["--tls-cert", &certificate, "--tls-key", key]);
        command
    };
    let missing = serve("no-such.key").output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no-such.key"));
    let mut core = serve(&format!("{TLS}core.key")).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let first = BufReader::new(core.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    assert!(first.starts_with("listening on https://127.0.0.1:"), "{first}");
    core.kill().unwrap();
    core.wait().unwrap();
}

#[test]
fn a_push_to_nobody_is_tried_as_often_as_asked_and_then_unreachable() {
    let home = Home::new();
    let file = home.path().join("key");
    fs::write(&file, "secret-of-the-file\n").unwrap();
    let push = ["--url", "http://127.0.0.1:1", "report", "backup", "--status", "success", "--path", "a/b/c/d/e"];
    let said = home.fails(7, &[&push[..], &["--key-file", file.to_str().unwrap(), "--tries", "2"]].concat());
    assert_eq!(said.matches("trying again, 1 of 2 tries made").count(), 1, "{said}");
    assert!(!said.contains("secret-of-the-file"), "{said}");
    home.fails(2, &[&push[..], &["--key-file", "no-such-file"]].concat());
    assert!(home.fails(2, &push).contains("--key-file"), "it says where a key can come from");
    home.fails(2, &["report", "health", "--status", "DOWN", "--node", "a/b/c/d"]);
}
