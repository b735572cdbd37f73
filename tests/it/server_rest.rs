//! REST as reporters and agents meet it, with whatever they send.

use itops::{
    client::{HealthPush, Kind, Reporter, StoragePush},
    domain::{
        health::{Criticality, Status},
        hierarchy::ServicePath,
        time::MINUTE,
    },
    server::service::{Core, CoreSettings},
};

use crate::{
    served::{OPERATOR_KEY, Served},
    server_core::stage,
};

mod said_back;

const HEALTH: &str = "/api/v1/health/report";
const STORAGE: &str = "/api/v1/storage/report";
const BACKUP: &str = "/api/v1/backup/report";

#[tokio::test]
async fn bad_bodies_are_refused_in_the_envelope_and_say_what_is_wrong() {
    let served = Served::start(None).await;
    let path = r#""path":"a/b/c/d/e""#;
    let cases: Vec<(&str, String, &str)> = vec![
        (HEALTH, String::new(), "empty"),
        (HEALTH, "{".to_owned(), "not JSON"),
        (HEALTH, "\u{0}".to_owned(), "not JSON"),
        (HEALTH, "[]".to_owned(), "JSON object"),
        (
            HEALTH,
            "[\"a/b/c/d/e\",null,null,\"DOWN\",null,null,null,null,null,null,null,null]".to_owned(),
            "JSON object",
        ),
        (HEALTH, "\"x\"".to_owned(), "JSON object"),
        (HEALTH, format!("{{{path},\n \"status\": 5}}"), "field `status` must be text, not 5 (line 2, column"),
        (HEALTH, format!("{{{path},\"tags\":\"a\"}}"), "field `tags` must be a list of texts"),
        (HEALTH, format!("{{{path},\"tags\":[1]}}"), "field `tags`"),
        (HEALTH, format!("{{{path},\"replicas\":-1,\"readyReplicas\":1}}"), "field `replicas`"),
        (HEALTH, format!("{{{path},\"status\":\"DOWN\",\"status\":\"DOWN\"}}"), "duplicate field `status`"),
        (HEALTH, format!("{{{path},\"timestamp\":\"noon\"}}"), "field `timestamp`"),
        (STORAGE, format!("{{{path},\"allocatedBytes\":-5,\"usedBytes\":1}}"), "field `allocatedBytes`"),
        (STORAGE, format!("{{{path},\"allocatedBytes\":1e300,\"usedBytes\":1}}"), "field `allocatedBytes`"),
        (STORAGE, format!("{{{path},\"allocatedBytes\":NaN,\"usedBytes\":1}}"), "not JSON"),
        (STORAGE, format!("{{{path},\"allocatedBytes\":\"9\",\"usedBytes\":1}}"), "must be a number, not text"),
        (STORAGE, format!("{{{path},\"allocatedBytes\":9}}"), "field `usedBytes` is missing"),
        (STORAGE, format!("{{{path},\"allocatedBytes\":9,\"usedBytes\":1.5}}"), "field `usedBytes`"),
        (STORAGE, format!("{{{path},\"allocatedBytes\":9,\"usedBytes\":18446744073709551615}}"), "field `usedBytes`"),
        (BACKUP, format!("{{{path}}}"), "field `status` must be one of"),
        (BACKUP, format!("{{{path},\"status\":\"fine\"}}"), "field `status` must be one of"),
        (BACKUP, format!("{{{path},\"status\":\"success\",\"sizeBytes\":-1}}"), "field `sizeBytes`"),
        ("/api/v1/operator/status", "{\"services\":[{\"name\":5}]}".to_owned(), "field `services[0].name`"),
        ("/api/v1/operator/status", "{\"services\":{}}".to_owned(), "field `services`"),
    ];
    for (route, body, wanted) in cases {
        let answer = served.push(route, &body).await;
        assert_eq!(answer.status, 400, "{route} {body}: {answer:?}");
        assert_eq!(answer.code(), "invalid", "{body}");
        assert!(answer.message().contains(wanted), "{body}: {}", answer.message());
        assert!(answer.json()["error"]["requestId"].as_str().is_some_and(|id| answer.headers.contains(id)), "{body}");
    }
    assert!(served.core.read(|estate| estate.services.is_empty()).await, "nothing of it was stored");
}

#[tokio::test]
async fn absurd_figures_and_a_million_tags_have_defined_answers() {
    let served = Served::start(None).await;
    let path = r#""path":"a/b/c/d/e""#;
    for bytes in ["-1", "NaN", "Infinity", "1.5", "1e300", "9223372036854775808", "null", "\"many\""] {
        let answer = served.push(STORAGE, &format!("{{{path},\"allocatedBytes\":{bytes},\"usedBytes\":1}}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{bytes}");
    }
    let nothing = served.push(STORAGE, &format!("{{{path},\"allocatedBytes\":0,\"usedBytes\":7}}")).await.json();
    assert_eq!((&nothing["status"], &nothing["freePercent"]), (&"unknown".into(), &serde_json::Value::Null));
    let tags = |count: usize| format!("{{{path},\"status\":\"DOWN\",\"tags\":[{}\"x\"]}}", "\"t\",".repeat(count));
    assert_eq!(served.push(HEALTH, &tags(1_000_000)).await.status, 413);
    let many = served.push(HEALTH, &tags(10_000)).await;
    assert_eq!((many.status, many.warnings().len()), (200, 1), "{:?}", many.warnings());
    let ahead = itops::print::time::rfc3339(stage::T0.plus(60_000));
    let ahead = served.push(HEALTH, &format!("{{{path},\"status\":\"DOWN\",\"timestamp\":\"{ahead}\"}}")).await;
    assert!(ahead.warnings()[0].contains("clock is 60 s ahead"), "{:?}", ahead.warnings());
}

#[tokio::test]
async fn a_key_is_asked_for_and_either_header_will_do() {
    let served = Served::start(None).await;
    let body = br#"{"path":"a/b/c/d/e","status":"DOWN"}"#;
    for headers in [&[][..], &["x-api-key: wrong"], &["authorization: Bearer wrong"], &["authorization: Basic eA=="]] {
        let answer = served.send("POST", HEALTH, headers, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{headers:?}");
    }
    for header in [format!("X-API-Key: {OPERATOR_KEY}"), format!("Authorization: bearer {OPERATOR_KEY}")] {
        assert_eq!(served.send("POST", HEALTH, &[&header], body).await.status, 200, "{header}");
    }
}

#[tokio::test]
async fn a_users_token_is_no_operator_key() {
    let served = Served::start(None).await;
    let (_, session) = served.signed_in("oncall").await;
    let token = secrecy::ExposeSecret::expose_secret(&session.token);
    let answer = served.send("POST", HEALTH, &[&format!("authorization: Bearer {token}")], b"{}").await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_in_the_envelope() {
    let served = Served::start(None).await;
    let body = format!("{{\"message\":\"{}\"}}", "x".repeat(2 << 20));
    let answer = served.push(HEALTH, &body).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
}

#[tokio::test]
async fn unknown_addresses_and_methods_get_the_envelope_too() {
    let served = Served::start(None).await;
    let answer = served.send("GET", "/api/v1/nothing", &[], b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    let answer = served.send("GET", HEALTH, &[], b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"));
    let answer = served.send("GET", "/graphql/ws", &[], b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "not a websocket");
}

#[tokio::test]
async fn every_published_route_is_served() {
    // One of them is there in development only.
    let stage = stage::Stage::new();
    let dev = CoreSettings { dev: true, ..stage.with_users() };
    let core = Core::open(dev, None, stage.world.clone()).await.unwrap();
    let served = Served::around(stage, core).await;
    for (method, path) in itops::server::http::ROUTES {
        let answer = served.send(&method.to_uppercase(), path, &[], b"").await;
        assert!(!matches!(answer.status, 404 | 405), "{method} {path}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_malformed_identity_is_repaired_and_said_and_never_dropped() {
    let served = Served::start(None).await;
    let answer =
        served.push(HEALTH, r#"{"path":"acme/shop/pay\u001b[31m","status":"kaputt","message":"a\u009bb"}"#).await;
    assert_eq!(answer.status, 200);
    let json = answer.json();
    assert_eq!(json["path"], "acme/shop/unknown/unknown/pay__31m");
    assert_eq!((json["status"].as_str(), json["success"].as_bool()), (Some("UNKNOWN"), Some(true)));
    assert_eq!(answer.warnings().len(), 3, "{:?}", answer.warnings());
    let path = ServicePath::parse("acme/shop/unknown/unknown/pay__31m").unwrap();
    let stored = stage::service(&served.core, &path).await.unwrap();
    assert_eq!(stored.health.message, "a\u{fffd}b");

    let nobody = served.push(HEALTH, r#"{"status":"DOWN"}"#).await;
    assert_eq!(nobody.json()["path"], "unknown/unknown/unknown/unknown/unknown");
    let both = served.push(HEALTH, r#"{"path":"a/b/c/d/e","nodeId":"a/b/c/x","service":"e","status":"DOWN"}"#).await;
    assert_eq!((both.json()["path"].as_str(), both.warnings().len()), (Some("a/b/c/d/e"), 1));
}

#[tokio::test]
async fn a_report_is_stored_before_it_is_answered_with_all_its_fields() {
    let served = Served::start(None).await;
    let reporter = Reporter::new(&served.url, OPERATOR_KEY.into(), 10_000, None).unwrap();
    let push = HealthPush {
        node_id: Some("acme/shop/prod/eu-1".to_owned()),
        service: Some("db".to_owned()),
        status: "outage".to_owned(),
        message: "disk gone".to_owned(),
        criticality: Some("critical".to_owned()),
        service_type: Some("database".to_owned()),
        tags: vec!["core".to_owned()],
        ..HealthPush::default()
    };
    let answer = reporter.report_health(&push).await.unwrap();
    assert_eq!((answer.path.as_str(), answer.status.as_str()), ("acme/shop/prod/eu-1/db", "DOWN"));
    assert_eq!(answer.warnings, Vec::<String>::new());
    let stored = stage::service(&served.core, &stage::db()).await.unwrap();
    assert_eq!((stored.health.status, stored.criticality), (Status::Down, Criticality::Critical));
    assert_eq!((stored.kind.as_str(), stored.health.reporter.as_str()), ("database", stage::pusher().as_str()));

    let body = format!(r#"{{"path":"{}","status":"DOWN","replicas":3,"readyReplicas":0}}"#, stage::db());
    assert_eq!(served.push(HEALTH, &body).await.status, 200);
    assert_eq!(stage::health(&served.core, &stage::db()).await.replicas, Some((0, 3)), "ready, and wanted");

    let storage = StoragePush {
        path: Some("acme/shop/prod/eu-1/db".to_owned()),
        allocated_bytes: 1000,
        used_bytes: 700,
        storage_type: "pvc".to_owned(),
        ..StoragePush::default()
    };
    let answer = reporter.report_storage(&storage).await.unwrap();
    assert_eq!((answer.free_percent, answer.status.as_str()), (Some(30.0), "warning"));
    let full = StoragePush { used_bytes: 2000, ..storage };
    assert_eq!(reporter.report_storage(&full).await.unwrap().warnings.len(), 1);

    let wrong = Reporter::new(&served.url, "wrong".into(), 10_000, None).unwrap();
    assert_eq!(wrong.report_health(&push).await.unwrap_err().kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn past_the_cap_on_new_services_the_answer_is_429_and_says_so() {
    let stage = stage::Stage::new();
    let few = CoreSettings { new_services_per_hour: 1, ..stage.with_users() };
    let core = Core::open(few, None, stage.world.clone()).await.unwrap();
    let served = Served::around(stage, core).await;
    let push = |name: &str| format!("{{\"path\":\"a/b/c/d/{name}\",\"status\":\"DOWN\"}}");
    assert_eq!(served.push(HEALTH, &push("one")).await.status, 200);
    let storage = "{\"path\":\"a/b/c/d/two\",\"allocatedBytes\":9,\"usedBytes\":1}".to_owned();
    let backup = "{\"path\":\"a/b/c/d/two\",\"status\":\"success\"}".to_owned();
    for (route, body) in [(HEALTH, push("two")), (STORAGE, storage), (BACKUP, backup)] {
        let answer = served.push(route, &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (429, "too_many"), "{route}");
        assert!(answer.message().contains("made 1 new services in this hour"), "{}", answer.message());
    }
    assert_eq!(served.push(HEALTH, &push("one")).await.status, 200, "what is known is heard");
}

#[tokio::test]
async fn a_backup_report_reaches_a_service_or_those_of_a_group_that_expect_one() {
    let served = Served::start(Some(stage::repository())).await;
    let one = served.push(BACKUP, r#"{"path":"acme/shop/prod/eu-1/db","status":"SUCCESS","sizeBytes":5}"#).await;
    assert_eq!((one.json()["affected"].as_u64(), one.json()["status"].as_str()), (Some(1), Some("success")));
    let both =
        served.push(BACKUP, r#"{"path":"acme/shop/prod/eu-1/db","slaGroup":"checkout","status":"failed"}"#).await;
    assert_eq!(both.json()["affected"], 1);
    assert_eq!(both.warnings().len(), 1);
}

#[tokio::test]
async fn a_backup_report_that_names_nobody_is_kept_in_the_unknown_branch_and_says_so() {
    let served = Served::start(None).await;
    let answer = served.push(BACKUP, r#"{"status":"success"}"#).await;
    let path = stage::path("unknown/unknown/unknown/unknown/unknown");
    assert_eq!((answer.status, answer.json()["path"].as_str()), (200, Some(path.as_str())));
    assert!(answer.warnings().iter().any(|warning| warning.contains("unknown")), "{:?}", answer.warnings());
    let kept = stage::service(&served.core, &path).await.unwrap().backup.unwrap();
    assert_eq!(kept.last_success, Some(stage::T0));
}

#[tokio::test]
async fn storage_and_backups_are_of_the_moment_their_report_speaks_of() {
    let served = Served::start(Some(stage::repository())).await;
    let (path, before) = (stage::db(), stage::T0.plus(-60 * MINUTE));
    let timestamp = itops::print::time::rfc3339(before);
    for (call, said) in [(STORAGE, r#""allocatedBytes":10,"usedBytes":5"#), (BACKUP, r#""status":"success""#)] {
        let body = format!(r#"{{"path":"{path}",{said},"timestamp":"{timestamp}"}}"#);
        assert_eq!(served.push(call, &body).await.status, 200, "{call}");
    }
    let service = stage::service(&served.core, &path).await.unwrap();
    assert_eq!(service.storage.unwrap().at, before);
    assert_eq!(service.backup.unwrap().last_success, Some(before));
}

#[tokio::test]
async fn an_agent_registers_reports_and_lists_its_node() {
    let served = Served::start(None).await;
    let body = r#"{"nodeId":"acme/shop/prod/eu-1","operatorVersion":"1.4.1","services":[
        {"name":"db","replicas":3,"readyReplicas":1,"workloadType":"StatefulSet"},{"name":"api","status":"OPERATIONAL"}],
        "slaGroups":[{"name":"gold"}]}"#;
    assert_eq!(served.push("/api/v1/operator/register", body).await.json()["services"], 2);
    let status = served.push("/api/v1/operator/status", body).await;
    assert_eq!((status.status, status.warnings().len()), (200, 1), "{:?}", status.warnings());
    assert!(status.warnings()[0].contains("nobody declares `gold`"), "{:?}", status.warnings());
    assert_eq!(stage::health(&served.core, &stage::db()).await.status, Status::Degraded);
    assert_eq!(served.push("/api/v1/operator/heartbeat", r#"{"nodeId":"acme/shop/prod/eu-1"}"#).await.status, 200);
    let key = format!("x-api-key: {OPERATOR_KEY}");
    let list = served.send("GET", "/api/v1/operator/services?nodeId=acme/shop/prod/eu-1", &[&key], b"").await;
    assert_eq!(list.json()["services"].as_array().unwrap().len(), 2);
    let other = served.send("GET", "/api/v1/operator/services?nodeId=acme/other", &[&key], b"").await;
    assert_eq!(other.json()["services"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn an_agent_that_names_declared_groups_is_not_warned_and_brings_no_group_of_its_own() {
    let served = Served::start(Some(stage::repository())).await;
    let body = |groups: &str| {
        format!(
            r#"{{"nodeId":"acme/shop/prod/eu-1","services":[{{"name":"new","slaGroup":"gold"}}],"slaGroups":{groups}}}"#
        )
    };
    let both =
        served.push("/api/v1/operator/register", &body(r#"[{"name":"checkout"},{"name":"gold","tier":"high"}]"#)).await;
    let warned: Vec<String> = both.warnings().into_iter().filter(|w| w.starts_with("slaGroups")).collect();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("`gold`") && !warned[0].contains("checkout"), "{warned:?}");
    let known = served.push("/api/v1/operator/register", &body(r#"[{"name":"checkout"}]"#)).await;
    assert!(known.warnings().iter().all(|w| !w.starts_with("slaGroups")), "{:?}", known.warnings());
    let groups = served.core.read(|estate| estate.budgets.keys().cloned().collect::<Vec<_>>()).await;
    assert_eq!(groups, ["checkout"]);
}

#[tokio::test]
async fn an_agents_odd_group_names_cost_nothing_that_comes_with_them() {
    let served = Served::start(None).await;
    let body = r#"{"nodeId":"acme/shop/prod/eu-1","services":[{"name":"db","status":"DOWN"}],
        "slaGroups":[{"name":7},{"name":{"a":"b"}},{"name":null},{},{"name":"gold"}]}"#;
    let answer = served.push("/api/v1/operator/register", body).await;
    assert_eq!((answer.status, &answer.json()["services"]), (200, &1.into()));
    assert_eq!(stage::health(&served.core, &stage::db()).await.status, Status::Down);
    let warnings = answer.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("nobody declares `gold`,"), "{warnings:?}");
}

#[tokio::test]
async fn liveness_readiness_and_the_descriptions_need_no_key() {
    let served = Served::start(None).await;
    let alive = served.send("GET", "/health", &[], b"").await;
    assert_eq!(alive.json()["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(served.client().version().await.unwrap(), env!("CARGO_PKG_VERSION"));
    assert_eq!(served.send("GET", "/ready", &[], b"").await.status, 200);
    assert_eq!(served.send("GET", "/api/v1/openapi.json", &[], b"").await.json()["openapi"], "3.1.0");
    assert_eq!(served.client().providers().await.unwrap(), []);
    served.core.clone().stop().await;
    let dead = served.send("GET", "/ready", &[], b"").await;
    assert_eq!((dead.status, dead.code().as_str()), (503, "unavailable"));
    assert_eq!(served.send("GET", "/health", &[], b"").await.status, 200);
}

#[tokio::test]
async fn a_fault_shows_a_request_id_and_no_inside() {
    let served = Served::start(None).await;
    served.core.clone().stop().await;
    let answer = served.push(HEALTH, r#"{"path":"a/b/c/d/e","status":"DOWN"}"#).await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "fault"));
    assert!(answer.message().contains("request id"));
}

#[tokio::test]
async fn the_snapshot_is_compressed_tagged_and_needs_a_token() {
    let served = Served::start(Some(stage::repository())).await;
    assert_eq!(served.send("GET", "/api/v1/snapshot", &[], b"").await.status, 401);
    let (client, session) = served.signed_in("requester").await;
    let token = secrecy::ExposeSecret::expose_secret(&session.token).to_owned();
    let auth = format!("authorization: Bearer {token}");
    let plain = served.send("GET", "/api/v1/snapshot", &[&auth], b"").await;
    assert_eq!(plain.json()["services"].as_array().unwrap().len(), 2);
    let packed = served.send("GET", "/api/v1/snapshot", &[&auth, "accept-encoding: gzip"], b"").await;
    assert!(packed.headers.contains("content-encoding: gzip"));
    assert!(packed.body.len() < plain.body.len());
    let tag = plain.headers.lines().find_map(|l| l.strip_prefix("etag: ")).unwrap().to_owned();
    let same = served.send("GET", "/api/v1/snapshot", &[&auth, &format!("if-none-match: {tag}")], b"").await;
    assert_eq!((same.status, same.body.len()), (304, 0));

    stage::say(&served.core, &stage::db(), Status::Down).await;
    let newer = served.send("GET", "/api/v1/snapshot", &[&auth, &format!("if-none-match: {tag}")], b"").await;
    assert_eq!(newer.status, 200, "what was true when it was asked for is in it");
    assert_eq!(client.snapshot().await.unwrap().estate, served.core.snapshot().await.estate);
}
