//! Somebody was faster: his change beside what was asked, and whether the same can be asked of the ticket as it is now.
//!
//! Nothing is sent again by itself. Whoever leaves it keeps what he typed for the next word on this ticket.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        format, layout,
        paint::{self, Canvas},
        screens::tickets::words,
        state::State,
        theme::Role,
        writes,
    },
    domain::{
        change::Actor,
        detail::Stale,
        tickets::{Done, Entry},
    },
};

use super::{Answer, Event, Step};

/// The dialog. What was asked and what was not seen are frozen when it opens.
#[derive(Clone, Debug)]
pub struct Conflict {
    write: Write,
    number: u64,
    title: String,
    since: Vec<Entry>,
    /// The version it would be asked of again: what is shown.
    version: u64,
}

impl Conflict {
    /// What was asked, and what the asker had not seen.
    pub fn new(write: &Write, stale: &Stale) -> Self {
        let ticket = &stale.ticket;
        Self {
            write: write.clone(),
            number: ticket.number,
            title: ticket.title.clone(),
            since: stale.since.clone(),
            version: ticket.version,
        }
    }

    /// What the rule says of asking the same again now: the effect in words, or why not.
    fn verdict(&self, state: &State) -> Result<String, String> {
        let Some(ticket) = state.replica.estate.tickets.get(&self.number) else {
            return Err("it is not there any more".to_owned());
        };
        if ticket.version != self.version {
            return Err(format!("it changed once more, to version {}; close this and look at it", ticket.version));
        }
        let again = self.write.clone().at_version(self.version);
        let done = writes::foresee(state, ticket, &again).map_err(|refusal| refusal.reason)?;
        let told = |done: Done| format!("{}, as {}", words::effect(ticket, &done.ticket), done.acted_as);
        Ok(done.map_or_else(String::new, told))
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        &[Context::Confirm, Context::Dialog]
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        match event {
            Event::Action(Action::ConfirmYes) if self.verdict(state).is_ok() => {
                Step::Done(Answer::Write(self.write.clone().at_version(self.version)))
            }
            Event::Action(Action::ConfirmNo | Action::DialogAccept | Action::DialogClose) => match self.write.said() {
                "" => Step::Cancel,
                said => Step::Done(Answer::Keep(self.number, said.to_owned())),
            },
            _ => Step::Continue,
        }
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        layout::middle(state.size, 76, 20)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, &format!("Somebody was faster on #{}", self.number), canvas);
        if inside.height < 4 {
            return;
        }
        let foot = inside.height - 1;
        canvas.text(inside, 0, &format!("#{} {}", self.number, self.title), Role::Title);
        let seen = self.write.seen().unwrap_or_default();
        let stands = format!("not done: you saw version {seen}, it is at version {}", self.version);
        canvas.text(inside, 1, &stands, Role::Caution);
        // What was asked and what it would do now stand at the bottom; theirs takes the rest.
        let verdict = self.verdict(state);
        let room = usize::from(inside.width.saturating_sub(2));
        let (again, role) = match &verdict {
            Ok(effect) => (paint::wrap(&format!("again: {effect}"), room), Role::Text),
            Err(why) => (paint::wrap(&format!("not again: {why}"), room), Role::Bad),
        };
        let mut mine = paint::wrap(&self.write.sentence(), room);
        mine.extend(paint::wrap(self.write.said(), room).into_iter().take(3).filter(|line| !line.is_empty()));
        let below = u16::try_from(mine.len() + again.len() + 2).unwrap_or(u16::MAX).min(foot.saturating_sub(5));
        let theirs = Rect { height: foot.saturating_sub(4 + below), ..paint::below(inside, 3) };
        self.view_theirs(theirs, state, canvas);
        let mut row = foot.saturating_sub(1 + below);
        canvas.text(inside, row, "YOURS", Role::Title);
        for (text, role) in mine.iter().map(|l| (l, Role::Text)).chain(again.iter().map(|l| (l, role))) {
            row += 1;
            if row < foot {
                canvas.pen(inside, row).skip(2).put(text, role);
            }
        }
        let no = if self.write.said().is_empty() { "no (default)" } else { "no (default), keep what I typed" };
        let mut keys = vec![(Action::DialogAccept, no)];
        if verdict.is_ok() {
            keys.insert(0, (Action::ConfirmYes, "do it again"));
        }
        super::foot(inside, foot, &keys, state, canvas);
    }

    /// What happened, the newest last; the oldest give way.
    fn view_theirs(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let room = usize::from(area.width.saturating_sub(2));
        let mut lines = Vec::new();
        for entry in &self.since {
            let who = match &entry.actor {
                Actor::User { id, .. } if *id == state.session.user.id => "you".to_owned(),
                actor => actor.name().to_owned(),
            };
            let ago = format::span(state.core_now().since(entry.at));
            let text = format!("{who} {}, version {}, {ago} ago", words::entry(&entry.kind), entry.version);
            lines.extend(paint::wrap(&text, room).into_iter().map(|line| (line, Role::Text)));
            let said = paint::wrap(words::said(&entry.kind), room.saturating_sub(2));
            let said = said.into_iter().filter(|line| !line.is_empty()).take(4);
            lines.extend(said.map(|line| (format!("  {line}"), Role::Muted)));
        }
        let rows = usize::from(area.height.saturating_sub(1));
        let hidden = lines.len().saturating_sub(rows);
        let head = if hidden > 0 { format!("THEIRS  {hidden} lines more above") } else { "THEIRS".to_owned() };
        canvas.text(area, 0, &head, Role::Title);
        for ((line, role), row) in lines.iter().skip(hidden).zip(1..) {
            canvas.pen(area, row).skip(2).put(line, *role);
        }
    }
}
