//! The tables as JSON Schema 2020-12.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{SchemaKind, Table, Type, service, ticketing, values};

/// The schema of a kind of document.
pub fn document(kind: SchemaKind) -> Value {
    let mut defs = Definitions::default();
    let (title, root) = match kind {
        SchemaKind::Service => {
            let (flat, nested) = (defs.reference(&service::FLAT), defs.reference(&service::NESTED));
            let is_nested = json!({ "anyOf": [{ "required": ["hierarchy"] }, { "required": ["placement"] }] });
            let root = json!({
                "if": { "allOf": [{ "not": { "required": ["path"] } }, is_nested] },
                "then": nested,
                "else": flat,
            });
            ("it-ops.yaml: a service of ITOps", root)
        }
        SchemaKind::Ticketing => {
            let bare = defs.reference(&ticketing::TICKETING);
            let wrapped = json!({ "type": "object", "properties": { "ticketing": bare } });
            let root = json!({ "if": { "required": ["ticketing"] }, "then": wrapped, "else": bare });
            ("Ticketing of ITOps: groups, workflows, catalog", root)
        }
        SchemaKind::Portal => ("Values of the SLA portal", defs.reference(&values::PORTAL)),
        SchemaKind::Agent => ("Values of the ITOps agent", defs.reference(&values::AGENT)),
        SchemaKind::Core => ("Values of the ITOps core", defs.reference(&values::CORE)),
    };
    let mut out = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:itops:schema:{}", kind.word()),
        "title": title,
        "type": "object",
    });
    if let (Some(out), Value::Object(root)) = (out.as_object_mut(), root) {
        out.extend(root);
        out.insert("$defs".to_owned(), Value::Object(defs.done.into_iter().collect()));
    }
    out
}

/// Every table once.
#[derive(Default)]
struct Definitions {
    done: BTreeMap<String, Value>,
    known: Vec<(*const Table, String)>,
}

impl Definitions {
    fn reference(&mut self, table: &'static Table) -> Value {
        let name = match self.known.iter().find(|(at, _)| std::ptr::eq(*at, table)) {
            Some((_, name)) => name.clone(),
            None => {
                let name = self.free_name(table.what);
                self.known.push((table, name.clone()));
                let made = self.mapping(table);
                self.done.insert(name.clone(), made);
                name
            }
        };
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// `an SLA target` as `sla-target`, with a number where two tables are called the same.
    fn free_name(&self, what: &str) -> String {
        let bare = what.trim_start_matches("an ").trim_start_matches("a ").trim_start_matches("the ");
        let word: String =
            bare.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let word = word.split('-').filter(|w| !w.is_empty()).collect::<Vec<_>>().join("-");
        let is_free = |name: &String| self.known.iter().all(|(_, known)| known != name);
        (1..)
            .map(|n| if n == 1 { word.clone() } else { format!("{word}-{n}") })
            .find(is_free)
            .unwrap_or_else(|| word.clone())
    }

    fn mapping(&mut self, table: &'static Table) -> Value {
        let mut properties = Map::new();
        for field in table.fields {
            let mut said = self.of(&field.of);
            if let Some(said) = said.as_object_mut() {
                said.insert("description".to_owned(), field.about.into());
                if let Some(default) = field.default.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
                    said.insert("default".to_owned(), default);
                }
            }
            // A field that is not required may be written out and left empty.
            let said = if field.is_required { said } else { json!({ "anyOf": [said, { "type": "null" }] }) };
            properties.insert(field.name.to_owned(), said);
        }
        let mut out = json!({ "type": "object", "properties": properties });
        let required: Vec<&str> = table.fields.iter().filter(|f| f.is_required).map(|f| f.name).collect();
        if let Some(out) = out.as_object_mut() {
            if !required.is_empty() {
                out.insert("required".to_owned(), json!(required));
            }
            if !table.is_open {
                out.insert("patternProperties".to_owned(), json!({ "^x-": true }));
                out.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        out
    }

    fn of(&mut self, of: &Type) -> Value {
        let segments = |count: u32| json!({ "type": "string", "pattern": format!("^[^/]+(/[^/]+){{{}}}$", count - 1) });
        let text = || json!({ "type": ["string", "number", "boolean"] });
        match of {
            Type::Text => text(),
            Type::Flag => json!({ "enum": [true, false, "true", "false", "yes", "no", "on", "off"] }),
            Type::Whole(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
            Type::Percent => json!({ "anyOf": [
                { "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 100 },
                { "type": "string", "pattern": "^[0-9]{1,2}(\\.[0-9]+)? ?%?$" },
            ] }),
            Type::Duration => json!({ "type": "string", "pattern": "^([0-9]+ ?[a-z]+ ?)+$" }),
            Type::Minutes => json!({ "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "type": "string", "pattern": "^[0-9]+$|^([0-9]+ ?[a-z]+ ?)+$" },
            ] }),
            Type::Word(words) => json!({ "enum": words }),
            Type::Texts => json!({ "type": "array", "items": text() }),
            Type::Link => json!({ "type": "string", "pattern": "^https://[^/]" }),
            Type::Address => json!({ "type": "string", "pattern": "^https?://[^/]" }),
            Type::ServicePath => segments(5),
            Type::NodePath => segments(4),
            Type::Any => json!({}),
            Type::One(table) => self.reference(table),
            Type::Many(table) => json!({ "type": "array", "items": self.reference(table) }),
            Type::PathOrMany(table) => {
                json!({ "type": "array", "items": { "anyOf": [segments(5), self.reference(table)] } })
            }
            Type::Named(table) => json!({ "type": "object", "additionalProperties": self.reference(table) }),
            Type::NamedTexts => {
                json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean", "null"] } })
            }
            Type::NamedOrMany(named, listed) => json!({ "anyOf": [
                { "type": "object", "additionalProperties": self.reference(named) },
                { "type": "array", "items": self.reference(listed) },
            ] }),
        }
    }
}
