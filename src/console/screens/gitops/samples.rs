//! A little repository for tests.

use crate::{
    domain::{
        detail::{Commit, DeclaredIndex},
        gitops::{Declared, DeclaredKind, Fault, FaultCode, FileEntry, Place, Recognised, SourceFile},
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
    let thing = |kind, name: &str, summary: &str, place| Declared {
        kind,
        name: name.to_owned(),
        display_name: String::new(),
        place,
        summary: summary.to_owned(),
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
        lines: lines.map(str::to_owned).into(),
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
        lines: lines.map(str::to_owned).into(),
        faults: Vec::new(),
        declared: index().declared.into_iter().filter(|d| &*d.place.file == "services/checkout.yaml").collect(),
    }
}
