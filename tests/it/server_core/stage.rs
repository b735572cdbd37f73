//! A folder, a clock, and short ways to say what the tests need.

use std::{collections::BTreeMap, sync::Arc};

use itops::{
    domain::{
        access::{Level, User},
        change::Fact,
        detail::NewTicket,
        gitops::{DeclaredService, Place, Registry, Repository},
        health::{Criticality, Dependency, Health, Service, Status, report::HealthReport},
        hierarchy::{ScopedName, ServicePath},
        samples,
        sla::{DeclaredGroup, Target, Tier},
        tickets::{Catalog, Group, Item, Role, Ticket, TicketStatus, Transition, Workflow},
        time::Timestamp,
    },
    server::service::{BootstrapUser, Core, CoreSettings, Failure, StartError},
    world::World,
};

pub const T0: Timestamp = Timestamp::from_ms(1_750_000_000_000);
pub const KEY: &str = "probe";

pub struct Stage {
    pub dir: tempfile::TempDir,
    pub world: World,
}

impl Stage {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), world: World::fake(T0) }
    }

    pub fn settings(&self) -> CoreSettings {
        CoreSettings {
            operator_keys: vec![(KEY.to_owned(), "operator-secret".to_owned())],
            default_every_ms: 60_000,
            ..CoreSettings::new(self.dir.path().join("data"), "a secret of thirty-two characters")
        }
    }

    pub fn with_users(&self) -> CoreSettings {
        let account = |name: &str, level| BootstrapUser {
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            password: format!("{name} password"),
            level,
            superadmin: false,
        };
        CoreSettings {
            bootstrap_users: vec![account("oncall", Level::Operator), account("requester", Level::User)],
            ..self.settings()
        }
    }

    pub async fn open(&self, repository: Option<Repository>) -> Core {
        Core::open(self.settings(), repository, self.world.clone()).await.unwrap()
    }

    /// Let go of `core` without a stop, as when the process is killed, and open what it left.
    pub async fn reopen(&self, core: Core) -> Core {
        self.reopen_with(core, self.settings()).await
    }

    pub async fn reopen_with(&self, core: Core, settings: CoreSettings) -> Core {
        drop(core);
        loop {
            // Its writer ends by itself, a moment later.
            match Core::open(settings.clone(), None, self.world.clone()).await {
                Err(StartError::Store(said)) if said.contains("another core") => tokio::task::yield_now().await,
                opened => return opened.unwrap(),
            }
        }
    }

    /// How many rows a table has, seen from outside the core.
    pub async fn rows(&self, table: &'static str) -> i64 {
        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new("SELECT COUNT(*) FROM ");
        query.push(table);
        query.build_query_scalar().fetch_one(&self.database().await).await.unwrap()
    }

    pub async fn database(&self) -> sqlx::SqlitePool {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.dir.path().join("data/itops.db"));
        sqlx::SqlitePool::connect_with(options).await.unwrap()
    }
}

pub fn path(text: &str) -> ServicePath {
    ServicePath::parse(text).unwrap()
}

pub fn db() -> ServicePath {
    path("acme/shop/prod/eu-1/db")
}

pub fn api() -> ServicePath {
    path("acme/shop/prod/eu-1/api")
}

/// What whoever pushes with [`KEY`] in this cluster is called.
pub fn pusher() -> String {
    format!("{KEY}@acme/shop/prod/eu-1")
}

pub fn report(path: &ServicePath, status: Status, message: &str) -> HealthReport {
    samples::report(path.as_str(), status, message)
}

pub async fn say(core: &Core, path: &ServicePath, status: Status) {
    core.report_health(KEY, report(path, status, "")).await.unwrap();
}

pub async fn service(core: &Core, path: &ServicePath) -> Option<Service> {
    core.read(|estate| estate.services.get(path).cloned()).await
}

pub async fn health(core: &Core, path: &ServicePath) -> Health {
    service(core, path).await.unwrap().health
}

pub async fn tickets(core: &Core) -> Vec<Ticket> {
    core.read(|estate| estate.tickets.values().cloned().collect()).await
}

pub fn user(name: &str, level: Level) -> User {
    User {
        id: itops::domain::access::UserId(format!("local:{name}")),
        name: name.to_owned(),
        email: String::new(),
        level,
        superadmin: false,
        read_only: false,
    }
}

pub fn oncall() -> User {
    user("oncall", Level::Operator)
}

pub fn requester() -> User {
    user("requester", Level::User)
}

pub fn wanted(title: &str) -> NewTicket {
    NewTicket { title: title.to_owned(), ..NewTicket::default() }
}

pub fn place(line: u32) -> Place {
    Place { file: "platform/values.yaml".into(), line, column: 1, end_line: line }
}

pub fn declared(path: &ServicePath) -> DeclaredService {
    DeclaredService {
        display_name: path.service().to_uppercase(),
        description: "As declared".to_owned(),
        kind: "database".to_owned(),
        team: "storage".to_owned(),
        tags: vec!["core".to_owned()],
        criticality: Some(Criticality::Critical),
        every_ms: Some((60_000, false)),
        ..DeclaredService::new(path.clone(), place(3))
    }
}

pub fn needs(path: &ServicePath) -> Dependency {
    Dependency { path: path.clone(), critical: true }
}

/// `db`, and `api` that cannot work without it, both critical and in the group `checkout`; one item on one workflow.
pub fn repository() -> Repository {
    let in_group = |path: &ServicePath| DeclaredService { sla_group: Some("checkout".to_owned()), ..declared(path) };
    let api = DeclaredService { requires: vec![needs(&db())], ..in_group(&api()) };
    let services = [in_group(&db()), api].into_iter().map(|s| (s.path.clone(), Arc::new(s))).collect();
    let target = Target::from_millionths(999_000).unwrap();
    let group = DeclaredGroup {
        display_name: "Checkout".to_owned(),
        place: Some(place(9)),
        ..DeclaredGroup::new("checkout", Tier("critical".to_owned()), target)
    };
    let registry = Registry {
        services,
        sla_groups: BTreeMap::from([("checkout".to_owned(), group)]),
        org: "acme".to_owned(),
        workflows: workflows(),
        catalog: Catalog { categories: Vec::new(), items: items() },
        groups: BTreeMap::from([("acme/dba".to_owned(), dba())]),
        providers: Vec::new(),
    };
    Repository { revision: Some("c0ffee".to_owned()), registry, ..Repository::default() }
}

/// The same, with a report expected every `every_ms` milliseconds.
pub fn reported_every(every_ms: i64) -> Repository {
    let mut repository = repository();
    for service in repository.registry.services.values_mut() {
        Arc::make_mut(service).every_ms = Some((every_ms, false));
    }
    repository
}

fn dba() -> Group {
    Group {
        name: ScopedName::full("acme/dba"),
        users: vec!["dba-oncall".to_owned()],
        ldap_group: None,
        place: Some(place(30)),
    }
}

fn workflows() -> BTreeMap<String, Arc<Workflow>> {
    use TicketStatus::{Closed, InProgress, Open, Resolved};
    let arrow = |from, to, role, line| Transition { from, to, role, place: Some(place(line)) };
    let workflow = Workflow {
        name: ScopedName::full("acme/incident_response"),
        display_name: "Incident".to_owned(),
        transitions: vec![
            arrow(Open, InProgress, Role::Assignee, 41),
            arrow(InProgress, Resolved, Role::Group("dba".to_owned()), 42),
            arrow(Resolved, Closed, Role::Requester, 43),
            arrow(Resolved, InProgress, Role::Any, 44),
        ],
        place: Some(place(40)),
    };
    BTreeMap::from([("acme/incident_response".to_owned(), Arc::new(workflow))])
}

fn items() -> BTreeMap<String, Item> {
    let item = |name: &str| Item {
        name: ScopedName::full(name),
        category: "incidents".to_owned(),
        display_name: "Service down".to_owned(),
        description: String::new(),
        workflow: "incident_response".to_owned(),
        priority: None,
        assignee_group: Some("dba".to_owned()),
        response_minutes: Some(7),
        resolution_minutes: None,
        place: Some(place(50)),
    };
    ["acme/service_down", "acme/shop/dev/dev_only"].into_iter().map(|name| (name.to_owned(), item(name))).collect()
}

pub fn refusal(failure: Failure) -> itops::domain::refusal::Refusal {
    match failure {
        Failure::Refused(refusal) | Failure::Stale(refusal, _) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Words of all facts in the log, in order.
pub async fn words(core: &Core) -> Vec<&'static str> {
    core.recent_changes(10_000).await.iter().map(|change| change.fact.word()).collect()
}

pub async fn count(core: &Core, wanted: impl Fn(&Fact) -> bool) -> usize {
    core.recent_changes(10_000).await.iter().filter(|change| wanted(&change.fact)).count()
}
