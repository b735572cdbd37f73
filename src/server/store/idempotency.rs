//! Writes that must not be done twice: kept by caller and idempotency key with what was answered, for as long as a key is
//! remembered.

use std::collections::{BTreeMap, HashMap};

use super::{
    Store,
    encoding::{Stored, from_text},
    load::said,
    script::Script,
};
use crate::domain::{
    attention::Handled,
    tickets::Ticket,
    time::{DAY, Timestamp},
};

/// How long an idempotency key is remembered, in milliseconds.
pub const KEY_KEPT_MS: i64 = DAY;

/// A write that was done, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// Hex SHA-256 of what was asked.
    pub body_hash: String,
    /// The answer.
    pub answer: T,
    /// When.
    pub at: Timestamp,
}

/// By caller and key.
pub type Answers<T> = HashMap<(String, String), Answered<T>>;

/// The number of the window that a write made or stopped; what is answered is that window as it is by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowNumber(pub u64);

impl Stored for WindowNumber {
    type Form = u64;
    fn form(&self) -> u64 {
        self.0
    }
    fn back(form: u64) -> Result<Self, String> {
        Ok(Self(form))
    }
}

/// What is remembered of writes. A key of a caller stands for one write of each kind.
#[derive(Default)]
pub struct Writes {
    tickets: Answers<Ticket>,
    windows: Answers<WindowNumber>,
    problems: Answers<Option<Handled>>,
}

/// What a kind of write answers with.
pub trait Answer: Stored + Clone {
    /// Word for that kind on disk.
    const ABOUT: &'static str;

    /// All of that kind.
    fn among(writes: &Writes) -> &Answers<Self>;

    /// The same, to be added to.
    fn among_mut(writes: &mut Writes) -> &mut Answers<Self>;
}

macro_rules! answers {
    ($($answer:ty, $about:literal, $field:ident;)*) => {
        $(impl Answer for $answer {
            const ABOUT: &'static str = $about;
            fn among(writes: &Writes) -> &Answers<Self> {
                &writes.$field
            }
            fn among_mut(writes: &mut Writes) -> &mut Answers<Self> {
                &mut writes.$field
            }
        })*

        impl Writes {
            /// Forget what was done before `oldest`.
            pub fn forget_before(&mut self, oldest: Timestamp) {
                $(self.$field.retain(|_, known| known.at >= oldest);)*
            }

            fn take(&mut self, about: &str, name: (String, String), row: Answered<String>) -> Result<(), String> {
                match about {
                    $($about => drop(self.$field.insert(name, row.read()?)),)*
                    _ => return Err(format!("`{about}` is no kind of write")),
                }
                Ok(())
            }
        }
    };
}
answers! {
    Ticket, "ticket", tickets;
    WindowNumber, "window", windows;
    Option<Handled>, "problem", problems;
}

impl Answered<String> {
    fn read<T: Stored>(self) -> Result<Answered<T>, String> {
        Ok(Answered { body_hash: self.body_hash, answer: from_text(&self.answer)?, at: self.at })
    }
}

/// What a batch remembers; answers are JSON. By kind, caller and key.
pub type IdempotencyRows = BTreeMap<(&'static str, String, String), Answered<String>>;

pub(super) fn save(rows: &IdempotencyRows, to: &mut Script) {
    let rows: Vec<_> = rows.iter().collect();
    to.put(
        "INSERT INTO idempotency (about, caller, name, body_hash, answer, at) ",
        " ON CONFLICT (about, caller, name) DO UPDATE SET body_hash = excluded.body_hash, answer = excluded.answer, \
         at = excluded.at",
        &rows,
        |q, ((about, caller, name), row)| {
            q.push_bind(*about)
                .push_bind(caller.as_str())
                .push_bind(name.as_str())
                .push_bind(row.body_hash.as_str())
                .push_bind(row.answer.as_str())
                .push_bind(row.at.ms());
        },
    );
}

impl Store {
    /// What is remembered of writes at `now`.
    pub(super) async fn load_writes(&self, now: Timestamp) -> Result<Writes, String> {
        let rows: Vec<(String, String, String, String, String, i64)> =
            sqlx::query_as("SELECT about, caller, name, body_hash, answer, at FROM idempotency WHERE at >= $1")
                .bind(now.plus(-KEY_KEPT_MS).ms())
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        let mut writes = Writes::default();
        for (about, caller, name, body_hash, answer, at) in rows {
            let said = format!("answer to {name}");
            let row = Answered { body_hash, answer, at: Timestamp::from_ms(at) };
            writes.take(&about, (caller, name), row).map_err(|e| format!("{said}: {e}"))?;
        }
        Ok(writes)
    }
}
