//! A report for people. Text out of reports and windows is put into it so that it cannot become markup.

use std::fmt::Write;

use crate::{
    domain::{
        change::Actor,
        sla::{
            Aggregation, AlertSeverity, Budget, ExclusionWindow, Figures, PeriodResult,
            daily::{DailyReport, GroupReport, RetiredReport},
        },
        time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
    },
    server::wire::rfc3339,
};

/// `report` as Markdown.
pub fn text(report: &DailyReport) -> String {
    let mut out = String::new();
    let at = report.made_at;
    line(&mut out, &format!("# SLA report, {}", minute(at)));
    line(&mut out, "");
    line(
        &mut out,
        &format!(
            "Since {}. All times and days are UTC. The worst case counts what is unknown as down. Maintenance is what \
             reporters declared without a window.",
            minute(report.from)
        ),
    );
    if report.groups.iter().any(|g| g.group.aggregation == Aggregation::Mean) {
        line(&mut out, "");
        line(&mut out, "Member time is the sum over the members of a group.");
    }
    if report.simulated {
        line(&mut out, "");
        line(&mut out, "**Histories in this report were made up for a demonstration.**");
    }
    groups(&mut out, at, &report.groups);
    if !report.retired_groups.is_empty() {
        retired(&mut out, &report.retired_groups);
    }
    table(
        &mut out,
        "Incidents",
        "No service was down.",
        &["service", "from", "for", "what was said"],
        report.incidents.iter().map(|i| {
            let (whole, down) = i.lengths(at);
            let lasted =
                if down < whole { format!("{} within {}", length(down), length(whole)) } else { length(whole) };
            let lasted = if i.to.is_none() { format!("{lasted} so far") } else { lasted };
            vec![i.path.to_string(), minute(i.from), lasted, i.message.clone()]
        }),
    );
    if report.incidents_left_out > 0 {
        line(&mut out, "");
        line(&mut out, &format!("And {} shorter ones.", report.incidents_left_out));
    }
    table(
        &mut out,
        "Exclusion windows",
        "None in force, planned or ended.",
        &["no.", "for", "state", "from", "to", "by", "why"],
        report.windows.iter().map(|w| window(w, at)),
    );
    table(
        &mut out,
        "Restatements",
        "No result was corrected.",
        &["group", "period", "told before", "true", "when", "by", "why"],
        report.restatements.iter().map(|r| {
            let period = minute(r.from);
            let period = period.split(' ').next().unwrap_or_default().to_owned();
            let period = format!("{} {period}", r.period.word().to_lowercase());
            vec![
                r.group.clone(),
                period,
                told(&r.was, ""),
                told(&r.is, ""),
                minute(r.at),
                r.actor.name().to_owned(),
                r.reason.clone(),
            ]
        }),
    );
    if report.restatements_left_out > 0 {
        line(&mut out, "");
        line(&mut out, &format!("And {} later ones.", report.restatements_left_out));
    }
    out
}

fn groups(out: &mut String, at: Timestamp, groups: &[GroupReport]) {
    let head = [
        "group",
        "state",
        "target",
        "uptime",
        "worst case",
        "coverage",
        "left",
        "time left",
        "gone",
        "alert",
        "maintenance",
        "last day",
        "month so far",
    ];
    table(
        out,
        "Budgets, worst first",
        "No SLA group is declared.",
        &head,
        groups.iter().map(|g| {
            let budget = &g.group.budget;
            vec![
                g.group.name.clone(),
                budget.state.word().to_owned(),
                format!("{} over {}", percent(budget.target.millionths()), budget.period.word()),
                share(budget.uptime_millionths),
                share(budget.worst_case_millionths),
                percent(budget.coverage_millionths),
                left(budget),
                length(budget.remaining_ms()) + g.group.aggregation.unit(),
                budget.gone(at, length, |at| format!("since {}", minute(at))),
                budget.firing().map_or("", alert).to_owned(),
                if g.group.maintenance_is_down { "counts as down".to_owned() } else { length(budget.maintenance_ms) },
                result(g.day.as_ref()),
                result(g.month.as_ref()),
            ]
        }),
    );
}

fn retired(out: &mut String, groups: &[RetiredReport]) {
    let told = |result: Option<&PeriodResult>| result.map_or_else(String::new, part);
    table(
        out,
        "Groups that are not declared any more",
        "",
        &["group", "until", "last day", "month up to then"],
        groups.iter().map(|g| vec![g.group.clone(), minute(g.until), told(g.day.as_ref()), told(g.month.as_ref())]),
    );
}

fn window(w: &ExclusionWindow, at: Timestamp) -> Vec<String> {
    let by = |actor: &Actor| actor.name().to_owned();
    let end = w.to.map_or_else(|| "no end: counts until now".to_owned(), minute);
    vec![
        w.id.to_string(),
        w.scope.to_string(),
        w.phase(at).word().to_owned(),
        minute(w.from),
        end,
        by(&w.opened_by),
        w.reason.clone(),
    ]
}

/// A heading with a table, or with a sentence where there are no rows.
fn table(out: &mut String, title: &str, none: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    line(out, "");
    line(out, &format!("## {title}"));
    line(out, "");
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return line(out, none);
    }
    line(out, &format!("| {} |", head.join(" | ")));
    line(out, &format!("|{}", "---|".repeat(head.len())));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        line(out, &format!("| {} |", cells.join(" | ")));
    }
}

fn line(out: &mut String, text: &str) {
    // Writing into a text cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Text that stays text in a cell: what could be markup, a link or an end of the cell is escaped.
fn escaped(cell: &str) -> String {
    let mut safe = String::with_capacity(cell.len());
    for c in cell.chars() {
        match c {
            '\n' | '\r' => safe.push(' '),
            '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '\\' | '#' | '!' | '&' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// With two places at least and four at most: `99.95 %`.
fn percent(millionths: u32) -> String {
    let places = format!("{:04}", millionths % 10_000);
    let places = places.trim_end_matches('0');
    format!("{}.{places:0<2} %", millionths / 10_000)
}

fn share(millionths: Option<u32>) -> String {
    millionths.map_or_else(|| "no data".to_owned(), percent)
}

fn left(budget: &Budget) -> String {
    budget.remaining_thousandths().map_or_else(
        || "unknown".to_owned(),
        |t| format!("{}{}.{} %", if t < 0 { "-" } else { "" }, t.abs() / 10, t.abs() % 10),
    )
}

const fn alert(severity: AlertSeverity) -> &'static str {
    match severity {
        AlertSeverity::Page => "page",
        AlertSeverity::Ticket => "ticket",
    }
}

fn result(result: Option<&PeriodResult>) -> String {
    result.map_or_else(|| "no data".to_owned(), part)
}

/// A result with the moment from which on it was measured, where that is not all of it.
fn part(result: &PeriodResult) -> String {
    let from = result.began_late().map_or_else(String::new, |from| format!(", measured from {} on", minute(from)));
    told(&result.figures, result.aggregation.unit()) + &from
}

/// A result in few words, with what its lengths of time are.
fn told(figures: &Figures, unit: &str) -> String {
    let covered = percent(figures.coverage_millionths);
    format!(
        "{} {} ({} of {}{unit} down, {covered} known)",
        figures.state.word(),
        share(figures.uptime_millionths),
        length(figures.down_ms),
        length(figures.allowed_ms)
    )
}

/// `2026-11-27 07:00`.
fn minute(at: Timestamp) -> String {
    rfc3339(at).chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// A length in its two largest units: `1d 4h`, `-12m 5s`.
fn length(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.saturating_abs();
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")];
    let first = units.iter().position(|(unit, _)| ms >= *unit).unwrap_or(units.len() - 1);
    let (unit, name) = units[first];
    let rest = units.get(first + 1).map(|(next, name)| (ms % unit / next, name)).filter(|(count, _)| *count > 0);
    let rest = rest.map_or_else(String::new, |(count, name)| format!(" {count}{name}"));
    format!("{sign}{}{name}{rest}", ms / unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        detail::Incident,
        health::Status,
        hierarchy::ServicePath,
        samples,
        sla::{Promise, ResultPeriod, SlaGroup, Target, Timeline, arithmetic, daily::ReportCause},
    };

    #[test]
    fn lengths_have_two_units_at_most() {
        assert_eq!(length(DAY + 4 * HOUR + 59 * MINUTE), "1d 4h");
        assert_eq!(length(-(12 * MINUTE + 5 * SECOND)), "-12m 5s");
        assert_eq!((length(0), length(999)), ("0s".to_owned(), "0s".to_owned()));
        assert_eq!(length(i64::MIN), length(-i64::MAX));
    }

    #[test]
    fn a_result_of_a_part_of_its_period_says_from_when_on_it_was_measured() {
        let month = |measured_from: i64| PeriodResult {
            group: "gold".to_owned(),
            period: ResultPeriod::Month,
            from: Timestamp::from_ms(0),
            target: Target::from_millionths(999_000).unwrap(),
            aggregation: Aggregation::Worst,
            maintenance_is_down: false,
            measured_from: Some(Timestamp::from_ms(measured_from)),
            until: None,
            figures: Figures::default(),
            is_closed: false,
        };
        let whole = "INSUFFICIENT no data (0s of 0s down, 0.00 % known)";
        assert_eq!(result(Some(&month(0))), whole);
        assert_eq!(result(Some(&month(11 * DAY + 9 * HOUR))), format!("{whole}, measured from 1970-01-12 09:00 on"));
    }

    #[test]
    fn maintenance_and_what_times_of_a_mean_are_stand_beside_the_figures() {
        let at = |ms| Timestamp::from_ms(ms);
        let told = |aggregation, maintenance_is_down| {
            let line = Timeline::from_points(vec![(at(0), Status::Operational), (at(HOUR), Status::Maintenance)]);
            let declared = samples::group("gold", Target::from_millionths(990_000).unwrap());
            let promise = Promise { maintenance_is_down, ..Promise::new(declared.target, declared.period) };
            let group = SlaGroup {
                name: declared.name,
                display_name: declared.display_name,
                tier: declared.tier,
                aggregation,
                maintenance_is_down,
                members: Vec::new(),
                budget: arithmetic::compute(&line, &promise, at(90 * MINUTE)),
                place: None,
            };
            let mut out = String::new();
            groups(&mut out, at(90 * MINUTE), &[GroupReport { group, day: None, month: None }]);
            out
        };
        let apart = told(Aggregation::Worst, false);
        assert!(apart.contains("| alert | maintenance |") && apart.contains("|  | 30m |"), "{apart}");
        assert!(told(Aggregation::Worst, true).contains("| counts as down |"));
        assert!(apart.contains("| 54s |") && told(Aggregation::Mean, false).contains("| 54s member time |"), "{apart}");
    }

    #[test]
    fn shares_have_the_places_they_need() {
        assert_eq!([999_500, 1_000_000, 999_990, 5].map(percent), ["99.95 %", "100.00 %", "99.999 %", "0.0005 %"]);
    }

    #[test]
    fn what_reporters_say_cannot_become_markup() {
        let incident = Incident {
            path: ServicePath::parse("a/b/c/d/e").unwrap(),
            from: Timestamp::from_ms(0),
            to: None,
            worst: Status::Down,
            message: "x | <img src=y> [z](javascript:1)\n# big".to_owned(),
            outbreaks: 2,
            other_ms: 88 * MINUTE + 59 * SECOND,
            cause: None,
        };
        let report = DailyReport {
            cause: ReportCause::Request,
            made_at: Timestamp::from_ms(90 * MINUTE),
            from: Timestamp::from_ms(0),
            simulated: true,
            groups: Vec::new(),
            retired_groups: Vec::new(),
            incidents: vec![incident],
            incidents_left_out: 3,
            windows: Vec::new(),
            restatements: Vec::new(),
            restatements_left_out: 2,
        };
        let text = text(&report);
        assert!(
            text.contains(
                r"| a/b/c/d/e | 1970-01-01 00:00 | 1m 1s within 1h 30m so far | x \| \<img src=y\> \[z\](javascript:1) \# big |"
            ),
            "{text}"
        );
        assert!(text.contains("made up for a demonstration") && text.contains("And 3 shorter ones."), "{text}");
        assert!(text.contains("And 2 later ones."), "{text}");
        assert!(text.contains("No SLA group is declared.") && text.contains("No result was corrected."), "{text}");
    }
}
