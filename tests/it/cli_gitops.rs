//! The `gitops` verbs of the real binary on folders and git repositories, without any core.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::headless::Home;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example");

/// A git repository of a test.
struct Repo {
    home: Home,
    root: PathBuf,
    /// The day of the next commit, so that the newest is the newest.
    day: Cell<u32>,
}

impl Repo {
    fn new() -> Self {
        let home = Home::new();
        let root = home.path().join("repository");
        fs::create_dir_all(&root).unwrap();
        let repo = Self { home, root, day: Cell::new(1) };
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.current_dir(&self.root).args(arguments).env("HOME", self.home.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Platform Team")
                .env(format!("GIT_{who}_EMAIL"), "platform@acme.example")
                .env(format!("GIT_{who}_DATE"), format!("2026-03-{:02}T08:00:00Z", self.day.get()));
        }
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self, subject: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", subject]);
        self.day.set(self.day.get() + 1);
    }

    fn dir(&self) -> &str {
        self.root.to_str().unwrap()
    }
}

fn service(name: &str, team: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  labels:\n    itops.io/config: \"true\"\ndata:\n  \
         it-ops.yaml: |\n    path: acme/shop/prod/eu-1/{name}\n    team: {team}\n    criticality: high\n    workload: \
         {{type: deployment, name: {name}}}\n"
    )
}

/// Two commits: the second deletes `cache`, creates `queue` and gives `api` to another team.
fn two_revisions() -> Repo {
    let repo = Repo::new();
    repo.write("services/api.yaml", &service("api", "shop"));
    repo.write("services/cache.yaml", &service("cache", "shop"));
    repo.commit("a shop");
    fs::remove_file(repo.root.join("services/cache.yaml")).unwrap();
    repo.write("services/api.yaml", &service("api", "platform"));
    repo.write("services/queue.yaml", &service("queue", "shop"));
    repo.commit("a queue instead of a cache");
    repo
}

fn steps(plan: &Value) -> Vec<(String, String)> {
    let word = |step: &Value, key: &str| step[key].as_str().unwrap().to_owned();
    plan["plan"]["steps"].as_array().unwrap().iter().map(|s| (word(s, "action"), word(s, "name"))).collect()
}

#[test]
fn a_plan_between_two_revisions_is_deletions_first_and_field_by_field() {
    let repo = two_revisions();
    let text = repo.home.ok(&["gitops", "plan", repo.dir(), "--from", "HEAD~1", "--to", "HEAD"]);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("`{part}` is missing in {text}"));
    assert!(at("- delete  service") < at("+ create  service") && at("+ create  service") < at("~ update  service"));
    assert!(text.contains("service      acme/shop/prod/eu-1/cache\n    was    services/cache.yaml:9"), "{text}");
    assert!(text.contains("shop -> platform"), "{text}");
    assert!(text.ends_with("1 to delete, 0 held back, 1 to create, 1 to update, 0 moved\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80 || line.starts_with("from") || line.starts_with("to")));
    let plan = repo.home.json(&["gitops", "plan", repo.dir(), "--from", "HEAD~1"]);
    let wanted = [
        ("delete", "acme/shop/prod/eu-1/cache"),
        ("create", "acme/shop/prod/eu-1/queue"),
        ("update", "acme/shop/prod/eu-1/api"),
    ];
    assert_eq!(steps(&plan), wanted.map(|(a, n)| (a.to_owned(), n.to_owned())));
    let team = plan["plan"]["steps"][2]["fields"].as_array().unwrap().iter().find(|f| f["field"] == "team").unwrap();
    assert_eq!((&team["old"]["value"], &team["new"]["value"]), (&"shop".into(), &"platform".into()));
}

#[test]
fn a_plan_exits_as_it_was_asked_to() {
    let repo = two_revisions();
    repo.home.ok(&["gitops", "plan", repo.dir(), "--from", "HEAD~1"]);
    repo.home.fails(10, &["gitops", "plan", repo.dir(), "--from", "HEAD~1", "--exit-code"]);
    let same = repo.home.ok(&["gitops", "plan", repo.dir(), "--from", "HEAD", "--exit-code"]);
    assert!(same.ends_with("nothing would change\n"), "{same}");
    repo.write("values.yaml", "ticketing:\n  org: acme\n  workflows:\n    - name: empty\n      transitions: []\n");
    let done = repo.home.run(&["gitops", "plan", repo.dir(), "--from", "HEAD~1", "--exit-code"]);
    assert_eq!(done.status.code(), Some(1), "faults win");
    assert!(String::from_utf8_lossy(&done.stdout).contains("REFUSED"), "a plan that cannot be carried out says so");
    repo.home.fails(8, &["gitops", "plan", repo.dir(), "--from", "no-such-branch"]);
    repo.home.fails(2, &["gitops", "plan", repo.dir(), "--to", "HEAD"]);
    repo.home.fails(2, &["gitops", "plan", repo.dir(), "--from", "HEAD", "--against", "x"]);
}

#[test]
fn a_filtered_plan_says_how_much_it_leaves_out() {
    let repo = two_revisions();
    let plan = ["gitops", "plan", repo.dir(), "--from", "HEAD~1"];
    let text = repo.home.ok(&[&plan[..], &["--action", "delete", "--kind", "service"]].concat());
    assert!(text.contains("- delete") && !text.contains("+ create"), "{text}");
    assert!(text.contains("shown are 1 of 3 steps"), "{text}");
    let below = repo.home.json(&[&plan[..], &["--path", "acme/shop/prod/eu-1/queue"]].concat());
    assert_eq!(steps(&below).len(), 1);
    assert_eq!(below["plan"]["wholeCounts"]["delete"], 1, "programs are told of what is left out too");
    let said = repo.home.fails(2, &[&plan[..], &["--kind", "servce"]].concat());
    assert!(said.contains("did you mean `service`?"), "{said}");
    let names = repo.home.ok(&[&plan[..], &["-o", "name"]].concat());
    assert_eq!(names.lines().next(), Some("service/acme/shop/prod/eu-1/cache"));
    let csv = repo.home.ok(&[&plan[..], &["-o", "csv"]].concat());
    assert!(csv.starts_with("action,kind,name,place,takes,held,fields\r\n") && csv.lines().count() == 4, "{csv}");
}

#[test]
fn a_folder_is_compared_with_another_folder() {
    let (one, other) = (two_revisions(), Repo::new());
    other.write("services/api.yaml", &service("api", "platform"));
    let plan = one.home.json(&["gitops", "plan", other.dir(), "--against", one.dir()]);
    assert_eq!(steps(&plan), [("delete".to_owned(), "acme/shop/prod/eu-1/queue".to_owned())]);
    one.home.fails(10, &["gitops", "plan", other.dir(), "--against", one.dir(), "--exit-code"]);
    one.home.fails(8, &["gitops", "plan", "no/such/folder", "--against", one.dir()]);
}

#[test]
fn one_release_is_compared_with_another() {
    let repo = Repo::new();
    let values = |to: &str| {
        format!(
            "ticketing:\n  org: acme\n  workflows:\n    - name: flow\n      displayName: {to}\n      transitions:\n        \
             - {{from: OPEN, to: CLOSED, role: any}}\n"
        )
    };
    repo.write("dev/itops-values.yaml", &values("New"));
    repo.write("prod/itops-values.yaml", &values("Old"));
    let plan = repo.home.json(&["gitops", "plan", repo.dir(), "--release", "dev", "--against-release", "prod"]);
    assert_eq!(steps(&plan), [("update".to_owned(), "acme/flow".to_owned())], "{plan:#}");
    repo.home.fails(2, &["gitops", "plan", repo.dir(), "--against-release", "prod"]);
}

#[test]
fn validate_reads_a_revision_and_speaks_sarif() {
    let repo = Repo::new();
    repo.write("services/api.yaml", &service("api", "shop"));
    repo.commit("fine");
    repo.write("services/torn.yaml", "kind: ConfigMap\n\tdata: [\n");
    repo.home.fails(1, &["gitops", "validate", repo.dir()]);
    repo.home.ok(&["gitops", "validate", repo.dir(), "--rev", "HEAD"]);
    let done = repo.home.run(&["gitops", "validate", repo.dir(), "-o", "sarif"]);
    assert_eq!(done.status.code(), Some(1), "annotations do not make a fault any better");
    let sarif: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let found = &sarif["runs"][0]["results"][0];
    assert_eq!(found["ruleId"], "E001", "{sarif:#}");
    let place = &found["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "services/torn.yaml");
    let report = repo.home.run(&["gitops", "validate", repo.dir(), "-o", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(place["region"]["startLine"], report["report"]["faults"][0]["line"], "the same place as for people");
    let said = repo.home.fails(2, &["gitops", "show", "--dir", repo.dir(), "-o", "sarif"]);
    assert!(said.contains("SARIF"), "{said}");
}

#[test]
fn every_code_is_explained_and_a_slip_is_answered_with_the_nearest() {
    let home = Home::new();
    let codes = home.json(&["gitops", "explain"]);
    let codes = codes["codes"].as_array().unwrap();
    assert!(codes.len() > 25);
    for code in codes {
        assert!(!code["title"].as_str().unwrap().is_empty(), "{code}");
        assert!(code["meaning"].as_str().unwrap().len() > 20 && !code["mend"].as_str().unwrap().is_empty(), "{code}");
    }
    let text = home.ok(&["gitops", "explain", "e023"]);
    assert!(text.starts_with("E023 (error): "), "{text}");
    assert!(text.contains("\nWrong\n") && text.contains("\nRight\n"), "{text}");
    let said = home.fails(8, &["gitops", "explain", "E0233"]);
    assert!(said.contains("did you mean E023?"), "{said}");
}

#[test]
fn schemas_are_listed_and_printed_as_they_are() {
    let home = Home::new();
    let all = home.ok(&["gitops", "schema", "-o", "name"]);
    assert!(all.lines().any(|kind| kind == "service") && all.lines().any(|kind| kind == "ticketing"), "{all}");
    for kind in all.lines() {
        let schema: Value = serde_json::from_str(&home.ok(&["gitops", "schema", kind])).unwrap();
        assert!(schema["$schema"].as_str().unwrap().contains("2020-12"), "{kind}");
    }
    let said = home.fails(8, &["gitops", "schema", "servic"]);
    assert!(said.contains("did you mean `service`?"), "{said}");
}

const LEDGER: &str = "meridian/commerce/prod/eu-1/postgres-ledger";

#[test]
fn a_role_is_resolved_from_the_service_up_with_who_is_in_it() {
    let home = Home::new();
    let found = home.json(&["gitops", "resolve", "dba", "--service", LEDGER, "--dir", EXAMPLE]);
    let found = &found["resolution"];
    let tried: Vec<&str> = found["tried"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    let wanted = [
        "meridian/commerce/prod/eu-1/postgres-ledger/dba",
        "meridian/commerce/prod/eu-1/dba",
        "meridian/commerce/prod/dba",
        "meridian/commerce/dba",
        "meridian/dba",
    ];
    assert_eq!(tried, wanted);
    assert_eq!(found["matched"], wanted[0]);
    assert!(found["tried"][0]["declaredAt"]["file"].as_str().unwrap().ends_with("groups.yaml"));
    let member = |who: &str| found["members"].as_array().unwrap().iter().find(|m| m["who"] == who).unwrap().clone();
    assert_eq!(member("auditor")["by"], "direct");
    assert_eq!(member("oncall")["from"], wanted[2]);
    assert_eq!(member("dba-oncall")["from"], wanted[4]);
    let text = home.ok(&["gitops", "resolve", "dba", "--service", LEDGER, "--dir", EXAMPLE]);
    assert!(text.contains("matched") && text.contains("  inherited  "), "{text}");
    assert!(text.contains("platform/ticketing.d/groups.yaml:"), "{text}");
}

#[test]
fn an_account_is_told_whether_it_fills_a_role_and_by_what() {
    let home = Home::new();
    let asked = |role: &str, user: &str| {
        let found = home.json(&["gitops", "resolve", role, "--service", LEDGER, "--user", user, "--dir", EXAMPLE]);
        found["resolution"]["user"].clone()
    };
    let by = asked("dba", "oncall");
    assert_eq!((&by["member"], &by["by"]), (&true.into(), &"inherited".into()));
    assert_eq!(by["from"], "meridian/commerce/prod/dba");
    assert_eq!(asked("dba", "auditor")["by"], "direct");
    assert_eq!(asked("network-team", "auditor")["member"], false);
    assert_eq!(asked("dba", "requester")["member"], Value::Null, "a directory group may hold it");
    assert_eq!(asked("itops-operators", "oncall")["member"], Value::Null, "a folder knows no accounts");
}

#[test]
fn a_role_that_exists_nowhere_shows_what_was_tried_and_the_nearest() {
    let home = Home::new();
    let done = home.run(&["gitops", "resolve", "dbaa", "--service", LEDGER, "--dir", EXAMPLE]);
    assert_eq!(done.status.code(), Some(8));
    assert!(String::from_utf8_lossy(&done.stdout).contains("meridian/commerce/dbaa"));
    assert!(String::from_utf8_lossy(&done.stderr).contains("did you mean `dba`?"));
    let said = home.fails(2, &["gitops", "resolve", "assignee", "--service", LEDGER, "--dir", EXAMPLE]);
    assert!(said.contains("ticket get"), "{said}");
    home.fails(2, &["gitops", "resolve", "dba", "--service", "a/b", "--dir", EXAMPLE]);
}

#[test]
fn a_thing_is_shown_with_its_lines_and_who_last_changed_them() {
    let repo = two_revisions();
    let text = repo.home.ok(&["gitops", "show", "service/api", "--dir", repo.dir()]);
    assert!(text.contains("acme/shop/prod/eu-1/api") && text.contains("by Platform Team"), "{text}");
    assert!(text.contains("a queue instead of a cache") && text.contains("    team: platform"), "{text}");
    let thing = repo.home.json(&["gitops", "show", "service/acme/shop/prod/eu-1/api", "--dir", repo.dir()]);
    let at = &thing["thing"]["declaredAt"][0];
    assert_eq!(at["changedBy"]["subject"], "a queue instead of a cache");
    assert!(at["lines"].as_array().unwrap().iter().all(|l| l["line"].as_u64() >= at["place"]["line"].as_u64()));
    let before = repo.home.json(&["gitops", "show", "service/api", "--dir", repo.dir(), "--rev", "HEAD~1"]);
    assert_eq!(before["thing"]["declaredAt"][0]["changedBy"]["subject"], "a shop");
    let said = repo.home.fails(8, &["gitops", "show", "service/apj", "--dir", repo.dir()]);
    assert!(said.contains("did you mean `service/api`?"), "{said}");
    let said = repo.home.fails(8, &["gitops", "show", "services/apj.yaml", "--dir", repo.dir()]);
    assert!(said.contains("did you mean `services/api.yaml`?"), "{said}");
    let said = repo.home.fails(8, &["gitops", "show", "sevice/api", "--dir", repo.dir()]);
    assert!(said.contains("did you mean `service/api`?"), "{said}");
}

#[test]
fn a_file_is_shown_with_its_faults_below_their_lines_and_secrets_masked() {
    let repo = Repo::new();
    repo.write("services/api.yaml", &service("api", "shop").replace("team:", "taem:"));
    repo.write("itops-values.yaml", "ticketing:\n  org: acme\nsecretEnv:\n  ITOPS_JWT_SECRET: planted-secret-4711\n");
    repo.commit("first");
    let text = repo.home.ok(&["gitops", "show", "services/api.yaml", "--dir", repo.dir(), "-o", "wide"]);
    assert!(text.contains("    ^ warning W103: "), "{text}");
    assert!(text.contains("Platform Team"), "wide names who: {text}");
    for format in ["table", "json", "yaml", "csv"] {
        let text = repo.home.ok(&["gitops", "show", "itops-values.yaml", "--dir", repo.dir(), "-o", format]);
        assert!(!text.contains("planted-secret") && text.contains("••••••"), "{format}: {text}");
    }
}

#[test]
fn a_log_tells_who_and_with_p_how_without_any_secret() {
    let repo = Repo::new();
    let values = |secret: &str| format!("ticketing:\n  org: acme\nsecretEnv:\n  ITOPS_JWT_SECRET: {secret}\n");
    repo.write("itops-values.yaml", &values("planted-secret-one"));
    repo.commit("values");
    repo.write("itops-values.yaml", &values("planted-secret-two"));
    repo.commit("another secret");
    let log = ["gitops", "log", "itops-values.yaml", "--dir", repo.dir()];
    let json = repo.home.json(&log);
    let revisions = json["histories"][0]["revisions"].as_array().unwrap();
    let subjects: Vec<&str> = revisions.iter().map(|r| r["commit"]["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["another secret", "values"]);
    let text = repo.home.ok(&[&log[..], &["-p"]].concat());
    assert!(text.contains("(a secret in it changed)") && !text.contains("planted-secret"), "{text}");
    assert!(text.contains("Platform Team") && text.contains("@@"), "{text}");
    let done = repo.home.run(&[&log[..], &["--limit", "1"]].concat());
    assert!(String::from_utf8_lossy(&done.stderr).contains("older ones are left out"), "never cut in silence");
}

#[test]
fn a_folder_without_git_says_so_and_works_otherwise() {
    let home = Home::new();
    let root = home.path().join("plain");
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("api.yaml"), service("api", "shop")).unwrap();
    let dir = root.to_str().unwrap();
    let text = home.ok(&["gitops", "show", "service/api", "--dir", dir]);
    assert!(text.contains("no git repository") && text.contains("team: shop"), "{text}");
    let said = home.fails(8, &["gitops", "log", "api.yaml", "--dir", dir]);
    assert!(said.contains("no git repository"), "{said}");
    let done = home.run(&["gitops", "plan", dir, "--from", "HEAD"]);
    assert!(matches!(done.status.code(), Some(1 | 8)), "{}", String::from_utf8_lossy(&done.stderr));
    home.fails(2, &["gitops", "log", "--dir", dir]);
}

#[test]
fn a_label_that_a_spreadsheet_would_run_is_only_a_label() {
    let repo = Repo::new();
    let text = service("api", "shop").replace("    team:", "    displayName: \"=1+1\"\n    team:");
    repo.write("api.yaml", &text);
    let csv = repo.home.ok(&["gitops", "show", "--dir", repo.dir(), "-o", "csv"]);
    assert!(csv.contains(",'=1+1,"), "{csv}");
    assert!(Path::new(repo.dir()).join(".git").exists());
}
