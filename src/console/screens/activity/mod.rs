//! Activity: every change, newest first, in sentences; and what I did in this session, as commands.
//!
//! Start at [`words`], which turns a change into a sentence.

#[cfg(test)]
mod tests;
mod view;
pub mod words;

use std::collections::HashSet;

use ratatui::layout::Rect;

pub use view::view;

use crate::{
    console::{
        action::Action,
        effect::{Effect, Fetch},
        layout,
        list::List,
        msg::{Failure, Reply, RequestId},
        paint::below,
        place::{Object, ScreenId},
        replica::FEED_LIMIT,
        state::{State, Weight},
        together, update,
    },
    domain::{
        change::{Change, Fact, Seq},
        health::Counted,
    },
};

use words::Kind;

/// A row: a change, and where it stands in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which change.
    pub seq: Seq,
    /// Its place in the feed when the rows were made.
    pub at: usize,
    /// What its services are now, where it stands for many of one reporter.
    pub many: Option<Counted>,
}

impl crate::console::list::Row for Row {
    type Id = Seq;
    fn id(&self) -> Seq {
        self.seq
    }
}

/// A line of the journal, by its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeedRow(pub RequestId);

impl crate::console::list::Row for DeedRow {
    type Id = RequestId;
    fn id(&self) -> RequestId {
        self.0
    }
}

/// The screen.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The changes in sight.
    pub list: List<Row>,
    /// What I did, newest first.
    pub deeds: List<DeedRow>,
    /// Which changes.
    pub kind: Kind,
    /// Whether the cursor stays on the newest.
    pub follow: bool,
    /// Whether the journal is shown.
    pub journal: bool,
    /// The call for older changes.
    pub older: Option<RequestId>,
    /// Whether there is nothing older.
    pub whole: bool,
    /// Why older changes could not be read.
    pub failure: Option<Failure>,
    /// Changes of budgets that stand under their own kind only.
    pub left_out: usize,
    made: Option<(u64, u64, Kind)>,
    epoch: String,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            list: List::default(),
            deeds: List::default(),
            kind: Kind::All,
            follow: true,
            journal: false,
            older: None,
            whole: false,
            failure: None,
            left_out: 0,
            made: None,
            epoch: String::new(),
        }
    }
}

/// The line of kinds, the list, and where the row under the cursor is told whole, if there is room for that.
fn places(area: Rect) -> (Rect, Rect, Rect) {
    let rest = below(area, 1);
    let told = match rest.height {
        ..14 => 0,
        14..30 => 4,
        _ => 5,
    };
    let list = Rect { height: rest.height - told, ..rest };
    (Rect { height: area.height.min(1), ..area }, list, below(rest, list.height))
}

/// Make the rows again when what they are made of changed.
pub fn settle(state: &mut State, body: Rect) {
    let (_, list, _) = places(body);
    let filter = &state.filters[ScreenId::Activity as usize];
    let screen = &mut state.activity;
    if screen.epoch != state.replica.epoch {
        // Another log: what was said about the end of the old one does not hold.
        screen.epoch.clone_from(&state.replica.epoch);
        screen.whole = false;
        screen.failure = None;
    }
    let made = (state.replica.version, filter.version(), screen.kind);
    if screen.made != Some(made) {
        let passes =
            |change: &Change| screen.kind.covers(&change.fact) && (filter.is_empty() || filter.line(&searched(change)));
        let feed = &state.replica.feed;
        let shown = feed.iter().enumerate().map(|(at, seen)| (at, &seen.change)).filter(|(_, c)| passes(c));
        let moved =
            if screen.kind == Kind::All && filter.is_empty() { words::figures_only(feed) } else { HashSet::new() };
        screen.left_out = moved.len();
        let shown = shown.filter(|(_, change)| !moved.contains(&change.seq));
        let lines = together::lines(shown, filter.is_empty());
        let rows = lines.into_iter().map(|l| Row { seq: feed[l.at].change.seq, at: l.at, many: l.many }).collect();
        screen.list.replace(rows);
        if screen.follow {
            screen.list.top();
        }
        screen.made = Some(made);
    }
    if screen.deeds.len() != state.journal.len() {
        screen.deeds.replace(state.journal.iter().rev().map(|deed| DeedRow(deed.request)).collect());
        screen.deeds.top();
    }
    let height = list.height.saturating_sub(1);
    screen.list.fit(height);
    screen.deeds.fit(height);
}

/// What a filter looks at.
fn searched(change: &Change) -> String {
    format!("{} {} {}", words::actor(&change.actor), words::object(&change.fact), words::sentence(change))
}

/// Older changes, when the end of what is known is in sight.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    let screen = &state.activity;
    let wanted = state.screen == ScreenId::Activity
        && state.replica.loaded
        && !screen.journal
        && screen.older.is_none()
        && !screen.whole
        && screen.failure.is_none()
        && state.replica.feed.len() < FEED_LIMIT;
    let (_, place, _) = places(layout::inset(layout::frame(state).body));
    let near_the_end = screen.list.offset() + 2 * usize::from(place.height.max(10)) >= screen.list.len();
    if !wanted || !near_the_end {
        return Vec::new();
    }
    let oldest = state.replica.feed.back().map_or(state.replica.seq.next(), |seen| seen.change.seq);
    let request = state.inflight.request();
    state.activity.older = Some(request);
    vec![Effect::Fetch { request, what: Fetch::Changes(Some(oldest)) }]
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(state: &mut State, request: RequestId, result: &Result<Reply, Failure>) -> bool {
    if state.activity.older != Some(request) {
        return false;
    }
    state.activity.older = None;
    match result {
        Ok(Reply::Changes(changes)) => {
            let before = state.replica.feed.len();
            state.replica.take_older(changes.clone());
            state.activity.whole = state.replica.feed.len() == before;
        }
        Ok(_) => return false,
        Err(failure) => state.activity.failure = Some(failure.clone()),
    }
    true
}

/// The change under the cursor.
pub fn chosen(state: &State) -> Option<&Change> {
    let row = state.activity.list.selected()?;
    state.replica.feed.get(row.at).map(|seen| &seen.change).filter(|change| change.seq == row.seq)
}

/// What is under the cursor.
pub fn selected(state: &State) -> Option<Object> {
    if state.activity.journal {
        let row = state.activity.deeds.selected()?;
        let deed = state.journal.iter().find(|deed| deed.request == row.0)?;
        return deed.write.number().map(Object::Ticket);
    }
    state.activity.list.selected().map(|row| Object::Change(row.seq))
}

/// Go to a change.
pub fn open(state: &mut State, object: &Object) -> Vec<Effect> {
    if let Object::Change(seq) = object {
        let screen = &mut state.activity;
        screen.journal = false;
        screen.follow = false;
        if !screen.list.select(seq) {
            screen.kind = Kind::All;
            state.filters[ScreenId::Activity as usize].set("");
            state.activity.list.aim(*seq);
        }
    }
    Vec::new()
}

/// The figure on the tab.
pub const fn badge(_state: &State) -> String {
    String::new()
}

/// Do what was asked for; none when it means nothing here.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let screen = &mut state.activity;
    if screen.journal && screen.deeds.moved(action) {
        return Some(Vec::new());
    }
    if !screen.journal && screen.list.moved(action) {
        screen.follow = screen.list.index() == 0;
        return Some(Vec::new());
    }
    match action {
        Action::ActivityFollow => {
            screen.follow = !screen.follow;
            if screen.follow {
                screen.list.top();
            }
            let text = if screen.follow { "following the newest" } else { "staying here" };
            state.say(Weight::Info, text);
        }
        Action::ActivityKind => {
            screen.kind = screen.kind.next();
            screen.journal = false;
        }
        Action::ActivityJournal => screen.journal = !screen.journal,
        Action::Close if screen.journal => screen.journal = false,
        Action::ActivityCopy => return Some(copy(state)),
        Action::Open => return Some(to_object(state)),
        _ => return None,
    }
    Some(Vec::new())
}

/// The command that does the same, or shows the same.
fn command(state: &State) -> Option<String> {
    if state.activity.journal {
        let row = state.activity.deeds.selected()?;
        return state.journal.iter().find(|deed| deed.request == row.0).map(|deed| deed.write.command());
    }
    Some(match &chosen(state)?.fact {
        Fact::TicketChanged { ticket, .. } => format!("itops ticket get {}", ticket.number),
        Fact::BudgetChanged(group) => format!("itops budget get {}", group.name),
        Fact::BudgetRemoved(_) => "itops budget list".to_owned(),
        Fact::SourceRead(_) => "itops gitops validate".to_owned(),
        fact => format!("itops service get {}", fact.service()?),
    })
}

fn copy(state: &mut State) -> Vec<Effect> {
    match command(state) {
        Some(text) => {
            state.say(Weight::Done, format!("sent to the terminal's clipboard: {text}"));
            vec![Effect::Copy(text)]
        }
        None => {
            state.say(Weight::Info, "nothing is selected");
            Vec::new()
        }
    }
}

/// Go to what the line is about.
fn to_object(state: &mut State) -> Vec<Effect> {
    let object = if state.activity.journal {
        selected(state)
    } else {
        chosen(state).and_then(|change| match &change.fact {
            Fact::TicketChanged { ticket, .. } => Some(Object::Ticket(ticket.number)),
            Fact::BudgetChanged(group) => Some(Object::Budget(group.name.clone())),
            Fact::SourceRead(_) => Some(Object::Faults),
            fact => fact
                .service()
                .filter(|path| state.replica.estate.services.contains_key(path))
                .map(|path| Object::Service(path.clone())),
        })
    };
    match object {
        Some(object) => update::open(state, object),
        None => {
            state.say(Weight::Info, "what this was about is not there any more");
            Vec::new()
        }
    }
}

/// Click on a row or a kind.
pub fn clicked(state: &mut State, area: Rect, column: u16, row: u16) -> Vec<Effect> {
    let (kinds, list, _) = places(area);
    if kinds.contains((column, row).into()) {
        let hit = view::kind_places(kinds).into_iter().find(|(_, from, to, _)| (*from..*to).contains(&column));
        match hit {
            Some((Some(kind), ..)) => {
                state.activity.kind = kind;
                state.activity.journal = false;
            }
            Some((None, ..)) => state.activity.journal = true,
            None => {}
        }
    } else if list.contains((column, row).into()) && row > list.y {
        let line = usize::from(row - list.y - 1);
        let screen = &mut state.activity;
        if screen.journal {
            screen.deeds.stand(screen.deeds.offset() + line);
        } else {
            screen.list.stand(screen.list.offset() + line);
            screen.follow = screen.list.index() == 0;
        }
    }
    Vec::new()
}
