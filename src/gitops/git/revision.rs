//! The files of one commit as a [`Tree`]: three processes for a reading, however many files there are.
//!
//! It says what a checked-out folder would say: the same limits, the same names, links followed inside the tree only.
//! Sub-modules are listed and left alone.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    super::{
        ReadError,
        tree::{Content, DEPTH_LIMIT, FILE_LIMIT, Listed, Real, SIZE_LIMIT, Tree, may_be_yaml},
    },
    archive::Archive,
    blobs::{Blob, Blobs},
    door::Failure,
};
use crate::domain::{detail::Commit, text::clean_line};

/// Links on the way to one file.
const HOPS: usize = 40;
/// Longest target of a link.
const TARGET_LIMIT: u64 = 4096;

/// Which revision is read next; it can be changed between two readings.
pub type Wanted = Arc<Mutex<String>>;

/// The files of one commit.
pub struct Revision {
    archive: Arc<Archive>,
    wanted: Wanted,
    commit: Option<Commit>,
    blobs: Blobs,
}

/// An entry of `ls-tree`.
struct Entry {
    path: String,
    /// Whether its name is other than what it is shown as.
    is_odd: bool,
    mode: Mode,
    id: String,
    len: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    File,
    Link,
    Module,
}

impl Revision {
    /// The commit that `wanted` names whenever it is read.
    pub fn new(archive: Arc<Archive>, wanted: Wanted) -> Self {
        let blobs = Blobs::new(archive.git.clone(), archive.at.clone());
        Self { archive, wanted, commit: None, blobs }
    }

    fn entries(&self, commit: &Commit) -> Result<Vec<Entry>, ReadError> {
        let archive = &self.archive;
        let prefix = archive.prefix().map_err(|e| archive.unreadable(&e))?.trim_end_matches('/');
        let tree = format!("{}:{prefix}", commit.id);
        let args = ["ls-tree", "-r", "-z", "--long", "--full-tree", tree.as_str()];
        let bytes = archive.git.ask(&archive.at, &args).map_err(|failure| match failure {
            Failure::Said(said) if said.contains("Not a valid object name") && !prefix.is_empty() => {
                ReadError::Missing(clean_line(&format!("{prefix} at {}", commit.id)).into_owned())
            }
            failure => archive.unreadable(&archive.judged(failure)),
        })?;
        Ok(bytes.split(|b| *b == 0).filter_map(entry).collect())
    }
}

/// `mode kind id size\tpath`.
fn entry(line: &[u8]) -> Option<Entry> {
    let tab = line.iter().position(|b| *b == b'\t')?;
    let head = String::from_utf8_lossy(&line[..tab]);
    let mut words = head.split_ascii_whitespace();
    let (mode, _, id, len) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let mode = match mode {
        "120000" => Mode::Link,
        "160000" => Mode::Module,
        _ => Mode::File,
    };
    let name = String::from_utf8_lossy(&line[tab + 1..]);
    let path = clean_line(&name).into_owned();
    Some(Entry {
        is_odd: path.as_bytes() != &line[tab + 1..],
        path,
        mode,
        id: id.to_owned(),
        len: len.parse().unwrap_or(0),
    })
}

impl Tree for Revision {
    fn list(&mut self) -> Result<Arc<Vec<Listed>>, ReadError> {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let commit = self.archive.read_commit(&wanted)?;
        let entries = self.entries(&commit)?;
        self.commit = Some(commit);
        let links: Vec<&Entry> = entries.iter().filter(|e| e.mode == Mode::Link).collect();
        let mut ways = if links.is_empty() { Ways::default() } else { Ways::of(&entries) };
        let mut listed = Vec::with_capacity(entries.len());
        let mut deep = BTreeSet::new();
        for entry in entries.iter().take(FILE_LIMIT) {
            listed.extend(self.listed(entry, &mut ways, &mut deep));
        }
        if entries.len() > FILE_LIMIT {
            let why = format!("more than {FILE_LIMIT} files; the rest was not read");
            listed.push(Listed::closed(".".to_owned(), Content::Unreadable(why)));
        }
        if listed.is_empty() {
            return Err(ReadError::Empty(format!("{} at {wanted}", self.archive.shown)));
        }
        listed.sort_by(|a, b| a.path.cmp(&b.path));
        // Odd names may look the same.
        listed.dedup_by(|a, b| a.path == b.path);
        Ok(Arc::new(listed))
    }

    fn open(&mut self, listed: &Listed) -> Content {
        let Real::Blob(id) = &listed.real else {
            return Content::Unreadable("no file of this commit".to_owned());
        };
        match self.blobs.read(id, SIZE_LIMIT) {
            Ok(Blob::Whole(bytes) | Blob::Cut(bytes)) => Content::of(&listed.path, bytes),
            Ok(Blob::Missing) => Content::Unreadable("its content is missing from the repository".to_owned()),
            Err(failure) => Content::Unreadable(failure.sentence()),
        }
    }

    fn commit(&self) -> Option<Commit> {
        self.commit.clone()
    }
}

impl Revision {
    fn listed(&mut self, entry: &Entry, ways: &mut Ways, deep: &mut BTreeSet<String>) -> Option<Listed> {
        let path = entry.path.as_str();
        let fault = |why: &str| Some(Listed::closed(path.to_owned(), Content::Unreadable(why.to_owned())));
        let folders = || path.split('/').rev().skip(1);
        // Folders of a mounted ConfigMap, as they were committed; what they hold is met by links.
        if folders().any(|folder| folder == ".git" || folder.starts_with("..")) {
            return None;
        }
        if let Some((at, _)) = path.match_indices('/').nth(DEPTH_LIMIT) {
            let why = Content::Unreadable(format!("folders nested deeper than {DEPTH_LIMIT}"));
            return deep.insert(path[..at].to_owned()).then(|| Listed::closed(path[..at].to_owned(), why));
        }
        let is_yaml = may_be_yaml(path);
        match entry.mode {
            _ if entry.is_odd && is_yaml => fault("its name is not plain text; rename it"),
            Mode::Link => self.link(entry, ways),
            Mode::File if is_yaml => Some(opened(path, &entry.id, entry.len)),
            Mode::File | Mode::Module => Some(Listed::closed(path.to_owned(), Content::NotYaml)),
        }
    }

    /// A link stands for nothing but itself, unless it leads into the folders of a mounted ConfigMap.
    fn link(&mut self, entry: &Entry, ways: &mut Ways) -> Option<Listed> {
        let path = entry.path.as_str();
        let name = path.rsplit('/').next().unwrap_or(path);
        let matters = !name.starts_with(".#") && (may_be_yaml(name) || !name.trim_start_matches('.').contains('.'));
        let closed = |content| Some(Listed::closed(path.to_owned(), content));
        let fault = |why: &str| closed(Content::Unreadable(why.to_owned()));
        let is_mount = |target: &str| target.split('/').any(|part| part.starts_with(".."));
        match ways.follow(path, &mut self.blobs) {
            End::Nowhere | End::Folder(_) if name.starts_with("..") => None,
            End::Nowhere if matters => fault("link leads nowhere"),
            End::Outside if matters => fault("link leads out of the repository"),
            End::Nowhere | End::Outside => closed(Content::NotYaml),
            End::File { path: target, id, len } if is_mount(&target) && may_be_yaml(path) => {
                Some(opened(path, &id, len))
            }
            End::File { .. } => closed(Content::NotYaml),
            End::Folder(target) if is_mount(&target) => {
                fault("link to a folder; in a commit only links to files are followed")
            }
            End::Folder(_) => None,
        }
    }
}

fn opened(path: &str, id: &str, len: u64) -> Listed {
    let stamp = id.get(..16).and_then(|head| u64::from_str_radix(head, 16).ok()).unwrap_or(0);
    Listed { path: path.to_owned(), real: Real::Blob(id.to_owned()), stamp, is_settled: true, len }
}

/// What links may lead to: every file and folder of the tree.
#[derive(Default)]
struct Ways {
    files: HashMap<String, (Mode, String, u64)>,
    folders: BTreeSet<String>,
}

/// Where a link leads.
enum End {
    Nowhere,
    Outside,
    File { path: String, id: String, len: u64 },
    Folder(String),
}

impl Ways {
    fn of(entries: &[Entry]) -> Self {
        let mut ways = Self::default();
        for entry in entries {
            for (at, _) in entry.path.match_indices('/') {
                ways.folders.insert(entry.path[..at].to_owned());
            }
            ways.files.insert(entry.path.clone(), (entry.mode, entry.id.clone(), entry.len));
        }
        ways
    }

    /// Follow the path step by step, and every link on the way.
    fn follow(&mut self, from: &str, blobs: &mut Blobs) -> End {
        let mut rest: VecDeque<String> = from.split('/').map(ToOwned::to_owned).collect();
        let mut at: Vec<String> = Vec::new();
        let mut hops = 0;
        while let Some(step) = rest.pop_front() {
            match step.as_str() {
                "" | "." => continue,
                ".." => {
                    if at.pop().is_none() {
                        return End::Outside;
                    }
                    continue;
                }
                _ => at.push(step),
            }
            let here = at.join("/");
            match self.files.get(&here) {
                Some((Mode::Link, id, _)) => {
                    hops += 1;
                    let Some(target) = target(id, blobs).filter(|_| hops <= HOPS) else {
                        return End::Nowhere;
                    };
                    if target.starts_with('/') {
                        return End::Outside;
                    }
                    at.pop();
                    for step in target.rsplit('/') {
                        rest.push_front(step.to_owned());
                    }
                }
                Some((Mode::File, id, len)) if rest.is_empty() => {
                    return End::File { path: here, id: id.clone(), len: *len };
                }
                Some(_) => return End::Nowhere,
                None if self.folders.contains(&here) => {}
                None => return End::Nowhere,
            }
        }
        End::Folder(at.join("/"))
    }
}

fn target(id: &str, blobs: &mut Blobs) -> Option<String> {
    match blobs.read(id, TARGET_LIMIT) {
        Ok(Blob::Whole(bytes)) => String::from_utf8(bytes).ok(),
        _ => None,
    }
}
