//! A change as a sentence.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::{
    console::{
        format,
        replica::Seen,
        screens::{budgets, tickets, words as shared},
        theme::Role,
    },
    domain::{
        change::{Actor, Change, Fact, Seq},
        estate::SourceSummary,
        health::{Backup, BackupOutcome, Health, Service, Status, Storage, StorageState},
        sla::{AlertSeverity, BudgetState, ExclusionWindow, Exhaustion, SlaGroup},
        tickets::{Entry, EntryKind, Ticket},
    },
};

/// Groups of facts that the list can be narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Kind {
    /// Everything.
    #[default]
    All,
    /// Status, storage, backups.
    Health,
    /// Tickets.
    Tickets,
    /// SLA groups.
    Budgets,
    /// What the repository did: readings, declarations, retirements.
    Repository,
}

impl Kind {
    /// In the order in which they are gone through.
    pub const ALL: [Self; 5] = [Self::All, Self::Health, Self::Tickets, Self::Budgets, Self::Repository];

    /// The next one.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Health => "health",
            Self::Tickets => "tickets",
            Self::Budgets => "budgets",
            Self::Repository => "repository",
        }
    }

    /// The group a fact belongs to.
    pub const fn of(fact: &Fact) -> Self {
        match fact {
            Fact::HealthChanged { .. }
            | Fact::StorageChanged { .. }
            | Fact::BackupChanged { .. }
            | Fact::ProblemHandled(_)
            | Fact::HandlingLapsed { .. }
            | Fact::ReceiversChanged(_) => Self::Health,
            Fact::TicketChanged { .. } => Self::Tickets,
            Fact::BudgetChanged(_) | Fact::BudgetRemoved(_) | Fact::WindowChanged(_) => Self::Budgets,
            Fact::ServiceDeclared(_) | Fact::ServiceRetired(_) | Fact::SourceRead(_) => Self::Repository,
        }
    }

    /// Whether `fact` is shown under this.
    pub fn covers(self, fact: &Fact) -> bool {
        self == Self::All || self == Self::of(fact)
    }
}

/// Changes of budgets that only moved its figures: state and alert are as the change of the same group before said. Each
/// minute brings some of every group, and among all changes they would hide what people did. `feed` is newest first.
pub fn figures_only(feed: &VecDeque<Seen>) -> HashSet<Seq> {
    let mut told: HashMap<&str, (BudgetState, Option<AlertSeverity>)> = HashMap::new();
    let mut moved = HashSet::new();
    for change in feed.iter().rev().map(|seen| &seen.change) {
        match &change.fact {
            Fact::BudgetChanged(group) => {
                let is = (group.budget.state, group.budget.firing());
                if told.insert(&group.name, is) == Some(is) {
                    moved.insert(change.seq);
                }
            }
            Fact::BudgetRemoved(name) => drop(told.remove(name.as_str())),
            _ => {}
        }
    }
    moved
}

/// Who did it, in a column.
pub fn actor(actor: &Actor) -> String {
    match actor {
        Actor::User { name, .. } | Actor::Reporter(name) => name.clone(),
        Actor::Git(Some(revision)) => format!("git {}", revision.get(..7).unwrap_or(revision)),
        Actor::Git(None) => "git".to_owned(),
        Actor::System => "system".to_owned(),
    }
}

/// What it is about: a service's path, a ticket's number, a group's name.
pub fn object(fact: &Fact) -> String {
    match fact {
        Fact::ServiceDeclared(service) => service.path.to_string(),
        Fact::ServiceRetired(path)
        | Fact::HealthChanged { path, .. }
        | Fact::StorageChanged { path, .. }
        | Fact::BackupChanged { path, .. } => path.to_string(),
        Fact::TicketChanged { ticket, .. } => format!("#{}", ticket.number),
        Fact::BudgetChanged(group) => group.name.clone(),
        Fact::BudgetRemoved(name) => name.clone(),
        Fact::WindowChanged(window) => window.scope.name().to_owned(),
        Fact::ProblemHandled(handled) => handled.subject.to_string(),
        Fact::HandlingLapsed { subject, .. } => subject.to_string(),
        Fact::ReceiversChanged(_) => "receivers".to_owned(),
        Fact::SourceRead(_) => "repository".to_owned(),
    }
}

/// What became true, in one line, as it follows the object.
pub fn sentence(change: &Change) -> String {
    match &change.fact {
        Fact::ServiceDeclared(service) => declared(service, change),
        Fact::ServiceRetired(_) => "is no longer declared: retired, its history is kept".to_owned(),
        Fact::HealthChanged { was, health, .. } => health_sentence(*was, health),
        Fact::StorageChanged { storage, .. } => storage_sentence(storage),
        Fact::BackupChanged { backup, .. } => backup_sentence(backup),
        Fact::TicketChanged { ticket, entry } => ticket_sentence(ticket, entry),
        Fact::BudgetChanged(group) => budget_sentence(group),
        Fact::BudgetRemoved(_) => "is no longer declared: the group is gone, the past of its members stays".to_owned(),
        Fact::WindowChanged(window) => window_sentence(window),
        Fact::ProblemHandled(handled) => match handled.handling.until() {
            None => format!("was acknowledged while {}", handled.reason.words()),
            Some(until) => format!("was snoozed until {} while {}", format::moment(until), handled.reason.words()),
        },
        Fact::HandlingLapsed { why, .. } => shared::lapse_words(*why).to_owned(),
        Fact::ReceiversChanged(failing) if failing.is_empty() => "take what they are told".to_owned(),
        Fact::ReceiversChanged(failing) => {
            let each: Vec<String> = failing.iter().map(|r| format!("{} ({})", r.name, r.said)).collect();
            format!("do not take what they are told: {}", each.join(", "))
        }
        Fact::SourceRead(source) => source_sentence(source),
    }
}

fn window_sentence(window: &ExclusionWindow) -> String {
    let (id, kind) = (window.id, window.scope.kind());
    if window.stopped.is_some() {
        return format!("counts again: window {id} of the {kind} was stopped");
    }
    let from = format::moment(window.from);
    let until = window.to.map_or_else(|| "until it is stopped".to_owned(), |to| format!("to {}", format::moment(to)));
    let past = if window.was_for_the_past() { ", for the past: kept results are corrected" } else { "" };
    format!("does not count from {from} {until}{past}: {}", window.reason)
}

/// What colours the line.
pub fn role(fact: &Fact) -> Role {
    match fact {
        Fact::HealthChanged { health, .. } => Role::of_status(health.status),
        Fact::StorageChanged { storage, .. } => match storage.state() {
            StorageState::Critical => Role::Bad,
            StorageState::Warning => Role::Caution,
            StorageState::Unknown => Role::Unknown,
            StorageState::Healthy => Role::Text,
        },
        Fact::BackupChanged { backup, .. } => match backup.last_report {
            Some((_, BackupOutcome::Failed)) => Role::Bad,
            Some((_, BackupOutcome::Partial)) => Role::Caution,
            _ => Role::Text,
        },
        Fact::BudgetChanged(group) if group.budget.state != BudgetState::Met => Role::of_budget(group.budget.state),
        Fact::SourceRead(source) if source.rejected.is_some() => Role::Bad,
        _ => Role::Text,
    }
}

fn declared(service: &Service, change: &Change) -> String {
    let mut words = vec![service.kind.clone(), format!("{} criticality", service.criticality.word())];
    if !service.team.is_empty() {
        words.push(format!("team {}", service.team));
    }
    if let Some(group) = &service.sla_group {
        words.push(format!("SLA group {group}"));
    }
    format!("{}: {}", shared::declared(service, change), words.join(", "))
}

fn health_sentence(was: Status, health: &Health) -> String {
    if let Some(silence) = health.silence {
        return format!(
            "fell silent since {}, expected every {}; last known {}",
            format::clock(silence.from),
            format::span(health.every_ms),
            silence.last_known.word()
        );
    }
    let said = if health.message.is_empty() { String::new() } else { format!(": {}", health.message) };
    let replicas =
        health.replicas.map_or_else(String::new, |(ready, wanted)| format!(" ({ready} of {wanted} replicas)"));
    if was == health.status {
        return format!("is still {}{replicas}{said}", health.status.word());
    }
    format!("went from {} to {}{replicas}{said}", was.word(), health.status.word())
}

fn storage_sentence(storage: &Storage) -> String {
    let mount = if storage.mount_path.is_empty() { String::new() } else { format!(" at {}", storage.mount_path) };
    match storage.free_basis_points() {
        None => format!("storage{mount}: nothing is allocated, so nobody can say how full it is"),
        Some(free) => format!(
            "storage{mount} is {}: {}.{:02} % of {} free",
            storage.state().word(),
            free / 100,
            free % 100,
            format::bytes(storage.allocated_bytes)
        ),
    }
}

fn backup_sentence(backup: &Backup) -> String {
    let said = if backup.message.is_empty() { String::new() } else { format!(": {}", backup.message) };
    let size = backup.size_bytes.map_or_else(String::new, |b| format!(", {}", format::bytes(b)));
    match backup.last_report {
        Some((_, BackupOutcome::Success)) => format!("backup done{size}{said}"),
        Some((at, outcome)) => {
            let last = backup
                .last_success
                .map_or_else(|| "never succeeded".to_owned(), |t| format!("last success {}", format::moment(t)));
            format!("backup {} at {}{size}; {last}{said}", outcome.word(), format::moment(at))
        }
        None if backup.expected => {
            format!(
                "a backup is expected every {} and none was ever reported",
                format::count(backup.max_age_days as usize, "day", "days")
            )
        }
        None => "no backup is expected any more".to_owned(),
    }
}

fn ticket_sentence(ticket: &Ticket, entry: &Entry) -> String {
    let what = match &entry.kind {
        EntryKind::Opened if ticket.automatic => "was opened automatically".to_owned(),
        EntryKind::Opened => "was opened".to_owned(),
        EntryKind::Moved { from, to, .. } => format!("went from {} to {}", from.word(), to.word()),
        EntryKind::Assigned { to: Some(to), .. } => format!("was given to {to}"),
        EntryKind::Assigned { to: None, .. } => "was left to nobody".to_owned(),
        EntryKind::Prioritised { from, to } => format!("went from {} to {}", from.word(), to.word()),
        EntryKind::HandedOver { to: Some(to), .. } => format!("was given to {to}"),
        EntryKind::HandedOver { group: Some(group), .. } => format!("was given to the group {group}"),
        EntryKind::HandedOver { .. } => "was left to nobody".to_owned(),
        EntryKind::Commented { .. } => "got a comment".to_owned(),
        EntryKind::Breached { clock, .. } => format!("missed its {}", clock.word()),
    };
    let said = tickets::words::said(&entry.kind).lines().next().unwrap_or_default();
    let said = if said.is_empty() { String::new() } else { format!(" \"{said}\"") };
    format!("{what}: {}{said}", ticket.title)
}

fn budget_sentence(group: &SlaGroup) -> String {
    let budget = &group.budget;
    let (_, word) = budgets::words::state(budget, true);
    let alert = budgets::words::firing(budget);
    let alert = if alert.is_empty() { String::new() } else { format!(", {alert} alert") };
    let outlook = match budget.exhaustion {
        // What was written down before since when was told says none, and that would read as long.
        Exhaustion::Exhausted(None) => format!("exhausted: {}", budgets::words::over(budget)),
        _ => budgets::words::exhaustion_sentence(budget, budget.as_of, |at| format!("at {}", format::moment(at))),
    };
    format!(
        "budget is {word}: {} left of {}{alert}, {outlook}",
        budgets::words::left_share(budget),
        format::precise(budget.allowed_ms),
    )
}

fn source_sentence(source: &SourceSummary) -> String {
    let at = source.revision.as_deref().map_or_else(String::new, |r| format!(" at {}", r.get(..7).unwrap_or(r)));
    if let Some(why) = &source.rejected {
        return format!("a new reading{at} was rejected, what was accepted before stays in force: {why}");
    }
    format!(
        "was read{at}: {}, {}, {}",
        format::count(source.files as usize, "file", "files"),
        format::count(source.errors as usize, "error", "errors"),
        format::count(source.warnings as usize, "warning", "warnings")
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        domain::{
            change::Seq,
            health::Silence,
            hierarchy::ServicePath,
            time::{MINUTE, Timestamp},
        },
        testing::estate,
    };

    fn change(fact: Fact) -> Change {
        Change { seq: Seq(1), at: Timestamp::from_ms(0), actor: Actor::System, fact }
    }

    fn path() -> ServicePath {
        ServicePath::parse("acme/shop/prod/eu-1/checkout").unwrap()
    }

    #[test]
    fn a_status_change_tells_both_sides_and_what_was_said() {
        let health = Health { status: Status::Down, message: "502".into(), ..Health::default() };
        let told = sentence(&change(Fact::HealthChanged { path: path(), was: Status::Operational, health }));
        assert_eq!(told, "went from OPERATIONAL to DOWN: 502");
    }

    #[test]
    fn a_description_tells_a_new_service_from_one_described_differently() {
        let mut service = estate::estate().services.into_values().next().unwrap();
        service.first_seen = Timestamp::from_ms(0);
        let told = |at, actor| {
            let fact = Fact::ServiceDeclared(Arc::new(service.clone()));
            sentence(&Change { seq: Seq(1), at: Timestamp::from_ms(at), actor, fact })
        };
        assert!(told(0, Actor::Git(None)).starts_with("is new: git declares it: "));
        assert!(told(0, Actor::Reporter("push-jobs".into())).starts_with("is new: first reported by push-jobs: "));
        assert!(told(9, Actor::Git(None)).starts_with("is declared differently in git: "));
        assert!(told(9, Actor::Reporter("push-jobs".into())).starts_with("is described differently by push-jobs: "));
    }

    #[test]
    fn silence_is_told_as_silence() {
        let health = Health {
            every_ms: MINUTE,
            silence: Some(Silence { from: Timestamp::from_ms(0), last_known: Status::Operational }),
            ..Health::default()
        };
        let told = sentence(&change(Fact::HealthChanged { path: path(), was: Status::Operational, health }));
        assert_eq!(told, "fell silent since 00:00, expected every 1m; last known OPERATIONAL");
    }

    #[test]
    fn a_rejected_reading_says_that_the_old_one_stays() {
        let source = SourceSummary { rejected: Some("2 errors in ticketing".into()), ..SourceSummary::default() };
        let told = sentence(&change(Fact::SourceRead(Box::new(source))));
        assert!(told.contains("rejected") && told.contains("stays in force"), "{told}");
    }

    #[test]
    fn every_fact_belongs_to_one_kind_besides_all() {
        let fact = Fact::BudgetRemoved("pay".into());
        let under: Vec<Kind> = Kind::ALL.into_iter().filter(|k| k.covers(&fact)).collect();
        assert_eq!(under, [Kind::All, Kind::Budgets]);
    }
}
