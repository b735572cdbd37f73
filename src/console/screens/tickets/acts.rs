//! What the keys of this screen do: take, move, assign, say, take back. Every write names its ticket and the version
//! that was seen.

use crate::{
    console::{
        action::Action,
        dialogs::{
            Dialog,
            bulk::Rehearsal,
            choose::{Choice, Choose, Free},
            comment::Comment,
            ticket_create::TicketCreate,
            ticket_move::TicketMove,
        },
        effect::{Effect, Write},
        inflight::Pending,
        place::Object,
        state::{Outcome, State, Weight},
        update, writes,
    },
    domain::{
        change::Actor,
        detail::TicketDetail,
        hierarchy::ServicePath,
        tickets::{Entry, EntryKind, Priority, Ticket, Workflow},
    },
};

use super::{Standing, UNDO_MS, Undo, chosen, offer_undo, standing, words};

/// Most tickets that go at once.
const BULK_LIMIT: usize = 50;

/// Do what was asked for; none when it means nothing here.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    if action == Action::TicketUndo {
        return Some(take_back(state));
    }
    let known = matches!(
        action,
        Action::TicketTake
            | Action::TicketMove
            | Action::TicketComment
            | Action::TicketAssign
            | Action::TicketPriority
            | Action::TicketService
            | Action::TicketDeclaration
            | Action::TicketEntry
    );
    if !known {
        return None;
    }
    let bulk = matches!(action, Action::TicketTake | Action::TicketMove);
    if bulk && !state.tickets.list.marks().is_empty() {
        together(state, action);
        return Some(Vec::new());
    }
    let Some(ticket) = chosen(state).cloned() else {
        state.say(Weight::Info, "no ticket is selected");
        return Some(Vec::new());
    };
    if action.spec().writes && standing(state, ticket.number) != Standing::Settled {
        state.say(Weight::Info, format!("#{}: wait for the answer to the last write", ticket.number));
        return Some(Vec::new());
    }
    Some(about(state, action, &ticket))
}

fn about(state: &mut State, action: Action, ticket: &Ticket) -> Vec<Effect> {
    let (number, seen) = (ticket.number, ticket.version);
    match action {
        Action::TicketTake => return writes::send(state, Write::Take { number, seen }),
        Action::TicketComment => {
            state.dialogs.push(Dialog::Comment(Box::new(Comment::new(number, &ticket.title, ""))));
        }
        Action::TicketService => match &ticket.service {
            Some(path) => return update::open(state, Object::Service(path.clone())),
            None => state.say(Weight::Info, format!("#{number} is about no service")),
        },
        Action::TicketDeclaration => return to_line(state, ticket),
        Action::TicketEntry => next_move(state, ticket),
        _ if !ticket.is_live() => {
            state.say(Weight::Info, format!("#{number} is closed; only comments are possible"));
        }
        Action::TicketMove => {
            let dialog = TicketMove::new(state, ticket);
            state.dialogs.push(Dialog::TicketMove(Box::new(dialog)));
        }
        Action::TicketAssign => assign(state, ticket),
        Action::TicketPriority => prioritise(state, ticket),
        _ => {}
    }
    Vec::new()
}

/// The moves of a ticket's history, newest first; none while it is not here.
fn moves<'a>(state: &'a State, ticket: &Ticket) -> Vec<&'a Entry> {
    let past = state.tickets.past.get(|key| key.0 == ticket.number);
    let history = past.map(|(detail, _)| detail.history.as_slice()).unwrap_or_default();
    history.iter().rev().filter(|entry| matches!(entry.kind, EntryKind::Moved { .. })).collect()
}

/// The move of the history that was gone to.
pub fn chosen_move<'a>(state: &'a State, ticket: &Ticket) -> Option<&'a Entry> {
    moves(state, ticket).get(state.tickets.moved?).copied()
}

/// Go on to the next older move; from the oldest back to none.
fn next_move(state: &mut State, ticket: &Ticket) {
    let count = moves(state, ticket).len();
    let next = state.tickets.moved.map_or(0, |at| at + 1);
    if count == 0 {
        return state.say(Weight::Info, "no move is in this history yet");
    }
    state.tickets.moved = (next < count).then_some(next);
    state.tickets.in_front = true;
}

/// Go to the line that allowed the chosen move, or the newest one, with who wrote it: as it is declared now, else as it
/// was when the ticket moved, else the workflow as a whole.
fn to_line(state: &mut State, ticket: &Ticket) -> Vec<Effect> {
    let newest = moves(state, ticket).first().copied();
    let declared = state.replica.estate.source.workflows.get(ticket.workflow.name.as_str());
    let line = chosen_move(state, ticket).or(newest).and_then(|entry| {
        let EntryKind::Moved { from, to, .. } = &entry.kind else { return None };
        let moves =
            |w: &Workflow| w.transitions.iter().find(|t| t.from == *from && t.to == *to).map(|t| t.place.clone());
        // Lines move; where the workflow still has the move, its place now is the place to look.
        declared.and_then(|w| moves(w)).flatten().or_else(|| entry.allowed_by.clone())
    });
    let whole = || declared.and_then(|w| w.place.clone()).or_else(|| ticket.workflow.place.clone());
    match line.or_else(whole) {
        Some(place) => update::open(state, Object::Author(place.file, place.line, place.end_line)),
        None => {
            state.say(
                Weight::Info,
                format!("{} is built in: no line of the repository allows it", ticket.workflow.name),
            );
            Vec::new()
        }
    }
}

/// Everything that is marked, after a rehearsal.
fn together(state: &mut State, action: Action) {
    let numbers = state.tickets.list.marks().to_vec();
    if numbers.len() > BULK_LIMIT {
        let text = format!("{} tickets are marked; at most {BULK_LIMIT} go at once", numbers.len());
        return state.say(Weight::Info, text);
    }
    if let Some(busy) = numbers.iter().find(|n| standing(state, **n) != Standing::Settled) {
        return state.say(Weight::Info, format!("#{busy}: wait for the answer to the last write"));
    }
    let rehearsal = match action {
        Action::TicketTake => Some(Rehearsal::take(state, &numbers)),
        _ => Rehearsal::moving(state, &numbers),
    };
    match rehearsal {
        Some(rehearsal) => state.dialogs.push(Dialog::Rehearsal(Box::new(rehearsal))),
        None => state.say(Weight::Info, "no move leads out of any of the marked tickets"),
    }
}

fn head(ticket: &Ticket) -> String {
    format!("#{} {} (version {})", ticket.number, ticket.title, ticket.version)
}

fn assign(state: &mut State, ticket: &Ticket) {
    let (number, seen) = (ticket.number, ticket.version);
    let now = ticket.assignee.as_ref().map(|(_, name)| name.as_str());
    let mut names: Vec<(String, String)> = vec![(state.session.user.name.clone(), "me".to_owned())];
    for group in state.replica.estate.source.groups.values() {
        for user in group.users.iter().filter(|u| !u.contains('@')) {
            match names.iter_mut().find(|(name, _)| name == user) {
                Some((_, note)) => {
                    note.push_str(", ");
                    note.push_str(group.name.as_str());
                }
                None => names.push((user.clone(), group.name.as_str().to_owned())),
            }
        }
    }
    let mut choices: Vec<Choice> = names
        .into_iter()
        .filter(|(name, _)| Some(name.as_str()) != now)
        .map(|(label, note)| {
            let write = Write::Assign { number, seen, to: Some(label.clone()) };
            Choice { label, note, write }
        })
        .collect();
    if let Some(name) = now {
        let write = Write::Assign { number, seen, to: None };
        choices.push(Choice { label: "nobody".to_owned(), note: format!("take it from {name}"), write });
    }
    let dialog = Choose::new("Give it to", &head(ticket), choices, Free::Assignee(number, seen));
    state.dialogs.push(Dialog::Choose(Box::new(dialog)));
}

fn prioritise(state: &mut State, ticket: &Ticket) {
    let (number, seen) = (ticket.number, ticket.version);
    let choices = Priority::ALL
        .into_iter()
        .rev()
        .map(|to| {
            let (response, resolution) = crate::domain::tickets::clock::allowances(to);
            let span = crate::console::format::span;
            let now = if to == ticket.priority { ", as it is" } else { "" };
            let note = format!("response {}, resolution {}{now}", span(response), span(resolution));
            Choice { label: to.word().to_owned(), note, write: Write::Prioritise { number, seen, to } }
        })
        .collect();
    let dialog = Choose::new("How urgent", &head(ticket), choices, Free::No).at(ticket.priority.word());
    state.dialogs.push(Dialog::Choose(Box::new(dialog)));
}

/// Open the form for a new ticket, about the service that is selected.
pub fn create(state: &mut State) -> Vec<Effect> {
    let service: Option<ServicePath> = match state.selected() {
        Some(Object::Service(path)) => Some(path),
        Some(Object::Ticket(number)) => state.replica.estate.tickets.get(&number).and_then(|t| t.service.clone()),
        _ => None,
    };
    let dialog = TicketCreate::new(&state.replica.estate.source.catalog, service.as_ref());
    state.dialogs.push(Dialog::TicketCreate(Box::new(dialog)));
    Vec::new()
}

fn take_back(state: &mut State) -> Vec<Effect> {
    let Some(undo) = state.tickets.undo.take().filter(|undo| state.now <= undo.until) else {
        state.say(Weight::Info, "there is no move to take back: it is offered for 10 s after a move");
        return Vec::new();
    };
    let ticket = state.replica.estate.tickets.get(&undo.number);
    let Some(seen) = ticket.filter(|t| t.status == undo.went_to).map(|t| t.version) else {
        state.say(Weight::Problem, format!("#{} has moved on since; look at it again", undo.number));
        return Vec::new();
    };
    let comment = String::new();
    writes::send(state, Write::Move { number: undo.number, seen, to: undo.back_to, comment })
}

/// A write is confirmed. A move that the workflow leads back from can be taken back for a while, if he may.
pub fn confirmed(state: &mut State, pending: &Pending) {
    let (Write::Move { number, to, .. }, Some(before)) = (&pending.write, &pending.before) else {
        return;
    };
    if state.tickets.undo.is_some_and(|undo| undo.number == *number) {
        state.tickets.undo = None;
    }
    let Some(ticket) = state.replica.estate.tickets.get(number).filter(|t| t.status == *to) else {
        return;
    };
    let back = super::offers_of(state, ticket).into_iter().any(|o| o.to == before.status && o.is_allowed());
    if back {
        let until = state.now.plus(UNDO_MS);
        offer_undo(state, Undo { number: *number, back_to: before.status, went_to: *to, until });
    }
}

/// A write was not done, and not because somebody was faster: what was typed comes back.
pub fn failed(state: &mut State, pending: &Pending, why: &str) {
    // Nothing opens in front of somebody who is doing something else.
    if !state.dialogs.is_empty() || state.typing.is_some() {
        return;
    }
    let ticket = pending.write.number().and_then(|n| state.replica.estate.tickets.get(&n)).cloned();
    let (Some(ticket), write) = (ticket, &pending.write) else {
        return;
    };
    match write {
        Write::Comment { text, .. } => {
            let dialog = Comment::new(ticket.number, &ticket.title, text).with_note(&format!("not sent: {why}"));
            state.dialogs.push(Dialog::Comment(Box::new(dialog)));
        }
        Write::Move { comment, .. } if !comment.is_empty() => {
            let news = vec![format!("not done: {why}")];
            let dialog = TicketMove::new(state, &ticket).with_comment(comment).with_news(news);
            state.dialogs.push(Dialog::TicketMove(Box::new(dialog)));
        }
        _ => {}
    }
}

/// Somebody was faster, and this is the ticket as it is now: tell his change beside what was asked, keep the comment.
pub fn conflict(state: &mut State, detail: &TicketDetail) {
    let number = detail.ticket.number;
    let refused = |outcome: &Outcome| matches!(outcome, Outcome::Refused(_));
    let deed = state.journal.iter().rev().find(|d| d.write.number() == Some(number) && refused(&d.outcome));
    let Some(write) = deed.map(|d| d.write.clone()) else {
        return;
    };
    let seen = match &write {
        Write::Take { seen, .. }
        | Write::Move { seen, .. }
        | Write::Assign { seen, .. }
        | Write::Prioritise { seen, .. } => *seen,
        Write::Create(_) | Write::Comment { .. } | Write::OpenWindow(_) | Write::StopWindow { .. } => return,
    };
    let mut news = vec![format!(
        "Not done: {}. You saw version {seen}; it is at version {}.",
        write.sentence(),
        detail.ticket.version
    )];
    news.extend(detail.history.iter().filter(|e| e.version > seen).map(|entry| {
        let who = match &entry.actor {
            Actor::User { id, .. } if *id == state.session.user.id => "You".to_owned(),
            actor => actor.name().to_owned(),
        };
        format!("{who} {}", words::entry(&entry.kind))
    }));
    match write {
        Write::Move { comment, .. } if state.dialogs.is_empty() && detail.ticket.is_live() => {
            let dialog = TicketMove::new(state, &detail.ticket).with_comment(&comment).with_news(news);
            state.dialogs.push(Dialog::TicketMove(Box::new(dialog)));
        }
        _ => state.say(Weight::Problem, news.join("; ")),
    }
}
