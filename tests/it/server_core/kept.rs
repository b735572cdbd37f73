//! Kept results against an oracle that is slow and obvious: whatever came late, was excluded afterwards or was cut off by
//! a crash, once everything is worked off they are what looking at each minute of the whole lines adds up to. It shares
//! no line with the engine but the lines themselves.

use std::collections::BTreeMap;

use itops::{
    domain::{
        health::{Status, report::HealthReport},
        hierarchy::ServicePath,
        sla::{
            Aggregation, BudgetState, ExclusionWindow, Figures, PeriodResult, ResultPeriod, Target, Timeline,
            WindowScope, results::CLOSING_MS,
        },
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
    server::service::Core,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    results::restated,
    stage::*,
    windows::{admin, group, wanted},
};

/// What happens next, some minutes later.
#[derive(Clone, Debug)]
enum Act {
    Say(usize, Status),
    /// So many minutes late.
    SayLate(usize, Status, i64),
    Sweep,
    /// For a service, or the group: from so many minutes ago, for so many.
    Exclude(Option<usize>, i64, Option<i64>),
    /// Stop the newest window, if it is still open.
    Include,
    /// Another rule and another target from now on.
    Promise(Aggregation, u32),
    Close,
    /// Killed and started again.
    Crash,
}

fn acts() -> impl Strategy<Value = Vec<(i64, Act)>> {
    let status =
        || prop_oneof![2 => Just(Status::Operational), 2 => Just(Status::Down), 1 => select(Status::ALL.to_vec())];
    let act = prop_oneof![
        6 => (0..3_usize, status()).prop_map(|(who, status)| Act::Say(who, status)),
        8 => (0..3_usize, status(), 1..4_000_i64).prop_map(|(who, status, late)| Act::SayLate(who, status, late)),
        3 => Just(Act::Sweep),
        3 => (option::of(0..3_usize), 0..3_000_i64, option::of(1..2_000_i64))
            .prop_map(|(who, from, long)| Act::Exclude(who, from, long)),
        1 => Just(Act::Include),
        1 => (select(vec![Aggregation::Worst, Aggregation::Mean]), select(vec![990_000_u32, 999_000]))
            .prop_map(|(rule, target)| Act::Promise(rule, target)),
        5 => Just(Act::Close),
        1 => Just(Act::Crash),
    ];
    let minutes = prop_oneof![2 => Just(0_i64), 4 => 1..90_i64, 3 => 90..2_000_i64];
    vec((minutes, act), 1..40)
}

fn members() -> [ServicePath; 3] {
    [db(), api(), path("acme/shop/prod/eu-1/cache")]
}

fn said(who: usize, status: Status, at: Timestamp) -> HealthReport {
    // The third one is known by its reports only.
    let sla_group = (who == 2).then(|| "checkout".to_owned());
    HealthReport { at: Some(at), sla_group, ..report(&members()[who], status, "") }
}

async fn play(stage: &Stage, mut core: Core, acts: Vec<(i64, Act)>) -> Core {
    for (number, (minutes, act)) in acts.into_iter().enumerate() {
        stage.world.advance(minutes * MINUTE);
        let now = stage.world.now();
        let key = number.to_string();
        match act {
            Act::Say(who, status) => {
                core.report_health(KEY, said(who, status, now)).await.unwrap();
            }
            Act::SayLate(who, status, late) => {
                core.report_health(KEY, said(who, status, now.plus(-late * MINUTE))).await.unwrap();
            }
            Act::Sweep => core.sweep_silence().await.unwrap(),
            Act::Exclude(who, ago, long) => {
                let scope = who.map_or_else(group, |who| WindowScope::Service(members()[who].clone()));
                let from = now.plus(-ago * MINUTE);
                let new = wanted(scope, Some(from), long.map(|long| from.plus(long * MINUTE)));
                // Refused where the same is open already, or nobody knows the service yet.
                let _ = core.open_window(admin(), new, &key).await;
            }
            Act::Include => {
                let newest = core.read(|estate| estate.windows.keys().next_back().copied()).await;
                let _ = core.stop_window(admin(), newest.unwrap_or(0), &key).await;
            }
            Act::Promise(aggregation, target) => {
                let mut repository = repository();
                let group = repository.registry.sla_groups.get_mut("checkout").unwrap();
                group.aggregation = aggregation;
                group.target = Target::from_millionths(target).unwrap();
                core.accept_repository(repository).await.unwrap();
            }
            Act::Close => core.close_periods().await.unwrap(),
            Act::Crash => core = stage.reopen(core).await,
        }
    }
    core
}

/// What there is to look at.
struct Seen {
    lines: Vec<(ServicePath, Timeline)>,
    windows: Vec<ExclusionWindow>,
}

impl Seen {
    async fn of(stage: &Stage, core: &Core) -> Self {
        let database = stage.database().await;
        let mut lines = Vec::new();
        for path in members() {
            let rows: Vec<(i64, i64)> = sqlx::query_as(
                "SELECT at, status FROM status_history JOIN service ON service.id = service_id WHERE path = $1 \
                 ORDER BY status_history.id",
            )
            .bind(path.as_str())
            .fetch_all(&database)
            .await
            .unwrap();
            let mut line = Timeline::new();
            for (at, status) in rows {
                line.push(Timestamp::from_ms(at), Status::ALL[usize::try_from(status).unwrap()]);
            }
            lines.push((path, line));
        }
        database.close().await;
        Self { lines, windows: core.read(|estate| estate.windows.values().cloned().collect()).await }
    }

    fn first(&self) -> Option<Timestamp> {
        self.lines.iter().filter_map(|(_, line)| line.first()).min()
    }

    fn is_out(&self, scope: &WindowScope, at: Timestamp) -> bool {
        let holds = |w: &ExclusionWindow| w.from <= at && w.to.is_none_or(|to| at < to);
        self.windows.iter().any(|w| w.scope == *scope && holds(w))
    }

    fn look(&self, result: &PeriodResult) -> Figures {
        let (from, to) = result.period.bounds(result.from);
        let (mut up, mut down, mut span, mut excluded) = (0_i64, 0_i64, 0_i64, 0_i64);
        let mut at = from;
        while at < to {
            let mut statuses = Vec::new();
            let mut out = 0;
            for (path, line) in &self.lines {
                match line.status_at(at) {
                    Some(_) if self.is_out(&WindowScope::Service(path.clone()), at) => out += 1,
                    Some(status) => statuses.push(status),
                    None => {}
                }
            }
            let nobody = result.aggregation == Aggregation::Worst && statuses.is_empty() && out > 0;
            if self.is_out(&group(), at) || nobody {
                excluded += 1;
            } else if self.first().is_some_and(|first| first <= at) {
                let are =
                    |wanted: &[Status]| i64::try_from(statuses.iter().filter(|s| wanted.contains(s)).count()).unwrap();
                let (is_up, is_down) = (are(&[Status::Operational, Status::Degraded]), are(&[Status::Down]));
                if result.aggregation == Aggregation::Mean {
                    (up, down, span) = (up + is_up, down + is_down, span + are(&Status::ALL));
                } else {
                    span += 1;
                    down += i64::from(is_down > 0);
                    up += i64::from(is_down == 0 && is_up > 0);
                }
            }
            at = at.plus(MINUTE);
        }
        let known = up + down;
        let share = |part: i64, whole: i64| (whole > 0).then(|| u32::try_from(part * 1_000_000 / whole).unwrap());
        let allowed_ms = span * MINUTE * i64::from(1_000_000 - result.target.millionths()) / 1_000_000;
        let state = if down * MINUTE > allowed_ms {
            BudgetState::Breached
        } else if known == 0 || known * 2 < span {
            BudgetState::Insufficient
        } else {
            BudgetState::Met
        };
        Figures {
            uptime_millionths: share(up, known),
            coverage_millionths: share(known, span).unwrap_or(0),
            allowed_ms,
            down_ms: down * MINUTE,
            excluded_ms: excluded * MINUTE,
            state,
        }
    }
}

async fn kept_is_what_is_seen(acts: Vec<(i64, Act)>) -> Result<(), TestCaseError> {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    // From a whole minute on, so that looking once a minute sees everything.
    stage.world.advance(MINUTE - T0.ms() % MINUTE);
    let core = play(&stage, core, acts).await;
    // What is still open is closed, and what waits for its hour is looked into.
    stage.world.advance(HOUR + DAY);
    core.close_periods().await.unwrap();
    let now = stage.world.now();
    prop_assert_eq!(stage.rows("correction").await, 0);

    let seen = Seen::of(&stage, &core).await;
    let told = restated(&core).await;
    for period in ResultPeriod::ALL {
        let all = (Timestamp::from_ms(0), now);
        let kept: Vec<_> = core.period_results(period, None, all).await.unwrap();
        let kept: BTreeMap<Timestamp, _> = kept.into_iter().filter(|r| r.is_closed).map(|r| (r.from, r)).collect();
        let days = seen.first().map_or_else(Vec::new, |first| period.between(first, now).collect());
        let over = days.iter().filter(|(_, to)| to.plus(CLOSING_MS) <= now).map(|(from, _)| *from);
        prop_assert!(over.eq(kept.keys().copied()), "{:?} {:?}", days, kept);
        let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM period_result WHERE period = $1")
            .bind(period.word())
            .fetch_one(&stage.database().await)
            .await
            .unwrap();
        prop_assert_eq!(rows, i64::try_from(kept.len()).unwrap(), "all of them are kept");
        for result in kept.values() {
            prop_assert_eq!(result.figures, seen.look(result), "{:?} {:?}", result, &seen.lines);
            let steps: Vec<_> = told.iter().filter(|r| (r.period, r.from) == (period, result.from)).collect();
            prop_assert!(steps.windows(2).all(|two| two[0].is == two[1].was), "{:?}", steps);
            prop_assert!(steps.iter().all(|step| step.was != step.is), "{:?}", steps);
            prop_assert!(steps.last().is_none_or(|last| last.is == result.figures), "{:?}", steps);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn kept_results_are_what_the_whole_lines_add_up_to(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(kept_is_what_is_seen(acts))?;
    }
}
