//! Where a repository lies, and the ways to read it and its history.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use super::{
    ReadError,
    git::{Address, Archive, Git, Location, Mirror, Revision, Trail, is_plausible},
    redact,
    tree::{Content, Listed, Real, Tree},
    walk::Folder,
};
use crate::domain::{
    detail::Commit,
    gitops::{Blame, FileDiff, FileHistory, NoTrail, Place},
    text::clean_line,
};

/// The program, looked for as every other one.
const PROGRAM: &str = "git";

/// Where a repository lies; cheap to clone. Its clones share what they were told.
#[derive(Clone)]
pub struct Source {
    at: At,
    trail: Arc<Trail>,
}

#[derive(Clone)]
enum At {
    /// Files as they lie.
    Folder(PathBuf),
    /// A branch or tag, wherever it points; of a copy, where there is one.
    Named(String, Option<Arc<Mirror>>),
    /// One commit for ever.
    Fixed(Commit, Option<Arc<Mirror>>),
}

impl Source {
    /// A folder: its files as they lie, its history from git where there is one.
    pub fn folder(root: PathBuf) -> Self {
        let location = Location::Folder(root.clone());
        Self { trail: trail(PROGRAM.as_ref(), location, shown(&root)), at: At::Folder(root) }
    }

    /// A git repository at a branch, tag or commit. `place` is a folder (a work tree, a folder inside of one, or a bare
    /// repository, read where it lies) or an `https://`, `ssh://` or `user@host:path` address, of which a copy is kept
    /// below `mirror`. Nothing is reached for before [`Self::fetch`].
    ///
    /// # Errors
    /// When the address is none that is used, the folder does not exist, or `revision` cannot be a revision.
    pub fn git(place: &str, revision: &str, mirror: &Path) -> Result<Self, ReadError> {
        let address = Address::parse(place)
            .map_err(|reason| ReadError::Address { address: redact::line(&clean_line(place)), reason })?;
        if !is_plausible(revision) {
            let revision = redact::line(&clean_line(revision));
            return Err(ReadError::Revision { place: redact::line(&clean_line(place)), revision, near: Vec::new() });
        }
        match address {
            Address::Local(folder) if !folder.exists() => Err(ReadError::Missing(shown(&folder))),
            Address::Local(folder) => {
                let trail = trail(PROGRAM.as_ref(), Location::Folder(folder.clone()), shown(&folder));
                Ok(Self { at: At::Named(revision.to_owned(), None), trail })
            }
            Address::Remote(remote) => {
                let mirror = Mirror::new(remote, mirror);
                let trail = trail(PROGRAM.as_ref(), mirror.location(), mirror.shown().to_owned());
                Ok(Self { at: At::Named(revision.to_owned(), Some(Arc::new(mirror))), trail })
            }
        }
    }

    /// The same with another git program; forgets what it was told.
    #[must_use]
    pub fn with_program(self, program: &Path) -> Self {
        let archive = self.trail.archive();
        Self { trail: trail(program, archive.at.clone(), archive.shown.clone()), ..self }
    }

    /// How many git processes were started for it and its clones.
    pub fn processes(&self) -> u64 {
        self.trail.archive().git.started()
    }

    /// Bring the copy of a remote repository up to date; nothing for any other.
    ///
    /// # Errors
    /// When the other side cannot be reached or refuses; what was fetched before is still there.
    pub fn fetch(&self) -> Result<(), ReadError> {
        let (At::Named(_, Some(mirror)) | At::Fixed(_, Some(mirror))) = &self.at else {
            return Ok(());
        };
        mirror.fetch(&self.trail.archive().git).map_err(|not| ReadError::Fetch {
            place: mirror.shown().to_owned(),
            reason: not.failure.sentence(),
            is_kept: not.is_kept,
        })
    }

    /// The same repository at another revision, which is looked up now and stays.
    ///
    /// # Errors
    /// When there is no such revision, no repository or no git.
    pub fn at(&self, revision: &str) -> Result<Self, ReadError> {
        let commit = self.trail.archive().read_commit(revision)?;
        let mirror = match &self.at {
            At::Folder(_) => None,
            At::Named(_, mirror) | At::Fixed(_, mirror) => mirror.clone(),
        };
        Ok(Self { at: At::Fixed(commit, mirror), trail: self.trail.clone() })
    }

    /// The commit that is checked out or pointed at; none outside git and before the first commit.
    pub fn head(&self) -> Option<Commit> {
        self.head_commit().ok().map(|commit| self.safe(commit))
    }

    /// Which commit last changed each line of a file, as it is read: lines of a folder that are not committed have none.
    ///
    /// # Errors
    /// When there is no such file, no repository or no git.
    pub fn blame(&self, file: &str) -> Result<Blame, NoTrail> {
        self.trail.blame(&self.head_commit()?, file, self.lying(file).as_deref())
    }

    /// The newest `limit` commits that touched a file, followed through renames.
    ///
    /// # Errors
    /// When there never was such a file, no repository or no git.
    pub fn history(&self, file: &str, limit: usize) -> Result<FileHistory, NoTrail> {
        self.trail.history(&self.head_commit()?, file, limit, self.lying(file).is_some())
    }

    /// What a commit changed in a file, secrets masked. `file` is its path now or in that commit; a merge is held
    /// against its first parent.
    ///
    /// # Errors
    /// When there is no such commit, no repository or no git.
    pub fn diff(&self, file: &str, commit: &str) -> Result<FileDiff, NoTrail> {
        self.trail.diff(&self.head_commit()?, file, commit)
    }

    /// The newest commit that changed any of a declared thing's lines; none when they are not committed yet.
    ///
    /// # Errors
    /// As [`Self::blame`].
    pub fn origin_of(&self, place: &Place) -> Result<Option<Commit>, NoTrail> {
        Ok(self.blame(&place.file)?.newest(place.line, place.end_line).cloned())
    }

    /// What `commit` changed at the lines that a declared thing has now: the lines before are those it removed. When none
    /// of its lines are of that commit, all that it changed in the file.
    ///
    /// # Errors
    /// As [`Self::diff`] and [`Self::blame`].
    pub fn before(&self, place: &Place, commit: &str) -> Result<FileDiff, NoTrail> {
        self.trail.before(&self.head_commit()?, place, self.lying(&place.file).as_deref(), commit)
    }

    /// Its files.
    pub(super) fn tree(&self) -> Box<dyn Tree> {
        let wanted = match &self.at {
            At::Folder(root) => return Box::new(Folder::new(root.clone())),
            At::Named(revision, _) => revision.clone(),
            At::Fixed(commit, _) => commit.id.to_string(),
        };
        Box::new(Revision::new(self.trail.archive().clone(), Arc::new(Mutex::new(wanted))))
    }

    /// Never let its commits tell what a reading knows to be secret.
    pub(super) fn learn(&self, known: &redact::Known) {
        self.trail.learn_all(known);
    }

    /// A commit without the secrets that are known, or that stand in the files it touched.
    pub(super) fn safe(&self, commit: Commit) -> Commit {
        self.trail.safe(commit)
    }

    fn head_commit(&self) -> Result<Commit, NoTrail> {
        match &self.at {
            At::Folder(_) => self.trail.commit("HEAD").map_err(|why| match why {
                NoTrail::UnknownRevision(_) => NoTrail::Unusable("it has no commit yet".to_owned()),
                other => other,
            }),
            At::Named(revision, _) => self.trail.commit(revision),
            At::Fixed(commit, _) => Ok(commit.clone()),
        }
    }

    /// The text of a file as it lies in the folder; none for a revision, and for what a link leads to.
    fn lying(&self, file: &str) -> Option<String> {
        let At::Folder(root) = &self.at else {
            return None;
        };
        // Before anything is opened: a name of the caller's may lead anywhere.
        super::git::check_path(file).ok()?;
        let root = root.canonicalize().ok()?;
        let real = root.join(file);
        if real.canonicalize().ok()? != real {
            return None;
        }
        let listed = Listed { path: file.to_owned(), real: Real::File(real), stamp: 0, is_settled: false, len: 0 };
        match Folder::new(root).open(&listed) {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn trail(program: &Path, location: Location, shown: String) -> Arc<Trail> {
    Arc::new(Trail::new(Arc::new(Archive::new(Arc::new(Git::new(program)), location, shown))))
}

fn shown(folder: &Path) -> String {
    clean_line(&folder.display().to_string()).into_owned()
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revision = match &self.at {
            At::Folder(_) => "as it lies",
            At::Named(revision, _) => revision,
            At::Fixed(commit, _) => &commit.id,
        };
        write!(f, "Source({}, {revision})", self.trail.archive().shown)
    }
}
