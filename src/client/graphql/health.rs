//! Services in detail.

use serde::Deserialize;

use super::sla::{budget_fragment, incident_fragment};
use crate::client::wire::sla::ServiceDetailShape;

/// One service with its past.
pub const SERVICE: &str = concat!(
    budget_fragment!(),
    incident_fragment!(),
    "query Service($path: String!) { service(path: $path) { path timeline { at status } ",
    "budget { ...BudgetFields } incidents { ...IncidentFields } incidentsTotal } }"
);

/// Answer of [`SERVICE`].
#[derive(Deserialize)]
pub struct ServiceData {
    /// The service.
    pub service: ServiceDetailShape,
}
