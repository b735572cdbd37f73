//! Who made it so: the answers to people's questions, kept for the next time.
//!
//! An answer about a commit never changes, so it is kept under the commit's id. What goes out passes the [`Vault`] once
//! more: a secret may have been learnt after the answer was.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;

use super::{
    super::{
        redact::{self, Known},
        tree::may_be_yaml,
    },
    archive::{Archive, NoCommit, is_plausible},
    blame::{self, Origins},
    diff,
    door::Failure,
    log::{self, Touch, Touched},
    pages::{self, Look, Page, Pages},
};
use crate::domain::{
    detail::Commit,
    gitops::{Blame, FileDiff, FileHistory, FileRevision, NoTrail, Place},
    text::clean_line,
};

/// Answers that are kept.
const KEPT: usize = 512;
/// Commits of a file that are looked through for the one that is asked for.
const DEEP: usize = 1000;
/// Old versions of a file that are searched for secrets before their commits are named.
const VERSIONS: usize = 2_000;
/// Bytes of them.
const VERSION_BYTES: usize = 8 * 1024 * 1024;

/// Every secret that was read from one source, of whatever revision.
#[derive(Default)]
struct Vault(Mutex<Known>);

impl Vault {
    fn learn(&self, values: &[String]) {
        held(&self.0).learn(values.iter().map(String::as_str));
    }

    fn hide<'t>(&self, texts: impl IntoIterator<Item = &'t mut String>) {
        let known = held(&self.0);
        for text in texts {
            known.hide(text);
        }
    }

    /// A commit without any of them.
    fn safe(&self, mut commit: Commit) -> Commit {
        self.hide([&mut commit.author, &mut commit.subject]);
        commit
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Question {
    /// Lines of a file at a commit.
    Origins(Arc<str>, String),
    /// Lines of a file as it lies, by a digest of its text.
    Lying(Arc<str>, String, u64),
    History(Arc<str>, String, usize),
    Diff(Arc<str>, String),
    /// Whether the files of a commit were searched for secrets.
    Searched(Arc<str>),
}

#[derive(Clone)]
enum Answer {
    Origins(Arc<Origins>),
    History(Arc<Vec<Touched>>),
    Diff(Arc<FileDiff>),
    Searched,
    /// It touched more than is searched.
    TooMuch,
}

/// The history of one repository.
pub struct Trail {
    archive: Arc<Archive>,
    vault: Vault,
    kept: Mutex<LruCache<Question, Answer>>,
}

impl From<Failure> for NoTrail {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NoGit => Self::NoGit,
            Failure::NotARepository => Self::NotARepository,
            other => Self::Unusable(other.sentence()),
        }
    }
}

impl Trail {
    /// Nothing is asked yet.
    pub fn new(archive: Arc<Archive>) -> Self {
        let size = NonZeroUsize::new(KEPT).unwrap_or(NonZeroUsize::MIN);
        Self { archive, vault: Vault::default(), kept: Mutex::new(LruCache::new(size)) }
    }

    /// Add what a reading found.
    pub fn learn_all(&self, known: &Known) {
        held(&self.vault.0).join(known);
    }

    /// A commit without the secrets that are known, or that stand in the files it touched.
    pub fn safe(&self, commit: Commit) -> Commit {
        let question = Question::Searched(commit.id.clone());
        let before = held(&self.kept).get(&question).cloned();
        if matches!(before, Some(Answer::TooMuch)) {
            return self.without_subject(commit);
        }
        if before.is_none() {
            // Without an answer the commit is shown by what is known, and searched again the next time.
            let touched = log::of_commit(&self.archive, &commit.id).ok().flatten();
            let files = touched.iter().flat_map(|one| &one.files);
            let sides = files.flat_map(|touch| [&touch.new, &touch.old]).flatten();
            let names = sides.filter(|(path, _)| may_be_yaml(path)).map(|(_, id)| id.as_str());
            match touched.as_ref().map(|_| self.learn(names)) {
                Some(Ok(true)) => {
                    held(&self.kept).put(question, Answer::Searched);
                }
                // Too much to be searched: what cannot be known to be harmless is not told.
                Some(Ok(false)) => {
                    held(&self.kept).put(question, Answer::TooMuch);
                    return self.without_subject(commit);
                }
                Some(Err(_)) | None => {}
            }
        }
        self.vault.safe(commit)
    }

    fn without_subject(&self, commit: Commit) -> Commit {
        Commit { subject: redact::MASK.to_owned(), ..self.vault.safe(commit) }
    }

    /// The repository.
    pub const fn archive(&self) -> &Arc<Archive> {
        &self.archive
    }

    /// The commit of a revision.
    ///
    /// # Errors
    /// When there is none, or no way to know.
    pub fn commit(&self, revision: &str) -> Result<Commit, NoTrail> {
        match self.archive.commit(revision) {
            Ok(commit) => Ok(commit),
            Err(NoCommit::Unknown) => Err(NoTrail::UnknownRevision(redact::line(&clean_line(revision)))),
            Err(NoCommit::Failed(failure)) => Err(failure.into()),
        }
    }

    /// Who last changed each line of a file: as it is at `head`, or as it lies when its text is given.
    ///
    /// # Errors
    /// When there is no such file, or git fails.
    pub fn blame(&self, head: &Commit, file: &str, lying: Option<&str>) -> Result<Blame, NoTrail> {
        let origins = self.origins(head, file, lying)?;
        Ok(Blame {
            file: file.into(),
            revision: head.id.clone(),
            commits: origins.commits.iter().map(|commit| self.safe(commit.clone())).collect(),
            lines: origins.lines.iter().map(|line| line.map(|(commit, _)| commit)).collect(),
        })
    }

    /// The newest `limit` commits that touched a file.
    ///
    /// # Errors
    /// When no commit ever held it and `is_lying` is false, or git fails.
    pub fn history(&self, head: &Commit, file: &str, limit: usize, is_lying: bool) -> Result<FileHistory, NoTrail> {
        let limit = limit.clamp(1, DEEP);
        let touched = self.touched(head, file, limit + 1)?;
        if touched.is_empty() && !is_lying {
            return Err(unknown_file(file));
        }
        let prefix = self.archive.prefix()?;
        let mut revisions = Vec::with_capacity(touched.len().min(limit));
        for one in touched.iter().take(limit) {
            let touch = one.files.first();
            let counted = touch.and_then(|touch| touch.counted);
            revisions.push(FileRevision {
                commit: self.safe(one.commit.clone()),
                path: touch.map_or_else(|| file.into(), |touch| shown_path(touch.path(), prefix).into()),
                added: counted.map(|(added, _)| added),
                removed: counted.map(|(_, removed)| removed),
            });
        }
        Ok(FileHistory { file: file.into(), revisions, is_cut: touched.len() > limit })
    }

    /// What a commit changed in a file; `file` is its path at `head` or in that commit.
    ///
    /// # Errors
    /// When there is no such commit, or git fails.
    pub fn diff(&self, head: &Commit, file: &str, commit: &str) -> Result<FileDiff, NoTrail> {
        if let Some(outside) = file.strip_prefix(":/") {
            return Err(NoTrail::UnknownFile(format!("{outside}, outside of the folder that is read")));
        }
        check_path(file)?;
        let unknown = || NoTrail::UnknownRevision(redact::line(&clean_line(commit)));
        if !is_plausible(commit) {
            return Err(unknown());
        }
        let kept = held(&self.kept).get(&Question::Diff(commit.into(), file.to_owned())).cloned();
        let diff = match kept {
            Some(Answer::Diff(diff)) => diff,
            _ => {
                let id = self.commit(commit)?.id;
                let touched = log::of_commit(&self.archive, &id).map_err(|f| self.archive.judged(f))?;
                let diff = Arc::new(self.compare(head, file, touched.ok_or_else(unknown)?)?);
                // A name may move to another commit; an id never does.
                held(&self.kept).put(Question::Diff(id, file.to_owned()), Answer::Diff(diff.clone()));
                diff
            }
        };
        let mut diff = (*diff).clone();
        diff.commit = self.safe(diff.commit);
        self.vault.hide(diff.hunks.iter_mut().flat_map(|hunk| &mut hunk.lines).map(|line| &mut line.text));
        Ok(diff)
    }

    /// What `commit` changed at the lines that a declared thing has now.
    ///
    /// # Errors
    /// As [`Self::diff`].
    pub fn before(&self, head: &Commit, place: &Place, lying: Option<&str>, commit: &str) -> Result<FileDiff, NoTrail> {
        let diff = self.diff(head, &place.file, commit)?;
        let origins = self.origins(head, &place.file, lying)?;
        let first = (place.line.max(1) - 1) as usize;
        let there = origins.lines.iter().take(place.end_line.max(place.line) as usize).skip(first).flatten();
        let there: Vec<u32> = there
            .filter(|(at, _)| origins.commits.get(*at as usize).is_some_and(|c| c.id == diff.commit.id))
            .map(|(_, line)| *line)
            .collect();
        match (there.iter().min(), there.iter().max()) {
            (Some(first), Some(last)) => Ok(diff.around(*first, *last)),
            _ => Ok(diff),
        }
    }

    fn origins(&self, head: &Commit, file: &str, lying: Option<&str>) -> Result<Arc<Origins>, NoTrail> {
        check_path(file)?;
        let Some(text) = lying else {
            return self.committed(head, file);
        };
        let mut digest = DefaultHasher::new();
        text.hash(&mut digest);
        let question = Question::Lying(head.id.clone(), file.to_owned(), digest.finish());
        if let Some(Answer::Origins(origins)) = held(&self.kept).get(&question).cloned() {
            return Ok(origins);
        }
        let now = pages::lines(text);
        let origins = match self.committed(head, file) {
            Ok(origins) => {
                let name = format!("{}:{}{file}", head.id, self.archive.prefix()?);
                let then = Pages::new(self.archive.clone()).text(&name)?.map(|text| pages::lines(&text));
                let same = diff::same_lines(&then.unwrap_or_default(), &now);
                let lines = same.iter().map(|at| origins.lines.get((*at)?).copied().flatten()).collect();
                Origins { lines, ..(*origins).clone() }
            }
            // It lies there and was never committed.
            Err(NoTrail::UnknownFile(_)) => Origins { lines: vec![None; now.len()], ..Origins::default() },
            Err(other) => return Err(other),
        };
        let origins = Arc::new(origins.tidied());
        held(&self.kept).put(question, Answer::Origins(origins.clone()));
        Ok(origins)
    }

    fn committed(&self, head: &Commit, file: &str) -> Result<Arc<Origins>, NoTrail> {
        let question = Question::Origins(head.id.clone(), file.to_owned());
        if let Some(Answer::Origins(origins)) = held(&self.kept).get(&question).cloned() {
            return Ok(origins);
        }
        let origins = blame::of_file(&self.archive, &head.id, file).map_err(|failure| match failure {
            Failure::Said(said) if said.contains("no such path") => unknown_file(file),
            failure => self.archive.judged(failure).into(),
        })?;
        self.learn(origins.versions.iter().map(String::as_str))?;
        let origins = Arc::new(origins);
        held(&self.kept).put(question, Answer::Origins(origins.clone()));
        Ok(origins)
    }

    fn touched(&self, head: &Commit, file: &str, limit: usize) -> Result<Arc<Vec<Touched>>, NoTrail> {
        check_path(file)?;
        let question = Question::History(head.id.clone(), file.to_owned(), limit);
        if let Some(Answer::History(touched)) = held(&self.kept).get(&question).cloned() {
            return Ok(touched);
        }
        let touched =
            log::of_file(&self.archive, &head.id, file, limit).map_err(|failure| self.archive.judged(failure))?;
        let sides = touched.iter().flat_map(|one| &one.files).flat_map(|touch| [&touch.new, &touch.old]).flatten();
        self.learn(sides.map(|(_, id)| id.as_str()))?;
        let touched = Arc::new(touched);
        held(&self.kept).put(question, Answer::History(touched.clone()));
        Ok(touched)
    }

    /// Look for secrets in old versions, so that no subject or author can repeat them. Whether all were looked at.
    fn learn<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<bool, Failure> {
        let mut pages = Pages::new(self.archive.clone());
        let (mut seen, mut bytes) = (Vec::new(), 0);
        for name in names {
            if seen.contains(&name) {
                continue;
            }
            if seen.len() >= VERSIONS || bytes > VERSION_BYTES {
                return Ok(false);
            }
            seen.push(name);
            if let Some(text) = pages.text(name)? {
                bytes += text.len();
                self.vault.learn(&pages::secrets(&text));
            }
        }
        Ok(true)
    }

    fn compare(&self, head: &Commit, file: &str, touched: Touched) -> Result<FileDiff, NoTrail> {
        let prefix = self.archive.prefix()?;
        let Touched { commit, files } = touched;
        let empty = |path: &str, why: Option<&str>| FileDiff {
            commit: commit.clone(),
            path: path.into(),
            hunks: Vec::new(),
            withheld: why.map(ToOwned::to_owned),
        };
        let Some(touch) = self.touch_of(head, &format!("{prefix}{file}"), file, &commit, files)? else {
            return Ok(empty(file, Some("that commit did not change it")));
        };
        let path = shown_path(touch.path(), prefix);
        let mut pages = Pages::new(self.archive.clone());
        let mut sides = Vec::new();
        for (side, revision) in [(&touch.old, format!("{}^1", commit.id)), (&touch.new, commit.id.to_string())] {
            let Some((path, blob)) = side else {
                sides.push(Page::default());
                continue;
            };
            let look = match path.strip_prefix(prefix) {
                Some(path) => pages.look(&revision, path, blob)?,
                None => Look::Withheld("it lay outside of the folder that is read"),
            };
            match look {
                Look::Page(page) => {
                    self.vault.learn(&page.secrets());
                    sides.push(page);
                }
                Look::Withheld(why) => {
                    if let Some(text) = pages.text(blob)? {
                        self.vault.learn(&pages::secrets(&text));
                    }
                    return Ok(empty(path, Some(why)));
                }
            }
        }
        let hunks = match sides.as_slice() {
            [old, new] => diff::hunks(old, new),
            _ => Vec::new(),
        };
        Ok(FileDiff { hunks, ..empty(&path, None) })
    }

    /// What the commit did to the file; a file that was renamed since is found by its history.
    fn touch_of(
        &self,
        head: &Commit,
        full: &str,
        file: &str,
        commit: &Commit,
        files: Vec<Touch>,
    ) -> Result<Option<Touch>, NoTrail> {
        let is_at = |side: &Option<(String, String)>, path: &str| side.as_ref().is_some_and(|(at, _)| at == path);
        let named = |path: &str| {
            let after = files.iter().find(|touch| is_at(&touch.new, path));
            after.or_else(|| files.iter().find(|touch| is_at(&touch.old, path))).cloned()
        };
        if let Some(touch) = named(full) {
            return Ok(Some(touch));
        }
        let history = self.touched(head, file, DEEP)?;
        let then = history.iter().find(|one| one.commit.id == commit.id).and_then(|one| one.files.first());
        Ok(then.and_then(|touch| named(touch.path())))
    }
}

impl Origins {
    /// Only the commits that a line names.
    fn tidied(mut self) -> Self {
        let mut places = vec![None; self.commits.len()];
        let mut commits = Vec::new();
        for (place, _) in self.lines.iter_mut().flatten() {
            let Some((slot, commit)) = places.get_mut(*place as usize).zip(self.commits.get(*place as usize)) else {
                continue;
            };
            *place = *slot.get_or_insert_with(|| {
                commits.push(commit.clone());
                u32::try_from(commits.len() - 1).unwrap_or(u32::MAX)
            });
        }
        self.commits = commits;
        self
    }
}

fn unknown_file(file: &str) -> NoTrail {
    NoTrail::UnknownFile(redact::line(&clean_line(file)))
}

/// A path of the tree never leads out of it.
pub fn check_path(file: &str) -> Result<(), NoTrail> {
    let is_step = |step: &str| !step.is_empty() && step != "." && step != ".." && step != ".git";
    let is_plain = file.split('/').all(is_step) && !file.chars().any(char::is_control);
    if is_plain { Ok(()) } else { Err(unknown_file(file)) }
}

/// A path relative to the folder that is read; what lies outside of it is named from the top, as git does.
fn shown_path(path: &str, prefix: &str) -> String {
    let shown = path.strip_prefix(prefix).map_or_else(|| format!(":/{path}"), ToOwned::to_owned);
    clean_line(&shown).into_owned()
}
