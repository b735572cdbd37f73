//! A budget in words. Every figure that nobody knows says so; none is drawn as zero.

pub use crate::{console::format::precise, domain::sla::budget::EXHAUSTION_WINDOW};
use crate::{
    console::{format, screens::words::budget_word, theme::Role, widgets::gauge},
    domain::{
        hierarchy::ServicePath,
        sla::{Aggregation, Alert, AlertSeverity, Budget, BudgetState, Exhaustion, Period, SlaGroup, Window},
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
};

/// Mark and word of a state, never told apart by colour alone.
pub const fn state(budget: &Budget, ascii: bool) -> (&'static str, &'static str) {
    let mark = match (budget.state, ascii) {
        (BudgetState::Breached, false) => "✗",
        (BudgetState::Breached, true) => "x",
        (BudgetState::AtRisk, false) => "▲",
        (BudgetState::AtRisk, true) => "!",
        (BudgetState::Insufficient, _) => "?",
        (BudgetState::Met, false) => "●",
        (BudgetState::Met, true) => "o",
    };
    (mark, budget_word(budget))
}

/// What is left as a share: `62.5 %`, `-12.0 %`.
pub fn left_share(budget: &Budget) -> String {
    budget.remaining_thousandths().map_or_else(
        || "unknown".to_owned(),
        |left| {
            let sign = if left < 0 { "-" } else { "" };
            // Ten times over says enough without a digit behind the point.
            if left <= -10_000 {
                return format!("{sign}{} %", left.abs() / 10);
            }
            format!("{sign}{}.{} %", left.abs() / 10, left.abs() % 10)
        },
    )
}

/// What is left as time: `27m`, `-14m`.
pub fn left_time(budget: &Budget) -> String {
    if budget.allowed_ms == 0 { "unknown".to_owned() } else { precise(budget.remaining_ms()) }
}

/// What a figure of what is left looks like: as much as is left, unless too little is known for any figure.
pub fn left_role(budget: &Budget) -> Role {
    if budget.state == BudgetState::Insufficient { Role::Muted } else { gauge::role(budget.remaining_thousandths()) }
}

/// A share in millionths, or that nobody knows.
pub fn share(millionths: Option<u32>) -> String {
    millionths.map_or_else(|| "unknown".to_owned(), format::percent3)
}

/// A share in millionths for a narrow column, or that nobody knows: all of it needs no digits.
pub fn short_share(millionths: Option<u32>) -> String {
    if millionths == Some(1_000_000) { "100 %".to_owned() } else { share(millionths) }
}

/// A share to a tenth of a percent, never rounded up; all of it needs no digits.
pub fn rough(millionths: u32) -> String {
    if millionths == 1_000_000 {
        return "100 %".to_owned();
    }
    format!("{}.{} %", millionths / 10_000, millionths % 10_000 / 1000)
}

/// The burn over a window: `14.4x`, `1608x`, a dash below half coverage.
pub fn burn(budget: &Budget, window: Window) -> String {
    match budget.burn(window) {
        None => "-".to_owned(),
        Some(rate) if rate >= 100_000 => format!("{}x", rate / 1000),
        Some(rate) => format::factor(rate),
    }
}

/// When the budget will be gone, or since when it is at `now`, short enough for a column.
pub fn exhaustion(budget: &Budget, now: Timestamp) -> String {
    if let Some(at) = budget.exhausted_if_down_at {
        return if at > now { format!("in {}", precise(at.since(now))) } else { "by now".to_owned() };
    }
    match budget.exhaustion {
        Exhaustion::Exhausted(Some(at)) => format!("{} ago", format::age(now.since(at))),
        Exhaustion::Exhausted(None) => format!("over {}", budget.period.word()),
        Exhaustion::In(ms) => format!("in {}", format::span(ms)),
        Exhaustion::NotBeforeReset => "past reset".to_owned(),
        Exhaustion::Unknown => "not known".to_owned(),
        Exhaustion::NotBurning => "no burn".to_owned(),
    }
}

/// When the budget will be gone, with what that goes by, or since when it is at `now` and by how much. `past` writes a
/// moment: `3h ago`.
pub fn exhaustion_sentence(budget: &Budget, now: Timestamp, past: impl FnOnce(Timestamp) -> String) -> String {
    let outlook = budget.outlook(now, precise, past);
    match budget.exhaustion {
        Exhaustion::Exhausted(_) => format!("{outlook}: {}", over(budget)),
        _ => outlook,
    }
}

/// What stands in [`exhaustion`] looks like.
pub const fn exhaustion_role(budget: &Budget) -> Role {
    match budget.exhaustion {
        _ if budget.exhausted_if_down_at.is_some() => Role::Bad,
        Exhaustion::Exhausted(_) => Role::Bad,
        Exhaustion::In(_) => Role::Caution,
        Exhaustion::Unknown => Role::Unknown,
        Exhaustion::NotBeforeReset | Exhaustion::NotBurning => Role::Text,
    }
}

/// By how much a budget is exceeded.
pub fn over(budget: &Budget) -> String {
    format!("{} over the budget", precise(-budget.remaining_ms()))
}

/// Why a budget is at risk, or has no verdict; nothing where the figures say it themselves.
pub fn why(budget: &Budget) -> Option<String> {
    let is_low = budget.remaining_thousandths().is_some_and(|left| left < 250);
    Some(match (budget.state, budget.firing()) {
        (BudgetState::Insufficient, _) => "no verdict: under half of the time is known".to_owned(),
        (BudgetState::AtRisk, Some(alert)) => format!("at risk: a {} alert fires", severity(alert)),
        (BudgetState::AtRisk, None) if is_low => "at risk: under a quarter of the budget is left".to_owned(),
        (BudgetState::AtRisk, None) => "at risk: under a quarter is left if who is unknown now is down".to_owned(),
        (BudgetState::Met | BudgetState::Breached, _) => return None,
    })
}

/// Members of whom nobody knows how they are now; nothing when there is none. How much is known of the past says nothing
/// of them.
pub fn unknown_now(members: &[&ServicePath]) -> Option<String> {
    Some(match members {
        [] => return None,
        [one] => format!("{} is unknown now: at worst DOWN since then", one.service()),
        many => format!("{} are unknown now: at worst DOWN since then", named(many)),
    })
}

/// Members that nobody ever reported on; nothing when there is none.
pub fn never_reported(members: &[&ServicePath]) -> Option<String> {
    Some(match members {
        [] => return None,
        [one] => format!("{} was never reported: it is in no figure", one.service()),
        many => format!("{} were never reported: they are in no figure", named(many)),
    })
}

fn named(members: &[&ServicePath]) -> String {
    match members {
        [one, another] => format!("{} and {}", one.service(), another.service()),
        [one, rest @ ..] => format!("{} and {} more", one.service(), rest.len()),
        [] => String::new(),
    }
}

/// What becomes of maintenance that reporters declare themselves; nothing where there is none to speak of.
pub fn maintenance(group: &SlaGroup) -> Option<String> {
    let length = group.budget.maintenance_ms;
    if group.maintenance_is_down {
        return Some("maintenance declared without a window counts as down".to_owned());
    }
    (length > 0).then(|| format!("{} of maintenance declared without a window is not counted", format::span(length)))
}

/// What lengths of time are that are allowed, down or left, where they are not those of one service.
pub fn member_time(group: &SlaGroup) -> Option<String> {
    let members = format::count(group.members.len(), "member", "members");
    (group.aggregation == Aggregation::Mean)
        .then(|| format!("allowed, down and left are member time: sums over {members}"))
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

/// What an alert pair says now; one is out of reach where the target cannot burn that fast.
pub fn verdict(alert: &Alert, budget: &Budget) -> &'static str {
    if !alert.reachable {
        "out of reach"
    } else if alert.firing {
        "FIRING"
    } else if budget.burn(alert.long).is_none() || budget.burn(alert.short).is_none() {
        "too little data"
    } else {
        "quiet"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::{screens::budgets::samples, state::Times};

    #[test]
    fn what_nobody_knows_is_never_shown_as_zero() {
        let mut budget = samples::budget(1_000_000, 0);
        budget.burns.clear();
        budget.uptime_millionths = None;
        budget.exhaustion = Exhaustion::Unknown;
        assert_eq!(burn(&budget, EXHAUSTION_WINDOW), "-");
        assert_eq!(share(budget.uptime_millionths), "unknown");
        assert_eq!(exhaustion(&budget, budget.as_of), "not known");
        budget.allowed_ms = 0;
        budget.down_ms = 0;
        assert_eq!(left_share(&budget), "unknown");
        assert_eq!(left_time(&budget), "unknown");
    }

    #[test]
    fn members_of_whom_nobody_knows_are_named_as_far_as_there_are_few() {
        let paths: Vec<ServicePath> =
            ["db", "api", "web"].map(|name| ServicePath::parse(&format!("a/b/c/d/{name}")).unwrap()).into();
        let told = |count: usize| unknown_now(&paths.iter().take(count).collect::<Vec<_>>());
        assert_eq!(told(0), None);
        assert!(told(1).unwrap().starts_with("db is unknown now"));
        assert!(told(2).unwrap().starts_with("db and api are unknown now"));
        assert!(told(3).unwrap().starts_with("db and 2 more are unknown now"));
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
    fn the_figures_of_a_young_budget_are_no_zeros_and_a_hopeless_one_stays_short() {
        let told = [0, 40, 230, -9_900, 61_000].map(precise);
        assert_eq!(told, ["0s", "<0.1s", "0.2s", "-9.9s", "1m 01s"]);
        assert_eq!(left_share(&samples::budget(1_000, 271_552)), "-27055 %");
        let mut budget = samples::budget(1_000_000, 0);
        budget.burns[0].thousandths = Some(1_608_600);
        assert_eq!(burn(&budget, budget.burns[0].window), "1608x");
    }

    #[test]
    fn where_too_little_is_known_what_is_left_does_not_look_good() {
        let mut budget = samples::budget(1_000_000, 0);
        assert_eq!(left_role(&budget), Role::Good);
        budget.state = BudgetState::Insufficient;
        assert_eq!(left_role(&budget), Role::Muted);
        assert_eq!(state(&budget, false), ("?", "LOW DATA"));
        budget.coverage_millionths = 0;
        assert_eq!(state(&budget, false), ("?", "NO DATA"), "nothing at all");
    }

    #[test]
    fn windows_and_exhaustion_name_themselves() {
        assert_eq!(window(Window(5 * MINUTE)), "5m");
        assert_eq!(window(Window(3 * DAY)), "3d");
        let mut budget = samples::budget(1_000_000, 0);
        budget.exhaustion = Exhaustion::In(12 * DAY);
        let told = |budget: &Budget| {
            let now = budget.as_of;
            (exhaustion(budget, now), exhaustion_sentence(budget, now, |at| Times::Ages.said(at, now)))
        };
        assert_eq!(told(&budget), ("in 12d".to_owned(), "gone in 12d going by the last 6h".to_owned()));
        let down = Budget { exhausted_if_down_at: Some(budget.as_of.plus(3 * MINUTE + 27_999)), ..budget.clone() };
        let soon = ("in 3m 27s".to_owned(), "gone in 3m 27s while it stays down".to_owned());
        assert_eq!(told(&down), soon, "the last 6h say nothing of this outage");
        let later = budget.as_of.plus(4 * MINUTE);
        let told_later = (exhaustion(&down, later), exhaustion_sentence(&down, later, |_| String::new()));
        assert_eq!(
            told_later,
            ("by now".to_owned(), "gone by now while it stays down".to_owned()),
            "no news came since"
        );
        assert_eq!((exhaustion_role(&budget), exhaustion_role(&down)), (Role::Caution, Role::Bad));
        budget.down_ms = 1_300_000;
        budget.exhaustion = Exhaustion::Exhausted(Some(budget.as_of.plus(-3 * HOUR - 5 * MINUTE)));
        assert_eq!(told(&budget), ("3h ago".to_owned(), "exhausted 3h 5m ago: 5m 00s over the budget".to_owned()));
        budget.exhaustion = Exhaustion::Exhausted(None);
        let longer = ("over 30d".to_owned(), "exhausted for over 30d: 5m 00s over the budget".to_owned());
        assert_eq!(told(&budget), longer);
    }
}
