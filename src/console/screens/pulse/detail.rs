//! Below the list: more about what is under the cursor. Why, whom it hurts, what it costs of the promise and how long that
//! lasts, who works on it.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        attention, format,
        paint::Canvas,
        place::Object,
        problems::{Kind, Problem},
        screens::words as shared,
        state::State,
        theme::Role,
    },
    domain::{
        health::{Service, clock_skew, reporter},
        sla::SlaGroup,
        tickets::Ticket,
    },
};

use super::{Panel, view::ticket_about, words};

/// So many services behind a line are named at most.
const NAMED: usize = 8;

/// More about what is under the cursor: why, whom it hurts, what it costs of the promise and how long that lasts, who
/// works on it.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(problem) = state.pulse.problems.selected().filter(|_| state.pulse.panel == Panel::Problems) else {
        return;
    };
    let rows = canvas.heading(area, &words::heading(problem), "", false);
    let estate = &state.replica.estate;
    let mut lines = vec![(words::reason(problem, state), problem.kind.role())];
    if let Some(handled) = attention::handled(state, problem) {
        lines.push((attention::told(handled, canvas.now), Role::Info));
    }
    match &problem.object {
        _ if problem.kind.is_about_a_reporter() => lines.extend(reporter_detail(state, problem, canvas)),
        _ if matches!(problem.kind, Kind::LeftOpen(_)) => lines.extend(window_detail(state, problem)),
        Object::Service(path) => {
            if let Some(service) = estate.services.get(path) {
                lines.extend(service_detail(state, problem, service, canvas));
            }
        }
        Object::Ticket(number) => {
            lines.extend(estate.tickets.get(number).map(|t| (shared::ticket_line(t, canvas.now), Role::Text)));
        }
        Object::Budget(name) => lines.extend(estate.budgets.get(name).into_iter().flat_map(budget_detail)),
        Object::Node(_) => {}
        Object::Receiver(name) => {
            let failing = estate.failing_receivers.iter().find(|r| r.name == *name);
            lines.extend(failing.map(|failing| {
                let since = canvas.when_said(failing.since);
                (format!("{}, nothing arrived since {since}", failing.address), Role::Muted)
            }));
        }
        _ => {
            let source = &estate.source;
            let text = format!(
                "{}, {}, read {}",
                format::count(source.errors as usize, "error", "errors"),
                format::count(source.warnings as usize, "warning", "warnings"),
                canvas.when_said(source.read_at)
            );
            lines.push((text, Role::Muted));
        }
    }
    let mut row = 0;
    for (text, role) in lines {
        row = canvas.wrapped(rows, row, &text, role);
    }
}

/// What stands behind a line about a reporter: which services, since when, whom that hurts, and who has it in hand.
fn reporter_detail(state: &State, problem: &Problem, canvas: &Canvas<'_>) -> Vec<(String, Role)> {
    let (estate, now) = (&state.replica.estate, state.core_now());
    let (services, more) = match &problem.kind {
        Kind::Reporter(name, ..) => {
            let silent = reporter::wanting_named(estate, name, now).map(|silent| silent.services).unwrap_or_default();
            let told = silent.first().map(|first| words::since_silent(first, canvas));
            (silent, told)
        }
        Kind::Unheard(name, ..) => {
            let all = reporter::unheard(estate, now);
            let unheard = all.into_iter().find(|unheard| unheard.reporter == name.as_deref());
            (unheard.map(|unheard| unheard.services).unwrap_or_default(), words::to_begin(name.as_deref()))
        }
        Kind::WrongClock(name, ..) => {
            let wrong = clock_skew::misplacing(estate).into_iter().find(|clock| clock.reporter == name);
            (wrong.map(|clock| clock.services).unwrap_or_default(), Some(words::SET_THE_CLOCK.to_owned()))
        }
        _ => return Vec::new(),
    };
    let names: Vec<&str> = services.iter().take(NAMED).map(|s| s.path.service()).collect();
    let rest = match services.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let before = if matches!(problem.kind, Kind::Reporter(..)) { "nothing is heard of " } else { "" };
    let mut lines = vec![(format!("{before}{}{rest}", names.join(", ")), Role::Text)];
    lines.extend(more.map(|text| (text, Role::Text)));
    let others = words::who_need(&state.replica.needs, &services);
    lines.extend(others.map(|others| (format!("needed by {others}"), Role::Text)));
    lines.push(ticket_told(ticket_about(state, problem), canvas));
    lines
}

/// What a window that was left open takes out, and who opened it.
fn window_detail(state: &State, problem: &Problem) -> Vec<(String, Role)> {
    let Kind::LeftOpen(id) = problem.kind else { return Vec::new() };
    let Some(window) = state.replica.estate.windows.get(&id) else { return Vec::new() };
    let keys = &state.options.keymap;
    let list = keys.label(Action::TreeWindows);
    vec![
        (
            format!("{} opened it at {}: {}", window.opened_by.name(), format::moment(window.opened_at), window.reason),
            Role::Text,
        ),
        (
            "what happens under it is no page and opens no ticket, and its time counts for neither up nor down"
                .to_owned(),
            Role::Muted,
        ),
        (format!("enter goes there; {list} lists its windows, and there enter stops it"), Role::Muted),
    ]
}

/// Who works on it.
fn ticket_told(ticket: Option<&Ticket>, canvas: &Canvas<'_>) -> (String, Role) {
    match ticket {
        Some(ticket) => (format!("{}  {}", shared::ticket_line(ticket, canvas.now), ticket.title), Role::Accent),
        None => ("no live ticket".to_owned(), Role::Muted),
    }
}

fn service_detail(state: &State, problem: &Problem, service: &Service, canvas: &Canvas<'_>) -> Vec<(String, Role)> {
    let replica = &state.replica;
    let mut lines: Vec<(String, Role)> = Vec::new();
    let hurts = shared::needed_by(&replica.needs, &service.path);
    let behind = match problem.behind {
        0 => None,
        behind => Some(format!("{behind} in trouble because of it")),
    };
    let hurts: Vec<String> = hurts.map(|users| format!("needed by {users}")).into_iter().chain(behind).collect();
    if !hurts.is_empty() {
        lines.push((hurts.join("; "), Role::Text));
    }
    if let Some(group) = service.sla_group.as_ref().and_then(|name| replica.estate.budgets.get(name)) {
        let told = words::budget(&group.budget, canvas.now, |at| canvas.when_said(at));
        let text = format!("budget {}: {told}", group.name);
        lines.push((text, Role::of_budget(group.budget.state)));
    }
    lines.push(ticket_told(ticket_about(state, problem), canvas));
    if let Some(runbook) = &service.runbook {
        lines.push((format!("runbook {runbook}"), Role::Text));
    }
    let mut about = vec![service.kind.clone(), format!("{} criticality", service.criticality.word())];
    if !service.team.is_empty() {
        about.push(format!("team {}", service.team));
    }
    lines.push((about.join(&format!(" {} ", canvas.glyphs.dot)), Role::Muted));
    lines
}

fn budget_detail(group: &SlaGroup) -> [(String, Role); 2] {
    let budget = &group.budget;
    let uptime = budget
        .uptime_millionths
        .map_or_else(|| "no uptime known".to_owned(), |u| format!("uptime {}", format::percent3(u)));
    [
        format!(
            "{uptime} of {} promised over {}, known {} of the time",
            format::percent(budget.target.millionths()),
            budget.period.word(),
            format::percent(budget.coverage_millionths)
        ),
        format!(
            "{} in it, down {} of {} allowed",
            format::count(group.members.len(), "service", "services"),
            format::precise(budget.down_ms),
            format::precise(budget.allowed_ms)
        ),
    ]
    .map(|text| (text, Role::Muted))
}
