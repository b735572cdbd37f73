//! What people said about problems, and how the telling goes.

use serde::{Deserialize, de::Error as _};

use super::{At, Line, Word};
use crate::domain::{
    access::UserId,
    attention::{Concern, Handled, Handling, Lapse, Reason, Subject, telling::FailingReceiver},
    change::Fact,
};

/// What needs a person.
pub struct SubjectShape(pub Subject);

#[derive(Deserialize)]
struct SubjectFields {
    kind: Line,
    name: Line,
}

impl<'de> Deserialize<'de> for SubjectShape {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let fields = SubjectFields::deserialize(from)?;
        let subject = Subject::parse(&fields.kind.0, &fields.name.0);
        subject.map(Self).map_err(|why| D::Error::custom(super::line(&why)))
    }
}

/// A problem that somebody acknowledged or snoozed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HandledShape {
    subject: SubjectShape,
    reason: Word<Reason>,
    until: Option<At>,
    by_id: Line,
    by: Line,
    at: At,
}

/// A receiver that does not take what it is told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailingReceiverShape {
    name: Line,
    address: Line,
    since: At,
    given_up: u32,
    said: Line,
}

/// What was said about a problem no longer holds.
#[derive(Deserialize)]
pub struct LapseFact {
    subject: SubjectShape,
    concern: Word<Concern>,
    why: Word<Lapse>,
}

/// Receivers that fail.
#[derive(Deserialize)]
pub struct ReceiversFact {
    failing: Vec<FailingReceiverShape>,
}

impl From<HandledShape> for Handled {
    fn from(h: HandledShape) -> Self {
        Self {
            subject: h.subject.0,
            reason: h.reason.0,
            handling: h.until.map_or(Handling::Acknowledged, |until| Handling::Snoozed(until.0)),
            by: (UserId(h.by_id.0), h.by.0),
            at: h.at.0,
        }
    }
}

impl From<FailingReceiverShape> for FailingReceiver {
    fn from(r: FailingReceiverShape) -> Self {
        Self { name: r.name.0, address: r.address.0, since: r.since.0, given_up: r.given_up, said: r.said.0 }
    }
}

impl From<LapseFact> for Fact {
    fn from(l: LapseFact) -> Self {
        Self::HandlingLapsed { subject: l.subject.0, concern: l.concern.0, why: l.why.0 }
    }
}

impl From<ReceiversFact> for Fact {
    fn from(r: ReceiversFact) -> Self {
        Self::ReceiversChanged(r.failing.into_iter().map(Into::into).collect())
    }
}
