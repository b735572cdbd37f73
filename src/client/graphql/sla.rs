//! Budgets in detail.

use serde::Deserialize;

use super::windows::window_fields;
use crate::client::wire::sla::BudgetDetailShape;

/// Fields of a budget, a group and an incident, shared by the documents.
macro_rules! budget_fragments {
    () => {
        "fragment BudgetFields on Budget { targetMillionths period from asOf spanMs uptimeMillionths \
         worstCaseMillionths coverageMillionths allowedMs downMs maintenanceMs burns { windowMs thousandths } \
         alerts { severity longMs shortMs factorThousandths firing reachable } state exhaustion { kind inMs since } \
         exhaustedIfDownAt } \
         fragment IncidentFields on Incident { path from to worst message outbreaks otherMs cause } "
    };
}
pub(super) use budget_fragments;

/// One group.
pub const BUDGET: &str = concat!(
    budget_fragments!(),
    "query Budget($name: String!) { budget(name: $name) { ",
    "group { name displayName tier aggregation maintenanceIsDown members budget { ...BudgetFields } ",
    "place { file line column endLine } } ",
    "burnDown { at remainingMs } incidents { ...IncidentFields } incidentsTotal down { from to } windows ",
    window_fields!(),
    " members { path budget { ...BudgetFields } } } }"
);

/// Answer of [`BUDGET`].
#[derive(Deserialize)]
pub struct BudgetData {
    /// The group.
    pub budget: BudgetDetailShape,
}
