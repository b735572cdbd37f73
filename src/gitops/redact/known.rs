//! Secrets that one place gave away and another repeats: a value under `secretEnv` in a comment of another file.

use super::MASK;
use crate::{
    domain::{gitops::Repository, text::clean_line},
    gitops::file::File,
};

/// Shorter values are words like any other; hiding them everywhere would hide half of the text.
const LEAST: usize = 8;

/// The secret values of a repository, longest first: one secret may hold another.
#[derive(Clone, Default)]
pub struct Known(Vec<String>);

impl Known {
    /// Every secret value of the files, but for those that are ordinary words.
    pub fn of(files: &[File]) -> Self {
        let mut known = Self::default();
        known.learn(files.iter().flat_map(|f| &f.kept).flat_map(|k| k.value.lines()));
        known
    }

    /// Add values, but for those that are ordinary words.
    pub fn learn<'v>(&mut self, values: impl IntoIterator<Item = &'v str>) {
        let before = self.0.len();
        let values = values.into_iter().map(str::trim).filter(|v| v.len() >= LEAST && !is_ordinary(v));
        self.0.extend(values.map(ToOwned::to_owned));
        if self.0.len() > before {
            self.0.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
            self.0.dedup();
        }
    }

    /// Add what another knows.
    pub fn join(&mut self, other: &Self) {
        self.learn(other.0.iter().map(String::as_str));
    }

    /// Hide them in a text.
    pub fn hide(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), MASK);
            }
        }
    }

    /// Hide them wherever the repository repeats them.
    pub fn hide_in(&self, repository: &mut Repository) {
        if self.0.is_empty() {
            return;
        }
        let lines = repository.sources.values_mut().flat_map(|s| s.lines.iter_mut());
        let faults = repository.faults.iter_mut().flat_map(|f| [&mut f.message, &mut f.hint]);
        let declared = repository.declared.iter_mut().flat_map(|d| [&mut d.name, &mut d.display_name, &mut d.summary]);
        let services = repository.registry.services.values_mut();
        let told = services.flat_map(|s| [&mut s.display_name, &mut s.description, &mut s.kind, &mut s.team]);
        let commit = repository.commit.iter_mut().flat_map(|c| [&mut c.author, &mut c.subject]);
        for text in lines.chain(faults).chain(declared).chain(told).chain(commit) {
            self.hide(text);
        }
    }
}

/// The pieces of `raw` that masks stand for in `shown`, without their quotes. None when they cannot be told.
pub fn pieces(raw: &str, shown: &str) -> Vec<String> {
    let raw = clean_line(raw);
    let mut fixed = shown.split(MASK);
    let Some(mut rest) = fixed.next().and_then(|head| raw.strip_prefix(head)) else {
        return Vec::new();
    };
    let mut pieces = Vec::new();
    for part in fixed {
        // What ends the line ends it; what stands between two masks begins at its first chance.
        let at = if part.is_empty() { Some(rest.len()) } else { rest.find(part) };
        let Some(at) = at else {
            return pieces;
        };
        pieces.push(rest[..at].trim_matches(['"', '\'', '\\', ' ']).to_owned());
        rest = &rest[at + part.len()..];
    }
    pieces
}

/// A word of letters and dashes, or a number, may well stand elsewhere without being the secret.
fn is_ordinary(value: &str) -> bool {
    let letters = value.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_' | ' ' | '.' | '/'));
    letters || value.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_behind_masks_are_found() {
        assert_eq!(pieces("a: 'one two1' # x", "a: •••••• # x"), ["one two1"]);
        assert_eq!(pieces("u:pw@h token=abc&x=1", "u:••••••@h token=••••••&x=1"), ["pw", "abc"]);
        assert_eq!(pieces("plain", "plain"), Vec::<String>::new());
        assert_eq!(pieces("  block1", "  ••••••"), ["block1"]);
        assert_eq!(pieces("other", "x ••••••"), Vec::<String>::new());
    }

    #[test]
    fn what_was_learnt_is_hidden_and_ordinary_words_stay() {
        let mut known = Known::default();
        known.learn(["hunter2-long", "hunter2-long-longer", "production", "short1"]);
        let mut text = "hunter2-long-longer hunter2-long production short1".to_owned();
        known.hide(&mut text);
        assert_eq!(text, "•••••• •••••• production short1");
    }
}
