//! Values of the core: sign-in, and secrets that stand where they should not.

use std::path::Path;

use super::{
    ReadOptions,
    file::File,
    layers::Layered,
    notes::{Notes, counted},
    recognise::Chart,
    redact,
    yaml::{Node, Scalar, Span},
};
use crate::domain::{
    access::AuthProvider,
    gitops::{DeclaredKind, FaultCode, Recognised},
};

const KEYS: &[&str] = &[
    "imagePullSecrets",
    "ui",
    "env",
    "secretEnv",
    "secretRefs",
    "extraEnvFrom",
    "ingress",
    "uiIngress",
    "auth",
    "networkPolicy",
    "postgresql",
    "ticketing",
];
const LOCAL_KEYS: &[&str] = &["enabled", "isDefault", "displayName", "passwordPolicy"];
const LDAP_KEYS: &[&str] = &[
    "enabled",
    "isDefault",
    "name",
    "displayName",
    "host",
    "port",
    "bindDn",
    "bindPassword",
    "bindPasswordSecret",
    "baseDn",
    "userFilter",
    "groupFilter",
    "userAttrs",
    "groupMappings",
    "tls",
    "startTls",
    "startTLS",
    "ldaps",
    "useTls",
    "insecureSkipVerify",
    "caSecret",
    "caFile",
    "timeout",
];
/// Shortest password where nothing is declared.
const MIN_PASSWORD: u32 = 8;

/// The providers of the release that takes effect, in order of declaration.
pub fn providers(core: &Layered, options: &ReadOptions, notes: &mut Notes) -> Vec<AuthProvider> {
    let mut out = Vec::new();
    let Some(auth) = notes.map(&core.node, "auth") else {
        return out;
    };
    notes.only_keys(auth, &["local", "ldap", "sso", "oidc"], "auth");
    for entry in auth.entries().iter().filter(|e| e.node.is_map()) {
        let provider = match entry.key.as_str() {
            "local" => Some(local(&entry.node, entry.span(), notes)),
            "ldap" => ldap(&entry.node, entry.span(), options, notes),
            _ => None,
        };
        out.extend(provider);
    }
    let somebody = out.iter().any(|p| p.is_default);
    if !somebody && let Some(first) = out.iter_mut().find(|p| p.enabled) {
        first.is_default = true;
    }
    out
}

fn local(node: &Node, span: Span, notes: &mut Notes) -> AuthProvider {
    notes.only_keys(node, LOCAL_KEYS, "auth.local");
    let length = notes.map(node, "passwordPolicy").and_then(|policy| notes.whole(policy, "minLength"));
    let provider = AuthProvider {
        name: "local".to_owned(),
        display_name: notes.text(node, "displayName").unwrap_or_else(|| "Local accounts".to_owned()),
        kind: "local".to_owned(),
        enabled: notes.flag(node, "enabled").unwrap_or(true),
        is_default: notes.flag(node, "isDefault").unwrap_or(false),
        min_password_length: length.unwrap_or(MIN_PASSWORD),
    };
    let summary = format!("{}, at least {} characters", on_off(provider.enabled), provider.min_password_length);
    notes.declare(DeclaredKind::Provider, &provider.name, &provider.display_name, span, &summary);
    provider
}

fn ldap(node: &Node, span: Span, options: &ReadOptions, notes: &mut Notes) -> Option<AuthProvider> {
    notes.only_keys(node, LDAP_KEYS, "auth.ldap");
    let enabled = notes.flag(node, "enabled").unwrap_or(false);
    let name = notes.text(node, "name").unwrap_or_else(|| "ldap".to_owned());
    let host = if enabled { notes.need(node, "host", "auth.ldap") } else { notes.text(node, "host") };
    let base = if enabled { notes.need(node, "baseDn", "auth.ldap") } else { notes.text(node, "baseDn") };
    let port = notes.whole(node, "port").unwrap_or(389);
    if !(1..=65_535).contains(&port) {
        let at = node.get("port").map_or(span, |n| n.span);
        notes.fault(FaultCode::BadField, at, format!("{port} is no port"), "from 1 to 65535");
    }
    if let Some(secret) = notes.map(node, "bindPasswordSecret") {
        secret_reference(secret, options, notes);
    }
    let mappings = notes.list(node, "groupMappings").len();
    let is_whole = host.is_some() && base.is_some();
    let provider = AuthProvider {
        display_name: notes.text(node, "displayName").unwrap_or_else(|| name.clone()),
        name,
        kind: "ldap".to_owned(),
        enabled,
        is_default: notes.flag(node, "isDefault").unwrap_or(false),
        min_password_length: 0,
    };
    let summary = format!("{}, {}:{port}, {}", on_off(enabled), host.unwrap_or_default(), counted(mappings, "mapping"));
    notes.declare(DeclaredKind::Provider, &provider.name, &provider.display_name, span, &summary);
    (is_whole || !enabled).then_some(provider)
}

const fn on_off(enabled: bool) -> &'static str {
    if enabled { "on" } else { "off" }
}

/// A reference to a Secret: both parts are there and, where a folder of secrets is given, it can be read.
fn secret_reference(node: &Node, options: &ReadOptions, notes: &mut Notes) {
    let name = notes.need(node, "name", "a secret reference");
    let key = notes.need(node, "key", "a secret reference");
    let (Some(folder), Some(name), Some(key)) = (&options.secrets_dir, name, key) else {
        return;
    };
    let is_plain = |part: &str| !part.contains(['/', '\\']) && !part.starts_with("..");
    let is_there = is_plain(&name) && is_plain(&key) && Path::new(folder).join(&name).join(&key).is_file();
    if !is_there {
        let message = format!("Secret `{name}` with key `{key}` is not in the folder of secrets");
        notes.fault(FaultCode::UnresolvedSecret, node.span, message, "what needs it stays off until it is there");
    }
}

/// Check the core's and the portal's values; answers the places of plain values that a reference shadows.
pub fn check(releases: &[Layered], options: &ReadOptions, notes: &mut Notes) -> Vec<Span> {
    let mut shadowed = Vec::new();
    for release in releases.iter().filter(|r| r.chart == Chart::Core) {
        let node = &release.node;
        notes.near_misses(node, KEYS, "the core's values");
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

/// Warn of every secret that stands in plain text in a file of ours.
pub fn plain_secrets(files: &[File], shadowed: &[Span], notes: &mut Notes) {
    for file in files.iter().filter(|f| f.recognised() == Recognised::Ours) {
        let mut lines = Vec::new();
        for secret in &file.kept {
            lines.extend(secret.span.line..=secret.span.end_line);
            if !shadowed.contains(&secret.span) {
                let message = format!("`{}` holds a secret in plain text", secret.key);
                notes.fault(FaultCode::PlainSecret, secret.span, message, "reference a Kubernetes Secret instead");
            }
        }
        for (number, line) in (1u32..).zip(file.text.split('\n')) {
            if !lines.contains(&number) && redact::strong_hit(line) {
                let column = 1 + u32::try_from(line.chars().take_while(|c| c.is_whitespace()).count()).unwrap_or(0);
                let span = Span { file: file.id, line: number, column, end_line: number, end_column: column };
                let message = "a credential stands in plain text on this line".to_owned();
                notes.fault(FaultCode::PlainSecret, span, message, "take it from the environment or a Secret");
            }
        }
    }
}
