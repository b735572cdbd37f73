//! The list of groups.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Budgets,
    order::{BURNS, COLUMNS},
    words,
};
use crate::{
    console::{
        format,
        theme::Role,
        widgets::{
            ink::Ink,
            table::{Cell, Drawn, Table},
        },
    },
    domain::{
        estate::Estate,
        sla::{AlertSeverity, SlaGroup, WindowScope},
        time::Timestamp,
    },
};

/// Draw the list into `area`.
pub fn draw(screen: &Budgets, estate: &Estate, now: Timestamp, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
    let table = Table {
        columns: &COLUMNS,
        sorted: Some((screen.sort as usize, screen.falls)),
        total: screen.list.len(),
        offset: screen.list.offset(),
        selected: Some(screen.list.index()),
        focused: true,
    };
    let open = estate.active_windows(now);
    let is_out = |name: &str| open.iter().any(|w| matches!(&w.scope, WindowScope::Group(group) if group == name));
    table.draw(area, buf, ink, |index| {
        let row = &screen.list.rows()[index];
        Drawn {
            cells: estate.budgets.get(&row.0).map(|group| cells(group, is_out(&row.0), now, ink)).unwrap_or_default(),
            marked: screen.list.is_marked(row),
            ..Drawn::default()
        }
    });
}

fn cells(group: &SlaGroup, is_out: bool, now: Timestamp, ink: Ink<'_>) -> Vec<Cell> {
    let budget = &group.budget;
    let (mark, word) = words::state(budget, ink.ascii());
    let left = ink.style(words::left_role(budget));
    let alert = match budget.firing() {
        Some(AlertSeverity::Page) => Role::Bad,
        Some(AlertSeverity::Ticket) => Role::Caution,
        None => Role::Text,
    };
    let mut cells = vec![
        Cell::styled(format!("{mark} {word}"), ink.style(Role::of_budget(budget.state))),
        Cell::plain(group.name.clone()),
        Cell::plain(format::percent(budget.target.millionths())),
        Cell::plain(words::short_share(budget.uptime_millionths)),
        Cell::plain(words::rough(budget.coverage_millionths)),
        Cell::styled(words::left_share(budget), left),
        Cell::styled(words::left_time(budget), left),
        Cell::styled(words::exhaustion(budget, now), ink.style(words::exhaustion_role(budget))),
    ];
    cells.extend(BURNS.iter().map(|window| Cell::plain(words::burn(budget, *window))));
    // A window over the whole group stands where an alert would: nothing of it is counted now.
    cells.push(match words::firing(budget) {
        "" if is_out => Cell::styled("window", ink.style(Role::Maintenance)),
        firing => Cell::styled(firing, ink.style(alert)),
    });
    cells.push(Cell::plain(group.members.len().to_string()));
    cells
}
