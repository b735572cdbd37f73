//! What is told outside: the queue, and what was told as begun.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{
    Store,
    load::said,
    script::{Script, parted},
};
use crate::domain::{
    attention::telling::{Episode, Topic},
    time::Timestamp,
};

/// How it stands with something that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Not there yet.
    Waiting,
    /// The receiver said yes.
    Delivered,
    /// It is too old.
    GivenUp,
}

impl DeliveryState {
    /// `waiting`, `delivered` or `given_up`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    fn parse(word: &str) -> Result<Self, String> {
        [Self::Waiting, Self::Delivered, Self::GivenUp]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| format!("`{word}` is no state of a delivery"))
    }
}

/// Something told to one receiver, or waiting to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Stays the same however often it is tried.
    pub id: String,
    /// Name of the receiver.
    pub receiver: String,
    /// The topic's word, or another kind.
    pub kind: String,
    /// What is sent, as it is.
    pub body: String,
    /// When it became true.
    pub made_at: Timestamp,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due: Option<Timestamp>,
    /// When it was delivered or given up.
    pub finished_at: Option<Timestamp>,
    /// What the last failure was.
    pub said: String,
}

/// What was told as begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Names the episode in its begin and its end.
    pub id: String,
    /// When it began.
    pub since: Timestamp,
    /// When that was told.
    pub told_at: Timestamp,
}

/// What a batch writes.
#[derive(Default)]
pub struct TellingRows {
    /// None: its end was told.
    pub episodes: BTreeMap<Episode, Option<Told>>,
    /// New ones, and what became of old ones; the last of each counts.
    pub deliveries: BTreeMap<(String, String), Delivery>,
    /// Receivers that are not declared any more: what waits for others than these is given up.
    pub only_for: Option<(Vec<String>, Timestamp)>,
}

impl TellingRows {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.episodes.is_empty() && self.deliveries.is_empty() && self.only_for.is_none()
    }

    /// Put a delivery into the queue, or say what became of it.
    pub fn put(&mut self, delivery: Delivery) {
        self.deliveries.insert((delivery.receiver.clone(), delivery.id.clone()), delivery);
    }

    pub(super) fn save(self, to: &mut Script) {
        let (begun, ended) = parted(self.episodes);
        to.put(
            "INSERT INTO told_episode (topic, name, id, since, told_at) ",
            " ON CONFLICT (topic, name) DO UPDATE SET id = excluded.id, since = excluded.since, \
             told_at = excluded.told_at",
            begun,
            |q, (episode, told)| {
                q.push_bind(episode.topic.word())
                    .push_bind(episode.name)
                    .push_bind(told.id)
                    .push_bind(told.since.ms())
                    .push_bind(told.told_at.ms());
            },
        );
        to.put("DELETE FROM told_episode WHERE (topic, name) IN (", ")", ended, |q, episode| {
            q.push_bind(episode.topic.word()).push_bind(episode.name);
        });
        let deliveries: Vec<_> = self.deliveries.into_values().collect();
        to.put(
            "INSERT INTO delivery (id, receiver, kind, body, made_at, state, attempts, due, finished_at, said) ",
            " ON CONFLICT (receiver, id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, \
             due = excluded.due, finished_at = excluded.finished_at, said = excluded.said",
            deliveries,
            |q, d| {
                q.push_bind(d.id)
                    .push_bind(d.receiver)
                    .push_bind(d.kind)
                    .push_bind(d.body)
                    .push_bind(d.made_at.ms())
                    .push_bind(d.state.word())
                    .push_bind(i64::from(d.attempts))
                    .push_bind(d.due.map(Timestamp::ms))
                    .push_bind(d.finished_at.map(Timestamp::ms))
                    .push_bind(d.said);
            },
        );
        if let Some((names, at)) = &self.only_for {
            give_up_others(to, names, *at);
        }
    }
}

/// What waits for a receiver that is not among `names` will never be taken.
fn give_up_others(to: &mut Script, names: &[String], at: Timestamp) {
    let others = " AND receiver <> ?".repeat(names.len());
    let update = "UPDATE delivery SET state = 'given_up', due = NULL, said = ?, finished_at = ? WHERE due IS NOT NULL";
    to.run(&format!("{update}{others}"), |q| {
        q.push_bind("the receiver is not in the settings any more").push_bind(at.ms());
        names.iter().for_each(|name| {
            q.push_bind(name.as_str());
        });
    });
}

/// Asked after each delivery, by each receiver.
pub(super) const NEXT_DELIVERY: &str = "SELECT id, receiver, kind, body, made_at, state, attempts, due, finished_at, said FROM delivery \
     WHERE receiver = $1 AND due IS NOT NULL ORDER BY due, made_at, id LIMIT 1";

#[derive(FromRow)]
struct DeliveryColumns {
    id: String,
    receiver: String,
    kind: String,
    body: String,
    made_at: i64,
    state: String,
    attempts: i64,
    due: Option<i64>,
    finished_at: Option<i64>,
    said: String,
}

impl DeliveryColumns {
    fn read(self) -> Result<Delivery, String> {
        Ok(Delivery {
            state: DeliveryState::parse(&self.state)?,
            id: self.id,
            receiver: self.receiver,
            kind: self.kind,
            body: self.body,
            made_at: Timestamp::from_ms(self.made_at),
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            due: self.due.map(Timestamp::from_ms),
            finished_at: self.finished_at.map(Timestamp::from_ms),
            said: self.said,
        })
    }
}

impl Store {
    /// What was told as begun and not yet as ended.
    pub(super) async fn load_episodes(&self) -> Result<BTreeMap<Episode, Told>, String> {
        let rows: Vec<(String, String, String, i64, i64)> =
            sqlx::query_as("SELECT topic, name, id, since, told_at FROM told_episode")
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        let read = |(topic, name, id, since, told_at): (String, String, String, i64, i64)| {
            let topic = Topic::parse(&topic).ok_or_else(|| format!("`{topic}` is nothing that is told"))?;
            let (since, told_at) = (Timestamp::from_ms(since), Timestamp::from_ms(told_at));
            Ok((Episode { topic, name }, Told { id, since, told_at }))
        };
        rows.into_iter().map(read).collect()
    }

    /// What is to be sent to `receiver` next, with when.
    ///
    /// # Errors
    /// What the database said.
    pub async fn next_delivery(&self, receiver: &str) -> Result<Option<Delivery>, String> {
        let row: Option<DeliveryColumns> =
            sqlx::query_as(NEXT_DELIVERY).bind(receiver).fetch_optional(&self.readers).await.map_err(said)?;
        row.map(DeliveryColumns::read).transpose()
    }

    /// Receivers in whose queue something of this id is or was.
    ///
    /// # Errors
    /// What the database said.
    pub async fn receivers_of(&self, id: &str) -> Result<Vec<String>, String> {
        let found = sqlx::query_scalar("SELECT receiver FROM delivery WHERE id = $1").bind(id);
        found.fetch_all(&self.readers).await.map_err(said)
    }

    /// The newest `limit` deliveries, newest first; without their bodies.
    ///
    /// # Errors
    /// What the database said.
    pub async fn deliveries(&self, limit: u32) -> Result<Vec<Delivery>, String> {
        let rows: Vec<DeliveryColumns> = sqlx::query_as(
            "SELECT id, receiver, kind, '' AS body, made_at, state, attempts, due, finished_at, said FROM delivery \
             ORDER BY made_at DESC, id DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(said)?;
        rows.into_iter().map(DeliveryColumns::read).collect()
    }
}
