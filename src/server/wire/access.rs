//! Users, sessions and ways to sign in.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::Time;
use crate::{
    domain::access::{AuthProvider, User},
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
        }
    }
}
