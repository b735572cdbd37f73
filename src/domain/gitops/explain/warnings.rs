//! Warnings: the thing takes effect, and someone should look.

use super::{super::FaultCode, Explanation, across};

/// The explanation of a code of this file.
pub const fn explanation(code: FaultCode) -> Explanation {
    match code {
        FaultCode::PlainSecret => PLAIN_SECRET,
        FaultCode::ShadowedSecret => SHADOWED_SECRET,
        FaultCode::UnknownKey => UNKNOWN_KEY,
        FaultCode::NoWorkload => NO_WORKLOAD,
        FaultCode::EmptyGroup => EMPTY_GROUP,
        FaultCode::UnreachableStatus => UNREACHABLE_STATUS,
        FaultCode::FloatingRevision => FLOATING_REVISION,
        FaultCode::DuplicateMapping => DUPLICATE_MAPPING,
        FaultCode::UnknownTier => UNKNOWN_TIER,
        _ => across::explanation(code),
    }
}

/// See [`FaultCode::PlainSecret`].
const PLAIN_SECRET: Explanation = Explanation {
    title: "A secret stands in plain text",
    meaning: "A password, key or token is written into the repository.",
    why: "Everybody who can read the repository has it, also from its history.",
    mend: "Move it into a Secret, refer to it, and change it: it counts as known.",
    wrong: r##"# file: platform/values.yaml
secretEnv:
  ITOPS_JWT_SECRET: correct-horse-7
"##,
    right: r##"# file: platform/values.yaml
secretRefs:
  ITOPS_JWT_SECRET: {name: itops-jwt, key: secret}
"##,
};

/// See [`FaultCode::ShadowedSecret`].
const SHADOWED_SECRET: Explanation = Explanation {
    title: "A plain value that a reference shadows",
    meaning: "The same variable stands under secretEnv or env and under secretRefs.",
    why: "The reference wins; the plain value only misleads.",
    mend: "Remove the plain value.",
    wrong: r##"# file: platform/values.yaml
secretEnv: {ITOPS_JWT_SECRET: old}
secretRefs:
  ITOPS_JWT_SECRET: {name: itops-jwt, key: secret}
"##,
    right: r##"# file: platform/values.yaml
secretRefs:
  ITOPS_JWT_SECRET: {name: itops-jwt, key: secret}
"##,
};

/// See [`FaultCode::UnknownKey`].
const UNKNOWN_KEY: Explanation = Explanation {
    title: "A key that means nothing here",
    meaning: "Nobody reads this key at this place.",
    why: "What you meant by it does not happen, silently.",
    mend: "Take the word of the hint, or remove the key. Keys that begin with x- are yours.",
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
    slagroup: pay
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
    x-cost-centre: "17"
"##,
};

/// See [`FaultCode::NoWorkload`].
const NO_WORKLOAD: Explanation = Explanation {
    title: "A service that nobody watches",
    meaning: "It names no workload, and no job pushes its health.",
    why: "It stays UNKNOWN for ever.",
    mend: "Name its workload, or add a CronJob that pushes.",
    wrong: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/metal/nas
"##,
    right: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/metal/nas
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
                  curl "$URL/api/v1/health/report" -d '{"path":"acme/shop/prod/metal/nas"}'
"##,
};

/// See [`FaultCode::EmptyGroup`].
const EMPTY_GROUP: Explanation = Explanation {
    title: "A group without members",
    meaning: "It lists no users and names no directory group.",
    why: "Nobody can act in it until somebody is put in by hand.",
    mend: "List users, or name a directory group.",
    wrong: r##"# file: platform/values.yaml
ticketing: {org: acme, groups: [{name: dba}]}
"##,
    right: r##"# file: platform/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
"##,
};

/// See [`FaultCode::UnreachableStatus`].
const UNREACHABLE_STATUS: Explanation = Explanation {
    title: "A status that no ticket reaches, or never leaves",
    meaning: "No chain of moves from OPEN leads there, a move leads out of CLOSED, or none leads to CLOSED.",
    why: "Moves are dead, or tickets stay open for ever.",
    mend: "Add the missing move, or remove the dead one.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - name: incident
      transitions:
        - {from: OPEN, to: IN_PROGRESS, role: any}
        - {from: RESOLVED, to: CLOSED, role: any}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - name: incident
      transitions:
        - {from: OPEN, to: RESOLVED, role: any}
        - {from: RESOLVED, to: CLOSED, role: any}
"##,
};

/// See [`FaultCode::FloatingRevision`].
const FLOATING_REVISION: Explanation = Explanation {
    title: "A chart that moves by itself",
    meaning: "targetRevision is not one exact version.",
    why: "What runs changes without a commit, and no plan foresees it.",
    mend: "Pin an exact version.",
    wrong: r##"# file: argocd/core.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: core}
spec:
  sources:
    - chart: itops
      repoURL: https://charts.example
      targetRevision: "1.*"
      helm: {valueFiles: ["$values/platform/values.yaml"]}
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

/// See [`FaultCode::DuplicateMapping`].
const DUPLICATE_MAPPING: Explanation = Explanation {
    title: "The same mapping twice",
    meaning: "One directory group is mapped to one group of ours more than once.",
    why: "It does nothing, but whoever removes only one believes the right is gone.",
    mend: "Keep one of them.",
    wrong: r##"# file: platform/values.yaml
auth:
  ldap:
    enabled: true
    host: ldap.example
    baseDn: dc=example
    groupMappings:
      - {ldapGroup: "cn=ops,dc=example", group: itops-operators}
      - {ldapGroup: "cn=ops,dc=example", group: itops-operators}
"##,
    right: r##"# file: platform/values.yaml
auth:
  ldap:
    enabled: true
    host: ldap.example
    baseDn: dc=example
    groupMappings:
      - {ldapGroup: "cn=ops,dc=example", group: itops-operators}
"##,
};

/// See [`FaultCode::UnknownTier`].
const UNKNOWN_TIER: Explanation = Explanation {
    title: "A tier that promises nothing by itself",
    meaning: "Only critical, high, medium and low have a documented target, and the group gives none of its own.",
    why: "It counts as medium: 99.5 %.",
    mend: "Use one of the four, or give targets.uptime.",
    wrong: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: gold}]
"##,
    right: r##"# file: platform/agent.yaml
node: {id: acme/shop/prod/eu-1}
itops: {url: "https://itops.example"}
slaGroups: [{name: pay, tier: gold, targets: {uptime: 99.97}}]
"##,
};
