//! Git as a source and as a memory, with real repositories: what it answers, what it never runs or tells.

mod damage;
mod revisions;
mod secrets;

use std::{
    cell::Cell,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use itops::{
    domain::gitops::{Blame, FileDiff, NoTrail, Place, Repository},
    gitops::{ReadOptions, Reader, Source},
};

/// A repository with a work tree. Commits are a minute apart.
struct Repo {
    root: tempfile::TempDir,
    minute: Cell<i64>,
}

impl Repo {
    fn new() -> Self {
        let repo = Self { root: tempfile::tempdir().unwrap(), minute: Cell::new(0) };
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    fn path(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap()
    }

    fn put(&self, path: &str, text: &str) {
        let file = self.root.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn git(&self, args: &[&str]) -> String {
        git(self.root.path(), self.minute.get(), args, b"")
    }

    /// Everything as it lies becomes a commit; its id.
    fn commit(&self, subject: &str) -> String {
        self.commit_by("Platform Team", subject)
    }

    fn commit_by(&self, author: &str, subject: &str) -> String {
        self.minute.set(self.minute.get() + 1);
        self.git(&["add", "-A"]);
        let author = format!("{author} <platform@example.org>");
        self.git(&["commit", "-q", "--allow-empty", "--author", &author, "-m", subject]);
        self.id("HEAD")
    }

    fn id(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision]).trim().to_owned()
    }

    fn folder(&self) -> Source {
        Source::folder(self.path())
    }

    fn at(&self, revision: &str) -> Source {
        Source::git(&self.path().display().to_string(), revision, Path::new("/nowhere")).unwrap()
    }
}

fn git(root: &Path, minute: i64, args: &[&str], stdin: &[u8]) -> String {
    let date = format!("{} +0000", 1_700_000_000 + 60 * minute);
    let mut child = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["-c", "protocol.file.allow=always"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs([("GIT_AUTHOR_NAME", "Platform Team"), ("GIT_AUTHOR_EMAIL", "platform@example.org")])
        .envs([("GIT_COMMITTER_NAME", "Platform Team"), ("GIT_COMMITTER_EMAIL", "platform@example.org")])
        .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn read(source: &Source) -> Repository {
    Reader::new(source.clone(), ReadOptions::default()).read().unwrap()
}

/// Values that are ours, with room for lines.
fn values(lines: &[&str]) -> String {
    format!("ticketing:\n  org: acme\n{}", lines.iter().map(|l| format!("{l}\n")).collect::<String>())
}

fn subjects(blame: &Blame) -> Vec<&str> {
    (1..=blame.lines.len()).map(|line| blame.of_line(line as u32).map_or("-", |c| c.subject.as_str())).collect()
}

fn drawn(diff: &FileDiff) -> String {
    let lines = diff.hunks.iter().flat_map(|hunk| &hunk.lines);
    lines.map(|l| format!("{}{}{}\n", l.side.sign(), l.text, if l.secret_changed { " !" } else { "" })).collect()
}

#[test]
fn blame_goes_through_renames_and_merges() {
    let repo = Repo::new();
    repo.put("old/values.yaml", &values(&["# one", "# two", "# three", "# four", "# five"]));
    repo.commit("first");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.put("old/values.yaml", &values(&["# one", "# two", "# three", "# four", "# side"]));
    repo.commit("on the side");
    repo.git(&["checkout", "-q", "main"]);
    repo.put("old/values.yaml", &values(&["# main", "# two", "# three", "# four", "# five"]));
    repo.commit("on main");
    repo.minute.set(9);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    fs::create_dir(repo.path().join("new")).unwrap();
    repo.git(&["mv", "old/values.yaml", "new/values.yaml"]);
    let head = repo.commit("moved");
    for source in [repo.folder(), repo.at("main")] {
        let blame = source.blame("new/values.yaml").unwrap();
        assert_eq!(subjects(&blame), ["first", "first", "on main", "first", "first", "first", "on the side"]);
        assert_eq!((&*blame.revision, &*blame.file), (&*head, "new/values.yaml"));
        assert_eq!(blame.commits.len(), 3, "each commit once");
        let newest = source.origin_of(&Place { file: "new/values.yaml".into(), line: 3, column: 1, end_line: 6 });
        assert_eq!(newest.unwrap().unwrap().subject, "on main");
    }
}

#[test]
fn lines_that_are_not_committed_have_no_commit() {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&["# one", "# two"]));
    let first = repo.commit("first");
    repo.put("values.yaml", &values(&["# new", "# one", "# changed"]).replace('\n', "\r\n"));
    repo.put("fresh.yaml", &values(&["# x"]));
    let source = repo.folder();
    assert_eq!(subjects(&source.blame("values.yaml").unwrap()), ["first", "first", "-", "first", "-"]);
    let fresh = source.blame("fresh.yaml").unwrap();
    assert_eq!((fresh.lines.len(), fresh.commits.len(), &*fresh.revision), (3, 0, &*first));
    assert_eq!(source.history("fresh.yaml", 5).unwrap().revisions, []);
    let place = Place { file: "fresh.yaml".into(), line: 1, column: 1, end_line: 2 };
    assert_eq!(source.origin_of(&place), Ok(None));
    assert!(matches!(source.blame("missing.yaml"), Err(NoTrail::UnknownFile(_))));
    assert!(matches!(repo.at("main").blame("fresh.yaml"), Err(NoTrail::UnknownFile(_))), "not in that commit");
}

#[test]
fn history_follows_renames_counts_lines_and_says_when_it_is_cut() {
    let repo = Repo::new();
    repo.put("a.yaml", &values(&["# one", "# two", "# three"]));
    let first = repo.commit("first");
    repo.put("a.yaml", &values(&["# one", "# two", "# 3", "# 4"]));
    repo.commit("second");
    repo.git(&["mv", "a.yaml", "b.yaml"]);
    repo.commit("renamed");
    repo.put("other.yaml", "x: 1\n");
    repo.commit("elsewhere");
    let source = repo.folder();
    let history = source.history("b.yaml", 10).unwrap();
    let seen: Vec<_> = history
        .revisions
        .iter()
        .map(|r| (r.commit.subject.as_str(), &*r.path, r.added.unwrap(), r.removed.unwrap()))
        .collect();
    assert_eq!(seen, [("renamed", "b.yaml", 0, 0), ("second", "a.yaml", 2, 1), ("first", "a.yaml", 5, 0)]);
    assert!(!history.is_cut);
    let cut = source.history("b.yaml", 2).unwrap();
    assert!(cut.is_cut && cut.revisions.len() == 2);
    // A file that has gone still has its history, and its name of then and of now lead to the same.
    assert_eq!(source.history("a.yaml", 10).unwrap().revisions.len(), 3);
    for name in ["a.yaml", "b.yaml"] {
        let diff = source.diff(name, &first).unwrap();
        assert_eq!((&*diff.path, diff.hunks.len()), ("a.yaml", 1), "{name}");
        assert!(drawn(&diff).lines().all(|l| l.starts_with('+')), "a first commit is held against nothing");
    }
    assert!(matches!(source.history("never.yaml", 5), Err(NoTrail::UnknownFile(_))));
}

#[test]
fn a_diff_shows_what_changed_around_a_thing() {
    let repo = Repo::new();
    let filler: Vec<String> = (0..20).map(|n| format!("# {n}")).collect();
    let text = |name: &str, last: &str| {
        let mut lines = vec!["  groups:", name];
        lines.extend(filler.iter().map(String::as_str));
        lines.push(last);
        values(&lines)
    };
    repo.put("values.yaml", &text("    - {name: dba, users: [a]}", "# end"));
    repo.commit("first");
    repo.put("values.yaml", &text("    - {name: dba, users: [a, b]}", "# other end"));
    let second = repo.commit("second");
    // Three lines more in front of it since.
    repo.put("values.yaml", &format!("# x\n# y\n# z\n{}", text("    - {name: dba, users: [a, b]}", "# other end")));
    repo.commit("third");
    let source = repo.folder();
    assert_eq!(source.diff("values.yaml", &second).unwrap().hunks.len(), 2);
    let place = Place { file: "values.yaml".into(), line: 7, column: 1, end_line: 7 };
    let before = source.before(&place, &second).unwrap();
    assert_eq!(before.hunks.len(), 1);
    assert!(drawn(&before).contains("-    - {name: dba, users: [a]}\n+    - {name: dba, users: [a, b]}\n"));
}

#[test]
fn a_merge_is_held_against_its_first_parent() {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&["# one"]));
    repo.commit("first");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.put("values.yaml", &values(&["# one", "# side"]));
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    let diff = repo.folder().diff("values.yaml", "main").unwrap();
    assert_eq!(diff.commit.subject, "merged");
    assert_eq!(drawn(&diff).lines().last(), Some("+# side"));
}

#[test]
fn the_second_question_costs_nothing() {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&["# one"]));
    let first = repo.commit("first");
    let source = repo.at("main").at("main").unwrap();
    let ask = || {
        let answers =
            (source.blame("values.yaml"), source.history("values.yaml", 9), source.diff("values.yaml", &first));
        (answers.0.unwrap(), answers.1.unwrap(), answers.2.unwrap())
    };
    let once = ask();
    let processes = source.processes();
    assert_eq!(once, ask());
    assert_eq!(once, {
        source.clone().history("values.yaml", 9).unwrap();
        ask()
    });
    assert_eq!(source.processes(), processes);
    // A branch that moves is asked for again, and no more than that.
    let named = repo.at("main");
    named.blame("values.yaml").unwrap();
    let processes = named.processes();
    named.blame("values.yaml").unwrap();
    assert_eq!(named.processes(), processes + 1);
    repo.put("values.yaml", &values(&["# two"]));
    repo.commit("second");
    assert_eq!(subjects(&named.blame("values.yaml").unwrap()), ["first", "first", "second"]);
}

#[test]
fn no_path_leads_out_of_the_repository() {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&[]));
    repo.commit("first");
    let outside = repo.path().parent().unwrap().join("outside.yaml").display().to_string();
    let source = repo.folder();
    for path in [
        "",
        "/etc/passwd",
        "../x.yaml",
        "a/../values.yaml",
        ".git/config",
        "./values.yaml",
        "*.yaml",
        ":(top)values.yaml",
        "--all",
        "-p",
        "a\nb",
        &outside,
    ] {
        assert!(matches!(source.blame(path), Err(NoTrail::UnknownFile(_))), "blame {path}");
        assert!(matches!(source.history(path, 5), Err(NoTrail::UnknownFile(_))), "history {path}");
        let diff = source.diff(path, "main");
        assert!(diff.is_err() || diff.as_ref().is_ok_and(|d| d.hunks.is_empty()), "diff {path}");
    }
    for revision in ["--output=x", "-1", "main..main", "^main", ":/first", "nothing", ""] {
        assert!(matches!(source.diff("values.yaml", revision), Err(NoTrail::UnknownRevision(_))), "{revision}");
    }
}
