//! The columns of the list, and what it is sorted by.

use std::cmp::Ordering;

use crate::{
    console::widgets::table::Column,
    domain::{
        sla::{Exhaustion, SlaGroup, Window},
        time::{DAY, HOUR, Timestamp},
    },
};

/// What the list can be sorted by, one for each column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SortBy {
    /// State, then alerts, then what is left: worst first.
    #[default]
    State,
    /// Name.
    Name,
    /// Promise.
    Target,
    /// Share of up.
    Uptime,
    /// Share that is known.
    Coverage,
    /// What is left as a share.
    Left,
    /// What is left as time.
    LeftTime,
    /// When it will be gone.
    Exhaustion,
    /// Burn over an hour.
    BurnHour,
    /// Burn over six hours.
    BurnSixHours,
    /// Burn over three days.
    BurnThreeDays,
    /// What fires.
    Alert,
    /// How many services are in it.
    Members,
}

impl SortBy {
    /// In the order of the columns.
    pub const ALL: [Self; 13] = [
        Self::State,
        Self::Name,
        Self::Target,
        Self::Uptime,
        Self::Coverage,
        Self::Left,
        Self::LeftTime,
        Self::Exhaustion,
        Self::BurnHour,
        Self::BurnSixHours,
        Self::BurnThreeDays,
        Self::Alert,
        Self::Members,
    ];

    /// The next column.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// The columns, in the order of [`SortBy::ALL`].
pub const COLUMNS: [Column; 13] = [
    Column::words("STATE", 10, 10, 0),
    Column::words("GROUP", 14, 30, 0),
    Column::number("TARGET", 9, 5),
    // Uptime says nothing without how much of the time is known.
    Column::number("UPTIME", 8, 3),
    Column::number("KNOWN", 6, 3),
    Column::number("LEFT", 8, 0),
    Column::number("MARGIN", 7, 1),
    Column::words("GONE", 10, 12, 1),
    Column::number("1h", 6, 6),
    Column::number("6h", 6, 4),
    Column::number("3d", 6, 7),
    Column::words("ALERT", 6, 6, 1),
    Column::number("MEMB", 5, 9),
];

/// The windows of the three burn columns.
pub const BURNS: [Window; 3] = [Window(HOUR), Window(6 * HOUR), Window(3 * DAY)];

/// The groups in the order asked for; `falls` turns it around. Equal ones stand by name.
pub fn sort(groups: &mut [&SlaGroup], by: SortBy, falls: bool) {
    groups.sort_by(|a, b| {
        let order = compare(a, b, by);
        let order = if falls { order.reverse() } else { order };
        order.then_with(|| a.name.cmp(&b.name))
    });
}

/// Worst, nearest, largest or first first.
fn compare(a: &SlaGroup, b: &SlaGroup, by: SortBy) -> Ordering {
    let left = |g: &SlaGroup| g.budget.remaining_thousandths().unwrap_or(i64::MAX);
    let burn = |g: &SlaGroup, index: usize| g.budget.burn(BURNS[index]);
    match by {
        SortBy::State => (b.budget.state, b.budget.firing())
            .cmp(&(a.budget.state, a.budget.firing()))
            .then_with(|| left(a).cmp(&left(b))),
        SortBy::Name => a.name.cmp(&b.name),
        SortBy::Target => b.budget.target.cmp(&a.budget.target),
        SortBy::Uptime => a.budget.uptime_millionths.cmp(&b.budget.uptime_millionths),
        SortBy::Coverage => a.budget.coverage_millionths.cmp(&b.budget.coverage_millionths),
        SortBy::Left => left(a).cmp(&left(b)),
        SortBy::LeftTime => a.budget.remaining_ms().cmp(&b.budget.remaining_ms()),
        SortBy::Exhaustion => soonest(a).cmp(&soonest(b)),
        SortBy::BurnHour => burn(b, 0).cmp(&burn(a, 0)),
        SortBy::BurnSixHours => burn(b, 1).cmp(&burn(a, 1)),
        SortBy::BurnThreeDays => burn(b, 2).cmp(&burn(a, 2)),
        SortBy::Alert => b.budget.firing().cmp(&a.budget.firing()),
        SortBy::Members => b.members.len().cmp(&a.members.len()),
    }
}

/// Gone for longest first, then what will be gone soonest.
fn soonest(group: &SlaGroup) -> (u8, i64) {
    let budget = &group.budget;
    if let Some(at) = budget.exhausted_if_down_at {
        return (1, at.since(budget.as_of));
    }
    match budget.exhaustion {
        Exhaustion::Exhausted(since) => (0, since.map_or(i64::MIN, Timestamp::ms)),
        Exhaustion::In(ms) => (1, ms),
        // Who may be burning comes before who surely is not.
        Exhaustion::Unknown => (2, 0),
        Exhaustion::NotBeforeReset => (3, 0),
        Exhaustion::NotBurning => (4, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{console::screens::budgets::samples, domain::sla::BudgetState};

    #[test]
    fn worst_first_means_broken_then_alerting_then_least_left() {
        let mut risky = samples::group("risky", 1000, 900);
        risky.budget.state = BudgetState::AtRisk;
        let mut dark = samples::group("dark", 1000, 0);
        dark.budget.state = BudgetState::Insufficient;
        let groups = [
            samples::group("fine", 1000, 0),
            dark,
            samples::group("broken", 1000, 1500),
            risky,
            samples::group("near", 1000, 500),
        ];
        let mut sorted: Vec<&SlaGroup> = groups.iter().collect();
        sort(&mut sorted, SortBy::State, false);
        let names: Vec<&str> = sorted.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["broken", "risky", "dark", "near", "fine"]);
        sort(&mut sorted, SortBy::State, true);
        assert_eq!(sorted[4].name, "broken");
    }

    #[test]
    fn what_is_gone_for_longest_comes_before_what_will_be_gone_soonest() {
        let at = |ms| Exhaustion::Exhausted(Some(Timestamp::from_ms(ms)));
        let wanted = [
            ("a", Exhaustion::Exhausted(None)),
            ("b", at(-5)),
            ("c", at(7)),
            ("d", Exhaustion::In(1)),
            // While it is down the last 6h do not count.
            ("down", Exhaustion::In(9)),
            ("e", Exhaustion::In(3)),
            ("f", Exhaustion::Unknown),
            ("g", Exhaustion::NotBeforeReset),
            ("h", Exhaustion::NotBurning),
        ];
        let groups: Vec<SlaGroup> = wanted
            .iter()
            .rev()
            .map(|(name, exhaustion)| {
                let mut group = samples::group(name, 1000, 0);
                group.budget.exhaustion = *exhaustion;
                group.budget.exhausted_if_down_at = (*name == "down").then(|| group.budget.as_of.plus(2));
                group
            })
            .collect();
        let mut sorted: Vec<&SlaGroup> = groups.iter().collect();
        sort(&mut sorted, SortBy::Exhaustion, false);
        assert!(sorted.iter().zip(wanted).all(|(group, (name, _))| group.name == name), "{sorted:?}");
    }

    #[test]
    fn every_column_sorts() {
        assert_eq!(COLUMNS.len(), SortBy::ALL.len());
        for (by, index) in SortBy::ALL.into_iter().zip(0..) {
            assert_eq!(by as usize, index);
        }
    }
}
