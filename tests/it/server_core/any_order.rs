//! The same reports in another order make the same past: the same line, the same downtime, the same incidents.
//!
//! There is one case in which that cannot hold: a report that comes late between two that came in order, less than three
//! intervals apart. Nobody keeps when somebody spoke who said nothing new, so that it speaks for one interval, where in
//! order it would have been overtaken a little earlier or later. Where reports come at their interval there is no such
//! difference, and whoever kept back what he saw while he could not send it left a gap.

use itops::{
    domain::{
        health::{Status, report::HealthReport},
        hierarchy::ServicePath,
        sla::Timeline,
        time::{HOUR, MINUTE, SECOND, Timestamp},
    },
    server::service::{Core, CoreSettings},
};
use proptest::{collection::btree_map, prelude::*, sample::select};

use super::stage::*;
use crate::late::Told;

const QUARTER: i64 = 15 * MINUTE;

async fn tell(core: &Core, path: &ServicePath, at: Timestamp, status: Status) {
    core.report_health(KEY, HealthReport { at: Some(at), ..report(path, status, "") }).await.unwrap();
}

/// A core that expects a report every quarter of an hour, some hours after [`T0`].
async fn core(stage: &Stage) -> Core {
    let settings = CoreSettings { default_every_ms: QUARTER, ..stage.settings() };
    let core = Core::open(settings, None, stage.world.clone()).await.unwrap();
    stage.world.advance(12 * HOUR);
    core
}

/// Incidents: from, to, how often it broke.
type Incidents = Vec<(Timestamp, Option<Timestamp>, u32)>;

/// The line, the incidents and the downtime of a service.
async fn past(core: &Core, path: &ServicePath) -> (Timeline, Incidents, i64) {
    let detail = core.service_detail(path).await.unwrap();
    let incidents = detail.incidents.iter().map(|incident| (incident.from, incident.to, incident.outbreaks));
    (detail.timeline, incidents.collect(), detail.budget.down_ms)
}

fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let without = |one: usize| of.iter().copied().filter(|other| *other != one).collect::<Vec<_>>();
    let starting = |one: &usize| {
        let one = *one;
        permutations(&without(one)).into_iter().map(move |rest| [vec![one], rest].concat())
    };
    of.iter().flat_map(starting).collect()
}

#[tokio::test]
async fn six_reports_are_seventy_minutes_of_downtime_in_each_of_their_720_orders() {
    use Status::{Down, Operational};
    let stage = Stage::new();
    let core = core(&stage).await;
    let minutes = [(0, Operational), (15, Operational), (30, Down), (60, Down), (100, Operational), (115, Operational)];
    let at = |minutes: i64| T0.plus(minutes * MINUTE);
    let points = [(at(0), Operational), (at(30), Down), (at(100), Operational), (at(130), Status::Unknown)];
    for (number, order) in permutations(&[0, 1, 2, 3, 4, 5]).into_iter().enumerate() {
        let path = path(&format!("acme/shop/prod/eu-1/s{number}"));
        for (turn, index) in order.iter().enumerate() {
            let (minutes, status) = minutes[*index];
            tell(&core, &path, at(minutes), status).await;
            if number % 7 == turn {
                core.sweep_silence().await.unwrap();
            }
        }
    }
    core.sweep_silence().await.unwrap();
    for number in 0..720 {
        let past = past(&core, &path(&format!("acme/shop/prod/eu-1/s{number}"))).await;
        let expected = (points.as_slice(), vec![(at(30), Some(at(100)), 1)], 70 * MINUTE);
        assert_eq!((past.0.points(), past.1, past.2), expected, "the order of number {number}");
    }
}

#[tokio::test]
async fn what_was_down_until_it_worked_was_so_also_when_that_is_heard_of_late() {
    let stage = Stage::new();
    let core = core(&stage).await;
    tell(&core, &db(), T0.plus(2 * HOUR), Status::Operational).await;
    tell(&core, &db(), T0, Status::Down).await;
    assert_eq!(past(&core, &db()).await.2, 2 * HOUR);
}

#[tokio::test]
async fn a_backlog_whose_reports_are_a_second_late_leaves_no_time_unknown() {
    let stage = Stage::new();
    let core = core(&stage).await;
    let at = |number: i64| T0.plus(number * (QUARTER + SECOND));
    tell(&core, &db(), at(9), Status::Operational).await;
    for number in 0..9 {
        tell(&core, &db(), at(number), Status::Operational).await;
    }
    assert_eq!(past(&core, &db()).await.0.points(), [(T0, Status::Operational)]);
}

#[tokio::test]
async fn a_sweep_while_a_backlog_comes_in_leaves_no_silence_where_there_was_none() {
    let stage = Stage::new();
    let core = core(&stage).await;
    for number in 0..6 {
        tell(&core, &db(), T0.plus(number * 40 * MINUTE), Status::Operational).await;
        core.sweep_silence().await.unwrap();
    }
    let end = T0.plus(5 * 40 * MINUTE + QUARTER);
    assert_eq!(past(&core, &db()).await.0.points(), [(T0, Status::Operational), (end, Status::Unknown)]);
    tell(&core, &db(), end.plus(MINUTE), Status::Operational).await;
    assert_eq!(health(&core, &db()).await.since, T0, "it was so all the time");
}

#[tokio::test]
async fn what_was_explicitly_unknown_stays_so_whatever_comes_late() {
    let stage = Stage::new();
    let core = core(&stage).await;
    for (minutes, status) in [(60, Status::Operational), (0, Status::Operational), (15, Status::Unknown)] {
        tell(&core, &db(), T0.plus(minutes * MINUTE), status).await;
    }
    tell(&core, &db(), T0.plus(30 * MINUTE), Status::Operational).await;
    let points = [(0, Status::Operational), (15, Status::Unknown), (30, Status::Operational)];
    let points = points.map(|(minutes, status)| (T0.plus(minutes * MINUTE), status));
    assert_eq!(past(&core, &db()).await.0.points(), points);
}

/// Moments and what was said at them, in the order in which it comes in, each with whether silence is looked for after it.
type Orders = Vec<(Timestamp, Status, bool)>;

/// Reported of `db` like this, and in order of time of `api`: no difference, now and after a restart.
async fn no_difference(told: Orders) -> Result<(), TestCaseError> {
    let stage = Stage::new();
    let core = core(&stage).await;
    for (at, status, sweeps) in &told {
        tell(&core, &db(), *at, *status).await;
        if *sweeps {
            core.sweep_silence().await.unwrap();
        }
    }
    let mut rule = Told::every(QUARTER);
    let mut in_order = told;
    in_order.sort_by_key(|(at, ..)| *at);
    for (at, status, _) in in_order {
        tell(&core, &api(), at, status).await;
        rule.report(at, status);
    }
    stage.world.advance(HOUR);
    core.sweep_silence().await.unwrap();
    rule.falls_silent();
    let (shuffled, ordered) = (past(&core, &db()).await, past(&core, &api()).await);
    prop_assert_eq!(&shuffled, &ordered);
    prop_assert_eq!(&shuffled.0, &rule.line);
    core.flush().await.unwrap();
    let settings = CoreSettings { default_every_ms: QUARTER, ..stage.settings() };
    let again = stage.reopen_with(core, settings).await;
    prop_assert_eq!(past(&again, &db()).await, ordered);
    Ok(())
}

fn run(told: Orders) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(no_difference(told))
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![1 => Just(Status::Operational), 1 => Just(Status::Down), 1 => select(Status::ALL.to_vec())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Some intervals are missed.
    #[test]
    fn reports_at_their_interval_make_the_same_line_in_any_order(
        told in btree_map(0..20_i64, (status(), any::<bool>()), 1..14)
            .prop_map(|told| told.into_iter().collect::<Vec<_>>())
            .prop_shuffle(),
    ) {
        run(told.into_iter().map(|(slot, (status, sweeps))| (T0.plus(slot * QUARTER), status, sweeps)).collect())?;
    }

    /// At any moments: some live, then one after a reporter could not send for a while, then what it kept meanwhile, from
    /// the oldest on, from the newest on or in any order.
    #[test]
    fn a_backlog_after_a_live_report_makes_the_line_that_it_would_have_made_in_order(
        live in btree_map(0..7_000_i64, (status(), any::<bool>()), 0..5),
        (kept, now) in (btree_map(7_000..20_000_i64, (status(), any::<bool>()), 1..9), (status(), any::<bool>())),
        order in prop_oneof![Just(None), Just(Some(false)), Just(Some(true))],
        keys in proptest::collection::vec(any::<u32>(), 9),
    ) {
        let mut kept: Vec<_> = kept.into_iter().zip(keys).collect();
        match order {
            None => {}
            Some(false) => kept.reverse(),
            Some(true) => kept.sort_by_key(|(_, key)| *key),
        }
        let kept = kept.into_iter().map(|(kept, _)| kept);
        let told = live.into_iter().chain([(22_000, now)]).chain(kept);
        run(told.map(|(seconds, (status, sweeps))| (T0.plus(seconds * SECOND), status, sweeps)).collect())?;
    }
}
