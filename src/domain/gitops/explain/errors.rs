//! Errors: what stops the thing it touches.

use super::{super::FaultCode, Explanation};

/// The explanation of a code of this file.
pub const fn explanation(code: FaultCode) -> Explanation {
    match code {
        FaultCode::MalformedYaml => MALFORMED_YAML,
        FaultCode::DuplicateKey => DUPLICATE_KEY,
        FaultCode::HostileYaml => HOSTILE_YAML,
        FaultCode::NotText => NOT_TEXT,
        FaultCode::Unreadable => UNREADABLE,
        FaultCode::BadField => BAD_FIELD,
        FaultCode::BadPath => BAD_PATH,
        FaultCode::DuplicateName => DUPLICATE_NAME,
        FaultCode::EmptyWorkflow => EMPTY_WORKFLOW,
        FaultCode::UnknownStatus => UNKNOWN_STATUS,
        FaultCode::UnknownPriority => UNKNOWN_PRIORITY,
        FaultCode::UnknownWorkflow => UNKNOWN_WORKFLOW,
        FaultCode::UnknownCategory => UNKNOWN_CATEGORY,
        FaultCode::ReservedName => RESERVED_NAME,
        FaultCode::ImpossibleTarget => IMPOSSIBLE_TARGET,
        FaultCode::AmbiguousRelease => AMBIGUOUS_RELEASE,
        _ => UNKNOWN_RELEASE,
    }
}

/// See [`FaultCode::MalformedYaml`].
const MALFORMED_YAML: Explanation = Explanation {
    title: "The text is not YAML",
    meaning: "A tab, a quote that stays open or wrong indentation makes the text unreadable. Nothing after it can be trusted.",
    why: "What the file declared before stays as last accepted; in ticketing and sign-in the core does not start, and a reload is refused.",
    mend: "Go to the line and column: spaces instead of tabs, close quotes and brackets, line up keys.",
    wrong: r##"# file: sla/values.yaml
slaTargets:
	pay: {uptime: 99.9}
"##,
    right: r##"# file: sla/values.yaml
slaTargets:
  pay: {uptime: 99.9}
"##,
};

/// See [`FaultCode::DuplicateKey`].
const DUPLICATE_KEY: Explanation = Explanation {
    title: "A key stands twice in one mapping",
    meaning: "The same key is written twice at the same level.",
    why: "Tools disagree on which one counts, so the document takes no effect at all.",
    mend: "Keep one of them.",
    wrong: r##"# file: sla/values.yaml
slaTargets: {pay: {uptime: 99.9}}
slaTargets: {pay: {uptime: 99.5}}
"##,
    right: r##"# file: sla/values.yaml
slaTargets: {pay: {uptime: 99.9}}
"##,
};

/// See [`FaultCode::HostileYaml`].
const HOSTILE_YAML: Explanation = Explanation {
    title: "The text is larger or deeper than a person writes",
    meaning: "Aliases that multiply, brackets inside brackets without end, or a file above the limit.",
    why: "Reading it could exhaust the machine, so it is left out.",
    mend: "Write the values out, flatten them or split the file.",
    wrong: r##"# file: sla/values.yaml
a: &a [*a]
"##,
    right: r##"# file: sla/values.yaml
a: [1]
"##,
};

/// See [`FaultCode::NotText`].
const NOT_TEXT: Explanation = Explanation {
    title: "The file is not text in UTF-8",
    meaning: "It ends like YAML, but its bytes are no UTF-8.",
    why: "Nothing in it can be read.",
    mend: "Save it as UTF-8, or give it another ending.",
    wrong: r##"(a file whose bytes are no UTF-8)
"##,
    right: r##"# file: sla/values.yaml
slaTargets: {}
"##,
};

/// See [`FaultCode::Unreadable`].
const UNREADABLE: Explanation = Explanation {
    title: "The file cannot be read",
    meaning: "The system refuses, or a link leads out of the repository or to nowhere.",
    why: "What it declares is unknown; nothing is deleted because of it.",
    mend: "Look at its permissions, or where the link leads.",
    wrong: r##"(a link that leads out of the repository)
"##,
    right: r##"# file: sla/values.yaml
slaTargets: {}
"##,
};

/// See [`FaultCode::BadField`].
const BAD_FIELD: Explanation = Explanation {
    title: "A field is missing or says something impossible",
    meaning: "A required field is not there, or its value has the wrong type or is none of the known words.",
    why: "The thing it belongs to is left out, or the field counts as not given.",
    mend: "Correct the value; the hint names what is possible.",
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
    criticality: hihg
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
    criticality: high
"##,
};

/// See [`FaultCode::BadPath`].
const BAD_PATH: Explanation = Explanation {
    title: "A path is not five clean segments",
    meaning: "A service is organization/platform/environment/cluster/service, a node the first four.",
    why: "Without a whole path nobody knows which service is meant.",
    mend: "Write all segments, with letters, digits, dash, underscore and dot.",
    wrong: r##"# file: services/api.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels: {itops.io/config: "true"}
data:
  it-ops.yaml: |
    path: acme/shop/prod/api
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
"##,
};

/// See [`FaultCode::DuplicateName`].
const DUPLICATE_NAME: Explanation = Explanation {
    title: "The same name is declared twice",
    meaning: "Two declarations of one release have the same name or path.",
    why: "Only the first takes effect; which one that is depends on the names of files.",
    mend: "Keep one, or give the other its own name.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  groups:
    - {name: dba, users: [oncall]}
    - {name: dba, users: [night]}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  groups:
    - {name: dba, users: [oncall, night]}
"##,
};

/// See [`FaultCode::EmptyWorkflow`].
const EMPTY_WORKFLOW: Explanation = Explanation {
    title: "A workflow without transitions",
    meaning: "The workflow lists no move at all.",
    why: "Its tickets could never be taken or closed.",
    mend: "List at least one transition.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - {name: incident, transitions: []}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - name: incident
      transitions:
        - {from: OPEN, to: CLOSED, role: any}
"##,
};

/// See [`FaultCode::UnknownStatus`].
const UNKNOWN_STATUS: Explanation = Explanation {
    title: "A status outside the four",
    meaning: "There are OPEN, IN_PROGRESS, RESOLVED and CLOSED, and no others.",
    why: "The whole workflow is left out.",
    mend: "Use one of the four.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - name: incident
      transitions:
        - {from: OPEN, to: DONE, role: any}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - name: incident
      transitions:
        - {from: OPEN, to: CLOSED, role: any}
"##,
};

/// See [`FaultCode::UnknownPriority`].
const UNKNOWN_PRIORITY: Explanation = Explanation {
    title: "A priority outside the four",
    meaning: "There are LOW, MEDIUM, HIGH and CRITICAL.",
    why: "Tickets of this card would begin with the usual priority.",
    mend: "Use one of the four, in capitals.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - {name: incident, transitions: [{from: OPEN, to: CLOSED, role: any}]}
  catalog:
    categories: [{name: incidents}]
    items:
      - {name: outage, displayName: Outage, category: incidents, workflow: incident, defaults: {priority: URGENT}}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - {name: incident, transitions: [{from: OPEN, to: CLOSED, role: any}]}
  catalog:
    categories: [{name: incidents}]
    items:
      - {name: outage, displayName: Outage, category: incidents, workflow: incident, defaults: {priority: CRITICAL}}
"##,
};

/// See [`FaultCode::UnknownWorkflow`].
const UNKNOWN_WORKFLOW: Explanation = Explanation {
    title: "A card names a workflow that is not declared",
    meaning: "No workflow of this name exists in the card's scope.",
    why: "The card is left out: nobody could move its tickets.",
    mend: "Correct the name, or declare the workflow.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - {name: incident, transitions: [{from: OPEN, to: CLOSED, role: any}]}
  catalog:
    categories: [{name: incidents}]
    items:
      - {name: outage, displayName: Outage, category: incidents, workflow: incidnet}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - {name: incident, transitions: [{from: OPEN, to: CLOSED, role: any}]}
  catalog:
    categories: [{name: incidents}]
    items:
      - {name: outage, displayName: Outage, category: incidents, workflow: incident}
"##,
};

/// See [`FaultCode::UnknownCategory`].
const UNKNOWN_CATEGORY: Explanation = Explanation {
    title: "A card names a category that is not declared",
    meaning: "The catalog has no category of this name.",
    why: "The card is left out: it would have no tab.",
    mend: "Correct the name, or declare the category.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - {name: incident, transitions: [{from: OPEN, to: CLOSED, role: any}]}
  catalog:
    categories: [{name: incidents}]
    items:
      - {name: outage, displayName: Outage, category: incident, workflow: incident}
"##,
    right: r##"# file: platform/values.yaml
ticketing:
  org: acme
  workflows:
    - {name: incident, transitions: [{from: OPEN, to: CLOSED, role: any}]}
  catalog:
    categories: [{name: incidents}]
    items:
      - {name: outage, displayName: Outage, category: incidents, workflow: incident}
"##,
};

/// See [`FaultCode::ReservedName`].
const RESERVED_NAME: Explanation = Explanation {
    title: "A name that belongs to the platform",
    meaning: "Names that begin with `itops-` are the built-in groups.",
    why: "Whoever could declare them could make himself an admin.",
    mend: "Choose another name.",
    wrong: r##"# file: platform/values.yaml
ticketing:
  org: acme
  groups: [{name: itops-dba, users: [oncall]}]
"##,
    right: r##"# file: platform/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
"##,
};

/// See [`FaultCode::ImpossibleTarget`].
const IMPOSSIBLE_TARGET: Explanation = Explanation {
    title: "An uptime that cannot be promised",
    meaning: "A target lies above 0 and below 100 percent and has four decimals at most; more are rounded.",
    why: "100 % leaves no budget at all, so every figure would be nonsense.",
    mend: "Promise less than 100, such as 99.95.",
    wrong: r##"# file: sla/values.yaml
slaTargets:
  pay: {uptime: 100}
"##,
    right: r##"# file: sla/values.yaml
slaTargets:
  pay: {uptime: 99.95}
"##,
};

/// See [`FaultCode::AmbiguousRelease`].
const AMBIGUOUS_RELEASE: Explanation = Explanation {
    title: "Several releases and none picked",
    meaning: "The repository holds several values of one chart, say dev and prod.",
    why: "Guessing could bring dev's groups into prod, so none takes effect.",
    mend: "Pick one with --release NAME or --values FILE, or name the files in an Application.",
    wrong: r##"# file: dev/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
# file: prod/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
"##,
    right: r##"# file: prod/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
"##,
};

/// See [`FaultCode::UnknownRelease`].
const UNKNOWN_RELEASE: Explanation = Explanation {
    title: "What was asked for is not here",
    meaning: "No release has the name given with --release, or no values lie where --values says.",
    why: "The core does not start: it would run without its ticketing and sign-in.",
    mend: "Correct the name; the hint lists what there is.",
    wrong: r##"# asked for: --release prdo
# file: prod/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
"##,
    right: r##"# asked for: --release prod
# file: prod/values.yaml
ticketing: {org: acme, groups: [{name: dba, users: [oncall]}]}
"##,
};
