//! Tickets in words.

use std::borrow::Cow;

use crate::{
    console::{format, replica::Over, theme::Role},
    domain::{
        change::Actor,
        gitops::Place,
        health::Status,
        tickets::{Clock, ClockKind, EntryKind, Priority, Ticket, TicketStatus},
        time::{MINUTE, Timestamp},
    },
};

/// A clock that has less than this left counts by the second, in milliseconds.
const NEAR_MS: i64 = 5 * MINUTE;

/// Whether a clock of this ticket counts by the second now.
pub fn is_near(ticket: &Ticket, now: Timestamp) -> bool {
    ClockKind::ALL.into_iter().map(|kind| ticket.clocks.get(kind)).any(|clock| {
        let left = clock.remaining(now);
        clock.running_since.is_some() && (0..NEAR_MS).contains(&left)
    })
}

/// What an act changes, in words.
pub fn effect(before: &Ticket, after: &Ticket) -> String {
    let mut said = Vec::new();
    if before.status != after.status {
        said.push(format!("{} to {}", before.status.word(), after.status.word()));
    }
    if before.assignee != after.assignee {
        let name = |ticket: &Ticket| ticket.assignee.as_ref().map_or("nobody", |(_, name)| name).to_owned();
        said.push(format!("{} to {}", name(before), name(after)));
    }
    if before.assignee_group != after.assignee_group {
        let name = |ticket: &Ticket| ticket.assignee_group.clone().unwrap_or_else(|| "none".to_owned());
        said.push(format!("group {} to {}", name(before), name(after)));
    }
    if before.priority != after.priority {
        said.push(format!("{} to {}", before.priority.word(), after.priority.word()));
    }
    for kind in ClockKind::ALL {
        let (was, is) = (before.clocks.get(kind), after.clocks.get(kind));
        match (was.running_since.is_some(), is.running_since.is_some()) {
            (true, false) => said.push(format!("{} clock stops", kind.word())),
            (false, true) => said.push(format!("{} clock runs again", kind.word())),
            _ if was.allowed_ms != is.allowed_ms => {
                let (was, is) = (format::span(was.allowed_ms), format::span(is.allowed_ms));
                said.push(format!("{} in {is}, was {was}", kind.word()));
            }
            _ => {}
        }
    }
    said.join(", ")
}

/// A clock in words and how urgent that is.
pub fn clock(clock: &Clock, now: Timestamp) -> (String, Role) {
    let left = clock.remaining(now);
    let span = |ms: i64| if ms < NEAR_MS { format::seconds(ms) } else { format::span(ms) };
    match (clock.running_since.is_some(), left < 0) {
        (true, true) => (format!("breached {} ago", format::span(-left)), Role::Bad),
        (true, false) if left * 4 < clock.allowed_ms => (format!("{} left", span(left)), Role::Caution),
        (true, false) => (format!("{} left", span(left)), Role::Text),
        (false, true) => (format!("missed by {}", format::span(-left)), Role::Bad),
        (false, false) => (format!("met in {}", format::span(clock.used(now))), Role::Muted),
    }
}

/// The promise that runs out first, short enough for a column; that of the response says so.
pub fn due(ticket: &Ticket, now: Timestamp) -> (String, Role) {
    let (response, resolution) = (&ticket.clocks.response, &ticket.clocks.resolution);
    let first = response.running_since.is_some() && response.remaining(now) <= resolution.remaining(now);
    let clock_of = if first { response } else { resolution };
    let (text, role) = clock(clock_of, now);
    // Short words: the column stands beside the title.
    let is_late = clock_of.running_since.is_some() && clock_of.remaining(now) < 0;
    let text = if is_late { format!("late {}", format::age(-clock_of.remaining(now))) } else { text };
    (if first { format!("resp {text}") } else { text }, role)
}

/// Whether a promise of a live ticket is broken or about to be (under a quarter left).
pub fn is_breaching(ticket: &Ticket, now: Timestamp) -> bool {
    [&ticket.clocks.response, &ticket.clocks.resolution]
        .into_iter()
        .any(|c| c.running_since.is_some() && c.remaining(now) * 4 < c.allowed_ms)
}

/// Time to the nearest running promise; none when none runs.
pub fn nearest(ticket: &Ticket, now: Timestamp) -> Option<i64> {
    [&ticket.clocks.response, &ticket.clocks.resolution]
        .into_iter()
        .filter(|c| c.running_since.is_some())
        .map(|c| c.remaining(now))
        .min()
}

/// Its title in a list; before that of what is over and was not resolved, that it is.
pub fn titled<'a>(ticket: &'a Ticket, over: &Over, now: Timestamp) -> Cow<'a, str> {
    match over.get(&ticket.number) {
        None => Cow::Borrowed(&ticket.title),
        Some(Some((Status::Operational | Status::Maintenance, since))) => {
            Cow::Owned(format!("over {}: {}", format::span(now.since(*since)), ticket.title))
        }
        Some(Some((status, _))) => Cow::Owned(format!("now {}: {}", status.word(), ticket.title)),
        Some(None) => Cow::Owned(format!("over: {}", ticket.title)),
    }
}

/// Mark of a status, for lists.
pub const fn status_mark(status: TicketStatus, ascii: bool) -> &'static str {
    match (status, ascii) {
        (TicketStatus::Open, false) => "○",
        (TicketStatus::InProgress, false) => "◐",
        (TicketStatus::Resolved, false) => "●",
        (TicketStatus::Closed, false) => "■",
        (TicketStatus::Open, true) => "o",
        (TicketStatus::InProgress, true) => "@",
        (TicketStatus::Resolved, true) => "*",
        (TicketStatus::Closed, true) => "x",
    }
}

/// What colours a priority.
pub const fn priority_role(priority: Priority) -> Role {
    match priority {
        Priority::Critical => Role::Bad,
        Priority::High => Role::Caution,
        Priority::Medium => Role::Text,
        Priority::Low => Role::Muted,
    }
}

/// Who has it, or what group it waits for.
pub fn assignee(ticket: &Ticket) -> String {
    match (&ticket.assignee, &ticket.assignee_group) {
        (Some((_, name)), _) => name.clone(),
        (None, Some(group)) => format!("nobody ({group})"),
        (None, None) => "nobody".to_owned(),
    }
}

/// What happened, as it follows the actor's name: "oncall moved it from OPEN to IN_PROGRESS".
pub fn entry(kind: &EntryKind) -> String {
    match kind {
        EntryKind::Opened => "opened it".to_owned(),
        EntryKind::Moved { from, to, .. } => format!("moved it from {} to {}", from.word(), to.word()),
        EntryKind::Assigned { from: None, to: Some(to) } => format!("gave it to {to}"),
        EntryKind::Assigned { from: Some(from), to: Some(to) } => format!("gave it to {to} (was {from})"),
        EntryKind::Assigned { from: Some(from), to: None } => format!("left it to nobody (was {from})"),
        EntryKind::Assigned { from: None, to: None } => "left it to nobody".to_owned(),
        EntryKind::HandedOver { to, group, .. } => match (to, group) {
            (Some(to), None) => format!("gave it to {to}"),
            (Some(to), Some(group)) => format!("gave it to {to} ({group})"),
            (None, Some(group)) => format!("gave it to the group {group}"),
            (None, None) => "left it to nobody".to_owned(),
        },
        EntryKind::Prioritised { from, to } => format!("set it to {} (was {})", to.word(), from.word()),
        EntryKind::Commented { .. } => "said".to_owned(),
        EntryKind::Breached { clock, .. } => format!("saw its {} clock run out", clock.word()),
    }
}

/// What was said with it; empty for most.
pub fn said(kind: &EntryKind) -> &str {
    kind.said()
}

/// A place as tools print it: `ticketing.d/10-incident.yaml:12`.
pub fn place(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// A requester, with what is special about him.
pub fn requester(actor: &Actor) -> String {
    match actor {
        Actor::User { name, .. } => name.clone(),
        Actor::Reporter(name) => format!("reporter {name}"),
        Actor::Git(_) => "git".to_owned(),
        Actor::System => "the system (a service was down)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn a_clock_says_in_words_how_it_stands() {
        let running = Clock::started(2 * HOUR, at(0));
        assert_eq!(clock(&running, at(HOUR)), ("1h left".to_owned(), Role::Text));
        assert_eq!(clock(&running, at(2 * HOUR - 42_000)), ("42s left".to_owned(), Role::Caution));
        assert_eq!(clock(&running, at(3 * HOUR)), ("breached 1h ago".to_owned(), Role::Bad));
        let met = Clock { used_ms: 7 * MINUTE, running_since: None, ..running };
        assert_eq!(clock(&met, at(9 * HOUR)).0, "met in 7m");
        let missed = Clock { used_ms: 3 * HOUR, running_since: None, ..running };
        assert_eq!(clock(&missed, at(9 * HOUR)).0, "missed by 1h");
    }

    #[test]
    fn what_is_over_says_so_before_its_title_and_what_is_only_better_says_how_it_is() {
        let ticket = &crate::testing::estate::estate().tickets[&1041];
        let told = |over: &[(u64, Option<(Status, Timestamp)>)]| {
            titled(ticket, &over.iter().copied().collect(), at(HOUR)).into_owned()
        };
        assert_eq!(told(&[(1, None)]), "payment-db is DOWN");
        assert_eq!(
            told(&[(1041, Some((Status::Operational, at(HOUR - 12 * MINUTE))))]),
            "over 12m: payment-db is DOWN"
        );
        assert_eq!(told(&[(1041, Some((Status::Degraded, at(0))))]), "now DEGRADED: payment-db is DOWN");
        assert_eq!(told(&[(1041, None)]), "over: payment-db is DOWN");
    }

    #[test]
    fn changing_hands_is_told_from_both_sides() {
        let assigned = |from: Option<&str>, to: Option<&str>| {
            entry(&EntryKind::Assigned { from: from.map(str::to_owned), to: to.map(str::to_owned) })
        };
        assert_eq!(assigned(None, Some("oncall")), "gave it to oncall");
        assert_eq!(assigned(Some("oncall"), Some("dba-oncall")), "gave it to dba-oncall (was oncall)");
        assert_eq!(assigned(Some("oncall"), None), "left it to nobody (was oncall)");
    }
}
