//! What old revisions know must not come out, and what repositories name must not run.

use std::{fs, os::unix::fs::PermissionsExt};

use itops::gitops::{ReadOptions, Reader};

use super::{Repo, drawn, read, values};

fn secret_env(secret: &str) -> String {
    values(&["secretEnv:", &format!("  ITOPS_JWT_SECRET: {secret}")])
}

#[test]
fn secrets_of_old_revisions_subjects_and_authors_stay_inside() {
    let repo = Repo::new();
    repo.put("values.yaml", &secret_env("first-secret-1"));
    repo.put("other.yaml", "secretEnv: {ITOPS_DATABASE_PASSWORD: other-file-5}\n");
    let first = repo.commit("use first-secret-1, and other-file-5");
    repo.put("values.yaml", &secret_env("second-secret-2"));
    let second = repo.commit_by("second-secret-2 Bot", "rotate: token=third-secret-3");
    repo.put("values.yaml", &format!("{}\t- {{ broken: broken-secret-4\n", secret_env("broken-secret-4")));
    let broken = repo.commit("does not parse, broken-secret-4");
    repo.put("values.yaml", &values(&["secretRefs:", "  ITOPS_JWT_SECRET: {name: jwt, key: jwt}"]));
    let last = repo.commit("refer to it");
    for source in [repo.folder(), repo.at("main")] {
        let mut told = format!("{:?}", read(&source));
        told += &format!("{:?}", source.blame("values.yaml").unwrap());
        told += &format!("{:?}", source.history("values.yaml", 9).unwrap());
        for commit in [&first, &second, &broken, &last] {
            told += &format!("{:?}", source.diff("values.yaml", commit).unwrap());
            told += &format!("{:?}", source.at(commit).unwrap().head());
            told += &format!("{:?}", read(&source.at(commit).unwrap()));
        }
        told += &format!("{source:?}");
        for secret in ["first-secret-1", "second-secret-2", "third-secret-3", "broken-secret-4", "other-file-5"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
        let diff = source.diff("values.yaml", &second).unwrap();
        assert!(drawn(&diff).contains("-  ITOPS_JWT_SECRET: •••••• !\n+  ITOPS_JWT_SECRET: •••••• !\n"));
        for commit in [&broken, &last] {
            let diff = source.diff("values.yaml", commit).unwrap();
            assert_eq!((diff.withheld.as_deref(), diff.hunks.len()), (Some("it does not parse there"), 0));
        }
    }
}

#[test]
fn a_secret_of_one_side_is_hidden_on_the_other() {
    let repo = Repo::new();
    repo.put("values.yaml", &secret_env("first-secret-1"));
    repo.commit("first");
    repo.put("values.yaml", &format!("{}# was first-secret-1\n", secret_env("second-secret-2")));
    let second = repo.commit("second");
    let diff = repo.folder().diff("values.yaml", &second).unwrap();
    assert!(drawn(&diff).ends_with("+# was ••••••\n"), "{}", drawn(&diff));
}

#[test]
fn lines_of_what_is_none_of_ours_are_never_shown() {
    let repo = Repo::new();
    repo.put("foreign.yaml", "kind: Deployment\napiVersion: apps/v1\nx: one\n");
    repo.put("README.md", "one\n");
    repo.put("charts/x/Chart.yaml", "apiVersion: v2\nname: x\n");
    repo.put("charts/x/templates/values.yaml", &values(&["# one"]));
    repo.put("app/values.yaml", "replicas: 1\n");
    repo.put(
        "application.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: core}\nspec:\n  sources:\n    - {repoURL: https://charts.example, chart: itops, targetRevision: 1.0.0, helm: {valueFiles: [$values/app/values.yaml]}}\n    - {repoURL: https://git.example/x.git, targetRevision: main, ref: values}\n",
    );
    repo.put("large.yaml", &format!("ticketing:\n  org: acme\n{}", "# x\n".repeat(300_000)));
    let all = repo.commit("all");
    let source = repo.folder();
    for file in ["foreign.yaml", "README.md", "charts/x/templates/values.yaml", "large.yaml"] {
        let diff = source.diff(file, &all).unwrap();
        assert!(diff.withheld.is_some() && diff.hunks.is_empty(), "{file}");
    }
    let named = source.diff("app/values.yaml", &all).unwrap();
    assert_eq!(drawn(&named), "+replicas: 1\n", "another file makes it one of ours");
}

/// Everything by which a repository can name a program.
#[test]
fn nothing_that_a_repository_names_is_run() {
    let repo = Repo::new();
    repo.put("values.yaml", &values(&["# one"]));
    repo.put(".gitattributes", "* filter=trap diff=trap\n");
    repo.commit("first");
    repo.put("values.yaml", &values(&["# two"]));
    let second = repo.commit("second");
    let trap = repo.path().join("trap");
    let script = repo.path().join(".git/trap.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", trap.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.display().to_string();
    for setting in [
        "core.fsmonitor",
        "core.pager",
        "pager.log",
        "pager.blame",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.trap.command",
        "diff.trap.textconv",
        "filter.trap.clean",
        "filter.trap.smudge",
        "filter.trap.process",
        "gpg.program",
        "credential.helper",
        "uploadpack.packObjectsHook",
        "remote.origin.uploadpack",
    ] {
        repo.git(&["config", setting, &script]);
    }
    for alias in ["log", "blame", "cat-file", "ls-tree", "rev-parse"] {
        repo.git(&["config", &format!("alias.{alias}"), &format!("!{script}")]);
    }
    repo.git(&["config", "log.showSignature", "true"]);
    repo.git(&["config", "protocol.ext.allow", "always"]);
    repo.git(&["config", "remote.origin.url", &format!("ext::{script}")]);
    // Objects that are missing would be fetched from where the repository says.
    repo.git(&["config", "remote.origin.promisor", "true"]);
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    repo.git(&["config", "extensions.partialClone", "origin"]);
    let hooks = repo.path().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in ["post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"] {
        fs::copy(&script, hooks.join(hook)).unwrap();
    }
    let blob = repo.id("HEAD~1:values.yaml");
    repo.git(&["config", "maintenance.auto", "false"]);
    fs::remove_file(repo.path().join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    let _ = fs::remove_file(&trap);
    repo.put("values.yaml", &values(&["# not committed"]));
    for source in [repo.folder(), repo.at("main")] {
        read(&source);
        source.blame("values.yaml").ok();
        source.history("values.yaml", 9).ok();
        source.diff("values.yaml", &second).ok();
        source.head().unwrap();
        let first = source.at("HEAD~1").unwrap();
        Reader::new(first, ReadOptions::default()).read().ok();
    }
    assert!(!trap.exists(), "a program of the repository was run");
    // The trap does snap: the same repository, asked by hand.
    let mut status = std::process::Command::new("git");
    status.arg("-C").arg(repo.path()).arg("status").env("GIT_NO_LAZY_FETCH", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    assert!(status.output().is_ok() && trap.exists(), "the trap is well made");
}
