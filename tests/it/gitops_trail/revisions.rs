//! Revisions and copies as sources.

use std::{fs, path::Path};

use itops::{
    domain::gitops::{DeclaredKind, FaultCode, Recognised},
    gitops::{ReadError, ReadOptions, Reader, Source},
};

use super::{Repo, git, read, values};

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

#[test]
fn a_commit_reads_as_the_folder_that_is_checked_out() {
    let repo = Repo::new();
    copy(Path::new(EXAMPLE), &repo.path().join("infra"));
    let head = repo.commit("all");
    // The folder inside of the work tree, and that folder of a commit.
    let infra = repo.path().join("infra");
    let folder = read(&Source::folder(infra.clone()));
    let source = Source::git(&infra.display().to_string(), "main", Path::new("/nowhere")).unwrap();
    let revision = read(&source);
    assert_eq!(folder, revision);
    assert_eq!(revision.revision.as_deref(), Some(&*head));
    assert!(revision.registry.services.len() >= 40);
    let file = revision.registry.services.values().next().unwrap().place.file.clone();
    assert_eq!(source.history(&file, 5).unwrap().revisions[0].path, file);
    assert_eq!(source.blame(&file).unwrap().commits.len(), 1);
    assert!(source.diff(&file, &head).unwrap().withheld.is_none());
    // What is not committed is not there.
    fs::remove_dir_all(&infra).unwrap();
    let bare = tempfile::tempdir().unwrap();
    git(bare.path(), 0, &["clone", "-q", "--bare", &repo.path().display().to_string(), "x.git"], b"");
    let bare = Source::git(&bare.path().join("x.git").display().to_string(), "main", Path::new("/nowhere")).unwrap();
    assert_eq!(read(&bare).registry.services.len(), folder.registry.services.len());
}

#[test]
fn a_reader_of_a_branch_sees_each_new_commit() {
    let repo = Repo::new();
    let group = |name: &str| values(&["  groups:", &format!("    - {{name: {name}, users: [a]}}")]);
    repo.put("values.yaml", &group("dba"));
    repo.commit("first");
    let mut reader = Reader::new(repo.at("main"), ReadOptions::default());
    assert!(reader.read().unwrap().registry.groups.contains_key("acme/dba"));
    repo.put("values.yaml", &group("net"));
    let second = repo.commit("second");
    let repository = reader.read().unwrap();
    assert!(repository.registry.groups.contains_key("acme/net"));
    assert_eq!(repository.commit.unwrap().id.as_ref(), second);
    let first = repo.folder().at("HEAD~1").unwrap();
    assert!(read(&first).registry.groups.contains_key("acme/dba"));
    assert_eq!(first.head().unwrap().subject, "first");
}

#[test]
fn ten_thousand_files_take_a_handful_of_processes() {
    let repo = Repo::new();
    let mut import =
        String::from("commit refs/heads/main\ncommitter P <p@example.org> 1700000000 +0000\ndata 3\nall\n");
    for n in 0..10_000 {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: s{n}\n  labels:\n    itops.io/config: \"true\"\ndata:\n  it-ops.yaml: |\n    path: acme/shop/prod/eu-1/s{n}\n    workload: {{name: s{n}}}\n"
        );
        import.push_str(&format!("M 100644 inline services/{}/s{n}.yaml\ndata {}\n{text}\n", n % 100, text.len()));
    }
    git(&repo.path(), 0, &["fast-import", "--quiet"], import.as_bytes());
    let source = repo.at("main");
    let mut reader = Reader::new(source.clone(), ReadOptions::default());
    assert_eq!(reader.read().unwrap().registry.services.len(), 10_000);
    assert!(source.processes() <= 6, "{} processes", source.processes());
    let before = source.processes();
    assert_eq!(reader.read().unwrap().registry.services.len(), 10_000);
    assert!(source.processes() - before <= 3, "nothing is opened again");
}

#[test]
fn links_and_sub_modules_are_as_in_a_folder() {
    let repo = Repo::new();
    let groups = "org: acme\ngroups: [{name: dba, users: [a]}]\n";
    repo.put("ticketing.d/..2024/groups.yaml", groups);
    repo.put("real/values.yaml", "auth: {local: {enabled: true}}\n");
    repo.put("real/large.yaml", &format!("slaTargets:\n{}", "# x\n".repeat(300_000)));
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, repo.path().join(name)).unwrap();
    link("..2024", "ticketing.d/..data");
    link("..data/groups.yaml", "ticketing.d/groups.yaml");
    link("real/values.yaml", "same.yaml");
    link("nowhere.yaml", "dangling.yaml");
    link("/etc/hostname", "absolute.yaml");
    link("../../x.yaml", "up.yaml");
    link("loop-b.yaml", "loop-a.yaml");
    link("loop-a.yaml", "loop-b.yaml");
    link("real", "folder");
    repo.commit("all");
    let module = format!("160000,{},module", repo.id("HEAD"));
    repo.git(&["update-index", "--add", "--cacheinfo", &module]);
    repo.git(&["commit", "-q", "-m", "module"]);
    let repository = read(&repo.at("main"));
    let unreadable: Vec<&str> =
        repository.faults.iter().filter(|f| f.code == FaultCode::Unreadable).map(|f| &*f.place.file).collect();
    assert_eq!(unreadable, ["absolute.yaml", "dangling.yaml", "loop-a.yaml", "loop-b.yaml", "up.yaml"]);
    assert!(repository.registry.groups.contains_key("acme/dba"), "read through the links of a mount");
    let of = |path: &str| repository.files.iter().find(|f| &*f.path == path).map(|f| f.recognised);
    assert_eq!(of("module"), Some(Recognised::Other));
    assert_eq!(of("same.yaml"), Some(Recognised::Other), "no second declaration");
    assert_eq!(of("real/large.yaml"), Some(Recognised::Broken));
    assert_eq!(of("folder"), None);
    assert_eq!(repository.declared.iter().filter(|d| d.kind == DeclaredKind::Provider).count(), 1);
    fs::create_dir_all(repo.path().join("module")).unwrap();
    let folder = read(&repo.folder());
    let lines = |r: &itops::domain::gitops::Repository| r.faults.iter().map(|f| f.place.clone()).collect::<Vec<_>>();
    assert_eq!(lines(&folder), lines(&repository));
}

#[test]
fn a_copy_follows_its_remote_and_outlives_it() {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&["# one"]));
    repo.commit("first");
    repo.git(&["branch", "gone"]);
    repo.git(&["tag", "-a", "v1", "-m", "v1"]);
    let mirrors = tempfile::tempdir().unwrap();
    let url = format!("file://{}", repo.path().display());
    let source = Source::git(&url, "main", mirrors.path()).unwrap();
    assert!(source.head().is_none(), "nothing is reached for before it is fetched");
    let unread = Reader::new(source.clone(), ReadOptions::default()).read().unwrap_err().to_string();
    assert!(unread.contains("not fetched yet"), "{unread}");
    source.fetch().unwrap();
    assert_eq!(source.head().unwrap().subject, "first");
    assert_eq!(source.at("v1").unwrap().head().unwrap().subject, "first");
    source.at("gone").unwrap();
    // Forced, pruned, new.
    repo.put("values.yaml", &values(&["# two"]));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "--amend", "-m", "first, again"]);
    repo.git(&["branch", "-D", "gone"]);
    source.fetch().unwrap();
    assert_eq!(source.head().unwrap().subject, "first, again");
    assert!(matches!(source.at("gone"), Err(ReadError::Revision { .. })));
    assert_eq!(source.blame("values.yaml").unwrap().commits.len(), 1);
    assert_eq!(source.at("HEAD").unwrap().head().unwrap().subject, "first, again", "the remote's own branch");
    // The other side goes away: what was fetched stays.
    let (there, hidden) = (repo.path(), repo.path().with_extension("hidden"));
    fs::rename(&there, &hidden).unwrap();
    let failed = source.fetch().unwrap_err();
    assert!(matches!(failed, ReadError::Fetch { is_kept: true, .. }), "{failed}");
    assert!(failed.to_string().contains("stays in force"), "{failed}");
    assert_eq!(read(&source).commit.unwrap().subject, "first, again");
    fs::rename(&hidden, &there).unwrap();
    // A copy that is damaged is made anew.
    let copy = fs::read_dir(mirrors.path()).unwrap().next().unwrap().unwrap().path();
    fs::remove_dir_all(copy.join("objects")).unwrap();
    assert!(source.head().is_none());
    source.fetch().unwrap();
    assert_eq!(source.head().unwrap().subject, "first, again");
    fs::write(copy.join("refs/heads/main.lock"), "").unwrap();
    repo.commit("second");
    source.fetch().unwrap();
    assert_eq!(source.head().unwrap().subject, "second", "a lock that a crash left behind");
}

#[test]
fn a_remote_that_never_answered_leaves_nothing() {
    let mirrors = tempfile::tempdir().unwrap();
    let source = Source::git("file:///nowhere/x.git", "main", mirrors.path()).unwrap();
    let failed = source.fetch().unwrap_err();
    assert!(matches!(failed, ReadError::Fetch { is_kept: false, .. }), "{failed}");
    assert!(source.head().is_none());
}

#[test]
fn addresses_that_are_not_used_are_refused_in_words() {
    let refused =
        |place: &str, revision: &str| Source::git(place, revision, Path::new("/nowhere")).unwrap_err().to_string();
    assert!(refused("http://git.example/x", "main").contains("https://"));
    assert!(refused("git://git.example/x", "main").contains("https://"));
    assert!(refused("ext::sh -c true", "main").contains("name a program"));
    assert!(refused("--upload-pack=x", "main").contains("no address"));
    assert!(refused("https://git.example/x", "--output=x").contains("no revision"));
    assert!(refused("/nowhere/at/all", "main").contains("does not exist"));
    let secret = refused("http://bob:hunter2x@git.example/x", "main");
    assert!(!secret.contains("hunter2x"), "{secret}");
}

#[test]
fn an_unknown_revision_names_the_nearest() {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&[]));
    repo.commit("first");
    repo.git(&["tag", "release-12"]);
    let Err(ReadError::Revision { near, .. }) = repo.folder().at("release-21") else { panic!("no such revision") };
    assert_eq!(near, ["release-12"]);
    let said = repo.at("mian").at("mian").unwrap_err().to_string();
    assert!(said.ends_with("has no revision `mian`; did you mean `main`?"), "{said}");
    let blob = repo.id("main:values.yaml");
    for revision in ["0123456789012345678901234567890123456789", "--all", "main..main", "", &blob] {
        let said = repo.folder().at(revision).unwrap_err();
        assert!(matches!(said, ReadError::Revision { .. }), "{revision}: {said}");
    }
    let read = Reader::new(repo.at("nothing"), ReadOptions::default()).read();
    assert!(matches!(read, Err(ReadError::Revision { .. })));
    let empty = repo.at("main");
    repo.git(&["rm", "-q", "values.yaml"]);
    repo.git(&["commit", "-q", "-m", "nothing left"]);
    let read = Reader::new(empty, ReadOptions::default()).read();
    assert!(matches!(read, Err(ReadError::Empty(_))), "an empty commit is no empty declaration");
}
