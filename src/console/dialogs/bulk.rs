//! Several tickets at once: a rehearsal that says for each what would happen or why it cannot.
//!
//! Targets are frozen with number and version when it opens. The default is No; where a service in production is
//! touched, the name of its environment is typed.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        layout,
        paint::Canvas,
        screens::tickets::words,
        state::State,
        text_input::TextInput,
        theme::Role,
        writes,
    },
    domain::tickets::{Priority, Ticket, TicketStatus},
};

use super::{Answer, Event, Step};

/// What is done to each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Assign it to me.
    Take,
    /// Move it.
    Move(TicketStatus),
    /// Give it to somebody by login name, to nobody, or to a group; with a note.
    Give(Option<String>, Option<String>, String),
    /// Change how urgent it is.
    Prioritise(Priority),
}

impl Deed {
    /// It, done to one ticket seen at a version.
    fn write(&self, number: u64, seen: u64) -> Write {
        match self {
            Self::Take => Write::Take { number, seen },
            Self::Move(to) => Write::Move { number, seen, to: *to, comment: String::new() },
            Self::Give(to, group, note) => {
                Write::Assign { number, seen, to: to.clone(), group: group.clone(), note: note.clone() }
            }
            Self::Prioritise(to) => Write::Prioritise { number, seen, to: *to },
        }
    }

    /// As it follows how many tickets: "move 2 of 3 marked tickets to CLOSED".
    fn sentence(&self, count: &str) -> String {
        match self {
            Self::Take => format!("Take {count}"),
            Self::Move(to) => format!("Move {count} to {}", to.word()),
            Self::Give(None, None, _) => format!("Leave {count} to nobody"),
            Self::Give(Some(name), None, _) => format!("Give {count} to {name}"),
            Self::Give(None, Some(group), _) => format!("Give {count} to the group {group}"),
            Self::Give(Some(name), Some(group), _) => format!("Give {count} to {name} ({group})"),
            Self::Prioritise(to) => format!("Set {count} to {}", to.word()),
        }
    }
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
    /// `deed` done to all of `numbers`.
    pub fn of(state: &State, numbers: &[u64], deed: Deed) -> Self {
        Self::new(state, numbers, deed, Vec::new())
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
        for item in &mut self.items {
            let Some(ticket) = state.replica.estate.tickets.get(&item.number) else {
                item.verdict = Err("it is not there any more".to_owned());
                continue;
            };
            let done = writes::foresee(state, ticket, &self.deed.write(item.number, item.seen));
            item.verdict = done.map_err(|refusal| refusal.reason).map(|done| match done {
                Some(done) => format!("{}, as {}", words::effect(ticket, &done.ticket), done.acted_as),
                None => String::new(),
            });
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
            .map(|item| self.deed.write(item.number, item.seen))
            .collect();
        if writes.is_empty() { Step::Cancel } else { Step::Done(Answer::Writes(writes)) }
    }

    fn title(&self) -> String {
        self.deed.sentence(&format!("{} of {} marked tickets", self.possible(), self.items.len()))
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
            let field = super::after_label(inside, ask, &text, Role::Caution, canvas);
            self.typed.view(field, canvas);
        }
        let doing = if self.guarded().is_some() { Action::DialogAccept } else { Action::ConfirmYes };
        let mut keys = Vec::new();
        if self.targets.len() > 1 {
            keys.push((Action::DialogNext, "another status"));
        }
        if self.possible() > 0 {
            keys.push((doing, "do it"));
        }
        keys.push((Action::DialogClose, "no (default)"));
        super::foot(inside, foot, &keys, state, canvas);
    }
}
