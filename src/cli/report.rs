//! `report` verbs: what jobs push.

use clap::{Args, Subcommand};

/// What to push. The key is read from ITOPS_API_KEY and never from the command line.
#[derive(Debug, Subcommand)]
pub enum ReportVerb {
    /// How a service is
    Health(HealthArgs),
    /// How full a service's storage is
    Storage(StorageArgs),
    /// How a backup ended
    Backup(BackupArgs),
}

/// `report health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// organization/platform/environment/cluster/service
    #[arg(long, value_name = "PATH")]
    pub path: String,
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
}

/// `report storage`.
#[derive(Debug, Args)]
pub struct StorageArgs {
    /// organization/platform/environment/cluster/service
    #[arg(long, value_name = "PATH")]
    pub path: String,
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
}

/// `report backup`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("target").required(true).args(["path", "sla_group", "namespace"]))]
pub struct BackupArgs {
    /// success, failed or partial
    #[arg(long, value_name = "WORD")]
    pub status: String,
    /// One service: organization/platform/environment/cluster/service
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
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
}
