//! Budgets: what was promised, what is left, how long that will do.
//!
//! The list is worst first; the detail shows the one under the cursor beside it, or in front of it where there is
//! little room. Start at [`order`] (columns), [`words`] (figures in words), [`detail`] (one group), `members` (who is in it).

pub mod detail;
mod head;
mod list;
mod members;
pub mod order;
#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod windows_tests;
pub mod words;

use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        dialogs,
        effect::{Effect, Fetch},
        inflight::Detail,
        layout,
        list::List,
        msg::{Failure, Reply, RequestId},
        paint::Canvas,
        place::{Object, ScreenId},
        state::{State, Weight},
        theme::Role,
        update,
        widgets::{ink::Ink, notice},
        windows,
    },
    domain::{
        detail::BudgetDetail,
        health::{Service, Status, reporter},
        sla::{BudgetState, SlaGroup, WindowScope, windows as exclusions},
        time::{DAY, Timestamp},
    },
};

use order::SortBy;

/// Cells from which list and detail stand side by side.
pub const WIDE: u16 = 120;

/// A row of the list: the group's short name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub String);

impl crate::console::list::Row for Row {
    type Id = String;
    fn id(&self) -> String {
        self.0.clone()
    }
}

/// What part of the period the chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ChartSpan {
    /// All of it.
    #[default]
    Period,
    /// The last seven days.
    Week,
    /// The last day.
    Day,
}

impl ChartSpan {
    const fn next(self) -> Self {
        match self {
            Self::Period => Self::Week,
            Self::Week => Self::Day,
            Self::Day => Self::Period,
        }
    }

    /// In words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Period => "the whole period",
            Self::Week => "the last 7 days",
            Self::Day => "the last 24 hours",
        }
    }

    /// The points that lie in it, and the last one before.
    pub fn cut(self, points: &[(Timestamp, i64)]) -> &[(Timestamp, i64)] {
        let days = match self {
            Self::Period => return points,
            Self::Week => 7,
            Self::Day => 1,
        };
        let Some((now, _)) = points.last() else {
            return points;
        };
        let first = points.partition_point(|(at, _)| *at < now.plus(-days * DAY));
        &points[first.saturating_sub(1)..]
    }
}

/// The screen.
#[derive(Clone, Debug, Default)]
pub struct Budgets {
    /// The groups in sight.
    pub list: List<Row>,
    /// By which column.
    pub sort: SortBy,
    /// Whether the order is turned around.
    pub falls: bool,
    /// Whether the detail is in front where there is no room beside the list.
    pub in_front: bool,
    /// What part of the period the chart shows.
    pub span: ChartSpan,
    /// Lines of the detail scrolled.
    pub scroll: usize,
    /// The past of the group under the cursor, by name and by the moment of its figures.
    pub past: Detail<(String, Timestamp), BudgetDetail>,
    made: Option<(u64, u64, SortBy, bool)>,
}

/// Where the screen is.
fn body_of(state: &State) -> Rect {
    layout::inset(layout::frame(state).body)
}

/// List, divider and detail in `area`; what is not shown is empty.
fn places(state: &State, area: Rect) -> (Rect, Rect, Rect) {
    let none = Rect { width: 0, height: 0, ..area };
    if area.width >= WIDE {
        return layout::columns(area, 50);
    }
    if state.budgets.in_front { (none, none, area) } else { (area, none, none) }
}

/// Make the rows again when what they are made of changed.
pub fn settle(state: &mut State, body: Rect) {
    let filter = &state.filters[ScreenId::Budgets as usize];
    let screen = &state.budgets;
    let made = (state.replica.version, filter.version(), screen.sort, screen.falls);
    let (list, ..) = places(state, body);
    if screen.made != Some(made) {
        let mut groups: Vec<&SlaGroup> =
            state.replica.estate.budgets.values().filter(|g| filter.line(&searched(g))).collect();
        order::sort(&mut groups, screen.sort, screen.falls);
        let rows = groups.into_iter().map(|g| Row(g.name.clone())).collect();
        state.budgets.list.replace(rows);
        state.budgets.made = Some(made);
    }
    state.budgets.list.fit(list.height.saturating_sub(1));
}

/// What a filter looks at.
fn searched(group: &SlaGroup) -> String {
    let (_, word) = words::state(&group.budget, true);
    format!("{} {} {} {word} {}", group.name, group.display_name, group.tier.0, words::firing(&group.budget))
}

/// What is to be fetched now: the past of what is looked at.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    let (.., detail) = places(state, body_of(state));
    if state.screen != ScreenId::Budgets || detail.width == 0 {
        return Vec::new();
    }
    let Some(group) = chosen(state) else {
        return Vec::new();
    };
    let key = (group.name.clone(), group.budget.as_of);
    let fetch = |key: &(String, Timestamp)| Fetch::Budget(key.0.clone());
    state.budgets.past.want(key, &mut state.inflight, fetch).into_iter().collect()
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(state: &mut State, request: RequestId, result: &Result<Reply, Failure>) -> bool {
    let result = match result {
        Ok(Reply::Budget(detail)) => Ok((**detail).clone()),
        Ok(_) => return false,
        Err(failure) => Err(failure.clone()),
    };
    state.budgets.past.answer(request, result, state.core_now())
}

/// The group under the cursor.
pub fn chosen(state: &State) -> Option<&SlaGroup> {
    let row = state.budgets.list.selected()?;
    state.replica.estate.budgets.get(&row.0)
}

/// What is under the cursor.
pub fn selected(state: &State) -> Option<Object> {
    state.budgets.list.selected().map(|row| Object::Budget(row.0.clone()))
}

/// Go to a group.
pub fn open(state: &mut State, object: &Object) -> Vec<Effect> {
    if let Object::Budget(name) = object {
        if !state.budgets.list.select(name) {
            state.filters[ScreenId::Budgets as usize].set("");
            state.budgets.list.aim(name.clone());
        }
        state.budgets.in_front = true;
        state.budgets.scroll = 0;
    }
    Vec::new()
}

/// What is wrong, for the tab: groups that are broken or fire.
pub fn badge(state: &State) -> String {
    let bad = state
        .replica
        .estate
        .budgets
        .values()
        .filter(|g| g.budget.state == BudgetState::Breached || g.budget.firing().is_some())
        .count();
    if bad == 0 { String::new() } else { bad.to_string() }
}

/// Do what was asked for; none when it means nothing here.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    if state.budgets.list.moved(action) {
        state.budgets.scroll = 0;
        return Some(Vec::new());
    }
    let screen = &mut state.budgets;
    match action {
        Action::Open => screen.in_front = !screen.list.is_empty(),
        Action::Close if screen.in_front => screen.in_front = false,
        Action::SortNext => screen.sort = screen.sort.next(),
        Action::SortReverse => screen.falls = !screen.falls,
        Action::BudgetWindow => {
            screen.span = screen.span.next();
            let text = format!("burn-down over {}", screen.span.word());
            state.say(Weight::Info, text);
        }
        Action::ScrollDown | Action::ScrollUp => scroll(state, action == Action::ScrollDown),
        Action::BudgetExclude => dialogs::open_window(state),
        Action::BudgetWindows => dialogs::open_windows(state, false),
        Action::BudgetMember => return Some(to_worst_member(state)),
        Action::BudgetDeclaration => return Some(to_declaration(state)),
        _ => return None,
    }
    Some(Vec::new())
}

fn scroll(state: &mut State, down: bool) {
    let (.., place) = places(state, body_of(state));
    let limit = chosen(state).map_or(0, |group| {
        let ink = Ink { theme: state.options.theme(), glyphs: &state.options.glyphs, old: false };
        view_of(state, group).scroll_limit(layout::inset(place), ink)
    });
    let screen = &mut state.budgets;
    screen.scroll = if down { (screen.scroll + 3).min(limit) } else { screen.scroll.min(limit).saturating_sub(3) };
}

fn to_worst_member(state: &mut State) -> Vec<Effect> {
    let Some(group) = chosen(state) else {
        return Vec::new();
    };
    let name = group.name.clone();
    // By its own figures where they are here, else by how it is now.
    let by_figures = state.budgets.past.get(|key| key.0 == name).and_then(|(d, _)| d.members.first()).map(|(p, _)| p);
    let services = &state.replica.estate.services;
    let by_status = || group.members.iter().max_by_key(|path| services.get(path).map(|s| s.health.status));
    match by_figures.or_else(by_status).cloned() {
        Some(path) => update::open(state, Object::Service(path)),
        None => {
            state.say(Weight::Info, format!("nobody is in {name}"));
            Vec::new()
        }
    }
}

fn to_declaration(state: &mut State) -> Vec<Effect> {
    match chosen(state).map(|group| group.place.clone()) {
        Some(Some(place)) => update::open(state, Object::File(place.file, place.line)),
        Some(None) => {
            state.say(Weight::Info, "this group is not declared in a file");
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn view_of<'a>(state: &'a State, group: &'a SlaGroup) -> detail::View<'a> {
    let past = match (state.budgets.past.get(|key| key.0 == group.name), state.budgets.past.failure()) {
        (Some((detail, came)), _) => detail::Past::Here(detail, came),
        (None, Some(failure)) => detail::Past::Failed(&failure.message, &failure.hint),
        (None, None) if state.budgets.past.is_loading() => detail::Past::Loading,
        (None, None) => detail::Past::Missing("it was not asked for yet"),
    };
    let scope = WindowScope::Group(group.name.clone());
    let all = state.replica.estate.windows.values();
    let services = &state.replica.estate.services;
    // What somebody announced counts for nothing, and what was DOWN when it fell silent is DOWN.
    let open = state.replica.estate.active_windows(state.core_now());
    let is_announced = |s: &Service| exclusions::over(open.iter().copied(), &s.path, s.sla_group.as_deref()).is_some();
    let unknown = group.members.iter().filter_map(|path| services.get(path));
    let unknown = unknown.filter(|s| s.health.status == Status::Unknown && !is_announced(s));
    let (never_reported, unknown): (Vec<&Service>, Vec<&Service>) = unknown.partition(|s| reporter::is_unheard(s));
    detail::View {
        group,
        past,
        windows: all.filter(|w| windows::touches(state, &w.scope, &scope)).collect(),
        unknown: unknown.into_iter().map(|s| &s.path).collect(),
        never_reported: never_reported.into_iter().map(|s| &s.path).collect(),
        services,
        span: state.budgets.span,
        scroll: state.budgets.scroll,
        now: state.core_now(),
        times: state.options.times,
    }
}

/// Click on a row.
pub fn clicked(state: &mut State, area: Rect, column: u16, row: u16) -> Vec<Effect> {
    let (list, ..) = places(state, area);
    if list.contains((column, row).into()) && row > list.y {
        let index = state.budgets.list.offset() + usize::from(row - list.y - 1);
        if index < state.budgets.list.len() {
            state.budgets.list.stand(index);
            state.budgets.scroll = 0;
        }
    }
    Vec::new()
}

/// Draw the screen.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let ink = Ink::of(canvas);
    if state.budgets.list.is_empty() {
        let (role, what, why) = nothing(state);
        return notice::draw(area, canvas.buf, ink, role, &what, &why);
    }
    let (list_at, divider, detail_at) = places(state, area);
    if list_at.width > 0 {
        list::draw(&state.budgets, &state.replica.estate, state.core_now(), list_at, canvas.buf, ink);
    }
    canvas.divider(divider);
    if detail_at.width > 0
        && let Some(group) = chosen(state)
    {
        view_of(state, group).draw(layout::inset(detail_at), canvas.buf, ink);
    }
}

/// Why there is no group to see.
fn nothing(state: &State) -> (Role, String, String) {
    let filter = &state.filters[ScreenId::Budgets as usize];
    if !filter.text().is_empty() && !state.replica.estate.budgets.is_empty() {
        let what = format!("No budget matches `{}`", filter.text());
        return (Role::Text, what, "esc takes the filter away".to_owned());
    }
    let why = "the repository declares no SLA group with a member; see GitOps".to_owned();
    (Role::Text, "No budgets".to_owned(), why)
}
