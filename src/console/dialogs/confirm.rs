//! Asks once. The default is No, and the key for Yes is never the key that started it. What is dangerous asks for the
//! name of its target.

use ratatui::layout::Rect;

use crate::console::{
    action::{Action, Context},
    effect::Write,
    layout,
    paint::{self, Canvas},
    state::State,
    text_input::TextInput,
    theme::Role,
};

use super::{Answer, Event, Step};

/// What is done after a Yes. Frozen when the question is asked: it names its object, never a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// Leave the program.
    Quit,
    /// Write this.
    Write(Write),
    /// Do this.
    Act(Action),
}

/// A question.
#[derive(Clone, Debug)]
pub struct Confirm {
    title: String,
    question: String,
    then: Then,
    /// What must be typed, and what is typed so far.
    name: Option<(String, TextInput)>,
}

impl Confirm {
    /// A question with Yes and No.
    pub fn new(title: &str, question: &str, then: Then) -> Self {
        Self { title: title.to_owned(), question: question.to_owned(), then, name: None }
    }

    /// A question that is answered by typing `name`.
    #[must_use]
    pub fn typed(mut self, name: &str) -> Self {
        self.name = Some((name.to_owned(), TextInput::default()));
        self
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        if self.name.is_some() { &[Context::Input, Context::Dialog] } else { &[Context::Confirm, Context::Dialog] }
    }

    pub(super) const fn wants_text(&self) -> bool {
        self.name.is_some()
    }

    pub(super) fn handle(&mut self, event: &Event) -> Step<Answer> {
        if let (Some((_, input)), Event::Char(c)) = (&mut self.name, event) {
            input.type_char(*c);
            return Step::Continue;
        }
        let Event::Action(action) = event else {
            // A pasted name is no proof that somebody read it.
            return Step::Continue;
        };
        match (action, &mut self.name) {
            (Action::ConfirmYes, None) => Step::Done(self.answer()),
            (Action::DialogAccept, Some((name, input))) if input.value() == name => Step::Done(self.answer()),
            (Action::DialogAccept, Some(_)) => Step::Continue,
            // Enter on a question is its default: No.
            (Action::DialogAccept | Action::ConfirmNo | Action::DialogClose, _) => Step::Cancel,
            (action, Some((_, input))) => {
                input.edited(*action);
                Step::Continue
            }
            _ => Step::Continue,
        }
    }

    fn answer(&self) -> Answer {
        match &self.then {
            Then::Quit => Answer::Quit,
            Then::Write(write) => Answer::Write(write.clone()),
            Then::Act(action) => Answer::Act(*action),
        }
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let width = 64.min(state.size.width);
        let lines = paint::wrap(&self.question, usize::from(width.saturating_sub(4))).len();
        let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(4 + u16::from(self.name.is_some()) * 2);
        layout::middle(state.size, width, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, &self.title, canvas);
        // Choices first, from the bottom: they and the target stay in sight on the smallest screen.
        let last = inside.height.saturating_sub(1);
        let question = Rect { height: last, ..inside };
        let row = canvas.wrapped(question, 0, &self.question, Role::Text);
        match &self.name {
            Some((name, input)) => {
                super::type_name(question, row + 1, name, input, canvas);
                let keys = [(Action::DialogAccept, "do it"), (Action::DialogClose, "no")];
                super::foot(inside, last, &keys, state, canvas);
            }
            None => super::yes_or_no(inside, last, state, canvas),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_on_a_question_is_no() {
        let mut confirm = Confirm::new("Quit", "Really?", Then::Quit);
        assert_eq!(confirm.handle(&Event::Action(Action::DialogAccept)), Step::Cancel);
        assert_eq!(confirm.handle(&Event::Action(Action::ConfirmYes)), Step::Done(Answer::Quit));
    }

    #[test]
    fn a_dangerous_question_wants_the_whole_name_typed_and_not_pasted() {
        let mut confirm = Confirm::new("Close", "All of them", Then::Quit).typed("prod");
        assert_eq!(confirm.handle(&Event::Paste("prod".to_owned())), Step::Continue);
        assert_eq!(confirm.handle(&Event::Action(Action::DialogAccept)), Step::Continue);
        for c in "prod".chars() {
            confirm.handle(&Event::Char(c));
        }
        assert_eq!(confirm.handle(&Event::Action(Action::DialogAccept)), Step::Done(Answer::Quit));
    }
}
