//! Users, sessions and ways to sign in.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{Time, gitops::PlaceView};
use crate::{
    domain::access::{AuthProvider, GroupMapping, LdapProvider, PasswordSource, User},
    server::service::Session,
};

/// Somebody who is signed in.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "User")]
pub struct UserView {
    /// Provider and immutable id, for example `local:oncall`.
    id: String,
    /// Login name.
    name: String,
    /// May be empty.
    email: String,
    /// Built-in group that grants the right: `itops-users`, `itops-operators` or `itops-admins`.
    group: String,
    /// Break-glass: fills every role.
    superadmin: bool,
    /// Whether this session may write at all.
    read_only: bool,
}

/// Tokens of a sign-in.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Session")]
pub struct SessionView {
    /// Sent as `Authorization: Bearer`.
    token: String,
    /// Gets the next token, once.
    refresh_token: String,
    /// When `token` ends.
    expires_at: Time,
    /// Who signed in.
    user: UserView,
}

/// A way to sign in.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "AuthProvider")]
pub struct ProviderView {
    /// Stable name.
    pub name: String,
    /// Label for the login prompt.
    pub display_name: String,
    /// `local` or `ldap`.
    pub kind: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether a login without a provider goes here.
    pub is_default: bool,
    /// Shortest password accepted by the local provider.
    pub min_password_length: u32,
    /// Whether a local password needs a capital letter.
    pub require_uppercase: bool,
    /// Whether a local password needs a digit.
    pub require_digit: bool,
    /// The directory; only for who is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ldap: Option<LdapView>,
}

/// A directory as declared; never its password.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "LdapProvider")]
pub struct LdapView {
    /// Host name or address.
    host: String,
    /// From 1 to 65535.
    port: u32,
    /// `none`, `starttls` or `ldaps`.
    encryption: String,
    /// Everything is searched below it.
    base_dn: String,
    /// Who the core signs in as to search; may be empty.
    bind_dn: String,
    /// `none`, `plain` (in the repository, not kept) or `secret`.
    password: String,
    /// The Kubernetes Secret that holds the password.
    secret: Option<SecretView>,
    /// Finds a user; `%s` is the name he typed.
    user_filter: String,
    /// Finds a user's groups; `%s` is his DN.
    group_filter: String,
    /// Attribute with the login name.
    username_attribute: String,
    /// Attribute with the address.
    email_attribute: String,
    /// Attribute with the label.
    display_name_attribute: String,
    /// Directory groups that grant groups; empty: by the CN of built-in groups.
    mappings: Vec<MappingView>,
}

/// A key of a Kubernetes Secret.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "SecretRef")]
pub struct SecretView {
    /// The Secret.
    name: String,
    /// Its key.
    key: String,
}

/// A directory group that grants a group.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "GroupMapping")]
pub struct MappingView {
    /// DN or CN of the directory group.
    ldap: String,
    /// The group it grants.
    group: String,
    /// Where it is declared.
    place: Option<PlaceView>,
}

impl From<User> for UserView {
    fn from(u: User) -> Self {
        Self {
            id: u.id.0,
            name: u.name,
            email: u.email,
            group: u.level.group().to_owned(),
            superadmin: u.superadmin,
            read_only: u.read_only,
        }
    }
}

impl From<Session> for SessionView {
    fn from(s: Session) -> Self {
        Self { token: s.token, refresh_token: s.refresh_token, expires_at: Time(s.expires_at), user: s.user.into() }
    }
}

impl From<AuthProvider> for ProviderView {
    fn from(p: AuthProvider) -> Self {
        Self {
            name: p.name,
            display_name: p.display_name,
            kind: p.kind,
            enabled: p.enabled,
            is_default: p.is_default,
            min_password_length: p.min_password_length,
            require_uppercase: p.require_uppercase,
            require_digit: p.require_digit,
            ldap: p.ldap.map(Into::into),
        }
    }
}

impl From<LdapProvider> for LdapView {
    fn from(l: LdapProvider) -> Self {
        let (password, secret) = match l.password {
            PasswordSource::None => ("none", None),
            PasswordSource::Plain => ("plain", None),
            PasswordSource::SecretRef { name, key } => ("secret", Some(SecretView { name, key })),
        };
        Self {
            host: l.host,
            port: l.port,
            encryption: l.encryption.word().to_owned(),
            base_dn: l.base_dn,
            bind_dn: l.bind_dn,
            password: password.to_owned(),
            secret,
            user_filter: l.user_filter,
            group_filter: l.group_filter,
            username_attribute: l.attributes.username,
            email_attribute: l.attributes.email,
            display_name_attribute: l.attributes.display_name,
            mappings: l.mappings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<GroupMapping> for MappingView {
    fn from(m: GroupMapping) -> Self {
        Self { ldap: m.ldap, group: m.group, place: m.place.map(Into::into) }
    }
}
