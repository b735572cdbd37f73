//! Reading the repository again when it changes. The core then decides what takes effect of it.
//!
//! Start at [`follow`]. A folder is watched through the system ([`eyes`]), so that a written file is read within a
//! moment; where that cannot be had it is looked at now and then. A revision is asked for in rounds.

mod eyes;

use std::path::{Path, PathBuf};

use crate::{server::service::Core, world::World};
use eyes::{Eyes, Seen};

/// A folder has to hold still for so long before it is read, so that half a checkout is not taken for the whole.
const QUIET_MS: i64 = 30;
/// So long, where a few files were written one by one: whoever saves a file waits for nothing else.
const BRIEF_MS: i64 = 10;
/// A folder that never holds still is read all the same after so long. A checkout of many thousand files takes seconds, and
/// half of it would retire what is about to come back.
const LONGEST_MS: i64 = 30_000;
/// A watched folder is looked at as well, seldom: on some network file systems nothing is told.
const SELDOM_MS: i64 = 60_000;

/// What is watched.
#[derive(Clone, Debug)]
pub enum Watched {
    /// Files as they lie in a folder.
    Folder(PathBuf),
    /// A branch or tag of a repository.
    Revision,
}

/// Look for ever, at least every `every_ms` where nothing tells of a change.
pub async fn follow(watched: Watched, every_ms: i64, core: Core, world: World) {
    match watched {
        Watched::Folder(root) => Folder::of(root, every_ms, core, world).await.follow().await,
        Watched::Revision => loop {
            world.sleep(every_ms).await;
            if let Err(error) = core.poll().await {
                tracing::error!(%error, "the repository was read but not saved");
            }
        },
    }
}

/// Whether git is at work on the files: it holds its index as long as a checkout lasts.
async fn is_busy(root: &Path) -> bool {
    let root = root.to_owned();
    let look = move || root.ancestors().map(|up| up.join(".git")).find(|git| git.exists());
    let locked = tokio::task::spawn_blocking(move || look().is_some_and(|git| git.join("index.lock").exists()));
    locked.await.unwrap_or(false)
}

struct Folder {
    root: PathBuf,
    every_ms: i64,
    core: Core,
    world: World,
    eyes: Option<Eyes>,
    /// Whether the system refused to watch; asking it again would not help.
    is_blind: bool,
    /// As it was when it was last read; none when there was nothing.
    before: Option<u64>,
}

impl Folder {
    async fn of(root: PathBuf, every_ms: i64, core: Core, world: World) -> Self {
        let mut folder = Self { root, every_ms, core, world, eyes: None, is_blind: false, before: None };
        folder.open().await;
        // What changed between the reading of the start and now was seen by nobody.
        folder.read(None).await;
        folder
    }

    async fn follow(mut self) {
        loop {
            let seen = self.changed().await;
            // Watched first and read then, so that nothing falls between.
            let opened = self.eyes.is_none() && !self.is_blind && self.open().await;
            match seen {
                _ if opened => self.read(None).await,
                Some(Seen::Files(files)) => self.read(Some(files)).await,
                Some(Seen::Change | Seen::Lost) => self.read(None).await,
                None => {}
            }
        }
    }

    /// Wait until something changed and holds still again, or until it is time to look.
    async fn changed(&mut self) -> Option<Seen> {
        let Some(eyes) = &mut self.eyes else {
            self.world.sleep(self.every_ms).await;
            return self.looks_different().await.then_some(Seen::Change);
        };
        let mut all = tokio::select! {
            seen = eyes.next() => seen,
            () = self.world.sleep(SELDOM_MS) => return self.looks_different().await.then_some(Seen::Change),
        };
        let latest = self.world.now().plus(LONGEST_MS);
        while all != Seen::Lost && self.world.now() < latest {
            tokio::select! {
                biased;
                seen = eyes.next() => all.add(seen),
                () = self.world.sleep(if all.is_few() { BRIEF_MS } else { QUIET_MS }) => {
                    if !is_busy(&self.root).await {
                        break;
                    }
                }
            }
        }
        if all == Seen::Lost {
            // What is watched is not what lies there any more: look anew.
            self.eyes = None;
            self.world.sleep(QUIET_MS).await;
        }
        Some(all)
    }

    /// Whether it is not as it was when it was last read, once it holds still.
    async fn looks_different(&self) -> bool {
        let mut now = self.look().await;
        if now == self.before {
            return false;
        }
        let latest = self.world.now().plus(LONGEST_MS);
        while self.world.now() < latest {
            self.world.sleep(QUIET_MS).await;
            let again = self.look().await;
            if again == now && !is_busy(&self.root).await {
                break;
            }
            now = again;
        }
        true
    }

    async fn look(&self) -> Option<u64> {
        self.core.look().await.ok().flatten()
    }

    async fn read(&mut self, files: Option<Vec<PathBuf>>) {
        match self.core.reload_touched(files).await {
            Err(error) => {
                self.before = None;
                tracing::error!(%error, "the repository was read but not saved");
            }
            Ok(reloaded) => {
                self.before = reloaded.looked;
                match reloaded.accepted.rejected {
                    Some(reason) => tracing::error!(reason, "the repository is not taken; what was accepted stays"),
                    None => tracing::debug!(steps = reloaded.accepted.plan.steps.len(), "the repository was read"),
                }
            }
        }
    }

    /// Watch it; whether that is so now.
    async fn open(&mut self) -> bool {
        let root = self.root.clone();
        let opened = tokio::task::spawn_blocking(move || Eyes::open(&root)).await;
        match opened {
            Ok(Ok(eyes)) => self.eyes = Some(eyes),
            Ok(Err(_)) if !exists(&self.root) => {}
            Ok(Err(error)) => {
                self.is_blind = true;
                let every_ms = self.every_ms;
                tracing::warn!(error, every_ms, "the folder cannot be watched; it is looked at in rounds");
            }
            Err(error) => tracing::error!(%error, "watching the folder was cut off"),
        }
        self.eyes.is_some()
    }
}

fn exists(root: &Path) -> bool {
    root.metadata().is_ok_and(|about| about.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn git_is_at_work_while_its_index_is_locked_also_above_the_folder() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("infra/prod");
        std::fs::create_dir_all(&root).unwrap();
        assert!(!is_busy(&root).await);
        std::fs::create_dir(top.path().join(".git")).unwrap();
        assert!(!is_busy(&root).await);
        std::fs::write(top.path().join(".git/index.lock"), "").unwrap();
        assert!(is_busy(&root).await && is_busy(top.path()).await);
    }
}
