//! Secrets that one place gave away and another repeats: a value under `secretEnv` in a comment of another file.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use super::MASK;
use crate::{
    domain::{
        gitops::{Declared, DeclaredService, Fault, Registry, Repository, Shown, SourceLines},
        text::clean_line,
    },
    gitops::file::File,
};

/// Shorter values are words like any other; hiding them everywhere would hide half of the text.
const LEAST: usize = 8;

/// The secret values of a repository, longest first: one secret may hold another.
#[derive(Clone, Default)]
pub struct Known {
    values: Vec<String>,
    /// The first bytes of each, to tell at a look that none stands in a text.
    heads: HashSet<[u8; LEAST]>,
    /// Bits for the first two bytes of each, before anything dearer is asked.
    pairs: Vec<u64>,
}

impl Known {
    /// Every secret value of the files, but for those that are ordinary words.
    pub fn of(files: &[Box<File>]) -> Self {
        let mut known = Self::default();
        known.learn(files.iter().filter(|f| f.is_ours).flat_map(|f| &f.kept).flat_map(|k| k.value.lines()));
        known
    }

    /// Add values, but for those that are ordinary words.
    pub fn learn<'v>(&mut self, values: impl IntoIterator<Item = &'v str>) {
        let before = self.values.len();
        let values = values.into_iter().map(str::trim).filter(|v| v.len() >= LEAST && !is_ordinary(v));
        self.values.extend(values.map(ToOwned::to_owned));
        if self.values.len() > before {
            self.values.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
            self.values.dedup();
            self.pairs = vec![0; 1 << 10];
            for value in self.values.iter().map(String::as_bytes) {
                let (word, bit) = pair(value);
                self.pairs[word] |= bit;
            }
            self.heads = self.values.iter().filter_map(|v| v.as_bytes().first_chunk().copied()).collect();
        }
    }

    /// Add what another knows.
    pub fn join(&mut self, other: &Self) {
        self.learn(other.values.iter().map(String::as_str));
    }

    /// Hide them in a text.
    pub fn hide(&self, text: &mut String) {
        if !self.may_stand_in(text) {
            return;
        }
        for secret in &self.values {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), MASK);
            }
        }
    }

    /// Hide them in lines; where none stands there, they are the same lines.
    pub fn hide_lines(&self, lines: &SourceLines) -> SourceLines {
        if !lines.iter().any(|line| self.may_stand_in(line)) {
            return lines.clone();
        }
        let hidden = lines.iter().map(|line| {
            let mut line = line.to_owned();
            self.hide(&mut line);
            line
        });
        hidden.collect()
    }

    fn may_stand_in(&self, text: &str) -> bool {
        let begins = |w: &[u8]| {
            let (word, bit) = pair(w);
            self.pairs[word] & bit != 0
        };
        !self.values.is_empty() && text.as_bytes().windows(LEAST).any(|w| begins(w) && self.heads.contains(w))
    }

    /// Tells one set of secrets from another.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.values.hash(&mut hasher);
        hasher.finish()
    }

    /// Hide them in what was noted.
    pub fn hide_in_notes(&self, faults: &mut [Fault], declared: &mut [Arc<Declared>]) {
        if self.values.is_empty() {
            return;
        }
        let faults = faults.iter_mut().flat_map(|f| [&mut f.message, &mut f.hint]);
        let declared = declared.iter_mut().filter(|d| d.texts().any(|text| self.may_stand_in(text)));
        let declared = declared.flat_map(|d| {
            let d = Arc::make_mut(d);
            [&mut d.name, &mut d.display_name, &mut d.summary]
        });
        for text in faults.chain(declared) {
            self.hide(text);
        }
    }

    /// Hide them wherever the repository repeats them, but for what was noted, for the lines of its files and for its
    /// services, in which they were hidden before.
    pub fn hide_in(&self, repository: &mut Repository) {
        if self.values.is_empty() {
            return;
        }
        for text in repository.commit.iter_mut().flat_map(|c| [&mut c.author, &mut c.subject]) {
            self.hide(text);
        }
        self.hide_in_registry(&mut repository.registry);
        for (_, shown) in repository.shown.values_mut().flat_map(|t| &mut t.fields) {
            if let Shown::Plain(text) = shown
                && self.may_stand_in(text)
            {
                let mut open = text.to_string();
                self.hide(&mut open);
                *text = open.into();
            }
        }
    }

    /// Hide them in what a service says.
    pub fn hide_in_service(&self, s: &mut DeclaredService) {
        let texts = [&mut s.display_name, &mut s.description, &mut s.kind, &mut s.team, &mut s.backup_storage];
        let more = [s.runbook.as_mut(), s.namespace.as_mut()];
        let asked = s.probe.iter_mut().flat_map(|p| p.endpoint.iter_mut().chain([&mut p.path]));
        for text in texts.into_iter().chain(s.tags.iter_mut()).chain([&mut s.backup_retention]) {
            self.hide(text);
        }
        for text in more.into_iter().flatten().chain(asked) {
            self.hide(text);
        }
    }

    fn hide_in_registry(&self, registry: &mut Registry) {
        for group in registry.sla_groups.values_mut() {
            self.hide(&mut group.display_name);
        }
        for workflow in registry.workflows.values_mut() {
            if self.may_stand_in(&workflow.display_name) {
                self.hide(&mut Arc::make_mut(workflow).display_name);
            }
        }
        let categories = registry.catalog.categories.iter_mut().map(|c| &mut c.display_name);
        let items = registry.catalog.items.values_mut().flat_map(|i| [&mut i.display_name, &mut i.description]);
        let users = registry.groups.values_mut().flat_map(|g| g.users.iter_mut().chain(g.ldap_group.as_mut()));
        let providers = registry.providers.iter_mut().map(|p| &mut p.display_name);
        for text in categories.chain(items).chain(users).chain(providers) {
            self.hide(text);
        }
        for ldap in registry.providers.iter_mut().filter_map(|p| p.ldap.as_mut()) {
            for text in [&mut ldap.host, &mut ldap.bind_dn, &mut ldap.base_dn, &mut ldap.user_filter] {
                self.hide(text);
            }
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

/// Where the bit of a text's first two bytes stands.
fn pair(text: &[u8]) -> (usize, u64) {
    let number = usize::from(text[0]) << 8 | usize::from(text[1]);
    (number / 64, 1 << (number % 64))
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
