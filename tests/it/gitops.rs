//! The reader on whole repositories: what it takes, what it refuses, and what it never lets out.

mod again;
mod explained;
mod hostile;
mod recognised;
mod schemas;
mod secrets;
mod trees;

use std::{fs, path::Path};

use itops::{
    domain::{
        gitops::{DeclaredKind, Fault, FaultCode, Recognised, Repository, Severity},
        hierarchy::ServicePath,
        sla::Target,
    },
    gitops::{self, ReadError, ReadOptions},
};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example");

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        put(root.path(), path, text.as_bytes());
    }
    root
}

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

fn read(files: &[(&str, &str)]) -> Repository {
    gitops::read(folder(files).path(), &ReadOptions::default()).unwrap()
}

fn codes(repository: &Repository) -> Vec<String> {
    repository
        .faults
        .iter()
        .map(|f| format!("{} {}:{}:{}", f.code.code(), f.place.file, f.place.line, f.place.column))
        .collect()
}

fn of_code(repository: &Repository, code: FaultCode) -> Vec<&Fault> {
    repository.faults.iter().filter(|f| f.code == code).collect()
}

fn names(repository: &Repository, kind: DeclaredKind) -> Vec<&str> {
    repository.declared.iter().filter(|d| d.kind == kind).map(|d| d.name.as_str()).collect()
}

fn path(text: &str) -> ServicePath {
    ServicePath::parse(text).unwrap()
}

fn config_map(key: &str, body: &str) -> String {
    let body: String = body.lines().map(|l| format!("    {l}\n")).collect();
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  labels:\n    itops.io/config: \"true\"\ndata:\n  {key}: |\n{body}"
    )
}

const FLAT: &str = "path: acme/shop/prod/eu-1/api\nworkload: {type: deployment, name: api}\n";

#[test]
fn example_repository_is_read_without_errors() {
    let example = gitops::read(Path::new(EXAMPLE), &ReadOptions::default()).unwrap();
    let errors: Vec<&Fault> = example.faults.iter().filter(|f| f.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{}", gitops::render(&example.faults, &example.sources, false));
    let warnings = example.faults.len();
    assert!((5..=8).contains(&warnings), "{}", gitops::render(&example.faults, &example.sources, false));
    assert!(example.registry.services.len() >= 40, "{} services", example.registry.services.len());
    assert_eq!(example.registry.sla_groups.len(), 5);
    assert_eq!(example.registry.workflows.len(), 6);
    assert!(example.registry.catalog.items.len() >= 12);
    assert_eq!(example.registry.catalog.categories.len(), 4);
    assert_eq!(example.registry.org, "meridian");
    assert_eq!(example.registry.providers.len(), 2);
    let kinds: Vec<&str> = example.releases.iter().map(|r| r.chart.as_str()).collect();
    assert_eq!(kinds, ["itops", "itops-agent", "itops-agent", "itops-agent", "sla-portal"]);
    assert!(!format!("{example:?}").contains("not-the-real-password"));
}

#[test]
fn every_place_of_the_example_points_at_its_line() {
    let example = gitops::read(Path::new(EXAMPLE), &ReadOptions::default()).unwrap();
    for service in example.registry.services.values() {
        let source = &example.sources[&service.place.file];
        let lines = source.lines.of(&service.place);
        assert!(
            lines.iter().any(|l| l.contains(service.path.service())),
            "{} is not in {:?} {}-{}",
            service.path,
            service.place.file,
            service.place.line,
            service.place.end_line
        );
    }
    for item in example.registry.catalog.items.values() {
        let place = item.place.as_ref().unwrap();
        let line = example.sources[&place.file].lines.get(place.line as usize - 1).unwrap();
        assert!(line.contains(item.name.short()), "{line}");
    }
}

#[test]
fn reading_twice_gives_the_same() {
    let once = gitops::read(Path::new(EXAMPLE), &ReadOptions::default()).unwrap();
    let twice = gitops::read(Path::new(EXAMPLE), &ReadOptions::default()).unwrap();
    assert_eq!(once, twice);
}

#[test]
fn a_missing_empty_or_wrong_root_is_an_error_and_not_an_empty_repository() {
    let empty = tempfile::tempdir().unwrap();
    let options = ReadOptions::default();
    assert!(matches!(gitops::read(empty.path(), &options), Err(ReadError::Empty(_))));
    assert!(matches!(gitops::read(&empty.path().join("no"), &options), Err(ReadError::Missing(_))));
    put(empty.path(), "file", b"x");
    assert!(matches!(gitops::read(&empty.path().join("file"), &options), Err(ReadError::NotAFolder(_))));
}

#[test]
fn all_faults_are_reported_at_once_sorted_with_line_and_column() {
    let service = config_map("it-ops.yaml", "path: acme/shop/prod/eu-1\ntaegs: [a]\n");
    let values = "ticketing:\n  org: acme\n  workflows:\n    - name: empty\n      transitions: []\n    - name: odd\n      transitions:\n        - {from: OPEN, to: DONE, role: any}\n  catalog:\n    items:\n      - {name: i, category: none, displayName: I, workflow: nothing, defaults: {priority: URGENT}}\n";
    let repository =
        read(&[("services/a.yaml", &service), ("platform/values.yaml", values), ("z.yaml", "a:\n\tb: 1\n")]);
    assert_eq!(
        codes(&repository),
        [
            "E020 platform/values.yaml:5:7",
            "E021 platform/values.yaml:8:28",
            "E024 platform/values.yaml:11:29",
            "E023 platform/values.yaml:11:61",
            "E022 platform/values.yaml:11:91",
            "E011 services/a.yaml:9:11",
            "W103 services/a.yaml:10:5",
            "E001 z.yaml:2:2",
        ]
    );
    assert_eq!(of_code(&repository, FaultCode::UnknownKey)[0].hint, "did you mean `tags`?");
}

#[test]
fn references_are_no_plain_secrets_and_win_over_plain_values() {
    let values = "secretEnv:\n  ITOPS_DATABASE_PASSWORD: not-this-one1\nsecretRefs:\n  ITOPS_DATABASE_PASSWORD: {name: db, key: password}\n  ITOPS_JWT_SECRET: {name: jwt}\nextraEnvFrom:\n  - secretRef: {name: bag}\n";
    let repository = read(&[("values.yaml", values)]);
    assert_eq!(codes(&repository), ["W102 values.yaml:2:3", "E010 values.yaml:5:21"]);
}

#[test]
fn a_credential_that_no_key_names_is_warned_of_once_with_its_line() {
    let values = "auth: {local: {enabled: true}}\nenv:\n  ITOPS_NOTE: plain words\n  # see https://bob:hunter2x@git.example/\n\
                  secretEnv:\n  ITOPS_JWT_SECRET: https://bob:hunter2x@git.example/\n";
    let repository = read(&[("values.yaml", values)]);
    let warned: Vec<_> =
        of_code(&repository, FaultCode::PlainSecret).iter().map(|f| (f.place.line, f.place.column)).collect();
    assert_eq!(warned, [(4, 3), (6, 21)], "{:?}", codes(&repository));
}

#[test]
fn secret_references_are_looked_up_where_a_folder_of_secrets_is_given() {
    let secrets = folder(&[("db/password", "x")]);
    let root = folder(&[(
        "values.yaml",
        "secretRefs:\n  ITOPS_DATABASE_PASSWORD: {name: db, key: password}\n  ITOPS_JWT_SECRET: {name: jwt, key: ../../x}\n",
    )]);
    let options = ReadOptions { secrets_dir: Some(secrets.path().to_owned()), ..ReadOptions::default() };
    let repository = gitops::read(root.path(), &options).unwrap();
    assert_eq!(codes(&repository), ["W111 values.yaml:3:21"]);
}

#[test]
fn flat_and_nested_services_say_the_same() {
    let flat = "path: acme/shop/prod/eu-1/orders-db\ndisplayName: Orders\ndescription: All orders.\ntype: PostgreSQL\ntags: [database]\nteam: data\nslaGroup: web\ncriticality: critical\nworkload: {type: statefulset, name: pg}\nbackup: {expected: true, maxAgeDays: 2, schedule: '0 1 * * *'}\ndependencies:\n  usedBy:\n    - path: acme/shop/prod/eu-1/api\nrunbook: https://runbooks.example/db\n";
    let nested = "version: \"1\"\nhierarchy: {organization: acme, platform: shop, environment: prod, cluster: eu-1, service: orders-db}\nservice:\n  name: orders-db\n  criticality: critical\n  slaGroup: web\n  workloadType: statefulset\n  workloadName: pg\n  tags: [database]\nmetadata:\n  displayName: Orders\n  description: All orders.\n  serviceType: PostgreSQL\n  usedBy: [{name: api, displayName: API}]\n  runbook: https://runbooks.example/db\nownership: {team: data}\noperations:\n  backup: {expected: true, maxAgeDays: 2, schedule: '0 1 * * *'}\n";
    let api = config_map("itops.yml", FLAT);
    let portal = "slaTargets: {web: {uptime: 99.9}}\n";
    let both: Vec<_> = [flat, nested]
        .map(|body| {
            let repository =
                read(&[("a.yaml", &api), ("p.yaml", portal), ("s.yaml", &config_map("it-ops.yaml", body))]);
            assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
            let mut service = (*repository.registry.services[&path("acme/shop/prod/eu-1/orders-db")]).clone();
            assert_eq!(service.place.line, 9);
            service.place.end_line = 0;
            service
        })
        .into();
    assert_eq!(both[0], both[1]);
    assert_eq!(both[0].used_by, [path("acme/shop/prod/eu-1/api")]);
    assert_eq!(both[0].backup.as_ref().unwrap().max_age_days, 2);
}

#[test]
fn flat_defaults_hold_only_where_an_agent_watches() {
    let body =
        |cluster: &str| config_map("it-ops.yaml", &format!("path: acme/shop/prod/{cluster}/pay-api\ntags: [cache]\n"));
    let agent = "node: {id: acme/shop/prod/eu-1}\nitops: {url: http://x}\n";
    let repository = read(&[("a.yaml", agent), ("s1.yaml", &body("eu-1")), ("s2.yaml", &body("metal"))]);
    let watched = &repository.registry.services[&path("acme/shop/prod/eu-1/pay-api")];
    assert_eq!(watched.workload, Some(("deployment".to_owned(), "pay-api".to_owned())));
    assert_eq!((watched.display_name.as_str(), watched.kind.as_str()), ("Pay Api", "cache"));
    assert_eq!(watched.criticality, None);
    assert_eq!(repository.registry.services[&path("acme/shop/prod/metal/pay-api")].workload, None);
    assert_eq!(codes(&repository), ["W104 s2.yaml:9:11"]);
}

#[test]
fn the_schedule_of_a_job_says_how_often_a_service_reports() {
    let job = |schedule: &str, more: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: push}}\nspec:\n  schedule: '{schedule}'\n{more}  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n            - command: [sh, -c]\n              args:\n                - |\n                  curl -s -X POST \"$API/api/v1/health/report\" \\\n                    -H \"X-API-Key: $KEY\" \\\n                    -d \"{{\\\"nodeId\\\":\\\"acme/shop/prod/metal\\\",\\\"service\\\":\\\"nas\\\",\\\"status\\\":\\\"$S\\\"}}\"\n"
        )
    };
    let service = config_map("it-ops.yaml", "path: acme/shop/prod/metal/nas\n");
    let agent = "node: {id: acme/shop/prod/eu-1}\nitops: {url: http://x}\n";
    let of = |job: &str| {
        let repository = read(&[("a.yaml", agent), ("j.yaml", job), ("s.yaml", &service)]);
        assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
        repository.registry.services[&path("acme/shop/prod/metal/nas")].every_ms
    };
    assert_eq!(of(&job("*/5 * * * *", "")), Some((300_000, true)));
    assert_eq!(of(&job("*/5 * * * *", "  suspend: true\n")), None);
    let other = job("* * * * *", "").replace("/api/v1/health/report", "/healthz");
    let repository = read(&[("j.yaml", &other), ("s.yaml", &service)]);
    assert!(names(&repository, DeclaredKind::CronJob).is_empty(), "a job that pushes nothing is not ours");
}

#[test]
fn both_shapes_of_portal_targets_win_over_group_and_tier() {
    let agent = "node: {id: acme/shop/prod/eu-1}\nitops: {url: http://x}\nslaGroups:\n  - {name: pay, displayName: Pay, tier: critical, targets: {uptime: 99.95}}\n  - {name: web, tier: high}\n  - {name: low, tier: low}\n";
    let second = "node: {id: acme/shop/prod/eu-2}\nitops: {url: http://x}\nslaGroups:\n  - {name: pay, displayName: Pay, tier: critical, targets: {uptime: 99.95}}\n";
    let map = "slaTargets:\n  pay: {uptime: 99.5, label: Payments, period: month}\n  only-portal: {uptime: 98}\n";
    let list = "slaTargets:\n  - {slaGroup: pay, displayName: Payments, uptimeTarget: 99.5, period: month}\n  - {slaGroup: only-portal, uptimeTarget: \"98\"}\n";
    for portal in [map, list] {
        let repository = read(&[("a1.yaml", agent), ("a2.yaml", second), ("p.yaml", portal)]);
        assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
        let groups = &repository.registry.sla_groups;
        let target = |name: &str| groups[name].target;
        assert_eq!(groups.len(), 4, "same-named groups of two agents are one");
        assert_eq!(target("pay"), Target::from_percent(99.5).unwrap());
        assert_eq!(groups["pay"].period.word(), "month");
        assert_eq!(groups["pay"].target_place.as_ref().unwrap().line, 2);
        assert_eq!(target("web"), Target::from_percent(99.9).unwrap());
        assert_eq!(target("low"), Target::from_percent(99.0).unwrap());
        assert_eq!(target("only-portal"), Target::from_percent(98.0).unwrap());
    }
}

#[test]
fn what_self_declared_maintenance_counts_as_is_said_by_a_group_its_targets_or_the_portal() {
    let groups = "slaGroups:\n  - {name: own, selfDeclaredMaintenance: down}\n  - {name: inner, selfDeclaredMaintenance: neither, targets: {uptime: 99, selfDeclaredMaintenance: down}}\n  - {name: over, selfDeclaredMaintenance: down}\n  - {name: silent}\n  - {name: pay}\n";
    let agent = format!("node: {{id: acme/shop/prod/eu-1}}\nitops: {{url: http://x}}\n{groups}");
    let portal = "slaTargets:\n  pay: {uptime: 99.5, selfDeclaredMaintenance: down}\n  over: {uptime: 99.5, selfDeclaredMaintenance: neither}\n  only-portal: {uptime: 98, selfDeclaredMaintenance: down}\n";
    let repository = read(&[("a.yaml", &agent), ("p.yaml", portal)]);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
    let groups = &repository.registry.sla_groups;
    let down: Vec<&str> = groups.values().filter(|g| g.maintenance_is_down).map(|g| g.name.as_str()).collect();
    assert_eq!(down, ["inner", "only-portal", "own", "pay"]);

    let second =
        agent.replace("eu-1", "eu-2").replace("{name: silent}", "{name: silent, selfDeclaredMaintenance: down}");
    let repository = read(&[("a.yaml", &agent), ("b.yaml", &second)]);
    assert_eq!(of_code(&repository, FaultCode::ConflictingGroup).len(), 1, "two agents must agree on it");
    assert!(!repository.registry.sla_groups["silent"].maintenance_is_down);
    let wrong = agent.replace("{name: silent}", "{name: silent, selfDeclaredMaintenance: yes}");
    assert_eq!(of_code(&read(&[("a.yaml", &wrong)]), FaultCode::BadField).len(), 1);
}

#[test]
fn impossible_targets_are_errors() {
    let portal = "slaTargets:\n  a: {uptime: 100}\n  b: {uptime: 0}\n  c: {uptime: often}\n  d: {uptime: 99.9}\n  e: {uptime: 99.9999999}\n";
    let repository = read(&[("p.yaml", portal)]);
    assert_eq!(codes(&repository), ["E030 p.yaml:2:15", "E030 p.yaml:3:15", "E030 p.yaml:4:15", "E030 p.yaml:6:15"]);
    let fine = of_code(&repository, FaultCode::ImpossibleTarget)[3];
    assert!(fine.hint.contains("four decimals at most"), "it lies between 0 and 100: {fine:?}");
    assert_eq!(repository.registry.sla_groups.keys().collect::<Vec<_>>(), ["d"]);
}

const ARROWS: &str = "transitions: [{from: OPEN, to: CLOSED, role: any}]";

#[test]
fn ticketing_is_merged_from_values_and_folder_in_order_of_names() {
    let values = format!(
        "ticketing:\n  org: acme\n  groups: [{{name: dba, users: [a]}}]\n  workflows:\n    - {{name: one, {ARROWS}}}\n"
    );
    let catalog = "catalog:\n  categories: [{name: c, displayName: C}]\n  items:\n    - {name: i, category: c, displayName: I, workflow: two}\n    - {name: shop/prod/j, category: c, displayName: J, workflow: strict}\n";
    let second = format!("workflows:\n  - {{name: two, {ARROWS}}}\n  - {{name: shop/prod/strict, {ARROWS}}}\n");
    let again = format!("workflows:\n  - {{name: one, {ARROWS}}}\n");
    let repository = read(&[
        ("platform/values.yaml", &values),
        ("platform/ticketing.d/00-org.yaml", "org: acme\n"),
        ("platform/ticketing.d/10-catalog.yaml", catalog),
        ("platform/ticketing.d/workflow-two.yaml", &second),
        ("platform/ticketing.d/zz-again.yaml", &again),
    ]);
    assert_eq!(codes(&repository), ["E012 platform/ticketing.d/zz-again.yaml:2:5"]);
    let registry = &repository.registry;
    assert_eq!(registry.workflows.keys().collect::<Vec<_>>(), ["acme/one", "acme/shop/prod/strict", "acme/two"]);
    assert_eq!(registry.catalog.items.keys().collect::<Vec<_>>(), ["acme/i", "acme/shop/prod/j"]);
    assert_eq!(registry.groups.keys().collect::<Vec<_>>(), ["acme/dba"]);
}

#[test]
fn names_that_lead_nowhere_and_statuses_nobody_reaches_are_warned_of() {
    let values = "ticketing:\n  org: acme\n  groups:\n    - {name: dba}\n    - {name: shop/prod/net, users: [a]}\n  workflows:\n    - name: w\n      transitions:\n        - {from: OPEN, to: IN_PROGRESS, role: nobody}\n        - {from: RESOLVED, to: OPEN, role: net}\n        - {from: CLOSED, to: OPEN, role: itops-admins}\n";
    let repository = read(&[("values.yaml", values)]);
    assert_eq!(
        codes(&repository),
        [
            "W105 values.yaml:4:7",
            "W107 values.yaml:7:7",
            "W106 values.yaml:9:47",
            "W107 values.yaml:10:11",
            "W107 values.yaml:11:11",
        ]
    );
}

#[test]
fn reserved_names_are_refused_and_scopes_may_look_like_them() {
    let values = "ticketing:\n  org: acme\n  groups:\n    - {name: itops-admins, users: [a]}\n    - {name: itops-dev/prod/dba, users: [a]}\n";
    let repository = read(&[("values.yaml", values)]);
    assert_eq!(codes(&repository), ["E025 values.yaml:4:14"]);
    assert_eq!(repository.registry.groups.keys().collect::<Vec<_>>(), ["acme/itops-dev/prod/dba"]);
}

#[test]
fn dependencies_on_nobody_unknown_groups_duplicates_and_circles_are_found() {
    let service = |name: &str, more: &str| {
        config_map("it-ops.yaml", &format!("path: acme/shop/prod/eu-1/{name}\nworkload: {{name: x}}\n{more}"))
    };
    let a = service(
        "a",
        "slaGroup: nope\ndependencies:\n  requires:\n    - {path: acme/shop/prod/eu-1/b, critical: true}\n    - path: acme/shop/prod/eu-1/gone\n",
    );
    let b = service("b", "dependencies:\n  requires: [{path: acme/shop/prod/eu-1/a}]\n");
    let again = service("a", "");
    let repository = read(&[("1.yaml", &a), ("2.yaml", &b), ("3.yaml", &again)]);
    assert_eq!(codes(&repository), ["W110 1.yaml:11:15", "W108 1.yaml:15:17", "W112 2.yaml:12:25", "E012 3.yaml:9:11"]);
    let a = &repository.registry.services[&path("acme/shop/prod/eu-1/a")];
    assert!(a.requires[0].critical && !a.requires[1].critical);
    assert_eq!(&*a.place.file, "1.yaml", "the first declaration holds");
}

#[test]
fn several_releases_without_a_choice_are_a_fault_that_lists_them() {
    let values = |org: &str| format!("ticketing:\n  org: {org}\n  groups: [{{name: dba, users: [a]}}]\n");
    let root = folder(&[("dev/values.yaml", &values("dev")), ("prod/values.yaml", &values("prod"))]);
    let read = |options: &ReadOptions| gitops::read(root.path(), options).unwrap();
    let unclear = read(&ReadOptions::default());
    assert_eq!(codes(&unclear), ["E031 dev/values.yaml:1:1"]);
    assert!(unclear.faults[0].message.contains("dev, prod"), "{}", unclear.faults[0].message);
    assert!(unclear.registry.groups.is_empty());
    let picked = read(&ReadOptions { release: Some("prod".to_owned()), ..ReadOptions::default() });
    assert_eq!(picked.registry.org, "prod");
    assert!(picked.faults.is_empty(), "{:?}", codes(&picked));
    let named = read(&ReadOptions { values: vec!["dev/values.yaml".to_owned()], ..ReadOptions::default() });
    assert_eq!(named.registry.org, "dev");
}

#[test]
fn an_application_layers_its_value_files_as_helm_does() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: core}\nspec:\n  sources:\n    - repoURL: https://charts.example\n      chart: itops\n      targetRevision: \"1.*\"\n      helm:\n        valueFiles: [$values/v/base.yaml, $values/v/prod.yaml]\n    - {repoURL: https://git.example/x.git, targetRevision: main, ref: values}\n";
    let base = "ticketing:\n  org: acme\n  groups: [{name: base, users: [a]}]\nauth: {local: {enabled: true, passwordPolicy: {minLength: 10}}}\n";
    let prod = "ticketing:\n  groups: [{name: prod, users: [a]}]\nauth: {local: {passwordPolicy: {minLength: 20}}}\n";
    let repository = read(&[("argo.yaml", application), ("v/base.yaml", base), ("v/prod.yaml", prod)]);
    assert_eq!(codes(&repository), ["W109 argo.yaml:8:23"]);
    assert_eq!(repository.registry.groups.keys().collect::<Vec<_>>(), ["acme/prod"], "lists are replaced");
    assert_eq!(repository.registry.providers[0].min_password_length, 20);
    assert_eq!(repository.releases[0].files.len(), 2);
}

#[test]
fn templates_and_foreign_manifests_are_left_alone_and_listed() {
    let repository = read(&[
        ("charts/x/Chart.yaml", "apiVersion: v2\nname: x\n"),
        ("charts/x/templates/deployment.yaml", "name: {{ .Values.name }}\n"),
        ("loose.yaml", "a: {{ b }}: c\n"),
        ("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nunknownKey: 1\n"),
        ("README.md", "text: [\n"),
        ("s.yaml", &config_map("it-ops.yaml", FLAT)),
    ]);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
    let seen: Vec<(&str, Recognised)> = repository.files.iter().map(|f| (&*f.path, f.recognised)).collect();
    assert_eq!(
        seen,
        [
            ("README.md", Recognised::Other),
            ("charts/x/Chart.yaml", Recognised::Foreign),
            ("charts/x/templates/deployment.yaml", Recognised::Template),
            ("deployment.yaml", Recognised::Foreign),
            ("loose.yaml", Recognised::Template),
            ("s.yaml", Recognised::Ours),
        ]
    );
    assert_eq!(repository.sources.len(), 1);
}

#[test]
fn a_document_with_a_doubtful_key_takes_no_effect() {
    let portal = "slaTargets: {web: {uptime: 99.9}}\nslaTargets: {web: {uptime: 99.5}}\n";
    let service = config_map("it-ops.yaml", &format!("{FLAT}team: a\nteam: b\n"));
    let repository = read(&[("p.yaml", portal), ("s.yaml", &service)]);
    assert_eq!(codes(&repository), ["E002 p.yaml:2:1", "E002 s.yaml:12:5"]);
    assert!(repository.registry.sla_groups.is_empty() && repository.registry.services.is_empty());
}

#[test]
fn agents_that_disagree_about_a_group_are_warned_of() {
    let agent = |cluster: &str, uptime: &str| {
        format!(
            "node: {{id: acme/shop/prod/{cluster}}}\nitops: {{url: http://x}}\nslaGroups:\n  - {{name: web, tier: high, targets: {{uptime: {uptime}}}}}\n"
        )
    };
    let repository = read(&[("1.yaml", &agent("eu-1", "99.9")), ("2.yaml", &agent("eu-2", "99.5"))]);
    assert_eq!(codes(&repository), ["W113 2.yaml:4:5"]);
    assert_eq!(repository.registry.sla_groups["web"].target, Target::from_percent(99.9).unwrap());
}

#[test]
fn errors_in_ticketing_and_sign_in_stop_and_others_do_not() {
    let values =
        "ticketing:\n  org: acme\n  workflows: [{name: w, transitions: []}]\nauth: {ldap: {enabled: true, host: h}}\n";
    let service = config_map("it-ops.yaml", "path: short\n");
    let repository = read(&[("v.yaml", values), ("ticketing.d/x.yaml", "groups: [\n"), ("s.yaml", &service)]);
    let stopping: Vec<&str> = gitops::stopping(&repository).iter().map(|f| f.code.code()).collect();
    assert_eq!(stopping, ["E001", "E020", "E010"]);
    assert_eq!(of_code(&repository, FaultCode::BadPath).len(), 1);
    assert!(repository.registry.providers.is_empty(), "a provider without its base is left out");
}

#[test]
fn a_release_that_does_not_exist_is_a_fault() {
    let root = folder(&[("prod/values.yaml", "ticketing: {org: acme, groups: [{name: dba, users: [a]}]}\n")]);
    let options = ReadOptions { release: Some("prdo".to_owned()), ..ReadOptions::default() };
    let repository = gitops::read(root.path(), &options).unwrap();
    assert_eq!(codes(&repository), ["E032 prod/values.yaml:1:1"]);
}
