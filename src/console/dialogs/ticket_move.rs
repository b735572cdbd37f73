//! Moving a ticket: every move out of its status, allowed or with the reason why not, and a word to go with it.
//!
//! The target is frozen when the dialog opens: number, title and version. When somebody is faster, his change is told
//! and the typed comment stays. What cannot be taken back is asked once more, default No.

use ratatui::{layout::Rect, text::Line};

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        layout,
        paint::{self, Canvas},
        screens::tickets::{self, detail::offer_lines, words},
        state::State,
        theme::Role,
        undo::UNDO_MS,
        widgets::{ink::Ink, text_area::TextArea},
        writes,
    },
    domain::{
        tickets::{Offer, Ticket, TicketStatus},
        time::SECOND,
    },
};

use super::{Answer, Event, Step};

/// Cells before the text of the comment.
const LABEL: u16 = 9;

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
    comment: TextArea,
    on_comment: bool,
    asking: bool,
    news: Vec<String>,
    refusal: String,
}

/// One move, and whether who follows it may go back.
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
            comment: TextArea::default(),
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
        self.comment = TextArea::with(comment);
        self
    }

    /// The same with the cursor on the move to a status, if there is one.
    #[must_use]
    pub fn to(mut self, status: TicketStatus) -> Self {
        self.index = self.moves.iter().position(|m| m.offer.to == status).unwrap_or(self.index);
        self
    }

    pub(super) fn edited(&mut self, result: Result<String, String>) {
        match result {
            Ok(text) => {
                self.comment = TextArea::with(&text);
                self.on_comment = true;
            }
            Err(why) => self.refusal = why,
        }
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
            .map(|offer| Choice { reversible: leads_back(state, ticket, &offer), offer })
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
                self.refusal = self.comment.paste(text).err().unwrap_or_default();
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
            Action::DialogClose => {
                return match self.comment.text().trim() {
                    "" => Step::Cancel,
                    said => Step::Done(Answer::Keep(self.number, said.to_owned())),
                };
            }
            Action::DialogEditor => return Step::Edit(self.comment.text().to_owned()),
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
            comment: self.comment.text().trim().to_owned(),
        }))
    }

    /// The lines of all moves, each with the number of its move.
    fn move_lines(&self, width: u16, ink: Ink<'_>) -> Vec<(usize, Line<'static>)> {
        let room = usize::from(width.saturating_sub(2));
        let lines = |(index, choice): (usize, &Choice)| {
            offer_lines(&choice.offer, index + 1, false, room, ink).into_iter().map(move |line| (index, line))
        };
        self.moves.iter().enumerate().flat_map(lines).collect()
    }

    /// What enter does with the chosen move.
    fn effect(&self, state: &State) -> (String, Role) {
        if !self.refusal.is_empty() {
            return (self.refusal.clone(), Role::Bad);
        }
        let ticket = state.replica.estate.tickets.get(&self.number).filter(|ticket| ticket.version == self.seen);
        let (Some(choice), Some(ticket)) = (self.moves.get(self.index), ticket) else {
            return (String::new(), Role::Muted);
        };
        let write = Write::Move { number: self.number, seen: self.seen, to: choice.offer.to, comment: String::new() };
        match writes::foresee(state, ticket, &write) {
            Ok(Some(done)) => {
                let key = state.options.keymap.label(Action::TicketUndo);
                let back = match choice.reversible {
                    true => format!("{key} undoes it for {} s", UNDO_MS / SECOND),
                    false => "cannot be taken back: asked once more".to_owned(),
                };
                (format!("{}; {back}", words::effect(ticket, &done.ticket)), Role::Text)
            }
            Ok(None) => (String::new(), Role::Muted),
            Err(_) => ("not possible now, for the reason above".to_owned(), Role::Muted),
        }
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let width = 76.min(state.size.width);
        let inside = width.saturating_sub(4);
        let ink = Ink { theme: state.options.theme(), glyphs: &state.options.glyphs, old: false };
        let moves = self.move_lines(inside, ink).len().max(1);
        let said: usize = self.news.iter().map(|text| paint::wrap(text, usize::from(inside)).len()).sum();
        let comment = usize::from(self.comment_rows(inside));
        let height = u16::try_from(moves + said + comment).unwrap_or(u16::MAX).saturating_add(9);
        layout::middle(state.size, width, height)
    }

    /// Rows of the comment, and where its text begins.
    fn comment_rows(&self, width: u16) -> u16 {
        let room = usize::from(width.saturating_sub(LABEL));
        u16::try_from(self.comment.height(room)).unwrap_or(1).clamp(1, 3)
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
        // From the bottom: keys, the effect in two lines, the comment. The moves take the rest.
        let (effect, role) = self.effect(state);
        let effect_at = foot.saturating_sub(2);
        if effect_at > 2 {
            canvas.wrapped(body, effect_at, &effect, role);
        }
        let rows = self.comment_rows(body.width);
        let comment_at = effect_at.saturating_sub(rows);
        if comment_at > 2 {
            canvas.text(body, comment_at, "comment:", if self.on_comment { Role::Accent } else { Role::Muted });
            let used = LABEL.min(body.width);
            let field = Rect { x: body.x + used, y: body.y + comment_at, width: body.width - used, height: rows };
            let ink = Ink::of(canvas);
            if self.on_comment || !self.comment.text().is_empty() {
                self.comment.draw(field, canvas.buf, ink, self.on_comment);
            } else {
                canvas.text(field, 0, "may stay empty", Role::Muted);
            }
        }
        let mut row = 2;
        let above = Rect { height: comment_at, ..body };
        for text in &self.news {
            row = canvas.wrapped(above, row, text, Role::Caution);
        }
        let list = Rect { height: comment_at.saturating_sub(row + 2), ..paint::below(body, row + 1) };
        self.view_moves(list, canvas);
        let keys = [
            (Action::DialogAccept, "move"),
            (Action::DialogNext, if self.on_comment { "moves" } else { "comment" }),
            (Action::DialogEditor, "editor"),
            (Action::DialogClose, "no"),
        ];
        super::foot(inside, foot, &keys, state, canvas);
    }

    /// The moves; the chosen one is always in sight.
    fn view_moves(&self, list: Rect, canvas: &mut Canvas<'_>) {
        let ink = Ink::of(canvas);
        if self.moves.is_empty() {
            canvas.wrapped(list, 0, &format!("no move leads out of {}", self.from.word()), Role::Muted);
            return;
        }
        let lines = self.move_lines(list.width, ink);
        let last = lines.iter().rposition(|(index, _)| *index == self.index).unwrap_or(0);
        let first = (last + 1).saturating_sub(usize::from(list.height));
        for ((index, line), row) in lines.iter().skip(first).zip(0..list.height) {
            canvas.buf.set_line(list.x + 2, list.y + row, line, list.width.saturating_sub(2));
            if *index == self.index {
                let here = paint::row(list, row);
                let role = if self.on_comment { Role::Muted } else { Role::Accent };
                canvas.text(here, 0, canvas.glyphs.cursor, role);
            }
        }
        canvas.scrollbar(list, first, usize::from(list.height), lines.len());
    }

    fn view_question(&self, body: Rect, foot: u16, inside: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let to = self.moves.get(self.index).map_or("", |m| m.offer.to.word());
        let question = format!(
            "Move #{} from {} to {to}? No move of the workflow leads you back: this cannot be taken back.",
            self.number,
            self.from.word()
        );
        let mut row = canvas.wrapped(body, 3, &question, Role::Caution);
        if !self.comment.text().trim().is_empty() {
            row =
                canvas.wrapped(body, row, &format!("with the comment \"{}\"", self.comment.text().trim()), Role::Text);
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
        super::yes_or_no(inside, foot, state, canvas);
    }
}

/// Whether who follows this move could follow one back afterwards, by the rules as they are now.
fn leads_back(state: &State, ticket: &Ticket, offer: &Offer) -> bool {
    let write = Write::Move { number: ticket.number, seen: ticket.version, to: offer.to, comment: String::new() };
    let Ok(Some(done)) = writes::foresee(state, ticket, &write) else {
        return false;
    };
    tickets::offers_of(state, &done.ticket).iter().any(|back| back.to == ticket.status && back.is_allowed())
}
