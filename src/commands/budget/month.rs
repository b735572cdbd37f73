//! What a month came to, group by group: as it was kept when it was over, with what was corrected since. The month that
//! still runs is told so far and says so.

use std::fmt::Write;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::state_cell;
use crate::{
    commands::{Exit, Trouble, target::Signed},
    domain::{
        sla::{Figures, PeriodResult, Restatement, ResultPeriod},
        time::{DAY, Timestamp},
    },
    print::{
        Cell, Sheet, Tone, column, figures,
        time::{length, percent, rfc3339},
        wide,
    },
};

/// A month of every group.
pub struct Report {
    /// `2026-10`.
    month: String,
    /// Whether it still runs.
    so_far: bool,
    made_at: Timestamp,
    results: Vec<PeriodResult>,
    restatements: Vec<Restatement>,
}

impl Report {
    /// Ask the core for it; without a month for the one that runs.
    ///
    /// # Errors
    /// Usage for what is no month or is still to come.
    pub async fn fetch(signed: &Signed, wanted: Option<&str>) -> Result<Self, Trouble> {
        let now = signed.client.snapshot().await?.at;
        let this = first_day(now).ok_or_else(|| Trouble::failed("the clock of the core tells no month"))?;
        let usage = |message: String| Trouble::new(Exit::Usage, message);
        let month = match wanted {
            None => this,
            Some(text) => format!("{text}-01")
                .parse::<Date>()
                .map_err(|_| usage(format!("`{text}` is not a month")).hint("a month is written like 2026-10"))?,
        };
        let name = month.strftime("%Y-%m").to_string();
        if month > this {
            return Err(usage(format!("{name} is still to come")));
        }
        let (mut results, restatements) = tokio::try_join!(
            signed.client.period_results(ResultPeriod::Month, &name),
            signed.client.restatements(&name),
        )?;
        worst_first(&mut results);
        Ok(Self {
            month: name,
            so_far: month == this || results.iter().any(|r| !r.is_closed),
            made_at: now,
            results,
            restatements,
        })
    }

    fn corrected(&self, result: &PeriodResult) -> usize {
        self.restatements.iter().filter(|r| r.group == result.group && r.period == ResultPeriod::Month).count()
    }

    /// As a table and as data.
    pub fn sheet(&self) -> Sheet {
        let row = |result: &PeriodResult| {
            let f = &result.figures;
            let parts = parts(result);
            let period = if parts.is_empty() { self.month.clone() } else { format!("{} {parts}", self.month) };
            vec![
                result.group.clone().into(),
                Cell::valued(period, Some(&self.month)),
                state_cell(f.state),
                Cell::percent(result.target.millionths()),
                super::known_share(f.uptime_millionths),
                Cell::percent(f.coverage_millionths),
                Cell::length(f.allowed_ms),
                Cell::length(f.down_ms),
                Cell::valued(left_share(f), super::percent_left(f.remaining_thousandths())),
                Cell::length(f.remaining_ms()),
                Cell::length(f.excluded_ms),
                match self.corrected(result) {
                    0 => Cell::valued("", Some(0)),
                    count => Cell { tone: Tone::Warn, ..Cell::valued(format!("{count}x"), Some(count)) },
                },
                if result.is_closed { "yes" } else { "no" }.into(),
                result.measured_from.map_or_else(String::new, rfc3339).into(),
                result.until.map_or_else(String::new, rfc3339).into(),
            ]
        };
        Sheet {
            kind: "report",
            json: self.dto(),
            columns: vec![
                column("GROUP"),
                column("MONTH"),
                column("STATE"),
                figures("TARGET").counted_in("percent"),
                figures("UPTIME").counted_in("percent"),
                figures("COVERAGE").counted_in("percent"),
                figures("ALLOWED").counted_in("seconds"),
                figures("DOWN").counted_in("seconds"),
                figures("LEFT").counted_in("percent"),
                figures("TIME LEFT").counted_in("seconds"),
                wide("EXCLUDED").counted_in("seconds"),
                column("RESTATED"),
                wide("CLOSED"),
                wide("MEASURED FROM"),
                wide("UNTIL"),
            ],
            rows: self.results.iter().map(row).collect(),
            names: self.results.iter().map(|r| r.group.clone()).collect(),
            more: self.sections(),
            when_empty: "nothing was reported in that month",
        }
    }

    fn sections(&self) -> Vec<(String, Sheet)> {
        if self.restatements.is_empty() {
            return Vec::new();
        }
        let rows = self.restatements.iter().map(|r| restated(r).into_iter().map(Into::into).collect());
        let columns = RESTATED.map(column).to_vec();
        vec![("RESTATEMENTS".to_owned(), Sheet { columns, rows: rows.collect(), ..Sheet::default() })]
    }

    fn dto(&self) -> Value {
        let groups: Vec<Value> = self
            .results
            .iter()
            .map(|r| {
                let mut dto = figures_dto(&r.figures);
                dto["group"] = r.group.as_str().into();
                dto["targetPercent"] = share(r.target.millionths()).into();
                dto["aggregation"] = r.aggregation.word().into();
                dto["maintenanceIsDown"] = r.maintenance_is_down.into();
                dto["measuredFrom"] = r.measured_from.map(rfc3339).into();
                dto["until"] = r.until.map(rfc3339).into();
                dto["closed"] = r.is_closed.into();
                dto["restated"] = self.corrected(r).into();
                dto
            })
            .collect();
        let restatements: Vec<Value> = self
            .restatements
            .iter()
            .map(|r| {
                json!({
                    "group": r.group, "period": period_name(r), "was": figures_dto(&r.was), "is": figures_dto(&r.is),
                    "at": rfc3339(r.at), "by": r.actor.name(), "reason": r.reason,
                })
            })
            .collect();
        json!({
            "month": self.month, "soFar": self.so_far, "madeAt": rfc3339(self.made_at), "groups": groups,
            "restatements": restatements,
        })
    }

    /// As a document.
    pub fn markdown(&self) -> String {
        let so_far = if self.so_far { " so far" } else { "" };
        let made = rfc3339(self.made_at);
        let mut out = format!("# SLA report {}{so_far}\n\nMade {made}. Times are UTC.", self.month);
        if self.so_far {
            out.push_str(" The month is not over: what is allowed is what its time up to now allows.");
        }
        out.push_str("\n\n");
        if self.results.is_empty() {
            out.push_str("Nothing was reported in that month.\n");
            return out;
        }
        let head = [
            "group",
            "state",
            "target",
            "uptime",
            "coverage",
            "allowed",
            "down",
            "left",
            "time left",
            "excluded",
            "restated",
        ];
        let rows = self.results.iter().map(|r| {
            let f = &r.figures;
            vec![
                match parts(r) {
                    parts if parts.is_empty() || (parts == SO_FAR && self.so_far) => r.group.clone(),
                    parts => format!("{} ({parts})", r.group),
                },
                f.state.word().to_owned(),
                percent(r.target.millionths()),
                uptime(f),
                percent(f.coverage_millionths),
                length(f.allowed_ms),
                length(f.down_ms),
                left_share(f),
                length(f.remaining_ms()),
                length(f.excluded_ms),
                self.corrected(r).to_string(),
            ]
        });
        table(&mut out, &head, rows);
        if !self.restatements.is_empty() {
            out.push_str("\n## Restatements\n\n");
            table(
                &mut out,
                &RESTATED.map(str::to_lowercase).each_ref().map(String::as_str),
                self.restatements.iter().map(restated),
            );
        }
        out
    }
}

const RESTATED: [&str; 7] = ["GROUP", "PERIOD", "TOLD BEFORE", "TRUE", "WHEN", "BY", "WHY"];

fn restated(r: &Restatement) -> Vec<String> {
    // All that a correction can change, so that no restatement looks as if it changed nothing.
    let told = |f: &Figures| {
        let (down, allowed, known) = (length(f.down_ms), length(f.allowed_ms), percent(f.coverage_millionths));
        format!("{} {} ({down} of {allowed} down, {known} known)", f.state.word(), uptime(f))
    };
    vec![
        r.group.clone(),
        period_name(r),
        told(&r.was),
        told(&r.is),
        rfc3339(r.at),
        r.actor.name().to_owned(),
        r.reason.clone(),
    ]
}

/// `2026-10` or `2026-10-31`.
fn period_name(r: &Restatement) -> String {
    let length = match r.period {
        ResultPeriod::Day => 10,
        ResultPeriod::Month => 7,
    };
    rfc3339(r.from).chars().take(length).collect()
}

fn table(out: &mut String, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    // Writing into a text cannot fail.
    let _ = writeln!(out, "| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        // Reasons are what people typed: a bar or a bracket in them stays what it is.
        let cells = row
            .iter()
            .map(|cell| cell.replace('\\', "\\\\").replace('|', "\\|").replace('<', "\\<").replace('[', "\\["));
        let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

/// As `budget list` has it: broken first, and among those who stand alike who has the least share left.
fn worst_first(results: &mut [PeriodResult]) {
    let left = |r: &PeriodResult| (r.figures.remaining_thousandths(), r.figures.remaining_ms());
    results.sort_by_key(|r| (std::cmp::Reverse(r.figures.state), left(r), r.group.clone()));
}

const SO_FAR: &str = "so far";

/// Which part of the month was measured, where it is not all of it: from its first report on, up to now, or until it was
/// taken out of the declaration.
fn parts(result: &PeriodResult) -> String {
    let from = result.began_late().map(|from| format!("from {}", rfc3339(from)));
    let until = match (result.until, result.is_closed) {
        (Some(until), _) => Some(format!("until {}", rfc3339(until))),
        (None, false) => Some(SO_FAR.to_owned()),
        (None, true) => None,
    };
    from.into_iter().chain(until).collect::<Vec<_>>().join(" ")
}

fn left_share(figures: &Figures) -> String {
    super::share_left(figures.remaining_thousandths())
}

fn uptime(figures: &Figures) -> String {
    figures.uptime_millionths.map_or_else(|| "no data".to_owned(), percent)
}

fn share(millionths: u32) -> f64 {
    f64::from(millionths) / 10_000.0
}

fn figures_dto(f: &Figures) -> Value {
    json!({
        "state": f.state.word(),
        "uptimePercent": f.uptime_millionths.map(share),
        "coveragePercent": share(f.coverage_millionths),
        "allowedSeconds": f.allowed_ms / 1000,
        "downSeconds": f.down_ms / 1000,
        "remainingSeconds": f.remaining_ms().div_euclid(1000),
        "remainingPercent": super::percent_left(f.remaining_thousandths()),
        "excludedSeconds": f.excluded_ms / 1000,
    })
}

/// The first day of the month of `at`, UTC.
fn first_day(at: Timestamp) -> Option<Date> {
    let day = i32::try_from(at.ms().div_euclid(DAY)).ok()?;
    let date = Date::new(1970, 1, 1).ok()?.checked_add(jiff::Span::new().days(day)).ok()?;
    Some(date.first_of_month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        change::Actor,
        sla::{Aggregation, BudgetState, Target},
        time::{HOUR, MINUTE},
    };

    fn report(so_far: bool) -> Report {
        let october = ResultPeriod::Month.bounds(Timestamp::from_ms(20_740 * DAY)).0;
        let figures = Figures {
            uptime_millionths: Some(999_000),
            coverage_millionths: 1_000_000,
            allowed_ms: HOUR,
            down_ms: 2 * HOUR,
            excluded_ms: 0,
            state: BudgetState::Breached,
        };
        let target = Target::from_millionths(999_900).unwrap();
        let result = PeriodResult {
            group: "gold".to_owned(),
            period: ResultPeriod::Month,
            from: october,
            target,
            aggregation: Aggregation::Worst,
            maintenance_is_down: false,
            measured_from: Some(october),
            until: None,
            figures,
            is_closed: !so_far,
        };
        let restatement = Restatement {
            id: 1,
            group: "gold".to_owned(),
            period: ResultPeriod::Month,
            from: october,
            was: figures,
            is: Figures { allowed_ms: HOUR / 2, coverage_millionths: 750_000, ..figures },
            at: october,
            actor: Actor::System,
            reason: "a | b".to_owned(),
        };
        Report {
            month: "2026-10".to_owned(),
            so_far,
            made_at: october,
            results: vec![result],
            restatements: vec![restatement],
        }
    }

    #[test]
    fn a_month_that_still_runs_says_so_in_every_form() {
        let (running, over) = (report(true), report(false));
        assert!(running.markdown().starts_with("# SLA report 2026-10 so far\n"));
        assert!(over.markdown().starts_with("# SLA report 2026-10\n"));
        assert_eq!(
            (running.sheet().json["soFar"].clone(), over.sheet().json["soFar"].clone()),
            (true.into(), false.into())
        );
        assert_eq!(running.sheet().rows[0][1].text, "2026-10 so far");
        assert_eq!(over.sheet().rows[0][1].text, "2026-10");
    }

    #[test]
    fn an_overdrawn_month_is_negative_and_its_restatement_cannot_break_the_table() {
        let report = report(false);
        assert_eq!(report.sheet().json["groups"][0]["remainingSeconds"], -3600);
        assert_eq!(report.sheet().json["groups"][0]["restated"], 1);
        assert!(report.markdown().contains(r"| a \| b |"), "{}", report.markdown());
        let before =
            "| BREACHED 99.90 % (2h of 1h down, 100.00 % known) | BREACHED 99.90 % (2h of 30m down, 75.00 % known) |";
        assert!(report.markdown().contains(before), "{}", report.markdown());
    }

    #[test]
    fn a_group_that_was_taken_away_says_until_when_it_ran() {
        let mut report = report(true);
        report.results[0].until = Some(report.results[0].from.plus(9 * HOUR));
        assert_eq!(report.sheet().rows[0][1].text, "2026-10 until 2026-10-01T09:00:00Z");
        assert_eq!(report.sheet().json["groups"][0]["until"], "2026-10-01T09:00:00Z");
        assert!(
            report.markdown().contains("| gold (until 2026-10-01T09:00:00Z) | BREACHED |"),
            "{}",
            report.markdown()
        );
    }

    #[test]
    fn a_month_of_which_only_a_part_was_measured_says_so_in_every_form() {
        let mut report = report(false);
        assert_eq!(report.sheet().json["groups"][0]["measuredFrom"], "2026-10-01T00:00:00Z");
        report.results[0].measured_from = Some(report.results[0].from.plus(11 * DAY + 9 * HOUR));
        assert_eq!(report.sheet().rows[0][1].text, "2026-10 from 2026-10-12T09:00:00Z");
        assert_eq!(report.sheet().json["groups"][0]["measuredFrom"], "2026-10-12T09:00:00Z");
        let document = report.markdown();
        assert!(document.contains("| gold (from 2026-10-12T09:00:00Z) | BREACHED |"), "{document}");
        report.results[0].is_closed = false;
        assert_eq!(report.sheet().rows[0][1].text, "2026-10 from 2026-10-12T09:00:00Z so far");
        report.results[0].measured_from = None;
        assert_eq!(report.sheet().rows[0][1].text, "2026-10 so far", "nothing is made up for what nobody kept");
        assert!(report.markdown().contains("| gold (so far) |"), "it is not closed yet: {}", report.markdown());
        report.so_far = true;
        let running = report.markdown();
        assert!(running.contains("The month is not over") && running.contains("| gold | BREACHED |"), "{running}");
    }

    #[test]
    fn who_has_the_least_share_left_comes_first_and_not_who_has_the_least_minutes() {
        let one = report(false).results[0].clone();
        let of = |group: &str, state, allowed_ms, down_ms| PeriodResult {
            group: group.to_owned(),
            figures: Figures { state, allowed_ms, down_ms, ..one.figures },
            ..one.clone()
        };
        use BudgetState::{Breached, Insufficient, Met};
        let wanted = [
            of("thrice over", Breached, 1_000, 3_000),
            of("a little over", Breached, HOUR, HOUR + MINUTE),
            of("dark", Insufficient, HOUR, 0),
            of("a tenth left", Met, 10 * HOUR, 9 * HOUR),
            of("half left", Met, 4 * MINUTE, 2 * MINUTE),
        ];
        let mut results = wanted.to_vec();
        results.reverse();
        worst_first(&mut results);
        assert_eq!(results, wanted);
    }

    #[test]
    fn a_month_without_results_is_empty_and_not_kept() {
        let empty = Report { results: Vec::new(), restatements: Vec::new(), ..report(false) };
        assert!(empty.sheet().rows.is_empty());
        assert!(empty.markdown().contains("Nothing was reported"));
    }
}
