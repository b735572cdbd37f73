//! All that is known of the service or node under the cursor.

use ratatui::layout::Rect;

use crate::{
    console::{
        format,
        paint::{self, Canvas},
        place::Object,
        screens::words,
        state::{State, Times},
        theme::Role,
        widgets::timeline,
        windows,
    },
    domain::{
        health::{Origin, Service},
        sla::{ExclusionWindow, WindowScope, timeline::Timeline},
        time::MINUTE,
    },
};

use super::{Lens, impact, tables};

/// A piece of text and what it means.
pub(super) type Piece = (String, Role);
/// A line: what stands before it, and its pieces.
pub(super) type Line = Vec<Piece>;

/// Width of the words before a line.
const LABEL: usize = 10;

/// Draw the detail of what is under the cursor.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height == 0 || area.width < 12 {
        return;
    }
    match super::selected(state) {
        Some(Object::Service(path)) => {
            if let Some(service) = state.replica.estate.services.get(&path) {
                let inside = canvas.heading(area, service.path.service(), &when(state, canvas), false);
                let lines = of_service(state, service, inside, canvas);
                draw(state, lines, inside, canvas);
            }
        }
        Some(Object::Node(path)) => {
            let Some((_, node)) = state.replica.node(&path) else {
                return;
            };
            let inside = canvas.heading(area, path.name(), path.level(), false);
            let mut lines = vec![vec![
                (format!("{} ", canvas.glyphs.of(node.rolled.status)), Role::of_status(node.rolled.status)),
                (node.rolled.status.word().to_owned(), Role::of_status(node.rolled.status)),
                (format!("   {}", path.as_str()), Role::Muted),
            ]];
            lines.push(vec![(words::counted(node.rolled.counted), Role::Text)]);
            let open = state.replica.estate.active_windows(state.core_now());
            let covers = |w: &&ExclusionWindow| matches!(&w.scope, WindowScope::Node(own) if path.is_within(own));
            lines.extend(open.into_iter().filter(covers).map(announced));
            if let Some(service) = node.rolled.because.as_ref().and_then(|p| state.replica.estate.services.get(p)) {
                lines.push(Vec::new());
                lines.push(labelled("because", vec![(service.path.to_string(), Role::Text)]));
                lines.extend(said(service, canvas));
            }
            let width = usize::from(inside.width.saturating_sub(1));
            let lines = lines.into_iter().flat_map(|line| folded(line, width)).collect();
            draw(state, lines, inside, canvas);
        }
        _ => {}
    }
}

/// The age of the past that is shown, when it is not of this moment.
fn when(state: &State, canvas: &Canvas<'_>) -> String {
    let Some(Object::Service(here)) = super::selected(state) else { return String::new() };
    match state.hierarchy.past.get(|(path, _)| *path == here) {
        Some((_, at)) if state.now.since(at) >= 2 * MINUTE => format!("past as of {}", canvas.when_said(at)),
        _ => String::new(),
    }
}

fn draw(state: &State, lines: Vec<Line>, area: Rect, canvas: &mut Canvas<'_>) {
    let total = lines.len();
    let shown = usize::from(area.height);
    let offset = usize::from(state.hierarchy.scroll).min(total.saturating_sub(shown));
    for (row, line) in (0..area.height).zip(lines.into_iter().skip(offset)) {
        let mut pen = canvas.pen(Rect { width: area.width.saturating_sub(1), ..area }, row);
        for (text, role) in line {
            pen.put(&text, role);
        }
    }
    canvas.scrollbar(area, offset, shown, total);
}

/// A line broken at blanks, what goes on under where it began. A word that is too long is cut when it is drawn.
fn folded(line: Line, room: usize) -> Vec<Line> {
    let width = |line: &Line| line.iter().map(|(text, _)| format::width(text)).sum::<usize>();
    if width(&line) <= room {
        return vec![line];
    }
    let indent = line.first().map_or(0, |(text, _)| format::width(text));
    let indent = if indent == LABEL { LABEL } else { 0 };
    let (mut lines, mut at): (Vec<Line>, Line) = (Vec::new(), Vec::new());
    let (mut used, mut blanks) = (0, 0);
    for (text, role) in &line {
        for part in text.split_inclusive(' ') {
            let word = part.trim_end_matches(' ');
            if used > indent && used + blanks + format::width(word) > room && !word.is_empty() {
                lines.push(std::mem::replace(&mut at, vec![(" ".repeat(indent), Role::Text)]));
                (used, blanks) = (indent, 0);
            }
            if !word.is_empty() {
                at.push((format!("{}{word}", " ".repeat(blanks)), *role));
                used += blanks + format::width(word);
                blanks = 0;
            }
            blanks += part.len() - word.len();
        }
    }
    lines.push(at);
    lines
}

/// A line with a word before it.
pub(super) fn labelled(label: &str, mut pieces: Line) -> Line {
    pieces.insert(0, (format!("{label:<LABEL$}"), Role::Muted));
    pieces
}

/// A window that is in force.
fn announced(window: &ExclusionWindow) -> Line {
    let text = format!("{} {} by {}: {}", window.id, windows::end(window), window.opened_by.name(), window.reason);
    labelled("window", vec![(text, Role::Maintenance)])
}

fn said(service: &Service, canvas: &Canvas<'_>) -> Vec<Line> {
    let health = &service.health;
    let role = Role::of_status(health.status);
    let mut first = vec![
        (format!("{} {}", canvas.glyphs.of(health.status), health.status.word()), role),
        (format!(" for {}", format::span(canvas.now.since(health.since))), Role::Text),
    ];
    if let Some(silence) = health.silence {
        first.push((
            format!(", silent since {}, last known {}", format::clock(silence.from), silence.last_known.word()),
            Role::Unknown,
        ));
    }
    let mut lines = vec![first];
    if !health.message.is_empty() {
        lines.push(vec![(health.message.clone(), Role::Text)]);
    }
    lines
}

/// What it is and how it does first, then on what it hangs and what hangs on it, what happened last. What has as many
/// lines for every service stands above what has not, so that little moves when the cursor does.
fn of_service(state: &State, service: &Service, area: Rect, canvas: &Canvas<'_>) -> Vec<Line> {
    let dot = canvas.glyphs.dot;
    let width = usize::from(area.width.saturating_sub(1));
    let mut lines: Vec<Line> = said(service, canvas);
    lines.extend(windows::over(state, &service.path).map(announced));
    lines.extend(match state.hierarchy.lens {
        Lens::Tree => None,
        Lens::Storage => stored(service, canvas),
        Lens::Backup => backed_up(service, canvas),
    });
    lines.extend(tickets(state, service));
    lines.extend(strip(state, service, area, canvas));
    lines.push(vec![(service.path.to_string(), Role::Muted)]);
    let mut about = vec![service.kind.clone(), format!("{} criticality", service.criticality.word())];
    if !service.team.is_empty() {
        about.insert(1, format!("team {}", service.team));
    }
    lines.push(vec![(about.join(&format!(" {dot} ")), Role::Text)]);
    lines.extend(duties(state, service, canvas));
    let mut lines: Vec<Line> = lines.into_iter().flat_map(|line| folded(line, width)).collect();
    lines.push(Vec::new());
    if !service.description.is_empty() {
        lines.extend(paint::wrap(&service.description, width).into_iter().map(|text| vec![(text, Role::Muted)]));
    }
    lines.extend(impact::lines(state, service, canvas));
    // Last: its length is known only when the answer comes, and then nothing else moves.
    if let Some((detail, _)) = state.hierarchy.past.get(|(path, _)| *path == service.path) {
        lines.extend(impact::incidents(detail, canvas).into_iter().flat_map(|line| folded(line, width)));
    }
    lines
}

/// The status over the window, and what it adds up to.
fn strip(state: &State, service: &Service, area: Rect, canvas: &Canvas<'_>) -> Vec<Line> {
    let window = state.hierarchy.strip;
    let past = &state.hierarchy.past;
    let key = state.options.keymap.label(crate::console::action::Action::StripWindow);
    let Some((detail, _)) = past.get(|(path, _)| *path == service.path) else {
        return match past.failure() {
            Some(failure) => vec![labelled(
                "past",
                vec![(format!("cannot be read: {}", crate::console::writes::told(failure)), Role::Bad)],
            )],
            // As many lines as there will be, so that nothing below moves when the answer comes.
            None => vec![labelled(window.word(), vec![("reading …".to_owned(), Role::Muted)]), Vec::new()],
        };
    };
    let to = state.core_now();
    let from = to.plus(-window.ms());
    let cells = area.width.saturating_sub(u16::try_from(LABEL).unwrap_or(0) + 2).min(72);
    let ascii = canvas.glyphs.full.is_ascii();
    let marks = timeline::cells(detail.timeline.points(), from, to, cells)
        .into_iter()
        .map(|status| (timeline::mark(status, ascii).to_owned(), timeline::role(status)))
        .collect();
    vec![
        labelled(window.word(), marks),
        labelled(
            "",
            vec![
                (tallied(&detail.timeline, from, to), Role::Text),
                (format!("   {key} {}", window.next().word()), Role::Muted),
            ],
        ),
    ]
}

fn tallied(timeline: &Timeline, from: crate::domain::time::Timestamp, to: crate::domain::time::Timestamp) -> String {
    let tally = timeline.tally(from, to);
    let known = tally.known_ms();
    if known == 0 {
        return "nothing is known of this time".to_owned();
    }
    let share =
        |part: i64, whole: i64| u32::try_from(i128::from(part) * 1_000_000 / i128::from(whole.max(1))).unwrap_or(0);
    let coverage = share(known, to.since(from));
    let down = if tally.down_ms > 0 { format!(", down {}", format::span(tally.down_ms)) } else { String::new() };
    format!(
        "up {}{down}, known {}",
        format::percent3(share(tally.up_ms, known)),
        format::percent(coverage / 1000 * 1000)
    )
}

/// Who works on it.
fn tickets(state: &State, service: &Service) -> Vec<Line> {
    let about = state.replica.tickets_of(&service.path).enumerate().map(|(index, ticket)| {
        let label = if index == 0 { "tickets" } else { "" };
        let line = words::ticket_line(ticket, state.core_now());
        labelled(label, vec![(line, Role::Accent), (format!("  {}", ticket.title), Role::Muted)])
    });
    about.collect()
}

/// What was promised of it, what it must do, and where more stands about it.
fn duties(state: &State, service: &Service, canvas: &Canvas<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if let Some(group) = service.sla_group.as_ref().and_then(|name| state.replica.estate.budgets.get(name)) {
        let role = Role::of_budget(group.budget.state);
        let left =
            group.budget.remaining_thousandths().map_or_else(|| "–".to_owned(), |t| format!("{} %", t.div_euclid(10)));
        lines.push(labelled(
            "budget",
            vec![
                (format!("{} ", group.name), Role::Text),
                (format!("{} ", words::budget_word(group.budget.state)), role),
                (format!("{left} left, {}", words::exhaustion(&group.budget)), Role::Text),
            ],
        ));
    } else if let Some(name) = &service.sla_group {
        lines.push(labelled("budget", vec![(format!("{name} is declared by nobody"), Role::Caution)]));
    } else {
        lines.push(labelled("budget", vec![("none: it is in no SLA group".to_owned(), Role::Muted)]));
    }
    let runbook = service.runbook.clone().map_or_else(|| ("none".to_owned(), Role::Muted), |link| (link, Role::Accent));
    lines.push(labelled("runbook", vec![runbook]));
    lines.push(labelled("reports", vec![(reports(service, canvas), Role::Text)]));
    let declared = match (&service.declared_at, service.origin) {
        (Some(place), _) => vec![(format!("{}:{}", place.file, place.line), Role::Text)],
        (None, Origin::Git) => vec![("in Git, place unknown".to_owned(), Role::Muted)],
        (None, Origin::Agent) => vec![("by its agent, not in Git".to_owned(), Role::Caution)],
        (None, Origin::Push) => vec![("by nobody: it only reports".to_owned(), Role::Caution)],
    };
    lines.push(labelled("declared", declared));
    let lens = state.hierarchy.lens;
    lines.extend(stored(service, canvas).filter(|_| lens != Lens::Storage));
    lines.extend(backed_up(service, canvas).filter(|_| lens != Lens::Backup));
    lines
}

/// How full what it holds is.
fn stored(service: &Service, canvas: &Canvas<'_>) -> Option<Line> {
    let storage = service.storage.as_ref()?;
    let role = tables::storage_role(Some(storage.state()));
    let mount = if storage.mount_path.is_empty() { String::new() } else { format!(" on {}", storage.mount_path) };
    let text = format!(
        " {} of {} used{mount}, reported {}",
        format::bytes(storage.used_bytes),
        format::bytes(storage.allocated_bytes),
        canvas.when_said(storage.at)
    );
    Some(labelled("storage", vec![(storage.state().word().to_owned(), role), (text, Role::Text)]))
}

/// When it was backed up last, and whether that is too long ago.
fn backed_up(service: &Service, canvas: &Canvas<'_>) -> Option<Line> {
    let backup = service.backup.as_ref()?;
    let last = backup
        .last_success
        .map_or_else(|| "never succeeded".to_owned(), |at| format!("last success {}", canvas.when_said(at)));
    let mut pieces = vec![(last, Role::Text)];
    if let Some(since) = backup.overdue_since(service.first_seen, canvas.now) {
        let since = match canvas.times {
            Times::Ages => format!(", overdue for {}", canvas.when(since)),
            Times::Utc => format!(", overdue since {}", canvas.when(since)),
        };
        pieces.push((since, Role::Bad));
    }
    if let Some((at, outcome)) = backup.last_report.filter(|(at, _)| Some(*at) != backup.last_success) {
        pieces.push((format!(", {} {}", outcome.word(), canvas.when_said(at)), Role::Caution));
        if !backup.message.is_empty() {
            pieces.push((format!(": {}", backup.message), Role::Muted));
        }
    }
    Some(labelled("backup", pieces))
}

fn reports(service: &Service, canvas: &Canvas<'_>) -> String {
    let health = &service.health;
    let assumed = if health.every_is_assumed { " (assumed)" } else { "" };
    let every = format::seconds(health.every_ms);
    let last = health.last_seen.map_or_else(|| "none yet".to_owned(), |at| canvas.when_said(at));
    let replicas =
        health.replicas.map(|(ready, wanted)| format!(", {ready} of {wanted} replicas ready")).unwrap_or_default();
    let from = if health.reporter.is_empty() { "nobody" } else { &health.reporter };
    format!("{last} from {from}, expected every {every}{assumed}{replicas}")
}
