//! What is published is what is served, and what the client speaks.

mod attention;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

use async_graphql::{
    Request, ServerError, ServerResult, ValidationResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextValidation},
};
use futures_util::StreamExt;
use itops::{
    client,
    domain::{
        access::{AuthProvider, Encryption, GroupMapping, LdapProvider, PasswordSource, UserAttributes, UserId},
        attention::{Concern, Lapse, Subject},
        change::{Actor, Change, Fact, Seq},
        detail::Commit,
        estate::{Estate, Snapshot, SourceSummary},
        gitops::Place,
        health::{Backup, BackupOutcome, Criticality, Dependency, Health, Origin, Service, Silence, Status, Storage},
        hierarchy::{ScopedName, ServicePath},
        sla::{
            Aggregation, Alert, AlertSeverity, Budget, BudgetState, Burn, ExclusionWindow, Exhaustion, Period,
            SlaGroup, Target, Tier, Window, WindowScope,
        },
        tickets::{
            Catalog, Category, Cause, Clock, ClockKind, Clocks, Entry, EntryKind, Explanation, Grant, Group, Item,
            Membership, Priority, Role, Ticket, TicketStatus, Transition, Workflow,
        },
        time::Timestamp,
    },
    server::{graphql, http, rest, wire},
};

use attention::{failing, handled};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_published_schema_is_the_one_that_is_served() {
    let file = Path::new(ROOT).join("assets/schema.graphql");
    let served = graphql::sdl();
    if std::env::vars().any(|(name, value)| name == "ITOPS_BLESS" && value == "1") {
        std::fs::write(&file, &served).unwrap();
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(published == served, "assets/schema.graphql is not what is served; run again with ITOPS_BLESS=1");
}

#[test]
fn the_published_rest_description_names_every_route_and_nothing_else() {
    let published: serde_json::Value = serde_json::from_str(rest::OPENAPI).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in published["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert((method.clone(), path.clone()));
        }
    }
    let served: BTreeSet<_> = http::ROUTES.iter().map(|(m, p)| ((*m).to_owned(), (*p).to_owned())).collect();
    assert_eq!(described, served);
}

#[test]
fn every_reference_of_the_rest_description_leads_somewhere() {
    let published: serde_json::Value = serde_json::from_str(rest::OPENAPI).unwrap();
    let mut open = vec![&published];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::Object(map) => {
                if let Some(target) = map.get("$ref").and_then(|r| r.as_str()) {
                    seen += 1;
                    assert!(published.pointer(target.trim_start_matches('#')).is_some(), "{target}");
                }
                open.extend(map.values());
            }
            serde_json::Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(seen > 20);
}

/// Notes what validation says and lets nothing be run.
#[derive(Clone, Default)]
struct ValidateOnly(Arc<Mutex<Option<Verdict>>>);

type Verdict = Result<(), Vec<ServerError>>;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for ValidateOnly {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        next.run(ctx, request).await
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await;
        *self.0.lock().unwrap() = Some(result.as_ref().map(|_| ()).map_err(Clone::clone));
        result.and(Err(Vec::new()))
    }
}

/// A value for every variable that any document has.
fn variables() -> Variables {
    Variables::from_json(serde_json::json!({
        "email": "e", "password": "p", "provider": null, "refreshToken": "r", "path": "a/b/c/d/e", "name": "n",
        "number": 1, "version": 1, "idempotencyKey": "k", "to": "OPEN", "comment": "c", "text": "t",
        "priority": "LOW", "file": "f", "commit": "c", "from": null, "limit": 5, "epoch": "e", "after": "1",
        "act": { "kind": "take" }, "until": "2026-11-27T12:00:00Z",
        "problem": { "kind": "service", "name": "a/b/c/d/e", "reason": "down" }, "numbers": [1], "group": "g", "note": "n",
        "window": { "scope": "group", "name": "g", "reason": "r" }, "month": "2026-10", "first": 1000,
        "filter": { "periodType": "DAILY", "monthsBack": 1 },
        "input": { "item": null, "title": "t", "description": "", "service": null, "priority": null },
    }))
}

#[tokio::test]
async fn every_document_of_the_client_fits_the_schema() {
    for (name, document) in client::graphql::DOCUMENTS {
        let check = ValidateOnly::default();
        let schema = graphql::builder().extension(check.clone()).finish();
        let mut variables = variables();
        if document.starts_with("mutation Assign") {
            variables.insert(async_graphql::Name::new("to"), async_graphql::Value::String("oncall".to_owned()));
        }
        let request = Request::new(*document).variables(variables);
        let answer = schema.execute_stream(request).next().await;
        let verdict = check.0.lock().unwrap().take();
        assert!(matches!(verdict, Some(Ok(()))), "{name}: {verdict:?} {answer:?}");
    }
}

#[test]
fn the_client_follows_the_log_with_the_document_whose_bytes_are_shared() {
    let client: Vec<_> = client::stream::frames::CHANGES.split_whitespace().collect();
    let server: Vec<_> = graphql::socket::SHARED_DOCUMENT.split_whitespace().collect();
    assert_eq!(client, server);
    assert_eq!(client::stream::frames::PROTOCOL, graphql::socket::PROTOCOL);
}

#[test]
fn a_snapshot_is_read_back_as_it_was_written() {
    let snapshot = snapshot();
    let gzip = wire::snapshot::encode(snapshot.clone()).unwrap();
    let plain = wire::snapshot::plain(&gzip).unwrap();
    let read: client::wire::snapshot::SnapshotShape = serde_json::from_slice(&plain).unwrap();
    assert_eq!(Snapshot::from(read), snapshot);
}

#[test]
fn ten_thousand_services_fit_into_two_megabytes() {
    let mut snapshot = snapshot();
    snapshot.estate.services = (0..10_000_u32)
        .map(|n| {
            let path = ServicePath::parse(&format!("acme/shop-{}/prod/eu-{}/svc-{n}", n % 40, n % 7)).unwrap();
            let mut one = service();
            // Times, figures and words that differ as they do in life: a constant would compress to nothing.
            let noise = i64::from(n.wrapping_mul(2_654_435_761));
            one.health.since = at(noise);
            one.health.last_seen = Some(at(noise / 3));
            one.health.message = format!("{noise:x} of {n}");
            one.storage = Some(Storage { used_bytes: u64::from(n) * 7_919, ..storage() });
            one.display_name = format!("Service {n}");
            one.first_seen = at(noise / 7);
            one.path = path;
            one
        })
        .collect();
    let gzip = wire::snapshot::encode(snapshot).unwrap();
    assert!(gzip.len() < 2 << 20, "{} bytes", gzip.len());
}

#[test]
fn tickets_of_one_workflow_share_it_after_reading() {
    let mut snapshot = snapshot();
    let other = Ticket { number: 8, workflow: Arc::new(workflow()), ..ticket() };
    snapshot.estate.tickets.insert(8, other);
    let plain = wire::snapshot::plain(&wire::snapshot::encode(snapshot).unwrap()).unwrap();
    let read: client::wire::snapshot::SnapshotShape = serde_json::from_slice(&plain).unwrap();
    let tickets = Snapshot::from(read).estate.tickets;
    assert!(Arc::ptr_eq(&tickets[&7].workflow, &tickets[&8].workflow));
}

#[test]
fn every_kind_of_change_is_read_back_as_it_was_written() {
    let actors = [
        Actor::User { id: UserId("local:oncall".to_owned()), name: "oncall".to_owned() },
        Actor::Reporter("probe".to_owned()),
        Actor::Git(Some("c0ffee".to_owned())),
        Actor::Git(None),
        Actor::System,
    ];
    for (index, fact) in facts().into_iter().enumerate() {
        let actor = actors[index % actors.len()].clone();
        let change = Change { seq: Seq(index as u64 + 1), at: at(index as i64), actor, fact };
        let written = serde_json::to_string(&wire::change::ChangeView::from(&change)).unwrap();
        let read: client::wire::change::ChangeShape = serde_json::from_str(&written).unwrap();
        assert_eq!(read.read().unwrap(), change, "{written}");
    }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_750_000_000_000 + ms)
}

fn path(service: &str) -> ServicePath {
    ServicePath::parse(&format!("acme/shop/prod/eu-1/{service}")).unwrap()
}

fn place(line: u32) -> Option<Place> {
    Some(Place { file: "services/db.yaml".into(), line, column: 3, end_line: line + 2 })
}

fn health() -> Health {
    Health {
        status: Status::Down,
        since: at(1),
        last_seen: Some(at(2)),
        message: "disk gone\nsecond line".to_owned(),
        replicas: Some((1, 3)),
        reporter: "probe".to_owned(),
        every_ms: 30_000,
        every_is_assumed: true,
        silence: Some(Silence { from: at(3), last_known: Status::Degraded }),
    }
}

fn storage() -> Storage {
    Storage {
        allocated_bytes: 1 << 40,
        used_bytes: 1 << 39,
        storage_type: "pvc".to_owned(),
        mount_path: "/var/lib/db".to_owned(),
        at: at(4),
    }
}

fn backup() -> Backup {
    Backup {
        expected: true,
        max_age_days: 2,
        schedule: "0 3 * * *".to_owned(),
        last_success: Some(at(5)),
        last_report: Some((at(6), BackupOutcome::Partial)),
        size_bytes: Some(12),
        message: "half".to_owned(),
    }
}

fn service() -> Service {
    Service {
        path: path("db"),
        display_name: "Datenbank ünïcode".to_owned(),
        description: "Orders.\nAnd more.".to_owned(),
        kind: "database".to_owned(),
        team: "storage".to_owned(),
        tags: vec!["storage".to_owned(), "core".to_owned()],
        criticality: Criticality::Critical,
        sla_group: Some("gold".to_owned()),
        runbook: Some("https://runbooks.example/db".to_owned()),
        requires: vec![Dependency { path: path("disk"), critical: true }],
        used_by: vec![path("api")],
        origin: Origin::Git,
        declared_at: place(1),
        health: health(),
        storage: Some(storage()),
        backup: Some(backup()),
        first_seen: at(0),
        expected_reporter: Some("cronjob/ops/db".to_owned()),
        clock_ahead_ms: Some(-720_000),
    }
}

/// As little as a service can have.
fn bare() -> Service {
    Service {
        display_name: "Bare".to_owned(),
        origin: Origin::Push,
        health: Health { every_ms: 1, ..Health::default() },
        first_seen: at(0),
        expected_reporter: None,
        ..itops::testing::estate::service(&path("bare"), Status::Unknown, Criticality::Low, 0)
    }
}

fn workflow() -> Workflow {
    let arrow = |from, to, role, place| Transition { from, to, role, place };
    Workflow {
        name: ScopedName::full("acme/incident"),
        display_name: "Incident".to_owned(),
        transitions: vec![
            arrow(TicketStatus::Open, TicketStatus::InProgress, Role::Assignee, place(4)),
            arrow(TicketStatus::InProgress, TicketStatus::Resolved, Role::Group("dba".to_owned()), None),
        ],
        place: place(3),
    }
}

fn ticket() -> Ticket {
    Ticket {
        number: 7,
        version: 3,
        title: "db is down".to_owned(),
        description: "since\nnoon".to_owned(),
        service: Some(path("db")),
        workflow: Arc::new(workflow()),
        revision: Some("0ldc0de".to_owned()),
        item: Some("acme/service_down".to_owned()),
        requester: Actor::System,
        assignee: Some((UserId("local:oncall".to_owned()), "oncall".to_owned())),
        assignee_group: Some("dba".to_owned()),
        priority: Priority::Critical,
        status: TicketStatus::InProgress,
        automatic: true,
        cause: Some(Cause {
            since: at(6),
            status: Status::Down,
            message: "no answer\nat all".to_owned(),
            reporter: "probe".to_owned(),
        }),
        folded_into: Some(5),
        opened_at: at(7),
        updated_at: at(8),
        clocks: Clocks {
            response: Clock {
                allowed_ms: 1,
                used_ms: 2,
                running_since: None,
                is_fixed: true,
                breached_since: Some(at(10)),
            },
            resolution: Clock { used_ms: 4, ..Clock::started(3, at(9)) },
        },
        comments: 2,
    }
}

fn entry(kind: EntryKind) -> Entry {
    Entry {
        index: 2,
        at: at(8),
        actor: Actor::User { id: UserId("ldap:7".to_owned()), name: "dba-oncall".to_owned() },
        acted_as: "member of acme/dba".to_owned(),
        version: 3,
        kind,
        allowed_by: place(4),
        revision: Some("c0ffee".to_owned()),
        grant: Some(Grant {
            role: Some(Role::Group("dba".to_owned())),
            explanation: Some(Explanation {
                tried: vec!["acme/shop/dba".to_owned(), "acme/dba".to_owned()],
                matched: Some("acme/dba".to_owned()),
                membership: Some(Membership::Inherited("acme/dba".to_owned())),
            }),
            right: "acts for a group he is in".to_owned(),
        }),
    }
}

fn budget() -> SlaGroup {
    SlaGroup {
        name: "gold".to_owned(),
        display_name: "Gold".to_owned(),
        tier: Tier("critical".to_owned()),
        aggregation: Aggregation::Mean,
        maintenance_is_down: true,
        members: vec![path("db"), path("api")],
        budget: Budget {
            target: Target::from_millionths(999_500).unwrap(),
            period: Period::Quarter,
            from: at(0),
            as_of: at(10),
            span_ms: 10,
            uptime_millionths: Some(999_999),
            worst_case_millionths: Some(5),
            coverage_millionths: 500_000,
            allowed_ms: 100,
            down_ms: 300,
            maintenance_ms: 7,
            burns: vec![
                Burn { window: Window(300_000), thousandths: Some(14_400) },
                Burn { window: Window(3_600_000), thousandths: None },
            ],
            alerts: vec![
                Alert {
                    severity: AlertSeverity::Page,
                    long: Window(3_600_000),
                    short: Window(300_000),
                    factor_thousandths: 14_400,
                    firing: true,
                    reachable: true,
                },
                Alert {
                    severity: AlertSeverity::Ticket,
                    long: Window(86_400_000),
                    short: Window(7_200_000),
                    factor_thousandths: 3_000,
                    firing: false,
                    reachable: false,
                },
            ],
            state: BudgetState::Breached,
            exhaustion: Exhaustion::Exhausted(Some(at(7))),
            exhausted_if_down_at: Some(at(8)),
        },
        place: place(9),
    }
}

fn directory() -> LdapProvider {
    LdapProvider {
        host: "ldap.example".to_owned(),
        port: 636,
        encryption: Encryption::Ldaps,
        base_dn: "dc=example".to_owned(),
        bind_dn: "cn=itops,dc=example".to_owned(),
        password: PasswordSource::SecretRef { name: "ldap".to_owned(), key: "bindPassword".to_owned() },
        user_filter: "(uid=%s)".to_owned(),
        group_filter: "(member=%s)".to_owned(),
        attributes: UserAttributes {
            username: "uid".to_owned(),
            email: "mail".to_owned(),
            display_name: "cn".to_owned(),
        },
        mappings: vec![GroupMapping {
            ldap: "cn=dba,dc=example".to_owned(),
            group: "acme/dba".to_owned(),
            place: place(31),
        }],
    }
}

fn source() -> SourceSummary {
    let item = Item {
        name: ScopedName::full("acme/service_down"),
        category: "incidents".to_owned(),
        display_name: "Service down".to_owned(),
        description: "It is\ndown".to_owned(),
        workflow: "incident".to_owned(),
        priority: Some(Priority::High),
        assignee_group: Some("dba".to_owned()),
        response_minutes: Some(5),
        resolution_minutes: None,
        place: place(20),
    };
    let group = Group {
        name: ScopedName::full("acme/dba"),
        users: vec!["dba-oncall".to_owned()],
        ldap_group: Some("CN=dba".to_owned()),
        place: place(30),
    };
    let provider = AuthProvider {
        name: "local".to_owned(),
        display_name: "Local".to_owned(),
        kind: "local".to_owned(),
        enabled: true,
        is_default: true,
        min_password_length: 12,
        require_uppercase: true,
        require_digit: true,
        ldap: Some(directory()),
    };
    SourceSummary {
        revision: Some("c0ffee".to_owned()),
        commit: Some(Commit {
            id: "c0ffee".into(),
            author: "Platform Team".to_owned(),
            at: at(10),
            subject: "Tell the truth".to_owned(),
        }),
        read_at: at(11),
        checked_at: at(13),
        files: 9,
        errors: 1,
        warnings: 2,
        rejected: Some("ticketing: 1 error".to_owned()),
        held: 2,
        org: "acme".to_owned(),
        workflows: [("acme/incident".to_owned(), Arc::new(workflow()))].into(),
        catalog: Catalog {
            categories: vec![Category {
                name: "incidents".to_owned(),
                display_name: "Incidents".to_owned(),
                place: None,
            }],
            items: [("acme/service_down".to_owned(), item)].into(),
        },
        groups: [("acme/dba".to_owned(), group)].into(),
        providers: vec![provider],
    }
}

fn window(is_stopped: bool) -> ExclusionWindow {
    let by = Actor::User { id: UserId("local:oncall".to_owned()), name: "oncall".to_owned() };
    let scope = match is_stopped {
        true => WindowScope::Service(path("db")),
        false => WindowScope::Group("gold".to_owned()),
    };
    ExclusionWindow {
        id: if is_stopped { 2 } else { 1 },
        scope,
        from: at(1),
        to: is_stopped.then(|| at(9)),
        reason: "new disks".to_owned(),
        opened_by: Actor::Reporter("ci".to_owned()),
        opened_at: at(2),
        stopped: is_stopped.then(|| (by, at(9))),
    }
}

fn snapshot() -> Snapshot {
    let services = [service(), bare()].into_iter().collect();
    let estate = Estate {
        services,
        tickets: [(7, ticket())].into(),
        budgets: [("gold".to_owned(), budget())].into(),
        windows: [(1, window(false)), (2, window(true))].into(),
        handled: handled().into_iter().map(|h| (h.key(), h)).collect(),
        failing_receivers: vec![failing()],
        source: source(),
        simulated: true,
        production: vec!["prod".to_owned()],
    };
    Snapshot { epoch: "e1".to_owned(), seq: Seq(u64::MAX - 1), at: at(12), estate }
}

fn facts() -> Vec<Fact> {
    let ticket_fact = |kind| Fact::TicketChanged { ticket: Box::new(ticket()), entry: Box::new(entry(kind)) };
    let moved = |comment: &str| EntryKind::Moved {
        from: TicketStatus::Open,
        to: TicketStatus::InProgress,
        comment: comment.to_owned(),
    };
    vec![
        Fact::ServiceDeclared(Arc::new(service())),
        Fact::ServiceRetired(path("old")),
        Fact::HealthChanged { path: path("db"), was: Status::Operational, health: health() },
        Fact::StorageChanged { path: path("db"), storage: storage() },
        Fact::BackupChanged { path: path("db"), backup: backup() },
        ticket_fact(EntryKind::Opened),
        ticket_fact(moved("on it")),
        ticket_fact(moved("")),
        ticket_fact(EntryKind::Assigned { from: None, to: Some("oncall".to_owned()) }),
        ticket_fact(EntryKind::HandedOver {
            from: Some("oncall".to_owned()),
            to: None,
            group: Some("dba".to_owned()),
            note: "two\nlines".to_owned(),
        }),
        ticket_fact(EntryKind::Breached { clock: ClockKind::Resolution, since: at(5) }),
        ticket_fact(EntryKind::Prioritised { from: Priority::Low, to: Priority::Critical }),
        ticket_fact(EntryKind::Commented { text: "two\nlines".to_owned() }),
        Fact::BudgetChanged(Box::new(budget())),
        Fact::BudgetRemoved("gold".to_owned()),
        Fact::WindowChanged(Box::new(window(false))),
        Fact::WindowChanged(Box::new(window(true))),
        Fact::ReceiversChanged(vec![failing()]),
        Fact::ReceiversChanged(Vec::new()),
        Fact::SourceRead(Box::new(source())),
    ]
    .into_iter()
    .chain(handled().into_iter().map(|h| Fact::ProblemHandled(Box::new(h))))
    .chain(Lapse::ALL.map(|why| Fact::HandlingLapsed {
        subject: Subject::Service(path("db")),
        concern: Concern::Backup,
        why,
    }))
    .collect()
}
