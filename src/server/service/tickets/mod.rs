//! Tickets: every act asks the domain's rule, writes one line of history and one change.
//!
//! Start at [`Core::perform`]: all that is done to a ticket goes through it. [`opening`] makes tickets; [`rehearsal`]
//! says beforehand what the same call would answer.

mod opening;
mod rehearsal;

pub(super) use opening::{Draft, find_item, find_workflow, open};

use super::{
    Core, Failure,
    asked::{self, Asked},
    batch::{Batch, signed},
    breaches,
};
use crate::{
    domain::{
        access::{User, UserId},
        change::{Actor, Fact},
        detail::{NewTicket, Stale, TicketDetail},
        refusal::{Refusal, RefusalCode},
        search::nearest,
        tickets::{Act, Done, Entry, Handing, Priority, Ticket, TicketStatus, transition::Directory},
    },
    server::store::rows::{EntryRow, TicketRow},
};

impl Core {
    /// Open a ticket, from a catalog item or free.
    ///
    /// # Errors
    /// `invalid` without a title, `not_found` for an unknown item, service or one outside the item's scope, `read_only`,
    /// or what the idempotency key says.
    pub async fn create_ticket(&self, user: &User, new: NewTicket, key: &str) -> Result<Ticket, Failure> {
        let asked = Asked::new(&user.id.0, key, &format!("create {new:?}"))?;
        let user = user.clone();
        self.0
            .write(move |batch| {
                if let Some(answer) = asked.before(batch)? {
                    return Ok(answer);
                }
                user.may_write()?;
                let requester = Actor::User { id: user.id.clone(), name: user.name.clone() };
                let draft = opening::draft(batch, &new)?;
                let ticket = open(batch, draft, requester, false, "requester");
                asked.remember(batch, ticket.clone());
                Ok(ticket)
            })
            .await
    }

    /// Assign a ticket to the caller, seen at version `seen`.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn take_ticket(&self, user: &User, number: u64, seen: u64, key: &str) -> Result<Ticket, Failure> {
        self.perform(user, number, seen, Act::Take, key).await
    }

    /// Move a ticket through its workflow, seen at version `seen`, with an optional comment.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn move_ticket(
        &self,
        user: &User,
        number: u64,
        to: TicketStatus,
        seen: u64,
        comment: String,
        key: &str,
    ) -> Result<Ticket, Failure> {
        self.perform(user, number, seen, Act::Move { to, comment }, key).await
    }

    /// Give a ticket to the account of this login name, or to nobody.
    ///
    /// # Errors
    /// As [`Self::handing`] and [`Self::perform`].
    pub async fn assign_ticket(
        &self,
        user: &User,
        number: u64,
        to: Option<String>,
        seen: u64,
        key: &str,
    ) -> Result<Ticket, Failure> {
        let handing = self.handing(to, None, String::new())?;
        self.perform(user, number, seen, Act::Assign(handing), key).await
    }

    /// Say something on a ticket. Two comments at once are both kept.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn comment_ticket(&self, user: &User, number: u64, text: String, key: &str) -> Result<Ticket, Failure> {
        self.perform(user, number, 0, Act::Comment(text), key).await
    }

    /// Change how urgent a ticket is.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn prioritise_ticket(
        &self,
        user: &User,
        number: u64,
        to: Priority,
        seen: u64,
        key: &str,
    ) -> Result<Ticket, Failure> {
        self.perform(user, number, seen, Act::Prioritise(to), key).await
    }

    /// To whom a ticket is to be given, looked up by login name.
    ///
    /// # Errors
    /// `not_found` when nobody has that name, with the nearest there is.
    pub fn handing(&self, to: Option<String>, group: Option<String>, note: String) -> Result<Handing, Failure> {
        let to = to.map(|name| self.person(&name)).transpose()?;
        Ok(Handing { to, group, note })
    }

    fn person(&self, name: &str) -> Result<(UserId, String), Refusal> {
        if let Some(account) = self.0.auth.account_named(name) {
            return Ok((account.user.id.clone(), account.user.name.clone()));
        }
        let users = self.users();
        let near = nearest(name, users.iter().map(|user| user.name.as_str()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        Err(Refusal::new(RefusalCode::NotFound, format!("nobody here is called {name}{near}")))
    }

    /// Do something to a ticket seen at version `seen`; a comment looks at no version.
    ///
    /// # Errors
    /// What [`Act::apply`] refuses; a conflict carries what changed since. `not_found`, `closed` for a ticket that was put
    /// away long ago, or what the idempotency key says.
    pub async fn perform(&self, user: &User, number: u64, seen: u64, act: Act, key: &str) -> Result<Ticket, Failure> {
        let seen = if act.needs_version() { seen } else { 0 };
        let asked = Asked::new(&user.id.0, key, &format!("{number} {seen} {act:?}"))?;
        let user = user.clone();
        let done = self
            .0
            .write(move |batch| {
                if let Some(answer) = asked.before(batch)? {
                    return Ok(answer);
                }
                breaches::tell(batch, number);
                let Some(ticket) = batch.truth.estate.tickets.get(&number) else {
                    return Err(no_such(number).into());
                };
                let source = &batch.truth.estate.source;
                let directory = Directory { org: &source.org, groups: &source.groups };
                let done = act.apply(ticket, seen, directory, &user, batch.now)?;
                let actor = Actor::User { id: user.id.clone(), name: user.name.clone() };
                let ticket = record(batch, done, actor);
                asked.remember(batch, ticket.clone());
                Ok(ticket)
            })
            .await;
        match done {
            Err(Failure::Refused(refusal)) if refusal.code == RefusalCode::Conflict => {
                Err(self.stale(number, seen, refusal).await)
            }
            Err(Failure::Refused(refusal)) if refusal.code == RefusalCode::NotFound => {
                Err(self.put_away(number, refusal).await)
            }
            other => other,
        }
    }

    /// What a write under `key` was answered in the last 24 hours; none when it never arrived. It waits for writes
    /// that are before it, so that a lost answer is settled by asking for it.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn ticket_write(&self, user: &User, key: &str) -> Result<Option<Ticket>, Failure> {
        let (caller, key) = (user.id.0.clone(), key.to_owned());
        self.0.write(move |batch| Ok(asked::answer(batch, &caller, &key))).await
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

    /// A conflict with what the caller did not see.
    async fn stale(&self, number: u64, seen: u64, refusal: Refusal) -> Failure {
        match self.ticket_detail(number).await {
            Ok(TicketDetail { ticket, history }) => {
                let since = history.into_iter().filter(|entry| entry.version > seen).collect();
                Failure::Stale(refusal, Box::new(Stale { ticket, since }))
            }
            Err(_) => refusal.into(),
        }
    }

    /// A ticket that was closed long ago is not in the estate any more, and is closed all the same.
    async fn put_away(&self, number: u64, refusal: Refusal) -> Failure {
        let is_here = self.read(|estate| estate.tickets.contains_key(&number)).await;
        if !is_here && self.ticket_detail(number).await.is_ok() {
            let reason = format!("#{number} was closed long ago and takes nothing any more; open a new one");
            return Refusal::new(RefusalCode::Closed, reason).into();
        }
        refusal.into()
    }
}

fn no_such(number: u64) -> Refusal {
    Refusal::new(RefusalCode::NotFound, format!("there is no ticket #{number}"))
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
        grant: Some(done.grant),
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
