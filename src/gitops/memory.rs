//! Files that lie nowhere: for fuzzing and tests, which drive the whole reader with bytes of their own.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use super::{
    ReadError, ReadOptions, Reader,
    tree::{Content, Listed, Real, SIZE_LIMIT, Tree, may_be_yaml},
};
use crate::domain::{detail::Commit, gitops::Repository, text::clean_line};

/// Contents by path.
pub struct Memory(BTreeMap<String, Vec<u8>>);

impl Tree for Memory {
    fn list(&mut self) -> Result<Arc<Vec<Listed>>, ReadError> {
        if self.0.is_empty() {
            return Err(ReadError::Empty("memory".to_owned()));
        }
        let listed = self.0.iter().map(|(path, bytes)| {
            if !may_be_yaml(path) {
                return Listed::closed(path.clone(), Content::NotYaml);
            }
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            let (stamp, len) = (hasher.finish(), bytes.len() as u64);
            Listed { path: path.clone(), real: Real::Blob(path.clone()), stamp, is_settled: true, len }
        });
        Ok(Arc::new(listed.collect()))
    }

    fn open(&mut self, listed: &Listed) -> Content {
        let bytes = self.0.get(&listed.path).map(Vec::as_slice).unwrap_or_default();
        let limit = usize::try_from(SIZE_LIMIT).unwrap_or(usize::MAX).saturating_add(1);
        Content::of(&listed.path, bytes[..bytes.len().min(limit)].to_vec())
    }

    fn commit(&self) -> Option<Commit> {
        None
    }
}

/// Read files that are given as paths and contents, once.
///
/// # Errors
/// When there is no file.
#[doc(hidden)]
pub fn read_files(files: &[(&str, &[u8])], options: &ReadOptions) -> Result<Repository, ReadError> {
    let files = files.iter().map(|(path, bytes)| (clean_line(path).into_owned(), bytes.to_vec()));
    Reader::over(Box::new(Memory(files.collect())), options.clone()).read()
}
