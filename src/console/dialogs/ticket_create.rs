//! Opening a ticket: an item of the catalog, then a short form. The service comes from what was selected.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::{Action, Context},
        effect::Write,
        format, layout,
        paint::{self, Canvas},
        screens::tickets::words,
        state::State,
        text_input::TextInput,
        theme::Role,
        widgets::{ink::Ink, text_area::TextArea},
    },
    domain::{
        detail::NewTicket,
        hierarchy::{ServicePath, naming},
        tickets::{Catalog, Priority, act::TITLE_LIMIT, clock},
        time::MINUTE,
    },
};

use super::{Answer, Event, Step};

/// One line of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// A category's label.
    Heading(String),
    /// An item: full name, label, subtitle, preset priority.
    Item(Option<String>, String, String, Option<Priority>),
}

/// The fields of the form, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Title,
    Service,
    Priority,
    Description,
}

impl Field {
    const ALL: [Self; 4] = [Self::Title, Self::Service, Self::Priority, Self::Description];

    fn turn(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// Lines for what is said of the item under the cursor.
const WHOLE: u16 = 2;

/// The dialog.
#[derive(Clone, Debug)]
pub struct TicketCreate {
    lines: Vec<Line>,
    index: usize,
    item: Option<(Option<String>, String)>,
    field: Field,
    title: TextInput,
    service: TextInput,
    priority: Option<Priority>,
    description: TextArea,
    note: String,
    leaving: bool,
}

impl TicketCreate {
    /// The catalog as it stands for a service.
    pub fn new(catalog: &Catalog, service: Option<&ServicePath>) -> Self {
        let lines = lines(catalog, service);
        Self {
            index: lines.iter().position(|l| matches!(l, Line::Item(..))).unwrap_or(0),
            lines,
            item: None,
            field: Field::Title,
            title: TextInput::default(),
            service: TextInput::new(service.map_or("", ServicePath::as_str)),
            priority: None,
            description: TextArea::default(),
            note: String::new(),
            leaving: false,
        }
    }

    /// The same with what was typed before and why it is open again.
    #[must_use]
    pub fn again(mut self, new: &NewTicket, why: &str) -> Self {
        let found = self.lines.iter().position(|line| matches!(line, Line::Item(name, ..) if *name == new.item));
        if let Some(Line::Item(name, label, ..)) = found.map(|index| &self.lines[index]) {
            self.item = Some((name.clone(), label.clone()));
        }
        self.title = TextInput::new(&new.title);
        self.description = TextArea::with(&new.description);
        self.priority = new.priority;
        why.clone_into(&mut self.note);
        self
    }

    pub(super) fn edited(&mut self, result: Result<String, String>) {
        match result {
            Ok(text) => {
                self.description = TextArea::with(&text);
                self.note.clear();
            }
            Err(why) => self.note = why,
        }
    }

    pub(super) const fn contexts(&self) -> &'static [Context] {
        &[Context::Input, Context::Dialog]
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        let leaving = std::mem::take(&mut self.leaving);
        if self.item.is_none() {
            return self.pick(event);
        }
        match event {
            Event::Char(c) => self.typed(*c),
            Event::Paste(text) => match self.field {
                Field::Title => self.title.paste(text),
                Field::Service => self.service.paste(text),
                Field::Description => self.note = self.description.paste(text).err().unwrap_or_default(),
                Field::Priority => {}
            },
            Event::Click(_) => {}
            Event::Action(action) => return self.act(*action, leaving, state),
        }
        Step::Continue
    }

    fn pick(&mut self, event: &Event) -> Step<Answer> {
        let step = |index: usize, lines: &[Line], back: bool| {
            let is_item = |i: &usize| matches!(lines[*i], Line::Item(..));
            let found = if back { (0..index).rev().find(is_item) } else { (index + 1..lines.len()).find(is_item) };
            found.unwrap_or(index)
        };
        match event {
            Event::Action(Action::DialogClose) => return Step::Cancel,
            Event::Action(Action::DialogDown | Action::DialogNext) => self.index = step(self.index, &self.lines, false),
            Event::Action(Action::DialogUp | Action::DialogPrevious) => {
                self.index = step(self.index, &self.lines, true)
            }
            Event::Action(Action::DialogAccept) => {
                if let Some(Line::Item(name, label, _, priority)) = self.lines.get(self.index) {
                    self.item = Some((name.clone(), label.clone()));
                    self.priority = *priority;
                }
            }
            _ => {}
        }
        Step::Continue
    }

    fn typed(&mut self, c: char) {
        match self.field {
            Field::Title => self.title.type_char(c),
            Field::Service => self.service.type_char(c),
            Field::Description => self.description.type_char(c),
            // The first letter of a priority chooses it.
            Field::Priority => {
                let found = Priority::ALL.into_iter().find(|p| p.word().starts_with(c.to_ascii_uppercase()));
                self.priority = found.or(self.priority);
            }
        }
    }

    fn act(&mut self, action: Action, leaving: bool, state: &State) -> Step<Answer> {
        match (action, self.field) {
            (Action::DialogClose, _) => {
                let typed = !self.title.value().is_empty() || !self.description.text().is_empty();
                if leaving || !typed {
                    return Step::Cancel;
                }
                self.leaving = true;
                self.note = super::once_more("form", state);
            }
            (Action::DialogNext, _) => self.field = self.field.turn(1),
            (Action::DialogPrevious, _) => self.field = self.field.turn(3),
            (Action::DialogSend, _) => return self.send(state),
            (Action::DialogEditor, _) => {
                self.field = Field::Description;
                return Step::Edit(self.description.text().to_owned());
            }
            (Action::DialogAccept, Field::Description) => self.description.new_line(),
            (Action::DialogAccept, _) => self.field = self.field.turn(1),
            (action, Field::Description) => {
                self.description.edited(action);
            }
            (Action::DialogDown, _) => self.field = self.field.turn(1),
            (Action::DialogUp, _) => self.field = self.field.turn(3),
            (Action::InputRight, Field::Priority) => self.shift(1),
            (Action::InputLeft, Field::Priority) => self.shift(-1),
            (action, Field::Title) => {
                self.title.edited(action);
            }
            (action, Field::Service) => {
                self.service.edited(action);
            }
            (_, Field::Priority) => {}
        }
        Step::Continue
    }

    fn shift(&mut self, by: isize) {
        let now = self.priority.map_or(1, |p| p as usize);
        self.priority = Some(Priority::ALL[now.saturating_add_signed(by).min(Priority::ALL.len() - 1)]);
    }

    fn send(&mut self, state: &State) -> Step<Answer> {
        let title = self.title.value().trim();
        if title.is_empty() {
            self.field = Field::Title;
            "a ticket needs a title".clone_into(&mut self.note);
            return Step::Continue;
        }
        if title.len() > TITLE_LIMIT {
            self.field = Field::Title;
            self.note = format!("the title has {} bytes; the limit is {TITLE_LIMIT}", title.len());
            return Step::Continue;
        }
        let service = match self.service.value().trim() {
            "" => None,
            text => match ServicePath::parse(text) {
                Ok(path) if state.replica.estate.services.contains_key(&path) => Some(path),
                Ok(path) => {
                    self.field = Field::Service;
                    self.note = format!("there is no service {path}");
                    return Step::Continue;
                }
                Err(reason) => {
                    self.field = Field::Service;
                    self.note = reason;
                    return Step::Continue;
                }
            },
        };
        let item =
            self.item.as_ref().and_then(|(name, _)| state.replica.estate.source.catalog.items.get(name.as_ref()?));
        if let Some(item) = item.filter(|item| !item.name.exists_for(service.as_ref())) {
            self.field = Field::Service;
            self.note = format!("{} exists only for {}", item.display_name, item.name.scope());
            return Step::Continue;
        }
        let new = NewTicket {
            item: self.item.as_ref().and_then(|(name, _)| name.clone()),
            title: title.to_owned(),
            description: self.description.text().trim_end().to_owned(),
            service,
            priority: self.priority,
        };
        Step::Done(Answer::Write(Write::Create(new)))
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let height = match &self.item {
            None => u16::try_from(self.lines.len()).unwrap_or(u16::MAX).saturating_add(5 + WHOLE).min(24),
            Some(_) => 18,
        };
        layout::middle(state.size, if self.item.is_none() { 110 } else { 84 }, height)
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, "Open a ticket", canvas);
        if inside.height < 3 {
            return;
        }
        match &self.item {
            None => self.view_catalog(inside, state, canvas),
            Some((name, label)) => self.view_form(inside, name.as_deref(), label, state, canvas),
        }
    }

    fn view_catalog(&self, inside: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let foot = inside.height - 1;
        let about = self.service.value();
        let head = if about.is_empty() { "about no service".to_owned() } else { format!("about {about}") };
        canvas.text(inside, 0, &head, Role::Muted);
        let list = Rect { height: foot.saturating_sub(2 + WHOLE), ..paint::below(inside, 1) };
        let first = (self.index + 1).saturating_sub(usize::from(list.height));
        for (line, row) in self.lines.iter().skip(first).zip(0..list.height) {
            match line {
                Line::Heading(text) => canvas.text(list, row, text, Role::Title),
                Line::Item(_, label, about, priority) => {
                    let priority = priority.map_or("", Priority::word);
                    canvas
                        .pen(super::before_bar(list), row)
                        .skip(2)
                        .column(label, 30, Role::Text)
                        .skip(1)
                        .column(priority, 9, Role::Muted)
                        .put(about, Role::Muted);
                    canvas.highlight(paint::row(list, row), first + usize::from(row) == self.index, false);
                }
            }
        }
        canvas.scrollbar(list, first, usize::from(list.height), self.lines.len());
        if let Some(Line::Item(_, _, about, _)) = self.lines.get(self.index) {
            canvas.wrapped(Rect { height: foot, ..inside }, foot.saturating_sub(WHOLE), about, Role::Text);
        }
        let keys = [(Action::DialogAccept, "take this one"), (Action::DialogClose, "no")];
        super::foot(inside, foot, &keys, state, canvas);
    }

    fn view_form(&self, inside: Rect, name: Option<&str>, label: &str, state: &State, canvas: &mut Canvas<'_>) {
        let foot = inside.height - 1;
        let body = Rect { height: foot, ..inside };
        let mut pen = canvas.pen(body, 0);
        pen.put(label, Role::Title);
        if let Some(name) = name {
            pen.put(&format!("  {name}"), Role::Muted);
        }
        canvas.text(body, 1, &self.declared(state), Role::Muted);
        let priority = self.priority.map_or("as the catalog says", Priority::word);
        for (field, row) in [(Field::Title, 2), (Field::Service, 3), (Field::Priority, 4), (Field::Description, 5)] {
            let active = self.field == field;
            let text = match field {
                Field::Title => "title",
                Field::Service => "service",
                Field::Priority => "priority",
                Field::Description => "description",
            };
            let label = if active { Role::Accent } else { Role::Muted };
            let place = super::after_label(body, row, &format!("{text:12}"), label, canvas);
            match (field, active) {
                (Field::Title, true) => self.title.view(place, canvas),
                (Field::Title, false) => canvas.text(place, 0, self.title.value(), Role::Text),
                (Field::Service, true) => self.service.view(place, canvas),
                (Field::Service, false) => canvas.text(place, 0, self.service.value(), Role::Text),
                (Field::Priority, _) => {
                    let role = self.priority.map_or(Role::Muted, words::priority_role);
                    let mut pen = canvas.pen(place, 0);
                    pen.put(priority, role);
                    if active {
                        pen.put("   left and right change it", Role::Muted);
                    }
                }
                (Field::Description, _) => {
                    let ink = Ink::of(canvas);
                    let rows = foot.saturating_sub(row + 1 + u16::from(!self.note.is_empty()));
                    let place = Rect { height: rows, ..place };
                    self.description.draw(place, canvas.buf, ink, active);
                }
            }
        }
        if !self.note.is_empty() {
            canvas.text(inside, foot - 1, &self.note, Role::Caution);
        }
        let keys = [
            (Action::DialogSend, "open it"),
            (Action::DialogNext, "next field"),
            (Action::DialogEditor, "editor"),
            (Action::DialogClose, "no"),
        ];
        super::foot(inside, foot, &keys, state, canvas);
    }

    /// What the declaration fills in: group, workflow and clocks.
    fn declared(&self, state: &State) -> String {
        let source = &state.replica.estate.source;
        let item = self.item.as_ref().and_then(|(name, _)| source.catalog.items.get(name.as_ref()?));
        let priority = self.priority.or_else(|| item.and_then(|item| item.priority)).unwrap_or_default();
        let (response, resolution) = clock::allowances(priority);
        let promised = |minutes: Option<u32>, usual: i64| minutes.map_or(usual, |m| i64::from(m) * MINUTE);
        let service = ServicePath::parse(self.service.value().trim()).ok();
        let wanted =
            item.map_or_else(|| vec!["service_request", "incident_response"], |item| vec![item.workflow.as_str()]);
        let mut tried = wanted.iter().flat_map(|name| naming::cascade(&source.org, name, service.as_ref()));
        let workflow = match (tried.find(|name| source.workflows.contains_key(name)), item) {
            (Some(name), _) => name,
            (None, None) => "the built-in workflow".to_owned(),
            (None, Some(item)) => {
                return format!("it names the workflow {}, which is not declared here", item.workflow);
            }
        };
        let response = format::span(promised(item.and_then(|item| item.response_minutes), response));
        let resolution = format::span(promised(item.and_then(|item| item.resolution_minutes), resolution));
        let group = item.and_then(|item| item.assignee_group.as_deref()).unwrap_or("no group");
        format!("goes to {group}, by {workflow}; response {response}, resolution {resolution}")
    }
}

/// The catalog by category for a service, and a ticket without an item at its end.
fn lines(catalog: &Catalog, service: Option<&ServicePath>) -> Vec<Line> {
    let mut out = Vec::new();
    let of = |category: &str| -> Vec<Line> {
        let items = catalog.items.values().filter(|i| i.category == category && i.name.exists_for(service));
        items
            .map(|item| {
                let name = Some(item.name.as_str().to_owned());
                Line::Item(name, item.display_name.clone(), item.description.clone(), item.priority)
            })
            .collect()
    };
    for category in &catalog.categories {
        let items = of(&category.name);
        if !items.is_empty() {
            out.push(Line::Heading(category.display_name.clone()));
            out.extend(items);
        }
    }
    out.push(Line::Heading("Without an item".to_owned()));
    out.push(Line::Item(None, "Free ticket".to_owned(), String::new(), None));
    out
}
