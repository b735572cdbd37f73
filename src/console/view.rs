//! The picture of [`State`]: header, tabs, the screen in front, footer, dialogs. Computes nothing but cells.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::domain::access::Level;

use super::{
    action::{ACTIONS, Action, Context},
    format,
    layout::{self, Tab},
    link::LinkState,
    outage,
    paint::{self, Canvas},
    screens,
    state::{Notice, State, Weight},
    theme::Role,
};

/// Draw everything into `buf`.
pub fn view(state: &State, buf: &mut Buffer) {
    let mut canvas = Canvas::new(state, buf);
    let whole = canvas.buf.area;
    canvas.tint(whole, Role::Canvas);
    let frame = layout::frame(state);
    header(state, frame.header, &mut canvas);
    tabs(state, frame.tabs, &mut canvas);
    outage::view(state, frame.outage, &mut canvas);
    if state.replica.loaded {
        screens::view(state, layout::inset(frame.body), &mut canvas);
    } else {
        nothing_yet(state, frame.body, &mut canvas);
    }
    footer(state, frame.footer, &mut canvas);
    for dialog in &state.dialogs {
        dialog.view(state, &mut canvas);
    }
}

fn header(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let session = &state.session;
    let level = match session.user.level {
        Level::User => "user",
        Level::Operator => "operator",
        Level::Admin => "admin",
    };
    let estate = &state.replica.estate;
    // Whole, and for where that has no room: who looks is not what is cut first.
    let marks = [
        (session.production, [" PRODUCTION ", " PROD "], Role::Production),
        (!session.may_write(), [" READ-ONLY ", " RO "], Role::ReadOnly),
        (estate.simulated, [" SIMULATED ", " SIM "], Role::Simulated),
        (estate.source.rejected.is_some(), [" RELOAD REJECTED ", " REJECTED "], Role::Production),
    ];
    let who = |is_short: bool| {
        let mut parts = vec![(" ", Role::Text)];
        parts.extend((!is_short).then_some([("itops", Role::Title), (" ", Role::Text)]).into_iter().flatten());
        parts.extend([(session.context.as_str(), Role::Accent), (" ", Role::Text)]);
        let marks = marks.iter().filter(|(is_set, ..)| *is_set);
        parts.extend(marks.flat_map(|(_, words, role)| [(words[usize::from(is_short)], *role), (" ", Role::Text)]));
        parts.extend([(session.user.name.as_str(), Role::Text), ("@", Role::Muted), (level, Role::Muted)]);
        parts.extend(session.user.superadmin.then_some(("+superadmin", Role::Bad)));
        parts
    };
    // What tells whether all of this is true stands at the right end and is never pushed out.
    let right = link(state);
    let width = right.iter().map(|(text, _)| format::width(text)).sum::<usize>();
    let needed = who(false).iter().map(|(text, _)| format::width(text)).sum::<usize>() + width + 2;
    let mut pen = canvas.pen(area, 0);
    for (text, role) in who(needed > usize::from(area.width)) {
        pen.put(text, role);
    }
    let start = area.right().saturating_sub(u16::try_from(width + 1).unwrap_or(u16::MAX)).max(area.x);
    let rest = Rect { x: start, width: area.right() - start, ..area };
    if area.height > 0 {
        canvas.clear(Rect {
            x: start.saturating_sub(1).max(area.x),
            width: area.right() - start.saturating_sub(1).max(area.x),
            ..area
        });
    }
    let mut pen = canvas.pen(rest, 0);
    for (text, role) in right {
        pen.put(&text, role);
    }
}

/// The state of the link, with seconds where they matter, and the clock in minutes.
fn link(state: &State) -> Vec<(String, Role)> {
    let link = &state.link;
    let [live, dead] = state.options.glyphs.link;
    let silent = link.silent_ms(state.now).map_or_else(|| "never".to_owned(), format::seconds);
    let word = link.state.word();
    let (text, role) = match link.state {
        LinkState::Live => (format!("{live} {word}"), Role::Good),
        LinkState::Lagging => (format!("{live} {word}, {} behind", format::seconds(link.behind_ms())), Role::Caution),
        LinkState::Stale => (format!("{dead} {word}, last sign {silent} ago"), Role::Production),
        LinkState::Offline if link.last_sign.is_none() => (format!("{dead} {word}"), Role::Production),
        LinkState::Offline => (format!("{dead} {word}, last sign {silent} ago"), Role::Production),
        LinkState::Connecting => (format!("{dead} {word}"), Role::Caution),
    };
    let mut parts = vec![(text, role)];
    if link.skew_ms() != 0 {
        parts.push((format!("  clock {} off", format::seconds(link.skew_ms().abs())), Role::Caution));
    }
    parts.push((format!("  {} UTC", format::clock(state.core_now())), Role::Text));
    parts
}

fn tabs(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    for Tab { from, text, front, .. } in layout::tabs(state, area) {
        if from >= area.right() {
            break;
        }
        let rest = Rect { x: from, width: area.right() - from, ..area };
        canvas.text(rest, 0, &text, if front { Role::Title } else { Role::Muted });
        if front {
            let width = u16::try_from(format::width(&text)).unwrap_or(0).min(rest.width);
            canvas.tint(Rect { width, ..rest }, Role::Selection);
        }
    }
}

fn nothing_yet(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let inside = layout::inset(area);
    let (first, role) = match state.link.state {
        LinkState::Offline => (format!("No connection to {}", state.session.url), Role::Bad),
        _ => (format!("Connecting to {} ...", state.session.url), Role::Text),
    };
    canvas.text(inside, 1, &first, role);
    if !state.link.reason.is_empty() {
        let row = canvas.wrapped(inside, 3, &state.link.reason, Role::Text);
        let wait = state.link.retry_at.map(|at| at.since(state.now).max(0));
        let next = wait.map_or_else(
            || "Trying again.".to_owned(),
            |ms| {
                let key = state.options.keymap.label(Action::Reconnect);
                let by_key = if key.is_empty() { String::new() } else { format!(", {key} tries now") };
                format!("Next try in {}{by_key}. Nothing is shown because nothing is known yet.", format::seconds(ms))
            },
        );
        canvas.wrapped(inside, row + 1, &next, Role::Muted);
    }
}

fn footer(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    if let Some(input) = &state.typing {
        let filter = state.filter();
        canvas.pen(area, 0).skip(1).put("/", Role::Accent);
        let note = filter.fault().map_or_else(|| "enter keeps, esc clears".to_owned(), str::to_owned);
        let role = if filter.fault().is_some() { Role::Bad } else { Role::Muted };
        let room = area.width.saturating_sub(2 + u16::try_from(format::width(&note)).unwrap_or(0) + 3).max(12);
        let field = Rect {
            x: area.x + 2.min(area.width),
            width: room.min(area.width.saturating_sub(2)),
            ..paint::row(area, 0)
        };
        input.view(field, canvas);
        canvas.pen(area, 0).to(field.right() + 1).put(&note, role);
        return;
    }
    // A dialog names its own keys, and help is a letter where text is typed.
    let help = if state.dialogs.is_empty() { state.options.keymap.label(Action::Help) } else { String::new() };
    let quit = if state.dialogs.is_empty() { state.options.keymap.label(Action::Quit) } else { String::new() };
    let ends = [(quit, "quit"), (help, "help")].into_iter().filter(|(key, _)| !key.is_empty());
    let end = ends.map(|(key, what)| format!("{key} {what} ")).collect::<Vec<_>>().join(" ");
    let left = Rect { width: area.width.saturating_sub(u16::try_from(end.len() + 1).unwrap_or(0)), ..area };
    match &state.notice {
        Some(notice) => told(state, notice, left, canvas),
        None => hints(state, left, canvas),
    }
    canvas.pen(area, 0).to(left.right()).right(&end, Role::Muted);
}

/// A message, whole: what does not fit into the footer grows upwards over the screen, by up to half of it.
fn told(state: &State, notice: &Notice, area: Rect, canvas: &mut Canvas<'_>) {
    const INDENT: u16 = 3;
    let (sign, role) = match notice.weight {
        Weight::Info => (canvas.glyphs.dot, Role::Info),
        Weight::Done => (canvas.glyphs.yes, Role::Good),
        Weight::Problem => (canvas.glyphs.no, Role::Bad),
    };
    let close = state.options.keymap.label(Action::Close);
    let text = match notice.weight {
        Weight::Problem if state.dialogs.is_empty() => format!("{}  ({close} closes)", notice.text),
        _ => notice.text.clone(),
    };
    let mut lines = paint::wrap(&text, usize::from(area.width.saturating_sub(INDENT)));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).clamp(1, (state.size.height / 2).max(1));
    if lines.len() > usize::from(height) {
        lines.truncate(usize::from(height));
        lines.iter_mut().last().into_iter().for_each(|last| last.push_str(" ..."));
    }
    let more = area.height.min(1) * (height - 1);
    if more > 0 {
        canvas.clear(Rect { x: 0, y: area.y - more, width: state.size.width, height: more });
    }
    let area = Rect { y: area.y - more, height: area.height + more, ..area };
    canvas.pen(area, 0).skip(1).put(sign, role);
    let inside = Rect { x: area.x + INDENT.min(area.width), width: area.width.saturating_sub(INDENT), ..area };
    for (line, row) in lines.iter().zip(0..area.height) {
        canvas.text(inside, row, line, Role::Text);
    }
}

/// The keys that matter here, as many as fit whole.
fn hints(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let contexts: Vec<Context> = state.contexts();
    let mut pen = canvas.pen(area, 0);
    pen.skip(1);
    // Those two stand at the end, whatever else has room.
    let is_apart = |action: Action| matches!(action, Action::Help | Action::Quit);
    for context in contexts {
        for spec in ACTIONS.iter().filter(|s| s.context == context && !s.hint.is_empty() && !is_apart(s.action)) {
            let key = state.options.keymap.label(spec.action);
            if key.is_empty() || !state.offers(spec.action) || !screens::means(state, spec.action) {
                continue;
            }
            if format::width(&key) + spec.hint.len() + 4 > pen.room() {
                let more = if pen.glyphs().full.is_ascii() { "~" } else { "…" };
                pen.put(more, Role::Muted);
                return;
            }
            pen.put(&key, Role::Key).skip(1).put(spec.hint, Role::Muted).skip(2);
        }
    }
}
