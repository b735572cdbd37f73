//! What the core is started with.

use std::{path::PathBuf, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    domain::{
        access::Level,
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
    server::{
        auth,
        outbound::{self, Allowlist, Authorities, Lookup},
        store::telling::Delivery,
    },
};

/// Everything the core needs to know before it starts.
#[derive(Clone)]
pub struct CoreSettings {
    /// Folder for the database file `itops.db`; made with mode 0700 when it is missing.
    pub data_dir: PathBuf,
    /// How long another core gets to let go of that folder, in milliseconds.
    pub folder_wait_ms: i64,
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
    /// A recovery that lasts less than this does not end an incident, in milliseconds.
    pub flap_ms: i64,
    /// How many services one key may make in an hour.
    pub new_services_per_hour: u32,
    /// How long raw history stays on disk, in milliseconds. 400 days at least: a year's figures are computed from it.
    pub history_kept_ms: i64,
    /// Where the daily report's seven o'clock is.
    pub report_zone: jiff::tz::TimeZone,
    /// Who is told outside.
    pub receivers: Vec<Receiver>,
    /// What of this machine and its neighbours may be called all the same.
    pub outbound_allow: Arc<Allowlist>,
    /// Authorities of the operator's own, believed when receivers are called encrypted.
    pub outbound_authorities: Authorities,
    /// How the names of receivers are looked up.
    pub outbound_lookup: Lookup,
    /// How long something is tried to be told, in milliseconds.
    pub give_up_after_ms: i64,
    /// Whether histories are made up for a demonstration.
    pub simulated: bool,
    /// Whether this core is there to try things out: then a reload can be asked for.
    pub dev: bool,
}

/// The kind of the finished daily report, beside the words of topics.
pub const DAILY_REPORT: &str = "daily_report";

/// Somebody who is told outside.
#[derive(Clone)]
pub struct Receiver {
    /// Name for people; unique.
    pub name: String,
    /// Where it listens. All of it but scheme, host and port may be a secret.
    pub url: Url,
    /// How it knows that it is us.
    pub proof: Proof,
    /// Words of topics, and [`DAILY_REPORT`].
    pub kinds: Vec<String>,
}

/// How a receiver knows that it is us.
#[derive(Clone)]
pub enum Proof {
    /// HMAC-SHA-256 under this secret over the time and the body.
    Signature(SecretString),
    /// This key, as it is.
    ApiKey(SecretString),
}

impl Receiver {
    /// Whether it is told things of this kind.
    pub fn wants(&self, kind: &str) -> bool {
        self.kinds.iter().any(|wanted| wanted == kind)
    }
}

impl Proof {
    /// What goes along with a delivery that is sent at `now`.
    pub fn headers(&self, delivery: &Delivery, now: Timestamp) -> Vec<(&'static str, String)> {
        let mut headers = vec![("itops-id", delivery.id.clone()), ("itops-event", delivery.kind.clone())];
        match self {
            Self::ApiKey(key) => headers.push(("x-api-key", key.expose_secret().to_owned())),
            Self::Signature(secret) => {
                let time = now.ms().div_euclid(1_000).to_string();
                let code = auth::mac(secret.expose_secret(), format!("{time}.{}", delivery.body).as_bytes());
                headers.push(("itops-signature", format!("v1={}", auth::hex(&code))));
                headers.push(("itops-timestamp", time));
            }
        }
        headers
    }
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
            folder_wait_ms: 0,
            production: vec!["prod".to_owned(), "production".to_owned()],
            operator_keys: Vec::new(),
            jwt_secret: jwt_secret.into(),
            bootstrap_users: Vec::new(),
            auto_ticket_item: "service_down".to_owned(),
            auto_ticket_after_ms: MINUTE,
            close_after_ms: 72 * HOUR,
            default_every_ms: crate::domain::health::staleness::DEFAULT_EVERY_MS,
            flap_ms: crate::domain::health::incident::FLAP_MS,
            new_services_per_hour: 5_000,
            history_kept_ms: crate::server::store::load::LINE_KEPT_MS,
            report_zone: jiff::tz::TimeZone::UTC,
            receivers: Vec::new(),
            outbound_allow: Arc::default(),
            outbound_authorities: Authorities::default(),
            outbound_lookup: outbound::system_lookup(),
            give_up_after_ms: DAY,
            simulated: false,
            dev: false,
        }
    }
}
