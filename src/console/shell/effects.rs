//! Does what the pure part asks for, each in a task of its own, and sends the answer back as a message.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc::Sender;

use crate::{
    client::{ApiError, Client, Kind, TicketWish, Writer},
    console::{
        effect::{Fetch, Write},
        msg::{Msg, Reply, RequestId},
    },
    domain::tickets::Ticket,
    world::World,
};

/// Changes asked for when somebody looks at the past.
const CHANGES: usize = 200;

/// Commits of a file asked for at once.
const COMMITS: usize = 200;
/// Reconciles asked for at once.
const RECONCILES: usize = 50;

/// Talks to the core. In a read-only session it has nothing that writes.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    writer: Option<Writer>,
    world: World,
    inbox: Sender<Msg>,
    /// Keys of writes whose answer was lost: by them the core is asked what became of them.
    lost: Arc<Mutex<HashMap<RequestId, String>>>,
}

impl Caller {
    /// A caller that answers into `inbox`.
    pub fn new(client: Client, read_only: bool, world: World, inbox: Sender<Msg>) -> Self {
        let writer = if read_only { None } else { client.writer() };
        Self { client, writer, world, inbox, lost: Arc::default() }
    }

    /// Read something.
    pub fn fetch(&self, request: RequestId, what: Fetch) {
        let caller = self.clone();
        tokio::spawn(async move {
            let result = caller.read(what).await;
            // A closed inbox means that the console is gone.
            let _ = caller.inbox.send(Msg::Reply { request, result }).await;
        });
    }

    /// Write something, once.
    pub fn write(&self, request: RequestId, what: Write) {
        let caller = self.clone();
        tokio::spawn(async move {
            let result = match &caller.writer {
                Some(writer) => caller.send(writer, request, what).await,
                None => Err(ApiError::new(Kind::ReadOnly, "this session is read-only")),
            };
            let _ = caller.inbox.send(Msg::Reply { request, result }).await;
        });
    }

    async fn read(&self, what: Fetch) -> Result<Reply, ApiError> {
        let client = &self.client;
        Ok(match what {
            Fetch::Service(path) => Reply::Service(Box::new(client.service(&path).await?)),
            Fetch::Ticket(number) => Reply::Ticket(Box::new(client.ticket(number).await?)),
            Fetch::Written(write) => Reply::Settled(self.written(write).await?.map(Box::new)),
            Fetch::Budget(name) => Reply::Budget(Box::new(client.budget(&name).await?)),
            Fetch::Declared => Reply::Declared(Box::new(client.declared().await?)),
            Fetch::File(file) => Reply::File(Box::new(client.source(&file).await?)),
            Fetch::Blame(file) => Reply::Blame(Box::new(client.blame(&file).await?)),
            Fetch::FileHistory(file) => Reply::FileHistory(Box::new(client.file_history(&file, COMMITS).await?)),
            Fetch::FileDiff(file, commit) => Reply::FileDiff(Box::new(client.file_diff(&file, &commit).await?)),
            Fetch::Plan(from, to) => Reply::Plan(Box::new(client.plan(from.as_deref(), to.as_deref()).await?)),
            Fetch::Reconciles => Reply::Reconciles(client.reconciles(RECONCILES).await?),
            Fetch::Drift => Reply::Drift(client.drift().await?),
            Fetch::DeclaredState => Reply::DeclaredState(Box::new(client.declared_state().await?.0)),
            Fetch::Handled => Reply::Handled(client.handled().await?),
            Fetch::Windows => Reply::Windows(client.windows().await?),
            Fetch::Changes(before) => {
                let mut changes = client.activity(CHANGES).await?;
                changes.retain(|change| before.is_none_or(|seq| change.seq < seq));
                Reply::Changes(changes)
            }
        })
    }

    async fn send(&self, writer: &Writer, request: RequestId, what: Write) -> Result<Reply, ApiError> {
        // One key for one intent: should the core see it twice, it happens once.
        let key = self.world.id().to_string();
        let seen = what.seen().unwrap_or_default();
        match &what {
            Write::OpenWindow(new) => {
                return Ok(Reply::WindowWritten(Box::new(writer.open_window(new, &key).await?)));
            }
            Write::StopWindow { id, .. } => {
                return Ok(Reply::WindowWritten(Box::new(writer.stop_window(*id, &key).await?)));
            }
            Write::Attend(wish) => {
                return Ok(Reply::Attended(writer.attend(wish, self.world.id()).await?.map(Box::new)));
            }
            _ => {}
        }
        let result = match (what.number(), wish(&what), what) {
            (Some(number), Some(wish), _) => writer.perform(number, &wish, seen, &key).await,
            (.., Write::Create(new)) => writer.create_ticket(new, &key).await,
            _ => Err(ApiError::new(Kind::Invalid, "this names no ticket")),
        };
        if result.as_ref().is_err_and(|error| error.kind == Kind::Unknown) {
            self.lost.lock().unwrap_or_else(PoisonError::into_inner).insert(request, key);
        }
        Ok(Reply::Written(Box::new(result?)))
    }

    /// What a write whose answer was lost came to.
    async fn written(&self, write: RequestId) -> Result<Option<Ticket>, ApiError> {
        let key = self.lost.lock().unwrap_or_else(PoisonError::into_inner).get(&write).cloned();
        match key {
            Some(key) => self.client.ticket_write(key).await,
            None => Err(ApiError::new(Kind::NotFound, "no answer to that write was lost")),
        }
    }
}

/// The write in the words of the API; none for what is about no ticket that is there.
fn wish(write: &Write) -> Option<TicketWish> {
    Some(match write {
        Write::Create(_) | Write::OpenWindow(_) | Write::StopWindow { .. } | Write::Attend(_) => return None,
        Write::Take { .. } => TicketWish::Take,
        Write::Move { to, comment, .. } => TicketWish::Move { to: *to, comment: comment.clone() },
        Write::Assign { to, group, note, .. } => {
            TicketWish::Assign { to: to.clone(), group: group.clone(), note: note.clone() }
        }
        Write::Prioritise { to, .. } => TicketWish::Prioritise(*to),
        Write::Comment { text, .. } => TicketWish::Comment(text.clone()),
    })
}
