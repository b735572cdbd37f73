//! The picture: the reading, the tabs, the lists.

use ratatui::{layout::Rect, style::Modifier};

use crate::{
    console::{
        action::Action,
        format,
        msg::Failure,
        paint::{Canvas, below, wrap},
        place::ScreenId,
        state::State,
        theme::Role,
        widgets::{
            ink::Ink,
            notice,
            table::{self, Drawn, Table},
        },
        writes,
    },
    domain::gitops::{Recognised, Severity},
};

use super::{
    cells, drift, facts_line, pane,
    plan::{self, Which},
    reading,
    rows::{Id, Row, Tab},
};

/// Draw the screen.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    head(state, area, canvas);
    let tabs = Rect { y: area.y + super::head_height(state) - 1, height: 1, ..area };
    if tabs.y < area.bottom() {
        draw_tabs(state, tabs, canvas);
    }
    let places = super::places(state, area);
    let ink = Ink::of(canvas);
    if places.above.height > 0 {
        above(state, places.above, canvas);
    }
    let screen = &state.gitops;
    if screen.list().is_empty() && screen.line.is_none() {
        let (role, what, why) = nothing(state);
        let rest = below(area, super::head_height(state) + places.above.height);
        return notice::draw(rest, canvas.buf, ink, role, &what, &why);
    }
    if places.list.width > 0 && screen.list().is_empty() {
        let (role, what, why) = nothing(state);
        notice::draw(places.list, canvas.buf, ink, role, &what, &why);
    } else if places.list.width > 0 {
        list(state, places.list, canvas, ink);
    }
    canvas.divider(places.divider);
    if places.strip.height > 0 {
        strip(state, places.strip, canvas);
    }
    if places.pane.width > 0 {
        pane::draw(state, places.pane, canvas);
    }
}

/// What is wrong with the reading as a whole, told above everything.
pub fn alarm(state: &State) -> Option<(String, Role)> {
    let source = &state.replica.estate.source;
    match (&source.rejected, reading::held(source)) {
        (Some(why), _) => Some((format!("a newer reading was rejected, this one stays in force: {why}"), Role::Bad)),
        (None, Some(held)) => Some((held, Role::Caution)),
        (None, None) => None,
    }
}

/// Which reading is in force and how old it is; whether a newer one was rejected.
fn head(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let source = &state.replica.estate.source;
    let read = format!("read {}", canvas.when_said(source.read_at));
    let files = format!("{}, {read} ", format::count(source.files as usize, "file", "files"));
    let commit = reading::commit(state);
    let by = commit.map(|c| format!("  {}, {}", c.author, canvas.when_said(c.at))).unwrap_or_default();
    // What does not fit goes whole: the author first, then the count of files.
    let left = |subject: &str| 9 + format::width(subject);
    let subject = commit.map_or("", |c| c.subject.as_str()).to_owned();
    let wide = usize::from(area.width);
    let right = if left(&subject) + files.len() + 2 <= wide { files } else { format!("{read} ") };
    let with_author = left(&subject) + format::width(&by) + right.len() + 2 <= wide;
    let room = wide.saturating_sub(format::width(&right) + 1);
    let start = Rect { width: u16::try_from(room).unwrap_or(area.width), ..area };
    let mut pen = canvas.pen(start, 0);
    match &source.revision {
        Some(revision) => pen.put(revision.get(..7).unwrap_or(revision), Role::Accent),
        None => pen.put("a folder outside git", Role::Muted),
    };
    pen.skip(2).put(&subject, Role::Text);
    if with_author {
        pen.put(&by, Role::Muted);
    }
    canvas.pen(area, 0).to(start.right()).right(&right, Role::Muted);
    if let Some((told, role)) = alarm(state) {
        let sign = if role == Role::Bad { canvas.glyphs.no } else { canvas.glyphs.warn };
        canvas.text(area, 1, &format!("{sign} {told}"), role);
    }
}

/// A tab, where it is, and what it says.
pub struct TabPlace {
    /// Which.
    pub tab: Tab,
    /// First column.
    pub from: u16,
    /// Column after the last.
    pub to: u16,
    /// Its word.
    pub word: &'static str,
    /// What waits there; empty for nothing.
    pub count: String,
    role: Role,
}

/// The tabs, with how much waits behind those where something may.
pub fn tab_places(state: &State, area: Rect) -> Vec<TabPlace> {
    let source = &state.replica.estate.source;
    let screen = &state.gitops;
    let mut x = area.x;
    Tab::ALL
        .into_iter()
        .map(|tab| {
            let some = |count: Option<usize>| count.filter(|c| *c > 0).map(|c| c.to_string()).unwrap_or_default();
            let (count, role) = match tab {
                Tab::Faults if source.errors > 0 => ((source.errors + source.warnings).to_string(), Role::Bad),
                Tab::Faults => (some(Some(source.warnings as usize)), Role::Caution),
                Tab::Plan => (some(screen.plans.waiting()), Role::Caution),
                Tab::Drift => (some(screen.drift.unclean()), Role::Caution),
                Tab::Reading if source.rejected.is_some() => ("!".to_owned(), Role::Bad),
                Tab::Things | Tab::Rules | Tab::Reading => (String::new(), Role::Muted),
            };
            let word = tab.word();
            let wide = word.len() + 2 + if count.is_empty() { 0 } else { count.len() + 1 };
            let from = x;
            x = x.saturating_add(u16::try_from(wide).unwrap_or(u16::MAX));
            TabPlace { tab, from, to: x, word, count, role }
        })
        .collect()
}

/// The row of tabs; the key of each is the underlined letter of its word.
fn draw_tabs(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    for place in tab_places(state, area) {
        if place.from >= area.right() {
            break;
        }
        let front = place.tab == state.gitops.tab;
        let role = if front { Role::Selection } else { Role::Muted };
        let at = Rect { x: place.from, width: area.right() - place.from, ..area };
        let mut pen = canvas.pen(at, 0);
        pen.put(" ", role).put(place.word, role).put(" ", role);
        if !place.count.is_empty() {
            pen.put(&place.count, if front { role } else { place.role }).put(" ", role);
        }
        let key = state.options.keymap.label(place.tab.action());
        let found = place.word.find(key.as_str()).filter(|_| key.len() == 1);
        let x = found.and_then(|at| u16::try_from(at).ok()).map(|at| place.from + 1 + at);
        if let Some(cell) = x.filter(|x| *x < area.right()).and_then(|x| canvas.buf.cell_mut((x, area.y))) {
            cell.modifier.insert(Modifier::UNDERLINED | Modifier::BOLD);
            cell.modifier.remove(Modifier::DIM);
        }
    }
}

/// What stands between tabs and list.
fn above(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    match state.gitops.tab {
        Tab::Plan => plan_head(state, area, canvas),
        Tab::Drift => {
            let ink = Ink::of(canvas);
            if let Some(matrix) = state.gitops.drift.matrix() {
                matrix.draw(Rect { height: area.height.min(4), ..area }, canvas.buf, ink);
            }
            let came = state.gitops.drift.all.get(|_| true).map(|(_, came)| canvas.when_said(came));
            let key = state.options.keymap.label(Action::GitOpsView);
            let filter = &state.filters[ScreenId::GitOps as usize];
            let what = if filter.is_empty() || state.gitops.drift.cell.is_some() {
                state.gitops.drift.listed()
            } else {
                "what matches the filter".to_owned()
            };
            let mut pen = canvas.pen(area, 5);
            pen.put(&what, Role::Title).skip(2).put(&key, Role::Key).put(" next cell", Role::Muted);
            let came = came.map(|came| format!("asked {came} ")).unwrap_or_default();
            pen.right(&came, Role::Muted);
        }
        Tab::Reading => {
            let lines = reading::lines(state, usize::from(area.width), canvas);
            for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
                canvas.buf.set_line(area.x, y, line, area.width);
            }
        }
        Tab::Things | Tab::Faults | Tab::Rules => {}
    }
}

/// Which plan it is, and its counts.
fn plan_head(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let plans = &state.gitops.plans;
    let short = |id: &str| id.get(..7).unwrap_or(id).to_owned();
    let title = match &plans.which {
        Which::Pending => "would change now".to_owned(),
        Which::Log => "the last reconciles".to_owned(),
        Which::Done(at) => format!("reconciled {}", canvas.when_said(*at)),
        Which::Between(from, to) if from.trim_end_matches('^') == &**to => format!("changed by {}", short(to)),
        Which::Between(from, to) => format!("changed from {} to {}", short(from), short(to)),
    };
    let shown = plans.shown().map(|(plan, _)| {
        let counted = plan::counted(plan);
        let wide: usize = counted.iter().map(|(text, _)| format::width(text) + 2).sum();
        // Where there is no room for words the signs of the list below stand for them.
        if wide + format::width(&title) < usize::from(area.width) { counted } else { plan::counted_signs(plan) }
    });
    let key = state.options.keymap.label(Action::GitOpsView);
    let other = match plans.which {
        Which::Pending => Some((key, "what was done")),
        Which::Log => Some((key, "what would change")),
        Which::Done(_) | Which::Between(..) => Some((state.options.keymap.label(Action::Close), "back")),
    };
    let mut pen = canvas.pen(area, 0);
    pen.put(&title, Role::Title).skip(2);
    for (index, (text, role)) in shown.iter().flatten().enumerate() {
        pen.put(if index > 0 { ", " } else { "" }, Role::Muted).put(text, *role);
    }
    if let Some((key, says)) = other.filter(|(key, says)| pen.room() > key.len() + says.len() + 4) {
        let wide = key.len() + says.len() + 2;
        let gap = pen.room() - wide;
        pen.skip(gap).put(&key, Role::Key).skip(1).put(says, Role::Muted);
    }
}

fn list(state: &State, area: Rect, canvas: &mut Canvas<'_>, ink: Ink<'_>) {
    let list = state.gitops.list();
    let drawn: Vec<Drawn> = list
        .visible()
        .map(|(_, row)| Drawn {
            cells: cells::of(state, row, canvas),
            marked: list.is_marked(row),
            across: row.id.is_heading(),
            ..Drawn::default()
        })
        .collect();
    let table = Table {
        columns: &table::holding(cells::columns(state), &drawn),
        sorted: None,
        total: list.len(),
        offset: list.offset(),
        selected: Some(list.index()),
        focused: !state.gitops.in_front,
    };
    let offset = list.offset();
    table.draw(area, canvas.buf, ink, |index| drawn.get(index.saturating_sub(offset)).cloned().unwrap_or_default());
}

/// What is selected, in a few lines below a list that has nothing beside it: nothing that the columns cut is lost.
fn strip(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(row) = state.gitops.list().selected() else { return };
    let parts = strip_of(state, row, canvas);
    if parts.is_empty() {
        return;
    }
    let rule = canvas.glyphs.horizontal;
    canvas.pen(area, 0).repeat(rule, usize::from(area.width), Role::Rule);
    let rest = below(area, 1);
    let mut at = 0;
    for (text, role) in parts {
        for line in wrap(&text, usize::from(rest.width)) {
            canvas.text(rest, at, &line, role);
            at += 1;
        }
    }
}

fn strip_of(state: &State, row: &Row, canvas: &Canvas<'_>) -> Vec<(String, Role)> {
    let screen = &state.gitops;
    let mut parts: Vec<(String, Role)> = Vec::new();
    let place = row.place.as_ref().map(super::rows::at);
    match &row.id {
        Id::Thing(_, name, _) => {
            parts.push((name.clone(), Role::Text));
            let says = screen.known().and_then(|k| k.index.declared.get(row.item)).map(|d| d.summary.clone());
            parts.extend(says.filter(|s| !s.is_empty()).map(|s| (s, Role::Muted)));
            parts.extend(facts_line(state, row));
            parts.extend(place.map(|p| (p, Role::Muted)));
        }
        Id::File(path) => {
            parts.push((path.to_string(), Role::Text));
            parts.extend(facts_line(state, row));
        }
        Id::Fault(..) => {
            if let Some(fault) = screen.known().and_then(|k| k.index.faults.get(row.item)) {
                let role = crate::console::widgets::source::severity_role(fault.severity);
                parts.push((fault.message.clone(), role));
                parts.push((fault.hint.clone(), Role::Text));
                parts.push((format!("{}:{}", super::rows::at(&fault.place), fault.place.column), Role::Muted));
                parts.retain(|(text, _)| !text.is_empty());
            }
        }
        Id::Step(..) => {
            if let Some(step) = screen.plans.shown().and_then(|(plan, _)| plan.steps.get(row.item)) {
                parts.push((step.name.to_string(), plan::look(step).1));
                let all =
                    if step.held.is_none() && step.takes.len() > 1 { step.takes.join("; ") } else { plan::gist(step) };
                parts.push((all, Role::Text));
                parts.extend(place.map(|p| (p, Role::Muted)));
            }
        }
        Id::Done(at) => {
            if let Some(done) = screen.plans.reconciled(*at) {
                parts.extend(done.rejected.clone().map(|why| (why, Role::Bad)));
                let commit = done.commit.as_ref().map(|c| super::trail::commit_line(c, canvas));
                parts.extend(commit.map(|text| (text, Role::Text)));
                if done.rejected.is_none() {
                    parts.push((plan::counted_line(&done.plan), Role::Muted));
                }
            }
        }
        Id::Drift(path) => {
            if let Some(drift) = screen.drift.all.get(|_| true).and_then(|(all, _)| all.get(row.item)) {
                parts.push((format!("{path}: {}, {}", drift.declared.word(), drift::running(drift)), Role::Text));
                parts.push((drift::gist(drift, canvas), Role::Muted));
            }
        }
        id => parts.extend(rule_strip(state, id)),
    }
    parts
}

/// A rule in short.
fn rule_strip(state: &State, id: &Id) -> Vec<(String, Role)> {
    let source = &state.replica.estate.source;
    let arrow = state.options.glyphs.arrow;
    let parts = match id {
        Id::Workflow(name) => source.workflows.get(name).map(|workflow| {
            let moves: Vec<String> = workflow
                .transitions
                .iter()
                .map(|t| format!("{} {arrow} {} by {}", t.from.word(), t.to.word(), t.role.word()))
                .collect();
            vec![moves.join(", ")]
        }),
        Id::Item(name) => source.catalog.items.get(name).map(|item| {
            let group = item.assignee_group.as_deref().unwrap_or("no group");
            vec![name.clone(), format!("workflow {}, goes to {group}", item.workflow), item.description.clone()]
        }),
        Id::Group(name) => source.groups.get(name).map(|group| {
            let me =
                crate::domain::tickets::role::resolve(&source.groups, &source.org, name, None, &state.session.user);
            let users = if group.users.is_empty() { "nobody is listed".to_owned() } else { group.users.join(", ") };
            vec![name.clone(), users, format!("you: {}", me.sentence())]
        }),
        _ => None,
    };
    let roles = [Role::Text, Role::Muted, Role::Muted];
    parts.unwrap_or_default().into_iter().zip(roles).filter(|(text, _)| !text.is_empty()).collect()
}

/// Why the list is empty.
fn nothing(state: &State) -> (Role, String, String) {
    let screen = &state.gitops;
    let filter = &state.filters[ScreenId::GitOps as usize];
    let waits = |failure: Option<&Failure>, what: &str| match failure {
        Some(failure) => (Role::Bad, format!("{what} could not be read"), writes::told(failure)),
        None => (Role::Muted, format!("{what} is being read"), String::new()),
    };
    let missing = match (screen.tab, &screen.plans.which) {
        (Tab::Things | Tab::Faults | Tab::Reading, _) if screen.known().is_none() => {
            Some(waits(screen.index.failure(), "What the repository declares"))
        }
        (Tab::Plan, Which::Pending) if screen.plans.shown().is_none() => {
            Some(waits(screen.plans.pending.failure(), "What would change"))
        }
        (Tab::Plan, Which::Between(..)) if screen.plans.shown().is_none() => {
            Some(waits(screen.plans.between.failure(), "What changed"))
        }
        (Tab::Plan, Which::Log | Which::Done(_)) if screen.plans.done.get(|_| true).is_none() => {
            Some(waits(screen.plans.done.failure(), "What the last reconciles did"))
        }
        (Tab::Drift, _) if screen.drift.unclean().is_none() => {
            Some(waits(screen.drift.all.failure(), "What runs, held against what is declared,"))
        }
        _ => None,
    };
    if let Some(missing) = missing {
        return missing;
    }
    if !filter.text().is_empty() {
        let what = format!("Nothing under \"{}\" matches `{}`", screen.tab.word(), filter.text());
        return (Role::Text, what, "esc takes the filter away".to_owned());
    }
    let said = |role, what: &str, why: &str| (role, what.to_owned(), why.to_owned());
    match (screen.tab, &screen.plans.which) {
        (Tab::Things, _) if screen.problems => {
            said(Role::Good, "Nothing with faults", "p shows everything that is declared")
        }
        (Tab::Faults | Tab::Reading, _) if no_broken(state) => {
            said(Role::Good, "No faults", "every file of ours was read whole")
        }
        (Tab::Faults | Tab::Reading, _) => said(Role::Text, "No faults in what was read", "some files are broken"),
        (Tab::Plan, Which::Pending) => {
            said(Role::Good, "Nothing would change", "what is in force is what the repository says")
        }
        (Tab::Plan, Which::Log) => said(Role::Text, "No reconcile yet", "none since this core keeps a log of them"),
        (Tab::Plan, _) => said(Role::Text, "Nothing changed", "what is declared says the same before and after"),
        (Tab::Drift, _) => {
            said(Role::Good, "No drift", "everything declared runs as declared, and nothing else reports")
        }
        (Tab::Things | Tab::Rules, _) => said(Role::Text, "Nothing", "the repository declares nothing"),
    }
}

fn no_broken(state: &State) -> bool {
    let worst = state.replica.estate.source.worst();
    worst != Some(Severity::Error)
        && state.gitops.known().is_none_or(|k| k.recognised.iter().all(|(kind, _)| *kind != Recognised::Broken))
}
