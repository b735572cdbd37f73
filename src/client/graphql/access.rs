//! Signing in and who one is.

use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    client::{
        access::Session,
        wire::{At, Line, gitops::ProviderShape},
    },
    domain::access::{Level, User, UserId},
};

macro_rules! session_fields {
    () => {
        "{ token refreshToken expiresAt user { id name email group superadmin readOnly } }"
    };
}

/// Sign in.
pub const LOGIN: &str = concat!(
    "mutation Login($email: String!, $password: String!, $provider: String) { ",
    "login(email: $email, password: $password, provider: $provider) ",
    session_fields!(),
    " }"
);

/// Get the next token.
pub const REFRESH: &str = concat!(
    "mutation Refresh($refreshToken: String!) { refreshToken(refreshToken: $refreshToken) ",
    session_fields!(),
    " }"
);

/// Sign out.
pub const LOGOUT: &str = "mutation Logout($refreshToken: String!) { logout(refreshToken: $refreshToken) }";

/// Who is signed in.
pub const ME: &str = "query Me { me { id name email group superadmin readOnly } }";

/// Answer of [`LOGIN`].
#[derive(Deserialize)]
pub struct LoginData {
    /// The new session.
    pub login: SessionShape,
}

/// Answer of [`REFRESH`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshData {
    /// The session from now on.
    pub refresh_token: SessionShape,
}

/// Answer of [`ME`].
#[derive(Deserialize)]
pub struct MeData {
    /// The caller.
    pub me: UserShape,
}

/// Body of the list of providers.
#[derive(Deserialize)]
pub struct ProvidersBody {
    /// Those that are declared.
    pub providers: Vec<ProviderShape>,
}

/// Body of the liveness call.
#[derive(Deserialize)]
pub struct HealthBody {
    /// Of the core.
    pub version: Line,
}

/// A session. Tokens are opaque and never printed, so they are not cleaned.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionShape {
    token: SecretString,
    refresh_token: SecretString,
    expires_at: At,
    user: UserShape,
}

/// A user.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserShape {
    id: Line,
    name: Line,
    #[serde(default)]
    email: Line,
    group: Line,
    superadmin: bool,
    read_only: bool,
}

impl From<SessionShape> for Session {
    fn from(s: SessionShape) -> Self {
        Self { token: s.token, refresh_token: s.refresh_token, expires_at: s.expires_at.0, user: s.user.into() }
    }
}

impl From<UserShape> for User {
    fn from(u: UserShape) -> Self {
        Self {
            id: UserId(u.id.0),
            name: u.name.0,
            email: u.email.0,
            level: Level::from_group(&u.group.0).unwrap_or_default(),
            superadmin: u.superadmin,
            read_only: u.read_only,
        }
    }
}
