//! Reads the source when asked: for a reload, for a plan against what lies there now or between two revisions, for the
//! trail. One reading at a time, never in the writer and never on a thread that waits.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use tokio::sync::Mutex;

use super::Accepted;
use crate::{
    domain::{
        gitops::{Blame, Fault, FileDiff, FileHistory, NoTrail, Plan, Repository, Severity, State},
        refusal::{Refusal, RefusalCode},
    },
    gitops::{self, ReadError, ReadOptions},
    server::service::{Core, Failure},
};

/// Where the repository lies and how it is read.
#[derive(Clone)]
pub struct Sourced {
    /// Where.
    pub root: PathBuf,
    /// As what.
    pub options: ReadOptions,
}

/// What reading needs.
#[derive(Default)]
pub struct Desk {
    /// Held while a reading is worked out and carried out, so that nothing comes between.
    pub accepting: Mutex<()>,
    reading: Mutex<()>,
    place: OnceLock<Sourced>,
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
}

impl Reloaded {
    /// How many faults of this severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.faults.iter().filter(|fault| fault.severity == severity).count()
    }
}

/// A reading that is only compared.
struct Read {
    state: State,
    faults: Vec<Fault>,
}

impl Core {
    /// From now on this core can read its repository by itself. Only the first call counts.
    pub fn read_from(&self, sourced: Sourced) {
        let _ = self.0.desk.place.set(sourced);
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
        let _one = self.0.desk.reading.lock().await;
        match self.read_source().await? {
            Ok(repository) => {
                let (files, faults) = (repository.files.len(), repository.faults.clone());
                let accepted = self.accept_repository(repository).await?;
                Ok(Reloaded { accepted, files, faults })
            }
            Err(error) => {
                let reason = error.to_string();
                self.source_failed(reason.clone()).await?;
                let accepted = Accepted { rejected: Some(reason), ..Accepted::default() };
                Ok(Reloaded { accepted, files: 0, faults: Vec::new() })
            }
        }
    }

    /// What would change. Without `from`: against what is in force. Without `to`: the source as it lies now.
    ///
    /// # Errors
    /// `not_found` for an unknown revision, a source that cannot be read, or a core without one.
    pub async fn plan(&self, from: Option<String>, to: Option<String>) -> Result<Plan, Failure> {
        let before = match from {
            None => self.0.shared.state(),
            Some(revision) => Arc::new(self.read_at(revision).await?.state),
        };
        let after = match to {
            None => self.read_now().await?,
            Some(revision) => self.read_at(revision).await?,
        };
        let live = self.live().await;
        blocking(move || Plan::between(&before, &after.state, &after.faults, &live)).await
    }

    /// Which commit last changed each line of a file.
    ///
    /// # Errors
    /// `not_found` for a file that is not shown; [`Failure::NoTrail`] where nobody can say.
    pub async fn blame(&self, _file: String) -> Result<Blame, Failure> {
        Err(no_trail(NoTrail::NotARepository))
    }

    /// The commits that touched a file, newest first.
    ///
    /// # Errors
    /// As [`Self::blame`].
    pub async fn file_history(&self, _file: String, _limit: usize) -> Result<FileHistory, Failure> {
        Err(no_trail(NoTrail::NotARepository))
    }

    /// What one commit changed in one file.
    ///
    /// # Errors
    /// As [`Self::blame`]; `not_found` for an unknown commit too.
    pub async fn file_diff(&self, _file: String, _commit: String) -> Result<FileDiff, Failure> {
        Err(no_trail(NoTrail::NotARepository))
    }

    async fn read_now(&self) -> Result<Read, Failure> {
        let _one = self.0.desk.reading.lock().await;
        let repository = self.read_source().await?.map_err(unreadable)?;
        blocking(move || Read { state: State::of(&repository), faults: repository.faults }).await
    }

    async fn read_at(&self, revision: String) -> Result<Read, Failure> {
        Err(not_found(format!("the repository has no revision `{revision}`")))
    }

    async fn read_source(&self) -> Result<Result<Repository, ReadError>, Failure> {
        let Some(sourced) = self.0.desk.place.get().cloned() else {
            return Err(not_found("this core was not told where its repository lies".to_owned()));
        };
        blocking(move || gitops::read(&sourced.root, &sourced.options)).await
    }
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

fn no_trail(why: NoTrail) -> Failure {
    match why {
        NoTrail::UnknownFile(_) | NoTrail::UnknownRevision(_) => not_found(why.sentence()),
        _ => Failure::NoTrail(why.sentence()),
    }
}
