//! Made-up records: as the oracle sees them, slot by slot, and as the engine takes them.

use itops::domain::{
    health::Status,
    sla::{Exclusions, Member, Period, Timeline},
    time::{DAY, MINUTE, Timestamp},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::late;

/// What the oracle looks at.
pub const SLOT: i64 = 5 * MINUTE;
/// Slots of a made-up record: 45 days. Afterwards everything stays as it is.
pub const SLOTS: i64 = 45 * 288;

/// 2024-02-10 (a leap year: the record crosses 29 February and a month), 2023-12-10 (a year and a quarter end in it) and
/// 2026-02-10.
pub const BASES: [i64; 3] = [19_763 * DAY, 19_701 * DAY, 20_494 * DAY];

pub type Windows = Vec<(i64, Option<i64>)>;

/// A member as the oracle sees it, by slot.
#[derive(Clone, Debug)]
pub struct Seen {
    pub reports: Vec<(i64, Status)>,
    /// Came late: slot, until, status.
    pub late: Vec<(i64, i64, Status)>,
    pub belonged: Option<Windows>,
    pub excluded: Windows,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub base: i64,
    pub members: Vec<Seen>,
    pub excluded: Windows,
    /// Milliseconds after the base.
    pub now: i64,
    pub period: Period,
    pub target: u32,
    pub strict: bool,
}

pub fn status() -> impl Strategy<Value = Status> {
    // Long stretches of health with some trouble, as records are.
    prop_oneof![4 => Just(Status::Operational), 2 => select(Status::ALL.to_vec())]
}

fn windows() -> impl Strategy<Value = Windows> {
    vec((0..SLOTS, option::weighted(0.8, 1..3_000i64)), 0..3)
        .prop_map(|all| all.into_iter().map(|(from, long)| (from, long.map(|long| (from + long).min(SLOTS)))).collect())
}

fn seen() -> impl Strategy<Value = Seen> {
    seen_with(vec((0..SLOTS, status()), 0..9))
}

fn seen_with(reports: impl Strategy<Value = Vec<(i64, Status)>>) -> impl Strategy<Value = Seen> {
    let late = vec((0..SLOTS, 1..400i64, status()), 0..3);
    let late = late.prop_map(|all| all.into_iter().map(|(at, long, s)| (at, (at + long).min(SLOTS), s)).collect());
    (reports, late, option::weighted(0.4, windows()), prop_oneof![3 => Just(Vec::new()), 1 => windows()])
        .prop_map(|(reports, late, belonged, excluded)| Seen { reports, late, belonged, excluded })
}

pub fn case() -> impl Strategy<Value = Case> {
    let periods = vec![
        Period::Rolling(7),
        Period::Rolling(28),
        Period::Rolling(30),
        Period::Rolling(90),
        Period::Month,
        Period::Quarter,
        Period::Year,
    ];
    let targets = vec![1, 500_000, 900_000, 990_000, 995_000, 999_000, 999_900, 999_999];
    (
        select(BASES.to_vec()),
        vec(seen(), 0..4),
        prop_oneof![Just(Vec::new()), windows()],
        0..45 * DAY,
        select(periods),
        select(targets),
        any::<bool>(),
        option::weighted(0.4, 1..200i64),
    )
        .prop_map(|(base, mut members, excluded, now, period, target, strict, silent)| {
            if let (Some(first), Some(slots)) = (members.first_mut(), silent) {
                // Somebody falls silent a while before that moment, and nobody hears of it until then.
                let (last, since) = (now / SLOT, (now / SLOT - slots).max(0));
                first.reports.retain(|(at, _)| *at < since || last < *at);
                first.reports.push((since, Status::Unknown));
            }
            Case { base, members, excluded, now, period, target, strict }
        })
}

/// Records with so much trouble that mostly nothing is left of a budget, or has been given back since.
pub fn troubled() -> impl Strategy<Value = Case> {
    let status = || prop_oneof![3 => select(vec![Status::Down, Status::Operational]), 1 => status()];
    let seen = move || seen_with(vec((0..SLOTS, status()), 1..40));
    let periods = vec![Period::Rolling(7), Period::Rolling(28), Period::Rolling(30), Period::Month];
    (case(), vec(seen(), 1..4), select(periods), select(vec![300_000, 500_000, 600_000, 900_000]), 10 * DAY..45 * DAY)
        .prop_map(|(case, members, period, target, now)| Case { members, period, target, now, ..case })
}

pub fn holds(windows: &Windows, slot: i64) -> bool {
    windows.iter().any(|(from, to)| *from <= slot && to.is_none_or(|to| slot < to))
}

/// Whether time is excluded. A window that nobody stopped says nothing of time to come.
pub fn is_out(windows: &Windows, slot: i64, is_over: bool) -> bool {
    windows.iter().any(|(from, to)| *from <= slot && to.map_or(is_over, |to| slot < to))
}

/// What is known of a member in each slot; the last one stands for everything after the record.
pub fn slots(seen: &Seen) -> Vec<Option<Status>> {
    let mut slots = vec![None; usize::try_from(SLOTS).unwrap() + 1];
    let mut reports = seen.reports.clone();
    reports.sort_by_key(|(at, _)| *at);
    for (at, status) in reports {
        slots[usize::try_from(at).unwrap()..].fill(Some(status));
    }
    for (at, until, status) in &seen.late {
        let (at, until) = (usize::try_from(*at).unwrap(), usize::try_from(*until).unwrap());
        let was = slots[at];
        // It speaks until somebody else spoke.
        let end = (at..until).find(|slot| slots[*slot] != was).unwrap_or(until);
        slots[at..end].fill(Some(*status));
        if was.is_none() {
            // From its first word on, a service that says nothing is unknown.
            for slot in slots[end..].iter_mut().take_while(|slot| slot.is_none()) {
                *slot = Some(Status::Unknown);
            }
        }
    }
    slots
}

/// When somebody belonged; no end: still.
type Belonged = Vec<(Timestamp, Option<Timestamp>)>;

/// The same record as the engine takes it.
pub struct Taken {
    pub lines: Vec<Timeline>,
    belonged: Vec<Option<Belonged>>,
    excluded: Vec<Exclusions>,
}

impl Taken {
    pub fn of(case: &Case) -> Self {
        let at = |slot: i64| Timestamp::from_ms(case.base + slot * SLOT);
        let exclusions = |windows: &Windows| Exclusions::of(windows.iter().map(|(a, b)| (at(*a), b.map(at))));
        let line = |seen: &Seen| {
            let mut line = Timeline::from_points(seen.reports.iter().map(|(slot, s)| (at(*slot), *s)).collect());
            for (slot, until, status) in &seen.late {
                late::place_late(&mut line, at(*slot), at(*until), *status);
            }
            line
        };
        let belonged = |seen: &Seen| {
            // In order and without overlap, as a union of windows has it.
            let all = exclusions(seen.belonged.as_ref()?);
            let far = Timestamp::from_ms(i64::MAX);
            Some(all.within(at(0), far).map(|(from, to)| (from, (to < far).then_some(to))).collect())
        };
        Self {
            lines: case.members.iter().map(line).collect(),
            belonged: case.members.iter().map(belonged).collect(),
            excluded: case.members.iter().map(|seen| exclusions(&seen.excluded)).collect(),
        }
    }

    pub fn members(&self) -> Vec<Member<'_>> {
        let one = |index: usize| Member {
            exclusions: &self.excluded[index],
            ..match &self.belonged[index] {
                Some(times) => Member::during(&self.lines[index], times),
                None => Member::always(&self.lines[index]),
            }
        };
        (0..self.lines.len()).map(one).collect()
    }
}

pub fn outside(case: &Case) -> Exclusions {
    let at = |slot: i64| Timestamp::from_ms(case.base + slot * SLOT);
    Exclusions::of(case.excluded.iter().map(|(a, b)| (at(*a), b.map(at))))
}
