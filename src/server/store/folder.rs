//! The data folder: for our eyes only, and for one core at a time.
//!
//! What says that it is taken is a lock on a file in it, which the system gives back however the process ends. A process
//! that is being started shares that lock until it is its own program, although the file is closed then. So a core that is
//! killed in the very moment in which it starts git leaves its folder locked for that moment longer, and whoever comes next
//! waits a while before he gives up.

use std::{
    fs::{File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};

use crate::world::World;

/// Name of the file that says that a core is using the folder, and which process it is.
const LOCK_NAME: &str = "itops.lock";
/// How often a folder that is taken is looked at again, in milliseconds.
const LOOK_AGAIN_MS: i64 = 20;

/// A data folder that is ours.
pub struct Folder {
    path: PathBuf,
    /// Held as long as the folder is in use.
    lock: File,
}

impl Folder {
    /// Make the folder where it is missing (mode 0700: what is in it holds password hashes) and take it. Another core gets
    /// `patience_ms` milliseconds to let go of it.
    ///
    /// # Errors
    /// Says what cannot be made, or who is using it.
    pub async fn take(path: &Path, patience_ms: i64, world: &World) -> Result<Self, String> {
        let lock_path = path.join(LOCK_NAME);
        private_folder(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let because = |e: std::io::Error| format!("{}: {e}", lock_path.display());
        let mut lock = private_file(&lock_path).map_err(because)?;
        // Looks are counted: a clock may be set while it is waited.
        let looks = patience_ms / LOOK_AGAIN_MS;
        let mut looks_left = looks;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(e)) => return Err(because(e)),
                Err(TryLockError::WouldBlock) => {}
            }
            let taken = format!("{}: another core is using it{}", path.display(), holder(&lock_path));
            if looks_left <= 0 {
                return Err(taken);
            }
            if looks_left == looks {
                tracing::warn!("{taken}; waiting {patience_ms} ms for it");
            }
            looks_left -= 1;
            world.sleep(LOOK_AGAIN_MS).await;
        }
        let name = format!("{}\n", std::process::id());
        if let Err(error) = lock.set_len(0).and_then(|()| lock.write_all(name.as_bytes())) {
            tracing::warn!(%error, "{}: whose it is now cannot be written into it", lock_path.display());
        }
        Ok(Self { path: path.to_owned(), lock })
    }

    /// A file in it, made for our eyes only (mode 0600) before anything is written into it; SQLite gives its other files the
    /// same mode.
    ///
    /// # Errors
    /// Says why it cannot be made.
    pub fn file(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.path.join(name);
        private_file(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(path)
    }

    /// Let the next one have it.
    pub fn leave(&self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the data folder stays locked until the process ends");
        }
    }
}

/// Who took it, as far as he wrote it down. In containers that share a folder each counts its own processes: the number may
/// be of one that cannot be seen from here, and ours is somebody else's then.
fn holder(lock_path: &Path) -> String {
    let written = std::fs::read_to_string(lock_path).unwrap_or_default();
    match written.trim().parse() {
        Ok(process) if u32::try_from(process) == Ok(std::process::id()) => String::new(),
        Ok(process) if is_unknown(process) => {
            let why = "it runs in another container, or it has ended and something that it started holds it still";
            format!(" (process {process}, and there is none of that number here: {why})")
        }
        Ok(process) => format!(" (process {process})"),
        Err(_) => String::new(),
    }
}

#[cfg(unix)]
fn is_unknown(process: i32) -> bool {
    use rustix::{io::Errno, process};
    let asked = process::Pid::from_raw(process).map(process::test_kill_process);
    asked == Some(Err(Errno::SRCH))
}

#[cfg(not(unix))]
fn is_unknown(_process: i32) -> bool {
    false
}

#[cfg(unix)]
fn private_folder(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if dir.is_dir() { Ok(()) } else { std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir) }
}

#[cfg(unix)]
fn private_file(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn private_folder(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> std::io::Result<File> {
    std::fs::OpenOptions::new().create(true).append(true).open(path)
}
