//! Commands that need the embedded core: `serve` and `demo`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};

/// `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The GitOps repository: a folder, or the address of a git repository (https, ssh)
    #[arg(long, value_name = "DIR_OR_URL")]
    pub gitops: String,
    /// Branch, tag or commit to read instead of the files as they lie
    #[arg(long, value_name = "R")]
    pub rev: Option<String>,
    /// Which release to take where the repository holds several of one chart
    #[arg(long, value_name = "NAME", conflicts_with = "values")]
    pub release: Option<String>,
    /// Value file of the core, relative to the repository; again for the next layer
    #[arg(long, value_name = "FILE")]
    pub values: Vec<String>,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Folder for the database [default: the data folder shown by `settings path`]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What is missing stops a production core; dev makes up a signing secret for one run
    #[arg(long, value_enum, default_value_t = Environment::Production)]
    pub environment: Environment,
    /// Folder with referenced secrets as DIR/NAME/KEY
    #[arg(long, value_name = "DIR")]
    pub secrets_dir: Option<PathBuf>,
    /// Read the repository at the start only, not again when it changes
    #[arg(long)]
    pub no_watch: bool,
    /// Do not start while the repository holds any error
    #[arg(long)]
    pub strict: bool,
    /// Certificate chain in PEM form; with it the core speaks TLS itself
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "behind_proxy")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A proxy in front of this core speaks TLS, so a plain listen outside loopback is meant
    #[arg(long)]
    pub behind_proxy: bool,
}

/// What a core runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// Trying things out
    Dev,
    /// Everything else
    Production,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Run without the console, print the address and where the login is, until interrupted
    #[arg(long)]
    pub headless: bool,
    /// Generate this many services instead of the example's
    #[arg(long, value_name = "N")]
    pub services: Option<u32>,
    /// Status changes each second among generated services
    #[arg(long, value_name = "R", requires = "services", default_value_t = 0)]
    pub changes_per_second: u32,
    /// Makes the invented history the same on every run
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
}
