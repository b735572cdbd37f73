//! What is said while the core cannot be heard: what happened and since when, what is done about it, and how old what is
//! shown is.

use ratatui::layout::Rect;

use crate::domain::time::{DAY, SECOND, Timestamp};

use super::{action::Action, format, link::LinkState, paint::Canvas, state::State, theme::Role, widgets::fit};

/// Lines of a screen from which on there is room for it; below, the header alone has to do.
pub const ROOMY: u16 = 12;
/// Lines it has at most.
const MOST: usize = 4;
/// Cells before its text.
const INDENT: u16 = 3;
/// Lengths of time in it grow by that much; it must not take another line for that.
const GROWTH: usize = 6;

/// How many lines it takes now; none while the core is heard, and none before anything is known of it.
pub fn height(state: &State) -> u16 {
    u16::try_from(lines(state).len()).unwrap_or(0)
}

/// Draw it.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height == 0 {
        return;
    }
    let sign = canvas.glyphs.no;
    canvas.pen(area, 0).skip(1).put(sign, Role::Production);
    let inside = Rect { x: area.x + INDENT.min(area.width), width: area.width.saturating_sub(INDENT), ..area };
    for (line, row) in lines(state).iter().zip(0..area.height) {
        canvas.text(inside, row, line, Role::Title);
    }
}

fn lines(state: &State) -> Vec<String> {
    if !state.replica.loaded || state.size.height < ROOMY {
        return Vec::new();
    }
    let Some((happened, done)) = said(state) else {
        return Vec::new();
    };
    let room = usize::from(state.size.width.saturating_sub(INDENT + 1));
    let whole = format!("{happened} {done}");
    if format::width(&whole) + GROWTH <= room {
        return vec![whole];
    }
    // A fault can be long; what is done about it and how old all this is has its room before that.
    let ascii = state.options.glyphs.full.is_ascii();
    let done = fit::lines(&done, room, MOST - 1, ascii);
    let mut lines = fit::lines(&happened, room, MOST - done.len(), ascii);
    lines.extend(done);
    lines
}

/// What happened and since when nothing is heard, and what is done about it with the age of what is shown.
fn said(state: &State) -> Option<(String, String)> {
    let link = &state.link;
    let silent = format::seconds(link.silent_ms(state.now)?);
    let since = format!("Nothing heard from the core since {} ({silent})", moment(link.last_sign?, state));
    let shown = "Shown as known then; clocks run on.";
    let key = state.options.keymap.label(Action::Reconnect);
    let by_key = if key.is_empty() { String::new() } else { format!(", {key} tries now") };
    match (link.state, &link.lost) {
        (LinkState::Offline, Some(first)) => {
            let mut happened = format!("{since}: {first}.");
            if link.reason != *first {
                happened.push_str(&format!(" Now: {}.", link.reason));
            }
            let wait = link.retry_at.map_or(0, |at| at.since(state.now));
            let next = if wait >= SECOND {
                format!("Next try in {}{by_key}.", format::seconds(wait))
            } else {
                "Trying again.".to_owned()
            };
            Some((happened, format!("{next} {shown}")))
        }
        (LinkState::Stale | LinkState::Offline, _) => {
            let limit = format::seconds(link.limits.offline_ms);
            let happened = format!("{since}, though it speaks every 10s.");
            Some((happened, format!("After {limit} the connection is made anew{by_key}. {shown}")))
        }
        _ => None,
    }
}

/// A moment of our clock by the core's, like every other time on the screen.
fn moment(at: Timestamp, state: &State) -> String {
    let by_core = at.plus(-state.link.skew_ms());
    if state.now.since(at) < DAY { format::clock_seconds(by_core) } else { format::moment(by_core) }
}

#[cfg(test)]
mod tests {
    use crate::{
        console::{
            effect::Effect,
            msg::{LinkEvent, Msg},
            testing::Bench,
        },
        domain::time::SECOND,
    };

    fn offline(bench: &mut Bench, reason: &str, retry_in_ms: i64) {
        let retry_at = bench.at.plus(retry_in_ms);
        bench.tell(Msg::Link(LinkEvent::Offline { reason: reason.to_owned(), retry_at }));
    }

    fn later(bench: &mut Bench, seconds: i64) {
        bench.at = bench.at.plus(seconds * SECOND);
        bench.tell(Msg::Tick);
    }

    #[test]
    fn a_core_that_went_away_is_told_with_its_reason_since_when_what_is_done_and_how_old_it_all_is() {
        let mut bench = Bench::wide();
        let body = bench.picture().lines().position(|line| line.contains("Needs a person"));
        later(&mut bench, 7);
        offline(&mut bench, "the core stops", 500);
        later(&mut bench, 3);
        offline(&mut bench, "connection refused", 4 * SECOND);
        let picture = bench.picture();
        let line = picture.lines().nth(2).unwrap().trim();
        assert_eq!(
            line,
            "✗ Nothing heard from the core since 08:15:00 (10s): the core stops. Now: connection refused."
        );
        let next = picture.lines().nth(3).unwrap().trim();
        assert_eq!(next, "Next try in 4s, ctrl-r tries now. Shown as known then; clocks run on.");
        assert!(picture.contains("last sign 10s ago"), "the header says the same: {picture}");
        let now = picture.lines().position(|line| line.contains("Needs a person"));
        assert_eq!(now, body.map(|at| at + 1));
        later(&mut bench, 4);
        assert!(bench.picture().contains("(14s)") && bench.picture().contains("Trying again."));
        bench.tell(Msg::Link(LinkEvent::Connected));
        assert!(!bench.picture().contains("Nothing heard"));
    }

    #[test]
    fn a_key_ends_the_wait_for_the_next_try_and_is_no_flood() {
        let mut bench = Bench::wide();
        bench.keys("<ctrl-r>");
        assert!(!bench.take_effects().contains(&Effect::Resync), "the core is heard");
        offline(&mut bench, "connection refused", 23 * SECOND);
        bench.keys("<ctrl-r>");
        assert!(bench.take_effects().contains(&Effect::Resync));
        assert!(bench.picture().contains("Trying again."), "{}", bench.picture());
        bench.keys("<ctrl-r> <ctrl-r>");
        assert!(!bench.take_effects().contains(&Effect::Resync), "one try is on its way");
        offline(&mut bench, "connection refused", 23 * SECOND);
        bench.keys("<ctrl-r>");
        assert!(bench.take_effects().contains(&Effect::Resync));
    }

    #[test]
    fn where_there_is_no_line_to_spare_the_body_makes_room() {
        let mut bench = Bench::small();
        offline(&mut bench, "connection refused", 9 * SECOND);
        let picture = bench.picture();
        let lines: Vec<&str> = picture.lines().skip(2).take(3).map(str::trim).collect();
        assert_eq!(lines[0], "✗ Nothing heard from the core since 08:15:00 (0s): connection refused.", "{picture}");
        assert_eq!(lines[1], "Next try in 9s, ctrl-r tries now. Shown as known then; clocks run on.");
        assert_eq!(picture.lines().count(), 24);
        let mut low = Bench::sized(80, 8);
        offline(&mut low, "connection refused", 9 * SECOND);
        assert!(!low.picture().contains("Nothing heard") && low.picture().contains("offline"));
    }

    #[test]
    fn a_long_fault_is_cut_with_a_mark_and_hides_neither_what_is_done_nor_how_old_it_all_is() {
        let mut bench = Bench::small();
        let fault = "the certificate of the core is not one that is trusted here, ".repeat(9);
        offline(&mut bench, &fault, 9 * SECOND);
        let picture = bench.picture();
        let lines: Vec<&str> = picture.lines().skip(2).take(4).map(str::trim).collect();
        assert!(
            lines[0].starts_with("✗ Nothing heard from the core since 08:15:00 (0s): the certificate"),
            "{picture}"
        );
        assert!(lines[2].ends_with('…'), "{picture}");
        assert_eq!(lines[3], "Next try in 9s, ctrl-r tries now. Shown as known then; clocks run on.", "{picture}");
    }

    #[test]
    fn a_silent_core_is_told_before_it_is_given_up() {
        let mut bench = Bench::wide();
        later(&mut bench, 25);
        let picture = bench.picture();
        let lines: Vec<&str> = picture.lines().skip(2).take(2).map(str::trim).collect();
        assert_eq!(
            lines[0], "✗ Nothing heard from the core since 08:15:00 (25s), though it speaks every 10s.",
            "{picture}"
        );
        assert_eq!(
            lines[1],
            "After 31s the connection is made anew, ctrl-r tries now. Shown as known then; clocks run on."
        );
    }
}
