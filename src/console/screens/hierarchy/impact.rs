//! What a service needs, what needs it, and its times of trouble, as lines of the detail.

use super::detail::{Line, labelled};
use crate::{
    console::{format, paint::Canvas, state::State, theme::Role},
    domain::{
        detail::ServiceDetail,
        health::{Reached, Service, Status},
    },
};

/// Most services in one list: more say less.
const SHOWN: usize = 8;
/// Most incidents; the command shows more.
const INCIDENTS: usize = 4;

/// What it comes from, what it needs and what needs it, through others too.
pub fn lines(state: &State, service: &Service, canvas: &Canvas<'_>) -> Vec<Line> {
    let needs = &state.replica.needs;
    let services = &state.replica.estate.services;
    let status = |path: &_| services.get(path).map_or(Status::Unknown, |s| s.health.status);
    let mut lines = Vec::new();
    if let Some(cause) = needs.cause_of(services, &service.path, status) {
        let text = format!("{} is DOWN: {cause}", cause.service());
        lines.push(labelled("because", vec![(text, Role::Down)]));
    }
    lines.extend(list(state, "needs", needs.needs_of(&service.path), canvas));
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
    let far = if reached.steps > 1 { format!(", {} steps", reached.steps) } else { String::new() };
    let without = if reached.critical { "" } else { ", optional" };
    match state.replica.estate.services.get(&reached.path) {
        Some(other) => {
            let status = other.health.status;
            let role = Role::of_status(status);
            vec![
                (format!("{} ", canvas.glyphs.of(status)), role),
                (format!("{:<18} ", other.path.service()), Role::Text),
                (status.word().to_owned(), if status == Status::Operational { Role::Muted } else { role }),
                (format!("{far}{without}"), Role::Muted),
            ]
        }
        None => vec![
            (format!("{} ", canvas.glyphs.of(Status::Unknown)), Role::Unknown),
            (format!("{} ", reached.path), Role::Text),
            (format!("is not in the tree{far}{without}"), Role::Muted),
        ],
    }
}

/// Its newest times of trouble.
pub fn incidents(detail: &ServiceDetail, canvas: &Canvas<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, incident) in detail.incidents.iter().take(INCIDENTS).enumerate() {
        let lasted = format::span(incident.to.unwrap_or(canvas.now).since(incident.from));
        let lasted = if incident.to.is_none() { format!("{lasted} so far") } else { lasted };
        let role = Role::of_status(incident.worst);
        let times = if incident.outbreaks > 1 { format!(", {} times", incident.outbreaks) } else { String::new() };
        let pieces = vec![
            (format!("{} {} ", format::moment(incident.from), canvas.glyphs.of(incident.worst)), role),
            (format!("{} for {lasted}{times}", incident.worst.word()), role),
        ];
        lines.push(labelled(if index == 0 { "incidents" } else { "" }, pieces));
        let cause = incident.cause.as_ref().map(|path| format!("from {}", path.service()));
        let message = (!incident.message.is_empty()).then(|| incident.message.clone());
        let why = [cause, message].into_iter().flatten().collect::<Vec<_>>().join(": ");
        if !why.is_empty() {
            lines.push(labelled("", vec![(why, Role::Muted)]));
        }
    }
    let more = detail.incidents_total.saturating_sub(INCIDENTS);
    if more > 0 {
        lines.push(labelled("", vec![(format!("and {more} more in 30 days"), Role::Muted)]));
    }
    lines
}
