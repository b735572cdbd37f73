//! The picture: tabs, list or board, detail.

use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        format,
        paint::{Canvas, below},
        place::ScreenId,
        state::State,
        theme::Role,
        widgets::{flow::Flow, ink::Ink, notice, scrollbar},
    },
    domain::tickets::Ticket,
};

use super::{chosen, list, offers_of, order::Preset, places, standing, view_of};

/// Place and text of each tab, with how many tickets stand under it. Where they do not all fit, those before the one in
/// front give way until it does.
pub fn tab_places(state: &State, area: Rect) -> Vec<(Preset, u16, u16, String)> {
    let own = &state.options.views;
    let text = |(preset, count): (Preset, &usize)| (preset, format!(" {} {count} ", preset.word(own)));
    let mut all: Vec<(Preset, String)> = Preset::all(own).zip(&state.tickets.counts).map(text).collect();
    let width = |all: &[(Preset, String)]| all.iter().map(|(_, text)| format::width(text)).sum::<usize>();
    let front =
        |all: &[(Preset, String)]| all.iter().position(|(preset, _)| *preset == state.tickets.preset).unwrap_or(0);
    while front(&all) > 0 && width(&all[..=front(&all)]) > usize::from(area.width) {
        all.remove(0);
    }
    let mut x = area.x;
    all.into_iter()
        .map(|(preset, text)| {
            let from = x;
            x = x.saturating_add(u16::try_from(format::width(&text)).unwrap_or(u16::MAX));
            (preset, from, x, text)
        })
        .collect()
}

/// Draw the screen.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let ink = Ink::of(canvas);
    let (tabs, list_at, divider, detail_at) = places(state, area);
    let mut pen = canvas.pen(tabs, 0);
    if state.replica.loaded {
        for (preset, _, _, text) in tab_places(state, tabs) {
            pen.put(&text, if preset == state.tickets.preset { Role::Selection } else { Role::Muted });
        }
    }
    let (at, count) = (state.tickets.list.index() + 1, state.tickets.list.len());
    if list_at.width == 0 && count > 0 {
        pen.right(&format!("{at} of {count} "), Role::Muted);
    }
    if state.tickets.list.is_empty() {
        let (role, what, why) = nothing(state);
        return notice::draw(below(area, 1), canvas.buf, ink, role, &what, &why);
    }
    let standing_of = |number| standing(state, number);
    let lists = list::View {
        screen: &state.tickets,
        estate: &state.replica.estate,
        over: &state.replica.over,
        standing: &standing_of,
        now: state.core_now(),
        focused: true,
    };
    if list_at.width > 0 && state.tickets.board {
        lists.board(list_at, canvas.buf, ink);
    } else if list_at.width > 0 {
        lists.list(list_at, canvas.buf, ink);
    }
    canvas.divider(divider);
    if detail_at.width > 0
        && let Some(ticket) = chosen(state)
    {
        draw_detail(state, ticket, detail_at, canvas, ink);
    }
}

fn draw_detail(state: &State, ticket: &Ticket, area: Rect, canvas: &mut Canvas<'_>, ink: Ink<'_>) {
    let offers = offers_of(state, ticket);
    let view = view_of(state, ticket, &offers);
    let width = area.width.saturating_sub(1);
    let mut flow = Flow::new(state.tickets.scroll, area.height);
    view.text(&mut flow, usize::from(width), ink);
    let more = flow.is_full();
    for (line, y) in flow.lines().iter().zip(area.y..) {
        canvas.buf.set_line(area.x, y, line, width);
    }
    if more || state.tickets.scroll > 0 {
        let mut all = Flow::counting();
        view.text(&mut all, usize::from(width), ink);
        let bar = Rect { x: area.right().saturating_sub(1), width: 1, ..area };
        scrollbar::draw(bar, canvas.buf, ink, state.tickets.scroll, all.count());
    }
}

/// Why there is no ticket to see.
fn nothing(state: &State) -> (Role, String, String) {
    let filter = &state.filters[ScreenId::Tickets as usize];
    let preset = state.tickets.preset.word(&state.options.views);
    if !filter.text().is_empty() {
        let what = format!("No ticket matches `{}` under \"{preset}\"", filter.text());
        return (Role::Text, what, "esc takes the filter away, v goes to the next tab".to_owned());
    }
    let why = match state.tickets.preset {
        Preset::Open => "no ticket is open",
        Preset::Mine => "nothing is assigned to you",
        Preset::Unassigned => "somebody has taken every open ticket",
        Preset::Breaching => "every running clock has more than a quarter of its time left",
        Preset::Closed => "no ticket was closed recently",
        Preset::Own(index) => {
            let filter = state.options.views.get(index).map_or("", |saved| saved.filter.text());
            return (Role::Text, format!("No tickets under \"{preset}\""), format!("its filter is {filter}"));
        }
    };
    let key = state.options.keymap.label(Action::NewTicket);
    let opens = state.offers(Action::NewTicket) && !key.is_empty() && state.tickets.preset != Preset::Closed;
    let new = if opens { format!("; {key} opens one") } else { String::new() };
    (Role::Text, format!("No tickets under \"{preset}\""), format!("{why}{new}"))
}
