//! Reads a repository again and again; what did not change is neither opened nor parsed again.
//!
//! A reading lists the files, takes what the last one knew of those whose stamp is the same, opens and parses the
//! rest, and then puts everything together anew. So it always gives what a first reading would give.
//!
//! Start at [`Reader::read`].

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    iter::Peekable,
    path::PathBuf,
    sync::Arc,
    vec::IntoIter,
};

use super::{
    ReadError, ReadOptions, agent, applications, check, cronjobs,
    file::{Charts, File, digest},
    layers,
    notes::Notes,
    portal, providers,
    recognise::{self, Chart, Documents, Kind},
    redact,
    services::{self, Draft},
    shown,
    source::Source,
    threads, ticketing,
    tree::{Content, Listed, Real, SIZE_LIMIT, Tree},
    values,
};
use crate::domain::{
    gitops::{Declared, Fault, FileEntry, Recognised, Registry, Release, Repository, SourceFile, Thing, state::Key},
    hierarchy::ServicePath,
};

/// Bytes of all files that are opened; a fault says so for each file past it.
const TOTAL_LIMIT: u64 = 512 * 1024 * 1024;
/// A file is large, and all of them move at each reading.
#[allow(clippy::vec_box)]
type Files = Vec<Box<File>>;

/// Reads one source whenever it is asked to.
pub struct Reader {
    tree: Box<dyn Tree>,
    options: ReadOptions,
    /// Learns every secret that is read, so that no commit of it can tell one.
    source: Option<Source>,
    /// Of the last reading, sorted by path.
    files: Files,
    /// Indexes that no file has any more.
    free: Vec<usize>,
    /// One more than the highest index ever given.
    next: usize,
    /// Stamp of what was read last.
    looked: Option<u64>,
    /// Paths of the services that were read last, sorted.
    order: Vec<ServicePath>,
}

impl Reader {
    /// A reader that has read nothing yet.
    pub fn new(source: Source, options: ReadOptions) -> Self {
        let tree = source.tree();
        Self { source: Some(source), ..Self::over(tree, options) }
    }

    /// A reader of any files.
    pub(crate) const fn over(tree: Box<dyn Tree>, options: ReadOptions) -> Self {
        Self {
            tree,
            options,
            source: None,
            files: Vec::new(),
            free: Vec::new(),
            next: 0,
            looked: None,
            order: Vec::new(),
        }
    }

    /// Read the repository as it is now. Everything that is wrong inside comes back as faults.
    ///
    /// # Errors
    /// Only when the root itself is missing, not a folder, unreadable or without any file: then nothing is known, and
    /// nothing may be concluded from it. The reader stays usable.
    pub fn read(&mut self) -> Result<Repository, ReadError> {
        let listed = self.tree.list()?;
        Ok(self.read_listed(&listed))
    }

    /// The same, when nothing but these files changed since the last reading: whoever watches the folder is told which.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_again(&mut self, touched: &[PathBuf]) -> Result<Repository, ReadError> {
        let listed = self.tree.list_again(touched)?;
        Ok(self.read_listed(&listed))
    }

    /// A number that changes when a file comes, goes or is written, or a commit is made. Nothing is opened.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn look(&mut self) -> Result<u64, ReadError> {
        let listed = self.tree.list()?;
        Ok(self.stamp(&listed))
    }

    /// The same of what was read last; none before the first reading.
    pub const fn last_look(&self) -> Option<u64> {
        self.looked
    }

    fn stamp(&self, listed: &[Listed]) -> u64 {
        let mut hasher = DefaultHasher::new();
        for listed in listed {
            // A stamp tells the path too; what is not opened has none.
            match &listed.real {
                Real::Closed(_) => listed.path.hash(&mut hasher),
                _ => listed.stamp.hash(&mut hasher),
            }
        }
        self.tree.commit().map(|commit| commit.id).hash(&mut hasher);
        hasher.finish()
    }

    fn read_listed(&mut self, listed: &[Listed]) -> Repository {
        self.looked = Some(self.stamp(listed));
        self.renew(listed);
        let mut paths: Vec<Arc<str>> = vec![Arc::from(""); self.next];
        for file in &self.files {
            paths[file.id] = file.path.clone();
        }
        let mut notes = Notes::new(paths);
        let files = &mut self.files;
        for file in files.iter_mut() {
            file.begin(&mut notes);
        }
        recognise::mark(files);
        for file in files.iter_mut().filter(|f| f.is_ours) {
            file.leave_out_duplicates(&mut notes);
        }
        threads::each(files.iter_mut().filter(|f| f.is_to_work()).collect(), |file, ()| file.work());
        let known = redact::Known::of(files);
        let (registry, releases, shown) = declare(files, &self.options, &known, &mut self.order, &mut notes);
        for file in files.iter_mut().filter(|f| notes.is_broken(f.id) && f.is_ours) {
            file.otherwise = Recognised::Broken;
        }
        let (noted, sources) = threads::both(|| notes.sorted(&known), || sources(files, &known));
        let commit = self.tree.commit();
        let mut repository = Repository {
            revision: commit.as_ref().map(|commit| commit.id.to_string()),
            commit,
            files: entries(files, &sources),
            sources,
            declared: noted.declared,
            faults: noted.faults,
            registry,
            releases,
            shown,
        };
        if let Some(source) = &self.source {
            source.learn(&known);
            repository.commit = repository.commit.map(|commit| source.safe(commit));
        }
        hand_over(&mut repository.sources, &repository.faults, noted.by_place);
        known.hide_in(&mut repository);
        repository
    }

    /// Bring the files up to date with the list.
    fn renew(&mut self, listed: &[Listed]) {
        let charts = Charts::of(listed.iter().map(|l| l.path.as_str()));
        let mut before = std::mem::take(&mut self.files).into_iter().peekable();
        let mut total = 0;
        let mut stale = Vec::new();
        let mut files = Vec::with_capacity(listed.len());
        for listed in listed {
            let known = self.same_path(&mut before, &listed.path);
            let is_template = charts.hold(&listed.path);
            let known = known.filter(|file| file.is_template == is_template || self.let_go(file.id));
            if matches!(listed.real, Real::File(_) | Real::Blob(_)) {
                total += listed.len.min(SIZE_LIMIT);
            }
            let is_past = total > TOTAL_LIMIT;
            match known {
                Some(file) if file.stamp == Some(listed.stamp) && !is_past => files.push(Some(file)),
                known => {
                    files.push(None);
                    let id = known.as_ref().map_or_else(|| self.free_id(), |file| file.id);
                    stale.push(Stale { index: files.len() - 1, listed, known, id, is_template, is_past });
                }
            }
        }
        self.free.extend(before.map(|file| file.id));
        for (index, file) in renewed(&mut *self.tree, stale) {
            files[index] = Some(file);
        }
        self.files = files.into_iter().flatten().collect();
    }

    /// The file of this path, if the last reading had one; lets go of those that are gone.
    fn same_path(&mut self, before: &mut Peekable<IntoIter<Box<File>>>, path: &str) -> Option<Box<File>> {
        while let Some(gone) = before.next_if(|file| *file.path < *path) {
            self.free.push(gone.id);
        }
        before.next_if(|file| *file.path == *path)
    }

    /// Gives an index back; never keeps the file.
    fn let_go(&mut self, id: usize) -> bool {
        self.free.push(id);
        false
    }

    fn free_id(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

/// A file that is new, changed or not to be trusted.
struct Stale<'l> {
    index: usize,
    listed: &'l Listed,
    known: Option<Box<File>>,
    id: usize,
    is_template: bool,
    is_past: bool,
}

impl Stale<'_> {
    /// Parse it, unless its content is the one that is known.
    fn settle(self, content: Content) -> (usize, Box<File>) {
        // What could not be read may be readable the next time under the same stamp.
        let is_known = !self.is_past && !matches!(content, Content::Unreadable(_));
        let mut file = match self.known {
            Some(file) if file.digest == digest(&content) => file,
            _ => Box::new(File::new(self.id, self.listed.path.as_str().into(), content, self.is_template)),
        };
        file.stamp = Some(self.listed.stamp).filter(|_| self.listed.is_settled && is_known);
        (self.index, file)
    }
}

/// Open and parse: one thread opens while the others parse.
fn renewed(tree: &mut dyn Tree, stale: Vec<Stale<'_>>) -> Vec<(usize, Box<File>)> {
    threads::fed(stale, |stale| opened(tree, stale), |stale, content| stale.settle(content))
}

fn opened(tree: &mut dyn Tree, stale: &Stale<'_>) -> Content {
    match &stale.listed.real {
        Real::Closed(content) => content.clone(),
        _ if stale.is_past => {
            Content::Unreadable(format!("the files before it hold {} MiB already", TOTAL_LIMIT / 1024 / 1024))
        }
        _ => tree.open(stale.listed),
    }
}

/// What was declared, and what is only shown.
type Read = (Registry, Vec<Release>, BTreeMap<Key, Thing>);

/// Read every kind, then look across them.
fn declare(
    files: &[Box<File>],
    options: &ReadOptions,
    known: &redact::Known,
    order: &mut Vec<ServicePath>,
    notes: &mut Notes,
) -> Read {
    let documents = Documents::new(files);
    let mut registry = Registry::default();
    let mut gallery = shown::Gallery::default();
    let jobs = cronjobs::read_all(&documents, notes);
    gallery.jobs(&jobs, notes);
    let applications: Vec<_> = documents.of(Kind::Application).map(|d| applications::read(d.node, notes)).collect();
    gallery.applications(&applications, notes);
    let releases = layers::releases(&documents, &applications, options, notes);
    let agents = agent::read_all(&releases, notes);
    let portal = layers::pick(Chart::Portal, &releases, options, notes);
    let targets = portal.map(|portal| portal::read(portal, notes)).unwrap_or_default();
    registry.sla_groups = portal::folded(&agents, targets, notes);
    let core = layers::pick(Chart::Core, &releases, options, notes);
    gallery.values(&releases, &[core, portal], notes);
    let providers = core.map(|core| providers::read(core, options, notes)).unwrap_or_default();
    let shadowed = values::check(&releases, options, notes);
    values::plain_secrets(files, &shadowed, notes);
    let drafts: Vec<&Draft> = files.iter().flat_map(|file| file.services(notes)).collect();
    let (drafts, places) = services::register(&mut registry, drafts.into_iter(), &agents, &jobs, known, order, notes);
    portal::brought_without_agent(&mut registry, &agents);
    check::services(&mut registry, &drafts, places, &jobs, notes);
    check::groups(&registry, &jobs, notes);
    let drafts = ticketing::read(&registry, core, &documents, notes);
    check::ticketing(&mut registry, drafts, notes);
    check::providers(&mut registry, providers, notes);
    (registry, releases.into_iter().map(|r| r.release).collect(), gallery.into_things())
}

fn sources(files: &mut [Box<File>], known: &redact::Known) -> BTreeMap<Arc<str>, SourceFile> {
    let digest = known.digest();
    files
        .iter_mut()
        .filter(|f| f.recognised() == Recognised::Ours)
        .map(|file| {
            let (path, lines) = (file.path.clone(), file.lines(known, digest));
            (path.clone(), SourceFile { path, lines, faults: Vec::new(), declared: Vec::new() })
        })
        .collect()
}

fn entries(files: &[Box<File>], sources: &BTreeMap<Arc<str>, SourceFile>) -> Vec<FileEntry> {
    // Both are in order of their paths.
    let mut sources = sources.values().peekable();
    let mut entry = |file: &File| {
        let source = sources.next_if(|source| source.path == file.path);
        let lines = source.map_or(0, |s| u32::try_from(s.lines.len()).unwrap_or(u32::MAX));
        FileEntry { path: file.path.clone(), recognised: file.recognised(), lines }
    };
    files.iter().map(|file| entry(file)).collect()
}

/// Hand what was noted to the files it stands in.
fn hand_over(sources: &mut BTreeMap<Arc<str>, SourceFile>, faults: &[Fault], by_place: Vec<Arc<Declared>>) {
    for fault in faults {
        if let Some(source) = sources.get_mut(&fault.place.file) {
            source.faults.push(fault.clone());
        }
    }
    // Most things stand in files of their own, so going along both in order is quicker than looking each up.
    let mut by_place = by_place.into_iter().peekable();
    for source in sources.values_mut() {
        while by_place.next_if(|declared| declared.place.file < source.path).is_some() {}
        while let Some(declared) = by_place.next_if(|declared| declared.place.file == source.path) {
            source.declared.push(declared);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::domain::{detail::Commit, gitops::FaultCode};

    /// A list of files of which every second one has gone when it is opened.
    struct Vanishing {
        opened: Arc<AtomicUsize>,
        is_settled: bool,
        gone: bool,
    }

    impl Tree for Vanishing {
        fn list(&mut self) -> Result<Arc<Vec<Listed>>, ReadError> {
            let listed = (0..40).map(|n| {
                let path = format!("s/{n:02}/it-ops.yaml");
                Listed { real: Real::Blob(path.clone()), path, stamp: 1, is_settled: self.is_settled, len: 1 }
            });
            Ok(Arc::new(listed.collect()))
        }

        fn open(&mut self, listed: &Listed) -> Content {
            self.opened.fetch_add(1, Ordering::Relaxed);
            let number: usize = listed.path[2..4].parse().unwrap();
            if self.gone && number % 2 == 1 {
                return Content::Unreadable("No such file or directory".to_owned());
            }
            Content::Text(format!("path: acme/shop/prod/eu-1/s{number}\nworkload: {{name: x}}\n"))
        }

        fn commit(&self) -> Option<Commit> {
            None
        }
    }

    fn reader(is_settled: bool, gone: bool) -> (Reader, Arc<AtomicUsize>) {
        let opened = Arc::new(AtomicUsize::new(0));
        let tree = Vanishing { opened: opened.clone(), is_settled, gone };
        (Reader::over(Box::new(tree), ReadOptions::default()), opened)
    }

    #[test]
    fn files_that_vanish_between_list_and_open_are_faults_each() {
        let (mut reader, _) = reader(true, true);
        let repository = reader.read().unwrap();
        assert_eq!(repository.registry.services.len(), 20);
        assert_eq!(repository.faults.len(), 20);
        assert!(repository.faults.iter().all(|f| f.code == FaultCode::Unreadable));
        assert_eq!(reader.read().unwrap(), repository);
    }

    #[test]
    fn what_did_not_change_is_not_opened_again_and_what_could_not_be_read_is() {
        let (mut whole, opened) = reader(true, false);
        let first = whole.read().unwrap();
        assert_eq!(whole.read().unwrap(), first);
        assert_eq!(opened.load(Ordering::Relaxed), 40);
        let (mut partly, opened) = reader(true, true);
        partly.read().unwrap();
        partly.read().unwrap();
        assert_eq!(opened.load(Ordering::Relaxed), 60);
    }

    #[test]
    fn a_stamp_that_cannot_be_trusted_is_opened_again() {
        let (mut reader, opened) = reader(false, false);
        let first = reader.read().unwrap();
        assert_eq!(reader.read().unwrap(), first);
        assert_eq!(opened.load(Ordering::Relaxed), 80);
    }

    #[test]
    fn files_past_the_total_are_faults_and_not_opened() {
        let mut tree = Vanishing { opened: Arc::default(), is_settled: true, gone: false };
        let mut listed = tree.list().unwrap().to_vec();
        for one in &mut listed {
            one.len = TOTAL_LIMIT;
        }
        // Only its first part would be read.
        let room = usize::try_from(TOTAL_LIMIT / SIZE_LIMIT).unwrap();
        assert!(listed.len() < room);
        let mut many = listed.clone();
        while many.len() < room + 3 {
            let path = format!("t/{:05}/it-ops.yaml", many.len());
            many.push(Listed { path: path.clone(), real: Real::Closed(Content::NotYaml), ..listed[0].clone() });
        }
        for one in &mut many[40..] {
            one.real = Real::Blob("s/00".to_owned());
        }
        let (mut reader, opened) = reader(true, false);
        reader.renew(&many);
        let past = reader.files.iter().filter(|f| f.stamp.is_none()).count();
        assert_eq!((past, opened.load(Ordering::Relaxed)), (3, room));
    }
}
