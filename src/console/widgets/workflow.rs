//! A workflow drawn: its four statuses in a row, an arrow for each transition with the role on it, the current status
//! and the moves on offer brought out by line weight as well as colour.

use ratatui::{
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::fit;
use crate::{
    console::{theme::Role, widgets::ink::Ink},
    domain::tickets::{Offer, TicketStatus, Transition, Workflow},
};

/// Cells that the drawing needs; below it becomes a list.
pub const MIN_WIDTH: u16 = 60;

/// Cells from which the boxes have blanks inside.
const ROOMY: usize = 74;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    /// The state machine.
    pub workflow: &'a Workflow,
    /// Where a ticket stands in it; none for the workflow by itself.
    pub current: Option<TicketStatus>,
    /// The moves out of `current`, judged.
    pub offers: &'a [Offer],
}

/// How an arrow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// Not out of the current status.
    Plain,
    /// Out of it and allowed.
    Allowed,
    /// Out of it and not allowed to the reader.
    Refused,
}

/// Characters of one weight.
struct Pen {
    along: char,
    up_down: char,
    right: char,
    up: char,
    down: char,
    corners: [char; 4],
}

impl Pen {
    const fn of(weight: Weight, ascii: bool) -> Self {
        match (weight, ascii) {
            (Weight::Allowed, false) => {
                Self {
                    along: '━', up_down: '┃', right: '▶', up: '▲', down: '▼', corners: ['┏', '┓', '┗', '┛']
                }
            }
            (Weight::Plain, false) => {
                Self {
                    along: '─', up_down: '│', right: '▷', up: '△', down: '▽', corners: ['┌', '┐', '└', '┘']
                }
            }
            (Weight::Refused, false) => {
                Self {
                    along: '╌', up_down: '╎', right: '▷', up: '△', down: '▽', corners: ['┌', '┐', '└', '┘']
                }
            }
            (Weight::Allowed, true) => {
                Self { along: '=', up_down: '#', right: '>', up: '^', down: 'v', corners: ['+', '+', '+', '+'] }
            }
            (Weight::Plain, true) => {
                Self { along: '-', up_down: '|', right: '>', up: '^', down: 'v', corners: ['+', '+', '+', '+'] }
            }
            (Weight::Refused, true) => {
                Self { along: '.', up_down: ':', right: '>', up: '^', down: 'v', corners: ['+', '+', '+', '+'] }
            }
        }
    }
}

/// A grid of characters with styles.
struct Sheet {
    cells: Vec<Vec<(char, Style)>>,
}

impl Sheet {
    fn new(width: usize, height: usize) -> Self {
        Self { cells: vec![vec![(' ', Style::new()); width]; height] }
    }

    fn put(&mut self, x: usize, y: usize, mark: char, style: Style) {
        if let Some(cell) = self.cells.get_mut(y).and_then(|row| row.get_mut(x)) {
            *cell = (mark, style);
        }
    }

    fn text(&mut self, x: usize, y: usize, text: &str, style: Style) {
        for (c, column) in text.chars().zip(x..) {
            self.put(column, y, c, style);
        }
    }

    fn lines(self) -> Vec<Line<'static>> {
        self.cells
            .into_iter()
            .map(|row| {
                let mut spans: Vec<Span<'static>> = Vec::new();
                for (mark, style) in row {
                    match spans.last_mut() {
                        Some(last) if last.style == style => last.content.to_mut().push(mark),
                        _ => spans.push(Span::styled(mark.to_string(), style)),
                    }
                }
                Line::from(spans)
            })
            .collect()
    }
}

/// Where the box of a status stands.
#[derive(Clone, Copy)]
struct Place {
    x: usize,
    wide: usize,
}

/// A transition that does not run straight to the next box: it gets a line of its own above or below.
struct Lane<'a> {
    arrow: &'a Transition,
    from: usize,
    to: usize,
    weight: Weight,
}

const fn index(status: TicketStatus) -> usize {
    status as usize
}

/// Name of a role as it stands on an arrow: the short name of a group.
fn label(arrow: &Transition) -> &str {
    arrow.role.word().rsplit('/').next().unwrap_or_default()
}

impl<'a> Drawing<'a> {
    fn weight(&self, arrow: &Transition) -> Weight {
        if self.current != Some(arrow.from) {
            return Weight::Plain;
        }
        match self.offers.iter().find(|o| o.to == arrow.to && o.role == arrow.role) {
            Some(offer) if offer.is_allowed() => Weight::Allowed,
            Some(_) => Weight::Refused,
            None => Weight::Plain,
        }
    }

    /// Arrows to draw, without repetitions and without those out of CLOSED, which are never offered.
    fn arrows(&self) -> Vec<&'a Transition> {
        let mut seen: Vec<(TicketStatus, TicketStatus)> = Vec::new();
        self.workflow
            .transitions
            .iter()
            .filter(|t| t.from != TicketStatus::Closed && t.from != t.to)
            .filter(|t| {
                let new = !seen.contains(&(t.from, t.to));
                seen.push((t.from, t.to));
                new
            })
            .collect()
    }

    /// The drawing in at most `width` cells, one line each; as tall as it needs.
    pub fn lines(&self, width: u16, ink: Ink<'_>) -> Vec<Line<'static>> {
        if width < MIN_WIDTH {
            return self.as_list(usize::from(width), ink);
        }
        let width = usize::from(width).min(100);
        let places = places(width);
        let (mut above, mut below): (Vec<Lane<'_>>, Vec<Lane<'_>>) = (Vec::new(), Vec::new());
        let mut straight = Vec::new();
        for arrow in self.arrows() {
            let (from, to) = (index(arrow.from), index(arrow.to));
            let lane = Lane { arrow, from, to, weight: self.weight(arrow) };
            if to == from + 1 {
                straight.push(lane);
            } else if to > from {
                above.push(lane);
            } else {
                below.push(lane);
            }
        }
        // Short lanes next to the boxes, so that long ones go around them.
        above.sort_by_key(|l| std::cmp::Reverse(l.to - l.from));
        below.sort_by_key(|l| l.from - l.to);
        let top = above.len();
        let mut sheet = Sheet::new(width, top + 3 + below.len());
        let height = sheet.cells.len();
        for (lane, row) in above.iter().zip(0..) {
            draw_lane(&mut sheet, &places, lane, row, top, ink);
        }
        for (lane, row) in below.iter().zip(top + 3..height) {
            draw_lane(&mut sheet, &places, lane, row, top + 2, ink);
        }
        for (lane, row) in above.iter().zip(0..).chain(below.iter().zip(top + 3..)) {
            name_lane(&mut sheet, &places, lane, row, ink);
        }
        for lane in &straight {
            draw_straight(&mut sheet, &places, lane, top, ink);
        }
        for status in TicketStatus::ALL {
            self.draw_box(&mut sheet, places[index(status)], status, top, ink);
        }
        attach(&mut sheet, &places, &above, &below, top, ink);
        sheet.lines()
    }

    fn draw_box(&self, sheet: &mut Sheet, place: Place, status: TicketStatus, top: usize, ink: Ink<'_>) {
        let here = self.current == Some(status);
        let ascii = ink.ascii();
        let (sides, bar, rail) = match (here, ascii) {
            (true, false) => (['╔', '╗', '╚', '╝'], '═', '║'),
            (false, false) => (['┌', '┐', '└', '┘'], '─', '│'),
            (true, true) => (['#', '#', '#', '#'], '=', '#'),
            (false, true) => (['+', '+', '+', '+'], '-', '|'),
        };
        let style = ink.style(if here { Role::Accent } else { Role::Text });
        let style = if here { style.add_modifier(Modifier::BOLD) } else { style };
        let last = place.x + place.wide - 1;
        for (row, (left, right)) in [(top, (sides[0], sides[1])), (top + 2, (sides[2], sides[3]))] {
            sheet.put(place.x, row, left, style);
            sheet.put(last, row, right, style);
            for x in place.x + 1..last {
                sheet.put(x, row, bar, style);
            }
        }
        sheet.put(place.x, top + 1, rail, style);
        sheet.put(last, top + 1, rail, style);
        let word = if here { style.add_modifier(Modifier::REVERSED) } else { style };
        let text = if place.wide > status.word().len() + 2 {
            format!(" {} ", status.word())
        } else {
            status.word().to_owned()
        };
        sheet.text(place.x + 1, top + 1, &text, word);
    }

    /// One line for each transition, where a drawing does not fit.
    fn as_list(&self, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
        let ascii = ink.ascii();
        let to = if ascii { "->" } else { "→" };
        self.arrows()
            .into_iter()
            .map(|arrow| {
                let here = self.current == Some(arrow.from);
                let mark = match self.weight(arrow) {
                    Weight::Allowed => "* ",
                    Weight::Refused => "x ",
                    Weight::Plain => "  ",
                };
                let text = format!("{mark}{} {to} {}  ({})", arrow.from.word(), arrow.to.word(), label(arrow));
                let style = ink.style(if here { Role::Accent } else { Role::Text });
                Line::from(Span::styled(fit::cut(&text, width, ascii).into_owned(), style))
            })
            .collect()
    }
}

/// The boxes spread over `width`: each as wide as its word, the rest shared by the gaps between them.
fn places(width: usize) -> [Place; 4] {
    // Where cells are scarce the roles get them.
    let air = if width < ROOMY { 2 } else { 4 };
    let wide = TicketStatus::ALL.map(|s| s.word().len() + air);
    let gaps = width.saturating_sub(wide.iter().sum()) / 3;
    let mut x = 0;
    let mut out = [Place { x: 0, wide: 0 }; 4];
    for (place, wide) in out.iter_mut().zip(wide) {
        *place = Place { x, wide };
        x += wide + gaps.min(16);
    }
    out
}

fn weight_style(weight: Weight, ink: Ink<'_>) -> Style {
    match weight {
        Weight::Allowed => ink.style(Role::Accent).add_modifier(Modifier::BOLD),
        Weight::Plain => ink.style(Role::Text),
        Weight::Refused => ink.style(Role::Muted),
    }
}

/// An arrow through the gap to the next box, its role above the line.
fn draw_straight(sheet: &mut Sheet, places: &[Place; 4], lane: &Lane<'_>, top: usize, ink: Ink<'_>) {
    let (from, to) = (places[lane.from], places[lane.to]);
    let pen = Pen::of(lane.weight, ink.ascii());
    let style = weight_style(lane.weight, ink);
    let (start, end) = (from.x + from.wide, to.x);
    for x in start..end {
        sheet.put(x, top + 1, pen.along, style);
    }
    sheet.put(end - 1, top + 1, pen.right, style);
    let text = fit::cut(label(lane.arrow), end - start, ink.ascii());
    let pad = (end - start).saturating_sub(fit::cells(&text)) / 2;
    sheet.text(start + pad, top, &text, style);
}

/// Where a lane leaves and meets its boxes: starts right of the middle, ends left of it, so that two never share a foot.
fn feet(places: &[Place; 4], lane: &Lane<'_>) -> (usize, usize) {
    let (from, to) = (places[lane.from], places[lane.to]);
    let span = lane.from.abs_diff(lane.to);
    if lane.to > lane.from {
        (from.x + 1 + span % 2, to.x + to.wide - 2 - span % 2)
    } else {
        (from.x + from.wide - 1 - span, to.x + span)
    }
}

/// A line of its own above or below the boxes, down or up to the boxes at both ends.
fn draw_lane(sheet: &mut Sheet, places: &[Place; 4], lane: &Lane<'_>, row: usize, edge: usize, ink: Ink<'_>) {
    let pen = Pen::of(lane.weight, ink.ascii());
    let style = weight_style(lane.weight, ink);
    let (start, end) = feet(places, lane);
    let (left, right) = (start.min(end), start.max(end));
    let is_above = row < edge;
    let corners = if is_above { [pen.corners[0], pen.corners[1]] } else { [pen.corners[2], pen.corners[3]] };
    for x in left + 1..right {
        sheet.put(x, row, pen.along, style);
    }
    sheet.put(left, row, corners[0], style);
    sheet.put(right, row, corners[1], style);
    let (first, last) = if is_above { (row + 1, edge) } else { (edge + 1, row) };
    for x in [left, right] {
        for y in first..last {
            sheet.put(x, y, pen.up_down, style);
        }
    }
}

/// The role on its lane: in the middle of the longest piece that no foot of another lane crosses.
fn name_lane(sheet: &mut Sheet, places: &[Place; 4], lane: &Lane<'_>, row: usize, ink: Ink<'_>) {
    let along = Pen::of(lane.weight, ink.ascii()).along;
    let (start, end) = feet(places, lane);
    let (mut best, mut run) = ((0, 0), (0, 0));
    for x in start.min(end) + 1..start.max(end) {
        if sheet.cells[row][x].0 == along {
            run = if run.1 == 0 { (x, 1) } else { (run.0, run.1 + 1) };
        } else {
            run = (0, 0);
        }
        if run.1 > best.1 {
            best = run;
        }
    }
    let text = format!(" {} ", label(lane.arrow));
    let text = fit::cut(&text, best.1, ink.ascii());
    sheet.text(best.0 + (best.1 - fit::cells(&text)) / 2, row, &text, weight_style(lane.weight, ink));
}

/// Heads and feet of lanes on the edges of the boxes, drawn last so that the boxes do not hide them.
fn attach(sheet: &mut Sheet, places: &[Place; 4], above: &[Lane<'_>], below: &[Lane<'_>], top: usize, ink: Ink<'_>) {
    for (lanes, edge, is_above) in [(above, top, true), (below, top + 2, false)] {
        for lane in lanes {
            let pen = Pen::of(lane.weight, ink.ascii());
            let style = weight_style(lane.weight, ink);
            let (start, end) = feet(places, lane);
            sheet.put(end, edge, if is_above { pen.down } else { pen.up }, style);
            let foot = match (ink.ascii(), is_above) {
                (true, _) => '+',
                (false, true) => '┴',
                (false, false) => '┬',
            };
            sheet.put(start, edge, foot, style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{refusal::Refusal, refusal::RefusalCode, tickets};

    fn text(lines: &[Line<'_>]) -> String {
        let lines: Vec<String> = lines.iter().map(|l| l.to_string().trim_end().to_owned()).collect();
        lines.join("\n")
    }

    fn offer(to: TicketStatus, role: tickets::Role, allowed: bool) -> Offer {
        let verdict = if allowed {
            Ok("assignee".into())
        } else {
            Err(Refusal::new(RefusalCode::ForbiddenTransition, "needs the requester"))
        };
        Offer { to, role, verdict, explanation: None, place: None }
    }

    #[test]
    fn every_transition_of_the_built_in_workflow_is_drawn_with_its_role() {
        let workflow = Workflow::built_in_incident();
        let offers = [
            offer(TicketStatus::Closed, tickets::Role::Requester, false),
            offer(TicketStatus::InProgress, tickets::Role::Any, true),
        ];
        let drawing = Drawing { workflow: &workflow, current: Some(TicketStatus::Resolved), offers: &offers };
        let drawn = text(&drawing.lines(76, Ink::for_tests(false)));
        assert_eq!(
            drawn,
            "\
┌──────┐ assignee ┌─────────────┐ assignee ╔══════════╗requester ┌────────┐
│ OPEN │─────────▷│ IN_PROGRESS │─────────▷║ RESOLVED ║╌╌╌╌╌╌╌╌╌▷│ CLOSED │
└──────┘          └▲────────────┘          ╚═════════┬╝          └────────┘
                   ┗━━━━━━━━━━━━━━ any ━━━━━━━━━━━━━━┛"
        );
        assert!(drawn.lines().all(|l| fit::cells(l) <= 76));
    }

    #[test]
    fn lanes_never_hide_a_role_and_the_ascii_form_is_ascii() {
        use TicketStatus::{Closed, InProgress, Open, Resolved};
        let arrow = |from, to, role: &str| Transition { from, to, role: tickets::Role::parse(role), place: None };
        let mut workflow = Workflow::built_in_incident();
        workflow.transitions = vec![
            arrow(Open, InProgress, "assignee"),
            arrow(InProgress, Open, "dispatch"),
            arrow(Open, Closed, "acme/shop/desk"),
            arrow(Open, Resolved, "any"),
            arrow(Resolved, Open, "requester"),
            arrow(Resolved, InProgress, "reopeners"),
            arrow(Resolved, Closed, "dba-oncall"),
        ];
        let drawing = Drawing { workflow: &workflow, current: Some(Open), offers: &[] };
        let drawn = text(&drawing.lines(76, Ink::for_tests(true)));
        assert!(drawn.is_ascii(), "{drawn}");
        for role in ["assignee", "dispatch", "desk", "any", "requester", "reopeners", "dba-oncall"] {
            assert!(drawn.contains(role), "{role} is missing in\n{drawn}");
        }
    }

    #[test]
    fn a_narrow_place_gets_a_list() {
        let workflow = Workflow::built_in_incident();
        let drawing = Drawing { workflow: &workflow, current: None, offers: &[] };
        let drawn = text(&drawing.lines(40, Ink::for_tests(false)));
        assert_eq!(drawn.lines().next(), Some("  OPEN → IN_PROGRESS  (assignee)"));
        assert_eq!(drawn.lines().count(), 4);
    }
}
