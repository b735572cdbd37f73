//! Several services under one promise.

use super::{Budget, Exclusions, Member, Period, Target, Tier, Timeline};
use crate::domain::{
    gitops::Place,
    health::Status,
    hierarchy::{NodePath, ServicePath},
    time::Timestamp,
};

/// How members add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Aggregation {
    /// Down while any member is down; up while one is up and none is down.
    #[default]
    Worst,
    /// Sum of the members' down over the sum of their up + down.
    Mean,
}

impl Aggregation {
    /// The declared word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Worst => "worst",
            Self::Mean => "mean",
        }
    }

    /// The aggregation for a declared word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Worst, Self::Mean].into_iter().find(|a| a.word() == word)
    }
}

/// A group as the repository declares it, its target already decided (portal, else group, else tier).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredGroup {
    /// Short name.
    pub name: String,
    /// Label.
    pub display_name: String,
    /// Class of promise.
    pub tier: Tier,
    /// Promise.
    pub target: Target,
    /// Over what.
    pub period: Period,
    /// How members add up.
    pub aggregation: Aggregation,
    /// How fast somebody should react, when declared, in milliseconds.
    pub response_ms: Option<i64>,
    /// How fast it should be mended, when declared, in milliseconds.
    pub resolution_ms: Option<i64>,
    /// Nodes whose agents bring it, sorted; none for a group that only the portal names.
    pub nodes: Vec<NodePath>,
    /// Where it is declared.
    pub place: Option<Place>,
    /// Where its target comes from, when that is another place.
    pub target_place: Option<Place>,
}

/// A group that is live: its members and its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaGroup {
    /// Short name.
    pub name: String,
    /// Label.
    pub display_name: String,
    /// Class of promise.
    pub tier: Tier,
    /// How members add up.
    pub aggregation: Aggregation,
    /// Services in it, by path.
    pub members: Vec<ServicePath>,
    /// Figures.
    pub budget: Budget,
    /// Where it is declared.
    pub place: Option<Place>,
}

/// Several lines as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// DOWN, OPERATIONAL, MAINTENANCE (nobody is up, somebody is in maintenance, nobody unknown) or UNKNOWN.
    pub line: Timeline,
    /// The same with every unknown member counted as down.
    pub at_worst: Timeline,
    /// Times in which windows took every member out.
    pub excluded: Exclusions,
}

/// The line of `members` together: down while any member is down, up while at least one is up and none is down, else
/// nothing. Who never reported, had not joined or is in a window of its own does not count.
pub fn worst_of(members: &[Member<'_>]) -> Timeline {
    merge(members, false).line
}

/// What one member says from some moment on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Say {
    /// Not a member, or nothing reported yet.
    Absent,
    /// In a window of its own.
    Excluded,
    /// Its status.
    Is(Status),
}

/// How many members say what, at one moment of the sweep.
#[derive(Default)]
struct Standing {
    up: u32,
    down: u32,
    maintenance: u32,
    unknown: u32,
    excluded: u32,
}

impl Standing {
    fn slot(&mut self, say: Say) -> Option<&mut u32> {
        match say {
            Say::Absent => None,
            Say::Excluded => Some(&mut self.excluded),
            Say::Is(Status::Operational | Status::Degraded) => Some(&mut self.up),
            Say::Is(Status::Down) => Some(&mut self.down),
            Say::Is(Status::Maintenance) => Some(&mut self.maintenance),
            Say::Is(Status::Unknown) => Some(&mut self.unknown),
        }
    }

    fn change(&mut self, was: Say, is: Say) {
        if let Some(count) = self.slot(was) {
            *count -= 1;
        }
        if let Some(count) = self.slot(is) {
            *count += 1;
        }
    }

    /// Together, and at worst. Nobody there is UNKNOWN.
    const fn verdict(&self) -> (Status, Status) {
        let together = if self.down > 0 {
            Status::Down
        } else if self.up > 0 {
            Status::Operational
        } else if self.maintenance > 0 && self.unknown == 0 {
            Status::Maintenance
        } else {
            Status::Unknown
        };
        (together, if self.unknown > 0 { Status::Down } else { together })
    }

    const fn is_out(&self) -> bool {
        self.excluded > 0 && self.up + self.down + self.maintenance + self.unknown == 0
    }
}

/// Later than anything.
const END: Timestamp = Timestamp::from_ms(i64::MAX);

/// Merge the lines of `members`. With `maintenance_is_down` self-declared maintenance counts as down.
///
/// Each member's points are in order already, and the standard stable sort merges such runs: O(n log k).
pub(super) fn merge(members: &[Member<'_>], maintenance_is_down: bool) -> Merged {
    let mut said: Vec<(Timestamp, u32, Say)> = Vec::new();
    for (index, member) in (0..).zip(members) {
        let mut say = |at, what| said.push((at, index, what));
        for (from, to) in member.stretches(Timestamp::from_ms(i64::MIN), END) {
            sayings(member, from, to, maintenance_is_down, &mut say);
            if to < END {
                say(to, Say::Absent);
            }
        }
    }
    said.sort_by_key(|(at, _, _)| *at);
    let mut last = vec![Say::Absent; members.len()];
    let mut standing = Standing::default();
    let (mut line, mut at_worst, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
    let mut out_since = None;
    for together in said.chunk_by(|a, b| a.0 == b.0) {
        let at = together[0].0;
        for &(_, index, say) in together {
            let was = std::mem::replace(&mut last[index as usize], say);
            standing.change(was, say);
        }
        let (status, worst) = standing.verdict();
        line.push((at, status));
        at_worst.push((at, worst));
        match (out_since, standing.is_out()) {
            (None, true) => out_since = Some(at),
            (Some(from), false) => {
                excluded.push((from, Some(at)));
                out_since = None;
            }
            _ => {}
        }
    }
    excluded.extend(out_since.map(|from| (from, None)));
    Merged {
        line: Timeline::from_points(line),
        at_worst: Timeline::from_points(at_worst),
        excluded: Exclusions::of(excluded),
    }
}

/// What `member` says within one stretch of belonging, in order of time.
fn sayings(
    member: &Member<'_>,
    from: Timestamp,
    to: Timestamp,
    maintenance_is_down: bool,
    say: &mut impl FnMut(Timestamp, Say),
) {
    let mut at = from;
    for (start, end) in member.exclusions.within(from, to) {
        reports(member.line, at, start, maintenance_is_down, say);
        say(start, Say::Excluded);
        at = end;
    }
    reports(member.line, at, to, maintenance_is_down, say);
}

fn reports(
    line: &Timeline,
    from: Timestamp,
    to: Timestamp,
    maintenance_is_down: bool,
    say: &mut impl FnMut(Timestamp, Say),
) {
    for (start, _, status) in line.intervals(from, to) {
        let down = maintenance_is_down && status == Status::Maintenance;
        say(start, Say::Is(if down { Status::Down } else { status }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::health::Status::{Degraded, Down, Maintenance, Operational, Unknown};

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn line(points: &[(i64, Status)]) -> Timeline {
        Timeline::from_points(points.iter().map(|(ms, status)| (at(*ms), *status)).collect())
    }

    #[test]
    fn a_group_is_down_while_any_member_is_and_up_while_one_is_up() {
        let a = line(&[(0, Operational), (20, Down), (30, Operational), (60, Unknown)]);
        let b = line(&[(10, Degraded), (25, Down), (40, Maintenance)]);
        let together = worst_of(&[Member::always(&a), Member::always(&b)]);
        assert_eq!(together, line(&[(0, Operational), (20, Down), (40, Operational), (60, Unknown)]));
    }

    #[test]
    fn who_never_reported_hides_nobody() {
        let a = line(&[(0, Operational), (20, Down)]);
        let merged = merge(&[Member::always(&a), Member::always(&Timeline::new())], false);
        assert_eq!(merged.line, a);
        assert_eq!(merged.at_worst, a);
        assert!(worst_of(&[]).is_empty());
    }

    #[test]
    fn a_silent_member_counts_as_down_at_worst() {
        let up = line(&[(0, Operational)]);
        let silent = line(&[(0, Operational), (10, Unknown), (20, Operational)]);
        let merged = merge(&[Member::always(&up), Member::always(&silent)], false);
        assert_eq!(merged.line, up);
        assert_eq!(merged.at_worst, line(&[(0, Operational), (10, Down), (20, Operational)]));
    }

    #[test]
    fn membership_cuts_a_line_at_both_ends() {
        let up = line(&[(0, Operational)]);
        let down = line(&[(0, Down)]);
        let belonged = [(at(10), Some(at(20))), (at(20), Some(at(25))), (at(40), None)];
        let together = worst_of(&[Member::always(&up), Member::during(&down, &belonged)]);
        assert_eq!(together, line(&[(0, Operational), (10, Down), (25, Operational), (40, Down)]));
    }

    #[test]
    fn a_window_of_one_member_takes_out_that_member_only() {
        let a = line(&[(0, Down)]);
        let b = line(&[(0, Operational)]);
        let windows = Exclusions::of([(at(10), Some(at(20)))]);
        let out = Member { exclusions: &windows, ..Member::always(&a) };
        let merged = merge(&[out, Member::always(&b)], false);
        assert_eq!(merged.line, line(&[(0, Down), (10, Operational), (20, Down)]));
        assert!(merged.excluded.is_empty());
        let alone = merge(&[out], false);
        assert_eq!(alone.excluded, windows, "nobody is left to count");
    }
}
