//! A problem in words: a sign, one word, what it is about, and why.

use std::collections::BTreeSet;

use crate::{
    console::{
        format,
        paint::Canvas,
        place::Object,
        problems::{Kind, Problem},
        screens::{budgets::words as budgets, words as shared},
        state::State,
        theme::{Glyphs, Role},
    },
    domain::{
        health::{
            Needs, Service, Status,
            reporter::{self, Source},
        },
        hierarchy::ServicePath,
        sla::{AlertSeverity, Budget, BudgetState, Exhaustion},
        time::Timestamp,
    },
};

impl Kind {
    /// One word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Down(_) => "DOWN",
            Self::Degraded(_) => "DEGRADED",
            Self::Silent | Self::Reporter(..) => "SILENT",
            Self::Unknown | Self::Unheard(..) => "UNKNOWN",
            Self::Announced(..) | Self::LeftOpen(_) => "WINDOW",
            Self::WrongClock(..) => "CLOCK",
            Self::Budget(_, Some(AlertSeverity::Page)) => "PAGE",
            Self::Budget(BudgetState::Breached, _) => "BREACHED",
            Self::Budget(..) => "AT RISK",
            Self::Clock(true, _) => "RESPOND",
            Self::Clock(false, _) => "RESOLVE",
            Self::Backup => "BACKUP",
            Self::Storage(_) => "DISK",
            Self::Undeclared(_) => "STRAY",
            Self::Rejected => "REJECTED",
            Self::Faults(_) => "FAULTS",
            Self::Untold(_) => "UNTOLD",
        }
    }

    /// Whether it is about a reporter and not about one service.
    pub const fn is_about_a_reporter(&self) -> bool {
        matches!(self, Self::Reporter(..) | Self::Unheard(..) | Self::WrongClock(..))
    }

    /// How it looks.
    pub const fn role(&self) -> Role {
        match self {
            Self::Announced(..) => Role::Maintenance,
            Self::Down(_) => Role::Down,
            Self::Degraded(_) => Role::Degraded,
            Self::Silent | Self::Reporter(..) | Self::Unknown | Self::Unheard(..) | Self::Undeclared(_) => {
                Role::Unknown
            }
            Self::Budget(BudgetState::AtRisk, Some(AlertSeverity::Ticket) | None)
            | Self::Backup
            | Self::LeftOpen(_)
            | Self::WrongClock(..) => Role::Caution,
            Self::Budget(..)
            | Self::Storage(_)
            | Self::Rejected
            | Self::Faults(_)
            | Self::Untold(_)
            | Self::Clock(..) => Role::Bad,
        }
    }

    /// Its sign.
    pub const fn sign(&self, glyphs: &Glyphs) -> &'static str {
        match self {
            Self::Announced(..) => glyphs.of(Status::Maintenance),
            Self::Down(_) => glyphs.of(Status::Down),
            Self::Degraded(_) => glyphs.of(Status::Degraded),
            Self::Silent | Self::Reporter(..) | Self::Unknown | Self::Unheard(..) | Self::Undeclared(_) => {
                glyphs.of(Status::Unknown)
            }
            _ => glyphs.warn,
        }
    }
}

/// What it is about: a name, and the place or title beside it.
pub fn subject(problem: &Problem, state: &State) -> (String, String) {
    match (&problem.kind, &problem.object) {
        (Kind::Reporter(name, ..) | Kind::Unheard(Some(name), ..) | Kind::WrongClock(name, ..), object) => {
            reporting(name, object)
        }
        (Kind::Unheard(None, count, _), _) => {
            (format::count(*count, "service", "services"), "no reporter declared".to_owned())
        }
        (Kind::Undeclared(count), _) => (format::count(*count, "service", "services"), "declared by nobody".to_owned()),
        (_, Object::Service(path)) => {
            let segments = path.segments();
            (path.service().to_owned(), segments[1..4].join("/"))
        }
        (_, Object::Node(path)) => (path.name().to_owned(), path.to_string()),
        (_, Object::Ticket(number)) => {
            let about = state.replica.estate.tickets.get(number).and_then(|t| t.service.as_ref());
            (format!("#{number}"), about.map(|path| path.segments()[1..4].join("/")).unwrap_or_default())
        }
        (_, Object::Budget(name)) => {
            let group = state.replica.estate.budgets.get(name);
            (
                name.clone(),
                group
                    .map(|g| format!("{} {}", format::percent(g.budget.target.millionths()), g.budget.period.word()))
                    .unwrap_or_default(),
            )
        }
        (_, Object::Receiver(name)) => {
            let failing = state.replica.estate.failing_receivers.iter().find(|r| r.name == *name);
            (name.clone(), failing.map(|r| r.address.clone()).unwrap_or_default())
        }
        (_, Object::File(..) | Object::Author(..) | Object::Faults | Object::Drift(_) | Object::Change(_)) => {
            let revision = state.replica.estate.source.revision.as_deref();
            ("repository".to_owned(), revision.map_or("outside git", |r| r.get(..7).unwrap_or(r)).to_owned())
        }
    }
}

/// A reporter by its name, and the place of what it is about: with it, reporters of one short name are told apart.
fn reporting(reporter: &str, object: &Object) -> (String, String) {
    let below = |node: &str| node.split_once('/').map_or("", |(_, below)| below).to_owned();
    match (Source::of(reporter), object) {
        (Source::Agent(node), _) => (format!("agent {}", last(node)), below(node)),
        (Source::Key(name, cluster), _) => (name.to_owned(), below(cluster)),
        (Source::Job(name) | Source::Named(name), Object::Node(node)) => (short(name).to_owned(), below(node.as_str())),
        (Source::Job(name) | Source::Named(name), _) => {
            let namespace = name.split_once('/').map(|(namespace, _)| format!("{namespace}, ")).unwrap_or_default();
            (short(name).to_owned(), format!("{namespace}several places"))
        }
    }
}

/// The environment of what it is about, where it is one thing in one: what tells production from the rest in few cells.
pub fn environment(problem: &Problem) -> &str {
    match &problem.object {
        Object::Service(path) => path.segments()[2],
        Object::Node(path) => path.as_str().split('/').nth(2).unwrap_or(""),
        _ => "",
    }
}

/// Why, in one line.
pub fn reason(problem: &Problem, state: &State) -> String {
    let estate = &state.replica.estate;
    let service = |object: &Object| match object {
        Object::Service(path) => estate.services.get(path),
        _ => None,
    };
    match &problem.kind {
        Kind::Down(Some(cause)) | Kind::Degraded(Some(cause)) => format!("needs {}, which is DOWN", cause.service()),
        Kind::Down(None) | Kind::Degraded(None) | Kind::Unknown => {
            service(&problem.object).map_or_else(String::new, said)
        }
        Kind::Announced(status, id) => estate.windows.get(id).map_or_else(String::new, |w| {
            format!("{} in window {id} {}: {}", status.word(), crate::console::windows::end(w), w.reason)
        }),
        Kind::Silent => service(&problem.object).map_or_else(String::new, |s| {
            let known = s.health.silence.map_or("", |silence| silence.last_known.word());
            format!("{} fell silent, last known {known}", reporter(s))
        }),
        Kind::Reporter(_, count, of) if count == of => {
            format!("{} without a report", format::count(*count, "service", "services"))
        }
        Kind::Reporter(_, count, of) => format!("{count} of its {of} services without a report"),
        Kind::Unheard(None, ..) => "never reported, and nothing declares who should report on them".to_owned(),
        Kind::Unheard(Some(_), count, of) if count == of => format!("none of its {count} services was ever reported"),
        Kind::Unheard(Some(_), count, of) => format!("{count} of its {of} services were never reported"),
        Kind::WrongClock(_, ahead_ms, count) => format!(
            "its clock is {}, which misplaces reports on {}",
            shared::clock_off(*ahead_ms),
            format::count(*count, "service", "services")
        ),
        Kind::LeftOpen(id) => estate.windows.get(id).map_or_else(String::new, |window| {
            let open = format::span(state.core_now().since(window.from.max(window.opened_at)));
            format!("window {id} is open for {open} without an end: {}", window.reason)
        }),
        Kind::Budget(..) => match &problem.object {
            Object::Budget(name) => estate.budgets.get(name).map_or_else(String::new, |group| match problem.since {
                // Since when stands beside it.
                Some(_) => over(&group.budget),
                None => budget(&group.budget, state.core_now(), |at| state_when(state, at)),
            }),
            _ => String::new(),
        },
        Kind::Clock(response, due) => {
            let what = if *response { "response" } else { "resolution" };
            let left = due.since(state.core_now());
            let title = match problem.object {
                Object::Ticket(number) => estate.tickets.get(&number).map_or("", |t| &t.title),
                _ => "",
            };
            let nobody = match problem.object {
                Object::Ticket(number) => {
                    estate.tickets.get(&number).is_some_and(crate::domain::tickets::Ticket::calls_for_somebody)
                }
                _ => false,
            };
            if left < 0 {
                format!("{what} late: {title}")
            } else if nobody {
                format!("nobody took it, {what} due in {}: {title}", format::span(left))
            } else {
                format!("{what} due in {}: {title}", format::span(left))
            }
        }
        Kind::Backup => service(&problem.object)
            .and_then(|s| s.backup.as_ref())
            .map(|b| match b.last_success {
                Some(at) => format!("last success {}, wanted every {}d", state_when(state, at), b.max_age_days.max(1)),
                None => format!("never succeeded, wanted every {}d", b.max_age_days.max(1)),
            })
            .unwrap_or_default(),
        Kind::Storage(free) => service(&problem.object)
            .and_then(|s| s.storage.as_ref())
            .map(|s| {
                let left = s.allocated_bytes.saturating_sub(s.used_bytes);
                format!(
                    "{} free of {} ({}.{} %)",
                    format::bytes(left),
                    format::bytes(s.allocated_bytes),
                    free / 100,
                    free % 100 / 10
                )
            })
            .unwrap_or_default(),
        Kind::Undeclared(_) => service(&problem.object)
            .map(|s| format!("reports from {}, first {}", reporter(s), s.path))
            .unwrap_or_default(),
        Kind::Rejected => estate.source.rejected.clone().unwrap_or_default(),
        Kind::Untold(given_up) => match &problem.object {
            Object::Receiver(name) => {
                let failing = estate.failing_receivers.iter().find(|r| r.name == *name);
                let said = failing.map(|r| r.said.clone()).unwrap_or_default();
                if *given_up > 0 { format!("{given_up} given up; {said}") } else { format!("not told: {said}") }
            }
            _ => String::new(),
        },
        Kind::Faults(count) => format::count(*count as usize, "error", "errors") + " in what the repository declares",
    }
}

fn state_when(state: &State, at: Timestamp) -> String {
    format!("{} ago", format::span(state.core_now().since(at)))
}

fn said(service: &Service) -> String {
    let health = &service.health;
    if reporter::is_unheard(service) {
        return match service.expected_reporter.as_deref() {
            Some(name) => format!("never reported, expected from {}", shared::reporter(name)),
            None => "never reported, and nothing declares who should".to_owned(),
        };
    }
    let replicas = health.replicas.map(|(ready, wanted)| format!("{ready}/{wanted} replicas"));
    let silent = health.silence.map(|_| "silent, last known".to_owned());
    let message = (!health.message.is_empty()).then(|| health.message.clone());
    let parts: Vec<String> = [silent, message, replicas].into_iter().flatten().collect();
    if parts.is_empty() { format!("reported by {}", reporter(service)) } else { parts.join(", ") }
}

/// Since when a service is silent, and what was expected and known of it.
pub fn since_silent(service: &Service, canvas: &Canvas<'_>) -> String {
    let health = &service.health;
    let silent = health.silence.map_or_else(String::new, |silence| {
        format!("silent since {}, last known {}; ", format::clock(silence.from), silence.last_known.word())
    });
    let last = health.last_seen.map_or_else(|| "never".to_owned(), |at| canvas.when_said(at));
    format!("{silent}last report {last}, expected every {}", shared::every(health.every_ms))
}

/// What a reporter that never began needs to begin.
pub fn to_begin(reporter: Option<&str>) -> Option<String> {
    let text = match Source::of(reporter?) {
        Source::Agent(_) => "the agent of this cluster should report them: does it run, with the right nodeId and key?",
        Source::Job(_) => "this CronJob should push them: does it run, with the right address and key?",
        Source::Key(..) | Source::Named(_) => return None,
    };
    Some(text.to_owned())
}

/// What to do about a clock.
pub const SET_THE_CLOCK: &str =
    "a report counts from the time it gives, or from its arrival where that lies ahead; set the clock by NTP";

/// Who needs any of these services and is not one of them: by name as far as there is room, and how many.
pub fn who_need(needs: &Needs, services: &[&Service]) -> Option<String> {
    const NAMED: usize = 4;
    let own: BTreeSet<&ServicePath> = services.iter().map(|s| &s.path).collect();
    let users: BTreeSet<&ServicePath> = services.iter().flat_map(|s| needs.users(&s.path)).collect();
    let others: Vec<&str> = users.difference(&own).map(|path| path.service()).collect();
    let more = match others.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let names: Vec<&str> = others.iter().take(NAMED).copied().collect();
    (!names.is_empty()).then(|| format!("{}{more}", names.join(", ")))
}

/// What stands above the detail of a problem.
pub fn heading(problem: &Problem) -> String {
    match &problem.kind {
        Kind::Reporter(name, ..) | Kind::WrongClock(name, ..) | Kind::Unheard(Some(name), ..) => shared::reporter(name),
        Kind::Unheard(None, ..) => "no reporter is declared".to_owned(),
        Kind::LeftOpen(id) => format!("window {id} over {}", problem.object),
        _ => problem.object.to_string(),
    }
}

fn reporter(service: &Service) -> &str {
    if service.health.reporter.is_empty() { "nobody" } else { &service.health.reporter }
}

/// Of a job its name alone, without its namespace and the cluster that tells it from others of its name.
fn short(reporter: &str) -> &str {
    last(reporter.split('@').next().unwrap_or(reporter))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A budget in one line, as read at `now`. `past` writes a moment: `3h ago`.
pub fn budget(budget: &Budget, now: Timestamp, past: impl FnOnce(Timestamp) -> String) -> String {
    let left = remaining(budget);
    match budget.exhaustion {
        _ if budget.exhausted_if_down_at.is_some() => {
            format!("{left} left, gone {}", budget.gone(now, format::precise, past))
        }
        Exhaustion::Exhausted(_) => format!("{}, gone {}", over(budget), budget.gone(now, format::precise, past)),
        Exhaustion::In(_) => format!("{left} left, gone {}", budget.gone(now, format::precise, past)),
        Exhaustion::NotBeforeReset => format!("{left} left, lasts until the reset"),
        Exhaustion::Unknown => format!("{left} left, burn not known"),
        Exhaustion::NotBurning => format!("{left} left, not burning"),
    }
}

/// By how much a budget is exceeded, in one line.
fn over(budget: &Budget) -> String {
    format!("{} left, over by {}", remaining(budget), format::precise(-budget.remaining_ms()))
}

/// When a budget will be gone or since when it is at `now`, in few cells: with the burn it goes by and over which window
/// that is measured.
pub fn gone(budget: &Budget, now: Timestamp, past: impl FnOnce(Timestamp) -> String) -> String {
    let burn = || {
        let window = budgets::EXHAUSTION_WINDOW;
        format!("({} {})", budgets::window(window), budgets::burn(budget, window))
    };
    match budget.exhaustion {
        _ if budget.exhausted_if_down_at.is_some() => shared::exhaustion(budget, now, past),
        Exhaustion::In(ms) if budget.state != BudgetState::Insufficient => {
            format!("gone in {} {}", format::precise(ms), burn())
        }
        Exhaustion::NotBeforeReset if budget.state != BudgetState::Insufficient => format!("lasts {}", burn()),
        _ => shared::exhaustion(budget, now, past),
    }
}

/// What is left of a budget, in percent.
pub fn remaining(budget: &Budget) -> String {
    budget.remaining_thousandths().map_or_else(|| "-".to_owned(), |t| format!("{} %", t.div_euclid(10)))
}
