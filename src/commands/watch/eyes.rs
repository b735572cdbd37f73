//! Watches a folder tree through the system: every folder of it, the folder with a link that is swapped, and the few
//! files of git that tell of a commit. New folders are watched as they come.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{ModifyKind, RenameMode},
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// These files changed, or came and went.
    Files(Vec<PathBuf>),
    /// Something changed.
    Change,
    /// The folder itself is another one or gone; these eyes see nothing any more.
    Lost,
}

impl Seen {
    /// Whether it is no more than a few files.
    pub fn is_few(&self) -> bool {
        matches!(self, Self::Files(files) if files.iter().collect::<BTreeSet<_>>().len() <= FEW)
    }

    /// Both together.
    pub fn add(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Lost, _) | (Self::Change, Self::Files(_)) => {}
            (Self::Files(all), Self::Files(more)) if all.len() + more.len() <= NAMED => all.extend(more),
            (_, Self::Files(_)) => *self = Self::Change,
            (_, other) => *self = other,
        }
    }
}

/// More files than this are not saved by hand, one by one.
const FEW: usize = 4;
/// So many files are named; of more, it is quicker to look at all.
const NAMED: usize = 256;

/// A watched folder tree.
pub struct Eyes {
    watcher: RecommendedWatcher,
    events: UnboundedReceiver<notify::Result<Event>>,
    /// As it was given; may be a link.
    given: PathBuf,
    /// Where it led when it was opened.
    root: PathBuf,
    git: Option<PathBuf>,
}

impl Eyes {
    /// Watch everything below `root`. Blocking.
    ///
    /// # Errors
    /// What the system said, for example that there are too many watches.
    pub fn open(root: &Path) -> Result<Self, String> {
        let (tell, events) = unbounded_channel();
        let watcher = notify::recommended_watcher(move |event| {
            // Nobody listens any more: then nothing is lost.
            let _ = tell.send(event);
        });
        let given = root.to_owned();
        let root = root.canonicalize().map_err(|e| e.to_string())?;
        let git = git_folder(&root);
        let mut eyes = Self { watcher: watcher.map_err(|e| e.to_string())?, events, given, root, git };
        eyes.watch_below(&eyes.root.clone())?;
        if eyes.given.is_symlink()
            && let Some(parent) = eyes.given.parent().map(Path::to_owned)
        {
            eyes.watch(if parent.as_os_str().is_empty() { Path::new(".") } else { &parent })?;
        }
        if let Some(git) = eyes.git.clone() {
            eyes.watch(&git)?;
            for inside in ["logs", "refs"] {
                let inside = git.join(inside);
                if inside.is_dir() {
                    eyes.watch_below(&inside)?;
                }
            }
        }
        Ok(eyes)
    }

    /// Wait for the next thing that matters. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Seen {
        loop {
            match self.events.recv().await {
                None => return Seen::Lost,
                // The system lost count, or a watch broke: whatever it was, look.
                Some(Err(_)) => return Seen::Change,
                Some(Ok(event)) => {
                    if let Some(seen) = self.meaning(&event) {
                        return seen;
                    }
                }
            }
        }
    }

    fn meaning(&mut self, event: &Event) -> Option<Seen> {
        if event.need_rescan() {
            return Some(Seen::Change);
        }
        if matches!(event.kind, EventKind::Access(_)) {
            return None;
        }
        let is_gone = matches!(event.kind, EventKind::Remove(_))
            || matches!(event.kind, EventKind::Modify(ModifyKind::Name(RenameMode::From)));
        let is_swapped = |path: &Path| path == self.given && self.given != self.root;
        if event.paths.iter().any(|path| is_swapped(path) || (is_gone && *path == self.root)) {
            return Some(Seen::Lost);
        }
        let mut matters = false;
        for path in &event.paths {
            if !self.is_ours(path) {
                continue;
            }
            matters = true;
            let may_be_new = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)));
            if may_be_new
                && path.is_dir()
                && !path.is_symlink()
                && let Err(error) = self.watch_below(path)
            {
                tracing::warn!(error, folder = %path.display(), "a new folder cannot be watched");
                return Some(Seen::Lost);
            }
        }
        matters.then(|| Seen::Files(event.paths.clone()))
    }

    /// Whether a change there can change what is read.
    fn is_ours(&self, path: &Path) -> bool {
        if let Some(inside) = self.git.as_ref().and_then(|git| path.strip_prefix(git).ok()) {
            let is_lock = path.extension().is_some_and(|end| end == "lock");
            let first = inside.components().next();
            let tells = [Path::new("HEAD"), Path::new("packed-refs"), Path::new("logs/HEAD")].contains(&inside);
            return !is_lock && (tells || first == Some(Component::Normal("refs".as_ref())));
        }
        path.strip_prefix(&self.root).is_ok_and(|inside| !inside.components().any(|part| part.as_os_str() == ".git"))
    }

    fn watch_below(&mut self, folder: &Path) -> Result<(), String> {
        let folders = ignore::WalkBuilder::new(folder)
            .standard_filters(false)
            .filter_entry(|entry| {
                let name = entry.file_name().to_string_lossy();
                // `..data` and its like are swapped as a whole, which their folder tells.
                let is_skipped = entry.depth() > 0 && (name == ".git" || name.starts_with(".."));
                entry.file_type().is_some_and(|kind| kind.is_dir()) && !is_skipped
            })
            .build()
            .filter_map(Result::ok);
        for entry in folders {
            match self.watch(entry.path()) {
                // It went away in the meantime, which is told by its folder.
                Err(_) if !entry.path().exists() => {}
                other => other?,
            }
        }
        Ok(())
    }

    fn watch(&mut self, folder: &Path) -> Result<(), String> {
        self.watcher.watch(folder, RecursiveMode::NonRecursive).map_err(|e| e.to_string())
    }
}

/// Where git keeps what it knows of a work tree: in the folder or one above it, or where a file of that name says.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let found = root.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists())?;
    if found.is_dir() {
        return Some(found);
    }
    let text = std::fs::read_to_string(&found).ok()?;
    let place = Path::new(text.strip_prefix("gitdir:")?.trim());
    let place = found.parent()?.join(place).canonicalize().ok()?;
    place.is_dir().then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_files_are_few_however_often_they_are_written() {
        let files = |names: &[&str]| Seen::Files(names.iter().map(PathBuf::from).collect());
        let mut seen = files(&["a", "b"]);
        for _ in 0..10 {
            seen.add(files(&["a", "c", "d"]));
        }
        assert!(seen.is_few());
        seen.add(files(&["e"]));
        assert!(!seen.is_few());
        assert!(!Seen::Change.is_few() && !Seen::Lost.is_few());
    }
}
