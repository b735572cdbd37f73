//! One of several: a short list with what each would do, narrowed by typing.

use ratatui::layout::Rect;

use crate::console::{
    action::{Action, Context},
    layout,
    paint::{self, Canvas},
    state::State,
    text_input::TextInput,
    theme::Role,
};

use super::{Answer, Event, Step};

/// One thing to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it is called.
    pub label: String,
    /// What is known of it; may be empty.
    pub note: String,
    /// What choosing it asks for.
    pub answer: Answer,
}

/// The dialog.
#[derive(Clone, Debug)]
pub struct Choose {
    title: String,
    head: String,
    choices: Vec<Choice>,
    index: usize,
    input: TextInput,
}

impl Choose {
    /// A list under a heading that names the target.
    pub fn new(title: &str, head: &str, choices: Vec<Choice>) -> Self {
        Self { title: title.to_owned(), head: head.to_owned(), choices, index: 0, input: TextInput::default() }
    }

    /// The same with the cursor on a choice.
    #[must_use]
    pub fn at(mut self, label: &str) -> Self {
        self.index = self.choices.iter().position(|c| c.label == label).unwrap_or(0);
        self
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        &[Context::Input, Context::Dialog]
    }

    fn shown(&self) -> Vec<&Choice> {
        let typed = self.input.value().trim().to_lowercase();
        self.choices.iter().filter(|c| c.label.to_lowercase().contains(&typed)).collect()
    }

    pub(super) fn handle(&mut self, event: &Event) -> Step<Answer> {
        match event {
            Event::Char(c) => {
                self.input.type_char(*c);
                self.index = 0;
            }
            Event::Paste(text) => self.input.paste(text),
            Event::Click(row) => {
                let row = usize::from(row.saturating_sub(2));
                if row < self.shown().len() {
                    self.index = row;
                }
            }
            Event::Action(Action::DialogClose) => return Step::Cancel,
            Event::Action(Action::DialogDown) => {
                self.index = (self.index + 1).min(self.shown().len().saturating_sub(1))
            }
            Event::Action(Action::DialogUp) => self.index = self.index.saturating_sub(1),
            Event::Action(Action::DialogAccept | Action::DialogSend) => {
                if let Some(choice) = self.shown().get(self.index) {
                    return Step::Done(choice.answer.clone());
                }
            }
            Event::Action(action) => {
                self.input.edited(*action);
                self.index = self.index.min(self.shown().len().saturating_sub(1));
            }
        }
        Step::Continue
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let height = u16::try_from(self.choices.len()).unwrap_or(u16::MAX).saturating_add(7).min(18);
        layout::middle(state.size, 70, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, &self.title, canvas);
        if inside.height < 3 {
            return;
        }
        let foot = inside.height - 1;
        canvas.text(inside, 0, &self.head, Role::Title);
        let list = Rect { height: foot.saturating_sub(3), ..paint::below(inside, 2) };
        let shown: Vec<_> = self.shown().into_iter().map(|c| (c.label.as_str(), c.note.as_str())).collect();
        super::choices(list, &shown, self.index, "nothing of that name", canvas);
        let field = super::after_label(inside, foot - 1, "find: ", Role::Muted, canvas);
        self.input.view(field, canvas);
        let keys = [(Action::DialogAccept, "take this one"), (Action::DialogClose, "no")];
        super::foot(inside, foot, &keys, state, canvas);
    }
}
