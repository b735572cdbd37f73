//! Tickets, their workflows and the catalog.

use std::sync::Arc;

use serde::{Deserialize, de::Error as _};

use super::{At, Line, Path, Text, Word, gitops::PlaceShape, health::moment, many, optional};
use crate::domain::{
    access::UserId,
    change::Actor,
    hierarchy::ScopedName,
    tickets::{
        Catalog, Category, Clock, Clocks, Entry, EntryKind, Group, Item, Priority, Role, Ticket, TicketStatus,
        Transition, Workflow,
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
    item: Option<Line>,
    requester: ActorShape,
    assignee: Option<AssigneeShape>,
    assignee_group: Option<Line>,
    priority: Word<Priority>,
    status: Word<TicketStatus>,
    automatic: bool,
    opened_at: At,
    updated_at: At,
    clocks: ClocksShape,
    comments: u32,
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

/// One line of history.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", try_from = "RawEntry")]
pub struct EntryShape(pub Entry);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    index: u32,
    at: At,
    actor: ActorShape,
    #[serde(default)]
    acted_as: Line,
    version: u64,
    kind: EntryWord,
    from: Option<Line>,
    to: Option<Line>,
    #[serde(default)]
    text: Option<Text>,
    allowed_by: Option<PlaceShape>,
    revision: Option<Line>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum EntryWord {
    Opened,
    Moved,
    Assigned,
    Prioritised,
    Commented,
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
            workflow: Arc::new(t.workflow.into()),
            item: optional(t.item),
            requester: t.requester.into(),
            assignee: t.assignee.map(|a| (UserId(a.id.0), a.name.0)),
            assignee_group: optional(t.assignee_group),
            priority: t.priority.0,
            status: t.status.0,
            automatic: t.automatic,
            opened_at: t.opened_at.0,
            updated_at: t.updated_at.0,
            clocks: Clocks { response: t.clocks.response.into(), resolution: t.clocks.resolution.into() },
            comments: t.comments,
        }
    }
}

impl From<ClockShape> for Clock {
    fn from(c: ClockShape) -> Self {
        Self { allowed_ms: c.allowed_ms, used_ms: c.used_ms, running_since: moment(c.running_since) }
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

impl TryFrom<RawEntry> for EntryShape {
    type Error = serde_json::Error;

    fn try_from(e: RawEntry) -> Result<Self, Self::Error> {
        let text = e.text.map(|t| t.0).unwrap_or_default();
        let kind = match e.kind {
            EntryWord::Opened => EntryKind::Opened,
            EntryWord::Commented => EntryKind::Commented { text },
            EntryWord::Assigned => EntryKind::Assigned { from: optional(e.from), to: optional(e.to) },
            EntryWord::Moved => EntryKind::Moved {
                from: word(e.from, TicketStatus::parse)?,
                to: word(e.to, TicketStatus::parse)?,
                comment: text,
            },
            EntryWord::Prioritised => {
                EntryKind::Prioritised { from: word(e.from, Priority::parse)?, to: word(e.to, Priority::parse)? }
            }
        };
        Ok(Self(Entry {
            index: e.index,
            at: e.at.0,
            actor: e.actor.into(),
            acted_as: e.acted_as.0,
            version: e.version,
            kind,
            allowed_by: e.allowed_by.map(Into::into),
            revision: optional(e.revision),
        }))
    }
}

fn word<T>(given: Option<Line>, parse: impl Fn(&str) -> Option<T>) -> Result<T, serde_json::Error> {
    let given = optional(given).unwrap_or_default();
    parse(&given).ok_or_else(|| serde_json::Error::custom(format!("`{given}` is not a word of a ticket's history")))
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
