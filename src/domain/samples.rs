//! Small things to test rules with: one call makes a whole one, the test then changes the field it is about.
//! Not for use outside tests.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{
    access::{Level, User, UserId},
    change::Actor,
    health::{Criticality, Health, Origin, Service, Status, report::HealthReport},
    hierarchy::{ScopedName, ServicePath},
    sla::{DeclaredGroup, Target, Tier, Timeline},
    tickets::{Clocks, Group, Priority, Role, Ticket, TicketStatus, Transition, Workflow},
    time::{DAY, HOUR, Timestamp},
};

/// So many milliseconds after the epoch.
pub const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

/// The line of these points, each by its milliseconds after the epoch.
pub fn line(points: &[(i64, Status)]) -> Timeline {
    Timeline::from_points(points.iter().map(|(ms, status)| (at(*ms), *status)).collect())
}

/// A moment to look back and ahead from: 2026-08-15T12:00:00Z.
pub const NOON: Timestamp = Timestamp::from_ms(20_680 * DAY + 12 * HOUR);

/// The line of these points, each by its milliseconds before [`NOON`].
pub fn before_noon(points: &[(i64, Status)]) -> Timeline {
    Timeline::from_points(points.iter().map(|(ago, status)| (NOON.plus(-ago), *status)).collect())
}

/// A service that has had `status` since the epoch; a path that is not whole is repaired.
pub fn service(path: &str, status: Status) -> Service {
    Service {
        path: ServicePath::repair(path).path,
        display_name: String::new(),
        description: String::new(),
        kind: "service".to_owned(),
        team: String::new(),
        tags: Vec::new(),
        criticality: Criticality::Medium,
        sla_group: None,
        runbook: None,
        requires: Vec::new(),
        used_by: Vec::new(),
        origin: Origin::Git,
        declared_at: None,
        health: Health { status, ..Health::default() },
        storage: None,
        backup: None,
        first_seen: Timestamp::default(),
        expected_reporter: None,
        clock_ahead_ms: None,
    }
}

/// A push that says this of a service and nothing else; a path that is not whole is repaired.
pub fn report(path: &str, status: Status, message: &str) -> HealthReport {
    HealthReport {
        path: ServicePath::repair(path).path,
        status,
        message: message.to_owned(),
        criticality: None,
        sla_group: None,
        kind: None,
        tags: Vec::new(),
        replicas: None,
        at: None,
        ahead_ms: None,
    }
}

/// An SLA group that promises this over 30 days, declared nowhere.
pub fn group(name: &str, target: Target) -> DeclaredGroup {
    DeclaredGroup::new(name, Tier("high".to_owned()), target)
}

/// A local user with no e-mail address.
pub fn user(name: &str, level: Level) -> User {
    User {
        id: UserId(format!("local:{name}")),
        name: name.to_owned(),
        email: String::new(),
        level,
        superadmin: false,
        read_only: false,
    }
}

/// The user as one who does something.
pub fn actor(user: &User) -> Actor {
    Actor::User { id: user.id.clone(), name: user.name.clone() }
}

/// A workflow of these arrows.
pub fn workflow(arrows: &[(TicketStatus, TicketStatus, &str)]) -> Arc<Workflow> {
    let arrow = |(from, to, role): &(TicketStatus, TicketStatus, &str)| Transition {
        from: *from,
        to: *to,
        role: Role::parse(role),
        place: None,
    };
    Arc::new(Workflow {
        name: ScopedName::full("acme/flow"),
        display_name: "Flow".to_owned(),
        transitions: arrows.iter().map(arrow).collect(),
        place: None,
    })
}

/// Ticket #7, version 3, OPEN since the epoch, requested by `requester`, about `acme/shop/prod/eu-1/db`.
pub fn ticket(workflow: Arc<Workflow>) -> Ticket {
    Ticket {
        number: 7,
        version: 3,
        title: "Orders fail".to_owned(),
        description: String::new(),
        service: ServicePath::parse("acme/shop/prod/eu-1/db").ok(),
        workflow,
        revision: None,
        item: None,
        requester: actor(&user("requester", Level::User)),
        assignee: None,
        assignee_group: None,
        priority: Priority::Medium,
        status: TicketStatus::Open,
        automatic: false,
        cause: None,
        folded_into: None,
        opened_at: Timestamp::default(),
        updated_at: Timestamp::default(),
        clocks: Clocks::start(Priority::Medium, None, None, Timestamp::default()),
        comments: 0,
    }
}

/// Groups by full name with the login names they list.
pub fn groups(listed: &[(&str, &[&str])]) -> BTreeMap<String, Group> {
    let group = |(name, users): &(&str, &[&str])| {
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        let group = Group { name: ScopedName::full(*name), users, ldap_group: None, place: None };
        ((*name).to_owned(), group)
    };
    listed.iter().map(group).collect()
}
