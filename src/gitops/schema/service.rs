//! Fields of a service: the flat `path:` form, the nested `hierarchy:` form, the words in a chart's own values.

use super::{Field, Table, Type};

/// Classes of importance.
pub const CRITICALITIES: &[&str] = &["critical", "high", "medium", "low"];
/// Kinds of workload; the first is the default.
pub const WORKLOADS: &[&str] = &["deployment", "statefulset", "daemonset"];

const DISPLAY_NAME: Field = Field::new("displayName", Type::Text, "Label; the last segment in title case otherwise.");
const DESCRIPTION: Field = Field::new("description", Type::Text, "What it does, for people who have never met it.");
const KIND: Field =
    Field::new("type", Type::Text, "What it is, a free word; told by the tags otherwise.").or("\"service\"");
const TAGS: Field = Field::new("tags", Type::Texts, "Free words to filter by.").or("[]");
const TEAM: Field = Field::new("team", Type::Text, "Who owns it.");
const SLA_GROUP: Field = Field::new("slaGroup", Type::Text, "Short name of the SLA group that it joins.");
const CRITICALITY: Field = Field::new(
    "criticality",
    Type::Word(CRITICALITIES),
    "How much it matters; the tier of its SLA group otherwise, else medium.",
);
const RUNBOOK: Field = Field::new("runbook", Type::Link, "Where on-call finds what to do.");
const VERSION: Field = Field::new("version", Type::Text, "Version of the form; has no effect.").or("\"1\"");
const RELATIONS: Field =
    Field::new("relations", Type::PathOrMany(&RELATION), "What else it has to do with; shown, without any rule.");
const OWNERSHIP_FIELD: Field = Field::new("ownership", Type::One(&OWNERSHIP), "Who owns it, as a mapping.");
const HEALTH_FIELD: Field = Field::new("health", Type::One(&HEALTH), "How the agent of its cluster asks it.");
const DEPENDENCIES_FIELD: Field =
    Field::new("dependencies", Type::One(&DEPENDENCIES), "What it needs and who needs it.");

/// `ownership`.
pub static OWNERSHIP: Table = Table::closed("ownership", &[Field::new("team", Type::Text, "Who owns it.")]);

/// `workload`.
pub static WORKLOAD: Table = Table::closed(
    "workload",
    &[
        Field::new("type", Type::Word(WORKLOADS), "Kind of workload.").or("\"deployment\""),
        Field::new("name", Type::Text, "Its name, where that is not the last segment of the path."),
    ],
);

/// `backup`.
pub static BACKUP: Table = Table::closed(
    "backup",
    &[
        Field::new("expected", Type::Flag, "Whether a backup is owed.").or("false"),
        Field::new("maxAgeDays", Type::Whole(1, 36_500), "How old the last good one may be, in days.").or("1"),
        Field::new("storageSize", Type::Text, "How large backups may grow; for people."),
        Field::new("schedule", Type::Text, "When it runs, as a cron line; for people."),
        Field::new("retention", Type::Text, "How long backups are kept; for people."),
    ],
);

/// `health`.
pub static HEALTH: Table = Table::closed(
    "health",
    &[
        Field::new("enabled", Type::Flag, "Whether the agent asks it over HTTP.").or("false"),
        Field::new("port", Type::Whole(1, 65_535), "Port inside the cluster.").or("80"),
        Field::new("path", Type::Text, "Path that answers with a 2xx when all is well.").or("\"/healthz\""),
        Field::new("interval", Type::Duration, "Between two questions.").or("\"30s\""),
        Field::new("timeout", Type::Duration, "How long an answer may take.").or("\"5s\""),
        Field::new("endpoint", Type::Address, "A whole address, instead of port and path."),
    ],
);

/// `dependencies`.
pub static DEPENDENCIES: Table = Table::closed(
    "dependencies",
    &[
        Field::new("requires", Type::PathOrMany(&REQUIRED), "What it cannot work without.").or("[]"),
        Field::new("usedBy", Type::PathOrMany(&USER), "Who needs it; may be in another cluster.").or("[]"),
    ],
);

/// An entry of `dependencies.requires`.
pub static REQUIRED: Table = Table::closed(
    "`requires`",
    &[
        Field::new("path", Type::ServicePath, "The service it needs.").needed(),
        Field::new("critical", Type::Flag, "Whether it is down while the other is.").or("false"),
        Field::new("name", Type::Text, "For people; has no effect."),
        Field::new("displayName", Type::Text, "For people; has no effect."),
    ],
);

/// An entry of `dependencies.usedBy`.
pub static USER: Table = Table::closed(
    "`usedBy`",
    &[
        Field::new("path", Type::ServicePath, "The service that needs it.").needed(),
        Field::new("critical", Type::Flag, "For people; the other service says what holds.").or("false"),
        Field::new("name", Type::Text, "For people; has no effect."),
        Field::new("displayName", Type::Text, "For people; has no effect."),
    ],
);

/// An entry of `relations`.
pub static RELATION: Table = Table::closed(
    "`relations`",
    &[
        Field::new("type", Type::Text, "How they belong together, a free word.").or("\"related\""),
        Field::new("path", Type::ServicePath, "The other service.").needed(),
    ],
);

/// The flat form.
pub static FLAT: Table = Table::closed(
    "a service",
    &[
        Field::new("path", Type::ServicePath, "Its identity: five segments.").needed(),
        DISPLAY_NAME,
        DESCRIPTION,
        KIND,
        TAGS,
        TEAM,
        SLA_GROUP,
        CRITICALITY,
        Field::new("workload", Type::One(&WORKLOAD), "What runs it in Kubernetes."),
        Field::new("backup", Type::One(&BACKUP), "The duty to back up."),
        HEALTH_FIELD,
        DEPENDENCIES_FIELD,
        RELATIONS,
        RUNBOOK,
        OWNERSHIP_FIELD,
        VERSION,
    ],
);

/// `itops:` in the values of a service's own chart: the same words, which the chart renders into its ConfigMap.
pub static IN_VALUES: Table = Table::closed(
    "`itops` in a chart's values",
    &[
        Field::new("enabled", Type::Flag, "Whether the chart renders the ConfigMap."),
        Field::new("path", Type::ServicePath, "Its identity; usually the chart puts it together."),
        DISPLAY_NAME,
        DESCRIPTION,
        KIND,
        TAGS,
        TEAM,
        SLA_GROUP,
        CRITICALITY,
        Field::new("workload", Type::One(&WORKLOAD), "What runs it in Kubernetes."),
        Field::new("backup", Type::One(&BACKUP), "The duty to back up."),
        HEALTH_FIELD,
        DEPENDENCIES_FIELD,
        RELATIONS,
        RUNBOOK,
        OWNERSHIP_FIELD,
        VERSION,
    ],
);

/// The nested form.
pub static NESTED: Table = Table::closed(
    "a service",
    &[
        VERSION,
        Field::new("hierarchy", Type::One(&HIERARCHY), "Its identity, segment by segment."),
        Field::new("placement", Type::One(&PLACEMENT), "Its node in one line, instead of `hierarchy`."),
        Field::new("service", Type::One(&SERVICE), "What it is."),
        Field::new("metadata", Type::One(&METADATA), "More on what it is."),
        Field::new("operations", Type::One(&OPERATIONS), "How it is run."),
        OWNERSHIP_FIELD,
        HEALTH_FIELD,
        DEPENDENCIES_FIELD,
        RELATIONS,
        RUNBOOK,
    ],
);

/// `hierarchy`; `service` may be left to `service.name`.
pub static HIERARCHY: Table = Table::closed(
    "hierarchy",
    &[
        Field::new("organization", Type::Text, "First segment.").needed(),
        Field::new("platform", Type::Text, "Second segment.").needed(),
        Field::new("environment", Type::Text, "Third segment.").needed(),
        Field::new("cluster", Type::Text, "Fourth segment.").needed(),
        Field::new("service", Type::Text, "Fifth segment; `service.name` otherwise."),
    ],
);

/// `placement`.
pub static PLACEMENT: Table = Table::closed(
    "placement",
    &[Field::new("node", Type::NodePath, "organization/platform/environment/cluster in one line.").needed()],
);

/// `service` of the nested form.
pub static SERVICE: Table = Table::closed(
    "service",
    &[
        Field::new("name", Type::Text, "Its short name."),
        DISPLAY_NAME,
        DESCRIPTION,
        CRITICALITY,
        SLA_GROUP,
        Field::new("workloadType", Type::Word(WORKLOADS), "Kind of workload; without any it stays UNKNOWN."),
        Field::new("workloadName", Type::Text, "Name of the workload."),
        TAGS,
        Field::new("metadata", Type::One(&METADATA), "The same as `metadata` beside `service`."),
        TEAM,
        KIND,
    ],
);

/// `metadata` of the nested form.
pub static METADATA: Table = Table::closed(
    "metadata",
    &[
        Field::new("serviceType", Type::Text, "What it is, a free word."),
        Field::new("usedBy", Type::Many(&NAMED_USER), "Who needs it, by name.").or("[]"),
        DISPLAY_NAME,
        DESCRIPTION,
        RUNBOOK,
        TEAM,
        TAGS,
    ],
);

/// An entry of `metadata.usedBy`.
pub static NAMED_USER: Table = Table::closed(
    "`usedBy`",
    &[
        Field::new("name", Type::Text, "Short name of a service of this node, or the only one of that name.").needed(),
        Field::new("displayName", Type::Text, "For people; has no effect."),
    ],
);

/// `operations`.
pub static OPERATIONS: Table =
    Table::closed("operations", &[Field::new("backup", Type::One(&BACKUP), "The duty to back up.")]);
