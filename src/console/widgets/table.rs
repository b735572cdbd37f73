//! A table of rows: only the visible ones are asked for, the least important columns give way on narrow screens.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{fit, scrollbar};
use crate::console::{theme::Role, widgets::ink::Ink};

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
    /// Paths: cut at the front.
    Tail,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Heading.
    pub title: &'static str,
    /// Cells it needs; where they are missing the column goes.
    pub min: u16,
    /// Cells it can use.
    pub max: u16,
    /// 0 stays always; the highest number goes first, and columns of one number go together.
    pub priority: u8,
    /// Where its text stands.
    pub align: Align,
    /// Whether its text goes on in the further lines of a row that has some.
    pub wraps: bool,
}

impl Column {
    /// A column of words.
    pub const fn words(title: &'static str, min: u16, max: u16, priority: u8) -> Self {
        Self { title, min, max, priority, align: Align::Left, wraps: false }
    }

    /// A column of numbers.
    pub const fn number(title: &'static str, width: u16, priority: u8) -> Self {
        Self { title, min: width, max: width, priority, align: Align::Right, wraps: false }
    }

    /// A column of paths.
    pub const fn path(title: &'static str, min: u16, max: u16, priority: u8) -> Self {
        Self { title, min, max, priority, align: Align::Tail, wraps: false }
    }

    /// The same whose text goes on in the further lines of a row.
    #[must_use]
    pub const fn wrapping(mut self) -> Self {
        self.wraps = true;
        self
    }

    /// The same for texts of at most `widest` cells: no wider than these or its heading and a mark of order.
    #[must_use]
    pub fn holding(mut self, widest: usize) -> Self {
        let needed = u16::try_from(widest.max(fit::cells(self.title) + 1)).unwrap_or(u16::MAX);
        self.max = self.max.min(needed);
        self.min = self.min.min(self.max);
        self
    }
}

/// What stands in one cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// One line.
    pub text: String,
    /// On top of the row's style.
    pub style: Style,
    /// How many characters at its start stay where a path is cut: indent and sign.
    pub kept: usize,
}

impl Cell {
    /// A cell in the row's own style.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new(), kept: 0 }
    }

    /// A cell in a style of its own.
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style, kept: 0 }
    }

    /// The same with so many characters at its start that are never cut.
    #[must_use]
    pub fn keeping(mut self, kept: usize) -> Self {
        self.kept = kept;
        self
    }
}

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// One for each column, shown or not.
    pub cells: Vec<Cell>,
    /// Whether the user marked it.
    pub marked: bool,
    /// Whether its first cell goes on over all columns: for headings.
    pub across: bool,
    /// How many lines it takes.
    pub lines: u16,
}

impl From<Vec<Cell>> for Drawn {
    fn from(cells: Vec<Cell>) -> Self {
        Self { cells, marked: false, across: false, lines: 1 }
    }
}

/// A table over `total` rows of which those from `offset` on are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// All columns there could be.
    pub columns: &'a [Column],
    /// Index of the sorted column and whether it falls.
    pub sorted: Option<(usize, bool)>,
    /// How many rows there are.
    pub total: usize,
    /// First row drawn.
    pub offset: usize,
    /// Which row the cursor is on.
    pub selected: Option<usize>,
    /// Whether keys go to this table.
    pub focused: bool,
}

const GAP: u16 = 1;

/// Widths of the columns in `width` cells; 0 for those that had to go.
pub fn widths(columns: &[Column], width: u16) -> Vec<u16> {
    let mut shown = vec![true; columns.len()];
    let need = |shown: &[bool]| -> u16 {
        let count = shown.iter().filter(|s| **s).count();
        let cells: u16 = columns.iter().zip(shown).filter(|(_, s)| **s).map(|(c, _)| c.min).sum();
        cells + GAP * u16::try_from(count.saturating_sub(1)).unwrap_or(0)
    };
    while need(&shown) > width {
        let shown_ones = columns.iter().zip(&shown).filter(|(_, s)| **s).map(|(c, _)| c.priority);
        let Some(worst) = shown_ones.max().filter(|p| *p > 0) else { break };
        // Columns of one priority say something only together, so they go together.
        for (column, shown) in columns.iter().zip(&mut shown) {
            *shown &= column.priority != worst;
        }
    }
    let mut out: Vec<u16> = columns.iter().zip(&shown).map(|(c, s)| if *s { c.min } else { 0 }).collect();
    let mut spare = width.saturating_sub(need(&shown));
    let mut priorities: Vec<u8> = columns.iter().map(|column| column.priority).collect();
    priorities.sort_unstable();
    priorities.dedup();
    // What stays longest has its room first; columns of one priority share alike.
    for priority in priorities {
        loop {
            let before = spare;
            for (index, column) in columns.iter().enumerate().filter(|(_, column)| column.priority == priority) {
                if spare > 0 && shown[index] && out[index] < column.max {
                    out[index] += 1;
                    spare -= 1;
                }
            }
            if spare == before {
                break;
            }
        }
    }
    out
}

/// The columns for what these rows hold; headings go on over them and do not count.
pub fn holding(columns: &[Column], rows: &[Drawn]) -> Vec<Column> {
    let widest = |index: usize| {
        let cells = rows.iter().filter(|row| !row.across).filter_map(|row| row.cells.get(index));
        cells.map(|cell| fit::cells(&cell.text)).max().unwrap_or(0)
    };
    columns.iter().enumerate().map(|(index, column)| column.holding(widest(index))).collect()
}

/// Whether there is more of a table than its `height` lines show: so many rows are above, those in sight take so many
/// lines, and so many rows are below.
pub const fn scrolls(above: usize, lines: usize, below: usize, height: usize) -> bool {
    above > 0 || below > 0 || lines > height
}

/// Cells that the columns of a table of `width` cells share, where it may scroll.
pub const fn room(width: u16, scrolls: bool) -> u16 {
    width.saturating_sub(2 + (scrolls && width > NARROW) as u16)
}

/// Up to this width there is no bar at the right.
const NARROW: u16 = 8;

/// The column whose heading stands at `x`, counted from the left edge of a table of `width` cells that may scroll.
pub fn column_at(columns: &[Column], width: u16, scrolls: bool, x: u16) -> Option<usize> {
    let mut from = 2;
    for (index, width) in widths(columns, room(width, scrolls)).into_iter().enumerate() {
        if width > 0 {
            if (from..from + width).contains(&x) {
                return Some(index);
            }
            from += width + GAP;
        }
    }
    None
}

impl Table<'_> {
    /// Draw into `area`; the first line is the heading. `row` is asked for visible rows only.
    pub fn draw<R: Into<Drawn>>(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>, row: impl Fn(usize) -> R) {
        if area.height == 0 || area.width < 2 {
            return;
        }
        let body_height = area.height - 1;
        let mut rows: Vec<(usize, Drawn)> = Vec::new();
        let mut used = 0;
        while used < body_height && self.offset + rows.len() < self.total {
            let index = self.offset + rows.len();
            let drawn = row(index).into();
            used += drawn.lines.max(1);
            rows.push((index, drawn));
        }
        let below = self.total.saturating_sub(self.offset + rows.len());
        let scrolls = scrolls(self.offset, used.into(), below, body_height.into()) && area.width > NARROW;
        let inner = Rect { width: area.width - u16::from(scrolls), ..area };
        let widths = widths(self.columns, room(area.width, scrolls));
        buf.set_line(inner.x, inner.y, &self.heading(&widths, ink), inner.width);
        let mut y = inner.y + 1;
        for (index, drawn) in &rows {
            let selected = self.selected == Some(*index);
            for line in 0..drawn.lines.max(1) {
                if y == inner.bottom() {
                    break;
                }
                let text = self.line(drawn, line, &widths, selected, inner.width, ink);
                buf.set_line(inner.x, y, &text, inner.width);
                y += 1;
            }
        }
        if scrolls {
            let bar = Rect { x: area.right() - 1, y: area.y + 1, width: 1, height: body_height };
            // What stands in the last line is in sight, but not all of it may be.
            let whole = rows.len() - usize::from(used > body_height);
            scrollbar::draw_part(bar, buf, ink, self.offset, whole.max(1), self.total);
        }
    }

    fn heading(&self, widths: &[u16], ink: Ink<'_>) -> Line<'static> {
        let mut text = String::from("  ");
        for (index, column) in self.columns.iter().enumerate().filter(|(i, _)| widths[*i] > 0) {
            let mark = match self.sorted {
                Some((at, falls)) if at == index => match (falls, ink.ascii()) {
                    (true, false) => "▼",
                    (false, false) => "▲",
                    (true, true) => "v",
                    (false, true) => "^",
                },
                _ => "",
            };
            push_gap(&mut text);
            text.push_str(&placed(&format!("{}{mark}", column.title), 0, column.align, widths[index], ink.ascii()));
        }
        Line::from(Span::styled(text, ink.style(Role::Title)))
    }

    /// Line `number` of a row: the first has all cells, the others what goes on.
    fn line(
        &self,
        row: &Drawn,
        number: u16,
        widths: &[u16],
        selected: bool,
        width: u16,
        ink: Ink<'_>,
    ) -> Line<'static> {
        let base = match (selected, self.focused) {
            (true, true) => ink.style(Role::Selection),
            (true, false) => ink.style(Role::Text).add_modifier(Modifier::BOLD),
            (false, _) => ink.style(Role::Text),
        };
        let cursor = if selected { ink.glyphs.cursor } else { " " };
        let mark = if row.marked && number == 0 { ink.glyphs.mark } else { " " };
        let mut spans = vec![Span::styled(format!("{cursor}{mark}"), base)];
        let mut used = 2;
        let shown = if row.across { 1 } else { self.columns.len() };
        for (index, (cell, column)) in row.cells.iter().zip(self.columns).take(shown).enumerate() {
            let (wide, align) =
                if row.across { (width.saturating_sub(2), Align::Left) } else { (widths[index], column.align) };
            if wide == 0 {
                continue;
            }
            if used > 2 {
                spans.push(Span::styled(" ", base));
                used += 1;
            }
            // The row under the cursor is one thing from end to end, but for what says how something is.
            let style = match selected && self.focused {
                true => ink.theme.state_under_cursor(cell.style).unwrap_or(base),
                false => base.patch(cell.style),
            };
            let text = match (row.lines > 1, column.wraps) {
                (true, true) => {
                    let (wide, lines) = (usize::from(wide), usize::from(row.lines));
                    let part = fit::lines(&cell.text, wide, lines, ink.ascii()).into_iter().nth(usize::from(number));
                    fit::left(&part.unwrap_or_default(), wide, ink.ascii())
                }
                (true, false) if number > 0 => " ".repeat(usize::from(wide)),
                _ => placed(&cell.text, cell.kept, align, wide, ink.ascii()),
            };
            // The look is that of the text, not of the blanks around it.
            let start = text.len() - text.trim_start().len();
            let end = start + text.trim().len();
            let parts = [(&text[..start], base), (&text[start..end], style), (&text[end..], base)];
            let parts = parts.into_iter().filter(|(part, _)| !part.is_empty());
            spans.extend(parts.map(|(part, style)| Span::styled(part.to_owned(), style)));
            used += wide;
        }
        let rest = usize::from(width.saturating_sub(used));
        if rest > 0 {
            spans.push(Span::styled(" ".repeat(rest), base));
        }
        Line::from(spans)
    }
}

fn push_gap(text: &mut String) {
    if text.len() > 2 {
        text.push(' ');
    }
}

fn placed(text: &str, kept: usize, align: Align, width: u16, ascii: bool) -> String {
    let width = usize::from(width);
    match align {
        Align::Left => fit::left(text, width, ascii),
        Align::Right => fit::right(text, width, ascii),
        Align::Tail => {
            // What stands under a heading stays indented, and keeps its sign, when it is cut.
            let blank = text.len() - text.trim_start_matches(' ').len();
            let sign = text.char_indices().nth(kept).map_or(0, |(at, _)| at);
            let (lead, name) = text.split_at(blank.max(sign));
            let lead = fit::cut(lead, width, ascii);
            let cut = fit::cut_front(name, width.saturating_sub(fit::cells(&lead)), ascii);
            fit::left(&format!("{lead}{cut}"), width, ascii)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::widgets::picture;

    const COLUMNS: [Column; 3] =
        [Column::words("NAME", 6, 20, 0), Column::number("LEFT", 5, 1), Column::words("TEAM", 6, 8, 2)];

    #[test]
    fn least_important_column_goes_first_on_narrow_screens() {
        assert_eq!(widths(&COLUMNS, 19), [6, 5, 6]);
        assert_eq!(widths(&COLUMNS, 18), [12, 5, 0]);
        assert_eq!(widths(&COLUMNS, 11), [11, 0, 0]);
        assert_eq!(widths(&COLUMNS, 3), [6, 0, 0]);
        assert_eq!(widths(&COLUMNS, 90), [20, 5, 8]);
    }

    #[test]
    fn columns_of_one_priority_go_together() {
        let columns = [Column::words("NAME", 6, 6, 0), Column::number("UP", 5, 1), Column::number("KNOWN", 5, 1)];
        assert_eq!(widths(&columns, 18), [6, 5, 5]);
        assert_eq!(widths(&columns, 17), [6, 0, 0]);
    }

    #[test]
    fn a_cut_path_keeps_its_end_and_its_indent() {
        assert_eq!(placed("  acme/shop/prod/eu-1/api", 0, Align::Tail, 11, false), "  …/api    ");
        assert_eq!(placed("  api", 0, Align::Tail, 8, false), "  api   ");
        assert_eq!(placed("  api", 0, Align::Tail, 1, false), "…");
        assert_eq!(placed("! acme/shop/api", 2, Align::Tail, 10, false), "! …/api   ");
    }

    #[test]
    fn only_visible_rows_are_asked_for() {
        let asked = std::cell::RefCell::new(Vec::new());
        let table =
            Table { columns: &COLUMNS, sorted: None, total: 1000, offset: 500, selected: Some(501), focused: true };
        let mut buf = Buffer::empty(Rect::new(0, 0, 30, 4));
        table.draw(buf.area, &mut buf, Ink::for_tests(false), |i| {
            asked.borrow_mut().push(i);
            vec![Cell::plain("a"); 3]
        });
        assert_eq!(*asked.borrow(), [500, 501, 502]);
    }

    #[test]
    fn what_stays_longest_has_its_room_first() {
        let columns = [Column::words("TITLE", 6, 20, 0), Column::words("WHO", 4, 12, 1)];
        assert_eq!(widths(&columns, 24), [19, 4]);
        assert_eq!(widths(&columns, 30), [20, 9]);
        assert_eq!(widths(&columns.map(|column| column.holding(7)), 30), [7, 7], "no wider than what it holds");
        assert_eq!(widths(&[columns[0].holding(2)], 30), [6], "nor narrower than its heading");
    }

    #[test]
    fn a_row_of_two_lines_goes_on_in_its_wrapping_column_and_is_chosen_as_a_whole() {
        let columns = [Column::number("#", 2, 0), Column::words("TITLE", 12, 12, 0).wrapping()];
        let table = Table { columns: &columns, sorted: None, total: 3, offset: 0, selected: Some(1), focused: true };
        let titles = ["short", "a title that goes on over more than two lines", "third"];
        let drawn = picture::of(18, 5, |area, buf| {
            table.draw(area, buf, Ink::for_tests(false), |i| Drawn {
                cells: vec![Cell::plain(i.to_string()), Cell::plain(titles[i])],
                lines: if titles[i].len() > 12 { 2 } else { 1 },
                marked: true,
                across: false,
            });
        });
        assert_eq!(drawn, "   # TITLE\n ◉ 0 short\n▌◉ 1 a title that\n▌    goes on ove…\n ◉ 2 third");
    }

    #[test]
    fn the_row_under_the_cursor_keeps_the_colour_of_a_state_and_of_nothing_else() {
        let table = Table { columns: &COLUMNS, sorted: None, total: 1, offset: 0, selected: Some(0), focused: true };
        let (mut buf, ink) = (Buffer::empty(Rect::new(0, 0, 28, 2)), Ink::for_tests(false));
        table.draw(buf.area, &mut buf, ink, |_| {
            let words = [("payments", Role::Accent), ("-3 %", Role::Bad), ("shop", Role::Muted)];
            words.map(|(word, role)| Cell::styled(word, ink.style(role))).to_vec()
        });
        let look = |x: u16| (buf[(x, 1)].fg, buf[(x, 1)].modifier);
        let row = ink.style(Role::Selection).add_modifier;
        let x = (0..28).find(|x| buf[(*x, 1)].symbol() == "-").unwrap();
        assert_eq!(look(x), (ratatui::style::Color::Red, Modifier::BOLD | Modifier::REVERSED));
        for plain in [2, x - 1, x + 5, 27] {
            assert_eq!(look(plain), (ratatui::style::Color::Reset, row), "cell {plain}");
        }
    }

    #[test]
    fn rows_headings_marks_and_cut_text_stand_where_they_should() {
        let table = Table {
            columns: &COLUMNS,
            sorted: Some((1, false)),
            total: 2,
            offset: 0,
            selected: Some(1),
            focused: true,
        };
        let drawn = picture::of(28, 3, |area, buf| {
            table.draw(area, buf, Ink::for_tests(false), |i| {
                vec![
                    Cell::plain(["checkout", "a-name-that-is-too-long"][i]),
                    Cell::plain(["12 %", "-3 %"][i]),
                    Cell::plain("shop"),
                ]
            });
        });
        assert_eq!(drawn, "  NAME          LEFT▲ TEAM\n  checkout       12 % shop\n▌ a-name-that-…  -3 % shop");
    }
}
