//! What a plan says goes with each step: in words, whole, and only what is true.

mod proof;

use std::sync::Arc;

use itops::domain::{
    access::{AuthProvider, Encryption, GroupMapping, LdapProvider, PasswordSource, UserAttributes},
    gitops::{
        Action, DeclaredKind, DeclaredOrigin, DeclaredService, Filter, Held, Live, LiveTicket, Place, Plan, Registry,
        State, Step,
    },
    health::{Criticality, Dependency},
    hierarchy::{NodePath, ScopedName, ServicePath},
    sla::{DeclaredGroup, Target, Tier},
    tickets::{Category, Group, Item, Role, TicketStatus, Transition, Workflow},
};

const NODE: &str = "acme/shop/prod/eu-1";

fn place(file: &str) -> Place {
    Place { file: file.into(), line: 1, column: 1, end_line: 9 }
}

fn path(name: &str) -> ServicePath {
    ServicePath::parse(&format!("{NODE}/{name}")).unwrap()
}

fn service(name: &str) -> DeclaredService {
    DeclaredService {
        team: "payments-team".to_owned(),
        workload: Some(("deployment".to_owned(), name.to_owned())),
        ..DeclaredService::new(path(name), place(&format!("services/{name}.yaml")))
    }
}

fn sla_group(name: &str, tier: &str, target: f64) -> DeclaredGroup {
    let target = Target::from_percent(target).unwrap();
    DeclaredGroup {
        place: Some(place("platform/agent.yaml")),
        ..DeclaredGroup::new(name, Tier(tier.to_owned()), target)
    }
}

fn workflow(name: &str, arrows: &[(TicketStatus, TicketStatus, &str)]) -> Arc<Workflow> {
    let arrow = |(from, to, role): &(TicketStatus, TicketStatus, &str)| Transition {
        from: *from,
        to: *to,
        role: Role::parse(role),
        place: None,
    };
    Arc::new(Workflow {
        name: ScopedName::full(name),
        display_name: String::new(),
        transitions: arrows.iter().map(arrow).collect(),
        place: Some(place("ticketing.d/workflows.yaml")),
    })
}

fn group(name: &str, users: &[&str]) -> Group {
    Group {
        name: ScopedName::full(name),
        users: users.iter().map(|user| (*user).to_owned()).collect(),
        ldap_group: None,
        place: Some(place("ticketing.d/groups.yaml")),
    }
}

fn item(name: &str, workflow: &str, assignee: Option<&str>) -> Item {
    Item {
        name: ScopedName::full(name),
        category: "incidents".to_owned(),
        display_name: name.to_owned(),
        description: String::new(),
        workflow: workflow.to_owned(),
        priority: None,
        assignee_group: assignee.map(str::to_owned),
        response_minutes: None,
        resolution_minutes: None,
        place: Some(place("ticketing.d/catalog.yaml")),
    }
}

fn provider(name: &str, is_default: bool, mappings: &[(&str, &str)]) -> AuthProvider {
    let mapping = |(ldap, group): &(&str, &str)| GroupMapping {
        ldap: (*ldap).to_owned(),
        group: (*group).to_owned(),
        place: None,
    };
    AuthProvider {
        name: name.to_owned(),
        display_name: name.to_owned(),
        kind: "ldap".to_owned(),
        enabled: true,
        is_default,
        min_password_length: 0,
        require_uppercase: false,
        require_digit: false,
        ldap: Some(LdapProvider {
            host: "ldap.acme.internal".to_owned(),
            port: 636,
            encryption: Encryption::Ldaps,
            base_dn: "dc=acme".to_owned(),
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

fn ticket(number: u64, service: Option<&str>, workflow: &str, item: &str, group: Option<&str>) -> LiveTicket {
    LiveTicket {
        number,
        service: service.map(path),
        workflow: workflow.to_owned(),
        item: Some(item.to_owned()),
        group: group.map(str::to_owned),
    }
}

/// A shop in the middle of its day.
fn shop() -> Registry {
    use TicketStatus::{Closed, InProgress, Open};
    let mut registry = Registry { org: "acme".to_owned(), ..Registry::default() };
    let mut api = service("api");
    api.requires = vec![Dependency { path: path("db"), critical: true }];
    let mut web = service("web");
    web.requires =
        vec![Dependency { path: path("db"), critical: false }, Dependency { path: path("api"), critical: true }];
    let mut db = service("db");
    db.sla_group = Some("payments".to_owned());
    api.sla_group = Some("payments".to_owned());
    for service in [api, web, db] {
        registry.services.insert(service.path.clone(), Arc::new(service));
    }
    for group in [sla_group("payments", "critical", 99.99), sla_group("rest", "low", 99.0)] {
        registry.sla_groups.insert(group.name.clone(), group);
    }
    for one in [
        workflow("acme/standard", &[(Open, InProgress, "dba"), (InProgress, Closed, "requester")]),
        workflow("acme/bank/other", &[(Open, Closed, "dba")]),
        workflow("acme/plain", &[(Open, Closed, "any")]),
    ] {
        registry.workflows.insert(one.name.as_str().to_owned(), one);
    }
    for name in ["incidents", "requests"] {
        let place = Some(place("ticketing.d/catalog.yaml"));
        registry.catalog.categories.push(Category { name: name.to_owned(), display_name: name.to_owned(), place });
    }
    for one in [item("acme/outage", "standard", Some("dba")), item("acme/question", "plain", None)] {
        registry.catalog.items.insert(one.name.as_str().to_owned(), one);
    }
    for one in [
        group("acme/dba", &["oncall", "dba-lead"]),
        group("acme/shop/dba", &["shop-dba"]),
        group("acme/shop/prod/dba", &["oncall"]),
    ] {
        registry.groups.insert(one.name.as_str().to_owned(), one);
    }
    registry.providers =
        vec![provider("corporate", true, &[("cn=ops", "itops-operators")]), provider("partners", false, &[])];
    registry
}

fn live() -> Live {
    Live {
        tickets: vec![
            ticket(40, Some("db"), "acme/standard", "acme/outage", Some("dba")),
            ticket(12, Some("db"), "acme/standard", "acme/outage", None),
            ticket(7, None, "acme/plain", "acme/question", Some("dba")),
        ],
        logins: vec![("corporate".to_owned(), 12)],
    }
}

/// The plan of a change to the shop.
fn plan(change: impl FnOnce(&mut Registry)) -> Plan {
    let mut after = shop();
    change(&mut after);
    let state = |registry: &Registry| State::declared(registry, DeclaredOrigin::Git);
    Plan::between(&state(&shop()), &state(&after), &[], &live())
}

fn step(plan: &Plan, kind: DeclaredKind, name: &str) -> Step {
    let found = plan.steps.iter().find(|step| step.kind == kind && *step.name == *name);
    found.cloned().unwrap_or_else(|| panic!("no step of {name} in {:#?}", plan.steps))
}

fn takes(plan: &Plan, kind: DeclaredKind, name: &str) -> Vec<String> {
    step(plan, kind, name).takes
}

#[test]
fn a_retired_service_takes_its_dependents_tickets_and_membership() {
    let plan = plan(|after| drop(after.services.remove(&path("db"))));
    assert_eq!(
        takes(&plan, DeclaredKind::Service, "acme/shop/prod/eu-1/db"),
        [
            "2 services still require it: acme/shop/prod/eu-1/api (cannot work without), acme/shop/prod/eu-1/web",
            "2 open tickets are about it and stay: #12, #40",
            "SLA group payments loses it; its past there stays",
        ]
    );
}

#[test]
fn a_service_under_another_path_looks_like_a_rename() {
    let renamed = plan(|after| {
        let mut db = Arc::unwrap_or_clone(after.services.remove(&path("db")).unwrap());
        db.path = path("database");
        db.display_name = "Database".to_owned();
        db.workload = Some(("deployment".to_owned(), "database".to_owned()));
        after.services.insert(db.path.clone(), Arc::new(db));
    });
    assert_eq!(
        takes(&renamed, DeclaredKind::Service, "acme/shop/prod/eu-1/database"),
        [
            "looks like a rename of acme/shop/prod/eu-1/db: only the path differs; history and tickets stay with the old one"
        ]
    );
    let last = takes(&renamed, DeclaredKind::Service, "acme/shop/prod/eu-1/db").pop();
    assert_eq!(last.as_deref(), Some("looks like a rename to acme/shop/prod/eu-1/database"));

    let changed = plan(|after| {
        let mut db = Arc::unwrap_or_clone(after.services.remove(&path("db")).unwrap());
        db.path = path("database");
        db.team = "another".to_owned();
        after.services.insert(db.path.clone(), Arc::new(db));
    });
    assert!(takes(&changed, DeclaredKind::Service, "acme/shop/prod/eu-1/database").is_empty());
}

#[test]
fn of_two_services_that_could_have_been_renamed_none_is_guessed() {
    let named = |web: &DeclaredService, name: &str| DeclaredService {
        path: path(name),
        display_name: name.to_owned(),
        workload: Some(("deployment".to_owned(), name.to_owned())),
        ..web.clone()
    };
    let renamed = |names: &'static [&str]| {
        plan(move |after| {
            let web = after.services.remove(&path("web")).unwrap();
            after
                .services
                .extend(names.iter().map(|name| named(&web, name)).map(|one| (one.path.clone(), Arc::new(one))));
        })
    };
    let takes_of_all = |plan: &Plan| plan.steps.iter().flat_map(|step| step.takes.clone()).collect::<Vec<_>>();
    assert_eq!(takes_of_all(&renamed(&["x"])).len(), 2);
    assert_eq!(takes_of_all(&renamed(&["x", "y"])), Vec::<String>::new());
}

#[test]
fn a_service_that_becomes_critical_gets_automatic_tickets() {
    let up = plan(|after| {
        let web = Arc::make_mut(after.services.get_mut(&path("web")).unwrap());
        web.criticality = Some(Criticality::High);
        web.sla_group = Some("rest".to_owned());
    });
    assert_eq!(
        takes(&up, DeclaredKind::Service, "acme/shop/prod/eu-1/web"),
        ["automatic tickets from now on when it is down", "joins SLA group rest and brings no past"]
    );
}

#[test]
fn a_deleted_sla_group_names_everyone_who_leaves() {
    let plan = plan(|after| drop(after.sla_groups.remove("payments")));
    let step = step(&plan, DeclaredKind::SlaGroup, "payments");
    assert_eq!((step.action, step.held), (Action::Delete, None));
    assert_eq!(step.takes[0], "2 services leave it: acme/shop/prod/eu-1/api, acme/shop/prod/eu-1/db");
    let api = takes(&plan, DeclaredKind::Service, "acme/shop/prod/eu-1/api");
    assert_eq!(api, ["no automatic tickets any more when it is down"], "its criticality came from the group");
}

#[test]
fn a_new_target_says_what_it_allows_and_to_whom() {
    let looser =
        plan(|after| after.sla_groups.get_mut("payments").unwrap().target = Target::from_percent(99.9).unwrap());
    let held_to_it = "2 services are held to it: acme/shop/prod/eu-1/api, acme/shop/prod/eu-1/db";
    let words = format!("allows 43m 12s of down time in 30d instead of 4m 19s 200ms of down time in 30d; {held_to_it}");
    assert_eq!(takes(&looser, DeclaredKind::SlaGroup, "payments"), [words.as_str()]);

    let published = plan(|after| {
        let group = after.sla_groups.get_mut("payments").unwrap();
        group.target = Target::from_percent(99.9).unwrap();
        group.target_place = Some(place("sla/portal.yaml"));
    });
    assert_eq!(takes(&published, DeclaredKind::SlaTarget, "payments"), [words]);
    assert!(takes(&published, DeclaredKind::SlaGroup, "payments").is_empty(), "said once");
}

#[test]
fn a_new_tier_changes_the_criticality_of_those_who_take_it() {
    let lower = plan(|after| after.sla_groups.get_mut("payments").unwrap().tier = Tier("low".to_owned()));
    assert_eq!(
        takes(&lower, DeclaredKind::SlaGroup, "payments"),
        ["2 services take their criticality from it: acme/shop/prod/eu-1/api (critical -> low), \
          acme/shop/prod/eu-1/db (critical -> low)"]
    );
}

#[test]
fn services_of_a_node_that_no_longer_brings_a_group_leave_it() {
    let away = plan(|after| {
        after.sla_groups.get_mut("payments").unwrap().nodes = vec![NodePath::parse("acme/bank/prod/eu-1").unwrap()];
    });
    assert_eq!(
        takes(&away, DeclaredKind::SlaGroup, "payments"),
        ["2 services leave it, as their node no longer brings it: acme/shop/prod/eu-1/api, acme/shop/prod/eu-1/db"]
    );
}

#[test]
fn tickets_keep_the_workflow_they_were_opened_under() {
    let gone = plan(|after| drop(after.workflows.remove("acme/standard")));
    assert_eq!(
        takes(&gone, DeclaredKind::Workflow, "acme/standard"),
        [
            "2 open tickets are on it and keep it as it was when they were opened: #12, #40",
            "1 catalog item opens tickets on it: acme/outage",
        ]
    );
    let changed = plan(|after| {
        let standard = Arc::make_mut(after.workflows.get_mut("acme/standard").unwrap());
        standard.transitions[0].role = Role::Any;
    });
    let step = step(&changed, DeclaredKind::Workflow, "acme/standard");
    assert_eq!(step.fields.len(), 1);
    assert_eq!(&*step.fields[0].field, "OPEN -> IN_PROGRESS");
    assert_eq!(
        step.takes,
        [
            "2 open tickets are on it and keep it as it was when they were opened: #12, #40",
            "1 catalog item opens tickets on the new one from now on: acme/outage",
        ]
    );
}

#[test]
fn another_order_of_arrows_is_one_field() {
    let turned = plan(|after| Arc::make_mut(after.workflows.get_mut("acme/standard").unwrap()).transitions.reverse());
    let step = step(&turned, DeclaredKind::Workflow, "acme/standard");
    let fields: Vec<&str> = step.fields.iter().map(|change| &*change.field).collect();
    assert_eq!(fields, ["order"]);
}

#[test]
fn a_deleted_group_takes_roles_tickets_and_memberships_below_it() {
    let gone = plan(|after| drop(after.groups.remove("acme/dba")));
    assert_eq!(
        takes(&gone, DeclaredKind::Group, "acme/dba"),
        [
            "2 workflows name it in a role, and nobody fills it any more: acme/bank/other (OPEN -> CLOSED), \
             acme/standard (OPEN -> IN_PROGRESS)",
            "1 open ticket is assigned to it; no group has it then: #7",
            "1 catalog item assigns its tickets to it: acme/outage",
            "5 members lose it: dba-lead, oncall, dba-lead (in acme/shop/dba), oncall (in acme/shop/dba), \
             dba-lead (in acme/shop/prod/dba)",
        ]
    );
}

#[test]
fn what_a_scoped_group_was_for_falls_to_the_one_above() {
    let gone = plan(|after| drop(after.groups.remove("acme/shop/prod/dba")));
    let words = takes(&gone, DeclaredKind::Group, "acme/shop/prod/dba");
    assert_eq!(
        words[..2],
        [
            "1 workflow names it in a role, which acme/shop/dba then fills: acme/standard (OPEN -> IN_PROGRESS)",
            "1 open ticket is assigned to it; acme/shop/dba has it then: #40",
        ]
    );
    let come = plan(|after| {
        let new = group("acme/shop/dev/dba", &[]);
        after.groups.insert(new.name.as_str().to_owned(), new);
    });
    assert_eq!(
        takes(&come, DeclaredKind::Group, "acme/shop/dev/dba"),
        [
            "inside acme/shop/dev `dba` means it from now on, no longer acme/shop/dba",
            "3 members gain it: dba-lead, oncall, shop-dba",
        ]
    );
}

#[test]
fn who_joins_and_leaves_a_group_is_named_with_what_is_inherited() {
    let changed = plan(|after| {
        after.groups.get_mut("acme/shop/dba").unwrap().users = vec!["requester".to_owned(), "oncall".to_owned()];
    });
    assert_eq!(
        takes(&changed, DeclaredKind::Group, "acme/shop/dba"),
        [
            "2 members lose it: shop-dba, shop-dba (in acme/shop/prod/dba)",
            "2 members gain it: requester, requester (in acme/shop/prod/dba)",
        ],
        "oncall was a member before, by acme/dba"
    );
}

#[test]
fn categories_and_items_say_what_stands_in_them_and_came_of_them() {
    let gone = plan(|after| {
        after.catalog.categories.remove(0);
        after.catalog.items.remove("acme/outage");
    });
    let words = takes(&gone, DeclaredKind::Category, "incidents");
    assert_eq!(words, ["2 catalog items stand in it: acme/outage, acme/question"]);
    let words = takes(&gone, DeclaredKind::Item, "acme/outage");
    assert_eq!(words, ["2 open tickets were opened from it and stay: #12, #40"]);
    let moved = step(&gone, DeclaredKind::Category, "requests");
    assert_eq!(&*moved.fields[0].field, "after");
}

#[test]
fn a_deleted_provider_says_how_many_can_no_longer_sign_in() {
    let gone = plan(|after| drop(after.providers.remove(0)));
    assert_eq!(
        takes(&gone, DeclaredKind::Provider, "corporate"),
        [
            "12 accounts can no longer sign in",
            "1 mapping goes with it: cn=ops -> itops-operators",
            "who names no provider then signs in by nobody",
        ]
    );
    let off = plan(|after| after.providers[0].enabled = false);
    assert_eq!(takes(&off, DeclaredKind::Provider, "corporate"), ["12 accounts can no longer sign in"]);
    let unmapped = plan(|after| after.providers[0].ldap.as_mut().unwrap().mappings.clear());
    let words = takes(&unmapped, DeclaredKind::Provider, "corporate");
    assert_eq!(words, ["1 mapping goes with it: cn=ops -> itops-operators"]);
}

#[test]
fn an_imported_thing_gives_way_to_a_declared_one_and_is_never_deleted() {
    let before = State::declared(&shop(), DeclaredOrigin::Template);
    let mut after = shop();
    after.workflows.remove("acme/plain");
    let plan = Plan::between(&before, &State::declared(&after, DeclaredOrigin::Git), &[], &live());
    assert!(plan.steps.iter().all(|step| step.action == Action::Update));
    let standard = step(&plan, DeclaredKind::Workflow, "acme/standard");
    assert_eq!(&*standard.fields[0].field, "origin");
    assert_eq!(standard.takes.last().unwrap(), "the imported one of this name gives way to the repository's");
}

#[test]
fn a_held_group_keeps_its_members_their_criticality_and_its_target() {
    let mut before = shop();
    let payments = before.sla_groups.get_mut("payments").unwrap();
    payments.target_place = Some(place("sla/portal.yaml"));
    let mut after = before.clone();
    after.sla_groups.clear();
    let state = |registry: &Registry| State::declared(registry, DeclaredOrigin::Git);
    let plan = Plan::between(&state(&before), &state(&after), &[], &live());
    assert!(plan.is_empty(), "{:#?}", plan.steps);
    let reasons: Vec<(&str, &Held)> = plan.held().map(|(step, held)| (&*step.name, held)).collect();
    let none = |kind| Held::NoEntry(kind);
    assert_eq!(
        reasons,
        [
            ("payments", &none(DeclaredKind::SlaGroup)),
            ("rest", &none(DeclaredKind::SlaGroup)),
            ("payments", &none(DeclaredKind::SlaTarget)),
        ]
    );
    assert_eq!(plan.counts().held, 3);

    // Only the portal is gone: the group stays as published.
    let mut after = before.clone();
    let payments = after.sla_groups.get_mut("payments").unwrap();
    (payments.target_place, payments.target) = (None, Target::from_percent(99.5).unwrap());
    let plan = Plan::between(&state(&before), &state(&after), &[], &live());
    assert!(plan.is_empty(), "{:#?}", plan.steps);
}

#[test]
fn deletions_come_first_and_a_filter_keeps_what_is_asked_for() {
    let plan = plan(|after| {
        after.services.remove(&path("db"));
        after.workflows.remove("acme/plain");
        after.providers.remove(1);
        Arc::make_mut(after.services.get_mut(&path("web")).unwrap()).team = "another".to_owned();
        let new = group("acme/another", &["oncall"]);
        after.groups.insert(new.name.as_str().to_owned(), new);
    });
    let told: Vec<(Action, &str)> = plan.steps.iter().map(|step| (step.action, &*step.name)).collect();
    assert_eq!(
        told,
        [
            (Action::Delete, "partners"),
            (Action::Delete, "acme/plain"),
            (Action::Delete, "acme/shop/prod/eu-1/db"),
            (Action::Create, "acme/another"),
            (Action::Update, "acme/shop/prod/eu-1/web"),
        ]
    );
    let of = |filter: Filter| plan.filter(&filter).steps.iter().map(|step| step.name.to_string()).collect::<Vec<_>>();
    let services = Filter { kind: Some(DeclaredKind::Service), ..Filter::default() };
    assert_eq!(of(services), ["acme/shop/prod/eu-1/db", "acme/shop/prod/eu-1/web"]);
    let updates = Filter { action: Some(Action::Update), ..Filter::default() };
    assert_eq!(of(updates), ["acme/shop/prod/eu-1/web"]);
    let under = Filter { under: Some("acme/shop/".to_owned()), ..Filter::default() };
    assert_eq!(of(under), ["acme/shop/prod/eu-1/db", "acme/shop/prod/eu-1/web"]);
    assert_eq!(of(Filter { under: Some("acme/sho".to_owned()), ..Filter::default() }), Vec::<String>::new());
}
