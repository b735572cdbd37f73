//! Status lines, and the merged lines of groups that follow from them. A merged line is made once and then told of every
//! new point, so that the figures of a group cost what changed in it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::sla::Roster;
use crate::{
    domain::{
        health::Status,
        hierarchy::ServicePath,
        sla::{Exclusions, Measured, Member, Merged, Promise, ResultPeriod, Timeline, WINDOWS},
        time::{DAY, Timestamp},
    },
    server::store::load::Membership,
};

/// Status lines by service.
pub type Lines = HashMap<ServicePath, Timeline>;

/// How much more than its period a merged line may hold before it is made anew, in milliseconds.
const SLACK_MS: i64 = 2 * DAY;

/// See the module.
#[derive(Default)]
pub struct Books {
    lines: Lines,
    groups: HashMap<String, Kept>,
    /// Which merged lines a service may be in.
    groups_of: HashMap<ServicePath, Vec<Arc<str>>>,
}

/// A merged line and what it was made of.
struct Kept {
    members: Arc<Membership>,
    of_members: BTreeMap<ServicePath, Exclusions>,
    maintenance_is_down: bool,
    merged: Merged,
}

impl Books {
    /// Books with these lines.
    pub fn new(lines: Lines) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Status lines by service.
    pub const fn lines(&self) -> &Lines {
        &self.lines
    }

    /// From `at` on `path` is `status`, until the next point that is already there.
    pub fn push(&mut self, path: &ServicePath, at: Timestamp, status: Status) {
        let line = match self.lines.get_mut(path) {
            Some(line) => line,
            None => self.lines.entry(path.clone()).or_default(),
        };
        let (was, until) = line.in_force(at);
        line.push(at, status);
        for name in self.groups_of.get(path).into_iter().flatten() {
            let Some(kept) = self.groups.get_mut(&**name) else { continue };
            let Some(belonged) = kept.members.get(path) else { continue };
            let exclusions = kept.of_members.get(path).unwrap_or(Exclusions::NONE);
            let member = Member { exclusions, ..Member::during(line, belonged) };
            kept.merged.change(member, at, until, was, status);
        }
    }

    /// Forget what is older than `before` of every status line.
    pub fn trim(&mut self, before: Timestamp) {
        self.lines.values_mut().for_each(|line| line.trim(before));
    }

    /// What the group of `roster` is measured on at `now`, if that is kept.
    pub(super) fn kept<'a>(&'a self, roster: &'a Roster, now: Timestamp) -> Option<Measured<'a>> {
        let kept = self.groups.get(&roster.group.name)?;
        if !kept.is_of(roster, now) {
            return None;
        }
        // Mostly nobody is silent, and then nobody has to be asked since when.
        let silent = if kept.merged.has_unknown(now) { roster.members_in(&self.lines) } else { Vec::new() };
        Some(Measured::Group(Cow::Borrowed(&kept.merged), silent))
    }

    /// Keep what the group of `roster` is measured on at `now`, made anew.
    pub(super) fn keep(&mut self, roster: &Roster, now: Timestamp) {
        let promise = roster.promise();
        let members = roster.members_in(&self.lines);
        let since = needed_from(&promise, now);
        let merged = Merged::of(roster.group.aggregation, &members, promise.maintenance_is_down, Some(since));
        let name: Arc<str> = roster.group.name.as_str().into();
        for path in roster.members.keys() {
            let groups = self.groups_of.entry(path.clone()).or_default();
            if !groups.contains(&name) {
                groups.push(name.clone());
            }
        }
        let kept = Kept {
            members: roster.members.clone(),
            of_members: roster.of_members.clone(),
            maintenance_is_down: promise.maintenance_is_down,
            merged,
        };
        self.groups.insert(roster.group.name.clone(), kept);
    }
}

impl Kept {
    /// Whether it is the group of `roster` with its windows, and reaches back far enough at `now`.
    fn is_of(&self, roster: &Roster, now: Timestamp) -> bool {
        let promise = roster.promise();
        let held = needed_from(&promise, now).since(self.merged.since());
        Arc::ptr_eq(&self.members, &roster.members)
            && self.of_members == roster.of_members
            && self.maintenance_is_down == promise.maintenance_is_down
            && self.merged.aggregation() == roster.group.aggregation
            && (0..=SLACK_MS).contains(&held)
    }
}

/// Whether what is kept of the group of `roster` at `now` reaches back to `from`.
pub(super) fn is_kept_from(roster: &Roster, from: Timestamp, now: Timestamp) -> bool {
    needed_from(&roster.promise(), now) <= from
}

/// The first moment that figures of `promise` at `now` look at, and those of the month that runs. Since when a rolling
/// budget is used up is told by what it was a whole period ago.
fn needed_from(promise: &Promise<'_>, now: Timestamp) -> Timestamp {
    let longest = WINDOWS.iter().map(|window| window.0).max().unwrap_or(0);
    let start = promise.period.bounds(now).0;
    let start = promise.period.rolling_ms().map_or(start, |period_ms| start.plus(-period_ms));
    start.min(now.plus(-longest)).min(ResultPeriod::Month.bounds(now).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        samples,
        sla::{Aggregation, DeclaredGroup, Exhaustion, Target, budget::measure},
        time::{HOUR, MINUTE},
    };

    const NOW: Timestamp = Timestamp::from_ms(20_680 * DAY + 12 * HOUR);

    fn path(name: &str) -> ServicePath {
        ServicePath::parse(&format!("a/b/c/d/{name}")).unwrap()
    }

    /// `db` and `api`, and what windows take out of `db`.
    fn roster(members: &Arc<Membership>, aggregation: Aggregation, out: &[(i64, Option<i64>)]) -> Roster {
        let group = DeclaredGroup { aggregation, ..samples::group("gold", Target::from_millionths(999_000).unwrap()) };
        let out = Exclusions::of(out.iter().map(|(from, to)| (NOW.plus(*from), to.map(|to| NOW.plus(to)))));
        let of_members = if out.is_empty() { BTreeMap::new() } else { BTreeMap::from([(path("db"), out)]) };
        Roster { group, members: members.clone(), exclusions: Exclusions::default(), of_members, until: None }
    }

    fn everybody() -> Arc<Membership> {
        let always = vec![(NOW.plus(-400 * DAY), None)];
        Arc::new([path("db"), path("api")].into_iter().map(|path| (path, always.clone())).collect())
    }

    #[test]
    fn what_is_kept_outlives_a_window_that_lasts_and_is_what_a_merge_of_all_would_be() {
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let members = everybody();
            let mut books = Books::default();
            books.push(&path("db"), NOW.plus(-9 * DAY), Status::Operational);
            books.push(&path("api"), NOW.plus(-8 * DAY), Status::Operational);
            books.push(&path("db"), NOW.plus(-2 * HOUR), Status::Down);
            books.keep(&roster(&members, aggregation, &[]), NOW);
            let is_a_merge_of_all = |books: &Books, roster: &Roster| {
                let merged = &books.groups["gold"].merged;
                let anew = Merged::of(aggregation, &roster.members_in(&books.lines), false, Some(merged.since()));
                *merged == anew
            };
            // Nobody stops it, while the one in it comes back and another goes down; a planned one stands ahead.
            let planned = (3 * HOUR, Some(4 * HOUR));
            let open = roster(&members, aggregation, &[(30_000, None), planned]);
            assert!(books.kept(&open, NOW.plus(MINUTE)).is_none(), "it was opened");
            books.keep(&open, NOW.plus(MINUTE));
            for (minutes, name, status) in
                [(2, "db", Status::Operational), (60, "api", Status::Down), (200, "db", Status::Down)]
            {
                books.push(&path(name), NOW.plus(minutes * MINUTE), status);
                assert!(books.kept(&open, NOW.plus(minutes * MINUTE)).is_some(), "however long it lasts");
                assert!(is_a_merge_of_all(&books, &open), "after {minutes} minutes");
            }
            // What is stopped or called off gives its time back.
            for less in [&[(30_000, Some(61 * MINUTE)), planned][..], &[(30_000, Some(61 * MINUTE))]] {
                let less = roster(&members, aggregation, less);
                assert!(books.kept(&less, NOW.plus(62 * MINUTE)).is_none());
                books.keep(&less, NOW.plus(62 * MINUTE));
                assert!(is_a_merge_of_all(&books, &less));
            }
        }
    }

    #[test]
    fn what_is_kept_reaches_back_far_enough_to_tell_since_when_nothing_is_left() {
        let members = everybody();
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let mut books = Books::default();
            // What was down before the period that runs now is what made it too much then.
            for (day, status) in [
                (-90, Status::Operational),
                (-40, Status::Down),
                (-39, Status::Operational),
                (-20, Status::Down),
                (-19, Status::Operational),
            ] {
                books.push(&path("db"), NOW.plus(day * DAY), status);
            }
            books.push(&path("api"), NOW.plus(-90 * DAY), Status::Operational);
            let roster = roster(&members, aggregation, &[]);
            let promise = roster.promise();
            let anew = measure(&roster.measured_in(&books.lines), &promise, NOW);
            books.keep(&roster, NOW);
            let kept = measure(&books.kept(&roster, NOW).unwrap(), &promise, NOW);
            assert_eq!(kept, anew, "{aggregation:?}");
            assert_eq!(kept.exhaustion, Exhaustion::Exhausted(None), "{aggregation:?}: for longer than its 30 days");
            let at = NOW.plus(-12 * DAY);
            let then = measure(&roster.measured_in(&books.lines), &promise, at);
            books.keep(&roster, at);
            assert_eq!(measure(&books.kept(&roster, at).unwrap(), &promise, at), then, "{aggregation:?}");
            assert!(matches!(then.exhaustion, Exhaustion::Exhausted(Some(since)) if since < at.plus(-27 * DAY)));
        }
    }
}
