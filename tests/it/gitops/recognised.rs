//! Fact by fact: what the documentation names, the reader takes.

use itops::{
    domain::{
        access::{Encryption, PasswordSource},
        gitops::{DeclaredKind, FaultCode, Recognised, Repository, Shown, Thing},
        hierarchy::NodePath,
    },
    gitops::{self, ReadOptions},
};

use super::{FLAT, codes, config_map, folder, names, of_code, path, read};

fn shown<'r>(repository: &'r Repository, kind: DeclaredKind, name: &str) -> &'r Thing {
    let keys: Vec<_> = repository.shown.keys().collect();
    repository.shown.get(&(kind, name.into())).unwrap_or_else(|| panic!("{name} is not among {keys:?}"))
}

fn said(thing: &Thing, field: &str) -> String {
    thing.field(field).map(|s| s.text().to_owned()).unwrap_or_default()
}

#[test]
fn a_directory_is_read_with_every_field_and_default() {
    let full = "auth:\n  local: {enabled: true, isDefault: true, passwordPolicy: {minLength: 12, requireUppercase: true, requireDigit: true}}\n  ldap:\n    enabled: true\n    name: corporate\n    displayName: Corporate\n    host: ldap.corp\n    port: 3890\n    encryption: starttls\n    bindDn: cn=svc,dc=corp\n    bindPasswordSecret: {name: creds, key: bindPassword}\n    baseDn: dc=corp\n    userFilter: (uid=%s)\n    groupFilter: (memberUid=%s)\n    userAttrs: {username: uid, email: mailbox, displayName: cn}\n    groupMappings:\n      - {ldapGroup: 'cn=dba,dc=corp', group: dba}\n      - {ldapGroup: 'cn=ops,dc=corp', group: itops-operators}\nticketing: {org: acme, groups: [{name: dba, users: [a]}]}\n";
    let repository = read(&[("values.yaml", full)]);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
    let [local, corporate] = repository.registry.providers.as_slice() else { panic!() };
    assert!(local.require_uppercase && local.require_digit && local.is_default && local.min_password_length == 12);
    let ldap = corporate.ldap.as_ref().unwrap();
    assert_eq!((ldap.host.as_str(), ldap.port, ldap.encryption), ("ldap.corp", 3890, Encryption::StartTls));
    assert_eq!(ldap.password, PasswordSource::SecretRef { name: "creds".into(), key: "bindPassword".into() });
    assert_eq!((ldap.user_filter.as_str(), ldap.group_filter.as_str()), ("(uid=%s)", "(memberUid=%s)"));
    assert_eq!((ldap.attributes.username.as_str(), ldap.attributes.email.as_str()), ("uid", "mailbox"));
    let groups: Vec<&str> = ldap.mappings.iter().map(|m| m.group.as_str()).collect();
    assert_eq!(groups, ["acme/dba", "itops-operators"]);
    assert_eq!(ldap.mappings[0].place.as_ref().unwrap().line, 17);

    let bare = "auth: {ldap: {enabled: true, host: h, baseDn: dc=x, port: 636, bindPassword: plain-one1}}\n";
    let repository = read(&[("values.yaml", bare)]);
    let ldap = repository.registry.providers[0].ldap.as_ref().unwrap();
    assert_eq!((ldap.encryption, &ldap.password), (Encryption::Ldaps, &PasswordSource::Plain));
    assert_eq!(
        (ldap.user_filter.as_str(), ldap.attributes.display_name.as_str()),
        ("(sAMAccountName=%s)", "displayName")
    );
    assert!(ldap.mappings.is_empty());
}

#[test]
fn a_directory_without_host_or_base_is_left_out_and_said() {
    let repository = read(&[("values.yaml", "auth:\n  ldap:\n    enabled: true\n    userFilter: uid=me\n")]);
    assert_eq!(codes(&repository), ["E010 values.yaml:3:5", "E010 values.yaml:3:5", "E010 values.yaml:4:17"]);
    assert!(repository.registry.providers.is_empty());
    assert_eq!(gitops::stopping(&repository).len(), 3);
}

#[test]
fn probe_backup_terms_namespace_and_relations_are_kept() {
    let body = "path: acme/shop/prod/eu-1/db\nworkload: {name: db}\nhealth: {enabled: true, port: 8081, path: /ready, interval: 1m, timeout: 2s, endpoint: 'http://db.shop:8081/ready'}\nbackup: {expected: true, storageSize: 20Gi, retention: 30d, schedule: '0 1 * * *'}\nrelations:\n  - {type: replica-of, path: acme/shop/prod/eu-1/api}\n";
    let text = config_map("it-ops.yaml", body).replace("  name: x\n", "  name: x\n  namespace: shop\n");
    let repository = read(&[("a.yaml", &config_map("it-ops.yaml", FLAT)), ("s.yaml", &text)]);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
    let service = &repository.registry.services[&path("acme/shop/prod/eu-1/db")];
    let probe = service.probe.as_ref().unwrap();
    assert_eq!((probe.port, probe.path.as_str(), probe.interval_ms, probe.timeout_ms), (8081, "/ready", 60_000, 2_000));
    assert_eq!(probe.endpoint.as_deref(), Some("http://db.shop:8081/ready"));
    assert_eq!((service.backup_storage.as_str(), service.backup_retention.as_str()), ("20Gi", "30d"));
    assert_eq!(service.namespace.as_deref(), Some("shop"));
    assert_eq!(service.relations, [("replica-of".to_owned(), path("acme/shop/prod/eu-1/api"))]);
    let usual = read(&[("s.yaml", &config_map("it-ops.yaml", &format!("{FLAT}health: {{enabled: true}}\n")))]);
    let probe = usual.registry.services.values().next().unwrap().probe.clone().unwrap();
    assert_eq!((probe.port, probe.path.as_str(), probe.interval_ms, probe.timeout_ms), (80, "/healthz", 30_000, 5_000));
    let off = read(&[("s.yaml", &config_map("it-ops.yaml", &format!("{FLAT}health: {{port: 1}}\n")))]);
    assert!(off.registry.services.values().next().unwrap().probe.is_none());
}

#[test]
fn the_one_line_placement_and_the_words_in_a_charts_values_are_read() {
    let placed =
        "version: \"1\"\nplacement: {node: acme/shop/prod/eu-1}\nservice: {name: pg, workloadType: statefulset}\n";
    let repository = read(&[("s.yaml", &config_map("itops.yaml", placed))]);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
    let service = &repository.registry.services[&path("acme/shop/prod/eu-1/pg")];
    assert_eq!(service.workload, Some(("statefulset".to_owned(), "pg".to_owned())));

    let whole =
        "replicaCount: 2\nitops:\n  path: acme/shop/prod/eu-1/web\n  criticality: high\n  team: shop\n  tags: [web]\n";
    let words = "replicaCount: 2\nitops:\n  criticality: hihg\n  slaGroup: pay\n  taem: x\n";
    let repository = read(&[("a/values.yaml", whole), ("b/values.yaml", words)]);
    assert_eq!(
        repository.registry.services.keys().map(|p| p.as_str()).collect::<Vec<_>>(),
        ["acme/shop/prod/eu-1/web"]
    );
    assert_eq!(codes(&repository), ["E010 b/values.yaml:3:16", "W103 b/values.yaml:5:3"]);
    assert!(repository.files.iter().all(|f| f.recognised == Recognised::Ours));
}

#[test]
fn an_sla_group_knows_its_nodes_and_its_times() {
    let agent = |cluster: &str| {
        format!(
            "node: {{id: acme/shop/prod/{cluster}}}\nitops: {{url: http://x}}\nslaGroups:\n  - {{name: web, tier: high, targets: {{uptime: 99.9, responseTime: 15, resolutionTime: 4h}}}}\n"
        )
    };
    let repository = read(&[("2.yaml", &agent("eu-2")), ("1.yaml", &agent("eu-1"))]);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
    let group = &repository.registry.sla_groups["web"];
    let nodes: Vec<&str> = group.nodes.iter().map(NodePath::as_str).collect();
    assert_eq!(nodes, ["acme/shop/prod/eu-1", "acme/shop/prod/eu-2"]);
    assert_eq!((group.response_ms, group.resolution_ms), (Some(15 * 60_000), Some(4 * 3_600_000)));
}

fn job(schedule: &str, more: &str, env: &str, script: &str) -> String {
    let script: String = script.lines().map(|l| format!("                  {l}\n")).collect();
    format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: push, namespace: itops}}\nspec:\n  schedule: '{schedule}'\n{more}  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n            - env: [{env}]\n              command: [sh, -c]\n              args:\n                - |\n{script}"
    )
}

#[test]
fn a_job_shows_what_it_pushes_where_and_how_often() {
    let script = "for s in api web; do\n  curl -d \"{\\\"path\\\":\\\"$NODE/$s\\\",\\\"status\\\":\\\"UP\\\"}\" \"$API/api/v1/health/report\"\ndone\npg_dump x > y && curl -d '{\"service\":\"db\",\"nodeId\":\"acme/shop/prod/eu-1\"}' $API/api/v1/backup/report\ncurl $API/api/v1/storage/report -d \"$(df-json)\"";
    let text = job(
        "CRON_TZ=Europe/Budapest @daily",
        "  suspend: false\n",
        "{name: API, value: 'http://core:8080'}, {name: NODE, value: acme/shop/prod/eu-1}",
        script,
    );
    let repository = read(&[("j.yaml", &text)]);
    assert_eq!(codes(&repository), ["W117 j.yaml:19:19"], "a backup registers nobody, health does");
    let thing = shown(&repository, DeclaredKind::CronJob, "itops/push");
    assert_eq!(said(thing, "schedule"), "@daily");
    assert_eq!(said(thing, "timeZone"), "Europe/Budapest");
    assert_eq!(said(thing, "namespace"), "itops");
    assert_eq!(said(thing, "every"), "1day 1h at most, from the schedule");
    for (field, endpoint) in [
        ("health of acme/shop/prod/eu-1/api", "http://core:8080/api/v1/health/report"),
        ("health of acme/shop/prod/eu-1/web", "http://core:8080/api/v1/health/report"),
        ("backup of acme/shop/prod/eu-1/db", "http://core:8080/api/v1/backup/report"),
        ("storage of someone told only by a run", "http://core:8080/api/v1/storage/report"),
    ] {
        assert_eq!(said(thing, field), endpoint, "{field}");
    }
}

#[test]
fn an_argument_list_without_a_shell_and_a_mounted_script_push_too() {
    let list = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: list}\nspec:\n  schedule: '@hourly'\n  jobTemplate: {spec: {template: {spec: {containers: [{env: [{name: N, value: api}], command: [curl, -d, '{\"path\":\"acme/shop/prod/eu-1/$(N)\"}', 'http://c/api/v1/health/report']}]}}}}\n";
    let script = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: scripts}\ndata:\n  push.sh: |\n    curl http://c/api/v1/health/report -d '{\"path\":\"acme/shop/prod/eu-1/web\"}'\n";
    let mounting = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: mounting}\nspec:\n  schedule: '*/10 * * * *'\n  jobTemplate: {spec: {template: {spec: {containers: [{command: [sh, /s/push.sh]}], volumes: [{name: s, configMap: {name: scripts}}]}}}}\n";
    let service = |name: &str| config_map("it-ops.yaml", &format!("path: acme/shop/prod/eu-1/{name}\n"));
    let repository = read(&[
        ("l.yaml", list),
        ("m.yaml", mounting),
        ("scripts.yaml", script),
        ("s1.yaml", &service("api")),
        ("s2.yaml", &service("web")),
    ]);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
    let every = |name: &str| repository.registry.services[&path(&format!("acme/shop/prod/eu-1/{name}"))].every_ms;
    assert_eq!(every("api"), Some((3_600_000, true)));
    assert_eq!(every("web"), Some((600_000, true)));
    let by = |name: &str| repository.registry.services[&path(&format!("acme/shop/prod/eu-1/{name}"))].pushed_by.clone();
    assert_eq!((by("api").as_deref(), by("web").as_deref()), (Some("list"), Some("mounting")));
    let alone = read(&[("scripts.yaml", script)]);
    assert_eq!(alone.files[0].recognised, Recognised::Foreign, "a script that nobody mounts is left alone");
}

#[test]
fn a_service_is_pushed_by_the_job_that_runs_most_often_and_jobs_of_one_name_are_told_apart_by_cluster() {
    let push = |cluster: &str, schedule: &str, more: &str| {
        let script = format!("curl http://c/api/v1/health/report -d '{{\"path\":\"acme/shop/prod/{cluster}/db\"}}'");
        job(schedule, more, "", &script)
    };
    let service = |cluster: &str| config_map("it-ops.yaml", &format!("path: acme/shop/prod/{cluster}/db\n"));
    let (eu, us) = (service("eu-1"), service("us-1"));
    let by = |jobs: &[(&str, String)]| {
        let mut files: Vec<(&str, &str)> = jobs.iter().map(|(name, text)| (*name, text.as_str())).collect();
        files.extend([("eu.yaml", eu.as_str()), ("us.yaml", us.as_str())]);
        let repository = read(&files);
        ["eu-1", "us-1"].map(|cluster| {
            let service = &repository.registry.services[&path(&format!("acme/shop/prod/{cluster}/db"))];
            (service.pushed_by.as_deref().map(str::to_owned), service.every_ms.map(|(ms, _)| ms))
        })
    };
    let named = |name: &str| Some(name.to_owned());
    let two = by(&[("a.yaml", push("eu-1", "@hourly", "")), ("b.yaml", push("us-1", "*/10 * * * *", ""))]);
    assert_eq!(two[0], (named("itops/push@acme/shop/prod/eu-1"), Some(3_600_000)));
    assert_eq!(two[1], (named("itops/push@acme/shop/prod/us-1"), Some(600_000)));
    let often = push("eu-1", "*/10 * * * *", "").replace("name: push", "name: often");
    let both = by(&[("a.yaml", push("eu-1", "@hourly", "")), ("b.yaml", often.clone())]);
    assert_eq!(both, [(named("itops/often"), Some(600_000)), (None, None)]);
    let off = often.replace("  jobTemplate", "  suspend: true\n  jobTemplate");
    let one = by(&[("a.yaml", off.clone()), ("b.yaml", push("eu-1", "@hourly", ""))]);
    assert_eq!(one[0], (named("itops/push"), Some(3_600_000)));
    assert_eq!(by(&[("a.yaml", off)])[0], (None, None), "one that is switched off pushes nothing");
}

#[test]
fn a_wrong_schedule_or_zone_is_said_where_it_stands() {
    let repository =
        read(&[("j.yaml", &job("61 * * * *", "  timeZone: Budapest town\n", "", "curl $U/api/v1/health/report"))]);
    assert_eq!(codes(&repository), ["E010 j.yaml:5:13", "E010 j.yaml:6:13"]);
}

#[test]
fn an_application_shows_its_sources_and_sets_are_left_alone() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: core}\nspec:\n  project: platform\n  destination: {name: eu-1, namespace: itops}\n  sources:\n    - repoURL: https://charts.example\n      chart: itops\n      targetRevision: 1.2.3\n      helm: {valueFiles: [$values/v/a.yaml, $values/v/b.yaml]}\n    - {repoURL: 'https://git.example/x.git', targetRevision: main, ref: values}\n";
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec: {template: {spec: {source: {chart: itops, targetRevision: '*'}}}}\n";
    let values = "ticketing: {org: acme, groups: [{name: dba, users: [a]}]}\nenv: {ITOPS_SERVER_ENVIRONMENT: prod}\n";
    let repository = read(&[("app.yaml", application), ("set.yaml", set), ("v/a.yaml", values)]);
    assert_eq!(codes(&repository), ["W118 app.yaml:11:45"]);
    let thing = shown(&repository, DeclaredKind::Application, "core");
    assert_eq!(said(thing, "destination"), "eu-1, itops");
    assert_eq!(said(thing, "source 1.revision"), "1.2.3");
    assert_eq!(said(thing, "source 1.values"), "v/a.yaml, v/b.yaml (not here)");
    assert_eq!(said(thing, "source 2.ref"), "values");
    assert_eq!(repository.files.iter().find(|f| &*f.path == "set.yaml").unwrap().recognised, Recognised::Foreign);
    assert_eq!(names(&repository, DeclaredKind::Application), ["core"]);
    let shown = shown(&repository, DeclaredKind::Values, "itops");
    assert_eq!(repository.releases[0].files.len(), 1);
    assert_eq!(said(shown, "env.ITOPS_SERVER_ENVIRONMENT"), "prod");
    assert!(shown.field("ticketing.org").is_none(), "what takes effect is a thing of its own");
}

#[test]
fn two_releases_of_one_chart_are_held_against_each_other_under_one_name() {
    let values = |word: &str, secret: &str| {
        format!(
            "ticketing: {{org: acme, groups: [{{name: dba, users: [a]}}]}}\nenv: {{A: {word}}}\nsecretEnv: {{ITOPS_JWT_SECRET: {secret}}}\n"
        )
    };
    let root = folder(&[
        ("dev/values.yaml", &values("one", "dev-secret-1")),
        ("prod/values.yaml", &values("two", "prod-secret-2")),
    ]);
    let of = |release: &str| {
        let options = ReadOptions { release: Some(release.to_owned()), ..ReadOptions::default() };
        gitops::read(root.path(), &options).unwrap()
    };
    let (dev, prod) = (of("dev"), of("prod"));
    let (a, b) = (shown(&dev, DeclaredKind::Values, "itops"), shown(&prod, DeclaredKind::Values, "itops"));
    assert_eq!((said(a, "env.A").as_str(), said(b, "env.A").as_str()), ("one", "two"));
    let secret = |thing: &Thing| thing.field("secretEnv.ITOPS_JWT_SECRET").unwrap().clone();
    assert!(matches!(secret(a), Shown::Secret(Some(_))));
    assert!(!secret(a).same(&secret(b)) && secret(a).same(&secret(shown(&of("dev"), DeclaredKind::Values, "itops"))));
    assert_eq!(dev.shown.len(), 1, "the release that was not picked is not compared");
}

#[test]
fn layers_merge_mappings_replace_lists_and_null_takes_away() {
    let root = folder(&[
        (
            "v/a.yaml",
            "ticketing: {org: acme, groups: [{name: one, users: [a]}]}\nenv: {A: '1', B: '2'}\nui: {wsHost: h}\n",
        ),
        ("v/b.yaml", "ticketing: {groups: [{name: two, users: [a]}]}\nenv: {B: null, C: '3'}\nui: null\n"),
    ]);
    let options = ReadOptions { values: vec!["v/a.yaml".into(), "./v/b.yaml".into()], ..ReadOptions::default() };
    let repository = gitops::read(root.path(), &options).unwrap();
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
    assert_eq!(repository.registry.groups.keys().collect::<Vec<_>>(), ["acme/two"]);
    let thing = shown(&repository, DeclaredKind::Values, "itops");
    let fields: Vec<&str> = thing.fields.iter().map(|(name, _)| &**name).collect();
    assert_eq!(fields, ["env.A", "env.C"]);
}

#[test]
fn values_that_do_not_exist_stop_the_start() {
    let root = folder(&[("prod/values.yaml", "ticketing: {org: acme, groups: [{name: dba, users: [a]}]}\n")]);
    let options = ReadOptions { values: vec!["prod/valeus.yaml".into()], ..ReadOptions::default() };
    let repository = gitops::read(root.path(), &options).unwrap();
    let faults = of_code(&repository, FaultCode::UnknownRelease);
    assert_eq!(faults[0].hint, "did you mean `prod/values.yaml`? There are prod/values.yaml");
    assert_eq!(gitops::stopping(&repository).len(), 1);
}

#[test]
fn a_slip_in_a_variable_of_the_core_is_found() {
    let repository = read(&[("v.yaml", "env: {ITOPS_SERVER_ENVIROMENT: production, MY_OWN: x}\n")]);
    assert_eq!(codes(&repository), ["W103 v.yaml:1:7"]);
    assert_eq!(repository.faults[0].hint, "did you mean `ITOPS_SERVER_ENVIRONMENT`?");
}

#[test]
fn branding_and_features_are_checked_and_shown() {
    let portal = "slaTargets: {web: {uptime: 99.9}}\nbranding: {companyName: Acme, logoUrl: 'https://h/l.svg', acentColor: '#fff'}\n";
    let agent = "node: {id: acme/shop/prod/eu-1, name: eu-1}\nitops: {url: 'http://x', apiKey: {existingSecret: s, existingSecretKey: k}}\nwatch: {namespaces: [], workloadNamePrefixes: [eu-]}\nfeatures: {autoRegister: true, autoCreateIncidents: maybe}\n";
    let repository = read(&[("a.yaml", agent), ("p.yaml", portal)]);
    assert_eq!(codes(&repository), ["E010 a.yaml:4:53", "W103 p.yaml:2:59"]);
    let thing = shown(&repository, DeclaredKind::Values, "sla-portal");
    assert_eq!(said(thing, "branding.companyName"), "Acme");
    let thing = shown(&repository, DeclaredKind::Values, "itops-agent acme/shop/prod/eu-1");
    assert_eq!(said(thing, "watch.workloadNamePrefixes"), "eu-");
    assert_eq!(said(thing, "itops.apiKey.existingSecret"), "s");
}
