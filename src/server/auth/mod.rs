//! Who is calling: passwords, session tokens, operator keys, and the brake on guessing.
//!
//! Start at [`Auth`]. Nothing here keeps a secret in plain text: passwords are Argon2id hashes, keys and refresh tokens
//! SHA-256 digests. What may be done is `domain::access`; what is kept is `server::store`.

mod brake;
mod password;
mod token;

use std::{collections::BTreeMap, sync::Mutex};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use brake::Brake;
pub use password::{Passwords, hash};
pub use token::{SESSION_MS, Signer, mac};

use crate::{
    domain::access::{User, UserId},
    server::store::Account,
    world::World,
};

/// Shortest secret that signs tokens, in characters.
pub const SECRET_MIN: usize = 32;

/// Everything needed to know a caller.
pub struct Auth {
    /// Session tokens.
    pub signer: Signer,
    /// Password hashes.
    pub passwords: Passwords,
    /// Failed logins by name.
    pub brake: Mutex<Brake>,
    keys: Vec<(String, [u8; 32])>,
    accounts: BTreeMap<UserId, Account>,
}

impl Auth {
    /// Ready to know callers.
    ///
    /// # Errors
    /// When no password can be hashed.
    pub fn new(
        secret: &str,
        keys: &[(String, String)],
        accounts: BTreeMap<UserId, Account>,
        world: &World,
    ) -> Result<Self, String> {
        Ok(Self {
            signer: Signer::new(secret),
            passwords: Passwords::new(world)?,
            brake: Mutex::new(Brake::default()),
            keys: keys.iter().map(|(name, secret)| (name.clone(), digest(secret))).collect(),
            accounts,
        })
    }

    /// The name of the operator key that was presented. Takes the same time for every wrong one.
    pub fn operator_key(&self, presented: &str) -> Option<&str> {
        let presented = digest(presented);
        let mut found = None;
        for (name, key) in &self.keys {
            if bool::from(key.ct_eq(&presented)) {
                found = Some(name.as_str());
            }
        }
        found
    }

    /// The account of a login name or e-mail address.
    pub fn account_named(&self, name: &str) -> Option<&Account> {
        self.accounts
            .values()
            .find(|account| account.user.name == name || (!account.user.email.is_empty() && account.user.email == name))
    }

    /// Everybody with an account, by login name.
    pub fn users(&self) -> Vec<User> {
        let mut users: Vec<User> = self.accounts.values().map(|account| account.user.clone()).collect();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        users
    }

    /// How many accounts each provider has, by its name.
    pub fn logins(&self) -> Vec<(String, u32)> {
        let mut logins: BTreeMap<&str, u32> = BTreeMap::new();
        for id in self.accounts.keys() {
            let provider = id.0.split_once(':').map_or("", |(provider, _)| provider);
            *logins.entry(provider).or_default() += 1;
        }
        logins.into_iter().map(|(provider, accounts)| (provider.to_owned(), accounts)).collect()
    }

    /// The account of an identity.
    pub fn account(&self, id: &UserId) -> Option<&Account> {
        self.accounts.get(id)
    }
}

/// SHA-256, for secrets that are long and random.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Bytes as hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
