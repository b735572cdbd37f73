//! Giving tickets to somebody: me, a person, a group or nobody, with a note that hands over.
//!
//! The targets are frozen when it opens. For one ticket the effect is told before it is done; many are rehearsed first.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        layout,
        paint::{self, Canvas},
        screens::tickets::words,
        state::State,
        text_input::TextInput,
        theme::Role,
        widgets::{ink::Ink, text_area::TextArea},
        writes,
    },
    domain::{hierarchy::naming, tickets::Ticket},
};

use super::{Answer, Deed, Event, Step};

/// One who can be given it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    label: String,
    note: String,
    to: Option<String>,
    group: Option<String>,
}

/// The dialog.
#[derive(Clone, Debug)]
pub struct TicketAssign {
    /// Number and version seen of the only one; none for many.
    one: Option<(u64, u64)>,
    head: String,
    stands: String,
    choices: Vec<Choice>,
    index: usize,
    find: TextInput,
    note: TextArea,
    on_note: bool,
    said: String,
}

impl TicketAssign {
    /// About one ticket.
    pub fn one(state: &State, ticket: &Ticket, draft: &str) -> Self {
        let mut made = Self {
            one: Some((ticket.number, ticket.version)),
            head: format!("#{} {}", ticket.number, ticket.title),
            stands: String::new(),
            choices: choices(state, Some(ticket)),
            index: 0,
            find: TextInput::default(),
            note: TextArea::with(draft),
            on_note: false,
            said: String::new(),
        };
        made.look(ticket);
        made
    }

    /// About everything that is marked.
    pub fn many(state: &State, numbers: &[u64]) -> Self {
        let names: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
        Self {
            one: None,
            head: format!("{} marked tickets", numbers.len()),
            stands: names.join(" "),
            choices: choices(state, None),
            index: 0,
            find: TextInput::default(),
            note: TextArea::default(),
            on_note: false,
            said: String::new(),
        }
    }

    /// The same with why it is open again.
    #[must_use]
    pub fn with_note(mut self, said: &str) -> Self {
        said.clone_into(&mut self.said);
        self
    }

    fn look(&mut self, ticket: &Ticket) {
        self.one = Some((ticket.number, ticket.version));
        self.stands = format!("{}, {}, version {}", ticket.status.word(), words::assignee(ticket), ticket.version);
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        &[Context::Input, Context::Dialog]
    }

    pub(super) fn edited(&mut self, result: Result<String, String>) {
        match result {
            Ok(text) => self.note = TextArea::with(&text),
            Err(why) => self.said = why,
        }
    }

    fn shown(&self) -> Vec<&Choice> {
        let typed = self.find.value().trim().to_lowercase();
        self.choices.iter().filter(|c| c.label.to_lowercase().contains(&typed)).collect()
    }

    /// What is under the cursor; a name that is not known here is for the core to know.
    fn chosen(&self) -> Option<(Option<String>, Option<String>)> {
        if let Some(choice) = self.shown().get(self.index) {
            return Some((choice.to.clone(), choice.group.clone()));
        }
        let typed = self.find.value().trim();
        (!typed.is_empty()).then(|| (Some(typed.to_owned()), None))
    }

    fn write(&self) -> Option<Write> {
        let ((number, seen), (to, group)) = (self.one?, self.chosen()?);
        Some(Write::Assign { number, seen, to, group, note: self.note.text().trim().to_owned() })
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        match event {
            Event::Char(c) if self.on_note => self.note.type_char(*c),
            Event::Char(c) => {
                self.find.type_char(*c);
                self.index = 0;
            }
            Event::Paste(text) if self.on_note => self.said = self.note.paste(text).err().unwrap_or_default(),
            Event::Paste(text) => self.find.paste(text),
            Event::Click(row) => {
                let row = usize::from(row.saturating_sub(3));
                if row < self.shown().len() {
                    self.index = row;
                }
            }
            Event::Action(action) => return self.act(*action, state),
        }
        Step::Continue
    }

    fn act(&mut self, action: Action, state: &State) -> Step<Answer> {
        match action {
            Action::DialogClose => return self.leave(),
            Action::DialogNext | Action::DialogPrevious => self.on_note = !self.on_note,
            Action::DialogEditor => return Step::Edit(self.note.text().to_owned()),
            Action::DialogSend => return self.accept(state),
            Action::DialogAccept if self.on_note => self.note.new_line(),
            Action::DialogAccept => return self.accept(state),
            action if self.on_note => {
                self.note.edited(action);
            }
            Action::DialogDown => self.index = (self.index + 1).min(self.shown().len().saturating_sub(1)),
            Action::DialogUp => self.index = self.index.saturating_sub(1),
            action => {
                self.find.edited(action);
                self.index = self.index.min(self.shown().len().saturating_sub(1));
            }
        }
        Step::Continue
    }

    fn leave(&self) -> Step<Answer> {
        match (self.one, self.note.text().trim()) {
            (Some((number, _)), note) if !note.is_empty() => Step::Done(Answer::Keep(number, note.to_owned())),
            _ => Step::Cancel,
        }
    }

    fn accept(&mut self, state: &State) -> Step<Answer> {
        let Some((number, seen)) = self.one else {
            let deed = self.chosen().map(|(to, group)| Deed::Give(to, group, self.note.text().trim().to_owned()));
            return deed.map_or(Step::Continue, |deed| Step::Done(Answer::Rehearse(deed)));
        };
        let Some(ticket) = state.replica.estate.tickets.get(&number) else {
            "it is not there any more".clone_into(&mut self.said);
            return Step::Continue;
        };
        if ticket.version != seen {
            self.said = format!("It changed while this was open (you saw: {}).", self.stands);
            self.look(ticket);
            return Step::Continue;
        }
        let Some(write) = self.write() else {
            return Step::Continue;
        };
        match writes::foresee(state, ticket, &write) {
            Ok(_) => Step::Done(Answer::Write(write)),
            Err(refusal) => {
                self.said = refusal.reason;
                Step::Continue
            }
        }
    }

    /// What accepting would do, or why it cannot.
    fn effect(&self, state: &State) -> (String, Role) {
        if !self.said.is_empty() {
            return (self.said.clone(), Role::Caution);
        }
        let ticket = self.one.and_then(|(number, _)| state.replica.estate.tickets.get(&number));
        let (Some(ticket), Some(write)) = (ticket, self.write()) else {
            return (String::new(), Role::Muted);
        };
        match writes::foresee(state, ticket, &write) {
            Ok(Some(done)) => (format!("{}, as {}", words::effect(ticket, &done.ticket), done.acted_as), Role::Text),
            Ok(None) => (String::new(), Role::Muted),
            Err(refusal) => (refusal.reason, Role::Bad),
        }
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let height = u16::try_from(self.choices.len()).unwrap_or(u16::MAX).saturating_add(13).min(20);
        layout::middle(state.size, 96, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, "Give it to", canvas);
        if inside.height < 4 {
            return;
        }
        let foot = inside.height - 1;
        canvas.text(inside, 0, &self.head, Role::Title);
        canvas.text(inside, 1, &self.stands, Role::Muted);
        // From the bottom: keys, the effect in two lines, the note, what is looked for.
        let (effect, role) = self.effect(state);
        let effect_at = foot.saturating_sub(2);
        canvas.wrapped(Rect { height: foot, ..inside }, effect_at, &effect, role);
        let room = inside.width.saturating_sub(6);
        let note_rows = u16::try_from(self.note.height(usize::from(room))).unwrap_or(1).clamp(1, 3);
        let note_at = effect_at.saturating_sub(note_rows);
        let label = |active: bool| if active { Role::Accent } else { Role::Muted };
        let note = super::after_label(inside, note_at, "note: ", label(self.on_note), canvas);
        let ink = Ink::of(canvas);
        self.note.draw(Rect { height: note_rows, ..note }, canvas.buf, ink, self.on_note);
        let find_at = note_at.saturating_sub(1);
        let find = super::after_label(inside, find_at, "find: ", label(!self.on_note), canvas);
        match self.on_note {
            true => canvas.text(find, 0, self.find.value(), Role::Text),
            false => self.find.view(find, canvas),
        }
        let list = Rect { height: find_at.saturating_sub(3), ..paint::below(inside, 3) };
        let shown: Vec<_> = self.shown().into_iter().map(|c| (c.label.as_str(), c.note.as_str())).collect();
        super::choices(list, &shown, self.index, "nobody known by that name here; the core may know him", canvas);
        let keys = [
            (if self.on_note { Action::DialogSend } else { Action::DialogAccept }, "give it"),
            (Action::DialogNext, if self.on_note { "who" } else { "note" }),
            (Action::DialogEditor, "editor"),
            (Action::DialogClose, "no"),
        ];
        super::foot(inside, foot, &keys, state, canvas);
    }
}

/// Me, people that groups name, groups that exist for the ticket, nobody. Whoever has it is left out.
fn choices(state: &State, ticket: Option<&Ticket>) -> Vec<Choice> {
    let source = &state.replica.estate.source;
    let me = &state.session.user.name;
    let mut people: Vec<(String, Vec<&str>)> = vec![(me.clone(), vec!["me"])];
    for group in source.groups.values() {
        for user in group.users.iter().filter(|user| !user.contains('@')) {
            match people.iter_mut().find(|(name, _)| name == user) {
                Some((_, notes)) => notes.push(group.name.short()),
                None => people.push((user.clone(), vec![group.name.short()])),
            }
        }
    }
    let has = ticket.and_then(|ticket| ticket.assignee.as_ref()).map(|(_, name)| name.as_str());
    let person = |(name, mut notes): (String, Vec<&str>)| {
        notes.dedup();
        Choice { note: notes.join(", "), to: Some(name.clone()), group: None, label: name }
    };
    let mut made: Vec<Choice> = people.into_iter().filter(|(name, _)| Some(name.as_str()) != has).map(person).collect();
    let exists = |short: &str| match ticket {
        Some(ticket) => {
            let tried = naming::cascade(&source.org, short, ticket.service.as_ref());
            tried.iter().any(|name| source.groups.contains_key(name))
        }
        None => true,
    };
    let mut groups: Vec<&str> = source.groups.values().map(|group| group.name.short()).filter(|g| exists(g)).collect();
    groups.sort_unstable();
    groups.dedup();
    let given = ticket.and_then(|ticket| ticket.assignee_group.as_deref());
    made.extend(groups.into_iter().filter(|group| Some(*group) != given).map(|group| Choice {
        label: format!("group {group}"),
        note: "nobody has it then; its members may take it".to_owned(),
        to: None,
        group: Some(group.to_owned()),
    }));
    if has.is_some() || ticket.is_none() {
        let note =
            has.map_or_else(|| "take them from whoever has them".to_owned(), |name| format!("take it from {name}"));
        made.push(Choice { label: "nobody".to_owned(), note, to: None, group: None });
    }
    made
}
