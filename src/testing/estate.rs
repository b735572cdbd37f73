//! A small estate: some thirty services of two platforms, with an outage, its symptoms, a silent agent, an undeclared
//! reporter, a full disk, an overdue backup, budgets in every state, and tickets on every clock.

use std::{collections::BTreeMap, sync::Arc};

use super::source;
use crate::domain::{
    access::{Level, User, UserId},
    change::{Actor, Seq},
    estate::{Estate, Snapshot},
    gitops::Place,
    health::{
        Backup, BackupOutcome, Criticality, Dependency, Health, Origin, Service, Services, Silence, Status, Storage,
    },
    hierarchy::{ScopedName, ServicePath},
    sla::{
        Aggregation, Alert, AlertSeverity, Budget, BudgetState, Burn, ExclusionWindow, Exhaustion, Period, SlaGroup,
        Target, Tier, WINDOWS, Window, WindowScope,
    },
    tickets::{Clocks, Priority, Role, Ticket, TicketStatus, Transition, Workflow},
    time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
};

/// Now, in this estate: 2026-03-02 08:15:00 UTC.
pub const AT: Timestamp = Timestamp::from_ms(1_772_439_300_000);
/// Commit in force.
pub const REVISION: &str = "4be1f0c2a97d53e86b1d0f7a2c4e9b8d6f13a570";

/// The path of a service that is known to be one.
///
/// # Panics
/// When it is none.
#[allow(clippy::expect_used, reason = "builders for tests name whole paths")]
pub fn path(text: &str) -> ServicePath {
    ServicePath::parse(text).expect("a whole path")
}

/// The moment so many minutes before [`AT`].
pub const fn ago(minutes: i64) -> Timestamp {
    AT.plus(-minutes * MINUTE)
}

/// A place in the repository.
pub fn place(file: &str, line: u32, end_line: u32) -> Place {
    Place { file: file.into(), line, column: 3, end_line }
}

/// The operator who sits before the screen in tests.
pub fn operator() -> User {
    User {
        id: UserId("local:oncall".to_owned()),
        name: "oncall".to_owned(),
        email: "oncall@acme.example".to_owned(),
        level: Level::Operator,
        superadmin: false,
        read_only: false,
    }
}

/// Everything, as a snapshot.
pub fn snapshot() -> Snapshot {
    Snapshot { epoch: "first".to_owned(), seq: Seq(4_200), at: AT, estate: estate() }
}

/// Everything.
pub fn estate() -> Estate {
    let services: Services = services().into_iter().collect();
    Estate {
        budgets: budgets(),
        windows: BTreeMap::new(),
        handled: BTreeMap::new(),
        failing_receivers: Vec::new(),
        tickets: tickets().into_iter().map(|t| (t.number, t)).collect(),
        source: source::source(),
        simulated: true,
        production: vec!["prod".to_owned()],
        services,
    }
}

/// A window in force, without an end.
pub fn window(id: u64, scope: WindowScope) -> ExclusionWindow {
    ExclusionWindow {
        id,
        scope,
        from: ago(90),
        to: None,
        reason: "new disks".to_owned(),
        opened_by: Actor::User { id: operator().id, name: operator().name },
        opened_at: ago(90),
        stopped: None,
    }
}

/// An estate of `count` healthy and less healthy services under some nodes: for measuring.
pub fn large(count: usize) -> Estate {
    let mut services = Services::default();
    for index in 0..count {
        let at = path(&format!(
            "acme/p{}/{}/c{}/svc-{index:06}",
            index % 10,
            ["prod", "stage", "dev"][index / 10 % 3],
            index / 30 % 20
        ));
        let status = match index % 97 {
            0 => Status::Down,
            1 | 2 => Status::Degraded,
            3 => Status::Unknown,
            _ => Status::Operational,
        };
        services.insert(service(&at, status, Criticality::ALL[index % 4], 40));
    }
    Estate { services, production: vec!["prod".to_owned()], ..Estate::default() }
}

/// A service that Git declares, in `status` for so many minutes.
pub fn service(path: &ServicePath, status: Status, criticality: Criticality, minutes: i64) -> Service {
    let words: Vec<String> = path.service().split('-').map(|w| w[..1].to_uppercase() + &w[1..]).collect();
    Service {
        path: path.clone(),
        display_name: words.join(" "),
        description: String::new(),
        kind: "service".to_owned(),
        team: String::new(),
        tags: Vec::new(),
        criticality,
        sla_group: None,
        runbook: None,
        requires: Vec::new(),
        used_by: Vec::new(),
        origin: Origin::Git,
        declared_at: None,
        health: Health {
            status,
            since: ago(minutes),
            last_seen: Some(AT.plus(-20 * SECOND)),
            message: String::new(),
            replicas: None,
            reporter: path.node().as_str().to_owned(),
            every_ms: 30 * SECOND,
            every_is_assumed: false,
            silence: None,
        },
        storage: None,
        backup: None,
        first_seen: AT.plus(-90 * DAY),
        expected_reporter: Some(path.node().as_str().to_owned()),
        clock_ahead_ms: None,
    }
}

fn services() -> Vec<Service> {
    use Criticality::{Critical, High, Low, Medium};
    use Status::{Degraded, Down, Maintenance, Operational, Unknown};
    // path, status, criticality, minutes in that status, team, group, kind
    type Line = (&'static str, Status, Criticality, i64, &'static str, Option<&'static str>, &'static str);
    const LINES: &[Line] = &[
        ("acme/shop/prod/eu-1/checkout", Operational, Critical, 14_000, "shop", Some("storefront"), "service"),
        ("acme/shop/prod/eu-1/catalog", Operational, High, 9_000, "shop", Some("storefront"), "service"),
        ("acme/shop/prod/eu-1/cart", Degraded, High, 26, "shop", Some("storefront"), "service"),
        ("acme/shop/prod/eu-1/payment-api", Down, Critical, 11, "payments", Some("payments"), "service"),
        ("acme/shop/prod/eu-1/payment-db", Down, Critical, 12, "payments", Some("payments"), "database"),
        ("acme/shop/prod/eu-1/fraud-check", Operational, High, 20_000, "payments", Some("payments"), "service"),
        ("acme/shop/prod/eu-1/search", Operational, Medium, 3_000, "shop", None, "service"),
        ("acme/shop/prod/eu-1/mailer", Maintenance, Low, 95, "shop", None, "service"),
        ("acme/shop/prod/eu-1/redis", Operational, High, 41_000, "platform", Some("storefront"), "cache"),
        ("acme/shop/prod/eu-2/checkout", Operational, Critical, 14_000, "shop", Some("storefront"), "service"),
        ("acme/shop/prod/eu-2/catalog", Operational, High, 8_000, "shop", Some("storefront"), "service"),
        ("acme/shop/stage/eu-1/checkout", Operational, Low, 300, "shop", None, "service"),
        ("acme/shop/stage/eu-1/catalog", Down, Low, 2_900, "shop", None, "service"),
        ("acme/shop/stage/eu-1/payment-api", Operational, Low, 300, "payments", None, "service"),
        ("acme/shop/dev/local/checkout", Unknown, Low, 40_000, "shop", None, "service"),
        ("acme/data/prod/eu-1/warehouse", Operational, High, 60_000, "data", Some("analytics"), "database"),
        ("acme/data/prod/eu-1/kafka-0", Operational, Critical, 30_000, "data", Some("analytics"), "queue"),
        ("acme/data/prod/eu-1/kafka-1", Operational, Critical, 30_000, "data", Some("analytics"), "queue"),
        ("acme/data/prod/eu-1/etl-nightly", Degraded, Medium, 420, "data", Some("analytics"), "job"),
        ("acme/data/prod/eu-1/dashboards", Operational, Low, 700, "data", None, "service"),
        ("acme/data/prod/eu-2/ingest-a", Unknown, Medium, 7, "data", Some("ingest"), "service"),
        ("acme/data/prod/eu-2/ingest-b", Unknown, Medium, 7, "data", Some("ingest"), "service"),
        ("acme/data/prod/eu-2/ingest-c", Unknown, High, 7, "data", Some("ingest"), "service"),
        ("acme/infra/prod/metal/galera-1", Operational, Critical, 90_000, "dba", Some("databases"), "database"),
        ("acme/infra/prod/metal/galera-2", Operational, Critical, 90_000, "dba", Some("databases"), "database"),
        ("acme/infra/prod/metal/vault", Operational, Critical, 52_000, "platform", Some("databases"), "service"),
        ("acme/infra/prod/metal/gitlab", Operational, Medium, 1_300, "platform", None, "service"),
        ("acme/unknown/unknown/unknown/cron-host-7", Operational, Medium, 200, "", None, "service"),
    ];
    let mut all: Vec<Service> = LINES
        .iter()
        .enumerate()
        .map(|(index, (text, status, criticality, minutes, team, group, kind))| {
            let at = path(text);
            let mut made = service(&at, *status, *criticality, *minutes);
            made.team = (*team).to_owned();
            made.sla_group = group.map(str::to_owned);
            made.kind = (*kind).to_owned();
            made.tags = vec![(*kind).to_owned()];
            let line = 2 + u32::try_from(index).unwrap_or(0) * 21;
            made.declared_at =
                Some(place(&format!("services/{}.yaml", at.node().as_str().replace('/', "-")), line, line + 18));
            made
        })
        .collect();
    for service in &mut all {
        details(service);
    }
    all
}

fn details(service: &mut Service) {
    let need = |text: &str, critical| Dependency { path: path(text), critical };
    match service.path.as_str() {
        "acme/shop/prod/eu-1/checkout" => {
            service.requires =
                vec![need("acme/shop/prod/eu-1/cart", true), need("acme/shop/prod/eu-1/payment-api", false)];
            service.health.replicas = Some((6, 6));
            service.description = "Takes orders.".to_owned();
        }
        "acme/shop/prod/eu-1/cart" => {
            service.requires = vec![need("acme/shop/prod/eu-1/redis", true)];
            service.health.replicas = Some((2, 3));
            service.health.message = "2 of 3 replicas ready".to_owned();
        }
        "acme/shop/prod/eu-1/payment-api" => {
            service.requires =
                vec![need("acme/shop/prod/eu-1/payment-db", true), need("acme/shop/prod/eu-1/fraud-check", false)];
            service.health.replicas = Some((0, 4));
            service.health.message = "readiness probe: 503 from /healthz".to_owned();
            service.runbook = Some("https://runbooks.acme.example/payments/api".to_owned());
        }
        "acme/shop/prod/eu-1/payment-db" => {
            service.health.replicas = Some((0, 2));
            service.health.message = "no primary elected; last error: disk full on /var/lib/postgresql".to_owned();
            service.runbook = Some("https://runbooks.acme.example/payments/db-failover".to_owned());
            service.description = "PostgreSQL behind payments; two replicas.".to_owned();
            service.storage = Some(storage(200, 199));
            service.backup = Some(backup(1, 30 * HOUR));
        }
        "acme/data/prod/eu-1/warehouse" => {
            service.storage = Some(storage(4000, 2900));
            service.backup = Some(backup(1, 5 * HOUR));
        }
        "acme/data/prod/eu-1/kafka-0" | "acme/data/prod/eu-1/kafka-1" => service.storage = Some(storage(1000, 310)),
        "acme/data/prod/eu-1/etl-nightly" => {
            service.requires = vec![need("acme/data/prod/eu-1/warehouse", true)];
            service.health.message = "step 4 of 9 failed twice, retrying".to_owned();
            service.health.reporter = "etl-key".to_owned();
            service.health.every_ms = DAY;
            service.health.every_is_assumed = true;
        }
        "acme/infra/prod/metal/galera-1" => service.backup = Some(backup(1, 3 * HOUR)),
        "acme/infra/prod/metal/gitlab" => {
            service.storage = Some(storage(500, 476));
            service.backup = Some(backup(7, 11 * DAY));
        }
        "acme/shop/prod/eu-1/mailer" => service.health.message = "queue migration, see change 88".to_owned(),
        "acme/unknown/unknown/unknown/cron-host-7" => {
            service.origin = Origin::Push;
            service.declared_at = None;
            service.health.reporter = "legacy-key".to_owned();
            service.first_seen = ago(200);
        }
        "acme/shop/dev/local/checkout" => {
            service.health.last_seen = None;
            service.health.message = "no report yet".to_owned();
        }
        text if text.starts_with("acme/data/prod/eu-2/") => {
            service.health.silence = Some(Silence { from: ago(7), last_known: Status::Operational });
            service.health.last_seen = Some(ago(7).plus(-30 * SECOND));
            service.health.message = "silent for 7m, expected every 30s".to_owned();
        }
        _ => {}
    }
}

fn storage(gib: u64, used_gib: u64) -> Storage {
    Storage {
        allocated_bytes: gib << 30,
        used_bytes: used_gib << 30,
        storage_type: "pvc".to_owned(),
        mount_path: "/var/lib/data".to_owned(),
        at: ago(14),
    }
}

fn backup(max_age_days: u32, age_ms: i64) -> Backup {
    let at = AT.plus(-age_ms);
    Backup {
        expected: true,
        max_age_days,
        schedule: "0 2 * * *".to_owned(),
        last_success: Some(at),
        last_report: Some((at, BackupOutcome::Success)),
        size_bytes: Some(18 << 30),
        message: String::new(),
    }
}

/// A budget of a rolling 30 days: target in millionths, downtime in minutes, burn over the last hour in thousandths.
///
/// # Panics
/// When the target is none.
#[allow(clippy::expect_used, reason = "builders for tests name real targets")]
pub fn budget(target: u32, down_minutes: i64, burn_1h: i64, state: BudgetState) -> Budget {
    let target = Target::from_millionths(target).expect("a target");
    let period = 30 * DAY;
    let allowed_ms = period / 1_000_000 * i64::from(target.allowed_millionths());
    let down_ms = down_minutes * MINUTE;
    let burns: Vec<Burn> = WINDOWS
        .iter()
        .map(|window| Burn { window: *window, thousandths: Some(burn_1h * HOUR / window.0.max(HOUR)) })
        .collect();
    let alert = |severity, long: i64, short: i64, factor: i64, firing| Alert {
        severity,
        long: Window(long),
        short: Window(short),
        factor_thousandths: factor,
        firing,
        reachable: 1_000_000_000 / i64::from(target.allowed_millionths()) > factor,
    };
    let remaining = allowed_ms - down_ms;
    let uptime = 1_000_000 - u32::try_from(down_ms * 1000 / (period / 1000)).unwrap_or(0);
    Budget {
        target,
        period: Period::Rolling(30),
        from: AT.plus(-period),
        as_of: AT,
        span_ms: period,
        uptime_millionths: Some(uptime),
        worst_case_millionths: Some(uptime - 300),
        coverage_millionths: 998_200,
        allowed_ms,
        down_ms,
        maintenance_ms: 40 * MINUTE,
        burns,
        alerts: vec![
            alert(AlertSeverity::Page, HOUR, 5 * MINUTE, 14_400, burn_1h > 14_400),
            alert(AlertSeverity::Page, 6 * HOUR, 30 * MINUTE, 6_000, burn_1h / 6 > 6_000),
            alert(AlertSeverity::Ticket, DAY, 2 * HOUR, 3_000, burn_1h / 24 > 3_000),
            alert(AlertSeverity::Ticket, 3 * DAY, 6 * HOUR, 1_000, burn_1h / 72 > 1_000),
        ],
        state,
        exhaustion: match (remaining, burn_1h / 6) {
            (..0, _) => Exhaustion::Exhausted(Some(AT.plus(-7 * HOUR))),
            (_, ..=0) => Exhaustion::NotBurning,
            (left, burn) => Exhaustion::In(
                i64::try_from(i128::from(left) * i128::from(period) * 1000 / i128::from(allowed_ms) / i128::from(burn))
                    .unwrap_or(i64::MAX),
            ),
        },
        exhausted_if_down_at: None,
    }
}

fn budgets() -> BTreeMap<String, SlaGroup> {
    let lines = [
        ("payments", "Payments", "critical", {
            // One of its members is down.
            let made = budget(999_900, 3, 200_000, BudgetState::AtRisk);
            Budget { exhausted_if_down_at: Some(AT.plus(made.remaining_ms())), ..made }
        }),
        ("storefront", "Storefront", "high", budget(999_000, 18, 0, BudgetState::Met)),
        ("databases", "Databases", "critical", budget(999_900, 9, 0, BudgetState::Breached)),
        ("analytics", "Analytics", "medium", budget(995_000, 170, 1_400, BudgetState::AtRisk)),
        ("ingest", "Ingest", "medium", {
            let mut made = budget(995_000, 0, 0, BudgetState::Insufficient);
            made.coverage_millionths = 410_000;
            made.uptime_millionths = Some(1_000_000);
            made
        }),
    ];
    let members = services();
    lines
        .into_iter()
        .enumerate()
        .map(|(index, (name, label, tier, budget))| {
            let line = 10 + u32::try_from(index).unwrap_or(0) * 6;
            let group = SlaGroup {
                name: name.to_owned(),
                display_name: label.to_owned(),
                tier: Tier(tier.to_owned()),
                aggregation: Aggregation::Worst,
                maintenance_is_down: false,
                members: members
                    .iter()
                    .filter(|s| s.sla_group.as_deref() == Some(name))
                    .map(|s| s.path.clone())
                    .collect(),
                budget,
                place: Some(place("sla/values.yaml", line, line + 5)),
            };
            (name.to_owned(), group)
        })
        .collect()
}

/// The workflow of incidents in this estate.
pub fn incident_workflow() -> Arc<Workflow> {
    use TicketStatus::{Closed, InProgress, Open, Resolved};
    let file = "ticketing.d/20-workflows.yaml";
    let arrow = |from, to, role: Role, line| Transition { from, to, role, place: Some(place(file, line, line + 2)) };
    Arc::new(Workflow {
        name: ScopedName::full("acme/incident_response"),
        display_name: "Incident response".to_owned(),
        transitions: vec![
            arrow(Open, InProgress, Role::Assignee, 8),
            arrow(InProgress, Resolved, Role::Assignee, 11),
            arrow(InProgress, Open, Role::Group("dba-oncall".to_owned()), 14),
            arrow(Resolved, Closed, Role::Requester, 17),
            arrow(Resolved, InProgress, Role::Any, 20),
        ],
        place: Some(place(file, 4, 22)),
    })
}

pub(super) fn request_workflow() -> Arc<Workflow> {
    use TicketStatus::{Closed, InProgress, Open, Resolved};
    let file = "ticketing.d/20-workflows.yaml";
    let arrow = |from, to, role: Role, line| Transition { from, to, role, place: Some(place(file, line, line + 2)) };
    Arc::new(Workflow {
        name: ScopedName::full("acme/standard_request"),
        display_name: "Standard request".to_owned(),
        transitions: vec![
            arrow(Open, InProgress, Role::Group("platform-team".to_owned()), 30),
            arrow(InProgress, Resolved, Role::Assignee, 33),
            arrow(Resolved, Closed, Role::Requester, 36),
        ],
        place: Some(place(file, 26, 38)),
    })
}

/// A ticket of the incident workflow, opened so many minutes ago.
pub fn ticket(number: u64, title: &str, about: Option<&str>, priority: Priority, minutes: i64) -> Ticket {
    let opened = ago(minutes);
    Ticket {
        number,
        version: 1,
        title: title.to_owned(),
        description: String::new(),
        service: about.map(path),
        workflow: incident_workflow(),
        revision: None,
        item: Some("acme/service_down".to_owned()),
        requester: Actor::System,
        assignee: None,
        assignee_group: Some("oncall".to_owned()),
        priority,
        status: TicketStatus::Open,
        automatic: true,
        cause: None,
        folded_into: None,
        opened_at: opened,
        updated_at: opened,
        clocks: Clocks::start(priority, None, None, opened),
        comments: 0,
    }
}

fn moved(mut ticket: Ticket, to: TicketStatus, who: &str, minutes_later: i64) -> Ticket {
    let at = ticket.opened_at.plus(minutes_later * MINUTE);
    ticket.clocks.moved(ticket.status, to, at);
    ticket.status = to;
    ticket.assignee = Some((UserId(format!("local:{who}")), who.to_owned()));
    ticket.version += 2;
    ticket.updated_at = at;
    ticket
}

fn by_hand(ticket: Ticket) -> Ticket {
    Ticket { automatic: false, ..ticket }
}

fn asked(mut ticket: Ticket, who: &str) -> Ticket {
    ticket.workflow = request_workflow();
    ticket.item = Some("acme/new_namespace".to_owned());
    ticket.requester = Actor::User { id: UserId(format!("local:{who}")), name: who.to_owned() };
    ticket.assignee_group = Some("platform-team".to_owned());
    ticket.automatic = false;
    ticket
}

fn tickets() -> Vec<Ticket> {
    use TicketStatus::{Closed, InProgress, Open, Resolved};
    let shop = |name: &str| format!("acme/shop/prod/eu-1/{name}");
    let mut db = ticket(1041, "payment-db is DOWN", Some(&shop("payment-db")), Priority::Critical, 11);
    db.description = "Opened because payment-db (critical) was DOWN for a minute.\nAlso hit: payment-api.".to_owned();
    db.comments = 1;
    let mut late = moved(
        ticket(1036, "cart: a replica does not come up", Some(&shop("cart")), Priority::High, 25),
        InProgress,
        "oncall",
        4,
    );
    late.comments = 3;
    vec![
        db,
        late,
        ticket(1040, "ingest agent is silent", Some("acme/data/prod/eu-2/ingest-c"), Priority::High, 6),
        moved(
            ticket(
                1029,
                "warehouse: slow queries since the upgrade",
                Some("acme/data/prod/eu-1/warehouse"),
                Priority::Medium,
                1400,
            ),
            InProgress,
            "dba-oncall",
            50,
        ),
        moved(
            by_hand(ticket(1033, "gitlab: disk at 95 %", Some("acme/infra/prod/metal/gitlab"), Priority::High, 460)),
            InProgress,
            "oncall",
            20,
        ),
        asked(ticket(1038, "Namespace for the loyalty team", None, Priority::Low, 300), "requester"),
        asked(
            ticket(1022, "Read access to the warehouse", Some("acme/data/prod/eu-1/warehouse"), Priority::Medium, 3100),
            "requester",
        ),
        moved(
            ticket(
                1031,
                "checkout in eu-2: errors after deploy",
                Some("acme/shop/prod/eu-2/checkout"),
                Priority::Critical,
                900,
            ),
            Resolved,
            "oncall",
            40,
        ),
        moved(ticket(1015, "mailer: bounce rate", Some(&shop("mailer")), Priority::Low, 5000), Closed, "oncall", 900),
        {
            let mut free = asked(
                ticket(
                    1042,
                    "Who owns cron-host-7?",
                    Some("acme/unknown/unknown/unknown/cron-host-7"),
                    Priority::Medium,
                    3,
                ),
                "oncall",
            );
            free.status = Open;
            free
        },
    ]
}
