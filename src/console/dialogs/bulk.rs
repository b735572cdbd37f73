//! Several tickets at once: a rehearsal that says for each what would happen or why it cannot, then a receipt.
//!
//! Targets are frozen with number and version when it opens. The default is No; where a service in production is
//! touched, the name of its environment is typed. The receipt fills as answers come; only what failed is tried again.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        layout,
        msg::RequestId,
        paint::{self, Canvas},
        state::{Outcome, State},
        text_input::TextInput,
        theme::Role,
    },
    domain::tickets::{Ticket, TicketStatus, act},
};

use super::{Answer, Event, Step};

/// What is done to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Take,
    Move(TicketStatus),
}

/// One target, and what would happen to it.
#[derive(Clone, Debug)]
struct Item {
    number: u64,
    seen: u64,
    title: String,
    verdict: Result<String, String>,
}

/// The rehearsal.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    deed: Deed,
    targets: Vec<TicketStatus>,
    items: Vec<Item>,
    production: Option<String>,
    typed: TextInput,
    offset: usize,
}

impl Rehearsal {
    /// Taking all of `numbers`.
    pub fn take(state: &State, numbers: &[u64]) -> Self {
        Self::new(state, numbers, Deed::Take, Vec::new())
    }

    /// Moving all of `numbers`; none when no move leads out of any of them.
    pub fn moving(state: &State, numbers: &[u64]) -> Option<Self> {
        let tickets = numbers.iter().filter_map(|n| state.replica.estate.tickets.get(n));
        let mut targets: Vec<TicketStatus> =
            tickets.flat_map(|t| t.workflow.out_of(t.status).map(|arrow| arrow.to)).collect();
        targets.sort_unstable();
        targets.dedup();
        let first = *targets.first()?;
        Some(Self::new(state, numbers, Deed::Move(first), targets))
    }

    fn new(state: &State, numbers: &[u64], deed: Deed, targets: Vec<TicketStatus>) -> Self {
        let estate = &state.replica.estate;
        let tickets: Vec<&Ticket> = numbers.iter().filter_map(|n| estate.tickets.get(n)).collect();
        let production = tickets
            .iter()
            .filter_map(|t| t.service.as_ref())
            .find(|path| estate.is_production(path))
            .map(|path| path.environment().to_owned());
        let items = tickets
            .into_iter()
            .map(|t| Item { number: t.number, seen: t.version, title: t.title.clone(), verdict: Ok(String::new()) })
            .collect();
        let mut made = Self { deed, targets, items, production, typed: TextInput::default(), offset: 0 };
        made.rehearse(state);
        made
    }

    /// Ask the rules what would become of each.
    fn rehearse(&mut self, state: &State) {
        let (user, at) = (&state.session.user, state.core_now());
        for item in &mut self.items {
            let Some(ticket) = state.replica.estate.tickets.get(&item.number) else {
                item.verdict = Err("it is not there any more".to_owned());
                continue;
            };
            let done = match self.deed {
                Deed::Take => act::take(ticket, item.seen, state.directory(), user, at),
                Deed::Move(to) => act::move_to(ticket, to, item.seen, "", state.directory(), user, at),
            };
            item.verdict = done.map(|done| format!("as {}", done.acted_as)).map_err(|refusal| refusal.reason);
        }
    }

    fn possible(&self) -> usize {
        self.items.iter().filter(|i| i.verdict.is_ok()).count()
    }

    /// Whether a text must be typed.
    fn guarded(&self) -> Option<&str> {
        self.production.as_deref().filter(|_| self.possible() > 0)
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        if self.production.is_some() {
            &[Context::Input, Context::Dialog]
        } else {
            &[Context::Confirm, Context::Dialog]
        }
    }

    pub(super) const fn wants_text(&self) -> bool {
        self.production.is_some()
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        let action = match event {
            Event::Char(c) => {
                self.typed.type_char(*c);
                return Step::Continue;
            }
            // A pasted name is no proof that somebody read it.
            Event::Paste(_) | Event::Click(_) => return Step::Continue,
            Event::Action(action) => *action,
        };
        match action {
            Action::DialogDown => self.offset = (self.offset + 1).min(self.items.len().saturating_sub(1)),
            Action::DialogUp => self.offset = self.offset.saturating_sub(1),
            Action::DialogNext | Action::DialogPrevious => self.turn(state),
            Action::ConfirmYes => return self.answer(state),
            Action::DialogAccept => match self.guarded() {
                Some(name) if self.typed.value() == name => return self.answer(state),
                Some(_) => {}
                None => return Step::Cancel,
            },
            Action::ConfirmNo | Action::DialogClose => return Step::Cancel,
            other => {
                self.typed.edited(other);
            }
        }
        Step::Continue
    }

    /// The next status to move to.
    fn turn(&mut self, state: &State) {
        if let Deed::Move(to) = self.deed
            && let Some(at) = self.targets.iter().position(|t| *t == to)
        {
            self.deed = Deed::Move(self.targets[(at + 1) % self.targets.len()]);
            self.rehearse(state);
        }
    }

    fn answer(&mut self, state: &State) -> Step<Answer> {
        // What changed since it was looked at is refused by its version, not done by chance.
        self.rehearse(state);
        let writes: Vec<Write> = self
            .items
            .iter()
            .filter(|item| item.verdict.is_ok())
            .map(|item| match self.deed {
                Deed::Take => Write::Take { number: item.number, seen: item.seen },
                Deed::Move(to) => Write::Move { number: item.number, seen: item.seen, to, comment: String::new() },
            })
            .collect();
        if writes.is_empty() { Step::Cancel } else { Step::Done(Answer::Writes(writes)) }
    }

    fn title(&self) -> String {
        let (can, all) = (self.possible(), self.items.len());
        match self.deed {
            Deed::Take => format!("Take {can} of {all} marked tickets"),
            Deed::Move(to) => format!("Move {can} of {all} marked tickets to {}", to.word()),
        }
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let height = u16::try_from(self.items.len()).unwrap_or(u16::MAX).saturating_add(6).min(20);
        layout::middle(state.size, 76, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, &self.title(), canvas);
        if inside.height < 4 {
            return;
        }
        let foot = inside.height - 1;
        let list = Rect { height: foot.saturating_sub(2), ..inside };
        for (item, row) in self.items.iter().skip(self.offset).zip(0..list.height) {
            let (sign, role, why) = match &item.verdict {
                Ok(why) => (canvas.glyphs.yes, Role::Good, why),
                Err(why) => (canvas.glyphs.no, Role::Bad, why),
            };
            let mut pen = canvas.pen(list, row);
            pen.put(sign, role).skip(1).column(&format!("#{}", item.number), 7, Role::Text);
            pen.column(&item.title, 24, Role::Text)
                .skip(1)
                .put(why, if item.verdict.is_ok() { Role::Muted } else { Role::Text });
        }
        canvas.scrollbar(list, self.offset, usize::from(list.height), self.items.len());
        let ask = foot - 1;
        if let Some(name) = self.guarded() {
            let text = format!("production is touched: type {name} to do it: ");
            canvas.text(inside, ask, &text, Role::Caution);
            let used = u16::try_from(crate::console::format::width(&text)).unwrap_or(u16::MAX).min(inside.width);
            let field = Rect { x: inside.x + used, width: inside.width - used, ..paint::row(inside, ask) };
            self.typed.view(field, canvas);
        }
        let keymap = &state.options.keymap;
        let mut pen = canvas.pen(inside, foot);
        if self.targets.len() > 1 {
            pen.put(&keymap.label(Action::DialogNext), Role::Key).put(" another status   ", Role::Muted);
        }
        if self.guarded().is_some() {
            pen.put(&keymap.label(Action::DialogAccept), Role::Key).put(" do it   ", Role::Muted);
        } else if self.possible() > 0 {
            pen.put(&keymap.label(Action::ConfirmYes), Role::Key).put(" do it   ", Role::Muted);
        }
        pen.put(&keymap.label(Action::DialogClose), Role::Key).put(" no (default)", Role::Muted);
    }
}

/// What came of each.
#[derive(Clone, Debug)]
pub struct Receipt {
    requests: Vec<RequestId>,
    offset: usize,
}

impl Receipt {
    /// The receipt for these calls.
    pub const fn new(requests: Vec<RequestId>) -> Self {
        Self { requests, offset: 0 }
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        &[Context::Confirm, Context::Dialog]
    }

    /// What was refused, as it would be asked again: at the version that is known now.
    fn again(&self, state: &State) -> Vec<Write> {
        let version = |n: u64| state.replica.estate.tickets.get(&n).map(|t| t.version);
        let failed = state.journal.iter().filter(|d| self.requests.contains(&d.request));
        failed
            .filter(|d| matches!(d.outcome, Outcome::Refused(_)))
            .filter_map(|d| match &d.write {
                Write::Take { number, .. } => Some(Write::Take { number: *number, seen: version(*number)? }),
                Write::Move { number, to, comment, .. } => {
                    Some(Write::Move { number: *number, seen: version(*number)?, to: *to, comment: comment.clone() })
                }
                _ => None,
            })
            .collect()
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        match event {
            Event::Action(Action::DialogClose | Action::DialogAccept | Action::ConfirmNo) => Step::Cancel,
            Event::Action(Action::ConfirmYes) => {
                let again = self.again(state);
                if again.is_empty() { Step::Continue } else { Step::Done(Answer::Writes(again)) }
            }
            Event::Action(Action::DialogDown) => {
                self.offset = (self.offset + 1).min(self.requests.len().saturating_sub(1));
                Step::Continue
            }
            Event::Action(Action::DialogUp) => {
                self.offset = self.offset.saturating_sub(1);
                Step::Continue
            }
            _ => Step::Continue,
        }
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let height = u16::try_from(self.requests.len()).unwrap_or(u16::MAX).saturating_add(5).min(20);
        layout::middle(state.size, 76, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let deeds: Vec<_> = state.journal.iter().filter(|d| self.requests.contains(&d.request)).collect();
        let count = |wanted: fn(&Outcome) -> bool| deeds.iter().filter(|d| wanted(&d.outcome)).count();
        let done = count(|o| *o == Outcome::Done);
        let failed = count(|o| matches!(o, Outcome::Refused(_)));
        let title = format!("{done} of {} done, {failed} not, {} open", deeds.len(), deeds.len() - done - failed);
        let inside = super::frame(area, &title, canvas);
        if inside.height < 3 {
            return;
        }
        let foot = inside.height - 1;
        let list = Rect { height: foot.saturating_sub(1), ..inside };
        for (deed, row) in deeds.iter().skip(self.offset).zip(0..list.height) {
            let (sign, role, text) = match &deed.outcome {
                Outcome::Sent => (canvas.glyphs.dot, Role::Muted, "no answer yet"),
                Outcome::Done => (canvas.glyphs.yes, Role::Good, "done"),
                Outcome::Refused(why) => (canvas.glyphs.no, Role::Bad, why.as_str()),
                Outcome::Checking => ("?", Role::Caution, "unknown, checking"),
            };
            let mut pen = canvas.pen(list, row);
            pen.put(sign, role).skip(1).column(&deed.write.sentence(), 28, Role::Text).skip(1).put(text, role);
        }
        let keymap = &state.options.keymap;
        let mut pen = canvas.pen(inside, foot);
        if failed > 0 {
            pen.put(&keymap.label(Action::ConfirmYes), Role::Key).put(" try what failed again   ", Role::Muted);
        }
        pen.put(&keymap.label(Action::DialogClose), Role::Key).put(" close; the journal keeps it", Role::Muted);
    }
}
