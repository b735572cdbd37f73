//! What the core is started with.

use std::path::PathBuf;

use crate::domain::{
    access::Level,
    time::{HOUR, MINUTE},
};

/// Everything the core needs to know before it starts.
#[derive(Clone)]
pub struct CoreSettings {
    /// Folder for the database file `itops.db`; made with mode 0700 when it is missing.
    pub data_dir: PathBuf,
    /// Environments that count as production.
    pub production: Vec<String>,
    /// Names and secrets of the keys that may push. Hashed at once, compared in constant time.
    pub operator_keys: Vec<(String, String)>,
    /// Signs session tokens; under 32 characters the core refuses to start.
    pub jwt_secret: String,
    /// Accounts made when they are absent.
    pub bootstrap_users: Vec<BootstrapUser>,
    /// Short name of the catalog item that automatic tickets come from.
    pub auto_ticket_item: String,
    /// How long an important service is down or silent before it gets a ticket, in milliseconds.
    pub auto_ticket_after_ms: i64,
    /// How long a RESOLVED ticket waits before it closes by itself, in milliseconds.
    pub close_after_ms: i64,
    /// Expected interval of reports where nothing says otherwise, in milliseconds.
    pub default_every_ms: i64,
    /// How many services one key may make in an hour.
    pub new_services_per_hour: u32,
    /// How long raw history stays on disk, in milliseconds. 400 days at least: a year's figures are computed from it.
    pub history_kept_ms: i64,
    /// Where the daily report's seven o'clock is.
    pub report_zone: jiff::tz::TimeZone,
    /// Whether histories are made up for a demonstration.
    pub simulated: bool,
    /// Whether this core is there to try things out: then a reload can be asked for.
    pub dev: bool,
}

/// An account made at the start when it is absent.
#[derive(Clone)]
pub struct BootstrapUser {
    /// Login name.
    pub name: String,
    /// May be empty.
    pub email: String,
    /// In plain text; only its Argon2id hash is kept.
    pub password: String,
    /// Platform right.
    pub level: Level,
    /// Whether it fills every role.
    pub superadmin: bool,
}

impl CoreSettings {
    /// The documented defaults over a data folder and a secret: no keys and no accounts.
    pub fn new(data_dir: impl Into<PathBuf>, jwt_secret: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            production: vec!["prod".to_owned(), "production".to_owned()],
            operator_keys: Vec::new(),
            jwt_secret: jwt_secret.into(),
            bootstrap_users: Vec::new(),
            auto_ticket_item: "service_down".to_owned(),
            auto_ticket_after_ms: MINUTE,
            close_after_ms: 72 * HOUR,
            default_every_ms: crate::domain::health::staleness::DEFAULT_EVERY_MS,
            new_services_per_hour: 5_000,
            history_kept_ms: crate::server::store::load::LINE_KEPT_MS,
            report_zone: jiff::tz::TimeZone::UTC,
            simulated: false,
            dev: false,
        }
    }
}
