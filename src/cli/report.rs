//! `report` verbs: what jobs push.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to push. The key is read from ITOPS_API_KEY or a file, and never from the command line.
#[derive(Debug, Subcommand)]
pub enum ReportVerb {
    /// How a service is
    Health(HealthArgs),
    /// How full a service's storage is
    Storage(StorageArgs),
    /// How a backup ended
    Backup(BackupArgs),
}

/// How a push is sent.
#[derive(Clone, Debug, Args)]
pub struct SendArgs {
    /// Read the key from the first line of this file instead of ITOPS_API_KEY; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// When it was true, in RFC 3339; without it, when it arrives
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Give up after so many tries; between them it waits longer each time. Only what may pass is tried again
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub tries: u32,
}

/// Which service: its whole path, or its node and name.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct ServiceArgs {
    /// One service: organization/platform/environment/cluster/service
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// One service by its node, organization/platform/environment/cluster, with --service
    #[arg(long, value_name = "NODE", requires = "service")]
    pub node: Option<String>,
    /// Name of the service on that node
    #[arg(long, value_name = "NAME", requires = "node")]
    pub service: Option<String>,
}

/// `report health`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("identity").required(true).args(["path", "node"]))]
pub struct HealthArgs {
    /// Which service.
    #[command(flatten)]
    pub service: ServiceArgs,
    /// OPERATIONAL, DEGRADED, DOWN, MAINTENANCE or UNKNOWN
    #[arg(long, value_name = "WORD")]
    pub status: String,
    /// What there is to say about it
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// critical, high, medium or low
    #[arg(long, value_name = "WORD")]
    pub criticality: Option<String>,
    /// SLA group it belongs to
    #[arg(long, value_name = "NAME")]
    pub sla_group: Option<String>,
    /// What kind of service it is, for example database
    #[arg(long, value_name = "WORD")]
    pub service_type: Option<String>,
    /// Word to find it by; may be repeated
    #[arg(long = "tag", value_name = "WORD")]
    pub tags: Vec<String>,
    /// How it is sent.
    #[command(flatten)]
    pub send: SendArgs,
}

/// `report storage`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("identity").required(true).args(["path", "node"]))]
pub struct StorageArgs {
    /// Which service.
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Bytes there are
    #[arg(long, value_name = "BYTES")]
    pub allocated: u64,
    /// Bytes in use
    #[arg(long, value_name = "BYTES")]
    pub used: u64,
    /// For example pvc or disk
    #[arg(long = "type", value_name = "WORD", default_value = "disk")]
    pub storage_type: String,
    /// Where it is mounted
    #[arg(long, value_name = "PATH")]
    pub mount: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub send: SendArgs,
}

/// `report backup`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("target").required(true).args(["path", "node", "sla_group", "namespace"]))]
pub struct BackupArgs {
    /// success, failed or partial
    #[arg(long, value_name = "WORD")]
    pub status: String,
    /// One service.
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Every member of this SLA group that is expected to back up
    #[arg(long, value_name = "NAME")]
    pub sla_group: Option<String>,
    /// Everything in this Kubernetes namespace
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Bytes written
    #[arg(long, value_name = "BYTES")]
    pub size: Option<u64>,
    /// What there is to say about it
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// How it is sent.
    #[command(flatten)]
    pub send: SendArgs,
}
