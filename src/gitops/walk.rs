//! Lists a folder in a fixed order and opens what may be YAML.
//!
//! Never leaves the root, never follows a link to a folder, never reads more than [`SIZE_LIMIT`] of a file.

use std::{
    fs,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use super::ReadError;
use crate::domain::text::clean_line;

/// Bytes of a file that are read at most.
pub const SIZE_LIMIT: u64 = 1024 * 1024;
/// Folders inside folders.
const DEPTH_LIMIT: usize = 64;
/// Files of one repository.
const FILE_LIMIT: usize = 50_000;
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

/// A file, or something that should have been one.
pub struct Found {
    /// Relative to the root, with `/`, cleaned.
    pub path: String,
    /// What is in it.
    pub content: Content,
}

/// What is in a file.
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
    /// Cannot be opened or listed; what the system said.
    Unreadable(String),
}

/// Whether a path ends like JSON.
pub fn is_json(path: &str) -> bool {
    ends_with(path, &[".json"])
}

fn ends_with(path: &str, endings: &[&str]) -> bool {
    let lower = path.to_ascii_lowercase();
    endings.iter().any(|e| lower.ends_with(e))
}

/// Every file under `root`, sorted by path.
///
/// # Errors
/// When the root itself cannot be listed or holds nothing.
pub fn walk(root: &Path) -> Result<Vec<Found>, ReadError> {
    let shown = || clean_line(&root.display().to_string()).into_owned();
    let unreadable = |e: std::io::Error| ReadError::Unreadable { path: shown(), reason: e.to_string() };
    match fs::metadata(root) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Err(ReadError::Missing(shown())),
        Err(e) => return Err(unreadable(e)),
        Ok(meta) if !meta.is_dir() => return Err(ReadError::NotAFolder(shown())),
        Ok(_) => {}
    }
    let whole = fs::canonicalize(root).map_err(unreadable)?;
    fs::read_dir(&whole).map_err(unreadable)?;
    let mut walk = Walk { root: whole.clone(), found: Vec::new() };
    walk.folder(&whole, "", 0);
    if walk.found.is_empty() {
        return Err(ReadError::Empty(shown()));
    }
    walk.found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.found)
}

struct Walk {
    root: PathBuf,
    found: Vec<Found>,
}

impl Walk {
    fn put(&mut self, path: String, content: Content) {
        self.found.push(Found { path, content });
    }

    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) {
        let listed = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut listed = match listed {
            Ok(listed) if depth <= DEPTH_LIMIT => listed,
            Ok(_) => {
                let reason = format!("folders nested deeper than {DEPTH_LIMIT}");
                return self.put(prefix.trim_end_matches('/').to_owned(), Content::Unreadable(reason));
            }
            Err(e) => return self.put(prefix.trim_end_matches('/').to_owned(), Content::Unreadable(e.to_string())),
        };
        listed.sort_by_key(fs::DirEntry::file_name);
        for entry in listed {
            if self.found.len() >= FILE_LIMIT {
                return self.too_many();
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{}", clean_line(&name));
            match entry.file_type() {
                Err(e) => self.put(path, Content::Unreadable(e.to_string())),
                // `..2024_01_01` and `..data` are how Kubernetes swaps the files of a mounted ConfigMap.
                Ok(kind) if kind.is_dir() && (name == ".git" || name.starts_with("..")) => {}
                Ok(kind) if kind.is_dir() => self.folder(&entry.path(), &format!("{path}/"), depth + 1),
                Ok(kind) if kind.is_symlink() => self.link(&entry.path(), path),
                Ok(kind) if kind.is_file() => {
                    let content = open(&entry.path(), &path);
                    self.put(path, content);
                }
                // Sockets, pipes, devices: opening one could wait for ever.
                Ok(_) => self.put(path, Content::NotYaml),
            }
        }
    }

    /// Said once, where it was noticed; nothing is left out silently.
    fn too_many(&mut self) {
        if self.found.len() == FILE_LIMIT {
            self.put(
                ".".to_owned(),
                Content::Unreadable(format!("more than {FILE_LIMIT} files; the rest was not read")),
            );
        }
    }

    fn link(&mut self, link: &Path, path: String) {
        let is_yaml = may_be_yaml(&path);
        let content = match fs::canonicalize(link) {
            Err(e) if is_yaml => Content::Unreadable(format!("link leads nowhere ({e})")),
            Err(_) => Content::NotYaml,
            Ok(target) if !target.starts_with(&self.root) => {
                if !is_yaml {
                    return;
                }
                Content::Unreadable("link leads out of the repository".to_owned())
            }
            Ok(target) if !target.is_file() => return,
            // Inside the root it is read where it lies, unless that is a folder we skip.
            Ok(target) => match target.strip_prefix(&self.root) {
                Ok(inside) if inside.components().any(|c| c.as_os_str().to_string_lossy().starts_with("..")) => {
                    open(&target, &path)
                }
                _ => Content::NotYaml,
            },
        };
        self.put(path, content);
    }
}

fn may_be_yaml(path: &str) -> bool {
    ends_with(path, &[".yaml", ".yml", ".json"])
}

fn open(file: &Path, path: &str) -> Content {
    if !may_be_yaml(path) {
        return Content::NotYaml;
    }
    let mut bytes = Vec::new();
    let read = fs::File::open(file).and_then(|f| f.take(SIZE_LIMIT + 1).read_to_end(&mut bytes));
    if let Err(e) = read {
        return Content::Unreadable(e.to_string());
    }
    let is_large = bytes.len() as u64 > SIZE_LIMIT;
    match String::from_utf8(bytes) {
        _ if is_large && is_json(path) => Content::NotYaml,
        Ok(text) if is_large => {
            if MARKS.iter().any(|m| text.contains(m)) {
                Content::TooLarge
            } else {
                Content::Foreign
            }
        }
        Ok(text) if text.contains('\0') && !is_json(path) => Content::NotText,
        Ok(text) => Content::Text(text),
        Err(_) if is_large => Content::Foreign,
        Err(_) if is_json(path) => Content::NotYaml,
        Err(_) => Content::NotText,
    }
}
