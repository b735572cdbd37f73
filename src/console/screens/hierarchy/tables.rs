//! Storage and backups as tables, worst first: the same services as in the tree, by what they hold.

use ratatui::layout::Rect;

use super::{Lens, TreeRow};
use crate::{
    console::{
        action::Action,
        filter::Filter,
        format,
        paint::Canvas,
        replica::Replica,
        state::State,
        theme::Role,
        widgets::{
            ink::Ink,
            notice,
            table::{Cell, Column, Drawn, Table},
        },
    },
    domain::{
        health::{
            Service, Storage, StorageState,
            duty::{BackupState, backup_state, backups, is_storage_old, storage_word, storages},
        },
        time::Timestamp,
    },
};

// The same name stands in many places, so where a service is comes with it wherever there is room.
const STORAGE: [Column; 8] = [
    Column::words("STATE", 14, 14, 0),
    Column::words("SERVICE", 18, 32, 0),
    Column::path("WHERE", 18, 40, 2),
    Column::number("FREE", 7, 0),
    Column::number("LEFT", 9, 1),
    Column::number("OF", 9, 4),
    Column::number("SEEN", 5, 3),
    Column::path("MOUNT", 8, 30, 5),
];

const BACKUP: [Column; 7] = [
    Column::words("STATE", 14, 16, 0),
    Column::words("SERVICE", 18, 32, 0),
    Column::path("WHERE", 18, 40, 2),
    Column::number("SUCCESS", 7, 1),
    Column::number("EVERY", 5, 3),
    Column::words("LAST REPORT", 11, 12, 1),
    Column::words("MESSAGE", 16, 60, 4),
];

/// The columns of a table for what its rows hold: none is wider than that, and where no storage says where it is mounted
/// there is no column for it.
pub fn columns(replica: &Replica, lens: Lens, rows: &[TreeRow], now: Timestamp) -> Vec<Column> {
    let services = || rows.iter().filter_map(|row| service(replica, row));
    let widest = |text: &dyn Fn(&Service) -> usize| services().map(text).max().unwrap_or(0);
    let name = || widest(&|s| format::width(s.path.service()));
    let place = || widest(&|s| format::width(&where_it_is(s)));
    match lens {
        Lens::Tree => Vec::new(),
        Lens::Storage => {
            let is_mounted = |s: &Service| s.storage.as_ref().is_some_and(|storage| !storage.mount_path.is_empty());
            let shown = STORAGE.len() - usize::from(!services().any(is_mounted));
            // A sign stands before the word.
            let state_of = |s: &Service| 2 + format::width(storage_word(s, now));
            let [state, service, place_at, ..] = STORAGE;
            let first = [state.holding(widest(&state_of)), service.holding(name()), place_at.holding(place())];
            first.into_iter().chain(STORAGE[3..shown].iter().copied()).collect()
        }
        Lens::Backup => {
            // A sign stands before the word, and a length of time may grow by a digit while it is looked at.
            let since = |state| match state {
                BackupState::Overdue(since) => 1 + format::width(&format::age(now.since(since))).max(3),
                _ => 0,
            };
            let state_of = |s: &Service| backup_state(s, now).map_or(0, |s| 2 + format::width(s.word()) + since(s));
            let [state, service, place_at, ..] = BACKUP;
            let first = [state.holding(widest(&state_of)), service.holding(name()), place_at.holding(place())];
            first.into_iter().chain(BACKUP[3..].iter().copied()).collect()
        }
    }
}

fn service<'a>(replica: &'a Replica, row: &TreeRow) -> Option<&'a Service> {
    match row {
        TreeRow::Service { path } => replica.estate.services.get(path),
        TreeRow::Node { .. } => None,
    }
}

/// The rows of a table, worst first.
pub fn rows(replica: &Replica, filter: &Filter, lens: Lens, problems_only: bool, now: Timestamp) -> Vec<TreeRow> {
    let services = replica.estate.services.values().filter(|s| filter.service(s));
    let found: Vec<&Service> = match lens {
        Lens::Tree => Vec::new(),
        Lens::Storage => storages(services)
            .into_iter()
            .filter(|s| {
                let state = s.storage.as_ref().map(Storage::state);
                !problems_only || matches!(state, Some(StorageState::Warning | StorageState::Critical))
            })
            .collect(),
        Lens::Backup => backups(services, now)
            .into_iter()
            .filter(|(_, state)| !problems_only || *state <= BackupState::Partial)
            .map(|(service, _)| service)
            .collect(),
    };
    found.into_iter().map(|s| TreeRow::Service { path: s.path.clone() }).collect()
}

/// Draw the table.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let tree = &state.hierarchy;
    let mut notes = Vec::new();
    if tree.problems_only {
        notes.push("problems only".to_owned());
    }
    if !state.filter().text().is_empty() {
        notes.push(format!("/{}", state.filter().text()));
    }
    notes.push(format::count(tree.rows.len(), "service", "services"));
    notes.push(format!("{} shows the tree", state.options.keymap.label(Action::GoHierarchy)));
    let list = canvas.heading(area, tree.lens.title(), &notes.join("  "), true);
    let ink = Ink::of(canvas);
    if tree.rows.is_empty() {
        let what = match (tree.problems_only, state.filter().is_empty()) {
            (_, false) => "No service here fits the filter; esc takes it away.",
            (true, true) => "Nothing here needs a look.",
            (false, true) => tree.lens.nothing(),
        };
        return notice::draw(list, canvas.buf, ink, Role::Muted, what, "");
    }
    let table = Table {
        columns: &tree.columns,
        sorted: None,
        total: tree.rows.len(),
        offset: tree.rows.offset(),
        selected: Some(tree.rows.index()),
        focused: true,
    };
    let now = canvas.now;
    table.draw(list, canvas.buf, ink, |index| {
        let row = &tree.rows.rows()[index];
        let cells = match (service(&state.replica, row), tree.lens) {
            (Some(service), Lens::Backup) => backup_cells(service, now, ink),
            (Some(service), _) => storage_cells(service, now, ink),
            (None, _) => Vec::new(),
        };
        Drawn { cells, marked: tree.rows.is_marked(row), ..Drawn::default() }
    });
}

/// What the state of a service's storage looks like. An old report is no health.
pub fn storage_role(service: &Service, now: Timestamp) -> Role {
    match service.storage.as_ref().map(Storage::state) {
        Some(StorageState::Healthy) if is_storage_old(service, now) => Role::Muted,
        Some(StorageState::Healthy) => Role::Good,
        Some(StorageState::Warning) => Role::Caution,
        Some(StorageState::Critical) => Role::Bad,
        Some(StorageState::Unknown) | None => Role::Unknown,
    }
}

/// Where it is, below the organization.
fn where_it_is(service: &Service) -> String {
    service.path.segments()[1..4].join("/")
}

fn place(service: &Service, ink: Ink<'_>) -> Cell {
    Cell::styled(where_it_is(service), ink.style(Role::Muted))
}

fn storage_cells(service: &Service, now: Timestamp, ink: Ink<'_>) -> Vec<Cell> {
    let storage = service.storage.as_ref();
    let role = storage_role(service, now);
    // How old it is stands out where that says more than the state.
    let seen = if is_storage_old(service, now) { Role::Caution } else { Role::Muted };
    let free = storage.and_then(Storage::free_basis_points);
    let free = free.map_or_else(String::new, |f| format!("{}.{} %", f / 100, f % 100 / 10));
    let text = |make: &dyn Fn(&Storage) -> String| storage.map(make).unwrap_or_default();
    vec![
        Cell::styled(format!("{} {}", sign(role, ink), storage_word(service, now)), ink.style(role)),
        Cell::plain(service.path.service()),
        place(service, ink),
        Cell::styled(free, ink.style(role)),
        Cell::plain(text(&|s| format::bytes(s.allocated_bytes.saturating_sub(s.used_bytes)))),
        Cell::plain(text(&|s| format::bytes(s.allocated_bytes))),
        Cell::styled(text(&|s| format::age(now.since(s.at))), ink.style(seen)),
        Cell::plain(text(&|s| s.mount_path.clone())),
    ]
}

fn backup_cells(service: &Service, now: Timestamp, ink: Ink<'_>) -> Vec<Cell> {
    let (Some(backup), Some(state)) = (&service.backup, backup_state(service, now)) else { return Vec::new() };
    let role = match state {
        BackupState::Overdue(_) => Role::Bad,
        BackupState::Failed | BackupState::Partial => Role::Caution,
        BackupState::Awaited | BackupState::NotExpected => Role::Muted,
        BackupState::InTime => Role::Good,
    };
    let since = match state {
        BackupState::Overdue(since) => format!(" {}", format::age(now.since(since))),
        _ => String::new(),
    };
    let newest = backup.last_report.map_or_else(
        || "none".to_owned(),
        |(at, outcome)| format!("{} {}", outcome.word(), format::age(now.since(at))),
    );
    vec![
        Cell::styled(format!("{} {}{since}", sign(role, ink), state.word()), ink.style(role)),
        Cell::plain(service.path.service()),
        place(service, ink),
        Cell::plain(backup.last_success.map_or_else(|| "never".to_owned(), |at| format::age(now.since(at)))),
        Cell::plain(if backup.expected { format!("{}d", backup.max_age_days.max(1)) } else { String::new() }),
        Cell::plain(newest),
        Cell::plain(backup.message.clone()),
    ]
}

/// A sign beside the colour.
const fn sign<'a>(role: Role, ink: Ink<'a>) -> &'a str {
    match role {
        Role::Good => ink.glyphs.yes,
        Role::Bad => ink.glyphs.no,
        Role::Caution => ink.glyphs.warn,
        _ => ink.glyphs.dot,
    }
}
