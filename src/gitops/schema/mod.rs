//! The fields of our documents as tables: what the reader takes, and what `itops gitops schema` tells editors.
//!
//! One table per mapping. The reader asks a table which keys and words it knows; [`schema`] prints the same tables as
//! JSON Schema 2020-12, so both say the same. Not in here: reading a value, and checks across documents.
//!
//! Start at [`Table`] and [`Type`] in [`field`]; [`service`], [`ticketing`] and [`values`] hold the tables; [`emit`]
//! makes the JSON.

mod emit;
mod field;
pub mod service;
pub mod ticketing;
pub mod values;

use serde_json::Value;

pub use self::field::{Field, Table, Type};

/// A document that editors can be helped with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// `it-ops.yaml`, flat and nested.
    Service,
    /// A file of `ticketing.d/`, or `ticketing:` in values.
    Ticketing,
    /// Values of the SLA portal.
    Portal,
    /// Values of the agent.
    Agent,
    /// Values of the core.
    Core,
}

impl SchemaKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Service, Self::Ticketing, Self::Portal, Self::Agent, Self::Core];

    /// The word on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Ticketing => "ticketing",
            Self::Portal => "portal",
            Self::Agent => "agent",
            Self::Core => "core",
        }
    }

    /// The kind for a word of the command line.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// The JSON Schema (2020-12) of a kind of document.
pub fn schema(kind: SchemaKind) -> Value {
    emit::document(kind)
}
