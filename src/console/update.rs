//! What happened, to what changes: the one place that changes [`State`].
//!
//! [`update`] routes a message: keys through the context stack to an [`Action`], actions to the dialog, the screen or
//! the rules below; answers to whoever waits for them. [`before_drawing`] makes derived rows, once per picture.

use crate::domain::time::{SECOND, Timestamp};

use super::{
    action::Action,
    dialogs,
    effect::Effect,
    format,
    keymap::Key,
    layout, lost,
    msg::{LinkEvent, Mouse, MouseKind, Msg},
    place::{Object, Place, ScreenId},
    replica::Taken,
    screens::{
        self,
        hierarchy::{self, Lens},
    },
    state::{Notice, State, Times, Weight},
    text_input::TextInput,
    writes,
};

/// When to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Draw {
    /// Nothing that is shown changed.
    #[default]
    No,
    /// With the next frame.
    Soon,
    /// At once: somebody is waiting.
    Now,
}

/// What is asked of the world after a message, and when to draw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// To be done, in order.
    pub list: Vec<Effect>,
    /// When to draw.
    pub draw: Draw,
}

impl Effects {
    fn now(list: Vec<Effect>) -> Self {
        Self { list, draw: Draw::Now }
    }

    fn soon(list: Vec<Effect>) -> Self {
        Self { list, draw: Draw::Soon }
    }
}

/// Take in what happened at `at`.
pub fn update(state: &mut State, at: Timestamp, msg: Msg) -> Effects {
    let before = state.now;
    let minute_before = before.ms().div_euclid(crate::domain::time::MINUTE);
    state.now = at;
    let was = state.link.state;
    state.link.judge(at);
    let ended = notice_ended(state);
    let mut effects = match msg {
        Msg::Key(key) => Effects::now(pressed(state, key)),
        Msg::Mouse(mouse) => Effects::now(moused(state, mouse)),
        Msg::Paste(text) => Effects::now(pasted(state, &text)),
        Msg::Resize(size) => {
            state.size = size;
            Effects::now(Vec::new())
        }
        Msg::Tick => {
            let turned = at.ms().div_euclid(crate::domain::time::MINUTE) != minute_before;
            let ticks = state.link.state != super::link::LinkState::Live || screens::tickets::ticks(state);
            let ended = undo_ended(state, before);
            let draw = if turned || ticks || ended { Draw::Soon } else { Draw::No };
            Effects { list: lost::ask_due(state), draw }
        }
        Msg::Link(event) => linked(state, &event),
        Msg::Snapshot(snapshot) => {
            let last_live = state.link.last_sign.filter(|_| state.replica.loaded);
            state.link.came(at, snapshot.at);
            state.replica.take_snapshot(*snapshot, last_live);
            Effects::soon(lost::ask_again(state))
        }
        Msg::Changes(changes) => changed(state, changes),
        Msg::Edited { request, result } => Effects::now(dialogs::edited(state, request, result)),
        Msg::Reply { request, result } => Effects::soon(replied(state, request, result)),
    };
    if state.link.state != was || ended {
        effects.draw = effects.draw.max(Draw::Soon);
    }
    effects
}

/// Take a message away that was there long enough; says whether one was.
fn notice_ended(state: &mut State) -> bool {
    let is_over = state.notice.as_ref().and_then(Notice::ends_at).is_some_and(|end| end <= state.now);
    if is_over {
        state.notice = None;
    }
    is_over
}

/// Whether an offer to take something back ended since `before`.
fn undo_ended(state: &State, before: Timestamp) -> bool {
    state.undos.iter().any(|undo| undo.until >= before && undo.until < state.now)
}

/// When to wake though nothing happens: when time alone changes what is shown.
pub fn next_tick(state: &State, at: Timestamp) -> Timestamp {
    let mut tick = state.link.next_tick(at);
    if screens::tickets::ticks(state) {
        tick = tick.min(Timestamp::from_ms((at.ms().div_euclid(SECOND) + 1) * SECOND));
    }
    let ends = [
        super::undo::ends_at(state).map(|end| end.plus(1)),
        state.notice.as_ref().and_then(Notice::ends_at),
        lost::due_at(state),
    ];
    ends.into_iter().flatten().fold(tick, Timestamp::min)
}

/// Before a picture is drawn: make what it shows, and say what else it wants to know. However much happened since the
/// last picture, rows are made once.
pub fn before_drawing(state: &mut State) -> Vec<Effect> {
    settle(state);
    dialogs::open_waiting(state);
    screens::wishes(state)
}

/// Make what is shown from what is known. Cheap when nothing changed.
pub fn settle(state: &mut State) {
    state.replica.settle(state.core_now());
    screens::settle(state);
}

fn linked(state: &mut State, event: &LinkEvent) -> Effects {
    let before = state.link.state;
    state.link.happened(state.now, event);
    // While live a beat changes nothing that is shown.
    let same = state.link.state == before && state.link.is_fresh();
    let draw = if same { Draw::No } else { Draw::Soon };
    let connected = *event == LinkEvent::Connected;
    if connected {
        screens::reconnected(state);
    }
    let list = if connected { lost::ask_again(state) } else { Vec::new() };
    Effects { list, draw }
}

fn changed(state: &mut State, changes: Vec<crate::domain::change::Change>) -> Effects {
    let mut draw = Draw::No;
    for change in changes {
        state.link.came(state.now, change.at);
        match state.replica.take(change) {
            Taken::Known => {}
            Taken::New => draw = Draw::Soon,
            Taken::Gap => return Effects { list: vec![Effect::Resync], draw: Draw::Soon },
        }
    }
    Effects { list: Vec::new(), draw }
}

fn replied(
    state: &mut State,
    request: super::msg::RequestId,
    result: Result<super::msg::Reply, super::msg::Failure>,
) -> Vec<Effect> {
    if state.inflight.writes.contains_key(&request) {
        return writes::answered(state, request, result);
    }
    if let Some(write) = lost::settled_by(state, request) {
        return lost::checked(state, write, result);
    }
    // When no screen waits for it, it is too late and dropped.
    screens::answered(state, request, result);
    Vec::new()
}

fn pressed(state: &mut State, key: Key) -> Vec<Effect> {
    match &mut state.notice {
        Some(notice) if notice.weight == Weight::Problem => {
            notice.read_from.get_or_insert(state.now);
        }
        _ => state.notice = None,
    }
    // Leaving works from anywhere, whatever lies on top.
    if state.options.keymap.keys(Action::Leave).contains(&key) {
        return vec![Effect::Quit];
    }
    let wants_text = match state.dialogs.last() {
        Some(dialog) => dialog.wants_text(),
        None => state.typing.is_some(),
    };
    if wants_text && let Some(c) = key.typed() {
        return typed(state, c);
    }
    let Some(action) = state.options.keymap.resolve(&state.contexts(), key) else {
        return Vec::new();
    };
    act(state, action)
}

fn typed(state: &mut State, c: char) -> Vec<Effect> {
    if !state.dialogs.is_empty() {
        return dialogs::handle(state, dialogs::Event::Char(c));
    }
    if let Some(input) = &mut state.typing {
        input.type_char(c);
        let text = input.value().to_owned();
        state.filters[state.screen as usize].set(&text);
    }
    Vec::new()
}

fn pasted(state: &mut State, text: &str) -> Vec<Effect> {
    if !state.dialogs.is_empty() {
        return dialogs::handle(state, dialogs::Event::Paste(text.to_owned()));
    }
    if let Some(input) = &mut state.typing {
        input.paste(text);
        let text = input.value().to_owned();
        state.filters[state.screen as usize].set(&text);
    } else {
        state.say(Weight::Info, "pasted text goes only where text is typed");
    }
    Vec::new()
}

/// Do what the user asked for, wherever he asked: key, palette or mouse.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if let Some(why) = state.refuses(action) {
        state.say(Weight::Info, why);
        return Vec::new();
    }
    if !state.dialogs.is_empty() {
        return dialogs::handle(state, dialogs::Event::Action(action));
    }
    if state.typing.is_some() && typing(state, action) {
        return Vec::new();
    }
    match screens::act(state, action) {
        Some(effects) => effects,
        None => everywhere(state, action),
    }
}

/// While a filter is typed; false for what goes on to the screen.
fn typing(state: &mut State, action: Action) -> bool {
    let screen = state.screen as usize;
    let Some(input) = &mut state.typing else {
        return false;
    };
    match action {
        Action::DialogAccept => state.typing = None,
        Action::DialogClose | Action::Close => {
            state.typing = None;
            state.filters[screen].set("");
        }
        Action::DialogDown => return screens::act(state, Action::Down).is_some(),
        Action::DialogUp => return screens::act(state, Action::Up).is_some(),
        Action::DialogPageDown => return screens::act(state, Action::PageDown).is_some(),
        Action::DialogPageUp => return screens::act(state, Action::PageUp).is_some(),
        _ => {
            if input.edited(action) {
                let text = input.value().to_owned();
                state.filters[screen].set(&text);
            }
        }
    }
    true
}

fn everywhere(state: &mut State, action: Action) -> Vec<Effect> {
    if let Some(screen) = ScreenId::of_action(action) {
        if screen == ScreenId::Hierarchy {
            hierarchy::look_at(state, Lens::Tree);
        }
        return go(state, Place { screen, object: None });
    }
    match action {
        Action::GoStorage => return table(state, Lens::Storage),
        Action::GoBackups => return table(state, Lens::Backup),
        Action::NextScreen => return go(state, Place { screen: state.screen.turn(1), object: None }),
        Action::PreviousScreen => return go(state, Place { screen: state.screen.turn(-1), object: None }),
        Action::Back => match state.history.back(state.here()) {
            Some(place) => return arrive(state, place),
            None => state.say(Weight::Info, "this is where you started"),
        },
        Action::Forward => match state.history.forward(state.here()) {
            Some(place) => return arrive(state, place),
            None => state.say(Weight::Info, "there is nothing further on"),
        },
        Action::Palette => dialogs::open_palette(state),
        Action::Help => dialogs::open_help(state),
        Action::Filter => state.typing = Some(TextInput::new(state.filter().text())),
        Action::NewTicket => return dialogs::open_create(state),
        Action::Copy => return copy(state),
        Action::Theme => return next_theme(state),
        Action::Times => {
            state.options.times = match state.options.times {
                Times::Ages => Times::Utc,
                Times::Utc => Times::Ages,
            };
        }
        Action::Reconnect => return reconnect(state),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Close => close(state),
        Action::Quit => return quit(state),
        Action::Leave => return vec![Effect::Quit],
        _ => {}
    }
    Vec::new()
}

/// The next try at once, unless one is on its way or none is needed.
fn reconnect(state: &mut State) -> Vec<Effect> {
    if state.link.try_now(state.now) {
        return vec![Effect::Resync];
    }
    let text = if state.link.is_fresh() { "the core is heard" } else { "the core is being tried" };
    state.say(Weight::Info, text);
    Vec::new()
}

/// To Hierarchy, as one of its tables.
fn table(state: &mut State, lens: Lens) -> Vec<Effect> {
    let effects = go(state, Place { screen: ScreenId::Hierarchy, object: None });
    hierarchy::look_at(state, lens);
    effects
}

fn close(state: &mut State) {
    let screen = state.screen as usize;
    if state.notice.take().is_none() && !state.filters[screen].text().is_empty() {
        state.filters[screen].set("");
    }
}

fn quit(state: &mut State) -> Vec<Effect> {
    let open = state.inflight.writes.len() + state.inflight.lost.len();
    if open == 0 {
        return vec![Effect::Quit];
    }
    let count = format::count(open, "write has", "writes have");
    dialogs::ask(state, "Quit", &format!("{count} no answer yet. Quit anyway?"), dialogs::Then::Quit);
    Vec::new()
}

fn copy(state: &mut State) -> Vec<Effect> {
    let Some(object) = state.selected() else {
        state.say(Weight::Info, "nothing is selected");
        return Vec::new();
    };
    let text = object.to_string();
    state.say(Weight::Done, format!("sent to the terminal's clipboard: {text}"));
    vec![Effect::Copy(text)]
}

/// Copy the link of the runbook of what is selected.
pub fn copy_runbook(state: &mut State) -> Vec<Effect> {
    let about = match state.selected() {
        Some(Object::Service(path)) => Some(path),
        Some(Object::Ticket(number)) => state.replica.estate.tickets.get(&number).and_then(|t| t.service.clone()),
        _ => None,
    };
    let service = about.and_then(|path| state.replica.estate.services.get(&path));
    let Some(link) = service.and_then(crate::domain::health::Service::runbook_link).map(str::to_owned) else {
        let why = match service.and_then(|s| s.runbook.as_deref()) {
            Some(_) => "its runbook is no https link, so it is not copied",
            None => "nothing with a runbook is selected",
        };
        state.say(Weight::Info, why);
        return Vec::new();
    };
    state.say(Weight::Done, format!("sent to the terminal's clipboard: {link}"));
    vec![Effect::Copy(link)]
}

fn next_theme(state: &mut State) -> Vec<Effect> {
    state.options.chosen = (state.options.chosen + 1) % state.options.themes.len().max(1);
    let name = state.options.theme().name.clone();
    state.say(Weight::Done, format!("theme: {name}"));
    vec![Effect::RememberTheme(name), Effect::Redraw]
}

/// Go to a place and remember where we were.
pub fn go(state: &mut State, place: Place) -> Vec<Effect> {
    let here = state.here();
    if here != place && (here.screen != place.screen || place.object.is_some()) {
        state.history.leave(here);
    }
    arrive(state, place)
}

/// Go to an object on the screen where it is looked at.
pub fn open(state: &mut State, object: Object) -> Vec<Effect> {
    go(state, Place { screen: object.home(), object: Some(object) })
}

fn arrive(state: &mut State, place: Place) -> Vec<Effect> {
    state.screen = place.screen;
    state.typing = None;
    settle(state);
    place.object.map_or_else(Vec::new, |object| screens::open(state, &object))
}

fn moused(state: &mut State, mouse: Mouse) -> Vec<Effect> {
    if !state.dialogs.is_empty() {
        let action = match mouse.kind {
            MouseKind::ScrollDown => Action::DialogDown,
            MouseKind::ScrollUp => Action::DialogUp,
            MouseKind::Click => return dialogs::clicked(state, mouse.column, mouse.row),
            MouseKind::Release => return Vec::new(),
        };
        return act(state, action);
    }
    let frame = layout::frame(state);
    match mouse.kind {
        MouseKind::ScrollDown | MouseKind::ScrollUp => {
            let down = mouse.kind == MouseKind::ScrollDown;
            if let Some(effects) = screens::wheeled(state, mouse.column, mouse.row, down) {
                return effects;
            }
            let action = if down { Action::Down } else { Action::Up };
            (0..3).flat_map(|_| screens::act(state, action).unwrap_or_default()).collect()
        }
        MouseKind::Click if mouse.row == frame.tabs.y && frame.tabs.height > 0 => {
            let tabs = layout::tabs(state, frame.tabs);
            let hit = tabs.into_iter().find(|tab| (tab.from..tab.to).contains(&mouse.column));
            hit.map_or_else(Vec::new, |tab| everywhere(state, tab.action))
        }
        MouseKind::Click if frame.body.contains((mouse.column, mouse.row).into()) => {
            screens::clicked(state, mouse.column, mouse.row)
        }
        MouseKind::Click => Vec::new(),
        MouseKind::Release => screens::released(state, mouse.column, mouse.row),
    }
}
