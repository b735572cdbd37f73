//! Ways to sign in: `auth` of the core's values.

use std::path::Path;

use super::{
    ReadOptions,
    layers::Layered,
    notes::{Notes, counted},
    schema::values as tables,
    yaml::{Node, Span},
};
use crate::domain::{
    access::{AuthProvider, Encryption, GroupMapping, LdapProvider, PasswordSource, UserAttributes},
    gitops::{DeclaredKind, FaultCode},
};

/// Port of a directory in plain text and with StartTLS.
const LDAP_PORT: u32 = 389;
/// Port of a directory with TLS from the first byte.
const LDAPS_PORT: u32 = 636;
/// Shortest password where nothing is declared.
const MIN_PASSWORD: u32 = 8;

/// A provider and where its parts stand, before group names are looked up.
pub struct ProviderDraft {
    /// What it says.
    pub provider: AuthProvider,
    /// Where each mapping and its group stand.
    pub mappings: Vec<(Span, Span)>,
}

/// The providers of the release that takes effect, in order of declaration.
pub fn read(core: &Layered, options: &ReadOptions, notes: &mut Notes) -> Vec<ProviderDraft> {
    let mut out: Vec<ProviderDraft> = Vec::new();
    let Some(auth) = notes.map(&core.node, "auth") else {
        return out;
    };
    notes.only_keys(auth, &tables::AUTH);
    for entry in auth.entries().iter().filter(|e| e.node.is_map()) {
        let draft = match entry.key.as_str() {
            "local" => Some(local(&entry.node, entry.span(), notes)),
            "ldap" => ldap(&entry.node, entry.span(), options, notes),
            _ => None,
        };
        out.extend(draft);
    }
    let somebody = out.iter().any(|d| d.provider.is_default);
    if !somebody && let Some(first) = out.iter_mut().find(|d| d.provider.enabled) {
        first.provider.is_default = true;
    }
    out
}

fn local(node: &Node, span: Span, notes: &mut Notes) -> ProviderDraft {
    notes.only_keys(node, &tables::LOCAL);
    let (mut length, mut upper, mut digit) = (None, None, None);
    if let Some(policy) = notes.map(node, "passwordPolicy") {
        notes.only_keys(policy, &tables::POLICY);
        length = notes.whole(policy, "minLength");
        upper = notes.flag(policy, "requireUppercase");
        digit = notes.flag(policy, "requireDigit");
    }
    let provider = AuthProvider {
        name: "local".to_owned(),
        display_name: notes.text(node, "displayName").unwrap_or_else(|| "Local accounts".to_owned()),
        kind: "local".to_owned(),
        enabled: notes.flag(node, "enabled").unwrap_or(true),
        is_default: notes.flag(node, "isDefault").unwrap_or(false),
        min_password_length: length.unwrap_or(MIN_PASSWORD),
        require_uppercase: upper.unwrap_or(false),
        require_digit: digit.unwrap_or(false),
        ldap: None,
    };
    let mut said = vec![on_off(provider.enabled).to_owned()];
    said.push(format!("at least {} characters", provider.min_password_length));
    said.extend(provider.require_uppercase.then(|| "a capital".to_owned()));
    said.extend(provider.require_digit.then(|| "a digit".to_owned()));
    notes.declare(DeclaredKind::Provider, &provider.name, &provider.display_name, span, &said.join(", "));
    ProviderDraft { provider, mappings: Vec::new() }
}

fn ldap(node: &Node, span: Span, options: &ReadOptions, notes: &mut Notes) -> Option<ProviderDraft> {
    notes.only_keys(node, &tables::LDAP);
    let enabled = notes.flag(node, "enabled").unwrap_or(false);
    let name = notes.text(node, "name").unwrap_or_else(|| "ldap".to_owned());
    let host = if enabled { notes.need(node, "host", "auth.ldap") } else { notes.text(node, "host") };
    let base = if enabled { notes.need(node, "baseDn", "auth.ldap") } else { notes.text(node, "baseDn") };
    let is_whole = host.is_some() && base.is_some();
    let port = notes.port(node, "port");
    let encryption = encryption(node, port, notes);
    let port = port.unwrap_or(if encryption == Encryption::Ldaps { LDAPS_PORT } else { LDAP_PORT });
    let (mappings, spans) = mappings(node, notes);
    let directory = LdapProvider {
        host: host.unwrap_or_default(),
        port,
        encryption,
        base_dn: base.unwrap_or_default(),
        bind_dn: notes.text(node, "bindDn").unwrap_or_default(),
        password: password(node, options, notes),
        user_filter: filter(node, "userFilter", "(sAMAccountName=%s)", notes),
        group_filter: filter(node, "groupFilter", "(member=%s)", notes),
        attributes: attributes(node, notes),
        mappings,
    };
    let granted = match directory.mappings.len() {
        0 => "groups by CN".to_owned(),
        count => counted(count, "mapping"),
    };
    let summary = format!("{}, {}:{port}, {granted}", on_off(enabled), directory.host);
    let provider = AuthProvider {
        display_name: notes.text(node, "displayName").unwrap_or_else(|| name.clone()),
        name,
        kind: "ldap".to_owned(),
        enabled,
        is_default: notes.flag(node, "isDefault").unwrap_or(false),
        min_password_length: 0,
        require_uppercase: false,
        require_digit: false,
        ldap: Some(directory),
    };
    notes.declare(DeclaredKind::Provider, &provider.name, &provider.display_name, span, &summary);
    (is_whole || !enabled).then_some(ProviderDraft { provider, mappings: spans })
}

const fn on_off(enabled: bool) -> &'static str {
    if enabled { "on" } else { "off" }
}

/// How the connection is protected: as declared, else by the port.
fn encryption(node: &Node, port: Option<u32>, notes: &mut Notes) -> Encryption {
    let word = notes.choice(node, "encryption", tables::ENCRYPTIONS, FaultCode::BadField, "encryption");
    let by_port = if port == Some(LDAPS_PORT) { Encryption::Ldaps } else { Encryption::None };
    word.and_then(|word| Encryption::parse(&word)).unwrap_or(by_port)
}

fn password(node: &Node, options: &ReadOptions, notes: &mut Notes) -> PasswordSource {
    if let Some(secret) = notes.map(node, "bindPasswordSecret") {
        return secret_reference(secret, options, notes)
            .map_or(PasswordSource::None, |(name, key)| PasswordSource::SecretRef { name, key });
    }
    let stands = node.get("bindPassword").and_then(Node::scalar).is_some_and(|s| !s.raw().trim().is_empty());
    if stands { PasswordSource::Plain } else { PasswordSource::None }
}

/// A search filter; without `%s` it finds everybody or nobody.
fn filter(node: &Node, key: &str, usual: &str, notes: &mut Notes) -> String {
    let Some(text) = notes.text(node, key) else {
        return usual.to_owned();
    };
    let span = node.get(key).map_or(node.span, |n| n.span);
    if !text.contains("%s") {
        notes.fault(FaultCode::BadField, span, format!("`{key}` needs `%s` where the name goes"), usual);
    } else if !text.starts_with('(') || text.matches('(').count() != text.matches(')').count() {
        notes.fault(FaultCode::BadField, span, format!("`{key}` must be one filter in brackets"), usual);
    }
    text
}

fn attributes(node: &Node, notes: &mut Notes) -> UserAttributes {
    let given = notes.map(node, "userAttrs");
    let mut text =
        |key: &str, usual: &str| given.and_then(|given| notes.text(given, key)).unwrap_or_else(|| usual.to_owned());
    let attributes = UserAttributes {
        username: text("username", "sAMAccountName"),
        email: text("email", "mail"),
        display_name: text("displayName", "displayName"),
    };
    if let Some(given) = given {
        notes.only_keys(given, &tables::USER_ATTRS);
    }
    attributes
}

fn mappings(node: &Node, notes: &mut Notes) -> (Vec<GroupMapping>, Vec<(Span, Span)>) {
    let mut out: Vec<GroupMapping> = Vec::new();
    let mut spans = Vec::new();
    for item in notes.list(node, "groupMappings") {
        notes.only_keys(item, &tables::MAPPING);
        let ldap = notes.need(item, "ldapGroup", "a group mapping");
        let group = notes.need(item, "group", "a group mapping");
        let (Some(ldap), Some(group)) = (ldap, group) else {
            continue;
        };
        let at = item.get("group").map_or(item.span, |n| n.span);
        spans.push((item.get("ldapGroup").map_or(item.span, |n| n.span), at));
        out.push(GroupMapping { ldap, group, place: Some(notes.place(item.span)) });
    }
    (out, spans)
}

/// A reference to a Secret: both parts are there and, where a folder of secrets is given, it can be read.
pub fn secret_reference(node: &Node, options: &ReadOptions, notes: &mut Notes) -> Option<(String, String)> {
    notes.only_keys(node, &tables::SECRET_REF);
    let name = notes.need(node, "name", "a secret reference");
    let key = notes.need(node, "key", "a secret reference");
    let (name, key) = (name?, key?);
    if let Some(folder) = &options.secrets_dir {
        let is_plain = |part: &str| !part.contains(['/', '\\']) && !part.starts_with("..");
        let is_there = is_plain(&name) && is_plain(&key) && Path::new(folder).join(&name).join(&key).is_file();
        if !is_there {
            let message = format!("Secret `{name}` with key `{key}` is not in the folder of secrets");
            notes.fault(FaultCode::UnresolvedSecret, node.span, message, "what needs it stays off until it is there");
        }
    }
    Some((name, key))
}
