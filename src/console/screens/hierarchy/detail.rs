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
        health::{Origin, Service, duty::storage_word},
        sla::{BudgetState, ExclusionWindow, SlaGroup, timeline::Timeline},
        time::MINUTE,
    },
};

use super::{Lens, impact, node, tables};

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
            if let Some((_, node)) = state.replica.node(&path) {
                let inside = canvas.heading(area, path.name(), path.level(), false);
                let width = text_width(inside);
                let lines = node::lines(state, node, canvas);
                draw(state, lines.into_iter().flat_map(|line| folded(line, width)).collect(), inside, canvas);
            }
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

/// Cells of a line: a gap and a bar stay free at the right, also where all is in sight.
fn text_width(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(2))
}

fn draw(state: &State, lines: Vec<Line>, area: Rect, canvas: &mut Canvas<'_>) {
    let total = lines.len();
    let shown = usize::from(area.height);
    let offset = usize::from(state.hierarchy.scroll).min(total.saturating_sub(shown));
    for (row, line) in (0..area.height).zip(lines.into_iter().skip(offset)) {
        let mut pen = canvas.pen(Rect { width: area.width.saturating_sub(2), ..area }, row);
        for (text, role) in line {
            pen.put(&text, role);
        }
    }
    canvas.scrollbar(area, offset, shown, total);
}

/// A word of a line: the blanks before it, its text, and what it means.
type Word = (usize, String, Role);

/// A line broken at blanks, what goes on under where it began; rather behind a comma than within what stands between two,
/// where that leaves most of the line in use. A word that is too long is broken anywhere: a path or link loses nothing.
fn folded(line: Line, room: usize) -> Vec<Line> {
    if line.iter().map(|(text, _)| format::width(text)).sum::<usize>() <= room {
        return vec![line];
    }
    let indent = line.first().map_or(0, |(text, _)| format::width(text));
    let indent = if indent == LABEL && room > 2 * LABEL { LABEL } else { 0 };
    let words = words_of(&line, room - indent);
    let cells = |words: &[Word]| words.iter().map(|(blanks, text, _)| blanks + format::width(text)).sum::<usize>();
    let (mut lines, mut rest): (Vec<Line>, &[Word]) = (Vec::new(), &words);
    while let Some((_, first, _)) = rest.first() {
        let before = if lines.is_empty() { 0 } else { indent };
        let mut used = if lines.is_empty() { cells(&rest[..1]) } else { before + format::width(first) };
        let mut end = 1;
        while end < rest.len() && used + cells(&rest[end..=end]) <= room {
            used += cells(&rest[end..=end]);
            end += 1;
        }
        if end < rest.len()
            && let Some(comma) = rest[..end].iter().rposition(|(_, text, _)| text.ends_with(','))
            && before + cells(&rest[..=comma]) >= room * 3 / 5
        {
            end = comma + 1;
        }
        let (now, later) = rest.split_at(end);
        let mut line: Line = Vec::with_capacity(end + 1);
        for (number, (blanks, text, role)) in now.iter().enumerate() {
            let blanks = if number == 0 && !lines.is_empty() { before } else { *blanks };
            line.push((format!("{}{text}", " ".repeat(blanks)), *role));
        }
        lines.push(line);
        rest = later;
    }
    lines
}

/// The words of a line, none wider than `room`.
fn words_of(line: &Line, room: usize) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut blanks = 0;
    for (text, role) in line {
        for part in text.split_inclusive(' ') {
            let word = part.trim_end_matches(' ');
            for piece in paint::wrap(word, room).into_iter().filter(|piece| !piece.is_empty()) {
                words.push((blanks, piece, *role));
                blanks = 0;
            }
            blanks += part.len() - word.len();
        }
    }
    words
}

/// A line with a word before it.
pub(super) fn labelled(label: &str, mut pieces: Line) -> Line {
    pieces.insert(0, (format!("{label:<LABEL$}"), Role::Muted));
    pieces
}

/// A window that is in force.
pub(super) fn announced(window: &ExclusionWindow) -> Line {
    let text = format!("{} {} by {}: {}", window.id, windows::end(window), window.opened_by.name(), window.reason);
    labelled("window", vec![(text, Role::Maintenance)])
}

/// How it is, since when, and what it says itself.
pub(super) fn said(service: &Service, canvas: &Canvas<'_>) -> Vec<Line> {
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

/// In the order in which somebody asks who was just woken: what is down and why, whom that hurts, what it costs of the
/// promise and how long that lasts, who works on it; then what it is, on what it hangs, what hangs on it, and what happened
/// last. What has as many lines for every service that is well stands above what has not, so that little moves when the
/// cursor does.
fn of_service(state: &State, service: &Service, area: Rect, canvas: &Canvas<'_>) -> Vec<Line> {
    let dot = canvas.glyphs.dot;
    let width = text_width(area);
    let mut lines: Vec<Line> = said(service, canvas);
    lines.extend(windows::over(state, &service.path).map(announced));
    lines.extend(impact::because(state, service));
    lines.extend(impact::hurts(state, service));
    lines.extend(match state.hierarchy.lens {
        Lens::Tree => None,
        Lens::Storage => stored(service, canvas),
        Lens::Backup => backed_up(service, canvas),
    });
    lines.push(promised(state, service, canvas));
    lines.extend(tickets(state, service));
    lines.extend(strip(state, service, area, canvas));
    lines.push(vec![(service.path.to_string(), Role::Muted)]);
    let mut about = vec![service.kind.clone(), format!("{} criticality", service.criticality.word())];
    if !service.team.is_empty() {
        about.insert(1, format!("team {}", service.team));
    }
    lines.push(vec![(about.join(&format!(" {dot} ")), Role::Text)]);
    lines.extend(duties(state, service, canvas));
    lines.push(Vec::new());
    if !service.description.is_empty() {
        lines.push(vec![(service.description.clone(), Role::Muted)]);
    }
    lines.extend(impact::lines(state, service, canvas));
    // Last: its length is known only when the answer comes, and then nothing else moves.
    if let Some((detail, _)) = state.hierarchy.past.get(|(path, _)| *path == service.path) {
        lines.extend(impact::incidents(detail, !service.health.status.is_problem(), canvas));
    }
    lines.into_iter().flat_map(|line| folded(line, width)).collect()
}

/// The status over the window, and what it adds up to.
fn strip(state: &State, service: &Service, area: Rect, canvas: &Canvas<'_>) -> Vec<Line> {
    let window = state.hierarchy.strip;
    let past = &state.hierarchy.past;
    let Some((detail, _)) = past.get(|(path, _)| *path == service.path) else {
        return match past.failure() {
            Some(failure) => vec![labelled(
                "past",
                vec![(format!("cannot be read: {}", crate::console::writes::told(failure)), Role::Bad)],
            )],
            // As many lines as there will be, so that nothing below moves when the answer comes.
            None => vec![labelled(window.word(), vec![("reading ...".to_owned(), Role::Muted)]), Vec::new()],
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
    vec![labelled(window.word(), marks), labelled("", vec![(tallied(&detail.timeline, from, to), Role::Text)])]
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
    let down = if tally.down_ms > 0 { format!(", down {}", format::precise(tally.down_ms)) } else { String::new() };
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

/// What was promised of it, what is left of that, and how long it lasts.
fn promised(state: &State, service: &Service, canvas: &Canvas<'_>) -> Line {
    let Some(name) = &service.sla_group else {
        return labelled("budget", vec![("none: it is in no SLA group".to_owned(), Role::Muted)]);
    };
    match state.replica.estate.budgets.get(name) {
        Some(group) => labelled("budget", budget(group, canvas)),
        None => labelled("budget", vec![(format!("{name} is declared by nobody"), Role::Caution)]),
    }
}

/// A budget in one line.
pub(super) fn budget(group: &SlaGroup, canvas: &Canvas<'_>) -> Line {
    let left = group.budget.remaining_thousandths().filter(|_| group.budget.state != BudgetState::Insufficient);
    let left = left.map_or_else(String::new, |t| format!("{} % left, ", t.div_euclid(10)));
    let lasts = words::exhaustion(&group.budget, canvas.now, |at| canvas.when_said(at));
    vec![
        (format!("{} ", group.name), Role::Text),
        (format!("{} ", words::budget_word(group.budget.state)), Role::of_budget(group.budget.state)),
        (format!("{left}{lasts}"), Role::Text),
    ]
}

/// What it must do, and where more stands about it.
fn duties(state: &State, service: &Service, canvas: &Canvas<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
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
    let role = tables::storage_role(service, canvas.now);
    let mount = if storage.mount_path.is_empty() { String::new() } else { format!(" on {}", storage.mount_path) };
    let text = format!(
        " {} of {} used{mount}, reported {}",
        format::bytes(storage.used_bytes),
        format::bytes(storage.allocated_bytes),
        canvas.when_said(storage.at)
    );
    Some(labelled("storage", vec![(storage_word(service, canvas.now).to_owned(), role), (text, Role::Text)]))
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
    let every = words::every(health.every_ms);
    let Some(last) = health.last_seen.map(|at| canvas.when_said(at)) else {
        return match &service.expected_reporter {
            Some(name) => format!("none ever, expected from {} every {every}{assumed}", words::reporter(name)),
            None => "none ever, and nothing declares who should report".to_owned(),
        };
    };
    let replicas =
        health.replicas.map(|(ready, wanted)| format!(", {ready} of {wanted} replicas ready")).unwrap_or_default();
    let from = if health.reporter.is_empty() { "nobody" } else { &health.reporter };
    let clock = service.clock_ahead_ms.map(|ms| format!(", its clock is {}", words::clock_off(ms))).unwrap_or_default();
    format!("{last} from {from}, expected every {every}{assumed}{replicas}{clock}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, room: usize) -> Vec<String> {
        let line = labelled("budget", vec![(text.to_owned(), Role::Text)]);
        folded(line, room).into_iter().map(|line| line.into_iter().map(|(text, _)| text).collect()).collect()
    }

    #[test]
    fn a_line_is_rather_broken_behind_a_comma_than_within_a_length_of_time() {
        assert_eq!(
            broken("payments AT RISK 19 % left, gone in 6h 13m", 46),
            ["budget    payments AT RISK 19 % left,", "          gone in 6h 13m"]
        );
        assert_eq!(
            broken("a, and a long sentence without any", 30),
            ["budget    a, and a long", "          sentence without any"]
        );
    }

    #[test]
    fn a_word_that_is_too_long_is_broken_and_whole() {
        assert_eq!(
            broken("services/payments/api.yaml:10", 25),
            ["budget    services/", "          payments/", "          api.yaml:10"]
        );
    }
}
