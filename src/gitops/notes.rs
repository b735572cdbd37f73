//! What the reader notes on its way: faults and declared things, and the reading of single fields.
//!
//! Every text that goes in is cleaned and redacted here once more, so that no message can carry a secret or a control
//! character.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    redact,
    schema::Table,
    yaml::{Entry, Node, Problem, Span},
};
use crate::domain::{
    gitops::{Declared, DeclaredKind, Fault, FaultCode, Place},
    text::clean_line,
    time::MINUTE,
};

/// Longest text that a message quotes.
const QUOTE_LIMIT: usize = 200;

/// The notes of one reading.
pub struct Notes {
    /// Of the files from index `first` on.
    paths: Vec<Arc<str>>,
    first: usize,
    faults: Vec<Fault>,
    declared: Vec<Arc<Declared>>,
    broken: BTreeSet<usize>,
}

/// What a reading noted.
pub struct Noted {
    /// By place.
    pub faults: Vec<Fault>,
    /// By kind and name.
    pub declared: Vec<Arc<Declared>>,
    /// The same by place.
    pub by_place: Vec<Arc<Declared>>,
}

impl Notes {
    /// Nothing noted yet; `paths` by file index.
    pub const fn new(paths: Vec<Arc<str>>) -> Self {
        Self { paths, first: 0, faults: Vec::new(), declared: Vec::new(), broken: BTreeSet::new() }
    }

    /// Nothing noted yet, and only about one file.
    pub fn alone(file: usize, path: Arc<str>) -> Self {
        Self { first: file, ..Self::new(vec![path]) }
    }

    /// What was noted about one file, here too.
    pub fn absorb(&mut self, other: &Self) {
        self.faults.extend_from_slice(&other.faults);
        self.declared.extend_from_slice(&other.declared);
        self.broken.extend(&other.broken);
    }

    /// The path of a file.
    pub fn path(&self, file: usize) -> Arc<str> {
        file.checked_sub(self.first).and_then(|at| self.paths.get(at)).cloned().unwrap_or_else(|| Arc::from(""))
    }

    /// Whether a file of this path was found.
    pub fn has_file(&self, path: &str) -> bool {
        self.paths.iter().any(|p| **p == *path)
    }

    /// Whether a file was found below this folder.
    pub fn has_folder(&self, folder: &str) -> bool {
        let folder = format!("{}/", folder.trim_start_matches("./").trim_matches('/'));
        folder == "/" || self.paths.iter().any(|p| p.starts_with(&folder))
    }

    /// The found file whose path is nearest to this one, if one is near.
    pub fn nearest_file(&self, path: &str) -> Option<String> {
        let paths: Vec<&str> = self.paths.iter().map(|p| &**p).filter(|p| p.ends_with(".yaml")).collect();
        nearest(path, &paths).map(ToOwned::to_owned)
    }

    /// The index of a path, also of one that was not found.
    pub fn file_named(&mut self, path: &str) -> usize {
        let known = self.paths.iter().position(|p| **p == *path);
        self.first
            + known.unwrap_or_else(|| {
                self.paths.push(safe(path).into());
                self.paths.len() - 1
            })
    }

    /// A span as a place of the repository.
    pub fn place(&self, span: Span) -> Place {
        Place { file: self.path(span.file), line: span.line, column: span.column, end_line: span.end_line }
    }

    /// Note a fault at the first line of `span`.
    pub fn fault(&mut self, code: FaultCode, span: Span, message: String, hint: &str) {
        let mut place = self.place(span);
        place.end_line = place.line;
        self.faults.push(Fault { place, severity: code.severity(), code, message: safe(&message), hint: safe(hint) });
    }

    /// Note a fault at the first line of a place.
    pub fn fault_at(&mut self, code: FaultCode, place: &Place, message: &str, hint: &str) {
        let place = Place { end_line: place.line, ..place.clone() };
        self.faults.push(Fault { place, severity: code.severity(), code, message: safe(message), hint: safe(hint) });
    }

    /// Note what is wrong with a text.
    pub fn problem(&mut self, problem: &Problem) {
        if problem.code != FaultCode::DuplicateKey {
            self.broken.insert(problem.span.file);
        }
        self.fault(problem.code, problem.span, problem.message.clone(), problem.hint);
    }

    /// Whether a text in this file, also an embedded one, does not parse.
    pub fn is_broken(&self, file: usize) -> bool {
        self.broken.contains(&file)
    }

    /// Note a declared thing.
    pub fn declare(&mut self, kind: DeclaredKind, name: &str, display_name: &str, span: Span, summary: &str) {
        self.declared.push(Arc::new(Declared {
            kind,
            name: safe(name),
            display_name: safe(display_name),
            place: self.place(span),
            summary: safe(summary),
        }));
    }

    /// What was noted, in order and without `secrets`.
    pub fn sorted(self, secrets: &redact::Known) -> Noted {
        let Self { mut faults, mut declared, .. } = self;
        secrets.hide_in_notes(&mut faults, &mut declared);
        faults.sort();
        faults.dedup();
        // Most was noted file by file, which is nearly this order.
        let mut by_place = declared.clone();
        by_place.sort_by(|a, b| (&a.place, a.kind, &a.name).cmp(&(&b.place, b.kind, &b.name)));
        by_place.dedup();
        declared.sort_by(|a, b| (a.kind, &a.name, &a.place).cmp(&(b.kind, &b.name, &b.place)));
        declared.dedup();
        Noted { faults, declared, by_place }
    }

    fn bad_field(&mut self, span: Span, message: String) {
        self.fault(FaultCode::BadField, span, message, "");
    }

    /// The entry of `key` when it is there and says something.
    fn given<'n>(&self, node: &'n Node, key: &str) -> Option<&'n Entry> {
        node.entry(key).filter(|e| !e.node.is_null())
    }

    /// A text, when given.
    pub fn text(&mut self, node: &Node, key: &str) -> Option<String> {
        let entry = self.given(node, key)?;
        match entry.node.scalar() {
            Some(scalar) => Some(scalar.line()).filter(|t| !t.is_empty()),
            None => {
                self.bad_field(entry.node.span, format!("`{key}` must be a text"));
                None
            }
        }
    }

    /// A text that must be there.
    pub fn need(&mut self, node: &Node, key: &str, what: &str) -> Option<String> {
        let text = self.text(node, key);
        if text.is_none() && node.get(key).is_none_or(|n| n.scalar().is_some()) {
            let span = node.entry(key).map_or(node.span, |e| e.key_span);
            self.bad_field(span, format!("{what} needs `{key}`"));
        }
        text
    }

    /// True or false, when given.
    pub fn flag(&mut self, node: &Node, key: &str) -> Option<bool> {
        let entry = self.given(node, key)?;
        let flag = entry.node.scalar().and_then(super::yaml::Scalar::flag);
        if flag.is_none() {
            self.bad_field(entry.node.span, format!("`{key}` must be true or false"));
        }
        flag
    }

    /// A whole number from 0 up, when given.
    pub fn whole(&mut self, node: &Node, key: &str) -> Option<u32> {
        let entry = self.given(node, key)?;
        let number = entry.node.scalar().and_then(|s| s.raw().trim().parse().ok());
        if number.is_none() {
            self.bad_field(entry.node.span, format!("`{key}` must be a whole number from 0 up"));
        }
        number
    }

    /// A port, when given.
    pub fn port(&mut self, node: &Node, key: &str) -> Option<u32> {
        let port = self.whole(node, key)?;
        if !(1..=65_535).contains(&port) {
            let span = node.get(key).map_or(node.span, |n| n.span);
            self.fault(FaultCode::BadField, span, format!("{port} is no port"), "from 1 to 65535");
            return None;
        }
        Some(port)
    }

    /// A length of time in milliseconds, when given: `30s`, `15m`, `4h`.
    pub fn duration(&mut self, node: &Node, key: &str) -> Option<i64> {
        let word = self.text(node, key)?;
        let length = humantime::parse_duration(&word).ok().and_then(|d| i64::try_from(d.as_millis()).ok());
        if length.is_none_or(|l| l == 0) {
            let span = node.get(key).map_or(node.span, |n| n.span);
            self.fault(FaultCode::BadField, span, format!("`{word}` is no length of time"), "such as 30s, 15m or 4h");
            return None;
        }
        length
    }

    /// A length of time in milliseconds, when given; a bare number is minutes.
    pub fn minutes(&mut self, node: &Node, key: &str) -> Option<i64> {
        let number = self.text(node, key)?.parse::<u32>().ok().filter(|n| *n > 0);
        number.map(|n| i64::from(n) * MINUTE).or_else(|| self.duration(node, key))
    }

    /// A list of texts, when given.
    pub fn texts(&mut self, node: &Node, key: &str) -> Vec<String> {
        let mut out = Vec::new();
        for item in self.list(node, key) {
            match item.scalar() {
                Some(scalar) if !scalar.line().is_empty() => out.push(scalar.line()),
                Some(_) => {}
                None => self.bad_field(item.span, format!("`{key}` must hold texts")),
            }
        }
        out
    }

    /// A list, when given; else nothing.
    pub fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(entry) = node.entry(key).filter(|e| !e.node.is_null()) else {
            return &[];
        };
        entry.node.items().unwrap_or_else(|| {
            self.bad_field(entry.node.span, format!("`{key}` must be a list"));
            &[]
        })
    }

    /// A mapping, when given.
    pub fn map<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let entry = node.entry(key).filter(|e| !e.node.is_null())?;
        if entry.node.is_map() {
            return Some(&entry.node);
        }
        self.bad_field(entry.node.span, format!("`{key}` must be a mapping"));
        None
    }

    /// Warn of keys that mean nothing here; where a table is open, only of those that are nearly one it knows.
    pub fn only_keys(&mut self, node: &Node, table: &Table) {
        let known = table.keys();
        for entry in node.entries() {
            if known.contains(&entry.key.as_str()) || entry.key.starts_with("x-") {
                continue;
            }
            let near = nearest(&entry.key, &known);
            if !table.is_open || near.is_some_and(|near| near.len() >= 4 && node.entry(near).is_none()) {
                self.unknown_key(entry, near, table.what);
            }
        }
    }

    /// One of `words`, when given; `what` is the kind of word for the message.
    pub fn choice(&mut self, node: &Node, key: &str, words: &[&str], code: FaultCode, what: &str) -> Option<String> {
        let word = self.text(node, key)?;
        if words.contains(&word.as_str()) {
            return Some(word);
        }
        let span = node.get(key).map_or(node.span, |n| n.span);
        self.fault(code, span, format!("`{word}` is no {what}"), &one_of(&word, words));
        None
    }

    /// Warn of a variable whose name is nearly one that is known.
    pub fn variable(&mut self, entry: &Entry, known: &[&str]) {
        let near = nearest(&entry.key, known).filter(|_| !known.contains(&entry.key.as_str()));
        if near.is_some() {
            self.unknown_key(entry, near, "the environment of the core");
        }
    }

    fn unknown_key(&mut self, entry: &Entry, near: Option<&str>, what: &str) {
        let hint = near.map_or_else(|| "remove it".to_owned(), |near| format!("did you mean `{near}`?"));
        self.fault(FaultCode::UnknownKey, entry.key_span, format!("`{}` means nothing in {what}", entry.key), &hint);
    }
}

fn safe(text: &str) -> String {
    let clean = redact::line(&clean_line(text));
    match clean.char_indices().nth(QUOTE_LIMIT) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean,
    }
}

/// `1 service`, `3 services`.
pub fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The nearest of `words`, if one is near, and all of them.
pub fn one_of(word: &str, words: &[&str]) -> String {
    let all = match words {
        [] => return "none is declared".to_owned(),
        [first @ .., last] if !first.is_empty() && words.len() <= 12 => format!("{} or {last}", first.join(", ")),
        [only] => (*only).to_owned(),
        many => format!("{} and {} more", many[..8].join(", "), many.len() - 8),
    };
    nearest(word, words).map_or_else(|| all.clone(), |near| format!("did you mean `{near}`? There are {all}"))
}

/// The known key that `key` is a slip of: other letter case, or a third of its letters at most.
pub fn nearest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    nearest_of(key, known.iter().copied())
}

/// The same, of very many keys.
pub fn nearest_of<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let lower = key.to_lowercase();
    let near = known.filter_map(|k| Some((distance(&lower, k, (k.len() / 3).min(3))?, k)));
    near.min().map(|(_, k)| k)
}

/// Letters that are compared at most, beyond what two words begin and end with.
const LETTERS: usize = 96;

/// How many letters must be changed, put in, taken out or swapped with their neighbour to make one word the other; none
/// when more than `most`. Letter case does not matter; `a` is in lower case. Thousands of words are looked at for one
/// hint, so nothing is kept on the heap.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    // A letter has one byte, or up to four; and most words are too long or too short by far.
    let wide = if a.is_ascii() && b.is_ascii() { 1 } else { 4 };
    if a.len().abs_diff(b.len()) > most * wide {
        return None;
    }
    let same = |x: &u8, y: &u8| x.is_ascii() && *x == y.to_ascii_lowercase();
    let front = a.bytes().zip(b.bytes()).take_while(|(x, y)| same(x, y)).count();
    let (a, b) = (&a[front..], &b[front..]);
    let back = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| same(x, y)).count();
    let (a, b) = (&a[..a.len() - back], &b[..b.len() - back]);
    if a.len() > LETTERS || b.len() > LETTERS || (wide == 1 && kinds_apart(a, b) > most) {
        return None;
    }
    let mut letters = ['\0'; LETTERS];
    let mut count = 0;
    for (slot, letter) in letters.iter_mut().zip(b.chars().flat_map(char::to_lowercase)) {
        *slot = letter;
        count += 1;
    }
    let b = &letters[..count];
    let mut above = [0; LETTERS + 1];
    let mut row: [usize; LETTERS + 1] = std::array::from_fn(|j| j);
    let mut before = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = [0; LETTERS + 1];
        next[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let mut least = (row[j] + usize::from(x != *y)).min(row[j + 1] + 1).min(next[j] + 1);
            if j > 0 && x == b[j - 1] && before == Some(*y) {
                least = least.min(above[j - 1] + 1);
            }
            next[j + 1] = least;
        }
        // A swap reaches back two rows; past those it only gets worse.
        if row[..=count].iter().chain(&next[..=count]).all(|d| *d > most) {
            return None;
        }
        (above, row, before) = (row, next, Some(x));
    }
    Some(row[count]).filter(|d| *d <= most)
}

/// How many letters one of two words has and the other has not at all: so many changes it takes at least.
fn kinds_apart(a: &str, b: &str) -> usize {
    // Letters that share a bit only make it fewer.
    let kinds = |word: &str| word.bytes().fold(0u64, |all, x| all | 1 << (x.to_ascii_lowercase() % 64));
    let (a, b) = (kinds(a), kinds(b));
    (a & !b).count_ones().max((b & !a).count_ones()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_key_is_a_slip_and_not_any_word() {
        let known = ["slaGroup", "displayName", "tags", "team"];
        assert_eq!(nearest("slagroup", &known), Some("slaGroup"));
        assert_eq!(nearest("dispalyName", &known), Some("displayName"));
        assert_eq!(nearest("replicas", &known), None);
        assert_eq!(nearest("hihg", &["critical", "high"]), Some("high"), "two letters swapped are one slip");
        assert_eq!(nearest("zürich-dc1/größe", &["Zürich-DC1/Größe", "zürich-dc2/groesse"]), Some("Zürich-DC1/Größe"));
        assert_eq!(
            nearest("acme/prod/eu-1/lda", &["acme/prod/eu-1/ldap", "acme/prod/eu-2/lda"]),
            Some("acme/prod/eu-1/ldap")
        );
        assert_eq!(nearest("", &known), None);
    }

    #[test]
    fn distance_is_symmetric_and_stops_past_its_bound() {
        let words = ["", "a", "ab", "ba", "abc", "acb", "bca", "héllo", "hello", "kitten", "sitting", "xyzzy"];
        for a in words {
            for b in words {
                let whole = distance(a, b, 9);
                assert_eq!(whole, distance(b, a, 9), "{a} {b}");
                assert_eq!(distance(a, b, 2), whole.filter(|d| *d <= 2), "{a} {b}");
            }
        }
        assert_eq!(distance("kitten", "sitting", 9), Some(3));
        assert_eq!(distance("abc", "acb", 9), Some(1));
    }

    #[test]
    fn messages_carry_no_secret_and_no_control_character() {
        assert_eq!(safe("a\u{1b}[31m https://u:pw12345@h/"), "a\u{fffd}[31m https://••••••@h/");
    }
}
