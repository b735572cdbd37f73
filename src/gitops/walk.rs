//! A folder as a [`Tree`]: lists it in a fixed order, opens single files.
//!
//! Never leaves the root, never follows a link to a folder but those of a mounted ConfigMap, never reads more than
//! [`SIZE_LIMIT`] of a file, never waits for a pipe.
//!
//! A stamp is made of length, modification and change time, inode and place. Times tick coarsely, so a file may be
//! written twice under one stamp. There is no need to ask a clock: a stamp is trusted only if another file of the same
//! list was changed more than [`SETTLE_NS`] later, which proves that the tick was over before the file was opened. The
//! change time is used for this, since nobody can set it. The price: what was written last is opened once more by
//! the next reading; its text is compared, not parsed again.
//!
//! Whoever is told by the system which files were written need not have all of them looked at: then only those are asked
//! for, as long as they are plain files that were there before ([`Kept::renew`]). Anything else is looked at anew.

use std::{
    fs::{self, DirEntry, Metadata},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, ErrorKind, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::OFlags;

use super::{
    ReadError,
    git::head_commit,
    tree::{Content, DEPTH_LIMIT, FILE_LIMIT, Listed, Real, SIZE_LIMIT, Tree, may_be_yaml},
};
use crate::domain::{detail::Commit, text::clean_line};

/// How much later something else must have changed before a stamp is trusted: the coarsest clock of a file system.
const SETTLE_NS: i64 = 2_000_000_000;
/// How often a file that changes under the reader's hands is begun again.
const TRIES: usize = 3;
/// What stands where a file did not want to be read.
const CHANGING: &str = "it was written to while it was read; it is read again at the next change";

/// The files below a folder.
pub struct Folder {
    root: PathBuf,
    limit: usize,
    kept: Option<Kept>,
}

impl Folder {
    pub const fn new(root: PathBuf) -> Self {
        Self { root, limit: FILE_LIMIT, kept: None }
    }
}

/// The last list of a folder.
struct Kept {
    /// Where the root led.
    whole: PathBuf,
    /// Sorted by path.
    listed: Arc<Vec<Listed>>,
    /// Change time of each file that can be opened, by its index in `listed`, in nanoseconds.
    changed: Vec<(usize, i64)>,
}

impl Kept {
    /// Ask for these files alone. False when that is not enough: then nothing here is good any more.
    fn renew(&mut self, touched: &[PathBuf]) -> bool {
        // What lies elsewhere, or in `.git`, is not listed.
        let inside = touched.iter().filter_map(|path| path.strip_prefix(&self.whole).ok().map(|inside| (path, inside)));
        for (path, inside) in inside.filter(|(_, inside)| !inside.starts_with(".git")) {
            let Some(name) = inside.to_str().filter(|name| !name.is_empty() && !name.split('/').any(is_swapped)) else {
                return false;
            };
            let known = self.listed.binary_search_by(|listed| listed.path.as_str().cmp(name));
            match (fs::symlink_metadata(path), known) {
                (Ok(meta), Ok(index)) if meta.is_file() => {
                    let Ok(at) = self.changed.binary_search_by_key(&index, |(index, _)| *index) else { return false };
                    let listed = &mut Arc::make_mut(&mut self.listed)[index];
                    if !matches!(&listed.real, Real::File(real) if real == path) {
                        return false;
                    }
                    (listed.stamp, listed.len) = (stamp_of(&meta, path), meta.len());
                    self.changed[at].1 = changed_ns(&meta);
                }
                // It came and went; had it been a folder, its files would have been listed.
                (Err(e), Err(next)) if e.kind() == ErrorKind::NotFound => {
                    let within = |listed: &Listed| Path::new(&listed.path).starts_with(inside);
                    if self.listed.get(next).is_some_and(within) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
        settle(Arc::make_mut(&mut self.listed).as_mut_slice(), &self.changed);
        true
    }
}

/// How Kubernetes names what it swaps as a whole.
fn is_swapped(name: &str) -> bool {
    name.starts_with("..")
}

fn stamp_of(meta: &Metadata, real: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    (meta.len(), meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec(), meta.ino()).hash(&mut hasher);
    real.as_os_str().hash(&mut hasher);
    hasher.finish()
}

fn changed_ns(meta: &Metadata) -> i64 {
    meta.ctime().saturating_mul(1_000_000_000).saturating_add(meta.ctime_nsec())
}

/// Say of which files the stamp can be trusted.
fn settle(listed: &mut [Listed], changed: &[(usize, i64)]) {
    let newest = changed.iter().map(|(_, at)| *at).max().unwrap_or(i64::MIN);
    for (index, at) in changed {
        listed[*index].is_settled = at.saturating_add(SETTLE_NS) < newest;
    }
}

impl Tree for Folder {
    fn list(&mut self) -> Result<Arc<Vec<Listed>>, ReadError> {
        self.kept = None;
        let shown = || clean_line(&self.root.display().to_string()).into_owned();
        let unreadable = |e: io::Error| ReadError::Unreadable { path: shown(), reason: e.to_string() };
        match fs::metadata(&self.root) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(ReadError::Missing(shown())),
            Err(e) => return Err(unreadable(e)),
            Ok(meta) if !meta.is_dir() => return Err(ReadError::NotAFolder(shown())),
            Ok(_) => {}
        }
        // Asked each time: the root may be a link that is swapped.
        let whole = fs::canonicalize(&self.root).map_err(unreadable)?;
        fs::read_dir(&whole).map_err(unreadable)?;
        let mut walk =
            Walk { root: whole.clone(), listed: Vec::new(), changed: Vec::new(), seen: 0, limit: self.limit };
        walk.folder(&whole, "", 0, false);
        if walk.listed.is_empty() {
            return Err(ReadError::Empty(shown()));
        }
        let (listed, changed) = walk.done();
        let listed = Arc::new(listed);
        self.kept = Some(Kept { whole, listed: listed.clone(), changed });
        Ok(listed)
    }

    fn list_again(&mut self, touched: &[PathBuf]) -> Result<Arc<Vec<Listed>>, ReadError> {
        let whole = fs::canonicalize(&self.root).ok();
        if let Some(mut kept) = self.kept.take().filter(|kept| whole.as_ref() == Some(&kept.whole))
            && kept.renew(touched)
        {
            let listed = kept.listed.clone();
            self.kept = Some(kept);
            return Ok(listed);
        }
        self.list()
    }

    fn open(&mut self, listed: &Listed) -> Content {
        match &listed.real {
            Real::File(file) => open(&listed.path, || once(file)),
            Real::Blob(_) => Content::Unreadable("no file of this folder".to_owned()),
            Real::Closed(content) => content.clone(),
        }
    }

    fn commit(&self) -> Option<Commit> {
        head_commit(&self.root)
    }
}

struct Walk {
    root: PathBuf,
    listed: Vec<Listed>,
    /// Change time of each file that can be opened, by its index in `listed`.
    changed: Vec<(usize, i64)>,
    /// Files and folders, for the limit.
    seen: usize,
    limit: usize,
}

impl Walk {
    /// The files, and when those that can be opened changed; both by path.
    fn done(self) -> (Vec<Listed>, Vec<(usize, i64)>) {
        let mut changed: Vec<Option<i64>> = vec![None; self.listed.len()];
        for (index, at) in self.changed {
            changed[index] = Some(at);
        }
        let mut both: Vec<(Listed, Option<i64>)> = self.listed.into_iter().zip(changed).collect();
        both.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        let (mut listed, changed): (Vec<_>, Vec<_>) = both.into_iter().unzip();
        let changed = changed.into_iter().enumerate().filter_map(|(index, at)| Some((index, at?))).collect::<Vec<_>>();
        settle(&mut listed, &changed);
        (listed, changed)
    }

    fn put(&mut self, path: String, content: Content) {
        self.listed.push(Listed::closed(path, content));
    }

    fn fault(&mut self, path: &str, why: impl Into<String>) {
        self.put(path.trim_end_matches('/').to_owned(), Content::Unreadable(why.into()));
    }

    fn file(&mut self, path: String, real: PathBuf, meta: &Metadata) {
        self.changed.push((self.listed.len(), changed_ns(meta)));
        let stamp = stamp_of(meta, &real);
        self.listed.push(Listed { path, real: Real::File(real), stamp, is_settled: false, len: meta.len() });
    }

    /// `is_linked`: this folder was reached by a link, so no further link to a folder is followed.
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize, is_linked: bool) {
        if depth > DEPTH_LIMIT {
            return self.fault(prefix, format!("folders nested deeper than {DEPTH_LIMIT}"));
        }
        let room = self.limit.saturating_sub(self.seen) + 1;
        let entries = fs::read_dir(folder).and_then(|all| all.take(room).collect::<io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(e) => return self.fault(prefix, e.to_string()),
        };
        entries.sort_by_cached_key(DirEntry::file_name);
        for entry in entries {
            if self.seen >= self.limit {
                // Said once, where it was noticed; nothing is left out silently.
                if self.seen == self.limit {
                    self.seen += 1;
                    self.fault(".", format!("more than {} files and folders; the rest was not read", self.limit));
                }
                return;
            }
            self.seen += 1;
            self.entry(&entry, prefix, depth, is_linked);
        }
    }

    fn entry(&mut self, entry: &DirEntry, prefix: &str, depth: usize, is_linked: bool) {
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        let clean = clean_line(&shown);
        let is_odd = name.to_str() != Some(&*clean);
        let path = format!("{prefix}{clean}");
        match entry.file_type() {
            Err(e) => self.fault(&path, e.to_string()),
            // `..2024_01_01` and `..data` are how Kubernetes swaps the files of a mounted ConfigMap.
            Ok(kind) if kind.is_dir() && (name == ".git" || shown.starts_with("..")) => {}
            // Two such names may look the same, and then nobody knows which file is meant.
            Ok(kind) if is_odd && (kind.is_dir() || may_be_yaml(&path)) => {
                self.fault(&path, "its name is not plain text; rename it");
            }
            Ok(kind) if kind.is_dir() => self.folder(&entry.path(), &format!("{path}/"), depth + 1, is_linked),
            Ok(kind) if kind.is_symlink() => self.link(&entry.path(), path, depth, is_linked),
            Ok(kind) if kind.is_file() && may_be_yaml(&path) => match entry.metadata() {
                Ok(meta) => self.file(path, entry.path(), &meta),
                Err(e) => self.fault(&path, e.to_string()),
            },
            // Sockets, pipes, devices: opening one could wait for ever.
            Ok(kind) if !kind.is_file() && may_be_yaml(&path) => {
                self.fault(&path, "it is named like a file, but is a pipe, socket or device");
            }
            Ok(_) => self.put(path, Content::NotYaml),
        }
    }

    fn link(&mut self, link: &Path, path: String, depth: usize, is_linked: bool) {
        let name = path.rsplit('/').next().unwrap_or(&path);
        // It may stand for a folder of files that would be missed; an editor's lock (`.#a.yaml`) stands for nothing.
        let matters = !name.starts_with(".#") && (may_be_yaml(name) || !name.trim_start_matches('.').contains('.'));
        let is_mount = |target: &Path| {
            target
                .strip_prefix(&self.root)
                .is_ok_and(|inside| inside.components().any(|c| c.as_os_str().as_encoded_bytes().starts_with(b"..")))
        };
        let target = match fs::canonicalize(link) {
            Err(_) if name.starts_with("..") => return,
            Err(e) if matters => return self.fault(&path, format!("link leads nowhere ({e})")),
            Err(_) => return self.put(path, Content::NotYaml),
            Ok(target) => target,
        };
        // `..data` itself: its files are met by their own links.
        if name.starts_with("..") && target.starts_with(&self.root) {
            return;
        }
        let meta = fs::symlink_metadata(&target);
        let (is_file, is_folder) = meta.as_ref().map_or((false, false), |m| (m.is_file(), m.is_dir()));
        if !target.starts_with(&self.root) {
            if is_folder || matters {
                self.fault(&path, "link leads out of the repository");
            } else {
                self.put(path, Content::NotYaml);
            }
        } else if !is_mount(&target) {
            // Inside the root it is read where it lies.
            if is_folder && link.starts_with(&target) {
                self.fault(&path, "link leads back to a folder that it lies in");
            } else if is_file {
                self.put(path, Content::NotYaml);
            }
        } else if is_folder && is_linked {
            self.fault(&path, "link to a folder inside a linked folder");
        } else if is_folder {
            self.folder(&target, &format!("{path}/"), depth + 1, true);
        } else if let (true, true, Ok(meta)) = (is_file, may_be_yaml(&path), &meta) {
            self.file(path, target, meta);
        } else {
            self.put(path, Content::NotYaml);
        }
    }
}

/// The content of a file that holds still while it is read.
fn open(path: &str, mut once: impl FnMut() -> io::Result<Option<Vec<u8>>>) -> Content {
    for _ in 0..TRIES {
        match once() {
            Ok(Some(bytes)) => return Content::of(path, bytes),
            Ok(None) => {}
            Err(e) => return Content::Unreadable(e.to_string()),
        }
    }
    Content::Unreadable(CHANGING.to_owned())
}

/// The first bytes of a file; none when it was written to meanwhile.
fn once(file: &Path) -> io::Result<Option<Vec<u8>>> {
    // Since it was listed, a pipe or a link may have come in its place: neither is waited for or followed.
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let mut opened = fs::OpenOptions::new().read(true).custom_flags(flags).open(file)?;
    let before = opened.metadata()?;
    if !before.is_file() {
        return Err(io::Error::other("it is no longer a file"));
    }
    let room = usize::try_from(before.len().min(SIZE_LIMIT) + 1).unwrap_or(0);
    let mut bytes = Vec::with_capacity(room);
    Read::by_ref(&mut opened).take(SIZE_LIMIT + 1).read_to_end(&mut bytes)?;
    let after = opened.metadata()?;
    let sign = |m: &Metadata| (m.len(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
    Ok((sign(&before) == sign(&after)).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_while_it_is_read_is_begun_again_and_then_given_up() {
        let mut tries = vec![Ok(Some(b"a: 1\n".to_vec())), Ok(None), Ok(None)];
        assert_eq!(open("a.yaml", || tries.pop().unwrap()), Content::Text("a: 1\n".to_owned()));
        let mut asked = 0;
        let content = open("a.yaml", || {
            asked += 1;
            Ok(None)
        });
        assert_eq!((content, asked), (Content::Unreadable(CHANGING.to_owned()), TRIES));
    }

    #[test]
    fn a_link_or_pipe_that_took_the_place_of_a_file_is_not_opened() {
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("a.yaml"), root.path().join("b.yaml"));
        fs::write(&file, "a: 1\n").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(once(&file).unwrap().unwrap(), b"a: 1\n");
        assert!(once(&link).is_err());
        fs::remove_file(&file).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RWXU).unwrap();
        assert!(once(&file).is_err(), "nobody writes into it, and nobody waits for that");
    }

    #[test]
    fn a_list_that_is_told_what_changed_is_the_list_that_looks_at_everything() {
        let root = tempfile::tempdir().unwrap();
        let whole = root.path().canonicalize().unwrap();
        let at = |name: &str| whole.join(name);
        for name in ["a.yaml", "b/c.yaml", "b/d.yaml", "notes.md"] {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), "a: 1\n").unwrap();
        }
        let mut folder = Folder::new(root.path().to_owned());
        let said = |listed: &[Listed]| -> Vec<(String, u64, u64)> {
            listed.iter().map(|l| (l.path.clone(), l.stamp, l.len)).collect()
        };
        let first = said(&folder.list().unwrap());
        let mut same = |touched: &[&str]| {
            let touched: Vec<PathBuf> = touched.iter().map(|name| at(name)).collect();
            let told = said(&folder.list_again(&touched).unwrap());
            assert_eq!(told, said(&Folder::new(root.path().to_owned()).list().unwrap()), "{touched:?}");
            told
        };
        fs::write(at("b/c.yaml"), "a: 12\n").unwrap();
        assert_ne!(same(&["b/c.yaml"]), first);
        // As editors do: beside it, then over it.
        fs::write(at("b/.c.new"), "a: 123\n").unwrap();
        fs::rename(at("b/.c.new"), at("b/c.yaml")).unwrap();
        same(&["b/.c.new", "b/c.yaml", ".git/index"]);
        fs::write(at("b/new.yaml"), "a: 1\n").unwrap();
        same(&["b/new.yaml"]);
        fs::remove_file(at("a.yaml")).unwrap();
        same(&["a.yaml"]);
        fs::rename(at("b"), at("e")).unwrap();
        same(&["b", "e"]);
        fs::remove_dir_all(at("e")).unwrap();
        same(&["e"]);
        // Nothing changed but what nobody told: that is taken on trust.
        fs::write(at("notes.yaml"), "a: 1\n").unwrap();
        assert_eq!(folder.list_again(&[]).unwrap().len(), 1);
    }

    #[test]
    fn past_the_limit_a_fault_says_so_and_nothing_more_is_listed() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..9 {
            fs::create_dir(root.path().join(format!("{number}"))).unwrap();
            fs::write(root.path().join(format!("{number}/a.yaml")), "a: 1\n").unwrap();
        }
        let listed = Folder { limit: 7, ..Folder::new(root.path().to_owned()) }.list().unwrap();
        let paths: Vec<&str> = listed.iter().map(|l| l.path.as_str()).collect();
        // Which ones is the system's choice: it lists a folder in its own order.
        assert_eq!((paths[0], paths.len()), (".", 4), "{paths:?}");
        assert!(paths.is_sorted() && paths[1..].iter().all(|p| p.ends_with("/a.yaml")), "{paths:?}");
        assert!(matches!(&listed[0].real, Real::Closed(Content::Unreadable(why)) if why.contains("more than 7")));
    }

    #[test]
    fn a_stamp_is_trusted_only_when_something_else_changed_much_later() {
        let list = |times: [i64; 3]| -> Vec<bool> {
            let mut walk = Walk { root: PathBuf::new(), listed: Vec::new(), changed: Vec::new(), seen: 0, limit: 9 };
            for (index, at) in times.into_iter().enumerate() {
                walk.changed.push((index, at));
                walk.listed.push(Listed {
                    real: Real::File(PathBuf::new()),
                    ..Listed::closed(index.to_string(), Content::NotYaml)
                });
            }
            walk.done().0.iter().map(|l| l.is_settled).collect()
        };
        assert_eq!(list([0, 1, 2]), [false, false, false], "a checkout a moment ago");
        assert_eq!(list([0, SETTLE_NS, SETTLE_NS + 1]), [true, false, false]);
    }
}
