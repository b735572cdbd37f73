//! `window` verbs.

use clap::{ArgGroup, Args, Subcommand};

use crate::domain::sla::{WindowPhase, WindowScope};

/// What to do with exclusion windows.
#[derive(Debug, Subcommand)]
pub enum WindowVerb {
    /// Windows in force, planned and past, with who and why
    List {
        /// Only of this phase: active, planned, past or cancelled
        #[arg(long, value_name = "PHASE", value_parser = phase)]
        phase: Option<WindowPhase>,
    },
    /// Take a time out of the reckoning, from now on or planned
    Start(StartArgs),
    /// Let a time count again; one that is still to come never begins
    Stop(StopArgs),
}

/// What a window is for.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("scope").args(["service", "node", "group"]))]
pub struct ScopeArgs {
    /// One service, by its path, or its last segment when that is unique
    #[arg(long, value_name = "PATH")]
    pub service: Option<String>,
    /// Every service on a node or below it, for example meridian/commerce/prod
    #[arg(long, value_name = "PATH")]
    pub node: Option<String>,
    /// A whole SLA group
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
}

/// `window start`.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// What it is for.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// When it begins: a time in RFC 3339, or a length from now such as +30m; -2h is the past and for admins
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// When it ends: a time in RFC 3339, or a length from now such as +2h [default: when it is stopped]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// The same key with the same content is done once, however often it is sent
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// `window stop`.
#[derive(Debug, Args)]
pub struct StopArgs {
    /// Its number, as `window list` shows it
    #[arg(conflicts_with_all = ["service", "node", "group"])]
    pub number: Option<u64>,
    /// Or what it is for, where exactly one is in force for it.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// The same key with the same content is done once, however often it is sent
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

impl ScopeArgs {
    /// The scope that is named, if one is.
    ///
    /// # Errors
    /// Says in words what is wrong with its name.
    pub fn read(&self) -> Result<Option<WindowScope>, String> {
        let given = [("service", &self.service), ("node", &self.node), ("group", &self.group)];
        let named = given.into_iter().find_map(|(kind, name)| Some((kind, name.as_ref()?)));
        named.map(|(kind, name)| WindowScope::parse(kind, name)).transpose()
    }
}

fn phase(word: &str) -> Result<WindowPhase, String> {
    WindowPhase::parse(word).ok_or_else(|| "active, planned, past or cancelled".to_owned())
}
