//! Where files of this program are.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;

/// Folders and files, whether they exist or not.
#[derive(Clone, Debug)]
pub struct Places {
    /// What a person writes: `settings.yaml`, `contexts.yaml`.
    pub settings_dir: PathBuf,
    /// What the program remembers: sessions, preferences, logs.
    pub state_dir: PathBuf,
    /// Databases of cores that run here.
    pub data_dir: PathBuf,
}

impl Places {
    /// The places by the rules of this platform (XDG on Linux). None when there is no home folder.
    pub fn find() -> Option<Self> {
        let dirs = ProjectDirs::from("", "", "itops")?;
        Some(Self {
            settings_dir: dirs.config_dir().to_path_buf(),
            state_dir: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_path_buf(),
            data_dir: dirs.data_dir().to_path_buf(),
        })
    }

    /// All places inside one folder, for a demonstration that leaves no trace.
    pub fn inside(folder: &Path) -> Self {
        Self { settings_dir: folder.to_path_buf(), state_dir: folder.to_path_buf(), data_dir: folder.to_path_buf() }
    }

    /// The user's settings.
    pub fn settings(&self) -> PathBuf {
        self.settings_dir.join("settings.yaml")
    }

    /// Named addresses.
    pub fn contexts(&self) -> PathBuf {
        self.settings_dir.join("contexts.yaml")
    }

    /// Tokens, readable by nobody else.
    pub fn sessions(&self) -> PathBuf {
        self.state_dir.join("sessions.json")
    }

    /// Key bindings of the user's own.
    pub fn keymap(&self) -> PathBuf {
        self.settings_dir.join("keymap.yaml")
    }

    /// Folder with themes of the user's own.
    pub fn themes(&self) -> PathBuf {
        self.settings_dir.join("themes")
    }

    /// What was chosen on the screen, for the next session.
    pub fn choices(&self) -> PathBuf {
        self.state_dir.join("console.yaml")
    }

    /// What the program logs.
    pub fn logs(&self) -> PathBuf {
        self.state_dir.join("logs")
    }
}

/// Write a whole file so that a reader sees the old or the new text and never half of it.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    // A temporary file is made with mode 0600, and keeps it when it takes the place of the old one.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn written_files_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/sessions.json");
        write_whole(&path, "one").unwrap();
        write_whole(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
