//! What people said about problems, and how the telling goes.

use serde::{Deserialize, Serialize};

use super::{Stored, stored};
use crate::domain::{
    access::UserId,
    attention::{Handled, Handling, Reason, Subject, telling::FailingReceiver},
    time::Timestamp,
};

stored! {
    Handled as HandledForm {
        subject: Subject,
        reason: Reason,
        handling: Handling,
        by: (UserId, String),
        at: Timestamp,
    }
    FailingReceiver as FailingReceiverForm {
        name: String,
        address: String,
        since: Timestamp,
        given_up: u32,
        said: String,
    }
}

/// The written form of [`Subject`].
#[derive(Serialize, Deserialize)]
pub struct SubjectForm {
    kind: String,
    name: String,
}

impl Stored for Subject {
    type Form = SubjectForm;
    fn form(&self) -> SubjectForm {
        SubjectForm { kind: self.kind().to_owned(), name: self.name() }
    }
    fn back(form: SubjectForm) -> Result<Self, String> {
        Self::parse(&form.kind, &form.name)
    }
}

impl Stored for Handling {
    type Form = Option<i64>;
    /// Until when it is snoozed; none: it is acknowledged.
    fn form(&self) -> Option<i64> {
        self.until().map(Timestamp::ms)
    }
    fn back(form: Option<i64>) -> Result<Self, String> {
        Ok(form.map_or(Self::Acknowledged, |until| Self::Snoozed(Timestamp::from_ms(until))))
    }
}
