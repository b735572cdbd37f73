//! The `gitops` and `template` verbs of the real binary against a running core.

use std::{fs, path::Path};

use serde_json::Value;

use super::headless::Headless;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example");

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn deleted(plan: &Value) -> Vec<String> {
    let steps = plan["plan"]["steps"].as_array().unwrap().iter();
    steps.filter(|s| s["action"] == "delete").map(|s| s["name"].as_str().unwrap().to_owned()).collect()
}

/// One core for all of it: starting one is what takes time.
#[test]
fn a_core_is_asked_what_is_in_force_who_may_and_what_it_did() {
    let core = Headless::start(&[]);
    core.sign_in("oncall", "password");
    let home = &core.home;

    // What the core runs on changes nothing in it.
    let same = home.ok(&["gitops", "plan", EXAMPLE, "--exit-code"]);
    assert!(same.contains("in force at http://127.0.0.1:"), "{same}");
    assert!(same.ends_with("nothing would change\n"), "{same}");

    let root = home.path().join("repository");
    copy(Path::new(EXAMPLE), &root);
    fs::remove_file(root.join("services/dev/sandbox-itops.yaml")).unwrap();
    let dir = root.to_str().unwrap();
    let plan = home.json(&["gitops", "plan", dir]);
    assert_eq!(deleted(&plan), ["meridian/core/dev/lab-1/sandbox-postgres"]);
    assert_eq!(plan["plan"]["counts"]["delete"], 1);
    home.fails(10, &["gitops", "plan", dir, "--exit-code"]);

    // An empty kind deletes nothing: those steps stand apart.
    fs::remove_dir_all(root.join("services")).unwrap();
    let held = home.ok(&["gitops", "plan", dir, "--kind", "service"]);
    assert!(held.contains("HELD BACK, NOT DELETED") && !held.contains("- delete  service"), "{held}");

    let shown = home.ok(&["gitops", "show", "workflow/incident_response"]);
    assert!(shown.contains("platform/ticketing.d/workflow-incident_response.yaml:"), "{shown}");
    let listed = home.ok(&["gitops", "show", "-o", "name"]);
    assert!(listed.lines().any(|l| l == "service/meridian/core/dev/lab-1/sandbox-postgres"));

    let asked = ["gitops", "resolve", "dba", "--service", "postgres-ledger", "--user", "oncall"];
    let found = home.json(&asked);
    assert_eq!(found["resolution"]["user"]["member"], true, "{found:#}");
    let right = home.json(&["gitops", "resolve", "itops-operators", "--user", "oncall"]);
    assert_eq!(right["resolution"]["user"]["by"], "platform", "one's own right is known: {right:#}");

    let done = home.json(&["gitops", "log"]);
    assert!(done["reconciles"].is_array());

    // Imports ask for a name, so nothing happens where nobody can be asked, and never in read-only mode.
    let file = home.path().join("template.yaml");
    fs::write(&file, "version: 1\n").unwrap();
    let file = file.to_str().unwrap();
    let said = home.fails(2, &["template", "import", file]);
    assert!(said.contains("--yes"), "it names the flag: {said}");
    let said = home.fails(4, &["template", "import", file, "--yes", "--read-only"]);
    assert!(said.contains("read-only"), "{said}");
    home.fails(8, &["template", "import", "no-such-file.yaml", "--yes"]);
}
