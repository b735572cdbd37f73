//! What works here and now, made from the list of actions and the user's own keys. What does not work says why.

use ratatui::layout::Rect;

use crate::console::{
    action::{ACTIONS, Action, Context, Spec},
    layout,
    paint::Canvas,
    state::State,
    text_input::TextInput,
    theme::Role,
};

use super::{Answer, Event, Step};

/// Help for one screen, with a filter.
#[derive(Clone, Debug, Default)]
pub struct Help {
    contexts: Vec<Context>,
    input: TextInput,
    offset: usize,
}

impl Help {
    pub(super) fn new(state: &State) -> Self {
        Self { contexts: state.contexts(), ..Self::default() }
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        let page = usize::from(self.area(state).height.saturating_sub(4)).max(1);
        let last = self.lines(state).len().saturating_sub(page);
        match event {
            Event::Char('?') if self.input.value().is_empty() => return Step::Cancel,
            Event::Char(c) => {
                self.input.type_char(*c);
                self.offset = 0;
            }
            Event::Paste(text) => self.input.paste(text),
            Event::Click(_) => {}
            Event::Action(action) => match action {
                Action::DialogClose | Action::DialogAccept => return Step::Cancel,
                Action::DialogDown => self.offset = (self.offset + 1).min(last),
                Action::DialogUp => self.offset = self.offset.saturating_sub(1),
                Action::DialogPageDown => self.offset = (self.offset + page).min(last),
                Action::DialogPageUp => self.offset = self.offset.saturating_sub(page),
                action => {
                    self.input.edited(*action);
                    self.offset = 0;
                }
            },
        }
        Step::Continue
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        // Where there is little room it has all of it: a single line of what lies below would only be in the way.
        let height = if state.size.height < 30 { state.size.height } else { (state.size.height - 2).min(44) };
        layout::middle(state.size, 84, height)
    }

    fn lines(&self, state: &State) -> Vec<Line> {
        let wanted = self.input.value().to_lowercase();
        let mut lines = Vec::new();
        for context in &self.contexts {
            let shown: Vec<&Spec> = ACTIONS
                .iter()
                .filter(|s| s.context == *context)
                .filter(|s| wanted.is_empty() || s.title.to_lowercase().contains(&wanted))
                .collect();
            if shown.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(Line::Blank);
            }
            lines.push(Line::Heading(title(*context, state)));
            lines.extend(shown.into_iter().map(Line::Action));
        }
        lines
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, "What works here", canvas);
        if inside.height < 2 {
            return;
        }
        let list = Rect { height: inside.height - 2, ..inside };
        let lines = self.lines(state);
        for (row, line) in (0..list.height).zip(lines.iter().skip(self.offset)) {
            match line {
                Line::Blank => {}
                Line::Heading(text) => canvas.text(list, row, text, Role::Accent),
                Line::Action(spec) => {
                    let keys: Vec<String> =
                        state.options.keymap.keys(spec.action).iter().map(ToString::to_string).collect();
                    let possible = state.offers(spec.action);
                    let role = if possible { Role::Text } else { Role::Muted };
                    let mut pen = canvas.pen(list, row);
                    pen.skip(1).column(&keys.join(" "), 22, if possible { Role::Key } else { Role::Muted });
                    pen.skip(1).put(spec.title, role);
                    if !possible {
                        let why =
                            if state.session.may_write() { " (not with your rights)" } else { " (read-only session)" };
                        pen.put(why, Role::Muted);
                    }
                }
            }
        }
        canvas.scrollbar(list, self.offset, usize::from(list.height), lines.len());
        if lines.is_empty() {
            canvas.text(list, 0, "nothing of that name works here", Role::Muted);
        }
        let foot = inside.height - 1;
        canvas.pen(inside, foot).put("find: ", Role::Muted);
        let field = Rect { x: inside.x + 6, width: inside.width.saturating_sub(28), y: inside.y + foot, height: 1 };
        self.input.view(field, canvas);
        canvas.pen(inside, foot).to(inside.x + 6 + field.width).right("esc closes", Role::Muted);
    }
}

enum Line {
    Blank,
    Heading(String),
    Action(&'static Spec),
}

fn title(context: Context, state: &State) -> String {
    match context {
        Context::Global => "Everywhere".to_owned(),
        Context::List => "In lists".to_owned(),
        Context::Input => "While typing".to_owned(),
        Context::Dialog | Context::Confirm => "In dialogs".to_owned(),
        _ => format!("On {}", state.screen.title()),
    }
}
