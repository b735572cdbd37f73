//! `ack`.

use clap::{Args, ValueEnum};

use crate::domain::attention::{Handling, Reason};

/// Say that one knows of a problem, put it off, or take that back.
#[derive(Debug, Args)]
pub struct AckArgs {
    /// What the problem is about
    #[arg(value_enum)]
    pub kind: SubjectKind,
    /// Path of the service, name of the reporter, receiver or SLA group, or number of the ticket or window
    #[arg(default_value = "")]
    pub name: String,
    /// What is seen, for example down, degraded, silent, backup_overdue, storage_critical, budget_page, budget_breached_and_page or
    /// response_late;
    /// if it is worse by now, nothing is done
    #[arg(long, value_name = "REASON", value_parser = reason)]
    pub reason: Reason,
    /// Out of everybody's sight for so long, for example 4h; a week at most
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, conflicts_with_all = ["snooze_until", "reopen"])]
    pub snooze: Option<std::time::Duration>,
    /// Out of everybody's sight until a time in RFC 3339
    #[arg(long, value_name = "TIME", conflicts_with = "reopen")]
    pub snooze_until: Option<jiff::Timestamp>,
    /// Take back what was said, by whomever
    #[arg(long)]
    pub reopen: bool,
    /// The same key with the same content is done once, however often it is sent
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// What a problem can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SubjectKind {
    /// A service
    Service,
    /// A reporter that fell silent, never began, or has a wrong clock
    Reporter,
    /// An SLA group
    Budget,
    /// A ticket near or past its time
    Ticket,
    /// What the repository declares
    Repository,
    /// Reports from where nothing is declared
    Undeclared,
    /// Services that nobody ever reported on and nobody is declared to
    Unheard,
    /// A receiver outside that does not take what it is told
    Receiver,
    /// An exclusion window that was left open
    Window,
}

impl SubjectKind {
    /// The word of the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Reporter => "reporter",
            Self::Budget => "budget",
            Self::Ticket => "ticket",
            Self::Repository => "repository",
            Self::Undeclared => "undeclared",
            Self::Unheard => "unheard",
            Self::Receiver => "receiver",
            Self::Window => "window",
        }
    }
}

impl AckArgs {
    /// What to say at `now`; none takes back.
    pub fn handling(&self, now: crate::domain::time::Timestamp) -> Option<Handling> {
        use crate::domain::time::Timestamp;
        if self.reopen {
            return None;
        }
        let for_long = self.snooze.map(|length| now.plus(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)));
        let until = self.snooze_until.map(|at| Timestamp::from_ms(at.as_millisecond())).or(for_long);
        Some(until.map_or(Handling::Acknowledged, Handling::Snoozed))
    }
}

fn reason(word: &str) -> Result<Reason, String> {
    Reason::parse(&word.to_lowercase().replace(['-', ' '], "_")).ok_or_else(|| {
        let all: Vec<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
        format!("one of {}", all.join(", "))
    })
}
