//! What the answer to a report says of what was not taken as it was meant, and what such a report leaves alone.

use std::sync::Arc;

use itops::{
    domain::{
        gitops::IsDeclared,
        health::{Backup, Status},
    },
    server::service::{Core, CoreSettings},
};

use super::{BACKUP, HEALTH, STORAGE};
use crate::{
    served::{Answer, Served},
    server_core::stage::{self, api, db, path, repository, service},
};

/// What the agent of the cluster says of these services.
async fn agent(served: &Served, call: &str, services: &str) -> Answer {
    let body = format!(r#"{{"nodeId":"{}","services":[{services}]}}"#, db().node());
    let answer = served.push(&format!("/api/v1/operator/{call}"), &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[tokio::test]
async fn a_backup_of_a_namespace_is_none_of_services_that_only_have_a_tag_of_its_name() {
    let mut repository = repository();
    for service in repository.registry.services.values_mut() {
        let service = Arc::make_mut(service);
        service.backup = Some(Backup { expected: true, max_age_days: 1, ..Backup::default() });
        service.tags = vec!["postgres".to_owned()];
        if service.path == api() {
            service.tags.push("namespace:billing".to_owned());
        }
    }
    let served = Served::start(Some(repository)).await;
    let backup = async |namespace: &str| {
        served.push(BACKUP, &format!(r#"{{"namespace":"{namespace}","status":"success"}}"#)).await
    };
    let none = backup("postgres").await;
    assert_eq!((none.status, none.code().as_str()), (404, "not_found"));
    assert!(none.message().contains("namespace postgres"), "{}", none.message());
    assert_eq!(backup("billing").await.json()["affected"], 1, "a tag that says that it is the namespace");
}

#[tokio::test]
async fn a_registration_that_says_no_status_reports_nothing() {
    let served = Served::start(Some(repository())).await;
    let new = path("acme/shop/prod/eu-1/new");
    agent(&served, "status", r#"{"name":"new","status":"DOWN"}"#).await;
    let before = stage::health(&served.core, &new).await;
    served.stage.world.advance(1_000);
    let again = agent(&served, "register", r#"{"name":"new","serviceType":"cache"},{"name":"other"}"#).await;
    assert_eq!((again.json()["services"].as_u64(), again.warnings()), (Some(2), Vec::new()));
    let known = service(&served.core, &new).await.unwrap();
    assert_eq!((known.health, known.kind.as_str()), (before, "cache"), "it is described, and DOWN as it was");
    let other = service(&served.core, &path("acme/shop/prod/eu-1/other")).await.unwrap();
    assert_eq!((other.health.status, other.health.last_seen), (Status::Unknown, None), "nobody said how it is");
    agent(&served, "register", r#"{"name":"new","replicas":2,"readyReplicas":2}"#).await;
    assert_eq!(stage::health(&served.core, &new).await.status, Status::Operational, "replicas say how it is");
}

#[tokio::test]
async fn only_a_registration_that_names_no_group_on_purpose_takes_a_service_out_of_it() {
    let served = Served::start(Some(repository())).await;
    let group = async || service(&served.core, &path("acme/shop/prod/eu-1/new")).await.unwrap().sla_group;
    let joins = r#"{"name":"new","status":"DOWN","slaGroup":"checkout"}"#;
    let checkout = Some("checkout".to_owned());
    for none in ["\"\"", "\" \"", "null"] {
        agent(&served, "status", joins).await;
        for call in ["register", "status"] {
            agent(&served, call, r#"{"name":"new","status":"DOWN"}"#).await;
            assert_eq!(group().await, checkout, "{call} says nothing of a group");
        }
        let said = format!(r#"{{"name":"new","status":"DOWN","slaGroup":{none}}}"#);
        agent(&served, "status", &said).await;
        assert_eq!(group().await, checkout, "a status is not all that there is to say");
        agent(&served, "register", &said).await;
        assert_eq!(group().await, None, "{none}");
    }
    agent(&served, "register", joins).await;
    agent(&served, "register", r#"{"name":"another"}"#).await;
    assert_eq!(group().await, None, "it was not found any more");
}

#[tokio::test]
async fn a_warning_names_its_service_among_many() {
    let served = Served::start(None).await;
    let services = r#"{"name":"one","status":"DOWN"},{"name":"two"},{"name":"th ree","status":"kaputt"}"#;
    let warnings = agent(&served, "status", services).await.warnings();
    let wanted = [
        "services[1] `two`: status: missing; stored as UNKNOWN",
        "services[2] `th_ree`: status: `kaputt` is not a status; stored as UNKNOWN",
    ];
    assert!(wanted.iter().all(|wanted| warnings.iter().any(|said| said == wanted)), "{warnings:?}");
    assert!(warnings.iter().all(|said| said.starts_with("services[")), "{warnings:?}");
}

#[tokio::test]
async fn a_report_of_a_retired_service_changes_nothing_and_every_address_says_so() {
    let served = Served::start(Some(repository())).await;
    let mut less = repository();
    less.registry.services.remove(&api());
    served.core.accept_repository(less).await.unwrap();
    let expected = format!("{} is retired: nothing was changed; it is declared no more", api());
    let path = format!(r#""path":"{}""#, api());
    let changes = served.core.recent_changes(10_000).await.len();
    for (call, said, affected) in [
        (HEALTH, r#""status":"DOWN""#, None),
        (STORAGE, r#""allocatedBytes":10,"usedBytes":5"#, None),
        (BACKUP, r#""status":"success""#, Some(0)),
    ] {
        let answer = served.push(call, &format!("{{{path},{said}}}")).await;
        assert_eq!((answer.status, answer.json()["success"].as_bool()), (200, Some(true)), "{call}: {answer:?}");
        assert_eq!(
            (answer.warnings(), answer.json()["affected"].as_u64()),
            (vec![expected.clone()], affected),
            "{call}"
        );
    }
    for (call, said) in [("status", r#"{"name":"api","status":"DOWN"}"#), ("register", r#"{"name":"api"}"#)] {
        let answer = agent(&served, call, said).await;
        assert_eq!(
            (answer.warnings(), answer.json()["services"].as_u64()),
            (vec![expected.clone()], Some(0)),
            "{call}"
        );
    }
    assert_eq!(served.core.recent_changes(10_000).await.len(), changes);
    assert!(service(&served.core, &api()).await.is_none(), "nothing revives it");
    let drift = served.core.drift().await.unwrap();
    let retired: Vec<_> = drift.iter().filter(|drift| drift.declared == IsDeclared::Retired).collect();
    assert_eq!((retired.len(), &retired[0].path), (1, &api()));
}

#[tokio::test]
async fn a_field_that_is_none_and_a_group_that_nobody_declares_are_said() {
    let served = Served::start(Some(repository())).await;
    let identity = format!(r#""path":"{}""#, db());
    let push = async |call: &str, said: &str| {
        let answer = served.push(call, &format!("{{{identity},{said}}}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.warnings()
    };
    let said = r#""status":"DOWN","slaGroup":"calc-wrost","slagroup":"x","tiemstamp":"2020-01-01T00:00:00Z""#;
    assert_eq!(
        push(HEALTH, said).await,
        [
            "there is no field `slagroup`; did you mean `slaGroup`? It was left out",
            "there is no field `tiemstamp`; did you mean `timestamp`? It was left out",
            "slaGroup: nobody declares `calc-wrost`, so it has no budget; declare it in the repository",
        ]
    );
    assert_eq!(push(HEALTH, r#""status":"DOWN","slaGroup":"checkout""#).await, [] as [&str; 0]);
    let storage = push(STORAGE, r#""allocatedBytes":10,"usedBytes":5,"mountpath":"/""#).await;
    assert_eq!(storage, ["there is no field `mountpath`; did you mean `mountPath`? It was left out"]);
    let backup = push(BACKUP, r#""status":"success","shape\u001b[31m":"round""#).await;
    assert_eq!(backup, ["there is no field `shape\u{fffd}[31m`; it was left out"]);
    let many: Vec<String> = (0..100).map(|n| format!(r#""more{n}":1"#)).collect();
    let many = push(HEALTH, &format!(r#""status":"DOWN",{}"#, many.join(","))).await;
    assert_eq!((many.len(), many[5].as_str()), (6, "there are 95 more that are no fields; they were left out"));
}

#[tokio::test]
async fn fields_of_an_agent_that_are_none_are_said_once_for_all_services() {
    let served = Served::start(None).await;
    let body = r#"{"nodeId":"acme/shop/prod/eu-1","service":[],"services":[
        {"name":"a","status":"DOWN","replica":1},{"name":"b","status":"DOWN","replica":1}]}"#;
    let wanted = [
        "there is no field `service`; did you mean `services`? It was left out",
        "there is no field `services[].replica`; did you mean `replicas`? It was left out",
    ];
    assert_eq!(served.push("/api/v1/operator/status", body).await.warnings(), wanted);
}

#[tokio::test]
async fn an_identity_that_is_empty_is_none_that_was_given() {
    let served = Served::start(Some(repository())).await;
    let push = async |call: &str, body: &str| served.push(call, body).await;
    let named = push(HEALTH, r#"{"path":" ","nodeId":"audit/x/prod/c","service":"s","status":"DOWN"}"#).await;
    assert_eq!((named.json()["path"].as_str(), named.warnings()), (Some("audit/x/prod/c/s"), Vec::new()));
    let by_path = push(HEALTH, r#"{"path":"audit/x/prod/c/s","nodeId":"","service":"","status":"DOWN"}"#).await;
    assert_eq!((by_path.json()["path"].as_str(), by_path.warnings()), (Some("audit/x/prod/c/s"), Vec::new()));
    let group = push(BACKUP, r#"{"path":"","slaGroup":"checkout","status":"success"}"#).await;
    assert_eq!(group.status, 404, "of the group, in which no service expects one");
}

#[tokio::test]
async fn a_time_that_cannot_be_kept_is_told_from_one_that_is_none() {
    let served = Served::start(Some(repository())).await;
    let refused = async |call: &str, body: String| {
        let answer = served.push(call, &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{body}");
        answer.message()
    };
    let window = "/api/v1/sla/exclusion-window/start";
    for (given, wanted) in [
        ("9999-12-31T23:59:59Z", "after the last moment that can be kept, 9999-12-30T22:00:00Z"),
        ("2026-01-31T08:00:00", "does not say how far it is from UTC"),
        ("2026-02-30T08:00:00Z", "must be a time in RFC 3339"),
    ] {
        let push = refused(HEALTH, format!(r#"{{"path":"a/b/c/d/e","status":"DOWN","timestamp":"{given}"}}"#)).await;
        let to = refused(window, format!(r#"{{"path":"{}","reason":"x","to":"{given}"}}"#, db())).await;
        for (said, field) in [(push, "timestamp"), (to, "to")] {
            assert!(said.contains(wanted) && said.contains(field) && said.contains(given), "{said}");
        }
    }
}

#[tokio::test]
async fn past_the_cap_the_answer_says_when_the_hour_is_over() {
    let stage = stage::Stage::new();
    let few = CoreSettings { new_services_per_hour: 0, ..stage.with_users() };
    let core = Core::open(few, None, stage.world.clone()).await.unwrap();
    let served = Served::around(stage, core).await;
    let answer = served.push(HEALTH, r#"{"path":"a/b/c/d/e","status":"DOWN"}"#).await;
    assert_eq!(answer.status, 429);
    // It is 15:06:40.
    assert!(answer.headers.contains("retry-after: 3200\r\n"), "{}", answer.headers);
    served.stage.world.advance(3_199_001);
    let answer = served.push(HEALTH, r#"{"path":"a/b/c/d/e","status":"DOWN"}"#).await;
    assert!(answer.headers.contains("retry-after: 1\r\n"), "never before it: {}", answer.headers);
}
