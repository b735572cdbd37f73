//! What happens on Pulse.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        attention,
        effect::{Effect, Fetch, Write},
        filter::Filter,
        list::Row,
        msg::{Failure, Reply, RequestId},
        place::Object,
        problems::{Kind, Problem},
        replica::Seen,
        state::{State, Weight},
        together, update as routing, writes,
    },
    domain::{change::Fact, hierarchy::ServicePath, search::SearchContext},
};

use super::{FeedRow, Panel, Parts, parts, words};

/// Make the rows.
pub fn settle(state: &mut State, body: Rect) {
    let Parts { problems, feed, .. } = parts(body, state.replica.estate.budgets.len());
    let made_of = (state.replica.derived, state.filter().version(), state.pulse.own_version);
    if state.pulse.made_of != Some(made_of) {
        let passing = state.replica.problems.iter().filter(|problem| passes(problem, state)).cloned();
        let (handled, mut rows): (Vec<Problem>, Vec<Problem>) =
            passing.partition(|problem| attention::handled(state, problem).is_some());
        // What somebody cares for stands behind what nobody does, and what can wait behind that.
        let (asleep, known): (Vec<Problem>, Vec<Problem>) =
            handled.into_iter().partition(|problem| attention::is_snoozed(state, problem));
        let (snoozed, acknowledged) = (asleep.len(), known.len());
        rows.extend(known);
        if state.pulse.show_snoozed {
            rows.extend(asleep);
        }
        let all = &state.replica.feed;
        let notable = all.iter().enumerate().filter(|(_, seen)| seen.notable && in_feed(seen, state.filter()));
        let lines = together::lines(notable.map(|(at, seen)| (at, &seen.change)), state.filter().is_empty());
        let changes: Vec<FeedRow> =
            lines.into_iter().map(|line| FeedRow { seq: all[line.at].change.seq, many: line.many }).collect();
        let pulse = &mut state.pulse;
        (pulse.snoozed, pulse.acknowledged) = (snoozed, acknowledged);
        // Whoever did something about a row stays on it wherever that takes it, for the next key is about the same.
        pulse.acted &= match pulse.panel {
            Panel::Problems => rows.iter().any(|row| Some(&row.id()) == pulse.problems.aimed()),
            Panel::Feed => changes.iter().any(|row| Some(&row.id()) == pulse.feed.aimed()),
        };
        // Whoever has not moved yet sees the most urgent first, also when a more urgent one comes.
        let untouched = pulse.problems.index() == 0 && pulse.panel == Panel::Problems && !pulse.acted;
        pulse.problems.replace(rows);
        if untouched {
            pulse.problems.top();
        }
        let newest = pulse.feed.index() == 0 && !(pulse.acted && pulse.panel == Panel::Feed);
        pulse.feed.replace(changes);
        if newest {
            pulse.feed.top();
        }
        pulse.made_of = Some(made_of);
    }
    state.pulse.problems.fit(problems.height.saturating_sub(1));
    state.pulse.feed.fit(feed.height.saturating_sub(1));
}

fn passes(problem: &Problem, state: &State) -> bool {
    let filter = state.filter();
    if filter.is_empty() {
        return true;
    }
    let estate = &state.replica.estate;
    let text = || {
        let (name, place) = words::subject(problem, state);
        filter.line(&format!("{} {name} {place}", problem.kind.word()))
    };
    match &problem.object {
        Object::Service(path) => estate.services.get(path).is_some_and(|s| filter.service(s)) || text(),
        Object::Ticket(number) => {
            let context = SearchContext { me: Some(&state.session.user.id), now: state.core_now() };
            estate.tickets.get(number).is_some_and(|t| filter.ticket(t, &context)) || text()
        }
        _ => text(),
    }
}

fn in_feed(seen: &Seen, filter: &Filter) -> bool {
    if filter.is_empty() {
        return true;
    }
    let service = seen.change.fact.service().map(ToString::to_string).unwrap_or_default();
    filter.line(&format!("{service} {} {}", seen.change.fact.word(), seen.change.actor.name()))
}

/// Do an action of this screen; none when it has no such action.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let moved = match state.pulse.panel {
        Panel::Problems => state.pulse.problems.moved(action),
        Panel::Feed => state.pulse.feed.moved(action),
    };
    if moved {
        state.pulse.acted = false;
        return Some(Vec::new());
    }
    state.pulse.acted |= action.spec().writes;
    match action {
        Action::Open => Some(selected(state).map_or_else(Vec::new, |object| routing::open(state, object))),
        Action::PulseTicket => Some(to_ticket(state)),
        Action::PulseTake => Some(take(state)),
        Action::PulseAcknowledge => Some(about_problem(state, attention::acknowledge)),
        Action::PulseSnooze => Some(about_problem(state, attention::snooze)),
        Action::PulseRunbook => Some(routing::copy_runbook(state)),
        Action::PulseSnoozed => {
            state.pulse.show_snoozed = !state.pulse.show_snoozed;
            state.pulse.own_version += 1;
            Some(Vec::new())
        }
        Action::PulseFocus => {
            state.pulse.panel = match state.pulse.panel {
                Panel::Problems => Panel::Feed,
                Panel::Feed => Panel::Problems,
            };
            state.pulse.acted = false;
            Some(Vec::new())
        }
        Action::Close if state.notice.is_none() && state.replica.away.is_some() => {
            state.replica.away = None;
            Some(Vec::new())
        }
        _ => None,
    }
}

/// The live ticket about a problem; of a silent reporter, the one about the first service that it is silent about.
pub(super) fn ticket_about(state: &State, problem: &Problem) -> Option<u64> {
    let name = match (&problem.kind, &problem.object) {
        (Kind::Reporter(name, ..), _) => name,
        (Kind::Storage(_) | Kind::Backup, Object::Service(path)) => {
            return state.replica.ticket_about_duties(path).map(|t| t.number);
        }
        (_, object) => return ticket_of(state, object),
    };
    let silent = |path: &&ServicePath| {
        let service = state.replica.estate.services.get(path);
        service.is_some_and(|s| s.health.silence.is_some() && s.health.reporter == *name)
    };
    let path = state.replica.tickets_about.keys().filter(silent).min()?;
    state.replica.ticket_about_health(path).map(|t| t.number)
}

fn ticket_of(state: &State, object: &Object) -> Option<u64> {
    match object {
        Object::Ticket(number) => Some(*number),
        Object::Service(path) => state.replica.ticket_about_health(path).map(|t| t.number),
        _ => None,
    }
}

/// The ticket of what is under the cursor.
fn ticket_here(state: &State) -> Option<u64> {
    match state.pulse.panel {
        Panel::Problems => ticket_about(state, state.pulse.problems.selected()?),
        Panel::Feed => ticket_of(state, &selected(state)?),
    }
}

fn to_ticket(state: &mut State) -> Vec<Effect> {
    match ticket_here(state) {
        Some(number) => routing::open(state, Object::Ticket(number)),
        None => {
            let key = state.options.keymap.label(Action::NewTicket);
            state.say(Weight::Info, format!("there is no live ticket about this; {key} opens one"));
            Vec::new()
        }
    }
}

fn take(state: &mut State) -> Vec<Effect> {
    let Some(number) = ticket_here(state) else {
        return to_ticket(state);
    };
    let seen = state.replica.estate.tickets.get(&number).map_or(0, |t| t.version);
    writes::send(state, Write::Take { number, seen })
}

/// Do something about the problem under the cursor.
fn about_problem(state: &mut State, act: impl FnOnce(&mut State, &Problem) -> Vec<Effect>) -> Vec<Effect> {
    match state.pulse.problems.selected().cloned().filter(|_| state.pulse.panel == Panel::Problems) {
        Some(problem) => act(state, &problem),
        None => Vec::new(),
    }
}

/// Show an object.
pub fn open(state: &mut State, object: &Object) -> Vec<Effect> {
    let found = state.pulse.problems.rows().iter().position(|p| p.object == *object);
    if let Some(index) = found {
        state.pulse.panel = Panel::Problems;
        state.pulse.problems.stand(index);
    }
    Vec::new()
}

/// What is under the cursor.
pub fn selected(state: &State) -> Option<Object> {
    match state.pulse.panel {
        Panel::Problems => state.pulse.problems.selected().map(|problem| match problem.kind {
            Kind::Rejected | Kind::Faults(_) => Object::Faults,
            _ => problem.object.clone(),
        }),
        Panel::Feed => {
            let seq = state.pulse.feed.selected()?.seq;
            let seen = state.replica.feed.iter().find(|seen| seen.change.seq == seq)?;
            Some(match &seen.change.fact {
                Fact::TicketChanged { ticket, .. } => Object::Ticket(ticket.number),
                Fact::BudgetChanged(group) => Object::Budget(group.name.clone()),
                Fact::BudgetRemoved(_) | Fact::ServiceRetired(_) => Object::Change(seq),
                Fact::SourceRead(_) => Object::Faults,
                fact => fact.service().map_or(Object::Change(seq), |path| Object::Service(path.clone())),
            })
        }
    }
}

/// The body was clicked: a row is chosen, the chosen row is opened.
pub fn clicked(state: &mut State, body: Rect, column: u16, row: u16) -> Vec<Effect> {
    let Parts { problems, feed, .. } = parts(body, state.replica.estate.budgets.len());
    let at = (column, row).into();
    let (area, panel) = if problems.contains(at) {
        (problems, Panel::Problems)
    } else if feed.contains(at) {
        (feed, Panel::Feed)
    } else {
        return Vec::new();
    };
    state.pulse.panel = panel;
    state.pulse.acted = false;
    let Some(line) = row.checked_sub(area.y + 1) else {
        return Vec::new();
    };
    let before = selected(state);
    match panel {
        Panel::Problems => {
            let index = state.pulse.problems.offset() + usize::from(line);
            if index < state.pulse.problems.len() {
                state.pulse.problems.stand(index);
            }
        }
        Panel::Feed => {
            let index = state.pulse.feed.offset() + usize::from(line);
            if index < state.pulse.feed.len() {
                state.pulse.feed.stand(index);
            }
        }
    }
    match selected(state) {
        Some(object) if before.as_ref() == Some(&object) => routing::open(state, object),
        _ => Vec::new(),
    }
}

/// What to fetch: what changed before we came, once.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    if !state.replica.loaded || state.pulse.asked_once {
        return Vec::new();
    }
    let request = state.inflight.request();
    state.pulse.asked = Some(request);
    state.pulse.asked_once = true;
    vec![Effect::Fetch { request, what: Fetch::Changes(None) }]
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(state: &mut State, request: RequestId, result: &Result<Reply, Failure>) -> bool {
    if state.pulse.asked != Some(request) {
        return false;
    }
    state.pulse.asked = None;
    match result {
        Ok(Reply::Changes(changes)) => state.replica.take_older(changes.clone()),
        Ok(_) => {}
        // The feed says since when it is true, so nothing is shown as empty that is not; the next snapshot asks again.
        Err(_) => state.pulse.asked_once = false,
    }
    true
}

/// The figure on the tab.
pub fn badge(state: &State) -> String {
    // What somebody cares for does not call for another one.
    let open = |problem: &&Problem| problem.wants_somebody() && attention::handled(state, problem).is_none();
    match state.replica.problems.iter().filter(open).count() {
        0 => String::new(),
        count => count.to_string(),
    }
}
