//! The budgets against an oracle that is slow and obvious: it looks at every five minutes of a record and adds up what it
//! sees, by the words of PRODUCT.md 1.3. It shares no line with the engine.

mod records;

use itops::domain::{
    health::Status,
    sla::{
        Aggregation, AlertSeverity, Budget, BudgetState, Exclusions, Exhaustion, Measured, Member, Merged, Period,
        Promise, Target, Timeline, Window, budget::measure,
    },
    time::{DAY, HOUR, MINUTE, Timestamp},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::late;
use records::{BASES, Case, SLOT, SLOTS, Taken, case, holds, is_out, outside, slots, status, troubled};

/// What one moment adds to a budget.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    up: i128,
    down: i128,
    maintenance: i128,
    unknown: i128,
    /// Up, and nobody is unknown.
    surely_up: i128,
    /// Not in a window of the whole group.
    counted: i128,
    /// All of it, in windows of the whole group and out of them; for a mean of each member that counts.
    whole: i128,
}

impl Sum {
    fn span(&self) -> i128 {
        self.up + self.down + self.maintenance + self.unknown
    }
}

struct Oracle {
    case: Case,
    aggregation: Aggregation,
    slots: Vec<Vec<Option<Status>>>,
}

impl Oracle {
    fn first(&self) -> Option<i64> {
        let counts = |slot: &i64| {
            self.case.members.iter().zip(&self.slots).any(|(member, slots)| {
                member.belonged.as_ref().is_none_or(|b| holds(b, *slot)) && slots[*slot as usize].is_some()
            })
        };
        (0..=SLOTS).find(counts).map(|slot| self.case.base + slot * SLOT)
    }

    /// What members say in a slot who belong and have reported; none: in a window of their own.
    fn say(&self, slot: i64, is_over: bool) -> Vec<Option<Status>> {
        let mut said = Vec::new();
        for (member, slots) in self.case.members.iter().zip(&self.slots) {
            let Some(status) = slots[slot as usize] else { continue };
            if member.belonged.as_ref().is_some_and(|b| !holds(b, slot)) {
                continue;
            }
            said.push((!is_out(&member.excluded, slot, is_over)).then_some(status));
        }
        said
    }

    /// `ms` of a slot, that are over or to come.
    fn look(&self, slot: i64, is_over: bool, ms: i128, sum: &mut Sum) {
        let said = self.say(slot, is_over);
        sum.whole +=
            if self.aggregation == Aggregation::Mean { ms * said.iter().flatten().count() as i128 } else { ms };
        if is_out(&self.case.excluded, slot, is_over) {
            return;
        }
        let heard: Vec<Status> = said.iter().flatten().copied().collect();
        let is_down = |s: &Status| *s == Status::Down || (self.case.strict && *s == Status::Maintenance);
        if self.aggregation == Aggregation::Mean {
            sum.counted += ms;
            for status in heard {
                match status {
                    Status::Operational | Status::Degraded => {
                        (sum.up, sum.surely_up) = (sum.up + ms, sum.surely_up + ms)
                    }
                    Status::Down => sum.down += ms,
                    Status::Maintenance => sum.maintenance += ms,
                    Status::Unknown => sum.unknown += ms,
                }
            }
            return;
        }
        if heard.is_empty() && !said.is_empty() {
            return;
        }
        sum.counted += ms;
        if heard.iter().any(is_down) {
            sum.down += ms;
        } else if heard.iter().any(|s| matches!(s, Status::Operational | Status::Degraded)) {
            sum.up += ms;
            if !heard.contains(&Status::Unknown) {
                sum.surely_up += ms;
            }
        } else if heard.contains(&Status::Maintenance) && !heard.contains(&Status::Unknown) {
            sum.maintenance += ms;
        } else {
            sum.unknown += ms;
        }
    }

    fn sum(&self, from: i64, to: i64) -> Sum {
        let mut sum = Sum::default();
        for slot in 0..=SLOTS {
            let start = self.case.base + slot * SLOT;
            let end = if slot == SLOTS { i64::MAX } else { start + SLOT };
            let now = self.case.base + self.case.now;
            for (is_over, from, to) in [(true, from, to.min(now)), (false, from.max(now), to)] {
                let ms = i128::from(end.min(to)) - i128::from(start.max(from));
                if ms > 0 {
                    self.look(slot, is_over, ms, &mut sum);
                }
            }
        }
        // Before the record nobody had reported.
        let before = i128::from(self.case.base.min(to)) - i128::from(from);
        if before > 0 {
            sum.counted += before;
            if self.aggregation == Aggregation::Worst {
                sum.unknown += before;
                sum.whole += before;
            }
        }
        sum
    }

    fn down(&self, sum: &Sum) -> i128 {
        let strict_mean = self.case.strict && self.aggregation == Aggregation::Mean;
        sum.down + if strict_mean { sum.maintenance } else { 0 }
    }

    /// First moment and end of the calendar or rolling period, by counting days.
    fn period(&self, now: i64) -> (i64, i64) {
        let months = match self.case.period {
            Period::Rolling(days) => return (now - i64::from(days) * DAY, now),
            Period::Month => 1,
            Period::Quarter => 3,
            Period::Year => 12,
        };
        let (mut year, mut month, mut start) = (2023, 0, 19_358 * DAY);
        loop {
            let mut end = start;
            for ahead in 0..months {
                end += days_of(year, month + ahead) * DAY;
            }
            if now < end {
                return (start, end);
            }
            (start, month) = (end, month + months);
            if month == 12 {
                (year, month) = (year + 1, 0);
            }
        }
    }

    /// Held against what the engine says.
    fn check(&self, budget: &Budget) -> Result<(), TestCaseError> {
        let now = self.case.base + self.case.now;
        let (start, end) = self.period(now);
        let from = self.first().unwrap_or(now).max(start).min(now);
        let sum = self.sum(from, now);
        let (down, known) = (self.down(&sum), sum.up + self.down(&sum));
        let million = 1_000_000;
        let spare = million - i128::from(self.case.target);
        let allowed = self.sum(from, end).span() * spare / million;
        prop_assert_eq!(budget.from.ms(), from);
        prop_assert_eq!(i128::from(budget.span_ms), sum.span());
        prop_assert_eq!(i128::from(budget.down_ms), down);
        prop_assert_eq!(i128::from(budget.maintenance_ms), sum.maintenance);
        prop_assert_eq!(i128::from(budget.allowed_ms), allowed);
        let share = |part: i128, whole: i128| (whole > 0).then(|| part * million / whole);
        prop_assert_eq!(budget.uptime_millionths.map(i128::from), share(sum.up, known));
        prop_assert_eq!(i128::from(budget.coverage_millionths), share(known, sum.span()).unwrap_or(0));
        let never_up = |sum: &Sum| if self.case.strict { sum.span() } else { sum.span() - sum.maintenance };
        prop_assert_eq!(budget.worst_case_millionths.map(i128::from), share(sum.surely_up, never_up(&sum)));

        let mut burning = None;
        for burn in &budget.burns {
            let terms = self.burn(burn.window.0, now);
            let expected = terms.map(|(down, known)| down * 1000 * million / (known * spare));
            prop_assert_eq!(burn.thousandths.map(i128::from), expected, "{:?}", burn.window);
            if burn.window == Window(6 * HOUR) {
                burning = terms;
            }
        }
        let length = i128::from(end - start);
        let mut firing = None;
        let pairs = [(2, HOUR, 5 * MINUTE), (5, 6 * HOUR, 30 * MINUTE), (10, DAY, 2 * HOUR), (10, 3 * DAY, 6 * HOUR)];
        for (index, (alert, (percent, long, short))) in budget.alerts.iter().zip(pairs).enumerate() {
            let over = |window| {
                self.burn(window, now).is_some_and(|(down, known)| {
                    // down / known / spare > percent / 100 x length / long
                    down * million * 100 * i128::from(long) > percent * length * known * spare
                })
            };
            let fires = over(long) && over(short);
            prop_assert_eq!((alert.long.0, alert.short.0, alert.firing), (long, short, fires));
            if fires {
                firing = firing.max(Some(if index < 2 { AlertSeverity::Page } else { AlertSeverity::Ticket }));
            }
        }
        prop_assert_eq!(budget.firing(), firing);

        let left = allowed - down;
        // Who is silent at this moment may have been down since its last word.
        let surely_left = left - self.unheard(from, now);
        let state = if left < 0 {
            BudgetState::Breached
        } else if known == 0 || known * 2 < sum.span() {
            BudgetState::Insufficient
        } else if firing.is_some() || surely_left * 4 < allowed {
            BudgetState::AtRisk
        } else {
            BudgetState::Met
        };
        prop_assert_eq!(budget.state, state);
        let is_gone = left < 0 || (left == 0 && down > 0);
        if is_gone {
            self.check_since(budget, from, allowed)?;
        }
        let exhaustion = if is_gone {
            Exhaustion::Exhausted(budget.exhausted_since())
        } else if let Some((down_now, known_now)) = burning.filter(|(down, _)| allowed > 0 && *down > 0) {
            let lasts = left * length / allowed * known_now * spare / (down_now * million);
            if !matches!(self.case.period, Period::Rolling(_)) && i128::from(now) + lasts >= i128::from(end) {
                Exhaustion::NotBeforeReset
            } else {
                Exhaustion::In(i64::try_from(lasts).unwrap())
            }
        } else if burning.is_none() || allowed == 0 {
            Exhaustion::Unknown
        } else {
            Exhaustion::NotBurning
        };
        prop_assert_eq!(budget.exhaustion, exhaustion);
        self.check_if_down(budget, is_gone)
    }

    /// From when on nothing is left if all stays as it is, held against what every look from now on would say: the record goes
    /// on as it was made up, and its last slot for good.
    fn check_if_down(&self, budget: &Budget, is_gone: bool) -> Result<(), TestCaseError> {
        let now = self.case.base + self.case.now;
        let slot = |at: i64| ((at - self.case.base) / SLOT).min(SLOTS);
        let mut sum = Sum::default();
        self.look(slot(now), true, 1, &mut sum);
        if is_gone || self.down(&sum) == 0 {
            prop_assert_eq!(budget.exhausted_if_down_at, None);
            return Ok(());
        }
        let (passed, to_come) = (self.running(true), self.running(false));
        let first = self.first().unwrap_or(now);
        let end = match self.case.period {
            Period::Rolling(days) => now + i64::from(days) * DAY,
            Period::Month | Period::Quarter | Period::Year => self.period(now).1 - 1,
        };
        let will_be_gone = |at: i64| {
            let (start, end) = self.period(at);
            let (down, span) = self.between(&passed, true, first.max(start), at);
            let whole = span + self.between(&to_come, false, at, end).1;
            down > 0 && down >= whole * (1_000_000 - i128::from(self.case.target)) / 1_000_000
        };
        let told = budget.exhausted_if_down_at.map(Timestamp::ms);
        if let Some(at) = told {
            prop_assert!(will_be_gone(at), "something is left at {}", at);
            prop_assert!(at > now && at <= end);
        }
        let lasts = told.map_or(end, |at| at - 1);
        // Within one slot all of it moves along a straight line.
        for at in (slot(now)..=SLOTS).map(|slot| self.case.base + slot * SLOT).chain([lasts]) {
            prop_assert!(at <= now || at > lasts || !will_be_gone(at), "gone at {}", at);
        }
        Ok(())
    }

    /// Since when nothing is left, held against every look that somebody could have taken since then, and the one just
    /// before. Between two slots both what is down and what is allowed grow evenly, so the ends of slots are enough.
    fn check_since(&self, budget: &Budget, from: i64, allowed: i128) -> Result<(), TestCaseError> {
        let now = self.case.base + self.case.now;
        let sums = self.running(true);
        let first = self.first().unwrap_or(now);
        let was_gone = |at: i64| {
            let (began, allowed) = match self.case.period {
                Period::Rolling(days) => (first.max(at - i64::from(days) * DAY), None),
                Period::Month | Period::Quarter | Period::Year => (from, Some(allowed)),
            };
            let (down, span) = self.between(&sums, true, began.min(at), at);
            let allowed = allowed.unwrap_or(span * (1_000_000 - i128::from(self.case.target)) / 1_000_000);
            down > 0 && down >= allowed
        };
        let since = budget.exhausted_since().map(Timestamp::ms);
        let earliest = match (since, self.case.period) {
            (Some(since), _) => {
                prop_assert!(!was_gone(since - 1), "gone before {}", since);
                since
            }
            (None, Period::Rolling(days)) => now - i64::from(days) * DAY,
            (None, _) => return Err(TestCaseError::fail("a calendar period knows since when")),
        };
        for at in (0..=SLOTS).map(|slot| self.case.base + slot * SLOT).chain([earliest, now]) {
            prop_assert!(at < earliest || at > now || was_gone(at), "something was left at {}", at);
        }
        Ok(())
    }

    /// What was down and what counted up to the start of each slot, as time that is over or that is to come.
    fn running(&self, is_over: bool) -> Vec<(i128, i128)> {
        let mut sums = vec![(0, 0)];
        for slot in 0..SLOTS {
            let mut sum = Sum::default();
            self.look(slot, is_over, i128::from(SLOT), &mut sum);
            let (down, span) = sums[slot as usize];
            sums.push((down + self.down(&sum), span + sum.span()));
        }
        sums
    }

    /// The same between two moments, of which none is before the record.
    fn between(&self, sums: &[(i128, i128)], is_over: bool, from: i64, to: i64) -> (i128, i128) {
        let up_to = |at: i64| {
            let slot = ((at - self.case.base) / SLOT).min(SLOTS);
            let mut part = Sum::default();
            self.look(slot, is_over, i128::from(at - self.case.base - slot * SLOT), &mut part);
            let (down, span) = sums[slot as usize];
            (down + self.down(&part), span + part.span())
        };
        let (before, after) = (up_to(from), up_to(to));
        (after.0 - before.0, after.1 - before.1)
    }

    /// How long somebody may have been down who is silent just before `now`, looking back over each slot since its last
    /// word. Of a whole that is down there already nothing is added.
    fn unheard(&self, from: i64, now: i64) -> i128 {
        let last = (now - 1 - self.case.base).div_euclid(SLOT).min(SLOTS);
        if last < 0 || holds(&self.case.excluded, last) {
            return 0;
        }
        let counts = |index: usize, slot: i64| {
            let member = &self.case.members[index];
            member.belonged.as_ref().is_none_or(|b| holds(b, slot)) && !holds(&member.excluded, slot)
        };
        let mut silent: Vec<usize> = (0..self.slots.len()).filter(|index| counts(*index, last)).collect();
        let mut all = 0;
        for slot in (0..=last).rev() {
            silent.retain(|index| self.slots[*index][slot as usize] == Some(Status::Unknown));
            let start = self.case.base + slot * SLOT;
            let end = if slot == SLOTS { now } else { now.min(start + SLOT) };
            let ms = i128::from((end - start.max(from)).max(0));
            let who = silent.iter().filter(|index| counts(**index, slot)).count();
            if who == 0 || holds(&self.case.excluded, slot) {
                continue;
            }
            let mut sum = Sum::default();
            self.look(slot, true, ms, &mut sum);
            all += match self.aggregation {
                Aggregation::Mean => ms * who as i128,
                Aggregation::Worst => sum.up + sum.unknown,
            };
        }
        all
    }

    /// Down in the last `window`, and what is known of it or half of it if that is more; none below half coverage.
    fn burn(&self, window: i64, now: i64) -> Option<(i128, i128)> {
        let sum = self.sum(now - window, now);
        let (down, known) = (self.down(&sum), sum.up + self.down(&sum));
        let half = sum.whole.max(window.into()) / 2;
        (known > 0 && known * 2 >= sum.counted.max(sum.span())).then_some((down, known.max(half)))
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        1 if year % 4 == 0 => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// The figures of a case, added up either way, are what the oracle says.
fn hold(case: &Case) -> Result<(), TestCaseError> {
    let taken = Taken::of(case);
    let windows = outside(case);
    let target = Target::from_millionths(case.target).unwrap();
    let promise =
        Promise { exclusions: &windows, maintenance_is_down: case.strict, ..Promise::new(target, case.period) };
    let now = Timestamp::from_ms(case.base + case.now);
    for aggregation in [Aggregation::Worst, Aggregation::Mean] {
        let slots = case.members.iter().map(slots).collect();
        let oracle = Oracle { case: case.clone(), aggregation, slots };
        let measured = Measured::group(aggregation, &taken.members(), &promise);
        oracle.check(&measure(&measured, &promise, now))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn budgets_are_what_a_look_at_every_five_minutes_adds_up_to(case in case()) {
        hold(&case)?;
    }

    #[test]
    fn a_budget_is_gone_since_the_moment_from_which_on_every_look_would_have_said_so(case in troubled()) {
        hold(&case)?;
    }

    #[test]
    fn a_merge_that_is_told_of_news_is_the_merge_of_all_lines(
        case in case(),
        news in vec((0..4usize, 0..SLOTS, status()), 1..12),
        since in option::of(0..SLOTS),
    ) {
        prop_assume!(!case.members.is_empty());
        let at = |slot: i64| Timestamp::from_ms(case.base + slot * SLOT);
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let mut taken = Taken::of(&case);
            let mut kept = Merged::of(aggregation, &taken.members(), case.strict, since.map(at));
            for (index, slot, is) in &news {
                let index = index % taken.lines.len();
                let (was, until) = taken.lines[index].in_force(at(*slot));
                taken.lines[index].push(at(*slot), *is);
                kept.change(taken.members()[index], at(*slot), until, was, *is);
                prop_assert_eq!(&kept, &Merged::of(aggregation, &taken.members(), case.strict, since.map(at)));
            }
        }
    }

    #[test]
    fn a_day_of_history_that_is_read_again_gives_the_same(case in case(), day in 0..45i64) {
        // Taken in order of time or with that day put in last, one line comes of it.
        prop_assume!(!case.members.is_empty());
        let at = |slot: i64| Timestamp::from_ms(case.base + slot * SLOT);
        let mut reports = case.members[0].reports.clone();
        reports.sort_by_key(|(slot, _)| *slot);
        reports.dedup_by_key(|(slot, _)| *slot);
        reports.dedup_by_key(|(_, status)| *status);
        let whole = Timeline::from_points(reports.iter().map(|(slot, s)| (at(*slot), *s)).collect());
        let mut again = whole.clone();
        let (from, to) = (at(day * 288), at((day + 1) * 288));
        let stretches: Vec<_> = whole.intervals(from, to).collect();
        if whole.first().is_some_and(|first| first <= from) {
            for (start, end, status) in stretches {
                late::overwrite(&mut again, start, end, status);
            }
        }
        prop_assert_eq!(&again, &whole);
        let promise = Promise::new(Target::from_millionths(case.target).unwrap(), case.period);
        let now = Timestamp::from_ms(case.base + case.now);
        prop_assert_eq!(
            measure(&Measured::Service(&again), &promise, now),
            measure(&Measured::Service(&whole), &promise, now)
        );
    }

    #[test]
    fn nothing_overflows_and_nothing_looks_like_health_at_the_ends_of_time(
        members in vec(vec((extreme(), status()), 0..5), 0..4),
        out in vec((extreme(), option::of(extreme())), 0..3),
        now in extreme(),
        period in select(vec![Period::Rolling(0), Period::Rolling(30), Period::Rolling(u32::MAX), Period::Month, Period::Year]),
        target in select(vec![1, 500_000, 999_999]),
        strict in any::<bool>(),
    ) {
        let lines: Vec<Timeline> = members.iter().map(|points| Timeline::from_points(points.clone())).collect();
        let windows = Exclusions::of(out);
        let group: Vec<Member<'_>> = lines.iter().map(Member::always).collect();
        let target = Target::from_millionths(target).unwrap();
        let promise = Promise { exclusions: &windows, maintenance_is_down: strict, ..Promise::new(target, period) };
        let services = lines.iter().map(Measured::Service);
        let groups = [Aggregation::Worst, Aggregation::Mean].map(|a| Measured::group(a, &group, &promise));
        for measured in services.chain(groups) {
            let budget = measure(&measured, &promise, now);
            prop_assert!(budget.down_ms >= 0 && budget.span_ms >= budget.down_ms && budget.allowed_ms >= 0);
            prop_assert!(budget.coverage_millionths <= 1_000_000);
            let nothing_known = budget.uptime_millionths.is_none();
            prop_assert!(!nothing_known || budget.state == BudgetState::Insufficient);
            prop_assert!(budget.worst_case_millionths.is_none() || budget.worst_case_millionths <= budget.uptime_millionths || nothing_known);
        }
    }
}

fn extreme() -> impl Strategy<Value = Timestamp> {
    let ends = vec![i64::MIN, i64::MIN + 1, -1_000_000_000_000_000, -1, 0, 1_750_000_000_000, i64::MAX - 1, i64::MAX];
    select(ends).prop_map(Timestamp::from_ms)
}

#[test]
fn the_table_of_the_workbook_comes_out_for_30_days() {
    // SRE Workbook, chapter 5, and Sloth's 1d/2h: severity, long, short, burn, and how long a whole budget lasts at it.
    let table = [
        (AlertSeverity::Page, HOUR, 5 * MINUTE, 14_400, 50 * HOUR),
        (AlertSeverity::Page, 6 * HOUR, 30 * MINUTE, 6_000, 5 * DAY),
        (AlertSeverity::Ticket, DAY, 2 * HOUR, 3_000, 10 * DAY),
        (AlertSeverity::Ticket, 3 * DAY, 6 * HOUR, 1_000, 30 * DAY),
    ];
    let promise = Promise::new(Target::from_percent(99.9).unwrap(), Period::Rolling(30));
    let budget = measure(&Measured::Service(&Timeline::new()), &promise, Timestamp::from_ms(BASES[0]));
    for (alert, (severity, long, short, factor, lasts)) in budget.alerts.iter().zip(table) {
        assert_eq!((alert.severity, alert.long.0, alert.short.0), (severity, long, short));
        assert_eq!(alert.factor_thousandths, factor);
        assert_eq!(30 * DAY * 1000 / alert.factor_thousandths, lasts);
    }
}
