//! Reads the source when asked: for a reload, for a plan against what lies there now or between two revisions, for the
//! trail. One reading of the source at a time, never in the writer and never on a thread that waits.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc, Mutex as PlainMutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{Mutex, Semaphore};

use super::Accepted;
use crate::{
    domain::{
        gitops::{Blame, Fault, FileDiff, FileHistory, Held, NoTrail, Plan, Repository, Severity, State, state::Last},
        refusal::{Refusal, RefusalCode},
    },
    gitops::{ReadError, ReadOptions, Reader, Source},
    server::service::{Core, Failure},
};

/// How many revisions are kept after they were read.
const READ_KEPT: usize = 4;
/// How many questions about the trail are asked of git at once.
const TRAILS: usize = 2;
/// How many plans may be asked for at once; they are worked out one by one.
const PLANS_WAITING: usize = 8;

/// Where the repository lies and how it is read.
pub struct Sourced {
    /// Where.
    pub source: Source,
    /// As what.
    pub options: ReadOptions,
    /// The reader of the start, which knows every file already.
    pub reader: Reader,
}

/// What reading needs.
pub struct Desk {
    /// Held while a reading is worked out and carried out, so that nothing comes between.
    pub accepting: Mutex<()>,
    /// Whether the source could not be read when it was last looked at.
    pub failed: AtomicBool,
    reading: Mutex<()>,
    trails: Semaphore,
    /// Held while a plan is worked out, so that at most one stands between a changed file and its reading.
    plans: Mutex<()>,
    /// Seats of those who wait for a plan.
    seats: Semaphore,
    /// What was accepted last, for the next reading to share.
    last: PlainMutex<Last>,
    place: OnceLock<Place>,
}

impl Desk {
    /// What was accepted last.
    pub fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            accepting: Mutex::default(),
            failed: AtomicBool::new(false),
            reading: Mutex::default(),
            trails: Semaphore::new(TRAILS),
            plans: Mutex::default(),
            seats: Semaphore::new(PLANS_WAITING),
            last: PlainMutex::default(),
            place: OnceLock::new(),
        }
    }
}

#[derive(Clone)]
struct Place {
    source: Source,
    options: ReadOptions,
    reader: Arc<PlainMutex<Reader>>,
    /// By commit, the newest last.
    kept: Arc<PlainMutex<Kept>>,
}

/// Readings of revisions, each with its commit.
type Kept = VecDeque<(Arc<str>, Arc<Read>)>;

/// A reading that is only compared.
struct Read {
    state: Arc<State>,
    faults: Vec<Fault>,
    /// Why nothing of it would be taken, when that is so.
    rejected: Option<String>,
}

impl Read {
    fn of(repository: Repository) -> Self {
        let rejected = super::fatal(&repository).map(super::said);
        Self { state: Arc::new(State::of(&repository)), faults: repository.faults, rejected }
    }
}

/// What a reload brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Reloaded {
    /// What became of it.
    pub accepted: Accepted,
    /// How many files were looked at.
    pub files: usize,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
    /// Tells what was read from what lies there later ([`Core::look`]); none when nothing could be read.
    pub looked: Option<u64>,
}

impl Reloaded {
    /// How many faults of this severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.faults.iter().filter(|fault| fault.severity == severity).count()
    }
}

impl Core {
    /// From now on this core can read its repository by itself. Only the first call counts.
    pub fn read_from(&self, sourced: Sourced) {
        let Sourced { source, options, reader } = sourced;
        let reader = Arc::new(PlainMutex::new(reader));
        let _ = self.0.desk.place.set(Place { source, options, reader, kept: Arc::default() });
    }

    /// Whether this core is there to try things out.
    pub fn is_dev(&self) -> bool {
        self.0.settings.dev
    }

    /// Read the source now and make it true. What cannot be read deletes nothing and is said in the estate.
    ///
    /// # Errors
    /// `not_found` without a source; a fault when it could not be saved.
    pub async fn reload(&self) -> Result<Reloaded, Failure> {
        self.reload_touched(None).await
    }

    /// As [`Self::reload`], when nothing but these files changed, where that is known.
    ///
    /// # Errors
    /// As [`Self::reload`].
    pub async fn reload_touched(&self, touched: Option<Vec<PathBuf>>) -> Result<Reloaded, Failure> {
        let place = self.place()?;
        let _one = self.0.desk.reading.lock().await;
        self.read_and_accept(place, touched).await
    }

    /// A number that changes when the files of the source do; none when there are none. Nothing is read.
    ///
    /// # Errors
    /// `not_found` for a core without a source.
    pub async fn look(&self) -> Result<Option<u64>, Failure> {
        let place = self.place()?;
        let _one = self.0.desk.reading.lock().await;
        blocking(move || place.reader.lock().unwrap_or_else(PoisonError::into_inner).look().ok()).await
    }

    /// As [`Self::reload`] for a source that is a revision: only when it points at another commit than was read last.
    ///
    /// # Errors
    /// As [`Self::reload`].
    pub async fn poll(&self) -> Result<(), Failure> {
        let place = self.place()?;
        let _one = self.0.desk.reading.lock().await;
        let source = place.source.clone();
        let fetched = blocking(move || source.fetch().map(|()| source.head())).await?;
        let revision = self.0.shared.reading().index.revision.clone();
        match fetched {
            Err(error) => self.source_failed(error.to_string()).await,
            Ok(Some(head)) if revision.as_deref() == Some(&*head.id) && !self.0.desk.failed.load(Ordering::Acquire) => {
                self.0
                    .write(|batch| {
                        batch.truth.estate.source.checked_at = batch.now;
                        batch.checked = Some(batch.now);
                        Ok(())
                    })
                    .await
            }
            Ok(_) => self.read_and_accept(place, None).await.map(|_| ()),
        }
    }

    async fn read_and_accept(&self, place: Place, touched: Option<Vec<PathBuf>>) -> Result<Reloaded, Failure> {
        match read(place, touched).await? {
            Ok((repository, looked)) => {
                let (files, faults) = (repository.files.len(), repository.faults.clone());
                let accepted = self.accept_repository(repository).await?;
                Ok(Reloaded { accepted, files, faults, looked })
            }
            Err(error) => {
                let reason = error.to_string();
                self.source_failed(reason.clone()).await?;
                let accepted = Accepted { rejected: Some(reason), ..Accepted::default() };
                Ok(Reloaded { accepted, files: 0, faults: Vec::new(), looked: None })
            }
        }
    }

    /// What would change. Without `from`: against what is in force; of a reading that would be rejected as a whole every
    /// step is held. Without `to`: the source as it lies now.
    ///
    /// # Errors
    /// `not_found` for an unknown revision, a source that cannot be read, or a core without one; `too_many` while many
    /// others wait for a plan.
    pub async fn plan(&self, from: Option<String>, to: Option<String>) -> Result<Plan, Failure> {
        let _seat = self.0.desk.seats.try_acquire().map_err(|_| {
            let reason = format!("{PLANS_WAITING} plans are being worked out already; ask again in a moment");
            Refusal::new(RefusalCode::TooMany, reason)
        })?;
        let _one = self.0.desk.plans.lock().await;
        let is_carried_out = from.is_none();
        let before = match from {
            None => self.0.shared.state(),
            Some(revision) => self.read_at(revision).await?.state.clone(),
        };
        let after = match to {
            None => {
                let place = self.place()?;
                let _one = self.0.desk.reading.lock().await;
                let (repository, _) = read(place, None).await?.map_err(unreadable)?;
                blocking(move || Arc::new(Read::of(repository))).await?
            }
            Some(revision) => self.read_at(revision).await?,
        };
        let live = self.live().await;
        blocking(move || {
            let mut plan = Plan::between(&before, &after.state, &after.faults, &live);
            if let Some(reason) = after.rejected.as_ref().filter(|_| is_carried_out) {
                let held = Held::Said(format!("the reading would be rejected as a whole: {reason}").into());
                plan.steps.iter_mut().for_each(|step| step.held = Some(held.clone()));
            }
            plan
        })
        .await
    }

    /// Which commit last changed each line of a file.
    ///
    /// # Errors
    /// `not_found` for a file that is not shown; [`Failure::NoTrail`] where nobody can say.
    pub async fn blame(&self, file: String) -> Result<Blame, Failure> {
        self.trail(move |source| source.blame(&file)).await
    }

    /// The commits that touched a file, newest first.
    ///
    /// # Errors
    /// As [`Self::blame`].
    pub async fn file_history(&self, file: String, limit: usize) -> Result<FileHistory, Failure> {
        self.trail(move |source| source.history(&file, limit)).await
    }

    /// What one commit changed in one file.
    ///
    /// # Errors
    /// As [`Self::blame`]; `not_found` for an unknown commit too.
    pub async fn file_diff(&self, file: String, commit: String) -> Result<FileDiff, Failure> {
        self.trail(move |source| source.diff(&file, &commit)).await
    }

    async fn trail<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Source) -> Result<T, NoTrail> + Send + 'static,
    ) -> Result<T, Failure> {
        let Some(place) = self.0.desk.place.get() else {
            return Err(no_trail(&NoTrail::NotARepository));
        };
        let source = place.source.clone();
        let _few = self.0.desk.trails.acquire().await.map_err(|e| Failure::Fault(e.to_string()))?;
        blocking(move || ask(&source)).await?.map_err(|why| no_trail(&why))
    }

    /// The repository at a revision. The commit it names is looked up each time, its reading is kept.
    async fn read_at(&self, revision: String) -> Result<Arc<Read>, Failure> {
        let place = self.place()?;
        blocking(move || {
            let source = place.source.at(&revision)?;
            let commit = source.head().map(|head| head.id);
            let mut kept = place.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, read)) = kept.iter().find(|(id, _)| Some(id) == commit.as_ref()) {
                return Ok(read.clone());
            }
            let read = Arc::new(Read::of(Reader::new(source, place.options).read()?));
            if let Some(commit) = commit {
                kept.push_back((commit, read.clone()));
                if kept.len() > READ_KEPT {
                    kept.pop_front();
                }
            }
            Ok(read)
        })
        .await?
        .map_err(unreadable)
    }

    fn place(&self) -> Result<Place, Failure> {
        let place = self.0.desk.place.get().cloned();
        place.ok_or_else(|| not_found("this core was not told where its repository lies".to_owned()))
    }
}

/// What was read, and its stamp.
type Looked = (Repository, Option<u64>);

async fn read(place: Place, touched: Option<Vec<PathBuf>>) -> Result<Result<Looked, ReadError>, Failure> {
    blocking(move || {
        place.source.fetch()?;
        let mut reader = place.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let repository = match touched {
            Some(touched) => reader.read_again(&touched)?,
            None => reader.read()?,
        };
        Ok((repository, reader.last_look()))
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Failure::Fault(format!("reading the repository: {e}")))
}

fn not_found(reason: String) -> Failure {
    Refusal::new(RefusalCode::NotFound, reason).into()
}

fn unreadable(error: ReadError) -> Failure {
    not_found(error.to_string())
}

fn no_trail(why: &NoTrail) -> Failure {
    match why {
        NoTrail::UnknownFile(_) | NoTrail::UnknownRevision(_) => not_found(why.sentence()),
        _ => Failure::NoTrail(why.sentence()),
    }
}
