//! The repository that `serve` runs on: where it lies, and its reading at the start.

use std::path::{Path, PathBuf};

use super::{Exit, Invocation, Trouble, watch::Watched};
use crate::{
    cli::core::ServeArgs,
    domain::gitops::Repository,
    gitops::{self, ReadError, ReadOptions, Reader, Source},
    server::service::{Core, Sourced},
};

/// Where copies of remote repositories lie in the data folder.
const MIRRORS: &str = "mirrors";

/// A repository that was read, or why it was not.
pub struct Opened {
    source: Source,
    options: ReadOptions,
    reader: Reader,
    watched: Watched,
    /// What was read; none when the source is missing, unreadable or empty.
    pub repository: Option<Repository>,
    failed: Option<ReadError>,
}

impl Opened {
    /// Find it and read it.
    ///
    /// # Errors
    /// Usage for an address that is none; Failed with the report when errors stand in the way of a start; Failed when it
    /// cannot be read and nothing was ever accepted in `data_dir`.
    pub async fn of(run: &Invocation, args: &ServeArgs, data_dir: &Path) -> Result<Self, Trouble> {
        let options = ReadOptions {
            release: args.release.clone(),
            values: args.values.clone(),
            secrets_dir: args.secrets_dir.clone(),
        };
        let (source, watched) = place(args, data_dir)?;
        let reading = (source.clone(), options.clone());
        let read = tokio::task::spawn_blocking(move || {
            let (source, options) = reading;
            let fetched = source.fetch();
            let mut reader = Reader::new(source, options);
            // Where an older copy is kept, the core starts on that.
            let read = match fetched {
                Err(error @ ReadError::Fetch { is_kept: true, .. }) => reader.read().map(|read| (read, Some(error))),
                Err(error) => Err(error),
                Ok(()) => reader.read().map(|read| (read, None)),
            };
            (reader, read)
        });
        let (reader, read) = read.await.map_err(|e| Trouble::failed(e.to_string()))?;
        let opened = Self { source, options, reader, watched, repository: None, failed: None };
        match read {
            Ok((repository, failed)) => {
                report(run, args, &repository)?;
                Ok(Self { repository: Some(repository), failed, ..opened })
            }
            Err(error) if args.strict || !data_dir.join("itops.db").exists() => Err(unread(&error)),
            Err(error) => Ok(Self { failed: Some(error), ..opened }),
        }
    }

    /// Give it to the core, which reads it from here on.
    ///
    /// # Errors
    /// Failed when it could not be read and the core never accepted anything before.
    pub async fn hand_over(self, run: &Invocation, core: &Core) -> Result<Watched, Trouble> {
        if let Some(error) = self.failed {
            if core.state().things.is_empty() {
                core.clone().stop().await;
                return Err(unread(&error));
            }
            run.printer.say(&format!("{error}; what was last accepted stays in force"));
            core.source_failed(error.to_string()).await.map_err(|e| Trouble::failed(e.to_string()))?;
        }
        core.read_from(Sourced { source: self.source, options: self.options, reader: self.reader });
        Ok(self.watched)
    }
}

/// A folder is read as it lies; an address, a bare repository, and anything with a revision is read by git.
fn place(args: &ServeArgs, data_dir: &Path) -> Result<(Source, Watched), Trouble> {
    let folder = PathBuf::from(&args.gitops);
    let is_address = args.gitops.contains("://") || (args.gitops.contains(':') && !folder.exists());
    let is_bare = folder.join("HEAD").is_file() && folder.join("objects").is_dir();
    if args.rev.is_none() && !is_address && !is_bare {
        return Ok((Source::folder(folder.clone()), Watched::Folder(folder)));
    }
    let revision = args.rev.as_deref().unwrap_or("HEAD");
    let source = Source::git(&args.gitops, revision, &data_dir.join(MIRRORS));
    let source = source.map_err(|e| match e {
        ReadError::Missing(_) => unread(&e),
        e => Trouble::new(Exit::Usage, e.to_string()),
    })?;
    Ok((source, Watched::Revision))
}

fn unread(error: &ReadError) -> Trouble {
    Trouble::failed(error.to_string()).hint("--gitops names the folder or the address of the repository")
}

fn report(run: &Invocation, args: &ServeArgs, repository: &Repository) -> Result<(), Trouble> {
    let (errors, warnings) = super::gitops::counts(&repository.faults);
    let stopping = if args.strict { errors } else { gitops::stopping(repository).len() };
    if stopping > 0 {
        run.printer.say(&gitops::render(&repository.faults, &repository.sources, false));
        let why =
            if args.strict { "with --strict every error stops it" } else { "errors in ticketing or sign-in stop it" };
        return Err(Trouble::failed(format!(
            "the core does not start: {stopping} of {errors} errors stand in its way"
        ))
        .hint(format!("{why}; `itops gitops validate {}` shows them", args.gitops)));
    }
    if errors + warnings > 0 {
        let dir = &args.gitops;
        run.printer.say(&format!("{errors} errors and {warnings} warnings; `itops gitops validate {dir}` shows them"));
    }
    Ok(())
}
