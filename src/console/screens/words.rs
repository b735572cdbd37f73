//! One line about one thing, in the same words on every screen.

use crate::{
    console::{
        format,
        names::Names,
        theme::{Glyphs, Role},
    },
    domain::{
        attention::Lapse,
        change::{Actor, Change, Fact},
        detail::Incident,
        health::{
            Counted, Needs, Service, Status, StorageState,
            reporter::{Source, Turn, turn},
        },
        hierarchy::ServicePath,
        sla::{Budget, BudgetState, Exhaustion},
        tickets::{EntryKind, Ticket, TicketStatus},
        time::{MINUTE, Timestamp},
    },
};

/// Where services come from, for who sees none yet.
pub const FIRST_SERVICE: &str = "Services are declared in the repository that the core reads: `itops serve --gitops DIR` names it, GitOps shows what was \
     read. Or they come with their first report: `itops report health` sends one with the operator key, which the core takes \
     from ITOPS_SECURITY_OPERATOR_API_KEY and the reporter from ITOPS_API_KEY; without a key the core takes no reports.";

/// A ticket with its clock: `#1041 OPEN CRITICAL, unassigned, response is 6m late`.
pub fn ticket_line(ticket: &Ticket, now: Timestamp) -> String {
    let who = ticket.assignee.as_ref().map_or("unassigned", |(_, name)| name);
    let clock = clock(ticket, now).map(|(text, _)| format!(", {text}")).unwrap_or_default();
    format!("#{} {} {}, {who}{clock}", ticket.number, ticket.status.word(), ticket.priority.word())
}

/// The clock that matters now: in words, and how it looks. None while both stand.
pub fn clock(ticket: &Ticket, now: Timestamp) -> Option<(String, Role)> {
    let (what, clock) = if ticket.clocks.response.running_since.is_some() {
        ("response", ticket.clocks.response)
    } else if ticket.clocks.resolution.running_since.is_some() {
        ("resolution", ticket.clocks.resolution)
    } else {
        return None;
    };
    let left = clock.remaining(now);
    Some(match left {
        ..0 => (format!("{what} is {} late", format::span(-left)), Role::Bad),
        _ if left < clock.allowed_ms / 4 => (format!("{what} due in {}", format::span(left)), Role::Caution),
        _ => (format!("{what} due in {}", format::span(left)), Role::Muted),
    })
}

/// The status of a ticket for people.
pub const fn ticket_status(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::Open => "open",
        TicketStatus::InProgress => "in progress",
        TicketStatus::Resolved => "resolved",
        TicketStatus::Closed => "closed",
    }
}

/// The state of a budget in a short word.
pub const fn budget_word(budget: &Budget) -> &'static str {
    match budget.state {
        BudgetState::Met => "MET",
        BudgetState::Insufficient if budget.coverage_millionths > 0 => "LOW DATA",
        BudgetState::Insufficient => "NO DATA",
        BudgetState::AtRisk => "AT RISK",
        BudgetState::Breached => "BREACHED",
    }
}

/// When a budget will be gone, or since when it is at `now`. `past` writes a moment: `3h ago`.
pub fn exhaustion(budget: &Budget, now: Timestamp, past: impl FnOnce(Timestamp) -> String) -> String {
    if budget.state == BudgetState::Insufficient {
        return format!("{} known", format::percent(budget.coverage_millionths / 10_000 * 10_000));
    }
    match budget.exhaustion {
        _ if budget.exhausted_if_down_at.is_some() => format!("gone {}", budget.gone(now, format::precise, past)),
        Exhaustion::Exhausted(_) | Exhaustion::In(_) => format!("gone {}", budget.gone(now, format::precise, past)),
        Exhaustion::NotBeforeReset => "lasts".to_owned(),
        Exhaustion::Unknown => "burn not known".to_owned(),
        Exhaustion::NotBurning => format!("{} left", format::precise(budget.remaining_ms())),
    }
}

/// A reporter by what it is and its name.
pub fn reporter(name: &str) -> String {
    match Source::of(name) {
        Source::Agent(node) => format!("agent {node}"),
        Source::Job(job) => format!("CronJob {job}"),
        Source::Key(key, cluster) => format!("key {key} in {cluster}"),
        Source::Named(name) => name.to_owned(),
    }
}

/// By how much a clock is off: `12m behind`.
pub fn clock_off(ahead_ms: i64) -> String {
    let side = if ahead_ms < 0 { "behind" } else { "ahead" };
    let off = ahead_ms.abs();
    let length = if off < 10 * MINUTE { format::seconds(off) } else { format::span(off) };
    format!("{length} {side}")
}

/// An interval: to the second where it is not whole minutes.
pub fn every(ms: i64) -> String {
    if ms % MINUTE == 0 && ms > 0 { format::span(ms) } else { format::seconds(ms) }
}

/// What many changes of one reporter at one moment come to: its name, and what happened.
pub fn together(change: &Change, many: Counted) -> (String, String) {
    let services = format::count(many.total() as usize, "service", "services");
    match turn(change) {
        Some((name, Turn::Silent)) => (name.to_owned(), format!("fell silent: nobody hears of {services}")),
        Some((name, Turn::Heard)) => (name.to_owned(), format!("is heard again on {services}: {}", counted(many))),
        None => (String::new(), services),
    }
}

/// Within which time an incident had its worst status where that is not all of it, and how often it broke out where a
/// recovery did not last: `, within 7m 00s, 2 times`.
pub fn spread(incident: &Incident, now: Timestamp) -> String {
    let (whole, worst) = incident.lengths(now);
    let within = if worst < whole { format!(", within {}", format::precise(whole)) } else { String::new() };
    let times = if incident.outbreaks > 1 { format!(", {} times", incident.outbreaks) } else { String::new() };
    within + &times
}

/// How an incident was spread, and what it came from.
pub fn came_from(incident: &Incident, now: Timestamp) -> String {
    let cause = incident.cause.as_ref().map_or_else(String::new, |path| format!(", from {}", path.service()));
    spread(incident, now) + &cause
}

/// So many names of those that need a service stand in one line.
const NAMED: usize = 6;

/// Whom trouble of a service hurts: those that need it by name, and how many need it through them. None without any.
pub fn needed_by(needs: &Needs, path: &ServicePath) -> Option<String> {
    let names: Vec<&str> = needs.users(path).map(ServicePath::service).collect();
    if names.is_empty() {
        return None;
    }
    let through = needs.users_of(path).len() - names.len();
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(if through > 0 { format!("{shown}{more}, and {through} through them") } else { format!("{shown}{more}") })
}

/// How many services have each status, worst first, without those of which there are none.
pub fn counted(counted: Counted) -> String {
    let parts: Vec<String> = Status::ALL
        .into_iter()
        .rev()
        .filter(|s| counted.of(*s) > 0)
        .map(|s| format!("{} {}", counted.of(s), s.word()))
        .collect();
    parts.join(", ")
}

/// What a description of a service means: that it is new, or that somebody described it differently.
pub fn declared(service: &Service, change: &Change) -> String {
    let is_new = service.first_seen >= change.at;
    match (&change.actor, is_new) {
        (Actor::Git(_), true) => "is new: git declares it".to_owned(),
        (Actor::Git(_), false) => "is declared differently in git".to_owned(),
        (actor, true) => format!("is new: first reported by {}", actor.name()),
        (actor, false) => match service.clock_ahead_ms {
            Some(ms) => format!("is described differently by {}, whose clock is {}", actor.name(), clock_off(ms)),
            None => format!("is described differently by {}", actor.name()),
        },
    }
}

/// Why what was said about a problem no longer holds.
pub const fn lapse_words(why: Lapse) -> &'static str {
    match why {
        Lapse::Ended => "it is over, and what was said about it with it",
        Lapse::Worse => "it got worse, so it needs somebody again",
        Lapse::Over => "the snooze is over",
        Lapse::Withdrawn => "what was said about it was taken back",
    }
}

/// A change in one line: a sign, how it looks, and the words.
pub fn change(change: &Change, names: &Names, glyphs: &Glyphs) -> (&'static str, Role, String) {
    let arrow = glyphs.arrow;
    match &change.fact {
        Fact::HealthChanged { path, was, health } => {
            let silent = if health.silence.is_some() { " (silent)" } else { "" };
            let text = if *was == health.status {
                // The status stays: what was said with it is the news.
                let said = match (health.message.is_empty(), health.replicas) {
                    (false, _) => health.message.clone(),
                    (true, Some((ready, wanted))) => format!("{ready} of {wanted} replicas"),
                    (true, None) => format!("reported by {}", change.actor.name()),
                };
                format!("{} still {}{silent}: {said}", names.service(path), health.status.word())
            } else {
                format!("{} {} {arrow} {}{silent}", names.service(path), was.word(), health.status.word())
            };
            (glyphs.of(health.status), Role::of_status(health.status), text)
        }
        Fact::TicketChanged { ticket, entry } => {
            let what = match &entry.kind {
                EntryKind::Opened => format!("opened: {}", ticket.title),
                EntryKind::Moved { from, to, .. } => {
                    format!("{} {arrow} {} by {}", ticket_status(*from), ticket_status(*to), change.actor.name())
                }
                EntryKind::Assigned { to: Some(name), .. } => format!("given to {name}"),
                EntryKind::Assigned { to: None, .. } => "given to nobody".to_owned(),
                EntryKind::Prioritised { to, .. } => format!("now {}", to.word()),
                EntryKind::HandedOver { to: Some(name), .. } => format!("given to {name}"),
                EntryKind::HandedOver { group: Some(group), .. } => format!("given to the group {group}"),
                EntryKind::HandedOver { .. } => "given to nobody".to_owned(),
                EntryKind::Commented { .. } => format!("comment by {}", change.actor.name()),
                EntryKind::Breached { clock, .. } => format!("missed its {}", clock.word()),
            };
            ("#", Role::Accent, format!("{} {what}", ticket.number))
        }
        Fact::BudgetChanged(group) => {
            let state = group.budget.state;
            (glyphs.warn, Role::of_budget(state), format!("budget {} {}", group.name, budget_word(&group.budget)))
        }
        Fact::BudgetRemoved(name) => (glyphs.no, Role::Muted, format!("budget {name} is gone")),
        Fact::StorageChanged { path, storage } => {
            let role = match storage.state() {
                StorageState::Critical => Role::Bad,
                StorageState::Warning => Role::Caution,
                _ => Role::Muted,
            };
            (glyphs.warn, role, format!("{} storage {}", names.service(path), storage.state().word()))
        }
        Fact::BackupChanged { path, backup } => {
            let outcome = backup.last_report.map_or("expected", |(_, outcome)| outcome.word());
            (glyphs.dot, Role::Muted, format!("{} backup {outcome}", names.service(path)))
        }
        Fact::ServiceDeclared(service) => {
            (glyphs.yes, Role::Info, format!("{} {}", names.service(&service.path), declared(service, change)))
        }
        Fact::ServiceRetired(path) => (glyphs.no, Role::Muted, format!("{} is retired", names.service(path))),
        Fact::WindowChanged(window) => {
            let what = if window.stopped.is_some() { "stopped" } else { "opened" };
            (glyphs.dot, Role::Info, format!("window {} {what} for {}", window.id, window.scope))
        }
        Fact::ProblemHandled(handled) => {
            let (what, who) = (handled.handling.word(), change.actor.name());
            (glyphs.dot, Role::Info, format!("{} {what} by {who}", names.subject(&handled.subject)))
        }
        Fact::HandlingLapsed { subject, why, .. } => {
            (glyphs.dot, Role::Info, format!("{}: {}", names.subject(subject), lapse_words(*why)))
        }
        Fact::ReceiversChanged(failing) if failing.is_empty() => {
            (glyphs.yes, Role::Good, "every receiver takes what it is told".to_owned())
        }
        Fact::ReceiversChanged(failing) => {
            let names: Vec<&str> = failing.iter().map(|r| r.name.as_str()).collect();
            (glyphs.warn, Role::Caution, format!("not told: {}", names.join(", ")))
        }
        Fact::SourceRead(source) => {
            let at = source.revision.as_deref().map_or("outside git", |r| r.get(..7).unwrap_or(r));
            match &source.rejected {
                Some(why) => (glyphs.no, Role::Bad, format!("repository {at} rejected: {why}")),
                None => (glyphs.yes, Role::Info, format!("repository read, {at}")),
            }
        }
    }
}
