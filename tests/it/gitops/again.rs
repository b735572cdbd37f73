//! Reading again: whatever happened to the files, a reader that knows them says what one that does not would say.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use itops::{
    domain::gitops::{DeclaredKind, Shown, State, state::Last},
    gitops::{self, ReadOptions, Reader, Source},
};
use proptest::prelude::*;

use super::{FLAT, config_map, folder, put};

const PATHS: &[&str] = &[
    "services/a.yaml",
    "services/b.yaml",
    "services/it-ops.yaml",
    "chart/Chart.yaml",
    "chart/templates/service.yaml",
    "platform/values.yaml",
    "platform/agent.yaml",
    "platform/ticketing.d/groups.yaml",
    "argocd/app.yaml",
    "z/notes.md",
];

fn contents() -> Vec<String> {
    let other = "path: acme/shop/prod/eu-1/web\nworkload: {name: web}\npassword: planted-9-secret\n";
    let labelled = config_map("it-ops.yaml", other).replace("itops.io/", "acme.example/");
    vec![
        config_map("it-ops.yaml", FLAT),
        config_map("it-ops.yaml", &format!("{FLAT}description: planted-9-secret it is\nslagroup: x\n")),
        format!("{}---\n{labelled}", config_map("it-ops.yaml", other)),
        labelled,
        FLAT.to_owned(),
        "name: chart\n".to_owned(),
        "a: {{ .Values.x }}\n".to_owned(),
        "a: [\n".to_owned(),
        "replicas: 2\nsecretEnv: {ITOPS_JWT_SECRET: planted-9-secret}\n".to_owned(),
        "replicas: 2\nresources: {}\n".to_owned(),
        "node: {id: acme/shop/prod/eu-1}\nitops: {url: 'https://x'}\nwatch: {labelPrefix: acme.example}\nslaGroups: [{name: web, tier: high}]\n".to_owned(),
        "node: {id: acme/shop/prod/eu-1}\nitops: {url: 'https://x'}\nwatch: {namespaces: []}\n".to_owned(),
        "org: acme\ngroups: [{name: dba, users: [oncall]}, {name: dba, users: []}]\n".to_owned(),
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: core}\nspec:\n  source:\n    chart: itops\n    targetRevision: 1.0.0\n    helm: {valueFiles: [$values/platform/values.yaml]}\n".to_owned(),
        "ticketing: {org: acme}\nticketing: {org: other}\n".to_owned(),
        "version: '1'\nhierarchy: {organization: acme, platform: shop, environment: prod, cluster: eu-1, service: pay}\nservice: {slaGroup: web}\nmetadata: {usedBy: [{name: web}]}\n".to_owned(),
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: push}\nspec:\n  schedule: '*/5 * * * *'\n  jobTemplate: {spec: {template: {spec: {containers: [{name: c, args: ['curl -d {\"path\":\"acme/shop/prod/eu-1/web\"} https://core/api/v1/health/report']}]}}}}\n".to_owned(),
        String::new(),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Write(usize, usize),
    Delete(usize),
    Move(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let path = || 0..PATHS.len();
    prop_oneof![
        4 => (path(), 0..contents().len()).prop_map(|(path, text)| Step::Write(path, text)),
        1 => path().prop_map(Step::Delete),
        1 => (path(), path()).prop_map(|(from, to)| Step::Move(from, to)),
    ]
}

/// What the system tells whoever watches the folder.
fn touched(root: &Path, steps: &[Step]) -> Vec<PathBuf> {
    let named = steps.iter().flat_map(|step| match step {
        Step::Write(path, _) | Step::Delete(path) => vec![*path],
        Step::Move(from, to) => vec![*from, *to],
    });
    let root = root.canonicalize().unwrap();
    named.map(|path| root.join(PATHS[path])).collect()
}

fn apply(root: &Path, step: &Step) {
    let place = |path: &usize| root.join(PATHS[*path]);
    match step {
        Step::Write(path, text) => put(root, PATHS[*path], contents()[*text].as_bytes()),
        Step::Delete(path) => {
            let _ = fs::remove_file(place(path));
        }
        Step::Move(from, to) => {
            fs::create_dir_all(place(to).parent().unwrap()).unwrap();
            let _ = fs::rename(place(from), place(to));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_again_gives_what_a_first_reading_gives(rounds in prop::collection::vec((any::<bool>(), prop::collection::vec(step(), 1..4)), 1..8)) {
        let root = folder(&[("README.md", "x"), ("services/a.yaml", &config_map("it-ops.yaml", FLAT))]);
        let mut reader = Reader::new(Source::folder(root.path().to_owned()), ReadOptions::default());
        reader.read().unwrap();
        let mut last = Last::default();
        for (is_told, steps) in rounds {
            steps.iter().for_each(|step| apply(root.path(), step));
            let again = match is_told {
                true => reader.read_again(&touched(root.path(), &steps)).unwrap(),
                false => reader.read().unwrap(),
            };
            let first = gitops::read(root.path(), &ReadOptions::default()).unwrap();
            let state = State::again(&again, &last);
            prop_assert_eq!(&state, &State::of(&first));
            last = Last::new(again.registry.services.clone(), state);
            prop_assert_eq!(again, first);
        }
    }
}

#[test]
fn a_file_that_is_written_twice_within_one_tick_is_seen_both_times() {
    let root = folder(&[("p.yaml", "slaTargets: {web: {uptime: 99.1}}\n")]);
    let mut reader = Reader::new(Source::folder(root.path().to_owned()), ReadOptions::default());
    for round in 2..9 {
        reader.read().unwrap();
        put(root.path(), "p.yaml", format!("slaTargets: {{web: {{uptime: 99.{round}}}}}\n").as_bytes());
        let target = reader.read().unwrap().registry.sla_groups["web"].target;
        assert_eq!(target.millionths(), 990_000 + round * 1_000);
    }
}

#[test]
fn what_did_not_change_is_shared_by_two_readings_and_what_others_say_of_it_is_not_missed() {
    let other = "path: acme/shop/prod/eu-1/web\n";
    let agent = |tier: &str| {
        format!(
            "node: {{id: acme/shop/prod/eu-1}}\nitops: {{url: 'https://x'}}\nslaGroups: [{{name: web, tier: {tier}}}]\n"
        )
    };
    let member = "path: acme/shop/prod/eu-1/pay\nslaGroup: web\n";
    let root = folder(&[
        ("platform/agent.yaml", &agent("high")),
        ("services/web.yaml", &config_map("it-ops.yaml", other)),
        ("services/pay.yaml", &config_map("it-ops.yaml", member)),
    ]);
    let mut reader = Reader::new(Source::folder(root.path().to_owned()), ReadOptions::default());
    let first = reader.read().unwrap();
    let before = State::of(&first);
    let last = Last::new(first.registry.services.clone(), before.clone());
    put(root.path(), "platform/agent.yaml", agent("critical").as_bytes());
    let file = root.path().canonicalize().unwrap().join("platform/agent.yaml");
    let second = reader.read_again(&[file]).unwrap();
    for (path, service) in &first.registry.services {
        assert!(Arc::ptr_eq(service, &second.registry.services[path]), "{path} is made anew");
    }
    let after = State::again(&second, &last);
    let key = |name: &str| (DeclaredKind::Service, Arc::from(format!("acme/shop/prod/eu-1/{name}")));
    assert!(Arc::ptr_eq(&before.things[&key("web")], &after.things[&key("web")]));
    let criticality = after.things[&key("pay")].field("criticality").map(Shown::text);
    assert_eq!(criticality, Some("critical"), "the tier of its group decides");
    // Another cluster's agent: nobody runs these as workloads any more.
    put(root.path(), "platform/agent.yaml", agent("high").replace("eu-1", "eu-2").as_bytes());
    let third = reader.read().unwrap();
    assert_ne!(third.registry.services, second.registry.services);
    assert_eq!(third, gitops::read(root.path(), &ReadOptions::default()).unwrap());
}

#[test]
fn a_bare_service_that_looks_like_a_job_is_a_service_at_every_reading() {
    let script = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: push}\ndata: {push.sh: 'curl https://core/api/v1/health/report'}\n";
    let mounts =
        "kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {volumes: [{configMap: {name: push}}]}}}}}\n";
    let root = folder(&[("script.yaml", script), ("it-ops.yaml", &format!("{FLAT}{mounts}"))]);
    let mut reader = Reader::new(Source::folder(root.path().to_owned()), ReadOptions::default());
    let first = reader.read().unwrap();
    assert_eq!(first.registry.services.len(), 1, "it says so itself");
    assert_eq!(reader.read().unwrap(), first);
    let file = root.path().canonicalize().unwrap().join("script.yaml");
    assert_eq!(reader.read_again(&[file]).unwrap(), first);
}

#[test]
fn a_look_tells_a_file_that_is_written_added_or_removed_and_opens_none() {
    let root = folder(&[("a.yaml", "a: 1\n")]);
    let mut reader = Reader::new(Source::folder(root.path().to_owned()), ReadOptions::default());
    reader.read().unwrap();
    let first = reader.look().unwrap();
    assert_eq!(reader.last_look(), Some(first), "as it was read");
    put(root.path(), "a.yaml", b"a: 12\n");
    let second = reader.look().unwrap();
    assert_ne!(second, first);
    put(root.path(), "b.yaml", b"");
    let third = reader.look().unwrap();
    assert_ne!(third, second);
    fs::remove_file(root.path().join("b.yaml")).unwrap();
    assert_eq!(reader.look().unwrap(), second);
    fs::remove_file(root.path().join("a.yaml")).unwrap();
    assert!(reader.look().is_err(), "an empty folder is no repository");
}

#[test]
fn a_reader_outlives_a_root_that_is_gone_for_a_while() {
    let root = folder(&[("a/s.yaml", &config_map("it-ops.yaml", FLAT))]);
    let (here, there) = (root.path().join("a"), root.path().join("b"));
    let mut reader = Reader::new(Source::folder(here.clone()), ReadOptions::default());
    let first = reader.read().unwrap();
    fs::rename(&here, &there).unwrap();
    assert!(reader.read().is_err());
    fs::rename(&there, &here).unwrap();
    assert_eq!(reader.read().unwrap(), first);
}

#[cfg(unix)]
#[test]
fn a_mounted_config_map_is_seen_to_swap() {
    let root = folder(&[("..1/groups.yaml", "org: acme\ngroups: [{name: dba, users: [a]}]\n")]);
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.path().join(at)).unwrap();
    put(root.path(), "..1/nested/it-ops.yaml", FLAT.as_bytes());
    link("..1", "..data");
    fs::create_dir(root.path().join("ticketing.d")).unwrap();
    link("../..data/groups.yaml", "ticketing.d/groups.yaml");
    link("..data/nested", "nested");
    let mut reader = Reader::new(Source::folder(root.path().to_owned()), ReadOptions::default());
    let first = reader.read().unwrap();
    let paths: Vec<&str> = first.files.iter().map(|f| &*f.path).collect();
    assert_eq!(paths, ["nested/it-ops.yaml", "ticketing.d/groups.yaml"], "each once, under its own name");
    assert_eq!((first.registry.groups.len(), first.registry.services.len()), (1, 1));
    assert!(first.faults.is_empty(), "{:?}", first.faults);
    put(root.path(), "..2/groups.yaml", b"org: acme\ngroups: [{name: web, users: [a]}]\n");
    put(root.path(), "..2/nested/it-ops.yaml", FLAT.as_bytes());
    link("..2", "..data_tmp");
    fs::rename(root.path().join("..data_tmp"), root.path().join("..data")).unwrap();
    fs::remove_dir_all(root.path().join("..1")).unwrap();
    let second = reader.read().unwrap();
    assert_eq!(second.registry.groups.keys().collect::<Vec<_>>(), ["acme/web"]);
    assert_eq!(second.registry.services, first.registry.services);
}
