//! What the reader reads from: a list of files first, then the content of those that are new or changed.
//!
//! [`Tree`] has one implementation for folders ([`super::walk`]) and one for git revisions. What a file may hold at
//! most, and what counts as text, is decided here for both.

use std::{path::PathBuf, sync::Arc};

use super::ReadError;
use crate::domain::detail::Commit;

/// Bytes of a file that are read at most.
pub const SIZE_LIMIT: u64 = 1024 * 1024;
/// Files and folders of one repository; a fault says so when there are more.
pub const FILE_LIMIT: usize = 200_000;
/// Folders inside folders.
pub const DEPTH_LIMIT: usize = 64;
/// What a large file says when it is one of ours.
const MARKS: &[&str] = &[
    "itops.io/config",
    "it-ops.yaml",
    "slaTargets",
    "slaGroups",
    "workflows:",
    "secretEnv",
    "secretRefs",
    "/api/v1/health/report",
    "/api/v1/storage/report",
    "/api/v1/backup/report",
];

/// Files of one reading: a folder, or a git revision.
pub trait Tree: Send {
    /// Every file, sorted by path. Nothing is opened.
    ///
    /// # Errors
    /// When the root itself cannot be listed or holds nothing.
    fn list(&mut self) -> Result<Arc<Vec<Listed>>, ReadError>;

    /// The same, when nothing but these paths changed since the last list.
    ///
    /// # Errors
    /// As [`Self::list`].
    fn list_again(&mut self, _touched: &[PathBuf]) -> Result<Arc<Vec<Listed>>, ReadError> {
        self.list()
    }

    /// What is in a file that [`Self::list`] gave. It may have gone since; then the content says so. Never called for
    /// [`Real::Closed`].
    fn open(&mut self, listed: &Listed) -> Content;

    /// The commit that the files are of; none outside git.
    fn commit(&self) -> Option<Commit>;
}

/// A file of a list, or something that should have been one.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Relative to the root, with `/`, cleaned.
    pub path: String,
    /// How to open it.
    pub real: Real,
    /// Changes when the content does.
    pub stamp: u64,
    /// Whether the stamp can be trusted. A file that was written a moment ago may be written again without a new
    /// stamp; it is opened again the next time.
    pub is_settled: bool,
    /// Bytes.
    pub len: u64,
}

impl Listed {
    /// What is not opened, and why.
    pub const fn closed(path: String, content: Content) -> Self {
        Self { path, real: Real::Closed(content), stamp: 0, is_settled: false, len: 0 }
    }
}

/// How to open a file.
#[derive(Clone, Debug)]
pub enum Real {
    /// A file of a folder.
    File(PathBuf),
    /// An object of a git repository.
    Blob(String),
    /// Not at all: this is known without opening it.
    Closed(Content),
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text that may be YAML.
    Text(String),
    /// Not YAML by its name; not opened.
    NotYaml,
    /// Too large and without a sign of being ours; left alone.
    Foreign,
    /// Too large, and looks like ours.
    TooLarge,
    /// YAML by its name, but not text.
    NotText,
    /// Cannot be opened or listed; why.
    Unreadable(String),
}

impl Content {
    /// What the first bytes of the file at `path` are; at most one more than [`SIZE_LIMIT`] are needed to know.
    pub fn of(path: &str, bytes: Vec<u8>) -> Self {
        let is_large = bytes.len() as u64 > SIZE_LIMIT;
        // Its last character may be cut in two.
        let is_text = |bytes: &[u8]| str::from_utf8(bytes).map_or_else(|e| e.error_len().is_none(), |_| true);
        if is_large && !is_json(path) && is_text(&bytes) {
            let text = String::from_utf8_lossy(&bytes);
            return if MARKS.iter().any(|m| text.contains(m)) { Self::TooLarge } else { Self::Foreign };
        }
        match String::from_utf8(bytes) {
            _ if is_large && is_json(path) => Self::NotYaml,
            _ if is_large => Self::Foreign,
            Ok(text) if text.contains('\0') && !is_json(path) => Self::NotText,
            Ok(text) => Self::Text(text),
            Err(_) if is_json(path) => Self::NotYaml,
            Err(_) => Self::NotText,
        }
    }
}

/// Whether a path ends like JSON.
pub fn is_json(path: &str) -> bool {
    ends_with(path, &[".json"])
}

/// Whether a path ends like YAML or JSON.
pub fn may_be_yaml(path: &str) -> bool {
    ends_with(path, &[".yaml", ".yml", ".json"])
}

fn ends_with(path: &str, endings: &[&str]) -> bool {
    let bytes = path.as_bytes();
    endings.iter().any(|e| bytes.len() >= e.len() && bytes[bytes.len() - e.len()..].eq_ignore_ascii_case(e.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_text_whose_last_character_is_cut_in_two_is_still_a_text() {
        let mut bytes = b"slaTargets:\n# ".to_vec();
        while bytes.len() as u64 <= SIZE_LIMIT {
            bytes.extend("ä".as_bytes());
        }
        bytes.truncate(usize::try_from(SIZE_LIMIT).unwrap() + 1);
        assert_eq!(Content::of("a.yaml", bytes.clone()), Content::TooLarge);
        bytes.pop();
        bytes.push(0xff);
        assert_eq!(Content::of("a.yaml", bytes), Content::Foreign);
    }

    #[test]
    fn what_is_no_text_is_a_fault_in_yaml_and_none_in_json() {
        for bytes in [&b"a: \xff\n"[..], b"a: \0\n"] {
            assert_eq!(Content::of("a.YAML", bytes.to_vec()), Content::NotText);
        }
        assert_eq!(Content::of("a.json", b"\xff".to_vec()), Content::NotYaml);
    }
}
