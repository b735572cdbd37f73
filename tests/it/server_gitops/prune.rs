//! Each rule of what goes and what stays, by its name.

use std::sync::Arc;

use itops::{
    domain::{
        access::{AuthProvider, Encryption, GroupMapping, LdapProvider, Level, PasswordSource, UserAttributes},
        change::Fact,
        gitops::{DeclaredService, Fault, FaultCode, IsDeclared, Place, Repository},
        health::{BackupOutcome, Status, report::HealthReport},
        hierarchy::{NodePath, ServicePath},
    },
    server::service::{BackupTarget, Core, Discovered, Importer},
};

use crate::server_core::stage::*;

pub fn provider(name: &str, mappings: &[(&str, &str)]) -> AuthProvider {
    let mapping = |(ldap, group): &(&str, &str)| GroupMapping {
        ldap: (*ldap).to_owned(),
        group: (*group).to_owned(),
        place: Some(place(80)),
    };
    AuthProvider {
        name: name.to_owned(),
        display_name: name.to_owned(),
        kind: "ldap".to_owned(),
        enabled: true,
        is_default: false,
        min_password_length: 0,
        require_uppercase: false,
        require_digit: false,
        ldap: Some(LdapProvider {
            host: "ldap.example.org".to_owned(),
            port: 636,
            encryption: Encryption::Ldaps,
            base_dn: "dc=example,dc=org".to_owned(),
            bind_dn: String::new(),
            password: PasswordSource::None,
            user_filter: "(uid=%s)".to_owned(),
            group_filter: "(member=%s)".to_owned(),
            attributes: UserAttributes {
                username: "uid".to_owned(),
                email: "mail".to_owned(),
                display_name: "cn".to_owned(),
            },
            mappings: mappings.iter().map(mapping).collect(),
        }),
    }
}

async fn providers(core: &Core) -> Vec<String> {
    core.read(|e| e.source.providers.iter().map(|p| p.name.clone()).collect()).await
}

/// [`repository`] with all that its items name.
pub fn complete() -> Repository {
    let mut complete = repository();
    let place = Some(place(60));
    let (name, display_name) = ("incidents".to_owned(), "Incidents".to_owned());
    complete.registry.catalog.categories.push(itops::domain::tickets::Category { name, display_name, place });
    complete
}

fn without(path: &ServicePath) -> Repository {
    let mut less = repository();
    less.registry.services.remove(path);
    less
}

#[tokio::test]
async fn only_providers_that_git_brought_go_with_git() {
    let stage = Stage::new();
    let with = |names: &[&str]| {
        let mut declared = repository();
        declared.registry.providers = names.iter().map(|name| provider(name, &[])).collect();
        declared
    };
    let core = stage.open(Some(with(&["corporate", "made-by-hand", "partner"]))).await;
    core.stop().await;
    let by_hand = "UPDATE declared SET origin = 'template' WHERE kind = 'provider' AND name = 'made-by-hand'";
    sqlx::query(by_hand).execute(&stage.database().await).await.unwrap();
    let core = stage.open(None).await;
    core.accept_repository(with(&["corporate"])).await.unwrap();
    assert_eq!(providers(&core).await, ["corporate", "made-by-hand"]);
    let core = stage.reopen(core).await;
    assert_eq!(providers(&core).await, ["corporate", "made-by-hand"], "also after a restart");
}

#[tokio::test]
async fn mappings_are_replaced_in_one_go_and_an_empty_list_clears_them() {
    let stage = Stage::new();
    let with = |mappings: &[(&str, &str)]| {
        let mut declared = repository();
        declared.registry.providers = vec![provider("corporate", mappings)];
        declared
    };
    let core = stage.open(Some(with(&[("cn=a", "itops-admins"), ("cn=b", "itops-users")]))).await;
    let mapped = async || {
        core.read(|e| {
            let ldap = e.source.providers[0].ldap.as_ref().unwrap();
            ldap.mappings.iter().map(|m| m.ldap.clone()).collect::<Vec<_>>()
        })
        .await
    };
    let before = core.position().1;
    core.accept_repository(with(&[("cn=c", "itops-admins")])).await.unwrap();
    assert_eq!(mapped().await, ["cn=c"]);
    assert_eq!(core.position().1, before.next(), "one change carries all of them");
    core.accept_repository(with(&[])).await.unwrap();
    assert!(mapped().await.is_empty());
}

#[tokio::test]
async fn who_belongs_to_an_sla_group_is_pruned_by_node_and_the_group_goes_with_its_last_node() {
    let stage = Stage::new();
    let other = path("acme/shop/prod/eu-2/db");
    let node = |text: &str| NodePath::parse(text).unwrap();
    let (eu1, eu2) = (node("acme/shop/prod/eu-1"), node("acme/shop/prod/eu-2"));
    let brought_by = |nodes: Vec<NodePath>| {
        let mut declared = repository();
        let twin = DeclaredService { path: other.clone(), ..(*declared.registry.services[&db()]).clone() };
        declared.registry.services.insert(other.clone(), Arc::new(twin));
        let mut kept = declared.registry.sla_groups["checkout"].clone();
        kept.name = "kept".to_owned();
        declared.registry.sla_groups.insert("kept".to_owned(), kept);
        match nodes.is_empty() {
            true => drop(declared.registry.sla_groups.remove("checkout")),
            false => declared.registry.sla_groups.get_mut("checkout").unwrap().nodes = nodes,
        }
        declared
    };
    let members = async |core: &Core| core.read(|e| e.budgets.get("checkout").map(|g| g.members.clone())).await;
    let core = stage.open(Some(brought_by(vec![eu1.clone(), eu2.clone()]))).await;
    assert_eq!(members(&core).await.unwrap(), [api(), db(), other.clone()]);
    core.accept_repository(brought_by(vec![eu2.clone()])).await.unwrap();
    assert_eq!(members(&core).await.unwrap(), std::slice::from_ref(&other));
    assert_eq!(service(&core, &db()).await.unwrap().sla_group, None);
    core.accept_repository(brought_by(vec![eu1, eu2])).await.unwrap();
    assert_eq!(members(&core).await.unwrap().len(), 3, "a node that brings it again brings its services again");
    core.accept_repository(brought_by(Vec::new())).await.unwrap();
    assert_eq!(members(&core).await, None);
    let names = core.read(|e| e.budgets.keys().cloned().collect::<Vec<_>>()).await;
    assert_eq!(names, ["kept"]);
}

#[tokio::test]
async fn a_registration_without_a_group_takes_the_services_that_only_the_agent_describes_out_of_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let node = || NodePath::parse("acme/shop/prod/eu-1").unwrap();
    let (one, two) = (path("acme/shop/prod/eu-1/one"), path("acme/shop/prod/eu-1/two"));
    let found = |path: &ServicePath, group: Option<&str>| {
        let report = HealthReport { sla_group: group.map(str::to_owned), ..report(path, Status::Operational, "") };
        Discovered { report, says_status: true, says_group: true }
    };
    let members = async || core.read(|e| e.budgets["checkout"].members.clone()).await;
    let register = async |services| core.agent_register(KEY, node(), services).await.unwrap();
    register(vec![found(&one, Some("checkout")), found(&two, Some("checkout"))]).await;
    core.settle_budgets().await.unwrap();
    assert_eq!(members().await, [api(), db(), one.clone(), two.clone()]);
    register(vec![found(&one, None), found(&db(), None)]).await;
    core.settle_budgets().await.unwrap();
    assert_eq!(members().await, [api(), db()], "what git declares is not the agent's to change");
    assert!(service(&core, &two).await.is_some(), "a service that is not found any more stays");
}

#[tokio::test]
async fn users_are_kept_with_what_they_did_and_lose_what_the_group_gave() {
    let stage = Stage::new();
    let core = Core::open(stage.with_users(), Some(repository()), stage.world.clone()).await.unwrap();
    let dba = user("dba-oncall", Level::Operator);
    core.create_ticket(&dba, wanted("index"), "k1").await.unwrap();
    core.take_ticket(&dba, 1, 1, "k2").await.unwrap();
    let accounts = stage.rows("user_account").await;
    let mut less = repository();
    let mut other = less.registry.groups.remove("acme/dba").unwrap();
    other.name = itops::domain::hierarchy::ScopedName::full("acme/others");
    less.registry.groups.insert("acme/others".to_owned(), other);
    core.accept_repository(less).await.unwrap();
    assert_eq!(stage.rows("user_account").await, accounts);
    assert!(core.read(|e| !e.source.groups.contains_key("acme/dba")).await);
    let ticket = core.ticket_detail(1).await.unwrap().ticket;
    assert_eq!(ticket.assignee.unwrap().1, "dba-oncall");
}

#[tokio::test]
async fn a_retired_service_keeps_its_history_and_tickets_and_comes_back_with_them() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &api(), Status::Down).await;
    let first_seen = service(&core, &api()).await.unwrap().first_seen;
    core.create_ticket(&oncall(), itops::domain::detail::NewTicket { service: Some(api()), ..wanted("api") }, "k1")
        .await
        .unwrap();
    stage.world.advance(60_000);
    core.accept_repository(without(&api())).await.unwrap();
    assert!(service(&core, &api()).await.is_none());
    assert_eq!(tickets(&core).await.len(), 1);
    stage.world.advance(60_000);
    let core = stage.reopen(core).await;
    say(&core, &api(), Status::Operational).await;
    assert!(service(&core, &api()).await.is_none(), "a push does not revive it");
    core.flush().await.unwrap();
    let core = stage.reopen(core).await;
    let drift = core.drift().await.unwrap();
    let seen: Vec<_> = drift.iter().filter(|d| d.declared == IsDeclared::Retired).collect();
    assert_eq!((seen.len(), &seen[0].path, seen[0].reporter.as_deref()), (1, &api(), Some(pusher().as_str())));
    assert_eq!(seen[0].place, Some(place(3)), "where it was declared");
    stage.world.advance(60_000);
    core.accept_repository(repository()).await.unwrap();
    let back = service(&core, &api()).await.unwrap();
    assert_eq!((back.first_seen, back.health.status), (first_seen, Status::Unknown));
    let line = core.service_detail(&api()).await.unwrap().timeline;
    let said: Vec<Status> = line.points().iter().map(|(_, status)| *status).collect();
    assert_eq!(said, [Status::Down, Status::Unknown], "while it was retired nobody says how it was");
    assert!(core.drift().await.unwrap().iter().all(|d| d.declared != IsDeclared::Retired));
}

#[tokio::test]
async fn services_that_only_ever_pushed_are_never_pruned() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let pushed = path("acme/shop/prod/eu-1/pushed");
    say(&core, &pushed, Status::Operational).await;
    let node = NodePath::parse("acme/shop/prod/eu-1").unwrap();
    let seen = path("acme/shop/prod/eu-1/seen-by-agent");
    core.agent_status(KEY, node, vec![report(&seen, Status::Operational, "")]).await.unwrap();
    core.accept_repository(without(&api())).await.unwrap();
    assert!(service(&core, &pushed).await.is_some() && service(&core, &seen).await.is_some());
}

#[tokio::test]
async fn what_a_template_brought_is_never_pruned_by_git_and_gives_way_to_it() {
    let stage = Stage::new();
    let donor = stage.open(Some(complete())).await;
    let text = donor.export_templates().await.unwrap();
    donor.stop().await;
    let stage = Stage::new();
    let core = stage.open(None).await;
    core.import_templates(Importer::Key(KEY.to_owned()), text.clone()).await.unwrap();
    let workflows = async |core: &Core| core.read(|e| e.source.workflows.keys().cloned().collect::<Vec<_>>()).await;
    let mut other = repository();
    let mut workflow = (*other.registry.workflows.remove("acme/incident_response").unwrap()).clone();
    workflow.name = itops::domain::hierarchy::ScopedName::full("acme/of_git");
    other.registry.workflows.insert("acme/of_git".to_owned(), workflow.into());
    core.accept_repository(other).await.unwrap();
    assert_eq!(workflows(&core).await, ["acme/incident_response", "acme/of_git"]);
    core.accept_repository(complete()).await.unwrap();
    assert_eq!(workflows(&core).await, ["acme/incident_response"], "git took the one over and dropped its own");
    let again = core.import_templates(Importer::Key(KEY.to_owned()), text).await.unwrap();
    assert!(again.applied.is_empty() && !again.kept.is_empty(), "{again:?}");
}

#[tokio::test]
async fn a_kind_without_one_valid_entry_deletes_nothing_and_is_counted_as_held() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let mut none = without(&api());
    none.registry.workflows.clear();
    none.registry.catalog.items.clear();
    let done = core.accept_repository(none).await.unwrap();
    assert_eq!(done.plan.counts().held, 3);
    let source = core.read(|e| e.source.clone()).await;
    assert_eq!((source.held, source.workflows.len(), source.catalog.items.len()), (3, 1, 2));
    assert!(service(&core, &api()).await.is_none(), "what is proven goes");
    core.accept_repository(repository()).await.unwrap();
    assert_eq!(core.read(|e| e.source.held).await, 0);
}

#[tokio::test]
async fn a_source_that_cannot_be_read_deletes_nothing_and_is_said_while_the_core_stays_ready() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let before = core.read(|e| (e.services.clone(), e.budgets.clone())).await;
    core.source_failed("/srv/gitops does not exist".to_owned()).await.unwrap();
    let source = core.read(|e| e.source.clone()).await;
    assert_eq!(source.rejected.as_deref(), Some("/srv/gitops does not exist"));
    assert_eq!(core.read(|e| (e.services.clone(), e.budgets.clone())).await, before);
    assert!(core.ready().await);
    let seq = core.position().1;
    core.source_failed("/srv/gitops does not exist".to_owned()).await.unwrap();
    assert_eq!(core.position().1, seq, "said once");
    assert_eq!(core.reconciles(1).await.unwrap()[0].rejected.as_deref(), Some("/srv/gitops does not exist"));
    core.accept_repository(repository()).await.unwrap();
    assert_eq!(core.read(|e| e.source.rejected.clone()).await, None);
}

#[tokio::test]
async fn what_a_broken_document_declared_before_stays() {
    let stage = Stage::new();
    let file = |path: &str| Place { file: path.into(), line: 1, column: 1, end_line: 9 };
    let mut declared = repository();
    Arc::make_mut(declared.registry.services.get_mut(&api()).unwrap()).place = file("services/api.yaml");
    let core = stage.open(Some(declared.clone())).await;
    declared.registry.services.remove(&api());
    declared.faults.push(Fault {
        place: file("services/api.yaml"),
        severity: FaultCode::MalformedYaml.severity(),
        code: FaultCode::MalformedYaml,
        message: "a quote is not closed".to_owned(),
        hint: String::new(),
    });
    core.accept_repository(declared.clone()).await.unwrap();
    assert!(service(&core, &api()).await.is_some());
    let source = core.read(|e| e.source.clone()).await;
    assert_eq!((source.held, source.errors, source.rejected), (1, 1, None));
    declared.faults.clear();
    core.accept_repository(declared).await.unwrap();
    assert!(service(&core, &api()).await.is_none(), "mended without it, it is really gone");
}

#[tokio::test]
async fn a_database_from_before_declared_things_had_rows_is_taken_over_without_loss() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let pushed = path("acme/shop/prod/eu-1/pushed");
    say(&core, &pushed, Status::Operational).await;
    core.stop().await;
    for table in ["declared", "reconciled", "heard"] {
        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new("DELETE FROM ");
        query.push(table);
        query.build().execute(&stage.database().await).await.unwrap();
    }
    let core = stage.open(None).await;
    let in_force = core.state().things.len();
    let retired = |fact: &Fact| matches!(fact, Fact::ServiceRetired(_) | Fact::BudgetRemoved(_));
    core.accept_repository(repository()).await.unwrap();
    assert_eq!(count(&core, retired).await, 0);
    assert_eq!(core.state().things.len(), in_force, "everything was known already");
    core.accept_repository(without(&api())).await.unwrap();
    assert_eq!(count(&core, retired).await, 1);
    assert!(service(&core, &pushed).await.is_some());
}

#[tokio::test]
async fn a_backup_of_a_namespace_is_recorded_for_the_services_declared_there() {
    let stage = Stage::new();
    let mut declared = repository();
    let service_in = Arc::make_mut(declared.registry.services.get_mut(&db()).unwrap());
    service_in.namespace = Some("payments".to_owned());
    service_in.backup = Some(itops::domain::health::Backup { expected: true, max_age_days: 1, ..Default::default() });
    let core = stage.open(Some(declared)).await;
    let target = BackupTarget::Namespace("payments".to_owned());
    let many = core.report_backup(KEY, target, BackupOutcome::Success, None, String::new(), None).await.unwrap();
    assert_eq!(many, 1);
    assert!(service(&core, &db()).await.unwrap().backup.unwrap().last_success.is_some());
}
