//! What is fetched when somebody opens one object: more than the estate carries.

use std::sync::Arc;

use crate::domain::{
    gitops::{Declared, Fault, FileEntry},
    health::Status,
    hierarchy::ServicePath,
    refusal::Refusal,
    sla::{Budget, ExclusionWindow, SlaGroup, Timeline},
    tickets::{Entry, Grant, Ticket},
    time::Timestamp,
};

/// A ticket with its whole history.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketDetail {
    /// As it is now.
    pub ticket: Ticket,
    /// Oldest first.
    pub history: Vec<Entry>,
}

/// A ticket that changed since somebody saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// As it is now.
    pub ticket: Ticket,
    /// What he did not see, oldest first.
    pub since: Vec<Entry>,
}

/// What an act would come to for one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// Which one.
    pub number: u64,
    /// As it is now; none when there is none.
    pub ticket: Option<Ticket>,
    /// Whether its service is in production.
    pub is_production: bool,
    /// In which role it would be done and by what right, or why it cannot be.
    pub verdict: Result<(String, Grant), Refusal>,
}

/// A service with its past.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceDetail {
    /// Which one.
    pub path: ServicePath,
    /// Status line of the last 30 days.
    pub timeline: Timeline,
    /// Its own promise: the group's target, else its criticality's, over 30 days.
    pub budget: Budget,
    /// Times of trouble in them, newest first; the newest ones.
    pub incidents: Vec<Incident>,
    /// How many there were in all.
    pub incidents_total: usize,
}

/// A time in which a service was DOWN or DEGRADED; in a budget whose promise counts it as down, also one of maintenance that
/// its reporter declared without a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Which service.
    pub path: ServicePath,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; none while it lasts.
    pub to: Option<Timestamp>,
    /// The worst status in it.
    pub worst: Status,
    /// What the reporter said at its start.
    pub message: String,
    /// How often it broke: more than once where a recovery did not last.
    pub outbreaks: u32,
    /// How much of it, in milliseconds, it was not in its worst status: it worked in between, was better or unknown.
    pub other_ms: i64,
    /// The service that it came from, which this one cannot do without and was DOWN when it began.
    pub cause: Option<ServicePath>,
}

impl Incident {
    /// How long it lasted, so far until `now`, and how long of that it was in its worst status, in milliseconds.
    pub fn lengths(&self, now: Timestamp) -> (i64, i64) {
        let whole = self.to.unwrap_or(now).since(self.from);
        (whole, (whole - self.other_ms).max(0))
    }
}

/// An SLA group with its burn-down, its incidents and its members' own figures.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetDetail {
    /// The group.
    pub group: SlaGroup,
    /// Budget left over the period, oldest first, in milliseconds; the first point is the whole budget of the period
    /// and the last is now.
    pub burn_down: Vec<(Timestamp, i64)>,
    /// Incidents of members that cost budget, newest first; the newest ones.
    pub incidents: Vec<Incident>,
    /// How many there were in all.
    pub incidents_total: usize,
    /// When a member was DOWN, or in maintenance that counts as that, so that it cost budget, all of them, oldest first, for a chart: what lies closer together
    /// than a thousandth of the period is one.
    pub down: Vec<(Timestamp, Timestamp)>,
    /// Exclusion windows of the group and of its members that reach into the period, newest first; the newest ones.
    pub windows: Vec<ExclusionWindow>,
    /// Each member's own figures under the group's target, worst first.
    pub members: Vec<(ServicePath, Budget)>,
}

/// What the repository declares and what is wrong with it, without the text of its files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeclaredIndex {
    /// Commit in force; none outside git.
    pub revision: Option<String>,
    /// Its first line, author and time, where git tells.
    pub commit: Option<Commit>,
    /// Every file, sorted by path.
    pub files: Vec<FileEntry>,
    /// Everything declared, by kind then name.
    pub declared: Vec<Arc<Declared>>,
    /// All faults, sorted by place.
    pub faults: Vec<Fault>,
}

/// One commit of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// 40 hex digits.
    pub id: Arc<str>,
    /// Author's name.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// First line of its message.
    pub subject: String,
}

/// What somebody asks for when he opens a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTicket {
    /// Catalog item as written (short or full name); none for a free ticket.
    pub item: Option<String>,
    /// One line.
    pub title: String,
    /// May be empty.
    pub description: String,
    /// Service path.
    pub service: Option<ServicePath>,
    /// Overrides the item's.
    pub priority: Option<crate::domain::tickets::Priority>,
}
