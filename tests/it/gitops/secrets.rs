//! A secret planted anywhere in a repository never leaves the reader.

use itops::{
    domain::gitops::{Repository, Shown},
    gitops::{self, ReadOptions},
};
use proptest::prelude::*;

use super::{config_map, folder};

/// Where a secret can stand: the file, and its text with `PLANTED` in it.
fn places() -> Vec<(&'static str, String)> {
    let job = |script: &str| {
        let script: String = script.lines().map(|l| format!("                  {l}\n")).collect();
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: j}}\nspec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n            - env:\n                - name: DB_PASSWORD\n                  value: PLANTED\n                - {{name: API_URL, value: 'http://core:8080'}}\n              args:\n                - |\n{script}                  curl $API_URL/api/v1/health/report -d '{{\"path\":\"acme/shop/prod/eu-1/api\"}}'\n"
        )
    };
    let shell = [
        "mysql -h db -uroot -pPLANTED shop",
        "mysqldump --single-transaction \\\n  -h db \\\n  -pPLANTED shop > x",
        "mysqldump --password PLANTED shop",
        "mysqldump --password=PLANTED shop",
        "redis-cli -h r -a PLANTED ping",
        "curl -u bob:PLANTED https://h/",
        "curl -b session=PLANTED https://h/",
        "curl --oauth2-bearer PLANTED https://h/",
        "curl -H \"X-API-Key: PLANTED\" https://h/",
        "curl -H 'Authorization: Bearer PLANTED' https://h/",
        "PGPASSWORD=PLANTED psql -h db",
        "export RESTIC_PASSWORD='PLANTED'",
        "sshpass -p PLANTED ssh h",
        "sshpass -pPLANTED ssh h",
        "ldapsearch -x -D cn=a -w PLANTED -b dc=x",
        "psql postgres://bob:PLANTED@db:5432/x",
        "sqlcmd -S 'Server=db;Database=x;User Id=sa;Password=PLANTED;'",
        "app --dsn 'bob:PLANTED@tcp(db:3306)/x'",
        "curl \"https://h/?access_token=PLANTED&x=1\"",
        "docker login -u bob -p PLANTED registry",
        "openssl enc -aes-256-cbc -k PLANTED -in a",
        "# the password is PLANTED",
        "# pw: PLANTED",
        "# the token for prod = PLANTED",
        "# old API key -> PLANTED",
        "kubectl create secret generic x --from-literal=password=PLANTED",
        "echo '{\"auths\":{\"r\":{\"auth\":\"PLANTED\"}}}'",
        "cat <<EOF\n- name: X_TOKEN\n  value: PLANTED\nEOF",
        "cat <<EOF\npassword: |\n  PLANTED\n  more\nEOF",
    ];
    let mut out: Vec<(&str, String)> = shell.iter().map(|s| ("monitoring/job.yaml", job(s))).collect();
    let service = |more: &str| {
        config_map("it-ops.yaml", &format!("path: acme/shop/prod/eu-1/api\nworkload: {{name: api}}\n{more}"))
    };
    for body in [
        "description: the password is PLANTED",
        "description: 'see https://bob:PLANTED@h/'",
        "# pw: PLANTED",
        "x-notes:\n  password: |\n    PLANTED\n    more",
        "apiToken: PLANTED",
    ] {
        out.push(("services/api.yaml", service(body)));
    }
    for values in [
        "secretEnv: {ITOPS_JWT_SECRET: PLANTED}\n",
        "secretEnv:\n  ITOPS_LICENSE_KEY: |\n    PLANTED\n    more\n",
        "env: {DATABASE_URL: 'postgres://u:PLANTED@h/x', ITOPS_SERVER_ENVIRONMENT: prod}\n",
        "env: {ITOPS_DSN: 'Server=h;User Id=sa;Password=PLANTED;'}\n",
        "auth: {ldap: {enabled: true, host: h, baseDn: dc=x, bindDn: cn=x, bindPassword: PLANTED}}\n",
        "secretEnv: {ITOPS_JWT_SECRET: PLANTED}\nenv: {ITOPS_NOTE: 'again PLANTED'}\nui: {wsHost: h-PLANTED}\nauth: {local: {displayName: local PLANTED}}\n",
        "ticketing:\n  org: acme\n  groups: [{name: dba, users: [a], displayName: 'password is PLANTED'}]\n",
        "ticketing: {org: acme}\n---\napiVersion: v1\nkind: Secret\ndata: {any: PLANTED}\n",
        "ticketing: {org: acme}\n---\napiVersion: v1\nkind: Secret\nstringData:\n  any: |\n    PLANTED\n",
        "ticketing: {org: acme}\n---\napiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: PLANTED}\n",
        "ticketing: {org: acme}\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n  .dockerconfigjson: '{\"auths\":{\"r\":{\"username\":\"u\",\"auth\":\"PLANTED\"}}}'\n",
        "ticketing: {org: acme}\nextraEnv:\n  - name: X_PASSWORD\n    value: PLANTED\n",
        "ticketing: {org: acme}\n# - name: X_PASSWORD\n#   value: PLANTED\n",
    ] {
        out.push(("platform/values.yaml", values.to_owned()));
    }
    out.push((
        "sla/values.yaml",
        "apiKey: PLANTED\nslaTargets: {web: {uptime: 99.9, label: 'pw: PLANTED'}}\n".to_owned(),
    ));
    out.push((
        "platform/agent.yaml",
        "node: {id: acme/shop/prod/eu-1}\nitops: {url: 'https://x', apiKey: {value: PLANTED}}\n".to_owned(),
    ));
    out.push(("broken.yaml", "a: [PLANTED\nb: \"\n".to_owned()));
    out.push(("foreign.yaml", "apiVersion: v1\nkind: Secret\nstringData: {x: PLANTED}\n".to_owned()));
    out.push((
        "argocd/app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: core}\nspec:\n  source:\n    chart: itops\n    repoURL: https://u:PLANTED@charts.example\n    targetRevision: 1.2.3\n    helm:\n      values: |\n        secretEnv: {ITOPS_JWT_SECRET: PLANTED}\n        ui: {wsHost: h}\n".to_owned(),
    ));
    out
}

/// Everything that a reading gives out, as text.
fn all(repository: &Repository) -> String {
    let report = gitops::render(&repository.faults, &repository.sources, false);
    format!("{repository:?}\n{report}")
}

fn planted(place: &(&str, String), secret: &str) -> Repository {
    let text = place.1.replace("PLANTED", secret);
    let root = folder(&[(place.0, &text)]);
    gitops::read(root.path(), &ReadOptions::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_planted_secret_never_leaves_the_reader(secret in "[a-zA-Z]{3}[0-9]{2}[a-zA-Z0-9]{4,20}") {
        for place in places() {
            let repository = planted(&place, &secret);
            prop_assert!(!all(&repository).contains(&secret), "{} got out of:\n{}", secret, place.1.replace("PLANTED", &secret));
        }
    }
}

#[test]
fn what_is_no_secret_stays_readable() {
    let text = "# The token is rotated monthly by the platform team, see the wiki.\n# Passwords never lie here.\nui: {apiUrl: 'https://api.example'}\nenv: {ITOPS_SERVER_ENVIRONMENT: production}\nticketing: {org: acme}\n";
    let root = folder(&[("platform/values.yaml", text)]);
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    let lines = repository.sources.values().next().unwrap().lines.iter().collect::<Vec<_>>().join("\n");
    assert_eq!(lines, text.trim_end());
    let values = repository.shown.values().next().unwrap();
    assert_eq!(values.field("env.ITOPS_SERVER_ENVIRONMENT"), Some(&Shown::from("production")));
    assert_eq!(values.field("ui.apiUrl"), Some(&Shown::from("https://api.example")));
}
