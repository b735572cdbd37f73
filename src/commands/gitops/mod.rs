//! `gitops` verbs: what a repository says, what is wrong with it, what it would change, and who made it so.
//!
//! Start at [`run`]. One file by verb; `holder` reads a repository that lies here or asks the core for its own, so that
//! `show`, `log` and `resolve` answer the same for both. Everything that reads files is in `crate::gitops`.

mod explain;
mod holder;
mod log;
mod plan;
mod resolve;
mod schema;
mod show;
mod validate;

use serde_json::{Value, json};

use super::{Exit, Invocation, Trouble};
use crate::{
    cli::gitops::{GitopsVerb, Reading},
    domain::{
        detail::Commit,
        gitops::{Place, Repository},
    },
    gitops,
    print::time::rfc3339,
};

pub use plan::plan_dto;
pub use validate::counts;

/// Do what the verb says.
///
/// # Errors
/// Failed with nothing more to say when faults were found, `Differs` when a plan would change something and that was
/// asked for, `NotFound` for what is not there, and what the client says.
pub async fn run(run: &Invocation, verb: GitopsVerb) -> Result<(), Trouble> {
    match verb {
        GitopsVerb::Validate(args) => validate::run(run, args).await,
        GitopsVerb::Plan(args) => plan::run(run, args).await,
        GitopsVerb::Show(args) => show::run(run, args).await,
        GitopsVerb::Log(args) => log::run(run, args).await,
        GitopsVerb::Explain { code } => explain::run(run, code.as_deref()),
        GitopsVerb::Resolve(args) => resolve::run(run, args).await,
        GitopsVerb::Schema { kind } => schema::run(run, kind.as_deref()),
    }
}

/// Read on a thread where waiting for files disturbs nobody.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, gitops::ReadError> + Send + 'static,
) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(read).await.map_err(|e| Trouble::failed(e.to_string()))?;
    done.map_err(unreadable)
}

fn unreadable(error: gitops::ReadError) -> Trouble {
    let is_absent = matches!(error, gitops::ReadError::Missing(_) | gitops::ReadError::Revision { .. });
    let exit = if is_absent { Exit::NotFound } else { Exit::Failed };
    Trouble::new(exit, error.to_string())
}

/// The repository in `dir`, at a revision or as its files lie.
async fn read(dir: std::path::PathBuf, rev: Option<String>, reading: Reading) -> Result<Repository, Trouble> {
    let Reading { release, values, secrets_dir } = reading;
    let options = gitops::ReadOptions { release, values, secrets_dir };
    blocking(move || gitops::Reader::new(source_of(dir, rev.as_deref())?, options).read()).await
}

/// The repository in `dir`, at a revision or as its files lie.
fn source_of(dir: std::path::PathBuf, rev: Option<&str>) -> Result<gitops::Source, gitops::ReadError> {
    let source = gitops::Source::folder(dir);
    match rev {
        Some(rev) => source.at(rev),
        None => Ok(source),
    }
}

/// A commit for programs.
fn commit_dto(commit: &Commit) -> Value {
    json!({ "id": &*commit.id, "author": commit.author, "at": rfc3339(commit.at), "subject": commit.subject })
}

/// A place for programs.
fn place_dto(place: &Place) -> Value {
    json!({ "file": &*place.file, "line": place.line, "column": place.column, "endLine": place.end_line })
}
