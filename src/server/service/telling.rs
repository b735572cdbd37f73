//! Telling outside: what begins or stops needing a person goes into a queue on disk in the transaction that made it true,
//! and from there to every receiver that wants it, by `server::jobs::deliveries`.

use std::sync::Arc;

use tokio::sync::watch;

use super::{
    Core, Failure, StartError,
    batch::Batch,
    settings::{CoreSettings, DAILY_REPORT},
};
use crate::{
    domain::{
        attention::telling::{Episode, FailingReceiver},
        change::{Actor, Fact},
        time::{HOUR, SECOND, Timestamp},
    },
    server::{
        auth::digest,
        outbound::{self, Call, Door, NotSent},
        store::telling::{Delivery, DeliveryState, Told},
        wire::telling::EventView,
    },
};

/// The first wait after a failure, in milliseconds; each further one is twice as long.
const FIRST_WAIT_MS: i64 = 10 * SECOND;
/// The longest wait, in milliseconds.
const LONGEST_WAIT_MS: i64 = HOUR;

/// Ways out to the receivers, and news of the queue.
pub(super) struct Telling {
    doors: Vec<Arc<ReceiverDoor>>,
    grew: watch::Sender<()>,
}

/// A receiver with its way out.
pub struct ReceiverDoor {
    /// Name in the settings.
    pub name: String,
    address: String,
    receiver: super::settings::Receiver,
    door: Door,
}

impl Telling {
    /// A way out for every receiver of the settings.
    pub(super) fn new(settings: &CoreSettings) -> Result<Self, StartError> {
        let door = |receiver: &super::settings::Receiver| {
            let (allowed, lookup) = (settings.outbound_allow.clone(), settings.outbound_lookup.clone());
            let door = Door::new(&receiver.url, allowed, &settings.outbound_authorities, lookup)
                .map_err(|why| StartError::Settings(format!("the receiver {}: {why}", receiver.name)))?;
            let (name, address) = (receiver.name.clone(), outbound::origin(&receiver.url));
            Ok(Arc::new(ReceiverDoor { name, address, receiver: receiver.clone(), door }))
        };
        let doors: Vec<_> = settings.receivers.iter().map(door).collect::<Result<_, StartError>>()?;
        let mut names: Vec<&str> = doors.iter().map(|door| door.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(StartError::Settings(format!("two receivers are called {}", twice[0])));
        }
        Ok(Self { doors, grew: watch::Sender::new(()) })
    }

    /// The queue has something new.
    pub(super) fn has_grown(&self) {
        self.grew.send_replace(());
    }
}

impl Core {
    /// Every receiver.
    pub fn receivers(&self) -> &[Arc<ReceiverDoor>] {
        &self.0.telling.doors
    }

    /// Tells whenever the queue has something new.
    pub fn queue_news(&self) -> watch::Receiver<()> {
        self.0.telling.grew.subscribe()
    }

    /// What is to be sent to a receiver next; its `due` says when.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn next_delivery(&self, receiver: &str) -> Result<Option<Delivery>, Failure> {
        self.0.store.next_delivery(receiver).await.map_err(Failure::Fault)
    }

    /// The newest deliveries, newest first.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn deliveries(&self, limit: u32) -> Result<Vec<Delivery>, Failure> {
        self.0.store.deliveries(limit).await.map_err(Failure::Fault)
    }

    /// Send one delivery once and write down what became of it. What is too old is not sent any more.
    ///
    /// # Errors
    /// A fault when that could not be written down; then it is sent again.
    pub async fn deliver(&self, to: &Arc<ReceiverDoor>, delivery: Delivery) -> Result<(), Failure> {
        let now = self.0.world.now();
        let gives_up_at = delivery.made_at.plus(self.0.settings.give_up_after_ms);
        let sent = if now >= gives_up_at {
            let last = if delivery.said.is_empty() { "it was never tried" } else { &delivery.said };
            Err(NotSent(format!("given up, too old; {last}")))
        } else {
            let headers = to.receiver.proof.headers(&delivery, now);
            to.door.send(Call { headers, body: &delivery.body }).await
        };
        let wait = backoff_ms(delivery.attempts + 1, self.0.world.unit());
        let to = to.clone();
        self.0
            .write(move |batch| {
                let mut after = delivery;
                let was_tried = now < gives_up_at;
                after.attempts += u32::from(was_tried);
                match &sent {
                    Ok(()) => (after.state, after.due) = (DeliveryState::Delivered, None),
                    Err(_) if !was_tried => (after.state, after.due) = (DeliveryState::GivenUp, None),
                    Err(_) => after.due = Some(batch.now.plus(wait).min(gives_up_at)),
                }
                after.said = sent.as_ref().err().map(|e| e.0.clone()).unwrap_or_default();
                after.finished_at = after.due.is_none().then_some(batch.now);
                note(batch, &to, &after, sent.is_ok());
                batch.rows.telling.put(after);
                Ok(())
            })
            .await
    }

    /// Who wants the daily report and was never told of the one of this name.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn untold_of_report(&self, name: &str) -> Result<Vec<String>, Failure> {
        let wanting = self.0.settings.receivers.iter().filter(|receiver| receiver.wants(DAILY_REPORT));
        let mut untold: Vec<String> = wanting.map(|receiver| receiver.name.clone()).collect();
        if !untold.is_empty() {
            let told = self.0.store.receivers_of(name).await.map_err(Failure::Fault)?;
            untold.retain(|receiver| !told.contains(receiver));
        }
        Ok(untold)
    }

    /// Put a finished daily report into the queues of these receivers. `name` tells one report from another.
    ///
    /// # Errors
    /// A fault when it could not be saved.
    pub async fn tell_report(&self, name: &str, body: String, receivers: Vec<String>) -> Result<(), Failure> {
        let name = name.to_owned();
        self.0
            .write(move |batch| {
                for receiver in receivers {
                    let delivery = waiting(batch, DAILY_REPORT, &receiver, &name, &body);
                    batch.rows.telling.put(delivery);
                }
                Ok(())
            })
            .await
    }

    /// Look at everything that needs a person, as the core starts: what began or ended while nobody was listening is
    /// told, and receivers that are not in the settings any more are forgotten.
    pub(super) async fn begin_telling(&self) -> Result<(), Failure> {
        let names: Vec<String> = self.0.telling.doors.iter().map(|door| door.name.clone()).collect();
        self.0
            .write(move |batch| {
                let failing = batch.truth.estate.failing_receivers.clone();
                let kept: Vec<_> = failing.iter().filter(|f| names.contains(&f.name)).cloned().collect();
                if kept != failing {
                    set_failing(batch, kept);
                }
                batch.rows.telling.only_for = Some((names, batch.now));
                let begun = batch.truth.episodes.keys().cloned();
                batch.stirred.extend(begun.chain(Episode::all(&batch.truth.estate, &batch.truth.awaited, batch.now)));
                Ok(())
            })
            .await
    }
}

/// Tell of what began or stopped needing a person in this batch. Asked at its end, by what is true then and not by each
/// Change: a batch is one moment of the clock, so what came and went within it lasted no time and needed nobody, what
/// ended and began again goes on, and a reporter's services fall silent together. The log has all of it.
pub(super) fn tell(batch: &mut Batch<'_>) {
    let stirred = std::mem::take(&mut batch.stirred);
    if batch.settings.receivers.is_empty() {
        return;
    }
    for episode in stirred {
        let told = batch.truth.episodes.get(&episode).cloned();
        let (estate, awaited, now) = (&batch.truth.estate, &batch.truth.awaited, batch.now);
        match (told, episode.needs_a_person(estate, awaited, now)) {
            (None, true) => {
                let since = episode.since(estate, awaited, now);
                begin(batch, episode, since);
            }
            (Some(told), true) => {
                if let Some(since) = episode.since_anew(estate, awaited, told.told_at, now) {
                    begin_or_end(batch, &episode, &told, false);
                    begin(batch, episode, since);
                }
            }
            (Some(told), false) => {
                begin_or_end(batch, &episode, &told, false);
                batch.truth.episodes.remove(&episode);
                batch.rows.telling.episodes.insert(episode, None);
            }
            (None, false) => {}
        }
    }
}

fn begin(batch: &mut Batch<'_>, episode: Episode, since: Timestamp) {
    let told = Told { id: event_id(batch, &episode, "episode"), since, told_at: batch.now };
    begin_or_end(batch, &episode, &told, true);
    batch.rows.telling.episodes.insert(episode.clone(), Some(told.clone()));
    batch.truth.episodes.insert(episode, told);
}

fn begin_or_end(batch: &mut Batch<'_>, episode: &Episode, told: &Told, begins: bool) {
    let id = event_id(batch, episode, if begins { "started" } else { "ended" });
    let (estate, seq) = (&batch.truth.estate, batch.truth.seq);
    let event = EventView::new(estate, episode, told, begins, &id, seq, batch.now);
    match serde_json::to_string(&event) {
        Ok(body) => queue(batch, episode.topic.word(), &id, &body),
        Err(error) => batch.broken = Some(error.to_string()),
    }
}

fn queue(batch: &mut Batch<'_>, kind: &'static str, id: &str, body: &str) {
    for receiver in batch.settings.receivers.iter().filter(|receiver| receiver.wants(kind)) {
        batch.rows.telling.put(waiting(batch, kind, &receiver.name, id, body));
    }
}

/// Something that is to be sent, and was not tried yet.
fn waiting(batch: &Batch<'_>, kind: &str, receiver: &str, id: &str, body: &str) -> Delivery {
    Delivery {
        id: id.to_owned(),
        receiver: receiver.to_owned(),
        kind: kind.to_owned(),
        body: body.to_owned(),
        made_at: batch.now,
        state: DeliveryState::Waiting,
        attempts: 0,
        due: Some(batch.now),
        finished_at: None,
        said: String::new(),
    }
}

/// Names one event of one log: made of its place there and of what it is about, so that it is never given out twice.
fn event_id(batch: &Batch<'_>, episode: &Episode, what: &str) -> String {
    let (epoch, seq) = (&batch.shared.epoch, batch.truth.seq);
    let text = format!("{epoch} {seq} {} {} {what} {}", episode.topic.word(), episode.name, batch.now.ms());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(&text)[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// Remember that a receiver fails, or that it works again. Told when it begins, when something is given up and when it
/// is over, not at every try.
fn note(batch: &mut Batch<'_>, to: &ReceiverDoor, delivery: &Delivery, arrived: bool) {
    let mut failing = batch.truth.estate.failing_receivers.clone();
    let known = failing.iter().position(|f| f.name == to.name);
    let given_up = u32::from(delivery.state == DeliveryState::GivenUp);
    match known {
        Some(index) if arrived => {
            failing.remove(index);
        }
        Some(index) if given_up > 0 => failing[index].given_up += given_up,
        None if !arrived => failing.push(FailingReceiver {
            name: to.name.clone(),
            address: to.address.clone(),
            since: batch.now,
            given_up,
            said: delivery.said.clone(),
        }),
        _ => return,
    }
    set_failing(batch, failing);
}

fn set_failing(batch: &mut Batch<'_>, failing: Vec<FailingReceiver>) {
    let text = batch.text(&failing);
    batch.rows.meta.insert("failing_receivers", text);
    batch.emit(Actor::System, Fact::ReceiversChanged(failing));
}

/// How long to wait after the `attempt`th try, in milliseconds: twice as long each time, between half and all of it.
fn backoff_ms(attempt: u32, unit: f64) -> i64 {
    let doubled = FIRST_WAIT_MS.saturating_mul(1_i64.checked_shl(attempt.saturating_sub(1).min(40)).unwrap_or(1));
    let whole = doubled.min(LONGEST_WAIT_MS);
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "an hour at most")]
    let jitter = (whole as f64 / 2.0 * unit) as i64;
    whole / 2 + jitter
}

/// When a delivery is due at all: for those who wait.
pub fn due(delivery: Option<&Delivery>, now: Timestamp) -> Timestamp {
    delivery.and_then(|d| d.due).unwrap_or_else(|| now.plus(LONGEST_WAIT_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_are_spread() {
        for (attempt, least, most) in [(1, 5, 10), (2, 10, 20), (3, 20, 40), (9, 1280, 2560), (30, 1800, 3600)] {
            assert_eq!(backoff_ms(attempt, 0.0), least * SECOND, "{attempt}");
            assert_eq!(backoff_ms(attempt, 1.0), most * SECOND, "{attempt}");
        }
        assert_eq!(backoff_ms(u32::MAX, 1.0), LONGEST_WAIT_MS);
    }
}
