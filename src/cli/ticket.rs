//! `ticket` verbs.

use clap::{Args, Subcommand};

/// What to do with tickets.
#[derive(Debug, Subcommand)]
pub enum TicketVerb {
    /// Tickets, most urgent first; closed ones are left out
    List {
        /// Keep what matches, for example 'status:open priority:critical payments'
        #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        filter: String,
        /// Only those assigned to me
        #[arg(long)]
        mine: bool,
        /// Closed ones too
        #[arg(long)]
        all: bool,
    },
    /// One ticket: clocks, what can be done now and why not, and its history
    Get {
        /// Its number, with or without `#`
        #[arg(value_parser = number)]
        number: u64,
    },
    /// Open a ticket
    Create(CreateArgs),
    /// Assign a ticket to myself
    Take {
        /// Its number, with or without `#`
        #[arg(value_parser = number)]
        number: u64,
        /// Version it was seen at.
        #[command(flatten)]
        seen: Seen,
    },
    /// Move a ticket along its workflow
    Move {
        /// Its number, with or without `#`
        #[arg(value_parser = number)]
        number: u64,
        /// OPEN, IN_PROGRESS, RESOLVED or CLOSED
        #[arg(value_parser = crate::domain::tickets::TicketStatus::parse.or_word("OPEN, IN_PROGRESS, RESOLVED or CLOSED"))]
        status: crate::domain::tickets::TicketStatus,
        /// Say something with the move
        #[arg(short, long, value_name = "TEXT")]
        comment: Option<String>,
        /// Version it was seen at.
        #[command(flatten)]
        seen: Seen,
    },
    /// Give a ticket to somebody, or to nobody
    Assign {
        /// Its number, with or without `#`
        #[arg(value_parser = number)]
        number: u64,
        /// Login name
        #[arg(required_unless_present = "nobody", conflicts_with = "nobody")]
        user: Option<String>,
        /// Take it away from whoever has it
        #[arg(long)]
        nobody: bool,
        /// Version it was seen at.
        #[command(flatten)]
        seen: Seen,
    },
    /// Change how urgent a ticket is
    Priority {
        /// Its number, with or without `#`
        #[arg(value_parser = number)]
        number: u64,
        /// LOW, MEDIUM, HIGH or CRITICAL
        #[arg(value_parser = crate::domain::tickets::Priority::parse.or_word("LOW, MEDIUM, HIGH or CRITICAL"))]
        priority: crate::domain::tickets::Priority,
        /// Version it was seen at.
        #[command(flatten)]
        seen: Seen,
    },
    /// Say something on a ticket
    Comment {
        /// Its number, with or without `#`
        #[arg(value_parser = number)]
        number: u64,
        /// The text; `-` reads it from standard input
        text: String,
    },
}

/// `ticket create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// One line that says what is wrong or wanted
    pub title: String,
    /// Item of the catalog, for example service_down
    #[arg(short, long, value_name = "NAME")]
    pub item: Option<String>,
    /// More about it; `-` reads it from standard input
    #[arg(short, long, value_name = "TEXT", default_value = "")]
    pub description: String,
    /// Path of the service it is about
    #[arg(short, long, value_name = "PATH")]
    pub service: Option<String>,
    /// LOW, MEDIUM, HIGH or CRITICAL; without it the item's
    #[arg(short, long, value_name = "WORD", value_parser = crate::domain::tickets::Priority::parse.or_word("LOW, MEDIUM, HIGH or CRITICAL"))]
    pub priority: Option<crate::domain::tickets::Priority>,
}

/// The version a write was decided on.
#[derive(Clone, Copy, Debug, Args)]
pub struct Seen {
    /// Refuse if the ticket is not at this version any more [default: the version just read]
    #[arg(long, value_name = "N")]
    pub if_version: Option<u64>,
}

fn number(text: &str) -> Result<u64, String> {
    text.trim_start_matches('#').parse().map_err(|_| "a ticket number such as 12 or #12".to_owned())
}

/// Turns a `parse` of the domain into a value parser that names what is allowed.
trait OrWord<T> {
    fn or_word(self, allowed: &'static str) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static;
}

impl<T, F> OrWord<T> for F
where
    F: Fn(&str) -> Option<T> + Clone + Send + Sync + 'static,
    T: 'static,
{
    fn or_word(self, allowed: &'static str) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
        move |word| self(word).ok_or_else(|| format!("one of {allowed}"))
    }
}
