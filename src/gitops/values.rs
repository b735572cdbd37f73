//! Values of the core: references, and secrets that stand where they should not.

use super::{
    ReadOptions,
    file::File,
    layers::Layered,
    notes::Notes,
    providers::secret_reference,
    recognise::Chart,
    schema::{Table, values as tables},
    yaml::{Node, Scalar, Span},
};
use crate::domain::gitops::{FaultCode, Recognised};

/// Check the core's and the portal's values; answers the places of plain values that a reference shadows.
pub fn check(releases: &[Layered], options: &ReadOptions, notes: &mut Notes) -> Vec<Span> {
    let mut shadowed = Vec::new();
    for release in releases.iter().filter(|r| r.chart == Chart::Core) {
        let node = &release.node;
        parts(node, notes);
        let references = notes.map(node, "secretRefs").map(Node::entries).unwrap_or_default();
        for reference in references {
            if reference.node.is_map() {
                secret_reference(&reference.node, options, notes);
            } else {
                let message = format!("`{}` must name a Secret by `name` and `key`", reference.key);
                notes.fault(FaultCode::BadField, reference.key_span, message, "");
            }
        }
        let plain = ["secretEnv", "env"].iter().filter_map(|s| node.get(s)).flat_map(Node::entries);
        for entry in plain.filter(|e| references.iter().any(|r| r.key == e.key)) {
            let message = format!("`{}` is set here and by reference; the reference wins", entry.key);
            notes.fault(FaultCode::ShadowedSecret, entry.key_span, message, "remove the plain value");
            shadowed.push(entry.node.span);
        }
        for source in notes.list(node, "extraEnvFrom") {
            let names_secret = source.at(&["secretRef", "name"]).or_else(|| source.at(&["configMapRef", "name"]));
            if names_secret.and_then(Node::scalar).is_none_or(|s| Scalar::line(s).is_empty()) {
                let message = "an entry of `extraEnvFrom` needs `secretRef.name`".to_owned();
                notes.fault(FaultCode::BadField, source.span, message, "");
            }
        }
    }
    shadowed
}

/// Slips in the names of keys and of variables.
fn parts(node: &Node, notes: &mut Notes) {
    notes.only_keys(node, &tables::CORE);
    let tables: [(&str, &Table); 5] = [
        ("ui", &tables::UI),
        ("ingress", &tables::INGRESS),
        ("uiIngress", &tables::INGRESS),
        ("networkPolicy", &tables::NETWORK_POLICY),
        ("postgresql", &tables::POSTGRESQL),
    ];
    for (key, table) in tables {
        if let Some(part) = notes.map(node, key) {
            notes.only_keys(part, table);
            notes.texts(part, "allowedEgressNamespaces");
        }
    }
    for section in ["env", "secretEnv", "secretRefs"] {
        for entry in notes.map(node, section).map(Node::entries).unwrap_or_default() {
            notes.variable(entry, tables::VARIABLES);
        }
    }
}

/// Warn of every secret that stands in plain text in a file of ours.
pub fn plain_secrets(files: &[Box<File>], shadowed: &[Span], notes: &mut Notes) {
    for file in files.iter().filter(|f| f.recognised() == Recognised::Ours) {
        for secret in file.kept.iter().filter(|secret| !shadowed.contains(&secret.span)) {
            let message = format!("`{}` holds a secret in plain text", secret.key);
            notes.fault(FaultCode::PlainSecret, secret.span, message, "reference a Kubernetes Secret instead");
        }
        for span in file.credentials() {
            let message = "a credential stands in plain text on this line".to_owned();
            notes.fault(FaultCode::PlainSecret, *span, message, "take it from the environment or a Secret");
        }
    }
}
