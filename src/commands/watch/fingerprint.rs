//! What lies in a folder, as one number: for looking now and then where nothing tells of a change.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

/// [`fingerprint`] on a thread of its own.
pub async fn look(root: &Path) -> Option<u64> {
    let root = root.to_owned();
    tokio::task::spawn_blocking(move || fingerprint(&root)).await.ok().flatten()
}

/// A number that changes when a file comes, goes, or is written, or a commit is made; none for a folder that is not
/// there or holds nothing.
fn fingerprint(root: &Path) -> Option<u64> {
    let mut files: Vec<(PathBuf, u64, Option<std::time::SystemTime>)> = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|t| t.is_file()))
        .map(ignore::DirEntry::into_path)
        // A commit changes no file, but the revision that things are tied to.
        .chain([root.join(".git/HEAD"), root.join(".git/logs/HEAD")])
        .filter_map(|path| {
            let about = path.metadata().ok()?;
            Some((path, about.len(), about.modified().ok()))
        })
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    (!files.is_empty()).then(|| hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_that_is_written_added_or_removed_changes_the_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(fingerprint(root), None, "an empty folder is no repository");
        fs::write(root.join("a.yaml"), "a: 1\n").unwrap();
        let first = fingerprint(root);
        assert_eq!(fingerprint(root), first);
        fs::write(root.join("a.yaml"), "a: 12\n").unwrap();
        let second = fingerprint(root);
        assert_ne!(second, first);
        fs::write(root.join("b.yaml"), "").unwrap();
        let third = fingerprint(root);
        assert_ne!(third, second);
        fs::remove_file(root.join("b.yaml")).unwrap();
        assert_eq!(fingerprint(root), second);
        assert_eq!(fingerprint(&root.join("gone")), None);
    }
}
