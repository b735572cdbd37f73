//! Contents of files by their ids, all through one process.

use std::{
    io::{BufRead, Read},
    sync::Arc,
};

use super::door::{Failure, Git, Location, Talk};

/// What stands under an id.
#[derive(Debug, PartialEq, Eq)]
pub enum Blob {
    /// All of it.
    Whole(Vec<u8>),
    /// Its beginning: it is longer than the limit.
    Cut(Vec<u8>),
    /// Nothing, or no file.
    Missing,
}

/// Reads contents; the process starts with the first question.
pub struct Blobs {
    git: Arc<Git>,
    at: Location,
    talk: Option<Talk>,
}

impl Blobs {
    /// Of one repository.
    pub const fn new(git: Arc<Git>, at: Location) -> Self {
        Self { git, at, talk: None }
    }

    /// What stands under `name` (an id, or `commit:path`), at most one byte more than `limit`.
    ///
    /// # Errors
    /// When git fails or the object is damaged; the next question starts afresh.
    pub fn read(&mut self, name: &str, limit: u64) -> Result<Blob, Failure> {
        if name.contains(['\n', '\0']) {
            return Ok(Blob::Missing);
        }
        let talk = match &mut self.talk {
            Some(talk) => talk,
            none => none.insert(self.git.talk(&self.at, &["cat-file", "--batch"])?),
        };
        let heard = talk.say(&format!("{name}\n"), |out| hear(out, limit));
        // Whoever was cut off still has the rest to say: he is not asked again.
        if !matches!(heard, Ok(Blob::Whole(_) | Blob::Missing)) {
            self.talk = None;
        }
        heard
    }
}

/// `id type size`, the content and a line end; or `name missing`.
fn hear(out: &mut impl BufRead, limit: u64) -> std::io::Result<Blob> {
    let mut header = Vec::new();
    if out.take(16 * 1024).read_until(b'\n', &mut header)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let header = String::from_utf8_lossy(&header);
    let mut words = header.trim_end().rsplit(' ');
    let (last, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Ok(size) = last.parse::<u64>() else {
        return Ok(Blob::Missing);
    };
    let is_blob = kind == "blob";
    let mut content = Vec::new();
    if is_blob && size > limit {
        out.take(limit + 1).read_to_end(&mut content)?;
        return Ok(Blob::Cut(content));
    }
    let read = if is_blob {
        out.take(size).read_to_end(&mut content)? as u64
    } else {
        std::io::copy(&mut out.take(size), &mut std::io::sink())?
    };
    let mut end = [0];
    out.read_exact(&mut end)?;
    if read != size {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(if is_blob { Blob::Whole(content) } else { Blob::Missing })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let mut out = &b"0a blob 3\na\nb\nxy missing\n0b tree 2\n..\n0c blob 9\n123456789\n"[..];
        assert_eq!(hear(&mut out, 5).unwrap(), Blob::Whole(b"a\nb".to_vec()));
        assert_eq!(hear(&mut out, 5).unwrap(), Blob::Missing);
        assert_eq!(hear(&mut out, 5).unwrap(), Blob::Missing);
        assert_eq!(hear(&mut out, 5).unwrap(), Blob::Cut(b"123456".to_vec()));
        assert!(hear(&mut &b""[..], 5).is_err());
        assert!(hear(&mut &b"0a blob 9\n123"[..], 50).is_err());
    }
}
