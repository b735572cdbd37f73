//! Exclusion windows.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{Time, tickets::ActorView};
use crate::domain::sla::ExclusionWindow;

/// A time that counts for neither up nor down.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "ExclusionWindow")]
pub struct WindowView {
    /// Stable number.
    id: u64,
    /// What `name` names: `service`, `node` or `group`.
    scope: &'static str,
    /// Path of the service or node, or short name of the group.
    name: String,
    /// First moment that does not count.
    from: Time,
    /// First moment that counts again; none: it lasts until it is stopped, and so far it counts until now. One that was
    /// stopped before it began, or taken back, ends where it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Time>,
    /// Why.
    reason: String,
    /// Who opened it.
    opened_by: ActorView,
    /// When it was opened; later than `from` where it was for the past.
    opened_at: Time,
    /// Who stopped it, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_by: Option<ActorView>,
    /// When it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<Time>,
}

impl From<ExclusionWindow> for WindowView {
    fn from(w: ExclusionWindow) -> Self {
        let (stopped_by, stopped_at) = w.stopped.unzip();
        Self {
            id: w.id,
            scope: w.scope.kind(),
            name: w.scope.name().to_owned(),
            from: Time(w.from),
            to: w.to.map(Time),
            reason: w.reason,
            opened_by: w.opened_by.into(),
            opened_at: Time(w.opened_at),
            stopped_by: stopped_by.map(Into::into),
            stopped_at: stopped_at.map(Time),
        }
    }
}
