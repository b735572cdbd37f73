//! Text that is broken, hostile or secret: what comes in, and what must not come out.

use std::path::Path;

use itops::{
    domain::gitops::{Declared, FaultCode, Recognised, Repository},
    gitops::{self, ReadOptions},
};

use super::{EXAMPLE, FLAT, codes, config_map, folder, of_code, path, put, read};

#[test]
fn hostile_files_are_faults_and_take_nothing_else_with_them() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..6 {
        bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(",")));
    }
    let service = config_map("it-ops.yaml", FLAT);
    let root = folder(&[("bomb.yaml", &bomb), ("deep.yaml", &"[".repeat(40_000)), ("s.yaml", &service)]);
    put(root.path(), "binary.yaml", &[0xff, 0xfe, 0, 1, 2]);
    put(root.path(), "large.yaml", format!("slaTargets:\n{}", "# x\n".repeat(300_000)).as_bytes());
    put(root.path(), "crds.yaml", "# x\n".repeat(300_000).as_bytes());
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    let found: Vec<String> = codes(&repository).iter().map(|c| c.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(found, ["E004 binary.yaml", "E003 bomb.yaml", "E003 deep.yaml", "E003 large.yaml"]);
    assert_eq!(repository.registry.services.len(), 1);
    for entry in &repository.files {
        let wanted = match &*entry.path {
            "s.yaml" => Recognised::Ours,
            "crds.yaml" => Recognised::Foreign,
            _ => Recognised::Broken,
        };
        assert_eq!(entry.recognised, wanted, "{}", entry.path);
        assert_eq!(entry.lines > 0, wanted == Recognised::Ours, "lines of what is not ours are never shown");
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_root_and_links_to_nowhere_are_faults() {
    let outside = folder(&[("secret.yaml", "token: outside-token-1\n")]);
    let root = folder(&[("a/real.yaml", &config_map("it-ops.yaml", FLAT))]);
    std::os::unix::fs::symlink(outside.path().join("secret.yaml"), root.path().join("out.yaml")).unwrap();
    std::os::unix::fs::symlink("nowhere.yaml", root.path().join("dangling.yaml")).unwrap();
    std::os::unix::fs::symlink("a/real.yaml", root.path().join("same.yaml")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("folder")).unwrap();
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(codes(&repository), ["E005 dangling.yaml:1:1", "E005 folder:1:1", "E005 out.yaml:1:1"]);
    assert_eq!(repository.registry.services.len(), 1, "a link inside the root is not a second declaration");
    assert!(!format!("{repository:?}").contains("outside-token-1"));
}

#[cfg(unix)]
#[test]
fn a_mounted_config_map_is_read_through_its_links() {
    let root = folder(&[("ticketing.d/..2024/groups.yaml", "org: acme\ngroups: [{name: dba, users: [a]}]\n")]);
    std::os::unix::fs::symlink("..2024", root.path().join("ticketing.d/..data")).unwrap();
    std::os::unix::fs::symlink("..data/groups.yaml", root.path().join("ticketing.d/groups.yaml")).unwrap();
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(repository.registry.groups.keys().collect::<Vec<_>>(), ["acme/dba"]);
}

#[test]
fn a_file_that_should_be_a_folder_and_a_folder_named_like_a_file_do_not_stop_the_reading() {
    let repository = read(&[("values.yaml/inner.yaml", &config_map("it-ops.yaml", FLAT)), ("services", "x")]);
    assert_eq!(repository.registry.services.len(), 1);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
}

#[test]
fn line_ends_byte_order_mark_and_many_documents_keep_exact_places() {
    let one = config_map("it-ops.yaml", FLAT);
    let two = config_map("it-ops.yaml", "path: acme/shop/prod/eu-1/web\nworkload: {name: web}\nbad: 1\n");
    let text = format!("\u{feff}{one}---\n{two}").replace('\n', "\r\n");
    let repository = read(&[("s.yaml", &text)]);
    assert_eq!(repository.registry.services.len(), 2);
    assert_eq!(codes(&repository), ["W103 s.yaml:22:5"]);
    let source = repository.sources.values().next().unwrap();
    assert_eq!(source.lines.get(21), Some("    bad: 1"));
    assert!(source.lines.iter().all(|l| !l.contains('\r') && !l.contains('\u{feff}')));
}

#[test]
fn json_anchors_and_merge_keys_are_yaml() {
    let json = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"labels":{"itops.io/config":"true"}},
        "data":{"it-ops.yaml":"path: acme/shop/prod/eu-1/api\nteam: x\nworkload: {name: api}\n"}}"#;
    let merged = "base: &base\n  transitions:\n    - {from: OPEN, to: CLOSED, role: any}\nticketing:\n  org: acme\n  workflows:\n    - <<: *base\n      name: short\n";
    let repository = read(&[("s.json", json), ("values.yaml", merged)]);
    assert_eq!(repository.registry.services[&path("acme/shop/prod/eu-1/api")].team, "x");
    assert_eq!(repository.registry.workflows["acme/short"].transitions.len(), 1);
    assert!(repository.faults.is_empty(), "{:?}", codes(&repository));
}

#[test]
fn duplicate_keys_are_errors_in_our_files_only() {
    let ours = "slaTargets:\n  web: {uptime: 99.9}\nslaTargets:\n  web: {uptime: 99.5}\n";
    let repository = read(&[("portal.yaml", ours), ("other.yaml", "a: 1\na: 2\n")]);
    assert_eq!(codes(&repository), ["E002 portal.yaml:3:1"]);
}

#[test]
fn escape_sequences_are_cleaned_in_every_field() {
    let body = "path: acme/shop/prod/eu-1/api\ndisplayName: \"\\e]0;title\\a name\"\ndescription: \"a\\u202eb\"\nteam: \"x\\x9b31m\"\ntags: [\"\\e[2J\"]\nworkload: {name: \"api\\e[0m\"}\n\"bad\\e[1m\": 1\n";
    let values = "ticketing:\n  org: acme\n  groups: [{name: dba, users: [\"a\\e[1m\"]}]\n  catalog: {categories: [{name: \"c\\e[1m\", displayName: \"\\e[1mC\"}]}\n";
    let raw = "# comment \u{1b}[31m and \u{202e}\nslaTargets:\n  web: {uptime: 99.9, label: \"\\e[1m\"}\n";
    let repository = read(&[("s.yaml", &config_map("it-ops.yaml", body)), ("v.yaml", values), ("p.yaml", raw)]);
    assert_eq!(repository.registry.services.len(), 1);
    let every = everything(&repository);
    assert!(every.contains('\u{fffd}'));
    for c in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}'] {
        assert!(!every.contains(c), "U+{:04X} got through", u32::from(c));
    }
}

/// All texts of a repository, unescaped, so that a search sees what a screen would show.
fn everything(repository: &Repository) -> String {
    let mut out = String::new();
    for source in repository.sources.values() {
        out.push_str(&source.lines.iter().collect::<Vec<_>>().join("\n"));
    }
    for fault in &repository.faults {
        out.push_str(&fault.message);
        out.push_str(&fault.hint);
    }
    for Declared { name, display_name, summary, .. } in repository.declared.iter().map(|d| &**d) {
        out.extend([name.as_str(), display_name, summary]);
    }
    for service in repository.registry.services.values() {
        out.extend([service.display_name.as_str(), &service.description, &service.team, &service.kind]);
        out.extend(service.tags.iter().map(String::as_str));
        out.extend(service.workload.iter().flat_map(|(kind, name)| [kind.as_str(), name]));
    }
    for group in repository.registry.groups.values() {
        out.extend(group.users.iter().map(String::as_str));
    }
    for category in &repository.registry.catalog.categories {
        out.extend([category.name.as_str(), &category.display_name]);
    }
    out.extend(repository.registry.sla_groups.values().map(|g| g.display_name.as_str()));
    out
}

#[test]
fn no_secret_gets_out_of_the_reader() {
    let secrets = [
        "hunter2-plain",
        "quoted hunter3",
        "block-line-one4",
        "c29tZXNlY3JldA==",
        "pw5-in-url",
        "hdr6-value",
        "user7pass",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig8",
        "MIIEvQIBADANBgkq9",
        "comment10-pass",
        "env11-value",
        "portal12-key",
        "agent13-key",
        "ldap14-pass",
        "dup15-value",
        "in16-service",
        "broken17-value",
        "foreign18-value",
        "aB3dE5fG7hI9jK1lM3nO5p",
        "unused20-secret",
    ];
    let values = "secretEnv:\n  ITOPS_DATABASE_PASSWORD: hunter2-plain\n  ITOPS_JWT_SECRET: 'quoted hunter3'\n  ITOPS_LICENSE_KEY: |\n    block-line-one4\n    eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig8\nenv:\n  ITOPS_SLA_PORTAL_URL: https://bob:pw5-in-url@portal.example/\n  ITOPS_OPERATOR_API_KEY: env11-value\n# the old password: comment10-pass\n# and hunter2-plain again, aB3dE5fG7hI9jK1lM3nO5p\nauth:\n  ldap:\n    enabled: true\n    host: h\n    baseDn: b\n    bindPassword: ldap14-pass\n---\napiVersion: v1\nkind: Secret\ndata:\n  anything: c29tZXNlY3JldA==\nstringData:\n  pem: |\n    -----BEGIN PRIVATE KEY-----\n    MIIEvQIBADANBgkq9\n    -----END PRIVATE KEY-----\n  free: unused20-secret\n";
    let job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n            - env:\n                - {name: API_KEY, value: env11-value}\n              args:\n                - |\n                  curl -u admin:user7pass -H \"X-API-Key: hdr6-value\" $U/api/v1/health/report -d '{\"path\":\"acme/shop/prod/eu-1/api\"}'\n";
    let portal = "apiKey: portal12-key\nslaTargets:\n  web: {uptime: 99.9, label: \"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig8\"}\n";
    let agent = "node: {id: acme/shop/prod/eu-1}\nitops:\n  url: https://x\n  apiKey: {value: agent13-key}\n";
    let service = config_map(
        "it-ops.yaml",
        "path: acme/shop/prod/eu-1/api\nworkload: {name: api}\npassword: in16-service\npassword: dup15-value\ndescription: hunter2-plain https://bob:pw5-in-url@h/\n",
    );
    let repository = read(&[
        ("platform/values.yaml", values),
        ("monitoring/job.yaml", job),
        ("sla/portal.yaml", portal),
        ("platform/agent.yaml", agent),
        ("services/api.yaml", &service),
        ("broken.yaml", "a: [broken17-value\nb: \"\n"),
        ("foreign.yaml", "apiVersion: v1\nkind: Secret\nstringData: {x: foreign18-value}\n"),
    ]);
    let debug = format!("{repository:?}");
    let report = gitops::render(&repository.faults, &repository.sources, false);
    for secret in secrets {
        assert!(!debug.contains(secret), "{secret} is in the repository");
        assert!(!report.contains(secret), "{secret} is in the report");
    }
    assert!(debug.contains("••••••"));
    assert!(of_code(&repository, FaultCode::PlainSecret).len() >= 8, "{:?}", codes(&repository));
}

#[test]
fn a_broken_service_inside_a_config_map_has_its_real_line_and_hides_its_file() {
    let broken = config_map("it-ops.yaml", "path: acme/shop/prod/eu-1/api\nteam: \"open\npassword: x1-leak\n");
    let repository = read(&[("s.yaml", &broken)]);
    assert_eq!(of_code(&repository, FaultCode::MalformedYaml).len(), 1);
    assert!((10..=12).contains(&repository.faults[0].place.line), "{:?}", codes(&repository));
    assert!(repository.sources.is_empty());
    assert_eq!(repository.files[0].recognised, Recognised::Broken);
    assert!(!format!("{repository:?}").contains("x1-leak"));
}

#[test]
fn head_commit_is_none_outside_git_and_read_inside() {
    let root = folder(&[("a.yaml", "a: 1\n")]);
    let git = |args: &[&str]| {
        std::process::Command::new("git")
            .arg("-C")
            .arg(root.path())
            .args(args)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Platform Team")
            .env("GIT_AUTHOR_EMAIL", "platform@example.org")
            .env("GIT_COMMITTER_NAME", "Platform Team")
            .env("GIT_COMMITTER_EMAIL", "platform@example.org")
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(git(&["init", "-q"]));
    assert!(gitops::head_commit(root.path()).is_none(), "no commit yet");
    assert!(git(&["add", "-A"]) && git(&["commit", "-qm", "first: set password=hunter2x"]));
    // A repository may name programs in its own settings; none of them may run.
    let trap = root.path().join("trap");
    assert!(git(&["config", "core.fsmonitor", &format!("touch {}", trap.display())]));
    assert!(git(&["config", "log.showSignature", "true"]));
    assert!(git(&["config", "gpg.program", &format!("touch {}", trap.display())]));
    let commit = gitops::head_commit(root.path()).unwrap();
    assert_eq!(commit.id.len(), 40);
    assert_eq!(commit.author, "Platform Team");
    assert_eq!(commit.subject, "first: set password=••••••");
    assert!(!trap.exists());
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(repository.revision.as_deref(), Some(&*commit.id));
}

#[test]
fn a_secret_in_embedded_values_is_hidden_and_named() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: core}\nspec:\n  source:\n    chart: itops\n    targetRevision: 1.2.3\n    helm:\n      values: |\n        secretEnv:\n          ITOPS_JWT_SECRET: inline-secret-1\n        auth: {local: {enabled: true}}\n";
    let service =
        config_map("it-ops.yaml", &format!("{FLAT}x-notes:\n  password: |\n    first-line-2\n    second-line-3\n"));
    let repository = read(&[("a.yaml", application), ("s.yaml", &service)]);
    assert_eq!(codes(&repository), ["W101 a.yaml:11:29", "W101 s.yaml:13:9"]);
    let debug = format!("{repository:?}");
    for secret in ["inline-secret-1", "first-line-2", "second-line-3"] {
        assert!(!debug.contains(secret), "{secret}");
    }
    assert_eq!(repository.registry.providers.len(), 1, "values written into the Application take effect");
}

#[test]
fn cut_and_mangled_files_never_stop_the_reader() {
    let root = tempfile::tempdir().unwrap();
    let example = gitops::read(Path::new(EXAMPLE), &ReadOptions::default()).unwrap();
    for (number, source) in example.sources.values().enumerate() {
        let text = source.lines.iter().collect::<Vec<_>>().join("\n");
        let chars: Vec<char> = text.chars().collect();
        let cut: String = chars[..chars.len() * (number % 7 + 1) / 8].iter().collect();
        put(root.path(), &format!("{number}-cut.yaml"), cut.as_bytes());
        let mangled: String = chars
            .iter()
            .enumerate()
            .map(|(at, c)| if at % 89 == number % 89 { ['\t', '"', '[', '\u{1b}', '|', '&', '•'][at % 7] } else { *c })
            .collect();
        put(root.path(), &format!("{number}-mangled.yaml"), mangled.as_bytes());
    }
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert!(!repository.faults.is_empty());
    let report = gitops::render(&repository.faults, &repository.sources, true);
    assert!(report.lines().last().unwrap().contains("errors and"));
    for fault in &repository.faults {
        assert!(fault.place.line >= 1 && fault.place.column >= 1);
    }
}
