//! Bodies that nobody would send, at every address that takes any: each has a defined answer, and what was kept of them
//! can be read again.

use itops::{
    domain::{
        sla::Budget,
        time::{DAY, HOUR, MINUTE},
    },
    server::service::Core,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::{
    served::Served,
    server_core::stage::{Stage, repository},
};

const ADDRESSES: [&str; 8] = [
    "/api/v1/health/report",
    "/api/v1/storage/report",
    "/api/v1/backup/report",
    "/api/v1/operator/register",
    "/api/v1/operator/status",
    "/api/v1/operator/heartbeat",
    "/api/v1/sla/exclusion-window/start",
    "/api/v1/sla/exclusion-window/stop",
];

const FIELDS: [&str; 24] = [
    "path",
    "nodeId",
    "service",
    "status",
    "message",
    "criticality",
    "slaGroup",
    "serviceType",
    "tags",
    "replicas",
    "readyReplicas",
    "timestamp",
    "allocatedBytes",
    "usedBytes",
    "storageType",
    "mountPath",
    "namespace",
    "sizeBytes",
    "services",
    "slaGroups",
    "reason",
    "from",
    "to",
    "name",
];

/// What somebody may mean, and what nobody does.
fn value(field: &'static str) -> BoxedStrategy<Value> {
    let paths =
        ["acme/shop/prod/eu-1/db", "acme/shop/prod/eu-1/api", "a//b", "/", "", "é/☃/\u{202e}x", "a/b/c/d/e/f/g"];
    let times = [
        "2025-06-15T15:00:00Z",
        "2025-06-15T15:07:00.123456789+02:00",
        "2025-06-14T23:59:59Z",
        "2024-06-30T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "-009999-01-01T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-06-15",
        "",
    ];
    let texts = ["", " ", "x", "checkout", "\u{1b}[2J\u{0}\u{9b}", "DOWN", "success", "critical", "storage", "null"];
    let meant = match field {
        "path" => select(paths.map(Value::from).to_vec()).boxed(),
        "nodeId" => select(["acme/shop/prod/eu-1", "acme", "a/b/c/d/e", "//"].map(Value::from).to_vec()).boxed(),
        "service" | "name" => select(["db", "api", "../x", ""].map(Value::from).to_vec()).boxed(),
        "status" => select(["DOWN", "operational", "OUTAGE", "MAINTENANCE", "success", "partial", "?"].to_vec())
            .prop_map(Value::from)
            .boxed(),
        "timestamp" | "from" | "to" => select(times.map(Value::from).to_vec()).boxed(),
        "tags" => vec(select(texts.to_vec()), 0..60).prop_map(Value::from).boxed(),
        "services" | "slaGroups" => vec(body(2), 0..4).prop_map(Value::from).boxed(),
        "replicas" | "readyReplicas" | "allocatedBytes" | "usedBytes" | "sizeBytes" => {
            select(vec![json!(0), json!(3), json!(1_u64 << 40), json!(i64::MAX), json!(5.0)]).boxed()
        }
        _ => select(texts.map(Value::from).to_vec()).boxed(),
    };
    let odd = vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(0.5),
        json!("a".repeat(9_000)),
        json!([[[]]]),
        json!({"path": {}}),
    ];
    prop_oneof![9 => meant, 1 => select(odd)].boxed()
}

fn body(depth: u32) -> BoxedStrategy<Value> {
    let names = FIELDS.into_iter().filter(move |name| depth == 0 || !matches!(*name, "services" | "slaGroups"));
    let field = select(names.collect::<Vec<_>>()).prop_flat_map(|name| (Just(name), value(name)));
    vec(field, 0..9)
        .prop_map(|all| all.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>().into())
        .boxed()
}

fn is_sound(budget: &Budget) -> bool {
    let share = |share: Option<u32>| share.is_none_or(|share| share <= 1_000_000);
    budget.span_ms >= 0
        && (0..=budget.span_ms).contains(&budget.down_ms)
        && budget.allowed_ms >= 0
        && share(budget.uptime_millionths)
        && budget.coverage_millionths <= 1_000_000
        && budget.uptime_millionths.is_none_or(|uptime| budget.worst_case_millionths <= Some(uptime))
}

async fn jobs(core: &Core) {
    core.sweep_silence().await.unwrap();
    core.settle_windows().await.unwrap();
    core.open_automatic_tickets().await.unwrap();
    core.close_periods().await.unwrap();
    core.settle_all_budgets().await.unwrap();
    core.forget_old().await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_sent_has_a_defined_answer_and_what_is_kept_of_it_can_be_read_again(
        sent in vec((select(ADDRESSES.to_vec()), body(0), select(vec![0, 1_000, MINUTE, HOUR, DAY])), 1..24),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let stage = Stage::new();
            let core = Core::open(stage.with_users(), Some(repository()), stage.world.clone()).await.unwrap();
            let served = Served::around(stage, core).await;
            for (address, body, after) in sent {
                served.stage.world.advance(after);
                let answer = served.push(address, &body.to_string()).await;
                let known = matches!(answer.status, 200 | 400 | 403 | 404 | 409);
                prop_assert!(known, "{} {}: {:?}", address, body, answer);
                prop_assert!(answer.status == 200 || !answer.message().is_empty());
                let raw = String::from_utf8(answer.body.clone()).unwrap();
                prop_assert!(!raw.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{}: {:?}", address, raw);
                jobs(&served.core).await;
            }
            let budgets = served.core.read(|estate| estate.budgets.values().map(|g| g.budget.clone()).collect::<Vec<_>>());
            prop_assert!(budgets.await.iter().all(is_sound));
            let all = "{ services(first: 50) { nodes { path } } slaGroups { name } exclusionWindows(first: 9) { nodes { id } } }";
            let (_, session) = served.signed_in("oncall").await;
            let shown = served.graphql(Some(secrecy::ExposeSecret::expose_secret(&session.token)), all).await;
            prop_assert!(shown["errors"].is_null(), "{}", shown);
            served.core.flush().await.unwrap();
            let before = served.core.snapshot().await.estate;
            let stage = Stage { dir: tempfile::tempdir().unwrap(), world: served.stage.world.clone() };
            let left = served.stage.dir.path().join("data");
            served.core.stop().await;
            let settings = itops::server::service::CoreSettings { data_dir: left, ..stage.settings() };
            let after = Core::open(settings, None, stage.world.clone()).await.unwrap().snapshot().await.estate;
            prop_assert_eq!(after.windows, before.windows);
            prop_assert_eq!(after.services.keys().collect::<Vec<_>>(), before.services.keys().collect::<Vec<_>>());
            Ok(())
        })?;
    }
}
