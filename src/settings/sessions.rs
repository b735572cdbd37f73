//! Tokens by the address that issued them, in a file that nobody else can read.
//!
//! A token is only ever looked up by its address, so it cannot be sent anywhere else.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::places::write_whole;

/// A session as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Login name.
    pub user: String,
    /// Provider and immutable id.
    pub user_id: String,
    /// Built-in group that says what he may.
    pub group: String,
    /// Bearer token.
    pub token: String,
    /// Renews the token once.
    pub refresh_token: String,
    /// When the token ends, milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stored").field("user", &self.user).finish_non_exhaustive()
    }
}

/// All sessions, by address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    by_url: BTreeMap<String, Stored>,
}

impl Sessions {
    /// Read them. A file that is not there holds none.
    ///
    /// # Errors
    /// When the file cannot be read, does not parse, or others can read it; in words.
    pub fn load(path: &Path) -> Result<Self, String> {
        match fs::read_to_string(path) {
            Ok(text) => {
                private(path)?;
                serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// Write them with mode 0600.
    ///
    /// # Errors
    /// When the file cannot be written, in words.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|e| e.to_string())?;
        write_whole(path, &text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// The session of exactly this address.
    pub fn of(&self, url: &str) -> Option<&Stored> {
        self.by_url.get(url)
    }

    /// Keep a session for this address.
    pub fn keep(&mut self, url: &str, session: Stored) {
        self.by_url.insert(url.to_owned(), session);
    }

    /// Forget the session of this address, and hand it out.
    pub fn forget(&mut self, url: &str) -> Option<Stored> {
        self.by_url.remove(url)
    }
}

#[cfg(unix)]
fn private(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(format!(
        "{} holds tokens and others can read it (mode {:o}); run `chmod 600` on it",
        path.display(),
        mode & 0o777
    ))
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        Stored {
            user: "oncall".into(),
            user_id: "local:1".into(),
            group: "itops-users".into(),
            token: "t0ken".into(),
            refresh_token: "r".into(),
            expires_at_ms: 1,
        }
    }

    #[test]
    fn a_token_is_found_by_the_address_that_issued_it_and_by_no_other() {
        let mut sessions = Sessions::default();
        sessions.keep("https://a.example", stored());
        assert_eq!(sessions.of("https://a.example").map(|s| s.user.as_str()), Some("oncall"));
        for other in ["https://a.example:8443", "http://a.example", "https://a.example.evil"] {
            assert_eq!(sessions.of(other), None);
        }
        assert!(!format!("{sessions:?}").contains("t0ken"));
    }

    #[cfg(unix)]
    #[test]
    fn a_session_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.json");
        let mut sessions = Sessions::default();
        sessions.keep("https://a.example", stored());
        sessions.save(&path).unwrap();
        assert_eq!(Sessions::load(&path).unwrap(), sessions);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Sessions::load(&path).unwrap_err().contains("chmod 600"));
    }
}
