//! `budget list|get|report`. What a month came to is in [`month`], the report of every morning in [`daily`].

mod daily;
mod month;

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{Invocation, Trouble, service, window};
use crate::{
    cli::{BudgetVerb, Format},
    domain::{
        detail::BudgetDetail,
        estate::Estate,
        health::Status,
        sla::{AlertSeverity, Budget, BudgetState, Exhaustion, SlaGroup, Window},
        time::{DAY, HOUR, Timestamp},
    },
    print::{
        Cell, Column, Sheet, Tone, column, figures,
        time::{ago, length, percent, rfc3339},
        wide,
    },
};

/// Do what the verb says.
///
/// # Errors
/// `NotFound` for an unknown group, Usage for a month that is none, and what the client says.
pub async fn run(run: &Invocation, verb: BudgetVerb) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    let sheet = match verb {
        BudgetVerb::List => {
            let mut groups = signed.client.budgets().await?;
            groups.sort_by_key(|g| (Reverse(severity(g)), g.budget.remaining_thousandths(), g.name.clone()));
            list(&groups)
        }
        BudgetVerb::Get { name } => {
            let (detail, now) = tokio::try_join!(signed.client.budget(&name), signed.client.snapshot())?;
            one(&detail, &now.estate)
        }
        BudgetVerb::Report { daily: true, .. } => {
            daily::print(run, &signed).await?;
            return run.keep_renewed(&signed).await;
        }
        BudgetVerb::Report { month, daily: false } => {
            let report = month::Report::fetch(&signed, month.as_deref()).await?;
            run.keep_renewed(&signed).await?;
            return match run.printer.format() {
                Format::Md => run.print_text(&report.markdown()),
                _ => run.print(&report.sheet()),
            };
        }
    };
    run.keep_renewed(&signed).await?;
    run.print(&sheet)
}

/// Worst last: broken, then at risk, then unknown, then kept.
fn severity(group: &SlaGroup) -> (BudgetState, Option<AlertSeverity>) {
    (group.budget.state, group.budget.firing())
}

fn state_cell(state: BudgetState) -> Cell {
    let tone = match state {
        BudgetState::Met => Tone::Good,
        BudgetState::Insufficient => Tone::Unsure,
        BudgetState::AtRisk => Tone::Warn,
        BudgetState::Breached => Tone::Bad,
    };
    Cell::toned(state.word(), tone)
}

fn left(budget: &Budget) -> String {
    share_left(budget.remaining_thousandths())
}

/// What is left as a share, out of thousandths: `-5.1 %`; empty where nothing is allowed yet.
fn share_left(thousandths: Option<i64>) -> String {
    thousandths.map_or_else(String::new, |t| {
        let sign = if t < 0 { "-" } else { "" };
        format!("{sign}{}.{} %", t.abs() / 10, t.abs() % 10)
    })
}

/// A share in millionths, where there is one.
fn known_share(millionths: Option<u32>) -> Cell {
    millionths.map_or_else(|| Cell::valued("no data", None::<String>), Cell::percent)
}

/// A burn as a factor: `14.2x`.
fn burn(budget: &Budget, window: i64) -> Cell {
    let thousandths = budget.burn(Window(window));
    let text = thousandths.map_or_else(|| "-".to_owned(), |t| format!("{}.{}x", t / 1000, t % 1000 / 100));
    Cell::valued(text, thousandths.map(factor))
}

/// Thousandths of a burn as a number.
#[allow(clippy::cast_precision_loss, reason = "thousandths of a burn are small")]
fn factor(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

/// When nothing of it is left, or since when; none where nobody can tell.
fn gone_at(budget: &Budget) -> Option<Timestamp> {
    let by_burn = match budget.exhaustion {
        Exhaustion::In(ms) => Some(budget.as_of.plus(ms)),
        _ => budget.exhausted_since(),
    };
    budget.exhausted_if_down_at.or(by_burn)
}

/// By the clock of the core.
fn outlook(budget: &Budget) -> String {
    budget.outlook(budget.as_of, length, |at| ago(at, budget.as_of))
}

fn alert(budget: &Budget) -> Cell {
    match budget.firing() {
        Some(AlertSeverity::Page) => Cell::toned("page", Tone::Bad),
        Some(AlertSeverity::Ticket) => Cell::toned("ticket", Tone::Warn),
        None => Cell::default(),
    }
}

fn list(groups: &[SlaGroup]) -> Sheet {
    let row = |group: &SlaGroup| {
        let budget = &group.budget;
        vec![
            group.name.clone().into(),
            state_cell(budget.state),
            Cell::percent(budget.target.millionths()),
            known_share(budget.uptime_millionths),
            known_share(budget.worst_case_millionths),
            Cell::percent(budget.coverage_millionths),
            Cell::valued(left(budget), percent_left(budget.remaining_thousandths())),
            Cell::length(budget.remaining_ms()),
            Cell::valued(budget.gone(budget.as_of, length, |at| ago(at, budget.as_of)), gone_at(budget).map(rfc3339)),
            burn(budget, HOUR),
            burn(budget, 6 * HOUR),
            burn(budget, 3 * DAY),
            alert(budget),
            budget.period.word().into(),
            group.members.len().to_string().into(),
        ]
    };
    Sheet {
        kind: "budgets",
        json: groups.iter().map(dto).collect(),
        columns: vec![
            column("GROUP"),
            column("STATE"),
            figures("TARGET").counted_in("percent"),
            figures("UPTIME").counted_in("percent"),
            Column { wide: true, ..figures("WORST CASE").counted_in("percent") },
            figures("COVERAGE").counted_in("percent"),
            figures("LEFT").counted_in("percent"),
            figures("TIME LEFT").counted_in("seconds"),
            column("GONE"),
            figures("BURN 1H"),
            figures("6H"),
            figures("3D"),
            column("ALERT"),
            wide("PERIOD"),
            wide("MEMBERS"),
        ],
        rows: groups.iter().map(row).collect(),
        names: groups.iter().map(|g| g.name.clone()).collect(),
        when_empty: "no SLA groups are declared",
        ..Sheet::default()
    }
}

fn dto(group: &SlaGroup) -> Value {
    let mut value = figures_dto(&group.budget);
    value["name"] = group.name.clone().into();
    value["displayName"] = group.display_name.clone().into();
    value["tier"] = group.tier.0.clone().into();
    value["aggregation"] = group.aggregation.word().into();
    value["maintenanceIsDown"] = group.maintenance_is_down.into();
    value["members"] = group.members.iter().map(|p| p.as_str()).collect();
    value
}

/// A budget's figures for programs: shares in percent, lengths in seconds.
pub fn figures_dto(budget: &Budget) -> Value {
    let share = |millionths: u32| f64::from(millionths) / 10_000.0;
    json!({
        "state": budget.state.word(),
        "targetPercent": share(budget.target.millionths()),
        "period": budget.period.word(),
        "from": rfc3339(budget.from),
        "asOf": rfc3339(budget.as_of),
        "uptimePercent": budget.uptime_millionths.map(share),
        "worstCasePercent": budget.worst_case_millionths.map(share),
        "coveragePercent": share(budget.coverage_millionths),
        "allowedSeconds": budget.allowed_ms / 1000,
        "downSeconds": budget.down_ms / 1000,
        "remainingSeconds": budget.remaining_ms().div_euclid(1000),
        "remainingPercent": percent_left(budget.remaining_thousandths()),
        "burn": budget.burns.iter().map(|b| json!({
            "windowSeconds": b.window.0 / 1000, "factor": b.thousandths.map(factor),
        })).collect::<Vec<_>>(),
        "alerts": budget.alerts.iter().map(|a| json!({
            "severity": severity_word(a.severity), "longSeconds": a.long.0 / 1000, "shortSeconds": a.short.0 / 1000,
            "factor": factor(a.factor_thousandths), "firing": a.firing, "reachable": a.reachable,
        })).collect::<Vec<_>>(),
        "exhaustedInSeconds": match budget.exhaustion {
            Exhaustion::In(ms) => Some(ms / 1000),
            Exhaustion::Exhausted(_) => Some(0),
            Exhaustion::Unknown | Exhaustion::NotBurning | Exhaustion::NotBeforeReset => None,
        },
        "exhaustedSince": budget.exhausted_since().map(rfc3339),
        "exhaustedIfDownAt": budget.exhausted_if_down_at.map(rfc3339),
        "exhaustion": outlook(budget),
    })
}

/// What is left in percent, out of thousandths.
#[allow(clippy::cast_precision_loss, reason = "thousandths of a share are small")]
fn percent_left(thousandths: Option<i64>) -> Option<f64> {
    thousandths.map(|t| t as f64 / 10.0)
}

const fn severity_word(severity: AlertSeverity) -> &'static str {
    match severity {
        AlertSeverity::Page => "page",
        AlertSeverity::Ticket => "ticket",
    }
}

fn one(detail: &BudgetDetail, estate: &Estate) -> Sheet {
    let budget = &detail.group.budget;
    // By the clock of the core.
    let now = budget.as_of;
    let mut json = dto(&detail.group);
    let services = detail.group.members.iter().filter_map(|path| estate.services.get(path));
    let unknown: Vec<&str> = services.filter(|s| s.health.status == Status::Unknown).map(|s| s.path.as_str()).collect();
    json["unknownNow"] = unknown.clone().into();
    json["incidents"] = detail.incidents.iter().map(service::incident_dto).collect();
    json["incidentsTotal"] = detail.incidents_total.into();
    let windows = window::sheet(&detail.windows, now);
    json["windows"] = windows.json.clone();
    json["memberBudgets"] = detail
        .members
        .iter()
        .map(|(path, budget)| {
            let mut value = figures_dto(budget);
            value["path"] = path.as_str().into();
            value
        })
        .collect();
    json["burnDown"] = detail
        .burn_down
        .iter()
        .map(|(at, ms)| json!({"at": rfc3339(*at), "remainingSeconds": ms.div_euclid(1000)}))
        .collect();
    let row = |name: &str, value: Cell| vec![Cell::toned(name, Tone::Dim), value];
    let alerts = budget.alerts.iter().map(|a| {
        let state = match (a.firing, a.reachable) {
            (true, _) => Cell::toned("firing", Tone::Bad),
            (false, true) => "quiet".into(),
            (false, false) => Cell::toned("its target can never reach it", Tone::Dim),
        };
        let over = format!("{} and {}", length(a.long.0), length(a.short.0));
        let factor = format!("over {}.{}x", a.factor_thousandths / 1000, a.factor_thousandths % 1000 / 100);
        vec![severity_word(a.severity).into(), over.into(), factor.into(), state]
    });
    let members = detail.members.iter().map(|(path, b)| {
        let uptime = b.uptime_millionths.map_or_else(|| "no data".to_owned(), percent);
        vec![path.as_str().into(), uptime.into(), format!("down {}", length(b.down_ms)).into()]
    });
    let incidents = detail.incidents.iter().map(|incident| {
        let mut cells = service::incident_row(incident, now);
        cells.insert(3, incident.path.as_str().into());
        cells
    });
    Sheet {
        kind: "budget",
        json,
        columns: vec![column(""), column("")],
        rows: vec![
            row("group", detail.group.name.clone().into()),
            row("state", state_cell(budget.state)),
            row(
                "target",
                format!(
                    "{} over {}, {}{}",
                    percent(budget.target.millionths()),
                    budget.period.word(),
                    detail.group.aggregation.word(),
                    if detail.group.maintenance_is_down { ", maintenance without a window counts as down" } else { "" }
                )
                .into(),
            ),
            row("uptime", budget.uptime_millionths.map_or_else(|| "no data".to_owned(), percent).into()),
            row("worst case", worst_case(budget).into()),
            row("coverage", coverage(budget, unknown.len()).into()),
            row("allowed", length(budget.allowed_ms).into()),
            row("down", length(budget.down_ms).into()),
            row("left", format!("{} ({})", length(budget.remaining_ms()), left(budget)).into()),
            row("outlook", outlook(budget).into()),
            row("as of", rfc3339(now).into()),
        ],
        names: vec![detail.group.name.clone()],
        more: vec![
            ("ALERTS".to_owned(), plain(4, alerts.collect())),
            ("MEMBERS, WORST FIRST".to_owned(), plain(3, members.collect())),
            (
                service::newest("INCIDENTS", detail.incidents.len(), detail.incidents_total),
                plain(5, incidents.collect()),
            ),
            ("EXCLUSION WINDOWS, NEWEST FIRST".to_owned(), windows),
        ],
        ..Sheet::default()
    }
}

fn worst_case(budget: &Budget) -> String {
    budget
        .worst_case_millionths
        .map_or_else(|| "no data".to_owned(), |share| format!("{} with unknown time counted as down", percent(share)))
}

/// How much of the past is known, which says nothing of who is unknown now.
fn coverage(budget: &Budget, unknown_now: usize) -> String {
    let known = format!("{} of the time known", percent(budget.coverage_millionths));
    match unknown_now {
        0 => known,
        1 => format!("{known}; 1 member unknown now"),
        more => format!("{known}; {more} members unknown now"),
    }
}

fn plain(columns: usize, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet { columns: vec![column(""); columns], rows, ..Sheet::default() }
}
