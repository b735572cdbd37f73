//! Finds anything by a few of its letters: actions that work here, services, tickets, budgets, nodes, files.

use std::cell::RefCell;

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use ratatui::layout::Rect;

use crate::console::{
    action::{ACTIONS, Action, Context},
    format, layout,
    list::{List, Row},
    paint::{self, Canvas},
    place::Object,
    state::State,
    text_input::TextInput,
    theme::Role,
};

use super::{Answer, Event, Step};

/// Hits kept.
const LIMIT: usize = 200;

thread_local! {
    // Its tables are 100 KiB that hold no state between calls.
    static MATCHER: RefCell<Matcher> = RefCell::new(Matcher::new(Config::DEFAULT));
}

/// What can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Act(Action),
    Open(Object),
}

/// Something that can be found, and how it reads.
#[derive(Clone, Debug)]
struct Entry {
    found: Found,
    kind: &'static str,
    text: String,
}

impl Row for Entry {
    type Id = Found;
    fn id(&self) -> Found {
        self.found.clone()
    }
}

/// The palette: a line to type in, and what fits it best.
#[derive(Clone, Debug)]
pub struct Palette {
    input: TextInput,
    all: Vec<Entry>,
    hits: List<Entry>,
    total: usize,
}

impl Palette {
    pub(super) fn new(state: &State) -> Self {
        let mut palette = Self { input: TextInput::default(), all: entries(state), hits: List::default(), total: 0 };
        palette.search(state);
        palette
    }

    fn search(&mut self, state: &State) {
        let typed = self.input.value().trim();
        let (hits, total) = if typed.is_empty() {
            (self.all.iter().take(LIMIT).cloned().collect(), self.all.len())
        } else {
            best(&self.all, typed)
        };
        self.total = total;
        self.hits = List::default();
        self.hits.replace(hits);
        self.fit(state);
    }

    fn fit(&mut self, state: &State) {
        let height = self.area(state).height.saturating_sub(4);
        self.hits.fit(height);
    }

    pub(super) fn handle(&mut self, event: &Event, state: &State) -> Step<Answer> {
        self.fit(state);
        match event {
            Event::Char(c) => self.input.type_char(*c),
            Event::Paste(text) => self.input.paste(text),
            Event::Click(row) => {
                if *row < 2 {
                    return Step::Continue;
                }
                self.hits.stand(self.hits.offset() + usize::from(*row - 2));
                return self.answer();
            }
            Event::Action(action) => match action {
                Action::DialogClose => return Step::Cancel,
                Action::DialogAccept => return self.answer(),
                Action::DialogDown => return self.go(Action::Down),
                Action::DialogUp => return self.go(Action::Up),
                Action::DialogPageDown => return self.go(Action::PageDown),
                Action::DialogPageUp => return self.go(Action::PageUp),
                action => {
                    if !self.input.edited(*action) {
                        return Step::Continue;
                    }
                }
            },
        }
        self.search(state);
        Step::Continue
    }

    fn go(&mut self, action: Action) -> Step<Answer> {
        self.hits.moved(action);
        Step::Continue
    }

    fn answer(&self) -> Step<Answer> {
        match self.hits.selected().map(|entry| entry.found.clone()) {
            Some(Found::Act(action)) => Step::Done(Answer::Act(action)),
            Some(Found::Open(object)) => Step::Done(Answer::Open(object)),
            None => Step::Continue,
        }
    }

    pub(super) fn area(&self, state: &State) -> Rect {
        let width = (state.size.width.saturating_mul(3) / 4).clamp(76, 100);
        layout::middle(state.size, width, (state.size.height * 3 / 4).clamp(8, 26))
    }

    pub(super) fn view(&self, area: Rect, state: &State, canvas: &mut Canvas<'_>) {
        let inside = super::frame(area, "Find anything", canvas);
        canvas.pen(inside, 0).put(":", Role::Accent);
        let field =
            Rect { x: inside.x + 2.min(inside.width), width: inside.width.saturating_sub(2), ..paint::row(inside, 0) };
        self.input.view(field, canvas);
        let list = paint::below(inside, 2);
        for ((number, entry), row) in self.hits.visible().zip(0..list.height) {
            let keys = match entry.found {
                Found::Act(action) => state.options.keymap.label(action),
                Found::Open(_) => String::new(),
            };
            let mut pen = canvas.pen(list, row);
            pen.column(entry.kind, 9, Role::Muted);
            let room = pen.room().saturating_sub(format::width(&keys) + 1);
            pen.column_start(&entry.text, room, Role::Text).right(&keys, Role::Key);
            canvas.highlight(paint::row(list, row), number == self.hits.index(), false);
        }
        if self.hits.is_empty() {
            canvas.text(list, 0, "nothing fits; esc closes", Role::Muted);
        }
        let note = match self.total {
            total if total > LIMIT => format!("best {LIMIT} of {total}"),
            total => format!("{total}"),
        };
        canvas.pen(inside, 0).to(inside.right().saturating_sub(20)).right(&note, Role::Muted);
    }
}

fn entries(state: &State) -> Vec<Entry> {
    let contexts = [state.screen.context(), Context::List, Context::Global];
    let works = |context: Context| contexts.contains(&context) && context != Context::List;
    let mut all: Vec<Entry> = ACTIONS
        .iter()
        .filter(|s| works(s.context) && state.offers(s.action) && s.action != Action::Palette)
        .map(|s| Entry { found: Found::Act(s.action), kind: "do", text: s.title.to_owned() })
        .collect();
    let estate = &state.replica.estate;
    let open = |object, kind, text| Entry { found: Found::Open(object), kind, text };
    all.extend(
        estate.tickets.values().rev().map(|t| {
            open(Object::Ticket(t.number), "ticket", format!("#{} {} {}", t.number, t.title, t.status.word()))
        }),
    );
    all.extend(estate.budgets.values().map(|b| {
        open(Object::Budget(b.name.clone()), "budget", format!("{} {}", b.display_name, b.budget.state.word()))
    }));
    all.extend(state.replica.nodes.iter().map(|n| open(Object::Node(n.path.clone()), "node", n.path.to_string())));
    all.extend(estate.services.keys().map(|path| open(Object::Service(path.clone()), "service", path.to_string())));
    all.extend(estate.source.groups.values().filter_map(|g| {
        let place = g.place.as_ref()?;
        Some(open(Object::File(place.file.clone(), place.line), "group", g.name.as_str().to_owned()))
    }));
    all.extend(estate.source.workflows.values().filter_map(|w| {
        let place = w.place.as_ref()?;
        Some(open(Object::File(place.file.clone(), place.line), "workflow", w.name.as_str().to_owned()))
    }));
    all
}

/// The entries that fit best, and how many fit at all. What reads shorter wins among equals.
fn best(all: &[Entry], typed: &str) -> (Vec<Entry>, usize) {
    let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, usize)> = MATCHER.with_borrow_mut(|matcher| {
        all.iter()
            .enumerate()
            .filter_map(|(index, entry)| {
                // The kind may be typed too: `ticket disk`.
                let text = format!("{} {}", entry.text, entry.kind);
                pattern.score(Utf32Str::new(&text, &mut buffer), matcher).map(|score| (score, index))
            })
            .collect()
    });
    let total = scored.len();
    scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), all[*index].text.len(), *index));
    (scored.into_iter().take(LIMIT).map(|(_, index)| all[index].clone()).collect(), total)
}
