//! Properties of states and plans over made-up repositories: what must hold whatever is declared.

use std::{collections::BTreeMap, sync::Arc};

use itops::domain::{
    access::{AuthProvider, Encryption, GroupMapping, LdapProvider, PasswordSource, UserAttributes},
    gitops::{
        Action, DeclaredKind, DeclaredOrigin, DeclaredService, Fault, FaultCode, Held, Live, LiveTicket, Place, Plan,
        Probe, Registry, Repository, Shown, State, Thing, state::is_applied,
    },
    health::{Backup, Criticality, Dependency},
    hierarchy::{NodePath, ScopedName, ServicePath},
    sla::{Aggregation, DeclaredGroup, Period, Target, Tier},
    tickets::{Catalog, Category, Group, Item, Priority, Role, TicketStatus, Transition, Workflow},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Texts that are easily mistaken for others.
const TEXTS: [&str; 12] =
    ["a", "b", "a, b", " a", "\"a\"", "a\\", "\"", "yes", "SLA group", "default", "a (critical)", "x -> y"];
const PATHS: [&str; 6] = [
    "acme/shop/prod/eu-1/db",
    "acme/shop/prod/eu-1/api",
    "acme/shop/prod/us-1/db",
    "acme/shop/dev/eu-1/db",
    "acme/bank/prod/eu-1/db",
    "acme/bank/prod/eu-1/web",
];
const NAMES: [&str; 6] =
    ["acme/dba", "acme/shop/dba", "acme/shop/prod/dba", "acme/oncall", "acme/shop/oncall", "acme/standard"];
const GROUPS: [&str; 4] = ["payments", "core", "default", "a, b"];
const FILES: [&str; 4] = ["services/a.yaml", "platform/b.yaml", "sla/c.yaml", "ticketing.d/d.yaml"];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 7 => select(TEXTS.to_vec()).prop_map(str::to_owned)]
}

fn word() -> impl Strategy<Value = String> {
    select(TEXTS.to_vec()).prop_map(str::to_owned)
}

fn place() -> impl Strategy<Value = Place> {
    (select(FILES.to_vec()), 1..9u32).prop_map(|(file, line)| Place {
        file: file.into(),
        line,
        column: 1,
        end_line: line + 3,
    })
}

fn path() -> impl Strategy<Value = ServicePath> {
    select(PATHS.to_vec()).prop_map(|path| ServicePath::parse(path).unwrap())
}

fn name() -> impl Strategy<Value = ScopedName> {
    select(NAMES.to_vec()).prop_map(ScopedName::full)
}

fn services() -> impl Strategy<Value = BTreeMap<ServicePath, DeclaredService>> {
    let labels = (path(), text(), text(), text(), text(), vec(text(), 0..3));
    let promise = (
        option::of(select(Criticality::ALL.to_vec())),
        option::of(select(GROUPS.to_vec()).prop_map(str::to_owned)),
        option::of(word()),
        option::of(text()),
        option::of((select(vec!["deployment", "statefulset"]), word())),
    );
    let needs = (
        vec((path(), any::<bool>()), 0..3),
        vec(path(), 0..3),
        vec((word(), path()), 0..2),
        option::of((any::<bool>(), 0..3u32, text())),
        (text(), text()),
        option::of((1..9u32, text(), option::of(text()), 1..90_000i64)),
        option::of((select(vec![30_000, 60_000, 90_500i64]), any::<bool>())),
        place(),
    );
    let service = (labels, promise, needs).prop_map(|(labels, promise, needs)| {
        let (path, display_name, description, kind, team, tags) = labels;
        let (criticality, sla_group, runbook, namespace, workload) = promise;
        let (requires, used_by, relations, backup, (backup_storage, backup_retention), probe, every_ms, place) = needs;
        DeclaredService {
            path,
            display_name,
            description,
            kind,
            team,
            tags,
            criticality,
            sla_group,
            runbook,
            namespace,
            workload: workload.map(|(kind, name)| (kind.to_owned(), name)),
            requires: requires.into_iter().map(|(path, critical)| Dependency { path, critical }).collect(),
            used_by,
            backup: backup.map(|(expected, max_age_days, schedule)| Backup {
                expected,
                max_age_days,
                schedule,
                ..Backup::default()
            }),
            backup_storage,
            backup_retention,
            probe: probe.map(|(port, path, endpoint, interval_ms)| Probe {
                port,
                path,
                endpoint,
                interval_ms,
                timeout_ms: interval_ms / 2,
            }),
            relations,
            every_ms,
            pushed_by: None,
            place,
        }
    });
    vec(service, 0..5).prop_map(|all| all.into_iter().map(|s| (s.path.clone(), s)).collect())
}

fn sla_groups() -> impl Strategy<Value = BTreeMap<String, DeclaredGroup>> {
    let group = (
        select(GROUPS.to_vec()),
        text(),
        select(vec!["critical", "high", "gold", "low"]),
        1..999_999u32,
        select(vec![Period::Rolling(30), Period::Rolling(7), Period::Month]),
        (select(vec![Aggregation::Worst, Aggregation::Mean]), proptest::bool::ANY),
        (option::of(0..9_000_000i64), option::of(0..9_000_000i64)),
        vec(select(vec!["acme/shop/prod/eu-1", "acme/bank/prod/eu-1"]), 0..3),
        (place(), option::of(place())),
    );
    let group = group.prop_map(
        |(name, label, tier, target, period, (aggregation, maintenance_is_down), times, nodes, (place, published))| {
            DeclaredGroup {
                name: name.to_owned(),
                display_name: label,
                tier: Tier(tier.to_owned()),
                target: Target::from_millionths(target).unwrap(),
                period,
                aggregation,
                maintenance_is_down,
                response_ms: times.0,
                resolution_ms: times.1,
                nodes: nodes.into_iter().map(|node| NodePath::parse(node).unwrap()).collect(),
                place: Some(place),
                target_place: published,
            }
        },
    );
    vec(group, 0..4).prop_map(|all| all.into_iter().map(|g| (g.name.clone(), g)).collect())
}

fn role() -> impl Strategy<Value = Role> {
    select(vec!["assignee", "requester", "any", "dba", "acme/dba", "a, b"]).prop_map(Role::parse)
}

fn workflows() -> impl Strategy<Value = BTreeMap<String, Arc<Workflow>>> {
    let status = || select(TicketStatus::ALL.to_vec());
    let arrow = (status(), status(), role(), option::of(place()));
    let arrow = arrow.prop_map(|(from, to, role, place)| Transition { from, to, role, place });
    let workflow = (name(), text(), vec(arrow, 1..6), option::of(place()));
    let workflow = workflow.prop_map(|(name, display_name, transitions, place)| {
        (name.as_str().to_owned(), Arc::new(Workflow { name, display_name, transitions, place }))
    });
    vec(workflow, 0..4).prop_map(|all| all.into_iter().collect())
}

fn catalog() -> impl Strategy<Value = Catalog> {
    let category = (word(), text(), option::of(place()));
    let category = category.prop_map(|(name, display_name, place)| Category { name, display_name, place });
    let minutes = || option::of(1..9u32);
    let item = (name(), word(), text(), text(), word(), option::of(select(Priority::ALL.to_vec())));
    let item = (item, option::of(text()), minutes(), minutes(), option::of(place()));
    let item = item.prop_map(|(item, assignee_group, response_minutes, resolution_minutes, place)| {
        let (name, category, display_name, description, workflow, priority) = item;
        Item {
            name,
            category,
            display_name,
            description,
            workflow,
            priority,
            assignee_group,
            response_minutes,
            resolution_minutes,
            place,
        }
    });
    (vec(category, 0..4), vec(item, 0..4)).prop_map(|(all, items)| {
        let mut categories: Vec<Category> = Vec::new();
        for category in all {
            if !categories.iter().any(|c| c.name == category.name) {
                categories.push(category);
            }
        }
        Catalog { categories, items: items.into_iter().map(|item| (item.name.as_str().to_owned(), item)).collect() }
    })
}

fn groups() -> impl Strategy<Value = BTreeMap<String, Group>> {
    let group = (name(), vec(text(), 0..3), option::of(text()), option::of(place()));
    let group = group.prop_map(|(name, users, ldap_group, place)| {
        (name.as_str().to_owned(), Group { name, users, ldap_group, place })
    });
    vec(group, 0..4).prop_map(|all| all.into_iter().collect())
}

fn directory() -> impl Strategy<Value = LdapProvider> {
    let password = prop_oneof![
        Just(PasswordSource::None),
        Just(PasswordSource::Plain),
        (word(), word()).prop_map(|(name, key)| PasswordSource::SecretRef { name, key }),
    ];
    let mapping = (text(), text()).prop_map(|(ldap, group)| GroupMapping { ldap, group, place: None });
    let words = (text(), text(), text(), text(), text());
    let asked = (text(), text(), text());
    (words, asked, 1..9u32, select(Encryption::ALL.to_vec()), password, vec(mapping, 0..4)).prop_map(
        |(words, asked, port, encryption, password, mut mappings)| {
            mappings.sort_by(|a, b| (&a.ldap, &a.group).cmp(&(&b.ldap, &b.group)));
            LdapProvider {
                host: words.0,
                port,
                encryption,
                base_dn: words.1,
                bind_dn: words.2,
                password,
                user_filter: words.3,
                group_filter: words.4,
                attributes: UserAttributes { username: asked.0, email: asked.1, display_name: asked.2 },
                mappings,
            }
        },
    )
}

fn providers() -> impl Strategy<Value = Vec<AuthProvider>> {
    let provider = (word(), text(), any::<[bool; 4]>(), 0..20u32, option::of(directory()));
    let provider = provider.prop_map(|(name, display_name, flags, length, ldap)| AuthProvider {
        name,
        display_name,
        kind: if ldap.is_some() { "ldap" } else { "local" }.to_owned(),
        enabled: flags[0],
        is_default: flags[1],
        min_password_length: if ldap.is_some() { 0 } else { length },
        require_uppercase: ldap.is_none() && flags[2],
        require_digit: ldap.is_none() && flags[3],
        ldap,
    });
    vec(provider, 0..3).prop_map(|all| {
        let mut out: Vec<AuthProvider> = Vec::new();
        for provider in all {
            if !out.iter().any(|p| p.name == provider.name) {
                out.push(provider);
            }
        }
        out
    })
}

fn registry() -> impl Strategy<Value = Registry> {
    let org = select(vec!["", "acme", "globex"]);
    (services(), sla_groups(), org, workflows(), catalog(), groups(), providers()).prop_map(
        |(services, sla_groups, org, workflows, catalog, groups, providers)| Registry {
            services: services.into_iter().map(|(path, service)| (path, Arc::new(service))).collect(),
            sla_groups,
            org: org.to_owned(),
            workflows,
            catalog,
            groups,
            providers,
        },
    )
}

/// A second registry that shares most with the first.
pub fn neighbours() -> impl Strategy<Value = (Registry, Registry)> {
    (registry(), registry(), any::<[bool; 7]>(), any::<[u8; 4]>()).prop_map(|(first, other, take, drop)| {
        let mut second = first.clone();
        if take[0] {
            second.services.extend(other.services);
        }
        if take[1] {
            second.sla_groups = other.sla_groups;
        }
        if take[2] {
            second.org = other.org;
        }
        if take[3] {
            second.workflows.extend(other.workflows);
        }
        if take[4] {
            second.catalog = other.catalog;
        }
        if take[5] {
            second.groups.extend(other.groups);
        }
        if take[6] {
            second.providers = other.providers;
        }
        let nth = |count: usize, n: u8| usize::from(n) % (count + 1);
        let gone = second.services.keys().nth(nth(second.services.len(), drop[0])).cloned();
        gone.map(|key| second.services.remove(&key));
        let gone = second.sla_groups.keys().nth(nth(second.sla_groups.len(), drop[1])).cloned();
        gone.map(|key| second.sla_groups.remove(&key));
        let gone = second.groups.keys().nth(nth(second.groups.len(), drop[2])).cloned();
        gone.map(|key| second.groups.remove(&key));
        let gone = second.workflows.keys().nth(nth(second.workflows.len(), drop[3])).cloned();
        gone.map(|key| second.workflows.remove(&key));
        (first, second)
    })
}

/// Without places; of a published target only that it is one.
fn without_places(registry: &Registry) -> Registry {
    let nowhere = || Place { file: "".into(), line: 0, column: 0, end_line: 0 };
    let mut registry = registry.clone();
    registry.services.values_mut().for_each(|s| Arc::make_mut(s).place = nowhere());
    for group in registry.sla_groups.values_mut() {
        group.place = None;
        group.target_place = group.target_place.as_ref().map(|_| nowhere());
    }
    for workflow in registry.workflows.values_mut() {
        let mut own = (**workflow).clone();
        own.place = None;
        own.transitions.iter_mut().for_each(|t| t.place = None);
        *workflow = Arc::new(own);
    }
    registry.catalog.categories.iter_mut().for_each(|c| c.place = None);
    registry.catalog.items.values_mut().for_each(|i| i.place = None);
    registry.groups.values_mut().for_each(|g| g.place = None);
    registry
}

fn same_fields(a: &State, b: &State) -> bool {
    a.things.len() == b.things.len()
        && a.things.iter().zip(&b.things).all(|((x, one), (y, two))| x == y && one.fields == two.fields)
}

fn read(registry: Registry) -> State {
    State::of(&Repository { registry, ..Repository::default() })
}

pub fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let fault = (place(), select(vec![FaultCode::MalformedYaml, FaultCode::UnknownKey]));
    let fault = fault.prop_map(|(place, code)| Fault {
        place,
        severity: code.severity(),
        code,
        message: String::new(),
        hint: String::new(),
    });
    vec(fault, 0..2)
}

fn live() -> impl Strategy<Value = Live> {
    let ticket =
        (1..99u64, option::of(path()), name(), option::of(name()), option::of(select(vec!["dba", "acme/dba"])));
    let ticket = ticket.prop_map(|(number, service, workflow, item, group)| LiveTicket {
        number,
        service,
        workflow: workflow.as_str().to_owned(),
        item: item.map(|item| item.as_str().to_owned()),
        group: group.map(str::to_owned),
    });
    (vec(ticket, 0..4), vec((word(), 0..3u32), 0..2)).prop_map(|(tickets, logins)| Live { tickets, logins })
}

/// What is in force: of git, with some of it brought by a template.
fn in_force(registry: &Registry, from_template: &[bool]) -> State {
    let mut state = State::declared(registry, DeclaredOrigin::Git);
    for (thing, template) in state.things.values_mut().zip(from_template.iter().cycle()) {
        if *template {
            Arc::make_mut(thing).origin = DeclaredOrigin::Template;
        }
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn states_are_the_same_exactly_when_the_registries_are_apart_from_places((a, b) in neighbours()) {
        let same = without_places(&a) == without_places(&b);
        prop_assert_eq!(same_fields(&read(a.clone()), &read(b)), same);
        let plan = Plan::between(&read(a.clone()), &read(a), &[], &Live::default());
        prop_assert_eq!(plan.steps, []);
    }

    #[test]
    fn a_plan_carried_out_leaves_a_plan_that_changes_nothing(
        (a, b) in neighbours(),
        template in vec(any::<bool>(), 1..6),
        faults in faults(),
        live in live(),
    ) {
        let (before, after) = (in_force(&a, &template), read(b));
        let plan = Plan::between(&before, &after, &faults, &live);
        let then = before.apply(&plan, &after);
        let rest = Plan::between(&then, &after, &faults, &live);
        prop_assert!(rest.is_empty(), "left over: {:#?}", rest.steps);
        prop_assert!(rest.steps.iter().all(|step| step.held.is_some()));
        let held = |plan: &Plan| plan.held().map(|(s, why)| (s.kind, s.name.clone(), why.clone())).collect::<Vec<_>>();
        prop_assert_eq!(held(&rest), held(&plan));
        prop_assert_eq!(then.apply(&rest, &after), then);
    }

    #[test]
    fn a_plan_without_steps_means_that_both_say_the_same((a, b) in neighbours(), live in live()) {
        let (before, after) = (in_force(&a, &[false]), read(b));
        let plan = Plan::between(&before, &after, &[], &live);
        if plan.is_empty() && plan.held().next().is_none() {
            prop_assert!(same_fields(&before, &after));
        }
        let told: usize = plan.steps.iter().filter(|s| s.action != Action::Move).count();
        prop_assert_eq!(told == 0, same_fields(&before, &after));
        for step in &plan.steps {
            let is_whole = match step.action {
                Action::Create => step.fields.iter().all(|f| f.old.is_none() && f.new.is_some()),
                Action::Delete => step.fields.iter().all(|f| f.new.is_none() && f.old.is_some()),
                Action::Update => !step.fields.is_empty() && step.fields.iter().all(|f| f.old != f.new),
                Action::Move => step.fields.is_empty(),
            };
            prop_assert!(is_whole, "{:?}", step);
        }
    }

    #[test]
    fn nothing_goes_without_proof((a, b) in neighbours(), template in vec(any::<bool>(), 1..6), faults in faults()) {
        let (before, after) = (in_force(&a, &template), read(b));
        let plan = Plan::between(&before, &after, &faults, &Live::default());
        for step in plan.carried_out().filter(|step| step.action == Action::Delete) {
            let key = (step.kind, step.name.clone());
            prop_assert!(after.things.keys().any(|(kind, _)| *kind == step.kind), "the last {:?} goes", step.kind);
            prop_assert!(step.kind != DeclaredKind::Values);
            let was = &before.things[&key];
            prop_assert_eq!(was.origin, DeclaredOrigin::Git);
            let broken = |file: &Arc<str>| {
                faults.iter().any(|f| f.place.file == *file && f.severity == itops::domain::gitops::Severity::Error)
            };
            prop_assert!(!was.place.as_ref().is_some_and(|place| broken(&place.file)));
        }
    }

    #[test]
    fn steps_have_one_order((a, b) in neighbours(), faults in faults(), live in live()) {
        let (before, after) = (in_force(&a, &[false]), read(b));
        let plan = Plan::between(&before, &after, &faults, &live);
        let actions: Vec<Action> = plan.steps.iter().map(|step| step.action).collect();
        prop_assert!(actions.is_sorted());
        let mut seen = std::collections::BTreeSet::new();
        for step in &plan.steps {
            prop_assert!(seen.insert((step.kind, step.name.clone())), "{} twice", step.name);
        }
        for pair in plan.steps.windows(2).filter(|pair| pair[0].action == pair[1].action) {
            prop_assert!(pair[0].kind != pair[1].kind || pair[0].name < pair[1].name);
        }
        let counts = plan.counts();
        let all = counts.delete + counts.create + counts.update + counts.moved + counts.held;
        prop_assert_eq!(all, plan.steps.len());
    }
}

#[test]
fn what_is_only_shown_is_compared_where_both_sides_hold_it() {
    let shown = |text: &str| {
        let thing = Thing {
            origin: DeclaredOrigin::Git,
            place: None,
            fields: vec![("env.LEVEL".into(), text.into()), ("secretEnv.KEY".into(), Shown::Secret(Some(1)))],
        };
        let mut repository = Repository::default();
        repository.shown.insert((DeclaredKind::Values, "platform/values.yaml".into()), thing);
        State::of(&repository)
    };
    let plan = Plan::between(&shown("info"), &shown("debug"), &[], &Live::default());
    assert_eq!(plan.counts().update, 1);
    assert_eq!(plan.steps[0].fields.len(), 1, "the secret is the same");
    let running = State { is_whole: false, ..shown("info") };
    assert!(Plan::between(&running, &shown("debug"), &[], &Live::default()).steps.is_empty());
    assert!(running.things.keys().all(|key| !is_applied(key)));
}

#[test]
fn nothing_read_deletes_nothing_and_says_why() {
    let before = State::declared(&Registry { org: "acme".to_owned(), ..Registry::default() }, DeclaredOrigin::Git);
    let plan = Plan::between(&before, &State::default(), &[], &Live::default());
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].held, Some(Held::NoSource));
    assert_eq!(before.apply(&plan, &State::default()), before);
}
