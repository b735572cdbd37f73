//! Who may do what: users, platform groups, rights.

use std::fmt;

use crate::domain::refusal::{Refusal, RefusalCode};

/// Provider plus immutable id, for example `local:oncall`. An LDAP `admin` is never the local one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserId(pub String);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The platform's built-in groups, by what they allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// `itops-users`: reads; opens tickets and acts in roles he holds.
    #[default]
    User,
    /// `itops-operators`: day-to-day work.
    Operator,
    /// `itops-admins`: everything.
    Admin,
}

impl Level {
    /// The built-in group that grants this level.
    pub const fn group(self) -> &'static str {
        match self {
            Self::User => "itops-users",
            Self::Operator => "itops-operators",
            Self::Admin => "itops-admins",
        }
    }

    /// The level that a built-in group grants.
    pub fn from_group(name: &str) -> Option<Self> {
        [Self::User, Self::Operator, Self::Admin].into_iter().find(|l| l.group() == name)
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// Login name, as groups list it.
    pub name: String,
    /// May be empty.
    pub email: String,
    /// Highest platform right.
    pub level: Level,
    /// Break-glass: fills every role; history says so.
    pub superadmin: bool,
    /// Set for read-only tokens: takes away every write whatever the level.
    pub read_only: bool,
}

impl User {
    /// Refuses a write to a read-only session.
    ///
    /// # Errors
    /// `read_only`, when the session may not write.
    pub fn may_write(&self) -> Result<(), Refusal> {
        if self.read_only {
            return Err(Refusal::new(RefusalCode::ReadOnly, "this session is read-only"));
        }
        Ok(())
    }

    /// Refuses anyone below operator.
    ///
    /// # Errors
    /// `read_only` or `forbidden`, with what would be needed.
    pub fn may_operate(&self, what: &str) -> Result<(), Refusal> {
        self.may_write()?;
        if self.level < Level::Operator && !self.superadmin {
            return Err(Refusal::new(
                RefusalCode::Forbidden,
                format!("{what} needs membership of {}; you are in {}", Level::Operator.group(), self.level.group()),
            ));
        }
        Ok(())
    }
}

/// A way to sign in, as declared. Read-only everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthProvider {
    /// Stable name, `local` for the local one.
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
