//! `gitops` verbs.

use std::path::PathBuf;

use clap::Subcommand;

/// What to do with a repository.
#[derive(Debug, Subcommand)]
pub enum GitopsVerb {
    /// Report every fault of a repository, with file, line and hint (-o table or json)
    ///
    /// Reads the folder on this machine; no core is needed. Exit code 1 when there is an error, or with --strict
    /// when there is a warning.
    Validate {
        /// Root of the repository
        #[arg(default_value = ".")]
        dir: PathBuf,
        /// Warnings count as errors
        #[arg(long)]
        strict: bool,
        /// Folder with referenced secrets as DIR/NAME/KEY
        #[arg(long, value_name = "DIR")]
        secrets_dir: Option<PathBuf>,
    },
}
