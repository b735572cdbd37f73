//! Saying something on a ticket, in as many lines as it takes.

use ratatui::layout::Rect;

use crate::console::{
    action::{Action, Context},
    effect::Write,
    layout,
    paint::{self, Canvas},
    state::State,
    theme::Role,
    widgets::{ink::Ink, text_area::TextArea},
};

use super::{Answer, Event, Step};

/// The dialog. Its target is frozen when it opens.
#[derive(Clone, Debug)]
pub struct Comment {
    number: u64,
    title: String,
    text: TextArea,
    /// What was said about it: why it could not be sent, or that esc throws it away.
    note: String,
    leaving: bool,
}

impl Comment {
    /// A comment on a ticket, with what was typed before.
    pub fn new(number: u64, title: &str, text: &str) -> Self {
        Self { number, title: title.to_owned(), text: TextArea::with(text), note: String::new(), leaving: false }
    }

    /// The same with why it is open again.
    #[must_use]
    pub fn with_note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }

    pub(super) fn handle(&mut self, event: &Event) -> Step<Answer> {
        let leaving = std::mem::take(&mut self.leaving);
        match event {
            Event::Char(c) => self.text.type_char(*c),
            Event::Paste(text) => self.note = self.text.paste(text).err().unwrap_or_default(),
            Event::Click(_) => {}
            Event::Action(Action::DialogAccept) => self.text.new_line(),
            Event::Action(Action::DialogSend) if self.text.text().trim().is_empty() => {
                "a comment needs some text".clone_into(&mut self.note);
            }
            Event::Action(Action::DialogSend) => {
                let text = self.text.text().trim_end().to_owned();
                return Step::Done(Answer::Write(Write::Comment { number: self.number, text }));
            }
            Event::Action(Action::DialogEditor) => return Step::Edit(self.text.text().to_owned()),
            Event::Action(Action::DialogClose) => {
                // A long text is not thrown away by one key.
                if leaving || self.text.text().trim().is_empty() {
                    return Step::Cancel;
                }
                self.leaving = true;
            }
            Event::Action(action) => {
                self.text.edited(*action);
            }
        }
        Step::Continue
    }

    pub(super) fn edited(&mut self, result: Result<String, String>) {
        match result {
            Ok(text) => {
                self.text = TextArea::with(&text);
                self.note.clear();
            }
            Err(why) => self.note = why,
        }
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        &[Context::Input, Context::Dialog]
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        layout::middle(state.size, 76, 16)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, &format!("Comment on #{}", self.number), canvas);
        if inside.height < 3 {
            return;
        }
        let foot = inside.height - 1;
        canvas.text(inside, 0, &format!("#{} {}", self.number, self.title), Role::Title);
        let said = if self.leaving { super::once_more("text", state) } else { self.note.clone() };
        let note = u16::from(!said.is_empty());
        let field = Rect { height: foot.saturating_sub(1 + note), ..paint::below(inside, 1) };
        let ink = Ink::of(canvas);
        self.text.draw(field, canvas.buf, ink, true);
        if note > 0 {
            canvas.text(inside, foot - 1, &said, Role::Caution);
        }
        let keys = [
            (Action::DialogSend, "send"),
            (Action::DialogAccept, "new line"),
            (Action::DialogEditor, "editor"),
            (Action::DialogClose, "no"),
        ];
        super::foot(inside, foot, &keys, state, canvas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_is_a_new_line_and_sending_has_a_key_of_its_own() {
        let mut dialog = Comment::new(7, "x", "one");
        assert_eq!(dialog.handle(&Event::Action(Action::DialogAccept)), Step::Continue);
        dialog.handle(&Event::Char('2'));
        let sent = dialog.handle(&Event::Action(Action::DialogSend));
        assert_eq!(sent, Step::Done(Answer::Write(Write::Comment { number: 7, text: "one\n2".into() })));
    }

    #[test]
    fn one_key_never_throws_a_text_away() {
        let mut dialog = Comment::new(7, "x", "a long story");
        assert_eq!(dialog.handle(&Event::Action(Action::DialogClose)), Step::Continue);
        dialog.handle(&Event::Char('.'));
        assert_eq!(dialog.handle(&Event::Action(Action::DialogClose)), Step::Continue);
        assert_eq!(dialog.handle(&Event::Action(Action::DialogClose)), Step::Cancel);
    }
}
