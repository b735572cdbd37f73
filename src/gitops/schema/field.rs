//! What a field is: name, type, default, meaning.

/// The fields of one mapping.
#[derive(Debug)]
pub struct Table {
    /// What the mapping is, for messages: `a service`, `health`.
    pub what: &'static str,
    /// Its fields, in the order in which people write them.
    pub fields: &'static [Field],
    /// Whether other keys may stand there too: values of a chart hold more than we know of.
    pub is_open: bool,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What may stand there.
    pub of: Type,
    /// Whether it must be there.
    pub is_required: bool,
    /// What holds where it is not given, as JSON.
    pub default: Option<&'static str>,
    /// What it is for, in one sentence.
    pub about: &'static str,
}

/// What may stand in a field.
#[derive(Debug)]
pub enum Type {
    /// Any text.
    Text,
    /// True or false.
    Flag,
    /// A whole number within both bounds.
    Whole(u32, u32),
    /// A promise in percent: above 0 and below 100, also with a sign.
    Percent,
    /// A length of time such as `30s`.
    Duration,
    /// Minutes as a number, or a length of time.
    Minutes,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// An https link.
    Link,
    /// A whole http or https address.
    Address,
    /// organization/platform/environment/cluster/service.
    ServicePath,
    /// organization/platform/environment/cluster.
    NodePath,
    /// Anything; its shape is not ours.
    Any,
    /// A mapping.
    One(&'static Table),
    /// A list of mappings.
    Many(&'static Table),
    /// A list of mappings or of service paths.
    PathOrMany(&'static Table),
    /// Mappings by name.
    Named(&'static Table),
    /// Texts by name.
    NamedTexts,
    /// Mappings by name, or a list of other mappings.
    NamedOrMany(&'static Table, &'static Table),
}

impl Table {
    /// A mapping that holds these fields and nothing else.
    pub const fn closed(what: &'static str, fields: &'static [Field]) -> Self {
        Self { what, fields, is_open: false }
    }

    /// A mapping that may hold more than these fields.
    pub const fn open(what: &'static str, fields: &'static [Field]) -> Self {
        Self { what, fields, is_open: true }
    }

    /// The keys it knows.
    pub fn keys(&self) -> Vec<&'static str> {
        self.fields.iter().map(|f| f.name).collect()
    }
}

impl Field {
    /// A field that may be left out.
    pub const fn new(name: &'static str, of: Type, about: &'static str) -> Self {
        Self { name, of, is_required: false, default: None, about }
    }

    /// The same, and it must be there.
    pub const fn needed(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// The same, with what holds where it is not given, as JSON.
    pub const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}
