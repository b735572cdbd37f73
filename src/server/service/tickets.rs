//! Tickets: every act asks the domain's rule, writes one line of history and one change.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    Core, Failure,
    batch::{Batch, signed},
};
use crate::{
    domain::{
        access::User,
        change::{Actor, Fact},
        detail::{NewTicket, TicketDetail},
        estate::SourceSummary,
        hierarchy::{ServicePath, naming},
        refusal::{Refusal, RefusalCode},
        tickets::{
            Clocks, Entry, EntryKind, Item, Priority, Ticket, TicketStatus, Workflow,
            act::{self, Done},
            transition::Directory,
        },
        time::{DAY, Timestamp},
    },
    server::store::{
        Remembered,
        rows::{EntryRow, IdempotencyRow, TicketRow},
    },
};

/// Longest idempotency key, in bytes.
const KEY_LIMIT: usize = 200;
/// How long an idempotency key is remembered, in milliseconds.
pub(super) const KEY_KEPT_MS: i64 = DAY;

/// One write of a ticket, to be known again when it comes twice.
struct Asked {
    user: User,
    key: String,
    body_hash: String,
}

impl Asked {
    /// # Errors
    /// `invalid` for an empty or oversized key.
    fn new(user: &User, key: &str, body: &str) -> Result<Self, Refusal> {
        if key.is_empty() || key.len() > KEY_LIMIT {
            let reason = format!("a write needs an idempotency key of 1 to {KEY_LIMIT} bytes");
            return Err(Refusal::new(RefusalCode::Invalid, reason));
        }
        let digest: [u8; 32] = Sha256::digest(body).into();
        let body_hash = digest.iter().map(|b| format!("{b:02x}")).collect();
        Ok(Self { user: user.clone(), key: key.to_owned(), body_hash })
    }

    /// The first answer, when this was asked before.
    ///
    /// # Errors
    /// `idempotency_key_reused` when the same key came with another body.
    fn before(&self, batch: &Batch<'_>) -> Result<Option<Ticket>, Refusal> {
        let known = batch.truth.remembered.get(&(self.user.id.0.clone(), self.key.clone()));
        match known.filter(|known| batch.now.since(known.at) < KEY_KEPT_MS) {
            None => Ok(None),
            Some(known) if known.body_hash == self.body_hash => Ok(Some(known.answer.clone())),
            Some(_) => {
                let reason = format!("the idempotency key {} was used for another request", self.key);
                Err(Refusal::new(RefusalCode::KeyReused, reason))
            }
        }
    }

    fn remember(self, batch: &mut Batch<'_>, answer: &Ticket) {
        let caller = self.user.id.0;
        let row = IdempotencyRow {
            caller: caller.clone(),
            name: self.key.clone(),
            body_hash: self.body_hash.clone(),
            answer: batch.text(answer),
            at: batch.now.ms(),
        };
        batch.rows.idempotency.push(row);
        let known = Remembered { body_hash: self.body_hash, answer: answer.clone(), at: batch.now };
        batch.truth.remembered.insert((caller, self.key), known);
    }
}

impl Core {
    /// Open a ticket, from a catalog item or free.
    ///
    /// # Errors
    /// `invalid` without a title, `not_found` for an unknown item, service or one outside the item's scope, `read_only`,
    /// or what the idempotency key says.
    pub async fn create_ticket(&self, user: &User, new: NewTicket, key: &str) -> Result<Ticket, Failure> {
        let asked = Asked::new(user, key, &format!("create {new:?}"))?;
        self.0
            .write(move |batch| {
                if let Some(answer) = asked.before(batch)? {
                    return Ok(answer);
                }
                asked.user.may_write()?;
                let requester = Actor::User { id: asked.user.id.clone(), name: asked.user.name.clone() };
                let draft = draft(batch, &new)?;
                let ticket = open(batch, draft, requester, false, "requester");
                asked.remember(batch, &ticket);
                Ok(ticket)
            })
            .await
    }

    /// Assign a ticket to the caller, seen at version `seen`.
    ///
    /// # Errors
    /// As [`act::take`].
    pub async fn take_ticket(&self, user: &User, number: u64, seen: u64, key: &str) -> Result<Ticket, Failure> {
        let asked = Asked::new(user, key, &format!("take {number} {seen}"))?;
        self.act(asked, number, move |ticket, directory, user, at| act::take(ticket, seen, directory, user, at)).await
    }

    /// Move a ticket through its workflow, seen at version `seen`, with an optional comment.
    ///
    /// # Errors
    /// As [`act::move_to`].
    pub async fn move_ticket(
        &self,
        user: &User,
        number: u64,
        to: TicketStatus,
        seen: u64,
        comment: String,
        key: &str,
    ) -> Result<Ticket, Failure> {
        let asked = Asked::new(user, key, &format!("move {number} {seen} {} {comment}", to.word()))?;
        self.act(asked, number, move |ticket, directory, user, at| {
            act::move_to(ticket, to, seen, &comment, directory, user, at)
        })
        .await
    }

    /// Give a ticket to the account of this login name, or to nobody.
    ///
    /// # Errors
    /// `not_found` when nobody has that name, else as [`act::assign`].
    pub async fn assign_ticket(
        &self,
        user: &User,
        number: u64,
        to: Option<String>,
        seen: u64,
        key: &str,
    ) -> Result<Ticket, Failure> {
        let asked = Asked::new(user, key, &format!("assign {number} {seen} {to:?}"))?;
        let to = match to {
            None => None,
            Some(name) => match self.0.auth.account_named(&name) {
                Some(account) => Some((account.user.id.clone(), account.user.name.clone())),
                None => {
                    return Err(Refusal::new(RefusalCode::NotFound, format!("nobody here is called {name}")).into());
                }
            },
        };
        self.act(asked, number, move |ticket, directory, user, at| act::assign(ticket, to, seen, directory, user, at))
            .await
    }

    /// Say something on a ticket. Two comments at once are both kept.
    ///
    /// # Errors
    /// As [`act::comment`].
    pub async fn comment_ticket(&self, user: &User, number: u64, text: String, key: &str) -> Result<Ticket, Failure> {
        let asked = Asked::new(user, key, &format!("comment {number} {text}"))?;
        self.act(asked, number, move |ticket, directory, user, at| act::comment(ticket, &text, directory, user, at))
            .await
    }

    /// Change how urgent a ticket is.
    ///
    /// # Errors
    /// As [`act::prioritise`].
    pub async fn prioritise_ticket(
        &self,
        user: &User,
        number: u64,
        to: Priority,
        seen: u64,
        key: &str,
    ) -> Result<Ticket, Failure> {
        let asked = Asked::new(user, key, &format!("prioritise {number} {seen} {}", to.word()))?;
        self.act(asked, number, move |ticket, _, user, at| act::prioritise(ticket, to, seen, user, at)).await
    }

    /// A ticket of any age with its whole history.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn ticket_detail(&self, number: u64) -> Result<TicketDetail, Failure> {
        match self.0.store.ticket(number).await.map_err(Failure::Fault)? {
            Some((ticket, history)) => Ok(TicketDetail { ticket, history }),
            None => Err(no_such(number).into()),
        }
    }

    async fn act(
        &self,
        asked: Asked,
        number: u64,
        rule: impl FnOnce(&Ticket, Directory<'_>, &User, Timestamp) -> Result<Done, Refusal> + Send + 'static,
    ) -> Result<Ticket, Failure> {
        self.0
            .write(move |batch| {
                if let Some(answer) = asked.before(batch)? {
                    return Ok(answer);
                }
                let Some(ticket) = batch.truth.estate.tickets.get(&number) else {
                    return Err(no_such(number).into());
                };
                let source = &batch.truth.estate.source;
                let directory = Directory { org: &source.org, groups: &source.groups };
                let done = rule(ticket, directory, &asked.user, batch.now)?;
                let actor = Actor::User { id: asked.user.id.clone(), name: asked.user.name.clone() };
                let ticket = record(batch, done, actor);
                asked.remember(batch, &ticket);
                Ok(ticket)
            })
            .await
    }
}

fn no_such(number: u64) -> Refusal {
    Refusal::new(RefusalCode::NotFound, format!("there is no live or recently closed ticket #{number}"))
}

/// A ticket before it has a number.
pub(super) struct Draft {
    pub title: String,
    pub description: String,
    pub service: Option<ServicePath>,
    pub workflow: Arc<Workflow>,
    pub item: Option<Item>,
    pub priority: Priority,
}

/// What was asked for, with everything looked up.
fn draft(batch: &Batch<'_>, new: &NewTicket) -> Result<Draft, Refusal> {
    act::within("title", &new.title, act::TITLE_LIMIT)?;
    act::within("description", &new.description, act::TEXT_LIMIT)?;
    let estate = &batch.truth.estate;
    if let Some(path) = new.service.as_ref().filter(|path| !estate.services.contains_key(*path)) {
        return Err(Refusal::new(RefusalCode::NotFound, format!("there is no service {path}")));
    }
    let service = new.service.as_ref();
    let item = match &new.item {
        None => None,
        Some(name) => Some(find_item(&estate.source, name, service).ok_or_else(|| not_offered(&estate.source, name))?),
    };
    let title = match (new.title.trim(), &item) {
        ("", Some(item)) => item.display_name.clone(),
        ("", None) => return Err(Refusal::new(RefusalCode::Invalid, "a ticket needs a title")),
        (title, _) => title.to_owned(),
    };
    let workflow = match &item {
        Some(item) => find_workflow(&estate.source, &item.workflow, service).ok_or_else(|| {
            let reason = format!("{} names the workflow {}, which is not declared here", item.name, item.workflow);
            Refusal::new(RefusalCode::Invalid, reason)
        })?,
        None => find_workflow(&estate.source, "service_request", service)
            .or_else(|| find_workflow(&estate.source, "incident_response", service))
            .unwrap_or_else(|| Arc::new(Workflow::built_in_incident())),
    };
    let priority = new.priority.or_else(|| item.as_ref().and_then(|i| i.priority)).unwrap_or_default();
    Ok(Draft {
        title,
        description: new.description.clone(),
        service: new.service.clone(),
        workflow,
        item: item.cloned(),
        priority,
    })
}

fn not_offered(source: &SourceSummary, name: &str) -> Refusal {
    let elsewhere = source.catalog.items.values().find(|item| item.name.short() == name || item.name.as_str() == name);
    let reason = match elsewhere {
        Some(item) => format!("{name} is only offered in {}", item.name.scope()),
        None => format!("the catalog has no item {name}"),
    };
    Refusal::new(RefusalCode::NotFound, reason)
}

/// The item that `name` means for `service`: most specific scope first, and only where it exists.
pub(super) fn find_item<'a>(source: &'a SourceSummary, name: &str, service: Option<&ServicePath>) -> Option<&'a Item> {
    naming::cascade(&source.org, name, service)
        .iter()
        .find_map(|full| source.catalog.items.get(full))
        .filter(|item| item.name.exists_for(service))
}

/// The workflow that `name` means for `service`.
pub(super) fn find_workflow(
    source: &SourceSummary,
    name: &str,
    service: Option<&ServicePath>,
) -> Option<Arc<Workflow>> {
    naming::cascade(&source.org, name, service)
        .iter()
        .find_map(|full| source.workflows.get(full))
        .filter(|workflow| workflow.name.exists_for(service))
        .cloned()
}

/// Give a draft its number and start its clocks.
pub(super) fn open(batch: &mut Batch<'_>, draft: Draft, requester: Actor, automatic: bool, acted_as: &str) -> Ticket {
    batch.truth.last_ticket += 1;
    let item = draft.item.as_ref();
    let clocks = Clocks::start(
        draft.priority,
        item.and_then(|i| i.response_minutes),
        item.and_then(|i| i.resolution_minutes),
        batch.now,
    );
    let allowed_by = item.and_then(|i| i.place.clone());
    let ticket = Ticket {
        number: batch.truth.last_ticket,
        version: 1,
        title: draft.title,
        description: draft.description,
        service: draft.service,
        workflow: draft.workflow,
        item: item.map(|i| i.name.as_str().to_owned()),
        requester: requester.clone(),
        assignee: None,
        assignee_group: item.and_then(|i| i.assignee_group.clone()),
        priority: draft.priority,
        status: TicketStatus::Open,
        automatic,
        opened_at: batch.now,
        updated_at: batch.now,
        clocks,
        comments: 0,
    };
    let done = Done { ticket, kind: EntryKind::Opened, acted_as: acted_as.to_owned(), allowed_by };
    record(batch, done, requester)
}

/// Write down what was done to a ticket: its new state, its line of history, its change.
pub(super) fn record(batch: &mut Batch<'_>, done: Done, actor: Actor) -> Ticket {
    let ticket = done.ticket;
    let entry = Entry {
        index: batch.truth.entries.get(&ticket.number).copied().unwrap_or(0) + 1,
        at: batch.now,
        actor: actor.clone(),
        acted_as: done.acted_as,
        version: ticket.version,
        kind: done.kind,
        allowed_by: done.allowed_by,
        revision: batch.truth.estate.source.revision.clone(),
    };
    let number = signed(ticket.number);
    let row = TicketRow {
        version: signed(ticket.version),
        live: ticket.is_live(),
        updated_at: ticket.updated_at.ms(),
        body: batch.text(&ticket),
    };
    batch.rows.tickets.insert(number, row);
    let line = EntryRow { number, place: entry.index.into(), at: entry.at.ms(), body: batch.text(&entry) };
    batch.rows.entries.push(line);
    batch.emit(actor, Fact::TicketChanged { ticket: Box::new(ticket.clone()), entry: Box::new(entry) });
    ticket
}
