//! What a service needs, what needs it, and its times of trouble, as lines of the detail.

use super::detail::{Line, labelled};
use crate::{
    console::{format, paint::Canvas, screens::words, state::State, theme::Role},
    domain::{
        detail::ServiceDetail,
        health::{Reached, Service, Status},
    },
};

/// Most services in one list: more say less.
const SHOWN: usize = 8;
/// Most incidents, and of a service that is well; the command shows more.
const INCIDENTS: (usize, usize) = (4, 2);

/// What its trouble comes from, where it does not stand for itself.
pub fn because(state: &State, service: &Service) -> Option<Line> {
    let services = &state.replica.estate.services;
    let status = |path: &_| services.get(path).map_or(Status::Unknown, |s| s.health.status);
    let cause = state.replica.needs.cause_of(services, &service.path, status)?;
    // Beside it, the name says which; elsewhere only the place does.
    let place = if cause.node() == service.path.node() { String::new() } else { format!(": {cause}") };
    Some(labelled("because", vec![(format!("{} is DOWN{place}", cause.service()), Role::Down)]))
}

/// Whom its trouble hurts, in one line; none while it is well.
pub fn hurts(state: &State, service: &Service) -> Option<Line> {
    let text = words::needed_by(&state.replica.needs, &service.path).filter(|_| service.health.status.is_problem())?;
    Some(labelled("hurts", vec![(text, Role::Text)]))
}

/// What it needs and what needs it, through others too.
pub fn lines(state: &State, service: &Service, canvas: &Canvas<'_>) -> Vec<Line> {
    let needs = &state.replica.needs;
    let mut lines = list(state, "needs", needs.needs_of(&service.path), canvas);
    lines.extend(list(state, "needed by", needs.users_of(&service.path), canvas));
    lines
}

/// Those in trouble first, then the nearest; a number stands for the rest.
fn list(state: &State, label: &str, mut reached: Vec<Reached>, canvas: &Canvas<'_>) -> Vec<Line> {
    let services = &state.replica.estate.services;
    let is_well = |r: &Reached| services.get(&r.path).is_some_and(|s| !s.health.status.is_problem());
    // A stable sort: the nearest stay before the farther ones.
    reached.sort_by_key(is_well);
    let mut lines: Vec<Line> =
        reached.iter().take(SHOWN).map(|r| labelled("", reached_line(state, r, canvas))).collect();
    if let Some(first) = lines.first_mut() {
        first[0].0 = labelled(label, Vec::new()).remove(0).0;
    }
    let hidden = &reached[reached.len().min(SHOWN)..];
    if !hidden.is_empty() {
        let well = hidden.iter().filter(|r| is_well(r)).count();
        let trouble = hidden.len() - well;
        let trouble = if trouble > 0 { format!(", {trouble} of them in trouble") } else { String::new() };
        lines.push(labelled("", vec![(format!("and {} more{trouble}", hidden.len()), Role::Muted)]));
    }
    lines
}

fn reached_line(state: &State, reached: &Reached, canvas: &Canvas<'_>) -> Line {
    // What can be done without is as far as it matters.
    let far = match (reached.critical, reached.steps) {
        (false, _) => ", optional".to_owned(),
        (true, ..=1) => String::new(),
        (true, steps) => format!(", {steps} steps"),
    };
    match state.replica.estate.services.get(&reached.path) {
        Some(other) => {
            let status = other.health.status;
            let role = Role::of_status(status);
            vec![
                (format!("{} ", canvas.glyphs.of(status)), role),
                (format!("{:<18} ", other.path.service()), Role::Text),
                (status.word().to_owned(), if status == Status::Operational { Role::Muted } else { role }),
                (far, Role::Muted),
            ]
        }
        None => vec![
            (format!("{} ", canvas.glyphs.of(Status::Unknown)), Role::Unknown),
            (format!("{} ", reached.path), Role::Text),
            (format!("is not in the tree{far}"), Role::Muted),
        ],
    }
}

/// Its newest times of trouble.
pub fn incidents(detail: &ServiceDetail, is_well: bool, canvas: &Canvas<'_>) -> Vec<Line> {
    let most = if is_well { INCIDENTS.1 } else { INCIDENTS.0 };
    let mut lines = Vec::new();
    for (index, incident) in detail.incidents.iter().take(most).enumerate() {
        let worst = format::precise(incident.lengths(canvas.now).1);
        let so_far = if incident.to.is_none() { " so far" } else { "" };
        let role = Role::of_status(incident.worst);
        let spread = words::spread(incident, canvas.now);
        let pieces = vec![
            (format!("{} {} ", format::moment(incident.from), canvas.glyphs.of(incident.worst)), role),
            (format!("{} for {worst}{so_far}{spread}", incident.worst.word()), role),
        ];
        lines.push(labelled(if index == 0 { "incidents" } else { "" }, pieces));
        let cause = incident.cause.as_ref().map(|path| format!("from {}", path.service()));
        let message = (!incident.message.is_empty()).then(|| incident.message.clone());
        let why = [cause, message].into_iter().flatten().collect::<Vec<_>>().join(": ");
        if !why.is_empty() {
            lines.push(labelled("", vec![(why, Role::Muted)]));
        }
    }
    let more = detail.incidents_total.saturating_sub(most);
    if more > 0 {
        lines.push(labelled("", vec![(format!("and {more} more in 30 days"), Role::Muted)]));
    }
    lines
}
