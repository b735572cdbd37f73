//! A core that reads its repository by itself: folders and revisions, plans between them, and the trail.

use std::{fs, path::Path, process::Command};

use itops::{
    domain::{gitops::Action, refusal::RefusalCode},
    gitops::{ReadOptions, Reader, Source},
    server::service::{Core, Failure, Sourced},
};

use crate::server_core::stage::{Stage, path, refusal, service};

/// A folder with one group and services, written as anybody would.
pub struct Folder(pub tempfile::TempDir);

pub fn manifest(name: &str, team: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-itops\n  labels:\n    itops.io/config: \"true\"\ndata:\n  \
         it-ops.yaml: |\n    version: \"1\"\n    path: acme/shop/prod/eu-1/{name}\n    team: {team}\n"
    )
}

impl Folder {
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("services/db.yaml", &manifest("db", "storage"));
        folder.write("services/api.yaml", &manifest("api", "shop"));
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        let who = ["-c", "user.name=Platform Team", "-c", "user.email=platform@example.org"];
        command.arg("-C").arg(self.path()).args(who).args(["-c", "commit.gpgsign=false"]).args(arguments);
        let done = command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", self.path()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    pub fn commit(&self, subject: &str) -> String {
        if !self.path().join(".git").exists() {
            self.git(&["init", "-q", "-b", "main"]);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", subject]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A core that was started on it.
    pub async fn core(&self, stage: &Stage) -> Core {
        start(stage, Source::folder(self.path().to_owned())).await
    }
}

pub async fn start(stage: &Stage, source: Source) -> Core {
    let mut reader = Reader::new(source.clone(), ReadOptions::default());
    let repository = reader.read().unwrap();
    let core = Core::open(stage.with_users(), Some(repository), stage.world.clone()).await.unwrap();
    core.read_from(Sourced { source, options: ReadOptions::default(), reader });
    core
}

#[tokio::test]
async fn a_plan_is_made_of_what_lies_there_now_and_changes_nothing() {
    let (stage, folder) = (Stage::new(), Folder::new());
    let core = folder.core(&stage).await;
    folder.write("services/db.yaml", &manifest("db", "storage-2"));
    fs::remove_file(folder.path().join("services/api.yaml")).unwrap();
    let before = core.position();
    let plan = core.plan(None, None).await.unwrap();
    let steps: Vec<_> = plan.steps.iter().map(|s| (s.action, s.name.to_string())).collect();
    assert_eq!(
        steps,
        [(Action::Delete, "acme/shop/prod/eu-1/api".to_owned()), (Action::Update, "acme/shop/prod/eu-1/db".to_owned())]
    );
    assert_eq!(core.position(), before);
    let done = core.reload().await.unwrap();
    assert_eq!(done.accepted.plan, plan, "and what it said is done");
    assert!(core.plan(None, None).await.unwrap().steps.is_empty());
}

#[tokio::test]
async fn an_emptied_folder_deletes_nothing_and_says_so() {
    let (stage, folder) = (Stage::new(), Folder::new());
    let core = folder.core(&stage).await;
    fs::remove_dir_all(folder.path().join("services")).unwrap();
    let done = core.reload().await.unwrap();
    assert!(done.accepted.rejected.unwrap().contains("holds no files"));
    assert_eq!(core.read(|e| e.services.len()).await, 2);
    assert!(core.read(|e| e.source.rejected.is_some()).await && core.ready().await);
    folder.write("README.md", "nothing of ours\n");
    let done = core.reload().await.unwrap();
    assert!(done.accepted.plan.steps.iter().all(|step| step.held.is_some()), "files, but none of ours");
    assert_eq!(core.read(|e| e.services.len()).await, 2);
}

#[tokio::test]
async fn revisions_are_compared_with_each_other_and_with_what_is_in_force() {
    let (stage, folder) = (Stage::new(), Folder::new());
    let first = folder.commit("Two services");
    folder.write("services/db.yaml", &manifest("db", "storage-2"));
    let second = folder.commit("Another team");
    let core = folder.core(&stage).await;
    let plan = core.plan(Some(first.clone()), Some(second.clone())).await.unwrap();
    assert_eq!((plan.from.as_deref(), plan.to.as_deref()), (Some(&*first), Some(&*second)));
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].change("team").unwrap().old.as_ref().unwrap().text(), "storage");
    assert!(core.plan(Some(second.clone()), Some("main".to_owned())).await.unwrap().steps.is_empty());
    let back = core.plan(None, Some(first)).await.unwrap();
    assert_eq!(back.steps[0].change("team").unwrap().new.as_ref().unwrap().text(), "storage");
    let unknown = core.plan(Some("no-such-branch".to_owned()), None).await.unwrap_err();
    assert_eq!(refusal(unknown).code, RefusalCode::NotFound);
}

#[tokio::test]
async fn a_branch_is_followed_from_commit_to_commit() {
    let (stage, folder) = (Stage::new(), Folder::new());
    let first = folder.commit("Two services");
    let place = folder.path().to_str().unwrap();
    let source = Source::git(place, "main", &stage.dir.path().join("mirrors")).unwrap();
    let core = start(&stage, source).await;
    assert_eq!(core.read(|e| e.source.revision.clone()).await, Some(first));
    folder.write("services/db.yaml", &manifest("db", "storage-2"));
    core.poll().await.unwrap();
    let team = async || service(&core, &path("acme/shop/prod/eu-1/db")).await.unwrap().team;
    assert_eq!(team().await, "storage", "what is not committed is not there");
    let before = core.position();
    stage.world.advance(1_000);
    core.poll().await.unwrap();
    assert_eq!(core.position(), before, "nothing new, nothing told");
    assert_eq!(core.read(|e| e.source.checked_at).await, stage.world.now());
    let second = folder.commit("Another team");
    core.poll().await.unwrap();
    assert_eq!(team().await, "storage-2");
    let source = core.read(|e| e.source.clone()).await;
    let commit = source.commit.unwrap();
    assert_eq!((source.revision.as_deref(), &*commit.id), (Some(&*second), &*second));
    assert_eq!((commit.subject.as_str(), commit.author.as_str()), ("Another team", "Platform Team"));
    assert_eq!(core.reconciles(1).await.unwrap()[0].commit.as_ref().unwrap().id, commit.id);
}

#[tokio::test]
async fn the_trail_leads_from_a_line_to_its_commit() {
    let (stage, folder) = (Stage::new(), Folder::new());
    let first = folder.commit("Two services");
    folder.write("services/db.yaml", &manifest("db", "storage-2"));
    let second = folder.commit("Another team");
    let core = folder.core(&stage).await;
    let file = || "services/db.yaml".to_owned();
    let blame = core.blame(file()).await.unwrap();
    let team = manifest("db", "storage-2").lines().position(|line| line.contains("team:")).unwrap();
    let line = u32::try_from(team).unwrap() + 1;
    assert_eq!(*blame.of_line(line).unwrap().id, *second);
    assert_eq!(*blame.of_line(1).unwrap().id, *first);
    let history = core.file_history(file(), 10).await.unwrap();
    assert_eq!(history.revisions.len(), 2);
    let diff = core.file_diff(file(), second).await.unwrap();
    assert!(diff.hunks[0].lines.iter().any(|l| l.text.contains("storage-2")));
    assert_eq!(refusal(core.blame("services/no.yaml".to_owned()).await.unwrap_err()).code, RefusalCode::NotFound);
    let unknown = core.file_diff(file(), "0".repeat(40)).await.unwrap_err();
    assert_eq!(refusal(unknown).code, RefusalCode::NotFound);
}

#[tokio::test]
async fn a_folder_without_git_has_no_trail_and_works_otherwise() {
    let (stage, folder) = (Stage::new(), Folder::new());
    let core = folder.core(&stage).await;
    let failed = core.blame("services/db.yaml".to_owned()).await.unwrap_err();
    assert!(matches!(failed, Failure::NoTrail(said) if said.contains("no git repository")));
    assert!(core.plan(None, None).await.unwrap().steps.is_empty());
    let alone = Stage::new().open(None).await;
    assert!(matches!(alone.blame("a".to_owned()).await, Err(Failure::NoTrail(_))));
    assert_eq!(refusal(alone.plan(None, None).await.unwrap_err()).code, RefusalCode::NotFound);
}

const VALUES: &str = "ticketing:\n  org: acme\n  workflows:\n    - name: fix\n      displayName: Fix\n      transitions:\n        - {from: OPEN, to: CLOSED, role: any}\n  catalog: {categories: [{name: c, displayName: C}], items: []}\n";

#[tokio::test]
async fn of_a_reading_that_is_rejected_the_plan_carries_out_nothing_and_neither_does_the_core() {
    let stage = Stage::new();
    let folder = Folder::new();
    folder.write("platform/itops-values.yaml", VALUES);
    let core = folder.core(&stage).await;
    let before = core.state();
    folder.write("platform/itops-values.yaml", &VALUES.replace("from: OPEN", "from: OPENN"));
    folder.write("services/new.yaml", &manifest("new", "shop"));
    let plan = core.plan(None, None).await.unwrap();
    assert!(!plan.steps.is_empty() && plan.is_empty(), "{plan:?}");
    assert!(plan.steps.iter().all(|s| s.held.as_ref().unwrap().sentence().contains("rejected as a whole")));
    assert!(core.reload().await.unwrap().accepted.rejected.unwrap().contains("E021"));
    assert_eq!(core.state(), before);
}

#[tokio::test]
async fn values_that_do_not_parse_any_more_reject_the_reading_though_nobody_knows_what_they_were_for() {
    let stage = Stage::new();
    let folder = Folder::new();
    folder.write("platform/itops-values.yaml", VALUES);
    let core = folder.core(&stage).await;
    let before = core.state();
    folder.write("platform/itops-values.yaml", "ticketing:\n\torg: acme\n");
    folder.write("services/new.yaml", &manifest("new", "shop"));
    assert!(core.reload().await.unwrap().accepted.rejected.unwrap().contains("itops-values.yaml"));
    assert_eq!(core.state(), before, "not even the service that is in order");
}
