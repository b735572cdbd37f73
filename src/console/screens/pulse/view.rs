//! The picture of Pulse.

use ratatui::layout::Rect;

use crate::{
    console::{
        attention, format,
        names::Names,
        paint::{self, Canvas},
        place::Object,
        problems::Problem,
        replica::Seen,
        screens::words as shared,
        state::State,
        theme::Role,
    },
    domain::{
        health::{Counted, Status},
        tickets::Ticket,
    },
};

use super::{Panel, Parts, budgets, detail, parts, words};

/// Draw it.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let Parts { strip, problems, detail, divider, budgets: promised, feed } =
        parts(area, state.replica.estate.budgets.len());
    counts(state, strip, canvas);
    problem_list(state, problems, canvas);
    detail::view(state, detail, canvas);
    if divider.width > 0 {
        canvas.divider(divider);
    }
    budgets::view(state, promised, canvas);
    changes(state, feed, canvas);
}

/// How many services have each status, worst first, and all in one bar.
fn counts(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let counted = state.replica.rolled.counted;
    let total = counted.total();
    let mut pen = canvas.pen(area, 0);
    for status in Status::ALL.into_iter().rev() {
        let number = counted.of(status);
        let role = if number == 0 { Role::Muted } else { Role::of_status(status) };
        let sign = pen.glyphs().of(status);
        pen.put(sign, role).skip(1).put(&number.to_string(), role).skip(1);
        let word = if area.width < 72 { &status.word()[..2] } else { status.word() };
        pen.put(word, if number == 0 { Role::Muted } else { Role::Text }).skip(2);
    }
    pen.right(&format::count(total as usize, "service", "services"), Role::Muted);
}

fn problem_list(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let pulse = &state.pulse;
    let rows = pulse.problems.rows().iter();
    let in_window = rows.filter(|problem| !problem.wants_somebody()).count();
    let shown_asleep = if pulse.show_snoozed { pulse.snoozed } else { 0 };
    let mut note = pulse.problems.len().saturating_sub(in_window + pulse.acknowledged + shown_asleep).to_string();
    if pulse.acknowledged > 0 {
        note = format!("{note}, {} acknowledged", pulse.acknowledged);
    }
    if in_window > 0 {
        note = format!("{note}, {in_window} in a window");
    }
    if pulse.snoozed > 0 {
        let what = if pulse.show_snoozed { "snoozed shown" } else { "snoozed" };
        note = format!("{note}, {} {what}", pulse.snoozed);
    }
    if !state.filter().text().is_empty() {
        note = format!("/{}  {note}", state.filter().text());
    }
    let rows = canvas.heading(area, "Needs a person", &note, pulse.panel == Panel::Problems);
    if pulse.problems.is_empty() {
        let (text, role) = if !state.filter().is_empty() {
            ("Nothing that needs a person fits the filter.", Role::Muted)
        } else if state.replica.estate.services.is_empty() {
            ("No service is known yet, so nothing is known to be well.", Role::Text)
        } else if state.is_old() {
            ("Nothing needed a person when this was last true.", Role::Muted)
        } else {
            ("Nothing needs a person.", Role::Good)
        };
        let row = canvas.wrapped(rows, 1, text, role);
        if state.replica.estate.services.is_empty() && state.filter().is_empty() {
            canvas.wrapped(rows, row + 1, shared::FIRST_SERVICE, Role::Muted);
        }
        return;
    }
    let lanes = Lanes::of(state, rows);
    for ((number, problem), row) in pulse.problems.visible().zip(0..rows.height) {
        problem_row(state, problem, &lanes, rows, row, canvas);
        let selected = number == pulse.problems.index() && pulse.panel == Panel::Problems;
        canvas.highlight(paint::row(rows, row), selected, pulse.problems.is_marked(problem));
    }
    canvas.scrollbar(rows, pulse.problems.offset(), usize::from(rows.height), pulse.problems.len());
}

/// Widths of the columns: as wide as what is in sight needs, within limits. The reason gets the rest.
struct Lanes {
    name: usize,
    /// Of the place; where there is little room only its environment is told.
    place: usize,
    is_short: bool,
}

impl Lanes {
    fn of(state: &State, rows: Rect) -> Self {
        let width = usize::from(rows.width.saturating_sub(2));
        let is_short = !super::is_wide(rows);
        let (mut name, mut place) = (8, if is_short { 0 } else { 8 });
        for (_, problem) in state.pulse.problems.visible() {
            let (named, placed) = words::subject(problem, state);
            name = name.max(format::width(&named));
            place = place.max(format::width(if is_short { words::environment(problem) } else { &placed }));
        }
        let name = name.min((width / 4).max(10));
        let place = place.min(width / if is_short { 10 } else { 5 });
        Self { name, place, is_short }
    }
}

fn problem_row(state: &State, problem: &Problem, lanes: &Lanes, rows: Rect, row: u16, canvas: &mut Canvas<'_>) {
    let (name, place) = words::subject(problem, state);
    let kind = &problem.kind;
    let handled = attention::handled(state, problem);
    let (role, text) = if handled.is_some() { (Role::Muted, Role::Muted) } else { (kind.role(), Role::Text) };
    // What is due later has no age yet.
    let since =
        problem.since.filter(|at| *at <= canvas.now).map(|at| format::age(canvas.now.since(at))).unwrap_or_default();
    let ticket = ticket_about(state, problem).map(|t| format!("#{}", t.number)).unwrap_or_default();
    let behind = if problem.behind > 0 { format!("+{}", problem.behind) } else { String::new() };
    let sign = kind.sign(canvas.glyphs);
    let mut pen = canvas.pen(rows, row);
    pen.put(sign, role).skip(1).column(kind.word(), 8, role).skip(1);
    pen.column(&name, lanes.name, text).skip(1);
    if lanes.place > 0 {
        let place = if lanes.is_short { words::environment(problem) } else { &place };
        pen.column_start(place, lanes.place, Role::Muted).skip(1);
    }
    pen.figure(&since, 4, Role::Muted).skip(1 + usize::from(!lanes.is_short));
    let tail = [&behind, &ticket].iter().filter(|t| !t.is_empty()).map(|t| format::width(t) + 1).sum::<usize>();
    let mut room = pen.room().saturating_sub(tail + 1);
    if let Some(handled) = handled {
        let mark = attention::mark(handled);
        room = room.saturating_sub(format::width(&mark) + 1);
        pen.put(&mark, Role::Info).skip(1);
    }
    pen.column(&words::reason(problem, state), room, text);
    if !behind.is_empty() {
        pen.skip(1).put(&behind, role);
    }
    if !ticket.is_empty() {
        pen.skip(1).put(&ticket, Role::Accent);
    }
}

/// The most urgent live ticket about a problem; a problem that is a ticket needs none beside it.
pub(super) fn ticket_about<'a>(state: &'a State, problem: &Problem) -> Option<&'a Ticket> {
    let number = super::update::ticket_about(state, problem)?;
    state.replica.estate.tickets.get(&number).filter(|_| !matches!(problem.object, Object::Ticket(_)))
}

/// Changes as they come, newest first.
fn changes(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height == 0 {
        return;
    }
    let mut area = area;
    if let Some(away) = &state.replica.away {
        let title = format!("While you were away, {} to {}", format::clock(away.from), format::clock(away.to));
        let rows = canvas.heading(area, &title, "esc closes", true);
        let shown = usize::from(rows.height / 2);
        let mut used = 0;
        let names = away.services.iter().take(shown).map(|(path, ..)| format::width(state.replica.names.service(path)));
        let named = names.max().unwrap_or(0).min(usize::from(rows.width / 2));
        for (path, was, is) in away.services.iter().take(shown) {
            let arrow = canvas.glyphs.arrow;
            let mut pen = canvas.pen(rows, used);
            pen.sign(*is).skip(1).column_start(state.replica.names.service(path), named, Role::Text).skip(1);
            pen.put(was.word(), Role::Muted)
                .skip(1)
                .put(arrow, Role::Muted)
                .skip(1)
                .put(is.word(), Role::of_status(*is));
            used += 1;
        }
        let more = away.services.len().saturating_sub(shown);
        let tickets: Vec<String> = away.tickets.iter().take(8).map(|n| format!("#{n}")).collect();
        let mut rest = Vec::new();
        if more > 0 {
            rest.push(format!("and {more} more services"));
        }
        if !tickets.is_empty() {
            rest.push(format!(
                "{} changed: {}",
                format::count(away.tickets.len(), "ticket", "tickets"),
                tickets.join(" ")
            ));
        }
        if !rest.is_empty() {
            canvas.text(rows, used, &rest.join("; "), Role::Muted);
            used += 1;
        }
        area = paint::below(rows, used + 1);
    }
    let pulse = &state.pulse;
    let rows = canvas.heading(area, "Changes", "", pulse.panel == Panel::Feed);
    if pulse.feed.is_empty() {
        let text = if state.pulse.asked.is_some() {
            "reading ...".to_owned()
        } else {
            format!("none since {} UTC", format::clock(state.replica.as_of))
        };
        canvas.text(rows, 0, &text, Role::Muted);
        return;
    }
    for ((number, line), row) in pulse.feed.visible().zip(0..rows.height) {
        // The feed is in order of the log, newest first.
        let found = state.replica.feed.binary_search_by(|seen| line.seq.cmp(&seen.change.seq));
        if let Some(seen) = found.ok().and_then(|index| state.replica.feed.get(index)) {
            change_row(seen, &state.replica.names, line.many, rows, row, canvas);
        }
        canvas.highlight(paint::row(rows, row), number == pulse.feed.index() && pulse.panel == Panel::Feed, false);
    }
}

fn change_row(seen: &Seen, names: &Names, many: Option<Counted>, rows: Rect, row: u16, canvas: &mut Canvas<'_>) {
    let (sign, role, mut text) = shared::change(&seen.change, names, canvas.glyphs);
    if let Some(many) = many {
        let (reporter, what) = shared::together(&seen.change, many);
        text = format!("{reporter} {what}");
    }
    let clock = format::clock(seen.change.at);
    canvas.pen(rows, row).put(&clock, Role::Muted).skip(1).put(sign, role).skip(1).put(&text, Role::Text);
}
