//! Budgets in detail.

use serde::Deserialize;

use super::windows::window_fields;
use crate::client::wire::sla::{BudgetDetailShape, GroupShape};

/// Fields of a group.
macro_rules! group_fields {
    () => {
        "{ name displayName tier aggregation maintenanceIsDown members budget { ...BudgetFields } \
         place { file line column endLine } } "
    };
}

/// Fields of a budget.
macro_rules! budget_fragment {
    () => {
        "fragment BudgetFields on Budget { targetMillionths period from asOf spanMs uptimeMillionths \
         worstCaseMillionths coverageMillionths allowedMs downMs maintenanceMs burns { windowMs thousandths } \
         alerts { severity longMs shortMs factorThousandths firing reachable } state exhaustion { kind inMs since } \
         exhaustedIfDownAt } "
    };
}

/// Fields of an incident.
macro_rules! incident_fragment {
    () => {
        "fragment IncidentFields on Incident { path from to worst message outbreaks otherMs cause } "
    };
}
pub(super) use {budget_fragment, incident_fragment};

/// Every group.
pub const BUDGETS: &str = concat!(budget_fragment!(), "query Budgets { budgets ", group_fields!(), "}");

/// Answer of [`BUDGETS`].
#[derive(Deserialize)]
pub struct BudgetsData {
    /// By name.
    pub budgets: Vec<GroupShape>,
}

/// One group.
pub const BUDGET: &str = concat!(
    budget_fragment!(),
    incident_fragment!(),
    "query Budget($name: String!) { budget(name: $name) { group ",
    group_fields!(),
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
