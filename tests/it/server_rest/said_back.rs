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
