//! A file of an old commit as the reader would show it, or why it is not shown.
//!
//! The reader's rules and no others: the text goes through a reading of its own. What only other files make one of
//! ours (values that an Application names) goes through a reading of the whole commit.

use std::sync::{Arc, PoisonError};

use super::{
    super::{
        ReadError, ReadOptions, Reader, redact,
        tree::{Content, Listed, Real, SIZE_LIMIT, Tree},
        yaml,
    },
    archive::Archive,
    blobs::{Blob, Blobs},
    door::Failure,
    revision::{Revision, Wanted},
};
use crate::domain::{
    detail::Commit,
    gitops::{Recognised, SourceLines},
};

/// Lines as they are and as they may be shown; as many of the one as of the other.
#[derive(Default)]
pub struct Page {
    pub raw: Vec<String>,
    pub shown: Vec<String>,
}

/// What there is to see of a file.
pub enum Look {
    /// Its lines.
    Page(Page),
    /// Nothing, and why.
    Withheld(&'static str),
}

/// Opens files of old commits.
pub struct Pages {
    archive: Arc<Archive>,
    blobs: Blobs,
    /// Made when the first file needs it; what did not change between two commits is not parsed again.
    whole: Option<(Reader, Wanted)>,
}

impl Pages {
    /// Of one repository.
    pub fn new(archive: Arc<Archive>) -> Self {
        let blobs = Blobs::new(archive.git.clone(), archive.at.clone());
        Self { archive, blobs, whole: None }
    }

    /// The text under a blob's id or `commit:path`; none when it is missing, too large or no text.
    ///
    /// # Errors
    /// When git fails.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.blobs.read(name, SIZE_LIMIT)? {
            Blob::Whole(bytes) => Ok(String::from_utf8(bytes).ok()),
            Blob::Cut(_) | Blob::Missing => Ok(None),
        }
    }

    /// The file `path` as it was at `commit`, where its content is `blob`.
    ///
    /// # Errors
    /// When git fails.
    pub fn look(&mut self, commit: &str, path: &str, blob: &str) -> Result<Look, Failure> {
        let Some(text) = self.text(blob)? else {
            return Ok(Look::Withheld("it is too large there, or no text"));
        };
        // Whether a template is one is said by the chart it lies in.
        let is_template = path.split('/').any(|folder| folder == "templates");
        match alone(path, &text) {
            (Some(Recognised::Ours), Some(page)) if !is_template => Ok(Look::Page(page)),
            (Some(Recognised::Broken), _) => Ok(Look::Withheld("it does not parse there")),
            _ => Ok(self.among_others(commit, path, &text)),
        }
    }

    fn among_others(&mut self, commit: &str, path: &str, text: &str) -> Look {
        let (reader, wanted) = self.whole.get_or_insert_with(|| {
            let wanted = Wanted::default();
            let tree = Revision::new(self.archive.clone(), wanted.clone());
            (Reader::over(Box::new(tree), ReadOptions::default()), wanted)
        });
        commit.clone_into(&mut wanted.lock().unwrap_or_else(PoisonError::into_inner));
        let lines = reader.read().ok().and_then(|mut repository| repository.sources.remove(path)).map(|s| s.lines);
        match lines.and_then(|shown| page(text, owned(&shown))) {
            Some(page) => Look::Page(page),
            None => Look::Withheld("it is none of ours there"),
        }
    }
}

/// What one text says without any other.
pub fn alone(path: &str, text: &str) -> (Option<Recognised>, Option<Page>) {
    let tree = OneFile { path: path.to_owned(), content: Content::of(path, text.as_bytes().to_vec()) };
    let read = Reader::over(Box::new(tree), ReadOptions::default()).read();
    let Ok(mut repository) = read else {
        return (None, None);
    };
    let recognised = repository.files.first().map(|f| f.recognised);
    let shown = repository.sources.remove(path).map(|source| source.lines);
    (recognised, shown.and_then(|shown| page(text, owned(&shown))))
}

fn owned(lines: &SourceLines) -> Vec<String> {
    lines.iter().map(ToOwned::to_owned).collect()
}

fn page(text: &str, shown: Vec<String>) -> Option<Page> {
    let raw = lines(text);
    (raw.len() == shown.len()).then_some(Page { raw, shown })
}

/// The lines of a text, counted as the reader counts them.
pub fn lines(text: &str) -> Vec<String> {
    let text = yaml::normalised(text);
    let mut lines: Vec<String> = text.split('\n').map(ToOwned::to_owned).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// What a text gives away and the reader would not show: every piece that a mask stands for. It need not parse.
pub fn secrets(text: &str) -> Vec<String> {
    let text = yaml::normalised(text);
    let parsed = yaml::parse(&text, yaml::Origin::file(0));
    let kept: Vec<redact::Kept> = parsed.documents.iter().flat_map(redact::kept).collect();
    Page { raw: lines(&text), shown: owned(&redact::lines(&text, &kept)) }.secrets()
}

impl Page {
    /// Every piece that a mask stands for.
    pub fn secrets(&self) -> Vec<String> {
        self.raw.iter().zip(&self.shown).flat_map(|(raw, shown)| redact::pieces(raw, shown)).collect()
    }
}

/// A tree of one file.
struct OneFile {
    path: String,
    content: Content,
}

impl Tree for OneFile {
    fn list(&mut self) -> Result<Arc<Vec<Listed>>, ReadError> {
        let real = Real::Blob(String::new());
        Ok(Arc::new(vec![Listed { path: self.path.clone(), real, stamp: 0, is_settled: false, len: 0 }]))
    }

    fn open(&mut self, _: &Listed) -> Content {
        self.content.clone()
    }

    fn commit(&self) -> Option<Commit> {
        None
    }
}
