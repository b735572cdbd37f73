//! Fields of the values of the three charts.

use super::{Field, Table, Type, ticketing::TICKETING};

/// Classes of promise with a documented target.
pub const TIERS: &[&str] = super::service::CRITICALITIES;
/// How members of an SLA group add up.
pub const AGGREGATIONS: &[&str] = &["worst", "mean"];
/// What maintenance that a reporter declares itself counts as.
pub const MAINTENANCES: &[&str] = &["neither", "down"];
/// What a promise is made over.
pub const PERIODS: &[&str] = &["7d", "28d", "30d", "90d", "month", "quarter", "year"];
/// How a connection to a directory is protected.
pub const ENCRYPTIONS: &[&str] = &["none", "starttls", "ldaps"];
/// Variables that core and portal know.
pub const VARIABLES: &[&str] = &[
    "ITOPS_SERVER_ENVIRONMENT",
    "ITOPS_FEATURE_LOCAL_AUTH",
    "ITOPS_FEATURE_OPERATOR_API",
    "ITOPS_DATABASE_PASSWORD",
    "ITOPS_JWT_SECRET",
    "ITOPS_SECURITY_OPERATOR_API_KEY",
    "ITOPS_LICENSE_KEY",
    "ITOPS_SECURITY_WEBHOOK_HOST_ALLOWLIST",
    "ITOPS_PLUGINS_SLA_ENABLED",
    "ITOPS_PLUGINS_TICKETING_ENABLED",
    "ITOPS_SLA_PORTAL_URL",
    "ITOPS_SLA_PORTAL_API_KEY",
    "SLA_PORTAL_API_KEY",
    "AUTH_JWT_KEYS",
    "AUTH_CSRF_KEY",
    "ITOPS_OPERATOR_API_KEY",
    "ITOPS_BOOTSTRAP_ADMIN_PASSWORD",
];

const PERIOD: Field = Field::new("period", Type::Word(PERIODS), "What the promise is made over.").or("\"30d\"");
const AGGREGATION: Field =
    Field::new("aggregation", Type::Word(AGGREGATIONS), "Down while any member is, or the mean of all.")
        .or("\"worst\"");
const MAINTENANCE: Field = Field::new(
    "selfDeclaredMaintenance",
    Type::Word(MAINTENANCES),
    "What maintenance counts as that a reporter declares itself, without a window: neither up nor down, or down.",
)
.or("\"neither\"");

/// Values of the core.
pub static CORE: Table = Table::open(
    "the core's values",
    &[
        Field::new("imagePullSecrets", Type::Any, "Secrets for the registry."),
        Field::new("ui", Type::One(&UI), "Where browsers find the API."),
        Field::new("env", Type::NamedTexts, "Variables in plain text."),
        Field::new("secretEnv", Type::NamedTexts, "Variables that are secret, in plain text; better `secretRefs`."),
        Field::new("secretRefs", Type::Named(&SECRET_REF), "Variables from Secrets; they win over `secretEnv`."),
        Field::new("extraEnvFrom", Type::Many(&ENV_FROM), "Every key of a Secret as a variable."),
        Field::new("ingress", Type::One(&INGRESS), "How the API is reached."),
        Field::new("uiIngress", Type::One(&INGRESS), "How the UI is reached."),
        Field::new("auth", Type::One(&AUTH), "Ways to sign in."),
        Field::new("networkPolicy", Type::One(&NETWORK_POLICY), "Where the core may connect to."),
        Field::new("postgresql", Type::One(&POSTGRESQL), "The bundled database."),
        Field::new("ticketing", Type::One(&TICKETING), "Groups, workflows and catalog."),
    ],
);

/// `ui`.
pub static UI: Table = Table::open(
    "ui",
    &[
        Field::new("apiUrl", Type::Address, "Address of the API as browsers see it."),
        Field::new("wsHost", Type::Text, "Host of the stream as browsers see it."),
    ],
);

/// A key of a Secret.
pub static SECRET_REF: Table = Table::closed(
    "a secret reference",
    &[
        Field::new("name", Type::Text, "The Secret.").needed(),
        Field::new("key", Type::Text, "Its key.").needed(),
        Field::new("optional", Type::Flag, "Whether the pod starts without it.").or("false"),
    ],
);

/// An entry of `extraEnvFrom`.
pub static ENV_FROM: Table = Table::open(
    "`extraEnvFrom`",
    &[
        Field::new("secretRef", Type::One(&OBJECT_REF), "A whole Secret."),
        Field::new("configMapRef", Type::One(&OBJECT_REF), "A whole ConfigMap."),
        Field::new("prefix", Type::Text, "Put in front of every key."),
    ],
);

/// A Kubernetes object by name.
pub static OBJECT_REF: Table = Table::open(
    "a reference",
    &[Field::new("name", Type::Text, "Its name.").needed(), Field::new("optional", Type::Flag, "May be missing.")],
);

/// `ingress` and `uiIngress`.
pub static INGRESS: Table = Table::open(
    "ingress",
    &[
        Field::new("enabled", Type::Flag, "Whether there is one."),
        Field::new("hosts", Type::Many(&INGRESS_HOST), "Names it answers to."),
        Field::new("tls", Type::Many(&INGRESS_TLS), "Certificates."),
    ],
);

/// A host of an ingress.
pub static INGRESS_HOST: Table = Table::open(
    "an ingress host",
    &[Field::new("host", Type::Text, "The name.").needed(), Field::new("paths", Type::Any, "Paths of it.")],
);

/// A certificate of an ingress.
pub static INGRESS_TLS: Table = Table::open(
    "an ingress certificate",
    &[
        Field::new("secretName", Type::Text, "Secret that holds it."),
        Field::new("hosts", Type::Texts, "Names it is for."),
    ],
);

/// `networkPolicy`.
pub static NETWORK_POLICY: Table = Table::open(
    "networkPolicy",
    &[
        Field::new("enabled", Type::Flag, "Whether there is one.").or("true"),
        Field::new("allowedEgressNamespaces", Type::Texts, "Namespaces the core may connect to.")
            .or("[\"sla-portal\"]"),
    ],
);

/// `postgresql`.
pub static POSTGRESQL: Table = Table::open(
    "postgresql",
    &[Field::new("enabled", Type::Flag, "Whether the chart brings its own database.").or("true")],
);

/// `auth`.
pub static AUTH: Table = Table::closed(
    "auth",
    &[
        Field::new("local", Type::One(&LOCAL), "Accounts of the core itself."),
        Field::new("ldap", Type::One(&LDAP), "A directory."),
    ],
);

/// `auth.local`.
pub static LOCAL: Table = Table::closed(
    "auth.local",
    &[
        Field::new("enabled", Type::Flag, "Whether it is on.").or("true"),
        Field::new("isDefault", Type::Flag, "Whether a login that names no provider goes here.").or("false"),
        Field::new("displayName", Type::Text, "Label."),
        Field::new("passwordPolicy", Type::One(&POLICY), "What a password must have."),
    ],
);

/// `auth.local.passwordPolicy`.
pub static POLICY: Table = Table::closed(
    "passwordPolicy",
    &[
        Field::new("minLength", Type::Whole(0, 1_024), "Shortest password.").or("8"),
        Field::new("requireUppercase", Type::Flag, "A capital letter.").or("false"),
        Field::new("requireDigit", Type::Flag, "A digit.").or("false"),
    ],
);

/// `auth.ldap`.
pub static LDAP: Table = Table::closed(
    "auth.ldap",
    &[
        Field::new("enabled", Type::Flag, "Whether it is on.").or("false"),
        Field::new("isDefault", Type::Flag, "Whether a login that names no provider goes here.").or("false"),
        Field::new("name", Type::Text, "Stable name.").or("\"ldap\""),
        Field::new("displayName", Type::Text, "Label; the name otherwise."),
        Field::new("host", Type::Text, "Host name of the directory; needed while it is on."),
        Field::new("port", Type::Whole(1, 65_535), "389, or 636 with ldaps."),
        Field::new("encryption", Type::Word(ENCRYPTIONS), "ldaps where the port is 636, else none."),
        Field::new("bindDn", Type::Text, "Who the core signs in as to search."),
        Field::new("bindPassword", Type::Text, "Its password in plain text; better `bindPasswordSecret`."),
        Field::new("bindPasswordSecret", Type::One(&SECRET_REF), "Its password in a Secret."),
        Field::new("baseDn", Type::Text, "Everything is searched below it; needed while it is on."),
        Field::new("userFilter", Type::Text, "Finds a user; `%s` is the name.").or("\"(sAMAccountName=%s)\""),
        Field::new("groupFilter", Type::Text, "Finds a user's groups; `%s` is the DN.").or("\"(member=%s)\""),
        Field::new("userAttrs", Type::One(&USER_ATTRS), "What a user is called by."),
        Field::new("groupMappings", Type::Many(&MAPPING), "Directory groups that grant groups; by CN without any.")
            .or("[]"),
    ],
);

/// `auth.ldap.userAttrs`.
pub static USER_ATTRS: Table = Table::closed(
    "userAttrs",
    &[
        Field::new("username", Type::Text, "Login name.").or("\"sAMAccountName\""),
        Field::new("email", Type::Text, "Address.").or("\"mail\""),
        Field::new("displayName", Type::Text, "Label.").or("\"displayName\""),
    ],
);

/// An entry of `auth.ldap.groupMappings`.
pub static MAPPING: Table = Table::closed(
    "a group mapping",
    &[
        Field::new("ldapGroup", Type::Text, "DN of the directory group.").needed(),
        Field::new("group", Type::Text, "Group of ours: a built-in one or a declared one.").needed(),
    ],
);

/// Values of the agent.
pub static AGENT: Table = Table::open(
    "the agent's values",
    &[
        Field::new("node", Type::One(&NODE), "The cluster it stands for.").needed(),
        Field::new("itops", Type::One(&ITOPS), "The core it reports to.").needed(),
        Field::new("watch", Type::One(&WATCH), "What it looks at."),
        Field::new("slaGroups", Type::Many(&SLA_GROUP), "SLA groups it brings.").or("[]"),
        Field::new("features", Type::One(&FEATURES), "What it does by itself."),
    ],
);

/// `node` of an agent.
pub static NODE: Table = Table::open(
    "node",
    &[
        Field::new("id", Type::NodePath, "organization/platform/environment/cluster.").needed(),
        Field::new("name", Type::Text, "Label."),
    ],
);

/// `itops` of an agent.
pub static ITOPS: Table = Table::open(
    "itops",
    &[
        Field::new("url", Type::Address, "Address of the core.").needed(),
        Field::new("apiKey", Type::One(&API_KEY), "Its key."),
    ],
);

/// `itops.apiKey`.
pub static API_KEY: Table = Table::closed(
    "apiKey",
    &[
        Field::new("value", Type::Text, "In plain text; better `existingSecret`."),
        Field::new("existingSecret", Type::Text, "Secret that holds it."),
        Field::new("existingSecretKey", Type::Text, "Key of that Secret."),
    ],
);

/// `watch`.
pub static WATCH: Table = Table::closed(
    "watch",
    &[
        Field::new("namespaces", Type::Texts, "Namespaces it looks into; all without any.").or("[]"),
        Field::new("excludeNamespaces", Type::Texts, "Namespaces it leaves out.").or("[]"),
        Field::new("labelPrefix", Type::Text, "Prefix of the label that marks a service.").or("\"itops.io\""),
        Field::new("workloadNamePrefixes", Type::Texts, "Tried in front of the name of a workload.").or("[]"),
    ],
);

/// `features`.
pub static FEATURES: Table = Table::closed(
    "features",
    &[
        Field::new("autoRegister", Type::Flag, "Whether it registers services that it finds.").or("true"),
        Field::new("autoCreateIncidents", Type::Flag, "Whether it opens incidents by itself.").or("false"),
    ],
);

/// An entry of `slaGroups`.
pub static SLA_GROUP: Table = Table::closed(
    "an SLA group",
    &[
        Field::new("name", Type::Text, "Short name.").needed(),
        Field::new("displayName", Type::Text, "Label; the name otherwise."),
        Field::new("description", Type::Text, "For people; has no effect."),
        Field::new("tier", Type::Text, "critical, high, medium, low, or a word of your own.").or("\"medium\""),
        Field::new("targets", Type::One(&TARGETS), "Its promises; those of its tier otherwise."),
        PERIOD,
        AGGREGATION,
        MAINTENANCE,
    ],
);

/// `targets` of an SLA group.
pub static TARGETS: Table = Table::closed(
    "targets",
    &[
        Field::new("uptime", Type::Percent, "Promised uptime in percent."),
        Field::new("responseTime", Type::Minutes, "Until somebody reacts: minutes, or such as 4h."),
        Field::new("resolutionTime", Type::Minutes, "Until it is mended: minutes, or such as 4h."),
        PERIOD,
        AGGREGATION,
        MAINTENANCE,
    ],
);

/// Values of the portal.
pub static PORTAL: Table = Table::open(
    "the portal's values",
    &[
        Field::new("ingress", Type::One(&PORTAL_INGRESS), "How it is reached."),
        Field::new("slaTargets", Type::NamedOrMany(&TARGET_BY_NAME, &TARGET), "Published targets.").needed(),
        Field::new("apiKey", Type::Any, "Key of the feed; better `secretEnv` or a Secret."),
        Field::new("secretEnv", Type::NamedTexts, "Variables that are secret, in plain text."),
        Field::new("branding", Type::One(&BRANDING), "How it looks."),
    ],
);

/// `ingress` of the portal.
pub static PORTAL_INGRESS: Table = Table::open(
    "ingress",
    &[
        Field::new("host", Type::Text, "The name it answers to."),
        Field::new("tls", Type::Any, "Its certificate, `secretName`."),
    ],
);

/// `branding`.
pub static BRANDING: Table = Table::closed(
    "branding",
    &[
        Field::new("companyName", Type::Text, "Name in the header."),
        Field::new("logoUrl", Type::Text, "Address of the logo."),
        Field::new("accentColor", Type::Text, "A colour such as #0055aa."),
    ],
);

/// A target under the name of its group.
pub static TARGET_BY_NAME: Table = Table::closed(
    "an SLA target",
    &[
        Field::new("uptime", Type::Percent, "Promised uptime in percent."),
        Field::new("uptimeTarget", Type::Percent, "The same."),
        Field::new("label", Type::Text, "Label."),
        Field::new("displayName", Type::Text, "The same."),
        PERIOD,
        AGGREGATION,
        MAINTENANCE,
    ],
);

/// A target in a list.
pub static TARGET: Table = Table::closed(
    "an SLA target",
    &[
        Field::new("slaGroup", Type::Text, "Short name of the SLA group."),
        Field::new("name", Type::Text, "The same."),
        Field::new("displayName", Type::Text, "Label."),
        Field::new("label", Type::Text, "The same."),
        Field::new("uptimeTarget", Type::Percent, "Promised uptime in percent."),
        Field::new("uptime", Type::Percent, "The same."),
        PERIOD,
        AGGREGATION,
        MAINTENANCE,
    ],
);
