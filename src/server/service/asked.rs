//! A write under an idempotency key, to be known again when it comes twice.

use super::batch::Batch;
use crate::{
    domain::refusal::{Refusal, RefusalCode},
    server::{
        auth::{digest, hex},
        store::idempotency::{Answer, Answered, KEY_KEPT_MS},
    },
};

/// Longest idempotency key, in bytes.
const KEY_LIMIT: usize = 200;

/// Who asked for what, under which key.
pub(super) struct Asked {
    name: (String, String),
    body_hash: String,
}

impl Asked {
    /// `caller` asks for what `body` says in full.
    ///
    /// # Errors
    /// `invalid` for an empty or oversized key.
    pub(super) fn new(caller: &str, key: &str, body: &str) -> Result<Self, Refusal> {
        if key.is_empty() || key.len() > KEY_LIMIT {
            let reason = format!("a write needs an idempotency key of 1 to {KEY_LIMIT} bytes");
            return Err(Refusal::new(RefusalCode::Invalid, reason));
        }
        Ok(Self { name: (caller.to_owned(), key.to_owned()), body_hash: hex(&digest(body)) })
    }

    /// What was answered the first time; none when it was not asked for before.
    ///
    /// # Errors
    /// `idempotency_key_reused` when the same key came with another body.
    pub(super) fn before<T: Answer>(&self, batch: &Batch<'_>) -> Result<Option<T>, Refusal> {
        match found::<T>(batch, &self.name) {
            Some(known) if known.body_hash != self.body_hash => {
                let reason = format!("the idempotency key {} was used for another request", self.name.1);
                Err(Refusal::new(RefusalCode::KeyReused, reason))
            }
            known => Ok(known.map(|known| known.answer.clone())),
        }
    }

    /// It was done, and this is the answer.
    pub(super) fn remember<T: Answer>(self, batch: &mut Batch<'_>, answer: T) {
        let (caller, key) = self.name.clone();
        let row = Answered { body_hash: self.body_hash.clone(), answer: batch.text(&answer), at: batch.now };
        batch.rows.idempotency.insert((T::ABOUT, caller, key), row);
        let known = Answered { body_hash: self.body_hash, answer, at: batch.now };
        T::among_mut(&mut batch.truth.writes).insert(self.name, known);
    }
}

/// What `caller` was answered under `key`, as long as it is remembered; none when it never arrived.
pub(super) fn answer<T: Answer>(batch: &Batch<'_>, caller: &str, key: &str) -> Option<T> {
    found::<T>(batch, &(caller.to_owned(), key.to_owned())).map(|known| known.answer.clone())
}

fn found<'a, T: Answer + 'a>(batch: &'a Batch<'_>, name: &(String, String)) -> Option<&'a Answered<T>> {
    T::among(&batch.truth.writes).get(name).filter(|known| batch.now.since(known.at) < KEY_KEPT_MS)
}
