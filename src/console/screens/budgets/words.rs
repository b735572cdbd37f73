//! A budget in words. Every figure that nobody knows says so; none is drawn as zero.

use crate::{
    console::format,
    domain::{
        sla::{Alert, AlertSeverity, Budget, BudgetState, Exhaustion, Period, Window},
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
};

/// The window that time to exhaustion goes by.
pub const EXHAUSTION_WINDOW: Window = Window(6 * HOUR);

/// Mark and word of a state, never told apart by colour alone.
pub const fn state(state: BudgetState, ascii: bool) -> (&'static str, &'static str) {
    match (state, ascii) {
        (BudgetState::Breached, false) => ("✗", "BREACHED"),
        (BudgetState::Breached, true) => ("x", "BREACHED"),
        (BudgetState::AtRisk, false) => ("▲", "AT RISK"),
        (BudgetState::AtRisk, true) => ("!", "AT RISK"),
        (BudgetState::Insufficient, _) => ("?", "NO DATA"),
        (BudgetState::Met, false) => ("●", "MET"),
        (BudgetState::Met, true) => ("o", "MET"),
    }
}

/// What is left as a share: `62.5 %`, `-12.0 %`.
pub fn left_share(budget: &Budget) -> String {
    budget.remaining_thousandths().map_or_else(
        || "unknown".to_owned(),
        |left| {
            let sign = if left < 0 { "-" } else { "" };
            format!("{sign}{}.{} %", left.abs() / 10, left.abs() % 10)
        },
    )
}

/// What is left as time: `27m`, `-14m`.
pub fn left_time(budget: &Budget) -> String {
    if budget.allowed_ms == 0 { "unknown".to_owned() } else { precise(budget.remaining_ms()) }
}

/// A length of downtime: to the second below ten minutes, where tight budgets live.
pub fn precise(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let text = if ms.abs() < 10 * MINUTE { format::seconds(ms.abs()) } else { format::span(ms.abs()) };
    format!("{sign}{text}")
}

/// A share in millionths, or that nobody knows.
pub fn share(millionths: Option<u32>) -> String {
    millionths.map_or_else(|| "unknown".to_owned(), format::percent3)
}

/// A share to a tenth of a percent, never rounded up.
pub fn rough(millionths: u32) -> String {
    format!("{}.{} %", millionths / 10_000, millionths % 10_000 / 1000)
}

/// The burn over a window: `14.4x`, a dash below half coverage.
pub fn burn(budget: &Budget, window: Window) -> String {
    budget.burn(window).map_or_else(|| "-".to_owned(), format::factor)
}

/// When the budget will be gone, short enough for a column.
pub fn exhaustion(budget: &Budget) -> String {
    match budget.exhaustion {
        Exhaustion::Exhausted => "exhausted".to_owned(),
        Exhaustion::In(ms) => format!("in {}", format::span(ms)),
        Exhaustion::NotBeforeReset => "after reset".to_owned(),
        Exhaustion::Unknown => "not known".to_owned(),
        Exhaustion::NotBurning => "not burning".to_owned(),
    }
}

/// When the budget will be gone, with the window it was measured over.
pub fn exhaustion_sentence(budget: &Budget) -> String {
    match budget.exhaustion {
        Exhaustion::Exhausted => format!("exhausted: {} over the budget", precise(-budget.remaining_ms())),
        other => other.said(format::span),
    }
}

/// The worst alert that fires, in one word; empty when none does.
pub fn firing(budget: &Budget) -> &'static str {
    budget.firing().map_or("", severity)
}

/// What an alert asks for.
pub const fn severity(severity: AlertSeverity) -> &'static str {
    match severity {
        AlertSeverity::Page => "PAGE",
        AlertSeverity::Ticket => "TICKET",
    }
}

/// Begin and end of the period that holds `at`: a rolling one ends there, calendar ones are whole, in UTC.
pub fn span(period: Period, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    if let Some(ms) = period.rolling_ms() {
        return Some((at.plus(-ms), at));
    }
    let day = jiff::Timestamp::from_millisecond(at.ms()).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (month, months) = match period {
        Period::Quarter => ((day.month() - 1) / 3 * 3 + 1, 3),
        Period::Year => (1, 12),
        Period::Month | Period::Rolling(_) => (day.month(), 1),
    };
    let first = jiff::civil::Date::new(day.year(), month, 1).ok()?;
    let next = first.checked_add(jiff::Span::new().months(months)).ok()?;
    let moment = |date: jiff::civil::Date| {
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Timestamp::from_ms(zoned.timestamp().as_millisecond()))
    };
    Some((moment(first)?, moment(next)?))
}

/// The period in words: `rolling 30 days`, `this quarter`.
pub fn period(period: Period) -> String {
    match period {
        Period::Rolling(days) => format!("rolling {days} days"),
        Period::Month | Period::Quarter | Period::Year => format!("this {} (UTC)", period.word()),
    }
}

/// A window as people say it: `5m`, `1h`, `3d`.
pub fn window(window: Window) -> String {
    let Window(ms) = window;
    if ms % DAY == 0 {
        format!("{}d", ms / DAY)
    } else if ms % HOUR == 0 {
        format!("{}h", ms / HOUR)
    } else {
        format!("{}m", ms / MINUTE)
    }
}

/// What an alert pair says now.
pub fn verdict(alert: &Alert, budget: &Budget) -> &'static str {
    if !alert.reachable {
        "never: this target cannot burn that fast"
    } else if alert.firing {
        "FIRING"
    } else if budget.burn(alert.long).is_none() || budget.burn(alert.short).is_none() {
        "unknown: too little data"
    } else {
        "quiet"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::screens::budgets::samples;

    #[test]
    fn what_nobody_knows_is_never_shown_as_zero() {
        let mut budget = samples::budget(1_000_000, 0);
        budget.burns.clear();
        budget.uptime_millionths = None;
        budget.exhaustion = Exhaustion::Unknown;
        assert_eq!(burn(&budget, EXHAUSTION_WINDOW), "-");
        assert_eq!(share(budget.uptime_millionths), "unknown");
        assert_eq!(exhaustion(&budget), "not known");
        budget.allowed_ms = 0;
        budget.down_ms = 0;
        assert_eq!(left_share(&budget), "unknown");
        assert_eq!(left_time(&budget), "unknown");
    }

    #[test]
    fn calendar_periods_are_whole() {
        // 2026-11-21T23:41Z
        let at = Timestamp::from_ms(1_795_304_460_000);
        let shown = |p| span(p, at).map(|(a, b)| (format::exact(a), format::exact(b))).unwrap();
        let pair = |a: &str, b: &str| (format!("{a}T00:00:00Z"), format!("{b}T00:00:00Z"));
        assert_eq!(shown(Period::Month), pair("2026-11-01", "2026-12-01"));
        assert_eq!(shown(Period::Quarter), pair("2026-10-01", "2027-01-01"));
        assert_eq!(shown(Period::Year), pair("2026-01-01", "2027-01-01"));
    }

    #[test]
    fn an_overdraft_has_a_minus_sign_even_below_one_percent() {
        let budget = samples::budget(1_000_000, 1_005_000);
        assert_eq!(left_share(&budget), "-0.5 %");
    }

    #[test]
    fn windows_and_exhaustion_name_themselves() {
        assert_eq!(window(Window(5 * MINUTE)), "5m");
        assert_eq!(window(Window(3 * DAY)), "3d");
        let mut budget = samples::budget(1_000_000, 0);
        budget.exhaustion = Exhaustion::In(12 * DAY);
        assert_eq!(exhaustion_sentence(&budget), "gone in 12d at the 6h burn");
    }
}
