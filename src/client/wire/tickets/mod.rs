//! Tickets, their workflows and the catalog; [`history`] is what happened to one and what can be done now.

mod history;

use std::sync::Arc;

use serde::Deserialize;

pub use history::{EntryShape, OfferShape, RehearsedShape};

use super::{At, Line, Path, Text, Word, gitops::PlaceShape, health::moment, many, optional};
use crate::domain::{
    access::UserId,
    change::Actor,
    health::Status,
    hierarchy::ScopedName,
    tickets::{
        Catalog, Category, Cause, Clock, Clocks, Group, Item, Priority, Role, Ticket, TicketStatus, Transition,
        Workflow,
    },
};

/// Who caused something.
#[derive(Deserialize)]
pub struct ActorShape {
    kind: ActorKind,
    #[serde(default)]
    id: Option<Line>,
    #[serde(default)]
    name: Line,
    #[serde(default)]
    revision: Option<Line>,
}

/// What kind of cause.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// Somebody signed in.
    User,
    /// A key or an agent.
    Reporter,
    /// The repository.
    Git,
    /// The core.
    System,
}

/// A work item.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketShape {
    number: u64,
    version: u64,
    title: Line,
    #[serde(default)]
    description: Text,
    service: Option<Path>,
    workflow: WorkflowShape,
    revision: Option<Line>,
    item: Option<Line>,
    requester: ActorShape,
    assignee: Option<AssigneeShape>,
    assignee_group: Option<Line>,
    priority: Word<Priority>,
    status: Word<TicketStatus>,
    automatic: bool,
    cause: Option<CauseShape>,
    folded_into: Option<u64>,
    opened_at: At,
    updated_at: At,
    clocks: ClocksShape,
    comments: u32,
}

/// The trouble it is about.
#[derive(Deserialize)]
pub struct CauseShape {
    since: At,
    status: Word<Status>,
    #[serde(default)]
    message: Text,
    #[serde(default)]
    reporter: Line,
}

/// Who works on it.
#[derive(Deserialize)]
pub struct AssigneeShape {
    id: Line,
    name: Line,
}

/// Response and resolution.
#[derive(Deserialize)]
pub struct ClocksShape {
    response: ClockShape,
    resolution: ClockShape,
}

/// One promise.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClockShape {
    allowed_ms: i64,
    used_ms: i64,
    running_since: Option<At>,
    #[serde(default)]
    is_fixed: bool,
    breached_since: Option<At>,
}

/// A workflow as declared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowShape {
    name: Line,
    display_name: Line,
    transitions: Vec<TransitionShape>,
    place: Option<PlaceShape>,
}

/// One arrow.
#[derive(Deserialize)]
pub struct TransitionShape {
    from: Word<TicketStatus>,
    to: Word<TicketStatus>,
    role: Line,
    place: Option<PlaceShape>,
}

/// Categories and items.
#[derive(Deserialize, Default)]
pub struct CatalogShape {
    #[serde(default)]
    categories: Vec<CategoryShape>,
    #[serde(default)]
    items: Vec<ItemShape>,
}

/// A tab of the catalog.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryShape {
    name: Line,
    display_name: Line,
    place: Option<PlaceShape>,
}

/// A card of the catalog.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemShape {
    name: Line,
    category: Line,
    display_name: Line,
    #[serde(default)]
    description: Text,
    workflow: Line,
    priority: Option<Word<Priority>>,
    assignee_group: Option<Line>,
    response_minutes: Option<u32>,
    resolution_minutes: Option<u32>,
    place: Option<PlaceShape>,
}

/// A declared group.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupShape {
    name: Line,
    #[serde(default)]
    users: Vec<Line>,
    ldap_group: Option<Line>,
    place: Option<PlaceShape>,
}

impl From<ActorShape> for Actor {
    fn from(a: ActorShape) -> Self {
        match a.kind {
            ActorKind::User => Self::User { id: UserId(optional(a.id).unwrap_or_default()), name: a.name.0 },
            ActorKind::Reporter => Self::Reporter(a.name.0),
            ActorKind::Git => Self::Git(optional(a.revision)),
            ActorKind::System => Self::System,
        }
    }
}

impl From<TicketShape> for Ticket {
    fn from(t: TicketShape) -> Self {
        Self {
            number: t.number,
            version: t.version,
            title: t.title.0,
            description: t.description.0,
            service: t.service.map(|p| p.0),
            revision: optional(t.revision),
            workflow: Arc::new(t.workflow.into()),
            item: optional(t.item),
            requester: t.requester.into(),
            assignee: t.assignee.map(|a| (UserId(a.id.0), a.name.0)),
            assignee_group: optional(t.assignee_group),
            priority: t.priority.0,
            status: t.status.0,
            automatic: t.automatic,
            cause: t.cause.map(Into::into),
            folded_into: t.folded_into,
            opened_at: t.opened_at.0,
            updated_at: t.updated_at.0,
            clocks: Clocks { response: t.clocks.response.into(), resolution: t.clocks.resolution.into() },
            comments: t.comments,
        }
    }
}

impl From<CauseShape> for Cause {
    fn from(c: CauseShape) -> Self {
        Self { since: c.since.0, status: c.status.0, message: c.message.0, reporter: c.reporter.0 }
    }
}

impl From<ClockShape> for Clock {
    fn from(c: ClockShape) -> Self {
        Self {
            allowed_ms: c.allowed_ms,
            used_ms: c.used_ms,
            running_since: moment(c.running_since),
            is_fixed: c.is_fixed,
            breached_since: moment(c.breached_since),
        }
    }
}

impl From<WorkflowShape> for Workflow {
    fn from(w: WorkflowShape) -> Self {
        let arrow = |t: TransitionShape| Transition {
            from: t.from.0,
            to: t.to.0,
            role: Role::parse(&t.role.0),
            place: t.place.map(Into::into),
        };
        Self {
            name: ScopedName::full(w.name.0),
            display_name: w.display_name.0,
            transitions: w.transitions.into_iter().map(arrow).collect(),
            place: w.place.map(Into::into),
        }
    }
}

impl From<CatalogShape> for Catalog {
    fn from(c: CatalogShape) -> Self {
        let category = |c: CategoryShape| Category {
            name: c.name.0,
            display_name: c.display_name.0,
            place: c.place.map(Into::into),
        };
        let items = c.items.into_iter().map(Item::from);
        Self {
            categories: c.categories.into_iter().map(category).collect(),
            items: items.map(|i| (i.name.as_str().to_owned(), i)).collect(),
        }
    }
}

impl From<ItemShape> for Item {
    fn from(i: ItemShape) -> Self {
        Self {
            name: ScopedName::full(i.name.0),
            category: i.category.0,
            display_name: i.display_name.0,
            description: i.description.0,
            workflow: i.workflow.0,
            priority: i.priority.map(|p| p.0),
            assignee_group: optional(i.assignee_group),
            response_minutes: i.response_minutes,
            resolution_minutes: i.resolution_minutes,
            place: i.place.map(Into::into),
        }
    }
}

impl From<GroupShape> for Group {
    fn from(g: GroupShape) -> Self {
        Self {
            name: ScopedName::full(g.name.0),
            users: many(g.users),
            ldap_group: optional(g.ldap_group),
            place: g.place.map(Into::into),
        }
    }
}
