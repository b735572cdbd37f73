//! Opening an exclusion window: when, until when and why, and what that takes out.
//!
//! The target is frozen when the dialog opens. Nothing is sent by one key: from now on is asked once, default No; for
//! the past, which corrects figures, the name of the target is typed.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        format, layout,
        paint::Canvas,
        state::State,
        text_input::TextInput,
        theme::Role,
        times, windows,
    },
    domain::{
        sla::{NewWindow, WindowScope},
        time::Timestamp,
    },
};

use super::{Answer, Event, Step};

/// The fields of the form, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Reason,
    From,
    To,
}

impl Field {
    const ALL: [Self; 3] = [Self::Reason, Self::From, Self::To];

    fn turn(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Reason => "why",
            Self::From => "from",
            Self::To => "to",
        }
    }

    const fn empty(self) -> &'static str {
        match self {
            Self::Reason => "",
            Self::From => "now",
            Self::To => "when it is stopped",
        }
    }
}

/// How far the question is.
#[derive(Clone, Debug)]
enum Stage {
    /// The form.
    Form,
    /// Yes or no.
    Asking(NewWindow),
    /// The name of the target is typed.
    Typing(NewWindow, TextInput),
}

/// The dialog.
#[derive(Clone, Debug)]
pub struct WindowOpen {
    scope: WindowScope,
    stage: Stage,
    field: Field,
    inputs: [TextInput; 3],
    note: String,
    leaving: bool,
}

impl WindowOpen {
    /// A form for a window over `scope`.
    pub fn new(scope: WindowScope) -> Self {
        Self {
            scope,
            stage: Stage::Form,
            field: Field::Reason,
            inputs: Default::default(),
            note: String::new(),
            leaving: false,
        }
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        match self.stage {
            Stage::Form | Stage::Typing(..) => &[Context::Input, Context::Dialog],
            Stage::Asking(_) => &[Context::Confirm, Context::Dialog],
        }
    }

    pub(super) const fn wants_text(&self) -> bool {
        !matches!(self.stage, Stage::Asking(_))
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        let leaving = std::mem::take(&mut self.leaving);
        match &mut self.stage {
            Stage::Form => self.form(event, leaving, state),
            Stage::Asking(new) => match event {
                Event::Action(Action::ConfirmYes) => {
                    let new = new.clone();
                    self.agreed(new, false, state)
                }
                // Enter is the default: No. What was typed stays.
                Event::Action(Action::DialogAccept | Action::ConfirmNo | Action::DialogClose) => self.back(),
                _ => Step::Continue,
            },
            Stage::Typing(new, typed) => match event {
                Event::Char(c) => {
                    typed.type_char(*c);
                    Step::Continue
                }
                Event::Action(Action::DialogAccept) if typed.value() == new.scope.name() => {
                    let new = new.clone();
                    self.agreed(new, true, state)
                }
                Event::Action(Action::DialogClose) => self.back(),
                Event::Action(action) => {
                    typed.edited(*action);
                    Step::Continue
                }
                // A pasted name is no proof that somebody read it.
                Event::Paste(_) | Event::Click(_) => Step::Continue,
            },
        }
    }

    fn back(&mut self) -> Step<Answer> {
        self.stage = Stage::Form;
        Step::Continue
    }

    fn form(&mut self, event: &Event, leaving: bool, state: &State) -> Step<Answer> {
        let input = &mut self.inputs[self.field as usize];
        match event {
            Event::Char(c) => input.type_char(*c),
            Event::Paste(text) => input.paste(text),
            Event::Click(_) => {}
            Event::Action(Action::DialogClose) => {
                if leaving || self.inputs[Field::Reason as usize].value().trim().is_empty() {
                    return Step::Cancel;
                }
                self.leaving = true;
                self.note = super::once_more("form", state);
            }
            Event::Action(Action::DialogAccept) if self.field != Field::To => self.field = self.field.turn(1),
            Event::Action(Action::DialogNext | Action::DialogDown) => self.field = self.field.turn(1),
            Event::Action(Action::DialogPrevious | Action::DialogUp) => self.field = self.field.turn(2),
            Event::Action(Action::DialogAccept | Action::DialogSend) => self.ask(state),
            Event::Action(action) => {
                input.edited(*action);
            }
        }
        Step::Continue
    }

    /// On to the question, unless the rule says no already.
    fn ask(&mut self, state: &State) {
        let now = state.core_now();
        match self.read(now).and_then(|new| allowed(new, state)) {
            Ok(new) if new.is_for_the_past(now) => self.stage = Stage::Typing(new, TextInput::default()),
            Ok(new) => self.stage = Stage::Asking(new),
            Err(why) => self.note = why,
        }
    }

    /// The answer was yes: send what was asked about, unless time has made something else of it while this waited.
    fn agreed(&mut self, new: NewWindow, name_typed: bool, state: &State) -> Step<Answer> {
        match allowed(new, state) {
            Ok(new) if !name_typed && new.is_for_the_past(state.core_now()) => {
                "its beginning went by while this waited".clone_into(&mut self.note);
                self.stage = Stage::Typing(new, TextInput::default());
                Step::Continue
            }
            Ok(new) => Step::Done(Answer::Write(Write::OpenWindow(new))),
            Err(why) => {
                self.note = why;
                self.back()
            }
        }
    }

    fn read(&self, now: Timestamp) -> Result<NewWindow, String> {
        let given = |field: Field| {
            let text = self.inputs[field as usize].value().trim();
            (!text.is_empty() && text != field.empty()).then_some(text)
        };
        let no_time = |text: &str| format!("`{text}` is no time: write +30m, -2h or 2026-11-27T22:00:00Z");
        let read = |text: &str| times::read(text, now).ok_or_else(|| no_time(text));
        let from = given(Field::From).map(read).transpose()?;
        let end = |text: &str| times::end(text, from, now).ok_or_else(|| no_time(text));
        let to = given(Field::To).map(end).transpose()?;
        let reason = self.inputs[Field::Reason as usize].value().trim().to_owned();
        Ok(NewWindow { scope: self.scope.clone(), from, to, reason })
    }

    /// What it would take out, line by line. Once asked about, it is what was asked about, however long that waits.
    fn effect(&self, state: &State, now: Timestamp) -> Vec<(String, Role)> {
        let estate = &state.replica.estate;
        let covered = match &self.scope {
            WindowScope::Group(name) => estate.budgets.get(name).map_or(0, |group| group.members.len()),
            scope => estate.services.keys().filter(|path| scope.covers(path)).count(),
        };
        let mut lines = vec![(format!("takes out {}", format::count(covered, "service", "services")), Role::Text)];
        let new = match &self.stage {
            Stage::Form => self.read(now),
            Stage::Asking(new) | Stage::Typing(new, _) => Ok(new.clone()),
        };
        match new {
            Err(why) => lines.push((why, Role::Caution)),
            Ok(new) => {
                let from = new.from.unwrap_or(now);
                let length = new.to.map(|end| end.of(from).since(from));
                let length = length.map_or_else(
                    || "until somebody stops it".to_owned(),
                    |ms| format!("for {}, to {}", format::span(ms.max(0)), format::moment(from.plus(ms))),
                );
                lines.push((format!("from {} {length}", format::moment(from)), Role::Text));
                if new.is_for_the_past(now) {
                    let text =
                        "corrects results that are kept: old and new figure, your name and the reason are recorded";
                    lines.push((text.to_owned(), Role::Caution));
                } else {
                    lines.push((
                        "nobody is called for what happens under it, and its time counts for neither up nor down"
                            .to_owned(),
                        Role::Muted,
                    ));
                }
            }
        }
        lines
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        layout::middle(state.size, 76, 15)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, "Open an exclusion window", canvas);
        if inside.height < 3 {
            return;
        }
        let foot = inside.height - 1;
        canvas.pen(inside, 0).put(self.scope.kind(), Role::Muted).skip(1).put(self.scope.name(), Role::Title);
        for (field, row) in Field::ALL.into_iter().zip(2..) {
            if row >= foot {
                break;
            }
            let active = self.field == field && matches!(self.stage, Stage::Form);
            let label = if active { Role::Accent } else { Role::Muted };
            let place = super::after_label(inside, row, &format!("{:8}", field.label()), label, canvas);
            let input = &self.inputs[field as usize];
            if input.value().is_empty() {
                canvas.pen(place, 0).skip(usize::from(active) * 2).put(field.empty(), Role::Muted);
            }
            if active {
                input.view(Rect { width: if input.value().is_empty() { 1 } else { place.width }, ..place }, canvas);
            } else {
                canvas.text(place, 0, input.value(), Role::Text);
            }
        }
        let body = Rect { height: foot.saturating_sub(1), ..inside };
        let mut row = 6;
        for (line, role) in self.effect(state, canvas.now) {
            row = canvas.wrapped(body, row, &line, role);
        }
        self.foot(inside, state, canvas);
    }

    fn foot(&self, inside: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let last = inside.height - 1;
        let above = last.saturating_sub(1);
        match &self.stage {
            Stage::Form => {
                let body = Rect { height: last, ..inside };
                canvas.wrapped(body, above.saturating_sub(1), &self.note, Role::Caution);
                let keys =
                    [(Action::DialogSend, "open it"), (Action::DialogNext, "next field"), (Action::DialogClose, "no")];
                super::foot(inside, last, &keys, state, canvas);
            }
            Stage::Asking(_) => {
                canvas.text(inside, above, "Open it?", Role::Caution);
                super::yes_or_no(inside, last, state, canvas);
            }
            Stage::Typing(new, typed) => {
                canvas.text(inside, above.saturating_sub(1), &self.note, Role::Caution);
                super::type_name(inside, above, new.scope.name(), typed, canvas);
                let keys = [(Action::DialogAccept, "do it"), (Action::DialogClose, "no")];
                super::foot(inside, last, &keys, state, canvas);
            }
        }
    }
}

/// What is asked for, unless the rule refuses it.
fn allowed(new: NewWindow, state: &State) -> Result<NewWindow, String> {
    let write = Write::OpenWindow(new.clone());
    windows::may(state, &write).map(|()| new).map_err(|refusal| refusal.reason)
}
