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
            Service, StorageState,
            duty::{BackupState, backup_state, backups, storage_word, storages},
        },
        time::Timestamp,
    },
};

// The same name stands in many places, so where a service is comes with it wherever there is room.
const STORAGE: [Column; 8] = [
    Column::words("STATE", 11, 11, 0),
    Column::words("SERVICE", 18, 32, 0),
    Column::path("WHERE", 10, 30, 1),
    Column::number("FREE", 7, 0),
    Column::number("LEFT", 9, 1),
    Column::number("OF", 9, 2),
    Column::number("SEEN", 5, 1),
    Column::path("MOUNT", 8, 30, 3),
];

const BACKUP: [Column; 7] = [
    Column::words("STATE", 14, 14, 0),
    Column::words("SERVICE", 17, 32, 0),
    Column::path("WHERE", 10, 30, 2),
    Column::number("OVERDUE", 7, 0),
    Column::number("SUCCESS", 7, 1),
    Column::number("EVERY", 5, 1),
    Column::words("LAST REPORT", 11, 60, 3),
];

/// The rows of a table, worst first.
pub fn rows(replica: &Replica, filter: &Filter, lens: Lens, problems_only: bool, now: Timestamp) -> Vec<TreeRow> {
    let services = replica.estate.services.values().filter(|s| filter.service(s));
    let found: Vec<&Service> = match lens {
        Lens::Tree => Vec::new(),
        Lens::Storage => storages(services)
            .into_iter()
            .filter(|s| {
                let state = s.storage.as_ref().map(crate::domain::health::Storage::state);
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

/// Whether any storage of these rows says where it is mounted; else that column is only in the way.
pub fn any_mount(replica: &Replica, rows: &[TreeRow]) -> bool {
    let storage = |row: &TreeRow| match row {
        TreeRow::Service { path } => replica.estate.services.get(path)?.storage.as_ref(),
        TreeRow::Node { .. } => None,
    };
    rows.iter().filter_map(storage).any(|storage| !storage.mount_path.is_empty())
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
        columns: match tree.lens {
            Lens::Backup => &BACKUP,
            _ if tree.mounts => &STORAGE,
            _ => &STORAGE[..STORAGE.len() - 1],
        },
        sorted: None,
        total: tree.rows.len(),
        offset: tree.rows.offset(),
        selected: Some(tree.rows.index()),
        focused: true,
    };
    let now = canvas.now;
    table.draw(list, canvas.buf, ink, |index| {
        let row = &tree.rows.rows()[index];
        let service = match row {
            TreeRow::Service { path } => state.replica.estate.services.get(path),
            TreeRow::Node { .. } => None,
        };
        let cells = match (service, tree.lens) {
            (Some(service), Lens::Backup) => backup_cells(service, now, ink),
            (Some(service), _) => storage_cells(service, now, ink),
            (None, _) => Vec::new(),
        };
        Drawn { cells, marked: tree.rows.is_marked(row), across: false }
    });
}

/// What a state of a storage looks like.
pub const fn storage_role(state: Option<StorageState>) -> Role {
    match state {
        Some(StorageState::Healthy) => Role::Good,
        Some(StorageState::Warning) => Role::Caution,
        Some(StorageState::Critical) => Role::Bad,
        Some(StorageState::Unknown) | None => Role::Unknown,
    }
}

/// Where it is, below the organization.
fn place(service: &Service, ink: Ink<'_>) -> Cell {
    Cell::styled(service.path.segments()[1..4].join("/"), ink.style(Role::Muted))
}

fn storage_cells(service: &Service, now: Timestamp, ink: Ink<'_>) -> Vec<Cell> {
    let storage = service.storage.as_ref();
    let role = storage_role(storage.map(crate::domain::health::Storage::state));
    let free = storage.and_then(crate::domain::health::Storage::free_basis_points);
    let free = free.map_or_else(String::new, |f| format!("{}.{} %", f / 100, f % 100 / 10));
    let text = |make: &dyn Fn(&crate::domain::health::Storage) -> String| storage.map(make).unwrap_or_default();
    vec![
        Cell::styled(format!("{} {}", sign(role, ink), storage_word(service)), ink.style(role)),
        Cell::plain(service.path.service()),
        place(service, ink),
        Cell::styled(free, ink.style(role)),
        Cell::plain(text(&|s| format::bytes(s.allocated_bytes.saturating_sub(s.used_bytes)))),
        Cell::plain(text(&|s| format::bytes(s.allocated_bytes))),
        Cell::styled(text(&|s| format::age(now.since(s.at))), ink.style(Role::Muted)),
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
    let overdue = match state {
        BackupState::Overdue(since) => format::span(now.since(since)),
        _ => String::new(),
    };
    let newest = backup.last_report.map_or_else(
        || "none".to_owned(),
        |(at, outcome)| format!("{} {}{}", outcome.word(), format::age(now.since(at)), said(&backup.message)),
    );
    vec![
        Cell::styled(format!("{} {}", sign(role, ink), state.word()), ink.style(role)),
        Cell::plain(service.path.service()),
        place(service, ink),
        Cell::styled(overdue, ink.style(role)),
        Cell::plain(backup.last_success.map_or_else(|| "never".to_owned(), |at| format::age(now.since(at)))),
        Cell::plain(if backup.expected { format!("{}d", backup.max_age_days.max(1)) } else { String::new() }),
        Cell::plain(newest),
    ]
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
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
