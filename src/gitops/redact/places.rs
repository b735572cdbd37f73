//! Secrets by the shape of a document.

use std::collections::BTreeSet;

use super::{is_reference, names_secret, words};
use crate::gitops::yaml::{Embedded, Node, Scalar, Span, Value};

/// Keys that stay readable inside something that names a secret: they say where it lies, not what it is.
const SAFE_INSIDE: &[&str] = &[
    "name",
    "key",
    "existingsecret",
    "existingsecretkey",
    "secretname",
    "optional",
    "namespace",
    "defaultmode",
    "items",
    "path",
    "mode",
    "enabled",
    "kind",
    "apiversion",
    "remoteref",
    "property",
];

/// Texts inside texts that are looked into. Deeper, only the lines themselves are looked at.
const EMBEDDED_LIMIT: u32 = 4;

/// A secret value and where it stands.
pub struct Kept {
    /// Where.
    pub span: Span,
    /// A block scalar: its header line stays.
    pub is_block: bool,
    /// The key it stands under.
    pub key: String,
    /// The secret itself, to find it elsewhere. Never leaves the reader.
    pub value: String,
}

/// Every secret value of a document.
pub fn kept(document: &Node) -> Vec<Kept> {
    kept_with(document, &mut Embedded::default())
}

/// As [`kept`]; the texts inside that it had to parse stay in `embedded`.
pub fn kept_with(document: &Node, embedded: &mut Embedded) -> Vec<Kept> {
    let mut out = Vec::new();
    let mut keep = |node: &Node, scalar: &Scalar, key: &str| {
        out.push(Kept {
            span: node.span,
            is_block: scalar.is_block,
            key: key.to_owned(),
            value: scalar.raw().trim().to_owned(),
        });
    };
    look(document, Inside::Plain, "", &mut Found { tell: &mut keep, embedded, depth: 0 });
    out
}

/// Which nodes of a document are secret values, by their address.
pub fn secret_nodes(document: &Node) -> BTreeSet<*const Node> {
    let mut out = BTreeSet::new();
    let mut keep = |node: &Node, _: &Scalar, _: &str| {
        out.insert(std::ptr::from_ref(node));
    };
    look(document, Inside::Plain, "", &mut Found { tell: &mut keep, embedded: &mut Embedded::default(), depth: 0 });
    out
}

/// Who wants to know, and how deep the look is.
struct Found<'f> {
    /// Is told every secret: its node, its text and the key it stands under.
    tell: &'f mut dyn FnMut(&Node, &Scalar, &str),
    embedded: &'f mut Embedded,
    /// Texts inside texts.
    depth: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Nothing special.
    Plain,
    /// Under a key that names a secret: references stay, values go.
    Named,
    /// Under `secretEnv`, or in a Secret: everything goes.
    All,
}

fn look(node: &Node, inside: Inside, key: &str, out: &mut Found<'_>) {
    match &node.value {
        Value::Scalar(scalar) if inside != Inside::Plain => keep(node, scalar, key, out),
        Value::Scalar(_) => {}
        Value::Seq(items) => items.iter().for_each(|item| look(item, inside, key, out)),
        Value::Map(_) => look_in_map(node, inside, out),
    }
}

fn look_in_map(node: &Node, inside: Inside, out: &mut Found<'_>) {
    let is_secret = node.word("kind").is_some_and(|k| k == "Secret");
    let pair_is_secret = node.word("name").is_some_and(|n| names_secret(&n)) && node.entry("value").is_some();
    let bare_key_is_reference =
        ["name", "operator", "effect", "secretName", "values"].iter().any(|sibling| node.entry(sibling).is_some());
    if is_secret && let Some(notes) = node.entry("metadata").and_then(|m| m.node.entry("annotations")) {
        // `kubectl apply` keeps the whole manifest there, values and all.
        look(&notes.node, Inside::All, "annotations", out);
    }
    for entry in node.entries() {
        let lower = entry.key.to_ascii_lowercase();
        let next = match inside {
            Inside::All => Inside::All,
            _ if lower == "secretenv" => Inside::All,
            _ if is_secret && matches!(lower.as_str(), "data" | "stringdata") => Inside::All,
            _ if pair_is_secret && lower == "value" => Inside::Named,
            _ if lower == "key" && bare_key_is_reference => Inside::Plain,
            Inside::Named if SAFE_INSIDE.contains(&lower.as_str()) => Inside::Plain,
            Inside::Named if is_harmless(&entry.key) => Inside::Plain,
            Inside::Named => Inside::Named,
            Inside::Plain if names_secret(&entry.key) => Inside::Named,
            // A registry's login: name and password as base64.
            Inside::Plain if lower == "auth" && entry.node.scalar().is_some() => Inside::Named,
            Inside::Plain => Inside::Plain,
        };
        look(&entry.node, next, &entry.key, out);
        if next == Inside::Plain {
            look_embedded(&entry.key, &entry.node, out);
        }
    }
}

/// A text that is YAML itself: data of a ConfigMap, values inside an Application.
fn look_embedded(key: &str, node: &Node, out: &mut Found<'_>) {
    let Some(scalar) = node.scalar().filter(|s| s.is_block || s.raw().trim_start().starts_with('{')) else {
        return;
    };
    let is_yaml =
        key == "values" || [".yaml", ".yml", ".json", "dockerconfigjson"].iter().any(|end| key.ends_with(end));
    if is_yaml && out.depth < EMBEDDED_LIMIT {
        out.depth += 1;
        for document in &out.embedded.parsed(node, scalar).documents {
            look(document, Inside::Plain, "", out);
        }
        out.depth -= 1;
    }
}

fn is_harmless(key: &str) -> bool {
    words(key).iter().any(|w| super::HARMLESS_WORDS.contains(&w.as_str()))
}

fn keep(node: &Node, scalar: &Scalar, key: &str, out: &mut Found<'_>) {
    let is_flag = scalar.is_plain && matches!(scalar.raw(), "true" | "false");
    if scalar.is_null() || is_flag || is_reference(scalar.raw()) {
        return;
    }
    (out.tell)(node, scalar, key);
}
