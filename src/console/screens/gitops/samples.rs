//! A little repository for tests.

use std::sync::Arc;

use crate::{
    domain::{
        detail::{Commit, DeclaredIndex},
        gitops::{
            Action, Blame, Declared, DeclaredKind, DiffLine, Drift, Fault, FaultCode, FieldChange, FileDiff, FileEntry,
            FileHistory, FileRevision, Held, Hunk, IsDeclared, Place, Plan, Recognised, Reconciled, Running, Shown,
            Side, SourceFile, Step,
        },
        time::DAY,
    },
    testing::estate::{self, REVISION},
};

fn place(file: &str, line: u32, column: u32, end_line: u32) -> Place {
    Place { file: file.into(), line, column, end_line }
}

fn fault(code: FaultCode, place: Place, message: &str, hint: &str) -> Fault {
    Fault { place, severity: code.severity(), code, message: message.to_owned(), hint: hint.to_owned() }
}

/// The faults, in order of place.
pub fn faults() -> Vec<Fault> {
    vec![
        fault(
            FaultCode::EmptyGroup,
            place("ticketing.d/10-groups.yaml", 11, 5, 11),
            "group platform-team has no members",
            "list users or an LDAP group",
        ),
        fault(
            FaultCode::UnknownWorkflow,
            place("ticketing.d/30-catalog.yaml", 12, 15, 12),
            "item service_down names the workflow incident_respons, which is not declared",
            "did you mean incident_response?",
        ),
        fault(FaultCode::PlainSecret, place("platform/values.yaml", 4, 7, 4), "a password stands in plain text", ""),
    ]
}

/// What is declared.
pub fn index() -> DeclaredIndex {
    let file = |path: &str, recognised, lines| FileEntry { path: path.into(), recognised, lines };
    let thing = |kind, name: &str, summary: &str, place| {
        Arc::new(Declared {
            kind,
            name: name.to_owned(),
            display_name: String::new(),
            place,
            summary: summary.to_owned(),
        })
    };
    DeclaredIndex {
        revision: Some(REVISION.to_owned()),
        commit: Some(Commit {
            id: REVISION.into(),
            author: "platform".to_owned(),
            at: estate::ago(180),
            subject: "Checkout: second replica".to_owned(),
        }),
        files: vec![
            file("README.md", Recognised::Other, 0),
            file("platform/values.yaml", Recognised::Ours, 6),
            file("services/checkout.yaml", Recognised::Ours, 9),
            file("services/half.yaml", Recognised::Broken, 0),
            file("ticketing.d/10-groups.yaml", Recognised::Ours, 13),
            file("ticketing.d/30-catalog.yaml", Recognised::Ours, 20),
        ],
        declared: vec![
            thing(
                DeclaredKind::Service,
                "acme/shop/prod/eu-1/checkout",
                "critical, team storefront",
                place("services/checkout.yaml", 3, 3, 9),
            ),
            thing(
                DeclaredKind::Group,
                "acme/platform-team",
                "no members",
                place("ticketing.d/10-groups.yaml", 11, 5, 13),
            ),
            thing(DeclaredKind::Values, "platform/values.yaml", "itops", place("platform/values.yaml", 1, 1, 6)),
        ],
        faults: faults(),
    }
}

/// The text of the values file, its secret masked.
pub fn values() -> SourceFile {
    let lines = ["# platform values", "secretEnv:", "  jwt:", "      password: ••••••", "ticketing:", "  org: acme"];
    SourceFile {
        path: "platform/values.yaml".into(),
        lines: lines.into_iter().collect(),
        faults: faults().into_iter().filter(|f| &*f.place.file == "platform/values.yaml").collect(),
        declared: index().declared.into_iter().filter(|d| &*d.place.file == "platform/values.yaml").collect(),
    }
}

/// The text of the service's file.
pub fn checkout() -> SourceFile {
    let lines = [
        "kind: ConfigMap",
        "data:",
        "  it-ops.yaml: |",
        "    path: acme/shop/prod/eu-1/checkout",
        "    criticality: critical",
        "    team: storefront",
        "    slaGroup: payments",
        "    requires:",
        "      - acme/shop/prod/eu-1/payment-api",
    ];
    SourceFile {
        path: "services/checkout.yaml".into(),
        lines: lines.into_iter().collect(),
        faults: Vec::new(),
        declared: index().declared.into_iter().filter(|d| &*d.place.file == "services/checkout.yaml").collect(),
    }
}

/// Some forty lines of ticketing.
pub fn ticketing(file: &str) -> SourceFile {
    let mut lines = vec!["ticketing:".to_owned(), "  org: acme".to_owned()];
    for name in ["oncall", "dba-oncall", "platform-team", "shop/prod/dba-oncall", "storefront", "data"] {
        lines.extend([format!("    - name: {name}"), "      users:".to_owned()]);
        lines.extend(["        - oncall", "        - dba-oncall", "      # on call this week", ""].map(str::to_owned));
    }
    SourceFile { path: file.into(), lines: lines.into_iter().collect(), faults: Vec::new(), declared: Vec::new() }
}

/// Two commits: of the newest and of last year.
pub fn commits() -> Vec<Commit> {
    let commit = |id: &str, author: &str, days: i64, subject: &str| Commit {
        id: id.into(),
        author: author.to_owned(),
        at: estate::AT.plus(-days * DAY),
        subject: subject.to_owned(),
    };
    vec![
        commit(REVISION, "Platform Team", 0, "Checkout: second replica"),
        commit("9d1c07ab35e24f6810c7d3b2a94e5f60718293a4", "Payments Team", 41, "Checkout joins the payments budget"),
        commit("07aa31f04bd8c92e6f517a3d0c4b8e2195f6d7c3", "Platform Team", 420, "Services move into one file each"),
    ]
}

/// Who last changed each line of the service's file.
pub fn blame() -> Blame {
    Blame {
        file: "services/checkout.yaml".into(),
        revision: REVISION.into(),
        commits: commits(),
        lines: [2, 2, 2, 2, 0, 2, 1, 2, 2].map(Some).into(),
    }
}

/// The commits of the service's file.
pub fn history() -> FileHistory {
    let revisions = commits()
        .into_iter()
        .zip([(Some(1), Some(1)), (Some(1), Some(0)), (Some(9), Some(0))])
        .map(|(commit, (added, removed))| FileRevision {
            commit,
            path: "services/checkout.yaml".into(),
            added,
            removed,
        })
        .collect();
    FileHistory { file: "services/checkout.yaml".into(), revisions, is_cut: false }
}

/// What the newest commit changed in the service's file.
pub fn diff() -> FileDiff {
    let line = |side, text: &str, secret_changed| DiffLine { side, text: text.to_owned(), secret_changed };
    FileDiff {
        commit: commits().swap_remove(0),
        path: "services/checkout.yaml".into(),
        hunks: vec![Hunk {
            old_start: 3,
            new_start: 3,
            lines: vec![
                line(Side::Same, "  it-ops.yaml: |", false),
                line(Side::Same, "    path: acme/shop/prod/eu-1/checkout", false),
                line(Side::Removed, "    criticality: high", false),
                line(Side::Added, "    criticality: critical", false),
                line(Side::Same, "    token: ••••••", true),
                line(Side::Same, "    team: storefront", false),
            ],
        }],
        withheld: None,
    }
}

/// Something of everything: a deletion with what goes with it, held ones, updates, a creation, a move.
pub fn plan() -> Plan {
    let field = |name: &str, old: Option<&str>, new: Option<&str>| FieldChange {
        field: name.into(),
        old: old.map(Shown::from),
        new: new.map(Shown::from),
    };
    let step = |action, kind, name: &str, place, fields, takes: &[&str], held| Step {
        action,
        kind,
        name: name.into(),
        place: Some(place),
        fields,
        takes: takes.iter().map(|t| (*t).to_owned()).collect(),
        held,
    };
    let secret = FieldChange {
        field: "bindPassword".into(),
        old: Some(Shown::Secret(Some(1))),
        new: Some(Shown::Secret(Some(2))),
    };
    Plan {
        from: Some(REVISION.to_owned()),
        to: None,
        steps: vec![
            step(
                Action::Delete,
                DeclaredKind::Service,
                "acme/shop/prod/eu-1/legacy-cart",
                place("services/legacy.yaml", 4, 3, 20),
                vec![field("criticality", Some("high"), None), field("slaGroup", Some("storefront"), None)],
                &["2 open tickets: #1041, #1038", "its membership in the SLA group storefront ends"],
                None,
            ),
            step(
                Action::Delete,
                DeclaredKind::Group,
                "acme/oncall",
                place("ticketing.d/10-groups.yaml", 3, 5, 6),
                vec![field("users", Some("oncall"), None)],
                &["3 open tickets are assigned to it"],
                Some(Held::NoEntry(DeclaredKind::Group)),
            ),
            step(
                Action::Delete,
                DeclaredKind::Service,
                "acme/shop/prod/eu-1/half",
                place("services/half.yaml", 2, 3, 12),
                Vec::new(),
                &[],
                Some(Held::BrokenFile("services/half.yaml".into())),
            ),
            step(
                Action::Create,
                DeclaredKind::Service,
                "acme/shop/prod/eu-2/cart",
                place("services/cart-eu-2.yaml", 3, 3, 22),
                vec![field("criticality", None, Some("high")), field("team", None, Some("shop"))],
                &[],
                None,
            ),
            step(
                Action::Update,
                DeclaredKind::Service,
                "acme/shop/prod/eu-1/payment-api",
                place("services/payments.yaml", 3, 3, 25),
                vec![
                    field("criticality", Some("high"), Some("critical")),
                    field(
                        "requires",
                        Some("acme/shop/prod/eu-1/payment-db"),
                        Some("acme/shop/prod/eu-1/payment-db, acme/shop/prod/eu-1/fraud-check"),
                    ),
                    field("runbook", None, Some("https://runbooks.acme.example/payments/api")),
                ],
                &[],
                None,
            ),
            step(
                Action::Update,
                DeclaredKind::Provider,
                "ldap",
                place("platform/auth-values.yaml", 12, 3, 40),
                vec![secret],
                &["7 accounts sign in through it"],
                None,
            ),
            step(
                Action::Move,
                DeclaredKind::Service,
                "acme/shop/prod/eu-1/search",
                place("services/search.yaml", 3, 3, 19),
                Vec::new(),
                &[],
                None,
            ),
        ],
    }
}

/// The last three reconciles, newest first.
pub fn reconciles() -> Vec<Reconciled> {
    let commits = commits();
    let done = |minutes, commit: &Commit, plan, rejected: Option<&str>| Reconciled {
        at: estate::ago(minutes),
        commit: Some(commit.clone()),
        plan,
        rejected: rejected.map(str::to_owned),
    };
    let mut small = plan();
    small.steps.truncate(1);
    vec![
        done(12, &commits[0], Plan::default(), Some("2 errors in ticketing; the whole previous registry stays")),
        done(52, &commits[0], plan(), None),
        done(60_000, &commits[1], small, None),
    ]
}

/// Services on both axes.
pub fn drift() -> Vec<Drift> {
    use IsDeclared::{Declared, Retired, Undeclared};
    let one = |service: &str, declared, running, reporter: Option<&str>, minutes: Option<i64>| Drift {
        path: estate::path(&format!("acme/shop/prod/eu-1/{service}")),
        declared,
        running,
        reporter: reporter.map(str::to_owned),
        last_seen: minutes.map(estate::ago),
        place: (declared != Undeclared).then(|| place(&format!("services/{service}.yaml"), 3, 3, 20)),
    };
    let replicas = FieldChange { field: "workload".into(), old: Some("cart".into()), new: Some("cart-v2".into()) };
    let agent = Some("acme/shop/prod/eu-1");
    vec![
        one("cart", Declared, Running::Differs(vec![replicas]), agent, Some(0)),
        one("payment-db", Declared, Running::Missing, agent, Some(0)),
        one("etl", Declared, Running::Silent, Some("etl-key"), Some(190)),
        one("mailer", Declared, Running::NeverReported, None, None),
        one("checkout", Declared, Running::AsDeclared, agent, Some(0)),
        one("search", Declared, Running::AsDeclared, agent, Some(0)),
        one("cron-host-7", Undeclared, Running::AsDeclared, Some("legacy-key"), Some(2)),
        one("old-cart", Retired, Running::Silent, Some("legacy-key"), Some(3_000)),
    ]
}
