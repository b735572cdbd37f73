//! Templates: what a core declares besides Git, out of one core and into another.

use serde::Deserialize;

use super::{
    Client, Writer,
    error::{ApiError, Kind},
    http::Payload,
    parse, wire,
};
use crate::domain::{
    gitops::{Action, DeclaredKind},
    text::clean_text,
};

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReceipt {
    /// What was created, updated or deleted.
    pub applied: Vec<Imported>,
    /// What was left alone, with the reason: Git declares it.
    pub kept: Vec<(DeclaredKind, String, String)>,
    /// How many things were there already and say the same.
    pub unchanged: u64,
}

/// One thing that an import changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What was done.
    pub action: Action,
    /// To what kind of thing.
    pub kind: DeclaredKind,
    /// Its full name.
    pub name: String,
}

#[derive(Deserialize)]
struct ReceiptShape {
    #[serde(default)]
    applied: Vec<AppliedShape>,
    #[serde(default)]
    kept: Vec<KeptShape>,
    #[serde(default)]
    unchanged: u64,
}

#[derive(Deserialize)]
struct AppliedShape {
    action: wire::Word<Action>,
    kind: wire::Word<DeclaredKind>,
    name: wire::Line,
}

#[derive(Deserialize)]
struct KeptShape {
    kind: wire::Word<DeclaredKind>,
    name: wire::Line,
    #[serde(default)]
    reason: wire::Line,
}

impl From<ReceiptShape> for ImportReceipt {
    fn from(r: ReceiptShape) -> Self {
        let applied = |a: AppliedShape| Imported { action: a.action.0, kind: a.kind.0, name: a.name.0 };
        Self {
            applied: r.applied.into_iter().map(applied).collect(),
            kept: r.kept.into_iter().map(|k| (k.kind.0, k.name.0, k.reason.0)).collect(),
            unchanged: r.unchanged,
        }
    }
}

impl Client {
    /// Workflows, catalog and SLA definitions as YAML that another core can import.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub async fn export_templates(&self) -> Result<String, ApiError> {
        let body = self.get("/api/v1/templates/export", true).await?;
        let text = String::from_utf8(body).map_err(ApiError::protocol)?;
        Ok(clean_text(&text).into_owned())
    }
}

impl Writer {
    /// Take over workflows, catalog and SLA definitions: all of them or none. What Git declares is never overridden.
    ///
    /// # Errors
    /// `Invalid` with every fault when the text is wrong, `Forbidden` below admin, `Unknown` for a lost answer.
    pub async fn import_templates(&self, yaml: String) -> Result<ImportReceipt, ApiError> {
        let answer = self.post("/api/v1/templates/import", Payload::yaml(yaml), None).await?;
        // An import that was answered happened; an answer that cannot be read does not undo it.
        let receipt: ReceiptShape = parse(&answer).map_err(|e| ApiError::new(Kind::Unknown, e.message))?;
        Ok(receipt.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_says_what_was_done_and_what_was_left_alone() {
        let shape: ReceiptShape = serde_json::from_str(
            r#"{"applied":[{"action":"create","kind":"workflow","name":"acme/incident"}],
                "kept":[{"kind":"item","name":"acme/help","reason":"declared in tickets.yaml:4"}],"unchanged":3}"#,
        )
        .unwrap();
        let receipt = ImportReceipt::from(shape);
        assert_eq!(receipt.applied[0].action, Action::Create);
        assert_eq!(receipt.kept[0].2, "declared in tickets.yaml:4");
        assert_eq!(receipt.unchanged, 3);
    }
}
