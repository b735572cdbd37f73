//! Several tickets at once: what came of each. Fills as answers come; what waits can be left, and only what failed is
//! tried again.

use ratatui::layout::Rect;

use crate::console::{
    action::{Action, Context},
    batch::{self, Item, Step as Reached},
    effect::Write,
    layout,
    paint::Canvas,
    state::{Outcome, State},
    theme::Role,
};

use super::{Answer, Event, Step};

/// The dialog, about [`State::batch`].
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    offset: usize,
}

impl Receipt {
    pub(super) const fn contexts(&self) -> &'static [Context] {
        &[Context::Confirm, Context::Dialog]
    }

    /// What was refused, as it would be asked again: at the version that is known now.
    fn again(state: &State) -> Vec<Write> {
        let version = |n: u64| state.replica.estate.tickets.get(&n).map(|t| t.version);
        let failed = |item: &&Item| matches!(batch::outcome(state, item), Some(Outcome::Refused(_)));
        let failed = state.batch.items.iter().filter(failed);
        failed.filter_map(|item| Some(item.write.clone().at_version(version(item.write.number()?)?))).collect()
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        let leaves = matches!(event, Event::Action(Action::DialogClose | Action::ConfirmNo));
        match event {
            Event::Action(_) if leaves && state.batch.waiting() > 0 => return Step::Done(Answer::LeaveRest),
            Event::Action(Action::DialogClose | Action::DialogAccept | Action::ConfirmNo) => return Step::Cancel,
            Event::Action(Action::ConfirmYes) if !batch::is_running(state) => {
                let again = Self::again(state);
                if !again.is_empty() {
                    return Step::Done(Answer::Writes(again));
                }
            }
            Event::Action(Action::DialogDown) => {
                self.offset = (self.offset + 1).min(state.batch.items.len().saturating_sub(1));
            }
            Event::Action(Action::DialogUp) => self.offset = self.offset.saturating_sub(1),
            _ => {}
        }
        Step::Continue
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let height = u16::try_from(state.batch.items.len()).unwrap_or(u16::MAX).saturating_add(5).min(20);
        layout::middle(state.size, 76, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let items = &state.batch.items;
        let outcomes: Vec<Option<Outcome>> = items.iter().map(|item| batch::outcome(state, item)).collect();
        let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().flatten().filter(|o| wanted(o)).count();
        let done = count(|o| *o == Outcome::Done);
        let failed = count(|o| matches!(o, Outcome::Refused(_)));
        let left = items.iter().filter(|item| item.step == Reached::Left).count();
        let open = items.len() - done - failed - left;
        let mut title = format!("{done} of {} done, {failed} not, {open} open", items.len());
        if left > 0 {
            title.push_str(&format!(", {left} left"));
        }
        let inside = super::frame(area, &title, canvas);
        if inside.height < 3 {
            return;
        }
        let foot = inside.height - 1;
        let list = Rect { height: foot.saturating_sub(1), ..inside };
        for ((item, outcome), row) in items.iter().zip(&outcomes).skip(self.offset).zip(0..list.height) {
            let (sign, role, text) = match outcome {
                None if item.step == Reached::Left => ("-", Role::Muted, "left: not sent"),
                None => (canvas.glyphs.dot, Role::Muted, "waits for its turn"),
                Some(Outcome::Sent) => (canvas.glyphs.dot, Role::Muted, "no answer yet"),
                Some(Outcome::Done) => (canvas.glyphs.yes, Role::Good, "done"),
                Some(Outcome::Refused(why)) => (canvas.glyphs.no, Role::Bad, why.as_str()),
                Some(Outcome::Checking) => ("?", Role::Caution, "unknown, checking"),
            };
            let mut pen = canvas.pen(list, row);
            pen.put(sign, role).skip(1).column(&item.write.sentence(), 28, Role::Text).skip(1).put(text, role);
        }
        canvas.scrollbar(list, self.offset, usize::from(list.height), items.len());
        let mut keys = Vec::new();
        if failed > 0 && !batch::is_running(state) {
            keys.push((Action::ConfirmYes, "try what failed again"));
        }
        let close = if state.batch.waiting() > 0 { "leave what waits" } else { "close; the journal keeps it" };
        keys.push((Action::DialogClose, close));
        super::foot(inside, foot, &keys, state, canvas);
    }
}
