//! Warnings that only a look across files can find: names that lead nowhere or nobody takes up.

use super::{super::FaultCode, Explanation};

/// The explanation of a code of this file.
pub const fn explanation(code: FaultCode) -> Explanation {
    match code {
        FaultCode::UnresolvedRole => UNRESOLVED_ROLE,
        FaultCode::DanglingDependency => DANGLING_DEPENDENCY,
        FaultCode::UnknownSlaGroup => UNKNOWN_SLA_GROUP,
        FaultCode::UnresolvedSecret => UNRESOLVED_SECRET,
        FaultCode::DependencyCircle => DEPENDENCY_CIRCLE,
        FaultCode::ConflictingGroup => CONFLICTING_GROUP,
        FaultCode::UnjoinedGroup => UNJOINED_GROUP,
        FaultCode::UnjoinedTarget => UNJOINED_TARGET,
        FaultCode::UnknownGroup => UNKNOWN_GROUP,
        FaultCode::UndeclaredReporter => UNDECLARED_REPORTER,
        FaultCode::MissingValues => MISSING_VALUES,
        FaultCode::OutsideBase => OUTSIDE_BASE,
        FaultCode::NoDirectory => NO_DIRECTORY,
        _ => UNWATCHED,
    }
}

/// See [`FaultCode::UnresolvedRole`].
const UNRESOLVED_ROLE: Explanation = Explanation {
    title: "A role that nobody can fill",
    meaning: "The role is none of assignee, requester, any, and no group of this name exists in the workflow's scope.",
    why: "Only a superadmin could make this move.",
    mend: "Correct the word, or declare the group.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - name: incident
      transitions:
        - {from: OPEN, to: CLOSED, role: asignee}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - name: incident
      transitions:
        - {from: OPEN, to: CLOSED, role: assignee}
"##,
};

/// See [`FaultCode::DanglingDependency`].
const DANGLING_DEPENDENCY: Explanation = Explanation {
    title: "A service names one that nobody declares",
    meaning: "A path under requires, usedBy or relations leads nowhere.",
    why: "The chain of causes is broken: the root of a failure is not found.",
    mend: "Correct the path, or declare the other service.",
    wrong: r##"# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
    dependencies:
      requires: [{path: acme/shop/prod/eu-1/bd}]
"##,
    right: r##"# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
    dependencies:
      requires: [{path: acme/shop/prod/eu-1/db}]
# file: services/db.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: db
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/db
    workload: {name: db}
"##,
};

/// See [`FaultCode::UnknownSlaGroup`].
const UNKNOWN_SLA_GROUP: Explanation = Explanation {
    title: "A service joins an SLA group that nobody brings to its node",
    meaning: "No agent declares this group, or the agent of the service's node does not bring it.",
    why: "There is no promise to measure it by.",
    mend: "Correct the name, or declare the group.",
    wrong: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: critical}]
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
    slaGroup: pya
"##,
    right: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: critical}]
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
    slaGroup: pay
"##,
};

/// See [`FaultCode::UnresolvedSecret`].
const UNRESOLVED_SECRET: Explanation = Explanation {
    title: "A secret that cannot be read here",
    meaning: "A folder of secrets is given, and the Secret or its key is not in it.",
    why: "What needs it stays off; the rest works.",
    mend: "Put it there as NAME/KEY, or correct the reference.",
    wrong: r##"# asked for: --secrets-dir (a folder with itops-jwt/secret)
# file: platform/values.yaml
secretRefs:
  ITOPS_JWT_SECRET: {name: itops-jwt, key: scret}
"##,
    right: r##"# asked for: --secrets-dir (a folder with itops-jwt/secret)
# file: platform/values.yaml
secretRefs:
  ITOPS_JWT_SECRET: {name: itops-jwt, key: secret}
"##,
};

/// See [`FaultCode::DependencyCircle`].
const DEPENDENCY_CIRCLE: Explanation = Explanation {
    title: "Services that require each other in a circle",
    meaning: "Following requires leads back to where it began.",
    why: "No root can be told when one of them fails.",
    mend: "Say which of them works without the other, and remove that line.",
    wrong: r##"# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
    dependencies: {requires: [acme/shop/prod/eu-1/db]}
# file: services/db.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: db
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/db
    workload: {name: db}
    dependencies: {requires: [acme/shop/prod/eu-1/api]}
"##,
    right: r##"# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
    dependencies: {requires: [acme/shop/prod/eu-1/db]}
# file: services/db.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: db
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/db
    workload: {name: db}
"##,
};

/// See [`FaultCode::ConflictingGroup`].
const CONFLICTING_GROUP: Explanation = Explanation {
    title: "Two agents promise different things",
    meaning: "The same SLA group has another tier, target or period at another agent.",
    why: "One of the two promises is not kept; the first one holds.",
    mend: "Make the agents agree.",
    wrong: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: critical}]
# file: platform/agent-2.yaml
node: {id: acme/shop/prod/eu-2}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: low}]
"##,
    right: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: critical}]
# file: platform/agent-2.yaml
node: {id: acme/shop/prod/eu-2}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: critical}]
"##,
};

/// See [`FaultCode::UnjoinedGroup`].
const UNJOINED_GROUP: Explanation = Explanation {
    title: "An SLA group that no service joins",
    meaning: "No service names it in slaGroup, and no job pushes for it.",
    why: "It has no members and no figures.",
    mend: "Let services join it, correct the name, or remove it.",
    wrong: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: critical}]
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
"##,
    right: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: critical}]
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
    slaGroup: pay
"##,
};

/// See [`FaultCode::UnjoinedTarget`].
const UNJOINED_TARGET: Explanation = Explanation {
    title: "A target for a group that nobody joins",
    meaning: "The portal publishes a target for a group without members.",
    why: "The public page shows a promise without any figure.",
    mend: "Correct the name, or remove the target.",
    wrong: r##"# file: sla/values.yaml
slaTargets: {pay: {uptime: 99.9}}
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
"##,
    right: r##"# file: sla/values.yaml
slaTargets: {pay: {uptime: 99.9}}
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
    slaGroup: pay
"##,
};

/// See [`FaultCode::UnknownGroup`].
const UNKNOWN_GROUP: Explanation = Explanation {
    title: "A group that exists nowhere",
    meaning: "A card hands its tickets to, or a directory mapping grants, a group that is neither built in nor declared.",
    why: "Nobody gets the tickets; nobody gets the right.",
    mend: "Correct the name, or declare the group.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - {name: incident, transitions: [{from: OPEN, to: CLOSED, role: any}]}
  catalog:
    categories: [{name: incidents}]
    items:
      - {name: outage, displayName: Outage, category: incidents, workflow: incident, defaults: {assigneeGroup: dab}}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  groups: [{name: dba, users: [oncall]}]
  workflows:
    - {name: incident, transitions: [{from: OPEN, to: CLOSED, role: any}]}
  catalog:
    categories: [{name: incidents}]
    items:
      - {name: outage, displayName: Outage, category: incidents, workflow: incident, defaults: {assigneeGroup: dba}}
"##,
};

/// See [`FaultCode::UndeclaredReporter`].
const UNDECLARED_REPORTER: Explanation = Explanation {
    title: "A job pushes for a service that nobody declares",
    meaning: "Its path is nearly that of a declared service, or it reports backups of a service that never registers itself.",
    why: "The report makes a second service beside the real one, or is refused.",
    mend: "Correct the path in the script, or declare the service.",
    wrong: r##"# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
# file: monitoring/push.yaml
apiVersion: batch/v1
kind: CronJob
metadata: {name: push}
spec:
  schedule: "*/5 * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - command: [sh, -c]
              args:
                - |
                  curl "$URL/api/v1/health/report" -d '{"path":"acme/shop/prod/eu-1/apj"}'
"##,
    right: r##"# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
# file: monitoring/push.yaml
apiVersion: batch/v1
kind: CronJob
metadata: {name: push}
spec:
  schedule: "*/5 * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - command: [sh, -c]
              args:
                - |
                  curl "$URL/api/v1/health/report" -d '{"path":"acme/shop/prod/eu-1/api"}'
"##,
};

/// See [`FaultCode::MissingValues`].
const MISSING_VALUES: Explanation = Explanation {
    title: "A values file that is not here",
    meaning: "An Application takes values from a path where nothing lies.",
    why: "Argo CD fails to sync it, or installs the chart with its defaults.",
    mend: "Correct the path, or add the file.",
    wrong: r##"# file: argocd/core.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: core}
spec:
  sources:
    - chart: itops
      repoURL: https://charts.example
      targetRevision: 1.16.2
      helm: {valueFiles: ["$values/platform/valeus.yaml"]}
    - {repoURL: "https://git.example/infra.git", targetRevision: main, ref: values}
# file: platform/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
"##,
    right: r##"# file: argocd/core.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: core}
spec:
  sources:
    - chart: itops
      repoURL: https://charts.example
      targetRevision: 1.16.2
      helm: {valueFiles: ["$values/platform/values.yaml"]}
    - {repoURL: "https://git.example/infra.git", targetRevision: main, ref: values}
# file: platform/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
"##,
};

/// See [`FaultCode::OutsideBase`].
const OUTSIDE_BASE: Explanation = Explanation {
    title: "A directory group outside the base",
    meaning: "Its DN does not end with the baseDn of the directory.",
    why: "The search never finds it, so nobody ever gets the group.",
    mend: "Correct the DN, or widen baseDn.",
    wrong: r##"# file: platform/values.yaml
auth:
  ldap:
    enabled: true
    host: ldap.example
    baseDn: dc=example
    groupMappings: [{ldapGroup: "cn=ops,dc=other", group: itops-operators}]
"##,
    right: r##"# file: platform/values.yaml
auth:
  ldap:
    enabled: true
    host: ldap.example
    baseDn: dc=example
    groupMappings: [{ldapGroup: "cn=ops,dc=example", group: itops-operators}]
"##,
};

/// See [`FaultCode::NoDirectory`].
const NO_DIRECTORY: Explanation = Explanation {
    title: "A group waits for a directory that is off",
    meaning: "It names a directory group, and no auth.ldap is switched on.",
    why: "Nobody joins it by signing in.",
    mend: "Declare auth.ldap, or list users.",
    wrong: r##"# file: platform/values.yaml
ticketing: {org: acme, groups: [{name: dba, ldapGroup: "cn=dba,dc=example"}]}
"##,
    right: r##"# file: platform/values.yaml
ticketing: {org: acme, groups: [{name: dba, ldapGroup: "cn=dba,dc=example"}]}
auth:
  ldap:
    enabled: true
    host: ldap.example
    baseDn: dc=example
"##,
};

/// See [`FaultCode::Unwatched`].
const UNWATCHED: Explanation = Explanation {
    title: "A service that its agent does not see",
    meaning: "Its ConfigMap lies in a namespace that the agent of its cluster leaves out.",
    why: "The agent never registers it.",
    mend: "Add the namespace to watch, or move the ConfigMap.",
    wrong: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
watch: {namespaces: [shop]}
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  namespace: lab
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
"##,
    right: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
watch: {namespaces: [shop]}
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  namespace: shop
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/eu-1/api
    workload: {name: api}
"##,
};
