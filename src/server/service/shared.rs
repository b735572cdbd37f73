//! What readers see: only what is committed.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, PoisonError, RwLock as PlainLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{RwLock, broadcast};

use super::{
    books::{Books, Lines},
    sla::Roster,
};
use crate::domain::{
    change::{Change, Seq},
    detail::DeclaredIndex,
    estate::Estate,
    gitops::{SourceFile, State},
    health::Status,
    hierarchy::ServicePath,
    sla::Measured,
    time::Timestamp,
};

/// How many of the newest changes are kept in memory.
const TAIL_LENGTH: usize = 8_192;
/// How far a subscriber may fall behind before he has to ask the log.
const STREAM_LENGTH: usize = 16_384;

/// The committed picture.
pub struct Shared {
    /// Names the log.
    pub epoch: String,
    /// Everything that is live.
    pub estate: RwLock<Estate>,
    seq: AtomicU64,
    books: PlainLock<Books>,
    tail: PlainLock<VecDeque<Arc<Change>>>,
    stream: broadcast::Sender<Arc<Change>>,
    reading: PlainLock<Reading>,
    state: PlainLock<Arc<State>>,
}

/// What the newest reading brought, for those who look at it.
#[derive(Clone, Default, PartialEq)]
pub struct Reading {
    /// Without the text of files.
    pub index: Arc<DeclaredIndex>,
    /// Redacted text by path.
    pub sources: Arc<std::collections::BTreeMap<Arc<str>, SourceFile>>,
}

/// What leaves the estate without any news, by number.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Tickets that were closed long ago.
    pub tickets: Vec<u64>,
    /// Windows that ended further back than history reaches.
    pub windows: Vec<u64>,
}

/// What a committed batch made true.
#[derive(Default)]
pub struct Committed {
    /// In order.
    pub changes: Vec<Arc<Change>>,
    /// Services that were heard of without any news.
    pub seen: HashMap<ServicePath, Timestamp>,
    /// New points of status lines, in order.
    pub points: Vec<(ServicePath, Timestamp, Status)>,
    /// What leaves the estate without any news.
    pub gone: Gone,
    /// Whether histories are made up.
    pub simulated: bool,
    /// When the source was looked at.
    pub checked: Option<Timestamp>,
    /// What is declared and in force now.
    pub state: Option<Arc<State>>,
    /// The newest reading.
    pub reading: Option<Reading>,
}

impl Shared {
    /// The picture at the start.
    pub fn new(epoch: String, estate: Estate, seq: Seq, lines: Lines, state: Arc<State>) -> Self {
        Self {
            epoch,
            estate: RwLock::new(estate),
            seq: AtomicU64::new(seq.0),
            books: PlainLock::new(Books::new(lines)),
            tail: PlainLock::new(VecDeque::new()),
            stream: broadcast::channel(STREAM_LENGTH).0,
            reading: PlainLock::new(Reading::default()),
            state: PlainLock::new(state),
        }
    }

    /// The newest committed change.
    pub fn seq(&self) -> Seq {
        Seq(self.seq.load(Ordering::Acquire))
    }

    /// Every committed change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Change>> {
        self.stream.subscribe()
    }

    /// Look at the status lines. Short: the writer waits for it.
    pub fn with_lines<R>(&self, f: impl FnOnce(&Lines) -> R) -> R {
        f(self.books.read().unwrap_or_else(PoisonError::into_inner).lines())
    }

    /// Look at what the group of `roster` is measured on at `now`. Short: the writer waits for it.
    pub(super) fn with_group<R>(&self, roster: &Roster, now: Timestamp, f: impl FnOnce(&Measured<'_>) -> R) -> R {
        if let Some(measured) = self.books.read().unwrap_or_else(PoisonError::into_inner).kept(roster, now) {
            return f(&measured);
        }
        let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
        books.keep(roster, now);
        match books.kept(roster, now) {
            Some(measured) => f(&measured),
            None => f(&roster.measured_in(books.lines())),
        }
    }

    /// Forget what is older than `before` of every status line.
    pub fn trim_lines(&self, before: Timestamp) {
        self.books.write().unwrap_or_else(PoisonError::into_inner).trim(before);
    }

    /// The changes after `after` as far as they are in memory; none when some of them are not.
    pub fn recent(&self, after: Seq, limit: usize) -> Option<Vec<Arc<Change>>> {
        let tail = self.tail.read().unwrap_or_else(PoisonError::into_inner);
        if after >= self.seq() {
            return Some(Vec::new());
        }
        let first = tail.front()?.seq;
        if after.next() < first {
            return None;
        }
        let skip = usize::try_from(after.next().0 - first.0).ok()?;
        Some(tail.iter().skip(skip).take(limit).cloned().collect())
    }

    /// The newest `limit` changes as far as they are in memory; none when there are fewer in memory than that.
    pub fn newest(&self, limit: usize) -> Option<Vec<Arc<Change>>> {
        let tail = self.tail.read().unwrap_or_else(PoisonError::into_inner);
        let skip = tail.len().checked_sub(limit)?;
        Some(tail.iter().skip(skip).cloned().collect())
    }

    /// The newest reading, also one that was rejected.
    pub fn reading(&self) -> Reading {
        self.reading.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is declared and in force.
    pub fn state(&self) -> Arc<State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Show a committed batch: first the lines and what is declared, then the estate with its place in the log, then the
    /// stream. Who hears of a change and asks for more gets what belongs to it.
    pub(super) async fn show(&self, committed: Committed) {
        let Committed { changes, seen, points, gone, simulated, checked, state, reading } = committed;
        if let Some(state) = state {
            *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        }
        if let Some(reading) = reading {
            *self.reading.write().unwrap_or_else(PoisonError::into_inner) = reading;
        }
        if !points.is_empty() {
            let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
            for (path, at, status) in points {
                books.push(&path, at, status);
            }
        }
        let is_quiet = changes.is_empty() && seen.is_empty() && gone == Gone::default() && checked.is_none();
        if is_quiet && self.estate.read().await.simulated == simulated {
            return;
        }
        let mut estate = self.estate.write().await;
        estate.simulated = simulated;
        for number in &gone.tickets {
            estate.tickets.remove(number);
        }
        for number in &gone.windows {
            estate.windows.remove(number);
        }
        for change in &changes {
            estate.apply(change);
        }
        if let Some(at) = checked {
            estate.source.checked_at = at;
        }
        for (path, at) in seen {
            if let Some(service) = estate.services.get_mut(&path) {
                service.health.last_seen = service.health.last_seen.max(Some(at));
            }
        }
        {
            let mut tail = self.tail.write().unwrap_or_else(PoisonError::into_inner);
            tail.extend(changes.iter().cloned());
            let over = tail.len().saturating_sub(TAIL_LENGTH);
            tail.drain(..over);
            if let Some(last) = changes.last() {
                self.seq.store(last.seq.0, Ordering::Release);
            }
        }
        drop(estate);
        for change in changes {
            // Nobody may be listening.
            let _ = self.stream.send(change);
        }
    }

    /// Show what was read again from the store.
    pub(super) async fn replace(&self, estate: Estate, seq: Seq, state: Arc<State>) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        *self.estate.write().await = estate;
        self.seq.store(seq.0, Ordering::Release);
    }

    /// Lines read again from the store.
    pub(super) fn replace_lines(&self, lines: Lines) {
        *self.books.write().unwrap_or_else(PoisonError::into_inner) = Books::new(lines);
    }
}
