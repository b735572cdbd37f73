//! Secrets are planted wherever people leave them, and then looked for in everything that comes out: commands, API,
//! stream, screens, logs, exports, and the database.

mod planted;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Stdio},
};

use itops::{client::Client, world::World};
use planted::{ENCODED, MARK};

use super::{
    headless::Home,
    pty::Screen,
    served::{client_of, password},
};

/// What came out, by where it came out.
#[derive(Default)]
struct Seen(Vec<(String, String)>);

impl Seen {
    fn add(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push((place.into(), text.into()));
    }

    /// Something must have come out of each place, and no secret out of any.
    fn check(&self) {
        let mut leaks = Vec::new();
        for (place, text) in &self.0 {
            for mark in [MARK, ENCODED] {
                if let Some(at) = text.find(mark) {
                    let from = text[..at].char_indices().rev().nth(60).map_or(0, |(i, _)| i);
                    let to = text[at..].char_indices().nth(30).map_or(text.len(), |(i, _)| at + i);
                    leaks.push(format!("{place}: …{}…", text[from..to].escape_debug()));
                }
            }
        }
        assert!(leaks.is_empty(), "{} places leak:\n{}", leaks.len(), leaks.join("\n"));
    }
}

/// The core on the repository, in a process of its own.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(home: &Home, root: &Path) -> Self {
        let log = fs::File::create(home.path().join("serve.log")).unwrap();
        let mut child = home
            .itops(&["serve", "--environment", "dev", "--listen", "127.0.0.1:0", "--gitops"])
            .arg(root)
            .arg("--data")
            .arg(home.path().join("data"))
            .env("ITOPS_JWT_SECRET", "a secret of its own, with enough characters")
            .env("ITOPS_SECURITY_OPERATOR_API_KEY", "operator-secret")
            .env("ITOPS_BOOTSTRAP_ADMIN_PASSWORD", "admin password")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let first = BufReader::new(child.stdout.take().unwrap()).lines().next().expect("it ended").unwrap();
        let url = first.strip_prefix("listening on ").expect(&first).to_owned();
        Self { child, url }
    }

    fn stop(mut self) {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

/// Every file below `folder`, also of the database.
fn files(folder: &Path, seen: &mut Seen) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, seen);
        } else if let Ok(bytes) = fs::read(&path) {
            seen.add(path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

fn commands(home: &Home, root: &Path, seen: &mut Seen) {
    let dir = root.to_str().unwrap();
    let mut lines: Vec<Vec<&str>> = Vec::new();
    for format in ["table", "json", "yaml", "csv", "sarif"] {
        lines.push(vec!["gitops", "validate", dir, "-o", format]);
    }
    for format in ["table", "json"] {
        lines.push(vec!["gitops", "plan", dir, "-o", format]);
        lines.push(vec!["gitops", "plan", dir, "--from", "main~2", "--to", "main", "-o", format]);
        lines.push(vec!["gitops", "plan", dir, "--from", "main", "-o", format]);
        for name in [
            "service/acme/shop/prod/eu-1/db",
            "provider/corporate",
            "workflow/acme/incident_response",
            "item/acme/outage",
            "services/db.yaml",
            "services/secret.yaml",
            "services/broken.yaml",
            "platform/itops-values.yaml",
            "monitoring/push.yaml",
            "sla/sla-portal-values.yaml",
            "notes/foreign.yaml",
        ] {
            lines.push(vec!["gitops", "show", name, "--dir", dir, "-o", format]);
            lines.push(vec!["gitops", "show", name, "-o", format]);
            lines.push(vec!["gitops", "log", name, "-p", "--dir", dir, "-o", format]);
            lines.push(vec!["gitops", "log", name, "-p", "-o", format]);
        }
    }
    lines.push(vec!["template", "export"]);
    lines.push(vec!["activity", "-o", "json"]);
    lines.push(vec!["service", "list", "-o", "json"]);
    for line in lines {
        let done = home.run(&line);
        let both = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(!both.is_empty(), "{line:?} says nothing");
        assert_ne!(done.status.code(), Some(2), "{line:?} is no usage of it: {both}");
        seen.add(line.join(" "), both);
    }
}

async fn api(client: &Client, seen: &mut Seen) {
    let declared = client.declared().await.unwrap();
    assert!(declared.files.len() >= 8, "{declared:?}");
    for file in &declared.files {
        let name = &*file.path;
        seen.add(format!("source {name}"), format!("{:?}", client.source(name).await));
        seen.add(format!("blame {name}"), format!("{:?}", client.blame(name).await));
        let history = client.file_history(name, 100).await;
        seen.add(format!("history {name}"), format!("{history:?}"));
        for revision in history.map(|h| h.revisions).unwrap_or_default() {
            let diff = client.file_diff(name, &revision.commit.id).await;
            seen.add(format!("diff {name} {}", revision.commit.id), format!("{diff:?}"));
        }
    }
    seen.add("declared", format!("{declared:?}"));
    let plan = client.plan(Some("main~2"), Some("main")).await.unwrap();
    assert!(!plan.steps.is_empty(), "three commits changed something");
    seen.add("plan", format!("{plan:?}"));
    seen.add("pending", format!("{:?}", client.plan(None, None).await.unwrap()));
    seen.add("reconciles", format!("{:?}", client.reconciles(20).await.unwrap()));
    seen.add("drift", format!("{:?}", client.drift().await.unwrap()));
    seen.add("state", format!("{:?}", client.declared_state().await.unwrap()));
    seen.add("templates", client.export_templates().await.unwrap());
    seen.add("snapshot", format!("{:?}", client.snapshot().await.unwrap()));
    seen.add("activity", format!("{:?}", client.activity(1_000).await.unwrap()));
    seen.add("providers", format!("{:?}", client.providers().await.unwrap()));
}

/// The GitOps screen, every list of it walked through with its sources.
fn screens(home: &Home, seen: &mut Seen) {
    let mut screen = Screen::start(home, &[]);
    screen.shows("live");
    screen.press("5");
    screen.shows("providers");
    for tab in ["t", "f", "a", "d", "r", "i"] {
        screen.press(tab);
        for turn in 0..14 {
            screen.press("j");
            seen.add(format!("screen {tab}, line {turn}"), settled(&mut screen));
        }
    }
    screen.press("q");
    assert_eq!(screen.ends(), 0);
}

/// The screen once the help came and went: every key before it has been dealt with, every answer is there.
fn settled(screen: &mut Screen) -> String {
    screen.press("?");
    screen.shows("What works here");
    screen.press("\x1b");
    screen.until("the screen without help", |text| !text.contains("What works here") && !text.contains("reading ..."))
}

#[test]
fn no_planted_secret_comes_out_anywhere() {
    let home = Home::new();
    let root = tempfile::tempdir().unwrap();
    planted::repository(root.path());
    let serving = Serving::start(&home, root.path());
    let mut login = home
        .itops(&["login", &serving.url, "--user", "admin", "--password-stdin"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(login.stdin.take().unwrap(), "admin password").unwrap();
    assert!(login.wait().unwrap().success());

    let mut seen = Seen::default();
    commands(&home, root.path(), &mut seen);
    let url = url::Url::parse(&serving.url).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = client_of(&url, None, World::real());
        client.login("admin", &password("admin"), None).await.unwrap();
        api(&client, &mut seen).await;
    });
    screens(&home, &mut seen);
    // A change that is taken while it runs, and one that is refused.
    serving.stop();
    files(home.path(), &mut seen);
    assert!(seen.0.iter().any(|(place, _)| place.ends_with("itops.db")), "the database was looked into");
    seen.check();
}
