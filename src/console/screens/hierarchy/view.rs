//! The picture of Hierarchy.

use ratatui::layout::Rect;

use crate::{
    console::{
        format,
        paint::{self, Canvas},
        replica::Node,
        screens::words::FIRST_SERVICE,
        state::State,
        theme::Role,
        windows,
    },
    domain::{
        health::{Counted, Criticality, RollUp, Service, Status},
        hierarchy::{ServicePath, path::UNKNOWN_SEGMENT},
    },
};

use super::{Lens, TreeRow, detail, parts, tables};

/// Draw it.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let (tree, divider, about) = parts(area);
    if state.hierarchy.lens == Lens::Tree {
        rows(state, tree, canvas)
    } else {
        tables::view(state, tree, canvas)
    }
    if divider.width > 0 {
        canvas.divider(divider);
    }
    detail::view(state, about, canvas);
}

fn rows(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let tree = &state.hierarchy;
    let mut notes = Vec::new();
    if tree.problems_only {
        notes.push("problems only".to_owned());
    }
    if !state.filter().text().is_empty() {
        notes.push(format!("/{}", state.filter().text()));
    }
    let all = state.replica.estate.services.len();
    // Under a filter only what fits is counted, here as in the rows.
    let shown = || tree.rows.rows().iter().filter(|row| matches!(row, TreeRow::Service { .. })).count();
    let is_narrowed = tree.problems_only || !state.filter().is_empty();
    let of = if is_narrowed { format!("{} of ", shown()) } else { String::new() };
    notes.push(of + &format::count(all, "service", "services"));
    let list = canvas.heading(area, "Hierarchy", &notes.join("  "), true);
    if tree.rows.is_empty() {
        let text = if tree.problems_only && state.filter().is_empty() {
            "No service has a problem."
        } else if state.filter().is_empty() {
            Lens::Tree.nothing()
        } else {
            "No service fits the filter; esc takes it away."
        };
        let row = canvas.wrapped(list, 1, text, Role::Muted);
        if state.replica.estate.services.is_empty() {
            canvas.wrapped(list, row + 1, FIRST_SERVICE, Role::Muted);
        }
        return;
    }
    let lanes = Lanes::of(list.width, state.replica.rolled.counted);
    for ((number, line), row) in tree.rows.visible().zip(0..list.height) {
        match line {
            TreeRow::Node { index, shown, path } => {
                if let Some(node) = state.replica.nodes.get(*index) {
                    let folded = tree.folded.contains(path) && !tree.problems_only && state.filter().is_empty();
                    node_row(state, node, shown, folded, list, row, &lanes, canvas);
                }
            }
            TreeRow::Service { path } => {
                if let Some(service) = state.replica.estate.services.get(path) {
                    service_row(state, service, list, row, &lanes, canvas);
                }
            }
        }
        // Not over the bar at the right.
        let whole = paint::row(Rect { width: list.width.saturating_sub(1), ..list }, row);
        canvas.highlight(whole, number == tree.rows.index(), tree.rows.is_marked(line));
    }
    canvas.scrollbar(list, tree.rows.offset(), usize::from(list.height), tree.rows.len());
}

/// Widths of the columns behind the name.
struct Lanes {
    name: usize,
    word: usize,
    since: usize,
    count: usize,
}

impl Lanes {
    fn of(width: u16, all: Counted) -> Self {
        let width = usize::from(width);
        let word = if width >= 56 { 11 } else { 5 };
        // The highest node has the longest figures.
        let count = format::width(&share(all.problems(), all.total() as usize)).max(4);
        Self { name: (width * 2 / 5).clamp(16, 40), word, since: 7, count: if width >= 44 { count } else { 0 } }
    }
}

#[allow(clippy::too_many_arguments, reason = "one row: what it shows, and where")]
fn node_row(
    state: &State,
    node: &Node,
    shown: &RollUp,
    folded: bool,
    list: Rect,
    row: u16,
    lanes: &Lanes,
    canvas: &mut Canvas<'_>,
) {
    let depth = node.path.depth() - 1;
    let sign = if folded { canvas.glyphs.folded } else { canvas.glyphs.unfolded };
    let status = shown.status;
    let production = node.path.depth() >= 3
        && node.path.as_str().split('/').nth(2).is_some_and(|e| state.replica.estate.production.iter().any(|p| p == e));
    // The branch is marked where it begins.
    let unknown = node.path.as_str().split('/').position(|s| s == UNKNOWN_SEGMENT) == Some(depth);
    let end = list.right().saturating_sub(1);
    let inner = Rect { width: end.saturating_sub(list.x), ..list };
    let lane = inner.x + u16::try_from(lanes.name).unwrap_or(0);
    let name = match (production && node.path.depth() == 3, unknown) {
        (true, _) => format!("{} (production)", node.path.name()),
        (_, true) => format!("{} (declared by nobody)", node.path.name()),
        _ => node.path.name().to_owned(),
    };
    let left = Rect { width: lane - inner.x, ..inner };
    canvas.pen(left, row).skip(depth * 2).put(sign, Role::Muted).skip(1).put(&name, Role::Title);
    let mut pen = canvas.pen(inner, row);
    pen.to(lane).skip(1).status(status, lanes.word).skip(1);
    let since = shown.because.as_ref().and_then(|p| state.replica.estate.services.get(p)).map(|s| s.health.since);
    let age = since.map(|at| format::span(state.core_now().since(at))).unwrap_or_default();
    pen.figure(&age, lanes.since, Role::Muted).skip(1);
    if lanes.count > 0 {
        // Where only problems are shown, all of them are.
        let problems = if state.hierarchy.problems_only { 0 } else { shown.counted.problems() };
        let total = shown.counted.total();
        pen.figure(
            &share(problems, total as usize),
            lanes.count,
            if problems > 0 { Role::of_status(status) } else { Role::Muted },
        )
        .skip(2);
    }
    if let Some(because) = &shown.because {
        let whole = below(because, node);
        // Of a place that does not fit the name of the leaf says most.
        let text = if format::width(&whole) <= pen.room() { &whole } else { because.service() };
        pen.put(text, Role::Muted);
    }
}

/// How many of how many are in trouble.
fn share(problems: u32, shown: usize) -> String {
    if problems > 0 { format!("{problems}/{shown}") } else { shown.to_string() }
}

/// A service as seen from a node above it.
fn below(service: &ServicePath, node: &Node) -> String {
    service.as_str().get(node.path.as_str().len() + 1..).unwrap_or_else(|| service.service()).to_owned()
}

fn service_row(state: &State, service: &Service, list: Rect, row: u16, lanes: &Lanes, canvas: &mut Canvas<'_>) {
    let end = list.right().saturating_sub(1);
    let inner = Rect { width: end.saturating_sub(list.x), ..list };
    let lane = inner.x + u16::try_from(lanes.name).unwrap_or(0);
    let status = service.health.status;
    let quiet = status == Status::Operational;
    let critical = service.criticality >= Criticality::High;
    let left = Rect { width: lane - inner.x, ..inner };
    canvas
        .pen(left, row)
        .skip(10)
        .put(service.path.service(), if quiet && !critical { Role::Muted } else { Role::Text });
    let mut pen = canvas.pen(inner, row);
    pen.to(lane).skip(1).status(status, lanes.word).skip(1);
    let age = format::span(state.core_now().since(service.health.since));
    pen.figure(&age, lanes.since, Role::Muted).skip(1);
    if lanes.count > 0 {
        let level = match service.criticality {
            Criticality::Critical => "crit",
            Criticality::High => "high",
            Criticality::Medium | Criticality::Low => "",
        };
        pen.figure(level, lanes.count, Role::Muted).skip(2);
    }
    let ticket =
        state.replica.ticket_about_health(&service.path).map(|t| format!("#{} ", t.number)).unwrap_or_default();
    if windows::over(state, &service.path).is_some() {
        pen.put("window ", Role::Maintenance);
    }
    pen.put(&ticket, Role::Accent);
    // Where the core says itself that it is silent, once is enough.
    if service.health.silence.is_some() && !service.health.message.starts_with("silent") {
        let known = if status == Status::Down { "silent, last known" } else { "silent" };
        pen.put(known, Role::Unknown).put(" ", Role::Text);
    }
    if !quiet {
        pen.put(&service.health.message, Role::Text);
    }
}
