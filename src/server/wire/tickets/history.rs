//! What happened to a ticket, by what right, and what can be done to it now.

use async_graphql::SimpleObject;
use serde::Serialize;

use super::{ActorView, PlaceView, TicketView, Time};
use crate::domain::{
    detail::Rehearsed,
    tickets::{Entry, EntryKind, Explanation, Grant, Membership, Offer, Role},
};

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
    /// `opened`, `moved`, `assigned`, `handed_over`, `prioritised`, `commented` or `breached`.
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
    /// The group that got it, for `handed_over`.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// `response` or `resolution`, for `breached`.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<&'static str>,
    /// When the clock ran out, for `breached`.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    /// The declaration that allowed it, a line of the ticket's own revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_by: Option<PlaceView>,
    /// Commit in force at that moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    /// By what right, as it was decided then.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantView>,
}

/// By what right somebody did something, as it was decided at that moment.
#[derive(Serialize, SimpleObject)]
#[graphql(name = "Grant")]
pub struct GrantView {
    /// The role that the declaration asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// How a group was resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<ExplanationView>,
    /// What covered it on the platform's side.
    right: String,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<String>,
    /// `direct`, `inherited`, `superadmin`, `platform`, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<&'static str>,
    /// The group further up that lists the caller, for `inherited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from: Option<String>,
    /// The same in words.
    sentence: String,
}

/// What an act would come to for one ticket as it is now.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "Rehearsed")]
pub struct RehearsedView {
    /// Which one.
    number: u64,
    /// As it is now; none when there is none.
    ticket: Option<TicketView>,
    /// Whether its service is in production.
    is_production: bool,
    /// Whether it would be done.
    allowed: bool,
    /// In which role or group.
    acts_as: Option<String>,
    /// Code of the refusal.
    code: Option<&'static str>,
    /// Why not, in words.
    reason: Option<String>,
    /// By what right it would be done.
    grant: Option<GrantView>,
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

impl From<Entry> for EntryView {
    fn from(e: Entry) -> Self {
        let word = |word: &str| Some(word.to_owned());
        let said = |text: String| (!text.is_empty()).then_some(text);
        let (mut group, mut clock, mut since) = (None, None, None);
        let (kind, from, to, text) = match e.kind {
            EntryKind::Opened => ("opened", None, None, None),
            EntryKind::Moved { from, to, comment } => ("moved", word(from.word()), word(to.word()), said(comment)),
            EntryKind::Assigned { from, to } => ("assigned", from, to, None),
            EntryKind::HandedOver { from, to, group: given, note } => {
                group = given;
                ("handed_over", from, to, said(note))
            }
            EntryKind::Prioritised { from, to } => ("prioritised", word(from.word()), word(to.word()), None),
            EntryKind::Commented { text } => ("commented", None, None, Some(text)),
            EntryKind::Breached { clock: which, since: at } => {
                (clock, since) = (Some(which.word()), Some(Time(at)));
                ("breached", None, None, None)
            }
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
            group,
            clock,
            since,
            allowed_by: e.allowed_by.map(Into::into),
            revision: e.revision,
            grant: e.grant.map(Into::into),
        }
    }
}

impl From<Grant> for GrantView {
    fn from(g: Grant) -> Self {
        let role = g.role.as_ref().map(Role::word).map(str::to_owned);
        Self { role, explanation: g.explanation.map(Into::into), right: g.right }
    }
}

impl From<Rehearsed> for RehearsedView {
    fn from(r: Rehearsed) -> Self {
        let allowed = r.verdict.is_ok();
        let (done, refusal) = match r.verdict {
            Ok(done) => (Some(done), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let (acts_as, grant) = done.unzip();
        Self {
            number: r.number,
            ticket: r.ticket.map(Into::into),
            is_production: r.is_production,
            allowed,
            acts_as,
            code: refusal.as_ref().map(|r| r.code.word()),
            reason: refusal.map(|r| r.reason),
            grant: grant.map(Into::into),
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
