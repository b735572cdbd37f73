//! Repositories that are damaged, refused, or none; machines without git.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use itops::{
    domain::gitops::NoTrail,
    gitops::{ReadError, ReadOptions, Reader, Source},
};

use super::{Repo, git, read, subjects, values};

/// The answers to every question about a repository that has no trail.
fn answers(source: &Source) -> [NoTrail; 3] {
    [
        source.blame("values.yaml").unwrap_err(),
        source.history("values.yaml", 5).unwrap_err(),
        source.diff("values.yaml", "main").unwrap_err(),
    ]
}

fn unusable(source: &Source, words: &str) {
    for answer in answers(source) {
        let NoTrail::Unusable(why) = &answer else { panic!("{answer:?}") };
        assert!(why.contains(words), "{why}");
    }
}

fn one_commit() -> Repo {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&["# one"]));
    repo.commit("first");
    repo
}

#[test]
fn a_machine_without_git_says_so_and_reads_the_folder() {
    let repo = one_commit();
    let source = repo.folder().with_program(Path::new("/nowhere/git"));
    assert_eq!(answers(&source), [NoTrail::NoGit, NoTrail::NoGit, NoTrail::NoGit]);
    assert!(source.head().is_none());
    assert_eq!(read(&source).sources.len(), 1);
    let at = source.at("main").unwrap_err().to_string();
    assert!(at.contains("git is not installed"), "{at}");
}

#[test]
fn a_folder_without_git_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("values.yaml"), values(&[])).unwrap();
    let source = Source::folder(folder.path().to_owned());
    assert_eq!(answers(&source), [NoTrail::NotARepository, NoTrail::NotARepository, NoTrail::NotARepository]);
    assert!(read(&source).commit.is_none());
    let at = source.at("main").unwrap_err().to_string();
    assert!(at.contains("no git repository"), "{at}");
}

#[test]
fn a_repository_without_a_commit_is_read_and_has_no_trail() {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&[]));
    unusable(&repo.folder(), "no commit yet");
    assert_eq!(read(&repo.folder()).sources.len(), 1);
    assert!(matches!(repo.folder().at("main"), Err(ReadError::Revision { .. })));
    // A branch that has none, in a repository that has some.
    let repo = one_commit();
    repo.git(&["checkout", "-q", "--orphan", "unborn"]);
    unusable(&repo.folder(), "no commit yet");
    assert_eq!(repo.folder().at("main").unwrap().head().unwrap().subject, "first");
}

#[test]
fn a_damaged_repository_is_said_to_be_damaged() {
    let repo = one_commit();
    fs::remove_file(repo.path().join(".git/HEAD")).unwrap();
    unusable(&repo.folder(), "damaged");
    assert_eq!(read(&repo.folder()).sources.len(), 1, "the files are still there");
    // Inside of another repository, that one is not meant.
    let outer = one_commit();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("values.yaml"), values(&[])).unwrap();
    git(&inner, 0, &["init", "-q"], b"");
    fs::remove_file(inner.join(".git/HEAD")).unwrap();
    let source = Source::folder(inner);
    assert!(source.head().is_none());
    unusable(&source, "damaged");
}

#[test]
fn objects_that_are_cut_short_are_faults_and_errors() {
    let repo = one_commit();
    repo.put("other.yaml", "auth: {local: {enabled: true}}\n");
    repo.commit("second");
    let object = |id: &str| repo.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    let cut = |id: &str| {
        let file = object(id);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    };
    cut(&repo.id("main:values.yaml"));
    let repository = read(&repo.at("main"));
    let faults: Vec<String> = repository.faults.iter().map(|f| format!("{} {}", f.code.code(), f.place.file)).collect();
    assert_eq!(faults, ["E005 values.yaml"]);
    assert_eq!(repository.registry.providers.len(), 1, "the other file is read");
    assert!(matches!(repo.folder().blame("values.yaml"), Err(NoTrail::Unusable(_))));
    assert!(repo.folder().blame("other.yaml").is_ok());
    cut(&repo.id("main^{tree}"));
    let failed = Reader::new(repo.at("main"), ReadOptions::default()).read().unwrap_err();
    assert!(matches!(failed, ReadError::Git { .. }), "{failed}");
    cut(&repo.id("main"));
    assert!(matches!(repo.folder().at("main"), Err(ReadError::Git { .. })));
    assert!(matches!(repo.folder().blame("other.yaml"), Err(NoTrail::Unusable(_))));
    fs::remove_file(object(&fs::read_to_string(repo.path().join(".git/refs/heads/main")).unwrap()[..40])).unwrap();
    assert!(matches!(repo.folder().at("main"), Err(ReadError::Git { .. })), "missing, and not unknown");
}

#[test]
fn a_shallow_clone_knows_as_far_as_it_goes() {
    let repo = one_commit();
    repo.put("values.yaml", &values(&["# one", "# two"]));
    repo.commit("second");
    repo.put("values.yaml", &values(&["# one", "# two", "# three"]));
    repo.commit("third");
    let place = tempfile::tempdir().unwrap();
    let url = format!("file://{}", repo.path().display());
    git(place.path(), 0, &["clone", "-q", "--depth", "2", &url, "x"], b"");
    let source = Source::folder(place.path().join("x"));
    assert_eq!(subjects(&source.blame("values.yaml").unwrap()), ["second", "second", "second", "second", "third"]);
    assert_eq!(source.history("values.yaml", 9).unwrap().revisions.len(), 2);
    assert!(matches!(source.at("HEAD~2"), Err(ReadError::Revision { .. })));
    assert_eq!(source.diff("values.yaml", "HEAD").unwrap().hunks.len(), 1);
}

#[test]
fn a_repository_of_somebody_else_is_refused_as_git_refuses_it() {
    let repo = one_commit();
    let bin = tempfile::tempdir().unwrap();
    let program = bin.path().join("git");
    fs::write(&program, "#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 GIT_CONFIG_GLOBAL=/dev/null exec git \"$@\"\n")
        .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let source = repo.folder().with_program(&program);
    unusable(&source, "safe.directory");
    let said = source.at("main").unwrap_err().to_string();
    assert!(said.contains("git config --global --add safe.directory"), "{said}");
}

#[test]
fn a_linked_work_tree_is_a_repository() {
    let repo = one_commit();
    let place = tempfile::tempdir().unwrap();
    let linked = place.path().join("linked");
    repo.git(&["worktree", "add", "-q", &linked.display().to_string(), "-b", "linked"]);
    let source = Source::folder(linked.clone());
    assert_eq!(source.head().unwrap().subject, "first");
    assert_eq!(source.blame("values.yaml").unwrap().commits.len(), 1);
    assert_eq!(read(&source.at("main").unwrap()).sources.len(), 1);
    fs::write(linked.join(".git"), "gitdir: /nowhere/at/all\n").unwrap();
    unusable(&source, "damaged");
}
