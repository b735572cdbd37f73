//! Declared things, plans, and what reporters said.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Stored, stored};
use crate::domain::{
    gitops::{Action, DeclaredKind, FieldChange, Held, Place, Plan, Shown, Step, drift::Heard},
    health::Criticality,
    hierarchy::ServicePath,
    time::Timestamp,
};

/// The written form of [`Shown`]: a secret is only known to be one. Its fingerprint is good for one process.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "each is the form of the value of the same name")]
pub enum ShownForm {
    Plain(String),
    Secret { secret: bool },
}

impl Stored for Shown {
    type Form = ShownForm;

    fn form(&self) -> ShownForm {
        match self {
            Self::Plain(text) => ShownForm::Plain(text.form()),
            Self::Secret(_) => ShownForm::Secret { secret: true },
        }
    }

    fn back(form: ShownForm) -> Result<Self, String> {
        Ok(match form {
            ShownForm::Plain(text) => Self::Plain(text.into()),
            ShownForm::Secret { .. } => Self::Secret(None),
        })
    }
}

/// The written form of [`Held`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the form of the value of the same name")]
pub enum HeldForm {
    NoEntry(String),
    BrokenFile(String),
    NoSource,
    Said(String),
}

impl Stored for Held {
    type Form = HeldForm;

    fn form(&self) -> HeldForm {
        match self {
            Self::NoEntry(kind) => HeldForm::NoEntry(kind.form()),
            Self::BrokenFile(file) => HeldForm::BrokenFile(file.form()),
            Self::NoSource => HeldForm::NoSource,
            Self::Said(why) => HeldForm::Said(why.form()),
        }
    }

    fn back(form: HeldForm) -> Result<Self, String> {
        Ok(match form {
            HeldForm::NoEntry(kind) => Self::NoEntry(DeclaredKind::back(kind)?),
            HeldForm::BrokenFile(file) => Self::BrokenFile(file.into()),
            HeldForm::NoSource => Self::NoSource,
            HeldForm::Said(why) => Self::Said(why.into()),
        })
    }
}

stored! {
    FieldChange as FieldChangeForm { field: Arc<str>, old: Option<Shown>, new: Option<Shown> }
    Step as StepForm {
        action: Action,
        kind: DeclaredKind,
        name: Arc<str>,
        place: Option<Place>,
        fields: Vec<FieldChange>,
        takes: Vec<String>,
        held: Option<Held>,
    }
    Plan as PlanForm { from: Option<String>, to: Option<String>, steps: Vec<Step> }
    Heard as HeardForm {
        path: ServicePath,
        reporter: String,
        at: Timestamp,
        display_name: Option<String>,
        kind: Option<String>,
        sla_group: Option<String>,
        criticality: Option<Criticality>,
        tags: Vec<String>,
        workload_found: Option<bool>,
    }
}
