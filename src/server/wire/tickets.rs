//! Tickets, their workflows and the catalog.

use std::sync::Arc;

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{Long, Time, gitops::PlaceView};
use crate::domain::{
    change::Actor,
    tickets::{
        Catalog, Clock, Entry, EntryKind, Explanation, Group, Item, Membership, Offer, Ticket, Transition, Workflow,
    },
};

/// Who caused something.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Actor")]
pub struct ActorView {
    /// `user`, `reporter`, `git` or `system`.
    kind: &'static str,
    /// A user's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The name to show.
    name: String,
    /// The commit, for `git`.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
}

/// A work item.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Ticket")]
pub struct TicketView {
    /// Counted from 1.
    number: u64,
    /// Counts every change but comments; a change carries the version it saw.
    version: u64,
    /// One line.
    title: String,
    /// May be empty, may have several lines.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    /// Path of the service it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// The workflow as it was declared when the ticket was opened.
    workflow: WorkflowView,
    /// Full name of the catalog item it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    /// Who asked.
    requester: ActorView,
    /// Who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<AssigneeView>,
    /// Short name of the group that gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_group: Option<String>,
    /// `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    priority: &'static str,
    /// `OPEN`, `IN_PROGRESS`, `RESOLVED` or `CLOSED`.
    status: &'static str,
    /// Whether the system opened it.
    automatic: bool,
    /// When it was opened.
    opened_at: Time,
    /// When anything last changed.
    updated_at: Time,
    /// Response and resolution.
    clocks: ClocksView,
    /// How many comments it has.
    comments: u32,
}

/// Who works on a ticket.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Assignee")]
pub struct AssigneeView {
    /// Identity.
    id: String,
    /// Login name.
    name: String,
}

/// The two promises of a ticket.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Clocks")]
pub struct ClocksView {
    /// Stops for good at the first leaving of OPEN.
    response: ClockView,
    /// Stands while RESOLVED or CLOSED.
    resolution: ClockView,
}

/// One promise.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Clock")]
pub struct ClockView {
    /// Time allowed, in milliseconds.
    allowed_ms: Long,
    /// Time used before `runningSince`, in milliseconds.
    used_ms: Long,
    /// Since when it runs; none while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    running_since: Option<Time>,
}

/// A workflow as one revision declares it.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Workflow")]
pub struct WorkflowView {
    /// Full name.
    name: String,
    /// Label.
    display_name: String,
    /// In order of declaration.
    transitions: Vec<TransitionView>,
    /// Where it is declared; none for built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

/// One arrow of a workflow.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Transition")]
pub struct TransitionView {
    /// Source status.
    from: &'static str,
    /// Target status.
    to: &'static str,
    /// `assignee`, `requester`, `any`, or the name of a group.
    role: String,
    /// Its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

/// One line of a ticket's history.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Entry")]
pub struct EntryView {
    /// Counted from 1 within the ticket.
    index: u32,
    /// When.
    at: Time,
    /// Who.
    actor: ActorView,
    /// In which role or group; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    acted_as: String,
    /// The ticket's version after it.
    version: u64,
    /// `opened`, `moved`, `assigned`, `prioritised` or `commented`.
    kind: &'static str,
    /// Status, assignee or priority before.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Status, assignee or priority after.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The declaration that allowed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_by: Option<PlaceView>,
    /// Commit in force at that moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
}

/// One arrow out of a ticket's status, judged for the caller.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Offer")]
pub struct OfferView {
    /// Where it leads.
    to: &'static str,
    /// Who may.
    role: String,
    /// Whether the caller may follow it.
    allowed: bool,
    /// In which role or group he would act.
    acts_as: Option<String>,
    /// Code of the refusal.
    code: Option<&'static str>,
    /// Why not, in words.
    reason: Option<String>,
    /// How a group role was resolved.
    explanation: Option<ExplanationView>,
    /// The line that declares it.
    place: Option<PlaceView>,
}

/// How a group role was resolved for the caller.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Explanation")]
pub struct ExplanationView {
    /// Names tried, most specific first.
    tried: Vec<String>,
    /// The group that exists.
    matched: Option<String>,
    /// `direct`, `inherited`, `superadmin`, `platform`, or none.
    membership: Option<&'static str>,
    /// The group further up that lists the caller, for `inherited`.
    inherited_from: Option<String>,
    /// The same in words.
    sentence: String,
}

/// A ticket with its history and what the caller can do now.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "TicketDetail")]
pub struct TicketDetailView {
    /// As it is now.
    pub ticket: TicketView,
    /// Oldest first.
    pub history: Vec<EntryView>,
    /// Every arrow out of its status.
    pub transitions: Vec<OfferView>,
}

/// Categories and items.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Catalog")]
pub struct CatalogView {
    /// In order of declaration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<CategoryView>,
    /// By full name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<ItemView>,
}

/// A tab of the catalog.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Category")]
pub struct CategoryView {
    /// Stable name.
    name: String,
    /// Label.
    display_name: String,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

/// A card of the catalog.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Item")]
pub struct ItemView {
    /// Full name.
    name: String,
    /// Name of its category.
    category: String,
    /// Card title.
    display_name: String,
    /// Card subtitle; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    /// Name of its workflow as written.
    workflow: String,
    /// Preset priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<&'static str>,
    /// Short name of the group that gets the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_group: Option<String>,
    /// Promised first response, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_minutes: Option<u32>,
    /// Promised resolution, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_minutes: Option<u32>,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

/// A declared group.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Group")]
pub struct GroupView {
    /// Full name.
    name: String,
    /// Login names or e-mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<String>,
    /// Directory group whose members belong to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ldap_group: Option<String>,
    /// Where it is declared; none for built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView>,
}

impl From<Actor> for ActorView {
    fn from(a: Actor) -> Self {
        let name = a.name().to_owned();
        match a {
            Actor::User { id, .. } => Self { kind: "user", id: Some(id.0), name, revision: None },
            Actor::Reporter(_) => Self { kind: "reporter", id: None, name, revision: None },
            Actor::Git(revision) => Self { kind: "git", id: None, name, revision },
            Actor::System => Self { kind: "system", id: None, name, revision: None },
        }
    }
}

impl From<Ticket> for TicketView {
    fn from(t: Ticket) -> Self {
        Self {
            number: t.number,
            version: t.version,
            title: t.title,
            description: t.description,
            service: t.service.map(|p| p.as_str().to_owned()),
            workflow: Arc::unwrap_or_clone(t.workflow).into(),
            item: t.item,
            requester: t.requester.into(),
            assignee: t.assignee.map(|(id, name)| AssigneeView { id: id.0, name }),
            assignee_group: t.assignee_group,
            priority: t.priority.word(),
            status: t.status.word(),
            automatic: t.automatic,
            opened_at: Time(t.opened_at),
            updated_at: Time(t.updated_at),
            clocks: ClocksView { response: t.clocks.response.into(), resolution: t.clocks.resolution.into() },
            comments: t.comments,
        }
    }
}

impl From<Clock> for ClockView {
    fn from(c: Clock) -> Self {
        Self { allowed_ms: Long(c.allowed_ms), used_ms: Long(c.used_ms), running_since: c.running_since.map(Time) }
    }
}

impl From<Workflow> for WorkflowView {
    fn from(w: Workflow) -> Self {
        Self {
            name: w.name.as_str().to_owned(),
            display_name: w.display_name,
            transitions: w.transitions.into_iter().map(Into::into).collect(),
            place: w.place.map(Into::into),
        }
    }
}

impl From<Transition> for TransitionView {
    fn from(t: Transition) -> Self {
        Self { from: t.from.word(), to: t.to.word(), role: t.role.word().to_owned(), place: t.place.map(Into::into) }
    }
}

impl From<Entry> for EntryView {
    fn from(e: Entry) -> Self {
        let word = |word: &str| Some(word.to_owned());
        let (kind, from, to, text) = match e.kind {
            EntryKind::Opened => ("opened", None, None, None),
            EntryKind::Moved { from, to, comment } => {
                ("moved", word(from.word()), word(to.word()), (!comment.is_empty()).then_some(comment))
            }
            EntryKind::Assigned { from, to } => ("assigned", from, to, None),
            EntryKind::Prioritised { from, to } => ("prioritised", word(from.word()), word(to.word()), None),
            EntryKind::Commented { text } => ("commented", None, None, Some(text)),
        };
        Self {
            index: e.index,
            at: Time(e.at),
            actor: e.actor.into(),
            acted_as: e.acted_as,
            version: e.version,
            kind,
            from,
            to,
            text,
            allowed_by: e.allowed_by.map(Into::into),
            revision: e.revision,
        }
    }
}

impl From<Offer> for OfferView {
    fn from(o: Offer) -> Self {
        let allowed = o.is_allowed();
        let (acts_as, refusal) = match o.verdict {
            Ok(acts_as) => (Some(acts_as), None),
            Err(refusal) => (None, Some(refusal)),
        };
        Self {
            to: o.to.word(),
            role: o.role.word().to_owned(),
            allowed,
            acts_as,
            code: refusal.as_ref().map(|r| r.code.word()),
            reason: refusal.map(|r| r.reason),
            explanation: o.explanation.map(Into::into),
            place: o.place.map(Into::into),
        }
    }
}

impl From<Explanation> for ExplanationView {
    fn from(e: Explanation) -> Self {
        let sentence = e.sentence();
        let (membership, inherited_from) = match e.membership {
            None => (None, None),
            Some(Membership::Direct) => (Some("direct"), None),
            Some(Membership::Inherited(from)) => (Some("inherited"), Some(from)),
            Some(Membership::Superadmin) => (Some("superadmin"), None),
            Some(Membership::Platform) => (Some("platform"), None),
        };
        Self { tried: e.tried, matched: e.matched, membership, inherited_from, sentence }
    }
}

impl From<Catalog> for CatalogView {
    fn from(c: Catalog) -> Self {
        let category = |c: crate::domain::tickets::Category| CategoryView {
            name: c.name,
            display_name: c.display_name,
            place: c.place.map(Into::into),
        };
        Self {
            categories: c.categories.into_iter().map(category).collect(),
            items: c.items.into_values().map(Into::into).collect(),
        }
    }
}

impl From<Item> for ItemView {
    fn from(i: Item) -> Self {
        Self {
            name: i.name.as_str().to_owned(),
            category: i.category,
            display_name: i.display_name,
            description: i.description,
            workflow: i.workflow,
            priority: i.priority.map(crate::domain::tickets::Priority::word),
            assignee_group: i.assignee_group,
            response_minutes: i.response_minutes,
            resolution_minutes: i.resolution_minutes,
            place: i.place.map(Into::into),
        }
    }
}

impl From<Group> for GroupView {
    fn from(g: Group) -> Self {
        Self {
            name: g.name.as_str().to_owned(),
            users: g.users,
            ldap_group: g.ldap_group,
            place: g.place.map(Into::into),
        }
    }
}
