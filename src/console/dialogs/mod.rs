//! What lies over a screen: small machines that go on, are left, or are done with an answer.
//!
//! To add one: a file with a struct that has `contexts`, `wants_text`, `handle` and `view`; a variant of [`Dialog`]; an
//! arm in each `match` below. A dialog never changes [`State`]; what its answer means stands in [`handle`].

pub mod bulk;
pub mod cascade;
pub mod choose;
pub mod comment;
pub mod confirm;
pub mod conflict;
mod frame;
pub mod help;
pub mod palette;
pub mod receipt;
pub mod ticket_assign;
pub mod ticket_create;
pub mod ticket_move;
pub mod window_open;
pub mod windows;

use ratatui::layout::Rect;

use super::{
    action::{Action, Context},
    batch,
    effect::{Effect, Write},
    msg::RequestId,
    paint::Canvas,
    place::{Object, ScreenId},
    screens::tickets,
    state::{State, Weight},
    update, writes,
};

pub use bulk::Deed;
pub use confirm::{Confirm, Then};
use frame::{after_label, before_bar, choices, foot, frame, once_more, type_name, yes_or_no};
pub use help::Help;
pub use palette::Palette;

/// What a dialog is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A key that means something here.
    Action(Action),
    /// A character was typed.
    Char(char),
    /// Text was pasted.
    Paste(String),
    /// The row of this number of the dialog's inside was clicked.
    Click(u16),
}

/// What a dialog answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<T> {
    /// Still open.
    Continue,
    /// Left without an answer.
    Cancel,
    /// Still open; this text goes to the user's editor.
    Edit(String),
    /// Done with this.
    Done(T),
}

/// What the answer of a dialog asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Do an action on the screen below.
    Act(Action),
    /// Go to an object.
    Open(Object),
    /// Write something.
    Write(Write),
    /// Write several things and show what came of each.
    Writes(Vec<Write>),
    /// Say what would happen to everything that is marked.
    Rehearse(Deed),
    /// Leave what has not been sent of several things.
    LeaveRest,
    /// Keep a text for the next thing that is said on a ticket.
    Keep(u64, String),
    /// Narrow the list to this.
    Filter(String),
    /// Leave the program.
    Quit,
}

/// Something that lies over the screen.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// Finds anything.
    Palette(Box<Palette>),
    /// What works here.
    Help(Help),
    /// Asks once.
    Confirm(Confirm),
    /// Moves a ticket.
    TicketMove(Box<ticket_move::TicketMove>),
    /// Opens a ticket.
    TicketCreate(Box<ticket_create::TicketCreate>),
    /// Says something on a ticket.
    Comment(Box<comment::Comment>),
    /// How a role is resolved.
    Cascade(Box<cascade::Cascade>),
    /// One of several.
    Choose(Box<choose::Choose>),
    /// Several tickets at once: what would happen.
    Rehearsal(Box<bulk::Rehearsal>),
    /// Several tickets at once: what came of it.
    Receipt(receipt::Receipt),
    /// Gives a ticket to somebody.
    TicketAssign(Box<ticket_assign::TicketAssign>),
    /// Somebody was faster.
    Conflict(Box<conflict::Conflict>),
    /// Opens an exclusion window.
    WindowOpen(Box<window_open::WindowOpen>),
    /// Which exclusion windows there are.
    Windows(windows::Windows),
}

impl Dialog {
    /// Where keys are looked up while it is on top.
    pub fn contexts(&self) -> &'static [Context] {
        match self {
            Self::Palette(_) | Self::Help(_) => &[Context::Input, Context::Dialog],
            Self::Confirm(confirm) => confirm.contexts(),
            Self::TicketMove(dialog) => dialog.contexts(),
            Self::TicketCreate(dialog) => dialog.contexts(),
            Self::Comment(dialog) => dialog.contexts(),
            Self::Cascade(dialog) => dialog.contexts(),
            Self::Choose(dialog) => dialog.contexts(),
            Self::Rehearsal(dialog) => dialog.contexts(),
            Self::Receipt(dialog) => dialog.contexts(),
            Self::TicketAssign(dialog) => dialog.contexts(),
            Self::Conflict(dialog) => dialog.contexts(),
            Self::WindowOpen(dialog) => dialog.contexts(),
            Self::Windows(dialog) => dialog.contexts(),
        }
    }

    /// Whether typed characters go into a text.
    pub fn wants_text(&self) -> bool {
        match self {
            Self::Palette(_) | Self::Help(_) => true,
            Self::TicketCreate(_) | Self::Comment(_) | Self::Choose(_) | Self::Cascade(_) => true,
            Self::TicketAssign(_) => true,
            Self::TicketMove(dialog) => dialog.wants_text(),
            Self::Rehearsal(dialog) => dialog.wants_text(),
            Self::WindowOpen(dialog) => dialog.wants_text(),
            Self::Receipt(_) | Self::Conflict(_) | Self::Windows(_) => false,
            Self::Confirm(confirm) => confirm.wants_text(),
        }
    }

    fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        match self {
            Self::Palette(palette) => palette.handle(event, state),
            Self::Help(help) => help.handle(event, state),
            Self::Confirm(confirm) => confirm.handle(event),
            Self::TicketMove(dialog) => dialog.handle(event, state),
            Self::TicketCreate(dialog) => dialog.handle(event, state),
            Self::Comment(dialog) => dialog.handle(event),
            Self::Cascade(dialog) => dialog.handle(event, state),
            Self::Choose(dialog) => dialog.handle(event),
            Self::Rehearsal(dialog) => dialog.handle(event, state),
            Self::Receipt(dialog) => dialog.handle(event, state),
            Self::TicketAssign(dialog) => dialog.handle(event, state),
            Self::Conflict(dialog) => dialog.handle(event, state),
            Self::WindowOpen(dialog) => dialog.handle(event, state),
            Self::Windows(dialog) => dialog.handle(event, state),
        }
    }

    /// Take in what the user's editor made of a text, or why it made nothing.
    fn edited(&mut self, result: Result<String, String>) {
        match self {
            Self::TicketMove(dialog) => dialog.edited(result),
            Self::TicketCreate(dialog) => dialog.edited(result),
            Self::Comment(dialog) => dialog.edited(result),
            Self::TicketAssign(dialog) => dialog.edited(result),
            Self::Palette(_) | Self::Help(_) | Self::Confirm(_) | Self::Cascade(_) | Self::Choose(_) => {}
            Self::Rehearsal(_) | Self::Receipt(_) | Self::Conflict(_) => {}
            Self::WindowOpen(_) | Self::Windows(_) => {}
        }
    }

    /// Where it lies on a screen of this size.
    pub fn area(&self, state: &State) -> Rect {
        match self {
            Self::Palette(palette) => palette.area(state),
            Self::Help(help) => help.area(state),
            Self::Confirm(confirm) => confirm.area(state),
            Self::TicketMove(dialog) => dialog.area(state),
            Self::TicketCreate(dialog) => dialog.area(state),
            Self::Comment(dialog) => dialog.area(state),
            Self::Cascade(dialog) => dialog.area(state),
            Self::Choose(dialog) => dialog.area(state),
            Self::Rehearsal(dialog) => dialog.area(state),
            Self::Receipt(dialog) => dialog.area(state),
            Self::TicketAssign(dialog) => dialog.area(state),
            Self::Conflict(dialog) => dialog.area(state),
            Self::WindowOpen(dialog) => dialog.area(state),
            Self::Windows(dialog) => dialog.area(state),
        }
    }

    /// Draw it.
    pub fn view(&self, state: &State, canvas: &mut Canvas<'_>) {
        let area = self.area(state);
        match self {
            Self::Palette(palette) => palette.view(area, state, canvas),
            Self::Help(help) => help.view(area, state, canvas),
            Self::Confirm(confirm) => confirm.view(area, state, canvas),
            Self::TicketMove(dialog) => dialog.view(area, state, canvas),
            Self::TicketCreate(dialog) => dialog.view(area, state, canvas),
            Self::Comment(dialog) => dialog.view(area, state, canvas),
            Self::Cascade(dialog) => dialog.view(area, state, canvas),
            Self::Choose(dialog) => dialog.view(area, state, canvas),
            Self::Rehearsal(dialog) => dialog.view(area, state, canvas),
            Self::Receipt(dialog) => dialog.view(area, state, canvas),
            Self::TicketAssign(dialog) => dialog.view(area, state, canvas),
            Self::Conflict(dialog) => dialog.view(area, state, canvas),
            Self::WindowOpen(dialog) => dialog.view(area, state, canvas),
            Self::Windows(dialog) => dialog.view(area, state, canvas),
        }
    }
}

/// Tell the topmost dialog, and do what its answer asks for.
pub fn handle(state: &mut State, event: Event) -> Vec<Effect> {
    let Some(mut dialog) = state.dialogs.pop() else {
        return Vec::new();
    };
    match dialog.handle(&event, state) {
        Step::Continue => {
            state.dialogs.push(dialog);
            Vec::new()
        }
        Step::Cancel => Vec::new(),
        Step::Edit(text) => {
            state.dialogs.push(dialog);
            let request = state.inflight.request();
            state.inflight.edit = Some(request);
            vec![Effect::Edit { request, text }]
        }
        Step::Done(answer) => answered(state, answer),
    }
}

fn answered(state: &mut State, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Act(action) => return update::act(state, action),
        Answer::Open(object) => return update::open(state, object),
        Answer::Write(write) => return writes::send(state, write),
        Answer::Writes(all) => {
            let effects = batch::start(state, all);
            state.tickets.list.moved(Action::Unmark);
            state.dialogs.push(Dialog::Receipt(receipt::Receipt::default()));
            return effects;
        }
        Answer::Rehearse(deed) => tickets::acts::rehearse(state, deed),
        Answer::LeaveRest => {
            batch::leave(state);
            state.dialogs.push(Dialog::Receipt(receipt::Receipt::default()));
        }
        Answer::Keep(number, text) => {
            state.say(Weight::Info, format!("what you typed is kept for the next word on #{number}"));
            state.tickets.drafts.insert(number, text);
        }
        Answer::Filter(text) => {
            state.say(
                Weight::Info,
                format!("only {text}; {} shows all again", state.options.keymap.label(Action::Close)),
            );
            state.filters[ScreenId::Tickets as usize].set(&text);
        }
        Answer::Quit => return vec![Effect::Quit],
    }
    Vec::new()
}

/// The user's editor ended. The text goes to the dialog that asked for it, if that is still open.
pub fn edited(state: &mut State, request: RequestId, result: Result<String, String>) -> Vec<Effect> {
    if state.inflight.edit.take_if(|asked| *asked == request).is_none() {
        return Vec::new();
    }
    if let Some(dialog) = state.dialogs.last_mut() {
        dialog.edited(result);
    }
    Vec::new()
}

/// Open what waited until nobody was in the middle of something else.
pub fn open_waiting(state: &mut State) {
    if state.dialogs.is_empty() && state.typing.is_none() && !state.waiting.is_empty() {
        state.dialogs.push(state.waiting.remove(0));
    }
}

/// A click while a dialog is open: inside it is told, outside it is left.
pub fn clicked(state: &mut State, column: u16, row: u16) -> Vec<Effect> {
    let Some(area) = state.dialogs.last().map(|dialog| dialog.area(state)) else {
        return Vec::new();
    };
    if !area.contains((column, row).into()) {
        return handle(state, Event::Action(Action::DialogClose));
    }
    handle(state, Event::Click(row.saturating_sub(area.y + 1)))
}

/// Open the palette.
pub fn open_palette(state: &mut State) {
    let palette = Palette::new(state);
    state.dialogs.push(Dialog::Palette(Box::new(palette)));
}

/// Open help for what is in front.
pub fn open_help(state: &mut State) {
    let help = Help::new(state);
    state.dialogs.push(Dialog::Help(help));
}

/// Open the form for a new ticket, about what is selected.
pub fn open_create(state: &mut State) -> Vec<Effect> {
    super::screens::tickets::acts::create(state)
}

/// Open the form for an exclusion window over what is selected.
pub fn open_window(state: &mut State) {
    match state.selected().as_ref().and_then(super::windows::scope_of) {
        Some(scope) => state.dialogs.push(Dialog::WindowOpen(Box::new(window_open::WindowOpen::new(scope)))),
        None => state.say(Weight::Info, "nothing is selected that a window could be for"),
    }
}

/// Show exclusion windows: all, or those over what is selected.
pub fn open_windows(state: &mut State, only_selected: bool) {
    let about = state.selected().as_ref().and_then(super::windows::scope_of).filter(|_| only_selected);
    state.dialogs.push(Dialog::Windows(windows::Windows::new(about)));
}

/// Ask once, default No.
pub fn ask(state: &mut State, title: &str, question: &str, then: Then) {
    state.dialogs.push(Dialog::Confirm(Confirm::new(title, question, then)));
}
