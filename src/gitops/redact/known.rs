//! Secrets that one place gave away and another repeats: a value under `secretEnv` in a comment of another file.

use super::MASK;
use crate::{domain::gitops::Repository, gitops::file::File};

/// Shorter values are words like any other; hiding them everywhere would hide half of the text.
const LEAST: usize = 8;

/// The secret values of a repository.
pub struct Known(Vec<String>);

impl Known {
    /// Every secret value of the files, but for those that are ordinary words.
    pub fn of(files: &[File]) -> Self {
        let mut values: Vec<String> = files
            .iter()
            .flat_map(|f| &f.kept)
            .flat_map(|k| k.value.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>())
            .filter(|v| v.len() >= LEAST && !is_ordinary(v))
            .collect();
        // Longest first: one secret may hold another.
        values.sort_by_key(|v| std::cmp::Reverse(v.len()));
        values.dedup();
        Self(values)
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
        for text in lines.chain(faults).chain(declared).chain(told) {
            for secret in &self.0 {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), MASK);
                }
            }
        }
    }
}

/// A word of letters and dashes, or a number, may well stand elsewhere without being the secret.
fn is_ordinary(value: &str) -> bool {
    let letters = value.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_' | ' ' | '.' | '/'));
    letters || value.chars().all(|c| c.is_ascii_digit())
}
