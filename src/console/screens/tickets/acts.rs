//! What the keys of this screen do: take, move, assign, say, take back. Every write names its ticket and the version
//! that was seen.

use crate::{
    console::{
        action::Action,
        batch,
        dialogs::{
            Answer, Deed, Dialog,
            bulk::Rehearsal,
            choose::{Choice, Choose},
            comment::Comment,
            conflict::Conflict,
            receipt::Receipt,
            ticket_assign::TicketAssign,
            ticket_create::TicketCreate,
            ticket_move::TicketMove,
        },
        effect::{Effect, Write},
        format,
        place::Object,
        state::{State, Weight},
        undo, update, writes,
    },
    domain::{
        detail::Stale,
        hierarchy::ServicePath,
        tickets::{Entry, EntryKind, Priority, Ticket, TicketStatus, Workflow, clock},
    },
};

use super::{Standing, chosen, standing, words};

/// Most tickets that go at once.
const BULK_LIMIT: usize = 200;

/// Do what was asked for; none when it means nothing here.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    if action == Action::TicketUndo {
        return Some(undo::take_back(state));
    }
    let known = matches!(
        action,
        Action::TicketTake
            | Action::TicketMove
            | Action::TicketComment
            | Action::TicketAssign
            | Action::TicketPriority
            | Action::TicketNarrow
            | Action::TicketService
            | Action::TicketDeclaration
            | Action::TicketEntry
    );
    if !known {
        return None;
    }
    let bulk = [Action::TicketTake, Action::TicketMove, Action::TicketAssign, Action::TicketPriority].contains(&action);
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
            let draft = state.tickets.drafts.remove(&number).unwrap_or_default();
            state.dialogs.push(Dialog::Comment(Box::new(Comment::new(number, &ticket.title, &draft))));
        }
        Action::TicketService => match &ticket.service {
            Some(path) => return update::open(state, Object::Service(path.clone())),
            None => state.say(Weight::Info, format!("#{number} is about no service")),
        },
        Action::TicketNarrow => narrow(state, ticket),
        Action::TicketDeclaration => return to_line(state, ticket),
        Action::TicketEntry => next_move(state, ticket),
        _ if !ticket.is_live() => {
            state.say(Weight::Info, format!("#{number} is closed; only comments are possible"));
        }
        Action::TicketMove => {
            let draft = state.tickets.drafts.remove(&number).unwrap_or_default();
            let dialog = TicketMove::new(state, ticket).with_comment(&draft);
            state.dialogs.push(Dialog::TicketMove(Box::new(dialog)));
        }
        Action::TicketAssign => {
            let draft = state.tickets.drafts.remove(&number).unwrap_or_default();
            let dialog = TicketAssign::one(state, ticket, &draft);
            state.dialogs.push(Dialog::TicketAssign(Box::new(dialog)));
        }
        Action::TicketPriority => {
            let write = |to| Answer::Write(Write::Prioritise { number, seen, to });
            let dialog = urgencies(state, &head(ticket), Some(ticket), write);
            state.dialogs.push(Dialog::Choose(Box::new(dialog)));
        }
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
    if batch::is_running(state) {
        // The last ones are still on their way: that is what there is to see.
        return state.dialogs.push(Dialog::Receipt(Receipt::default()));
    }
    if let Some(busy) = numbers.iter().find(|n| standing(state, **n) != Standing::Settled) {
        return state.say(Weight::Info, format!("#{busy}: wait for the answer to the last write"));
    }
    let dialog = match action {
        Action::TicketTake => Some(Dialog::Rehearsal(Box::new(Rehearsal::of(state, &numbers, Deed::Take)))),
        Action::TicketAssign => Some(Dialog::TicketAssign(Box::new(TicketAssign::many(state, &numbers)))),
        Action::TicketPriority => {
            let head = format!("{} marked tickets", numbers.len());
            let dialog = urgencies(state, &head, None, |to| Answer::Rehearse(Deed::Prioritise(to)));
            Some(Dialog::Choose(Box::new(dialog)))
        }
        _ => Rehearsal::moving(state, &numbers).map(|rehearsal| Dialog::Rehearsal(Box::new(rehearsal))),
    };
    match dialog {
        Some(dialog) => state.dialogs.push(dialog),
        None => state.say(Weight::Info, "no move leads out of any of the marked tickets"),
    }
}

/// Say what a deed would do to everything that is marked.
pub fn rehearse(state: &mut State, deed: Deed) {
    let numbers = state.tickets.list.marks().to_vec();
    let rehearsal = Rehearsal::of(state, &numbers, deed);
    state.dialogs.push(Dialog::Rehearsal(Box::new(rehearsal)));
}

/// A card was carried to another column of the board: ask for that move.
pub fn carried(state: &mut State, number: u64, to: TicketStatus) -> Vec<Effect> {
    let Some(ticket) = state.replica.estate.tickets.get(&number).cloned() else {
        return Vec::new();
    };
    if standing(state, number) != Standing::Settled || !ticket.is_live() {
        state.say(Weight::Info, format!("#{number} cannot be moved now"));
        return Vec::new();
    }
    if ticket.workflow.transition(ticket.status, to).is_none() {
        let from = ticket.status.word();
        state.say(Weight::Info, format!("{} has no move from {from} to {}", ticket.workflow.name, to.word()));
        return Vec::new();
    }
    let draft = state.tickets.drafts.remove(&number).unwrap_or_default();
    let dialog = TicketMove::new(state, &ticket).with_comment(&draft).to(to);
    state.dialogs.push(Dialog::TicketMove(Box::new(dialog)));
    Vec::new()
}

fn head(ticket: &Ticket) -> String {
    format!("#{} {} (version {})", ticket.number, ticket.title, ticket.version)
}

/// How urgent: each priority with what it promises, and for one ticket what it would change.
fn urgencies(state: &State, head: &str, ticket: Option<&Ticket>, answer: impl Fn(Priority) -> Answer) -> Choose {
    let note = |to: Priority| {
        let (response, resolution) = clock::allowances(to);
        let usual = format!("response {}, resolution {}", format::span(response), format::span(resolution));
        let Some(ticket) = ticket else { return usual };
        let write = Write::Prioritise { number: ticket.number, seen: ticket.version, to };
        match writes::foresee(state, ticket, &write) {
            _ if to == ticket.priority => format!("{usual}, as it is"),
            Ok(Some(done)) => words::effect(ticket, &done.ticket),
            Ok(None) => usual,
            Err(refusal) => refusal.reason,
        }
    };
    let choices = Priority::ALL.into_iter().rev();
    let choices =
        choices.map(|to| Choice { label: to.word().to_owned(), note: note(to), answer: answer(to) }).collect();
    Choose::new("How urgent", head, choices).at(ticket.map_or("", |ticket| ticket.priority.word()))
}

/// Only what shares something with a ticket: the service, a place above it, the group, the item, who has it.
fn narrow(state: &mut State, ticket: &Ticket) {
    let mut filters: Vec<(String, String, String)> = Vec::new();
    if let Some(path) = &ticket.service {
        let text = path.as_str();
        filters.push((text.to_owned(), "its service".to_owned(), format!("node:={text}")));
        for (end, _) in text.rmatch_indices('/') {
            let place = &text[..end];
            filters.push((place.to_owned(), "everything below".to_owned(), format!("node:={place}")));
        }
    }
    let mut add = |key: &str, what: &str, value: Option<&str>| {
        if let Some(value) = value {
            let quoted = value.replace('"', "");
            filters.push((value.to_owned(), what.to_owned(), format!("{key}:=\"{quoted}\"")));
        }
    };
    add("group", "its group", ticket.assignee_group.as_deref());
    add("type", "its catalog item", ticket.item.as_deref());
    add("assignee", "who has it", ticket.assignee.as_ref().map(|(_, name)| name.as_str()));
    if filters.is_empty() {
        return state.say(Weight::Info, format!("#{} has neither service, group, item nor assignee", ticket.number));
    }
    let choices =
        filters.into_iter().map(|(label, note, filter)| Choice { label, note, answer: Answer::Filter(filter) });
    let dialog = Choose::new("Only tickets of", &head(ticket), choices.collect());
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

/// A write was not done, and not because somebody was faster: what was typed comes back as soon as nobody is in the
/// middle of something else.
pub fn failed(state: &mut State, write: &Write, why: &str) {
    if let Write::Create(new) = write {
        let dialog = TicketCreate::new(&state.replica.estate.source.catalog, new.service.as_ref()).again(new, why);
        return state.waiting.push(Dialog::TicketCreate(Box::new(dialog)));
    }
    let ticket = write.number().and_then(|n| state.replica.estate.tickets.get(&n)).cloned();
    let Some(ticket) = ticket.filter(|_| !write.said().is_empty()) else {
        return;
    };
    let (said, why) = (write.said(), format!("not sent: {why}"));
    let dialog = match write {
        Write::Move { .. } => {
            Dialog::TicketMove(Box::new(TicketMove::new(state, &ticket).with_comment(said).with_news(vec![why])))
        }
        Write::Assign { .. } => Dialog::TicketAssign(Box::new(TicketAssign::one(state, &ticket, said).with_note(&why))),
        _ => Dialog::Comment(Box::new(Comment::new(ticket.number, &ticket.title, said).with_note(&why))),
    };
    state.waiting.push(dialog);
}

/// Somebody was faster: his change beside what was asked.
pub fn conflict(state: &mut State, write: &Write, stale: &Stale) {
    state.waiting.push(Dialog::Conflict(Box::new(Conflict::new(write, stale))));
}
