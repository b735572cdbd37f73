//! A watched folder: what is written is on the stream. Waited for, never timed.

use std::{fs, sync::Arc};

use itops::{
    commands::watch::{Watched, follow},
    domain::change::{Change, Fact},
    world::World,
};
use tokio::{sync::broadcast::Receiver, task::JoinHandle};

use super::source::{Folder, manifest};
use crate::{
    served::soon,
    server_core::stage::{Stage, path},
};

/// A core in a real world on a watched folder.
struct Watching {
    stream: Receiver<Arc<Change>>,
    task: JoinHandle<()>,
}

impl Watching {
    async fn over(folder: &Folder, root: std::path::PathBuf) -> Self {
        let stage = Stage { world: World::real(), ..Stage::new() };
        let core = super::source::start(&stage, itops::gitops::Source::folder(root.clone())).await;
        // The folder of the database has to outlive the core.
        std::mem::forget(stage.dir);
        let stream = core.subscribe();
        // Rounds would come too late for any test: what is seen here, the system told.
        let watched = Watched::Folder(root);
        let task = tokio::spawn(follow(watched, 3_600_000, core, World::real()));
        let mut watching = Self { stream, task };
        // It reads once more when it begins; a change that is seen after that was told.
        watching.awake(folder).await;
        watching
    }

    /// Write until it answers, so that it is known to be looking.
    async fn awake(&mut self, folder: &Folder) {
        for number in 0.. {
            folder.write("services/first.yaml", &manifest("first", &format!("team-{number}")));
            let heard = self.until(|fact| matches!(fact, Fact::ServiceDeclared(s) if s.path.service() == "first"));
            if tokio::time::timeout(std::time::Duration::from_secs(2), heard).await.is_ok() {
                return;
            }
        }
    }

    async fn until(&mut self, wanted: impl Fn(&Fact) -> bool) {
        soon(async {
            loop {
                if wanted(&self.stream.recv().await.unwrap().fact) {
                    return;
                }
            }
        })
        .await;
    }

    async fn until_team(&mut self, name: &str, team: &str) {
        self.until(|fact| matches!(fact, Fact::ServiceDeclared(s) if s.path.service() == name && s.team == team)).await;
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn what_is_written_removed_and_put_into_new_folders_is_told() {
    let folder = Folder::new();
    let mut watching = Watching::over(&folder, folder.path().to_owned()).await;
    folder.write("services/db.yaml", &manifest("db", "storage-2"));
    watching.until_team("db", "storage-2").await;
    folder.write("more/deeper/web.yaml", &manifest("web", "front"));
    watching.until_team("web", "front").await;
    folder.write("more/deeper/web.yaml", &manifest("web", "front-2"));
    watching.until_team("web", "front-2").await;
    fs::remove_file(folder.path().join("services/api.yaml")).unwrap();
    let api = path("acme/shop/prod/eu-1/api");
    watching.until(|fact| *fact == Fact::ServiceRetired(api.clone())).await;
}

#[tokio::test]
async fn a_commit_without_a_changed_file_moves_the_revision() {
    let folder = Folder::new();
    folder.commit("Two services");
    let mut watching = Watching::over(&folder, folder.path().to_owned()).await;
    let id = folder.commit("Say why");
    watching.until(|fact| matches!(fact, Fact::SourceRead(s) if s.revision.as_deref() == Some(&*id))).await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_swapped_link_of_a_mounted_config_map_is_seen() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    let mount = folder.path().join("mounted");
    let put = |version: &str, team: &str| {
        fs::create_dir_all(mount.join(version)).unwrap();
        fs::write(mount.join(version).join("web.yaml"), manifest("web", team)).unwrap();
        symlink(version, mount.join("..data_tmp")).unwrap();
        fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
    };
    put("..2026_01", "front");
    symlink("..data/web.yaml", mount.join("web.yaml")).unwrap();
    let mut watching = Watching::over(&folder, folder.path().to_owned()).await;
    put("..2026_02", "front-2");
    watching.until_team("web", "front-2").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_root_that_is_a_swapped_link_is_followed() {
    use std::os::unix::fs::symlink;
    let (folder, next) = (Folder::new(), Folder::new());
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("current");
    symlink(folder.path(), &link).unwrap();
    let mut watching = Watching::over(&folder, link.clone()).await;
    next.write("services/db.yaml", &manifest("db", "swapped"));
    symlink(next.path(), links.path().join("next")).unwrap();
    fs::rename(links.path().join("next"), &link).unwrap();
    watching.until_team("db", "swapped").await;
    next.write("services/db.yaml", &manifest("db", "swapped-2"));
    watching.until_team("db", "swapped-2").await;
}

#[tokio::test]
async fn a_folder_that_vanishes_deletes_nothing_and_is_read_again_when_it_is_back() {
    let folder = Folder::new();
    let root = folder.path().join("checkout");
    folder.write("checkout/services/db.yaml", &manifest("db", "storage"));
    let stage = Stage { world: World::real(), ..Stage::new() };
    let core = super::source::start(&stage, itops::gitops::Source::folder(root.clone())).await;
    let mut stream = core.subscribe();
    let watching = tokio::spawn(follow(Watched::Folder(root.clone()), 20, core.clone(), World::real()));
    fs::rename(&root, folder.path().join("aside")).unwrap();
    let mut until = async |wanted: &dyn Fn(&Fact) -> bool| {
        soon(async {
            loop {
                if wanted(&stream.recv().await.unwrap().fact) {
                    return;
                }
            }
        })
        .await;
    };
    until(&|fact| matches!(fact, Fact::SourceRead(s) if s.rejected.is_some())).await;
    assert_eq!(core.read(|e| e.services.len()).await, 1);
    fs::rename(folder.path().join("aside"), &root).unwrap();
    until(&|fact| matches!(fact, Fact::SourceRead(s) if s.rejected.is_none())).await;
    fs::write(root.join("services/db.yaml"), manifest("db", "storage-2")).unwrap();
    until(&|fact| matches!(fact, Fact::ServiceDeclared(s) if s.team == "storage-2")).await;
    watching.abort();
}
