//! Passwords: Argon2id, off the async threads, a few at a time because each takes 19 MiB.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::world::World;

/// How many are hashed at once.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords.
pub struct Passwords {
    gate: Semaphore,
    decoy: String,
}

impl Passwords {
    /// Ready to hash.
    ///
    /// # Errors
    /// When no password can be hashed.
    pub fn new(world: &World) -> Result<Self, String> {
        let decoy = hash("nobody has this password", world)?;
        Ok(Self { gate: Semaphore::new(AT_ONCE), decoy })
    }

    /// Whether `password` is the one of `hash`. Without a hash, as for an unknown name, it works just as long and says
    /// no.
    pub async fn is_right(&self, password: &str, hash: Option<&str>) -> bool {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let password = password.to_owned();
        let Ok(_turn) = self.gate.acquire().await else {
            return false;
        };
        let checked = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await;
        known && checked.unwrap_or(false)
    }
}

/// The Argon2id hash of `password` as a PHC string, with a new salt. Takes some 20 ms of a core.
///
/// # Errors
/// When the parameters are refused, which the defaults are not.
pub fn hash(password: &str, world: &World) -> Result<String, String> {
    let salt = world.bytes::<16>();
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|e| format!("a password cannot be hashed: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_is_right() {
        let world = World::fake(Timestamp::from_ms(0));
        let passwords = Passwords::new(&world).unwrap();
        let kept = hash("correct horse", &world).unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(passwords.is_right("correct horse", Some(&kept)).await);
        assert!(!passwords.is_right("wrong horse", Some(&kept)).await);
        assert!(!passwords.is_right("nobody has this password", None).await);
    }
}
