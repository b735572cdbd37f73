//! `service list|get|watch`.

use serde_json::{Value, json};

mod watch;

use super::{Exit, Invocation, Trouble, holdings};
use crate::{
    cli::ServiceVerb,
    domain::{
        detail::{Incident, ServiceDetail},
        estate::{Estate, Snapshot},
        health::{Needs, Reached, Service, Status},
        hierarchy::ServicePath,
        search::Query,
        time::Timestamp,
    },
    print::{
        Cell, Sheet, Tone, column, figures,
        time::{length, percent, rfc3339},
        wide,
    },
};

/// Do what the verb says.
///
/// # Errors
/// Usage for a filter that cannot be read, `NotFound` for an unknown service, and what the client says.
pub async fn run(run: &Invocation, verb: ServiceVerb) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    match verb {
        ServiceVerb::List(which) => {
            let query = query(&which.filter)?;
            let snapshot = signed.client.snapshot().await?;
            run.keep_renewed(&signed).await?;
            let shown = snapshot.estate.services.values();
            let shown = shown.filter(|s| query.matches_service(s) && (!which.problems || s.health.status.is_problem()));
            run.print(&list(shown, snapshot.at))
        }
        ServiceVerb::Watch { path, which } => watch::run(run, &signed, path.as_deref(), &which).await,
        ServiceVerb::Get { path } => {
            let snapshot = signed.client.snapshot().await?;
            let service = find(&snapshot.estate, &path)?;
            let detail = signed.client.service(&service.path).await?;
            run.keep_renewed(&signed).await?;
            run.print(&one(&snapshot, service, &detail))
        }
    }
}

/// A filter as it was given.
///
/// # Errors
/// Usage, with what cannot be read in it.
pub fn query(text: &str) -> Result<Query, Trouble> {
    Query::parse(text).map_err(|e| Trouble::new(Exit::Usage, format!("filter: {e}")))
}

/// The service of this path, or the only one with this last segment.
///
/// # Errors
/// `NotFound` for none, Usage for several.
pub fn find<'a>(estate: &'a Estate, text: &str) -> Result<&'a Service, Trouble> {
    if let Ok(path) = ServicePath::parse(text)
        && let Some(service) = estate.services.get(&path)
    {
        return Ok(service);
    }
    let named: Vec<&Service> = estate.services.values().filter(|s| s.path.service() == text).collect();
    match named.as_slice() {
        [one] => Ok(one),
        [] => Err(Trouble::new(Exit::NotFound, format!("there is no service `{text}`"))),
        several => {
            let paths: Vec<&str> = several.iter().map(|s| s.path.as_str()).collect();
            Err(Trouble::new(Exit::Usage, format!("`{text}` is the name of {} services", several.len()))
                .hint(format!("give the whole path: {}", paths.join(", "))))
        }
    }
}

/// A status as a cell.
pub fn status_cell(status: Status) -> Cell {
    let tone = match status {
        Status::Operational => Tone::Good,
        Status::Degraded => Tone::Warn,
        Status::Down => Tone::Bad,
        Status::Maintenance => Tone::Dim,
        Status::Unknown => Tone::Unsure,
    };
    Cell::toned(status.word(), tone)
}

/// What there is to say about a service's health: the reporter's words, or since when nobody has said any.
fn reason(service: &Service, now: Timestamp) -> String {
    let health = &service.health;
    match (&health.silence, health.last_seen) {
        (Some(_), Some(seen)) => {
            let assumed = if health.every_is_assumed { ", assumed" } else { "" };
            format!("silent for {}, expected every {}{assumed}", length(now.since(seen)), length(health.every_ms))
        }
        (_, None) => "never reported".to_owned(),
        _ => health.message.clone(),
    }
}

/// What there is to say of the clock of a reporter that is ahead by so many milliseconds.
fn clock(ahead_ms: i64) -> String {
    let side = if ahead_ms < 0 { "behind" } else { "ahead" };
    format!("that of its reporter is {} {side}", length(ahead_ms.abs()))
}

fn list<'a>(services: impl Iterator<Item = &'a Service>, now: Timestamp) -> Sheet {
    let mut sheet = Sheet {
        kind: "services",
        columns: vec![
            column("SERVICE"),
            column("STATUS"),
            figures("FOR").counted_in("seconds"),
            column("CRITICALITY"),
            column("TEAM"),
            wide("SLA GROUP"),
            wide("ORIGIN"),
            wide("REPORTER"),
            wide("LAST SEEN"),
            column("REASON"),
        ],
        when_empty: "no service matches",
        ..Sheet::default()
    };
    let mut items = Vec::new();
    for service in services {
        items.push(dto(service));
        sheet.names.push(service.path.to_string());
        sheet.rows.push(vec![
            service.path.as_str().into(),
            status_cell(service.health.status),
            Cell::length(now.since(service.health.since)),
            service.criticality.word().into(),
            service.team.clone().into(),
            service.sla_group.clone().unwrap_or_default().into(),
            service.origin.word().into(),
            service.health.reporter.clone().into(),
            service.health.last_seen.map_or_else(Cell::default, |at| Cell::moment(at, now)),
            reason(service, now).into(),
        ]);
    }
    sheet.json = items.into();
    sheet
}

fn dto(service: &Service) -> Value {
    let health = &service.health;
    json!({
        "path": service.path.as_str(),
        "displayName": service.display_name,
        "description": service.description,
        "type": service.kind,
        "team": service.team,
        "tags": service.tags,
        "criticality": service.criticality.word(),
        "slaGroup": service.sla_group,
        "runbook": service.runbook,
        "origin": service.origin.word(),
        "status": health.status.word(),
        "since": rfc3339(health.since),
        "lastSeen": health.last_seen.map(rfc3339),
        "message": health.message,
        "reporter": health.reporter,
        "clockAheadSeconds": service.clock_ahead_ms.map(|ms| ms / 1000),
        "expectedEverySeconds": health.every_ms / 1000,
        "expectedEveryIsAssumed": health.every_is_assumed,
        "silentSince": health.silence.map(|s| rfc3339(s.from)),
        "lastKnown": health.silence.map(|s| s.last_known.word()),
        "requires": service.requires.iter().map(|d| json!({"path": d.path.as_str(), "critical": d.critical})).collect::<Vec<_>>(),
        "storage": service.storage.as_ref().map(|s| json!({
            "allocatedBytes": s.allocated_bytes, "usedBytes": s.used_bytes, "type": s.storage_type,
            "mountPath": s.mount_path, "state": s.state().word(), "at": rfc3339(s.at),
        })),
        "backup": service.backup.as_ref().map(|b| json!({
            "expected": b.expected, "maxAgeDays": b.max_age_days, "schedule": b.schedule,
            "lastSuccess": b.last_success.map(rfc3339),
            "lastReport": b.last_report.map(|(at, outcome)| json!({"at": rfc3339(at), "outcome": outcome.word()})),
            "sizeBytes": b.size_bytes, "message": b.message,
        })),
        "declaredAt": service.declared_at.as_ref().map(|p| json!({"file": &*p.file, "line": p.line})),
    })
}

fn one(snapshot: &Snapshot, service: &Service, detail: &ServiceDetail) -> Sheet {
    let now = snapshot.at;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut row = |name: &str, value: Cell| {
        if !value.text.is_empty() {
            rows.push(vec![Cell::toned(name, Tone::Dim), value]);
        }
    };
    row("service", service.path.as_str().into());
    row("name", service.display_name.clone().into());
    row("about", service.description.clone().into());
    row("status", status_cell(service.health.status));
    row("for", length(now.since(service.health.since)).into());
    row("reason", reason(service, now).into());
    let impact = Impact::of(&snapshot.estate, service);
    row("because", impact.cause.as_ref().map_or_else(String::new, |p| format!("{p} is DOWN")).into());
    row("reporter", service.health.reporter.clone().into());
    row("clock", service.clock_ahead_ms.map_or_else(String::new, clock).into());
    row("criticality", service.criticality.word().into());
    row("team", service.team.clone().into());
    row("type", service.kind.clone().into());
    row("tags", service.tags.join(", ").into());
    row("sla group", service.sla_group.clone().unwrap_or_default().into());
    let budget = &detail.budget;
    let uptime = budget.uptime_millionths.map_or("no data".to_owned(), percent);
    row(
        "uptime",
        format!(
            "{uptime} of {} promised, coverage {}",
            percent(budget.target.millionths()),
            percent(budget.coverage_millionths)
        )
        .into(),
    );
    row(
        "budget left",
        format!(
            "{} of {} over {}, by itself",
            length(budget.remaining_ms()),
            length(budget.allowed_ms),
            budget.period.word()
        )
        .into(),
    );
    row("storage", holdings::storage_line(service, now));
    row("backup", holdings::backup_line(service, now));
    row("runbook", service.runbook.clone().unwrap_or_default().into());
    row(
        "declared at",
        service.declared_at.as_ref().map_or_else(String::new, |p| format!("{}:{}", p.file, p.line)).into(),
    );
    let tickets: Vec<u64> = snapshot
        .estate
        .tickets
        .values()
        .filter(|t| t.is_live() && t.service.as_ref() == Some(&service.path))
        .map(|t| t.number)
        .collect();
    let mut json = dto(service);
    json["cause"] = impact.cause.as_ref().map(|p| p.as_str()).into();
    json["needs"] = impact.needs.iter().map(reached_dto).collect();
    json["neededBy"] = impact.users.iter().filter(|r| r.steps == 1).map(|r| r.path.as_str()).collect();
    json["hurts"] = impact.users.iter().map(reached_dto).collect();
    json["tickets"] = tickets.iter().copied().collect();
    json["budget"] = super::budget::figures_dto(budget);
    json["incidents"] = detail.incidents.iter().map(incident_dto).collect();
    json["incidentsTotal"] = detail.incidents_total.into();
    let tickets = tickets
        .iter()
        .filter_map(|n| snapshot.estate.tickets.get(n))
        .map(|t| vec![format!("#{}", t.number).into(), t.status.word().into(), t.title.clone().into()]);
    Sheet {
        kind: "service",
        json,
        columns: vec![column(""), column("")],
        rows,
        names: vec![service.path.to_string()],
        more: [
            section("NEEDS", reached_rows(&snapshot.estate, &impact.needs)),
            section("NEEDED BY", reached_rows(&snapshot.estate, &impact.users)),
            section("TICKETS", tickets.collect()),
            section(
                &newest("INCIDENTS, LAST 30 DAYS", detail.incidents.len(), detail.incidents_total),
                detail.incidents.iter().map(|i| incident_row(i, now)).collect(),
            ),
        ]
        .into_iter()
        .flatten()
        .collect(),
        ..Sheet::default()
    }
}

/// Where a service stands among others.
struct Impact {
    cause: Option<ServicePath>,
    needs: Vec<Reached>,
    users: Vec<Reached>,
}

impl Impact {
    fn of(estate: &Estate, service: &Service) -> Self {
        let all = Needs::of(&estate.services);
        let status = |path: &ServicePath| estate.services.get(path).map_or(Status::Unknown, |s| s.health.status);
        Self {
            cause: all.cause_of(&estate.services, &service.path, status),
            needs: all.needs_of(&service.path),
            users: all.users_of(&service.path),
        }
    }
}

fn reached_dto(reached: &Reached) -> Value {
    json!({"path": reached.path.as_str(), "steps": reached.steps, "critical": reached.critical})
}

fn reached_rows(estate: &Estate, all: &[Reached]) -> Vec<Vec<Cell>> {
    let row = |reached: &Reached| {
        let other = estate.services.get(&reached.path);
        let status = other.map_or(Cell::toned("not known", Tone::Dim), |s| status_cell(s.health.status));
        let steps = (reached.steps > 1).then(|| format!("{} steps", reached.steps));
        let without = (!reached.critical).then(|| "optional".to_owned());
        let how = [steps, without].into_iter().flatten().collect::<Vec<_>>().join(", ");
        vec![reached.path.as_str().into(), status, Cell::toned(how, Tone::Dim)]
    };
    all.iter().map(row).collect()
}

fn section(heading: &str, rows: Vec<Vec<Cell>>) -> Option<(String, Sheet)> {
    let columns = vec![column(""); rows.first()?.len()];
    Some((heading.to_owned(), Sheet { columns, rows, ..Sheet::default() }))
}

/// The heading of a list that may show only the newest.
pub fn newest(heading: &str, shown: usize, total: usize) -> String {
    if shown < total { format!("{heading}, THE NEWEST {shown} OF {total}") } else { heading.to_owned() }
}

/// An incident as a row of four: when, how long, how bad, and what was said and what it came from.
pub fn incident_row(incident: &Incident, now: Timestamp) -> Vec<Cell> {
    let (whole, worst) = incident.lengths(now);
    let within = if worst < whole { format!("{} within ", length(worst)) } else { String::new() };
    let so_far = if incident.to.is_none() { " so far" } else { "" };
    let lasted = format!("{within}{}{so_far}", length(whole));
    let times = (incident.outbreaks > 1).then(|| format!("{} times", incident.outbreaks));
    let cause = incident.cause.as_ref().map(|path| format!("from {path}"));
    let message = (!incident.message.is_empty()).then(|| incident.message.clone());
    let why = [times, cause, message].into_iter().flatten().collect::<Vec<_>>().join(", ");
    vec![rfc3339(incident.from).into(), lasted.into(), status_cell(incident.worst), why.into()]
}

/// An incident for programs.
pub fn incident_dto(incident: &Incident) -> Value {
    json!({
        "path": incident.path.as_str(), "from": rfc3339(incident.from), "to": incident.to.map(rfc3339),
        "worst": incident.worst.word(), "message": incident.message, "outbreaks": incident.outbreaks,
        "otherSeconds": incident.other_ms / 1000,
        "cause": incident.cause.as_ref().map(|p| p.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{health::Silence, samples, time::MINUTE};

    #[test]
    fn a_silent_service_says_for_how_long_and_how_often_a_report_was_expected() {
        let mut service = samples::service("acme/shop/prod/eu-1/db", Status::Unknown);
        let now = Timestamp::from_ms(10 * MINUTE);
        assert_eq!(reason(&service, now), "never reported");
        service.health.last_seen = Some(Timestamp::from_ms(3 * MINUTE));
        service.health.every_ms = MINUTE;
        service.health.silence =
            Some(Silence { from: Timestamp::from_ms(4 * MINUTE), last_known: Status::Operational });
        assert_eq!(reason(&service, now), "silent for 7m, expected every 1m");
        service.health.every_is_assumed = true;
        assert_eq!(reason(&service, now), "silent for 7m, expected every 1m, assumed");
    }

    #[test]
    fn a_wrong_clock_of_its_reporter_is_told_with_the_service() {
        let mut service = samples::service("acme/shop/prod/eu-1/db", Status::Operational);
        service.clock_ahead_ms = Some(-12 * MINUTE);
        assert_eq!(dto(&service)["clockAheadSeconds"], -720);
        assert_eq!(clock(-12 * MINUTE), "that of its reporter is 12m behind");
        service.clock_ahead_ms = None;
        assert_eq!(dto(&service)["clockAheadSeconds"], Value::Null);
    }
}
