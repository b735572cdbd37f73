//! A repository with a secret in every place where people leave one, over three commits.

use std::{fs, path::Path, process::Command};

/// Stands in every planted secret, and nowhere else.
pub const MARK: &str = "Zq7Kanarie";
/// [`MARK`] as Kubernetes keeps it: `Zq7Kanarie90`, `Zq7Kanarie91`.
pub const ENCODED: &str = "WnE3S2FuYXJpZT";

const VALUES: &str = r#"ui:
  apiUrl: "https://ops:Zq7Kanarie01@api.example.org"
env:
  ITOPS_SERVER_ENVIRONMENT: production
  # old key, to be removed: password=Zq7Kanarie02
  ITOPS_NOTE: "say token=Zq7Kanarie03 at the door"
  # Zq7Kanarie04 goes for staging as well
secretEnv:
  ITOPS_DATABASE_PASSWORD: "Zq7Kanarie04"
  ITOPS_JWT_SECRET: |
    Zq7Kanarie05
    Zq7Kanarie06
  ITOPS_LICENSE_KEY: "eyJhbGciOiJIUzI1NiJ9.eyJsaWMiOiJacTdLYW5hcmllIn0.Zq7Kanarie07"
auth:
  local:
    enabled: true
    isDefault: true
    passwordPolicy: {minLength: 12}
  ldap:
    enabled: true
    name: corporate
    host: ldap.example.org
    bindDn: cn=reader,dc=example,dc=org
    bindPassword: Zq7Kanarie08
    baseDn: dc=example,dc=org
ticketing:
  org: acme
  workflows:
    - name: incident_response
      displayName: Incident
      transitions:
        - {from: OPEN, to: IN_PROGRESS, role: assignee}
        - {from: IN_PROGRESS, to: RESOLVED, role: assignee}
        - {from: RESOLVED, to: CLOSED, role: requester}
  catalog:
    categories: [{name: incidents, displayName: Incidents}]
    items:
      - {name: outage, category: incidents, displayName: Outage, workflow: incident_response,
         description: "call https://bot:Zq7Kanarie09@hooks.example.org"}
"#;

const SERVICE: &str = r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: db
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/db
    workload: {name: db}
    description: "postgres://app:Zq7Kanarie10@db.example.org/shop"
    # sign in with: psql --password Zq7Kanarie11
    # the passphrase of the archive is Zq7Kanarie31
    x-notes:
      apiKey: Zq7Kanarie12
  other.conf: |
    secret_key = "Zq7Kanarie13"
"#;

const SECRET: &str = r#"apiVersion: v1
kind: Secret
metadata: {name: db, labels: {itops.io/config: "true"}}
data:
  password: WnE3S2FuYXJpZTkw
stringData:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/hidden
    note: Zq7Kanarie14
  other: Zq7Kanarie15
---
apiVersion: v1
kind: ConfigMap
metadata: {name: beside, labels: {itops.io/config: "true"}}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/beside
    workload: {name: beside}
"#;

const CRON: &str = r#"apiVersion: batch/v1
kind: CronJob
metadata: {name: push}
spec:
  schedule: "*/5 * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: push
              image: curl
              env:
                - {name: API_KEY, value: Zq7Kanarie16}
              args:
                - |
                  curl -s -u pusher:Zq7Kanarie17 -H "X-API-Key: Zq7Kanarie18" \
                    -X POST "https://x:Zq7Kanarie19@api.example.org/api/v1/health/report" \
                    -d '{"service":"db","nodeId":"acme/shop/prod/eu-1","status":"OPERATIONAL"}'
                  mysqldump -pZq7Kanarie20 shop
                  redis-cli -a Zq7Kanarie21 ping
                  PGPASSWORD=Zq7Kanarie22 psql
"#;

const BROKEN: &str = "secretEnv:\n  A: [Zq7Kanarie23\n it-ops.yaml: }\n  password: Zq7Kanarie24\n";
const FOREIGN: &str = "kind: Deployment\nspec: {token: Zq7Kanarie25}\n";
const PEM: &str = "slaTargets:\n  shop: {uptime: 99.9}\napiKey: |\n  -----BEGIN PRIVATE KEY-----\n  Zq7Kanarie26\n  -----END PRIVATE KEY-----\n";

/// Write it into `root` and commit it three times: planted, rotated, taken out in part.
pub fn repository(root: &Path) {
    write(root, "platform/itops-values.yaml", VALUES);
    write(root, "services/db.yaml", SERVICE);
    write(root, "services/secret.yaml", SECRET);
    write(root, "monitoring/push.yaml", CRON);
    write(root, "services/broken.yaml", BROKEN);
    write(root, "notes/foreign.yaml", FOREIGN);
    write(root, "sla/sla-portal-values.yaml", PEM);
    git(root, &["init", "-q", "--initial-branch=main"]);
    commit(root, "Platform Team", "first: password=Zq7Kanarie27");
    write(root, "platform/itops-values.yaml", &VALUES.replace("Kanarie0", "Kanarie5"));
    write(root, "services/db.yaml", &SERVICE.replace("Kanarie1", "Kanarie6"));
    write(root, "services/secret.yaml", &SECRET.replace("Kanarie1", "Kanarie7").replace("TkwCg", "TkxCg"));
    write(root, "monitoring/push.yaml", &CRON.replace("*/5", "*/10").replace("Kanarie1", "Kanarie8"));
    commit(root, "token=Zq7Kanarie28", "rotate: https://u:Zq7Kanarie29@git.example.org/x");
    write(root, "services/broken.yaml", &SERVICE.replace("eu-1/db", "eu-1/mended"));
    commit(
        root,
        "Platform Team",
        "mend what did not parse; the API key was Bearer eyJhbGciOiJIUzI1NiJ9.eyJ4IjoxMjM0NX0.Zq7Kanarie30",
    );
    // Not committed: what lies in the folder is read too.
    write(root, "services/late.yaml", &SERVICE.replace("eu-1/db", "eu-1/late").replace("Kanarie1", "Kanarie4"));
}

pub fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn commit(root: &Path, author: &str, subject: &str) {
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "--author", &format!("{author} <ops@example.org>"), "-m", subject]);
}

pub fn git(root: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Platform Team")
        .env("GIT_AUTHOR_EMAIL", "ops@example.org")
        .env("GIT_COMMITTER_NAME", "Platform Team")
        .env("GIT_COMMITTER_EMAIL", "ops@example.org")
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
