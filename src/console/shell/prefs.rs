//! Choices made on the screen that outlive the session: the theme.

use std::{fs, io::Write, path::Path};

use serde::{Deserialize, Serialize};

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// Name of the theme chosen last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
}

impl Prefs {
    /// What was kept at `path`; nothing when there is no such file or it cannot be read: choices are no settings.
    pub fn read(path: &Path) -> Self {
        fs::read_to_string(path).ok().and_then(|text| serde_yaml::from_str(&text).ok()).unwrap_or_default()
    }

    /// Keep it at `path`, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let text = serde_yaml::to_string(self).map_err(std::io::Error::other)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_nonsense_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/prefs.yaml");
        assert_eq!(Prefs::read(&path), Prefs::default());
        let prefs = Prefs { theme: Some("dark".to_owned()) };
        prefs.write(&path).unwrap();
        assert_eq!(Prefs::read(&path), prefs);
        fs::write(&path, "{[").unwrap();
        assert_eq!(Prefs::read(&path), Prefs::default());
    }
}
