//! The command line as types and help texts. No behaviour lives here: `crate::launch` decides what runs.
//!
//! Start at [`Cli`]. Nouns with several verbs have a file of their own; `core` holds what needs the embedded core
//! and is left out of the slim build, so that its help never shows what it cannot do.

pub mod ack;
#[cfg(feature = "server")]
pub mod core;
pub mod gitops;
pub mod report;
pub mod template;
pub mod ticket;
pub mod window;

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Operations console for the ITOps platform
///
/// Without a command it opens the full-screen console on the current context. Every screen is also a command:
/// data goes to standard output, talk to standard error, and `-o json` is a contract that scripts can rely on.
#[derive(Debug, Parser)]
#[command(name = "itops", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub globals: Globals,
    /// None opens the console.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 failed or faults found, 2 usage, 3 declined, 4 authentication or \
permission, 5 partly, 6 conflict or refused transition, 7 unreachable or timed out, 8 not found, 10 the plan differs \
(`gitops plan --exit-code`), 130 interrupted.\n\
Environment: ITOPS_URL, ITOPS_TOKEN, ITOPS_API_KEY (for `report`), ITOPS_CONTEXT, NO_COLOR.";

impl Command {
    /// Whether it can print this format; all can print those that are no speciality of one.
    pub const fn prints(&self, format: Format) -> bool {
        match format {
            Format::Sarif => matches!(self, Self::Gitops(gitops::GitopsVerb::Validate(_))),
            Format::Md => matches!(self, Self::Budget(BudgetVerb::Report { .. })),
            _ => true,
        }
    }
}

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Globals {
    /// Use this named context instead of the current one
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "url", help_heading = "Options everywhere")]
    pub context: Option<String>,
    /// Talk to the core at this address, for example http://127.0.0.1:8080
    #[arg(long, global = true, value_name = "URL", help_heading = "Options everywhere")]
    pub url: Option<String>,
    /// Never write: no code that could is started, whatever the account may do
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub read_only: bool,
    /// Colours of the console, by the name of a theme; paper is for a light background
    #[arg(long, global = true, value_name = "NAME", help_heading = "Options everywhere")]
    pub theme: Option<String>,
    /// When to use colour; `auto` follows the terminal, NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", value_enum, help_heading = "Options everywhere")]
    pub color: Option<ColorChoice>,
    /// How to print data
    #[arg(short, long, global = true, value_name = "FORMAT", value_enum, help_heading = "Options everywhere")]
    pub output: Option<Format>,
    /// Give up on an answer after this long, tries made again included, for example 5s [default: 30s]
    #[arg(long, global = true, value_name = "TIME", value_parser = humantime::parse_duration, help_heading = "Options everywhere")]
    pub timeout: Option<Duration>,
    /// Answer yes to questions
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub yes: bool,
    /// Never ask anything: what would need an answer fails with exit code 2
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub no_input: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Default)]
pub enum ColorChoice {
    /// Where a person looks.
    #[default]
    Auto,
    /// Even into a pipe.
    Always,
    /// Not at all.
    Never,
}

/// How to print data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Default)]
pub enum Format {
    /// Columns for people
    #[default]
    Table,
    /// More columns for people
    Wide,
    /// JSON with a version field and RFC 3339 times
    Json,
    /// The same as YAML
    Yaml,
    /// All columns, safe to open in a spreadsheet
    Csv,
    /// One name a line
    Name,
    /// Faults for a code host, which shows them beside the lines; only `gitops validate`
    #[value(hide = true)]
    Sarif,
    /// A document in Markdown; only `budget report`
    #[value(hide = true)]
    Md,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try everything: an example estate with history, live reporters and the console on top
    #[cfg(feature = "server")]
    Demo(core::DemoArgs),
    /// Run the core on a GitOps repository
    #[cfg(feature = "server")]
    Serve(core::ServeArgs),
    /// Sign in and keep the session for later commands
    Login(LoginArgs),
    /// End the session and forget its token
    Logout,
    /// Show who is signed in, where, and with what rights
    Whoami,
    /// Named addresses of cores
    #[command(subcommand)]
    Context(ContextVerb),
    /// Services and how they are
    #[command(subcommand)]
    Service(ServiceVerb),
    /// How full storages are
    #[command(subcommand)]
    Storage(StorageVerb),
    /// Backups, and which are overdue
    #[command(subcommand)]
    Backup(BackupVerb),
    /// Promises and what is left of them
    #[command(subcommand)]
    Budget(BudgetVerb),
    /// Exclusion windows: times that count for neither up nor down
    #[command(subcommand)]
    Window(window::WindowVerb),
    /// Say that you know of a problem on Pulse, put it off for a while, or take that back
    Ack(ack::AckArgs),
    /// Tickets and their workflow
    #[command(subcommand)]
    Ticket(ticket::TicketVerb),
    /// GitOps repositories
    #[command(subcommand)]
    Gitops(gitops::GitopsVerb),
    /// Workflows, catalog and SLA definitions to carry from one core to another
    #[command(subcommand)]
    Template(template::TemplateVerb),
    /// Push health, storage or backups to a core, with the key in ITOPS_API_KEY
    #[command(subcommand)]
    Report(report::ReportVerb),
    /// What changed, newest last
    Activity(ActivityArgs),
    /// Settings of this program
    #[command(subcommand)]
    Settings(SettingsVerb),
    /// Print a completion script for a shell
    Completion {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// `login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Address of the core; without it the current context's
    pub address: Option<String>,
    /// Account; asked for when missing
    #[arg(short, long, value_name = "NAME")]
    pub user: Option<String>,
    /// Sign-in provider, when there are several
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Read the password from the first line of standard input instead of asking
    #[arg(long)]
    pub password_stdin: bool,
}

/// `context`.
#[derive(Debug, Subcommand)]
pub enum ContextVerb {
    /// All contexts; the current one is marked
    List,
    /// Make a context the current one
    Use {
        /// Its name
        name: String,
    },
    /// Add or replace a context
    Add {
        /// Its name
        name: String,
        /// Address of the core
        address: String,
        /// Mark everything in it as production
        #[arg(long)]
        production: bool,
        /// Never write in it, as if --read-only were given each time
        #[arg(long)]
        always_read_only: bool,
    },
    /// Forget a context and the session of its address
    Remove {
        /// Its name
        name: String,
    },
}

/// `service`.
#[derive(Debug, Subcommand)]
pub enum ServiceVerb {
    /// Services by path
    List(ListArgs),
    /// One service with its budget, its incidents and what hangs on it
    Get {
        /// Its path, or its last segment when that is unique
        path: String,
    },
    /// Changes of services as they come, each on a line; with a path those of one
    Watch {
        /// Its path, or its last segment when that is unique
        path: Option<String>,
        /// Which services, and whether only what gets worse or recovers from it
        #[command(flatten)]
        which: ListArgs,
    },
}

/// Which services a list shows.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// Keep what matches, for example 'status:down team:payments -tag:standby'
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub filter: String,
    /// Only what someone should look at
    #[arg(long)]
    pub problems: bool,
}

/// `storage`.
#[derive(Debug, Subcommand)]
pub enum StorageVerb {
    /// Services that hold data, the fullest first
    List(ListArgs),
}

/// `backup`.
#[derive(Debug, Subcommand)]
pub enum BackupVerb {
    /// Services that back up or should, the longest overdue first
    List(ListArgs),
}

/// `budget`.
#[derive(Debug, Subcommand)]
pub enum BudgetVerb {
    /// SLA groups, worst first
    List,
    /// One SLA group with its alerts, members and incidents
    Get {
        /// Its name
        name: String,
    },
    /// What a month came to for every group, with what was corrected since; also as `-o md`
    Report {
        /// Which month, for example 2026-10 [default: this month so far]
        #[arg(long, value_name = "YEAR-MONTH")]
        month: Option<String>,
        /// The daily report instead, made now: Markdown, or with `-o json` or `-o yaml` data. The core keeps it
        #[arg(long, conflicts_with = "month")]
        daily: bool,
    },
}

/// `activity`.
#[derive(Debug, Args)]
pub struct ActivityArgs {
    /// Stay and print changes as they arrive
    #[arg(short, long)]
    pub follow: bool,
    /// How many past changes to print
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

/// `settings`.
#[derive(Debug, Subcommand)]
pub enum SettingsVerb {
    /// Every setting, its value and where the value comes from
    Show,
    /// Where files of this program are
    Path,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
