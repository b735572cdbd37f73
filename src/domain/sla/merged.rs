//! Several lines as one, kept so that a change costs what it touches.
//!
//! A [`Merged`] is a row of marks in order of time. Each mark says how many members are up, down, in maintenance,
//! unknown or excluded from then on, and what everything before it adds up to. What any window adds up to is then the
//! difference of two sums, found by two binary searches. A member that says something else for a while
//! ([`Merged::change`]) moves the counts of the marks in that while and the sums after it: for news from the present
//! that is the last mark, for a late report the marks since.
//!
//! Sums wrap around. The difference of two of them is exact all the same, as long as the window itself can be told in
//! 64 bits.

use super::{
    Aggregation, Exclusions, Member, Tally,
    standing::{Counts, Say, Standing, each_part},
    timeline,
};
use crate::domain::{health::Status, time::Timestamp};

/// Later than anything.
pub(super) const END: Timestamp = Timestamp::from_ms(i64::MAX);
/// Before anything.
const BEGINNING: Timestamp = Timestamp::from_ms(i64::MIN);

/// What a window of a group adds up to.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct GroupTally {
    /// What is known of it.
    pub tally: Tally,
    /// The part of `up_ms` in which, under `worst`, a member was unknown: at worst it was down.
    pub doubtful_ms: i64,
}

impl GroupTally {
    const fn plus(self, other: Self) -> Self {
        Self {
            tally: self.tally.wrapping_plus(other.tally, 1),
            doubtful_ms: self.doubtful_ms.wrapping_add(other.doubtful_ms),
        }
    }

    pub(super) const fn minus(self, other: Self) -> Self {
        Self {
            tally: self.tally.wrapping_plus(other.tally, -1),
            doubtful_ms: self.doubtful_ms.wrapping_sub(other.doubtful_ms),
        }
    }
}

/// From `at` on members stand like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    at: Timestamp,
    standing: Standing,
    /// What everything from the first mark up to here adds up to.
    before: GroupTally,
}

/// Several lines as one, under one way of adding up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    aggregation: Aggregation,
    /// Under `worst`, maintenance that a member declares itself counts as down.
    maintenance_is_down: bool,
    /// Before it nothing was merged.
    since: Timestamp,
    first: Option<Timestamp>,
    /// Whether anybody was ever in a window of its own; mostly nobody is, and then no mark has to be looked at for it.
    has_windows: bool,
    /// Neighbours differ.
    marks: Vec<Mark>,
}

impl Merged {
    /// Merge the lines of `members` from `since` on. What is asked about a time before `since` has no meaning, except
    /// [`Self::first`].
    ///
    /// Each member's points are in order already, and the standard stable sort merges such runs: O(n log k).
    pub fn of(
        aggregation: Aggregation,
        members: &[Member<'_>],
        maintenance_is_down: bool,
        since: Option<Timestamp>,
    ) -> Self {
        let since = since.unwrap_or(BEGINNING);
        // A mean has it counted by whoever holds it against a promise.
        let maintenance_is_down = maintenance_is_down && aggregation == Aggregation::Worst;
        let mut merged =
            Self { aggregation, maintenance_is_down, since, first: None, has_windows: false, marks: Vec::new() };
        let mut said: Vec<(Timestamp, u32, Say)> = Vec::new();
        for (index, member) in (0..).zip(members) {
            let mut say = |at, what| said.push((at, index, what));
            if let Some((from, _)) = member.stretches(BEGINNING, END).next() {
                merged.first = Some(merged.first.map_or(from, |first| first.min(from)));
            }
            for (from, to) in member.stretches(since, END) {
                merged.sayings(member, from, to, &mut say);
                if to < END {
                    say(to, Say::Absent);
                }
            }
        }
        merged.has_windows = said.iter().any(|(_, _, say)| matches!(say, Say::Excluded | Say::Paused(_)));
        said.sort_by_key(|(at, _, _)| *at);
        let mut last = vec![Say::Absent; members.len()];
        let mut standing = Standing::default();
        for together in said.chunk_by(|a, b| a.0 == b.0) {
            for &(_, index, say) in together {
                let was = std::mem::replace(&mut last[index as usize], say);
                standing.change(was, say);
            }
            if merged.marks.last().is_none_or(|mark| mark.standing != standing) {
                merged.marks.push(Mark { at: together[0].0, standing, before: GroupTally::default() });
            }
        }
        merged.add_up_from(0);
        merged
    }

    /// When the first report that counts was made, also where that was before the merge begins.
    pub const fn first(&self) -> Option<Timestamp> {
        self.first
    }

    /// From when on it was merged.
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// How members add up.
    pub const fn aggregation(&self) -> Aggregation {
        self.aggregation
    }

    /// The line of `member` says `is` in `from..to` where it said `was`; none: nobody had reported yet. `to` none: for
    /// good. Gives the same as merging all lines again.
    pub fn change(
        &mut self,
        member: Member<'_>,
        from: Timestamp,
        to: Option<Timestamp>,
        was: Option<Status>,
        is: Status,
    ) {
        let to = to.unwrap_or(END);
        let (was, is) = (was.map(|status| self.heard(status)), self.heard(is));
        if was == Some(is) {
            return;
        }
        for (joined, left) in member.belonged {
            let (from, to) = (from.max(*joined), left.map_or(to, |left| left.min(to)));
            if from >= to {
                continue;
            }
            self.first = Some(self.first.map_or(from, |first| first.min(from)));
            each_part(member.exclusions, from.max(self.since), to, |counts, start, end| {
                let was = was.map_or(Say::Absent, |was| counts.say(was));
                self.has_windows |= was == Say::Absent && counts != Counts::Yes;
                self.replace(start, end, was, counts.say(is));
            });
        }
    }

    /// Whether just before `at` nobody knew how one of those is who count.
    pub fn has_unknown(&self, at: Timestamp) -> bool {
        let after = self.marks.partition_point(|mark| mark.at < at);
        after.checked_sub(1).is_some_and(|index| self.marks[index].standing.counted.unknown > 0)
    }

    /// What `from..to` adds up to. Nothing of an empty window.
    pub(super) fn tally(&self, from: Timestamp, to: Timestamp) -> GroupTally {
        if from >= to { GroupTally::default() } else { self.up_to(to).minus(self.up_to(from)) }
    }

    /// The same of time to come, `from` being now: whoever is in a window that has no end yet may count again at any moment.
    pub(super) fn ahead(&self, from: Timestamp, to: Timestamp) -> GroupTally {
        let next = self.marks.partition_point(|mark| mark.at <= from);
        let mut standing = next.checked_sub(1).map(|index| self.marks[index].standing).unwrap_or_default();
        let (mut at, mut sum) = (from, GroupTally::default());
        let marks = self.marks[next..].iter().map(|mark| (mark.at, mark.standing));
        for (until, then) in marks.take_while(|(mark, _)| *mark < to).chain([(to, Standing::default())]) {
            sum = sum.plus(self.of_standing(standing.resumed(), until.ms().wrapping_sub(at.ms())));
            (at, standing) = (until, then);
        }
        sum
    }

    /// Under `worst`: times in which windows took out everybody who was there.
    pub(super) fn excluded(&self) -> Exclusions {
        if !self.has_windows {
            return Exclusions::default();
        }
        let ends = self.marks.iter().skip(1).map(|mark| Some(mark.at)).chain([None]);
        let out = self.marks.iter().zip(ends).filter(|(mark, _)| mark.standing.is_out());
        Exclusions::of(out.map(|(mark, end)| (mark.at, end)))
    }

    /// The stretches of `from..to` in which nobody says anything else, in order, without gaps, each with what one
    /// millisecond of it adds.
    pub(super) fn stretches(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, Timestamp, Tally)> {
        timeline::stretches(&self.marks, |mark| mark.at, from, to).map(|(start, end, mark)| {
            let standing = mark.map(|mark| mark.standing).unwrap_or_default();
            (start, end, self.of_standing(standing, 1).tally)
        })
    }

    /// Sum of everything from the first mark up to `at`; negative before it.
    fn up_to(&self, at: Timestamp) -> GroupTally {
        let after = self.marks.partition_point(|mark| mark.at <= at);
        let Some(mark) = after.checked_sub(1).map(|index| self.marks[index]) else {
            let reference = self.marks.first().map_or(0, |first| first.at.ms());
            return self.of_standing(Standing::default(), at.ms().wrapping_sub(reference));
        };
        mark.before.plus(self.of_standing(mark.standing, at.ms().wrapping_sub(mark.at.ms())))
    }

    /// What `ms` of a standing add up to.
    fn of_standing(&self, standing: Standing, ms: i64) -> GroupTally {
        let mut sum = GroupTally::default();
        match self.aggregation {
            Aggregation::Worst if standing.is_out() => {}
            Aggregation::Worst => {
                let verdict = standing.verdict();
                sum.tally.add(verdict, ms);
                if verdict == Status::Operational && standing.counted.unknown > 0 {
                    sum.doubtful_ms = ms;
                }
            }
            Aggregation::Mean => {
                let times = |count: u32| ms.wrapping_mul(i64::from(count));
                sum.tally = Tally {
                    up_ms: times(standing.counted.up),
                    down_ms: times(standing.counted.down),
                    maintenance_ms: times(standing.counted.maintenance),
                    unknown_ms: times(standing.counted.unknown),
                };
            }
        }
        sum
    }

    /// One member says `is` in `from..to` where it said `was`.
    fn replace(&mut self, from: Timestamp, to: Timestamp, was: Say, is: Say) {
        if from >= to || was == is {
            return;
        }
        let first = self.mark_at(from);
        let end = if to == END { self.marks.len() } else { self.mark_at(to) };
        for mark in &mut self.marks[first..end] {
            mark.standing.change(was, is);
        }
        // Only at the two ends can neighbours have become alike.
        for index in [end, first] {
            self.drop_if_alike(index);
        }
        self.add_up_from(first);
    }

    /// The index of the mark at `at`, made where there is none.
    fn mark_at(&mut self, at: Timestamp) -> usize {
        let index = self.marks.partition_point(|mark| mark.at < at);
        if self.marks.get(index).is_none_or(|mark| mark.at != at) {
            let standing = index.checked_sub(1).map(|i| self.marks[i].standing).unwrap_or_default();
            self.marks.insert(index, Mark { at, standing, before: GroupTally::default() });
        }
        index
    }

    fn drop_if_alike(&mut self, index: usize) {
        let Some(mark) = self.marks.get(index) else { return };
        let before = index.checked_sub(1).map(|i| self.marks[i].standing);
        if before == Some(mark.standing) {
            self.marks.remove(index);
        }
    }

    fn add_up_from(&mut self, index: usize) {
        for index in index..self.marks.len() {
            self.marks[index].before = match index.checked_sub(1).map(|i| self.marks[i]) {
                None => GroupTally::default(),
                Some(last) => {
                    let ms = self.marks[index].at.ms().wrapping_sub(last.at.ms());
                    last.before.plus(self.of_standing(last.standing, ms))
                }
            };
        }
    }

    /// A status as it counts.
    const fn heard(&self, status: Status) -> Status {
        match status {
            Status::Maintenance if self.maintenance_is_down => Status::Down,
            // Whether it works in part or in full is the same to a promise.
            Status::Degraded => Status::Operational,
            other => other,
        }
    }

    /// What `member` says within one stretch of belonging, in order of time.
    fn sayings(&self, member: &Member<'_>, from: Timestamp, to: Timestamp, say: &mut impl FnMut(Timestamp, Say)) {
        each_part(member.exclusions, from, to, |counts, start, end| {
            for (start, _, status) in member.line.intervals(start, end) {
                say(start, counts.say(self.heard(status)));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::Status::{Degraded, Down, Maintenance, Operational, Unknown},
        samples::{at, line},
        sla::Timeline,
    };

    fn worst(members: &[Member<'_>]) -> Merged {
        Merged::of(Aggregation::Worst, members, false, None)
    }

    /// The line that a merge makes.
    fn seen(merged: &Merged) -> Timeline {
        Timeline::from_points(merged.marks.iter().map(|mark| (mark.at, mark.standing.verdict())).collect())
    }

    #[test]
    fn a_group_is_down_while_any_member_is_and_up_while_one_is_up() {
        let a = line(&[(0, Operational), (20, Down), (30, Operational), (60, Unknown)]);
        let b = line(&[(10, Degraded), (25, Down), (40, Maintenance)]);
        let together = worst(&[Member::always(&a), Member::always(&b)]);
        assert_eq!(seen(&together), line(&[(0, Operational), (20, Down), (40, Operational), (60, Unknown)]));
    }

    #[test]
    fn who_never_reported_hides_nobody() {
        let a = line(&[(0, Operational), (20, Down)]);
        let merged = worst(&[Member::always(&a), Member::always(&Timeline::new())]);
        assert_eq!(seen(&merged), a);
        assert_eq!(merged, worst(&[Member::always(&a)]));
        assert_eq!((worst(&[]).first(), worst(&[]).tally(at(0), at(9)).tally.unknown_ms), (None, 9));
    }

    #[test]
    fn a_silent_member_makes_the_others_doubtful() {
        let up = line(&[(0, Operational)]);
        let silent = line(&[(0, Operational), (10, Unknown), (20, Operational)]);
        let merged = worst(&[Member::always(&up), Member::always(&silent)]);
        let all = merged.tally(at(0), at(100));
        assert_eq!((all.tally.up_ms, all.doubtful_ms), (100, 10));
    }

    #[test]
    fn membership_cuts_a_line_at_both_ends() {
        let up = line(&[(0, Operational)]);
        let down = line(&[(0, Down)]);
        let belonged = [(at(10), Some(at(20))), (at(20), Some(at(25))), (at(40), None)];
        let together = worst(&[Member::always(&up), Member::during(&down, &belonged)]);
        assert_eq!(seen(&together), line(&[(0, Operational), (10, Down), (25, Operational), (40, Down)]));
    }

    #[test]
    fn a_window_of_one_member_takes_out_that_member_only() {
        let a = line(&[(0, Down)]);
        let b = line(&[(0, Operational)]);
        let windows = Exclusions::of([(at(10), Some(at(20)))]);
        let out = Member { exclusions: &windows, ..Member::always(&a) };
        let merged = worst(&[out, Member::always(&b)]);
        assert_eq!(seen(&merged), line(&[(0, Down), (10, Operational), (20, Down)]));
        assert!(merged.excluded().is_empty());
        let alone = worst(&[out]);
        assert_eq!(alone.excluded(), windows, "nobody is left to count");
        assert_eq!(alone.tally(at(0), at(30)).tally.total_ms(), 20);
    }

    #[test]
    fn news_costs_one_mark_and_a_late_report_leaves_none_where_nothing_changed() {
        let a = line(&[(0, Operational)]);
        let mut merged = worst(&[Member::always(&a)]);
        merged.change(Member::always(&a), at(20), Some(at(30)), Some(Operational), Down);
        merged.change(Member::always(&a), at(20), Some(at(30)), Some(Down), Operational);
        assert_eq!(merged.marks.len(), 1, "as it was");
        merged.change(Member::always(&a), at(50), None, Some(Operational), Down);
        assert_eq!(merged.marks.len(), 2);
        merged.change(Member::always(&a), at(20), Some(at(50)), Some(Operational), Down);
        assert_eq!(seen(&merged), line(&[(0, Operational), (20, Down)]));
        merged.change(Member::always(&a), at(20), None, Some(Down), Degraded);
        assert_eq!(merged, worst(&[Member::always(&a)]));
    }

    #[test]
    fn who_is_in_an_open_window_counts_again_in_time_to_come_and_not_before() {
        let (a, b) = (line(&[(0, Down)]), line(&[(0, Operational)]));
        let open = Exclusions::of([(at(10), None), (at(40), Some(at(50)))]);
        let paused = Member { exclusions: &open, ..Member::always(&a) };
        let alone = worst(&[paused]);
        assert_eq!(alone.excluded().within(at(0), at(99)).map(|(from, to)| to.since(from)).sum::<i64>(), 89);
        assert_eq!((alone.tally(at(0), at(90)).tally.total_ms(), alone.ahead(at(30), at(90)).tally.down_ms), (10, 50));
        let both = worst(&[paused, Member::always(&b)]);
        assert_eq!(seen(&both), line(&[(0, Down), (10, Operational)]));
        let ahead = both.ahead(at(30), at(90)).tally;
        assert_eq!((ahead.down_ms, ahead.up_ms), (50, 10), "what is planned stays planned");
        let mean = Merged::of(Aggregation::Mean, &[paused, Member::always(&b)], false, None);
        assert_eq!(mean.tally(at(0), at(30)).tally, Tally { up_ms: 30, down_ms: 10, ..Tally::default() });
        assert_eq!(mean.ahead(at(30), at(90)).tally, Tally { up_ms: 60, down_ms: 50, ..Tally::default() });
        assert_eq!(worst(&[]).ahead(at(0), at(9)).tally.unknown_ms, 9);
    }

    #[test]
    fn a_merge_that_begins_later_counts_the_same_from_there_on() {
        let a = line(&[(0, Operational), (20, Down), (30, Operational), (60, Unknown)]);
        let b = line(&[(10, Degraded), (25, Down), (40, Maintenance)]);
        let members = [Member::always(&a), Member::always(&b)];
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let whole = Merged::of(aggregation, &members, false, None);
            let cut = Merged::of(aggregation, &members, false, Some(at(22)));
            assert_eq!((cut.first(), whole.first()), (Some(at(0)), Some(at(0))));
            assert_eq!(cut.tally(at(22), at(99)), whole.tally(at(22), at(99)));
            assert!(cut.marks.len() < whole.marks.len());
        }
    }
}
