//! Moving a ticket: every move out of its status, allowed or with the reason why not, and a word to go with it.
//!
//! The target is frozen when the dialog opens: number, title and version. When somebody is faster, his change is told
//! and the typed comment stays. What cannot be taken back is asked once more, default No.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        layout,
        paint::{self, Canvas},
        screens::tickets::{self, detail::offer_lines},
        state::State,
        text_input::TextInput,
        theme::Role,
        widgets::ink::Ink,
    },
    domain::tickets::{Offer, Ticket, TicketStatus},
};

use super::{Answer, Event, Step};

/// The dialog.
#[derive(Clone, Debug)]
pub struct TicketMove {
    number: u64,
    title: String,
    seen: u64,
    from: TicketStatus,
    assignee: String,
    moves: Vec<Choice>,
    index: usize,
    comment: TextInput,
    on_comment: bool,
    asking: bool,
    news: Vec<String>,
    refusal: String,
}

/// One move, and whether the workflow leads back.
#[derive(Clone, Debug)]
struct Choice {
    offer: Offer,
    reversible: bool,
}

impl TicketMove {
    /// The moves of `ticket` for the one who is signed in.
    pub fn new(state: &State, ticket: &Ticket) -> Self {
        let mut made = Self {
            number: ticket.number,
            title: ticket.title.clone(),
            seen: ticket.version,
            from: ticket.status,
            assignee: String::new(),
            moves: Vec::new(),
            index: 0,
            comment: TextInput::default(),
            on_comment: false,
            asking: false,
            news: Vec::new(),
            refusal: String::new(),
        };
        made.look(state, ticket);
        made
    }

    /// The same with a comment that was typed before.
    #[must_use]
    pub fn with_comment(mut self, comment: &str) -> Self {
        self.comment = TextInput::new(comment);
        self
    }

    /// The same with what somebody else did meanwhile.
    #[must_use]
    pub fn with_news(mut self, news: Vec<String>) -> Self {
        self.news = news;
        self
    }

    /// Take over a ticket as it is now.
    fn look(&mut self, state: &State, ticket: &Ticket) {
        self.seen = ticket.version;
        self.from = ticket.status;
        self.assignee = tickets::words::assignee(ticket);
        self.moves = tickets::offers_of(state, ticket)
            .into_iter()
            .map(|offer| Choice { reversible: ticket.workflow.transition(offer.to, ticket.status).is_some(), offer })
            .collect();
        self.index = self.moves.iter().position(|m| m.offer.is_allowed()).unwrap_or(0);
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        if self.asking { &[Context::Confirm, Context::Dialog] } else { &[Context::Input, Context::Dialog] }
    }

    pub(super) const fn wants_text(&self) -> bool {
        !self.asking
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        if self.asking {
            return self.asked(event, state);
        }
        match event {
            Event::Char(c) if self.on_comment => self.comment.type_char(*c),
            Event::Char(c) => {
                if let Some(number) = c.to_digit(10).and_then(|n| usize::try_from(n).ok()?.checked_sub(1))
                    && number < self.moves.len()
                {
                    self.choose(number);
                }
            }
            Event::Paste(text) => {
                self.on_comment = true;
                self.comment.paste(text);
            }
            Event::Click(_) => {}
            Event::Action(action) => return self.act(*action, state),
        }
        Step::Continue
    }

    fn choose(&mut self, index: usize) {
        self.index = index;
        self.refusal.clear();
    }

    fn act(&mut self, action: Action, state: &State) -> Step<Answer> {
        match action {
            Action::DialogClose => return Step::Cancel,
            Action::DialogNext | Action::DialogPrevious => self.on_comment = !self.on_comment,
            Action::DialogDown => self.choose((self.index + 1).min(self.moves.len().saturating_sub(1))),
            Action::DialogUp => self.choose(self.index.saturating_sub(1)),
            Action::DialogAccept | Action::DialogSend => return self.accept(state),
            other if self.on_comment => {
                self.comment.edited(other);
            }
            _ => {}
        }
        Step::Continue
    }

    /// Enter: at once where the workflow leads back, else after one more question.
    fn accept(&mut self, state: &State) -> Step<Answer> {
        if self.caught_up(state) {
            return Step::Continue;
        }
        let Some(choice) = self.moves.get(self.index) else {
            return Step::Continue;
        };
        if let Err(refusal) = &choice.offer.verdict {
            self.refusal.clone_from(&refusal.reason);
            return Step::Continue;
        }
        if !choice.reversible {
            self.asking = true;
            return Step::Continue;
        }
        self.answer()
    }

    fn asked(&mut self, event: &Event, state: &State) -> Step<Answer> {
        let Event::Action(action) = event else {
            return Step::Continue;
        };
        match action {
            Action::ConfirmYes if self.caught_up(state) => {}
            Action::ConfirmYes => return self.answer(),
            // Enter is the default: No. The dialog stays, so that nothing typed is lost.
            Action::ConfirmNo | Action::DialogAccept | Action::DialogClose => {}
            _ => return Step::Continue,
        }
        self.asking = false;
        Step::Continue
    }

    /// Whether the ticket changed since it was looked at; then it is looked at again, and that is told.
    fn caught_up(&mut self, state: &State) -> bool {
        let Some(ticket) = state.replica.estate.tickets.get(&self.number).filter(|t| t.version != self.seen) else {
            return false;
        };
        self.news = vec![format!(
            "It changed while this was open: #{} is now {}, {}, version {} (you saw {} at version {}).",
            self.number,
            ticket.status.word(),
            tickets::words::assignee(ticket),
            ticket.version,
            self.from.word(),
            self.seen
        )];
        self.look(state, ticket);
        true
    }

    fn answer(&self) -> Step<Answer> {
        let Some(choice) = self.moves.get(self.index) else {
            return Step::Cancel;
        };
        Step::Done(Answer::Write(Write::Move {
            number: self.number,
            seen: self.seen,
            to: choice.offer.to,
            comment: self.comment.value().trim().to_owned(),
        }))
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let width = 76.min(state.size.width);
        let room = usize::from(width.saturating_sub(4));
        let ink = Ink { theme: state.options.theme(), glyphs: &state.options.glyphs, old: false };
        let moves: usize = (self.moves.iter().zip(1..))
            .map(|(m, number)| offer_lines(&m.offer, number, false, room.saturating_sub(2), ink).len())
            .sum();
        let said: usize = self.news.iter().map(|text| paint::wrap(text, room).len()).sum();
        let refused = paint::wrap(&self.refusal, room).len();
        let height = u16::try_from(moves.max(1) + said + refused).unwrap_or(u16::MAX).saturating_add(8);
        layout::middle(state.size, width, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, &format!("Move #{}", self.number), canvas);
        if inside.height < 2 {
            return;
        }
        // The foot and the target come first: they stay in sight on the smallest screen.
        let foot = inside.height - 1;
        let body = Rect { height: foot, ..inside };
        canvas.text(body, 0, &format!("#{} {}", self.number, self.title), Role::Title);
        let stands = format!("{}, {}, version {}", self.from.word(), self.assignee, self.seen);
        canvas.text(body, 1, &stands, Role::Muted);
        if self.asking {
            return self.view_question(body, foot, inside, state, canvas);
        }
        let mut row = 2;
        for text in &self.news {
            row = canvas.wrapped(body, row, text, Role::Caution);
        }
        row = self.view_moves(body, row + 1, canvas);
        row = canvas.wrapped(body, row, &self.refusal, Role::Bad);
        let label = "comment (may stay empty): ";
        canvas.pen(body, row + 1).put(label, if self.on_comment { Role::Accent } else { Role::Muted });
        let used = u16::try_from(label.len()).unwrap_or(0).min(body.width);
        let field = Rect { x: body.x + used, width: body.width - used, ..paint::row(body, row + 1) };
        if self.on_comment || !self.comment.value().is_empty() {
            self.comment.view(field, canvas);
        }
        let keymap = &state.options.keymap;
        let mut pen = canvas.pen(inside, foot);
        pen.put(&keymap.label(Action::DialogAccept), Role::Key).put(" move   ", Role::Muted);
        pen.put("1-9", Role::Key).put(" choose   ", Role::Muted);
        pen.put(&keymap.label(Action::DialogNext), Role::Key).put(" comment   ", Role::Muted);
        pen.put(&keymap.label(Action::DialogClose), Role::Key).put(" no", Role::Muted);
    }

    fn view_moves(&self, body: Rect, from: u16, canvas: &mut Canvas<'_>) -> u16 {
        let ink = Ink::of(canvas);
        let mut row = from;
        if self.moves.is_empty() {
            return canvas.wrapped(body, row, &format!("no move leads out of {}", self.from.word()), Role::Muted);
        }
        for (choice, index) in self.moves.iter().zip(0..) {
            let room = usize::from(body.width.saturating_sub(2));
            for line in offer_lines(&choice.offer, index + 1, false, room, ink) {
                if row < body.height {
                    canvas.buf.set_line(body.x + 2, body.y + row, &line, body.width.saturating_sub(2));
                    if index == self.index && !self.on_comment {
                        let here = paint::row(body, row);
                        canvas.text(here, 0, canvas.glyphs.cursor, Role::Accent);
                        canvas.highlight(here, true, false);
                    } else if index == self.index {
                        canvas.text(paint::row(body, row), 0, canvas.glyphs.cursor, Role::Accent);
                    }
                }
                row += 1;
            }
        }
        row
    }

    fn view_question(&self, body: Rect, foot: u16, inside: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let to = self.moves.get(self.index).map_or("", |m| m.offer.to.word());
        let question = format!(
            "Move #{} from {} to {to}? The workflow does not lead back: this cannot be taken back.",
            self.number,
            self.from.word()
        );
        let mut row = canvas.wrapped(body, 3, &question, Role::Caution);
        if !self.comment.value().is_empty() {
            row = canvas.wrapped(body, row, &format!("with the comment \"{}\"", self.comment.value()), Role::Text);
        }
        if state
            .replica
            .estate
            .tickets
            .get(&self.number)
            .and_then(|t| t.service.as_ref())
            .is_some_and(|s| state.replica.estate.is_production(s))
        {
            canvas.text(body, row, "its service is in production", Role::Muted);
        }
        let keymap = &state.options.keymap;
        let mut pen = canvas.pen(inside, foot);
        pen.put(&keymap.label(Action::ConfirmYes), Role::Key).put(" yes   ", Role::Text);
        pen.put(&keymap.label(Action::ConfirmNo), Role::Key).put(" or ", Role::Muted);
        pen.put(&keymap.label(Action::DialogAccept), Role::Key).put(" no (default)", Role::Text);
    }
}
