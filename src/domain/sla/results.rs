//! What a closed day or month came to. It is kept as it was told; what corrects it later is a [`Restatement`].

use super::{
    Aggregation, BudgetState, Measured, Promise, Target,
    arithmetic::{allowance, counted, share},
    budget::left_thousandths,
    calendar,
};
use crate::domain::{
    change::Actor,
    hierarchy::ServicePath,
    time::{DAY, HOUR, MINUTE, Timestamp},
};

/// How long after its end a period is closed: until then reports may still be on their way, in milliseconds.
pub const CLOSING_MS: i64 = 15 * MINUTE;
/// How many services a correction names.
const NAMED: usize = 3;

/// What results are kept for. Days and months are UTC and whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResultPeriod {
    /// A day.
    Day,
    /// A calendar month.
    Month,
}

impl ResultPeriod {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Day, Self::Month];

    /// The documented word: `DAILY` or `MONTHLY`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "DAILY",
            Self::Month => "MONTHLY",
        }
    }

    /// The period for a documented word; case does not matter.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word().eq_ignore_ascii_case(word))
    }

    /// First moment of the period that holds `at`, and first moment after it.
    pub fn bounds(self, at: Timestamp) -> (Timestamp, Timestamp) {
        match self {
            Self::Day => {
                let from = Timestamp::from_ms(at.ms().div_euclid(DAY) * DAY);
                (from, from.plus(DAY))
            }
            Self::Month => calendar::bounds(at, 1),
        }
    }

    /// First moment of the newest period that is not closed at `now`; everything before it is.
    pub fn closed_to(self, now: Timestamp) -> Timestamp {
        self.bounds(now.plus(-CLOSING_MS)).0
    }

    /// Periods that touch `from..to`, oldest first, each by its bounds.
    pub fn between(self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = (from < to).then(|| self.bounds(from));
        std::iter::successors(first, move |(_, end)| Some(self.bounds(*end))).take_while(move |(start, _)| *start < to)
    }
}

/// What a period came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Share of up in up + down, in millionths; none without either.
    pub uptime_millionths: Option<u32>,
    /// Share of the counted span that is known, in millionths.
    pub coverage_millionths: u32,
    /// Downtime the promise allows, in milliseconds: in the counted span, and of a period that still runs in the rest of it
    /// too, as of a running budget.
    pub allowed_ms: i64,
    /// Downtime, in milliseconds.
    pub down_ms: i64,
    /// Time taken out by windows of the whole group, in milliseconds.
    pub excluded_ms: i64,
    /// BREACHED once down exceeds what is allowed; else INSUFFICIENT below half coverage; else MET.
    pub state: BudgetState,
}

impl Figures {
    /// Downtime left, in milliseconds; negative once broken.
    pub const fn remaining_ms(&self) -> i64 {
        self.allowed_ms - self.down_ms
    }

    /// Share of what is allowed that is left, in thousandths, as of a running budget.
    pub fn remaining_thousandths(&self) -> Option<i64> {
        left_thousandths(self.allowed_ms, self.down_ms)
    }
}

/// The result of one group for one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodResult {
    /// Short name of the group.
    pub group: String,
    /// Day or month.
    pub period: ResultPeriod,
    /// First moment of the period.
    pub from: Timestamp,
    /// How much was promised.
    pub target: Target,
    /// How members added up when it was closed.
    pub aggregation: Aggregation,
    /// Whether maintenance that a reporter declared itself counted as down then.
    pub maintenance_is_down: bool,
    /// First moment that was measured: that of the period, or of the first report in it that counts. None where nothing was
    /// reported, and for what was kept before this was.
    pub measured_from: Option<Timestamp>,
    /// First moment that is not in it, where the group was taken out of the declaration before the period ended.
    pub until: Option<Timestamp>,
    /// What it came to.
    pub figures: Figures,
    /// Whether the period is closed; one that still runs is told so far.
    pub is_closed: bool,
}

impl PeriodResult {
    /// First moment and the first that is not in it.
    pub fn span(&self) -> (Timestamp, Timestamp) {
        (self.from, self.until.unwrap_or_else(|| self.period.bounds(self.from).1))
    }

    /// First moment that was measured, where that is not the first of the period: what it came to is of a part only.
    pub fn began_late(&self) -> Option<Timestamp> {
        self.measured_from.filter(|from| *from > self.from)
    }
}

/// A kept result that was corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restatement {
    /// Stable number, counted from 1.
    pub id: u64,
    /// Short name of the group.
    pub group: String,
    /// Day or month.
    pub period: ResultPeriod,
    /// First moment of the period.
    pub from: Timestamp,
    /// What was told before.
    pub was: Figures,
    /// What is true.
    pub is: Figures,
    /// When it was corrected.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// Why, in words.
    pub reason: String,
}

/// Something that may have changed results that are kept already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Groups it may have changed.
    pub groups: Vec<String>,
    /// First moment it may have changed.
    pub from: Timestamp,
    /// First moment it did not.
    pub to: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// Why, in words.
    pub reason: String,
    /// Services that brought it about, where it was not somebody's act; the first few by name.
    pub services: Vec<ServicePath>,
    /// Whether there are more of them than are named.
    pub has_others: bool,
    /// When it is looked into, at the earliest.
    pub due: Timestamp,
}

impl Correction {
    /// Count in what `other` may have changed, when both have one cause: so many late reports are one correction.
    pub fn take(&mut self, other: &Self) -> bool {
        if (&self.groups, &self.actor, &self.reason) != (&other.groups, &other.actor, &other.reason) {
            return false;
        }
        self.from = self.from.min(other.from);
        self.to = self.to.max(other.to);
        self.due = self.due.min(other.due);
        self.has_others |= other.has_others;
        for path in &other.services {
            let is_named = self.services.contains(path);
            if !is_named && self.services.len() < NAMED {
                self.services.push(path.clone());
            } else {
                self.has_others |= !is_named;
            }
        }
        true
    }

    /// The whole reason, with the services behind it.
    pub fn said(&self) -> String {
        let names: Vec<&str> = self.services.iter().map(ServicePath::as_str).collect();
        match (names.is_empty(), self.has_others) {
            (true, _) => self.reason.clone(),
            (false, false) => format!("{}: {}", self.reason, names.join(", ")),
            (false, true) => format!("{}: {} and others", self.reason, names.join(", ")),
        }
    }
}

/// When what comes late at `now` is looked into: at the next full hour. However much comes late, a result is then
/// restated once for an hour of it, from what was told first to what is known last.
pub fn looked_into(now: Timestamp) -> Timestamp {
    Timestamp::from_ms((now.ms().div_euclid(HOUR) + 1).saturating_mul(HOUR))
}

/// Which restatements. What is none does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestatementFilter {
    /// Of this group only.
    pub group: Option<String>,
    /// Made at or after this moment.
    pub since: Option<Timestamp>,
    /// Of results of periods that begin in this time, its end left out.
    pub periods: Option<(Timestamp, Timestamp)>,
}

/// First moment of `from..to` that is measured; none where nothing was reported before its end.
pub fn measured_from(measured: &Measured<'_>, from: Timestamp, to: Timestamp) -> Option<Timestamp> {
    measured.first().map(|first| first.max(from)).filter(|first| *first < to)
}

/// What `from..to` came to under `promise`, whose period is not looked at. Nothing reported is INSUFFICIENT.
pub fn figures(measured: &Measured<'_>, promise: &Promise<'_>, from: Timestamp, to: Timestamp) -> Figures {
    figures_so_far(measured, promise, (from, to), to)
}

/// What a period that lasts until `end` came to in its part `from..to`, `to` being now: held against what all of it
/// allows, as a running budget of a calendar period is.
pub fn figures_so_far(
    measured: &Measured<'_>,
    promise: &Promise<'_>,
    (from, to): (Timestamp, Timestamp),
    end: Timestamp,
) -> Figures {
    let outside = measured.outside(promise);
    let began = measured_from(measured, from, to);
    let start = began.unwrap_or(to);
    let ahead = if began.is_some() && to < end { measured.ahead_ms(to, end, promise) } else { 0 };
    let span = measured.span_ms(start, to, &outside);
    let tally = counted(measured.tally(start, to, &outside), promise);
    let known = tally.known_ms();
    let uptime = share(tally.up_ms, known);
    let allowed = allowance(span + ahead, promise.target);
    // As of a running budget: no report that is missing could mend a breach, and what is unknown breaks nothing.
    let state = if tally.down_ms > allowed {
        BudgetState::Breached
    } else if known <= 0 || known.saturating_mul(2) < span {
        BudgetState::Insufficient
    } else {
        BudgetState::Met
    };
    Figures {
        uptime_millionths: uptime,
        coverage_millionths: share(known, span).unwrap_or(0),
        allowed_ms: allowed,
        down_ms: tally.down_ms,
        excluded_ms: outside.overlap_ms(from, to),
        state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{self, Down, Operational, Unknown},
        samples::{at, line},
        sla::{Aggregation, Exclusions, Period},
        time::HOUR,
    };

    fn of(points: &[(i64, Status)], exclusions: &Exclusions) -> Figures {
        let line = line(points);
        let target = Target::from_millionths(990_000).unwrap();
        let promise = Promise { exclusions, ..Promise::new(target, Period::default()) };
        figures(&Measured::Service(&line), &promise, at(DAY), at(2 * DAY))
    }

    #[test]
    fn a_day_is_its_uptime_against_its_target() {
        let day = of(&[(0, Operational), (DAY + HOUR, Down), (DAY + 2 * HOUR, Operational)], Exclusions::NONE);
        assert_eq!((day.down_ms, day.uptime_millionths), (HOUR, Some(958_333)));
        assert_eq!((day.allowed_ms, day.state), (DAY / 100, BudgetState::Breached));
        assert_eq!((day.remaining_ms(), day.remaining_thousandths()), (DAY / 100 - HOUR, Some(-3_167)));
        assert_eq!(Figures::default().remaining_thousandths(), None, "a share of nothing");
    }

    #[test]
    fn a_period_is_measured_from_its_first_report_on() {
        let from = |first: i64| {
            let line = line(&[(first, Operational)]);
            measured_from(&Measured::Service(&line), at(DAY), at(2 * DAY)).map(Timestamp::ms)
        };
        assert_eq!([0, DAY, DAY + 7, 2 * DAY].map(from), [Some(DAY), Some(DAY), Some(DAY + 7), None]);
    }

    #[test]
    fn what_a_window_takes_out_counts_for_neither() {
        let window = Exclusions::of([(at(DAY), Some(at(DAY + 12 * HOUR)))]);
        let day = of(&[(0, Down), (DAY + 12 * HOUR, Operational)], &window);
        assert_eq!((day.down_ms, day.uptime_millionths, day.state), (0, Some(1_000_000), BudgetState::Met));
        assert_eq!((day.excluded_ms, day.allowed_ms), (12 * HOUR, DAY / 200));
        let whole = of(&[(0, Operational)], &Exclusions::of([(at(0), None)]));
        assert_eq!((whole.uptime_millionths, whole.state), (None, BudgetState::Insufficient));
    }

    #[test]
    fn a_period_that_runs_is_held_against_what_all_of_it_allows_without_the_windows_that_are_planned() {
        let line = line(&[(0, Operational), (DAY + HOUR, Down), (DAY + HOUR + 10 * MINUTE, Operational)]);
        let planned = Exclusions::of([(at(DAY + 18 * HOUR), Some(at(2 * DAY)))]);
        let promise = Promise::new(Target::from_millionths(990_000).unwrap(), Period::default());
        let whole = Promise { exclusions: &planned, ..promise };
        let members = [crate::domain::sla::Member::always(&line); 2];
        let so_far = |measured: &Measured<'_>, promise: &Promise<'_>, now: i64| {
            let day = figures_so_far(measured, promise, (at(DAY), at(now)), at(2 * DAY));
            (day.allowed_ms, day.down_ms, day.coverage_millionths, day.state)
        };
        let noon = DAY + 12 * HOUR;
        let (service, mean) = (Measured::Service(&line), Measured::group(Aggregation::Mean, &members, &promise));
        let down = 10 * MINUTE;
        assert_eq!(so_far(&service, &promise, noon), (DAY / 100, down, 1_000_000, BudgetState::Met));
        assert_eq!(so_far(&service, &whole, noon), (DAY * 3 / 400, down, 1_000_000, BudgetState::Met));
        assert_eq!(so_far(&mean, &promise, noon), (DAY / 50, 2 * down, 1_000_000, BudgetState::Met), "member time");
        let over = figures(&service, &promise, at(DAY), at(noon));
        assert_eq!((over.allowed_ms, over.state), (DAY / 200, BudgetState::Breached), "a part that is all of it");
        assert_eq!(figures_so_far(&service, &promise, (at(-DAY), at(0)), at(DAY)), Figures::default(), "nothing yet");
    }

    #[test]
    fn no_data_and_too_little_of_it_look_like_no_health() {
        assert_eq!(of(&[], Exclusions::NONE), Figures::default());
        assert_eq!(of(&[(3 * DAY, Operational)], Exclusions::NONE), Figures::default());
        let little = of(&[(0, Operational), (DAY + 11 * HOUR, Unknown)], Exclusions::NONE);
        assert_eq!((little.uptime_millionths, little.state), (Some(1_000_000), BudgetState::Insufficient));
        let certain = of(&[(0, Unknown), (DAY + 20 * HOUR, Down), (DAY + 21 * HOUR, Unknown)], Exclusions::NONE);
        assert_eq!((certain.coverage_millionths, certain.state), (41_666, BudgetState::Breached), "nothing mends that");
        let half = [(0, Operational), (DAY + 12 * HOUR - 10 * MINUTE, Down), (DAY + 12 * HOUR, Unknown)];
        let half = of(&half, Exclusions::NONE);
        assert_eq!((half.uptime_millionths, half.state), (Some(986_111), BudgetState::Met), "4m 24s are left");
        let nothing = Promise::new(Target::from_millionths(990_000).unwrap(), Period::default());
        let empty = figures(&Measured::group(Aggregation::Mean, &[], &nothing), &nothing, at(0), at(DAY));
        assert_eq!(empty, Figures::default(), "a group without members");
    }

    #[test]
    fn maintenance_that_nobody_announced_is_down_where_the_promise_says_so() {
        let line = line(&[(0, Operational), (DAY + HOUR, Status::Maintenance)]);
        let promise = Promise::new(Target::from_millionths(990_000).unwrap(), Period::default());
        for (maintenance_is_down, down_ms, uptime) in [(false, 0, 1_000_000), (true, 23 * HOUR, 41_666)] {
            let promise = Promise { maintenance_is_down, ..promise };
            let members = [crate::domain::sla::Member::always(&line)];
            for measured in [Measured::Service(&line), Measured::group(Aggregation::Mean, &members, &promise)] {
                let day = figures(&measured, &promise, at(DAY), at(2 * DAY));
                assert_eq!((day.down_ms, day.uptime_millionths), (down_ms, Some(uptime)));
            }
        }
    }

    fn late(names: &[&str], due: i64) -> Correction {
        Correction {
            groups: vec!["gold".to_owned()],
            from: at(10),
            to: at(20),
            actor: Actor::System,
            reason: "heard of late".to_owned(),
            services: names.iter().map(|name| ServicePath::parse(&format!("a/b/c/d/{name}")).unwrap()).collect(),
            has_others: false,
            due: at(due),
        }
    }

    #[test]
    fn late_reports_of_one_cause_are_one_correction_that_names_a_few() {
        let mut all = late(&["x"], 5);
        assert_eq!(all.said(), "heard of late: a/b/c/d/x");
        assert!(all.take(&Correction { from: at(3), to: at(12), ..late(&["y"], 7) }));
        assert!(all.take(&late(&["x"], 9)) && all.take(&late(&["z"], 9)));
        assert_eq!((all.from, all.to, all.due), (at(3), at(20), at(5)));
        assert!(all.take(&late(&["x"], 4)));
        assert_eq!(all.due, at(4), "what is to be looked into first");
        assert_eq!(all.said(), "heard of late: a/b/c/d/x, a/b/c/d/y, a/b/c/d/z");
        assert!(all.take(&late(&["w"], 9)) && all.take(&late(&["x"], 9)));
        assert_eq!(all.said(), "heard of late: a/b/c/d/x, a/b/c/d/y, a/b/c/d/z and others");
        let mut few = late(&["x"], 5);
        assert!(few.take(&Correction { has_others: true, ..late(&["x"], 5) }));
        assert_eq!(few.said(), "heard of late: a/b/c/d/x and others", "also where the other one says so");
        for other in [
            Correction { actor: Actor::Reporter("probe".to_owned()), ..late(&["x"], 5) },
            Correction { groups: Vec::new(), ..late(&["x"], 5) },
            Correction { reason: "fell silent".to_owned(), ..late(&["x"], 5) },
        ] {
            assert!(!all.clone().take(&other), "{other:?}");
        }
    }

    #[test]
    fn what_comes_late_is_looked_into_at_the_next_full_hour() {
        let due: Vec<i64> = [0, 1, HOUR - 1, HOUR].map(|ms| looked_into(at(ms)).ms() / HOUR).to_vec();
        assert_eq!(due, [1, 1, 1, 2]);
    }

    #[test]
    fn periods_are_whole_and_follow_each_other_over_leap_days() {
        // 2024-02-28T12:00Z to 2024-03-01T00:00Z.
        let from = at(19_781 * DAY + 12 * HOUR);
        let days: Vec<i64> = ResultPeriod::Day.between(from, at(19_783 * DAY)).map(|(a, _)| a.ms() / DAY).collect();
        assert_eq!(days, [19_781, 19_782]);
        let months: Vec<_> = ResultPeriod::Month.between(from, at(19_784 * DAY)).collect();
        assert_eq!(months.len(), 2);
        assert_eq!(months[0].1.since(months[0].0), 29 * DAY);
        assert_eq!(ResultPeriod::Month.between(from, from).count(), 0);
    }
}
