//! Writes repositories of any size, the same each time: services in both forms, ticketing, values, agents, jobs that
//! push, Applications, and manifests of others in between.

use std::{fmt::Write as _, fs, path::Path};

/// Services of one cluster, and so of one agent.
const CLUSTER: usize = 250;
/// Services of one team, and so of one folder.
const TEAM: usize = 40;
/// Services that one job reports for.
const JOB: usize = 100;

/// A repository of `services` services below `root`.
pub fn generate(root: &Path, services: usize) {
    platform(root, services);
    let mut at = 0;
    while at < services {
        // Most files hold one service; every tenth holds three.
        let count = if at % 30 == 9 { 3.min(services - at) } else { 1 };
        let texts: Vec<String> = (at..at + count).map(|n| service(n, services)).collect();
        let file = format!("services/team-{}/{}-itops.yaml", at / TEAM, name(at));
        put(root, &file, &texts.join("---\n"));
        if at.is_multiple_of(4) {
            put(root, &format!("manifests/team-{}/{}.yaml", at / TEAM, name(at)), &deployment(at));
        }
        at += count;
    }
    for first in (0..services).step_by(JOB) {
        put(root, &format!("monitoring/health-push-{}.yaml", first / JOB), &job(first, services));
    }
}

/// The file of a service that is alone in it, and its text with another description.
pub fn changed(services: usize, round: usize) -> (String, String) {
    let at = services / 2 / 30 * 30;
    let text = service(at, services).replace("Answers for", &format!("Since round {round} it answers for"));
    (format!("services/team-{}/{}-itops.yaml", at / TEAM, name(at)), text)
}

fn put(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn name(at: usize) -> String {
    const KINDS: [&str; 8] = ["checkout", "ledger", "search", "mailer", "gateway", "catalogue", "worker", "postgres"];
    format!("{}-{at:05}", KINDS[at % KINDS.len()])
}

fn node(at: usize) -> String {
    let cluster = at / CLUSTER;
    let environment = ["prod", "prod", "stage", "dev"][cluster % 4];
    format!("acme/platform-{}/{environment}/cluster-{cluster}", cluster / 8)
}

fn path(at: usize) -> String {
    format!("{}/{}", node(at), name(at))
}

fn service(at: usize, all: usize) -> String {
    let body = if at.is_multiple_of(3) { nested(at) } else { flat(at, all) };
    let mut out = format!(
        "# Who calls when this fails: see the runbook, then the team's channel.\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}-itops\n  namespace: team-{}\n  labels:\n    itops.io/config: \"true\"\n    app.kubernetes.io/part-of: shop\ndata:\n  it-ops.yaml: |\n",
        name(at),
        at / TEAM
    );
    for line in body.lines() {
        let _ = writeln!(out, "    {line}");
    }
    out
}

fn flat(at: usize, all: usize) -> String {
    let group = ["payment-system", "customer-web", "data-platform", "internal-tools"][at % 4];
    let mut out = format!(
        "path: {}\ndisplayName: Service {at}\ndescription: Answers for part {at} of the shop and for nothing else.\ntype: {}\ntags: [{}, part-{}]\nteam: team-{}\nslaGroup: {group}\ncriticality: {}\nworkload:\n  type: deployment\n  name: {}\n",
        path(at),
        ["web", "api", "worker", "database"][at % 4],
        ["web", "api", "batch", "database"][at % 4],
        at % 17,
        at / TEAM,
        ["critical", "high", "medium", "low"][at % 4],
        name(at)
    );
    if at % 4 == 3 {
        out.push_str("backup:\n  expected: true\n  maxAgeDays: 2 # the nightly one may slip once\n  storageSize: 500Gi\n  schedule: \"0 2 * * *\"\n  retention: 14d\n");
    }
    out.push_str("health:\n  enabled: true\n  port: 8080\n  # The shallow check; the deep one takes the database down with it.\n  path: /healthz\n  interval: 30s\n");
    // Always on services before it, so that there is no circle; one in two hundred leads nowhere.
    if at > 10 {
        let other = if at.is_multiple_of(200) { format!("{}/gone", node(at)) } else { path(at - 1 - at % 7) };
        let _ = write!(
            out,
            "dependencies:\n  requires:\n    - {{path: {other}, critical: true}}\n    - {{path: {}, critical: false}}\n",
            path(at / 2)
        );
    }
    let _ = writeln!(out, "runbook: https://runbooks.acme.example/{}/{} # of {all}", at / TEAM, name(at));
    out
}

fn nested(at: usize) -> String {
    let node = node(at);
    let mut parts = node.split('/');
    let mut part = || parts.next().unwrap();
    format!(
        "version: \"1\"\nhierarchy:\n  organization: {}\n  platform: {}\n  environment: {}\n  cluster: {}\n  service: {name}\nservice:\n  name: {name}\n  criticality: {}\n  slaGroup: data-platform\n  workloadType: deployment\n  workloadName: {name}\n  tags: [analytics, part-{}]\nmetadata:\n  displayName: Service {at}\n  description: Answers for part {at} of the warehouse. The scheduler is watched, workers come and go.\n  serviceType: Worker\n  runbook: https://runbooks.acme.example/data/{name}\nownership:\n  team: team-{}\n",
        part(),
        part(),
        part(),
        part(),
        ["high", "medium", "low"][at % 3],
        at % 17,
        at / TEAM,
        name = name(at),
    )
}

fn deployment(at: usize) -> String {
    let name = name(at);
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: team-{}\nspec:\n  replicas: 3\n  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      containers:\n        - name: main\n          image: registry.acme.example/shop/{name}:1.{}.0\n          ports:\n            - containerPort: 8080\n          env:\n            - name: DATABASE_URL\n              valueFrom:\n                secretKeyRef: {{name: {name}-db, key: url}}\n          resources:\n            requests: {{cpu: 100m, memory: 256Mi}}\n            limits: {{memory: 512Mi}}\n",
        at / TEAM,
        at % 40
    )
}

fn job(first: usize, all: usize) -> String {
    let mut out = format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: health-push-{first}\n  namespace: itops-push\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n            - name: push\n              image: registry.acme.example/ops/push-tools:1.8.2\n              env:\n                - {{name: API_URL, value: \"http://itops-core.itops:8080\"}}\n                - name: API_KEY\n                  valueFrom:\n                    secretKeyRef: {{name: itops-operator-api-key, key: key}}\n              command: [\"/bin/sh\", \"-c\"]\n              args:\n                - |\n                  # One line per service, so that one failure does not hide the next.\n"
    );
    for at in (first..all.min(first + JOB)).step_by(25) {
        let _ = writeln!(
            out,
            "                  curl -fsS --max-time 5 -X POST \"$API_URL/api/v1/health/report\" -H \"X-API-Key: $API_KEY\" \\\n                    -d \"{{\\\"path\\\":\\\"{}\\\",\\\"status\\\":\\\"$S\\\"}}\"",
            path(at)
        );
    }
    out
}

const GROUPS: [(&str, &str, &str, f64); 4] = [
    ("payment-system", "Payment System", "critical", 99.95),
    ("customer-web", "Customer Web", "high", 99.9),
    ("data-platform", "Data Platform", "high", 99.8),
    ("internal-tools", "Internal Tools", "medium", 99.5),
];

fn platform(root: &Path, services: usize) {
    put(root, "README.md", "# Everything that runs\n");
    put(
        root,
        "platform/itops-values.yaml",
        "# The core. Sign-in lives in its own file.\nenv:\n  ITOPS_SERVER_ENVIRONMENT: production\n  ITOPS_SLA_PORTAL_URL: https://status.acme.example\nsecretEnv:\n  # From the first install; the reference below wins.\n  ITOPS_DATABASE_PASSWORD: not-the-real-password-1\nsecretRefs:\n  ITOPS_DATABASE_PASSWORD: {name: itops-database, key: password}\n  ITOPS_JWT_SECRET: {name: itops-jwt, key: secret}\nticketing:\n  org: acme\n",
    );
    put(
        root,
        "platform/itops-auth-values.yaml",
        "auth:\n  local:\n    enabled: true\n    passwordPolicy: {minLength: 16}\n  ldap:\n    enabled: true\n    name: directory\n    host: ldap.acme.example\n    port: 636\n    baseDn: ou=Staff,dc=acme,dc=example\n    bindPasswordSecret: {name: itops-ldap, key: bindPassword}\n",
    );
    let mut targets = "slaTargets:\n".to_owned();
    let mut groups = "slaGroups:\n".to_owned();
    for (name, label, tier, uptime) in GROUPS {
        let _ = writeln!(targets, "  {name}:\n    label: {label}\n    uptime: {uptime}");
        let _ = writeln!(
            groups,
            "  - name: {name}\n    displayName: {label}\n    tier: {tier}\n    targets:\n      uptime: {uptime}\n      responseTime: 15"
        );
    }
    put(root, "sla/sla-portal-values.yaml", &targets);
    for first in (0..services).step_by(CLUSTER) {
        let cluster = first / CLUSTER;
        let values = format!(
            "node:\n  id: {}\n  name: cluster {cluster}\nitops:\n  url: https://itops-api.acme.example\n  apiKey: {{existingSecret: itops-operator-api-key, existingSecretKey: key}}\nwatch:\n  namespaces: []\n  labelPrefix: itops.io\n{groups}features:\n  autoRegister: true\n",
            node(first)
        );
        put(root, &format!("platform/itops-agent-values-{cluster}.yaml"), &values);
        let application = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: itops-agent-{cluster}\n  namespace: argocd\nspec:\n  project: platform\n  destination: {{name: cluster-{cluster}, namespace: itops}}\n  sources:\n    - repoURL: https://charts.acme.example/upstream\n      chart: itops-agent\n      targetRevision: 1.16.2\n      helm:\n        valueFiles:\n          - $values/platform/itops-agent-values-{cluster}.yaml\n    - repoURL: https://git.acme.example/platform/infra.git\n      targetRevision: main\n      ref: values\n"
        );
        put(root, &format!("argocd/itops-agent-{cluster}.yaml"), &application);
    }
    ticketing(root, services);
}

fn ticketing(root: &Path, services: usize) {
    let mut groups = "groups:\n".to_owned();
    for team in 0..=services / TEAM {
        let _ = writeln!(
            groups,
            "  - name: team-{team}\n    displayName: Team {team}\n    users: [oncall-{team}, lead-{team}]"
        );
    }
    put(root, "platform/ticketing.d/groups.yaml", &groups);
    let mut catalog =
        "catalog:\n  categories:\n    - {name: platform, displayName: Platform, icon: box}\n  items:\n".to_owned();
    for number in 0..6 {
        let workflow = format!(
            "workflows:\n  - name: flow-{number}\n    displayName: Flow {number}\n    transitions:\n      - {{from: OPEN, to: IN_PROGRESS, name: Take, role: team-{number}}}\n      - {{from: IN_PROGRESS, to: RESOLVED, name: Resolve, role: any}}\n      - {{from: RESOLVED, to: CLOSED, name: Close, role: any}}\n      - {{from: RESOLVED, to: IN_PROGRESS, name: Reopen, role: any}}\n"
        );
        put(root, &format!("platform/ticketing.d/workflow-{number}.yaml"), &workflow);
        let _ = writeln!(
            catalog,
            "    - name: item-{number}\n      category: platform\n      displayName: Item {number}\n      workflow: flow-{number}\n      defaults: {{priority: HIGH}}"
        );
    }
    put(root, "platform/ticketing.d/catalog.yaml", &catalog);
}
