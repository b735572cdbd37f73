//! Who may do what: users, platform groups, rights.

use std::fmt;

use crate::domain::{
    gitops::Place,
    refusal::{Refusal, RefusalCode},
};

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
    /// Whether a local password needs a capital letter.
    pub require_uppercase: bool,
    /// Whether a local password needs a digit.
    pub require_digit: bool,
    /// Where the directory is and how it is asked; none for the local provider.
    pub ldap: Option<LdapProvider>,
}

/// A directory as declared. What is not declared has the documented default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapProvider {
    /// Host name or address, without scheme and port.
    pub host: String,
    /// From 1 to 65535.
    pub port: u32,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// Everything is searched below it.
    pub base_dn: String,
    /// Who the core signs in as to search; empty for an anonymous search.
    pub bind_dn: String,
    /// Where the password of `bind_dn` comes from.
    pub password: PasswordSource,
    /// Finds a user; `%s` is the name he typed.
    pub user_filter: String,
    /// Finds a user's groups; `%s` is his DN.
    pub group_filter: String,
    /// What a user is called by.
    pub attributes: UserAttributes,
    /// Directory groups that grant groups of ours, in order of declaration. None: a directory group joins the
    /// built-in group that its CN names.
    pub mappings: Vec<GroupMapping>,
}

/// How a connection to a directory is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Encryption {
    /// Plain text.
    #[default]
    None,
    /// Plain at first, TLS before anything is said.
    StartTls,
    /// TLS from the first byte.
    Ldaps,
}

impl Encryption {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::StartTls, Self::Ldaps];

    /// `none`, `starttls` or `ldaps`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::StartTls => "starttls",
            Self::Ldaps => "ldaps",
        }
    }

    /// The encryption for a word, in any letter case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.word().eq_ignore_ascii_case(word))
    }
}

/// Where a password comes from. Never the password.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum PasswordSource {
    /// None is declared.
    #[default]
    None,
    /// It stands in plain text in the repository; the value is not kept, so nobody can sign in with it.
    Plain,
    /// A key of a Kubernetes Secret.
    SecretRef {
        /// The Secret.
        name: String,
        /// Its key.
        key: String,
    },
}

/// Directory attributes of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAttributes {
    /// Login name.
    pub username: String,
    /// Address.
    pub email: String,
    /// Label.
    pub display_name: String,
}

/// A directory group that grants a group of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMapping {
    /// DN or CN of the directory group.
    pub ldap: String,
    /// The group of ours: a built-in one, or the full name of a declared one.
    pub group: String,
    /// Where.
    pub place: Option<Place>,
}
