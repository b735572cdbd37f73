//! Budgets and what their past costs: `cargo bench --bench budgets`.
//!
//! 10,000 services with 100,000 incidents in 400 days. First `engine`, alone: all budgets from scratch, after one
//! change, and a burn-down. Then `window`: what a core does every second while one without an end is open over a tenth of
//! them, and before and after it. Then `store`, the same past through a real core with a clock of its own, reports, settling and retention as the
//! jobs do them, and the size of what it leaves on disk. One of the words, after `--`, runs that part only.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use itops::{
    domain::{
        gitops::{DeclaredService, Place, Registry, Repository},
        health::{Criticality, Dependency, Status, report::HealthReport},
        hierarchy::{NodePath, ServicePath},
        sla::{
            Aggregation, DeclaredGroup, Measured, Member, Merged, NewWindow, Period, Promise, Target, Tier, Timeline,
            WindowScope,
            budget::{burn_down, measure},
            windows::Keeper,
        },
        tickets::automatic,
        time::{DAY, HOUR, MINUTE, Timestamp},
    },
    server::service::{Core, CoreSettings},
    world::World,
};

const SERVICES: usize = 10_000;
const GROUP: usize = 100;
const DAYS: i64 = 400;
const INCIDENTS: usize = 100_000;
/// The last days are played by the minute, those before by the hour: the log of changes is kept for two weeks.
const BY_THE_MINUTE: i64 = 14;
const NOW: Timestamp = Timestamp::from_ms(20_680 * DAY + 12 * HOUR);

fn main() {
    let incidents = incidents();
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let is_wanted = |part: &str| only.as_ref().is_none_or(|only| only == part);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if is_wanted("engine") {
        engine(&incidents);
    }
    if is_wanted("window") {
        runtime.block_on(window(&incidents));
    }
    if is_wanted("trouble") {
        runtime.block_on(trouble());
    }
    if is_wanted("store") {
        runtime.block_on(store(&incidents));
    }
    println!("load                      {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// From when, how long, and who; in order of time, the same each run.
fn incidents() -> Vec<(Timestamp, i64, usize)> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).unwrap() % below
    };
    let mut all: Vec<_> = (0..INCIDENTS)
        .map(|_| {
            let from = NOW.plus(-next((DAYS * DAY - HOUR) / MINUTE) * MINUTE - HOUR);
            (from, (1 + next(59)) * MINUTE, usize::try_from(next(10_000)).unwrap() % SERVICES)
        })
        .collect();
    all.sort_unstable();
    all
}

fn engine(incidents: &[(Timestamp, i64, usize)]) {
    let before = resident_mib();
    let mut lines = vec![Timeline::from_points(vec![(NOW.plus(-DAYS * DAY), Status::Operational)]); SERVICES];
    for &(from, long, service) in incidents {
        lines[service].push(from, Status::Down);
        lines[service].push(from.plus(long), Status::Operational);
    }
    println!("lines in memory           {:>8.1} MiB", resident_mib() - before);
    let promise = Promise::new(Target::from_percent(99.9).unwrap(), Period::Rolling(30));
    let members: Vec<Member<'_>> = lines.iter().map(Member::always).collect();

    let (worst, _) = fastest_of_5(|| {
        let groups = members.chunks(GROUP).enumerate().map(|(index, members)| {
            let how = if index % 2 == 0 { Aggregation::Worst } else { Aggregation::Mean };
            measure(&Measured::group(how, members, &promise), &promise, NOW).down_ms
        });
        let groups: i64 = groups.sum();
        groups + lines.iter().map(|line| measure(&Measured::Service(line), &promise, NOW).down_ms).sum::<i64>()
    });
    println!(
        "all budgets from scratch  {worst:>8.1} ms   {SERVICES} services and {} groups; aim: under 200 ms",
        SERVICES / GROUP
    );

    let before = resident_mib();
    let since = Some(NOW.plus(-30 * DAY));
    let year = Promise::new(promise.target, Period::Year);
    for (what, how, members, promise, since) in [
        ("group of 100, 30 days", Aggregation::Worst, &members[..GROUP], &promise, since),
        ("group of 10,000, a year, worst", Aggregation::Worst, &members[..], &year, None),
        ("group of 10,000, a year, mean", Aggregation::Mean, &members[..], &year, None),
    ] {
        let mut merged = Merged::of(how, members, false, since);
        let mut at = NOW;
        let mut down = true;
        let (change, _) = fastest_of_5(|| {
            at = at.plus(1);
            let (was, is) =
                if down { (Status::Operational, Status::Down) } else { (Status::Down, Status::Operational) };
            down = !down;
            merged.change(members[7], at, None, Some(was), is);
            measure(&Measured::Group(std::borrow::Cow::Borrowed(&merged), Vec::new()), promise, at.plus(1)).down_ms
        });
        let late_at = NOW.plus(-20 * DAY);
        let (late, _) = fastest_of_5(|| {
            merged.change(members[7], late_at, Some(late_at.plus(MINUTE)), Some(Status::Operational), Status::Down);
            merged.change(members[7], late_at, Some(late_at.plus(MINUTE)), Some(Status::Down), Status::Operational);
            measure(&Measured::Group(std::borrow::Cow::Borrowed(&merged), Vec::new()), promise, at.plus(1)).down_ms
        });
        let measured = Measured::Group(std::borrow::Cow::Owned(merged), Vec::new());
        let budget = measure(&measured, promise, at);
        let (chart, _) = fastest_of_5(|| i64::try_from(burn_down(&measured, promise, &budget, 61).len()).unwrap());
        println!("after one change          {change:>8.4} ms   {what}; aim: under 1 ms");
        println!("  two late reports        {late:>8.4} ms   of 20 days ago");
        println!("  burn-down               {chart:>8.4} ms   61 points");
    }
    println!("merged lines              {:>8.1} MiB", resident_mib() - before);
}

/// Milliseconds of the fastest of five rounds, and the sum that keeps the work from being left out.
fn fastest_of_5(mut work: impl FnMut() -> i64) -> (f64, i64) {
    let mut sum = 0_i64;
    let mut fastest = f64::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        sum = sum.wrapping_add(std::hint::black_box(work()));
        fastest = fastest.min(started.elapsed().as_secs_f64() * 1000.0);
    }
    (fastest, sum)
}

/// While important services are in trouble, the writer looks for whom to open tickets every five seconds: 400 of 10,000,
/// each of which needs three others.
async fn trouble() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::fake(NOW);
    let core = Core::open(settings(folder.path()), Some(dependent()), world.clone()).await.unwrap();
    for some in (0..SERVICES).collect::<Vec<_>>().chunks(512) {
        let status = |service: usize| if service % 25 == 7 { Status::Down } else { Status::Operational };
        let reports = some.iter().map(|at| core.report_health("probe", report(*at, status(*at), None)));
        futures_util::future::try_join_all(reports).await.unwrap();
    }
    let estate = core.snapshot().await.estate;
    let (causes, _) = fastest_of_5(|| i64::try_from(automatic::causes(&estate.services).len()).unwrap());
    world.advance(2 * MINUTE);
    for what in ["tickets for 400 of them", "and again, with nothing new"] {
        let started = Instant::now();
        core.open_automatic_tickets().await.unwrap();
        println!("trouble                   {:>8.1} ms   {what}", started.elapsed().as_secs_f64() * 1000.0);
    }
    let opened = core.read(|estate| estate.tickets.len()).await;
    println!("  what comes from what    {causes:>8.1} ms   of it; {opened} tickets");
    core.stop().await;
}

/// Settle the figures of ten groups over and over, without a window and in one that nobody stops.
async fn window(incidents: &[(Timestamp, i64, usize)]) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::fake(NOW);
    let core = Core::open(settings(folder.path()), Some(repository()), world.clone()).await.unwrap();
    let some = SERVICES / 10;
    let reports = (0..some).map(|at| core.report_health("probe", report(at, Status::Operational, None)));
    futures_util::future::try_join_all(reports).await.unwrap();
    let begins = (0..some).map(|at| (path(at), NOW.plus(-DAYS * DAY), Status::Operational, String::new()));
    let mut past: Vec<_> = begins.collect();
    for &(from, long, service) in incidents.iter().filter(|(_, _, service)| *service < some) {
        past.push((path(service), from, Status::Down, String::new()));
        past.push((path(service), from.plus(long), Status::Operational, String::new()));
    }
    core.backfill(past).await.unwrap();
    let keeper = || Keeper::Key("probe".to_owned());
    for what in ["no window", "an open window", "one that was stopped"] {
        let mut fastest = f64::MAX;
        for _ in 0..6 {
            world.advance(1_000);
            let started = Instant::now();
            core.settle_all_budgets().await.unwrap();
            fastest = fastest.min(started.elapsed().as_secs_f64() * 1000.0);
        }
        println!("settling {} groups      {fastest:>8.2} ms   of {some} services, {what}", some / GROUP);
        let scope = || WindowScope::Node(NodePath::parse("acme").unwrap());
        let all = NewWindow { scope: scope(), from: None, to: None, reason: "new disks".to_owned() };
        match what {
            "no window" => drop(core.open_window(keeper(), all, what).await.unwrap()),
            "an open window" => drop(core.stop_windows_of(keeper(), scope(), what).await.unwrap()),
            _ => {}
        }
    }
    core.stop().await;
}

fn settings(folder: &std::path::Path) -> CoreSettings {
    CoreSettings {
        // Nobody is silent in this past: what is weighed are its incidents.
        default_every_ms: DAYS * DAY,
        new_services_per_hour: 1_000_000,
        ..CoreSettings::new(folder.join("data"), "a secret of thirty-two characters")
    }
}

/// Play the past through a core and weigh what is left.
async fn store(incidents: &[(Timestamp, i64, usize)]) {
    let started = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let world = World::fake(NOW.plus(-DAYS * DAY));
    let core = Core::open(settings(folder.path()), Some(repository()), world.clone()).await.unwrap();
    for some in (0..SERVICES).collect::<Vec<_>>().chunks(512) {
        let reports = some.iter().map(|at| core.report_health("probe", report(*at, Status::Operational, None)));
        futures_util::future::try_join_all(reports).await.unwrap();
    }
    let mut events: Vec<(Timestamp, usize, Status)> = Vec::with_capacity(incidents.len() * 2);
    for &(from, long, service) in incidents {
        events.push((from, service, Status::Down));
        events.push((from.plus(long), service, Status::Operational));
    }
    events.sort_by_key(|(at, ..)| *at);
    let mut next = 0;
    while world.now() < NOW {
        let by_the_minute = world.now() >= NOW.plus(-BY_THE_MINUTE * DAY);
        world.advance(if by_the_minute { MINUTE } else { HOUR });
        let now = world.now();
        let due = next + events[next..].partition_point(|(at, ..)| *at <= now);
        let reports = events[next..due]
            .iter()
            .map(|(at, service, status)| core.report_health("probe", report(*service, *status, Some(*at))));
        futures_util::future::try_join_all(reports).await.unwrap();
        next = due;
        core.settle_budgets().await.unwrap();
        core.settle_burning_budgets().await.unwrap();
        if now.ms() % (10 * MINUTE) == 0 {
            core.forget_old().await.unwrap();
        }
    }
    core.forget_old().await.unwrap();
    println!("played                    {:>8.1} s    {} reports", started.elapsed().as_secs_f64(), events.len());
    println!("core and bench in memory  {:>8.1} MiB", resident_mib());
    core.stop().await;
    weigh(&folder.path().join("data/itops.db")).await;
}

async fn weigh(file: &std::path::Path) {
    let size = std::fs::metadata(file).unwrap().len();
    println!("database                  {:>8.1} MiB  aim: under 50 MiB", mib(size));
    let database =
        sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(file)).await.unwrap();
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT m.name, SUM(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY m.name \
         ORDER BY 2 DESC LIMIT 8",
    )
    .fetch_all(&database)
    .await
    .unwrap_or_default();
    for (name, bytes) in rows {
        println!("  {name:<24}{:>8.1} MiB", mib(bytes.unsigned_abs()));
    }
    for table in ["status_history", "change_log", "health"] {
        let count: i64 = sqlx::query_scalar(match table {
            "status_history" => "SELECT COUNT(*) FROM status_history",
            "change_log" => "SELECT COUNT(*) FROM change_log",
            _ => "SELECT COUNT(*) FROM health",
        })
        .fetch_one(&database)
        .await
        .unwrap();
        println!("  rows of {table:<16}{count:>8}");
    }
    let free: i64 =
        sqlx::query_scalar("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")
            .fetch_one(&database)
            .await
            .unwrap();
    println!("  free                    {:>8.1} MiB", mib(free.unsigned_abs()));
    database.close().await;
}

fn report(service: usize, status: Status, at: Option<Timestamp>) -> HealthReport {
    let message = match status {
        Status::Down => format!("GET /healthz: connection refused after {} ms", 1000 + service % 977),
        _ => String::new(),
    };
    HealthReport {
        path: path(service),
        status,
        message,
        criticality: None,
        sla_group: Some(format!("group-{}", service / GROUP)),
        kind: None,
        tags: Vec::new(),
        replicas: None,
        at,
        ahead_ms: None,
    }
}

fn path(service: usize) -> ServicePath {
    let cluster = service / 250;
    ServicePath::parse(&format!("acme/platform-{}/prod/cluster-{cluster}/service-{service:05}", cluster / 8)).unwrap()
}

fn repository() -> Repository {
    let groups: BTreeMap<String, DeclaredGroup> = (0..SERVICES / GROUP)
        .map(|index| {
            let name = format!("group-{index}");
            let target = Target::from_percent(99.9).unwrap();
            let group = DeclaredGroup {
                display_name: format!("Group {index}"),
                ..DeclaredGroup::new(&name, Tier("high".to_owned()), target)
            };
            (name, group)
        })
        .collect();
    let registry = Registry { sla_groups: groups, org: "acme".to_owned(), ..Registry::default() };
    Repository { registry, ..Repository::default() }
}

/// The same with every service declared as critical; each cannot work without three others of its cluster of 250. In every
/// other cluster what will be DOWN stands in a row.
fn dependent() -> Repository {
    let mut repository = repository();
    for index in 0..SERVICES {
        let cluster = index / 250;
        let backs = [1, 2, if cluster % 2 == 0 { 25 } else { 3 }];
        let others = backs.into_iter().filter_map(|back| index.checked_sub(back)).filter(|at| at / 250 == cluster);
        let requires = others.map(|other| Dependency { path: path(other), critical: true }).collect();
        let place = Place { file: "services.yaml".into(), line: 1, column: 1, end_line: 1 };
        let service = DeclaredService {
            criticality: Some(Criticality::Critical),
            requires,
            ..DeclaredService::new(path(index), place)
        };
        repository.registry.services.insert(service.path.clone(), Arc::new(service));
    }
    repository
}

fn resident_mib() -> f64 {
    let pages: f64 = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0.0);
    pages * 4096.0 / 1_048_576.0
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
