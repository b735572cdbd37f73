//! What stops a start of the real binary, and what does not.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use super::source::{Folder, manifest};
use crate::headless::Home;

const BROKEN: &str = "data: [\n";
const NO_TRANSITIONS: &str = "ticketing:\n  org: acme\n  workflows:\n  - name: empty\n    transitions: []\n";

fn arguments<'a>(folder: &'a Folder, more: &[&'a str]) -> Vec<&'a str> {
    let place = folder.path().to_str().unwrap();
    [&["serve", "--gitops", place, "--listen", "127.0.0.1:0", "--environment", "dev"], more].concat()
}

/// Start it, wait until it listens, and stop it.
fn starts(home: &Home, folder: &Folder, more: &[&str]) {
    let mut command = home.itops(&arguments(folder, more));
    let mut child: Child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // Asked, not killed: a git that was just being started for it could hold its folder for a moment longer.
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let said = child.wait_with_output().unwrap().stderr;
    assert!(line.starts_with("listening on http://"), "{line} {}", String::from_utf8_lossy(&said));
}

#[test]
fn a_missing_or_empty_source_stops_a_first_start_and_no_later_one() {
    let (home, folder) = (Home::new(), Folder::new());
    fs::rename(folder.path().join("services"), home.path().join("aside")).unwrap();
    assert!(home.fails(1, &arguments(&folder, &[])).contains("holds no files"));
    fs::rename(home.path().join("aside"), folder.path().join("services")).unwrap();
    starts(&home, &folder, &[]);
    fs::rename(folder.path().join("services"), home.path().join("aside")).unwrap();
    starts(&home, &folder, &[]);
    assert!(home.fails(1, &arguments(&folder, &["--strict"])).contains("holds no files"));
}

#[test]
fn errors_in_ticketing_stop_a_start_and_others_only_with_strict() {
    let (home, folder) = (Home::new(), Folder::new());
    folder.write("services/broken.yaml", BROKEN);
    starts(&home, &folder, &[]);
    assert!(home.fails(1, &arguments(&folder, &["--strict"])).contains("--strict"));
    folder.write("services/broken.yaml", &manifest("mended", "shop"));
    starts(&home, &folder, &["--strict"]);
    folder.write("ticketing.d/10-workflows.yaml", NO_TRANSITIONS);
    assert!(home.fails(1, &arguments(&folder, &[])).contains("E020"));
}

#[test]
fn a_revision_that_is_not_there_stops_a_start_and_one_that_is_runs_it() {
    let (home, folder) = (Home::new(), Folder::new());
    folder.commit("Two services");
    starts(&home, &folder, &["--rev", "main", "--no-watch"]);
    let elsewhere = home.path().join("elsewhere");
    let said = home.fails(1, &arguments(&folder, &["--rev", "mian", "--data", elsewhere.to_str().unwrap()]));
    assert!(said.contains("no revision `mian`"), "{said}");
}
