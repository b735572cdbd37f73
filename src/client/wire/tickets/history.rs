//! What happened to a ticket, by what right, and what can be done to it now.

use serde::{Deserialize, de::Error as _};

use super::{ActorShape, TicketShape};
use crate::{
    client::wire::{At, Line, Text, Word, gitops::PlaceShape, health::moment, many, optional},
    domain::{
        detail::Rehearsed,
        refusal::{Refusal, RefusalCode},
        tickets::{ClockKind, Entry, EntryKind, Explanation, Grant, Membership, Offer, Priority, Role, TicketStatus},
    },
};

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
    group: Option<Line>,
    clock: Option<Line>,
    since: Option<At>,
    allowed_by: Option<PlaceShape>,
    revision: Option<Line>,
    grant: Option<GrantShape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryWord {
    Opened,
    Moved,
    Assigned,
    HandedOver,
    Prioritised,
    Commented,
    Breached,
}

/// By what right.
#[derive(Deserialize)]
pub struct GrantShape {
    role: Option<Line>,
    explanation: Option<ExplanationShape>,
    #[serde(default)]
    right: Line,
}

/// How a group was resolved.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplanationShape {
    tried: Vec<Line>,
    matched: Option<Line>,
    membership: Option<Line>,
    inherited_from: Option<Line>,
}

/// One arrow out of a ticket's status, as the core judges it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferShape {
    to: Word<TicketStatus>,
    role: Line,
    acts_as: Option<Line>,
    code: Option<Line>,
    #[serde(default)]
    reason: Option<Text>,
    explanation: Option<ExplanationShape>,
    place: Option<PlaceShape>,
}

/// What an act would come to for one ticket.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RehearsedShape {
    number: u64,
    ticket: Option<TicketShape>,
    is_production: bool,
    acts_as: Option<Line>,
    code: Option<Line>,
    #[serde(default)]
    reason: Option<Text>,
    grant: Option<GrantShape>,
}

impl TryFrom<RawEntry> for EntryShape {
    type Error = serde_json::Error;

    fn try_from(e: RawEntry) -> Result<Self, Self::Error> {
        let text = e.text.map(|t| t.0).unwrap_or_default();
        let kind = match e.kind {
            EntryWord::Opened => EntryKind::Opened,
            EntryWord::Commented => EntryKind::Commented { text },
            EntryWord::Assigned => EntryKind::Assigned { from: optional(e.from), to: optional(e.to) },
            EntryWord::HandedOver => EntryKind::HandedOver {
                from: optional(e.from),
                to: optional(e.to),
                group: optional(e.group),
                note: text,
            },
            EntryWord::Breached => EntryKind::Breached {
                clock: word(e.clock, ClockKind::parse)?,
                since: moment(e.since).unwrap_or(e.at.0),
            },
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
            grant: e.grant.map(Into::into),
        }))
    }
}

fn word<T>(given: Option<Line>, parse: impl Fn(&str) -> Option<T>) -> Result<T, serde_json::Error> {
    let given = optional(given).unwrap_or_default();
    parse(&given).ok_or_else(|| serde_json::Error::custom(format!("`{given}` is not a word of a ticket's history")))
}

impl From<GrantShape> for Grant {
    fn from(g: GrantShape) -> Self {
        Self { role: g.role.map(|r| Role::parse(&r.0)), explanation: g.explanation.map(Into::into), right: g.right.0 }
    }
}

impl From<ExplanationShape> for Explanation {
    fn from(e: ExplanationShape) -> Self {
        let membership = match e.membership.as_ref().map(|m| m.0.as_str()) {
            Some("direct") => Some(Membership::Direct),
            Some("inherited") => Some(Membership::Inherited(optional(e.inherited_from).unwrap_or_default())),
            Some("superadmin") => Some(Membership::Superadmin),
            Some("platform") => Some(Membership::Platform),
            _ => None,
        };
        Self { tried: many(e.tried), matched: optional(e.matched), membership }
    }
}

impl From<OfferShape> for Offer {
    fn from(o: OfferShape) -> Self {
        let verdict = o.acts_as.map(|l| l.0).ok_or_else(|| refusal(o.code, o.reason));
        Self {
            to: o.to.0,
            role: Role::parse(&o.role.0),
            verdict,
            explanation: o.explanation.map(Into::into),
            place: o.place.map(Into::into),
        }
    }
}

impl From<RehearsedShape> for Rehearsed {
    fn from(r: RehearsedShape) -> Self {
        let grant = r.grant.map(Grant::from).unwrap_or_default();
        Self {
            number: r.number,
            ticket: r.ticket.map(Into::into),
            is_production: r.is_production,
            verdict: r.acts_as.map(|l| (l.0, grant)).ok_or_else(|| refusal(r.code, r.reason)),
        }
    }
}

/// A refusal as data; a code that this program does not know is no right.
fn refusal(code: Option<Line>, reason: Option<Text>) -> Refusal {
    let code = code.and_then(|c| RefusalCode::parse(&c.0)).unwrap_or(RefusalCode::Forbidden);
    Refusal::new(code, reason.map(|t| t.0).unwrap_or_default())
}
