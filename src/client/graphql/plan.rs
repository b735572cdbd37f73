//! What would change, what did change, and where life differs from what is declared.

use serde::Deserialize;

use crate::client::wire::plan::{DriftShape, PlanShape, ReconcileShape};

macro_rules! plan_fragments {
    () => {
        "fragment PlanPlace on Place { file line column endLine } \
         fragment ChangeFields on FieldChange { field old { value secret } new { value secret } } \
         fragment PlanFields on Plan { from to steps { action kind name place { ...PlanPlace } \
         fields { ...ChangeFields } takes held } } "
    };
}

/// What would change.
pub const PLAN: &str = concat!(
    plan_fragments!(),
    "query GitopsPlan($from: String, $to: String) { gitopsPlan(from: $from, to: $to) { ...PlanFields } }"
);

/// What the newest reconciliations did.
pub const RECONCILES: &str = concat!(
    plan_fragments!(),
    "query Reconciles($limit: Int!) { reconciles(limit: $limit) { at commit { id author at subject } ",
    "plan { ...PlanFields } rejected } }"
);

/// Declared against running.
pub const DRIFT: &str = "query Drift { drift { path declared running \
                         fields { field old { value secret } new { value secret } } reporter lastSeen \
                         place { file line column endLine } } }";

/// Answer of [`PLAN`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanData {
    /// The plan.
    pub gitops_plan: PlanShape,
}

/// Answer of [`RECONCILES`].
#[derive(Deserialize)]
pub struct ReconcilesData {
    /// Newest first.
    pub reconciles: Vec<ReconcileShape>,
}

/// Answer of [`DRIFT`].
#[derive(Deserialize)]
pub struct DriftData {
    /// By path.
    pub drift: Vec<DriftShape>,
}
