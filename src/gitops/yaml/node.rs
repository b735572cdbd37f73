//! The tree: values with their places.

use crate::{domain::text, gitops::redact};

/// Where something stands; lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Index of the file in the reading.
    pub file: usize,
    /// First line.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character of the last line.
    pub end_column: u32,
}

impl Span {
    /// The very beginning of a file.
    pub const fn start_of(file: usize) -> Self {
        Self { file, line: 1, column: 1, end_line: 1, end_column: 1 }
    }

    /// From the start of `self` to the end of `other`.
    pub const fn to(self, other: Self) -> Self {
        Self { end_line: other.end_line, end_column: other.end_column, ..self }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where. An alias has the place of what it stands for.
    pub span: Span,
    /// What.
    pub value: Value,
}

/// The three shapes of YAML.
#[derive(Clone, Debug)]
pub enum Value {
    /// A word, number or text, as it stands.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping in order of declaration, merge keys applied.
    Map(Vec<Entry>),
}

/// One key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key, cleaned.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Entry {
    /// From the key to the end of the value.
    pub const fn span(&self) -> Span {
        self.key_span.to(self.node.span)
    }
}

/// A scalar before anyone decides on its type.
#[derive(Clone, Debug)]
pub struct Scalar {
    pub(super) raw: String,
    /// Without quotes and not a block.
    pub is_plain: bool,
    /// For a literal block: its first content line and the columns cut off in front of each line.
    pub block: Option<(u32, u32)>,
    /// A block, literal or folded.
    pub is_block: bool,
}

#[cfg(test)]
impl Scalar {
    /// A word without quotes.
    pub fn plain(text: &str) -> Self {
        Self { raw: text.to_owned(), is_plain: true, block: None, is_block: false }
    }
}

impl Scalar {
    /// The text exactly as declared. Only for parsing it again; never to be shown.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// One safe line without secrets.
    pub fn line(&self) -> String {
        redact::line(text::clean_line(self.raw.trim()).as_ref())
    }

    /// Nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        self.is_plain && matches!(self.raw.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// True or false, by the words that Kubernetes tooling takes.
    pub fn flag(&self) -> Option<bool> {
        match self.raw.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }
}

impl Node {
    /// Forget what it holds, not where it stands.
    pub fn let_go(&mut self) {
        self.value = Value::Seq(Vec::new());
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether it is a mapping.
    pub const fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// The elements of a list.
    pub fn items(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, if it is one.
    pub const fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entry of `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key == key)
    }

    /// The value of `key`, unless it is null.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|e| &e.node).filter(|n| !n.is_null())
    }

    /// The value at the end of a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Whether it says nothing.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// The scalar of `key` as one safe line.
    pub fn word(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Self::scalar).map(Scalar::line)
    }

    /// `other` laid over this one as Helm does: mappings merge, all else is replaced, null takes away.
    pub fn layered(&self, other: &Self) -> Self {
        if !self.is_map() || !other.is_map() {
            return other.clone();
        }
        let mut entries: Vec<Entry> = self.entries().to_vec();
        for over in other.entries() {
            match entries.iter().position(|e| e.key == over.key) {
                Some(index) if over.node.is_null() => {
                    entries.remove(index);
                }
                Some(index) => {
                    let node = entries[index].node.layered(&over.node);
                    entries[index] = Entry { key: over.key.clone(), key_span: over.key_span, node };
                }
                None => entries.push(over.clone()),
            }
        }
        Self { span: self.span, value: Value::Map(entries) }
    }

    pub(super) fn size(&self) -> usize {
        match &self.value {
            Value::Scalar(_) => 1,
            Value::Seq(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|e| 1 + e.node.size()).sum::<usize>(),
        }
    }
}
