use std::sync::Arc;

use itops::{
    domain::{
        gitops::{DeclaredService, Repository},
        health::{BackupOutcome, Status, report::HealthReport, reporter},
        hierarchy::NodePath,
        time::{DAY, HOUR, MINUTE},
    },
    server::service::{BackupTarget, Core, CoreSettings, IncidentFilter},
};

use super::stage::*;

async fn said(stage: &Stage, core: &Core, minutes: i64, status: Status) {
    stage.world.advance(minutes * MINUTE);
    say(core, &db(), status).await;
}

#[tokio::test]
async fn flapping_is_one_incident_with_its_count_and_the_limit_is_a_setting() {
    let stage = Stage::new();
    let seldom = CoreSettings { default_every_ms: HOUR, ..stage.settings() };
    let core = Core::open(seldom.clone(), None, stage.world.clone()).await.unwrap();
    said(&stage, &core, 0, Status::Operational).await;
    for status in [Status::Degraded, Status::Operational, Status::Down, Status::Operational] {
        said(&stage, &core, 2, status).await;
    }
    said(&stage, &core, 20, Status::Down).await;
    let found = core.service_detail(&db()).await.unwrap().incidents;
    let told: Vec<_> = found.iter().map(|i| (i.from, i.to, i.worst, i.outbreaks)).collect();
    let first = (T0.plus(2 * MINUTE), Some(T0.plus(8 * MINUTE)), Status::Down, 2);
    assert_eq!(told, [(T0.plus(28 * MINUTE), None, Status::Down, 1), first]);
    let now = stage.world.now();
    assert_eq!(found[1].lengths(now), (6 * MINUTE, 2 * MINUTE), "it was DOWN for two of its six minutes");
    assert_eq!(found[0].lengths(now.plus(3_000)), (3_000, 3_000), "and this one lasts");

    let strict = CoreSettings { flap_ms: MINUTE, ..seldom };
    let core = stage.reopen_with(core, strict).await;
    assert_eq!(core.service_detail(&db()).await.unwrap().incidents.len(), 3);
}

#[tokio::test]
async fn a_service_that_falls_silent_in_trouble_has_not_recovered() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    say(&core, &db(), Status::Degraded).await;
    stage.world.advance(10 * MINUTE);
    core.sweep_silence().await.unwrap();
    assert_eq!(health(&core, &db()).await.status, Status::Unknown);
    assert_eq!(core.service_detail(&db()).await.unwrap().incidents[0].to, None);
    say(&core, &db(), Status::Operational).await;
    assert_eq!(core.service_detail(&db()).await.unwrap().incidents[0].to, Some(T0.plus(10 * MINUTE)));
}

#[tokio::test]
async fn an_incident_names_what_it_came_from_as_it_was_then_and_pages_follow_each_other() {
    let stage = Stage::new();
    let core = stage.open(Some(reported_every(HOUR))).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    stage.world.advance(HOUR);
    // The one that suffers speaks first.
    say(&core, &api(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.report_health(KEY, report(&db(), Status::Down, "disk")).await.unwrap();
    stage.world.advance(HOUR);
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    stage.world.advance(HOUR);
    say(&core, &api(), Status::Degraded).await;

    let all = core.incident_page(T0, &IncidentFilter::default(), None, 10).await.unwrap();
    let told: Vec<_> = all.0.iter().map(|i| (i.path.service(), i.cause.clone(), i.message.as_str())).collect();
    assert_eq!(told, [("api", None, ""), ("db", None, "disk"), ("api", Some(db()), "")]);
    assert_eq!(core.budget_detail("checkout").await.unwrap().incidents[1].cause, Some(db()), "in budgets too");

    let mut after = None;
    let mut pages = Vec::new();
    loop {
        let (page, total) = core.incident_page(T0, &IncidentFilter::default(), after, 1).await.unwrap();
        assert_eq!(total, 3);
        let Some(incident) = page.into_iter().next() else { break };
        after = Some((incident.from, incident.path.to_string()));
        pages.push(incident);
    }
    assert_eq!(pages, all.0);
    let open = IncidentFilter { open: true, ..IncidentFilter::default() };
    assert_eq!(core.incident_page(T0, &open, None, 9).await.unwrap().1, 1);
    let of_db = IncidentFilter { under: Some(db().as_str().to_owned()), ..IncidentFilter::default() };
    assert_eq!(core.incident_page(T0, &of_db, None, 9).await.unwrap().1, 1);
    let down = IncidentFilter { worst: Some(Status::Down), ..IncidentFilter::default() };
    assert_eq!(core.incident_page(T0, &down, None, 9).await.unwrap().1, 2);
}

#[tokio::test]
async fn an_agent_that_stops_is_one_silent_reporter_and_a_heartbeat_says_nothing_of_its_services() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let node = NodePath::parse("acme/shop/prod/eu-1").unwrap();
    let services: Vec<HealthReport> =
        ["a", "b", "c"].map(|n| report(&path(&format!("{node}/{n}")), Status::Operational, "")).to_vec();
    core.agent_status(KEY, node.clone(), services.clone()).await.unwrap();
    stage.world.advance(2 * MINUTE);
    core.agent_heartbeat(KEY, node.clone()).await.unwrap();
    let before = core.position();
    core.sweep_silence().await.unwrap();
    let named = core
        .read(|estate| {
            let all = reporter::silent(estate.services.values());
            all.iter().map(|r| (r.name.to_owned(), r.services.len(), r.is_whole())).collect::<Vec<_>>()
        })
        .await;
    assert_eq!(named, [(node.as_str().to_owned(), 3, true)]);
    let turned = |changes: Vec<Arc<itops::domain::change::Change>>| {
        let mut all: Vec<_> = changes.iter().filter_map(|c| Some((c.at, reporter::turn(c)?.1))).collect();
        all.dedup();
        all
    };
    let changes = core.recent_changes(3).await;
    assert!(changes.iter().all(|c| c.seq > before.1));
    assert_eq!(turned(changes), [(T0.plus(2 * MINUTE), reporter::Turn::Silent)], "one moment, one fact");
    stage.world.advance(MINUTE);
    core.agent_status(KEY, node, services).await.unwrap();
    assert_eq!(turned(core.recent_changes(3).await), [(T0.plus(3 * MINUTE), reporter::Turn::Heard)]);
}

fn with(service: DeclaredService) -> Repository {
    let mut repository = repository();
    repository.registry.services.insert(service.path.clone(), Arc::new(service));
    repository
}

#[tokio::test]
async fn each_kind_of_report_has_its_own_interval() {
    let stage = Stage::new();
    let hourly = DeclaredService { every_ms: Some((HOUR, true)), ..declared(&path("acme/shop/prod/eu-1/hourly")) };
    let core = stage.open(Some(with(hourly.clone()))).await;
    say(&core, &hourly.path, Status::Operational).await;
    let cron = health(&core, &hourly.path).await;
    assert_eq!((cron.every_ms, cron.every_is_assumed), (HOUR, true), "the schedule of its job, read from a shell line");
    let pushed = path("acme/shop/prod/eu-9/pushed");
    say(&core, &pushed, Status::Operational).await;
    assert_eq!(health(&core, &pushed).await.every_ms, MINUTE, "the setting");
    stage.world.advance(2 * HOUR);
    core.sweep_silence().await.unwrap();
    assert_eq!(health(&core, &hourly.path).await.status, Status::Operational, "not three of its intervals yet");
    assert_eq!(health(&core, &pushed).await.status, Status::Unknown);
}

#[tokio::test]
async fn a_report_from_before_the_service_existed_speaks_for_its_interval_and_of_down_until_the_next_one() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let old = HealthReport { at: Some(T0.plus(-20 * DAY)), ..report(&db(), Status::Operational, "") };
    core.report_health(KEY, old).await.unwrap();
    core.sweep_silence().await.unwrap();
    // The core itself was away: it waits an interval before it blames others.
    stage.world.advance(MINUTE);
    core.sweep_silence().await.unwrap();
    let detail = core.service_detail(&db()).await.unwrap();
    let points = detail.timeline.points();
    assert_eq!(points[1], (T0.plus(-20 * DAY + MINUTE), Status::Unknown));
    assert!(detail.budget.coverage_millionths < 1_000, "no health comes of it");

    say(&core, &db(), Status::Operational).await;
    let older = HealthReport { at: Some(T0.plus(-25 * DAY)), ..report(&db(), Status::Down, "") };
    core.report_health(KEY, older).await.unwrap();
    assert_eq!(health(&core, &db()).await.status, Status::Operational);
    let down = core.service_detail(&db()).await.unwrap().budget.down_ms;
    assert_eq!(down, 5 * DAY, "last known");
}

#[tokio::test]
async fn tags_of_reporters_do_not_grow_without_end() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    for round in 0..10 {
        let tags = (0..20).map(|n| format!("t{round}-{n}")).collect();
        core.report_health(KEY, HealthReport { tags, ..report(&db(), Status::Operational, "") }).await.unwrap();
    }
    let before = core.position();
    assert_eq!(service(&core, &db()).await.unwrap().tags.len(), 50);
    let tags = vec!["one-more".to_owned()];
    core.report_health(KEY, HealthReport { tags, ..report(&db(), Status::Operational, "") }).await.unwrap();
    assert_eq!(core.position(), before, "what is not kept is no news");
}

#[tokio::test]
async fn a_backup_of_a_namespace_is_of_those_that_declare_it() {
    let stage = Stage::new();
    let backed = |name: &str, namespace: &str| {
        let mut service = declared(&path(&format!("acme/shop/prod/eu-1/{name}")));
        service.namespace = Some(namespace.to_owned());
        service.backup = Some(itops::domain::health::Backup {
            expected: true,
            max_age_days: 1,
            ..itops::domain::health::Backup::default()
        });
        service
    };
    let (one, two) = (backed("one", "payments"), backed("two", "other"));
    let mut repository = with(one.clone());
    repository.registry.services.insert(two.path.clone(), Arc::new(two.clone()));
    let core = stage.open(Some(repository)).await;
    let target = BackupTarget::Namespace("payments".to_owned());
    let sent = core.report_backup(KEY, target, BackupOutcome::Success, None, String::new(), None).await;
    assert_eq!(sent.unwrap(), 1);
    assert!(service(&core, &one.path).await.unwrap().backup.unwrap().last_success.is_some());
    assert!(service(&core, &two.path).await.unwrap().backup.unwrap().last_success.is_none());
}

#[tokio::test]
async fn of_very_many_incidents_the_newest_are_told_and_all_are_counted() {
    let stage = Stage::new();
    let core = stage.open(Some(reported_every(30 * DAY))).await;
    say(&core, &api(), Status::Operational).await;
    for round in 0..210 {
        core.report_health(KEY, report(&db(), Status::Down, &format!("no. {round}"))).await.unwrap();
        stage.world.advance(MINUTE);
        say(&core, &db(), Status::Operational).await;
        stage.world.advance(HOUR);
    }
    let detail = core.service_detail(&db()).await.unwrap();
    assert_eq!((detail.incidents.len(), detail.incidents_total), (200, 210));
    let said: Vec<&str> = detail.incidents.iter().map(|incident| incident.message.as_str()).collect();
    let wanted: Vec<String> = (10..210).rev().map(|round| format!("no. {round}")).collect();
    assert_eq!(said, wanted, "each with its own words");
    let budget = core.budget_detail("checkout").await.unwrap();
    assert_eq!((budget.incidents.len(), budget.incidents_total), (50, 210));
    assert_eq!(budget.incidents[0].message, "no. 209");
    let down: i64 = budget.down.iter().map(|(from, to)| to.since(*from)).sum();
    assert_eq!((budget.down.len(), down), (210, budget.group.budget.down_ms), "the chart has all of them");
}

#[tokio::test]
async fn what_lies_wholly_in_a_window_cost_nothing_and_is_not_told_as_if_it_did() {
    let stage = Stage::new();
    let core = stage.open(Some(reported_every(30 * DAY))).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Operational).await;
    }
    let out = super::windows::wanted(super::windows::group(), None, Some(T0.plus(HOUR)));
    core.open_window(super::windows::operator(), out, "w").await.unwrap();
    // One inside it, one that outlasts it.
    for (after, lasts) in [(10 * MINUTE, 10 * MINUTE), (30 * MINUTE, 20 * MINUTE)] {
        stage.world.advance(after);
        say(&core, &db(), Status::Down).await;
        stage.world.advance(lasts);
        say(&core, &db(), Status::Operational).await;
    }
    let budget = core.budget_detail("checkout").await.unwrap();
    let told: Vec<_> = budget.incidents.iter().map(|i| (i.from, i.to)).collect();
    let outlasting = (T0.plus(50 * MINUTE), Some(T0.plus(70 * MINUTE)));
    assert_eq!((told, budget.incidents_total), (vec![outlasting], 1));
    assert_eq!(budget.down, [(T0.plus(HOUR), T0.plus(70 * MINUTE))], "only what counts");
    assert_eq!(core.service_detail(&db()).await.unwrap().incidents.len(), 2, "they happened all the same");
}

#[tokio::test]
async fn a_bucket_of_which_little_is_known_says_so_and_counts_incidents_as_they_are_told_elsewhere() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    // Of the bucket that T0 lies in 100 s are over.
    stage.world.advance(200_000 + HOUR);
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(1_000);
    say(&core, &db(), Status::Unknown).await;
    stage.world.advance(5 * MINUTE - 1_000);
    for (status, ms) in [
        (Status::Degraded, 30_000),
        (Status::Operational, 10_000),
        (Status::Down, 20_000),
        (Status::Operational, 240_000),
    ] {
        say(&core, &db(), status).await;
        stage.world.advance(ms);
    }
    let buckets = core.trend(db().as_str(), 1).await.unwrap();
    let told: Vec<_> = buckets
        .iter()
        .rev()
        .take(3)
        .map(|b| (b.uptime_millionths, b.coverage_millionths, b.incidents, b.down_ms, b.state.word()))
        .collect();
    let wanted = [
        (Some(933_333), 1_000_000, 1, 20_000, "BREACHED"),
        (Some(1_000_000), 3_333, 0, 0, "INSUFFICIENT"),
        (None, 0, 0, 0, "INSUFFICIENT"),
    ];
    assert_eq!(told, wanted, "{buckets:?}");
}

#[tokio::test]
async fn a_service_without_a_group_promises_what_its_criticality_does() {
    use itops::domain::health::Criticality;
    let stage = Stage::new();
    let mut repository = repository();
    for service in repository.registry.services.values_mut() {
        let is_db = service.path == db();
        let own = DeclaredService {
            sla_group: None,
            criticality: Some(if is_db { Criticality::Critical } else { Criticality::Medium }),
            ..(**service).clone()
        };
        *service = Arc::new(own);
    }
    let core = stage.open(Some(repository)).await;
    let target = async |path| core.service_detail(&path).await.unwrap().budget.target.millionths();
    assert_eq!((target(db()).await, target(api()).await), (999_900, 995_000));
}
