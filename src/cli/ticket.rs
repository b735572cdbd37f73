//! `ticket` verbs.
//!
//! What changes tickets takes one or many: numbers as words, `--filter`, or `--numbers-from`. [`Which`] holds that and
//! what every such verb can be told; the words of a verb are parted by its own `parts`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::tickets::{Priority, TicketStatus};

const STATUSES: &str = "OPEN, IN_PROGRESS, RESOLVED or CLOSED";
const PRIORITIES: &str = "LOW, MEDIUM, HIGH or CRITICAL";

/// What to do with tickets.
#[derive(Debug, Subcommand)]
pub enum TicketVerb {
    /// Tickets, most urgent first; closed ones are left out
    List(ListArgs),
    /// One ticket: clocks, what can be done now and why not, and its history
    Get {
        /// Its number, with or without `#`
        #[arg(value_parser = number)]
        number: u64,
    },
    /// Why something happened to a ticket: who, in which role, allowed by which line, put there by which commit
    Why {
        /// Its number, with or without `#`
        #[arg(value_parser = number)]
        number: u64,
        /// Line of its history, counted from 1 [default: the newest move]
        #[arg(long, value_name = "K")]
        entry: Option<u32>,
    },
    /// Open a ticket
    Create(CreateArgs),
    /// Assign tickets to myself
    Take(TakeArgs),
    /// Move tickets along their workflow
    #[command(override_usage = "itops ticket move [OPTIONS] [NUMBER]... STATUS")]
    Move(MoveArgs),
    /// Give tickets to somebody, to a group, or to nobody
    #[command(override_usage = "itops ticket assign [OPTIONS] [NUMBER]... [USER]")]
    Assign(AssignArgs),
    /// Change how urgent tickets are
    #[command(override_usage = "itops ticket priority [OPTIONS] [NUMBER]... PRIORITY")]
    Priority(PriorityArgs),
    /// Say something on tickets
    #[command(override_usage = "itops ticket comment [OPTIONS] [NUMBER]... [TEXT]")]
    Comment(CommentArgs),
}

/// `ticket list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Keep what matches, for example 'status:open priority:critical payments'
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub filter: String,
    /// Only those assigned to me
    #[arg(long)]
    pub mine: bool,
    /// Only those that nobody has
    #[arg(long, conflicts_with = "mine")]
    pub unassigned: bool,
    /// Only those whose clock has run out
    #[arg(long)]
    pub breaching: bool,
    /// Only those about this service, or about one below this node
    #[arg(short, long, value_name = "PATH")]
    pub service: Option<String>,
    /// Only those of this group
    #[arg(short, long, value_name = "NAME")]
    pub group: Option<String>,
    /// Closed ones too
    #[arg(long)]
    pub all: bool,
    /// What comes first
    #[arg(long, value_name = "ORDER", value_enum, default_value_t)]
    pub sort: Sort,
}

/// What comes first in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Default)]
pub enum Sort {
    /// Those whose clock ran out, then by priority, then by what is due next
    #[default]
    Urgency,
    /// What is due next
    Due,
    /// The highest number
    Newest,
    /// What changed last
    Updated,
}

/// `ticket create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// One line that says what is wrong or wanted; without it the item's
    #[arg(required_unless_present = "item", default_value = "", hide_default_value = true)]
    pub title: String,
    /// Item of the catalog, for example service_down
    #[arg(short, long, value_name = "NAME")]
    pub item: Option<String>,
    /// More about it; `-` reads it from standard input
    #[arg(short, long, value_name = "TEXT", conflicts_with = "file")]
    pub description: Option<String>,
    /// Read the description from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Path of the service it is about
    #[arg(short, long, value_name = "PATH")]
    pub service: Option<String>,
    /// LOW, MEDIUM, HIGH or CRITICAL; without it the item's
    #[arg(short, long, value_name = "WORD", value_parser = priority)]
    pub priority: Option<Priority>,
    /// Done once however often it is sent [default: a new one each time]
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// Which tickets something is done to, and how.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// Instead of numbers: every open ticket that matches, for example 'is:unassigned node:acme/shop'
    #[arg(short, long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Instead of numbers: those in this file, one a line; of a receipt in JSON those that were not done. `-` is
    /// standard input
    #[arg(long, value_name = "FILE", conflicts_with = "filter")]
    pub numbers_from: Option<PathBuf>,
    /// Say what would be done to each or why it cannot, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Refuse if the ticket is not at this version any more; for one ticket [default: the version just read]
    #[arg(long, value_name = "N")]
    pub if_version: Option<u64>,
    /// Done once however often it is sent; many tickets get one each, made from it [default: a new one each time]
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// With many tickets in production: the name of their environment, instead of typing it when asked
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// With many tickets: how many are on their way at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub at_once: u8,
}

impl Which {
    /// Whether the tickets are named elsewhere than by numbers on the command line.
    const fn is_elsewhere(&self) -> bool {
        self.filter.is_some() || self.numbers_from.is_some()
    }

    /// Numbers out of words, each once.
    fn numbers(&self, words: &[String]) -> Result<Vec<u64>, String> {
        if self.is_elsewhere() != words.is_empty() {
            return Err(match words {
                [] => "which ticket? give its number, --filter or --numbers-from".to_owned(),
                [first, ..] => format!("`{first}` beside --filter or --numbers-from: give one of them"),
            });
        }
        let mut numbers = Vec::new();
        for word in words {
            let number = number(word).map_err(|wanted| format!("`{word}` is not {wanted}"))?;
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        Ok(numbers)
    }
}

/// `ticket take`.
#[derive(Debug, Args)]
pub struct TakeArgs {
    /// Numbers, with or without `#`
    #[arg(value_name = "NUMBER")]
    words: Vec<String>,
    /// Which and how.
    #[command(flatten)]
    pub which: Which,
}

impl TakeArgs {
    /// The numbers given.
    ///
    /// # Errors
    /// What is not a number, or missing.
    pub fn parts(&self) -> Result<Vec<u64>, String> {
        self.which.numbers(&self.words)
    }
}

/// `ticket move`.
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// Numbers, with or without `#`, then OPEN, IN_PROGRESS, RESOLVED or CLOSED
    #[arg(value_name = "NUMBER... STATUS", required = true)]
    words: Vec<String>,
    /// Say something with the move; `-` reads it from standard input
    #[arg(short, long, value_name = "TEXT", conflicts_with = "file")]
    pub comment: Option<String>,
    /// Read the comment from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which and how.
    #[command(flatten)]
    pub which: Which,
}

impl MoveArgs {
    /// The numbers and the status.
    ///
    /// # Errors
    /// What is not a number or a status, or missing.
    pub fn parts(&self) -> Result<(Vec<u64>, TicketStatus), String> {
        let (word, numbers) = last(&self.words, STATUSES)?;
        let status = TicketStatus::parse(word).ok_or_else(|| format!("`{word}` is not one of {STATUSES}"))?;
        Ok((self.which.numbers(numbers)?, status))
    }
}

/// `ticket assign`.
#[derive(Debug, Args)]
pub struct AssignArgs {
    /// Numbers, with or without `#`, then a login name unless --nobody or --group is given
    #[arg(value_name = "NUMBER... USER")]
    words: Vec<String>,
    /// Take it away from whoever has it
    #[arg(long)]
    pub nobody: bool,
    /// Give it to this group; nobody has it then, unless a name is given too
    #[arg(short, long, value_name = "NAME")]
    pub group: Option<String>,
    /// Say something with it; `-` reads it from standard input
    #[arg(short, long, value_name = "TEXT", conflicts_with = "file")]
    pub note: Option<String>,
    /// Read the note from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which and how.
    #[command(flatten)]
    pub which: Which,
}

impl AssignArgs {
    /// The numbers and the login name; none for nobody.
    ///
    /// # Errors
    /// What is not a number, or missing.
    pub fn parts(&self) -> Result<(Vec<u64>, Option<String>), String> {
        // With a group, what is no number at the end is a name.
        let names_none = self.nobody || self.group.is_some() && self.words.last().is_none_or(|w| number(w).is_ok());
        if names_none {
            return Ok((self.which.numbers(&self.words)?, None));
        }
        let (name, numbers) = last(&self.words, "a login name, --nobody or --group")?;
        Ok((self.which.numbers(numbers)?, Some(name.to_owned())))
    }
}

/// `ticket priority`.
#[derive(Debug, Args)]
pub struct PriorityArgs {
    /// Numbers, with or without `#`, then LOW, MEDIUM, HIGH or CRITICAL
    #[arg(value_name = "NUMBER... PRIORITY", required = true)]
    words: Vec<String>,
    /// Which and how.
    #[command(flatten)]
    pub which: Which,
}

impl PriorityArgs {
    /// The numbers and the priority.
    ///
    /// # Errors
    /// What is not a number or a priority, or missing.
    pub fn parts(&self) -> Result<(Vec<u64>, Priority), String> {
        let (word, numbers) = last(&self.words, PRIORITIES)?;
        Ok((self.which.numbers(numbers)?, priority(word).map_err(|wanted| format!("`{word}` is not {wanted}"))?))
    }
}

/// `ticket comment`.
#[derive(Debug, Args)]
pub struct CommentArgs {
    /// Numbers, with or without `#`, then the text; `-` reads it from standard input
    #[arg(value_name = "NUMBER... TEXT")]
    words: Vec<String>,
    /// Read the text from a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which and how.
    #[command(flatten)]
    pub which: Which,
}

impl CommentArgs {
    /// The numbers and the text; none when it is in a file.
    ///
    /// # Errors
    /// What is not a number, or missing.
    pub fn parts(&self) -> Result<(Vec<u64>, Option<String>), String> {
        if self.file.is_some() {
            return Ok((self.which.numbers(&self.words)?, None));
        }
        let (text, numbers) = last(&self.words, "the text, or --file")?;
        Ok((self.which.numbers(numbers)?, Some(text.to_owned())))
    }
}

/// The last word and those before it.
fn last<'a>(words: &'a [String], wanted: &str) -> Result<(&'a str, &'a [String]), String> {
    words.split_last().map(|(last, rest)| (last.as_str(), rest)).ok_or_else(|| format!("give {wanted}"))
}

fn number(text: &str) -> Result<u64, String> {
    text.trim_start_matches('#').parse().map_err(|_| "a ticket number such as 12 or #12".to_owned())
}

fn priority(word: &str) -> Result<Priority, String> {
    Priority::parse(word).ok_or_else(|| format!("one of {PRIORITIES}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn verb(line: &str) -> TicketVerb {
        let words = ["itops", "ticket"].into_iter().chain(line.split(' '));
        match Cli::try_parse_from(words).unwrap().command {
            Some(Command::Ticket(verb)) => verb,
            other => panic!("{other:?}"),
        }
    }

    fn moved(line: &str) -> Result<(Vec<u64>, TicketStatus), String> {
        match verb(line) {
            TicketVerb::Move(args) => args.parts(),
            other => panic!("{other:?}"),
        }
    }

    fn assigned(line: &str) -> Result<(Vec<u64>, Option<String>), String> {
        match verb(line) {
            TicketVerb::Assign(args) => args.parts(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_come_first_and_the_status_last() {
        assert_eq!(moved("move 12 #13 12 resolved"), Ok((vec![12, 13], TicketStatus::Resolved)));
        assert_eq!(moved("move --filter is:mine in-progress"), Ok((vec![], TicketStatus::InProgress)));
        assert!(moved("move 12 13").unwrap_err().contains("not one of OPEN"));
        assert!(moved("move resolved").unwrap_err().contains("which ticket?"));
        assert!(moved("move 12 resolved --filter is:mine").unwrap_err().contains("give one of them"));
        assert!(moved("move twelve resolved").unwrap_err().contains("a ticket number"));
    }

    #[test]
    fn a_name_is_needed_unless_nobody_or_a_group_gets_it() {
        assert_eq!(assigned("assign 12 oncall"), Ok((vec![12], Some("oncall".to_owned()))));
        assert_eq!(assigned("assign 12 --nobody"), Ok((vec![12], None)));
        assert_eq!(assigned("assign 12 13 --group dba"), Ok((vec![12, 13], None)));
        assert_eq!(assigned("assign 12 oncall --group dba"), Ok((vec![12], Some("oncall".to_owned()))));
        assert!(assigned("assign 12").is_err());
    }
}
